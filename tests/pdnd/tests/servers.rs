//! The JWKS server, the token server and the client, over real sockets.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test"
)]

mod common;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use common::standin;
use pdnd::{Behaviour, Identity, JwksServer, Signer, TokenServer, connect};
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(5);

fn ask(stream: &mut (impl Read + Write), request: &str) -> String {
    stream.write_all(request.as_bytes()).unwrap();
    stream.flush().unwrap();
    let mut text = String::new();
    // An abrupt end is the end too.
    let _ = stream.read_to_string(&mut text);
    text
}

fn jwks(addr: SocketAddr) -> String {
    let mut stream = connect(addr, standin().authority(), None, PATIENCE).unwrap();
    ask(&mut stream, "GET /.well-known/jwks.json HTTP/1.1\r\nhost: localhost\r\n\r\n")
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

#[test]
fn the_jwks_is_served_counted_and_replaced() {
    let document = standin().jwks(&[Signer::Current]);
    let server = JwksServer::start(standin().authority(), 0, document.clone()).unwrap();
    let answer = jwks(server.addr());
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(body(&answer), document);
    let next = standin().jwks(&[Signer::Next]);
    server.publish(next.clone());
    assert_eq!(body(&jwks(server.addr())), next);
    assert_eq!(server.fetches(), 2);
    let mut stream = connect(server.addr(), standin().authority(), None, PATIENCE).unwrap();
    assert!(ask(&mut stream, "GET /other HTTP/1.1\r\nhost: localhost\r\n\r\n").starts_with("HTTP/1.1 404 "));
    assert_eq!(server.fetches(), 2);
}

#[test]
fn it_misbehaves_as_told() {
    let server = JwksServer::start(standin().authority(), 0, standin().jwks(&[Signer::Current])).unwrap();
    server.behave(Behaviour::Failing(503));
    assert!(jwks(server.addr()).starts_with("HTTP/1.1 503 "));
    server.behave(Behaviour::Garbage);
    assert!(serde_json::from_str::<Value>(body(&jwks(server.addr()))).is_err());
    server.behave(Behaviour::Closing);
    assert_eq!(jwks(server.addr()), "");
    server.behave(Behaviour::Slow(Duration::from_millis(300)));
    let from = Instant::now();
    assert!(jwks(server.addr()).starts_with("HTTP/1.1 200 "));
    assert!(from.elapsed() >= Duration::from_millis(300));
}

#[test]
fn dropped_it_is_gone_and_its_port_free() {
    let server = JwksServer::start(standin().authority(), 0, String::new()).unwrap();
    let addr = server.addr();
    drop(server);
    assert!(connect(addr, standin().authority(), None, PATIENCE).is_err());
    let server = JwksServer::start(standin().authority(), addr.port(), String::new()).unwrap();
    assert_eq!(server.addr(), addr);
    assert!(JwksServer::start(standin().authority(), addr.port(), String::new()).is_err(), "taken");
}

#[test]
fn clients_trust_the_authority_only() {
    let folder = common::Folder::new();
    let other = pdnd::Standin::open(&folder.0).unwrap();
    let server = JwksServer::start(other.authority(), 0, String::new()).unwrap();
    let error = connect(server.addr(), standin().authority(), None, PATIENCE).err().unwrap().to_string();
    assert!(error.contains("certificate"), "{error}");
    // A certificate that nobody asks for does no harm.
    let server = JwksServer::start(standin().authority(), 0, String::new()).unwrap();
    assert!(connect(server.addr(), standin().authority(), Some(Identity::Consumer), PATIENCE).is_ok());
}

fn token(addr: SocketAddr, authorization: &str, form: &str) -> (String, Value) {
    let mut stream = TcpStream::connect(addr).unwrap();
    let request = format!(
        "POST /token HTTP/1.1\r\nhost: x\r\n{authorization}content-type: application/x-www-form-urlencoded\r\n\
         content-length: {}\r\n\r\n{form}",
        form.len()
    );
    let answer = ask(&mut stream, &request);
    let status = answer.split(' ').nth(1).unwrap().to_owned();
    (status, serde_json::from_str(body(&answer)).unwrap_or_default())
}

#[test]
fn tokens_are_given_for_the_right_secret_only() {
    let server = TokenServer::start(None, 0, ("adapter", "a secret+1"), Duration::from_secs(60)).unwrap();
    let good = "grant_type=client_credentials&client_id=adapter&client_secret=a+secret%2B1";
    let (status, answer) = token(server.addr(), "", good);
    assert_eq!((status.as_str(), answer["expires_in"].as_u64()), ("200", Some(60)));
    assert_eq!(answer["token_type"], "Bearer");
    let given = answer["access_token"].as_str().unwrap();
    assert!(server.accepts(given) && !server.accepts("another"));
    // `adapter:a+secret%2B1`, by coreutils' base64.
    let basic = "authorization: Basic YWRhcHRlcjphK3NlY3JldCUyQjE=\r\n";
    assert_eq!(token(server.addr(), basic, "grant_type=client_credentials").0, "200");
    assert_eq!(server.tokens().len(), 2);
    let wrong = "grant_type=client_credentials&client_id=adapter&client_secret=guess";
    let (status, answer) = token(server.addr(), "", wrong);
    assert_eq!((status.as_str(), answer["error"].as_str()), ("401", Some("invalid_client")));
    assert_eq!(token(server.addr(), "", "grant_type=client_credentials").0, "401");
    assert_eq!(token(server.addr(), basic, "grant_type=password").0, "400");
    assert_eq!((server.refused(), server.tokens().len()), (3, 2));
}

#[test]
fn tokens_are_given_over_tls_too() {
    let server = TokenServer::start(Some(standin().authority()), 0, ("a", "b"), Duration::from_secs(60)).unwrap();
    let mut stream = connect(server.addr(), standin().authority(), None, PATIENCE).unwrap();
    let form = "grant_type=client_credentials&client_id=a&client_secret=b";
    let request = format!("POST /token HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{form}", form.len());
    assert!(ask(&mut stream, &request).starts_with("HTTP/1.1 200 "));
}
