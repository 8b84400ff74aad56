//! Systems: where calls go and what is common to them.

use adapter_core::bundle::{Charset, FailureKind};

use super::pages::{PageBlock, pages};
use super::probe::{self, Probe};
use super::session::{self, Session};
use super::soap::{self, Soap};
use super::{Keys, scalars};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::source::Span;
use crate::yaml::{Node, Scalar, Text};

/// A system as written.
#[derive(Debug)]
pub struct System {
    /// Its name.
    pub name: Text,
    /// Envoy's cluster.
    pub cluster: String,
    /// `:authority`; the cluster's name if not written.
    pub authority: String,
    /// Path in front of all others.
    pub base: String,
    /// Header names with their texts.
    pub headers: Vec<(Text, Scalar)>,
    /// Longest wait, milliseconds.
    pub timeout_ms: u32,
    /// Most calls in flight of one exchange.
    pub parallel: u16,
    /// What decoding tidies.
    pub clean: Clean,
    /// How its lists are paged.
    pub pages: Option<PageBlock>,
    /// Failure rules.
    pub failures: Vec<FailureText>,
    /// Character set of its documents.
    pub charset: Option<Charset>,
    /// How it speaks SOAP.
    pub soap: Option<Soap>,
    /// How a session with it is opened.
    pub session: Option<Session>,
    /// How it is asked whether it is there.
    pub probe: Probe,
    /// Prefixes with their namespaces.
    pub namespaces: Vec<(Text, String)>,
}

/// `clean` as written.
#[derive(Debug, Default)]
pub struct Clean {
    /// Blank text is nothing.
    pub blank_to_null: bool,
    /// A record with this member alone is the member.
    pub unwrap: Option<String>,
    /// Texts that are nothing.
    pub none: Vec<String>,
    /// Texts lose the white space at their ends.
    pub trim: bool,
}

/// A failure rule as written.
#[derive(Debug)]
pub struct FailureText {
    /// The condition.
    pub when: Scalar,
    /// What it means.
    pub is: FailureKind,
    /// Where that is said.
    pub at: Span,
    /// What the consumer is told of a refused change.
    pub message: Option<Scalar>,
}

const KNOWN: &[&str] = &[
    "cluster",
    "base",
    "authority",
    "headers",
    "timeout",
    "parallel",
    "charset",
    "clean",
    "pages",
    "namespaces",
    "soap",
    "session",
    "probe",
    "failures",
];
const DEFAULT_TIMEOUT_MS: u32 = 5_000;
const DEFAULT_PARALLEL: u16 = 8;

pub(super) fn read(report: &mut Report, name: &Text, node: &Node) -> System {
    let mut system = System {
        name: name.clone(),
        cluster: String::new(),
        authority: String::new(),
        base: String::new(),
        headers: Vec::new(),
        timeout_ms: DEFAULT_TIMEOUT_MS,
        parallel: DEFAULT_PARALLEL,
        clean: Clean::default(),
        pages: None,
        failures: Vec::new(),
        charset: None,
        soap: None,
        session: None,
        probe: Probe::default(),
        namespaces: Vec::new(),
    };
    let Some(keys) = Keys::open(report, node, "a system", KNOWN) else { return system };
    if let Some(text) = keys.need(report, "cluster").and_then(|n| scalars::text(report, n, "cluster")) {
        system.cluster.clone_from(&text.text);
    }
    system.authority = match keys.get("authority").and_then(|n| scalars::text(report, n, "authority")) {
        Some(text) => {
            let fits = |c: char| c.is_ascii_alphanumeric() || ".-:[]_".contains(c);
            if !text.text.chars().all(fits) {
                let message = "An authority is a host name with an optional port.";
                report.push(Diagnostic::new(Code::ValueInvalid, text.span, message));
            }
            text.text.clone()
        }
        None => system.cluster.clone(),
    };
    if let Some(text) = keys.get("base").and_then(|n| scalars::text(report, n, "base")) {
        system.base = base(report, text);
    }
    if let Some(node) = keys.get("headers") {
        system.headers = texts(report, node, "headers");
    }
    if let Some(node) = keys.get("timeout")
        && let Some(ms) = scalars::duration_ms(report, node, "timeout")
    {
        match u32::try_from(ms).ok().filter(|ms| (1..=60_000).contains(ms)) {
            Some(ms) => system.timeout_ms = ms,
            None => {
                let message = "`timeout` must lie between 1ms and 60s.";
                report.push(Diagnostic::new(Code::ValueRange, node.span, message));
            }
        }
    }
    if let Some(node) = keys.get("parallel")
        && let Some(n) = scalars::int(report, node, "parallel", 1, 64)
    {
        system.parallel = u16::try_from(n).unwrap_or(DEFAULT_PARALLEL);
    }
    if let Some(node) = keys.get("clean") {
        system.clean = clean(report, node);
    }
    if let Some(node) = keys.get("pages") {
        system.pages = pages(report, node);
    }
    if let Some(node) = keys.get("failures") {
        system.failures = failures(report, node);
    }
    if let Some(node) = keys.get("charset") {
        system.charset = charset(report, node);
    }
    if let Some(node) = keys.get("namespaces") {
        system.namespaces = soap::namespaces(report, node);
    }
    if let Some(node) = keys.get("soap") {
        system.soap = soap::read(report, node);
    }
    if let Some(node) = keys.get("session") {
        system.session = session::read(report, &name.text, node);
    }
    if let Some(node) = keys.get("probe") {
        system.probe = probe::read(report, &name.text, node, &keys);
    }
    system
}

