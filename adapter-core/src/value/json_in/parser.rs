//! The parser: one pass over a document, values straight into the arena.

use hifijson::escape::Lex as _;
use hifijson::num::LexWrite as _;
use hifijson::token::Lex as _;
use hifijson::{Read as _, SliceLexer, Write as _};

use crate::expr::NameId;
use crate::value::{Arena, DecodeError, Decoder, Keep, Number, Text, Value};

/// A document being decoded.
pub(super) struct Parser<'c, 'a> {
    decoder: &'c Decoder<'c>,
    pub lexer: SliceLexer<'a>,
    total: usize,
    segment: u16,
    /// Texts that were escaped, as they read: the segment after the document's.
    pub unescaped: String,
    arena: &'c mut Arena,
    /// Elements of the lists that are open, innermost last.
    elements: Vec<Value>,
    /// Entries of the records that are open, innermost last.
    entries: Vec<(NameId, Value)>,
    /// By nesting: the members of the last record there. Rows of a list have the same members in the same order, so
    /// one comparison mostly does for finding a member's end and its name.
    shapes: Vec<Vec<Expected<'a>>>,
}

/// A member as it stood in the last record.
#[derive(Clone, Copy)]
struct Expected<'a> {
    /// Its name as it stands, quotes and colon included.
    text: &'a [u8],
    /// What it is kept as; none if it is passed over.
    found: Option<(NameId, Keep)>,
}

/// Most members of a record that are remembered.
const REMEMBERED: usize = 256;

/// A string as it stands in the document, or unescaped. The document is UTF-8 as a whole and a string ends at ASCII
/// quotes, so its bytes need no further look.
pub(super) enum Str<'a> {
    Borrowed { bytes: &'a [u8], start: u32 },
    Owned(String),
}

impl Str<'_> {
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Borrowed { bytes, .. } => bytes,
            Self::Owned(text) => text.as_bytes(),
        }
    }
}

impl<'c, 'a> Parser<'c, 'a> {
    /// A parser of a text that will be the arena's segment `segment`.
    pub fn new(decoder: &'c Decoder<'c>, arena: &'c mut Arena, text: &'a str, total: usize, segment: u16) -> Self {
        Self {
            decoder,
            lexer: SliceLexer::new(text.as_bytes()),
            total,
            segment,
            unescaped: String::new(),
            arena,
            elements: Vec::new(),
            entries: Vec::new(),
            shapes: Vec::new(),
        }
    }

