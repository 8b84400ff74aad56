//! `cargo xtask bench`: what a page costs in the engine, and what a call costs in the gateway.
//!
//! Each is measured against what others would use or write instead, in the same run: the page against
//! `serde_json::Value` in the same wasm engine, the call against a hand-written sidecar behind the same Envoy. Absolute
//! times are of one machine; the ratios are what counts. `docs/benchmarks.md` says how to read them.

// Measuring tooling; nothing here is shipped.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::string_slice)]

mod aims;
mod builds;
mod call;
mod cpu;
mod head;
mod page;
mod raw;
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
    /// Another build of the filter, run in turn with the one of this checkout: a module, or a folder that `keep` wrote
    #[arg(long, value_name = "NAME=PATH", value_parser = other_filter)]
    filter: Vec<Named>,
    /// The same of the guest alone, for pages
    #[arg(long, value_name = "NAME=PATH", value_parser = other_guest)]
    guest: Vec<Named>,
    /// Only pages (`pages`), only calls (`calls`), or only the calls of one mapping
    #[arg(long, value_name = "WHAT")]
    only: Option<String>,
    /// How often the processes are started anew, in place of 3 or 6
    #[arg(long, value_name = "N")]
    sets: Option<usize>,
    /// Rounds of each case between two starts, in place of 8 or 16
    #[arg(long, value_name = "N")]
    rounds: Option<usize>,
    /// Writes what was measured into a file, as JSON lines
    #[arg(long, value_name = "FILE")]
    raw: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Part {
    /// Pages through the engine and nothing else, for a profiler
    Pages {
        /// How many
        times: u32,
    },
    /// Writes the filter, the guest, the bundles and the gateway's configuration into a folder, for `--filter` of another
    /// checkout
    Keep {
        /// Where
        folder: PathBuf,
    },
}

fn other_filter(text: &str) -> Result<Named> {
    Named::read(text, call::subject::MODULE)
}

fn other_guest(text: &str) -> Result<Named> {
    Named::read(text, page::MODULE)
}

fn main() -> ExitCode {
    let line = Line::parse();
    let done = match &line.part {
        Some(Part::Pages { times }) => pages(*times),
        Some(Part::Keep { folder }) => builds::keep(folder),
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

fn pages(times: u32) -> Result<()> {
    use bench_guest::{engine, page};
    let bundle = xtask::mapping::compile(&call::case::file("one-page"))?.bundle;
    engine::load(&bundle, &page::json(&page::rows(page::Kind::Repeating)));
    println!("{} bytes answered", engine::pages(times));
    Ok(())
}

fn bench(arguments: &Arguments) -> Result<()> {
    let only = |what: &str| arguments.only.as_ref().is_none_or(|only| only == what);
    let mut raw = Raw::to(arguments.raw.as_deref())?;
    let mut facts = Facts::of_machine()?;
    let built = wasm::build(&[], wasm::Fetch::Never)?;
    let own = Build { wasm: built.path().to_owned(), dir: None };
    let mut subjects = vec![
        Subject::sidecar(builds::sidecar()?),
        Subject::floor(builds::floor()?),
        Subject::filter(FILTER, own.clone()),
        Subject::filter(AGAIN, own),
    ];
    subjects.extend(arguments.filter.iter().map(|named| Subject::filter(&named.name, named.build.clone())));
    facts.add_subjects(&built, &subjects)?;
    facts.print();
    raw.line(&facts)?;

    let mut verdicts = Vec::new();
    if only("pages") {
        let guests: Vec<Named> = arguments.filter.iter().filter_map(|named| named.beside(page::MODULE)).collect();
        let guests: Vec<Named> = guests.into_iter().chain(arguments.guest.iter().cloned()).collect();
        let pages = page::measure(if arguments.quick { 60 } else { 400 }, &guests, &mut raw)?;
        pages.iter().for_each(page::Outcome::print);
        verdicts.extend(pages.iter().map(page::Outcome::verdict));
    }
    let mut groups = call::case::groups();
    groups.retain(|group| only("calls") || only(group.mapping));
    let (sets, rounds) = if arguments.quick { (3, 8) } else { (6, 16) };
    let size = call::Size { sets: arguments.sets.unwrap_or(sets), rounds: arguments.rounds.unwrap_or(rounds) };
    let runtime = call::runtime()?;
    let calls = call::measure(&groups, &subjects, size, &mut raw, runtime.handle())?;
    println!();
    calls.iter().for_each(call::outcome::Outcome::print);
    verdicts.extend(aims::of_calls(&calls));

    verdicts.iter().for_each(aims::Verdict::print);
    if verdicts.iter().any(aims::Verdict::past) {
        return Err(Error::new("a ratio has passed its limit"));
    }
    Ok(())
}
