//! ESSE3's REST face over the population: paths, authentication, errors. As awkward as its public descriptions say.

mod added;
mod careers;
mod enrolments;
mod fields;
mod keys;
mod login;
mod offer;
mod paging;
mod people;
mod row;
mod structure;
mod titles;
mod transcript;

use std::sync::Arc;

use crate::Population;
use crate::hidden::Hidden;
use crate::office::{self, Office};
use crate::system::{Call, Reply};
pub(crate) use added::length_code;
pub(crate) use careers::state_code;
pub(crate) use keys::digest;
use login::Door;
pub(crate) use paging::page;
pub(crate) use people::sex;
pub(crate) use row::{Row, manner, short_day};
pub(crate) use structure::{access_code, active_from, language_code, type_name};
pub(crate) use titles::{judgement as final_judgement, tenths};
pub(crate) use transcript::{outcome_codes, part_code, recognition_code, state_of};

/// Where all paths begin.
pub(crate) const BASE: &str = "/e3rest/api";

impl Reply {
    /// An answer in the form of `DettaglioErrore`. `said` is the status that the document itself names.
    pub(crate) fn error(status: u16, said: u16, message: &str) -> Self {
        let mut body = String::new();
        Row::object(&mut body, |row| {
            row.int("statusCode", said).int("retCode", -1).text("retErrMsg", message);
            row.list("errDetails", &[message], |message, row| {
                row.text("errorType", "stackTrace").text("value", message).text("rawValue", "");
            });
        });
        Self::json(status, body)
    }

    fn invalid(parameter: &str) -> Self {
        Self::error(422, 422, &format!("Parametri non corretti: {parameter}"))
    }

    fn absent() -> Self {
        Self::error(404, 404, "Risorsa non trovata")
    }
}

/// The system: who may enter, and what it answers.
pub(crate) struct Face {
    population: Arc<Population>,
    office: Arc<Office>,
    door: Door,
    structure: structure::Rendered,
    hidden: Hidden,
}

impl Face {
    /// A face for a population; an empty user name lets everybody in.
    pub(crate) fn new(
        population: Arc<Population>,
        office: Arc<Office>,
        (user, password): (&str, &str),
        hidden: Hidden,
    ) -> Self {
        Self { population, office, door: Door::new(user, password), structure: structure::Rendered::new(), hidden }
    }

    /// Whether a call brings the right credentials.
    pub(crate) fn admits(&self, call: &Call<'_>) -> bool {
        self.door.admits(call.authorization)
    }

    /// The refusal of a call that may not enter; nothing for one that may.
    pub(crate) fn refusal(&self, call: &Call<'_>) -> Option<Reply> {
        let path = call.path.strip_prefix(BASE).unwrap_or(call.path);
        let public = path.strip_prefix("/struttura-service-v1/").is_some_and(|rest| {
            matches!(rest, "corsi" | "sedi" | "tipiCorso")
                || (rest.starts_with("corsi/") && rest.ends_with("/ordinamenti"))
        });
        // A public endpoint does not ask, but wrong credentials are wrong everywhere.
        let ok = self.door.admits(call.authorization) || (public && call.authorization.is_none());
        (!ok).then(|| Reply::error(401, 401, "Autenticazione non valida"))
    }

    /// The population's answer.
    pub(crate) fn answer(&self, call: &Call<'_>) -> Reply {
        let Some(path) = call.path.strip_prefix(BASE).and_then(|path| path.strip_prefix('/')) else {
            return Reply::absent();
        };
        // A session may be named in the path.
        let path = path.split(";jsessionid=").next().unwrap_or(path);
        // No part of the product, as little as what a university could add for the IFS to read.
        let written = path.strip_prefix("ifs/").and_then(|below| office::rest::answer(&self.office, call, below));
        if let Some(reply) = written {
            return reply;
        }
        if call.method != "GET" {
            return Reply::error(405, 405, "Metodo non ammesso");
        }
        fields::projected(call, self.found(call, path))
    }

    /// The whole of what is at a path.
    fn found(&self, call: &Call<'_>, path: &str) -> Reply {
        let population = &*self.population;
        let segments: Vec<&str> = path.split('/').collect();
        match segments.as_slice() {
            ["login"] => self.door.login(call, false),
            ["login", "jwt", "new"] | ["jwt", "refresh"] => self.door.login(call, true),
            ["struttura-service-v1", "corsi"] => self.structure.courses(call),
            ["struttura-service-v1", "corsi", id] => self.structure.course(id),
            ["struttura-service-v1", "corsi", id, "ordinamenti"] => self.structure.orders(id),
            ["struttura-service-v1", "corsiFull", id] => self.structure.full(id),
            ["struttura-service-v1", "tipiCorso"] => structure::types(),
            ["struttura-service-v1", "sedi"] => self.structure.sites(call),
            ["anagrafica-service-v2", "persone"] => people::list(call, population),
            ["anagrafica-service-v2", "persone", id] => people::one(id, population),
            ["anagrafica-service-v2", "atenei"] => people::universities(call),
            // No part of the product: what a university could add for the IFS.
            ["ifs", "chiavi", key] => keys::one(key, population),
            ["ifs", "mobilita"] => added::mobility(call, population),
            ["ifs", "isee"] => added::isee(call, population),
            ["carriere-service-v1", "carriere"] => careers::list(call, population, &self.hidden),
            ["carriere-service-v1", "carriere", "datiMin"] => careers::light(call, population),
            ["carriere-service-v1", "carriere", "verifica-iscrizione"] => careers::verify(call, population),
            ["carriere-service-v1", "carriere", id] => careers::one(id, population),
            ["carriere-service-v1", "iscrizioni", year] => enrolments::of_year(call, year, population),
            ["carriere-service-v1", "carriere", id, "iscrizioni"] => enrolments::list(call, id, population),
            ["offerta-service-v1", "offerte", year, course, "segmenti"] => offer::segments(call, year, course),
            ["offerta-service-v1", "offerte", year, course, "attivita"] => offer::activities(call, year, course),
            ["regsce-service-v1", "regsceFull"] => offer::regulation(call),
            ["libretto-service-v2", "libretti"] => transcript::list(call, population),
            // The slash at the end belongs to the path.
            ["libretto-service-v2", "libretti", id, "righe", ""] => transcript::rows(call, id, population),
            ["conseguimento-titolo-service-v1", "domandeCt", "stuId", id] => titles::list(id, population),
            _ => Reply::absent(),
        }
    }
}

/// A number in a path.
fn id(text: &str) -> Result<u32, Reply> {
    text.parse().map_err(|_| Reply::invalid("id"))
}

/// What is added to a career's number to give its enrolment number (`matId`).
pub(crate) const MAT_ID_OFFSET: u32 = 100_000;
