//! The Ministry's file against the contract's tables.

use super::doc::Doc;
use crate::yaml::{Node, Value};

/// What says nothing about what is promised.
const NOISE: &[&str] =
    &["description", "example", "examples", "title", "summary", "tags", "externalDocs", "x-summary", "default"];

/// A file's tree.
pub(super) fn tree(node: &Node) -> Doc {
    match &node.value {
        Value::Map(entries) => {
            Doc::Map(entries.iter().map(|e| (e.key.text.trim().to_owned(), tree(&e.value))).collect())
        }
        Value::List(elements) => Doc::List(elements.iter().map(tree).collect()),
        Value::Scalar(scalar) if scalar.plain => Doc::Plain(scalar.text.clone()),
        Value::Scalar(scalar) => Doc::Text(scalar.text.clone()),
    }
}

/// Each difference of what two documents promise: version, paths, requests and answers, members in their order.
pub(super) fn differences(upstream: &Doc, ours: &Doc) -> Vec<String> {
    let mut found = Vec::new();
    let version = |doc: &Doc| doc.at(&["info", "version"]).and_then(Doc::scalar).unwrap_or_default().to_owned();
    if version(upstream) != version(ours) {
        found.push(format!("/info/version: the file has {}, the tables {}", version(upstream), version(ours)));
    }
    let paths = |doc: &Doc| doc.get("paths").map(Doc::members).unwrap_or_default().to_vec();
    let (theirs, own) = (paths(upstream), paths(ours));
    for (path, _) in &theirs {
        if !own.iter().any(|(name, _)| name == path) {
            found.push(format!("{path}: the tables have no such path"));
        }
    }
    for (path, item) in &own {
        let Some((_, their)) = theirs.iter().find(|(name, _)| name == path) else {
            found.push(format!("{path}: the file has no such path"));
            continue;
        };
        let parts: [(&str, &[&str]); 3] = [
            ("request", &["post", "requestBody", "content", "application/json", "schema"]),
            ("required", &["post", "requestBody", "required"]),
            ("200", &["post", "responses", "200", "content", "application/json", "schema"]),
        ];
        for (part, at) in parts {
            let of = |doc: &Doc, item: &Doc| item.at(at).map_or(Doc::Map(Vec::new()), |s| plain(doc, s, 0));
            compare(&of(upstream, their), &of(ours, item), &format!("{path}/{part}"), &mut found);
        }
        if item.get("get").is_some() != their.get("get").is_some() {
            found.push(format!("{path}: only one side has it"));
        }
        for method in ["post", "get"] {
            answers(&pairs(their, method), &pairs(item, method), &format!("{path}/{method}"), &mut found);
        }
    }
    found
}

/// The answers of an operation: each status with the media types of its body.
fn pairs(item: &Doc, method: &str) -> Vec<(String, Vec<String>)> {
    let responses = item.at(&[method, "responses"]).map(Doc::members).unwrap_or_default();
    let kinds = |response: &Doc| response.get("content").map(Doc::members).unwrap_or_default().to_vec();
    let names = |response: &Doc| kinds(response).into_iter().map(|(kind, _)| kind).collect();
    responses.iter().map(|(status, response)| (status.clone(), names(response))).collect()
}

fn answers(theirs: &[(String, Vec<String>)], ours: &[(String, Vec<String>)], at: &str, found: &mut Vec<String>) {
    let said = |kinds: &[String]| if kinds.is_empty() { "no body".to_owned() } else { kinds.join(", ") };
    for (status, kinds) in theirs {
        match ours.iter().find(|(own, _)| own == status) {
            None => found.push(format!("{at}/{status}: the file has it, the tables do not")),
            Some((_, own)) if own != kinds => {
                found.push(format!("{at}/{status}: the file has {}, the tables {}", said(kinds), said(own)));
            }
            Some(_) => {}
        }
    }
    for (status, _) in ours.iter().filter(|(own, _)| !theirs.iter().any(|(status, _)| status == own)) {
        found.push(format!("{at}/{status}: the tables have it, the file does not"));
    }
}

/// Most references inside one another: no schema of the contract holds itself.
const DEEPEST: usize = 16;

/// A schema with its references put in, without what says nothing.
fn plain(document: &Doc, schema: &Doc, depth: usize) -> Doc {
    if let Some(reference) = schema.get("$ref").and_then(Doc::scalar) {
        let name = reference.rsplit('/').next().unwrap_or_default();
        return match document.at(&["components", "schemas", name]).filter(|_| depth < DEEPEST) {
            Some(target) => plain(document, target, depth.saturating_add(1)),
            None => Doc::Text(format!("{reference}, which is not there")),
        };
    }
    match schema {
        Doc::Map(members) => {
            let kept = members.iter().filter(|(name, value)| {
                let nothing = matches!(
                    (name.as_str(), value.scalar()),
                    ("minItems" | "minLength", Some("0")) | ("nullable", Some("false"))
                );
                !nothing && !NOISE.contains(&name.as_str())
            });
            Doc::Map(kept.map(|(name, value)| (name.clone(), part(document, name, value, depth))).collect())
        }
        other => other.clone(),
    }
}

fn part(document: &Doc, name: &str, value: &Doc, depth: usize) -> Doc {
    match (name, value) {
        // Names of members are no words of a schema.
        ("properties", Doc::Map(members)) => {
            Doc::Map(members.iter().map(|(n, v)| (n.clone(), plain(document, v, depth))).collect())
        }
        ("required", Doc::List(names)) => {
            let mut names: Vec<&str> = names.iter().filter_map(Doc::scalar).collect();
            names.sort_unstable();
            Doc::List(names.into_iter().map(Doc::text).collect())
        }
        (_, value) => plain(document, value, depth),
    }
}

fn compare(theirs: &Doc, ours: &Doc, at: &str, found: &mut Vec<String>) {
    match (theirs, ours) {
        (Doc::Map(a), Doc::Map(b)) => {
            for (name, value) in a {
                match ours.get(name) {
                    Some(own) => compare(value, own, &format!("{at}/{name}"), found),
                    None => found.push(format!("{at}/{name}: the file has it, the tables do not")),
                }
            }
            for (name, _) in b.iter().filter(|(name, _)| theirs.get(name).is_none()) {
                found.push(format!("{at}/{name}: the tables have it, the file does not"));
            }
            // The order of declaration is the order in which answers are written.
            let names = |doc: &[(String, Doc)]| doc.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
            if at.ends_with("/properties") && a.len() == b.len() && names(a) != names(b) {
                found.push(format!("{at}: the members stand in another order"));
            }
        }
        (Doc::List(a), Doc::List(b)) if a.len() == b.len() => {
            for (place, (theirs, ours)) in a.iter().zip(b).enumerate() {
                compare(theirs, ours, &format!("{at}/{place}"), found);
            }
        }
        (Doc::List(a), Doc::List(b)) => {
            found.push(format!("{at}: the file has {} of them, the tables {}", a.len(), b.len()));
        }
        (theirs, ours) => {
            // YAML's own idea of a scalar does not matter: 16 is '16'.
            if theirs.scalar().is_none() || theirs.scalar() != ours.scalar() {
                let say = |doc: &Doc| doc.scalar().map_or("something else".to_owned(), |text| format!("`{text}`"));
                found.push(format!("{at}: the file has {}, the tables {}", say(theirs), say(ours)));
            }
        }
    }
}
