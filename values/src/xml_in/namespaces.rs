//! Namespaces by number, and what prefixes stand for where they are in sight.

use std::borrow::Cow;

use super::classes::{Class, same};
use super::lexed::{Lexed, WRONG};
use crate::{DecodeError, XSI};

/// What the prefix `xml` stands for.
const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// Most prefixes in sight, and namespaces of a document.
pub const MANY: usize = 256;

/// A namespace's number.
pub type Uri = u16;

/// A prefix in sight.
#[derive(Clone, Copy, Debug)]
struct Scope<'a> {
    prefix: &'a [u8],
    uri: Uri,
    /// Which declaration it was, counted from 1 on.
    declaration: usize,
}

/// The namespaces of a document.
#[derive(Debug)]
pub struct Namespaces<'a> {
    /// Prefixes in sight and the namespaces they stand for, innermost last; the empty one is the default namespace.
    scopes: Vec<Scope<'a>>,
    /// How many declarations there have been.
    declarations: usize,
    /// Namespaces by number; 0 is none, 1 is that of `xml`.
    uris: Vec<Cow<'a, str>>,
    /// What the empty prefix stands for, and the prefix that was asked for last. Both hold as long as `scopes` stays as
    /// it is: [`Self::changed`].
    default: Uri,
    /// The number of [`XSI`]; no number while it was not declared.
    pub schema: Uri,
    last: (&'a [u8], Uri),
}

impl<'a> Namespaces<'a> {
    /// None but those that every document has.
    pub fn new() -> Self {
        Self {
            scopes: Vec::new(),
            declarations: 0,
            uris: vec![Cow::Borrowed(""), Cow::Borrowed(XML)],
            default: 0,
            schema: Uri::MAX,
            last: (b"xml", 1),
        }
    }

    /// A namespace by its number.
    pub fn uri(&self, number: Uri) -> &str {
        self.uris.get(usize::from(number)).map_or("", |uri| uri)
    }

    /// What is in sight, as a number: where it is the same, every prefix stands for the same.
    pub fn sight(&self) -> usize {
        self.scopes.last().map_or(0, |scope| scope.declaration)
    }

    /// How many prefixes are in sight.
    pub fn in_sight(&self) -> u16 {
        // The limit is far below.
        u16::try_from(self.scopes.len()).unwrap_or(u16::MAX)
    }

    /// An element ends outside of which so many prefixes were in sight.
    pub fn leave(&mut self, outside: u16) {
        if self.scopes.len() > usize::from(outside) {
            self.scopes.truncate(usize::from(outside));
            self.changed();
        }
    }

    /// The default namespace.
    pub fn default(&self) -> Uri {
        self.default
    }

    /// What a prefix stands for.
    pub fn of(&mut self, prefix: &'a [u8]) -> Lexed<Uri> {
        if prefix.is_empty() {
            return Ok(self.default);
        }
        if !same(prefix, self.last.0) {
            self.last = (prefix, self.find(prefix).ok_or(DecodeError::Prefix)?);
        }
        Ok(self.last.1)
    }

    fn find(&self, prefix: &[u8]) -> Option<Uri> {
        let known = self.scopes.iter().rev().find(|scope| scope.prefix == prefix);
        known.map(|scope| scope.uri).or(if prefix == b"xml" { Some(1) } else { None })
    }

    fn changed(&mut self) {
        self.default = self.find(b"").unwrap_or(0);
        self.last = (b"xml", 1);
    }

    /// A declaration of the element whose prefixes stand from `outside` on.
    pub fn declare(&mut self, prefix: &'a [u8], uri: Cow<'a, str>, outside: u16) -> Lexed<()> {
        let twice = self.scopes.iter().skip(usize::from(outside)).any(|scope| scope.prefix == prefix);
        // A prefix cannot be taken back, `xml` is what it is, and `xmlns` is no prefix.
        if twice || prefix.contains(&b':') || prefix == b"xmlns" || (prefix == b"xml") != (uri == XML) {
            return Err(WRONG);
        }
        if !prefix.is_empty() && (uri.is_empty() || !prefix.first().is_some_and(|b| Class::START.has(*b))) {
            return Err(WRONG);
        }
        let number = match self.uris.iter().position(|known| *known == uri) {
            Some(number) => Uri::try_from(number).map_err(|_| DecodeError::Full)?,
            None if self.uris.len() < MANY => {
                let number = Uri::try_from(self.uris.len()).map_err(|_| DecodeError::Full)?;
                if uri == XSI {
                    self.schema = number;
                }
                self.uris.push(uri);
                number
            }
            None => return Err(DecodeError::Full),
        };
        self.declarations = self.declarations.saturating_add(1);
        self.scopes.push(Scope { prefix, uri: number, declaration: self.declarations });
        self.changed();
        Ok(())
    }
}
