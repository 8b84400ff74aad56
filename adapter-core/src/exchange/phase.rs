//! What an exchange is at. Each phase is a type of its own, consumed by every step, and gives the one that follows it: an
//! exchange cannot be in two, and a phase has what it needs or is not begun.
//!
//! | | | |
//! |---|---|---|
//! | [`ByKey`] | finds the tax code of a student who is asked for by key | then [`Main`], with the same run |
//! | [`Main`] | evaluates the operation and makes the answer | the last |

use super::admit::Subject;
use super::pool::Pool;
use super::run::{Progress, Run};
use super::turn::Turn;
use crate::bundle::sha256_hex;
use crate::contract::{Operation, Pattern};
use crate::counter::Counter;
use crate::eval::memory::{Eval, Memory};
use crate::plan::{Plan, RecipeIndex};
use crate::problem::{Code, Problem};
use crate::settle::{self, Draft, Setting};
use crate::value::Value;

/// What an exchange is at.
#[derive(Debug)]
pub(crate) enum Phase {
    /// The student's tax code is still to be found: nothing else is asked before.
    ByKey(ByKey),
    /// The operation is evaluated.
    Main(Main),
}

/// Where a phase has come to.
pub(crate) enum Next {
    /// Calls are waited for.
    Wait(Phase),
    /// The answer is made.
    Answer(Vec<u8>),
}

/// A student's tax code is looked for by the key.
#[derive(Debug)]
pub(crate) struct ByKey {
    key: String,
    operation: &'static Operation,
    /// What the operation evaluates.
    recipe: RecipeIndex,
    run: Box<Run>,
}

/// The operation is evaluated for its subject.
#[derive(Debug)]
pub(crate) struct Main {
    operation: &'static Operation,
    run: Box<Run>,
}

impl Phase {
    /// The first phase of an operation about a subject.
    ///
    /// # Errors
    /// [`Code::RequestPath`] if the mapping has no such operation, [`Code::KeyUnresolved`] if it finds nobody by key.
    pub fn start(
        plan: &Plan,
        pool: &mut Pool,
        operation: &'static Operation,
        memory: Memory,
        subject: Subject,
    ) -> Result<Self, Problem> {
        let recipe = plan.operation(operation.id).ok_or(Code::RequestPath)?;
        let first = match &subject {
            Subject::Key(_) => plan.by_key().ok_or(Code::KeyUnresolved)?,
            Subject::Institute | Subject::Student { .. } => recipe,
        };
        let memory = Memory::over(plan, memory.freeze());
        let run = Box::new(Run::new(pool.begin(), plan, first, memory, &subject));
        Ok(match subject {
            Subject::Key(key) => Self::ByKey(ByKey { key, operation, recipe, run }),
            Subject::Institute | Subject::Student { .. } => Self::Main(Main { operation, run }),
        })
    }

    /// Goes as far as can be gone.
    ///
    /// # Errors
    /// What the request is answered with.
    pub fn advance(self, pool: &mut Pool, turn: &mut Turn<'_>) -> Result<Next, Problem> {
        match self {
            Self::ByKey(phase) => phase.advance(pool, turn),
            Self::Main(phase) => phase.advance(pool, turn),
        }
    }

    /// The runs that are open.
    pub fn runs(&mut self) -> &mut [Run] {
        match self {
            Self::ByKey(ByKey { run, .. }) | Self::Main(Main { run, .. }) => std::slice::from_mut(run),
        }
    }

    /// It is not gone on with.
    pub fn end(self, plan: &Plan) {
        match self {
            Self::ByKey(ByKey { run, .. }) | Self::Main(Main { run, .. }) => run.end(plan),
        }
    }
}

impl ByKey {
    fn advance(mut self, pool: &mut Pool, turn: &mut Turn<'_>) -> Result<Next, Problem> {
        let found = match self.run.advance(pool, turn) {
            Ok(Progress::Waiting) => return Ok(Next::Wait(Phase::ByKey(self))),
            Ok(Progress::Done) => self.find(turn.plan),
            Ok(Progress::Failed(problem)) | Err(problem) => Err(problem),
        };
        match found {
            Ok(()) => self.main(turn.plan).advance(pool, turn),
            Err(problem) => {
                self.run.end(turn.plan);
                Err(problem)
            }
        }
    }

    /// Takes the tax code that the key leads to. What the system gave counts only if it is a tax code whose key is the
    /// whole one that was asked for.
    ///
    /// # Errors
    /// [`Code::RequestUnknownStudent`] if it is not, or the expression's own failure.
    fn find(&mut self, plan: &Plan) -> Result<(), Problem> {
        let recipe = self.run.recipe(plan);
        let memory = &mut self.run.memory;
        let mut eval = Eval { plan, memory };
        let given = eval.eval(&recipe.answer).and_then(|given| eval.scalar(given))?;
        let Value::Text(code) = given else {
            return Err(if given.is_null() { Code::RequestUnknownStudent } else { Code::LegacyShape }.into());
        };
        let text = memory.arena.text(code);
        if self.key != sha256_hex(text.as_bytes()) || !Pattern::TaxCode.matches(text) {
            return Err(Code::RequestUnknownStudent.into());
        }
        memory.provided.tax_code = given;
        Ok(())
    }

    /// The student is known: the same run goes on with the operation's own calls, so that no budget begins anew.
    fn main(mut self, plan: &Plan) -> Main {
        self.run.follow(plan, self.recipe);
        Main { operation: self.operation, run: self.run }
    }
}

impl Main {
    fn advance(mut self, pool: &mut Pool, turn: &mut Turn<'_>) -> Result<Next, Problem> {
        let ended = match self.run.advance(pool, turn) {
            Ok(Progress::Waiting) => return Ok(Next::Wait(Phase::Main(self))),
            Ok(Progress::Done) => self.answer(turn),
            Ok(Progress::Failed(problem)) | Err(problem) => Err(problem),
        };
        self.run.end(turn.plan);
        ended.map(Next::Answer)
    }

    /// Makes the answer: person and answer tree, then the contract's output rules.
    fn answer(&mut self, turn: &mut Turn<'_>) -> Result<Vec<u8>, Problem> {
        let made = self.make(turn);
        tell!(self.run.memory, turn.plan, Made(self.run.recipe(turn.plan)));
        made
    }

    fn make(&mut self, turn: &mut Turn<'_>) -> Result<Vec<u8>, Problem> {
        let recipe = self.run.recipe(turn.plan);
        let memory = &mut self.run.memory;
        let mut eval = Eval { plan: turn.plan, memory };
        let person = match &recipe.person {
            Some(person) => eval.eval(person)?,
            None => Value::Null,
        };
        let answer = eval.eval(&recipe.answer)?;
        let mut log = settle::Log::default();
        let Memory { arena, provided, .. } = memory;
        let setting = Setting::of(turn.plan, provided);
        let mut draft = Draft::new(arena, self.operation.answer, person, answer);
        let settled = settle::settle(&mut draft, self.operation, setting, &mut log);
        explain! {
            for remark in settle::remarks(self.operation.id, &draft, &log, settled.as_ref().err()) {
                tell!(memory, turn.plan, Settled(remark));
            }
        }
        let counts = log.counts(self.operation.id);
        turn.out.counts.extend(counts.into_iter().map(|(effect, by)| (Counter::Settled(effect), by)));
        settled.map_err(Problem::from)
    }
}
