//! Filling a configuration and writing it, with the files it names, into the folder of a run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::cluster::{self, Cluster};
use super::gate::Gate;
use super::template::{Values, put, read};
use super::{Exceptions, Version, bucket, declared, dynamic, files};
use crate::{Context, Result, paths};

pub use super::template::parse;

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
    /// What the configurations that prove who calls need; `development.yaml` needs nothing of it.
    pub gate: Option<Gate>,
    /// Whether the filter's configuration lies in a file of its own also where the template has it inside, so that
    /// [`super::Envoy::replace_plugin`] can replace it.
    pub replaceable: bool,
    /// What is opened beyond what is shipped.
    pub exceptions: Exceptions,
    /// Values set in the filled configuration, by JSON pointer, last of all: for tests that need a shipped file but
    /// for one value. The place must be there.
    pub edits: Vec<(String, Value)>,
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
            gate: None,
            replaceable: false,
            exceptions: Exceptions::default(),
            edits: Vec::new(),
        }
    }

    /// Another file of `envoy/`, such as `edge.yaml`, with the defaults of [`Config::development`].
    #[must_use]
    pub fn gateway(file: &str, gate: Gate, wasm: PathBuf, plugin: String, clusters: Vec<Cluster>) -> Self {
        let template = paths::root().join("envoy").join(file);
        Self { template, gate: Some(gate), ..Self::development(wasm, plugin, clusters) }
    }

    /// Fills the template and writes it, for the Envoy that is used, and the files it names (readable by their owner
    /// alone), into `dir`. Gives the configuration's path.
    ///
    /// # Errors
    /// The template cannot be read, has a placeholder that is unknown or part of a longer text, or a file cannot be
    /// written.
    pub fn write(&self, dir: &Path) -> Result<PathBuf> {
        let mut last = None;
        for (file, tree) in self.files(dir)? {
            files::replace(&file, &tree)?;
            last = Some(file);
        }
        last.context("no file")
    }

    /// What [`Config::write`] writes; the configuration itself comes last.
    ///
    /// # Errors
    /// See [`Config::write`].
    pub fn files(&self, dir: &Path) -> Result<Vec<(PathBuf, Value)>> {
        let mut all = Vec::new();
        for cluster in &self.clusters {
            all.extend(cluster.secret_trees(dir)?);
        }
        if let Some(gate) = &self.gate {
            all.extend(gate.secret_trees(dir)?);
        }
        let (mut tree, filter) = self.fill_both(dir)?;
        Version::used()?.fit(&mut tree);
        all.extend(filter.map(|filter| (dynamic::file(dir), filter)));
        if bucket::used(&tree) {
            all.push((bucket::file(dir), bucket::read()?));
        }
        all.push((dir.join("envoy.json"), tree));
        Ok(all)
    }

    /// Removes the files with credentials that [`Config::write`] made.
    pub fn forget_secrets(&self, dir: &Path) {
        self.clusters.iter().for_each(|cluster| cluster.forget_secrets(dir));
    }

    /// The configuration as a tree, as [`Config::write`] writes it.
    ///
    /// # Errors
    /// See [`Config::write`].
    pub fn fill(&self, dir: &Path) -> Result<Value> {
        self.fill_both(dir).map(|(tree, _)| tree)
    }

    /// The file with the filter's configuration, for a filter configured as `plugin` says.
    ///
    /// # Errors
    /// See [`Config::write`]; or the configuration has the filter inside.
    pub fn filter(&self, dir: &Path, plugin: &str) -> Result<Value> {
        let other = Self { plugin: plugin.to_owned(), ..self.clone() };
        other.fill_both(dir)?.1.context("the filter's configuration is not in a file of its own")
    }

    /// The configuration, and the file with the filter's where that is apart.
    fn fill_both(&self, dir: &Path) -> Result<(Value, Option<Value>)> {
        let doing = format!("{}", self.template.display());
        let values = self.values(dir);
        let mut tree = read(&self.template)?;
        let systems: Vec<_> = self.clusters.iter().map(|cluster| cluster.system(dir)).collect();
        cluster::repeat(&mut tree, &systems);
        if let Some(gate) = &self.gate {
            gate.sources().put(&mut tree);
        }
        self.exceptions.put(&mut tree).context(&doing)?;
        put(&mut tree, &values).context(&doing)?;
        if serde_json::from_str(&self.plugin).is_ok_and(|plugin| declared::wanted(&plugin)) {
            declared::put(&mut tree).context(&doing)?;
        }
        let mut filter = None;
        if dynamic::used(&tree) {
            let mut own = read(&paths::root().join("envoy").join("filter.yaml"))?;
            put(&mut own, &values).context("envoy/filter.yaml")?;
            filter = Some(own);
        } else if self.replaceable {
            filter = dynamic::take_out(&mut tree, &dynamic::file(dir));
        }
        for (pointer, value) in &self.edits {
            *tree.pointer_mut(pointer).context(format!("{doing}: nothing at {pointer}"))? = value.clone();
        }
        Ok((tree, filter))
    }

    fn values(&self, dir: &Path) -> Values {
        let gate = self.gate.as_ref().map(|gate| gate.values(dir)).unwrap_or_default();
        let own = BTreeMap::from([
            ("IFS_ADMIN_PORT", Value::from(0)),
            ("IFS_PORT", Value::from(self.port)),
            ("IFS_ACCESS_LOG", files::text(&dir.join("access.log"))),
            ("IFS_LOG_BUCKET_FILE", files::text(&bucket::file(dir))),
            ("IFS_FILTER_FILE", files::text(&dynamic::file(dir))),
            ("IFS_MAX_STREAM_DURATION", Value::from(seconds(self.max_stream_duration))),
            ("IFS_STREAM_IDLE_TIMEOUT", Value::from(seconds(self.stream_idle_timeout))),
            ("IFS_RELOAD_BACKOFF", Value::from(seconds(self.reload_backoff))),
            ("IFS_WASM", files::text(&self.wasm)),
            (
                "IFS_SECRET_VARIABLES",
                Value::from(self.secrets.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>()),
            ),
            ("IFS_PLUGIN_CONFIGURATION", Value::from(self.plugin.as_str())),
        ]);
        own.into_iter().chain(gate).collect()
    }
}

