//! A page of 100 rows: decoded, mapped, settled and written by the engine, against a parse into `serde_json::Value`.
//!
//! Both run in the same wasm engine, and natively, in turn; the code is `tests/bench-guest`.

mod guest;

use bench_guest::page::{Kind, ROWS};
use rustix::time::{ClockId, clock_gettime};
use xtask::{Error, Result};

use crate::aims::{Aim, Verdict};
use crate::stats::{Ratio, least, median};
use guest::Guest;

/// How much is run.
#[derive(Debug)]
pub struct Size {
    /// Rounds of each kind of page.
    rounds: u32,
    /// Pages in a round.
    pages: u32,
}

/// About ten seconds.
pub const QUICK: Size = Size { rounds: 101, pages: 5 };
/// About a minute.
pub const WHOLE: Size = Size { rounds: 601, pages: 5 };

/// What was measured of one kind of page in one place: seconds of CPU a page.
#[derive(Debug)]
pub struct Outcome {
    name: String,
    bytes: usize,
    aim: Option<Aim>,
    engine: Vec<f64>,
    parse: Vec<f64>,
}

/// The kinds, and what the ratio should be in the wasm engine.
const KINDS: [(Kind, &str, f64); 2] =
    [(Kind::Repeating, "page", 0.25), (Kind::Varied, "page, rows do not repeat", 0.35)];

/// Builds the guest and runs it.
pub fn measure(size: &Size) -> Result<Vec<Outcome>> {
    let mut guest = Guest::load(&guest::build()?)?;
    let mut native = Native;
    let mut outcomes = Vec::new();
    for (kind, name, aim) in KINDS {
        let bytes = bench_guest::page::json(&bench_guest::page::rows(kind)).len();
        let outcome = |name, aim| Outcome { name, bytes, aim, engine: Vec::new(), parse: Vec::new() };
        let mut both = [
            (&mut guest as &mut dyn Side, outcome(name.to_owned(), Some(Aim { aim, limit: None }))),
            (&mut native, outcome(format!("{name}, native"), None)),
        ];
        for (side, _) in &mut both {
            check(*side, kind)?;
        }
        for round in 0..size.rounds {
            for (side, outcome) in &mut both {
                let (engine, parse) = pair(*side, kind, size.pages, round)?;
                outcome.engine.push(engine);
                outcome.parse.push(parse);
            }
        }
        outcomes.extend(both.map(|(_, outcome)| outcome));
    }
    Ok(outcomes)
}

/// Where the guest's two functions run.
trait Side {
    /// `times` pages through the engine; bytes of the answers together.
    fn pages(&mut self, kind: Kind, times: u32) -> Result<u64>;
    /// `times` parses; rows together.
    fn values(&mut self, kind: Kind, times: u32) -> Result<u64>;
}

struct Native;

impl Side for Native {
    fn pages(&mut self, kind: Kind, times: u32) -> Result<u64> {
        Ok(bench_guest::pages(kind as u32, times))
    }

    fn values(&mut self, kind: Kind, times: u32) -> Result<u64> {
        Ok(bench_guest::values(kind as u32, times))
    }
}

/// Warms up, and makes sure that what is measured is the whole work.
fn check(side: &mut dyn Side, kind: Kind) -> Result<()> {
    let rows = ROWS as u64;
    if side.values(kind, 3)? != 3 * rows {
        return Err(Error::new("the parse did not find every row"));
    }
    // An enrolment has seven members; an answer that dropped any would be shorter.
    let answer = side.pages(kind, 3)? / 3;
    if answer < rows * 150 {
        return Err(Error::new(format!("the answer has only {answer} bytes for {rows} rows")));
    }
    Ok(())
}

/// One round of each; who is first changes from round to round.
fn pair(side: &mut dyn Side, kind: Kind, pages: u32, round: u32) -> Result<(f64, f64)> {
    let engine = |side: &mut dyn Side| timed(pages, || side.pages(kind, pages));
    let parse = |side: &mut dyn Side| timed(pages, || side.values(kind, pages));
    if round.is_multiple_of(2) {
        let first = engine(side)?;
        Ok((first, parse(side)?))
    } else {
        let first = parse(side)?;
        Ok((engine(side)?, first))
    }
}

/// Seconds of this thread's CPU for each of `times`: what others take of the processor meanwhile is not in it.
fn timed(times: u32, run: impl FnOnce() -> Result<u64>) -> Result<f64> {
    let now = || {
        let at = clock_gettime(ClockId::ThreadCPUTime);
        at.tv_sec as f64 + at.tv_nsec as f64 / 1e9
    };
    let started = now();
    std::hint::black_box(run()?);
    Ok((now() - started) / f64::from(times))
}

impl Outcome {
    fn ratio(&self) -> Ratio {
        Ratio::of(&self.engine, &self.parse)
    }

    /// How it stands to its aim, if it has one.
    pub fn verdict(&self) -> Option<Verdict> {
        let name = format!("{}, × Value parse", self.name);
        self.aim.map(|aim| Verdict::new(name, self.ratio().median, aim))
    }

    /// A line.
    pub fn print(&self) {
        let rate = |seconds: f64| self.bytes as f64 / seconds / 1e6;
        let part = |seconds: &[f64]| {
            let middle = median(seconds.iter().copied());
            format!(
                "{:.0} µs (least {:.0}), {:.0} MB/s",
                middle * 1e6,
                least(seconds.iter().copied()) * 1e6,
                rate(middle)
            )
        };
        println!("{}, {} bytes: ratio {}", self.name, self.bytes, self.ratio());
        println!("  engine {}; Value parse {}", part(&self.engine), part(&self.parse));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_native_side_does_the_whole_work() {
        check(&mut Native, Kind::Repeating).unwrap();
        check(&mut Native, Kind::Varied).unwrap();
    }

    #[test]
    fn an_answer_that_dropped_rows_is_noticed() {
        struct Lazy;
        impl Side for Lazy {
            fn pages(&mut self, _: Kind, times: u32) -> Result<u64> {
                Ok(u64::from(times) * 60)
            }
            fn values(&mut self, _: Kind, times: u32) -> Result<u64> {
                Ok(u64::from(times) * 100)
            }
        }
        assert!(check(&mut Lazy, Kind::Repeating).is_err());
    }
}
