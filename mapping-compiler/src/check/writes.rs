//! Calls that change something in a system: one for an operation that writes, made last of all,
//! when every guard has been decided.

use std::collections::BTreeSet;
use std::rc::Rc;

use adapter_core::bundle::{CallIndex, Expr};
use adapter_core::bundle::{Change, FailureKind, Guard, Method, Recipe};
use adapter_core::contract::Does;

use super::Check;
use super::cx::Cx;
use super::defs::State;
use super::names::REF;
use super::reach::Mentioned;
use super::scope::Binding;
use super::used::Link;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Call, FailureText, OperationText, PagesChoice, Verb};
use crate::source::Span;

impl Check<'_> {
    /// Writes that stand where several operations, or none, would make them.
    pub(super) fn writes_in_place(&mut self) {
        let mapping = self.mapping;
        let student = mapping.student.as_ref().map(|s| s.calls.as_slice()).unwrap_or_default();
        let sessions = mapping.systems.iter().filter_map(|s| s.session.as_ref());
        let sessions = sessions.flat_map(|s| std::iter::once(&s.open).chain(&s.close));
        for call in mapping.calls.iter().chain(student).chain(sessions) {
            if let Some(at) = call.write {
                let message = "A write stands under `calls` of the one operation that makes it.";
                let help = "What several operations share is only read; a write can `use` a call of the file.";
                self.report.push(Diagnostic::new(Code::WritePlace, at, message).help(help));
            }
        }
    }

    /// The writes of an operation: one exactly, if it changes something. It is the change that is made.
    pub(super) fn writes(
        &mut self,
        text: &OperationText,
        does: Does,
        cx: &Cx,
        guards: &[(Guard, Span)],
    ) -> Option<Change> {
        let writes: Vec<&Rc<Call>> = text.calls.iter().filter(|c| c.write.is_some()).collect();
        if !does.writes() {
            for at in writes.iter().filter_map(|c| c.write) {
                let message = format!("{} only reads: nothing may be written for it.", text.id.text);
                self.error(Code::WritePlace, at, message);
            }
            if let Some(at) = text.reject_at {
                let message = format!("{} only reads: there is nothing to reject.", text.id.text);
                let help = "What is asked for and not known is `unknown`.";
                self.report.push(Diagnostic::new(Code::KeyConflict, at, message).help(help));
            }
            return None;
        }
        let [write, others @ ..] = writes.as_slice() else {
            let message = format!("{} changes something: one of its calls must be a `write`.", text.id.text);
            let help = "A call with `write: true` is made last, once, and never repeated.";
            self.report.push(Diagnostic::new(Code::WriteMissing, text.id.span, message).help(help));
            return None;
        };
        for other in others {
            let message =
                format!("{} has a second write: nobody could say what holds if one of two fails.", text.id.text);
            let at = other.write.unwrap_or(other.name.span);
            let diagnostic = Diagnostic::new(Code::WriteSeveral, at, message).also(write.name.span, "the first");
            self.report.push(diagnostic);
        }
        let Some((Binding::Def(id), _)) = cx.scope.find(&write.name.text) else { return None };
        let Some(State::Call { index, .. }) = self.demand(id, write.name.span) else { return None };
        for (guard, at) in guards {
            self.before_write(guard, *at, index, write.name.span);
        }
        let confirm = write.confirm.as_ref().and_then(|confirm| self.confirm(confirm, index, cx));
        self.in_time(index, confirm.as_ref(), write.name.span);
        Some(Change { call: index, confirm })
    }

    /// Calls that need what the write gives would be made after it, when nothing may go wrong any more.
    pub(super) fn after_write(&mut self, calls: &BTreeSet<CallIndex>, write: CallIndex) {
        let needs = |index: &CallIndex| *index != write && self.closure(&BTreeSet::from([*index])).contains(&write);
        let after: Vec<CallIndex> = calls.iter().copied().filter(needs).collect();
        for index in after {
            let Some(at) = self.spans.calls.get(&index).map(|spans| spans.name) else { continue };
            let message = "This call needs what the write gives: it would be made after it, and if it failed nobody could \
                           be told that the change was made.";
            let help = "What the write's answer lacks is read by its `confirm`, by `${ref}`.";
            self.report.push(Diagnostic::new(Code::WriteAfter, at, message).help(help));
        }
    }

    /// A write is not begun unless there is time for it, and for its `confirm`, whole.
    fn in_time(&mut self, write: CallIndex, confirm: Option<&Recipe>, at: Span) {
        let confirm = confirm.and_then(|recipe| recipe.calls.last().copied());
        let timeout = |index: CallIndex| {
            let call = self.bundle.calls.get(index.at())?;
            self.mapping.systems.get(call.system.at()).map(|system| u64::from(system.timeout_ms))
        };
        let needed = timeout(write).unwrap_or(0).saturating_add(confirm.and_then(timeout).unwrap_or(0));
        let deadline = self.bundle.limits.time(true);
        if needed >= deadline {
            let message = format!(
                "The write and its `confirm` may take {needed} ms, and a request is over after {deadline} ms: it would never \
                 be sent."
            );
            let help = "Give the system a shorter `timeout`, or the mapping a longer `limits.change_deadline`.";
            self.report.push(Diagnostic::new(Code::WriteTime, at, message).help(help));
        }
    }

    /// A guard is decided before the write is made: what it needs must not wait for the write.
    fn before_write(&mut self, guard: &Guard, at: Span, write: CallIndex, name: Span) {
        let needs: BTreeSet<CallIndex> = guard.needs.iter().copied().collect();
        if !self.closure(&needs).contains(&write) {
            return;
        }
        let behind = |index: &&CallIndex| self.closure(&BTreeSet::from([**index])).contains(&write);
        let through = needs.iter().filter(|n| **n != write).find(behind);
        let through = through.and_then(|index| self.bundle.calls.get(index.at()));
        let message = match through {
            Some(call) => format!("This is decided before the write, and needs what it gives through `{}`.", call.name),
            None => "This is decided before the write, and needs what it gives.".to_owned(),
        };
        let diagnostic = Diagnostic::new(Code::WriteGuard, at, message).also(name, "the write");
        self.report.push(diagnostic.help("A refusal after the write is a rule of its `failures`, with `is: refused`."));
    }

    /// The read that finds what a write has done whose outcome nobody knows.
    fn confirm(&mut self, confirm: &Rc<Call>, write: CallIndex, cx: &Cx) -> Option<Recipe> {
        let (index, _) = self.lone_call(confirm, cx)?;
        let mut mentioned = Mentioned::default();
        mentioned.calls.insert(index);
        let calls = self.closure(&BTreeSet::from([index]));
        let behind = self.mentions_behind(Vec::new(), &BTreeSet::from([index]), &mut mentioned);
        let method = self.bundle.calls.get(index.at()).map(|c| c.method);
        let message = if matches!(method, Some(Method::Put | Method::Delete)) {
            "`confirm` reads: it cannot be a `put` or a `delete`."
        } else if calls.contains(&write) {
            "`confirm` is made where nobody knows what the write gave: it cannot ask with that."
        } else if !behind.iter().any(|m| m.what == REF) {
            "`confirm` does not ask by `${ref}`: what it finds could be another change."
        } else {
            let calls = calls.into_iter().collect();
            return Some(Recipe { calls, guards: Vec::new(), person: None, answer: Expr::Call(index) });
        };
        let help = "`ref` is the same for the write and its `confirm`: send it with both.";
        self.report.push(Diagnostic::new(Code::WriteConfirm, confirm.name.span, message).help(help));
        None
    }

    /// What a call that writes may not have, its own and of the calls it uses; and what a call that reads may not.
    pub(super) fn write_keys(&mut self, call: &Call, links: &[Link], method: Method) {
        for used in links.iter().skip(1).filter(|l| l.call.write.is_some()) {
            let at = match &call.verb {
                Verb::Use { call, .. } => call.span,
                _ => call.name.span,
            };
            let message = format!("`{}` writes: no other call can be made as it.", used.call.name.text);
            let diagnostic = Diagnostic::new(Code::WritePlace, at, message).also(used.call.name.span, "the write");
            self.report.push(diagnostic.help("What both have in common is a call of its own, which they use."));
        }
        let Some(write) = call.write else {
            if let Some(confirm) = &call.confirm {
                let message = "`confirm` belongs to a write: a read is simply made again.";
                self.error(Code::WriteConfirm, confirm.name.span, message);
            }
            for rule in links.iter().flat_map(|l| &l.call.failures) {
                self.refused(rule);
            }
            return;
        };
        if method == Method::Get {
            let message = "A `get` changes nothing: caches and proxies may repeat it.";
            let help = "A write is a `post`, `put`, `delete` or `soap` call.";
            self.report.push(Diagnostic::new(Code::WriteMethod, write, message).help(help));
        }
        for link in links {
            let of = &link.call;
            let paged =
                of.pages.as_ref().filter(|(_, choice)| !matches!(choice, PagesChoice::None)).map(|(span, _)| *span);
            let keys = [
                ("for", of.each.as_ref().map(|e| e.span), "it is made once"),
                ("cache", of.cache.map(|c| c.span), "what was done before is not done again"),
                ("pages", paged, "it is made once"),
                ("if_failed", of.if_failed, "a change that failed was not made"),
            ];
            for (key, at, why) in keys {
                if let Some(at) = at {
                    let message = format!("A write has no `{key}`: {why}.");
                    self.report.push(Diagnostic::new(Code::WriteKeys, at, message).also(write, "the write"));
                }
            }
        }
    }

    /// `is: refused` is an answer to a write.
    pub(super) fn refused(&mut self, rule: &FailureText) {
        if rule.is == FailureKind::Refused {
            let message = "Only a change can be `refused`, and this call reads.";
            let help = "It is one of empty, unknown, expired, busy, down, broken, good; or the call is a write.";
            self.report.push(Diagnostic::new(Code::WriteRefused, rule.at, message).help(help));
        }
    }
}
