//! What of `institute` goes into the OpenAPI files that it publishes.

use super::scalars;
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::openapi::Published;
use crate::yaml::{Node, Scalar};

/// Most characters of one.
const LONGEST: usize = 256;

/// Reads and checks the keys; other keys of `institute` are not looked at.
pub(super) fn read(report: &mut Report, institute: &Node) -> Published {
    let mut one = |key: &str, is: fn(&str) -> bool, example: &str| {
        let scalar = institute.get(key).and_then(|node| scalars::text(report, node, key))?;
        checked(report, key, scalar, is, example)
    };
    let title = one("title", is_line, "Conservatorio di musica di Rovigo");
    let contact = one("contact", is_mail, "ifs@istituto.example.it");
    let terms = one("terms", is_url, "https://www.istituto.example.it/ifs");
    let node = institute.get("servers");
    let nodes = node.map(|n| n.as_list().unwrap_or(std::slice::from_ref(n))).unwrap_or_default();
    let servers = nodes.iter().filter_map(|node| {
        let scalar = scalars::text(report, node, "servers")?;
        checked(report, "servers", scalar, is_url, "https://ifs.istituto.example.it")
    });
    let servers = servers.collect();
    Published { title, contact, terms, servers }
}

fn checked(report: &mut Report, key: &str, scalar: &Scalar, is: fn(&str) -> bool, example: &str) -> Option<String> {
    if is(&scalar.text) {
        return Some(scalar.text.clone());
    }
    let message = format!("`{key}` cannot be `{}`.", scalar.text);
    report.push(Diagnostic::new(Code::ValueInvalid, scalar.span, message).help(format!("For example {example}")));
    None
}

fn is_line(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= LONGEST && !text.chars().any(char::is_control)
}

/// An address to write to, as far as one can see.
fn is_mail(text: &str) -> bool {
    let host = text.split_once('@').filter(|(name, _)| !name.is_empty()).map(|(_, host)| host);
    is_line(text) && !text.contains(char::is_whitespace) && host.is_some_and(|h| h.contains('.') && !h.contains('@'))
}

/// An address without a query: PDND refuses what is no URL (GEN-14).
fn is_url(text: &str) -> bool {
    let host = text.strip_prefix("https://").map(|rest| rest.split('/').next().unwrap_or_default());
    is_line(text)
        && host.is_some_and(|h| !h.is_empty())
        && !text.contains(|c: char| c.is_whitespace() || "?#{}".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (text, mail, url) in [
            ("a@b.it", true, false),
            ("a@b@c.it", false, false),
            ("@b.it", false, false),
            ("https://b.it/x", false, true),
            ("http://b.it", false, false),
            ("https://", false, false),
            ("https://b.it?x=1", false, false),
            ("https://b.it/{x}", false, false),
        ] {
            assert_eq!((is_mail(text), is_url(text)), (mail, url), "{text}");
        }
    }
}
