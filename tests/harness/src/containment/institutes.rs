//! Two institutes in one gateway, each with its own listener, mapping and system: neither ever sees anything of the
//! other's, whether they share VMs (one `vm_id`) or not.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use university::{Population, Server};
use xtask::envoy::{Cluster, Config, Envoy};

use super::gate::{self, rules};
use super::load::{self, Asked};
use super::steward::seen;
use super::traps::HEADER;
use crate::configure::shipped;
use crate::logs::Sink;
use crate::population::by_tax_code;
use crate::scenario::Setting;
use crate::stand;
use crate::suite::Suite;
use crate::systems::Systems;
use crate::wasm::Shared;

const TEMPLATE: &str = include_str!("mappings/institute.yaml");
const LOAD: Duration = Duration::from_secs(4);
const PEOPLE: usize = 60;
/// How long the stewards may take to log in.
const OPENED: Duration = Duration::from_secs(20);

/// An institute with its system.
struct Institute {
    code: &'static str,
    cluster: Cluster,
    bundle: Vec<u8>,
    plugin: String,
    simulator: Arc<Server>,
    population: Arc<Population>,
}

/// Runs all.
pub(super) fn run(suite: &mut Suite) -> Result<(), String> {
    let both = [institute(suite, "9901", "esse3", 1)?, institute(suite, "9902", "registro", 2)?];
    let wrong = keys(suite, &both)?;
    suite.tally.verdict("containment: two institutes have no key of shared data in common", wrong);
    for (what, ids) in [("one VM", ["ifs", "ifs"]), ("a VM each", ["ifs-9901", "ifs-9902"])] {
        for institute in &both {
            institute.simulator.clear();
        }
        let envoy = start(&gate::shipped_module(suite)?, &both, ids)?;
        // Before the steward was there each request would log in by itself.
        if !both.iter().all(|i| gate::wait(OPENED, || seen(&i.simulator, "fn_dologin") > 0)) {
            suite.tally.fail("containment: two institutes", ["the steward has not logged in"]);
        }
        std::thread::sleep(Duration::from_millis(300));
        let wrong = load(&envoy, &both)?;
        suite
            .tally
            .verdict(&format!("containment: two institutes in one gateway, {what}: no answer is crossed"), wrong);
        suite.tally.verdict(
            &format!("containment: two institutes in one gateway, {what}: each has its own session"),
            sessions(&both),
        );
        suite.logs.push(envoy.stop());
    }
    let envoy = start(&gate::poisoned_module()?, &both, ["ifs-9901", "ifs-9902"])?;
    let wrong = trapped(&envoy, &both)?;
    suite.tally.verdict("containment: with a VM each, an institute's traps are its own", wrong);
    suite.logs.push(envoy.stop());
    both.iter().for_each(|institute| institute.simulator.set_rules(Vec::new()));
    Ok(())
}

fn institute(suite: &mut Suite, code: &'static str, cluster: &str, seed: u64) -> Result<Institute, String> {
    let dir = xtask::paths::run_dir(gate::NAME).map_err(|e| e.to_string())?;
    suite.logs.push(dir.clone());
    let mapping: PathBuf = dir.join("mapping.yaml");
    let text = TEMPLATE
        .replace("\"CODE\"", &format!("\"{code}\""))
        .replace("cluster: CLUSTER", &format!("cluster: {cluster}"));
    std::fs::write(&mapping, text).map_err(|e| e.to_string())?;
    let mut setting: Setting = shipped();
    setting.mapping = mapping;
    setting.university.seed = seed;
    setting.university.students = 200;
    setting.gateway.cluster = Some(cluster.to_owned());
    let bundle = suite.bundles.bundle(&setting)?;
    let simulator = suite.world.server(&setting.university).map_err(|e| e.to_string())?;
    let courses =
        json!({ "match": { "path": "/plain/courses" }, "answer": { "body": [{ "code": format!("C{code}") }] } });
    simulator.set_rules(rules([courses])?);
    Ok(Institute {
        code,
        cluster: suite.world.clusters(&setting).map_err(|e| e.to_string())?.remove(0),
        plugin: stand::plugin(&setting, &bundle)?,
        bundle,
        simulator,
        population: suite.world.population(&setting.university),
    })
}

impl Institute {
    /// Its own people, each with the one right answer.
    fn people(&self) -> Vec<Asked> {
        let answer = |code: &str| {
            let own = self.code;
            format!(
                r#"{{"personal_data":{{"tax_code":"{code}"}},"enrollments":[{{"institute_code":"{own}","programme_type_code":"LT","degree_course_code":"C{own}","degree_class_code":"2031","academic_year":"2025/2026","degree_course_year":1,"status":"active"}}]}}"#
            )
        };
        let codes = self.population.students().iter().map(university::Student::tax_code).take(PEOPLE);
        codes.map(|code| Asked::new(by_tax_code(code), vec![answer(code).into_bytes()])).collect()
    }

