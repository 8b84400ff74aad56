//! OpenAPI documents: what the contract's tables say, and the Ministry's files held against them.

mod build;
mod doc;
mod hold;

use adapter_core::contract::{OPERATIONS, api_name};

use crate::diagnostic::Report;
use crate::yaml::{self, Entry, Node, Scalar};

use build::Side;
use doc::quoted;

/// What an institute writes into the files that it publishes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// The institute's name in words.
    pub title: Option<String>,
    /// Whom to write to.
    pub contact: Option<String>,
    /// Where the terms of service stand.
    pub terms: Option<String>,
    /// Addresses in front of `/ifs0n`.
    pub servers: Vec<String>,
}

/// Number of the API of this name, `IFS02`.
pub fn api(name: &str) -> Option<u8> {
    OPERATIONS.iter().map(|o| o.id.api()).find(|api| api_name(*api) == name)
}

/// The document of an API as this adapter keeps it, in YAML.
pub fn document(api: u8, published: &Published) -> String {
    build::document(api, Side::Ours, published).yaml()
}

/// Holds the Ministry's file of an API against the tables.
///
/// # Errors
/// What of the file cannot be read, or each difference.
pub fn hold(api: u8, text: &str) -> Result<Upstream<'_>, Vec<String>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut report = Report::default();
    let root = yaml::read(&mut report, "upstream", text);
    let Some(root) = root.filter(|_| !report.has_errors()) else { return Err(vec![report.human()]) };
    let ours = build::document(api, Side::Upstream, &Published::default());
    let found = hold::differences(&hold::tree(&root), &ours);
    if found.is_empty() { Ok(Upstream { api, text, root }) } else { Err(found) }
}

/// A file of the Ministry's that says what the tables say.
#[derive(Debug)]
pub struct Upstream<'t> {
    api: u8,
    text: &'t str,
    root: Node,
}

impl Upstream<'_> {
    /// The file as an institute publishes it: as it is, but for `info` and `servers` (GEN-14).
    pub fn published(&self, published: &Published) -> String {
        let mut edits: Vec<(usize, usize, String)> = Vec::new();
        let info = self.root.get("info");
        let contact = info.and_then(|info| info.get("contact"));
        let places = [
            (contact.and_then(|c| c.get("name")), &published.title),
            (contact.and_then(|c| c.get("email")), &published.contact),
            (info.and_then(|info| info.get("termsOfService")), &published.terms),
        ];
        for (place, value) in places {
            if let Some((Scalar { span, .. }, value)) = place.and_then(Node::as_scalar).zip(value.as_ref()) {
                edits.push((at(span.start), at(span.end), quoted(value)));
            }
        }
        if !published.servers.is_empty() {
            let keys = self.root.as_map().unwrap_or_default();
            let starts = |entry: &Entry| at(entry.key.span.start);
            if let Some(key) = keys.iter().find(|e| e.key.text == "servers") {
                let end = keys.iter().map(starts).filter(|start| *start > starts(key)).min();
                let servers = doc::Doc::map([("servers", published.servers(self.api))]).yaml();
                edits.push((starts(key), end.unwrap_or(self.text.len()), servers));
            }
        }
        edits.sort_by_key(|(start, ..)| *start);
        let mut out = String::with_capacity(self.text.len());
        let mut done = 0;
        for (start, end, new) in edits {
            out.push_str(self.text.get(done..start).unwrap_or_default());
            out.push_str(&new);
            done = end;
        }
        out.push_str(self.text.get(done..).unwrap_or_default());
        out
    }
}

fn at(byte: u32) -> usize {
    usize::try_from(byte).unwrap_or(usize::MAX)
}
