//! `ifs schema`: what editors are told agrees with the files of this repository and with the compiler.

// Test tooling over data of its own: a panic is a failing test.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use boon::{Compiler, Draft, SchemaIndex, Schemas};
use mapping_compiler::diagnostic::Report;
use mapping_compiler::yaml;
use serde_json::{Value, json};

/// The schema that a command writes, ready to validate.
struct Validator {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Validator {
    fn new(arguments: &[&str]) -> Self {
        let output = Command::new(env!("CARGO_BIN_EXE_ifs")).args(arguments).output().unwrap();
        assert!(output.status.success());
        let schema: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.set_default_draft(Draft::V2020_12);
        compiler.add_resource("ifs.json", schema).unwrap();
        let index = compiler.compile("ifs.json", &mut schemas).unwrap_or_else(|e| panic!("{e:#}"));
        Self { schemas, index }
    }

    fn wrong(&self, instance: &Value) -> Option<String> {
        self.schemas.validate(instance, self.index).err().map(|e| format!("{e:#}"))
    }
}

fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap();
    let mut report = Report::default();
    let node =
        yaml::read(&mut report, &path.display().to_string(), &text).unwrap_or_else(|| panic!("{}", report.human()));
    yaml::to_json(&node)
}

fn yaml_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            yaml_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "yaml") {
            found.push(path);
        }
    }
}

#[test]
fn the_packs_and_templates_are_valid() {
    let (mappings, tests) = (Validator::new(&["schema"]), Validator::new(&["schema", "--tests"]));
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    yaml_files(&here.join("../mappings"), &mut files);
    yaml_files(&here.join("templates"), &mut files);
    let mut seen = (0, 0);
    for file in files {
        let is_test = file.parent().is_some_and(|f| f.ends_with("tests"));
        let validator = if is_test { &tests } else { &mappings };
        if let Some(wrong) = validator.wrong(&read(&file)) {
            panic!("{}: {wrong}", file.display());
        }
        seen = if is_test { (seen.0, seen.1 + 1) } else { (seen.0 + 1, seen.1) };
    }
    assert!(seen.0 >= 4 && seen.1 >= 10, "{seen:?}");
}

#[test]
fn typing_errors_are_seen_in_the_editor() {
    let mappings = Validator::new(&["schema"]);
    for right in [
        json!({ "extends": "../pack", "operations": { "IFS02.1": { "answer": { "enrollments": { "each": { "status": "x" } } } } } }),
        json!({ "version": 1, "systems": { "a": { "cluster": "a", "soap": { "version": 1.1 } } }, "calls": { "x": null } }),
        json!({ "calls": { "a": { "get": "/a", "pages": true, "cache": "1h" }, "b": { "get": "/b", "pages": { "by": "offset" } } } }),
        json!({ "limits": { "deadline": "5s", "calls": 10 }, "let": { "n": "1", "b": { "for": "x in y", "each": "${x}" } } }),
    ] {
        assert_eq!(mappings.wrong(&right), None, "{right}");
    }
    for wrong in [
        json!({ "sytems": {} }),
        json!({ "version": 2 }),
        json!({ "systems": { "a": { "clustr": "a" } } }),
        json!({ "systems": { "a": { "timeout": "5 seconds" } } }),
        json!({ "calls": { "a": { "get": "/a", "pages": "yes" } } }),
        json!({ "systems": { "a": { "failures": [{ "when": "x", "is": "dwon" }] } } }),
        json!({ "systems": { "a": { "failures": [{ "when": "x" }] } } }),
        json!({ "limits": { "calls": 0 } }),
        json!({ "limits": { "call": 1 } }),
        json!([]),
    ] {
        assert!(mappings.wrong(&wrong).is_some(), "{wrong}");
    }
    let tests = Validator::new(&["schema", "--tests"]);
    let right = json!({ "now": "2026-03-01T09:00:00Z", "request": { "path": "/x" }, "expect": { "status": 200, "calls": { "min": 1 } } });
    assert_eq!(tests.wrong(&right), None);
    let step = json!({ "request": { "path": "/x" }, "expect": { "status": 200 }, "keep": { "a": "/b" } });
    assert_eq!(tests.wrong(&json!({ "now": "2026-03-01T09:00:00Z", "steps": [step] })), None);
    for wrong in [
        json!({ "now": "2026-03-01T09:00:00Z", "request": { "path": "/x" } }),
        json!({ "now": "2026-03-01T09:00:00Z", "steps": [step], "expect": { "status": 200 } }),
        json!({ "now": "2026-03-01T09:00:00Z", "steps": [{ "request": { "path": "/x" } }] }),
    ] {
        assert!(tests.wrong(&wrong).is_some(), "{wrong}");
    }
    for (pointer, value) in
        [("/expectt", json!({})), ("/request/bdy", json!({})), ("/expect/status", json!("200")), ("/legacy", json!({}))]
    {
        let mut wrong = right.clone();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        wrong.pointer_mut(parent).unwrap()[key] = value;
        assert!(tests.wrong(&wrong).is_some(), "{wrong}");
    }
}
