//! Expressions: checked and lowered in one walk.

use adapter_core::bundle::Expr;

use super::cx::{Cx, Origined};
use super::types::Ty;
use super::{Check, MAX_NODES};
use crate::cel::{Kind, Node};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

impl Check<'_> {
    /// Lowers an expression.
    pub(super) fn expr(&mut self, node: &Node, origin: Origined<'_>, cx: &Cx) -> (Expr, Ty) {
        let span = origin.span(&node.at);
        if self.is_too_large(span) {
            return (Expr::Null, Ty::Unknown);
        }
        match &node.kind {
            Kind::Null => (Expr::Null, Ty::Null),
            Kind::Bool(b) => (Expr::Bool(*b), Ty::Bool),
            Kind::Int(n) => (Expr::Int(*n), Ty::Int),
            Kind::Dec { mantissa, scale } => (Expr::Dec { mantissa: *mantissa, scale: *scale }, Ty::Number),
            Kind::Text(text) => (self.text(text), Ty::Text),
            Kind::Name(name) => self.plain_name(name, span, cx),
            Kind::Member { of, name } => self.member(of, name, origin, cx),
            Kind::Index { of, at } => self.index(of, at, origin, cx),
            Kind::Not(a) => {
                let (expr, ty) = self.expr(a, origin, cx);
                self.must_be_bool(&ty, &a.at, origin);
                (Expr::Not(Box::new(expr)), Ty::Bool)
            }
            Kind::Neg(a) => {
                let (expr, ty) = self.expr(a, origin, cx);
                let ty = self.as_scalar(&ty);
                if !matches!(ty, Ty::Int | Ty::Number | Ty::Dyn(_) | Ty::Null | Ty::Unknown) {
                    let message = format!("`-` needs a number; this is {}.", ty.name());
                    let help = (ty == Ty::Text).then(|| "`num(…)` reads a number out of a text.".to_owned());
                    let diagnostic = Diagnostic::new(Code::TypeMismatch, origin.span(&a.at), message);
                    self.report.push(diagnostic.maybe_help(help));
                }
                (Expr::Neg(Box::new(expr)), if ty == Ty::Int { Ty::Int } else { Ty::Number })
            }
            Kind::And(a, b) | Kind::Or(a, b) => {
                let (left, left_ty) = self.expr(a, origin, cx);
                let and = matches!(node.kind, Kind::And(..));
                let (right, right_ty) = self.expr(b, origin, &cx.given_that(a, and));
                // `a || 'x'` is meant as "or else".
                let instead = !and && matches!(right_ty, Ty::Text | Ty::Int | Ty::Number | Ty::Date | Ty::List(_));
                if instead && !matches!(left_ty, Ty::Bool) {
                    let message = format!("`||` is the \"or\" of conditions; behind it stands {}.", right_ty.name());
                    let help = "A value in place of a missing one is written `coalesce(a, b)`.";
                    self.report.push(Diagnostic::new(Code::TypeMismatch, origin.span(&b.at), message).help(help));
                    return (Expr::Null, Ty::Unknown);
                }
                self.must_be_bool(&left_ty, &a.at, origin);
                self.must_be_bool(&right_ty, &b.at, origin);
                let (left, right) = (Box::new(left), Box::new(right));
                (if and { Expr::And(left, right) } else { Expr::Or(left, right) }, Ty::Bool)
            }
            Kind::If(when, then, otherwise) => {
                let (condition, ty) = self.expr(when, origin, cx);
                self.must_be_bool(&ty, &when.at, origin);
                let (then, then_ty) = self.expr(then, origin, &cx.given_that(when, true));
                let (otherwise, else_ty) = self.expr(otherwise, origin, &cx.given_that(when, false));
                let (when, then, otherwise) = (Box::new(condition), Box::new(then), Box::new(otherwise));
                (Expr::If { when, then, otherwise }, then_ty.join(else_ty))
            }
            Kind::Binary(op, left, right) => self.binary(*op, left, right, origin, cx),
            Kind::List(elements) => {
                let mut lowered = Vec::with_capacity(elements.len());
                let mut element = None::<Ty>;
                for node in elements {
                    let (expr, ty) = self.expr(node, origin, cx);
                    lowered.push(expr);
                    element = Some(match element {
                        Some(other) => other.join(ty),
                        None => ty,
                    });
                }
                (Expr::List(lowered), Ty::List(Box::new(element.unwrap_or(Ty::Null))))
            }
            Kind::Map(entries) => self.map(entries, origin, cx),
            Kind::Call { name, target, args } => {
                let call = super::functions::Written { name, target: target.as_deref(), args, at: &node.at };
                self.call(call, origin, cx)
            }
        }
    }

    /// Counts one more node; reports the first that is too many.
    pub(super) fn is_too_large(&mut self, span: Span) -> bool {
        self.nodes = self.nodes.saturating_add(1);
        // One place is enough: it would be said of everything that follows.
        if self.nodes == MAX_NODES.saturating_add(1) {
            let message = "The mapping's expressions become too large: definitions with arguments multiply.";
            self.error(Code::ExprSize, span, message);
        }
        self.nodes > MAX_NODES
    }

    fn map(&mut self, entries: &[(Node, Node)], origin: Origined<'_>, cx: &Cx) -> (Expr, Ty) {
        let mut lowered = Vec::with_capacity(entries.len());
        let mut fields: Vec<(String, Ty)> = Vec::with_capacity(entries.len());
        let mut whole = true;
        for (key, value) in entries {
            let (expr, ty) = self.expr(value, origin, cx);
            let Kind::Text(name) = &key.kind else {
                let message = "The keys of a map are written texts.";
                let help = "A map by computed keys is made with `indexBy`.";
                self.report.push(Diagnostic::new(Code::ExprForm, origin.span(&key.at), message).help(help));
                whole = false;
                continue;
            };
            if fields.iter().any(|(other, _)| other == name) {
                let message = format!("The key `{name}` stands twice.");
                self.error(Code::ExprForm, origin.span(&key.at), message);
                continue;
            }
            let name = self.qualified(name, origin.span(&key.at), false);
            lowered.push((self.name(&name), expr));
            fields.push((name, ty));
        }
        let ty = if whole { Ty::Record(fields.into(), Vec::new()) } else { Ty::Unknown };
        (Expr::Record(lowered), ty)
    }

    pub(super) fn must_be_bool(&mut self, ty: &Ty, at: &std::ops::Range<usize>, origin: Origined<'_>) {
        self.sampled_bool(ty, origin.span(at));
        let ty = &self.as_scalar(ty);
        if matches!(ty, Ty::Bool | Ty::Dyn(_) | Ty::Null | Ty::Unknown) {
            return;
        }
        let message = format!("True or false is needed; this is {}.", ty.name());
        let mut diagnostic = Diagnostic::new(Code::TypeMismatch, origin.span(at), message);
        if matches!(ty, Ty::Text | Ty::Int | Ty::Number) {
            diagnostic = diagnostic.help("`flag(…)` reads 1/0, S/N, SI/NO; a value is compared with `==`.");
        }
        self.report.push(diagnostic);
    }
}
