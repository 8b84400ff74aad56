//! Every student of the university, and people it does not know, answered through Envoy and held against the oracle.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use university::{DEFAULT_TODAY, Population, oracle};
use xtask::envoy::{Config, Envoy, Options};

use crate::configure::shipped;
use crate::expect::show;
use crate::http::{self, Answer, Request};
use crate::scenario::REQUEST_ID;
use crate::stand;
use crate::suite::Suite;

/// Requests in flight.
const PARALLEL: usize = 16;
const PATIENCE: Duration = Duration::from_secs(30);
/// Answers that differ are shown up to this many.
const SHOWN: usize = 5;

/// IFS02.1 by tax code.
#[must_use]
pub fn by_tax_code(tax_code: &str) -> Request {
    Request {
        method: "POST".to_owned(),
        target: "/ifs02/academic-enrollments".to_owned(),
        authority: "ifs.test".to_owned(),
        headers: vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            ("x-request-id".to_owned(), REQUEST_ID.to_owned()),
        ],
        body: json!({ "tax_code": tax_code }).to_string().into_bytes(),
    }
}

/// In what an answer differs from the oracle's; none if in nothing.
#[must_use]
pub fn against_oracle(population: &Population, tax_code: &str, answer: &Answer) -> Option<String> {
    match oracle::ifs02_1(population, tax_code, DEFAULT_TODAY) {
        oracle::Expected::Unknown => {
            let told =
                String::from_utf8_lossy(&answer.body).contains("urn:ifs-adapter:problem:request.unknown-student");
            (answer.status != 400 || !told).then(|| format!("{} {}, not unknown", answer.status, show(&answer.body)))
        }
        oracle::Expected::Answer(bytes) => (answer.status != 200 || answer.body != bytes)
            .then(|| format!("{} {}\noracle: {}", answer.status, show(&answer.body), show(&bytes))),
    }
}

/// Runs it, and prints how often each rule of the contract decided something.
pub fn run(suite: &mut Suite) {
    let setting = shipped();
    let population = suite.world.population(setting.university);
    let fired = oracle::fired(&population, DEFAULT_TODAY);
    for (rule, count) in fired.entries() {
        println!("rule  {rule}: {count}");
    }
    let never = fired.never().into_iter().map(|rule| format!("{rule} never decided anything")).collect::<Vec<_>>();
    suite.tally.verdict("every rule of IFS02.1 decides something in the population", never);

    let people = population.students().len() + population.unknown().len();
    let name = format!("all {people} people through Envoy as the oracle says");
    match through_envoy(suite, &population) {
        Ok(wrong) => suite.tally.verdict(&name, wrong),
        Err(error) => suite.tally.fail(&name, [error]),
    }
}

fn through_envoy(suite: &mut Suite, population: &Population) -> Result<Vec<String>, String> {
    let setting = shipped();
    let bundle = suite.bundles.bundle(&setting)?;
    let built = suite.built.as_ref().ok_or("the filter was not built")?;
    let simulator = suite.world.server(setting.university).map_err(|e| e.to_string())?;
    let clusters = suite.world.clusters(&setting).map_err(|e| e.to_string())?;
    let config = Config::development(built.path.clone(), stand::plugin(&setting, &bundle)?, clusters);
    let envoy = Envoy::start(config, &Options::named("population")).map_err(|e| e.to_string())?;
    simulator.set_rules(Vec::new());
    simulator.clear();

    let codes: Vec<&str> = population
        .students()
        .iter()
        .map(|s| s.tax_code())
        .chain(population.unknown().iter().map(String::as_str))
        .collect();
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let before = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..PARALLEL {
            scope.spawn(|| {
                while let Some(code) = codes.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let difference = match http::send(envoy.addr(), &by_tax_code(code), PATIENCE, usize::MAX) {
                        Ok(answer) => against_oracle(population, code, &answer),
                        Err(failure) => Some(format!("no whole answer: {failure:?}")),
                    };
                    if let (Some(difference), Ok(mut wrong)) = (difference, wrong.lock()) {
                        wrong.push(difference);
                    }
                }
            });
        }
    });
    let took = before.elapsed().as_secs_f64();
    println!("population: {} requests in {took:.1} s, {} calls to the system", codes.len(), simulator.calls());
    suite.logs.push(envoy.stop());
    let mut wrong = wrong.into_inner().unwrap_or_default();
    let count = wrong.len();
    if count > SHOWN {
        wrong.truncate(SHOWN);
        wrong.push(format!("… and {} more", count - SHOWN));
    }
    Ok(wrong)
}
