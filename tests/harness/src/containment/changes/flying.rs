//! A change is on its way while the same is asked for again, its consumer leaves, the bundle is replaced, or the VM traps.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use university::{Server, Student};
use xtask::envoy::Envoy;

use super::{Kind, SECRET, ask, received, told};
use crate::configure::shipped;
use crate::containment::gate::{self, rules, wait};
use crate::containment::traps::HEADER;
use crate::http::{self, Answer, Failure};
use crate::population::{by_tax_code, post};
use crate::stand;
use crate::suite::Suite;

/// How long the office takes for a change: others come meanwhile.
const SLOW_MS: u64 = 2_500;
/// When the others come.
const MEANWHILE: Duration = Duration::from_millis(500);
/// The same change at one time.
const AT_ONCE: usize = 8;
/// Envoy's timers where the VM traps.
const TIMER: Duration = Duration::from_secs(5);
const BACKOFF: Duration = Duration::from_secs(1);

/// Runs it.
pub(in crate::containment) fn run(suite: &mut Suite) -> Result<(), String> {
    suite.forbidden.text(SECRET);
    let module = gate::poisoned_module()?;
    let mut setting = shipped();
    let office = suite.world.server(&setting.university).map_err(|e| e.to_string())?;
    let population = suite.world.population(&setting.university);
    let students: Vec<&str> = population.students().iter().map(Student::tax_code).collect();
    let [first, second, third, fourth, fifth, ..] = students[..] else { return Err("too few students".to_owned()) };
    let (envoy, other) = start(suite, &mut setting, &module)?;
    office.forget_writes();
    office.set_rules(rules(slow())?);
    let to = envoy.addr();
    let say = |what: &str| format!("containment: {what}");

    let mut wrong = together(to, Kind::Ask, first, "")?;
    wrong.extend(received_of(&office, 1));
    suite.tally.verdict(&say(&format!("one change {AT_ONCE} times at once, over two workers, is sent once")), wrong);

    let code = office.filed().first().map(|filed| filed.id.clone()).ok_or("nothing was filed")?;
    let mut wrong = together(to, Kind::TakeBack, first, &code)?;
    wrong.extend(received_of(&office, 2));
    suite.tally.verdict(&say(&format!("one taking back {AT_ONCE} times at once is sent once")), wrong);

    let mut wrong = left(to, second)?;
    wrong.extend(received_of(&office, 3));
    suite.tally.verdict(&say("a change whose consumer has left is not sent again"), wrong);

    let mut wrong = replaced(&envoy, &other, third)?;
    wrong.extend(received_of(&office, 4));
    suite
        .tally
        .verdict(&say("a change that is on its way while the bundle is replaced is answered, and sent once"), wrong);

    let mut wrong = trapped(&envoy, fourth, fifth)?;
    wrong.extend(received_of(&office, 5));
    suite.tally.verdict(&say("a change whose VM traps is not sent again by another"), wrong);
    office.set_rules(Vec::new());
    let logs = envoy.stop();
    let wrong = audited(&logs.join("access.log"), received(&office));
    suite.tally.verdict(&say("the access log has of each change what became of it, under one reference"), wrong);
    suite.logs.push(logs);
    Ok(())
}

/// Each line of a change says what it is known by, and what became of it: one that was sent for each that was received.
fn audited(log: &Path, received: u64) -> Vec<String> {
    let text = match std::fs::read_to_string(log) {
        Ok(text) => text,
        Err(error) => return vec![error.to_string()],
    };
    let mut wrong = Vec::new();
    let mut sent: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        let member = |name: &str| line.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let is_change = ["IFS04.1", "IFS04.3"].contains(&member("operation").as_str());
        let (reference, change) = (member("ref"), member("change"));
        if is_change != (reference.len() == 64) || is_change == change.is_empty() {
            wrong.push(format!("{}: ref {reference:?}, change {change:?}", member("operation")));
        }
        if is_change {
            sent.entry(reference).or_default().push(change);
        }
    }
    let own =
        |changes: &Vec<String>| changes.iter().filter(|c| !["repeated", "rejected"].contains(&c.as_str())).count();
    let all: usize = sent.values().map(own).sum();
    // Of what was asked for again each is known by the same.
    if u64::try_from(all).ok() != Some(received) || sent.values().any(|changes| own(changes) != 1 || changes.len() < 2)
    {
        wrong.push(format!("{received} were received, and these are logged: {:?}", sent.values().collect::<Vec<_>>()));
    }
    wrong
}

/// The gateway, and another bundle for it.
fn start(suite: &mut Suite, setting: &mut crate::scenario::Setting, module: &Path) -> Result<(Envoy, String), String> {
    let mut config = gate::config(suite, setting, module)?;
    config.replaceable = true;
    config.max_stream_duration = TIMER;
    config.stream_idle_timeout = TIMER;
    config.reload_backoff = BACKOFF;
    setting.limits.insert("at_once".to_owned(), 31);
    let other = suite.bundles.bundle(setting)?;
    Ok((gate::start(config)?, stand::plugin(setting, &other)?))
}

fn slow() -> Vec<Value> {
    let slow = |method: &str| json!({ "match": { "method": method }, "answer": { "delay_ms": SLOW_MS } });
    vec![slow("POST"), slow("PUT")]
}

