//! The list of the system that a walk goes along: its pages, and the units that their rows make.
//!
//! A page is a run of its own, dropped when its rows have been looked at. Where a walk goes on, the page is read again
//! that had the last unit. If that begins behind the unit, rows before it have been deleted, and some of those on it stand
//! on an earlier page by now: it is stepped back, twice as far each time, until a page begins at or before the unit.

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::rc::Rc;

use sha2::{Digest as _, Sha256};

use super::super::super::pool::Pool;
use super::super::super::run::{self, Run};
use super::student::tax_code;
use crate::bundle::{self, Call, Feed, PageBy, Pages};
use crate::cursor::{MOST_UNIT, Place, Unit};
use crate::eval::memory::{Base, Eval, Memory, Page};
use crate::plan::{Plan, RecipeIndex};
use crate::problem::{Code, Problem};
use crate::value::{Arena, Value, sorted_places};

/// Rows of a list that belong together.
#[derive(Debug)]
pub(crate) struct Group {
    pub unit: Unit,
    /// The page with its first row.
    pub place: Place,
    /// Whether a row of it counts.
    pub counts: bool,
    /// The tax code of those that do, as the system has it.
    pub code: Option<String>,
    /// Those that do, where something is still to be decided on them.
    pub rows: Vec<(Rc<Arena>, Value)>,
    /// Calls that were asked for since the group before.
    pub cost: u64,
}

/// A row of a page.
struct Row {
    unit: Unit,
    counts: bool,
    code: Option<String>,
    value: Value,
}

/// Where a list is read.
#[derive(Debug)]
pub(crate) struct Reader {
    /// What is evaluated for a page.
    recipe: RecipeIndex,
    /// The page that is next; none behind the last.
    next: Option<Place>,
    /// The unit up to which all is done.
    after: Option<Unit>,
    /// No page has been read since it was gone on, or stepped back.
    fresh: bool,
    /// How many pages it steps back next.
    back: i64,
    /// Of a list without order: whether the unit was met, and is behind.
    met: Met,
    /// The last unit met.
    last: Option<Unit>,
    /// The unit whose rows may go on.
    current: Option<Group>,
    /// Units that are whole.
    pub ready: VecDeque<Group>,
    /// The bytes of the page before, as a digest.
    page: Option<[u8; 32]>,
    cost: u64,
    /// Who stands on all rows, where that is asked for.
    everyone: Option<Everyone>,
    /// Rows are wanted themselves.
    keep: bool,
}

/// Who stands on the rows of a list, also on those that do not count.
#[derive(Debug, Default)]
pub(crate) struct Everyone {
    /// Tax codes.
    pub codes: Vec<String>,
    /// Rows without one.
    pub nobody: u64,
}

impl Everyone {
    /// Who stands on a row; whether that has been read before.
    fn take(&mut self, code: Option<String>, before: bool) {
        match code {
            Some(code) => self.codes.push(code),
            None => self.nobody = self.nobody.saturating_add(u64::from(!before)),
        }
    }
}

/// Where a list without order is, that is gone on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Met {
    No,
    Now,
    Behind,
}

/// How the list stands in the system.
struct Shape<'p> {
    feed: &'p Feed,
    /// Its units ascend. A list that is read whole is put in order.
    ordered: bool,
    /// Rows are looked at again for each student.
    keep: bool,
}

impl Reader {
    /// A reader that begins at a place, behind a unit.
    pub fn new(recipe: RecipeIndex, place: Place, after: Option<Unit>) -> Self {
        let met = if after.is_some() { Met::No } else { Met::Behind };
        Self {
            recipe,
            next: Some(place),
            fresh: after.is_some(),
            after,
            back: 1,
            met,
            last: None,
            current: None,
            ready: VecDeque::new(),
            page: None,
            cost: 0,
            everyone: None,
            keep: false,
        }
    }

    /// The same, which gathers who stands on all rows.
    pub fn of_everyone(self) -> Self {
        Self { everyone: Some(Everyone::default()), ..self }
    }

