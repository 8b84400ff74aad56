//! The engine: events in, actions out. It owns everything that decides an answer and does no I/O.
//!
//! A shell gives it events ([`Engine::accept`], [`Engine::on_response`], [`Engine::on_timer`], [`Engine::abandon`]) and
//! carries out the [`Action`]s it gives back, in order. Time is what the shell says it is ([`Clock`]).

use crate::bundle::LoadError;
use crate::contract::Operation;
use crate::counter::{Counter, Target};
use crate::eval::memory::Memory;
use crate::exchange::admit::{self, Admitted};
use crate::exchange::{Exchange, Step, Turn};
use crate::identity::Trust;
use crate::outbox::{Action, CallIds, HeadVerdict, Outbox};
use crate::plan::Plan;
use crate::problem::{Code, Problem};
use crate::session::Secrets;
use crate::steward::{self, Steward};
use crate::store::{MemoryStore, SharedStore};
use crate::trace_context;
use crate::value::Full;
use crate::wire::{CallId, CallResult, Clock, ExchangeId, Head, Response, STEWARD};

/// What the shell lends an engine.
pub struct Host<'h> {
    /// What all engines of the process share.
    pub store: Box<dyn SharedStore>,
    /// A number that no other engine over the same store has.
    pub seed: u64,
    /// Gives the value of a secret by its name in the mapping.
    pub secret: &'h dyn Fn(&str) -> Option<String>,
}

/// Nothing shared, no secrets.
impl Default for Host<'_> {
    fn default() -> Self {
        Self { store: Box::new(MemoryStore::default()), seed: 0, secret: &|_| None }
    }
}

/// One engine per bundle and VM.
#[derive(Debug)]
pub struct Engine {
    plan: Plan,
    trust: Trust,
    store: Box<dyn SharedStore>,
    secrets: Secrets,
    steward: Steward,
    ids: CallIds,
    exchanges: Vec<(ExchangeId, Box<Exchange>)>,
    #[cfg(feature = "explain")]
    listener: Option<Box<dyn crate::eval::memory::Listener>>,
}

impl Engine {
    /// An engine for a loaded bundle.
    ///
    /// # Errors
    /// If the host lacks a secret that the bundle names, or the trust does not cover what it serves; the error names it.
    pub fn new(plan: Plan, trust: Trust, host: Host<'_>) -> Result<Self, LoadError> {
        trust.check(plan.operations()).map_err(LoadError)?;
        let mut secrets = Vec::new();
        for name in plan.secrets() {
            match (host.secret)(name).filter(|value| !value.is_empty()) {
                Some(value) => secrets.push(value),
                None => return Err(LoadError(["the host gives no secret `", name, "`"].concat())),
            }
        }
        let secrets = Secrets(secrets);
        let steward = Steward::new(&plan, host.seed);
        let (ids, exchanges) = (CallIds::default(), Vec::new());
        Ok(Self {
            plan,
            trust,
            store: host.store,
            secrets,
            steward,
            ids,
            exchanges,
            #[cfg(feature = "explain")]
            listener: None,
        })
    }

    /// Tells somebody what happens in the next exchange.
    #[cfg(feature = "explain")]
    pub(crate) fn listen(&mut self, listener: Box<dyn crate::eval::memory::Listener>) {
        self.listener = Some(listener);
    }

    /// The bundle it runs.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// How far the gateway is trusted; says who sends a request.
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// Looks at a request's head: route, method, trust, media type, declared length.
    pub fn head(&self, head: &Head) -> HeadVerdict {
        match admit::head(&self.plan, &self.trust, head) {
            Ok(Admitted::Operation(_)) => HeadVerdict::Body { limit: self.body_limit() },
            Ok(Admitted::Status) => HeadVerdict::Reply(running()),
            Err(refusal) => HeadVerdict::Reply(refusal.response(&head.instance)),
        }
    }

