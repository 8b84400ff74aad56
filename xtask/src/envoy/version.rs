//! Releases of Envoy: which one is used, what the older do not know, and from which on what is known to be wrong is
//! mended.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{bucket, install};
use crate::{Context, Result, process};

/// A release, such as 1.40.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32, pub u32, pub u32);

/// Members that a release does not know before the one beside it. None of them proves who calls or holds anything back.
const NEWER: [(&str, Version); 1] = [("enable_retry_after_header", Version(1, 40, 0))];

/// The first that can bound the lines of an access log.
const BUCKETS: Version = Version(1, 37, 0);

/// The first release of each line in which Envoy's advisories of 26 August and 1 October 2026 are mended. What is older
/// than the first line gets no more of them, what is newer than the last has them all.
const PATCHED: [Version; 4] = [Version(1, 36, 11), Version(1, 37, 7), Version(1, 38, 5), Version(1, 39, 2)];

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

impl Version {
    /// Reads `1.40.0`, whatever follows a dash.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-').next()?.split('.').map(|part| part.parse().ok());
        let version = Self(parts.next()??, parts.next()??, parts.next()??);
        parts.next().is_none().then_some(version)
    }

    /// The release that is used: the one `IFS_ENVOY` names, else ours.
    ///
    /// # Errors
    /// The binary does not say its version.
    pub fn used() -> Result<Self> {
        let Some(own) = std::env::var_os("IFS_ENVOY") else {
            return Self::parse(install::VERSION).context("our own version");
        };
        let said = process::output(Command::new(&own).arg("--version"))?;
        Self::told(&said).context(format!("{} says no version", Path::new(&own).display()))
    }

    /// Out of what `envoy --version` says: `envoy  version: COMMIT/1.40.0/Clean/RELEASE/BoringSSL`.
    fn told(said: &str) -> Option<Self> {
        said.split(['/', ' ', '\n']).find_map(Self::parse)
    }

    /// Takes out of a configuration what this release does not know.
    pub fn fit(self, tree: &mut Value) {
        if self < BUCKETS {
            bucket::sample(tree);
        }
        match tree {
            Value::Array(items) => items.iter_mut().for_each(|item| self.fit(item)),
            Value::Object(members) => {
                members.retain(|name, _| !NEWER.iter().any(|(newer, since)| newer == name && self < *since));
                members.values_mut().for_each(|member| self.fit(member));
            }
            _ => {}
        }
    }

    /// A sentence about a release with known flaws; none of one without.
    #[must_use]
    pub fn unpatched(self) -> Option<String> {
        let line = |version: &Version| (version.0, version.1);
        let newest = PATCHED.last().is_some_and(|last| line(&self) > line(last));
        if newest || PATCHED.iter().any(|patched| line(patched) == line(&self) && *patched <= self) {
            return None;
        }
        let listed = PATCHED.map(|version| version.to_string()).join(", ");
        Some(format!(
            "Envoy {self} has known flaws that others can use from outside; mended since {listed}, and from 1.40.0 on \
             (docs/gateways.md)"
        ))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn versions_are_read() {
        for (text, version) in [
            ("1.40.0", Some(Version(1, 40, 0))),
            ("1.39.3-dev", Some(Version(1, 39, 3))),
            ("1.40", None),
            ("1.40.0.1", None),
            ("x", None),
        ] {
            assert_eq!(Version::parse(text), version, "{text}");
        }
        let said = "\n/x/envoy  version: 7eff4ea9/1.36.4/Clean/RELEASE/BoringSSL\n\n";
        assert_eq!(Version::told(said), Some(Version(1, 36, 4)));
        assert!(Version::parse(install::VERSION).is_some_and(|ours| ours.unpatched().is_none()));
    }

    #[test]
    fn each_line_is_mended_from_a_release_on() {
        for (version, mended) in [
            (Version(1, 35, 14), false),
            (Version(1, 36, 10), false),
            (Version(1, 36, 11), true),
            (Version(1, 38, 4), false),
            (Version(1, 39, 1), false),
            (Version(1, 39, 3), true),
            (Version(1, 40, 0), true),
            (Version(2, 0, 0), true),
        ] {
            assert_eq!(version.unpatched().is_none(), mended, "{version}");
        }
    }

    #[test]
    fn an_older_release_is_not_told_what_it_does_not_know() {
        let tree = json!({ "a": [{ "enable_retry_after_header": true, "b": 1 }] });
        let (mut older, mut newer) = (tree.clone(), tree.clone());
        Version(1, 39, 3).fit(&mut older);
        Version(1, 40, 0).fit(&mut newer);
        assert_eq!((older, newer), (json!({ "a": [{ "b": 1 }] }), tree));
        let name = "envoy.access_loggers.extension_filters.process_ratelimit";
        let tree = json!({ "filters": [{ "extension_filter": { "name": name } }] });
        let (mut older, mut newer) = (tree.clone(), tree.clone());
        Version(1, 36, 11).fit(&mut older);
        Version(1, 37, 7).fit(&mut newer);
        let sampled = older.pointer("/filters/0/runtime_filter/percent_sampled/denominator");
        assert_eq!((sampled, newer), (Some(&json!("TEN_THOUSAND")), tree));
    }
}
