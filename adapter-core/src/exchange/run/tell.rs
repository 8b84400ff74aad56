//! What a run tells of itself while it is explained.

use super::Run;
use super::invocation::{CallState, Outcome};
use crate::bundle::{CallIndex, Pages};
use crate::exchange::pool::{Pool, Purpose};
use crate::failure::Stop;
use crate::legacy::answer::Meaning;
use crate::note::Ending;
use crate::plan::Plan;
use crate::session::{Login, Opening};
use crate::wire::CallId;

/// What an answer meant; none if it ends the exchange, which is told with its end.
pub(super) fn ending(meaning: &Result<Meaning, Stop>) -> Option<Ending> {
    match meaning {
        Ok(Meaning::Value(value)) => Some(Ending::Taken(*value)),
        Ok(Meaning::Empty) => Some(Ending::Empty),
        Ok(Meaning::Expired) => Some(Ending::Expired),
        Err(Stop::Call(problem)) => Some(Ending::Failed(problem.code)),
        Err(Stop::End(_)) => None,
    }
}

impl Run {
    /// A call that opens a session has ended.
    pub(super) fn tell_login(&mut self, plan: &Plan, of: &Opening, login: &Result<Login, Stop>) {
        let end = match login {
            Ok(login) => Some(Ending::Opened(login.sid.clone())),
            Err(Stop::Call(problem)) => Some(Ending::Failed(problem.code)),
            Err(Stop::End(_)) => None,
        };
        tell!(self.memory, plan, Understood { call: plan.session(of.system).open, at: 0, end });
    }

    /// A call was sent.
    pub(super) fn tell_sent(&mut self, plan: &Plan, pool: &Pool, id: CallId) {
        let Some(purpose) = pool.purpose(id) else { return };
        let (call, at, page) = match purpose {
            Purpose::Read(_, waiters) => {
                let Some(waiter) = waiters.first() else { return };
                let paged = matches!(plan.call(waiter.call).pages, Pages::Many(_));
                let pages = self.invocation(waiter.call, waiter.at).map(|i| i.pages.saturating_add(1));
                (waiter.call, waiter.at, pages.filter(|_| paged))
            }
            Purpose::Change(call, _) => (*call, 0, None),
            Purpose::Login(opening) => (plan.session(opening.system).open, 0, None),
        };
        tell!(self.memory, plan, Sent { call, at, page, id });
    }

    /// A call that one needs has failed.
    pub(super) fn tell_needs(&mut self, plan: &Plan, call: CallIndex, needs: &[CallIndex]) {
        let failed = |index: &&CallIndex| match self.state(**index) {
            Some(CallState::Failed) => true,
            Some(CallState::Running(running)) => {
                running.invocations.iter().any(|i| matches!(i.outcome, Some(Outcome::Failed)))
            }
            _ => false,
        };
        if let Some(failed) = needs.iter().find(failed).copied() {
            tell!(self.memory, plan, Needs { call, failed });
        }
    }

    /// The run is over: calls that were not made are told of.
    pub(super) fn tell_end(&mut self, plan: &Plan) {
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
            tell!(self.memory, plan, Decided { call, at });
        }
    }
}
