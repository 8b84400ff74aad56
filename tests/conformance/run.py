"""Asks a running gateway what a stranger would, and judges its answers by the OpenAPI documents alone.

Schemathesis makes the requests, good and broken ones, from each served operation's schema, and judges what comes back.
What it holds for a fault and the contract wants is listed in `allowed.yaml`; an entry that nothing meets is a fault too.
"""

import argparse
import collections
import json
import pathlib
import random
import sys

import requests
import yaml
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

import schemathesis
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    positive_data_acceptance,
    response_schema_conformance,
    status_code_conformance,
)

HERE = pathlib.Path(__file__).parent
EVERY = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
# What an entry of allowed.yaml may say.
KEYS = {"finding", "rule", "why", "problem", "status", "operations", "named", "upstream", "only", "rare"}
# From so many requests of a kind on, what is rare is met too.
LONG = 1000
BY_MODE = {
    GenerationMode.POSITIVE: EVERY + [positive_data_acceptance],
    GenerationMode.NEGATIVE: EVERY + [negative_data_rejection],
}


class Allowed:
    """The list of what is held for a fault and is none."""

    def __init__(self, file, upstream):
        entries = yaml.safe_load(file.read_text())
        self.entries = [entry for entry in entries if upstream or not entry.get("upstream", False)]
        self.met = [0] * len(self.entries)
        for entry in self.entries:
            missing = {"finding", "rule", "why"} - entry.keys()
            unknown = entry.keys() - KEYS
            if missing or unknown:
                sys.exit(f"allowed.yaml: {entry}: missing {sorted(missing)}, unknown {sorted(unknown)}")

    def takes(self, found, case):
        for index, entry in enumerate(self.entries):
            same = all(found[key] == entry[key] for key in ("finding", "problem", "status") if key in entry)
            asked = found["operation"] in entry.get("operations", [found["operation"]])
            if same and asked and found["named"] is entry.get("named", False) and broken_by(entry.get("only"), case):
                self.met[index] += 1
                return True
        return False

    def unused(self, examples):
        """What nothing met; of the rare ones that is a fault of a long run alone."""
        unmet = (entry for entry, met in zip(self.entries, self.met) if not met)
        return [entry for entry in unmet if examples >= LONG or not entry.get("rare", False)]


def broken_by(only, case):
    """Whether a body has members with these values, and is a good one without them."""
    if only is None:
        return True
    body = case.body
    if not isinstance(body, dict) or any(body.get(name) != value for name, value in only.items()):
        return False
    rest = {name: value for name, value in body.items() if name not in only}
    return case.operation.body[0].get_validator().is_valid(rest)


def problem_of(response):
    """The code of a problem document, and nothing of what is not one."""
    try:
        document = json.loads(response.content)
        return document.get("type", "").rsplit(":", 1)[-1] if isinstance(document, dict) else ""
    except ValueError:
        return ""


def subjects(operation, known, chance):
    """A body that names only what the university knows. Where the document asks for nothing, one member is enough."""
    media = operation.body[0]
    members = media.definition["schema"]
    members = members.get("properties", {}) if isinstance(members, dict) else {}
    return {name: chance.choice(known[name]) for name in members if known.get(name)}


def courses(base, years):
    """The codes of the courses of some years, by the gateway's own list."""
    codes = set()
    for year in years:
        answer = requests.post(f"{base}/ifs01/educational-offering-list", json={"academic_year": year}, timeout=30)
        if answer.status_code == 200:
            codes.update(codes_in(answer.json()))
    return sorted(codes)


def codes_in(value):
    """Every course code in an answer, wherever it stands."""
    if isinstance(value, dict):
        if isinstance(value.get("degree_course_code"), str):
            yield value["degree_course_code"]
        value = list(value.values())
    for inner in value if isinstance(value, list) else []:
        yield from codes_in(inner)


def judged(case, response, checks):
    """What the documents say against an answer."""
    try:
        case.validate_response(response, checks=checks)
    except FailureGroup as group:
        return group.exceptions
    except Failure as failure:
        return [failure]
    return []


