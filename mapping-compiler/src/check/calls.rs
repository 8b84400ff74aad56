//! Calls.

use adapter_core::expr::{CallIndex, Expr};
use adapter_core::mapping::bundle::{Call as Lowered, Pages, PathPart};

use super::Check;
use super::cx::{Cx, Place};
use super::defs::State;
use super::reach::Mentioned;
use super::scope::{Binding, Scope};
use super::types::{Origin, Ty};
use crate::cel::{Part, Template};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Call, PagesChoice};
use crate::suggest;
use crate::yaml::{Scalar, Text};

impl Check<'_> {
    pub(super) fn lower_call(&mut self, id: usize, call: &Call) -> State {
        let Some(cx) = self.defs.get(id).map(|d| d.cx.clone()) else { return State::Failed };
        let Some(system) = self.system_of(call) else { return State::Failed };
        let mut cx = cx;
        if !call.given.is_empty() {
            let scope = Scope::inside(&cx.scope);
            for name in &call.given {
                if self.check_name(&scope, name) {
                    scope.bind(&name.text, Binding::Null, name.span);
                }
            }
            cx = cx.scoped(&scope);
        }
        let mut element = None;
        let mut each = None;
        if let Some(text) = &call.each {
            let (lowered, scope) = self.bind_loop(text, &cx);
            element = Some(self.bound_type(&scope, lowered.slot));
            each = Some(lowered);
            cx = cx.scoped(&scope);
        }
        let when = call.when.as_ref().map(|text| self.condition(text, &cx));
        let path = self.path(&call.path, &cx);
        let query = self.query(&call.query, &cx);
        let headers = self.headers(&call.headers, &cx);
        let body = call.body.as_ref().map(|node| {
            let (expr, ty) = self.body_tree(node, &cx);
            self.keep_whole(&ty);
            expr
        });
        let pages = self.pages(call, system, &cx);
        let failures = self.failures(&call.failures, &cx, Origin::CallBody(id));
        let mut ty = Ty::Dyn(vec![Origin::Call(id)]);
        let take = call.take.as_ref().map(|text| {
            let (expr, taken) = self.bare(text, &cx.at(Place::Answer(Origin::CallBody(id))));
            if !matches!(taken, Ty::Dyn(_) | Ty::Unknown | Ty::Null) {
                // The loop's results stand together in one list.
                ty = if call.each.is_some() { Ty::List(Box::new(taken)) } else { taken };
            }
            let mut mentioned = Mentioned::default();
            mentioned.add(&expr);
            if !mentioned.calls.is_empty() || !mentioned.lets.is_empty() {
                let message = "`take` looks at the answer alone; it cannot mention calls or values.";
                self.error(Code::NamePlace, text.span, message);
            }
            expr
        });
        let mut mentioned = Mentioned::default();
        each.iter().for_each(|l| mentioned.add(&l.list));
        when.iter().chain(&body).for_each(|e| mentioned.add(e));
        query.iter().chain(&headers).for_each(|(_, e)| mentioned.add(e));
        for part in &path {
            if let PathPart::Value(expr) = part {
                mentioned.add(expr);
            }
        }
        if let Pages::Many(paging) = &pages {
            paging.query.iter().for_each(|(_, e)| mentioned.add(e));
        }
        self.through_lets(&mut mentioned);
        self.check_cache(call, &mentioned);
        if let Some(span) = call.if_failed {
            self.note(span, "`if_failed`");
        }
        let lowered = Lowered {
            name: call.name.text.clone(),
            system: u16::try_from(system).unwrap_or(u16::MAX),
            needs: mentioned.calls.into_iter().collect(),
            each,
            when,
            method: call.method,
            path,
            query,
            headers,
            body,
            pages,
            take,
            failures,
            deep: false,
            null_if_failed: call.if_failed.is_some(),
        };
        for expr in lowered.body.iter().chain(&lowered.when).chain(&lowered.take) {
            self.check_nesting(expr, call.name.span);
        }
        for (_, expr) in lowered.query.iter().chain(&lowered.headers) {
            self.check_nesting(expr, call.name.span);
        }
        let Ok(index) = CallIndex::try_from(self.bundle.calls.len()) else { return State::Failed };
        self.bundle.calls.push(lowered);
        State::Call { index, ty, element }
    }

    fn bound_type(&self, scope: &Scope, slot: adapter_core::expr::Slot) -> Ty {
        // The loop's own scope holds its variable and nothing else.
        let names = scope.visible();
        names
            .iter()
            .find_map(|name| match scope.find(name) {
                Some((Binding::Local(bound, ty), _)) if bound == slot => Some(ty),
                _ => None,
            })
            .unwrap_or(Ty::Unknown)
    }

    fn system_of(&mut self, call: &Call) -> Option<usize> {
        let systems = &self.mapping.systems;
        let names: Vec<&str> = systems.iter().map(|s| s.name.text.as_str()).collect();
        match &call.system {
            Some(written) => {
                let found = names.iter().position(|n| *n == written.text);
                if found.is_none() {
                    let message = format!("There is no system `{}`.", written.text);
                    let help = suggest::help(&written.text, names);
                    self.report.push(Diagnostic::new(Code::NameUnknown, written.span, message).maybe_help(help));
                }
                found
            }
            None if systems.len() == 1 => Some(0),
            None => {
                if !systems.is_empty() {
                    let message = format!("The call `{}` must say its `system`: there are several.", call.name.text);
                    self.error(Code::KeyMissing, call.name.span, message);
                }
                None
            }
        }
    }

    fn path(&mut self, scalar: &Scalar, cx: &Cx) -> Vec<PathPart> {
        let parts = match self.template(scalar) {
            None => return Vec::new(),
            Some(Template::Text(text)) => vec![Part::Text(text)],
            Some(Template::Whole(range)) => vec![Part::Expr(range)],
            Some(Template::Mixed(parts)) => parts,
        };
        let begins_right = matches!(parts.first(), Some(Part::Text(text)) if text.starts_with('/'));
        let mut wrong = (!begins_right).then_some("A path begins with `/`.");
        let mut lowered = Vec::with_capacity(parts.len());
        let mut skeleton = String::new();
        for part in &parts {
            match part {
                Part::Text(text) => {
                    if text.contains(['?', '#']) {
                        wrong = Some("A path has no query; parameters stand under `query`.");
                    } else if text.contains(|c: char| c.is_whitespace() || c.is_control() || !c.is_ascii()) {
                        wrong = Some("A path is ASCII without blanks; percent-encode the rest.");
                    }
                    skeleton.push_str(text);
                    lowered.push(PathPart::Text(text.clone()));
                }
                Part::Expr(range) => {
                    let (expr, ty) = self.part(scalar, range, cx);
                    if matches!(ty, Ty::Bool) || !ty.is_scalar() {
                        let message = format!("A path is made of texts and numbers; this is {}.", ty.name());
                        self.error(Code::TypeMismatch, scalar.place(range.start, range.end), message);
                    }
                    skeleton.push('x');
                    self.check_nesting(&expr, scalar.span);
                    lowered.push(PathPart::Value(expr));
                }
            }
        }
        if skeleton.split('/').any(|s| s == "." || s == "..") {
            wrong = Some("A path has no segments `.` and `..`.");
        }
        if let Some(message) = wrong {
            self.error(Code::CallPath, scalar.span, message);
        }
        lowered
    }

    pub(super) fn query(&mut self, query: &[(Text, Scalar)], cx: &Cx) -> Vec<(String, Expr)> {
        let mut lowered = Vec::with_capacity(query.len());
        for (name, value) in query {
            let (expr, ty) = self.leaf(value, cx);
            let scalars = match &ty {
                Ty::List(element) => element.is_scalar(),
                other => other.is_scalar(),
            };
            if !scalars {
                let message = format!("A query parameter is a scalar or a list of scalars; this is {}.", ty.name());
                self.error(Code::TypeMismatch, value.span, message);
            }
            lowered.push((name.text.clone(), expr));
        }
        lowered
    }

    fn pages(&mut self, call: &Call, system: usize, cx: &Cx) -> Pages {
        let mapping = self.mapping;
        let block = mapping.systems.get(system).and_then(|s| s.pages.as_ref());
        match &call.pages {
            None => Pages::Unstated { cut: block.and_then(|b| b.cut) },
            Some((_, PagesChoice::None)) => Pages::One,
            Some((_, PagesChoice::Own(own))) => self.many(own, call, cx),
            Some((span, PagesChoice::System)) => match block {
                Some(block) => self.many(block, call, cx),
                None => {
                    let message = "The system says nothing about paging.";
                    let help = "Give the system a `pages` block, or this call one of its own.";
                    self.report.push(Diagnostic::new(Code::CallPages, *span, message).help(help));
                    Pages::One
                }
            },
        }
    }

    fn many(&mut self, block: &crate::model::PageBlock, call: &Call, cx: &Cx) -> Pages {
        for (name, _) in &block.query {
            if let Some((own, _)) = call.query.iter().find(|(own, _)| own.text == name.text) {
                let message = format!("The parameter `{}` is the paging's already.", own.text);
                let diagnostic = Diagnostic::new(Code::CallPages, own.span, message);
                self.report.push(diagnostic.also(name.span, "set here for every page"));
            }
        }
        Pages::Many(self.paging(block, cx))
    }

    /// An answer may be kept for others only if nobody's data decided it (mapping-language §8.11).
    fn check_cache(&mut self, call: &Call, mentioned: &Mentioned) {
        let Some(cache) = call.cache else { return };
        if cache.ms == 0 {
            self.error(Code::ValueRange, cache.span, "`cache` must be longer than nothing.");
        }
        let personal_call = self.closure(&mentioned.calls).into_iter().find(|index| {
            let call = self.bundle.calls.get(usize::from(*index));
            call.is_some_and(|c| self.is_personal(c))
        });
        if mentioned.personal || personal_call.is_some() {
            let message = "The request of this call depends on the student; its answer must not be kept for others.";
            let through = personal_call.and_then(|i| self.bundle.calls.get(usize::from(i))).map(|c| c.name.clone());
            let help = through.map(|name| format!("It depends through the call `{name}`."));
            self.report.push(Diagnostic::new(Code::CallCache, cache.span, message).maybe_help(help));
        }
    }

    fn is_personal(&self, call: &Lowered) -> bool {
        let mut mentioned = Mentioned::default();
        call.each.iter().for_each(|l| mentioned.add(&l.list));
        call.when.iter().chain(&call.body).for_each(|e| mentioned.add(e));
        call.query.iter().chain(&call.headers).for_each(|(_, e)| mentioned.add(e));
        for part in &call.path {
            if let PathPart::Value(expr) = part {
                mentioned.add(expr);
            }
        }
        self.through_lets(&mut mentioned);
        mentioned.personal
    }

    /// Marks the calls whose answers must be kept whole.
    pub(super) fn finish_calls(&mut self) {
        let whole: Vec<CallIndex> = self
            .deep_calls
            .iter()
            .filter_map(|id| match self.defs.get(*id)?.state {
                State::Call { index, .. } => Some(index),
                _ => None,
            })
            .collect();
        for (index, call) in self.bundle.calls.iter_mut().enumerate() {
            let by_call = whole.iter().any(|w| usize::from(*w) == index);
            call.deep = by_call || self.deep_systems.iter().any(|s| *s == usize::from(call.system));
        }
    }
}
