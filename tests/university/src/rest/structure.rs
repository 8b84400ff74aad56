//! `struttura-service-v1`: courses and sites. Constant, so their rows are written once.

use super::paging::{Key, Sortable, cut, optional, sort};
use super::row::{Row, list as write_list, manner, short_day};
use super::{Call, Reply, id};
use crate::DEFAULT_TODAY;
use crate::catalogue::{Access, Catalogue, Course, Mode, Site};
use crate::classes::CLASSES;

/// A record with its JSON.
struct Written<T: 'static> {
    record: &'static T,
    json: String,
}

/// All rows of the catalogue.
pub(crate) struct Rendered {
    courses: Vec<Written<Course>>,
    sites: Vec<Written<Site>>,
}

fn written<T>(record: &'static T, fill: impl Fn(&T, &mut Row<'_>)) -> Written<T> {
    let mut json = String::new();
    Row::object(&mut json, |row| fill(record, row));
    Written { record, json }
}

fn course_order<'a>() -> [Sortable<&'a Written<Course>>; 4] {
    [
        ("cdsId", |row| Key::Number(Some(row.record.id.into()))),
        ("cdsCod", |row| Key::Text(row.record.code.clone())),
        ("cdsDes", |row| Key::Text(row.record.name.clone())),
        ("tipoCorsoCod", |row| Key::Text(row.record.kind.to_owned())),
    ]
}

fn site_order<'a>() -> [Sortable<&'a Written<Site>>; 2] {
    [("sedeId", |row| Key::Number(Some(row.record.id.into()))), ("sedeDes", |row| Key::Text(row.record.name.clone()))]
}

impl Rendered {
    /// Writes them all.
    pub(crate) fn new() -> Self {
        let catalogue = Catalogue::get();
        Self {
            courses: catalogue.courses.iter().map(|course| written(course, course_row)).collect(),
            sites: catalogue.sites.iter().map(|site| written(site, site_row)).collect(),
        }
    }

    /// `corsi`: by code, not by identifier, unless `order` says so.
    pub(crate) fn courses(&self, call: &Call<'_>) -> Reply {
        let year = match optional(call, "attivoInAa") {
            Ok(year) => year,
            Err(reply) => return reply,
        };
        let wanted = |name: &str, value: &str| call.query(name).is_none_or(|wanted| wanted == value);
        let mut rows: Vec<&Written<Course>> = self
            .courses
            .iter()
            .filter(|row| wanted("cdsCod", &row.record.code) && wanted("tipoCorsoCod", row.record.kind))
            .filter(|row| year.is_none_or(|year| active_from(row.record) <= year))
            .filter(|row| wanted("ordAbilImmaFlg", if row.record.admits { "1" } else { "0" }))
            .collect();
        if let Err(reply) = sort(call, &mut rows, &course_order()) {
            return reply;
        }
        joined(call, &rows)
    }

    /// `corsi/{cdsId}`.
    pub(crate) fn course(&self, text: &str) -> Reply {
        match id(text) {
            Ok(id) => self
                .courses
                .iter()
                .find(|row| row.record.id == id)
                .map_or_else(Reply::absent, |row| Reply::json(200, row.json.clone())),
            Err(reply) => reply,
        }
    }

    /// `corsiFull/{cdsId}`: the course with its seats, its languages and its credits.
    pub(crate) fn full(&self, text: &str) -> Reply {
        self.of(text, |course, row| {
            course_row(course, row);
            seats(course, row);
            row.list("ordinamentiConPercorsi", &[course], |course, row| {
                order_row(course, row);
                row.list("percorsiDiStudio", &[course], |_, row| {
                    row.int("pdsId", 9999).text("pdsCod", "PDS0-2020").text("pdsDes", "comune");
                });
            });
            row.list("caratteristicheCorso", &[(); 0], |(), _| {}).list("periodiCorso", &[(); 0], |(), _| {});
        })
    }

