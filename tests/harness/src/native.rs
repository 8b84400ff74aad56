//! The native layer: the engine as a library, its calls made over real sockets.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use adapter_core::counter::Counter;
use adapter_core::{
    Action, CallId, CallRequest, CallResult, Caller, Clock, Engine, Event, ExchangeId, Head, Plan, Resources, Response,
    STEWARD, Verdict,
};

use shell::{Dispatched, Settings};

use crate::http::{Answer, Request};
use crate::in_order::InOrder;
use crate::proofs::{Proofs, Proved};
use crate::systems::{self, Systems};

/// An engine with the systems it calls.
pub struct Native {
    engine: Engine,
    systems: Arc<Systems>,
    now_ms: i64,
    proofs: Proofs,
    /// In place of what the proofs say.
    caller: Caller,
    /// Origin of the engine's ticks: what it shares among requests is dated by them.
    origin: Instant,
    next: u32,
    made: BTreeMap<String, u64>,
}

impl Native {
    /// Loads what the filter would be configured with; `now_ms` is the clock where that names none.
    ///
    /// # Errors
    /// If it does not fit.
    pub fn new(plugin: &[u8], now_ms: i64, systems: Arc<Systems>) -> Result<Self, String> {
        let settings = Settings::parse(plugin)?;
        let now_ms = settings.now_ms.unwrap_or(now_ms);
        let plan = Plan::load(settings.bundle).map_err(|e| e.to_string())?;
        let resources = Resources {
            secret: &systems::secret,
            cursor_keys: systems::cursor_keys(),
            reference_key: Some(systems::KEY.to_owned()),
            ..Resources::default()
        };
        let engine =
            Engine::new(plan, settings.trust, resources).map_err(|e| e.to_string())?.answering(settings.answers);
        let (proofs, caller) = (Proofs::default(), Caller::Nobody);
        let origin = Instant::now();
        Ok(Self { engine, systems, now_ms, proofs, caller, origin, next: 0, made: BTreeMap::new() })
    }

    /// What the gateway proves of the senders of further requests; in development, who they are.
    pub fn prove(&mut self, proofs: &Proofs, caller: Caller) {
        (self.proofs, self.caller) = (proofs.clone(), caller);
    }

    /// How many calls were made since the beginning, by their names in the mapping.
    #[must_use]
    pub fn made(&self) -> &BTreeMap<String, u64> {
        &self.made
    }

    /// Sends one request through the engine and waits for the reply.
    ///
    /// # Errors
    /// If the engine gives no reply.
    pub fn exchange(&mut self, request: &Request) -> Result<Answer, String> {
        let mut headers: Vec<(String, String)> =
            request.headers.iter().map(|(n, v)| (n.to_ascii_lowercase(), v.clone())).collect();
        headers.extend(request.content_length().map(|length| ("content-length".to_owned(), length.to_string())));
        let instance = headers.iter().find(|(n, _)| n == "x-request-id").map(|(_, v)| v.clone()).unwrap_or_default();
        let caller = match &self.caller {
            Caller::Nobody => {
                let proved = Proved { proofs: &self.proofs, now_ms: self.now_ms };
                self.engine.trust().identify(&headers, &proved)
            }
            known => known.clone(),
        };
        let (method, path) = (request.method.clone(), request.target.clone());
        let head = Head { method, path, headers, instance, loopback: true, caller };
        self.next += 1;
        self.run(ExchangeId(self.next), head, request.body.clone())
    }

    fn clock(&self) -> Clock {
        let tick_ms = u64::try_from(self.origin.elapsed().as_millis()).unwrap_or(u64::MAX);
        Clock { now_ms: self.now_ms, tick_ms }
    }

    /// Lets the engine be steward, and waits until all it then asks has ended.
    ///
    /// # Errors
    /// If a call does not end.
    pub fn tick(&mut self) -> Result<(), String> {
        let mut steward = Exchange::new(self, STEWARD);
        shell::drive(&mut steward, Event::Steward);
        while !steward.calls.is_empty() {
            if let Some((call, result)) = steward.next()? {
                shell::drive(&mut steward, Event::Ended { call, result });
            }
        }
        steward.reply.take().map_or(Ok(()), |reply| reply.map(drop))
    }

    /// Hands every body to the engine, one over the limit too: who counts what it brought is the engine then.
    fn run(&mut self, id: ExchangeId, head: Head, body: Vec<u8>) -> Result<Answer, String> {
        let mut exchange = Exchange::new(self, id);
        let clock = exchange.native.clock();
        match exchange.native.engine.head(id, head, &clock) {
            Verdict::Answered { actions, .. } => shell::carry_out(&mut exchange, Some(id), actions),
            Verdict::Admitted(admission) => shell::drive(&mut exchange, Event::Request { admission, body }),
        }
        loop {
            if let Some(reply) = exchange.reply.take() {
                return reply;
            }
            match exchange.next()? {
                Some((call, result)) => shell::drive(&mut exchange, Event::Ended { call, result }),
                None => shell::drive(&mut exchange, Event::Timer),
            }
        }
    }
}

/// A request that is under way.
struct Exchange<'n> {
    native: &'n mut Native,
    id: ExchangeId,
    calls: InOrder,
    reply: Option<Result<Answer, String>>,
}

impl<'n> Exchange<'n> {
    fn new(native: &'n mut Native, id: ExchangeId) -> Self {
        let calls = InOrder::new(Arc::clone(&native.systems));
        Self { native, id, calls, reply: None }
    }

    /// As [`InOrder::next`].
    fn next(&mut self) -> Result<Option<(CallId, CallResult)>, String> {
        self.calls.next(self.native.engine.is_call_waiting())
    }
}

impl shell::Host for Exchange<'_> {
    fn handle(&mut self, event: Event) -> Vec<Action> {
        let clock = self.native.clock();
        self.native.engine.handle(event, &clock)
    }

    fn dispatch(&mut self, call: CallId, request: CallRequest) -> Dispatched {
        *self.native.made.entry(request.name.clone()).or_default() += 1;
        self.calls.send(call, request).map_or(Dispatched::Sent, Dispatched::Ended)
    }

    fn reply(&mut self, _: ExchangeId, response: Response) {
        self.reply = Some(Ok(answer(response)));
    }

    fn count(&mut self, _: Counter, _: u64) {}

    fn astray(&mut self, action: &Action) {
        self.reply = Some(Err(format!("of request {} came an action of another's: {action:?}", self.id.0)));
    }
}

fn answer(response: Response) -> Answer {
    let headers = response.headers.into_iter().map(|(n, v)| (n.to_owned(), v)).collect();
    Answer { status: response.status, headers, body: response.body }
}