fn received_of(office: &Arc<Server>, expected: u64) -> Option<String> {
    // What was sent arrives, even if nobody waits for it.
    wait(Duration::from_secs(5), || received(office) >= expected);
    std::thread::sleep(Duration::from_millis(300));
    let received = received(office);
    (received != expected).then(|| format!("{received} writes were received, not {expected}"))
}

/// The same at once: one is answered, the others are told that it is on its way.
fn together(to: SocketAddr, kind: Kind, student: &str, code: &str) -> Result<Vec<String>, String> {
    let answers: Vec<Result<Answer, String>> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(|| ask(to, kind, student, code))).collect();
        all.into_iter().map(|one| one.join().unwrap_or_else(|_| Err("a client failed".to_owned()))).collect()
    });
    let mut outcomes = Vec::new();
    let mut wrong = Vec::new();
    for answer in answers {
        let answer = answer?;
        let told = told(&answer);
        if told == "request.in-flight" && answer.header("retry-after").is_none() {
            wrong.push("it does not say when to come back".to_owned());
        }
        outcomes.push((answer.status, told));
    }
    let of = |status: u16, told: &str| outcomes.iter().filter(|(s, t)| *s == status && t == told).count();
    let (approved, in_flight) = (of(200, "approved"), of(503, "request.in-flight"));
    // Whoever looks at the list when it is taken back already is told so.
    let late = if kind == Kind::TakeBack { of(200, "rejected") } else { 0 };
    if approved != 1 || approved + in_flight + late != AT_ONCE {
        wrong.push(format!("{outcomes:?}"));
    }
    Ok(wrong)
}

/// The consumer goes away in the middle, and asks again.
fn left(to: SocketAddr, student: &str) -> Result<Vec<String>, String> {
    let request = post(Kind::Ask.path(), &Kind::Ask.request(student, ""));
    match http::send(to, &request, MEANWHILE, usize::MAX) {
        Err(Failure::TimedOut) => {}
        other => return Ok(vec![format!("it was not left: {other:?}")]),
    }
    std::thread::sleep(Duration::from_millis(200));
    let again = ask(to, Kind::Ask, student, "")?;
    Ok(unknown(&again).into_iter().collect())
}

fn unknown(answer: &Answer) -> Option<String> {
    let told = told(answer);
    (answer.status != 503 || told != "legacy.outcome-unknown" || answer.header("retry-after").is_some())
        .then(|| format!("{} {told}", answer.status))
}

/// The bundle is replaced while it is on its way, and the same is asked for of the new one.
fn replaced(envoy: &Envoy, other: &str, student: &str) -> Result<Vec<String>, String> {
    let to = envoy.addr();
    let (before, _) = envoy.configured().map_err(|e| e.to_string())?;
    std::thread::scope(|scope| {
        let first = scope.spawn(|| ask(to, Kind::Ask, student, ""));
        std::thread::sleep(MEANWHILE);
        envoy.replace_plugin(other).map_err(|e| e.to_string())?;
        let taken = || envoy.configured().is_ok_and(|(taken, _)| taken > before);
        if !wait(Duration::from_millis(SLOW_MS - 700), taken) {
            return Err("the bundle was not replaced in time".to_owned());
        }
        let again = ask(to, Kind::Ask, student, "")?;
        let first = first.join().unwrap_or_else(|_| Err("a client failed".to_owned()))?;
        let mut wrong = Vec::new();
        if (again.status, told(&again).as_str()) != (503, "request.in-flight") {
            wrong.push(format!("asked for again: {} {}", again.status, told(&again)));
        }
        if (first.status, told(&first).as_str()) != (200, "approved") {
            wrong.push(format!("{} {}", first.status, told(&first)));
        }
        Ok(wrong)
    })
}

/// Both workers' VMs trap while it is on its way; then it is asked for again.
fn trapped(envoy: &Envoy, student: &str, another: &str) -> Result<Vec<String>, String> {
    let to = envoy.addr();
    let mut poison = by_tax_code(another);
    poison.headers.push((HEADER.to_owned(), "1".to_owned()));
    let first = std::thread::scope(|scope| {
        let first = scope.spawn(|| ask(to, Kind::Ask, student, ""));
        std::thread::sleep(MEANWHILE);
        let poisons: Vec<_> = (0..12)
            .map(|_| scope.spawn(|| drop(http::send(to, &poison, Duration::from_secs(6), usize::MAX))))
            .collect();
        poisons.into_iter().for_each(|one| drop(one.join()));
        first.join().unwrap_or_else(|_| Err("a client failed".to_owned()))
    })?;
    let mut wrong = Vec::new();
    if first.status != 503 || told(&first) != "gateway.failed" {
        wrong.push(format!("the first: {} {}", first.status, told(&first)));
    }
    std::thread::sleep(BACKOFF * 2);
    let again = ask(to, Kind::Ask, student, "")?;
    // Nobody gave the slot back: it is on its way for as long as it could have been, and then nobody knows.
    let told = told(&again);
    if again.status != 503 || !["request.in-flight", "legacy.outcome-unknown"].contains(&told.as_str()) {
        wrong.push(format!("asked for again: {} {told}", again.status));
    }
    Ok(wrong)
}
