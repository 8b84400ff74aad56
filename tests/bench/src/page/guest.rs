//! The guest as wasm: built as the filter is built, run in wasmtime.

use std::path::{Path, PathBuf};
use std::process::Command;

use bench_guest::page::Kind;
use wasmtime::{Engine, Instance, Linker, Module, Store, TypedFunc};
use xtask::{Context, Result, paths, process, wasm};

use super::Side;

/// What a parse into `Value` is made of. The filter's profile builds its dependencies for size where they are not on
/// its path; compared with, the parse must be as fast as it can be.
const PARSE: [&str; 6] = ["itoa", "memchr", "serde", "serde_core", "serde_json", "zmij"];

/// Builds the guest with the filter's profile; gives the module's path.
pub fn build() -> Result<PathBuf> {
    // A folder of its own, as the flags below would otherwise make the filter's build start over.
    let dir = paths::cargo_target().join("wasm-bench");
    let mut command = Command::new(paths::cargo());
    command.current_dir(paths::root());
    command.args(["build", "--quiet", "--package", "bench-guest", "--lib"]);
    command.args(["--profile", "wasm", "--target", wasm::TARGET]).arg("--target-dir").arg(&dir);
    for package in PARSE {
        command.arg("--config").arg(format!("profile.wasm.package.{package}.opt-level=3"));
    }
    process::run(&mut command)?;
    Ok(dir.join(wasm::TARGET).join("wasm").join("bench_guest.wasm"))
}

/// A running guest.
pub struct Guest {
    store: Store<()>,
    pages: TypedFunc<(u32, u32), u64>,
    values: TypedFunc<(u32, u32), u64>,
}

impl Guest {
    /// Compiles and starts a module.
    pub fn load(file: &Path) -> Result<Self> {
        let engine = Engine::default();
        let module = Module::from_file(&engine, file).context(format!("compiling {}", file.display()))?;
        let mut linker = Linker::new(&engine);
        // It reads no file and no clock; only a panic would call the system.
        linker.define_unknown_imports_as_traps(&module).context("the guest's imports")?;
        let mut store = Store::new(&engine, ());
        let instance = linker.instantiate(&mut store, &module).context("starting the guest")?;
        if let Ok(initialize) = instance.get_typed_func::<(), ()>(&mut store, "_initialize") {
            initialize.call(&mut store, ()).context("starting the guest")?;
        }
        let pages = function(&instance, &mut store, "pages")?;
        let values = function(&instance, &mut store, "values")?;
        Ok(Self { store, pages, values })
    }
}

fn function(instance: &Instance, store: &mut Store<()>, name: &str) -> Result<TypedFunc<(u32, u32), u64>> {
    instance.get_typed_func(store, name).context(format!("the guest's {name}"))
}

impl Side for Guest {
    fn pages(&mut self, kind: Kind, times: u32) -> Result<u64> {
        self.pages.call(&mut self.store, (kind as u32, times)).context("pages")
    }

    fn values(&mut self, kind: Kind, times: u32) -> Result<u64> {
        self.values.call(&mut self.store, (kind as u32, times)).context("values")
    }
}
