//! Admission: route, method, trust, media type; then the body, checked against the contract's request schema.

use crate::contract::{self, About, Field, Kind, Object, Operation};
use crate::engine::{Head, Response};
use crate::expr::eval::CallerVars;
use crate::identity::{Caller, Trust};
use crate::mapping::{Plan, sha256_hex};
use crate::problem::{Code, Problem, Violation};
use crate::value::{Arena, DecodeError, Decoder, Full, Names, Number, Value};

/// Most offending members a problem lists: a consumer's mistake must not be answered with more than it sent.
const MOST_VIOLATIONS: usize = 50;

/// What a head asks for.
#[derive(Debug)]
pub(crate) enum Admitted {
    /// An operation; its body is to be read.
    Operation(&'static Operation),
    /// `GET /status` of an API that is served.
    Status,
}

/// A head that is refused.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// Why.
    pub problem: Problem,
    /// What belongs to its status: `allow` with 405 the method the path takes, `www-authenticate` with 401 and 403.
    pub header: Option<(&'static str, String)>,
    /// What was amiss with the caller, for the operator alone.
    pub reason: Option<&'static str>,
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self { problem: Problem::from(code), header: None, reason: None }
    }
}

impl Refusal {
    /// The answer.
    pub fn response(&self, instance: &str) -> Response {
        let mut response = self.problem.response(instance);
        response.headers.extend(self.header.clone());
        response
    }
}

/// Looks at a head. Order: path, method, trust, media type, declared length.
pub(crate) fn head(plan: &Plan, trust: &Trust, head: &Head) -> Result<Admitted, Refusal> {
    let method =
        |allow: &str| Err(Refusal { header: Some(("allow", allow.to_owned())), ..Refusal::from(Code::RequestMethod) });
    let (path, query) = head.path.split_once('?').map_or((head.path.as_str(), None), |(p, q)| (p, Some(q)));
    let served = |o: &Operation| plan.bundle().operations.contains_key(o.name);
    let Some(operation) = contract::route(path).filter(|o| served(o)) else {
        let api =
            contract::status_route(path).filter(|api| contract::served().any(|o| o.id.api() == *api && served(o)));
        return match (api, head.method.as_str()) {
            (None, _) => Err(Refusal::from(Code::RequestPath)),
            (Some(_), "GET") => Ok(Admitted::Status),
            (Some(_), _) => method("GET"),
        };
    };
    if head.method != "POST" {
        return method("POST");
    }
    if let Err(denied) = trust.admit(operation, head) {
        let header = denied.challenge(operation).map(|challenge| ("www-authenticate", challenge));
        return Err(Refusal { header, reason: Some(denied.reason), ..Refusal::from(denied.code) });
    }
    if query.is_some() {
        // Tax codes must not travel in URLs; a consumer that tries is told.
        let problem = one("", "the operation takes no query parameters");
        return Err(Refusal { problem, header: None, reason: None });
    }
    if !is_json(&head.headers) {
        return Err(Refusal::from(Code::RequestMediaType));
    }
    let length = header(&head.headers, "content-length").and_then(|l| l.parse::<u64>().ok());
    if length.is_some_and(|l| l > plan.bundle().limits.body) {
        return Err(Refusal::from(Code::LimitBody));
    }
    Ok(Admitted::Operation(operation))
}

fn header<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
}

/// `application/json`, UTF-8 if it says, not compressed (T-06).
fn is_json(headers: &[(String, String)]) -> bool {
    if header(headers, "content-encoding").is_some_and(|e| !e.eq_ignore_ascii_case("identity")) {
        return false;
    }
    let Some(media_type) = header(headers, "content-type") else { return false };
    let mut parts = media_type.split(';').map(str::trim);
    let essence = parts.next().unwrap_or("");
    essence.eq_ignore_ascii_case("application/json")
        && parts
            .filter_map(|p| p.split_once('='))
            .filter(|(name, _)| name.eq_ignore_ascii_case("charset"))
            .all(|(_, charset)| charset.trim_matches('"').eq_ignore_ascii_case("utf-8"))
}

