//! Starting, sending and finishing the calls of an exchange.

use std::collections::VecDeque;

use super::guards::Readiness;
use super::invocation::{CallState, Invocation, Outcome, Running, Waiter};
use super::{Exchange, Read, ReadKey, Sent, Turn};
use crate::counter::Counter;
use crate::engine::{CallId, CallRequest, CallResult};
use crate::expr::CallIndex;
use crate::expr::eval::{CallValue, Eval, EvalError, Page};
use crate::legacy::answer::{self, Meaning, Received, budget, receive};
use crate::legacy::request::{self, eval_code};
use crate::mapping::Plan;
use crate::mapping::bundle::{self, Call, Method, PageBy, Pages, Paging};
use crate::problem::{Code, Problem};
use crate::value::Value;

impl Exchange {
    /// Starts every call whose needs are met.
    pub(super) fn start_calls(&mut self, plan: &Plan, mapped: &bundle::Operation) -> Result<(), Code> {
        for index in &mapped.calls {
            let Some(call) = plan.bundle().calls.get(usize::from(*index)) else { continue };
            if !matches!(self.state(*index), Some(CallState::Waiting)) {
                continue;
            }
            match self.readiness(&call.needs) {
                Readiness::Waiting => {}
                Readiness::Failed => self.set_state(*index, CallState::Failed),
                Readiness::Ready => match self.invocations(plan, call)? {
                    Ok(invocations) => {
                        let queue: VecDeque<usize> = invocations
                            .iter()
                            .enumerate()
                            .filter(|(_, i)| i.outcome.is_none())
                            .map(|(at, _)| at)
                            .collect();
                        self.set_state(*index, CallState::Running(Running { invocations, queue, in_flight: 0 }));
                        self.settle_call(*index, call);
                    }
                    Err(code) => {
                        self.set_state(*index, CallState::Failed);
                        self.fail(&call.name, 0, Problem::from(code));
                    }
                },
            }
        }
        Ok(())
    }

    /// The invocations of a call: one, or one per element; those whose `when` does not hold are over.
    ///
    /// The outer error is a spent budget, the inner one the call's own failure.
    fn invocations(&mut self, plan: &Plan, call: &Call) -> Result<Result<Vec<Invocation>, Code>, Code> {
        let limit = plan.bundle().limits.fan_out;
        let mut eval = Eval { plan, memory: &mut self.memory };
        let elements = match &call.each {
            None => vec![Value::Null],
            Some(each) => match eval.eval(&each.list).and_then(|list| eval.iterate(list)) {
                Ok(span) if u64::try_from(span.len()).unwrap_or(u64::MAX) > limit => return Ok(Err(Code::LimitFanOut)),
                Ok(span) => eval.memory.arena.elements(span).to_vec(),
                Err(error) => return own(error),
            },
        };
        let page = first_page(call);
        let mut invocations = Vec::with_capacity(elements.len());
        for element in elements {
            if let Some(each) = &call.each {
                eval.memory.bind(each.slot, element);
            }
            let made = match &call.when {
                Some(when) => match eval.condition(when) {
                    Ok(holds) => holds,
                    Err(error) => return own(error),
                },
                None => true,
            };
            let outcome = (!made).then_some(Outcome::NotMade);
            invocations.push(Invocation { element, outcome, rows: Vec::new(), page, pages: 0, document: None });
        }
        Ok(Ok(invocations))
    }

    /// Sends queued requests of calls that matter, as many as their systems take at once.
    pub(super) fn send(
        &mut self,
        turn: &mut Turn<'_>,
        mapped: &bundle::Operation,
        matters: &[CallIndex],
    ) -> Result<(), Code> {
        let bundle = turn.plan.bundle();
        for index in mapped.calls.iter().filter(|c| matters.contains(c)) {
            let Some(call) = bundle.calls.get(usize::from(*index)) else { continue };
            let Some(system) = bundle.systems.get(usize::from(call.system)) else { continue };
            while self.in_flight_to(turn.plan, call.system) < usize::from(system.parallel) {
                let Some(CallState::Running(running)) = self.state_mut(*index) else { break };
                let Some(at) = running.queue.pop_front() else { break };
                // Behind a failed place of the same call nothing can change the answer.
                if running.failed_at().is_none_or(|failed| at < failed) {
                    self.send_one(turn, *index, at)?;
                }
            }
        }
        Ok(())
    }

