//! A filter that traps: what the consumers see, and whether it comes back.
//!
//! The build with the feature `poison-test` traps on a marker in a system's answer, and on a request header. Nothing
//! the filter does can answer a call whose VM is gone; Envoy's timers must.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use university::{Population, Rule};
use xtask::envoy::{Envoy, Options};
use xtask::wasm::Fetch;

use crate::configure::shipped;
use crate::expect::show;
use crate::http::{self, Answer, Failure, Request};
use crate::population::{against_oracle, by_tax_code};
use crate::stand;
use crate::suite::Suite;

/// What the test build traps on in an answer of a system.
const MARKER: &str = "IFS-ADAPTER-POISON";
/// What it traps on in a request's headers.
const HEADER: &str = "x-ifs-poison";
const IN_FLIGHT: usize = 50;
/// Envoy's timers here; shorter than the engine's deadline, so that a living VM is cut off by them too.
const TIMER: Duration = Duration::from_secs(3);
const BACKOFF: Duration = Duration::from_secs(1);
/// A call may end so long after its timer.
const SLACK: Duration = Duration::from_secs(3);

/// Runs the three cases, one after the other on one Envoy.
pub fn run(suite: &mut Suite) {
    let envoy = match start(suite) {
        Ok(envoy) => envoy,
        Err(error) => return suite.tally.fail("poison: starting", [error]),
    };
    let setting = shipped();
    let population = suite.world.population(&setting.university);
    let simulator = match suite.world.server(&setting.university) {
        Ok(simulator) => simulator,
        Err(error) => return suite.tally.fail("poison: starting", [error.to_string()]),
    };
    simulator.set_rules(Vec::new());
    suite.tally.verdict("poison: before, calls are answered", works(&envoy, &population));

    simulator.set_rules(vec![hang()]);
    let answers = together(&envoy, &population, None);
    let wrong = answers.iter().filter_map(|a| ended(a, &[(504, "gateway.timeout")])).collect();
    suite.tally.verdict(&format!("poison: {IN_FLIGHT} calls to a hanging system end by the timer with 504"), wrong);
    simulator.set_rules(Vec::new());
    suite.tally.verdict("poison: after the timer, calls are answered", works(&envoy, &population));

    let poisoned = population.students()[0].tax_code();
    simulator.set_rules(vec![poison(poisoned), hang()]);
    let answers = together(&envoy, &population, Some(poisoned));
    // The poisoned VM's calls get 503, those of the other worker's VM the timer's 504.
    let mut wrong: Vec<String> =
        answers.iter().filter_map(|a| ended(a, &[(503, "gateway.failed"), (504, "gateway.timeout")])).collect();
    let failed = answers.iter().filter(|(_, a)| a.as_ref().is_ok_and(|a| a.status == 503)).count();
    println!("poison: of {IN_FLIGHT} calls {failed} got 503, the rest 504");
    if failed == 0 {
        wrong.push("no call got 503: the VM did not trap".to_owned());
    }
    if !answers[0].1.as_ref().is_ok_and(|a| a.status == 503) {
        wrong.push("the poisoned call did not get 503".to_owned());
    }
    suite.tally.verdict("poison: a trap over a system's answer ends every call with a problem", wrong);
    simulator.set_rules(Vec::new());
    std::thread::sleep(BACKOFF * 2);
    suite.tally.verdict("poison: after the reload, calls are answered", works(&envoy, &population));

    let mut request = by_tax_code(poisoned);
    request.headers.push((HEADER.to_owned(), "1".to_owned()));
    let sent = (Duration::ZERO, http::send(envoy.addr(), &request, TIMER + SLACK, usize::MAX));
    let wrong = ended(&sent, &[(503, "gateway.failed")]).into_iter().collect();
    suite.tally.verdict("poison: a trap over a request gives 503", wrong);
    std::thread::sleep(BACKOFF * 2);
    suite.tally.verdict("poison: after that reload, calls are answered", works(&envoy, &population));
    suite.logs.push(envoy.stop());
}

