//! What `demo` and `up` start: a synthetic university and an Envoy with the filter in front of it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use adapter_core::contract::Operation;
use time::{Date, Duration, OffsetDateTime};
use university::{Population, Server};
use xtask::envoy::{Cluster, Config, Envoy, Options, plugin_configuration};
use xtask::mapping::Compiled;
use xtask::{Context, Result, wasm};

/// The clock that everything runs by where none is given: the day the population is made for.
pub const NOW: &str = "2026-03-01T09:00:00Z";

/// The machine's day, UTC.
pub fn today() -> Date {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let days = i64::try_from(seconds / 86_400).unwrap_or(0);
    OffsetDateTime::UNIX_EPOCH.saturating_add(Duration::days(days)).date()
}

/// Path of an operation as it is served.
pub fn target(operation: &Operation) -> String {
    format!("/ifs0{}{}", operation.id.api(), operation.path)
}

/// Starts the university's legacy system on a free port.
pub fn university(population: &Arc<Population>) -> Result<Server> {
    Server::start(Arc::clone(population), university::Options::default()).context("starting the simulator")
}

/// Every cluster of a mapping, led to the simulator, with the simulator's credentials.
pub fn to_simulator(compiled: &Compiled, simulator: SocketAddr) -> Vec<Cluster> {
    let one = |name: &String| {
        Cluster::new(name, &simulator.ip().to_string(), simulator.port())
            .basic(university::server::DEFAULT_USER, university::server::DEFAULT_PASSWORD)
    };
    compiled.clusters.iter().map(one).collect()
}

/// The mapping's secrets as the simulator has them: names ending in `user` and `password` are its one account.
pub fn secrets_of_simulator(compiled: &Compiled) -> Result<Vec<(String, String)>> {
    let account = [("user", university::server::DEFAULT_USER), ("password", university::server::DEFAULT_PASSWORD)];
    compiled.secrets(|name, variable| {
        let known = account.into_iter().find(|(end, _)| name.to_ascii_lowercase().ends_with(end));
        known.map(|(_, value)| value.to_owned()).or_else(|| std::env::var(variable).ok())
    })
}

/// A cluster that is only checked, never called.
pub fn placeholder_cluster(name: &str) -> Cluster {
    Cluster::new(name, "127.0.0.1", 9).basic("user", "password")
}

/// Builds the filter and starts Envoy with it.
pub fn envoy(
    name: &str,
    compiled: &Compiled,
    clusters: Vec<Cluster>,
    secrets: Vec<(String, String)>,
    (trust, now): (Option<&str>, Option<&str>),
    port: u16,
) -> Result<Envoy> {
    let built = wasm::build(&[], wasm::Fetch::Never)?;
    let plugin = plugin_configuration(&compiled.bundle, trust, now)?;
    let mut config = Config::development(built.path().to_path_buf(), plugin, clusters);
    config.port = port;
    config.secrets = secrets;
    Envoy::start(config, &Options::named(name))
}
