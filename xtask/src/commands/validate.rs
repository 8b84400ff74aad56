//! `cargo xtask validate`: whether a gateway configuration may go to work.

use std::path::{Path, PathBuf};

use clap::Args;
use xtask::envoy::{Config, check, plugin_configuration};
use xtask::{Error, Result, mapping, paths, wasm};

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
    let plugin = plugin_configuration(&compiled.bundle, Some("development"), None)?;
    let mut config = Config::development(built.path().to_path_buf(), plugin, clusters);
    config.template = template.to_path_buf();
    // What they hold is looked at by nobody here; that they are there is.
    config.secrets = compiled.secrets(|_, _| Some("placeholder".to_owned()))?;
    let dir = paths::run_dir("validate")?;
    let broken = check::rules(&config.fill(&dir)?);
    if !broken.is_empty() {
        return Err(Error::new(format!(
            "{}\n{} rules broken: {}",
            broken.join("\n"),
            broken.len(),
            template.display()
        )));
    }
    let file = config.write(&dir)?;
    let checked = check::envoy(&file, &dir, &config.secrets);
    config.forget_secrets(&dir);
    checked?;
    println!("{}: our rules hold, and Envoy {} takes it", template.display(), xtask::envoy::VERSION);
    Ok(())
}
