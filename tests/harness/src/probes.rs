//! A system that comes and goes, as `GET /status` tells it: by the engine alone, by two VMs over one shared data, by an
//! Envoy with two workers. However many ask, the system is asked once a period.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use university::{Answer as Laid, Fault, Match, Rule, Server};
use xtask::envoy::{Envoy, Options};

use crate::configure::shipped;
use crate::expect::show;
use crate::http::{self, Answer, Request};
use crate::logs::Sink;
use crate::native::Native;
use crate::scenario::Setting;
use crate::stand;
use crate::suite::Suite;
use crate::systems::Systems;
use crate::wasm::{Shared, Vm};

const MAPPING: &str = "tests/scenarios/mappings/status.yaml";
/// What is asked of the system that comes and goes; IFS02 needs it and IFS01 does not.
const PROBE: &str = "/plain";
/// The mapping's.
const PERIOD: Duration = Duration::from_secs(1);
/// How long many ask.
const CROWD: Duration = Duration::from_secs(4);
/// Within this an answer is another: a period, a tick, a slow machine.
const TURN: Duration = Duration::from_secs(15);
/// From one tick to the next, where the test makes them.
const TICK: Duration = Duration::from_millis(100);

/// A gateway, as far as this needs one.
trait Gate {
    /// Sends a request.
    fn ask(&mut self, request: &Request) -> Result<Answer, String>;
    /// Lets time pass.
    fn pass(&mut self) -> Result<(), String>;
}

impl Gate for Native {
    fn ask(&mut self, request: &Request) -> Result<Answer, String> {
        self.exchange(request)
    }

    fn pass(&mut self) -> Result<(), String> {
        std::thread::sleep(TICK);
        self.tick()
    }
}

/// Two VMs of one process; they are asked in turn.
struct Vms([Vm; 2]);

impl Gate for Vms {
    fn ask(&mut self, request: &Request) -> Result<Answer, String> {
        self.0.rotate_left(1);
        self.0[0].exchange(request).map_err(|e| format!("{e:?}"))
    }

    fn pass(&mut self) -> Result<(), String> {
        std::thread::sleep(TICK);
        self.0.iter_mut().try_for_each(|vm| vm.tick().map_err(|e| format!("{e:?}")))
    }
}

impl Gate for Envoy {
    fn ask(&mut self, request: &Request) -> Result<Answer, String> {
        http::send(self.addr(), request, Duration::from_secs(20), usize::MAX).map_err(|e| format!("{e:?}"))
    }

    fn pass(&mut self) -> Result<(), String> {
        std::thread::sleep(TICK);
        Ok(())
    }
}

/// Runs it on every layer.
pub fn run(suite: &mut Suite, logs: &Path) {
    for (name, part) in [
        ("Native", native as fn(&mut Suite, &Path, &Setting, &Server) -> Result<Vec<String>, String>),
        ("Wasm, two VMs", vms),
        ("Envoy, two workers", envoy),
    ] {
        let mut setting = shipped();
        setting.mapping = xtask::paths::root().join(MAPPING);
        setting.probed = true;
        let simulator = suite.world.server(&setting.university);
        let found = simulator.map_err(|e| e.to_string()).and_then(|simulator| {
            simulator.set_rules(Vec::new());
            let wrong = part(suite, logs, &setting, &simulator);
            simulator.set_rules(Vec::new());
            wrong
        });
        let name = format!("status: a system that comes and goes is asked once a period ({name})");
        match found {
            Ok(wrong) => suite.tally.verdict(&name, wrong),
            Err(error) => suite.tally.fail(&name, [error]),
        }
    }
}

fn native(suite: &mut Suite, _: &Path, setting: &Setting, simulator: &Server) -> Result<Vec<String>, String> {
    let plugin = stand::plugin(setting, &suite.bundles.bundle(setting)?)?;
    let systems = Arc::new(Systems::new(suite.world.clusters(setting).map_err(|e| e.to_string())?));
    comes_and_goes(&mut Native::new(plugin.as_bytes(), 0, systems)?, simulator)
}

fn vms(suite: &mut Suite, logs: &Path, setting: &Setting, simulator: &Server) -> Result<Vec<String>, String> {
    let plugin = stand::plugin(setting, &suite.bundles.bundle(setting)?)?;
    let built = suite.built.as_ref().ok_or("the filter was not built")?;
    let shared = Shared::default();
    let start = |number: u8| {
        let log = Sink::create(&logs.join(format!("probes-{number}.log"))).map_err(|e| e.to_string())?;
        let systems = Arc::new(Systems::new(suite.world.clusters(setting).map_err(|e| e.to_string())?));
        let lent = (Vec::new(), Arc::clone(&shared));
        let vm = built.filter.start_one_of(number, plugin.clone().into_bytes(), systems, Arc::new(log), lent);
        vm.map_err(|e| format!("{e:?}"))
    };
    comes_and_goes(&mut Vms([start(1)?, start(2)?]), simulator)
}

