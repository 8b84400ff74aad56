//! `cargo xtask bench`: measures pages, calls and more. The measuring is `tests/bench`, built for speed, so that this
//! program need not be.

use std::process::Command;

use clap::Args;
use xtask::{Result, paths, process};

/// What the bench takes, so that help needs none of it built.
const HELP: &str = "\
Parts, each with its own --help:
  (none)   pages, and calls against a sidecar and a filter written by hand; fails past a limit
  others   calls, against services on Node and Python too
  latency  latencies at fixed rates
  memory   resident memory, at the start, under load and over time
  start    time to the first answer, and until a replaced bundle answers
  walk     walks of 1,000 to 300,000 students: calls, instructions and memory
  component  the engine as a component: size, instances, a page against the filter's module
  edge     what each part of envoy/edge.yaml costs a request
  pages N  pages through the engine and nothing else, for a profiler
  keep DIR writes the filter and what belongs to it into a folder, for --filter of another checkout

Flags: --quick (about two minutes), --filter NAME=PATH and --guest NAME=PATH (other builds, in turn with this one),
--only WHAT, --sets N, --rounds N, --raw FILE";

/// What is measured.
#[derive(Args)]
#[command(after_help = HELP)]
pub struct Arguments {
    /// Handed to the bench as they are
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Builds the bench and runs it; fails if a ratio passes its limit.
pub fn run(arguments: &Arguments) -> Result<()> {
    let mut command = Command::new(paths::cargo());
    command.current_dir(paths::root()).args(["run", "--quiet", "--release", "--package", "bench", "--"]);
    command.args(&arguments.arguments);
    process::say_first(&paths::cargo_target().join("release").join("bench"), "the bench", "3 to 15 minutes");
    process::run(&mut command)
}
