//! The document of an API, out of the contract's tables.

use adapter_core::contract::{
    Answer, Declared, Field, Kind, List, OPERATIONS, Object, Operation, Quirk, VERSION, api_name, declared,
};

use super::Published;
use super::doc::Doc;

/// Whose document it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// What a consumer may rely on here. What the upstream schema admits in a request and a rule refuses is refused. What
    /// is taken beside the upstream schema is not shown, and answers are the upstream schemas: all that is sent keeps them.
    Ours,
    /// What the Ministry's file says.
    Upstream,
}

/// What an answer of this status tells.
struct Tells {
    status: u16,
    about: &'static str,
    /// Whether `GET /status` is answered so too, which needs no voucher and has no body.
    of_status: bool,
}

const fn tells(status: u16, about: &'static str, of_status: bool) -> Tells {
    Tells { status, about, of_status }
}

/// All answers but the good ones, the gateway's own among them; those of another path or method are no operation's.
const FAILURES: &[Tells] = &[
    tells(400, "The request is wrong, or whom or what it asks about is not known", true),
    tells(401, "Nobody has proved who calls", false),
    tells(403, "The caller may not use this operation", false),
    tells(404, "The institute does not serve this", true),
    tells(408, "The request did not arrive in time", true),
    tells(413, "The request is too large", false),
    tells(415, "The body is not JSON", false),
    tells(429, "The caller asks too often; Retry-After says when to ask again", true),
    tells(431, "The request's headers are too large", true),
    tells(500, "The system answered what cannot be used", true),
    tells(503, "The system cannot be reached, or is busy; Retry-After says when to ask again", true),
    tells(504, "The answer was not ready in time; Retry-After says when to ask again", true),
];

/// The whole document.
pub(super) fn document(api: u8, side: Side, published: &Published) -> Doc {
    let mut schemas = Vec::new();
    let mut paths = Vec::new();
    for operation in OPERATIONS.iter().filter(|o| o.id.api() == api) {
        paths.push((operation.path.to_owned(), Doc::map([("post", post(operation, side, &mut schemas))])));
    }
    paths.push(("/status".to_owned(), Doc::map([("get", status(side))])));
    if side == Side::Ours {
        schemas.push(("problem".to_owned(), problem()));
    }
    let bearer = [("type", "http"), ("scheme", "bearer"), ("bearerFormat", "JWT")].map(|(n, v)| (n, Doc::text(v)));
    Doc::map([
        ("openapi", Doc::text("3.0.0")),
        ("info", published.info(api)),
        ("servers", published.servers(api)),
        ("paths", Doc::Map(paths)),
        (
            "components",
            Doc::map([
                ("schemas", Doc::Map(schemas)),
                ("securitySchemes", Doc::map([("bearerAuth", Doc::map(bearer))])),
            ]),
        ),
    ])
}

fn json(schema: Doc) -> Doc {
    Doc::map([("application/json", Doc::map([("schema", schema)]))])
}

fn post(operation: &Operation, side: Side, schemas: &mut Vec<(String, Doc)>) -> Doc {
    let request = object(operation.request, side, false, schemas);
    let answer = match operation.answer {
        Answer::Record(answer) => object(answer, Side::Upstream, answer.or_null, schemas),
        Answer::List(items) => list(items, Side::Upstream, schemas),
    };
    let good = Doc::map([("description", Doc::text("The answer")), ("content", json(answer))]);
    let responses = responses(("200", good), side, declared::OF_OPERATIONS, |_| true);
    Doc::map([
        ("tags", Doc::List(vec![Doc::text(operation.name)])),
        ("operationId", Doc::text(operation.name)),
        // All are asked for with a voucher, also where upstream names no scheme (T-01).
        ("security", Doc::List(vec![Doc::map([("bearerAuth", Doc::List(Vec::new()))])])),
        ("requestBody", Doc::map([("required", Doc::plain(true)), ("content", json(request))])),
        ("responses", responses),
    ])
}

/// `GET /status`, which needs no voucher.
fn status(side: Side) -> Doc {
    let good = Doc::map([("description", Doc::text("It works"))]);
    Doc::map([
        ("tags", Doc::List(vec![Doc::text("health-check")])),
        ("operationId", Doc::text("check-status")),
        ("security", Doc::List(vec![Doc::Map(Vec::new())])),
        ("responses", responses(("204", good), side, declared::OF_STATUS, |failure| failure.of_status)),
    ])
}

