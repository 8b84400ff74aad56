//! A system with little room, with faults on the wire, and one that comes and goes.

use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::front::Front;
use super::gate::{self, Gate, rules};
use super::load::{self, Asked};
use crate::configure::shipped;
use crate::population::by_tax_code;
use crate::scenario::Setting;
use crate::suite::Suite;

const CAREERS: &str = "/e3rest/api/carriere-service-v1/carriere";
/// How long a call may take here.
const TIMEOUT_MS: u32 = 700;
/// How often the system comes and goes.
const FLAP: Duration = Duration::from_millis(200);
const FLAPS: usize = 24;
const CLIENTS: usize = 16;

/// Faults of a connection, and what whoever is concerned is told.
const FAULTS: [(&str, u16, &str); 7] = [
    ("reset", 503, "legacy.reset"),
    ("hang", 503, "legacy.timeout"),
    ("stall_head", 503, "legacy.timeout"),
    ("stall_body", 503, "legacy.timeout"),
    ("truncate", 500, "legacy.truncated"),
    ("reset_mid_body", 500, "legacy.truncated"),
    ("garbage", 500, "legacy.protocol"),
];

/// Runs the first two.
pub(super) fn run(suite: &mut Suite) -> Result<(), String> {
    let module = gate::shipped_module(suite)?;
    full(suite, &module)?;
    broken(suite, &module)
}

/// With one connection and one call waiting for it, the calls of many requests find the breaker full, and wait for their turn.
fn full(suite: &mut Suite, module: &Path) -> Result<(), String> {
    let mut setting = shipped();
    // One call at a time for each request: a list of one row, then that row.
    setting.mapping = xtask::paths::root().join("tests/scenarios/mappings/fan.yaml");
    (setting.gateway.connections, setting.gateway.waiting) = (Some(1), Some(1));
    let gate = gate::open(suite, &setting, module, |_| {})?;
    gate.simulator.set_rules(rules([
        json!({ "match": { "path": "/plain/rows" }, "answer": { "body": [{ "id": 1 }], "delay_ms": 50 } }),
        json!({ "match": { "path": "/plain/rows/1" }, "answer": { "body": [], "delay_ms": 50 } }),
    ])?);
    let nothing = |code: &str| format!(r#"{{"personal_data":{{"tax_code":"{code}"}},"enrollments":[]}}"#);
    let codes = gate.population.students().iter().map(university::Student::tax_code).take(24);
    let asked: Vec<Asked> = codes.map(|c| Asked::new(by_tax_code(c), vec![nothing(c).into_bytes()])).collect();
    let ends = load::together(gate.envoy.addr(), &asked);
    let mut wrong: Vec<String> = ends.iter().filter_map(|e| e.unless(&[])).collect();
    let stats = gate.envoy.stats("calls_waited_total").map_err(|e| e.to_string())?;
    let waited: u64 = stats.iter().map(|(_, value)| value).sum();
    println!("containment: breaker full: of {} requests all answered, {waited} calls waited", ends.len());
    if waited == 0 {
        wrong.push("no call waited".to_owned());
    }
    suite.tally.verdict("containment: breaker full: calls wait for their turn, and all requests are answered", wrong);
    let wrong = asked.iter().filter_map(|one| load::send(gate.envoy.addr(), one).unless(&[])).collect();
    suite.tally.verdict("containment: breaker full: afterwards there is room again", wrong);
    gate.close(suite);
    Ok(())
}

/// Each fault for four people, all at one time with others whose calls go well.
fn broken(suite: &mut Suite, module: &Path) -> Result<(), String> {
    let mut setting: Setting = shipped();
    setting.gateway.timeout_ms = Some(TIMEOUT_MS);
    setting.gateway.connections = Some(200);
    setting.limits.insert("at_once".to_owned(), 400);
    let gate = gate::open(suite, &setting, module, |_| {})?;
    let asked = gate.people(4 * FAULTS.len() + 28);
    let codes: Vec<&str> = gate.population.students().iter().map(|s| s.tax_code()).collect();
    let trees = FAULTS.iter().enumerate().flat_map(|(at, (fault, ..))| {
        codes[4 * at..4 * at + 4].iter().map(move |code| {
            json!({ "match": { "path": CAREERS, "query": { "codFis": code } }, "answer": { "fault": fault } })
        })
    });
    gate.simulator.set_rules(rules(trees)?);
    let ends = load::together(gate.envoy.addr(), &asked);
    let mut wrong = Vec::new();
    for (at, ended) in ends.iter().enumerate() {
        let fault = FAULTS.get(at / 4);
        let what = match fault {
            Some((_, status, code)) => ended.unless_problem(*status, code),
            None => ended.unless(&[]),
        };
        wrong.extend(what.map(|what| format!("{}: {what}", fault.map_or("none", |f| f.0))));
        if ended.took > Duration::from_millis(u64::from(TIMEOUT_MS)) + Duration::from_secs(5) {
            wrong.push(format!("ended after {:?}", ended.took));
        }
    }
    suite.tally.verdict("containment: faults of connections cost those they hit, and nobody else", wrong);
    gate.simulator.set_rules(Vec::new());
    suite.tally.verdict("containment: after faults of connections, requests are answered", gate.works());
    gate.close(suite);
    Ok(())
}

/// A system that comes and goes under load.
pub(super) fn flapping(suite: &mut Suite) -> Result<(), String> {
    let module = gate::shipped_module(suite)?;
    let setting = shipped();
    let system = suite.world.server(&setting.university).map_err(|e| e.to_string())?.addr();
    let front = Front::start(system)?;
    let gate: Gate = gate::open(suite, &setting, &module, |config| {
        config.clusters.iter_mut().for_each(|cluster| cluster.port = front.addr().port());
    })?;
    let ((), tale) = load::during(gate.envoy.addr(), &gate.people(200), CLIENTS, || {
        for turn in 0..FLAPS {
            std::thread::sleep(FLAP);
            front.set(turn % 2 == 1);
        }
    });
    front.set(true);
    println!("containment: flapping: {} right, {:?}, slowest {:?}", tale.rights(), tale.problems, tale.slowest);
    // An answer that was on its way when the system went has been cut, and is told so.
    let mut wrong = tale.unless(&[(503, "legacy.down"), (503, "legacy.reset"), (500, "legacy.truncated")]);
    if !["legacy.down", "legacy.reset"].iter().any(|code| tale.problems.contains_key(&(503, (*code).to_owned()))) {
        wrong.push("the system was never down".to_owned());
    }
    if tale.slowest > Duration::from_secs(12) {
        wrong.push(format!("a request took {:?}", tale.slowest));
    }
    suite
        .tally
        .verdict("containment: a system that comes and goes: right answers or 503, none wrong, none hangs", wrong);
    std::thread::sleep(Duration::from_millis(100));
    suite.tally.verdict("containment: once it stays, requests are answered", gate.works());
    gate.close(suite);
    Ok(())
}
