//! Students who are asked for by key (IFS02.1-I1), and lists whose order the mapping relies on.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test"
)]

mod common;

use adapter_core::bundle::{BinaryOp, Block, Bundle, Call, Failure, FailureKind, Loop, Pages, PathPart, Recipe};
use adapter_core::bundle::{CallIndex, Slot, seal};
use adapter_core::bundle::{Expr, MacroKind, Var};
use adapter_core::problem::Code;
use adapter_core::{CallResult, Plan};
use common::{Bench, answer, bundle, call, code_of, member, name};

/// SHA-256 of `RSSMRA80A01F205X`, by sha256sum.
const KEY: &str = "37b3be4a8aea05157ef0507123eaf17249051dc6bc0b2c37538f75f901b0e4f1";
const BY_CODE: &str = r#"{"tax_code":"RSSMRA80A01F205X"}"#;

fn by_key() -> String {
    format!(r#"{{"key":"{}"}}"#, KEY.to_ascii_uppercase())
}

/// The common mapping; a call finds the tax code by the key.
fn keyed() -> Bundle {
    let mut made = bundle();
    made.calls.push(Call {
        path: vec![PathPart::Text("/keys/".to_owned()), PathPart::Value(Expr::Var(Var::StudentKey))],
        take: vec![member(Expr::Var(Var::AnswerBody), "tax_code")],
        failures: vec![Failure {
            when: Expr::Binary {
                op: BinaryOp::Equal,
                left: Box::new(Expr::Var(Var::AnswerStatus)),
                right: Box::new(Expr::Int(404)),
            },
            is: FailureKind::Unknown,
            message: None,
        }],
        ..call("student.by_key", "")
    });
    made.by_key =
        Some(Recipe { calls: vec![CallIndex(3)], guards: vec![], person: None, answer: Expr::Call(CallIndex(3)) });
    made
}

fn student(bench: &mut Bench) {
    bench.answer("careers", &answer(r#"[{"id":7}]"#));
    bench.answer("years", &answer(r#"[{"course":"C1","year":2025,"status":"active","n":1,"class":"L-1"}]"#));
}

#[test]
fn the_answer_by_key_is_the_one_by_tax_code() {
    let mut by_code = Bench::new(keyed());
    by_code.ask(BY_CODE);
    student(&mut by_code);
    let expected = by_code.body(200);
    assert!(expected.contains(r#""tax_code":"RSSMRA80A01F205X""#), "{expected}");

    let mut bench = Bench::new(keyed());
    bench.ask(&by_key());
    assert_eq!(bench.only_call("student.by_key").path, format!("/api/keys/{KEY}"), "nothing is asked before");
    bench.answer("student.by_key", &answer(r#"{"tax_code":"RSSMRA80A01F205X"}"#));
    assert!(bench.only_call("careers").path.contains("tax=RSSMRA80A01F205X"));
    student(&mut bench);
    assert_eq!(bench.body(200), expected);
}

#[test]
fn what_is_found_counts_only_for_the_whole_key() {
    for (given, status, code) in [
        (r#"{"tax_code":"VRDLGI70B02L219K"}"#, 400, Code::RequestUnknownStudent),
        // The same student's code as the system might keep it: its key is another.
        (r#"{"tax_code":"rssmra80a01f205x"}"#, 400, Code::RequestUnknownStudent),
        (r#"{"tax_code":" RSSMRA80A01F205X"}"#, 400, Code::RequestUnknownStudent),
        (r#"{"tax_code":""}"#, 400, Code::RequestUnknownStudent),
        (r#"{"tax_code":null}"#, 400, Code::RequestUnknownStudent),
        // An answer without the member may be anything, an error too.
        ("{}", 500, Code::LegacyShape),
        (r#"{"tax_code":17}"#, 500, Code::LegacyShape),
        (r#"{"tax_code":["RSSMRA80A01F205X"]}"#, 500, Code::LegacyShape),
        ("nonsense", 500, Code::LegacyMalformed),
    ] {
        let mut bench = Bench::new(keyed());
        bench.ask(&by_key());
        bench.answer("student.by_key", &answer(given));
        assert_eq!((code_of(&bench.body(status)).as_str(), bench.sent()), (code.as_str(), 1), "{given}");
    }
}

#[test]
fn a_key_of_something_that_is_no_tax_code_is_nobodys() {
    // SHA-256 of `ANYBODY`, by sha256sum.
    let key = "17e315b441ee482b9bea6396d8496501200b441aaaf140b731068b7a87bcd549";
    let mut bench = Bench::new(keyed());
    bench.ask(&format!(r#"{{"key":"{key}"}}"#));
    bench.answer("student.by_key", &answer(r#"{"tax_code":"ANYBODY"}"#));
    assert_eq!(code_of(&bench.body(400)), Code::RequestUnknownStudent.as_str());
}

#[test]
fn failures_of_the_lookup_are_those_of_any_call() {
    let status = |status: u16| CallResult::Answer { status, headers: vec![], body: b"{}".to_vec() };
    for (result, http, code) in [
        (status(404), 400, Code::RequestUnknownStudent),
        (status(503), 503, Code::LegacyDown),
        (status(429), 503, Code::LegacyBusy),
        (status(401), 503, Code::LegacyDenied),
        (CallResult::TimedOut, 503, Code::LegacyTimeout),
        (CallResult::Unreachable, 503, Code::LegacyDown),
    ] {
        let mut bench = Bench::new(keyed());
        bench.ask(&by_key());
        bench.answer("student.by_key", &result);
        assert_eq!((code_of(&bench.body(http)).as_str(), bench.sent()), (code.as_str(), 1));
    }
}

#[test]
fn guards_hold_for_students_found_by_key() {
    let mut bench = Bench::new(keyed());
    bench.ask(&by_key());
    bench.answer("student.by_key", &answer(r#"{"tax_code":"RSSMRA80A01F205X"}"#));
    bench.answer("careers", &answer("[]"));
    bench.answer("people", &answer("[]"));
    assert_eq!(code_of(&bench.body(400)), Code::RequestUnknownStudent.as_str());
}

#[test]
fn a_tax_code_needs_no_lookup() {
    let mut bench = Bench::new(keyed());
    bench.ask(&format!(r#"{{"tax_code":"RSSMRA80A01F205X","key":"{KEY}"}}"#));
    assert!(bench.only_call("careers").path.contains("tax=RSSMRA80A01F205X"));
}

#[test]
fn the_deadline_holds_while_a_key_is_looked_up() {
    let mut bench = Bench::new(keyed());
    bench.ask(&by_key());
    bench.tick(10_000);
    assert_eq!(code_of(&bench.body(503)), Code::LimitDeadline.as_str());
}

#[test]
fn a_lookup_out_of_range_is_refused() {
    let mut made = keyed();
    made.by_key =
        Some(Recipe { calls: vec![CallIndex(9)], guards: vec![], person: None, answer: Expr::Call(CallIndex(3)) });
    let refused = Plan::load(&seal(&made).unwrap()).unwrap_err();
    assert!(refused.to_string().contains("by_key"), "{refused}");
}

/// The common mapping, whose careers are walked by their number.
fn walked() -> Bundle {
    let mut made = bundle();
    let slot = made.slots;
    made.slots += 1;
    let ordered = Expr::Macro {
        kind: MacroKind::Ordered,
        list: Box::new(Expr::Call(CallIndex(0))),
        slot: Slot(slot),
        body: Box::new(member(Expr::Local(Slot(slot)), "n")),
    };
    let answer = Expr::Record(vec![(
        name("enrollments"),
        Expr::Block(Box::new(Block {
            loops: vec![Loop { slot: Slot(1), list: ordered }],
            lets: vec![],
            filter: Some(Expr::Bool(false)),
            each: Expr::Record(vec![]),
        })),
    )]);
    let mut operation = made.operations.get("IFS02.1").unwrap().clone();
    (operation.calls, operation.answer) = (vec![CallIndex(0), CallIndex(1)], answer);
    made.operations.insert("IFS02.1".to_owned(), operation);
    // One page; people are asked for only where there is no career.
    made.calls[0].pages = Pages::One;
    made
}

#[test]
fn a_walk_asserts_the_order_of_its_rows() {
    for (rows, status, code) in [
        (r#"[{"n":1},{"n":2},{"n":2},{"n":10}]"#, 200, None),
        (r#"[{"n":"10"},{"n":"9"}]"#, 200, None),
        (r#"[{"n":1}]"#, 200, None),
        (r#"[{"n":9},{"n":10},{"n":9}]"#, 500, Some(Code::LegacyUnsorted)),
        (r#"[{"n":"9"},{"n":"10"}]"#, 500, Some(Code::LegacyUnsorted)),
        (r#"[{"n":1},{"n":"2"}]"#, 500, Some(Code::LegacyUnsorted)),
        (r#"[{"n":1},{"id":2}]"#, 500, Some(Code::LegacyMissing)),
        (r#"[{"n":[1]}]"#, 500, Some(Code::LegacyUnsorted)),
    ] {
        let mut bench = Bench::new(walked());
        bench.ask(BY_CODE);
        bench.answer("careers", &answer(rows));
        let body = bench.body(status);
        if let Some(code) = code {
            assert_eq!(code_of(&body), code.as_str(), "{rows}");
        }
    }
}
