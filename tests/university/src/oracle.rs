//! What the IFS answers must be, computed straight from the neutral population by code of its own. It never looks at a
//! legacy answer or at a table's CSV, so that it can disagree with either.

mod admissions;
mod bands;
mod completions;
pub mod conservatory;
mod counts;
mod course;
mod courses;
mod enrolled;
mod fired;
mod levels;
mod mobility;
pub mod operations;
mod proofs;
mod qualifications;
pub mod stories;
mod supplement;
mod titles;
mod transcript;
pub mod walks;

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use serde::Serialize;
use time::Date;

use crate::catalogue::{Catalogue, MinistryRow};
use crate::classes::CLASSES;
use crate::population::{Career, CareerState, Enrolment, NamedClass, Status, Student};
use crate::{INSTITUTE_CODE, Population, academic_year_of};
pub use courses::{fired as fired_ifs01_1, ifs01_1};
pub use fired::Fired;
use fired::steps;
pub use operations::{Institute, Operation, Question};
pub use transcript::{fired as fired_ifs02_3, ifs02_3};

/// The expected answer to one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// The institute does not know the student: 400 (contract rule GEN-7).
    Unknown,
    /// The institute has no such course: 400 (T-59).
    UnknownCourse,
    /// A list of the answer is longer than the contract allows, and nothing is cut: 500 (T-24).
    TooLong,
    /// 200 with exactly these canonical bytes (contract §3.4).
    Answer(Vec<u8>),
}

/// The expected answer of IFS02.1 for a tax code on a day (in Rome).
#[must_use]
pub fn ifs02_1(population: &Population, tax_code: &str, today: Date) -> Expected {
    count_ifs02_1(population, tax_code, today, &mut Fired::of::<Step>())
}

/// Runs IFS02.1 for every known student and every unknown tax code, and counts.
#[must_use]
pub fn fired(population: &Population, today: Date) -> Fired {
    let mut fired = Fired::of::<Step>();
    let known = population.students().iter().map(Student::tax_code);
    for tax_code in known.chain(population.unknown().iter().map(String::as_str)) {
        count_ifs02_1(population, tax_code, today, &mut fired);
    }
    fired
}

steps! {
    /// A decision that a rule of IFS02.1 takes. Two members have no drop of their own: `institute_code` is a constant of
    /// this university, and a row without `academic_year` is outside the window before anything is dropped.
    Step {
        Unknown: "GEN-7 unknown student",
        Empty: "GEN-7 known student, empty list",
        Several: "3.4 several items to sort",
        WindowOlder: "IFS02.1-S1 older than the window",
        WindowFuture: "IFS02.1-S1 not yet begun",
        WindowNoYear: "IFS02.1-S1 no academic year",
        Latest: "IFS02.1-S1 not the latest of its course",
        TieByBytes: "IFS02.1-S1 tie, not the least bytes",
        Duplicate: "IFS02.1-S1 exact duplicate",
        Constraint: "IFS02.1 value breaks its constraint",
        NoProgrammeType: "IFS02.1-R4 dropped, no programme_type_code",
        NoCourseCode: "IFS02.1-R4 dropped, no degree_course_code",
        NoCourseYear: "IFS02.1-R4 dropped, no degree_course_year",
        NoStatus: "IFS02.1-R4 dropped, no status",
        DroppedLast: "IFS02.1-R4 dropped, older one stays hidden",
        NoneLeft: "IFS02.1-R4 dropped, none left",
        Ended: "IFS02.1 active in a career that is closed: inactive",
        ClassNull: "IFS02.1-R3 degree_class_code null",
    }
}

/// The answer, members in the contract's order of declaration.
#[derive(Serialize)]
struct Answer<'a> {
    personal_data: PersonalData<'a>,
    enrollments: Vec<Item>,
}

/// 02.1-R1, R2: the request names the tax code, so nothing else stands here.
#[derive(Serialize)]
struct PersonalData<'a> {
    tax_code: &'a str,
}

/// One enrolment as far as it can be valued.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
struct Item {
    institute_code: Option<&'static str>,
    programme_type_code: Option<&'static str>,
    degree_course_code: Option<&'static str>,
    degree_class_code: Option<&'static str>,
    academic_year: Option<String>,
    degree_course_year: Option<u8>,
    status: Option<&'static str>,
}

