//! What `GET /status` answers: by what the systems said when the steward last asked them, and without asking.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test"
)]

mod common;

use adapter_core::bundle::{
    BinaryOp, Bundle, Call, CallIndex, Decode, Expr, Failure, FailureKind, Method, Pages, Probe, Recipe, Session,
    System, SystemIndex, Var,
};
use adapter_core::{CallResult, MemoryStore, Trust};
use common::{Bench, answer, bundle, call, member};

const STUDENT: &str = r#"{"tax_code":"RSSMRA80A01F205X"}"#;
const EVERY: u64 = 60_000;

/// Any answer counts, whatever is in it.
fn any(name: &str, system: u16) -> Call {
    Call {
        system: SystemIndex(system),
        decode: Decode::Text,
        pages: Pages::One,
        failures: vec![Failure { when: Expr::Bool(true), is: FailureKind::Empty, message: None }],
        ..call(name, "")
    }
}

/// The common mapping, whose one system is asked once a minute.
fn probed() -> Bundle {
    let mut made = bundle();
    made.calls.push(any("s.probe", 0));
    made.systems[0].probe = Some(Probe { call: Some(CallIndex(3)), every_ms: EVERY });
    made
}

/// Two systems: IFS02.1 needs the first, IFS01.1 the second.
fn two() -> Bundle {
    let mut made = probed();
    let other = System { name: "o".to_owned(), cluster: "o".to_owned(), ..made.systems[0].clone() };
    made.systems.push(System { probe: Some(Probe { call: Some(CallIndex(5)), every_ms: EVERY }), ..other });
    made.calls.push(Call { system: SystemIndex(1), ..call("courses", "/courses") });
    made.calls.push(any("o.probe", 1));
    let answer = Expr::Record(vec![]);
    let recipe = Recipe { calls: vec![CallIndex(4)], guards: vec![], person: None, answer };
    made.operations.insert("IFS01.1".to_owned(), recipe);
    made
}

/// The system wants a session; `login` is its probe unless a call is.
fn session(login: bool, next: bool) -> Bundle {
    let mut made = bundle();
    for call in &mut made.calls {
        call.session = true;
        call.headers = vec![("x-session".to_owned(), Expr::Var(Var::Session))];
    }
    let take = vec![member(Expr::Var(Var::AnswerBody), "id")];
    made.calls.push(Call { method: Method::Post, take, pages: Pages::One, ..call("login", "/login") });
    made.calls.push(Call { pages: Pages::One, ..call("logout", "/logout") });
    let expired = Failure {
        when: Expr::Binary {
            op: BinaryOp::Equal,
            left: Box::new(Expr::Var(Var::AnswerStatus)),
            right: Box::new(Expr::Int(401)),
        },
        is: FailureKind::Expired,
        message: None,
    };
    made.calls.push(Call {
        session: true,
        headers: vec![("x-session".to_owned(), Expr::Var(Var::Session))],
        failures: vec![expired],
        pages: Pages::One,
        ..call("ping", "/ping")
    });
    made.systems[0].session = Some(Session {
        open: CallIndex(3),
        close: Some(CallIndex(4)),
        lasts_ms: 28_800_000,
        next: next.then_some(Expr::Null),
    });
    made.systems[0].probe = Some(Probe { call: (!login).then_some(CallIndex(5)), every_ms: EVERY });
    made
}

fn over(bundle: Bundle, store: &MemoryStore, seed: u64) -> Bench {
    Bench::over(bundle, Trust::Development, store.clone(), seed)
}

fn status(code: u16) -> CallResult {
    CallResult::Answer { status: code, headers: vec![], body: b"<html>\xff".to_vec() }
}

fn red(seconds: u64) -> (u16, String, Option<u64>) {
    (500, "legacy.unavailable".to_owned(), Some(seconds))
}

fn green() -> (u16, String, Option<u64>) {
    (204, String::new(), None)
}

fn names(bench: &Bench) -> Vec<&str> {
    bench.cared().iter().map(|r| r.name.as_str()).collect()
}

