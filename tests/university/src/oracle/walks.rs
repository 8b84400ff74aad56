//! Whom a list of students has, and with which fingerprint: of each the detail answer's bytes, digested.

use std::collections::BTreeMap;

use serde_json::Value;
use time::{Date, Month};

use super::titles::{self, System};
use super::{Expected, Institute, Question};
use crate::rest::digest;
use crate::{Population, Student};

/// What IFS07.1 is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filters {
    /// Before the reform (false) or after.
    pub new_system: Option<bool>,
    /// Of the last two calendar years alone.
    pub incremental: bool,
}

/// Key and fingerprint of each student that `IFS06.1` or `IFS07.1` lists on a day; nothing for other operations.
#[must_use]
pub fn listed(
    institute: Institute,
    operation: &str,
    population: &Population,
    filters: Filters,
    today: Date,
) -> Option<BTreeMap<String, String>> {
    let (detail, list) = match operation {
        "IFS06.1" => ("IFS02.1", "enrollments"),
        "IFS07.1" => ("IFS03.1", "qualifications"),
        _ => return None,
    };
    let detail = institute.operation(detail)?;
    let mut all = BTreeMap::new();
    for student in population.students() {
        let question = Question::person(student.tax_code());
        let Some(Expected::Answer(bytes)) = detail.expected(population, &question, today) else { continue };
        let answer: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let items = answer[list].as_array().cloned().unwrap_or_default();
        if items.iter().any(|item| takes(population, student, item, filters, today)) {
            all.insert(digest(student.tax_code().as_bytes()), digest(&bytes));
        }
    }
    Some(all)
}

/// Whether the filters take a degree, of which nobody says when it was corrected.
fn takes(population: &Population, student: &Student, item: &Value, filters: Filters, today: Date) -> bool {
    if filters == Filters::default() {
        return true;
    }
    let awarded = item["academic_qualification_date"].as_str().unwrap_or_default();
    let since = Date::from_calendar_date(today.year() - 2, Month::January, 1).map(|day| day.to_string());
    let held = titles::of_student(population, student).into_iter().find(|held| {
        held.degree.code == item["degree_course_code"].as_str()
            && held.awarded.is_some_and(|day| day.to_string() == awarded)
    });
    let system = held.and_then(|held| held.system);
    let of_system = filters.new_system.is_none_or(|new| system.is_none_or(|system| (system == System::New) == new));
    of_system && (!filters.incremental || since.is_ok_and(|since| awarded >= since.as_str()))
}
