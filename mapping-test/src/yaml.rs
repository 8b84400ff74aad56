//! A tree as YAML, as test files have it.

use serde_json::Value;

/// A tree in block style, for behind a key and its colon: on the same line, or on lines of its own that begin with so many
/// blanks.
pub fn behind_key(value: &Value, indent: usize) -> String {
    match value {
        Value::Object(members) if !members.is_empty() => format!("\n{}", lines(value, indent)),
        Value::Array(items) if !items.is_empty() => format!("\n{}", lines(value, indent)),
        other => format!(" {other}\n"),
    }
}

fn lines(value: &Value, indent: usize) -> String {
    let pad = " ".repeat(indent);
    let deeper = indent.saturating_add(2);
    match value {
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| format!("{pad}{}:{}", key(name), behind_key(value, deeper));
            members.iter().map(member).collect()
        }
        Value::Array(items) => items
            .iter()
            .map(|item| match item {
                Value::Object(members) if !members.is_empty() => {
                    // The first member stands behind the mark.
                    let text = lines(item, deeper);
                    format!("{pad}- {}", text.trim_start())
                }
                other => format!("{pad}-{}", behind_key(other, deeper)),
            })
            .collect(),
        other => format!("{pad}{other}\n"),
    }
}

/// A name as a key: bare where it can be nothing else.
fn key(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_lowercase() || c == '_') && name.len() > 5;
    if plain { name.to_owned() } else { Value::from(name).to_string() }
}

#[cfg(test)]
mod tests {
    use mapping_compiler::testfile;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let body = json!({
            "personal_data": { "tax_code": "X: y", "no": null, "list": [] },
            "items": [ { "a": 1, "inner": [ { "b": "2024-10-01" }, [1, 2], {} ] }, "true", 2.5, false ],
        });
        for body in [body, json!([]), json!([{ "one": 1 }]), json!({})] {
            let text = format!(
                "now: \"2026-03-01T09:00:00Z\"\nrequest: {{ path: /x }}\nexpect:\n  status: 200\n  body:{}",
                behind_key(&body, 4)
            );
            let test = testfile::read_str("t.yaml", &text).unwrap_or_else(|e| panic!("{e}{text}"));
            assert_eq!(test.expect.body, Some(body));
        }
    }
}
