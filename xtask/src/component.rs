//! Building the engine as a component: a module for a target without a system, made a component afterwards.

use std::fmt::Display;
use std::path::PathBuf;

use wit_component::ComponentEncoder;

use crate::wasm::{self, Crate, Fetch};
use crate::{Context, Error, Result, paths};

/// On this target the standard library asks nothing of its host, so that the component imports what the world says and
/// nothing else.
const TARGET: &str = "wasm32-unknown-unknown";

/// The engine alone.
pub const ADAPTER: Crate =
    Crate { package: "ifs-component", library: "ifs_component", target: TARGET, called: "the component" };

/// Builds the world `adapter`, and gives its file.
///
/// # Errors
/// The build fails, or what was built is none of the world; cargo's words go to our error stream.
pub fn build(fetch: Fetch) -> Result<PathBuf> {
    let built = wasm::module(&ADAPTER, &[], fetch)?;
    let module = std::fs::read(built.path()).context(format!("reading {}", built.path().display()))?;
    let component = ComponentEncoder::default().module(&module).map_err(fault)?.validate(true).encode().map_err(fault)?;
    let folder = paths::target().join("component");
    std::fs::create_dir_all(&folder).context("making the folder of the component")?;
    let file = folder.join("ifs-adapter.wasm");
    // Whoever reads it meanwhile has the one before, whole.
    let beside = folder.join(format!("ifs-adapter.{}.tmp", std::process::id()));
    std::fs::write(&beside, component).context("writing the component")?;
    std::fs::rename(&beside, &file).context("renaming the component")?;
    Ok(file)
}

fn fault(error: impl Display) -> Error {
    Error::new(format!("making a component: {error:#}"))
}
