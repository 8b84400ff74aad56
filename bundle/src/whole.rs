//! A bundle as a whole: whose it is, what it serves, and the tables its parts are looked up in.

use crate::SortedMap;
use crate::call::Call;
use crate::expr::Expr;
use crate::index::CallIndex;
use crate::limits::Limits;
use crate::pattern::Pattern;
#[cfg(feature = "write")]
use crate::skip::is_false;
use crate::system::System;
use crate::walk::{KeyIndex, Walk};
use values::NameId;

/// A compiled mapping.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
pub struct Bundle {
    /// Version of the national contract it was checked against, e.g. `2.1.0`.
    pub contract: String,
    /// Whose data it serves.
    pub institute: Institute,
    /// Member names the mapping reads or writes; [`Expr`] refers to them by place. No name stands twice.
    pub names: Vec<Name>,
    /// Text literals; [`Expr::Text`] refers to them by place.
    pub texts: Vec<String>,
    /// Regular expressions, compiled; [`Expr::Match`] refers to them by place.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Vec::is_empty"))]
    pub patterns: Vec<Pattern>,
    /// Names of the secrets the host must provide; [`Expr::Secret`] refers to them by place. No name stands twice.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Vec::is_empty"))]
    pub secrets: Vec<String>,
    /// How many variables a frame has.
    pub slots: u16,
    /// Legacy systems.
    pub systems: Vec<System>,
    /// Code tables.
    pub tables: Vec<Table>,
    /// Calls, in an order in which each comes after the calls it needs.
    pub calls: Vec<Call>,
    /// Named values evaluated once per exchange; each comes after the lets it uses.
    pub lets: Vec<Let>,
    /// How the tax code of a student is found who is asked for by key: its answer is the tax code, or null.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Option::is_none"))]
    pub by_key: Option<Recipe>,
    /// How it is found where no system can say it: in an index of all whom the walks' lists name.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Option::is_none"))]
    pub key_index: Option<KeyIndex>,
    /// What each mapped operation evaluates, by operation id (`IFS02.1`).
    pub operations: SortedMap<String, Recipe>,
    /// How each mapped operation that lists students finds them, by operation id (`IFS06.1`).
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Vec::is_empty"))]
    pub walks: Vec<(String, Walk)>,
    /// How each mapped operation that answers the rows of a walk itself finds them, by operation id (`IFS01.1`).
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Vec::is_empty"))]
    pub rows: Vec<(String, Walk)>,
    /// How each mapped operation that changes something makes its change, by operation id (`IFS04.1`).
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Vec::is_empty"))]
    pub changes: Vec<(String, Change)>,
    /// Limits, all within their ceilings.
    pub limits: Limits,
}

impl Bundle {
    /// Whether an operation is answered, by its id.
    pub fn answers(&self, id: &str) -> bool {
        self.operations.contains_key(id) || self.walks.iter().any(|(walked, _)| walked == id)
    }
}

/// Whose data the mapping serves.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
pub struct Institute {
    /// MUR institute code, 1–256 characters.
    pub code: String,
    /// University or AFAM institute.
    pub kind: InstituteKind,
    /// Month (1–12) and day on which an academic year begins, date in Rome.
    pub academic_year_starts: (u8, u8),
}

/// Kinds of institute; some rules of the contract differ (IFS01.2-F2/F3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
#[cfg_attr(feature = "write", serde(rename_all = "snake_case"))]
pub enum InstituteKind {
    /// A university.
    #[default]
    University,
    /// A conservatory, academy or other AFAM institute.
    Afam,
}

/// A member name. A name in an XML namespace is written `{uri}local` (also an attribute, `{uri}@local`); one without
/// a namespace matches whatever the namespace, so prefixes never matter.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
pub struct Name {
    /// The name.
    pub text: String,
    /// Whether what stands under it in a legacy answer is kept whole, because the mapping compares, prints or
    /// passes on the record itself. Otherwise only named members are kept.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "is_false"))]
    pub deep: bool,
}

/// A named value, evaluated at most once per exchange.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
pub struct Let {
    /// Its name in the mapping (for diagnostics).
    pub name: String,
    /// The value; uses lets of smaller index only.
    pub value: Expr,
}

/// What is evaluated for one operation, or to find a student by key.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
pub struct Recipe {
    /// Calls it may make: those its guards, person and answer mention and what these need; ascending.
    pub calls: Vec<CallIndex>,
    /// Guards in written order: the student's `unknown` first.
    pub guards: Vec<Guard>,
    /// The identity tree of a student operation.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Option::is_none"))]
    pub person: Option<Expr>,
    /// The answer's tree: a record with the contract's member names (and facts, `_name`).
    pub answer: Expr,
}

/// How an operation changes something: by one call, made when all that its recipe reads has answered and every guard is
/// decided. The recipe's answer may use what the call gives.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
pub struct Change {
    /// The call that makes it. What it needs is among the calls of the operation's recipe, and it is not.
    pub call: CallIndex,
    /// What is read where nobody knows whether it was made: its answer is what the call would have given, null if it was
    /// not made.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Option::is_none"))]
    pub confirm: Option<Recipe>,
}

/// A condition decided before anything else is answered.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
pub struct Guard {
    /// What a true condition means.
    pub is: GuardKind,
    /// What the consumer is told of a change that is rejected.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Option::is_none"))]
    pub message: Option<Expr>,
    /// The condition.
    pub when: Expr,
    /// Calls it mentions, also through lets; ascending.
    pub needs: Vec<CallIndex>,
}

/// What a guard says when it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
#[cfg_attr(feature = "write", serde(rename_all = "snake_case"))]
pub enum GuardKind {
    /// The student (or object) is unknown: 400 (GEN-7).
    Unknown,
    /// The change that is asked for is rejected (IFS04-C2).
    Reject,
}

/// A code table. A row is the key cells, then the value cells; rows are sorted by their key cells in byte order.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
pub struct Table {
    /// Its name in the mapping.
    pub name: String,
    /// How many leading cells are the key, ≥ 1.
    pub keys: u8,
    /// Names of the value cells. One cell and `single`: a lookup gives its text; otherwise a row.
    pub columns: Vec<NameId>,
    /// A lookup gives the one value cell's text rather than a row.
    pub single: bool,
    /// Rows; each has `keys + columns.len()` cells, key cells are not null.
    pub rows: Vec<Vec<Option<String>>>,
    /// What a lookup that finds nothing gives (only with `single`); null if absent.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Option::is_none"))]
    pub default: Option<String>,
}
