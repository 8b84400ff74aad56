#!/usr/bin/env python3
"""Writes the file with the filter's configuration (envoy/filter.yaml filled), whole and by a rename, as Envoy wants it.

    python3 docs/tools/filter_file.py ifs-filter.json --wasm /srv/ifs/ifs_filter.wasm --trust trust.json \\
        --bundle bundle.json [--secret IFS_SECRET_SIS_USER]... [--backoff 1s]     a new file
    python3 docs/tools/filter_file.py ifs-filter.json --bundle bundle.json        another bundle, the rest as it was

trust.json holds the member `trust` of the filter's configuration, bundle.json is what `ifs bundle` wrote; it goes in byte
for byte, as its digest is over its bytes. Without --trust a new file answers 401 to everybody.

Exit code 0; 2 and one line if something is missing, is no JSON, or is no whole bundle: then nothing is written.
"""

import argparse
import hashlib
import json
import os
import sys

WASM = "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm"
STRING = "type.googleapis.com/google.protobuf.StringValue"

# What the filter may ask of Envoy and is told by it, as envoy/filter.yaml has it.
CAPABILITIES = """
    proxy_define_metric proxy_get_buffer_bytes proxy_get_current_time_nanoseconds proxy_get_header_map_pairs
    proxy_get_property proxy_get_shared_data proxy_http_call proxy_increment_metric proxy_log proxy_record_metric
    proxy_send_local_response proxy_set_effective_context proxy_set_property proxy_set_shared_data
    proxy_set_tick_period_milliseconds
    clock_time_get environ_get environ_sizes_get fd_write proc_exit random_get
    proxy_on_configure proxy_on_context_create proxy_on_delete proxy_on_done proxy_on_http_call_response
    proxy_on_memory_allocate proxy_on_request_body proxy_on_request_headers proxy_on_request_trailers proxy_on_tick
    proxy_on_vm_start
""".split()


class Wrong(Exception):
    pass


def read(name):
    try:
        with open(name, encoding="utf-8") as file:
            text = file.read()
        return text, json.loads(text)
    except OSError as error:
        raise Wrong(str(error)) from error
    except ValueError as error:
        raise Wrong(f"{name} is not JSON: {error}") from error


def new(arguments):
    if not arguments.wasm:
        raise Wrong(f"{arguments.file} is not there yet: --wasm is missing")
    return {
        "resources": [
            {
                "@type": "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig",
                "name": "ifs",
                "typed_config": {
                    "@type": WASM,
                    "config": {
                        "name": "ifs",
                        "root_id": "ifs",
                        "failure_policy": "FAIL_RELOAD",
                        "reload_config": {"backoff": {"base_interval": "1s"}},
                        "vm_config": {
                            "vm_id": "ifs",
                            "runtime": "envoy.wasm.runtime.v8",
                            "code": {"local": {"filename": ""}},
                            "environment_variables": {"host_env_keys": []},
                        },
                        "configuration": {"@type": STRING, "value": "{}"},
                    },
                },
            }
        ]
    }


def check(name, text, document):
    """The file is what `ifs bundle` writes: {"ifs_bundle":N,"digest":"…","plan":…}, the digest over the plan's bytes."""
    if not isinstance(document, dict) or set(document) != {"ifs_bundle", "digest", "plan"}:
        raise Wrong(f"{name} is no bundle: `ifs bundle` writes one")
    plan = text.strip().partition('"plan":')[2][:-1].strip()
    if hashlib.sha256(plan.encode()).hexdigest() != document["digest"]:
        raise Wrong(f"{name} is damaged: its digest is not that of its plan")


def fill(tree, arguments):
    try:
        config = tree["resources"][0]["typed_config"]["config"]
        machine = config["vm_config"]
        before = json.loads(config["configuration"]["value"])
        trust = before.pop("trust", None)
        before.pop("bundle", None)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise Wrong(f"{arguments.file} is not a file of the filter's configuration") from error
    if arguments.wasm:
        machine["code"]["local"]["filename"] = os.path.abspath(arguments.wasm)
        config["capability_restriction_config"] = {"allowed_capabilities": {name: {} for name in CAPABILITIES}}
    if arguments.secret is not None:
        machine["environment_variables"]["host_env_keys"] = arguments.secret
    if arguments.backoff:
        config["reload_config"]["backoff"]["base_interval"] = arguments.backoff
    if arguments.trust:
        trust = read(arguments.trust)[1]
    bundle, document = read(arguments.bundle)
    check(arguments.bundle, bundle, document)
    members = [] if trust is None else [f'"trust":{json.dumps(trust, separators=(",", ":"))}']
    # Whatever else the operator has set stays as it was.
    members += [f"{json.dumps(name)}:{json.dumps(value)}" for name, value in before.items()]
    members.append(f'"bundle":{bundle.strip()}')
    config["configuration"]["value"] = "{" + ",".join(members) + "}"
    return document.get("digest")


def replace(name, tree):
    fresh = name + ".new"
    try:
        os.unlink(fresh)
    except FileNotFoundError:
        pass
    # Mode and owner of the old file, so that Envoy's user can still read it; a new one is its owner's and group's.
    before = os.stat(name) if os.path.exists(name) else None
    mode = before.st_mode & 0o777 if before else 0o640
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
        json.dump(tree, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.chmod(fresh, mode)
        if before:
            os.chown(fresh, before.st_uid, before.st_gid)
        os.rename(fresh, name)
    except OSError:
        os.unlink(fresh)
        raise


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--bundle", required=True)
    parser.add_argument("--wasm")
    parser.add_argument("--trust")
    parser.add_argument("--secret", action="append", metavar="VARIABLE")
    parser.add_argument("--backoff", metavar="DURATION")
    arguments = parser.parse_args()
    try:
        tree = read(arguments.file)[1] if os.path.exists(arguments.file) else new(arguments)
        digest = fill(tree, arguments)
        replace(arguments.file, tree)
    except (Wrong, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    print(f"{arguments.file}: bundle {digest}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
