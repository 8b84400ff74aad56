//! A call: CPU time of Envoy with the filter against the same Envoy with what others would have written instead.
//!
//! Consumers and legacy system are in this process, whose time is not counted. In each round every subject has its turn,
//! a bounded number of requests; every answer of every subject must have the same bytes.

pub mod arrangement;
pub mod case;
pub mod legacy;
pub mod load;
pub mod outcome;
pub mod subject;

use std::ops::Range;
use std::time::Duration;

use axum::body::Bytes;
use serde::Serialize;
use tokio::runtime::{Builder, Handle};
use xtask::{Context, Error, Result, mapping};

use crate::raw::Raw;
use crate::stats;
use arrangement::Arrangement;
use case::{Case, Group};
use legacy::Legacy;
use outcome::Outcome;
use subject::Subject;

/// Envoy still writes its log and its counters when the last answer is out.
const AFTERWARDS: Duration = Duration::from_millis(3);

/// The runtime of consumers and legacy system.
pub fn runtime() -> Result<tokio::runtime::Runtime> {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().context("starting tokio")
}

/// A group's legacy system and arrangements, running.
pub struct Stage {
    /// The legacy system.
    pub legacy: Legacy,
    /// One for each subject, in their order.
    pub arrangements: Vec<Arrangement>,
}

impl Stage {
    /// Starts all subjects, one after the other.
    pub fn start(group: &Group, subjects: &[Subject], runtime: &Handle) -> Result<Self> {
        let mapping = mapping::compile(&group.file())?;
        let first = group.cases.first().context("a group without cases")?;
        let legacy = Legacy::start(runtime, first.lists.clone())?;
        let start = |subject| Arrangement::start(subject, group, &mapping, legacy.addr(), arrangement::USUAL);
        Ok(Self { arrangements: subjects.iter().map(start).collect::<Result<_>>()?, legacy })
    }

    /// The bytes that every subject answers to a case.
    pub fn expected(&self, case: &Case, subjects: &[Subject], runtime: &Handle) -> Result<Bytes> {
        self.legacy.serve(&case.lists)?;
        let mut expected: Option<Bytes> = None;
        for (arrangement, subject) in self.arrangements.iter().zip(subjects) {
            let (headers, body) = load::once(runtime, arrangement.addr()).context(&subject.name)?;
            let secret = headers.get(hyper::header::CACHE_CONTROL).is_some_and(|value| value == "no-store");
            if !secret {
                return Err(Error::new(format!("{}: its answer may be stored", subject.name)));
            }
            match &expected {
                None => {
                    case.check(&body)?;
                    expected = Some(body);
                }
                Some(expected) => {
                    load::same(&body, std::slice::from_ref(expected))
                        .context(format!("{}: {}", case.name, subject.name))?;
                }
            }
        }
        expected.context("no subject")
    }

    /// Ends all of it.
    pub fn end(self) -> Result<()> {
        self.arrangements.into_iter().try_for_each(Arrangement::end)
    }
}

/// How much is run.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// How often all processes are started anew. What a process happens to have for as long as it lives, such as where
    /// its memory lies, is measured that often.
    pub sets: usize,
    /// Rounds of each case in a set.
    pub rounds: usize,
}

/// Runs every case of every group.
pub fn measure(
    groups: &[Group],
    subjects: &[Subject],
    size: Size,
    raw: &mut Raw,
    runtime: &Handle,
) -> Result<Vec<Outcome>> {
    let outcome = |case: &Case| Outcome::new(case, subjects, size.rounds);
    let mut outcomes: Vec<Vec<Outcome>> =
        groups.iter().map(|group| group.cases.iter().map(outcome).collect()).collect();
    for set in 0..size.sets {
        for (group, outcomes) in groups.iter().zip(&mut outcomes) {
            let mut stage = Stage::start(group, subjects, runtime)?;
            if set == 0 {
                tell(&stage, group, subjects, raw)?;
            }
            let rounds = set * size.rounds..(set + 1) * size.rounds;
            run(&mut stage, group, subjects, rounds, outcomes, raw, runtime)?;
            stage.end()?;
        }
    }
    Ok(outcomes.into_iter().flatten().collect())
}

