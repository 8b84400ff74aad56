//! What a consumer is told of a change: that it was refused only where the system has said so, and in words that somebody
//! has chosen.

use std::collections::BTreeMap;

use adapter_core::bundle::{BinaryOp, Expr, FailureKind, Function, Var};

use super::Check;
use super::cx::Cx;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::yaml::Scalar;

/// Most characters of what the consumer is told (IFS04, IFS05).
const MOST_TOLD: usize = 256;

/// The member of an answer that is words.
const WORDS: &str = "message";

impl Check<'_> {
    /// A rule that calls a change refused must hold by what an answer has, never by what it lacks: what is missing is
    /// missing in every answer that nobody has foreseen, and the change may have been made.
    pub(super) fn refusal_has_a_sign(&mut self, when: &Expr, is: FailureKind, span: Span) {
        if is != FailureKind::Refused || self.is_sign(when) {
            return;
        }
        let message = "This holds of answers that nobody has foreseen too: of a change that was perhaps made the consumer \
                       would be told that it was refused.";
        let help = "Say what a refusal is, not what it is not: `status == 409`, `body.code in ['E02', 'E05']`.";
        self.report.push(Diagnostic::new(Code::WriteSign, span, message).help(help));
    }

    /// Whether a condition holds only where something is there.
    fn is_sign(&self, when: &Expr) -> bool {
        match when {
            Expr::Binary { op: BinaryOp::Equal, left, right } => {
                !matches!((&**left, &**right), (Expr::Null, _) | (_, Expr::Null))
            }
            // There is something; which it is may be said beside it.
            Expr::Binary { op: BinaryOp::NotEqual, left, right } => {
                matches!((&**left, &**right), (Expr::Null, _) | (_, Expr::Null))
            }
            Expr::Binary { op: BinaryOp::In, .. } | Expr::Has { .. } | Expr::Match { extract: false, .. } => true,
            // A status that is great is a system that is down, too.
            Expr::Binary { left, right, .. } => {
                !matches!(**left, Expr::Var(Var::AnswerStatus)) && !matches!(**right, Expr::Var(Var::AnswerStatus))
            }
            Expr::And(left, right) => self.is_sign(left) || self.is_sign(right),
            Expr::Or(left, right) => self.is_sign(left) && self.is_sign(right),
            Expr::If { then, otherwise, .. } => self.is_sign(then) && self.is_sign(otherwise),
            Expr::Let(index) => self.bundle.lets.get(index.at()).is_some_and(|l| self.is_sign(&l.value)),
            Expr::Null | Expr::Bool(_) | Expr::Not(_) | Expr::Var(_) => false,
            _ => true,
        }
    }

    /// What the consumer is told of a refused change.
    pub(super) fn told(&mut self, text: &Scalar, cx: &Cx) -> Expr {
        let (expr, ty) = self.leaf(text, cx);
        self.must_be_plain(&ty, text);
        self.may_be_told(&expr, text.span);
        expr
    }

    /// What an answer says in words, of a change or of what has become of one; `places` are those of its members.
    pub(super) fn words_told(&mut self, answer: &Expr, places: &BTreeMap<String, Span>) {
        let mut all: Vec<(String, Expr)> = Vec::new();
        self.words_in(answer, "", &mut all);
        for (path, expr) in all {
            if let Some(at) = places.get(&path) {
                self.may_be_told(&expr, *at);
            }
        }
    }

    fn words_in(&self, answer: &Expr, path: &str, out: &mut Vec<(String, Expr)>) {
        match answer {
            Expr::Record(members) => {
                for (name, value) in members {
                    let name = self.bundle.names.get(usize::try_from(*name).unwrap_or(usize::MAX));
                    let Some(name) = name.map(|name| name.text.as_str()) else { continue };
                    let path = format!("{path}/{name}");
                    if name == WORDS {
                        out.push((path, value.clone()));
                    } else {
                        self.words_in(value, &path, out);
                    }
                }
            }
            Expr::Block(block) => self.words_in(&block.each, &format!("{path}/*"), out),
            Expr::With { body, .. } => self.words_in(body, path, out),
            _ => {}
        }
    }

    fn may_be_told(&mut self, expr: &Expr, at: Span) {
        let long = match expr {
            Expr::Text(id) => self.bundle.texts.get(id.at()).is_some_and(|t| t.chars().count() > MOST_TOLD),
            _ => false,
        };
        let message = if long {
            "A message has at most 256 characters."
        } else if self.leaks(expr) {
            "A text of the system, or of the request, would be told to the consumer as it comes."
        } else {
            return;
        };
        let help = "A message is fixed text, or a table's: `${refusal(body.code)}`. A text of the system that may be told is \
                    cut: `${body.reason.cut(200)}`.";
        self.report.push(Diagnostic::new(Code::WriteMessage, at, message).help(help));
    }

    /// Whether a value may be anything that a system, or the consumer, has written.
    fn leaks(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Null | Expr::Bool(_) | Expr::Int(_) | Expr::Dec { .. } | Expr::Text(_) => false,
            Expr::Var(Var::InstituteCode | Var::Today | Var::FileStatus) | Expr::Table { .. } => false,
            // A row's column is the table's.
            Expr::Member { of, .. } => !matches!(**of, Expr::Table { .. }),
            // Cutting marks that the author has looked at what comes.
            Expr::Function { function: Function::Cut, .. } => false,
            Expr::Function { function: Function::Coalesce, args } => args.iter().any(|a| self.leaks(a)),
            Expr::Concat(parts) => parts.iter().any(|p| self.leaks(p)),
            Expr::If { then, otherwise, .. } => self.leaks(then) || self.leaks(otherwise),
            Expr::Let(index) => self.bundle.lets.get(index.at()).is_some_and(|l| self.leaks(&l.value)),
            _ => true,
        }
    }
}