    /// Who was gathered.
    pub fn everyone(&mut self) -> Everyone {
        self.everyone.take().unwrap_or_default()
    }

    /// The page that is next; none behind the last.
    pub fn next(&self) -> Option<&Place> {
        self.next.as_ref()
    }

    /// Whether the next page is one before that which was gone on with, as rows have gone.
    pub fn has_stepped_back(&self) -> bool {
        self.fresh
    }

    /// The unit that was met last, in a list that goes on.
    pub fn reached(&self) -> Option<&Unit> {
        let current = self.current.as_ref().map(|group| &group.unit);
        self.last.as_ref().or(current).or(self.after.as_ref())
    }

    /// The bytes of the last page that had rows, as a digest.
    pub fn page(&self) -> Option<&[u8; 32]> {
        self.page.as_ref()
    }

    /// The same, keeping the rows that count.
    pub fn keeping(self) -> Self {
        Self { keep: true, ..self }
    }

    /// Whether there is another page.
    pub fn more(&self) -> bool {
        self.next.is_some()
    }

    /// Whether nothing will come any more.
    pub fn is_done(&self) -> bool {
        self.next.is_none() && self.current.is_none() && self.ready.is_empty()
    }

    /// A run for the next page.
    ///
    /// # Errors
    /// [`Code::LimitLegacyTotal`] if there is no room for a token.
    pub fn run(&self, pool: &mut Pool, plan: &Plan, base: &Rc<Base>, feed: &Feed) -> Result<Run, Problem> {
        let mut memory = Memory::over(plan, Rc::clone(base));
        let mut page = run::first(plan.call(feed.call));
        match (self.next.as_ref(), &plan.call(feed.call).pages) {
            (Some(Place::Int(at)), Pages::Many(paging)) => match paging.by {
                PageBy::Offset => page.start = *at,
                PageBy::Number => page.number = *at,
                PageBy::Token => page.token = Value::Int(*at),
            },
            (Some(Place::Token(token)), _) => {
                page.token = Value::Text(memory.arena.make_text(token).map_err(|_| Code::LimitLegacyTotal)?);
            }
            _ => {}
        }
        Ok(Run::page(pool.begin(), plan, self.recipe, memory, (feed.call, page)))
    }

    /// The page could not be had. A token that the system no longer takes is given up: the list is read from its beginning.
    ///
    /// # Errors
    /// Why it could not, if that is not it.
    pub fn failed(&mut self, plan: &Plan, feed: &Feed, run: &Run, problem: Problem) -> Result<(), Problem> {
        self.cost = self.cost.saturating_add(run.asked());
        let by_token = matches!(&plan.call(feed.call).pages, Pages::Many(paging) if paging.by == PageBy::Token);
        let given_up = by_token && self.fresh && self.next.as_ref().is_some_and(|place| *place != Place::First);
        if given_up && problem.code.status() == 500 && problem.code.blame() == "legacy" {
            self.next = Some(Place::First);
            return Ok(());
        }
        Err(problem)
    }

