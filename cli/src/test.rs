//! `ifs test`

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use adapter_core::bundle::{Bundle, seal};
use adapter_core::{Plan, Response, contract};
use mapping_compiler::places::Places;
use mapping_compiler::testfile::{self, Expect, TestFile};
use serde_json::Value;

use crate::{Ended, diff, explain, print, run};

pub(crate) fn run(pack: &Path, filter: Option<&str>, explain: bool) -> Ended {
    let folder = pack.join("tests");
    let files = match tests(&folder) {
        Ok(files) => files,
        Err(error) => {
            eprintln!("ifs: {}: {error}", folder.display());
            return Ended::Impossible;
        }
    };
    let chosen: Vec<PathBuf> = files
        .into_iter()
        .filter(|f| filter.is_none_or(|text| f.file_name().is_some_and(|n| n.to_string_lossy().contains(text))))
        .collect();
    if chosen.is_empty() {
        eprintln!("ifs: no test is in {}", folder.display());
        return Ended::Impossible;
    }
    let mut failed = 0_usize;
    let mut compiled = Compiled::default();
    for file in &chosen {
        let name = file.file_stem().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let shown = match one(file, pack, &mut compiled, explain) {
            Ok(Passed { about, explanation }) => {
                print(&format!("ok    {name}{}\n", about.map(|a| format!(": {a}")).unwrap_or_default()));
                explanation
            }
            Err(why) => {
                failed = failed.saturating_add(1);
                print(&format!("FAIL  {name}\n"));
                why
            }
        };
        for line in shown.lines() {
            print(&format!("    {line}\n"));
        }
    }
    print(&format!("{} passed, {failed} failed\n", chosen.len().saturating_sub(failed)));
    if failed == 0 { Ended::Well } else { Ended::WithFindings }
}

