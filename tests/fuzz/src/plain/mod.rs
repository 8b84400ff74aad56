//! Decoders of the tests' own, to hold the engine's against: they read byte by byte, keep everything apart, remember
//! nothing from one part of a document to the next, and share no code with the engine.

pub mod json;
pub mod markup;
pub mod soap;
pub mod xml;

use adapter_core::value::{Decoder, Keep};

/// How a document is read: what [`Decoder`] says, with names as texts.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'r> {
    /// Names that the mapping reads, and whether all is kept under them.
    pub names: &'r [(&'r str, bool)],
    /// Which members are kept.
    pub keep: Keep,
    /// Most levels of nesting.
    pub depth: usize,
    /// Blank text becomes null.
    pub blank_to_null: bool,
    /// A record with this member alone becomes the member's value.
    pub unwrap: Option<&'r str>,
    /// Texts that become null.
    pub none: &'r [String],
    /// Texts lose the white space at their ends.
    pub trim: bool,
    /// A system's document.
    pub lenient: bool,
}

impl<'r> Rules<'r> {
    /// The rules of the engine's decoder over a table of these names.
    pub fn of(decoder: &Decoder<'r>, names: &'r [(&'r str, bool)]) -> Self {
        Self {
            names,
            keep: decoder.keep,
            depth: decoder.depth,
            blank_to_null: decoder.blank_to_null,
            unwrap: decoder.unwrap.map(|id| names[id as usize].0),
            none: decoder.none,
            trim: decoder.trim,
            lenient: decoder.lenient,
        }
    }

    /// Whether a member or an element of this name is kept, where `keep` holds, and what of it.
    pub fn kept(&self, name: &str, keep: Keep) -> Option<Keep> {
        let named = self.names.iter().find(|(known, _)| *known == name);
        match (keep, named) {
            (Keep::Whole, _) | (Keep::Named, Some((_, true))) => Some(Keep::Whole),
            (Keep::Named, Some((_, false))) => Some(Keep::Named),
            (Keep::Named, None) => None,
        }
    }

    /// The text of an element as a value. A line between others that are blank, as pretty-printers write, is that line.
    pub fn tidied_xml(&self, text: String) -> Plain {
        const BLANK: [char; 4] = [' ', '\t', '\n', '\r'];
        let mut written = text.split('\n').filter(|line| line.contains(|c| !BLANK.contains(&c)));
        match (written.next(), written.next(), text.contains('\n')) {
            (Some(line), None, true) => self.tidied(line.trim_matches(BLANK).to_owned()),
            _ => self.tidied(text),
        }
    }

    /// A text as a value: null if it stands for nothing.
    pub fn tidied(&self, text: String) -> Plain {
        let text = if self.trim { text.trim().to_owned() } else { text };
        let blank = text.chars().all(char::is_whitespace);
        if (self.blank_to_null && blank) || self.none.contains(&text) { Plain::Null } else { Plain::Text(text) }
    }
}

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plain {
    Null,
    Bool(bool),
    /// A number in its shortest form.
    Number(String),
    Text(String),
    List(Vec<Plain>),
    Record(Vec<(String, Plain)>),
    /// What a path of XML gives: one node alone is what it is.
    Nodes(Vec<Plain>),
    /// A reference of a SOAP body that has not been followed yet.
    Reference(usize),
}

impl Plain {
    /// Canonical JSON.
    pub fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(true) => out.push_str("true"),
            Self::Bool(false) => out.push_str("false"),
            Self::Number(number) => out.push_str(number),
            Self::Text(text) => quote(text, out),
            Self::Nodes(nodes) if nodes.len() < 2 => nodes.first().unwrap_or(&Self::Null).write(out),
            Self::Reference(_) => panic!("a reference was not followed"),
            Self::List(elements) | Self::Nodes(elements) => {
                out.push('[');
                for (at, element) in elements.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    element.write(out);
                }
                out.push(']');
            }
            Self::Record(members) => {
                out.push('{');
                for (at, (name, value)) in members.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    quote(name, out);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

/// Panics unless both are the same, with what stands around the first difference.
pub fn same(ours: &[u8], tree: &Plain) {
    let mut theirs = String::new();
    tree.write(&mut theirs);
    let theirs = theirs.as_bytes();
    if ours != theirs {
        let at = ours.iter().zip(theirs).take_while(|(a, b)| a == b).count();
        let around = |text: &[u8]| {
            let range = at.saturating_sub(60)..text.len().min(at + 60);
            String::from_utf8_lossy(&text[range]).into_owned()
        };
        panic!("at byte {at} it is read as …{}…, and is …{}…", around(ours), around(theirs));
    }
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '\0'..='\u{1f}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}
