//! Strings: passed over, or taken as they stand or unescaped.

use hifijson::escape::Lex as _;

use super::{Parser, wrong};
use crate::{DecodeError, Text, Value, scan};

/// A string as it stands in the document, or unescaped. The document is UTF-8 as a whole and a string ends at ASCII
/// quotes, so its bytes need no further look.
pub enum Str<'a> {
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

    /// Without the white space at its ends.
    #[cold]
    fn trimmed(self) -> Result<Self, DecodeError> {
        Ok(match self {
            Self::Borrowed { bytes, start } => {
                let text = std::str::from_utf8(bytes).map_err(|_| DecodeError::Syntax)?;
                let behind = text.trim_start();
                let start = start.saturating_add(text.len().saturating_sub(behind.len()));
                Self::Borrowed { bytes: behind.trim_end().as_bytes(), start }
            }
            Self::Owned(text) => Self::Owned(text.trim().to_owned()),
        })
    }
}

impl<'a> Parser<'_, 'a> {
    /// The text up to the next byte that does not stand for itself.
    #[inline]
    fn run(&mut self) -> &'a [u8] {
        let rest = self.rest();
        let length = scan::plain(rest);
        self.pass(length);
        rest.get(..length).unwrap_or_default()
    }

    /// Passes over a string whose quote is next.
    pub(super) fn string_end(&mut self) -> Result<(), DecodeError> {
        self.pass(1);
        loop {
            self.run();
            match self.take() {
                Some(b'"') => return Ok(()),
                Some(b'\\') => self.pass_escape()?,
                met => return Err(self.no_string(met)),
            }
        }
    }

    /// Passes over an escape whose backslash has been passed over.
    fn pass_escape(&mut self) -> Result<(), DecodeError> {
        if !self.decoder.lenient {
            return self.escape().map(|_| ());
        }
        let length = match self.take() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 0,
            // Whether it is half of a character does not matter here.
            Some(b'u') => 4,
            _ => return Err(DecodeError::Syntax),
        };
        let digits = self.rest().get(..length).ok_or(DecodeError::Syntax)?;
        self.pass(length);
        if digits.iter().all(u8::is_ascii_hexdigit) { Ok(()) } else { Err(DecodeError::Syntax) }
    }

    /// The character of an escape whose backslash has been passed over.
    fn escape(&mut self) -> Result<char, DecodeError> {
        let kind = self.take().ok_or(DecodeError::Ended)?;
        match self.lexed(|lexer| lexer.escape(kind).ok()) {
            Some(character) => Ok(character),
            None => Err(self.no_escape(kind)),
        }
    }

    /// What is wrong with an escape of which backslash and kind have been passed over. Stands still at its backslash.
    #[cold]
    fn no_escape(&mut self, kind: u8) -> DecodeError {
        let digits = self.rest().get(..4).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        self.at = self.at.saturating_sub(2);
        if kind == b'u' && digits { DecodeError::Surrogate } else { DecodeError::Syntax }
    }

    /// What is wrong where a string goes on neither with text nor with an escape, after that was taken.
    #[cold]
    fn no_string(&mut self, met: Option<u8>) -> DecodeError {
        self.at = self.at.saturating_sub(usize::from(met.is_some()));
        wrong(met)
    }

    /// A string whose quote is next.
    pub fn string(&mut self) -> Result<Str<'a>, DecodeError> {
        self.pass(1);
        let start = self.at;
        let run = self.run();
        match self.take() {
            Some(b'"') => Ok(Str::Borrowed { bytes: run, start }),
            Some(b'\\') => self.escaped(run),
            met => Err(self.no_string(met)),
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
                met => return Err(self.no_string(met)),
            }
        }
        out.push_str(std::str::from_utf8(run).map_err(|_| DecodeError::Syntax)?);
        Ok(Str::Owned(out))
    }

    pub(super) fn text(&mut self, mut string: Str<'a>) -> Result<Value, DecodeError> {
        if self.decoder.trim {
            string = string.trimmed()?;
        }
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
