//! A call: CPU time of Envoy with the filter against the same Envoy with a hand-written sidecar.
//!
//! Consumers and legacy system are in this process, whose time is not counted. Rounds are run in turn, each a bounded
//! number of requests; every answer of either arrangement must have the same bytes.

mod arrangement;
mod legacy;
mod load;

use std::path::Path;
use std::time::Duration;

use axum::body::Bytes;
use tokio::runtime::{Builder, Handle};
use xtask::{Context, Error, Result, mapping, paths, wasm};

use crate::stats::{Pairs, least, median, quantile};
use arrangement::{Arrangement, WORKERS};
use legacy::{Legacy, Lists};

/// How much is run.
#[derive(Debug)]
pub struct Size {
    /// Pairs of rounds.
    rounds: u32,
}

/// About half a minute. Many short rounds bear a busy machine better than a few long ones.
pub const QUICK: Size = Size { rounds: 24 };
/// About three minutes.
pub const WHOLE: Size = Size { rounds: 120 };

/// The years of the three lists; in `mappings/three-lists.yaml` too.
const YEARS: [u16; 3] = [2025, 2024, 2023];

struct Case {
    name: &'static str,
    mapping: &'static str,
    lists: Lists,
    /// What the sidecar asks for, each in a call of its own; nothing asks once.
    years: &'static [u16],
    /// Requests of a round: half a second of CPU, for the kernel counts in hundredths.
    requests: u32,
}

fn cases() -> Result<[Case; 2]> {
    Ok([
        Case {
            name: "3 × 16 KB",
            mapping: "three-lists",
            lists: legacy::three_lists(YEARS)?,
            years: &YEARS,
            requests: 1_000,
        },
        Case { name: "1 × 134 KB", mapping: "one-page", lists: legacy::one_page(), years: &[], requests: 600 },
    ])
}

/// What one arrangement did besides using CPU.
#[derive(Debug, Default)]
struct Seen {
    /// Requests a second, one for each round.
    rates: Vec<f64>,
    /// Of all rounds, seconds.
    latencies: Vec<f64>,
    /// The sidecar's share of a call's CPU, seconds, one for each round; zeros without one.
    sidecar: Vec<f64>,
}

/// What was measured of a case: seconds of CPU a call, the filter against the sidecar.
#[derive(Debug)]
pub struct Outcome {
    name: &'static str,
    cpu: Pairs,
    filter: Seen,
    sidecar: Seen,
    answer: usize,
}

/// Builds the filter and runs both cases.
pub fn measure(size: &Size) -> Result<Vec<Outcome>> {
    let built = wasm::build(&[], wasm::Fetch::Never)?;
    println!(
        "calls: {} consumers; Envoy with {WORKERS} workers in both arrangements, sidecar with {WORKERS}; filter {}",
        load::CONSUMERS,
        if built.optimised.is_some() { "after wasm-opt" } else { "as built, without wasm-opt" },
    );
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().context("starting tokio")?;
    cases()?.into_iter().map(|case| run(case, size, built.path(), runtime.handle())).collect()
}

