//! `GET_CV` and `GET_CURRICULUM`: a person with careers and examinations, as a tree.
//!
//! `IFS_CV` is assumed, of the kind universities add: the same tree with what the documented one lacks, the numbers,
//! codes and yearly enrolments of each career, and of each examination its semester, its years, its scale and how it
//! came to count.

use super::enrolments;
use super::tree::Element;
use crate::catalogue::{Catalogue, Course};
use crate::classes::CLASSES;
use crate::exams::{Exam, Outcome, exams};
use crate::mobility::{ERASMUS_CODE, Period, periods};
use crate::population::{Career, CareerState, FinalMark, Population, Student};
use crate::rest::{
    MAT_ID_OFFSET, final_judgement, length_code, manner, outcome_codes, part_code, recognition_code, sex, short_day,
    state_code, state_of, tenths,
};

/// The language that comes first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Italian,
    English,
}

/// The document; without a student its values are empty.
pub(crate) fn document(
    population: &Population,
    student: Option<&Student>,
    first: Language,
    with_codes: bool,
) -> Element {
    let person = student.map(|student| &student.person);
    let careers = student.map_or(&[][..], |student| &student.careers);
    let careers = careers.iter().map(|each| career(population, each, first, with_codes)).collect();
    Element::record(
        "CURRICULUM",
        vec![
            Element::option("COD_FISCALE", student.map(Student::tax_code)),
            Element::option("NOME", person.map(|person| person.given.to_uppercase())),
            Element::option("COGNOME", person.map(|person| person.family.to_uppercase())),
            Element::option("SESSO", student.map(sex)),
            Element::option("DATA_NASCITA", person.map(|person| short_day(person.born))).with("type", "date"),
            Element::list("CARRIERE", careers),
        ]
        .into_iter()
        .chain(student.filter(|_| with_codes).map(|student| abroad(population, student)))
        .collect(),
    )
}

/// Times at other institutions.
fn abroad(population: &Population, student: &Student) -> Element {
    let period = |period: &Period| {
        Element::record(
            "PERIODO",
            vec![
                Element::option("TIPOLOGIA", period.programme_type),
                Element::option("DATA_INIZIO", period.start.map(short_day)).with("type", "date"),
                Element::option("DATA_FINE", period.end.map(short_day)).with("type", "date"),
                Element::text("TIPO_PERIODO", length_code(period.length)),
                Element::text("ATENEO_DES", period.host.name),
                Element::option("ERASMUS_COD", period.host.erasmus),
                Element::option("DIPARTIMENTO_DES", period.host.department),
                Element::option("NAZIONE", period.host.country),
                Element::option("DIPARTIMENTO_PARTENZA", period.department),
                Element::text("ERASMUS_COD_PARTENZA", ERASMUS_CODE),
            ],
        )
    };
    Element::list("MOBILITA", periods(population, student).iter().map(period).collect())
}

fn career(population: &Population, career: &Career, first: Language, with_codes: bool) -> Element {
    let course = &Catalogue::get().courses[career.course];
    let last = career.years.last();
    // A curriculum shows what counts: nothing in excess, nothing outside the plan, and parts as the whole they make.
    let exams: Vec<Exam> = exams(population.seed(), career, population.today())
        .into_iter()
        .filter(|exam| !exam.supernumerary && exam.in_plan)
        .collect();
    let earned: u32 = exams.iter().filter(|exam| exam.passed_on.is_some()).map(|exam| u32::from(exam.tenths)).sum();
    // The same courses have no English name as on the REST face.
    let english = if manner(course.id, 1, 3) == 0 { "" } else { "DEGREE COURSE" };
    let mut members = vec![
        Element::option("AA_IMMA", career.begun),
        Element::option("AA_CORSO", last.and_then(|row| row.course_year)),
        Element::option("AA_FC", last.map(|row| row.beyond)),
        Element::text("CFU_CONS", comma(earned)),
        Element::option("CFU_TOT", career.last().and_then(|row| Catalogue::get().courses[row.course].credits)),
        Element::option("MEDIA", mean(&exams)),
        in_languages("CDS_DES", &course.name.to_uppercase(), english, first),
    ];
    if with_codes {
        members.extend(codes(career, course));
        members.push(Element::list("ISCRIZIONI", enrolments::of_career(career).collect()));
        members.push(Element::list("TITOLI", title(career, course).into_iter().collect()));
    }
    members.push(Element::list("ESAMI", exams.iter().map(|each| exam(each, first, with_codes)).collect()));
    Element::record("CARRIERA", members)
}

fn codes(career: &Career, course: &Course) -> Vec<Element> {
    let site = career.years.first().and_then(|row| row.site);
    let town = site.and_then(|site| Catalogue::get().site(site)?.town.as_deref());
    vec![
        Element::text("STU_ID", career.stu_id),
        Element::text("MAT_ID", career.stu_id + MAT_ID_OFFSET),
        Element::text("STA_STU_COD", state_code(career).0),
        Element::text("AA_REG_ID", career.cohort),
        Element::text("CDS_ID", course.id),
        Element::text("CDS_COD", &course.code),
        Element::option("CODICIONE", course.parent_code.as_ref()),
        Element::text("TIPO_CORSO_COD", course.kind),
        Element::text("NORM_COD", course.norm),
        Element::option("SEDE_ISTAT_COD", town),
        Element::option("CLA_COD", course.classes.first().map(|class| CLASSES[*class].class)),
    ]
}

