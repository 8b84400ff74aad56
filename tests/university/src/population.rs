//! The neutral population: people, their careers and what happened in them, in no legacy system's terms.

use std::collections::{HashMap, HashSet};
use std::fmt;

use time::{Date, Month};

use crate::careers::Builder;
use crate::kinds::Kind;
use crate::names::{Birthplace, COUNTRIES, FAMILIES, FOREIGN_FAMILIES, MARKED_FAMILIES, TOWNS, given_names};
use crate::rng::Rng;
use crate::tax_code::{Sex, TaxCode};

/// How many tax codes a population lists that it does not know.
pub const UNKNOWN: usize = 12;

/// A person.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Person {
    /// Family name.
    pub family: &'static str,
    /// Given name.
    pub given: &'static str,
    /// Sex.
    pub sex: Sex,
    /// Date of birth.
    pub born: Date,
    /// Place of birth.
    pub birthplace: Birthplace,
    /// Tax code.
    pub tax_code: TaxCode,
    /// How many of the tax code's digits omocodia replaced.
    pub omocodia: usize,
}

/// Never the person: debug output ends in logs.
impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(…)")
    }
}

/// The degree class that an enrolment names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedClass {
    /// None.
    Blank,
    /// One of [`crate::classes::CLASSES`], by position.
    Known(usize),
    /// A text that is no class.
    Unheard,
}

/// What an enrolment's status is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Enrolled.
    Active,
    /// Cancelled.
    Cancelled,
    /// Suspended.
    Suspended,
    /// A code that the university uses and nobody translated.
    Other,
    /// None recorded.
    Missing,
}

/// The enrolment of one academic year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enrolment {
    /// Row number; equal only in rows that are exactly equal.
    pub id: u32,
    /// Course, by position in the catalogue.
    pub course: usize,
    /// Cohort: the year of matriculation.
    pub cohort: u16,
    /// Site identifier.
    pub site: Option<u16>,
    /// Degree class.
    pub class: NamedClass,
    /// Academic year, by the year it starts in.
    pub year: Option<u16>,
    /// Year of course.
    pub course_year: Option<u8>,
    /// Normal duration of the course in months.
    pub months: Option<u16>,
    /// Years beyond the normal duration.
    pub beyond: u8,
    /// Whether it depends on something still to come.
    pub conditional: bool,
    /// Status.
    pub status: Status,
}

/// How a career stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CareerState {
    /// Open.
    Open,
    /// Ended by a title.
    Graduated(Title),
    /// Ended without.
    Withdrawn,
}

/// A degree awarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Title {
    /// The day on which the career was closed.
    pub closed: Option<Date>,
    /// The record of how it was awarded.
    pub record: Record,
}

/// The record of a graduation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record {
    /// None, as of careers taken over from an older system.
    Missing,
    /// One that was never brought to its end.
    Open,
    /// Done.
    Done {
        /// Day of award.
        awarded: Option<Date>,
        /// What was given for it.
        mark: FinalMark,
        /// Another record, annulled, stands before it.
        again: bool,
    },
}

/// What a degree was awarded with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinalMark {
    /// Nothing that is recorded.
    Missing,
    /// Tenths of a point, 660 to 1100.
    Tenths(u16),
    /// 110 with honours.
    Honours,
    /// No mark, but qualified.
    Qualified,
    /// No mark, but a letter.
    Letter(&'static str),
}

impl Title {
    /// Day of award: the record's, else that on which the career was closed.
    #[must_use]
    pub fn awarded(self) -> Option<Date> {
        match self.record {
            Record::Done { awarded: Some(day), .. } => Some(day),
            _ => self.closed,
        }
    }

    /// What it was awarded with, as far as a finished record says.
    #[must_use]
    pub fn mark(self) -> FinalMark {
        match self.record {
            Record::Done { mark, .. } => mark,
            Record::Missing | Record::Open => FinalMark::Missing,
        }
    }
}

/// What is in a career's transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Book {
    /// What comes with the years.
    Usual,
    /// Nothing.
    Empty,
    /// One activity of each kind that is hard to tell.
    Awkward,
    /// More activities than an answer may have.
    Endless,
}

/// One course of study of one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Career {
    /// Legacy number of the career.
    pub stu_id: u32,
    /// Course, by position in the catalogue.
    pub course: usize,
    /// Cohort: the year whose plan of studies it follows.
    pub cohort: u16,
    /// The academic year in which it began.
    pub begun: Option<u16>,
    /// The academic year of the first matriculation at any university.
    pub first: u16,
    /// How it stands.
    pub state: CareerState,
    /// What its transcript holds.
    pub book: Book,
    /// Yearly enrolments, oldest first.
    pub years: Vec<Enrolment>,
}

