//! `cargo xtask gateway`: fills one of the gateway configurations with an operator's own values, from one file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};
use xtask::envoy::{
    Clients, Cluster, Config, Exceptions, Gate, Keys, Kind, Name, OAuth2, Partner, Tls, Version, Vouchers, check,
    config, declared, dynamic, exceptions, plugin_with,
};
use xtask::{Context, Error, Result};

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
    /// What is opened beyond what is shipped; read by [`Exceptions::read`].
    #[serde(default)]
    exceptions: Value,
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
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "vouchers.keys: either `file` alone, or `host`, `port`, `path` and `authorities`"
)]
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

/// A values file, read and found good.
pub struct Filled {
    settings: Settings,
    /// The folder that its paths are relative to.
    folder: PathBuf,
    kind: Kind,
    /// What is filled with it.
    pub config: Config,
}

/// Whether a file is one of values, and no configuration.
pub fn is_values(tree: &Value) -> bool {
    tree.get("gateway").is_some() && tree.get("static_resources").is_none()
}

/// The exceptions that a values file opens.
pub fn exceptions_of(file: &Path) -> Result<Exceptions> {
    let tree = config::parse(&check::disk(file)?).context(file.display())?;
    let folder = absolute(file.parent().unwrap_or(Path::new(".")))?;
    opened(tree.get("exceptions").unwrap_or(&Value::Null), &folder).context(file.display())
}

fn opened(member: &Value, folder: &Path) -> Result<Exceptions> {
    if member.is_null() { Ok(Exceptions::default()) } else { Exceptions::read(member, folder) }
}

/// Reads a values file, and holds what it would fill for `out` against the shipped file. Nothing is written.
pub fn read(file: &Path, out: &Path) -> Result<Filled> {
    let shown = file.display();
    let settings: Settings = config::parse(&check::disk(file)?)
        .and_then(|tree| serde_json::from_value(tree).context("the file"))
        .context(&shown)?;
    let folder = absolute(file.parent().unwrap_or(Path::new(".")))?;
    let (kind, config) = filled(&settings, &folder).context(&shown)?;
    let files = config.files(out)?;
    let text = files.last().map(|(_, tree)| tree.to_string()).context("no file")?;
    let read = check::unwritten(&files);
    let checked = check::Given { text: &text, read: &read, exceptions: &config.exceptions }.check()?;
    if !checked.findings.is_empty() {
        let lines: Vec<String> = checked.findings.iter().map(told).collect();
        return Err(Error::new(format!("{}\n{shown} is not filled", lines.join("\n"))));
    }
    say(&checked);
    Ok(Filled { settings, folder, kind, config })
}

/// Says which exceptions are used, and what they cost.
pub fn say(checked: &check::Checked) {
    for name in &checked.used {
        eprintln!("exception: {name}: {}", exceptions::risk(name));
    }
}

/// What is wrong, with the member of the values file that it comes of.
fn told(finding: &check::Finding) -> String {
    let member = finding.value.as_ref().and_then(|(hole, scope)| member(hole, scope));
    match member {
        Some(member) => format!("{member}: {} [{}]", finding.text, finding.code.name()),
        None => finding.to_string(),
    }
}

/// The member of the values file that a placeholder is filled with.
fn member(hole: &str, scope: &str) -> Option<String> {
    if let Some(api) = hole.strip_prefix("IFS_AUDIENCE_") {
        return Some(format!("vouchers.audiences.IFS0{api}"));
    }
    let of_system = match hole {
        "IFS_LEGACY_HOST" => "host",
        "IFS_LEGACY_PORT" => "port",
        "IFS_LEGACY_CONNECTIONS" => "connections",
        "IFS_LEGACY_WAITING" => "waiting",
        "IFS_LEGACY_TLS_NAME" => "tls.name",
        "IFS_LEGACY_TLS_CA_FILE" => "tls.authorities",
        "IFS_LEGACY_SECRET" | "IFS_LEGACY_SECRET_FILE" | "IFS_LEGACY_SECRET_VALUE" => "authorization",
        "IFS_LEGACY_TOKEN_HOST" => "oauth2.host",
        "IFS_LEGACY_TOKEN_PORT" => "oauth2.port",
        "IFS_LEGACY_TOKEN_URI" => "oauth2.path",
        "IFS_LEGACY_TOKEN_CLIENT" => "oauth2.client",
        "IFS_LEGACY_TOKEN_SCOPES" => "oauth2.scopes",
        "IFS_LEGACY_TOKEN_TLS_NAME" => "oauth2.tls.name",
        "IFS_LEGACY_TOKEN_TLS_CA_FILE" => "oauth2.tls.authorities",
        "IFS_LEGACY_TOKEN_SECRET" | "IFS_LEGACY_TOKEN_SECRET_FILE" => "oauth2.secret",
        _ => "",
    };
    if !of_system.is_empty() {
        return Some(format!("systems.{scope}.{of_system}"));
    }
    let member = match hole {
        "IFS_ADDRESS" => "listen.address",
        "IFS_PORT" => "listen.port",
        "IFS_ADMIN_PORT" => "admin_port",
        "IFS_ACCESS_LOG" => "access_log",
        "IFS_MAX_STREAM_DURATION" | "IFS_STREAM_IDLE_TIMEOUT" => "timer_seconds",
        "IFS_CERTIFICATE_FILE" => "certificate.chain",
        "IFS_KEY_FILE" => "certificate.key",
        "IFS_CLIENTS_CA_FILE" => "clients.authorities",
        "IFS_CLIENTS_REVOKED_FILE" => "clients.revoked",
        "IFS_CLIENT_NAMES" => "clients.dns, clients.uris",
        "IFS_VOUCHER_ISSUER" => "vouchers.issuer",
        "IFS_JWKS_FILE" => "vouchers.keys.file",
        "IFS_JWKS_URI" => "vouchers.keys.path",
        "IFS_JWKS_HOST" | "IFS_JWKS_NAME" => "vouchers.keys.host",
        "IFS_JWKS_PORT" => "vouchers.keys.port",
        "IFS_JWKS_CA_FILE" => "vouchers.keys.authorities",
        "IFS_PARTNER_ISSUER" => "vouchers.partner.issuer",
        "IFS_PARTNER_JWKS_FILE" => "vouchers.partner.keys",
        "IFS_WASM" => "filter.wasm",
        "IFS_SECRET_VARIABLES" => "filter.secrets",
        "IFS_PLUGIN_CONFIGURATION" => "filter",
        _ => return None,
    };
    Some(member.to_owned())
}

/// Reads the values, fills the files, and says what comes next.
pub fn run(arguments: &Arguments) -> Result<()> {
    let out = std::path::absolute(&arguments.out).context(arguments.out.display())?;
    let Filled { settings, folder, kind, config } = read(&arguments.settings, &out)?;
    std::fs::create_dir_all(&out).context(format!("making {}", out.display()))?;
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
    let values = arguments.settings.display();
    println!("written {}", out.display());
    println!("check   cargo xtask validate {} --values {values}", file.display());
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
    let mut tree = config::parse(&check::disk(written)?)?;
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
    if settings.listen.port == 0 || settings.admin_port == 0 {
        return Err(Error::new("listen.port, admin_port: 0 is no port that anybody could find"));
    }
    let exceptions = opened(&settings.exceptions, folder)?;
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
    config.exceptions = exceptions;
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
    let mut audiences = vec![check::UNPUBLISHED.to_owned(); 9];
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
