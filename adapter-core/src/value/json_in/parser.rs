//! The parser: one pass over a document, values straight into the arena.
//!
//! What is common is read here byte by byte or word by word; what is rare, escapes and numbers with a sign, a fraction
//! or an exponent, is hifijson's to lex.

use hifijson::SliceLexer;
use hifijson::escape::Lex as _;
use hifijson::num::LexWrite as _;

use super::rows::{Member, Row};
use crate::value::NameId;
use crate::value::scan;
use crate::value::{Arena, DecodeError, Decoder, Keep, Number, Text, Value};

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

/// How much of two rows is compared at once, bytes. What is compared and then not taken is compared again by the rows
/// nested in it, so that this bounds what nesting can cost.
const FAR: usize = 1_024;

/// A string as it stands in the document, or unescaped. The document is UTF-8 as a whole and a string ends at ASCII
/// quotes, so its bytes need no further look.
pub(super) enum Str<'a> {
    Borrowed { bytes: &'a [u8], start: usize },
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
    fn lexed<T>(&mut self, lex: impl FnOnce(&mut SliceLexer<'a>) -> Option<T>) -> Result<T, DecodeError> {
        let mut lexer = SliceLexer::new(self.rest());
        let found = lex(&mut lexer).ok_or(DecodeError::Syntax)?;
        self.at = self.text.len().saturating_sub(lexer.as_slice().len());
        Ok(found)
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

    /// The digits of a whole number without sign, which most are; none if the number is another.
    #[inline]
    fn whole(&self) -> Option<&'a [u8]> {
        let (digits, behind) = self.rest().split_at_checked(scan::digits(self.rest()))?;
        let one = matches!(digits, [b'0'] | [b'1'..=b'9', ..]);
        (one && !matches!(behind, [b'.' | b'e' | b'E', ..])).then_some(digits)
    }

    fn number(&mut self) -> Result<Value, DecodeError> {
        // 18 digits fit whatever they are.
        if let Some(digits) = self.whole().filter(|digits| digits.len() <= 18) {
            self.pass(digits.len());
            let add = |int: i64, digit: &u8| int.wrapping_mul(10).wrapping_add(i64::from(digit.wrapping_sub(b'0')));
            return Ok(Value::Int(digits.iter().fold(0, add)));
        }
        let digits = self.lexed(|lexer| lexer.num_bytes().validated().ok())?.0;
        let text = std::str::from_utf8(digits).map_err(|_| DecodeError::Syntax)?;
        Number::parse(text).map(Value::from).ok_or(DecodeError::Number)
    }

    fn skip_number(&mut self) -> Result<(), DecodeError> {
        if let Some(digits) = self.whole() {
            self.pass(digits.len());
            return Ok(());
        }
        self.lexed(|lexer| lexer.num_bytes().validated().ok()).map(|_| ())
    }

    fn list(&mut self, depth: usize, keep: Keep) -> Result<Value, DecodeError> {
        self.pass(1);
        let base = self.elements.len();
        let mut next = self.next().ok_or(DecodeError::Syntax)?;
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
        if self.next().ok_or(DecodeError::Syntax)? == b'}' {
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

    /// The members of a record that has some, and its brace.
    fn members(&mut self, open: &mut Open) -> Result<(), DecodeError> {
        if open.keep == Keep::Whole {
            return self.members_whole(open);
        }
        if self.rows.len() <= open.depth {
            self.rows.resize_with(open.depth.saturating_add(1), Row::default);
        }
        // Taken for the time being: what is nested in this record has rows of its own.
        let mut row = self.rows.get_mut(open.depth).map(std::mem::take).unwrap_or_default();
        self.members_like(open, &mut row)?;
        row.close(open.count, self.at);
        if let Some(place) = self.rows.get_mut(open.depth) {
            *place = row;
        }
        Ok(())
    }

    /// Members of which some are kept, read with the record before in view.
    fn members_like(&mut self, open: &mut Open, row: &mut Row) -> Result<(), DecodeError> {
        loop {
            // How many bytes of the next member are known to be those it has in the record before.
            let mut known = 0;
            if let Some((there, _)) = row.extent(open.count) {
                let most = there.saturating_add(FAR).min(row.end());
                let before = self.text.get(there..most).unwrap_or_default();
                let same = scan::common(self.rest(), before);
                let taken = self.repeated(open, row, there, same)?;
                if taken > 0 && row.ends_at(open.count) {
                    return Ok(());
                }
                if taken > 0 && same == before.len() {
                    continue;
                }
                // What was taken ends where the next name began in the record before. Here blanks may follow, or
                // anything: then nothing of the next member is known.
                known = same.wrapping_sub(taken);
            }
            if self.next() != Some(b'"') {
                return Err(DecodeError::Syntax);
            }
            self.member(open, row, known)?;
            open.count = open.count.saturating_add(1);
            if self.after(b'}')?.is_none() {
                return Ok(());
            }
        }
    }

    /// Takes the members that stand here as they stood in the record before, where the first `same` bytes from `there`
    /// on are those that stand here. Gives their bytes; the last member's have the brace behind them.
    fn repeated(&mut self, open: &mut Open, row: &mut Row, there: usize, same: usize) -> Result<usize, DecodeError> {
        let mut taken = 0_usize;
        while let Some((_, end)) = row.extent(open.count) {
            let length = end.wrapping_sub(there);
            if length > same {
                break;
            }
            let Some(member) = row.member(open.count) else { break };
            if let Some((id, _)) = member.found {
                // A record is read anew.
                let Some(value) = member.again else { break };
                self.once(open, id)?;
                self.entries.push((id, value));
            }
            member.at = self.at.wrapping_add(taken);
            taken = length;
            open.count = open.count.wrapping_add(1);
        }
        self.pass(taken);
        Ok(taken)
    }

    /// Refuses a member that the record has already.
    #[inline]
    fn once(&self, open: &Open, id: NameId) -> Result<(), DecodeError> {
        if !open.as_before && self.entries.get(open.base..).is_some_and(|e| e.iter().any(|(other, _)| *other == id)) {
            return Err(DecodeError::Duplicate);
        }
        Ok(())
    }

    /// One `"name": value`; kept, or checked and passed over. Its first `known` bytes are those that the member at its
    /// place has in the record before.
    fn member(&mut self, open: &mut Open, row: &mut Row, known: usize) -> Result<(), DecodeError> {
        let at = self.at;
        let found = match row.member(open.count) {
            Some(member) if member.head <= known => {
                member.at = at;
                let found = member.found;
                let head = member.head;
                self.pass(head);
                found
            }
            _ => {
                open.as_before = false;
                let found = self.name(open.keep)?;
                row.learn(open.count, Member { at, head: self.at.wrapping_sub(at), found, again: None });
                found
            }
        };
        let first = self.next().ok_or(DecodeError::Syntax)?;
        let Some((id, keep)) = found else { return self.skip(first, open.depth) };
        self.once(open, id)?;
        let value = self.value(first, open.depth, keep)?;
        self.entries.push((id, value));
        if let Some(member) = row.member(open.count) {
            member.again = (!matches!(value, Value::List(_) | Value::Record(_))).then_some(value);
        }
        Ok(())
    }

    /// Members that are all kept.
    fn members_whole(&mut self, open: &mut Open) -> Result<(), DecodeError> {
        open.as_before = false;
        loop {
            if self.next() != Some(b'"') {
                return Err(DecodeError::Syntax);
            }
            let found = self.name(open.keep)?;
            let first = self.next().ok_or(DecodeError::Syntax)?;
            if let Some((id, keep)) = found {
                self.once(open, id)?;
                let value = self.value(first, open.depth, keep)?;
                self.entries.push((id, value));
            }
            open.count = open.count.saturating_add(1);
            if self.after(b'}')?.is_none() {
                return Ok(());
            }
        }
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
        if self.next() != Some(b':') {
            return Err(DecodeError::Syntax);
        }
        self.pass(1);
        Ok(())
    }

    /// What follows an item: the first byte of the next one, or none at the end.
    #[inline]
    pub fn after(&mut self, end: u8) -> Result<Option<u8>, DecodeError> {
        let next = self.next().ok_or(DecodeError::Syntax)?;
        self.pass(1);
        if next == b',' {
            self.next().map(Some).ok_or(DecodeError::Syntax)
        } else if next == end {
            Ok(None)
        } else {
            Err(DecodeError::Syntax)
        }
    }

    /// Passes over a value, checking it.
    pub fn skip(&mut self, first: u8, depth: usize) -> Result<(), DecodeError> {
        match first {
            b'"' => self.string_end(),
            b'0'..=b'9' | b'-' => self.skip_number(),
            b'{' | b'[' => self.skip_items(first, depth.checked_sub(1).ok_or(DecodeError::Depth)?),
            _ => self.word().map(drop),
        }
    }

    /// Passes over a list or a record.
    fn skip_items(&mut self, first: u8, depth: usize) -> Result<(), DecodeError> {
        self.pass(1);
        let record = first == b'{';
        let end = if record { b'}' } else { b']' };
        let mut next = self.next().ok_or(DecodeError::Syntax)?;
        if next == end {
            self.pass(1);
            return Ok(());
        }
        loop {
            if record {
                if next != b'"' {
                    return Err(DecodeError::Syntax);
                }
                self.string_end()?;
                self.colon()?;
                next = self.next().ok_or(DecodeError::Syntax)?;
            }
            self.skip(next, depth)?;
            match self.after(end)? {
                Some(first) => next = first,
                None => return Ok(()),
            }
        }
    }

    /// The text up to the next byte that does not stand for itself.
    #[inline]
    fn run(&mut self) -> &'a [u8] {
        let rest = self.rest();
        let length = scan::plain(rest);
        self.pass(length);
        rest.get(..length).unwrap_or_default()
    }

    /// Passes over a string whose quote is next.
    fn string_end(&mut self) -> Result<(), DecodeError> {
        self.pass(1);
        loop {
            self.run();
            match self.take() {
                Some(b'"') => return Ok(()),
                Some(b'\\') => {
                    self.escape()?;
                }
                _ => return Err(DecodeError::Syntax),
            }
        }
    }

    /// The character of an escape whose backslash has been passed over.
    fn escape(&mut self) -> Result<char, DecodeError> {
        let kind = self.take().ok_or(DecodeError::Syntax)?;
        self.lexed(|lexer| lexer.escape(kind).ok())
    }

    /// A string whose quote is next.
    pub fn string(&mut self) -> Result<Str<'a>, DecodeError> {
        self.pass(1);
        let start = self.at;
        let run = self.run();
        match self.take() {
            Some(b'"') => Ok(Str::Borrowed { bytes: run, start }),
            Some(b'\\') => self.escaped(run),
            _ => Err(DecodeError::Syntax),
        }
    }

    /// A string with escapes, from behind its first backslash on.
    fn escaped(&mut self, mut run: &'a [u8]) -> Result<Str<'a>, DecodeError> {
        let mut out = String::new();
        loop {
            out.push_str(std::str::from_utf8(run).map_err(|_| DecodeError::Syntax)?);
            out.push(self.escape()?);
            run = self.run();
            match self.take() {
                Some(b'"') => break,
                Some(b'\\') => {}
                _ => return Err(DecodeError::Syntax),
            }
        }
        out.push_str(std::str::from_utf8(run).map_err(|_| DecodeError::Syntax)?);
        Ok(Str::Owned(out))
    }

    fn text(&mut self, string: Str<'a>) -> Result<Value, DecodeError> {
        let bytes = string.bytes();
        if self.decoder.tidies_away(bytes) {
            return Ok(Value::Null);
        }
        let small = |number: usize| u32::try_from(number).map_err(|_| DecodeError::Full);
        let len = small(bytes.len())?;
        Ok(Value::Text(match string {
            Str::Borrowed { start, .. } => {
                Text { segment: self.segment, start: small(self.before.saturating_add(start))?, len }
            }
            Str::Owned(text) => {
                let start = small(self.unescaped.len())?;
                self.unescaped.push_str(&text);
                Text { segment: self.segment.saturating_add(1), start, len }
            }
        }))
    }
}
