//! `cargo xtask fuzz [TARGET] [--seconds N] [--seed N] [--slowest FILE] [--file FILE]`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use fuzz::{Target, Told, corpus, one, run, target, targets};

/// Feeds compiler and decoders with changed inputs until the time is over or a promise is broken.
#[derive(Parser)]
#[command(name = "cargo xtask fuzz", disable_version_flag = true)]
struct Arguments {
    /// One target; all of them if left out, each with its share of the time.
    target: Option<String>,
    /// How long, seconds.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// What chance begins with; the same seed makes the same inputs.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Writes the input that took longest here, to look at where the time went.
    #[arg(long, requires = "target")]
    slowest: Option<PathBuf>,
    /// Tries this file alone, which names what it breaks.
    #[arg(long, requires = "target")]
    file: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let chosen: Vec<&Target> = match &arguments.target {
        None => targets().iter().collect(),
        Some(name) => match target(name) {
            Some(target) => vec![target],
            None => {
                let names: Vec<&str> = targets().iter().map(|t| t.name).collect();
                eprintln!("error: there is no target {name}; there are: {}", names.join(", "));
                return ExitCode::FAILURE;
            }
        },
    };
    let _told = Told::listen();
    if let (Some(file), [target]) = (&arguments.file, chosen.as_slice()) {
        let outcome = match std::fs::read(file) {
            Ok(input) => one(target, &input),
            Err(error) => Err(error.to_string()),
        };
        return match outcome {
            Ok(_) => {
                println!("{} holds", target.name);
                ExitCode::SUCCESS
            }
            Err(why) => {
                println!("{why}");
                ExitCode::FAILURE
            }
        };
    }
    let shares: u64 = chosen.iter().map(|t| t.share).sum();
    let (mut passed, mut failed) = (0_usize, 0_usize);
    for target in chosen {
        let part = arguments.seconds.saturating_mul(1_000).saturating_mul(target.share);
        let time = Duration::from_millis(part.checked_div(shares).unwrap_or(0));
        match run(target, arguments.seed, time, u64::MAX, &corpus(target)) {
            Ok(found) => {
                passed = passed.saturating_add(1);
                if let Some(file) = &arguments.slowest
                    && let Err(error) = std::fs::write(file, &found.slow)
                {
                    eprintln!("{} cannot be written: {error}", file.display());
                }
                println!(
                    "{:9} {:>8} inputs, {:>5} outcomes, the slowest took {} ms",
                    target.name,
                    found.cases,
                    found.outcomes,
                    found.slowest.as_millis()
                );
            }
            Err(broken) => {
                failed = failed.saturating_add(1);
                println!("{:9} broken: {}", target.name, broken.why);
                println!("  again: cargo xtask fuzz {} --file {}", target.name, broken.file.display());
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
