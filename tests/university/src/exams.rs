//! Examinations of a career. They follow from the seed and the career, so they are made when asked for.

use time::{Date, Month};

use crate::catalogue::{Catalogue, course};
use crate::population::{Career, CareerState};
use crate::rng::{Rng, mix};

/// How an examination ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Passed with a mark of 18 to 30, 30 perhaps with honours.
    Mark(u8, bool),
    /// Passed with a judgement.
    Judged,
    /// Recognised from elsewhere, without mark.
    Recognised,
    /// Attended, not passed.
    Attended,
}

/// One line of a transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exam {
    /// Number, unique in the university.
    pub id: u32,
    /// The teaching's code.
    pub code: String,
    /// The teaching's name.
    pub name: &'static str,
    /// Credits.
    pub credits: u8,
    /// Academic year of attendance.
    pub year: u16,
    /// Year of course it belongs to.
    pub course_year: u8,
    /// Day it was passed.
    pub passed_on: Option<Date>,
    /// How it ended.
    pub outcome: Outcome,
    /// Beyond the approved plan.
    pub supernumerary: bool,
}

const SUBJECTS: &[&str] = &[
    "Analisi matematica",
    "Geometria",
    "Fisica generale",
    "Chimica",
    "Informatica",
    "Statistica",
    "Diritto privato",
    "Diritto costituzionale",
    "Economia politica",
    "Storia moderna",
    "Letteratura italiana",
    "Filosofia morale",
    "Lingua inglese",
    "Biologia cellulare",
    "Anatomia",
    "Psicologia generale",
    "Sociologia",
    "Disegno tecnico",
    "Elettrotecnica",
    "Pedagogia",
    "Geologia",
    "Zoologia",
    "Storia dell'arte",
    "Economia aziendale",
];

/// The examinations of a career, oldest first: up to five for each year enrolled.
#[must_use]
pub fn exams(seed: u64, career: &Career, today: Date) -> Vec<Exam> {
    let mut rng = Rng::new(mix(seed), u64::from(career.stu_id));
    let course = &Catalogue::get().courses[career.course];
    let mut years: Vec<u16> = career.years.iter().filter_map(|row| row.year).collect();
    years.dedup();
    let mut exams = Vec::new();
    for (year, nth) in years.into_iter().zip(0_u8..) {
        let single = course::SINGLE_EXAMS.contains(&career.course);
        // A container for single examinations holds one, however long it stays open.
        let count = if single { u32::from(nth == 0) } else { 3 + rng.below(3) };
        for _ in 0..count {
            let place = exams.len() as u32;
            let month = *rng.pick(&[Month::January, Month::February, Month::June, Month::July, Month::September]);
            let day =
                Date::from_calendar_date(i32::from(year) + 1, month, 1 + rng.below(28) as u8).unwrap_or(Date::MIN);
            let mark = 18 + rng.below(13) as u8;
            let passed = day <= today && (rng.percent(80) || matches!(career.state, CareerState::Graduated(_)));
            let outcome = match rng.below(20) {
                _ if !passed => Outcome::Attended,
                0 => Outcome::Judged,
                1 => Outcome::Recognised,
                _ => Outcome::Mark(mark, mark == 30 && rng.percent(40)),
            };
            let subject = (course.index * 5 + place as usize) % SUBJECTS.len();
            exams.push(Exam {
                id: (career.stu_id % 10_000_000) * 100 + place % 100,
                code: format!("{:03}{}", 1 + subject, course.code),
                name: SUBJECTS[subject],
                credits: *rng.pick(&[3, 6, 9, 12]),
                year,
                course_year: (nth + 1).min(course.duration),
                passed_on: passed.then_some(day),
                outcome,
                supernumerary: rng.percent(3),
            });
        }
    }
    exams
}
