//! Whether a configuration may go to work: it is held against the shipped one.
//!
//! A configuration has the shape of a shipped file ([`shape`]) and may differ from it where a placeholder stands and in
//! values that are the operator's ([`compare`]), each within bounds ([`bounds`]); some values must differ from one
//! another or fit one another ([`together`]), and the filter must trust what stands before it ([`trust`]). Whatever else
//! an operator needs is opened by name ([`super::exceptions`]). So nothing here lists what is dangerous.

mod bounds;
mod compare;
mod finding;
mod keys;
mod lines;
mod shape;
#[cfg(test)]
mod tests;
mod together;
mod trust;
mod warnings;
mod whole;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::template::{mentions, parse, visit};
use super::{Exceptions, dynamic, install, instance};
use crate::{Context, Error, Result};

use compare::{Comparer, Comparison, Hole};
use finding::shown;
pub use finding::{Code, Finding};
use lines::Lines;
pub use together::UNPUBLISHED;
pub use warnings::{open, scheme, warnings};

/// A configuration, and how to get at the files it names.
pub struct Given<'a> {
    /// The configuration, YAML or JSON.
    pub text: &'a str,
    /// Reads a file.
    pub read: &'a dyn Fn(&Path) -> Result<String>,
    /// What is opened beyond what is shipped.
    pub exceptions: &'a Exceptions,
}

/// Of YAML whose meaning is not the same for every reader.
const AMBIGUOUS: &str = "is YAML that Envoy may read otherwise than this check";

/// What came of holding a configuration against the shipped one.
#[derive(Debug)]
pub struct Checked {
    /// The shipped file.
    pub shipped: &'static str,
    /// What is wrong; empty if nothing is.
    pub findings: Vec<Finding>,
    /// The exceptions that it needs.
    pub used: BTreeSet<&'static str>,
    /// The variables of Envoy's environment that the filter sees.
    pub variables: Vec<String>,
}

/// Reads a file from the disk.
///
/// # Errors
/// It cannot be read.
pub fn disk(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).context(format!("reading {}", path.display()))
}

