//! A document with its values replaced: JSON, XML and CSV as they are, and documents inside texts of them.

use std::collections::{BTreeMap, BTreeSet};

use adapter_core::value::raw_members;
use serde_json::value::RawValue;

use super::known::Known;
use super::replacer::{Replacer, is_code};

/// Deepest nesting that is looked into; what lies deeper is replaced as text.
const DEPTH: usize = 100;

/// What stays of the values of a member that the mapping may compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Keep {
    /// Nothing.
    Nothing,
    /// Values that are what the mapping compares with.
    Values,
    /// Words in them too.
    Words,
}

/// What is done to documents, and what was met in them.
#[derive(Debug)]
pub(super) struct Pass<'k> {
    pub(super) replacer: Replacer,
    pub(super) known: &'k Known,
    /// What stays, by the names of members; of others, `otherwise`.
    pub(super) keeps: &'k BTreeMap<String, Keep>,
    pub(super) otherwise: Keep,
    /// What stayed, by the names of members.
    pub(super) kept: BTreeMap<String, BTreeSet<String>>,
    /// How many values were replaced.
    pub(super) replaced: usize,
}

impl Pass<'_> {
    /// A document. What is none of its form is replaced as a text: it stays none.
    pub(super) fn document(&mut self, text: &str, csv: Option<Option<u8>>) -> String {
        match csv {
            Some(separator) => self.csv(text, separator),
            None => self.text("", text, 0),
        }
    }

    /// A value under a member, which may be a document itself.
    fn text(&mut self, member: &str, text: &str, depth: usize) -> String {
        let trimmed = text.trim();
        if depth < DEPTH && trimmed.starts_with('<') && trimmed.ends_with('>') {
            return self.xml(text, depth);
        }
        if depth < DEPTH && trimmed.starts_with(['{', '[']) {
            let inner = RawValue::from_string(trimmed.to_owned());
            if let Some(json) = inner.ok().and_then(|raw| self.json(member, raw.get(), depth, 0)) {
                return json;
            }
        }
        self.value(member, text)
    }

    /// A value under a member.
    fn value(&mut self, member: &str, text: &str) -> String {
        if self.known.stays(text) {
            return text.to_owned();
        }
        let keep = self.keeps.get(member).copied().unwrap_or(self.otherwise);
        let known = self.known;
        if keep >= Keep::Values && known.compares(text) && !is_code(text.trim()) {
            self.kept.entry(member.to_owned()).or_default().insert(text.trim().to_owned());
            return text.to_owned();
        }
        let stays = |word: &str| known.always.contains(word) || (keep == Keep::Words && known.compares(word));
        let found = self.replacer.text(text, &stays);
        if found == text {
            return found;
        }
        if keep == Keep::Words {
            let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty() && stays(word));
            for word in words {
                self.kept.entry(member.to_owned()).or_default().insert(word.to_owned());
            }
        }
        self.replaced = self.replaced.saturating_add(1);
        found
    }

    /// A JSON value; none if it is not read.
    fn json(&mut self, member: &str, raw: &str, depth: usize, indent: usize) -> Option<String> {
        let deeper = depth.checked_add(1).filter(|depth| *depth < DEPTH)?;
        let inner = indent.saturating_add(1);
        let raw = raw.trim();
        match raw.chars().next()? {
            '{' => {
                let members = raw_members(raw, DEPTH).ok()?;
                let names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
                let record = self.is_record(&names);
                let mut parts = Vec::with_capacity(members.len());
                for (name, raw) in &members {
                    let value = self.json(name, raw, deeper, inner)?;
                    let shown = self.name(name, record);
                    parts.push(format!("{}: {value}", quoted(&shown)));
                }
                Some(joined(('{', '}'), &parts, indent))
            }
            '[' => {
                let items: Vec<&RawValue> = serde_json::from_str(raw).ok()?;
                let parts: Option<Vec<String>> =
                    items.iter().map(|item| self.json(member, item.get(), deeper, inner)).collect();
                Some(joined(('[', ']'), &parts?, indent))
            }
            '"' => {
                let text: String = serde_json::from_str(raw).ok()?;
                Some(quoted(&self.text(member, &text, deeper)))
            }
            '-' | '0'..='9' => Some(self.value(member, raw)),
            _ => Some(raw.to_owned()),
        }
    }

    /// Whether names are those of a record, rather than data: the mapping reads one of them, or they are what a program
    /// calls things.
    fn is_record(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.known.reads(name))
    }

    fn name(&mut self, name: &str, record: bool) -> String {
        let plain = name.chars().all(|c| c.is_ascii_alphabetic() || matches!(c, '_' | '@' | '$' | '.' | '-'));
        if self.known.reads(name) || (record && plain) { name.to_owned() } else { self.value("", name) }
    }

    /// An XML document: texts and attributes are values, comments go.
    fn xml(&mut self, text: &str, depth: usize) -> String {
        let deeper = depth.saturating_add(1);
        let mut out = String::with_capacity(text.len());
        let mut open: Vec<String> = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let member = open.last().cloned().unwrap_or_default();
            if let Some(after) = rest.strip_prefix("<!--") {
                rest = after.split_once("-->").map_or("", |(_, rest)| rest);
            } else if let Some(after) = rest.strip_prefix("<![CDATA[") {
                let (inside, then) = after.split_once("]]>").unwrap_or((after, ""));
                out.push_str(&format!("<![CDATA[{}]]>", self.text(&member, inside, deeper)));
                rest = then;
            } else if rest.starts_with("<?") || rest.starts_with("<!") {
                let end = rest.find('>').map_or(rest.len(), |at| at.saturating_add(1));
                let (kept, then) = rest.split_at_checked(end).unwrap_or((rest, ""));
                out.push_str(kept);
                rest = then;
            } else if rest.starts_with('<') {
                let end = tag_end(rest);
                let (tag, then) = rest.split_at_checked(end).unwrap_or((rest, ""));
                self.tag(tag, &mut open, &mut out);
                rest = then;
            } else {
                let end = rest.find('<').unwrap_or(rest.len());
                let (inside, then) = rest.split_at_checked(end).unwrap_or((rest, ""));
                out.push_str(&escaped(&self.text(&member, &unescaped(inside), deeper)));
                rest = then;
            }
        }
        out
    }

    /// A start or end tag, with `<` and `>`.
    fn tag(&mut self, tag: &str, open: &mut Vec<String>, out: &mut String) {
        if tag.starts_with("</") {
            open.pop();
            out.push_str(tag);
            return;
        }
        let name_end = tag.find(|c: char| c.is_whitespace() || matches!(c, '/' | '>')).unwrap_or(tag.len());
        let (head, mut rest) = tag.split_at_checked(name_end).unwrap_or((tag, ""));
        out.push_str(head);
        while let Some((before, after)) = rest.split_once('=') {
            let mark = after.trim_start();
            let Some(quote) = mark.chars().next().filter(|c| matches!(c, '"' | '\'')) else { break };
            let Some((value, then)) = mark.get(1..).and_then(|inside| inside.split_once(quote)) else { break };
            let name = before.trim();
            let local = name.rsplit(':').next().unwrap_or(name);
            // What says how the document is written is no value.
            let formal = name.starts_with("xmlns")
                || ["xsi:", "soap", "SOAP", "env:", "xml:", "soapenc:"].iter().any(|start| name.starts_with(start));
            let shown = if formal { value.to_owned() } else { escaped(&self.value(local, &unescaped(value))) };
            out.push_str(&format!("{before}={quote}{}{quote}", shown.replace(quote, "&quot;")));
            rest = then;
        }
        out.push_str(rest);
        if !tag.ends_with("/>") {
            let name = head.trim_start_matches('<');
            open.push(name.rsplit(':').next().unwrap_or(name).to_owned());
        }
    }

    /// Lines of fields under a line of names.
    fn csv(&mut self, text: &str, separator: Option<u8>) -> String {
        let head = text.lines().next().unwrap_or_default();
        let found = [';', '\t', '|', ','].into_iter().max_by_key(|c| (head.matches(*c).count(), *c == ';'));
        let separator = separator.map(char::from).or(found).unwrap_or(';');
        let rows = fields(text, separator);
        let names: Vec<String> = rows.first().map(|row| row.iter().map(|f| unquoted(f)).collect()).unwrap_or_default();
        let as_names: Vec<&str> = names.iter().map(String::as_str).collect();
        let headed = self.is_record(&as_names);
        let mut out = String::with_capacity(text.len());
        for (at, row) in rows.iter().enumerate() {
            let mut shown = Vec::with_capacity(row.len());
            for (column, field) in row.iter().enumerate() {
                if at == 0 && headed {
                    shown.push(field.clone());
                    continue;
                }
                let name = names.get(column).cloned().unwrap_or_default();
                let value = self.value(&name, &unquoted(field));
                let quoted = field.trim_start().starts_with('"') || value.contains(['"', '\n', separator]);
                shown.push(if quoted { format!("\"{}\"", value.replace('"', "\"\"")) } else { value });
            }
            out.push_str(&shown.join(&separator.to_string()));
            out.push('\n');
        }
        out
    }
}

