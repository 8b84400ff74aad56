//! The proxy that cuts exchanges: at each place how many writes the office received, and what the caller saw.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use university::{Cut, DEFAULT_TODAY, Match, Options, Population, Proxy, Server};

use crate::client::BASIC;

const REPORTS: &str = "/e3rest/api/ifs/segnalazioni";

fn write(reference: &str) -> String {
    let body = json!({ "tipo": "ISCR", "testo": "x", "rif": reference }).to_string();
    format!("POST {REPORTS} HTTP/1.1\r\nhost: system\r\n{BASIC}content-length: {}\r\n\r\n{body}", body.len())
}

fn connect(addr: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(addr).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(600))).unwrap();
    stream
}

/// What comes of a call over a kept connection: its bytes until they pause, and whether the connection has ended.
fn exchange(stream: &mut TcpStream, call: &str) -> (String, bool) {
    let mut got = Vec::new();
    if stream.write_all(call.as_bytes()).is_err() {
        return (String::new(), true);
    }
    let mut block = [0; 4096];
    let ended = loop {
        match stream.read(&mut block) {
            Ok(0) => break true,
            Ok(count) => got.extend_from_slice(&block[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => break true,
            Err(_) => break false,
        }
        if got.ends_with(b"}") || got.ends_with(b"</html>") {
            break false;
        }
    };
    (String::from_utf8(got).unwrap(), ended)
}

#[test]
fn every_place() {
    let population = Arc::new(Population::generate(2, 10, DEFAULT_TODAY));
    let server = Server::start(population, Options::default()).unwrap();
    let proxy = Proxy::start(server.addr()).unwrap();
    for (cut, received, seen, ends) in [
        (None, 1, "HTTP/1.1 201", false),
        (Some(Cut::CloseBefore), 0, "", true),
        (Some(Cut::ResetBefore), 0, "", true),
        (Some(Cut::HalfRequest), 0, "", true),
        (Some(Cut::UnavailableBefore), 0, "HTTP/1.1 503", false),
        (Some(Cut::CloseAfter), 1, "", true),
        (Some(Cut::ResetAfter), 1, "", true),
        (Some(Cut::HalfAnswer), 1, "HTTP/1.1 201", true),
        (Some(Cut::UnavailableAfter), 1, "HTTP/1.1 503", false),
    ] {
        server.forget_writes();
        proxy.clear();
        if let Some(cut) = cut {
            proxy.cut(
                Match { method: Some("POST".to_owned()), path: Some(REPORTS.to_owned()), ..Match::default() },
                cut,
            );
        }
        let (got, ended) = exchange(&mut connect(proxy.addr()), &write("r"));
        assert!(got.starts_with(seen) && got.is_empty() == seen.is_empty(), "{cut:?}: {got}");
        assert_eq!(ended, ends, "{cut:?}");
        assert_eq!(server.received().get("r").copied().unwrap_or(0), received, "{cut:?}");
        assert_eq!(proxy.cuts(), u64::from(cut.is_some()));
    }
}

#[test]
fn an_answer_that_is_held_and_a_connection_that_closes_as_it_is_used() {
    let population = Arc::new(Population::generate(2, 10, DEFAULT_TODAY));
    let server = Server::start(population, Options::default()).unwrap();
    let proxy = Proxy::start(server.addr()).unwrap();
    let before = Instant::now();
    proxy.cut(Match::default(), Cut::Hold(Duration::from_millis(200)));
    let mut stream = connect(proxy.addr());
    assert!(exchange(&mut stream, &write("a")).0.starts_with("HTTP/1.1 201"));
    assert!(before.elapsed() >= Duration::from_millis(200));
    assert!(exchange(&mut stream, &write("b")).0.starts_with("HTTP/1.1 201"), "the connection is kept");
    proxy.close_next_kept();
    assert_eq!(exchange(&mut stream, &write("c")), (String::new(), true));
    assert!(exchange(&mut connect(proxy.addr()), &write("d")).0.starts_with("HTTP/1.1 201"));
    let received: Vec<String> = server.received().into_keys().collect();
    assert_eq!((received, proxy.connections()), (vec!["a".to_owned(), "b".to_owned(), "d".to_owned()], 2));
    let port = proxy.addr().port();
    drop(proxy);
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err(), "away");
    let back = Proxy::at(port, server.addr()).unwrap();
    assert!(exchange(&mut connect(back.addr()), &write("e")).0.starts_with("HTTP/1.1 201"));
}
