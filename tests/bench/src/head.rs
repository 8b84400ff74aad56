//! What stands at the head of a run: the machine, the versions, and what Envoy is told.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde::Serialize;
use serde_json::Value;
use xtask::wasm::Built;
use xtask::{Context, Result, paths, process};

use crate::call::arrangement::{Arrangement, LOG_LEVEL, WORKERS};
use crate::call::load::CONSUMERS;
use crate::call::subject::Subject;

/// Crates whose versions say how good the sidecar is.
const CRATES: [&str; 8] = ["axum", "hyper", "hyper-util", "mimalloc", "quick-xml", "serde", "serde_json", "tokio"];

/// How everything is built that the filter is compared with.
const COMPARED: &str = "opt-level 3, fat LTO, one codegen unit, panic = abort";

/// The facts of a run, each with its name.
#[derive(Debug, Default, Serialize)]
pub struct Facts(Vec<(String, String)>);

impl Facts {
    /// Of the machine and the tools.
    pub fn of_machine() -> Result<Self> {
        let mut facts = Self::default();
        let cpu = fs::read_to_string("/proc/cpuinfo").context("/proc/cpuinfo")?;
        let model =
            cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map(|(_, name)| name);
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        facts.add("processor", format!("{} × {}", cores, model.unwrap_or("not named")));
        let read = |file: &str| fs::read_to_string(file).unwrap_or_default().trim().to_owned();
        facts.add("kernel", read("/proc/sys/kernel/osrelease"));
        facts.add("load before", read("/proc/loadavg"));
        let output = |command: &mut Command| process::output(command.current_dir(paths::root()));
        facts.add("rustc", output(Command::new("rustc").arg("--version"))?.trim());
        let commit = output(Command::new("git").args(["describe", "--always", "--dirty", "--abbrev=9"]));
        facts.add("commit", commit.unwrap_or_else(|_| "unknown".to_owned()).trim());
        facts.add("Envoy", xtask::envoy::VERSION);
        facts.add("wasmtime, serde_json", format!("{}, {}", version("wasmtime")?, version("serde_json")?));
        Ok(facts)
    }

    /// Of the filter and whatever else is compared.
    pub fn add_subjects(&mut self, built: &Built, subjects: &[Subject]) -> Result<()> {
        let (plain, optimised) = built.sizes()?;
        let optimised = optimised.map_or("without wasm-opt".to_owned(), |size| format!("{size} after wasm-opt -Oz"));
        self.add("filter", format!("{plain} bytes as built, {optimised}; {}", flags()?));
        for subject in subjects {
            if let Some(module) = subject.module() {
                let size = fs::metadata(module).context(module.display())?.len();
                self.add(&format!("module of {}", subject.name), format!("{size} bytes"));
            }
        }
        let versions: Vec<String> =
            CRATES.iter().filter_map(|name| Some(format!("{name} {}", version(name).ok()?))).collect();
        self.add("sidecar", format!("{COMPARED}; mimalloc; {}", versions.join(", ")));
        self.add("by hand", format!("{COMPARED}, no flags, wasm-opt -O3 where there is one; the same bench-answer"));
        self.add("workers", format!("Envoy {WORKERS} in every arrangement, what stands behind it {WORKERS}"));
        self.add("load", format!("{CONSUMERS} consumers, a connection each, one request after the other"));
        Ok(())
    }

    /// Adds one.
    pub fn add(&mut self, name: &str, value: impl Into<String>) {
        self.0.push((name.to_owned(), value.into()));
    }

    /// Lines.
    pub fn print(&self) {
        for (name, value) in &self.0 {
            println!("{name:<24}{value}");
        }
        println!();
    }
}

/// The flags that the filter is built with, as cargo's configuration has them.
fn flags() -> Result<String> {
    let file = paths::root().join(".cargo").join("config.toml");
    let text = fs::read_to_string(&file).context(file.display())?;
    let flags = text.lines().find(|line| line.starts_with("rustflags"));
    Ok(flags.unwrap_or("no rustflags").to_owned())
}

/// What an Envoy was told that costs every request something, out of its own configuration.
pub fn envoy(arrangement: &Arrangement) -> Result<String> {
    let file = arrangement.envoy().dir().join("envoy.json");
    let text = fs::read(&file).context(file.display())?;
    let tree: Value = serde_json::from_slice(&text).context(file.display())?;
    Ok(told(&tree))
}

/// What of a configuration costs every request something.
fn told(tree: &Value) -> String {
    const MANAGER: &str = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config";
    let manager = tree.pointer(MANAGER).unwrap_or(&Value::Null);
    let on = |name: &str| manager.get(name).and_then(Value::as_bool).unwrap_or(false);
    let count = |at: &str| manager.pointer(at).and_then(Value::as_array).map_or(0, Vec::len);
    let names = |at: &str| {
        let names = manager.pointer(at).and_then(Value::as_array).into_iter().flatten();
        names.filter_map(|one| one.get("name")?.as_str()).collect::<Vec<_>>().join(" + ")
    };
    let stats = match tree.pointer("/stats_config/stats_matcher") {
        None => "all".to_owned(),
        Some(matcher) => matcher.to_string(),
    };
    format!(
        "request ids {}, in the answer by {}; stats {stats}; access log {}; reply mappers {}; filters {}; log level {LOG_LEVEL}",
        if on("preserve_external_request_id") { "made or preserved" } else { "made" },
        if on("always_set_request_id_in_response") { "Envoy" } else { "the filter" },
        match count("/access_log") {
            0 => "none".to_owned(),
            _ => "a line of JSON a request".to_owned(),
        },
        count("/local_reply_config/mappers"),
        names("/http_filters"),
    )
}

/// The version of a crate in the workspace's lock file.
fn version(name: &str) -> Result<String> {
    let file = paths::root().join("Cargo.lock");
    locked(&file, name)
}

fn locked(file: &Path, name: &str) -> Result<String> {
    let text = fs::read_to_string(file).context(file.display())?;
    let at = format!("name = \"{name}\"\nversion = \"");
    let rest = text.split_once(&at).context(format!("no crate {name}"))?.1;
    Ok(rest.split('"').next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_those_of_the_lock_file() {
        assert!(version("axum").unwrap().starts_with("0.8."));
        assert!(version("no-such-crate").is_err());
    }

    #[test]
    fn what_envoy_is_told_is_read_from_its_configuration() {
        let file = paths::root().join("envoy").join("development.yaml");
        let tree = xtask::envoy::config::parse(&fs::read_to_string(file).unwrap()).unwrap();
        let told = told(&tree);
        for part in
            ["preserved, in the answer by the filter", "stats all", "access log a line", "filters ifs + envoy.filters"]
        {
            assert!(told.contains(part), "{told}");
        }
        assert!(!told.contains("reply mappers 0"), "{told}");
    }
}
