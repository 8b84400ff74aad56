//! What is asked where nobody may be known: calls by a tax code that is not there, and lists of everybody.
//!
//! A null leaves a parameter of a query out, so that a call by a null tax code would give everybody, and the first of them
//! would be taken for the student. Such a call is not made.

use std::collections::BTreeSet;

use adapter_core::bundle::{BinaryOp, Call, CallIndex, Expr, Function, Pages, PathPart, Var};
use adapter_core::contract::{About, Kind, Operation, Pattern};

use super::Check;
use super::reach::Mentioned;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

impl Check<'_> {
    /// In an operation about a person who is reported, and need not be known, calls that ask by the tax code or the key are
    /// not made without it; one that says nothing of when it is made is refused.
    pub(super) fn known_alone(&mut self, contract: &Operation, calls: &BTreeSet<CallIndex>) {
        if !matches!(contract.about, About::Reported { .. }) {
            return;
        }
        for index in calls {
            let Some(call) = self.bundle.calls.get(index.at()).cloned() else { continue };
            let mut asked = Mentioned::default();
            asked.add_request(&call);
            self.through_lets(&mut asked);
            if !asked.tax_code && !asked.key {
                continue;
            }
            let Some(mut when) = call.when.clone() else {
                self.asks_unguarded(contract, &call, *index);
                continue;
            };
            for (asks, var) in [(asked.tax_code, Var::StudentTaxCode), (asked.key, Var::StudentKey)] {
                let known = is_known(var);
                if asks && !asks_first(&when, &known) {
                    when = Expr::And(Box::new(known), Box::new(when));
                }
            }
            if let Some(call) = self.bundle.calls.get_mut(index.at()) {
                call.when = Some(when);
            }
        }
    }

    fn asks_unguarded(&mut self, contract: &Operation, call: &Call, index: CallIndex) {
        let Some(span) = self.spans.calls.get(&index).map(|spans| spans.name) else { return };
        let (name, of) = (&call.name, contract.name);
        let message = format!("`{name}` asks by the student's tax code, and whom {of} is about need not have one.");
        let help = "Say when it is made: `when: student.tax_code != null`. It is not made without one; what the request says of \
                    the person is under `request`.";
        self.report.push(Diagnostic::new(Code::StudentReported, span, message).help(help));
    }

    /// Warns of a paged call whose parameters may all be missing: what it lists then is not what was asked for.
    pub(super) fn lists_everybody(&mut self, call: &Call, span: Span) {
        let is_paged = matches!(call.pages, Pages::Many(_));
        let has_path = call.path.iter().any(|part| matches!(part, PathPart::Value(_)));
        if !is_paged || has_path || call.body.is_some() || call.soap.is_some() {
            return;
        }
        let [(parameter, value)] = call.query.as_slice() else { return };
        if self.may_be_null(value) && !call.when.as_ref().is_some_and(|when| asks_of(when, value)) {
            let message = format!("`{parameter}` is left out where it is null, and the call lists everybody then.");
            let help = "`must(…)` fails the call instead; `when: VALUE != null` does not make it.";
            self.report.push(Diagnostic::new(Code::CallEverybody, span, message).help(help));
        }
    }

    /// Whether a value may be null, as far as can be seen.
    fn may_be_null(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Null => true,
            Expr::Bool(_) | Expr::Int(_) | Expr::Dec { .. } | Expr::Text(_) | Expr::Secret(_) | Expr::Record(_) => {
                false
            }
            // A list repeats its parameter; that it may be empty is another matter.
            Expr::List(_) | Expr::Has { .. } => false,
            Expr::Var(var) => !matches!(
                var,
                Var::StudentTaxCode
                    | Var::StudentKey
                    | Var::InstituteCode
                    | Var::Today
                    | Var::Now
                    | Var::PageStart
                    | Var::PageNumber
                    | Var::PageSize
            ),
            // What a request must have is there, and the engine has seen to it.
            Expr::Request(member) => {
                let field = self.operation.and_then(|o| o.request.fields.get(member.at()));
                field.is_none_or(|field| !field.required || field.nullable)
            }
            Expr::Concat(parts) => parts.iter().any(|part| self.may_be_null(part)),
            Expr::Let(index) => self.bundle.lets.get(index.at()).is_none_or(|value| self.may_be_null(&value.value)),
            Expr::If { then, otherwise, .. } => self.may_be_null(then) || self.may_be_null(otherwise),
            Expr::Function { function: Function::Must | Function::Size | Function::RecentYears, .. } => false,
            // An academic year of a request is one.
            Expr::Function { function: Function::StartYear, args } => {
                !args.iter().all(|arg| self.is_academic_year(arg))
            }
            Expr::Function { function: Function::Coalesce, args } => args.iter().all(|arg| self.may_be_null(arg)),
            Expr::Function { function: Function::String | Function::FormatDate | Function::Shift, args }
            | Expr::Function { function: Function::UpperAscii | Function::LowerAscii | Function::Trim, args } => {
                args.iter().any(|arg| self.may_be_null(arg))
            }
            _ => true,
        }
    }

    /// Whether it is a member of the request that holds an academic year, and must be there.
    fn is_academic_year(&self, expr: &Expr) -> bool {
        let Expr::Request(member) = expr else { return false };
        let field = self.operation.and_then(|o| o.request.fields.get(member.at()));
        field.is_some_and(|field| {
            field.required
                && !field.nullable
                && matches!(field.kind, Kind::Text { pattern: Some(Pattern::AcademicYear), .. })
        })
    }
}

/// `student.tax_code != null`
fn is_known(var: Var) -> Expr {
    Expr::Binary { op: BinaryOp::NotEqual, left: Box::new(Expr::Var(var)), right: Box::new(Expr::Null) }
}

/// Whether a condition has this one among those that must all hold.
fn asks_first(when: &Expr, known: &Expr) -> bool {
    match when {
        Expr::And(left, right) => asks_first(left, known) || asks_first(right, known),
        other => other == known,
    }
}

/// Whether a condition asks whether a value is there, or looks at it: then it is decided where it is null.
fn asks_of(when: &Expr, value: &Expr) -> bool {
    let mut found = when == value;
    when.children(&mut |child| found = found || asks_of(child, value));
    found
}
