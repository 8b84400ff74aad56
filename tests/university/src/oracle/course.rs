//! IFS01.2: a course with its curricula, for the cohort that its code names.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::proofs::sorted;
use super::{Expected, Fired, bytes, steps};
use crate::INSTITUTE_CODE;
use crate::catalogue::{Access, Catalogue, Course, MinistryRow, Mode, WEBSITE};
use crate::plans::{Curriculum, Teaching, plan};

steps! {
    /// A decision that a rule of IFS01.2 takes.
    Step {
        UnknownCode: "T-59 code that the Ministry does not list",
        OtherInstitute: "T-59 code of another institute",
        Gone: "T-59 code of a course that the university has no more",
        SeveralCourses: "IFS01.2 several courses of one code",
        NoType: "GEN-8 programme type left out",
        NoAccess: "GEN-8 access left out",
        NoArea: "GEN-8 area left out",
        LongArea: "T-21 area cut to 99 characters",
        NoLanguage: "GEN-8 language left out",
        NoCredits: "GEN-8 credits left out",
        NoMode: "GEN-8 mode left out",
        NoWebsite: "GEN-8 course website left out",
        SeveralCurricula: "IFS01.2 several curricula",
        LongCurriculum: "IFS01.2 name of a curriculum cut to 100 characters",
        Elective: "IFS01.2-F1 group of year 0 left out",
        NoYear: "IFS01.2-F1 group without a year left out",
        NoGroup: "IFS01.2-F1 no group left",
        OwnKind: "IFS01.2-F2 sector and credits of a university, the other kind's null",
        SeveralSectors: "IFS01.2 several sectors",
        NoSector: "IFS01.2-F2 sector null",
        LongName: "IFS01.2 name of a teaching cut to 256 characters",
        Halves: "T-23 halves that make whole credits",
        NoLearningCredits: "T-23 no whole credits, null",
        NoHours: "T-19 no hours known, left out",
        ZeroHours: "IFS01.2 no hour given, 0",
        NoLearningLanguage: "GEN-8 language of a teaching left out",
        NoPage: "IFS01.2 page of a teaching null",
        Duplicate: "3.4 item that is there already",
    }
}

/// The answer, members in the contract's order of declaration. None may be null: what has no value is left out.
#[derive(Serialize)]
pub(super) struct Answer {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) programme_type_code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) programme_access: Option<&'static str>,
    pub(super) course_location: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) remote_mode: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) course_area: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) degree_course_language: Option<String>,
    pub(super) degree_course_period_years: u8,
    pub(super) degree_course_code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) total_credits: Option<u16>,
    pub(super) academic_year: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) first_year_activation_course: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) website_university: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) website_course: Option<String>,
    pub(super) curriculum_list: Vec<Way>,
}

/// A curriculum.
#[derive(Serialize)]
pub(super) struct Way {
    pub(super) curriculum_name: String,
    pub(super) curriculum_learnings: Vec<Year>,
}

/// The teachings of a year.
#[derive(Serialize)]
pub(super) struct Year {
    pub(super) degree_course_year: u8,
    pub(super) learnings: Vec<Learning>,
}

/// A teaching. Sectors, credits and the page may be null.
#[derive(Serialize)]
pub(super) struct Learning {
    pub(super) learning_ssd: Option<String>,
    pub(super) learning_sad: Option<String>,
    pub(super) learning_name: String,
    pub(super) learning_code: String,
    pub(super) learning_cfu: Option<u16>,
    pub(super) learning_cfa: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) learning_hour: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) learning_language: Option<&'static str>,
    pub(super) learning_ref: Option<String>,
}

/// The university's answer.
pub(super) fn university(code: &str, fired: &mut Fired) -> Expected {
    let rows = &Catalogue::get().ministry;
    let Some(row) = rows.iter().find(|row| row.course_code == code) else {
        fired.add(Step::UnknownCode);
        return Expected::UnknownCourse;
    };
    if fired.when(Step::OtherInstitute, row.institute != INSTITUTE_CODE) {
        return Expected::UnknownCourse;
    }
    // The scalars are those of the least number, the curricula those of all.
    let mut courses: Vec<&'static Course> = Catalogue::get()
        .courses
        .iter()
        .filter(|course| course.parent_code.as_deref() == Some(row.parent_code.as_str()))
        .collect();
    courses.sort_by_key(|course| course.id);
    let Some(main) = courses.first() else {
        fired.add(Step::Gone);
        return Expected::UnknownCourse;
    };
    fired.when(Step::SeveralCourses, courses.len() > 1);
    let mut ways = Vec::new();
    for course in &courses {
        let plan = plan(course, row.cohort);
        fired.when(Step::SeveralCurricula, plan.curricula.len() > 1);
        for curriculum in &plan.curricula {
            ways.push((way(curriculum, plan.regulated, fired), ()));
        }
    }
    let curriculum_list = sorted(ways, || fired.add(Step::Duplicate));
    Expected::Answer(bytes(&answer(row, main, curriculum_list, fired)))
}

