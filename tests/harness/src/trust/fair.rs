//! Consumers share a slow system: `envoy/edge.yaml` with a consumer that asks for as much as it can, and a modest one.

use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use pdnd::{Standin, fixed};
use serde_json::json;
use university::Rule;
use xtask::envoy::Kind;

use super::case::{Case, Told};
use super::edge::{FAVOURED, voucher_of};
use super::gate::{self, Gate};
use crate::http::{Answer, Request};
use crate::suite::Suite;

/// How long the system takes for each call.
const SLOW_MS: u64 = 400;
/// Requests that the greedy one holds open.
const HELD: usize = 450;
/// Clients that hang up, each over and over: together they ask for more than the system can answer.
const HANGING: usize = 40;
/// When one of them hangs up: its first call is on its way.
const HANGS_UP: Duration = Duration::from_millis(250);
/// How long a greedy client waits after it was refused, as it was told.
const AGAIN: Duration = Duration::from_secs(1);
/// Longer than any timer of the gateway.
const PATIENCE: Duration = Duration::from_secs(20);
/// Requests of the modest one.
const MODEST: usize = 9;
/// Requests that a consumer may send at once, where that is measured: those of the first part, and as many but the last twelve of
/// the second.
const PACE: usize = 24;

pub(super) fn run(suite: &mut Suite, standin: &Standin) -> Result<(), String> {
    shared(suite, standin)?;
    bounded(suite, standin)
}

/// A greedy consumer and a modest one.
fn shared(suite: &mut Suite, standin: &Standin) -> Result<(), String> {
    let mut plan = gate::plan(suite, standin, Kind::Edge)?;
    // All of these come from one address, which is not what is measured here.
    for member in ["max_tokens", "tokens_per_fill"] {
        plan.edit("burst", &format!("/descriptors/0/token_bucket/{member}"), json!(1_000_000))?;
    }
    let gate = plan.start(suite)?;
    slow(&gate)?;
    let [greedy, modest] = [fixed::CONSUMER, FAVOURED].map(|consumer| request(suite, &gate, consumer));
    let (greedy, modest) = (greedy?, modest?);
    let alone = median(&gate, &modest)?;
    for (what, hangs_up) in [("holds as many requests as it can", false), ("hangs up over and over", true)] {
        let (found, tale) = beside(&gate, (&greedy, hangs_up), || median(&gate, &modest));
        println!("trust: fair: alone {alone:?}, beside one that {what} {found:?}; that one: {tale}");
        let wrong = match found {
            Ok(median) if median <= alone * 2 => Vec::new(),
            found => vec![format!("alone {alone:?}, beside it {found:?}")],
        };
        suite.tally.verdict(&format!("trust: fair: a consumer that {what} does not keep another waiting"), wrong);
    }
    gate.close(suite);
    Ok(())
}

fn slow(gate: &Gate<'_>) -> Result<(), String> {
    let slow = json!({ "answer": { "delay_ms": SLOW_MS } });
    gate.simulator.set_rules(vec![serde_json::from_value::<Rule>(slow).map_err(|e| e.to_string())?]);
    Ok(())
}