fn run(case: Case, size: &Size, wasm: &Path, runtime: &Handle) -> Result<Outcome> {
    let file = paths::root().join("tests").join("bench").join("mappings").join(case.mapping).with_extension("yaml");
    let mapping = mapping::compile(&file)?;
    let calls = case.lists.len() as u64;
    let rows = if case.years.is_empty() { bench_guest::page::ROWS } else { 36 };
    let legacy = Legacy::start(runtime, case.lists)?;
    let filter = Arrangement::filter(wasm, &mapping, legacy.addr())?;
    let sidecar = Arrangement::sidecar(legacy.addr(), case.years)?;

    let expected = load::once(runtime, sidecar.addr())?;
    check(&expected, rows)?;
    if load::once(runtime, filter.addr())? != expected {
        return Err(Error::new(format!("{}: filter and sidecar answer different bytes", case.name)));
    }
    let requests = case.requests;
    let mut outcome = Outcome {
        name: case.name,
        cpu: Pairs::default(),
        filter: Seen::default(),
        sidecar: Seen::default(),
        answer: expected.len(),
    };
    let load = |arrangement: &Arrangement, requests: u32, seen: &mut Seen| {
        let (served, before) = (legacy.served(), arrangement.cpu()?);
        let round = load::round(runtime, arrangement.addr(), requests, &expected)?;
        let after = arrangement.cpu()?;
        if legacy.served() - served != calls * u64::from(requests) {
            return Err(Error::new(format!("{}: not {calls} calls a request", case.name)));
        }
        seen.rates.push(f64::from(requests) / round.took.as_secs_f64());
        seen.latencies.extend(round.latencies);
        let spent = |before: Duration, after: Duration| (after - before).as_secs_f64() / f64::from(requests);
        let (envoy, sidecar) = (spent(before.0, after.0), spent(before.1, after.1));
        seen.sidecar.push(sidecar);
        Ok(envoy + sidecar)
    };
    // Connections open, caches fill, V8 compiles what is hot.
    for arrangement in [&filter, &sidecar] {
        load(arrangement, requests * 2, &mut Seen::default())?;
    }
    for round in 0..size.rounds {
        let pair = if round.is_multiple_of(2) {
            let first = load(&filter, requests, &mut outcome.filter)?;
            (first, load(&sidecar, requests, &mut outcome.sidecar)?)
        } else {
            let first = load(&sidecar, requests, &mut outcome.sidecar)?;
            (load(&filter, requests, &mut outcome.filter)?, first)
        };
        outcome.cpu.rounds.push(pair);
    }
    filter.end()?;
    sidecar.end()?;
    Ok(outcome)
}

/// The sidecar's answer has every row: what is measured is the whole work.
fn check(answer: &Bytes, rows: usize) -> Result<()> {
    let text = String::from_utf8_lossy(answer);
    let found = text.matches("\"degree_course_code\":").count();
    if found == rows { Ok(()) } else { Err(Error::new(format!("{found} enrolments answered, not {rows}"))) }
}

impl Outcome {
    /// The filter's CPU a call over the sidecar's.
    pub fn ratio(&self) -> f64 {
        self.cpu.ratio()
    }

    /// The lines a person or a script reads; with `table`, every figure.
    pub fn print(&self, table: bool) {
        println!("call cpu ratio {:.2} ({})", self.ratio(), self.name);
        let (lowest, highest) = self.cpu.spread();
        println!(
            "  {} pairs of rounds, ratios {lowest:.2} to {highest:.2}; answer {} bytes",
            self.cpu.rounds.len(),
            self.answer
        );
        if table {
            println!(
                "                  CPU µs a call   least   of it sidecar   requests a second   median ms   99 % ms"
            );
        }
        self.filter.print("Envoy + filter", self.cpu.subject().collect(), table);
        self.sidecar.print("Envoy + sidecar", self.cpu.other().collect(), table);
    }
}

impl Seen {
    fn print(&self, name: &str, cpu: Vec<f64>, table: bool) {
        let mut latencies = self.latencies.clone();
        let (middle, slow) = (quantile(&mut latencies, 0.5) * 1e3, quantile(&mut latencies, 0.99) * 1e3);
        let rate = median(self.rates.iter().copied());
        let sidecar = median(self.sidecar.iter().copied()) * 1e6;
        let (least, cpu) = (least(cpu.iter().copied()) * 1e6, median(cpu) * 1e6);
        if table {
            println!("{name:<18}{cpu:>13.0}{least:>8.0}{sidecar:>16.0}{rate:>20.0}{middle:>12.1}{slow:>10.1}");
        } else {
            println!(
                "  {name}: {cpu:.0} µs CPU a call (least {least:.0}; sidecar {sidecar:.0}), {rate:.0} requests a \
                 second, latency {middle:.1} ms (99 %: {slow:.1})"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mappings_compile_and_mean_the_lists() {
        for case in cases().unwrap() {
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings").join(case.mapping).with_extension("yaml");
            let compiled = mapping::compile(&file).unwrap();
            assert_eq!(compiled.clusters, ["legacy"]);
            let bundle = String::from_utf8(compiled.bundle).unwrap();
            for year in case.years {
                assert!(bundle.contains(&format!("\"{year}\"")), "{}: {year}", case.mapping);
            }
        }
    }

    #[test]
    fn an_answer_without_a_row_is_noticed() {
        let answer = Bytes::from_static(br#"{"enrollments":[{"degree_course_code":"1"}]}"#);
        assert!(check(&answer, 1).is_ok());
        assert!(check(&answer, 2).is_err());
    }
}
