//! The contract's tables against the upstream OpenAPI files, where those are at hand: `../shared/openapi` beside the
//! workspace, or the folder `IFS_OPENAPI` names. Every difference stands at its member, with the reason.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

use std::fmt;
use std::path::{Path, PathBuf};

use adapter_core::contract::{
    Answer, Field, Kind, List, OPERATIONS, Object, Operation, Pattern, Quirk, Unlike, VERSION,
};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

/// YAML with its members in written order; scalars as text.
#[derive(Debug)]
enum Node {
    Map(Vec<(String, Node)>),
    List(Vec<Node>),
    Scalar(String),
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Node;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("YAML")
            }
            fn visit_bool<E>(self, v: bool) -> Result<Node, E> {
                Ok(Node::Scalar(v.to_string()))
            }
            fn visit_i64<E>(self, v: i64) -> Result<Node, E> {
                Ok(Node::Scalar(v.to_string()))
            }
            fn visit_u64<E>(self, v: u64) -> Result<Node, E> {
                Ok(Node::Scalar(v.to_string()))
            }
            fn visit_f64<E>(self, v: f64) -> Result<Node, E> {
                Ok(Node::Scalar(v.to_string()))
            }
            fn visit_str<E>(self, v: &str) -> Result<Node, E> {
                Ok(Node::Scalar(v.to_owned()))
            }
            fn visit_unit<E>(self) -> Result<Node, E> {
                Ok(Node::Scalar(String::new()))
            }
            fn visit_none<E>(self) -> Result<Node, E> {
                Ok(Node::Scalar(String::new()))
            }
            fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
                Node::deserialize(deserializer)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
                let mut all = Vec::new();
                while let Some(one) = seq.next_element()? {
                    all.push(one);
                }
                Ok(Node::List(all))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
                let mut all = Vec::new();
                while let Some(one) = map.next_entry()? {
                    all.push(one);
                }
                Ok(Node::Map(all))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

impl Node {
    fn entries(&self) -> &[(String, Self)] {
        match self {
            Self::Map(entries) => entries,
            _ => &[],
        }
    }

    fn get(&self, name: &str) -> Option<&Self> {
        self.entries().iter().find(|(n, _)| n == name).map(|(_, node)| node)
    }

    fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, name| node.get(name))
    }

    fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Self::Scalar(text) => Some(text),
            _ => None,
        }
    }

    fn texts(&self, name: &str) -> Vec<&str> {
        match self.get(name) {
            Some(Self::List(all)) => {
                all.iter().map(|n| if let Self::Scalar(t) = n { t.as_str() } else { "" }).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The schema a reference names, with its name; a schema written in place has none.
    fn resolve<'n>(&'n self, document: &'n Self) -> (&'n Self, &'n str) {
        let Some(reference) = self.text("$ref") else { return (self, "") };
        let name = reference.rsplit('/').next().unwrap();
        (document.at(&["components", "schemas", name]).expect(reference), name)
    }
}

/// The pattern as upstream writes it; its beginning, for the tax code's.
fn upstream(pattern: Pattern) -> &'static str {
    match pattern {
        Pattern::TaxCode => r"^(?:^(?:[A-Z][AEIOU][AEIOUX]|[B-DF-HJ-NP-TV-Z]{2}[A-Z]){2}(?:[\dLMNP-V]{2}(?:",
        Pattern::PersonId => "^[A-Z0-9]{9}$",
        Pattern::AcademicYear => r"^\d{4}/\d{4}$",
        Pattern::NameAscii => r"^[\p{L}'\- ]+$",
        Pattern::Name => r"^[\p{L}'’\- ]+$",
        Pattern::BirthPlace => ".*,[a-zA-Z]*,[a-zA-Z]*",
        Pattern::FinalGrade => r"^(\d+(.\d{1,2})?|\d+L|QUALIFIED)$",
        Pattern::Grade | Pattern::GradeAsked => r"^(\d+(.\d{1,2})?|\d+L|QUALIFIED|[A-Z])$",
        Pattern::Scale => r"^(\d+(.\d{1,2})?|[A-Z])$",
    }
}

/// Differences found, as schema, member and what.
type Found = Vec<String>;

