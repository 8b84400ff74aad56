//! A guest as wasm, run in wasmtime.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use wasmtime::{Engine, Instance, Linker, Memory, Module, Store, TypedFunc, WasmParams, WasmResults};
use xtask::{Context, Result};

/// A running guest.
pub struct Guest {
    store: Store<()>,
    instance: Instance,
    memory: Memory,
}

/// The wasm engine, and the modules that it has compiled.
#[derive(Default)]
pub struct Wasm {
    engine: Engine,
    modules: RefCell<BTreeMap<PathBuf, Module>>,
}

impl Wasm {
    fn module(&self, file: &Path) -> Result<Module> {
        if let Some(module) = self.modules.borrow().get(file) {
            return Ok(module.clone());
        }
        let module = Module::from_file(&self.engine, file).context(format!("compiling {}", file.display()))?;
        self.modules.borrow_mut().insert(file.to_owned(), module.clone());
        Ok(module)
    }
}

impl Guest {
    /// Starts a module.
    pub fn start(wasm: &Wasm, file: &Path) -> Result<Self> {
        let (engine, module) = (&wasm.engine, wasm.module(file)?);
        let mut linker = Linker::new(engine);
        // It reads no file and no clock; only a panic would call the system.
        linker.define_unknown_imports_as_traps(&module).context("the guest's imports")?;
        let mut store = Store::new(engine, ());
        let instance = linker.instantiate(&mut store, &module).context("starting the guest")?;
        let memory = instance.get_memory(&mut store, "memory").context("the guest's memory")?;
        let mut guest = Self { store, instance, memory };
        if let Ok(initialize) = guest.function::<(), ()>("_initialize") {
            guest.call(&initialize, (), "_initialize")?;
        }
        Ok(guest)
    }

    /// Hands bytes in and says what they are: `load_bundle` or `load_page`.
    pub fn load(&mut self, what: &str, bytes: &[u8]) -> Result<()> {
        let room = self.function::<u32, u32>("room")?;
        let len = u32::try_from(bytes.len()).context("too much for the guest")?;
        let at = self.call(&room, len, "room")?;
        self.memory.write(&mut self.store, at as usize, bytes).context("the guest's room")?;
        let load = self.function::<(), ()>(what)?;
        self.call(&load, (), what)
    }

    /// Has something done so many times; what it gives is its own.
    pub fn run(&mut self, what: &str, times: u32) -> Result<u64> {
        let function = self.function::<u32, u64>(what)?;
        self.call(&function, times, what)
    }

    /// The last answer, of so many bytes.
    pub fn answer(&mut self, len: u64) -> Result<Vec<u8>> {
        let answer = self.function::<(), u32>("answer")?;
        let at = self.call(&answer, (), "answer")? as usize;
        let mut bytes = vec![0; usize::try_from(len).context("the answer")?];
        self.memory.read(&self.store, at, &mut bytes).context("the answer")?;
        Ok(bytes)
    }

    fn function<P: WasmParams, R: WasmResults>(&mut self, name: &str) -> Result<TypedFunc<P, R>> {
        self.instance.get_typed_func(&mut self.store, name).context(format!("the guest's {name}"))
    }

    fn call<P: WasmParams, R: WasmResults>(
        &mut self,
        function: &TypedFunc<P, R>,
        parameters: P,
        name: &str,
    ) -> Result<R> {
        function.call(&mut self.store, parameters).context(name)
    }
}
