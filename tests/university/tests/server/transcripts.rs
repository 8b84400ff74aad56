//! IFS02.3: what a careful client makes of either view and of the tables is what the oracle says, for every student.

use std::collections::HashMap;
use std::net::TcpStream;
use std::sync::Arc;

use serde_json::{Value, json};
use university::oracle::{Expected, ifs02_3};
use university::{DEFAULT_SEED, DEFAULT_STUDENTS, DEFAULT_TODAY, Options, Population, Server, tables};

use crate::soap::{login, retrieve};
use crate::views::{BOOKS, exams_of_rest, exams_of_soap, facts};
use crate::wire::{Client, Lookups, clean, csv};
use crate::xml::{Node, parse};

/// A table as texts by a key's text.
fn table(csv_text: &str, key: &str, value: &str) -> HashMap<String, String> {
    csv(csv_text).into_iter().map(|row| (row[key].clone(), row[value].clone())).collect()
}

struct Names {
    types: HashMap<String, String>,
    classes: HashMap<String, String>,
    institute: String,
}

impl Names {
    fn new() -> Self {
        Self {
            types: table(&tables::programme_types_csv(), "PROGRAMME_TYPE_CODE", "PROGRAMME_TYPE_NAME"),
            classes: table(&tables::classes_csv(), "DEGREE_CLASS_CODE", "DEGREE_CLASS_NAME"),
            institute: table(&tables::institutes_csv(), "INSTITUTE_CODE", "INSTITUTE_NAME")["9901"].clone(),
        }
    }
}

fn object(members: &[(&str, Value)]) -> String {
    let members: Vec<String> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", members.join(","))
}

fn list(mut items: Vec<String>) -> String {
    items.sort_unstable();
    format!("[{}]", items.join(","))
}

/// One learning as text, with the year that places it in the window; nothing where it does not count.
fn learning(exam: &Value) -> Option<String> {
    let recognised = exam["recognised"].as_i64().unwrap() >= 3;
    if exam["state"] != "S" && !recognised {
        return None;
    }
    let of_day = exam["day"].as_str().map(|day| {
        let number = |at: std::ops::Range<usize>| day[at].parse::<i64>().unwrap();
        number(6..10) - i64::from(number(3..5) < 10)
    });
    let year = exam["year"].as_i64().or(of_day)?;
    if !(2023..=2025).contains(&year) {
        return None;
    }
    let (start, end) = match (exam["attended"].as_i64(), exam["part"].as_str()) {
        (Some(y), Some("S1")) => {
            let last = if (y + 1) % 4 == 0 { 29 } else { 28 };
            (json!(format!("{y}-10-01")), json!(format!("{}-02-{last}", y + 1)))
        }
        (Some(y), Some("S2")) => (json!(format!("{}-03-01", y + 1)), json!(format!("{}-09-30", y + 1))),
        _ => (Value::Null, Value::Null),
    };
    let honours = if exam["honours"] == 1 { "L" } else { "" };
    let grade = match (&exam["mark"], exam["judgement"].as_str()) {
        (Value::Number(mark), _) => json!(format!("{mark}{honours}")),
        (_, Some("IDO" | "APP")) => json!("QUALIFIED"),
        (_, Some(letter)) if letter.len() == 1 => json!(letter),
        _ => Value::Null,
    };
    let text = |value: &Value| value.as_i64().map_or(Value::Null, |n| json!(n.to_string()));
    let tenths = exam["tenths"].as_i64().unwrap();
    let credits = if tenths > 0 && tenths % 10 == 0 { json!(tenths / 10) } else { Value::Null };
    Some(object(&[
        ("attended_learning_name", exam["name"].clone()),
        ("start_date", start),
        ("end_date", end),
        ("grade_value", grade),
        ("grading_scale_min", text(&exam["least"])),
        ("grading_scale_max", text(&exam["most"])),
        ("ects_credits_received", credits),
    ]))
}

