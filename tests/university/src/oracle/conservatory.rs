//! IFS02.1 of the conservatory. Course and class are found by what the catalogue knows, never by the export.

use time::Date;

use super::admissions::{self, Study};
use super::courses::{Offer, over, page};
use super::enrolled::{self, Yearly};
use super::proofs::{Degree, Signature};
use super::{Answer, Expected, Fired, Item, PersonalData, Step, Valued, bytes, settle};
use crate::afam::catalogue::{COHORTS, Catalogue, Course, TOWNS};
use crate::afam::pupils::{Enrolment, Pupil, pupil};
use crate::population::{Population, Status, Student};
use crate::{CONSERVATORY_CODE, academic_year_of};

/// The conservatory's expected answer of IFS02.1 for a tax code on a day (in Rome).
#[must_use]
pub fn ifs02_1(population: &Population, tax_code: &str, today: Date) -> Expected {
    count(population, tax_code, today, &mut Fired::of::<Step>())
}

/// Runs it for every student of the population and every unknown tax code, and counts.
#[must_use]
pub fn fired(population: &Population, today: Date) -> Fired {
    let mut fired = Fired::of::<Step>();
    let known = population.students().iter().map(Student::tax_code);
    for tax_code in known.chain(population.unknown().iter().map(String::as_str)) {
        count(population, tax_code, today, &mut fired);
    }
    fired
}

/// The conservatory's expected bytes of IFS01.1 for an academic year, by the year it starts in.
#[must_use]
pub fn ifs01_1(year: u16) -> Vec<u8> {
    offer(year, &mut super::courses::tally())
}

/// The same, counted.
pub(super) fn offer(year: u16, fired: &mut Fired) -> Vec<u8> {
    page(&offers(), Catalogue::get().ministry.iter(), year, fired)
}

/// Runs IFS01.1 for every cohort the Ministry lists and the year before, and counts.
#[must_use]
pub fn fired_ifs01_1() -> Fired {
    over(&offers(), Catalogue::get().ministry.iter(), COHORTS)
}

fn offers() -> Vec<Offer> {
    let offer = |course: &'static Course| Offer {
        admits: course.admits,
        parent_code: course.parent_code.as_deref(),
        towns: course.towns.iter().map(|town| Some(TOWNS[*town].0)).collect(),
        access: course.access,
        languages: course.languages,
        years: course.duration,
        // As many for each year.
        credits: Some(u16::from(course.duration) * 60),
    };
    Catalogue::get().courses.iter().map(offer).collect()
}

pub(super) fn count(population: &Population, tax_code: &str, today: Date, fired: &mut Fired) -> Expected {
    let Some(pupil) = pupil(population, tax_code) else {
        fired.add(Step::Unknown);
        return Expected::Unknown;
    };
    let enrollments = settle(pupil.years.iter(), academic_year_of(today), fired);
    match enrollments.len() {
        0 => fired.add(Step::Empty),
        1 => {}
        _ => fired.add(Step::Several),
    }
    Expected::Answer(bytes(&Answer { personal_data: PersonalData { tax_code }, enrollments }))
}

/// The conservatory's expected answer of IFS02.2.
pub(super) fn enrolled(population: &Population, tax_code: &str, today: Date, fired: &mut Fired) -> Expected {
    let Some(pupil) = known(population, tax_code, enrolled::Step::Unknown, fired) else { return Expected::Unknown };
    let yearly = |row: &Enrolment| Yearly {
        own: course(row).code.to_owned(),
        degree: degree(row.course, row.cohort, row.town),
        year: Some(row.year),
        active: row.status == Status::Active && !row.conditional,
        begun: Some(row.cohort),
        months: Some(u16::from(course(row).duration) * 12),
    };
    let rows = pupil.years.iter().filter(|row| academic(row)).map(yearly).collect();
    enrolled::answer(tax_code, rows, Signature::conservatory(), today, fired)
}

/// The conservatory's expected answer of IFS02.4. It keeps no careers: one is what has a course, a town and a year of
/// matriculation.
pub(super) fn admissions(population: &Population, tax_code: &str, today: Date, fired: &mut Fired) -> Expected {
    let Some(pupil) = known(population, tax_code, admissions::Step::Unknown, fired) else { return Expected::Unknown };
    let studies = careers(&pupil.years).into_iter().map(|row| Study {
        own: course(&row).code.to_owned(),
        degree: degree(row.course, row.cohort, row.town),
        begun: Some(row.cohort),
        months: Some(u16::from(course(&row).duration) * 12),
        credits: Some(u16::from(course(&row).duration) * 60),
    });
    admissions::answer(tax_code, studies.collect(), Signature::conservatory(), today, fired)
}

