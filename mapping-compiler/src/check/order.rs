//! What depends on the order in which a system lists things. The same student must give the same fingerprint whatever that is:
//! no system promises it.

use adapter_core::bundle::{Expr, Function, MacroKind};

use super::names::ORDER;
use super::{Check, Mention};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

impl Check<'_> {
    /// Notes that one element is taken by its place, where that is the system's.
    pub(super) fn by_place(&mut self, of: &Expr, at: &Expr, span: Span) {
        if matches!(at, Expr::Int(_)) && self.is_in_given_order(of) {
            self.note(span, ORDER);
        }
    }

    /// Notes that a text is made of all elements in an order that is the system's.
    pub(super) fn joined_in_order(&mut self, function: Function, args: &[Expr], span: Span) {
        if function == Function::Join && args.first().is_some_and(|list| self.is_in_given_order(list)) {
            self.note(span, ORDER);
        }
    }

    /// Whether a list stands in the order in which a system gave it. What has been chosen by a condition or a key has not:
    /// there is one of it, or the author has looked.
    fn is_in_given_order(&self, list: &Expr) -> bool {
        match list {
            Expr::Call(_) | Expr::Hung { .. } | Expr::Member { .. } | Expr::Index { .. } => true,
            Expr::Local(slot) => {
                let lets = self.block_lets.iter().flatten();
                let value = lets.rev().find(|(known, _)| known == slot).map(|(_, value)| value);
                value.is_none_or(|value| self.is_in_given_order(value))
            }
            Expr::Let(index) => {
                self.bundle.lets.get(index.at()).is_some_and(|value| self.is_in_given_order(&value.value))
            }
            Expr::Rows { of, .. } => self.is_in_given_order(of),
            Expr::With { body, .. } => self.is_in_given_order(body),
            Expr::Macro { kind: MacroKind::Map | MacroKind::GroupBy, list, .. } => self.is_in_given_order(list),
            Expr::Function { function: Function::List | Function::Distinct | Function::Coalesce, args } => {
                args.iter().any(|list| self.is_in_given_order(list))
            }
            Expr::Block(block) => block.loops.iter().any(|each| self.is_in_given_order(&each.list)),
            _ => false,
        }
    }

    /// Warns of what depends on a system's order in an operation that fingerprints are made of.
    pub(super) fn in_any_order(&mut self, mentions: &[Mention]) {
        for Mention { span, .. } in mentions.iter().filter(|m| m.what == ORDER) {
            if !self.ordered.insert(*span) {
                continue;
            }
            let message =
                "The order in which the system lists these decides what is answered, and with it the fingerprint.";
            let help = "`xs.one()` where there may be one only; `xs.greatest(x, x.date)` for the one with the greatest; \
                        `xs.sortBy(x, x)` before `join`.";
            self.report.push(Diagnostic::new(Code::OrderOpen, *span, message).help(help));
        }
    }
}
