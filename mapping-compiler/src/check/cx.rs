//! Where an expression stands: its text, its scope, what it may mention.

use std::ops::Range;
use std::rc::Rc;

use adapter_core::contract::Operation;

use super::scope::Scope;
use super::types::Origin;
use crate::source::Span;
use crate::yaml::Scalar;

/// The surroundings of a definition.
#[derive(Clone, Debug)]
pub(super) struct Cx {
    /// What names mean.
    pub scope: Rc<Scope>,
    /// What else can be mentioned.
    pub place: Place,
    /// The operation it belongs to; none for what is shared.
    pub operation: Option<&'static Operation>,
    /// Inside the condition of a `filter` or `where`.
    pub filter: bool,
}

/// Kinds of places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Anywhere.
    Plain,
    /// Where an answer is looked at.
    Answer(Origin),
    /// A paging block.
    Pages,
    /// A system's header: the same for every call.
    SystemHeader,
}

impl Cx {
    pub(super) fn new(scope: &Rc<Scope>, operation: Option<&'static Operation>) -> Self {
        Self { scope: Rc::clone(scope), place: Place::Plain, operation, filter: false }
    }

    pub(super) fn at(&self, place: Place) -> Self {
        Self { place, ..self.clone() }
    }

    pub(super) fn scoped(&self, scope: &Rc<Scope>) -> Self {
        Self { scope: Rc::clone(scope), ..self.clone() }
    }

    pub(super) fn filtering(&self) -> Self {
        Self { filter: true, ..self.clone() }
    }
}

/// The text an expression was parsed from, and where in it the expression begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origined<'a> {
    pub scalar: &'a Scalar,
    pub offset: usize,
}

impl Origined<'_> {
    /// Where a part of the expression stands in its file.
    pub(super) fn span(self, at: &Range<usize>) -> Span {
        self.scalar.place(self.offset.saturating_add(at.start), self.offset.saturating_add(at.end))
    }
}
