//! The form of test files: keys and kinds of values as the schema that editors get has them, all mistakes at once.

use serde_json::Value as Json;

use super::{matching::instant, story};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::schema::{self, For};
use crate::suggest;
use crate::yaml::{Entry, Node, to_json};

/// Says everything that is wrong with the form of a test file.
pub(super) fn check(report: &mut Report, node: &Node, whom: For) {
    let schema = schema::tests_of(whom);
    let mut form = Form { report, schema: &schema };
    form.value(node, &schema, "a test");
    form.meaning(node);
}

struct Form<'a> {
    report: &'a mut Report,
    schema: &'a Json,
}

impl Form<'_> {
    /// A value under a schema; `what` is how people call it.
    fn value(&mut self, node: &Node, schema: &Json, what: &str) {
        if let Some(name) = schema.get("$ref").and_then(Json::as_str).and_then(|r| r.rsplit('/').next()) {
            let found = self.schema.get("$defs").and_then(|d| d.get(name)).cloned().unwrap_or_default();
            let what = if name == "test" { "a test".to_owned() } else { format!("`{name}`") };
            return self.value(node, &found, &what);
        }
        if let Some(forms) = schema.get("anyOf").and_then(Json::as_array) {
            let is_map = |form: &&Json| form.get("type").and_then(Json::as_str) == Some("object");
            let wanted = forms.iter().find(|form| is_map(form) == node.as_map().is_some()).or(forms.first());
            return wanted.into_iter().for_each(|form| self.value(node, form, what));
        }
        if let Some(words) = schema.get("enum").and_then(Json::as_array) {
            return self.word(node, &words.iter().filter_map(Json::as_str).collect::<Vec<_>>(), what);
        }
        let kinds: Vec<&str> = match schema.get("type") {
            Some(Json::String(kind)) => vec![kind],
            Some(Json::Array(kinds)) => kinds.iter().filter_map(Json::as_str).collect(),
            _ => return,
        };
        let json = to_json(node);
        let found = match &json {
            Json::Null => "null",
            Json::Bool(_) => "boolean",
            Json::Number(n) if n.is_u64() || n.is_i64() => "integer",
            Json::Number(_) => "number",
            Json::String(_) => "string",
            Json::Array(_) => "array",
            Json::Object(_) => "object",
        };
        if !kinds.contains(&found) {
            return self.kind(node, &kinds, found, what);
        }
        match found {
            "object" => self.map(node, schema, what),
            "array" => {
                for element in node.as_list().unwrap_or_default() {
                    self.value(element, schema.get("items").unwrap_or(&Json::Null), what);
                }
            }
            "integer" => self.range(node, &json, schema, what),
            _ => {}
        }
    }

    fn map(&mut self, node: &Node, schema: &Json, what: &str) {
        let entries = node.as_map().unwrap_or_default();
        let named = schema.get("properties").and_then(Json::as_object);
        let others = schema.get("additionalProperties");
        for entry in entries {
            let key = entry.key.text.as_str();
            match (named.and_then(|n| n.get(key)), others) {
                (Some(schema), _) => self.value(&entry.value, schema, &format!("`{key}`")),
                (None, Some(Json::Bool(false))) => {
                    let known: Vec<&str> = named.into_iter().flat_map(|n| n.keys()).map(String::as_str).collect();
                    let message = format!("There is no key `{key}` in {what}.");
                    let help = suggest::help(key, known.iter().copied());
                    let help = help.unwrap_or_else(|| format!("Known keys: {}.", known.join(", ")));
                    self.report.push(Diagnostic::new(Code::KeyUnknown, entry.key.span, message).help(help));
                }
                (None, Some(schema)) => self.value(&entry.value, schema, &format!("`{key}` in {what}")),
                (None, None) => {}
            }
        }
        let needed = schema.get("required").and_then(Json::as_array);
        for key in needed.into_iter().flatten().filter_map(Json::as_str) {
            // What is written almost so has been complained about.
            let almost = |e: &Entry| suggest::nearest(&e.key.text, [key]).is_some();
            if node.get(key).is_none() && !entries.iter().any(almost) {
                let span = entries.first().map_or(node.span, |e| e.key.span);
                let message = format!("The key `{key}` is missing in {what}.");
                self.report.push(Diagnostic::new(Code::KeyMissing, span, message));
            }
        }
    }

    fn word(&mut self, node: &Node, words: &[&str], what: &str) {
        let found = node.as_scalar().map(|s| s.text.as_str());
        if found.is_some_and(|text| words.contains(&text)) {
            return;
        }
        let message = match found {
            Some(text) => format!("{what} cannot be `{text}`."),
            None => format!("A word is needed for {what}, not {}.", node.kind()),
        };
        let help = found.and_then(|text| suggest::help(text, words.iter().copied()));
        let help = help.unwrap_or_else(|| format!("It is one of {}.", words.join(", ")));
        self.report.push(Diagnostic::new(Code::ValueInvalid, node.span, message).help(help));
    }

    fn kind(&mut self, node: &Node, kinds: &[&str], found: &str, what: &str) {
        let wanted = match kinds.first().copied() {
            Some("object") => "A map",
            Some("array") => "A list",
            Some("integer") => "A whole number",
            Some("boolean") => "`true` or `false`",
            _ => "A text",
        };
        let text = node.as_scalar().map(|s| s.text.as_str());
        let shown = match text.filter(|text| !text.is_empty() && text.len() <= 40) {
            Some(text) => format!("`{text}`"),
            None => node.kind().to_owned(),
        };
        let message = format!("{wanted} is needed for {what}, not {shown}.");
        let help = match (kinds.contains(&"string"), found, text) {
            (true, "integer" | "number" | "boolean", Some(text)) => {
                Some(format!("Without quotes it is a number or truth value; write \"{text}\"."))
            }
            (false, "string", Some(text)) if kinds == ["integer"] && text.parse::<u64>().is_ok() => {
                Some("Write it without quotes.".to_owned())
            }
            _ => None,
        };
        self.report.push(Diagnostic::new(Code::ValueKind, node.span, message).maybe_help(help));
    }

    fn range(&mut self, node: &Node, found: &Json, schema: &Json, what: &str) {
        let bound = |key: &str| schema.get(key).and_then(Json::as_i64);
        let (least, most) = (bound("minimum").unwrap_or(i64::MIN), bound("maximum").unwrap_or(i64::MAX));
        if found.as_i64().is_some_and(|n| !(least..=most).contains(&n)) {
            let bounds = match (bound("minimum"), bound("maximum")) {
                (Some(least), Some(most)) => format!("from {least} to {most}"),
                (Some(least), None) => format!("at least {least}"),
                _ => format!("at most {most}"),
            };
            let message = format!("{what} is {bounds}, not {found}.");
            self.report.push(Diagnostic::new(Code::ValueRange, node.span, message));
        }
    }

    /// What the schema cannot say.
    fn meaning(&mut self, node: &Node) {
        if let Some(now) = node.get("now").and_then(Node::as_scalar)
            && instant(&now.text).is_none()
        {
            let message = format!("`now` is not a time: {}.", now.text);
            let help = "Write it as 2026-03-01T09:00:00Z.";
            self.report.push(Diagnostic::new(Code::ValueInvalid, now.span, message).help(help));
        }
        for entry in node.get("limits").and_then(Node::as_map).unwrap_or_default() {
            let known = adapter_core::limits::LIMITS.iter().map(|l| l.name);
            if !known.clone().any(|name| name == entry.key.text) {
                let message = format!("There is no limit `{}`.", entry.key.text);
                let help = suggest::help(&entry.key.text, known);
                self.report.push(Diagnostic::new(Code::KeyUnknown, entry.key.span, message).maybe_help(help));
            }
        }
        self.steps(node);
        self.bodies(node);
    }

    /// Whether it is one request or a story, and what a story keeps.
    fn steps(&mut self, node: &Node) {
        let entries = node.as_map().unwrap_or_default();
        let Some(steps) = entries.iter().find(|e| e.key.text == "steps") else {
            for key in ["request", "expect"] {
                let almost = |e: &Entry| suggest::nearest(&e.key.text, [key]).is_some();
                if node.as_map().is_some() && node.get(key).is_none() && !entries.iter().any(almost) {
                    let span = entries.first().map_or(node.span, |e| e.key.span);
                    let message = format!("The key `{key}` is missing in a test.");
                    self.report.push(Diagnostic::new(Code::KeyMissing, span, message));
                }
            }
            return;
        };
        for entry in entries.iter().filter(|e| ["request", "expect", "probed"].contains(&e.key.text.as_str())) {
            let message = format!("`{}` and `steps` do not go together: each step has its own.", entry.key.text);
            let message = if entry.key.text == "probed" {
                "`probed` and `steps` do not go together.".to_owned()
            } else {
                message
            };
            let diagnostic = Diagnostic::new(Code::KeyConflict, entry.key.span, message);
            self.report.push(diagnostic.also(steps.key.span, "the steps"));
        }
        let steps = steps.value.as_list().unwrap_or_default();
        if steps.is_empty() {
            let message = "A story has at least one step.".to_owned();
            self.report.push(Diagnostic::new(Code::ValueInvalid, node.span, message));
        }
        let mut kept: Vec<&str> = Vec::new();
        for step in steps {
            for (key, part) in step.as_map().unwrap_or_default().iter().map(|e| (e.key.text.as_str(), &e.value)) {
                if key != "keep" {
                    self.mentions(part, &kept);
                }
            }
            self.bodies(step);
            for entry in step.get("keep").and_then(Node::as_map).unwrap_or_default() {
                let pointer = entry.value.as_scalar().map_or("", |s| s.text.as_str());
                if !pointer.starts_with('/') {
                    let message =
                        format!("`{}` is kept from no place: `{pointer}` is no JSON Pointer.", entry.key.text);
                    let help = "Write where it stands in the answer, as /file_code or /items/0/code.";
                    self.report.push(Diagnostic::new(Code::ValueInvalid, entry.value.span, message).help(help));
                }
                kept.push(&entry.key.text);
            }
        }
    }

    /// Names that no earlier step keeps.
    fn mentions(&mut self, node: &Node, kept: &[&str]) {
        if let Some(scalar) = node.as_scalar() {
            for name in story::names(&scalar.text).filter(|name| !kept.contains(name)) {
                let message = format!("No earlier step keeps `{name}`.");
                let help = suggest::help(name, kept.iter().copied());
                let help = help.unwrap_or_else(|| {
                    format!("Write `keep: {{ {name}: /where/it/stands }}` at the step whose answer has it.")
                });
                self.report.push(Diagnostic::new(Code::NameUnknown, node.span, message).help(help));
            }
        }
        node.as_list().unwrap_or_default().iter().for_each(|item| self.mentions(item, kept));
        node.as_map().unwrap_or_default().iter().for_each(|entry| self.mentions(&entry.value, kept));
    }

    /// Bodies that are said in two ways, of a test or a step.
    fn bodies(&mut self, node: &Node) {
        let request = node.get("request").map(|r| (r, ["body", "body_file", "repeat"].as_slice()));
        let entries = node.get("legacy").and_then(Node::as_list).unwrap_or_default();
        let answers = entries.iter().filter_map(|e| e.get("answer")).map(|a| (a, ["body", "file"].as_slice()));
        for (map, bodies) in request.into_iter().chain(answers) {
            let mut found = map.as_map().unwrap_or_default().iter().filter(|e| bodies.contains(&e.key.text.as_str()));
            if let (Some(first), Some(second)) = (found.next(), found.next()) {
                let message = format!("`{}` and `{}` are both the body.", first.key.text, second.key.text);
                let diagnostic = Diagnostic::new(Code::KeyConflict, second.key.span, message);
                self.report.push(diagnostic.also(first.key.span, "the other"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::yaml;

    fn said(text: &str) -> Vec<(usize, &'static str, String)> {
        let mut report = Report::default();
        let node = yaml::read(&mut report, "t.yaml", text).unwrap();
        check(&mut report, &node, For::Users);
        let line = |d: &Diagnostic| report.sources.start(d.labels[0].span).line;
        report
            .diagnostics()
            .iter()
            .map(|d| (line(d), d.code.as_str(), format!("{} {}", d.message, d.help.join(" ")).trim_end().to_owned()))
            .collect()
    }

    #[test]
    fn all_mistakes_are_told_at_once() {
        let text = "now: yesterday\nrequest:\n  pth: /x\n  body: {}\n  body_file: a.json\nlegacy:\n  - mach: { path: /a }\n    \
                    answer: { status: 99, fault: rest, body: a, file: b }\n  - match: { query: { a: [1] }, headers: { X: 1 } }\n\
                    limits: { call: 3 }\nexpect: { status: \"200\", oracle: true, calls: few }\n";
        let found = said(text);
        let expected = [
            (1, "value.invalid", "`now` is not a time: yesterday. Write it as 2026-03-01T09:00:00Z."),
            (3, "key.unknown", "There is no key `pth` in `request`. Did you mean `path`?"),
            (5, "key.conflict", "`body` and `body_file` are both the body."),
            (7, "key.unknown", "There is no key `mach` in `legacy`. Did you mean `match`?"),
            (8, "value.range", "`status` is from 100 to 599, not 99."),
            (8, "value.invalid", "`fault` cannot be `rest`. Did you mean `reset`?"),
            (8, "key.conflict", "`body` and `file` are both the body."),
            (9, "value.kind", "A text is needed for `a` in `query`, not a list."),
            (
                9,
                "value.kind",
                "A text is needed for `X` in `headers`, not `1`. Without quotes it is a number or truth value; write \"1\".",
            ),
            (10, "key.unknown", "There is no limit `call`. Did you mean `calls`?"),
            (11, "value.kind", "A whole number is needed for `status`, not `200`. Write it without quotes."),
            (
                11,
                "key.unknown",
                "There is no key `oracle` in `expect`. Known keys: body, calls, headers, pointers, problem, status.",
            ),
            (11, "value.kind", "A whole number is needed for `calls`, not `few`."),
        ];
        let expected: Vec<_> = expected.into_iter().map(|(line, code, words)| (line, code, words.to_owned())).collect();
        assert_eq!(found, expected);
        assert_eq!(said("[]").len(), 1);
        let missing = [(1, "key.missing", "The key `request` is missing in a test.".to_owned())];
        assert_eq!(said("now: 2026-03-01T09:00:00Z\nexpect: { status: 200 }\n"), missing);
        assert_eq!(said("now: 2026-03-01T09:00:00Z\nrequest: { path: /x }\nexpect: { status: 200 }\n"), []);
    }

    #[test]
    fn mistakes_of_stories() {
        let text = "now: 2026-03-01T09:00:00Z\nexpect: { status: 200 }\nsteps:\n  - request: { path: /x, body: { code: \"${code}\" } }\n    \
                    expect: { status: 200 }\n    keep: { code: file_code }\n  - request: { path: \"/x/${cod}\", body: a, body_file: b }\n    \
                    expct: { status: 200 }\n    wait_ms: -1\n";
        let expected = [
            (2, "key.conflict", "`expect` and `steps` do not go together: each step has its own."),
            (
                4,
                "name.unknown",
                "No earlier step keeps `code`. Write `keep: { code: /where/it/stands }` at the step whose answer has it.",
            ),
            (
                6,
                "value.invalid",
                "`code` is kept from no place: `file_code` is no JSON Pointer. Write where it stands in the answer, as /file_code or /items/0/code.",
            ),
            (7, "name.unknown", "No earlier step keeps `cod`. Did you mean `code`?"),
            (7, "key.conflict", "`body` and `body_file` are both the body."),
            (8, "key.unknown", "There is no key `expct` in `step`. Did you mean `expect`?"),
            (9, "value.range", "`wait_ms` is at least 0, not -1."),
        ];
        let mut found = said(text);
        found.sort_by_key(|(line, ..)| *line);
        let expected: Vec<_> = expected.into_iter().map(|(line, code, words)| (line, code, words.to_owned())).collect();
        assert_eq!(found, expected);
        let none = said("now: 2026-03-01T09:00:00Z\nsteps: []\n");
        assert_eq!(none, [(1, "value.invalid", "A story has at least one step.".to_owned())]);
        let good = "now: 2026-03-01T09:00:00Z\nsteps:\n  - request: { path: /x }\n    expect: { status: 200 }\n    keep: { a: /b }\n  \
                    - request: { path: \"/${a}\" }\n    expect: { status: 200 }\n    legacy: [ { uses: 0 } ]\n";
        assert_eq!(said(good), []);
    }

    /// Files that serve the project's scenarios keep to the form; users are offered none of what only those have.
    #[test]
    fn the_projects_own_files_have_the_form() {
        fn files(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    files(&path, found);
                } else if path.extension().is_some_and(|e| e == "yaml") {
                    found.push(path);
                }
            }
        }
        let mut found = Vec::new();
        files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/scenarios"), &mut found);
        let mut seen = 0;
        for path in found {
            let text = std::fs::read_to_string(&path).unwrap();
            let mut report = Report::default();
            let Some(mut node) = yaml::read(&mut report, &path.display().to_string(), &text) else { continue };
            // A mapping lies beside some of them.
            if node.get("request").is_none() {
                continue;
            }
            // The harness takes its own keys away before it reads the rest.
            if let yaml::Value::Map(entries) = &mut node.value {
                entries.retain(|e| match e.key.text.as_str() {
                    "gateway" | "proofs" | "answers" | "again" => false,
                    "trust" => e.value.as_map().is_none(),
                    _ => true,
                });
            }
            check(&mut report, &node, For::Scenarios);
            assert!(!report.has_errors(), "{}", report.human());
            seen += 1;
        }
        assert!(seen > 20, "{seen}");
        let users = crate::test_schema();
        for word in ["oracle", "layers", "university", "earlier", "delay_ms", "soap_code", "session_lost", "xml_bomb"] {
            assert!(!users.contains(&format!("\"{word}\"")), "{word}");
        }
    }

    /// The reader says which members it knows: the schema has the same.
    #[test]
    fn the_schema_has_the_members_that_are_read() {
        let schema = schema::tests_of(For::Scenarios);
        let base = "{\"now\": \"x\", \"request\": { \"path\": \"x\" }, \"expect\": { \"status\": 200 }, \"identity\": { \"client_id\": \"x\", \"consumer_id\": \"x\" }, \"legacy\": [{ \"match\": {}, \"answer\": {} }]}";
        for (part, pointer) in [
            ("test", ""),
            ("request", "/request"),
            ("identity", "/identity"),
            ("legacy", "/legacy/0"),
            ("match", "/legacy/0/match"),
            ("answer", "/legacy/0/answer"),
            ("expect", "/expect"),
        ] {
            let mut json: Json = serde_json::from_str(base).unwrap();
            json.pointer_mut(pointer).unwrap()["qqqq"] = 1.into();
            let error = serde_json::from_value::<super::super::TestFile>(json).unwrap_err().to_string();
            let said = error.split_once("expected").unwrap_or_else(|| panic!("{part}: {error}")).1;
            let mut known: Vec<&str> = said.split('`').skip(1).step_by(2).collect();
            known.sort_unstable();
            let described: Vec<&str> =
                schema["$defs"][part]["properties"].as_object().unwrap().keys().map(String::as_str).collect();
            let mut described = described;
            described.sort_unstable();
            assert_eq!(described, known, "{part}");
        }
    }
}