fn start(suite: &mut Suite) -> Result<Envoy, String> {
    let built = xtask::wasm::build(&["poison-test"], Fetch::Never).map_err(|e| e.to_string())?;
    let setting = shipped();
    let bundle = suite.bundles.bundle(&setting)?;
    let mut clusters = suite.world.clusters(&setting).map_err(|e| e.to_string())?;
    // Every call must get through to the system, also while the others hang.
    clusters.iter_mut().for_each(|cluster| cluster.connections = 1_000);
    let mut config = stand::config(built.path(), &setting, &bundle, clusters)?;
    config.max_stream_duration = TIMER;
    config.stream_idle_timeout = TIMER;
    config.reload_backoff = BACKOFF;
    Envoy::start(config, &Options::named("poison")).map_err(|e| e.to_string())
}

fn rule(tree: Value) -> Rule {
    // Rules are data; a mistake here shows as calls that do not hang.
    serde_json::from_value(tree)
        .unwrap_or_else(|_| Rule { when: university::Match::default(), answer: university::Answer::default() })
}

fn hang() -> Rule {
    rule(json!({ "match": {}, "answer": { "fault": "hang" } }))
}

/// The marker comes when the other calls are in flight.
fn poison(tax_code: &str) -> Rule {
    rule(json!({
        "match": { "query": { "codFis": tax_code } },
        "answer": { "status": 200, "body": [{ "stuId": MARKER }], "delay_ms": 800 },
    }))
}

type Ended = (Duration, Result<Answer, Failure>);

/// Sends all at one time; the first is for `first`, if given.
fn together(envoy: &Envoy, population: &Population, first: Option<&str>) -> Vec<Ended> {
    let others = population.students().iter().map(|s| s.tax_code()).filter(|code| Some(*code) != first);
    let codes: Vec<&str> = first.into_iter().chain(others).take(IN_FLIGHT).collect();
    let answers = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for (place, code) in codes.iter().enumerate() {
            let answers = &answers;
            scope.spawn(move || {
                let before = Instant::now();
                let result = http::send(envoy.addr(), &by_tax_code(code), TIMER + SLACK + SLACK, usize::MAX);
                if let Ok(mut answers) = answers.lock() {
                    answers.push((place, (before.elapsed(), result)));
                }
            });
        }
    });
    let mut answers = answers.into_inner().unwrap_or_default();
    answers.sort_by_key(|(place, _)| *place);
    answers.into_iter().map(|(_, ended)| ended).collect()
}

/// What is wrong with the end of a call that should have ended in one of these ways.
fn ended((took, result): &Ended, ways: &[(u16, &str)]) -> Option<String> {
    let answer = match result {
        Ok(answer) => answer,
        Err(failure) => return Some(format!("no whole answer: {failure:?} after {took:?}")),
    };
    let document: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let code = document.get("type").and_then(Value::as_str).unwrap_or_default();
    let fits = ways.iter().any(|(status, wanted)| {
        answer.status == *status
            && code.strip_prefix("urn:ifs-adapter:problem:") == Some(*wanted)
            && document.get("status") == Some(&json!(status))
    });
    if !fits || answer.header("content-type") != Some("application/problem+json") {
        return Some(format!("{} {:?} {}", answer.status, answer.header("content-type"), show(&answer.body)));
    }
    (*took > TIMER + SLACK).then(|| format!("ended after {took:?}"))
}

/// A few calls on new connections, so that each worker gets some.
fn works(envoy: &Envoy, population: &Population) -> Vec<String> {
    let ask = |request: &Request| http::send(envoy.addr(), request, TIMER + SLACK, usize::MAX);
    population
        .students()
        .iter()
        .take(12)
        .filter_map(|student| match ask(&by_tax_code(student.tax_code())) {
            Ok(answer) => against_oracle(population, student.tax_code(), &answer),
            Err(failure) => Some(format!("no whole answer: {failure:?}")),
        })
        .collect()
}
