//! The oracle's stories, told by a careful client that asks the office itself: the office and the model agree, whatever
//! the order in which people come.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::{Value, json};
use university::oracle::stories::{Step, Story, Words, stories};
use university::{DEFAULT_TODAY, Options, Population, Server};

use crate::client::{BASIC, Got, get, open, read};

const WORDS: Words = Words {
    taken: "Presa",
    open: "Una è aperta",
    waiting: "In lavorazione",
    taken_back: "Annullata",
    not_taken_back: "Non annullabile",
    unknown: "Sconosciuta",
    reported: "Segnalata",
};

fn send(addr: SocketAddr, method: &str, path: &str, body: &Value) -> Got {
    let (target, body) = (format!("/e3rest/api/ifs/{path}"), body.to_string());
    let mut stream = open(addr, method, &target, &format!("{BASIC}content-length: {}\r\n", body.len()));
    stream.write_all(body.as_bytes()).unwrap();
    read(&mut stream)
}

fn status(state: &Value) -> &'static str {
    match state.as_str().unwrap() {
        "ACQ" => "acquired",
        "ANN" => "cancelled",
        other => panic!("{other}"),
    }
}

/// All requests of a person about a subject, as items.
fn list(addr: SocketAddr, person: &str, kind: &str) -> Vec<(String, &'static str, String)> {
    let mut rows = Vec::new();
    loop {
        let page =
            get(addr, &format!("/e3rest/api/ifs/richieste?codFis={person}&tipo={kind}&start={}&limit=100", rows.len()));
        let page = page.json().as_array().unwrap().clone();
        let count = page.len();
        rows.extend(page);
        if count < 100 {
            break;
        }
    }
    let words = |row: &Value| row["nota"].as_str().unwrap_or(WORDS.waiting).to_owned();
    rows.iter().map(|row| (row["id"].as_str().unwrap().to_owned(), status(&row["stato"]), words(row))).collect()
}

/// What a gateway should answer to a step, in text; its members are written by hand.
fn told(addr: SocketAddr, population: &Population, step: &Step, reference: &str) -> String {
    let (api, operation) = step.operation.split_at(5);
    let kind = if api == "IFS05" { "TIT" } else { "ISCR" };
    let text = |name: &str| step.request[name].as_str();
    let person = text("tax_code").or(step.request["personal_data"]["tax_code"].as_str()).unwrap();
    let outcome = |response: &str, status: Option<&str>, code: Option<&str>, message: &str| {
        let quoted = |text: Option<&str>| text.map_or("null".to_owned(), |text| format!("\"{text}\""));
        let (status, code) = (quoted(status), quoted(code));
        format!(r#"{{"response_code":"{response}","file_status":{status},"file_code":{code},"message":"{message}"}}"#)
    };
    match operation {
        ".1" => {
            let id = population.by_tax_code(person).unwrap().person_id;
            let body = json!({ "tipo": kind, "persId": id, "corso": text("degree_course_code"), "testo": text("request"), "rif": reference });
            let got = send(addr, "POST", "richieste", &body);
            let location = got.head.lines().find_map(|line| line.strip_prefix("location: "));
            match (got.status, location) {
                (201, Some(place)) => outcome("approved", Some("acquired"), place.rsplit('/').next(), WORDS.taken),
                (409, None) => outcome("rejected", None, None, WORDS.open),
                other => panic!("{other:?}"),
            }
        }
        ".2" => {
            let wanted = |code: &str| text("file_code").is_none_or(|only| only == code);
            let mut items: Vec<String> = list(addr, person, kind)
                .into_iter()
                .filter(|(code, ..)| wanted(code))
                .map(|(code, status, words)| {
                    format!(r#"{{"file_status":"{status}","file_code":"{code}","message":"{words}"}}"#)
                })
                .collect();
            items.sort();
            let name = if kind == "TIT" { "change_requests_status" } else { "enrollment_change_request" };
            format!(r#"{{"{name}":[{}]}}"#, items.join(","))
        }
        ".3" => {
            let code = text("file_code").unwrap();
            match list(addr, person, kind).into_iter().find(|(id, ..)| id == code) {
                None => outcome("rejected", None, Some(code), WORDS.unknown),
                Some((_, "acquired", _)) => {
                    let got = send(addr, "PUT", &format!("richieste/{code}/annulla?rif={reference}"), &json!({}));
                    assert_eq!(got.status, 204);
                    outcome("approved", Some("cancelled"), Some(code), WORDS.taken_back)
                }
                Some((_, status, _)) => outcome("rejected", Some(status), Some(code), WORDS.not_taken_back),
            }
        }
        _ => {
            let body = json!({ "tipo": kind, "testo": text("subscriber_message"), "codFis": person, "rif": reference });
            assert_eq!(send(addr, "POST", "segnalazioni", &body).status, 201);
            format!(r#"{{"file_status":"acquired","message":"{}"}}"#, WORDS.reported)
        }
    }
}

#[test]
fn the_office_and_the_model_agree() {
    let population = Arc::new(Population::generate(3, 12, DEFAULT_TODAY));
    let server = Server::start(Arc::clone(&population), Options::default()).unwrap();
    let stories = stories(&population, 12, 5, WORDS);
    let tell = |offset: usize, story: &Story| {
        for (at, step) in story.steps.iter().enumerate() {
            let came = told(server.addr(), &population, step, &format!("{offset}/{at}"));
            assert_eq!(came, String::from_utf8_lossy(&step.answer), "{offset}/{at} {}", step.operation);
        }
    };
    std::thread::scope(|scope| {
        for lane in 0..4 {
            let (stories, tell) = (&stories, &tell);
            scope.spawn(move || {
                stories.iter().enumerate().skip(lane).step_by(4).for_each(|(offset, story)| tell(offset, story));
            });
        }
    });
    let received = server.received();
    assert!(received.values().all(|count| *count == 1));
    let wanted: u64 = stories.iter().map(Story::writes).sum();
    assert_eq!(u64::try_from(received.len()).unwrap(), wanted);
}
