//! A subject with its Envoy, started for one mapping and one legacy system.

use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use xtask::envoy::{Cluster, Config, Envoy, Options, plugin_configuration};
use xtask::mapping::Compiled;
use xtask::process::Guarded;
use xtask::{Context, Error, Result, paths};

use super::case::Group;
use super::subject::{Build, Kind, Service, Subject};
use crate::cpu::Meter;

/// Workers of Envoy, in every arrangement; whatever stands behind it has as many.
pub const WORKERS: u32 = 2;

/// The clock of the filter: the academic year of the page.
const NOW: &str = "2026-03-01T09:00:00Z";
/// The same for what is written by hand.
pub const CURRENT_YEAR: u16 = 2025;

/// How long a process behind Envoy may take until it listens.
const START: Duration = Duration::from_secs(10);

/// What answers, and the processes whose CPU time is counted.
pub struct Arrangement {
    envoy: Envoy,
    behind: Option<Guarded>,
    /// The folder under `target/run` besides Envoy's own.
    dir: Option<PathBuf>,
    gateway: Meter,
    service: Meter,
}

/// How the processes of an arrangement are started.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// Workers of Envoy, and of what stands behind it.
    pub workers: u32,
    /// Envoy's port; 0 takes a free one.
    pub port: u16,
    /// Whether the filter's configuration lies in a file that can be replaced.
    pub replaceable: bool,
}

/// As calls are measured.
pub const USUAL: Setup = Setup { workers: WORKERS, port: 0, replaceable: false };

/// CPU time so far, nanoseconds.
#[derive(Clone, Copy, Debug)]
pub struct Cpu {
    /// Of Envoy.
    pub envoy: u64,
    /// Of what stands behind it.
    pub behind: u64,
}

impl Arrangement {
    /// Starts a subject for a group's mapping.
    pub fn start(
        subject: &Subject,
        group: &Group,
        mapping: &Compiled,
        legacy: SocketAddr,
        setup: Setup,
    ) -> Result<Self> {
        match &subject.kind {
            Kind::Filter(build) => Self::filter(build, group, mapping, legacy, setup),
            Kind::Floor(module) => Self::floor(module, group, legacy, setup),
            Kind::Service(service) => Self::service(service, group, legacy, setup),
        }
        .context(&subject.name)
    }

    fn filter(build: &Build, group: &Group, mapping: &Compiled, legacy: SocketAddr, setup: Setup) -> Result<Self> {
        let bundle = build.bundle(group.mapping)?.unwrap_or_else(|| mapping.bundle.clone());
        let plugin = plugin(&bundle)?;
        let clusters = mapping.clusters.iter().map(|name| cluster(name, legacy)).collect();
        let mut config = Config::development(build.wasm.clone(), plugin, clusters);
        config.template = build.own("development.yaml").unwrap_or(config.template);
        Self::around(config, setup, "bench-filter", None, None)
    }

    /// The hand-written filter in the place of ours.
    fn floor(module: &Path, group: &Group, legacy: SocketAddr, setup: Setup) -> Result<Self> {
        let plugin = json!({ "years": group.years(), "current": CURRENT_YEAR, "soap": group.soap() });
        let clusters = vec![cluster("legacy", legacy)];
        let mut config = Config::development(module.to_owned(), plugin.to_string(), clusters);
        // It reads headers by a function that ours does not use.
        let lent = format!("{MANAGER}/http_filters/0/typed_config/config/capability_restriction_config");
        config.edits.push((lent, json!({})));
        Self::around(config, setup, "bench-floor", None, None)
    }

    /// A service, and Envoy in front of it with the same listener.
    fn service(service: &Service, group: &Group, legacy: SocketAddr, setup: Setup) -> Result<Self> {
        let mut command = Command::new(&service.program);
        command.args(&service.arguments).envs(service.environment.iter().map(|(name, value)| (name, value)));
        command.args(["--legacy", &legacy.to_string(), "--current", &CURRENT_YEAR.to_string()]);
        command.args(["--workers", &setup.workers.to_string()]);
        command.args(group.years().iter().flat_map(|year| ["--year".to_owned(), year.to_string()]));
        command.args(group.soap().then_some("--soap"));
        let dir = paths::run_dir("bench-behind")?;
        let (behind, addr) = listening(command, &dir)?;
        let mut config = Config::development(PathBuf::new(), String::new(), vec![cluster("sidecar", addr)]);
        config.template = template(&config.template, &dir)?;
        Self::around(config, setup, "bench-sidecar", Some(behind), Some(dir))
    }

