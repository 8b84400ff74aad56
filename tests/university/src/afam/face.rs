//! The conservatory's system: a table behind a small REST service, and an export.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use serde::Serialize;

use super::catalogue::{Catalogue, TOWNS, lesson_code, lessons};
use super::pupils::{Career, Diploma, Enrolment, Examined, Pupil, pupil};
use crate::catalogue::Access;
use crate::exams::{Outcome, Standing};
use crate::population::{FinalMark, Status};
use crate::rest::{short_day, tenths};
use crate::system::{Call, Reply};
use crate::{Population, Student};

/// Where all paths begin.
pub(crate) const BASE: &str = "/afam/";

/// The system.
pub(crate) struct Face {
    population: Arc<Population>,
}

/// Every answer in JSON. What went wrong is said in here, with HTTP 200 where the service itself was reached.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer<T> {
    esito: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    codice: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    messaggio: Option<&'static str>,
    dati: Option<Vec<T>>,
}

/// A yearly enrolment. All values are texts, and a missing one is `""`.
#[derive(Serialize)]
#[serde(rename_all = "UPPERCASE")]
struct Row {
    cod_fisc: String,
    aa: String,
    corso: &'static str,
    liv: &'static str,
    anno: String,
    stato: &'static str,
    aa_imm: String,
    sede: &'static str,
}

impl Face {
    /// The face for a population.
    pub(crate) fn new(population: Arc<Population>) -> Self {
        Self { population }
    }

    /// The refusal of a call without the right credentials.
    pub(crate) fn refused() -> Reply {
        failure(401, "E401", "ACCESSO NEGATO")
    }

    /// The population's answer.
    pub(crate) fn answer(&self, call: &Call<'_>) -> Reply {
        if call.method != "GET" {
            return failure(405, "E405", "METODO NON AMMESSO");
        }
        match call.path {
            "/afam/api/allievi" => {
                self.pupils(call, |pupil| pupil.years.iter().map(|year| row(pupil.student.tax_code(), year)).collect())
            }
            "/afam/api/esami" => self.pupils(call, |pupil| pupil.exams.iter().map(examined).collect()),
            "/afam/api/diplomi" => self.pupils(call, |pupil| pupil.diplomas.iter().map(diploma).collect()),
            "/afam/export/insegnamenti.csv" => {
                let body = latin1(&plan());
                Reply { content_type: "text/csv;charset=ISO-8859-1", ..Reply::json(200, body) }
            }
            "/afam/export/allievi.csv" => {
                let body = latin1(&self.everybody());
                Reply { status: 200, content_type: "text/csv;charset=ISO-8859-1", body, location: None }
            }
            "/afam/export/corsi.csv" => {
                let body = latin1(&courses());
                Reply { content_type: "text/csv;charset=ISO-8859-1", ..Reply::json(200, body) }
            }
            _ => failure(404, "E404", "RISORSA NON TROVATA"),
        }
    }

    /// `allievi.csv`: a line for each pupil, in no order.
    fn everybody(&self) -> String {
        let mut csv = String::from("COD_FISC;MATRICOLA\r\n");
        let mut known: Vec<&str> = self.population.students().iter().map(Student::tax_code).collect();
        known.retain(|code| pupil(&self.population, code).is_some());
        known.sort_unstable_by_key(|code| code.bytes().rev().collect::<Vec<u8>>());
        for (place, code) in known.iter().enumerate() {
            // Writing to a string cannot fail.
            let _ = write!(csv, "{code};{place:06}\r\n");
        }
        csv
    }

    /// `allievi?cf=`: an unknown person is a failure inside a 200, a known one without enrolments an empty list.
    fn pupils<T: Serialize>(&self, call: &Call<'_>, rows: impl Fn(&Pupil<'_>) -> Vec<T>) -> Reply {
        let Some(code) = call.query("cf").filter(|code| !code.is_empty()) else {
            return failure(200, "E01", "PARAMETRO CF MANCANTE");
        };
        let Some(pupil) = pupil(&self.population, code) else {
            return failure(200, "E02", "ALLIEVO NON TROVATO");
        };
        json(200, &Answer { esito: "OK", codice: None, messaggio: None, dati: Some(rows(&pupil)) })
    }
}

fn row(tax_code: &str, year: &Enrolment) -> Row {
    let course = &Catalogue::get().courses[year.course];
    let status = match year.status {
        Status::Active => "I",
        Status::Cancelled => "R",
        Status::Suspended => "S",
        Status::Other => "Z",
        Status::Missing => "",
    };
    Row {
        cod_fisc: tax_code.to_owned(),
        aa: academic_year(year.year),
        corso: course.code,
        liv: course.level,
        anno: year.course_year.map(|nth| nth.to_string()).unwrap_or_default(),
        // With reserve, whatever else.
        stato: if year.conditional { "C" } else { status },
        aa_imm: academic_year(year.cohort),
        sede: TOWNS[year.town].0,
    }
}