impl Given<'_> {
    /// Holds it against the shipped file that it is one of: the one that its access log names, else the one it differs
    /// from least.
    ///
    /// # Errors
    /// It is no YAML, or a shipped file cannot be read.
    pub fn check(&self) -> Result<Checked> {
        let tree = parse(self.text)?;
        let kinds = super::Kind::ALL.map(Some).into_iter().chain([None]);
        let mut best: Option<Checked> = None;
        for kind in shape::kind(&tree).map_or_else(|| kinds.collect(), |kind| vec![kind]) {
            let checked = self.against(&tree, kind)?;
            if best.as_ref().is_none_or(|best| checked.findings.len() < best.findings.len()) {
                best = Some(checked);
            }
        }
        let mut checked = best.context("no shipped file")?;
        self.find_lines(&mut checked);
        let ambiguous = lines::ambiguous(self.text)
            .map(|(line, what)| Finding { line, ..Finding::new(Code::File, "", format!("{AMBIGUOUS}: {what}")) });
        checked.findings.extend(ambiguous);
        Ok(checked)
    }

    fn against(&self, tree: &Value, kind: Option<super::Kind>) -> Result<Checked> {
        let (filter, unread) = self.filter(tree);
        let place = filter.as_ref().map_or(tree, |(_, filter)| filter);
        let plugin = plugin(place);
        let expected = shape::Shape::of(tree, &plugin).expected(kind, self.exceptions)?;
        let comparer = |shipped, file| Comparer { shipped, file, scopes: &expected.scopes, scope: "" };
        let mut all = comparer(expected.file, "").compare(&expected.tree, tree);
        all.findings.extend(unread);
        if let Some((file, filter)) = &filter {
            add(&mut all, comparer("filter.yaml", file).compare(&shape::shipped("filter.yaml")?, filter));
        }
        self.secrets(&mut all, &expected.scopes)?;
        let clients = all.holes.iter().find(|hole| hole.name == "IFS_CLIENT_NAMES");
        let subject = trust::Subject {
            kind,
            plugin: &plugin,
            clients: clients.map(|hole| bounds::exact_names(&hole.value)).unwrap_or_default(),
            published: kind.is_some_and(super::Kind::verifies).then(|| together::published(&all.holes)),
            exceptions: self.exceptions,
        };
        let trusted = trust::check(&subject);
        let values =
            together::Values { holes: &all.holes, exceptions: self.exceptions, plugin: &plugin, read: self.read };
        let told = values.check();
        let own = all.holes.iter().find(|hole| hole.name == "IFS_PLUGIN_CONFIGURATION");
        let mut findings = all.findings;
        findings.extend(told.findings);
        findings.extend(trusted.findings.into_iter().map(|mut finding| {
            if let Some(hole) = own {
                (finding.at, finding.file) = (hole.at.clone(), hole.file.clone());
            }
            finding
        }));
        findings.extend(uncalled(tree, &plugin));
        let mut used: BTreeSet<&'static str> = self.exceptions.written().into_iter().collect();
        used.extend(told.used.into_iter().chain(trusted.used));
        let variables = all.holes.iter().filter(|hole| hole.name == "IFS_SECRET_VARIABLES");
        let variables = variables.filter_map(|hole| hole.value.as_array()).flatten();
        let variables = variables.filter_map(|name| name.as_str().map(str::to_owned)).collect();
        Ok(Checked { shipped: expected.file, findings, used, variables })
    }

    /// A file that Envoy reads too.
    fn tree(&self, path: &str) -> Result<Value> {
        let text = (self.read)(Path::new(path))?;
        match lines::ambiguous(&text) {
            Some((_, what)) => Err(Error::new(format!("it {AMBIGUOUS}: {what}"))),
            None => parse(&text),
        }
    }

    /// The filter's configuration where that is in a file of its own.
    fn filter(&self, tree: &Value) -> (Option<(String, Value)>, Option<Finding>) {
        let mut found = None;
        visit(tree, "", &mut |at, node| {
            if let Some(path) = dynamic::source(node) {
                found.get_or_insert((format!("{at}/config_discovery/config_source/path_config_source/path"), path));
            }
        });
        let Some((at, path)) = found else { return (None, None) };
        match self.tree(path) {
            Ok(tree) => (Some((path.to_owned(), tree)), None),
            Err(error) => {
                let finding =
                    Finding::new(Code::File, at, format!("{path}, the filter's file, cannot be read: {error}"));
                (None, Some(finding.of("IFS_FILTER_FILE", "")))
            }
        }
    }

    /// The files with certificates and credentials, and the bucket of the log, each held against the shipped one.
    fn secrets(&self, all: &mut Comparison, scopes: &BTreeMap<String, String>) -> Result<()> {
        let named: Vec<(Hole, &'static str, &str)> = all
            .holes
            .iter()
            .filter_map(|hole| match hole.name.as_str() {
                "IFS_CERTIFICATE_SECRET_FILE" => Some((hole.clone(), "secrets/certificate.yaml", "")),
                "IFS_CLIENTS_SECRET_FILE" => Some((hole.clone(), "secrets/clients.yaml", "")),
                "IFS_LEGACY_SECRET_FILE" => Some((hole.clone(), "secrets/authorization.yaml", "IFS_LEGACY_SECRET")),
                "IFS_LEGACY_TOKEN_SECRET_FILE" => {
                    Some((hole.clone(), "secrets/authorization.yaml", "IFS_LEGACY_TOKEN_SECRET"))
                }
                "IFS_LOG_BUCKET_FILE" => Some((hole.clone(), "log-bucket.yaml", "")),
                _ => None,
            })
            .collect();
        for (hole, shipped, name) in named {
            let path = hole.value.as_str().unwrap_or_default();
            let tree = match self.tree(path) {
                Ok(tree) => tree,
                Err(error) => {
                    let text = format!("{path} cannot be read: {error}");
                    all.findings.push(Finding::new(Code::File, &hole.at, text).of(&hole.name, &hole.scope));
                    continue;
                }
            };
            let comparer = Comparer { shipped, file: path, scopes, scope: &hole.scope };
            let mut compared = comparer.compare(&shape::shipped_file(shipped)?, &tree);
            let wanted = all.holes.iter().find(|other| other.name == name && other.scope == hole.scope);
            let wanted = wanted.map(|hole| hole.value.clone());
            for inside in compared.holes.iter().filter(|inside| inside.name == "IFS_LEGACY_SECRET") {
                if wanted.as_ref().is_some_and(|wanted| *wanted != inside.value) {
                    let text = "is another name than the configuration asks for: Envoy would wait for it".to_owned();
                    let mut finding = Finding::new(Code::Same, &inside.at, text).of(name, &hole.scope);
                    path.clone_into(&mut finding.file);
                    compared.findings.push(finding);
                }
            }
            add(all, compared);
        }
        Ok(())
    }

    fn find_lines(&self, checked: &mut Checked) {
        let mut known: BTreeMap<String, Lines> = BTreeMap::new();
        for finding in &mut checked.findings {
            let lines = known.entry(finding.file.clone()).or_insert_with(|| {
                let text = match finding.file.as_str() {
                    "" => self.text.to_owned(),
                    file => (self.read)(Path::new(file)).unwrap_or_default(),
                };
                Lines::of(&finding.file, &text)
            });
            finding.line = lines.line(&finding.at);
        }
    }
}