    fn in_flight_to(&self, plan: &Plan, system: u16) -> usize {
        let to = |index: &CallIndex| plan.bundle().calls.get(usize::from(*index)).is_some_and(|c| c.system == system);
        self.states
            .iter()
            .filter(|(index, _)| to(index))
            .map(|(_, state)| if let CallState::Running(running) = state { running.in_flight } else { 0 })
            .sum()
    }

    /// Writes and sends one request, or joins an identical read.
    fn send_one(&mut self, turn: &mut Turn<'_>, index: CallIndex, at: usize) -> Result<(), Code> {
        let plan = turn.plan;
        let bundle = plan.bundle();
        let Some(call) = bundle.calls.get(usize::from(index)) else { return Ok(()) };
        let Some(system) = bundle.systems.get(usize::from(call.system)) else { return Ok(()) };
        let Some((element, page)) = self.invocation(index, at).map(|i| (i.element, i.page)) else { return Ok(()) };
        if let Some(each) = &call.each {
            self.memory.bind(each.slot, element);
        }
        self.memory.provided.page = page;
        let written = match request::write(&mut Eval { plan, memory: &mut self.memory }, system, call) {
            Ok(written) => written,
            Err(code @ (Code::LimitSteps | Code::LimitItems | Code::LimitLegacyTotal)) => return Err(code),
            Err(code) => {
                self.end(plan, index, at, Err(Problem::from(code)));
                return Ok(());
            }
        };
        let waiter = Waiter { call: index, at };
        let key: Option<ReadKey> = (call.method == Method::Get)
            .then(|| (call.system, call.deep, written.path.clone(), written.headers.clone()));
        if let Some(key) = &key {
            match self.reads.iter_mut().find(|(known, _)| known == key).map(|(_, read)| read) {
                Some(Read::Done(received)) => {
                    let received = received.clone();
                    return self.understand(plan, waiter, &received);
                }
                Some(Read::Pending(waiters)) => {
                    waiters.push(waiter);
                    self.in_flight(index, true);
                    return Ok(());
                }
                None => {
                    self.reads.push((key.clone(), Read::Pending(Vec::new())));
                }
            }
        }
        self.sent_total = self.sent_total.saturating_add(1);
        if self.sent_total > bundle.limits.calls {
            return Err(Code::LimitCalls);
        }
        let left = self.deadline.saturating_sub(turn.tick_ms);
        let timeout = u64::from(system.timeout_ms);
        let id = turn.ids.next(turn.id);
        self.sent.push((id, Sent { waiter, key, cut_by_deadline: left <= timeout }));
        self.in_flight(index, true);
        let request = CallRequest {
            name: call.name.clone(),
            cluster: system.cluster.clone(),
            authority: system.authority.clone(),
            method: written.method,
            path: written.path,
            headers: written.headers,
            body: written.body,
            timeout_ms: timeout.min(left).max(1),
            body_limit: usize::try_from(bundle.limits.legacy_body).unwrap_or(usize::MAX),
        };
        turn.out.calls.push((id, request));
        Ok(())
    }

