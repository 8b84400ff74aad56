//! Calls as written.

use std::rc::Rc;

use adapter_core::bundle::{Charset, Decode, Encode, Method};
use adapter_core::value::is_separator;

use super::pages::{PageBlock, pages};
use super::soap::{self, is_local_name};
use super::system::{FailureText, charset, failures, texts};
use super::table::separator_char;
use super::{Keys, named, scalars};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::source::Span;
use crate::yaml::{Node, Scalar, Text};

/// A call.
#[derive(Debug)]
pub struct Call {
    /// Its name.
    pub name: Text,
    /// How it asks.
    pub verb: Verb,
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
    /// How the body is written.
    pub encode: Option<Encode>,
    /// How the answer is read.
    pub decode: Option<Decode>,
    /// What stands between the fields of its answers, which are CSV.
    pub separator: Option<u8>,
    /// What its answers are written in.
    pub charset: Option<Charset>,
    /// What the answer's root may be, of SOAP the element in its body.
    pub roots: Vec<Text>,
    /// The SOAP operation's own namespace.
    pub namespace: Option<String>,
    /// The SOAP operation's own action.
    pub action: Option<String>,
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
    /// A recorded answer.
    pub sample: Option<Scalar>,
    /// Where it says that it changes something in the system.
    pub write: Option<Span>,
    /// The read that finds what a write of unknown outcome has done.
    pub confirm: Option<Rc<Call>>,
}

/// How a call asks.
#[derive(Debug)]
pub enum Verb {
    /// By an HTTP method and a path after the system's base.
    Http(Method, Scalar),
    /// By a SOAP operation, with a path if the services of the system have several.
    Soap {
        /// The operation.
        operation: Scalar,
        /// Path after the system's base.
        path: Option<Scalar>,
    },
    /// As another call does, with values for its `given` names.
    Use {
        /// The other call's name.
        call: Scalar,
        /// The values.
        with: Vec<(Text, Node)>,
    },
}

/// `pages` of a call.
#[derive(Debug)]
pub enum PagesChoice {
    /// The system's block.
    System,
    /// There is no paging.
    None,
    /// A block of its own.
    Own(Box<PageBlock>),
}

/// `cache` of a call.
#[derive(Clone, Copy, Debug)]
pub struct Cache {
    /// Where it stands.
    pub span: Span,
    /// How long, milliseconds.
    pub ms: u64,
}

/// Keys of every call.
const ASKS: &[&str] = &[
    "get",
    "post",
    "put",
    "delete",
    "soap",
    "path",
    "use",
    "with",
    "system",
    "query",
    "headers",
    "body",
    "encode",
    "decode",
    "separator",
    "charset",
    "root",
    "namespace",
    "action",
    "pages",
    "take",
    "failures",
    "sample",
];
/// Keys of calls that are made where something mentions them.
const MENTIONED: &[&str] = &["given", "for", "when", "if_failed", "cache", "write", "confirm"];
const VERBS: &[&str] = &["get", "post", "put", "delete", "soap", "use"];

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

/// Reads a call; none if it cannot be one.
pub(super) fn read(report: &mut Report, name: &Text, node: &Node) -> Option<Call> {
    let keys = Keys::open(report, node, "a call", &[ASKS, MENTIONED].concat())?;
    read_keys(report, name, &keys)
}

/// Reads a call that is made once and for one purpose; `what` names it in messages.
pub(super) fn read_lone(report: &mut Report, name: &Text, node: &Node, what: &str) -> Option<Call> {
    let keys = Keys::open(report, node, what, ASKS)?;
    read_lone_keys(report, name, &keys)
}

/// Opens a map with the keys of a lone call and others.
pub(super) fn open_with<'a>(report: &mut Report, node: &'a Node, what: &'a str, others: &[&str]) -> Option<Keys<'a>> {
    Keys::open(report, node, what, &[ASKS, others].concat())
}

