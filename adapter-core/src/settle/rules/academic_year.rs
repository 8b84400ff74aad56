//! The first and the last day of an academic year, by the institute's rollover day (IFS02.4-F1, T-60). Of an item without
//! its year both are null.

use super::year_of;
use crate::contract::{At, Member};
use crate::settle::Setting;
use crate::settle::draft::{Draft, Fault, value};
use crate::value::Value;

pub(super) fn keep(
    list: At,
    year: Member,
    start: Member,
    end: Member,
    draft: &mut Draft<'_>,
    setting: Setting<'_>,
) -> Result<(), Fault> {
    draft.make(list, start, &mut |arena, _, row| setting.begin(year_of(arena, value(row, year))?).map(Value::Date))?;
    draft.make(list, end, &mut |arena, _, row| setting.end(year_of(arena, value(row, year))?).map(Value::Date))
}

#[cfg(test)]
mod tests {
    use crate::settle::rules::tests::{ADMISSIONS, of_student};

    #[test]
    fn a_year_ends_the_day_before_the_next_begins() {
        let (sent, log) = of_student(ADMISSIONS, r#"[{"_admission_year":"2023/2024"},{"_admission_year":null}]"#);
        let known = r#""start_date_of_academic_year":"2023-10-01","end_date_of_academic_year":"2024-09-30""#;
        assert!(sent.as_ref().unwrap().contains(known), "{sent:?}");
        assert_eq!(log[1..], ["IFS02.4-S1.no_year"]);
    }
}
