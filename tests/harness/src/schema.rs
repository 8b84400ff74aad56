//! Bodies held against OpenAPI documents by a JSON Schema validator of others: of answers to whatever was asked, and of
//! requests.
//!
//! The documents are those that `ifs openapi` prints; what an answer may be is in them what the Ministry's files say
//! (`cli/tests/openapi.rs`). Those files themselves are asked too where they are at hand.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use boon::{Compiler, Draft, SchemaIndex, Schemas};
use mapping_compiler::openapi::{self, Published};
use serde_json::{Map, Value, json};
use xtask::envoy::config;

use crate::http::{Answer, Request};
use crate::tally::Tally;

/// The media type of failures.
const PROBLEM: &str = "application/problem+json";

/// What RFC 9457 asks of every problem document, and more than a document of ours says: each is told for one exchange.
const RFC_9457: &str = "problem.json";

/// The number of APIs.
const APIS: u8 = 9;

/// Schemas of one set of nine documents.
struct Compiled {
    schemas: Schemas,
    /// By path.
    requests: BTreeMap<String, SchemaIndex>,
    /// By method, path, status and media type.
    answers: BTreeMap<(String, String, u16, String), SchemaIndex>,
    /// What holds of problems whose path and status no document names.
    problem: SchemaIndex,
}

/// The documents of all APIs, ready to judge.
pub struct Documents {
    ours: Compiled,
    ministry: Option<Compiled>,
    judged: AtomicUsize,
    problems: AtomicUsize,
}

impl Documents {
    /// Those of `ifs openapi`, and the Ministry's where they are at hand.
    ///
    /// # Errors
    /// If one of them is no OpenAPI document of 3.0, or the validator does not take its schemas.
    pub fn all() -> Result<Self, String> {
        let ours = (1..=APIS).map(|api| Ok(openapi::document(api, &Published::default())));
        Ok(Self {
            ours: Compiled::new(ours)?,
            ministry: match ministry() {
                Some(folder) => Some(Compiled::new(files(&folder)?.into_iter().map(Ok))?),
                None => None,
            },
            judged: AtomicUsize::new(0),
            problems: AtomicUsize::new(0),
        })
    }

    /// What is wrong with the body of an answer; nothing where it has none.
    pub fn answer(&self, request: &Request, answer: &Answer) -> Vec<String> {
        let kind = essence(answer.header("content-type").unwrap_or_default());
        if answer.body.is_empty() {
            return Vec::new();
        }
        let body: Value = match serde_json::from_slice(&answer.body) {
            Ok(body) => body,
            Err(error) => return vec![format!("{} {kind}: the body is no JSON: {error}", answer.status)],
        };
        let counted = if kind == PROBLEM { &self.problems } else { &self.judged };
        counted.fetch_add(1, Ordering::Relaxed);
        let place = |status| (request.method.clone(), path(&request.target).to_owned(), status, kind.clone());
        if kind == PROBLEM {
            let of_rfc = self.ours.wrong(self.ours.problem, &body);
            // Problems of paths and methods that no operation has are no operation's.
            let schema = self.ours.answers.get(&place(answer.status));
            let of_ours = schema.and_then(|schema| self.ours.wrong(*schema, &body));
            let told = format!("a problem of status {} with {}", body["status"], answer.status);
            let status = (body["status"] != json!(answer.status)).then_some(told);
            return [of_rfc, of_ours, status].into_iter().flatten().collect();
        }
        let all = [("ifs openapi", Some(&self.ours)), ("the Ministry's file", self.ministry.as_ref())];
        let judged = all.into_iter().filter_map(|(whose, compiled)| {
            let compiled = compiled?;
            let wrong = match compiled.answers.get(&place(answer.status)) {
                Some(schema) => compiled.wrong(*schema, &body),
                None => Some(format!("{} {kind} has no schema", answer.status)),
            };
            wrong.map(|wrong| format!("by {whose}: {wrong}"))
        });
        judged.collect()
    }

    /// What the schema of `ifs openapi` has against a request's body; nothing where the path has none.
    #[must_use]
    pub fn request(&self, target: &str, body: &Value) -> Option<String> {
        let schema = self.ours.requests.get(path(target))?;
        self.ours.wrong(*schema, body)
    }

    /// What the schema of `ifs openapi` has against a body as a good answer of an operation.
    #[must_use]
    pub fn good(&self, target: &str, body: &Value) -> Option<String> {
        let place = ("POST".to_owned(), path(target).to_owned(), 200, "application/json".to_owned());
        match self.ours.answers.get(&place) {
            Some(schema) => self.ours.wrong(*schema, body),
            None => Some("there is no such operation".to_owned()),
        }
    }

