//! An item that stands twice is sent once: what has the same canonical bytes, in the same item outside.

use crate::contract::At;
use crate::settle::Log;
use crate::settle::draft::{Draft, Fault, noted};

/// It stands twice.
const DUPLICATE: u8 = 0;

pub(super) fn keep(list: At, draft: &mut Draft<'_>, log: &mut Log) -> Result<(), Fault> {
    let at = usize::from(list.level);
    let order = draft.by_bytes(at)?;
    let (level, _) = draft.list(list)?;
    let mut last = None;
    for item in order {
        let same =
            |last: usize| level.parent_of(last) == level.parent_of(item) && level.bytes(last) == level.bytes(item);
        if last.is_some_and(same) {
            level.drop(item);
            log.note(DUPLICATE, noted(list.level, item, None));
        } else {
            last = Some(item);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::settle::rules::tests::{OFFER, TRANSCRIPT, of_institute, of_student};

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
}
