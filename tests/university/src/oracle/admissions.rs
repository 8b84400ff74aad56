//! IFS02.4: the last admission to each course in the last three academic years.

use std::collections::BTreeMap;

use serde::Serialize;
use time::Date;

use super::proofs::{Degree, Signature, Six, first_day, known, last_day, sorted, window};
use super::{Expected, Fired, PersonalData, bytes, steps};
use crate::academic_year_of;
use crate::catalogue::{Catalogue, course};
use crate::population::{Career, Population, Student};

steps! {
    /// A decision that a rule of IFS02.4 takes.
    Step {
        Unknown: "GEN-7 unknown student",
        Empty: "GEN-7 known student, empty list",
        Several: "3.4 several items to sort",
        Constraint: "IFS02.4 value breaks its constraint, null",
        NoYear: "IFS02.4-S1 no year of admission",
        Older: "IFS02.4-S1 admitted before the window",
        NotBegun: "IFS02.4-S1 admitted to a year not yet begun",
        Latest: "IFS02.4-S1 not the last admission to its course",
        ByOwnCourse: "IFS02.4-S1 last admission to a course without code",
        SingleExams: "IFS02.4 single examinations are no course",
        Dates: "IFS02.4-F1 first and last day of the year of admission",
        NoDuration: "IFS02.4 duration null",
        NoCredits: "IFS02.4 credits null",
        NoType: "IFS02.4 programme type null",
        NoCode: "IFS02.4 course code null",
        NoClass: "IFS02.4 degree class null",
    }
}

/// The answer, members in the contract's order of declaration.
#[derive(Serialize)]
struct Answer<'a> {
    personal_data: PersonalData<'a>,
    proof_admissions: Vec<Item>,
}

/// One admission. Every member may be null.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
struct Item {
    institute_code: &'static str,
    institute_name: &'static str,
    #[serde(flatten)]
    course: Six,
    degree_course_duration_in_months: Option<u16>,
    degree_course_duration_ects_credit: Option<u16>,
    start_date_of_academic_year: String,
    end_date_of_academic_year: String,
}

/// A course of study that a person began.
#[derive(Clone, Debug)]
pub(super) struct Study {
    /// The institute's own code of the course.
    pub(super) own: String,
    pub(super) degree: Degree,
    /// The academic year in which it began.
    pub(super) begun: Option<u16>,
    /// Normal duration.
    pub(super) months: Option<u16>,
    /// Credits of the whole course.
    pub(super) credits: Option<u16>,
}

impl Study {
    /// A career at the university: cohort, seat, class, duration and credits are those of its last enrolment. One
    /// without enrolments has a name only.
    pub(super) fn of(career: &Career) -> Self {
        let courses = &Catalogue::get().courses;
        let own = &courses[career.course];
        let last = career.last();
        Self {
            own: own.code.clone(),
            degree: last.map_or_else(
                || Degree::of(None, Some(own.name.to_uppercase())),
                |row| Degree::of_enrolment(row).named(&own.name.to_uppercase()),
            ),
            begun: career.begun,
            months: last.and_then(|row| row.months),
            credits: last.and_then(|row| courses[row.course].credits),
        }
    }
}

/// The university's answer.
pub(super) fn university(population: &Population, tax_code: &str, today: Date, fired: &mut Fired) -> Expected {
    let Some(student) = known(population, tax_code, Step::Unknown, fired) else { return Expected::Unknown };
    answer(tax_code, of_student(student, fired), Signature::university(), today, fired)
}

fn of_student(student: &Student, fired: &mut Fired) -> Vec<Study> {
    let mut careers: Vec<&Career> = student.careers.iter().collect();
    careers.retain(|career| !fired.when(Step::SingleExams, course::SINGLE_EXAMS.contains(&career.course)));
    careers.into_iter().map(Study::of).collect()
}

/// The answer of an institute.
pub(super) fn answer(
    tax_code: &str,
    studies: Vec<Study>,
    institute: Signature,
    today: Date,
    fired: &mut Fired,
) -> Expected {
    let proof_admissions = items(studies, institute, academic_year_of(today), fired);
    fired.when(Step::Empty, proof_admissions.is_empty());
    fired.when(Step::Several, proof_admissions.len() > 1);
    Expected::Answer(bytes(&Answer { personal_data: PersonalData { tax_code }, proof_admissions }))
}

