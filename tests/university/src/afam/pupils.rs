//! The conservatory's view of the people: which of them it knows, and their enrolments there.

use super::catalogue::{Catalogue, course};
use crate::academic_year_of;
use crate::population::{FIRST_PERSON, Population, Status, Student};
use crate::rng::{Rng, mix};

/// The enrolment of one academic year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enrolment {
    /// Course, by position in the catalogue.
    pub course: usize,
    /// Cohort: the year of matriculation.
    pub cohort: u16,
    /// Town, by position in [`super::catalogue::TOWNS`].
    pub town: usize,
    /// Academic year, by the year it starts in.
    pub year: u16,
    /// Year of course.
    pub course_year: Option<u8>,
    /// Whether it depends on something still to come.
    pub conditional: bool,
    /// Status.
    pub status: Status,
}

/// A person the conservatory knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pupil<'a> {
    /// The person.
    pub student: &'a Student,
    /// Yearly enrolments, oldest first within a course.
    pub years: Vec<Enrolment>,
}

/// How many people in a row differ in what they show; the next ones repeat it.
const CASES: u32 = 12;

/// The pupil with a tax code. One of the university's students in twelve is unknown here.
#[must_use]
pub fn pupil<'a>(population: &'a Population, tax_code: &str) -> Option<Pupil<'a>> {
    let student = population.by_tax_code(tax_code)?;
    let number = student.person_id - FIRST_PERSON;
    let mut rng = Rng::new(mix(population.seed() ^ 0xA1A2), u64::from(number));
    let now = academic_year_of(population.today());
    let first = rng.below(course::FIRST_LEVEL.len() as u32) as usize;
    let second = course::SECOND_LEVEL.start + rng.below(course::SECOND_LEVEL.len() as u32) as usize;
    let years = match number % CASES {
        1 => return None,
        2 => Vec::new(),
        3 => [rows(first, now - 4, now - 2), rows(second, now - 1, now)].concat(),
        4 => {
            let other = if rng.percent(50) { Status::Other } else { Status::Missing };
            with_last(rows(first, now - 1, now), |row| row.status = other)
        }
        5 => with_last(rows(first, now - 2, now), |row| row.course_year = None),
        6 => rows(course::NOT_LISTED, now, now),
        7 => rows(course::NO_CLASS, now - 1, now),
        8 => {
            let mut years = rows(first, now - 1, now);
            years.extend(years.last().map(|row| Enrolment { status: Status::Suspended, ..*row }));
            years.extend(years.first().copied());
            with_last(years, |row| (row.year, row.course_year, row.status) = (now, Some(2), Status::Cancelled))
        }
        9 => rows(first, now - 6, now - 3),
        10 => rows(second, now, now + 1),
        11 => {
            let branch = |row: &mut Enrolment| (row.town, row.conditional) = (1, true);
            let mut years = rows(course::TWO_TOWNS, now - 1, now);
            years.iter_mut().for_each(branch);
            years
        }
        _ => rows(first, now - rng.below(4) as u16, now),
    };
    Some(Pupil { student, years })
}

fn rows(course: usize, cohort: u16, last: u16) -> Vec<Enrolment> {
    let duration = Catalogue::get().courses[course].duration;
    (cohort..=last)
        .zip(1_u8..)
        .map(|(year, nth)| Enrolment {
            course,
            cohort,
            town: 0,
            year,
            course_year: Some(nth.min(duration)),
            conditional: false,
            status: Status::Active,
        })
        .collect()
}

fn with_last(mut years: Vec<Enrolment>, change: impl FnOnce(&mut Enrolment)) -> Vec<Enrolment> {
    if let Some(row) = years.last_mut() {
        change(row);
    }
    years
}
