//! The two arrangements that answer the same requests: Envoy with the filter, and the same Envoy with a sidecar.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use xtask::envoy::{Cluster, Config, Envoy, Options, plugin_configuration};
use xtask::mapping::Compiled;
use xtask::process::Guarded;
use xtask::{Context, Error, Result, paths};

use crate::{cpu, sidecar};

/// Workers of Envoy, in both arrangements; the sidecar has as many.
pub const WORKERS: u32 = 2;

/// The clock of the filter: the academic year of the page.
const NOW: &str = "2026-03-01T09:00:00Z";
/// The same for the sidecar.
const CURRENT_YEAR: &str = "2025";

/// How long the sidecar may take until it listens.
const START: Duration = Duration::from_secs(10);

/// What answers, and the processes whose CPU time is counted.
pub struct Arrangement {
    envoy: Envoy,
    sidecar: Option<Guarded>,
    /// The folder under `target/run` besides Envoy's own.
    dir: Option<PathBuf>,
}

impl Arrangement {
    /// Envoy with the filter.
    pub fn filter(wasm: &Path, mapping: &Compiled, legacy: SocketAddr) -> Result<Self> {
        let plugin = plugin_configuration(&mapping.bundle, Some("development"), Some(NOW))?;
        let clusters = mapping.clusters.iter().map(|name| cluster(name, legacy)).collect();
        let config = Config::development(wasm.to_path_buf(), plugin, clusters);
        Ok(Self { envoy: Envoy::start(config, &options("bench-filter"))?, sidecar: None, dir: None })
    }

    /// The sidecar, and Envoy in front of it with the same listener.
    pub fn sidecar(legacy: SocketAddr, years: &[u16]) -> Result<Self> {
        let dir = paths::run_dir("bench-sidecar")?;
        let (sidecar, addr) = start_sidecar(&dir, legacy, years)?;
        let mut config = Config::development(PathBuf::new(), String::new(), vec![cluster("sidecar", addr)]);
        config.template = template(&config.template, &dir)?;
        Ok(Self { envoy: Envoy::start(config, &options("bench-sidecar"))?, sidecar: Some(sidecar), dir: Some(dir) })
    }

    /// Ends it and removes its logs, which grow by a line a request. Where something went wrong it is only dropped, and
    /// they stay.
    pub fn end(self) -> Result<()> {
        for dir in [Some(self.envoy.stop()), self.dir].into_iter().flatten() {
            std::fs::remove_dir_all(&dir).context(format!("removing {}", dir.display()))?;
        }
        Ok(())
    }

    /// Where consumers connect.
    pub fn addr(&self) -> SocketAddr {
        self.envoy.addr()
    }

    /// CPU time so far of Envoy, and of the sidecar where there is one.
    pub fn cpu(&self) -> Result<(Duration, Duration)> {
        let sidecar = self.sidecar.as_ref().map(|process| cpu::time(process.id())).transpose()?;
        Ok((cpu::time(self.envoy.id())?, sidecar.unwrap_or_default()))
    }
}

/// Room for every call of every consumer: neither arrangement waits for a connection.
fn cluster(name: &str, addr: SocketAddr) -> Cluster {
    let mut cluster = Cluster::new(name, &addr.ip().to_string(), addr.port());
    cluster.connections = 128;
    cluster
}

/// As quiet as in production: a line for each request would be measured too.
fn options(name: &str) -> Options {
    let mut options = Options::named(name);
    options.concurrency = WORKERS;
    options.log_level = "warning".to_owned();
    options.component_log_level = String::new();
    options
}

fn start_sidecar(dir: &Path, legacy: SocketAddr, years: &[u16]) -> Result<(Guarded, SocketAddr)> {
    let mut command = Command::new(std::env::current_exe().context("our own program")?);
    command.args(["sidecar", "--legacy", &legacy.to_string(), "--current", CURRENT_YEAR]);
    for year in years {
        command.args(["--year", &year.to_string()]);
    }
    let log = dir.join("sidecar.log");
    let mut process = Guarded::start(command, &log)?;
    let until = Instant::now() + START;
    loop {
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        // A line without its end may be half an address.
        if let Some((line, _)) = said.split_once('\n')
            && let Some(addr) = line.strip_prefix(sidecar::LISTENING)
        {
            return Ok((process, addr.parse().context("the sidecar's address")?));
        }
        if process.exited()?.is_some() || Instant::now() > until {
            return Err(Error::new(format!("the sidecar did not start: {}", said.trim())));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The filter's own template with the filter taken out and every route led to the sidecar; all else as it stands.
fn template(original: &Path, dir: &Path) -> Result<PathBuf> {
    let text = std::fs::read_to_string(original).context(format!("reading {}", original.display()))?;
    let mut tree = xtask::envoy::config::parse(&text)?;
    without_filter(&mut tree)?;
    let file = dir.join("template.json");
    std::fs::write(&file, tree.to_string()).context(format!("writing {}", file.display()))?;
    Ok(file)
}

const MANAGER: &str = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config";

fn without_filter(tree: &mut Value) -> Result<()> {
    let manager = tree.pointer_mut(MANAGER).context("the configuration has no connection manager")?;
    let filters = manager.get_mut("http_filters").and_then(Value::as_array_mut).context("no filters")?;
    filters.retain(|filter| filter.get("name").and_then(Value::as_str) != Some("ifs"));
    if filters.len() != 1 {
        return Err(Error::new("the configuration has other filters than ours and the router"));
    }
    let routes = manager.pointer_mut("/route_config/virtual_hosts/0/routes").and_then(Value::as_array_mut);
    for route in routes.context("no routes")?.iter_mut().filter_map(Value::as_object_mut) {
        route.remove("direct_response").context("a route that the filter does not answer")?;
        route.insert("route".to_owned(), json!({ "cluster": "sidecar" }));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_filter_and_routes_differ() {
        let text = std::fs::read_to_string(paths::root().join("envoy").join("development.yaml")).unwrap();
        let whole = xtask::envoy::config::parse(&text).unwrap();
        let mut tree = whole.clone();
        without_filter(&mut tree).unwrap();
        let (before, after) = (whole.pointer(MANAGER).unwrap(), tree.pointer(MANAGER).unwrap());
        for (name, member) in before.as_object().unwrap() {
            let same = after.get(name) == Some(member);
            assert_eq!(same, !["http_filters", "route_config"].contains(&name.as_str()), "{name}");
        }
        assert_eq!(after.pointer("/http_filters/0/name").unwrap(), "envoy.filters.http.router");
        let routes = after.pointer("/route_config/virtual_hosts/0/routes").unwrap().as_array().unwrap();
        assert!(!routes.is_empty() && routes.iter().all(|route| route.pointer("/route/cluster").unwrap() == "sidecar"));
        assert!(!text.contains("lb_policy"), "the cluster must be the same kind in both arrangements");
    }
}
