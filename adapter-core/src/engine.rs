//! The engine: events in, actions out. It owns everything that decides an answer and does no I/O.
//!
//! A shell has heads judged ([`Engine::head`]), gives the engine events ([`Engine::handle`]), and carries out the
//! [`Action`]s that come back, in order. Time is what the shell says it is ([`Time`]).

use crate::answers::Answers;
use crate::bundle::{LoadError, SystemIndex};
use crate::counter::{Counter, Target};
use crate::door::{self, Admission, Event, Verdict};
use crate::eval::memory::Memory;
use crate::exchange::{Exchange, Step, Turn, admit};
use crate::identity::Trust;
use crate::outbox::{Action, CallIds, Outbox, answered, bytes};
use crate::plan::Plan;
use crate::probe;
use crate::problem::{Code, Problem};
use crate::session::Secrets;
use crate::steward::{self, Steward};
use crate::store::{MemoryStore, SharedStore};
use crate::value::Full;
use crate::wire::{CallId, CallResult, Clock, ExchangeId, Head, STEWARD, Time};

/// What the shell lends an engine.
pub struct Resources<'h> {
    /// What all engines of the process share.
    pub store: Box<dyn SharedStore>,
    /// A number that no other engine over the same store has.
    pub seed: u64,
    /// When the engine is made, as [`Time::tick_ms`] has it: for a while from then on, systems that nobody has asked yet
    /// count as there.
    pub tick_ms: u64,
    /// Gives the value of a secret by its name in the mapping.
    pub secret: &'h dyn Fn(&str) -> Option<String>,
}

/// Nothing shared, no secrets.
impl Default for Resources<'_> {
    fn default() -> Self {
        Self { store: Box::new(MemoryStore::default()), seed: 0, tick_ms: 0, secret: &|_| None }
    }
}

/// One engine per bundle and VM.
#[derive(Debug)]
pub struct Engine {
    plan: Plan,
    trust: Trust,
    answers: Answers,
    store: Box<dyn SharedStore>,
    secrets: Secrets,
    steward: Steward,
    since: u64,
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
    pub fn new(plan: Plan, trust: Trust, resources: Resources<'_>) -> Result<Self, LoadError> {
        trust.check(plan.operations()).map_err(LoadError)?;
        let mut secrets = Vec::new();
        for name in plan.secrets() {
            match (resources.secret)(name).filter(|value| !value.is_empty()) {
                Some(value) => secrets.push(value),
                None => return Err(LoadError(["the host gives no secret `", name, "`"].concat())),
            }
        }
        let secrets = Secrets(secrets);
        let steward = Steward::new(&plan, resources.seed);
        let (ids, exchanges) = (CallIds::default(), Vec::new());
        Ok(Self {
            plan,
            trust,
            answers: Answers::default(),
            store: resources.store,
            secrets,
            steward,
            since: resources.tick_ms,
            ids,
            exchanges,
            #[cfg(feature = "explain")]
            listener: None,
        })
    }

