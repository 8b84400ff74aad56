//! A page of a list whose rows the operation answers itself: the list of the system is read on from where the cursor says, as
//! a walk reads it, and the operation is evaluated once, over the rows of as many units as the page has.
//!
//! To the mapping the page's rows are all that the list's call gives. Where they make more items than the contract lets one
//! answer have, the page has half as many units.

use std::rc::Rc;

use super::super::super::admit::Subject;
use super::super::super::pool::Pool;
use super::super::super::run::{Progress, Run};
use super::super::super::turn::Turn;
use super::super::{Next, Phase, make};
use super::feed::{Group, Reader};
use crate::contract::Operation;
use crate::cursor::{Chosen, Cursor, Place, Whose};
use crate::eval::memory::{Base, CallValue, Memory};
use crate::plan::{self, Plan};
use crate::problem::{Code, Problem};
use crate::value::Value;
use crate::value::date::Date;

/// What is evaluated at the moment.
#[derive(Debug)]
enum State {
    /// Nothing.
    Idle,
    /// A page of the list.
    Reading,
    /// The operation, over the rows of so many units that count.
    Answering(usize),
}

/// A page of an operation's rows.
#[derive(Debug)]
pub(crate) struct Rows {
    operation: &'static Operation,
    base: Rc<Base>,
    whose: Whose,
    /// When the first page was asked for, seconds.
    began: i64,
    reader: Reader,
    /// The units that are read, in the list's order; those of which no row counts too.
    units: Vec<Group>,
    state: State,
    /// The run that it is in.
    runs: Vec<Run>,
    /// Most units of the page.
    most: usize,
    /// Who is told what happens, between two runs.
    #[cfg(feature = "explain")]
    listener: Option<Box<dyn crate::eval::memory::Listener>>,
}

