//! The same diagnostics for people, programs, SARIF readers and GitHub.

// Test tooling over data of its own: a panic is a failing test.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used
)]

use std::collections::BTreeSet;
use std::path::Path;

use mapping_compiler::diagnostic::{CODES, Report, sarif};
use mapping_compiler::{Files, compile_with};
use serde_json::Value;

struct Text(&'static str);

impl Files for Text {
    fn read(&self, _: &Path) -> std::io::Result<Vec<u8>> {
        Ok(self.0.as_bytes().to_vec())
    }
}

fn report(name: &str, text: &'static str) -> Report {
    compile_with(Path::new(name), &Text(text)).report
}

const WRONG: &str = "version: 1\nsystems: { è: { clustr: a } }\ntables: { t: { values: {} }, t: { values: {} } }\n";

#[test]
fn sarif_has_what_its_schema_requires() {
    let reports = [report("a b.yaml", WRONG), report("/x/c.yaml", "version: 2\n")];
    let log: Value = serde_json::from_str(&sarif(&reports)).unwrap();
    assert_eq!(log["version"], "2.1.0");
    assert_eq!(log["runs"].as_array().unwrap().len(), 1);
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["name"], "ifs");
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let ids: BTreeSet<&str> = rules.iter().map(|r| r["id"].as_str().unwrap()).collect();
    assert_eq!((ids.len(), rules.len()), (CODES.len(), CODES.len()));
    for rule in rules {
        assert!(rule["shortDescription"]["text"].as_str().unwrap().ends_with('.'));
        assert!(rule["help"]["text"].as_str().unwrap().contains("docs/codes/README.md#"));
        assert!(matches!(rule["defaultConfiguration"]["level"].as_str(), Some("error" | "warning")));
    }
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), reports.iter().map(|r| r.diagnostics().len()).sum::<usize>());
    for result in results {
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(matches!(result["level"].as_str(), Some("error" | "warning")));
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().unwrap();
        assert!(uri == "a%20b.yaml" || uri == "file:///x/c.yaml", "{uri}");
        let region = &place["region"];
        let at = |name: &str| region[name].as_u64().unwrap();
        assert!(at("startLine") >= 1 && at("startColumn") >= 1);
        assert!((at("endLine"), at("endColumn")) >= (at("startLine"), at("startColumn")));
    }
    let twice = results.iter().find(|r| r["ruleId"] == "yaml.duplicate").unwrap();
    assert_eq!(twice["relatedLocations"][0]["message"]["text"], "first here");
}

#[test]
fn columns_count_characters() {
    let report = report("m.yaml", WRONG);
    let log: Value = serde_json::from_str(&sarif(std::slice::from_ref(&report))).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let unknown = results.iter().find(|r| r["ruleId"] == "key.unknown").unwrap();
    let region = &unknown["locations"][0]["physicalLocation"]["region"];
    // `systems: { è: { ` has 16 characters and 17 bytes.
    assert_eq!(
        (&region["startLine"], &region["startColumn"], &region["endColumn"]),
        (&2.into(), &17.into(), &23.into())
    );
}

#[test]
fn github_gets_one_command_a_line() {
    let report = report("a,b:c.yaml", WRONG);
    let text = report.github();
    assert_eq!(text.lines().count(), report.diagnostics().len());
    let line = text.lines().find(|l| l.contains("title=key.unknown")).unwrap();
    assert!(
        line.starts_with(
            "::error file=a%2Cb%3Ac.yaml,line=2,endLine=2,col=17,endColumn=23,title=key.unknown::There is no key `clustr` in a \
             system.%0ADid you mean `cluster`?%0Adocs/codes/README.md#keyunknown"
        ),
        "{line}"
    );
}

#[test]
fn colours_change_no_word() {
    let report = report("m.yaml", WRONG);
    let coloured = report.coloured();
    assert!(coloured.contains("\u{1b}[1;31merror[key.unknown]"));
    let mut plain = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    plain.push_str(rest);
    assert_eq!(plain, report.human());
    assert!(!report.human().contains('\u{1b}'));
}

#[test]
fn nothing_of_a_mapping_commands_a_terminal() {
    let report = report("m.yaml", "version: \"\\e[31m\u{202e}1\"\nsystems: {}\n# \u{1b}[2J\n");
    for text in [report.human(), report.github()] {
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text:?}");
    }
}
