//! Scopes: file → student → operation → block → variable of a macro.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use adapter_core::bundle::Slot;

use super::types::Ty;
use crate::source::Span;

/// What a name stands for.
#[derive(Clone, Debug)]
pub(super) enum Binding {
    /// A variable.
    Local(Slot, Ty),
    /// A call, a value or a table.
    Def(usize),
    /// A `given` name of a call that nobody passes.
    Null,
}

/// One scope.
#[derive(Debug, Default)]
pub(super) struct Scope {
    parent: Option<Rc<Scope>>,
    names: RefCell<BTreeMap<String, (Binding, Span)>>,
}

impl Scope {
    /// A scope inside another.
    pub(super) fn inside(parent: &Rc<Self>) -> Rc<Self> {
        Rc::new(Self { parent: Some(Rc::clone(parent)), names: RefCell::default() })
    }

    /// What a name stands for, from here outwards.
    pub(super) fn find(&self, name: &str) -> Option<(Binding, Span)> {
        let own = self.names.borrow().get(name).cloned();
        own.or_else(|| self.parent.as_ref()?.find(name))
    }

    /// Gives a name a meaning.
    pub(super) fn bind(&self, name: &str, binding: Binding, span: Span) {
        self.names.borrow_mut().insert(name.to_owned(), (binding, span));
    }

    /// All names that can be seen from here.
    pub(super) fn visible(&self) -> Vec<String> {
        let mut names: Vec<String> = self.names.borrow().keys().cloned().collect();
        if let Some(parent) = &self.parent {
            names.extend(parent.visible());
        }
        names
    }
}

/// Names that mean something of the language's own.
pub(super) const RESERVED: &[&str] = &[
    "request",
    "student",
    "institute",
    "settings",
    "today",
    "now",
    "session",
    "secret",
    "page",
    "caller",
    "row",
    "file",
    "ref",
];

/// Names that mean something where an answer is looked at.
pub(super) const ANSWER: &[&str] = &["status", "headers", "body", "decoded", "root", "result", "fault"];

/// Words CEL keeps for itself.
pub(super) const CEL_WORDS: &[&str] = &[
    "as",
    "break",
    "const",
    "continue",
    "else",
    "false",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "namespace",
    "null",
    "package",
    "return",
    "true",
    "var",
    "void",
    "while",
];

/// Whether a word has the form of a name.
pub(super) fn is_identifier(word: &str) -> bool {
    let mut chars = word.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}
