//! Consumers share: places of requests, and turns of calls that the host has no room for.

// Test code: a wrong index or a missing value is a failed test.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

mod common;

use std::collections::VecDeque;

use adapter_core::bundle::{Bundle, seal};
use adapter_core::limits::Limits;
use adapter_core::{
    Action, CallId, CallRequest, CallResult, Caller, Clock, Engine, Event, ExchangeId, Head, Identity, MemoryStore,
    Plan, Resources, Trust, Verdict,
};
use common::{answer, bundle, code_of};
use shell::Dispatched;

const BODY: &str = r#"{"tax_code":"RSSMRA80A01F205X"}"#;

/// A host that has room for so many calls, and time that passes when it is told.
struct House {
    engine: Engine,
    room: usize,
    tick: u64,
    /// Calls in flight and when they end.
    open: VecDeque<(CallId, u64)>,
    /// How long a call takes.
    takes: u64,
    /// Answers: request, status, code, when.
    replies: Vec<(u32, u16, String, u64)>,
    /// Requests whose ends nobody is told of.
    left: Vec<u32>,
}

impl House {
    fn new(room: usize, consumer: u64) -> Self {
        Self::with(room, Limits { consumer, ..Limits::default() }, Resources::default())
    }

    fn over(store: MemoryStore, seed: u64) -> Self {
        let resources = Resources { store: Box::new(store), seed, ..Resources::default() };
        Self::with(1_000, Limits::default(), resources)
    }

    fn with(room: usize, limits: Limits, resources: Resources<'_>) -> Self {
        let bundle = Bundle { limits, ..bundle() };
        let trust = r#"{"identity":"voucher","partners":"partner"}"#;
        let plan = Plan::load(&seal(&bundle).unwrap()).unwrap();
        let engine = Engine::new(plan, Trust::parse(trust).unwrap(), resources).unwrap();
        let (open, replies, left) = (VecDeque::new(), Vec::new(), Vec::new());
        Self { engine, room, tick: 0, open, takes: 400, replies, left }
    }

    fn ask(&mut self, id: u32, consumer: &str) {
        self.ask_as(id, consumer, false);
    }

    fn ask_as(&mut self, id: u32, consumer: &str, partner: bool) {
        let identity =
            Identity { client_id: "c".to_owned(), consumer_id: consumer.to_owned(), partner, ..Identity::default() };
        let head = Head {
            method: "POST".to_owned(),
            path: "/ifs02/academic-enrollments".to_owned(),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            instance: "request-1".to_owned(),
            loopback: false,
            caller: Caller::Known(Box::new(identity)),
        };
        let clock = Clock { now_ms: 0, tick_ms: self.tick };
        let Verdict::Admitted(admission) = self.engine.head(ExchangeId(id), head, &clock) else {
            panic!("not admitted")
        };
        shell::drive(self, Event::Request { admission, body: BODY.as_bytes().to_vec() });
    }

    /// Its consumer goes; what its calls bring is told to nobody.
    fn leave(&mut self, id: u32) {
        self.left.push(id);
        shell::drive(self, Event::Abandoned(ExchangeId(id)));
    }

    /// Lets time pass, in steps of a millisecond.
    fn pass(&mut self, ms: u64) {
        for _ in 0..ms {
            self.tick += 1;
            while self.open.front().is_some_and(|(_, ends)| *ends <= self.tick) {
                let (call, _) = self.open.pop_front().unwrap();
                if !self.left.contains(&call.owner().0) {
                    shell::drive(self, Event::Ended { call, result: answer("[]") });
                }
            }
            if self.engine.is_call_waiting() {
                shell::drive(self, Event::Timer);
            }
        }
    }

    fn reply(&self, id: u32) -> Option<(u16, &str)> {
        self.replies.iter().find(|(of, ..)| *of == id).map(|(_, status, code, _)| (*status, code.as_str()))
    }

    fn when(&self, id: u32) -> u64 {
        self.replies.iter().find(|(of, ..)| *of == id).map(|(.., when)| *when).unwrap_or_else(|| panic!("{id} waits"))
    }
}

impl shell::Host for House {
    fn handle(&mut self, event: Event) -> Vec<Action> {
        self.engine.handle(event, &Clock { now_ms: 1_772_355_600_000, tick_ms: self.tick })
    }

    fn dispatch(&mut self, call: CallId, request: CallRequest) -> Dispatched {
        if self.open.len() >= self.room {
            return Dispatched::NoRoom(request);
        }
        self.open.push_back((call, self.tick + self.takes));
        Dispatched::Sent
    }

    fn reply(&mut self, id: ExchangeId, response: adapter_core::Response) {
        let body = String::from_utf8(response.body).unwrap();
        let code = if body.contains("problem:") { code_of(&body) } else { String::new() };
        self.replies.push((id.0, response.status, code, self.tick));
    }

    fn count(&mut self, _: adapter_core::counter::Counter, _: u64) {}

    fn astray(&mut self, action: &Action) {
        panic!("it is another's: {action:?}");
    }
}