    fn around(
        mut config: Config,
        setup: Setup,
        name: &str,
        behind: Option<Guarded>,
        dir: Option<PathBuf>,
    ) -> Result<Self> {
        config.port = setup.port;
        config.replaceable = setup.replaceable;
        // As quiet as in production: a line for each request would be measured too.
        let mut options = Options::named(name);
        options.concurrency = setup.workers;
        options.log_level = LOG_LEVEL.to_owned();
        options.component_log_level = String::new();
        let envoy = Envoy::start(config, &options)?;
        let gateway = Meter::of(vec![envoy.id()])?;
        let service = Meter::of(behind.iter().map(Guarded::id).collect())?;
        Ok(Self { envoy, behind, dir, gateway, service })
    }

    /// Ends it and removes its logs, which grow by a line a request. Where something went wrong it is only dropped, and
    /// they stay.
    pub fn end(self) -> Result<()> {
        drop(self.behind);
        self.service.end_children();
        for dir in [Some(self.envoy.stop()), self.dir].into_iter().flatten() {
            std::fs::remove_dir_all(&dir).context(format!("removing {}", dir.display()))?;
        }
        Ok(())
    }

    /// Where consumers connect.
    pub fn addr(&self) -> SocketAddr {
        self.envoy.addr()
    }

    /// Envoy.
    pub fn envoy(&self) -> &Envoy {
        &self.envoy
    }

    /// The process behind Envoy, if there is one, and its descendants.
    pub fn behind(&self) -> &[u32] {
        self.service.processes()
    }

    /// CPU time so far.
    pub fn cpu(&mut self) -> Result<Cpu> {
        Ok(Cpu { envoy: self.gateway.read()?, behind: self.service.read()? })
    }

    /// Takes processes into account that have been started since.
    pub fn find_processes(&mut self) -> Result<()> {
        // Envoy starts none.
        self.service.find()
    }

    /// Nanoseconds of threads that ended before they could be read.
    pub fn unseen(&self) -> u64 {
        self.gateway.unseen() + self.service.unseen()
    }
}

/// Room for every call of every consumer: no arrangement waits for a connection.
fn cluster(name: &str, addr: SocketAddr) -> Cluster {
    let mut cluster = Cluster::new(name, &addr.ip().to_string(), addr.port());
    (cluster.connections, cluster.waiting) = (128, 512);
    cluster
}

/// The filter's configuration with a bundle.
pub fn plugin(bundle: &[u8]) -> Result<String> {
    plugin_configuration(bundle, Some("development"), Some(NOW))
}

/// Envoy's log level.
pub const LOG_LEVEL: &str = "warning";

/// What a service prints before its address once it listens.
const LISTENING: &str = "listening ";

/// Starts a service and waits until it says where it listens.
fn listening(command: Command, dir: &Path) -> Result<(Guarded, SocketAddr)> {
    let log = dir.join("service.log");
    let mut process = Guarded::start(command, &log)?;
    let until = Instant::now() + START;
    loop {
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        let whole = said.rsplit_once('\n').map_or("", |(lines, _)| lines);
        // A line without its end may be half an address.
        if let Some(addr) = whole.lines().find_map(|line| line.strip_prefix(LISTENING)) {
            let addr = addr.parse().context("the service's address")?;
            // Some say so before they do.
            if TcpStream::connect(addr).is_ok() {
                return Ok((process, addr));
            }
        }
        if process.exited()?.is_some() || Instant::now() > until {
            return Err(Error::new(format!("it did not start: {}", said.trim())));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The filter's own template with the filter taken out, and what holds headers back for it, and every route led to the
/// sidecar; all else as it stands.
fn template(original: &Path, dir: &Path) -> Result<PathBuf> {
    let text = std::fs::read_to_string(original).context(format!("reading {}", original.display()))?;
    let mut tree = xtask::envoy::config::parse(&text)?;
    without_filter(&mut tree)?;
    let file = dir.join("template.json");
    std::fs::write(&file, tree.to_string()).context(format!("writing {}", file.display()))?;
    Ok(file)
}

const MANAGER: &str = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config";

/// Holds the headers of a request that the filter has not answered yet.
const HOLD: &str = "envoy.filters.http.buffer";

fn without_filter(tree: &mut Value) -> Result<()> {
    let manager = tree.pointer_mut(MANAGER).context("the configuration has no connection manager")?;
    let filters = manager.get_mut("http_filters").and_then(Value::as_array_mut).context("no filters")?;
    let ours = |filter: &Value| ["ifs", HOLD].contains(&filter.get("name").and_then(Value::as_str).unwrap_or_default());
    filters.retain(|filter| !ours(filter));
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
