//! An item that stands twice is sent once: what has the same canonical bytes and the same facts, in the same item
//! outside. Two that differ in a fact are two, though they are sent alike.

use crate::contract::At;
use crate::settle::Log;
use crate::settle::draft::{Draft, Fault, noted};

/// It stands twice.
const DUPLICATE: u8 = 0;

pub(super) fn keep(list: At, draft: &mut Draft<'_>, log: &mut Log) -> Result<(), Fault> {
    let at = usize::from(list.level);
    let order = draft.by_bytes(at)?;
    let mut last = None;
    for item in order {
        let (level, _) = draft.list(list)?;
        let alike =
            |last: usize| level.parent_of(last) == level.parent_of(item) && level.bytes(last) == level.bytes(item);
        let twice = last.filter(|last| alike(*last));
        if twice.is_some_and(|last| draft.same_facts(at, last, item)) {
            draft.list(list)?.0.drop(item);
            log.note(DUPLICATE, noted(list.level, item, None));
        } else {
            last = Some(item);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::settle::rules::tests::{LEVELS, OFFER, TRANSCRIPT, of_institute, of_student};

    #[test]
    fn what_stands_twice_is_sent_once_whatever_form_it_had() {
        let (sent, log) = of_institute(OFFER, r#"[{"total_credits":1},{"total_credits":"1"},{"total_credits":2}]"#);
        assert_eq!(
            sent.unwrap(),
            r#"{"degree_courses":[{"total_credits":1},{"total_credits":2}],"meta":{"cursor":null}}"#
        );
        assert_eq!(log, ["IFS01.1-F4.duplicate"]);
    }

    #[test]
    fn alike_activities_of_two_courses_are_two() {
        let learnings = r#""learnings":[{"_academic_year":2025,"ects_credits_received":6}]"#;
        let items = format!(r#"[{{"degree_course_code":"1",{learnings}}},{{"degree_course_code":"2",{learnings}}}]"#);
        let (sent, log) = of_student(TRANSCRIPT, &items);
        assert_eq!(sent.unwrap().matches("ects_credits_received").count(), 2);
        assert_eq!(log.len(), 1, "the identity's form");
    }

    #[test]
    fn what_differs_in_a_fact_is_two() {
        let row = |id: &str| format!(r#"{{"learning_name":"Laboratorio","ects_credits":6,"_id":{id}}}"#);
        let rows = [row("1"), row("2"), row("1"), row("null"), row("null")];
        let (sent, log) = of_student(LEVELS, &format!(r#"[{{"ects_learnings":[{}]}}]"#, rows.join(",")));
        assert_eq!(sent.unwrap().matches("Laboratorio").count(), 3);
        assert_eq!(log[1..], ["IFS03.3.duplicate"; 2]);
    }
}
