//! The steward: which engine it is, and how it keeps sessions warm (design §2).

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test"
)]

mod common;

use adapter_core::bundle::{Bundle, Call, CallIndex, Method, Pages, Session};
use adapter_core::bundle::{Expr, Var};
use adapter_core::{CallRequest, CallResult, MemoryStore, Trust};
use common::{Bench, answer, bundle, call, member, name};

const STUDENT: &str = r#"{"tax_code":"RSSMRA80A01F205X"}"#;
/// Longer than a lease.
const STALE: u64 = 3_001;

/// The common mapping with a session that lasts 60 s, in the header `x-session`.
fn sessions() -> Bundle {
    let mut made = bundle();
    for call in &mut made.calls {
        call.session = true;
        call.headers = vec![("x-session".to_owned(), Expr::Var(Var::Session))];
    }
    let login = Call {
        method: Method::Post,
        take: vec![member(Expr::Var(Var::AnswerBody), "id")],
        pages: Pages::One,
        ..call("login", "/login")
    };
    let logout = Call {
        method: Method::Post,
        body: Some(Expr::Record(vec![(name("id"), Expr::Var(Var::Session))])),
        pages: Pages::One,
        ..call("logout", "/logout")
    };
    made.calls.extend([login, logout]);
    made.systems[0].session =
        Some(Session { open: CallIndex(3), close: Some(CallIndex(4)), lasts_ms: 60_000, next: None });
    made
}

fn over(store: &MemoryStore, seed: u64) -> Bench {
    Bench::over(sessions(), Trust::Development, store.clone(), seed)
}

