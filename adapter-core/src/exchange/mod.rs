//! One request in flight: a state machine that is consumed by every event, so a late event cannot be misused.
//!
//! The order of calls is not written in a mapping. A call starts when the calls it mentions have answered; the rest run
//! side by side. What wins when several things go wrong does not depend on what arrived first:
//!
//! 1. a guard (`unknown`) in written order, as soon as what it needs has answered;
//! 2. failures of calls, by the call's name in byte order, then by the element's place in its loop;
//! 3. failures of the mapping while the answer is made.
//!
//! So a failing exchange still waits for what could outrank the failure ([`Exchange::matters`]), and starts nothing
//! else. Only a spent budget (calls, bytes, steps, items) or the deadline ends an exchange at once.

pub(crate) mod admit;
mod answers;
mod cache;
mod calls;
mod guards;
mod invocation;
mod pages;
mod sessions;
#[cfg(feature = "explain")]
mod tell;

use std::rc::Rc;

use crate::bundle::{self, CallIndex};
use crate::contract::{Operation, Pattern};
use crate::counter::Counter;
use crate::digest::sha256_hex;
use crate::eval::memory::{Eval, Memory};
use crate::legacy::answer::Received;
use crate::outbox::{CallIds, Outbox};
use crate::plan::Plan;
use crate::problem::{Code, Problem};
use crate::session::Opening;
use crate::settle::{self, Day, Draft};
use crate::store::SharedStore;
use crate::trace_context::Headers;
use crate::value::Value;
use crate::value::date::Date;
use crate::wire::{CallId, CallResult, Clock, ExchangeId, Response};
use invocation::{CallState, Waiter};
use sessions::Login;

/// What an event left: an exchange that waits, or its answer.
#[derive(Debug)]
pub(crate) enum Step {
    /// It waits for calls.
    Waiting(Box<Exchange>),
    /// It is over, well or with a problem.
    Done(Response, Option<Code>),
}

/// What an exchange has at hand while it handles an event.
#[derive(Debug)]
pub(crate) struct Turn<'t> {
    /// The exchange's name.
    pub id: ExchangeId,
    /// The mapping.
    pub plan: &'t Plan,
    /// What all engines of the process share.
    pub store: &'t dyn SharedStore,
    /// The monotonic clock, milliseconds.
    pub tick_ms: u64,
    /// Where calls get their names from.
    pub ids: &'t mut CallIds,
    /// What the engine is to do.
    pub out: &'t mut Outbox,
}

/// One request in flight.
#[derive(Debug)]
pub(crate) struct Exchange {
    operation: &'static Operation,
    instance: String,
    /// Headers of the request's trace, sent with every call.
    trace: Headers,
    /// When it must be over, on the monotonic clock.
    deadline: u64,
    memory: Memory,
    /// States of the operation's calls.
    states: Vec<(CallIndex, CallState)>,
    /// The failure that wins so far: the call's name and the element's place, and what it answers.
    failure: Option<(Rank, Problem)>,
    /// Reads by what they ask; identical ones are made once.
    reads: Vec<(Asked, Read)>,
    /// Sessions with systems.
    logins: Vec<Login>,
    /// Calls in flight.
    sent: Vec<(CallId, Sent)>,
    /// Calls sent so far.
    sent_total: u64,
    /// Bytes of answers taken so far.
    bytes_total: u64,
    /// Whether a call has started or ended since this was last cleared.
    moved: bool,
    /// The student's tax code is still to be found by its key: nothing else is asked before.
    by_key: bool,
}

/// Where an exchange is.
enum Next {
    /// It waits for calls.
    Wait,
    /// Its answer is made.
    Answer(Vec<u8>),
}

/// Order among failures of calls.
type Rank = (String, usize);

#[derive(Debug)]
enum Read {
    /// In flight; these want the answer too.
    Pending(Vec<Waiter>),
    /// Answered.
    Done(Received),
}

/// What a call asks, as written: identical ones are made once.
type Asked = Rc<[u8]>;

