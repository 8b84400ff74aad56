//! A change that is asked for (IFS04, IFS05): what must be known is read, every guard is decided, then one call is made, once,
//! and what became of it is told apart.
//!
//! | | | |
//! |---|---|---|
//! | [`Stage::Listing`] | what is taken back must be the student's own: the list is read | then `Reading`, or it is rejected |
//! | [`Stage::Reading`] | what the change needs is read | then it is sent, or rejected |
//! | [`Stage::Opening`] | a session of its own is opened | then it is sent |
//! | [`Stage::Sent`] | it is on its way; it is never sent again | the answer, or `Confirming`, or `Looking` |
//! | [`Stage::Confirming`] | nobody knows what became of it: the mapping's `confirm` is read | the last |
//! | [`Stage::Looking`] | the list is read again, for the state that is told | the last |
//!
//! From `Sent` on the stage holds the slot that was taken for the change. It is given back where the outcome is known, and
//! otherwise says that nobody knows it: what stops the exchange can do nothing else with it.

mod answer;
mod reference;
mod unfit;

use super::{Next, Phase};
use crate::bundle::CallIndex;
use crate::contract::{Does, Operation};
use crate::counter::{Became, Counter};
use crate::eval::memory::Memory;
use crate::exchange::admit::Subject;
use crate::exchange::pool::Pool;
use crate::exchange::run::{Progress, Run};
use crate::exchange::turn::Turn;
use crate::failure::Stop;
use crate::legacy::changed::Changed;
use crate::legacy::request::Written;
use crate::outbox::Note;
use crate::plan::{self, Plan, RecipeIndex};
use crate::problem::{Code, Problem};
use crate::slots::{self, Refused, Taken};
use crate::value::Value;

/// A change that is asked for.
#[derive(Debug)]
pub(crate) struct Change {
    asked: Asked,
    stage: Stage,
}

/// What is asked for, and what is known of it.
#[derive(Debug)]
struct Asked {
    operation: &'static Operation,
    /// What the operation evaluates.
    recipe: RecipeIndex,
    /// How it changes something.
    change: plan::Change,
    /// What it is known by.
    reference: slots::Reference,
    run: Run,
}

/// How far a change is.
#[derive(Debug)]
enum Stage {
    Listing,
    Reading,
    Opening,
    Sent(Taken),
    Confirming(Taken),
    Looking(Looking),
}

/// Why the list is read again.
#[derive(Debug)]
enum Looking {
    /// The system refused the change, with these words: what state is the request in now?
    Refused(Value),
    /// Nobody knows what became of it: is the request taken back?
    Unknown(Taken),
}

/// Where a stage has come to.
enum Step {
    /// Calls are waited for.
    Wait(Stage),
    /// Another stage follows.
    Then(Stage),
    /// The answer is made.
    Answer(Vec<u8>),
}

type Stepped = Result<Step, Problem>;

impl Change {
    /// What is asked for, of which nothing has been read.
    ///
    /// # Errors
    /// [`Code::RequestPath`] if the mapping lacks the operation, or the one that lists what it changes.
    pub fn start(
        turn: &Turn<'_>,
        pool: &mut Pool,
        (operation, change): (&'static Operation, plan::Change),
        memory: Memory,
        subject: &Subject,
    ) -> Result<Self, Problem> {
        let plan = turn.plan;
        let recipe = plan.operation(operation.id).ok_or(Code::RequestPath)?;
        let (first, stage) = match operation.does {
            Does::Changes { listed_by } => (plan.operation(listed_by).ok_or(Code::RequestPath)?, Stage::Listing),
            _ => (recipe, Stage::Reading),
        };
        let mut memory = Memory::over(plan, memory.freeze());
        let reference = reference::of(turn.references, operation, &memory).ok_or(Code::MappingGateway)?;
        let text = memory.arena.make_text(&reference::text(&reference))?;
        memory.provided.reference = Value::Text(text);
        let run = Run::new(pool.begin(), plan, first, memory, subject);
        Ok(Self { asked: Asked { operation, recipe, change, reference, run }, stage })
    }

    /// Goes as far as can be gone.
    ///
    /// # Errors
    /// What the request is answered with.
    pub fn advance(self, pool: &mut Pool, turn: &mut Turn<'_>) -> Result<Next, Problem> {
        let Self { mut asked, mut stage } = self;
        loop {
            let step = match stage {
                Stage::Listing => asked.listing(pool, turn),
                Stage::Reading => asked.reading(pool, turn),
                Stage::Opening => asked.opening(pool, turn),
                Stage::Sent(taken) => asked.sent(turn, taken),
                Stage::Confirming(taken) => asked.confirming(pool, turn, taken),
                Stage::Looking(why) => asked.looking(pool, turn, why),
            };
            stage = match step {
                Ok(Step::Then(stage)) => stage,
                Ok(Step::Wait(stage)) => return Ok(Next::Wait(Phase::Change(Box::new(Self { asked, stage })))),
                Ok(Step::Answer(body)) => {
                    asked.run.end(turn.plan);
                    return Ok(Next::Answer(body));
                }
                Err(problem) => {
                    asked.run.end(turn.plan);
                    return Err(problem);
                }
            };
        }
    }

    /// Something has ended the exchange: what the request is answered with.
    pub fn stop(self, turn: &mut Turn<'_>, problem: Problem) -> Problem {
        let Self { mut asked, stage } = self;
        let problem = match stage {
            Stage::Sent(taken) | Stage::Confirming(taken) | Stage::Looking(Looking::Unknown(taken)) => {
                asked.unknown(turn, taken)
            }
            _ => problem,
        };
        asked.run.end(turn.plan);
        problem
    }

    /// Its runs.
    pub fn runs(&mut self) -> &mut [Run] {
        std::slice::from_mut(&mut self.asked.run)
    }
}

impl Asked {
    /// Whether what is asked for is to be taken back.
    fn listed_by(&self) -> Option<&'static Operation> {
        match self.operation.does {
            Does::Changes { listed_by } => Some(listed_by.operation()),
            _ => None,
        }
    }

