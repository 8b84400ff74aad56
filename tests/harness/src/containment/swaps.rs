//! The filter's configuration replaced while it works (ECDS, a file that is renamed into place): no request is lost, no
//! answer is made by two bundles, sessions and memory do not pile up, and a bundle that does not fit changes nothing.
//!
//! Which metrics say that a configuration was refused: Envoy's own
//! `extension_config_discovery.http_filter.ifs.update_rejected` (`update_success` counts those it has taken, and
//! `config_reload` all), and the filter's `ifs_adapter_configurations_total{result="refused"}`.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use university::Server;
use xtask::envoy::{Config, Envoy};

use super::gate::{self, rules, wait};
use super::load::{self, Asked, Tale};
use super::steward::seen;
use crate::configure::shipped;
use crate::population::by_tax_code;
use crate::scenario::Setting;
use crate::stand;
use crate::suite::Suite;

const TEMPLATE: &str = include_str!("mappings/swap.yaml");
const SWAPS: usize = 100;
const CLIENTS: usize = 8;
/// Calls to the system at one time.
const AT_ONCE: u64 = 6;
const PEOPLE: usize = 100;
/// How long one configuration serves, at least. Shorter than a request takes: many live through several.
const EACH: Duration = Duration::from_millis(150);
/// How long Envoy may take to take or refuse a configuration.
const TAKEN: Duration = Duration::from_secs(10);
/// What memory may grow by over the later half of the swaps.
const GROWTH: u64 = 24 * 1024 * 1024;
/// The two bundles; and two more with sessions of their own.
const MARKS: [&str; 2] = ["A", "B"];
const OTHERS: [&str; 2] = ["C", "D"];
const PARTS: usize = 3;

/// Two bundles that differ in what they ask and in what they answer.
struct Pair {
    setting: Setting,
    bundles: Vec<Vec<u8>>,
    plugins: Vec<String>,
}

/// Runs it.
pub(super) fn run(suite: &mut Suite) -> Result<(), String> {
    let pair = pair(suite, MARKS)?;
    let module = gate::shipped_module(suite)?;
    let simulator = suite.world.server(&pair.setting.university).map_err(|e| e.to_string())?;
    simulator.set_rules(rules(system())?);
    simulator.clear();
    let envoy = start(suite, &pair, &module)?;
    let asked = people(suite, &pair.setting);
    if !wait(TAKEN * 2, || seen(&simulator, "fn_dologin") > 0) {
        return Err("the steward has not logged in".to_owned());
    }
    std::thread::sleep(Duration::from_millis(300));

    let workers = machines(&envoy)?;
    let before = envoy.configured().map_err(|e| e.to_string())?;
    let (outcome, tale) = load::during(envoy.addr(), &asked, CLIENTS, || swap(&envoy, &pair, &simulator));
    let (half, whole) = outcome?;
    let after = envoy.configured().map_err(|e| e.to_string())?;
    told(suite, &tale, (before, after), (half.0, whole.0));
    let now = machines(&envoy)?;
    // At least one for each worker, or the statistic is not what it is taken for.
    let wrong = if workers >= 2 && now <= workers { vec![] } else { vec![format!("{workers} before, {now} after")] };
    suite.tally.verdict(&format!("containment: {SWAPS} swaps do not multiply VMs"), wrong);
    suite.tally.verdict("containment: swaps neither lose sessions nor multiply them", sessions(half.1, whole.1));
    let wrong = mid_login(suite, &envoy, &simulator)?;
    suite.tally.verdict("containment: a steward that is replaced while it logs in is succeeded", wrong);
    replace(&envoy, &pair.plugins[0])?;
    refused(suite, &envoy, &pair, &asked)?;
    simulator.set_rules(Vec::new());
    suite.logs.push(envoy.stop());
    Ok(())
}

fn pair(suite: &mut Suite, marks: [&str; 2]) -> Result<Pair, String> {
    let dir = xtask::paths::run_dir(gate::NAME).map_err(|e| e.to_string())?;
    suite.logs.push(dir.clone());
    let mut pair = Pair { setting: shipped(), bundles: Vec::new(), plugins: Vec::new() };
    for mark in marks {
        let mapping = dir.join(format!("{mark}.yaml"));
        std::fs::write(&mapping, TEMPLATE.replace("MARK", mark)).map_err(|e| e.to_string())?;
        let mut setting = Setting { mapping, ..shipped() };
        // Few calls at a time, so that many wait while a bundle is replaced, and those of the old one go on.
        setting.limits.insert("at_once".to_owned(), AT_ONCE);
        let bundle = suite.bundles.bundle(&setting)?;
        pair.plugins.push(stand::plugin(&setting, &bundle)?);
        pair.bundles.push(bundle);
        pair.setting = setting;
    }
    Ok(pair)
}

