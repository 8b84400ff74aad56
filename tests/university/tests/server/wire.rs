//! Wire, tables and oracle tell one story: what a careful client makes of the legacy answers and of the committed CSV
//! is what the oracle says, for every student. The client here reads JSON and CSV only, with no knowledge of the
//! population.

use std::collections::{BTreeMap, HashMap};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use serde_json::{Value, json};
use university::oracle::{Expected, ifs02_1};
use university::{DEFAULT_SEED, DEFAULT_STUDENTS, DEFAULT_TODAY, Options, Population, Server, tables};

use crate::client::BASIC;

/// One kept connection.
pub struct Client(pub TcpStream);

impl Client {
    pub fn get(&mut self, target: &str) -> Value {
        self.0.write_all(format!("GET {target} HTTP/1.1\r\nhost: system\r\n{BASIC}\r\n").as_bytes()).unwrap();
        let mut bytes = Vec::new();
        let mut block = vec![0; 65536];
        loop {
            let count = self.0.read(&mut block).unwrap();
            assert!(count > 0, "{target}");
            bytes.extend_from_slice(&block[..count]);
            let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let length = head.split("content-length: ").nth(1).unwrap().lines().next().unwrap().parse::<usize>();
            if bytes.len() == end + 4 + length.unwrap() {
                assert!(head.starts_with("HTTP/1.1 200"), "{target}");
                return serde_json::from_slice(&bytes[end + 4..]).unwrap();
            }
        }
    }

    pub fn pages(&mut self, target: &str) -> Vec<Value> {
        let mut rows = Vec::new();
        loop {
            let join = if target.contains('?') { '&' } else { '?' };
            let page = self.get(&format!("{target}{join}start={}&limit=100", rows.len()));
            let page = page.as_array().unwrap();
            rows.extend(page.iter().map(clean));
            if page.len() < 100 {
                return rows;
            }
        }
    }
}

/// Unwraps `{"value": …}`, turns blanks and sentinels into null, and `12.0` into 12.
pub fn clean(value: &Value) -> Value {
    match value {
        Value::Object(members) if members.len() == 1 && members.contains_key("value") => clean(&members["value"]),
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), clean(value))).collect(),
        Value::Array(items) => items.iter().map(clean).collect(),
        Value::String(text) if ["", "null", "01/01/1900 00:00:00"].contains(&text.as_str()) => Value::Null,
        Value::Number(number) => {
            number.as_f64().filter(|n| n.fract() == 0.0).map_or(value.clone(), |n| json!(n as i64))
        }
        _ => value.clone(),
    }
}

/// Rows of a CSV as cells by column.
pub fn csv(text: &str) -> Vec<HashMap<String, String>> {
    let mut lines = text.lines().map(|line| line.split(';').map(str::to_owned).collect::<Vec<_>>());
    let names = lines.next().unwrap();
    lines.map(|cells| names.iter().cloned().zip(cells).collect()).collect()
}

/// The members of [`Lookups::facts`] that a REST row has itself.
pub const FACTS: [&str; 9] =
    ["stuId", "matId", "iscrId", "aaIscrId", "aaRegId", "cdsId", "claMurstCod", "annoCorso", "staIscrCod"];

pub struct Lookups {
    course: HashMap<i64, Value>,
    site: HashMap<i64, Value>,
    class: HashMap<String, String>,
    /// By parent code, year, town and class; the class is empty for courses without one.
    ministry: HashMap<[String; 4], HashMap<String, String>>,
}

impl Lookups {
    pub fn new(client: &mut Client) -> Self {
        let index = |rows: Vec<Value>, key: &str| -> HashMap<i64, Value> {
            rows.into_iter().map(|row| (row[key].as_i64().unwrap(), row)).collect()
        };
        let course = index(client.pages("/e3rest/api/struttura-service-v1/corsi?order=%2BcdsId"), "cdsId");
        let site = index(client.pages("/e3rest/api/struttura-service-v1/sedi"), "sedeId");
        let class = csv(&tables::classes_csv())
            .into_iter()
            .map(|row| (row["DEGREE_CLASS"].clone(), row["DEGREE_CLASS_CODE"].clone()))
            .collect();
        let key = ["DEGREE_COURSE_PARENT_CODE", "VALIDITY_YEAR", "COURSE_LOCATION", "DEGREE_CLASS_CODE"];
        let ministry = csv(&tables::courses_csv())
            .into_iter()
            .filter(|row| row["INSTITUTE_CODE"] == "9901")
            .map(|row| (key.map(|column| row[column].clone()), row))
            .collect();
        Self { course, site, class, ministry }
    }

    /// A yearly row with what IFS02.1 needs of it and no more, its course's and its site's codes in place.
    pub fn facts(&self, row: &Value) -> Value {
        let mut facts = json!({
            "codicione": row["cdsId"].as_i64().and_then(|id| self.course.get(&id)).map(|course| &course["codicione"]),
            "istatCod": row["sedeId"].as_i64().and_then(|id| self.site.get(&id)).map(|site| &site["istatCod"]),
        });
        for name in FACTS {
            facts[name] = row[name].clone();
        }
        // Null and zero are both "not conditional".
        facts["condFlg"] = json!(i64::from(row["condFlg"] == 1));
        facts
    }