    /// Counts and notes what became of the change.
    fn became(&self, turn: &mut Turn<'_>, became: Became) {
        turn.out.counts.push((Counter::Changes { target: self.operation.into(), became }, 1));
        self.note(turn, became.label());
    }

    fn note(&self, turn: &mut Turn<'_>, change: &'static str) {
        turn.out.note = Some(Note { reference: reference::text(&self.reference), change });
    }

    fn listing(&mut self, pool: &mut Pool, turn: &mut Turn<'_>) -> Stepped {
        match self.run.advance(pool, turn)? {
            Progress::Waiting => return Ok(Step::Wait(Stage::Listing)),
            Progress::Failed(problem) => return Err(problem),
            Progress::Rejected(_) => return Err(Code::MappingValue.into()),
            Progress::Done => {}
        }
        // Somebody else's request and nobody's are the same: the student's list has it not.
        let Some(file) = self.file(turn)? else {
            self.became(turn, Became::Rejected);
            return self.rejected(turn, Value::Null, answer::UNKNOWN).map(Step::Answer);
        };
        self.run.memory.provided.file = file;
        self.run.follow(turn.plan, self.recipe);
        Ok(Step::Then(Stage::Reading))
    }

    fn reading(&mut self, pool: &mut Pool, turn: &mut Turn<'_>) -> Stepped {
        match self.run.advance(pool, turn)? {
            Progress::Waiting => Ok(Step::Wait(Stage::Reading)),
            Progress::Failed(problem) => Err(problem),
            Progress::Rejected(words) => {
                self.became(turn, Became::Rejected);
                self.rejected(turn, words, answer::REJECTED).map(Step::Answer)
            }
            Progress::Done => Ok(Step::Then(Stage::Opening)),
        }
    }

    fn opening(&mut self, pool: &mut Pool, turn: &mut Turn<'_>) -> Stepped {
        let opened = match self.run.own_session(pool, turn, self.change.call) {
            Ok(false) => return Ok(Step::Wait(Stage::Opening)),
            Ok(true) => self.send(pool, turn),
            Err(Stop::Call(problem) | Stop::End(problem)) => Err(problem),
        };
        opened.map(|taken| Step::Wait(Stage::Sent(taken))).inspect_err(|problem| {
            let repeated = matches!(problem.code, Code::RequestInFlight | Code::LegacyOutcome);
            self.became(turn, if repeated { Became::Repeated } else { Became::NotSent });
        })
    }

    /// Sends the change, if it can be sent as it must: whole, in time, and once.
    ///
    /// # Errors
    /// Why it was not sent.
    fn send(&mut self, pool: &mut Pool, turn: &mut Turn<'_>) -> Result<Taken, Problem> {
        let (plan, index) = (turn.plan, self.change.call);
        let written: Written = match self.run.written(plan, index) {
            Ok(written) => written,
            Err(Stop::End(problem)) => return Err(problem),
            Err(Stop::Call(problem)) => return Err(unfit::told(&mut self.run, plan, self.operation, index, problem)),
        };
        let timeout = timeout(plan, index);
        let confirm = self.change.confirm.and_then(|confirm| plan.recipe(confirm).calls.last().copied());
        let needed = timeout.saturating_add(confirm.map_or(0, |call| self::timeout(plan, call)));
        let latest = pool.deadline().checked_sub(needed).filter(|latest| turn.tick_ms <= *latest);
        let latest = latest.ok_or(Code::LimitDeadline)?;
        if !pool.has_calls(plan) {
            return Err(Code::LimitCalls.into());
        }
        let until = pool.deadline().saturating_add(timeout);
        let code = &plan.institute().code;
        let taken = slots::take(turn.store, code, self.reference, turn.tick_ms, until).map_err(|why| match why {
            Refused::InFlight { until } => Problem {
                retry_after: u32::try_from(until.saturating_sub(turn.tick_ms).div_ceil(1_000)).ok(),
                ..Code::RequestInFlight.into()
            },
            Refused::Unknown => Code::LegacyOutcome.into(),
            Refused::NoRoom => Code::LimitChanges.into(),
        })?;
        self.note(turn, "sent");
        match self.run.send_change(pool, turn, index, written, latest) {
            Ok(()) => Ok(taken),
            Err(problem) => {
                taken.free(turn.store, turn.tick_ms);
                Err(problem)
            }
        }
    }

