//! The arena: segments of text, elements of lists, entries of records.
//!
//! It only grows, and is dropped with its exchange. Offsets are 32 bits; an arena that would pass them reports
//! [`Full`], which the exchange's limits make unreachable in practice.

use std::sync::Arc;

use super::{NameId, Names, Span, Text, Value};

/// Segment of the bundle's texts.
const POOL: u16 = 0;
/// Segment of text made while evaluating.
const SCRATCH: u16 = 1;
/// First segment of a decoded document.
const FIRST_DOCUMENT: u16 = 2;

/// The arena cannot address more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// Everything the values of one exchange refer to.
#[derive(Debug)]
pub struct Arena {
    pool: Arc<str>,
    scratch: String,
    /// Documents as they came, each followed by its unescaped texts where it has any; and whose they are.
    documents: Vec<(String, u16)>,
    elements: Vec<Value>,
    entries: Vec<(NameId, Value)>,
    pairs: Vec<(Text, Value)>,
    names: Names,
}

impl Arena {
    /// An empty arena over a bundle's text pool and names.
    pub fn new(pool: Arc<str>, names: Names) -> Self {
        Self {
            pool,
            scratch: String::new(),
            documents: Vec::new(),
            elements: Vec::new(),
            entries: Vec::new(),
            pairs: Vec::new(),
            names,
        }
    }

    /// The text itself.
    pub fn text(&self, text: Text) -> &str {
        let segment = match text.segment {
            POOL => &*self.pool,
            SCRATCH => self.scratch.as_str(),
            n => n
                .checked_sub(FIRST_DOCUMENT)
                .and_then(|n| self.documents.get(usize::from(n)))
                .map_or("", |(document, _)| document.as_str()),
        };
        let start = text.start as usize;
        segment.get(start..start.saturating_add(text.len as usize)).unwrap_or("")
    }

    /// A part of a text, by byte offsets within it; empty if they do not fit.
    pub fn slice(&self, text: Text, range: std::ops::Range<usize>) -> Text {
        let whole = self.text(text);
        match (whole.get(range.clone()), u32::try_from(range.start), u32::try_from(range.len())) {
            (Some(_), Ok(start), Ok(len)) => {
                Text { segment: text.segment, start: text.start.saturating_add(start), len }
            }
            _ => Text { segment: text.segment, start: text.start, len: 0 },
        }
    }

    /// Keeps a text made while evaluating.
    ///
    /// # Errors
    /// [`Full`].
    pub fn make_text(&mut self, text: &str) -> Result<Text, Full> {
        let start = u32::try_from(self.scratch.len()).map_err(|_| Full)?;
        let len = u32::try_from(text.len()).map_err(|_| Full)?;
        start.checked_add(len).ok_or(Full)?;
        self.scratch.push_str(text);
        Ok(Text { segment: SCRATCH, start, len })
    }

    /// The document that will be decoded next, for [`Arena::same_document`].
    pub fn next_document(&self) -> Option<u16> {
        self.next_segment().ok()
    }

    /// Whether two documents have the same bytes.
    pub fn same_document(&self, a: u16, b: u16) -> bool {
        let document = |n: u16| n.checked_sub(FIRST_DOCUMENT).and_then(|n| self.documents.get(usize::from(n)));
        document(a).is_some_and(|(a, _)| document(b).is_some_and(|(b, _)| a == b))
    }

    /// The segment that the next document will be.
    pub(super) fn next_segment(&self) -> Result<u16, Full> {
        u16::try_from(self.documents.len()).ok().and_then(|n| n.checked_add(FIRST_DOCUMENT)).ok_or(Full)
    }

    /// Keeps a whole document and the texts of it that were escaped; the values made of it refer to the one as the
    /// next segment and to the other as the segment after it.
    pub(super) fn add_document(&mut self, document: String, unescaped: String, origin: u16) -> Result<(), Full> {
        self.next_segment()?;
        u32::try_from(document.len().max(unescaped.len())).map_err(|_| Full)?;
        self.documents.push((document, origin));
        if !unescaped.is_empty() {
            self.next_segment()?;
            self.documents.push((unescaped, origin));
        }
        Ok(())
    }

    /// Whose document a text stands in ([`super::Decoder::origin`]); none if it was made while evaluating.
    pub fn origin(&self, text: Text) -> Option<u16> {
        let at = text.segment.checked_sub(FIRST_DOCUMENT)?;
        self.documents.get(usize::from(at)).map(|(_, origin)| *origin)
    }

    /// Member names: the bundle's, and those met in values that are kept whole.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// Member names, to add to.
    pub fn names_mut(&mut self) -> &mut Names {
        &mut self.names
    }

    /// How many elements all lists have.
    pub(super) fn elements_made(&self) -> usize {
        self.elements.len()
    }

    /// The elements made from a place on, to put references right.
    pub(super) fn elements_since(&mut self, start: usize) -> &mut [Value] {
        self.elements.get_mut(start..).unwrap_or_default()
    }

    /// Elements of a list.
    pub fn elements(&self, span: Span) -> &[Value] {
        self.elements.get(span.range()).unwrap_or_default()
    }

    /// One element of a list.
    pub fn element(&self, span: Span, at: usize) -> Option<Value> {
        self.elements(span).get(at).copied()
    }

    /// Entries of a record, in written order.
    pub fn entries(&self, span: Span) -> &[(NameId, Value)] {
        self.entries.get(span.range()).unwrap_or_default()
    }

    /// Entries of a map, sorted by key.
    pub fn pairs(&self, span: Span) -> &[(Text, Value)] {
        self.pairs.get(span.range()).unwrap_or_default()
    }

    /// A member of a record.
    pub fn member(&self, record: Span, name: NameId) -> Option<Value> {
        self.entries(record).iter().find(|(n, _)| *n == name).map(|(_, v)| *v)
    }

    /// The value of a map under a key.
    pub fn lookup(&self, map: Span, key: &str) -> Option<Value> {
        let pairs = self.pairs(map);
        let at = pairs.binary_search_by(|(k, _)| self.text(*k).cmp(key)).ok()?;
        pairs.get(at).map(|(_, v)| *v)
    }

    /// Makes a list.
    ///
    /// # Errors
    /// [`Full`].
    pub fn make_list(&mut self, elements: &[Value]) -> Result<Span, Full> {
        let span = span(self.elements.len(), elements.len())?;
        self.elements.extend_from_slice(elements);
        Ok(span)
    }

    /// Makes a record. An empty one still takes a place, so that every record has an identity of its own.
    ///
    /// # Errors
    /// [`Full`].
    pub fn make_record(&mut self, entries: &[(NameId, Value)]) -> Result<Span, Full> {
        let made = span(self.entries.len(), entries.len())?;
        if entries.is_empty() {
            self.entries.push((Names::NONE, Value::Null));
        }
        self.entries.extend_from_slice(entries);
        Ok(made)
    }

    /// Makes a map from pairs sorted by key.
    ///
    /// # Errors
    /// [`Full`].
    pub fn make_map(&mut self, sorted: &[(Text, Value)]) -> Result<Span, Full> {
        let span = span(self.pairs.len(), sorted.len())?;
        self.pairs.extend_from_slice(sorted);
        Ok(span)
    }
}

fn span(start: usize, len: usize) -> Result<Span, Full> {
    let start = u32::try_from(start).map_err(|_| Full)?;
    let len = u32::try_from(len).map_err(|_| Full)?;
    start.checked_add(len).ok_or(Full)?;
    Ok(Span { start, len })
}
