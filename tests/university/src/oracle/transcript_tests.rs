//! The oracle of IFS02.3 against bytes written by hand from the contract's rules.

use super::*;
use crate::catalogue::{Catalogue, course};
use crate::population::{Book, CareerState, Enrolment, NamedClass, Status};

const NOW: u16 = 2025;

/// A passed examination of the window, valued in every member.
fn exam() -> Exam {
    Exam {
        id: 1,
        code: "A1".to_owned(),
        name: "Geometria",
        tenths: 60,
        year: Some(2024),
        semester: Some(1),
        course_year: 1,
        passed_on: Date::from_calendar_date(2025, Month::February, 10).ok(),
        passed_in: Some(2024),
        standing: Standing::Passed,
        recognition: Recognition::Not,
        outcome: Outcome::Mark(27, false),
        supernumerary: false,
        in_plan: true,
        parts: Vec::new(),
    }
}

fn career(index: usize) -> Career {
    let own = &Catalogue::get().courses[index];
    let year = Enrolment {
        id: 1,
        course: index,
        cohort: 2023,
        site: own.sites.first().copied(),
        class: own.classes.first().map_or(NamedClass::Blank, |class| NamedClass::Known(*class)),
        year: Some(2023),
        course_year: Some(1),
        months: Some(36),
        beyond: 0,
        conditional: false,
        status: Status::Active,
    };
    Career {
        stu_id: 100_001,
        course: index,
        cohort: 2023,
        begun: Some(2023),
        first: 2023,
        state: CareerState::Open,
        book: Book::Usual,
        years: vec![year],
    }
}

/// The learnings of a course with these activities, as text; nothing where the course is left out.
fn learnings(exams: &[Exam]) -> Option<String> {
    let course = course(&career(1), exams, NOW, &mut Fired::of::<Step>())?;
    Some(String::from_utf8(bytes(&course.learnings)).unwrap())
}

/// What begins with one text and ends before another.
fn between(text: &str, from: &str, until: &str) -> String {
    text.get(text.find(from).unwrap()..text.find(until).unwrap()).unwrap().to_owned()
}

fn one(exam: Exam) -> String {
    learnings(&[exam]).unwrap()
}

#[test]
fn bytes_are_in_the_order_of_declaration() {
    assert_eq!(
        one(exam()),
        r#"[{"attended_learning_name":"GEOMETRIA","start_date":"2024-10-01","end_date":"2025-02-28","grade_value":"27","grading_scale_min":"18","grading_scale_max":"30","ects_credits_received":6}]"#
    );
    let csv = crate::tables::courses_csv();
    let own = &Catalogue::get().courses[1];
    let town = Catalogue::get().site(own.sites[0]).unwrap().town.clone().unwrap();
    let parent = own.parent_code.clone().unwrap();
    let mut rows = csv.lines().map(|line| line.split(';').collect::<Vec<_>>());
    let row = rows.find(|row| row[1] == "9901" && row[2] == parent && row[4] == town && row[5] == "2023").unwrap();
    let class = crate::classes::CLASSES.iter().find(|class| class.code == row[3]).unwrap();
    let item = course(&career(1), &[exam()], NOW, &mut Fired::of::<Step>()).unwrap();
    let expected = format!(
        r#"{{"programme_type_code":"MT","programme_type_name":"Laurea Triennale (DM 270/04)","degree_course_code":"{}","degree_course_name":"{}","degree_class_code":"{}","degree_class_name":"{}","institute_code":"9901","institute_name":"Università degli Studi dell'Esempio","learnings":{}}}"#,
        row[0],
        row[7],
        row[3],
        class.name,
        one(exam())
    );
    assert_eq!(String::from_utf8(bytes(&item)).unwrap(), expected);
}

#[test]
fn window_is_by_the_year_of_passing_02_3_s1() {
    for (passed_in, there) in
        [(Some(2022), false), (Some(2023), true), (Some(2025), true), (Some(2026), false), (None, true)]
    {
        let of = Exam { passed_in, year: Some(2020), ..exam() };
        assert_eq!(learnings(&[of]).is_some(), there, "{passed_in:?}");
    }
    let day = |year, month, day| Date::from_calendar_date(year, month, day).ok();
    for (passed_on, there) in [
        (day(2023, Month::September, 30), false),
        (day(2023, Month::October, 1), true),
        (day(2026, Month::March, 1), true),
        (None, false),
    ] {
        let of = Exam { passed_in: None, passed_on, ..exam() };
        assert_eq!(learnings(&[of]).is_some(), there, "{passed_on:?}");
    }
}

