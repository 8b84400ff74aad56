//! `docs/tools/pdnd_tracing.py` on a log of a day.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

const MANAGER: &str = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config";
const FIRST: &str = "0e1e4c98-6f2e-4f55-90e3-45f7d3f1dbf8";
const SECOND: &str = "1cafea11-08a0-4eaf-a3ee-3e9839c8c2a9";

/// A line of the log, with null where Envoy has nothing.
fn line(time: &str, purpose: Option<&str>, jti: Option<&str>, status: u16) -> String {
    serde_json::json!({
        "time": time, "method": "POST", "address": "127.0.0.1:443", "route": "ifs02", "operation": "IFS02.1",
        "outcome": "ok", "status": status, "milliseconds": 12, "purpose_id": purpose, "jti": jti, "trust": "edge",
    })
    .to_string()
}

const DAY: &str = "2026-11-21";

fn run(arguments: &[&str], log: &str) -> Output {
    let mut child = Command::new("python3")
        .arg(crate::file("docs/tools/pdnd_tracing.py"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python3, which installs Envoy too");
    // One that refuses its arguments does not read.
    let _ = child.stdin.take().unwrap().write_all(log.as_bytes());
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// A voucher's id.
fn voucher(number: u8) -> String {
    format!("99382e29-b0cf-412b-a060-72e421b6d1{number:02x}")
}

/// A good line of the day.
fn good() -> String {
    line("2026-11-21T08:00:00.000Z", Some(FIRST), Some(&voucher(1)), 200)
}

#[test]
fn requests_of_a_day_are_counted_by_purpose_status_and_voucher() {
    let (a, b, c) = (voucher(0xa), voucher(0xb), voucher(0xc));
    let log = [
        line("2026-11-20T23:59:59.999Z", Some(FIRST), Some(&a), 200),
        line("2026-11-21T00:00:00.000Z", Some(FIRST), Some(&a), 200),
        line("2026-11-21T08:00:00.000Z", Some(SECOND), Some(&b), 503),
        // An id is the same in large letters.
        line("2026-11-21T08:00:00.001Z", Some(&FIRST.to_uppercase()), Some(&a), 200),
        // Limits and refusals of a proved caller count, each status by itself.
        line("2026-11-21T08:00:01.000Z", Some(FIRST), Some(&a), 429),
        line("2026-11-21T08:00:02.000Z", Some(FIRST), Some(&c), 200),
        // Not a voucher's: a refused token, `GET /status`, a partner.
        line("2026-11-21T09:00:00.000Z", None, None, 401),
        line("2026-11-21T09:00:00.000Z", None, Some("of a partner's own form"), 200),
        line("2026-11-21T10:00:00.000Z", Some(FIRST), Some(&a), 0),
        line("2026-11-22T00:00:00.000Z", Some(FIRST), Some(&a), 200),
    ]
    .join("\n");
    let output = run(&[DAY, "-"], &log);
    // As PDND's manual on tracing has it: header, order of the fields, date as YYYY-MM-DD.
    let expected = format!(
        "date,purpose_id,status,token_id,requests_count\n\
         {DAY},{FIRST},200,{a},2\n{DAY},{FIRST},200,{c},1\n{DAY},{FIRST},429,{a},1\n{DAY},{SECOND},503,{b},1\n"
    );
    assert_eq!(text(&output.stdout), expected);
    assert_eq!(text(&output.stderr), "1 request not answered: left out\n2 requests without a voucher: left out\n");
    assert_eq!(output.status.code(), Some(0));
}

/// PDND refuses the whole day for one such row, and a line that cannot be read would make a count too low.
#[test]
fn a_line_that_pdnd_would_refuse_is_told_and_nothing_written() {
    let with = |member: &str, value: Value| {
        let mut entry: Value = serde_json::from_str(&good()).unwrap();
        entry[member] = value;
        entry.to_string()
    };
    let cut = r#"{"time":"2026-11-21T08:00:00.000Z","meth"#;
    for (wrong, told) in [
        (with("purpose_id", json!("IFS02 for scholarships")), "purpose_id is no UUID"),
        (with("purpose_id", json!("0e1e4c98-6f2e-4f55-90e3-45f7d3f1dbf")), "purpose_id is no UUID"),
        (with("purpose_id", json!("0e1e4c986f2e4f5590e345f7d3f1dbf8")), "purpose_id is no UUID"),
        (with("purpose_id", json!(format!("{FIRST},1"))), "purpose_id is no UUID"),
        (with("purpose_id", json!(7)), "purpose_id is no UUID"),
        (with("jti", json!("a")), "jti is no UUID"),
        (with("jti", Value::Null), "jti is no UUID"),
        (with("status", json!(299)), "status 299 is none of HTTP's"),
        (with("status", json!(509)), "status 509 is none of HTTP's"),
        (with("status", json!("200")), "status is no number"),
        (with("status", json!(true)), "status is no number"),
        (with("status", Value::Null), "status is no number"),
        (with("time", json!("2026-11-21 08:00:00")), "has no `time`"),
        (with("time", json!("2026-11-21T09:00:00+01:00")), "has no `time`"),
        (with("time", Value::Null), "has no `time`"),
        (cut.to_owned(), "is no JSON"),
        ("[]".to_owned(), "is no JSON object"),
        ("\u{feff}{}".to_owned(), "is no JSON"),
    ] {
        let log = format!("{}\n{wrong}\n{}\n", good(), good());
        let output = run(&[DAY, "-"], &log);
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), ""), "{wrong}");
        let stderr = text(&output.stderr);
        let first = format!("standard input:2: {told}");
        assert!(stderr.starts_with(&first) && stderr.contains("1 wrong line: nothing is written"), "{wrong}: {stderr}");
        assert!(!stderr.contains(FIRST) && !stderr.contains(&voucher(1)), "{stderr}");
        // Who knows that the line is lost may have the rest.
        let output = run(&[DAY, "--leave-out-wrong", "-"], &log);
        assert!(output.status.success() && text(&output.stdout).ends_with(&format!("{FIRST},200,{},2\n", voucher(1))));
        assert!(text(&output.stderr).ends_with("1 request in wrong lines: left out\n"), "{}", text(&output.stderr));
    }
    let many = format!("{cut}\n").repeat(25);
    let stderr = run(&[DAY, "-"], &many).stderr;
    assert!(text(&stderr).contains("input:20: ") && text(&stderr).contains("and 5 more\n25 wrong lines"));
}