    fn knows(&self, tax_code: &str) -> bool {
        self.population.students().iter().any(|s| s.tax_code() == tax_code)
    }
}

/// Both on one Envoy: a second listener like the first, with its own configuration.
fn start(module: &Path, both: &[Institute; 2], ids: [&str; 2]) -> Result<Envoy, String> {
    let [first, second] = both;
    let clusters = vec![first.cluster.clone(), second.cluster.clone()];
    let mut config = Config::development(module.to_owned(), first.plugin.clone(), clusters);
    config.secrets = stand::secrets(&first.bundle)?;
    gate::derived(&mut config, |tree| {
        let listeners = tree.pointer_mut("/static_resources/listeners")?.as_array_mut()?;
        let mut other = listeners.first()?.clone();
        *other.get_mut("name")? = Value::from("other");
        let filter = "/filter_chains/0/filters/0/typed_config/http_filters/0/typed_config/config";
        *other.pointer_mut(&format!("{filter}/configuration/value"))? = Value::from(second.plugin.as_str());
        *other.pointer_mut(&format!("{filter}/vm_config/vm_id"))? = Value::from(ids[1]);
        *listeners.first_mut()?.pointer_mut(&format!("{filter}/vm_config/vm_id"))? = Value::from(ids[0]);
        listeners.push(other);
        Some(())
    })?;
    gate::start(config)
}

/// Where the listener of a name is.
fn listener(envoy: &Envoy, name: &str) -> Result<SocketAddr, String> {
    let answer = xtask::http::get(envoy.admin(), "/listeners?format=json", Duration::from_secs(5));
    let tree: Value = serde_json::from_slice(&answer.map_err(|e| e.to_string())?.body).map_err(|e| e.to_string())?;
    let all = tree.pointer("/listener_statuses").and_then(Value::as_array).ok_or("no listeners")?;
    let one = all.iter().find(|l| l.get("name").and_then(Value::as_str) == Some(name)).ok_or("no such listener")?;
    let port = one.pointer("/local_address/socket_address/port_value").and_then(Value::as_u64).ok_or("no port")?;
    Ok(SocketAddr::from(([127, 0, 0, 1], u16::try_from(port).map_err(|e| e.to_string())?)))
}

/// Everybody asks at both places at one time: the own institute answers rightly, the other knows nobody.
fn load(envoy: &Envoy, both: &[Institute; 2]) -> Result<Vec<String>, String> {
    let [first, second] = both;
    let mut wrong = Vec::new();
    let strangers = |of: &Institute, at: &Institute| -> Vec<Asked> {
        let codes = of.population.students().iter().map(university::Student::tax_code);
        codes
            .filter(|code| !at.knows(code))
            .take(PEOPLE)
            .map(|code| Asked::new(by_tax_code(code), Vec::new()))
            .collect()
    };
    let mixed = |own: &Institute, other: &Institute| -> Vec<Asked> {
        own.people().into_iter().zip(strangers(other, own)).flat_map(|(a, b)| [a, b]).collect()
    };
    let places = [listener(envoy, "ifs")?, listener(envoy, "other")?];
    let (one, two) = (mixed(first, second), mixed(second, first));
    let (((), there), here) =
        load::during(places[0], &one, 8, || load::during(places[1], &two, 8, || std::thread::sleep(LOAD)));
    for (institute, tale) in [(first, here), (second, there)] {
        println!("containment: institute {}: {} right, {:?}", institute.code, tale.rights(), tale.problems);
        let own = tale.unless(&[(400, "request.unknown-student")]);
        wrong.extend(own.into_iter().map(|what| format!("institute {}: {what}", institute.code)));
        let answers = tale.rights() + tale.problems.values().sum::<usize>();
        let label = format!(";institute={};", institute.code);
        let counted = envoy.stats("ifs_adapter_answers_total").map_err(|e| e.to_string())?;
        let counted: u64 = counted.iter().filter(|(name, _)| name.contains(&label)).map(|(_, count)| *count).sum();
        if counted != answers as u64 {
            wrong.push(format!("institute {}: {answers} answers, {counted} counted as its own", institute.code));
        }
    }
    Ok(wrong)
}