fn add(all: &mut Comparison, more: Comparison) {
    all.findings.extend(more.findings);
    all.holes.extend(more.holes);
}

/// Every cluster that the bundle calls is there, or each of those calls would fail.
fn uncalled(tree: &Value, plugin: &Value) -> Vec<Finding> {
    let there = tree.pointer("/static_resources/clusters").and_then(Value::as_array).into_iter().flatten();
    let there: Vec<&str> = there.filter_map(|one| one.get("name").and_then(Value::as_str)).collect();
    let missing = called(plugin.get("bundle").unwrap_or(&Value::Null));
    let missing = missing.into_iter().filter(|name| !there.contains(&name.as_str()));
    let told = |name| format!("the mapping calls the cluster `{name}`, which is not there");
    missing.map(|name| Finding::new(Code::Missing, "/static_resources/clusters", told(name))).collect()
}

/// The clusters that a bundle calls, each once, in alphabetical order.
#[must_use]
pub fn called(bundle: &Value) -> Vec<String> {
    let systems = bundle.pointer("/plan/systems").and_then(Value::as_array).into_iter().flatten();
    let mut names: Vec<String> =
        systems.filter_map(|system| Some(system.get("cluster")?.as_str()?.to_owned())).collect();
    names.sort();
    names.dedup();
    names
}

/// The filter's own configuration, of the first filter in a tree.
fn plugin(tree: &Value) -> Value {
    let mut found = Value::Null;
    visit(tree, "", &mut |_, node| {
        if found.is_null()
            && is(node, "@type", dynamic::WASM)
            && let Some(text) = node.pointer("/config/configuration/value").and_then(Value::as_str)
        {
            found = serde_json::from_str(text).unwrap_or_default();
        }
    });
    found
}

/// Whether a text is a template, with placeholders in it.
#[must_use]
pub fn is_template(tree: &Value) -> bool {
    mentions(tree, "${IFS_")
}

/// A reader of files that are not written yet; of others from the disk.
pub fn unwritten(files: &[(PathBuf, Value)]) -> impl Fn(&Path) -> Result<String> {
    move |path| match files.iter().find(|(file, _)| file == path) {
        Some((_, tree)) => serde_json::to_string_pretty(tree).context(format!("{}", path.display())),
        None => disk(path),
    }
}

/// Has Envoy load a filled configuration, filter and bundle included, without serving (`--mode validate`), with these
/// variables in its environment. What lies in files of its own is put in its place first, as Envoy would not look at
/// it; and what Envoy would write goes into `dir`.
///
/// # Errors
/// Envoy refuses it; its reason is in the message.
pub fn envoy(config: &Path, dir: &Path, variables: &[(String, String)]) -> Result<()> {
    let mut tree = super::template::read(config)?;
    let config = dir.join("whole.json");
    whole::put_in(&mut tree, dir)?;
    super::files::replace(&config, &tree)?;
    let log = dir.join("validate.log");
    let out = File::create(&log).context(format!("writing {}", log.display()))?;
    let mut command = Command::new(install()?);
    command.args(["--mode", "validate", "--log-level", "warning", "--concurrency", "2", "--config-path"]).arg(config);
    command.env_clear().envs(variables.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(out);
    match command.status().context("starting Envoy")? {
        status if status.success() => Ok(()),
        status => Err(Error::new(format!("Envoy refuses it ({status}):\n{}", instance::tail(&log)))),
    }
}

fn is(node: &Value, member: &str, wanted: &str) -> bool {
    node.get(member).and_then(Value::as_str) == Some(wanted)
}
