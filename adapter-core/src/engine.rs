//! The engine: events in, actions out. It owns everything that decides an answer and does no I/O.
//!
//! A shell has heads judged ([`Engine::head`]), gives the engine events ([`Engine::handle`]), and carries out the
//! [`Action`]s that come back, in order. Time is what the shell says it is ([`Time`]).

use std::rc::Rc;

use crate::answers::Answers;
use crate::bundle::{LoadError, SystemIndex};
use crate::counter::{Counter, Target};
use crate::cursor::{CursorKeys, Keys};
use crate::door::{self, Admission, Event, Verdict};
use crate::eval::memory::Memory;
use crate::exchange::{Exchange, Step, Turn, admit};
use crate::identity::Trust;
use crate::key::Key;
use crate::outbox::{Action, CallIds, Calling, Outbox, answered, bytes};
use crate::peers::Peers;
use crate::plan::Plan;
use crate::probe;
use crate::problem::{Code, Problem};
use crate::session::Secrets;
use crate::steward::{self, Steward};
use crate::store::{MemoryStore, SharedStore};
use crate::turns::{Asking, NoPlace, Place, Turns, Waiting};
use crate::value::Full;
use crate::wire::{CallId, CallRequest, CallResult, Clock, ExchangeId, Head, STEWARD, Time};

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
    /// What changes are known by, 64 hex digits: `IFS_REF_KEY`; needed where a mapping changes something. It is not changed
    /// while any system knows a change by it.
    pub reference_key: Option<String>,
    /// What cursors are sealed with; needed where a mapping walks a list.
    pub cursor_keys: CursorKeys,
}

/// Nothing shared, no secrets.
impl Default for Resources<'_> {
    fn default() -> Self {
        Self {
            store: Box::new(MemoryStore::default()),
            seed: 0,
            tick_ms: 0,
            secret: &|_| None,
            reference_key: None,
            cursor_keys: CursorKeys::default(),
        }
    }
}

/// A request in flight, and its place among those of its consumer.
#[derive(Debug)]
struct InFlight {
    exchange: Box<Exchange>,
    place: Rc<Place>,
}

