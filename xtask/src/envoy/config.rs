//! Filling a configuration: a YAML template whose scalars `${IFS_…}` stand for whole values.
//!
//! The template is read as a tree, values are put into the tree, and the tree is written by a serializer. Nothing is
//! pasted into text, so no value can change the structure.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::{Context, Error, Result, paths};

/// A legacy system as Envoy knows it.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// The mapping's `cluster`.
    pub name: String,
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// The whole value of `Authorization` that Envoy adds to each call; none adds nothing.
    pub authorization: Option<String>,
    /// Connections at one time, over all workers.
    pub connections: u32,
    /// Calls that may wait for a connection; beyond, the circuit breaker is full.
    pub waiting: u32,
}

impl Cluster {
    /// A cluster with the limits of a careful operator: 32 connections, 512 waiting.
    #[must_use]
    pub fn new(name: &str, host: &str, port: u16) -> Self {
        Self { name: name.to_owned(), host: host.to_owned(), port, authorization: None, connections: 32, waiting: 512 }
    }

    /// With HTTP Basic credentials.
    #[must_use]
    pub fn basic(mut self, user: &str, password: &str) -> Self {
        self.authorization = Some(format!("Basic {}", base64(format!("{user}:{password}").as_bytes())));
        self
    }
}

/// What the placeholders of a template are filled with.
#[derive(Clone, Debug)]
pub struct Config {
    /// The template.
    pub template: PathBuf,
    /// The filter.
    pub wasm: PathBuf,
    /// The filter's configuration, see [`plugin_configuration`].
    pub plugin: String,
    /// The legacy systems.
    pub clusters: Vec<Cluster>,
    /// The listener's port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// `max_stream_duration`.
    pub max_stream_duration: Duration,
    /// `stream_idle_timeout`.
    pub stream_idle_timeout: Duration,
    /// Wait before a VM that trapped is started again.
    pub reload_backoff: Duration,
    /// Variables of Envoy's environment that the filter sees: `IFS_SECRET_…` with their values.
    pub secrets: Vec<(String, String)>,
}

impl Config {
    /// `envoy/development.yaml` with its defaults: a free port, timers of 15 s, a backoff of 1 s.
    #[must_use]
    pub fn development(wasm: PathBuf, plugin: String, clusters: Vec<Cluster>) -> Self {
        Self {
            template: paths::root().join("envoy").join("development.yaml"),
            wasm,
            plugin,
            clusters,
            port: 0,
            max_stream_duration: Duration::from_secs(15),
            stream_idle_timeout: Duration::from_secs(15),
            reload_backoff: Duration::from_secs(1),
            secrets: Vec::new(),
        }
    }

    /// Fills the template and writes it, and the files with credentials it names (readable by their owner alone), into
    /// `dir`. Gives the configuration's path.
    ///
    /// # Errors
    /// The template cannot be read, has a placeholder that is unknown or part of a longer text, or a file cannot be
    /// written.
    pub fn write(&self, dir: &Path) -> Result<PathBuf> {
        for cluster in &self.clusters {
            if let Some(authorization) = &cluster.authorization {
                secret(&secret_file(dir, cluster), authorization)?;
            }
        }
        let tree = self.fill(dir)?;
        let file = dir.join("envoy.json");
        let text = serde_json::to_vec_pretty(&tree).context("writing the configuration")?;
        std::fs::write(&file, text).context(format!("writing {}", file.display()))?;
        Ok(file)
    }

    /// Removes the files with credentials that [`Config::write`] made.
    pub fn forget_secrets(&self, dir: &Path) {
        for cluster in &self.clusters {
            let _ = std::fs::remove_file(secret_file(dir, cluster));
        }
    }