/// The fields of each line; line feeds inside quotes do not end one.
fn fields(text: &str, separator: char) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut field, mut inside) = (Vec::new(), Vec::new(), String::new(), false);
    for c in text.chars() {
        match c {
            '"' => {
                inside = !inside;
                field.push(c);
            }
            '\n' if !inside => {
                row.push(std::mem::take(&mut field).trim_end_matches('\r').to_owned());
                rows.push(std::mem::take(&mut row));
            }
            c if c == separator && !inside => row.push(std::mem::take(&mut field)),
            c => field.push(c),
        }
    }
    if !field.is_empty() || !row.is_empty() {
        row.push(field);
        rows.push(row);
    }
    rows
}

fn unquoted(field: &str) -> String {
    match field.trim().strip_prefix('"').and_then(|f| f.strip_suffix('"')) {
        Some(inside) => inside.replace("\"\"", "\""),
        None => field.to_owned(),
    }
}

/// Where a tag ends; `>` inside quotes does not end it.
fn tag_end(text: &str) -> usize {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            (None, '>') => return at.saturating_add(1),
            _ => {}
        }
    }
    text.len()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let Some((name, then)) = after.split_once(';').filter(|(name, _)| name.len() < 10) else {
            out.push('&');
            rest = after;
            continue;
        };
        let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
        let found = match name {
            "lt" => Some('<'),
            "gt" => Some('>'),
            "amp" => Some('&'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => match name.strip_prefix("#x") {
                Some(digits) => number(digits, 16),
                None => name.strip_prefix('#').and_then(|digits| number(digits, 10)),
            },
        };
        out.extend(found);
        rest = then;
    }
    out.push_str(rest);
    out
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A list or an object, each part in a line of its own.
fn joined((open, close): (char, char), parts: &[String], indent: usize) -> String {
    if parts.is_empty() {
        return format!("{open}{close}");
    }
    let (inner, outer) = ("  ".repeat(indent.saturating_add(1)), "  ".repeat(indent));
    format!("{open}\n{inner}{}\n{outer}{close}", parts.join(&format!(",\n{inner}")))
}

