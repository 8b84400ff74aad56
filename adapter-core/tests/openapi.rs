//! The contract's tables against the upstream OpenAPI files, where those are at hand: `../shared/openapi` beside the
//! workspace, or the folder `IFS_OPENAPI` names. Every difference is one of the deviations below, and each of those is met.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

use std::fmt;
use std::path::{Path, PathBuf};

use adapter_core::contract::{Field, Kind, OPERATIONS, Object, Operation, Pattern, VERSION};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

/// Where the tables differ on purpose: schema, member, what, and why.
const DEVIATIONS: &[(&str, &str, &str, &str)] = &[
    ("course_list_request", "academic_year", "nullable", "IFS01.1-I1, T-36: null is refused"),
    ("course_list", "degree_courses", "required", "T-18: always sent"),
    ("course_list", "meta", "required", "T-18: always sent"),
    ("enrollments", "personal_data", "required", "T-18: always sent"),
    ("enrollments", "enrollments", "required", "T-18: always sent"),
    ("proof_education_courses", "personal_data", "required", "T-18: always sent"),
    ("proof_education_courses", "proof_education_course", "required", "T-18: always sent"),
    ("proof_education_course", "learnings", "required", "IFS02.3-S1: a course is sent for its learnings"),
];

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
        Pattern::BirthPlace => ".*,[a-zA-Z]*,[a-zA-Z]*",
        Pattern::Grade => r"^(\d+(.\d{1,2})?|\d+L|QUALIFIED|[A-Z])$",
        Pattern::Scale => r"^(\d+(.\d{1,2})?|[A-Z])$",
    }
}

/// Differences found, as (schema, member, what).
type Found = Vec<(String, String, String)>;

fn object(ours: &Object, theirs: &Node, document: &Node, found: &mut Found) {
    let mut differ = |member: &str, what: &str| found.push((ours.name.to_owned(), member.to_owned(), what.to_owned()));
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
        if field.required != required.contains(&field.name) {
            differ(field.name, "required");
        }
        if field.nullable != (node.text("nullable") == Some("true") || schema.text("nullable") == Some("true")) {
            differ(field.name, "nullable");
        }
        if let Some(what) = kind(field, schema, name, document) {
            differ(field.name, what);
        }
    }
    for (field, (_, node)) in ours.fields.iter().zip(properties) {
        let (schema, _) = node.resolve(document);
        match field.kind {
            Kind::Object(inner) => object(inner, schema, document, found),
            Kind::List { items, .. } => {
                object(items, schema.get("items").unwrap().resolve(document).0, document, found);
            }
            _ => {}
        }
    }
}

fn kind(field: &Field, schema: &Node, name: &str, document: &Node) -> Option<&'static str> {
    let number = |name: &str| schema.text(name).map(|n| n.parse::<i64>().unwrap());
    let of_type = |name: &str| schema.text("type") == Some(name);
    let lengths = |min: usize, max: usize| {
        let of = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        number("minLength").unwrap_or(0) == of(min) && number("maxLength").unwrap_or(i64::MAX) == of(max)
    };
    let same = match field.kind {
        Kind::Text { min, max, pattern } => {
            let theirs = schema.text("pattern");
            let pattern = match (pattern, theirs) {
                (None, None) => true,
                (Some(Pattern::TaxCode), Some(theirs)) => theirs.starts_with(upstream(Pattern::TaxCode)),
                (Some(ours), Some(theirs)) => upstream(ours) == theirs,
                _ => return Some("pattern"),
            };
            of_type("string")
                && lengths(min, max)
                && pattern
                && schema.get("enum").is_none()
                && schema.text("format").is_none()
        }
        Kind::Enum(words) => of_type("string") && schema.texts("enum") == words,
        Kind::Int { min, max } => {
            of_type("integer") && number("minimum") == Some(min) && number("maximum") == Some(max)
        }
        Kind::Date => of_type("string") && schema.text("format") == Some("date"),
        Kind::Cursor => of_type("string") && lengths(1, 512) && schema.text("pattern").is_none(),
        Kind::Object(inner) => of_type("object") && name == inner.name,
        Kind::List { items, max } => {
            let item = schema.get("items").map(|items| items.resolve(document).1);
            of_type("array") && item == Some(items.name) && number("maxItems") == i64::try_from(max).ok()
        }
        Kind::Year => false,
    };
    (!same).then_some("type or bounds")
}

fn operation(ours: &Operation, document: &Node, found: &mut Found) {
    assert_eq!(document.at(&["info"]).and_then(|i| i.text("version")), Some(VERSION));
    let post =
        document.at(&["paths", ours.path, "post"]).unwrap_or_else(|| panic!("{} has no path {}", ours.id, ours.path));
    let request = post.at(&["requestBody", "content", "application/json", "schema"]).unwrap();
    let answer = post.at(&["responses", "200", "content", "application/json", "schema"]).unwrap();
    for (ours, theirs) in [(ours.request, request), (ours.answer, answer)] {
        let (schema, name) = theirs.resolve(document);
        assert_eq!(name, ours.name);
        object(ours, schema, document, found);
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
        let prefix = format!("IFS{:02}-", ours.api);
        let files: Vec<PathBuf> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|e| e.unwrap().path())
            .filter(|p| p.file_name().unwrap().to_string_lossy().starts_with(&prefix))
            .collect();
        assert_eq!(files.len(), 1, "{prefix}");
        let document: Node = serde_saphyr::from_str(&std::fs::read_to_string(&files[0]).unwrap()).unwrap();
        operation(ours, &document, &mut found);
    }
    found.sort();
    found.dedup();
    let mut meant: Found =
        DEVIATIONS.iter().map(|(s, m, w, _)| ((*s).to_owned(), (*m).to_owned(), (*w).to_owned())).collect();
    meant.sort();
    assert_eq!(found, meant);
}

/// Facts stand beside the members, never among them, and say so by their name.
#[test]
fn facts_are_no_members() {
    fn look(object: &Object, facts: &mut Vec<&'static str>) {
        for field in object.fields {
            assert!(!field.name.starts_with('_') && !matches!(field.kind, Kind::Year), "{}", field.name);
            match field.kind {
                Kind::Object(inner) | Kind::List { items: inner, .. } => look(inner, facts),
                _ => {}
            }
        }
        for fact in object.facts {
            assert!(fact.name.starts_with('_') && object.field(fact.name).is_none(), "{}", fact.name);
            facts.push(fact.name);
        }
    }
    let mut facts = Vec::new();
    for operation in OPERATIONS {
        look(operation.answer, &mut facts);
        let mut none = Vec::new();
        look(operation.request, &mut none);
        assert!(none.is_empty(), "{}: a request states no facts", operation.id);
    }
    assert_eq!(facts, ["_academic_year"]);
}
