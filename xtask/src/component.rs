//! Building the engine as a component: a module for a target without a system, made a component afterwards.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::Command;

use wit_component::ComponentEncoder;

use crate::wasm::{self, Crate, Fetch};
use crate::{Context, Error, Result, paths, process};

/// On this target the standard library asks nothing of its host, so that the component imports what the world says and
/// nothing else.
const TARGET: &str = "wasm32-unknown-unknown";

/// Of both worlds.
const COMPONENT: Crate =
    Crate { package: "ifs-component", library: "ifs_component", target: TARGET, called: "the component" };

/// A world of `wit/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum World {
    /// The engine alone.
    Adapter,
    /// The compiler and the tests of packs beside it.
    Workbench,
}

impl World {
    /// Its name; the component's file is called `ifs-` and that.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Adapter => "adapter",
            Self::Workbench => "workbench",
        }
    }
}

/// Builds a world, and gives its file.
///
/// # Errors
/// The build fails, or what was built is none of the world; cargo's words go to our error stream.
pub fn build(world: World, fetch: Fetch) -> Result<PathBuf> {
    let features: &[&str] = if world == World::Workbench { &["workbench"] } else { &[] };
    let built = wasm::module(&COMPONENT, features, fetch)?;
    let module = std::fs::read(built.path()).context(format!("reading {}", built.path().display()))?;
    let component =
        ComponentEncoder::default().module(&module).map_err(fault)?.validate(true).encode().map_err(fault)?;
    let folder = paths::target().join("component");
    std::fs::create_dir_all(&folder).context("making the folder of the component")?;
    let file = folder.join(format!("ifs-{}.wasm", world.name()));
    // Whoever reads it meanwhile has the one before, whole.
    let beside = file.with_extension(format!("{}.tmp", std::process::id()));
    std::fs::write(&beside, component).context("writing the component")?;
    std::fs::rename(&beside, &file).context("renaming the component")?;
    Ok(file)
}

/// The npm package that makes JavaScript of a component.
const JCO: &str = "@bytecodealliance/jco-transpile@0.15.0";

/// What is asked of it: the component's file, and the folder that is written.
const TRANSPILE: &str = "\
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { transpile } from '@bytecodealliance/jco-transpile';
const [file, folder] = process.argv.slice(2);
const { files } = await transpile(file, { name: 'ifs-adapter', instantiation: 'async' });
for (const [name, bytes] of Object.entries({ ...files, 'package.json': '{\"type\":\"module\"}' })) {
  await mkdir(dirname(join(folder, name)), { recursive: true });
  await writeFile(join(folder, name), bytes);
}
";

/// Makes JavaScript of a component, and gives the folder in which it lies; none if there is no npm, or jco is not there and
/// must not be fetched.
///
/// # Errors
/// jco or npm fails; their words are in the error.
pub fn transpile(component: &Path, fetch: Fetch) -> Result<Option<PathBuf>> {
    if !process::on_path("npm") || !process::on_path("node") {
        return Ok(None);
    }
    let home = paths::target().join("jco");
    if !home.join("node_modules").join("@bytecodealliance").join("jco-transpile").exists() {
        if fetch == Fetch::Never {
            return Ok(None);
        }
        eprintln!("fetching jco from npm ({JCO}, over the network) into {} …", home.display());
        std::fs::create_dir_all(&home).context("making the folder of jco")?;
        let mut npm = Command::new("npm");
        npm.args(["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"])
            .arg(&home)
            .arg(JCO);
        process::output(&mut npm)?;
    }
    let program = home.join("transpile.mjs");
    std::fs::write(&program, TRANSPILE).context("writing what jco is asked")?;
    let folder = paths::target().join("component").join("js");
    process::output(Command::new("node").current_dir(&home).arg(&program).arg(component).arg(&folder))?;
    Ok(Some(folder))
}

fn fault(error: impl Display) -> Error {
    Error::new(format!("making a component: {error:#}"))
}

/// What a component wants of its host, and what it gives it: the names of its imports and exports.
///
/// # Errors
/// If the file is no component.
pub fn world(component: &Path) -> Result<(Vec<String>, Vec<String>)> {
    let bytes = std::fs::read(component).context(format!("reading {}", component.display()))?;
    let wit_component::DecodedWasm::Component(resolve, world) = wit_component::decode(&bytes).map_err(fault)? else {
        return Err(Error::new(format!("{} is no component", component.display())));
    };
    let world = &resolve.worlds[world];
    let names = |items: Vec<_>| items.into_iter().map(|key| resolve.name_world_key(key)).collect();
    Ok((names(world.imports.keys().collect()), names(world.exports.keys().collect())))
}
