//! The office over a socket: what it takes and refuses, what it counts, and what happens to answers of writes that were done.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};
use university::office::{State, Subject, TAKEN_BACK, code_of};
use university::{DEFAULT_TODAY, Kind, Options, Population, Server, Student};

use crate::client::{BASIC, Got, get, open, read};
use crate::soap::{call, login, retrieve};
use crate::xml::parse;

const REQUESTS: &str = "/e3rest/api/ifs/richieste";
const REPORTS: &str = "/e3rest/api/ifs/segnalazioni";

static POPULATION: LazyLock<Arc<Population>> = LazyLock::new(|| Arc::new(Population::generate(2, 40, DEFAULT_TODAY)));

fn start() -> Server {
    Server::start(Arc::clone(&POPULATION), Options::default()).unwrap()
}

fn student() -> &'static Student {
    POPULATION.first(Kind::Ordinary).unwrap()
}

fn send(addr: SocketAddr, method: &str, target: &str, body: &str) -> Got {
    let mut stream = open(addr, method, target, &format!("{BASIC}content-length: {}\r\n", body.len()));
    stream.write_all(body.as_bytes()).unwrap();
    read(&mut stream)
}

fn ask(addr: SocketAddr, course: Option<&str>, reference: &str) -> Got {
    let body = json!({ "tipo": "ISCR", "persId": student().person_id, "corso": course, "testo": "Anno errato", "rif": reference });
    send(addr, "POST", REQUESTS, &body.to_string())
}

fn list(addr: SocketAddr, query: &str) -> Vec<Value> {
    get(addr, &format!("{REQUESTS}?{query}")).json().as_array().unwrap().clone()
}

fn said(got: &Got) -> (u16, Option<String>) {
    let code = serde_json::from_slice::<Value>(&got.body).ok();
    (got.status, code.and_then(|body| Some(body.get("codErrore")?.as_str()?.to_owned())))
}

fn received(pairs: &[(&str, u64)]) -> BTreeMap<String, u64> {
    pairs.iter().map(|(reference, count)| ((*reference).to_owned(), *count)).collect()
}