    /// Takes in how a call ended, for all that wait for it.
    pub(super) fn take_answer(&mut self, turn: &mut Turn<'_>, id: CallId, result: CallResult) -> Result<(), Code> {
        let plan = turn.plan;
        let bundle = plan.bundle();
        let Some(at) = self.sent.iter().position(|(sent, _)| *sent == id) else { return Ok(()) };
        let (_, sent) = self.sent.swap_remove(at);
        let Some(call) = bundle.calls.get(usize::from(sent.waiter.call)) else { return Ok(()) };
        let Some(system) = bundle.systems.get(usize::from(call.system)) else { return Ok(()) };
        turn.out.counts.push((Counter::CallEnded(ended(&result)), 1));
        if sent.cut_by_deadline && matches!(result, CallResult::TimedOut) {
            return Err(Code::LimitDeadline);
        }
        let received = match result {
            CallResult::Answer { body, .. }
                if u64::try_from(body.len()).unwrap_or(u64::MAX) > bundle.limits.legacy_body =>
            {
                Received::Failed(Code::LimitLegacyBody)
            }
            result => {
                if let CallResult::Answer { body, .. } = &result {
                    self.bytes_total = self.bytes_total.saturating_add(u64::try_from(body.len()).unwrap_or(u64::MAX));
                    if self.bytes_total > bundle.limits.legacy_total {
                        return Err(Code::LimitLegacyTotal);
                    }
                }
                receive(&mut self.memory.arena, system, call, bundle.limits.depth, result)
            }
        };
        let mut waiters = vec![sent.waiter];
        let read = self.reads.iter_mut().find(|(known, _)| Some(known) == sent.key.as_ref());
        if let Some((_, read)) = read
            && let Read::Pending(others) = std::mem::replace(read, Read::Done(received.clone()))
        {
            waiters.extend(others);
        }
        for waiter in waiters {
            self.in_flight(waiter.call, false);
            self.understand(plan, waiter, &received)?;
        }
        Ok(())
    }

    /// Tells what an answer means to one invocation: its end, or its next page.
    fn understand(&mut self, plan: &Plan, waiter: Waiter, received: &Received) -> Result<(), Code> {
        let bundle = plan.bundle();
        let Some(call) = bundle.calls.get(usize::from(waiter.call)) else { return Ok(()) };
        let Some(system) = bundle.systems.get(usize::from(call.system)) else { return Ok(()) };
        let Some((element, page)) = self.invocation(waiter.call, waiter.at).map(|i| (i.element, i.page)) else {
            return Ok(());
        };
        if let Some(each) = &call.each {
            self.memory.bind(each.slot, element);
        }
        self.memory.provided.page = page;
        let meaning = answer::understand(&mut Eval { plan, memory: &mut self.memory }, system, call, received)?;
        let ended = match (meaning, &call.pages) {
            (Meaning::Failed(problem), _) => Err(problem),
            (Meaning::Empty, Pages::Many(_)) => {
                // Nothing on a later page ends the list; the pages before it stand.
                let rows = self.invocation(waiter.call, waiter.at).map(|i| i.rows.clone()).unwrap_or_default();
                Ok(Value::List(self.memory.arena.make_list(&rows).map_err(|_| Code::LimitLegacyTotal)?))
            }
            (Meaning::Empty, _) => Ok(Value::Null),
            (Meaning::Value(value), Pages::One) => Ok(value),
            (Meaning::Value(value), Pages::Unstated { cut }) => match (value, cut) {
                (Value::List(span), Some(cut)) if span.len() >= usize::try_from(*cut).unwrap_or(usize::MAX) => {
                    Err(Problem::from(Code::LegacyCut))
                }
                _ => Ok(value),
            },
            (Meaning::Value(value), Pages::Many(paging)) => {
                let document = if let Received::Answer { document, .. } = received { *document } else { None };
                match self.take_page(plan, waiter, paging, value, document) {
                    Ok(None) => return Ok(()),
                    Ok(Some(rows)) => {
                        Ok(Value::List(self.memory.arena.make_list(&rows).map_err(|_| Code::LimitLegacyTotal)?))
                    }
                    Err(code) => Err(Problem::from(code)),
                }
            }
        };
        self.end(plan, waiter.call, waiter.at, ended);
        Ok(())
    }

