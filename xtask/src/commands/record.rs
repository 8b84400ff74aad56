//! `cargo xtask record`: takes what every scenario and the whole population come to now as the record in `tests/record`,
//! or holds it against the record. `cargo xtask test` does the latter too, in its run of the scenarios.

use std::process::Command;

use clap::Args;
use xtask::{Result, paths, process};

/// Parts of the suite that the record has nothing of.
const OTHERS: [&str; 5] = ["configure", "sessions", "metrics", "containment", "trust"];

/// What is done with what is found.
#[derive(Args)]
pub struct Arguments {
    /// Says what differs from the record, and fails if anything does
    #[arg(long)]
    check: bool,
    /// The engine as a library alone, without filter and Envoy: in seconds
    #[arg(long, requires = "check")]
    native: bool,
}

/// Runs the suite's scenarios and its population.
pub fn run(arguments: &Arguments) -> Result<()> {
    let mut command = Command::new(paths::cargo());
    command.current_dir(paths::root()).args(["test", "--quiet", "--package", "harness", "--test", "suite", "--"]);
    command.args(OTHERS.iter().flat_map(|part| ["--skip", part]));
    if !arguments.check {
        command.arg("--record");
    }
    if arguments.native {
        command.args(["--layer", "native"]);
    }
    process::run(&mut command)
}
