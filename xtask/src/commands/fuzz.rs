//! `cargo xtask fuzz`: changed inputs for the compiler and the decoders. The fuzzing is `tests/fuzz`, a program of its
//! own, since a case that does not end takes its process with it.

use std::path::PathBuf;
use std::process::Command;

use clap::Args;
use xtask::{Result, paths, process};

/// Beyond so many seconds building for speed pays.
const LONG: u64 = 300;

/// What is fuzzed, and for how long.
#[derive(Args)]
pub struct Arguments {
    /// One of mapping, json, json-twin, xml, xml-twin, soap, csv, charset, answer and trust, or component: the engine as a library against the component; all but the last if left out, each with its share of the time
    target: Option<String>,
    /// How long, in seconds
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// What chance begins with; the same seed makes the same inputs
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Writes the input that took longest here
    #[arg(long, requires = "target")]
    slowest: Option<PathBuf>,
    /// Tries this file alone
    #[arg(long, requires = "target")]
    file: Option<PathBuf>,
}

/// Builds the fuzzer, with its checks on, and runs it; fails if a promise is broken.
pub fn run(arguments: &Arguments) -> Result<()> {
    if arguments.target.as_deref() == Some("component") {
        // Two engines are held against each other in what runs components already.
        let mut command = Command::new(paths::cargo());
        command.current_dir(paths::root()).args(["test", "--quiet", "--package", "harness", "--test", "suite", "--"]);
        command.args(["--layer", "component", "embedding"]);
        command.env("IFS_SECONDS", arguments.seconds.to_string()).env("IFS_SEED", arguments.seed.to_string());
        return process::run(&mut command);
    }
    let mut command = Command::new(paths::cargo());
    // A file is named from where the command is typed.
    let manifest = paths::root().join("Cargo.toml");
    command.arg("run").arg("--quiet").arg("--manifest-path").arg(manifest).args(["--package", "fuzz"]);
    let long = arguments.seconds > LONG;
    if long {
        command.args(["--profile", "fuzz"]);
    }
    let built = paths::cargo_target().join(if long { "fuzz" } else { "debug" }).join("fuzz");
    process::say_first(&built, "the fuzzer", "1 to 5 minutes");
    command.arg("--");
    command.args(&arguments.target);
    command.arg("--seconds").arg(arguments.seconds.to_string());
    command.arg("--seed").arg(arguments.seed.to_string());
    for (name, file) in [("--file", &arguments.file), ("--slowest", &arguments.slowest)] {
        if let Some(file) = file {
            command.arg(name).arg(file);
        }
    }
    process::run(&mut command)
}
