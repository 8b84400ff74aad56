//! XML as text: tags with their namespaces, character data, comments, processing instructions.
//!
//! Strict where leniency could read a document as another one: no document type, no entities but the five, tags that
//! match, attributes once, prefixes declared. Everything is checked, whether it is kept or not.

use super::attributes::Attribute;
use super::characters::{Run, unescape};
use super::classes::{CDATA_END, TEXT_END, find, is_blank};
use super::cursor::{Cursor, Name, Parts};
use super::lexed::{Lexed, WRONG};
use super::namespaces::{Namespaces, Uri};
use super::seen::{Behind, Number, Seen};
use crate::DecodeError;

/// A start tag that was read.
#[derive(Clone, Copy, Debug)]
pub struct Tag<'a> {
    pub name: Name<'a>,
    pub uri: Uri,
    /// How many prefixes are in sight outside.
    outside: u16,
    /// It is its own end tag.
    pub empty: bool,
    pub number: Number,
    /// Where its next child stands.
    behind: Behind,
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
    pub cursor: Cursor<'a>,
    /// Texts that were escaped, as they read.
    pub unescaped: String,
    /// Attributes of the start tag read last.
    pub attributes: Vec<Attribute<'a>>,
    pub namespaces: Namespaces<'a>,
    pub seen: Seen<'a>,
    /// How many start tags were read.
    pub tags: usize,
}

/// Most attributes of a tag that is remembered with them.
const FEW: usize = 16;

impl<'a> Lexer<'a> {
    /// A lexer at the start of a document.
    pub fn new(text: &'a str) -> Self {
        Self {
            cursor: Cursor::new(text),
            unescaped: String::new(),
            attributes: Vec::new(),
            namespaces: Namespaces::new(),
            seen: Seen::new(),
            tags: 0,
        }
    }