impl Rows {
    /// The page that a request asks for.
    ///
    /// # Errors
    /// Why its cursor is none.
    pub fn start(
        turn: &Turn<'_>,
        operation: &'static Operation,
        rows: &plan::Rows,
        mut memory: Memory,
    ) -> Result<Self, Problem> {
        let plan = turn.plan;
        let keys = turn.keys.ok_or(Code::MappingGateway)?;
        let now = memory.provided.now_ms.checked_div_euclid(1_000).unwrap_or(0);
        let asked = |name: &str| {
            let value = operation.request.field(name).and_then(|(place, _)| memory.provided.request.get(place));
            match value {
                Some(Value::Text(text)) => memory.arena.text(*text),
                _ => "",
            }
        };
        let year = asked("academic_year").get(..4).and_then(|year| year.parse().ok()).unwrap_or(0);
        let filters = Chosen { year, ..Chosen::default() };
        let whose = Whose::new(operation.id, filters, &plan.institute().code, &rows.written.digest);
        let cursor = match asked("cursor") {
            "" => Cursor { began: now, deleted: false, place: Place::First, unit: None },
            text => Cursor::open(text, keys, whose, now)?,
        };
        // The day is that of the first page: no page is of another academic year than the one before.
        let began_ms = cursor.began.saturating_mul(1_000);
        memory.provided.today = Some(Date::in_rome(began_ms));
        memory.provided.now_ms = began_ms;
        Ok(Self {
            operation,
            #[cfg(feature = "explain")]
            listener: memory.listener.take(),
            base: memory.freeze(),
            whose,
            began: cursor.began,
            reader: Reader::new(rows.feed, cursor.place, cursor.unit).keeping(),
            units: Vec::new(),
            state: State::Idle,
            runs: Vec::new(),
            most: usize::from(rows.written.page),
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
            Ok(None) => return Ok(Next::Wait(Phase::Rows(self))),
            Ok(Some(answer)) => Ok(answer),
            Err(problem) => Err(problem),
        };
        self.end(turn.plan);
        answer.map(Next::Answer)
    }

    #[cfg_attr(not(feature = "explain"), expect(unused_mut, reason = "nobody listens"))]
    fn go(&mut self, pool: &mut Pool, turn: &mut Turn<'_>) -> Result<Option<Vec<u8>>, Problem> {
        let plan = turn.plan;
        let Some(rows) = plan.rows(self.operation.id) else { return Err(Code::MappingGateway.into()) };
        loop {
            let Some(run) = self.runs.first_mut() else {
                let mut run = self.next(rows, pool, turn)?;
                explain! { run.memory.listener = self.listener.take(); }
                self.runs.push(run);
                continue;
            };
            let progress = run.advance(pool, turn)?;
            if let Progress::Waiting = progress {
                return Ok(None);
            }
            let mut run = self.runs.remove(0);
            match std::mem::replace(&mut self.state, State::Idle) {
                State::Answering(counting) => {
                    let counts = turn.out.counts.len();
                    let made = self.answer(&mut run, progress, counting, turn);
                    let many = made.as_ref().is_err_and(|problem| problem.code == Code::LimitAnswerItems);
                    if many && counting > 1 {
                        // Half of them at a time, as if that had been all.
                        self.most = counting.div_ceil(2);
                        turn.out.counts.truncate(counts);
                        explain! { self.listener = run.memory.listener.take(); }
                        continue;
                    }
                    run.end(plan);
                    return made.map(Some);
                }
                State::Reading | State::Idle => {
                    explain! { self.listener = run.memory.listener.take(); }
                    let feed = &rows.written.feed;
                    match progress {
                        Progress::Failed(problem) => self.reader.failed(plan, feed, &run, problem)?,
                        _ => self.reader.take(plan, &rows.written, feed, run)?,
                    }
                    self.units.extend(self.reader.ready.drain(..));
                }
            }
        }
    }

    /// What is evaluated next: the operation, once it is known whether a unit that counts comes behind the page's; otherwise
    /// the list's next page.
    fn next(&mut self, rows: &plan::Rows, pool: &mut Pool, turn: &Turn<'_>) -> Result<Run, Problem> {
        let plan = turn.plan;
        let counting = self.units.iter().filter(|unit| unit.counts).count();
        if counting <= self.most && self.reader.more() {
            self.state = State::Reading;
            return self.reader.run(pool, plan, &self.base, &rows.written.feed);
        }
        let taken = counting.min(self.most);
        let mut memory = Memory::over(plan, Rc::clone(&self.base));
        let adopt = |(arena, row): &(Rc<_>, Value)| memory.arena.adopt(arena, *row);
        let of_page = self.units.iter().filter(|unit| unit.counts).take(taken).flat_map(|unit| &unit.rows);
        let of_page = of_page.map(adopt).collect::<Result<Vec<_>, _>>().map_err(|_| Code::LimitLegacyTotal)?;
        let value = memory.arena.gather(&of_page).map_err(|_| Code::LimitLegacyTotal)?;
        if let Some(place) = memory.calls.get_mut(rows.written.feed.call.at()) {
            *place = Some(CallValue { value, hung: Vec::new() });
        }
        self.state = State::Answering(taken);
        let recipe = plan.operation(self.operation.id).ok_or(Code::RequestPath)?;
        Ok(Run::new(pool.begin(), plan, recipe, memory, &Subject::Institute))
    }

    /// The answer; with a cursor unless no unit that counts comes behind it.
    fn answer(
        &mut self,
        run: &mut Run,
        progress: Progress,
        counting: usize,
        turn: &mut Turn<'_>,
    ) -> Result<Vec<u8>, Problem> {
        match progress {
            Progress::Failed(problem) => return Err(problem),
            Progress::Rejected(_) => return Err(Code::MappingValue.into()),
            Progress::Waiting | Progress::Done => {}
        }
        let mut units = self.units.iter().filter(|unit| unit.counts);
        let last = counting.checked_sub(1).and_then(|last| units.nth(last));
        let cursor = match last.filter(|_| units.next().is_some()) {
            Some(Group { unit, place, .. }) => {
                let keys = turn.keys.ok_or(Code::MappingGateway)?;
                let (unit, place) = (Some(unit.clone()), place.clone());
                Some(Cursor { began: self.began, deleted: false, place, unit }.seal(keys, self.whose)?)
            }
            None => None,
        };
        let made = make(run, self.operation, cursor, turn, |_| ());
        tell!(run.memory, turn.plan, Made(run.recipe(turn.plan)));
        made
    }
}
