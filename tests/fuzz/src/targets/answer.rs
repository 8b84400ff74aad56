//! Answers of systems through the engine: whatever they are, the consumer is answered, once, in the contract's terms.

use std::sync::LazyLock;

use adapter_core::bundle::seal;
use adapter_core::{CallResult, Caller, Clock, CursorKeys, Engine, Head, Plan, Resources, Trust};
use mapping_compiler::{Files, compile_with};
use shell::InMemory;

use super::{Target, csv, json, outcome, soap, xml};

pub const TARGET: Target = Target {
    name: "answer",
    seeds,
    make: None,
    pieces: &[
        "\u{1e}",
        "200 application/json\n",
        "404 application/json\n",
        "500 text/xml\n",
        "200 text/xml; charset=ISO-8859-1\n",
        "200 text/csv\n",
        "429 text/plain\n",
        "401 \n",
        "[]",
        "{\"id\":",
        "\"rows\":[",
        "null",
        "{\"value\":1}",
        "true",
        "7",
        "\"NN\"",
        "<a>",
        "</a>",
        "&lt;CV/&gt;",
        "&lt;CV&gt;",
        "<TYPE>",
        "</TYPE>",
        "<retrieveReturn>-1</retrieveReturn>",
        "<sid>",
        "</sid>",
        "<s:Fault><faultcode>s:Server</faultcode></s:Fault>",
        ";",
        "\n",
        "\"",
        "code;day;class",
        "è",
        "type LT",
        " ",
        "2023",
        "-",
    ],
    pairs: &[("[", "]"), ("{\"a\":", "}"), ("<a>", "</a>"), ("\"", "\"")],
    share: 4,
    check,
};

/// What stands between the answers of an input; the calls get them in turn.
const BETWEEN: u8 = 0x1e;
/// More calls than the mapping makes with the answers that fit an input.
const MOST_CALLS: usize = 5_000;

pub(crate) static BUNDLE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    struct One;
    impl Files for One {
        fn read(&self, _: &std::path::Path) -> std::io::Result<Vec<u8>> {
            Ok(include_bytes!("answer.yaml").to_vec())
        }
    }
    let outcome = compile_with(std::path::Path::new("answer.yaml"), &One);
    let bundle = outcome.bundle.unwrap_or_else(|| panic!("answer.yaml: {}", outcome.report.human()));
    seal(&bundle).expect("a bundle is written")
});

fn seeds() -> Vec<Vec<u8>> {
    let envelope = |body: &str| {
        format!(
            "200 text/xml\n<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body>{body}</s:Body></s:Envelope>"
        )
    };
    let session = envelope("<loginResponse><loginReturn>1</loginReturn><sid>S1</sid></loginResponse>");
    let document = envelope(
        "<retrieveResponse><retrieveReturn>1</retrieveReturn><xml>&lt;CV&gt;&lt;TYPE&gt;LT&lt;/TYPE&gt;&lt;/CV&gt;</xml></retrieveResponse>",
    );
    let careers = "200 application/json\n[{\"id\":7,\"code\":\"L-31\",\"type\":\"LT\"}]";
    let years = "200 application/json\n{\"rows\":[{\"aa\":2025,\"n\":1,\"st\":\"A\"},{\"aa\":2024,\"n\":{\"value\":1},\"st\":\"X\"}]}";
    let marks = "200 text/csv\ncode;day;class\nL-31;2024-01-01;C1\nL-31;2025-01-01;C2\n";
    let note = "200 text/plain\ntype LT";
    // In the order of the calls' names in `check`; the last is the login's.
    let all = [careers, marks, &document, note, years, &session];
    let mut seeds: Vec<Vec<u8>> = (0..all.len())
        .map(|first| {
            let turned: Vec<&str> = all[first..].iter().chain(&all[..first]).copied().collect();
            turned.join("\u{1e}").into_bytes()
        })
        .collect();
    // What the decoders begin with, as everybody's answer.
    for target in [json::TARGET, xml::TARGET, soap::TARGET, csv::TARGET] {
        for seed in (target.seeds)() {
            seeds.push([b"200 text/plain\n", seed.as_slice()].concat());
        }
    }
    seeds
}

