//! `cargo xtask validate`: whether a gateway configuration may go to work.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use pdnd::Standin;
use serde_json::Value;
use shell::is_key;
use xtask::envoy::{
    Cluster, Config, Exceptions, Gate, Keys, Kind, OAuth2, Tls, Version, check, config, dynamic, plugin_configuration,
    plugin_with,
};
use xtask::mapping::Compiled;
use xtask::{Context, Error, Result, mapping, paths, wasm};

use super::{gateway, stack};

/// Which configuration, and what its placeholders are filled with.
#[derive(Args)]
pub struct Arguments {
    /// The configuration: a finished one (envoy.json), a template, or the values file that `cargo xtask gateway` takes.
    file: PathBuf,
    /// The values file that a finished one was made of, for the exceptions that it opens.
    #[arg(long, value_name = "FILE")]
    values: Option<PathBuf>,
    /// The mapping whose bundle the filter gets, for a template.
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
}

/// Checks one file.
pub fn run(arguments: &Arguments) -> Result<()> {
    let exceptions = arguments.values.as_deref().map(gateway::exceptions_of).transpose()?.unwrap_or_default();
    check(&arguments.file, arguments.mapping.as_deref(), exceptions)
}

/// Checks one of the shipped files.
pub fn file(template: &Path) -> Result<()> {
    check(template, None, Exceptions::default())
}

/// Our own comparison first, with all that it finds; then Envoy with the real filter.
fn check(file: &Path, mapping: Option<&Path>, exceptions: Exceptions) -> Result<()> {
    let shown = file.display();
    let tree = config::parse(&check::disk(file)?).context(&shown)?;
    let dir = paths::run_dir("validate")?;
    let checked = if gateway::is_values(&tree) {
        let filled = gateway::read(file, &dir)?;
        written(&filled.config, &dir)
    } else if check::is_template(&tree) {
        let config = Config { exceptions, ..template(file, mapping)? };
        everywhere(&config, &dir).and_then(|()| written(&config, &dir))
    } else {
        finished(file, &tree, &dir, &exceptions)
    };
    if !dir.join("validate.log").exists() || checked.is_ok() {
        // Only Envoy's own words are worth keeping.
        let _ = std::fs::remove_dir_all(&dir);
    }
    let (shipped, warnings) = checked.map_err(|error| Error::new(format!("{error}\n{shown} may not go to work")))?;
    warnings.iter().for_each(|warning| eprintln!("warning: {warning}"));
    println!("{shown}: envoy/{shipped} but for its values, and Envoy {} takes it", Version::used()?);
    Ok(())
}

/// What is written for a while, to be looked at.
fn written(config: &Config, dir: &Path) -> Result<(&'static str, Vec<String>)> {
    let file = config.write(dir)?;
    let checked = looked_at(&file, dir, &config.exceptions);
    config.forget_secrets(dir);
    checked
}

/// A file that Envoy would be started with.
fn finished(file: &Path, tree: &Value, dir: &Path, exceptions: &Exceptions) -> Result<(&'static str, Vec<String>)> {
    let end = file.extension().and_then(|end| end.to_str()).unwrap_or_default();
    if !["json", "yaml", "yml"].contains(&end) {
        return Err(Error::new("the name must end with .json, .yaml or .yml: Envoy reads it as its end says"));
    }
    if tree.get("static_resources").is_none() {
        return Err(Error::new("is no configuration of Envoy, no template of one, and no values file"));
    }
    looked_at(file, dir, exceptions)
}

fn looked_at(file: &Path, dir: &Path, exceptions: &Exceptions) -> Result<(&'static str, Vec<String>)> {
    let text = check::disk(file)?;
    let checked = refused(check::Given { text: &text, read: &check::disk, exceptions }.check()?)?;
    gateway::say(&checked);
    // What the variables hold is looked at by nobody here; that they are there is.
    // Only a key of our own must be one.
    let held = |name: &str| match is_key(name) {
        true => mapping::random_key(),
        false => Ok("placeholder".to_owned()),
    };
    let variables = checked.variables.iter().map(|name| Ok((name.clone(), held(name)?)));
    let variables: Vec<(String, String)> = variables.collect::<Result<_>>()?;
    check::envoy(file, dir, &variables)?;
    let mut tree = config::parse(&text)?;
    dynamic::put_in(&mut tree)?;
    Ok((checked.shipped, check::warnings(&tree).into_iter().chain(Version::used()?.unpatched()).collect()))
}