pub(super) fn charset(report: &mut Report, node: &Node) -> Option<Charset> {
    let words = &["utf-8", "iso-8859-1", "iso-8859-15", "windows-1252"];
    let lower = node.as_scalar().map(|s| s.text.to_ascii_lowercase());
    Some(match lower.as_deref() {
        Some("utf-8") => Charset::Utf8,
        Some("iso-8859-1") => Charset::Latin1,
        Some("iso-8859-15") => Charset::Latin9,
        Some("windows-1252") => Charset::Windows1252,
        _ => {
            scalars::choice(report, node, "charset", words)?;
            return None;
        }
    })
}

fn base(report: &mut Report, text: &Scalar) -> String {
    let base = text.text.trim_end_matches('/');
    let wrong = if !base.is_empty() && !base.starts_with('/') {
        Some("A base begins with `/`; host and port are the cluster's.")
    } else if base.contains("${") {
        Some("A base has no expressions.")
    } else if base.contains(['?', '#', ' ']) || !base.is_ascii() {
        Some("A base is a path, percent-encoded, without query.")
    } else {
        None
    };
    if let Some(message) = wrong {
        report.push(Diagnostic::new(Code::CallPath, text.span, message));
    }
    base.to_owned()
}

/// A map of names to texts.
pub(super) fn texts(report: &mut Report, node: &Node, what: &str) -> Vec<(Text, Scalar)> {
    let mut found = Vec::new();
    for (name, value) in super::named(report, node, what) {
        match value.as_scalar() {
            Some(scalar) => found.push((name.clone(), scalar.clone())),
            None => {
                let message = format!("`{}` needs a text, not {}.", name.text, value.kind());
                let help = match value.braced() {
                    Some(inner) => format!("Did you mean \"${{{inner}}}\"?"),
                    None => "A list is written as one expression: \"${…}\".".to_owned(),
                };
                report.push(Diagnostic::new(Code::ValueKind, value.span, message).help(help));
            }
        }
    }
    found
}

fn clean(report: &mut Report, node: &Node) -> Clean {
    let mut clean = Clean::default();
    let Some(keys) = Keys::open(report, node, "`clean`", &["blank", "unwrap", "none", "trim"]) else { return clean };
    if let Some(node) = keys.get("blank") {
        clean.blank_to_null = scalars::choice(report, node, "blank", &["none", "text"]) == Some("none");
    }
    if let Some(node) = keys.get("trim") {
        clean.trim = scalars::choice(report, node, "trim", &["ends", "no"]) == Some("ends");
    }
    if let Some(text) = keys.get("unwrap").and_then(|n| scalars::text(report, n, "unwrap")) {
        clean.unwrap = Some(text.text.clone());
    }
    if let Some(node) = keys.get("none") {
        match node.as_list() {
            Some(list) => {
                let texts = list.iter().filter_map(|n| scalars::text(report, n, "none"));
                clean.none = texts.map(|s| s.text.clone()).collect();
            }
            None => {
                let message = format!("`none` is a list of texts, not {}.", node.kind());
                report.push(Diagnostic::new(Code::ValueKind, node.span, message));
            }
        }
    }
    clean
}

pub(super) fn failures(report: &mut Report, node: &Node) -> Vec<FailureText> {
    let Some(list) = node.as_list() else {
        let message = format!("`failures` is a list of rules, not {}.", node.kind());
        let help = "For example [ { when: status == 404, is: empty } ].";
        report.push(Diagnostic::new(Code::ValueKind, node.span, message).help(help));
        return Vec::new();
    };
    list.iter().filter_map(|n| failure(report, n)).collect()
}

fn failure(report: &mut Report, node: &Node) -> Option<FailureText> {
    let keys = Keys::open(report, node, "a failure rule", &["when", "is", "message"])?;
    let when = keys.need(report, "when").and_then(|n| scalars::text(report, n, "when"));
    let kinds = &["good", "empty", "unknown", "refused", "expired", "busy", "down", "broken"];
    let is = keys.need(report, "is").and_then(|n| scalars::choice(report, n, "is", kinds));
    let at = keys.get("is").map_or(keys.span(), |n| n.span);
    let is = match is? {
        "good" => FailureKind::Good,
        "empty" => FailureKind::Empty,
        "unknown" => FailureKind::Unknown,
        "busy" => FailureKind::Busy,
        "down" => FailureKind::Down,
        "broken" => FailureKind::Broken,
        "expired" => FailureKind::Expired,
        _ => FailureKind::Refused,
    };
    if let Some(span) = keys.key_span("message").filter(|_| is != FailureKind::Refused) {
        let message = "`message` belongs to `is: refused`: every other failure has words of its own.";
        report.push(Diagnostic::new(Code::KeyConflict, span, message));
    }
    let message = keys.get("message").and_then(|n| scalars::text(report, n, "message")).cloned();
    Some(FailureText { when: when?.clone(), is, at, message })
}