    /// Takes the rows of a page.
    ///
    /// # Errors
    /// What is wrong with the list.
    pub fn take(&mut self, plan: &Plan, walk: &bundle::Walk, feed: &Feed, mut run: Run) -> Result<(), Problem> {
        self.cost = self.cost.saturating_add(run.asked());
        let call = plan.call(feed.call);
        let whole = !matches!(call.pages, Pages::Many(_));
        let shape = Shape { feed, ordered: walk.ordered || whole, keep: self.keep || walk.once.is_some() };
        let Some(place) = self.next.take() else { return Ok(()) };
        let value = run.memory.calls.get(feed.call.at()).and_then(|given| given.as_ref()).map(|given| given.value);
        let empty = run.paged().is_some_and(|paged| paged.empty);
        let values = match value {
            Some(Value::Null) if empty => Vec::new(),
            Some(value) => run.memory.arena.rows(value).ok_or(Code::LegacyShape)?,
            None => return Err(Code::MappingValue.into()),
        };
        if u64::try_from(values.len()).unwrap_or(u64::MAX) > plan.limits().rows {
            return Err(Code::LimitRows.into());
        }
        let document = run.paged().and_then(|paged| paged.document);
        let page = document.map(|document| Sha256::digest(run.memory.arena.document_text(document)).into());
        if !values.is_empty() && page.is_some() && page == self.page {
            return Err(Code::LegacyPaging.into());
        }
        let then = run.paged().and_then(|paged| paged.then);
        let mut rows = self.rows(plan, &shape, &mut run.memory, values)?;
        if whole {
            rows = sorted(rows)?;
        }
        if self.fresh && place != Place::First && !self.fits(&shape, &rows) {
            self.step_back(call, &place);
            return Ok(());
        }
        self.fresh = false;
        self.page = page;
        self.next = match then {
            Some(page) => Some(at(&run.memory, call, page)?),
            None => None,
        };
        if self.next.as_ref() == Some(&place) {
            return Err(Code::LegacyPaging.into());
        }
        let arena = Rc::new(run.memory.arena);
        let mut begun: Vec<Unit> = Vec::new();
        for row in rows {
            self.row(&shape, row, &place, &arena, &mut begun)?;
        }
        if self.next.is_none() {
            if self.met == Met::No && !shape.ordered {
                return Err(Code::LegacyMoved.into());
            }
            self.ready.extend(self.current.take());
        }
        Ok(())
    }

