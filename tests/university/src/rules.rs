//! What a scenario lays over the simulator: answers and faults for chosen calls, in place of the population's.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

/// One entry of a scenario's `legacy` list. The first rule that matches a call and is not used up answers it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Rule {
    /// Which calls.
    #[serde(rename = "match", default)]
    pub when: Match,
    /// What they get.
    #[serde(default)]
    pub answer: Answer,
}

/// Which calls a [`Rule`] is for. What is left out matches everything.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct Match {
    /// `GET`, `POST`, …; case does not matter.
    pub method: Option<String>,
    /// The path without its query, percent-decoded. A `*` at the end stands for any rest, elsewhere for anything within
    /// one segment. A SOAP call also goes by `path#operation` and, where it names a retrieve, `path#operation/RETRIEVE`.
    pub path: Option<String>,
    /// Parameters the query must have among others, decoded.
    pub query: BTreeMap<String, Scalar>,
    /// Headers the call must have among others, whatever the case of their names, with their exact values.
    pub headers: BTreeMap<String, String>,
    /// The SOAP operation; where it names a retrieve, `operation/RETRIEVE` too.
    pub soap: Option<String>,
    /// A text that stands in the body as sent.
    pub body: Option<String>,
}

/// A query value as a scenario may write it: `start: 100` or `start: "100"`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(untagged)]
pub enum Scalar {
    /// Written as text.
    Text(String),
    /// Written as a whole number.
    Int(i64),
    /// Written as `true` or `false`.
    Bool(bool),
}

/// What a matched call gets. With neither `status`, `body`, `file` nor a `fault` that makes its own body, the
/// population answers, so `{ delay_ms: 800 }` alone makes a call slow.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct Answer {
    /// HTTP status; 200 where a body is given without one.
    pub status: Option<u16>,
    /// Headers to add, or to put in place of the simulator's own of that name, each with its lines.
    pub headers: BTreeMap<String, Vec<String>>,
    /// A string is sent as it stands, any other tree as JSON.
    pub body: Option<Value>,
    /// A file whose bytes are the body; see [`Rule::resolve`].
    pub file: Option<PathBuf>,
    /// The system gets the call and does what it says before any of this is given in place of its answer; what is left
    /// out is the system's own. Without it, a rule that has an answer of its own keeps the call from the system.
    pub after: bool,
    /// How the answer fails.
    pub fault: Option<Fault>,
    /// Milliseconds before the answer starts; for [`Fault::Trickle`], between its pieces.
    pub delay_ms: u64,
    /// How many calls the rule answers before it is used up; for ever where left out.
    pub times: Option<u32>,
}

/// A failure really made on the socket.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The connection is reset (RST) before any byte of an answer.
    Reset,
    /// Headers and half of the body, then a reset.
    ResetMidBody,
    /// A `content-length` greater than what is sent, then an orderly close.
    Truncate,
    /// Bytes that are not HTTP, then a close.
    Garbage,
    /// The call is accepted and never answered; the connection stays until the caller leaves.
    Hang,
    /// Half of the head, then nothing more; the connection stays until the caller leaves.
    StallHead,
    /// The head and half of the body, then nothing more; the connection stays until the caller leaves.
    StallBody,
    /// A valid JSON array of so many bytes, streamed. `{ huge: 34603008 }` is 33 MiB.
    Huge(usize),
    /// An HTML page with `text/html` and status 200 (or `status`), as a login page or a proxy would send.
    Html,
    /// The answer, but called `text/plain`.
    WrongContentType,
    /// ESSE3's error document with status 200.
    #[serde(rename = "error_in_200")]
    ErrorIn200,
    /// The SOAP system's fault, with HTTP 500 (or `status`: a fault inside a 200).
    SoapFault,
    /// The SOAP system's answer with this result code and an empty result. `{ soap_code: -1 }` is what both an expired
    /// session and a failed retrieval give.
    SoapCode(i32),
    /// Every SOAP session ends as the call arrives; the answer is the system's own.
    SessionLost,
    /// A document made to burst its reader.
    XmlBomb(Bomb),
    /// The answer up to its middle, with the length of what is sent.
    CutDocument,
    /// The answer in ISO-8859-1, though it says otherwise.
    WrongCharset,
    /// The answer in 50 pieces with [`Answer::delay_ms`] (20 where 0) between them.
    Trickle,
}

