//! Sessions with systems: who opens them, who renews them, and what their failures answer.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test"
)]

mod common;

use adapter_core::bundle::{BinaryOp, CallIndex, Expr, SecretIndex, SystemIndex, Var};
use adapter_core::bundle::{Bundle, Call, Failure, FailureKind, Method, Pages, Session};
use adapter_core::problem::Code;
use adapter_core::{CallRequest, CallResult, MemoryStore, Trust};
use common::{Bench, answer, bundle, call, code_of, member, name};

const STUDENT: &str = r#"{"tax_code":"RSSMRA80A01F205X"}"#;

fn status_is(status: i64) -> Expr {
    Expr::Binary {
        op: BinaryOp::Equal,
        left: Box::new(Expr::Var(Var::AnswerStatus)),
        right: Box::new(Expr::Int(status)),
    }
}

fn rule(status: i64, is: FailureKind) -> Failure {
    Failure { when: status_is(status), is, message: None }
}

/// The common mapping in a session: `login` opens one (its answer's `id`), every call carries it as `x-session`; 440
/// says that it has expired.
fn sessions() -> Bundle {
    let mut made = bundle();
    for call in &mut made.calls {
        call.session = true;
        call.headers = vec![("x-session".to_owned(), Expr::Var(Var::Session))];
        call.pages = Pages::One;
    }
    made.secrets = vec!["user".to_owned()];
    let login = Call {
        method: Method::Post,
        body: Some(Expr::Record(vec![(name("id"), Expr::Secret(SecretIndex(0)))])),
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
    made.systems[0].failures.insert(0, rule(440, FailureKind::Expired));
    made
}

fn status(status: u16) -> CallResult {
    CallResult::Answer { status, headers: vec![], body: b"{}".to_vec() }
}

fn session_of(request: &CallRequest) -> &str {
    request.headers.iter().find(|(n, _)| n == "x-session").map_or("none", |(_, v)| v.as_str())
}

fn let_in(bench: &mut Bench, sid: &str) {
    assert_eq!(bench.only_call("login").body, br#"{"id":"secret-user"}"#);
    bench.answer("login", &answer(&format!(r#"{{"id":"{sid}"}}"#)));
}

fn over(made: &Bundle, store: &MemoryStore, seed: u64) -> Bench {
    Bench::over(made.clone(), Trust::Development, store.clone(), seed)
}

#[test]
fn an_exchange_opens_one_session_and_offers_it() {
    let store = MemoryStore::default();
    let made = sessions();
    let mut bench = over(&made, &store, 1);
    bench.ask(STUDENT);
    let_in(&mut bench, "S1");
    assert_eq!(session_of(bench.only_call("careers")), "S1");
    bench.answer("careers", &answer(r#"[{"id":7},{"id":8}]"#));
    assert_eq!(bench.calls().iter().map(|c| session_of(c)).collect::<Vec<_>>(), ["S1", "S1"]);
    bench.answer_next(&answer("[]"));
    bench.answer_next(&answer("[]"));
    bench.body(200);
    assert_eq!((bench.sent(), bench.count_of("sessions_total;event=opened")), (4, 1));

    // Another engine over the same store takes it while it lasts, and not a millisecond longer.
    for (tick, login) in [(59_999, false), (60_000, true)] {
        let mut other = over(&made, &store, 2);
        other.at(tick);
        other.ask(STUDENT);
        assert_eq!(other.calls()[0].name == "login", login, "{tick}");
    }
    // A tick before it was opened is of another clock.
    let later = MemoryStore::default();
    let mut bench = over(&made, &later, 1);
    bench.at(500);
    bench.ask(STUDENT);
    let_in(&mut bench, "S1");
    let mut other = over(&made, &later, 2);
    other.ask(STUDENT);
    other.only_call("login");
    // No secret and no session is part of a name, and both stay out of another bundle's.
    for (key, _) in later.sizes() {
        assert!(!key.contains("S1") && !key.contains("secret"), "{key}");
    }
    let mut changed = sessions();
    changed.limits.calls = 7;
    let mut other = over(&changed, &later, 3);
    other.at(501);
    other.ask(STUDENT);
    other.only_call("login");
}

#[test]
fn calls_that_need_it_wait_for_one_login_and_others_do_not() {
    let mut made = sessions();
    // People are asked without a session and without waiting for careers.
    made.calls[1].session = false;
    made.calls[1].headers = vec![];
    made.calls[1].when = None;
    made.calls[1].needs = vec![];
    let mut bench = Bench::new(made);
    bench.ask(STUDENT);
    assert_eq!(bench.calls().iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["login", "people"]);
    bench.answer("people", &answer("[]"));
    let_in(&mut bench, "S1");
    assert_eq!(session_of(bench.only_call("careers")), "S1");
}

#[test]
fn a_login_that_fails_fails_what_needs_it() {
    for (result, code) in [
        (status(403), Code::LegacyDenied),
        (status(500), Code::LegacyDown),
        (answer("{}"), Code::LegacySession),
        (answer(r#"{"id":""}"#), Code::LegacySession),
        (answer(r#"{"id":null}"#), Code::LegacySession),
        (answer(r#"{"error":"no"}"#), Code::LegacyError),
        (answer(r#"{"id":[]}"#), Code::LegacyShape),
        (CallResult::Unreachable, Code::LegacyDown),
        (CallResult::Reset, Code::LegacyReset),
        (CallResult::Protocol, Code::LegacyProtocol),
        (CallResult::TimedOut, Code::LegacyTimeout),
        (CallResult::NoCluster, Code::MappingCluster),
    ] {
        let mut bench = Bench::new(sessions());
        bench.ask(STUDENT);
        bench.answer("login", &result);
        assert_eq!(code_of(&bench.body(code.status())), code.as_str(), "{result:?}");
        assert_eq!((bench.sent(), bench.count_of("sessions_total;event=refused")), (1, 1));
    }
    // Neither "expired" nor "unknown student" is a meaning of a login.
    let mut made = sessions();
    made.calls[3].failures = vec![rule(440, FailureKind::Expired), rule(404, FailureKind::Unknown)];
    for (code, problem) in [(404, Code::LegacySession), (440, Code::LegacyStatus)] {
        let mut bench = Bench::new(made.clone());
        bench.ask(STUDENT);
        bench.answer("login", &status(code));
        assert_eq!(code_of(&bench.body(problem.status())), problem.as_str());
        assert_eq!(bench.sent(), 1);
    }
}

#[test]
fn a_system_that_refused_a_login_is_left_alone_for_a_while() {
    let made = sessions();
    let store = MemoryStore::default();
    // Each refusal doubles the pause; while it lasts nobody logs in, and the answer is the refusal's.
    for (at, until) in [(0, 5_000), (5_000, 15_000), (15_000, 35_000)] {
        let mut first = over(&made, &store, 1);
        first.at(at);
        first.ask(STUDENT);
        first.answer("login", &status(403));
        assert_eq!(code_of(&first.body(503)), "legacy.denied");
        for tick in [at, until - 1] {
            let mut other = over(&made, &store, 2);
            other.at(tick);
            other.ask(STUDENT);
            assert_eq!((code_of(&other.body(503)).as_str(), other.sent()), ("legacy.denied", 0), "{tick}");
            let mut steward = over(&made, &store, 3);
            steward.steward(tick);
            assert!(steward.cared().is_empty());
        }
    }
    // One that succeeds ends the counting.
    let mut third = over(&made, &store, 1);
    third.at(35_000);
    third.ask(STUDENT);
    let_in(&mut third, "S1");
    third.answer("careers", &status(440));
    third.answer("login", &status(403));
    let mut fourth = over(&made, &store, 1);
    fourth.at(40_000);
    fourth.ask(STUDENT);
    fourth.answer("careers", &status(440));
    fourth.only_call("login");
    // A system that is out of order, or not reached, has refused nobody.
    for result in [status(503), CallResult::TimedOut, CallResult::Unreachable] {
        let store = MemoryStore::default();
        let mut first = over(&made, &store, 1);
        first.ask(STUDENT);
        first.answer("login", &result);
        let mut second = over(&made, &store, 2);
        second.ask(STUDENT);
        second.only_call("login");
    }
    // The longest pause is five minutes.
    let store = MemoryStore::default();
    let mut tick = 0;
    for _ in 0..12 {
        let mut bench = over(&made, &store, 1);
        bench.at(tick);
        bench.ask(STUDENT);
        bench.answer("login", &status(403));
        tick += 300_000;
    }
}

#[test]
fn if_failed_null_covers_the_login() {
    let mut made = sessions();
    made.calls.iter_mut().for_each(|c| c.null_if_failed = true);
    made.operations.values_mut().for_each(|o| o.guards.clear());
    let mut bench = Bench::new(made);
    bench.ask(STUDENT);
    bench.answer("login", &CallResult::Unreachable);
    assert_eq!(bench.body(200), r#"{"personal_data":{"tax_code":"RSSMRA80A01F205X"},"enrollments":[]}"#);
    assert_eq!(bench.sent(), 1, "one login for all of them");
}

#[test]
fn mid_fan_out_one_renewal_serves_all_whatever_arrives_first() {
    let orders: [&[usize]; 4] = [&[7, 8, 9], &[9, 8, 7], &[8, 7, 9], &[9, 7, 8]];
    let mut bodies = Vec::new();
    for order in orders {
        let mut bench = Bench::new(sessions());
        bench.ask(STUDENT);
        let_in(&mut bench, "S1");
        bench.answer("careers", &answer(r#"[{"id":7},{"id":8},{"id":9}]"#));
        for id in order {
            bench.answer_path(&format!("/api/careers/{id}/years"), &status(440));
        }
        let_in(&mut bench, "S2");
        assert!(bench.calls().iter().all(|c| session_of(c) == "S2"));
        for id in order {
            let year = format!(r#"[{{"course":"C{id}","year":2025,"status":"active","n":1}}]"#);
            bench.answer_path(&format!("/api/careers/{id}/years"), &answer(&year));
        }
        bodies.push(bench.body(200));
        // Two logins, careers, three years twice.
        assert_eq!((bench.sent(), bench.count_of("sessions_total;event=expired")), (9, 1));
    }
    assert!(bodies.windows(2).all(|w| w[0] == w[1]));
    assert_eq!(bodies[0].matches("degree_course_code").count(), 3);
}

#[test]
fn an_answer_of_the_old_session_that_comes_after_the_renewal_renews_nothing() {
    let mut bench = Bench::new(sessions());
    bench.ask(STUDENT);
    let_in(&mut bench, "S1");
    bench.answer("careers", &answer(r#"[{"id":7},{"id":8}]"#));
    bench.answer_path("/api/careers/7/years", &status(440));
    bench.answer("login", &answer(r#"{"id":"S2"}"#));
    // Sent in S1, answered only now.
    bench.answer_path("/api/careers/8/years", &status(440));
    assert!(bench.calls().iter().all(|c| c.name == "years" && session_of(c) == "S2"), "{:?}", bench.calls());
    bench.answer_next(&answer("[]"));
    bench.answer_next(&answer("[]"));
    bench.body(200);
    assert_eq!(bench.count_of("sessions_total;event=opened"), 2);
}

#[test]
fn a_session_refused_twice_is_a_system_that_is_down() {
    // The rule behind `expired`, what the second answer is, and what that means.
    for (behind, second, code) in [
        (None, 440, Code::LegacyDown),
        (Some(FailureKind::Broken), 440, Code::LegacyError),
        (Some(FailureKind::Busy), 440, Code::LegacyBusy),
        // An outage must not tell anybody that the student does not exist.
        (Some(FailureKind::Unknown), 440, Code::LegacyDown),
        (Some(FailureKind::Empty), 440, Code::LegacyDown),
        // Not a question of the session any more.
        (None, 404, Code::LegacyStatus),
    ] {
        let mut made = sessions();
        made.systems[0].failures.extend(behind.map(|is| rule(440, is)));
        let mut bench = Bench::new(made);
        bench.ask(STUDENT);
        let_in(&mut bench, "S1");
        bench.answer("careers", &status(440));
        let_in(&mut bench, "S2");
        bench.answer("careers", &status(second));
        assert_eq!(code_of(&bench.body(code.status())), code.as_str(), "{behind:?} {second}");
        assert_eq!(bench.sent(), 4);
    }
}

#[test]
fn what_is_expired_in_a_new_session_too_is_never_good() {
    let mut made = sessions();
    made.systems[0].failures.insert(1, rule(440, FailureKind::Good));
    let mut bench = Bench::new(made);
    bench.ask(STUDENT);
    let_in(&mut bench, "S1");
    let expired = CallResult::Answer { status: 440, headers: vec![], body: b"[]".to_vec() };
    bench.answer("careers", &expired);
    let_in(&mut bench, "S2");
    bench.answer("careers", &expired);
    assert_eq!(code_of(&bench.body(503)), "legacy.down");
}

#[test]
fn a_newer_session_in_the_store_spares_the_login() {
    let store = MemoryStore::default();
    let made = sessions();
    let (mut first, mut second) = (over(&made, &store, 1), over(&made, &store, 2));
    first.ask(STUDENT);
    let_in(&mut first, "S1");
    second.ask(STUDENT);
    assert_eq!(session_of(second.only_call("careers")), "S1");
    // The second finds it expired first, and puts another in its place.
    second.answer("careers", &status(440));
    let_in(&mut second, "S2");
    first.answer("careers", &status(440));
    assert_eq!(session_of(first.only_call("careers")), "S2");
    assert_eq!(first.count_of("sessions_total;event=opened"), 1);
}

#[test]
fn what_lost_the_race_is_used_by_its_own_exchange_alone() {
    let store = MemoryStore::default();
    let made = sessions();
    // Something stands there, so that the host can compare.
    let mut before = over(&made, &store, 9);
    before.ask(STUDENT);
    let_in(&mut before, "S0");
    let (mut first, mut second) = (over(&made, &store, 1), over(&made, &store, 2));
    for bench in [&mut first, &mut second] {
        bench.at(60_000);
        bench.ask(STUDENT);
    }
    let_in(&mut first, "S1");
    let_in(&mut second, "S2");
    assert_eq!(session_of(second.only_call("careers")), "S2");
    let mut third = over(&made, &store, 3);
    third.at(60_001);
    third.ask(STUDENT);
    assert_eq!(session_of(third.only_call("careers")), "S1");
}

/// Some systems have one constant session for a kind of user.
#[test]
fn a_login_that_gives_the_same_session_still_sends_the_call_again() {
    let mut bench = Bench::new(sessions());
    bench.ask(STUDENT);
    let_in(&mut bench, "GUEST");
    bench.answer("careers", &status(440));
    let_in(&mut bench, "GUEST");
    bench.answer("careers", &answer("[]"));
    assert_eq!(session_of(bench.only_call("people")), "GUEST");
}

#[test]
fn every_page_may_be_sent_again_once() {
    let mut made = sessions();
    made.calls[0].pages = bundle().calls[0].pages.clone();
    let mut bench = Bench::new(made);
    bench.ask(STUDENT);
    let_in(&mut bench, "S1");
    let mut sid = 1;
    for page in ["[{\"id\":1},{\"id\":2},{\"id\":3}]", "[{\"id\":4}]"] {
        bench.answer("careers", &status(440));
        sid += 1;
        let_in(&mut bench, &format!("S{sid}"));
        bench.answer("careers", &answer(page));
    }
    assert_eq!(bench.paths("years").len(), 4);
}

#[test]
fn logins_count_as_calls() {
    let mut made = sessions();
    made.limits.calls = 2;
    let mut bench = Bench::new(made);
    bench.ask(STUDENT);
    let_in(&mut bench, "S1");
    bench.answer("careers", &answer("[]"));
    assert_eq!(code_of(&bench.body(500)), Code::LimitCalls.as_str());
}

#[test]
fn a_login_is_bounded_by_the_deadline() {
    let mut made = sessions();
    made.limits.deadline = 3_000;
    let mut bench = Bench::new(made.clone());
    bench.ask(STUDENT);
    assert_eq!(bench.only_call("login").timeout_ms, 3_000);
    bench.at(3_000);
    bench.answer("login", &CallResult::TimedOut);
    assert_eq!(code_of(&bench.body(503)), Code::LimitDeadline.as_str());
    // A shell with timers need not wait for the login.
    let mut bench = Bench::new(made);
    bench.ask(STUDENT);
    bench.tick(3_000);
    assert_eq!(code_of(&bench.body(503)), Code::LimitDeadline.as_str());
}

#[test]
fn a_login_of_an_exchange_that_is_over_is_dropped() {
    let store = MemoryStore::default();
    let made = sessions();
    let mut bench = over(&made, &store, 1);
    bench.ask(STUDENT);
    bench.abandon();
    bench.answer("login", &answer(r#"{"id":"S1"}"#));
    assert_eq!((bench.sent(), bench.count_of("late_answers_total")), (1, 1));
    assert!(store.sizes().is_empty());
}

/// careers and people in one system, years in another.
fn two_systems() -> Bundle {
    let mut made = sessions();
    let mut other = made.systems[0].clone();
    other.name = "t".to_owned();
    other.cluster = "t".to_owned();
    other.session = Some(Session { open: CallIndex(5), close: None, lasts_ms: 60_000, next: None });
    made.systems.push(other);
    made.calls.push(Call { system: SystemIndex(1), ..made.calls[3].clone() });
    made.calls[5].name = "enter".to_owned();
    made.calls[1].system = SystemIndex(1);
    made.calls[1].when = None;
    made.calls[1].needs = vec![];
    made.calls[2].system = SystemIndex(1);
    made
}

#[test]
fn two_systems_have_a_session_each() {
    let mut bench = Bench::new(two_systems());
    bench.ask(STUDENT);
    assert_eq!(bench.calls().iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["login", "enter"]);
    bench.answer("enter", &answer(r#"{"id":"T1"}"#));
    bench.answer("login", &answer(r#"{"id":"S1"}"#));
    assert_eq!(session_of(bench.call("careers")), "S1");
    assert_eq!((session_of(bench.call("people")), bench.call("people").cluster.as_str()), ("T1", "t"));
    bench.answer("people", &answer(r#"[{"id":1}]"#));
    bench.answer("careers", &answer(r#"[{"id":7}]"#));
    assert_eq!(session_of(bench.only_call("years")), "T1");
}

#[test]
fn of_two_logins_that_fail_the_same_wins_whatever_arrives_first() {
    let outcomes = [("login", CallResult::TimedOut), ("enter", CallResult::Unreachable)];
    for order in [[0, 1], [1, 0]] {
        let mut bench = Bench::new(two_systems());
        bench.ask(STUDENT);
        for at in order {
            if !bench.is_over() {
                bench.answer(outcomes[at].0, &outcomes[at].1);
            }
        }
        // careers (login) comes before people (enter).
        assert_eq!(code_of(&bench.body(503)), Code::LegacyTimeout.as_str(), "{order:?}");
    }
}

#[test]
fn a_token_that_changes_with_each_answer_is_the_exchange_s_own() {
    let store = MemoryStore::default();
    let mut made = sessions();
    // The next token stands in the answer's `type` header.
    let next = member(Expr::Var(Var::AnswerHeaders), "type");
    made.systems[0].session.as_mut().unwrap().next = Some(next);
    let tokened = |body: &str, token: &str| CallResult::Answer {
        status: 200,
        headers: vec![("type".to_owned(), token.to_owned())],
        body: body.into(),
    };
    let mut bench = over(&made, &store, 1);
    bench.ask(STUDENT);
    let_in(&mut bench, "T1");
    assert_eq!(session_of(bench.only_call("careers")), "T1");
    bench.answer("careers", &tokened(r#"[{"id":7},{"id":8},{"id":9}]"#, "T2"));
    // One after another, in order; an answer without a token leaves the last.
    for (path, token, next) in [
        ("/api/careers/7/years", "T2", tokened("[]", "T3")),
        ("/api/careers/8/years", "T3", answer("[]")),
        ("/api/careers/9/years", "T3", tokened("[]", "T4")),
    ] {
        let call = bench.only_call("years");
        assert_eq!((call.path.as_str(), session_of(call)), (path, token));
        bench.answer_next(&next);
    }
    bench.body(200);
    assert!(store.sizes().is_empty(), "nobody else can use it");
    let mut other = over(&made, &store, 2);
    other.ask(STUDENT);
    other.only_call("login");
}

#[test]
fn with_such_a_token_calls_keep_their_order_whatever_they_wait_for() {
    let mut made = two_systems();
    made.calls[1].system = SystemIndex(0);
    made.systems[0].session.as_mut().unwrap().next = Some(member(Expr::Var(Var::AnswerHeaders), "type"));
    // Careers wait for nothing here, years are of the other system; people must come after careers all the same.
    let mut bench = Bench::new(made);
    bench.ask(STUDENT);
    let_in(&mut bench, "T1");
    bench.only_call("careers");
    bench.answer("careers", &answer(r#"[{"id":7}]"#));
    let names: Vec<&str> = bench.calls().iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["people", "enter"]);
}

#[test]
fn a_secret_that_the_host_lacks_refuses_the_bundle() {
    use adapter_core::Plan;
    use adapter_core::bundle::seal;
    use adapter_core::{Engine, Resources};
    for given in [None, Some(String::new())] {
        let plan = Plan::load(&seal(&sessions()).unwrap()).unwrap();
        let secret = |_: &str| given.clone();
        let refused = Engine::new(plan, Trust::Development, Resources { secret: &secret, ..Resources::default() });
        assert_eq!(refused.unwrap_err().to_string(), "the host gives no secret `user`");
    }
}
