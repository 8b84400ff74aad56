//! `cargo xtask up`: Envoy with the filter in the foreground, in front of the simulator or of somebody's own system.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use adapter_core::contract::Scope;
use clap::{Args, ValueEnum};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use university::Kind;
use xtask::envoy::{Cluster, Envoy};
use xtask::mapping::Compiled;
use xtask::{Context, Error, Result, mapping};

use super::{stack, students};

/// What is started.
#[derive(Args)]
pub struct Arguments {
    /// The pack under `mappings/` whose mapping is used, or a pack's folder.
    #[arg(long, default_value = mapping::DEFAULT_PACK, conflicts_with = "mapping")]
    pack: String,
    #[command(flatten)]
    population: students::University,
    /// Envoy's port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 10000)]
    port: u16,
    /// How far the gateway is trusted to prove who calls. With `none` every operation answers 401.
    #[arg(long, value_enum, default_value_t = Trust::Development)]
    trust: Trust,
    /// A clock that stands still, UTC. In front of the simulator: 2026-03-01T09:00:00Z if not given; in front of
    /// another system: the machine's clock.
    #[arg(long)]
    now: Option<String>,
    /// A mapping file, in place of a pack's.
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// Your own system in place of the simulator; NAME is the mapping's `cluster`. Once for each cluster.
    #[arg(long, value_name = "NAME=HOST:PORT", value_parser = legacy)]
    legacy: Vec<(String, String, u16)>,
    /// A file with the whole value of `Authorization` for the calls to a cluster of --legacy.
    #[arg(long, value_name = "NAME=FILE", value_parser = credentials, requires = "legacy")]
    credentials: Vec<(String, PathBuf)>,
}

/// The academic year that is asked for in the example.
const EXAMPLE_YEAR: &str = "2025/2026";

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Trust {
    Development,
    None,
}

fn legacy(text: &str) -> std::result::Result<(String, String, u16), String> {
    let parts = text.split_once('=').and_then(|(name, at)| Some((name, at.rsplit_once(':')?)));
    let (name, (host, port)) = parts.ok_or("must be NAME=HOST:PORT")?;
    let port = port.parse().map_err(|_| format!("`{port}` is not a port"))?;
    if name.is_empty() || host.is_empty() {
        return Err("must be NAME=HOST:PORT".to_owned());
    }
    Ok((name.to_owned(), host.trim_start_matches('[').trim_end_matches(']').to_owned(), port))
}

fn credentials(text: &str) -> std::result::Result<(String, PathBuf), String> {
    text.split_once('=')
        .map(|(name, file)| (name.to_owned(), PathBuf::from(file)))
        .ok_or("must be NAME=FILE".to_owned())
}

/// Starts everything, says so, and ends it on Ctrl-C.
pub fn run(arguments: &Arguments) -> Result<()> {
    let file = arguments.mapping.clone().unwrap_or_else(|| mapping::of_pack(&arguments.pack));
    let compiled = mapping::compile(&file)?;
    let trust = (arguments.trust == Trust::Development).then_some("development");
    if arguments.legacy.is_empty() {
        let population = Arc::new(arguments.population.population());
        let server = stack::university(&population)?;
        let clusters = stack::to_simulator(&compiled, server.addr());
        let now = arguments.now.as_deref().or(trust.map(|_| stack::NOW));
        let secrets = stack::secrets_of_simulator(&compiled)?;
        let envoy = stack::envoy("up", &compiled, clusters, secrets, (trust, now), arguments.port)?;
        for base in &compiled.bases {
            println!("legacy   http://{}{base} (simulator, {} students)", server.addr(), population.students().len());
        }
        let student = population.first(Kind::Ordinary).or(population.students().first());
        stay(envoy, &compiled, now, student.map_or("", |student| student.tax_code()))
    } else {
        let clusters = own(&compiled, arguments)?;
        for cluster in &clusters {
            println!("legacy   http://{}:{} ({})", cluster.host, cluster.port, cluster.name);
        }
        let now = arguments.now.as_deref();
        let secrets = compiled.secrets(|_, variable| std::env::var(variable).ok())?;
        let envoy = stack::envoy("up", &compiled, clusters, secrets, (trust, now), arguments.port)?;
        stay(envoy, &compiled, now, "RSSMRA80A01F205X")
    }
}

/// The clusters of --legacy, which must be the mapping's.
fn own(compiled: &Compiled, arguments: &Arguments) -> Result<Vec<Cluster>> {
    let wanted = compiled.clusters.join(", ");
    for (name, ..) in &arguments.legacy {
        if !compiled.clusters.contains(name) {
            return Err(Error::new(format!("--legacy {name}: the mapping has no such cluster; it calls {wanted}")));
        }
    }
    let one = |name: &String| {
        let given = arguments.legacy.iter().find(|(n, ..)| n == name);
        let (_, host, port) =
            given.context(format!("--legacy {name}=HOST:PORT is missing; the mapping calls {wanted}"))?;
        let mut cluster = Cluster::new(name, host, *port);
        if let Some((_, file)) = arguments.credentials.iter().find(|(n, _)| n == name) {
            let value = std::fs::read_to_string(file).context(format!("reading {}", file.display()))?;
            cluster.authorization = Some(value.trim().to_owned());
        }
        Ok(cluster)
    };
    compiled.clusters.iter().map(one).collect()
}

/// Prints what there is to know, `ready` last, and waits for a signal or for Envoy's end.
fn stay(mut envoy: Envoy, compiled: &Compiled, now: Option<&str>, tax_code: &str) -> Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).context("listening for signals")?;
    println!("envoy    http://{} (admin http://{})", envoy.addr(), envoy.admin());
    println!("clock    {}", now.unwrap_or("the machine's"));
    println!("logs     {}", envoy.dir().display());
    for operation in &compiled.operations {
        let body = match operation.scope {
            Scope::Student => format!("{{\"tax_code\": \"{tax_code}\"}}"),
            Scope::Institute => format!("{{\"academic_year\": \"{EXAMPLE_YEAR}\"}}"),
        };
        let target = stack::target(operation);
        println!("{}  curl -i http://{}{target} -H 'content-type: application/json' \\", operation.id, envoy.addr());
        println!("           -d '{body}'");
    }
    println!("ready http://127.0.0.1:{}", envoy.addr().port());
    std::io::stdout().flush().context("writing")?;
    loop {
        if signals.pending().next().is_some() {
            return Ok(());
        }
        if let Some(status) = envoy.exited()? {
            return Err(Error::new(format!("Envoy ended ({status}); see {}", envoy.dir().display())));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}
