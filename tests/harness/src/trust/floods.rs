//! Floods of whoever has no good token: `envoy/edge.yaml` as shipped, and each kind of refusal asked for at full speed, for a
//! bounded time. The access log grows by less than 1 GB a day of it, what it leaves out is counted, and whoever has a good
//! token keeps their lines.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use pdnd::{Claim, Defect, Standin};
use xtask::envoy::Kind as Gateway;

use super::case::{Case, Challenge, FORBIDDEN, Told};
use super::edge::voucher;
use super::gate::{self, Gate};
use super::wire::Wire;
use crate::suite::Suite;

/// Bytes of log a second that make 1 GB a day.
const MOST: f64 = 1e9 / 86_400.0;
/// How long each flood takes.
const LASTS: Duration = Duration::from_millis(1_500);
/// Connections of a flood, each with one request after another.
const CLIENTS: usize = 4;
/// Fewer requests in that time are none.
const FLOOD: u64 = 100;
/// How long an answer, and the end of the last lines, may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Envoy's count of requests, whatever became of them.
const REQUESTS: &str = "http.ifs.downstream_rq_total";
/// Its count of the lines that the log leaves out.
const LEFT_OUT: &str = "access_log.process_ratelimit.denied";

/// A kind of request that does not get in.
struct Kind {
    name: &'static str,
    /// What is sent, over and over.
    bytes: Vec<u8>,
    /// The status that refuses it; none where the connection ends without one. Many in a second may be 429 besides.
    status: Option<u16>,
    /// Whether the client waits for the answer, or leaves at once.
    waits: bool,
}

pub(super) fn run(suite: &mut Suite, standin: &Standin) -> Result<(), String> {
    let gate = gate::plan(suite, standin, Gateway::Edge)?.start(suite)?;
    let kinds = kinds(suite, &gate)?;
    // The lines that stand ready before a flood are had by the first.
    let first = kinds.first().ok_or("no kinds")?;
    flood(&gate, first, Instant::now() + LASTS);
    settle(&gate, 0, 0)?;
    for kind in &kinds {
        let wrong = judge(&gate, kind)?;
        suite.tally.verdict(&format!("trust: floods: {}", kind.name), wrong);
    }
    known(suite, &gate, first)?;
    gate.close(suite);
    Ok(())
}

/// Each kind of early refusal: before the filters, by framing, method and path; and under the burst.
fn kinds(suite: &mut Suite, gate: &Gate<'_>) -> Result<Vec<Kind>, String> {
    let post = "POST /ifs02/academic-enrollments HTTP/1.1\r\nhost: a\r\n";
    let empty = "content-length: 0\r\n\r\n";
    let long = format!("x-long: {}\r\n", "4".repeat(70_000));
    let mut kinds = Vec::new();
    let mut kind = |name, status, text: String| {
        kinds.push(Kind { name, bytes: text.into_bytes(), status: Some(status), waits: true });
    };
    kind("OPTIONS *", 404, "OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n".to_owned());
    kind("CONNECT", 401, "CONNECT a:1 HTTP/1.1\r\nhost: a:1\r\n\r\n".to_owned());
    kind("a method that nobody knows", 400, "FOO / HTTP/1.1\r\nhost: a\r\n\r\n".to_owned());
    kind("no HTTP", 400, "\u{1}\u{2}\u{3}hello\r\n\r\n".to_owned());
    kind("HTTP/1.0", 426, "GET /ifs02/status HTTP/1.0\r\nhost: a\r\n\r\n".to_owned());
    kind("no host", 400, format!("POST /ifs02/academic-enrollments HTTP/1.1\r\n{empty}"));
    kind("a path with escaped slashes", 400, format!("POST /ifs02%2fx HTTP/1.1\r\nhost: a\r\n{empty}"));
    kind("a path with a fragment", 400, format!("POST /ifs02/x#y HTTP/1.1\r\nhost: a\r\n{empty}"));
    kind("an unknown transfer coding", 400, format!("{post}transfer-encoding: foo\r\n\r\n"));
    kind("a length and chunks", 400, format!("{post}transfer-encoding: chunked\r\n{empty}"));
    kind("two lengths", 400, format!("{post}content-length: 1\r\n{empty}"));
    kind("a header's name with a space", 400, format!("{post}x y: 1\r\n{empty}"));
    kind("headers too large", 431, format!("{post}{long}{empty}"));
    kind("/status", 204, "GET /ifs02/status HTTP/1.1\r\nhost: a\r\n\r\n".to_owned());
    kind("no token", 401, format!("{post}{empty}"));
    kind("no such path", 401, format!("POST /nowhere HTTP/1.1\r\nhost: a\r\n{empty}"));
    kind("another method", 401, "DELETE /ifs02/academic-enrollments HTTP/1.1\r\nhost: a\r\n\r\n".to_owned());
    kind("another protocol", 403, format!("{post}upgrade: websocket\r\nconnection: upgrade\r\n{empty}"));
    for (name, status, defect) in [
        ("an expired token", 401, Defect::Expired),
        ("a stranger's signature", 401, Defect::StrangerSignature),
        ("a token for another API", 403, Defect::AnotherApi),
        // Somebody else's, which without its key proves nothing.
        ("a stolen token that is bound to a key", 401, Defect::Confirmed),
    ] {
        let token = voucher(gate, defect)?;
        suite.forbidden.token(&token);
        kind(name, status, format!("{post}authorization: Bearer {token}\r\n{empty}"));
    }
    kinds.push(Kind { name: "half a head", bytes: post.as_bytes().to_vec(), status: None, waits: false });
    kinds.push(Kind {
        name: "leaving before the answer",
        bytes: format!("{post}{empty}").into_bytes(),
        status: None,
        waits: false,
    });
    Ok(kinds)
}

