//! Rules over a socket: each answer and each fault as a caller meets it, and what the server counts.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, LazyLock};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::client::{BASIC, Got, get, open, read};
use serde_json::{Value, json};
use university::{Options, Population, Rule, Server, server};

const SITES: &str = "/e3rest/api/struttura-service-v1/sedi";

static POPULATION: LazyLock<Arc<Population>> =
    LazyLock::new(|| Arc::new(Population::generate(1, 10, university::DEFAULT_TODAY)));

fn start() -> Server {
    Server::start(Arc::clone(&POPULATION), Options::default()).unwrap()
}

fn rules(list: Value) -> Vec<Rule> {
    serde_json::from_value(list).unwrap()
}

/// What one call gets under one answer.
fn under(answer: Value) -> Got {
    let server = start();
    server.set_rules(rules(json!([{ "match": { "path": SITES }, "answer": answer }])));
    get(server.addr(), SITES)
}

fn content_length(got: &Got) -> usize {
    let line = got.head.lines().find(|line| line.starts_with("content-length: ")).unwrap();
    line["content-length: ".len()..].parse().unwrap()
}

fn population_body() -> Vec<u8> {
    get(start().addr(), SITES).body
}

#[test]
fn bodies_statuses_and_headers() {
    let got = under(json!({ "status": 503, "headers": { "Retry-After": ["7"] } }));
    assert_eq!((got.status, got.body.len()), (503, 0));
    assert!(got.head.contains("Retry-After: 7"));
    let got = under(json!({ "body": [{ "a": "è" }] }));
    assert_eq!((got.status, got.text()), (200, r#"[{"a":"è"}]"#));
    assert!(got.head.contains("content-type: application/json;charset=UTF-8"));
    let got = under(json!({ "body": "{\"a\": 1, \"a\": 2", "headers": { "Content-Type": ["text/xml"] } }));
    assert_eq!(got.text(), "{\"a\": 1, \"a\": 2");
    assert!(got.head.contains("Content-Type: text/xml") && !got.head.contains("application/json"));
    let got = under(json!({ "status": 422, "headers": { "x": ["y"] }, "body": {} }));
    assert_eq!((got.status, got.text()), (422, "{}"));
    assert_eq!(under(json!({ "headers": { "x": ["y"] } })).body, population_body());
    assert_eq!(under(json!({ "status": 204 })).status, 204);
}

#[test]
fn files() {
    let folder = std::env::temp_dir().join(format!("university-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("answer.json"), b"[1, 2]").unwrap();
    let mut list = rules(json!([
        { "match": { "path": SITES }, "answer": { "file": "answer.json", "times": 1 } },
        { "match": { "path": SITES }, "answer": { "file": "missing.json" } }
    ]));
    list.iter_mut().for_each(|rule| rule.resolve(&folder));
    let server = start();
    server.set_rules(list);
    assert_eq!(get(server.addr(), SITES).text(), "[1, 2]");
    assert_eq!(get(server.addr(), SITES).status, 599);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn delay_passes_the_population_through() {
    let started = Instant::now();
    assert_eq!(under(json!({ "delay_ms": 300 })).body, population_body());
    assert!(started.elapsed() >= Duration::from_millis(300));
}

#[test]
fn first_open_rule_wins() {
    let server = start();
    server.set_rules(rules(json!([
        { "match": { "path": SITES, "query": { "start": 100 } }, "answer": { "status": 500 } },
        { "match": { "path": SITES, "method": "POST" }, "answer": { "status": 501 } },
        { "match": { "path": "/e3rest/api/struttura-*" }, "answer": { "status": 502, "times": 2 } },
        { "match": {}, "answer": { "status": 504 } }
    ])));
    let status = |target: &str| get(server.addr(), target).status;
    assert_eq!(status(&format!("{SITES}?limit=100&start=100")), 500);
    assert_eq!([status(SITES), status(SITES), status(SITES)], [502, 502, 504]);
    assert_eq!(status("/elsewhere"), 504);
    assert_eq!(read(&mut open(server.addr(), "POST", SITES, BASIC)).status, 501);
    assert_eq!(read(&mut open(server.addr(), "GET", "/elsewhere", "")).status, 401, "rules do not open the door");
    server.set_rules(Vec::new());
    assert_eq!(status(SITES), 200);
}

#[test]
fn reset() {
    let got = under(json!({ "fault": "reset" }));
    assert!(got.reset && got.body.is_empty() && got.head.is_empty());
}

/// What comes within a moment of a call that is never answered whole; the connection must still be open then.
fn stalled(fault: &str) -> Vec<u8> {
    let server = start();
    server.set_rules(rules(json!([{ "match": { "path": SITES }, "answer": { "fault": fault } }])));
    let mut stream = open(server.addr(), "GET", SITES, BASIC);
    stream.set_read_timeout(Some(Duration::from_millis(400))).unwrap();
    let mut got = Vec::new();
    let ended = stream.read_to_end(&mut got).unwrap_err().kind();
    assert!(matches!(ended, std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut), "{ended:?}");
    assert_eq!(server.in_flight(), 1);
    drop(stream);
    let until = Instant::now() + Duration::from_secs(5);
    while server.in_flight() > 0 {
        assert!(Instant::now() < until, "the call goes on though the caller has left");
        sleep(Duration::from_millis(10));
    }
    got
}

#[test]
fn an_answer_that_stalls_in_its_head_or_in_its_body() {
    let head = stalled("stall_head");
    assert!(head.starts_with(b"HTTP/1.1 200") && !head.windows(4).any(|four| four == b"\r\n\r\n"));
    let body = stalled("stall_body");
    let end = body.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    let whole = population_body();
    assert_eq!(body[end..], whole[..whole.len() / 2]);
}

#[test]
fn reset_mid_body() {
    let got = under(json!({ "fault": "reset_mid_body" }));
    assert!(got.reset && got.status == 200);
    assert!(!got.body.is_empty() && got.body.len() < content_length(&got));
    assert!(population_body().starts_with(&got.body));
}

#[test]
fn truncate() {
    let got = under(json!({ "fault": "truncate", "body": [1] }));
    assert!(!got.reset && got.status == 200 && got.text() == "[1]");
    assert!(content_length(&got) > 3);
}

#[test]
fn garbage() {
    let got = under(json!({ "fault": "garbage" }));
    assert!(!got.reset && !got.head.starts_with("HTTP/"));
}

#[test]
fn hang() {
    let server = start();
    server.set_rules(rules(json!([{ "match": { "path": SITES }, "answer": { "fault": "hang" } }])));
    let mut stream = open(server.addr(), "GET", SITES, BASIC);
    stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    assert!(stream.read(&mut [0; 1]).is_err(), "nothing comes");
    assert_eq!((server.in_flight(), server.seen()[0].status), (1, 0));
    drop(stream);
    let started = Instant::now();
    while server.in_flight() > 0 && started.elapsed() < Duration::from_secs(5) {
        sleep(Duration::from_millis(5));
    }
    assert_eq!(server.in_flight(), 0, "a caller that leaves ends it");
}

#[test]
fn huge() {
    for size in [2, 3, 99, 131, 132, 133, 134, 200, 263, 264, 100_000, 34_603_008] {
        let got = under(json!({ "fault": { "huge": size } }));
        assert_eq!((got.body.len(), content_length(&got)), (size, size));
        let rows: Vec<serde::de::IgnoredAny> = serde_json::from_slice(&got.body).unwrap();
        assert!(rows.is_empty() || size > 100, "{size}");
        assert!(rows.len() > 1 || size < 1000, "{size}");
    }
}

#[test]
fn html_wrong_content_type_and_error_in_200() {
    let got = under(json!({ "fault": "html" }));
    assert!(got.status == 200 && got.head.contains("text/html") && got.text().starts_with("<!DOCTYPE html>"));
    assert_eq!(under(json!({ "fault": "html", "status": 502 })).status, 502);
    let got = under(json!({ "fault": "wrong_content_type" }));
    assert!(got.head.contains("content-type: text/plain") && got.body == population_body());
    let got = under(json!({ "fault": "error_in_200" }));
    assert_eq!((got.status, got.json()["retCode"].clone()), (200, json!(-1)));
    assert!(got.json()["errDetails"].is_array());
}

#[test]
fn trickle() {
    let started = Instant::now();
    let got = under(json!({ "fault": "trickle", "delay_ms": 5 }));
    assert_eq!(got.body, population_body());
    assert!(started.elapsed() >= Duration::from_millis(45 * 5), "{:?}", started.elapsed());
}

#[test]
fn connections_are_kept_and_calls_logged() {
    let server = start();
    let mut stream = TcpStream::connect(server.addr()).unwrap();
    let target = "/e3rest/api/anagrafica-service-v2/persone?codFis=A%2BB&cognome=a+b&x";
    for body in ["content-length: 3\r\n\r\nabc", "transfer-encoding: chunked\r\n\r\n3;e=1\r\nabc\r\n0\r\nt: 1\r\n\r\n"]
    {
        let request = format!("GET {target} HTTP/1.1\r\nhost: system\r\nX-Probe: 1\r\n{BASIC}{body}");
        // In two writes, as a proxy may.
        let (first, second) = request.split_at(30);
        stream.write_all(first.as_bytes()).unwrap();
        sleep(Duration::from_millis(20));
        stream.write_all(second.as_bytes()).unwrap();
        let mut answer = Vec::new();
        let mut block = [0; 1024];
        while !answer.ends_with(b"\r\n\r\n[]") {
            let count = stream.read(&mut block).unwrap();
            assert!(count > 0);
            answer.extend_from_slice(&block[..count]);
        }
    }
    let seen = server.seen();
    assert_eq!((server.connections(), server.calls(), seen.len()), (1, 2, 2));
    for call in &seen {
        assert_eq!((call.method.as_str(), call.status, call.target.as_str()), ("GET", 200, target));
        assert_eq!(call.path, "/e3rest/api/anagrafica-service-v2/persone");
        let query = [("codFis", "A+B"), ("cognome", "a b"), ("x", "")].map(|(n, v)| (n.to_owned(), v.to_owned()));
        assert_eq!(call.query, query);
        assert!(call.headers.contains(&("x-probe".to_owned(), "1".to_owned())));
        assert_eq!(call.body, b"abc");
        let debug = format!("{call:?}");
        assert!(!debug.contains("A+B") && !debug.contains("Basic") && debug.contains("codFis"), "{debug}");
    }
    assert!(server.bytes() > 0);
    server.clear();
    assert_eq!((server.seen().len(), server.calls(), server.bytes()), (0, 0, 0));
}

#[test]
fn the_log_has_a_limit() {
    let server = Server::start(Arc::clone(&POPULATION), Options { seen_limit: 2, ..Options::default() }).unwrap();
    for _ in 0..5 {
        get(server.addr(), SITES);
    }
    assert_eq!((server.seen().len(), server.calls()), (2, 5));
}

#[test]
fn hundreds_of_connections_at_once() {
    let server = start();
    server.set_rules(rules(json!([{ "match": {}, "answer": { "delay_ms": 600 } }])));
    let started = Instant::now();
    let mut streams: Vec<TcpStream> = (0..300).map(|_| open(server.addr(), "GET", SITES, BASIC)).collect();
    for stream in &mut streams {
        assert_eq!(read(stream).status, 200);
    }
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    assert!(server.in_flight_max() > 100, "{}", server.in_flight_max());
}

#[test]
fn dropping_the_server_closes_its_port() {
    let server = start();
    let addr = server.addr();
    assert!(addr.ip().is_loopback());
    let mut hanging = TcpStream::connect(addr).unwrap();
    assert_eq!(get(addr, SITES).status, 200);
    drop(server);
    assert!(TcpStream::connect(addr).is_err());
    assert!(matches!(hanging.read(&mut [0; 1]), Ok(0) | Err(_)));
    let again = Server::start(Arc::clone(&POPULATION), Options { port: addr.port(), ..Options::default() }).unwrap();
    assert_eq!(get(again.addr(), SITES).status, 200);
    assert!(
        Server::start(Arc::clone(&POPULATION), Options { port: addr.port(), ..Options::default() }).is_err(),
        "a port that is taken is an error"
    );
    assert_ne!(server::DEFAULT_PASSWORD, "");
}