    /// The configuration as a tree.
    ///
    /// # Errors
    /// See [`Config::write`].
    pub fn fill(&self, dir: &Path) -> Result<Value> {
        let name = self.template.display();
        let text = std::fs::read_to_string(&self.template).context(format!("reading {name}"))?;
        let mut tree = parse(&text).context(format!("{name}"))?;
        repeat(&mut tree, "clusters", &self.clusters, dir)?;
        repeat(&mut tree, "secrets", &self.clusters, dir)?;
        let values = BTreeMap::from([
            ("IFS_ADMIN_PORT", Value::from(0)),
            ("IFS_PORT", Value::from(self.port)),
            ("IFS_ACCESS_LOG", text_of(&dir.join("access.log"))),
            ("IFS_MAX_STREAM_DURATION", Value::from(seconds(self.max_stream_duration))),
            ("IFS_STREAM_IDLE_TIMEOUT", Value::from(seconds(self.stream_idle_timeout))),
            ("IFS_RELOAD_BACKOFF", Value::from(seconds(self.reload_backoff))),
            ("IFS_WASM", text_of(&self.wasm)),
            (
                "IFS_SECRET_VARIABLES",
                Value::from(self.secrets.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>()),
            ),
            ("IFS_PLUGIN_CONFIGURATION", Value::from(self.plugin.as_str())),
        ]);
        put(&mut tree, &values).context(format!("{name}"))?;
        Ok(tree)
    }
}

/// The variable of Envoy's environment in which the filter looks for a secret of the mapping.
#[must_use]
pub fn secret_variable(name: &str) -> String {
    let plain = name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' });
    "IFS_SECRET_".chars().chain(plain).collect()
}

/// Reads YAML as a tree.
///
/// # Errors
/// It is not YAML.
pub fn parse(text: &str) -> Result<Value> {
    serde_saphyr::from_str(text).context("not YAML")
}

/// The filter's configuration: `trust` and `now` (such as `2026-03-01T09:00:00Z`) if given, and the bundle's bytes as they are.
///
/// # Errors
/// The bundle is not JSON.
pub fn plugin_configuration(bundle: &[u8], trust: Option<&str>, now: Option<&str>) -> Result<String> {
    #[derive(Serialize)]
    struct Plugin<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        trust: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        now: Option<&'a str>,
        bundle: &'a RawValue,
    }
    let bundle: &RawValue = serde_json::from_slice(bundle).context("the bundle")?;
    serde_json::to_string(&Plugin { trust, now, bundle }).context("the filter's configuration")
}

/// Makes one element of `static_resources.<list>` for each cluster out of the template's, which is the one that has a
/// placeholder `IFS_LEGACY_…`.
fn repeat(tree: &mut Value, list: &str, clusters: &[Cluster], dir: &Path) -> Result<()> {
    let Some(Value::Array(elements)) = tree.pointer_mut(&format!("/static_resources/{list}")) else { return Ok(()) };
    let mut all = Vec::new();
    for element in elements.drain(..) {
        if !mentions(&element, "${IFS_LEGACY_") {
            all.push(element);
            continue;
        }
        for cluster in clusters {
            let mut copy = element.clone();
            let secret = format!("{}-authorization", cluster.name);
            if cluster.authorization.is_none() {
                if list == "secrets" {
                    continue;
                }
                without_injector(&mut copy);
            }
            let values = BTreeMap::from([
                ("IFS_LEGACY_CLUSTER", Value::from(cluster.name.as_str())),
                ("IFS_LEGACY_HOST", Value::from(cluster.host.as_str())),
                ("IFS_LEGACY_PORT", Value::from(cluster.port)),
                ("IFS_LEGACY_CONNECTIONS", Value::from(cluster.connections)),
                ("IFS_LEGACY_WAITING", Value::from(cluster.waiting)),
                ("IFS_LEGACY_SECRET", Value::from(secret)),
                ("IFS_LEGACY_SECRET_FILE", text_of(&secret_file(dir, cluster))),
            ]);
            put(&mut copy, &values)?;
            all.push(copy);
        }
    }
    *elements = all;
    Ok(())
}

/// A system without credentials: the injector would refuse every call.
fn without_injector(node: &mut Value) {
    match node {
        Value::Array(items) => {
            let injects =
                |v: &Value| v.get("name").and_then(Value::as_str) == Some("envoy.filters.http.credential_injector");
            items.retain(|item| !injects(item));
            items.iter_mut().for_each(without_injector);
        }
        Value::Object(members) => members.values_mut().for_each(without_injector),
        _ => {}
    }
}

fn mentions(node: &Value, text: &str) -> bool {
    match node {
        Value::String(s) => s.contains(text),
        Value::Array(items) => items.iter().any(|item| mentions(item, text)),
        Value::Object(members) => members.values().any(|member| mentions(member, text)),
        _ => false,
    }
}

