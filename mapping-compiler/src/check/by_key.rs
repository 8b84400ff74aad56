//! `student.by_key` and `student.index`: how the tax code is found of a student who is asked for by key.

use std::collections::BTreeSet;
use std::rc::Rc;

use adapter_core::bundle::{Everybody, KeyIndex, Recipe, sha256_hex};
use adapter_core::bundle::{Expr, Var};
use adapter_core::contract;

use super::cx::Cx;
use super::names::{KEY, STUDENT};
use super::reach::{self, Mentioned};
use super::scope::Scope;
use super::types::Ty;
use super::{Check, Mention, Mentions};
use crate::diagnostic::{Code, Diagnostic};

impl Check<'_> {
    /// The index in which a student is found by key; none if the mapping has none. The walks have been lowered.
    pub(super) fn key_index(&mut self, file: &Rc<Scope>) -> Option<KeyIndex> {
        let student = self.mapping.student.as_ref()?;
        let index = student.index.as_ref()?;
        if let Some(call) = &student.by_key {
            let message = "`by_key` and `index` both find a student by key: one of them is enough.";
            let help = "Where the system can look a key up, it always knows who is new: `index: none` takes away what is extended.";
            let diagnostic = Diagnostic::new(Code::KeyConflict, index.span, message).help(help);
            self.report.push(diagnostic.also(call.name.span, "the call"));
            return None;
        }
        let (pace, fresh_ms) = (index.pace, index.fresh_ms);
        if let Some((list, written)) = &index.everybody {
            let feed = self.people(list, file)?;
            let digest = sha256_hex(["student.index\0", written.as_str()].concat().as_bytes());
            return Some(KeyIndex { pace, fresh_ms, everybody: Some(Everybody { digest, feed }) });
        }
        for asked in contract::operations().filter(|o| o.is_by_key() && self.bundle.operations.contains_key(o.name)) {
            let listed_by = contract::operations().find(|o| o.does.answer_of() == Some(asked.id));
            let Some(by) = listed_by.filter(|by| !self.bundle.walks.iter().any(|(id, _)| id == by.name)) else {
                continue;
            };
            let message = format!(
                "The index is made of what is listed: {} is asked by key, and the mapping lacks {}, which lists whom it \
                 answers for.",
                asked.name, by.name
            );
            let help = "`everybody` makes it of a list of its own, if there is one of all whom the system knows.";
            self.report.push(Diagnostic::new(Code::KeyMissing, index.span, message).help(help));
            return None;
        }
        Some(KeyIndex { pace, fresh_ms, everybody: None })
    }

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