fn items(studies: Vec<Study>, institute: Signature, current: u16, fired: &mut Fired) -> Vec<Item> {
    let mut by_course: BTreeMap<(bool, String), Vec<(u16, Item)>> = BTreeMap::new();
    for study in studies {
        let course = study.degree.six(Step::Constraint, fired);
        let Some(year) = study.begun else {
            fired.add(Step::NoYear);
            continue;
        };
        if fired.when(Step::NotBegun, year > current) || fired.when(Step::Older, year < *window(current).start()) {
            continue;
        }
        let key = course.degree_course_code.map_or((false, study.own), |code| (true, code.to_owned()));
        let item = Item {
            institute_code: institute.code,
            institute_name: institute.name,
            course,
            degree_course_duration_in_months: study.months,
            degree_course_duration_ects_credit: study.credits,
            // F1.
            start_date_of_academic_year: first_day(year),
            end_date_of_academic_year: last_day(year),
        };
        by_course.entry(key).or_default().push((year, item));
    }
    let mut items = Vec::new();
    for ((coded, key), admissions) in by_course {
        let greatest = admissions.iter().map(|(year, _)| *year).max();
        fired.when(Step::Latest, admissions.iter().any(|(year, _)| Some(*year) < greatest));
        let last = admissions.into_iter().filter(|(year, _)| Some(*year) == greatest).map(|(_, item)| item);
        let Some(last) = last.min_by_key(bytes) else { continue };
        fired.when(Step::ByOwnCourse, !coded);
        fired.add(Step::Dates);
        fired.when(Step::NoDuration, last.degree_course_duration_in_months.is_none());
        fired.when(Step::NoCredits, last.degree_course_duration_ects_credit.is_none());
        fired.when(Step::NoType, last.course.programme_type_code.is_none());
        fired.when(Step::NoCode, last.course.degree_course_code.is_none());
        fired.when(Step::NoClass, last.course.degree_class_code.is_none());
        items.push((last, key));
    }
    sorted(items, || {})
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u16 = 2025;

    fn study(begun: u16) -> Study {
        let degree = Degree { code: Some("1573960"), ..Degree::default() };
        Study { own: "L8".to_owned(), degree, begun: Some(begun), months: Some(36), credits: Some(180) }
    }

    fn of(studies: &[Study]) -> Vec<Item> {
        items(studies.to_vec(), Signature::university(), NOW, &mut Fired::of::<Step>())
    }

    #[test]
    fn bytes_are_in_the_order_of_declaration_and_dates_ifs02_4_f1() {
        assert_eq!(
            String::from_utf8(bytes(&of(&[study(2023)]))).unwrap(),
            r#"[{"institute_code":"9901","institute_name":"Università degli Studi dell'Esempio","programme_type_code":null,"programme_type_name":null,"degree_course_code":"1573960","degree_course_name":null,"degree_class_code":null,"degree_class_name":null,"degree_course_duration_in_months":36,"degree_course_duration_ects_credit":180,"start_date_of_academic_year":"2023-10-01","end_date_of_academic_year":"2024-09-30"}]"#
        );
    }

    #[test]
    fn window_is_by_the_year_of_admission_ifs02_4_s1() {
        for (begun, there) in [(2022, 0), (2023, 1), (2025, 1), (2026, 0)] {
            assert_eq!(of(&[study(begun)]).len(), there, "{begun}");
        }
        assert!(of(&[Study { begun: None, ..study(2025) }]).is_empty());
    }

    #[test]
    fn last_admission_to_each_course_ifs02_4_s1() {
        let starts = |studies: &[Study]| -> Vec<String> {
            of(studies).into_iter().map(|item| item.start_date_of_academic_year).collect()
        };
        assert_eq!(starts(&[study(2025), study(2024)]), ["2025-10-01"]);
        let uncoded = |own: &str, begun| Study { own: own.to_owned(), degree: Degree::default(), ..study(begun) };
        assert_eq!(starts(&[uncoded("A", 2024), uncoded("A", 2025)]), ["2025-10-01"]);
        assert_eq!(starts(&[uncoded("A", 2025), uncoded("B", 2025)]).len(), 2, "equal, but for whose course it is");
        assert_eq!(starts(&[uncoded("A", 2024), study(2025)]).len(), 2);
    }
}
