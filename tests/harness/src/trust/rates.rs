//! How often a consumer may ask, and answers made smaller: `envoy/edge.yaml` with the guide's numbers as shipped.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use pdnd::{Defect, Standin, fixed};
use university::oracle::{self, Expected};
use xtask::envoy::Kind;

use super::case::{Case, Challenge, ENROLLMENTS, Told};
use super::edge::{FAVOURED, voucher, voucher_of};
use super::gate::{self, Gate};
use crate::http::Answer;
use crate::suite::Suite;

/// What the guide allows a consumer of IFS06 in a day (fewer than 80,000 enrolments).
const IFS06: usize = 1440;
const THREADS: usize = 4;
/// No more than this many in a second, as the file has a limit for each consumer of 100.
const EACH_SECOND: usize = 90;

pub(super) fn run(suite: &mut Suite, standin: &Standin) -> Result<(), String> {
    let gate = gate::plan(suite, standin, Kind::Edge)?.start(suite)?;
    let wrong = smaller(suite, &gate)?;
    suite.tally.verdict("trust: answers are compressed for who asks for it", wrong);
    let wrong = told(suite, &gate)?;
    suite.tally.verdict("trust: every answer says how much is left", wrong);
    exhausted(suite, &gate)?;
    gate.close(suite);
    Ok(())
}

/// An answer that came compressed, held against the oracle's by the length and the checksum at its end (RFC 1952 §2.3).
fn smaller(suite: &mut Suite, gate: &Gate<'_>) -> Result<Vec<String>, String> {
    let body = |code: &str| serde_json::json!({ "tax_code": code }).to_string().into_bytes();
    let of = |code: &str| match oracle::ifs02_1(&gate.population, code, gate.today) {
        Expected::Answer(bytes) => bytes,
        _ => Vec::new(),
    };
    let students = gate.population.students().iter();
    let largest = students.map(|student| student.tax_code()).max_by_key(|code| of(code).len()).unwrap_or_default();
    let expected = of(largest);
    let token = voucher(gate, Defect::None)?;
    suite.forbidden.token(&token);
    let mut case = Case::new("", gate, Told::Oracle)?.bearer(&token).header("accept-encoding", "gzip");
    case.request.body = body(largest);
    let answer = gate.send(None, &case.request).map_err(|failure| format!("{failure:?}"))?;
    let mut wrong = Vec::new();
    if answer.status != 200 || answer.header("content-encoding") != Some("gzip") {
        wrong.push(format!("{} {:?}", answer.status, answer.headers));
    }
    let (head, tail) = answer.body.split_at_checked(answer.body.len().saturating_sub(8)).unwrap_or_default();
    let end: Vec<u8> = crc32(&expected).to_le_bytes().into_iter().chain(length(&expected)?.to_le_bytes()).collect();
    if !head.starts_with(&[0x1f, 0x8b]) || tail != end {
        wrong.push(format!("not the oracle's {} bytes", expected.len()));
    }
    if answer.body.len() >= expected.len() {
        wrong.push(format!("{} bytes for {}", answer.body.len(), expected.len()));
    }
    Ok(wrong)
}

fn length(bytes: &[u8]) -> Result<u32, String> {
    u32::try_from(bytes.len()).map_err(|e| e.to_string())
}

/// CRC-32 as gzip has it (RFC 1952 §8).
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    };
    !bytes.iter().fold(u32::MAX, step)
}

fn header(answer: &Answer, name: &str) -> Option<u64> {
    answer.header(name).and_then(|value| value.split([',', ';']).next()?.trim().parse().ok())
}