fn known<'a, S: super::fired::Step>(
    population: &'a Population,
    tax_code: &str,
    unknown: S,
    fired: &mut Fired,
) -> Option<Pupil<'a>> {
    let found = pupil(population, tax_code);
    fired.when(unknown, found.is_none());
    found
}

/// One row of each career in a course of study.
fn careers(years: &[Enrolment]) -> Vec<Enrolment> {
    let key = |row: &Enrolment| (row.course, row.town, row.cohort);
    let mut careers: Vec<Enrolment> = Vec::new();
    for row in years.iter().filter(|row| academic(row)) {
        if !careers.iter().any(|known| key(known) == key(row)) {
            careers.push(*row);
        }
    }
    careers
}

fn course(row: &Enrolment) -> &'static Course {
    &Catalogue::get().courses[row.course]
}

/// Preparatory courses are no courses of study.
fn academic(row: &Enrolment) -> bool {
    course(row).level != "P"
}

/// A course as the Ministry has it for a year of matriculation and a town.
fn degree(index: usize, cohort: u16, town: usize) -> Degree {
    let own = &Catalogue::get().courses[index];
    let listed = Catalogue::get().ministry.iter().find(|row| {
        Some(row.parent_code.as_str()) == own.parent_code.as_deref()
            && row.cohort == cohort
            && row.town == TOWNS[town].0
    });
    Degree::of(listed, Some(own.name.to_owned()))
}

impl Valued for &Enrolment {
    fn year(&self) -> Option<u16> {
        Some(self.year)
    }

    fn value(&self, year: u16, _: &mut Fired) -> Item {
        let catalogue = Catalogue::get();
        let parent_code = catalogue.courses[self.course].parent_code.as_deref();
        let listed = catalogue.ministry.iter().find(|row| {
            Some(row.parent_code.as_str()) == parent_code && row.cohort == self.cohort && row.town == TOWNS[self.town].0
        });
        Item {
            institute_code: Some(CONSERVATORY_CODE),
            programme_type_code: listed.and_then(|listed| listed.programme_type),
            degree_course_code: listed.map(|listed| listed.course_code.as_str()),
            degree_class_code: listed.and_then(|listed| listed.class).map(|class| class.code),
            academic_year: Some(format!("{year:04}/{:04}", year + 1)),
            degree_course_year: self.course_year,
            status: match (self.conditional, self.status) {
                (true, _) | (false, Status::Suspended) => Some("wait"),
                (false, Status::Active) => Some("active"),
                (false, Status::Cancelled) => Some("inactive"),
                (false, Status::Other | Status::Missing) => None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u16 = 2025;

    fn row(course: usize, town: usize) -> Enrolment {
        let (year, course_year) = (NOW, Some(1));
        Enrolment { course, cohort: NOW, town, year, course_year, conditional: false, status: Status::Active }
    }

    fn one(row: Enrolment) -> String {
        let items = settle([&row].into_iter(), NOW, &mut Fired::of::<Step>());
        String::from_utf8(bytes(&items)).unwrap()
    }

    /// Course codes run on from 2290101, 16 a cohort; seven cohorts stand before that of 2025.
    #[test]
    fn bytes_are_the_contracts_3_4() {
        let first = 2_290_101 + 7 * 16;
        assert_eq!(
            one(row(0, 0)),
            format!(
                r#"[{{"institute_code":"9902","programme_type_code":"A1","degree_course_code":"{first}","degree_class_code":"100101","academic_year":"2025/2026","degree_course_year":1,"status":"active"}}]"#
            )
        );
        assert!(one(row(4, 0)).contains(&format!(r#""degree_course_code":"{}""#, first + 4)));
        assert!(one(row(4, 1)).contains(&format!(r#""degree_course_code":"{}""#, first + 5)), "the branch is a course");
        assert!(one(row(14, 0)).contains(r#""programme_type_code":"A2""#));
        assert!(one(row(14, 0)).contains(r#""degree_class_code":null"#), "02.1-R3");
        assert_eq!(one(row(15, 0)), "[]", "unknown to the Ministry: dropped, 02.1-R4");
        assert_eq!(one(row(0, 1)), "[]", "not taught there");
        assert_eq!(one(Enrolment { course_year: None, ..row(0, 0) }), "[]", "02.1-R4");
        assert!(one(Enrolment { conditional: true, ..row(0, 0) }).contains(r#""status":"wait""#));
    }
}
