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

/// How Envoy reads what others may read in another way. It refuses most of it; of the rest each is one request here, which ends where
/// the next begins. Something in front that reads it otherwise must refuse it (SECURITY.md).
#[test]
fn what_may_be_read_in_two_ways_is_refused_or_is_one_request() {
    let (standin, legacy) = (standin(), simulator());
    let keys = keys(&standin);
    let envoy = start(&standin, keys.addr(), legacy.addr());
    let token = standin.voucher(&Claims::of(2).unwrap(), pdnd::Defect::None).unwrap();
    let own = format!("content-type: application/json\r\nauthorization: Bearer {token}\r\n");
    let json = r#"{"tax_code":"RSSMRA80A01F205X"}"#;
    let (length, chunked) = (format!("content-length: {}\r\n", json.len()), "transfer-encoding: chunked\r\n");
    let chunks = format!("{:x}\r\n{json}\r\n0\r\n\r\n", json.len());
    let (bare, extended) = (chunks.replace('\r', ""), chunks.replacen("\r\n", ";a\nb\r\n", 1));
    let first = format!("POST {OPERATION} HTTP/1.1\r\n");
    let host = "host: a\r\n";
    // Its answer, and that to the request behind.
    let one: &[u16] = &[200, 204];
    for (what, head, body, statuses) in [
        ("a plain request", format!("{first}{host}{length}"), json, one),
        ("in chunks", format!("{first}{host}{chunked}"), &chunks, one),
        ("two hosts", format!("{first}{host}host: b\r\n{length}"), json, one),
        ("a host in the target too", format!("{}{host}{length}", first.replace("/ifs02", "http://b/ifs02")), json, one),
        ("lines that end with LF alone", format!("{first}{host}{length}").replace('\r', ""), json, one),
        ("a CR in a value", format!("{first}{host}x: a\rb\r\n{length}"), json, one),
        ("a CR in the first line", format!("{}{host}{length}", first.replace(" HTTP", "\r HTTP")), json, one),
        ("a folded coding", format!("{first}{host}transfer-encoding:\r\n chunked\r\n"), &chunks, one),
        (
            "a folded value that looks like a length",
            format!("{first}{host}x: a\r\n content-length: 9\r\n{length}"),
            json,
            one,
        ),
        ("two spaces in the first line", format!("{}{host}{length}", first.replace("POST ", "POST  ")), json, one),
        ("hosts in a list", format!("{first}host: a, b\r\n{length}"), json, &[400]),
        ("a CR as the end of a line", format!("{first}host: a\rx: y\r\n{length}"), json, &[400]),
        ("a NUL in a value", format!("{first}{host}x: a\0b\r\n{length}"), json, &[400]),
        ("chunks and a length", format!("{first}{host}{chunked}{length}"), &chunks, &[400]),
        (
            "a folded coding and a length",
            format!("{first}{host}transfer-encoding:\r\n chunked\r\n{length}"),
            &chunks,
            &[400],
        ),
        ("chunks that end with LF alone", format!("{first}{host}{chunked}"), &bare, &[400]),
        ("a chunk's extension with LF", format!("{first}{host}{chunked}"), &extended, &[400]),
        ("chunked twice", format!("{first}{host}{chunked}{chunked}"), &chunks, &[400]),
        ("a folded list of codings", format!("{first}{host}transfer-encoding: x,\r\n chunked\r\n"), &chunks, &[400]),
        (
            "a coding behind a vertical tab",
            format!("{first}{host}transfer-encoding: \u{b}chunked\r\n"),
            &chunks,
            &[400],
        ),
        ("a space before the colon", format!("{first}{host}transfer-encoding : chunked\r\n"), &chunks, &[400]),
        ("two lengths", format!("{first}{host}{length}content-length: 0\r\n"), json, &[400]),
        ("one length twice", format!("{first}{host}{length}{length}"), json, &[400]),
        ("lengths in a list", format!("{first}{host}content-length: 2, 2\r\n"), json, &[400]),
        ("a length with a sign", format!("{first}{host}{}", length.replace(": ", ": +")), json, &[400]),
    ] {
        let end = if head.contains('\r') { "\r\n" } else { "\n" };
        let behind = "GET /ifs02/status HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
        let mut stream = pdnd::connect(envoy.addr(), standin.authority(), None, WAIT).unwrap();
        stream.write_all(format!("{head}{own}{end}{body}{behind}").as_bytes()).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let text = String::from_utf8(answer).unwrap();
        let given: Vec<u16> =
            text.split("HTTP/1.1 ").skip(1).map(|one| one.get(..3).unwrap().parse().unwrap()).collect();
        assert_eq!(given, statuses, "{what}: {text}");
        assert!(statuses == one || text.contains("problem:gateway.refused\""), "{what}: {text}");
    }
}

fn start(standin: &pdnd::Standin, keys: std::net::SocketAddr, legacy: std::net::SocketAddr) -> Envoy {
    super::start(gateway(Kind::Edge, standin, Some(keys), legacy))
}
