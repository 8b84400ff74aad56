//! Taking in how calls ended: what an answer is to each that waits for it, and what a call then gives.

use std::rc::Rc;

use super::invocation::{CallState, Outcome};
use super::pages::PageStep;
use super::{Rank, Run};
use crate::bundle::{Call, CallIndex, Pages};
use crate::counter::Counter;
use crate::eval::error::EvalError;
use crate::eval::memory::{CallValue, Eval};
use crate::exchange::cache;
use crate::exchange::pool::{Asked, Pool, Purpose, Stage, Waiter};
use crate::exchange::turn::Turn;
use crate::failure::Stop;
use crate::legacy::answer::{self, Expiry, Meaning, Received, receive};
use crate::legacy::request;
use crate::plan::Plan;
use crate::problem::{Code, Problem};
use crate::value::Value;
use crate::wire::{CallId, CallResult};

/// Takes in how a call ended, for all runs that wait for it.
///
/// # Errors
/// What ends the exchange: a spent budget, the deadline.
pub(crate) fn arrived(
    runs: &mut [Run],
    pool: &mut Pool,
    turn: &mut Turn<'_>,
    id: CallId,
    result: CallResult,
) -> Result<(), Problem> {
    let plan = turn.plan;
    let (asked, waiters, result) = match pool.arrived(turn, id, result)? {
        None => return Ok(()),
        Some((Purpose::Read(asked, waiters), result)) => (asked, waiters, result),
        Some((Purpose::Change(..), result)) => {
            if let Some(run) = runs.first_mut() {
                run.changed = Some(result);
            }
            return Ok(());
        }
        // A login says nothing about a subject: whichever run is open has what it takes to look at it.
        Some((Purpose::Login(opening), result)) => {
            let Some(run) = runs.first_mut() else {
                // Nobody wants it any more: who comes next asks again.
                pool.set_session(opening.system, |session| session.stage = Stage::None);
                return Ok(());
            };
            return run.take_login(pool, turn, &opening, result);
        }
    };
    let keep = to_keep(plan, runs, &waiters, &result);
    pool.keep(&asked, &result);
    let waits = |run: &Run| waiters.iter().any(|waiter| waiter.run == run.id);
    let Some(last) = runs.iter().rposition(waits) else { return Ok(()) };
    let (others, last) = runs.split_at_mut(last);
    let mut good = true;
    for run in others.iter_mut().filter(|run| waits(run)) {
        good &= run.take_answer(pool, turn, &asked, &waiters, result.clone())?;
    }
    if let Some(last) = last.first_mut() {
        good &= last.take_answer(pool, turn, &asked, &waiters, result)?;
    }
    if let (true, Some((ms, answer))) = (good, keep) {
        cache::keep(turn.store, plan, &request::digest(plan, &asked), turn.tick_ms, ms, &answer);
    }
    Ok(())
}

/// What is kept of an answer for other exchanges, if all that wait for it find it good, and for how long.
fn to_keep(plan: &Plan, runs: &[Run], waiters: &[Waiter], result: &CallResult) -> Option<(u64, cache::Answer)> {
    let ms = plan.call(waiters.first()?.call).cache_ms?;
    let CallResult::Answer { status: status @ 200..=299, headers, body } = result else { return None };
    if body.len() > cache::part(plan) {
        return None;
    }
    let names = runs.first()?.memory.arena.names();
    let read = |name: &str| name.starts_with("content-") || names.known(name.as_bytes()).is_some();
    let headers = headers.iter().filter(|(name, _)| read(name)).cloned().collect();
    Some((ms, (*status, headers, body.clone())))
}

impl Run {
    /// Takes in an answer for all invocations of this run that wait for it; false if it was not good for all.
    ///
    /// # Errors
    /// What ends the exchange: a spent budget.
    fn take_answer(
        &mut self,
        pool: &mut Pool,
        turn: &mut Turn<'_>,
        asked: &Asked,
        waiters: &[Waiter],
        result: CallResult,
    ) -> Result<bool, Problem> {
        let plan = turn.plan;
        let id = self.id;
        let mut waiters = waiters.iter().filter(|waiter| waiter.run == id).peekable();
        let Some(first) = waiters.peek() else { return Ok(true) };
        let call = plan.call(first.call);
        let received = receive(&mut self.memory, plan, first.call, result);
        if call.session {
            self.next_token(pool, turn, call.system, &received)?;
        }
        self.received.push((Rc::clone(asked), received.clone()));
        let mut good = true;
        for waiter in waiters {
            match self.use_answer(pool, turn, *waiter, &received)? {
                AnswerUse::Good => {}
                AnswerUse::Failed => good = false,
                AnswerUse::Expired => {
                    good = false;
                    self.forget(pool, asked);
                }
            }
        }
        Ok(good)
    }