/// The tests of a pack, in the order of their names.
pub(crate) fn tests(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "yaml" || e == "yml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// A test that passed.
struct Passed {
    about: Option<String>,
    explanation: String,
}

/// Mappings that have been compiled, by their path: most tests of a pack are of one.
#[derive(Default)]
struct Compiled(BTreeMap<PathBuf, Option<(Bundle, Places)>>);

impl Compiled {
    /// A mapping's bundle; its complaints the first time only.
    fn get(&mut self, mapping: &Path) -> Result<&(Bundle, Places), String> {
        let before = "the mapping does not compile; its errors are shown at the first test".to_owned();
        let mut complaints = None;
        let compiled = self.0.entry(mapping.to_owned()).or_insert_with(|| {
            let outcome = mapping_compiler::compile(mapping);
            if outcome.bundle.is_none() {
                complaints = Some(outcome.report.human());
            }
            outcome.bundle.map(|bundle| (bundle, outcome.places))
        });
        compiled.as_ref().ok_or(complaints.unwrap_or(before))
    }
}

/// Runs one test file.
fn one(file: &Path, pack: &Path, compiled: &mut Compiled, explain: bool) -> Result<Passed, String> {
    let test = testfile::read(file).map_err(|e| e.to_string())?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let mapping = test.mapping.as_ref().map_or_else(|| pack.to_owned(), |m| folder.join(m));
    let home = if mapping.is_dir() { mapping.as_path() } else { mapping.parent().unwrap_or(Path::new("")) };
    let (bundle, places) = compiled.get(&mapping)?;
    let mut bundle = bundle.clone();
    for (name, value) in &test.limits {
        if !bundle.limits.set(name, *value) {
            return Err(format!("there is no limit `{name}`"));
        }
    }
    let plan = seal(&bundle).and_then(|bytes| Plan::load(&bytes)).map_err(|e| e.to_string())?;
    let tables = bundle.tables.iter().map(|t| t.name.clone()).collect();
    let ran = run::run(plan, (&places.variables, tables), &test, folder)?;
    let mut wrong = ran.complaints;
    let differing = differences(&test, &ran.response, ran.calls);
    wrong.extend(differing.iter().cloned());
    let path = test.request.path.split('?').next().unwrap_or_default();
    let told = contract::served().find(|o| path.ends_with(o.path) && !ran.events.is_empty()).map(|operation| {
        explain::Told { home, bundle: &bundle, places, operation, events: &ran.events, exchanged: &ran.exchanged }
    });
    let scope = match members(&differing) {
        _ if explain => explain::Scope::All,
        Some(members) if differing.len() == 1 => explain::Scope::Members(members),
        _ => explain::Scope::Wrong,
    };
    let explanation = || told.map(|told| explain::write(told, &scope)).unwrap_or_default();
    if wrong.is_empty() {
        let explanation = if explain { explanation() } else { String::new() };
        return Ok(Passed { about: test.about, explanation });
    }
    let wrong = explain::without_secrets(&bundle, wrong.join("\n"));
    Err(format!("{}\n{}", wrong.trim_end(), explanation()))
}

/// The members that the lines of a difference name; none if nothing differs that has members.
fn members(differing: &[String]) -> Option<BTreeSet<String>> {
    let lines = differing.iter().flat_map(|d| d.lines()).map(str::trim_start);
    let changed = lines.filter_map(|l| l.strip_prefix("- ").or_else(|| l.strip_prefix("+ ")));
    let names: BTreeSet<String> =
        changed.filter_map(|l| Some(l.trim().strip_prefix('"')?.split_once("\":")?.0.to_owned())).collect();
    (!names.is_empty()).then_some(names)
}

fn differences(test: &TestFile, response: &Response, calls: u64) -> Vec<String> {
    let expect = &test.expect;
    let mut wrong = Vec::new();
    if response.status != expect.status {
        wrong.push(format!("status {} instead of {}", response.status, expect.status));
    }
    for (name, value) in &expect.headers {
        let found = response.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str());
        if found != value.as_deref() {
            let shown = |v: Option<&str>| v.map_or("nothing".to_owned(), |v| format!("`{v}`"));
            wrong.push(format!("header {name}: {} instead of {}", shown(found), shown(value.as_deref())));
        }
    }
    if expect.calls.is_some_and(|c| !c.allows(calls)) {
        wrong.push(format!("{calls} calls were made"));
    }
    let body = String::from_utf8_lossy(&response.body);
    wrong.extend(problem(expect, &body));
    match &expect.body {
        None => {
            // A problem that was not expected says best what happened.
            if response.status != expect.status && expect.problem.is_none() {
                wrong.push(format!("the answer is {body}"));
            }
        }
        Some(Value::String(text)) if *text == body => {}
        Some(Value::String(text)) => {
            wrong.push(format!("body differs:\n{}", diff::lines(&pretty(text), &pretty(&body))));
            if pretty(text) == pretty(&body) {
                wrong.push(format!("the same values, other bytes:\n    - {text}\n    + {body}"));
            }
        }
        Some(tree) => {
            let found: Option<Value> = serde_json::from_str(&body).ok();
            if found.as_ref() != Some(tree) {
                let expected = serde_json::to_string_pretty(tree).unwrap_or_default();
                wrong.push(format!("body differs:\n{}", diff::lines(&expected, &pretty(&body))));
            }
        }
    }
    wrong
}

fn problem(expect: &Expect, body: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let document: Value = serde_json::from_str(body).unwrap_or_default();
    if let Some(code) = &expect.problem {
        let found = document.get("type").and_then(Value::as_str).unwrap_or("no problem document");
        if found != format!("urn:ifs-adapter:problem:{code}") {
            wrong.push(format!("problem {found} instead of {code}"));
        }
    }
    if let Some(pointers) = &expect.pointers {
        let errors = document.get("errors").and_then(Value::as_array).cloned().unwrap_or_default();
        let found: Vec<&str> = errors.iter().filter_map(|e| e.get("pointer")?.as_str()).collect();
        if found != *pointers {
            wrong.push(format!("the problem names {found:?} instead of {pointers:?}"));
        }
    }
    wrong
}

fn pretty(text: &str) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(value) => serde_json::to_string_pretty(&value).unwrap_or_default(),
        Err(_) => text.to_owned(),
    }
}