/// An examination. All values are texts here too.
fn examined(one: &Examined) -> BTreeMap<&'static str, String> {
    let exam = &one.exam;
    let (mark, honours) = match exam.outcome {
        Outcome::Mark(mark, honours) => (mark.to_string(), honours),
        _ => (String::new(), false),
    };
    let word = if matches!(exam.outcome, Outcome::Judged(_)) { "IDONEO" } else { "" };
    let passed = exam.standing == Standing::Passed;
    let mut row = career(one.career);
    row.extend([
        ("ID", exam.id.to_string()),
        ("AA", exam.year.map(academic_year).unwrap_or_default()),
        ("MATERIA", exam.name.to_owned()),
        ("DATA", exam.passed_on.map(short_day).unwrap_or_default()),
        ("VOTO", mark),
        ("LODE", yes(honours)),
        ("ESITO", word.to_owned()),
        ("SUPERATO", yes(passed)),
        ("CFA", format!("{},{}", exam.tenths / 10, exam.tenths % 10)),
    ]);
    row
}

/// A diploma.
fn diploma(one: &Diploma) -> BTreeMap<&'static str, String> {
    let mark = tenths(one.mark);
    let limit = |limit: u16| mark.map(|_| limit.to_string()).unwrap_or_default();
    let word = if one.mark == FinalMark::Qualified { "IDONEO" } else { "" };
    let mut row = career(one.career);
    row.extend([
        ("DATA", one.awarded.map(short_day).unwrap_or_default()),
        ("MODIFICATO", String::new()),
        ("VOTO", mark.map(|tenths| format!("{},{}", tenths / 10, tenths % 10)).unwrap_or_default()),
        ("ESITO", word.to_owned()),
        ("LODE", yes(one.mark == FinalMark::Honours)),
        ("MINIMO", limit(one.scale.0)),
        ("BASE", limit(one.scale.1)),
        ("ORDINAMENTO", if one.old { "VO" } else { "NO" }.to_owned()),
    ]);
    row
}

fn career(career: Career) -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        ("CORSO", Catalogue::get().courses[career.course].code.to_owned()),
        ("SEDE", TOWNS[career.town].0.to_owned()),
        ("AA_IMM", academic_year(career.cohort)),
    ])
}

fn yes(holds: bool) -> String {
    if holds { "SI" } else { "NO" }.to_owned()
}

/// `insegnamenti.csv`: a line for each lesson of a course's plan.
fn plan() -> String {
    let mut csv = String::from("CORSO;INDIRIZZO;ANNO;SETTORE;MATERIA;COD;CFA;ORE\r\n");
    for (index, course) in Catalogue::get().courses.iter().enumerate() {
        for lesson in lessons(index, course) {
            // Writing to a string cannot fail.
            let _ = write!(
                csv,
                "{};{};{};{};{};{};{},{};{}\r\n",
                course.code,
                lesson.branch.unwrap_or(""),
                lesson.year.map(|year| year.to_string()).unwrap_or_default(),
                lesson.sector.unwrap_or(""),
                lesson.name,
                lesson_code(&lesson),
                lesson.tenths / 10,
                lesson.tenths % 10,
                lesson.hours.map(|hours| hours.to_string()).unwrap_or_default(),
            );
        }
    }
    csv
}

/// `2023/24`.
fn academic_year(year: u16) -> String {
    format!("{year}/{:02}", (year + 1) % 100)
}

fn failure(status: u16, code: &'static str, message: &'static str) -> Reply {
    let answer: Answer<()> = Answer { esito: "KO", codice: Some(code), messaggio: Some(message), dati: None };
    json(status, &answer)
}

fn json<T: Serialize>(status: u16, answer: &Answer<T>) -> Reply {
    // Texts only: there is nothing that cannot be written.
    Reply::json(status, serde_json::to_vec(answer).unwrap_or_default())
}

/// `corsi.csv`: a line for a course and a town, lines ended as on Windows.
fn courses() -> String {
    let mut csv = String::from(
        "CORSO;DENOMINAZIONE;LIV;ANNI;CFA;CONTRIBUTO;SEDE;COMUNE;CODICE_MIN;CLASSE;\
         ACCESSO;LINGUA;ATTIVO\r\n",
    );
    for course in &Catalogue::get().courses {
        for (town, town_name) in course.towns.iter().map(|town| TOWNS[*town]) {
            // Writing to a string cannot fail.
            let _ = write!(
                csv,
                "{};{};{};{};{};{};{town};{town_name};{};{};{};{};{}\r\n",
                course.code,
                course.name,
                course.level,
                course.duration,
                course.credits().map(|credits| format!("{credits},0")).unwrap_or_default(),
                euros(course.fee),
                course.parent_code.as_deref().unwrap_or(""),
                course.class.map_or("", |class| class.class),
                access(course.access),
                course.languages.join("/"),
                if course.admits { "SI" } else { "NO" },
            );
        }
    }
    csv
}

/// `P` for a planned number, `L` for free entry.
fn access(access: Option<Access>) -> &'static str {
    match access {
        None => "",
        Some(Access::Free) => "L",
        Some(Access::Planned | Access::Restricted) => "P",
    }
}

/// `1.250,50`.
fn euros(hundredths: u32) -> String {
    let (whole, rest) = (hundredths / 100, hundredths % 100);
    if whole >= 1000 { format!("{}.{:03},{rest:02}", whole / 1000, whole % 1000) } else { format!("{whole},{rest:02}") }
}

/// The catalogue has no other characters.
fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect()
}
