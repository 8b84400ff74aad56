//! A request's caller and body, for the mapping: the body checked against the contract's request schema.

use crate::bundle::sha256_hex;
use crate::contract::{About, Given, How, Kind, Misfit, Object, Operation, fit};
use crate::eval::memory::CallerVars;
use crate::plan::Plan;
use crate::problem::{Code, Problem, Violation};
use crate::value::{Arena, DecodeError, Decoder, Full, Names, Value};
use crate::wire::Caller;
use values::visible::has_control;

/// Most offending members a problem lists.
const MOST_VIOLATIONS: usize = 50;

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
    /// Whom it is about.
    pub subject: Subject,
}

/// Whom a request is about, as far as it says.
#[derive(Debug)]
pub(crate) enum Subject {
    /// The institute, or whom its members report.
    Institute,
    /// A student.
    Student { tax_code: String, key: String },
    /// A student of whom only the key is known.
    Key(String),
}

/// Decodes and checks a body.
pub(crate) fn body(plan: &Plan, operation: &Operation, arena: &mut Arena, body: Vec<u8>) -> Result<Request, Problem> {
    let depth = usize::try_from(plan.limits().depth).unwrap_or(usize::MAX);
    let document = Decoder::whole(depth).decode(arena, body).map_err(|e| match e.why {
        DecodeError::Depth => Problem::from(Code::LimitRequestDepth),
        DecodeError::Duplicate => one("", "a member stands twice"),
        _ => Problem::from(Code::RequestMalformed),
    })?;
    let mut wrong = Violations { all: Vec::new(), written: operation.does.writes() };
    let members = object(arena, operation.request, document, "", &mut wrong);
    // Where nothing is walked nobody was ever given a cursor.
    let cursor = operation.request.field("cursor").and_then(|(place, _)| members.get(place));
    if let Some(Value::Text(text)) = cursor
        && text.len > 0
        && !plan.pages(operation.id)
        && wrong.all.is_empty()
    {
        wrong.add("/cursor".to_owned(), Misfit::Unknown.told());
    }
    if !wrong.all.is_empty() {
        return Err(Problem::invalid(wrong.all));
    }
    let subject = match operation.about {
        About::Student { tax_code, key } => student(plan, arena, (operation.request, &members), tax_code, key)?,
        About::Reported { person } => reported(arena, (operation.request, &members), person)?,
        About::Institute => Subject::Institute,
    };
    Ok(Request { members, subject })
}

fn one(pointer: &str, detail: &'static str) -> Problem {
    Problem::invalid(vec![Violation { pointer: pointer.to_owned(), detail }])
}

/// Violations, so many that a consumer's mistake is not answered with more than it sent.
struct Violations {
    all: Vec<Violation>,
    /// Whether what people write goes to a system, which would have to show it.
    written: bool,
}

impl Violations {
    fn add(&mut self, pointer: String, detail: &'static str) {
        if self.all.len() < MOST_VIOLATIONS {
            self.all.push(Violation { pointer, detail });
        }
    }
}

/// Checks an object against its schema and gives its members by their place.
fn object(arena: &Arena, schema: &Object, value: Value, at: &str, wrong: &mut Violations) -> Vec<Value> {
    let Value::Record(span) = value else {
        wrong.add(at.to_owned(), Misfit::NoObject.told());
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
            // A name that the consumer made up is not repeated: it may itself be personal data.
            None => wrong.add(at.to_owned(), "has a member the contract does not know"),
        }
    }
    for (field, member) in schema.fields.iter().zip(&members) {
        let pointer = || format!("{at}/{}", field.name);
        match member {
            None if field.required => wrong.add(pointer(), "is missing"),
            None => {}
            Some(Value::Null) if field.nullable => {}
            Some(Value::Null) => wrong.add(pointer(), "must not be null"),
            Some(value) => self::value(arena, &field.kind, *value, pointer, wrong),
        }
    }
    members.into_iter().map(Option::unwrap_or_default).collect()
}

/// Checks the value of a member.
fn value(arena: &Arena, kind: &Kind, value: Value, pointer: impl Fn() -> String, wrong: &mut Violations) {
    match (kind, value) {
        (Kind::Object(inner), _) => {
            object(arena, inner, value, &pointer(), wrong);
        }
        (Kind::List(list), Value::List(span)) => {
            if list.max.is_some_and(|max| span.len() > max) {
                wrong.add(pointer(), "has too many items");
                return;
            }
            for (at, item) in arena.elements(span).iter().enumerate().filter(|(_, i)| !(list.nulls && i.is_null())) {
                object(arena, list.items, *item, &format!("{}/{at}", pointer()), wrong);
            }
        }
        _ => {
            let given = Given::of(arena, value);
            if let Err(misfit) = fit(kind, given, How::Sent) {
                wrong.add(pointer(), misfit.told());
            } else if wrong.written && matches!(given, Given::Text(text) if has_control(text)) {
                wrong.add(pointer(), Misfit::Control.told());
            }
        }
    }
}

