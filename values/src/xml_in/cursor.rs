//! How far a document has been read, and the tokens that everything in it is made of.

use super::classes::{Class, Marks, find, is_blank, same};
use super::lexed::{Lexed, WRONG};
use crate::DecodeError;

/// A place in a document.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a> {
    text: &'a str,
    /// What has not been read of it.
    pub rest: &'a [u8],
}

/// A name as written.
#[derive(Clone, Copy, Debug)]
pub struct Name<'a> {
    pub whole: &'a [u8],
    pub parts: Parts,
}

/// What a name is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parts {
    /// It has no colon.
    Local,
    /// A prefix of this length, a colon, and what may be a name itself.
    Prefixed(usize),
    /// Colons where none may be.
    Wrong,
}

impl<'a> Name<'a> {
    /// The prefix; empty if there is none.
    pub fn prefix(self) -> &'a [u8] {
        match self.parts {
            Parts::Prefixed(len) => self.whole.get(..len).unwrap_or_default(),
            _ => &[],
        }
    }

    /// The name without its prefix.
    pub fn local(self) -> &'a [u8] {
        match self.parts {
            Parts::Prefixed(len) => self.whole.get(len.saturating_add(1)..).unwrap_or_default(),
            _ => self.whole,
        }
    }
}

impl<'a> Cursor<'a> {
    /// The start of a document.
    pub fn new(text: &'a str) -> Self {
        Self { text, rest: text.as_bytes() }
    }

    /// How many bytes have been read.
    pub fn at(self) -> usize {
        self.text.len().saturating_sub(self.rest.len())
    }

    /// A piece of the document.
    pub fn piece(self, start: usize, len: usize) -> Option<&'a str> {
        self.text.get(start..start.saturating_add(len))
    }

    /// Goes to where a piece of the document stands in it.
    pub fn go_to(&mut self, piece: &str) {
        self.rest = self.text.as_bytes().get(self.offset(piece)..).unwrap_or_default();
    }

    /// Where a piece of the document stands in it.
    pub fn offset(self, piece: &str) -> usize {
        (piece.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize)
    }

    /// Passes over these bytes, if they are next.
    pub fn eat(&mut self, what: &[u8]) -> bool {
        match self.rest.strip_prefix(what) {
            Some(behind) => {
                self.rest = behind;
                true
            }
            None => false,
        }
    }

    /// Passes over what stands before the first of some marks, and tells how many bytes that is.
    #[inline(always)]
    pub fn pass<const N: usize>(&mut self, marks: Marks<N>) -> usize {
        let len = marks.before(self.rest);
        self.rest = self.rest.get(len..).unwrap_or_default();
        len
    }

    /// Passes over so many bytes.
    pub fn take(&mut self, len: usize) -> Lexed<&'a [u8]> {
        let (taken, behind) = self.rest.split_at_checked(len).ok_or(DecodeError::Ended)?;
        self.rest = behind;
        Ok(taken)
    }

    /// What stands before a mark; the mark is passed over.
    pub fn until(&mut self, mark: &[u8]) -> Lexed<&'a str> {
        let len = find(self.rest, mark).ok_or(DecodeError::Ended)?;
        let start = self.at();
        self.take(len.saturating_add(mark.len()))?;
        self.piece(start, len).ok_or(WRONG)
    }

    /// Passes over blanks; whether there are some.
    pub fn blanks(&mut self) -> bool {
        let before = self.rest.len();
        while let [blank, behind @ ..] = self.rest
            && is_blank(*blank)
        {
            self.rest = behind;
        }
        self.rest.len() < before
    }

    /// A name, of whatever.
    pub fn name(&mut self) -> Lexed<Name<'a>> {
        match self.rest.first() {
            Some(b) if Class::START.has(*b) => {}
            Some(_) => return Err(WRONG),
            None => return Err(DecodeError::Ended),
        }
        let mut len = Class::NAME_END.before(self.rest);
        let mut parts = Parts::Local;
        while let Some((_, [b':', behind @ ..])) = self.rest.split_at_checked(len) {
            let may_begin = behind.first().is_some_and(|b| Class::START.has(*b));
            parts = if parts == Parts::Local && may_begin { Parts::Prefixed(len) } else { Parts::Wrong };
            len = len.saturating_add(1).saturating_add(Class::NAME_END.before(behind));
        }
        Ok(Name { whole: self.take(len)?, parts })
    }

    /// Passes over a name, if it is this one.
    pub fn eat_name(&mut self, name: &Name<'_>) -> bool {
        match self.rest.split_at_checked(name.whole.len()) {
            // Another one may begin with it.
            Some((there, behind @ [end, ..]))
                if same(there, name.whole) && *end != b':' && Class::NAME_END.has(*end) =>
            {
                self.rest = behind;
                true
            }
            _ => false,
        }
    }

    /// Passes over the rest of an element's end tag, from behind its `</` on, if it is written without blanks. The name
    /// was read as one, and `>` ends any: so no other name begins with these bytes.
    pub fn eat_end(&mut self, name: &Name<'_>) -> bool {
        match self.rest.split_at_checked(name.whole.len()) {
            Some((there, [b'>', behind @ ..])) if same(there, name.whole) => {
                self.rest = behind;
                true
            }
            _ => false,
        }
    }
}
