//! What an expression mentions: calls and values, directly and through values.

use std::collections::BTreeSet;

use adapter_core::expr::{CallIndex, Expr, LetIndex};

use super::Check;
use super::defs::State;
use crate::diagnostic::Code;
use crate::source::Span;

/// Most nesting of the bundle's JSON under one definition; its reader stops at 128.
const MAX_NESTING: usize = 100;

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
    match expr {
        Expr::Null
        | Expr::Bool(_)
        | Expr::Int(_)
        | Expr::Dec { .. }
        | Expr::Text(_)
        | Expr::Local(_)
        | Expr::Call(_)
        | Expr::Let(_)
        | Expr::Var(_)
        | Expr::Request(_) => {}
        Expr::Hung { of, .. } | Expr::Member { of, .. } | Expr::Has { of, .. } | Expr::Not(of) | Expr::Neg(of) => {
            walk(of, visit);
        }
        Expr::Index { of, at } => {
            walk(of, visit);
            walk(at, visit);
        }
        Expr::And(left, right) | Expr::Or(left, right) | Expr::Binary { left, right, .. } => {
            walk(left, visit);
            walk(right, visit);
        }
        Expr::If { when, then, otherwise } => {
            walk(when, visit);
            walk(then, visit);
            walk(otherwise, visit);
        }
        Expr::List(items) | Expr::Concat(items) => items.iter().for_each(|e| walk(e, visit)),
        Expr::Record(entries) => entries.iter().for_each(|(_, e)| walk(e, visit)),
        Expr::With { binds, body } => {
            binds.iter().for_each(|(_, e)| walk(e, visit));
            walk(body, visit);
        }
        Expr::Macro { list, body, .. } => {
            walk(list, visit);
            walk(body, visit);
        }
        Expr::Function { args, .. } => args.iter().for_each(|e| walk(e, visit)),
        Expr::Table { keys, .. } | Expr::TableRows { keys, .. } => keys.iter().for_each(|e| walk(e, visit)),
        Expr::Block(block) => {
            block.loops.iter().for_each(|l| walk(&l.list, visit));
            block.lets.iter().for_each(|(_, e)| walk(e, visit));
            block.filter.iter().for_each(|e| walk(e, visit));
            walk(&block.each, visit);
        }
    }
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
