//! Probes: the calls that ask a system whether it is there.

use std::rc::Rc;

use adapter_core::bundle::{
    Call as Lowered, CallIndex, Decode, Encode, Expr, Failure, FailureKind, Method, Pages, PathPart, Probe, SystemIndex,
};

use super::cx::Cx;
use super::defs::{Def, State, What};
use super::names::ORDER;
use super::reach::Mentioned;
use super::scope::Scope;
use super::{Check, Mention, Mentions};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Call, ProbeBy, Session, System};
use crate::places::CallSpans;

impl Check<'_> {
    /// Lowers the probe of each system. They stand behind all that operations need, whose bundle they are part of.
    pub(super) fn probes(&mut self, file: &Rc<Scope>) {
        let mapping = self.mapping;
        for (index, system) in mapping.systems.iter().enumerate() {
            let call = match (&system.probe.by, &system.session) {
                (ProbeBy::Nothing, _) => continue,
                (ProbeBy::Default, Some(session)) => {
                    self.many_logins(system, session);
                    None
                }
                (ProbeBy::Default, None) => self.default_probe(index, system),
                (ProbeBy::Call(call), _) => match self.written_probe(index, call, file) {
                    Some(call) => Some(call),
                    // It has been said why.
                    None => continue,
                },
            };
            if let Some(lowered) = self.bundle.systems.get_mut(index) {
                lowered.probe = Some(Probe { call, every_ms: system.probe.every_ms });
            }
        }
    }

    /// A `get` of the system's base, to which any answer will do.
    fn default_probe(&mut self, index: usize, system: &System) -> Option<CallIndex> {
        let call = Lowered {
            name: format!("{}.probe", system.name.text),
            system: SystemIndex::try_from(index).ok()?,
            needs: Vec::new(),
            each: None,
            when: None,
            binds: Vec::new(),
            method: Method::Get,
            soap: None,
            path: if system.base.is_empty() { vec![PathPart::Text("/".to_owned())] } else { Vec::new() },
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
            encode: Encode::Json,
            decode: Decode::Text,
            csv: None,
            charset: None,
            roots: Vec::new(),
            like: None,
            returns: None,
            pages: Pages::One,
            take: Vec::new(),
            failures: vec![Failure { when: Expr::Bool(true), is: FailureKind::Empty, message: None }],
            deep: false,
            session: false,
            cache_ms: None,
            null_if_failed: false,
        };
        let at = CallIndex::try_from(self.bundle.calls.len()).ok()?;
        let spans = CallSpans { name: system.name.span, failures: vec![system.name.span], when: None, take: None };
        self.spans.calls.insert(at, spans);
        self.bundle.calls.push(call);
        Some(at)
    }

    /// A call that is written. It is made between requests: nothing of one is there.
    fn written_probe(&mut self, system: usize, call: &Rc<Call>, file: &Rc<Scope>) -> Option<CallIndex> {
        let id = self.defs.len();
        self.defs.push(Def {
            name: call.name.clone(),
            what: What::Call(Rc::clone(call)),
            cx: Cx::new(file),
            state: State::Fresh,
            per_operation: std::collections::BTreeMap::new(),
            used: true,
        });
        self.probe_calls.insert(id, system);
        self.mentions.push(Mentions::default());
        let lowered = self.demand(id, call.name.span);
        self.mentions.pop();
        let Some(State::Call { index, .. }) = lowered else { return None };
        let lowered = self.bundle.calls.get_mut(index.at())?;
        // A call that it is made as may be paged; here the first page is enough.
        lowered.pages = Pages::One;
        let lowered = lowered.clone();
        let mut mentioned = Mentioned::default();
        mentioned.add_call(&lowered);
        lowered.take.iter().chain(lowered.failures.iter().map(|rule| &rule.when)).for_each(|e| mentioned.add(e));
        let behind = self.mentions_behind(Vec::new(), &[index].into(), &mut mentioned);
        self.stands_alone(system, call, &lowered, &mentioned, behind);
        Some(index)
    }

    /// Says what a probe may not depend on.
    fn stands_alone(
        &mut self,
        system: usize,
        call: &Call,
        lowered: &Lowered,
        mentioned: &Mentioned,
        behind: Vec<Mention>,
    ) {
        let span = call.name.span;
        let help = "It may mention `settings`, `institute`, `secret`, `session` and `today`.";
        let mut refuse = |at, message: String| {
            self.report.push(Diagnostic::new(Code::ProbeAlone, at, message).help(help));
        };
        for Mention { span, what } in behind.iter().filter(|m| !matches!(m.what, "`now`" | "`if_failed`" | ORDER)) {
            refuse(*span, format!("A probe is made between requests, for nobody: there is no {what}."));
        }
        if lowered.system.at() != system {
            refuse(span, "The call that this probe is made as asks another system.".to_owned());
        }
        if !mentioned.calls.is_empty() {
            refuse(span, "A probe is one call: it cannot wait for others.".to_owned());
        }
        if lowered.each.is_some() {
            refuse(span, "A probe is made once: the call it is made as runs over a list.".to_owned());
        }
        if lowered.when.is_some() {
            refuse(span, "A probe is always made: the call it is made as has a `when`.".to_owned());
        }
        if matches!(lowered.method, Method::Put | Method::Delete) {
            refuse(span, "A probe changes nothing: it cannot be a `put` or a `delete`.".to_owned());
        }
        let session = self.mapping.systems.get(lowered.system.at()).and_then(|s| s.session.as_ref());
        if lowered.session && session.is_some_and(|s| s.next.is_some()) {
            let message = "The session of this system changes with every answer: a probe has none to ask in.";
            let help = "Without `probe` its login asks; or ask without `session`.";
            self.report.push(Diagnostic::new(Code::ProbeAlone, span, message).help(help));
        }
    }

    /// A login in each period leaves many sessions where nobody closes them.
    fn many_logins(&mut self, system: &System, session: &Session) {
        let every = system.probe.every_ms;
        let renewed = (session.lasts_ms / 4).saturating_mul(3);
        if session.close.is_some() || (session.next.is_none() && renewed <= every) {
            return;
        }
        let seconds = every / 1_000;
        let message = format!(
            "The login asks whether `{}` is there, so there is one every {seconds} s, and no `close` ends the sessions.",
            system.name.text
        );
        let help = "Add `close`, or a `probe` that asks by another call.";
        self.report.push(Diagnostic::new(Code::ProbeLogins, session.open.name.span, message).help(help));
    }
}
