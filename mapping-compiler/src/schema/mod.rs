//! JSON Schema (draft 2020-12) for editors, from the description of the language.
//!
//! Editors read YAML with types of their own, so every scalar may also be a number, a truth value or null there.

mod tests_file;

use adapter_core::limits::LIMITS;
use serde_json::{Map, Value, json};

use crate::language::{Form, Place, TOP};

pub(crate) use tests_file::{For, of_tests, tests_of};

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The schema of a mapping file.
pub(crate) fn of_mappings() -> Value {
    let mut definitions = Map::new();
    let root = place(&TOP, &mut definitions);
    let title = "Mapping of the national student-data APIs (IFS01–IFS09)";
    json!({ "$schema": DIALECT, "title": title, "$ref": root, "$defs": definitions })
}

/// Defines a place, once; a reference to it.
fn place(place: &'static Place, definitions: &mut Map<String, Value>) -> String {
    let reference = format!("#/$defs/{}", place.name);
    if definitions.contains_key(place.name) {
        return reference;
    }
    // In its place before its keys are looked at: a call may hold a call.
    definitions.insert(place.name.to_owned(), Value::Null);
    let mut properties = Map::new();
    for key in place.keys {
        let mut schema = form(&key.form, definitions);
        if let Some(members) = schema.as_object_mut() {
            members.insert("description".to_owned(), key.about.into());
        }
        properties.insert(key.name.to_owned(), nullable(schema));
    }
    let mut schema = json!({
        "type": "object",
        "description": place.about,
        "properties": properties,
        "additionalProperties": false,
    });
    // A file that extends others, or a part of it, need not be whole: what is missing the compiler says.
    if place.name == "failure"
        && let Some(members) = schema.as_object_mut()
    {
        let needed: Vec<&str> = place.keys.iter().filter(|k| k.needed).map(|k| k.name).collect();
        members.insert("required".to_owned(), json!(needed));
    }
    definitions.insert(place.name.to_owned(), schema);
    reference
}

/// `null` takes an inherited key away, everywhere.
fn nullable(schema: Value) -> Value {
    let description = schema.get("description").cloned();
    let mut any = json!({ "anyOf": [schema, { "type": "null" }] });
    if let (Some(members), Some(text)) = (any.as_object_mut(), description) {
        members.insert("description".to_owned(), text);
    }
    any
}

fn form(of: &'static Form, definitions: &mut Map<String, Value>) -> Value {
    match of {
        Form::Text | Form::Template | Form::Expr => scalar(),
        Form::File => json!({ "type": "string", "minLength": 1 }),
        Form::Duration => json!({ "type": "string", "pattern": "^[0-9]+(ms|s|m|h|d)$" }),
        Form::Int(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Form::Words(words) => json!({ "enum": words.iter().flat_map(|w| word(w)).collect::<Vec<_>>() }),
        Form::Texts | Form::Exprs | Form::Loops => json!({ "anyOf": [scalar(), list(scalar())] }),
        Form::TextList => list(scalar()),
        Form::TextMap => json!({ "type": "object", "additionalProperties": scalar() }),
        Form::Data | Form::Tree => json!({}),
        Form::Let => json!({ "anyOf": [scalar(), { "type": "object" }] }),
        Form::In(inner) => json!({ "$ref": place(inner, definitions) }),
        Form::Named(inner) => {
            let inside = nullable(form(inner, definitions));
            json!({ "type": "object", "additionalProperties": inside })
        }
        Form::Rules(inner) => {
            let reference = place(inner, definitions);
            list(json!({ "$ref": reference }))
        }
        Form::Limits => limits(),
        Form::Either(one, other) => json!({ "anyOf": [form(one, definitions), form(other, definitions)] }),
    }
}

fn scalar() -> Value {
    json!({ "type": ["string", "number", "boolean", "null"] })
}

fn list(of: Value) -> Value {
    json!({ "type": "array", "items": of })
}

/// A word as text, and as what other YAML readers make of it.
fn word(word: &str) -> Vec<Value> {
    let typed = serde_json::from_str::<Value>(word).ok().filter(|v| !v.is_string());
    std::iter::once(Value::from(word)).chain(typed).collect()
}

fn limits() -> Value {
    let mut properties = Map::new();
    for limit in LIMITS {
        let about = format!("{} {} if not written, at most {}.", limit.about, limit.default, limit.ceiling);
        let number = json!({ "type": "integer", "minimum": 1, "maximum": limit.ceiling });
        let duration = json!({ "type": "string", "pattern": "^[0-9]+(ms|s|m)$" });
        let schema = if limit.unit == "milliseconds" {
            json!({ "anyOf": [number, duration], "description": about })
        } else {
            let mut number = number;
            if let Some(members) = number.as_object_mut() {
                members.insert("description".to_owned(), about.into());
            }
            number
        };
        properties.insert(limit.name.to_owned(), schema);
    }
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}