fn envoy(suite: &mut Suite, _: &Path, setting: &Setting, simulator: &Server) -> Result<Vec<String>, String> {
    let bundle = suite.bundles.bundle(setting)?;
    let built = suite.built.as_ref().ok_or("the filter was not built")?;
    let clusters = suite.world.clusters(setting).map_err(|e| e.to_string())?;
    let config = stand::config(&built.path, setting, &bundle, clusters)?;
    let mut envoy = Envoy::start(config, &Options::named("probes")).map_err(|e| e.to_string())?;
    let wrong = comes_and_goes(&mut envoy, simulator);
    suite.logs.push(envoy.stop());
    wrong
}

/// The flow; gives what is not as it must be.
fn comes_and_goes(gate: &mut dyn Gate, simulator: &Server) -> Result<Vec<String>, String> {
    let mut wrong = Vec::new();
    let first = gate.ask(&status(2))?;
    if first.status != 204 {
        wrong.push(format!("before anybody was asked: {} {}", first.status, show(&first.body)));
    }
    let begun = until(gate, || !asked(simulator).is_empty())?;
    if !begun {
        return Err("nobody asks the system".to_owned());
    }
    // A crowd.
    simulator.clear();
    let since = Instant::now();
    let mut answers = 0_u32;
    while since.elapsed() < CROWD {
        for _ in 0..20 {
            let answer = gate.ask(&status(2))?;
            answers += 1;
            if answer.status != 204 {
                wrong.push(format!("in the crowd: {} {}", answer.status, show(&answer.body)));
            }
        }
        gate.pass()?;
    }
    let (probes, most) = (asked(simulator), since.elapsed().as_secs() + 1);
    if probes.is_empty() || probes.len() as u64 > most {
        wrong.push(format!("{answers} answers made {} probes in {:?}", probes.len(), since.elapsed()));
    }
    let others =
        simulator.seen().iter().filter(|seen| seen.target != PROBE && !seen.target.starts_with("/offer")).count();
    if others > 0 {
        wrong.push(format!("{others} other calls"));
    }
    // It goes.
    let away = Rule {
        when: Match { path: Some(PROBE.to_owned()), ..Match::default() },
        answer: Laid { fault: Some(Fault::Reset), ..Laid::default() },
    };
    simulator.set_rules(vec![away]);
    match turns(gate, 500)? {
        None => wrong.push("it went, and nobody says so".to_owned()),
        Some(answer) => wrong.extend(problem(&answer)),
    }
    let other = gate.ask(&status(1))?;
    if other.status != 204 {
        wrong.push(format!("the API that needs another system: {} {}", other.status, show(&other.body)));
    }
    // It comes back.
    simulator.set_rules(Vec::new());
    if turns(gate, 204)?.is_none() {
        wrong.push("it came back, and nobody says so".to_owned());
    }
    Ok(wrong)
}

/// Waits until something holds; false if it does not.
fn until(gate: &mut dyn Gate, holds: impl Fn() -> bool) -> Result<bool, String> {
    let end = Instant::now() + TURN;
    while !holds() {
        if Instant::now() > end {
            return Ok(false);
        }
        gate.pass()?;
    }
    Ok(true)
}

/// The first answer of this status; none if it does not come.
fn turns(gate: &mut dyn Gate, wanted: u16) -> Result<Option<Answer>, String> {
    let end = Instant::now() + TURN;
    while Instant::now() < end {
        let answer = gate.ask(&status(2))?;
        if answer.status == wanted {
            return Ok(Some(answer));
        }
        gate.pass()?;
    }
    Ok(None)
}

fn problem(answer: &Answer) -> Vec<String> {
    let header = |name: &str| answer.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    let mut wrong = Vec::new();
    if header("content-type") != Some("application/problem+json") {
        wrong.push(format!("content-type {:?}", header("content-type")));
    }
    let seconds = header("retry-after").and_then(|v| v.parse::<u64>().ok());
    if !seconds.is_some_and(|s| (1..=PERIOD.as_secs()).contains(&s)) {
        wrong.push(format!("retry-after {:?}", header("retry-after")));
    }
    if !show(&answer.body).contains("urn:ifs-adapter:problem:legacy.unavailable") {
        wrong.push(show(&answer.body));
    }
    wrong
}

/// The probes that the system saw.
fn asked(simulator: &Server) -> Vec<String> {
    let seen = simulator.seen();
    seen.iter().filter(|seen| seen.target == PROBE && seen.method == "GET").map(|seen| seen.target.clone()).collect()
}

fn status(api: u8) -> Request {
    Request {
        method: "GET".to_owned(),
        target: format!("/ifs0{api}/status"),
        authority: "ifs.test".to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
    }
}
