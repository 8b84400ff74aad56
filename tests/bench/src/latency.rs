//! How long a request takes at a fixed rate, below what the slowest subject can do.
//!
//! The loop is open: requests are sent when their time has come, whether earlier ones are answered or not, and a latency
//! begins at that time, not when a connection was free. So what waits behind a slow request is counted as having waited.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use clap::Args;
use serde::Serialize;
use tokio::runtime::Handle;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;
use xtask::{Context, Error, Result};

use crate::call::case::{Case, Group};
use crate::call::load::{self, Connection, same};
use crate::call::subject::Subject;
use crate::call::{Stage, case};
use crate::raw::Raw;
use crate::stats::{order, quantile, sorted};

/// Rates, as shares of what the slowest subject can do.
const SHARES: [f64; 3] = [0.3, 0.5, 0.7];

/// Connections; a request that finds none free waits, and its latency goes on.
const CONNECTIONS: usize = 128;

/// What is run.
#[derive(Args, Clone, Debug)]
pub struct Arguments {
    /// Seconds at each rate in a round
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Rounds, in which every subject has its turn at every rate
    #[arg(long, default_value_t = 3)]
    repeat: usize,
}

/// Runs the cases whose rows do not repeat, as a real register's do not.
pub fn run(arguments: &Arguments, subjects: &[Subject], raw: &mut Raw, runtime: &Handle) -> Result<()> {
    for group in case::groups() {
        let stage = Stage::start(&group, subjects, runtime)?;
        if let Some(case) = group.cases.last() {
            one(arguments, &stage, &group, case, subjects, raw, runtime)?;
        }
        stage.end()?;
    }
    Ok(())
}

#[derive(Serialize)]
struct Line<'a> {
    round: usize,
    case: &'a str,
    subject: &'a str,
    rate: f64,
    requests: usize,
    p50_ms: f64,
    p99_ms: f64,
    p999_ms: f64,
    most_ms: f64,
}

fn one(
    arguments: &Arguments,
    stage: &Stage,
    group: &Group,
    case: &Case,
    subjects: &[Subject],
    raw: &mut Raw,
    runtime: &Handle,
) -> Result<()> {
    let expected = [stage.expected(case, subjects, runtime)?];
    let knee = calibrate(stage, case, subjects, &expected, runtime)?;
    println!("{} ({}): the slowest does {knee:.0} a second in a closed loop", case.name, group.mapping);
    println!(
        "  {:>6} {:<16}{:>9}{:>9}{:>9}{:>9}{:>9}{:>12}{:>12}",
        "share", "", "a second", "requests", "p50 ms", "p99 ms", "p99.9", "greatest", "sent late*"
    );
    for share in SHARES {
        let rate = knee * share;
        let mut seen = vec![(Vec::new(), Vec::new()); subjects.len()];
        for round in 0..arguments.repeat {
            for at in order(round, subjects.len()) {
                let addr = stage.arrangements[at].addr();
                let time = Duration::from_secs(arguments.seconds);
                let (latencies, late) = open_loop(runtime, addr, rate, time, &expected).context(&subjects[at].name)?;
                let all = sorted(latencies.iter().copied());
                let ms = |share| quantile(&all, share) * 1e3;
                raw.line(&Line {
                    round,
                    case: case.name,
                    subject: &subjects[at].name,
                    rate,
                    requests: all.len(),
                    p50_ms: ms(0.5),
                    p99_ms: ms(0.99),
                    p999_ms: ms(0.999),
                    most_ms: ms(1.0),
                })?;
                seen[at].0.extend(latencies);
                seen[at].1.extend(late);
            }
        }
        for ((latencies, late), subject) in seen.into_iter().zip(subjects) {
            let (latencies, late) = (sorted(latencies), sorted(late));
            let ms = |share| quantile(&latencies, share) * 1e3;
            println!(
                "  {:>5.0}% {:<16}{rate:>9.0}{:>9}{:>9.2}{:>9.2}{:>9.2}{:>12.2}{:>12.2}",
                share * 1e2,
                subject.name,
                latencies.len(),
                ms(0.5),
                ms(0.99),
                ms(0.999),
                ms(1.0),
                quantile(&late, 0.99) * 1e3
            );
        }
    }
    println!(
        "  * how late this program was with one in a hundred, ms; it is in the latencies, of every subject alike\n"
    );
    Ok(())
}

