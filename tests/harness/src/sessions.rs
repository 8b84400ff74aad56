//! Sessions of the real filter: how many logins a system sees from two VMs, and that the steward opens the first.

use std::sync::Arc;
use std::time::{Duration, Instant};

use university::Server;
use xtask::envoy::{Config, Envoy, Options};

use crate::configure::shipped;
use crate::expect::show;
use crate::http::{self, Answer};
use crate::logs::Sink;
use crate::population::by_tax_code;
use crate::stand;
use crate::suite::Suite;
use crate::systems::Systems;
use crate::wasm::Shared;

/// Requests, one after another.
const REQUESTS: usize = 12;

/// Runs it in VMs of our own and on a real Envoy.
pub fn run(suite: &mut Suite, logs: &std::path::Path) {
    for (name, part) in [
        (
            "two VMs over one shared data log in once, before anybody asks (Wasm)",
            vms as fn(&mut Suite, &std::path::Path) -> Result<Vec<String>, String>,
        ),
        ("requests to two workers do not log in (Envoy)", envoy),
    ] {
        match part(suite, logs) {
            Ok(wrong) => suite.tally.verdict(name, wrong),
            Err(error) => suite.tally.fail(name, [error]),
        }
    }
}

/// Everything both parts start from.
struct Start {
    bundle: Vec<u8>,
    plugin: String,
    simulator: Arc<Server>,
    clusters: Vec<xtask::envoy::Cluster>,
    people: Vec<String>,
}

fn start(suite: &mut Suite) -> Result<Start, String> {
    let mut setting = shipped();
    setting.mapping = xtask::paths::root().join("tests/scenarios/mappings/session.yaml");
    let bundle = suite.bundles.bundle(&setting)?;
    let simulator = suite.world.server(&setting.university).map_err(|e| e.to_string())?;
    simulator.set_rules(Vec::new());
    simulator.clear();
    let clusters = suite.world.clusters(&setting).map_err(|e| e.to_string())?;
    let population = suite.world.population(&setting.university);
    let people = population.students().iter().map(|s| s.tax_code().to_owned()).take(REQUESTS).collect();
    Ok(Start { plugin: stand::plugin(&setting, &bundle)?, bundle, simulator, clusters, people })
}

/// How often the system saw this operation.
fn seen(simulator: &Server, operation: &str) -> usize {
    let named = |body: &[u8]| body.windows(operation.len()).any(|w| w == operation.as_bytes());
    simulator.seen().iter().filter(|call| named(&call.body)).count()
}

fn wrong_answer(answer: &Answer) -> Option<String> {
    (answer.status != 200).then(|| format!("{} {}", answer.status, show(&answer.body)))
}

fn vms(suite: &mut Suite, logs: &std::path::Path) -> Result<Vec<String>, String> {
    let start = start(suite)?;
    let built = suite.built.as_ref().ok_or("the filter was not built")?;
    let shared = Shared::default();
    let mut vms = Vec::new();
    for number in [1, 2] {
        let log = Sink::create(&logs.join(format!("sessions-{number}.log"))).map_err(|e| e.to_string())?;
        let systems = Arc::new(Systems::new(start.clusters.clone()));
        let lent = (stand::secrets(&start.bundle)?, Arc::clone(&shared));
        let plugin = start.plugin.clone().into_bytes();
        let vm = built.filter.start_one_of(number, plugin, systems, Arc::new(log), lent);
        vms.push(vm.map_err(|e| format!("{e:?}"))?);
    }
    // The first takes the lease, then logs in; the second finds it held.
    for _ in 0..2 {
        for vm in &mut vms {
            vm.tick().map_err(|e| format!("{e:?}"))?;
        }
    }
    let mut wrong = Vec::new();
    if seen(&start.simulator, "fn_dologin") != 1 {
        wrong.push(format!("{} logins by the stewards", seen(&start.simulator, "fn_dologin")));
    }
    for (at, person) in start.people.iter().enumerate() {
        let answer = vms[at % 2].exchange(&by_tax_code(person)).map_err(|e| format!("{e:?}"))?;
        wrong.extend(wrong_answer(&answer));
    }
    if seen(&start.simulator, "fn_dologin") != 1 {
        wrong.push(format!("{} logins in all", seen(&start.simulator, "fn_dologin")));
    }
    let secret = stand::secrets(&start.bundle)?.into_iter().map(|(_, value)| value);
    for value in secret {
        let held = shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if held.values().any(|(bytes, _)| bytes.windows(value.len()).any(|w| w == value.as_bytes())) {
            wrong.push("a secret stands in shared data".to_owned());
        }
    }
    Ok(wrong)
}

fn envoy(suite: &mut Suite, _: &std::path::Path) -> Result<Vec<String>, String> {
    let start = start(suite)?;
    let built = suite.built.as_ref().ok_or("the filter was not built")?;
    let mut config = Config::development(built.path.clone(), start.plugin.clone(), start.clusters.clone());
    config.secrets = stand::secrets(&start.bundle)?;
    let envoy = Envoy::start(config, &Options::named("sessions")).map_err(|e| e.to_string())?;
    let mut wrong = Vec::new();
    // The steward is one of three VMs; it takes the lease at one tick and acts at a later one.
    let until = Instant::now() + Duration::from_secs(20);
    while seen(&start.simulator, "fn_dologin") == 0 && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(50));
    }
    std::thread::sleep(Duration::from_millis(200));
    let before = seen(&start.simulator, "fn_dologin");
    if before != 1 {
        wrong.push(format!("{before} logins before any request"));
    }
    // Each request has a connection of its own, so both workers get some.
    for person in &start.people {
        match http::send(envoy.addr(), &by_tax_code(person), Duration::from_secs(20), usize::MAX) {
            Ok(answer) => wrong.extend(wrong_answer(&answer)),
            Err(failure) => wrong.push(format!("no whole answer: {failure:?}")),
        }
    }
    let all = seen(&start.simulator, "fn_dologin");
    if all > before {
        wrong.push(format!("{} logins by requests", all - before));
    }
    suite.logs.push(envoy.stop());
    Ok(wrong)
}
