//! The shipped configuration and the real filter in a real Envoy, over a mapping of one call: what the host does to a
//! call comes out as the problem it is, what Envoy refuses itself is a problem too, and a trap ends nothing for good.

// Test code: a wrong index or a missing value is a failed test.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test"
)]

mod bundle;
mod gate;
mod gzip;
mod lent;
mod poison;
mod refused;
mod replace;
mod replies;

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use university::{Answer as Given, Fault, Match, Population, Rule, Server};
use xtask::envoy::{Cluster, Config, Envoy, Options, check, plugin_configuration};
use xtask::http::{self, Answer};
use xtask::{paths, wasm};

const WAIT: Duration = Duration::from_secs(20);
const OPERATION: &str = "/ifs02/academic-enrollments";

pub(crate) fn server() -> Server {
    let population = Population::generate(1, 10, university::DEFAULT_TODAY);
    Server::start(Arc::new(population), university::Options::default()).unwrap()
}

pub(crate) fn cluster(addr: SocketAddr) -> Cluster {
    let login = (university::server::DEFAULT_USER, university::server::DEFAULT_PASSWORD);
    Cluster::new("esse3", "127.0.0.1", addr.port()).basic(login.0, login.1)
}

/// Configuration with the clock fixed, for a filter built with `features`.
pub(crate) fn config(bundle: &[u8], trust: Option<&str>, clusters: Vec<Cluster>, features: &[&str]) -> Config {
    let built = wasm::build(features, wasm::Fetch::Never).unwrap();
    let now = trust.map(|_| "2026-03-01T09:00:00Z");
    Config::development(built.path().to_path_buf(), plugin_configuration(bundle, trust, now).unwrap(), clusters)
}

pub(crate) fn start(config: Config) -> Envoy {
    Envoy::start(config, &Options::named("gateway-test")).unwrap()
}

pub(crate) fn post(envoy: SocketAddr, body: &[u8]) -> Answer {
    let headers = [("content-type", "application/json"), ("x-request-id", "gateway-test")];
    http::send(envoy, "POST", OPERATION, &headers, body, WAIT).unwrap()
}

