//! `cargo xtask demo`: a synthetic university behind a real Envoy, a few calls, each compared with the oracle.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use adapter_core::contract;
use serde_json::Value;
use university::oracle::{Expected, ifs01_1, ifs02_1, ifs02_3};
use university::{DEFAULT_TODAY, Kind, Population, Server};
use xtask::envoy::Envoy;
use xtask::http::{self, Answer};
use xtask::{Context, Error, Result, mapping};

use super::stack;

/// The most of an answer that is printed, characters.
const SHOWN: usize = 700;

/// What an answer must be.
enum Wanted {
    /// 200 and exactly these bytes.
    Bytes(Vec<u8>),
    /// A problem document.
    Problem { status: u16, code: &'static str, retry_after: bool },
}

/// One call of the demo.
struct Call {
    title: &'static str,
    operation: &'static str,
    body: String,
    wanted: Wanted,
}

/// Starts everything, makes the calls, prints them; an error if any answer is wrong.
pub fn run() -> Result<()> {
    let compiled = mapping::compile(&mapping::of_pack(mapping::DEFAULT_PACK))?;
    let population =
        Arc::new(Population::generate(university::DEFAULT_SEED, university::DEFAULT_STUDENTS, DEFAULT_TODAY));
    let server = stack::university(&population)?;
    let clusters = stack::to_simulator(&compiled, server.addr());
    let secrets = stack::secrets_of_simulator(&compiled)?;
    let envoy = stack::envoy("demo", &compiled, clusters, secrets, (Some("development"), Some(stack::NOW)), 0)?;
    println!("legacy http://{}/e3rest/api   envoy http://{}   clock {}\n", server.addr(), envoy.addr(), stack::NOW);

    let mut wrong = 0_usize;
    for call in calls(&population)? {
        wrong += usize::from(!make(&envoy, Some(&server), &call)?);
    }
    drop(server);
    let down = Call {
        title: "the legacy system is down",
        operation: "IFS02.1",
        wanted: Wanted::Problem { status: 503, code: "legacy.down", retry_after: true },
        body: request(known(&population, Kind::Ordinary)?),
    };
    wrong += usize::from(!make(&envoy, None, &down)?);
    let slowest = envoy.configure_times().into_iter().max().unwrap_or_default();
    println!("on_configure took {:.1} ms in the slowest VM", slowest.as_secs_f64() * 1000.0);
    let logs = envoy.stop();
    println!("stopped; logs in {}", logs.display());
    if wrong == 0 { Ok(()) } else { Err(Error::new(format!("{wrong} answers are wrong"))) }
}

fn calls(population: &Population) -> Result<Vec<Call>> {
    let by_oracle = |title, tax_code: &str| {
        let wanted = match ifs02_1(population, tax_code, DEFAULT_TODAY) {
            Expected::Answer(bytes) => Wanted::Bytes(bytes),
            _ => Wanted::Problem { status: 400, code: "request.unknown-student", retry_after: false },
        };
        Call { title, operation: "IFS02.1", body: request(tax_code), wanted }
    };
    let transcript = known(population, Kind::Ordinary)?;
    let Expected::Answer(learnings) = ifs02_3(population, transcript, DEFAULT_TODAY) else {
        return Err(Error::new("the oracle does not know an ordinary student"));
    };
    let unknown = population.unknown().first().context("the population has no unknown tax code")?;
    Ok(vec![
        by_oracle("a student with enrolments", known(population, Kind::Ordinary)?),
        Call {
            title: "what the same student has passed",
            operation: "IFS02.3",
            body: request(transcript),
            wanted: Wanted::Bytes(learnings),
        },
        Call {
            title: "the courses of an academic year",
            operation: "IFS01.1",
            body: r#"{"academic_year":"2025/2026"}"#.to_owned(),
            wanted: Wanted::Bytes(ifs01_1(2025)),
        },
        by_oracle("somebody the university does not know", unknown),
        by_oracle("a known person without careers", known(population, Kind::NoCareers)?),
        Call {
            title: "a tax code that is none",
            operation: "IFS02.1",
            body: request("NOT-A-TAX-CODE"),
            wanted: Wanted::Problem { status: 400, code: "request.invalid", retry_after: false },
        },
        Call {
            title: "a body that is not JSON",
            operation: "IFS02.1",
            body: "{\"tax_code\": ".to_owned(),
            wanted: Wanted::Problem { status: 400, code: "request.malformed", retry_after: false },
        },
    ])
}

fn known(population: &Population, kind: Kind) -> Result<&str> {
    let student = population.first(kind).context(format!("the population has no student of kind {}", kind.name()))?;
    Ok(student.tax_code())
}

fn request(tax_code: &str) -> String {
    let members = serde_json::Map::from_iter([("tax_code".to_owned(), Value::from(tax_code))]);
    Value::Object(members).to_string()
}

/// Makes one call and prints what there is to see. Whether the answer is the wanted one.
fn make(envoy: &Envoy, server: Option<&Server>, call: &Call) -> Result<bool> {
    if let Some(server) = server {
        server.clear();
    }
    let started = Instant::now();
    let operation = contract::operation(call.operation).context("an operation of the contract")?;
    let answer = post(envoy.addr(), &stack::target(operation), &call.body)?;
    let time = started.elapsed();
    let made = server.map_or_else(|| "none got through".to_owned(), |server| made(&server.seen()));
    let wrong = fault(&answer, &call.wanted);
    println!("{}", call.title);
    println!("  {}  POST {}", call.operation, stack::target(operation));
    println!("  legacy   {made}");
    println!("  status   {} in {} ms", answer.status, time.as_millis());
    println!("  answer   {}", shown(&answer));
    println!("  {}\n", wrong.as_ref().map_or("as it must be".to_owned(), |why| format!("WRONG: {why}")));
    Ok(wrong.is_none())
}

fn post(envoy: SocketAddr, target: &str, body: &str) -> Result<Answer> {
    let headers = [("content-type", "application/json")];
    http::send(envoy, "POST", target, &headers, body.as_bytes(), Duration::from_secs(20))
}

/// How many calls the legacy system saw, by endpoint. Ids and parameters are left out.
fn made(seen: &[university::Seen]) -> String {
    let mut groups: Vec<(String, usize)> = Vec::new();
    for call in seen {
        let path = call.path.strip_prefix("/e3rest/api/").unwrap_or(&call.path);
        let generic: Vec<&str> = path
            .split('/')
            .map(|part| if part.starts_with(|c: char| c.is_ascii_digit()) { "…" } else { part })
            .collect();
        let name = format!("{} {}", call.method, generic.join("/"));
        match groups.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => groups.push((name, 1)),
        }
    }
    let mut text = format!("{} calls", seen.len());
    for (i, (name, count)) in groups.iter().enumerate() {
        let _ = write!(text, "{}{count} × {name}", if i == 0 { ": " } else { ", " });
    }
    text
}

