//! One request from outside and what must come of it.

use adapter_core::problem::CODES;
use pdnd::Identity;
use serde_json::{Value, json};
use university::oracle::{self, Expected};

use super::gate::Gate;
use crate::expect::show;
use crate::http::{Answer, Failure, Request};

/// IFS02.1.
pub(super) const ENROLLMENTS: &str = "/ifs02/academic-enrollments";
/// IFS02.3.
pub(super) const TRANSCRIPT: &str = "/ifs02/proof-tertiary-education-courses";

/// A request and what must come of it.
pub(super) struct Case {
    pub(super) name: String,
    pub(super) request: Request,
    /// The certificate that the client shows.
    pub(super) identity: Option<Identity>,
    /// The tokens in it.
    pub(super) tokens: Vec<String>,
    pub(super) told: Told,
    /// Members that its line in the access log must have.
    pub(super) logged: Vec<(&'static str, String)>,
}

/// What must come of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// 200 and the oracle's bytes for the student of the body.
    Oracle,
    /// This status, without a problem.
    Status(u16),
    /// A problem document of the filter's.
    Filter(u16, &'static str, Challenge),
    /// A problem document of Envoy's own, with code details that begin so.
    Envoy(u16, &'static str, Challenge, &'static str),
    /// This status before the headers were read whole, so that nobody knows the request's id.
    Unread(u16),
    /// No HTTP at all: the connection is ended.
    Closed,
}

/// `WWW-Authenticate` (RFC 6750 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// None.
    None,
    /// A realm and no error: there was no token.
    Realm,
    /// `invalid_token`.
    Invalid,
    /// `insufficient_scope`.
    Scope,
}

/// The prefix of Envoy's code details where it refuses a token.
pub(super) const DENIED: &str = "jwt_authn_access_denied{";

/// What the operator is told of a refusal, besides the names of claims.
const REASONS: [&str; 15] = [
    "nobody",
    "peer",
    "two-tokens",
    "cnf",
    "exp",
    "crit",
    "scheme",
    "allow",
    "client_id",
    "consumerId",
    "purposeId",
    "jti",
    "producerId",
    "eserviceId",
    "descriptorId",
];

/// No good token, says Envoy.
pub(super) const fn unproved(details: &'static str) -> Told {
    Told::Envoy(401, "request.identity", Challenge::Invalid, details)
}

/// A token without what the filter needs.
pub(super) const UNIDENTIFIED: Told = Told::Filter(401, "request.identity", Challenge::Invalid);
/// Nothing that proves who calls, says the filter.
pub(super) const NOBODY: Told = Told::Filter(401, "request.identity", Challenge::Realm);
/// A caller who may not.
pub(super) const FORBIDDEN: Told = Told::Filter(403, "request.forbidden", Challenge::Scope);

impl Case {
    /// IFS02.1 for a student, without a token.
    pub(super) fn new(name: &str, gate: &Gate<'_>, told: Told) -> Result<Self, String> {
        let request = Request {
            method: "POST".to_owned(),
            target: ENROLLMENTS.to_owned(),
            // What the consumer words itself must not reach a log: the search at the end knows every tax code.
            authority: format!("{}.example.it", gate.student()),
            headers: vec![
                ("content-type".to_owned(), "application/json".to_owned()),
                ("x-request-id".to_owned(), gate.student().to_owned()),
            ],
            body: json!({ "tax_code": gate.student() }).to_string().into_bytes(),
        };
        let (identity, tokens, logged) = (gate.kind.client(), Vec::new(), Vec::new());
        Ok(Self { name: name.to_owned(), request, identity, tokens, told, logged })
    }

