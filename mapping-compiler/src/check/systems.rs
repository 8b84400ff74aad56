//! Systems: headers, paging, failures.

use std::rc::Rc;

use adapter_core::expr::Expr;
use adapter_core::mapping::bundle::{Clean, Failure, Paging, System};

use super::Check;
use super::cx::{Cx, Place};
use super::reach::Mentioned;
use super::scope::Scope;
use super::types::{Origin, Ty};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{FailureText, PageBlock};
use crate::yaml::{Scalar, Text};

/// Headers that are Envoy's, the protocol's or the credential filter's.
const FORBIDDEN: &[&str] = &[
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "upgrade",
    "proxy-connection",
    "proxy-authorization",
    "accept-encoding",
    "expect",
    "x-forwarded-for",
    "x-request-id",
];

impl Check<'_> {
    pub(super) fn lower_systems(&mut self, file: &Rc<Scope>) {
        let mapping = self.mapping;
        let cx = Cx::new(file, None);
        self.mentions.push(Vec::new());
        for (index, system) in mapping.systems.iter().enumerate() {
            let headers = self.headers(&system.headers, &cx.at(Place::SystemHeader));
            for ((_, expr), (_, text)) in headers.iter().zip(&system.headers) {
                let mut mentioned = Mentioned::default();
                mentioned.add(expr);
                if mentioned.personal || !mentioned.calls.is_empty() || !mentioned.lets.is_empty() {
                    let message = "A header of the system is the same for every call; it cannot mention calls, values or the student.";
                    self.error(Code::NamePlace, text.span, message);
                }
            }
            let failures = self.failures(&system.failures, &cx, Origin::SystemBody(index));
            let unwrap = system.clean.unwrap.as_deref().map(|name| self.name(name));
            self.bundle.systems.push(System {
                name: system.name.text.clone(),
                cluster: system.cluster.clone(),
                authority: system.authority.clone(),
                base: system.base.clone(),
                headers,
                timeout_ms: system.timeout_ms,
                parallel: system.parallel,
                clean: Clean { blank_to_null: system.clean.blank_to_null, unwrap, none: system.clean.none.clone() },
                failures,
            });
        }
        self.mentions.pop();
    }

    pub(super) fn headers(&mut self, headers: &[(Text, Scalar)], cx: &Cx) -> Vec<(String, Expr)> {
        let mut lowered: Vec<(String, Expr)> = Vec::with_capacity(headers.len());
        for (name, value) in headers {
            let lower = name.text.to_ascii_lowercase();
            let token = !lower.is_empty() && lower.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
            if !token {
                let message = format!("`{}` is not a header's name.", name.text);
                self.error(Code::CallHeader, name.span, message);
            } else if lower.starts_with("x-envoy-") || FORBIDDEN.contains(&lower.as_str()) {
                let message = format!("The header `{lower}` is not the mapping's to set.");
                self.error(Code::CallHeader, name.span, message);
            } else if matches!(lower.as_str(), "authorization" | "cookie") {
                let message = format!("Credentials (`{lower}`) do not stand in a mapping.");
                let help = "The gateway adds them to the call: see Envoy's credential_injector.";
                self.report.push(Diagnostic::new(Code::CallHeader, name.span, message).help(help));
            } else if lowered.iter().any(|(other, _)| *other == lower) {
                self.error(Code::CallHeader, name.span, format!("The header `{lower}` stands twice."));
            }
            if value.text.chars().any(|c| c.is_control() || !c.is_ascii()) {
                let message = "A header's value is ASCII text without line breaks.";
                self.error(Code::CallHeader, value.span, message);
            }
            let (expr, ty) = self.leaf(value, cx);
            self.must_be_plain(&ty, value);
            lowered.push((lower, expr));
        }
        lowered
    }

    /// A value written into a path or a header.
    pub(super) fn must_be_plain(&mut self, ty: &Ty, value: &Scalar) {
        if !ty.is_scalar() {
            let message = format!("A scalar is needed here; this is {}.", ty.name());
            self.error(Code::TypeMismatch, value.span, message);
        }
    }

    pub(super) fn failures(&mut self, rules: &[FailureText], cx: &Cx, origin: Origin) -> Vec<Failure> {
        let cx = cx.at(Place::Answer(origin));
        let mut lowered = Vec::with_capacity(rules.len());
        for rule in rules {
            let when = self.condition(&rule.when, &cx);
            self.check_nesting(&when, rule.when.span);
            let mut mentioned = Mentioned::default();
            mentioned.add(&when);
            if !mentioned.calls.is_empty() || !mentioned.lets.is_empty() {
                let message = "A failure rule looks at the answer alone; it cannot mention calls or values.";
                self.error(Code::NamePlace, rule.when.span, message);
            }
            lowered.push(Failure { when, is: rule.is });
        }
        lowered
    }

    pub(super) fn paging(&mut self, block: &PageBlock, cx: &Cx) -> Paging {
        let cx = cx.at(Place::Pages);
        let query = self.query(&block.query, &cx);
        Paging { by: block.by, size: block.size, first: block.first, query, max: block.max }
    }
}