#[test]
fn a_system_comes_and_goes() {
    let mut bench = over(probed(), &MemoryStore::default(), 1);
    assert_eq!(bench.status_at(2, 0), green(), "before anybody was asked");
    bench.steward(0);
    bench.steward(500);
    assert_eq!(names(&bench), ["s.probe"]);
    let asked = bench.cared()[0];
    assert_eq!((asked.method, asked.path.as_str()), ("GET", "/api"));
    assert_eq!(bench.status_at(2, 900), green());
    bench.answer_cared(&CallResult::Unreachable);
    assert_eq!(bench.status_at(2, 900), red(60), "as soon as it is known");
    assert_eq!(bench.count_of("probes_total;system=s;result=down"), 1);
    for tick in (1_000..60_500).step_by(500) {
        bench.steward(tick);
        assert_eq!(bench.cared().len(), 0, "{tick}");
        assert_eq!(bench.status_at(2, tick).0, 500);
    }
    bench.steward(60_500);
    assert_eq!(names(&bench), ["s.probe"]);
    assert_eq!(bench.status_at(2, 60_600), red(60));
    bench.answer_cared(&status(503));
    assert_eq!(bench.status_at(2, 60_700), green(), "any answer of the system is one");
    assert_eq!(bench.count_of("probes_total;system=s;result=up"), 1);
}

#[test]
fn however_many_ask_the_system_is_asked_once_a_period() {
    let store = MemoryStore::default();
    let mut workers: Vec<Bench> = (1..=4).map(|seed| over(probed(), &store, seed)).collect();
    let mut asked = 0;
    for tick in (0..600_000).step_by(500) {
        for (at, bench) in workers.iter_mut().enumerate() {
            bench.steward(tick + at as u64);
            if !bench.cared().is_empty() {
                asked += bench.cared().len();
                bench.answer_cared(&status(200));
            }
            for _ in 0..5 {
                assert_eq!(bench.status_at(2, tick + 10), green());
            }
        }
    }
    assert_eq!(asked, 10);
}

#[test]
fn whoever_takes_over_asks_when_the_period_is_over() {
    let store = MemoryStore::default();
    let mut first = over(probed(), &store, 1);
    first.steward(0);
    first.steward(500);
    assert_eq!(names(&first), ["s.probe"]);
    // It is gone with its call in flight. The second one's lease begins at 4,000.
    let mut second = over(probed(), &store, 2);
    for tick in (4_000..60_500).step_by(500) {
        second.steward(tick);
        assert_eq!(second.cared().len(), 0, "{tick}");
    }
    assert_eq!(second.status_at(2, 59_999), green());
    assert_eq!(second.status_at(2, 60_001), red(1), "asked, and not answered for a period");
    second.steward(60_500);
    assert_eq!(names(&second), ["s.probe"]);
    second.answer_cared(&status(404));
    assert_eq!(second.status_at(2, 61_000), green());
}

#[test]
fn what_nobody_asks_is_not_believed_for_ever() {
    let store = MemoryStore::default();
    let mut bench = over(probed(), &store, 1);
    assert_eq!(bench.status_at(2, 59_999), green());
    assert_eq!(bench.status_at(2, 60_000), (500, "mapping.unprobed".to_owned(), Some(60)));
    bench.steward(60_000);
    bench.steward(60_500);
    bench.answer_cared(&status(200));
    assert_eq!(bench.status_at(2, 180_499), green(), "a period late is not too late");
    assert_eq!(bench.status_at(2, 180_500).1, "mapping.unprobed");
    // An engine that is made anew for the same bundle has a period of its own.
    let again = Bench::made(probed(), Trust::Development, store, 2, 500_000);
    assert_eq!(again.status_at(2, 500_001), green());
    assert_eq!(again.status_at(2, 560_000).1, "mapping.unprobed");
}

#[test]
fn a_probe_whose_answer_never_comes_is_given_up() {
    let mut bench = over(probed(), &MemoryStore::default(), 1);
    bench.steward(0);
    bench.steward(500);
    for tick in (1_000..10_500).step_by(500) {
        bench.steward(tick);
        assert_eq!(bench.status_at(2, tick), green());
    }
    // Its timeout is 5 s; a host that dropped the call tells nobody.
    bench.steward(10_500);
    assert_eq!(bench.status_at(2, 10_500), red(50));
    bench.answer_cared(&status(200));
    assert_eq!(bench.status_at(2, 10_600), red(50), "too late: nobody waits for it");
}

