//! The conservatory's system over a socket, and that its answers and tables lead to the oracle's bytes.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Value, json};
use university::afam::pupils::pupil;
use university::oracle::{Expected, conservatory};
use university::{DEFAULT_SEED, DEFAULT_STUDENTS, DEFAULT_TODAY, Options, Population, Server, tables};

use crate::client::{BASIC, get, open, read};
use crate::wire::csv;

const PUPILS: &str = "/afam/api/allievi";
const COURSES: &str = "/afam/export/corsi.csv";

fn start(students: usize) -> (Arc<Population>, Server) {
    let population = Arc::new(Population::generate(DEFAULT_SEED, students, DEFAULT_TODAY));
    let server = Server::start(Arc::clone(&population), Options::default()).unwrap();
    (population, server)
}

/// The export, decoded as what it says it is.
fn export(server: &Server) -> String {
    let got = get(server.addr(), COURSES);
    assert!(got.status == 200 && got.head.contains("content-type: text/csv;charset=ISO-8859-1"));
    assert!(std::str::from_utf8(&got.body).is_err(), "accents are single bytes");
    got.body.iter().copied().map(char::from).collect()
}

#[test]
fn errors_and_credentials() {
    let (population, server) = start(12);
    let refused = read(&mut open(server.addr(), "GET", PUPILS, ""));
    assert_eq!((refused.status, refused.json()["Esito"].clone()), (401, json!("KO")));
    for (target, status, code) in [
        (PUPILS.to_owned(), 200, "E01"),
        (format!("{PUPILS}?cf="), 200, "E01"),
        (format!("{PUPILS}?cf={}", population.unknown()[0]), 200, "E02"),
        (format!("{PUPILS}?cf={}", population.students()[1].tax_code()), 200, "E02"),
        ("/afam/api/docenti".to_owned(), 404, "E404"),
    ] {
        let got = get(server.addr(), &target);
        assert_eq!((got.status, got.json()["Codice"].as_str().unwrap()), (status, code), "{target}");
        assert_eq!((&got.json()["Esito"], &got.json()["Dati"]), (&json!("KO"), &Value::Null));
    }
    assert_eq!(read(&mut open(server.addr(), "POST", PUPILS, BASIC)).status, 405);
    let known = get(server.addr(), &format!("{PUPILS}?cf={}", population.students()[2].tax_code()));
    assert_eq!(known.json(), json!({ "Esito": "OK", "Dati": [] }), "known, no enrolments");
}

#[test]
fn rows_are_a_table_of_texts() {
    let (population, server) = start(10);
    let student = &population.students()[7];
    let rows = get(server.addr(), &format!("{PUPILS}?cf={}", student.tax_code())).json();
    let row = |aa: &str, nth: &str| {
        json!({
            "COD_FISC": student.tax_code(), "AA": aa, "CORSO": "BSMJ", "LIV": "B", "ANNO": nth, "STATO": "I",
            "AA_IMM": "2024/25", "SEDE": "040012"
        })
    };
    assert_eq!(rows, json!({ "Esito": "OK", "Dati": [row("2024/25", "1"), row("2025/26", "2")] }));
}

#[test]
fn export_has_italian_numbers_and_latin_letters() {
    let (_, server) = start(10);
    let text = export(&server);
    assert!(text.ends_with("\r\n") && text.contains("Forlì") && text.contains("vocalità"));
    let rows = csv(&text);
    assert_eq!(rows.len(), 18, "17 courses, one of them in two towns");
    assert_eq!(
        (rows[0]["CORSO"].as_str(), rows[0]["CFA"].as_str(), rows[0]["ANNI"].as_str()),
        ("DCPL01", "180,0", "3")
    );
    let fees: HashSet<&str> = rows.iter().map(|row| row["CONTRIBUTO"].as_str()).collect();
    assert!(fees.contains("980,50") && fees.contains("1.025,75") && fees.len() == 17, "{fees:?}");
    assert!(rows.iter().any(|row| row["CODICE_MIN"].is_empty()));
}