    /// Says how much was judged; with `all` something must have been.
    pub fn close(&self, all: bool, tally: &mut Tally) {
        let (judged, problems) = (self.judged.load(Ordering::Relaxed), self.problems.load(Ordering::Relaxed));
        let beside = if self.ministry.is_some() {
            "and the Ministry's files"
        } else {
            "alone: the Ministry's files are not at hand"
        };
        println!("{judged} answers and {problems} problems held against the documents of `ifs openapi` {beside}");
        let none = if all && judged.min(problems) == 0 { vec!["no answer was, or no problem"] } else { Vec::new() };
        tally.verdict("answers are held against the OpenAPI documents", none);
    }
}

impl Compiled {
    fn new(documents: impl IntoIterator<Item = Result<String, String>>) -> Result<Self, String> {
        let (mut compiler, mut schemas) = (Compiler::new(), Schemas::new());
        // OpenAPI 3.0 speaks of the draft after the fourth, which is the fourth in all that is used here.
        compiler.set_default_draft(Draft::V4);
        compiler.enable_format_assertions();
        compiler.add_resource(RFC_9457, problem()).map_err(|e| e.to_string())?;
        let mut compile =
            |compiler: &mut Compiler, at: &str| compiler.compile(at, &mut schemas).map_err(|e| format!("{at}: {e:#}"));
        let problem = compile(&mut compiler, RFC_9457)?;
        let (mut requests, mut answers) = (BTreeMap::new(), BTreeMap::new());
        for (number, text) in documents.into_iter().enumerate() {
            let api = format!("ifs0{}", number + 1);
            let document = config::parse(&text?).map_err(|e| format!("{api}: {e}"))?;
            let paths = members(document.get("paths"));
            let file = format!("{api}.json");
            compiler.add_resource(&file, json_schema(document)).map_err(|e| format!("{api}: {e}"))?;
            for (below, item) in &paths {
                let path = format!("/{api}{below}");
                for (method, operation) in members(Some(item)) {
                    let inside = format!("{file}#/paths/{}/{method}", escaped(below));
                    if operation.pointer("/requestBody/content/application~1json").is_some() {
                        let at = format!("{inside}/requestBody/content/application~1json/schema");
                        requests.insert(path.clone(), compile(&mut compiler, &at)?);
                    }
                    for (status, response) in members(operation.get("responses")) {
                        let number = status.parse().map_err(|_| format!("{path}: status {status}"))?;
                        for kind in members(response.get("content")).keys() {
                            let at = format!("{inside}/responses/{status}/content/{}/schema", escaped(kind));
                            let place = (method.to_ascii_uppercase(), path.clone(), number, kind.clone());
                            answers.insert(place, compile(&mut compiler, &at)?);
                        }
                    }
                }
            }
        }
        Ok(Self { schemas, requests, answers, problem })
    }

    fn wrong(&self, schema: SchemaIndex, body: &Value) -> Option<String> {
        self.schemas.validate(body, schema).err().map(|error| format!("{error:#}"))
    }
}

/// Where the Ministry's files are, if they are.
fn ministry() -> Option<std::path::PathBuf> {
    let folder = xtask::paths::root().join("..").join("shared").join("openapi");
    folder.is_dir().then_some(folder)
}

/// The nine files of a folder, in the order of their names, which begin with those of the APIs.
fn files(folder: &Path) -> Result<Vec<String>, String> {
    let told = |error: std::io::Error| format!("{}: {error}", folder.display());
    let entries = std::fs::read_dir(folder).map_err(told)?;
    let mut files: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "yaml"));
    files.sort();
    if files.len() != usize::from(APIS) {
        return Err(format!("{}: {} files, not {APIS}", folder.display(), files.len()));
    }
    files.iter().map(|file| std::fs::read_to_string(file).map_err(told)).collect()
}

/// What RFC 9457 says of a problem document, and the engine of its own.
fn problem() -> Value {
    let text = json!({ "type": "string", "minLength": 1 });
    let error = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["detail"],
        "properties": { "pointer": { "type": "string", "format": "json-pointer" }, "detail": text },
    });
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["type", "title", "status"],
        "properties": {
            "type": { "type": "string", "format": "uri" },
            "title": text,
            "status": { "type": "integer", "minimum": 400, "maximum": 599 },
            "detail": text,
            "instance": { "type": "string", "format": "uri-reference" },
            "errors": { "type": "array", "minItems": 1, "items": error },
        },
    })
}

/// The document with the schemas of OpenAPI 3.0 as JSON Schema has them: what may be null is a list of types.
fn json_schema(mut document: Value) -> Value {
    nulls(&mut document);
    document
}

fn nulls(value: &mut Value) {
    match value {
        Value::Object(schema) => {
            schema.values_mut().for_each(nulls);
            let Some(Value::Bool(true)) = schema.get("nullable") else { return };
            let Some(Value::String(kind)) = schema.get("type").cloned() else { return };
            schema.remove("nullable");
            schema.insert("type".to_owned(), json!([kind, "null"]));
            // Null must be among the words too.
            if let Some(Value::Array(words)) = schema.get_mut("enum")
                && !words.contains(&Value::Null)
            {
                words.push(Value::Null);
            }
        }
        Value::Array(values) => values.iter_mut().for_each(nulls),
        _ => {}
    }
}