/// A template, filled so that it can be looked at.
fn template(file: &Path, mapping: Option<&Path>) -> Result<Config> {
    let of_pack = mapping::of_pack(mapping::DEFAULT_PACK);
    let compiled = mapping::compile(mapping.unwrap_or(&of_pack))?;
    let clusters = compiled.clusters.iter().map(|name| stack::placeholder_cluster(name)).collect();
    let built = wasm::build(&[], wasm::Fetch::Never)?;
    let mut config = placeholders(file, &compiled, built.path().to_path_buf(), clusters)?;
    config.secrets = compiled.secrets(|_, _| Some("placeholder".to_owned()))?;
    Ok(config)
}

/// Looks at the parts of a template too that are left out where there is none of what they are for: TLS, tokens and gzip
/// of systems, keys in a file.
fn everywhere(config: &Config, dir: &Path) -> Result<()> {
    let standin = Standin::open(&paths::pdnd()).context("the stand-in for PDND")?;
    let tls = || Some(Tls { name: "localhost".to_owned(), authorities: standin.authority().ca() });
    let token = OAuth2 {
        host: "127.0.0.1".to_owned(),
        port: 9,
        path: "/token".to_owned(),
        tls: tls(),
        client: "ifs".to_owned(),
        secret: "secret".to_owned(),
        scopes: Vec::new(),
    };
    let mut all = config.clone();
    let of = |name: &str| stack::placeholder_cluster(name);
    all.clusters.push(Cluster { tls: tls(), gzip: true, ..of("with-gzip") });
    all.clusters.push(Cluster { tls: tls(), authorization: None, oauth2: Some(token), ..of("with-token") });
    if let Some(gate) = &mut all.gate {
        gate.vouchers.keys = Keys::File(standin.jwks_file());
    }
    let files = all.files(dir)?;
    let text = files.last().map(|(_, tree)| tree.to_string()).context("no file")?;
    let read = check::unwritten(&files);
    refused(check::Given { text: &text, read: &read, exceptions: &all.exceptions }.check()?).map(drop)
}

/// What was checked, if nothing is wrong with it.
fn refused(checked: check::Checked) -> Result<check::Checked> {
    if checked.findings.is_empty() {
        return Ok(checked);
    }
    let lines: Vec<String> = checked.findings.iter().map(ToString::to_string).collect();
    let count = lines.len();
    Err(Error::new(format!("{}\n{count} found, held against envoy/{}", lines.join("\n"), checked.shipped)))
}

/// What the placeholders stand for while a file is checked: for one of ours what it is for, for another the same as for
/// `edge.yaml`. The certificates and keys are those of the stand-in, as Envoy looks into the files.
fn placeholders(template: &Path, compiled: &Compiled, wasm: PathBuf, clusters: Vec<Cluster>) -> Result<Config> {
    let ours = paths::root().join("envoy");
    let canonical = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let is = |file: &str| canonical(template) == canonical(&ours.join(file));
    let config = if is("development.yaml") {
        Config::development(wasm, plugin_configuration(&compiled.bundle, Some("development"), None)?, clusters)
    } else {
        let kind = Kind::ALL.into_iter().find(|kind| is(kind.file())).unwrap_or(Kind::Edge);
        let standin = Standin::open(&paths::pdnd()).context("the stand-in for PDND")?;
        let port = SocketAddr::from(([127, 0, 0, 1], 9));
        let gate = Gate::standin(&standin, kind, kind.verifies().then_some(port));
        let plugin = plugin_with(&compiled.bundle, Some(&kind.trust(&compiled.apis())), None)?;
        Config::gateway(kind.file(), gate, wasm, plugin, clusters)
    };
    Ok(Config { template: template.to_path_buf(), ..config })
}