/// A document made to burst its reader, in the envelope of the operation where the system speaks SOAP.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Bomb {
    /// How it does that.
    pub kind: BombKind,
    /// How many elements; `depth` and `width` only.
    #[serde(default = "many")]
    pub size: usize,
    /// It is the document within the answer's string, not the answer itself. ESSE3's service only.
    #[serde(default)]
    pub embedded: bool,
}

/// How a document bursts its reader.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
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

fn many() -> usize {
    100_000
}

impl Bomb {
    /// What stands before the root element, and what in it.
    pub(crate) fn parts(self) -> (String, String) {
        let doctype = |entities: &str| format!("<!DOCTYPE WS [{entities}]>");
        match self.kind {
            BombKind::Entities => {
                let mut entities = "<!ENTITY a0 \"aaaaaaaaaa\">".to_owned();
                for level in 1..10 {
                    entities.push_str(&format!("<!ENTITY a{level} \"{}\">", format!("&a{};", level - 1).repeat(10)));
                }
                (doctype(&entities), "<WS>&a9;</WS>".to_owned())
            }
            BombKind::External => {
                (doctype("<!ENTITY own SYSTEM \"file:///etc/hostname\">"), "<WS>&own;</WS>".to_owned())
            }
            BombKind::Depth => {
                (String::new(), format!("<WS>{}{}</WS>", "<a>".repeat(self.size), "</a>".repeat(self.size)))
            }
            BombKind::Width => (String::new(), format!("<WS>{}</WS>", "<a/>".repeat(self.size))),
        }
    }
}

impl Rule {
    /// Makes `file` absolute, taking it as relative to `base` (the scenario's folder).
    pub fn resolve(&mut self, base: &Path) {
        if let Some(file) = &mut self.answer.file
            && file.is_relative()
        {
            *file = base.join(&*file);
        }
    }
}

impl Match {
    /// Whether the body and the SOAP operation named in it are those meant.
    pub(crate) fn is_met_by_body(&self, body: &[u8], operations: &[String]) -> bool {
        let within = |text: &str| text.is_empty() || body.windows(text.len()).any(|window| window == text.as_bytes());
        self.soap.as_ref().is_none_or(|operation| operations.contains(operation))
            && self.body.as_deref().is_none_or(within)
    }

    /// Whether the headers are those meant.
    pub(crate) fn is_met_by_headers<'a>(&self, header: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.headers.iter().all(|(name, value)| header(name) == Some(value))
    }

    /// Whether a call is meant; method, path and query as decoded.
    pub(crate) fn is_met(&self, method: &str, path: &str, query: &[(String, String)]) -> bool {
        self.method.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && self.path.as_ref().is_none_or(|pattern| path_fits(pattern, path))
            && self.query.iter().all(|(name, value)| query.iter().any(|(n, v)| n == name && value.is(v)))
    }
}

impl Scalar {
    fn is(&self, text: &str) -> bool {
        match self {
            Self::Text(own) => own == text,
            Self::Int(own) => own.to_string() == text,
            Self::Bool(own) => own.to_string() == text,
        }
    }
}