/// Requests a second of the slowest subject, in a closed loop.
fn calibrate(stage: &Stage, case: &Case, subjects: &[Subject], expected: &[Bytes], runtime: &Handle) -> Result<f64> {
    let mut knee = f64::INFINITY;
    for (arrangement, subject) in stage.arrangements.iter().zip(subjects) {
        let mut connections = load::open(runtime, arrangement.addr(), expected).context(&subject.name)?;
        // The first is to warm up.
        let mut rate = 0.0;
        for requests in [case.requests, case.requests * 5] {
            let (round, open) = load::round(runtime, connections, requests, expected).context(&subject.name)?;
            connections = open;
            rate = f64::from(requests) / round.took.as_secs_f64();
        }
        println!("  {}: {rate:.0} a second in a closed loop", subject.name);
        knee = knee.min(rate);
    }
    Ok(knee)
}

/// Sends `rate` requests a second for so long; gives their latencies, and how late each was sent, seconds.
fn open_loop(
    runtime: &Handle,
    addr: SocketAddr,
    rate: f64,
    time: Duration,
    expected: &[Bytes],
) -> Result<(Vec<f64>, Vec<f64>)> {
    let expected: Arc<[Bytes]> = expected.into();
    let (slots, taken) = mpsc::unbounded_channel::<Instant>();
    let taken = Arc::new(Mutex::new(taken));
    let (begin, begun) = channel();
    let pacer = std::thread::spawn(move || pace(&begun, rate, time, |slot| slots.send(slot).is_ok()));
    let latencies = runtime.block_on(async {
        let mut opened = JoinSet::new();
        for _ in 0..CONNECTIONS {
            opened.spawn(async move {
                let mut connection = Connection::open(addr).await?;
                connection.ask().await.map(|_| connection)
            });
        }
        let mut consumers = JoinSet::new();
        while let Some(connection) = opened.join_next().await {
            let connection = connection.context("a connection")??;
            consumers.spawn(consumer(connection, Arc::clone(&taken), Arc::clone(&expected)));
        }
        begin.send(()).context("the pacer")?;
        let mut latencies = Vec::new();
        while let Some(consumer) = consumers.join_next().await {
            latencies.extend(consumer.context("a consumer")??);
        }
        Ok::<_, Error>(latencies)
    })?;
    let late = pacer.join().map_err(|_| Error::new("the pacer failed"))?;
    Ok((latencies, late))
}

/// Gives out each slot when its time has come; a thread of its own, as tokio's timers count in milliseconds.
fn pace(begun: &Receiver<()>, rate: f64, time: Duration, mut give: impl FnMut(Instant) -> bool) -> Vec<f64> {
    let mut late = Vec::new();
    if begun.recv().is_err() {
        return late;
    }
    let started = Instant::now();
    let slots = (rate * time.as_secs_f64()) as u32;
    for slot in 0..slots {
        let due = started + Duration::from_secs_f64(f64::from(slot) / rate);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        late.push(due.elapsed().as_secs_f64());
        if !give(due) {
            break;
        }
    }
    late
}

async fn consumer(
    mut connection: Connection,
    slots: Arc<Mutex<mpsc::UnboundedReceiver<Instant>>>,
    expected: Arc<[Bytes]>,
) -> Result<Vec<f64>> {
    let mut latencies = Vec::new();
    loop {
        let slot = slots.lock().await.recv().await;
        let Some(due) = slot else { return Ok(latencies) };
        let (_, body) = connection.ask().await?;
        latencies.push(due.elapsed().as_secs_f64());
        same(&body, &expected)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_have_their_times_whatever_is_done_with_them() {
        let (begin, begun) = channel();
        begin.send(()).unwrap();
        let mut slots = Vec::new();
        let late = pace(&begun, 200.0, Duration::from_millis(100), |slot| {
            slots.push(slot);
            // Slower than the rate: the later slots are late, and keep their times.
            std::thread::sleep(Duration::from_millis(8));
            true
        });
        assert_eq!((slots.len(), late.len()), (20, 20));
        let gaps: Vec<Duration> = slots.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(gaps.iter().all(|gap| gap.abs_diff(Duration::from_millis(5)) < Duration::from_micros(10)), "{gaps:?}");
        assert!(late[19] > 0.04, "{late:?}");
    }
}
