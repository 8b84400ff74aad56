//! IFS02.2: the latest enrolment of each course in the last three academic years, with two conventional dates.

use std::collections::BTreeMap;

use serde::Serialize;
use time::Date;

use super::proofs::{COUNTRY, Degree, Signature, Six, first_day, known, sorted, window};
use super::{Expected, Fired, PersonalData, bytes, steps};
use crate::academic_year_of;
use crate::catalogue::{Catalogue, course};
use crate::population::{Population, Status, Student};

steps! {
    /// A decision that a rule of IFS02.2 takes.
    Step {
        Unknown: "GEN-7 unknown student",
        Empty: "GEN-7 known student, empty list",
        Several: "3.4 several items to sort",
        Constraint: "IFS02.2 value breaks its constraint, null",
        NoYear: "IFS02.2-S1 no academic year",
        Older: "IFS02.2-S1 older than the window",
        NotBegun: "IFS02.2-S1 not yet begun",
        Latest: "IFS02.2-S1 not the latest of its course",
        TieByBytes: "IFS02.2-S1 tie, not the least bytes",
        Duplicate: "IFS02.2-S1 exact duplicate",
        ByOwnCourse: "IFS02.2-S1 latest of a course without code",
        SingleExams: "IFS02.2 single examinations are no course",
        Expected: "IFS02.2-F1 end of the year of matriculation and duration",
        RoundedUp: "IFS02.2-F1 part of a year counts as one",
        NoMatriculation: "IFS02.2-F1 no year of matriculation, null",
        NoDuration: "IFS02.2-F1 no duration, null",
        ActiveShown: "IFS02.2-F2 the enrolment shown is the last active one",
        ActiveOther: "IFS02.2-F2 another enrolment is the last active one",
        ActiveBeforeWindow: "IFS02.2-F2 the last active enrolment is older than the window",
        ActiveNotBegun: "IFS02.2-F2 active in a year not yet begun, which does not count",
        NeverActive: "IFS02.2-F2 never active, null",
        NoType: "IFS02.2 programme type null",
        NoCode: "IFS02.2 course code null",
        NoClass: "IFS02.2 degree class null",
    }
}

/// The answer, members in the contract's order of declaration.
#[derive(Serialize)]
struct Answer<'a> {
    personal_data: PersonalData<'a>,
    proof_enrollments: Vec<Item>,
}

/// One enrolment. Every member may be null.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
struct Item {
    #[serde(flatten)]
    course: Six,
    institute_code: &'static str,
    institute_name: &'static str,
    country_of_academic_institution: &'static str,
    expected_graduation_date: Option<String>,
    enrollment_date: Option<String>,
}

/// A yearly enrolment, as far as the rules look at it.
#[derive(Clone, Debug)]
pub(super) struct Yearly {
    /// The institute's own code of the course.
    pub(super) own: String,
    pub(super) degree: Degree,
    /// Academic year, by the year it starts in.
    pub(super) year: Option<u16>,
    pub(super) active: bool,
    /// The academic year in which the career began.
    pub(super) begun: Option<u16>,
    /// Normal duration.
    pub(super) months: Option<u16>,
}

/// A row with its year and what it answers of its course.
type Placed = (u16, Yearly, Six);

/// The university's answer.
pub(super) fn university(population: &Population, tax_code: &str, today: Date, fired: &mut Fired) -> Expected {
    let Some(student) = known(population, tax_code, Step::Unknown, fired) else { return Expected::Unknown };
    let rows = of_student(student, fired);
    answer(tax_code, rows, Signature::university(), today, fired)
}

/// The enrolments in courses of study.
fn of_student(student: &Student, fired: &mut Fired) -> Vec<Yearly> {
    let mut rows = Vec::new();
    for career in &student.careers {
        for row in &career.years {
            // Who only takes single examinations is enrolled in no course.
            if fired.when(Step::SingleExams, course::SINGLE_EXAMS.contains(&row.course)) {
                continue;
            }
            rows.push(Yearly {
                own: Catalogue::get().courses[row.course].code.clone(),
                degree: Degree::of_enrolment(row),
                year: row.year,
                // The row's own status, whatever became of the career; what is conditional is not active yet.
                active: row.status == Status::Active && !row.conditional,
                begun: career.begun,
                months: row.months,
            });
        }
    }
    rows
}

