//! What an expression mentions: calls and values, directly and through values.

use std::collections::BTreeSet;

use adapter_core::bundle::{Call, Pages, PathPart, RequestIndex};
use adapter_core::bundle::{CallIndex, Expr, LetIndex, Var};
use adapter_core::contract;

use super::Check;
use crate::diagnostic::Code;
use crate::source::Span;

/// Most nesting of the bundle's JSON under one definition; its reader stops at 400, the bundle's own levels among them.
const MAX_NESTING: usize = 200;

/// What expressions mention.
#[derive(Clone, Debug, Default)]
pub(super) struct Mentioned {
    pub calls: BTreeSet<CallIndex>,
    pub lets: BTreeSet<LetIndex>,
    /// The student's tax code.
    pub tax_code: bool,
    /// The student's key.
    pub key: bool,
    /// Members of the request, by place.
    pub requests: BTreeSet<RequestIndex>,
    /// The session.
    pub session: bool,
    /// A secret.
    pub secret: bool,
}

impl Mentioned {
    pub(super) fn add(&mut self, expr: &Expr) {
        walk(expr, &mut |e| match e {
            Expr::Call(call) | Expr::Hung { call, .. } => {
                self.calls.insert(*call);
            }
            Expr::Let(index) => {
                self.lets.insert(*index);
            }
            Expr::Var(Var::StudentTaxCode) => self.tax_code = true,
            Expr::Var(Var::StudentKey) => self.key = true,
            Expr::Var(Var::Session) => self.session = true,
            Expr::Secret(_) => self.secret = true,
            Expr::Request(member) => {
                self.requests.insert(*member);
            }
            _ => {}
        });
    }

    /// Adds what a call's request depends on, and whether it is made.
    pub(super) fn add_call(&mut self, call: &Call) {
        call.when.iter().for_each(|e| self.add(e));
        self.add_request(call);
    }

    /// Adds what a call's request depends on, once it is made.
    pub(super) fn add_request(&mut self, call: &Call) {
        call.each.iter().for_each(|l| self.add(&l.list));
        call.binds.iter().for_each(|(_, e)| self.add(e));
        call.body.iter().for_each(|e| self.add(e));
        call.query.iter().chain(&call.headers).for_each(|(_, e)| self.add(e));
        for part in &call.path {
            if let PathPart::Value(expr) = part {
                self.add(expr);
            }
        }
        if let Pages::Many(paging) = &call.pages {
            paging.query.iter().for_each(|(_, e)| self.add(e));
            paging.body.iter().for_each(|(_, e)| self.add(e));
        }
    }

    /// Whether any of it says who somebody is.
    pub(super) fn personal(&self, operation: Option<&'static contract::Operation>) -> bool {
        let fields = operation.map(|o| o.request.fields).unwrap_or_default();
        let named = |member: &RequestIndex| fields.get(member.at()).is_none_or(|f| f.personal);
        self.tax_code || self.key || self.requests.iter().any(named)
    }
}

/// Visits an expression and all its parts.
pub(super) fn walk<'e>(expr: &'e Expr, visit: &mut dyn FnMut(&'e Expr)) {
    visit(expr);
    expr.children(&mut |child| walk(child, visit));
}

impl Check<'_> {
    /// Adds what the mentioned values mention.
    pub(super) fn through_lets(&self, mentioned: &mut Mentioned) {
        let mut waiting: Vec<LetIndex> = mentioned.lets.iter().copied().collect();
        while let Some(index) = waiting.pop() {
            let Some(value) = self.bundle.lets.get(index.at()) else { continue };
            let mut inner = Mentioned::default();
            inner.add(&value.value);
            mentioned.calls.extend(&inner.calls);
            mentioned.tax_code |= inner.tax_code;
            mentioned.key |= inner.key;
            mentioned.requests.extend(&inner.requests);
            waiting.extend(inner.lets.iter().filter(|l| mentioned.lets.insert(**l)));
        }
    }

    /// All calls that must be made for these.
    pub(super) fn closure(&self, calls: &BTreeSet<CallIndex>) -> BTreeSet<CallIndex> {
        let mut all = calls.clone();
        let mut waiting: Vec<CallIndex> = calls.iter().copied().collect();
        while let Some(index) = waiting.pop() {
            let Some(call) = self.bundle.calls.get(index.at()) else { continue };
            waiting.extend(call.needs.iter().filter(|n| all.insert(**n)));
        }
        all
    }

    /// Refuses what a bundle's reader would.
    pub(super) fn check_nesting(&mut self, expr: &Expr, span: Span) {
        let json = serde_json::to_string(expr).unwrap_or_default();
        if nesting(&json) > MAX_NESTING {
            let message = "The expression is nested too deep once definitions with arguments are put in.";
            self.error(Code::ExprSize, span, message);
        }
    }
}

/// Deepest nesting of a JSON text.
fn nesting(json: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    let (mut text, mut escaped) = (false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if text => escaped = true,
            b'"' => text = !text,
            b'{' | b'[' if !text => {
                depth = depth.saturating_add(1);
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}
