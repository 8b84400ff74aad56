//! The other SOAP service over a socket: both versions, tokens good for one call, attributes, and the oracle's bytes.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};
use university::oracle::{Expected, ifs02_1};
use university::{DEFAULT_SEED, DEFAULT_STUDENTS, DEFAULT_TODAY, Kind, Options, Population, Rule, Server, server};

use crate::client::{Got, get, open, read};
use crate::wire::{Client, Lookups, closed};
use crate::xml::{Node, parse};

const PATH: &str = "/service2/didattica.asmx";
const NAMESPACE: &str = "http://www.didattica.example/ws/";
const SOAP11: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const SOAP12: &str = "http://www.w3.org/2003/05/soap-envelope";

static POPULATION: LazyLock<Arc<Population>> = LazyLock::new(|| Arc::new(Population::generate(3, 40, DEFAULT_TODAY)));

fn start() -> Server {
    Server::start(Arc::clone(&POPULATION), Options::default()).unwrap()
}

fn envelope(version: &str, operation: &str, members: &[(&str, &str)]) -> String {
    let members: Vec<String> = members
        .iter()
        .map(|(name, value)| format!("<d:{name}>{}</d:{name}>", quick_xml::escape::escape(*value)))
        .collect();
    format!(
        "<s:Envelope xmlns:s=\"{version}\" xmlns:d=\"{NAMESPACE}\"><s:Body><d:{operation}><d:request>{}</d:request>\
         </d:{operation}></s:Body></s:Envelope>",
        members.join("")
    )
}

fn headers(version: &str, operation: &str) -> String {
    if version == SOAP11 {
        format!("content-type: text/xml; charset=utf-8\r\nsoapaction: \"{NAMESPACE}{operation}\"\r\n")
    } else {
        format!("content-type: application/soap+xml; charset=utf-8; action=\"{NAMESPACE}{operation}\"\r\n")
    }
}

fn post(addr: SocketAddr, headers: &str, body: &str) -> Got {
    let mut stream = open(addr, "POST", PATH, &format!("{headers}content-length: {}\r\n", body.len()));
    stream.write_all(body.as_bytes()).unwrap();
    read(&mut stream)
}

/// What an operation gave: the result code, the next token, and the result itself. Every element must be of the service's
/// namespace.
fn call(addr: SocketAddr, version: &str, operation: &str, members: &[(&str, &str)]) -> (String, Option<String>, Node) {
    let got = post(addr, &headers(version, operation), &envelope(version, operation, members));
    assert_eq!(got.status, 200, "{}", got.text());
    let kind = if version == SOAP11 { "text/xml" } else { "application/soap+xml" };
    assert!(got.head.contains(&format!("content-type: {kind}; charset=utf-8")));
    assert_eq!(got.text().contains("<ns2:"), version == SOAP11);
    let document = parse(got.text());
    assert_eq!(document.name, (version.to_owned(), "Envelope".to_owned()));
    let response = &document.one("Body").children[0];
    assert_eq!(response.name, (NAMESPACE.to_owned(), format!("{operation}Response")));
    let result = response.one(&format!("{operation}Result")).clone();
    assert!(result.children.iter().all(|child| child.name.0 == NAMESPACE));
    let code = result.one("Esito").attribute("", "Codice").unwrap().to_owned();
    let token = result.all("NewToken").first().map(|token| token.text.clone());
    (code, token, result)
}

fn logon(addr: SocketAddr, version: &str) -> String {
    let members = [("UserName", server::DEFAULT_USER), ("Password", server::DEFAULT_PASSWORD)];
    let (code, token, _) = call(addr, version, "LogonUser", &members);
    assert_eq!(code, "0");
    token.unwrap()
}

fn faultcode(got: &Got) -> String {
    let document = parse(got.text());
    let fault = document.one("Body").one("Fault");
    match fault.all("faultcode").first() {
        Some(code) => code.text.clone(),
        None => fault.one("Code").one("Value").text.clone(),
    }
}

#[test]
fn a_token_is_good_once_and_each_answer_brings_the_next() {
    let server = start();
    let code = POPULATION.first(Kind::TwoCareers).unwrap().tax_code();
    for version in [SOAP11, SOAP12] {
        let first = logon(server.addr(), version);
        let ask = |token: &str, code: &str| {
            call(server.addr(), version, "GetCarriera", &[("RequestToken", token), ("CodiceFiscale", code)])
        };
        let (esito, second, result) = ask(&first, code);
        let second = second.unwrap();
        assert!(esito == "0" && second != first);
        let student = result.one("Studente");
        assert_eq!(student.attribute("", "CodiceFiscale"), Some(code));
        assert_eq!(student.all("Carriera").len(), 2);
        let (esito, third, _) = ask(&second, &POPULATION.unknown()[0]);
        assert_eq!(esito, "9", "unknown, and the token is spent all the same");
        let (spent, none, _) = ask(&second, code);
        assert_eq!((spent.as_str(), none), ("4", None));
        let id = student.all("Carriera")[1].attribute("", "Id").unwrap();
        let members = [("RequestToken", third.as_deref().unwrap()), ("IdCarriera", id)];
        let (esito, fourth, one) = call(server.addr(), version, "GetIscrizioni", &members);
        assert!(esito == "0" && fourth.is_some());
        assert_eq!(one.one("Carriera"), student.all("Carriera")[1]);
    }
    let wrong = call(server.addr(), SOAP12, "LogonUser", &[("UserName", "x"), ("Password", "y")]);
    assert_eq!((wrong.0.as_str(), wrong.1), ("3", None));
}