/// The answer of an institute.
pub(super) fn answer(
    tax_code: &str,
    rows: Vec<Yearly>,
    institute: Signature,
    today: Date,
    fired: &mut Fired,
) -> Expected {
    let proof_enrollments = items(rows, institute, academic_year_of(today), fired);
    fired.when(Step::Empty, proof_enrollments.is_empty());
    fired.when(Step::Several, proof_enrollments.len() > 1);
    Expected::Answer(bytes(&Answer { personal_data: PersonalData { tax_code }, proof_enrollments }))
}

fn items(rows: Vec<Yearly>, institute: Signature, current: u16, fired: &mut Fired) -> Vec<Item> {
    // S1, "for each course": by the Ministry's code; what has none, by the institute's.
    let mut by_course: BTreeMap<(bool, String), Vec<Placed>> = BTreeMap::new();
    for row in rows {
        let six = row.degree.six(Step::Constraint, fired);
        let Some(year) = row.year else {
            fired.add(Step::NoYear);
            continue;
        };
        let key = six.degree_course_code.map_or((false, row.own.clone()), |code| (true, code.to_owned()));
        by_course.entry(key).or_default().push((year, row, six));
    }
    let mut items = Vec::new();
    for ((coded, key), rows) in by_course {
        // F2: of all enrolments in the course, in the window or before it. Nobody is enrolled yet for a year to come.
        let active = |(_, row, _): &&Placed| row.active;
        fired.when(Step::ActiveNotBegun, rows.iter().filter(active).any(|(year, ..)| *year > current));
        let active = rows.iter().filter(active).map(|(year, ..)| *year).filter(|year| *year <= current).max();
        let mut shown: Vec<(u16, Item)> = Vec::new();
        for (year, row, six) in rows {
            if fired.when(Step::NotBegun, year > current) || fired.when(Step::Older, year < *window(current).start()) {
                continue;
            }
            shown.push((year, item(row, six, active, institute, fired)));
        }
        let Some((year, last)) = latest(shown, fired) else { continue };
        fired.when(Step::ByOwnCourse, !coded);
        match active {
            None => fired.add(Step::NeverActive),
            Some(active) if active == year => fired.add(Step::ActiveShown),
            Some(active) => {
                fired.add(Step::ActiveOther);
                fired.when(Step::ActiveBeforeWindow, active < *window(current).start());
            }
        }
        fired.when(Step::NoType, last.course.programme_type_code.is_none());
        fired.when(Step::NoCode, last.course.degree_course_code.is_none());
        fired.when(Step::NoClass, last.course.degree_class_code.is_none());
        items.push((last, key));
    }
    sorted(items, || {})
}

fn item(row: Yearly, course: Six, active: Option<u16>, institute: Signature, fired: &mut Fired) -> Item {
    fired.when(Step::NoMatriculation, row.begun.is_none());
    fired.when(Step::NoDuration, row.months.is_none());
    fired.when(Step::RoundedUp, row.months.is_some_and(|months| !months.is_multiple_of(12)));
    let end = row.begun.zip(row.months).map(|(begun, months)| begun + months.div_ceil(12));
    fired.when(Step::Expected, end.is_some());
    Item {
        course,
        institute_code: institute.code,
        institute_name: institute.name,
        country_of_academic_institution: COUNTRY,
        // F1.
        expected_graduation_date: end.map(|year| format!("{year:04}-12-31")),
        enrollment_date: active.map(first_day),
    }
}

/// Of one course's enrolments the one of the greatest year, then of the least bytes.
fn latest(rows: Vec<(u16, Item)>, fired: &mut Fired) -> Option<(u16, Item)> {
    let greatest = rows.iter().map(|(year, _)| *year).max()?;
    let mut best: Option<(Vec<u8>, Item)> = None;
    for (year, item) in rows {
        if fired.when(Step::Latest, year < greatest) {
            continue;
        }
        let written = bytes(&item);
        match &mut best {
            None => best = Some((written, item)),
            Some((least, _)) if *least == written => fired.add(Step::Duplicate),
            Some((least, kept)) => {
                fired.add(Step::TieByBytes);
                if written < *least {
                    (*least, *kept) = (written, item);
                }
            }
        }
    }
    best.map(|(_, item)| (greatest, item))
}

#[cfg(test)]
#[path = "enrolled_tests.rs"]
mod tests;