    pub fn offset(&self) -> usize {
        self.total.saturating_sub(self.lexer.as_slice().len())
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
            b'a'..=b'z' => match self.lexer.null_or_bool() {
                Some(None) => Ok(Value::Null),
                Some(Some(b)) => Ok(Value::Bool(b)),
                None => Err(DecodeError::Syntax),
            },
            _ => Err(DecodeError::Syntax),
        }
    }

    fn number(&mut self) -> Result<Value, DecodeError> {
        let rest = self.lexer.as_slice();
        if let Some(int) = self.small_int() {
            return Ok(Value::Int(int));
        }
        self.lexer = SliceLexer::new(rest);
        let (digits, _) = self.lexer.num_bytes().validated().map_err(|_| DecodeError::Syntax)?;
        let text = std::str::from_utf8(digits).map_err(|_| DecodeError::Syntax)?;
        Number::parse(text).map(Value::from).ok_or(DecodeError::Number)
    }

    /// A whole number of up to 18 digits without sign, as most are; none if the number is another, with the lexer
    /// anywhere.
    fn small_int(&mut self) -> Option<i64> {
        let first = self.lexer.peek_next();
        let (mut value, mut digits) = (0_i64, 0_u32);
        self.lexer.skip_until(|b| {
            let digit = b.wrapping_sub(b'0');
            if digit < 10 {
                value = value.wrapping_mul(10).wrapping_add(i64::from(digit));
                digits = digits.wrapping_add(1);
            }
            digit >= 10
        });
        let whole = (1..=18).contains(&digits) && (first != Some(b'0') || digits == 1);
        (whole && !matches!(self.lexer.peek_next(), Some(b'.' | b'e' | b'E'))).then_some(value)
    }

    fn skip_number(&mut self) -> Result<(), DecodeError> {
        let rest = self.lexer.as_slice();
        if self.small_int().is_some() {
            return Ok(());
        }
        self.lexer = SliceLexer::new(rest);
        self.lexer.num_bytes().validated().map(drop).map_err(|_| DecodeError::Syntax)
    }

    fn list(&mut self, depth: usize, keep: Keep) -> Result<Value, DecodeError> {
        self.lexer.take_next();
        let base = self.elements.len();
        let mut next = self.lexer.ws_peek().ok_or(DecodeError::Syntax)?;
        if next == b']' {
            self.lexer.take_next();
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
        self.lexer.take_next();
        let base = self.entries.len();
        let mut members = 0_usize;
        let mut next = self.lexer.ws_peek().ok_or(DecodeError::Syntax)?;
        if next == b'}' {
            self.lexer.take_next();
        } else {
            loop {
                if next != b'"' {
                    return Err(DecodeError::Syntax);
                }
                self.member(base, members, depth, keep)?;
                members = members.saturating_add(1);
                match self.after(b'}')? {
                    Some(first) => next = first,
                    None => break,
                }
            }
        }
        let entries = self.entries.get(base..).unwrap_or_default();
        let value = match (entries, self.decoder.unwrap) {
            (&[(name, inner)], Some(unwrap)) if members == 1 && name == unwrap => inner,
            _ => Value::Record(self.arena.make_record(entries).map_err(|_| DecodeError::Full)?),
        };
        self.entries.truncate(base);
        Ok(value)
    }

    /// One `"name": value`, the `at`-th of its record; kept, or checked and passed over.
    fn member(&mut self, base: usize, at: usize, depth: usize, keep: Keep) -> Result<(), DecodeError> {
        let expected =
            if keep == Keep::Named { self.shapes.get(depth).and_then(|shape| shape.get(at)).copied() } else { None };
        let found = match expected {
            Some(expected) if self.lexer.strip_prefix(expected.text) => expected.found,
            _ => self.name(at, depth, keep)?,
        };
        let first = self.lexer.ws_peek().ok_or(DecodeError::Syntax)?;
        let Some((id, keep)) = found else { return self.skip(first, depth) };
        if self.entries.get(base..).unwrap_or_default().iter().any(|(n, _)| *n == id) {
            return Err(DecodeError::Duplicate);
        }
        let value = self.value(first, depth, keep)?;
        self.entries.push((id, value));
        Ok(())
    }

    /// A member's name and colon: what it is kept as. Remembered for the next record.
    fn name(&mut self, at: usize, depth: usize, keep: Keep) -> Result<Option<(NameId, Keep)>, DecodeError> {
        let rest = self.lexer.as_slice();
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
        self.lexer.expect(SliceLexer::ws_peek, b':').ok_or(DecodeError::Syntax)?;
        if keep == Keep::Named && at < REMEMBERED {
            let text = rest.get(..rest.len().saturating_sub(self.lexer.as_slice().len())).unwrap_or_default();
            if self.shapes.len() <= depth {
                self.shapes.resize(depth.saturating_add(1), Vec::new());
            }
            if let Some(shape) = self.shapes.get_mut(depth) {
                let met = Expected { text, found };
                // A shape has no gaps: members of a record are met in order.
                if shape.len() == at {
                    shape.push(met);
                } else if let Some(place) = shape.get_mut(at) {
                    *place = met;
                }
            }
        }
        Ok(found)
    }

    /// What follows an item: the first byte of the next one, or none at the end.
    pub fn after(&mut self, end: u8) -> Result<Option<u8>, DecodeError> {
        let next = self.lexer.ws_peek().ok_or(DecodeError::Syntax)?;
        self.lexer.take_next();
        if next == end {
            Ok(None)
        } else if next == b',' {
            self.lexer.ws_peek().map(Some).ok_or(DecodeError::Syntax)
        } else {
            Err(DecodeError::Syntax)
        }
    }

    /// Passes over a value, checking it.
    pub fn skip(&mut self, first: u8, depth: usize) -> Result<(), DecodeError> {
        match first {
            b'"' => self.string_end(),
            b'0'..=b'9' | b'-' => self.skip_number(),
            b'a'..=b'z' => self.lexer.null_or_bool().map(drop).ok_or(DecodeError::Syntax),
            b'{' | b'[' => {
                let depth = depth.checked_sub(1).ok_or(DecodeError::Depth)?;
                self.lexer.take_next();
                let end = if first == b'{' { b'}' } else { b']' };
                let mut next = self.lexer.ws_peek().ok_or(DecodeError::Syntax)?;
                if next == end {
                    self.lexer.take_next();
                    return Ok(());
                }
                loop {
                    if first == b'{' {
                        if next != b'"' {
                            return Err(DecodeError::Syntax);
                        }
                        self.string_end()?;
                        self.lexer.expect(SliceLexer::ws_peek, b':').ok_or(DecodeError::Syntax)?;
                        next = self.lexer.ws_peek().ok_or(DecodeError::Syntax)?;
                    }
                    self.skip(next, depth)?;
                    match self.after(end)? {
                        Some(first) => next = first,
                        None => return Ok(()),
                    }
                }
            }
            _ => Err(DecodeError::Syntax),
        }
    }

    /// Passes over a string whose quote is next.
    fn string_end(&mut self) -> Result<(), DecodeError> {
        self.lexer.take_next();
        loop {
            let mut run: &[u8] = &[];
            self.lexer.write_until(&mut run, string_special);
            match self.lexer.take_next() {
                Some(b'"') => return Ok(()),
                Some(b'\\') => {
                    let kind = self.lexer.take_next().ok_or(DecodeError::Syntax)?;
                    self.lexer.escape(kind).map_err(|_| DecodeError::Syntax)?;
                }
                _ => return Err(DecodeError::Syntax),
            }
        }
    }

    pub fn string(&mut self) -> Result<Str<'a>, DecodeError> {
        self.lexer.take_next();
        let rest = self.lexer.as_slice();
        let mut run: &'a [u8] = &[];
        self.lexer.write_until(&mut run, string_special);
        match self.lexer.take_next() {
            Some(b'"') => {
                let start = u32::try_from(self.total.saturating_sub(rest.len())).map_err(|_| DecodeError::Full)?;
                Ok(Str::Borrowed { bytes: run, start })
            }
            Some(b'\\') => self.escaped(rest),
            _ => Err(DecodeError::Syntax),
        }
    }

    /// A string with escapes, from behind its quote on.
    fn escaped(&mut self, rest: &'a [u8]) -> Result<Str<'a>, DecodeError> {
        self.lexer = SliceLexer::new(rest);
        let mut out = String::new();
        loop {
            let mut run: &[u8] = &[];
            self.lexer.write_until(&mut run, string_special);
            out.push_str(std::str::from_utf8(run).map_err(|_| DecodeError::Syntax)?);
            match self.lexer.take_next() {
                Some(b'"') => return Ok(Str::Owned(out)),
                Some(b'\\') => {
                    let kind = self.lexer.take_next().ok_or(DecodeError::Syntax)?;
                    out.push(self.lexer.escape(kind).map_err(|_| DecodeError::Syntax)?);
                }
                _ => return Err(DecodeError::Syntax),
            }
        }
    }

    fn text(&mut self, string: Str<'a>) -> Result<Value, DecodeError> {
        let bytes = string.bytes();
        if self.decoder.tidies_away(bytes) {
            return Ok(Value::Null);
        }
        let len = u32::try_from(bytes.len()).map_err(|_| DecodeError::Full)?;
        Ok(Value::Text(match string {
            Str::Borrowed { start, .. } => Text { segment: self.segment, start, len },
            Str::Owned(text) => {
                let start = u32::try_from(self.unescaped.len()).map_err(|_| DecodeError::Full)?;
                self.unescaped.push_str(&text);
                Text { segment: self.segment.saturating_add(1), start, len }
            }
        }))
    }
}

fn string_special(b: u8) -> bool {
    matches!(b, b'"' | b'\\' | 0..=0x1f)
}