/// The degree with which a career was closed.
fn title(career: &Career, course: &Course) -> Option<Element> {
    let CareerState::Graduated(title) = career.state else { return None };
    let mark = title.mark();
    let value = tenths(mark);
    Some(Element::record(
        "TITOLO",
        vec![
            Element::option("DATA_CT", title.awarded().map(short_day)).with("type", "date"),
            Element::text("DATA_MOD", "").with("type", "date"),
            Element::option("VOTO", value.map(|tenths| comma(tenths.into()))),
            Element::option("BASE_VOTO", value.map(|_| 110)),
            Element::text("LODE_FLG", u8::from(mark == FinalMark::Honours)),
            Element::text("GIUDIZIO", final_judgement(mark)),
            Element::option("PROFESSIONE", course.profession),
        ],
    ))
}

fn exam(exam: &Exam, first: Language, with_codes: bool) -> Element {
    let (mark, honours) = match exam.outcome {
        Outcome::Mark(mark, honours) => (Some(mark), honours),
        _ => (None, false),
    };
    let credits = comma(exam.tenths.into());
    let decimals = if exam.tenths.is_multiple_of(10) && manner(exam.id, 40, 3) == 0 { ",0" } else { "" };
    let (_, judgement, _) = outcome_codes(exam);
    let mut members = vec![
        Element::text("COD_AD", &exam.code),
        in_languages("DES_AD", &exam.name.to_uppercase(), "", first),
        Element::text("PESO", format!("{credits}{decimals}")),
        Element::option("VOTO", mark),
        Element::option("BASE_VOTO", mark.map(|_| 30)),
        Element::text("LODE_FLG", u8::from(honours)),
        Element::text("GIUDIZIO", judgement),
        Element::text("TIPO_SETT_COD", ""),
        Element::text("TIPO_AF_DES", "Attività formativa"),
        Element::option("DATA_SUP_ESA", exam.passed_on.map(short_day)).with("type", "date"),
    ];
    if with_codes {
        members.extend([
            Element::text("ADSCE_ID", exam.id),
            Element::option("AA_FREQ_ID", exam.year),
            Element::text("PART_COD", part_code(exam.semester)),
            Element::option("AA_SUP_ID", exam.passed_in),
            Element::option("MIN_VOTO", mark.map(|_| 18)),
            Element::text("STATO", state_of(exam).0),
            Element::text("RIC_ID", recognition_code(exam)),
        ]);
    }
    Element::record("ESAME", members)
}

/// Tenths with a comma, where there are any.
pub(super) fn comma(tenths: u32) -> String {
    let (whole, rest) = (tenths / 10, tenths % 10);
    if rest == 0 { whole.to_string() } else { format!("{whole},{rest}") }
}

/// A name in both languages.
fn in_languages(name: &'static str, italian: &str, english: &str, first: Language) -> Element {
    let text = |text: &str, code: &str| Element::text("DESCRIZIONE", text).with("codice_lingua", code);
    let mut names = vec![text(italian, "ita"), text(english, "eng")];
    if first == Language::English {
        names.reverse();
    }
    Element::record(name, names).with("type", "lang")
}

/// The mean of the marks, weighed by credits: `27,5`, `28`, `26,33`.
fn mean(exams: &[Exam]) -> Option<String> {
    let marks = exams.iter().filter_map(|exam| match exam.outcome {
        Outcome::Mark(mark, _) => Some((u32::from(mark), u32::from(exam.tenths))),
        _ => None,
    });
    let (sum, weight) = marks.fold((0, 0), |(sum, weight), (mark, credits)| (sum + mark * credits, weight + credits));
    let hundredths = (sum * 200 + weight).checked_div(weight * 2)?;
    let written = format!("{},{:02}", hundredths / 100, hundredths % 100);
    Some(written.trim_end_matches('0').trim_end_matches(',').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exams::{Recognition, Standing};

    #[test]
    fn means_are_rounded_and_have_a_comma() {
        let exam = |mark, credits: u8| Exam {
            id: 1,
            code: String::new(),
            name: "",
            tenths: u16::from(credits) * 10,
            year: Some(2024),
            semester: None,
            course_year: 1,
            passed_on: None,
            passed_in: None,
            standing: Standing::Passed,
            recognition: Recognition::Not,
            outcome: Outcome::Mark(mark, false),
            supernumerary: false,
            in_plan: true,
            parts: Vec::new(),
        };
        let of =
            |marks: &[(u8, u8)]| mean(&marks.iter().map(|(mark, credits)| exam(*mark, *credits)).collect::<Vec<_>>());
        assert_eq!(of(&[]), None);
        for (marks, expected) in [
            (&[(30, 6), (25, 6)][..], "27,5"),
            (&[(28, 9)], "28"),
            (&[(30, 3), (30, 12)], "30"),
            (&[(26, 6), (27, 3)], "26,33"),
            (&[(26, 3), (27, 6)], "26,67"),
        ] {
            assert_eq!(of(marks).as_deref(), Some(expected));
        }
    }
}