/// Floods with one kind, and tells what is wrong with what that wrote.
fn judge(gate: &Gate<'_>, kind: &Kind) -> Result<Vec<String>, String> {
    let before = Counts::of(gate)?;
    let began = Instant::now();
    let statuses = flood(gate, kind, began + LASTS);
    let took = began.elapsed();
    let after = settle(gate, before.requests, before.lines + before.left_out)?;
    let (requests, lines) = (after.requests - before.requests, after.lines - before.lines);
    let left_out = after.left_out - before.left_out;
    let rate = (after.bytes - before.bytes) as f64 / took.as_secs_f64();
    println!(
        "trust: floods: {}: {:.0} requests a second, {rate:.0} bytes of log a second; {statuses:?}, {lines} lines, {left_out} \
         left out",
        kind.name,
        requests as f64 / took.as_secs_f64(),
    );
    let mut wrong = Vec::new();
    if rate >= MOST {
        wrong.push(format!("{rate:.0} bytes of log a second, which are {:.1} GB a day", rate * 86_400.0 / 1e9));
    }
    if lines + left_out != requests {
        wrong.push(format!("{requests} requests, {lines} lines, {left_out} counted as left out"));
    }
    if requests < FLOOD {
        wrong.push(format!("{requests} requests are no flood"));
    }
    let others = statuses.keys().any(|status| *status != 429 && Some(*status) != kind.status);
    if others || kind.status.is_some_and(|status| !statuses.contains_key(&status)) {
        wrong.push(format!("answered {statuses:?}"));
    }
    Ok(wrong)
}

/// What a flood adds to.
struct Counts {
    requests: u64,
    lines: u64,
    bytes: u64,
    left_out: u64,
}

impl Counts {
    fn of(gate: &Gate<'_>) -> Result<Self, String> {
        let log = gate.envoy.access_log();
        let stat = |name| gate.envoy.stat(name).map_err(|e| e.to_string());
        Ok(Self {
            requests: stat(REQUESTS)?,
            lines: log.lines().count() as u64,
            bytes: log.len() as u64,
            left_out: stat(LEFT_OUT)?,
        })
    }
}

/// The counts when each request since then has its line or is counted as left out, or after a while.
fn settle(gate: &Gate<'_>, requests: u64, told: u64) -> Result<Counts, String> {
    let until = Instant::now() + PATIENCE;
    loop {
        std::thread::sleep(Duration::from_millis(200));
        let counts = Counts::of(gate)?;
        let whole = counts.lines + counts.left_out - told >= counts.requests - requests;
        if whole || Instant::now() > until {
            return Ok(counts);
        }
    }
}

/// Sends until then as fast as the answers come; how often each status was answered.
fn flood(gate: &Gate<'_>, kind: &Kind, until: Instant) -> BTreeMap<u16, u64> {
    let client = || {
        let mut seen = BTreeMap::new();
        while Instant::now() < until {
            connection(gate, kind, until, &mut seen);
        }
        seen
    };
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(client)).collect();
        let mut sum = BTreeMap::new();
        for seen in all.into_iter().filter_map(|one| one.join().ok()) {
            seen.into_iter().for_each(|(status, count)| *sum.entry(status).or_default() += count);
        }
        sum
    })
}

/// One connection of a flood, until the gateway ends it.
fn connection(gate: &Gate<'_>, kind: &Kind, until: Instant, seen: &mut BTreeMap<u16, u64>) {
    let Some(mut wire) = Wire::open(gate) else { return };
    if !kind.waits {
        wire.send(&kind.bytes);
        return;
    }
    while Instant::now() < until {
        let Some(answer) = wire.ask(&kind.bytes) else { return };
        *seen.entry(answer.status).or_default() += 1;
        if answer.closes {
            return;
        }
    }
}

/// While a flood goes on, each request with a good token has its line: what was answered, and what was refused.
fn known(suite: &mut Suite, gate: &Gate<'_>, kind: &Kind) -> Result<(), String> {
    // The burst of this address, which the floods have used up.
    std::thread::sleep(Duration::from_secs(3));
    let mut cases = Vec::new();
    for number in 0..20 {
        let good = voucher(gate, Defect::None)?;
        let (path, told) = ("/ifs02/nothing", Told::Filter(404, "request.path", Challenge::None));
        cases.push(Case::new(&format!("an answer is logged ({number})"), gate, Told::Oracle)?.bearer(&good));
        cases.push(Case::new(&format!("a 404 is logged ({number})"), gate, told)?.bearer(&good).at("POST", path));
        let wrong = voucher(gate, Defect::Wrong(Claim::Eservice))?;
        cases.push(Case::new(&format!("a 403 is logged ({number})"), gate, FORBIDDEN)?.bearer(&wrong));
    }
    let over = AtomicBool::new(false);
    let left_out = gate.envoy.stat(LEFT_OUT).map_err(|e| e.to_string())?;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                flood(gate, kind, Instant::now() + Duration::from_millis(200));
            }
        });
        std::thread::sleep(LASTS);
        gate.judge(suite, "floods: meanwhile", &cases);
        over.store(true, Ordering::Relaxed);
    });
    let more = gate.envoy.stat(LEFT_OUT).map_err(|e| e.to_string())? - left_out;
    let wrong = if more > 0 { Vec::new() } else { vec!["nothing was left out: no flood".to_owned()] };
    suite.tally.verdict("trust: floods: meanwhile lines of others were left out, and counted", wrong);
    Ok(())
}
