//! What an exchange is at. Each phase is a type of its own, consumed by every step, and gives the one that follows it: an
//! exchange cannot be in two, and a phase has what it needs or is not begun.
//!
//! | | | |
//! |---|---|---|
//! | [`ByKey`] | finds the tax code of a student who is asked for by key | then [`Main`], with the same run |
//! | [`Main`] | evaluates the operation and makes the answer | the last |
//! | [`Change`] | makes a change that is asked for | the only one |
//! | [`Walk`] | walks a list of students, and answers a page of it | the only one |
//! | [`Rows`] | evaluates the operation over a page of a list, and makes the answer | the only one |

mod change;
pub(crate) mod walk;

use super::admit::Subject;
use super::pool::Pool;
use super::run::{Progress, Run};
use super::turn::Turn;
use crate::bundle::sha256_hex;
use crate::contract::{Operation, Pattern};
use crate::counter::{Counter, Lookup};
use crate::eval::memory::{Eval, Memory};
use crate::key_index;
use crate::plan::{Plan, RecipeIndex};
use crate::problem::{Code, Problem};
use crate::settle::{self, Draft, Setting};
use crate::value::Value;
use change::Change;
use walk::{Rows, Walk};

/// What an exchange is at.
#[derive(Debug)]
pub(crate) enum Phase {
    /// The student's tax code is still to be found: nothing else is asked before.
    ByKey(ByKey),
    /// The operation is evaluated.
    Main(Main),
    /// A change is asked for.
    Change(Box<Change>),
    /// A list of students is walked, one page of it.
    Walk(Box<Walk>),
    /// The rows of a list are answered, one page of them.
    Rows(Box<Rows>),
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
        turn: &mut Turn<'_>,
        pool: &mut Pool,
        operation: &'static Operation,
        memory: Memory,
        subject: Subject,
    ) -> Result<Self, Problem> {
        let plan = turn.plan;
        if let Some(walk) = plan.walk(operation.id) {
            return Walk::start(turn, operation, walk, memory).map(|walk| Self::Walk(Box::new(walk)));
        }
        if let Some(rows) = plan.rows(operation.id) {
            return Rows::start(turn, operation, rows, memory).map(|rows| Self::Rows(Box::new(rows)));
        }
        if let Some(change) = plan.change(operation.id) {
            let change = Change::start(turn, pool, (operation, change), memory, &subject)?;
            return Ok(Self::Change(Box::new(change)));
        }
        let recipe = plan.operation(operation.id).ok_or(Code::RequestPath)?;
        let subject = match (subject, plan.key_index()) {
            (Subject::Key(key), Some(index)) => {
                let found = key_index::look_up(turn.store, plan, index, &key, turn.tick_ms);
                let lookup = match &found {
                    Ok(_) => Lookup::Found,
                    Err(Problem { code: Code::RequestUnknownStudent, .. }) => Lookup::Unknown,
                    Err(_) => Lookup::NotYet,
                };
                turn.out.counts.push((Counter::KeyLookups(lookup), 1));
                Subject::Student { tax_code: found?, key }
            }
            (subject, _) => subject,
        };
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
            Self::Change(phase) => phase.advance(pool, turn),
            Self::Walk(phase) => phase.advance(pool, turn),
            Self::Rows(phase) => phase.advance(pool, turn),
        }
    }

    /// Something has ended the exchange: what is answered all the same, which is what a walk has of its page.
    ///
    /// # Errors
    /// What the request is answered with.
    pub fn stop(self, turn: &mut Turn<'_>, problem: Problem) -> Result<Vec<u8>, Problem> {
        match self {
            Self::Walk(mut phase) => {
                let page = phase.cut(turn, &problem);
                phase.end(turn.plan);
                page.ok_or(problem)
            }
            Self::Change(phase) => Err(phase.stop(turn, problem)),
            Self::Rows(phase) => {
                phase.end(turn.plan);
                Err(problem)
            }
            Self::ByKey(ByKey { run, .. }) | Self::Main(Main { run, .. }) => {
                run.end(turn.plan);
                Err(problem)
            }
        }
    }

    /// The runs that are open.
    pub fn runs(&mut self) -> &mut [Run] {
        match self {
            Self::ByKey(ByKey { run, .. }) | Self::Main(Main { run, .. }) => std::slice::from_mut(run),
            Self::Change(phase) => phase.runs(),
            Self::Walk(phase) => phase.runs(),
            Self::Rows(phase) => phase.runs(),
        }
    }
}

impl ByKey {
    fn advance(mut self, pool: &mut Pool, turn: &mut Turn<'_>) -> Result<Next, Problem> {
        let found = match self.run.advance(pool, turn) {
            Ok(Progress::Waiting) => return Ok(Next::Wait(Phase::ByKey(self))),
            Ok(Progress::Done) => self.find(turn.plan),
            Ok(Progress::Failed(problem)) | Err(problem) => Err(problem),
            Ok(Progress::Rejected(_)) => Err(Code::MappingValue.into()),
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
            Ok(Progress::Rejected(_)) => Err(Code::MappingValue.into()),
        };
        self.run.end(turn.plan);
        ended.map(Next::Answer)
    }

    /// Makes the answer: person and answer tree, then the contract's output rules.
    fn answer(&mut self, turn: &mut Turn<'_>) -> Result<Vec<u8>, Problem> {
        let made = make(&mut self.run, self.operation, None, turn, |_| ());
        tell!(self.run.memory, turn.plan, Made(self.run.recipe(turn.plan)));
        made
    }
}

/// Makes the answer of an operation out of what a run has, with the cursor of the page that follows, and lets somebody look
/// at it once it is settled.
fn make(
    run: &mut Run,
    operation: &'static Operation,
    cursor: Option<String>,
    turn: &mut Turn<'_>,
    look: impl FnOnce(&Draft<'_>),
) -> Result<Vec<u8>, Problem> {
    let recipe = run.recipe(turn.plan);
    let memory = &mut run.memory;
    let mut eval = Eval { plan: turn.plan, memory };
    let person = match &recipe.person {
        Some(person) => eval.eval(person)?,
        None => Value::Null,
    };
    let answer = eval.eval(&recipe.answer)?;
    let mut log = settle::Log::default();
    let Memory { arena, provided, .. } = memory;
    let setting = Setting::of(turn.plan, provided);
    let mut draft = Draft::new(arena, operation.answer, person, answer);
    draft.cursor = cursor;
    let settled = settle::settle(&mut draft, operation, setting, &mut log);
    look(&draft);
    explain! {
        for remark in settle::remarks(operation.id, &draft, &log, settled.as_ref().err()) {
            tell!(memory, turn.plan, Settled(remark));
        }
    }
    let counts = log.counts(operation.id);
    turn.out.counts.extend(counts.into_iter().map(|(effect, by)| (Counter::Settled(effect), by)));
    settled.map_err(Problem::from)
}
