//! `ifs`: what an integrator types.

mod bundle;
mod check;
mod client;
mod contract;
mod cursor;
mod live;
mod new;
mod openapi;
mod plan;
mod rehearse;
mod schema;
mod screen;
mod show;
mod systems;
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

const EXITS: &str = "\
A mapping in its order: ifs show, ifs new, ifs check, ifs test, ifs try, ifs bundle.

Exit codes: 0 all is well; 1 the mapping has errors or a test fails; 2 the command cannot run.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Says everything that is wrong with mappings.
    #[command(
        after_help = "Each message has a code, such as name.unknown; docs/codes/ explains them. Colours are for terminals, \
                      and not where NO_COLOR is set."
    )]
    Check {
        /// Mapping files, or folders of packs (their mapping.yaml, and the form of their tests).
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// How messages are written.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Shows an operation of the contract (IFS03.1), a rule (IFS03.1-R4), or a mapping with all it extends as one file.
    #[command(
        after_help = "Without a name: the operations. Of an operation: each member of request and answer, what it may hold, \
                      whether it must be there or may be null, and which rules have to do with it.\n\
                      Of a mapping: saved in the mapping's own folder, what is written gives the same bundle."
    )]
    Show {
        /// An operation, an API, a rule's id; or a mapping file, or the folder of a pack.
        what: Option<PathBuf>,
        /// Says behind each key in which file and line it is written.
        #[arg(long)]
        origin: bool,
    },
    /// Makes a folder with a small mapping, its tables, samples and tests: it compiles, and its tests pass.
    #[command(after_help = "Then: ifs check DIR, ifs test DIR, and change it to what your system answers.")]
    New {
        /// The folder; it must not exist, or be empty.
        folder: PathBuf,
        /// For a system with a REST interface and JSON (if nothing else is said).
        #[arg(long, group = "kind")]
        rest: bool,
        /// For a system with SOAP services.
        #[arg(long, group = "kind")]
        soap: bool,
        /// For a system that answers in CSV.
        #[arg(long, group = "kind")]
        csv: bool,
        /// This operation, such as IFS03.1, over a REST system whose records have the answer's own shape; several times
        /// for several. Without it: IFS02.1.
        #[arg(long = "operation", value_name = "OPERATION", conflicts_with_all = ["soap", "csv"])]
        operations: Vec<String>,
        /// All operations that read.
        #[arg(long, group = "kind", conflicts_with = "operations")]
        all: bool,
    },
    /// Writes the JSON Schema (draft 2020-12) of mapping files, for editors that complete and explain keys.
    #[command(
        after_help = "In an editor with the YAML language server, the first line of a mapping names it:\n# yaml-language-server: $schema=ifs.schema.json"
    )]
    Schema {
        /// That of test files instead.
        #[arg(long)]
        tests: bool,
    },
    /// Prints the OpenAPI document of an API, IFS01 to IFS09: what this version takes and sends.
    #[command(
        after_help = "For PDND: ifs openapi IFS02 mapping.yaml --upstream FILE > published.yaml, where FILE is the Ministry's."
    )]
    Openapi {
        /// The API, such as IFS02.
        api: String,
        /// A mapping file, or the folder of a pack, whose `institute` says `title`, `contact`, `terms` and `servers`.
        mapping: Option<PathBuf>,
        /// The Ministry's file: it is held against what this version keeps, and printed with the institute's own `info`
        /// and `servers`.
        #[arg(long, value_name = "FILE")]
        upstream: Option<PathBuf>,
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
        after_help = "A test is a file PACK/tests/*.yaml with now, request, legacy and expect, or with steps of these; see docs/mapping.md."
    )]
    Test {
        /// The folder of a pack.
        pack: PathBuf,
        /// Runs only tests whose file name contains this.
        name: Option<String>,
        /// The same, written as an option.
        #[arg(long, conflicts_with = "name")]
        filter: Option<String>,
        /// Says of each test what happened: calls, guards, values, why a member is null and why an item falls out.
        /// Without it, that is said of tests that fail.
        #[arg(long)]
        explain: bool,
    },
    /// Answers a request from the live system, at the desk, and says what happened; keeps it as a test without the values.
    #[command(after_help = live::HELP)]
    Try(live::Try),
    /// Tells beforehand how many calls a walk, the index by key and each operation cost the systems at most.
    #[command(after_help = plan::HELP)]
    Plan(plan::Plan),
    /// Walks all students of the live system once, at the desk, and prints counts of what came of it, of nobody anything.
    #[command(after_help = rehearse::HELP)]
    Rehearse(rehearse::Rehearse),
    /// Looks into cursors of walks.
    #[command(subcommand)]
    Cursor(cursor::Cursor),
}

/// Renderings of diagnostics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Human,
    /// A JSON array, one object for each message.
    Json,
    /// A SARIF 2.1.0 log.
    Sarif,
    /// Commands of GitHub's workflows.
    Github,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Well,
    WithFindings,
    Impossible,
}

/// Writes to standard output. A reader that has gone away (`ifs show … | head`) is nobody's mistake.
fn print(text: &str) {
    use std::io::Write as _;
    let _ = std::io::stdout().write_all(text.as_bytes());
}

fn main() -> ExitCode {
    let ended = match Arguments::parse().command {
        Command::Check { files, format } => check::run(&files, format),
        Command::Show { what, origin } => show::run(what.as_deref(), origin),
        Command::New { folder, soap, csv, operations, all, .. } => new::run(
            &folder,
            match (soap, csv) {
                (true, _) => new::Kind::Soap,
                (_, true) => new::Kind::Csv,
                _ if all || !operations.is_empty() => new::Kind::Operations(&operations),
                _ => new::Kind::Rest,
            },
        ),
        Command::Schema { tests } => schema::run(tests),
        Command::Openapi { api, mapping, upstream } => openapi::run(&api, mapping.as_deref(), upstream.as_deref()),
        Command::Bundle { file, out } => bundle::run(&file, &out),
        Command::Test { pack, name, filter, explain } => test::run(&pack, name.or(filter).as_deref(), explain),
        Command::Try(tried) => live::run(&tried),
        Command::Plan(plan) => plan::run(&plan),
        Command::Rehearse(rehearse) => rehearse::run(&rehearse),
        Command::Cursor(command) => cursor::run(&command),
    };
    ExitCode::from(match ended {
        Ended::Well => 0,
        Ended::WithFindings => 1,
        Ended::Impossible => 2,
    })
}
