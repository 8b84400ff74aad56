//! Whole stories of people who have something put right, over both packs: what each step is answered is what the oracle's own
//! model of the office says, byte by byte, and in the end the office has received each change once. Natively one story after
//! the other; through Envoy with two workers many at a time, in whatever order they meet.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use adapter_core::contract;
use mapping_compiler::testfile::Layer;
use university::Server;
use university::oracle::stories::{Step, Story, Words, stories};
use xtask::envoy::{Envoy, Options};

use crate::configure::of_pack;
use crate::expect::show;
use crate::http::{self, Answer};
use crate::native::Native;
use crate::population::post;
use crate::scenario::Setting;
use crate::stand;
use crate::suite::Suite;
use crate::systems::Systems;

/// The packs that have an office behind them.
const PACKS: [&str; 2] = ["esse3-rest", "esse3-soap"];
/// Whose stories are played, of each.
const STUDENTS: usize = 24;
/// Stories at a time.
const PARALLEL: usize = 8;
const PATIENCE: Duration = Duration::from_secs(30);
/// Which way stories go.
const SEED: u64 = 1;

/// What the packs say, and what the engine says where it alone knows.
const WORDS: Words = Words {
    taken: "Richiesta di rettifica acquisita",
    open: "Una richiesta sullo stesso corso è già aperta",
    waiting: "In lavorazione",
    taken_back: "Richiesta annullata",
    not_taken_back: "Richiesta non annullabile",
    unknown: "Richiesta non trovata",
    reported: "Segnalazione acquisita",
};

/// Plays them on the layers.
pub fn run(suite: &mut Suite, layers: &[Layer]) {
    for pack in PACKS {
        for layer in layers {
            let played = match layer {
                Layer::Envoy => through_envoy(suite, pack),
                _ => natively(suite, pack),
            };
            let name = format!("stories of {STUDENTS} students go as the oracle says: {pack} ({layer:?})");
            suite.tally.verdict(&name, played.err().into_iter().collect::<Vec<_>>());
        }
    }
}

fn all(suite: &mut Suite, setting: &Setting) -> (Vec<Story>, Result<Arc<Server>, String>) {
    let population = suite.world.population(&setting.university);
    let server = suite.world.server(&setting.university).map_err(|e| e.to_string());
    if let Ok(server) = &server {
        server.set_rules(Vec::new());
        server.clear();
        server.forget_writes();
    }
    (stories(&population, STUDENTS, SEED, WORDS), server)
}

fn natively(suite: &mut Suite, pack: &'static str) -> Result<(), String> {
    let setting = of_pack(pack);
    let (stories, server) = all(suite, &setting);
    let server = server?;
    let bundle = suite.bundles.bundle(&setting)?;
    let clusters = suite.world.clusters(&setting).map_err(|e| e.to_string())?;
    let now_ms = i64::try_from(setting.moment()?.unix_timestamp_nanos() / 1_000_000).map_err(|e| e.to_string())?;
    let plugin = stand::plugin(&setting, &bundle)?;
    let mut native = Native::new(plugin.as_bytes(), now_ms, Arc::new(Systems::new(clusters)))?;
    for story in &stories {
        for (at, step) in story.steps.iter().enumerate() {
            judge(at, step, native.exchange(&post(&target(step)?, &step.request)))?;
        }
    }
    received(&server, &stories)
}

fn through_envoy(suite: &mut Suite, pack: &'static str) -> Result<(), String> {
    let setting = of_pack(pack);
    let (stories, server) = all(suite, &setting);
    let server = server?;
    let bundle = suite.bundles.bundle(&setting)?;
    let clusters = suite.world.clusters(&setting).map_err(|e| e.to_string())?;
    let built = suite.built.as_ref().ok_or("the filter was not built")?;
    let config = stand::config(&built.path, &setting, &bundle, clusters)?;
    let envoy = Envoy::start(config, &Options::named("stories")).map_err(|e| e.to_string())?;
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let play = |story: &Story| -> Result<(), String> {
        for (at, step) in story.steps.iter().enumerate() {
            let answer = http::send(envoy.addr(), &post(&target(step)?, &step.request), PATIENCE, usize::MAX);
            judge(at, step, answer.map_err(|failure| format!("{failure:?}")))?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        for _ in 0..PARALLEL {
            scope.spawn(|| {
                while let Some(story) = stories.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let (Err(why), Ok(mut wrong)) = (play(story), wrong.lock()) {
                        wrong.push(why);
                    }
                }
            });
        }
    });
    suite.logs.push(envoy.stop());
    match wrong.into_inner().unwrap_or_default().into_iter().next() {
        Some(why) => Err(why),
        None => received(&server, &stories),
    }
}

fn target(step: &Step) -> Result<String, String> {
    let operation = contract::operation(step.operation).ok_or("the contract has no such operation")?;
    Ok(format!("/ifs0{}{}", operation.id.api(), step.path))
}

fn judge(at: usize, step: &Step, answer: Result<Answer, String>) -> Result<(), String> {
    let request = &step.request;
    let answer = answer.map_err(|why| format!("step {at}, {} {request}: {why}", step.operation))?;
    if answer.status == 200 && answer.body == step.answer {
        return Ok(());
    }
    let (status, body) = (answer.status, show(&answer.body));
    Err(format!("step {at}, {} {request}: {status} {body}\noracle: {}", step.operation, show(&step.answer)))
}

/// Each change reached the office once, each that asks for something under a reference of its own.
fn received(server: &Server, stories: &[Story]) -> Result<(), String> {
    let expected: u64 = stories.iter().map(Story::writes).sum();
    let received = server.received();
    // What is taken back brings none.
    let twice = received.iter().filter(|(reference, count)| !reference.is_empty() && **count > 1).count();
    let all = received.values().sum::<u64>();
    println!("stories: {} with {expected} changes", stories.len());
    if all == expected && twice == 0 {
        Ok(())
    } else {
        Err(format!("the office received {all} changes, not {expected}; {twice} of them more than once"))
    }
}
