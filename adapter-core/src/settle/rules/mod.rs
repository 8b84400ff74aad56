//! Kinds of rule, one file each: how it is kept on a draft, and what it notes. What a row of the contract's table names
//! (lists, members, years) comes with the kind.

mod alike;
mod bounds;
mod drop;
mod latest;
mod needs;
mod not_empty;
mod person;
mod remark;
#[cfg(test)]
pub(super) mod tests;
mod unique;
mod window;

use super::draft::{Draft, Fault};
use super::{Day, Log};
use crate::contract::{Kept, is_academic_year};
use crate::value::{Arena, Value};

/// Keeps a rule.
///
/// # Errors
/// What is wrong with the answer's shape.
pub(super) fn keep(kept: &Kept, draft: &mut Draft<'_>, day: Day, log: &mut Log) -> Result<(), Fault> {
    match *kept {
        Kept::Bounds(part) => bounds::keep(part, draft, log),
        Kept::PersonByTaxCode => person::by_tax_code(draft, log),
        Kept::PersonByFour => person::by_four(draft, log),
        Kept::PersonIncomplete { list } => person::incomplete(list, draft, log),
        Kept::Window { list, year, years } => window::keep(list, year, years, draft, day, log),
        Kept::Latest { list, year, per } => latest::keep(list, year, per, draft, log),
        Kept::Drop { list, but } => drop::keep(list, but, draft, log),
        Kept::Needs { list, member } => needs::keep(list, member, draft, log),
        Kept::NotEmpty { list } => not_empty::keep(list, draft, log),
        Kept::Unique { list } => unique::keep(list, draft, log),
        Kept::Alike { list, key } => alike::keep(list, key, draft, log),
        Kept::Remark { list, member, odd } => remark::keep(list, member, odd, draft, log),
        // Kept before there is an answer, while it is written, or by others: `Kept::is_settled`.
        Kept::Door
        | Kept::Status
        | Kept::Schema
        | Kept::Guard
        | Kept::Form
        | Kept::OnePage
        | Kept::Most
        | Kept::Outcome
        | Kept::ByMapping
        | Kept::ByGateway
        | Kept::ByPublisher
        | Kept::WithOperation => Ok(()),
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
