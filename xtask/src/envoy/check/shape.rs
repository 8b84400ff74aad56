//! What a configuration has of what the shipped files can do, and the shipped file that has just that.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::is;
use crate::envoy::cluster::{self, Has, System};
use crate::envoy::dynamic::WASM;
use crate::envoy::exceptions::COLLECTOR;
use crate::envoy::gate::{Kind, Sources};
use crate::envoy::template::{self, Values, mentions, parse, visit};
use crate::envoy::{Exceptions, Version, declared, dynamic, parts};
use crate::{Context, Result, paths};

const JWT: &str = "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication";
const GENERIC: &str = "type.googleapis.com/envoy.extensions.http.injected_credentials.generic.v3.Generic";
const OAUTH2: &str = "type.googleapis.com/envoy.extensions.http.injected_credentials.oauth2.v3.OAuth2";

/// The clusters that no system may be named like.
const RESERVED: [&str; 2] = ["pdnd-keys", COLLECTOR];

const ADDRESS: &str = "/load_assignment/endpoints/0/lb_endpoints/0/endpoint/address";

/// What a configuration has.
pub(super) struct Shape {
    systems: Vec<System>,
    sources: Sources,
    /// The filter stands in the configuration itself.
    inline: bool,
    declared: bool,
    /// The system or partner that an element of the file belongs to, by its name.
    scopes: BTreeMap<String, String>,
}

/// The shipped file with the same shape, placeholders and all.
pub(super) struct Expected {
    pub(super) file: &'static str,
    pub(super) tree: Value,
    pub(super) scopes: BTreeMap<String, String>,
}

impl Shape {
    /// Looks only at what is there or not; whether it is right is seen by comparing.
    pub(super) fn of(tree: &Value, plugin: &Value) -> Self {
        let (systems, scopes) = systems(tree);
        let mut sources = Sources { remote: true, partners: Vec::new() };
        let mut inline = false;
        visit(tree, "", &mut |_, node| {
            inline |= is(node, "@type", WASM);
            if let Some(providers) = node.get("providers").filter(|_| is(node, "@type", JWT)) {
                sources.remote = providers.pointer("/pdnd/remote_jwks").is_some();
                let names = providers.as_object().into_iter().flat_map(|all| all.keys());
                sources.partners = names.filter(|name| *name != "pdnd").cloned().collect();
            }
        });
        Self { systems, sources, inline, declared: declared::wanted(plugin), scopes }
    }

    /// The shipped file of a kind (none: `development.yaml`) with this shape.
    pub(super) fn expected(&self, kind: Option<Kind>, exceptions: &Exceptions) -> Result<Expected> {
        let file = kind.map_or("development.yaml", Kind::file);
        let mut tree = shipped(file)?;
        cluster::repeat(&mut tree, &self.systems);
        self.sources.put(&mut tree);
        exceptions.put(&mut tree).context(file)?;
        if self.declared {
            declared::put(&mut tree).context(file)?;
        }
        match (self.inline, dynamic::used(&tree)) {
            (true, true) => {
                let filter = shipped("filter.yaml")?;
                dynamic::put_in_from(&mut tree, &|_| Ok(filter.clone()))?;
            }
            (false, false) => dynamic::find_out(&mut tree, "${IFS_FILTER_FILE}"),
            _ => {}
        }
        Version::used()?.fit(&mut tree);
        Ok(Expected { file, tree, scopes: self.scopes.clone() })
    }
}

/// A shipped file, as its parts make it: one that was changed by hand is held against the same.
pub(super) fn shipped(file: &str) -> Result<Value> {
    once(file, || parse(&parts::join(&paths::root().join("envoy").join(file))?).context(file))
}

/// A shipped secret's file.
pub(super) fn shipped_file(file: &str) -> Result<Value> {
    once(file, || template::read(&paths::root().join("envoy").join(file)))
}

/// What is shipped, read once.
fn once(file: &str, read: impl FnOnce() -> Result<Value>) -> Result<Value> {
    static KNOWN: Mutex<BTreeMap<String, Value>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(tree) = known.get(file) {
        return Ok(tree.clone());
    }
    let tree = read()?;
    known.insert(file.to_owned(), tree.clone());
    Ok(tree)
}

/// The kind of gateway that a file says it is, in its access log.
pub(super) fn kind(tree: &Value) -> Option<Option<Kind>> {
    let mut found = None;
    visit(tree, "", &mut |_, node| {
        if let Some(said) = node.pointer("/json_format/trust").and_then(Value::as_str) {
            found = found.or_else(|| named(said));
        }
    });
    found
}

fn named(name: &str) -> Option<Option<Kind>> {
    if name == "development" {
        return Some(None);
    }
    Kind::ALL.into_iter().find(|kind| kind.file().strip_suffix(".yaml") == Some(name)).map(Some)
}

/// The systems, and whose each element is.
fn systems(tree: &Value) -> (Vec<System>, BTreeMap<String, String>) {
    let list = |at: &str| tree.pointer(at).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let (clusters, listeners) = (list("/static_resources/clusters"), list("/static_resources/listeners"));
    let name = |one: &Value| one.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let tokens: Vec<String> = clusters.iter().filter_map(token).collect();
    // The way through a listener inside, by the cluster that it leads to.
    let mut relays = BTreeMap::new();
    for listener in listeners.iter().filter(|one| one.get("internal_listener").is_some()) {
        visit(listener, "", &mut |_, node| {
            if let Some(to) = node.pointer("/route/cluster").and_then(Value::as_str) {
                relays.insert(to.to_owned(), name(listener));
            }
        });
    }
    let is_system = |one: &&Value| {
        let name = name(one);
        let inside = one.pointer(ADDRESS).is_some_and(|at| at.get("envoy_internal_address").is_some());
        !RESERVED.contains(&name.as_str()) && !tokens.contains(&name) && !inside && !name.is_empty()
    };
    let (mut systems, mut scopes) = (Vec::new(), BTreeMap::new());
    for cluster in clusters.iter().filter(is_system) {
        let own = name(cluster);
        let called = relays.get(&own);
        let token = token(cluster);
        let over_tls =
            |name: &String| clusters.iter().any(|one| is(one, "name", name) && one.get("transport_socket").is_some());
        let mut values = Values::from([("IFS_LEGACY_CLUSTER", Value::from(own.as_str()))]);
        let system = called.unwrap_or(&own).clone();
        scopes.insert(own, system.clone());
        if let Some(relay) = called {
            values.insert("IFS_LEGACY_RELAY", Value::from(relay.as_str()));
            scopes.insert(relay.clone(), system.clone());
        }
        if let Some(token) = &token {
            values.insert("IFS_LEGACY_TOKEN_CLUSTER", Value::from(token.as_str()));
            scopes.insert(token.clone(), system);
        }
        let has = Has {
            tls: cluster.get("transport_socket").is_some(),
            authorization: mentions(cluster, GENERIC),
            token: token.as_ref().map(over_tls),
            gzip: called.is_some(),
        };
        systems.push(System { has, values });
    }
    (systems, scopes)
}

/// The cluster that a system's tokens come from.
fn token(cluster: &Value) -> Option<String> {
    let mut found = None;
    visit(cluster, "", &mut |_, node| {
        if is(node, "@type", OAUTH2) {
            found = node.pointer("/token_endpoint/cluster").and_then(Value::as_str).map(str::to_owned);
        }
    });
    found
}
