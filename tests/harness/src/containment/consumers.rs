//! Consumers that send slowly, and consumers that leave.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::gate::{self, Gate, rules, wait};
use super::load;
use crate::configure::shipped;
use crate::suite::Suite;

/// Envoy's timers for a request's head and for the whole of it here.
const HEAD: Duration = Duration::from_secs(1);
const WHOLE: Duration = Duration::from_secs(2);
/// Slow consumers of each kind.
const SLOW: usize = 25;
/// Consumers that leave: more than two VMs may have exchanges in flight (`limits.exchanges`, 512 each), so that one kept
/// for each of them would show.
const LEAVING: usize = 1_500;
/// How many calls the mapping makes for one request: a list, and one for each of its rows.
const ROWS: usize = 60;
/// What Envoy's memory may grow by over the later half of them.
const GROWTH: u64 = 16 * 1024 * 1024;

/// Counters of the filter.
const ABANDONED: &str = "abandoned";
const LATE: &str = "late_answer";

const MAPPING: &str = "tests/scenarios/mappings/fan.yaml";
const OPERATION: &str = "POST /ifs02/academic-enrollments HTTP/1.1\r\nhost: ifs.test\r\n";

/// Runs both.
pub(super) fn run(suite: &mut Suite) -> Result<(), String> {
    slow(suite)?;
    leaving(suite)
}

/// Heads and bodies that come a byte at a time: 408, and nobody else is kept waiting.
fn slow(suite: &mut Suite) -> Result<(), String> {
    let module = gate::shipped_module(suite)?;
    let gate = gate::open(suite, &shipped(), &module, |config| {
        for (name, timer) in [("request_timeout", WHOLE), ("request_headers_timeout", HEAD)] {
            let timer = Value::from(format!("{}s", timer.as_secs()));
            config.edits.push((format!("{}/{name}", gate::MANAGER), timer));
        }
    })?;
    let addr = gate.envoy.addr();
    gate.simulator.clear();
    let (ends, tale) = load::during(addr, &gate.people(200), 8, || {
        let body = format!("{OPERATION}content-type: application/json\r\ncontent-length: 400\r\n\r\n");
        std::thread::scope(|scope| {
            let heads = (0..SLOW).map(|_| scope.spawn(|| drip(addr, OPERATION, b"x-header: ")));
            let heads: Vec<_> = heads.collect();
            let bodies = (0..SLOW).map(|_| scope.spawn(|| drip(addr, &body, b"{\"tax_code\": \"")));
            let bodies: Vec<_> = bodies.collect();
            [(heads, HEAD), (bodies, WHOLE)].map(|(handles, timer)| {
                let ends = handles.into_iter().map(|h| h.join().unwrap_or_else(|_| Err("lost".to_owned())));
                (ends.collect::<Vec<_>>(), timer)
            })
        })
    });
    let mut wrong = Vec::new();
    for (ended, timer) in ends.iter().flat_map(|(ends, timer)| ends.iter().map(move |e| (e, *timer))) {
        match ended {
            Err(error) => wrong.push(error.clone()),
            Ok((text, took)) => {
                if !text.starts_with("HTTP/1.1 408 ") || !text.contains("problem:gateway.request-timeout") {
                    wrong.push(format!("not 408: {}", text.lines().next().unwrap_or_default()));
                }
                if *took < timer / 2 || *took > timer + Duration::from_secs(5) {
                    wrong.push(format!("after {took:?}, the timer is {timer:?}"));
                }
            }
        }
    }
    suite.tally.verdict(&format!("containment: {SLOW} slow heads and {SLOW} slow bodies get 408 in time"), wrong);
    println!("containment: meanwhile {} right, slowest {:?}", tale.rights(), tale.slowest);
    let mut wrong = tale.unless(&[]);
    if tale.slowest > Duration::from_secs(5) {
        wrong.push(format!("somebody else waited {:?}", tale.slowest));
    }
    suite.tally.verdict("containment: meanwhile everybody else is answered", wrong);
    gate.close(suite);
    Ok(())
}

/// Sends the beginning, then a byte of `rest` at a time, over and over, until an answer or the end comes. Gives what
/// came, and when.
fn drip(addr: SocketAddr, beginning: &str, rest: &[u8]) -> Result<(String, Duration), String> {
    let told = |e: std::io::Error| format!("a slow consumer: {e}");
    let mut stream = TcpStream::connect(addr).map_err(told)?;
    stream.set_read_timeout(Some(Duration::from_millis(100))).map_err(told)?;
    stream.write_all(beginning.as_bytes()).map_err(told)?;
    let before = Instant::now();
    let mut got = Vec::new();
    let mut chunk = [0; 4096];
    let mut bytes = rest.iter().cycle();
    while before.elapsed() < Duration::from_secs(12) {
        match stream.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => got.extend_from_slice(&chunk[..read]),
            Err(e) if matches!(e.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {
                if got.windows(4).any(|w| w == b"\r\n\r\n") {
                    break;
                }
                // A server that has closed says so at the next read.
                let _ = bytes.next().map(|byte| stream.write_all(&[*byte]));
            }
            Err(_) => break,
        }
    }
    Ok((String::from_utf8_lossy(&got).into_owned(), before.elapsed()))
}

