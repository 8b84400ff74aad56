//! Binary operators: which types meet, and comparisons that cannot be meant.

use adapter_core::bundle::{BinaryOp, Expr};

use super::Check;
use super::cx::{Cx, Origined};
use super::types::Ty;
use crate::cel::{Kind, Node};
use crate::diagnostic::{Code, Diagnostic};

impl Check<'_> {
    pub(super) fn binary(
        &mut self,
        op: BinaryOp,
        left: &Node,
        right: &Node,
        origin: Origined<'_>,
        cx: &Cx,
    ) -> (Expr, Ty) {
        let outside = self.reads.place;
        self.reads.place.is_null_asked |= matches!(op, BinaryOp::Equal | BinaryOp::NotEqual)
            && (matches!(left.kind, Kind::Null) || matches!(right.kind, Kind::Null));
        let (left_expr, left_ty) = self.expr(left, origin, cx);
        let (right_expr, right_ty) = self.expr(right, origin, cx);
        self.reads.place = outside;
        let span = origin.span(&left.at).to(origin.span(&right.at));
        let ty = match op {
            BinaryOp::Equal | BinaryOp::NotEqual => {
                self.equality(&left_ty, &right_ty, span);
                self.whole_if_compared(&left_ty, &right_ty);
                if op == BinaryOp::Equal && cx.filter && !cx.has(left) && !cx.has(right) {
                    self.join_of_nulls(left, right, (&left_ty, &right_ty), span);
                }
                Ty::Bool
            }
            BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual => {
                self.ordering(&left_ty, &right_ty, span);
                Ty::Bool
            }
            BinaryOp::In => self.membership(&left_ty, &right_ty, origin.span(&right.at), span),
            BinaryOp::Add => self.addition(left_ty, right_ty, span),
            BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Remainder => {
                self.days_of_utc(op, &right_expr, span);
                self.arithmetic(op, &left_ty, &right_ty, span)
            }
        };
        (Expr::Binary { op, left: Box::new(left_expr), right: Box::new(right_expr) }, ty)
    }

    fn equality(&mut self, left: &Ty, right: &Ty, span: crate::source::Span) {
        if self.document_text(left, right, "never equals", span) {
            return;
        }
        let nothing = |ty: &Ty| matches!(ty, Ty::Null | Ty::Unknown);
        if !nothing(left) && !nothing(right) && (self.is_element(left) || self.is_element(right)) {
            self.element_compared(span);
            return;
        }
        let (Some(a), Some(b)) = (left.class(), right.class()) else {
            self.by_sample(left, right, "never equals", span);
            return;
        };
        if a != b {
            let message = format!("{} never equals {}.", capital(left.name()), right.name());
            let mut diagnostic = Diagnostic::new(Code::TypeCompare, span, message);
            if let Some(help) = conversion(a, b) {
                diagnostic = diagnostic.help(help);
            }
            self.report.push(diagnostic);
        } else if a == "a table's row" {
            let message = "Rows of tables are not compared; compare one of their columns.";
            self.error(Code::TypeCompare, span, message);
        }
    }

    fn element_compared(&mut self, span: crate::source::Span) {
        let message = "An element with children, as the sample shows one here, is no text and is not compared.";
        let help = "Compare one of its children or attributes: `a.B == b.B`, `a['@x'] == b['@x']`.";
        self.report.push(Diagnostic::new(Code::TypeCompare, span, message).help(help));
    }

    /// Records can only be compared if all their members were kept.
    fn whole_if_compared(&mut self, left: &Ty, right: &Ty) {
        let scalar =
            |ty: &Ty| matches!(ty, Ty::Null | Ty::Bool | Ty::Int | Ty::Number | Ty::Text | Ty::Date | Ty::Unknown);
        if !scalar(left) && !scalar(right) {
            self.keep_whole(left);
            self.keep_whole(right);
        }
    }

    fn ordering(&mut self, left: &Ty, right: &Ty, span: crate::source::Span) {
        if self.document_text(left, right, "cannot be ordered against", span) {
            return;
        }
        let orderable = |ty: &Ty| ty.class().is_none_or(|c| matches!(c, "a number" | "a text" | "a date"));
        if let Some(ty) = [left, right].into_iter().find(|ty| !orderable(ty)) {
            let message = format!("`<` and its like need numbers, texts or dates; this is {}.", ty.name());
            self.error(Code::TypeCompare, span, message);
            return;
        }
        if let (Some(a), Some(b)) = (left.class(), right.class())
            && a != b
        {
            let message = format!("{} cannot be ordered against {}.", capital(left.name()), right.name());
            let diagnostic = Diagnostic::new(Code::TypeCompare, span, message);
            self.report.push(diagnostic.maybe_help(conversion(a, b).map(str::to_owned)));
        } else {
            self.by_sample(left, right, "cannot be ordered against", span);
        }
    }

    /// Warns where the sample has one type only, and the other side is of another.
    fn by_sample(&mut self, left: &Ty, right: &Ty, never: &str, span: crate::source::Span) {
        let (sampled, other) = (self.sampled_class(left), self.sampled_class(right));
        let (Some(a), Some(b)) = (left.class().or(sampled), right.class().or(other)) else { return };
        if a != b {
            let (first, second) = if sampled.is_some() { (a, b) } else { (b, a) };
            let message = format!("In the sample this is always {first}, which {never} {second}.");
            let diagnostic = Diagnostic::new(Code::SampleType, span, message);
            self.report.push(diagnostic.maybe_help(conversion(a, b).map(str::to_owned)));
        }
    }

    fn membership(&mut self, left: &Ty, right: &Ty, list: crate::source::Span, span: crate::source::Span) -> Ty {
        match right {
            Ty::Dyn(_) | Ty::Unknown | Ty::Null => {
                if self.is_element(left) {
                    self.element_compared(span);
                }
                // In a record `in` looks for a key, and any may be asked for.
                self.keep_whole(right);
                self.whole_if_compared(left, right);
            }
            Ty::List(element) => {
                self.equality(left, element, span);
                self.whole_if_compared(left, element);
            }
            Ty::Index(_) | Ty::Record(..) => {
                if left.class().is_some_and(|c| c != "a text") {
                    let message = format!("The keys are texts; this is {}.", left.name());
                    self.report.push(Diagnostic::new(Code::TypeCompare, span, message).help("Write `string(…)`."));
                }
            }
            other => {
                let message = format!("`in` needs a list or an index; this is {}.", other.name());
                self.error(Code::TypeMismatch, list, message);
            }
        }
        Ty::Bool
    }

    fn addition(&mut self, left: Ty, right: Ty, span: crate::source::Span) -> Ty {
        let scalar = |ty: &Ty| matches!(ty, Ty::Int | Ty::Number | Ty::Text);
        let (left, right) = match (scalar(&left), scalar(&right)) {
            (true, false) => (left, self.as_scalar(&right)),
            (false, true) => (self.as_scalar(&left), right),
            _ => (left, right),
        };
        match (&left, &right) {
            (Ty::Unknown, _) | (_, Ty::Unknown) => Ty::Unknown,
            (Ty::Null, _) | (_, Ty::Null) => left.join(right),
            (Ty::Int, Ty::Int) => Ty::Int,
            (Ty::Int | Ty::Number, Ty::Int | Ty::Number) => Ty::Number,
            (Ty::Text, Ty::Text) => Ty::Text,
            (Ty::List(_), Ty::List(_)) => left.join(right),
            (Ty::List(_), Ty::Dyn(_)) | (Ty::Dyn(_), Ty::List(_)) | (Ty::Dyn(_), Ty::Dyn(_)) => left.join(right),
            (Ty::Dyn(_), known @ (Ty::Int | Ty::Number | Ty::Text))
            | (known @ (Ty::Int | Ty::Number | Ty::Text), Ty::Dyn(_)) => {
                if *known == Ty::Text {
                    Ty::Text
                } else {
                    Ty::Number
                }
            }
            _ => {
                let message = format!("{} and {} cannot be added.", capital(left.name()), right.name());
                let mut diagnostic = Diagnostic::new(Code::TypeMismatch, span, message);
                if [&left, &right].iter().any(|ty| matches!(ty, Ty::Int | Ty::Number)) {
                    diagnostic = diagnostic.help("`num(…)` reads a number out of a text.");
                }
                let help = "Texts are joined with texts: `string(…)`, or \"…${…}…\" in a leaf.";
                self.report.push(diagnostic.help(help));
                Ty::Unknown
            }
        }
    }

    fn arithmetic(&mut self, op: BinaryOp, left: &Ty, right: &Ty, span: crate::source::Span) -> Ty {
        for ty in [left, right] {
            let ty = &self.as_scalar(ty);
            let fits = match ty {
                Ty::Int | Ty::Dyn(_) | Ty::Null | Ty::Unknown => true,
                Ty::Number => op != BinaryOp::Remainder,
                _ => false,
            };
            if !fits {
                let needed = if op == BinaryOp::Remainder { "whole numbers" } else { "numbers" };
                let message = format!("This needs {needed}; one side is {}.", ty.name());
                let diagnostic = Diagnostic::new(Code::TypeMismatch, span, message);
                let help = (*ty == Ty::Text).then(|| "`num(…)` reads a number out of a text.".to_owned());
                self.report.push(diagnostic.maybe_help(help));
                return Ty::Unknown;
            }
        }
        let ints = *left == Ty::Int && *right == Ty::Int;
        if ints || op == BinaryOp::Remainder { Ty::Int } else { Ty::Number }
    }

    /// `c.codicione == mur.PARENT` is true of every course without codicione once `mur` is null.
    fn join_of_nulls(&mut self, left: &Node, right: &Node, types: (&Ty, &Ty), span: crate::source::Span) {
        let may_be_absent = |ty: &Ty| matches!(ty, Ty::Dyn(_) | Ty::Text);
        let (Some(a), Some(b)) = (root(left), root(right)) else { return };
        if a != b && may_be_absent(types.0) && may_be_absent(types.1) {
            let message = "Where both sides are missing they are equal, and every such element is kept.";
            let help = "Join through `indexBy` or a table, where null finds nothing, or test one side for null first: \
                        `filter(x, x.k != null && x.k == …)`.";
            self.report.push(Diagnostic::new(Code::JoinNull, span, message).help(help));
        }
    }
}

/// The name that a chain of members begins with.
fn root(node: &Node) -> Option<&str> {
    let (Kind::Member { of, .. } | Kind::Index { of, .. }) = &node.kind else { return None };
    let mut at = of;
    loop {
        match &at.kind {
            Kind::Name(name) => return Some(name),
            Kind::Member { of, .. } | Kind::Index { of, .. } => at = of,
            _ => return None,
        }
    }
}

fn conversion(left: &str, right: &str) -> Option<&'static str> {
    Some(match (left, right) {
        ("a text", "a number") | ("a number", "a text") => {
            "`num(…)` makes a number of a text, `string(…)` a text of a number."
        }
        ("a text", "true or false") | ("true or false", "a text" | "a number") | ("a number", "true or false") => {
            "`flag(…)` makes true or false of 1/0, S/N, SI/NO."
        }
        ("a text", "a date") | ("a date", "a text") => "`date(…)` makes a date of a text.",
        _ => return None,
    })
}

pub(super) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|c| c.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
