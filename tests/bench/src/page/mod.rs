//! A page without a gateway, in a wasm engine and natively: through the whole engine against a parse into
//! `serde_json::Value`, and as XML through the decoder alone against quick-xml's reader with namespaces.
//!
//! The code is `tests/bench-guest`. What is timed is the CPU time of this thread.

mod guest;
mod side;

use std::path::{Path, PathBuf};

use bench_guest::page::{self, Kind};
use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;
use xtask::{Result, mapping};

use crate::aims::{Aim, Verdict};
use crate::builds;
use crate::call::case;
use crate::call::subject::Named;
use crate::raw::Raw;
use crate::stats::{self, Ratio, least, median};
use guest::Wasm;
use side::{Side, Work};

/// The guest's name in a folder of another build.
pub const MODULE: &str = "bench_guest.wasm";

/// Pages in a round of one side.
const PAGES: u32 = 5;

/// What is compared in one table.
struct Case {
    name: &'static str,
    work: Work,
    page: Vec<u8>,
    /// The mapping, without its ending.
    mapping: &'static str,
    /// What the ratio should be in the wasm engine.
    aim: f64,
}

fn cases() -> Vec<Case> {
    let json = |kind| page::json(&page::rows(kind));
    let soap = |kind| page::soap(&page::rows(kind)).into_bytes();
    let page = |name, page, aim| Case { name, work: Work::Page, page, mapping: "one-page", aim };
    let decode = |name, page, aim| Case { name, work: Work::Decode, page, mapping: "soap-page", aim };
    vec![
        page("page", json(Kind::Repeating), 0.25),
        page("page, rows do not repeat", json(Kind::Varied), 0.35),
        decode("XML decode", soap(Kind::Repeating), 0.5),
        decode("XML decode, rows do not repeat", soap(Kind::Varied), 0.5),
    ]
}

/// What was measured: seconds of CPU a page.
#[derive(Debug)]
pub struct Outcome {
    name: &'static str,
    reference: &'static str,
    bytes: usize,
    aim: f64,
    sides: Vec<Seen>,
}

/// What one side did; the first is what is compared with in wasm, the second ours.
#[derive(Debug)]
struct Seen {
    name: String,
    /// What it is compared with.
    reference: usize,
    seconds: Vec<f64>,
}

/// How much is run.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// How often all instances are made anew: where their memory lies is worth a few hundredths.
    pub sets: usize,
    /// Rounds in a set.
    pub rounds: usize,
}

/// Builds the guests and runs them, other builds of the engine's beside.
pub fn measure(size: Size, others: &[Named], raw: &mut Raw) -> Result<Vec<Outcome>> {
    let guests = Guests { wasm: Wasm::default(), own: builds::guest()?, parse: builds::parse()?, others };
    cases().iter().map(|case| run(case, &guests, size, raw)).collect()
}

/// A line of the raw data: one side's rounds.
#[derive(Serialize)]
struct Line<'a> {
    case: &'a str,
    subject: &'a str,
    pages: u32,
    cpu_ns: Vec<f64>,
}

/// The modules, built.
struct Guests<'a> {
    wasm: Wasm,
    own: PathBuf,
    parse: PathBuf,
    others: &'a [Named],
}

/// A side with its name and the place of what it is compared with.
type Instance = (String, usize, Side);

impl Guests<'_> {
    /// New instances of all sides.
    fn instances(&self, case: &Case) -> Result<Vec<Instance>> {
        let bundle = mapping::compile(&case::file(case.mapping))?.bundle;
        let engine = |module: &Path, bundle: &[u8]| Side::engine(&self.wasm, module, bundle, case);
        let reference = case.work.reference();
        let mut sides = vec![
            (reference.to_owned(), 0, Side::parse(&self.wasm, &self.parse, case)?),
            ("engine".to_owned(), 0, engine(&self.own, &bundle)?),
            ("engine again".to_owned(), 0, engine(&self.own, &bundle)?),
            (format!("{reference}, native"), 3, Side::NativeParse),
            ("engine, native".to_owned(), 3, Side::NativeEngine),
        ];
        for other in self.others {
            let bundle = other.build.bundle(case.mapping)?.unwrap_or_else(|| bundle.clone());
            sides.push((other.name.clone(), 0, engine(&other.build.wasm, &bundle)?));
        }
        Side::load_native(&bundle, case);
        for (_, _, side) in &mut sides {
            side.check(case)?;
        }
        Ok(sides)
    }
}

fn run(case: &Case, guests: &Guests, size: Size, raw: &mut Raw) -> Result<Outcome> {
    let mut seen: Vec<Seen> = Vec::new();
    for set in 0..size.sets {
        let mut sides = guests.instances(case)?;
        if set == 0 {
            let of = |(name, reference, _): &Instance| Seen {
                name: name.clone(),
                reference: *reference,
                seconds: Vec::new(),
            };
            seen = sides.iter().map(of).collect();
        }
        for round in 0..size.rounds {
            for at in stats::order(set * size.rounds + round, sides.len()) {
                let seconds = timed(|| sides[at].2.run(case.work, PAGES))? / f64::from(PAGES);
                seen[at].seconds.push(seconds);
            }
        }
    }
    for side in &seen {
        let cpu_ns = side.seconds.iter().map(|seconds| (seconds * 1e9 * f64::from(PAGES)).round()).collect();
        raw.line(&Line { case: case.name, subject: &side.name, pages: PAGES, cpu_ns })?;
    }
    Ok(Outcome {
        name: case.name,
        reference: case.work.reference(),
        bytes: case.page.len(),
        aim: case.aim,
        sides: seen,
    })
}

/// Seconds of this thread's CPU: what others take of the processor meanwhile is not in it.
fn timed(run: impl FnOnce() -> Result<u64>) -> Result<f64> {
    let now = || {
        let at = clock_gettime(ClockId::ThreadCPUTime);
        at.tv_sec as f64 + at.tv_nsec as f64 / 1e9
    };
    let started = now();
    std::hint::black_box(run()?);
    Ok(now() - started)
}

impl Outcome {
    fn ratio(&self, side: &Seen) -> Ratio {
        Ratio::of(&side.seconds, &self.sides[side.reference].seconds)
    }

    /// How it stands to its aim.
    pub fn verdict(&self) -> Verdict {
        let ratio = self.sides.iter().find(|side| side.name == "engine").map_or(f64::NAN, |s| self.ratio(s).median);
        Verdict::new(format!("{}, × {}", self.name, self.reference), ratio, Aim { aim: self.aim, limit: None })
    }

    /// A table.
    pub fn print(&self) {
        println!("{}: {} bytes; {} rounds of {PAGES} pages", self.name, self.bytes, self.sides[0].seconds.len());
        println!("  {:<28}{:>8}{:>8}{:>9}{:>8}{:>22}", "", "CPU µs", "least", "ns/byte", "MB/s", "ratio");
        for side in &self.sides {
            let middle = median(side.seconds.iter().copied());
            let ratio = self.ratio(side);
            let ratio = if self.sides[side.reference].name == side.name { "–".to_owned() } else { ratio.to_string() };
            println!(
                "  {:<28}{:>8.0}{:>8.0}{:>9.2}{:>8.0}{ratio:>22}",
                side.name,
                middle * 1e6,
                least(side.seconds.iter().copied()) * 1e6,
                middle * 1e9 / self.bytes as f64,
                self.bytes as f64 / middle / 1e6,
            );
        }
        println!();
    }
}
