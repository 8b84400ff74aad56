//! What a host of the component may do wrong, and what it is told; and the host in Rust that `docs/embedding.md` prints, over
//! the scenarios of the shipped pack.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use university::{DEFAULT_TODAY, Kind, oracle};

use crate::component::{Embedded, Lent, Refused, Running, types, wit};
use crate::configure::{of_pack, shipped};
use crate::http::{self, Answer, Request};
use crate::population::by_tax_code;
use crate::printed::Printed;
use crate::scenario::Scenario;
use crate::suite::Suite;
use crate::systems::Systems;
use crate::{differential, expect, stand};

type Held = Result<(), String>;

/// What is done to an engine.
type Case = fn(&mut Bench<'_>) -> Held;

/// Whether it is what an engine is to be refused for.
type Like = fn(&wit::LoadError) -> bool;

/// Runs all of it. Scenarios are those of the shipped pack as it is.
pub fn run(suite: &mut Suite, scenarios: &[Scenario]) {
    let cases: [(&str, Case); 9] = [
        ("the end of a call that was never made", never_made),
        ("the end of a call, told twice", told_twice),
        ("an id that is reserved, and one that is in use", ids),
        ("an admission of another engine", foreign_admission),
        ("bodies over the limit", too_large),
        ("requests that nobody goes on with", never_resumed),
        ("a store that lies", lying_store),
        ("a store that fails", failing_store),
        ("settings and bundles that are none, or of another version", refused),
    ];
    for (name, case) in cases {
        let wrong = Bench::of(suite).and_then(|mut bench| case(&mut bench)).err();
        suite.tally.verdict(&format!("embedding: {name}"), wrong.into_iter().collect());
    }
    let wrong = alike(suite).err().into_iter().collect();
    suite.tally.verdict("embedding: library and component make the same of whatever systems answer", wrong);
    let wrong = world(suite).unwrap_or_else(|error| vec![error]);
    suite.tally.verdict("embedding: the component wants and gives what the world says, and nothing else", wrong);
    let wrong = in_rust(suite, scenarios).unwrap_or_else(|error| vec![error]);
    suite.tally.verdict(&format!("embedding: the printed host in Rust over {} scenarios", scenarios.len()), wrong);
}

/// An engine with the shipped pack, and what its answers must be.
struct Bench<'s> {
    embedded: &'s Embedded,
    plugin: String,
    systems: Arc<Systems>,
    request: Request,
    wanted: Vec<u8>,
}

impl<'s> Bench<'s> {
    fn of(suite: &'s mut Suite) -> Result<Self, String> {
        let setting = shipped();
        let bundle = suite.bundles.bundle(&setting)?;
        let plugin = stand::plugin(&setting, &bundle)?;
        let systems = Arc::new(Systems::new(suite.world.clusters(&setting).map_err(|e| e.to_string())?));
        let population = suite.world.population(&setting.university);
        let person = population.first(Kind::Ordinary).ok_or("nobody is ordinary")?.tax_code().to_owned();
        let oracle::Expected::Answer(wanted) = oracle::ifs02_1(&population, &person, DEFAULT_TODAY) else {
            return Err("the oracle knows no answer".to_owned());
        };
        let embedded = suite.embedded.as_ref().ok_or("the component was not built")?;
        Ok(Self { embedded, plugin, systems, request: by_tax_code(&person), wanted })
    }

    fn start(&self, lent: Option<Lent>) -> Result<Running, String> {
        let systems = Arc::clone(&self.systems);
        let started = match lent {
            None => return self.embedded.start(self.plugin.as_bytes(), 0, systems),
            Some(lent) => self.embedded.start_over(self.plugin.as_bytes(), 0, systems, lent),
        };
        started.map_err(|refused| format!("{refused:?}"))
    }

    /// Whatever was done to it, it answers as ever.
    fn goes_on(&self, running: &mut Running) -> Held {
        let answer = running.exchange(&self.request)?;
        same(&answer, &self.wanted)
    }
}

fn same(answer: &Answer, wanted: &[u8]) -> Held {
    let held = answer.status == 200 && answer.body == wanted;
    held.then_some(()).ok_or_else(|| format!("{} {}", answer.status, expect::show(&answer.body)))
}