/// What the engine's digests and cursors are made with.
const KEY: &str = "8f3c1a97d204be5560e7f1983c4a2bd96e10754cfa82b3d7195e0c66a1f84d2b";

fn check(input: &[u8]) -> u64 {
    let plan = Plan::load(&BUNDLE).expect("the bundle is loaded");
    let resources = Resources {
        secret: &|_| Some("secret".to_owned()),
        reference_key: Some(KEY.to_owned()),
        cursor_keys: CursorKeys { seals: Some(KEY.to_owned()), opens: None },
        ..Resources::default()
    };
    let mut engine = Engine::new(plan, Trust::Development, resources).expect("the engine starts");
    let head = Head {
        method: "POST".to_owned(),
        path: "/ifs02/academic-enrollments".to_owned(),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        instance: "r".to_owned(),
        loopback: true,
        caller: Caller::Nobody,
    };
    // 2026-03-01T09:00:00Z
    let clock = Clock { now_ms: 1_772_355_600_000, tick_ms: 0 };
    let body = br#"{"tax_code":"RSSMRA80A01F205X"}"#.to_vec();
    let mut calls = 0_usize;
    let mut memory = InMemory::new(&mut engine, clock, |_, request| {
        let result = to_call(input, &request.name, calls, request.body_limit);
        calls += 1;
        assert!(calls < MOST_CALLS, "it calls and calls");
        result
    });
    memory.ask(head, body);
    let (replies, counted) = (std::mem::take(&mut memory.replies), std::mem::take(&mut memory.counted));
    let met = counted.iter().fold(0_u64, |met, (counter, _)| {
        met | 1 << (format!("{counter:?}").bytes().fold(7_u64, |h, b| h.wrapping_mul(31) ^ u64::from(b)) % 16)
    });
    let [response] = replies.as_slice() else { panic!("the consumer is answered once: {replies:?}") };
    assert!(matches!(response.status, 200 | 400 | 500 | 503), "status {}", response.status);
    let read: serde_json::Value = serde_json::from_slice(&response.body).expect("the answer is JSON");
    let kind = match response.status {
        200 => read["enrollments"].as_array().expect("enrollments are a list").len().min(7),
        _ => read["type"].as_str().expect("a problem has a type").len(),
    };
    // And what was asked on the way.
    outcome(0, input) >> 9 << 48
        | u64::from(response.status) << 32
        | (kind as u64) << 20
        | (calls.min(15) as u64) << 16
        | met
}

/// What an input answers to a call. The name decides which answer it gets, so that the order of calls decides nothing.
pub(crate) fn to_call(input: &[u8], name: &str, calls: usize, limit: usize) -> CallResult {
    let answers: Vec<&[u8]> = input.split(|b| *b == BETWEEN).collect();
    let names = ["careers", "marks", "cv", "note", "years"];
    let place = names.iter().position(|n| *n == name).unwrap_or(names.len());
    result(answers[(place + calls / 16) % answers.len()], limit)
}

/// `STATUS CONTENT-TYPE`, a line end, the body.
fn result(answer: &[u8], limit: usize) -> CallResult {
    let at = answer.iter().position(|b| *b == b'\n').unwrap_or(0);
    let line = String::from_utf8_lossy(&answer[..at]).into_owned();
    let (status, content_type) = line.split_once(' ').unwrap_or((&line, ""));
    let Ok(status) = status.parse() else { return CallResult::Unreachable };
    let body = answer[(at + 1).min(answer.len())..].to_vec();
    if body.len() > limit {
        return CallResult::TooLarge;
    }
    CallResult::Answer { status, headers: vec![("content-type".to_owned(), content_type.to_owned())], body }
}

#[cfg(test)]
mod tests {
    /// Otherwise nothing behind the decoders would be reached.
    #[test]
    fn a_seed_is_answered_with_enrolments() {
        let outcome = super::check(&super::seeds()[0]);
        assert_eq!((outcome >> 32 & 0xffff, outcome >> 20 & 0xfff), (200, 1), "the later year of one course");
    }
}
