//! The contract's output rules: what the mapping made becomes what may leave.
//!
//! [`Draft`] is the answer while it is settled: the items of each list, their members and facts by place. The operation's
//! rules are kept on it in the order of the contract's table, each by what its kind says ([`rules`]); then it is written,
//! once, in canonical form ([`write`]). What a rule did is noted in a [`Log`], from which counters and explanations are
//! made.

mod draft;
mod log;
mod rules;
#[cfg(feature = "explain")]
mod told;
mod write;

pub(crate) use draft::{Draft, Fault};
pub(crate) use log::Log;
pub(crate) use rules::outcome::Outcome;
#[cfg(feature = "explain")]
pub(crate) use told::remarks;

use crate::bundle::InstituteKind;
use crate::contract::{Operation, School};
use crate::eval::memory::Provided;
use crate::plan::Plan;
use crate::value::Value;
use crate::value::date::Date;

/// What rules see besides the answer: the day on which it is made, and for whom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting<'p> {
    /// Year in which the current academic year began, by the institute's rollover day (T-60).
    pub academic_year: i64,
    /// Month and day on which an academic year begins.
    pub starts: (u8, u8),
    /// Code of the institute.
    pub institute: &'p str,
    /// Its kind.
    pub school: School,
    /// Members of the request, by their places.
    pub asked: &'p [Value],
    /// What has become of the change that is asked for.
    pub outcome: Option<Outcome>,
}

impl<'p> Setting<'p> {
    /// The setting of an exchange.
    pub fn of(plan: &'p Plan, provided: &'p Provided) -> Self {
        let institute = plan.institute();
        let school = match institute.kind {
            InstituteKind::University => School::University,
            InstituteKind::Afam => School::Afam,
        };
        let starts = institute.academic_year_starts;
        let academic_year = provided.today.map_or(i64::MIN, |today| i64::from(today.academic_year(starts)));
        Self { academic_year, starts, institute: &institute.code, school, asked: &provided.request, outcome: None }
    }

    /// The first day of an academic year; none beyond the years that dates have.
    pub fn begin(self, year: i64) -> Option<Date> {
        Date::new(i32::try_from(year).ok()?, self.starts.0, self.starts.1)
    }

    /// The last day of an academic year: the one before the next begins.
    pub fn end(self, year: i64) -> Option<Date> {
        self.begin(year.checked_add(1)?)?.plus_days(-1)
    }
}

/// Turns what the mapping made into the canonical bytes of the answer.
///
/// # Errors
/// What is wrong with its shape.
pub(crate) fn settle(
    draft: &mut Draft<'_>,
    operation: &Operation,
    setting: Setting<'_>,
    log: &mut Log,
) -> Result<Vec<u8>, Fault> {
    // Their place is the one that [`Operation::rules`] gives them.
    let mut place = 0_u8;
    for group in operation.rules {
        for rule in *group {
            if rule.kept.is_settled() {
                log.begin(place);
                rules::keep(&rule.kept, draft, setting, log)?;
            }
            place = place.saturating_add(1);
        }
    }
    draft.write()
}