fn start(suite: &Suite, pair: &Pair, module: &Path) -> Result<Envoy, String> {
    let clusters = suite.world.clusters(&pair.setting).map_err(|e| e.to_string())?;
    let mut config = Config::development(module.to_owned(), pair.plugins[0].clone(), clusters);
    config.secrets = stand::secrets(&pair.bundles[0])?;
    config.replaceable = true;
    gate::start(config)
}

/// The system answers each bundle's calls with its mark, a little late, so that swaps fall between the calls of one
/// request.
fn system() -> Vec<Value> {
    let list = |mark: &str| (0..PARTS).map(|id| json!({ "id": id, "code": format!("{mark}{id}") })).collect::<Value>();
    [MARKS, OTHERS]
        .iter()
        .flatten()
        .flat_map(|mark| {
            let when = |path: &str| json!({ "path": path, "headers": { "x-mark": mark } });
            [
                json!({ "match": when("/plain/list"), "answer": { "body": list(mark), "delay_ms": 60 } }),
                json!({ "match": when("/plain/parts/*"), "answer": { "body": [{ "code": mark }], "delay_ms": 60 } }),
            ]
        })
        .collect()
}

/// For each person the whole answer of either bundle. All that one answer has must be of one of them.
fn people(suite: &Suite, setting: &Setting) -> Vec<Asked> {
    let answer = |code: &str, mark: &str| {
        let part = |id: usize| {
            format!(
                r#"{{"institute_code":"9901","programme_type_code":"LT","degree_course_code":"{mark}{id}-{mark}-{mark}","degree_class_code":"2031","academic_year":"2025/2026","degree_course_year":1,"status":"active"}}"#
            )
        };
        let parts: Vec<String> = (0..PARTS).map(part).collect();
        format!(r#"{{"personal_data":{{"tax_code":"{code}"}},"enrollments":[{}]}}"#, parts.join(",")).into_bytes()
    };
    let population = suite.world.population(&setting.university);
    let codes = population.students().iter().map(university::Student::tax_code).take(PEOPLE);
    codes.map(|c| Asked::new(by_tax_code(c), MARKS.map(|mark| answer(c, mark)).to_vec())).collect()
}

/// Swaps to and fro; each is taken before the next. Gives Envoy's memory and the logins after half of them and after all.
fn swap(envoy: &Envoy, pair: &Pair, simulator: &Server) -> Result<(Spent, Spent), String> {
    let spent = || Ok::<_, String>((gate::resident(envoy.id())?, seen(simulator, "fn_dologin")));
    let mut half = spent()?;
    for turn in 1..=SWAPS {
        replace(envoy, &pair.plugins[turn % 2])?;
        std::thread::sleep(EACH);
        if turn == SWAPS / 2 {
            half = spent()?;
        }
    }
    Ok((half, spent()?))
}

/// Replaces the configuration and waits until Envoy has taken or refused it; true if it was taken.
pub(super) fn replace(envoy: &Envoy, plugin: &str) -> Result<bool, String> {
    let counts = || envoy.configured().unwrap_or_default();
    let before = counts();
    envoy.replace_plugin(plugin).map_err(|e| e.to_string())?;
    let until = Instant::now() + TAKEN;
    while Instant::now() < until {
        let now = counts();
        if now != before {
            return Ok(now.0 > before.0);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Err("Envoy has neither taken nor refused a configuration in time".to_owned())
}

type Counts = (u64, u64);

/// Memory in bytes, and logins.
type Spent = (u64, usize);

fn told(suite: &mut Suite, tale: &Tale, (before, after): (Counts, Counts), (half, whole): (u64, u64)) {
    println!(
        "containment: {SWAPS} swaps: answers {:?}, problems {:?}, slowest {:?}; memory {} KiB after half, {} KiB after all",
        tale.right,
        tale.problems,
        tale.slowest,
        half / 1024,
        whole / 1024
    );
    let mut wrong = tale.unless(&[]);
    if MARKS.iter().enumerate().any(|(place, _)| tale.right.get(&place).is_none_or(|count| *count < SWAPS)) {
        wrong.push(format!("answers by bundle: {:?}", tale.right));
    }
    if (after.0 - before.0, after.1 - before.1) != (SWAPS as u64, 0) {
        wrong.push(format!("Envoy has taken {} and refused {}", after.0 - before.0, after.1 - before.1));
    }
    let name = format!("containment: {SWAPS} swaps under load: no request lost, each answer of one bundle");
    suite.tally.verdict(&name, wrong);
    let wrong = if whole > half + GROWTH { vec![format!("from {half} to {whole} bytes")] } else { Vec::new() };
    suite.tally.verdict(&format!("containment: {SWAPS} swaps do not cost memory"), wrong);
}

/// VMs that Envoy has.
fn machines(envoy: &Envoy) -> Result<u64, String> {
    envoy.stat("wasm.envoy.wasm.runtime.v8.active").map_err(|e| e.to_string())
}

/// Each bundle has a session of its own, which outlives the configuration: whoever finds none logs in, as many as ask at
/// one time, but after that nobody does.
fn sessions(half: usize, whole: usize) -> Vec<String> {
    println!("containment: {SWAPS} swaps: {half} logins over half of them, {whole} over all");
    let mut wrong = Vec::new();
    if half > MARKS.len() * (CLIENTS + 1) {
        wrong.push(format!("{half} logins for two bundles and {CLIENTS} clients"));
    }
    if whole != half {
        wrong.push(format!("{} logins over the later half, with a session for either bundle", whole - half));
    }
    wrong
}

/// Logins take longer than a configuration lasts, so that each steward is dropped in the midst of one, and its answer
/// with it. Once a configuration stays, its steward opens the session, and no request has to.
fn mid_login(suite: &mut Suite, envoy: &Envoy, simulator: &Server) -> Result<Vec<String>, String> {
    let others = pair(suite, OTHERS)?;
    let slow = json!({ "match": { "soap": "fn_dologin" }, "answer": { "delay_ms": 900 } });
    simulator.set_rules(rules(system().into_iter().chain([slow]))?);
    simulator.clear();
    let kept = || {
        let stats = envoy.stats("ifs_adapter_sessions_total").unwrap_or_default();
        stats.iter().filter(|(name, _)| name.ends_with("event=kept")).map(|(_, count)| *count).sum::<u64>()
    };
    let mut before = 0;
    for turn in 0..6 {
        replace(envoy, &others.plugins[turn % 2])?;
        before = kept();
        // A tick takes the lease, the next one logs in.
        std::thread::sleep(Duration::from_millis(1_300));
    }
    let during = seen(simulator, "fn_dologin");
    // On a slow machine an earlier one may have come to its end: then there is a session already.
    let opened = wait(Duration::from_secs(15), || kept() > before);
    let logins = seen(simulator, "fn_dologin");
    println!("containment: replaced in mid login: {during} logins until the last configuration, {logins} in all");
    let mut wrong = Vec::new();
    if during == 0 || logins > during + 2 {
        wrong.push(format!("{during} logins until the last configuration, {logins} in all"));
    }
    let population = suite.world.population(&others.setting.university);
    for student in population.students().iter().take(8) {
        let answer = crate::http::send(envoy.addr(), &by_tax_code(student.tax_code()), TAKEN, usize::MAX);
        if !answer.as_ref().is_ok_and(|answer| answer.status == 200) {
            wrong.push(format!("{:?}", answer.map(|a| a.status)));
        }
    }
    if seen(simulator, "fn_dologin") != logins {
        wrong.push(format!("a request logged in; the steward has: {opened}"));
    }
    simulator.set_rules(rules(system())?);
    Ok(wrong)
}

/// Bundles that do not fit: refused, seen in both metrics, and the one before goes on.
fn refused(suite: &mut Suite, envoy: &Envoy, pair: &Pair, asked: &[Asked]) -> Result<(), String> {
    let damaged = pair.plugins[0].replacen("/plain", "/plaid", 1);
    let stats = |result: &str| -> Result<u64, String> {
        let all = envoy.stats("ifs_adapter_configurations_total").map_err(|e| e.to_string())?;
        Ok(all.iter().filter(|(name, _)| name.contains(result)).map(|(_, count)| count).sum())
    };
    let (gateway, own) = (envoy.configured().map_err(|e| e.to_string())?, stats("refused")?);
    let (outcome, tale) = load::during(envoy.addr(), asked, CLIENTS, || {
        let taken = [replace(envoy, &damaged)?, replace(envoy, "{\"trust\":\"development\"}")?];
        std::thread::sleep(Duration::from_secs(1));
        Ok::<_, String>(taken)
    });
    let mut wrong = tale.unless(&[]);
    if outcome? != [false, false] {
        wrong.push("Envoy has taken a bundle that does not fit".to_owned());
    }
    if tale.right.len() != 1 {
        wrong.push(format!("answers of {} bundles", tale.right.len()));
    }
    let (gateway_now, own_now) = (envoy.configured().map_err(|e| e.to_string())?, stats("refused")?);
    if gateway_now.1 != gateway.1 + 2 || own_now < own + 2 {
        wrong.push(format!("metrics: update_rejected {gateway:?} → {gateway_now:?}, refused {own} → {own_now}"));
    }
    if !envoy.log().contains("configuration refused: ") {
        wrong.push("the log does not say why".to_owned());
    }
    suite
        .tally
        .verdict("containment: bundles that do not fit are refused, and counted, and the one before goes on", wrong);
    let mut wrong = Vec::new();
    if !replace(envoy, &pair.plugins[1])? {
        wrong.push("a good bundle was refused after bad ones".to_owned());
    }
    std::thread::sleep(Duration::from_millis(200));
    for one in asked.iter().take(8) {
        let ended = load::send(envoy.addr(), one);
        wrong.extend(ended.unless(&[]));
        if ended.is_right() && ended.end != load::End::Right(1) {
            wrong.push("the answer of another bundle".to_owned());
        }
    }
    suite.tally.verdict("containment: a good bundle is taken after bad ones", wrong);
    Ok(())
}
