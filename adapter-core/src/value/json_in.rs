//! JSON into the arena: exact numbers, text borrowed where nothing is escaped, members that nobody reads skipped.
//!
//! The lexing is hifijson's. Everything skipped is checked all the same: a document is taken whole or not at all.

use hifijson::escape::Lex as _;
use hifijson::num::LexWrite as _;
use hifijson::token::Lex as _;
use hifijson::{Read as _, SliceLexer, Write as _};

use super::{Arena, NameTable, Names, Number, Text, Value};
use crate::expr::NameId;

/// Which members of a document are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Those the bundle names; under names marked deep, all.
    Named,
    /// All.
    Whole,
}

/// Why a document is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonError {
    /// Not JSON, or not UTF-8.
    Syntax,
    /// Nested deeper than allowed.
    Depth,
    /// An object has a member twice.
    Duplicate,
    /// A number that a reader wants does not fit 18 digits.
    Number,
    /// The arena is full.
    Full,
}

/// How a document is decoded.
#[derive(Clone, Copy, Debug)]
pub struct Decoder<'c> {
    /// Which members are kept.
    pub keep: Keep,
    /// Most levels of nesting.
    pub depth: usize,
    /// Blank text becomes null.
    pub blank_to_null: bool,
    /// A record with this member alone becomes the member's value.
    pub unwrap: Option<NameId>,
    /// Texts that become null.
    pub none: &'c [String],
}

impl Decoder<'_> {
    /// Keeps everything, changes nothing.
    pub fn whole(depth: usize) -> Self {
        Self { keep: Keep::Whole, depth, blank_to_null: false, unwrap: None, none: &[] }
    }

    /// Decodes one document. A byte order mark in front of it is passed over.
    ///
    /// # Errors
    /// [`JsonError`]; the arena then holds unused values, nothing refers to them.
    pub fn decode(&self, arena: &mut Arena, body: Vec<u8>) -> Result<Value, JsonError> {
        let document = String::from_utf8(body).map_err(|_| JsonError::Syntax)?;
        // The document is parsed while it is not yet the arena's, which is being written to; then it becomes the
        // segment the values already name.
        let segment = arena.next_segment().map_err(|_| JsonError::Full)?;
        let text = document.strip_prefix('\u{feff}').unwrap_or(&document);
        let mut parser = Parser {
            decoder: self,
            lexer: SliceLexer::new(text.as_bytes()),
            total: document.len(),
            segment,
            arena,
            elements: Vec::new(),
            entries: Vec::new(),
            shapes: Vec::new(),
        };
        let first = parser.lexer.ws_peek().ok_or(JsonError::Syntax)?;
        let value = parser.value(first, self.depth, self.keep)?;
        if parser.lexer.ws_peek().is_some() {
            return Err(JsonError::Syntax);
        }
        arena.add_document(document).map_err(|_| JsonError::Full)?;
        Ok(value)
    }
}

/// The members of a document that is one object, each value as it stands in the text. For envelopes whose content is
/// read, or checked, as text.
///
/// # Errors
/// [`JsonError`].
pub fn raw_members(text: &str, depth: usize) -> Result<Vec<(String, &str)>, JsonError> {
    let mut arena = Arena::new(std::sync::Arc::from(""), Names::new(std::sync::Arc::new(NameTable::new(Vec::new()))));
    let mut parser = Parser {
        decoder: &Decoder::whole(depth),
        lexer: SliceLexer::new(text.as_bytes()),
        total: text.len(),
        segment: 0,
        arena: &mut arena,
        elements: Vec::new(),
        entries: Vec::new(),
        shapes: Vec::new(),
    };
    let mut members: Vec<(String, &str)> = Vec::new();
    if parser.lexer.ws_peek() != Some(b'{') {
        return Err(JsonError::Syntax);
    }
    parser.lexer.take_next();
    let mut next = parser.lexer.ws_peek().ok_or(JsonError::Syntax)?;
    let mut open = next != b'}';
    if !open {
        parser.lexer.take_next();
    }
    while open {
        if next != b'"' {
            return Err(JsonError::Syntax);
        }
        let key = parser.string()?;
        let name = std::str::from_utf8(key.bytes()).map_err(|_| JsonError::Syntax)?.to_owned();
        parser.lexer.expect(SliceLexer::ws_peek, b':').ok_or(JsonError::Syntax)?;
        let first = parser.lexer.ws_peek().ok_or(JsonError::Syntax)?;
        let start = parser.offset();
        parser.skip(first, depth)?;
        if members.iter().any(|(n, _)| *n == name) {
            return Err(JsonError::Duplicate);
        }
        members.push((name, text.get(start..parser.offset()).ok_or(JsonError::Syntax)?));
        match parser.after(b'}')? {
            Some(first) => next = first,
            None => open = false,
        }
    }
    if parser.lexer.ws_peek().is_some() { Err(JsonError::Syntax) } else { Ok(members) }
}

