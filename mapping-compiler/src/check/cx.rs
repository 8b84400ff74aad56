//! Where an expression stands: its text, its scope, what it may mention.

use std::ops::Range;
use std::rc::Rc;

use super::scope::Scope;
use super::types::Ty;
use crate::source::Span;
use crate::yaml::Scalar;

/// The surroundings of a definition.
#[derive(Clone, Debug)]
pub(super) struct Cx {
    /// What names mean.
    pub scope: Rc<Scope>,
    /// What else can be mentioned.
    pub place: Place,
    /// Inside the condition of a `filter` or `where`.
    pub filter: bool,
    /// Values that a condition around this has found to be there.
    pub present: Rc<[String]>,
    /// The members of trees are elements and attributes.
    pub xml: bool,
}

/// Kinds of places.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Place {
    /// Anywhere.
    Plain,
    /// Where an answer is looked at.
    Answer(Rc<Answer>),
    /// Where a request to a system is written.
    Request(Site),
}

/// What of an answer can be looked at.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answer {
    /// `body`.
    pub body: Ty,
    /// `result` and `fault`; none where the answer is not SOAP's.
    pub soap: Option<(Ty, Ty)>,
}

/// What may be mentioned where a request is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Site {
    /// The system it goes to.
    pub system: usize,
    /// `session`: the system has one, and this is not what opens it.
    pub session: bool,
    /// `secret`.
    pub secret: bool,
    /// `page`.
    pub page: bool,
    /// `caller`.
    pub caller: Audit,
}

/// Whether a request may tell the system who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Audit {
    /// It may.
    Told,
    /// It is the path, which says what is asked for.
    Path,
    /// It is what all calls of a system have in common.
    Common,
    /// It opens or closes a session.
    Session,
    /// It asks whether a system is there.
    Probe,
    /// Its answer is kept for others.
    Kept,
}

impl Cx {
    pub(super) fn new(scope: &Rc<Scope>) -> Self {
        Self { scope: Rc::clone(scope), place: Place::Plain, filter: false, present: Rc::from([]), xml: false }
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

    pub(super) fn elements(&self, xml: bool) -> Self {
        Self { xml, ..self.clone() }
    }

    /// The request that is written here.
    pub(super) fn site(&self) -> Option<Site> {
        match self.place {
            Place::Request(site) => Some(site),
            _ => None,
        }
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
