//! Operations that this version does not serve: all that is written of them is checked, as far as the contract is known
//! here, and left out of the bundle.

use std::collections::BTreeMap;
use std::rc::Rc;

use adapter_core::contract::{self, Does, Operation};
use adapter_core::expr::{NameId, TextId};
use adapter_core::mapping::Bundle;
use adapter_core::mapping::bundle::{Guard, GuardKind};

use super::cx::Cx;
use super::reach::Mentioned;
use super::scope::Scope;
use super::{Check, Mentions};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::OperationText;
use crate::source::Span;
use crate::suggest;

/// What a bundle is made of, while what stays out of it is looked at.
pub(super) struct Kept {
    bundle: Bundle,
    deep_calls: Vec<usize>,
    deep_systems: Vec<usize>,
    deep_documents: Vec<usize>,
    names: BTreeMap<String, NameId>,
    texts: BTreeMap<String, TextId>,
    tables: usize,
}

impl Check<'_> {
    /// What has been made so far. All that is lowered from here on stays out of the bundle, so nothing that belongs into it
    /// may be lowered later.
    pub(super) fn keep(&self) -> Kept {
        Kept {
            bundle: self.bundle.clone(),
            deep_calls: self.deep_calls.clone(),
            deep_systems: self.deep_systems.clone(),
            deep_documents: self.documents.deep.clone(),
            names: self.names.clone(),
            texts: self.texts.clone(),
            tables: self.table_order.len(),
        }
    }

    pub(super) fn restore(&mut self, kept: Kept) {
        self.bundle = kept.bundle;
        // What others would want kept whole is nobody's concern.
        (self.deep_calls, self.deep_systems) = (kept.deep_calls, kept.deep_systems);
        self.documents.deep = kept.deep_documents;
        self.names = kept.names;
        self.texts = kept.texts;
        self.table_order.truncate(kept.tables);
    }

    /// Looks at the operations that the engine does not serve.
    pub(super) fn unserved(&mut self, file: &Rc<Scope>, student: &Rc<Scope>) {
        let mapping = self.mapping;
        let mut planned = Vec::new();
        for text in &mapping.operations {
            let id = text.id.text.as_str();
            let known = contract::operation(id);
            planned.extend(known.filter(|o| !o.served).map(|o| (text, o)));
            if known.is_none() {
                let message = format!("The contract has no operation `{id}`.");
                let help = suggest::help(id, contract::OPERATIONS.iter().map(|o| o.name))
                    .unwrap_or_else(|| "Operations are named IFS01.1 to IFS09.1.".to_owned());
                self.report.push(Diagnostic::new(Code::OperationUnknown, text.id.span, message).help(help));
            }
        }
        // Once is enough, however many they are.
        if let Some((first, _)) = planned.first() {
            let ids: Vec<&str> = planned.iter().map(|(text, _)| text.id.text.as_str()).collect();
            let (are, they) = if ids.len() > 1 { ("are", "they are") } else { ("is", "it is") };
            let message = format!(
                "{} {are} not served by this version: {they} checked, and left out of the bundle.",
                ids.join(", ")
            );
            let help = "They are answered 404, like operations that are not written.";
            self.report.push(Diagnostic::new(Code::OperationUnserved, first.id.span, message).help(help));
        }
        for (text, known) in planned {
            self.planned(text, known, file, student);
        }
    }

    fn planned(&mut self, text: &OperationText, contract: &'static Operation, file: &Rc<Scope>, student: &Rc<Scope>) {
        let about = self.mapping.student.as_ref();
        let of_students = contract.about.one() || matches!(contract.does, Does::Lists { .. });
        if about.is_none() && of_students {
            let message = format!("{} is about students: the mapping needs `student`.", contract.name);
            self.error(Code::KeyMissing, text.id.span, message);
        }
        self.operation = Some(contract);
        self.mentions.push(Mentions::default());
        let mut mentioned = Mentioned::default();
        if let Does::Lists { .. } = contract.does {
            self.walk_students(text, contract.does, file, about.map(|_| student));
        } else {
            let outer = if contract.about.one() { student } else { file };
            self.answered(text, contract, file, outer, &mut mentioned);
        }
        let own = self.mentions.pop().unwrap_or_default().all;
        self.through_lets(&mut mentioned);
        let calls = self.closure(&mentioned.calls);
        let behind = self.mentions_behind(own, &calls, &mut mentioned);
        self.may_mention(contract, contract.does, behind);
        self.operation = None;
    }

    /// Guards, writes and answer.
    fn answered(
        &mut self,
        text: &OperationText,
        contract: &'static Operation,
        file: &Rc<Scope>,
        outer: &Rc<Scope>,
        mentioned: &mut Mentioned,
    ) {
        let about = self.mapping.student.as_ref().filter(|_| contract.about.one());
        let mut guards: Vec<(Guard, Span)> = Vec::new();
        if let Some(unknown) = about.and_then(|a| a.unknown.as_ref()) {
            guards.extend(self.guard(unknown, &Cx::new(outer)).map(|g| (g, unknown.span)));
        }
        let scope = Scope::inside(outer);
        self.walk_rows(text, &scope, file);
        self.declare_in(&scope, &text.calls, &text.lets, &text.broken);
        let cx = Cx::new(&scope);
        if let Some(unknown) = &text.unknown {
            guards.extend(self.guard(unknown, &cx).map(|g| (g, unknown.span)));
        }
        for rule in &text.reject {
            let when = self.condition(&rule.when, &cx);
            self.told(&rule.message, &cx);
            let mut needs = Mentioned::default();
            needs.add(&when);
            self.through_lets(&mut needs);
            let needs = needs.calls.into_iter().collect();
            guards.push((Guard { is: GuardKind::Unknown, when, needs }, rule.when.span));
        }
        if let Does::Changes { listed_by } = contract.does
            && !self.mapping.operations.iter().any(|o| o.id.text == listed_by.name())
        {
            let (name, of) = (contract.name, listed_by.name());
            let message = format!("{name} changes what {of} lists, which says whose it is: the mapping needs {of}.");
            self.error(Code::KeyMissing, text.id.span, message);
        }
        guards.iter().for_each(|(guard, _)| mentioned.add(&guard.when));
        self.writes(text, contract.does, &cx, &guards);
        for call in text.calls.iter().filter(|c| c.write.is_some()) {
            if let Some(super::scope::Binding::Def(id)) = scope.find(&call.name.text).map(|(b, _)| b)
                && let Some(super::defs::State::Call { index, .. }) = self.demand(id, call.name.span)
            {
                mentioned.calls.insert(index);
            }
        }
        if let Some(answer) = &text.answer {
            let (expr, _) = self.free_tree(answer, &cx);
            self.check_nesting(&expr, text.id.span);
            mentioned.add(&expr);
        }
    }
}