struct Parser<'c, 'a> {
    decoder: &'c Decoder<'c>,
    lexer: SliceLexer<'a>,
    total: usize,
    segment: u16,
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
enum Str<'a> {
    Borrowed { bytes: &'a [u8], start: u32 },
    Owned(String),
}

impl Str<'_> {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Borrowed { bytes, .. } => bytes,
            Self::Owned(text) => text.as_bytes(),
        }
    }
}

impl<'a> Parser<'_, 'a> {
    fn offset(&self) -> usize {
        self.total.saturating_sub(self.lexer.as_slice().len())
    }

    fn value(&mut self, first: u8, depth: usize, keep: Keep) -> Result<Value, JsonError> {
        match first {
            b'"' => {
                let string = self.string()?;
                self.text(string)
            }
            b'0'..=b'9' | b'-' => self.number(),
            b'{' => self.record(depth.checked_sub(1).ok_or(JsonError::Depth)?, keep),
            b'[' => self.list(depth.checked_sub(1).ok_or(JsonError::Depth)?, keep),
            b'a'..=b'z' => match self.lexer.null_or_bool() {
                Some(None) => Ok(Value::Null),
                Some(Some(b)) => Ok(Value::Bool(b)),
                None => Err(JsonError::Syntax),
            },
            _ => Err(JsonError::Syntax),
        }
    }

    fn number(&mut self) -> Result<Value, JsonError> {
        let rest = self.lexer.as_slice();
        if let Some(int) = self.small_int() {
            return Ok(Value::Int(int));
        }
        self.lexer = SliceLexer::new(rest);
        let (digits, _) = self.lexer.num_bytes().validated().map_err(|_| JsonError::Syntax)?;
        let text = std::str::from_utf8(digits).map_err(|_| JsonError::Syntax)?;
        Number::parse(text).map(Value::from).ok_or(JsonError::Number)
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

    fn skip_number(&mut self) -> Result<(), JsonError> {
        let rest = self.lexer.as_slice();
        if self.small_int().is_some() {
            return Ok(());
        }
        self.lexer = SliceLexer::new(rest);
        self.lexer.num_bytes().validated().map(drop).map_err(|_| JsonError::Syntax)
    }

    fn list(&mut self, depth: usize, keep: Keep) -> Result<Value, JsonError> {
        self.lexer.take_next();
        let base = self.elements.len();
        let mut next = self.lexer.ws_peek().ok_or(JsonError::Syntax)?;
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
        let span = self.arena.make_list(self.elements.get(base..).unwrap_or_default()).map_err(|_| JsonError::Full)?;
        self.elements.truncate(base);
        Ok(Value::List(span))
    }

    fn record(&mut self, depth: usize, keep: Keep) -> Result<Value, JsonError> {
        self.lexer.take_next();
        let base = self.entries.len();
        let mut members = 0_usize;
        let mut next = self.lexer.ws_peek().ok_or(JsonError::Syntax)?;
        if next == b'}' {
            self.lexer.take_next();
        } else {
            loop {
                if next != b'"' {
                    return Err(JsonError::Syntax);
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
            _ => Value::Record(self.arena.make_record(entries).map_err(|_| JsonError::Full)?),
        };
        self.entries.truncate(base);
        Ok(value)
    }

    /// One `"name": value`, the `at`-th of its record; kept, or checked and passed over.
    fn member(&mut self, base: usize, at: usize, depth: usize, keep: Keep) -> Result<(), JsonError> {
        let expected =
            if keep == Keep::Named { self.shapes.get(depth).and_then(|shape| shape.get(at)).copied() } else { None };
        let found = match expected {
            Some(expected) if self.lexer.strip_prefix(expected.text) => expected.found,
            _ => self.name(at, depth, keep)?,
        };
        let first = self.lexer.ws_peek().ok_or(JsonError::Syntax)?;
        let Some((id, keep)) = found else { return self.skip(first, depth) };
        if self.entries.get(base..).unwrap_or_default().iter().any(|(n, _)| *n == id) {
            return Err(JsonError::Duplicate);
        }
        let value = self.value(first, depth, keep)?;
        self.entries.push((id, value));
        Ok(())
    }

    /// A member's name and colon: what it is kept as. Remembered for the next record.
    fn name(&mut self, at: usize, depth: usize, keep: Keep) -> Result<Option<(NameId, Keep)>, JsonError> {
        let rest = self.lexer.as_slice();
        let key = self.string()?;
        let found = match (self.arena.names().known(key.bytes()), keep) {
            (Some((id, true)), Keep::Named) => Some((id, Keep::Whole)),
            (Some((id, _)), keep) => Some((id, keep)),
            (None, Keep::Whole) => {
                let name = std::str::from_utf8(key.bytes()).map_err(|_| JsonError::Syntax)?;
                Some((self.arena.names_mut().intern(name), Keep::Whole))
            }
            (None, Keep::Named) => None,
        };
        self.lexer.expect(SliceLexer::ws_peek, b':').ok_or(JsonError::Syntax)?;
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
    fn after(&mut self, end: u8) -> Result<Option<u8>, JsonError> {
        let next = self.lexer.ws_peek().ok_or(JsonError::Syntax)?;
        self.lexer.take_next();
        if next == end {
            Ok(None)
        } else if next == b',' {
            self.lexer.ws_peek().map(Some).ok_or(JsonError::Syntax)
        } else {
            Err(JsonError::Syntax)
        }
    }

    /// Passes over a value, checking it.
    fn skip(&mut self, first: u8, depth: usize) -> Result<(), JsonError> {
        match first {
            b'"' => self.string_end(),
            b'0'..=b'9' | b'-' => self.skip_number(),
            b'a'..=b'z' => self.lexer.null_or_bool().map(drop).ok_or(JsonError::Syntax),
            b'{' | b'[' => {
                let depth = depth.checked_sub(1).ok_or(JsonError::Depth)?;
                self.lexer.take_next();
                let end = if first == b'{' { b'}' } else { b']' };
                let mut next = self.lexer.ws_peek().ok_or(JsonError::Syntax)?;
                if next == end {
                    self.lexer.take_next();
                    return Ok(());
                }
                loop {
                    if first == b'{' {
                        if next != b'"' {
                            return Err(JsonError::Syntax);
                        }
                        self.string_end()?;
                        self.lexer.expect(SliceLexer::ws_peek, b':').ok_or(JsonError::Syntax)?;
                        next = self.lexer.ws_peek().ok_or(JsonError::Syntax)?;
                    }
                    self.skip(next, depth)?;
                    match self.after(end)? {
                        Some(first) => next = first,
                        None => return Ok(()),
                    }
                }
            }
            _ => Err(JsonError::Syntax),
        }
    }

    /// Passes over a string whose quote is next.
    fn string_end(&mut self) -> Result<(), JsonError> {
        self.lexer.take_next();
        loop {
            let mut run: &[u8] = &[];
            self.lexer.write_until(&mut run, string_special);
            match self.lexer.take_next() {
                Some(b'"') => return Ok(()),
                Some(b'\\') => {
                    let kind = self.lexer.take_next().ok_or(JsonError::Syntax)?;
                    self.lexer.escape(kind).map_err(|_| JsonError::Syntax)?;
                }
                _ => return Err(JsonError::Syntax),
            }
        }
    }

    fn string(&mut self) -> Result<Str<'a>, JsonError> {
        self.lexer.take_next();
        let rest = self.lexer.as_slice();
        let mut run: &'a [u8] = &[];
        self.lexer.write_until(&mut run, string_special);
        match self.lexer.take_next() {
            Some(b'"') => {
                let start = u32::try_from(self.total.saturating_sub(rest.len())).map_err(|_| JsonError::Full)?;
                Ok(Str::Borrowed { bytes: run, start })
            }
            Some(b'\\') => self.escaped(rest),
            _ => Err(JsonError::Syntax),
        }
    }

    /// A string with escapes, from behind its quote on.
    fn escaped(&mut self, rest: &'a [u8]) -> Result<Str<'a>, JsonError> {
        self.lexer = SliceLexer::new(rest);
        let mut out = String::new();
        loop {
            let mut run: &[u8] = &[];
            self.lexer.write_until(&mut run, string_special);
            out.push_str(std::str::from_utf8(run).map_err(|_| JsonError::Syntax)?);
            match self.lexer.take_next() {
                Some(b'"') => return Ok(Str::Owned(out)),
                Some(b'\\') => {
                    let kind = self.lexer.take_next().ok_or(JsonError::Syntax)?;
                    out.push(self.lexer.escape(kind).map_err(|_| JsonError::Syntax)?);
                }
                _ => return Err(JsonError::Syntax),
            }
        }
    }

    fn text(&mut self, string: Str<'a>) -> Result<Value, JsonError> {
        let bytes = string.bytes();
        let blank = self.decoder.blank_to_null && bytes.trim_ascii().is_empty();
        if blank || self.decoder.none.iter().any(|none| none.as_bytes() == bytes) {
            return Ok(Value::Null);
        }
        Ok(Value::Text(match string {
            Str::Borrowed { bytes, start } => {
                Text { segment: self.segment, start, len: u32::try_from(bytes.len()).map_err(|_| JsonError::Full)? }
            }
            Str::Owned(text) => self.arena.make_text(&text).map_err(|_| JsonError::Full)?,
        }))
    }
}

fn string_special(b: u8) -> bool {
    matches!(b, b'"' | b'\\' | 0..=0x1f)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::write_value;
    use super::*;

    fn arena(names: &[(&str, bool)]) -> Arena {
        let names = names.iter().map(|(n, d)| ((*n).to_owned(), *d)).collect();
        Arena::new(Arc::from(""), Names::new(Arc::new(NameTable::new(names))))
    }

    fn decode(decoder: &Decoder<'_>, names: &[(&str, bool)], text: &str) -> Result<String, JsonError> {
        let mut arena = arena(names);
        let value = decoder.decode(&mut arena, text.as_bytes().to_vec())?;
        let mut out = Vec::new();
        write_value(&arena, value, &mut out);
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn whole_documents_come_back() {
        let text = r#"{"a":[1,-2.5,null,true,"x\"\\\né"],"b":{},"c":[],"d":"è"}"#;
        assert_eq!(decode(&Decoder::whole(8), &[], text).unwrap(), text);
        assert_eq!(
            decode(&Decoder::whole(8), &[], "\u{feff} [ 1e2 , \"\\u00e8\\ud83d\\ude00\" ] ").unwrap(),
            "[100,\"è😀\"]"
        );
    }

    #[test]
    fn only_named_members_are_kept() {
        let text = r#"[{"skip":{"a":[1,{"x":"\u0041"}]},"keep":1,"deep":{"x":2,"y":{"z":3}}}]"#;
        let decoder = Decoder { keep: Keep::Named, ..Decoder::whole(8) };
        assert_eq!(
            decode(&decoder, &[("keep", false), ("deep", true)], text).unwrap(),
            r#"[{"keep":1,"deep":{"x":2,"y":{"z":3}}}]"#
        );
    }

    #[test]
    fn raw_members_stand_as_written() {
        let text = r#" {"a": [1, {"b":"}"}] ,"c":"x\u0041" } "#;
        let members: Vec<(String, &str)> = raw_members(text, 8).unwrap();
        assert_eq!(members, [("a".to_owned(), r#"[1, {"b":"}"}]"#), ("c".to_owned(), r#""x\u0041""#)]);
        assert_eq!(raw_members("{}", 8).unwrap(), []);
        for bad in ["", "[]", "{\"a\":1}x", "{\"a\"}", "{\"a\":1,}", "{"] {
            assert_eq!(raw_members(bad, 8), Err(JsonError::Syntax), "{bad}");
        }
        assert_eq!(raw_members("{\"a\":1,\"a\":2}", 8), Err(JsonError::Duplicate));
        assert_eq!(raw_members("{\"a\":[[[]]]}", 2), Err(JsonError::Depth));
    }

    /// Rows whose members change place, vanish, repeat or are written otherwise are read as any others.
    #[test]
    fn a_row_need_not_be_like_the_last() {
        let decoder = Decoder { keep: Keep::Named, ..Decoder::whole(8) };
        let names = [("a", false), ("b", false), ("deep", true)];
        let text = r#"[{"a":1,"x":2,"b":3},{"a":4,"x":5,"b":6},{"b":7,"a":8},{"x" : 9, "a" :10},{},{"a":11,"\u0062":12,"x":{"a":0}},
            {"a":{"b":13,"x":1},"deep":{"y":{"a":1}},"b":14},{"a":{"b":15},"deep":{"z":2}}]"#;
        assert_eq!(
            decode(&decoder, &names, text).unwrap(),
            r#"[{"a":1,"b":3},{"a":4,"b":6},{"b":7,"a":8},{"a":10},{},{"a":11,"b":12},{"a":{"b":13},"deep":{"y":{"a":1}},"b":14},{"a":{"b":15},"deep":{"z":2}}]"#
        );
        assert_eq!(decode(&decoder, &names, r#"[{"a":1,"b":2},{"a":1,"a":2}]"#), Err(JsonError::Duplicate));
        assert_eq!(decode(&decoder, &names, r#"[{"a":1,"x":2},{"a":1,"x":}]"#), Err(JsonError::Syntax));
        assert_eq!(decode(&decoder, &names, r#"[{"a":1,"x":2},{"a":1"x":2}]"#), Err(JsonError::Syntax));
    }

    #[test]
    fn cleaning() {
        let none = ["null".to_owned()];
        let decoder = Decoder { blank_to_null: true, unwrap: Some(0), none: &none, ..Decoder::whole(8) };
        let text = r#"{"a":{"value":"S"},"b":" ","c":"null","d":{"value":1,"x":2},"e":{"value":""}}"#;
        assert_eq!(
            decode(&decoder, &[("value", false)], text).unwrap(),
            r#"{"a":"S","b":null,"c":null,"d":{"value":1,"x":2},"e":null}"#
        );
    }

    #[test]
    fn bad_documents_are_refused_also_where_skipped() {
        let named = Decoder { keep: Keep::Named, ..Decoder::whole(4) };
        for bad in [
            "",
            "[1",
            "{\"a\":}",
            "[1,]",
            "{\"a\" 1}",
            "tru",
            "[1] 2",
            "\"\\x\"",
            "\"\\ud800\"",
            "01",
            "-",
            "1.",
            "[\"\n\"]",
            "{1:2}",
            "<html>",
            "{\"a\":\"\\u12\"}",
        ] {
            assert_eq!(decode(&Decoder::whole(4), &[], bad), Err(JsonError::Syntax), "{bad}");
            let skipped = format!("{{\"skipped\":{bad}}}");
            assert_eq!(decode(&named, &[], &skipped), Err(JsonError::Syntax), "{skipped}");
        }
        assert_eq!(decode(&Decoder::whole(2), &[], "[[[]]]"), Err(JsonError::Depth));
        assert_eq!(decode(&named, &[], "{\"s\":[[[[]]]]}"), Err(JsonError::Depth));
        assert_eq!(decode(&Decoder::whole(2), &[], "{\"a\":1,\"a\":2}"), Err(JsonError::Duplicate));
        assert_eq!(decode(&Decoder::whole(2), &[], "123456789012345678901"), Err(JsonError::Number));
        assert_eq!(decode(&named, &[], "{\"s\":123456789012345678901}").unwrap(), "{}");
        let mut arena = arena(&[]);
        assert!(matches!(Decoder::whole(2).decode(&mut arena, vec![b'"', 0xff, b'"']), Err(JsonError::Syntax)));
    }
}