#[test]
fn faults_are_of_the_callers_version() {
    let server = start();
    let addr = server.addr();
    for (version, sender, receiver) in
        [(SOAP11, "soap:Client", "soap:Server"), (SOAP12, "soap:Sender", "soap:Receiver")]
    {
        let status = if version == SOAP12 { 400 } else { 500 };
        let good = envelope(version, "LogonUser", &[]);
        for (headers, body) in [
            (headers(version, "LogonUser"), good.replace("</s:Envelope>", "")),
            (headers(version, "LogonUser"), good.replace(NAMESPACE, "urn:other")),
            (headers(version, "GetCarriera"), good.clone()),
            (headers(version, "Nothing"), envelope(version, "Nothing", &[])),
        ] {
            let got = post(addr, &headers, &body);
            assert_eq!((got.status, faultcode(&got).as_str()), (status, sender), "{body}");
        }
        server.set_rules(rules(json!([{ "match": { "soap": "LogonUser" }, "answer": { "fault": "soap_fault" } }])));
        let got = post(addr, &headers(version, "LogonUser"), &good);
        assert_eq!((got.status, faultcode(&got).as_str()), (500, receiver));
        server.set_rules(Vec::new());
    }
    let other = post(addr, &headers(SOAP12, "LogonUser"), &envelope(SOAP11, "LogonUser", &[]));
    assert_eq!((other.status, faultcode(&other).as_str()), (500, "soap:VersionMismatch"));
    assert_eq!(get(addr, PATH).status, 405);
}

fn rules(list: Value) -> Vec<Rule> {
    serde_json::from_value(list).unwrap()
}

#[test]
fn rules_reach_it() {
    let server = start();
    let token = logon(server.addr(), SOAP12);
    let code = POPULATION.students()[0].tax_code();
    let ask =
        |token: &str| call(server.addr(), SOAP12, "GetCarriera", &[("RequestToken", token), ("CodiceFiscale", code)]).0;
    server.set_rules(rules(json!([
        { "match": { "soap": "GetCarriera", "body": code }, "answer": { "fault": "session_lost", "times": 1 } },
        { "match": { "path": format!("{PATH}#GetCarriera") }, "answer": { "fault": { "soap_code": 4 } } }
    ])));
    assert_eq!([ask(&token), ask(&logon(server.addr(), SOAP12))], ["4", "4"]);
    server.set_rules(rules(json!([{ "answer": { "fault": { "xml_bomb": { "kind": "width", "size": 3 } } } }])));
    let got = post(server.addr(), &headers(SOAP12, "LogonUser"), &envelope(SOAP12, "LogonUser", &[]));
    assert_eq!(parse(got.text()).one("Body").one("WS").children.len(), 3);
}

#[test]
fn attributes_lead_to_the_oracles_bytes() {
    let population = Arc::new(Population::generate(DEFAULT_SEED, DEFAULT_STUDENTS, DEFAULT_TODAY));
    let server = Server::start(Arc::clone(&population), Options::default()).unwrap();
    let mut client = Client(std::net::TcpStream::connect(server.addr()).unwrap());
    let lookups = Lookups::new(&mut client);
    let mut token = logon(server.addr(), SOAP12);
    for student in population.students() {
        let code = student.tax_code();
        let members = [("RequestToken", token.as_str()), ("CodiceFiscale", code)];
        let (esito, next, result) = call(server.addr(), SOAP12, "GetCarriera", &members);
        assert_eq!(esito, "0");
        token = next.unwrap();
        let careers = result.one("Studente").all("Carriera");
        let rows = careers.into_iter().flat_map(|career| {
            let state = career.attribute("", "Chiusa").map(|_| "X");
            career.all("Iscrizione").into_iter().map(move |row| closed(facts(row), state))
        });
        let rows: Vec<Value> = rows.collect();
        let answer = lookups.answer(code, &rows).into_bytes();
        assert!(ifs02_1(&population, code, DEFAULT_TODAY) == Expected::Answer(answer), "{:?}", student.kind);
    }
}

/// An `Iscrizione` in the terms of `Lookups::answer`.
fn facts(row: &Node) -> Value {
    let text = |name: &str| row.attribute("", name);
    let year = |name: &str| text(name).map(|years| years[..4].parse::<i64>().unwrap());
    let status = match text("Stato") {
        Some("ISCRITTO") => json!("A"),
        Some("ANNULLATO") => json!("X"),
        Some("SOSPESO") => json!("S"),
        _ => Value::Null,
    };
    json!({
        "codicione": text("CodiceMiur"),
        "istatCod": text("Sede"),
        "aaIscrId": year("AnnoAccademico"),
        "aaRegId": year("Coorte"),
        "claMurstCod": text("Classe"),
        "annoCorso": text("AnnoCorso").map(|nth| nth.parse::<i64>().unwrap()),
        "staIscrCod": status,
        "condFlg": i64::from(text("SottoCondizione") == Some("true")),
    })
}
