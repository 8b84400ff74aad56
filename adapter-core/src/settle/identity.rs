//! `personal_data`: who the answer is about, in the one form that fits.

use super::Fired;
use super::check::{members, names, write_members};
use crate::contract::{Answer, Object};
use crate::problem::Code;
use crate::value::{Arena, JsonWriter, Value};

/// What is counted of an identity, under the operation's rules.
#[derive(Debug)]
pub(super) struct Counters {
    /// A value that breaks its member's constraint.
    pub invalid: &'static str,
    /// The form with a tax code.
    pub tax_code: &'static str,
    /// The form without.
    pub fallback: &'static str,
    /// The form without, and something is missing.
    pub incomplete: &'static str,
}

/// An identity in its form.
#[derive(Debug)]
pub(super) struct Identity {
    schema: &'static Object,
    members: Vec<Value>,
    /// Whether it says who somebody is. Without that nothing about them is sent (T-13).
    pub complete: bool,
}

/// The tax code (with the ANPR id) or, without it, the four members of the fallback identity (IFS02.1-R1/R2, T-14). A
/// fallback that lacks one is sent as far as it goes (T-13).
#[inline(never)]
pub(super) fn identity(
    arena: &mut Arena,
    answer: Answer,
    person: Value,
    counters: &Counters,
    fired: &mut Fired,
) -> Result<Identity, Code> {
    let Some(schema) = answer.person() else { return Err(Code::MappingAnswer) };
    let Value::Record(span) = person else { return Err(Code::MappingAnswer) };
    let mut values = Vec::with_capacity(schema.fields.len());
    let names = names(arena, schema.fields);
    members(arena, schema.fields, &names, span, counters.invalid, fired, &mut values)?;
    let is = |name: &str| schema.field(name).and_then(|(at, _)| values.get(at)).is_some_and(|v| !v.is_null());
    let complete = if is("tax_code") {
        fired.fire(counters.tax_code);
        for (field, value) in schema.fields.iter().zip(&mut values) {
            if !matches!(field.name, "tax_code" | "person_id") {
                *value = Value::Null;
            }
        }
        true
    } else {
        fired.fire(counters.fallback);
        ["given_name", "family_name", "birth_date", "birth_place"].into_iter().all(is)
    };
    if !complete {
        fired.fire(counters.incomplete);
    }
    Ok(Identity { schema, members: values, complete })
}

impl Identity {
    /// Writes the member; what has no value is left out (T-15).
    pub fn write(&self, arena: &Arena, w: &mut JsonWriter) {
        w.name("personal_data");
        write_members(arena, self.schema, &self.members, false, w);
    }
}