impl Career {
    /// The last enrolment: of the greatest academic year. Rows of that year that differ in course, cohort, site or class
    /// do not occur.
    #[must_use]
    pub fn last(&self) -> Option<&Enrolment> {
        self.years.iter().max_by_key(|row| row.year)
    }
}

/// A person the university knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Student {
    /// What this student is there to show.
    pub kind: Kind,
    /// Legacy number of the person.
    pub person_id: u32,
    /// The person.
    pub person: Person,
    /// Whether the university has recorded the person's sex.
    pub sex_recorded: bool,
    /// The person's careers, by [`Career::stu_id`].
    pub careers: Vec<Career>,
}

impl Student {
    /// The 16 characters of the tax code.
    #[must_use]
    pub fn tax_code(&self) -> &str {
        self.person.tax_code.as_str()
    }

    /// What is special about the student, in a sentence or more; nothing for an ordinary one.
    #[must_use]
    pub fn special(&self) -> Option<String> {
        let mut parts: Vec<&str> = self.kind.sentence().into_iter().collect();
        let person = &self.person;
        let traits = [
            (Kind::BornAbroad, person.birthplace.town.is_none()),
            (Kind::Omocodia, person.omocodia > 0),
            (Kind::MarkedName, [person.family, person.given].iter().any(|name| is_marked(name))),
        ];
        for (kind, holds) in traits {
            if holds && self.kind != kind {
                parts.extend(kind.sentence());
            }
        }
        (!parts.is_empty()).then(|| parts.join(" "))
    }
}

fn is_marked(name: &str) -> bool {
    name.contains('\'') || !name.is_ascii()
}

/// Everybody the university knows, and a few tax codes it does not.
#[derive(PartialEq, Eq)]
pub struct Population {
    seed: u64,
    today: Date,
    students: Vec<Student>,
    unknown: Vec<String>,
    by_tax_code: HashMap<TaxCode, usize>,
    /// Student and position of each career, by number less [`FIRST_CAREER`].
    by_stu_id: Vec<(u32, u16)>,
}

/// How it was made, not who is in it.
impl fmt::Debug for Population {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Population")
            .field("seed", &self.seed)
            .field("students", &self.students.len())
            .field("today", &self.today)
            .finish_non_exhaustive()
    }
}

/// Where the students of [`Kind::RARE`] stand.
pub const FIRST_RARE: usize = 500;

/// Number of the first career.
pub const FIRST_CAREER: u32 = 100_001;

/// Number of the first person.
pub const FIRST_PERSON: u32 = 50_001;

impl Population {
    /// Makes `students` people (held between 10 and 200,000) from a seed. The same arguments give the same population
    /// on every machine. `today` decides which academic year is the current one.
    #[must_use]
    pub fn generate(seed: u64, students: usize, today: Date) -> Self {
        let count = students.clamp(10, 200_000);
        let mut people = People { taken: HashSet::with_capacity(count + UNKNOWN) };
        let mut builder = Builder::new(today);
        let mut made: Vec<Student> = Vec::with_capacity(count);
        for index in 0..count {
            let mut rng = Rng::new(seed, index as u64);
            let kind = kind_at(index, &mut rng);
            let person = people.make(kind, index, &mut rng, builder.current());
            let careers = builder.careers(kind, person.born, &mut rng);
            let sex_recorded = kind != Kind::SexUnknown;
            made.push(Student { kind, person_id: FIRST_PERSON + index as u32, person, sex_recorded, careers });
        }
        let unknown = (0..UNKNOWN)
            .map(|index| {
                let mut rng = Rng::new(seed, u64::MAX - index as u64);
                people.make(Kind::Ordinary, index, &mut rng, builder.current()).tax_code.as_str().to_owned()
            })
            .collect();
        let by_tax_code = made.iter().enumerate().map(|(index, student)| (student.person.tax_code, index)).collect();
        let by_stu_id = made
            .iter()
            .zip(0..)
            .flat_map(|(student, index)| (0..).zip(&student.careers).map(move |(place, _)| (index, place)))
            .collect();
        Self { seed, today, students: made, unknown, by_tax_code, by_stu_id }
    }

    /// The seed it was made from.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The day it was made for.
    #[must_use]
    pub fn today(&self) -> Date {
        self.today
    }

