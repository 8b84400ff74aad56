//! Attributes of start tags, and the prefixes that they declare.

use std::borrow::Cow;

use super::characters::{Run, unescape};
use super::classes::ATTRIBUTE_END;
use super::cursor::{Name, Parts};
use super::lexed::{Lexed, WRONG};
use super::lexer::Lexer;
use super::namespaces::{MANY, Uri};
use crate::DecodeError;

/// An attribute of the start tag read last.
#[derive(Clone, Copy, Debug)]
pub struct Attribute<'a> {
    pub name: Name<'a>,
    pub uri: Uri,
    /// The value as written.
    pub value: &'a str,
}

impl<'a> Lexer<'a> {
    /// The attributes of a start tag and its end; their namespaces are not known yet, since declarations may follow.
    /// Whether it is its own end tag. Outside of it so many prefixes are in sight.
    pub fn written_attributes(&mut self, outside: u16) -> Lexed<bool> {
        loop {
            let apart = self.cursor.blanks();
            if self.cursor.eat(b">") {
                return Ok(false);
            }
            if self.cursor.eat(b"/>") {
                return Ok(true);
            }
            let name = self.cursor.name()?;
            self.cursor.blanks();
            if !apart || !self.cursor.eat(b"=") {
                return Err(WRONG);
            }
            self.cursor.blanks();
            let value = self.quoted()?;
            match name.whole {
                b"xmlns" => self.namespaces.declare(&[], value_of(value)?, outside)?,
                [b'x', b'm', b'l', b'n', b's', b':', prefix @ ..] => {
                    let prefix = Some(prefix).filter(|prefix| !prefix.is_empty()).ok_or(WRONG)?;
                    self.namespaces.declare(prefix, value_of(value)?, outside)?;
                }
                _ => self.attributes.push(Attribute { name, uri: 0, value }),
            }
            if self.attributes.len() > MANY || usize::from(self.namespaces.in_sight()) > MANY {
                return Err(DecodeError::Full);
            }
        }
    }

    /// An attribute's value with its quotes.
    fn quoted(&mut self) -> Lexed<&'a str> {
        let [quote @ (b'"' | b'\''), behind @ ..] = self.cursor.rest else { return Err(WRONG) };
        self.cursor.rest = behind;
        let start = self.cursor.at();
        let mut cursor = self.cursor;
        let len = cursor.pass(ATTRIBUTE_END);
        if let [end, behind @ ..] = cursor.rest
            && end == quote
        {
            self.cursor.rest = behind;
            return self.cursor.piece(start, len).ok_or(WRONG);
        }
        let value = self.cursor.until(&[*quote])?;
        if value.contains('<') {
            self.cursor.go_to(value);
            return Err(WRONG);
        }
        self.gather(value, Run::Attribute, None)?;
        Ok(value)
    }

    /// The namespaces of the attributes, each of which may stand once.
    pub fn resolve_attributes(&mut self) -> Lexed<()> {
        for at in 0..self.attributes.len() {
            let (before, rest) = self.attributes.split_at_mut_checked(at).ok_or(WRONG)?;
            let Some(attribute) = rest.first_mut() else { break };
            let name = attribute.name;
            attribute.uri = match name.parts {
                // The default namespace is not the attributes'.
                Parts::Local => 0,
                Parts::Prefixed(_) => self.namespaces.of(name.prefix())?,
                Parts::Wrong => return Err(WRONG),
            };
            let same = |other: &Attribute| other.uri == attribute.uri && other.name.local() == name.local();
            if before.iter().any(same) {
                return Err(WRONG);
            }
        }
        Ok(())
    }
}

/// An attribute's value as it reads; borrowed if it stands so.
pub fn value_of(value: &str) -> Lexed<Cow<'_, str>> {
    if Run::Attribute.stands(value) {
        return Ok(Cow::Borrowed(value));
    }
    let (mut out, mut value) = (String::new(), value);
    unescape(&mut value, Run::Attribute, &mut out)?;
    Ok(Cow::Owned(out))
}
