//! `docs/tools/pdnd_tracing.py` on a log of a day.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

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

fn run(day: &str, log: &str) -> Output {
    let mut child = Command::new("python3")
        .arg(crate::file("docs/tools/pdnd_tracing.py"))
        .args([day, "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python3, which installs Envoy too");
    // One that refuses its arguments does not read.
    let _ = child.stdin.take().unwrap().write_all(log.as_bytes());
    child.wait_with_output().unwrap()
}

#[test]
fn requests_of_a_day_are_counted_by_purpose_status_and_voucher() {
    let log = [
        line("2026-11-20T23:59:59.999Z", Some(FIRST), Some("a"), 200),
        line("2026-11-21T00:00:00.000Z", Some(FIRST), Some("a"), 200),
        line("2026-11-21T08:00:00.000Z", Some(SECOND), Some("b"), 503),
        line("2026-11-21T08:00:00.001Z", Some(FIRST), Some("a"), 200),
        // Limits and refusals of a proved caller count, each status by itself.
        line("2026-11-21T08:00:01.000Z", Some(FIRST), Some("a"), 429),
        line("2026-11-21T08:00:02.000Z", Some(FIRST), Some("c"), 200),
        // Not a voucher's: a refused token, `GET /status`, a partner.
        line("2026-11-21T09:00:00.000Z", None, None, 401),
        line("2026-11-21T09:00:00.000Z", None, Some("d"), 200),
        line("2026-11-21T10:00:00.000Z", Some(FIRST), Some("a"), 0),
        line("2026-11-22T00:00:00.000Z", Some(FIRST), Some("a"), 200),
    ]
    .join("\n");
    let output = run("2026-11-21", &log);
    // As PDND's manual on tracing has it: header, order of the fields, date as YYYY-MM-DD.
    let expected = format!(
        "date,purpose_id,status,token_id,requests_count\n\
         2026-11-21,{FIRST},200,a,2\n2026-11-21,{FIRST},200,c,1\n2026-11-21,{FIRST},429,a,1\n2026-11-21,{SECOND},503,b,1\n"
    );
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "1 request not answered: left out\n2 requests without a voucher: left out\n"
    );
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_line_that_was_cut_is_told_and_a_wrong_call_refused() {
    let log = format!("{}\n{{\"time\":\"2026-11-21T", line("2026-11-21T08:00:00.000Z", Some(FIRST), Some("a"), 200));
    let output = run("2026-11-21", &log);
    assert!(String::from_utf8(output.stdout).unwrap().ends_with(&format!("{FIRST},200,a,1\n")));
    assert!(String::from_utf8(output.stderr).unwrap().contains("1 lines are no JSON"));
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(run("yesterday", "").status.code(), Some(2));
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
