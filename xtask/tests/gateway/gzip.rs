//! A system whose answers come compressed, though every call asks for `identity`.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

use university::Fault;
use xtask::envoy::Cluster;

use super::{ask, body, bundle, cluster, config, fault, problem, rule, server, start};

/// `[{}]` (RFC 1952).
const ROWS: [u8; 24] = [
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x8b, 0xae, 0xae, 0x8d, 0x05, 0x00, 0xfc, 0xfa, 0xa7,
    0xea, 0x04, 0x00, 0x00, 0x00,
];

/// Counts answers that were undone; named in the runbook.
const UNDONE: &str = "http.gzip.decompressor.gzip.gzip.response.decompressed";

/// A system that answers every call so; gives the heads of the calls it saw.
fn system(body: Vec<u8>) -> (SocketAddr, std::sync::mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let (seen, heads) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            if let Some(head) = answer(stream, &body)
                && seen.send(head).is_err()
            {
                return;
            }
        }
    });
    (addr, heads)
}

fn answer(mut stream: TcpStream, body: &[u8]) -> Option<String> {
    let mut head = Vec::new();
    let mut chunk = [0; 4096];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = stream.read(&mut chunk).ok().filter(|read| *read > 0)?;
        head.extend_from_slice(&chunk[..read]);
    }
    let length = body.len();
    let first = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n"
    );
    stream.write_all(first.as_bytes()).ok()?;
    stream.write_all(body).ok()?;
    String::from_utf8(head).ok()
}

#[test]
fn an_answer_that_comes_compressed_is_read_where_envoy_undoes_it() {
    let (addr, heads) = system(ROWS.to_vec());
    let plain = Cluster::new("esse3", "127.0.0.1", addr.port());
    let undone = Cluster { gzip: true, ..plain.clone() };
    let gateway = |cluster| start(config(&bundle::one_call("esse3", 2_000), Some("development"), vec![cluster], &[]));
    problem(&ask(gateway(plain).addr()), 500, "legacy.malformed");
    let before = heads.recv().unwrap();

    let envoy = gateway(undone.clone());
    let answer = ask(envoy.addr());
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.text(), r#"{"personal_data":{"tax_code":"RSSMRA80A01F205X"},"enrollments":[]}"#);
    assert_eq!(envoy.stat(UNDONE).unwrap(), 1, "{:?}", envoy.stats("decompress"));
    // What a call asks for stays the filter's.
    let accepts = |head: &str| head.lines().find(|line| line.starts_with("accept-encoding:")).map(str::to_owned);
    assert_eq!(accepts(&heads.recv().unwrap()), accepts(&before));

    // Cut or changed where the document stands, or no gzip at all, it is no answer. Envoy does not look at the end, where
    // length and checksum stand.
    let mut changed = ROWS.to_vec();
    changed[10] ^= 0xff;
    for sent in [ROWS[..ROWS.len() - 11].to_vec(), b"[{}]".to_vec(), changed] {
        let (addr, _heads) = system(sent);
        let cluster = Cluster { port: addr.port(), ..undone.clone() };
        problem(&ask(gateway(cluster).addr()), 500, "legacy.malformed");
    }
}

/// A text as gzip that compresses nothing: one stored block (RFC 1951), with its length and no checksum that is right.
fn stored(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap();
    let mut bytes = vec![0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x01];
    bytes.extend(length.to_le_bytes());
    bytes.extend((!length).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes.extend([0; 4]);
    bytes.extend(u32::from(length).to_le_bytes());
    bytes
}

/// Half a table is a table, and nobody has looked at the end of what was compressed.
#[test]
fn a_table_that_came_compressed_is_none() {
    let table = stored("A;B\r\n1;2\r\n3;4\r\n");
    for sent in [table[..table.len() - 14].to_vec(), table] {
        let (addr, _heads) = system(sent);
        let undone = Cluster { gzip: true, ..Cluster::new("esse3", "127.0.0.1", addr.port()) };
        let envoy = start(config(&bundle::one_table("esse3"), Some("development"), vec![undone], &[]));
        problem(&ask(envoy.addr()), 500, "legacy.malformed");
        assert_eq!(envoy.stat(UNDONE).unwrap(), 1, "{:?}", envoy.stats("decompress"));
    }
    // What was not compressed is read as ever.
    let server = server();
    server.set_rules(rule(body("A;B\r\n1;2\r\n")));
    let undone = Cluster { gzip: true, ..cluster(server.addr()) };
    let envoy = start(config(&bundle::one_table("esse3"), Some("development"), vec![undone], &[]));
    assert_eq!(ask(envoy.addr()).status, 200);
}

/// What Envoy says itself behind the listener is not taken for the system's word.
#[test]
fn a_system_behind_it_that_is_not_there_is_told_as_any_other() {
    let server = server();
    let undone = Cluster { gzip: true, ..cluster(server.addr()) };
    let envoy = start(config(&bundle::one_call("esse3", 400), Some("development"), vec![undone], &[]));
    server.set_rules(rule(body("[{}]")));
    assert_eq!(ask(envoy.addr()).status, 200);
    let seen = server.seen();
    let header = |name: &str| seen[0].headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    assert!(header("authorization").is_some_and(|value| value.starts_with("Basic ")), "the gateway adds credentials");
    assert_eq!(header("host"), Some("esse3.example.it"));
    for (given, status, code) in [
        (fault(Fault::Reset), 503, "legacy.reset"),
        (fault(Fault::Hang), 503, "legacy.timeout"),
        (fault(Fault::Truncate), 500, "legacy.truncated"),
        (fault(Fault::ResetMidBody), 500, "legacy.truncated"),
    ] {
        server.set_rules(rule(given));
        problem(&ask(envoy.addr()), status, code);
    }
    let unreachable = || -> u64 {
        let all = envoy.stats("ifs_adapter_calls_total").unwrap();
        all.iter().filter(|(name, _)| name.contains("outcome=unreachable")).map(|(_, value)| value).sum()
    };
    let before = unreachable();
    drop(server);
    problem(&ask(envoy.addr()), 503, "legacy.down");
    assert_eq!(unreachable(), before + 1, "{:?}", envoy.stats("ifs_adapter_calls_total"));
}