/// A consumer that has more requests in flight than it may (`limits.consumer`), and one that has as many.
fn bounded(suite: &mut Suite, standin: &Standin) -> Result<(), String> {
    let mut plan = gate::plan(suite, standin, Kind::Edge)?;
    plan.limit(suite, "consumer", 1)?;
    // So many at once, and next to none after that.
    let bucket = json!({ "max_tokens": PACE, "tokens_per_fill": 1, "fill_interval": "60s" });
    plan.edit("pace", "/descriptors/0/token_bucket", bucket)?;
    let gate = plan.start(suite)?;
    slow(&gate)?;
    let many = request(suite, &gate, fixed::CONSUMER)?;
    let one = request(suite, &gate, FAVOURED)?;
    let (ends, other) = std::thread::scope(|scope| {
        let all: Vec<_> = (0..12).map(|_| scope.spawn(|| gate.send(None, &many))).collect();
        let other = gate.send(None, &one);
        (all.into_iter().filter_map(|end| end.join().ok()?.ok()).collect::<Vec<_>>(), other)
    });
    let is = |answer: &Answer, code: &str| String::from_utf8_lossy(&answer.body).contains(code);
    let told = |answer: &&Answer| {
        answer.status == 429 && is(answer, "problem:limit.consumer\"") && answer.header("retry-after") == Some("1")
    };
    let (good, refused) = (ends.iter().filter(|answer| answer.status == 200).count(), ends.iter().filter(told).count());
    let mut wrong = Vec::new();
    if good == 0 || refused == 0 || good + refused != 12 {
        wrong.push(format!("{good} answered, {refused} refused"));
    }
    if !other.as_ref().is_ok_and(|answer| answer.status == 200) {
        wrong.push(format!("the other consumer: {:?}", other.map(|answer| answer.status)));
    }
    suite.tally.verdict("trust: fair: over limits.consumer a consumer is told so, and another is answered", wrong);
    let fast = (0..PACE).filter_map(|_| gate.send(None, &many).ok());
    let fast = fast.filter(|answer| answer.status == 429 && is(answer, "problem:gateway.rate\"")).count();
    let other = gate.send(None, &one).map(|answer| answer.status);
    let wrong = if fast == 12 && other == Ok(200) { Vec::new() } else { vec![format!("{fast} refused; {other:?}")] };
    suite.tally.verdict("trust: fair: who asks too fast is told so, and another is answered", wrong);
    gate.close(suite);
    Ok(())
}

/// IFS02.1 by a consumer.
fn request(suite: &mut Suite, gate: &Gate<'_>, consumer: &str) -> Result<Request, String> {
    let token = voucher_of(gate, 2, consumer)?;
    suite.forbidden.token(&token);
    suite.forbidden.tax_code(gate.student());
    Ok(Case::new("", gate, Told::Oracle)?.bearer(&token).request)
}

/// The median of what a few requests take, one after the other. Each must be answered.
fn median(gate: &Gate<'_>, request: &Request) -> Result<Duration, String> {
    let mut took = Vec::new();
    for _ in 0..MODEST {
        let before = Instant::now();
        let answer = gate.send(None, request).map_err(|failure| format!("{failure:?}"))?;
        if answer.status != 200 {
            return Err(format!("{} {}", answer.status, String::from_utf8_lossy(&answer.body)));
        }
        took.push(before.elapsed());
    }
    took.sort_unstable();
    took.get(MODEST / 2).copied().ok_or_else(|| "no request".to_owned())
}

/// Does something while the greedy one has as many requests in flight as it can; and what became of those.
fn beside<T>(gate: &Gate<'_>, (request, hangs_up): (&Request, bool), work: impl FnOnce() -> T) -> (T, String) {
    let over = AtomicBool::new(false);
    let [good, refused, left] = [const { AtomicUsize::new(0) }; 3];
    let client = || {
        while !over.load(Ordering::Relaxed) {
            if hangs_up {
                let _ = leave(gate, request);
                left.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            match gate.send(None, request) {
                Ok(answer) if answer.status == 200 => good.fetch_add(1, Ordering::Relaxed),
                _ => {
                    std::thread::sleep(AGAIN);
                    refused.fetch_add(1, Ordering::Relaxed)
                }
            };
        }
    };
    let done = std::thread::scope(|scope| {
        (0..if hangs_up { HANGING } else { HELD }).for_each(|_| drop(scope.spawn(client)));
        // All are there.
        std::thread::sleep(Duration::from_secs(2));
        let done = work();
        over.store(true, Ordering::Relaxed);
        done
    });
    let [good, refused, left] = [good, refused, left].map(AtomicUsize::into_inner);
    (done, format!("{good} answered, {refused} refused, {left} left"))
}

/// Sends a whole request and goes.
fn leave(gate: &Gate<'_>, request: &Request) -> Result<(), String> {
    let told = |e: std::io::Error| format!("a leaving consumer: {e}");
    let authority = gate.standin.authority();
    let mut stream = pdnd::connect(gate.envoy.addr(), authority, None, PATIENCE).map_err(|e| e.to_string())?;
    let mut head = format!("{} {} HTTP/1.1\r\nhost: {}\r\n", request.method, request.target, request.authority);
    for (name, value) in &request.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", request.body.len()));
    stream.write_all(&[head.as_bytes(), &request.body].concat()).and_then(|()| stream.flush()).map_err(told)?;
    std::thread::sleep(HANGS_UP);
    Ok(())
}
