//! Changes (IFS04, IFS05): sent once, never again, and what became of them told apart.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::disallowed_types,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test"
)]

#[path = "../common/mod.rs"]
mod common;

mod asked;
mod outcomes;
mod repeats;
mod taken_back;

use adapter_core::bundle::{
    BinaryOp, Block, Bundle, Call, Change, Expr, Failure, FailureKind, Loop, Method, Name, Pages, PathPart, Recipe, Var,
};
use adapter_core::bundle::{CallIndex, Slot, TextId};
use adapter_core::{CallResult, SortedMap};
use common::{Bench, answer, bundle, call, member};
use serde_json::{Value, json};

/// An API of corrections: its number, and the name of the list in its answer.
const APIS: [(u8, &str); 2] = [(4, "enrollment_change_request"), (5, "change_requests_status")];

const LIST: u16 = 0;
const CREATE: u16 = 1;
const CANCEL: u16 = 2;
const FIND: u16 = 3;
const REPORT: u16 = 4;

/// The path of an operation.
fn path(api: u8, operation: u8) -> String {
    let name = match (api, operation) {
        (4, 4) => "enrollments-issues",
        (4, 1) => "academic-enrollment-change-request",
        (4, 2) => "academic-enrollment-change-request-status",
        (4, _) => "academic-enrollment-change-request-cancellation",
        (_, 4) => "academic-qualifications-issues",
        (_, 1) => "academic-qualification-change-request",
        (_, 2) => "academic-qualification-change-request-status",
        (_, _) => "academic-qualification-change-request-cancellation",
    };
    format!("/ifs0{api}/{name}")
}

fn of_body(text: &str) -> Expr {
    member(Expr::Var(Var::AnswerBody), text)
}

fn status_is(code: i64, is: FailureKind, message: Option<Expr>) -> Failure {
    let (left, right) = (Box::new(Expr::Var(Var::AnswerStatus)), Box::new(Expr::Int(code)));
    Failure { when: Expr::Binary { op: BinaryOp::Equal, left, right }, is, message }
}

/// What is read, and what the operation answers with.
fn recipe(calls: &[u16], answer: Vec<(u32, Expr)>) -> Recipe {
    let calls = calls.iter().map(|call| CallIndex(*call)).collect();
    Recipe { calls, guards: vec![], person: None, answer: Expr::Record(answer) }
}

/// Both APIs over a system that lists requests, takes them and takes them back; with `confirm`, one that finds them by
/// their reference too.
fn office(confirms: bool) -> Bundle {
    let mut made = bundle();
    let more = ["file_code", "file_status", "message", APIS[0].1, APIS[1].1];
    made.names.extend(more.map(|text| Name { text: text.to_owned(), deep: false }));
    let names = made.names.clone();
    let name = |text: &str| u32::try_from(names.iter().position(|name| name.text == text).unwrap()).unwrap();
    let of = |slot: u16, text: &str| Expr::Member { of: Box::new(Expr::Local(Slot(slot))), name: name(text) };
    let each = ["file_status", "file_code", "message"].map(|text| (name(text), of(0, text))).to_vec();
    let list = Block {
        loops: vec![Loop { slot: Slot(0), list: Expr::Call(CallIndex(LIST)) }],
        lets: vec![],
        filter: None,
        each: Expr::Record(each),
    };
    let refused = status_is(409, FailureKind::Refused, Some(of_body("error")));
    let writes = |name: &str, path: &str, method| Call {
        method,
        pages: Pages::One,
        failures: vec![refused.clone()],
        ..call(name, path)
    };
    made.calls = vec![
        Call {
            pages: Pages::One,
            query: vec![("tax".to_owned(), Expr::Var(Var::StudentTaxCode))],
            ..call("list", "/files")
        },
        Call { take: vec![of_body("id")], ..writes("create", "/files", Method::Post) },
        Call {
            path: vec![PathPart::Text("/files/".to_owned()), PathPart::Value(Expr::Var(Var::FileCode))],
            ..writes("cancel", "", Method::Delete)
        },
        Call {
            pages: Pages::One,
            query: vec![("ref".to_owned(), Expr::Var(Var::Reference))],
            take: vec![of_body("id")],
            ..call("find", "/files")
        },
        writes("report", "/reports", Method::Post),
    ];
    made.operations = SortedMap::default();
    for (api, listed) in APIS {
        let code = vec![(name("file_code"), Expr::Call(CallIndex(CREATE)))];
        let files = vec![(name(listed), Expr::Block(Box::new(list.clone())))];
        made.operations.insert(format!("IFS0{api}.1"), recipe(&[], code));
        made.operations.insert(format!("IFS0{api}.2"), recipe(&[LIST], files));
        made.operations.insert(format!("IFS0{api}.3"), recipe(&[], vec![]));
        made.operations.insert(format!("IFS0{api}.4"), recipe(&[], vec![(name("message"), Expr::Text(TextId(1)))]));
        let found = Recipe { answer: Expr::Call(CallIndex(FIND)), ..recipe(&[FIND], vec![]) };
        let confirm = confirms.then_some(found);
        made.changes.push((format!("IFS0{api}.1"), Change { call: CallIndex(CREATE), confirm }));
        made.changes.push((format!("IFS0{api}.3"), Change { call: CallIndex(CANCEL), confirm: None }));
        made.changes.push((format!("IFS0{api}.4"), Change { call: CallIndex(REPORT), confirm: None }));
    }
    // More than may be told.
    made.texts.push("m".repeat(257));
    made
}

/// What a student asks for.
fn change() -> Value {
    json!({"tax_code": "RSSMRA80A01F205X", "note": "Il corso è un altro"})
}

fn taking_back(code: &str) -> Value {
    json!({"tax_code": "RSSMRA80A01F205X", "file_code": code})
}

fn ask(bench: &mut Bench, (api, operation): (u8, u8), body: &Value) {
    bench.ask_at(&path(api, operation), 1, &body.to_string());
}

/// A request in the student's list.
fn file(code: &str, status: &str) -> Value {
    json!({"file_code": code, "file_status": status, "message": "In lavorazione"})
}

fn list_of(files: &[Value]) -> CallResult {
    answer(&Value::from(files).to_string())
}

fn status(status: u16, body: &str) -> CallResult {
    match answer(body) {
        CallResult::Answer { headers, body, .. } => CallResult::Answer { status, headers, body },
        other => other,
    }
}

/// What is answered with 200.
fn told(bench: &Bench) -> Value {
    serde_json::from_str(&bench.body(200)).unwrap()
}

/// What became of a change, as it is counted.
fn became(bench: &Bench, (api, operation): (u8, u8), outcome: &str) -> u64 {
    bench.counts(&format!("changes_total;operation=IFS0{api}.{operation};outcome={outcome}"))
}
