//! What values must be to one another.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use adapter_core::limits::LIMITS;
use serde_json::Value;

use super::compare::Hole;
use super::finding::{Code, Finding};
use super::{bounds, keys};
use crate::envoy::Exceptions;
use crate::envoy::exceptions::is_near;
use crate::envoy::template::parse;

/// The audience of an API that is not published: nobody's voucher has it.
pub const UNPUBLISHED: &str = "urn:ifs-adapter:unpublished";

/// Limits of how long an exchange may take: one that reads, and one that changes something.
const DEADLINES: [&str; 2] = ["deadline", "change_deadline"];

/// By how much an exchange's deadline must end before Envoy's timers, milliseconds.
const MARGIN_MS: u64 = 2_000;

/// All values of a configuration and of the files it names.
pub(super) struct Values<'a> {
    pub(super) holes: &'a [Hole],
    pub(super) exceptions: &'a Exceptions,
    pub(super) plugin: &'a Value,
    pub(super) read: &'a dyn Fn(&Path) -> crate::Result<String>,
}

#[derive(Default)]
pub(super) struct Told {
    pub(super) findings: Vec<Finding>,
    pub(super) used: BTreeSet<&'static str>,
}

impl Told {
    fn tell(&mut self, code: Code, hole: &Hole, text: impl Into<String>) {
        let mut finding = Finding::new(code, &hole.at, text).of(&hole.name, &hole.scope);
        finding.file.clone_from(&hole.file);
        self.findings.push(finding);
    }
}

impl<'a> Values<'a> {
    pub(super) fn check(&self) -> Told {
        let mut out = Told::default();
        self.alone(&mut out);
        self.everywhere_the_same(&mut out);
        self.distinct(&mut out);
        self.pdnd(&mut out);
        self.keys(&mut out);
        self.addresses(&mut out);
        self.systems(&mut out);
        self.credentials(&mut out);
        self.files(&mut out);
        self.watched(&mut out);
        self.timers(&mut out);
        // Of a value that is wrong by itself nothing more need be said.
        let mut seen = BTreeSet::new();
        out.findings.retain(|finding| seen.insert((finding.file.clone(), finding.at.clone())));
        out
    }

