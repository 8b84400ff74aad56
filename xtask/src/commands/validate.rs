//! `cargo xtask validate`: whether a gateway configuration may go to work.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use pdnd::Standin;
use xtask::envoy::{Cluster, Config, Gate, Kind, Version, check, dynamic, plugin_configuration, plugin_with};
use xtask::mapping::Compiled;
use xtask::{Context, Error, Result, mapping, paths, wasm};

use super::stack;

/// Which configuration, and what its placeholders are filled with.
#[derive(Args)]
pub struct Arguments {
    /// The configuration, a template or a finished one.
    file: PathBuf,
    /// The mapping whose bundle the filter gets.
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
}

/// Checks one file.
pub fn run(arguments: &Arguments) -> Result<()> {
    file(&arguments.file, arguments.mapping.as_deref())
}

/// Our own rules first, all that are broken at once; then Envoy with the real filter.
pub fn file(template: &Path, mapping: Option<&Path>) -> Result<()> {
    let of_pack = mapping::of_pack(mapping::DEFAULT_PACK);
    let compiled = mapping::compile(mapping.unwrap_or(&of_pack))?;
    let clusters = compiled.clusters.iter().map(|name| stack::placeholder_cluster(name)).collect();
    let built = wasm::build(&[], wasm::Fetch::Never)?;
    let mut config = placeholders(template, &compiled, built.path().to_path_buf(), clusters)?;
    // What they hold is looked at by nobody here; that they are there is.
    config.secrets = compiled.secrets(|_, _| Some("placeholder".to_owned()))?;
    // A file of somebody's own may name others, of another mapping.
    config.secrets.extend(std::env::vars().filter(|(name, _)| name.starts_with("IFS_SECRET_")));
    let dir = paths::run_dir("validate")?;
    let file = config.write(&dir)?;
    let checked = checked(&file, &dir, &config, template);
    config.forget_secrets(&dir);
    if !dir.join("validate.log").exists() || checked.is_ok() {
        // Only Envoy's own words are worth keeping.
        let _ = std::fs::remove_dir_all(&dir);
    }
    checked?.iter().for_each(|warning| eprintln!("warning: {warning}"));
    println!("{}: our rules hold, and Envoy {} takes it", template.display(), Version::used()?);
    Ok(())
}

fn checked(file: &Path, dir: &Path, config: &Config, template: &Path) -> Result<Vec<String>> {
    let mut tree = check::read(&std::fs::read_to_string(file).context("reading what was written")?)?;
    dynamic::put_in(&mut tree)?;
    let broken = check::rules(&tree);
    if broken.is_empty() {
        check::envoy(file, dir, &config.secrets)?;
        return Ok(check::warnings(&tree).into_iter().chain(Version::used()?.unpatched()).collect());
    }
    Err(Error::new(format!("{}\n{} rules broken: {}", broken.join("\n"), broken.len(), template.display())))
}

/// What the placeholders stand for while a file is checked: for one of ours what it is for, for another the same as for
/// `edge.yaml`. The certificates and keys are those of the stand-in, as Envoy looks into the files.
fn placeholders(template: &Path, compiled: &Compiled, wasm: PathBuf, clusters: Vec<Cluster>) -> Result<Config> {
    let ours = paths::root().join("envoy");
    let canonical = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let is = |file: &str| canonical(template) == canonical(&ours.join(file));
    let config = if is("development.yaml") {
        Config::development(wasm, plugin_configuration(&compiled.bundle, Some("development"), None)?, clusters)
    } else {
        let kind = Kind::ALL.into_iter().find(|kind| is(kind.file())).unwrap_or(Kind::Edge);
        let standin = Standin::open(&paths::pdnd()).context("the stand-in for PDND")?;
        let port = SocketAddr::from(([127, 0, 0, 1], 9));
        let gate = Gate::standin(&standin, kind, kind.verifies().then_some(port));
        let plugin = plugin_with(&compiled.bundle, Some(&kind.trust(&compiled.apis())), None)?;
        Config::gateway(kind.file(), gate, wasm, plugin, clusters)
    };
    Ok(Config { template: template.to_path_buf(), ..config })
}
