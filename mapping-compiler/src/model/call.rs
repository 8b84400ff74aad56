//! Calls as written.

use std::rc::Rc;

use adapter_core::mapping::bundle::Method;

use super::system::{FailureText, PageBlock, failures, pages, texts};
use super::{Keys, named, scalars};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::source::Span;
use crate::yaml::{Node, Scalar, Text};

/// A call.
#[derive(Debug)]
pub struct Call {
    /// Its name.
    pub name: Text,
    /// HTTP method.
    pub method: Method,
    /// Path after the system's base.
    pub path: Scalar,
    /// The system's name, if written.
    pub system: Option<Scalar>,
    /// Names that are null unless passed.
    pub given: Vec<Text>,
    /// `variable in list`.
    pub each: Option<Scalar>,
    /// Condition.
    pub when: Option<Scalar>,
    /// Query parameters.
    pub query: Vec<(Text, Scalar)>,
    /// Headers.
    pub headers: Vec<(Text, Scalar)>,
    /// Body tree.
    pub body: Option<Node>,
    /// Paging.
    pub pages: Option<(Span, PagesChoice)>,
    /// What is taken.
    pub take: Option<Scalar>,
    /// Failure rules.
    pub failures: Vec<FailureText>,
    /// Where `if_failed: null` stands.
    pub if_failed: Option<Span>,
    /// How long an answer may be kept.
    pub cache: Option<Cache>,
}

/// `pages` of a call.
#[derive(Debug)]
pub enum PagesChoice {
    /// The system's block.
    System,
    /// There is no paging.
    None,
    /// A block of its own.
    Own(PageBlock),
}

/// `cache` of a call.
#[derive(Clone, Copy, Debug)]
pub struct Cache {
    /// Where it stands.
    pub span: Span,
    /// How long, milliseconds.
    pub ms: u64,
}

const KNOWN: &[&str] = &[
    "get",
    "post",
    "put",
    "delete",
    "system",
    "given",
    "for",
    "when",
    "query",
    "headers",
    "body",
    "pages",
    "take",
    "failures",
    "if_failed",
    "cache",
];
const LATER: &[&str] = &["soap", "use", "with", "decode", "write", "confirm", "sample"];

/// Reads calls; names of those that cannot be read go to `broken`.
pub(super) fn read_all(report: &mut Report, node: &Node, broken: &mut Vec<Text>) -> Vec<Rc<Call>> {
    let mut calls = Vec::new();
    for (name, value) in named(report, node, "calls") {
        match read(report, name, value) {
            Some(call) => calls.push(Rc::new(call)),
            None => broken.push(name.clone()),
        }
    }
    calls
}

fn read(report: &mut Report, name: &Text, node: &Node) -> Option<Call> {
    let keys = Keys::open(report, node, "a call", KNOWN, LATER)?;
    let verbs = [("get", Method::Get), ("post", Method::Post), ("put", Method::Put), ("delete", Method::Delete)];
    let mut chosen = verbs.into_iter().filter_map(|(verb, method)| Some((verb, method, keys.get(verb)?)));
    let (verb, method, path) = match (chosen.next(), chosen.next()) {
        (Some(one), None) => one,
        (Some(_), Some((second, ..))) => {
            let span = keys.key_span(second).unwrap_or(keys.span());
            report.push(Diagnostic::new(Code::KeyConflict, span, "A call has one method only."));
            return None;
        }
        (None, _) => {
            // A call of a form that is not supported yet has been reported as that.
            if !["soap", "use"].iter().any(|k| keys.get(k).is_some()) {
                let message = format!("The call `{}` lacks its method and path.", name.text);
                report.push(Diagnostic::new(Code::KeyMissing, name.span, message).help("For example get: /path."));
            }
            return None;
        }
    };
    let path = scalars::text(report, path, verb)?.clone();
    let mut given = Vec::new();
    if let Some(node) = keys.get("given") {
        given = names(report, node, "given");
    }
    let scalar = |report: &mut Report, key: &str| keys.get(key).and_then(|n| scalars::text(report, n, key)).cloned();
    let if_failed = keys.get("if_failed").and_then(|n| {
        scalars::choice(report, n, "if_failed", &["null"])?;
        keys.key_span("if_failed")
    });
    let cache = keys.get("cache").and_then(|n| {
        let ms = scalars::duration_ms(report, n, "cache")?;
        Some(Cache { span: n.span, ms })
    });
    let body = keys.get("body").cloned();
    if body.is_some() && method == Method::Get {
        let span = keys.key_span("body").unwrap_or(keys.span());
        report.push(Diagnostic::new(Code::KeyConflict, span, "A `get` has no body."));
    }
    Some(Call {
        name: name.clone(),
        method,
        path,
        system: scalar(report, "system"),
        given,
        each: keys.get("for").and_then(|n| one_loop(report, n)),
        when: scalar(report, "when"),
        query: keys.get("query").map(|n| texts(report, n, "query")).unwrap_or_default(),
        headers: keys.get("headers").map(|n| texts(report, n, "headers")).unwrap_or_default(),
        body,
        pages: keys.get("pages").and_then(|n| choice(report, n)),
        take: scalar(report, "take"),
        failures: keys.get("failures").map(|n| failures(report, n)).unwrap_or_default(),
        if_failed,
        cache,
    })
}

fn choice(report: &mut Report, node: &Node) -> Option<(Span, PagesChoice)> {
    if node.as_map().is_some() {
        return pages(report, node).map(|block| (block.span, PagesChoice::Own(block)));
    }
    match scalars::choice(report, node, "pages", &["true", "none"])? {
        "true" => Some((node.span, PagesChoice::System)),
        _ => Some((node.span, PagesChoice::None)),
    }
}

/// `for` of a call: one loop, alone or in a list.
fn one_loop(report: &mut Report, node: &Node) -> Option<Scalar> {
    match node.as_list() {
        Some([one]) => scalars::text(report, one, "for").cloned(),
        Some(_) => {
            let message = "A call runs over one list.";
            let help = "Make a `let` that gives the elements, or loop over another call's results.";
            report.push(Diagnostic::new(Code::ValueKind, node.span, message).help(help));
            None
        }
        None => scalars::text(report, node, "for").cloned(),
    }
}

/// A list of names, or one.
pub(super) fn names(report: &mut Report, node: &Node, key: &str) -> Vec<Text> {
    let nodes = node.as_list().unwrap_or(std::slice::from_ref(node));
    nodes
        .iter()
        .filter_map(|n| scalars::text(report, n, key))
        .map(|s| Text { text: s.text.clone(), span: s.span })
        .collect()
}
