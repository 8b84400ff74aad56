//! IFS09.1: how many women and men are enrolled in each course in an academic year.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::proofs::Degree;
use super::{Expected, Fired, bytes, steps};
use crate::catalogue::Catalogue;
use crate::population::{Population, Status};
use crate::tax_code::Sex;

steps! {
    /// A decision that a rule of IFS09.1 takes.
    Step {
        Nobody: "T-59 nobody enrolled that year",
        Cancelled: "IFS09.1 cancelled enrolment, not counted",
        Once: "IFS09.1 several enrolments in one course, counted once",
        NoType: "IFS09.1 no programme type, left out",
        Constraint: "IFS09.1 value breaks its constraint, null",
        Collapsed: "IFS09.1-R3 courses without code are one item of their type",
        ClassNull: "IFS09.1 degree class null",
        Women: "IFS09.1 women",
        Men: "IFS09.1 men",
        OnlyOneSex: "IFS09.1 nobody of the other sex, 0",
        PartlyUnknown: "IFS09.1-R1 sex of some unknown, counted in neither",
        AllUnknown: "IFS09.1-R1 nobody's sex known, both null",
        Filtered: "IFS09.1 of one course, T-45",
        FilteredEmpty: "T-59 course that nobody is enrolled in that year",
    }
}

/// One item.
#[derive(Clone, Serialize, PartialEq, Eq)]
struct Item {
    programme_type_code: &'static str,
    degree_course_code: Option<&'static str>,
    degree_class_code: Option<&'static str>,
    female_enrollment_count: Option<usize>,
    male_enrollment_count: Option<usize>,
}

/// Those enrolled in what is one item.
#[derive(Default)]
struct Enrolled {
    class: Option<&'static str>,
    /// By course of the university's: whoever is in two courses that are one item is in both.
    people: BTreeSet<(usize, u32)>,
    women: BTreeSet<(usize, u32)>,
    men: BTreeSet<(usize, u32)>,
}

/// The university's answer for an academic year, of one course if one is asked for.
pub(super) fn university(population: &Population, year: u16, course: Option<&str>, fired: &mut Fired) -> Expected {
    let mut items = items(population, year, fired);
    if let Some(course) = course {
        items.retain(|item| item.degree_course_code == Some(course));
        fired.add(if items.is_empty() { Step::FilteredEmpty } else { Step::Filtered });
    }
    items.sort_by_key(bytes);
    Expected::Answer(bytes(&items))
}

fn items(population: &Population, year: u16, fired: &mut Fired) -> Vec<Item> {
    let mut groups: BTreeMap<(&'static str, Option<&'static str>), Enrolled> = BTreeMap::new();
    let mut nobody = true;
    for student in population.students() {
        for row in student.careers.iter().flat_map(|career| &career.years).filter(|row| row.year == Some(year)) {
            if fired.when(Step::Cancelled, row.status == Status::Cancelled) {
                continue;
            }
            nobody = false;
            let own = &Catalogue::get().courses[row.course];
            let degree = Degree::of_enrolment(row);
            let kind = degree.programme_type.or(own.old.and_then(|old| old.programme_type));
            let Some(kind) = kind else {
                fired.add(Step::NoType);
                continue;
            };
            let six = degree.six(Step::Constraint, fired);
            let group = groups.entry((kind, six.degree_course_code)).or_default();
            // R3: what has no code of its own has no class either.
            group.class = six.degree_course_code.and(six.degree_class_code);
            // Courses of one code are one course.
            let course = if six.degree_course_code.is_some() { 0 } else { row.course };
            let key = (course, student.person_id);
            fired.when(Step::Once, !group.people.insert(key));
            match (student.sex_recorded, student.person.sex) {
                (false, _) => {}
                (true, Sex::Female) => drop(group.women.insert(key)),
                (true, Sex::Male) => drop(group.men.insert(key)),
            }
        }
    }
    fired.when(Step::Nobody, nobody);
    groups.into_iter().map(|((kind, code), group)| item(kind, code, &group, fired)).collect()
}