    /// With a token as Bearer.
    pub(super) fn bearer(mut self, token: &str) -> Self {
        self.tokens.push(token.to_owned());
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// With a header.
    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self.request.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a header in the place of those of its name.
    pub(super) fn instead(mut self, name: &str, value: &str) -> Self {
        self.request.headers.retain(|(given, _)| !given.eq_ignore_ascii_case(name));
        self.header(name, value)
    }

    /// With another method and target; the body stays with POST alone.
    pub(super) fn at(mut self, method: &str, target: &str) -> Self {
        self.request.target = target.to_owned();
        if method != "POST" {
            self.request.method = method.to_owned();
            self.request.body.clear();
        }
        self
    }

    /// From a client with this certificate, or none.
    pub(super) fn from(mut self, identity: Option<Identity>) -> Self {
        self.identity = identity;
        self
    }

    /// With this member in the access log.
    pub(super) fn logs(mut self, member: &'static str, value: &str) -> Self {
        self.logged.push((member, value.to_owned()));
        self
    }

    /// Whether it has a line in the access log under the id of its answer.
    pub(super) fn is_logged(&self) -> bool {
        !matches!(self.told, Told::Unread(_) | Told::Closed)
    }

    /// What is wrong with what came of it, one line each.
    pub(super) fn wrong(
        &self,
        gate: &Gate<'_>,
        answer: Result<Answer, Failure>,
        calls: u64,
        line: Option<&Value>,
    ) -> Vec<String> {
        let mut wrong = Vec::new();
        if !matches!(self.told, Told::Oracle) && calls > 0 {
            wrong.push(format!("{calls} calls to the legacy system"));
        }
        let answer = match (answer, &self.told) {
            (Err(_), Told::Closed) => return wrong,
            (Err(failure), _) => {
                wrong.push(format!("no whole answer: {failure:?}"));
                return wrong;
            }
            (Ok(answer), _) => answer,
        };
        if answer.header("x-request-id") == Some(gate.student()) {
            wrong.push("the answer carries what the consumer sent as its id".to_owned());
        }
        match &self.told {
            Told::Closed => wrong.push(format!("answered {} {}", answer.status, show(&answer.body))),
            Told::Oracle => wrong.extend(self.against_oracle(gate, &answer)),
            Told::Status(status) => wrong.extend(differs("status", &answer.status, status)),
            Told::Unread(status) => {
                wrong.extend(differs("status", &answer.status, status));
                let kind = answer.header("content-type");
                wrong.extend(differs("content-type", &kind, &Some("application/problem+json")));
                return wrong;
            }
            Told::Filter(status, code, challenge) => {
                wrong.extend(self.against_problem(&answer, *status, code));
                let realm = self.request.target.get(1..6).unwrap_or_default();
                let expected = match challenge {
                    Challenge::None => None,
                    Challenge::Realm => Some(format!("Bearer realm=\"{realm}\"")),
                    Challenge::Invalid => Some(format!("Bearer realm=\"{realm}\", error=\"invalid_token\"")),
                    Challenge::Scope => Some(format!("Bearer realm=\"{realm}\", error=\"insufficient_scope\"")),
                };
                let given = answer.header("www-authenticate").map(str::to_owned);
                wrong.extend(differs("www-authenticate", &given, &expected));
            }
            Told::Envoy(status, code, challenge, _) => {
                wrong.extend(self.against_problem(&answer, *status, code));
                let given = answer.header("www-authenticate").unwrap_or_default();
                let right = match challenge {
                    Challenge::None => given.is_empty(),
                    Challenge::Realm => given.starts_with("Bearer realm=\"") && !given.contains("error="),
                    Challenge::Invalid => {
                        given.starts_with("Bearer realm=\"") && given.ends_with(", error=\"invalid_token\"")
                    }
                    // Envoy calls a token for somebody else invalid too; RFC 6750 leaves it the choice.
                    Challenge::Scope => given.starts_with("Bearer realm=\"") && given.contains(", error=\""),
                };
                if !right || self.tokens.iter().any(|token| given.contains(token)) {
                    wrong.push(format!("www-authenticate: {given:?} is not {challenge:?}"));
                }
            }
        }
        wrong.extend(self.against_line(&answer, line));
        wrong
    }

    fn against_oracle(&self, gate: &Gate<'_>, answer: &Answer) -> Option<String> {
        let body: Value = serde_json::from_slice(&self.request.body).unwrap_or_default();
        let code = body.get("tax_code").and_then(Value::as_str).unwrap_or_default();
        let of = if self.request.target == TRANSCRIPT { oracle::ifs02_3 } else { oracle::ifs02_1 };
        match of(&gate.population, code, gate.today) {
            Expected::Answer(bytes) if answer.status == 200 && answer.body == bytes => None,
            Expected::Answer(bytes) => {
                Some(format!("{} {}\noracle: {}", answer.status, show(&answer.body), show(&bytes)))
            }
            _ => Some("the oracle does not know the student of this case".to_owned()),
        }
    }

    fn against_problem(&self, answer: &Answer, status: u16, code: &str) -> Vec<String> {
        let mut wrong: Vec<String> = differs("status", &answer.status, &status).into_iter().collect();
        wrong.extend(differs("content-type", &answer.header("content-type"), &Some("application/problem+json")));
        wrong.extend(differs("cache-control", &answer.header("cache-control"), &Some("no-store")));
        let Ok(Value::Object(problem)) = serde_json::from_slice::<Value>(&answer.body) else {
            wrong.push(format!("not a problem document: {}", show(&answer.body)));
            return wrong;
        };
        let member = |name: &str| problem.get(name).cloned().unwrap_or_default();
        wrong.extend(differs("type", &member("type"), &json!(format!("urn:ifs-adapter:problem:{code}"))));
        wrong.extend(differs("status in the body", &member("status"), &json!(status)));
        wrong.extend(differs("instance", &member("instance"), &json!(answer.header("x-request-id"))));
        // RFC 9457 §3.1.3: a type has one title, whoever says it.
        if let Some(known) = CODES.iter().find(|known| known.as_str() == code) {
            wrong.extend(differs("title", &member("title"), &json!(known.title())));
        }
        let text = String::from_utf8_lossy(&answer.body);
        if self.tokens.iter().flat_map(|token| token.split('.')).any(|part| part.len() > 8 && text.contains(part)) {
            wrong.push("a token stands in the answer".to_owned());
        }
        wrong
    }

    fn against_line(&self, answer: &Answer, line: Option<&Value>) -> Vec<String> {
        let Some(line) = line else { return vec!["no line in the access log".to_owned()] };
        let member = |name: &str| line.get(name).cloned().unwrap_or_default();
        let mut wrong: Vec<String> =
            differs("logged status", &member("status"), &json!(answer.status)).into_iter().collect();
        match &self.told {
            Told::Envoy(_, _, _, details) => {
                if !member("details").as_str().is_some_and(|said| said.starts_with(details)) {
                    wrong.push(format!("details {} do not begin with {details}", member("details")));
                }
            }
            Told::Filter(status, code, _) => {
                wrong.extend(differs("logged outcome", &member("outcome"), &json!(code)));
                let told = member("reason");
                if matches!(status, 401 | 403) && !told.as_str().is_some_and(|reason| REASONS.contains(&reason)) {
                    wrong.push(format!("logged reason {told} is none of docs/trust.md"));
                }
            }
            Told::Oracle => wrong.extend(differs("logged outcome", &member("outcome"), &json!("ok"))),
            Told::Status(_) | Told::Unread(_) | Told::Closed => {}
        }
        for (name, value) in &self.logged {
            wrong.extend(differs(&format!("logged {name}"), &member(name), &json!(value)));
        }
        wrong
    }
}

/// What differs, in a line.
fn differs<T: PartialEq + std::fmt::Debug>(what: &str, given: &T, expected: &T) -> Option<String> {
    (given != expected).then(|| format!("{what}: {given:?}, expected {expected:?}"))
}
