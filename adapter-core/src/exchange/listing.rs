//! A stretch of a list, read between requests: as a page of a walk reads it, but for everybody who stands on it, and a page
//! of the system's at a time.
//!
//! Between two stretches rows may go, and those behind them move up. So a stretch begins with what the one before ended
//! with: with its last row, where pages are asked for by where they begin; with its last page otherwise, which is then read
//! again, and at once the one behind it.

use std::rc::Rc;

use super::phase::walk::feed::{Everyone, Reader};
use super::pool::Pool;
use super::run::{self, Progress, Run};
use super::turn::Turn;
use crate::bundle::{Feed, PageBy, Pages, Walk};
use crate::cursor::{Place, Unit};
use crate::eval::memory::Base;
use crate::plan::{List, Plan, RecipeIndex};
use crate::problem::{Code, Problem};
use crate::wire::{CallId, CallResult};

/// A stretch that is being read.
#[derive(Debug)]
pub(crate) struct Listing {
    of: List,
    base: Rc<Base>,
    pool: Pool,
    reader: Reader,
    runs: Vec<Run>,
    /// The page that is being read.
    at: Place,
    /// That page was read before.
    again: bool,
}

/// A stretch that was read.
#[derive(Debug)]
pub(crate) struct Stretch {
    /// The tax codes on it.
    pub codes: Vec<String>,
    /// Rows without one.
    pub nobody: u64,
    /// Where the list is gone on with, and behind which unit; none where it ends.
    pub then: Option<(Place, Option<Unit>)>,
    /// Its last page, as a digest, where the next one must be another.
    pub page: Option<[u8; 8]>,
}

/// How a list is walked, the list, and what is evaluated for a page of it.
fn list(plan: &Plan, of: List) -> Option<(&Walk, &Feed, RecipeIndex)> {
    match of {
        List::Walked(of) => plan.walk(of).map(|walk| (&walk.written, &walk.written.feed, walk.feed)),
        List::Deleted(of) => {
            let walk = plan.walk(of)?;
            Some((&walk.written, walk.written.deleted.as_ref()?, walk.deleted?))
        }
        List::Everybody => {
            let (walk, recipe) = plan.key_index()?.everybody.as_ref()?;
            Some((walk, &walk.feed, *recipe))
        }
    }
}

/// Whether the first row of a page can be the last of the one before.
fn overlaps(plan: &Plan, feed: &Feed) -> bool {
    matches!(&plan.call(feed.call).pages, Pages::Many(paging) if paging.by == PageBy::Offset && paging.size > 1)
}

impl Listing {
    /// A stretch of a list, from a place on.
    ///
    /// # Errors
    /// [`Code::MappingGateway`] if there is no such list.
    pub fn new(
        turn: &Turn<'_>,
        base: Rc<Base>,
        of: List,
        (place, after): (Place, Option<Unit>),
    ) -> Result<Self, Problem> {
        let (_, feed, recipe) = list(turn.plan, of).ok_or(Code::MappingGateway)?;
        let again = after.is_some() && !overlaps(turn.plan, feed);
        let deadline = turn.tick_ms.saturating_add(turn.plan.limits().deadline);
        let reader = Reader::new(recipe, place.clone(), after).of_everyone();
        let pool = Pool::new(Vec::new(), deadline);
        Ok(Self { of, base, pool, reader, runs: Vec::new(), at: place, again })
    }

    /// Whether a call of it is in flight.
    pub fn awaits(&self, call: CallId) -> bool {
        self.pool.awaits(call)
    }

    /// Calls made so far.
    pub fn sent(&self) -> u64 {
        self.pool.sent()
    }

    /// When it must be over, on the monotonic clock.
    pub fn deadline(&self) -> u64 {
        self.pool.deadline()
    }

    /// A call of it has ended.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn on_response(&mut self, turn: &mut Turn<'_>, call: CallId, result: CallResult) -> Result<(), Problem> {
        run::arrived(&mut self.runs, &mut self.pool, turn, call, result)?;
        self.pool.in_time(turn)
    }

    /// Goes as far as can be gone: the stretch, once it was read.
    ///
    /// # Errors
    /// Why it cannot be.
    pub fn advance(&mut self, turn: &mut Turn<'_>) -> Result<Option<Stretch>, Problem> {
        let plan = turn.plan;
        let (walk, feed, recipe) = list(plan, self.of).ok_or(Code::MappingGateway)?;
        loop {
            let Some(run) = self.runs.first_mut() else {
                let run = self.reader.run(&mut self.pool, plan, &self.base, feed)?;
                self.at = self.reader.next().cloned().unwrap_or(Place::First);
                self.runs.push(run);
                continue;
            };
            let progress = run.advance(&mut self.pool, turn)?;
            if let Progress::Waiting = progress {
                return Ok(None);
            }
            let Some(run) = self.runs.pop() else { return Ok(None) };
            match progress {
                Progress::Failed(problem) => self.reader.failed(plan, feed, &run, problem)?,
                _ => self.reader.take(plan, walk, feed, run)?,
            }
            if self.reader.has_stepped_back() || self.reader.next() == Some(&Place::First) {
                if self.reader.next() == Some(&Place::First) {
                    // From there on nothing is behind anything.
                    self.reader = Reader::new(recipe, Place::First, None).of_everyone();
                }
                self.again = false;
                continue;
            }
            if std::mem::take(&mut self.again) && self.reader.more() {
                continue;
            }
            return Ok(Some(self.stretch(plan, feed)));
        }
    }

    fn stretch(&mut self, plan: &Plan, feed: &Feed) -> Stretch {
        let Everyone { codes, nobody } = self.reader.everyone();
        let overlaps = overlaps(plan, feed);
        let then = self.reader.next().map(|next| match next {
            Place::Int(at) if overlaps => Place::Int(at.saturating_sub(1)),
            _ => self.at.clone(),
        });
        let after = self.reader.reached().cloned();
        let page = self.reader.page().filter(|_| overlaps).and_then(|page| page.first_chunk().copied());
        // Without a unit nothing can be found again.
        let then = then.map(|place| if after.is_some() { (place, after) } else { (Place::First, None) });
        Stretch { codes, nobody, then, page }
    }
}
