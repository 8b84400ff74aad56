//! The oracle against cells written by hand from the contract's rules.

use super::*;
use crate::catalogue::{SITE_WITHOUT_TOWN, TWIN_SITE, course};

const NOW: u16 = 2025;

/// A regular row of an L-8-like course: valued in every member.
fn row(index: usize, year: u16, nth: u8) -> Enrolment {
    let course = &Catalogue::get().courses[index];
    Enrolment {
        id: 1,
        course: index,
        cohort: 2023,
        site: Some(course.sites[0]),
        class: course.classes.first().map_or(NamedClass::Blank, |class| NamedClass::Known(*class)),
        year: Some(year),
        course_year: Some(nth),
        months: Some(36),
        beyond: 0,
        conditional: false,
        status: Status::Active,
    }
}

fn settled(rows: &[Enrolment]) -> (Vec<String>, Fired) {
    let mut fired = Fired::of::<Step>();
    let items = settle(rows.iter(), NOW, &mut fired);
    (items.iter().map(|item| String::from_utf8(bytes(item)).unwrap()).collect(), fired)
}

fn short(rows: &[Enrolment]) -> Vec<(String, u8, &'static str)> {
    settle(rows.iter(), NOW, &mut Fired::of::<Step>())
        .into_iter()
        .map(|item| (item.academic_year.unwrap(), item.degree_course_year.unwrap(), item.status.unwrap()))
        .collect()
}

/// The row of `corsi.csv` for a course's main class and site, found by looking through it.
fn listed(index: usize, cohort: u16) -> Vec<String> {
    let course = &Catalogue::get().courses[index];
    let site = Catalogue::get().site(course.sites[0]).unwrap().town.clone().unwrap();
    let class = course.classes.first().map_or("", |class| CLASSES[*class].code);
    let csv = crate::tables::courses_csv();
    let rows = csv.lines().map(|line| line.split(';').map(str::to_owned).collect::<Vec<_>>());
    let cohort = cohort.to_string();
    rows.into_iter()
        .find(|cells| {
            (cells[1].as_str(), cells[2].as_str(), cells[3].as_str(), cells[4].as_str(), cells[5].as_str())
                == ("9901", course.parent_code.as_deref().unwrap(), class, site.as_str(), cohort.as_str())
        })
        .unwrap()
}

#[test]
fn bytes_are_the_contracts_3_4() {
    let cells = listed(1, 2023);
    let (items, _) = settled(&[row(1, 2025, 3)]);
    let expected = format!(
        r#"{{"institute_code":"9901","programme_type_code":"{}","degree_course_code":"{}","degree_class_code":"{}","academic_year":"2025/2026","degree_course_year":3,"status":"active"}}"#,
        cells[6], cells[0], cells[3],
    );
    assert_eq!(items, [expected]);
}

#[test]
fn window_is_the_current_year_and_two_before_02_1_s1() {
    for (year, expected) in [(2022, 0), (2023, 1), (2024, 1), (2025, 1), (2026, 0)] {
        assert_eq!(settled(&[row(1, year, 1)]).0.len(), expected, "{year}");
    }
    assert!(settled(&[Enrolment { year: None, ..row(1, 2025, 1) }]).0.is_empty());
}

#[test]
fn latest_per_course_02_1_s1() {
    // The example of issue 201: A in its third year, then B twice.
    let rows = [row(1, 2023, 3), row(2, 2024, 1), row(2, 2025, 2)];
    let answer = short(&rows);
    assert_eq!(answer.len(), 2);
    assert!(answer.contains(&("2023/2024".into(), 3, "active")));
    assert!(answer.contains(&("2025/2026".into(), 2, "active")));
}

#[test]
fn ties_go_to_the_least_bytes() {
    let with = |status, nth| Enrolment { status, ..row(1, 2025, nth) };
    assert_eq!(short(&[with(Status::Cancelled, 2), with(Status::Active, 2)]), [("2025/2026".into(), 2, "active")]);
    assert_eq!(short(&[with(Status::Suspended, 2), with(Status::Cancelled, 2)]), [("2025/2026".into(), 2, "inactive")]);
    // As text: 10 before 9, whatever the status.
    assert_eq!(short(&[with(Status::Active, 9), with(Status::Suspended, 10)]), [("2025/2026".into(), 10, "wait")]);
    // A row that cannot be valued loses: `null` comes after any text or number.
    assert_eq!(short(&[with(Status::Other, 2), with(Status::Suspended, 2)]), [("2025/2026".into(), 2, "wait")]);
    let fired = settled(&[with(Status::Active, 2), with(Status::Active, 2)]).1;
    assert_eq!((fired.counts[Step::Duplicate as usize], fired.counts[Step::TieByBytes as usize]), (1, 0));
}