/// One course as text; nothing where no activity counts. `facts` are those of an enrolment row.
fn course(lookups: &Lookups, names: &Names, facts: &Value, own: Value, exams: &[Value]) -> Option<String> {
    let learnings: Vec<String> = exams.iter().filter_map(learning).collect();
    if learnings.is_empty() {
        return None;
    }
    let row = lookups.ministry(facts);
    let cell = |name: &str, longest: usize| {
        let text = row.map_or("", |row| row[name].as_str());
        if text.is_empty() || text.len() > longest { Value::Null } else { json!(text) }
    };
    let named = |names: &HashMap<String, String>, code: &Value| json!(code.as_str().map(|code| &names[code]));
    let (kind, class) = (cell("PROGRAMME_TYPE_CODE", 256), cell("DEGREE_CLASS_CODE", 20));
    let members = [
        ("programme_type_code", kind.clone()),
        ("programme_type_name", named(&names.types, &kind)),
        ("degree_course_code", cell("DEGREE_COURSE_CODE", 20)),
        ("degree_course_name", Some(cell("DEGREE_COURSE_NAME", 2048)).filter(|name| !name.is_null()).unwrap_or(own)),
        ("degree_class_code", class.clone()),
        ("degree_class_name", named(&names.classes, &class)),
        ("institute_code", json!("9901")),
        ("institute_name", json!(names.institute)),
    ];
    let head = object(&members);
    Some(format!("{},\"learnings\":{}}}", &head[..head.len() - 1], list(learnings)))
}

fn answer(code: &str, courses: Vec<String>) -> Vec<u8> {
    let text = format!(r#"{{"personal_data":{{"tax_code":"{code}"}},"proof_education_course":{}}}"#, list(courses));
    text.into_bytes()
}

#[test]
fn both_views_lead_to_the_oracles_bytes() {
    let population = Arc::new(Population::generate(DEFAULT_SEED, DEFAULT_STUDENTS, DEFAULT_TODAY));
    let server = Server::start(Arc::clone(&population), Options::default()).unwrap();
    let mut client = Client(TcpStream::connect(server.addr()).unwrap());
    let (lookups, names) = (Lookups::new(&mut client), Names::new());
    let sid = login(server.addr());
    let mut shown = 0;
    let codes = population.students().iter().map(|student| student.tax_code().to_owned());
    for code in codes.chain(population.unknown().iter().cloned()) {
        let (result, xml) = retrieve(server.addr(), &sid, "IFS_CV", &format!("COD_FISCALE={code}"));
        let cv = parse(&xml);
        assert_eq!(result, 1);
        let bytes = match ifs02_3(&population, &code, DEFAULT_TODAY) {
            Expected::Unknown => {
                assert_eq!(cv.value("COD_FISCALE"), None);
                continue;
            }
            Expected::Answer(bytes) => bytes,
            // More than an answer may list, whichever view it is taken from.
            Expected::TooLong => {
                let count = cv.items("CARRIERE").iter().map(|career| career.items("ESAMI").len()).max();
                assert_eq!(count, Some(257));
                continue;
            }
            other => panic!("{other:?}"),
        };
        let of_soap = |career: &&Node| {
            if career.value("TIPO_CORSO_COD") == Some("CS") {
                return None;
            }
            let years = career.items("ISCRIZIONI").into_iter().map(facts);
            let last = years.max_by_key(|row| row["aaIscrId"].as_i64()).unwrap_or_default();
            let own = json!(Some(&career.one("CDS_DES").children[0].text).filter(|name| !name.is_empty()));
            course(&lookups, &names, &last, own, &exams_of_soap(career))
        };
        let by_soap = answer(&code, cv.items("CARRIERE").iter().filter_map(of_soap).collect());

        let mut courses = Vec::new();
        for career in client.pages(&format!("/e3rest/api/carriere-service-v1/carriere?codFis={code}")) {
            let (stu_id, mat_id) = (&career["stuId"], &career["matId"]);
            let years = client.pages(&format!("/e3rest/api/carriere-service-v1/carriere/{stu_id}/iscrizioni"));
            let book = client.get(&format!("{BOOKS}/{mat_id}/righe/?optionalFields=extraInfo.*"));
            let book: Vec<Value> = book.as_array().unwrap().iter().map(clean).collect();
            if career["tipoCorsoCod"] == "CS" {
                continue;
            }
            let last = years.iter().max_by_key(|row| row["aaIscrId"].as_i64());
            let last = last.map(|row| lookups.facts(row)).unwrap_or_default();
            courses.extend(course(&lookups, &names, &last, career["p06CdsDes"].clone(), &exams_of_rest(&book)));
        }
        let kind = population.by_tax_code(&code).unwrap().kind;
        assert!(answer(&code, courses) == bytes, "REST, {kind:?}");
        assert!(by_soap == bytes, "SOAP, {kind:?}");
        shown += usize::from(String::from_utf8_lossy(&bytes).contains("learnings"));
    }
    assert!(shown > 300, "{shown}");
}