fn members(value: Option<&Value>) -> Map<String, Value> {
    value.and_then(Value::as_object).cloned().unwrap_or_default()
}

/// As a token of a JSON pointer in a fragment.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1").replace('{', "%7B").replace('}', "%7D")
}

fn path(target: &str) -> &str {
    target.split('?').next().unwrap_or_default()
}

fn essence(kind: &str) -> String {
    kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::population::post;

    const TARGET: &str = "/ifs02/academic-enrollments";

    fn answered(status: u16, kind: &str, body: &Value) -> Answer {
        let headers = vec![("content-type".to_owned(), kind.to_owned())];
        Answer { status, headers, body: body.to_string().into_bytes() }
    }

    fn good() -> Value {
        json!({
            "personal_data": {
                "given_name": "Niccolò", "family_name": "D'Agostino", "birth_date": "1980-12-10",
                "birth_place": "Italia,RM,Roma",
            },
            "enrollments": [{
                "institute_code": "16", "programme_type_code": "MS", "degree_course_code": "1573960",
                "degree_class_code": null, "academic_year": "2021/2022", "degree_course_year": 3, "status": "active",
            }],
        })
    }

    #[test]
    fn a_broken_answer_is_refused() {
        let documents = Documents::all().unwrap();
        let wrong =
            |body: &Value| documents.answer(&post(TARGET, &json!({})), &answered(200, "application/json", body));
        assert_eq!(wrong(&good()), Vec::<String>::new());
        let breaks: [(&str, Value); 8] = [
            ("/enrollments", json!({})),
            ("/enrollments/0/status", json!("gone")),
            ("/enrollments/0/status", Value::Null),
            ("/enrollments/0/degree_course_year", json!("3")),
            ("/enrollments/0/academic_year", json!("2021-2022")),
            ("/enrollments/0/more", json!(1)),
            ("/personal_data/birth_date", json!("1980-02-30")),
            ("/personal_data/given_name", json!("")),
        ];
        for (place, value) in breaks {
            let mut body = good();
            let (above, name) = place.rsplit_once('/').unwrap();
            body.pointer_mut(above).unwrap()[name] = value;
            let found = wrong(&body);
            assert!(!found.is_empty(), "{place} is taken: {body}");
            assert!(found[0].contains(place.trim_end_matches("/more")), "{place}: {found:?}");
        }
        for place in ["/enrollments/0/academic_year", "/enrollments/0/institute_code"] {
            let mut body = good();
            let (above, name) = place.rsplit_once('/').unwrap();
            body.pointer_mut(above).unwrap().as_object_mut().unwrap().remove(name);
            assert!(!wrong(&body).is_empty(), "{place} may be left out: {body}");
        }
    }

    #[test]
    fn a_broken_problem_is_refused() {
        let documents = Documents::all().unwrap();
        let wrong = |status, body: &Value| {
            !documents.answer(&post(TARGET, &json!({})), &answered(status, PROBLEM, body)).is_empty()
        };
        let good = json!({
            "type": "urn:ifs-adapter:problem:request.invalid", "title": "…", "status": 400, "instance": "a",
            "errors": [{ "pointer": "/tax_code", "detail": "…" }],
        });
        assert!(!wrong(400, &good));
        assert!(wrong(500, &good), "another status");
        for (place, value) in [
            ("type", json!("request invalid")),
            ("title", json!(7)),
            ("status", json!("400")),
            ("errors", json!([{ "pointer": "tax_code", "detail": "…" }])),
            ("tax_code", json!("RSSMRA80A01F205X")),
        ] {
            let mut body = good.clone();
            body[place] = value;
            assert!(wrong(400, &body), "{place} is taken");
        }
    }

    #[test]
    fn what_no_document_has_is_refused() {
        let documents = Documents::all().unwrap();
        let wrong = |target, status, kind| {
            !documents.answer(&post(target, &json!({})), &answered(status, kind, &good())).is_empty()
        };
        assert!(wrong("/ifs02/none", 200, "application/json"));
        assert!(wrong(TARGET, 201, "application/json"));
        assert!(wrong(TARGET, 200, "text/html"));
        let torn = Answer { body: b"{\"enrollments\":[".to_vec(), ..answered(200, "application/json", &good()) };
        assert!(!documents.answer(&post(TARGET, &json!({})), &torn).is_empty());
    }

    #[test]
    fn null_is_taken_where_it_may_be() {
        let schema = json!({ "properties": {
            "a": { "type": "string", "nullable": true, "enum": ["x"] },
            "b": { "type": "string", "enum": ["x"] },
        }});
        let held = json!({ "properties": {
            "a": { "type": ["string", "null"], "enum": ["x", null] },
            "b": { "type": "string", "enum": ["x"] },
        }});
        assert_eq!(json_schema(schema), held);
    }
}
