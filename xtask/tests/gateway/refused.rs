//! What Envoy refuses before the filter sees it, byte for byte as no client of ours would write it.

use std::io::{Read, Write};

use pdnd::Claims;
use serde_json::Value;
use xtask::envoy::{Envoy, Kind};

use super::gate::{gateway, keys, simulator, standin};
use super::{OPERATION, WAIT};

/// What a consumer sends as its id.
const SENT: &str = "77777777-7777-4777-8777-777777777777";

/// Sends a head with `lines` in it, and reads until the connection ends. Status, header lines and body.
fn send(envoy: &Envoy, standin: &pdnd::Standin, first: &str, lines: &[&str]) -> (u16, String, Value) {
    let mut stream = pdnd::connect(envoy.addr(), standin.authority(), None, WAIT).unwrap();
    let own = [&format!("x-request-id: {SENT}"), "connection: close"];
    let head: String = [first].iter().chain(lines).chain(&own).map(|line| format!("{line}\r\n")).collect();
    stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let text = String::from_utf8(answer).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{first}: {text}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_ascii_lowercase(), serde_json::from_str(body).unwrap_or_default())
}

#[test]
fn an_early_refusal_carries_an_id_of_envoys_own_or_none() {
    let (standin, legacy) = (standin(), simulator());
    let keys = keys(&standin);
    let envoy = start(&standin, keys.addr(), legacy.addr());
    let (post, host) = (format!("POST {OPERATION} HTTP/1.1"), "host: localhost");
    let fragment = format!("POST {OPERATION}#x HTTP/1.1");
    for (first, lines, status) in [
        ("OPTIONS * HTTP/1.1", &[host][..], 404),
        ("POST /ifs02%2fx HTTP/1.1", &[host], 400),
        (&fragment, &[host], 400),
        (&post, &[], 400),
        // Whose head Envoy does not read to its end.
        ("FOO / HTTP/1.1", &[host], 400),
        (&post, &[host, "transfer-encoding: foo"], 400),
        (&post, &[host, "transfer-encoding: gzip, chunked"], 400),
        (&post, &[host, "x y: 1"], 400),
    ] {
        let (given, head, body) = send(&envoy, &standin, first, lines);
        assert_eq!((given, &body["status"]), (status, &status.into()), "{first} {lines:?}: {body}");
        assert_eq!(body["type"], "urn:ifs-adapter:problem:gateway.refused", "{first} {lines:?}");
        assert!(!head.contains("x-request-id") && body["instance"].is_null(), "{first} {lines:?}: {head} {body}");
    }
    // Refused later: the id is known, and it is not the one that was sent.
    let token =
        format!("authorization: Bearer {}", standin.voucher(&Claims::of(2).unwrap(), pdnd::Defect::None).unwrap());
    for (lines, status, code) in [
        (&[host, "content-length: 0"][..], 401, "request.identity"),
        (&[host, "content-length: 0", &token], 415, "request.media-type"),
        (&[host, "content-length: 0", "upgrade: websocket", "connection: upgrade", &token], 403, "gateway.refused"),
    ] {
        let (given, head, body) = send(&envoy, &standin, &post, lines);
        assert_eq!(given, status, "{body}");
        assert_eq!(body["type"], format!("urn:ifs-adapter:problem:{code}"));
        let id = body["instance"].as_str().unwrap_or_else(|| panic!("{code}: {body}"));
        assert!(id.len() == 36 && id != SENT && head.contains(&format!("x-request-id: {id}")), "{head} {body}");
    }
    // None of it is the gateway's fault, by the count that rings the operator's alarm.
    assert_eq!(envoy.stat("http.ifs.downstream_rq_5xx").unwrap(), 0);
    assert_eq!(legacy.calls(), 0);
}

fn start(standin: &pdnd::Standin, keys: std::net::SocketAddr, legacy: std::net::SocketAddr) -> Envoy {
    super::start(gateway(Kind::Edge, standin, Some(keys), legacy))
}