fn sid(sid: &str) -> CallResult {
    answer(&format!(r#"{{"id":"{sid}"}}"#))
}

fn names(bench: &Bench) -> Vec<String> {
    bench.cared().iter().map(|r| r.name.clone()).collect()
}

/// The session a request made now by an engine of its own would use; none if it would log in.
fn used(store: &MemoryStore, tick: u64) -> Option<String> {
    let mut bench = over(store, 99);
    bench.at(tick);
    bench.ask(STUDENT);
    let header = |r: &CallRequest| r.headers.iter().find(|(n, _)| n == "x-session").map(|(_, v)| v.clone());
    bench.calls().first().and_then(|r| header(r))
}

#[test]
fn a_session_is_there_before_anybody_asks() {
    let store = MemoryStore::default();
    let mut bench = over(&store, 1);
    bench.steward(0);
    assert_eq!(bench.cared().len(), 0, "the tick at which a lease is taken does nothing");
    bench.steward(500);
    assert_eq!(names(&bench), ["login"]);
    bench.steward(1_000);
    assert_eq!(names(&bench), ["login"], "one at a time");
    bench.answer_cared(&sid("S1"));
    assert_eq!(used(&store, 1_001).as_deref(), Some("S1"));
    assert_eq!(bench.count_of("sessions_total;event=kept"), 1);
    // Nothing to do until three quarters of its time are over; it was asked for at 500.
    bench.steward(2_000);
    assert_eq!(bench.cared().len(), 0);
}

/// The steward's call and a request's are in flight over one engine. Each end brings what is its own: what is another's
/// stops the bench.
#[test]
fn what_a_request_brings_is_never_the_stewards() {
    let mut bench = over(&MemoryStore::default(), 1);
    bench.steward(0);
    bench.steward(500);
    assert_eq!(names(&bench), ["login"]);
    bench.ask(STUDENT);
    assert_eq!(bench.only_call("login").method, "POST", "nobody waits for the steward");
    bench.answer("login", &sid("S2"));
    bench.answer("careers", &CallResult::TimedOut);
    assert!(bench.is_over());
    assert_eq!(names(&bench), ["login"]);
    bench.answer_cared(&sid("S1"));
    assert_eq!((bench.count_of("sessions_total;event=kept"), bench.count_of("sessions_total;event=opened")), (1, 1));
}

#[test]
fn a_session_is_renewed_before_it_ends_and_the_old_one_closed_when_nobody_can_be_using_it() {
    let store = MemoryStore::default();
    let mut bench = over(&store, 1);
    bench.steward(0);
    bench.steward(500);
    bench.answer_cared(&sid("S1"));
    for tick in (1_000..45_500).step_by(500) {
        bench.steward(tick);
        assert_eq!(bench.cared().len(), 0, "{tick}");
    }
    bench.steward(45_500);
    assert_eq!(names(&bench), ["login"]);
    assert_eq!(used(&store, 45_500).as_deref(), Some("S1"), "the old one serves until the new one is here");
    bench.answer_cared(&sid("S2"));
    assert_eq!(used(&store, 45_501).as_deref(), Some("S2"));
    // An exchange that began with S1 ends 10 s later at most.
    for tick in (46_000..55_500).step_by(500) {
        bench.steward(tick);
        assert_eq!(bench.cared().len(), 0, "{tick}");
    }
    bench.steward(55_500);
    assert_eq!(names(&bench), ["logout"]);
    assert_eq!(bench.cared()[0].body, br#"{"id":"S1"}"#);
    bench.answer_cared(&CallResult::Unreachable);
    bench.steward(56_000);
    assert_eq!(bench.cared().len(), 0, "how a logout ends changes nothing");
}

#[test]
fn of_two_engines_one_is_steward_and_the_other_takes_over() {
    let store = MemoryStore::default();
    let (mut first, mut second) = (over(&store, 1), over(&store, 2));
    first.steward(0);
    second.steward(1);
    first.steward(500);
    second.steward(501);
    assert_eq!((first.cared().len(), second.cared().len()), (1, 0));
    first.answer_cared(&sid("S1"));
    // The first is gone. Its lease of tick 500 ends at 3,500; the second takes it then and acts at the tick after.
    for tick in [1_000, 2_000, 3_499] {
        second.steward(tick);
    }
    second.steward(500 + STALE);
    second.steward(50_000);
    assert_eq!(names(&second), ["login"], "S1 is in its last quarter");
    // Should the first come back, it is one of many again.
    first.steward(50_001);
    assert_eq!(first.cared().len(), 0);
}

#[test]
fn two_that_take_the_lease_at_once_are_one_at_the_next_tick() {
    // What a host without "create if absent" does: both find nothing and both put.
    let store = MemoryStore::default();
    let (mut first, mut second) = (over(&store, 1), over(&store, 2));
    first.steward(0);
    // The second's put came last.
    let key = store.sizes().into_iter().map(|(name, _)| name).find(|name| name.ends_with("steward")).unwrap();
    let mut record = 2_u64.to_le_bytes().to_vec();
    record.extend_from_slice(&3_000_u64.to_le_bytes());
    assert!(adapter_core::SharedStore::put(&store, &key, &record, None));
    first.steward(500);
    second.steward(500);
    assert_eq!((first.cared().len(), second.cared().len()), (0, 1));
}

#[test]
fn a_lease_of_another_clock_is_no_lease() {
    let store = MemoryStore::default();
    let mut first = over(&store, 1);
    first.steward(1_000_000);
    let mut second = over(&store, 2);
    second.steward(0);
    second.steward(500);
    assert_eq!(names(&second), ["login"]);
}

#[test]
fn logins_that_fail_wait_longer_each_time() {
    let store = MemoryStore::default();
    let mut bench = over(&store, 1);
    bench.steward(0);
    let mut logins = Vec::new();
    for tick in (500..1_200_000).step_by(500) {
        bench.steward(tick);
        if !bench.cared().is_empty() {
            logins.push(tick);
            bench.answer_cared(&CallResult::Unreachable);
        }
    }
    let waits: Vec<u64> = logins.windows(2).map(|w| w[1] - w[0]).collect();
    assert_eq!(waits[..7], [5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000]);
    assert!(waits[7..].iter().all(|w| *w == 300_000));
    assert_eq!(bench.count_of("sessions_total;event=kept-refused"), logins.len());
}

#[test]
fn a_login_whose_answer_never_comes_is_given_up() {
    let store = MemoryStore::default();
    let mut bench = over(&store, 1);
    bench.steward(0);
    bench.steward(500);
    // Its timeout is 5 s; a host that dropped the call tells nobody.
    for tick in (1_000..=15_000).step_by(500) {
        bench.steward(tick);
    }
    assert_eq!(names(&bench), ["login"], "given up at 10,500, and tried again 5 s later");
    bench.steward(15_500);
    assert_eq!(names(&bench), ["login", "login"]);
    // The first answer comes after all: nobody waits for it.
    bench.answer_cared(&sid("S1"));
    assert_eq!(used(&store, 15_501), None);
    bench.answer_cared(&sid("S2"));
    assert_eq!(used(&store, 15_502).as_deref(), Some("S2"));
}

#[test]
fn a_session_that_an_exchange_offered_meanwhile_stands() {
    let store = MemoryStore::default();
    let mut bench = over(&store, 1);
    bench.steward(0);
    bench.steward(500);
    bench.answer_cared(&sid("S1"));
    for tick in (1_000..=45_500).step_by(500) {
        bench.steward(tick);
    }
    assert_eq!(names(&bench), ["login"]);
    // The system forgot S1; an exchange noticed and opened S2 before the steward's login was answered.
    let key = store.sizes().iter().map(|(k, _)| k.clone()).find(|k| k.ends_with("/s")).unwrap();
    let mut record = 45_600_u64.to_le_bytes().to_vec();
    record.extend_from_slice(b"S2");
    assert!(adapter_core::SharedStore::put(&store, &key, &record, None));
    bench.answer_cared(&sid("S3"));
    assert_eq!(used(&store, 45_700).as_deref(), Some("S2"));
    assert_eq!(names(&bench), ["logout"]);
    assert_eq!(bench.cared()[0].body, br#"{"id":"S3"}"#);
}

#[test]
fn what_cannot_be_shared_is_not_kept() {
    let mut made = sessions();
    made.systems[0].session.as_mut().unwrap().next = Some(Expr::Null);
    let mut plain = Bench::new(bundle());
    let mut own = Bench::new(made);
    for bench in [&mut plain, &mut own] {
        for tick in [0, 500, 1_000] {
            bench.steward(tick);
        }
        assert_eq!(bench.cared().len(), 0);
    }
}