#[test]
fn an_api_needs_the_systems_of_its_own_operations() {
    let mut bench = over(two(), &MemoryStore::default(), 1);
    bench.steward(0);
    bench.steward(500);
    assert_eq!(names(&bench), ["s.probe", "o.probe"]);
    bench.answer_cared(&status(200));
    bench.answer_cared(&CallResult::TimedOut);
    assert_eq!(bench.status_at(2, 1_000), green());
    assert_eq!(bench.status_at(1, 1_000), red(60));
    for api in [3, 4, 5, 6, 7, 8, 9] {
        assert_eq!(bench.status_at(api, 1_000), (404, "request.path".to_owned(), None));
    }
}

#[test]
fn what_no_answer_needs_is_not_asked() {
    let mut tolerated = two();
    tolerated.calls[4].null_if_failed = true;
    let mut unused = two();
    unused.operations = bundle().operations;
    let mut nobody = two();
    nobody.systems[1].probe = None;
    for (made, api_1) in [(tolerated, 204), (unused, 404), (nobody, 204)] {
        let mut bench = over(made, &MemoryStore::default(), 1);
        bench.steward(0);
        bench.steward(500);
        assert_eq!(names(&bench), ["s.probe"]);
        bench.answer_cared(&status(200));
        bench.steward(60_500);
        bench.answer_cared(&status(200));
        assert_eq!(bench.status_at(1, 70_000).0, api_1);
        assert_eq!(bench.status_at(2, 70_000), green());
    }
}

