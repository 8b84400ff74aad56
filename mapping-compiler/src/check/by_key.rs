//! `student.by_key`: how the tax code is found of a student who is asked for by key.

use std::collections::BTreeSet;
use std::rc::Rc;

use adapter_core::bundle::Recipe;
use adapter_core::bundle::{Expr, Var};

use super::cx::Cx;
use super::names::{KEY, STUDENT};
use super::reach::{self, Mentioned};
use super::scope::Scope;
use super::types::Ty;
use super::{Check, Mention, Mentions};
use crate::diagnostic::{Code, Diagnostic};

impl Check<'_> {
    /// Lowers the call; none if the mapping has none. `file` is where it stands: what is known of a student comes after it.
    pub(super) fn by_key(&mut self, file: &Rc<Scope>) -> Option<Recipe> {
        let call = self.mapping.student.as_ref()?.by_key.as_ref()?;
        self.mentions.push(Mentions::default());
        let lowered = self.lone_call(call, &Cx::new(file));
        self.mentions.pop();
        let (index, ty) = lowered?;
        let mut mentioned = Mentioned::default();
        mentioned.calls.insert(index);
        let calls = self.closure(&BTreeSet::from([index]));
        let behind = self.mentions_behind(Vec::new(), &calls, &mut mentioned);
        let takes = self.bundle.calls.get(index.at()).map(|c| c.take.clone()).unwrap_or_default();
        let mut early = false;
        takes.iter().for_each(|take| reach::walk(take, &mut |e| early |= *e == Expr::Var(Var::StudentTaxCode)));
        let asks = behind.iter().any(|m| m.what == KEY);
        let (known, open): (Vec<Mention>, Vec<Mention>) =
            behind.into_iter().filter(|m| m.what != KEY).partition(|m| m.what == STUDENT);
        self.must_be_closed("`by_key`", open);
        let span = call.name.span;
        if let Some(at) = known.first().map(|m| m.span).or(early.then_some(span)) {
            let message = "`by_key` finds the tax code: it cannot depend on it.";
            self.report.push(Diagnostic::new(Code::StudentKey, at, message).help("Ask by `student.key`."));
        } else if !asks {
            let message = "`by_key` does not ask by `student.key`: it would give the same student whatever the key.";
            self.error(Code::StudentKey, span, message);
        }
        if !matches!(self.as_scalar(&ty), Ty::Text | Ty::Dyn(_) | Ty::Null | Ty::Unknown) {
            let message = format!("`by_key` gives the tax code, a text; this is {}.", ty.name());
            let at = call.take.as_ref().map_or(span, |t| t.span);
            let help = "`take` says where in the answer it is, for example take: body.taxCode.";
            self.report.push(Diagnostic::new(Code::StudentKey, at, message).help(help));
        }
        Some(Recipe { calls: calls.into_iter().collect(), guards: Vec::new(), person: None, answer: Expr::Call(index) })
    }
}
