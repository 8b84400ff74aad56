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
mod component;
mod cpu;
mod edge;
mod head;
mod latency;
mod memory;
mod others;
mod page;
mod raw;
mod start;
mod stats;
mod walk;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use tokio::runtime::Handle;
use xtask::{Error, Result, wasm};

use call::subject::{AGAIN, Build, FILTER, Named, Subject};
use head::Facts;
use raw::Raw;

/// Measures pages through the engine, and the CPU of calls through the gateway.
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
    #[arg(long, global = true, value_name = "NAME=PATH", value_parser = other_filter)]
    filter: Vec<Named>,
    /// The same of the guest alone, for pages
    #[arg(long, value_name = "NAME=PATH", value_parser = other_guest)]
    guest: Vec<Named>,
    /// Only pages (`pages`), only calls (`calls`), or only the calls of one mapping
    #[arg(long, global = true, value_name = "WHAT")]
    only: Option<String>,
    /// How often the processes are started anew, in place of 3 or 6
    #[arg(long, global = true, value_name = "N")]
    sets: Option<usize>,
    /// Rounds of each case between two starts, in place of 7 or 16
    #[arg(long, global = true, value_name = "N")]
    rounds: Option<usize>,
    /// Writes what was measured into a file, as JSON lines
    #[arg(long, global = true, value_name = "FILE")]
    raw: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Part {
    /// Calls, against services on Node and Python too
    Others,
    /// Latencies at fixed rates
    Latency(latency::Arguments),
    /// Resident memory, at the start, under load and over time
    Memory(memory::Arguments),
    /// Time to the first answer, and until a replaced bundle answers
    Start(start::Arguments),
    /// What each part of `envoy/edge.yaml` costs a request
    Edge(edge::Arguments),
    /// The engine as a component: size, instances, and a page against the filter's module
    Component,
    /// Walks of whole populations: what a student costs, and whether that or memory grows
    Walk(walk::Arguments),
    /// Pages through the engine and nothing else, for a profiler
    Pages {
        /// How many
        times: u32,
        /// With rows that do not repeat
        #[arg(long)]
        varied: bool,
        /// Three short lists, asked for in three calls, in place of one page
        #[arg(long)]
        lists: bool,
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
        Some(Part::Pages { times, varied, lists }) => pages(*times, *varied, *lists),
        Some(Part::Component) => component::run(),
        Some(Part::Walk(arguments)) => walk::run(arguments),
        Some(Part::Keep { folder }) => builds::keep(folder),
        Some(Part::Edge(arguments)) => edge::run(arguments),
        part => measure(&line.arguments, part.as_ref()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn pages(times: u32, varied: bool, lists: bool) -> Result<()> {
    use bench_guest::{engine, page};
    let kind = if varied { page::Kind::Varied } else { page::Kind::Repeating };
    let bundle = |mapping| Ok::<_, Error>(xtask::mapping::compile(&call::case::file(mapping))?.bundle);
    if !lists {
        engine::load(&bundle("one-page")?, &page::json(&page::rows(kind)));
        println!("{} bytes answered", engine::pages(times));
        return Ok(());
    }
    let mut engine = engine::Loaded::new(&bundle("three-lists")?);
    let lists: Vec<Vec<u8>> = page::lists(kind, &call::case::YEARS).iter().map(|rows| page::json(rows)).collect();
    let mut answered = 0;
    for _ in 0..times {
        let turn = std::cell::Cell::new(0);
        let serve = |_: &_| {
            turn.set(turn.get() + 1);
            lists[(turn.get() - 1) % lists.len()].clone()
        };
        answered = engine.answer(&serve).1.len();
    }
    println!("{answered} bytes answered");
    Ok(())
}

/// Builds what is compared, says what it is, and runs what was asked for.
fn measure(arguments: &Arguments, part: Option<&Part>) -> Result<()> {
    let mut raw = Raw::to(arguments.raw.as_deref())?;
    let mut facts = Facts::of_machine()?;
    let built = wasm::build(&[], wasm::Fetch::Never)?;
    let own = Build { wasm: built.path().to_owned(), dir: None };
    let mut subjects = vec![
        Subject::sidecar(builds::sidecar()?),
        Subject::floor(builds::floor()?),
        Subject::filter(FILTER, own.clone()),
    ];
    if matches!(part, None | Some(Part::Others)) {
        subjects.push(Subject::filter(AGAIN, own));
    }
    if matches!(part, Some(Part::Others)) {
        for (subject, versions) in others::install()? {
            facts.add(&subject.name, versions);
            subjects.push(subject);
        }
    }
    subjects.extend(arguments.filter.iter().map(|named| Subject::filter(&named.name, named.build.clone())));
    facts.add_subjects(&built, &subjects)?;
    facts.print();
    raw.line(&facts)?;

    let runtime = call::runtime()?;
    match part {
        Some(Part::Latency(of)) => latency::run(of, &subjects, &mut raw, runtime.handle()),
        Some(Part::Memory(of)) => memory::run(of, &subjects, &mut raw, runtime.handle()),
        Some(Part::Start(of)) => start::run(of, &subjects, &mut raw, runtime.handle()),
        part => ratios(arguments, part.is_none(), &subjects, &mut raw, runtime.handle()),
    }
}

/// Pages, if they are wanted, and calls; fails if a ratio has passed its limit.
fn ratios(arguments: &Arguments, pages: bool, subjects: &[Subject], raw: &mut Raw, runtime: &Handle) -> Result<()> {
    let only = |what: &str| arguments.only.as_ref().is_none_or(|only| only == what);
    let mut verdicts = Vec::new();
    if pages && only("pages") {
        let beside = arguments.filter.iter().filter_map(|named| named.beside(page::MODULE));
        let guests: Vec<Named> = beside.chain(arguments.guest.iter().cloned()).collect();
        let (sets, rounds) = if arguments.quick { (5, 12) } else { (16, 25) };
        let pages = page::measure(page::Size { sets, rounds }, &guests, raw)?;
        pages.iter().for_each(page::Outcome::print);
        verdicts.extend(pages.iter().map(page::Outcome::verdict));
    }
    let mut groups = call::case::groups();
    groups.retain(|group| only("calls") || only(group.mapping));
    let (sets, rounds) = if arguments.quick || !pages { (3, 7) } else { (6, 16) };
    let size = call::Size { sets: arguments.sets.unwrap_or(sets), rounds: arguments.rounds.unwrap_or(rounds) };
    let calls = call::measure(&groups, subjects, size, raw, runtime)?;
    println!();
    calls.iter().for_each(call::outcome::Outcome::print);
    verdicts.extend(aims::of_calls(&calls, !pages));

    verdicts.iter().for_each(aims::Verdict::print);
    for (name, off) in calls.iter().filter_map(|outcome| Some((outcome.name, outcome.doubt()?))) {
        println!("DOUBTFUL: in {name} the filter differs from itself by {:+.1} %; run it again", off * 1e2);
    }
    if verdicts.iter().any(aims::Verdict::past) {
        return Err(Error::new("a ratio has passed its limit"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Line::command().debug_assert();
    }
}
