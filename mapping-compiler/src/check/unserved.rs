//! Operations that this version does not serve, or the institute has switched off: all that is written of them is
//! checked, and left out of the bundle.

use std::collections::BTreeMap;
use std::rc::Rc;

use adapter_core::bundle::Bundle;
use adapter_core::bundle::{Expr, TextId};
use adapter_core::contract::{self, Operation};
use adapter_core::value::NameId;

use super::Check;
use super::cx::Cx;
use super::reads::Reads;
use super::scope::Scope;
use crate::diagnostic::{Code, Diagnostic};
use crate::suggest;
use crate::yaml::Node;

/// What a bundle is made of, while what stays out of it is looked at.
pub(super) struct Kept {
    bundle: Bundle,
    deep_calls: Vec<usize>,
    deep_systems: Vec<usize>,
    deep_documents: Vec<usize>,
    reads: Reads,
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
            reads: self.reads.clone(),
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
        self.reads = kept.reads;
        self.names = kept.names;
        self.texts = kept.texts;
        self.table_order.truncate(kept.tables);
    }

    /// Looks at the operations that the engine does not serve, and at those of APIs that are switched off.
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
        let off = mapping.operations.iter().filter_map(|text| Some((text, contract::operation(&text.id.text)?)));
        let off = off.filter(|(_, o)| o.served && self.is_off(o));
        for (text, contract) in planned.into_iter().chain(off.collect::<Vec<_>>()) {
            self.operation(text, contract, file, student);
        }
    }

    /// The answer of an operation that nobody is given yet: what is wrong with it does not keep a mapping from being used.
    pub(super) fn answer_to_come(&mut self, node: &Node, contract: &'static Operation, cx: &Cx) -> Expr {
        let before = self.report.len();
        let expr = self.answer(node, contract, cx);
        self.report.amend(before, |diagnostic| {
            if diagnostic.code.is_of_answers() {
                diagnostic.code = Code::OperationAnswer;
                diagnostic.help.push(format!("{} is not served yet; then this is an error.", contract.name));
            }
        });
        expr
    }
}
