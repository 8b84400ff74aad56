//! An item that lacks a member it must have is left out, for want of the first one in the schema's order.

use crate::contract::{At, Member};
use crate::settle::Log;
use crate::settle::draft::{ALL, Draft, Fate, Fault, Spot};

/// It lacks a member.
const LACKS: u8 = 0;
/// Nothing is left of a list that had items.
const NONE_LEFT: u8 = 1;

pub(super) fn keep(list: At, but: &'static [Member], draft: &mut Draft<'_>, log: &mut Log) -> Result<(), Fault> {
    let (mut seen, mut left) = (false, false);
    draft.judge(list, log, &mut |_, row| {
        seen = true;
        let members = (0..).map(Member).zip(row).take(list.items.fields.len());
        let lacks = members.filter(|(_, value)| value.is_null()).map(|(member, _)| member).find(|m| !but.contains(m));
        left |= lacks.is_none();
        lacks.map_or(Fate::Keep, |member| Fate::Drop(LACKS, Some(member)))
    })?;
    if seen && !left {
        log.note(NONE_LEFT, Spot { level: list.level, item: ALL, member: None });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::settle::rules::tests::{ENROLLMENTS, QUALIFICATIONS, enrollment, of_student};

    #[test]
    fn it_is_told_by_the_first_member_that_is_missing() {
        let lacks = enrollment("\"A\"", "2025/2026", "?").replace(r#""programme_type_code":"MT""#, r#""x":1"#);
        let items = format!("[{lacks},{}]", enrollment("\"B\"", "2025/2026", "active"));
        let (sent, log) = of_student(ENROLLMENTS, &items);
        assert_eq!(sent.unwrap().matches("degree_course_code").count(), 1);
        let known = ["IFS02.1.invalid", "IFS02.1-R3.class_null", "IFS02.1-R3.class_null"];
        assert_eq!(log[1..4], known);
        assert_eq!(log[4..], ["IFS02.1-R4.programme_type_code"]);
    }

    #[test]
    fn each_member_but_the_class_is_needed() {
        let whole = enrollment("\"A\"", "2025/2026", "active");
        for (member, value, label) in [
            ("institute_code", "\"9901\"", "IFS02.1-R4.institute_code"),
            ("programme_type_code", "\"MT\"", "IFS02.1-R4.programme_type_code"),
            ("degree_course_year", "1", "IFS02.1-R4.degree_course_year"),
            ("status", "\"active\"", "IFS02.1-R4.status"),
        ] {
            let lacks = whole.replace(&format!(r#""{member}":{value}"#), &format!(r#""{member}":null"#));
            let (_, log) = of_student(ENROLLMENTS, &format!("[{lacks}]"));
            assert_eq!(log[2..], [label, "IFS02.1-R4.all_dropped"]);
        }
    }

    #[test]
    fn a_list_of_which_all_is_dropped_is_told() {
        let (sent, log) = of_student(ENROLLMENTS, &format!("[{}]", enrollment("\"A\"", "2025/2026", "?")));
        assert!(sent.unwrap().ends_with(r#""enrollments":[]}"#));
        assert_eq!(log[3..], ["IFS02.1-R4.status", "IFS02.1-R4.all_dropped"]);
    }

    const DEGREE: &str = concat!(
        r#"{"institute_code":"9901","qualification_name":"Fisica","programme_type_code":"LT","degree_course_code":"1","#,
        r#""degree_class_code":null,"academic_qualification_date":"2001-07-01","qualification_grade_value":null}"#
    );

    /// T-10, T-11: a degree without its mark is sent, one without its name is not.
    #[test]
    fn a_degree_may_lack_class_scale_and_mark_and_nothing_else() {
        let (sent, log) = of_student(QUALIFICATIONS, &format!("[{DEGREE}]"));
        let rest = r#""qualification_grade_value":null,"qualification_grading_scale_minimum_grade":null"#;
        assert!(sent.unwrap().contains(rest));
        assert_eq!(log[1..], ["IFS03.1-R4.class_null", "IFS03.1-T10.grade_null"]);
        for (member, value) in [
            ("institute_code", "\"9901\""),
            ("qualification_name", "\"Fisica\""),
            ("programme_type_code", "\"LT\""),
            ("degree_course_code", "\"1\""),
            ("academic_qualification_date", "\"2001-07-01\""),
        ] {
            let lacks = DEGREE.replace(&format!(r#""{member}":{value}"#), &format!(r#""{member}":null"#));
            let (sent, log) = of_student(QUALIFICATIONS, &format!("[{lacks}]"));
            assert!(sent.unwrap().ends_with(r#""qualifications":[]}"#));
            assert_eq!(log[1..], [format!("IFS03.1-R5.{member}"), "IFS03.1-R5.all_dropped".to_owned()]);
        }
    }
}
