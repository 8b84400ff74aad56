//! What the engine costs as a component: size, time to instantiate, and a page through it against the same page through
//! the filter's module, both in wasmtime, in one run.

use std::sync::Arc;
use std::time::Instant;

use bench_guest::page::{self, Kind};
use harness::component::Embedded;
use harness::http::Request;
use harness::logs::Sink;
use harness::native::Native;
use harness::systems::Systems;
use harness::wasm::Filter;
use rustix::time::{ClockId, clock_gettime};
use xtask::component::World;
use xtask::wasm::Fetch;
use xtask::{Context, Error, Result, mapping, paths};

use crate::call::case;
use crate::call::load::{REQUEST, TAX_CODE};
use crate::stats::{Ratio, median};

/// Rounds, each of one turn of every side.
const ROUNDS: usize = 40;

/// Requests of a turn.
const TURN: usize = 20;

/// Instances that are made.
const INSTANCES: usize = 20;

/// 2026-03-01T09:00:00Z.
const NOW_MS: i64 = 1_772_355_600_000;

/// Something that answers.
type Side = Box<dyn FnMut(&Request) -> std::result::Result<harness::http::Answer, String>>;

/// Measures and prints.
pub fn run() -> Result<()> {
    let fault = |error: String| Error::new(error);
    let filter = xtask::wasm::build(&[], Fetch::Allowed)?;
    let adapter = xtask::component::build(World::Adapter, Fetch::Allowed)?;
    let workbench = xtask::component::build(World::Workbench, Fetch::Allowed)?;
    for (name, file) in [("filter", filter.path()), ("adapter", &adapter), ("workbench", &workbench)] {
        let size = std::fs::metadata(file).context(format!("{}", file.display()))?.len();
        println!("{name:<10} {size} bytes");
    }

    let bundle = mapping::compile(&case::file("one-page"))?.bundle;
    let plugin = xtask::envoy::plugin_configuration(&bundle, Some("development"), Some("2026-03-01T09:00:00Z"))?;
    let systems = Arc::new(Systems::saying("legacy", page::json(&page::rows(Kind::Repeating))));
    let module = std::fs::read(filter.path()).context("reading the filter")?;
    let module = Filter::new(&module).map_err(|e| fault(format!("{e:?}")))?;
    let embedded = Embedded::new(&adapter).map_err(|e| fault(format!("{e:?}")))?;
    let log = paths::run_dir("bench-component")?.join("wasm.log");
    let log = Arc::new(Sink::create(&log).context("making the log")?);

    let vm = || module.start(plugin.clone().into_bytes(), Arc::clone(&systems), Arc::clone(&log));
    let component = || embedded.start(plugin.as_bytes(), NOW_MS, Arc::clone(&systems));
    let mut made = [Vec::new(), Vec::new()];
    for _ in 0..INSTANCES {
        let before = Instant::now();
        vm().map_err(|e| fault(format!("{e:?}")))?;
        made[0].push(before.elapsed().as_secs_f64());
        let before = Instant::now();
        component().map_err(fault)?;
        made[1].push(before.elapsed().as_secs_f64());
    }
    let [filters, components] = made.map(|times| median(times) * 1e6);
    println!("instance with its bundle, compiled before: filter {filters:.0} µs, component {components:.0} µs");

    let mut vm = vm().map_err(|e| fault(format!("{e:?}")))?;
    let mut component = component().map_err(fault)?;
    let mut native = Native::new(plugin.as_bytes(), NOW_MS, Arc::clone(&systems)).map_err(fault)?;
    let mut sides: [(&str, Side); 3] = [
        ("filter", Box::new(move |request| vm.exchange(request).map_err(|e| format!("{e:?}")))),
        ("component", Box::new(move |request| component.exchange(request))),
        ("native", Box::new(move |request| native.exchange(request))),
    ];
    compare(&mut sides)
}

fn compare(sides: &mut [(&str, Side)]) -> Result<()> {
    let request = Request {
        method: "POST".to_owned(),
        target: "/ifs02/academic-enrollments".to_owned(),
        authority: "ifs.test".to_owned(),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: REQUEST.as_bytes().to_vec(),
    };
    println!("a page through each, with the making of its one call, for {TAX_CODE}: {ROUNDS} rounds of {TURN}");
    let mut seconds = vec![Vec::new(); sides.len()];
    for _ in 0..ROUNDS {
        let mut first: Option<Vec<u8>> = None;
        for ((name, side), seconds) in sides.iter_mut().zip(&mut seconds) {
            let before = thread_seconds();
            for _ in 0..TURN {
                let answer = side(&request).map_err(|e| Error::new(format!("{name}: {e}")))?;
                if answer.status != 200 || *first.get_or_insert_with(|| answer.body.clone()) != answer.body {
                    return Err(Error::new(format!("{name} answers {} or something else", answer.status)));
                }
            }
            seconds.push((thread_seconds() - before) / TURN as f64);
        }
    }
    for ((name, _), own) in sides.iter().zip(&seconds) {
        let ratio = Ratio::of(own, &seconds[0]);
        println!("  {name:<10} {:>6.0} µs   × filter {:.3}", median(own.iter().copied()) * 1e6, ratio.median);
    }
    Ok(())
}

/// CPU of this thread alone.
pub fn thread_seconds() -> f64 {
    let at = clock_gettime(ClockId::ThreadCPUTime);
    at.tv_sec as f64 + at.tv_nsec as f64 / 1e9
}