/// Joins rows, export and the Ministry's tables, and settles: window, latest per course, drop, sort.
fn answer(
    code: &str,
    rows: &[Value],
    courses: &[HashMap<String, String>],
    listed: &[HashMap<String, String>],
) -> String {
    let mut last: BTreeMap<String, (String, String, bool)> = BTreeMap::new();
    for row in rows {
        let text = |name: &str| row[name].as_str().unwrap();
        let year: u32 = text("AA").split('/').next().unwrap().parse().unwrap();
        let found = courses.iter().find(|course| course["CORSO"] == text("CORSO") && course["SEDE"] == text("SEDE"));
        let parent = &found.unwrap()["CODICE_MIN"];
        let Some(course) = listed.iter().find(|course| {
            !parent.is_empty()
                && course["DEGREE_COURSE_PARENT_CODE"] == *parent
                && course["COURSE_LOCATION"] == text("SEDE")
                && text("AA_IMM").starts_with(&course["VALIDITY_YEAR"])
        }) else {
            continue;
        };
        let class = Some(&course["DEGREE_CLASS_CODE"]).filter(|class| !class.is_empty());
        let status = match text("STATO") {
            "I" => json!("active"),
            "R" => json!("inactive"),
            "S" | "C" => json!("wait"),
            _ => Value::Null,
        };
        let nth = text("ANNO").parse::<u8>().ok();
        let members = [
            ("institute_code", json!("9902")),
            ("programme_type_code", json!(course["PROGRAMME_TYPE_CODE"])),
            ("degree_course_code", json!(course["DEGREE_COURSE_CODE"])),
            ("degree_class_code", json!(class)),
            ("academic_year", json!(format!("{year}/{}", year + 1))),
            ("degree_course_year", json!(nth)),
            ("status", status.clone()),
        ];
        let members = members.map(|(name, value)| format!("\"{name}\":{value}"));
        let new = (text("AA").to_owned(), format!("{{{}}}", members.join(",")), nth.is_some() && !status.is_null());
        if !(2023..=2025).contains(&year) {
            continue;
        }
        let kept = last.get(&course["DEGREE_COURSE_CODE"]);
        if kept.is_none_or(|kept| new.0 > kept.0 || (new.0 == kept.0 && new.1 < kept.1)) {
            last.insert(course["DEGREE_COURSE_CODE"].clone(), new);
        }
    }
    let items: Vec<String> = last.into_values().filter(|(_, _, whole)| *whole).map(|(_, text, _)| text).collect();
    format!(r#"{{"personal_data":{{"tax_code":"{code}"}},"enrollments":[{}]}}"#, items.join(","))
}

#[test]
fn a_careful_client_arrives_at_the_oracles_bytes() {
    let (population, server) = start(DEFAULT_STUDENTS);
    let (courses, listed) = (csv(&export(&server)), csv(&tables::afam_courses_csv()));
    let mut known = 0;
    let codes = population.students().iter().map(university::Student::tax_code);
    for code in codes.chain(population.unknown().iter().map(String::as_str)) {
        let got = get(server.addr(), &format!("{PUPILS}?cf={code}")).json();
        let expected = conservatory::ifs02_1(&population, code, DEFAULT_TODAY);
        match got["Dati"].as_array() {
            None => assert!(got["Codice"] == "E02" && expected == Expected::Unknown),
            Some(rows) => {
                known += 1;
                let answer = answer(code, rows, &courses, &listed);
                assert!(expected == Expected::Answer(answer.clone().into_bytes()), "{rows:?} {answer}");
            }
        }
    }
    assert!((450..500).contains(&known), "{known}");
    let fired = conservatory::fired(&population, DEFAULT_TODAY);
    let never: Vec<&str> = fired.never();
    let cannot = [
        "IFS02.1-S1 no academic year",
        "IFS02.1-S1 exact duplicate",
        "IFS02.1 value breaks its constraint",
        "IFS02.1 active in a career that is closed: inactive",
    ];
    assert_eq!(never, cannot, "all the other rules decide something here too");
}

#[test]
fn examinations_diplomas_and_lessons_are_told() {
    let (population, server) = start(60);
    let rows = |what: &str, code: &str| get(server.addr(), &format!("/afam/api/{what}?cf={code}")).json();
    let mut words = HashSet::new();
    for student in population.students() {
        let Some(pupil) = pupil(&population, student.tax_code()) else {
            assert_eq!(rows("diplomi", student.tax_code())["Codice"], "E02");
            continue;
        };
        let (exams, diplomas) = (rows("esami", student.tax_code()), rows("diplomi", student.tax_code()));
        assert_eq!(exams["Dati"].as_array().unwrap().len(), pupil.exams.len());
        assert_eq!(diplomas["Dati"].as_array().unwrap().len(), pupil.diplomas.len());
        for diploma in diplomas["Dati"].as_array().unwrap() {
            words.extend([
                diploma["ORDINAMENTO"].to_string(),
                diploma["ESITO"].to_string(),
                diploma["BASE"].to_string(),
            ]);
            assert_eq!(diploma["VOTO"] == "", diploma["BASE"] == "");
        }
    }
    let expected = ["\"VO\"", "\"NO\"", "\"IDONEO\"", "\"\"", "\"110\"", "\"10\""];
    assert_eq!(words, expected.map(str::to_owned).into());
    assert_eq!(get(server.addr(), "/afam/api/esami").json()["Codice"], "E01");
    let got = get(server.addr(), "/afam/export/insegnamenti.csv");
    let text: String = got.body.iter().map(|byte| char::from(*byte)).collect();
    let lines = csv(&text);
    assert!(lines.iter().any(|line| line["INDIRIZZO"] == "Compositivo" && line["CFA"] == "4,5"));
    assert!(lines.iter().any(|line| line["ANNO"].is_empty()) && lines.iter().any(|line| line["ANNO"] == "0"));
}
