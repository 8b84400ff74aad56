//! A page of a walk: the list of the system is read on from where the cursor says, and each of its students is answered as
//! the listed operation would, in the list's order, several at a time.
//!
//! The page ends when it has as many students as the mapping says; when the calls of one more, counted as if none were
//! shared, could be more than the request may make; or, in a slow night, when most of the time is over. At least one
//! unit is always done, so that no cursor leads back to itself.

mod answer;
pub(crate) mod feed;
mod filters;
mod rows;
mod student;

use std::collections::VecDeque;
use std::rc::Rc;

use super::super::admit::Subject;
use super::super::pool::{Pool, RunId};
use super::super::run::{Progress, Run};
use super::super::turn::Turn;
use super::{Next, Phase};
use crate::bundle::{Expr, Feed};
use crate::contract::Operation;
use crate::cursor::{Cursor, Place, Unit, Whose};
use crate::eval::memory::{Base, Eval, Memory};
use crate::plan::{self, Plan, RecipeIndex};
use crate::problem::{Code, Problem};
use crate::value::Value;
use crate::value::date::Date;
use feed::Reader;
use filters::Filters;
pub(in super::super) use rows::Rows;
use student::{Left, State, Student, count};

/// Of a page's time in hundredths, what must be left for a further student to be begun.
const LATE: u64 = 40;
/// Most students that are answered at once.
const WIDEST: usize = 16;

/// How far that is which all students have in common.
#[derive(Clone, Copy, Debug)]
enum Common {
    /// It is not begun.
    To(RecipeIndex),
    /// It is evaluated.
    Open(RunId),
    /// Runs stand on it.
    Known,
}

/// A page of a walk.
#[derive(Debug)]
pub(crate) struct Walk {
    operation: &'static Operation,
    base: Rc<Base>,
    whose: Whose,
    filters: Filters,
    /// When the walk began, seconds.
    began: i64,
    /// It is in the list of those who are there no more.
    deleted: bool,
    reader: Reader,
    /// The run that reads a page of the list.
    reading: Option<RunId>,
    /// The run that evaluates what all students have in common, until it is over.
    common: Common,
    /// Students whose turn has come, in the list's order.
    open: VecDeque<Student>,
    runs: Vec<Run>,
    /// Most students at once.
    width: usize,
    /// Students of this page, those that are not listed too.
    students: u64,
    /// What is listed: keys and fingerprints.
    listed: Vec<(String, String)>,
    /// The last unit that is done, and its page.
    done: Option<(Unit, Place)>,
    /// Whether any is.
    progress: bool,
    /// Calls of those that are done, as if none were shared; and the most that one of them took.
    spent: u64,
    most: u64,
    /// No more students on this page.
    full: bool,
    /// Students that were begun are left for the next.
    dropped: bool,
}

impl Walk {
    /// The page that a request asks for.
    ///
    /// # Errors
    /// Why its cursor is none.
    pub fn start(
        turn: &Turn<'_>,
        operation: &'static Operation,
        walk: &plan::Walk,
        mut memory: Memory,
    ) -> Result<Self, Problem> {
        let plan = turn.plan;
        let keys = turn.keys.ok_or(Code::MappingGateway)?;
        let now = memory.provided.now_ms.checked_div_euclid(1_000).unwrap_or(0);
        let asked = operation.request.field("cursor").and_then(|(place, _)| memory.provided.request.get(place));
        let asked = match asked {
            Some(Value::Text(text)) => memory.arena.text(*text),
            _ => "",
        };
        let of = |today| Filters::of(operation, &memory.arena, &memory.provided.request, today);
        let whose =
            |filters: Filters| Whose::new(operation.id, filters.chosen(), &plan.institute().code, &walk.written.digest);
        let cursor = match asked {
            "" => Cursor { began: now, deleted: false, place: Place::First, unit: None },
            text => Cursor::open(text, keys, whose(of(memory.provided.today)), now)?,
        };
        // The walk's day is that of its first page, for the filters, the windows and what the mapping asks for.
        let began_ms = cursor.began.saturating_mul(1_000);
        let today = Some(Date::in_rome(began_ms));
        let filters = of(today);
        let whose = whose(filters);
        memory.provided.today = today;
        memory.provided.now_ms = began_ms;
        let recipe = if cursor.deleted { walk.deleted.unwrap_or(walk.feed) } else { walk.feed };
        let calls = &plan.recipe(walk.student).calls;
        let parallel = calls.iter().map(|call| usize::from(plan.system(plan.call(*call).system).parallel)).max();
        Ok(Self {
            operation,
            base: memory.freeze(),
            whose,
            filters,
            began: cursor.began,
            deleted: cursor.deleted && walk.deleted.is_some(),
            reader: Reader::new(recipe, cursor.place, cursor.unit),
            reading: None,
            common: walk.shared.map_or(Common::Known, Common::To),
            open: VecDeque::new(),
            runs: Vec::new(),
            width: parallel.unwrap_or(1).clamp(1, WIDEST),
            students: 0,
            listed: Vec::new(),
            done: None,
            progress: false,
            spent: 0,
            most: 0,
            full: false,
            dropped: false,
        })
    }

