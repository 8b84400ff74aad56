//! Edits of the values file: each of a table is refused with the member's name, or taken; and the page has each exception.

use serde::Deserialize;
use xtask::envoy::exceptions;

use crate::filled::{example, folder, run, said};

const REFUSED: &str = include_str!("values/refused.yaml");
const TAKEN: &str = include_str!("values/taken.yaml");

/// One edit of the example.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    /// What it does, for people.
    what: String,
    /// What is replaced, once each.
    #[serde(default)]
    put: Vec<(String, String)>,
    /// What is added behind.
    #[serde(default)]
    add: String,
    /// What the message has.
    #[serde(default)]
    told: String,
}

impl Edit {
    fn settings(&self) -> String {
        let mut settings = example();
        for (from, to) in &self.put {
            assert!(settings.contains(from), "{}: no {from}", self.what);
            settings = settings.replacen(from, to, 1);
        }
        settings + &self.add
    }
}

fn edits(table: &str) -> Vec<Edit> {
    serde_json::from_value(xtask::envoy::config::parse(table).unwrap()).unwrap()
}

#[test]
fn edits_are_refused_and_the_member_is_named() {
    let dir = folder();
    let all = edits(REFUSED);
    assert!(all.len() >= 40, "{}", all.len());
    let mut wrong = Vec::new();
    for edit in all {
        let output = run(&dir, &edit.settings());
        let said = said(&output);
        if output.status.success() || !said.contains(&edit.told) || dir.join("run").exists() {
            wrong.push(format!("{}: {said}", edit.what));
            let _ = std::fs::remove_dir_all(dir.join("run"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_the_operators_is_taken() {
    let dir = folder();
    let mut wrong = Vec::new();
    for edit in edits(TAKEN) {
        let output = run(&dir, &edit.settings());
        if !output.status.success() || !said(&output).contains(&edit.told) {
            wrong.push(format!("{}: {}", edit.what, said(&output)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_page_has_each_exception_with_its_risk() {
    let page = crate::text("docs/operations.md").split_whitespace().collect::<Vec<_>>().join(" ");
    for (name, risk) in exceptions::ALL {
        assert!(page.contains(&format!("| `{name}` |")), "{name}");
        assert!(page.contains(risk), "{name}: {risk}");
    }
}
