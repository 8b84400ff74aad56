//! The oracle of IFS02.2 against dates written by hand from the contract's rules.

use super::*;

const NOW: u16 = 2025;

fn row(year: u16, active: bool) -> Yearly {
    let degree = Degree { code: Some("1573960"), ..Degree::default() };
    Yearly { own: "L8".to_owned(), degree, year: Some(year), active, begun: Some(2020), months: Some(36) }
}

fn of(rows: &[Yearly]) -> Vec<Item> {
    items(rows.to_vec(), Signature::university(), NOW, &mut Fired::of::<Step>())
}

fn dates(rows: &[Yearly]) -> Vec<(Option<String>, Option<String>)> {
    of(rows).into_iter().map(|item| (item.expected_graduation_date, item.enrollment_date)).collect()
}

fn both(expected: &str, enrolled: &str) -> (Option<String>, Option<String>) {
    (Some(expected.to_owned()), Some(enrolled.to_owned()))
}

#[test]
fn bytes_are_in_the_order_of_declaration() {
    let item = of(&[row(2023, true)]).remove(0);
    assert_eq!(
        String::from_utf8(bytes(&item)).unwrap(),
        r#"{"programme_type_code":null,"programme_type_name":null,"degree_course_code":"1573960","degree_course_name":null,"degree_class_code":null,"degree_class_name":null,"institute_code":"9901","institute_name":"Università degli Studi dell'Esempio","country_of_academic_institution":"Italia","expected_graduation_date":"2023-12-31","enrollment_date":"2023-10-01"}"#
    );
}

#[test]
fn expected_graduation_ifs02_2_f1() {
    // The contract's example: from 2020 on, three years.
    let of = |begun, months| dates(&[Yearly { begun, months, ..row(2025, true) }]).remove(0).0;
    assert_eq!(of(Some(2020), Some(36)).as_deref(), Some("2023-12-31"));
    assert_eq!(of(Some(2025), Some(6)).as_deref(), Some("2026-12-31"), "part of a year counts as one");
    assert_eq!(of(Some(2025), Some(18)).as_deref(), Some("2027-12-31"));
    assert_eq!(of(None, Some(36)), None);
    assert_eq!(of(Some(2020), None), None);
}

#[test]
fn enrolment_date_is_of_the_last_active_enrolment_ifs02_2_f2() {
    assert_eq!(dates(&[row(2024, true), row(2025, false)]), [both("2023-12-31", "2024-10-01")]);
    assert_eq!(dates(&[row(2020, true), row(2025, false)]), [both("2023-12-31", "2020-10-01")], "before the window");
    assert_eq!(dates(&[row(2025, true), row(2026, true)]), [both("2023-12-31", "2025-10-01")], "not begun");
    assert_eq!(
        dates(&[row(2025, false), row(2026, true)]),
        [(Some("2023-12-31".to_owned()), None)],
        "active only then"
    );
    assert_eq!(dates(&[row(2024, false), row(2025, false)]), [(Some("2023-12-31".to_owned()), None)]);
}

#[test]
fn window_ifs02_2_s1() {
    for (year, there) in [(2022, 0), (2023, 1), (2025, 1), (2026, 0)] {
        assert_eq!(of(&[row(year, true)]).len(), there, "{year}");
    }
    assert!(of(&[Yearly { year: None, ..row(2025, true) }]).is_empty());
}

#[test]
fn latest_per_course_ifs02_2_s1() {
    let other = |own: &str, code| Yearly {
        own: own.to_owned(),
        degree: Degree { code, ..Degree::default() },
        ..row(2024, true)
    };
    assert_eq!(of(&[row(2024, true), row(2025, true)]).len(), 1);
    assert_eq!(of(&[other("A", Some("1")), other("A", Some("2"))]).len(), 2, "by the Ministry's code");
    assert_eq!(of(&[other("A", Some("1")), other("B", Some("1"))]).len(), 1);
    assert_eq!(of(&[other("A", None), other("A", None)]).len(), 1, "without one, by the institute's");
    assert_eq!(of(&[other("A", None), other("B", None)]).len(), 2);
    // One of another beginning on the same code and year: the least bytes, and the text of the earlier year is less.
    let again = Yearly { begun: Some(2024), ..row(2025, true) };
    assert_eq!(dates(&[again, row(2025, true)]), [both("2023-12-31", "2025-10-01")]);
}
