//! Names in XML: prefixes, which mean one namespace over the whole file.

use std::collections::BTreeMap;

use super::Check;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::is_local_name;
use crate::source::Span;
use crate::suggest;
use crate::yaml::Text;

/// Prefixes that need not be declared.
const KNOWN: &[(&str, &str)] =
    &[("xsi", "http://www.w3.org/2001/XMLSchema-instance"), ("xml", "http://www.w3.org/XML/1998/namespace")];

/// An element's own text, beside its attributes and children.
pub(super) const TEXT: &str = "#text";

impl Check<'_> {
    /// A prefix that means two namespaces would mean another one in every call.
    pub(super) fn check_prefixes(&mut self) {
        let mapping = self.mapping;
        let mut first: BTreeMap<&str, (&str, Span)> = BTreeMap::new();
        for (prefix, uri) in mapping.systems.iter().flat_map(|s| &s.namespaces) {
            let Text { text, span } = prefix;
            let known = KNOWN.iter().find(|(p, u)| p == text && u != uri);
            if known.is_some() {
                let message = format!("The prefix `{text}` has a meaning of its own.");
                self.report.push(Diagnostic::new(Code::NameShadow, *span, message).help("Choose another."));
            }
            match first.get(text.as_str()) {
                Some((other, at)) if other != uri => {
                    let message = format!("The prefix `{text}` means another namespace already.");
                    let diagnostic = Diagnostic::new(Code::NameShadow, *span, message).also(*at, "first here");
                    self.report.push(diagnostic.help("Prefixes hold in the whole file; choose another."));
                }
                Some(_) => {}
                None => {
                    first.insert(text, (uri, *span));
                }
            }
        }
    }

    fn namespace(&self, prefix: &str) -> Option<&str> {
        let declared = self.mapping.systems.iter().flat_map(|s| &s.namespaces);
        let mut found = declared.filter(|(p, _)| p.text == prefix).map(|(_, uri)| uri.as_str());
        found.next().or_else(|| KNOWN.iter().find(|(p, _)| *p == prefix).map(|(_, uri)| *uri))
    }

    /// A member's name with its namespace: `p:name` → `{uri}name`, `@p:name` → `{uri}@name`. `strict` where it is
    /// known to be one of XML: then a prefix must be declared.
    pub(super) fn qualified(&mut self, name: &str, span: Span, strict: bool) -> String {
        let (mark, rest) = match name.strip_prefix('@') {
            Some(rest) => ("@", rest),
            None => ("", name),
        };
        let Some((prefix, local)) = rest.split_once(':') else { return name.to_owned() };
        if let Some(uri) = self.namespace(prefix) {
            return format!("{{{uri}}}{mark}{local}");
        }
        if strict {
            let message = format!("There is no prefix `{prefix}`.");
            let declared = self.mapping.systems.iter().flat_map(|s| &s.namespaces).map(|(p, _)| p.text.as_str());
            let help = suggest::help(prefix, declared)
                .unwrap_or_else(|| format!("Declare it at the system: namespaces: {{ {prefix}: … }}."));
            self.report.push(Diagnostic::new(Code::NameUnknown, span, message).help(help));
        }
        name.to_owned()
    }

    /// The name of a member of a tree.
    pub(super) fn tree_name(&mut self, key: &Text, xml: bool) -> String {
        if xml {
            let bare = key.text.strip_prefix('@').unwrap_or(&key.text);
            let local = bare.split_once(':').map_or(bare, |(_, local)| local);
            if !is_local_name(local) && key.text != TEXT {
                let message = format!("`{}` is not the name of an element or attribute.", key.text);
                let help =
                    "Elements are written `name` or `p:name`, attributes `@name`, text beside attributes `#text`.";
                self.report.push(Diagnostic::new(Code::ValueInvalid, key.span, message).help(help));
            }
        }
        self.qualified(&key.text, key.span, xml)
    }
}
