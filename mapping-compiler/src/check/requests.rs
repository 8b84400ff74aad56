//! What a request is made of: path, query, body. Headers stand with those of systems.

use adapter_core::bundle::Expr;
use adapter_core::bundle::{Encode, PathPart};

use super::Check;
use super::cx::Cx;
use super::types::Ty;
use crate::cel::{Part, Template};
use crate::diagnostic::{Code, Diagnostic};
use crate::yaml::{Node, Scalar, Text};

impl Check<'_> {
    pub(super) fn path(&mut self, scalar: &Scalar, cx: &Cx) -> Vec<PathPart> {
        let parts = match self.template(scalar, cx) {
            None => return Vec::new(),
            Some(Template::Text(text)) => vec![Part::Text(text)],
            Some(Template::Whole(range)) => vec![Part::Expr(range)],
            Some(Template::Mixed(parts)) => parts,
        };
        let begins_right = matches!(parts.first(), Some(Part::Text(text)) if text.starts_with('/'));
        let has_host = ["http://", "https://"].iter().any(|scheme| scalar.text.starts_with(scheme));
        let mut wrong = match (begins_right, has_host) {
            (true, _) => None,
            (false, true) => Some("The host is the cluster's: a path begins with `/`."),
            (false, false) => Some("A path begins with `/`."),
        };
        let mut lowered = Vec::with_capacity(parts.len());
        let mut skeleton = String::new();
        for part in &parts {
            match part {
                Part::Text(text) => {
                    if text.contains(['?', '#']) {
                        wrong = Some("A path has no query; parameters stand under `query`.");
                    } else if text.contains(|c: char| c.is_whitespace() || c.is_control() || !c.is_ascii()) {
                        wrong = Some("A path is ASCII without blanks; percent-encode the rest.");
                    }
                    skeleton.push_str(text);
                    lowered.push(PathPart::Text(text.clone()));
                }
                Part::Expr(range) => {
                    let (expr, ty) = self.part(scalar, range, cx);
                    if matches!(ty, Ty::Bool) || !ty.is_scalar() {
                        let message = format!("A path is made of texts and numbers; this is {}.", ty.name());
                        self.error(Code::TypeMismatch, scalar.place(range.start, range.end), message);
                    }
                    skeleton.push('x');
                    self.check_nesting(&expr, scalar.span);
                    lowered.push(PathPart::Value(expr));
                }
            }
        }
        if skeleton.split('/').any(|s| s == "." || s == "..") {
            wrong = Some("A path has no segments `.` and `..`.");
        }
        if let Some(message) = wrong {
            let help = has_host.then(|| "Write what follows the host; where it is, Envoy's cluster says.".to_owned());
            self.report.push(Diagnostic::new(Code::CallPath, scalar.span, message).maybe_help(help));
        }
        lowered
    }

    pub(super) fn query(&mut self, query: &[(Text, Scalar)], cx: &Cx) -> Vec<(String, Expr)> {
        let mut lowered = Vec::with_capacity(query.len());
        for (name, value) in query {
            let (expr, ty) = self.leaf(value, cx);
            let scalars = match &ty {
                Ty::List(element) => element.is_scalar(),
                other => other.is_scalar(),
            };
            if !scalars {
                let message = format!("A query parameter is a scalar or a list of scalars; this is {}.", ty.name());
                self.error(Code::TypeMismatch, value.span, message);
            }
            lowered.push((name.text.clone(), expr));
        }
        lowered
    }

    /// The body's tree and type, as it is going to be written.
    pub(super) fn body(&mut self, node: &Node, encode: Encode, soap: bool, cx: &Cx) -> (Expr, Ty) {
        let xml = soap || encode == Encode::Xml;
        let (expr, ty) = self.body_tree(node, &cx.elements(xml));
        self.keep_whole(&ty);
        let record = match (&ty, &expr) {
            (Ty::Unknown, _) => return (expr, ty),
            (Ty::Record(fields, _), _) => Some(fields.as_slice()),
            _ => None,
        };
        let wrong = match (record, encode) {
            (None, _) if soap => Some("The body of a SOAP call is a map: its parameters by name."),
            (_, _) if soap => None,
            (None, Encode::Xml) => Some("An XML document is a map with one member: its root."),
            (Some(fields), Encode::Xml) if fields.len() != 1 || fields.iter().any(|(n, _)| n.starts_with('@')) => {
                Some("An XML document has one root: its tree is a map with one member.")
            }
            (None, Encode::Form) => Some("A form is a map of names to values."),
            (Some(fields), Encode::Form) if !fields.iter().all(|(_, ty)| is_flat(ty)) => {
                Some("The values of a form are scalars, or lists of scalars.")
            }
            _ => None,
        };
        if let Some(message) = wrong {
            self.report.push(Diagnostic::new(Code::TypeMismatch, node.span, message));
        }
        (expr, ty)
    }
}

fn is_flat(ty: &Ty) -> bool {
    match ty {
        Ty::List(element) => element.is_scalar(),
        other => other.is_scalar(),
    }
}
