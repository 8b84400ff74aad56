//! The contract's output rules: what the mapping made becomes what may leave.
//!
//! Values are brought to their member's type without loss, normalised and checked; one that breaks its contract counts
//! as null. Then each operation's own rules hold, and the answer is written once, in canonical form.

mod check;
mod identity;
mod ifs01;
mod ifs02;
mod list;
mod transcript;
mod window;

use crate::contract::{Operation, OperationId};
use crate::eval::memory::Memory;
use crate::plan::Plan;
use crate::problem::Code;
use crate::value::Value;

/// How often each rule changed or dropped something.
#[derive(Debug, Default)]
pub(crate) struct Fired {
    counts: Vec<(&'static str, u64)>,
    /// Of which item, and why.
    #[cfg(feature = "explain")]
    pub log: crate::note::Log,
}

impl Fired {
    /// A rule held once.
    // Called from many places and seldom: inlined, it would weigh more than all of them.
    #[inline(never)]
    pub fn fire(&mut self, rule: &'static str) {
        explain! { self.log.fired(rule); }
        match self.counts.iter_mut().find(|(known, _)| *known == rule) {
            Some((_, count)) => *count = count.saturating_add(1),
            None => self.counts.push((rule, 1)),
        }
    }

    /// All that held.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        self.counts.iter().copied()
    }
}

/// Turns what the mapping made into the canonical bytes of the answer.
///
/// # Errors
/// [`Code::MappingAnswer`] if it has not the answer's shape, [`Code::LimitAnswerItems`] if it has too many items.
pub(crate) fn settle(
    plan: &Plan,
    operation: &Operation,
    memory: &mut Memory,
    person: Value,
    answer: Value,
    fired: &mut Fired,
) -> Result<Vec<u8>, Code> {
    match operation.id {
        OperationId::Ifs01_1 => ifs01::offer(operation, memory, answer, fired),
        OperationId::Ifs02_3 => transcript::transcript(plan, operation, memory, person, answer, fired),
        OperationId::Ifs02_1 => ifs02::enrollments(plan, operation, memory, person, answer, fired),
        // What is not served never comes here: no bundle has it.
        _ => Err(Code::MappingAnswer),
    }
}
