//! Taking in how calls ended: what an answer is to each that waits for it, and what a call then gives.

use super::invocation::{CallState, Outcome, Waiter};
use super::{Exchange, Purpose, Read, Turn, cache, pages};
use crate::bundle::{Call, CallIndex, Pages};
use crate::eval::error::EvalError;
use crate::eval::memory::{CallValue, Eval};
use crate::failure::Stop;
use crate::legacy::answer::{self, Expiry, Meaning, Received, receive};
use crate::legacy::request;
use crate::plan::Plan;
use crate::problem::{Code, Problem};
use crate::value::Value;
use crate::wire::{CallId, CallResult};

impl Exchange {
    /// Counts an answer's bytes.
    pub(super) fn weigh(&mut self, plan: &Plan, result: &CallResult) -> Result<(), Problem> {
        if let CallResult::Answer { body, .. } = result {
            self.bytes_total = self.bytes_total.saturating_add(u64::try_from(body.len()).unwrap_or(u64::MAX));
        }
        if self.bytes_total > plan.limits().legacy_total { Err(Code::LimitLegacyTotal.into()) } else { Ok(()) }
    }

    /// Takes in how a call ended, for all that wait for it.
    pub(super) fn take_answer(&mut self, turn: &mut Turn<'_>, id: CallId, result: CallResult) -> Result<(), Problem> {
        let plan = turn.plan;
        let Some(at) = self.sent.iter().position(|(sent, _)| *sent == id) else { return Ok(()) };
        let (_, sent) = self.sent.swap_remove(at);
        let to = match &sent.purpose {
            Purpose::Open(opening) => opening.system,
            Purpose::Call(waiter) => plan.call(waiter.call).system,
        };
        let result = turn.out.arrived(to, plan.limits().legacy_body, result);
        if sent.cut_by_deadline && matches!(result, CallResult::TimedOut) {
            return Err(Code::LimitDeadline.into());
        }
        self.weigh(plan, &result)?;
        let waiter = match sent.purpose {
            Purpose::Open(opening) => {
                return self.take_login(turn, &opening, result);
            }
            Purpose::Call(waiter) => waiter,
        };
        let call = plan.call(waiter.call);
        let keep = match (&result, call.cache_ms) {
            (CallResult::Answer { status: status @ 200..=299, headers, body }, Some(ms))
                if body.len() <= cache::part(plan) =>
            {
                let names = self.memory.arena.names();
                let read = |name: &str| name.starts_with("content-") || names.known(name.as_bytes()).is_some();
                let headers = headers.iter().filter(|(name, _)| read(name)).cloned().collect();
                Some((ms, (*status, headers, body.clone())))
            }
            _ => None,
        };
        let received = receive(&mut self.memory.arena, plan, waiter.call, result);
        if call.session {
            self.next_token(turn, call.system, &received)?;
        }
        let mut waiters = vec![waiter];
        let read = self.reads.iter_mut().find(|(known, _)| Some(known) == sent.asked.as_ref());
        if let Some((_, read)) = read
            && let Read::Pending(others) = std::mem::replace(read, Read::Done(received.clone()))
        {
            waiters.extend(others);
        }
        let mut good = true;
        for waiter in waiters {
            self.in_flight(waiter.call, false);
            match self.understand(turn, waiter, &received)? {
                Understood::Good => {}
                Understood::Failed => good = false,
                Understood::Expired => {
                    good = false;
                    // In another session the same words may be asked again.
                    self.reads.retain(|(known, _)| Some(known) != sent.asked.as_ref());
                }
            }
        }
        if let (true, Some((ms, answer)), Some(asked)) = (good, keep, sent.asked) {
            cache::keep(turn.store, plan, &request::digest(plan, &asked), turn.tick_ms, ms, &answer);
        }
        Ok(())
    }

    /// Tells what an answer means to one invocation: its end, its next page, or that it is to be sent again.
    ///
    /// # Errors
    /// What ends the exchange: a spent budget.
    pub(super) fn understand(
        &mut self,
        turn: &mut Turn<'_>,
        waiter: Waiter,
        received: &Received,
    ) -> Result<Understood, Problem> {
        let plan = turn.plan;
        let ended = match self.taken(turn, waiter, received) {
            Ok(Taken::Again) => return Ok(Understood::Expired),
            Ok(Taken::More) => return Ok(Understood::Good),
            Ok(Taken::Value(value)) => Ok(value),
            Err(Stop::Call(problem)) => Err(problem),
            Err(Stop::End(problem)) => return Err(problem),
        };
        let understood = if ended.is_ok() { Understood::Good } else { Understood::Failed };
        self.end(plan, waiter.call, waiter.at, ended);
        Ok(understood)
    }

    /// What an invocation takes from an answer.
    fn taken(&mut self, turn: &mut Turn<'_>, waiter: Waiter, received: &Received) -> Result<Taken, Stop> {
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
        let meaning = meaning?;
        let taken = self.kept(turn, waiter, call, meaning, received);
        explain! {
            if let Err(Stop::Call(problem)) = &taken {
                tell!(self.memory, plan, Refused { call: waiter.call, at: waiter.at, code: problem.code });
            }
        }
        taken
    }

    /// What an invocation keeps of an answer that is no failure.
    fn kept(
        &mut self,
        turn: &mut Turn<'_>,
        waiter: Waiter,
        call: &Call,
        meaning: Meaning,
        received: &Received,
    ) -> Result<Taken, Stop> {
        let value = match (meaning, &call.pages) {
            (Meaning::Expired, _) => {
                self.renew(turn, waiter, call.system);
                return Ok(Taken::Again);
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
                    pages::Taken::More => return Ok(Taken::More),
                    pages::Taken::All(rows) => {
                        // A list without rows is what its last page was: no list, or no nodes.
                        let none = rows.is_empty().then_some(value);
                        let rows = self.memory.arena.gather(&rows)?;
                        none.unwrap_or(rows)
                    }
                }
            }
        };
        Ok(Taken::Value(value))
    }

    /// Ends an invocation.
    pub(super) fn end(&mut self, plan: &Plan, index: CallIndex, at: usize, ended: Result<Value, Problem>) {
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
        let rank = (name.to_owned(), at);
        if self.failure.as_ref().is_none_or(|(best, _)| rank < *best) {
            self.failure = Some((rank, problem));
        }
    }
}

/// What one invocation took from an answer.
enum Taken {
    /// Its value.
    Value(Value),
    /// A page; the next is queued.
    More,
    /// Nothing: it is sent again, in another session.
    Again,
}

/// What an answer was to one invocation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Understood {
    /// Something, or nothing, was taken from it.
    Good,
    /// A failure.
    Failed,
    /// That the session has ended; the call is sent again.
    Expired,
}