    /// What a page's rows say. One that does not count may lack what makes a unit.
    fn rows(
        &mut self,
        plan: &Plan,
        shape: &Shape<'_>,
        memory: &mut Memory,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, Problem> {
        let mut rows = Vec::with_capacity(values.len());
        let mut eval = Eval { plan, memory };
        for value in values {
            eval.memory.bind(shape.feed.row, value);
            let counts = match &shape.feed.filter {
                Some(filter) => eval.condition(filter)?,
                None => true,
            };
            // Where nothing has an order, a row that is answered has a place of its own, wherever others of its unit stand.
            if self.keep && !shape.ordered && !counts {
                continue;
            }
            let unit = match eval.scalar_of(&shape.feed.unit)? {
                Value::Null if !counts => None,
                Value::Null => return Err(Code::LegacyMissing.into()),
                Value::Int(unit) => Some(Unit::Int(unit)),
                Value::Text(text) => Some(Unit::Text(eval.memory.arena.text(text).to_owned())),
                _ => return Err(Code::LegacyShape.into()),
            };
            if let Some(everyone) = &mut self.everyone {
                let before = shape.ordered && unit.is_some() && unit <= self.after;
                everyone.take(code(&mut eval, shape.feed)?.as_deref().and_then(tax_code), before);
            }
            let Some(unit) = unit else { continue };
            if matches!(&unit, Unit::Text(text) if text.len() > MOST_UNIT) {
                return Err(Code::LimitCursor.into());
            }
            let code = if counts { code(&mut eval, shape.feed)? } else { None };
            rows.push(Row { unit, counts, code, value });
        }
        Ok(rows)
    }

    /// Whether the page that is gone on with is the one that has what comes behind the unit.
    fn fits(&self, shape: &Shape<'_>, rows: &[Row]) -> bool {
        let Some(after) = &self.after else { return true };
        if shape.ordered {
            rows.first().is_some_and(|row| row.unit <= *after)
        } else {
            rows.iter().any(|row| row.unit == *after)
        }
    }

    fn step_back(&mut self, call: &Call, from: &Place) {
        self.next = Some(match (from, &call.pages) {
            (Place::Int(at), Pages::Many(paging)) if paging.by != PageBy::Token => {
                let step = if paging.by == PageBy::Offset { i64::from(paging.size) } else { 1 };
                let place = at.saturating_sub(step.saturating_mul(self.back));
                if place <= i64::from(paging.first) { Place::First } else { Place::Int(place) }
            }
            // From a token no way leads back.
            _ => Place::First,
        });
        self.back = self.back.saturating_mul(2);
    }

    fn row(
        &mut self,
        shape: &Shape<'_>,
        row: Row,
        place: &Place,
        arena: &Rc<Arena>,
        begun: &mut Vec<Unit>,
    ) -> Result<(), Problem> {
        if shape.ordered {
            let sorted = self.last.as_ref().is_none_or(|last| in_order(last, &row.unit));
            let comparable = self.after.as_ref().is_none_or(|after| alike(after, &row.unit));
            if !sorted || !comparable {
                return Err(Code::LegacyUnsorted.into());
            }
            self.last = Some(row.unit.clone());
            if self.after.as_ref().is_some_and(|after| row.unit <= *after) {
                return Ok(());
            }
        } else if self.met != Met::Behind {
            let is = self.after.as_ref() == Some(&row.unit);
            match (self.met, is) {
                (_, true) => self.met = Met::Now,
                (Met::Now, false) => self.met = Met::Behind,
                _ => {}
            }
            if self.met != Met::Behind {
                return Ok(());
            }
        }
        if self.current.as_ref().is_none_or(|group| group.unit != row.unit) {
            // A unit that stands apart on one page has no one place to go on from.
            if !shape.ordered && begun.contains(&row.unit) {
                return Err(Code::LegacyUnsorted.into());
            }
            if !shape.ordered {
                begun.push(row.unit.clone());
            }
            self.ready.extend(self.current.take());
            let cost = std::mem::take(&mut self.cost);
            self.current =
                Some(Group { unit: row.unit, place: place.clone(), counts: false, code: None, rows: Vec::new(), cost });
        }
        let Some(group) = self.current.as_mut().filter(|_| row.counts) else { return Ok(()) };
        group.counts = true;
        match (&group.code, row.code) {
            // One unit is one student.
            (Some(known), Some(code)) if *known != code => return Err(Code::LegacyShape.into()),
            (None, code) => group.code = code,
            _ => {}
        }
        if shape.keep {
            group.rows.push((Rc::clone(arena), row.value));
        }
        Ok(())
    }
}

/// The tax code of a row, as the system has it.
fn code(eval: &mut Eval<'_>, feed: &Feed) -> Result<Option<String>, Problem> {
    Ok(match eval.scalar_of(&feed.tax_code)? {
        Value::Text(text) => Some(eval.memory.arena.text(text).to_owned()),
        Value::Int(number) => Some(number.to_string()),
        Value::Null => None,
        _ => return Err(Code::LegacyShape.into()),
    })
}

/// Numbers ascend as numbers, texts by their bytes; one and the other have no order.
fn in_order(a: &Unit, b: &Unit) -> bool {
    alike(a, b) && a <= b
}

fn alike(a: &Unit, b: &Unit) -> bool {
    matches!((a, b), (Unit::Int(_), Unit::Int(_)) | (Unit::Text(_), Unit::Text(_)))
}

/// The rows of a list that was read whole, by their units.
fn sorted(rows: Vec<Row>) -> Result<Vec<Row>, Problem> {
    if rows.windows(2).any(|w| matches!(w, [a, b] if !alike(&a.unit, &b.unit))) {
        return Err(Code::LegacyShape.into());
    }
    let unit = |at: usize| rows.get(at).map(|row| &row.unit);
    let places = sorted_places(rows.len(), &mut |a, b| unit(a).partial_cmp(&unit(b)).unwrap_or(Ordering::Equal));
    let mut rows: Vec<Option<Row>> = rows.into_iter().map(Some).collect();
    Ok(places.into_iter().filter_map(|place| rows.get_mut(place).and_then(Option::take)).collect())
}

/// The place of a page.
fn at(memory: &Memory, call: &Call, page: Page) -> Result<Place, Problem> {
    let Pages::Many(paging) = &call.pages else { return Ok(Place::First) };
    Ok(match paging.by {
        PageBy::Offset => Place::Int(page.start),
        PageBy::Number => Place::Int(page.number),
        PageBy::Token => match memory.arena.scalar(page.token) {
            Some(Value::Int(token)) => Place::Int(token),
            Some(Value::Text(token)) => Place::Token(memory.arena.text(token).to_owned()),
            _ => return Err(Code::LegacyShape.into()),
        },
    })
}
