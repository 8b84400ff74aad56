//! The tree.

use crate::source::Span;

/// A value with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub value: Value,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A scalar.
    Scalar(Scalar),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in written order, keys unique.
    Map(Vec<Entry>),
}

/// One key with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: Text,
    /// The value.
    pub value: Node,
}

/// Text with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The text.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// A scalar: text, and where each part of it stands in the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalar {
    /// The text, with escapes and line folding undone.
    pub text: String,
    /// Written without quotes.
    pub plain: bool,
    /// Where it stands, with its quotes.
    pub span: Span,
    /// For each byte of `text` its byte in the file; none if the two could not be aligned.
    pub(super) map: Option<Vec<u32>>,
}

impl Scalar {
    /// Where a range of bytes of the text stands.
    pub fn place(&self, start: usize, end: usize) -> Span {
        let whole = self.span;
        let Some(map) = &self.map else { return whole };
        let Some(&from) = map.get(start).or_else(|| map.last()) else { return whole };
        let to = match end.checked_sub(1).and_then(|last| map.get(last)) {
            Some(last) => last.saturating_add(1),
            None => from,
        };
        Span { start: from, end: to.max(from), ..whole }
    }

    /// Written without quotes and empty.
    pub fn is_absent(&self) -> bool {
        self.plain && self.text.is_empty()
    }
}

/// A scalar that stands in its file as it is.
pub fn plain(text: &str, span: Span) -> Scalar {
    let map = (0..text.len()).map(|at| span.start.saturating_add(u32::try_from(at).unwrap_or(u32::MAX))).collect();
    Scalar { text: text.to_owned(), plain: true, span, map: Some(map) }
}

impl Node {
    /// The scalar, if it is one.
    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The entries, if it is a map.
    pub fn as_map(&self) -> Option<&[Entry]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The elements, if it is a list.
    pub fn as_list(&self) -> Option<&[Self]> {
        match &self.value {
            Value::List(elements) => Some(elements),
            _ => None,
        }
    }

    /// The value under a key, if it is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_map()?.iter().find(|e| e.key.text == key).map(|e| &e.value)
    }

    /// What stands alone between braces: `{a.b}`, which YAML reads as a map, and people mean as an expression.
    pub fn braced(&self) -> Option<&str> {
        match self.as_map()? {
            [Entry { key, value }] if value.as_scalar().is_some_and(Scalar::is_absent) => Some(&key.text),
            _ => None,
        }
    }

    /// How people call this kind of value.
    pub fn kind(&self) -> &'static str {
        match &self.value {
            Value::Scalar(scalar) if scalar.is_absent() => "nothing",
            Value::Scalar(_) => "a scalar",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }
}
