//! Who the answer is about, in the one form that fits: the tax code with the ANPR id or, without it, the four members of
//! the fallback identity. A fallback that lacks one is sent as far as it goes, and nothing else with it (T-13).

use crate::contract::At;
use crate::settle::Log;
use crate::settle::draft::{Draft, Fault, PERSON, noted};
use crate::value::Value;

/// What names a student who has a tax code.
const BY_CODE: [&str; 2] = ["tax_code", "person_id"];
/// What names one who has none.
const BY_FOUR: [&str; 4] = ["given_name", "family_name", "birth_date", "birth_place"];

/// The form was taken, or something is missing in it.
const HELD: u8 = 0;

/// Whether a member of the person has a value.
fn is(draft: &Draft<'_>, name: &str) -> bool {
    draft.person.as_ref().is_some_and(|person| {
        person.object.field(name).and_then(|(at, _)| person.row(0).get(at)).is_some_and(|value| !value.is_null())
    })
}

fn held(log: &mut Log) {
    log.note(HELD, noted(PERSON, 0, None));
}

pub(super) fn by_tax_code(draft: &mut Draft<'_>, log: &mut Log) -> Result<(), Fault> {
    if is(draft, BY_CODE[0]) {
        held(log);
        if let Some(person) = &mut draft.person {
            for (at, field) in person.object.fields.iter().enumerate() {
                if !BY_CODE.contains(&field.name) {
                    person.set(0, at, Value::Null);
                }
            }
        }
    }
    Ok(())
}

pub(super) fn by_four(draft: &mut Draft<'_>, log: &mut Log) -> Result<(), Fault> {
    if !is(draft, BY_CODE[0]) {
        held(log);
    }
    Ok(())
}

pub(super) fn incomplete(list: At, draft: &mut Draft<'_>, log: &mut Log) -> Result<(), Fault> {
    if !is(draft, BY_CODE[0]) && !BY_FOUR.into_iter().all(|name| is(draft, name)) {
        held(log);
        draft.closed = Some(list.level);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::OPERATIONS;
    use crate::settle::rules::tests::{ENROLLMENTS, PERSON as WHO, TRANSCRIPT, settled};

    #[test]
    fn every_person_has_the_members_of_both_forms() {
        for person in OPERATIONS.iter().filter_map(|o| o.answer.person()) {
            assert!(BY_CODE.iter().chain(&BY_FOUR).all(|name| person.field(name).is_some()), "{}", person.name);
        }
    }

    #[test]
    fn a_tax_code_is_all_that_is_said_and_four_members_are_the_other_form() {
        let all = r#"{"tax_code":"RSSMRA80A01F205X","given_name":"Ada"}"#;
        let (sent, log) = settled(ENROLLMENTS, all, "[]");
        assert_eq!(sent.unwrap(), r#"{"personal_data":{"tax_code":"RSSMRA80A01F205X"},"enrollments":[]}"#);
        assert_eq!(log, ["IFS02.1-R1.tax_code"]);
        let (sent, log) = settled(ENROLLMENTS, WHO, "[]");
        assert_eq!(sent.unwrap(), format!(r#"{{"personal_data":{WHO},"enrollments":[]}}"#));
        assert_eq!(log, ["IFS02.1-R2.fallback"]);
        assert_eq!(settled(TRANSCRIPT, WHO, "[]").1, ["IFS02.3-T14.fallback"]);
    }

    #[test]
    fn nothing_is_said_of_somebody_who_is_not_named() {
        let (sent, log) = settled(ENROLLMENTS, r#"{"given_name":"Ada"}"#, r#"[{"status":"x"}]"#);
        assert_eq!(sent.unwrap(), r#"{"personal_data":{"given_name":"Ada"},"enrollments":[]}"#);
        assert_eq!(log, ["IFS02.1-R2.fallback", "IFS02.1-R5.incomplete_identity"]);
    }
}