/// A list of rows, and a call for each that takes a while.
fn fan(delay_ms: u64) -> [Value; 2] {
    let rows: Vec<Value> = (0..ROWS).map(|id| json!({ "id": id })).collect();
    [
        json!({ "match": { "path": "/plain/rows" }, "answer": { "body": rows } }),
        json!({ "match": { "path": "/plain/rows/*" }, "answer": { "body": [], "delay_ms": delay_ms } }),
    ]
}

/// Consumers that leave while calls are in flight.
fn leaving(suite: &mut Suite) -> Result<(), String> {
    let mut setting = shipped();
    setting.mapping = xtask::paths::root().join(MAPPING);
    let module = gate::shipped_module(suite)?;
    let gate = gate::open(suite, &setting, &module, |_| {})?;

    gate.simulator.set_rules(rules(fan(300))?);
    gate.simulator.clear();
    leave(gate.envoy.addr(), || {
        // In the midst of it: the second lot of calls is on its way.
        wait(Duration::from_secs(5), || gate.simulator.calls() > 10);
    })?;
    // What was sent before the gateway saw the consumer go arrives within a moment; then nothing more may come.
    wait(Duration::from_secs(5), || total(&gate, ABANDONED).is_ok_and(|count| count > 0));
    std::thread::sleep(Duration::from_millis(100));
    let made = gate.simulator.calls();
    std::thread::sleep(Duration::from_millis(1_200));
    let (after, abandoned, late) = (gate.simulator.calls(), total(&gate, ABANDONED)?, total(&gate, LATE)?);
    println!("containment: left: {made} calls, {after} at last, {abandoned} abandoned, {late} answers discarded");
    let mut wrong = Vec::new();
    if made != after || made as usize > ROWS / 2 {
        wrong.push(format!("{made} calls were made when the consumer left, {after} at last"));
    }
    if abandoned != 1 || late == 0 {
        wrong.push(format!("{abandoned} counted as abandoned, {late} answers as discarded"));
    }
    suite.tally.verdict("containment: when a consumer leaves in mid fan-out, no further call starts", wrong);

    gate.simulator.set_rules(rules(fan(60))?);
    let crowd = |number: usize| -> Result<(), String> {
        std::thread::scope(|scope| {
            let handles: Vec<_> = (0..20)
                .map(|_| {
                    scope.spawn(|| {
                        for _ in 0..number / 20 {
                            leave(gate.envoy.addr(), || std::thread::sleep(Duration::from_millis(40)))?;
                        }
                        Ok::<(), String>(())
                    })
                })
                .collect();
            handles.into_iter().try_for_each(|handle| handle.join().unwrap_or(Ok(())))
        })
    };
    crowd(LEAVING / 2)?;
    let half = gate::resident(gate.envoy.id())?;
    crowd(LEAVING / 2)?;
    let whole = gate::resident(gate.envoy.id())?;
    let abandoned = total(&gate, ABANDONED)?;
    println!(
        "containment: {LEAVING} left, {abandoned} counted; memory {} KiB after half of them, {} KiB after all",
        half / 1024,
        whole / 1024
    );
    let mut wrong = Vec::new();
    if whole > half + GROWTH {
        wrong.push(format!("memory grew from {half} to {whole} bytes"));
    }
    // Some leave before the first call, or after the last.
    if abandoned < LEAVING as u64 / 2 {
        wrong.push(format!("{abandoned} of {LEAVING} counted as abandoned"));
    }
    suite.tally.verdict(&format!("containment: {LEAVING} consumers that leave do not cost memory"), wrong);
    gate.simulator.set_rules(rules(fan(0))?);
    let request = crate::population::by_tax_code(gate.population.students()[0].tax_code());
    // On connections of their own, so that each worker has some.
    let ask = |_| crate::http::send(gate.envoy.addr(), &request, Duration::from_secs(20), usize::MAX);
    let ends = (0..12).map(ask).filter(|end| !end.as_ref().is_ok_and(|answer| answer.status == 200));
    let wrong = ends.map(|end| format!("{:?}", end.map(|answer| answer.status))).collect();
    suite.tally.verdict("containment: after they left, requests are answered", wrong);
    gate.close(suite);
    Ok(())
}

/// Sends a whole request, and goes without waiting for its answer.
fn leave(addr: SocketAddr, meanwhile: impl FnOnce()) -> Result<(), String> {
    let told = |e: std::io::Error| format!("a leaving consumer: {e}");
    let mut stream = TcpStream::connect(addr).map_err(told)?;
    let body = r#"{"tax_code":"RSSMRA80A01F205X"}"#;
    let head = format!("{OPERATION}content-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.write_all(format!("{head}{body}").as_bytes()).map_err(told)?;
    meanwhile();
    let _ = stream.shutdown(Shutdown::Both);
    Ok(())
}

/// A counter of the filter, over all its labels.
fn total(gate: &Gate, name: &str) -> Result<u64, String> {
    let stats = gate.envoy.stats("ifs_adapter").map_err(|e| e.to_string())?;
    Ok(stats.iter().filter(|(n, _)| n.contains(name)).map(|(_, value)| value).sum())
}