/// An event that must be called a mistake.
fn misused(running: &mut Running, event: &wit::Event, like: fn(&wit::Misuse) -> bool) -> Held {
    match running.handle(event)? {
        Err(misuse) if like(&misuse) => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

const TIMED_OUT: types::CallResult = types::CallResult::TimedOut;

fn never_made(bench: &mut Bench<'_>) -> Held {
    let mut running = bench.start(None)?;
    let unknown = |misuse: &wit::Misuse| matches!(misuse, wit::Misuse::UnknownCall(_));
    for (owner, number) in [(0, 0), (1, 1), (u32::MAX, u32::MAX)] {
        let call = types::CallId { owner, number };
        misused(&mut running, &wit::Event::Ended((call, TIMED_OUT)), unknown)?;
        misused(&mut running, &wit::Event::NoRoom(call), unknown)?;
    }
    bench.goes_on(&mut running)
}

/// Begins a request, and gives what is to be done.
fn begin(bench: &Bench<'_>, running: &mut Running, id: u32) -> Result<Vec<wit::Action>, String> {
    let head = running.head_of(&bench.request);
    let wit::Verdict::Admitted(admission) = running.judge(id, &head)?.map_err(|m| format!("{m:?}"))? else {
        return Err("it is answered from the head".to_owned());
    };
    let event = wit::Event::Request((admission, bench.request.body.clone()));
    running.handle(&event)?.map_err(|m| format!("{m:?}"))
}

fn told_twice(bench: &mut Bench<'_>) -> Held {
    let mut running = bench.start(None)?;
    let actions = begin(bench, &mut running, 70)?;
    let call = actions.iter().find_map(|action| match action {
        wit::Action::Call((call, _)) => Some(*call),
        _ => None,
    });
    let ended = wit::Event::Ended((call.ok_or("it makes no call")?, TIMED_OUT));
    let actions = running.handle(&ended)?.map_err(|m| format!("{m:?}"))?;
    let replied = actions.iter().any(|a| matches!(a, wit::Action::Reply((70, response)) if response.status == 503));
    if !replied {
        return Err(format!("{actions:?}"));
    }
    misused(&mut running, &ended, |misuse| matches!(misuse, wit::Misuse::UnknownCall(_)))?;
    bench.goes_on(&mut running)
}

fn ids(bench: &mut Bench<'_>) -> Held {
    let mut running = bench.start(None)?;
    let head = running.head_of(&bench.request);
    if !matches!(running.judge(0, &head)?, Err(wit::Misuse::ReservedId)) {
        return Err("0 is taken".to_owned());
    }
    let first = running.judge(9, &head)?;
    if !matches!(running.judge(9, &head)?, Err(wit::Misuse::IdInUse(9))) {
        return Err("an id that was admitted is taken again".to_owned());
    }
    let Ok(wit::Verdict::Admitted(admission)) = first else { return Err("it is not admitted".to_owned()) };
    let event = wit::Event::Request((admission, bench.request.body.clone()));
    running.handle(&event)?.map_err(|m| format!("{m:?}"))?;
    if !matches!(running.judge(9, &head)?, Err(wit::Misuse::IdInUse(9))) {
        return Err("an id in flight is taken again".to_owned());
    }
    running.handle(&wit::Event::Abandoned(9))?.map_err(|m| format!("{m:?}"))?;
    running.judge(9, &head)?.map_err(|m| format!("after its consumer has left: {m:?}"))?;
    bench.goes_on(&mut running)
}

fn foreign_admission(bench: &mut Bench<'_>) -> Held {
    let mut running = bench.start(None)?;
    let head = running.head_of(&bench.request);
    let other = running.another(bench.plugin.as_bytes())?;
    let own = running.turn_to(other);
    let Ok(wit::Verdict::Admitted(admission)) = running.judge(5, &head)? else { return Err("not admitted".to_owned()) };
    running.turn_to(own);
    let event = wit::Event::Request((admission, bench.request.body.clone()));
    misused(&mut running, &event, |misuse| matches!(misuse, wit::Misuse::ForeignAdmission))?;
    bench.goes_on(&mut running)
}

fn too_large(bench: &mut Bench<'_>) -> Held {
    let mut running = bench.start(None)?;
    for told in [true, false] {
        let head = running.head_of(&Request { body: Vec::new(), ..bench.request.clone() });
        let Ok(wit::Verdict::Admitted(admission)) = running.judge(5, &head)? else {
            return Err("not admitted".to_owned());
        };
        let event = match told {
            true => wit::Event::TooLarge(admission),
            false => wit::Event::Request((admission, vec![b' '; 1 << 20])),
        };
        let actions = running.handle(&event)?.map_err(|m| format!("{m:?}"))?;
        if !actions.iter().any(|a| matches!(a, wit::Action::Reply((5, response)) if response.status == 413)) {
            return Err(format!("{actions:?}"));
        }
    }
    bench.goes_on(&mut running)
}

fn never_resumed(bench: &mut Bench<'_>) -> Held {
    let mut running = bench.start(None)?;
    let mut refused = 0;
    for id in 1_000..3_000 {
        let actions = begin(bench, &mut running, id)?;
        refused += actions.iter().filter(|a| matches!(a, wit::Action::Reply((_, r)) if r.status == 503)).count();
    }
    if refused == 0 {
        return Err("2,000 requests are kept, however many there are".to_owned());
    }
    for id in 1_000..3_000 {
        running.handle(&wit::Event::Abandoned(id))?.map_err(|m| format!("{m:?}"))?;
    }
    bench.goes_on(&mut running)
}

fn lying_store(bench: &mut Bench<'_>) -> Held {
    bench.goes_on(&mut bench.start(Some(Lent::Lying))?)
}

fn failing_store(bench: &mut Bench<'_>) -> Held {
    bench.goes_on(&mut bench.start(Some(Lent::Failing))?)
}

fn refused(bench: &mut Bench<'_>) -> Held {
    let newer = bench.plugin.replacen("\"ifs_bundle\":2", "\"ifs_bundle\":3", 1);
    let damaged = bench.plugin.replacen("careers", "careerz", 1);
    let secret = bench.plugin.replacen("\"development\"", "{\"identity\":\"nobody\"}", 1);
    let cases: [(&str, &str, Like); 5] = [
        ("nothing", "", |error| matches!(error, wit::LoadError::Settings(_))),
        ("an unknown trust", &secret, |error| matches!(error, wit::LoadError::Settings(_))),
        ("a bundle that is none", "{\"bundle\":{}}", |error| matches!(error, wit::LoadError::Bundle(_))),
        ("a newer form", &newer, |error| matches!(error, wit::LoadError::Bundle(_))),
        ("a damaged bundle", &damaged, |error| matches!(error, wit::LoadError::Bundle(_))),
    ];
    for (what, plugin, like) in cases {
        let lent = Lent::Failing;
        match bench.embedded.start_over(plugin.as_bytes(), 0, Arc::clone(&bench.systems), lent) {
            Err(Refused::Load(error)) if like(&error) => {}
            Err(refused) => return Err(format!("{what}: {refused:?}")),
            Ok(_) => return Err(format!("{what} is taken")),
        }
    }
    Ok(())
}

/// For `IFS_SECONDS`, else for a few: `cargo xtask fuzz component` runs it for longer.
fn alike(suite: &Suite) -> Held {
    let embedded = suite.embedded.as_ref().ok_or("the component was not built")?;
    let set = |name: &str| std::env::var(name).ok().and_then(|value| value.parse().ok());
    let (seconds, seed) = (set("IFS_SECONDS").unwrap_or(5), set("IFS_SEED").unwrap_or(1));
    let cases = differential::run(embedded, seed, Duration::from_secs(seconds))?;
    println!("embedding: {cases} inputs in {seconds} s");
    if cases < 10 { Err(format!("no more than {cases} inputs were tried")) } else { Ok(()) }
}

/// The types are no functions: nothing is asked of a host by them.
fn world(suite: &Suite) -> Result<Vec<String>, String> {
    let embedded = suite.embedded.as_ref().ok_or("the component was not built")?;
    let (imports, exports) = xtask::component::world(&embedded.file).map_err(|e| e.to_string())?;
    let said = (["ifs:adapter/types@0.1.0", "ifs:adapter/store@0.1.0"], ["ifs:adapter/engine@0.1.0"]);
    let same = imports.len() == said.0.len() && said.0.iter().all(|name| imports.iter().any(|i| i == name));
    let wrong = if same && exports == said.1 { Vec::new() } else { vec![format!("{imports:?} {exports:?}")] };
    Ok(wrong)
}

/// The printed host in Rust, with the shipped pack.
fn in_rust(suite: &mut Suite, scenarios: &[Scenario]) -> Result<Vec<String>, String> {
    let setting = of_pack("esse3-rest");
    let bundle = suite.bundles.bundle(&setting)?;
    let clusters = suite.world.clusters(&setting).map_err(|e| e.to_string())?;
    let component = suite.embedded.as_ref().map(|embedded| embedded.file.clone()).ok_or("no component")?;
    let plugin = stand::plugin(&setting, &bundle)?;
    let host = Printed::start(rust(&component)?, &plugin, &clusters, &stand::secrets(&bundle)?)?;
    let simulator = suite.world.server(&setting.university).map_err(|e| e.to_string())?;
    let population = suite.world.population(&setting.university);
    let mut wrong = Vec::new();
    for scenario in scenarios {
        scenario.begin(&simulator);
        for _ in 0..scenario.file.earlier {
            let _ = http::send(host.addr(), &scenario.request, stand::PATIENCE, stand::MOST);
        }
        simulator.clear();
        match http::send(host.addr(), &scenario.request, stand::PATIENCE, stand::MOST) {
            Ok(answer) => {
                crate::suite::quiet_after(&simulator, &answer);
                let differences = expect::check(scenario, &population, &answer, simulator.calls());
                wrong.extend(differences.into_iter().map(|line| format!("{}: {line}", scenario.name)));
            }
            Err(failure) => wrong.push(format!("{}: no whole answer: {failure:?}", scenario.name)),
        }
    }
    simulator.set_rules(Vec::new());
    Ok(wrong)
}

/// The command that runs the host in Rust, up to the component.
fn rust(component: &Path) -> Result<Command, String> {
    let mut build = Command::new(xtask::paths::cargo());
    build.current_dir(xtask::paths::root()).args(["build", "--quiet", "--package", "embedding"]);
    xtask::process::run(&mut build).map_err(|e| e.to_string())?;
    let mut command = Command::new(xtask::paths::cargo_target().join("debug").join("host"));
    command.arg(component);
    Ok(command)
}