    fn all(&self, name: &str) -> Vec<&'a Hole> {
        let mut seen = BTreeSet::new();
        self.holes.iter().filter(|hole| hole.name == name && seen.insert(&hole.scope)).collect()
    }

    fn one(&self, name: &str, scope: &str) -> Option<&'a Hole> {
        self.holes.iter().find(|hole| hole.name == name && hole.scope == scope)
    }

    fn text(&self, name: &str, scope: &str) -> Option<&'a str> {
        self.one(name, scope)?.value.as_str()
    }

    fn number(&self, name: &str, scope: &str) -> Option<u64> {
        self.one(name, scope)?.value.as_u64()
    }

    /// Each within its bounds.
    fn alone(&self, out: &mut Told) {
        for hole in self.holes {
            let said = match bounds::hole(&hole.name, &hole.value) {
                Some(Ok(())) => continue,
                Some(Err(wanted)) => {
                    // A value that may be a secret is told by its kind alone.
                    let hidden = hole.name.contains("SECRET_VALUE") || hole.name.contains("CONFIGURATION");
                    let is = if hidden { "what stands there".to_owned() } else { super::shown(&hole.at, &hole.value) };
                    format!("is {is}, and must be {wanted} (${{{}}})", hole.name)
                }
                None => format!("${{{}}} has no bounds", hole.name),
            };
            out.tell(Code::Bounds, hole, said);
        }
    }

    /// A placeholder stands for one value, wherever it stands.
    fn everywhere_the_same(&self, out: &mut Told) {
        let mut first: BTreeMap<(&str, &str), &Hole> = BTreeMap::new();
        for hole in self.holes.iter().filter(|hole| hole.name != "IFS_LEGACY_SECRET") {
            let known = first.entry((&hole.name, &hole.scope)).or_insert(hole);
            if known.value != hole.value {
                let place = if known.at == hole.at { known.file.clone() } else { known.at.clone() };
                let text = format!(
                    "is another value than at {place}, where the shipped file has the same (${{{}}})",
                    hole.name
                );
                out.tell(Code::Same, hole, text);
            }
        }
    }

    fn distinct(&self, out: &mut Told) {
        let audiences: Vec<&Hole> = (1..=9).filter_map(|api| self.one(&format!("IFS_AUDIENCE_{api}"), "")).collect();
        self.no_two(&audiences, "the audience of another API: a voucher for the one would open the other", out);
        let issuers: Vec<&Hole> =
            self.all("IFS_VOUCHER_ISSUER").into_iter().chain(self.all("IFS_PARTNER_ISSUER")).collect();
        self.no_two(&issuers, "another provider's issuer: the tokens of the one would count as the other's", out);
        for name in ["IFS_LEGACY_SECRET_FILE", "IFS_LEGACY_TOKEN_SECRET_FILE", "IFS_LEGACY_TOKEN_SECRET"] {
            self.no_two(&self.all(name), "another system's: its credentials would be sent elsewhere", out);
        }
    }

    fn no_two(&self, holes: &[&Hole], what: &str, out: &mut Told) {
        let mut seen: BTreeMap<String, &Hole> = BTreeMap::new();
        for hole in holes {
            let text = hole.value.as_str().unwrap_or_default();
            if text == UNPUBLISHED {
                continue;
            }
            match seen.get(&plain(text)) {
                Some(first) => out.tell(Code::Same, hole, format!("is {what} (it stands at {} too)", first.at)),
                None => drop(seen.insert(plain(text), hole)),
            }
        }
    }

    /// Key sets in files: keys that prove something, none of them another provider's.
    fn keys(&self, out: &mut Told) {
        let mut seen: BTreeMap<String, &Hole> = BTreeMap::new();
        for hole in self.all("IFS_JWKS_FILE").into_iter().chain(self.all("IFS_PARTNER_JWKS_FILE")) {
            let path = hole.value.as_str().unwrap_or_default();
            let set = (self.read)(Path::new(path)).and_then(|text| parse(&text));
            let set = match set {
                Ok(set) => set,
                Err(error) => {
                    out.tell(Code::File, hole, format!("{path} is no key set that can be read: {error}"));
                    continue;
                }
            };
            let (wrong, known) = keys::check(&set);
            for what in wrong {
                out.tell(Code::Key, hole, format!("{path}: {what}"));
            }
            for key in known {
                match seen.get(&key) {
                    Some(first) if first.scope != hole.scope || first.name != hole.name => out.tell(
                        Code::Same,
                        hole,
                        format!(
                            "{path}: a key of it stands in {} too: whoever signs for the one could sign for the other",
                            first.value
                        ),
                    ),
                    _ => drop(seen.insert(key, hole)),
                }
            }
        }
    }

    /// PDND is PDND: its issuer is one of its environments', its keys come from there (or from a rehearsal on this machine),
    /// and no partner calls itself so.
    fn pdnd(&self, out: &mut Told) {
        let Some(issuer) = self.one("IFS_VOUCHER_ISSUER", "") else { return };
        let name = issuer.value.as_str().unwrap_or_default();
        let host = self.one("IFS_JWKS_HOST", "");
        let foreign = |host: &&Hole| host.value.as_str().is_some_and(|host| host != name && !is_near(host));
        let wrong = [
            (
                Some(issuer).filter(|_| !is_pdnd(name)),
                "is no issuer of PDND's (interop.pagopa.it, uat.interop.pagopa.it)",
            ),
            (host.filter(foreign), "is not where PDND publishes its keys, which is at its issuer's host"),
        ];
        for (hole, text) in wrong.into_iter().filter_map(|(hole, text)| Some((hole?, text))) {
            if self.exceptions.other_pdnd {
                out.used.insert("other_pdnd");
            } else {
                let opened = "`exceptions.other_pdnd` of the values file opens it (docs/operations.md#exceptions)";
                out.tell(Code::Bounds, hole, format!("{text}; {opened}"));
            }
        }
        for partner in self.all("IFS_PARTNER_ISSUER") {
            if partner.value.as_str().is_some_and(is_pdnd) {
                out.tell(Code::Same, partner, "is an issuer of PDND's: a partner has one of its own");
            }
        }
    }

    fn addresses(&self, out: &mut Told) {
        let port = self.one("IFS_PORT", "");
        if let (Some(port), Some(admin)) = (port, self.one("IFS_ADMIN_PORT", ""))
            && port.value == admin.value
            && port.value.as_u64() != Some(0)
        {
            out.tell(Code::Same, admin, "is the port that consumers come to");
        }
        if let (Some(uri), Some(host)) = (self.one("IFS_JWKS_URI", ""), self.text("IFS_JWKS_HOST", "")) {
            self.url(uri, host, self.number("IFS_JWKS_PORT", ""), Some(true), out);
            if let Some(name) = self.one("IFS_JWKS_NAME", "")
                && host.parse::<std::net::IpAddr>().is_err()
                && name.value.as_str() != Some(host)
            {
                out.tell(Code::Same, name, format!("must be `{host}`, where PDND's keys are fetched"));
            }
        }
        for uri in self.all("IFS_LEGACY_TOKEN_URI") {
            if let Some(host) = self.text("IFS_LEGACY_TOKEN_HOST", &uri.scope) {
                let tls = self.one("IFS_LEGACY_TOKEN_TLS_NAME", &uri.scope).is_some();
                self.url(uri, host, self.number("IFS_LEGACY_TOKEN_PORT", &uri.scope), Some(tls), out);
            }
        }
    }

    /// A URL leads to the cluster beside it: Envoy does not look at scheme, host and port of it.
    fn url(&self, uri: &Hole, host: &str, port: Option<u64>, tls: Option<bool>, out: &mut Told) {
        let text = uri.value.as_str().unwrap_or_default();
        let scheme = if tls == Some(true) { "https" } else { "http" };
        let default = if tls == Some(true) { 443 } else { 80 };
        let bracketed = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let start = |port: &str| format!("{scheme}://{bracketed}{port}/");
        let with = port.map(|port| start(&format!(":{port}"))).unwrap_or_default();
        let without = if port == Some(default) { start("") } else { with.clone() };
        if !text.starts_with(&with) && !text.starts_with(&without) {
            out.tell(Code::Same, uri, format!("must begin with {with}, where its cluster leads"));
        }
    }

    fn systems(&self, out: &mut Told) {
        let own: Vec<u64> = ["IFS_PORT", "IFS_ADMIN_PORT"]
            .into_iter()
            .filter_map(|name| self.number(name, ""))
            .filter(|p| *p > 0)
            .collect();
        for (host, port, tls) in [
            ("IFS_LEGACY_HOST", "IFS_LEGACY_PORT", "IFS_LEGACY_TLS_NAME"),
            ("IFS_LEGACY_TOKEN_HOST", "IFS_LEGACY_TOKEN_PORT", "IFS_LEGACY_TOKEN_TLS_NAME"),
        ] {
            for hole in self.all(host) {
                let name = hole.value.as_str().unwrap_or_default();
                if is_near(name) {
                    if self.number(port, &hole.scope).is_some_and(|port| own.contains(&port)) {
                        out.tell(
                            Code::Same,
                            hole,
                            "leads to this gateway itself: to its admin interface or its listener",
                        );
                    }
                } else if self.one(tls, &hole.scope).is_none() {
                    if self.exceptions.plain_http.contains(&hole.scope) {
                        out.used.insert("plain_http");
                    } else {
                        let text = format!(
                            "`{name}` is another machine, and calls go there over plain HTTP with credentials and students' data: \
                             give it TLS (transport_socket), or open it by `exceptions.plain_http: [{}]` of the values file \
                             (docs/operations.md#exceptions)",
                            hole.scope
                        );
                        out.tell(Code::Missing, hole, text);
                    }
                }
            }
        }
    }

    /// What one host is shown to be believed is not shown to another.
    fn credentials(&self, out: &mut Told) {
        let mut first: BTreeMap<&str, (&Hole, Option<&str>)> = BTreeMap::new();
        for hole in self.all("IFS_LEGACY_SECRET_VALUE") {
            let token = self.text("IFS_LEGACY_TOKEN_HOST", &hole.scope);
            let host = token.or_else(|| self.text("IFS_LEGACY_HOST", &hole.scope));
            let (other, of) = first.entry(hole.value.as_str().unwrap_or_default()).or_insert((hole, host));
            if *of == host {
                continue;
            }
            if self.exceptions.shared_credentials {
                out.used.insert("shared_credentials");
            } else {
                let text = format!(
                    "is what {} is shown too, by the system `{}`; `exceptions.shared_credentials` of the values file opens it \
                     (docs/operations.md#exceptions)",
                    of.unwrap_or("another host"),
                    other.scope
                );
                out.tell(Code::Same, hole, text);
            }
        }
    }

    fn files(&self, out: &mut Told) {
        let Some(log) = self.one("IFS_ACCESS_LOG", "") else { return };
        let path = log.value.as_str().unwrap_or_default();
        if bounds::is_device(path) {
            if self.exceptions.log_device {
                out.used.insert("log_device");
            } else {
                let opened =
                    "is a device; `exceptions.log_device` of the values file opens it (docs/operations.md#exceptions)";
                out.tell(Code::Bounds, log, opened);
            }
        }
        let same = |hole: &&Hole| hole.name.ends_with("_FILE") || hole.name == "IFS_WASM";
        if let Some(other) = self.holes.iter().filter(same).find(|hole| hole.value == log.value) {
            out.tell(Code::Same, log, format!("is the file of ${{{}}} too: Envoy would write into it", other.name));
        }
    }

    /// Envoy reads certificates and revocation lists again when something moves in the folder that it watches.
    fn watched(&self, out: &mut Told) {
        for (name, folder) in [
            ("IFS_CERTIFICATE_FILE", "IFS_CERTIFICATE_FOLDER"),
            ("IFS_CLIENTS_CA_FILE", "IFS_CLIENTS_FOLDER"),
            ("IFS_CLIENTS_REVOKED_FILE", "IFS_CLIENTS_FOLDER"),
        ] {
            let (Some(file), Some(folder)) = (self.one(name, ""), self.text(folder, "")) else { continue };
            let path = Path::new(file.value.as_str().unwrap_or_default());
            if path.parent() != Some(Path::new(folder)) {
                out.tell(Code::Same, file, format!("must be in {folder}, the folder that is watched for a new one"));
            }
        }
    }

    fn timers(&self, out: &mut Told) {
        let limit = |name: &&str| {
            let set = self.plugin.pointer(&["/bundle/plan/limits/", name].concat()).and_then(Value::as_u64);
            let default = || LIMITS.iter().find(|limit| limit.name == *name).map(|limit| limit.default);
            set.or_else(default)
        };
        let changes = self.plugin.pointer("/bundle/plan/changes").and_then(Value::as_array);
        let kinds = if changes.is_some_and(|all| !all.is_empty()) { 2 } else { 1 };
        let deadline = DEADLINES.iter().take(kinds).filter_map(limit).max().unwrap_or_default();
        let least = deadline.saturating_add(MARGIN_MS);
        for name in ["IFS_MAX_STREAM_DURATION", "IFS_STREAM_IDLE_TIMEOUT"] {
            let Some(hole) = self.one(name, "") else { continue };
            if hole.value.as_str().and_then(bounds::milliseconds).is_none_or(|ms| ms < least) {
                out.tell(
                    Code::Bounds,
                    hole,
                    format!("must be {least} ms at least: 2 s more than an exchange's deadline"),
                );
            }
        }
    }
}

/// The APIs that have an audience: `IFS02`.
pub(super) fn published(holes: &[Hole]) -> BTreeSet<String> {
    let own = holes.iter().filter(|hole| hole.value.as_str() != Some(UNPUBLISHED));
    own.filter_map(|hole| hole.name.strip_prefix("IFS_AUDIENCE_")).map(|api| format!("IFS0{api}")).collect()
}

/// Whether an issuer is one of PDND's environments.
fn is_pdnd(issuer: &str) -> bool {
    let host = plain(issuer);
    host == "interop.pagopa.it" || host.ends_with(".interop.pagopa.it")
}

/// A text without what two spellings of one issuer differ by.
fn plain(text: &str) -> String {
    let text = text.to_ascii_lowercase();
    let text = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(&text);
    text.trim_end_matches('/').to_owned()
}
