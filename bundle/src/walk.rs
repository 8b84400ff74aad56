//! Walks in bundles: lists of a system that are answered page by page, each student with the fingerprint of an answer.

use crate::expr::Expr;
use crate::index::{CallIndex, LetIndex, Slot};

/// How an operation that lists students finds them. What is listed of each is the contract's.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
pub struct Walk {
    /// Its name in the mapping.
    pub name: String,
    /// What tells it from every other walk: a cursor of one is none of another.
    pub digest: String,
    /// The list of students.
    pub feed: Feed,
    /// Whether the list stands in the order of its units.
    pub ordered: bool,
    /// Whether a student is listed with a unit, decided when all is known of the student; `row` is one of the unit's.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Option::is_none"))]
    pub once: Option<Once>,
    /// Most students of one page, ≥ 1.
    pub page: u16,
    /// A student whose answer fails is listed with a fingerprint of its own, rather than failing the page.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "crate::skip::is_false"))]
    pub mark: bool,
    /// The list of students who are there no more.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Option::is_none"))]
    pub deleted: Option<Feed>,
    /// Calls of the listed answer that depend on no student, ascending: they are made once for a page.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Vec::is_empty"))]
    pub shared: Vec<CallIndex>,
    /// Values that depend on these alone.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Vec::is_empty"))]
    pub lets: Vec<LetIndex>,
}

/// A list of a system whose rows stand for students.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
pub struct Feed {
    /// The calls it takes, ascending.
    pub calls: Vec<CallIndex>,
    /// The one of them that gives the rows.
    pub call: CallIndex,
    /// The variable that stands for a row.
    pub row: Slot,
    /// Whether a row counts; decided before anything else of it is looked at.
    #[cfg_attr(feature = "write", serde(rename = "where", skip_serializing_if = "Option::is_none"))]
    pub filter: Option<Expr>,
    /// What all rows of one student have in common.
    pub unit: Expr,
    /// The student's tax code.
    pub tax_code: Expr,
}

/// `once` of a walk.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
pub struct Once {
    /// Calls it mentions, and what these need; ascending.
    pub calls: Vec<CallIndex>,
    /// The condition.
    pub when: Expr,
}

/// An index from keys to students, made of all rows of all lists that are walked, or of a list of its own.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
pub struct KeyIndex {
    /// Most calls a second, ≥ 1.
    pub pace: u16,
    /// How long after it was begun whoever is not in it is nobody, milliseconds; and it is made anew no sooner.
    pub fresh_ms: u64,
    /// The list that it is made of in place of those that are walked.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Option::is_none"))]
    pub everybody: Option<Everybody>,
}

/// A list of everybody whom a system knows.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
pub struct Everybody {
    /// What tells it from every other, 64 hex digits.
    pub digest: String,
    /// The list, in the order of its units.
    pub feed: Feed,
}

impl Feed {
    /// Its expressions.
    pub fn exprs(&self) -> impl Iterator<Item = &Expr> {
        self.filter.iter().chain([&self.unit, &self.tax_code])
    }

    /// The same, to change them.
    pub fn exprs_mut(&mut self) -> impl Iterator<Item = &mut Expr> {
        self.filter.iter_mut().chain([&mut self.unit, &mut self.tax_code])
    }
}

impl Walk {
    /// Its lists.
    pub fn feeds(&self) -> impl Iterator<Item = &Feed> {
        [&self.feed].into_iter().chain(&self.deleted)
    }

    /// All its expressions, to change them.
    pub fn exprs_mut(&mut self) -> impl Iterator<Item = &mut Expr> {
        let once = self.once.iter_mut().map(|once| &mut once.when);
        self.feed.exprs_mut().chain(self.deleted.iter_mut().flat_map(Feed::exprs_mut)).chain(once)
    }
}
