//! Starting and sending the calls of a run.

use std::collections::VecDeque;

use super::answers::AnswerUse;
use super::guards::Readiness;
use super::invocation::{CallState, Invocation, Outcome, Running};
use super::sessions::SessionState;
use super::{Run, pages};
use crate::bundle::{Call, CallIndex, System, SystemIndex};
use crate::counter::Counter;
use crate::eval::error::EvalError;
use crate::eval::memory::Eval;
use crate::exchange::cache;
use crate::exchange::pool::{Asked, Pool, Purpose, Waiter};
use crate::exchange::turn::Turn;
use crate::failure::Stop;
use crate::legacy::answer::receive;
use crate::legacy::request::{self, Written};
use crate::plan::Plan;
use crate::problem::{Code, Problem};
use crate::value::Value;

impl Run {
    /// Starts every call whose needs are met.
    pub(super) fn start_calls(&mut self, plan: &Plan) -> Result<(), Problem> {
        for index in &self.recipe(plan).calls {
            let call = plan.call(*index);
            if !matches!(self.state(*index), Some(CallState::Waiting)) {
                continue;
            }
            match self.readiness(&call.needs) {
                Readiness::Waiting => {}
                Readiness::Failed => {
                    explain! { self.tell_needs(plan, *index, &call.needs); }
                    self.set_state(*index, CallState::Failed);
                }
                Readiness::Ready => match self.invocations(plan, *index) {
                    Ok(invocations) => {
                        let queue: VecDeque<usize> = invocations
                            .iter()
                            .enumerate()
                            .filter(|(_, i)| i.outcome.is_none())
                            .map(|(at, _)| at)
                            .collect();
                        self.set_state(*index, CallState::Running(Running { invocations, queue }));
                        self.settle_call(*index, call);
                    }
                    Err(Stop::Call(problem)) => {
                        tell!(self.memory, plan, Unwritten { call: *index, at: None, code: problem.code });
                        self.set_state(*index, CallState::Failed);
                        self.fail(&call.name, 0, problem);
                    }
                    Err(Stop::End(problem)) => return Err(problem),
                },
            }
        }
        Ok(())
    }

    /// The invocations of a call: one, or one per element; those whose `when` does not hold are over.
    ///
    /// # Errors
    /// Why there are none.
    fn invocations(&mut self, plan: &Plan, index: CallIndex) -> Result<Vec<Invocation>, Stop> {
        let call = plan.call(index);
        let limit = plan.limits().fan_out;
        let mut eval = Eval { plan, memory: &mut self.memory };
        // What the list runs over may be passed to the call; what depends on its elements is bound again for each.
        if call.each.is_some()
            && let Err(end @ Stop::End(_)) = request::bind(&mut eval, call).map_err(Stop::from)
        {
            return Err(end);
        }
        let elements = match &call.each {
            None => vec![Value::Null],
            Some(each) => {
                let list = eval.eval(&each.list)?;
                let span = eval.iterate(list)?;
                if u64::try_from(span.len()).unwrap_or(u64::MAX) > limit {
                    return Err(Stop::call(Code::LimitFanOut));
                }
                eval.memory.arena.elements(span).to_vec()
            }
        };
        let page = self.paged.as_ref().filter(|paged| paged.call == index).map_or_else(|| pages::first(call), |p| p.at);
        let mut invocations = Vec::with_capacity(elements.len());
        for element in elements {
            if let Some(each) = &call.each {
                eval.memory.bind(each.slot, element);
            }
            request::bind(&mut eval, call)?;
            let made = match &call.when {
                Some(when) => eval.condition(when)?,
                None => true,
            };
            if !made {
                tell!(eval.memory, plan, Unmet { call: index, at: invocations.len() });
            }
            let outcome = (!made).then_some(Outcome::NotMade);
            invocations.push(Invocation::new(element, page, outcome));
        }
        Ok(invocations)
    }

    /// Sends queued requests of calls that matter, as many as their systems take at once.
    pub(super) fn send(&mut self, pool: &mut Pool, turn: &mut Turn<'_>, matters: &[CallIndex]) -> Result<(), Problem> {
        // Systems whose calls go one after another, where an earlier call is not over.
        let mut taken: Vec<SystemIndex> = Vec::new();
        for index in self.recipe(turn.plan).calls.iter().filter(|c| matters.contains(c)) {
            let call = turn.plan.call(*index);
            let system = turn.plan.system(call.system);
            let in_turn = system.session.as_ref().is_some_and(|s| s.next.is_some());
            if in_turn && taken.contains(&call.system) {
                continue;
            }
            let parallel = if in_turn { 1 } else { usize::from(system.parallel) };
            while pool.in_flight_to(turn.plan, call.system) < parallel {
                let Some(CallState::Running(running)) = self.state(*index) else { break };
                let Some(at) = running.queue.front().copied() else { break };
                // Behind a failed place of the same call nothing can change the answer.
                let matters = running.failed_at().is_none_or(|failed| at < failed);
                let mut failed = None;
                if matters && call.session {
                    match self.session(pool, turn, call.system) {
                        Ok(SessionState::Open(number)) => self.sent_in(*index, at, number),
                        Ok(SessionState::Opening) => break,
                        Err(Stop::Call(problem)) => failed = Some(problem),
                        Err(Stop::End(problem)) => return Err(problem),
                    }
                } else {
                    self.memory.provided.session = Value::Null;
                }
                if let Some(CallState::Running(running)) = self.state_mut(*index) {
                    running.queue.pop_front();
                }
                match failed {
                    Some(problem) => {
                        tell!(self.memory, turn.plan, NoSession { call: *index, at, code: problem.code });
                        self.end_invocation(turn.plan, *index, at, Err(problem));
                    }
                    None if matters => self.send_one(pool, turn, *index, at)?,
                    None => {}
                }
            }
            if in_turn && self.state(*index).is_some_and(CallState::is_open) {
                taken.push(call.system);
            }
        }
        Ok(())
    }