    /// Forgets an answer: in another session the same words may be asked again.
    pub(super) fn forget(&mut self, pool: &mut Pool, asked: &Asked) {
        self.received.retain(|(known, _)| known != asked);
        pool.forget(asked);
    }

    /// Tells what an answer means to one invocation: its end, its next page, or that it is to be sent again.
    ///
    /// # Errors
    /// What ends the exchange: a spent budget.
    pub(super) fn use_answer(
        &mut self,
        pool: &mut Pool,
        turn: &mut Turn<'_>,
        waiter: Waiter,
        received: &Received,
    ) -> Result<AnswerUse, Problem> {
        let plan = turn.plan;
        let ended = match self.read_answer(pool, turn, waiter, received) {
            Ok(AnswerStep::Again) => return Ok(AnswerUse::Expired),
            Ok(AnswerStep::NextPage) => return Ok(AnswerUse::Good),
            Ok(AnswerStep::Value(value)) => Ok(value),
            Err(Stop::Call(problem)) => Err(problem),
            Err(Stop::End(problem)) => return Err(problem),
        };
        let used = if ended.is_ok() { AnswerUse::Good } else { AnswerUse::Failed };
        self.end_invocation(plan, waiter.call, waiter.at, ended);
        Ok(used)
    }

    /// Reads an answer as an invocation's call does.
    fn read_answer(
        &mut self,
        pool: &mut Pool,
        turn: &mut Turn<'_>,
        waiter: Waiter,
        received: &Received,
    ) -> Result<AnswerStep, Stop> {
        let plan = turn.plan;
        let call = plan.call(waiter.call);
        self.bind(plan, call, waiter)?;
        let expiry = match self.invocation(waiter.call, waiter.at) {
            _ if !call.session => Expiry::Foreign,
            Some(invocation) if invocation.resent => Expiry::Final,
            _ => Expiry::Renew,
        };
        let mut eval = Eval { plan, memory: &mut self.memory };
        let meaning = answer::interpret(&mut eval, call, expiry, received);
        tell!(self.memory, plan, Understood { call: waiter.call, at: waiter.at, end: super::tell::ending(&meaning) });
        if let Err(Stop::Call(Problem { unread: Some(why), .. })) = &meaning {
            turn.out.counts.push((Counter::Unread { system: call.system, why: *why }, 1));
        }
        let meaning = meaning?;
        let step = self.take_meaning(pool, turn, waiter, call, meaning, received);
        explain! {
            if let Err(Stop::Call(problem)) = &step {
                tell!(self.memory, plan, Refused { call: waiter.call, at: waiter.at, code: problem.code });
            }
        }
        step
    }

    /// What an invocation takes from an answer that is no failure.
    fn take_meaning(
        &mut self,
        pool: &mut Pool,
        turn: &mut Turn<'_>,
        waiter: Waiter,
        call: &Call,
        meaning: Meaning,
        received: &Received,
    ) -> Result<AnswerStep, Stop> {
        let value = match (meaning, &call.pages) {
            (Meaning::Expired, _) => {
                self.renew(pool, turn, waiter, call.system);
                return Ok(AnswerStep::Again);
            }
            (Meaning::Empty, _) if self.paged.as_ref().is_some_and(|paged| paged.call == waiter.call) => {
                if let Some(paged) = &mut self.paged {
                    paged.empty = true;
                }
                Value::Null
            }
            (Meaning::Empty, Pages::Many(_)) => {
                // Nothing on a later page ends the list; the pages before it stand.
                let rows = self.invocation(waiter.call, waiter.at).map(|i| i.rows.clone()).unwrap_or_default();
                self.memory.arena.gather(&rows)?
            }
            (Meaning::Empty, _) => Value::Null,
            (Meaning::Value(value), Pages::One) => value,
            (Meaning::Value(value), Pages::Unstated { cut }) => match (value, cut) {
                (Value::List(span) | Value::Nodes(span), Some(cut))
                    if span.len() >= usize::try_from(*cut).unwrap_or(usize::MAX) =>
                {
                    return Err(Stop::call(Code::LegacyCut));
                }
                _ => value,
            },
            (Meaning::Value(value), Pages::Many(paging)) => {
                let Received::Answer { vars, document, .. } = received else {
                    return Err(Stop::call(Code::MappingValue));
                };
                match self.take_page(turn.plan, waiter, paging, value, (*vars, *document))? {
                    PageStep::Next => return Ok(AnswerStep::NextPage),
                    PageStep::Last(rows) => {
                        // A list without rows is what its last page was: no list, or no nodes.
                        let none = rows.is_empty().then_some(value);
                        let rows = self.memory.arena.gather(&rows)?;
                        none.unwrap_or(rows)
                    }
                }
            }
        };
        Ok(AnswerStep::Value(value))
    }