fn answer(row: &'static MinistryRow, main: &Course, curriculum_list: Vec<Way>, fired: &mut Fired) -> Answer {
    fired.when(Step::NoType, row.programme_type.is_none());
    fired.when(Step::NoAccess, main.access.is_none());
    fired.when(Step::NoArea, row.class.is_none());
    fired.when(Step::NoLanguage, main.languages.is_empty());
    fired.when(Step::NoCredits, main.credits.is_none());
    fired.when(Step::NoMode, main.mode.is_none());
    fired.when(Step::NoWebsite, main.website.is_none());
    let first = if main.norm == "DM509" { 2001 } else { 2009 };
    Answer {
        programme_type_code: row.programme_type,
        programme_access: main.access.map(access),
        course_location: &row.town,
        remote_mode: main.mode.map(|mode| match mode {
            Mode::OnSite => "on-site",
            Mode::Remote => "full-remote",
            Mode::Mixed => "hybrid",
        }),
        course_area: row.class.map(|class| cut(class.name, 99, Step::LongArea, fired)),
        degree_course_language: languages(main.languages),
        degree_course_period_years: main.duration,
        degree_course_code: &row.course_code,
        total_credits: main.credits,
        academic_year: academic_year(row.cohort),
        first_year_activation_course: Some(academic_year(first)),
        website_university: Some(WEBSITE),
        website_course: main.website.clone(),
        curriculum_list,
    }
}

pub(super) fn access(access: Access) -> &'static str {
    match access {
        Access::Free => "free",
        Access::Planned | Access::Restricted => "limited",
    }
}

pub(super) fn languages(languages: &[&str]) -> Option<String> {
    (!languages.is_empty()).then(|| languages.join(",").to_uppercase())
}

pub(super) fn academic_year(year: u16) -> String {
    format!("{year:04}/{:04}", year + 1)
}

/// A text's first characters: the mapping says that it is cut, and where.
fn cut(text: &str, most: usize, step: Step, fired: &mut Fired) -> String {
    fired.when(step, text.chars().count() > most);
    text.chars().take(most).collect()
}

fn way(curriculum: &Curriculum, regulated: bool, fired: &mut Fired) -> Way {
    let mut by_year: BTreeMap<Option<u8>, Vec<&Teaching>> = BTreeMap::new();
    for teaching in &curriculum.teachings {
        by_year.entry(teaching.year.filter(|_| regulated)).or_default().push(teaching);
    }
    let mut years = Vec::new();
    for (year, teachings) in by_year {
        // F1.
        if fired.when(Step::NoYear, year.is_none()) || fired.when(Step::Elective, year == Some(0)) {
            continue;
        }
        let mut learnings = Vec::new();
        for teaching in teachings {
            learnings.push((learning(teaching, fired), ()));
        }
        let learnings = sorted(learnings, || fired.add(Step::Duplicate));
        years.push((Year { degree_course_year: year.unwrap_or(0), learnings }, ()));
    }
    let curriculum_learnings = sorted(years, || {});
    fired.when(Step::NoGroup, curriculum_learnings.is_empty());
    Way { curriculum_name: cut(&curriculum.name, 100, Step::LongCurriculum, fired), curriculum_learnings }
}

fn learning(teaching: &Teaching, fired: &mut Fired) -> Learning {
    let sectors: BTreeSet<&str> = teaching.segments.iter().filter_map(|segment| segment.sector).collect();
    let tenths: u16 = teaching.segments.iter().map(|segment| segment.tenths).sum();
    let hours: Vec<u16> = teaching.segments.iter().filter_map(|segment| segment.hours).collect();
    let credits = Some(tenths / 10).filter(|whole| tenths.is_multiple_of(10) && *whole > 0);
    let halves = teaching.segments.iter().any(|segment| !segment.tenths.is_multiple_of(10));
    fired.add(Step::OwnKind);
    fired.when(Step::SeveralSectors, sectors.len() > 1);
    fired.when(Step::NoSector, sectors.is_empty());
    fired.when(Step::Halves, halves && credits.is_some());
    fired.when(Step::NoLearningCredits, credits.is_none());
    let learning_hour = (!hours.is_empty()).then(|| hours.iter().sum());
    fired.when(Step::NoHours, learning_hour.is_none());
    fired.when(Step::ZeroHours, learning_hour == Some(0));
    fired.when(Step::NoLearningLanguage, teaching.language.is_none());
    fired.when(Step::NoPage, teaching.page.is_none());
    Learning {
        learning_ssd: (!sectors.is_empty()).then(|| sectors.into_iter().collect::<Vec<_>>().join(",")),
        learning_sad: None,
        learning_name: cut(&teaching.name, 256, Step::LongName, fired),
        learning_code: teaching.code.clone(),
        learning_cfu: credits,
        learning_cfa: None,
        learning_hour,
        learning_language: teaching.language,
        learning_ref: teaching.page.clone(),
    }
}