/// The student by tax code or key (IFS02.1-I1: one of the two is needed; both must say the same), under these members.
fn student(
    plan: &Plan,
    arena: &Arena,
    (schema, members): (&Object, &[Value]),
    tax_code: &str,
    key: Option<&str>,
) -> Result<Subject, Problem> {
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
            Ok(Subject::Student { tax_code: code.to_owned(), key: own })
        }
        (None, Some(key)) if plan.finds_by_key() => Ok(Subject::Key(key)),
        (None, Some(_)) => Err(Problem::from(Code::KeyUnresolved)),
        (None, None) => Err(Problem::invalid(vec![
            Violation { pointer: "/tax_code".to_owned(), detail: "is missing: a tax code or a key is needed" },
            Violation { pointer: "/key".to_owned(), detail: "is missing: a tax code or a key is needed" },
        ])),
    }
}

/// Whom a consumer reports (IFS04.4-I2): named by tax code, ANPR id, or the four other members; who has no tax code is
/// nobody of whom anything could be asked.
fn reported(arena: &Arena, (schema, members): (&Object, &[Value]), person: &str) -> Result<Subject, Problem> {
    let value = schema.field(person).and_then(|(place, _)| members.get(place)).copied().unwrap_or_default();
    let member = |name: &str| match value {
        Value::Record(span) => arena.names().find(name).and_then(|name| arena.member(span, name)).unwrap_or_default(),
        _ => Value::Null,
    };
    if let Value::Text(code) = member("tax_code") {
        let tax_code = arena.text(code).to_owned();
        let key = sha256_hex(tax_code.as_bytes());
        return Ok(Subject::Student { tax_code, key });
    }
    let four = ["given_name", "family_name", "birth_date", "birth_place"];
    if member("person_id").is_null() && four.iter().any(|name| member(name).is_null()) {
        let detail = "names nobody: a tax code, a person_id, or names, date and place of birth are needed";
        return Err(one(&["/", person].concat(), detail));
    }
    Ok(Subject::Institute)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::contract::OperationId;
    use crate::value::NameTable;

    /// What is wrong with a request, as far as its schema says.
    fn wrong(operation: OperationId, json: &str) -> Vec<(String, &'static str)> {
        let mut arena = Arena::new(Arc::from(""), Names::new(Arc::new(NameTable::new(Vec::new()))));
        let value = Decoder::whole(20).decode(&mut arena, json.as_bytes().to_vec()).unwrap();
        let mut wrong = Violations { all: Vec::new(), written: operation.operation().does.writes() };
        object(&arena, operation.operation().request, value, "", &mut wrong);
        wrong.all.into_iter().map(|v| (v.pointer, v.detail)).collect()
    }

    #[test]
    fn what_stands_inside_is_checked_too() {
        let change = |attributes: &str| {
            wrong(OperationId::Ifs04_1, &format!(r#"{{"tax_code":"RSSMRA80A01F205X","attributes":{attributes}}}"#))
        };
        assert_eq!(change(r#"[{"attribute_name":"a","current":"b","suggested":"c"}]"#), []);
        let at = |pointer: &str, detail: &'static str| (pointer.to_owned(), detail);
        // IFS04.1-I1.
        let lacking = change(r#"[{"current":"b","suggested":""}, 7]"#);
        let expected = [
            at("/attributes/0/attribute_name", "is missing"),
            at("/attributes/0/suggested", "has the wrong length"),
            at("/attributes/1", "must be an object"),
        ];
        assert_eq!(lacking, expected);
        assert_eq!(change("{}"), [at("/attributes", "must be a list")]);
        let many = vec!["{}"; 257].join(",");
        assert_eq!(change(&format!("[{many}]")), [at("/attributes", "has too many items")]);
    }

    #[test]
    fn a_name_that_is_not_the_contracts_is_not_repeated() {
        let (code, detail) = ("RSSMRA80A01F205X", "has a member the contract does not know");
        for name in ["rossi", "RSSMRA80A01F205X", "a/b", ""] {
            let json = format!(r#"{{"tax_code":"{code}","{name}":1,"attributes":[{{"{name}":2}}]}}"#);
            let wrong = wrong(OperationId::Ifs04_1, &json);
            let unknown: Vec<&str> = wrong.iter().filter(|(_, d)| *d == detail).map(|(at, _)| at.as_str()).collect();
            assert_eq!(unknown, ["", "/attributes/0"], "{name}");
            assert!(name.is_empty() || wrong.iter().all(|(at, _)| !at.contains(name)), "{wrong:?}");
        }
    }

    #[test]
    fn a_report_is_checked_through() {
        let report = |rest: &str| {
            let json = format!(r#"{{"subscriber_id":"1","subscriber_name":"ANIS","subscriber_message":"m",{rest}}}"#);
            wrong(OperationId::Ifs05_4, &json)
        };
        assert_eq!(report(r#""personal_data":null"#), []);
        assert_eq!(report(r#""qualifications":[{"degree_class_code":null,"qualification_grade_value":"30/30"}]"#), []);
        let twice = report(
            r#""data_request":"12/10/2019","qualifications":[{"qualification_grading_scale_maximum_grade":10000.5}]"#,
        );
        let details: Vec<&str> = twice.iter().map(|(_, detail)| *detail).collect();
        assert_eq!(details, ["must be a date, YYYY-MM-DD", "is out of range"]);
    }
}