#[test]
fn a_story_of_one_student() {
    let server = start();
    let addr = server.addr();
    let first = code_of(Subject::Enrolment, student().person_id, 1);
    let made = ask(addr, None, "r1");
    assert_eq!(made.status, 201);
    assert!(made.head.contains(&format!("location: {REQUESTS}/{first}")), "{}", made.head);
    assert_eq!(said(&ask(addr, None, "r2")), (409, Some("E02".to_owned())), "one is open");
    assert_eq!(ask(addr, Some("M01"), "r3").status, 201, "about another course");
    let query = format!("codFis={}&tipo=ISCR", student().tax_code());
    let states = |rows: &[Value]| rows.iter().map(|row| row["stato"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(states(&list(addr, &query)), ["ACQ", "ACQ"]);
    let cancel = format!("{REQUESTS}/{first}/annulla");
    assert_eq!(send(addr, "PUT", &cancel, "").status, 204);
    let rows = list(addr, &query);
    assert_eq!(
        (states(&rows), &rows[0]["nota"], &rows[1]["nota"]),
        (vec!["ANN".to_owned(), "ACQ".to_owned()], &json!(TAKEN_BACK), &Value::Null)
    );
    assert_eq!(said(&send(addr, "PUT", &cancel, "")), (409, Some("E04".to_owned())));
    let absent = send(addr, "PUT", &format!("{REQUESTS}/a%2Fb%27%3B/annulla"), "");
    assert_eq!(absent.status, 404);
    assert_eq!(ask(addr, None, "r4").status, 201, "nothing is open any more");
    assert!(server.decide(&code_of(Subject::Enrolment, student().person_id, 3), State::Granted, "Fatto"));
    assert_eq!(states(&list(addr, &query)), ["ANN", "ACQ", "ACC"]);
    assert_eq!(list(addr, "rif=r3")[0]["corso"], "M01");
    assert_eq!((list(addr, "rif=r9"), list(addr, "tipo=TIT")), (vec![], vec![]));
    assert_eq!(server.received(), received(&[("", 3), ("r1", 1), ("r2", 1), ("r3", 1), ("r4", 1)]));
    server.forget_writes();
    assert!(server.filed().is_empty() && server.received().is_empty() && list(addr, &query).is_empty());
}

#[test]
fn what_it_does_not_take() {
    let server = start();
    let sent = |body: Value| said(&send(server.addr(), "POST", REQUESTS, &body.to_string()));
    let refused = |code: &str| (409, Some(code.to_owned()));
    assert_eq!(sent(json!({ "tipo": "ISCR", "persId": 1, "testo": "x" })), refused("E01"));
    assert_eq!(sent(json!({ "tipo": "ISCR", "persId": student().person_id })), refused("E05"));
    for wrong in [json!([]), json!({}), json!({ "tipo": "X", "persId": 1 }), json!({ "tipo": "TIT" })] {
        assert_eq!(sent(wrong.clone()).0, 422, "{wrong}");
    }
    assert_eq!(send(server.addr(), "DELETE", REQUESTS, "").status, 405);
    assert!(server.filed().is_empty());
}

#[test]
fn reports_are_about_whomever() {
    let server = start();
    let body = json!({ "tipo": "TIT", "testo": "Manca la laurea", "cognome": "Nessuno", "rif": "s1" });
    let made = send(server.addr(), "POST", REPORTS, &body.to_string());
    assert!(made.status == 201 && made.head.contains(&format!("location: {REPORTS}/S-000001")));
    assert_eq!(get(server.addr(), &format!("{REPORTS}?rif=s1")).json()[0]["id"], "S-000001");
    assert_eq!(server.tickets()[0].text, "Manca la laurea");
}

/// An answer that is lost after the write was done, and one that was never written: the same to the caller, not to the
/// office.
#[test]
fn answers_are_lost_before_and_after() {
    for (answer, status, done) in [
        (json!({ "fault": "reset" }), 0, 0),
        (json!({ "fault": "reset", "after": true }), 0, 1),
        (json!({ "fault": "garbage", "after": true }), 0, 1),
        (json!({ "fault": "truncate", "after": true }), 201, 1),
        (json!({ "status": 503 }), 503, 0),
        (json!({ "status": 503, "after": true, "body": "<html/>" }), 503, 1),
        (json!({ "status": 202, "after": true }), 202, 1),
        (json!({ "fault": "error_in_200", "after": true }), 200, 1),
        (json!({ "fault": "html", "after": true }), 200, 1),
        (json!({ "delay_ms": 30 }), 201, 1),
    ] {
        let server = start();
        let rule = json!([{ "match": { "method": "POST", "path": REQUESTS }, "answer": answer }]);
        server.set_rules(serde_json::from_value(rule).unwrap());
        let got = ask(server.addr(), None, "r1");
        let received = server.received().get("r1").copied().unwrap_or(0);
        assert_eq!(
            (got.status, received, server.filed().len()),
            (status, done, usize::try_from(done).unwrap()),
            "{answer}"
        );
        if status == 202 {
            assert!(got.head.contains("location: "), "what the rule leaves out is the system's own");
        }
    }
}

#[test]
fn a_story_over_soap() {
    let server = start();
    let addr = server.addr();
    let send = |sid: &str, document: &str| {
        let (code, xml) = call(addr, "fn_retrieve_xml_x", &[("sid", sid), ("xmlIn", document), ("xmlOut", "")]);
        let xml = xml.unwrap();
        let said = (!xml.is_empty()).then(|| {
            let root = parse(&xml);
            (root.value("COD").unwrap().to_owned(), root.value("ID").map(str::to_owned))
        });
        (code, said)
    };
    let person = student().tax_code();
    let document = format!(
        "<RETTIFICA><CF>{person}</CF><TIPO>TIT</TIPO><NOTA>città &#128512; a; b=c</NOTA><RIF>r1</RIF></RETTIFICA>"
    );
    assert_eq!(send("none", &document), (-1, None), "nobody writes without a session");
    let sid = login(addr);
    let id = code_of(Subject::Title, student().person_id, 1);
    assert_eq!(send(&sid, &document), (1, Some(("OK".to_owned(), Some(id.clone())))));
    assert_eq!(server.filed()[0].text, "città 😀 a; b=c");
    assert_eq!(send(&sid, &document), (1, Some(("E02".to_owned(), None))));
    let (code, xml) = retrieve(addr, &sid, "IFS_RETTIFICHE", &format!("COD_FISCALE={person};TIPO=TIT"));
    let rows = parse(&xml);
    assert_eq!((code, rows.children.len(), rows.children[0].value("STATO")), (1, 1, Some("ACQ")));
    let cancel = format!("<ANNULLA><ID>{id}</ID></ANNULLA>");
    assert_eq!(send(&sid, &cancel), (1, Some(("OK".to_owned(), None))));
    assert_eq!(send(&sid, &cancel), (1, Some(("E04".to_owned(), None))));
    assert_eq!(send(&sid, "<ANNULLA><ID>&lt;/ID&gt;';</ID></ANNULLA>"), (1, Some(("E03".to_owned(), None))));
    assert_eq!(send(&sid, "<ALTRO/>"), (-1, None));
    assert_eq!(send(&sid, "<SEGNALAZIONE><TIPO>TIT</TIPO><TESTO>x</TESTO></SEGNALAZIONE>").0, 1);
    assert_eq!(server.received(), received(&[("", 4), ("r1", 2)]));
}
