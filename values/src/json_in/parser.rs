//! The parser: one pass over a document, values straight into the arena.
//!
//! What is common is read here byte by byte or word by word; escapes are hifijson's to lex.

mod members;
mod skip;
mod strings;

use hifijson::SliceLexer;

use super::rows::Row;
use crate::NameId;
use crate::scan;
use crate::{Arena, DecodeError, Decoder, Keep, Number, Text, Value};

/// A document being decoded.
pub(super) struct Parser<'c, 'a> {
    decoder: &'c Decoder<'c>,
    text: &'a [u8],
    /// Where the next byte stands.
    at: usize,
    /// Bytes of the document before the text: a byte order mark.
    before: usize,
    segment: u16,
    /// Texts that were escaped, as they read: the segment after the document's.
    pub unescaped: String,
    arena: &'c mut Arena,
    /// Elements of the lists that are open, innermost last.
    elements: Vec<Value>,
    /// Entries of the records that are open, innermost last.
    entries: Vec<(NameId, Value)>,
    /// By nesting: the record before.
    rows: Vec<Row>,
}

/// A record being read.
struct Open {
    /// Where its entries begin.
    base: usize,
    /// Members so far.
    count: usize,
    depth: usize,
    keep: Keep,
    /// Each name so far stood at the same place of the record before, so that none can be there twice.
    as_before: bool,
}

impl<'c, 'a> Parser<'c, 'a> {
    /// A parser of a text that will be the arena's segment `segment`, behind `before` bytes that are not read.
    pub fn new(decoder: &'c Decoder<'c>, arena: &'c mut Arena, text: &'a str, before: usize, segment: u16) -> Self {
        Self {
            decoder,
            text: text.as_bytes(),
            at: 0,
            before,
            segment,
            unescaped: String::new(),
            arena,
            elements: Vec::new(),
            entries: Vec::new(),
            rows: Vec::new(),
        }
    }

    /// Where the next byte stands.
    pub fn at(&self) -> usize {
        self.at
    }

    #[inline]
    fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Passes over `count` bytes that have been looked at.
    #[inline]
    pub fn pass(&mut self, count: usize) {
        self.at = self.at.wrapping_add(count);
    }

    /// The next byte, which is passed over.
    #[inline]
    fn take(&mut self) -> Option<u8> {
        let byte = self.text.get(self.at).copied()?;
        self.pass(1);
        Some(byte)
    }

    /// The next byte that is not blank. It is not passed over.
    #[inline]
    pub fn next(&mut self) -> Option<u8> {
        match self.text.get(self.at) {
            // Most documents are written without blanks.
            Some(byte) if *byte > b' ' => Some(*byte),
            _ => self.behind_blanks(),
        }
    }

    #[cold]
    fn behind_blanks(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.text.get(self.at) {
            self.pass(1);
        }
        self.text.get(self.at).copied()
    }

