//! How a change ended, and what is said of it: what shows that it was not made, what shows that it was, and the rest.

use adapter_core::problem::Code;

use super::*;

/// What is told of how the call ended; whether it counts as known; whether the consumer may come again.
#[test]
fn only_what_shows_that_it_was_not_made_counts_as_that() {
    let unknown = (Code::LegacyOutcome, "unknown");
    let garbage = CallResult::Answer { status: 200, headers: vec![], body: b"<html>".to_vec() };
    for (ended, (code, outcome)) in [
        (CallResult::Unreachable, (Code::LegacyDown, "not-sent")),
        (CallResult::Overflow, (Code::LimitOverflow, "not-sent")),
        (CallResult::NoCluster, (Code::MappingCluster, "failed")),
        (CallResult::Reset, unknown),
        (CallResult::Protocol, unknown),
        (CallResult::TimedOut, unknown),
        (CallResult::Truncated, unknown),
        (CallResult::TooLarge, unknown),
        (garbage, unknown),
        (status(202, ""), unknown),
        (status(301, "{}"), unknown),
        (status(400, "{}"), (Code::LegacyStatus, "failed")),
        (status(401, "{}"), (Code::LegacyDenied, "not-sent")),
        (status(403, "{}"), (Code::LegacyDenied, "not-sent")),
        (status(404, "{}"), (Code::LegacyStatus, "failed")),
        (status(407, "{}"), (Code::LegacyDenied, "not-sent")),
        (status(408, "{}"), unknown),
        (status(422, "{}"), (Code::LegacyStatus, "failed")),
        (status(429, "{}"), (Code::LegacyBusy, "not-sent")),
        (status(500, "{}"), unknown),
        (status(502, "{}"), unknown),
        // A proxy before the system may say so of a change that the system has made.
        (status(503, "{}"), unknown),
        (status(504, "{}"), unknown),
        // An error that the mapping knows, of which nobody knows when it happened.
        (answer(r#"{"error":"x","id":"R1"}"#), unknown),
    ] {
        let mut bench = Bench::new(office(false));
        ask(&mut bench, (4, 1), &change());
        bench.answer("create", &ended);
        assert!(bench.is_over() && bench.open() == 0 && bench.sent() == 1, "{ended:?}: sent once, and no more");
        assert_eq!(common::code_of(&bench.body(code.status())), code.as_str(), "{ended:?}");
        assert_eq!(bench.header("retry-after").is_some(), code.retry(), "{ended:?}");
        assert_eq!(became(&bench, (4, 1), outcome), 1, "{ended:?}");
        assert_eq!(bench.count_of("changes_total"), 1, "{ended:?}");
    }
}

/// Where nobody knows, what the mapping reads to find out decides; it is read once.
#[test]
fn what_confirms_is_read_once() {
    for ended in [CallResult::Reset, CallResult::TimedOut, status(503, "{}"), answer("{}")] {
        for (found, expected) in [
            (answer(r#"{"id":"R7"}"#), Ok("R7")),
            // Not there: it may still be on its way.
            (answer(r#"{"id":null}"#), Err(())),
            (CallResult::Unreachable, Err(())),
            (CallResult::TimedOut, Err(())),
            (status(500, "{}"), Err(())),
            (status(404, "{}"), Err(())),
            (answer("nonsense"), Err(())),
            (answer(&json!({"id": "9".repeat(65)}).to_string()), Err(())),
        ] {
            let mut bench = Bench::new(office(true));
            ask(&mut bench, (4, 1), &change());
            bench.answer("create", &ended);
            let path = bench.only_call("find").path.clone();
            assert!(path.starts_with("/api/files?ref=") && path.len() == "/api/files?ref=".len() + 64, "{path}");
            bench.answer("find", &found);
            assert_eq!((bench.open(), bench.sent()), (0, 2), "nothing is asked again");
            match expected {
                Ok(code) => {
                    assert_eq!(told(&bench)["file_code"], code);
                    assert_eq!(became(&bench, (4, 1), "accepted"), 1);
                }
                Err(()) => {
                    assert_eq!(common::code_of(&bench.body(503)), "legacy.outcome-unknown", "{found:?}");
                    assert_eq!(became(&bench, (4, 1), "unknown"), 1);
                }
            }
        }
    }
    // What is known needs no finding out.
    for ended in [answer(r#"{"id":"R1"}"#), status(409, "{}"), CallResult::Unreachable, status(429, "{}")] {
        let mut bench = Bench::new(office(true));
        ask(&mut bench, (4, 1), &change());
        bench.answer("create", &ended);
        assert!(bench.is_over() && bench.open() == 0, "{ended:?}");
    }
}

/// The consumer leaves, or the time is up, while it is on its way: that is remembered as what nobody knows.
#[test]
fn what_is_left_on_its_way_is_what_nobody_knows() {
    let mut bench = Bench::new(office(false));
    ask(&mut bench, (4, 1), &change());
    bench.abandon();
    assert_eq!(became(&bench, (4, 1), "unknown"), 1);
    ask(&mut bench, (4, 1), &change());
    assert_eq!(common::code_of(&bench.body(503)), "legacy.outcome-unknown");
    assert_eq!((bench.sent(), became(&bench, (4, 1), "repeated")), (1, 1));

    let mut bench = Bench::new(office(false));
    ask(&mut bench, (4, 1), &change());
    bench.tick(12_001);
    assert_eq!(common::code_of(&bench.body(503)), "legacy.outcome-unknown");
    assert_eq!(became(&bench, (4, 1), "unknown"), 1);
}

/// A change that has to wait for its turn is sent only while there is time for it; then it was not, and may be asked for again.
#[test]
fn a_change_that_waits_too_long_for_its_turn_is_not_sent() {
    let mut queued = office(false);
    queued.limits.at_once = 1;
    let mut bench = Bench::new(queued);
    bench.ask_at(&path(4, 2), 2, &json!({"tax_code": "VRDLGI70B02L219K"}).to_string());
    ask(&mut bench, (4, 1), &change());
    assert_eq!((bench.only_call("list").name.as_str(), bench.sent()), ("list", 1), "it waits");
    // 12 s are a request's, 5 s the call's.
    bench.tick(7_001);
    assert_eq!(bench.sent(), 1);
    assert_eq!(bench.status(), 503);
    assert!(bench.header("retry-after").is_some(), "{}", bench.body(503));
    assert_eq!(became(&bench, (4, 1), "not-sent"), 1);
}