#[test]
fn dropping_comes_after_latest_02_1_r4() {
    let old = row(1, 2024, 1);
    for last in [
        Enrolment { status: Status::Other, ..row(1, 2025, 2) },
        Enrolment { status: Status::Missing, ..row(1, 2025, 2) },
        Enrolment { course_year: None, ..row(1, 2025, 2) },
        Enrolment { course_year: Some(0), ..row(1, 2025, 2) },
        Enrolment { course_year: Some(100), ..row(1, 2025, 2) },
    ] {
        let (items, fired) = settled(&[old, last]);
        assert!(items.is_empty(), "the older row must not surface");
        assert_eq!(fired.counts[Step::DroppedLast as usize], 1);
    }
    assert_eq!(short(&[row(1, 2025, 99)]).len(), 1);
}

#[test]
fn a_row_without_course_code_hides_nothing() {
    let old = row(1, 2024, 1);
    for last in [
        Enrolment { site: None, ..row(1, 2025, 2) },
        Enrolment { site: Some(SITE_WITHOUT_TOWN), ..row(1, 2025, 2) },
        Enrolment { class: NamedClass::Unheard, ..row(1, 2025, 2) },
        Enrolment { class: NamedClass::Blank, ..row(1, 2025, 2) },
        Enrolment { cohort: 1999, ..row(1, 2025, 2) },
    ] {
        assert_eq!(short(&[old, last]), [("2024/2025".into(), 1, "active")]);
    }
}

#[test]
fn courses_that_the_ministry_cannot_code_are_dropped() {
    use course::*;
    for index in [CODE_TOO_LONG, NOT_LISTED, NO_PARENT_CODE, NO_PROGRAMME_TYPE, SINGLE_EXAMS.start] {
        assert!(settled(&[row(index, 2025, 1)]).0.is_empty(), "course {index}");
    }
}

#[test]
fn a_course_without_class_has_a_null_class_02_1_r3() {
    let (items, fired) = settled(&[row(course::DOCTORATES.start, 2025, 1)]);
    assert_eq!(items.len(), 1);
    assert!(items[0].contains(r#""programme_type_code":"DR""#) && items[0].contains(r#""degree_class_code":null"#));
    assert_eq!(fired.counts[Step::ClassNull as usize], 1);
}

#[test]
fn one_course_of_the_ministry_is_one_item() {
    let [first, second] = course::ONE_PARENT_CODE;
    assert_eq!(short(&[row(first, 2024, 1), row(second, 2025, 2)]), [("2025/2026".into(), 2, "active")]);
    let town = course::TWO_SITES_ONE_TOWN;
    let moved = Enrolment { site: Some(TWIN_SITE), ..row(town, 2025, 2) };
    assert_eq!(short(&[row(town, 2024, 1), moved]), [("2025/2026".into(), 2, "active")]);
    let index = course::TWO_CLASSES[0];
    let other = NamedClass::Known(Catalogue::get().courses[index].classes[1]);
    assert_eq!(short(&[row(index, 2024, 1), Enrolment { class: other, ..row(index, 2025, 2) }]).len(), 2);
}

#[test]
fn items_are_sorted_by_course_code_as_text() {
    // Course 100's codes have seven digits in later cohorts, course 5's have leading zeros.
    let rows: Vec<Enrolment> = [30, 5, 100].map(|index| Enrolment { cohort: 2025, ..row(index, 2025, 1) }).into();
    let early = Enrolment { cohort: 2016, ..row(30, 2025, 1) };
    let (items, _) = settled(&[rows, vec![early]].concat());
    let codes: Vec<&str> = items.iter().map(|item| item.split('"').nth(11).unwrap()).collect();
    let mut sorted = codes.clone();
    sorted.sort_unstable();
    assert_eq!(codes, sorted);
    assert!(codes[0].starts_with("00") && codes[1].starts_with('1') && codes[3].starts_with("999"), "{codes:?}");
}

#[test]
fn status_of_conditional_suspended_cancelled() {
    let with = |conditional, status| Enrolment { conditional, status, ..row(1, 2025, 1) };
    for (conditional, status, expected) in [
        (false, Status::Active, "active"),
        (false, Status::Cancelled, "inactive"),
        (false, Status::Suspended, "wait"),
        (true, Status::Active, "wait"),
        (true, Status::Cancelled, "wait"),
        (true, Status::Other, "wait"),
    ] {
        assert_eq!(short(&[with(conditional, status)]), [("2025/2026".into(), 1, expected)]);
    }
}