/// Replaces every scalar that is a placeholder. A placeholder inside a longer text is refused: that would be pasting.
fn put(node: &mut Value, values: &BTreeMap<&str, Value>) -> Result<()> {
    match node {
        Value::String(text) => {
            if let Some(name) = text.strip_prefix("${").and_then(|t| t.strip_suffix('}'))
                && name.starts_with("IFS_")
            {
                let value = values.get(name).context(format!("unknown placeholder ${{{name}}}"))?;
                *node = value.clone();
            } else if text.contains("${IFS_") {
                return Err(Error::new(format!("a placeholder must be the whole value: {text}")));
            }
        }
        Value::Array(items) => items.iter_mut().try_for_each(|item| put(item, values))?,
        Value::Object(members) => members.values_mut().try_for_each(|member| put(member, values))?,
        _ => {}
    }
    Ok(())
}

fn secret_file(dir: &Path, cluster: &Cluster) -> PathBuf {
    let safe: String = cluster.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    dir.join(format!("{safe}.secret"))
}

fn secret(file: &Path, content: &str) -> Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let doing = format!("writing {}", file.display());
    let mut options = std::fs::OpenOptions::new();
    let mut out = options.write(true).create(true).truncate(true).mode(0o600).open(file).context(&doing)?;
    out.write_all(content.as_bytes()).context(&doing)
}

fn text_of(path: &Path) -> Value {
    Value::from(path.to_string_lossy())
}

/// A duration as protobuf's JSON writes it.
fn seconds(duration: Duration) -> String {
    format!("{}.{:03}s", duration.as_secs(), duration.subsec_millis())
}

/// Base64 with padding (RFC 4648 §4).
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let at = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for i in 0..4 {
            let sextet = usize::try_from(bits >> (18 - 6 * i) & 63).unwrap_or(0);
            out.push(if i <= chunk.len() { char::from(ALPHABET[sextet]) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        Config::development(
            PathBuf::from("/f.wasm"),
            "{\"a\": \"x\\ny: ${IFS_PORT}\"}".to_owned(),
            vec![Cluster::new("esse3", "127.0.0.1", 8001).basic("u", "p"), Cluster::new("open", "localhost", 8002)],
        )
    }

    #[test]
    fn base64_has_the_vectors_of_rfc_4648() {
        for (plain, coded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn every_cluster_gets_its_own_element_and_secret() {
        let tree = config().fill(Path::new("/run")).unwrap();
        let clusters = tree.pointer("/static_resources/clusters").unwrap().as_array().unwrap();
        assert_eq!(clusters.len(), 2);
        assert!(mentions(&clusters[0], "credential_injector"));
        assert!(!mentions(&clusters[1], "credential_injector"));
        assert_eq!(tree.pointer("/static_resources/secrets").unwrap().as_array().unwrap().len(), 1);
        assert_eq!(clusters[1].pointer("/load_assignment/cluster_name").unwrap(), "open");
    }

    #[test]
    fn a_value_is_data_whatever_it_holds() {
        let tree = config().fill(Path::new("/run")).unwrap();
        let text = serde_json::to_string(&tree).unwrap();
        // The plugin's text holds what looks like a placeholder and like YAML; both stay text.
        assert!(text.contains(r#""value":"{\"a\": \"x\\ny: ${IFS_PORT}\"}""#), "{text}");
    }

    #[test]
    fn a_placeholder_in_a_longer_text_is_refused() {
        let mut tree = parse("a: http://x:${IFS_PORT}/").unwrap();
        assert!(put(&mut tree, &BTreeMap::from([("IFS_PORT", Value::from(1))])).is_err());
        let mut tree = parse("a: ${IFS_NOPE}").unwrap();
        assert!(put(&mut tree, &BTreeMap::new()).is_err());
    }

    #[test]
    fn the_bundle_goes_in_as_it_is() {
        let text = plugin_configuration(br#"{"plan":  {"n":1.0}}"#, Some("development"), None).unwrap();
        assert_eq!(text, r#"{"trust":"development","bundle":{"plan":  {"n":1.0}}}"#);
        assert!(plugin_configuration(b"{", None, None).is_err());
    }
}
