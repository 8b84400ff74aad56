//! JSON into the arena: exact numbers, text borrowed where nothing is escaped, members that nobody reads skipped.
//!
//! Everything skipped is checked all the same: a document is taken whole or not at all.

mod parser;
mod rows;
#[cfg(test)]
mod tests;

use super::{Arena, DecodeError, Decoder, NameTable, Names, Undecoded, Value};
use parser::Parser;

impl Decoder<'_> {
    /// Decodes one document. A byte order mark in front of it is passed over.
    ///
    /// # Errors
    /// [`Undecoded`]; the arena then holds unused values, nothing refers to them.
    pub fn decode(&self, arena: &mut Arena, body: Vec<u8>) -> Result<Value, Undecoded> {
        let document = String::from_utf8(body).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            Undecoded::new(error.as_bytes(), DecodeError::Bytes, at)
        })?;
        // The document is parsed while it is not yet the arena's, which is being written to; then it becomes the
        // segment the values already name.
        let full = Undecoded::nowhere(DecodeError::Full);
        let segment = arena.next_segment().map_err(|_| full)?;
        let text = document.strip_prefix('\u{feff}').unwrap_or(&document);
        let before = document.len().saturating_sub(text.len());
        let mut parser = Parser::new(self, arena, text, before, segment);
        let value = match parser.document() {
            Ok(value) => value,
            Err(why) => {
                let at = before.saturating_add(parser.at());
                return Err(Undecoded::new(document.as_bytes(), why, at));
            }
        };
        let unescaped = parser.unescaped;
        arena.add_document(document, unescaped, self.origin).map_err(|_| full)?;
        Ok(value)
    }
}

/// The members of a document that is one object, each value as it stands in the text. For envelopes whose content is
/// read, or checked, as text.
///
/// # Errors
/// [`DecodeError`].
pub fn raw_members(text: &str, depth: usize) -> Result<Vec<(String, &str)>, DecodeError> {
    let mut arena = Arena::new(std::sync::Arc::from(""), Names::new(std::sync::Arc::new(NameTable::new(Vec::new()))));
    let decoder = Decoder::whole(depth);
    let mut parser = Parser::new(&decoder, &mut arena, text, 0, 0);
    let mut members: Vec<(String, &str)> = Vec::new();
    if parser.next() != Some(b'{') {
        return Err(DecodeError::Syntax);
    }
    parser.pass(1);
    let mut next = parser.next().ok_or(DecodeError::Ended)?;
    let mut open = next != b'}';
    if !open {
        parser.pass(1);
    }
    while open {
        if next != b'"' {
            return Err(DecodeError::Syntax);
        }
        let key = parser.string()?;
        let name = std::str::from_utf8(key.bytes()).map_err(|_| DecodeError::Syntax)?.to_owned();
        parser.colon()?;
        parser.next();
        let start = parser.at();
        parser.skip(depth)?;
        if members.iter().any(|(n, _)| *n == name) {
            return Err(DecodeError::Duplicate);
        }
        members.push((name, text.get(start..parser.at()).ok_or(DecodeError::Syntax)?));
        match parser.after(b'}')? {
            Some(first) => next = first,
            None => open = false,
        }
    }
    if parser.next().is_some() { Err(DecodeError::Syntax) } else { Ok(members) }
}
