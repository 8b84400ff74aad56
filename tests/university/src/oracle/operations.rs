//! What can be asked, and what answers: one row for an operation of an institute.

use serde_json::{Map, Value, json};
use time::Date;

use super::fired::Step as _;
use super::{
    Expected, Fired, admissions, bands, completions, conservatory, counts, course, courses, enrolled, levels, mobility,
    qualifications, supplement, transcript,
};
use crate::{ISEE_LEAST, Population, Student, academic_year_of, afam, catalogue};

/// Whose answers they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Institute {
    /// The university.
    University,
    /// The conservatory that some of the same people attend.
    Conservatory,
}

/// What a request asks about: the members of its body that decide the answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// A person.
    pub tax_code: Option<String>,
    /// An academic year, by the year it starts in.
    pub academic_year: Option<u16>,
    /// A course.
    pub degree_course_code: Option<String>,
}

impl Question {
    /// About a person.
    #[must_use]
    pub fn person(tax_code: &str) -> Self {
        Self { tax_code: Some(tax_code.to_owned()), ..Self::default() }
    }

    /// About an academic year.
    #[must_use]
    pub fn year(year: u16) -> Self {
        Self { academic_year: Some(year), ..Self::default() }
    }

    /// About a course.
    #[must_use]
    pub fn course(code: String) -> Self {
        Self { degree_course_code: Some(code), ..Self::default() }
    }

    /// The body of the request.
    #[must_use]
    pub fn body(&self) -> Value {
        Value::Object(self.members())
    }

    /// The members of the body.
    #[must_use]
    pub fn members(&self) -> Map<String, Value> {
        let year = self.academic_year.map(|year| json!(format!("{year:04}/{:04}", year + 1)));
        let members = [
            ("tax_code", self.tax_code.as_ref().map(|code| json!(code))),
            ("academic_year", year),
            ("degree_course_code", self.degree_course_code.as_ref().map(|code| json!(code))),
        ];
        members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}

/// An operation of an institute.
pub struct Operation {
    /// `IFS02.1`.
    pub name: &'static str,
    /// The last segment of its path.
    pub path: &'static str,
    names: &'static [&'static str],
    asks: fn(&Population, Date) -> Vec<Question>,
    answer: Answer,
}

/// What makes an answer, by what it is about.
enum Answer {
    Person(fn(&Population, &str, Date, &mut Fired) -> Expected),
    Year(fn(&Population, u16, &mut Fired) -> Expected),
    Course(fn(&str, &mut Fired) -> Expected),
    /// A year, and a course if one is named.
    Courses(fn(&Population, u16, Option<&str>, &mut Fired) -> Expected),
}

/// An operation about a person.
const fn person(
    name: &'static str,
    path: &'static str,
    names: &'static [&'static str],
    answer: fn(&Population, &str, Date, &mut Fired) -> Expected,
) -> Operation {
    Operation { name, path, names, asks: people, answer: Answer::Person(answer) }
}

impl Operation {
    /// All that there is to ask it about a population.
    #[must_use]
    pub fn questions(&self, population: &Population, today: Date) -> Vec<Question> {
        (self.asks)(population, today)
    }

    /// What it must answer on a day (in Rome); nothing where the question lacks what it is about.
    #[must_use]
    pub fn expected(&self, population: &Population, question: &Question, today: Date) -> Option<Expected> {
        self.count(population, question, today, &mut Fired::named(self.names))
    }

    /// Asks all that there is to ask, and counts.
    #[must_use]
    pub fn fired(&self, population: &Population, today: Date) -> Fired {
        let mut fired = Fired::named(self.names);
        for question in self.questions(population, today) {
            self.count(population, &question, today, &mut fired);
        }
        fired
    }

    fn count(&self, population: &Population, question: &Question, today: Date, fired: &mut Fired) -> Option<Expected> {
        Some(match self.answer {
            Answer::Person(answer) => answer(population, question.tax_code.as_deref()?, today, fired),
            Answer::Year(answer) => answer(population, question.academic_year?, fired),
            Answer::Course(answer) => answer(question.degree_course_code.as_deref()?, fired),
            Answer::Courses(answer) => {
                answer(population, question.academic_year?, question.degree_course_code.as_deref(), fired)
            }
        })
    }
}

impl Institute {
    /// Its operations, in the contract's order.
    #[must_use]
    pub fn operations(self) -> &'static [Operation] {
        match self {
            Self::University => UNIVERSITY,
            Self::Conservatory => CONSERVATORY,
        }
    }

    /// An operation by its name.
    #[must_use]
    pub fn operation(self, name: &str) -> Option<&'static Operation> {
        self.operations().iter().find(|operation| operation.name == name)
    }

    /// An operation by the last segment of its path.
    #[must_use]
    pub fn at(self, path: &str) -> Option<&'static Operation> {
        self.operations().iter().find(|operation| operation.path == path)
    }
}