/// Who calls, for the mapping.
pub(crate) fn caller(arena: &mut Arena, caller: &Caller) -> Result<CallerVars, Full> {
    let Caller::Known(identity) = caller else { return Ok(CallerVars::default()) };
    let mut text = |text: &str| arena.make_text(text).map(Value::Text);
    let mut maybe = |value: &Option<String>| value.as_ref().map_or(Ok(Value::Null), |value| text(value));
    let (purpose, jti) = (maybe(&identity.purpose_id)?, maybe(&identity.jti)?);
    Ok(CallerVars { client: text(&identity.client_id)?, consumer: text(&identity.consumer_id)?, purpose, jti })
}

/// A request that keeps the contract.
#[derive(Debug)]
pub(crate) struct Request {
    /// Members by their place in the schema.
    pub members: Vec<Value>,
    /// The student's tax code, if it has been sent, and key, for operations about one.
    pub student: Option<(Option<String>, String)>,
}

/// Decodes and checks a body.
pub(crate) fn body(plan: &Plan, operation: &Operation, arena: &mut Arena, body: Vec<u8>) -> Result<Request, Problem> {
    let depth = usize::try_from(plan.bundle().limits.depth).unwrap_or(usize::MAX);
    let document = Decoder::whole(depth).decode(arena, body).map_err(|e| match e {
        DecodeError::Depth => Problem::from(Code::LimitRequestDepth),
        DecodeError::Duplicate => one("", "a member stands twice"),
        DecodeError::Syntax | DecodeError::Number | DecodeError::Full => Problem::from(Code::RequestMalformed),
    })?;
    let mut violations = Vec::new();
    let members = object(arena, operation.request, document, "", &mut violations);
    if !violations.is_empty() {
        return Err(Problem::invalid(violations));
    }
    let student = match operation.about {
        About::Student { tax_code, key } => Some(student(plan, arena, (operation.request, &members), tax_code, key)?),
        About::Institute | About::Reported { .. } => None,
    };
    Ok(Request { members, student })
}

fn one(pointer: &str, detail: &'static str) -> Problem {
    Problem::invalid(vec![Violation { pointer: pointer.to_owned(), detail }])
}

/// Checks an object against its schema and gives its members by their place.
fn object(arena: &Arena, schema: &Object, value: Value, at: &str, violations: &mut Vec<Violation>) -> Vec<Value> {
    let mut violate = |pointer: String, detail| {
        if violations.len() < MOST_VIOLATIONS {
            violations.push(Violation { pointer, detail });
        }
    };
    let Value::Record(span) = value else {
        violate(at.to_owned(), "must be an object");
        return Vec::new();
    };
    let mut members = vec![None; schema.fields.len()];
    for (name, inner) in arena.entries(span) {
        let name = if *name == Names::NONE { "" } else { arena.names().get(*name) };
        match schema.field(name) {
            Some((place, _)) => {
                if let Some(member) = members.get_mut(place) {
                    *member = Some(*inner);
                }
            }
            // A name the consumer made up may itself be personal data: it is repeated only if it looks like a name.
            None if is_plain_name(name) => violate(format!("{at}/{name}"), "is not a member the contract knows"),
            None => violate(at.to_owned(), "has a member the contract does not know"),
        }
    }
    for (field, member) in schema.fields.iter().zip(&members) {
        let fault = match member {
            None if field.required => Some("is missing"),
            None => None,
            Some(Value::Null) if field.nullable => None,
            Some(Value::Null) => Some("must not be null"),
            Some(value) => fault(arena, field, *value),
        };
        if let Some(detail) = fault {
            violate(format!("{at}/{}", field.name), detail);
        }
    }
    members.into_iter().map(Option::unwrap_or_default).collect()
}