    /// `corsi/{cdsId}/ordinamenti`: a list without paging.
    pub(crate) fn orders(&self, text: &str) -> Reply {
        match id(text).map(|id| Catalogue::get().course_by_id(id)) {
            Ok(Some(course)) => {
                let mut body = String::new();
                write_list(&mut body, &[course], |course, row| order_row(course, row));
                Reply::json(200, body)
            }
            Ok(None) => Reply::absent(),
            Err(reply) => reply,
        }
    }

    /// One course, written as asked.
    fn of(&self, text: &str, fill: impl Fn(&Course, &mut Row<'_>)) -> Reply {
        match id(text).map(|id| self.courses.iter().find(|row| row.record.id == id)) {
            Ok(Some(found)) => {
                let mut body = String::new();
                Row::object(&mut body, |row| fill(found.record, row));
                Reply::json(200, body)
            }
            Ok(None) => Reply::absent(),
            Err(reply) => reply,
        }
    }

    /// `sedi`.
    pub(crate) fn sites(&self, call: &Call<'_>) -> Reply {
        let mut rows: Vec<&Written<Site>> = self.sites.iter().collect();
        match sort(call, &mut rows, &site_order()) {
            Ok(()) => joined(call, &rows),
            Err(reply) => reply,
        }
    }
}

fn joined<T>(call: &Call<'_>, rows: &[&Written<T>]) -> Reply {
    match cut(call, rows) {
        Ok(rows) => {
            let texts: Vec<&str> = rows.iter().map(|row| row.json.as_str()).collect();
            Reply::json(200, format!("[{}]", texts.join(",")))
        }
        Err(reply) => reply,
    }
}

/// The first academic year in which a course may have been active.
pub(crate) fn active_from(course: &Course) -> u32 {
    if course.norm == "DM509" { 2001 } else { 2009 }
}

fn course_row(course: &Course, row: &mut Row<'_>) {
    let class = course.classes.first().map(|class| &CLASSES[*class]);
    let number = course.id;
    row.int("cdsId", course.id).text("cdsCod", &course.code).text("cdsDes", &course.name.to_uppercase());
    if manner(number, 1, 3) == 0 {
        row.null("cdsDesEng")
    } else {
        row.text("cdsDesEng", "DEGREE COURSE")
    };
    row.text("tipoCorsoCod", course.kind).text("tipoCorsoDes", type_name(course.kind));
    let (mode, mode_name) = match course.mode {
        None => ("", ""),
        Some(Mode::OnSite) => ("C", "Convenzionale"),
        Some(Mode::Remote) => ("T", "Teledidattica"),
        Some(Mode::Mixed) => ("B", "Blend/modalità mista"),
    };
    row.wrapped("tipoDidCod", mode).text("tipoDidDes", mode_name);
    row.text("codicione", course.parent_code.as_deref().unwrap_or(""));
    row.wrapped("umPesoCod", "C").int("aaAttId", active_from(course)).null("aaDisId").text("tipoTititCod", course.kind);
    row.text("normCod", course.norm).text("claCod", class.map_or("", |class| class.class));
    row.text("claDes", &class.map_or(String::new(), |class| class.name.to_uppercase()));
    row.text("interClaCod", course.classes.get(1).map_or("", |class| CLASSES[*class].class));
    match course.access {
        None => row.text("tipoAccesso", ""),
        access => row.wrapped("tipoAccesso", access_code(access)),
    };
    row.text("iscedCod", "0000");
    row.number("maxPunti", Some(110), manner(number, 3, 2) == 0).int("aaOrdAttivo", 2023);
    row.number("durataAnniOrdAttivo", Some(course.duration), manner(number, 4, 2) == 0).text("umDurata", "A");
    row.text("urlSitoWeb", course.website.as_deref().unwrap_or(""))
        .text("urlInfoWeb", "")
        .text("gruppoTcCod", "")
        .text("dipCod", "NN");
    row.text("dataModCds", &format!("{} 04:12:07", short_day(DEFAULT_TODAY)));
    row.list("struttureCorso", &course.sites, |site, row| {
        row.int("sedeId", *site).text("strutturaDes", "DIPARTIMENTO").int("defFlg", 1);
    });
}

/// `sediCorso`.
fn seats(course: &Course, row: &mut Row<'_>) {
    row.list("sediCorso", &course.sites, |id, row| {
        let town = Catalogue::get().site(*id).and_then(|site| site.town.as_deref());
        row.int("sedeId", *id).text("sedeDes", &format!("SEDE N. {id}")).text("codStatMiur", town.unwrap_or(""));
        row.int("defDidFlg", u8::from(course.sites.first() == Some(id)));
    });
}

/// `lingueDidattica`: missing where there are none, as a list without elements is on this wire.
fn languages(course: &Course, row: &mut Row<'_>) {
    if course.languages.is_empty() {
        row.null("lingueDidattica");
        return;
    }
    row.list("lingueDidattica", course.languages, |language, row| {
        row.text("linguaDidCod", language_code(language)).text("linguaDidDes", "");
    });
}

fn order_row(course: &Course, row: &mut Row<'_>) {
    row.int("aaOrdId", 2020).text("aaOrdCod", &format!("{}-20", course.code)).wrapped("statoCod", "A");
    row.number("valoreMin", course.credits, manner(course.id, 5, 2) == 0).number(
        "durataAnni",
        Some(course.duration),
        false,
    );
    row.wrapped("umDurata", "A").int("abilImmaFlg", u8::from(course.admits));
    languages(course, row);
    row.list("regolamentiDidattici", &[course], |course, row| {
        row.text("radCod", &format!("{}-RAD", course.code));
    });
}

/// `tipiCorso`: a list without paging.
pub(crate) fn types() -> Reply {
    let kinds = ["L2", "LM", "LM5", "LM6", "LS", "D1", "M1", "M2", "CS"];
    let mut body = String::new();
    write_list(&mut body, &kinds, |kind, row| {
        row.text("tipoCorsoCod", kind).text("tipoCorsoDes", type_name(kind));
        row.int("dottoratoFlg", u8::from(*kind == "D1")).int("scuolaSpecFlg", 0).text("gruppoTcCod", "");
    });
    Reply::json(200, body)
}

/// `tipoAccesso`: free, planned, restricted.
pub(crate) fn access_code(access: Option<Access>) -> &'static str {
    match access {
        None => "",
        Some(Access::Free) => "L",
        Some(Access::Planned) => "P",
        Some(Access::Restricted) => "T",
    }
}

/// The three letters of a language.
pub(crate) fn language_code(language: &str) -> &'static str {
    if language == "en" { "eng" } else { "ita" }
}

fn site_row(site: &Site, row: &mut Row<'_>) {
    row.int("sedeId", site.id).text("sedeCod", &format!("S{:03}", site.id)).text("sedeDes", &site.name.to_uppercase());
    row.text("istatCod", site.town.as_deref().unwrap_or("")).text("indirizzo", "VIA DELL'UNIVERSITÀ, 1");
    row.text("cap", "00100").text("comune", &site.name).text("sigla", "").null("codStatMiur");
    row.int("defDidFlg", u8::from(site.id == 1)).text("dataDisattivazione", "").text("nota", "null");
}

/// The legacy name of a course type.
pub(crate) fn type_name(kind: &str) -> &'static str {
    match kind {
        "L2" => "Corso di Laurea",
        "LM" => "Corso di Laurea Magistrale",
        "LM5" | "LM6" => "Corso di Laurea Magistrale a Ciclo Unico",
        "LS" => "Corso di Laurea Specialistica",
        "D1" => "Corso di Dottorato",
        "M1" => "Master di Primo Livello",
        "M2" => "Master di Secondo Livello",
        _ => "Corsi Singoli",
    }
}
