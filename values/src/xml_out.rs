//! XML out: trees as elements, for requests, envelopes and documents inside texts.
//!
//! A record's members are elements in written order; `@name` is an attribute of the element that the record is, and
//! [`Names::TEXT`] its text; a list repeats the element; null is left out. A name in a namespace is written
//! `{uri}local`, an attribute `{uri}@local`; prefixes are made where they are needed.

use super::{Arena, Names, Value};

/// A tree that cannot be XML: a character or a name that XML does not have, a list or map where one text must stand,
/// or a document without one root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unwritable;

/// The namespace of `xsi:type` and `xsi:nil`.
pub const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// The namespace of the types that `xsi:type` names.
pub const XSD: &str = "http://www.w3.org/2001/XMLSchema";

/// How the members of a tree are written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style<'s> {
    /// Namespace of elements whose names say none; empty: none.
    pub namespace: &'s str,
    /// Elements that are a text, a number, a date or a bool say so in `xsi:type` (rpc/encoded).
    pub typed: bool,
}

/// Writes elements, one inside another.
#[derive(Debug, Default)]
pub struct XmlWriter {
    out: String,
    /// Prefixes in sight and what they stand for, innermost last.
    prefixes: Vec<(String, String)>,
    /// How many of them have been declared in the text.
    declared: usize,
    /// Elements that are open: the name as written, and how many prefixes are in sight outside.
    open: Vec<(String, usize)>,
    /// How many prefixes were made.
    made: u32,
    /// Whether the start tag of the innermost element can still take attributes.
    tag: bool,
}

/// Writes a document: a record of one member, its root.
///
/// # Errors
/// [`Unwritable`].
#[inline(never)]
pub fn write_document(arena: &Arena, value: Value, out: &mut String) -> Result<(), Unwritable> {
    let roots = match value {
        Value::Record(span) => arena.entries(span),
        // A document that came as XML goes out again.
        Value::Nodes(span) => match arena.elements(span) {
            [Value::Record(record)] => arena.entries(*record),
            _ => return Err(Unwritable),
        },
        _ => return Err(Unwritable),
    };
    let mut roots = roots.iter().filter(|(_, v)| !arena.is_null(*v));
    let (Some((name, root)), None) = (roots.next(), roots.next()) else { return Err(Unwritable) };
    let one = match root {
        Value::List(span) | Value::Nodes(span) => span.len() == 1,
        _ => true,
    };
    let name = arena.names().get(*name);
    if !one || attribute(name).is_some() {
        return Err(Unwritable);
    }
    let mut writer = XmlWriter { out: std::mem::take(out), ..XmlWriter::default() };
    writer.element(arena, name, *root, Style::default())?;
    *out = writer.finish();
    Ok(())
}

