//! The conservatory's system: a table behind a small REST service, and an export.

use std::fmt::Write as _;
use std::sync::Arc;

use serde::Serialize;

use super::catalogue::{Catalogue, TOWNS};
use super::pupils::{Enrolment, Pupil, pupil};
use crate::Population;
use crate::catalogue::Access;
use crate::population::Status;
use crate::system::{Call, Reply};

/// Where all paths begin.
pub(crate) const BASE: &str = "/afam/";

/// The system.
pub(crate) struct Face {
    population: Arc<Population>,
}

/// Every answer in JSON. What went wrong is said in here, with HTTP 200 where the service itself was reached.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer<'a> {
    esito: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    codice: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    messaggio: Option<&'static str>,
    dati: Option<Vec<Row<'a>>>,
}

/// A yearly enrolment. All values are texts, and a missing one is `""`.
#[derive(Serialize)]
#[serde(rename_all = "UPPERCASE")]
struct Row<'a> {
    cod_fisc: &'a str,
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
            "/afam/api/allievi" => self.pupils(call),
            "/afam/export/corsi.csv" => {
                let body = latin1(&courses());
                Reply { status: 200, content_type: "text/csv;charset=ISO-8859-1", body }
            }
            _ => failure(404, "E404", "RISORSA NON TROVATA"),
        }
    }

    /// `allievi?cf=`: an unknown person is a failure inside a 200, a known one without enrolments an empty list.
    fn pupils(&self, call: &Call<'_>) -> Reply {
        let Some(code) = call.query("cf").filter(|code| !code.is_empty()) else {
            return failure(200, "E01", "PARAMETRO CF MANCANTE");
        };
        let Some(Pupil { student, years }) = pupil(&self.population, code) else {
            return failure(200, "E02", "ALLIEVO NON TROVATO");
        };
        let rows = years.iter().map(|year| row(student.tax_code(), year)).collect();
        json(200, &Answer { esito: "OK", codice: None, messaggio: None, dati: Some(rows) })
    }
}

fn row<'a>(tax_code: &'a str, year: &Enrolment) -> Row<'a> {
    let course = &Catalogue::get().courses[year.course];
    let status = match year.status {
        Status::Active => "I",
        Status::Cancelled => "R",
        Status::Suspended => "S",
        Status::Other => "Z",
        Status::Missing => "",
    };
    Row {
        cod_fisc: tax_code,
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

/// `2023/24`.
fn academic_year(year: u16) -> String {
    format!("{year}/{:02}", (year + 1) % 100)
}

fn failure(status: u16, code: &'static str, message: &'static str) -> Reply {
    json(status, &Answer { esito: "KO", codice: Some(code), messaggio: Some(message), dati: None })
}

fn json(status: u16, answer: &Answer<'_>) -> Reply {
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
                "{};{};{};{};{},0;{};{town};{town_name};{};{};{};{};{}\r\n",
                course.code,
                course.name,
                course.level,
                course.duration,
                u16::from(course.duration) * 60,
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
