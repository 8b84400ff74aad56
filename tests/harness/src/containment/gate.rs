//! An Envoy of a case with the simulated university behind it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use university::{Population, Rule, Server};
use xtask::envoy::{Config, Envoy, Options};

use super::load::{self, Asked};
use crate::scenario::Setting;
use crate::stand;
use crate::suite::Suite;

/// What the folders of these Envoys begin with, under `target/run`.
pub(super) const NAME: &str = "containment";

/// A running gateway.
pub(super) struct Gate {
    pub(super) envoy: Envoy,
    pub(super) simulator: Arc<Server>,
    pub(super) population: Arc<Population>,
}

/// The shipped filter's file.
pub(super) fn shipped_module(suite: &Suite) -> Result<PathBuf, String> {
    Ok(suite.built.as_ref().ok_or("the filter was not built")?.path.clone())
}

/// The build that traps on a marker.
pub(super) fn poisoned_module() -> Result<PathBuf, String> {
    let built = xtask::wasm::build(&["poison-test"], xtask::wasm::Fetch::Never).map_err(|e| e.to_string())?;
    Ok(built.path().to_owned())
}

/// The configuration of a setting, not started yet; the simulator has no rules.
pub(super) fn config(suite: &mut Suite, setting: &Setting, module: &Path) -> Result<Config, String> {
    let bundle = suite.bundles.bundle(setting)?;
    let simulator = suite.world.server(&setting.university).map_err(|e| e.to_string())?;
    simulator.set_rules(Vec::new());
    simulator.clear();
    let clusters = suite.world.clusters(setting).map_err(|e| e.to_string())?;
    stand::config(module, setting, &bundle, clusters)
}

/// Starts a gateway with a configuration that `change` has had its way with.
pub(super) fn open(
    suite: &mut Suite,
    setting: &Setting,
    module: &Path,
    change: impl FnOnce(&mut Config),
) -> Result<Gate, String> {
    let mut config = config(suite, setting, module)?;
    change(&mut config);
    Ok(Gate {
        envoy: start(config)?,
        simulator: suite.world.server(&setting.university).map_err(|e| e.to_string())?,
        population: suite.world.population(&setting.university),
    })
}

/// Starts an Envoy with two workers.
pub(super) fn start(config: Config) -> Result<Envoy, String> {
    Envoy::start(config, &Options::named(NAME)).map_err(|e| e.to_string())
}

impl Gate {
    /// Some of the population, with what the oracle says to each.
    pub(super) fn people(&self, most: usize) -> Vec<Asked> {
        load::people(&self.population, most)
    }

    /// What is wrong with a few answers on new connections, so that each worker gives some.
    pub(super) fn works(&self) -> Vec<String> {
        let asked = self.people(12);
        let ends = asked.iter().map(|asked| load::send(self.envoy.addr(), asked));
        ends.filter_map(|ended| ended.unless(&[])).collect()
    }

    /// Stops it; its logs are searched at the suite's end.
    pub(super) fn close(self, suite: &mut Suite) {
        self.simulator.set_rules(Vec::new());
        suite.logs.push(self.envoy.stop());
    }
}

/// Rules, as scenarios write them.
pub(super) fn rules(trees: impl IntoIterator<Item = Value>) -> Result<Vec<Rule>, String> {
    trees.into_iter().map(|tree| serde_json::from_value(tree).map_err(|e| format!("a rule: {e}"))).collect()
}

/// A template made out of another: read, changed, written beside the logs.
pub(super) fn derived(config: &mut Config, change: impl FnOnce(&mut Value) -> Option<()>) -> Result<(), String> {
    let text = std::fs::read_to_string(&config.template).map_err(|e| e.to_string())?;
    let mut tree = xtask::envoy::config::parse(&text).map_err(|e| e.to_string())?;
    change(&mut tree).ok_or("the template has not the form that this test changes")?;
    let dir = xtask::paths::run_dir(NAME).map_err(|e| e.to_string())?;
    let file = dir.join("template.json");
    std::fs::write(&file, tree.to_string()).map_err(|e| e.to_string())?;
    config.template = file;
    Ok(())
}

/// The HTTP connection manager of the first listener.
pub(super) const MANAGER: &str = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config";

/// Bytes of memory that a process has.
pub(super) fn resident(process: u32) -> Result<u64, String> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).map_err(|e| e.to_string())?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().map_err(|_| "VmRSS")?;
    Ok(kib * 1024)
}

/// Waits until something holds; false if it does not within the time.
pub(super) fn wait(most: Duration, holds: impl Fn() -> bool) -> bool {
    let until = std::time::Instant::now() + most;
    loop {
        if holds() {
            return true;
        }
        if std::time::Instant::now() > until {
            return false;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
