//! Changes of a JSON document.

use fuzz::Chance;
use serde_json::{Map, Value, json};

use super::Read;
use super::change::{pick, text};

/// Before what is written without its quotes: numbers that no tree holds, and what is no JSON.
const RAW: &str = "\u{e000}";
/// Before a name that stands twice.
const TWICE: &str = "\u{e001}";

/// Numbers at the edges of something.
const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "1",
    "-1",
    "31",
    "256",
    "2147483648",
    "-9223372036854775808",
    "9223372036854775808",
    "1e400",
    "-1e-400",
    "0.1",
    "1.000",
    "27.5",
    "100000000000000000000.5",
    "1E2",
];

/// The document with one change; nothing if it is none.
pub fn change(chance: &mut Chance, read: &Read, body: &[u8]) -> Option<Vec<u8>> {
    let mut root: Value = serde_json::from_slice(body).ok()?;
    let mut places = Vec::new();
    walk(&root, &mut String::new(), &mut places);
    let last = |place: &String| place.rsplit('/').next().is_some_and(|name| read.contains(name));
    let place = pick(chance, &places, last).clone();
    let other = root.pointer(chance.pick(&places).as_str())?.clone();
    // What stands where the value does: its member goes, stands twice, or has another name.
    if !place.is_empty() && chance.once_in(3) {
        let (above, name) = place.rsplit_once('/')?;
        match root.pointer_mut(above)? {
            Value::Object(members) => members_of(chance, members, &name.replace("~1", "/").replace("~0", "~")),
            Value::Array(elements) => elements_of(chance, elements, name.parse().ok()?),
            _ => {}
        }
    } else {
        let value = root.pointer_mut(&place)?;
        *value = another(chance, value, other);
    }
    let written = serde_json::to_string(&root).ok()?;
    Some(raw(&written).replace(TWICE, "").into_bytes())
}

fn walk(value: &Value, at: &mut String, places: &mut Vec<String>) {
    places.push(at.clone());
    let length = at.len();
    let mut below = |name: &str, inner: &Value, at: &mut String| {
        at.push('/');
        at.push_str(&name.replace('~', "~0").replace('/', "~1"));
        walk(inner, at, places);
        at.truncate(length);
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(name, inner)| below(name, inner, at)),
        Value::Array(elements) => elements.iter().enumerate().for_each(|(n, inner)| below(&n.to_string(), inner, at)),
        _ => {}
    }
}

fn members_of(chance: &mut Chance, members: &mut Map<String, Value>, name: &str) {
    let Some(value) = members.get(name).cloned() else { return };
    match chance.below(4) {
        0 => drop(members.insert(format!("{TWICE}{name}"), json!(text(chance)))),
        1 => {
            members.remove(name);
            let name = if chance.once_in(2) { name.to_uppercase() } else { format!("{name}_") };
            members.insert(name, value);
        }
        _ => drop(members.remove(name)),
    }
}

fn elements_of(chance: &mut Chance, elements: &mut Vec<Value>, at: usize) {
    let Some(element) = elements.get(at).cloned() else { return };
    match chance.below(5) {
        0 => elements.insert(at, element),
        1 => elements.insert(at, Value::Null),
        2 => elements.reverse(),
        // More than a list has.
        3 => elements.extend(std::iter::repeat_n(element, 1 + chance.below(300))),
        _ => drop(elements.remove(at)),
    }
}

/// Another value in the place of one.
fn another(chance: &mut Chance, value: &Value, other: Value) -> Value {
    match chance.below(12) {
        0 | 1 => Value::Null,
        2 => json!({}),
        3 => json!([]),
        4 => json!(chance.once_in(2)),
        5 | 6 => json!(format!("{RAW}{}", chance.pick(NUMBERS))),
        7 => json!({ "value": value }),
        8 => json!([value]),
        9 => other,
        // Half a character: no text has it.
        10 if chance.once_in(4) => json!(format!("{RAW}\"\\ud800\"")),
        _ => json!(text(chance)),
    }
}

/// The text with what is marked as raw without its quotes.
fn raw(written: &str) -> String {
    let mark = format!("\"{RAW}");
    let mut parts = written.split(mark.as_str());
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut escaped = false;
        let end = part.find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        let (inside, after) = part.split_at(end.unwrap_or(part.len()));
        out.push_str(&inside.replace("\\\"", "\"").replace("\\\\", "\\"));
        out.push_str(after.strip_prefix('"').unwrap_or(after));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_raw_has_no_quotes() {
        let written = json!([format!("{RAW}1e400"), "a\"b", format!("{RAW}\"\\ud800\"")]).to_string();
        assert_eq!(raw(&written), r#"[1e400,"a\"b","\ud800"]"#);
    }

    #[test]
    fn changes_are_of_many_kinds() {
        let body = br#"[{"a":1,"b":{"c":"x"}},{"a":2,"b":null}]"#;
        let all = (0..200).filter_map(|seed| change(&mut Chance::new(seed), &Read::new(), body));
        let different: std::collections::BTreeSet<_> = all.collect();
        assert!(different.len() > 80, "{}", different.len());
        assert!(different.iter().any(|body| serde_json::from_slice::<Value>(body).is_err()));
    }
}
