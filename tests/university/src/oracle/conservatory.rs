//! IFS02.1 of the conservatory. Course and class are found by what the catalogue knows, never by the export.

use time::Date;

use super::admissions::{self, Study};
use super::courses::{Offer, over, page};
use super::enrolled::{self, Yearly};
use super::proofs::{Degree, Signature, sorted};
use super::titles::{Held, Mark, System};
use super::{Answer, Expected, Fired, Item, PersonalData, Step, Valued, bytes, settle};
use super::{completions, course, levels, qualifications, supplement, transcript};
use crate::afam::catalogue::{COHORTS, Catalogue, Course, Lesson, TOWNS, lesson_code, lessons};
use crate::afam::pupils::{Career, Diploma, Enrolment, Pupil, pupil};
use crate::exams::Exam;
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
        own: own(row).code.to_owned(),
        degree: degree(row.course, row.cohort, row.town),
        year: Some(row.year),
        active: row.status == Status::Active && !row.conditional,
        begun: Some(row.cohort),
        months: Some(u16::from(own(row).duration) * 12),
    };
    let rows = pupil.years.iter().filter(|row| academic(row)).map(yearly).collect();
    enrolled::answer(tax_code, rows, Signature::conservatory(), today, fired)
}

/// The conservatory's expected answer of IFS02.4. It keeps no careers: one is what has a course, a town and a year of
/// matriculation.
pub(super) fn admissions(population: &Population, tax_code: &str, today: Date, fired: &mut Fired) -> Expected {
    let Some(pupil) = known(population, tax_code, admissions::Step::Unknown, fired) else { return Expected::Unknown };
    let studies = careers(&pupil.years).into_iter().map(|row| Study {
        own: own(&row).code.to_owned(),
        degree: degree(row.course, row.cohort, row.town),
        begun: Some(row.cohort),
        months: Some(u16::from(own(&row).duration) * 12),
        credits: own(&row).credits(),
    });
    admissions::answer(tax_code, studies.collect(), Signature::conservatory(), today, fired)
}

/// The conservatory's expected answer of IFS02.3.
pub(super) fn transcript(population: &Population, tax_code: &str, today: Date, fired: &mut Fired) -> Expected {
    let Some(pupil) = known(population, tax_code, transcript::Step::Unknown, fired) else { return Expected::Unknown };
    let mut courses = Vec::new();
    for (place, row) in (0..).zip(careers(&pupil.years)) {
        let exams = exams_of(&pupil, row.career());
        let degree = degree(row.course, row.cohort, row.town);
        let listed = degree.code.is_some();
        let current = academic_year_of(today);
        let item = transcript::item(&degree, listed, &exams, Signature::conservatory(), current, fired);
        courses.extend(item.map(|item| (item, place)));
    }
    transcript::answer(tax_code, courses, fired)
}

/// The conservatory's expected answer of IFS03.1.
pub(super) fn qualifications(population: &Population, tax_code: &str, _: Date, fired: &mut Fired) -> Expected {
    match known(population, tax_code, qualifications::Step::Unknown, fired) {
        None => Expected::Unknown,
        Some(pupil) => qualifications::answer(tax_code, &held(&pupil), Signature::conservatory(), fired),
    }
}

/// The conservatory's expected answer of IFS03.2.
pub(super) fn completions(population: &Population, tax_code: &str, _: Date, fired: &mut Fired) -> Expected {
    match known(population, tax_code, completions::Step::Unknown, fired) {
        None => Expected::Unknown,
        Some(pupil) => completions::answer(tax_code, &held(&pupil), Signature::conservatory(), fired),
    }
}

/// The conservatory's expected answer of IFS03.3.
pub(super) fn levels(population: &Population, tax_code: &str, _: Date, fired: &mut Fired) -> Expected {
    match known(population, tax_code, levels::Step::Unknown, fired) {
        None => Expected::Unknown,
        Some(pupil) => levels::answer(tax_code, &held(&pupil), Signature::conservatory(), fired),
    }
}

/// The conservatory's expected answer of IFS03.4.
pub(super) fn supplements(population: &Population, tax_code: &str, _: Date, fired: &mut Fired) -> Expected {
    match known(population, tax_code, supplement::Step::Unknown, fired) {
        None => Expected::Unknown,
        Some(pupil) => supplement::answer(tax_code, &held(&pupil), Signature::conservatory(), fired),
    }
}

