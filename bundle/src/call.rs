//! Calls in a bundle: when one is made, what it asks, how its answer is read.

use crate::expr::{Expr, Loop};
use crate::failure::Failure;
use crate::index::{CallIndex, Slot, SystemIndex};
#[cfg(feature = "write")]
use crate::skip::is_false;
use values::charset::Charset;
use values::{Csv, Likeness, NameId};

/// One call to a system.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
pub struct Call {
    /// Its name in the mapping; failures are ranked by it, in byte order.
    pub name: String,
    /// The system.
    pub system: SystemIndex,
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
    /// What is known of its answers' head; only and always of CSV.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Option::is_none"))]
    pub csv: Option<Csv>,
    /// What its answers are written in, over the system's charset.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Option::is_none"))]
    pub charset: Option<Charset>,
    /// Local names of the elements that its answer may be: an XML document's root, of SOAP the element in the body.
    /// Whatever if empty.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Vec::is_empty"))]
    pub roots: Vec<String>,
    /// What the body of an answer must be like to be the one that is read; none: whatever it is.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Option::is_none"))]
    pub like: Option<Likeness>,
    /// The same of what a SOAP operation returns.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Option::is_none"))]
    pub returns: Option<Likeness>,
    /// How its list is paged.
    pub pages: Pages,
    /// What is taken from an answer, one after another: in each, `body` is what the one before took. The whole body if
    /// empty.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Vec::is_empty"))]
    pub take: Vec<Expr>,
    /// How its answers are told apart, before the system's rules.
    pub failures: Vec<Failure>,
    /// The root of its answers is kept whole (see [`crate::Name::deep`]).
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
    /// Its namespace, where it is another than the system's.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Option::is_none"))]
    pub namespace: Option<String>,
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
    /// Delimited lines under a line of names: a list of records of texts.
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