    /// Notes which session an invocation is sent in.
    fn sent_in(&mut self, index: CallIndex, at: usize, number: u32) {
        if let Some(CallState::Running(running)) = self.state_mut(index)
            && let Some(invocation) = running.invocations.get_mut(at)
        {
            invocation.session = number;
        }
    }

    /// Binds what an invocation's expressions read: its element, its page, what is passed to it.
    pub(super) fn bind(&mut self, plan: &Plan, call: &Call, waiter: Waiter) -> Result<(), EvalError> {
        let Some((element, page)) = self.invocation(waiter.call, waiter.at).map(|i| (i.element, i.page)) else {
            return Ok(());
        };
        if let Some(each) = &call.each {
            self.memory.bind(each.slot, element);
        }
        self.memory.provided.page = page;
        request::bind(&mut Eval { plan, memory: &mut self.memory }, call)
    }

    /// Writes and sends one request, joins an identical read, or takes an answer that was kept.
    fn send_one(&mut self, pool: &mut Pool, turn: &mut Turn<'_>, index: CallIndex, at: usize) -> Result<(), Problem> {
        let plan = turn.plan;
        let call = plan.call(index);
        let system = plan.system(call.system);
        let waiter = Waiter { run: self.id, call: index, at };
        self.asked = self.asked.saturating_add(1);
        let written = self
            .bind(plan, call, waiter)
            .map_err(Stop::from)
            .and_then(|()| request::write(&mut Eval { plan, memory: &mut self.memory }, system, call));
        let written = match written {
            Ok(written) => written,
            Err(Stop::End(problem)) => return Err(problem),
            Err(Stop::Call(problem)) => {
                tell!(self.memory, plan, Unwritten { call: index, at: Some(at), code: problem.code });
                self.end_invocation(plan, index, at, Err(problem));
                return Ok(());
            }
        };
        // Every call is a read, whatever its method; the one that is not will say so.
        let asked = match self.without_session(plan, system, call) {
            Some(written) => written.words(call),
            None => written.words(call),
        };
        if let Some((_, received)) = self.received.iter().find(|(known, _)| *known == asked) {
            let received = received.clone();
            tell!(self.memory, plan, Shared { call: index, at, kept: false });
            if self.use_answer(pool, turn, waiter, &received)? == AnswerUse::Expired {
                self.forget(pool, &asked);
            }
            return Ok(());
        }
        if pool.join(&asked, waiter) {
            tell!(self.memory, plan, Shared { call: index, at, kept: false });
            return Ok(());
        }
        if let Some(result) = pool.answered(&asked) {
            tell!(self.memory, plan, Shared { call: index, at, kept: false });
            let received = receive(&mut self.memory, plan, index, result);
            self.received.push((Asked::clone(&asked), received.clone()));
            if self.use_answer(pool, turn, waiter, &received)? == AnswerUse::Expired {
                self.forget(pool, &asked);
            }
            return Ok(());
        }
        if call.cache_ms.is_some()
            && let Some(kept) = cache::find(turn.store, plan, &request::digest(plan, &asked), turn.tick_ms)
        {
            turn.out.counts.push((Counter::CacheHits(call.system), 1));
            tell!(self.memory, plan, Shared { call: index, at, kept: true });
            pool.weigh(plan, &kept)?;
            pool.keep(&asked, &kept);
            let received = receive(&mut self.memory, plan, index, kept);
            self.received.push((asked, received.clone()));
            return self.use_answer(pool, turn, waiter, &received).map(drop);
        }
        self.dispatch(pool, turn, index, written, Purpose::Read(asked, vec![waiter]))
    }

    /// A call whose answer is kept, as it would be without the session: what is kept must outlive one.
    fn without_session(&mut self, plan: &Plan, system: &System, call: &Call) -> Option<Written> {
        if call.cache_ms.is_none() || !call.session {
            return None;
        }
        let session = std::mem::take(&mut self.memory.provided.session);
        let written = request::write(&mut Eval { plan, memory: &mut self.memory }, system, call).ok();
        self.memory.provided.session = session;
        written
    }

    /// Sends a request.
    ///
    /// # Errors
    /// [`Code::LimitCalls`].
    pub(super) fn dispatch(
        &mut self,
        pool: &mut Pool,
        turn: &mut Turn<'_>,
        index: CallIndex,
        written: Written,
        purpose: Purpose,
    ) -> Result<(), Problem> {
        let id = pool.dispatch(turn, index, written, purpose)?;
        explain! { self.tell_sent(turn.plan, pool, id); }
        #[cfg(not(feature = "explain"))]
        let _ = id;
        Ok(())
    }

    pub(super) fn invocation(&self, index: CallIndex, at: usize) -> Option<&Invocation> {
        match self.state(index) {
            Some(CallState::Running(running)) => running.invocations.get(at),
            _ => None,
        }
    }
}