def unguarded(document):
    """The document without what it says of tokens: who calls is the gateway's to prove, and this one is for development."""
    document.pop("security", None)
    for path in document["paths"].values():
        for operation in path.values():
            operation.pop("security", None)
    return document


def main():
    line = argparse.ArgumentParser()
    line.add_argument("--base", required=True)
    line.add_argument("--documents", required=True, type=pathlib.Path)
    # What the university knows, by members; and whole bodies of operations that need more than that.
    line.add_argument("--known", required=True, type=pathlib.Path)
    line.add_argument("--operations", required=True, type=pathlib.Path)
    line.add_argument("--examples", type=int, required=True)
    line.add_argument("--seed", type=int, required=True)
    line.add_argument("--upstream", action="store_true")
    given_line = line.parse_args()

    known = json.loads(given_line.known.read_text())
    served = json.loads(given_line.operations.read_text())
    known["degree_course_code"] = courses(given_line.base, known["academic_year"])
    if not known["degree_course_code"]:
        sys.exit("the gateway lists no course: nothing can be asked of one")
    allowed = Allowed(HERE / "allowed.yaml", given_line.upstream)
    chance = random.Random(given_line.seed)
    faults, answers = {}, collections.Counter()
    count = collections.Counter()

    def examine(name, operation, mode, base):
        """Asks one operation, with good requests or with broken ones."""

        @seed(given_line.seed)
        @settings(
            max_examples=given_line.examples,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode), named=st.booleans())
        def ask(case, named):
            named = named and mode is GenerationMode.POSITIVE
            if named:
                whole = known["bodies"].get(name)
                case.body = chance.choice(whole) if whole else subjects(operation, known, chance)
            response = case.call(base_url=base, timeout=30)
            answers[name, mode.value, response.status_code] += 1
            count["asked"] += 1
            for failure in judged(case, response, BY_MODE[mode]):
                found = {
                    "operation": name,
                    "finding": type(failure).__name__,
                    "problem": problem_of(response),
                    "status": response.status_code,
                    "named": named,
                }
                if not allowed.takes(found, case):
                    faults.setdefault(tuple(found.items()), [0, case.as_curl_command(), failure.message])[0] += 1

        ask()

    for api, operations in sorted(served.items()):
        # One file an API: `IFS02.yaml`. Dates stay text.
        text = (given_line.documents / f"{api}.yaml").read_text()
        document = yaml.load(text, Loader=undated(yaml.SafeLoader))
        schema = schemathesis.openapi.from_dict(unguarded(document))
        base = f"{given_line.base}/{api.lower()}"
        for path, name in sorted(operations.items()):
            for mode in BY_MODE:
                examine(name, schema[path]["POST"], mode, base)

    for (name, mode, status), many in sorted(answers.items()):
        print(f"{name}  {mode:8}  {status}  {many:6}")
    never = [name for operations in served.values() for name in operations.values()
             if not answers[name, "positive", 200]]
    for found, (many, curl, message) in faults.items():
        print(f"\nFAULT, {many} times: " + ", ".join(f"{key} {value}" for key, value in found))
        print("  " + message[:600].replace("\n", "\n  "))
        print(f"  {curl[:600]}")
    unused = allowed.unused(given_line.examples)
    for entry in unused:
        print(f"\nFAULT: allowed.yaml: nothing met this entry: {entry}")
    for name in never:
        print(f"\nFAULT: {name} answered no request with 200: its answers were not judged")
    failed = len(faults) + len(unused) + len(never)
    print(f"\n{count['asked']} requests by seed {given_line.seed}; {sum(allowed.met)} findings allowed, {failed} faults")
    sys.exit(1 if failed else 0)


def undated(loader):
    """A loader that keeps dates as the text they are in JSON."""

    class Undated(loader):
        pass

    Undated.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in rules if tag != "tag:yaml.org,2002:timestamp"]
        for first, rules in loader.yaml_implicit_resolvers.items()
    }
    return Undated


main()
