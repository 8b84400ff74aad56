//! Maps with known keys.

use crate::diagnostic::{Code, Diagnostic, Report};
use crate::foreign;
use crate::source::Span;
use crate::suggest;
use crate::yaml::{Entry, Node};

/// A map whose keys have been checked.
#[derive(Clone, Copy, Debug)]
pub struct Keys<'a> {
    entries: &'a [Entry],
    span: Span,
    what: &'a str,
}

impl<'a> Keys<'a> {
    /// Checks that a node is a map with known keys only. `what` names the map in messages.
    pub fn open(report: &mut Report, node: &'a Node, what: &'a str, known: &[&str]) -> Option<Self> {
        let Some(entries) = node.as_map() else {
            let message = format!("A map is needed for {what}, not {}.", node.kind());
            report.push(Diagnostic::new(Code::ValueKind, node.span, message));
            return None;
        };
        for entry in entries {
            let key = entry.key.text.as_str();
            if !known.contains(&key) {
                let message = format!("There is no key `{key}` in {what}.");
                let mut diagnostic = Diagnostic::new(Code::KeyUnknown, entry.key.span, message);
                if key.contains(" in ") {
                    diagnostic = diagnostic.help("Several loops stand in a list: `for: [a in x, b in y]`.");
                } else if let Some(meant) = foreign::key(key, known) {
                    diagnostic = diagnostic.help(format!("Here it is called `{meant}`."));
                } else if let Some(help) = suggest::help(key, known.iter().copied()) {
                    diagnostic = diagnostic.help(help);
                } else {
                    diagnostic = diagnostic.help(format!("Known keys: {}.", known.join(", ")));
                }
                report.push(diagnostic);
            }
        }
        // A map's own span is a point in block style: its first key is what people look for.
        let span = entries.first().map_or(node.span, |e| e.key.span);
        Some(Self { entries, span, what })
    }

    /// A value by its key.
    pub fn get(&self, key: &str) -> Option<&'a Node> {
        self.entries.iter().find(|e| e.key.text == key).map(|e| &e.value)
    }

    /// Where a key stands.
    pub fn key_span(&self, key: &str) -> Option<Span> {
        self.entries.iter().find(|e| e.key.text == key).map(|e| e.key.span)
    }

    /// A value that must be there.
    pub fn need(&self, report: &mut Report, key: &str) -> Option<&'a Node> {
        let found = self.get(key);
        // Under another name it has been complained about.
        let elsewhere = |e: &Entry| foreign::key(&e.key.text, &[key]).is_some();
        if found.is_none() && !self.entries.iter().any(elsewhere) {
            let message = format!("The key `{key}` is missing in {}.", self.what);
            report.push(Diagnostic::new(Code::KeyMissing, self.span, message));
        }
        found
    }

    /// Where the map begins.
    pub fn span(&self) -> Span {
        self.span
    }
}