const TRANSCRIPT: &str = "proof-tertiary-education-courses";
const ENROLLED: &str = "proof-tertiary-education-enrollments";
const ADMISSIONS: &str = "proof-tertiary-education-admission";

const COMPLETIONS: &str = "proof-tertiary-education-qualifications";
const LEVELS: &str = "proof-tertiary-education-qualifications-level";
const SUPPLEMENTS: &str = "proof-tertiary-education-qualifications-diploma-supplement";

static UNIVERSITY: &[Operation] = &[
    Operation {
        name: "IFS01.1",
        path: "educational-offering-list",
        names: courses::Step::NAMES,
        asks: |_, _| around(catalogue::COHORTS),
        answer: Answer::Year(|_, year, fired| Expected::Answer(courses::count(year, fired))),
    },
    Operation {
        name: "IFS01.2",
        path: "educational-offering-detail",
        names: course::Step::NAMES,
        asks: |_, today| course::codes(academic_year_of(today)).into_iter().map(Question::course).collect(),
        answer: Answer::Course(course::university),
    },
    person("IFS02.1", "academic-enrollments", super::Step::NAMES, super::count_ifs02_1),
    person("IFS02.2", ENROLLED, enrolled::Step::NAMES, enrolled::university),
    person("IFS02.3", TRANSCRIPT, transcript::Step::NAMES, transcript::count),
    person("IFS02.4", ADMISSIONS, admissions::Step::NAMES, admissions::university),
    person("IFS02.5", "proof-mobility-periods", mobility::Step::NAMES, mobility::university),
    person("IFS03.1", "academic-qualifications", qualifications::Step::NAMES, qualifications::university),
    person("IFS03.2", COMPLETIONS, completions::Step::NAMES, completions::university),
    person("IFS03.3", LEVELS, levels::Step::NAMES, levels::university),
    person("IFS03.4", SUPPLEMENTS, supplement::Step::NAMES, supplement::university),
    Operation {
        name: "IFS08.1",
        path: "count-academic-enrollments-by-isee-ranges",
        names: bands::Step::NAMES,
        asks: |population, _| bands::years(population).into_iter().map(Question::year).collect(),
        answer: Answer::Year(|population, year, fired| bands::university(population, year, Some(ISEE_LEAST), fired)),
    },
    Operation {
        name: "IFS09.1",
        path: "count-academic-enrollments-by-degree-courses",
        names: counts::Step::NAMES,
        asks: counted,
        answer: Answer::Courses(counts::university),
    },
];

static CONSERVATORY: &[Operation] = &[
    Operation {
        name: "IFS01.1",
        path: "educational-offering-list",
        names: courses::Step::NAMES,
        asks: |_, _| around(afam::catalogue::COHORTS),
        answer: Answer::Year(|_, year, fired| Expected::Answer(conservatory::offer(year, fired))),
    },
    Operation {
        name: "IFS01.2",
        path: "educational-offering-detail",
        names: course::Step::NAMES,
        asks: |_, today| conservatory::codes(academic_year_of(today)).into_iter().map(Question::course).collect(),
        answer: Answer::Course(conservatory::detail),
    },
    person("IFS02.1", "academic-enrollments", super::Step::NAMES, conservatory::count),
    person("IFS02.2", ENROLLED, enrolled::Step::NAMES, conservatory::enrolled),
    person("IFS02.3", TRANSCRIPT, transcript::Step::NAMES, conservatory::transcript),
    person("IFS02.4", ADMISSIONS, admissions::Step::NAMES, conservatory::admissions),
    person("IFS03.1", "academic-qualifications", qualifications::Step::NAMES, conservatory::qualifications),
    person("IFS03.2", COMPLETIONS, completions::Step::NAMES, conservatory::completions),
    person("IFS03.3", LEVELS, levels::Step::NAMES, conservatory::levels),
    person("IFS03.4", SUPPLEMENTS, supplement::Step::NAMES, conservatory::supplements),
];

/// Each academic year by itself, and with some courses.
fn counted(population: &Population, _: Date) -> Vec<Question> {
    let of = |year: u16| {
        let codes = counts::codes(population, year).into_iter();
        let with =
            codes.map(move |code| Question { degree_course_code: Some(code.to_owned()), ..Question::year(year) });
        std::iter::once(Question::year(year)).chain(with)
    };
    bands::years(population).into_iter().flat_map(of).collect()
}

/// Everybody, and people whom nobody knows.
fn people(population: &Population, _: Date) -> Vec<Question> {
    let known = population.students().iter().map(Student::tax_code);
    known.chain(population.unknown().iter().map(String::as_str)).map(Question::person).collect()
}

/// Years, the one before them and the one after.
fn around(years: std::ops::RangeInclusive<u16>) -> Vec<Question> {
    (years.start().saturating_sub(1)..=years.end().saturating_add(1)).map(Question::year).collect()
}
