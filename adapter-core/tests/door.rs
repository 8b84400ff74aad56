//! The door: a head is judged once, every event is somebody's, and the clock on the wall is asked for by few.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test"
)]

mod common;

use std::cell::Cell;

use adapter_core::bundle::seal;
use adapter_core::{
    Action, Admission, Caller, Clock, Engine, Event, ExchangeId, Head, Plan, Resources, STEWARD, Time, Trust, Verdict,
};
use common::{answer, bundle};

const ID: ExchangeId = ExchangeId(7);
const PATH: &str = "/ifs02/academic-enrollments";

/// A clock that knows how often each of its faces was looked at.
#[derive(Default)]
struct Watched {
    wall: Cell<u32>,
    ticks: Cell<u32>,
}

impl Time for Watched {
    fn now_ms(&self) -> i64 {
        self.wall.set(self.wall.get() + 1);
        1_772_355_600_000
    }

    fn tick_ms(&self) -> u64 {
        self.ticks.set(self.ticks.get() + 1);
        0
    }
}

const AT: Clock = Clock { now_ms: 0, tick_ms: 0 };

fn engine(trust: Trust) -> Engine {
    Engine::new(Plan::load(&seal(&bundle()).unwrap()).unwrap(), trust, Resources::default()).unwrap()
}

fn head(method: &str, path: &str) -> Head {
    Head {
        method: method.to_owned(),
        path: path.to_owned(),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        instance: "request-1".to_owned(),
        loopback: true,
        caller: Caller::Nobody,
    }
}

fn admitted(engine: &Engine) -> Admission {
    match engine.head(ID, head("POST", PATH), &AT) {
        Verdict::Admitted(admission) => admission,
        Verdict::Answered { actions, .. } => panic!("not admitted: {actions:?}"),
    }
}

/// Names of what is counted, and statuses of what is answered.
fn told(engine: &Engine, actions: &[Action]) -> Vec<String> {
    let told = actions.iter().map(|action| match action {
        Action::Count { counter, .. } => counter.name(engine.plan()),
        Action::Reply { id, response } => format!("{} {}", id.0, response.status),
        Action::Note { note, .. } => note.change.to_owned(),
        Action::Call { request, .. } => request.name.clone(),
    });
    told.map(|line| line.replace("ifs_adapter_", "").replace(";institute=9901", "")).collect()
}

#[test]
fn a_head_that_is_refused_is_answered_and_counted_where_it_is_judged() {
    for (trust, method, path, expected, reason) in [
        (
            Trust::Unset,
            "POST",
            PATH,
            [
                "answer_bytes_total;api=IFS02",
                "answers_total;api=IFS02;operation=IFS02.1;status=401;outcome=request.identity;blame=request",
                "7 401",
            ],
            Some("no-trust"),
        ),
        (
            Trust::Development,
            "GET",
            PATH,
            [
                "answer_bytes_total;api=IFS02",
                "answers_total;api=IFS02;operation=IFS02.1;status=405;outcome=request.method;blame=request",
                "7 405",
            ],
            None,
        ),
        (
            Trust::Development,
            "POST",
            "/elsewhere",
            [
                "answer_bytes_total;api=none",
                "answers_total;api=none;operation=none;status=404;outcome=request.path;blame=request",
                "7 404",
            ],
            None,
        ),
        (
            Trust::Development,
            "POST",
            "/ifs02/status",
            [
                "answer_bytes_total;api=IFS02",
                "answers_total;api=IFS02;operation=status;status=405;outcome=request.method;blame=request",
                "7 405",
            ],
            None,
        ),
    ] {
        let engine = engine(trust);
        let Verdict::Answered { actions, reason: why } = engine.head(ID, head(method, path), &AT) else {
            panic!("{method} {path} is admitted")
        };
        assert_eq!(told(&engine, &actions), expected);
        assert_eq!(why, reason, "{method} {path}");
    }
}

#[test]
fn a_head_that_is_admitted_says_what_for() {
    let mut engine = engine(Trust::Development);
    let admission = admitted(&engine);
    assert_eq!((admission.id(), admission.target().name()), (ID, "IFS02.1"));
    assert_eq!(u64::try_from(admission.limit()).unwrap(), engine.plan().limits().body);
    let actions = engine.handle(Event::TooLarge(admission), &Watched::default());
    let answers = "answers_total;api=IFS02;operation=IFS02.1;status=413;outcome=limit.body;blame=limit";
    assert_eq!(told(&engine, &actions), ["answer_bytes_total;api=IFS02", answers, "7 413"]);
    // Whoever does not look at the limit is told the same.
    let (admission, body) = (admitted(&engine), vec![b' '; admission_limit(&engine) + 1]);
    let actions = engine.handle(Event::Request { admission, body }, &Watched::default());
    assert_eq!(told(&engine, &actions)[1..], ["answer_bytes_total;api=IFS02", answers, "7 413"]);
}

fn admission_limit(engine: &Engine) -> usize {
    admitted(engine).limit()
}

/// A host may charge for its clock.
#[test]
fn only_a_request_and_the_steward_ask_for_the_clock_on_the_wall() {
    let mut engine = engine(Trust::Development);
    let clock = Watched::default();
    let body = br#"{"tax_code":"RSSMRA80A01F205X"}"#.to_vec();
    let event = Event::Request { admission: admitted(&engine), body };
    let actions = engine.handle(event, &clock);
    assert_eq!((clock.wall.get(), clock.ticks.get()), (1, 1));
    let call = actions.iter().find_map(|action| match action {
        Action::Call { call, .. } => Some(*call),
        _ => None,
    });
    let call = call.expect("a call");
    assert_eq!(call.owner(), ID);
    engine.handle(Event::Ended { call, result: answer("[]") }, &clock);
    engine.handle(Event::Timer, &clock);
    assert_eq!((clock.wall.get(), clock.ticks.get()), (1, 3));
    // Of nobody nothing is asked.
    engine.handle(Event::Abandoned(ID), &clock);
    engine.handle(Event::Abandoned(ID), &clock);
    assert_eq!((clock.wall.get(), clock.ticks.get()), (1, 4));
    engine.handle(Event::Steward, &clock);
    assert_eq!((clock.wall.get(), clock.ticks.get()), (2, 5));
}

#[test]
fn every_event_but_the_timers_is_somebodys() {
    let mut engine = engine(Trust::Development);
    let own = |event: &Event| event.owner();
    assert_eq!(own(&Event::TooLarge(admitted(&engine))), Some(ID));
    assert_eq!(own(&Event::Request { admission: admitted(&engine), body: Vec::new() }), Some(ID));
    assert_eq!((own(&Event::Abandoned(ID)), own(&Event::Steward), own(&Event::Timer)), (Some(ID), Some(STEWARD), None));
    let body = br#"{"tax_code":"RSSMRA80A01F205X"}"#.to_vec();
    let admission = admitted(&engine);
    for action in engine.handle(Event::Request { admission, body }, &Watched::default()) {
        assert!(action.owner().is_none_or(|owner| owner == ID), "{action:?}");
    }
}
