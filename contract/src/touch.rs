//! What a rule has to do with the members of the items that it is about.

use crate::place::Member;
use crate::rule::{Kept, Rule};

/// What a rule has to do with a member or fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touch {
    /// It writes the member, whatever the mapping gave.
    Makes,
    /// It decides by it.
    Reads,
    /// Without it the item is left out.
    Needs,
    /// It may make it null.
    Empties,
}

impl Rule {
    /// The members and facts of its list's items that it has to do with; none of a rule that holds for all of them.
    pub fn touches(&self) -> Vec<(Member, Touch)> {
        let all = |members: &[Member], touch| members.iter().map(|m| (*m, touch)).collect::<Vec<_>>();
        match self.kept {
            Kept::Window { year, .. } => vec![(year, Touch::Needs)],
            Kept::Latest { year, per, .. } => [all(&[year], Touch::Reads), all(per, Touch::Reads)].concat(),
            Kept::YearEnd { date, year, months, .. } => {
                vec![(date, Touch::Makes), (year, Touch::Reads), (months, Touch::Reads)]
            }
            Kept::LastActive { date, year, active, per, .. } => {
                let read = all(per, Touch::Reads);
                [vec![(date, Touch::Makes), (year, Touch::Reads), (active, Touch::Reads)], read].concat()
            }
            Kept::AcademicYear { year, start, end, .. } => {
                vec![(year, Touch::Reads), (start, Touch::Makes), (end, Touch::Makes)]
            }
            Kept::Reference { institute: member, .. }
            | Kept::AsAsked { member, .. }
            | Kept::Alike { key: member, .. }
            | Kept::Remark { member, .. } => vec![(member, Touch::Reads)],
            Kept::Collapse { code, per, sums, nulls, .. } => {
                [vec![(code, Touch::Reads), (per, Touch::Reads)], all(sums, Touch::Makes), all(nulls, Touch::Empties)]
                    .concat()
            }
            Kept::OfKind { others, .. } => all(others, Touch::Empties),
            Kept::Bands { least, most, label, .. } => {
                vec![(least, Touch::Reads), (most, Touch::Reads), (label, Touch::Makes)]
            }
            Kept::BandsTotal { count, .. } => vec![(count, Touch::Reads)],
            Kept::Needs { member, .. } => vec![(member, Touch::Needs)],
            Kept::Drop { .. } => all(&self.lacking(), Touch::Needs),
            Kept::Door
            | Kept::Status
            | Kept::Schema
            | Kept::Guard
            | Kept::Form
            | Kept::Pages
            | Kept::Bounds(_)
            | Kept::PersonByTaxCode
            | Kept::PersonByFour
            | Kept::PersonIncomplete { .. }
            | Kept::NotEmpty { .. }
            | Kept::Unique { .. }
            | Kept::Most
            | Kept::Whole { .. }
            | Kept::Outcome
            | Kept::ByMapping
            | Kept::ByGateway
            | Kept::ByPublisher
            | Kept::Walk
            | Kept::Change => Vec::new(),
        }
    }
}
