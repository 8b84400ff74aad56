//! IFS08.1: how many persons enrolled in an academic year are in each of the Ministry's bands of ISEE.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Expected, Fired, bytes, steps};
use crate::isee::{Amount, Declaration, declarations};
use crate::population::{Population, Status, Student};

steps! {
    /// A decision that a rule of IFS08.1 takes.
    Step {
        Nobody: "T-59 nobody enrolled that year",
        Cancelled: "IFS08.1 only cancelled enrolments, not counted",
        Once: "IFS08.1 several enrolments, counted once",
        Conditional: "IFS08.1 conditional or suspended, counted",
        First: "IFS08.1-R1 lowest band",
        Middle: "IFS08.1-R1 a band between",
        Highest: "IFS08.1-R1 highest band",
        NotPresented: "IFS08.1-R1 not presented",
        Negative: "IFS08.1 less than nothing: not presented",
        Unreadable: "IFS08.1 no number: not presented",
        Later: "IFS08.1 the later of two declarations",
        Wrong: "IFS08.1 a wrong declaration does not count",
        Hidden: "IFS08.1-R2 band with too few, not shown",
        Shown: "IFS08.1-R2 band shown",
        TotalHidden: "IFS08.1-R2 exactly one band hidden, no total",
    }
}

/// The answer, members in the contract's order of declaration. The bands stand in the Ministry's order.
#[derive(Serialize)]
struct Answer {
    tot_enrollment_count: Option<u64>,
    ranges: Vec<Range>,
}

/// One band.
#[derive(Serialize)]
struct Range {
    isee_min_value: Option<u32>,
    isee_max_value: Option<u32>,
    enrollment_count: u64,
    range_description: String,
}

/// Where the bands end (R1): each includes its end, in euros.
const ENDS: [u32; 22] = [
    13_000, 16_000, 18_000, 20_000, 22_000, 24_000, 26_000, 28_000, 30_000, 32_000, 34_000, 36_000, 38_000, 40_000,
    45_000, 50_000, 55_000, 60_000, 70_000, 80_000, 90_000, 100_000,
];

/// The band of those who presented nothing.
const NOT_PRESENTED: usize = ENDS.len() + 1;

/// The university's answer for an academic year; bands of fewer persons than `least` are not shown.
pub(super) fn university(population: &Population, year: u16, least: Option<u64>, fired: &mut Fired) -> Expected {
    let mut counts = [0_u64; NOT_PRESENTED + 1];
    for student in population.students() {
        if is_enrolled(student, year, fired) {
            counts[band(&declarations(population, student, year), fired)] += 1;
        }
    }
    Expected::Answer(answer(counts, least, fired))
}

/// Whether a person has an enrolment of the year that is not cancelled.
fn is_enrolled(student: &Student, year: u16, fired: &mut Fired) -> bool {
    let rows = student.careers.iter().flat_map(|career| &career.years).filter(|row| row.year == Some(year));
    let rows: Vec<_> = rows.collect();
    let counted: Vec<_> = rows.iter().filter(|row| row.status != Status::Cancelled).collect();
    fired.when(Step::Cancelled, !rows.is_empty() && counted.is_empty());
    fired.when(Step::Once, counted.len() > 1);
    fired.when(Step::Conditional, counted.iter().any(|row| row.conditional || row.status == Status::Suspended));
    !counted.is_empty()
}

/// The place of a person's band: by the latest declaration that is not wrong.
fn band(declared: &[Declaration], fired: &mut Fired) -> usize {
    let valid = || declared.iter().filter(|one| !one.wrong);
    fired.when(Step::Wrong, declared.iter().any(|one| one.wrong));
    fired.when(Step::Later, valid().count() > 1);
    let Some(last) = valid().max_by_key(|one| one.presented) else {
        fired.add(Step::NotPresented);
        return NOT_PRESENTED;
    };
    let cents = match last.amount {
        Amount::Cents(cents) if cents >= 0 => cents,
        Amount::Cents(_) => {
            fired.add(Step::Negative);
            return NOT_PRESENTED;
        }
        Amount::Word(_) => {
            fired.add(Step::Unreadable);
            return NOT_PRESENTED;
        }
    };
    let place = ENDS.iter().position(|end| cents <= i64::from(*end) * 100).unwrap_or(ENDS.len());
    fired.add(match place {
        0 => Step::First,
        _ if place == ENDS.len() => Step::Highest,
        _ => Step::Middle,
    });
    place
}

fn answer(counts: [u64; NOT_PRESENTED + 1], least: Option<u64>, fired: &mut Fired) -> Vec<u8> {
    let total: u64 = counts.iter().sum();
    fired.when(Step::Nobody, total == 0);
    let ranges: Vec<Range> = counts
        .into_iter()
        .enumerate()
        // Where there is nobody, the total says so and nothing is hidden.
        .filter(|(_, count)| !fired.when(Step::Hidden, total > 0 && least.is_some_and(|least| *count < least)))
        .map(|(place, count)| range(place, count))
        .collect();
    fired.when(Step::Shown, least.is_some() && !ranges.is_empty());
    // With the total, one hidden band could be told.
    let told = fired.when(Step::TotalHidden, ranges.len() == NOT_PRESENTED);
    bytes(&Answer { tot_enrollment_count: (!told).then_some(total), ranges })
}

