//! What a person has written (IFS04, IFS05): an explanation tells by its name that it is there, and not what it is. Whoever
//! wrote the test knows it; whoever is shown the explanation need not.

use adapter_core::contract::{Kind, Object, Operation, Pattern};
use serde_json::Value;

/// The fewest characters of a text that is looked for wherever it stands, rather than between quotes alone.
const TELLING: usize = 4;

/// A text with the names of what people have written in the place of that.
pub(super) fn without(operation: &Operation, asked: &[u8], text: String) -> String {
    if !operation.does.writes() {
        return text;
    }
    let mut written = Vec::new();
    if let Ok(body) = serde_json::from_slice(asked) {
        collect(operation.request, &body, "request", &mut written);
    }
    // What is part of another goes after it.
    written.sort_by_key(|(_, words)| std::cmp::Reverse(words.len()));
    written.into_iter().fold(text, |text, (name, words)| {
        let name = format!("‹{name}›");
        let text = text.replace(&format!("{words:?}"), &format!("\"{name}\""));
        if words.chars().count() < TELLING {
            return text;
        }
        forms(&words).into_iter().fold(text, |text, form| text.replace(&form, &name))
    })
}

/// What has room for so many characters is no code.
const LONG: usize = 256;

/// Texts of people's own, with where they stand.
fn collect(object: &Object, value: &Value, at: &str, out: &mut Vec<(String, String)>) {
    for field in object.fields.iter().filter(|field| field.personal) {
        let Some(inner) = value.get(field.name) else { continue };
        let at = format!("{at}.{}", field.name);
        match (&field.kind, inner) {
            (Kind::Text { max: LONG.., pattern: None | Some(Pattern::Name), .. }, Value::String(words))
                if !words.is_empty() =>
            {
                out.push((at, words.clone()))
            }
            (Kind::Object(object), _) => collect(object, inner, &at, out),
            (Kind::List(list), Value::Array(items)) => {
                items.iter().for_each(|item| collect(list.items, item, &at, out));
            }
            _ => {}
        }
    }
}

/// A text as it may stand in a call: in JSON, in XML and in a document inside that, in a query.
fn forms(words: &str) -> Vec<String> {
    let json = Value::from(words).to_string();
    let json = json.get(1..json.len().saturating_sub(1)).unwrap_or_default().to_owned();
    let xml = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let escaped = xml(words);
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    let query: String = words.bytes().map(byte).collect();
    let mut forms = vec![xml(&escaped), escaped, json, query, words.to_owned()];
    forms.dedup();
    forms
}

#[cfg(test)]
mod tests {
    use adapter_core::contract;

    use super::*;

    fn told(text: &str) -> String {
        let asked = br#"{"tax_code":"RSSMRA80A01F205X","note":"Il <corso> & \"altro\"","reason":"si",
            "attributes":[{"attribute_name":"anno","current":"2024","suggested":"due mila"}]}"#;
        without(contract::operation("IFS04.1").unwrap(), asked, text.to_owned())
    }

    #[test]
    fn what_people_write_is_told_by_its_name() {
        for (text, expected) in [
            (r#"`request.note` is "Il <corso> & \"altro\"""#, r#"`request.note` is "‹request.note›""#),
            (r#"{"nota":"Il <corso> & \"altro\"","n":1}"#, r#"{"nota":"‹request.note›","n":1}"#),
            ("<n>Il &lt;corso&gt; &amp; \"altro\"</n>", "<n>‹request.note›</n>"),
            ("n=Il%20%3Ccorso%3E%20%26%20%22altro%22", "n=‹request.note›"),
            ("due mila", "‹request.attributes.suggested›"),
            // A word so short is everywhere.
            (r#"si, `request.reason` is "si""#, r#"si, `request.reason` is "‹request.reason›""#),
        ] {
            assert_eq!(told(text), expected);
        }
        // Who it is about stands in every test.
        assert_eq!(told("RSSMRA80A01F205X"), "RSSMRA80A01F205X");
        let other = without(contract::operation("IFS02.1").unwrap(), br#"{"note":"Il corso"}"#, "Il corso".to_owned());
        assert_eq!(other, "Il corso");
    }
}
