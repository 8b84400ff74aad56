//! The legacy systems as Envoy knows them: clusters, their TLS and their credentials.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::files;
use super::template::{Values, put, put_known, read, without};
use crate::{Result, paths};

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
    /// Where Envoy fetches a token that it adds to each call, in place of `authorization`.
    pub oauth2: Option<OAuth2>,
    /// Calls go over TLS.
    pub tls: Option<Tls>,
    /// Its answers come in gzip though nobody asks for it: calls go through a listener inside Envoy that undoes it.
    pub gzip: bool,
    /// Connections at one time, over all workers.
    pub connections: u32,
    /// Calls that may wait for a connection; beyond, the circuit breaker is full.
    pub waiting: u32,
}

/// How a server proves itself.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The name that is asked for and that its certificate must bear.
    pub name: String,
    /// The authorities that are trusted, PEM.
    pub authorities: PathBuf,
}

/// Client credentials (RFC 6749 §4.4).
#[derive(Clone, Debug)]
pub struct OAuth2 {
    /// Host of the token endpoint.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Its path.
    pub path: String,
    /// The token endpoint is asked over TLS.
    pub tls: Option<Tls>,
    /// The client's id.
    pub client: String,
    /// The client's secret.
    pub secret: String,
    /// What is asked for.
    pub scopes: Vec<String>,
}

impl Cluster {
    /// A cluster with the limits of a careful operator: 32 connections, 8 waiting; plain HTTP, no credentials.
    #[must_use]
    pub fn new(name: &str, host: &str, port: u16) -> Self {
        Self {
            name: name.to_owned(),
            host: host.to_owned(),
            port,
            authorization: None,
            oauth2: None,
            tls: None,
            gzip: false,
            connections: 32,
            waiting: 8,
        }
    }

    /// With HTTP Basic credentials.
    #[must_use]
    pub fn basic(mut self, user: &str, password: &str) -> Self {
        self.authorization = Some(format!("Basic {}", base64(format!("{user}:{password}").as_bytes())));
        self
    }

    /// The files with its credentials: secrets as Envoy reads them (SDS).
    pub(super) fn secret_trees(&self, dir: &Path) -> Result<Vec<(PathBuf, Value)>> {
        let one = |(file, name, value): (PathBuf, String, &str)| {
            let mut tree = read(&paths::root().join("envoy").join("secrets").join("authorization.yaml"))?;
            let values = Values::from([
                ("IFS_LEGACY_SECRET", Value::from(name)),
                ("IFS_LEGACY_SECRET_VALUE", Value::from(value)),
            ]);
            put(&mut tree, &values)?;
            Ok((file, tree))
        };
        self.secrets(dir).into_iter().map(one).collect()
    }

    /// Writes the files with its credentials, readable by their owner alone.
    pub(super) fn write_secrets(&self, dir: &Path) -> Result<()> {
        self.secret_trees(dir)?.iter().try_for_each(|(file, tree)| files::replace(file, tree))
    }

    /// The system as a template's elements are made for it.
    pub(super) fn system(&self, dir: &Path) -> System {
        let has = Has {
            tls: self.tls.is_some(),
            authorization: self.authorization.is_some(),
            token: self.oauth2.as_ref().map(|token| token.tls.is_some()),
            gzip: self.gzip,
        };
        System { has, values: self.values(dir) }
    }

    /// Removes what [`Cluster::write_secrets`] made.
    pub(super) fn forget_secrets(&self, dir: &Path) {
        for (file, ..) in self.secrets(dir) {
            let _ = std::fs::remove_file(file);
        }
    }

    /// The files with its credentials in the folder of a run.
    #[must_use]
    pub fn secret_files(&self, dir: &Path) -> Vec<PathBuf> {
        self.secrets(dir).into_iter().map(|(file, ..)| file).collect()
    }

    /// Each secret's file, name and value.
    fn secrets(&self, dir: &Path) -> Vec<(PathBuf, String, &str)> {
        let authorization = self.authorization.as_ref().filter(|_| self.oauth2.is_none());
        let authorization = authorization.map(|value| (self.secret_file(dir), self.secret_name(), value.as_str()));
        let token = self.oauth2.as_ref().map(|o| (self.token_file(dir), self.token_name("secret"), o.secret.as_str()));
        authorization.into_iter().chain(token).collect()
    }

    fn secret_name(&self) -> String {
        format!("{}-authorization", self.name)
    }

