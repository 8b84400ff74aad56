//! SOAP as one system speaks it, as written.

use adapter_core::bundle::{SoapStyle, SoapVersion};

use super::{Keys, named, scalars};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::yaml::{Node, Scalar, Text};

/// `soap` of a system.
#[derive(Debug)]
pub struct Soap {
    /// Version of the envelope.
    pub version: SoapVersion,
    /// Namespace of the operations.
    pub namespace: String,
    /// Style and use.
    pub style: SoapStyle,
    /// The action; `{operation}` stands for the operation's name.
    pub action: String,
    /// Whether inner elements are in the namespace too.
    pub qualified: bool,
    /// Tree of header blocks.
    pub header: Option<Node>,
}

const KNOWN: &[&str] = &["version", "namespace", "style", "action", "qualified", "header"];

pub(super) fn read(report: &mut Report, node: &Node) -> Option<Soap> {
    let keys = Keys::open(report, node, "`soap`", KNOWN)?;
    let version = match keys.get("version").map(|n| scalars::choice(report, n, "version", &["1.1", "1.2"])) {
        Some(Some("1.2")) => SoapVersion::Soap12,
        _ => SoapVersion::Soap11,
    };
    let namespace = keys.need(report, "namespace").and_then(|n| uri(report, n, "namespace"));
    let words = &["rpc-encoded", "rpc-literal", "document"];
    let style = keys.need(report, "style").and_then(|n| scalars::choice(report, n, "style", words));
    let action = keys.get("action").and_then(|n| action(report, n)).unwrap_or_default();
    let qualified = keys.get("qualified").and_then(|n| scalars::choice(report, n, "qualified", &["true", "false"]));
    let header = keys.get("header").filter(|n| {
        let fits = n.as_map().is_some();
        if !fits {
            let message = format!("`header` is a tree of header blocks, not {}.", n.kind());
            let help = "For example header: { \"wsse:Security\": { … } }.";
            report.push(Diagnostic::new(Code::ValueKind, n.span, message).help(help));
        }
        fits
    });
    Some(Soap {
        version,
        namespace: namespace?,
        style: match style? {
            "rpc-encoded" => SoapStyle::RpcEncoded,
            "rpc-literal" => SoapStyle::RpcLiteral,
            _ => SoapStyle::Document,
        },
        action,
        qualified: qualified == Some("true"),
        header: header.cloned(),
    })
}

/// The action: it stands in a header, or as a parameter of one.
pub(super) fn action(report: &mut Report, node: &Node) -> Option<String> {
    let Some(Scalar { text, span, .. }) = node.as_scalar() else {
        scalars::text(report, node, "action");
        return None;
    };
    let wrong = text.chars().any(|c| c.is_control() || !c.is_ascii() || c == '"');
    if wrong {
        let message = "An action is ASCII text without quotes; they are added.";
        report.push(Diagnostic::new(Code::ValueInvalid, *span, message));
    } else if text.contains("${") {
        let message = "An action has no expressions; `{operation}` stands for the operation's name.";
        report.push(Diagnostic::new(Code::ValueInvalid, *span, message));
    }
    Some(text.clone())
}

/// `namespaces`: prefixes with their URIs.
pub(super) fn namespaces(report: &mut Report, node: &Node) -> Vec<(Text, String)> {
    let mut found = Vec::new();
    for (prefix, value) in named(report, node, "namespaces") {
        if !is_local_name(&prefix.text) {
            let message = format!("`{}` cannot be a prefix.", prefix.text);
            let help = "A prefix has letters, digits, `_`, `-` and `.`, and begins with a letter or `_`.";
            report.push(Diagnostic::new(Code::NameInvalid, prefix.span, message).help(help));
            continue;
        }
        if let Some(uri) = uri(report, value, &prefix.text) {
            found.push((prefix.clone(), uri));
        }
    }
    found
}

pub(super) fn uri(report: &mut Report, node: &Node, key: &str) -> Option<String> {
    let scalar = scalars::text(report, node, key)?;
    let fits = !scalar.text.is_empty()
        && !scalar.text.contains("${")
        && !scalar.text.chars().any(|c| c.is_whitespace() || c.is_control() || "{}<>\"".contains(c));
    if !fits {
        let message = format!("`{}` is not a namespace.", scalar.text);
        let help = "Copy it from the WSDL or the schema, for example http://example.org/students.";
        report.push(Diagnostic::new(Code::ValueInvalid, scalar.span, message).help(help));
        return None;
    }
    Some(scalar.text.clone())
}

/// Whether a word can be the local name of an XML element.
pub(crate) fn is_local_name(word: &str) -> bool {
    let mut chars = word.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
}