/// `*` at the end: any rest. Elsewhere: anything without a slash.
fn path_fits(pattern: &str, path: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == path };
    let Some(path) = path.strip_prefix(start) else { return false };
    if rest.is_empty() {
        return true;
    }
    let within = path.find('/').unwrap_or(path.len());
    path.char_indices()
        .map(|(at, _)| at)
        .chain([path.len()])
        .take_while(|at| *at <= within)
        .any(|at| path_fits(rest, path.split_at(at).1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        for (pattern, path, fits) in [
            ("/a/b", "/a/b", true),
            ("/a/b", "/a/b/", false),
            ("/a/*", "/a/b/c", true),
            ("/a/*", "/a/", true),
            ("/a/*", "/b", false),
            ("*", "/anything", true),
            ("/c/*/iscrizioni", "/c/100001/iscrizioni", true),
            ("/c/*/iscrizioni", "/c/1/2/iscrizioni", false),
            ("/c/*/iscrizioni", "/c/100001", false),
            ("/c/*/x/*", "/c/1/x/2/3", true),
        ] {
            assert_eq!(path_fits(pattern, path), fits, "{pattern} {path}");
        }
    }

    #[test]
    fn rules_are_read_strictly() {
        let rule: Rule = serde_json::from_str(
            r#"{"match": {"method": "get", "path": "/x", "query": {"start": 100, "b": "c"}},
                "answer": {"fault": {"huge": 10}, "times": 2, "headers": {"retry-after": ["7"]}}}"#,
        )
        .unwrap();
        assert_eq!((rule.answer.fault, rule.answer.times), (Some(Fault::Huge(10)), Some(2)));
        let query = |start: &str| vec![("b".to_owned(), "c".to_owned()), ("start".to_owned(), start.to_owned())];
        assert!(rule.when.is_met("GET", "/x", &query("100")));
        assert!(!rule.when.is_met("GET", "/x", &query("0")) && !rule.when.is_met("POST", "/x", &query("100")));
        for wrong in [
            r#"{"match": {"paht": "/x"}}"#,
            r#"{"answer": {"stauts": 500}}"#,
            r#"{"answer": {"fault": "explode"}}"#,
            r#"{"when": {}}"#,
        ] {
            assert!(serde_json::from_str::<Rule>(wrong).is_err(), "{wrong}");
        }
        let names = [
            "reset",
            "reset_mid_body",
            "truncate",
            "garbage",
            "hang",
            "stall_head",
            "stall_body",
            "html",
            "wrong_content_type",
        ];
        for name in names.into_iter().chain([
            "error_in_200",
            "trickle",
            "soap_fault",
            "session_lost",
            "cut_document",
            "wrong_charset",
        ]) {
            let answer: Answer = serde_json::from_str(&format!(r#"{{"fault": "{name}"}}"#)).unwrap();
            assert!(answer.fault.is_some());
        }
        let answer: Answer = serde_json::from_str(r#"{"fault": {"soap_code": -1}}"#).unwrap();
        assert_eq!(answer.fault, Some(Fault::SoapCode(-1)));
        let answer: Answer = serde_json::from_str(r#"{"fault": {"xml_bomb": {"kind": "depth", "size": 7}}}"#).unwrap();
        assert_eq!(answer.fault, Some(Fault::XmlBomb(Bomb { kind: BombKind::Depth, size: 7, embedded: false })));
    }

    #[test]
    fn files_are_relative_to_the_scenario() {
        let mut rule: Rule = serde_json::from_str(r#"{"answer": {"file": "a.json"}}"#).unwrap();
        rule.resolve(Path::new("/scenarios"));
        assert_eq!(rule.answer.file.unwrap(), Path::new("/scenarios/a.json"));
    }

    #[test]
    fn headers() {
        let rule = Match { headers: [("X-Ticket".to_owned(), "a".to_owned())].into(), ..Match::default() };
        let sent = |value: &'static str| move |name: &str| (name == "X-Ticket").then_some(value);
        assert!(rule.is_met_by_headers(sent("a")) && !rule.is_met_by_headers(sent("A")));
        assert!(!rule.is_met_by_headers(|_| None) && Match::default().is_met_by_headers(|_| None));
    }
}
