//! What the mapping itself has: texts it compares with, keys of its tables, and what its tables give.

use std::collections::BTreeSet;
use std::sync::Arc;

use adapter_core::bundle::{Bundle, seal};
use serde_json::Value;

/// Words that the language takes for yes or no, and what stands behind a mark.
const WORDS: &[&str] = &["S", "N", "SI", "NO", "SÌ", "Y", "YES", "TRUE", "FALSE", "V", "F", "1", "LODE", "E"];

/// What a mapping has.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// What an answer of a system may be compared with.
    compared: BTreeSet<String>,
    /// What stays, whatever comes of it: the institute's code, and what of the request names nobody.
    pub(super) always: BTreeSet<String>,
    /// What an answer may have from the mapping.
    given: BTreeSet<String>,
    /// Names of members that the mapping reads.
    names: BTreeSet<String>,
    /// Texts that mean nothing.
    none: BTreeSet<String>,
    reserved: Arc<BTreeSet<String>>,
}

impl Known {
    pub(super) fn new(bundle: &Bundle) -> Self {
        let mut known = Self::default();
        known.compared.extend(bundle.texts.iter().cloned());
        known.compared.extend(WORDS.iter().map(|word| (*word).to_owned()));
        known.given.extend(bundle.texts.iter().cloned());
        for table in &bundle.tables {
            let keys = usize::from(table.keys);
            for row in &table.rows {
                known.compared.extend(row.iter().take(keys).flatten().cloned());
                known.given.extend(row.iter().skip(keys).flatten().cloned());
            }
            known.given.extend(table.default.clone());
        }
        for system in &bundle.systems {
            known.none.extend(system.clean.none.iter().cloned());
        }
        for name in &bundle.names {
            // A name in a namespace stands behind it; an attribute's has a mark.
            let local = name.text.rsplit('}').next().unwrap_or_default();
            known.names.insert(local.trim_start_matches('@').to_owned());
        }
        known.names.extend(bundle.texts.iter().cloned());
        known.always.insert(bundle.institute.code.clone());
        // Numbers stand in expressions alone.
        if let Some(plan) = seal(bundle).ok().and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok()) {
            numbers(&plan, &mut known.compared);
        }
        known.reserved = Arc::new(known.compared.iter().map(|text| text.to_uppercase()).collect());
        known
    }

    /// What must not come about by replacing: it would be compared, or be taken for what stayed.
    pub(super) fn reserved(&self) -> Arc<BTreeSet<String>> {
        Arc::clone(&self.reserved)
    }

    /// Whether the mapping may compare with it.
    pub(super) fn compares(&self, text: &str) -> bool {
        let text = text.trim();
        // A code this short may be looked at in part, and names nobody.
        let short = text.len() <= 3
            && text.starts_with(|c: char| c.is_ascii_uppercase())
            && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
        short || self.compared.contains(text) || WORDS.contains(&text.to_uppercase().as_str())
    }

    /// Whether it stays, whatever comes of it.
    pub(super) fn stays(&self, text: &str) -> bool {
        let text = text.trim();
        text.is_empty() || self.always.contains(text) || self.none.contains(text)
    }

    /// Whether an answer may have it from the mapping as a code: what is written as names are, may be one.
    pub(super) fn gives(&self, text: &str) -> bool {
        let named = text.chars().any(char::is_lowercase) && text.chars().any(|c| c.is_uppercase() || c == ' ');
        !named && self.given.contains(text)
    }

    /// Whether the mapping reads a member of this name.
    pub(super) fn reads(&self, name: &str) -> bool {
        self.names.contains(name)
    }
}

/// The literals of expressions, wherever they stand.
fn numbers(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::Number(number) if name == "int" => {
                        found.insert(number.to_string());
                    }
                    other => numbers(other, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| numbers(item, found)),
        _ => {}
    }
}
