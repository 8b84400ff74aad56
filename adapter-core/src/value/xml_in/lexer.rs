//! XML as text: tags with their namespaces, character data, comments, processing instructions.
//!
//! Strict where leniency could read a document as another one: no document type, no entities but the five, tags that
//! match, attributes once, prefixes declared. Everything is checked, whether it is kept or not.

use std::borrow::Cow;

use super::characters::{Run, find, is_blank, is_start, parted, stands, unescape};
use crate::value::DecodeError;

/// What the prefix `xml` stands for.
const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// Most attributes of an element, prefixes in sight, and namespaces of a document.
const MANY: usize = 256;

/// A start tag that was read.
#[derive(Clone, Copy, Debug)]
pub struct Tag<'a> {
    /// The name as written.
    name: &'a str,
    /// The name without its prefix.
    pub local: &'a str,
    /// Its namespace, see [`Lexer::uri`].
    pub uri: usize,
    /// How many prefixes are in sight outside.
    outside: usize,
    /// It is its own end tag.
    empty: bool,
}

/// An attribute of the start tag read last.
#[derive(Clone, Copy, Debug)]
pub struct Attribute<'a> {
    /// The name without its prefix.
    pub local: &'a str,
    /// Its namespace, see [`Lexer::uri`].
    pub uri: usize,
    /// The value as written.
    pub value: &'a str,
}

/// The character data of an element, gathered piece by piece.
#[derive(Clone, Copy, Debug, Default)]
pub enum Gathered {
    /// None yet.
    #[default]
    Nothing,
    /// One piece that stands in the document as it reads: offset and length.
    Standing(usize, usize),
    /// Several, or escaped ones: from this offset of [`Lexer::unescaped`] on.
    Unescaped(usize),
}

/// A document being read.
#[derive(Debug)]
pub struct Lexer<'a> {
    text: &'a str,
    at: usize,
    /// Texts that were escaped, as they read.
    pub unescaped: String,
    /// Attributes of the start tag read last.
    pub attributes: Vec<Attribute<'a>>,
    /// Prefixes in sight and the namespaces they stand for, innermost last; the empty one is the default namespace.
    scopes: Vec<(&'a str, usize)>,
    /// Namespaces by number; 0 is none, 1 is that of `xml`.
    uris: Vec<Cow<'a, str>>,
}

type Lexed<T> = Result<T, DecodeError>;
const WRONG: DecodeError = DecodeError::Syntax;

