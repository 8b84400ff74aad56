//! Expressions: checked and lowered in one walk.

use adapter_core::expr::Expr;

use super::cx::{Cx, Origined};
use super::types::Ty;
use super::{Check, MAX_NODES};
use crate::cel::{Kind, Node};
use crate::diagnostic::{Code, Diagnostic};

impl Check<'_> {
    /// Lowers an expression.
    pub(super) fn expr(&mut self, node: &Node, origin: Origined<'_>, cx: &Cx) -> (Expr, Ty) {
        self.nodes = self.nodes.saturating_add(1);
        if self.nodes > MAX_NODES {
            let message = "The mapping's expressions become too large: definitions with arguments multiply.";
            // One place is enough: it would be said of everything that follows.
            if self.nodes == MAX_NODES.saturating_add(1) {
                self.error(Code::ExprSize, origin.span(&node.at), message);
            }
            return (Expr::Null, Ty::Unknown);
        }
        let span = origin.span(&node.at);
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
                if !matches!(ty, Ty::Int | Ty::Number | Ty::Dyn(_) | Ty::Null | Ty::Unknown) {
                    let message = format!("`-` needs a number; this is {}.", ty.name());
                    self.error(Code::TypeMismatch, origin.span(&a.at), message);
                }
                (Expr::Neg(Box::new(expr)), if ty == Ty::Int { Ty::Int } else { Ty::Number })
            }
            Kind::And(a, b) | Kind::Or(a, b) => {
                let (left, left_ty) = self.expr(a, origin, cx);
                let (right, right_ty) = self.expr(b, origin, cx);
                self.must_be_bool(&left_ty, &a.at, origin);
                self.must_be_bool(&right_ty, &b.at, origin);
                let (left, right) = (Box::new(left), Box::new(right));
                let and = matches!(node.kind, Kind::And(..));
                (if and { Expr::And(left, right) } else { Expr::Or(left, right) }, Ty::Bool)
            }
            Kind::If(when, then, otherwise) => {
                let (condition, ty) = self.expr(when, origin, cx);
                self.must_be_bool(&ty, &when.at, origin);
                let (then, then_ty) = self.expr(then, origin, cx);
                let (otherwise, else_ty) = self.expr(otherwise, origin, cx);
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
            lowered.push((self.name(name), expr));
            fields.push((name.clone(), ty));
        }
        let ty = if whole { Ty::Record(fields.into(), Vec::new()) } else { Ty::Unknown };
        (Expr::Record(lowered), ty)
    }

    pub(super) fn must_be_bool(&mut self, ty: &Ty, at: &std::ops::Range<usize>, origin: Origined<'_>) {
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