/// The good answer, and the failures: of the Ministry's file those that it declares, which have no body; of ours all that
/// are met, each with its problem document.
fn responses(good: (&str, Doc), side: Side, declared: &[Declared], met: fn(&Tells) -> bool) -> Doc {
    let mut responses = Doc::map([good]);
    for failure in FAILURES.iter().filter(|failure| met(failure)) {
        let mut response = Doc::map([("description", Doc::text(failure.about))]);
        match side {
            Side::Ours => response.add(
                "content",
                Doc::map([("application/problem+json", Doc::map([("schema", Doc::schema("problem"))]))]),
            ),
            Side::Upstream if declared.iter().any(|one| one.status == failure.status) => {}
            Side::Upstream => continue,
        }
        responses.add(&failure.status.to_string(), response);
    }
    responses
}

/// RFC 9457, as this adapter writes it.
fn problem() -> Doc {
    let of = |kind: &str| Doc::map([("type", Doc::text(kind))]);
    let error = Doc::map([
        ("type", Doc::text("object")),
        ("properties", Doc::map([("pointer", of("string")), ("detail", of("string"))])),
    ]);
    let errors = Doc::map([("type", Doc::text("array")), ("items", error)]);
    Doc::map([
        ("type", Doc::text("object")),
        (
            "properties",
            Doc::map([
                ("type", of("string")),
                ("title", of("string")),
                ("status", of("integer")),
                ("instance", of("string")),
                ("errors", errors),
            ]),
        ),
        ("required", Doc::List(["type", "title", "status"].map(Doc::text).into())),
    ])
}

/// A reference to an object, which is written among the schemas once.
fn object(object: &'static Object, side: Side, null: bool, schemas: &mut Vec<(String, Doc)>) -> Doc {
    if !schemas.iter().any(|(name, _)| name == object.name) {
        let place = schemas.len();
        schemas.push((object.name.to_owned(), Doc::Map(Vec::new())));
        let properties = object.fields.iter().map(|f| (f.name.to_owned(), member(f, side, schemas))).collect();
        let required = object.fields.iter().filter(|f| match side {
            Side::Ours => f.required,
            Side::Upstream => f.required_upstream(),
        });
        let required: Vec<Doc> = required.map(|f| Doc::text(f.name)).collect();
        let mut schema = Doc::map([
            ("type", Doc::text("object")),
            ("additionalProperties", Doc::plain(false)),
            ("properties", Doc::Map(properties)),
        ]);
        if null {
            schema.add("nullable", Doc::plain(true));
        }
        if !required.is_empty() {
            schema.add("required", Doc::List(required));
        }
        if let Some(reserved) = schemas.get_mut(place) {
            reserved.1 = schema;
        }
    }
    Doc::schema(object.name)
}

fn list(list: List, side: Side, schemas: &mut Vec<(String, Doc)>) -> Doc {
    let items = object(list.items, side, list.nulls, schemas);
    let mut schema = Doc::map([("type", Doc::text("array")), ("minItems", Doc::plain(0))]);
    if let Some(max) = list.max {
        schema.add("maxItems", Doc::plain(max));
    }
    schema.add("items", items);
    schema
}

