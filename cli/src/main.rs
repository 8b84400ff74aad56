//! `ifs`: what an integrator types.

mod bundle;
mod check;
mod diff;
mod run;
mod test;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

/// Checks, bundles and tests mappings of the national student-data APIs (IFS01–IFS09).
#[derive(Debug, Parser)]
#[command(name = "ifs", version, after_help = EXITS)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXITS: &str = "Exit codes: 0 all is well; 1 the mapping has errors or a test fails; 2 the command cannot run.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Says everything that is wrong with mappings.
    #[command(after_help = "Each message has a code, such as name.unknown; docs/codes/ explains them.")]
    Check {
        /// Mapping files, or folders of packs (their mapping.yaml).
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// How messages are written.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Compiles a mapping to the one file that the filter loads. The same mapping gives the same bytes.
    Bundle {
        /// A mapping file, or the folder of a pack.
        file: PathBuf,
        /// Where the bundle is written.
        #[arg(short, long)]
        out: PathBuf,
    },
    /// Runs a pack's tests against the engine in memory: no gateway, no network.
    #[command(
        after_help = "A test is a file PACK/tests/*.yaml with now, request, legacy and expect; see docs/mapping.md."
    )]
    Test {
        /// The folder of a pack.
        pack: PathBuf,
        /// Runs only tests whose file name contains this.
        #[arg(long)]
        filter: Option<String>,
    },
}

/// Renderings of diagnostics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Human,
    /// A JSON array, one object for each message.
    Json,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Well,
    WithFindings,
    Impossible,
}

fn main() -> ExitCode {
    let ended = match Arguments::parse().command {
        Command::Check { files, format } => check::run(&files, format),
        Command::Bundle { file, out } => bundle::run(&file, &out),
        Command::Test { pack, filter } => test::run(&pack, filter.as_deref()),
    };
    ExitCode::from(match ended {
        Ended::Well => 0,
        Ended::WithFindings => 1,
        Ended::Impossible => 2,
    })
}