/// The first institute's VMs trap again and again, while the second is asked.
fn trapped(envoy: &Envoy, both: &[Institute; 2]) -> Result<Vec<String>, String> {
    let places = [listener(envoy, "ifs")?, listener(envoy, "other")?];
    let own = both[0].people();
    let mut poison = own.clone();
    poison.iter_mut().for_each(|asked| asked.request.headers.push((HEADER.to_owned(), "1".to_owned())));
    let (mut wrong, tale) = load::during(places[1], &both[1].people(), 8, || {
        let mut wrong = Vec::new();
        for asked in poison.iter().take(12) {
            wrong.extend(load::send(places[0], asked).unless_problem(503, "gateway.failed"));
            std::thread::sleep(Duration::from_millis(200));
        }
        wrong
    });
    println!("containment: beside traps: {} right, {:?}, slowest {:?}", tale.rights(), tale.problems, tale.slowest);
    wrong.extend(tale.unless(&[]));
    if !envoy.log().contains("panicked at filter/src/poison.rs") {
        wrong.push("nothing has trapped".to_owned());
    }
    // The backoff is a second.
    std::thread::sleep(Duration::from_secs(2));
    wrong.extend(own.iter().take(8).filter_map(|asked| load::send(places[0], asked).unless(&[])));
    Ok(wrong)
}

/// What each system was asked with is what that system gave out.
fn sessions(both: &[Institute; 2]) -> Vec<String> {
    let mut wrong = Vec::new();
    let given = both.each_ref().map(|institute| institute.simulator.sessions().into_iter().collect::<BTreeSet<_>>());
    for (at, institute) in both.iter().enumerate() {
        let calls = institute.simulator.seen();
        let has = |body: &[u8], of: &BTreeSet<String>| {
            let text = String::from_utf8_lossy(body);
            of.iter().any(|sid| text.contains(sid.as_str()))
        };
        let retrieves: Vec<_> =
            calls.iter().filter(|c| String::from_utf8_lossy(&c.body).contains("fn_retrieve_xml")).collect();
        let logins = seen(&institute.simulator, "fn_dologin");
        let own = retrieves.iter().filter(|c| has(&c.body, &given[at])).count();
        let others = retrieves.iter().filter(|c| has(&c.body, &given[1 - at])).count();
        println!("containment: institute {}: {logins} logins, {} calls in a session", institute.code, own);
        if own == 0 || own != retrieves.len() || others > 0 {
            let all = retrieves.len();
            wrong.push(format!(
                "institute {}: of {all} calls {own} in its session, {others} in the other's",
                institute.code
            ));
        }
        // One more should a slow machine have made two stewards for a moment.
        if logins > 2 {
            wrong.push(format!("institute {}: {logins} logins", institute.code));
        }
        let kept = calls.iter().filter(|c| c.path == "/plain/courses").count();
        if kept == 0 {
            wrong.push(format!("institute {}: its list was never fetched from its own system", institute.code));
        }
    }
    wrong
}

/// Both in VMs of our own host over one shared data: every name there begins with the institute's code.
fn keys(suite: &Suite, both: &[Institute; 2]) -> Result<Vec<String>, String> {
    let built = suite.built.as_ref().ok_or("the filter was not built")?;
    let shared = Shared::default();
    let dir = xtask::paths::run_dir(gate::NAME).map_err(|e| e.to_string())?;
    let mut wrong = Vec::new();
    for (number, institute) in (1..).zip(both) {
        let log = Sink::create(&dir.join(format!("{}.log", institute.code))).map_err(|e| e.to_string())?;
        let systems = Arc::new(Systems::new(vec![institute.cluster.clone()]));
        let lent = (stand::secrets(&institute.bundle)?, Arc::clone(&shared));
        let plugin = institute.plugin.clone().into_bytes();
        let before: BTreeSet<String> = shared.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect();
        let mut vm =
            built.filter.start_one_of(number, plugin, systems, Arc::new(log), lent).map_err(|e| format!("{e:?}"))?;
        for _ in 0..2 {
            vm.tick().map_err(|e| format!("{e:?}"))?;
        }
        for asked in institute.people().iter().take(4) {
            let answer = vm.exchange(&asked.request).map_err(|e| format!("{e:?}"))?;
            if answer.status != 200 || !asked.right.contains(&answer.body) {
                wrong.push(format!("institute {}: {}", institute.code, answer.status));
            }
        }
        let held = shared.lock().unwrap_or_else(PoisonError::into_inner);
        let new: Vec<&String> = held.keys().filter(|key| !before.contains(*key)).collect();
        let own = format!("ifs/{}/", institute.code);
        wrong
            .extend(new.iter().filter(|key| !key.starts_with(&own)).map(|key| format!("{} put {key}", institute.code)));
        // A lease, a session, a kept answer and the directory of those.
        if new.len() < 4 {
            wrong.push(format!("institute {} shares {} keys", institute.code, new.len()));
        }
    }
    Ok(wrong)
}