    /// What is amiss with the caller of a head that is answered 401 or 403: one of the words of `docs/trust.md`, for the
    /// operator's log alone.
    pub fn objection(&self, head: &Head) -> Option<&'static str> {
        admit::head(&self.plan, &self.trust, head).err()?.reason
    }

    /// Refuses a body longer than [`HeadVerdict::Body`] allowed; the rest of it need not be read.
    pub fn too_large(&self, id: ExchangeId, head: &Head) -> Vec<Action> {
        let problem = Problem::from(Code::LimitBody);
        refused(id, Target::of(&self.plan, &head.path), problem.code, problem.response(&head.instance))
    }

    fn body_limit(&self) -> usize {
        usize::try_from(self.plan.limits().body).unwrap_or(usize::MAX)
    }

    /// Takes a whole request. Its head is looked at again, so a shell may skip [`Engine::head`].
    pub fn accept(&mut self, id: ExchangeId, head: Head, body: Vec<u8>, clock: Clock) -> Vec<Action> {
        let operation = match admit::head(&self.plan, &self.trust, &head) {
            Ok(Admitted::Operation(operation)) => operation,
            Ok(Admitted::Status) => return answered(id, Target::of(&self.plan, &head.path), None, running()),
            Err(refusal) => {
                let target = Target::of(&self.plan, &head.path);
                return refused(id, target, refusal.problem.code, refusal.response(&head.instance));
            }
        };
        let mut actions = bytes(Counter::RequestBytes(Target::from(operation)), body.len());
        actions.extend(self.admitted(id, operation, head, body, clock));
        actions
    }

    fn admitted(
        &mut self,
        id: ExchangeId,
        operation: &'static Operation,
        head: Head,
        body: Vec<u8>,
        clock: Clock,
    ) -> Vec<Action> {
        let target = Target::from(operation);
        let refuse = |problem: &Problem| refused(id, target, problem.code, problem.response(&head.instance));
        if body.len() > self.body_limit() {
            return refuse(&Problem::from(Code::LimitBody));
        }
        if u64::try_from(self.exchanges.len()).unwrap_or(u64::MAX) >= self.plan.limits().exchanges {
            return refuse(&Problem::from(Code::LimitExchanges));
        }
        let mut memory = Memory::new(&self.plan);
        if self.secrets.lend(&mut memory).is_err() {
            return refuse(&Problem::from(Code::LimitLegacyTotal));
        }
        match admit::caller(&mut memory.arena, &head.caller) {
            Ok(caller) => memory.provided.caller = caller,
            Err(Full) => return refuse(&Problem::from(Code::LimitLegacyTotal)),
        }
        let request = match admit::body(&self.plan, operation, &mut memory.arena, body) {
            Ok(request) => request,
            Err(problem) => return refuse(&problem),
        };
        explain! {
            memory.listener = self.listener.take();
        }
        tell!(memory, &self.plan, Begun(operation));
        let propagated = trace_context::headers(&head.headers);
        self.turn(id, target, clock.tick_ms, |turn| {
            Exchange::start(turn, operation, head.instance, propagated, memory, request, clock)
        })
    }

    /// Whether [`Engine::steward`] has anything to do for this bundle; a shell needs no timer otherwise.
    pub fn needs_steward(&self) -> bool {
        self.steward.is_needed()
    }

    /// Lets the engine keep sessions warm, if it is the one of all engines over the store that does. A shell calls it
    /// about once a second from a context that outlives requests: the calls are [`STEWARD`]'s, and their answers go to
    /// [`Engine::on_steward_response`].
    pub fn steward(&mut self, clock: Clock) -> Vec<Action> {
        self.steward_turn(clock, Steward::tick)
    }

    /// A call of the steward's has ended.
    pub fn on_steward_response(&mut self, call: CallId, result: CallResult, clock: Clock) -> Vec<Action> {
        self.steward_turn(clock, |steward, turn| steward.on_response(turn, call, result))
    }

    fn steward_turn(&mut self, clock: Clock, event: impl FnOnce(&mut Steward, &mut steward::Turn<'_>)) -> Vec<Action> {
        let mut out = Outbox::default();
        let mut turn = steward::Turn {
            plan: &self.plan,
            store: &*self.store,
            secrets: &self.secrets,
            clock,
            ids: &mut self.ids,
            out: &mut out,
        };
        event(&mut self.steward, &mut turn);
        let mut actions = Vec::new();
        out.act(STEWARD, &mut actions, true);
        actions
    }

    /// A call has ended. An answer to a call the engine no longer knows is discarded and counted.
    pub fn on_response(&mut self, call: CallId, result: CallResult, tick_ms: u64) -> Vec<Action> {
        let id = CallIds::owner(call);
        let known = self.exchanges.iter().any(|(other, exchange)| *other == id && exchange.awaits(call));
        let Some(exchange) = known.then(|| self.remove(id)).flatten() else {
            return vec![Action::Count { counter: Counter::LateAnswers, by: 1 }];
        };
        self.turn(id, exchange.operation().into(), tick_ms, |turn| exchange.on_response(turn, call, result))
    }

    fn remove(&mut self, id: ExchangeId) -> Option<Box<Exchange>> {
        let at = self.exchanges.iter().position(|(other, _)| *other == id)?;
        Some(self.exchanges.swap_remove(at).1)
    }

    /// Ends exchanges whose deadline has passed. Shells with timers call it; call timeouts end them otherwise.
    pub fn on_timer(&mut self, tick_ms: u64) -> Vec<Action> {
        let due: Vec<ExchangeId> =
            self.exchanges.iter().filter(|(_, e)| e.deadline() <= tick_ms).map(|(id, _)| *id).collect();
        let mut actions = Vec::new();
        for id in due {
            if let Some(exchange) = self.remove(id) {
                actions.extend(self.turn(id, exchange.operation().into(), tick_ms, |turn| exchange.on_timer(turn)));
            }
        }
        actions
    }

    /// The consumer has gone: no further call starts and what comes back is discarded.
    pub fn abandon(&mut self, id: ExchangeId) -> Vec<Action> {
        let Some(exchange) = self.remove(id) else { return Vec::new() };
        vec![Action::Count { counter: Counter::Abandoned(exchange.operation().into()), by: 1 }]
    }

    /// Lets an exchange handle an event, and turns what it left into actions.
    fn turn(
        &mut self,
        id: ExchangeId,
        target: Target,
        tick_ms: u64,
        event: impl FnOnce(&mut Turn<'_>) -> Step,
    ) -> Vec<Action> {
        let mut out = Outbox::default();
        let step =
            event(&mut Turn { id, plan: &self.plan, store: &*self.store, tick_ms, ids: &mut self.ids, out: &mut out });
        let mut actions = Vec::new();
        // Calls that an exchange which is over would still have made are not made.
        out.act(id, &mut actions, matches!(step, Step::Waiting(_)));
        match step {
            Step::Waiting(exchange) => self.exchanges.push((id, exchange)),
            Step::Done(response, problem) => actions.extend(answered(id, target, problem, response)),
        }
        actions
    }
}

/// An answer, counted.
fn answered(id: ExchangeId, target: Target, problem: Option<Code>, response: Response) -> Vec<Action> {
    let mut actions = bytes(Counter::AnswerBytes(target), response.body.len());
    actions.push(Action::Count { counter: Counter::Answers { target, status: response.status, problem }, by: 1 });
    actions.push(Action::Reply { id, response });
    actions
}

/// A refusal, counted.
fn refused(id: ExchangeId, target: Target, code: Code, response: Response) -> Vec<Action> {
    answered(id, target, Some(code), response)
}

/// Bytes, counted if there are any.
fn bytes(counter: Counter, many: usize) -> Vec<Action> {
    let by = u64::try_from(many).unwrap_or(u64::MAX);
    if by == 0 { Vec::new() } else { vec![Action::Count { counter, by }] }
}

/// The answer to `GET /status`: the bundle is loaded and served.
fn running() -> Response {
    Response { status: 204, headers: vec![("cache-control", "no-store".to_owned())], body: Vec::new() }
}