fn object(ours: &Object, theirs: &Node, document: &Node, found: &mut Found) {
    let mut differ = |member: &str, what: &str| found.push(format!("{}.{member}: {what}", ours.name));
    if theirs.text("type") != Some("object") || theirs.text("additionalProperties") != Some("false") {
        differ("", "is no closed object");
    }
    let properties = theirs.get("properties").map(Node::entries).unwrap_or_default();
    let names: Vec<&str> = properties.iter().map(|(name, _)| name.trim_end()).collect();
    let own: Vec<&str> = ours.fields.iter().map(|f| f.name).collect();
    if names != own {
        differ("", "members or their order");
        return;
    }
    let required = theirs.texts("required");
    for (field, (_, node)) in ours.fields.iter().zip(properties) {
        let (schema, name) = node.resolve(document);
        if field.required_upstream() != required.contains(&field.name) {
            differ(field.name, "required");
        }
        if field.nullable_upstream()
            != (node.text("nullable") == Some("true") || schema.text("nullable") == Some("true"))
        {
            differ(field.name, "nullable");
        }
        if !kind(field, schema, name, document) {
            differ(field.name, "type or bounds");
        }
        if !quirk(field, schema) {
            differ(field.name, "what means nothing");
        }
        // A reason without what it is the reason of would stand for ever.
        let departs = match field.unlike {
            Some(Unlike::Required(_)) => field.required,
            Some(Unlike::NotNull(_)) => !field.nullable,
            Some(Unlike::Null(_)) => field.nullable,
            Some(Unlike::Narrower(_)) => field.quirk == Some(Quirk::DateLength),
            None => true,
        };
        assert!(departs, "{}.{}", ours.name, field.name);
    }
    for (field, (_, node)) in ours.fields.iter().zip(properties) {
        let (schema, _) = node.resolve(document);
        match field.kind {
            Kind::Object(inner) => object(inner, schema, document, found),
            Kind::List(list) => items(list, schema, document, found),
            _ => {}
        }
    }
}

fn items(ours: List, theirs: &Node, document: &Node, found: &mut Found) {
    let (schema, name) = theirs.get("items").unwrap().resolve(document);
    if name != ours.items.name || ours.nulls != (schema.text("nullable") == Some("true")) {
        found.push(format!("items of {name}"));
    }
    object(ours.items, schema, document, found);
}

fn number(schema: &Node, name: &str) -> Option<i64> {
    schema.text(name).map(|n| n.parse().unwrap())
}

fn kind(field: &Field, schema: &Node, name: &str, document: &Node) -> bool {
    let of_type = |name: &str| schema.text("type") == Some(name);
    let format = |name: &str| schema.text("format") == Some(name);
    let bounds = |min: i64, max: i64| number(schema, "minimum") == Some(min) && number(schema, "maximum") == Some(max);
    let lengths = |min: usize, max: usize| {
        let of = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        number(schema, "minLength").unwrap_or(0) == of(min)
            && number(schema, "maxLength").unwrap_or(i64::MAX) == of(max)
    };
    match field.kind {
        Kind::Text { min, max, pattern } => {
            let pattern = match (pattern, schema.text("pattern")) {
                (None, None) => true,
                (Some(Pattern::TaxCode), Some(theirs)) => theirs.starts_with(upstream(Pattern::TaxCode)),
                (Some(ours), Some(theirs)) => upstream(ours) == theirs,
                _ => false,
            };
            of_type("string")
                && lengths(min, max)
                && pattern
                && schema.get("enum").is_none()
                && schema.text("format").is_none()
        }
        Kind::Enum(words) => {
            let mut theirs = schema.texts("enum");
            theirs.retain(|word| !word.is_empty() && *word != "null");
            of_type("string") && theirs == words
        }
        Kind::Int { min, max } => {
            let wide = field.quirk == Some(Quirk::Wide);
            of_type("integer") && bounds(min, max) && format(if wide { "int64" } else { "int32" })
        }
        Kind::Number { min, max } => of_type("number") && bounds(min, max) && format("float"),
        Kind::Bool => of_type("boolean"),
        Kind::Date if field.quirk == Some(Quirk::DateLength) => {
            of_type("string") && lengths(10, 10) && schema.text("format").is_none()
        }
        Kind::Date => of_type("string") && format("date"),
        Kind::DateTime => of_type("string") && format("date-time"),
        Kind::Cursor => of_type("string") && lengths(1, 512) && schema.text("pattern").is_none(),
        Kind::Object(inner) => of_type("object") && name == inner.name,
        Kind::List(list) => {
            let item = schema.get("items").map(|items| items.resolve(document).1);
            let max = list.max.map(|max| i64::try_from(max).unwrap());
            of_type("array") && item == Some(list.items.name) && number(schema, "maxItems") == max
        }
        Kind::Year => false,
    }
}

