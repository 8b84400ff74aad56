//! Scalars of the mapping as expressions: bare CEL, and text with `${…}`.

use std::rc::Rc;

use adapter_core::bundle::{Expr, Loop};

use super::Check;
use super::cx::{Cx, Origined};
use super::scope::{Binding, Scope};
use super::types::Ty;
use crate::cel::{self, BinaryOp, Kind, ParseProblem, Part, Template};
use crate::diagnostic::{Code, Diagnostic};
use crate::yaml::{Scalar, Text};

/// What makes a condition of a text.
const FLAG: &str = "`flag(…)` reads 1/0, S/N, SI/NO; a value is compared with `==`.";

impl Check<'_> {
    fn problem(&mut self, scalar: &Scalar, offset: usize, problem: ParseProblem) {
        let span = Origined { scalar, offset }.span(&problem.at);
        self.report.push(Diagnostic::new(problem.code, span, problem.message).maybe_help(problem.help));
    }

    /// Parses a scalar that is an expression.
    pub(super) fn parse(&mut self, scalar: &Scalar) -> Option<Rc<cel::Node>> {
        if scalar.text.contains("${") {
            let message = "The value of this key is an expression already.";
            let diagnostic = Diagnostic::new(Code::ExprBraces, scalar.span, message);
            self.report.push(diagnostic.help("Write it without `${` and `}`."));
            return None;
        }
        self.parse_part(scalar, &scalar.text.clone(), 0)
    }

    fn parse_part(&mut self, scalar: &Scalar, text: &str, offset: usize) -> Option<Rc<cel::Node>> {
        // Definitions with arguments are looked at once for each place that calls them.
        let parsed = self.parsed.entry(text.to_owned()).or_insert_with(|| cel::parse(text).map(Rc::new));
        match parsed.clone() {
            Ok(node) => Some(node),
            Err(problems) => {
                for problem in problems {
                    // That the word may not be a name has been said where it was made one.
                    let word = text.get(problem.at.clone()).unwrap_or_default();
                    if problem.code != Code::NameInvalid || !self.refused.contains(word) {
                        self.problem(scalar, offset, problem);
                    }
                }
                None
            }
        }
    }

    /// A scalar that is an expression.
    pub(super) fn bare(&mut self, scalar: &Scalar, cx: &Cx) -> (Expr, Ty) {
        match self.parse(scalar) {
            Some(node) => self.expr(&node, Origined { scalar, offset: 0 }, cx),
            None => (Expr::Null, Ty::Unknown),
        }
    }

    /// A scalar that is a condition.
    pub(super) fn condition(&mut self, scalar: &Scalar, cx: &Cx) -> Expr {
        let (expr, ty) = self.bare(scalar, cx);
        self.sampled_bool(&ty, scalar.span);
        let ty = self.as_scalar(&ty);
        if !matches!(ty, Ty::Bool | Ty::Dyn(_) | Ty::Null | Ty::Unknown) {
            let message = format!("A condition is true or false; this is {}.", ty.name());
            let help = match ty {
                Ty::Text => Some(FLAG.to_owned()),
                Ty::Int | Ty::Number | Ty::Date => Some("Compare it: `a == 0`, `a > b`.".to_owned()),
                Ty::List(_) => Some("Whether there are elements is `size(xs) > 0`.".to_owned()),
                _ => None,
            };
            self.report.push(Diagnostic::new(Code::TypeMismatch, scalar.span, message).maybe_help(help));
        }
        expr
    }

    /// Splits a text leaf.
    pub(super) fn template(&mut self, scalar: &Scalar, cx: &Cx) -> Option<Template> {
        if scalar.is_absent() {
            let message = "A value is missing.";
            self.report
                .push(Diagnostic::new(Code::ValueKind, scalar.span, message).help("Write \"\" for an empty text."));
            return None;
        }
        match cel::split(&scalar.text) {
            Ok(template) => (!self.braces(scalar, &template, cx)).then_some(template),
            Err(mut problem) => {
                // Unquoted, it is YAML that cut it.
                if scalar.plain {
                    problem.code = Code::YamlQuote;
                }
                self.problem(scalar, 0, problem);
                None
            }
        }
    }

    /// The expression between the braces of a leaf.
    pub(super) fn part(&mut self, scalar: &Scalar, range: &std::ops::Range<usize>, cx: &Cx) -> (Expr, Ty) {
        let text = scalar.text.get(range.clone()).unwrap_or_default().to_owned();
        match self.parse_part(scalar, &text, range.start) {
            Some(node) => self.expr(&node, Origined { scalar, offset: range.start }, cx),
            None => (Expr::Null, Ty::Unknown),
        }
    }

    /// A text leaf as an expression. Without `${…}` it is text.
    pub(super) fn leaf(&mut self, scalar: &Scalar, cx: &Cx) -> (Expr, Ty) {
        match self.template(scalar, cx) {
            None => (Expr::Null, Ty::Unknown),
            Some(Template::Text(text)) => (self.text(&text), Ty::Text),
            Some(Template::Whole(range)) => self.part(scalar, &range, cx),
            Some(Template::Mixed(parts)) => self.mixed(scalar, &parts, cx),
        }
    }

    fn mixed(&mut self, scalar: &Scalar, parts: &[Part], cx: &Cx) -> (Expr, Ty) {
        let mut lowered = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Part::Text(text) => lowered.push(self.text(text)),
                Part::Expr(range) => {
                    let (expr, ty) = self.part(scalar, range, cx);
                    self.must_be_scalar(&ty, scalar, range);
                    lowered.push(expr);
                }
            }
        }
        (Expr::Concat(lowered), Ty::Text)
    }

    pub(super) fn must_be_scalar(&mut self, ty: &Ty, scalar: &Scalar, range: &std::ops::Range<usize>) {
        if !ty.is_scalar() {
            let message = format!("Within a text a scalar is needed; this is {}.", ty.name());
            self.error(Code::TypeMismatch, scalar.place(range.start, range.end), message);
        }
    }

    /// `variable in list`: binds the variable in a scope of its own. What cannot be read binds it all the same, so that
    /// nothing is said about what uses it.
    pub(super) fn bind_loop(&mut self, scalar: &Scalar, cx: &Cx) -> (Loop, Rc<Scope>) {
        let scope = Scope::inside(&cx.scope);
        let Some(node) = self.parse(scalar) else { return self.broken_loop(scalar, scope) };
        let origin = Origined { scalar, offset: 0 };
        let Kind::Binary(BinaryOp::In, variable, list) = &node.kind else {
            let message = "A loop is written `x in list`: a name of your choice, and what it runs over.";
            self.report.push(Diagnostic::new(Code::ExprForm, origin.span(&node.at), message));
            return self.broken_loop(scalar, scope);
        };
        let Some(name) = variable.as_name() else {
            let message = "A loop binds one name: `x in list`.";
            self.error(Code::ExprForm, origin.span(&variable.at), message);
            return self.broken_loop(scalar, scope);
        };
        let (expr, ty) = self.expr(list, origin, cx);
        let span = origin.span(&variable.at);
        let element = self.iterated(&ty, origin.span(&list.at));
        let slot = self.slot(name, span);
        if self.check_name(&cx.scope, &Text { text: name.to_owned(), span }) {
            scope.bind(name, Binding::Local(slot, element), span);
        }
        (Loop { slot, list: expr }, scope)
    }

    fn broken_loop(&mut self, scalar: &Scalar, scope: Rc<Scope>) -> (Loop, Rc<Scope>) {
        let slot = self.slot("", scalar.span);
        if let Some(name) = scalar.text.split_whitespace().next() {
            scope.bind(name, Binding::Local(slot, Ty::Unknown), scalar.span);
        }
        (Loop { slot, list: Expr::Null }, scope)
    }

    /// The type of the elements of a value that is iterated.
    pub(super) fn iterated(&mut self, ty: &Ty, span: crate::source::Span) -> Ty {
        self.reads.list(ty);
        let known = ty.element().filter(|_| !self.is_one_record(ty));
        known.unwrap_or_else(|| {
            let name = if matches!(ty, Ty::Dyn(_)) { "one record" } else { ty.name() };
            let message = format!("This is {name}, not a list.");
            let mut diagnostic = Diagnostic::new(Code::TypeMismatch, span, message);
            if matches!(ty, Ty::Record(..) | Ty::Index(_) | Ty::Dyn(_)) {
                diagnostic = diagnostic
                    .help("Its members with their names are a list in `entries(…)`; a list of it alone is `list(…)`.");
            }
            self.report.push(diagnostic);
            Ty::Unknown
        })
    }
}
