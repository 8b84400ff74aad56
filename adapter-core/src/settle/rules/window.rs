//! Items of the last academic years: the current one and those before it. A year that has not begun is outside.

use super::year_of;
use crate::contract::{At, Member};
use crate::settle::draft::{Draft, Fate, Fault, value};
use crate::settle::{Log, Setting};

/// Its year is before the window.
const OLDER: u8 = 0;
/// Its year has not begun.
const NOT_BEGUN: u8 = 1;
/// It has no year.
const NO_YEAR: u8 = 2;

pub(super) fn keep(
    list: At,
    year: Member,
    years: u8,
    draft: &mut Draft<'_>,
    setting: Setting<'_>,
    log: &mut Log,
) -> Result<(), Fault> {
    draft.judge(list, log, &mut |arena, row| match year_of(arena, value(row, year)) {
        None => Fate::Drop(NO_YEAR, None),
        Some(year) if year > setting.academic_year => Fate::Drop(NOT_BEGUN, None),
        Some(year) if year <= setting.academic_year.saturating_sub(i64::from(years)) => Fate::Drop(OLDER, None),
        Some(_) => Fate::Keep,
    })
}

#[cfg(test)]
mod tests {
    use crate::settle::rules::tests::{ENROLLMENTS, TRANSCRIPT, enrollment, of_student};

    #[test]
    fn a_year_stands_in_a_member_or_a_fact() {
        let of = |year: &str| of_student(ENROLLMENTS, &format!("[{}]", enrollment("\"A\"", year, "active"))).1;
        assert_eq!(of("2022/2023")[1..], ["IFS02.1-S1.window"]);
        assert_eq!(of("2026/2027")[1..], ["IFS02.1-S1.not_begun"]);
        assert_eq!(of("2023/2024")[1..], ["IFS02.1-R3.class_null"]);
    }

    /// The tests' day is in 2025/2026.
    #[test]
    fn three_years_are_the_current_one_and_two_before() {
        let years = ["2022", "2023", "2025", "2026", "null"];
        let learnings: Vec<String> =
            years.iter().map(|y| format!(r#"{{"_academic_year":{y},"ects_credits_received":{}}}"#, y.len())).collect();
        let courses = |all: &[String]| format!(r#"[{{"learnings":[{}]}}]"#, all.join(","));
        let (sent, log) = of_student(TRANSCRIPT, &courses(&learnings));
        assert_eq!(sent.unwrap().matches("ects").count(), 2, "of two years: not one that stands twice");
        let known = ["window", "not_begun", "no_year"].map(|what| format!("IFS02.3-S1.{what}"));
        assert_eq!(log[1..4], known);
    }
}
