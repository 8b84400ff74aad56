//! Systems: headers, SOAP, sessions, failures.

use std::collections::BTreeMap;
use std::rc::Rc;

use adapter_core::bundle::{CallIndex, Expr};
use adapter_core::bundle::{Clean, Failure, Session, Soap, System};

use super::calls::fault;
use super::cx::{Answer, Audit, Cx, Place, Site};
use super::defs::{Def, State, What};
use super::reach::Mentioned;
use super::scope::Scope;
use super::types::{Origin, Ty};
use super::{Check, Mentions};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{self, Call, FailureText};
use crate::source::Span;
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
    // The request's own, sent on with every call.
    "traceparent",
    "tracestate",
];

impl Check<'_> {
    pub(super) fn lower_systems(&mut self, file: &Rc<Scope>) {
        let mapping = self.mapping;
        let cx = Cx::new(file);
        self.mentions.push(Mentions::default());
        self.for_all = true;
        for (index, system) in mapping.systems.iter().enumerate() {
            let site = Site {
                system: index,
                session: system.session.is_some(),
                secret: true,
                page: false,
                caller: Audit::Common,
            };
            let request = cx.at(Place::Request(site));
            let headers = self.headers(&system.headers, &request);
            for ((_, expr), (_, text)) in headers.iter().zip(&system.headers) {
                self.same_for_all(index, expr, text.span);
            }
            let soap = system.soap.as_ref().map(|soap| self.soap(index, soap, &request));
            let body = Ty::Dyn(vec![Origin::SystemBody(index)]);
            let result = Ty::Dyn(vec![Origin::SystemResult(index)]);
            let answer = Answer { body, soap: soap.is_some().then(|| (result.clone(), fault(result))) };
            let answer = Rc::new(answer);
            let failures = self.failures(&system.failures, &cx, &answer);
            if system.session.is_none() {
                system.failures.iter().for_each(|rule| self.expired(rule));
            }
            system.failures.iter().for_each(|rule| self.refused(rule));
            self.spans.systems.push(system.failures.iter().map(|rule| rule.at).collect());
            let unwrap = system.clean.unwrap.as_deref().map(|name| self.name(name));
            self.bundle.systems.push(System {
                name: system.name.text.clone(),
                cluster: system.cluster.clone(),
                authority: system.authority.clone(),
                base: system.base.clone(),
                headers,
                timeout_ms: system.timeout_ms,
                parallel: system.parallel,
                clean: Clean {
                    blank_to_null: system.clean.blank_to_null,
                    unwrap,
                    none: system.clean.none.clone(),
                    trim: system.clean.trim,
                },
                failures,
                charset: system.charset,
                soap,
                session: None,
                probe: None,
            });
            let lowered = system.session.as_ref().and_then(|session| self.session(index, session, &answer, &cx));
            if let Some(system) = self.bundle.systems.get_mut(index) {
                system.session = lowered;
            }
        }
        self.for_all = false;
        self.mentions.pop();
    }

    fn soap(&mut self, system: usize, soap: &model::Soap, cx: &Cx) -> Soap {
        let header = soap.header.as_ref().map(|node| {
            let (expr, _) = self.body_tree(node, &cx.elements(true));
            self.check_nesting(&expr, node.span);
            self.same_for_all(system, &expr, node.as_map().and_then(|e| e.first()).map_or(node.span, |e| e.key.span));
            expr
        });
        Soap {
            version: soap.version,
            namespace: soap.namespace.clone(),
            style: soap.style,
            qualified: soap.qualified,
            header,
        }
    }

    /// What a system's calls have in common depends on nobody.
    fn same_for_all(&mut self, system: usize, expr: &Expr, span: Span) {
        let mut mentioned = Mentioned::default();
        mentioned.add(expr);
        if mentioned.session {
            self.session_headers.push(system);
        }
        if !mentioned.calls.is_empty() || !mentioned.lets.is_empty() {
            let message = "A header of the system is the same for every call; it cannot mention calls or values.";
            self.error(Code::NamePlace, span, message);
        }
    }

    fn session(&mut self, system: usize, session: &model::Session, answer: &Rc<Answer>, cx: &Cx) -> Option<Session> {
        let open = self.session_call(system, &session.open, false, cx);
        let close = session.close.as_ref().and_then(|call| self.session_call(system, call, true, cx));
        let next = session.next.as_ref().map(|text| self.next(text, answer, cx));
        Some(Session { open: open?, close, lasts_ms: session.lasts_ms, next })
    }

    /// A call that no expression can name.
    fn session_call(&mut self, system: usize, call: &Rc<Call>, closes: bool, cx: &Cx) -> Option<CallIndex> {
        let id = self.defs.len();
        self.defs.push(Def {
            name: call.name.clone(),
            what: What::Call(Rc::clone(call)),
            cx: cx.clone(),
            state: State::Fresh,
            per_operation: BTreeMap::new(),
            used: true,
        });
        self.session_calls.insert(id, (system, closes));
        match self.demand(id, call.name.span)? {
            State::Call { index, .. } => Some(index),
            _ => None,
        }
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
            } else if lowered.iter().any(|(other, _)| *other == lower) {
                self.error(Code::CallHeader, name.span, format!("The header `{lower}` stands twice."));
            }
            if value.text.chars().any(|c| c.is_control() || !c.is_ascii()) {
                let message = "A header's value is ASCII text without line breaks.";
                self.error(Code::CallHeader, value.span, message);
            }
            let (expr, ty) = self.leaf(value, cx);
            self.must_be_plain(&ty, value);
            if matches!(lower.as_str(), "authorization" | "cookie") {
                self.credentials(&lower, name, &expr);
            }
            lowered.push((lower, expr));
        }
        lowered
    }

    /// A credential may stand in a header as what the host keeps or the system gave, never as what a file says.
    fn credentials(&mut self, header: &str, name: &Text, value: &Expr) {
        let mut mentioned = Mentioned::default();
        mentioned.add(value);
        if !mentioned.secret && !mentioned.session {
            let message = format!("Credentials (`{header}`) do not stand in a mapping.");
            let help = "The gateway adds them to the call (see Envoy's credential_injector), or the host's environment \
                        keeps them: ${secret.NAME}.";
            self.report.push(Diagnostic::new(Code::CallHeader, name.span, message).help(help));
        }
    }

    /// A value written into a path or a header.
    pub(super) fn must_be_plain(&mut self, ty: &Ty, value: &Scalar) {
        if !ty.is_scalar() {
            let message = format!("A scalar is needed here; this is {}.", ty.name());
            self.error(Code::TypeMismatch, value.span, message);
        }
    }

    pub(super) fn failures(&mut self, rules: &[FailureText], cx: &Cx, answer: &Rc<Answer>) -> Vec<Failure> {
        let cx = cx.at(Place::Answer(Rc::clone(answer)));
        let outside = self.reads.place;
        self.reads.place.in_rule = true;
        let mut lowered = Vec::with_capacity(rules.len());
        for rule in rules {
            let when = self.condition(&rule.when, &cx);
            self.check_nesting(&when, rule.when.span);
            self.alone(&when, &rule.when, "A failure rule");
            let message = rule.message.as_ref().map(|text| self.told(text, &cx));
            self.rule_by_unlikeness(&when, rule.is, rule.when.span);
            self.refusal_has_a_sign(&when, rule.is, rule.when.span);
            lowered.push(Failure { when, is: rule.is, message });
        }
        self.reads.place = outside;
        lowered
    }
}
