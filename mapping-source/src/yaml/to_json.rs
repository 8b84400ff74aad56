//! YAML to JSON, for test files: there the author writes JSON values in YAML's clothes.

use serde_json::{Map, Value as Json};

use super::{Node, Value};

/// The node as JSON. Plain scalars that are JSON literals (`null`, `true`, `-1`, `2.50`) become those, nothing else
/// does: `NO`, `010` and `2024-01-01` stay text.
pub fn to_json(node: &Node) -> Json {
    match &node.value {
        Value::Scalar(scalar) if scalar.is_absent() => Json::Null,
        Value::Scalar(scalar) if scalar.plain => literal(&scalar.text),
        Value::Scalar(scalar) => Json::String(scalar.text.clone()),
        Value::List(elements) => Json::Array(elements.iter().map(to_json).collect()),
        Value::Map(entries) => {
            let members: Map<String, Json> = entries.iter().map(|e| (e.key.text.clone(), to_json(&e.value))).collect();
            Json::Object(members)
        }
    }
}

fn literal(text: &str) -> Json {
    let like_a_literal =
        matches!(text, "null" | "true" | "false") || text.starts_with(|c: char| c == '-' || c.is_ascii_digit());
    like_a_literal.then(|| serde_json::from_str(text).ok()).flatten().unwrap_or_else(|| Json::String(text.to_owned()))
}