/// What upstream writes without meaning anything by it.
fn quirk(field: &Field, schema: &Node) -> bool {
    let pattern = match field.quirk {
        Some(Quirk::DatePattern) => Some(r"^\d{4}-\d{2}-\d{2}$"),
        Some(Quirk::DateDigits) => Some("^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
        Some(Quirk::NumberPattern) => Some(r"^\d{1,2}$"),
        _ => None,
    };
    let null = schema.texts("enum").iter().any(|word| word.is_empty() || *word == "null");
    let closed = field.list().is_some() && schema.get("additionalProperties").is_some();
    (matches!(field.kind, Kind::Text { .. }) || schema.text("pattern") == pattern)
        && null == (field.quirk == Some(Quirk::NullWord))
        && closed == (field.quirk == Some(Quirk::Closed))
}

fn operation(ours: &Operation, document: &Node, found: &mut Found) {
    assert_eq!(document.at(&["info"]).and_then(|i| i.text("version")), Some(VERSION));
    let post =
        document.at(&["paths", ours.path, "post"]).unwrap_or_else(|| panic!("{} has no path {}", ours.name, ours.path));
    let request = post.at(&["requestBody", "content", "application/json", "schema"]).unwrap();
    let (schema, name) = request.resolve(document);
    assert_eq!(name, ours.request.name);
    object(ours.request, schema, document, found);
    let answer = post.at(&["responses", "200", "content", "application/json", "schema"]).unwrap();
    let (schema, name) = answer.resolve(document);
    match ours.answer {
        Answer::Record(answer) => {
            assert_eq!((name, schema.text("nullable") == Some("true")), (answer.name, answer.or_null), "{}", ours.name);
            object(answer, schema, document, found);
        }
        Answer::List(list) => {
            assert_eq!(schema.text("type"), Some("array"), "{}", ours.name);
            items(list, schema, document, found);
        }
    }
}

fn folder() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/openapi");
    std::env::var_os("IFS_OPENAPI").map(PathBuf::from).or_else(|| beside.is_dir().then_some(beside))
}

#[test]
fn the_tables_are_the_upstream_schemas() {
    let Some(folder) = folder() else {
        println!("skipped: the upstream OpenAPI files are not at hand");
        return;
    };
    let mut found = Found::new();
    for ours in OPERATIONS {
        let prefix = format!("IFS{:02}-", ours.id.api());
        let files: Vec<PathBuf> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|e| e.unwrap().path())
            .filter(|p| p.file_name().unwrap().to_string_lossy().starts_with(&prefix))
            .collect();
        assert_eq!(files.len(), 1, "{prefix}");
        let document: Node = serde_saphyr::from_str(&std::fs::read_to_string(&files[0]).unwrap()).unwrap();
        operation(ours, &document, &mut found);
    }
    assert_eq!(found, [""; 0]);
}

/// Facts stand beside the members, never among them, and say so by their name.
#[test]
fn facts_are_no_members() {
    let mut facts = Vec::new();
    for operation in OPERATIONS {
        operation.answer.object().each(&mut |object| {
            for field in object.fields {
                assert!(!field.name.starts_with('_') && !matches!(field.kind, Kind::Year), "{}", field.name);
            }
            for fact in object.facts {
                assert!(fact.name.starts_with('_') && object.field(fact.name).is_none(), "{}", fact.name);
                facts.push(format!("{}: {}", operation.name, fact.name));
            }
        });
        operation
            .request
            .each(&mut |object| assert!(object.facts.is_empty(), "{}: a request states none", operation.name));
    }
    let served: Vec<&str> =
        facts.iter().map(String::as_str).filter(|f| f.starts_with("IFS02.1") || f.starts_with("IFS02.3")).collect();
    assert_eq!((facts.len(), served), (16, vec!["IFS02.3: _academic_year"]));
}

/// In a request about one person everything may say something of it, but for the institute's code.
#[test]
fn what_is_asked_about_a_person_is_personal() {
    for operation in OPERATIONS {
        operation.request.each(&mut |object| {
            for field in object.fields {
                let personal =
                    operation.about.one() && !(field.name == "institute_code" && object.name == operation.request.name);
                assert_eq!(field.personal, personal, "{}: {}", operation.name, field.name);
            }
        });
    }
}
