//! Which decision of the oracle is which effect of the engine's rules: what the engine can do, the oracle, which is other
//! code, has done in the population; or there is a reason why nobody there is such.

use std::collections::BTreeSet;

use adapter_core::contract::{Effect, OperationId};
use university::oracle::Fired;

/// Where an effect is had.
enum Had {
    /// By this decision of the oracle.
    Decided(&'static str),
    /// By nobody of the population, or by everybody; a scenario or a test beside the rule has it.
    Elsewhere(&'static str),
}
use Had::{Decided, Elsewhere};

const ALL_HAVE_A_TAX_CODE: Had = Elsewhere("everybody who is asked about has a tax code, which is all that is said");

const CHANGES: Had =
    Elsewhere("changes have stories and an oracle of their own: `stories`, `adapter-core/tests/changes`");

/// Each effect of an operation, by its label.
const LINKS: &[(&str, Had)] = &[
    ("IFS01.1.invalid", Decided("IFS01.1 value breaks its constraint, left out")),
    ("IFS01.1-F3.no_istat_code", Elsewhere("every seat is a municipality")),
    ("IFS01.1.empty", Elsewhere("every course has an academic year")),
    ("IFS01.1-F4.duplicate", Decided("3.4 item that is there already")),
    ("IFS01.1-F4.code_again", Decided("IFS01.1-F4 one code in two items")),
    ("IFS02.1.invalid_identity", ALL_HAVE_A_TAX_CODE),
    ("IFS02.1-R1.tax_code", ALL_HAVE_A_TAX_CODE),
    ("IFS02.1-R2.fallback", ALL_HAVE_A_TAX_CODE),
    ("IFS02.1-R5.incomplete_identity", ALL_HAVE_A_TAX_CODE),
    ("IFS02.1.invalid", Decided("IFS02.1 value breaks its constraint")),
    ("IFS02.1-R4.academic_year", Decided("IFS02.1-S1 no academic year")),
    ("IFS02.1-S1.window", Decided("IFS02.1-S1 older than the window")),
    ("IFS02.1-S1.not_begun", Decided("IFS02.1-S1 not yet begun")),
    ("IFS02.1-R4.degree_course_code", Decided("IFS02.1-R4 dropped, no degree_course_code")),
    ("IFS02.1-R3.class_null", Decided("IFS02.1-R3 degree_class_code null")),
    ("IFS02.1-S1.latest", Decided("IFS02.1-S1 not the latest of its course")),
    ("IFS02.1-S1.tie", Decided("IFS02.1-S1 tie, not the least bytes")),
    ("IFS02.1-S1.duplicate", Decided("IFS02.1-S1 exact duplicate")),
    ("IFS02.1-R4.institute_code", Elsewhere("the institute's code is a constant")),
    ("IFS02.1-R4.programme_type_code", Decided("IFS02.1-R4 dropped, no programme_type_code")),
    ("IFS02.1-R4.degree_course_year", Decided("IFS02.1-R4 dropped, no degree_course_year")),
    ("IFS02.1-R4.status", Decided("IFS02.1-R4 dropped, no status")),
    ("IFS02.1-R4.all_dropped", Decided("IFS02.1-R4 dropped, none left")),
    ("IFS02.3.invalid_identity", ALL_HAVE_A_TAX_CODE),
    ("IFS02.3-T14.tax_code", ALL_HAVE_A_TAX_CODE),
    ("IFS02.3-T14.fallback", ALL_HAVE_A_TAX_CODE),
    ("IFS02.3-T13.incomplete_identity", ALL_HAVE_A_TAX_CODE),
    ("IFS02.3.invalid", Decided("IFS02.3 value breaks its constraint, null")),
    ("IFS02.3-S1.window", Decided("IFS02.3-S1 older than the window")),
    ("IFS02.3-S1.not_begun", Decided("IFS02.3-S1 not yet begun")),
    ("IFS02.3-S1.no_year", Decided("IFS02.3-S1 no academic year")),
    ("IFS02.3.empty", Elsewhere("every activity has a name")),
    ("IFS02.3.duplicate", Elsewhere("every activity has a number of its own")),
    ("IFS02.3-S1.no_learning", Decided("IFS02.3-S1 course without an activity left out")),
    ("IFS02.3.course_again", Decided("IFS02.3 two careers on one course")),
    ("IFS02.1-T52.beyond", Elsewhere("no pack writes the fact")),
    ("IFS02.2-F1.unknown", Decided("IFS02.2-F1 no duration, null")),
    ("IFS02.2-F2.none_active", Decided("IFS02.2-F2 never active, null")),
    ("IFS02.2-S1.duplicate", Decided("IFS02.2-S1 exact duplicate")),
    ("IFS02.2-S1.latest", Decided("IFS02.2-S1 not the latest of its course")),
    ("IFS02.2-S1.no_year", Decided("IFS02.2-S1 no academic year")),
    ("IFS02.2-S1.not_begun", Decided("IFS02.2-S1 not yet begun")),
    ("IFS02.2-S1.tie", Decided("IFS02.2-S1 tie, not the least bytes")),
    ("IFS02.2-S1.window", Decided("IFS02.2-S1 older than the window")),
    ("IFS02.2-T13.incomplete_identity", ALL_HAVE_A_TAX_CODE),
    ("IFS02.2-T14.fallback", ALL_HAVE_A_TAX_CODE),
    ("IFS02.2-T14.tax_code", ALL_HAVE_A_TAX_CODE),
    ("IFS02.2.invalid", Decided("IFS02.2 value breaks its constraint, null")),
    ("IFS02.2.invalid_identity", ALL_HAVE_A_TAX_CODE),
    ("IFS02.4-S1.duplicate", Elsewhere("no two careers on one code began in one year")),
    ("IFS02.4-S1.latest", Decided("IFS02.4-S1 not the last admission to its course")),
    ("IFS02.4-S1.no_year", Decided("IFS02.4-S1 no year of admission")),
    ("IFS02.4-S1.not_begun", Decided("IFS02.4-S1 admitted to a year not yet begun")),
    ("IFS02.4-S1.tie", Elsewhere("no two careers on one code began in one year")),
    ("IFS02.4-S1.window", Decided("IFS02.4-S1 admitted before the window")),
    ("IFS02.4-T13.incomplete_identity", ALL_HAVE_A_TAX_CODE),
    ("IFS02.4-T14.fallback", ALL_HAVE_A_TAX_CODE),
    ("IFS02.4-T14.tax_code", ALL_HAVE_A_TAX_CODE),
    ("IFS02.4.invalid", Decided("IFS02.4 value breaks its constraint, null")),
    ("IFS02.4.invalid_identity", ALL_HAVE_A_TAX_CODE),
    ("IFS02.5-T13.incomplete_identity", ALL_HAVE_A_TAX_CODE),
    ("IFS02.5-T14.fallback", ALL_HAVE_A_TAX_CODE),
    ("IFS02.5-T14.tax_code", ALL_HAVE_A_TAX_CODE),
    ("IFS02.5.duplicate", Decided("3.4 item that is there already")),
    ("IFS02.5.ends_before", Decided("IFS02.5 end before start, sent all the same")),
    ("IFS02.5.invalid", Elsewhere("what is none of the five words has no value before")),
    ("IFS02.5.invalid_identity", ALL_HAVE_A_TAX_CODE),
    ("IFS03.1-R1.tax_code", ALL_HAVE_A_TAX_CODE),
    ("IFS03.1-R2.fallback", ALL_HAVE_A_TAX_CODE),
    ("IFS03.1-R3.incomplete_identity", ALL_HAVE_A_TAX_CODE),
    ("IFS03.1-R4.class_null", Decided("IFS03.1-R4 degree_class_code null")),
    ("IFS03.1-R5.academic_qualification_date", Decided("IFS03.1-R5 dropped, no academic_qualification_date")),
    ("IFS03.1-R5.all_dropped", Decided("IFS03.1-R5 dropped, none left")),
    ("IFS03.1-R5.degree_course_code", Decided("IFS03.1-R5 dropped, no degree_course_code")),
    ("IFS03.1-R5.institute_code", Elsewhere("the institute's code is a constant")),
    ("IFS03.1-R5.programme_type_code", Decided("IFS03.1-R5 dropped, no programme_type_code")),
    ("IFS03.1-R5.qualification_name", Decided("IFS03.1-R5 dropped, no qualification_name")),
    ("IFS03.1-S3.another", Decided("IFS03.1-S3 joint degree that another institute manages")),
    ("IFS03.1-T10.grade_null", Decided("IFS03.1-F1 no mark, null: the degree stays")),
    ("IFS03.1.duplicate", Decided("3.4 item that is there already")),
    ("IFS03.1.invalid", Decided("IFS03.1 value breaks its constraint")),
    ("IFS03.1.invalid_identity", ALL_HAVE_A_TAX_CODE),
    ("IFS03.2-R1.tax_code", ALL_HAVE_A_TAX_CODE),
    ("IFS03.2-R2.fallback", ALL_HAVE_A_TAX_CODE),
    ("IFS03.2-S1.another", Decided("IFS03.2-S1 joint degree that another institute manages")),
    ("IFS03.2-T13.incomplete_identity", ALL_HAVE_A_TAX_CODE),
    ("IFS03.2.duplicate", Decided("3.4 item that is there already")),
    ("IFS03.2.invalid", Decided("IFS03.2 value breaks its constraint, null")),
    ("IFS03.2.invalid_identity", ALL_HAVE_A_TAX_CODE),
    ("IFS03.3-F2.few_months", Elsewhere("nobody has a title of a course of six months")),
    ("IFS03.3-R1.tax_code", ALL_HAVE_A_TAX_CODE),
    ("IFS03.3-R2.fallback", ALL_HAVE_A_TAX_CODE),
    ("IFS03.3-T13.incomplete_identity", ALL_HAVE_A_TAX_CODE),
    ("IFS03.3-T23.ects_credits", Decided("T-23 teaching of half credits left out")),
    ("IFS03.3-T23.learning_name", Decided("T-23 teaching without name left out")),
    ("IFS03.3.another", Decided("IFS03.3-S1 joint degree that another institute manages")),
    ("IFS03.3.degree_twice", Elsewhere("every activity has a number of its own")),
    ("IFS03.3.duplicate", Elsewhere("every activity has a number of its own")),
    ("IFS03.3.invalid", Decided("T-23 sum that is not whole, or of nothing: null")),
    ("IFS03.3.invalid_identity", ALL_HAVE_A_TAX_CODE),
    ("IFS03.4-R1.tax_code", ALL_HAVE_A_TAX_CODE),
    ("IFS03.4-R2.fallback", ALL_HAVE_A_TAX_CODE),
    ("IFS03.4-T13.incomplete_identity", ALL_HAVE_A_TAX_CODE),
    ("IFS03.4.another", Decided("IFS03.4-S1 joint degree that another institute manages")),
    ("IFS03.4.degree_twice", Elsewhere("every activity has a number of its own")),
    ("IFS03.4.duplicate", Elsewhere("every activity has a number of its own")),
    ("IFS03.4.empty", Elsewhere("every activity has a value")),
    ("IFS03.4.invalid", Decided("T-21 access to a regulated profession too long, null")),
    ("IFS03.4.invalid_identity", ALL_HAVE_A_TAX_CODE),
    ("IFS01.2-F1.degree_course_year", Decided("IFS01.2-F1 group of year 0 left out")),
    ("IFS01.2.duplicate", Decided("3.4 item that is there already")),
    ("IFS01.2.empty", Elsewhere("every teaching has a name")),
    ("IFS01.2.invalid", Decided("T-23 no whole credits, null")),
    ("IFS01.2-F2.other_kind", Elsewhere("no pack writes members of the other kind")),
    ("IFS01.2-F3.other_kind", Elsewhere("no pack writes members of the other kind")),
    ("IFS08.1.invalid", Elsewhere("the bands are a function's")),
    ("IFS08.1-R2.total_hidden", Decided("IFS08.1-R2 exactly one band hidden, no total")),
    ("IFS08.1-R2.sum", Elsewhere("the total is of the same persons")),
    ("IFS09.1.invalid", Decided("IFS09.1 value breaks its constraint, null")),
    ("IFS09.1-T45.another", Decided("IFS09.1 of one course, T-45")),
    ("IFS09.1.programme_type_code", Decided("IFS09.1 no programme type, left out")),
    ("IFS09.1.all_dropped", Elsewhere("in every year somebody is enrolled in a course that has a type")),
    ("IFS09.1-R3.added_up", Decided("IFS09.1-R3 courses without code are one item of their type")),
    ("IFS09.1.duplicate", Elsewhere("a pack counts by code")),
    ("IFS09.1.code_again", Elsewhere("a pack counts by code")),
    ("IFS04.1.invalid", CHANGES),
    ("IFS04.2.invalid", CHANGES),
    ("IFS04.2-R1.another", CHANGES),
    ("IFS04.3.invalid", CHANGES),
    ("IFS04.4.invalid", CHANGES),
    ("IFS05.1.invalid", CHANGES),
    ("IFS05.2.invalid", CHANGES),
    ("IFS05.2-IFS04.2-R1.another", CHANGES),
    ("IFS05.3.invalid", CHANGES),
    ("IFS05.4.invalid", CHANGES),
    ("IFS06.1-R2.no_tax_code", Elsewhere("walks have an oracle of their own: `walks`")),
    ("IFS06.1-R2.unknown", Elsewhere("walks have an oracle of their own: `walks`")),
    ("IFS06.1-R2.empty", Elsewhere("walks have an oracle of their own: `walks`")),
    ("IFS06.1-R2.broken", Elsewhere("walks have an oracle of their own: `walks`")),
    ("IFS07.1-R1.no_tax_code", Elsewhere("walks have an oracle of their own: `walks`")),
    ("IFS07.1-R1.unknown", Elsewhere("walks have an oracle of their own: `walks`")),
    ("IFS07.1-R1.empty", Elsewhere("walks have an oracle of their own: `walks`")),
    ("IFS07.1-R1.broken", Elsewhere("walks have an oracle of their own: `walks`")),
];

/// Effects of an operation that the oracle has not had, though it should have; or that nothing is said of.
pub fn unreached(operation: OperationId, fired: &Fired) -> Vec<String> {
    let labels: BTreeSet<String> =
        Effect::all().into_iter().filter(|e| e.operation() == operation).map(Effect::label).collect();
    let wrong = labels.iter().filter_map(|label| match LINKS.iter().find(|(known, _)| known == label) {
        None => Some(format!("{label}: no decision of the oracle is linked to it")),
        Some((_, Elsewhere(why))) => {
            println!("rule  {label}: {why}");
            None
        }
        Some((_, Decided(name))) => match fired.entries().find(|(known, _)| known == name) {
            None => Some(format!("{label}: the oracle has no decision `{name}`")),
            Some((_, 0)) => Some(format!("{label}: the oracle's `{name}` never decided anything")),
            Some(_) => None,
        },
    });
    wrong.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_of_effects_there_are_each_once() {
        let all: BTreeSet<String> = Effect::all().into_iter().map(Effect::label).collect();
        let linked: BTreeSet<String> = LINKS.iter().map(|(label, _)| (*label).to_owned()).collect();
        assert_eq!((&linked, LINKS.len()), (&all, all.len()));
    }
}
