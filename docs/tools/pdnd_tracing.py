#!/usr/bin/env python3
"""Makes PDND's daily tracing file out of the gateway's access log.

    python3 docs/tools/pdnd_tracing.py 2026-11-21 access.log access.log.1 > 2026-11-21.csv

Reads JSON lines as envoy/*.yaml write them (gzip too, by the name's end; - is standard input) and counts, for one day in
UTC, the requests of each purpose, status and voucher. Lines without a purpose were never proved to be a voucher's: refused
tokens, GET /status, partners without PDND; they do not belong into the file. Nor does status 0: the consumer left before
it was answered.

Writes CSV to standard output, what was left out to standard error. Exit code 0; 1 if a line is no JSON object (the other
lines are counted all the same), 2 if it cannot run.
"""

import collections
import csv
import gzip
import json
import re
import sys


def lines(name):
    if name == "-":
        yield from sys.stdin
    elif name.endswith(".gz"):
        with gzip.open(name, "rt", encoding="utf-8", errors="replace") as file:
            yield from file
    else:
        with open(name, encoding="utf-8", errors="replace") as file:
            yield from file


def count(day, names):
    counts, left_out, unread = collections.Counter(), collections.Counter(), 0
    for name in names:
        for line in lines(name):
            if not line.strip():
                continue
            try:
                entry = json.loads(line)
                of_day = str(entry.get("time") or "").startswith(day + "T")
            except (ValueError, AttributeError):
                unread += 1
                continue
            if not of_day:
                continue
            purpose, voucher, status = entry.get("purpose_id"), entry.get("jti"), entry.get("status")
            if not purpose or not voucher or "-" in (purpose, voucher):
                left_out["without a voucher"] += 1
            elif not isinstance(status, int) or not 100 <= status <= 599:
                left_out["not answered"] += 1
            else:
                counts[purpose, status, voucher] += 1
    return counts, left_out, unread


def main(arguments):
    if len(arguments) < 2 or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", arguments[0]):
        sys.stderr.write("usage: pdnd_tracing.py YYYY-MM-DD LOG...\n")
        return 2
    day = arguments[0]
    try:
        counts, left_out, unread = count(day, arguments[1:])
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["date", "purpose_id", "status", "token_id", "requests_count"])
    for (purpose, status, voucher), requests in sorted(counts.items()):
        out.writerow([day, purpose, status, voucher, requests])
    for why, requests in sorted(left_out.items()):
        sys.stderr.write(f"{requests} {'request' if requests == 1 else 'requests'} {why}: left out\n")
    if unread:
        sys.stderr.write(f"{unread} lines are no JSON objects\n")
    return 1 if unread else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
