//! The degrees of a person, as the rules of IFS03 look at them.

use time::Date;

use super::admissions::Study;
use super::proofs::Degree;
use crate::catalogue::Catalogue;
use crate::exams::{Exam, Outcome, exams};
use crate::population::{Career, CareerState, FinalMark, Population, Student};

/// Which system a degree belongs to, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum System {
    Old,
    New,
}

/// A degree of this institute.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) degree: Degree,
    pub(super) name: Option<String>,
    pub(super) awarded: Option<Date>,
    pub(super) mark: Mark,
    pub(super) months: Option<u16>,
    pub(super) credits: Option<u16>,
    pub(super) system: Option<System>,
    /// The institute that manages a joint degree, where somebody says which.
    pub(super) led_by: Option<&'static str>,
    pub(super) profession: Option<&'static str>,
    /// What was passed or recognised for it, in the plan, not in excess.
    pub(super) passed: Vec<Exam>,
}

/// What a degree was awarded with: at most a number and its scale, or a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) value: Option<String>,
    /// A letter, which not every answer may carry.
    pub(super) letter: bool,
    pub(super) scale: Option<(u16, u16)>,
}

impl Mark {
    /// `88`, `104.5`, `110L`, a word, a letter or nothing; a scale only beside a number.
    pub(super) fn of(mark: FinalMark, least: u16, most: u16) -> Self {
        let scale = Some((least, most));
        match mark {
            FinalMark::Missing => Self { value: None, letter: false, scale: None },
            FinalMark::Qualified => Self { value: Some("QUALIFIED".to_owned()), letter: false, scale: None },
            FinalMark::Letter(letter) => Self { value: Some(letter.to_owned()), letter: true, scale: None },
            FinalMark::Honours => Self { value: Some(format!("{most}L")), letter: false, scale },
            FinalMark::Tenths(tenths) => {
                let (whole, rest) = (tenths / 10, tenths % 10);
                let value = if rest == 0 { whole.to_string() } else { format!("{whole}.{rest}") };
                Self { value: Some(value), letter: false, scale }
            }
        }
    }

    /// The value where a letter is none (T-28).
    pub(super) fn without_letters(&self) -> Option<&str> {
        self.value.as_deref().filter(|_| !self.letter)
    }
}

/// The degrees that the university awarded a person.
pub(super) fn of_student(population: &Population, student: &Student) -> Vec<Held> {
    student.careers.iter().filter_map(|career| of_career(population, career)).collect()
}

/// A career that was closed with a degree is one, with or without a record of the graduation.
fn of_career(population: &Population, career: &Career) -> Option<Held> {
    let CareerState::Graduated(title) = career.state else { return None };
    let own = &Catalogue::get().courses[career.course];
    let study = Study::of(career);
    let mut degree = study.degree;
    // The Ministry does not list what was before the reform: type and code are the institute's.
    if let Some(old) = own.old {
        degree.programme_type = degree.programme_type.or(old.programme_type);
        degree.code = degree.code.or(old.code);
    }
    Some(Held {
        name: degree.name.clone(),
        degree,
        awarded: title.awarded(),
        mark: Mark::of(title.mark(), 66, 110),
        months: study.months,
        credits: study.credits,
        system: match own.norm {
            "ANTE" => Some(System::Old),
            "DM270" | "DM509" => Some(System::New),
            _ => None,
        },
        led_by: own.joint.flatten(),
        profession: own.profession,
        passed: passed(&exams(population.seed(), career, population.today())),
    })
}

/// The activities that count, however long ago.
fn passed(exams: &[Exam]) -> Vec<Exam> {
    exams.iter().filter(|exam| super::transcript::counts(exam, &mut super::transcript::tally())).cloned().collect()
}

/// Whether a joint degree is another institute's to send (03.1-S3); one of which nobody says whose it is, is ours.
pub(super) fn is_theirs(held: &Held, institute: &str) -> bool {
    held.led_by.is_some_and(|lead| lead != institute)
}

/// Credits of all that was passed; a part of a credit, none, or more than 999 are no value (T-23).
pub(super) fn total(held: &Held) -> (u32, Option<u32>) {
    let tenths: u32 = held.passed.iter().map(|exam| u32::from(exam.tenths)).sum();
    (tenths, Some(tenths / 10).filter(|whole| tenths.is_multiple_of(10) && (1..=999).contains(whole)))
}

/// Whole credits of an activity.
pub(super) fn credits(exam: &Exam) -> Option<u16> {
    Some(exam.tenths / 10).filter(|whole| exam.tenths.is_multiple_of(10) && (1..=999).contains(whole))
}

/// Whether an activity has a mark, and so a scale.
pub(super) fn is_marked(exam: &Exam) -> bool {
    matches!(exam.outcome, Outcome::Mark(..))
}

/// An activity to begin with in tests.
#[cfg(test)]
pub(super) fn activity(id: u32) -> Exam {
    use crate::exams::{Recognition, Standing};
    Exam {
        id,
        code: "A1".to_owned(),
        name: "Geometria",
        tenths: 60,
        year: Some(2024),
        semester: Some(1),
        course_year: 1,
        passed_on: Date::from_calendar_date(2025, time::Month::February, 10).ok(),
        passed_in: Some(2024),
        standing: Standing::Passed,
        recognition: Recognition::Not,
        outcome: Outcome::Mark(27, false),
        supernumerary: false,
        in_plan: true,
        parts: Vec::new(),
    }
}

/// A degree to begin with in tests, valued in every member.
#[cfg(test)]
pub(super) fn held() -> Held {
    Held {
        degree: Degree {
            programme_type: Some("MT"),
            code: Some("1573960"),
            name: Some("Fisica".to_owned()),
            class: crate::classes::CLASSES.iter().find(|class| class.class == "L-30"),
        },
        name: Some("Fisica".to_owned()),
        awarded: Date::from_calendar_date(2022, time::Month::July, 1).ok(),
        mark: Mark::of(FinalMark::Tenths(1100), 66, 110),
        months: Some(36),
        credits: Some(180),
        system: Some(System::New),
        led_by: None,
        profession: None,
        passed: Vec::new(),
    }
}