/// The log that Envoy writes to ends anywhere; what is half there is of today.
#[test]
fn the_end_of_a_log_that_is_written_is_of_no_day_that_is_over() {
    let next = line("2026-11-22T00:00:00.000Z", Some(FIRST), Some(&voucher(1)), 200);
    let output = run(&[DAY, "-"], &format!("{}\n{next}\n{{\"time\":\"2026-", good()));
    assert!(output.status.success() && text(&output.stdout).ends_with(",1\n"), "{output:?}");
    for log in [format!("{}\n{{\"time\":\"2026-", good()), format!("{}\n{next}\n{{\"time\":\"2026-\n", good())] {
        assert_eq!(run(&[DAY, "-"], &log).status.code(), Some(1), "{log}");
    }
}

#[test]
fn a_wrong_call_is_refused() {
    for arguments in [&["yesterday", "-"][..], &["2026-02-30", "-"], &[DAY], &[DAY, "nowhere.log"], &[DAY, "-", "-"]] {
        let output = run(arguments, "");
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), ""), "{arguments:?}");
    }
    let dir = xtask::paths::run_dir("docs").unwrap();
    let cut = dir.join("access.log.gz");
    // The head of a gzip file, and nothing behind it (RFC 1952).
    std::fs::write(&cut, b"\x1f\x8b\x08\0\0\0\0\0\0\x03").unwrap();
    let output = run(&[DAY, cut.to_str().unwrap()], "");
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), ""));
    assert!(text(&output.stderr).contains("after line 0"), "{}", text(&output.stderr));
    let none = run(&[DAY, "-"], "");
    assert!(none.status.success() && text(&none.stderr).contains("a day that is missing"));
}

/// What the tool reads is what the configurations write.
#[test]
fn the_configurations_log_what_tracing_needs() {
    for name in ["edge", "mtls", "govway", "govway-voucher"] {
        let tree = crate::tree(&format!("envoy/{name}.yaml"));
        let format = tree.pointer(&format!("{MANAGER}/access_log/0/typed_config/log_format/json_format"));
        let members = format.and_then(Value::as_object).unwrap_or_else(|| panic!("{name}: no JSON log"));
        let has: BTreeSet<&str> = members.keys().map(String::as_str).collect();
        for member in ["time", "status", "purpose_id", "jti"] {
            assert!(has.contains(member), "{name}: no {member}");
        }
        // Of a path with its query, or a header with a token, nothing may stand there.
        let written: Vec<&str> = members.values().filter_map(Value::as_str).collect();
        for never in ["PATH", "AUTHORIZATION", "COOKIE", "DPOP", "TRACKINGEVIDENCE"] {
            assert!(!written.iter().any(|value| value.to_ascii_uppercase().contains(never)), "{name}: {never}");
        }
    }
}