/// Codes to ask for: all that a request may carry of the cohort of a year, some of the first one, and some that are none
/// of the university's courses.
pub(super) fn codes(cohort: u16) -> Vec<String> {
    let fits = |row: &&MinistryRow| row.course_code.chars().count() <= 20;
    let rows = || Catalogue::get().ministry.iter().filter(fits);
    let ours = || rows().filter(|row| row.institute == INSTITUTE_CODE);
    let first = ours().filter(|row| row.cohort == *crate::catalogue::COHORTS.start()).take(8);
    let gone = ours().filter(|row| row.parent_code == crate::catalogue::GONE);
    let other = rows().filter(|row| row.institute != INSTITUTE_CODE).take(2);
    let known = ours().filter(|row| row.cohort == cohort).chain(first).chain(gone).chain(other);
    known.map(|row| row.course_code.clone()).chain(["0".to_owned(), "nessuno".to_owned()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans::Segment;

    fn teaching() -> Teaching {
        let segment = Segment { sector: Some("MAT/05"), tenths: 60, hours: Some(48) };
        Teaching {
            id: 1,
            code: "A1".to_owned(),
            name: "ANALISI".to_owned(),
            year: Some(1),
            segments: vec![segment],
            language: Some("Italiano"),
            page: None,
        }
    }

    fn text(teaching: &Teaching) -> String {
        String::from_utf8(bytes(&learning(teaching, &mut Fired::of::<Step>()))).unwrap()
    }

    fn with(segments: &[(Option<&'static str>, u16, Option<u16>)]) -> String {
        let of = |(sector, tenths, hours): &(Option<&'static str>, u16, Option<u16>)| Segment {
            sector: *sector,
            tenths: *tenths,
            hours: *hours,
        };
        text(&Teaching { segments: segments.iter().map(of).collect(), ..teaching() })
    }

    #[test]
    fn bytes_are_in_the_order_of_declaration_ifs01_2_f2() {
        assert_eq!(
            text(&teaching()),
            r#"{"learning_ssd":"MAT/05","learning_sad":null,"learning_name":"ANALISI","learning_code":"A1","learning_cfu":6,"learning_cfa":null,"learning_hour":48,"learning_language":"Italiano","learning_ref":null}"#
        );
        assert!(text(&Teaching { language: None, ..teaching() }).contains(r#""learning_hour":48,"learning_ref":null"#));
    }

    #[test]
    fn segments_are_added_up_t_23_t_19() {
        let halves = with(&[(Some("INF/01"), 45, Some(30)), (Some("FIS/01"), 45, Some(30))]);
        assert!(halves.starts_with(r#"{"learning_ssd":"FIS/01,INF/01","#));
        assert!(halves.contains(r#""learning_cfu":9,"#) && halves.contains(r#""learning_hour":60,"#));
        assert!(with(&[(None, 45, None)]).contains(r#""learning_cfu":null,"learning_cfa":null,"learning_language""#));
        assert!(with(&[(None, 0, Some(0))]).contains(r#""learning_cfu":null,"learning_cfa":null,"learning_hour":0,"#));
        assert!(with(&[(None, 60, Some(3))]).starts_with(r#"{"learning_ssd":null,"#));
    }

    #[test]
    fn groups_have_a_year_from_1_on_ifs01_2_f1() {
        let of = |year, regulated| {
            let teachings = vec![Teaching { year, ..teaching() }];
            let curriculum = Curriculum { id: 1, code: String::new(), name: "comune".to_owned(), teachings };
            String::from_utf8(bytes(&way(&curriculum, regulated, &mut Fired::of::<Step>()))).unwrap()
        };
        assert!(of(Some(1), true).starts_with(
            r#"{"curriculum_name":"comune","curriculum_learnings":[{"degree_course_year":1,"learnings":[{"#
        ));
        for (year, regulated) in [(Some(0), true), (None, true), (Some(1), false)] {
            assert_eq!(of(year, regulated), r#"{"curriculum_name":"comune","curriculum_learnings":[]}"#);
        }
    }

    #[test]
    fn unknown_codes_t_59() {
        let of = |code: &str| university(code, &mut Fired::of::<Step>());
        let rows = &Catalogue::get().ministry;
        let other = rows.iter().find(|row| row.institute != INSTITUTE_CODE).unwrap();
        let gone = rows.iter().find(|row| row.parent_code == crate::catalogue::GONE).unwrap();
        for code in ["", "0", &other.course_code, &gone.course_code] {
            assert_eq!(of(code), Expected::UnknownCourse, "{code}");
        }
    }

    #[test]
    fn names_are_cut_where_the_mapping_says() {
        let name = "à".repeat(300);
        assert!(text(&Teaching { name, ..teaching() }).contains(&format!(r#""learning_name":"{}","#, "à".repeat(256))));
    }
}
