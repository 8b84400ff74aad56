//! A date by convention: the first day of the last academic year in which an item of the same course was active
//! (IFS02.2-F2). Items that other rules leave out afterwards count too: the last active enrolment may be older than the
//! window, and older than the one that is sent. But nobody is enrolled yet for a year that has not begun.

use super::{shared, year_of};
use crate::contract::{At, Member};
use crate::settle::draft::{Draft, Fault, noted};
use crate::settle::{Log, Setting};
use crate::value::{Value, sorted_places};

/// None was active.
const NONE: u8 = 0;

/// What it is judged by.
#[derive(Clone, Copy, Debug)]
pub(super) struct By {
    /// The member or fact with the year.
    pub year: Member,
    /// The one that says whether an item was active.
    pub active: Member,
    /// What tells a course; an item without any of them is alone.
    pub per: &'static [Member],
}

pub(super) fn keep(
    list: At,
    date: Member,
    by: By,
    draft: &mut Draft<'_>,
    setting: Setting<'_>,
    log: &mut Log,
) -> Result<(), Fault> {
    let (level, arena) = draft.list(list)?;
    let year = |item: usize| match level.value(item, by.active) {
        Value::Bool(true) => year_of(arena, level.value(item, by.year)).filter(|year| *year <= setting.academic_year),
        _ => None,
    };
    let course = |item: usize| shared(arena, level.row(item), by.per);
    // For each course the greatest year, in the order of courses: a student has few, and a bad mapping may have many.
    let years: Vec<_> = level.live().filter_map(|item| Some((course(item)?, year(item)?))).collect();
    let order = sorted_places(years.len(), &mut |a, b| years.get(a).cmp(&years.get(b)));
    let years: Vec<_> = order.iter().filter_map(|at| years.get(*at)).collect();
    let last = |item: usize| match course(item) {
        None => year(item),
        Some(own) => {
            let after = years.partition_point(|(course, _)| *course <= own);
            let (course, year) = years.get(after.checked_sub(1)?)?;
            (*course == own).then_some(*year)
        }
    };
    let made: Vec<Option<i64>> = (0..level.items.len()).map(last).collect();
    draft.make(list, date, &mut |_, item, _| {
        let first = made.get(item).copied().flatten().and_then(|year| setting.begin(year));
        if first.is_none() {
            log.note(NONE, noted(list.level, item, None));
        }
        first.map(Value::Date)
    })
}

#[cfg(test)]
mod tests {
    use crate::settle::rules::tests::{PROOFS, of_student};

    fn row(course: &str, year: i32, active: bool) -> String {
        let fixed = r#""_matriculation_year":2020,"_duration_in_months":36"#;
        format!(r#"{{{course},"_academic_year":{year},"_active":{active},{fixed}}}"#)
    }

    fn dates(rows: &[String]) -> (Vec<String>, Vec<String>) {
        let (sent, log) = of_student(PROOFS, &format!("[{}]", rows.join(",")));
        let sent = sent.unwrap();
        let dates = sent.split(r#""enrollment_date":"#).skip(1).map(|rest| rest.split('}').next().unwrap().to_owned());
        (dates.collect(), log.into_iter().filter(|l| l.starts_with("IFS02.2-F")).collect())
    }

    #[test]
    fn the_last_active_year_counts_though_a_cancelled_one_is_sent() {
        let a = r#""degree_course_code":"A""#;
        let rows = [row(a, 2025, false), row(a, 2024, true), row(a, 2023, true)];
        assert_eq!(dates(&rows), (vec![r#""2024-10-01""#.to_owned()], vec![]));
    }

    #[test]
    fn a_year_that_has_not_begun_does_not_count() {
        let a = r#""degree_course_code":"A""#;
        assert_eq!(dates(&[row(a, 2025, true), row(a, 2026, true)]).0, [r#""2025-10-01""#]);
        assert_eq!(dates(&[row(a, 2025, false), row(a, 2026, true)]).0, ["null"]);
    }

    #[test]
    fn one_before_the_window_counts_too() {
        let a = r#""degree_course_code":"A""#;
        assert_eq!(dates(&[row(a, 2025, false), row(a, 2019, true)]).0, [r#""2019-10-01""#]);
    }

    #[test]
    fn courses_do_not_lend_each_other_years_and_none_is_null() {
        let (a, b, own) = (r#""degree_course_code":"A""#, r#""degree_course_code":"B""#, r#""_course":"A""#);
        let rows = [row(a, 2025, false), row(b, 2024, true), row(own, 2023, true)];
        let (dates, log) = dates(&rows);
        assert_eq!(dates.iter().filter(|date| *date == "null").count(), 1, "{dates:?}");
        assert_eq!(log, ["IFS02.2-F2.none_active"]);
    }

    #[test]
    fn without_a_course_each_is_alone() {
        let none = r#""degree_course_code":null"#;
        let (dates, log) = dates(&[row(none, 2025, true), row(none, 2024, false)]);
        assert_eq!(dates.len(), 2);
        assert_eq!(log, ["IFS02.2-F2.none_active"]);
    }
}
