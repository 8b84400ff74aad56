//! A filter that is not there, or is none: nothing is let through.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use xtask::envoy::Config;

use super::gate;
use super::load;
use crate::configure::shipped;
use crate::suite::Suite;

/// Routes to a system that answers, so that whatever is let through is seen there.
fn planted(config: &mut Config) {
    let routes = json!([{ "name": "planted", "match": { "prefix": "/" }, "route": { "cluster": "esse3" } }]);
    config.edits.push((format!("{}/route_config/virtual_hosts/0/routes", gate::MANAGER), routes));
}

/// Modules that are none.
fn modules(shipped: &Path, dir: &Path) -> std::io::Result<Vec<(&'static str, PathBuf)>> {
    let whole = std::fs::read(shipped)?;
    let write = |name: &str, bytes: &[u8]| -> std::io::Result<PathBuf> {
        let file = dir.join(name);
        std::fs::write(&file, bytes)?;
        Ok(file)
    };
    Ok(vec![
        ("missing", dir.join("nowhere.wasm")),
        ("empty", write("empty.wasm", b"")?),
        ("cut in half", write("half.wasm", &whole[..whole.len() / 2])?),
        ("not wasm at all", write("text.wasm", b"this is no module\n")?),
        // Valid: magic and version, no section (WebAssembly core specification, binary format).
        ("a module without functions", write("hollow.wasm", b"\0asm\x01\0\0\0")?),
    ])
}

/// Runs a start with each, and puts each in the place of one that works.
pub(super) fn run(suite: &mut Suite) -> Result<(), String> {
    let shipped_module = gate::shipped_module(suite)?;
    let dir = xtask::paths::run_dir(gate::NAME).map_err(|e| e.to_string())?;
    suite.logs.push(dir.clone());
    let modules = modules(&shipped_module, &dir).map_err(|e| e.to_string())?;
    for (what, module) in &modules {
        let wrong = at_start(suite, module, None, false)?;
        suite.tally.verdict(&format!("containment: module {what}: no start, and nothing is let through"), wrong);
    }
    let wrong = at_start(suite, &shipped_module, Some("{}"), false)?;
    suite.tally.verdict("containment: a refused configuration: no start, and nothing is let through", wrong);
    let wrong = at_start(suite, &shipped_module, Some("{}"), true)?;
    suite.tally.verdict("containment: a refused configuration, by ECDS: 503, and nothing is let through", wrong);
    for (what, module) in &modules {
        let wrong = at_start(suite, module, None, true)?;
        suite.tally.verdict(&format!("containment: module {what}, by ECDS: 503, and nothing is let through"), wrong);
    }
    replaced(suite, &shipped_module, &modules)
}

/// Starts an Envoy with a module that is none, or a configuration that the filter refuses; `replaceable` where both are
/// found out at run time.
fn at_start(suite: &mut Suite, module: &Path, plugin: Option<&str>, replaceable: bool) -> Result<Vec<String>, String> {
    let mut config = gate::config(suite, &shipped(), module)?;
    config.plugin = plugin.map_or(config.plugin, str::to_owned);
    planted(&mut config);
    config.replaceable = replaceable;
    if replaceable {
        refusals(&mut config)?;
    }
    let simulator = suite.world.server(&shipped().university).map_err(|e| e.to_string())?;
    let mut wrong = Vec::new();
    match gate::start(config) {
        Err(error) if replaceable => wrong.push(error),
        Err(error) if error.contains("did not start") => {}
        Err(error) => wrong.push(error),
        Ok(envoy) if !replaceable => {
            wrong.push("Envoy started".to_owned());
            suite.logs.push(envoy.stop());
        }
        Ok(envoy) => {
            let population = suite.world.population(&shipped().university);
            for asked in load::people(&population, 6) {
                wrong.extend(load::send(envoy.addr(), &asked).unless_problem(503, "gateway.unavailable"));
            }
            suite.logs.push(envoy.stop());
        }
    }
    if simulator.calls() > 0 {
        wrong.push(format!("{} requests were let through", simulator.calls()));
    }
    Ok(wrong)
}

/// What the shipped configurations with the filter in a file of its own say where there is none.
fn refusals(config: &mut Config) -> Result<(), String> {
    let place = format!("{}/local_reply_config/mappers", gate::MANAGER);
    let part = xtask::paths::root().join("envoy/parts/refusals-found.yaml");
    let text = std::fs::read_to_string(&part).map_err(|e| format!("{}: {e}", part.display()))?;
    let part: Value = xtask::envoy::config::parse(&text).map_err(|e| e.to_string())?;
    let tree = config.fill(Path::new("/nowhere")).map_err(|e| e.to_string())?;
    let lists = [Some(&part), tree.pointer(&place)].map(|list| list.and_then(Value::as_array).cloned());
    let all: Vec<Value> = lists.into_iter().flatten().flatten().collect();
    config.edits.push((place, Value::from(all)));
    Ok(())
}

/// Puts modules that are none into the file of a running Envoy: each is refused, and the one before goes on.
fn replaced(suite: &mut Suite, shipped_module: &Path, modules: &[(&str, PathBuf)]) -> Result<(), String> {
    let gate = gate::open(suite, &shipped(), shipped_module, |config| config.replaceable = true)?;
    let file = gate.envoy.dir().join("ifs-filter.json");
    let told = |e: std::io::Error| format!("{}: {e}", file.display());
    let whole: Value = serde_json::from_slice(&std::fs::read(&file).map_err(told)?).map_err(|e| e.to_string())?;
    for (what, module) in modules {
        let mut tree = whole.clone();
        let place = "/resources/0/typed_config/config/vm_config/code/local/filename";
        *tree.pointer_mut(place).ok_or("the filter's file has another form")? = json!(module);
        let refused = || gate.envoy.configured().unwrap_or_default().1;
        let before = refused();
        let fresh = file.with_extension("new");
        std::fs::write(&fresh, tree.to_string()).and_then(|()| std::fs::rename(&fresh, &file)).map_err(told)?;
        let mut wrong = Vec::new();
        if !gate::wait(Duration::from_secs(10), || refused() > before) {
            wrong.push("Envoy has not refused it".to_owned());
        }
        wrong.extend(gate.works());
        suite.tally.verdict(&format!("containment: module {what}, put in the place of one that works: refused"), wrong);
    }
    gate.close(suite);
    Ok(())
}
