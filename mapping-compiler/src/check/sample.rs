//! Samples: recorded answers say which members a system's records have.

use std::collections::BTreeMap;
use std::path::Path;

use adapter_core::bundle::Decode;
use adapter_core::value::csv_separator;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::Check;
use super::likeness::unwrapped;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Call, Clean, Verb};
use crate::yaml::Scalar;

/// What a value of a recorded answer looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Nothing is known: null, or an empty list's element.
    Any,
    /// Forms that have nothing in common.
    Mixed,
    /// A text, number or truth value; which, as people call it, if it is always the same.
    Scalar(Option<&'static str>),
    /// A list, with what its elements look like taken together.
    List(Box<Shape>),
    /// A record with every member that any of its kind has.
    Record(BTreeMap<String, Shape>),
    /// A scalar here, a record there, with the members of those that are records.
    Either(BTreeMap<String, Shape>),
}

impl Shape {
    /// What values look like of which some look like this and others like that, in whatever order they come.
    fn with(self, other: Self, decode: Decode) -> Self {
        match (self, other) {
            (Self::Any, shape) | (shape, Self::Any) => shape,
            (Self::Record(a), Self::Record(b)) => Self::Record(joined(a, b, decode)),
            (Self::Record(a) | Self::Either(a), Self::Record(b) | Self::Either(b)) => {
                Self::Either(joined(a, b, decode))
            }
            (Self::Scalar(_), Self::Record(members) | Self::Either(members))
            | (Self::Record(members) | Self::Either(members), Self::Scalar(_)) => Self::Either(members),
            (Self::Scalar(a), Self::Scalar(b)) => Self::Scalar(a.filter(|a| b == Some(a))),
            (Self::List(a), Self::List(b)) => Self::List(Box::new(a.with(*b, decode))),
            // What stands once here and several times there is several all the same.
            (Self::List(many), one) | (one, Self::List(many)) if decode == Decode::Xml => {
                Self::List(Box::new(many.with(one, decode)))
            }
            _ => Self::Mixed,
        }
    }

    /// What its elements look like; none if it is no list.
    pub(super) fn element(&self) -> Option<&Self> {
        match self {
            Self::List(element) => Some(element),
            _ => None,
        }
    }

    /// A member; none if it is not there or nothing is known.
    pub(super) fn member(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Record(members) | Self::Either(members) => members.get(name),
            _ => None,
        }
    }

    /// What a SOAP operation returns, as this is its answer.
    pub(super) fn returned(&self) -> Option<&Self> {
        let (Self::Record(members) | Self::Either(members)) = self else { return None };
        let ending = |ends: &str| members.iter().find(|(name, _)| name.ends_with(ends)).map(|(_, shape)| shape);
        members.get("return").or_else(|| ending("Return")).or_else(|| ending("Result"))
    }

    /// What its members look like taken together, of JSON; none if it is no record.
    pub(super) fn values(&self) -> Option<Self> {
        match self {
            Self::Record(members) | Self::Either(members) => {
                let shapes = members.values().cloned();
                Some(shapes.fold(Self::Any, |known, shape| known.with(shape, Decode::Json)))
            }
            _ => None,
        }
    }

    /// The names of its members; none if it is no record.
    pub(super) fn members(&self) -> Option<impl Iterator<Item = &str>> {
        match self {
            Self::Record(members) | Self::Either(members) => Some(members.keys().map(String::as_str)),
            _ => None,
        }
    }
}

/// The members of two records of a kind.
fn joined(mut a: BTreeMap<String, Shape>, b: BTreeMap<String, Shape>, decode: Decode) -> BTreeMap<String, Shape> {
    for (name, shape) in b {
        let known = a.remove(&name).unwrap_or(Shape::Any);
        a.insert(name, known.with(shape, decode));
    }
    a
}

