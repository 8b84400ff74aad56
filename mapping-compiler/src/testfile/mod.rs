//! Test files: a request, what the systems answer, and what must come out (mapping-language §8.14).
//!
//! `ifs test` runs those of a pack against the engine in memory; the project's scenario harness runs the same format
//! against a simulated university on several layers. Members that only the harness understands are marked so.

mod matching;
mod read;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

pub use read::{ReadError, read, read_str};

/// One test.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestFile {
    /// What it shows, one sentence.
    #[serde(default)]
    pub about: Option<String>,
    /// Rules of the contract it exercises, e.g. `IFS02.1-R4`.
    #[serde(default)]
    pub ids: Vec<String>,
    /// The mapping, relative to the test file; the pack's own if absent.
    #[serde(default)]
    pub mapping: Option<PathBuf>,
    /// The exchange's wall clock, RFC 3339.
    pub now: String,
    /// What the consumer sends.
    pub request: Request,
    /// What the systems answer; the first entry that matches a call and is not used up answers it.
    #[serde(default)]
    pub legacy: Vec<Legacy>,
    /// What must come out.
    pub expect: Expect,
    /// Limits that replace the mapping's.
    #[serde(default)]
    pub limits: BTreeMap<String, u64>,
    /// How far the gateway is trusted; `development` if absent.
    #[serde(default)]
    pub trust: Trust,
    /// Layers it runs on; all if absent. Harness only.
    #[serde(default)]
    pub layers: Vec<Layer>,
    /// The university simulated behind `legacy`. Harness only.
    #[serde(default)]
    pub university: Option<University>,
}

/// What the consumer sends.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// HTTP method.
    #[serde(default = "post")]
    pub method: String,
    /// Path with query, e.g. `/ifs02/academic-enrollments`.
    pub path: String,
    /// Headers; `content-type: application/json` is added where there is a body and none is given. Null takes it away.
    #[serde(default)]
    pub headers: BTreeMap<String, Option<String>>,
    /// A string is sent as it stands, any other tree as JSON.
    #[serde(default)]
    pub body: Option<Value>,
    /// A file whose bytes are the body, relative to the test file.
    #[serde(default)]
    pub body_file: Option<PathBuf>,
    /// A body too long to write out.
    #[serde(default)]
    pub repeat: Option<Repeat>,
}

/// `before`, then `text` so many `times`, then `after`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    /// What stands in front.
    #[serde(default)]
    pub before: String,
    /// What is repeated.
    pub text: String,
    /// How often.
    pub times: usize,
    /// What stands behind.
    #[serde(default)]
    pub after: String,
}

/// What a call gets.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Legacy {
    /// Which calls.
    #[serde(default, rename = "match")]
    pub when: Match,
    /// The answer.
    #[serde(default)]
    pub answer: Answer,
}

/// Which calls an entry is for. What is left out matches everything.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Match {
    /// HTTP method.
    pub method: Option<String>,
    /// Path without query, percent-decoded. A `*` at the end stands for any rest, elsewhere for anything within a
    /// segment.
    pub path: Option<String>,
    /// Parameters the query must have among others, decoded.
    pub query: BTreeMap<String, Scalar>,
}

/// A scalar of a query.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Scalar {
    /// Text.
    Text(String),
    /// A whole number.
    Int(i64),
    /// A truth value.
    Bool(bool),
}

impl Scalar {
    /// As it stands in a query.
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Int(n) => n.to_string(),
            Self::Bool(b) => b.to_string(),
        }
    }
}

/// An answer of a system.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Answer {
    /// HTTP status; 200 if absent.
    pub status: Option<u16>,
    /// Headers; `content-type: application/json` is added where none is given.
    pub headers: BTreeMap<String, String>,
    /// A string is sent as it stands, any other tree as JSON.
    pub body: Option<Value>,
    /// A file whose bytes are the body, relative to the test file.
    pub file: Option<PathBuf>,
    /// How the answer fails.
    pub fault: Option<Fault>,
    /// Milliseconds before the answer. Harness only.
    pub delay_ms: u64,
    /// How many calls the entry answers; for ever if absent.
    pub times: Option<u32>,
}

/// How an answer fails. In memory each becomes what a shell would report of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The connection is reset before any byte of an answer.
    Reset,
    /// Headers and half of the body, then a reset.
    ResetMidBody,
    /// A `content-length` greater than what is sent.
    Truncate,
    /// Bytes that are not HTTP.
    Garbage,
    /// Never answered.
    Hang,
    /// A JSON array of so many bytes.
    Huge(usize),
    /// An HTML page with status 200.
    Html,
    /// The answer, called `text/plain`.
    WrongContentType,
    /// The system's error document with status 200.
    #[serde(rename = "error_in_200", alias = "error_in200")]
    ErrorIn200,
    /// The answer in many small pieces.
    Trickle,
}

/// What must come out.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// HTTP status.
    pub status: u16,
    /// Headers, each with its exact value; null: must not be there.
    #[serde(default)]
    pub headers: BTreeMap<String, Option<String>>,
    /// A string is the exact body; any other tree is compared as JSON.
    #[serde(default)]
    pub body: Option<Value>,
    /// Code of the problem document the body must be, e.g. `request.unknown-student`.
    #[serde(default)]
    pub problem: Option<String>,
    /// JSON Pointers of the members the problem names, in order.
    #[serde(default)]
    pub pointers: Option<Vec<String>>,
    /// How many calls the systems saw.
    #[serde(default)]
    pub calls: Option<Calls>,
    /// The body is the oracle's. Harness only.
    #[serde(default)]
    pub oracle: bool,
}

/// A number of calls: exact, or a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Calls {
    /// So many.
    Exactly(u64),
    /// Between two bounds, both included.
    Range {
        /// Fewest.
        #[serde(default)]
        min: u64,
        /// Most.
        #[serde(default = "any_number")]
        max: u64,
    },
}

impl Calls {
    /// Whether a number fits.
    pub fn allows(self, n: u64) -> bool {
        match self {
            Self::Exactly(exact) => n == exact,
            Self::Range { min, max } => (min..=max).contains(&n),
        }
    }
}

/// How far the gateway is trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// Nothing is configured.
    None,
    /// Development.
    #[default]
    Development,
}

/// Layers of the scenario harness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// The engine, natively.
    Native,
    /// The filter in a wasm host of the harness.
    Wasm,
    /// The filter in Envoy.
    Envoy,
}

/// The university a scenario runs against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct University {
    /// How many students.
    #[serde(default)]
    pub students: Option<usize>,
    /// Seed of the population.
    #[serde(default)]
    pub seed: Option<u64>,
}

fn post() -> String {
    "POST".to_owned()
}

fn any_number() -> u64 {
    u64::MAX
}
