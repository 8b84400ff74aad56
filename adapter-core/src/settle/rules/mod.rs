//! Kinds of rule, one file each: how it is kept on a draft, and what it notes. What a row of the contract's table names
//! (lists, members, years) comes with the kind.

mod academic_year;
mod alike;
mod as_asked;
mod bands;
mod bounds;
mod collapse;
mod drop;
mod last_active;
mod latest;
mod needs;
mod not_empty;
mod of_kind;
pub(super) mod outcome;
mod person;
mod reference;
mod remark;
#[cfg(test)]
pub(super) mod tests;
mod unique;
mod whole;
mod window;
mod year_end;

use super::draft::{Draft, Fault, value};
use super::{Log, Setting};
use crate::contract::{Kept, Member, is_academic_year};
use crate::value::{Arena, Value};

/// Keeps a rule.
///
/// # Errors
/// What is wrong with the answer's shape.
pub(super) fn keep(kept: &Kept, draft: &mut Draft<'_>, setting: Setting<'_>, log: &mut Log) -> Result<(), Fault> {
    match *kept {
        Kept::Bounds(part) => bounds::keep(part, draft, log),
        Kept::PersonByTaxCode => person::by_tax_code(draft, log),
        Kept::PersonByFour => person::by_four(draft, log),
        Kept::PersonIncomplete { list } => person::incomplete(list, draft, log),
        Kept::Window { list, year, years } => window::keep(list, year, years, draft, setting, log),
        Kept::Latest { list, year, per } => latest::keep(list, year, per, draft, log),
        Kept::YearEnd { list, date, year, months } => year_end::keep(list, date, year, months, draft, log),
        Kept::LastActive { list, date, year, active, per } => {
            last_active::keep(list, date, last_active::By { year, active, per }, draft, setting, log)
        }
        Kept::AcademicYear { list, year, start, end } => academic_year::keep(list, year, start, end, draft, setting),
        Kept::Reference { list, institute } => reference::keep(list, institute, draft, setting, log),
        Kept::AsAsked { list, member, asked } => as_asked::keep(list, member, asked, draft, setting, log),
        Kept::Collapse { list, code, per, sums, nulls } => {
            collapse::keep(list, collapse::By { code, per, sums, nulls }, draft, log)
        }
        Kept::OfKind { list, school, others } => of_kind::keep(list, school, others, draft, setting, log),
        Kept::Bands { list, least, most, label } => bands::keep(list, (least, most), label, draft),
        Kept::BandsTotal { list, total, count } => bands::total(list, total, count, draft, log),
        Kept::Drop { list, but } => drop::keep(list, but, draft, log),
        Kept::Needs { list, member } => needs::keep(list, member, draft, log),
        Kept::NotEmpty { list } => not_empty::keep(list, draft, log),
        Kept::Unique { list } => unique::keep(list, draft, log),
        Kept::Alike { list, key } => alike::keep(list, key, draft, log),
        Kept::Remark { list, member, odd } => remark::keep(list, member, odd, draft, log),
        Kept::Whole { list, code } => whole::keep(list, code, draft),
        Kept::Outcome => outcome::keep(draft, setting),
        // Kept before there is an answer, while it is written, or by others: `Kept::is_settled`.
        Kept::Door
        | Kept::Status
        | Kept::Schema
        | Kept::Guard
        | Kept::Form
        | Kept::Pages
        | Kept::Most
        | Kept::Change
        | Kept::ByMapping
        | Kept::ByGateway
        | Kept::ByPublisher
        | Kept::Walk => Ok(()),
    }
}

/// The year in which an academic year begins, of a member (`2023/2024`) or a fact (a number).
fn year_of(arena: &Arena, value: Value) -> Option<i64> {
    match value {
        Value::Int(year) => Some(year),
        Value::Text(text) => is_academic_year(arena.text(text)).map(i64::from),
        _ => None,
    }
}

/// What a row shares with others of its kind: the first that it has of these members, each of which tells another kind.
fn shared<'a>(arena: &'a Arena, row: &[Value], per: &[Member]) -> Option<(usize, &'a str)> {
    per.iter().enumerate().find_map(|(kind, member)| match value(row, *member) {
        Value::Text(text) => Some((kind, arena.text(text))),
        _ => None,
    })
}
