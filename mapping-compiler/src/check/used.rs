//! `use`: a call that is made as another, with values for its names.

use std::rc::Rc;

use adapter_core::bundle::{Expr, Slot};

use super::Check;
use super::cx::Cx;
use super::defs::What;
use super::scope::{Binding, Scope};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Call, Verb};
use crate::suggest;
use crate::yaml::{Node, Scalar, Text};

/// Most calls that use one another in a row.
const MAX_CHAIN: usize = 8;

/// A call of a chain of uses, with what its names mean there.
pub(super) struct Link {
    pub call: Rc<Call>,
    pub cx: Cx,
}

impl Check<'_> {
    /// The calls behind a call, itself first: each uses the next, the last one asks. None if that is broken.
    pub(super) fn chain(&mut self, id: usize, call: &Rc<Call>) -> Option<Vec<(usize, Rc<Call>)>> {
        let mut chain = vec![(id, Rc::clone(call))];
        loop {
            let (last, call) = chain.last().map(|(id, call)| (*id, Rc::clone(call)))?;
            let Verb::Use { call: name, .. } = &call.verb else { return Some(chain) };
            let used = self.used_call(last, name)?;
            if chain.iter().any(|(id, _)| *id == used.0) {
                let message = format!("`{}` is made as itself.", name.text);
                let at = used.1.name.span;
                self.report.push(Diagnostic::new(Code::NameCycle, name.span, message).also(at, "defined here"));
                return None;
            }
            if chain.len() >= MAX_CHAIN {
                let message = format!("More than {MAX_CHAIN} calls use one another in a row.");
                self.error(Code::ExprSize, name.span, message);
                return None;
            }
            if let Some(each) = &used.1.each {
                let message =
                    format!("`{}` runs over a list of its own; it cannot be used by another call.", name.text);
                let diagnostic = Diagnostic::new(Code::KeyConflict, name.span, message).also(each.span, "its loop");
                self.report.push(diagnostic.help("Take the loop away there, and write it at the calls that use it."));
                return None;
            }
            chain.push(used);
        }
    }

    fn used_call(&mut self, user: usize, name: &Scalar) -> Option<(usize, Rc<Call>)> {
        let scope = self.defs.get(user).map(|d| Rc::clone(&d.cx.scope))?;
        if let Some((Binding::Def(id), first)) = scope.find(&name.text) {
            let def = self.defs.get_mut(id)?;
            def.used = true;
            match &def.what {
                What::Call(call) => return Some((id, Rc::clone(call))),
                What::Broken => return None,
                _ => {
                    let message = format!("`{}` is not a call.", name.text);
                    let diagnostic = Diagnostic::new(Code::NameUnknown, name.span, message);
                    self.report.push(diagnostic.also(first, "defined here"));
                    return None;
                }
            }
        }
        let is_call = |word: &String| match scope.find(word) {
            Some((Binding::Def(id), _)) => matches!(self.defs.get(id).map(|d| &d.what), Some(What::Call(_))),
            _ => false,
        };
        let calls: Vec<String> = scope.visible().into_iter().filter(is_call).collect();
        let message = format!("There is no call `{}` here.", name.text);
        let help = suggest::help(&name.text, calls.iter().map(String::as_str));
        self.report.push(Diagnostic::new(Code::NameUnknown, name.span, message).maybe_help(help));
        None
    }

    /// What the names of each call of a chain mean, and the variables that must be bound for it. `cx` is that of the
    /// first, its loop's variable included.
    pub(super) fn links(&mut self, chain: &[(usize, Rc<Call>)], cx: Cx) -> (Vec<Link>, Vec<(Slot, Expr)>) {
        let mut binds = Vec::new();
        let mut links: Vec<Link> = Vec::with_capacity(chain.len());
        let mut next = cx;
        for (place, (_, call)) in chain.iter().enumerate() {
            let cx = next.clone();
            if let Verb::Use { call: name, with } = &call.verb
                && let Some((used, target)) = chain.get(place.saturating_add(1))
                && let Some(outer) = self.defs.get(*used).map(|d| d.cx.clone())
            {
                next = self.passed(name, with, target, &outer, &cx, &mut binds);
            }
            links.push(Link { call: Rc::clone(call), cx });
        }
        (links, binds)
    }

    /// The names a call's `given` lists; those that nobody passes are null.
    pub(super) fn given(&mut self, given: &[Text], cx: &Cx) -> Cx {
        if given.is_empty() {
            return cx.clone();
        }
        let scope = Scope::inside(&cx.scope);
        for name in given {
            if self.check_name(&scope, name) {
                scope.bind(&name.text, Binding::Null, name.span);
            }
        }
        cx.scoped(&scope)
    }

    fn passed(
        &mut self,
        used: &Scalar,
        with: &[(Text, Node)],
        target: &Call,
        outer: &Cx,
        cx: &Cx,
        binds: &mut Vec<(Slot, Expr)>,
    ) -> Cx {
        let inside = self.given(&target.given, outer);
        for (name, node) in with {
            let (value, ty) = self.body_tree(node, cx);
            self.check_nesting(&value, name.span);
            if !target.given.iter().any(|g| g.text == name.text) {
                let message = format!("The call `{}` is not given `{}`.", used.text, name.text);
                let names: Vec<&str> = target.given.iter().map(|g| g.text.as_str()).collect();
                let help = suggest::help(&name.text, names.iter().copied()).unwrap_or_else(|| {
                    if names.is_empty() {
                        "It has no `given`.".to_owned()
                    } else {
                        format!("It is given {}.", names.join(", "))
                    }
                });
                let diagnostic = Diagnostic::new(Code::NameUnknown, name.span, message);
                self.report.push(diagnostic.also(target.name.span, "defined here").help(help));
                continue;
            }
            let slot = self.slot(&name.text, name.span);
            inside.scope.bind(&name.text, Binding::Local(slot, ty), name.span);
            binds.push((slot, value));
        }
        inside
    }
}