/// The three headers (RAC_ROBUSTEZZA_001), and that the count goes down by one a request.
fn told(suite: &mut Suite, gate: &Gate<'_>) -> Result<Vec<String>, String> {
    let token = voucher(gate, Defect::None)?;
    suite.forbidden.token(&token);
    let (mut wrong, mut before) = (Vec::new(), None);
    for _ in 0..2 {
        let case = Case::new("", gate, Told::Oracle)?.bearer(&token).at("POST", ENROLLMENTS);
        let answer = gate.send(None, &case.request).map_err(|failure| format!("{failure:?}"))?;
        let (limit, left) = (header(&answer, "x-ratelimit-limit"), header(&answer, "x-ratelimit-remaining"));
        // IFS02: 86,400 a day for a consumer.
        if limit != Some(86_400) || header(&answer, "x-ratelimit-reset").is_none_or(|reset| reset > 86_400) {
            wrong.push(format!("{:?}", answer.headers));
        }
        if before.is_some_and(|before: u64| left != before.checked_sub(1)) {
            wrong.push(format!("{left:?} left after {before:?}"));
        }
        before = left;
    }
    Ok(wrong)
}

/// Asks for IFS06, which no mapping answers here, as often as a consumer may, and once more.
fn exhausted(suite: &mut Suite, gate: &Gate<'_>) -> Result<(), String> {
    let target = "/ifs06/graduate-professional-qualifications";
    let token = voucher_of(gate, 6, fixed::CONSUMER)?;
    suite.forbidden.token(&token);
    let case = Case::new("", gate, Told::Status(404))?.bearer(&token).at("POST", target);
    let (asked, statuses, began) = (AtomicUsize::new(0), Mutex::new(Vec::new()), Instant::now());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let number = asked.fetch_add(1, Ordering::Relaxed);
                    if number >= IFS06 {
                        return;
                    }
                    let due = began + Duration::from_millis((number * 1000 / EACH_SECOND) as u64);
                    std::thread::sleep(due.saturating_duration_since(Instant::now()));
                    let status = gate.send(None, &case.request).map(|answer| answer.status).unwrap_or(0);
                    if let Ok(mut statuses) = statuses.lock() {
                        statuses.push(status);
                    }
                }
            });
        }
    });
    let statuses = statuses.into_inner().unwrap_or_default();
    let refused = statuses.iter().filter(|status| **status != 404).count();
    let wrong =
        if refused > 0 { vec![format!("{refused} of {} were not answered 404", statuses.len())] } else { Vec::new() };
    suite.tally.verdict(&format!("trust: rates: a consumer may ask for IFS06 {IFS06} times a day"), wrong);
    // The burst for all together is full again.
    std::thread::sleep(Duration::from_secs(2));
    let again = voucher_of(gate, 6, fixed::CONSUMER)?;
    let other = voucher_of(gate, 6, FAVOURED)?;
    let limited = Told::Envoy(429, "gateway.rate", Challenge::None, "local_rate_limited");
    let path = Told::Filter(404, "request.path", Challenge::None);
    let cases = [
        Case::new("not once more", gate, limited.clone())?.bearer(&token).at("POST", target),
        Case::new("nor with a new voucher", gate, limited)?.bearer(&again).at("POST", target),
        Case::new("another consumer may", gate, path)?.bearer(&other).at("POST", target),
        Case::new("the same consumer may ask for IFS02", gate, Told::Oracle)?.bearer(&voucher(gate, Defect::None)?),
    ];
    gate.judge(suite, "rates", &cases);
    let answer = gate.send(None, &cases[0].request).map_err(|failure| format!("{failure:?}"))?;
    let mut wrong = Vec::new();
    if header(&answer, "x-ratelimit-remaining") != Some(0) || header(&answer, "x-ratelimit-limit") != Some(1440) {
        wrong.push(format!("{:?}", answer.headers));
    }
    if !header(&answer, "retry-after").is_some_and(|seconds| (1..=86_400).contains(&seconds)) {
        wrong.push("no Retry-After".to_owned());
    }
    suite.tally.verdict("trust: rates: 429 says when to come again", wrong);
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_checksum_is_the_standards() {
        // The check value of CRC-32/ISO-HDLC.
        assert_eq!(super::crc32(b"123456789"), 0xcbf4_3926);
    }
}
