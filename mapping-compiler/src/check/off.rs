//! Operations that the institute has switched off: all that is written of them is checked, and left out of the bundle.

use std::collections::BTreeMap;
use std::rc::Rc;

use adapter_core::bundle::Bundle;
use adapter_core::bundle::TextId;
use adapter_core::contract;
use adapter_core::value::NameId;

use super::Check;
use super::reads::Reads;
use super::scope::Scope;
use crate::diagnostic::{Code, Diagnostic};
use crate::suggest;

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

    /// Looks at the operations of APIs that are switched off, and for those that the contract has not.
    pub(super) fn off(&mut self, file: &Rc<Scope>, student: &Rc<Scope>) {
        let mapping = self.mapping;
        for text in &mapping.operations {
            let id = text.id.text.as_str();
            match contract::operation(id) {
                Some(contract) if self.is_off(contract) => self.operation(text, contract, file, student),
                Some(_) => {}
                None => {
                    let message = format!("The contract has no operation `{id}`.");
                    let help = suggest::help(id, contract::OPERATIONS.iter().map(|o| o.name))
                        .unwrap_or_else(|| "Operations are named IFS01.1 to IFS09.1.".to_owned());
                    self.report.push(Diagnostic::new(Code::OperationUnknown, text.id.span, message).help(help));
                }
            }
        }
    }
}
