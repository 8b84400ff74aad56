//! Compares what came with what a scenario expects.

use std::collections::BTreeMap;

use mapping_test::compare::{Came, differences};
use serde_json::Value;
use time::Date;
use university::Population;
use university::oracle::{self, Institute, Question};

use crate::http::Answer;
use crate::scenario::{Scenario, key_of};

/// Headers in which the layers must agree.
pub const NAMED_HEADERS: [&str; 5] = ["allow", "cache-control", "content-type", "retry-after", "www-authenticate"];

/// The part of an answer in which the layers must agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Essence {
    status: u16,
    headers: Vec<(&'static str, Option<String>)>,
    body: Vec<u8>,
}

impl Essence {
    /// Of an answer.
    #[must_use]
    pub fn of(answer: &Answer) -> Self {
        Self {
            status: answer.status,
            headers: NAMED_HEADERS.map(|name| (name, answer.header(name).map(str::to_owned))).to_vec(),
            body: answer.body.clone(),
        }
    }

    /// In what two differ, one line each.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.status != other.status {
            lines.push(format!("status {} / {}", self.status, other.status));
        }
        for ((name, ours), (_, theirs)) in self.headers.iter().zip(&other.headers) {
            if ours != theirs {
                lines.push(format!("{name} {ours:?} / {theirs:?}"));
            }
        }
        if self.body != other.body {
            lines.push(format!("body {} / {}", show(&self.body), show(&other.body)));
        }
        lines
    }
}

/// What is wrong with the writes that the office received, by the reference they bring: how many they are, and that none
/// came twice, which nothing a scenario says can make right.
#[must_use]
pub fn writes(scenario: &Scenario, received: &BTreeMap<String, u64>) -> Vec<String> {
    let twice = received.iter().filter(|(reference, count)| !reference.is_empty() && **count > 1);
    let mut lines: Vec<String> = twice.map(|(_, count)| format!("one write was received {count} times")).collect();
    let all = received.values().sum();
    if let Some(wanted) = scenario.file.expect.writes.filter(|wanted| !wanted.allows(all)) {
        lines.push(format!("{all} writes were received, not {wanted:?}"));
    }
    lines
}

/// What is wrong with an answer, one line each; nothing if it is as expected.
#[must_use]
pub fn check(scenario: &Scenario, population: &Population, answer: &Answer, calls: u64) -> Vec<String> {
    let expect = &scenario.file.expect;
    let header = |name: &str| answer.header(&name.to_ascii_lowercase());
    let came = Came { status: answer.status, header: &header, body: &answer.body, calls };
    let mut wrong = differences(expect, came);
    if expect.problem.is_some() {
        problem(scenario, answer, &mut wrong);
    }
    if expect.oracle {
        by_oracle(scenario, population, answer, &mut wrong);
    }
    wrong
}

/// What every problem has, besides its code and the members it names.
fn problem(scenario: &Scenario, answer: &Answer, wrong: &mut Vec<String>) {
    if answer.header("content-type") != Some("application/problem+json") {
        wrong.push(format!("content-type is {:?}, not application/problem+json", answer.header("content-type")));
    }
    let Ok(document) = serde_json::from_slice::<Value>(&answer.body) else {
        wrong.push(format!("no problem document: {}", show(&answer.body)));
        return;
    };
    let sent = scenario.request.headers.iter().find(|(n, _)| n == "x-request-id").map(|(_, v)| v.as_str());
    let text = |member: &str| document.get(member).and_then(Value::as_str).map(str::to_owned);
    let mut must = |what: &str, came: Option<String>, expected: Option<String>| {
        if came != expected {
            wrong.push(format!("{what} is {came:?}, expected {expected:?}"));
        }
    };
    must("problem's instance", text("instance"), sent.map(str::to_owned));
    must(
        "problem's status",
        document.get("status").map(Value::to_string),
        Some(scenario.file.expect.status.to_string()),
    );
    if text("title").is_none_or(|title| title.is_empty()) {
        wrong.push("the problem has no title".to_owned());
    }
}

fn by_oracle(scenario: &Scenario, population: &Population, answer: &Answer, wrong: &mut Vec<String>) {
    let asked: Option<Value> = serde_json::from_slice(&scenario.request.body).ok();
    let text = |member: &str| asked.as_ref().and_then(|body| body.get(member)).and_then(Value::as_str);
    // Oracle scenarios stand in the middle of a day, where Rome's date is also UTC's.
    let Ok(moment) = scenario.setting.moment() else { return };
    let target = scenario.request.target.as_str();
    let conservatory = scenario.setting.university.conservatory;
    let Some(expected) = oracle_of(target, conservatory, population, text, moment.date()) else {
        wrong.push("the oracle needs an operation it knows, and a tax code or an academic year".to_owned());
        return;
    };
    match expected {
        oracle::Expected::Unknown => {
            if answer.status != 400 {
                wrong.push(format!("status {}: the oracle does not know the student", answer.status));
            }
        }
        oracle::Expected::UnknownCourse => {
            if answer.status != 400 {
                wrong.push(format!("status {}: the oracle does not know the course", answer.status));
            }
        }
        oracle::Expected::TooLong => {
            if answer.status != 500 {
                wrong.push(format!("status {}: a list of the oracle's is too long", answer.status));
            }
        }
        oracle::Expected::Answer(bytes) => {
            if answer.body != bytes {
                wrong.push(format!("body {}, the oracle's {}", show(&answer.body), show(&bytes)));
            }
        }
    }
}

/// What the oracle says to a request.
fn oracle_of<'a>(
    target: &str,
    conservatory: bool,
    population: &Population,
    text: impl Fn(&str) -> Option<&'a str>,
    today: Date,
) -> Option<oracle::Expected> {
    let path = target.split('?').next()?.rsplit('/').next()?;
    // A key that is nobody's is asked for as a tax code that nobody has.
    let of_key = |key: &str| {
        let key = key.to_ascii_lowercase();
        let found = population.students().iter().find(|student| key_of(student.tax_code()) == key);
        found.map_or("", |student| student.tax_code())
    };
    let question = Question {
        tax_code: text("tax_code").or_else(|| text("key").map(of_key)).map(str::to_owned),
        academic_year: text("academic_year").and_then(|text| text.split('/').next()?.parse().ok()),
        degree_course_code: text("degree_course_code").map(str::to_owned),
    };
    let institute = if conservatory { Institute::Conservatory } else { Institute::University };
    institute.at(path)?.expected(population, &question, today)
}

/// A body for a person to read, cut.
#[must_use]
pub fn show(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let most = 600;
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], body.len()),
        None => text.into_owned(),
    }
}
