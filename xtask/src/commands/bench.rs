//! `cargo xtask bench`: measures pages, calls and more. The measuring is `tests/bench`, built for speed, so that this
//! program need not be.

use std::process::Command;

use clap::Args;
use xtask::{Result, paths, process};

/// What is measured.
#[derive(Args)]
#[command(disable_help_flag = true)]
pub struct Arguments {
    /// Handed to the bench as they are: see `cargo xtask bench --help`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Builds the bench and runs it; fails if a ratio passes its limit.
pub fn run(arguments: &Arguments) -> Result<()> {
    let mut command = Command::new(paths::cargo());
    command.current_dir(paths::root()).args(["run", "--quiet", "--release", "--package", "bench", "--"]);
    command.args(&arguments.arguments);
    process::run(&mut command)
}