#[test]
fn passed_or_recognised_in_the_plan_not_in_excess_02_3_s1() {
    let planned = Exam { standing: Standing::Planned, outcome: Outcome::Nothing, ..exam() };
    assert!(learnings(std::slice::from_ref(&planned)).is_none());
    assert!(learnings(&[Exam { standing: Standing::Attended, ..planned.clone() }]).is_none());
    assert!(learnings(&[Exam { recognition: Recognition::Attendance, ..planned.clone() }]).is_none());
    assert!(learnings(&[Exam { recognition: Recognition::Credits, ..planned }]).is_some());
    assert!(learnings(&[Exam { supernumerary: true, ..exam() }]).is_none());
    assert!(learnings(&[Exam { in_plan: false, ..exam() }]).is_none());
}

#[test]
fn grades_02_3_f3() {
    let grade = |outcome| {
        let text = one(Exam { outcome, ..exam() });
        between(&text, "\"grade_value\"", ",\"ects")
    };
    let scale = r#","grading_scale_min":"18","grading_scale_max":"30""#;
    let none = r#","grading_scale_min":null,"grading_scale_max":null"#;
    assert_eq!(grade(Outcome::Mark(30, true)), format!(r#""grade_value":"30L"{scale}"#));
    assert_eq!(grade(Outcome::Mark(30, false)), format!(r#""grade_value":"30"{scale}"#));
    for judgement in [Judgement::Qualified, Judgement::Approved] {
        assert_eq!(grade(Outcome::Judged(judgement)), format!(r#""grade_value":"QUALIFIED"{none}"#));
    }
    for outcome in [Outcome::Judged(Judgement::Good), Outcome::Nothing] {
        assert_eq!(grade(outcome), format!(r#""grade_value":null{none}"#));
    }
}

#[test]
fn credits_are_whole_and_not_zero_t_23() {
    let credits = |tenths, parts: &[u16]| {
        let text = one(Exam { tenths, parts: parts.to_vec(), ..exam() });
        text.rsplit(':').next().unwrap().trim_end_matches("}]").to_owned()
    };
    assert_eq!([credits(120, &[]), credits(0, &[]), credits(45, &[])], ["12", "null", "null"]);
    assert_eq!(credits(90, &[45, 45]), "9", "halves that make a whole");
}

#[test]
fn terms_by_convention_02_3_f2() {
    let dates = |year, semester| {
        let text = one(Exam { year, semester, ..exam() });
        between(&text, "\"start", ",\"grade")
    };
    let both = |start: &str, end: &str| format!(r#""start_date":"{start}","end_date":"{end}""#);
    assert_eq!(dates(Some(2023), Some(1)), both("2023-10-01", "2024-02-29"));
    assert_eq!(dates(Some(2024), Some(2)), both("2025-03-01", "2025-09-30"));
    for (year, semester) in [(None, Some(1)), (Some(2024), None)] {
        assert_eq!(dates(year, semester), r#""start_date":null,"end_date":null"#);
    }
}

#[test]
fn learnings_are_sorted_by_bytes_and_those_alike_but_for_their_row_all_stay_d8() {
    let zoology = Exam { name: "Zoologia", ..exam() };
    let later = Exam { semester: Some(2), ..exam() };
    let same = Exam { id: 2, code: "B7".to_owned(), ..exam() };
    let text = learnings(&[zoology, later, exam(), same]).unwrap();
    let starts: Vec<&str> = text.split("\"start_date\":\"").skip(1).filter_map(|rest| rest.get(..10)).collect();
    assert_eq!(starts, ["2024-10-01", "2024-10-01", "2025-03-01", "2024-10-01"]);
    assert!(text.find("GEOMETRIA") < text.find("ZOOLOGIA"));
}

#[test]
fn a_course_without_codes_stays_with_nulls() {
    let codes = |index: usize| {
        let item = course(&career(index), &[exam()], NOW, &mut Fired::of::<Step>()).unwrap();
        let six = item.course;
        (six.programme_type_code, six.degree_course_code, six.degree_class_code, item.institute_code)
    };
    for index in [course::NOT_LISTED, course::NO_PARENT_CODE] {
        assert_eq!(codes(index), (None, None, None, "9901"), "course {index}");
    }
    assert!(matches!(codes(course::CODE_TOO_LONG), (Some("MT"), None, Some(_), _)), "24 characters are no code");
    assert!(matches!(codes(course::NO_PROGRAMME_TYPE), (None, Some(_), Some(_), _)));
    assert!(matches!(codes(course::DOCTORATES.start), (Some("DR"), Some(_), None, _)));
}