#[test]
fn a_modest_consumer_is_not_kept_waiting_by_a_greedy_one() {
    let alone = {
        let mut house = House::new(32, 128);
        house.ask(1, "modest");
        house.pass(5_000);
        house.when(1)
    };
    let mut house = House::new(32, 128);
    (1..=450).for_each(|id| house.ask(id, "greedy"));
    house.pass(1_000);
    let mut took: Vec<u64> = Vec::new();
    for id in 1_001..1_010 {
        let asked = house.tick;
        house.ask(id, "modest");
        while house.reply(id).is_none() {
            house.pass(1);
            assert!(house.tick < asked + 10_000, "{id} is not answered");
        }
        took.push(house.when(id) - asked);
        // The greedy one asks again for each that was refused or answered.
        let again = 2_000 + id * 100;
        (again..again + 60).for_each(|id| house.ask(id, "greedy"));
    }
    took.sort_unstable();
    assert!(took[took.len() / 2] <= 2 * alone, "{took:?}, alone {alone}");
}

#[test]
fn a_consumer_has_so_many_requests_in_flight_and_no_more() {
    let mut house = House::new(1_000, 3);
    (1..=4).for_each(|id| house.ask(id, "greedy"));
    assert_eq!(house.reply(4), Some((429, "limit.consumer")));
    // Another has its own, and a partner of the same name is another.
    house.ask(5, "modest");
    house.ask_as(6, "greedy", true);
    assert_eq!((house.reply(5), house.reply(6)), (None, None));
    house.pass(5_000);
    house.ask(7, "greedy");
    assert_eq!(house.reply(7), None);
}

#[test]
fn who_leaves_is_not_rid_of_its_calls() {
    let mut house = House::new(1_000, 3);
    for id in 1..=3 {
        house.ask(id, "greedy");
        house.leave(id);
    }
    house.ask(4, "greedy");
    assert_eq!(house.reply(4), Some((429, "limit.consumer")));
    // The longest that its calls may take.
    house.pass(5_000);
    house.ask(5, "greedy");
    assert_eq!(house.reply(5), Some((429, "limit.consumer")));
    house.pass(200);
    house.ask(6, "greedy");
    assert_eq!(house.reply(6), None);
}

#[test]
fn what_waits_of_a_request_that_is_over_is_never_sent() {
    let mut house = House::new(1, 100);
    (1..=3).for_each(|id| house.ask(id, "one"));
    house.leave(2);
    let before = house.open.len();
    house.left.clear();
    house.pass(450);
    // The third had its turn; the second is gone, and its place with it.
    assert_eq!(before, 1);
    assert!(house.open.iter().all(|(call, _)| call.owner() != ExchangeId(2)), "{:?}", house.open);
}

#[test]
fn a_call_waits_as_long_as_it_may_take() {
    let mut house = House::new(0, 100);
    house.ask(1, "one");
    house.pass(4_990);
    assert_eq!(house.reply(1), None);
    house.pass(20);
    assert_eq!(house.reply(1), Some((503, "limit.overflow")));
    assert!(!house.engine.is_call_waiting());
}

#[test]
fn an_end_that_comes_too_late_frees_the_place_at_once() {
    let mut house = House::new(1_000, 1);
    house.ask(1, "one");
    let (call, _) = house.open.pop_front().unwrap();
    house.leave(1);
    shell::drive(&mut house, Event::Ended { call, result: CallResult::TimedOut });
    house.ask(2, "one");
    assert_eq!(house.reply(2), None);
}

#[test]
fn a_call_that_was_left_has_its_room_as_long_as_calls_take() {
    let mut house = House::with(1_000, Limits { at_once: 2, ..Limits::default() }, Resources::default());
    house.ask(1, "modest");
    house.pass(1_300);
    assert!(house.reply(1).is_some());
    (2..=3).for_each(|id| house.ask(id, "greedy"));
    (2..=3).for_each(|id| house.leave(id));
    house.ask(4, "modest");
    house.pass(390);
    assert!(house.open.iter().all(|(call, _)| call.owner() != ExchangeId(4)), "{:?}", house.open);
    // Not told, but over by then.
    house.pass(20);
    assert!(house.open.iter().any(|(call, _)| call.owner() == ExchangeId(4)), "{:?}", house.open);
}

#[test]
fn engines_of_one_process_share_what_a_system_bears() {
    let store = MemoryStore::default();
    let mut houses: Vec<House> = (1..=3).map(|seed| House::over(store.clone(), seed)).collect();
    for tick in [100, 600] {
        for house in &mut houses {
            house.tick = tick;
            shell::drive(house, Event::Steward);
        }
    }
    // Two that serve, and the main thread's.
    let house = &mut houses[0];
    house.tick = 700;
    (1..=40).for_each(|id| house.ask(id, "one"));
    // Of 16 one consumer has seven eighths.
    assert_eq!(house.open.len(), 14);
    (41..=60).for_each(|id| house.ask(id, "other"));
    assert_eq!(house.open.len(), 16);
    // The others are heard of no more.
    house.tick = 4_000;
    shell::drive(house, Event::Timer);
    assert_eq!(house.open.len(), 32);
}
