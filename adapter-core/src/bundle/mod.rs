//! The bundle: a checked mapping in the form the engine runs. Written by `mapping-compiler` (feature `write`), read by
//! [`crate::plan::Plan::load`].
//!
//! On the wire it is JSON: `{"ifs_bundle": 2, "digest": "…", "plan": {…}}`. `digest` is the lower-case hex SHA-256 of the bytes
//! of `plan` exactly as they stand in the file.
//!
//! Everything here is plain data. [`crate::plan::Plan::load`] verifies every index before anything runs, so a
//! bundle that was damaged or written by another version is refused at configure time.

pub(crate) mod envelope;
pub mod expr;
pub mod forms;
pub mod functions;
mod pattern;
pub(crate) mod read;
mod system;
pub(crate) mod verify;

use crate::limits::Limits;
use crate::sorted::SortedMap;
use crate::value::NameId;

pub use crate::value::charset::Charset;
pub use envelope::LoadError;
#[cfg(feature = "write")]
pub use envelope::seal;
pub use expr::{BinaryOp, Block, CallIndex, Embedded, Expr, LetIndex, Loop, MacroKind, Slot, TableIndex, TextId, Var};
pub use forms::{FORMS, Form, FormKind};
pub use functions::{Arity, FUNCTIONS, Function, Signature, Type};
pub use pattern::{Pattern, Place, Step};
pub use system::{Clean, Session, Soap, SoapStyle, SoapVersion, System};

/// Version of the bundle's form. A bundle of another form is refused.
pub const FORMAT: i64 = 2;

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
    pub slots: Slot,
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
    pub by_key: Option<Operation>,
    /// What each mapped operation evaluates, by operation id (`IFS02.1`).
    pub operations: SortedMap<String, Operation>,
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
    pub each: Option<Loop>,
    /// Made only if this is true (per element where there is a loop).
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Option::is_none"))]
    pub when: Option<Expr>,
    /// Variables of a call that uses another (`use` with `with`), bound in this order before anything else of it is
    /// evaluated; `given` names that were not passed are bound to null.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Vec::is_empty"))]
    pub binds: Vec<(Slot, Expr)>,
    /// HTTP method; POST for SOAP.
    pub method: Method,
    /// The SOAP operation it calls; its body is then the operation's parameters.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Option::is_none"))]
    pub soap: Option<SoapCall>,
    /// Path after the system's base.
    pub path: Vec<PathPart>,
    /// Query parameters in written order; null leaves one out, a list repeats it.
    pub query: Vec<(String, Expr)>,
    /// Headers, over the system's; null leaves one out. Names are lower-case.
    pub headers: Vec<(String, Expr)>,
    /// The body's tree, or none.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Option::is_none"))]
    pub body: Option<Expr>,
    /// How the body is written; without meaning for SOAP.
    pub encode: Encode,
    /// How the answer's body is read; SOAP envelopes are XML.
    pub decode: Decode,
    /// What its answers are written in, over the system's charset.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Option::is_none"))]
    pub charset: Option<Charset>,
    /// How its list is paged.
    pub pages: Pages,
    /// What is taken from an answer, one after another: in each, `body` is what the one before took. The whole body if
    /// empty.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Vec::is_empty"))]
    pub take: Vec<Expr>,
    /// How its answers are told apart, before the system's rules.
    pub failures: Vec<Failure>,
    /// The root of its answers is kept whole (see [`Name::deep`]).
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "is_false"))]
    pub deep: bool,
    /// It mentions `session`: one must be there before it is sent.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "is_false"))]
    pub session: bool,
    /// How long its answer may stand for another identical call, milliseconds; only a read whose request depends on
    /// nothing personal has one. A session that all exchanges share does not count as part of the request.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Option::is_none"))]
    pub cache_ms: Option<u64>,
    /// A failing call gives null instead of failing the exchange.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "is_false"))]
    pub null_if_failed: bool,
}

/// The SOAP side of a call.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
pub struct SoapCall {
    /// Local name of the operation's element.
    pub operation: String,
    /// The action: the value of `SOAPAction`, without quotes, or the `action` parameter. May be empty.
    pub action: String,
}

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
#[cfg_attr(feature = "write", serde(rename_all = "snake_case"))]
pub enum Encode {
    /// A JSON document.
    Json,
    /// An XML document: a record of one member, its root.
    Xml,
    /// `application/x-www-form-urlencoded`: a flat record.
    Form,
}

/// How an answer's body is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
#[cfg_attr(feature = "write", serde(rename_all = "snake_case"))]
pub enum Decode {
    /// A JSON document.
    Json,
    /// An XML document: a node whose one child is the root, as in XPath (`body.CURRICULUM.NOME`). For SOAP the envelope is
    /// taken off, and `body` is the first element inside it (`body.sid`).
    Xml,
    /// Delimited lines under a line of names: a list of records of texts. The separator is found in the line of
    /// names: `;`, a tab or `,`, the first of them that stands there.
    Csv,
    /// One text.
    Text,
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

/// Paging. By offset or number it ends at a page shorter than `size`, or where `more` says so; by token where `next` is
/// null.
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
    /// Members added to the call's body, which is then a record; they use `page.*`.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Vec::is_empty"))]
    pub body: Vec<(NameId, Expr)>,
    /// The next page's token, taken from an answer; only and always by token.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Option::is_none"))]
    pub next: Option<Expr>,
    /// Whether another page follows, decided by an answer rather than by the page's length; never by token.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Option::is_none"))]
    pub more: Option<Expr>,
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
    /// `page.token`, null on the first page.
    Token,
}

/// A failure rule: when `when` is true of an answer, it is `is`. A condition that cannot be evaluated does not match.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
pub struct Failure {
    /// The condition; sees `status headers body decoded result fault`.
    pub when: Expr,
    /// What the answer then is.
    pub is: FailureKind,
}

/// What an answer can be besides good (mapping-language §8.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
#[cfg_attr(feature = "write", serde(rename_all = "snake_case"))]
pub enum FailureKind {
    /// Good after all, whatever its status: what comes after this rule is not asked.
    Good,
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
