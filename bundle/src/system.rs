//! Systems in a bundle: where they are, how they are spoken to, how a session with one is opened.

use crate::expr::Expr;
use crate::failure::Failure;
use crate::index::CallIndex;
#[cfg(feature = "write")]
use crate::skip::is_false;
use values::NameId;
use values::charset::Charset;

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
    /// What its documents are written in, whatever they declare, and what ours to it are written in. Without it: as
    /// they declare, else UTF-8; ours are UTF-8.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Option::is_none"))]
    pub charset: Option<Charset>,
    /// How its SOAP calls are written and read.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Option::is_none"))]
    pub soap: Option<Soap>,
    /// How a session with it is opened.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Option::is_none"))]
    pub session: Option<Session>,
    /// How it is asked whether it is there; without it nobody asks, and it counts as there.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Option::is_none"))]
    pub probe: Option<Probe>,
}

/// How a system is asked, between requests, whether it is there: what `GET /status` answers by.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
pub struct Probe {
    /// The call that asks, of this system and dependent on no other; no operation names it. Without one the login of the
    /// system's session asks.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Option::is_none"))]
    pub call: Option<CallIndex>,
    /// From one time to the next, milliseconds, ≥ 1.
    pub every_ms: u64,
}

/// SOAP as one system speaks it.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
pub struct Soap {
    /// Version of the envelope.
    pub version: SoapVersion,
    /// Namespace of the operations' elements.
    pub namespace: String,
    /// Style and use.
    pub style: SoapStyle,
    /// Whether the elements inside the operation's element are in its namespace too (`elementFormDefault`).
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "is_false"))]
    pub qualified: bool,
    /// A record whose members become header blocks, or none.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Option::is_none"))]
    pub header: Option<Expr>,
}

/// Versions of SOAP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
#[cfg_attr(feature = "write", serde(rename_all = "snake_case"))]
pub enum SoapVersion {
    /// 1.1: `text/xml` and a `SOAPAction` header.
    Soap11,
    /// 1.2: `application/soap+xml` with an `action` parameter.
    Soap12,
}

/// Styles of SOAP messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
#[cfg_attr(feature = "write", serde(rename_all = "snake_case"))]
pub enum SoapStyle {
    /// rpc/encoded: `encodingStyle`, `xsi:type` on parameters.
    RpcEncoded,
    /// rpc/literal: an element of the operation's name around the parameters.
    RpcLiteral,
    /// document/literal (wrapped): the operation's element holds the body's tree.
    Document,
}

/// A session with a system.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
pub struct Session {
    /// The call that opens one; what it takes is `session`. No operation names it.
    pub open: CallIndex,
    /// The call that closes one, with `session` bound to it.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Option::is_none"))]
    pub close: Option<CallIndex>,
    /// How long one may be used after it was opened, milliseconds, ≥ 1.
    pub lasts_ms: u64,
    /// Taken from every answer: the token of the next call. With it an exchange has a session of its own and makes
    /// its calls to this system one after another.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Option::is_none"))]
    pub next: Option<Expr>,
}

/// What decoding tidies on every value of a system.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
pub struct Clean {
    /// Blank text (empty or white space) becomes null.
    pub blank_to_null: bool,
    /// A record with this member alone becomes the member's value.
    pub unwrap: Option<NameId>,
    /// Texts that stand for nothing and become null.
    pub none: Vec<String>,
    /// Texts lose the white space at their ends.
    pub trim: bool,
}
