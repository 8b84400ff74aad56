//! Calls.

use std::rc::Rc;

use adapter_core::bundle::{
    Call as Lowered, Csv, Decode, Encode, Failure, FailureKind, Method, PathPart, SoapCall, SystemIndex,
};
use adapter_core::bundle::{CallIndex, Expr};

use super::Check;
use super::cx::{Answer, Audit, Cx, Place, Site};
use super::defs::State;
use super::pages::Paged;
use super::reach::Mentioned;
use super::scope::{Binding, Scope};
use super::types::{Origin, Ty};
use super::used::Link;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Call, Verb};
use crate::places::CallSpans;
use crate::suggest;

/// How a call asks, and where.
struct Asked {
    method: Method,
    soap: Option<SoapCall>,
    path: Vec<PathPart>,
}

impl Check<'_> {
    pub(super) fn lower_call(&mut self, id: usize, call: &Rc<Call>) -> State {
        self.try_call(id, call).unwrap_or(State::Failed)
    }

    fn try_call(&mut self, id: usize, call: &Rc<Call>) -> Option<State> {
        let cx = self.defs.get(id).map(|d| d.cx.clone())?;
        let chain = self.chain(id, call)?;
        let (_, asking) = chain.last().cloned()?;
        let role = self.session_calls.get(&id).copied();
        let probed = self.probe_calls.get(&id).copied();
        let probed_here = probed.filter(|_| asking.system.is_none());
        let system = match role.map(|(system, _)| system).or(probed_here) {
            Some(system) => system,
            None => self.system_of(&asking)?,
        };
        let has_session = self.mapping.systems.get(system).is_some_and(|s| s.session.is_some());
        let opens = role.is_some_and(|(_, closes)| !closes);
        let caller = match role {
            Some(_) => Audit::Session,
            None if probed.is_some() => Audit::Probe,
            None if chain.iter().any(|(_, call)| call.cache.is_some()) => Audit::Kept,
            None => Audit::Told,
        };
        let site = Site { system, session: has_session && !opens, secret: true, page: false, caller };

        let mut cx = self.given(&call.given, &cx);
        let (mut each, mut element) = (None, None);
        if let Some(text) = &call.each {
            let (lowered, scope) = self.bind_loop(text, &cx);
            element = Some(self.bound_type(&scope, lowered.slot));
            each = Some(lowered);
            cx = cx.scoped(&scope);
        }
        let (links, binds) = self.links(&chain, cx);
        let asking_cx = links.last().map(|l| l.cx.clone())?;
        let mut when = None;
        for link in &links {
            let Some(text) = &link.call.when else { continue };
            let condition = self.condition(text, &link.cx);
            when = Some(match when {
                Some(other) => Expr::And(Box::new(other), Box::new(condition)),
                None => condition,
            });
        }
        let path = Site { caller: if caller == Audit::Told { Audit::Path } else { caller }, ..site };
        let asked = self.asked(&asking, system, &asking_cx.at(Place::Request(path)))?;
        self.write_keys(call, &links, asked.method);
        let is_soap = asked.soap.is_some();
        let request = asking_cx.at(Place::Request(site));
        let query = self.query(&asking.query, &request);
        let headers = self.headers(&asking.headers, &request);
        let encode = asking.encode.unwrap_or(Encode::Json);
        let body = asking.body.as_ref().map(|node| self.body(node, encode, is_soap, &request));
        let decode = asking.decode.unwrap_or(if is_soap { Decode::Xml } else { Decode::Json });
        let soap_answer = is_soap && decode == Decode::Xml;
        if let (Some(soap), true) = (&asked.soap, soap_answer) {
            self.documents.roots.operation(id, &soap.operation);
        }
        let roots = asking.roots.iter().map(|name| self.qualified(&name.text, name.span, true)).collect();
        self.documents.roots.written(id, roots);
        self.roots_are_of_xml(&asking, decode);
        self.documents.decode.insert(id, decode);
        if asking.decode.is_none() && !is_soap {
            self.asks_for_other(&asking, system);
        }
        if let Some((at, sampled)) = links.iter().find_map(|l| l.call.sample.as_ref().map(|s| (s, &l.call))) {
            self.sample(at, decode, asking.separator, sampled, id);
        }
        let answer = Rc::new(answer(id, decode, soap_answer));
        let pages = {
            let body = body.as_ref().map(|(_, ty)| ty);
            let xml = is_soap || encode == Encode::Xml;
            let answer = Rc::clone(&answer);
            let paged = Paged { call: &asking, method: asked.method, body, xml, site, answer };
            self.pages(&paged, &asking_cx)
        };
        // A sample is a good answer: what one that fails has is not known of it.
        let sampled = self.documents.samples.remove(&id);
        let mut failures: Vec<Failure> = Vec::new();
        for link in &links {
            let rules = self.failures(&link.call.failures, &link.cx, &answer);
            failures.extend(rules);
            if !has_session {
                link.call.failures.iter().for_each(|rule| self.expired(rule));
            }
        }
        self.documents.samples.extend(sampled.map(|shape| (id, shape)));
        let (take, ty) = self.takes(id, &links, &answer, call.each.is_some());
        let null_if_failed = links.iter().find_map(|l| l.call.if_failed);
        if let Some(span) = null_if_failed {
            self.note(span, "`if_failed`");
        }
        let mut lowered = Lowered {
            name: call.name.text.clone(),
            system: SystemIndex::try_from(system).unwrap_or(SystemIndex::MAX),
            needs: Vec::new(),
            each,
            when,
            binds,
            method: asked.method,
            soap: asked.soap,
            path: asked.path,
            query,
            headers,
            body: body.map(|(expr, _)| expr),
            encode,
            decode,
            csv: (decode == Decode::Csv).then(|| Csv { separator: asking.separator, ..Csv::default() }),
            charset: asking.charset,
            roots: Vec::new(),
            like: None,
            returns: None,
            pages,
            take,
            failures,
            deep: false,
            session: false,
            cache_ms: None,
            null_if_failed: null_if_failed.is_some(),
        };
        let mut mentioned = Mentioned::default();
        mentioned.add_call(&lowered);
        lowered.session = mentioned.session || (role.is_none() && self.session_headers.contains(&system));
        self.through_lets(&mut mentioned);
        if role.is_some() {
            self.between_exchanges(call, &mentioned);
        }
        lowered.needs = mentioned.calls.into_iter().collect();
        // That a session is not kept in a cache has been said.
        let cache = links.iter().find_map(|l| l.call.cache).filter(|_| role.is_none());
        lowered.cache_ms = self.cache(cache, &lowered);
        for expr in lowered.body.iter().chain(&lowered.when).chain(&lowered.take) {
            self.check_nesting(expr, call.name.span);
        }
        for (_, expr) in lowered.query.iter().chain(&lowered.headers) {
            self.check_nesting(expr, call.name.span);
        }
        self.lists_everybody(&lowered, call.name.span);
        let index = CallIndex::try_from(self.bundle.calls.len()).ok()?;
        let spans = CallSpans {
            name: call.name.span,
            failures: links.iter().flat_map(|l| &l.call.failures).map(|rule| rule.at).collect(),
            when: links.iter().find_map(|l| l.call.when.as_ref()).map(|s| s.span),
            take: links.iter().find_map(|l| l.call.take.as_ref()).map(|s| s.span),
        };
        self.spans.calls.insert(index, spans);
        let file = links.iter().find_map(|l| l.call.sample.as_ref());
        if let (Some(file), Some(shape)) = (file, self.documents.samples.get(&id).cloned()) {
            let own = lowered.failures.iter().zip(links.iter().flat_map(|l| &l.call.failures));
            own.for_each(|(rule, written)| self.rule_on_sample(rule, written.when.span, &file.text, &shape));
            self.system_on_sample(system, &file.text, &shape);
        }
        self.bundle.calls.push(lowered);
        Some(State::Call { index, ty, element })
    }

    /// What is taken of the answer, the asking call's first; and the type of what the call gives.
    fn takes(&mut self, id: usize, links: &[Link], answer: &Rc<Answer>, each: bool) -> (Vec<Expr>, Ty) {
        let mut body = answer.body.clone();
        let mut takes = Vec::new();
        for link in links.iter().rev() {
            let Some(text) = &link.call.take else { continue };
            let seen = Answer { body: body.clone(), soap: answer.soap.clone() };
            let outer = self.documents.roots.owner.replace(id);
            let (expr, taken) = self.bare(text, &link.cx.at(Place::Answer(Rc::new(seen))));
            self.documents.roots.owner = outer;
            self.alone(&expr, text, "`take`");
            takes.push(expr);
            body = taken;
        }
        if let Ty::Dyn(origins) = &body {
            self.documents.taken.insert(id, origins.clone());
        }
        let ty = match body {
            Ty::Dyn(_) | Ty::Unknown | Ty::Null => Ty::Dyn(vec![Origin::Call(id)]),
            // The loop's results stand together in one list.
            taken if each => Ty::List(Box::new(taken)),
            taken => taken,
        };
        (takes, ty)
    }

    fn bound_type(&self, scope: &Scope, slot: adapter_core::bundle::Slot) -> Ty {
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

    fn asked(&mut self, call: &Call, system: usize, cx: &Cx) -> Option<Asked> {
        let (operation, path) = match &call.verb {
            Verb::Http(method, path) => {
                return Some(Asked { method: *method, soap: None, path: self.path(path, cx) });
            }
            Verb::Soap { operation, path } => (operation, path),
            Verb::Use { .. } => return None,
        };
        let system = self.mapping.systems.get(system)?;
        let Some(soap) = &system.soap else {
            let message = format!("The system `{}` does not say how it speaks SOAP.", system.name.text);
            let help = "Add `soap: { version, namespace, style, action }` there; all of it stands in the WSDL.";
            let diagnostic = Diagnostic::new(Code::KeyMissing, operation.span, message);
            self.report.push(diagnostic.also(system.name.span, "the system").help(help));
            return None;
        };
        let namespace = call.namespace.as_ref().map_or(&soap.namespace, |own| own);
        let action = call.action.as_ref().unwrap_or(&soap.action);
        let soap = SoapCall {
            operation: operation.text.clone(),
            namespace: call.namespace.clone().filter(|own| *own != soap.namespace),
            action: action.replace("{operation}", &operation.text).replace("{namespace}", namespace),
        };
        let path = match path {
            Some(path) => self.path(path, cx),
            None if system.base.is_empty() => vec![PathPart::Text("/".to_owned())],
            None => Vec::new(),
        };
        Some(Asked { method: Method::Post, soap: Some(soap), path })
    }

    /// Only XML has roots.
    fn roots_are_of_xml(&mut self, call: &Call, decode: Decode) {
        if let (Some(root), true) = (call.roots.first(), decode != Decode::Xml) {
            let message = "Only an answer of XML has a `root`.";
            let help = "Write `decode: xml`, or leave it out.";
            self.report.push(Diagnostic::new(Code::KeyConflict, root.span, message).help(help));
        }
    }

    /// JSON is read where nothing is said: headers that ask for something else speak against it.
    fn asks_for_other(&mut self, call: &Call, system: usize) {
        let common = self.mapping.systems.get(system).map(|s| s.headers.as_slice()).unwrap_or_default();
        let accept = call.headers.iter().chain(common).find(|(name, _)| name.text.eq_ignore_ascii_case("accept"));
        let Some((_, value)) = accept else { return };
        let asked = value.text.to_ascii_lowercase();
        let Some(word) = ["xml", "csv"].into_iter().find(|word| asked.contains(word) && !asked.contains("json")) else {
            return;
        };
        let message = format!("The call asks for {}, and its answer is read as JSON.", word.to_ascii_uppercase());
        let diagnostic = Diagnostic::new(Code::CallDecode, call.name.span, message).also(value.span, "asked for here");
        self.report.push(diagnostic.help(format!("Write `decode: {word}`, or `decode: json` if that is meant.")));
    }

    /// `is: expired` needs a session that could be.
    pub(super) fn expired(&mut self, rule: &crate::model::FailureText) {
        if rule.is == FailureKind::Expired {
            let message = "The system has no session that could expire.";
            let help = "Add `session: { open: …, lasts: … }` at the system; credentials that are refused are `down`.";
            self.report.push(Diagnostic::new(Code::KeyConflict, rule.at, message).help(help));
        }
    }

    fn between_exchanges(&mut self, call: &Call, mentioned: &Mentioned) {
        let what = if !mentioned.calls.is_empty() {
            "other calls"
        } else if !mentioned.lets.is_empty() {
            "values"
        } else {
            return;
        };
        let message = format!("A session is opened and closed between requests; it cannot depend on {what}.");
        let help = "It may mention `secret`, `settings`, `institute`, and `session` where it is closed.";
        self.report.push(Diagnostic::new(Code::NamePlace, call.name.span, message).help(help));
    }
}

/// What can be looked at of a call's answer.
fn answer(id: usize, decode: Decode, soap: bool) -> Answer {
    let origin = Origin::CallBody(id);
    let body = if decode == Decode::Text { Ty::Text } else { Ty::Dyn(vec![origin]) };
    let result = Ty::Dyn(vec![Origin::CallResult(id)]);
    Answer { body, soap: soap.then(|| (result.clone(), fault(result))) }
}

/// `fault`: its members are named alike in both versions of SOAP.
pub(super) fn fault(detail: Ty) -> Ty {
    let fields = [("code", Ty::Text), ("string", Ty::Text), ("detail", detail)];
    let fields: Vec<(String, Ty)> = fields.into_iter().map(|(name, ty)| (name.to_owned(), ty)).collect();
    Ty::Record(fields.into(), Vec::new())
}