fn shown(answer: &Answer) -> String {
    let text = answer.text();
    let start: String = text.chars().take(SHOWN).collect();
    if start.len() < text.len() { format!("{start}… ({} bytes)", text.len()) } else { text }
}

/// What is wrong with an answer, if anything is.
fn fault(answer: &Answer, wanted: &Wanted) -> Option<String> {
    match wanted {
        Wanted::Bytes(bytes) => {
            if answer.status != 200 {
                return Some(format!("status {} where 200 is right", answer.status));
            }
            let expected = String::from_utf8_lossy(bytes);
            (answer.body != *bytes).then(|| format!("the oracle says\n           {expected}"))
        }
        Wanted::Problem { status, code, retry_after } => {
            let body: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
            let kind = body.get("type").and_then(Value::as_str).unwrap_or_default();
            if answer.status != *status || kind != format!("urn:ifs-adapter:problem:{code}") {
                Some(format!("problem {code} with status {status} is right"))
            } else if answer.header("content-type") != Some("application/problem+json") {
                Some("the media type is not application/problem+json".to_owned())
            } else if answer.header("retry-after").is_some() != *retry_after {
                Some(format!("Retry-After {}", if *retry_after { "is missing" } else { "must not be there" }))
            } else {
                None
            }
        }
    }
}