/// Says what each Envoy was told.
fn tell(stage: &Stage, group: &Group, subjects: &[Subject], raw: &mut Raw) -> Result<()> {
    let mut said = Vec::new();
    for (arrangement, subject) in stage.arrangements.iter().zip(subjects) {
        let told = crate::head::envoy(arrangement)?;
        raw.line(&serde_json::json!({ "mapping": group.mapping, "subject": subject.name, "envoy": told }))?;
        said.push((told, &subject.name));
    }
    said.sort();
    for alike in said.chunk_by(|a, b| a.0 == b.0) {
        let names: Vec<&str> = alike.iter().map(|(_, name)| name.as_str()).collect();
        println!("Envoy, {}, of {}: {}", group.mapping, names.join(", "), alike[0].0);
    }
    Ok(())
}

/// A set of rounds with the processes of one start.
fn run(
    stage: &mut Stage,
    group: &Group,
    subjects: &[Subject],
    rounds: Range<usize>,
    outcomes: &mut [Outcome],
    raw: &mut Raw,
    runtime: &Handle,
) -> Result<()> {
    let mut expected = Vec::new();
    for (case, outcome) in group.cases.iter().zip(outcomes.iter_mut()) {
        let answer = stage.expected(case, subjects, runtime)?;
        outcome.answer = answer.len();
        // Connections open, caches fill, allocators have what they need.
        for at in 0..subjects.len() {
            turn(stage, at, case, case.requests, std::slice::from_ref(&answer), runtime)?;
        }
        expected.push(answer);
    }
    for round in rounds {
        for ((case, outcome), expected) in group.cases.iter().zip(outcomes.iter_mut()).zip(&expected) {
            for at in stats::order(round, subjects.len()) {
                let turn = turn(stage, at, case, case.requests, std::slice::from_ref(expected), runtime)
                    .context(format!("{}: {}", case.name, subjects[at].name))?;
                raw.line(&turn.line(round, case.name, &subjects[at].name))?;
                outcome.subjects[at].take(turn);
            }
        }
    }
    for (arrangement, subject) in stage.arrangements.iter().zip(subjects) {
        let unseen = arrangement.unseen();
        if unseen > 0 {
            println!("{}: {} ms of CPU in threads that ended, in no figure", subject.name, unseen / 1_000_000);
        }
    }
    Ok(())
}

/// What one subject did in one round.
#[derive(Debug)]
pub struct Turn {
    /// Nanoseconds of Envoy.
    pub envoy_ns: u64,
    /// Nanoseconds of what stands behind it.
    pub behind_ns: u64,
    /// Requests.
    pub requests: u32,
    /// How it went.
    pub round: load::Round,
}

/// A line of the raw data.
#[derive(Serialize)]
struct Line<'a> {
    round: usize,
    case: &'a str,
    subject: &'a str,
    requests: u32,
    envoy_ns: u64,
    behind_ns: u64,
    seconds: f64,
    p50_ms: f64,
    p99_ms: f64,
}

impl Turn {
    fn line<'a>(&self, round: usize, case: &'a str, subject: &'a str) -> Line<'a> {
        let latencies = stats::sorted(self.round.latencies.iter().copied());
        let ms = |share| (stats::quantile(&latencies, share) * 1e5).round() / 1e2;
        Line {
            round,
            case,
            subject,
            requests: self.requests,
            envoy_ns: self.envoy_ns,
            behind_ns: self.behind_ns,
            seconds: (self.round.took.as_secs_f64() * 1e4).round() / 1e4,
            p50_ms: ms(0.5),
            p99_ms: ms(0.99),
        }
    }
}

/// One subject's turn. The legacy system must have been asked as often as it should.
fn turn(
    stage: &mut Stage,
    at: usize,
    case: &Case,
    requests: u32,
    expected: &[Bytes],
    runtime: &Handle,
) -> Result<Turn> {
    stage.legacy.serve(&case.lists)?;
    let arrangement = &mut stage.arrangements[at];
    let connections = load::open(runtime, arrangement.addr(), expected)?;
    arrangement.find_processes()?;
    std::thread::sleep(AFTERWARDS);
    let (served, before) = (stage.legacy.served(), arrangement.cpu()?);
    let (round, connections) = load::round(runtime, connections, requests, expected)?;
    std::thread::sleep(AFTERWARDS);
    let after = arrangement.cpu()?;
    drop(connections);
    let calls = stage.legacy.served() - served;
    if calls != case.lists.calls() * u64::from(requests) {
        return Err(Error::new(format!("{calls} calls for {requests} requests")));
    }
    Ok(Turn { envoy_ns: after.envoy - before.envoy, behind_ns: after.behind - before.behind, requests, round })
}