fn count_ifs02_1(population: &Population, tax_code: &str, today: Date, fired: &mut Fired) -> Expected {
    let Some(student) = population.by_tax_code(tax_code) else {
        fired.add(Step::Unknown);
        return Expected::Unknown;
    };
    let rows = student.careers.iter().flat_map(|career| career.years.iter().map(move |row| (career, row)));
    let enrollments = settle(rows, academic_year_of(today), fired);
    match enrollments.len() {
        0 => fired.add(Step::Empty),
        1 => {}
        _ => fired.add(Step::Several),
    }
    Expected::Answer(bytes(&Answer { personal_data: PersonalData { tax_code }, enrollments }))
}

/// A yearly enrolment of an institute.
trait Valued {
    /// Its academic year.
    fn year(&self) -> Option<u16>;
    /// Its members, given the year. A value outside its constraint is no value.
    fn value(&self, year: u16, fired: &mut Fired) -> Item;
}

impl Valued for (&Career, &Enrolment) {
    fn year(&self) -> Option<u16> {
        self.1.year
    }

    fn value(&self, year: u16, fired: &mut Fired) -> Item {
        let item = value(self.1, year, fired);
        // A closed career has ended, whatever its rows still say.
        let ended = self.0.state != CareerState::Open && item.status == Some("active");
        if fired.when(Step::Ended, ended) { Item { status: Some("inactive"), ..item } } else { item }
    }
}

impl Valued for &Enrolment {
    fn year(&self) -> Option<u16> {
        self.year
    }

    fn value(&self, year: u16, fired: &mut Fired) -> Item {
        value(self, year, fired)
    }
}

/// Window, latest per course, drop, sort: in that order.
fn settle(rows: impl Iterator<Item = impl Valued>, current: u16, fired: &mut Fired) -> Vec<Item> {
    let mut by_course: BTreeMap<&str, Vec<(u16, Item)>> = BTreeMap::new();
    for row in rows {
        let Some(year) = row.year() else {
            fired.add(Step::WindowNoYear);
            continue;
        };
        if year > current {
            fired.add(Step::WindowFuture);
            continue;
        }
        if year < current.saturating_sub(2) {
            fired.add(Step::WindowOlder);
            continue;
        }
        let item = row.value(year, fired);
        match item.degree_course_code {
            Some(course) => by_course.entry(course).or_default().push((year, item)),
            // Without a course it is nobody's latest; it only has its own drop to come.
            None => {
                let _ = is_whole(&item, fired);
            }
        }
    }
    let mut items = Vec::new();
    let had = !by_course.is_empty();
    for rows in by_course.into_values() {
        let older_could = older_whole(&rows);
        let Some(last) = latest(rows, fired) else { continue };
        if !is_whole(&last, fired) {
            if older_could {
                fired.add(Step::DroppedLast);
            }
            continue;
        }
        if last.degree_class_code.is_none() {
            fired.add(Step::ClassNull);
        }
        items.push(last);
    }
    fired.when(Step::NoneLeft, had && items.is_empty());
    // By code alone: after "latest per course" no two items share one.
    items.sort_by(|a, b| a.degree_course_code.cmp(&b.degree_course_code));
    items
}

/// Of one course's rows the one of the greatest year, then of the least bytes.
fn latest(rows: Vec<(u16, Item)>, fired: &mut Fired) -> Option<Item> {
    let greatest = rows.iter().map(|(year, _)| *year).max()?;
    let mut best: Option<(Vec<u8>, Item)> = None;
    for (year, item) in rows {
        if year < greatest {
            fired.add(Step::Latest);
            continue;
        }
        let written = bytes(&item);
        match &mut best {
            None => best = Some((written, item)),
            Some((least, _)) if *least == written => fired.add(Step::Duplicate),
            Some((least, kept)) => {
                fired.add(Step::TieByBytes);
                if written < *least {
                    (*least, *kept) = (written, item);
                }
            }
        }
    }
    best.map(|(_, item)| item)
}

/// Whether a row older than the last of its course could be an answer: it must not take its place.
fn older_whole(rows: &[(u16, Item)]) -> bool {
    let greatest = rows.iter().map(|(year, _)| *year).max();
    rows.iter().any(|(year, item)| Some(*year) < greatest && is_whole(item, &mut Fired::of::<Step>()))
}