fn is_plain_name(name: &str) -> bool {
    (1..=40).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

/// What is wrong with a member's value.
fn fault(arena: &Arena, field: &Field, value: Value) -> Option<&'static str> {
    match (&field.kind, value) {
        (Kind::Text { min, max, pattern }, Value::Text(text)) => {
            let text = arena.text(text);
            let length = text.chars().count();
            if length < *min || length > *max {
                Some("has the wrong length")
            } else if pattern.is_some_and(|p| !p.matches(text)) {
                Some("does not match the contract's pattern")
            } else {
                None
            }
        }
        (Kind::Text { .. }, _) => Some("must be a string"),
        (Kind::Enum(allowed), Value::Text(text)) => {
            (!allowed.contains(&arena.text(text))).then_some("is not one of the allowed values")
        }
        (Kind::Enum(_), _) => Some("must be a string"),
        (Kind::Int { min, max }, Value::Int(i)) => (!(*min..=*max).contains(&i)).then_some("is out of range"),
        (Kind::Int { .. }, _) => Some("must be a whole number"),
        (Kind::Date, Value::Text(text)) => {
            crate::value::date::Date::parse_iso(arena.text(text)).is_none().then_some("must be a date, YYYY-MM-DD")
        }
        (Kind::Date, _) => Some("must be a date, YYYY-MM-DD"),
        // IFS01.1-I2: an empty cursor is the first call, like none. No other has been given to anybody.
        (Kind::Cursor, Value::Text(text)) => match arena.text(text).chars().count() {
            0 => None,
            1..=512 => Some("is not a cursor that was given here"),
            _ => Some("has the wrong length"),
        },
        (Kind::Cursor, _) => Some("must be a string"),
        (Kind::Number { min, max }, value) => match value.number() {
            Some(n) if n.compare(Number::Int(*min)).is_ge() && n.compare(Number::Int(*max)).is_le() => None,
            Some(_) => Some("is out of range"),
            None => Some("must be a number"),
        },
        (Kind::Bool, Value::Bool(_)) => None,
        (Kind::Bool, _) => Some("must be true or false"),
        // No request has one.
        (Kind::Year | Kind::DateTime, _) => Some("must be an academic year"),
        // No request schema the engine knows has objects or lists inside yet.
        (Kind::Object(_), _) => Some("must be an object"),
        (Kind::List(_), _) => Some("must be a list"),
    }
}

/// The student's tax code and key (IFS02.1-I1: one of the two is needed; both must say the same), under these members.
fn student(
    plan: &Plan,
    arena: &Arena,
    (schema, members): (&Object, &[Value]),
    tax_code: &str,
    key: Option<&str>,
) -> Result<(Option<String>, String), Problem> {
    let text = |name: &str| {
        let (place, _) = schema.field(name)?;
        match members.get(place) {
            Some(Value::Text(text)) => Some(arena.text(*text)),
            _ => None,
        }
    };
    let key = match key.and_then(text) {
        Some(key) if key.bytes().all(|b| b.is_ascii_hexdigit()) => Some(key.to_ascii_lowercase()),
        // T-40: 64 characters that are no hex digits are nobody's key.
        Some(_) => return Err(Problem::from(Code::RequestUnknownStudent)),
        None => None,
    };
    match (text(tax_code), key) {
        (Some(code), key) => {
            let own = sha256_hex(code.as_bytes());
            if key.is_some_and(|key| key != own) {
                return Err(one("/key", "is not the key of this tax code"));
            }
            Ok((Some(code.to_owned()), own))
        }
        (None, Some(key)) if plan.bundle().by_key.is_some() => Ok((None, key)),
        (None, Some(_)) => Err(Problem::from(Code::KeyUnresolved)),
        (None, None) => Err(Problem::invalid(vec![
            Violation { pointer: "/tax_code".to_owned(), detail: "is missing: a tax code or a key is needed" },
            Violation { pointer: "/key".to_owned(), detail: "is missing: a tax code or a key is needed" },
        ])),
    }
}
