//! IFS01.1: the courses that admit a new cohort in an academic year, on one page.

use std::ops::RangeInclusive;

use serde::Serialize;

use super::{Fired, bytes, in_order, steps};
use crate::INSTITUTE_CODE;
use crate::catalogue::{Access, COHORTS, Catalogue, Course, MinistryRow};

steps! {
    /// A decision that a rule of IFS01.1 takes.
    Step {
        Empty: "IFS01.1 no course, empty list",
        Closed: "IFS01.1-S1 admits no new cohort",
        NotListed: "IFS01.1-F1 no code of the Ministry's",
        SeveralClasses: "IFS01.1-F4 an item for each class",
        SeveralTowns: "IFS01.1-F1 an item for each seat",
        NoTown: "IFS01.1-F1 a seat without town",
        Duplicate: "3.4 item that is there already",
        SameCode: "IFS01.1-F4 one code in two items",
        Constraint: "IFS01.1 value breaks its constraint, left out",
        NoProgrammeType: "GEN-8 programme type left out",
        NoAccess: "GEN-8 access left out",
        NoArea: "GEN-8 area left out",
        NoLanguage: "GEN-8 language left out",
        SeveralLanguages: "IFS01.1 several languages",
        NoCredits: "GEN-8 credits left out",
    }
}

/// The answer, members in the contract's order of declaration. There is always a single page.
#[derive(Serialize)]
struct Answer {
    degree_courses: Vec<Item>,
    meta: Meta,
}

/// T-56: no further page is null, never `""`.
#[derive(Serialize)]
struct Meta {
    cursor: Option<String>,
}

/// A course, its class and its seat. No member may be null: what has no value is left out (GEN-8, T-19).
#[derive(Serialize)]
struct Item {
    #[serde(skip_serializing_if = "Option::is_none")]
    programme_type_code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    programme_access: Option<&'static str>,
    course_location: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    course_area: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    degree_course_language: Option<String>,
    degree_course_period_years: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    degree_course_code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_credits: Option<u16>,
    academic_year: String,
}

/// What an institute says of a course; the rest is the Ministry's.
pub(super) struct Offer {
    /// Whether a new cohort can be activated.
    pub(super) admits: bool,
    pub(super) parent_code: Option<&'static str>,
    /// The towns of its seats.
    pub(super) towns: Vec<Option<&'static str>>,
    pub(super) access: Option<Access>,
    /// ISO 639-1, the main one first.
    pub(super) languages: &'static [&'static str],
    pub(super) years: u8,
    pub(super) credits: Option<u16>,
}

/// The expected bytes of IFS01.1 for an academic year, by the year it starts in.
#[must_use]
pub fn ifs01_1(year: u16) -> Vec<u8> {
    count(year, &mut tally())
}

/// The same, counted.
pub(super) fn count(year: u16, fired: &mut Fired) -> Vec<u8> {
    page(&offers(), rows(), year, fired)
}

/// Runs it for every cohort the Ministry lists and the year before, and counts.
#[must_use]
pub fn fired() -> Fired {
    over(&offers(), rows(), COHORTS)
}

fn rows() -> impl Iterator<Item = &'static MinistryRow> + Clone {
    Catalogue::get().ministry.iter().filter(|row| row.institute == INSTITUTE_CODE)
}

fn offers() -> Vec<Offer> {
    let catalogue = Catalogue::get();
    let offer = |course: &'static Course| Offer {
        admits: course.admits,
        parent_code: course.parent_code.as_deref(),
        towns: course.sites.iter().map(|site| catalogue.site(*site).and_then(|site| site.town.as_deref())).collect(),
        access: course.access,
        languages: course.languages,
        years: course.duration,
        credits: course.credits,
    };
    catalogue.courses.iter().map(offer).collect()
}

/// Nothing counted yet.
pub(super) fn tally() -> Fired {
    Fired::of::<Step>()
}

/// Runs it for an institute's cohorts and the year before.
pub(super) fn over(
    offers: &[Offer],
    rows: impl Iterator<Item = &'static MinistryRow> + Clone,
    cohorts: RangeInclusive<u16>,
) -> Fired {
    let mut fired = tally();
    for year in cohorts.start() - 1..=*cohorts.end() {
        page(offers, rows.clone(), year, &mut fired);
    }
    fired
}

/// The one page of an institute.
pub(super) fn page(
    offers: &[Offer],
    rows: impl Iterator<Item = &'static MinistryRow> + Clone,
    year: u16,
    fired: &mut Fired,
) -> Vec<u8> {
    let cohort: Vec<&MinistryRow> = rows.filter(|row| row.cohort == year).collect();
    let mut items = Vec::new();
    for offer in offers {
        // S1.
        if fired.when(Step::Closed, !offer.admits) {
            continue;
        }
        fired.when(Step::NoTown, offer.towns.contains(&None));
        let before = items.len();
        for town in &offer.towns {
            let here = cohort
                .iter()
                .filter(|row| Some(row.parent_code.as_str()) == offer.parent_code && Some(row.town.as_str()) == *town);
            // F1: class, seat and cohort together have one code of the Ministry's.
            let here: Vec<Item> = here.map(|row| item(year, offer, row, fired)).collect();
            fired.when(Step::SeveralClasses, here.len() > 1);
            items.extend(here);
        }
        fired.when(Step::NotListed, items.len() == before);
        let first = offer.towns.first();
        fired.when(Step::SeveralTowns, offer.towns.iter().flatten().any(|town| Some(&Some(*town)) != first));
    }
    let items = in_order(items, Step::Duplicate, fired);
    fired.when(Step::Empty, items.is_empty());
    // F4 is the institute's to keep: items that share a code but differ both stay.
    let mut codes: Vec<&str> = items.iter().filter_map(|item| item.degree_course_code).collect();
    codes.sort_unstable();
    fired.when(Step::SameCode, codes.windows(2).any(|two| two[0] == two[1]));
    bytes(&Answer { degree_courses: items, meta: Meta { cursor: None } })
}

fn item(year: u16, offer: &Offer, row: &'static MinistryRow, fired: &mut Fired) -> Item {
    fired.when(Step::NoProgrammeType, row.programme_type.is_none());
    fired.when(Step::NoAccess, offer.access.is_none());
    fired.when(Step::NoArea, row.class.is_none());
    fired.when(Step::NoLanguage, offer.languages.is_empty());
    fired.when(Step::SeveralLanguages, offer.languages.len() > 1);
    fired.when(Step::NoCredits, offer.credits.is_none());
    let languages: Vec<String> = offer.languages.iter().map(|language| language.to_uppercase()).collect();
    let code = row.course_code.as_str();
    Item {
        programme_type_code: row.programme_type,
        programme_access: offer.access.map(|access| match access {
            Access::Free => "free",
            Access::Planned | Access::Restricted => "limited",
        }),
        // F3: the seat's municipality; the code belongs to that seat alone.
        course_location: &row.town,
        // F2.
        course_area: row.class.map(|class| class.name),
        degree_course_language: (!languages.is_empty()).then(|| languages.join(",")),
        degree_course_period_years: offer.years,
        degree_course_code: Some(code).filter(|_| !fired.when(Step::Constraint, code.chars().count() > 20)),
        total_credits: offer.credits,
        academic_year: format!("{year:04}/{:04}", year + 1),
    }
}