    /// Has hifijson lex what stands here.
    fn lexed<T>(&mut self, lex: impl FnOnce(&mut SliceLexer<'a>) -> Option<T>) -> Option<T> {
        let mut lexer = SliceLexer::new(self.rest());
        let found = lex(&mut lexer)?;
        self.at = self.text.len().saturating_sub(lexer.as_slice().len());
        Some(found)
    }

    /// The one value of a document.
    pub fn document(&mut self) -> Result<Value, DecodeError> {
        let first = self.next().ok_or(DecodeError::Ended)?;
        let value = self.value(first, self.decoder.depth, self.decoder.keep)?;
        if self.next().is_some() { Err(DecodeError::Syntax) } else { Ok(value) }
    }

    pub fn value(&mut self, first: u8, depth: usize, keep: Keep) -> Result<Value, DecodeError> {
        match first {
            b'"' => {
                let string = self.string()?;
                self.text(string)
            }
            b'0'..=b'9' | b'-' => self.number(),
            b'{' => self.record(depth.checked_sub(1).ok_or(DecodeError::Depth)?, keep),
            b'[' => self.list(depth.checked_sub(1).ok_or(DecodeError::Depth)?, keep),
            _ => self.word(),
        }
    }

    /// `null`, `true` or `false`.
    fn word(&mut self) -> Result<Value, DecodeError> {
        let words: [(&[u8], Value); 3] =
            [(b"null", Value::Null), (b"true", Value::Bool(true)), (b"false", Value::Bool(false))];
        let rest = self.rest();
        let (word, value) = words.into_iter().find(|(word, _)| rest.starts_with(word)).ok_or(DecodeError::Syntax)?;
        self.pass(word.len());
        Ok(value)
    }

    fn number(&mut self) -> Result<Value, DecodeError> {
        let rest = self.rest();
        let length = skip::number(rest).ok_or(DecodeError::Syntax)?;
        self.pass(length);
        let digits = rest.get(..length).unwrap_or_default();
        // 18 digits fit whatever they are.
        if length <= 18 && scan::digits(digits) == length {
            let add = |int: i64, digit: &u8| int.wrapping_mul(10).wrapping_add(i64::from(digit.wrapping_sub(b'0')));
            return Ok(Value::Int(digits.iter().fold(0, add)));
        }
        let text = std::str::from_utf8(digits).map_err(|_| DecodeError::Syntax)?;
        match Number::parse(text) {
            Some(number) => Ok(number.into()),
            None if self.decoder.lenient => self.long_number(text),
            None => {
                self.at = self.at.saturating_sub(length);
                Err(DecodeError::Number)
            }
        }
    }

    /// A number of more digits than are kept, which was just read: rounded, or if its whole part is too long the text that
    /// it is.
    #[cold]
    fn long_number(&self, text: &str) -> Result<Value, DecodeError> {
        if let Some(number) = Number::parse_written(text, ".") {
            return Ok(number.into());
        }
        let small = |number: usize| u32::try_from(number).map_err(|_| DecodeError::Full);
        let start = self.before.saturating_add(self.at).saturating_sub(text.len());
        Ok(Value::Text(Text { segment: self.segment, start: small(start)?, len: small(text.len())? }))
    }

    fn list(&mut self, depth: usize, keep: Keep) -> Result<Value, DecodeError> {
        self.pass(1);
        let base = self.elements.len();
        let mut next = self.next().ok_or(DecodeError::Ended)?;
        if next == b']' {
            self.pass(1);
        } else {
            loop {
                let value = self.value(next, depth, keep)?;
                self.elements.push(value);
                match self.after(b']')? {
                    Some(first) => next = first,
                    None => break,
                }
            }
        }
        let span =
            self.arena.make_list(self.elements.get(base..).unwrap_or_default()).map_err(|_| DecodeError::Full)?;
        self.elements.truncate(base);
        Ok(Value::List(span))
    }

    fn record(&mut self, depth: usize, keep: Keep) -> Result<Value, DecodeError> {
        self.pass(1);
        let mut open = Open { base: self.entries.len(), count: 0, depth, keep, as_before: true };
        if self.next().ok_or(DecodeError::Ended)? == b'}' {
            self.pass(1);
        } else {
            self.members(&mut open)?;
        }
        let entries = self.entries.get(open.base..).unwrap_or_default();
        let value = match (entries, self.decoder.unwrap) {
            (&[(name, inner)], Some(unwrap)) if open.count == 1 && name == unwrap => inner,
            _ => Value::Record(self.arena.make_record(entries).map_err(|_| DecodeError::Full)?),
        };
        self.entries.truncate(open.base);
        Ok(value)
    }

    /// A member's name and colon: what it is kept as.
    fn name(&mut self, keep: Keep) -> Result<Option<(NameId, Keep)>, DecodeError> {
        let key = self.string()?;
        let found = match (self.arena.names().known(key.bytes()), keep) {
            (Some((id, true)), Keep::Named) => Some((id, Keep::Whole)),
            (Some((id, _)), keep) => Some((id, keep)),
            (None, Keep::Whole) => {
                let name = std::str::from_utf8(key.bytes()).map_err(|_| DecodeError::Syntax)?;
                Some((self.arena.names_mut().intern(name), Keep::Whole))
            }
            (None, Keep::Named) => None,
        };
        self.colon()?;
        Ok(found)
    }

    /// The colon behind a name.
    pub fn colon(&mut self) -> Result<(), DecodeError> {
        match self.next() {
            Some(b':') => {
                self.pass(1);
                Ok(())
            }
            other => Err(wrong(other)),
        }
    }

    /// What follows an item: the first byte of the next one, or none at the end.
    #[inline]
    pub fn after(&mut self, end: u8) -> Result<Option<u8>, DecodeError> {
        let next = self.next().ok_or(DecodeError::Ended)?;
        if next == b',' {
            self.pass(1);
            self.next().map(Some).ok_or(DecodeError::Ended)
        } else if next == end {
            self.pass(1);
            Ok(None)
        } else {
            Err(DecodeError::Syntax)
        }
    }
}

/// What a byte is that was not wanted, or that there is none.
#[cold]
fn wrong(met: Option<u8>) -> DecodeError {
    if met.is_some() { DecodeError::Syntax } else { DecodeError::Ended }
}
