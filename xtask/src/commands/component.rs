//! `cargo xtask component`: builds the engine as a component, and where it is asked makes JavaScript of it.

use std::path::Path;

use clap::Args;
use xtask::component::{self, World};
use xtask::wasm::Fetch;
use xtask::{Context, Error, Result};

/// What is made.
#[derive(Args)]
pub struct Arguments {
    /// Also build the world `workbench`: the compiler and the tests of packs beside the engine
    #[arg(long)]
    workbench: bool,
    /// Also transpile the engine with jco, for Node and browsers; fetches jco from npm
    #[arg(long)]
    js: bool,
}

/// Builds, fetching what makes it smaller if it can be had.
pub fn run(arguments: &Arguments) -> Result<()> {
    let file = component::build(World::Adapter, Fetch::Allowed)?;
    print(&file)?;
    if arguments.workbench {
        print(&component::build(World::Workbench, Fetch::Allowed)?)?;
    }
    if arguments.js {
        let folder = component::transpile(&file, Fetch::Allowed)?;
        let folder = folder.ok_or_else(|| Error::new("there is no npm to fetch jco with"))?;
        println!("JavaScript: {}", folder.join("ifs-adapter.js").display());
    }
    Ok(())
}

fn print(file: &Path) -> Result<()> {
    let size = std::fs::metadata(file).context(format!("{}", file.display()))?.len();
    println!("component {size} bytes: {}", file.display());
    Ok(())
}
