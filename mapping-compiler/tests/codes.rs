//! The page of the codes: each has a wrong example that shows it and a right one that does not.

// Test tooling over data of its own: a panic is a failing test.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used
)]

use std::collections::BTreeMap;
use std::path::Path;

use mapping_compiler::diagnostic::{CODES, Code, Severity};
use mapping_compiler::{Files, compile_with};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/codes/README.md");

/// The page's own mapping, an example over it, and the files beside the UI tests.
struct Example<'a> {
    base: &'a str,
    mapping: Vec<u8>,
}

impl Files for Example<'_> {
    fn read(&self, path: &Path) -> std::io::Result<Vec<u8>> {
        match path.to_str() {
            Some("mapping.yaml") => Ok(self.mapping.clone()),
            Some("base.yaml") => Ok(self.base.as_bytes().to_vec()),
            _ => std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui").join(path)),
        }
    }
}

/// Blocks of YAML in a part of the page, each with the last line of text in front of it.
fn blocks(part: &str) -> Vec<(&str, String)> {
    let mut found = Vec::new();
    let (mut before, mut block) = ("", None::<String>);
    for line in part.lines() {
        match &mut block {
            Some(text) if line == "```" => {
                found.push((before, std::mem::take(text)));
                block = None;
            }
            Some(text) => {
                text.push_str(line);
                text.push('\n');
            }
            None if line == "```yaml" => block = Some(String::new()),
            None if !line.is_empty() => before = line,
            None => {}
        }
    }
    found
}

/// An example as a file: over the page's own mapping, unless it says itself what it is over.
fn file(example: &str) -> Vec<u8> {
    let whole = example.contains("extends:");
    let text = if whole { example.to_owned() } else { format!("extends: base.yaml\n{example}") };
    // A byte of another character set cannot stand on the page.
    match text.split_once("\\xE0") {
        Some((before, after)) => [before.as_bytes(), b"\xE0", after.as_bytes()].concat(),
        None => text.replace("\\t", "\t").into_bytes(),
    }
}

#[test]
fn every_code_is_shown_wrong_and_right() {
    let page = std::fs::read_to_string(PAGE).unwrap();
    let mut parts = page.split("\n## ");
    let intro = blocks(parts.next().unwrap());
    let (_, base) = intro.first().expect("the page begins with the mapping that the examples are about");
    let parts: BTreeMap<&str, &str> = parts.map(|p| p.split_once('\n').unwrap()).collect();
    let mut wrong = Vec::new();
    for code in CODES {
        // Nothing that one can write shows it.
        if *code == Code::BundleRefused {
            continue;
        }
        let blocks = blocks(parts.get(code.as_str()).unwrap_or_else(|| panic!("{PAGE} lacks {}", code.as_str())));
        for (title, shows) in [("Wrong:", true), ("Right:", false)] {
            let Some((_, text)) = blocks.iter().find(|(before, _)| *before == title) else {
                wrong.push(format!("{}: there is no example after `{title}`", code.as_str()));
                continue;
            };
            let report = compile_with(Path::new("mapping.yaml"), &Example { base, mapping: file(text) }).report;
            let shown = report.diagnostics().iter().any(|d| d.code == *code);
            // A right example is right altogether; at most it defines what nothing uses.
            let clean = report.diagnostics().iter().all(|d| d.code.severity() == Severity::Warning);
            if shown != shows || (!shows && !clean) {
                wrong.push(format!("{} {title}\n{text}\n{}", code.as_str(), report.human()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
