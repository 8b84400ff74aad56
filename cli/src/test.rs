//! `ifs test`

use std::path::{Path, PathBuf};

use adapter_core::Response;
use adapter_core::mapping::{Plan, seal};
use mapping_compiler::testfile::{self, Expect, TestFile};
use serde_json::Value;

use crate::{Ended, diff, run};

pub(crate) fn run(pack: &Path, filter: Option<&str>) -> Ended {
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
    for file in &chosen {
        let name = file.file_stem().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        match one(file, pack) {
            Ok(about) => println!("ok    {name}{}", about.map(|a| format!(": {a}")).unwrap_or_default()),
            Err(why) => {
                failed = failed.saturating_add(1);
                println!("FAIL  {name}");
                for line in why.lines() {
                    println!("    {line}");
                }
            }
        }
    }
    println!("{} passed, {failed} failed", chosen.len().saturating_sub(failed));
    if failed == 0 { Ended::Well } else { Ended::WithFindings }
}

fn tests(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
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

/// Runs one test file; what it is about, or what is wrong.
fn one(file: &Path, pack: &Path) -> Result<Option<String>, String> {
    let test = testfile::read(file).map_err(|e| e.to_string())?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let mapping = test.mapping.as_ref().map_or_else(|| pack.to_owned(), |m| folder.join(m));
    let outcome = mapping_compiler::compile(&mapping);
    let Some(mut bundle) = outcome.bundle else { return Err(outcome.report.human()) };
    for (name, value) in &test.limits {
        if !bundle.limits.set(name, *value) {
            return Err(format!("there is no limit `{name}`"));
        }
    }
    let plan = seal(&bundle).and_then(|bytes| Plan::load(&bytes)).map_err(|e| e.to_string())?;
    let ran = run::run(plan, &test, folder)?;
    let mut wrong = ran.complaints;
    wrong.extend(differences(&test, &ran.response, ran.calls));
    if wrong.is_empty() { Ok(test.about) } else { Err(wrong.join("\n")) }
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
