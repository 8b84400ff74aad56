//! `cargo xtask up`: Envoy with the filter in the foreground, in front of the simulator or of somebody's own system.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use adapter_core::Plan;
use adapter_core::bundle::InstituteKind;
use adapter_core::contract::Operation;
use clap::{Args, ValueEnum};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use time::Date;
use university::oracle::{Expected, Institute, Question};
use university::{Kind as Student, Population};
use xtask::envoy::{Cluster, Envoy, Kind, Tls};
use xtask::mapping::Compiled;
use xtask::{Context, Error, Result, mapping};

use super::guarded::Guarded;
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
    /// How many gateways are started, on this port and the next ones, as replicas behind a balancer: they have the same
    /// keys, so that a walk may go on at any of them.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=8))]
    replicas: u16,
    /// How the gateway proves who calls: not at all (`development`), by vouchers of the stand-in for PDND (`edge`), by
    /// vouchers and client certificates (`mtls`), or behind a GovWay that you play yourself (`govway`,
    /// `govway-voucher`). With `none` every operation answers 401.
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
    /// Calls to a cluster of --legacy go over TLS: a file with the authorities (PEM) that vouch for its HOST.
    #[arg(long, value_name = "NAME=FILE", value_parser = credentials, requires = "legacy")]
    tls: Vec<(String, PathBuf)>,
    /// The answers of a cluster of --legacy come in gzip though nobody asks for it: Envoy undoes it.
    #[arg(long, value_name = "NAME", requires = "legacy")]
    gzip: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Trust {
    Development,
    None,
    Edge,
    Mtls,
    Govway,
    GovwayVoucher,
}

impl Trust {
    /// The configuration that proves who calls.
    fn kind(self) -> Option<Kind> {
        match self {
            Self::Development | Self::None => None,
            Self::Edge => Some(Kind::Edge),
            Self::Mtls => Some(Kind::Mtls),
            Self::Govway => Some(Kind::GovWay),
            Self::GovwayVoucher => Some(Kind::GovWayVoucher),
        }
    }
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
    let guarded = arguments.trust.kind().map(Guarded::start).transpose()?;
    if guarded.is_some() && arguments.now.is_some() {
        return Err(Error::new("--now is for --trust development: vouchers end by the machine's clock"));
    }
    let trust = (arguments.trust == Trust::Development).then_some("development");
    let start = |clusters: Vec<Cluster>, secrets: Vec<(String, String)>, now: Option<&str>| -> Result<Vec<Envoy>> {
        let one = |replica: u16| {
            // Free ports have no next one.
            let port = if arguments.port == 0 { 0 } else { arguments.port.saturating_add(replica) };
            let (clusters, secrets) = (clusters.clone(), secrets.clone());
            match &guarded {
                Some(guarded) => guarded.envoy(&compiled, clusters, secrets, port),
                None => stack::envoy("up", &compiled, clusters, secrets, (trust, now), port),
            }
        };
        (0..arguments.replicas).map(one).collect()
    };
    if arguments.legacy.is_empty() {
        // Vouchers live by the machine's clock, so the people must too; otherwise the clock stands still for them.
        let day = if guarded.is_some() { stack::today() } else { university::DEFAULT_TODAY };
        let day = arguments.population.today.unwrap_or(day);
        let population = Arc::new(arguments.population.population(day));
        let server = stack::university(&population)?;
        let clusters = stack::to_simulator(&compiled, server.addr());
        let standing = format!("{day}T09:00:00Z");
        let now = arguments.now.as_deref().or(trust.map(|_| standing.as_str()));
        let envoys = start(clusters, stack::secrets_of_simulator(&compiled)?, now)?;
        for base in &compiled.bases {
            println!("legacy   http://{}{base} (simulator, {} students)", server.addr(), population.students().len());
        }
        println!("people   cargo xtask students {}", arguments.population.flags(day));
        let student = population.first(Student::Ordinary).or(population.students().first());
        let example = Example {
            tax_code: student.map_or("", |student| student.tax_code()).to_owned(),
            day,
            course: course(&compiled, &population, day).unwrap_or_default(),
        };
        stay(envoys, &compiled, now, guarded.as_ref(), &example)
    } else {
        let clusters = own(&compiled, arguments)?;
        for cluster in &clusters {
            println!("legacy   http://{}:{} ({})", cluster.host, cluster.port, cluster.name);
        }
        let now = arguments.now.as_deref();
        let envoys = start(clusters, compiled.secrets(|_, variable| std::env::var(variable).ok())?, now)?;
        let (tax_code, course) = ("RSSMRA80A01F205X".to_owned(), "CODE".to_owned());
        let example = Example { tax_code, day: stack::today(), course };
        stay(envoys, &compiled, now, guarded.as_ref(), &example)
    }
}

