//! A student of a walk: the evaluation of the listed answer, and what is listed of it.

use std::rc::Rc;

use super::super::super::admit::Subject;
use super::super::super::pool::{Pool, RunId};
use super::super::super::run::Run;
use super::super::super::turn::Turn;
use super::super::make;
use super::feed::Group;
use super::filters::{Filters, any};
use crate::bundle::sha256_hex;
use crate::contract::{Effect, Kept, Operation, Pattern, Rule};
use crate::counter::Counter;
use crate::cursor::{Place, Unit};
use crate::eval::memory::{Eval, Memory};
use crate::plan::Walk;
use crate::problem::{Code, Problem};
use crate::settle::Draft;
use crate::value::{Arena, Value};

/// The canonical bytes of no answer.
const NULL: &[u8] = b"null";
/// What stands before the key where an answer cannot be made.
const BROKEN: &str = "ifs-adapter: no answer: ";

/// A unit of the list, in its turn.
#[derive(Debug)]
pub(super) struct Student {
    pub unit: Unit,
    pub place: Place,
    /// Calls that its list and its answer took, as if nothing were kept.
    pub cost: u64,
    /// Of these, the answer's own.
    pub own: u64,
    pub state: State,
}

/// How far a student is.
#[derive(Debug)]
pub(super) enum State {
    /// The answer is evaluated.
    Open { run: RunId, key: String, rows: Vec<Value> },
    /// Nothing is listed.
    Left(Option<Left>),
    /// This is listed.
    Listed { key: String, hash: String, broken: bool },
    /// The page fails.
    Failed(Problem),
}

/// Why a student is not listed, or how else than others, where that is counted; in the order of the rule's effects.
#[derive(Clone, Copy, Debug)]
pub(super) enum Left {
    /// No tax code: there is no key (T-17).
    NoTaxCode,
    /// The system lists somebody whom it does not know.
    Unknown,
    /// The answer has no item.
    Empty,
    /// Listed as one whose answer cannot be made.
    Broken,
}

/// Counts what became of a student.
pub(super) fn count(turn: &mut Turn<'_>, operation: &Operation, left: Left) {
    let counted = |rule: &Rule| matches!(rule.kept, Kept::Walk) && !rule.counts.is_empty();
    let place = operation.rules().position(counted).and_then(|place| u8::try_from(place).ok());
    let Some(place) = place else { return };
    let effect = Effect::new(operation.id, place, left as u8, None);
    turn.out.counts.push((Counter::Settled(effect), 1));
}

impl Student {
    /// A unit whose turn it is, and the run that evaluates the answer.
    ///
    /// # Errors
    /// [`Code::LimitLegacyTotal`] if there is no room for its rows.
    pub fn begin(
        group: Group,
        walk: &Walk,
        turn: &Turn<'_>,
        pool: &mut Pool,
        memory: impl FnOnce() -> Memory,
    ) -> Result<(Self, Option<Run>), Problem> {
        let Group { unit, place, counts, code, rows, cost } = group;
        let left = |state| Self { unit: unit.clone(), place: place.clone(), cost, own: 0, state };
        if !counts {
            return Ok((left(State::Left(None)), None));
        }
        let Some(tax_code) = code.as_deref().and_then(tax_code) else {
            return Ok((left(State::Left(Some(Left::NoTaxCode))), None));
        };
        let key = sha256_hex(tax_code.as_bytes());
        let mut memory = memory();
        // The answer depends on nobody who asks.
        memory.provided.request = Vec::new();
        let adopt = |(arena, row): &(Rc<Arena>, Value)| memory.arena.adopt(arena, *row);
        let rows = rows.iter().map(adopt).collect::<Result<Vec<_>, _>>().map_err(|_| Code::LimitLegacyTotal)?;
        let subject = Subject::Student { tax_code, key: key.clone() };
        let run = Run::new(pool.begin(), turn.plan, walk.student, memory, &subject);
        Ok((left(State::Open { run: run.id(), key, rows }), Some(run)))
    }

    /// The evaluation has ended.
    pub fn ended(
        &mut self,
        run: &mut Run,
        ended: Result<(), Problem>,
        walk: &Walk,
        (filters, deleted): (Filters, bool),
        turn: &mut Turn<'_>,
    ) {
        self.own = run.asked();
        let State::Open { key, rows, .. } = &self.state else { return };
        let (key, rows) = (key.clone(), rows.clone());
        let made = ended.and_then(|()| listed(run, walk, &rows, (filters, deleted), turn));
        let unknown = |problem: &Problem| problem.code == Code::RequestUnknownStudent;
        self.state = match made {
            Ok(Found::Listed(hash)) => State::Listed { key, hash, broken: false },
            Ok(Found::Not(left)) => State::Left(left),
            Err(problem) if unknown(&problem) && deleted => {
                State::Listed { key, hash: sha256_hex(NULL), broken: false }
            }
            Err(problem) if unknown(&problem) => State::Left(Some(Left::Unknown)),
            Err(problem) if walk.written.mark && is_of_student(&problem) => {
                tell!(run.memory, turn.plan, Broken(problem.code));
                let hash = sha256_hex([BROKEN, &key].concat().as_bytes());
                State::Listed { key, hash, broken: true }
            }
            Err(problem) => State::Failed(problem),
        };
    }
}

/// A student's tax code, as a system has it.
pub(super) fn tax_code(written: &str) -> Option<String> {
    let code = written.trim().to_ascii_uppercase();
    Pattern::TaxCode.matches(&code).then_some(code)
}

/// Whether the failure is one student's, and others may be answered.
fn is_of_student(problem: &Problem) -> bool {
    problem.code.status() == 500 && problem.code != Code::MappingCluster
}

/// What is found of a student whose calls have answered.
enum Found {
    /// This fingerprint.
    Listed(String),
    /// Nothing is listed.
    Not(Option<Left>),
}

fn listed(
    run: &mut Run,
    walk: &Walk,
    rows: &[Value],
    (filters, deleted): (Filters, bool),
    turn: &mut Turn<'_>,
) -> Result<Found, Problem> {
    if let Some(once) = walk.written.once.as_ref().filter(|_| !deleted) {
        let mut met = false;
        for row in rows {
            run.memory.bind(walk.written.feed.row, *row);
            met |= (Eval { plan: turn.plan, memory: &mut run.memory }).condition(&once.when)?;
        }
        if !met {
            return Ok(Found::Not(None));
        }
    }
    let mut taken = (false, false);
    let bytes = make(run, walk.of, None, turn, |draft: &Draft<'_>| {
        taken = (filters.take(walk.picks, draft), any(walk.picks, draft));
    })?;
    Ok(match taken {
        (true, _) if !deleted => Found::Listed(sha256_hex(&bytes)),
        (_, false) if deleted => Found::Listed(sha256_hex(NULL)),
        (_, true) => Found::Not(None),
        (_, false) => Found::Not(Some(Left::Empty)),
    })
}
