//! The one loop that carries out what an engine asks for.

use std::collections::VecDeque;

use adapter_core::counter::Counter;
use adapter_core::{Action, CallId, CallRequest, CallResult, Event, ExchangeId, Note, Response};

/// What became of a call that was to be sent.
#[derive(Debug)]
pub enum Dispatched {
    /// It is in flight: its end is an event to come.
    Sent,
    /// It has ended: it could not be sent, or was answered there and then.
    Ended(CallResult),
    /// The host has no room for it now.
    NoRoom(CallRequest),
}

/// What an engine runs on.
pub trait Host {
    /// Lets the engine handle an event, at the time that it is.
    fn handle(&mut self, event: Event) -> Vec<Action>;

    /// Sends a call, if it can.
    fn dispatch(&mut self, call: CallId, request: CallRequest) -> Dispatched;

    /// Answers a request.
    fn reply(&mut self, id: ExchangeId, response: Response);

    /// Notes something of a request, for the gateway's own log; a host that has none drops it.
    fn note(&mut self, _: ExchangeId, _: Note) {}

    /// Counts something.
    fn count(&mut self, counter: Counter, by: u64);

    /// Says that an action is dropped, as it is of another than the one whose event it comes of: a host that acts for
    /// whomever it hears of cannot act for another. The engine gives everybody's actions to their own events, so that is
    /// a defect.
    fn astray(&mut self, action: &Action);
}

/// Lets the engine handle an event, and carries out what comes of it.
pub fn drive(host: &mut dyn Host, event: Event) {
    let owner = event.owner();
    let actions = host.handle(event);
    carry_out(host, owner, actions);
}

/// Carries out actions, in their order, and what comes of them. `owner` is whose they are; none if they may be of several.
pub fn carry_out(host: &mut dyn Host, owner: Option<ExchangeId>, actions: Vec<Action>) {
    let mut queue = VecDeque::from(actions);
    while let Some(action) = queue.pop_front() {
        if owner.zip(action.owner()).is_some_and(|(owner, own)| owner != own) {
            host.astray(&action);
            continue;
        }
        match action {
            Action::Call { call, request } => match host.dispatch(call, request) {
                Dispatched::Sent => {}
                Dispatched::Ended(result) => queue.extend(host.handle(Event::Ended { call, result })),
                Dispatched::NoRoom(request) => queue.extend(host.handle(Event::NoRoom { call, request })),
            },
            Action::Reply { id, response } => host.reply(id, response),
            Action::Note { id, note } => host.note(id, note),
            Action::Count { counter, by } => host.count(counter, by),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use adapter_core::STEWARD;

    use super::*;

    const OWN: ExchangeId = ExchangeId(7);
    const OTHER: ExchangeId = ExchangeId(8);

    /// An engine of prepared answers: what each call's end brings.
    #[derive(Default)]
    struct Script {
        ends: BTreeMap<CallId, Vec<Action>>,
        /// Calls that end at once.
        refused: Vec<CallId>,
        log: Vec<String>,
    }

    impl Host for Script {
        fn handle(&mut self, event: Event) -> Vec<Action> {
            let Event::Ended { call, result } = event else { panic!("{event:?}") };
            self.log.push(format!("ended {call:?} {result:?}"));
            self.ends.remove(&call).unwrap_or_default()
        }

        fn dispatch(&mut self, call: CallId, request: CallRequest) -> Dispatched {
            self.log.push(format!("call {}", request.name));
            if self.refused.contains(&call) { Dispatched::Ended(CallResult::Overflow) } else { Dispatched::Sent }
        }

        fn reply(&mut self, id: ExchangeId, response: Response) {
            self.log.push(format!("reply {} {}", id.0, response.status));
        }

        fn count(&mut self, counter: Counter, by: u64) {
            self.log.push(format!("count {counter:?} {by}"));
        }

        fn astray(&mut self, action: &Action) {
            self.log.push(format!("astray {:?}", action.owner().map(|owner| owner.0)));
        }
    }

    fn call(owner: ExchangeId, number: u32, name: &str) -> Action {
        let request = CallRequest {
            name: name.to_owned(),
            cluster: String::new(),
            authority: String::new(),
            method: "GET",
            path: "/".to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            timeout_ms: 1,
            body_limit: 1,
        };
        Action::Call { call: CallId::new(owner, number), request }
    }

    fn reply(id: ExchangeId) -> Action {
        Action::Reply { id, response: Response { status: 200, headers: Vec::new(), body: Vec::new() } }
    }

    #[test]
    fn what_comes_of_an_action_is_done_after_what_was_asked_before() {
        let (first, second) = (CallId::new(OWN, 1), CallId::new(OWN, 2));
        let mut host = Script { refused: vec![first], ..Script::default() };
        host.ends.insert(first, vec![Action::Count { counter: Counter::LateAnswers, by: 2 }, reply(OWN)]);
        carry_out(&mut host, Some(OWN), vec![call(OWN, 1, "a"), call(OWN, 2, "b")]);
        let ended = format!("ended {first:?} Overflow");
        assert_eq!(host.log, ["call a", &ended, "call b", "count LateAnswers 2", "reply 7 200"]);

        // One in flight ends later.
        host.log.clear();
        host.ends.insert(second, vec![reply(OWN)]);
        drive(&mut host, Event::Ended { call: second, result: CallResult::TimedOut });
        assert_eq!(host.log, [&format!("ended {second:?} TimedOut"), "reply 7 200"]);
    }

    #[test]
    fn nobody_acts_for_another() {
        let mut host = Script::default();
        let actions = vec![call(OTHER, 1, "a"), reply(OTHER), call(STEWARD, 2, "b"), reply(OWN)];
        carry_out(&mut host, Some(OWN), actions);
        assert_eq!(host.log, ["astray Some(8)", "astray Some(8)", "astray Some(0)", "reply 7 200"]);

        host.log.clear();
        carry_out(&mut host, None, vec![reply(OTHER), reply(OWN)]);
        assert_eq!(host.log, ["reply 8 200", "reply 7 200"]);
    }
}
