//! One side of a comparison: a guest, or the same functions natively.

use std::path::Path;

use bench_answer::{Answers, json};
use bench_guest::page::ROWS;
use bench_guest::{engine, parse};
use xtask::{Context, Error, Result};

use super::Case;
use super::guest::{Guest, Wasm};
use crate::call::arrangement::CURRENT_YEAR;
use crate::call::load::TAX_CODE;

/// What is done with a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// A whole request, against a parse into `Value`.
    Page,
    /// The decoding of a SOAP answer, against all its events.
    Decode,
}

impl Work {
    /// What it is compared with, in words.
    pub fn reference(self) -> &'static str {
        match self {
            Self::Page => "Value parse",
            Self::Decode => "NsReader",
        }
    }

    fn engine(self) -> &'static str {
        match self {
            Self::Page => "pages",
            Self::Decode => "decode",
        }
    }

    fn parse(self) -> &'static str {
        match self {
            Self::Page => "values",
            Self::Decode => "events",
        }
    }
}

/// A side.
pub enum Side {
    /// A build of the engine.
    Engine(Box<Guest>),
    /// What it is compared with.
    Parse(Box<Guest>),
    /// The engine natively.
    NativeEngine,
    /// What it is compared with, natively.
    NativeParse,
}

impl Side {
    /// A build of the engine with mapping and page.
    pub fn engine(wasm: &Wasm, module: &Path, bundle: &[u8], case: &Case) -> Result<Self> {
        let mut guest = Guest::start(wasm, module)?;
        guest.load("load_bundle", bundle)?;
        guest.load("load_page", &case.page)?;
        Ok(Self::Engine(Box::new(guest)))
    }

    /// What it is compared with, with the page.
    pub fn parse(wasm: &Wasm, module: &Path, case: &Case) -> Result<Self> {
        let mut guest = Guest::start(wasm, module)?;
        guest.load("load_page", &case.page)?;
        Ok(Self::Parse(Box::new(guest)))
    }

    /// Mapping and page for the native sides.
    pub fn load_native(bundle: &[u8], case: &Case) {
        engine::load(bundle, &case.page);
        parse::load(&case.page);
    }

    /// Does it so many times.
    pub fn run(&mut self, work: Work, times: u32) -> Result<u64> {
        match self {
            Self::Engine(guest) => guest.run(work.engine(), times),
            Self::Parse(guest) => guest.run(work.parse(), times),
            Self::NativeEngine => Ok(match work {
                Work::Page => engine::pages(times),
                Work::Decode => engine::decode(times),
            }),
            Self::NativeParse => Ok(match work {
                Work::Page => parse::values(times),
                Work::Decode => parse::events(times),
            }),
        }
    }

    /// Warms up, and makes sure that what is measured is the whole work: the engine's answer has the bytes of what is
    /// written by hand.
    pub fn check(&mut self, case: &Case) -> Result<()> {
        let given = self.run(case.work, 3)?;
        let rows = ROWS as u64;
        let (whole, what) = match (&mut *self, case.work) {
            (Self::Parse(_) | Self::NativeParse, Work::Page) => (given == rows, "rows"),
            // A row, its 73 members, and the seven codes inside some of them.
            (Self::Parse(_) | Self::NativeParse, Work::Decode) => (given == rows * 81, "elements"),
            (Self::Engine(guest), Work::Page) => (guest.answer(given)? == expected(case)?, "bytes of an answer"),
            (Self::NativeEngine, Work::Page) => (engine::answered() == expected(case)?, "bytes of an answer"),
            (Self::Engine(_) | Self::NativeEngine, Work::Decode) => (given == 3, "documents"),
        };
        if whole { Ok(()) } else { Err(Error::new(format!("{}: not the whole work: {given} {what}", case.name))) }
    }
}

/// What is answered by hand.
fn expected(case: &Case) -> Result<Vec<u8>> {
    let answers = Answers::new(CURRENT_YEAR).context("the courses")?;
    let rows = json(&case.page).context("the page")?;
    answers.write(TAX_CODE, [rows]).context("by hand")?.context("nobody")
}

#[cfg(test)]
mod tests {
    use xtask::mapping;

    use super::super::{Case, cases};
    use super::*;
    use crate::call::case;

    #[test]
    fn the_native_sides_do_the_whole_work() {
        for case in cases() {
            Side::load_native(&mapping::compile(&case::file(case.mapping)).unwrap().bundle, &case);
            Side::NativeEngine.check(&case).unwrap();
            Side::NativeParse.check(&case).unwrap();
        }
    }

    #[test]
    fn another_answer_is_noticed() {
        let [repeating, varied, ..] = &cases()[..] else { panic!() };
        Side::load_native(&mapping::compile(&case::file(repeating.mapping)).unwrap().bundle, repeating);
        assert!(Side::NativeEngine.check(varied).is_err());
        let short = Case { page: b"[]".to_vec(), ..cases().remove(0) };
        Side::load_native(&mapping::compile(&case::file(short.mapping)).unwrap().bundle, &short);
        assert!(Side::NativeParse.check(&short).is_err());
    }
}
