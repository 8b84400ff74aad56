//! A date by convention: 31 December of a year and so many months after it, whole years begun (IFS02.2-F1). It is null
//! where year or months are not known.

use super::year_of;
use crate::contract::{At, Member};
use crate::settle::Log;
use crate::settle::draft::{Draft, Fault, noted, value};
use crate::value::Value;
use crate::value::date::Date;

/// Year or months are not known.
const UNKNOWN: u8 = 0;

pub(super) fn keep(
    list: At,
    date: Member,
    year: Member,
    months: Member,
    draft: &mut Draft<'_>,
    log: &mut Log,
) -> Result<(), Fault> {
    draft.make(list, date, &mut |arena, item, row| {
        let made = match (year_of(arena, value(row, year)), value(row, months)) {
            (Some(year), Value::Int(months)) => end_of(year, months),
            _ => None,
        };
        if made.is_none() {
            log.note(UNKNOWN, noted(list.level, item, None));
        }
        made.map(Value::Date)
    })
}

fn end_of(year: i64, months: i64) -> Option<Date> {
    let years = months.checked_add(11)?.checked_div(12)?;
    Date::new(i32::try_from(year.checked_add(years)?).ok()?, 12, 31)
}

#[cfg(test)]
mod tests {
    use crate::settle::rules::tests::{PROOFS, of_student};

    #[test]
    fn a_duration_is_rounded_up_to_years() {
        for (months, date) in [("36", "2028"), ("18", "2027"), ("6", "2026"), ("0", "2025"), ("37", "2029")] {
            let row = r#"[{"_academic_year":2025,"_active":true,"_matriculation_year":2025,"_duration_in_months":N}]"#;
            let (sent, log) = of_student(PROOFS, &row.replace('N', months));
            let known = format!(r#""expected_graduation_date":"{date}-12-31","enrollment_date":"2025-10-01""#);
            assert!(sent.as_ref().unwrap().contains(&known), "{sent:?}");
            assert_eq!(log[1..], [""; 0]);
        }
    }

    #[test]
    fn without_year_or_duration_there_is_no_date() {
        for fact in [r#""_matriculation_year":2025"#, r#""_duration_in_months":36"#] {
            let row = format!(r#"[{{"_academic_year":2025,"_active":true,{fact}}}]"#);
            let (sent, log) = of_student(PROOFS, &row);
            assert!(sent.unwrap().contains(r#""expected_graduation_date":null"#));
            assert_eq!(log[1..], ["IFS02.2-F1.unknown"]);
        }
    }
}
