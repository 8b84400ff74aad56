//! `cargo xtask bench`: what a page costs in the engine, and what a call costs in the gateway.
//!
//! Both are measured against the obvious alternative in the same run: the page against `serde_json::Value` in the same
//! wasm engine, the call against a hand-written sidecar behind the same Envoy. Absolute times are of one machine; the
//! ratios are what counts. `docs/benchmarks.md` says how to read them.

// Measuring tooling; nothing here is shipped.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::string_slice)]

mod call;
mod cpu;
mod page;
mod sidecar;
mod stats;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use xtask::{Error, Result};

/// What the page ratio should reach.
const PAGE_AIM: f64 = 0.7;
/// Past this the run fails.
const PAGE_LIMIT: f64 = 1.0;
/// What the CPU ratio of a call should reach.
const CALL_AIM: f64 = 1.2;
/// Past this the run fails.
const CALL_LIMIT: f64 = 1.5;

/// Measures a page through the engine, and the CPU of a call.
#[derive(Parser)]
#[command(name = "cargo xtask bench", disable_version_flag = true, disable_help_subcommand = true)]
struct Line {
    #[command(flatten)]
    arguments: Arguments,
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Args, Clone, Copy)]
struct Arguments {
    /// Few and short rounds: under three minutes once everything is built
    #[arg(long)]
    quick: bool,
}

#[derive(Subcommand)]
enum Part {
    /// The sidecar that the filter is compared with; started by the bench itself
    #[command(hide = true)]
    Sidecar(sidecar::Arguments),
    /// Pages through the engine and nothing else, for a profiler
    Pages {
        /// How many
        times: u32,
    },
}

fn main() -> ExitCode {
    let line = Line::parse();
    let done = match &line.part {
        Some(Part::Sidecar(arguments)) => sidecar::run(arguments),
        Some(Part::Pages { times }) => {
            println!("{} bytes answered", bench_guest::pages(*times));
            Ok(())
        }
        None => bench(line.arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn bench(arguments: Arguments) -> Result<()> {
    let page = page::measure(if arguments.quick { &page::QUICK } else { &page::WHOLE })?;
    page.print(!arguments.quick);
    println!();
    let calls = call::measure(if arguments.quick { &call::QUICK } else { &call::WHOLE })?;
    for call in &calls {
        call.print(!arguments.quick);
    }
    let worse = calls.iter().map(call::Outcome::ratio).fold(0.0, f64::max);
    println!("call cpu ratio {worse:.2}");
    println!();
    let page = verdict("page ratio", page.ratio(), PAGE_AIM, PAGE_LIMIT);
    let call = verdict("call cpu ratio", worse, CALL_AIM, CALL_LIMIT);
    if page && call { Ok(()) } else { Err(Error::new("a ratio has passed its limit")) }
}

/// Says how a ratio stands to its aim; false if it has passed its limit.
fn verdict(name: &str, ratio: f64, aim: f64, limit: f64) -> bool {
    let stands = if ratio <= aim {
        "reached"
    } else if ratio <= limit {
        "missed"
    } else {
        "missed, and past its limit"
    };
    println!("{name} {ratio:.2}: aim {aim:.1} {stands} (limit {limit:.1})");
    // Not a number counts as past.
    ratio <= limit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_past_its_limit_fails() {
        assert!(verdict("r", 0.6, 0.7, 1.0));
        assert!(verdict("r", 0.9, 0.7, 1.0));
        assert!(!verdict("r", 1.01, 0.7, 1.0));
        assert!(!verdict("r", f64::NAN, 0.7, 1.0));
    }
}
