//! IFS02.3: the activities a student passed in the last three academic years, by course.

use super::Fired;
use super::identity::{self, identity};
use super::list::{List, Rules, Settler, made};
use super::window::{Place, Window};
use crate::contract::Operation;
use crate::eval::memory::Memory;
use crate::plan::Plan;
use crate::problem::Code;
use crate::value::{JsonWriter, Value};

/// Counters of the identity form, which is IFS02.1's.
const IDENTITY: identity::Counters = identity::Counters {
    invalid: "IFS02.3.invalid_identity",
    tax_code: "IFS02.3-T14.tax_code",
    fallback: "IFS02.3-T14.fallback",
    incomplete: "IFS02.3-T13.incomplete_identity",
};

/// Settles an IFS02.3 answer.
pub(super) fn transcript(
    plan: &Plan,
    operation: &Operation,
    memory: &mut Memory,
    person: Value,
    answer: Value,
    fired: &mut Fired,
) -> Result<Vec<u8>, Code> {
    let list = List::of(operation.answer, "proof_education_course")?;
    let identity = identity(&mut memory.arena, operation.answer, person, &IDENTITY, fired)?;
    let made = made(&memory.arena, answer, list.name)?;
    let value = if identity.complete { made } else { Value::Null };
    let window = Window::of(plan, memory);
    let rules = Rules {
        invalid: "IFS02.3.invalid",
        empty: "IFS02.3.empty",
        duplicate: "IFS02.3.duplicate",
        // Two careers may be of one course; they stay apart.
        key: "degree_course_code",
        again: "IFS02.3.course_again",
        admits: &|item, fired| {
            let dropped = if item.schema.fact("_academic_year").is_some() {
                match item.fact("_academic_year").map(|year| window.place(year)) {
                    Some(Place::Inside) => return true,
                    Some(Place::Older) => "IFS02.3-S1.window",
                    Some(Place::NotBegun) => "IFS02.3-S1.not_begun",
                    None => "IFS02.3-S1.no_year",
                }
            } else if item.member("learnings").is_some() {
                return true;
            } else {
                // The records are the activities: a course of long ago must not show by its name alone.
                "IFS02.3-S1.no_learning"
            };
            fired.fire(dropped);
            false
        },
    };
    let mut w = JsonWriter::default();
    let mut settled = Ok(0);
    w.object(|w| {
        identity.write(&memory.arena, w);
        w.name(list.name);
        settled = Settler { arena: &mut memory.arena, fired, rules }.list(list, value, w);
    });
    settled.map(|_| w.into_bytes())
}
