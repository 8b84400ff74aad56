//! Examinations of a career. They follow from the seed and the career, so they are made when asked for.

use time::{Date, Month};

use crate::academic_year_of;
use crate::catalogue::{Catalogue, course};
use crate::population::{Book, Career, CareerState};
use crate::rng::{Rng, mix};

/// What a passed examination gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A mark of 18 to 30, 30 perhaps with honours.
    Mark(u8, bool),
    /// A judgement.
    Judged(Judgement),
    /// Neither.
    Nothing,
}

/// A judgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// Qualified.
    Qualified,
    /// Approved.
    Approved,
    /// A word of praise that the contract has no form for.
    Good,
    /// A letter.
    Letter(&'static str),
}

/// How far an activity has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// In the plan, no more.
    Planned,
    /// Attended, not passed.
    Attended,
    /// Passed.
    Passed,
}

/// What was recognised of an activity done elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recognition {
    /// Nothing.
    Not,
    /// That it was attended: the examination is still to come.
    Attendance,
    /// All of it.
    Credits,
}

/// One activity of a transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exam {
    /// Number, unique in the university.
    pub id: u32,
    /// The teaching's code.
    pub code: String,
    /// The teaching's name.
    pub name: &'static str,
    /// Tenths of a credit.
    pub tenths: u16,
    /// Academic year of attendance.
    pub year: Option<u16>,
    /// Semester of attendance, 1 or 2; 0 for a teaching of the whole year.
    pub semester: Option<u8>,
    /// Year of course it belongs to.
    pub course_year: u8,
    /// Day it was passed.
    pub passed_on: Option<Date>,
    /// Academic year it was passed or recognised in, where it is recorded beside the day or without one.
    pub passed_in: Option<u16>,
    /// How far it has come.
    pub standing: Standing,
    /// What was recognised.
    pub recognition: Recognition,
    /// What it gave.
    pub outcome: Outcome,
    /// Beyond the approved plan, on top of it.
    pub supernumerary: bool,
    /// Whether the approved plan has it.
    pub in_plan: bool,
    /// Tenths of a credit of the parts that are examined together; none for an examination that stands alone.
    pub parts: Vec<u16>,
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

/// The activities of a career, oldest first: up to five for each year enrolled, and now and then one recorded twice.
#[must_use]
pub fn exams(seed: u64, career: &Career, today: Date) -> Vec<Exam> {
    match career.book {
        Book::Usual => {}
        Book::Empty => return Vec::new(),
        Book::Awkward => return awkward(career, today),
        Book::Endless => return endless(career, today),
    }
    let mut rng = Rng::new(mix(seed), u64::from(career.stu_id));
    let course = &Catalogue::get().courses[career.course];
    let mut years: Vec<u16> = career.years.iter().filter_map(|row| row.year).collect();
    years.dedup();
    let mut exams: Vec<Exam> = Vec::new();
    // Parts have numbers of their own behind their examination's.
    let mut next = career.stu_id * 1000;
    for (year, nth) in years.into_iter().zip(0_u8..) {
        let single = course::SINGLE_EXAMS.contains(&career.course);
        // A container for single examinations holds one, however long it stays open.
        let count = if single { u32::from(nth == 0) } else { 3 + rng.below(3) };
        for place in 0..count {
            let subject = (course.index * 5 + exams.len()) % SUBJECTS.len();
            let mut exam = regular(next, year, &mut rng);
            exam.code = format!("{:03}{}", 1 + subject, course.code);
            exam.name = SUBJECTS[subject];
            exam.course_year = (nth + 1).min(course.duration);
            end(&mut exam, year, career, today, &mut rng);
            next += 1 + exam.parts.len() as u32;
            // Recorded a second time under another number.
            let again = (rng.below(60) == 0 && place > 0).then(|| Exam { id: next, ..exam.clone() });
            exams.push(exam);
            if let Some(again) = again {
                next += 1 + again.parts.len() as u32;
                exams.push(again);
            }
        }
    }
    exams
}

/// An activity of 6 credits passed with 27 in the year before the current one, in the first year of a course.
fn passed(career: &Career, today: Date, place: u32) -> Exam {
    let year = academic_year_of(today).saturating_sub(1);
    Exam {
        id: career.stu_id * 1000 + place,
        code: format!("{place:03}{}", Catalogue::get().courses[career.course].code),
        name: "Laboratorio",
        tenths: 60,
        year: Some(year),
        semester: Some(1),
        course_year: 1,
        passed_on: Date::from_calendar_date(i32::from(year) + 1, Month::February, 3).ok(),
        passed_in: Some(year),
        standing: Standing::Passed,
        recognition: Recognition::Not,
        outcome: Outcome::Mark(27, false),
        supernumerary: false,
        in_plan: true,
        parts: Vec::new(),
    }
}