#[test]
fn a_written_probe_is_judged_by_its_rules() {
    let mut made = probed();
    made.calls[3] = Call { pages: Pages::One, ..call("s.probe", "/ping") };
    for (result, expected) in [
        (answer(r#"{"id":1}"#), 204),
        (answer(r#"{"error":"closed for maintenance"}"#), 500),
        (answer("<html>"), 500),
        (status(503), 500),
        (status(401), 500),
        (CallResult::Overflow, 500),
        (CallResult::Truncated, 500),
        (CallResult::NoCluster, 500),
    ] {
        let mut bench = over(made.clone(), &MemoryStore::default(), 1);
        bench.steward(0);
        bench.steward(500);
        assert_eq!(bench.cared()[0].path, "/api/ping");
        bench.answer_cared(&result);
        assert_eq!(bench.status_at(2, 600).0, expected, "{result:?}");
    }
}

#[test]
fn the_login_of_a_session_asks_once_a_period() {
    let mut bench = over(session(true, false), &MemoryStore::default(), 1);
    bench.steward(0);
    bench.steward(500);
    assert_eq!(names(&bench), ["login"]);
    bench.answer_cared(&answer(r#"{"id":"S1"}"#));
    assert_eq!(bench.status_at(2, 600), green());
    for tick in (1_000..60_500).step_by(500) {
        bench.steward(tick);
        assert_eq!(bench.cared().len(), 0, "{tick}");
    }
    // The session would last for hours; that the system is there must be known now.
    bench.steward(60_500);
    assert_eq!(names(&bench), ["login"]);
    bench.answer_cared(&status(401));
    assert_eq!(bench.status_at(2, 60_600), red(60));
    assert_eq!(bench.count_of("probes_total;system=s;result=down"), 1);
    // The steward waits longer each time; what the login said stands meanwhile.
    let mut logins = vec![60_500];
    for tick in (61_000..900_000).step_by(500) {
        bench.steward(tick);
        while !bench.cared().is_empty() {
            logins.push(tick);
            bench.answer_cared(&status(401));
        }
        assert_eq!(bench.status_at(2, tick).1, "legacy.unavailable", "{tick}");
    }
    let waits: Vec<u64> = logins.windows(2).map(|w| w[1] - w[0]).collect();
    assert_eq!(waits, [60_000, 60_000, 60_000, 60_000, 80_000, 160_000, 300_000]);
}

#[test]
fn what_a_request_learns_by_its_login_counts() {
    let store = MemoryStore::default();
    let mut bench = over(session(true, false), &store, 1);
    bench.at(100);
    bench.ask(STUDENT);
    bench.answer("login", &status(503));
    assert_eq!(bench.status_at(2, 200), red(60));
    let mut other = over(session(true, false), &store, 2);
    other.at(5_000);
    other.ask(STUDENT);
    other.answer("login", &answer(r#"{"id":"S1"}"#));
    assert_eq!(bench.status_at(2, 5_000), green());
    bench.steward(5_000);
    bench.steward(5_500);
    assert_eq!(bench.cared().len(), 0, "the session of a request serves");
}

#[test]
fn a_session_that_nobody_can_share_is_opened_to_ask_and_closed() {
    let mut bench = over(session(true, true), &MemoryStore::default(), 1);
    bench.steward(0);
    bench.steward(500);
    assert_eq!(names(&bench), ["login"]);
    bench.answer_cared(&answer(r#"{"id":"S1"}"#));
    assert_eq!(names(&bench), ["logout"]);
    bench.answer_cared(&CallResult::Unreachable);
    assert_eq!(bench.status_at(2, 600), green());
    for tick in (1_000..60_500).step_by(500) {
        bench.steward(tick);
        assert_eq!(bench.cared().len(), 0, "{tick}");
    }
    bench.steward(60_500);
    assert_eq!(names(&bench), ["login"]);
}

#[test]
fn a_probe_in_a_session_says_nothing_where_the_session_is_over() {
    let mut bench = over(session(false, false), &MemoryStore::default(), 1);
    bench.steward(0);
    bench.steward(500);
    assert_eq!(names(&bench), ["login"], "there is no session to ask in");
    bench.answer_cared(&answer(r#"{"id":"S1"}"#));
    bench.steward(1_000);
    assert_eq!(names(&bench), ["ping"]);
    bench.answer_cared(&answer("{}"));
    assert_eq!(bench.status_at(2, 1_100), green());
    for tick in (1_500..=61_000).step_by(500) {
        bench.steward(tick);
    }
    assert_eq!(names(&bench), ["ping"], "the login does not ask here: the session lasts");
    bench.answer_cared(&status(401));
    assert_eq!(bench.status_at(2, 61_100), green());
    bench.steward(61_500);
    assert_eq!(names(&bench), ["login"]);
    bench.answer_cared(&answer(r#"{"id":"S2"}"#));
    for tick in (62_000..=121_000).step_by(500) {
        bench.steward(tick);
    }
    assert_eq!(names(&bench), ["ping"]);
    assert!(bench.cared()[0].headers.contains(&("x-session".to_owned(), "S2".to_owned())));
    // A system that ends every session is not there.
    bench.answer_cared(&status(401));
    assert_eq!(bench.status_at(2, 121_100).1, "legacy.unavailable");
}

#[test]
fn a_login_that_fails_says_so_of_a_probe_in_a_session() {
    let mut bench = over(session(false, false), &MemoryStore::default(), 1);
    bench.steward(0);
    bench.steward(500);
    bench.answer_cared(&CallResult::Unreachable);
    assert_eq!(bench.status_at(2, 600), red(60));
}

/// Engines count their ticks from the wall clock at their own start.
#[test]
fn clocks_that_differ_a_little_are_one() {
    let store = MemoryStore::default();
    let mut ahead = over(probed(), &store, 1);
    ahead.steward(100_000);
    ahead.steward(100_500);
    ahead.answer_cared(&status(200));
    let mut behind = over(probed(), &store, 2);
    for tick in (98_500..158_500).step_by(500) {
        behind.steward(tick);
        assert_eq!(behind.cared().len(), 0, "{tick}");
        assert_eq!(behind.status_at(2, tick), green(), "{tick}");
    }
    // What is later than any such clock could say is of another one, and counts for nothing.
    let mut other = over(probed(), &store, 3);
    assert_eq!(other.status_at(2, 30_000), green(), "made a moment ago");
    other.steward(30_000);
    other.steward(30_500);
    assert_eq!(names(&other), ["s.probe"]);
}
