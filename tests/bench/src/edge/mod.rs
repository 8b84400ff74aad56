//! What each part of `envoy/edge.yaml` costs a request: Envoy's CPU with the file as it is shipped, and with one part of
//! it left out or changed, in turn in one run.
//!
//! Consumers, PDND's keys and the system behind are in this process, whose time is not counted. A request is the least
//! that there is, one call of a short list, so that what the file costs stands out.

mod gateway;
mod legacy;
mod load;
mod table;
mod variants;

use std::path::Path;

use clap::Args;
use tokio::runtime::{Builder, Handle};
use xtask::mapping::Compiled;
use xtask::{Context, Error, Result, mapping, paths, wasm};

use gateway::{Gateway, Outside, WORKERS};
use legacy::Legacy;
use load::{Answer, Ask};
use table::Process;
use variants::Variant;

/// What is measured.
#[derive(Args, Debug)]
pub struct Arguments {
    /// How often every variant is started anew
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(2..))]
    starts: u32,
    /// Rounds of each start; each runs every process once
    #[arg(long, default_value_t = 25, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Requests of each process in a round
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    requests: u32,
    /// What consumers ask for
    #[arg(long, value_enum, default_value_t = Ask::Good)]
    ask: Ask,
    /// Each request on a connection of its own
    #[arg(long)]
    fresh: bool,
    /// Only the variants whose names contain one of these, beside the file as shipped
    parts: Vec<String>,
}

/// Processes with the file as shipped, in each start: everything is held against them.
const SHIPPED: usize = 4;

/// Measures and prints a table.
pub fn run(arguments: &Arguments) -> Result<()> {
    // The file as shipped, and the same once more.
    let always = 2;
    let wanted = |(number, variant): &(usize, &Variant)| {
        *number < always || arguments.parts.is_empty() || arguments.parts.iter().any(|part| variant.name.contains(part))
    };
    let chosen: Vec<&Variant> = variants::ALL.iter().enumerate().filter(wanted).map(|(_, variant)| variant).collect();
    let built = wasm::build(&[], wasm::Fetch::Never)?;
    let file = paths::root().join("tests").join("bench").join("mappings").join("edge.yaml");
    let mapping = mapping::compile(&file)?;
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().context("starting tokio")?;
    let start = |_| one_start(arguments, &chosen, built.path(), &mapping, runtime.handle());
    let starts: Vec<Vec<Process>> = (0..arguments.starts).map(start).collect::<Result<_>>()?;
    print(arguments, &chosen, &starts);
    Ok(())
}

/// Starts every variant, runs the rounds, and ends them all.
fn one_start(
    arguments: &Arguments,
    chosen: &[&Variant],
    wasm: &Path,
    mapping: &Compiled,
    runtime: &Handle,
) -> Result<Vec<Process>> {
    let (legacy, outside) = (Legacy::start(runtime)?, Outside::open()?);
    let plan = plan(chosen.len());
    let start = |variant: &usize| Gateway::start(chosen[*variant], &outside, wasm, mapping, legacy.addr());
    let gateways: Vec<Gateway<'_>> = plan.iter().map(start).collect::<Result<_>>()?;
    let name = |i: usize| chosen[plan[i]].name;
    let target = |i: usize| gateways[i].target(arguments.ask, arguments.fresh);
    let mut expected: Vec<Answer> = Vec::new();
    for i in 0..plan.len() {
        let answer = load::once(&target(i)).context(name(i))?;
        let same = expected.first().is_none_or(|first| arguments.ask != Ask::Good || answer == *first);
        if answer.status != arguments.ask.status() || !same {
            let body = String::from_utf8_lossy(&answer.body).into_owned();
            return Err(Error::new(format!("{}: answered {} {body}", name(i), answer.status)));
        }
        expected.push(answer);
    }
    let measure = |i: usize| {
        let served = legacy.served();
        let cost = load::round(&target(i), arguments.requests, &expected[i], || gateways[i].cpu());
        let cost = cost.context(name(i))?;
        let asked = u64::from(arguments.requests) + load::CONSUMERS as u64;
        if legacy.served() - served != asked * arguments.ask.calls() {
            return Err(Error::new(format!("{}: not so many calls as requests", name(i))));
        }
        Ok(cost as f64 / f64::from(arguments.requests) / 1e3)
    };
    // Caches fill, connections to the system open.
    (0..gateways.len()).try_for_each(|i| measure(i).map(drop))?;
    let mut processes: Vec<Process> =
        plan.iter().map(|variant| Process { variant: *variant, costs: Vec::new() }).collect();
    for round in 0..arguments.rounds as usize {
        // Each is first once, and comes behind another one in the next round.
        let mut order: Vec<usize> = (0..gateways.len()).map(|i| (i + round) % gateways.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for i in order {
            processes[i].costs.push(measure(i)?);
        }
    }
    gateways.into_iter().try_for_each(Gateway::end)?;
    Ok(processes)
}

/// The variants in the order in which they are started: each once, and the first, the file as shipped, between them.
fn plan(variants: usize) -> Vec<usize> {
    let others: Vec<usize> = (1..variants).collect();
    let size = others.len().div_ceil(SHIPPED).max(1);
    let mut plan: Vec<usize> = others.chunks(size).flat_map(|some| [&[0], some].concat()).collect();
    plan.extend(std::iter::repeat_n(0, (variants + SHIPPED - 1).saturating_sub(plan.len())));
    plan
}

fn print(arguments: &Arguments, chosen: &[&Variant], starts: &[Vec<Process>]) {
    println!(
        "edge.yaml, answers {}{}: {} starts of {} rounds of {} requests, {} consumers, {WORKERS} workers; Envoy's CPU, µs a \
         request",
        arguments.ask.status(),
        if arguments.fresh { ", each on a connection of its own" } else { "" },
        arguments.starts,
        arguments.rounds,
        arguments.requests,
        load::CONSUMERS,
    );
    println!("{:<46}{:>8}{:>8}{:>9}{:>8}", "", "median", "less", "ratio", "±");
    let lines = table::lines(chosen.len(), starts);
    for (variant, line) in chosen.iter().zip(&lines) {
        let less = lines[0].middle * (1.0 - line.ratio);
        println!("{:<46}{:>8.1}{less:>8.1}{:>9.3}{:>8.3}", variant.name, line.middle, line.ratio, line.error);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_variant_changes_the_file_and_the_first_do_not() {
        let file = paths::root().join("envoy").join("edge.yaml");
        let shipped = || variants::ALL[0].tree(gateway::read(&file).unwrap()).unwrap();
        for (number, variant) in variants::ALL.iter().enumerate() {
            let tree = variant.tree(gateway::read(&file).unwrap()).unwrap();
            assert_eq!(tree == shipped(), number < 2, "{}", variant.name);
        }
    }

    #[test]
    fn the_file_as_shipped_runs_between_the_others() {
        for variants in 2..30 {
            let plan = plan(variants);
            let times = |variant: usize| plan.iter().filter(|one| **one == variant).count();
            assert!(times(0) == SHIPPED && (1..variants).all(|variant| times(variant) == 1), "{plan:?}");
        }
        assert_eq!(plan(9), [0, 1, 2, 0, 3, 4, 0, 5, 6, 0, 7, 8]);
    }

    #[test]
    fn the_mapping_compiles() {
        let file = paths::root().join("tests").join("bench").join("mappings").join("edge.yaml");
        assert_eq!(mapping::compile(&file).unwrap().clusters, ["legacy"]);
    }
}
