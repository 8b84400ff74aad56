//! More requests than a VM may have in flight (`limits.exchanges`): each is answered, or told to come back.

use std::time::Duration;

use serde_json::json;
use xtask::envoy::{Envoy, Options};

use crate::configure::shipped;
use crate::expect::show;
use crate::http;
use crate::population::{against_oracle, by_tax_code};
use crate::stand;
use crate::suite::Suite;

/// Two VMs with one exchange each, so most of these are refused.
const REQUESTS: usize = 12;
const CODE: &str = "urn:ifs-adapter:problem:limit.exchanges";

/// Runs it on a real Envoy.
pub fn run(suite: &mut Suite) {
    let name = format!("of {REQUESTS} requests at one time, those over limits.exchanges get 503 and the rest answers");
    match refused(suite) {
        Ok(wrong) => suite.tally.verdict(&name, wrong),
        Err(error) => suite.tally.fail(&name, [error]),
    }
}

fn refused(suite: &mut Suite) -> Result<Vec<String>, String> {
    let mut setting = shipped();
    setting.limits.insert("exchanges".to_owned(), 1);
    let bundle = suite.bundles.bundle(&setting)?;
    let built = suite.built.as_ref().ok_or("the filter was not built")?;
    let simulator = suite.world.server(&setting.university).map_err(|e| e.to_string())?;
    let clusters = suite.world.clusters(&setting).map_err(|e| e.to_string())?;
    let config = stand::config(&built.path, &setting, &bundle, clusters)?;
    let envoy = Envoy::start(config, &Options::named("busy")).map_err(|e| e.to_string())?;
    let population = suite.world.population(&setting.university);
    let slow = json!({ "match": {}, "answer": { "delay_ms": 400 } });
    simulator.set_rules(vec![serde_json::from_value(slow).map_err(|e| e.to_string())?]);

    let people: Vec<&str> = population.students().iter().map(|s| s.tax_code()).take(REQUESTS).collect();
    let ask = |code: &str| http::send(envoy.addr(), &by_tax_code(code), Duration::from_secs(20), usize::MAX);
    let ended: Vec<_> = std::thread::scope(|scope| {
        let handles: Vec<_> = people.iter().map(|code| scope.spawn(move || (*code, ask(code)))).collect();
        handles.into_iter().filter_map(|handle| handle.join().ok()).collect()
    });
    simulator.set_rules(Vec::new());
    let (mut wrong, mut answered, mut told) = (Vec::new(), 0, 0);
    for (code, result) in ended {
        match result {
            Ok(answer) if answer.status == 503 => {
                told += 1;
                let says = String::from_utf8_lossy(&answer.body).contains(CODE);
                if !says || answer.header("retry-after") != Some("30") {
                    wrong.push(format!("503 {:?} {}", answer.header("retry-after"), show(&answer.body)));
                }
            }
            Ok(answer) => {
                answered += 1;
                wrong.extend(against_oracle(&population, code, &answer));
            }
            Err(failure) => wrong.push(format!("no whole answer: {failure:?}")),
        }
    }
    println!("busy: of {REQUESTS} requests {answered} answered, {told} refused");
    if answered == 0 || told == 0 || answered + told != REQUESTS {
        wrong.push(format!("{answered} answered, {told} refused"));
    }
    suite.logs.push(envoy.stop());
    Ok(wrong)
}