    /// The runs that are open.
    pub fn runs(&mut self) -> &mut [Run] {
        &mut self.runs
    }

    /// It is not gone on with.
    pub fn end(mut self, plan: &Plan) {
        self.runs.drain(..).for_each(|run| run.end(plan));
    }

    /// Goes as far as can be gone.
    ///
    /// # Errors
    /// Why there is no page.
    pub fn advance(mut self: Box<Self>, pool: &mut Pool, turn: &mut Turn<'_>) -> Result<Next, Problem> {
        let answer = match self.go(pool, turn) {
            Ok(None) => return Ok(Next::Wait(Phase::Walk(self))),
            Ok(Some(answer)) => Ok(answer),
            Err(problem) => self.cut(turn, &problem).ok_or(problem),
        };
        self.end(turn.plan);
        answer.map(Next::Answer)
    }

    /// The page as far as it has come, if what ends the exchange is only that there is not more of something.
    pub fn cut(&mut self, turn: &mut Turn<'_>, problem: &Problem) -> Option<Vec<u8>> {
        let short = matches!(problem.code, Code::LimitDeadline | Code::LimitCalls | Code::LimitLegacyTotal);
        if !short || !self.progress {
            return None;
        }
        self.page(turn, false).ok()
    }

    fn go(&mut self, pool: &mut Pool, turn: &mut Turn<'_>) -> Result<Option<Vec<u8>>, Problem> {
        let plan = turn.plan;
        let Some(walk) = plan.walk(self.operation.id) else { return Err(Code::MappingGateway.into()) };
        if !self.common(walk, pool, turn)? {
            return Ok(None);
        }
        loop {
            let mut moved = self.read(walk, pool, turn)?;
            moved |= self.answer(walk, pool, turn)?;
            moved |= self.decide(turn)?;
            if self.open.is_empty() {
                if self.reader.is_done() && self.reading.is_none() && !self.dropped {
                    match walk.deleted.filter(|_| !self.deleted && self.filters.incremental()) {
                        None => return self.page(turn, true).map(Some),
                        Some(recipe) => {
                            self.deleted = true;
                            self.done = None;
                            self.reader = Reader::new(recipe, Place::First, None);
                            moved = true;
                        }
                    }
                }
                if self.full {
                    return self.page(turn, false).map(Some);
                }
            }
            moved |= self.begin(walk, pool, turn)?;
            if !moved {
                return Ok(None);
            }
        }
    }

    /// Evaluates what all students have in common; true once runs can stand on it. What fails of it fails for each that
    /// needs it.
    fn common(&mut self, walk: &plan::Walk, pool: &mut Pool, turn: &mut Turn<'_>) -> Result<bool, Problem> {
        let plan = turn.plan;
        if let Common::To(recipe) = self.common {
            let memory = Memory::over(plan, Rc::clone(&self.base));
            let run = Run::new(pool.begin(), plan, recipe, memory, &Subject::Institute);
            self.common = Common::Open(run.id());
            self.runs.push(run);
        }
        let Common::Open(id) = self.common else { return Ok(true) };
        let Some(at) = self.runs.iter().position(|run| run.id() == id) else { return Ok(true) };
        let Some(run) = self.runs.get_mut(at) else { return Ok(true) };
        if let Progress::Waiting = run.advance(pool, turn)? {
            return Ok(false);
        }
        let mut run = self.runs.remove(at);
        self.common = Common::Known;
        self.spent = self.spent.saturating_add(run.asked());
        for index in &walk.written.lets {
            // One that cannot be evaluated says so where it is needed.
            let _ = (Eval { plan, memory: &mut run.memory }).eval(&Expr::Let(*index));
        }
        self.base = run.memory.freeze();
        Ok(true)
    }

