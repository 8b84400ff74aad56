//! The arena: segments of text, elements of lists, entries of records.
//!
//! It only grows, and is dropped with its run. What several runs read is made before and frozen ([`Arena::freeze`]): a
//! copy begins with the same values under the same places, shares the documents, and owns what it adds.
//!
//! Offsets are 32 bits; an arena that would pass them reports [`Full`], which the exchange's limits make unreachable in
//! practice.

use std::rc::Rc;
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

/// Everything the values of one run refer to.
#[derive(Clone, Debug)]
pub struct Arena {
    pool: Arc<str>,
    scratch: String,
    /// Documents up to the mark that freezing has set, shared with copies.
    frozen: Option<Rc<[Document]>>,
    /// How many they are.
    mark: u16,
    /// Documents since.
    documents: Vec<Document>,
    elements: Vec<Value>,
    entries: Vec<(NameId, Value)>,
    pairs: Vec<(Text, Value)>,
    names: Names,
}

/// A document as it came, or the texts of the one before it that were escaped; and whose it is.
type Document = (String, u16);

impl Arena {
    /// An empty arena over a bundle's text pool and names.
    pub fn new(pool: Arc<str>, names: Names) -> Self {
        Self {
            pool,
            scratch: String::new(),
            frozen: None,
            mark: 0,
            documents: Vec::new(),
            elements: Vec::new(),
            entries: Vec::new(),
            pairs: Vec::new(),
            names,
        }
    }

    /// Sets the mark behind all documents so far: copies share them.
    pub fn freeze(&mut self) {
        let own = std::mem::take(&mut self.documents);
        let frozen: Rc<[Document]> = match &self.frozen {
            Some(frozen) => frozen.iter().cloned().chain(own).collect(),
            None => Rc::from(own),
        };
        // No more than segments can tell apart were ever added.
        self.mark = u16::try_from(frozen.len()).unwrap_or(u16::MAX);
        self.frozen = Some(frozen);
    }

    /// The documents that were decoded, as they came.
    pub fn documents(&self) -> impl Iterator<Item = &str> {
        (FIRST_DOCUMENT..=u16::MAX).map_while(|segment| self.document(segment)).map(|(text, _)| text.as_str())
    }

    /// A document by its segment.
    #[inline]
    fn document(&self, segment: u16) -> Option<&Document> {
        let at = segment.checked_sub(FIRST_DOCUMENT)?;
        match at.checked_sub(self.mark) {
            Some(own) => self.documents.get(usize::from(own)),
            None => self.frozen.as_ref()?.get(usize::from(at)),
        }
    }

    /// The text itself.
    pub fn text(&self, text: Text) -> &str {
        let segment = match text.segment {
            POOL => &*self.pool,
            SCRATCH => self.scratch.as_str(),
            n => self.document(n).map_or("", |(document, _)| document.as_str()),
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
        self.document(a).is_some_and(|(a, _)| self.document(b).is_some_and(|(b, _)| a == b))
    }

    /// A document as it came.
    pub fn document_text(&self, segment: u16) -> &str {
        self.document(segment).map_or("", |(document, _)| document.as_str())
    }

    /// The segment that the next document will be.
    pub(super) fn next_segment(&self) -> Result<u16, Full> {
        let own = u16::try_from(self.documents.len()).ok();
        own.and_then(|n| n.checked_add(self.mark)?.checked_add(FIRST_DOCUMENT)).ok_or(Full)
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
        self.document(text.segment).map(|(_, origin)| *origin)
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

    /// Where entries made from here on begin.
    pub(super) fn entries_made(&self) -> usize {
        self.entries.len()
    }

    /// Takes what stands for nothing out of the node sets of all records made from a place on: it is no node.
    pub(super) fn drop_nothing(&mut self, start: usize) {
        for at in start..self.entries.len() {
            let Some((_, Value::Nodes(span))) = self.entries.get(at).copied() else { continue };
            let kept = self.without_nulls(span);
            if let Some((_, value)) = self.entries.get_mut(at) {
                *value = Value::Nodes(kept);
            }
        }
    }

    /// A list without its nulls: they stand behind it now.
    pub(super) fn without_nulls(&mut self, list: Span) -> Span {
        let elements = self.elements_mut(list);
        let mut kept = 0_usize;
        for at in 0..elements.len() {
            if elements.get(at).is_some_and(|element| !element.is_null()) {
                elements.swap(at, kept);
                kept = kept.saturating_add(1);
            }
        }
        list.first(kept)
    }

    /// Elements of a list, to be put right.
    pub(super) fn elements_mut(&mut self, list: Span) -> &mut [Value] {
        self.elements.get_mut(list.range()).unwrap_or_default()
    }

    /// Entries of a record, to be put right.
    pub(super) fn entries_mut(&mut self, record: Span) -> &mut [(NameId, Value)] {
        self.entries.get_mut(record.range()).unwrap_or_default()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Decoder, NameTable, write_value};

    fn shown(arena: &Arena, value: Value) -> String {
        let mut out = Vec::new();
        write_value(arena, value, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn decode(arena: &mut Arena, json: &str) -> Value {
        Decoder::whole(9).decode(arena, json.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn what_is_frozen_is_shared_and_what_is_added_is_not() {
        let mut base = Arena::new(Arc::from(""), Names::new(Arc::new(NameTable::new(Vec::new()))));
        let whole = decode(&mut base, r#"{"a":["x","\u00e0"]}"#);
        let made = base.make_text("made").unwrap();
        base.freeze();
        let (mut one, mut other) = (base.clone(), base.clone());
        assert!(std::ptr::eq(one.document(FIRST_DOCUMENT).unwrap(), other.document(FIRST_DOCUMENT).unwrap()));
        let of_one = decode(&mut one, r#"{"b":"one"}"#);
        let of_other = decode(&mut other, r#"["an\u00f2ther"]"#);
        let made_by_one = one.make_text("more").unwrap();
        // A copy of a copy, which freezes what the first has added.
        one.freeze();
        let mut third = one.clone();
        let of_third = decode(&mut third, r#"{"c":3.5}"#);
        for arena in [&one, &other, &third] {
            assert_eq!(shown(arena, whole), r#"{"a":["x","à"]}"#);
            assert_eq!(arena.text(made), "made");
        }
        assert_eq!(shown(&other, of_other), r#"["anòther"]"#);
        assert_eq!((shown(&one, of_one), one.text(made_by_one)), (r#"{"b":"one"}"#.to_owned(), "more"));
        assert_eq!((shown(&third, of_one), third.text(made_by_one)), (r#"{"b":"one"}"#.to_owned(), "more"));
        assert_eq!(shown(&third, of_third), r#"{"c":3.5}"#);
        drop((base, one));
        assert_eq!(shown(&third, whole), r#"{"a":["x","à"]}"#);
    }
}