    pub fn ministry(&self, row: &Value) -> Option<&HashMap<String, String>> {
        let parent = row["codicione"].as_str()?.to_owned();
        let town = row["istatCod"].as_str()?.to_owned();
        let class = match row["claMurstCod"].as_str() {
            Some(class) => self.class.get(class)?.clone(),
            None => String::new(),
        };
        self.ministry.get(&[parent, row["aaRegId"].as_i64()?.to_string(), town, class])
    }

    /// One item as text, its year, and its course code if it has one. Null stands for what has no value.
    fn item(&self, row: &Value) -> Option<(i64, Option<String>, [Value; 7])> {
        let year = row["aaIscrId"].as_i64()?;
        let listed = self.ministry(row);
        let cell = |column: &str, longest: usize| {
            let text = listed.map_or("", |listed| listed[column].as_str());
            if text.is_empty() || text.len() > longest { Value::Null } else { json!(text) }
        };
        let status = match (row["condFlg"].as_i64(), row["staIscrCod"].as_str()) {
            (Some(1), _) | (_, Some("S")) => json!("wait"),
            (_, Some("A")) if row["closed"] == true => json!("inactive"),
            (_, Some("A")) => json!("active"),
            (_, Some("X")) => json!("inactive"),
            _ => Value::Null,
        };
        let nth = row["annoCorso"].as_i64().filter(|nth| (1..=99).contains(nth));
        let course = cell("DEGREE_COURSE_CODE", 20);
        let key = course.as_str().map(str::to_owned);
        let values = [
            json!("9901"),
            cell("PROGRAMME_TYPE_CODE", 256),
            course,
            cell("DEGREE_CLASS_CODE", 20),
            json!(format!("{year}/{}", year + 1)),
            json!(nth),
            status,
        ];
        Some((year, key, values))
    }

    /// The answer of IFS02.1 made of all the facts about a person.
    pub fn answer(&self, code: &str, facts: &[Value]) -> String {
        let mut last: BTreeMap<String, (i64, String, [Value; 7])> = BTreeMap::new();
        for (year, course, values) in facts.iter().filter_map(|row| self.item(row)) {
            let Some(course) = course.filter(|_| (2023..=2025).contains(&year)) else { continue };
            let text = written(&values);
            let kept = last.get(&course);
            if kept.is_none_or(|(best, least, _)| year > *best || (year == *best && text < *least)) {
                last.insert(course, (year, text, values));
            }
        }
        // The fourth member, the class, is the only one that may be null.
        let whole = last.into_values().filter(|(_, _, values)| (0..7).all(|at| at == 3 || !values[at].is_null()));
        let items: Vec<String> = whole.map(|(_, text, _)| text).collect();
        format!(r#"{{"personal_data":{{"tax_code":"{code}"}},"enrollments":[{}]}}"#, items.join(","))
    }
}

fn written(values: &[Value; 7]) -> String {
    let names = [
        "institute_code",
        "programme_type_code",
        "degree_course_code",
        "degree_class_code",
        "academic_year",
        "degree_course_year",
        "status",
    ];
    let members: Vec<String> = names.iter().zip(values).map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", members.join(","))
}

/// The facts of a row, with whether its career is closed.
pub fn closed(mut facts: Value, state: Option<&str>) -> Value {
    facts["closed"] = json!(state == Some("X"));
    facts
}

#[test]
fn a_careful_client_arrives_at_the_oracles_bytes() {
    let population = Arc::new(Population::generate(DEFAULT_SEED, DEFAULT_STUDENTS, DEFAULT_TODAY));
    let server = Server::start(Arc::clone(&population), Options::default()).unwrap();
    let mut client = Client(TcpStream::connect(server.addr()).unwrap());
    let lookups = Lookups::new(&mut client);
    let mut answered = 0;
    let codes = population.students().iter().map(|student| student.tax_code().to_owned());
    for code in codes.chain(population.unknown().iter().cloned()) {
        let careers = client.pages(&format!("/e3rest/api/carriere-service-v1/carriere?codFis={code}"));
        let people = client.pages(&format!("/e3rest/api/anagrafica-service-v2/persone?codFis={code}"));
        let expected = ifs02_1(&population, &code, DEFAULT_TODAY);
        if careers.is_empty() && people.is_empty() {
            assert_eq!(expected, Expected::Unknown);
            continue;
        }
        let mut rows = Vec::new();
        for career in &careers {
            let stu_id = &career["stuId"];
            let page = client.pages(&format!("/e3rest/api/carriere-service-v1/carriere/{stu_id}/iscrizioni"));
            rows.extend(page.iter().map(|row| closed(lookups.facts(row), career["staStuCod"].as_str())));
        }
        let answer = lookups.answer(&code, &rows);
        assert!(expected == Expected::Answer(answer.into_bytes()), "{:?}", population.by_tax_code(&code).unwrap().kind);
        answered += 1;
    }
    assert_eq!(answered, DEFAULT_STUDENTS);
}
