//! The world `workbench`: of every pack it says what the compiler and the runner of tests say as libraries.

use std::path::{Path, PathBuf};

use mapping_compiler::Disk;
use mapping_test::pack;
use wasmtime::component::{Component, Linker, Resource, ResourceTable};
use wasmtime::{Config, Engine, Store};

use crate::suite::Suite;

mod world {
    //! What wasmtime makes of the world.
    #![allow(missing_docs, clippy::all, clippy::pedantic)]

    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "workbench",
        with: { "ifs:adapter/store.store": super::None },
    });
}

use world::exports::ifs::adapter::authoring as wit;
use world::ifs::adapter::{store, types};

/// Authors lend no store.
pub struct None;

struct Host {
    resources: ResourceTable,
}

impl types::Host for Host {}

impl store::Host for Host {}

impl store::HostStore for Host {
    fn get(&mut self, _: Resource<None>, _: String) -> Result<Option<store::Entry>, store::Failure> {
        Err(store::Failure::Unavailable)
    }

    fn put(&mut self, _: Resource<None>, _: String, _: Vec<u8>, _: Option<u32>) -> Result<(), store::Failure> {
        Err(store::Failure::Unavailable)
    }

    fn drop(&mut self, store: Resource<None>) -> wasmtime::Result<()> {
        self.resources.delete(store)?;
        Ok(())
    }
}

/// As much stack as the compiler's own thread would reserve, within what a thread of the tests has.
const STACK: usize = 64 * 1024 * 1024;

/// Runs it over the packs.
pub fn run(suite: &mut Suite, component: &Path) {
    let component = component.to_owned();
    let worker = std::thread::Builder::new().stack_size(2 * STACK).spawn(move || packs(&component));
    let said = worker.map_err(|e| e.to_string()).and_then(|w| w.join().map_err(|_| "it panicked".to_owned()));
    match said.and_then(|said| said) {
        Ok(verdicts) => verdicts.into_iter().for_each(|(name, wrong)| suite.tally.verdict(&name, wrong)),
        Err(error) => suite.tally.fail("workbench", [error]),
    }
}

type Verdict = (String, Vec<String>);

fn packs(component: &Path) -> Result<Vec<Verdict>, String> {
    let words = |error: wasmtime::Error| format!("{error:?}");
    let mut config = Config::new();
    config.async_stack_size(2 * STACK).max_wasm_stack(STACK);
    let engine = Engine::new(&config).map_err(words)?;
    let component = Component::from_file(&engine, component).map_err(words)?;
    let mut linker = Linker::new(&engine);
    type Itself = wasmtime::component::HasSelf<Host>;
    world::Workbench::add_to_linker::<_, Itself>(&mut linker, |host: &mut Host| host).map_err(words)?;
    let mut store = Store::new(&engine, Host { resources: ResourceTable::new() });
    let workbench = world::Workbench::instantiate(&mut store, &component, &linker).map_err(words)?;
    let root = xtask::paths::root();
    let files = files(&root)?;
    let mut verdicts = Vec::new();
    for folder in std::fs::read_dir(root.join("mappings")).map_err(|e| e.to_string())?.flatten() {
        let pack = folder.path();
        if !pack.join("mapping.yaml").exists() || !pack.join("tests").exists() {
            continue;
        }
        let name = folder.file_name().to_string_lossy().into_owned();
        let mapping = format!("mappings/{name}/mapping.yaml");
        let mut wrong = Vec::new();
        let here = mapping_compiler::compile(&pack);
        let sealed = here.bundle.as_ref().and_then(|bundle| adapter_core::bundle::seal(bundle).ok());
        let authoring = workbench.ifs_adapter_authoring();
        match authoring.call_compile(&mut store, &files, &mapping).map_err(words)? {
            Ok(there) if Some(&there.bundle) == sealed.as_ref() => {
                let (said, own) = (there.findings.diagnostics.len(), here.report.diagnostics().len());
                if said != own {
                    wrong.push(format!("it says {said} things, and the library {own}"));
                }
            }
            other => wrong.push(format!("another bundle: {}", other.is_ok())),
        }
        let mut compiled = pack::Compiled::from(&Disk);
        let mut count = 0;
        for test in pack::tests(&pack.join("tests")).map_err(|e| e.to_string())? {
            count += 1;
            let path = test.strip_prefix(&root).map_err(|e| e.to_string())?.display().to_string();
            let there = authoring.call_explain(&mut store, &files, &mapping, &path).map_err(words)?;
            let here = pack::one(&test, &pack, &mut compiled, true);
            let (passed, text) = match here {
                Ok(passed) => (true, passed.explanation),
                Err(text) => (false, text),
            };
            if there.passed != passed || there.words != text {
                wrong.push(format!("{path}: {}\n{}\n--- and the library: {passed}\n{text}", there.passed, there.words));
            }
        }
        verdicts.push((format!("workbench: {name}: the library's bundle, and its words for {count} tests"), wrong));
    }
    verdicts.push(("workbench: a mapping that is wrong is told so".to_owned(), broken(&mut store, &workbench, files)?));
    Ok(verdicts)
}

/// One letter of a name.
fn broken(
    store: &mut Store<Host>,
    workbench: &world::Workbench,
    mut files: Vec<wit::File>,
) -> Result<Vec<String>, String> {
    let mapping = "mappings/esse3-rest/mapping.yaml";
    let file = files.iter_mut().find(|file| file.path == mapping).ok_or("there is no such mapping")?;
    let text = String::from_utf8_lossy(&file.content).replacen("career.stuId", "carer.stuId", 1);
    file.content = text.into_bytes();
    let authoring = workbench.ifs_adapter_authoring();
    let findings = authoring.call_check(&mut *store, &files, mapping).map_err(|e| format!("{e:?}"))?;
    let errors = findings.diagnostics.iter().filter(|d| d.severity == wit::Severity::Error);
    let placed = errors.filter(|d| d.labels.first().is_some_and(|l| l.file.ends_with(mapping) && l.start.line > 1));
    let refused = authoring.call_compile(store, &files, mapping).map_err(|e| format!("{e:?}"))?.is_err();
    let held = placed.count() > 0 && refused;
    Ok(if held { Vec::new() } else { vec![format!("{:?}", findings.diagnostics)] })
}

/// All that packs are made of.
fn files(root: &Path) -> Result<Vec<wit::File>, String> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() { walk(&path, found)? } else { found.push(path) }
        }
        Ok(())
    }
    let mut found = Vec::new();
    walk(&root.join("mappings"), &mut found).map_err(|e| e.to_string())?;
    let one = |path: PathBuf| {
        let content = std::fs::read(&path).map_err(|e| e.to_string())?;
        let path = path.strip_prefix(root).map_err(|e| e.to_string())?.display().to_string();
        Ok(wit::File { path, content })
    };
    found.into_iter().map(one).collect()
}
