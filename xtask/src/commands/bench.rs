//! `cargo xtask bench`: measures a page and a call. The measuring is `tests/bench`, built for speed, so that this
//! program need not be.

use std::process::Command;

use clap::Args;
use xtask::{Result, paths, process};

/// What is measured.
#[derive(Args)]
pub struct Arguments {
    /// Few and short rounds: under three minutes once everything is built
    #[arg(long)]
    quick: bool,
}

/// Builds the bench and runs it; fails if a ratio passes its limit.
pub fn run(arguments: &Arguments) -> Result<()> {
    let mut command = Command::new(paths::cargo());
    command.current_dir(paths::root()).args(["run", "--quiet", "--release", "--package", "bench", "--"]);
    if arguments.quick {
        command.arg("--quick");
    }
    process::run(&mut command)
}
