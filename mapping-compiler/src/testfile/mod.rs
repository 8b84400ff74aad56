//! Test files: a request, what the systems answer, and what must come out.
//!
//! `ifs test` runs those of a pack against the engine in memory; the project's scenario harness runs the same format
//! against a simulated university on several layers. Members that only the harness understands are marked so.

mod form;
mod matching;
mod read;
mod story;

use std::collections::BTreeMap;
use std::path::PathBuf;

use adapter_core::{Caller, Identity as Proven};
use serde::Deserialize;
use serde_json::Value;

pub use read::{ReadError, check, read, read_str};
pub use story::{Step, Story, Test};

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
    /// Who calls, under `trust: development`; nobody if absent, so that `caller` is null.
    #[serde(default)]
    pub identity: Option<Identity>,
    /// Whether the systems have been asked by their probes before; `legacy` answers these too.
    #[serde(default)]
    pub probed: bool,
    /// How often the same request is sent before, its answers not looked at. Harness only.
    #[serde(default)]
    pub earlier: u32,
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
    /// How many calls it must have answered in the end; at least one if absent. In memory only.
    #[serde(default)]
    pub uses: Option<u32>,
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
    /// Headers the call must have among others, whatever the case of their names, with their exact values.
    pub headers: BTreeMap<String, String>,
    /// The SOAP operation: `fn_dologin`. Or `fn_retrieve_xml/GET_CV`: an operation and the whole text of one of its
    /// parts, for systems that name what is really asked for there.
    pub soap: Option<String>,
    /// A text that stands in the body: a tax code, for example. In XML neither the prefixes of elements nor attributes
    /// count: `<params>X</params>` is also `<w:params xsi:type="xsd:string">X</w:params>`.
    pub body: Option<String>,
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

/// The lines of one header.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Lines {
    /// One line.
    One(String),
    /// Several, in their order.
    Several(Vec<String>),
}

impl Lines {
    /// The value of each.
    pub fn each(&self) -> &[String] {
        match self {
            Self::One(line) => std::slice::from_ref(line),
            Self::Several(lines) => lines,
        }
    }
}

/// An answer of a system.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Answer {
    /// HTTP status; 200 if absent.
    pub status: Option<u16>,
    /// Headers; where no `content-type` is given it is `application/json`, or `text/xml` if the body begins with `<`.
    pub headers: BTreeMap<String, Lines>,
    /// A string is sent as it stands, any other tree as JSON.
    pub body: Option<Value>,
    /// A file whose bytes are the body, relative to the test file.
    pub file: Option<PathBuf>,
    /// How the answer fails.
    pub fault: Option<Fault>,
    /// The system gets the call and does what it says before this is given in place of its answer. Harness only.
    pub after: bool,
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
    /// A SOAP fault with HTTP 500, or with `status` (200: a fault that looks like success).
    SoapFault,
    /// The SOAP system's answer with this result code and nothing else: what an expired session and a failed query may
    /// have in common. Harness only.
    SoapCode(i32),
    /// Every SOAP session ends as the call arrives, so that the system refuses it in its own words. Harness only.
    SessionLost,
    /// A document made to burst its reader, in the system's own envelope. Harness only.
    XmlBomb(Bomb),
    /// The answer up to its middle, complete as far as HTTP can tell.
    CutDocument,
    /// The answer in ISO-8859-1, whatever charset it names.
    WrongCharset,
}

/// A document made to burst its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bomb {
    /// How it does that.
    pub kind: BombKind,
    /// How many elements, of `depth` and `width`.
    #[serde(default = "many")]
    pub size: usize,
    /// It is the document within the answer's string, not the answer itself.
    #[serde(default)]
    pub embedded: bool,
}

/// How a document bursts its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BombKind {
    /// Entities that stand for ten of each other, ten levels deep.
    Entities,
    /// An entity that is a file of the reader's.
    External,
    /// Elements in elements.
    Depth,
    /// Elements beside elements.
    Width,
}

impl Fault {
    /// Whether only the simulated university can make it: it needs a system that speaks for itself.
    pub fn needs_simulator(self) -> bool {
        matches!(self, Self::SoapCode(_) | Self::SessionLost | Self::XmlBomb(_))
    }

