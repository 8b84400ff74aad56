//! `cargo xtask bench`: what a page costs in the engine, and what a call costs in the gateway.
//!
//! Each is measured against what others would use or write instead, in the same run: the page against
//! `serde_json::Value` in the same wasm engine, the call against a hand-written sidecar behind the same Envoy. Absolute
//! times are of one machine; the ratios are what counts. `docs/benchmarks.md` says how to read them.

// Measuring tooling; nothing here is shipped.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::string_slice)]

mod aims;
mod call;
mod cpu;
mod head;
mod page;
mod raw;
mod sidecar;
mod stats;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use xtask::{Error, Result, wasm};

use call::subject::{AGAIN, Build, FILTER, Named, Subject};
use head::Facts;
use raw::Raw;

/// Measures a page through the engine, and the CPU of a call.
#[derive(Parser)]
#[command(name = "cargo xtask bench", disable_version_flag = true, disable_help_subcommand = true)]
struct Line {
    #[command(flatten)]
    arguments: Arguments,
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Args, Clone)]
struct Arguments {
    /// Few rounds: about two minutes once everything is built
    #[arg(long)]
    quick: bool,
    /// Another build of the filter, run in turn with the one of this checkout: a module, or a folder with one
    #[arg(long, value_name = "NAME=PATH")]
    filter: Vec<Named>,
    /// Writes what was measured into a file, as JSON lines
    #[arg(long, value_name = "FILE")]
    raw: Option<PathBuf>,
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
            println!("{} bytes answered", bench_guest::pages(0, *times));
            Ok(())
        }
        None => bench(&line.arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn bench(arguments: &Arguments) -> Result<()> {
    let mut raw = Raw::to(arguments.raw.as_deref())?;
    let mut facts = Facts::of_machine()?;
    let built = wasm::build(&[], wasm::Fetch::Never)?;
    let own = Build { wasm: built.path().to_owned(), dir: None };
    let mut subjects = vec![Subject::sidecar(), Subject::filter(FILTER, own.clone()), Subject::filter(AGAIN, own)];
    subjects.extend(arguments.filter.iter().map(|named| Subject::filter(&named.name, named.build.clone())));
    facts.add_subjects(&built, &subjects)?;
    facts.print();
    raw.line(&facts)?;

    let pages = page::measure(if arguments.quick { &page::QUICK } else { &page::WHOLE })?;
    pages.iter().for_each(page::Outcome::print);
    println!();
    let runtime = call::runtime()?;
    let rounds = if arguments.quick { 24 } else { 96 };
    let calls = call::measure(&call::case::groups(), &subjects, rounds, &mut raw, runtime.handle())?;
    calls.iter().for_each(call::outcome::Outcome::print);

    let mut verdicts: Vec<_> = pages.iter().filter_map(page::Outcome::verdict).collect();
    verdicts.extend(aims::of_calls(&calls));
    verdicts.iter().for_each(aims::Verdict::print);
    if verdicts.iter().any(aims::Verdict::past) {
        return Err(Error::new("a ratio has passed its limit"));
    }
    Ok(())
}
