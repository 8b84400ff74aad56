//! IFS01.1: what a careful client makes of the REST face, of the SOAP face, of the conservatory's export and of the
//! tables is what the oracle says.

use std::net::TcpStream;
use std::sync::Arc;

use serde_json::{Value, json};
use university::oracle::{conservatory, ifs01_1};
use university::{DEFAULT_SEED, DEFAULT_TODAY, Options, Population, Server, tables};

use crate::client::get;
use crate::soap::{login, retrieve};
use crate::wire::{Client, clean, csv};
use crate::xml::parse;

const STRUCTURE: &str = "/e3rest/api/struttura-service-v1";

/// A course as either face tells it.
fn course(parent: Value, access: Value, years: i64, credits: Value, towns: Vec<Value>, languages: Vec<Value>) -> Value {
    json!({
        "parent": parent, "access": access, "years": years, "credits": credits, "towns": towns, "languages": languages
    })
}

/// The answer of an institute made of its courses and of the Ministry's tables.
fn answer(institute: &str, year: u16, courses: &[Value], listed: &str, classes: &str) -> Vec<u8> {
    let (listed, classes) = (csv(listed), csv(classes));
    let mut items = Vec::new();
    for course in courses {
        for town in course["towns"].as_array().unwrap() {
            let rows = listed.iter().filter(|row| {
                row["INSTITUTE_CODE"] == institute
                    && row["VALIDITY_YEAR"] == year.to_string()
                    && course["parent"] == row["DEGREE_COURSE_PARENT_CODE"].as_str()
                    && *town == row["COURSE_LOCATION"].as_str()
            });
            for row in rows {
                let cell =
                    |name: &str| Some(&row[name]).filter(|text| !text.is_empty()).map_or(Value::Null, |t| json!(t));
                let class = classes.iter().find(|class| class["DEGREE_CLASS_CODE"] == row["DEGREE_CLASS_CODE"]);
                let languages: Vec<&str> = course["languages"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|l| if l == "eng" { "EN" } else { "IT" })
                    .collect();
                let members = [
                    ("programme_type_code", cell("PROGRAMME_TYPE_CODE")),
                    (
                        "programme_access",
                        match course["access"].as_str() {
                            Some("L") => json!("free"),
                            Some("P" | "T") => json!("limited"),
                            _ => Value::Null,
                        },
                    ),
                    ("course_location", town.clone()),
                    ("course_area", json!(class.map(|class| &class["DEGREE_CLASS_NAME"]))),
                    (
                        "degree_course_language",
                        if languages.is_empty() { Value::Null } else { json!(languages.join(",")) },
                    ),
                    ("degree_course_period_years", course["years"].clone()),
                    (
                        "degree_course_code",
                        if row["DEGREE_COURSE_CODE"].len() > 20 { Value::Null } else { cell("DEGREE_COURSE_CODE") },
                    ),
                    ("total_credits", course["credits"].clone()),
                    ("academic_year", json!(format!("{year}/{}", year + 1))),
                ];
                let there = members.iter().filter(|(_, value)| !value.is_null());
                let texts: Vec<String> = there.map(|(name, value)| format!("\"{name}\":{value}")).collect();
                items.push(format!("{{{}}}", texts.join(",")));
            }
        }
    }
    items.sort_unstable();
    items.dedup();
    format!(r#"{{"degree_courses":[{}],"meta":{{"cursor":null}}}}"#, items.join(",")).into_bytes()
}

fn start() -> Server {
    let population = Arc::new(Population::generate(DEFAULT_SEED, 10, DEFAULT_TODAY));
    Server::start(population, Options::default()).unwrap()
}

#[test]
fn rest_leads_to_the_oracles_bytes() {
    let server = start();
    let mut client = Client(TcpStream::connect(server.addr()).unwrap());
    for year in [2015_u16, 2023, 2025] {
        let query = format!("{STRUCTURE}/corsi?attivoInAa={year}&ordAbilImmaFlg=1&order=%2BcdsId");
        let courses: Vec<Value> = client
            .pages(&query)
            .iter()
            .map(|row| {
                let full = clean(&client.get(&format!("{STRUCTURE}/corsiFull/{}", row["cdsId"])));
                assert_eq!(full["cdsCod"], row["cdsCod"]);
                let list = |name: &str| full[name].as_array().cloned().unwrap_or_default();
                let towns = list("sediCorso").iter().map(|seat| seat["codStatMiur"].clone()).collect();
                let order = &list("ordinamentiConPercorsi")[0];
                let languages = order["lingueDidattica"].as_array().cloned().unwrap_or_default();
                let languages = languages.iter().map(|each| each["linguaDidCod"].clone()).collect();
                course(
                    row["codicione"].clone(),
                    row["tipoAccesso"].clone(),
                    row["durataAnniOrdAttivo"].as_i64().unwrap(),
                    order["valoreMin"].clone(),
                    towns,
                    languages,
                )
            })
            .collect();
        assert_eq!(courses.len(), 128 - 6, "the old system's courses admit nobody");
        let made = answer("9901", year, &courses, &tables::courses_csv(), &tables::classes_csv());
        assert!(made == ifs01_1(year), "{year}");
    }
}

#[test]
fn soap_leads_to_the_oracles_bytes() {
    let server = start();
    let sid = login(server.addr());
    for year in [2015_u16, 2023, 2025] {
        let (code, xml) = retrieve(server.addr(), &sid, "IFS_CORSI", &format!("AA_ID={year}"));
        assert_eq!(code, 1);
        let document = parse(&xml);
        let text = |value: Option<&str>| json!(value);
        let courses: Vec<Value> = document
            .items("CORSI")
            .into_iter()
            .filter(|row| row.value("ABIL_IMMA_FLG") == Some("1"))
            .map(|row| {
                let credits = row.value("VALORE_MIN").map(|text| text.trim_end_matches(",0").parse::<i64>().unwrap());
                course(
                    text(row.value("CODICIONE")),
                    text(row.value("TIPO_ACCESSO")),
                    row.value("DURATA_ANNI").unwrap().parse().unwrap(),
                    json!(credits),
                    row.items("SEDI").iter().map(|seat| text(seat.value("ISTAT_COD"))).collect(),
                    row.items("LINGUE").iter().map(|language| json!(language.text)).collect(),
                )
            })
            .collect();
        let made = answer("9901", year, &courses, &tables::courses_csv(), &tables::classes_csv());
        assert!(made == ifs01_1(year), "{year}");
    }
    assert_eq!(retrieve(server.addr(), &sid, "IFS_CORSI", ""), (-1, String::new()));
    assert_eq!(retrieve(server.addr(), &sid, "IFS_CORSI", "AA_ID=2025/2026").0, -1);
}

#[test]
fn the_export_leads_to_the_conservatorys_bytes() {
    let server = start();
    let text: String = get(server.addr(), "/afam/export/corsi.csv").body.iter().copied().map(char::from).collect();
    let courses: Vec<Value> = csv(&text)
        .iter()
        .filter(|row| row["ATTIVO"] == "SI")
        .map(|row| {
            let filled = |name: &str| Some(row[name].as_str()).filter(|text| !text.is_empty());
            let languages = filled("LINGUA").map(|text| text.split('/').collect::<Vec<_>>()).unwrap_or_default();
            course(
                json!(filled("CODICE_MIN")),
                json!(filled("ACCESSO")),
                row["ANNI"].parse().unwrap(),
                json!(row["CFA"].trim_end_matches(",0").parse::<i64>().unwrap()),
                vec![json!(row["SEDE"])],
                languages.into_iter().map(|language| json!(if language == "en" { "eng" } else { "ita" })).collect(),
            )
        })
        .collect();
    for year in [2017_u16, 2018, 2025] {
        let made = answer("9902", year, &courses, &tables::afam_courses_csv(), &tables::afam_classes_csv());
        assert!(made == conservatory::ifs01_1(year), "{year}");
    }
    let fired = conservatory::fired_ifs01_1();
    assert_eq!(
        fired.never(),
        [
            "IFS01.1-F4 an item for each class",
            "IFS01.1-F1 a seat without town",
            "3.4 item that is there already",
            "IFS01.1-F4 one code in two items",
            "IFS01.1 value breaks its constraint, left out",
            "GEN-8 programme type left out",
            "GEN-8 credits left out",
        ],
        "all the other rules decide something here too"
    );
}

#[test]
fn orders_and_types_need_no_credentials() {
    let server = start();
    let id = get(server.addr(), &format!("{STRUCTURE}/corsi?cdsCod=L2100")).json()[0]["cdsId"].clone();
    for target in ["tipiCorso".to_owned(), format!("corsi/{id}/ordinamenti")] {
        let target = format!("{STRUCTURE}/{target}");
        let got = crate::client::read(&mut crate::client::open(server.addr(), "GET", &target, ""));
        assert!(got.status == 200 && !got.json().as_array().unwrap().is_empty(), "{target}");
    }
    let full = format!("{STRUCTURE}/corsiFull/{id}");
    assert_eq!(crate::client::read(&mut crate::client::open(server.addr(), "GET", &full, "")).status, 401);
    for (target, status) in [("corsiFull/1", 404), ("corsiFull/x", 422), ("corsi/1/ordinamenti", 404)] {
        assert_eq!(get(server.addr(), &format!("{STRUCTURE}/{target}")).status, status, "{target}");
    }
}