pub(crate) fn ask(envoy: SocketAddr) -> Answer {
    post(envoy, br#"{"tax_code":"RSSMRA80A01F205X"}"#)
}

/// Every call gets this answer.
pub(crate) fn rule(answer: Given) -> Vec<Rule> {
    vec![Rule { when: Match::default(), answer }]
}

pub(crate) fn body(text: &str) -> Given {
    Given { body: Some(Value::from(text)), ..Given::default() }
}

pub(crate) fn fault(fault: Fault) -> Given {
    Given { fault: Some(fault), ..Given::default() }
}

/// Checks a problem document: status, code, media type, request id.
#[track_caller]
pub(crate) fn problem(answer: &Answer, status: u16, code: &str) {
    let document: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    assert_eq!(
        (answer.status, &document["type"], &document["status"], &document["instance"], answer.header("content-type")),
        (
            status,
            &json!(format!("urn:ifs-adapter:problem:{code}")),
            &json!(status),
            // As it was sent in development, Envoy's own elsewhere; the answer's header says which.
            &json!(answer.header("x-request-id")),
            Some("application/problem+json")
        ),
        "{}",
        answer.text()
    );
}

#[test]
fn each_way_a_call_ends_is_told_apart() {
    let server = server();
    let envoy = start(config(&bundle::one_call("esse3", 400), Some("development"), vec![cluster(server.addr())], &[]));
    let log = envoy.log();
    assert!(log.contains("trust is `development`") && log.contains("; configured in "), "{log}");

    server.set_rules(rule(body("[{}]")));
    let answer = ask(envoy.addr());
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.text(), r#"{"personal_data":{"tax_code":"RSSMRA80A01F205X"},"enrollments":[]}"#);
    assert_eq!(answer.header("x-ifs-trust"), Some("development"));
    let seen = server.seen();
    let header = |name: &str| seen[0].headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    assert!(header("authorization").is_some_and(|value| value.starts_with("Basic ")), "the gateway adds credentials");
    assert_eq!(header("host"), Some("esse3.example.it"));

    for (given, status, code) in [
        (fault(Fault::Reset), 503, "legacy.reset"),
        (fault(Fault::Hang), 503, "legacy.timeout"),
        (fault(Fault::Truncate), 500, "legacy.truncated"),
        (fault(Fault::ResetMidBody), 500, "legacy.truncated"),
        (fault(Fault::Huge(5 << 20)), 500, "limit.legacy-body"),
        (fault(Fault::Html), 500, "legacy.malformed"),
        // The system's own, and not the gateway's for a call that took too long.
        (Given { status: Some(504), ..body("[]") }, 503, "legacy.down"),
    ] {
        let shown = format!("{given:?}");
        server.set_rules(rule(given));
        let answer = ask(envoy.addr());
        assert_eq!(answer.status, status, "{shown}: {}", answer.text());
        problem(&answer, status, code);
    }
    drop(server);
    problem(&ask(envoy.addr()), 503, "legacy.down");
    let down: u64 = envoy.stats(";outcome=legacy.down;").unwrap().iter().map(|(_, value)| value).sum();
    assert!(down >= 2, "{:?}", envoy.stats("ifs_adapter"));
}

#[test]
fn what_cannot_be_sent_is_answered() {
    let server = server();
    let unknown = bundle::one_call("nowhere", 5_000);
    let envoy = start(config(&unknown, Some("development"), vec![cluster(server.addr())], &[]));
    problem(&ask(envoy.addr()), 500, "mapping.cluster");
    drop(envoy);

    let mut narrow = cluster(server.addr());
    (narrow.connections, narrow.waiting) = (1, 1);
    let envoy = start(config(&bundle::one_call("esse3", 5_000), Some("development"), vec![narrow], &[]));
    // Calls wait for as long as one may take: five one after the other, for each of two workers.
    server.set_rules(rule(Given { delay_ms: 1_000, ..body("[{}]") }));
    let addr = envoy.addr();
    let asking: Vec<_> = (0..20).map(|_| std::thread::spawn(move || ask(addr))).collect();
    let answers: Vec<Answer> = asking.into_iter().map(|thread| thread.join().unwrap()).collect();
    let full: Vec<&Answer> = answers.iter().filter(|answer| answer.status != 200).collect();
    assert!(!full.is_empty() && full.len() < 20, "{} of 20 were refused", full.len());
    full.iter().for_each(|answer| problem(answer, 503, "limit.overflow"));
}

#[test]
fn a_body_too_large_is_refused_by_the_filter_before_the_gateway() {
    let envoy = start(config(&bundle::one_call("esse3", 5_000), Some("development"), vec![cluster(closed())], &[]));
    let ours = post(envoy.addr(), &vec![b' '; 70_000]);
    problem(&ours, 413, "limit.body");
    assert_eq!(ours.header("x-ifs-trust"), Some("development"));
    let headers = [("content-type", "application/json"), ("x-request-id", "gateway-test")];
    let escaped = http::send(envoy.addr(), "POST", "/ifs02%2fstatus", &headers, &[], WAIT).unwrap();
    problem(&escaped, 400, "gateway.refused");
    assert_eq!(escaped.header("x-ifs-trust"), None);
    let log = envoy.stop().join("access.log");
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains(r#""route":"ifs02""#) && !log.contains("academic-enrollments"), "{log}");
}

#[test]
fn without_trust_everything_is_401() {
    let envoy = start(config(&bundle::one_call("esse3", 5_000), None, vec![cluster(closed())], &[]));
    let answer = ask(envoy.addr());
    problem(&answer, 401, "request.identity");
    assert_eq!(answer.header("x-ifs-trust"), None);
}

#[test]
fn a_damaged_bundle_is_refused_with_the_reason() {
    let bundle = String::from_utf8(bundle::one_call("esse3", 5_000)).unwrap().replace("9901", "9902");
    let config = config(bundle.as_bytes(), None, vec![cluster(closed())], &[]);
    let error = Envoy::start(config, &Options::named("gateway-test")).unwrap_err().to_string();
    assert!(error.contains("configuration refused") && error.contains("digest"), "{error}");
}

#[test]
fn validating_runs_the_filter() {
    let dir = paths::run_dir("gateway-test").unwrap();
    let good = config(&bundle::one_call("esse3", 5_000), None, vec![cluster(closed())], &[]);
    check::envoy(&good.write(&dir).unwrap(), &dir, &[]).unwrap();
    let mut bad = good.clone();
    bad.plugin = "{}".to_owned();
    let error = check::envoy(&bad.write(&dir).unwrap(), &dir, &[]).unwrap_err().to_string();
    assert!(error.contains("has no `bundle`"), "{error}");
    assert!(dir.join("esse3.secret").exists());
    good.forget_secrets(&dir);
    assert!(!Path::new(&dir.join("esse3.secret")).exists());
}

/// An address nobody listens at.
pub(crate) fn closed() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}
