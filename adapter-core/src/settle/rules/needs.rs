//! An item without a certain member is left out, before others judge it. A list inside of which nothing is left is none.

use crate::contract::{At, Member};
use crate::settle::Log;
use crate::settle::draft::{Draft, Fate, Fault, value};

/// It has none.
const LACKS: u8 = 0;

pub(super) fn keep(list: At, member: Member, draft: &mut Draft<'_>, log: &mut Log) -> Result<(), Fault> {
    draft.count(list);
    draft.judge(list, log, &mut |_, row| {
        if value(row, member).is_null() { Fate::Drop(LACKS, Some(member)) } else { Fate::Keep }
    })
}

#[cfg(test)]
mod tests {
    use crate::settle::rules::tests::{ENROLLMENTS, TRANSCRIPT, enrollment, of_student};

    #[test]
    fn without_year_or_course_an_enrolment_is_nobodys_last_one() {
        let (course, year) = (enrollment("null", "2025/2026", "active"), enrollment("\"A\"", "", "active"));
        let (sent, log) = of_student(ENROLLMENTS, &format!("[{course},{year}]"));
        assert_eq!(sent.unwrap().matches("status").count(), 0);
        assert_eq!(log[1..], ["IFS02.1.invalid", "IFS02.1-R4.academic_year", "IFS02.1-R4.degree_course_code"]);
    }

    #[test]
    fn a_list_of_which_nothing_is_left_is_none() {
        let old = r#"[{"degree_course_code":"1","learnings":[{"_academic_year":1999}]},{"degree_course_code":"2"}]"#;
        let (sent, log) = of_student(TRANSCRIPT, old);
        assert!(sent.unwrap().ends_with(r#""proof_education_course":[]}"#));
        assert_eq!(log[1..], ["IFS02.3-S1.window", "IFS02.3-S1.no_learning", "IFS02.3-S1.no_learning"]);
    }
}
