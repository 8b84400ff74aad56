//! Students who are asked for by key, where the gateway has to make an index of those whom the system lists: what is
//! answered while it is made and afterwards, and what it costs the system.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use university::{Population, Server};
use xtask::envoy::{Envoy, Options};

use crate::configure::of_pack;
use crate::expect::show;
use crate::http::{self, Answer, Request};
use crate::native::Native;
use crate::population::{digest, post};
use crate::scenario::Setting;
use crate::stand;
use crate::suite::Suite;
use crate::systems::Systems;

/// The packs that have an index.
const PACKS: [&str; 2] = ["esse3-rest", "esse3-soap"];
/// Calls a second: nobody waits for a test as long as for a university.
const PACE: u16 = 50;
/// How long it may take to be made.
const MADE: Duration = Duration::from_secs(40);
/// Keys that are nobody's.
const BOGUS: u32 = 400;
/// What is asked for by key.
const ASKED: [&str; 2] = ["/ifs02/academic-enrollments", "/ifs03/academic-qualifications"];

/// Whoever answers.
trait Gate {
    fn ask(&mut self, request: &Request) -> Result<Answer, String>;

    /// Lets some time pass in which the gateway may work.
    fn pass(&mut self) -> Result<(), String>;
}

impl Gate for Native {
    fn ask(&mut self, request: &Request) -> Result<Answer, String> {
        self.exchange(request)
    }

    fn pass(&mut self) -> Result<(), String> {
        std::thread::sleep(Duration::from_millis(5));
        self.tick()
    }
}

/// An Envoy whose bundle is replaced by another, whose lists are the same, while the index is made.
struct Replaced {
    envoy: Envoy,
    others: Vec<String>,
}

impl Gate for Replaced {
    fn ask(&mut self, request: &Request) -> Result<Answer, String> {
        let patience = Duration::from_secs(20);
        http::send(self.envoy.addr(), request, patience, usize::MAX).map_err(|e| format!("{e:?}"))
    }

    fn pass(&mut self) -> Result<(), String> {
        std::thread::sleep(Duration::from_millis(100));
        match self.others.pop() {
            Some(other) => self.envoy.replace_plugin(&other).map_err(|e| e.to_string()),
            None => Ok(()),
        }
    }
}

/// Runs it.
pub fn run(suite: &mut Suite, envoy: bool) {
    for pack in PACKS {
        let mut setting = of_pack(pack);
        setting.indexed = Some(PACE);
        let found = natively(suite, &setting);
        told(suite, &format!("{pack} (Native)"), found);
        if envoy {
            let found = replaced(suite, &setting);
            told(suite, &format!("{pack} (Envoy, two workers, replaced meanwhile)"), found);
        }
    }
}

fn told(suite: &mut Suite, of: &str, found: Result<Vec<String>, String>) {
    let name = format!("students are found by key in an index of those who are listed: {of}");
    match found {
        Ok(wrong) => suite.tally.verdict(&name, wrong),
        Err(error) => suite.tally.fail(&name, [error]),
    }
}

fn simulator(suite: &mut Suite, setting: &Setting) -> Result<Arc<Server>, String> {
    let simulator = suite.world.server(&setting.university).map_err(|e| e.to_string())?;
    simulator.set_rules(Vec::new());
    simulator.clear();
    Ok(simulator)
}

fn natively(suite: &mut Suite, setting: &Setting) -> Result<Vec<String>, String> {
    let simulator = simulator(suite, setting)?;
    let population = suite.world.population(&setting.university);
    let plugin = stand::plugin(setting, &suite.bundles.bundle(setting)?)?;
    let systems = Arc::new(Systems::new(suite.world.clusters(setting).map_err(|e| e.to_string())?));
    let now_ms = i64::try_from(setting.moment()?.unix_timestamp_nanos() / 1_000_000).map_err(|e| e.to_string())?;
    let mut native = Native::new(plugin.as_bytes(), now_ms, systems)?;
    known(&mut native, &simulator, &population)
}

fn replaced(suite: &mut Suite, setting: &Setting) -> Result<Vec<String>, String> {
    let simulator = simulator(suite, setting)?;
    let population = suite.world.population(&setting.university);
    let mut others = Vec::new();
    for at_once in [31, 30, 29] {
        let mut other = setting.clone();
        other.limits.insert("at_once".to_owned(), at_once);
        others.push(stand::plugin(&other, &suite.bundles.bundle(&other)?)?);
    }
    let bundle = suite.bundles.bundle(setting)?;
    let built = suite.built.as_ref().ok_or("the filter was not built")?;
    let clusters = suite.world.clusters(setting).map_err(|e| e.to_string())?;
    let mut config = stand::config(&built.path, setting, &bundle, clusters)?;
    config.replaceable = true;
    let envoy = Envoy::start(config, &Options::named("keys")).map_err(|e| e.to_string())?;
    let mut gate = Replaced { envoy, others };
    let wrong = known(&mut gate, &simulator, &population);
    suite.logs.push(gate.envoy.stop());
    wrong
}

fn by_key(target: &str, key: &str) -> Request {
    post(target, &json!({ "key": key }))
}

/// What is not as it must be.
fn known(gate: &mut dyn Gate, simulator: &Server, population: &Population) -> Result<Vec<String>, String> {
    let mut wrong = Vec::new();
    let nobody = digest(b"nobody");
    let first = gate.ask(&by_key(ASKED[0], &nobody))?;
    // A gateway that was slow to start may have made it already.
    let made = first.status == 400;
    if !made && (first.status != 503 || first.header("retry-after").is_none()) {
        wrong.push(format!("before there is an index: {} {}", first.status, show(&first.body)));
    }
    let until = Instant::now() + MADE;
    loop {
        gate.pass()?;
        let status = gate.ask(&get("/ifs02/status"))?;
        if status.status != 204 {
            wrong.push(format!("/status is {} while it is made", status.status));
        }
        let answer = gate.ask(&by_key(ASKED[0], &nobody))?;
        match answer.status {
            400 => break,
            503 if Instant::now() < until => {}
            other => return Err(format!("it is not made: {other} {}", show(&answer.body))),
        }
    }
    let made = simulator.calls();
    println!("keys: an index of {} students in {made} calls", population.students().len());
    // No key that is nobody's costs a call.
    for number in 0..BOGUS {
        let answer = gate.ask(&by_key(ASKED[1], &digest(&number.to_le_bytes())))?;
        if answer.status != 400 {
            wrong.push(format!("nobody's key: {} {}", answer.status, show(&answer.body)));
            break;
        }
    }
    if simulator.calls() != made {
        wrong.push(format!("{BOGUS} keys of nobody cost {} calls", simulator.calls() - made));
    }
    let mut differ = 0;
    for student in population.students() {
        let code = student.tax_code();
        for target in ASKED {
            let by_code = gate.ask(&post(target, &json!({ "tax_code": code })))?;
            let found = gate.ask(&by_key(target, &digest(code.as_bytes())))?;
            if (found.status, &found.body) != (by_code.status, &by_code.body) {
                differ += 1;
                if differ < 4 {
                    let (kind, found, by_code) = (student.kind, show(&found.body), show(&by_code.body));
                    wrong.push(format!("{target}, {kind:?}: by key {found}, by tax code {by_code}"));
                }
            }
        }
    }
    if differ > 0 {
        wrong.push(format!("{differ} answers by key are others than by tax code"));
    }
    Ok(wrong)
}

fn get(target: &str) -> Request {
    Request { method: "GET".to_owned(), body: Vec::new(), headers: Vec::new(), ..post(target, &json!({})) }
}