    fn feed<'w>(&self, walk: &'w plan::Walk) -> &'w Feed {
        walk.written.deleted.as_ref().filter(|_| self.deleted).unwrap_or(&walk.written.feed)
    }

    /// Goes on with the page of the list that is being read.
    fn read(&mut self, walk: &plan::Walk, pool: &mut Pool, turn: &mut Turn<'_>) -> Result<bool, Problem> {
        let Some(at) = self.reading.and_then(|id| self.runs.iter().position(|run| run.id() == id)) else {
            return Ok(false);
        };
        let Some(run) = self.runs.get_mut(at) else { return Ok(false) };
        let progress = run.advance(pool, turn)?;
        if let Progress::Waiting = progress {
            return Ok(false);
        }
        let run = self.runs.remove(at);
        self.reading = None;
        let feed = self.feed(walk);
        match progress {
            Progress::Failed(problem) => self.reader.failed(turn.plan, feed, &run, problem)?,
            _ => self.reader.take(turn.plan, &walk.written, feed, run)?,
        }
        Ok(true)
    }

    /// Goes on with the students' answers.
    fn answer(&mut self, walk: &plan::Walk, pool: &mut Pool, turn: &mut Turn<'_>) -> Result<bool, Problem> {
        let mut moved = false;
        for student in &mut self.open {
            let State::Open { run: id, .. } = student.state else { continue };
            let Some(at) = self.runs.iter().position(|run| run.id() == id) else { continue };
            let Some(run) = self.runs.get_mut(at) else { continue };
            let ended = match run.advance(pool, turn) {
                Ok(Progress::Waiting) => continue,
                Ok(Progress::Done) => Ok(()),
                Ok(Progress::Failed(problem)) => Err(problem),
                Ok(Progress::Rejected(_)) => Err(Code::MappingValue.into()),
                // What all students share is spent; what is one's own may be one's own fault.
                Err(problem) if of_all(&problem) => return Err(problem),
                Err(problem) => Err(problem),
            };
            let mut run = self.runs.remove(at);
            student.ended(&mut run, ended, walk, (self.filters, self.deleted), turn);
            run.end(turn.plan);
            moved = true;
        }
        Ok(moved)
    }

    /// Takes in what became of students, in the list's order.
    fn decide(&mut self, turn: &mut Turn<'_>) -> Result<bool, Problem> {
        let mut moved = false;
        while let Some(student) = self.open.pop_front_if(|student| !matches!(student.state, State::Open { .. })) {
            let Student { unit, place, cost, own, state } = student;
            match state {
                State::Failed(problem) => return Err(problem),
                State::Left(left) => left.into_iter().for_each(|left| count(turn, self.operation, left)),
                State::Listed { key, hash, broken } => {
                    if broken {
                        count(turn, self.operation, Left::Broken);
                    }
                    self.listed.push((key, hash));
                }
                State::Open { .. } => {}
            }
            self.done = Some((unit, place));
            self.progress = true;
            self.spent = self.spent.saturating_add(cost).saturating_add(own);
            self.most = self.most.max(own);
            moved = true;
            let next = self.spent.saturating_add(self.most.max(1));
            if next > turn.plan.limits().calls && !self.full {
                self.full = true;
                self.drop_rest(turn.plan);
            }
        }
        Ok(moved)
    }

    /// Those behind the last that the page has are begun again on the next.
    fn drop_rest(&mut self, plan: &Plan) {
        self.dropped = !self.open.is_empty();
        self.open.clear();
        self.reading = None;
        self.runs.drain(..).for_each(|run| run.end(plan));
    }

    /// Begins students, and a page of the list where they run out.
    fn begin(&mut self, walk: &plan::Walk, pool: &mut Pool, turn: &mut Turn<'_>) -> Result<bool, Problem> {
        let plan = turn.plan;
        let mut moved = false;
        let limits = plan.limits();
        let left = pool.deadline().saturating_sub(turn.tick_ms);
        let late = left < limits.deadline.saturating_mul(LATE).checked_div(100).unwrap_or(0);
        let begun = self.progress || !self.open.is_empty();
        if late && begun && !self.full {
            self.full = true;
            moved = true;
        }
        while !self.full && self.running() < self.width && self.affordable(pool, limits.calls) {
            let Some(group) = self.reader.ready.pop_front() else { break };
            let base = Rc::clone(&self.base);
            let (student, run) = Student::begin(group, walk, turn, pool, || Memory::over(plan, base))?;
            self.students = self.students.saturating_add(u64::from(run.is_some()));
            self.runs.extend(run);
            self.open.push_back(student);
            moved = true;
            self.full = self.students >= u64::from(walk.written.page);
        }
        let wanted = self.reader.ready.len() < self.width && self.reader.more();
        if wanted && !self.full && self.reading.is_none() {
            let run = self.reader.run(pool, plan, &self.base, self.feed(walk))?;
            self.reading = Some(run.id());
            self.runs.push(run);
            moved = true;
        }
        Ok(moved)
    }

    /// How many students are being answered.
    fn running(&self) -> usize {
        self.runs.len().saturating_sub(usize::from(self.reading.is_some()))
    }

    /// Whether the calls that are left bear another student beside those that are open. The first is answered alone: then
    /// the page has something, whatever the others take.
    fn affordable(&self, pool: &Pool, calls: u64) -> bool {
        let open = u64::try_from(self.running()).unwrap_or(u64::MAX);
        let taken = self.most.max(1).saturating_mul(open.saturating_add(1));
        open == 0 || (self.progress && pool.sent().saturating_add(taken) <= calls)
    }

    /// The answer; with a cursor unless it is the walk's last.
    fn page(&mut self, turn: &mut Turn<'_>, last: bool) -> Result<Vec<u8>, Problem> {
        let cursor = if last {
            None
        } else {
            let keys = turn.keys.ok_or(Code::MappingGateway)?;
            let (unit, place) = self.done.take().map_or((None, Place::First), |(unit, place)| (Some(unit), place));
            let cursor = Cursor { began: self.began, deleted: self.deleted, place, unit };
            Some(cursor.seal(keys, self.whose)?)
        };
        let listed = std::mem::take(&mut self.listed);
        Ok(answer::page(self.operation, &turn.plan.institute().code, self.began, &listed, cursor.as_deref()))
    }
}

/// Whether what is spent belongs to all students of the page.
fn of_all(problem: &Problem) -> bool {
    matches!(problem.code, Code::LimitCalls | Code::LimitDeadline | Code::LimitLegacyTotal)
}