/// A call in flight.
#[derive(Debug)]
struct Sent {
    purpose: Purpose,
    /// What it asks; none for one that opens a session.
    asked: Option<Asked>,
    /// Its timeout is what was left of the deadline, not the system's.
    cut_by_deadline: bool,
}

/// What a call in flight is for.
#[derive(Debug)]
enum Purpose {
    /// An invocation.
    Call(Waiter),
    /// Opening a session.
    Open(Opening),
}

impl Exchange {
    /// An exchange for an admitted request.
    pub fn start(
        turn: &mut Turn<'_>,
        operation: &'static Operation,
        instance: String,
        trace: Headers,
        mut memory: Memory,
        request: admit::Request,
        clock: Clock,
    ) -> Step {
        memory.provided.today = Some(Date::in_rome(clock.now_ms));
        memory.provided.now_ms = clock.now_ms;
        memory.provided.request = request.members;
        let mut by_key = false;
        if let Some((tax_code, key)) = request.student {
            let mut text = |text: &str| memory.arena.make_text(text).map_or(Value::Null, Value::Text);
            by_key = tax_code.is_none();
            memory.provided.tax_code = tax_code.map_or(Value::Null, |code| text(&code));
            memory.provided.key = text(&key);
        }
        let first = if by_key { turn.plan.by_key() } else { turn.plan.operation(operation.id) };
        let calls = first.map(|o| o.calls.as_slice()).unwrap_or_default();
        let exchange = Self {
            operation,
            instance,
            trace,
            deadline: clock.tick_ms.saturating_add(turn.plan.limits().deadline),
            memory,
            states: calls.iter().map(|c| (*c, CallState::Waiting)).collect(),
            failure: None,
            reads: Vec::new(),
            logins: Vec::new(),
            sent: Vec::new(),
            sent_total: 0,
            bytes_total: 0,
            moved: false,
            by_key,
        };
        Box::new(exchange).step(turn, |_, _| Ok(()))
    }

    /// A call of this exchange has ended.
    pub fn on_response(self: Box<Self>, turn: &mut Turn<'_>, call: CallId, result: CallResult) -> Step {
        self.step(turn, |exchange, turn| exchange.take_answer(turn, call, result))
    }

    /// Time has passed.
    pub fn on_timer(self: Box<Self>, turn: &mut Turn<'_>) -> Step {
        self.step(turn, |_, _| Ok(()))
    }

    /// Whether a call of this exchange is in flight.
    pub fn awaits(&self, call: CallId) -> bool {
        self.sent.iter().any(|(id, _)| *id == call)
    }

    fn state(&self, index: CallIndex) -> Option<&CallState> {
        self.states.iter().find(|(i, _)| *i == index).map(|(_, state)| state)
    }

    fn state_mut(&mut self, index: CallIndex) -> Option<&mut CallState> {
        self.states.iter_mut().find(|(i, _)| *i == index).map(|(_, state)| state)
    }

    fn set_state(&mut self, index: CallIndex, state: CallState) {
        if let Some(place) = self.state_mut(index) {
            *place = state;
        }
        self.moved = true;
    }

    /// When it must be over, on the monotonic clock.
    pub fn deadline(&self) -> u64 {
        self.deadline
    }

