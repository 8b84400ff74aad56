//! An engine whose calls are answered there and then, by a function in the systems' place.

use adapter_core::counter::Counter;
use adapter_core::{
    Action, CallId, CallRequest, CallResult, Clock, Engine, Event, ExchangeId, Head, Response, Verdict,
};

use crate::driver::{Dispatched, Host, carry_out, drive};

/// The one request that is asked at a time.
const ID: ExchangeId = ExchangeId(1);

/// An engine with the systems that answer it.
pub struct InMemory<'e, S> {
    engine: &'e mut Engine,
    systems: S,
    /// What time it is; it stands still unless it is set.
    pub clock: Clock,
    /// What was answered. One request has one answer.
    pub replies: Vec<Response>,
    /// What was counted.
    pub counted: Vec<(Counter, u64)>,
}

impl<'e, S: FnMut(CallId, CallRequest) -> CallResult> InMemory<'e, S> {
    /// An engine at a time, and what answers its calls.
    pub fn new(engine: &'e mut Engine, clock: Clock, systems: S) -> Self {
        Self { engine, systems, clock, replies: Vec::new(), counted: Vec::new() }
    }

    /// Asks, as a gateway would: what the head does not let in, is answered without the body.
    pub fn ask(&mut self, head: Head, body: Vec<u8>) {
        match self.engine.head(ID, head, &self.clock) {
            Verdict::Answered { actions, .. } => carry_out(self, Some(ID), actions),
            Verdict::Admitted(admission) if body.len() > admission.limit() => drive(self, Event::TooLarge(admission)),
            Verdict::Admitted(admission) => drive(self, Event::Request { admission, body }),
        }
    }
}

impl<S: FnMut(CallId, CallRequest) -> CallResult> Host for InMemory<'_, S> {
    fn handle(&mut self, event: Event) -> Vec<Action> {
        self.engine.handle(event, &self.clock)
    }

    fn dispatch(&mut self, call: CallId, request: CallRequest) -> Dispatched {
        Dispatched::Ended((self.systems)(call, request))
    }

    fn reply(&mut self, _: ExchangeId, response: Response) {
        self.replies.push(response);
    }

    fn count(&mut self, counter: Counter, by: u64) {
        self.counted.push((counter, by));
    }

    /// No other request is under way, and nobody asks for the steward.
    fn astray(&mut self, _: &Action) {}
}
