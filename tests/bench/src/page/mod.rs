//! A page of 100 rows: decoded, mapped, settled and written by the engine, against a parse into `serde_json::Value`.
//!
//! Both run in the same wasm engine, and natively, in turn; the code is `tests/bench-guest`.

mod guest;

use std::time::Instant;

use xtask::{Error, Result};

use crate::stats::{Pairs, least, median};
use guest::Guest;

/// How much is run.
#[derive(Debug)]
pub struct Size {
    /// Pairs of rounds.
    rounds: u32,
    /// Pages in a round.
    pages: u32,
}

/// About five seconds.
pub const QUICK: Size = Size { rounds: 101, pages: 10 };
/// About half a minute.
pub const WHOLE: Size = Size { rounds: 601, pages: 10 };

/// What was measured: seconds a page, the engine against the parse.
#[derive(Debug)]
pub struct Outcome {
    bytes: usize,
    wasm: Pairs,
    native: Pairs,
}

/// Builds the guest and runs it.
pub fn measure(size: &Size) -> Result<Outcome> {
    let mut guest = Guest::load(&guest::build()?)?;
    let mut native = Native;
    for side in [&mut guest as &mut dyn Side, &mut native] {
        check(side)?;
    }
    let mut outcome =
        Outcome { bytes: bench_guest::page::page().len(), wasm: Pairs::default(), native: Pairs::default() };
    for round in 0..size.rounds {
        outcome.wasm.rounds.push(pair(&mut guest, size.pages, round)?);
        outcome.native.rounds.push(pair(&mut native, size.pages, round)?);
    }
    Ok(outcome)
}

/// Where the guest's two functions run.
trait Side {
    /// `times` pages through the engine; bytes of the answers together.
    fn pages(&mut self, times: u32) -> Result<u64>;
    /// `times` parses; rows together.
    fn values(&mut self, times: u32) -> Result<u64>;
}

struct Native;

impl Side for Native {
    fn pages(&mut self, times: u32) -> Result<u64> {
        Ok(bench_guest::pages(times))
    }

    fn values(&mut self, times: u32) -> Result<u64> {
        Ok(bench_guest::values(times))
    }
}

/// Warms up, and makes sure that what is measured is the whole work.
fn check(side: &mut dyn Side) -> Result<()> {
    let rows = bench_guest::page::ROWS as u64;
    if side.values(3)? != 3 * rows {
        return Err(Error::new("the parse did not find every row"));
    }
    // An enrolment has seven members; an answer that dropped any would be shorter.
    let answer = side.pages(3)? / 3;
    if answer < rows * 150 {
        return Err(Error::new(format!("the answer has only {answer} bytes for {rows} rows")));
    }
    Ok(())
}

/// One round of each; who is first changes from round to round.
fn pair(side: &mut dyn Side, pages: u32, round: u32) -> Result<(f64, f64)> {
    let engine = |side: &mut dyn Side| timed(pages, || side.pages(pages));
    let parse = |side: &mut dyn Side| timed(pages, || side.values(pages));
    if round.is_multiple_of(2) {
        let first = engine(side)?;
        Ok((first, parse(side)?))
    } else {
        let first = parse(side)?;
        Ok((engine(side)?, first))
    }
}

fn timed(pages: u32, run: impl FnOnce() -> Result<u64>) -> Result<f64> {
    let started = Instant::now();
    let result = run()?;
    let seconds = started.elapsed().as_secs_f64();
    std::hint::black_box(result);
    Ok(seconds / f64::from(pages))
}

impl Outcome {
    /// The engine's time over the parse's, in the wasm engine.
    pub fn ratio(&self) -> f64 {
        self.wasm.ratio()
    }

    /// The lines a person or a script reads; with `table`, every figure.
    pub fn print(&self, table: bool) {
        println!("page ratio {:.2}", self.wasm.ratio());
        println!("page ratio native {:.2}", self.native.ratio());
        if table {
            println!("page of {} bytes       median µs   least µs   MB/s (median)", self.bytes);
            self.row("wasm engine", self.wasm.subject());
            self.row("wasm Value parse", self.wasm.other());
            self.row("native engine", self.native.subject());
            self.row("native Value parse", self.native.other());
        } else {
            for (place, pairs) in [("wasm", &self.wasm), ("native", &self.native)] {
                let (engine, parse) = (median(pairs.subject()), median(pairs.other()));
                println!(
                    "page {place}: engine {:.0} µs (least {:.0}), {:.0} MB/s; Value parse {:.0} µs (least {:.0}), {:.0} MB/s",
                    engine * 1e6,
                    least(pairs.subject()) * 1e6,
                    self.rate(engine),
                    parse * 1e6,
                    least(pairs.other()) * 1e6,
                    self.rate(parse),
                );
            }
        }
    }

    fn row(&self, name: &str, seconds: impl Iterator<Item = f64>) {
        let seconds: Vec<f64> = seconds.collect();
        let middle = median(seconds.iter().copied());
        println!(
            "{name:<24}{:>14.0}{:>11.0}{:>16.0}",
            middle * 1e6,
            least(seconds.iter().copied()) * 1e6,
            self.rate(middle)
        );
    }

    /// Megabytes of page a second.
    fn rate(&self, seconds: f64) -> f64 {
        self.bytes as f64 / seconds / 1e6
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_native_side_does_the_whole_work() {
        check(&mut Native).unwrap();
    }

    #[test]
    fn an_answer_that_dropped_rows_is_noticed() {
        struct Lazy;
        impl Side for Lazy {
            fn pages(&mut self, times: u32) -> Result<u64> {
                Ok(u64::from(times) * 60)
            }
            fn values(&mut self, times: u32) -> Result<u64> {
                Ok(u64::from(times) * 100)
            }
        }
        assert!(check(&mut Lazy).is_err());
    }
}
