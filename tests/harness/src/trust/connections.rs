//! How much a connection carries and how long it lives: `envoy/edge.yaml`, the second with a shorter life.

use std::time::{Duration, Instant};

use pdnd::{Defect, Standin};
use serde_json::json;
use university::Rule;
use xtask::envoy::Kind;

use super::edge::voucher;
use super::gate::{self, Gate};
use super::wire::Wire;
use crate::suite::Suite;

/// Where the connection manager's bounds of a connection stand.
const BOUNDS: &str =
    "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/common_http_protocol_options";
/// What a connection may carry, as shipped.
const MOST: usize = 1_000;
/// How long a connection lives here, in place of 300 s.
const LIFE: Duration = Duration::from_secs(2);
/// How long Envoy goes on after that, before the connection ends with what is in flight (`drain_timeout`).
const DRAIN: Duration = Duration::from_secs(5);
/// How long the system takes for each call of the request that is in flight at the end, and when that is sent.
const SLOW_MS: u64 = 1_200;
const SENT: Duration = Duration::from_millis(5_500);
/// What a busy machine may add.
const LATE: Duration = Duration::from_secs(3);

const STATUS: &[u8] = b"GET /ifs02/status HTTP/1.1\r\nhost: a\r\n\r\n";

pub(super) fn run(suite: &mut Suite, standin: &Standin) -> Result<(), String> {
    let gate = gate::plan(suite, standin, Kind::Edge)?.start(suite)?;
    for (name, bytes) in
        [("requests", STATUS), ("refusals before any filter", b"OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n")]
    {
        let wrong = carries(&gate, bytes)?;
        suite.tally.verdict(&format!("trust: connections: one carries {MOST} {name}"), wrong);
    }
    gate.close(suite);
    let mut plan = gate::plan(suite, standin, Kind::Edge)?;
    let life = format!("{}s", LIFE.as_secs());
    plan.config.edits.push((format!("{BOUNDS}/max_connection_duration"), json!(life)));
    let gate = plan.start(suite)?;
    let wrong = busy(&gate)?;
    suite.tally.verdict("trust: connections: one that asks over and over ends", wrong);
    let wrong = silent(&gate)?;
    suite.tally.verdict("trust: connections: one that is silent is ended", wrong);
    let wrong = in_flight(suite, &gate)?;
    suite.tally.verdict("trust: connections: what is in flight at its end is answered", wrong);
    gate.close(suite);
    Ok(())
}

/// As many requests as the gateway takes on one connection.
fn carries(gate: &Gate<'_>, bytes: &[u8]) -> Result<Vec<String>, String> {
    let mut wire = Wire::open(gate).ok_or("no connection")?;
    let (mut answered, mut told) = (0, false);
    while let Some(answer) = wire.ask(bytes) {
        answered += 1;
        told = answer.closes;
        if answered > MOST {
            break;
        }
    }
    let counted = gate.envoy.stat("http.ifs.downstream_cx_max_requests_reached").map_err(|e| e.to_string())?;
    let good = answered == MOST && told && counted > 0;
    Ok(if good { Vec::new() } else { vec![format!("{answered} answered, told {told}, {counted} counted")] })
}

/// Asks until the gateway ends the connection.
fn busy(gate: &Gate<'_>) -> Result<Vec<String>, String> {
    let (mut wire, began) = (Wire::open(gate).ok_or("no connection")?, Instant::now());
    let mut told = false;
    while let Some(answer) = wire.ask(STATUS) {
        told = answer.closes;
        if began.elapsed() > LIFE + DRAIN + LATE {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(within(began, (LIFE, LIFE + DRAIN + LATE), told))
}

/// Asks once, and waits.
fn silent(gate: &Gate<'_>) -> Result<Vec<String>, String> {
    let (mut wire, began) = (Wire::open(gate).ok_or("no connection")?, Instant::now());
    let first = wire.ask(STATUS).ok_or("no answer")?;
    let nothing = wire.answer().is_none();
    Ok(within(began, (LIFE, LIFE + DRAIN + LATE), nothing && !first.closes))
}

/// Asks for what the system has not said when the connection's time is over.
fn in_flight(suite: &mut Suite, gate: &Gate<'_>) -> Result<Vec<String>, String> {
    let slow = json!({ "answer": { "delay_ms": SLOW_MS } });
    gate.simulator.set_rules(vec![serde_json::from_value::<Rule>(slow).map_err(|e| e.to_string())?]);
    let token = voucher(gate, Defect::None)?;
    suite.forbidden.token(&token);
    suite.forbidden.tax_code(gate.student());
    let body = json!({ "tax_code": gate.student() }).to_string();
    let request = format!(
        "POST /ifs02/academic-enrollments HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {token}\r\ncontent-type: \
         application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let (mut wire, began) = (Wire::open(gate).ok_or("no connection")?, Instant::now());
    wire.ask(STATUS).ok_or("no first answer")?;
    std::thread::sleep(SENT);
    let answer = wire.ask(request.as_bytes()).ok_or("no answer")?;
    let ended = wire.ask(STATUS).is_none();
    let (status, closes) = (answer.status, answer.closes);
    let mut wrong = within(began, (LIFE + DRAIN, SENT + Duration::from_millis(SLOW_MS * 3) + LATE), ended);
    if status != 200 || !closes {
        wrong.push(format!("answered {status}, says that it ends: {closes}"));
    }
    Ok(wrong)
}

/// What is wrong with how long a connection lived and how it ended.
fn within(began: Instant, (least, most): (Duration, Duration), good: bool) -> Vec<String> {
    let lived = began.elapsed();
    let fits = good && lived >= least && lived <= most;
    if fits {
        Vec::new()
    } else {
        vec![format!("lived {lived:?}, which must be {least:?} to {most:?}; ended well: {good}")]
    }
}