impl Check<'_> {
    /// Reads a recorded answer of a call, by its definition: what it looks like, of JSON itself, of XML what its root is
    /// called, of SOAP the element in the body. Reports why it cannot be read.
    pub(super) fn sample(&mut self, file: &Scalar, decode: Decode, separator: Option<u8>, call: &Call, id: usize) {
        let Some(bytes) = self.sample_bytes(file) else { return };
        let mut written = None;
        let clean = self.clean_of(call);
        let read = match decode {
            Decode::Json => json(&bytes).map(|value| {
                let shape = of_json(&value, clean);
                written = Some(unwrapped(value, clean.and_then(|c| c.unwrap.as_deref())));
                (shape, None)
            }),
            Decode::Csv => csv(bytes, separator, clean).map(|shape| (shape, None)),
            Decode::Xml => xml(&bytes, matches!(call.verb, Verb::Soap { .. }), clean),
            Decode::Text => Ok((Shape::Scalar(Some(TEXT)), None)),
        };
        match read {
            Ok((shape, root)) => {
                self.documents.samples.insert(id, shape);
                self.documents.roots.sampled(id, root);
                self.documents.written.extend(written.map(|written| (id, written)));
            }
            Err(why) => {
                let message = format!("The sample `{}` cannot be read: {why}", file.text);
                let ending = file.text.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
                let other = ending.filter(|e| decode == Decode::Json && matches!(e.as_str(), "xml" | "csv" | "txt"));
                let help = match other.as_deref() {
                    Some("txt") => "Without `decode` an answer is JSON: write `decode: text` at the call.".to_owned(),
                    Some(other) => format!("Without `decode` an answer is JSON: write `decode: {other}` at the call."),
                    None => "A sample is an answer as the system sent it; `decode` says what it is.".to_owned(),
                };
                self.report.push(Diagnostic::new(Code::SampleFile, file.span, message).help(help));
            }
        }
    }

    fn sample_bytes(&mut self, file: &Scalar) -> Option<Vec<u8>> {
        let path = self.report.sources.folder(file.span).join(&file.text);
        let why = if Path::new(&file.text).is_absolute() {
            "paths are relative to the file they stand in".to_owned()
        } else {
            match self.files.read(&path) {
                Ok(bytes) if bytes.len() <= MAX_BYTES => return Some(bytes),
                Ok(_) => format!("it has more than {MAX_BYTES} bytes"),
                Err(error) => error.to_string(),
            }
        };
        let message = format!("The sample `{}` cannot be read: {why}.", file.text);
        self.error(Code::FileRead, file.span, message);
        None
    }

    /// What the call's system tidies; nothing where it is not clear which that is.
    fn clean_of(&self, call: &Call) -> Option<&'_ Clean> {
        let systems = &self.mapping.systems;
        let system = match &call.system {
            Some(written) => systems.iter().find(|s| s.name.text == written.text),
            None => systems.first().filter(|_| systems.len() == 1),
        };
        system.map(|s| &s.clean)
    }
}

/// How a text is called, as the types of expressions are.
pub(super) const TEXT: &str = "a text";
/// How a number is.
pub(super) const NUMBER: &str = "a number";
/// How a truth value is.
pub(super) const TRUTH: &str = "true or false";
/// Most bytes of a sample.
const MAX_BYTES: usize = 8 * 1024 * 1024;
/// Most levels of nesting.
const MAX_DEPTH: usize = 64;

/// Whether a text stands for nothing.
fn is_nothing(text: &str, clean: Option<&Clean>) -> bool {
    let text = if clean.is_some_and(|c| c.trim) { text.trim() } else { text };
    clean.is_some_and(|c| (c.blank_to_null && text.trim().is_empty()) || c.none.iter().any(|none| none == text))
}

fn of_text(text: &str, clean: Option<&Clean>) -> Shape {
    if is_nothing(text, clean) { Shape::Any } else { Shape::Scalar(Some(TEXT)) }
}

fn json(bytes: &[u8]) -> Result<serde_json::Value, String> {
    serde_json::from_slice(bytes).map_err(|e| format!("line {}, column {} is not JSON.", e.line(), e.column()))
}