    /// The operation it answers.
    pub fn operation(&self) -> &'static Operation {
        self.operation
    }

    /// Takes an event in, then goes as far as it can.
    fn step(
        mut self: Box<Self>,
        turn: &mut Turn<'_>,
        event: impl FnOnce(&mut Self, &mut Turn<'_>) -> Result<(), Problem>,
    ) -> Step {
        let ended = event(&mut self, turn).and_then(|()| self.advance(turn));
        explain! {
            if !matches!(ended, Ok(Next::Wait)) {
                self.tell_end(turn.plan);
            }
        }
        match ended {
            Ok(Next::Wait) => Step::Waiting(self),
            Ok(Next::Answer(body)) => {
                let headers =
                    vec![("content-type", "application/json".to_owned()), ("cache-control", "no-store".to_owned())];
                Step::Done(Response { status: 200, headers, body }, None)
            }
            Err(problem) => Step::Done(problem.response(&self.instance), Some(problem.code)),
        }
    }

    /// Starts what can start, decides what can be decided.
    ///
    /// # Errors
    /// What it is refused with.
    fn advance(&mut self, turn: &mut Turn<'_>) -> Result<Next, Problem> {
        if turn.tick_ms >= self.deadline {
            return Err(Code::LimitDeadline.into());
        }
        let plan = turn.plan;
        let Some(operation) = plan.operation(self.operation.id) else {
            return Err(Code::RequestPath.into());
        };
        loop {
            self.moved = false;
            let mapped = plan.by_key().filter(|_| self.by_key).unwrap_or(operation);
            self.start_calls(plan, mapped)?;
            if let guards::Verdict::Refuse(code) = self.guards(plan, mapped)? {
                return Err(code.into());
            }
            let matters = self.matters(plan, mapped);
            self.send(turn, mapped, &matters)?;
            // What ended without a request may let other calls start.
            if self.moved {
                continue;
            }
            if matters.iter().any(|c| self.state(*c).is_some_and(CallState::is_open)) {
                // With nothing in flight nothing would ever wake the exchange.
                return if self.sent.is_empty() { Err(Code::MappingValue.into()) } else { Ok(Next::Wait) };
            }
            return match &self.failure {
                Some((_, problem)) => Err(problem.clone()),
                None if self.by_key => {
                    self.resolve(plan, mapped, operation)?;
                    continue;
                }
                None => self.answer(turn, mapped).map(Next::Answer),
            };
        }
    }

    /// Takes the tax code that was found by the key, and goes on with the operation's own calls. What the system gave
    /// counts only if it is a tax code whose key is the whole one that was asked for.
    ///
    /// # Errors
    /// [`Code::RequestUnknownStudent`] if it is not, or the expression's own failure.
    fn resolve(
        &mut self,
        plan: &Plan,
        by_key: &bundle::Operation,
        operation: &bundle::Operation,
    ) -> Result<(), Problem> {
        let mut eval = Eval { plan, memory: &mut self.memory };
        let given = eval.eval(&by_key.answer).and_then(|given| eval.scalar(given))?;
        let Value::Text(code) = given else {
            return Err(if given.is_null() { Code::RequestUnknownStudent } else { Code::LegacyShape }.into());
        };
        let arena = &self.memory.arena;
        let text = arena.text(code);
        let same =
            matches!(self.memory.provided.key, Value::Text(key) if arena.text(key) == sha256_hex(text.as_bytes()));
        if !same || !Pattern::TaxCode.matches(text) {
            return Err(Code::RequestUnknownStudent.into());
        }
        self.memory.provided.tax_code = given;
        self.by_key = false;
        for call in &operation.calls {
            if self.state(*call).is_none() {
                self.states.push((*call, CallState::Waiting));
            }
        }
        Ok(())
    }

    /// Makes the answer: person and answer tree, then the contract's output rules.
    fn answer(&mut self, turn: &mut Turn<'_>, mapped: &bundle::Operation) -> Result<Vec<u8>, Problem> {
        let made = self.make(turn, mapped);
        tell!(self.memory, turn.plan, Made(mapped));
        made
    }

    fn make(&mut self, turn: &mut Turn<'_>, mapped: &bundle::Operation) -> Result<Vec<u8>, Problem> {
        let mut eval = Eval { plan: turn.plan, memory: &mut self.memory };
        let person = match &mapped.person {
            Some(person) => eval.eval(person)?,
            None => Value::Null,
        };
        let answer = eval.eval(&mapped.answer)?;
        let day = Day::of(turn.plan, &self.memory);
        let mut log = settle::Log::default();
        let mut draft = Draft::new(&mut self.memory.arena, self.operation.answer, person, answer)?;
        let settled = settle::settle(&mut draft, self.operation, day, &mut log);
        explain! {
            for remark in settle::remarks(self.operation.id, &draft, &log, settled.as_ref().err()) {
                tell!(self.memory, turn.plan, Settled(remark));
            }
        }
        let counts = log.counts(self.operation.id);
        turn.out.counts.extend(counts.into_iter().map(|(effect, by)| (Counter::Settled(effect), by)));
        settled.map_err(Problem::from)
    }
}
