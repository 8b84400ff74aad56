//! The three-year window (IFS02.1-S1, IFS02.3-S1).

use crate::eval::memory::Memory;
use crate::plan::Plan;

/// Academic years of the window: the current one and the two before it.
const YEARS: i64 = 3;

/// The window of an exchange.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    /// Year in which the current academic year began.
    current: i64,
}

/// Where an academic year lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In the window.
    Inside,
    /// Before it.
    Older,
    /// In an academic year that has not begun.
    NotBegun,
}

impl Window {
    /// The window of today, by the institute's rollover day (T-60).
    pub fn of(plan: &Plan, memory: &Memory) -> Self {
        let starts = plan.institute().academic_year_starts;
        let current = memory.provided.today.map_or(i64::MIN, |today| i64::from(today.academic_year(starts)));
        Self { current }
    }

    /// Where the academic year lies that begins in this year.
    #[inline(never)]
    pub fn place(self, year: i64) -> Place {
        if year > self.current {
            Place::NotBegun
        } else if year <= self.current.saturating_sub(YEARS) {
            Place::Older
        } else {
            Place::Inside
        }
    }
}
