//! The conservatory's view of the people: which of them it knows, and their enrolments there.

use super::catalogue::{Catalogue, course};
use time::{Date, Month};

use crate::academic_year_of;
use crate::exams::{Exam, Judgement, Outcome, Recognition, Standing};
use crate::population::{FIRST_PERSON, FinalMark, Population, Status, Student};
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
    /// Examinations.
    pub exams: Vec<Examined>,
    /// Diplomas.
    pub diplomas: Vec<Diploma>,
}

/// What tells a career: the conservatory keeps none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Career {
    /// Course, by position in the catalogue.
    pub course: usize,
    /// The year of matriculation.
    pub cohort: u16,
    /// Town, by position in [`super::catalogue::TOWNS`].
    pub town: usize,
}

impl Enrolment {
    /// The career that it is of.
    #[must_use]
    pub fn career(&self) -> Career {
        Career { course: self.course, cohort: self.cohort, town: self.town }
    }
}

/// An examination of a career.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examined {
    /// The career.
    pub career: Career,
    /// The examination; its semester is 0, as teachings last a year.
    pub exam: Exam,
}

/// A diploma.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Diploma {
    /// The career.
    pub career: Career,
    /// Day of award.
    pub awarded: Option<Date>,
    /// What it was awarded with.
    pub mark: FinalMark,
    /// The least and the greatest mark.
    pub scale: (u16, u16),
    /// Whether it is of the system before the law of 1999.
    pub old: bool,
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
    let exams = exams(number, &years, now, &mut rng);
    let diplomas = diplomas(number, &years, now);
    Some(Pupil { student, years, exams, diplomas })
}

const SUBJECTS: &[&str] =
    &["PRASSI ESECUTIVE", "TEORIA E ANALISI", "STORIA DELLA MUSICA", "MUSICA DA CAMERA", "LINGUA INGLESE", "CORO"];

/// Two or three a year, most of them passed.
fn exams(number: u32, years: &[Enrolment], now: u16, rng: &mut Rng) -> Vec<Examined> {
    let mut exams = Vec::new();
    for row in years.iter().filter(|row| row.year <= now) {
        for _ in 0..2 + rng.below(2) {
            let mark = 18 + rng.below(13) as u8;
            let outcome = match rng.below(10) {
                0 => Outcome::Judged(Judgement::Qualified),
                1 => Outcome::Nothing,
                2 => Outcome::Mark(30, true),
                _ => Outcome::Mark(mark, false),
            };
            let day = Date::from_calendar_date(i32::from(row.year) + 1, Month::February, 1 + rng.below(20) as u8).ok();
            let passed = rng.percent(85);
            let exam = Exam {
                id: number * 200 + u32::try_from(exams.len()).unwrap_or(0),
                code: String::new(),
                name: rng.pick::<&str>(SUBJECTS),
                tenths: *rng.pick(&[60, 120, 45, 0, 90]),
                year: Some(row.year),
                semester: Some(0),
                course_year: row.course_year.unwrap_or(0),
                passed_on: day.filter(|_| passed),
                passed_in: None,
                standing: if passed { Standing::Passed } else { Standing::Attended },
                recognition: Recognition::Not,
                outcome: if passed { outcome } else { Outcome::Nothing },
                supernumerary: false,
                in_plan: true,
                parts: Vec::new(),
            };
            exams.push(Examined { career: row.career(), exam });
        }
    }
    exams
}

/// Of those who have finished, and one of long ago of whom no yearly enrolments are kept.
fn diplomas(number: u32, years: &[Enrolment], now: u16) -> Vec<Diploma> {
    let july = |year: u16| Date::from_calendar_date(i32::from(year), Month::July, 8).ok();
    let first = || years.first().map(Enrolment::career);
    let new = |career, awarded, mark| Diploma { career, awarded, mark, scale: (66, 110), old: false };
    let marked = FinalMark::Tenths(660 + u16::try_from(number * 7 % 440).unwrap_or(0));
    let found = match number % CASES {
        2 => {
            let career = Career { course: course::OLD, cohort: now - 40, town: 0 };
            let mark = FinalMark::Tenths(85);
            Some(Diploma { career, awarded: july(now - 30), mark, scale: (6, 10), old: true })
        }
        3 => first().map(|career| new(career, july(now - 1), marked)),
        7 if number % 24 == 7 => first().map(|career| new(career, july(now), FinalMark::Honours)),
        9 => first().map(|career| {
            let mark = if number % 24 == 9 { FinalMark::Missing } else { FinalMark::Qualified };
            new(career, july(now - 2), mark)
        }),
        8 => first().map(|career| new(career, None, marked)),
        _ => None,
    };
    // None of the future.
    found.filter(|diploma| diploma.awarded.is_none_or(|day| day.year() <= i32::from(now))).into_iter().collect()
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
