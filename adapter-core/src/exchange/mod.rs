//! One request in flight: a state machine that is consumed by every event, so a late event cannot be misused.
//!
//! An exchange is in a [`Phase`], whose [runs](run) evaluate what the mapping says, each for one subject. What they
//! share, calls in flight and the budgets of calls and bytes above all, is the exchange's [`Pool`].

pub(crate) mod admit;
mod cache;
mod listing;
mod phase;
mod pool;
mod run;
mod turn;

use crate::contract::Operation;
use crate::eval::memory::Memory;
pub(crate) use crate::exchange::listing::{Listing, Stretch};
use crate::exchange::phase::{Next, Phase};
use crate::exchange::pool::Pool;
pub(crate) use crate::exchange::turn::Turn;
use crate::problem::{Code, Problem};
use crate::trace_context::Headers;
use crate::value::date::Date;
use crate::wire::{CallId, CallResult, Clock, Response};

/// What an event left: an exchange that waits, or its answer.
#[derive(Debug)]
pub(crate) enum Step {
    /// It waits for calls.
    Waiting(Box<Exchange>),
    /// It is over, well or with a problem.
    Done(Response, Option<Code>),
}

/// One request in flight.
#[derive(Debug)]
pub(crate) struct Exchange {
    operation: &'static Operation,
    instance: String,
    pool: Pool,
    phase: Phase,
}

impl Exchange {
    /// An exchange for an admitted request.
    pub fn start(
        turn: &mut Turn<'_>,
        operation: &'static Operation,
        instance: String,
        propagated: Headers,
        mut memory: Memory,
        request: admit::Request,
        clock: Clock,
    ) -> Step {
        memory.provided.today = Some(Date::in_rome(clock.now_ms));
        memory.provided.now_ms = clock.now_ms;
        memory.provided.request = request.members;
        let mut pool =
            Pool::new(propagated, clock.tick_ms.saturating_add(turn.plan.limits().time(operation.does.writes())));
        match Phase::start(turn, &mut pool, operation, memory, request.subject) {
            Ok(phase) => Box::new(Self { operation, instance, pool, phase }).step(turn, |_, _| Ok(())),
            Err(problem) => refused(operation, problem, &instance),
        }
    }

    /// A call of this exchange has ended.
    pub fn on_response(self: Box<Self>, turn: &mut Turn<'_>, call: CallId, result: CallResult) -> Step {
        self.step(turn, |exchange, turn| run::arrived(exchange.phase.runs(), &mut exchange.pool, turn, call, result))
    }

    /// Time has passed.
    pub fn on_timer(self: Box<Self>, turn: &mut Turn<'_>) -> Step {
        self.step(turn, |_, _| Ok(()))
    }

    /// Nobody waits for its answer any more.
    pub fn leave(self, turn: &mut Turn<'_>) {
        let _ = self.phase.stop(turn, Code::LimitDeadline.into());
    }

    /// Whether a call of this exchange is in flight.
    pub fn awaits(&self, call: CallId) -> bool {
        self.pool.awaits(call)
    }

    /// Whether a call of this exchange in flight is the change that is asked for.
    pub fn changes_by(&self, call: CallId) -> bool {
        self.pool.changes_by(call)
    }

    /// When it must be over, on the monotonic clock.
    pub fn deadline(&self) -> u64 {
        self.pool.deadline()
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
        if let Err(problem) = event(&mut self, turn).and_then(|()| self.pool.in_time(turn)) {
            return match self.phase.stop(turn, problem) {
                Ok(body) => answered(body),
                Err(problem) => refused(self.operation, problem, &self.instance),
            };
        }
        match self.phase.advance(&mut self.pool, turn) {
            Ok(Next::Wait(phase)) => {
                self.phase = phase;
                Step::Waiting(self)
            }
            Ok(Next::Answer(body)) => answered(body),
            Err(problem) => refused(self.operation, problem, &self.instance),
        }
    }
}

fn answered(body: Vec<u8>) -> Step {
    let headers = vec![("content-type", "application/json".to_owned()), ("cache-control", "no-store".to_owned())];
    Step::Done(Response { status: 200, headers, body }, None)
}

fn refused(operation: &Operation, mut problem: Problem, instance: &str) -> Step {
    // What is unknown is what the request is about (GEN-7, T-59).
    if problem.code == Code::RequestUnknownStudent && !operation.about.one() {
        problem.code = Code::RequestUnknownCourse;
    }
    Step::Done(problem.response(instance), Some(problem.code))
}
