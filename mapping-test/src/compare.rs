//! What came beside what was expected.

use mapping_compiler::testfile::Expect;
use serde_json::Value;

use crate::diff;

/// An answer that came, from wherever.
#[derive(Clone, Copy)]
pub struct Came<'c> {
    /// HTTP status.
    pub status: u16,
    /// A header's value by its name, in whatever case.
    pub header: &'c dyn Fn(&str) -> Option<&'c str>,
    /// Body.
    pub body: &'c [u8],
    /// How many calls were made for it.
    pub calls: u64,
}

/// In what an answer differs from what was expected, in lines; nothing if it is that.
pub fn differences(expect: &Expect, came: Came<'_>) -> Vec<String> {
    let mut wrong = Vec::new();
    if came.status != expect.status {
        wrong.push(format!("status {} instead of {}", came.status, expect.status));
    }
    for (name, value) in &expect.headers {
        let found = (came.header)(name);
        if found != value.as_deref() {
            let shown = |v: Option<&str>| v.map_or("nothing".to_owned(), |v| format!("`{v}`"));
            wrong.push(format!("header {name}: {} instead of {}", shown(found), shown(value.as_deref())));
        }
    }
    if expect.calls.is_some_and(|c| !c.allows(came.calls)) {
        wrong.push(format!("{} calls were made", came.calls));
    }
    let body = String::from_utf8_lossy(came.body);
    wrong.extend(problem(expect, &body));
    match &expect.body {
        None => {
            // A problem that was not expected says best what happened.
            if came.status != expect.status && expect.problem.is_none() {
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
