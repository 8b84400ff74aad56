//! What is odd about a member is noted; the item is sent all the same.

use crate::contract::{At, Member, Odd};
use crate::settle::Log;
use crate::settle::draft::{Draft, Fate, Fault, value};
use crate::value::Value;

/// It is odd.
const ODD: u8 = 0;

pub(super) fn keep(list: At, member: Member, odd: Odd, draft: &mut Draft<'_>, log: &mut Log) -> Result<(), Fault> {
    draft.judge(list, log, &mut |arena, row| {
        let is = match (odd, value(row, member)) {
            (Odd::Null, value) => value.is_null(),
            (Odd::NoIstatCode, Value::Text(text)) => !is_istat(arena.text(text)),
            (Odd::Beyond(months), Value::Int(year)) => match value(row, months) {
                Value::Int(months) => year > months.saturating_add(11) / 12,
                _ => false,
            },
            (Odd::Before(start), Value::Date(end)) => match value(row, start) {
                Value::Date(start) => end < start,
                _ => false,
            },
            (Odd::FewMonths, Value::Int(months)) => (1..=6).contains(&months),
            (Odd::NoIstatCode | Odd::Beyond(_) | Odd::Before(_) | Odd::FewMonths, _) => false,
        };
        if is { Fate::Note(ODD) } else { Fate::Keep }
    })
}

/// Municipalities by ISTAT code, as `\d{6}(,\d{6})*`.
fn is_istat(text: &str) -> bool {
    text.as_bytes().split(|b| *b == b',').all(|code| code.len() == 6 && code.iter().all(u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settle::rules::tests::{ENROLLMENTS, LEVELS, MOBILITY, OFFER, enrollment, of_institute, of_student};

    #[test]
    fn an_istat_code_has_six_digits() {
        for (text, is) in
            [("015146", true), ("015146,015211", true), ("015146,", false), ("Milano", false), ("", false)]
        {
            assert_eq!(is_istat(text), is, "{text}");
        }
    }

    #[test]
    fn what_is_odd_is_sent_all_the_same() {
        let (sent, log) = of_institute(OFFER, r#"[{"course_location":"Milano"},{"total_credits":1}]"#);
        assert!(sent.unwrap().contains(r#"{"course_location":"Milano"}"#));
        assert_eq!(log, ["IFS01.1-F3.no_istat_code"]);
    }

    #[test]
    fn a_year_beyond_the_course_is_noted() {
        for (year, months, beyond) in [(3, 36, false), (4, 36, true), (2, 18, false), (3, 18, true), (1, 6, false)] {
            let row = enrollment("\"A\"", "2025/2026", "active");
            let row = row.replace(r#""degree_course_year":1"#, &format!(r#""degree_course_year":{year}"#));
            let row = row.replacen('{', &format!(r#"{{"_duration_in_months":{months},"#), 1);
            let (sent, log) = of_student(ENROLLMENTS, &format!("[{row}]"));
            assert_eq!(sent.unwrap().matches("status").count(), 1);
            assert_eq!(log.contains(&"IFS02.1-T52.beyond".to_owned()), beyond, "{year} of {months}");
        }
    }

    #[test]
    fn a_time_that_ends_before_it_begins_is_noted_and_sent() {
        let time = |start: &str, end: &str| {
            format!(r#"[{{"mobility_start_date":{start},"mobility_end_date":{end},"eqf_level":"6"}}]"#)
        };
        let day = |day: &str| format!("\"2025-02-{day}\"");
        assert_eq!(of_student(MOBILITY, &time(&day("02"), &day("01"))).1[1..], ["IFS02.5.ends_before"]);
        assert_eq!(of_student(MOBILITY, &time(&day("01"), &day("01"))).1[1..], [""; 0]);
        assert_eq!(of_student(MOBILITY, &time("null", &day("01"))).1[1..], [""; 0]);
    }

    #[test]
    fn a_duration_as_if_in_years_is_noted() {
        for (months, few) in [(1, true), (3, true), (6, true), (7, false), (36, false), (0, false)] {
            let row = format!(r#"[{{"degree_course_duration_in_months":{months}}}]"#);
            assert_eq!(of_student(LEVELS, &row).1[1..].len(), usize::from(few), "{months}");
        }
    }
}
