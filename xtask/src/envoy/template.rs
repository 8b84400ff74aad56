//! Templates: YAML in which a scalar `${IFS_…}` stands for one whole value.
//!
//! A template is read as a tree and values are put into the tree. Nothing is pasted into text, so no value can change
//! the structure.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::{Context, Error, Result};

/// What placeholders stand for.
pub type Values = BTreeMap<&'static str, Value>;

/// Reads YAML as a tree.
///
/// # Errors
/// It is not YAML.
pub fn parse(text: &str) -> Result<Value> {
    serde_saphyr::from_str(text).context("not YAML")
}

/// Reads a file of YAML as a tree.
///
/// # Errors
/// It cannot be read, or is not YAML.
pub fn read(file: &Path) -> Result<Value> {
    let name = file.display();
    parse(&std::fs::read_to_string(file).context(format!("reading {name}"))?).context(format!("{name}"))
}

/// Whether a text in the tree contains `text`.
pub fn mentions(node: &Value, text: &str) -> bool {
    match node {
        Value::String(s) => s.contains(text),
        Value::Array(items) => items.iter().any(|item| mentions(item, text)),
        Value::Object(members) => members.values().any(|member| mentions(member, text)),
        _ => false,
    }
}

/// Replaces every scalar that is a placeholder.
///
/// # Errors
/// A placeholder is unknown, or inside a longer text: that would be pasting.
pub fn put(node: &mut Value, values: &Values) -> Result<()> {
    match node {
        Value::String(text) => {
            if let Some(name) = placeholder(text) {
                let value = values.get(name).context(format!("unknown placeholder ${{{name}}}"))?;
                *node = value.clone();
            } else if text.contains("${IFS_") {
                return Err(Error::new(format!("a placeholder must be the whole value: {text}")));
            }
        }
        Value::Array(items) => items.iter_mut().try_for_each(|item| put(item, values))?,
        Value::Object(members) => members.values_mut().try_for_each(|member| put(member, values))?,
        _ => {}
    }
    Ok(())
}

/// Replaces every scalar that is one of these placeholders, and leaves the others.
pub fn put_known(node: &mut Value, values: &Values) {
    visit_mut(node, &mut |node| {
        if let Some(value) = node.as_str().and_then(placeholder).and_then(|name| values.get(name)) {
            *node = value.clone();
        }
    });
}

/// The name of a placeholder, of a text that is one.
#[must_use]
pub fn placeholder(text: &str) -> Option<&str> {
    text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).filter(|name| name.starts_with("IFS_"))
}

/// Takes the innermost list elements that mention `text` out of the tree.
pub fn without(node: &mut Value, text: &str) {
    match node {
        Value::Array(items) => {
            items.retain_mut(|item| {
                if !mentions(item, text) {
                    return true;
                }
                let inner = has_list_mentioning(item, text);
                without(item, text);
                inner
            });
        }
        Value::Object(members) => members.values_mut().for_each(|member| without(member, text)),
        _ => {}
    }
}

fn has_list_mentioning(node: &Value, text: &str) -> bool {
    match node {
        Value::Array(items) => items.iter().any(|item| mentions(item, text)),
        Value::Object(members) => members.values().any(|member| has_list_mentioning(member, text)),
        _ => false,
    }
}

/// Calls `see` with every node and its JSON pointer, a parent before its children.
pub fn visit<'a>(node: &'a Value, at: &str, see: &mut dyn FnMut(&str, &'a Value)) {
    see(at, node);
    match node {
        Value::Array(items) => items.iter().enumerate().for_each(|(i, item)| visit(item, &format!("{at}/{i}"), see)),
        Value::Object(members) => members.iter().for_each(|(name, member)| visit(member, &format!("{at}/{name}"), see)),
        _ => {}
    }
}

/// Calls `change` with every node, a parent before its children.
pub fn visit_mut(node: &mut Value, change: &mut dyn FnMut(&mut Value)) {
    change(node);
    match node {
        Value::Array(items) => items.iter_mut().for_each(|item| visit_mut(item, change)),
        Value::Object(members) => members.values_mut().for_each(|member| visit_mut(member, change)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_placeholder_in_a_longer_text_is_refused() {
        let mut tree = parse("a: http://x:${IFS_PORT}/").unwrap();
        assert!(put(&mut tree, &BTreeMap::from([("IFS_PORT", Value::from(1))])).is_err());
        let mut tree = parse("a: ${IFS_NOPE}").unwrap();
        assert!(put(&mut tree, &BTreeMap::new()).is_err());
    }

    #[test]
    fn the_innermost_element_goes() {
        let mut tree = json!({"a": [{"b": [{"c": "${X}"}, {"c": "y"}]}, {"b": []}]});
        without(&mut tree, "${X}");
        assert_eq!(tree, json!({"a": [{"b": [{"c": "y"}]}, {"b": []}]}));
    }
}
