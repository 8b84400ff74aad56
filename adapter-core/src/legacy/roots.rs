//! Whether an answer is the one that a call reads: the root of an XML document, the element in a SOAP answer's body.
//!
//! What is well-formed may still be another thing: a page of a login in XHTML, a service's own element for errors, a body
//! with nothing in it. Reading it as if it were the answer finds none of the answer's members, and that would mean that
//! there is nobody.

use crate::bundle::{BinaryOp, Call, Expr, Var};
use crate::eval::memory::{AnswerVars, Eval, Understood};
use crate::eval::nodes::local;
use crate::value::Value;

/// Whether an answer that was read is none of those that the call reads. An answer without content (204) has no root, and
/// says by its status that there is nothing.
pub(super) fn is_other(eval: &Eval<'_>, call: &Call, vars: AnswerVars) -> bool {
    let is_read = call.roots.is_empty() || call.roots.iter().any(|known| vars.root.is(&eval.memory.arena, known));
    !vars.fault.is_null() || (!is_read && !vars.body.is_null())
}

/// Whether a failure rule names what came in place of the answer: the root by `root` and its name, a fault by `fault`, an
/// XML document's root as the member of `body` that it is, a CSV table by one of its columns that only rules read, a body
/// with nothing in it by `body == null` or `root == null`.
pub(super) fn names(eval: &Eval<'_>, call: &Call, when: &Expr, vars: AnswerVars) -> bool {
    let asked = Asked { eval, vars, root: name(eval, vars), soap: call.soap.is_some() };
    match vars.understood {
        Understood::Whole => true,
        Understood::Nothing => false,
        Understood::Empty => asked.names_nothing(when),
        Understood::Other => match (&call.csv, asked.root) {
            (Some(form), _) => any(when, &|expr| match expr {
                Expr::Member { name, .. } | Expr::Has { name, .. } => form.failing.contains(name),
                _ => false,
            }),
            (None, None) => asked.names_nothing(when),
            (None, Some(_)) => asked.names_other(when),
        },
    }
}

/// The local name of what came.
fn name<'e>(eval: &'e Eval<'_>, vars: AnswerVars) -> Option<&'e str> {
    match vars.root.name {
        Value::Text(root) => Some(eval.memory.arena.text(root)),
        _ => None,
    }
}

/// What came, and who asks.
struct Asked<'e, 'm> {
    eval: &'e Eval<'m>,
    vars: AnswerVars,
    root: Option<&'e str>,
    soap: bool,
}

impl Asked<'_, '_> {
    fn names_nothing(&self, expr: &Expr) -> bool {
        let is = |expr: &Expr, var: Var| matches!(expr, Expr::Var(known) if *known == var);
        any(expr, &|expr| match expr {
            Expr::Binary { op: BinaryOp::Equal, left, right } => {
                let of = |var| {
                    is(left, var) && matches!(**right, Expr::Null) || is(right, var) && matches!(**left, Expr::Null)
                };
                of(Var::AnswerBody) || of(Var::AnswerRoot)
            }
            _ => false,
        })
    }

    fn names_other(&self, expr: &Expr) -> bool {
        let by_root =
            any(expr, &|expr| matches!(expr, Expr::Var(Var::AnswerRoot))) && any(expr, &|expr| self.says(expr));
        let fault = !self.vars.fault.is_null();
        by_root
            || any(expr, &|expr| match expr {
                Expr::Var(Var::AnswerFault) => fault,
                Expr::Member { of, name } | Expr::Has { of, name } if matches!(**of, Expr::Var(Var::AnswerBody)) => {
                    let name = self.eval.memory.arena.names().get(*name);
                    !self.soap && Some(local(name)) == self.root
                }
                _ => false,
            })
    }

    /// Whether it is the root's name, as a text.
    fn says(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Text(id) => Some(self.eval.memory.arena.text(self.eval.plan.text(*id))) == self.root,
            _ => false,
        }
    }
}

/// Whether something holds for an expression or for one inside it.
fn any(expr: &Expr, holds: &dyn Fn(&Expr) -> bool) -> bool {
    let mut found = holds(expr);
    expr.children(&mut |child| found = found || any(child, holds));
    found
}