fn item(kind: &'static str, code: Option<&'static str>, group: &Enrolled, fired: &mut Fired) -> Item {
    let courses: BTreeSet<usize> = group.people.iter().map(|(course, _)| *course).collect();
    fired.when(Step::Collapsed, code.is_none() && courses.len() > 1);
    fired.when(Step::ClassNull, group.class.is_none());
    let (women, men) = (group.women.len(), group.men.len());
    let known = !fired.when(Step::AllUnknown, women + men == 0);
    fired.when(Step::PartlyUnknown, known && women + men < group.people.len());
    fired.when(Step::OnlyOneSex, known && (women == 0 || men == 0));
    fired.when(Step::Women, women > 0);
    fired.when(Step::Men, men > 0);
    Item {
        programme_type_code: kind,
        degree_course_code: code,
        degree_class_code: group.class,
        female_enrollment_count: known.then_some(women),
        male_enrollment_count: known.then_some(men),
    }
}

/// Codes to ask for in a year: the first and the last of those that somebody is enrolled in, and one of another cohort.
pub(super) fn codes(population: &Population, year: u16) -> Vec<&'static str> {
    let items = items(population, year, &mut Fired::of::<Step>());
    let mut codes: Vec<&'static str> = items.iter().filter_map(|item| item.degree_course_code).collect();
    codes.sort_unstable();
    let ends = [codes.first().copied(), codes.last().copied()];
    let other = Catalogue::get().ministry.iter().find(|row| row.institute == crate::INSTITUTE_CODE);
    let mut codes: Vec<&'static str> =
        ends.into_iter().flatten().chain(other.map(|row| row.course_code.as_str())).collect();
    codes.dedup();
    codes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(women: u32, men: u32, unknown: u32) -> Enrolled {
        let people = |from: u32, count: u32| (from..from + count).map(|person| (0, person)).collect();
        Enrolled {
            class: None,
            people: people(0, women + men + unknown),
            women: people(0, women),
            men: people(women, men),
        }
    }

    fn text(code: Option<&'static str>, group: &Enrolled) -> String {
        String::from_utf8(bytes(&item("MT", code, group, &mut Fired::of::<Step>()))).unwrap()
    }

    #[test]
    fn counts_ifs09_1_r1() {
        assert_eq!(
            text(Some("1"), &group(2, 3, 0)),
            r#"{"programme_type_code":"MT","degree_course_code":"1","degree_class_code":null,"female_enrollment_count":2,"male_enrollment_count":3}"#
        );
        assert!(text(None, &group(2, 0, 0)).ends_with(r#""female_enrollment_count":2,"male_enrollment_count":0}"#));
        assert!(text(None, &group(0, 1, 4)).ends_with(r#""female_enrollment_count":0,"male_enrollment_count":1}"#));
        assert!(
            text(None, &group(0, 0, 4)).ends_with(r#""female_enrollment_count":null,"male_enrollment_count":null}"#)
        );
    }

    #[test]
    fn the_answer_is_a_list_t_44_and_old_courses_are_one_item_ifs09_1_r3() {
        let population = Population::generate(crate::DEFAULT_SEED, crate::DEFAULT_STUDENTS, crate::DEFAULT_TODAY);
        let of = |year, course| match university(&population, year, course, &mut Fired::of::<Step>()) {
            Expected::Answer(bytes) => String::from_utf8(bytes).unwrap(),
            other => panic!("{other:?}"),
        };
        let now = of(2025, None);
        assert!(
            now.starts_with("[{")
                && now.matches(r#""programme_type_code":"LV","degree_course_code":null"#).count() == 1
        );
        assert_eq!((of(1950, None).as_str(), of(2025, Some("nobody's")).as_str()), ("[]", "[]"), "T-59");
        let code = codes(&population, 2025)[0];
        let one = of(2025, Some(code));
        assert!(one.matches("programme_type_code").count() == 1 && now.contains(one.trim_matches(['[', ']'])));
    }
}
