//! What can be asked, and what answers: one row for an operation of an institute.

use serde_json::{Map, Value, json};
use time::Date;

use super::fired::Step as _;
use super::{Expected, Fired, admissions, conservatory, courses, enrolled, transcript};
use crate::{Population, Student, afam, catalogue};

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
    asks: fn(&Population, Date) -> Vec<Question>,
    names: &'static [&'static str],
    answer: fn(&Population, &Question, Date, &mut Fired) -> Option<Expected>,
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
        (self.answer)(population, question, today, &mut Fired::named(self.names))
    }

    /// Asks all that there is to ask, and counts.
    #[must_use]
    pub fn fired(&self, population: &Population, today: Date) -> Fired {
        let mut fired = Fired::named(self.names);
        for question in self.questions(population, today) {
            (self.answer)(population, &question, today, &mut fired);
        }
        fired
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

static UNIVERSITY: &[Operation] = &[
    Operation {
        name: "IFS01.1",
        path: "educational-offering-list",
        asks: |_, _| around(catalogue::COHORTS),
        names: courses::Step::NAMES,
        answer: |_, question, _, fired| Some(Expected::Answer(courses::count(question.academic_year?, fired))),
    },
    Operation {
        name: "IFS02.1",
        path: "academic-enrollments",
        asks: people,
        names: super::Step::NAMES,
        answer: |p, question, today, fired| Some(super::count_ifs02_1(p, question.tax_code.as_deref()?, today, fired)),
    },
    Operation {
        name: "IFS02.2",
        path: "proof-tertiary-education-enrollments",
        asks: people,
        names: enrolled::Step::NAMES,
        answer: |p, question, today, fired| Some(enrolled::university(p, question.tax_code.as_deref()?, today, fired)),
    },
    Operation {
        name: "IFS02.3",
        path: "proof-tertiary-education-courses",
        asks: people,
        names: transcript::Step::NAMES,
        answer: |p, question, today, fired| Some(transcript::count(p, question.tax_code.as_deref()?, today, fired)),
    },
    Operation {
        name: "IFS02.4",
        path: "proof-tertiary-education-admission",
        asks: people,
        names: admissions::Step::NAMES,
        answer: |p, question, today, fired| {
            Some(admissions::university(p, question.tax_code.as_deref()?, today, fired))
        },
    },
];

static CONSERVATORY: &[Operation] = &[
    Operation {
        name: "IFS01.1",
        path: "educational-offering-list",
        asks: |_, _| around(afam::catalogue::COHORTS),
        names: courses::Step::NAMES,
        answer: |_, question, _, fired| Some(Expected::Answer(conservatory::offer(question.academic_year?, fired))),
    },
    Operation {
        name: "IFS02.1",
        path: "academic-enrollments",
        asks: people,
        names: super::Step::NAMES,
        answer: |p, question, today, fired| Some(conservatory::count(p, question.tax_code.as_deref()?, today, fired)),
    },
    Operation {
        name: "IFS02.2",
        path: "proof-tertiary-education-enrollments",
        asks: people,
        names: enrolled::Step::NAMES,
        answer: |p, question, today, fired| {
            Some(conservatory::enrolled(p, question.tax_code.as_deref()?, today, fired))
        },
    },
    Operation {
        name: "IFS02.4",
        path: "proof-tertiary-education-admission",
        asks: people,
        names: admissions::Step::NAMES,
        answer: |p, question, today, fired| {
            Some(conservatory::admissions(p, question.tax_code.as_deref()?, today, fired))
        },
    },
];

/// Everybody, and people whom nobody knows.
fn people(population: &Population, _: Date) -> Vec<Question> {
    let known = population.students().iter().map(Student::tax_code);
    known.chain(population.unknown().iter().map(String::as_str)).map(Question::person).collect()
}

/// Years, the one before them and the one after.
fn around(years: std::ops::RangeInclusive<u16>) -> Vec<Question> {
    (years.start().saturating_sub(1)..=years.end().saturating_add(1)).map(Question::year).collect()
}
