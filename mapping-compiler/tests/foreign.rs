//! The table "Coming from another language" of the documentation, and what the compiler says about its words.

// Test tooling over data of its own: a panic is a failing test.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::collections::BTreeSet;

use adapter_core::bundle::Function;
use mapping_compiler::{expression, foreign};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/mapping/expressions.md");

/// What stands between backticks in the last column.
fn elsewhere() -> Vec<String> {
    let page = std::fs::read_to_string(PAGE).unwrap();
    let (_, part) = page.split_once("## Coming from another language").expect("the page has the table");
    let (part, _) = part.split_once("\n## ").expect("something follows");
    let rows = part.lines().filter(|line| line.starts_with("| `"));
    let cells = rows.map(|line| line.replace("\\|", "¦").rsplit('|').nth(1).unwrap_or_default().replace('¦', "|"));
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[test]
fn the_page_and_the_compiler_name_the_same_functions() {
    let is_word = |text: &String| text.chars().all(|c| c.is_alphanumeric() || c == '_');
    // `substring(0, 4)` shows `substring`.
    let name = |text: String| text.split_once('(').map_or(text.clone(), |(name, _)| name.to_owned());
    let shown: BTreeSet<String> = elsewhere().into_iter().map(name).filter(is_word).collect();
    let operators = ["and", "or"].map(str::to_owned);
    for word in shown.iter().filter(|w| !operators.contains(w) && Function::named(w).is_none()) {
        assert!(foreign::function(word).is_some(), "the compiler does not know `{word}`");
    }
    for word in foreign::FUNCTIONS.iter().flat_map(|(names, _)| *names).filter(|name| **name != "if") {
        assert!(shown.contains(*word), "{PAGE} lacks `{word}`");
    }
}

#[test]
fn forms_of_other_languages_are_refused_with_help() {
    let forms: Vec<String> =
        elsewhere().into_iter().filter(|text| text.contains(' ') || text.contains(['?', '$'])).collect();
    assert!(forms.len() > 8, "{forms:?}");
    for form in forms {
        let source = form.replace('…', "a");
        let report = expression(&source, &["a", "v", "rows"]).expect_err(&source);
        let said = report.diagnostics();
        assert!(said.iter().all(|d| !d.help.is_empty()), "{source}:\n{}", report.human());
    }
}

#[test]
fn functions_of_other_languages_are_refused_with_help() {
    for (names, help) in foreign::FUNCTIONS {
        for name in names.iter().filter(|name| **name != "if") {
            for source in [format!("{name}(a)"), format!("a.{name}()")] {
                let report = expression(&source, &["a"]).expect_err(&source);
                let helps: Vec<&str> = report.diagnostics().iter().flat_map(|d| &d.help).map(String::as_str).collect();
                assert!(helps.contains(help), "{source}:\n{}", report.human());
            }
        }
    }
}