/// What is hard to tell: two alike but for their number, one without name, a letter for a mark, no credits, half
/// credits, halves that make a whole.
fn awkward(career: &Career, today: Date) -> Vec<Exam> {
    let of = |place: u32| passed(career, today, place);
    vec![
        of(0),
        of(1),
        Exam { name: "", ..of(2) },
        Exam { name: "Seminario", outcome: Outcome::Judged(Judgement::Letter("B")), ..of(3) },
        Exam { name: "Prova di lingua", tenths: 0, outcome: Outcome::Judged(Judgement::Qualified), ..of(4) },
        Exam { name: "Tirocinio", tenths: 45, outcome: Outcome::Nothing, ..of(5) },
        Exam { name: "Geometria e algebra", tenths: 90, parts: vec![45, 45], ..of(6) },
        Exam { name: "Chimica", tenths: 60, parts: vec![15, 45], ..of(9) },
        Exam { name: "Zoologia", supernumerary: true, ..of(12) },
        Exam { name: "Botanica", in_plan: false, ..of(13) },
        Exam { name: "Ecologia", standing: Standing::Attended, outcome: Outcome::Nothing, ..of(14) },
    ]
}

/// One more than an answer may list.
fn endless(career: &Career, today: Date) -> Vec<Exam> {
    (0..257).map(|place| passed(career, today, place)).collect()
}

/// An activity of an academic year, nothing of it done.
fn regular(id: u32, year: u16, rng: &mut Rng) -> Exam {
    let tenths = match rng.below(30) {
        0 => 0,
        1 => 45,
        _ => *rng.pick(&[30, 60, 90, 120]),
    };
    let parts: Vec<u16> = match rng.below(14) {
        0 => rng.pick(&[[45, 45], [30, 60], [60, 60]]).to_vec(),
        _ => Vec::new(),
    };
    Exam {
        id,
        code: String::new(),
        name: "",
        tenths: if parts.is_empty() { tenths } else { parts.iter().sum() },
        year: Some(year),
        semester: (!rng.percent(6)).then(|| 1 + rng.below(2) as u8),
        course_year: 1,
        passed_on: None,
        passed_in: None,
        standing: Standing::Planned,
        recognition: Recognition::Not,
        outcome: Outcome::Nothing,
        supernumerary: rng.percent(3),
        in_plan: !rng.percent(3),
        parts,
    }
}

/// How the activity ended, if it did.
fn end(exam: &mut Exam, year: u16, career: &Career, today: Date, rng: &mut Rng) {
    let month = *rng.pick(&[Month::January, Month::February, Month::June, Month::July, Month::September]);
    // Some are passed a year after they were attended.
    let later = 1 + i32::from(rng.percent(15));
    let day = Date::from_calendar_date(i32::from(year) + later, month, 1 + rng.below(28) as u8).unwrap_or(Date::MIN);
    let mark = 18 + rng.below(13) as u8;
    let honours = mark == 30 && rng.percent(40);
    let case = rng.below(40);
    let passed = day <= today && (rng.percent(80) || matches!(career.state, CareerState::Graduated(_)));
    if !passed {
        exam.standing = if case.is_multiple_of(2) { Standing::Attended } else { Standing::Planned };
        exam.recognition = if case < 8 { Recognition::Attendance } else { Recognition::Not };
        return;
    }
    exam.standing = Standing::Passed;
    exam.passed_on = Some(day);
    exam.passed_in = Some(academic_year_of(day));
    exam.outcome = match case {
        0 => Outcome::Judged(Judgement::Qualified),
        1 => Outcome::Judged(Judgement::Approved),
        2 => Outcome::Judged(Judgement::Good),
        3..=7 => Outcome::Nothing,
        _ => Outcome::Mark(mark, honours),
    };
    if (3..=6).contains(&case) {
        exam.recognition = Recognition::Credits;
    }
    // Recognised by a deed: never attended here, and without a day.
    if (4..=6).contains(&case) {
        exam.standing = Standing::Planned;
        exam.passed_on = None;
        exam.year = if case == 4 { exam.year } else { None };
        exam.passed_in = match case {
            4 => exam.passed_in,
            5 => Some(academic_year_of(today) + 1),
            _ => None,
        };
    }
    // The day alone is recorded.
    if case == 8 {
        exam.passed_in = None;
    }
}