/// JSON's reader bounds the depth.
fn of_json(value: &serde_json::Value, clean: Option<&Clean>) -> Shape {
    use serde_json::Value;
    match value {
        Value::Null => Shape::Any,
        Value::String(text) => of_text(text, clean),
        Value::Bool(_) => Shape::Scalar(Some(TRUTH)),
        Value::Number(_) => Shape::Scalar(Some(NUMBER)),
        Value::Array(elements) => {
            let shapes = elements.iter().map(|e| of_json(e, clean));
            Shape::List(Box::new(shapes.fold(Shape::Any, |known, shape| known.with(shape, Decode::Json))))
        }
        Value::Object(members) => match clean.and_then(|c| c.unwrap.as_ref()).and_then(|name| members.get(name)) {
            Some(wrapped) if members.len() == 1 => of_json(wrapped, clean),
            _ => Shape::Record(members.iter().map(|(name, v)| (name.clone(), of_json(v, clean))).collect()),
        },
    }
}

/// The head names the members.
fn csv(bytes: Vec<u8>, separator: Option<u8>, clean: Option<&Clean>) -> Result<Shape, String> {
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        // Names of columns are ASCII in practice, and cells are not looked at.
        Err(error) => error.into_bytes().into_iter().map(char::from).collect(),
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let (separator, head) = csv_separator(text, separator);
    let table = text.get(head..).unwrap_or_default();
    let before = usize::from(head > 0);
    let csv = crate::tables::parse_csv(table, char::from(separator))
        .map_err(|(line, why)| format!("line {}: {why}", line.saturating_add(before)))?;
    let mut columns: BTreeMap<String, Shape> = csv.0.iter().map(|name| (name.clone(), Shape::Any)).collect();
    for row in &csv.1 {
        for (name, cell) in csv.0.iter().zip(row) {
            if let (Some(shape), Some(cell)) = (columns.get_mut(name), cell) {
                *shape = std::mem::replace(shape, Shape::Any).with(of_text(cell, clean), Decode::Csv);
            }
        }
    }
    Ok(Shape::List(Box::new(Shape::Record(columns))))
}

/// An XML document: its root's name is its only member. Of a SOAP envelope, what the operation's answer holds.
fn xml(bytes: &[u8], is_soap: bool, clean: Option<&Clean>) -> Result<(Shape, Option<String>), String> {
    // Names are looked at, texts only whether they are there: the character set does not matter.
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    };
    let mut reader = Reader::from_str(text.strip_prefix('\u{feff}').unwrap_or(&text).trim_ascii_start());
    let mut open = vec![Element::default()];
    loop {
        let event = reader.read_event().map_err(|_| at_line(&text, reader.error_position()))?;
        match event {
            Event::Start(tag) => {
                if open.len() > MAX_DEPTH {
                    return Err(format!("it is nested more than {MAX_DEPTH} levels deep."));
                }
                let element = Element::begin(&tag, &text, &open)?;
                open.push(element);
            }
            Event::Empty(tag) => {
                let element = Element::begin(&tag, &text, &open)?;
                if let Some(outer) = open.last_mut() {
                    outer.hold(element, clean);
                }
            }
            Event::End(_) => {
                let element = open.pop().unwrap_or_default();
                match open.last_mut() {
                    Some(outer) => outer.hold(element, clean),
                    None => return Err(at_line(&text, reader.buffer_position())),
                }
            }
            Event::Text(run) => {
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&run);
                }
            }
            Event::CData(run) => {
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&run);
                }
            }
            Event::GeneralRef(_) => {
                if let Some(element) = open.last_mut() {
                    element.text.push('&');
                }
            }
            Event::DocType(_) => return Err("it has a document type, which is refused.".to_owned()),
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
    let [document] = open.as_slice() else { return Err("it ends before its elements do.".to_owned()) };
    if document.children.is_empty() {
        return Err("it has no element.".to_owned());
    }
    let root = document.first.clone();
    let document = Shape::Record(document.children.iter().cloned().collect());
    if !is_soap {
        return Ok((document, root));
    }
    let body = document.member("Envelope").and_then(|e| e.member("Body"));
    match body {
        // Under `multiRef` other elements may follow: the answer is the first.
        Some(Shape::Record(_)) => Ok(match open.into_iter().next().and_then(|d| d.answer) {
            // A fault is no sample of what else is answered.
            Some((name, shape)) => (shape, Some(name).filter(|name| local(name) != "Fault")),
            None => (Shape::Any, None),
        }),
        _ => Err("it is no SOAP envelope with an answer.".to_owned()),
    }
}