impl XmlWriter {
    /// What has been written; elements that are still open are closed.
    #[inline(never)]
    pub fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.out
    }

    /// The XML declaration, in front of everything else.
    pub fn declaration(&mut self, encoding: &str) {
        self.out.push_str("<?xml version=\"1.0\" encoding=\"");
        self.out.push_str(encoding);
        self.out.push_str("\"?>");
    }

    /// Opens an element, `{uri}local` or `local`.
    ///
    /// # Errors
    /// [`Unwritable`] if that is no name.
    #[inline(never)]
    pub fn open(&mut self, name: &str) -> Result<(), Unwritable> {
        self.end_tag();
        let outside = self.prefixes.len();
        let written = self.written(name)?;
        self.out.push('<');
        self.out.push_str(&written);
        self.open.push((written, outside));
        self.tag = true;
        self.declare_new();
        Ok(())
    }

    /// Closes the innermost element.
    #[inline(never)]
    pub fn close(&mut self) {
        let Some((name, outside)) = self.open.pop() else { return };
        if self.tag {
            self.out.push_str("/>");
            self.tag = false;
        } else {
            self.out.push_str("</");
            self.out.push_str(&name);
            self.out.push('>');
        }
        self.prefixes.truncate(outside);
        self.declared = outside;
    }

    /// Gives a namespace a prefix on the element just opened. [`XmlWriter::open`] makes prefixes of the form `n1`.
    #[inline(never)]
    pub fn declare(&mut self, prefix: &str, uri: &str) {
        self.prefixes.push((prefix.to_owned(), uri.to_owned()));
        self.declare_new();
    }

    /// The prefix that a namespace will have on the next element.
    pub fn prefixed(&mut self, prefix: &str, uri: &str) {
        self.prefixes.push((prefix.to_owned(), uri.to_owned()));
    }

    /// An attribute of the element just opened, `{uri}local` or `local`.
    ///
    /// # Errors
    /// [`Unwritable`] if that is no name, the element has content already, or the value has a character that XML lacks.
    #[inline(never)]
    pub fn attribute(&mut self, name: &str, value: &str) -> Result<(), Unwritable> {
        if !self.tag {
            return Err(Unwritable);
        }
        let written = self.written(name)?;
        self.declare_new();
        self.out.push(' ');
        self.out.push_str(&written);
        self.out.push_str("=\"");
        escape(value, true, &mut self.out)?;
        self.out.push('"');
        Ok(())
    }

    /// Text inside the innermost element.
    ///
    /// # Errors
    /// [`Unwritable`] if it has a character that XML lacks.
    #[inline(never)]
    pub fn text(&mut self, text: &str) -> Result<(), Unwritable> {
        if text.is_empty() {
            return Ok(());
        }
        self.end_tag();
        escape(text, false, &mut self.out)
    }

    /// The members of a record inside the innermost element; null has none.
    ///
    /// # Errors
    /// [`Unwritable`].
    #[inline(never)]
    pub fn members(&mut self, arena: &Arena, value: Value, style: Style<'_>) -> Result<(), Unwritable> {
        let Value::Record(span) = value else {
            return if arena.is_null(value) { Ok(()) } else { Err(Unwritable) };
        };
        let entries = arena.entries(span);
        for (name, value) in entries {
            let Some(name) = attribute(arena.names().get(*name)) else { continue };
            if !arena.is_null(*value) {
                let text = plain(arena, *value)?;
                self.attribute(&name, &text)?;
            }
        }
        for (id, value) in entries {
            let name = arena.names().get(*id);
            // Mappings write it out; documents that were read have it by its id.
            if name == Names::TEXT_NAME {
                if !arena.is_null(*value) {
                    self.text(&plain(arena, *value)?)?;
                }
            } else if attribute(name).is_none() {
                self.element(arena, name, *value, style)?;
            }
        }
        Ok(())
    }

    /// An element of that name for a value: one for each element of a list, none for null.
    ///
    /// # Errors
    /// [`Unwritable`].
    #[inline(never)]
    pub fn element(&mut self, arena: &Arena, name: &str, value: Value, style: Style<'_>) -> Result<(), Unwritable> {
        match value {
            Value::Null => return Ok(()),
            Value::List(span) | Value::Nodes(span) => {
                for one in arena.elements(span) {
                    // A list in a list would need an element of its own, which the mapping does not name.
                    if matches!(one, Value::List(_)) {
                        return Err(Unwritable);
                    }
                    self.element(arena, name, *one, style)?;
                }
                return Ok(());
            }
            _ => {}
        }
        if name.starts_with('{') || style.namespace.is_empty() {
            self.open(name)?;
        } else {
            self.open(&["{", style.namespace, "}", name].concat())?;
        }
        if let Value::Record(_) = value {
            self.members(arena, value, style)?;
        } else {
            if style.typed {
                self.typed(value)?;
            }
            self.text(&plain(arena, value)?)?;
        }
        self.close();
        Ok(())
    }

    /// `xsi:type` of a scalar.
    #[inline(never)]
    fn typed(&mut self, value: Value) -> Result<(), Unwritable> {
        let local = match value {
            Value::Bool(_) => "boolean",
            Value::Int(i) if i32::try_from(i).is_ok() => "int",
            Value::Int(_) => "long",
            Value::Dec { .. } => "decimal",
            Value::Date(_) => "date",
            _ => "string",
        };
        let prefix = self.prefix(XSD);
        self.attribute(&["{", XSI, "}type"].concat(), &[&prefix, ":", local].concat())
    }

    #[inline(never)]
    fn end_tag(&mut self) {
        if self.tag {
            self.out.push('>');
            self.tag = false;
        }
    }

    /// A name as it is written, with its prefix.
    #[inline(never)]
    fn written(&mut self, name: &str) -> Result<String, Unwritable> {
        let (uri, local) = match name.strip_prefix('{') {
            Some(name) => name.split_once('}').ok_or(Unwritable)?,
            None => ("", name),
        };
        if !is_name(local) {
            return Err(Unwritable);
        }
        Ok(if uri.is_empty() { local.to_owned() } else { [&self.prefix(uri), ":", local].concat() })
    }

    /// The prefix of a namespace; one is made if it has none.
    #[inline(never)]
    fn prefix(&mut self, uri: &str) -> String {
        if let Some((prefix, _)) = self.prefixes.iter().rev().find(|(_, known)| known == uri) {
            return prefix.clone();
        }
        self.made = self.made.saturating_add(1);
        let prefix = ["n", &self.made.to_string()].concat();
        self.prefixes.push((prefix.clone(), uri.to_owned()));
        prefix
    }

    /// Declares the prefixes that were made since, on the element just opened.
    #[inline(never)]
    fn declare_new(&mut self) {
        for (prefix, uri) in self.prefixes.iter().skip(self.declared) {
            self.out.push_str(" xmlns:");
            self.out.push_str(prefix);
            self.out.push_str("=\"");
            // A namespace is the mapping's; one with a character that XML lacks is cut there.
            let _ = escape(uri, true, &mut self.out);
            self.out.push('"');
        }
        self.declared = self.prefixes.len();
    }
}

