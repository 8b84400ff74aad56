//! A filter that traps with requests in flight: what the consumers see, and whether it comes back.
//!
//! The build with the feature `poison-test` traps on a marker in a system's answer, and on a request header. Nothing
//! the filter does can answer a request whose VM is gone; Envoy's timers must.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::gate::{self, Gate, rules};
use super::load::{self, Ended};
use crate::configure::shipped;
use crate::suite::Suite;

/// What the test build traps on in an answer of a system.
pub(super) const MARKER: &str = "IFS-ADAPTER-POISON";
/// What it traps on in a request's headers.
pub(super) const HEADER: &str = "x-ifs-poison";

const IN_FLIGHT: usize = 50;
/// Envoy's timers here; shorter than the engine's deadline, so that a living VM is cut off by them too.
const TIMER: Duration = Duration::from_secs(4);
const BACKOFF: Duration = Duration::from_secs(1);
/// A request may end so long after its timer.
const SLACK: Duration = Duration::from_secs(3);
const FAILED: (u16, &str) = (503, "gateway.failed");
const CAREERS: &str = "/e3rest/api/carriere-service-v1/carriere";

/// Runs the cases, one after the other on one Envoy.
pub(super) fn run(suite: &mut Suite) -> Result<(), String> {
    let module = gate::poisoned_module()?;
    let gate = open(suite, &module)?;
    let say = |what: &str| format!("containment: {what}");
    suite.tally.verdict(&say("before a trap, requests are answered"), gate.works());

    gate.simulator.set_rules(rules([json!({ "answer": { "fault": "hang" } })])?);
    let ends = load::together(gate.envoy.addr(), &gate.people(IN_FLIGHT));
    let wrong = ends.iter().filter_map(|e| e.unless_problem(504, "gateway.timeout").or(late(e))).collect();
    suite.tally.verdict(&say(&format!("{IN_FLIGHT} requests to a hanging system end by the timer with 504")), wrong);
    gate.simulator.set_rules(Vec::new());
    suite.tally.verdict(&say("after the timer, requests are answered"), gate.works());

    let wrong = over_an_answer(&gate)?;
    suite.tally.verdict(&say(&format!("a trap over an answer, {IN_FLIGHT} requests in flight")), wrong);
    std::thread::sleep(BACKOFF * 2);
    suite.tally.verdict(&say("after that trap, requests are answered"), gate.works());

    let wrong = over_a_request(&gate)?;
    suite.tally.verdict(&say(&format!("a trap over a request, {IN_FLIGHT} requests in flight")), wrong);
    std::thread::sleep(BACKOFF * 2);
    suite.tally.verdict(&say("after that trap too, requests are answered"), gate.works());

    let log = gate.envoy.log();
    let mut wrong = Vec::new();
    if !log.contains("panicked at filter/src/poison.rs") {
        wrong.push("the log does not say where it trapped");
    }
    if log.contains(MARKER) || log.contains("poisoned") {
        wrong.push("the log has what the trap was about");
    }
    suite.tally.verdict(&say("the log has the place of a trap and nothing of the data"), wrong);
    gate.close(suite);
    Ok(())
}

fn open(suite: &mut Suite, module: &Path) -> Result<Gate, String> {
    gate::open(suite, &shipped(), module, |config| {
        // Every call must get through to the system, also while the others hang.
        config.clusters.iter_mut().for_each(|cluster| cluster.connections = 1_000);
        config.max_stream_duration = TIMER;
        config.stream_idle_timeout = TIMER;
        config.reload_backoff = BACKOFF;
    })
}

fn late(ended: &Ended) -> Option<String> {
    (ended.took > TIMER + SLACK).then(|| format!("ended after {:?}", ended.took))
}

/// The first call of each request takes so long that all are in flight when the trap comes.
fn slow() -> Value {
    json!({ "match": { "path": CAREERS }, "answer": { "delay_ms": 1_500 } })
}

fn over_an_answer(gate: &Gate) -> Result<Vec<String>, String> {
    let person = gate.population.students()[0].tax_code();
    let poison = json!({
        "match": { "path": CAREERS, "query": { "codFis": person } },
        "answer": { "status": 200, "body": [{ "stuId": MARKER, "codFis": person }], "delay_ms": 800 },
    });
    gate.simulator.set_rules(rules([poison, slow()])?);
    let ends = load::together(gate.envoy.addr(), &gate.people(IN_FLIGHT));
    gate.simulator.set_rules(Vec::new());
    let mut wrong = both_workers(&ends);
    wrong.extend(ends.first().and_then(|e| e.unless_problem(FAILED.0, FAILED.1)));
    Ok(wrong)
}

fn over_a_request(gate: &Gate) -> Result<Vec<String>, String> {
    gate.simulator.set_rules(rules([slow()])?);
    let mut asked = gate.people(IN_FLIGHT);
    if let Some(first) = asked.first_mut() {
        first.request.headers.push((HEADER.to_owned(), "1".to_owned()));
        first.after = Duration::from_millis(800);
    }
    let ends = load::together(gate.envoy.addr(), &asked);
    gate.simulator.set_rules(Vec::new());
    let mut wrong = both_workers(&ends);
    wrong.extend(ends.first().and_then(|e| e.unless_problem(FAILED.0, FAILED.1)));
    Ok(wrong)
}

/// Requests of the trapped VM get 503 from the timers, those of the other worker's their right answers.
fn both_workers(ends: &[Ended]) -> Vec<String> {
    let mut wrong: Vec<String> = ends.iter().filter_map(|e| e.unless(&[FAILED]).or(late(e))).collect();
    let failed = ends.iter().filter(|e| e.is_problem(FAILED.0, FAILED.1)).count();
    let right = ends.iter().filter(|e| e.is_right()).count();
    println!("containment: of {} requests {failed} got 503, {right} their answers", ends.len());
    // Each connection goes to either worker by chance; that all fifty go to one does not happen.
    if failed < 2 || right == 0 {
        wrong.push(format!("{failed} got 503 and {right} their answers: not one worker of two"));
    }
    wrong
}