/// Diplomas. One of the old system has neither type nor code that anybody has set.
fn held(pupil: &Pupil<'_>) -> Vec<Held> {
    let one = |diploma: &Diploma| {
        let career = diploma.career;
        let own = &Catalogue::get().courses[career.course];
        let (least, most) = diploma.scale;
        Held {
            degree: degree(career.course, career.cohort, career.town),
            name: Some(own.name.to_owned()),
            awarded: diploma.awarded,
            mark: Mark::of(diploma.mark, least, most),
            months: Some(u16::from(own.duration) * 12),
            credits: own.credits(),
            system: Some(if diploma.old { System::Old } else { System::New }),
            led_by: None,
            profession: None,
            passed: exams_of(pupil, career).into_iter().filter(|exam| exam.passed_on.is_some()).collect(),
        }
    };
    pupil.diplomas.iter().map(one).collect()
}

fn exams_of(pupil: &Pupil<'_>, career: Career) -> Vec<Exam> {
    pupil.exams.iter().filter(|one| one.career == career).map(|one| one.exam.clone()).collect()
}

/// The conservatory's expected answer of IFS01.2. Artistic sector and credits are an AFAM institute's (F3).
pub(super) fn detail(code: &str, fired: &mut Fired) -> Expected {
    let catalogue = Catalogue::get();
    let row = catalogue.ministry.iter().find(|row| row.course_code == code);
    let own = row.and_then(|row| {
        let parent = Some(row.parent_code.as_str());
        catalogue.courses.iter().enumerate().find(|(_, own)| own.parent_code.as_deref() == parent)
    });
    let (Some(row), Some((index, own))) = (row, own) else {
        fired.add(course::Step::UnknownCode);
        return Expected::UnknownCourse;
    };
    let lessons = lessons(index, own);
    let branches: std::collections::BTreeSet<Option<&str>> = lessons.iter().map(|lesson| lesson.branch).collect();
    let ways = branches.into_iter().map(|branch| {
        let years = (1..=own.duration).map(|year| {
            let here = lessons.iter().filter(|lesson| lesson.branch == branch && lesson.year == Some(year));
            let learnings = sorted(here.map(|lesson| (taught(lesson), ())).collect(), || {});
            (course::Year { degree_course_year: year, learnings }, ())
        });
        let curriculum_learnings = sorted(years.collect(), || {});
        (course::Way { curriculum_name: branch.unwrap_or("UNICO").to_owned(), curriculum_learnings }, ())
    });
    Expected::Answer(bytes(&course::Answer {
        programme_type_code: row.programme_type,
        programme_access: own.access.map(course::access),
        course_location: &row.town,
        remote_mode: None,
        course_area: row.class.map(|class| class.name.chars().take(99).collect()),
        degree_course_language: course::languages(own.languages),
        degree_course_period_years: own.duration,
        degree_course_code: &row.course_code,
        total_credits: own.credits(),
        academic_year: course::academic_year(row.cohort),
        first_year_activation_course: None,
        website_university: None,
        website_course: None,
        curriculum_list: sorted(ways.collect(), || {}),
    }))
}

fn taught(lesson: &Lesson) -> course::Learning {
    course::Learning {
        learning_ssd: None,
        learning_sad: lesson.sector.map(str::to_owned),
        learning_name: lesson.name.to_owned(),
        learning_code: lesson_code(lesson),
        learning_cfu: None,
        learning_cfa: Some(lesson.tenths / 10).filter(|whole| lesson.tenths.is_multiple_of(10) && *whole > 0),
        learning_hour: lesson.hours,
        learning_language: None,
        learning_ref: None,
    }
}

/// Codes to ask for: those of a cohort, and one that is none.
pub(super) fn codes(cohort: u16) -> Vec<String> {
    let rows = Catalogue::get().ministry.iter().filter(|row| row.cohort == cohort);
    rows.map(|row| row.course_code.clone()).chain(["0".to_owned()]).collect()
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

fn own(row: &Enrolment) -> &'static Course {
    &Catalogue::get().courses[row.course]
}

/// Preparatory courses are no courses of study.
fn academic(row: &Enrolment) -> bool {
    own(row).level != "P"
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