impl<'a> Lexer<'a> {
    /// A lexer at the start of a document.
    pub fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            unescaped: String::new(),
            attributes: Vec::new(),
            scopes: Vec::new(),
            uris: vec![Cow::Borrowed(""), Cow::Borrowed(XML)],
        }
    }

    /// A namespace by its number.
    pub fn uri(&self, number: usize) -> &str {
        self.uris.get(number).map_or("", |uri| uri)
    }

    /// The root's start tag, behind the declaration and what else may stand before it.
    #[inline(never)]
    pub fn root(&mut self) -> Lexed<Tag<'a>> {
        let rest = self.rest().as_bytes();
        if rest.starts_with(b"<?xml") && rest.get(5).is_some_and(|b| is_blank(*b)) {
            self.until("?>")?;
        }
        self.misc()?;
        if self.eat("<") { self.start_tag() } else { Err(WRONG) }
    }

    /// Nothing but comments and the like may follow the root.
    pub fn end(&mut self) -> Lexed<()> {
        self.misc()?;
        if self.rest().is_empty() { Ok(()) } else { Err(WRONG) }
    }

    /// The start tag of the next child of an element, or none behind its end tag. Character data before it is checked
    /// and, if wanted, gathered.
    #[inline(never)]
    pub fn next_child(&mut self, parent: &Tag<'a>, mut gathered: Option<&mut Gathered>) -> Lexed<Option<Tag<'a>>> {
        if parent.empty {
            self.scopes.truncate(parent.outside);
            return Ok(None);
        }
        loop {
            let run = self.until("<")?;
            if find(run, "]]>").is_some() {
                return Err(WRONG);
            }
            self.gather(run, Run::Text, gathered.as_deref_mut())?;
            if self.eat("/") {
                let name = self.name()?;
                self.blanks();
                if name != parent.name || !self.eat(">") {
                    return Err(WRONG);
                }
                self.scopes.truncate(parent.outside);
                return Ok(None);
            }
            if self.eat("![CDATA[") {
                let run = self.until("]]>")?;
                self.gather(run, Run::Cdata, gathered.as_deref_mut())?;
            } else if !self.aside()? {
                return self.start_tag().map(Some);
            }
        }
    }

    /// The value of an attribute, as it reads; borrowed if it stands so.
    #[inline(never)]
    pub fn value(&self, attribute: Attribute<'a>) -> Lexed<Cow<'a, str>> {
        if stands(attribute.value, Run::Attribute) {
            return Ok(Cow::Borrowed(attribute.value));
        }
        let mut out = String::new();
        unescape(attribute.value, Run::Attribute, &mut out)?;
        Ok(Cow::Owned(out))
    }

    /// Where a piece of the document stands in it.
    pub fn offset(&self, piece: &str) -> usize {
        (piece.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize)
    }

    /// Gathered character data.
    pub fn gathered(&self, gathered: Gathered) -> &str {
        match gathered {
            Gathered::Nothing => "",
            Gathered::Standing(start, len) => self.text.get(start..start.saturating_add(len)).unwrap_or(""),
            Gathered::Unescaped(start) => self.unescaped.get(start..).unwrap_or(""),
        }
    }

    /// Checks a run, and adds it to what was gathered. An element's pieces follow one another in
    /// [`Lexer::unescaped`], since its text is dropped at its first child.
    #[inline(never)]
    pub fn gather(&mut self, run: &'a str, is: Run, gathered: Option<&mut Gathered>) -> Lexed<()> {
        if run.is_empty() {
            return Ok(());
        }
        let standing = stands(run, is);
        let Some(gathered) = gathered else {
            if !standing {
                let before = self.unescaped.len();
                let checked = unescape(run, is, &mut self.unescaped);
                self.unescaped.truncate(before);
                return checked;
            }
            return Ok(());
        };
        let start = match *gathered {
            Gathered::Nothing if standing => {
                *gathered = Gathered::Standing(self.offset(run), run.len());
                return Ok(());
            }
            Gathered::Nothing => self.unescaped.len(),
            Gathered::Standing(start, len) => {
                let from = self.unescaped.len();
                self.unescaped.push_str(self.text.get(start..start.saturating_add(len)).unwrap_or(""));
                from
            }
            Gathered::Unescaped(start) => start,
        };
        *gathered = Gathered::Unescaped(start);
        if standing {
            self.unescaped.push_str(run);
            return Ok(());
        }
        unescape(run, is, &mut self.unescaped)
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    #[inline(never)]
    fn eat(&mut self, what: &str) -> bool {
        let there = self.rest().starts_with(what);
        if there {
            self.at = self.at.saturating_add(what.len());
        }
        there
    }

    /// What stands before a mark; the mark is passed over.
    #[inline(never)]
    fn until(&mut self, mark: &str) -> Lexed<&'a str> {
        let rest = self.rest();
        let len = find(rest, mark).ok_or(WRONG)?;
        self.at = self.at.saturating_add(len).saturating_add(mark.len());
        rest.get(..len).ok_or(WRONG)
    }

    #[inline(never)]
    fn blanks(&mut self) -> bool {
        let blanks = self.rest().bytes().take_while(|b| is_blank(*b)).count();
        self.at = self.at.saturating_add(blanks);
        blanks > 0
    }

    #[inline(never)]
    fn name(&mut self) -> Lexed<&'a str> {
        let rest = self.rest();
        let len =
            rest.bytes().take_while(|b| is_start(*b) || b.is_ascii_digit() || matches!(b, b'-' | b'.' | b':')).count();
        let name = rest.get(..len).ok_or(WRONG)?;
        self.at = self.at.saturating_add(len);
        if name.bytes().next().is_some_and(is_start) { Ok(name) } else { Err(WRONG) }
    }

    /// Blanks, comments and processing instructions outside of the root.
    #[inline(never)]
    fn misc(&mut self) -> Lexed<()> {
        loop {
            self.blanks();
            let before = self.at;
            if !(self.eat("<") && self.aside()?) {
                self.at = before;
                return Ok(());
            }
        }
    }

    /// A comment or processing instruction whose `<` was read, or false.
    #[inline(never)]
    fn aside(&mut self) -> Lexed<bool> {
        if self.eat("!--") {
            let comment = self.until("--")?;
            self.gather(comment, Run::Cdata, None)?;
            return if self.eat(">") { Ok(true) } else { Err(WRONG) };
        }
        if self.eat("?") {
            let target = self.name()?;
            let content = self.until("?>")?;
            self.gather(content, Run::Cdata, None)?;
            let apart = content.is_empty() || content.bytes().next().is_some_and(is_blank);
            return if apart && !target.eq_ignore_ascii_case("xml") { Ok(true) } else { Err(WRONG) };
        }
        Ok(false)
    }

    /// A start tag whose `<` was read.
    #[inline(never)]
    fn start_tag(&mut self) -> Lexed<Tag<'a>> {
        let name = self.name()?;
        let outside = self.scopes.len();
        self.attributes.clear();
        let empty = loop {
            let apart = self.blanks();
            if self.eat(">") {
                break false;
            }
            if self.eat("/>") {
                break true;
            }
            let name = self.name()?;
            self.blanks();
            if !apart || !self.eat("=") {
                return Err(WRONG);
            }
            self.blanks();
            let quote = if self.eat("\"") { "\"" } else { "'" };
            if quote == "'" && !self.eat("'") {
                return Err(WRONG);
            }
            let value = self.until(quote)?;
            if find(value, "<").is_some() {
                return Err(WRONG);
            }
            self.gather(value, Run::Attribute, None)?;
            let attribute = Attribute { local: name, uri: 0, value };
            match name.strip_prefix("xmlns") {
                Some("") => self.declare("", attribute, outside)?,
                Some(behind) if behind.starts_with(':') => {
                    let prefix = behind.strip_prefix(':').filter(|prefix| !prefix.is_empty()).ok_or(WRONG)?;
                    self.declare(prefix, attribute, outside)?;
                }
                _ => self.attributes.push(attribute),
            }
            if self.attributes.len() > MANY || self.scopes.len() > MANY {
                return Err(DecodeError::Full);
            }
        };
        let (prefix, local) = parted(name)?;
        let uri = self.namespace(prefix)?;
        let mut attributes = std::mem::take(&mut self.attributes);
        for attribute in &mut attributes {
            let (prefix, local) = parted(attribute.local)?;
            *attribute = Attribute {
                local,
                // The default namespace is not the attributes'.
                uri: if prefix.is_empty() { 0 } else { self.namespace(prefix)? },
                value: attribute.value,
            };
        }
        let twice = attributes
            .iter()
            .enumerate()
            .any(|(at, a)| attributes.iter().take(at).any(|b| (a.local, a.uri) == (b.local, b.uri)));
        self.attributes = attributes;
        if twice { Err(WRONG) } else { Ok(Tag { name, local, uri, outside, empty }) }
    }

    /// A namespace declaration of the element whose prefixes stand from `outside` on.
    #[inline(never)]
    fn declare(&mut self, prefix: &'a str, attribute: Attribute<'a>, outside: usize) -> Lexed<()> {
        let uri = self.value(attribute)?;
        let twice = self.scopes.iter().skip(outside).any(|(known, _)| *known == prefix);
        // A prefix cannot be taken back, `xml` is what it is, and `xmlns` is no prefix.
        if twice || find(prefix, ":").is_some() || prefix == "xmlns" || (prefix == "xml") != (uri == XML) {
            return Err(WRONG);
        }
        if !prefix.is_empty() && (uri.is_empty() || !prefix.bytes().next().is_some_and(is_start)) {
            return Err(WRONG);
        }
        let number = match self.uris.iter().position(|known| *known == uri) {
            Some(number) => number,
            None if self.uris.len() < MANY => {
                self.uris.push(uri);
                self.uris.len().saturating_sub(1)
            }
            None => return Err(DecodeError::Full),
        };
        self.scopes.push((prefix, number));
        Ok(())
    }

    /// What a prefix stands for.
    #[inline(never)]
    fn namespace(&self, prefix: &str) -> Lexed<usize> {
        match self.scopes.iter().rev().find(|(known, _)| *known == prefix) {
            Some((_, number)) => Ok(*number),
            None if prefix.is_empty() => Ok(0),
            None if prefix == "xml" => Ok(1),
            None => Err(WRONG),
        }
    }
}