    /// All students; one of each kind first, as far as the size allows.
    #[must_use]
    pub fn students(&self) -> &[Student] {
        &self.students
    }

    /// The first student of a kind.
    #[must_use]
    pub fn first(&self, kind: Kind) -> Option<&Student> {
        self.students.iter().find(|student| student.kind == kind)
    }

    /// The student with a tax code.
    #[must_use]
    pub fn by_tax_code(&self, tax_code: &str) -> Option<&Student> {
        let code = TaxCode::from_text(tax_code)?;
        self.students.get(*self.by_tax_code.get(&code)?)
    }

    /// The student with a legacy number.
    #[must_use]
    pub fn by_person_id(&self, person_id: u32) -> Option<&Student> {
        self.students.get(person_id.checked_sub(FIRST_PERSON)? as usize)
    }

    /// The career with a number, and whose it is.
    #[must_use]
    pub fn by_stu_id(&self, stu_id: u32) -> Option<(&Student, &Career)> {
        let (student, place) = self.by_stu_id.get(stu_id.checked_sub(FIRST_CAREER)? as usize)?;
        let student = self.students.get(*student as usize)?;
        Some((student, student.careers.get(usize::from(*place))?))
    }

    /// Valid tax codes of people the university does not know.
    #[must_use]
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }
}

/// One student of each kind, then four ordinary ones to each special one; from [`FIRST_RARE`] on one of each rare kind.
fn kind_at(index: usize, rng: &mut Rng) -> Kind {
    let rare = || Kind::RARE.get(index.checked_sub(FIRST_RARE)?);
    if let Some(kind) = Kind::ALL.get(index).or_else(rare) {
        return *kind;
    }
    if rng.percent(80) {
        return Kind::Ordinary;
    }
    let kind = *rng.pick(&Kind::ALL);
    if kind.is_single() { Kind::Ordinary } else { kind }
}

/// Makes people whose tax codes differ.
struct People {
    taken: HashSet<TaxCode>,
}

impl People {
    fn make(&mut self, kind: Kind, index: usize, rng: &mut Rng, current: u16) -> Person {
        // Small populations show the traits too: they go with other kinds among the first ten.
        let small = index < 10;
        let abroad = kind == Kind::BornAbroad || (small && index == 3) || rng.percent(6);
        let marked = kind == Kind::MarkedName || (small && index == 4) || rng.percent(6);
        let forced = kind == Kind::Omocodia || (small && index == 6) || rng.percent(1);
        let sex = if rng.percent(55) { Sex::Female } else { Sex::Male };
        let names = given_names(sex);
        let given = if marked {
            // The marked names stand among the others; look on from a random place.
            let start = rng.below(names.len() as u32) as usize;
            (0..names.len()).map(|step| names[(start + step) % names.len()]).find(|name| is_marked(name))
        } else {
            None
        };
        let given = given.unwrap_or_else(|| *rng.pick::<&str>(names));
        let family = match (abroad, marked) {
            (true, _) => rng.pick(FOREIGN_FAMILIES),
            (_, true) => rng.pick(MARKED_FAMILIES),
            _ => rng.pick(FAMILIES),
        };
        let birthplace = *rng.pick(if abroad { COUNTRIES } else { TOWNS });
        // Only an ordinary student may be a freshman; the other kinds need years behind them.
        let youngest = match kind {
            Kind::Ordinary => 19,
            _ if kind.is_old_system() => 54,
            _ => 29,
        };
        let age = youngest + rng.below(9) + if rng.percent(15) { rng.below(30) } else { 0 };
        let born = birthday(current.saturating_sub(age as u16), rng);
        let mut omocodia = if forced { 1 + rng.below(7) as usize } else { 0 };
        let mut day = born;
        loop {
            let tax_code = TaxCode::compute(family, given, sex, day, birthplace.cadastral, omocodia);
            if self.taken.insert(tax_code) {
                return Person { family, given, sex, born: day, birthplace, tax_code, omocodia };
            }
            // Equal codes are what omocodia is for; when its forms are used up, another day.
            if omocodia < 7 {
                omocodia += 1;
            } else {
                omocodia = 0;
                day = day.next_day().unwrap_or(born);
            }
        }
    }
}

fn birthday(year: u16, rng: &mut Rng) -> Date {
    let first = Date::from_calendar_date(i32::from(year), Month::January, 1).unwrap_or(Date::MIN);
    let days = if time::util::is_leap_year(i32::from(year)) { 366 } else { 365 };
    first.checked_add(time::Duration::days(i64::from(rng.below(days)))).unwrap_or(first)
}