    fn sent(&mut self, turn: &mut Turn<'_>, taken: Taken) -> Stepped {
        let Some(changed) = self.run.changed(turn, self.change.call) else {
            return Ok(Step::Wait(Stage::Sent(taken)));
        };
        let (became, problem) = match changed {
            Changed::Accepted(value) => {
                return Ok(match self.accepted(turn, value) {
                    Some(body) => {
                        taken.free(turn.store, turn.tick_ms);
                        self.became(turn, Became::Accepted);
                        Step::Answer(body)
                    }
                    None => self.confirm(turn, taken)?,
                });
            }
            Changed::Unknown => return self.confirm(turn, taken),
            Changed::Refused(words) => {
                taken.free(turn.store, turn.tick_ms);
                self.became(turn, Became::Refused);
                return Ok(match self.listed_by().and_then(|listed| turn.plan.operation(listed.id)) {
                    // What it was before may be why it is refused.
                    Some(list) => {
                        self.run.again(turn.plan, list);
                        Step::Then(Stage::Looking(Looking::Refused(words)))
                    }
                    None => Step::Answer(self.rejected(turn, words, answer::REJECTED)?),
                });
            }
            Changed::NotMade(problem) => (Became::NotSent, problem),
            Changed::NotTaken(problem) => (Became::Failed, problem),
        };
        taken.free(turn.store, turn.tick_ms);
        self.became(turn, became);
        Err(problem)
    }

    /// Nobody knows what became of the change: the system is asked, if it can be.
    fn confirm(&mut self, turn: &mut Turn<'_>, taken: Taken) -> Stepped {
        if let Some(confirm) = self.change.confirm {
            self.run.confirm(turn.plan, confirm);
            return Ok(Step::Then(Stage::Confirming(taken)));
        }
        match self.listed_by().and_then(|listed| turn.plan.operation(listed.id)) {
            Some(list) => {
                self.run.again(turn.plan, list);
                Ok(Step::Then(Stage::Looking(Looking::Unknown(taken))))
            }
            None => Err(self.unknown(turn, taken)),
        }
    }

    fn confirming(&mut self, pool: &mut Pool, turn: &mut Turn<'_>, taken: Taken) -> Stepped {
        let found = match self.run.advance(pool, turn) {
            Ok(Progress::Waiting) => return Ok(Step::Wait(Stage::Confirming(taken))),
            Ok(Progress::Done) => self.confirmed(turn),
            Ok(Progress::Failed(_) | Progress::Rejected(_)) | Err(_) => None,
        };
        match found {
            Some(body) => {
                taken.free(turn.store, turn.tick_ms);
                self.became(turn, Became::Accepted);
                Ok(Step::Answer(body))
            }
            None => Err(self.unknown(turn, taken)),
        }
    }

    fn looking(&mut self, pool: &mut Pool, turn: &mut Turn<'_>, why: Looking) -> Stepped {
        let listed = match self.run.advance(pool, turn) {
            Ok(Progress::Waiting) => return Ok(Step::Wait(Stage::Looking(why))),
            Ok(Progress::Done) => self.file(turn),
            Ok(Progress::Failed(problem)) | Err(problem) => Err(problem),
            Ok(Progress::Rejected(_)) => Err(Code::MappingValue.into()),
        };
        let status = listed.map(|file| file.map_or(Value::Null, |[status, ..]| status));
        match why {
            Looking::Refused(words) => {
                self.run.memory.provided.file = [status?, Value::Null, Value::Null];
                self.rejected(turn, words, answer::REJECTED).map(Step::Answer)
            }
            Looking::Unknown(taken) => {
                let is_cancelled = status.is_ok_and(|status| self.is_cancelled(status));
                match is_cancelled.then(|| self.accepted(turn, Value::Null)).flatten() {
                    Some(body) => {
                        taken.free(turn.store, turn.tick_ms);
                        self.became(turn, Became::Accepted);
                        Ok(Step::Answer(body))
                    }
                    None => Err(self.unknown(turn, taken)),
                }
            }
        }
    }

    /// Nobody knows what became of it: that is remembered, and said.
    fn unknown(&mut self, turn: &mut Turn<'_>, taken: Taken) -> Problem {
        taken.unknown(turn.store, turn.tick_ms);
        self.became(turn, Became::Unknown);
        Code::LegacyOutcome.into()
    }
}

/// How long a call may take.
fn timeout(plan: &Plan, index: CallIndex) -> u64 {
    u64::from(plan.system(plan.call(index).system).timeout_ms)
}