/// The filter's configuration: `trust` (`development`, or none) and `now` (such as `2026-03-01T09:00:00Z`) if given, and
/// the bundle's bytes as they are.
///
/// # Errors
/// The bundle is not JSON.
pub fn plugin_configuration(bundle: &[u8], trust: Option<&str>, now: Option<&str>) -> Result<String> {
    plugin_with(bundle, trust.map(Value::from).as_ref(), now)
}

/// As [`plugin_configuration`], with the whole member `trust`, such as [`Gate::trust`] gives it.
///
/// # Errors
/// The bundle is not JSON.
pub fn plugin_with(bundle: &[u8], trust: Option<&Value>, now: Option<&str>) -> Result<String> {
    #[derive(Serialize)]
    struct Plugin<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        trust: Option<&'a Value>,
        #[serde(skip_serializing_if = "Option::is_none")]
        now: Option<&'a str>,
        bundle: &'a RawValue,
    }
    let bundle: &RawValue = serde_json::from_slice(bundle).context("the bundle")?;
    serde_json::to_string(&Plugin { trust, now, bundle }).context("the filter's configuration")
}

/// A duration as protobuf's JSON writes it.
fn seconds(duration: Duration) -> String {
    format!("{}.{:03}s", duration.as_secs(), duration.subsec_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        Config::development(
            PathBuf::from("/f.wasm"),
            "{\"a\": \"x\\ny: ${IFS_PORT}\"}".to_owned(),
            vec![Cluster::new("esse3", "127.0.0.1", 8001).basic("u", "p")],
        )
    }

    #[test]
    fn a_value_is_data_whatever_it_holds() {
        let tree = config().fill(Path::new("/run")).unwrap();
        let text = serde_json::to_string(&tree).unwrap();
        // The plugin's text holds what looks like a placeholder and like YAML; both stay text.
        assert!(text.contains(r#""value":"{\"a\": \"x\\ny: ${IFS_PORT}\"}""#), "{text}");
    }

    #[test]
    fn a_filter_in_a_file_of_its_own_is_the_same_filter() {
        let dir = paths::run_dir("config").unwrap();
        let inside = config().fill(&dir).unwrap();
        let apart = Config { replaceable: true, ..config() };
        let mut tree = apart.fill(&dir).unwrap();
        assert!(dynamic::used(&tree) && tree != inside);
        apart.write(&dir).unwrap();
        dynamic::put_in(&mut tree).unwrap();
        assert_eq!(tree, inside);
        assert!(config().filter(&dir, "{}").is_err());
        assert!(apart.filter(&dir, "{\"b\":1}").unwrap().to_string().contains("{\\\"b\\\":1}"));
        apart.forget_secrets(&dir);
        assert!(!dir.join("esse3.secret").exists());
    }

    #[test]
    fn edits_come_last() {
        let edit = |at: &str| Config { edits: vec![(at.to_owned(), Value::from("x"))], ..config() };
        let tree = edit("/static_resources/listeners/0/name").fill(Path::new("/run")).unwrap();
        assert_eq!(tree.pointer("/static_resources/listeners/0/name").unwrap(), "x");
        assert!(edit("/nowhere").fill(Path::new("/run")).is_err());
    }

    #[test]
    fn the_bundle_goes_in_as_it_is() {
        let text = plugin_configuration(br#"{"plan":  {"n":1.0}}"#, Some("development"), None).unwrap();
        assert_eq!(text, r#"{"trust":"development","bundle":{"plan":  {"n":1.0}}}"#);
        assert!(plugin_configuration(b"{", None, None).is_err());
    }
}