fn member(field: &Field, side: Side, schemas: &mut Vec<(String, Doc)>) -> Doc {
    let null = match side {
        Side::Ours => field.nullable && field.nullable_upstream(),
        Side::Upstream => field.nullable_upstream(),
    };
    let of = |kind: &str| Doc::map([("type", Doc::text(kind))]);
    let mut schema = match field.kind {
        // A reference has no members beside it: whether it may be null stands in the schema itself.
        Kind::Object(inner) => return object(inner, side, null, schemas),
        Kind::List(inner) => list(inner, side, schemas),
        Kind::Text { min, max, pattern } => {
            let mut schema = of("string");
            lengths(&mut schema, min, max);
            if let Some(pattern) = pattern {
                schema.add("pattern", Doc::text(pattern.upstream()));
            }
            schema
        }
        Kind::Enum(words) => {
            let mut words: Vec<Doc> = words.iter().map(|w| Doc::text(*w)).collect();
            words.extend((field.quirk == Some(Quirk::NullWord)).then(|| Doc::plain("null")));
            Doc::map([("type", Doc::text("string")), ("enum", Doc::List(words))])
        }
        Kind::Int { min, max } => {
            let format = if field.quirk == Some(Quirk::Wide) { "int64" } else { "int32" };
            number("integer", format, min, max)
        }
        Kind::Number { min, max } => number("number", "float", min, max),
        Kind::Bool => of("boolean"),
        Kind::Date if field.quirk == Some(Quirk::DateLength) => {
            let mut schema = of("string");
            lengths(&mut schema, 10, 10);
            schema
        }
        Kind::Date => Doc::map([("type", Doc::text("string")), ("format", Doc::text("date"))]),
        Kind::DateTime => Doc::map([("type", Doc::text("string")), ("format", Doc::text("date-time"))]),
        Kind::Cursor => {
            let mut schema = of("string");
            lengths(&mut schema, 1, 512);
            schema
        }
        // A fact; no member is one.
        Kind::Year => of("string"),
    };
    match field.quirk {
        Some(Quirk::DatePattern) => schema.add("pattern", Doc::text(r"^\d{4}-\d{2}-\d{2}$")),
        Some(Quirk::DateDigits) => schema.add("pattern", Doc::text("^[0-9]{4}-[0-9]{2}-[0-9]{2}$")),
        Some(Quirk::NumberPattern) => schema.add("pattern", Doc::text(r"^\d{1,2}$")),
        Some(Quirk::Closed) => schema.add("additionalProperties", Doc::plain(false)),
        Some(Quirk::DateLength | Quirk::Wide | Quirk::NullWord) | None => {}
    }
    if null {
        schema.add("nullable", Doc::plain(true));
    }
    schema
}

fn lengths(schema: &mut Doc, min: usize, max: usize) {
    if max != usize::MAX {
        schema.add("minLength", Doc::plain(min));
        schema.add("maxLength", Doc::plain(max));
    }
}

fn number(kind: &str, format: &str, min: i64, max: i64) -> Doc {
    Doc::map([
        ("type", Doc::text(kind)),
        ("format", Doc::text(format)),
        ("minimum", Doc::plain(min)),
        ("maximum", Doc::plain(max)),
    ])
}

impl Published {
    fn info(&self, api: u8) -> Doc {
        let mut info = Doc::map([("title", Doc::text(title(api))), ("version", Doc::text(VERSION))]);
        let mut contact = Doc::Map(Vec::new());
        for (name, value) in [("name", &self.title), ("email", &self.contact)] {
            if let Some(value) = value {
                contact.add(name, Doc::text(value));
            }
        }
        if !contact.members().is_empty() {
            info.add("contact", contact);
        }
        if let Some(terms) = &self.terms {
            info.add("termsOfService", Doc::text(terms));
        }
        info
    }

    /// An API's own addresses; the placeholder of the upstream files where the mapping names none.
    pub(super) fn servers(&self, api: u8) -> Doc {
        let path = api_name(api).to_ascii_lowercase();
        let mut all: Vec<String> = self.servers.iter().map(|s| format!("{}/{path}", s.trim_end_matches('/'))).collect();
        if all.is_empty() {
            all.push(format!("https://localhost:8080/{path}"));
        }
        Doc::List(all.into_iter().map(|url| Doc::map([("url", Doc::Text(url))])).collect())
    }
}

/// The name under which an API is published (GEN-2).
fn title(api: u8) -> String {
    let name = match api {
        1 => "Consultazione offerta formativa",
        2 => "Consultazione iscrizioni accademiche",
        3 => "Consultazione titoli accademici",
        4 => "Rettifica iscrizioni accademiche",
        5 => "Rettifica titoli accademici",
        6 => "Consultazione variazioni iscrizioni accademiche",
        7 => "Consultazione variazioni titoli accademici",
        8 => "Consultazione numero iscritti per fasce ISEE",
        _ => "Consultazione numero iscritti a un corso di studi",
    };
    format!("{name} ({})", api_name(api))
}