    /// The body of an answer under this fault, where the fault changes it: [`Fault::SoapFault`] in the version of SOAP
    /// that the call speaks, [`Fault::CutDocument`] and [`Fault::WrongCharset`] from the body written.
    pub fn body(self, written: &[u8], call_content_type: &str) -> Option<Vec<u8>> {
        match self {
            Self::SoapFault => Some(soap_fault(call_content_type.contains("application/soap+xml")).into_bytes()),
            Self::CutDocument => written.get(..written.len().checked_div(2).unwrap_or(0)).map(<[u8]>::to_vec),
            Self::WrongCharset => {
                let text = String::from_utf8_lossy(written);
                Some(text.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect())
            }
            _ => None,
        }
    }
}

fn soap_fault(newer: bool) -> String {
    let (namespace, fault) = if newer {
        let code = "<e:Code><e:Value>e:Receiver</e:Value></e:Code>";
        let reason = "<e:Reason><e:Text xml:lang=\"en\">no connection</e:Text></e:Reason>";
        ("http://www.w3.org/2003/05/soap-envelope", format!("{code}{reason}"))
    } else {
        let text = "<faultcode>e:Server</faultcode><faultstring>no connection</faultstring>";
        ("http://schemas.xmlsoap.org/soap/envelope/", text.to_owned())
    };
    format!("<e:Envelope xmlns:e=\"{namespace}\"><e:Body><e:Fault>{fault}</e:Fault></e:Body></e:Envelope>")
}

/// The media type of an answer's body where none is given.
pub fn media_type(body: &[u8]) -> &'static str {
    if body.first() == Some(&b'<') { "text/xml" } else { "application/json" }
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
    /// How many writes the university's office received. Harness only.
    #[serde(default)]
    pub writes: Option<Calls>,
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

/// Who calls.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// The consumer's client.
    pub client_id: String,
    /// The organisation.
    pub consumer_id: String,
    /// What for; a partner without PDND has none.
    #[serde(default)]
    pub purpose_id: Option<String>,
    /// The token's name.
    #[serde(default)]
    pub jti: Option<String>,
}

impl TestFile {
    /// Who calls, for the engine.
    pub fn caller(&self) -> Caller {
        let Some(Identity { client_id, consumer_id, purpose_id, jti }) = self.identity.clone() else {
            return Caller::Nobody;
        };
        let identity = Proven { client_id, consumer_id, purpose_id, jti, ..Proven::default() };
        Caller::Known(Box::new(identity))
    }
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
    /// The component in a host of the harness.
    Component,
    /// The component in the JavaScript host that the documentation prints.
    Node,
}

/// The university a scenario runs against, and the shape its systems come in. What is left out is the simulator's
/// default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct University {
    /// How many students.
    pub students: Option<usize>,
    /// Seed of the population.
    pub seed: Option<u64>,
    /// The day the population lives in, `YYYY-MM-DD`; not the exchange's clock.
    pub today: Option<String>,
    /// How long a SOAP session is good for after its login, milliseconds.
    pub session_lasts: Option<u64>,
    /// How many SOAP sessions are open at most; one more ends the oldest.
    pub session_limit: Option<usize>,
    /// Result code for an expired or unknown SOAP session: −1, or the 1116 of other installations.
    pub session_expired_code: Option<i32>,
    /// How SOAP answers are written.
    pub soap: SoapShape,
    /// The oracle speaks for the conservatory, not for the university.
    pub conservatory: bool,
}

/// How SOAP answers are written; all ways say the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SoapShape {
    /// The envelope's prefix; an empty one makes its namespace the default one.
    pub prefix: Option<String>,
    /// The document within stands in CDATA sections.
    pub cdata: bool,
    /// Empty elements say `xsi:nil="true"`.
    pub nil_for_empty: bool,
    /// Charset of the answer.
    pub charset: Charset,
    /// Members of a record come in the opposite order.
    pub reorder: bool,
    /// Each element of a list stands in a container of its own.
    pub one_for_many: bool,
}

/// A charset of answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Charset {
    /// UTF-8.
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    /// ISO-8859-1.
    #[serde(rename = "iso-8859-1")]
    Latin1,
    /// Windows-1252.
    #[serde(rename = "windows-1252")]
    Windows1252,
}

fn many() -> usize {
    100_000
}

fn post() -> String {
    "POST".to_owned()
}

fn any_number() -> u64 {
    u64::MAX
}
