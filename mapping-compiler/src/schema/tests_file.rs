//! The schema of test files.

use serde_json::{Map, Value, json};

use super::DIALECT;

/// Who writes a test file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum For {
    /// Whoever has a pack.
    Users,
    /// The project: its scenarios run against a simulated university, and some keys are about that.
    Scenarios,
}

/// How the description of a key ends that only the project's scenarios have.
const SCENARIOS: &str = "the project's scenarios only.";
/// And of one that these do not have.
const PACKS: &str = "a pack's tests only.";

/// Keys of one map of a test file, with what each is for and its schema.
type Keys = &'static [(&'static str, &'static str, fn() -> Value)];

/// A map of a test file.
pub(super) struct Part {
    /// Its name in the schema.
    pub name: &'static str,
    /// Keys that must be there.
    pub needed: &'static [&'static str],
    /// Its keys.
    pub keys: Keys,
}

/// All maps; the first is the file.
pub(super) static PARTS: &[Part] = &[
    Part {
        name: "test",
        needed: &["now"],
        keys: &[
            ("about", "What the test shows, one sentence.", text),
            ("ids", "Rules of the contract it exercises, such as IFS02.1-R4.", texts),
            ("mapping", "The mapping, relative to this file; the pack's own if absent.", text),
            ("now", "The wall clock of the exchange, RFC 3339 with Z.", text),
            ("request", "What the consumer sends.", || part("request")),
            (
                "legacy",
                "What the systems answer: the first entry that matches a call and is not used up.",
                || json!({ "type": "array", "items": part("legacy") }),
            ),
            ("expect", "What must come out.", || part("expect")),
            (
                "steps",
                "Several requests, one after the other, in place of `request` and `expect`; a pack's tests only.",
                || json!({ "type": "array", "items": part("step") }),
            ),
            (
                "limits",
                "Limits instead of the mapping's.",
                || json!({ "type": "object", "additionalProperties": { "type": "integer", "minimum": 1 } }),
            ),
            (
                "trust",
                "How far the gateway is trusted; development if absent.",
                || json!({ "enum": ["none", "development"] }),
            ),
            ("identity", "Who calls, for `caller`; nobody if absent, so that it is null.", || part("identity")),
            (
                "probed",
                "true: the systems have been asked by their probes before, and `legacy` answers these too.",
                || json!({ "type": "boolean" }),
            ),
            (
                "earlier",
                "How often the same request is sent before; the project's scenarios only.",
                || json!({ "type": "integer", "minimum": 0 }),
            ),
            (
                "layers",
                "Layers it runs on, all if absent; the project's scenarios only.",
                || json!({ "type": "array", "items": { "enum": ["native", "component", "node", "wasm", "envoy"] } }),
            ),
            ("university", "The simulated university; the project's scenarios only.", || json!({ "type": "object" })),
        ],
    },
    Part {
        name: "step",
        needed: &["request", "expect"],
        keys: &[
            ("about", "What happens, a few words.", text),
            ("wait_ms", "Milliseconds that pass before it.", count),
            ("request", "What the consumer sends; ${name} stands for what an earlier step kept.", || part("request")),
            (
                "legacy",
                "What the systems answer in this step, before the entries that all steps have.",
                || json!({ "type": "array", "items": part("legacy") }),
            ),
            ("expect", "What must come out.", || part("expect")),
            (
                "keep",
                "What later steps use: a name, and where in the answer it stands, as a JSON Pointer.",
                || json!({ "type": "object", "additionalProperties": { "type": "string" } }),
            ),
        ],
    },
    Part {
        name: "identity",
        needed: &["client_id", "consumer_id"],
        keys: &[
            ("client_id", "The consumer's PDND client, or what a partner calls itself.", text),
            ("consumer_id", "The organisation, or a partner's issuer.", text),
            ("purpose_id", "PDND's purpose; a partner has none.", text),
            ("jti", "The name of the token.", text),
        ],
    },
    Part {
        name: "request",
        needed: &["path"],
        keys: &[
            ("method", "HTTP method; POST if absent.", text),
            ("path", "Path, such as /ifs02/academic-enrollments.", text),
            ("headers", "Headers; null takes away one that would be added.", nullable_texts),
            ("body", "The body: a text as it stands, anything else as JSON.", anything),
            ("body_file", "A file whose bytes are the body, relative to this file.", text),
            (
                "repeat",
                "A body too long to write out: before, text so many times, after.",
                || json!({ "type": "object" }),
            ),
        ],
    },
    Part {
        name: "legacy",
        needed: &[],
        keys: &[
            ("match", "Which calls it answers; what is left out matches everything.", || part("match")),
            ("answer", "The answer.", || part("answer")),
            ("uses", "How many calls it must have answered in the end; at least one if absent. 0: never.", count),
        ],
    },
    Part {
        name: "match",
        needed: &[],
        keys: &[
            ("method", "HTTP method.", text),
            (
                "path",
                "Path without query, decoded; * stands for anything within a segment, at the end for any rest.",
                text,
            ),
            ("soap", "The SOAP operation, or operation/text of one of its parts.", text),
            (
                "headers",
                "Headers the call must have among others, whatever the case of their names, with their exact values.",
                || json!({ "type": "object", "additionalProperties": { "type": "string" } }),
            ),
            ("body", "A text that stands in the body; in XML prefixes and attributes of elements do not count.", text),
            (
                "query",
                "Parameters the query must have among others, decoded.",
                || json!({ "type": "object", "additionalProperties": { "type": ["string", "integer", "boolean"] } }),
            ),
        ],
    },
    Part {
        name: "answer",
        needed: &[],
        keys: &[
            ("status", "HTTP status; 200 if absent.", status),
            (
                "headers",
                "Headers, one that has several lines as a list; where no content-type is given it is JSON's, or XML's if the body begins with <.",
                || json!({ "type": "object", "additionalProperties": { "type": ["string", "array"], "items": { "type": "string" } } }),
            ),
            ("body", "The body: a text as it stands, anything else as JSON.", anything),
            ("file", "A file whose bytes are the body, relative to this file.", text),
            ("fault", "How the answer fails.", || faults(For::Scenarios)),
            (
                "after",
                "The system does what the call says before this is given in place of its answer; the project's scenarios only.",
                || json!({ "type": "boolean" }),
            ),
            ("delay_ms", "Milliseconds before the answer; the project's scenarios only.", count),
            ("times", "How many calls the entry answers; for ever if absent.", count),
        ],
    },
    Part {
        name: "expect",
        needed: &["status"],
        keys: &[
            ("status", "HTTP status.", status),
            ("headers", "Headers with their exact values; null: must not be there.", nullable_texts),
            ("body", "A text is the exact body; anything else is compared as JSON.", anything),
            ("problem", "Code of the problem document the body must be, such as request.unknown-student.", text),
            ("pointers", "JSON Pointers of the members that the problem names, in order.", texts),
            ("calls", "How many calls the systems saw: a number, or min and max.", how_many),
            ("writes", "How many writes the office received; the project's scenarios only.", how_many),
            ("oracle", "The body is the oracle's; the project's scenarios only.", || json!({ "type": "boolean" })),
        ],
    },
];