    /// Adds a page's rows; gives all of them after the last page, none if the next one is to be asked for.
    fn take_page(
        &mut self,
        plan: &Plan,
        waiter: Waiter,
        paging: &Paging,
        value: Value,
        document: Option<u16>,
    ) -> Result<Option<Vec<Value>>, Code> {
        let limits = &plan.bundle().limits;
        let rows = match value {
            Value::List(span) => self.memory.arena.elements(span).to_vec(),
            // Null too: "no list" taken for "an empty list" would tell consumers that everything was deleted. A mapping
            // whose system means that says so: `take: list(…)`, or a rule with `is: empty`.
            _ => return Err(Code::LegacyShape),
        };
        let last = self.invocation(waiter.call, waiter.at).and_then(|i| i.document);
        // A server that ignores the offset gives the same page for ever.
        if !rows.is_empty() && last.zip(document).is_some_and(|(a, b)| self.memory.arena.same_document(a, b)) {
            return Err(Code::LegacyPaging);
        }
        let full = rows.len() >= usize::try_from(paging.size).unwrap_or(usize::MAX);
        let Some(CallState::Running(running)) = self.state_mut(waiter.call) else { return Ok(None) };
        let Some(invocation) = running.invocations.get_mut(waiter.at) else { return Ok(None) };
        invocation.rows.extend(rows);
        invocation.pages = invocation.pages.saturating_add(1);
        invocation.document = document;
        if u64::try_from(invocation.rows.len()).unwrap_or(u64::MAX) > limits.rows {
            return Err(Code::LimitRows);
        }
        if !full {
            return Ok(Some(std::mem::take(&mut invocation.rows)));
        }
        if invocation.pages >= paging.max.map_or(limits.pages, |m| u64::from(m).min(limits.pages)) {
            return Err(Code::LimitPages);
        }
        invocation.page.start = invocation.page.start.saturating_add(i64::from(paging.size));
        invocation.page.number = invocation.page.number.saturating_add(1);
        // The rest of a list that has begun goes before lists that have not.
        running.queue.push_front(waiter.at);
        Ok(None)
    }

    /// Ends an invocation.
    fn end(&mut self, plan: &Plan, index: CallIndex, at: usize, ended: Result<Value, Problem>) {
        let Some(call) = plan.bundle().calls.get(usize::from(index)) else { return };
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
    fn settle_call(&mut self, index: CallIndex, call: &Call) {
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
                if let Some(place) = self.memory.calls.get_mut(usize::from(index)) {
                    *place = Some(value);
                }
                self.set_state(index, CallState::Settled);
            }
            Err(error) => {
                self.set_state(index, CallState::Failed);
                self.fail(&call.name, 0, Problem::from(eval_code(error)));
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
                Value::List(span) => flat.extend_from_slice(arena.elements(*span)),
                one => flat.push(*one),
            }
            if let Value::Record(record) = element {
                hung.push((record.start, *value));
            }
        }
        Ok(CallValue { value: Value::List(arena.make_list(&flat)?), hung })
    }

    /// Notes a failure; the one that comes first in the order of failures wins.
    fn fail(&mut self, name: &str, at: usize, problem: Problem) {
        let rank = (name.to_owned(), at);
        if self.failure.as_ref().is_none_or(|(best, _)| rank < *best) {
            self.failure = Some((rank, problem));
        }
    }

    fn invocation(&self, index: CallIndex, at: usize) -> Option<&Invocation> {
        match self.state(index) {
            Some(CallState::Running(running)) => running.invocations.get(at),
            _ => None,
        }
    }

    fn in_flight(&mut self, index: CallIndex, more: bool) {
        if let Some(CallState::Running(running)) = self.state_mut(index) {
            running.in_flight =
                if more { running.in_flight.saturating_add(1) } else { running.in_flight.saturating_sub(1) };
        }
    }
}

/// An error of the call itself, unless it is a spent budget.
fn own<T>(error: EvalError) -> Result<Result<T, Code>, Code> {
    match budget(error) {
        Some(code) => Err(code),
        None => Ok(Err(eval_code(error))),
    }
}

fn first_page(call: &Call) -> Page {
    match &call.pages {
        Pages::Many(Paging { by, size, first, .. }) => {
            let first = i64::from(*first);
            let (start, number) = match by {
                PageBy::Offset => (first, 0),
                PageBy::Number => (0, first),
            };
            Page { start, number, size: i64::from(*size) }
        }
        _ => Page::default(),
    }
}

/// How a call ended, for the counter.
fn ended(result: &CallResult) -> &'static str {
    match result {
        CallResult::Answer { status: 200..=299, .. } => "ok",
        CallResult::Answer { .. } => "status",
        CallResult::Unreachable => "unreachable",
        CallResult::TimedOut => "timeout",
        CallResult::Overflow => "overflow",
        CallResult::Truncated => "truncated",
        CallResult::TooLarge => "too_large",
        CallResult::NoCluster => "no_cluster",
    }
}
