//! `cargo xtask gateway`: fills one of the gateway configurations with an operator's own values, from one file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};
use xtask::envoy::{
    Clients, Cluster, Config, Gate, Keys, Kind, Name, OAuth2, Partner, Tls, Version, Vouchers, check, config, declared,
    dynamic, plugin_with,
};
use xtask::{Context, Error, Result};

/// The audience of an API that is not published: nobody's voucher has it.
const UNPUBLISHED: &str = "urn:ifs-adapter:unpublished";

/// What is filled, and where it is written.
#[derive(Args)]
pub struct Arguments {
    /// The operator's values, YAML; docs/examples/gateway.yaml has every member.
    settings: PathBuf,
    /// The folder to write into: envoy.json, ifs-filter.json, the files they name.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

/// The file. Paths are relative to its folder.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// The configuration under `envoy/`, without `.yaml`.
    gateway: String,
    listen: Listen,
    admin_port: u16,
    access_log: PathBuf,
    /// When Envoy ends a request: 2 s more than the bundle's `limits.deadline`.
    timer_seconds: Option<u64>,
    certificate: Certificate,
    clients: Option<OfClients>,
    vouchers: Option<OfVouchers>,
    systems: BTreeMap<String, System>,
    filter: Filter,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listen {
    address: String,
    port: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Certificate {
    chain: PathBuf,
    key: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfClients {
    authorities: PathBuf,
    revoked: PathBuf,
    #[serde(default)]
    dns: Vec<String>,
    #[serde(default)]
    uris: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfVouchers {
    issuer: String,
    /// By API: `IFS02`.
    audiences: BTreeMap<String, String>,
    keys: OfKeys,
    partner: Option<OfPartner>,
}

#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum OfKeys {
    File { file: PathBuf },
    Remote { host: String, port: u16, path: String, authorities: PathBuf },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfPartner {
    issuer: String,
    keys: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct System {
    host: String,
    port: u16,
    tls: Option<OfTls>,
    connections: Option<u32>,
    waiting: Option<u32>,
    /// Its answers come in gzip though nobody asks for it.
    #[serde(default)]
    gzip: bool,
    /// A file with the whole value of `Authorization`.
    authorization: Option<PathBuf>,
    oauth2: Option<OfOAuth2>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfTls {
    name: String,
    authorities: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfOAuth2 {
    host: String,
    port: u16,
    path: String,
    tls: Option<OfTls>,
    client: String,
    /// A file with the client's secret.
    secret: PathBuf,
    #[serde(default)]
    scopes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    wasm: PathBuf,
    bundle: PathBuf,
    /// The member `trust` of the filter's configuration.
    trust: Value,
    /// The member `answers` of the filter's configuration; the mappers of `local_reply_config` follow it.
    #[serde(default)]
    answers: Answers,
    /// Variables of Envoy's environment: `IFS_SECRET_…`.
    #[serde(default)]
    secrets: Vec<String>,
}

/// Which answers are sent.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Answers {
    #[default]
    Problems,
    Declared,
}

/// Reads the values, fills the files, and says what comes next.
pub fn run(arguments: &Arguments) -> Result<()> {
    let shown = arguments.settings.display();
    let text = std::fs::read_to_string(&arguments.settings).context(format!("reading {shown}"))?;
    let settings: Settings = config::parse(&text)
        .and_then(|tree| serde_json::from_value(tree).context("the file"))
        .context(format!("{shown}"))?;
    let folder = absolute(arguments.settings.parent().unwrap_or(Path::new(".")))?;
    let (kind, config) = filled(&settings, &folder)?;
    std::fs::create_dir_all(&arguments.out).context(format!("making {}", arguments.out.display()))?;
    let out = absolute(&arguments.out)?;
    let again = out.join("envoy.json").exists();
    let file = config.write(&out)?;
    if again {
        forget_others(&out, &config);
    }
    warn(&settings, &folder, &file)?;
    if kind.client().is_none() {
        // Nobody is asked for a certificate.
        let _ = std::fs::remove_file(out.join("clients.json"));
    }
    println!("written {}", out.display());
    println!("check   cargo xtask validate {}", file.display());
    println!("start   envoy --config-path {} --concurrency 2 --log-level info --disable-hot-restart", file.display());
    Ok(())
}

/// Removes the credentials of systems that these values no longer have: they may still be good ones. For a folder that
/// this command has written before.
fn forget_others(out: &Path, config: &Config) {
    let ours: Vec<PathBuf> = config.clusters.iter().flat_map(|cluster| cluster.secret_files(out)).collect();
    for entry in std::fs::read_dir(out).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|end| end == "secret") && !ours.contains(&path) {
            match std::fs::remove_file(&path) {
                Ok(()) => println!("removed {}: no system of these values has it", path.display()),
                Err(error) => eprintln!("warning: {} is of no use any more, and stays: {error}", path.display()),
            }
        }
    }
}

/// Says what is seldom meant, in what was written and in the files it was made of.
fn warn(settings: &Settings, folder: &Path, written: &Path) -> Result<()> {
    let mut tree = check::read(&std::fs::read_to_string(written).context("reading what was written")?)?;
    dynamic::put_in(&mut tree)?;
    let mut said = check::warnings(&tree);
    said.extend(Version::used()?.unpatched());
    for system in settings.systems.values() {
        let given = system.authorization.iter().chain(system.oauth2.iter().map(|token| &token.secret));
        said.extend(given.filter_map(|file| check::open(&folder.join(file))));
    }
    said.iter().for_each(|warning| eprintln!("warning: {warning}"));
    Ok(())
}

/// The systems are those that the bundle calls.
fn called(settings: &Settings, bundle: &[u8]) -> Result<()> {
    let wanted = check::called(&serde_json::from_slice(bundle).context("filter.bundle")?);
    let calls = wanted.join(", ");
    if let Some(name) = wanted.iter().find(|name| !settings.systems.contains_key(*name)) {
        return Err(Error::new(format!("systems.{name} is missing; the mapping calls {calls}")));
    }
    for name in settings.systems.keys().filter(|name| !wanted.contains(name)) {
        // The next bundle may: systems come before the mapping that calls them.
        eprintln!("warning: systems.{name}: the mapping has no such cluster; it calls {calls}");
    }
    Ok(())
}

fn absolute(path: &Path) -> Result<PathBuf> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    path.canonicalize().context(format!("{}", path.display()))
}

fn filled(settings: &Settings, folder: &Path) -> Result<(Kind, Config)> {
    let at = |path: &Path| folder.join(path);
    let there = |path: &Path| {
        let path = at(path);
        if path.exists() { Ok(path) } else { Err(Error::new(format!("{} is not there", path.display()))) }
    };
    let kind = Kind::ALL.into_iter().find(|kind| kind.file().strip_suffix(".yaml") == Some(settings.gateway.as_str()));
    let kind = kind.context(format!("gateway: {}: edge, mtls, govway or govway-voucher", settings.gateway))?;
    if settings.filter.trust == json!("development") {
        return Err(Error::new("filter.trust: `development` is for envoy/development.yaml"));
    }
    let certificate = there(&settings.certificate.chain)?;
    let clients = match (&settings.clients, kind.client()) {
        (Some(clients), Some(_)) => {
            let dns = clients.dns.iter().cloned().map(Name::Dns);
            let names: Vec<Name> = dns.chain(clients.uris.iter().cloned().map(Name::Uri)).collect();
            if names.is_empty() {
                return Err(Error::new("clients: `dns` or `uris` must name somebody"));
            }
            Clients { authorities: there(&clients.authorities)?, revoked: there(&clients.revoked)?, names }
        }
        (None, Some(_)) => return Err(Error::new("clients: missing; this gateway asks for certificates")),
        (Some(_), None) => return Err(Error::new("clients: this gateway asks nobody for a certificate")),
        (None, None) => Clients { authorities: certificate.clone(), revoked: certificate.clone(), names: Vec::new() },
    };
    let vouchers = match (&settings.vouchers, kind.verifies()) {
        (Some(vouchers), true) => of_vouchers(vouchers, &there)?,
        (None, true) => return Err(Error::new("vouchers: missing; this gateway verifies them")),
        (Some(_), false) => return Err(Error::new("vouchers: this gateway verifies none")),
        (None, false) => {
            Vouchers { issuer: String::new(), audiences: Vec::new(), keys: Keys::File(PathBuf::new()), partner: None }
        }
    };
    let key = there(&settings.certificate.key)?;
    let gate = Gate { address: settings.listen.address.clone(), certificate, key, clients, vouchers };
    let clusters: Result<Vec<Cluster>> =
        settings.systems.iter().map(|(name, system)| of_system(name, system, &there)).collect();
    let bundle = there(&settings.filter.bundle)?;
    let bundle = std::fs::read(&bundle).context(format!("reading {}", bundle.display()))?;
    called(settings, &bundle)?;
    let plugin = plugin_with(&bundle, Some(&settings.filter.trust), None)?;
    let plugin = match settings.filter.answers {
        Answers::Problems => plugin,
        Answers::Declared => declared::plugin(&plugin),
    };
    let mut config = Config::gateway(kind.file(), gate, there(&settings.filter.wasm)?, plugin, clusters?);
    config.port = settings.listen.port;
    if let Some(timer) = settings.timer_seconds.map(Duration::from_secs) {
        (config.max_stream_duration, config.stream_idle_timeout) = (timer, timer);
    }
    config.secrets = settings.filter.secrets.iter().map(|name| (name.clone(), String::new())).collect();
    let log = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/access_log/0/typed_config/path";
    config.edits = vec![
        ("/admin/address/socket_address/port_value".to_owned(), Value::from(settings.admin_port)),
        (log.to_owned(), Value::from(at(&settings.access_log).to_string_lossy())),
    ];
    Ok((kind, config))
}

fn of_vouchers(vouchers: &OfVouchers, there: &dyn Fn(&Path) -> Result<PathBuf>) -> Result<Vouchers> {
    let mut audiences = vec![UNPUBLISHED.to_owned(); 9];
    for (api, audience) in &vouchers.audiences {
        let number = api.strip_prefix("IFS0").and_then(|digit| digit.parse::<usize>().ok());
        let place = number.and_then(|number| audiences.get_mut(number.wrapping_sub(1)));
        *place.context(format!("vouchers.audiences: {api}: IFS01 to IFS09"))? = audience.clone();
    }
    if vouchers.issuer.contains("://") {
        return Err(Error::new("vouchers.issuer: PDND's has no scheme, such as uat.interop.pagopa.it"));
    }
    let keys = match &vouchers.keys {
        OfKeys::File { file } => Keys::File(there(file)?),
        OfKeys::Remote { host, port, path, authorities } => Keys::Remote {
            host: host.clone(),
            port: *port,
            path: path.clone(),
            tls: Tls { name: host.clone(), authorities: there(authorities)? },
        },
    };
    let partner = vouchers
        .partner
        .as_ref()
        .map(|partner| Ok::<_, Error>(Partner { issuer: partner.issuer.clone(), keys: there(&partner.keys)? }));
    Ok(Vouchers { issuer: vouchers.issuer.clone(), audiences, keys, partner: partner.transpose()? })
}

fn of_system(name: &str, system: &System, there: &dyn Fn(&Path) -> Result<PathBuf>) -> Result<Cluster> {
    let secret = |file: &Path| {
        let file = there(file)?;
        let text = std::fs::read_to_string(&file).context(format!("reading {}", file.display()))?;
        Ok::<_, Error>(text.trim().to_owned())
    };
    let tls = |tls: &Option<OfTls>| {
        tls.as_ref()
            .map(|tls| Ok::<_, Error>(Tls { name: tls.name.clone(), authorities: there(&tls.authorities)? }))
            .transpose()
    };
    if system.authorization.is_some() && system.oauth2.is_some() {
        return Err(Error::new(format!("systems.{name}: `authorization` or `oauth2`, not both")));
    }
    let mut cluster = Cluster::new(name, &system.host, system.port);
    cluster.tls = tls(&system.tls)?;
    cluster.gzip = system.gzip;
    cluster.connections = system.connections.unwrap_or(cluster.connections);
    cluster.waiting = system.waiting.unwrap_or(cluster.waiting);
    cluster.authorization = system.authorization.as_deref().map(secret).transpose()?;
    if let Some(token) = &system.oauth2 {
        cluster.oauth2 = Some(OAuth2 {
            host: token.host.clone(),
            port: token.port,
            path: token.path.clone(),
            tls: tls(&token.tls)?,
            client: token.client.clone(),
            secret: secret(&token.secret)?,
            scopes: token.scopes.clone(),
        });
    }
    Ok(cluster)
}
