//! What a configuration must have beside what Envoy itself checks.
//!
//! Each rule closes a way in which a gateway fails open, hangs or tells too much. A configuration is looked at as a
//! whole, with the filter in its place ([`super::dynamic::put_in`]).

mod allowed;
mod capabilities;
mod filter;
mod legacy;
mod listener;
mod logs;
mod relay;
mod replies;
#[cfg(test)]
mod tests;
mod vouchers;
mod warnings;
mod whole;

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::template::visit;
use super::{config, dynamic, install, instance};
use crate::{Context, Error, Result};

pub use warnings::{open, scheme, warnings};

const MANAGER: &str =
    "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";

/// Rules that are broken, each with its place.
#[derive(Default)]
struct Broken(Vec<String>);

impl Broken {
    fn tell(&mut self, at: &str, what: &str) {
        let at = if at.is_empty() { "/" } else { at };
        self.0.push(format!("{at}: {what}"));
    }

    fn unless(&mut self, holds: bool, at: &str, what: &str) {
        if !holds {
            self.tell(at, what);
        }
    }
}

/// Our own rules; every one that is broken is named, with the place in the file.
#[must_use]
pub fn rules(tree: &Value) -> Vec<String> {
    let mut broken = Broken::default();
    allowed::whole(tree, &mut broken);
    let admin = tree.pointer("/admin/address");
    broken.unless(
        admin.is_none_or(is_loopback),
        "/admin/address",
        "must be a loopback address: whoever reaches it can stop Envoy and read what it knows",
    );
    relay::extensions(tree, &mut broken);
    let listeners = tree.pointer("/static_resources/listeners").and_then(Value::as_array);
    let mut serving = 0_usize;
    for (i, one) in listeners.into_iter().flatten().enumerate() {
        let at = format!("/static_resources/listeners/{i}");
        if relay::is_inside(one) {
            relay::listener(&at, one, &mut broken);
        } else {
            serving = serving.saturating_add(listener::check(&at, one, &mut broken));
        }
    }
    broken.unless(serving > 0, "/static_resources/listeners", "no HTTP connection manager has the filter");
    legacy::check(tree, &mut broken);
    clusters(tree, &mut broken);
    visit(tree, "", &mut |at, node| anywhere(at, node, &mut broken));
    broken.0
}

/// Every cluster that the bundle calls is there, or each of those calls would fail.
fn clusters(tree: &Value, broken: &mut Broken) {
    let there = tree.pointer("/static_resources/clusters").and_then(Value::as_array).into_iter().flatten();
    let there: Vec<&str> = there.filter_map(|one| one.get("name").and_then(Value::as_str)).collect();
    visit(tree, "", &mut |at, node| {
        let Some(plugin) = plugin(node) else { return };
        for name in called(plugin.get("bundle").unwrap_or(&Value::Null)) {
            broken.unless(
                there.contains(&name.as_str()),
                at,
                &format!("the mapping calls the cluster `{name}`, which is not under /static_resources/clusters"),
            );
        }
    });
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

/// The filter's own configuration, of the node that is the filter.
fn plugin(node: &Value) -> Option<Value> {
    let text = node.pointer("/config/configuration/value").filter(|_| is(node, "@type", dynamic::WASM))?;
    serde_json::from_str(text.as_str()?).ok()
}

/// What must stand nowhere.
fn anywhere(at: &str, node: &Value, broken: &mut Broken) {
    if node.get("failure_mode_allow") == Some(&Value::Bool(true)) {
        broken.tell(at, "failure_mode_allow lets requests pass when their check fails");
    }
    if node.get("allow_expired_certificate") == Some(&Value::Bool(true)) {
        broken.tell(at, "allow_expired_certificate takes certificates that have ended");
    }
    for member in ["match_typed_subject_alt_names", "match_subject_alt_names"] {
        for (i, one) in node.get(member).and_then(Value::as_array).into_iter().flatten().enumerate() {
            let matcher = one.get("matcher").unwrap_or(one).as_object();
            let exact = matcher.is_some_and(|matcher| {
                matcher.len() == 1 && matcher.get("exact").and_then(Value::as_str).is_some_and(|name| !name.is_empty())
            });
            broken.unless(exact, &format!("{at}/{member}/{i}"), "must be an exact name: others match names not meant");
        }
    }
    // Formats of logs are looked at one command at a time.
    if let Some(text) = node.as_str().filter(|_| !at.contains("/access_log/") && !at.contains("/local_reply_config/")) {
        let upper = text.to_ascii_uppercase();
        let told =
            ["%REQ(AUTHORIZATION", "%REQ(DPOP", "%REQ(AGID-JWT", "%REQ(:PATH", "%REQ(X-ENVOY-ORIGINAL-PATH", "%PATH("];
        if told.iter().any(|one| upper.contains(one)) {
            broken.tell(at, "tokens and paths with their queries do not belong in a log");
        }
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

/// Reads a configuration as a tree for [`rules`].
///
/// # Errors
/// It is not YAML.
pub fn read(text: &str) -> Result<Value> {
    config::parse(text)
}

fn is(node: &Value, member: &str, wanted: &str) -> bool {
    node.get(member).and_then(Value::as_str) == Some(wanted)
}

fn is_true(node: &Value, member: &str) -> bool {
    node.get(member).and_then(Value::as_bool) == Some(true)
}

/// Whether an address (`{ socket_address: … }`) can be reached from this machine alone.
fn is_loopback(address: &Value) -> bool {
    let host = address.pointer("/socket_address/address").and_then(Value::as_str).unwrap_or_default();
    address.get("pipe").is_some() || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

/// Whether a node holds the filter.
fn contains_filter(node: &Value) -> bool {
    let mut found = false;
    visit(node, "", &mut |_, node| found |= is(node, "@type", dynamic::WASM));
    found
}