/// Reads a lone call from a map that has been opened. What it cannot have has been complained about.
pub(super) fn read_lone_keys(report: &mut Report, name: &Text, keys: &Keys<'_>) -> Option<Call> {
    let call = read_keys(report, name, keys)?;
    let given = Vec::new();
    Some(Call { given, each: None, when: None, if_failed: None, cache: None, write: None, confirm: None, ..call })
}

fn read_keys(report: &mut Report, name: &Text, keys: &Keys<'_>) -> Option<Call> {
    let verb = verb(report, name, keys)?;
    not_together(report, keys, &verb);
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
    let encode = keys.get("encode").and_then(|n| scalars::choice(report, n, "encode", &["json", "xml", "form"]));
    let decodes: &[&str] =
        if matches!(verb, Verb::Soap { .. }) { &["xml", "text"] } else { &["json", "xml", "csv", "text"] };
    let decode = keys.get("decode").and_then(|n| scalars::choice(report, n, "decode", decodes));
    Some(Call {
        name: name.clone(),
        verb,
        system: scalar(report, "system"),
        given,
        each: keys.get("for").and_then(|n| one_loop(report, n)),
        when: scalar(report, "when"),
        query: keys.get("query").map(|n| texts(report, n, "query")).unwrap_or_default(),
        headers: keys.get("headers").map(|n| texts(report, n, "headers")).unwrap_or_default(),
        body: keys.get("body").cloned(),
        encode: encode.map(|word| match word {
            "xml" => Encode::Xml,
            "form" => Encode::Form,
            _ => Encode::Json,
        }),
        separator: keys.get("separator").and_then(|n| separator(report, n, keys.key_span("separator"), decode)),
        charset: keys.get("charset").and_then(|n| charset(report, n)),
        decode: decode.map(|word| match word {
            "xml" => Decode::Xml,
            "csv" => Decode::Csv,
            "text" => Decode::Text,
            _ => Decode::Json,
        }),
        roots: keys.get("root").map(|n| roots(report, n)).unwrap_or_default(),
        namespace: keys.get("namespace").and_then(|n| soap::uri(report, n, "namespace")),
        action: keys.get("action").and_then(|n| soap::action(report, n)),
        pages: keys.get("pages").and_then(|n| choice(report, n)),
        take: scalar(report, "take"),
        failures: keys.get("failures").map(|n| failures(report, n)).unwrap_or_default(),
        if_failed,
        cache,
        sample: scalar(report, "sample"),
        write: keys.get("write").and_then(|n| {
            scalars::choice(report, n, "write", &["true"])?;
            keys.key_span("write")
        }),
        confirm: keys.get("confirm").and_then(|n| {
            let name = Text { text: format!("{}.confirm", name.text), span: keys.key_span("confirm")? };
            read_lone(report, &name, n, "`confirm`").map(Rc::new)
        }),
    })
}

fn verb(report: &mut Report, name: &Text, keys: &Keys<'_>) -> Option<Verb> {
    let mut chosen = VERBS.iter().filter_map(|verb| Some((*verb, keys.get(verb)?)));
    let (verb, node) = match (chosen.next(), chosen.next()) {
        (Some(one), None) => one,
        (Some((first, _)), Some((second, _))) => {
            let span = keys.key_span(second).unwrap_or(keys.span());
            let message = format!("A call asks in one way only, and this one has `{first}` already.");
            report.push(Diagnostic::new(Code::KeyConflict, span, message));
            return None;
        }
        (None, _) => {
            let message = format!("The call `{}` lacks its method and path.", name.text);
            let help =
                "For example get: /path. A SOAP call has `soap: OPERATION`, one that is made as another `use: CALL`.";
            report.push(Diagnostic::new(Code::KeyMissing, name.span, message).help(help));
            return None;
        }
    };
    let text = scalars::text(report, node, verb)?.clone();
    let method = match verb {
        "get" => Method::Get,
        "post" => Method::Post,
        "put" => Method::Put,
        "delete" => Method::Delete,
        "soap" => {
            if !is_local_name(&text.text) {
                let message = format!("`{}` is not the name of a SOAP operation.", text.text);
                let help = "It is the operation's name in the WSDL; the path stands under `path` or at the system.";
                report.push(Diagnostic::new(Code::ValueInvalid, text.span, message).help(help));
                return None;
            }
            let path = keys.get("path").and_then(|n| scalars::text(report, n, "path")).cloned();
            return Some(Verb::Soap { operation: text, path });
        }
        _ => {
            let with = keys.get("with").map(|n| named(report, n, "with")).unwrap_or_default();
            let with = with.into_iter().map(|(name, node)| (name.clone(), node.clone())).collect();
            return Some(Verb::Use { call: text, with });
        }
    };
    Some(Verb::Http(method, text))
}