fn range(place: usize, enrollment_count: u64) -> Range {
    let start = place.checked_sub(1).and_then(|before| ENDS.get(before)).map_or(0, |end| end + 1);
    let (least, most, range_description) = match (place, ENDS.get(place)) {
        (0, Some(end)) => (Some(0), Some(*end), format!("<={}", dotted(*end))),
        (_, Some(end)) => (Some(start), Some(*end), format!("{}-{}", dotted(start), dotted(*end))),
        (NOT_PRESENTED, None) => (None, None, "ISEE non presentato".to_owned()),
        (_, None) => (Some(start), None, format!("> {}", dotted(start - 1))),
    };
    Range { isee_min_value: least, isee_max_value: most, enrollment_count, range_description }
}

/// `13.000`.
fn dotted(euros: u32) -> String {
    format!("{}.{:03}", euros / 1000, euros % 1000)
}

/// The academic years of a population's enrolments, with the one before them and the one after.
pub(super) fn years(population: &Population) -> Vec<u16> {
    let rows = population.students().iter().flat_map(|student| &student.careers).flat_map(|career| &career.years);
    let mut counts: BTreeMap<u16, ()> = rows.filter_map(|row| row.year).map(|year| (year, ())).collect();
    for around in [counts.keys().next().map(|year| year - 1), counts.keys().last().map(|year| year + 1)] {
        counts.extend(around.map(|year| (year, ())));
    }
    counts.into_keys().collect()
}

#[cfg(test)]
mod tests {
    use time::Date;

    use super::*;

    fn fired() -> Fired {
        Fired::of::<Step>()
    }

    fn of(amount: Amount) -> usize {
        let presented = Date::MIN;
        band(&[Declaration { amount, presented, wrong: false }], &mut fired())
    }

    #[test]
    fn bands_include_their_ends_ifs08_1_r1() {
        for (cents, place) in [
            (0, 0),
            (1_300_000, 0),
            (1_300_001, 1),
            (1_600_000, 1),
            (1_600_001, 2),
            (4_000_000, 13),
            (4_000_001, 14),
            (6_000_001, 18),
            (10_000_000, 21),
            (10_000_001, 22),
            (-1, 23),
        ] {
            assert_eq!(of(Amount::Cents(cents)), place, "{cents}");
        }
        assert_eq!((of(Amount::Word("ND")), band(&[], &mut fired())), (23, 23), "no amount");
    }

    #[test]
    fn labels_are_appendix_c() {
        let text = String::from_utf8(answer([0; 24], None, &mut fired())).unwrap();
        assert!(text.starts_with(r#"{"tot_enrollment_count":0,"ranges":[{"isee_min_value":0,"isee_max_value":13000,"enrollment_count":0,"range_description":"<=13.000"},{"isee_min_value":13001,"isee_max_value":16000,"enrollment_count":0,"range_description":"13.001-16.000"},"#), "a year of nobody");
        assert!(text.contains(r#"{"isee_min_value":90001,"isee_max_value":100000,"enrollment_count":0,"range_description":"90.001-100.000"},{"isee_min_value":100001,"isee_max_value":null,"enrollment_count":0,"range_description":"> 100.000"},{"isee_min_value":null,"isee_max_value":null,"enrollment_count":0,"range_description":"ISEE non presentato"}]"#));
        assert_eq!(text.matches("range_description").count(), 24);
    }

    #[test]
    fn small_bands_are_hidden_and_one_takes_the_total_with_it_ifs08_1_r2() {
        let mut counts = [5; 24];
        counts[3] = 2;
        let text = |counts, least| String::from_utf8(answer(counts, least, &mut fired())).unwrap();
        assert!(text(counts, Some(3)).starts_with(r#"{"tot_enrollment_count":null,"#));
        assert!(text(counts, Some(2)).starts_with(r#"{"tot_enrollment_count":117,"#));
        counts[7] = 1;
        let two = text(counts, Some(3));
        assert!(two.starts_with(r#"{"tot_enrollment_count":113,"#) && two.matches("range_description").count() == 22);
        // Of nobody there is nothing to hide.
        assert_eq!(text([0; 24], Some(3)), text([0; 24], None));
        assert_eq!(text([0; 24], Some(3)).matches(r#""enrollment_count":0"#).count(), 24);
    }

    #[test]
    fn the_latest_valid_declaration_counts() {
        let day = |day| Date::from_calendar_date(2025, time::Month::May, day).unwrap();
        let one = |cents, at, wrong| Declaration { amount: Amount::Cents(cents), presented: day(at), wrong };
        assert_eq!(band(&[one(0, 2, false), one(10_000_001, 1, false)], &mut fired()), 0);
        assert_eq!(band(&[one(0, 1, false), one(10_000_001, 2, true)], &mut fired()), 0);
        assert_eq!(band(&[one(0, 1, true)], &mut fired()), 23);
    }
}
