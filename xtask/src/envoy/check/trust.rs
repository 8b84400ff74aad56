//! The filter's own configuration: it must trust what stands before it, and nothing else.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::finding::{Code, Finding};
use crate::envoy::Exceptions;
use crate::envoy::gate::Kind;

/// Members of the filter's configuration, and of `trust` in it for vouchers and behind GovWay.
const MEMBERS: [&str; 4] = ["trust", "answers", "now", "bundle"];
const OF_VOUCHERS: [&str; 7] = ["identity", "metadata", "partners", "producer", "eservices", "allow", "dpop"];
const OF_GOVWAY: [&str; 5] = ["identity", "peers", "producer", "eservices", "allow"];

/// What is looked at.
pub(super) struct Subject<'a> {
    /// None: `development.yaml`.
    pub(super) kind: Option<Kind>,
    pub(super) plugin: &'a Value,
    /// The names of which a client's certificate must bear one.
    pub(super) clients: Vec<&'a str>,
    /// The APIs with an audience of their own; none where no audience is proved.
    pub(super) published: Option<BTreeSet<String>>,
    pub(super) exceptions: &'a Exceptions,
}

/// Findings, and the exceptions without which there were more.
#[derive(Default)]
pub(super) struct Trusted {
    pub(super) findings: Vec<Finding>,
    pub(super) used: BTreeSet<&'static str>,
}

impl Trusted {
    fn tell(&mut self, place: &str, text: &str) {
        let finding = Finding::new(Code::Trust, "", format!("{place}: {text}"));
        self.findings.push(finding.of("IFS_PLUGIN_CONFIGURATION", ""));
    }

    fn unless(&mut self, holds: bool, place: &str, text: &str) {
        if !holds {
            self.tell(place, text);
        }
    }

    /// Tells unless an exception opens it.
    fn opened(&mut self, open: bool, name: &'static str, place: &str, text: &str) {
        if open {
            self.used.insert(name);
        } else {
            self.tell(
                place,
                &format!("{text}; `exceptions.{name}` of the values file opens it (docs/operations.md#exceptions)"),
            );
        }
    }
}

pub(super) fn check(subject: &Subject<'_>) -> Trusted {
    let mut out = Trusted::default();
    let Some(plugin) = subject.plugin.as_object() else {
        out.tell("the filter's configuration", "is no JSON object in a text");
        return out;
    };
    known("", plugin, &MEMBERS, &mut out);
    out.unless(
        plugin.get("answers").is_none_or(|answers| matches!(answers.as_str(), Some("problems" | "declared"))),
        "answers",
        "must be `problems` or `declared`",
    );
    let trust = plugin.get("trust").unwrap_or(&Value::Null);
    match subject.kind {
        None => out.unless(
            matches!(trust.as_str(), Some("development")) || trust.is_null(),
            "trust",
            "must be `development`, or missing: in development.yaml nobody's identity is proved",
        ),
        Some(kind) => {
            out.unless(plugin.get("now").is_none(), "now", "is a clock that stands still, for development alone");
            match trust.as_object() {
                Some(trust) => proved(subject, kind, trust, &mut out),
                None => out.tell("trust", "must say whose word is taken (docs/trust.md)"),
            }
        }
    }
    out
}

fn known(under: &str, members: &Map<String, Value>, all: &[&str], out: &mut Trusted) {
    for name in members.keys().filter(|name| !all.contains(&name.as_str())) {
        out.tell(&format!("{under}{name}"), "is not known here");
    }
}

fn proved(subject: &Subject<'_>, kind: Kind, trust: &Map<String, Value>, out: &mut Trusted) {
    let is = |member: &str, wanted: &str| trust.get(member).and_then(Value::as_str) == Some(wanted);
    let identity = if kind.verifies() { "voucher" } else { "govway" };
    if !is("identity", identity) {
        out.tell("trust.identity", &format!("must be `{identity}`: that is what {} proves", kind.file()));
        return;
    }
    known("trust.", trust, if kind.verifies() { &OF_VOUCHERS } else { &OF_GOVWAY }, out);
    if kind.verifies() {
        out.unless(
            !trust.contains_key("metadata") || is("metadata", "pdnd"),
            "trust.metadata",
            "must be `pdnd`, where the claims of PDND's vouchers are: another provider's claims would count as PDND's",
        );
        out.unless(
            !trust.contains_key("partners") || is("partners", "partner"),
            "trust.partners",
            "must be `partner`, where the claims of partners' tokens are",
        );
        if trust.contains_key("dpop") && !is("dpop", "refused") {
            out.opened(
                subject.exceptions.dpop_verified && is("dpop", "verified"),
                "dpop_verified",
                "trust.dpop",
                "says that something in front has verified a proof; nothing that is shipped does",
            );
        }
    } else {
        let peers = trust.get("peers").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let named = peers.iter().all(|peer| peer.as_str().is_some_and(|peer| subject.clients.contains(&peer)));
        out.unless(
            named && !peers.is_empty(),
            "trust.peers",
            "must name whom the listener lets in (match_typed_subject_alt_names), and nobody else",
        );
    }
    services(subject, trust, out);
}

/// Producer and e-services: of all vouchers that pass Envoy, those that are meant for this institute's.
fn services(subject: &Subject<'_>, trust: &Map<String, Value>, out: &mut Trusted) {
    let open = subject.exceptions.unbound_trust;
    if trust.get("producer").and_then(Value::as_str).is_none_or(str::is_empty) {
        out.opened(
            open,
            "unbound_trust",
            "trust.producer",
            "is missing: a voucher for another producer with the same audience passes",
        );
    }
    let services = trust.get("eservices").and_then(Value::as_object);
    let has = |api: &str| services.is_some_and(|all| all.contains_key(api));
    // Nobody has a voucher for an API that is not published.
    let published = |api: &String| subject.published.as_ref().is_none_or(|all| all.contains(api));
    let lacks: Vec<String> = served(subject.plugin).into_iter().filter(|api| published(api) && !has(api)).collect();
    if services.is_none_or(Map::is_empty) || !lacks.is_empty() {
        let which = if lacks.is_empty() { String::new() } else { format!(" of {}", lacks.join(", ")) };
        out.opened(
            open,
            "unbound_trust",
            "trust.eservices",
            &format!("is missing{which}: a voucher for another e-service or version with the same audience passes"),
        );
    }
    let mut seen = BTreeSet::new();
    for (api, service) in services.into_iter().flatten() {
        let id = service.get("id").and_then(Value::as_str).unwrap_or_default();
        out.unless(!id.is_empty(), &format!("trust.eservices.{api}"), "has no `id`");
        out.unless(
            id.is_empty() || seen.insert(id),
            &format!("trust.eservices.{api}"),
            "is the e-service of another API too: a voucher for the one would open the other",
        );
    }
}

/// The APIs that a bundle serves: `IFS02`.
fn served(plugin: &Value) -> BTreeSet<String> {
    let operations = plugin.pointer("/bundle/plan/operations").and_then(Value::as_object);
    let names = operations.into_iter().flat_map(|all| all.keys());
    names.filter_map(|name| name.split_once('.')).map(|(api, _)| api.to_owned()).collect()
}
