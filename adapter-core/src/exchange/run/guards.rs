//! Guards, and what a run still has to wait for.

use super::Run;
use super::invocation::CallState;
use crate::bundle::{self, CallIndex};
use crate::eval::memory::Eval;
use crate::plan::Plan;
use crate::problem::{Code, Problem};
use crate::value::Value;

/// What the guards say.
#[derive(Debug)]
pub(super) enum Guarded {
    /// One holds.
    Refuse(Code),
    /// One holds that rejects the change, with these words.
    Reject(Value),
    /// One cannot be decided yet.
    Open,
    /// None holds, or those that might cannot be decided any more.
    Pass,
}

impl Run {
    /// Decides the guards in written order; one that waits for calls holds up those behind it.
    pub(super) fn guards(&mut self, plan: &Plan) -> Result<Guarded, Problem> {
        let recipe = self.recipe(plan);
        for guard in &recipe.guards {
            match self.readiness(&guard.needs) {
                Readiness::Waiting => return Ok(Guarded::Open),
                Readiness::Failed => continue,
                Readiness::Ready => {}
            }
            let holds = (Eval { plan, memory: &mut self.memory }).condition(&guard.when);
            tell!(self.memory, plan, Guard { recipe, guard, holds: holds.ok() });
            match holds {
                Ok(true) => {
                    return Ok(match guard.is {
                        bundle::GuardKind::Unknown => Guarded::Refuse(Code::RequestUnknownStudent),
                        bundle::GuardKind::Reject => {
                            let mut eval = Eval { plan, memory: &mut self.memory };
                            let words = guard.message.as_ref().map(|words| eval.eval(words)).transpose()?;
                            Guarded::Reject(words.unwrap_or_default())
                        }
                    });
                }
                Ok(false) => {}
                // An undecidable guard must not let an unknown student pass as one without data.
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Guarded::Pass)
    }

    /// Whether calls have their values.
    pub(super) fn readiness(&self, needs: &[CallIndex]) -> Readiness {
        let mut readiness = Readiness::Ready;
        for need in needs {
            match self.state(*need) {
                Some(CallState::Settled) => {}
                Some(CallState::Failed) | None => return Readiness::Failed,
                Some(CallState::Running(running)) if running.failed_at().is_some() => return Readiness::Failed,
                Some(CallState::Waiting | CallState::Running(_)) => readiness = Readiness::Waiting,
            }
        }
        readiness
    }

    /// The calls whose end can still change the answer: all, unless something has failed; then those that an open guard
    /// needs, those that come before the failure, and what these need in turn.
    pub(super) fn matters(&self, plan: &Plan) -> Vec<CallIndex> {
        let recipe = self.recipe(plan);
        let Some((failed, _)) = &self.failure else { return recipe.calls.clone() };
        let mut matters: Vec<CallIndex> = Vec::new();
        for guard in &recipe.guards {
            if self.readiness(&guard.needs) == Readiness::Waiting {
                matters.extend(&guard.needs);
            }
        }
        // Calls stand after those they need, so one pass from the end sees every dependent first.
        for index in recipe.calls.iter().rev() {
            let call = plan.call(*index);
            let before = call.name <= failed.call && self.readiness(&call.needs) != Readiness::Failed;
            if matters.contains(index) || before {
                matters.push(*index);
                matters.extend(&call.needs);
            }
        }
        matters
    }
}

/// Whether calls have their values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Readiness {
    /// All have.
    Ready,
    /// Some have not yet.
    Waiting,
    /// One has failed.
    Failed,
}