/// One engine per bundle and VM.
#[derive(Debug)]
pub struct Engine {
    plan: Plan,
    trust: Trust,
    answers: Answers,
    store: Box<dyn SharedStore>,
    secrets: Secrets,
    keys: Option<Keys>,
    references: Option<Key>,
    steward: Steward,
    since: u64,
    ids: CallIds,
    exchanges: Vec<(ExchangeId, InFlight)>,
    turns: Turns,
    /// Changes that the host has lost.
    lost: Vec<CallId>,
    peers: Peers,
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
        let keys = if plan.walks() { Some(resources.cursor_keys.read().map_err(LoadError)?) } else { None };
        let references = if plan.changes() {
            let text = resources.reference_key.as_deref().unwrap_or_default();
            if text.is_empty() {
                return Err(LoadError("IFS_REF_KEY is not set: what changes something needs it".to_owned()));
            }
            Some(Key::read("IFS_REF_KEY", text).map_err(LoadError)?)
        } else {
            None
        };
        let steward = Steward::new(&plan, resources.seed);
        let (ids, exchanges) = (CallIds::default(), Vec::new());
        Ok(Self {
            plan,
            trust,
            answers: Answers::default(),
            store: resources.store,
            secrets,
            keys,
            references,
            steward,
            since: resources.tick_ms,
            ids,
            exchanges,
            turns: Turns::default(),
            lost: Vec::new(),
            peers: Peers::new(resources.seed),
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

    /// Whether [`Event::Steward`] is of any use for this bundle where there is one engine alone; of several each must hear it.
    pub fn needs_steward(&self) -> bool {
        self.steward.is_needed()
    }

    /// Whether a call waits for its turn: then [`Event::Timer`] gives it.
    pub fn is_call_waiting(&self) -> bool {
        self.turns.is_any_waiting() || !self.lost.is_empty()
    }

    /// Takes an event. What comes of it is of one exchange, or of the steward: see [`Event::owner`].
    pub fn handle(&mut self, event: Event, time: &dyn Time) -> Vec<Action> {
        match event {
            Event::Request { admission, body } => self.accept(admission, body, Clock::at(time)),
            Event::TooLarge(admission) => self.refused(&admission, &Problem::from(Code::LimitBody)),
            Event::Ended { call, result } if call.owner() == STEWARD => {
                self.steward_turn(Clock::at(time), |steward, turn| steward.on_response(turn, call, result))
            }
            // The steward has its pace, and comes again.
            Event::NoRoom { call, .. } | Event::Lost { call, .. } if call.owner() == STEWARD => self
                .steward_turn(Clock::at(time), |steward, turn| steward.on_response(turn, call, CallResult::Overflow)),
            Event::Ended { call, result } => self.ended(call, result, time.tick_ms()),
            Event::NoRoom { call, request } => self.no_room(call, request, time.tick_ms()),
            Event::Lost { call, request } => self.lost(call, request, time.tick_ms()),
            Event::Abandoned(id) => self.abandoned(id, time),
            Event::Timer => self.on_timer(time.tick_ms()),
            Event::Steward => {
                let clock = Clock::at(time);
                self.peers.tell(&*self.store, &self.plan, clock.tick_ms);
                self.steward_turn(clock, Steward::tick)
            }
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
        let limits = self.plan.limits();
        let place = match self.turns.enter(&admission.caller, limits.consumer, limits.exchanges, clock.tick_ms) {
            Ok(place) => place,
            Err(NoPlace::Consumer) => return self.refused(&admission, &Problem::soon(Code::LimitConsumer)),
            Err(NoPlace::Calls) => return self.refused(&admission, &Problem::from(Code::LimitExchanges)),
        };
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
        self.turn(id, (operation.into(), place), clock.tick_ms, |turn| {
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
        out.act(STEWARD, &mut actions, |call| Some(call.made()));
        actions
    }

    fn ended(&mut self, call: CallId, result: CallResult, tick_ms: u64) -> Vec<Action> {
        let id = call.owner();
        let system = self.turns.ended(call, tick_ms);
        let known = self.exchanges.iter().any(|(other, one)| *other == id && one.exchange.awaits(call));
        let Some(InFlight { exchange, place }) = known.then(|| self.remove(id)).flatten() else {
            return vec![Action::Count { counter: Counter::LateAnswers, by: 1 }];
        };
        let whose = (exchange.operation().into(), place);
        let mut actions = self.turn(id, whose, tick_ms, |turn| exchange.on_response(turn, call, result));
        // The room it leaves is for whoever is next. This event can act for its own exchange alone: for others the timer does.
        let most = self.at_once(tick_ms);
        while let Some(waiting) = system.and_then(|system| self.turns.give_to(system, most, id)) {
            actions.push(self.send(waiting, tick_ms));
        }
        actions
    }

    /// How many calls this engine may have in flight to one system: its part.
    fn at_once(&mut self, tick_ms: u64) -> u64 {
        let serving = self.peers.serving(&*self.store, &self.plan, tick_ms);
        self.plan.limits().at_once.checked_div(serving).unwrap_or(1).max(1)
    }

    /// A call that the host has no room for waits.
    fn no_room(&mut self, call: CallId, request: CallRequest, tick_ms: u64) -> Vec<Action> {
        let Some(asking) = self.turns.unsent(call, tick_ms) else { return Vec::new() };
        let by = u64::from(!asking.waited);
        let counter = Counter::CallsWaited(asking.system);
        if self.exchanges.iter().any(|(other, _)| *other == call.owner()) {
            self.turns.wait(Waiting { call, request, asking });
        }
        if by == 0 { Vec::new() } else { vec![Action::Count { counter, by }] }
    }

    /// A call of which the host tells nobody any more waits again, if it can be made again.
    fn lost(&mut self, call: CallId, request: CallRequest, tick_ms: u64) -> Vec<Action> {
        if self.exchanges.iter().any(|(id, one)| *id == call.owner() && one.exchange.changes_by(call)) {
            self.lost.push(call);
            return Vec::new();
        }
        self.no_room(call, request, tick_ms)
    }

    /// Gives a call its turn.
    fn send(&mut self, waiting: Waiting, tick_ms: u64) -> Action {
        let Waiting { call, mut request, asking } = waiting;
        let timeout = self.plan.system(asking.system).timeout_ms;
        request.timeout_ms = u64::from(timeout).min(asking.deadline.saturating_sub(tick_ms)).max(1);
        self.turns.sent(call, asking, (tick_ms, tick_ms.saturating_add(request.timeout_ms)));
        Action::Call { call, request }
    }

    fn remove(&mut self, id: ExchangeId) -> Option<InFlight> {
        let at = self.exchanges.iter().position(|(other, _)| *other == id)?;
        Some(self.exchanges.swap_remove(at).1)
    }

    /// Ends exchanges whose deadline has passed, and calls that have waited for too long; gives turns to those that wait.
    fn on_timer(&mut self, tick_ms: u64) -> Vec<Action> {
        let mut actions = Vec::new();
        for call in self.turns.overdue(tick_ms) {
            self.turns.forget(|waiting| waiting == call);
            actions.extend(self.ended(call, CallResult::Overflow, tick_ms));
        }
        for call in std::mem::take(&mut self.lost) {
            actions.extend(self.ended(call, CallResult::Reset, tick_ms));
        }
        let due: Vec<ExchangeId> =
            self.exchanges.iter().filter(|(_, one)| one.exchange.deadline() <= tick_ms).map(|(id, _)| *id).collect();
        for id in due {
            if let Some(InFlight { exchange, place }) = self.remove(id) {
                let whose = (exchange.operation().into(), place);
                actions.extend(self.turn(id, whose, tick_ms, |turn| exchange.on_timer(turn)));
            }
        }
        let most = self.at_once(tick_ms);
        self.turns.pass(tick_ms);
        for (system, turns) in self.turns.due(most, tick_ms) {
            for _ in 0..turns {
                let Some(waiting) = self.turns.give(system, most) else { break };
                actions.push(self.send(waiting, tick_ms));
            }
        }
        actions
    }

    fn abandoned(&mut self, id: ExchangeId, time: &dyn Time) -> Vec<Action> {
        let Some(InFlight { exchange, .. }) = self.remove(id) else { return Vec::new() };
        self.turns.over(id);
        let mut actions = vec![Action::Count { counter: Counter::Abandoned(exchange.operation().into()), by: 1 }];
        let mut out = Outbox::default();
        exchange.leave(&mut self.at_hand(id, time.tick_ms(), &mut out));
        // There is nobody of whom anything could be noted.
        actions.extend(out.counts.into_iter().map(|(counter, by)| Action::Count { counter, by }));
        actions
    }

    /// Lets an exchange handle an event, and turns what it left into actions.
    fn turn(
        &mut self,
        id: ExchangeId,
        (target, place): (Target, Rc<Place>),
        tick_ms: u64,
        event: impl FnOnce(&mut Turn<'_>) -> Step,
    ) -> Vec<Action> {
        let mut out = Outbox::default();
        let step = event(&mut self.at_hand(id, tick_ms, &mut out));
        let mut actions = Vec::new();
        match step {
            Step::Waiting(exchange) => {
                let deadline = exchange.deadline();
                let most = self.at_once(tick_ms);
                out.act(id, &mut actions, |calling| self.ask(calling, &place, most, (tick_ms, deadline)));
                self.exchanges.push((id, InFlight { exchange, place }));
            }
            Step::Done(response, problem) => {
                // Calls that an exchange which is over would still have made are not made.
                out.act(id, &mut actions, |_| None);
                self.turns.over(id);
                actions.extend(answered(self.answers, id, target, problem, response));
            }
        }
        actions
    }

    /// What an exchange has at hand.
    fn at_hand<'t>(&'t mut self, id: ExchangeId, tick_ms: u64, out: &'t mut Outbox) -> Turn<'t> {
        Turn {
            id,
            plan: &self.plan,
            store: &*self.store,
            keys: self.keys.as_ref(),
            references: self.references.as_ref(),
            tick_ms,
            ids: &mut self.ids,
            out,
        }
    }

    /// Makes a call, or lets it wait where others to the same system do.
    fn ask(
        &mut self,
        calling: Calling,
        place: &Rc<Place>,
        most: u64,
        (tick_ms, deadline): (u64, u64),
    ) -> Option<Action> {
        let system = calling.system;
        let until = tick_ms.saturating_add(calling.request.timeout_ms);
        let waited = self.turns.must_wait(system, most, place);
        let waits_until = calling.latest.map_or(until, |latest| latest.min(until));
        let asking = Asking { system, waits_until, deadline, waited, place: Rc::clone(place) };
        if waited {
            let Calling { id, request, .. } = calling;
            self.turns.wait(Waiting { call: id, request, asking });
            return Some(Action::Count { counter: Counter::CallsWaited(system), by: 1 });
        }
        self.turns.sent(calling.id, asking, (tick_ms, until));
        Some(calling.made())
    }

    /// A refusal, counted.
    fn refused(&self, admission: &Admission, problem: &Problem) -> Vec<Action> {
        let response = problem.response(&admission.instance);
        answered(self.answers, admission.id, admission.target(), Some(problem.code), response)
    }
}
