//! What an exchange notes for an explanation.

use super::invocation::{CallState, Outcome, Waiter};
use super::{Exchange, Purpose};
use crate::bundle::{Call, CallIndex, Expr, Guard, Operation, Pages};
use crate::eval::memory::Eval;
use crate::failure::Stop;
use crate::plan::Plan;
use crate::problem::Code;
use crate::trace::{End, Event, Explainer, Rule, Unmade, unwritten};
use crate::wire::CallId;

impl Exchange {
    /// The place in a loop; none of a call that has none.
    pub(super) fn place(plan: &Plan, waiter: Waiter) -> Option<usize> {
        plan.call(waiter.call).each.as_ref().map(|_| waiter.at)
    }

    /// A call was sent.
    pub(super) fn explain_sent(&mut self, plan: &Plan, id: CallId) {
        let Some((_, sent)) = self.sent.iter().find(|(known, _)| *known == id) else { return };
        let (call, at, page) = match &sent.purpose {
            Purpose::Call(waiter) => {
                let paged = matches!(plan.call(waiter.call).pages, Pages::Many(_));
                let pages = self.invocation(waiter.call, waiter.at).map(|i| i.pages.saturating_add(1));
                (waiter.call, Self::place(plan, *waiter), pages.filter(|_| paged))
            }
            Purpose::Open(opening) => (plan.session(opening.system).open, None, None),
        };
        self.memory.note(|_| Event::Sent { call, at, page, id });
    }

    /// A call cannot be made.
    pub(super) fn explain_unwritten(&mut self, plan: &Plan, index: CallIndex, at: Option<usize>, code: Code) {
        let call = plan.call(index);
        if let Some((part, why)) = unwritten(plan, &mut self.memory, call) {
            self.memory.note(|_| Event::Unwritten { call: index, at, part, code, why });
        }
    }

    /// A call's `when` does not hold.
    pub(super) fn explain_unmet(plan: &Plan, memory: &mut crate::eval::memory::Memory, call: &Call, at: usize) {
        let Some(when) = &call.when else { return };
        let Some(mut explainer) = Explainer::new(plan, memory) else { return };
        let why = explainer.unmet(when);
        explainer.end();
        let index = plan.bundle().calls.iter().position(|c| std::ptr::eq(c, call)).unwrap_or_default();
        let Ok(index) = CallIndex::try_from(index) else { return };
        let at = call.each.as_ref().map(|_| at);
        memory.note(|_| Event::NotMade { call: index, at, why: Unmade::When(why) });
    }

    /// A guard was decided, or could not be.
    pub(super) fn explain_guard(&mut self, plan: &Plan, mapped: &Operation, guard: &Guard, holds: Option<bool>) {
        let at = mapped.guards.iter().position(|g| std::ptr::eq(g, guard)).unwrap_or_default();
        let Some(mut explainer) = Explainer::new(plan, &mut self.memory) else { return };
        let why = match holds {
            Some(true) => [&explainer.written(&guard.when), " is true"].concat(),
            Some(false) => explainer.unmet(&guard.when),
            None => explainer.fault(&guard.when, 0).unwrap_or_default(),
        };
        explainer.end();
        // An open guard is asked again with every answer.
        let event = Event::Guard { at, holds, why };
        if self.memory.trace.as_ref().is_some_and(|t| !t.events.contains(&event)) {
            self.memory.note(|_| event);
        }
    }

    /// The call that opens a session was understood.
    pub(super) fn explain_opened(&mut self, call: CallIndex, opened: &Result<String, Stop>) {
        let rule = self.memory.trace.as_mut().and_then(|t| t.rule.take());
        let end = match opened {
            Ok(sid) => End::Taken(sid.clone()),
            Err(Stop::Call(problem)) => End::Failed(problem.code),
            Err(Stop::End(_)) => return,
        };
        self.memory.note(|_| Event::Understood { call, at: None, rule, end });
    }

    /// The exchange is over: calls that were not made are told of.
    pub(super) fn explain_end(&mut self) {
        let mut unmade = Vec::new();
        for (index, state) in &self.states {
            match state {
                CallState::Waiting => unmade.push((*index, None)),
                CallState::Running(running) => {
                    let open = running.queue.iter().filter(|at| {
                        running.invocations.get(**at).is_some_and(|i| i.outcome.is_none() && i.pages == 0)
                    });
                    let one = running.invocations.len() == 1;
                    unmade.extend(open.map(|at| (*index, (!one).then_some(*at))));
                }
                CallState::Settled | CallState::Failed => {}
            }
        }
        for (call, at) in unmade {
            self.memory.note(|_| Event::NotMade { call, at, why: Unmade::Decided });
        }
    }

    /// A call that one needs has failed.
    pub(super) fn explain_needs(&mut self, call: CallIndex, needs: &[CallIndex]) {
        let failed = |index: &&CallIndex| match self.state(**index) {
            Some(CallState::Failed) => true,
            Some(CallState::Running(running)) => {
                running.invocations.iter().any(|i| matches!(i.outcome, Some(Outcome::Failed)))
            }
            _ => false,
        };
        let Some(failed) = needs.iter().find(failed).copied() else { return };
        self.memory.note(|_| Event::NotMade { call, at: None, why: Unmade::Needs(failed) });
    }
}

impl Eval<'_> {
    /// Which failure rule matched, counted over the call's and then the system's.
    pub(crate) fn note_rule(&mut self, call: &Call, matching: Option<usize>) {
        let own = call.failures.len();
        if let Some(trace) = &mut self.memory.trace {
            trace.rule = matching.map(|at| match at.checked_sub(own) {
                Some(at) => Rule { of_system: true, at },
                None => Rule { of_system: false, at },
            });
        }
    }

    /// A `take` failed.
    pub(crate) fn note_take(&mut self, call: &Call, take: &Expr) {
        let Some(mut explainer) = Explainer::new(self.plan, self.memory) else { return };
        let why = explainer.fault(take, 0).unwrap_or_default();
        explainer.end();
        let index = self.plan.bundle().calls.iter().position(|c| std::ptr::eq(c, call)).unwrap_or_default();
        let Ok(index) = CallIndex::try_from(index) else { return };
        self.memory.note(|_| Event::TakeFailed { call: index, why });
    }
}
