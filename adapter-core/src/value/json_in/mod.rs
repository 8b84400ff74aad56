//! JSON into the arena: exact numbers, text borrowed where nothing is escaped, members that nobody reads skipped.
//!
//! The lexing is hifijson's. Everything skipped is checked all the same: a document is taken whole or not at all.

mod parser;
#[cfg(test)]
mod tests;

use hifijson::token::Lex as _;
use hifijson::{Read as _, SliceLexer};

use super::{Arena, NameTable, Names, Value};
use crate::expr::NameId;
use parser::Parser;

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
        let mut parser = Parser::new(self, arena, text, document.len(), segment);
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
    let decoder = Decoder::whole(depth);
    let mut parser = Parser::new(&decoder, &mut arena, text, text.len(), 0);
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
