//! What an expression mentions: calls and values, directly and through values.

use std::collections::BTreeSet;

use adapter_core::expr::{CallIndex, Expr, LetIndex};

use super::Check;
use super::defs::State;
use crate::diagnostic::Code;
use crate::source::Span;

/// Most nesting of the bundle's JSON under one definition; its reader stops at 400, the bundle's own levels among them.
const MAX_NESTING: usize = 200;

/// What expressions mention.
#[derive(Clone, Debug, Default)]
pub(super) struct Mentioned {
    pub calls: BTreeSet<CallIndex>,
    pub lets: BTreeSet<LetIndex>,
    /// Mentions who the student is.
    pub personal: bool,
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
            Expr::Var(adapter_core::expr::Var::StudentTaxCode | adapter_core::expr::Var::StudentKey)
            | Expr::Request(_) => self.personal = true,
            _ => {}
        });
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
            let Some(value) = self.bundle.lets.get(usize::from(index)) else { continue };
            let mut inner = Mentioned::default();
            inner.add(&value.value);
            mentioned.calls.extend(&inner.calls);
            mentioned.personal |= inner.personal;
            waiting.extend(inner.lets.iter().filter(|l| mentioned.lets.insert(**l)));
        }
    }

    /// All calls that must be made for these.
    pub(super) fn closure(&self, calls: &BTreeSet<CallIndex>) -> BTreeSet<CallIndex> {
        let mut all = calls.clone();
        let mut waiting: Vec<CallIndex> = calls.iter().copied().collect();
        while let Some(index) = waiting.pop() {
            let Some(call) = self.bundle.calls.get(usize::from(index)) else { continue };
            waiting.extend(call.needs.iter().filter(|n| all.insert(**n)));
        }
        all
    }

    /// Definitions behind calls and values.
    pub(super) fn defs_behind(&self, calls: &BTreeSet<CallIndex>, lets: &BTreeSet<LetIndex>) -> Vec<usize> {
        let behind = |state: &State| match state {
            State::Call { index, .. } => calls.contains(index),
            State::Let(index, _) => lets.contains(index),
            _ => false,
        };
        self.defs.iter().enumerate().filter(|(_, d)| behind(&d.state)).map(|(id, _)| id).collect()
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