    /// The root's start tag, behind the declaration and what else may stand before it. Also white space before the
    /// declaration, as scripts leave it there: it can mean nothing else.
    pub fn root(&mut self) -> Lexed<Tag<'a>> {
        self.cursor.blanks();
        if let Some([blank, ..]) = self.cursor.rest.strip_prefix(b"<?xml")
            && is_blank(*blank)
        {
            self.cursor.until(b"?>")?;
        }
        self.misc()?;
        match self.cursor.rest {
            [] => Err(DecodeError::Ended),
            [b'<', b'!', b'D' | b'd', ..] => Err(DecodeError::Doctype),
            [b'<', behind @ ..] => {
                self.cursor.rest = behind;
                self.start_tag(Behind::Start(Seen::NONE))
            }
            _ => Err(WRONG),
        }
    }

    /// Nothing but comments and the like may follow the root.
    pub fn end(&mut self) -> Lexed<()> {
        self.misc()?;
        if self.cursor.rest.is_empty() { Ok(()) } else { Err(WRONG) }
    }

    /// The content and the end tag of an element, if it has nothing but text that reads as it stands, as most elements
    /// have: one look at each byte. Otherwise none, and nothing is read. Copied to where it is used, as it is done for
    /// every element and calling it costs as much as what it does.
    #[inline(always)]
    pub fn leaf(&mut self, tag: &Tag<'a>) -> Option<Gathered> {
        let mut text = Gathered::Nothing;
        if !tag.empty {
            let mut cursor = self.cursor;
            let len = cursor.pass(TEXT_END);
            if !cursor.eat(b"</") || !cursor.eat_end(&tag.name) {
                return None;
            }
            if len > 0 {
                text = Gathered::Standing(self.cursor.at(), len);
            }
            self.cursor = cursor;
        }
        self.namespaces.leave(tag.outside);
        Some(text)
    }

    /// Passes over the content and the end tag of an element that may have so many levels below it.
    pub fn pass(&mut self, tag: &mut Tag<'a>, depth: usize) -> Lexed<()> {
        if self.leaf(tag).is_some() {
            return Ok(());
        }
        while let Some(mut child) = self.next_child(tag, None)? {
            self.pass(&mut child, depth.checked_sub(1).ok_or(DecodeError::Depth)?)?;
        }
        Ok(())
    }

    /// The start tag of the next child of an element, or none behind its end tag. Character data before it is checked
    /// and, if wanted, gathered.
    pub fn next_child(&mut self, parent: &mut Tag<'a>, mut gathered: Option<&mut Gathered>) -> Lexed<Option<Tag<'a>>> {
        if parent.empty {
            self.namespaces.leave(parent.outside);
            return Ok(None);
        }
        loop {
            let mut cursor = self.cursor;
            let len = cursor.pass(TEXT_END);
            if cursor.eat(b"<") {
                if let (1.., Some(gathered)) = (len, gathered.as_deref_mut()) {
                    self.add(self.cursor.at(), len, gathered);
                }
                self.cursor = cursor;
            } else {
                self.other_text(gathered.as_deref_mut())?;
            }
            match self.cursor.rest {
                [b'/', behind @ ..] => {
                    self.cursor.rest = behind;
                    self.end_tag(parent)?;
                    return Ok(None);
                }
                [b'!' | b'?', ..] => self.no_tag(gathered.as_deref_mut())?,
                _ => {
                    let child = self.start_tag(parent.behind)?;
                    parent.behind = Behind::Sibling(child.number);
                    return Ok(Some(child));
                }
            }
        }
    }

    /// Character data that does not read as it stands, up to a `<`, which is passed over.
    #[inline(never)]
    fn other_text(&mut self, gathered: Option<&mut Gathered>) -> Lexed<()> {
        let run = self.cursor.until(b"<")?;
        if find(run.as_bytes(), b"]]>").is_some() {
            self.cursor.go_to(run);
            return Err(WRONG);
        }
        self.gather(run, Run::Text, gathered)
    }

    /// A CDATA section, a comment or a processing instruction whose `<` was read.
    #[inline(never)]
    fn no_tag(&mut self, gathered: Option<&mut Gathered>) -> Lexed<()> {
        if self.cursor.eat(b"![CDATA[") {
            return self.cdata(gathered);
        }
        if self.aside()? { Ok(()) } else { Err(WRONG) }
    }

    /// A CDATA section from behind its beginning on: looked through once, if it reads as it stands.
    fn cdata(&mut self, gathered: Option<&mut Gathered>) -> Lexed<()> {
        let (start, mut cursor) = (self.cursor.at(), self.cursor);
        loop {
            cursor.pass(CDATA_END);
            let end = cursor.at();
            if cursor.eat(b"]]>") {
                self.cursor = cursor;
                if let (1.., Some(gathered)) = (end.saturating_sub(start), gathered) {
                    self.add(start, end.saturating_sub(start), gathered);
                }
                return Ok(());
            }
            if !cursor.eat(b"]") {
                break;
            }
        }
        let run = self.cursor.until(b"]]>")?;
        self.gather(run, Run::Cdata, gathered)
    }

    /// A start tag whose `<` was read. Most have neither prefix nor attributes, and are those that are expected.
    #[inline(always)]
    fn start_tag(&mut self, at: Behind) -> Lexed<Tag<'a>> {
        self.tags = self.tags.saturating_add(1);
        self.attributes.clear();
        let mut cursor = self.cursor;
        let (number, name) = match self.seen.expected(at) {
            Some((number, name)) if cursor.eat_name(name) => (number, *name),
            _ => {
                let new = self.other_name(at)?;
                cursor = self.cursor;
                new
            }
        };
        let (uri, outside, behind) = (self.namespaces.default(), self.namespaces.in_sight(), Behind::Start(number));
        let mut tag = Tag { name, uri, outside, empty: false, number, behind };
        let whole = name.parts == Parts::Local && cursor.eat(b">");
        self.cursor = cursor;
        if !whole {
            self.rest_of_tag(&mut tag)?;
        }
        Ok(tag)
    }

    /// The name of a start tag that was not expected.
    #[inline(never)]
    fn other_name(&mut self, at: Behind) -> Lexed<(Number, Name<'a>)> {
        let name = self.cursor.name()?;
        Ok((self.seen.learn(at, name), name))
    }

    /// A start tag of which the name was read.
    #[inline(never)]
    fn rest_of_tag(&mut self, tag: &mut Tag<'a>) -> Lexed<()> {
        let (rest, sight) = (self.cursor.rest, self.namespaces.sight());
        if let Some((last, len)) = self.seen.rest(tag.number, sight, rest) {
            (tag.uri, tag.empty) = (last.uri, last.empty);
            self.attributes.extend_from_slice(&last.attributes);
            self.cursor.take(len)?;
            return Ok(());
        }
        tag.empty = self.written_attributes(tag.outside)?;
        if tag.name.parts == Parts::Wrong {
            return Err(WRONG);
        }
        // What it declares itself counts.
        let uri = self.namespaces.of(tag.name.prefix());
        if let Err(why) = uri.and_then(|uri| {
            tag.uri = uri;
            self.resolve_attributes()
        }) {
            self.cursor.rest = rest;
            return Err(why);
        }
        if self.namespaces.sight() == sight && self.attributes.len() <= FEW {
            let len = rest.len().saturating_sub(self.cursor.rest.len());
            let written = rest.get(..len).unwrap_or_default();
            self.seen.goes_on(tag, written, sight, &self.attributes);
        }
        Ok(())
    }

    /// An end tag whose `</` was read.
    fn end_tag(&mut self, tag: &Tag<'a>) -> Lexed<()> {
        if !self.cursor.eat_end(&tag.name) {
            let before = self.cursor;
            let name = self.cursor.name()?;
            if name.whole != tag.name.whole {
                self.cursor = before;
                return Err(DecodeError::Tag);
            }
            self.cursor.blanks();
            if !self.cursor.eat(b">") {
                return Err(WRONG);
            }
        }
        self.namespaces.leave(tag.outside);
        Ok(())
    }

    /// Blanks, comments and processing instructions outside of the root.
    fn misc(&mut self) -> Lexed<()> {
        loop {
            self.cursor.blanks();
            let before = self.cursor;
            if !(self.cursor.eat(b"<") && self.aside()?) {
                self.cursor = before;
                return Ok(());
            }
        }
    }

    /// A comment or processing instruction whose `<` was read, or false.
    fn aside(&mut self) -> Lexed<bool> {
        if self.cursor.eat(b"!--") {
            let comment = self.cursor.until(b"--")?;
            self.gather(comment, Run::Cdata, None)?;
            return if self.cursor.eat(b">") { Ok(true) } else { Err(WRONG) };
        }
        if self.cursor.eat(b"?") {
            let target = self.cursor.name()?;
            let content = self.cursor.until(b"?>")?;
            self.gather(content, Run::Cdata, None)?;
            let apart = content.bytes().next().is_none_or(is_blank);
            return if apart && !target.whole.eq_ignore_ascii_case(b"xml") { Ok(true) } else { Err(WRONG) };
        }
        Ok(false)
    }

    /// Gathered character data.
    pub fn gathered(&self, gathered: Gathered) -> &str {
        match gathered {
            Gathered::Nothing => "",
            Gathered::Standing(start, len) => self.cursor.piece(start, len).unwrap_or(""),
            Gathered::Unescaped(start) => self.unescaped.get(start..).unwrap_or(""),
        }
    }

    /// Checks a run, and adds it to what was gathered. Where it is none, goes to what is wrong in it.
    pub fn gather(&mut self, run: &'a str, is: Run, gathered: Option<&mut Gathered>) -> Lexed<()> {
        match gathered {
            _ if run.is_empty() => Ok(()),
            Some(gathered) if is.stands(run) => {
                self.add(self.cursor.offset(run), run.len(), gathered);
                Ok(())
            }
            Some(gathered) => {
                self.begin(gathered);
                self.unescape(run, is)
            }
            None if is.stands(run) => Ok(()),
            None => {
                let before = self.unescaped.len();
                let checked = self.unescape(run, is);
                self.unescaped.truncate(before);
                checked
            }
        }
    }

    fn unescape(&mut self, mut run: &'a str, is: Run) -> Lexed<()> {
        let read = unescape(&mut run, is, &mut self.unescaped);
        if read.is_err() {
            self.cursor.go_to(run);
        }
        read
    }

    /// Adds a piece of the document that reads as it stands to what was gathered.
    fn add(&mut self, start: usize, len: usize, gathered: &mut Gathered) {
        if matches!(gathered, Gathered::Nothing) {
            *gathered = Gathered::Standing(start, len);
        } else {
            self.begin(gathered);
            self.unescaped.push_str(self.cursor.piece(start, len).unwrap_or(""));
        }
    }

    /// What was gathered stands in [`Lexer::unescaped`] from now on. An element's pieces follow one another there,
    /// since its text is dropped at its first child.
    fn begin(&mut self, gathered: &mut Gathered) {
        let start = self.unescaped.len();
        match *gathered {
            Gathered::Unescaped(_) => return,
            Gathered::Standing(at, len) => self.unescaped.push_str(self.cursor.piece(at, len).unwrap_or("")),
            Gathered::Nothing => {}
        }
        *gathered = Gathered::Unescaped(start);
    }
}