/// Keys that mean nothing beside the verb.
fn not_together(report: &mut Report, keys: &Keys<'_>, verb: &Verb) {
    let (what, refused): (&str, &[&str]) = match verb {
        Verb::Http(Method::Get, _) => ("A `get` has no", &["body", "encode", "with", "path", "namespace", "action"]),
        Verb::Http(..) => ("A call with a method and a path has no", &["with", "path", "namespace", "action"]),
        Verb::Soap { .. } => {
            ("A SOAP call is a POST of an envelope, and has no", &["query", "encode", "separator", "with"])
        }
        Verb::Use { .. } => (
            "A call that is made as another has no own",
            &[
                "path",
                "system",
                "query",
                "headers",
                "body",
                "encode",
                "decode",
                "separator",
                "charset",
                "root",
                "namespace",
                "action",
                "pages",
            ],
        ),
    };
    for key in refused {
        if let Some(span) = keys.key_span(key) {
            let mut diagnostic = Diagnostic::new(Code::KeyConflict, span, format!("{what} `{key}`."));
            if matches!(verb, Verb::Use { .. }) {
                diagnostic = diagnostic.help("Those of the used call stand; what differs is one of its `given` names.");
            } else if *key == "with" {
                diagnostic = diagnostic.help("`with` passes values to the call that `use` names.");
            }
            report.push(diagnostic);
        }
    }
}

/// `separator` of a call, which only an answer in CSV has.
fn separator(report: &mut Report, node: &Node, key: Option<Span>, decode: Option<&str>) -> Option<u8> {
    let text = scalars::text(report, node, "separator")?;
    if decode != Some("csv") {
        let message = "`separator` belongs to a call whose answer is CSV.";
        let help = "Write `decode: csv` beside it, or take it away.";
        report.push(Diagnostic::new(Code::KeyConflict, key.unwrap_or(text.span), message).help(help));
        return None;
    }
    let separator = separator_char(report, text)?;
    let byte = u8::try_from(separator).ok().filter(|byte| is_separator(*byte));
    if byte.is_none() {
        let message = "`separator` of a call is a character of ASCII.";
        report.push(Diagnostic::new(Code::ValueInvalid, text.span, message));
    }
    byte
}

fn choice(report: &mut Report, node: &Node) -> Option<(Span, PagesChoice)> {
    if node.as_map().is_some() {
        return pages(report, node).map(|block| (block.span, PagesChoice::Own(Box::new(block))));
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

/// `root`: the name of an element, with a prefix where its namespace counts, or a list of them.
fn roots(report: &mut Report, node: &Node) -> Vec<Text> {
    let mut all = names(report, node, "root");
    all.retain(|name| {
        let local = name.text.split_once(':').map_or(name.text.as_str(), |(_, local)| local);
        let fits = is_local_name(local);
        if !fits {
            let message = format!("`{}` is not the name of an element.", name.text);
            let help =
                "It is the name without prefix, whatever its namespace; or `p:name`, where `namespaces` declares `p`.";
            report.push(Diagnostic::new(Code::ValueInvalid, name.span, message).help(help));
        }
        fits
    });
    all
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