/// A name without its namespace.
fn local(name: &str) -> &str {
    name.rsplit_once('}').map_or(name, |(_, local)| local)
}

fn at_line(text: &str, byte: u64) -> String {
    let before = usize::try_from(byte).ok().and_then(|at| text.get(..at)).unwrap_or_default();
    format!("line {} is not well-formed XML.", before.matches('\n').count().saturating_add(1))
}

/// An element that is being read.
#[derive(Debug, Default)]
struct Element {
    name: String,
    /// Its namespace; nothing if it is in none.
    space: String,
    /// Prefixes that are declared here, the empty one among them, with their namespaces.
    declared: Vec<(String, String)>,
    /// The name of its first child, with its namespace.
    first: Option<String>,
    text: String,
    /// Attributes (`@name`) and children by local name, in order of first appearance.
    children: Vec<(String, Shape)>,
    /// It stands for nothing, or for what stands elsewhere.
    unknown: bool,
    /// Of what is in a SOAP envelope: the answer, its name with its namespace.
    answer: Option<(String, Shape)>,
}

impl Element {
    fn begin(tag: &BytesStart<'_>, text: &str, around: &[Self]) -> Result<Self, String> {
        let name = tag.local_name().as_ref().to_owned();
        let mut element = Self { name, ..Self::default() };
        let written = tag.name();
        let prefix = written.as_ref().split_once(':').map_or("", |(prefix, _)| prefix);
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|_| at_line(text, 0))?;
            let (full, local) = (attribute.key.as_ref(), attribute.key.local_name());
            if let Some(prefix) = full.strip_prefix("xmlns") {
                let prefix = prefix.trim_start_matches(':').to_owned();
                element.declared.push((prefix, attribute.value.as_ref().to_owned()));
                continue;
            }
            match local.as_ref() {
                "nil" => element.unknown |= matches!(attribute.value.as_ref(), "true" | "1"),
                "href" => element.unknown = true,
                "type" | "encodingStyle" | "schemaLocation" if full.contains(':') => {}
                other => element.children.push((format!("@{other}"), Shape::Scalar(Some(TEXT)))),
            }
        }
        let declared = element.declared.iter().chain(around.iter().rev().flat_map(|outer| &outer.declared));
        element.space = declared.into_iter().find(|(p, _)| p == prefix).map(|(_, uri)| uri.clone()).unwrap_or_default();
        Ok(element)
    }

    /// Its name, with its namespace if it is in one.
    fn spaced(&self) -> String {
        if self.space.is_empty() { self.name.clone() } else { format!("{{{}}}{}", self.space, self.name) }
    }

    /// Takes a child that has ended.
    fn hold(&mut self, child: Self, clean: Option<&Clean>) {
        let (name, nested) = (child.name.clone(), child.answer.clone());
        let spaced = if self.first.is_none() || self.name == "Body" { child.spaced() } else { String::new() };
        let shape = child.end(clean);
        if self.answer.is_none() {
            self.answer = match (self.name.as_str(), nested) {
                ("Body", _) if name != "Header" => Some((spaced.clone(), shape.clone())),
                (_, nested) => nested.filter(|_| matches!(name.as_str(), "Body" | "Envelope")),
            };
        }
        self.first.get_or_insert(spaced);
        match self.children.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => {
                let before = match std::mem::replace(known, Shape::Any) {
                    Shape::List(element) => *element,
                    one => one,
                };
                *known = Shape::List(Box::new(before.with(shape, Decode::Xml)));
            }
            None => self.children.push((name, shape)),
        }
    }

    fn end(self, clean: Option<&Clean>) -> Shape {
        if self.unknown {
            Shape::Any
        } else if self.children.is_empty() {
            if self.text.trim().is_empty() { Shape::Any } else { of_text(&self.text, clean) }
        } else {
            Shape::Record(self.children.into_iter().collect())
        }
    }
}

#[cfg(test)]
mod tests;
