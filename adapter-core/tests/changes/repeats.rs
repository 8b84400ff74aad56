//! The same change again: while it is on its way, when nobody knows its outcome, and when that is known.

use adapter_core::{MemoryStore, Trust};

use super::*;

#[test]
fn what_is_on_its_way_is_not_sent_again_on_any_engine() {
    let store = MemoryStore::default();
    let mut first = Bench::over(office(false), Trust::Development, store.clone(), 1);
    let mut second = Bench::over(office(true), Trust::Development, store.clone(), 2);
    ask(&mut first, (4, 1), &change());
    ask(&mut second, (4, 1), &change());
    assert_eq!(common::code_of(&second.body(503)), "request.in-flight");
    let wait: u64 = second.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=3_600).contains(&wait), "{wait}");
    assert_eq!((second.sent(), became(&second, (4, 1), "repeated")), (0, 1));
    // Its outcome known, it may be asked for again: whether it is the same, the system says.
    first.answer("create", &answer(r#"{"id":"R1"}"#));
    assert_eq!(told(&first)["file_code"], "R1");
    let mut third = Bench::over(office(false), Trust::Development, store, 3);
    ask(&mut third, (4, 1), &change());
    assert_eq!(third.sent(), 1);
}

#[test]
fn an_outcome_that_is_known_frees_its_place() {
    for known in
        [answer(r#"{"id":"R1"}"#), status(409, "{}"), CallResult::Unreachable, status(429, "{}"), status(404, "{}")]
    {
        let store = MemoryStore::default();
        let mut first = Bench::over(office(false), Trust::Development, store.clone(), 1);
        ask(&mut first, (5, 1), &change());
        first.answer("create", &known);
        let mut second = Bench::over(office(false), Trust::Development, store, 2);
        ask(&mut second, (5, 1), &change());
        assert_eq!(second.sent(), 1, "{known:?}");
    }
}

/// For ten minutes, on every engine; then whoever asks again takes it upon himself.
#[test]
fn an_outcome_that_nobody_knows_is_remembered() {
    let store = MemoryStore::default();
    let mut first = Bench::over(office(false), Trust::Development, store.clone(), 1);
    ask(&mut first, (4, 1), &change());
    first.answer("create", &CallResult::Reset);
    assert_eq!(common::code_of(&first.body(503)), "legacy.outcome-unknown");
    for (tick, sent) in [(1_000, 0), (599_000, 0), (601_000, 1)] {
        let mut second = Bench::made(office(false), Trust::Development, store.clone(), 2, tick);
        ask(&mut second, (4, 1), &change());
        assert_eq!(second.sent(), sent, "{tick}");
        if sent == 0 {
            assert_eq!(common::code_of(&second.body(503)), "legacy.outcome-unknown");
        }
    }
}

/// The same is what says the same: white space, order and escapes of the JSON do not count, a null member is none.
#[test]
fn the_same_is_what_says_the_same() {
    let same = [
        r#"{"tax_code":"RSSMRA80A01F205X","note":"Il corso è un altro"}"#,
        "{ \"note\" : \"Il corso \\u00e8 un altro\",\n\"tax_code\":\"RSSMRA80A01F205X\" }",
        r#"{"tax_code":"RSSMRA80A01F205X","person_id":null,"note":"Il corso è un altro"}"#,
    ];
    let other = [
        r#"{"tax_code":"RSSMRA80A01F205X","note":"Il corso e un altro"}"#,
        r#"{"tax_code":"RSSMRA80A01F205X","request":"Il corso è un altro"}"#,
        r#"{"tax_code":"VRDLGI70B02L219K","note":"Il corso è un altro"}"#,
    ];
    for (bodies, sent) in [(&same[..], 0), (&other[..], 1)] {
        for body in bodies {
            let store = MemoryStore::default();
            let mut first = Bench::over(office(false), Trust::Development, store.clone(), 1);
            first.ask_at(&path(4, 1), 1, same[0]);
            assert_eq!(first.sent(), 1);
            let mut second = Bench::over(office(false), Trust::Development, store, 2);
            second.ask_at(&path(4, 1), 1, body);
            assert_eq!(second.sent(), sent, "{body}");
        }
    }
    // Nor is one API's the other's.
    let store = MemoryStore::default();
    for (api, _) in APIS {
        let mut bench = Bench::over(office(false), Trust::Development, store.clone(), 1);
        bench.ask_at(&path(api, 1), 1, same[0]);
        assert_eq!(bench.sent(), 1);
    }
}