    fn secret_file(&self, dir: &Path) -> PathBuf {
        dir.join(format!("{}.secret", self.plain_name()))
    }

    fn token_name(&self, what: &str) -> String {
        format!("{}-token-{what}", self.name)
    }

    fn token_file(&self, dir: &Path) -> PathBuf {
        dir.join(format!("{}-token.secret", self.plain_name()))
    }

    fn plain_name(&self) -> String {
        self.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
    }

    fn values(&self, dir: &Path) -> Values {
        let text = |value: &str| Value::from(value);
        let mut values = BTreeMap::from([
            // The mapping's name is that of the way through the listener, where there is one.
            (
                "IFS_LEGACY_CLUSTER",
                Value::from(if self.gzip { format!("{}-gzip", self.name) } else { self.name.clone() }),
            ),
            ("IFS_LEGACY_RELAY", text(&self.name)),
            ("IFS_LEGACY_HOST", text(&self.host)),
            ("IFS_LEGACY_PORT", Value::from(self.port)),
            ("IFS_LEGACY_CONNECTIONS", Value::from(self.connections)),
            ("IFS_LEGACY_WAITING", Value::from(self.waiting)),
            ("IFS_LEGACY_SECRET", Value::from(self.secret_name())),
            ("IFS_LEGACY_SECRET_FILE", files::text(&self.secret_file(dir))),
        ]);
        if let Some(tls) = &self.tls {
            values.insert("IFS_LEGACY_TLS_NAME", text(&tls.name));
            values.insert("IFS_LEGACY_TLS_CA_FILE", files::text(&tls.authorities));
        }
        if let Some(token) = &self.oauth2 {
            let scheme = if token.tls.is_some() { "https" } else { "http" };
            let uri = format!("{scheme}://{}:{}{}", token.host, token.port, token.path);
            values.insert("IFS_LEGACY_TOKEN_CLUSTER", Value::from(self.token_name("endpoint")));
            values.insert("IFS_LEGACY_TOKEN_HOST", text(&token.host));
            values.insert("IFS_LEGACY_TOKEN_PORT", Value::from(token.port));
            values.insert("IFS_LEGACY_TOKEN_URI", Value::from(uri));
            values.insert("IFS_LEGACY_TOKEN_CLIENT", text(&token.client));
            values.insert("IFS_LEGACY_TOKEN_SCOPES", Value::from(token.scopes.clone()));
            values.insert("IFS_LEGACY_TOKEN_SECRET", Value::from(self.token_name("secret")));
            values.insert("IFS_LEGACY_TOKEN_SECRET_FILE", files::text(&self.token_file(dir)));
            if let Some(tls) = &token.tls {
                values.insert("IFS_LEGACY_TOKEN_TLS_NAME", text(&tls.name));
                values.insert("IFS_LEGACY_TOKEN_TLS_CA_FILE", files::text(&tls.authorities));
            }
        }
        values
    }
}

/// What a system has of what the template can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Has {
    /// Calls go over TLS.
    pub(super) tls: bool,
    /// Envoy adds credentials that do not change.
    pub(super) authorization: bool,
    /// Envoy fetches a token and adds that; whether over TLS.
    pub(super) token: Option<bool>,
    /// Its answers come in gzip though nobody asks for it.
    pub(super) gzip: bool,
}

/// A system for which the template's elements are made.
#[derive(Clone, Debug)]
pub(super) struct System {
    pub(super) has: Has,
    /// What its placeholders stand for.
    pub(super) values: Values,
}

/// An element of a template that is made for each system it is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Element {
    /// The system's cluster.
    System,
    /// The cluster of its token endpoint.
    Token,
    /// The listener that undoes gzip, or the cluster that leads there.
    Relay,
}

impl Element {
    fn named(element: &Value) -> Option<Self> {
        match element.get("name").and_then(Value::as_str)? {
            "${IFS_LEGACY_CLUSTER}" => Some(Self::System),
            "${IFS_LEGACY_TOKEN_CLUSTER}" => Some(Self::Token),
            "${IFS_LEGACY_RELAY}" => Some(Self::Relay),
            _ => None,
        }
    }

    fn is_for(self, has: Has) -> bool {
        match self {
            Self::System => true,
            Self::Token => has.token.is_some(),
            Self::Relay => has.gzip,
        }
    }

