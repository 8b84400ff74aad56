//! Kept answers.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test"
)]

mod common;

use adapter_core::bundle::{Bundle, Call, CallIndex, Encode, Method, Pages, Session};
use adapter_core::bundle::{Expr, Var};
use adapter_core::{CallResult, MemoryStore, Trust};
use common::{Bench, answer, bundle, call, member, name};

const STUDENT: &str = r#"{"tax_code":"RSSMRA80A01F205X"}"#;

/// The common mapping; careers depend on nothing of the student here, and are kept for ten seconds.
fn cached() -> Bundle {
    let mut made = bundle();
    made.calls[0].query.clear();
    made.calls[0].cache_ms = Some(10_000);
    made
}

fn over(made: &Bundle, store: &MemoryStore, tick: u64) -> Bench {
    let mut bench = Bench::over(made.clone(), Trust::Development, store.clone(), 1);
    bench.at(tick);
    bench.ask(STUDENT);
    bench
}

fn in_flight(bench: &Bench) -> Vec<&str> {
    bench.calls().iter().map(|r| r.name.as_str()).collect()
}

#[test]
fn each_page_is_kept_and_used_while_it_is_fresh() {
    let store = MemoryStore::default();
    let mut first = over(&cached(), &store, 100);
    first.answer("careers", &answer(r#"[{"id":1},{"id":2},{"id":3}]"#));
    first.at(200);
    first.answer("careers", &answer(r#"[{"id":4}]"#));
    assert_eq!(first.paths("years").len(), 4);

    let second = over(&cached(), &store, 10_099);
    assert_eq!(second.paths("years").len(), 4);
    assert_eq!((second.sent(), second.count_of("cache_hits_total")), (4, 2));
    // The first page is a millisecond too old, the second one is not.
    let mut third = over(&cached(), &store, 10_100);
    assert_eq!(in_flight(&third), ["careers"]);
    third.answer("careers", &answer(r#"[{"id":1},{"id":2},{"id":3}]"#));
    assert_eq!((third.paths("years").len(), third.count_of("cache_hits_total")), (4, 1));
    // From before it was kept: another clock.
    assert_eq!(in_flight(&over(&cached(), &store, 99)), ["careers"]);
}

#[test]
fn only_what_was_good_is_kept() {
    for bad in [
        CallResult::Answer { status: 404, headers: vec![], body: b"[]".to_vec() },
        CallResult::Answer { status: 500, headers: vec![], body: b"[]".to_vec() },
        CallResult::Unreachable,
        answer(r#"{"error":"x"}"#),
        answer("null"),
        answer("<html>"),
    ] {
        let store = MemoryStore::default();
        over(&cached(), &store, 0).answer("careers", &bad);
        assert!(store.sizes().is_empty(), "{bad:?}");
    }
}

#[test]
fn an_answer_stands_for_the_same_question_alone() {
    let store = MemoryStore::default();
    over(&cached(), &store, 0).answer("careers", &answer("[]"));
    let different: [fn(&mut Bundle); 4] = [
        |b| b.calls[0].query.push(("a".to_owned(), Expr::Int(1))),
        |b| b.calls[0].headers.push(("x-a".to_owned(), Expr::Int(1))),
        |b| {
            b.calls[0].method = Method::Post;
            b.calls[0].encode = Encode::Json;
            b.calls[0].body = Some(Expr::Record(vec![(name("id"), Expr::Int(1))]));
        },
        // Another bundle may read the same answer otherwise.
        |b| b.limits.calls = 9,
    ];
    assert_eq!(in_flight(&over(&cached(), &store, 1)), ["people"]);
    for change in different {
        let mut made = cached();
        change(&mut made);
        assert_eq!(in_flight(&over(&made, &store, 1)), ["careers"]);
    }
}

#[test]
fn headers_that_the_mapping_reads_are_kept_too() {
    let mut made = cached();
    made.calls[0].pages = Pages::One;
    made.calls[0].take =
        vec![Expr::List(vec![Expr::Record(vec![(name("id"), member(Expr::Var(Var::AnswerHeaders), "type"))])])];
    let store = MemoryStore::default();
    let headers = vec![("type".to_owned(), "77".to_owned()), ("x-personal".to_owned(), "RSSMRA".to_owned())];
    let result = CallResult::Answer { status: 200, headers, body: b"{}".to_vec() };
    over(&made, &store, 0).answer("careers", &result);
    assert_eq!(over(&made, &store, 1).paths("years"), ["/api/careers/77/years"]);
    let total: usize = store.sizes().iter().map(|(_, size)| size).sum();
    assert!(total < 4096 * 4 + 100, "what nobody reads is not kept: {total}");
}

#[test]
fn what_is_kept_is_bounded() {
    // A sixteenth of the limit is the most of one answer.
    for (length, kept) in [(900, true), (1_000, false)] {
        let mut made = cached();
        made.limits.cache = 16_000;
        let store = MemoryStore::default();
        let body = format!(r#"[{{"id":"{}"}}]"#, "x".repeat(length));
        over(&made, &store, 0).answer("careers", &answer(&body));
        let again = over(&made, &store, 1);
        assert_eq!(in_flight(&again) != ["careers"], kept, "{length}");
    }
    // Many different answers: the oldest make room.
    let store = MemoryStore::default();
    let mut found = 0;
    for n in 0..200_i64 {
        let mut made = cached();
        made.limits.cache = 16_000;
        made.calls[0].query = vec![("n".to_owned(), Expr::Int(n))];
        over(&made, &store, 0).answer("careers", &answer(&format!(r#"[{{"id":"{}"}}]"#, "x".repeat(700))));
        let held: usize = store.sizes().iter().filter(|(k, _)| !k.ends_with("/4096")).map(|(_, size)| size).sum();
        assert!(held <= 16_000, "{held}");
        found += usize::from(in_flight(&over(&made, &store, 1)) != ["careers"]);
    }
    assert_eq!(found, 200, "the newest is always there");
    assert!(store.sizes().len() <= 201);
}

#[test]
fn two_exchanges_at_once_may_both_ask() {
    let store = MemoryStore::default();
    let (mut first, mut second) = (over(&cached(), &store, 0), over(&cached(), &store, 0));
    first.answer("careers", &answer("[]"));
    second.answer("careers", &answer("[]"));
    assert_eq!((in_flight(&first), in_flight(&second)), (vec!["people"], vec!["people"]));
}

/// What was kept counts like what was fetched: the arena holds it.
#[test]
fn kept_answers_count_as_bytes_and_not_as_calls() {
    let mut made = cached();
    made.limits.calls = 1;
    let store = MemoryStore::default();
    over(&made, &store, 0).answer("careers", &answer("[]"));
    assert_eq!(in_flight(&over(&made, &store, 1)), ["people"], "one call is left for people");

    let mut made = cached();
    made.limits.legacy_total = 40;
    let store = MemoryStore::default();
    let long = r#"[{"id":"0123456789"}]"#;
    over(&made, &store, 0).answer("careers", &answer(long));
    let mut bench = over(&made, &store, 1);
    let call: Vec<&str> = in_flight(&bench);
    assert_eq!(call, ["years"]);
    bench.answer("years", &answer(r#"[{"course":"0123456789"}]"#));
    assert_eq!(common::code_of(&bench.body(500)), "limit.legacy-total");
}

#[test]
fn what_is_kept_outlives_the_session_it_was_asked_in() {
    let mut made = cached();
    made.calls[0].session = true;
    made.calls[0].headers = vec![("x-session".to_owned(), Expr::Var(Var::Session))];
    made.calls[0].pages = Pages::One;
    let login =
        Call { take: vec![member(Expr::Var(Var::AnswerBody), "id")], pages: Pages::One, ..call("login", "/login") };
    made.calls.push(login);
    made.systems[0].session = Some(Session { open: CallIndex(3), close: None, lasts_ms: 5_000, next: None });
    let store = MemoryStore::default();
    let mut first = over(&made, &store, 0);
    first.answer("login", &answer(r#"{"id":"S1"}"#));
    first.answer("careers", &answer("[]"));
    // The session has ended, what was kept has not.
    let mut second = over(&made, &store, 6_000);
    second.answer("login", &answer(r#"{"id":"S2"}"#));
    assert_eq!((in_flight(&second), second.count_of("cache_hits_total")), (vec!["people"], 1));
}