/// What the printed calls ask for.
struct Example {
    tax_code: String,
    day: Date,
    course: String,
}

impl Example {
    /// A body with the members that a request must have; of an operation about a student, the tax code.
    fn body(&self, operation: &Operation) -> String {
        let student = ["tax_code"].into_iter().filter(|_| operation.about.one());
        let must = operation.request.fields.iter().filter(|field| field.required).map(|field| field.name);
        let must = must.filter(|name| *name != "tax_code");
        let members = student.chain(must).filter_map(|name| Some(format!("\"{name}\": \"{}\"", self.value(name)?)));
        format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
    }

    fn value(&self, member: &str) -> Option<String> {
        match member {
            "tax_code" => Some(self.tax_code.clone()),
            "degree_course_code" => Some(self.course.clone()),
            "academic_year" => {
                // Academic years begin in autumn.
                let begun = if u8::from(self.day.month()) >= 10 { self.day.year() } else { self.day.year() - 1 };
                Some(format!("{begun}/{}", begun + 1))
            }
            _ => None,
        }
    }
}

/// A course that the simulated institute offers, by its code.
fn course(compiled: &Compiled, population: &Population, day: Date) -> Option<String> {
    let whose = match Plan::load(&compiled.bundle).ok()?.institute().kind {
        InstituteKind::University => Institute::University,
        InstituteKind::Afam => Institute::Conservatory,
    };
    let operation = whose.operation("IFS01.2")?;
    let known =
        |question: &Question| matches!(operation.expected(population, question, day), Some(Expected::Answer(_)));
    operation.questions(population, day).into_iter().find(known)?.degree_course_code
}

/// The clusters of --legacy, which must be the mapping's.
fn own(compiled: &Compiled, arguments: &Arguments) -> Result<Vec<Cluster>> {
    let wanted = compiled.clusters.join(", ");
    for (name, ..) in &arguments.legacy {
        if !compiled.clusters.contains(name) {
            return Err(Error::new(format!("--legacy {name}: the mapping has no such cluster; it calls {wanted}")));
        }
    }
    let with_file = arguments.credentials.iter().chain(&arguments.tls).map(|(name, _)| name);
    for name in with_file.chain(&arguments.gzip) {
        if !compiled.clusters.contains(name) {
            return Err(Error::new(format!("{name}: the mapping has no such cluster; it calls {wanted}")));
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
        cluster.gzip = arguments.gzip.contains(name);
        if let Some((_, file)) = arguments.tls.iter().find(|(n, _)| n == name) {
            let authorities = file.canonicalize().context(format!("reading {}", file.display()))?;
            cluster.tls = Some(Tls { name: host.clone(), authorities });
        }
        Ok(cluster)
    };
    compiled.clusters.iter().map(one).collect()
}

/// Prints what there is to know, `ready` last, and waits for a signal or for Envoy's end.
fn stay(
    mut envoys: Vec<Envoy>,
    compiled: &Compiled,
    now: Option<&str>,
    guarded: Option<&Guarded>,
    example: &Example,
) -> Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).context("listening for signals")?;
    let base_of = |envoy: &Envoy| {
        let port = envoy.addr().port();
        if guarded.is_some() { format!("https://localhost:{port}") } else { format!("http://127.0.0.1:{port}") }
    };
    let base = envoys.first().map(base_of).context("no gateway was started")?;
    for envoy in &envoys {
        println!("envoy    {} (admin http://{})", base_of(envoy), envoy.admin());
    }
    println!("clock    {}", now.unwrap_or("the machine's"));
    for envoy in &envoys {
        println!("logs     {}", envoy.dir().display());
    }
    for operation in &compiled.operations {
        let target = stack::target(operation);
        println!("{}  curl -i {base}{target} -H 'content-type: application/json' \\", operation.name);
        for line in guarded.map(|guarded| guarded.curl(operation.id.api())).into_iter().flatten() {
            println!("           {line} \\");
        }
        println!("           -d '{}'", example.body(operation));
    }
    println!("ready {base}");
    std::io::stdout().flush().context("writing")?;
    loop {
        if signals.pending().next().is_some() {
            return Ok(());
        }
        for envoy in &mut envoys {
            if let Some(status) = envoy.exited()? {
                return Err(Error::new(format!("Envoy ended ({status}); see {}", envoy.dir().display())));
            }
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}