/// 02.1-R4: every member but the class must have a value.
fn is_whole(item: &Item, fired: &mut Fired) -> bool {
    let missing = [
        (Step::NoProgrammeType, item.programme_type_code.is_none()),
        (Step::NoCourseCode, item.degree_course_code.is_none()),
        (Step::NoCourseYear, item.degree_course_year.is_none()),
        (Step::NoStatus, item.status.is_none()),
    ];
    for (step, _) in missing.iter().filter(|(_, missing)| *missing) {
        fired.add(*step);
    }
    missing.iter().all(|(_, missing)| !missing)
}

/// The members of one enrolment. A value outside its constraint is no value.
fn value(row: &Enrolment, year: u16, fired: &mut Fired) -> Item {
    let listed = ministry_row(row);
    let mut allowed = |ok: bool| {
        if !ok {
            fired.add(Step::Constraint);
        }
        ok
    };
    Item {
        institute_code: Some(INSTITUTE_CODE),
        programme_type_code: listed.and_then(|listed| listed.programme_type),
        degree_course_code: listed
            .map(|listed| listed.course_code.as_str())
            .filter(|code| allowed((1..=20).contains(&code.chars().count()))),
        degree_class_code: listed.and_then(|listed| listed.class).map(|class| class.code),
        academic_year: Some(format!("{year:04}/{:04}", year + 1)),
        degree_course_year: row.course_year.filter(|nth| allowed((1..=99).contains(nth))),
        status: match (row.conditional, row.status) {
            (true, _) | (false, Status::Suspended) => Some("wait"),
            (false, Status::Active) => Some("active"),
            (false, Status::Cancelled) => Some("inactive"),
            (false, Status::Other | Status::Missing) => None,
        },
    }
}

type MinistryKey = (&'static str, u16, &'static str, Option<&'static str>);

/// The Ministry's row for the enrolment's course, cohort, town and class.
fn ministry_row(row: &Enrolment) -> Option<&'static MinistryRow> {
    listed(row.course, row.cohort, row.site, row.class)
}

/// The Ministry's row for a course of the catalogue, a cohort, a site and a class. A blank class finds only the courses
/// that have none; an unheard-of class finds nothing.
fn listed(course: usize, cohort: u16, site: Option<u16>, class: NamedClass) -> Option<&'static MinistryRow> {
    static ROWS: OnceLock<HashMap<MinistryKey, &'static MinistryRow>> = OnceLock::new();
    let catalogue = Catalogue::get();
    let rows = ROWS.get_or_init(|| {
        let ours = catalogue.ministry.iter().filter(|row| row.institute == INSTITUTE_CODE);
        ours.map(|row| {
            let class = row.class.map(|class| class.code);
            ((row.parent_code.as_str(), row.cohort, row.town.as_str(), class), row)
        })
        .collect()
    });
    let class = match class {
        NamedClass::Blank => None,
        NamedClass::Known(index) => Some(CLASSES.get(index)?.code),
        NamedClass::Unheard => return None,
    };
    let parent_code = catalogue.courses.get(course)?.parent_code.as_deref()?;
    let town = catalogue.site(site?)?.town.as_deref()?;
    rows.get(&(parent_code, cohort, town, class)).copied()
}

/// Canonical order of a list (§3.4): by the bytes of its items. Of equal ones a single one stays.
fn in_order<T: Serialize, S: fired::Step>(items: Vec<T>, duplicate: S, fired: &mut Fired) -> Vec<T> {
    let mut sorted: Vec<(Vec<u8>, T)> = items.into_iter().map(|item| (bytes(&item), item)).collect();
    sorted.sort_by(|(a, _), (b, _)| a.cmp(b));
    sorted.dedup_by(|(a, _), (b, _)| fired.when(duplicate, a == b));
    sorted.into_iter().map(|(_, item)| item).collect()
}

/// Canonical bytes (§3.4): members in order of declaration, no blanks, UTF-8.
fn bytes(value: &impl Serialize) -> Vec<u8> {
    // These structures hold texts and small numbers only: there is nothing that cannot be written.
    serde_json::to_vec(value).unwrap_or_default()
}

#[cfg(test)]
#[path = "oracle_tests.rs"]
mod tests;
