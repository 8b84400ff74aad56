//! The reference names every key and every limit there is.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use adapter_core::contract;
use serde_json::Value;

#[test]
fn every_key_of_the_language_stands_in_the_reference() {
    let output = Command::new(env!("CARGO_BIN_EXE_ifs")).arg("schema").output().unwrap();
    let schema: Value = serde_json::from_slice(&output.stdout).expect("`ifs schema` prints JSON");
    let mut keys = BTreeSet::new();
    collect(&schema, &mut keys);
    assert!(keys.len() > 60, "{keys:?}");
    let page = fs::read_to_string(crate::root().join("docs/mapping/reference.md")).unwrap();
    let missing: Vec<&String> = keys.iter().filter(|k| !page.contains(&format!("`{k}`"))).collect();
    assert!(missing.is_empty(), "docs/mapping/reference.md does not name {missing:?}");
}

/// Names of `properties`, wherever they stand.
fn collect(schema: &Value, keys: &mut BTreeSet<String>) {
    match schema {
        Value::Object(map) => {
            for (name, value) in map {
                if let ("properties", Value::Object(properties)) = (name.as_str(), value) {
                    keys.extend(properties.keys().cloned());
                }
                collect(value, keys);
            }
        }
        Value::Array(items) => items.iter().for_each(|i| collect(i, keys)),
        _ => {}
    }
}

#[test]
fn every_operation_and_member_stands_in_the_answers() {
    let page = fs::read_to_string(crate::root().join("docs/mapping/answers.md")).unwrap();
    // Sections about operations are headed by their ids.
    let sections: Vec<&str> = page.split("\n## ").skip(1).filter(|s| s.starts_with("IFS")).collect();
    for id in sections.iter().flat_map(|section| ids(section)) {
        assert!(contract::operation(id).is_some(), "docs/mapping/answers.md describes {id}");
    }
    for operation in contract::operations() {
        let section = sections.iter().find(|s| ids(s).contains(&operation.name));
        let section = section.unwrap_or_else(|| panic!("docs/mapping/answers.md lacks {}", operation.name));
        assert!(
            section.contains(&format!("/ifs0{}{}", operation.id.api(), operation.path)),
            "{}: its path",
            operation.name
        );
        let mut written: Vec<&str> =
            section.lines().filter_map(|l| l.strip_prefix("| `")?.split_once("` |")).map(|(name, _)| name).collect();
        let mut members = Vec::new();
        names(operation.answer.object(), &mut members);
        members.retain(|m| !matches!(*m, "personal_data" | "cursor"));
        written.sort_unstable();
        members.sort_unstable();
        // The lists themselves are named in the text.
        let unwritten: Vec<&&str> = members.iter().filter(|m| !section.contains(&format!("`{m}`"))).collect();
        assert!(unwritten.is_empty(), "{} lacks {unwritten:?}", operation.name);
        let unknown: Vec<&&str> = written.iter().filter(|w| !members.contains(w)).collect();
        assert!(unknown.is_empty(), "{} has no {unknown:?}", operation.name);
    }
}

/// Of which operations a section is.
fn ids(section: &str) -> Vec<&str> {
    section.lines().next().unwrap_or_default().split(", ").collect()
}

/// Members and facts of an object and what is in it; those of `personal_data` are the mapping's `person`.
fn names(object: &contract::Object, out: &mut Vec<&'static str>) {
    for field in object.fields.iter().chain(object.facts) {
        out.push(field.name);
        match field.kind {
            contract::Kind::Object(inner) if field.made_by != contract::Maker::Person => names(inner, out),
            contract::Kind::List(list) => names(list.items, out),
            _ => {}
        }
    }
}