#[cfg(test)]
mod tests {
    use adapter_core::bundle::{Bundle, Name, Table};

    use super::*;

    fn pass<T>(otherwise: Keep, run: impl FnOnce(&mut Pass<'_>) -> T) -> T {
        let name = |text: &str| Name { text: text.to_owned(), deep: false };
        let bundle = Bundle {
            names: vec![name("nome"), name("stato"), name("data"), name("@sede")],
            texts: vec!["A".to_owned()],
            tables: vec![Table {
                name: "t".to_owned(),
                keys: 1,
                columns: Vec::new(),
                single: true,
                rows: vec![vec![Some("L-31".to_owned()), Some("2031".to_owned())]],
                default: None,
            }],
            ..Bundle::default()
        };
        let (known, keeps) = (Known::new(&bundle), BTreeMap::new());
        run(&mut Pass {
            replacer: Replacer::new(3, (2026, 12, 1), known.reserved()),
            known: &known,
            keeps: &keeps,
            otherwise,
            kept: BTreeMap::new(),
            replaced: 0,
        })
    }

    #[test]
    fn json_keeps_its_shape() {
        let text = r#"{"nome": "Maria Rossi", "altro": [12345, null, true, "L-31"], "stato": "A", "per": {"RSSMRA80A01F205X": {"data": "03/02/1998"}}}"#;
        let shown = pass(Keep::Nothing, |pass| pass.document(text, None));
        let value: serde_json::Value = serde_json::from_str(&shown).unwrap();
        for gone in ["Maria", "Rossi", "12345", "RSSMRA80A01F205X", "1998-", "03/02", "L-31", "\"A\""] {
            assert!(!shown.contains(gone), "{gone}: {shown}");
        }
        assert_eq!(value["altro"].as_array().unwrap().len(), 4);
        assert!(value["altro"][0].is_u64() && value["altro"][1].is_null() && value["altro"][2] == true);
        let (shown, kept) = pass(Keep::Values, |pass| (pass.document(text, None), pass.kept.clone()));
        assert!(shown.contains("\"L-31\"") && shown.contains("\"A\"") && !shown.contains("Rossi"), "{shown}");
        assert_eq!(kept.keys().collect::<Vec<_>>(), ["altro", "stato"]);
    }

    #[test]
    fn xml_keeps_its_shape_and_documents_inside_it_theirs() {
        let text = "<?xml version=\"1.0\"?><s:E xmlns:s=\"urn:x\"><!-- Rossi --><nome sede=\"Mila&amp;no\" xsi:type=\"xsd:string\">Rossi &amp; Verdi</nome><doc>&lt;r&gt;&lt;stato&gt;A&lt;/stato&gt;&lt;nome&gt;Rossi&lt;/nome&gt;&lt;/r&gt;</doc><c><![CDATA[<r><nome>Verdi</nome></r>]]></c><e/></s:E>";
        let shown = pass(Keep::Values, |pass| pass.document(text, None));
        for gone in ["Rossi", "Verdi", "Mila"] {
            assert!(!shown.contains(gone), "{gone}: {shown}");
        }
        for there in [
            "<?xml version=\"1.0\"?>",
            "xmlns:s=\"urn:x\"",
            "xsd:string",
            "&lt;stato&gt;A&lt;/stato&gt;",
            "<c><![CDATA[<r><nome>",
            "<e/></s:E>",
        ] {
            assert!(shown.contains(there), "{there}: {shown}");
        }
    }

    #[test]
    fn csv_keeps_its_head() {
        let text = "nome;stato;data\r\n\"Rossi; Mario\";A;15/11/2024\r\nVerdi;B;\r\n";
        let shown = pass(Keep::Values, |pass| pass.document(text, Some(None)));
        assert!(
            shown.starts_with("nome;stato;data\n\"") && !shown.contains("Rossi") && !shown.contains("Verdi"),
            "{shown}"
        );
        assert!(shown.contains(";A;") && shown.contains("/2024"), "{shown}");
        // A table without a head is all values.
        let shown = pass(Keep::Nothing, |pass| pass.document("Rossi;Mario\nVerdi;Anna\n", Some(None)));
        assert!(!shown.contains("Rossi") && !shown.contains("Mario"), "{shown}");
    }

    #[test]
    fn what_is_no_document_is_replaced_as_a_text() {
        let shown = pass(Keep::Nothing, |pass| pass.document("{\"nome\": \"Rossi\"", None));
        assert!(shown.starts_with("{\"") && !shown.contains("Rossi"), "{shown}");
        let shown = pass(Keep::Nothing, |pass| pass.document("<p>Rossi<br>", None));
        assert!(!shown.contains("Rossi"), "{shown}");
    }
}
