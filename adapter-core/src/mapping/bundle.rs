//! The bundle: a checked mapping in the form the engine runs. Written by `mapping-compiler` (feature `write`), read by
//! [`crate::mapping::Plan::load`].
//!
//! On the wire it is JSON: `{"ifs_bundle": 1, "digest": "…", "plan": {…}}`. `digest` is the lower-case hex SHA-256 of the bytes
//! of `plan` exactly as they stand in the file.
//!
//! Everything here is plain data. [`crate::mapping::Plan::load`] verifies every index before anything runs, so a
//! bundle that was damaged or written by another version is refused at configure time.

use std::collections::BTreeMap;

use crate::expr::{CallIndex, Expr, NameId, Slot};
use crate::limits::Limits;

/// Version of the bundle's form. A bundle of another form is refused.
pub const FORMAT: i64 = 1;

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
    /// How many variables a frame has.
    pub slots: Slot,
    /// Legacy systems.
    pub systems: Vec<System>,
    /// Code tables.
    pub tables: Vec<Table>,
    /// Calls, in an order in which each comes after the calls it needs.
    pub calls: Vec<Call>,
    /// Named values evaluated once per exchange; each comes after the lets it uses.
    pub lets: Vec<Let>,
    /// What each mapped operation evaluates, by operation id (`IFS02.1`).
    pub operations: BTreeMap<String, Operation>,
    /// Limits, all within their ceilings.
    pub limits: Limits,
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

/// A member name.
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

/// A legacy system.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
pub struct System {
    /// Its name in the mapping.
    pub name: String,
    /// Envoy's cluster.
    pub cluster: String,
    /// `:authority` of the calls.
    pub authority: String,
    /// Path in front of every call's path: empty, or begins with `/` and does not end with one.
    pub base: String,
    /// Headers of every call; a null value leaves the header out. Names are lower-case.
    pub headers: Vec<(String, Expr)>,
    /// Longest wait for one call, milliseconds, ≥ 1.
    pub timeout_ms: u32,
    /// Most calls of one exchange in flight to this system, ≥ 1.
    pub parallel: u16,
    /// What decoding tidies.
    pub clean: Clean,
    /// How answers are told apart, after the call's own rules.
    pub failures: Vec<Failure>,
}

/// What decoding tidies on every value of a system (mapping-language §8.1 `clean`).
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
pub struct Clean {
    /// Blank text (empty or white space) becomes null.
    pub blank_to_null: bool,
    /// A record with this member alone becomes the member's value.
    pub unwrap: Option<NameId>,
    /// Texts that stand for nothing and become null.
    pub none: Vec<String>,
}

/// One call to a system.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
pub struct Call {
    /// Its name in the mapping; failures are ranked by it, in byte order.
    pub name: String,
    /// Index of the system.
    pub system: u16,
    /// Calls whose results its `for`, `when`, path, query, headers or body mention (also through lets), ascending,
    /// all smaller than its own index.
    pub needs: Vec<CallIndex>,
    /// Fan-out: once per element.
    #[cfg_attr(feature = "write", serde(rename = "for", skip_serializing_if = "Option::is_none"))]
    pub each: Option<crate::expr::Loop>,
    /// Made only if this is true (per element where there is a loop).
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Option::is_none"))]
    pub when: Option<Expr>,
    /// HTTP method.
    pub method: Method,
    /// Path after the system's base.
    pub path: Vec<PathPart>,
    /// Query parameters in written order; null leaves one out, a list repeats it.
    pub query: Vec<(String, Expr)>,
    /// Headers, over the system's; null leaves one out. Names are lower-case.
    pub headers: Vec<(String, Expr)>,
    /// JSON body, or none.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Option::is_none"))]
    pub body: Option<Expr>,
    /// How its list is paged.
    pub pages: Pages,
    /// What is taken from an answer; the whole body if absent.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Option::is_none"))]
    pub take: Option<Expr>,
    /// How its answers are told apart, before the system's rules.
    pub failures: Vec<Failure>,
    /// The root of its answers is kept whole (see [`Name::deep`]).
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "is_false"))]
    pub deep: bool,
    /// A failing call gives null instead of failing the exchange.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "is_false"))]
    pub null_if_failed: bool,
}

/// HTTP methods of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
#[cfg_attr(feature = "write", serde(rename_all = "lowercase"))]
pub enum Method {
    /// GET
    Get,
    /// POST
    Post,
    /// PUT
    Put,
    /// DELETE
    Delete,
}

/// A part of a path.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
#[cfg_attr(feature = "write", serde(rename_all = "snake_case"))]
pub enum PathPart {
    /// As written: slashes and already encoded characters stand.
    Text(String),
    /// Percent-encoded as (part of) one segment. A null makes the call incomplete; a segment that becomes empty,
    /// `.` or `..` is refused.
    Value(Expr),
}

/// How a call's list is paged.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
#[cfg_attr(feature = "write", serde(rename_all = "snake_case"))]
pub enum Pages {
    /// The mapping says nothing: one request; a list of `cut` elements or more is refused, since the server may have cut it.
    Unstated {
        /// Length at which the server is known to cut; none: no check.
        cut: Option<u32>,
    },
    /// The endpoint has no paging (`pages: none`): one request, any length.
    One,
    /// Read page by page until a short page.
    Many(Paging),
}

/// Paging by offset or number. Ends at a page shorter than `size`.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
pub struct Paging {
    /// What advances.
    pub by: PageBy,
    /// Rows of a full page, ≥ 1.
    pub size: u32,
    /// First value of `page.start` or `page.number`.
    pub first: u32,
    /// Query parameters added to the call's; they use `page.*`.
    pub query: Vec<(String, Expr)>,
    /// Most pages of this call, ≥ 1; the bundle's `limits.pages` holds as well.
    pub max: Option<u32>,
}

/// What advances from page to page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
#[cfg_attr(feature = "write", serde(rename_all = "snake_case"))]
pub enum PageBy {
    /// `page.start`, by `size`.
    Offset,
    /// `page.number`, by one.
    Number,
}

/// A failure rule: when `when` is true of an answer, it is `is`. A condition that cannot be evaluated does not match.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
pub struct Failure {
    /// The condition; sees `status headers body decoded`.
    pub when: Expr,
    /// What the answer then is.
    pub is: FailureKind,
}

/// What an answer can be besides good (mapping-language §8.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
#[cfg_attr(feature = "write", serde(rename_all = "snake_case"))]
pub enum FailureKind {
    /// Nothing there: null, or an empty list for a paged call.
    Empty,
    /// The student is unknown: 400.
    Unknown,
    /// The system refused the change (writes only).
    Refused,
    /// The session has expired.
    Expired,
    /// Too busy: 503 with its `Retry-After`.
    Busy,
    /// Out of order: 503.
    Down,
    /// Nonsense: 500.
    Broken,
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

/// What one operation evaluates.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
pub struct Operation {
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

/// A condition decided before anything else is answered.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
pub struct Guard {
    /// What a true condition means.
    pub is: GuardKind,
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

#[cfg(feature = "write")]
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_false(b: &bool) -> bool {
    !*b
}
