//! The systems of a mapping, as a desk reaches them: where they are, and what is put into their calls.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use adapter_core::bundle::{Bundle, CallIndex};
use adapter_core::contract::Operation;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::client::{Client, Target};
use crate::print;

/// Where systems are, as it is typed.
#[derive(clap::Args, Debug)]
pub(crate) struct Systems {
    /// Where a system of the mapping's is: its name there, and http:// or https:// with host and port. Once for each
    /// that the operation asks.
    #[arg(long, value_name = "NAME=URL")]
    system: Vec<String>,
    /// Certificates of the authorities to trust, in PEM; otherwise those that the machine trusts (or SSL_CERT_FILE).
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
}

/// What a command's help says of them.
macro_rules! about_systems {
    () => {
        "\
Secrets of the mapping are read as the filter reads them: secret.esse3_user is the variable IFS_SECRET_ESSE3_USER.
What the gateway would put into the calls of a system `sis` stands in variables too, never in the command:
IFS_BASIC_SIS=user:password sends Basic credentials, IFS_HEADER_SIS='X-Key: …' a header (several: one a line).
A URL has no path, as a gateway's cluster has none: that is the mapping's `base`.
"
    };
}
pub(crate) use about_systems;

impl Systems {
    /// What sends the calls of an operation.
    ///
    /// # Errors
    /// What is missing: a system's place, a secret, an authority.
    pub(crate) fn client(
        &self,
        bundle: &Bundle,
        operation: &Operation,
        calls: &BTreeSet<CallIndex>,
    ) -> Result<Client, String> {
        let targets = targets(bundle, operation, calls, &self.system)?;
        missing_secrets(bundle)?;
        Client::new(targets, self.ca.as_deref())
    }
}

/// Says where credentials stand of clusters that refuse those which they were given or not given.
pub(crate) fn refused(bundle: &Bundle, clusters: &BTreeSet<&str>) {
    for system in bundle.systems.iter().filter(|system| clusters.contains(system.cluster.as_str())) {
        print(&format!(
            "`{}` refuses the calls: what the gateway would put into them stands in {} or {} (see --help)\n",
            system.name,
            variable(&system.name, "IFS_BASIC_"),
            variable(&system.name, "IFS_HEADER_"),
        ));
    }
}

/// The variable with what the gateway would put into a system's calls.
fn variable(system: &str, kind: &str) -> String {
    shell::secret_variable(system).replacen("IFS_SECRET_", kind, 1)
}

/// A secret of the mapping.
pub(crate) fn secret(name: &str) -> Option<String> {
    std::env::var(shell::secret_variable(name)).ok()
}

fn missing_secrets(bundle: &Bundle) -> Result<(), String> {
    let missing: Vec<String> =
        bundle.secrets.iter().filter(|name| secret(name).is_none()).map(|name| shell::secret_variable(name)).collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("the mapping needs secrets: set {}", missing.join(", "))) }
}

/// Where the clusters of an operation's systems are.
fn targets(
    bundle: &Bundle,
    operation: &Operation,
    calls: &BTreeSet<CallIndex>,
    written: &[String],
) -> Result<BTreeMap<String, Target>, String> {
    let mut found: BTreeMap<String, Target> = BTreeMap::new();
    let mut named = BTreeSet::new();
    for text in written {
        let (name, url) = text.split_once('=').ok_or_else(|| format!("--system {text}: it is NAME=URL"))?;
        let system = bundle.systems.iter().find(|s| s.name == name).ok_or_else(|| {
            let known: Vec<&str> = bundle.systems.iter().map(|s| s.name.as_str()).collect();
            format!("the mapping has no system `{name}`; it has {}", known.join(", "))
        })?;
        named.insert(name);
        let target = target(name, url)?;
        let other = found.insert(system.cluster.clone(), target);
        if other.is_some_and(|other| Some(other.origin) != found.get(&system.cluster).map(|t| t.origin.clone())) {
            return Err(format!("two systems of the cluster `{}` are in two places", system.cluster));
        }
    }
    let needed: BTreeSet<usize> =
        calls.iter().filter_map(|call| bundle.calls.get(call.at())).map(|call| call.system.at()).collect();
    let systems = bundle.systems.iter().enumerate().filter(|(at, _)| needed.contains(at)).map(|(_, system)| system);
    let missing: Vec<String> = systems
        .filter(|system| !named.contains(system.name.as_str()) && !found.contains_key(&system.cluster))
        .map(|system| format!("--system {}=URL", system.name))
        .collect();
    if missing.is_empty() { Ok(found) } else { Err(format!("{} needs {}", operation.name, missing.join(", "))) }
}

fn target(name: &str, url: &str) -> Result<Target, String> {
    let wrong = |why: &str| format!("--system {name}: {why}");
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    let rest = rest.ok_or_else(|| wrong("a URL begins with http:// or https://"))?;
    let host = rest.strip_suffix('/').unwrap_or(rest);
    if host.contains('@') {
        return Err(wrong("credentials stand in the variable IFS_BASIC_… of the system, not in the URL"));
    }
    if host.is_empty() || host.contains(['/', '?', '#']) {
        return Err(wrong("a URL is scheme, host and port; a path is the mapping's `base`"));
    }
    let mut injected = Vec::new();
    if let Ok(credentials) = std::env::var(variable(name, "IFS_BASIC_")) {
        injected.push(("authorization".to_owned(), format!("Basic {}", BASE64_STANDARD.encode(credentials))));
    }
    for line in
        std::env::var(variable(name, "IFS_HEADER_")).unwrap_or_default().lines().filter(|l| !l.trim().is_empty())
    {
        let named = variable(name, "IFS_HEADER_");
        let (name, value) = line.split_once(':').ok_or_else(|| wrong(&format!("{named} is `Name: value`")))?;
        injected.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    }
    let origin = url.strip_suffix('/').unwrap_or(url).to_owned();
    Ok(Target { origin, host: host.to_owned(), injected })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_places_of_a_cluster() {
        assert_eq!(target("sis", "https://sis.example.it:8443/").unwrap().origin, "https://sis.example.it:8443");
        for wrong in ["sis.example.it", "ftp://x", "https://", "http://x/base", "http://u:p@x"] {
            assert!(target("sis", wrong).is_err(), "{wrong}");
        }
    }
}
