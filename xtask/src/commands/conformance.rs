//! `cargo xtask conformance`: requests that nobody here wrote. Schemathesis makes them from the OpenAPI documents, sends
//! them to Envoy with the filter in front of the simulator, and judges the answers by the same documents.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};
use university::{DEFAULT_TODAY, Population};
use xtask::mapping::Compiled;
use xtask::{Context, Result, mapping, paths, process};

use super::stack;

/// Good requests, and as many broken ones, for each operation in a short look: some forty seconds of them.
const SHORT: u32 = 150;

/// How much is asked.
#[derive(Args)]
pub struct Arguments {
    /// The pack under `mappings/` whose operations are asked
    #[arg(long, default_value = mapping::DEFAULT_PACK)]
    pack: String,
    /// How many good requests, and as many broken ones, for each operation
    #[arg(long, default_value_t = 1000)]
    examples: u32,
    /// What chance begins with; the same seed makes the same requests
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A folder with the Ministry's own documents (names that begin with IFS01 to IFS09); without it, those of
    /// `ifs openapi`, which tests hold against the Ministry's
    #[arg(long, value_name = "FOLDER")]
    documents: Option<PathBuf>,
}

impl Arguments {
    /// A short look, always the same.
    pub fn short() -> Self {
        Self { pack: mapping::DEFAULT_PACK.to_owned(), examples: SHORT, seed: 1, documents: None }
    }
}

/// Whom and what the requests may name, by the member that does.
#[derive(Serialize)]
struct Known {
    tax_code: Vec<String>,
    academic_year: Vec<String>,
    /// Of operations that change something, what is asked: words that somebody could have written.
    bodies: BTreeMap<String, Vec<Value>>,
}

/// Starts everything, asks, and fails on what is neither by the documents nor allowed.
pub fn run(arguments: &Arguments) -> Result<()> {
    let python = install()?;
    let compiled = mapping::compile(&mapping::of_pack(&arguments.pack))?;
    let dir = paths::run_dir("conformance")?;
    documents(arguments.documents.as_deref(), &compiled, &dir)?;
    let population =
        Arc::new(Population::generate(university::DEFAULT_SEED, university::DEFAULT_STUDENTS, DEFAULT_TODAY));
    write(&dir.join("known.json"), &known(&population))?;
    write(&dir.join("operations.json"), &served(&compiled))?;
    let server = stack::university(&population)?;
    let clusters = stack::to_simulator(&compiled, server.addr());
    let secrets = stack::secrets_of_simulator(&compiled)?;
    let clock = (Some("development"), Some(stack::NOW));
    let envoy = stack::envoy("conformance", &compiled, clusters, secrets, clock, 0)?;
    let mut command = Command::new(python);
    command.arg(paths::root().join("tests").join("conformance").join("run.py"));
    command.arg("--base").arg(format!("http://{}", envoy.addr()));
    command.arg("--documents").arg(&dir);
    command.arg("--known").arg(dir.join("known.json"));
    command.arg("--operations").arg(dir.join("operations.json"));
    command.arg("--examples").arg(arguments.examples.to_string());
    command.arg("--seed").arg(arguments.seed.to_string());
    if arguments.documents.is_some() {
        command.arg("--upstream");
    }
    // What is written beside the script would be in the checkout.
    command.env("PYTHONDONTWRITEBYTECODE", "1").current_dir(&dir);
    process::run(&mut command)
}

/// The python that has Schemathesis, installed under `target/` first if it is not there or other versions are asked for.
fn install() -> Result<PathBuf> {
    let wanted = paths::root().join("tests").join("conformance").join("requirements.txt");
    let home = paths::target().join("schemathesis");
    let python = home.join("bin").join("python3");
    let installed = home.join("requirements.txt");
    let text = std::fs::read_to_string(&wanted).context(format!("reading {}", wanted.display()))?;
    if std::fs::read_to_string(&installed).is_ok_and(|there| there == text) {
        return Ok(python);
    }
    std::fs::create_dir_all(paths::target()).context("making target")?;
    let lock =
        File::create(paths::target().join("schemathesis.lock")).context("making the installation's lock file")?;
    lock.lock().context("waiting for another installation")?;
    eprintln!("installing Schemathesis under {} …", home.display());
    process::output(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&home))?;
    let mut command = Command::new(&python);
    command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]).arg(&wanted);
    process::output(&mut command)?;
    std::fs::write(&installed, text).context("noting what is installed")?;
    Ok(python)
}

/// Puts the documents of all served APIs into `dir`, one `IFS0n.yaml` each.
fn documents(upstream: Option<&Path>, compiled: &Compiled, dir: &Path) -> Result<()> {
    for name in served(compiled).keys() {
        let text = match upstream {
            None => {
                let api = mapping_compiler::openapi::api(name).context("an API without a document")?;
                mapping_compiler::openapi::document(api, &mapping_compiler::openapi::Published::default())
            }
            Some(folder) => {
                let entries = std::fs::read_dir(folder).context(format!("reading {}", folder.display()))?;
                let mut files = entries.filter_map(|entry| Some(entry.ok()?.path()));
                let begins = |path: &PathBuf| path.file_name().is_some_and(|f| f.to_string_lossy().starts_with(name));
                let file = files.find(begins).context(format!("{} has no file of {name}", folder.display()))?;
                std::fs::read_to_string(&file).context(format!("reading {}", file.display()))?
            }
        };
        std::fs::write(dir.join(format!("{name}.yaml")), text).context("writing a document")?;
    }
    Ok(())
}

/// What is served: by API, path and name of each operation.
fn served(compiled: &Compiled) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut served: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for operation in &compiled.operations {
        let api = format!("IFS0{}", operation.id.api());
        served.entry(api).or_default().insert(operation.path.to_owned(), operation.name.to_owned());
    }
    served
}

fn known(population: &Population) -> Known {
    let year = DEFAULT_TODAY.year() - 1;
    Known {
        tax_code: population.students().iter().map(|student| student.tax_code().to_owned()).collect(),
        academic_year: (year - 5..=year).map(|begun| format!("{begun}/{}", begun + 1)).collect(),
        bodies: changes(population),
    }
}

/// Changes of a few students, which may be asked for again and again.
fn changes(population: &Population) -> BTreeMap<String, Vec<Value>> {
    let mut bodies: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for student in population.students().iter().take(40) {
        let code = student.tax_code();
        for (api, kind) in [(4, "ISCR"), (5, "TIT")] {
            let mut add = |number: u8, body: Value| bodies.entry(format!("IFS0{api}.{number}")).or_default().push(body);
            add(1, json!({ "tax_code": code, "note": "Il corso è un altro" }));
            add(3, json!({ "tax_code": code, "file_code": format!("{kind}-{}-1", student.person_id) }));
            add(
                4,
                json!({
                    "subscriber_id": "1", "subscriber_name": "Comune", "subscriber_message": "Un altro corso",
                    "data_request": "2026-03-01", "personal_data": { "tax_code": code },
                }),
            );
        }
    }
    bodies
}

fn write(file: &Path, value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string(value).context("writing JSON")?;
    std::fs::write(file, text).context(format!("writing {}", file.display()))
}