    /// Ends an invocation.
    pub(super) fn end_invocation(&mut self, plan: &Plan, index: CallIndex, at: usize, ended: Result<Value, Problem>) {
        let call = plan.call(index);
        let outcome = match ended {
            Ok(value) => Outcome::Value(value),
            Err(_) if call.null_if_failed => Outcome::Value(Value::Null),
            Err(problem) => {
                self.fail(&call.name, at, problem);
                Outcome::Failed
            }
        };
        if let Some(CallState::Running(running)) = self.state_mut(index)
            && let Some(invocation) = running.invocations.get_mut(at)
        {
            invocation.outcome = Some(outcome);
        }
        self.moved = true;
        self.settle_call(index, call);
    }

    /// Gives a call its value once all its invocations are over, or fails it.
    pub(super) fn settle_call(&mut self, index: CallIndex, call: &Call) {
        let Some(CallState::Running(running)) = self.state(index) else { return };
        if running.invocations.iter().any(|i| i.outcome.is_none()) {
            return;
        }
        let failed = running.failed_at().is_some();
        let results: Vec<(Value, Value)> = running
            .invocations
            .iter()
            .map(|i| (i.element, if let Some(Outcome::Value(value)) = i.outcome { value } else { Value::Null }))
            .collect();
        if failed {
            self.set_state(index, CallState::Failed);
            return;
        }
        match self.call_value(call, &results) {
            Ok(value) => {
                if let Some(place) = self.memory.calls.get_mut(index.at()) {
                    *place = Some(value);
                }
                self.set_state(index, CallState::Settled);
            }
            Err(error) => {
                self.set_state(index, CallState::Failed);
                self.fail(&call.name, 0, Problem::from(error));
            }
        }
    }

    fn call_value(&mut self, call: &Call, results: &[(Value, Value)]) -> Result<CallValue, EvalError> {
        if call.each.is_none() {
            return Ok(CallValue { value: results.first().map_or(Value::Null, |(_, v)| *v), hung: Vec::new() });
        }
        let arena = &mut self.memory.arena;
        let mut flat = Vec::new();
        let mut hung = Vec::new();
        for (element, value) in results {
            match value {
                Value::Null => {}
                // Nodes are put together below.
                Value::List(span) => flat.extend_from_slice(arena.elements(*span)),
                one => flat.push(*one),
            }
            if let Some(identity) = arena.identity(*element) {
                hung.push((identity, *value));
            }
        }
        Ok(CallValue { value: arena.gather(&flat)?, hung })
    }

    /// Notes a failure; the one that comes first in the order of failures wins.
    pub(super) fn fail(&mut self, name: &str, at: usize, problem: Problem) {
        let rank = Rank { run: self.id, call: name.to_owned(), at };
        if self.failure.as_ref().is_none_or(|(best, _)| rank < *best) {
            self.failure = Some((rank, problem));
        }
    }
}

/// What an answer is to one invocation that is no failure.
enum AnswerStep {
    /// Its value.
    Value(Value),
    /// A page; the next is queued.
    NextPage,
    /// Nothing: it is sent again, in another session.
    Again,
}

/// How an answer served one invocation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum AnswerUse {
    /// Something, or nothing, was taken from it.
    Good,
    /// A failure.
    Failed,
    /// That the session has ended; the call is sent again.
    Expired,
}
