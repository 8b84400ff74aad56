//! What the proofs of the Single Digital Gateway have in common: the institute, and the members that name a course.

use serde::Serialize;
use time::Date;

use super::fired::{Fired, Step};
use super::{bytes, listed};
use crate::catalogue::{Catalogue, LEVELS, MinistryRow, PROGRAMME_TYPES, institute_name};
use crate::classes::DegreeClass;
use crate::population::{Enrolment, Population, Student};
use crate::{CONSERVATORY_CODE, INSTITUTE_CODE, afam};

/// An institute as it signs.
#[derive(Clone, Copy)]
pub(super) struct Signature {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
}

impl Signature {
    pub(super) fn university() -> Self {
        Self { code: INSTITUTE_CODE, name: institute_name(INSTITUTE_CODE) }
    }

    pub(super) fn conservatory() -> Self {
        Self { code: CONSERVATORY_CODE, name: institute_name(CONSERVATORY_CODE) }
    }
}

/// A course of study as an answer can name it.
#[derive(Clone, Debug, Default)]
pub(super) struct Degree {
    pub(super) programme_type: Option<&'static str>,
    pub(super) code: Option<&'static str>,
    pub(super) name: Option<String>,
    pub(super) class: Option<&'static DegreeClass>,
}

impl Degree {
    /// What the Ministry says, and the institute's own name where it says none.
    pub(super) fn of(row: Option<&'static MinistryRow>, own: Option<String>) -> Self {
        let name = row.map(|row| row.name.clone()).filter(|name| !name.is_empty());
        Self {
            programme_type: row.and_then(|row| row.programme_type),
            code: row.map(|row| row.course_code.as_str()),
            name: name.or(own).filter(|name| !name.is_empty()),
            class: row.and_then(|row| row.class),
        }
    }

    /// Of an enrolment at the university. The university's records are in capitals.
    pub(super) fn of_enrolment(row: &Enrolment) -> Self {
        let own = Catalogue::get().courses[row.course].name.to_uppercase();
        Self::of(listed(row.course, row.cohort, row.site, row.class), Some(own))
    }

    /// The same, with another own name where the Ministry has none.
    pub(super) fn named(self, own: &str) -> Self {
        let listed = self.code.is_some();
        Self {
            name: self.name.filter(|_| listed).or_else(|| Some(own.to_owned())).filter(|name| !name.is_empty()),
            ..self
        }
    }

    /// The members; a code longer than 20 characters is no value, and `constraint` counts it.
    pub(super) fn six<S: Step>(&self, constraint: S, fired: &mut Fired) -> Six {
        let code = self.code.filter(|code| !fired.when(constraint, code.chars().count() > 20));
        Six {
            programme_type_code: self.programme_type,
            programme_type_name: self.programme_type.and_then(type_name),
            degree_course_code: code,
            degree_course_name: self.name.clone(),
            degree_class_code: self.class.map(|class| class.code),
            degree_class_name: self.class.map(|class| class.name),
        }
    }
}

fn type_name(code: &str) -> Option<&'static str> {
    let mut known = PROGRAMME_TYPES.iter().chain(afam::catalogue::PROGRAMME_TYPES);
    known.find(|(known, _)| *known == code).map(|(_, name)| *name)
}

/// The six members that name a course, each null where it has no value.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub(super) struct Six {
    pub(super) programme_type_code: Option<&'static str>,
    pub(super) programme_type_name: Option<&'static str>,
    pub(super) degree_course_code: Option<&'static str>,
    pub(super) degree_course_name: Option<String>,
    pub(super) degree_class_code: Option<&'static str>,
    pub(super) degree_class_name: Option<&'static str>,
}

/// The country of both institutes.
pub(super) const COUNTRY: &str = "Italia";

/// The conventional first day of an academic year.
pub(super) fn first_day(year: u16) -> String {
    format!("{year:04}-10-01")
}

/// The conventional last day of an academic year: the one before the next begins.
pub(super) fn last_day(year: u16) -> String {
    format!("{:04}-09-30", year + 1)
}

/// A date as the contract writes it.
pub(super) fn date(day: Date) -> String {
    format!("{:04}-{:02}-{:02}", day.year(), u8::from(day.month()), day.day())
}

/// The level of a programme type in the European framework and in the Italian one.
pub(super) fn level(programme_type: &str) -> Option<(&'static str, &'static str)> {
    LEVELS.iter().find(|(known, ..)| *known == programme_type).map(|(_, eqf, nqf)| (*eqf, *nqf))
}

/// The last three academic years.
pub(super) fn window(current: u16) -> std::ops::RangeInclusive<u16> {
    current.saturating_sub(2)..=current
}

/// The student a request asks about; `unknown` counts one whom nobody knows (GEN-7).
pub(super) fn known<'a, S: Step>(
    population: &'a Population,
    tax_code: &str,
    unknown: S,
    fired: &mut Fired,
) -> Option<&'a Student> {
    let found = population.by_tax_code(tax_code);
    fired.when(unknown, found.is_none());
    found
}

/// In the order of their bytes, with those bytes. Of items that are equal in `facts` too a single one stays.
pub(super) fn sorted<T: Serialize, F: PartialEq>(items: Vec<(T, F)>, mut duplicate: impl FnMut()) -> Vec<T> {
    let mut kept: Vec<(Vec<u8>, T, F)> = Vec::new();
    for (item, facts) in items {
        let written = bytes(&item);
        if kept.iter().any(|(known, _, same)| *known == written && *same == facts) {
            duplicate();
        } else {
            kept.push((written, item, facts));
        }
    }
    kept.sort_by(|(a, ..), (b, ..)| a.cmp(b));
    kept.into_iter().map(|(_, item, _)| item).collect()
}
