#!/usr/bin/env python3
"""Makes PDND's daily tracing file out of the gateway's access log.

    python3 docs/tools/pdnd_tracing.py 2026-11-21 access.log access.log.1 > 2026-11-21.csv

Reads JSON lines as envoy/*.yaml write them (gzip too, by the name's end; - is standard input) and counts, for one day in
UTC, the requests of each purpose, status and voucher. Left out, and said how many: requests without a voucher (refused
tokens, GET /status, partners without PDND), and those that the consumer left before they were answered (status 0).

PDND refuses the file of a whole day for one row that it does not take: an id that is no UUID, a status that is none of
HTTP's, another day. So a line that would become such a row, or that cannot be read, is an error that says where it stands
and why, and then nothing is written. --leave-out-wrong counts the others all the same, when the line cannot be had any
better: a log that was cut when the disk was full.

Writes CSV to standard output, the rest to standard error. Exit code 0; 1 if a line is wrong, 2 if it cannot run.
"""

import argparse
import collections
import csv
import datetime
import gzip
import json
import os
import re
import sys
import zlib

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
TIME = re.compile(r"(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}:\d{2}(\.\d+)?Z")

# The statuses that are registered for HTTP.
STATUSES = {
    *range(100, 104), *range(200, 209), 226, *range(300, 306), 307, 308,
    *range(400, 419), *range(421, 427), 428, 429, 431, 451, *range(500, 509), 510, 511,
}

# Most wrong lines that are told one by one.
TOLD = 20


class Wrong(Exception):
    """Why a line cannot be counted."""


class Impossible(Exception):
    """Why nothing can be done."""


def lines(name):
    """Each line with its number; of a file that ends too early those before."""
    if name == "-":
        yield from enumerate(sys.stdin.buffer, 1)
        return
    number = 0
    try:
        with (gzip.open if name.endswith(".gz") else open)(name, "rb") as file:
            for number, line in enumerate(file, 1):
                yield number, line
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Impossible(f"{name}: after line {number}: {error}") from error


def given(entry, member):
    """A member of a line; none where Envoy had nothing to write."""
    value = entry.get(member)
    return None if value in (None, "", "-") else value


def uuid(entry, member):
    value = given(entry, member)
    if not isinstance(value, str) or not UUID.fullmatch(value):
        raise Wrong(f"{member} is no UUID")
    return value.lower()


def parsed(line):
    """A line's members, and its day."""
    try:
        entry = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Wrong("is no JSON") from error
    if not isinstance(entry, dict):
        raise Wrong("is no JSON object")
    time = entry.get("time")
    said = TIME.fullmatch(time) if isinstance(time, str) else None
    if not said:
        raise Wrong("has no `time` of the form 2026-11-21T08:00:00.000Z, so its day is not known")
    return entry, said[1]


def row_of(entry):
    """What a line of the day counts for: purpose, status and voucher; a text if it is left out."""
    if given(entry, "purpose_id") is None:
        return "without a voucher"
    status = entry.get("status")
    if type(status) is not int:
        raise Wrong("status is no number")
    if status == 0:
        return "not answered"
    if status not in STATUSES:
        raise Wrong(f"status {status} is none of HTTP's")
    return uuid(entry, "purpose_id"), status, uuid(entry, "jti")


def count(day, names):
    counts, left_out, wrong = collections.Counter(), collections.Counter(), []
    for name in names:
        over = False
        for number, line in lines(name):
            if not line.strip():
                continue
            try:
                entry, its = parsed(line)
                over = over or its > day
                row = row_of(entry) if its == day else None
            except Wrong as why:
                # Of a log that Envoy is writing the last line may be half there. It is of no day that is over.
                if not (over and not line.endswith(b"\n")):
                    wrong.append(f"{'standard input' if name == '-' else name}:{number}: {why}")
                continue
            if isinstance(row, str):
                left_out[row] += 1
            elif row:
                counts[row] += 1
    return counts, left_out, wrong


def day_of(text):
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise argparse.ArgumentTypeError("a day is written 2026-11-21")
    try:
        datetime.date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text}: {error}") from error
    return text


def once(names):
    """A file that is read twice would count everything twice."""
    seen = set()
    for name in names:
        real = name if name == "-" else os.path.realpath(name)
        if real in seen:
            raise Impossible(f"{name} is named twice")
        seen.add(real)


def say(text):
    sys.stderr.write(f"{text}\n")


def many(number, what):
    return f"{number} {what}{'' if number == 1 else 's'}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("day", type=day_of, metavar="YYYY-MM-DD")
    parser.add_argument("log", nargs="+", metavar="LOG")
    parser.add_argument("--leave-out-wrong", action="store_true", help="count the other lines all the same")
    arguments = parser.parse_args()
    try:
        once(arguments.log)
        counts, left_out, wrong = count(arguments.day, arguments.log)
    except (OSError, Impossible) as error:
        say(error)
        return 2
    for line in wrong[:TOLD]:
        say(line)
    if len(wrong) > TOLD:
        say(f"and {len(wrong) - TOLD} more")
    if wrong and not arguments.leave_out_wrong:
        say(f"{many(len(wrong), 'wrong line')}: nothing is written, as PDND would refuse the day or the counts would be too low")
        return 1
    if wrong:
        left_out["in wrong lines"] = len(wrong)
    for why, requests in sorted(left_out.items()):
        say(f"{many(requests, 'request')} {why}: left out")
    if not counts:
        say(f"no request with a voucher on {arguments.day}: PDND takes a day without a row for a day that is missing")
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["date", "purpose_id", "status", "token_id", "requests_count"])
    for (purpose, status, voucher), requests in sorted(counts.items()):
        out.writerow([arguments.day, purpose, status, voucher, requests])
    return 0


if __name__ == "__main__":
    sys.exit(main())