/// A number, or bounds.
fn how_many() -> Value {
    let bounds =
        json!({ "type": "object", "properties": { "min": count(), "max": count() }, "additionalProperties": false });
    json!({ "anyOf": [count(), bounds] })
}

/// The schema of a test file.
pub(crate) fn of_tests() -> Value {
    let mut schema = tests_of(For::Users);
    // One request or several. Whoever reads a test says it in words of its own.
    if let Some(test) = schema.pointer_mut("/$defs/test").and_then(Value::as_object_mut) {
        let forms = json!([
            { "required": ["request", "expect"], "not": { "required": ["steps"] } },
            { "required": ["steps"], "not": { "anyOf": [{ "required": ["request"] }, { "required": ["expect"] }] } },
        ]);
        test.insert("oneOf".to_owned(), forms);
    }
    schema
}

/// The schema of a test file with the keys that these have.
pub(crate) fn tests_of(whom: For) -> Value {
    let mut definitions = Map::new();
    for part in PARTS {
        let mut properties = Map::new();
        for (name, about, schema) in part.keys {
            let others = if whom == For::Users { SCENARIOS } else { PACKS };
            if about.ends_with(others) {
                continue;
            }
            let mut schema = schema();
            if *name == "fault" {
                schema = faults(whom);
            }
            if let Some(members) = schema.as_object_mut() {
                members.insert("description".to_owned(), (*about).into());
            }
            properties.insert((*name).to_owned(), schema);
        }
        let mut schema = json!({ "type": "object", "properties": properties, "additionalProperties": false });
        if let Some(members) = schema.as_object_mut().filter(|_| !part.needed.is_empty()) {
            members.insert("required".to_owned(), json!(part.needed));
        }
        definitions.insert(part.name.to_owned(), schema);
    }
    let title = "Test of a mapping (ifs test)";
    json!({ "$schema": DIALECT, "title": title, "$ref": "#/$defs/test", "$defs": definitions })
}

/// Faults: words, and those with a measure. Some need the simulated university, which speaks for itself.
fn faults(whom: For) -> Value {
    let mut words = vec![
        "reset",
        "reset_mid_body",
        "truncate",
        "garbage",
        "hang",
        "html",
        "wrong_content_type",
        "error_in_200",
        "trickle",
        "soap_fault",
        "cut_document",
        "wrong_charset",
    ];
    let mut measured = json!({ "huge": { "type": "integer", "minimum": 0 } });
    if whom == For::Scenarios {
        words.extend(["session_lost", "error_in200"]);
        if let Some(measured) = measured.as_object_mut() {
            measured.insert("soap_code".to_owned(), json!({ "type": "integer" }));
            measured.insert("xml_bomb".to_owned(), json!({ "type": "object" }));
        }
    }
    let measured = json!({
        "type": "object",
        "properties": measured,
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": false,
    });
    json!({ "anyOf": [{ "enum": words }, measured] })
}

fn part(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn texts() -> Value {
    json!({ "type": "array", "items": { "type": "string" } })
}

fn nullable_texts() -> Value {
    json!({ "type": "object", "additionalProperties": { "type": ["string", "null"] } })
}

fn anything() -> Value {
    json!({})
}

fn status() -> Value {
    json!({ "type": "integer", "minimum": 100, "maximum": 599 })
}

fn count() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}