/// The name of an attribute, without its `@`; none if it is an element's.
#[inline(never)]
fn attribute(name: &str) -> Option<String> {
    match name.strip_prefix('@') {
        Some(local) => Some(local.to_owned()),
        None => {
            let (uri, local) = name.strip_prefix('{')?.split_once('}')?;
            Some(["{", uri, "}", local.strip_prefix('@')?].concat())
        }
    }
}

/// Whether a name can stand in a tag, without a prefix.
#[inline(never)]
fn is_name(name: &str) -> bool {
    let start = |b: u8| b.is_ascii_alphabetic() || b == b'_' || !b.is_ascii();
    name.bytes().next().is_some_and(start)
        && name.bytes().all(|b| start(b) || b.is_ascii_digit() || matches!(b, b'-' | b'.'))
}

/// A scalar as text; of null none.
#[inline(never)]
fn plain(arena: &Arena, value: Value) -> Result<String, Unwritable> {
    let mut out = String::new();
    match arena.scalar(value).ok_or(Unwritable)? {
        Value::Null => {}
        Value::Bool(b) => out.push_str(if b { "true" } else { "false" }),
        Value::Text(text) => out.push_str(arena.text(text)),
        Value::Date(date) => date.write(&mut out),
        other => other.number().ok_or(Unwritable)?.write(&mut out),
    }
    Ok(out)
}

/// Escapes what would be markup, or would come back changed.
#[inline(never)]
fn escape(text: &str, attribute: bool, out: &mut String) -> Result<(), Unwritable> {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => out.push_str("&#13;"),
            '"' if attribute => out.push_str("&quot;"),
            '\n' if attribute => out.push_str("&#10;"),
            '\t' if attribute => out.push_str("&#9;"),
            '\t' | '\n' => out.push(c),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => return Err(Unwritable),
            _ => out.push(c),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