    /// The element for a system, without what that does not have.
    fn made(self, element: &Value, system: &System) -> Value {
        let (has, mut made) = (system.has, element.clone());
        let tls = match self {
            Self::System => has.tls,
            Self::Token => has.token == Some(true),
            // It leads to this process.
            Self::Relay => false,
        };
        if !tls && let Some(members) = made.as_object_mut() {
            members.remove("transport_socket");
        }
        if self == Self::System {
            if has.token.is_none() {
                without(&mut made, "${IFS_LEGACY_TOKEN_");
            }
            if has.token.is_some() || !has.authorization {
                without(&mut made, "${IFS_LEGACY_SECRET}");
            }
        }
        put_known(&mut made, &system.values);
        made
    }
}

/// Makes elements of `static_resources` for each system out of the template's, which are told by their names, and takes
/// out what none of the systems needs. Placeholders that a system has no value for stay.
pub(super) fn repeat(tree: &mut Value, systems: &[System]) {
    for list in ["/static_resources/listeners", "/static_resources/clusters"] {
        let Some(Value::Array(elements)) = tree.pointer_mut(list) else { continue };
        let mut all = Vec::new();
        for element in elements.drain(..) {
            match Element::named(&element) {
                Some(kind) => {
                    let wanted = systems.iter().filter(|system| kind.is_for(system.has));
                    all.extend(wanted.map(|system| kind.made(&element, system)));
                }
                None => all.push(element),
            }
        }
        *elements = all;
    }
    if let Some(members) = tree.as_object_mut()
        && !systems.iter().any(|system| system.has.gzip)
    {
        members.remove("bootstrap_extensions");
    }
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
    use crate::envoy::template::{mentions, parse};

    #[test]
    fn base64_has_the_vectors_of_rfc_4648() {
        for (plain, coded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn every_system_gets_what_it_has() {
        let text = std::fs::read_to_string(paths::root().join("envoy").join("development.yaml")).unwrap();
        let mut tree = parse(&text).unwrap();
        let tls = Tls { name: "sis.example.it".to_owned(), authorities: "/ca.pem".into() };
        let basic = Cluster::new("esse3", "127.0.0.1", 8001).basic("u", "p");
        let open = Cluster { gzip: true, ..Cluster::new("open", "localhost", 8002) };
        let token = Cluster {
            oauth2: Some(OAuth2 {
                host: "idp.example.it".to_owned(),
                port: 443,
                path: "/token".to_owned(),
                tls: Some(tls.clone()),
                client: "ifs".to_owned(),
                secret: "hidden".to_owned(),
                scopes: vec!["read".to_owned()],
            }),
            tls: Some(tls),
            ..Cluster::new("sis", "sis.example.it", 443)
        };
        let all = [basic, open, token];
        let systems = all.each_ref().map(|cluster| cluster.system(Path::new("/run")));
        repeat(&mut tree, &systems);
        let clusters = tree.pointer("/static_resources/clusters").unwrap().as_array().unwrap();
        let names: Vec<&str> = clusters.iter().map(|c| c["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["esse3", "open-gzip", "sis", "sis-token-endpoint", "open"]);
        let kinds = |i: usize| {
            ["credentials.generic", "credentials.oauth2", "transport_sockets.tls"].map(|k| mentions(&clusters[i], k))
        };
        assert_eq!(kinds(0), [true, false, false]);
        assert_eq!(kinds(1), [false, false, false]);
        assert_eq!(kinds(2), [false, true, true]);
        assert_eq!(kinds(3), [false, false, true]);
        assert_eq!(clusters[1].pointer("/load_assignment/cluster_name").unwrap(), "open-gzip");
        let listeners = tree.pointer("/static_resources/listeners").unwrap().as_array().unwrap();
        assert!(
            listeners.len() == 2 && mentions(&listeners[1], "open-gzip") && tree.get("bootstrap_extensions").is_some()
        );
        assert!(!mentions(&tree, "hidden"), "no secret is in the configuration itself");
        let values = all.iter().flat_map(|cluster| cluster.secrets(Path::new("/run"))).map(|(.., value)| value);
        assert_eq!(values.collect::<Vec<_>>(), ["Basic dTpw", "hidden"]);
        let mut plain = parse(&text).unwrap();
        repeat(&mut plain, &systems[..1]);
        let listeners = plain.pointer("/static_resources/listeners").unwrap().as_array().unwrap();
        assert!(listeners.len() == 1 && plain.get("bootstrap_extensions").is_none());
    }
}