    /// The same engine, sending such answers.
    #[must_use]
    pub fn answering(self, answers: Answers) -> Self {
        Self { answers, ..self }
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

    /// Judges a request's head: route, method, trust, query, media type, declared length. What time it is, is asked for
    /// `GET /status` alone.
    pub fn head(&self, id: ExchangeId, head: Head, time: &dyn Time) -> Verdict {
        let there =
            |systems: &[SystemIndex]| probe::all_there(&*self.store, &self.plan, systems, self.since, time.tick_ms());
        door::judge(&self.plan, &self.trust, self.answers, &there, id, head)
    }

    /// Whether [`Event::Steward`] is of any use for this bundle; a shell needs no timer otherwise.
    pub fn needs_steward(&self) -> bool {
        self.steward.is_needed()
    }

    /// Takes an event. What comes of it is of one exchange, or of the steward: see [`Event::owner`].
    pub fn handle(&mut self, event: Event, time: &dyn Time) -> Vec<Action> {
        match event {
            Event::Request { admission, body } => self.accept(admission, body, Clock::at(time)),
            Event::TooLarge(admission) => self.refused(&admission, &Problem::from(Code::LimitBody)),
            Event::Ended { call, result } if call.owner() == STEWARD => {
                self.steward_turn(Clock::at(time), |steward, turn| steward.on_response(turn, call, result))
            }
            Event::Ended { call, result } => self.ended(call, result, time.tick_ms()),
            Event::Abandoned(id) => self.abandoned(id),
            Event::Timer => self.on_timer(time.tick_ms()),
            Event::Steward => self.steward_turn(Clock::at(time), Steward::tick),
        }
    }

    fn accept(&mut self, admission: Admission, body: Vec<u8>, clock: Clock) -> Vec<Action> {
        let mut actions = bytes(Counter::RequestBytes(admission.target()), body.len());
        actions.extend(self.admitted(admission, body, clock));
        actions
    }

    fn admitted(&mut self, admission: Admission, body: Vec<u8>, clock: Clock) -> Vec<Action> {
        if body.len() > admission.limit() {
            return self.refused(&admission, &Problem::from(Code::LimitBody));
        }
        if u64::try_from(self.exchanges.len()).unwrap_or(u64::MAX) >= self.plan.limits().exchanges {
            return self.refused(&admission, &Problem::from(Code::LimitExchanges));
        }
        let mut memory = Memory::new(&self.plan);
        if self.secrets.lend(&mut memory).is_err() {
            return self.refused(&admission, &Problem::from(Code::LimitLegacyTotal));
        }
        match admit::caller(&mut memory.arena, &admission.caller) {
            Ok(caller) => memory.provided.caller = caller,
            Err(Full) => return self.refused(&admission, &Problem::from(Code::LimitLegacyTotal)),
        }
        let Admission { operation, .. } = admission;
        let request = match admit::body(&self.plan, operation, &mut memory.arena, body) {
            Ok(request) => request,
            Err(problem) => return self.refused(&admission, &problem),
        };
        explain! {
            memory.listener = self.listener.take();
        }
        tell!(memory, &self.plan, Begun(operation));
        let Admission { id, instance, trace, .. } = admission;
        self.turn(id, operation.into(), clock.tick_ms, |turn| {
            Exchange::start(turn, operation, instance, trace, memory, request, clock)
        })
    }

    fn steward_turn(
        &mut self,
        clock: Clock,
        event: impl FnOnce(&mut Steward, &mut steward::StewardTurn<'_>),
    ) -> Vec<Action> {
        let mut out = Outbox::default();
        let mut turn = steward::StewardTurn {
            plan: &self.plan,
            store: &*self.store,
            secrets: &self.secrets,
            clock,
            ids: &mut self.ids,
            out: &mut out,
        };
        event(&mut self.steward, &mut turn);
        let mut actions = Vec::new();
        out.act(&mut actions, true);
        actions
    }

    fn ended(&mut self, call: CallId, result: CallResult, tick_ms: u64) -> Vec<Action> {
        let id = call.owner();
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

    /// Ends exchanges whose deadline has passed.
    fn on_timer(&mut self, tick_ms: u64) -> Vec<Action> {
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

    fn abandoned(&mut self, id: ExchangeId) -> Vec<Action> {
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
        out.act(&mut actions, matches!(step, Step::Waiting(_)));
        match step {
            Step::Waiting(exchange) => self.exchanges.push((id, exchange)),
            Step::Done(response, problem) => actions.extend(answered(self.answers, id, target, problem, response)),
        }
        actions
    }

    /// A refusal, counted.
    fn refused(&self, admission: &Admission, problem: &Problem) -> Vec<Action> {
        let response = problem.response(&admission.instance);
        answered(self.answers, admission.id, admission.target(), Some(problem.code), response)
    }
}
