//! XML as text (XML 1.0 with namespaces, without document types): one start tag, end tag, or run of text at a time.

use adapter_core::value::DecodeError;

pub type Read<T> = Result<T, DecodeError>;
pub const WRONG: DecodeError = DecodeError::Syntax;

const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// Most attributes of an element, prefixes in sight, and namespaces of a document.
const MANY: usize = 256;

/// A start tag.
#[derive(Clone, Debug)]
pub struct Tag {
    /// As written.
    pub name: String,
    pub local: String,
    /// Its namespace; empty: none.
    pub uri: String,
    pub attributes: Vec<Attribute>,
    /// It is its own end tag.
    pub empty: bool,
    /// How many prefixes were in sight outside of it.
    outside: usize,
}

/// An attribute that declares no prefix.
#[derive(Clone, Debug)]
pub struct Attribute {
    pub local: String,
    pub uri: String,
    /// As written.
    pub raw: String,
    /// As it reads.
    pub value: String,
}

/// What stands next in an element.
pub enum Next {
    Text(String),
    Child(Tag),
    End,
}

/// What a run of characters is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Run {
    Text,
    /// CDATA, comments, processing instructions: `&` is itself.
    Verbatim,
    Attribute,
}

pub struct Reader<'r> {
    rest: &'r str,
    /// Prefixes in sight with what they stand for, innermost last.
    prefixes: Vec<(String, String)>,
    /// All namespaces met.
    uris: Vec<String>,
}

impl<'r> Reader<'r> {
    pub fn new(text: &'r str) -> Self {
        Self { rest: text, prefixes: Vec::new(), uris: vec![String::new(), XML.to_owned()] }
    }

    /// The root's start tag.
    pub fn root(&mut self) -> Read<Tag> {
        self.rest = self.rest.trim_start_matches(is_blank);
        if let Some(behind) = self.rest.strip_prefix("<?xml")
            && behind.starts_with(is_blank)
        {
            self.until("?>")?;
        }
        self.between()?;
        if self.eat("<") { self.start_tag() } else { Err(WRONG) }
    }

    /// Nothing may stand behind the root.
    pub fn end(&mut self) -> Read<()> {
        self.between()?;
        if self.rest.is_empty() { Ok(()) } else { Err(WRONG) }
    }

    /// What stands next in an element whose start tag is `tag`.
    pub fn next(&mut self, tag: &Tag) -> Read<Next> {
        loop {
            if tag.empty {
                self.prefixes.truncate(tag.outside);
                return Ok(Next::End);
            }
            if self.eat("</") {
                let name = self.name()?;
                self.blanks();
                if name != tag.name || !self.eat(">") {
                    return Err(WRONG);
                }
                self.prefixes.truncate(tag.outside);
                return Ok(Next::End);
            }
            if self.eat("<![CDATA[") {
                let run = self.until("]]>")?;
                return read(run, Run::Verbatim).map(Next::Text);
            }
            if self.aside()? {
                continue;
            }
            if self.eat("<") {
                return self.start_tag().map(Next::Child);
            }
            let end = self.rest.find('<').ok_or(WRONG)?;
            let (run, rest) = self.rest.split_at(end);
            self.rest = rest;
            if run.contains("]]>") {
                return Err(WRONG);
            }
            return read(run, Run::Text).map(Next::Text);
        }
    }

    fn eat(&mut self, what: &str) -> bool {
        match self.rest.strip_prefix(what) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn until(&mut self, mark: &str) -> Read<&'r str> {
        let (before, behind) = self.rest.split_once(mark).ok_or(WRONG)?;
        self.rest = behind;
        Ok(before)
    }

    fn blanks(&mut self) -> bool {
        let behind = self.rest.trim_start_matches(is_blank);
        let any = behind.len() < self.rest.len();
        self.rest = behind;
        any
    }

    fn name(&mut self) -> Read<&'r str> {
        let may_follow = |c: char| starts(c) || c.is_ascii_digit() || "-.:".contains(c);
        let end = self.rest.find(|c| !may_follow(c)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        if name.starts_with(starts) { Ok(name) } else { Err(WRONG) }
    }

    /// Blanks, comments and processing instructions outside of the root.
    fn between(&mut self) -> Read<()> {
        loop {
            self.blanks();
            if !self.aside()? {
                return Ok(());
            }
        }
    }

    /// A comment or processing instruction, or false.
    fn aside(&mut self) -> Read<bool> {
        if self.eat("<!--") {
            let comment = self.until("--")?;
            read(comment, Run::Verbatim)?;
            return if self.eat(">") { Ok(true) } else { Err(WRONG) };
        }
        if self.eat("<?") {
            let target = self.name()?.to_ascii_lowercase();
            let content = self.until("?>")?;
            read(content, Run::Verbatim)?;
            let apart = content.is_empty() || content.starts_with(is_blank);
            return if apart && target != "xml" { Ok(true) } else { Err(WRONG) };
        }
        Ok(false)
    }

    /// A start tag whose `<` was read.
    fn start_tag(&mut self) -> Read<Tag> {
        let name = self.name()?.to_owned();
        let outside = self.prefixes.len();
        let mut written: Vec<(&str, &str, String)> = Vec::new();
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
            let raw = self.until(quote)?;
            if raw.contains('<') {
                return Err(WRONG);
            }
            let value = read(raw, Run::Attribute)?;
            if name == "xmlns" {
                self.declare("", value, outside)?;
            } else if let Some(prefix) = name.strip_prefix("xmlns:") {
                if prefix.is_empty() {
                    return Err(WRONG);
                }
                self.declare(prefix, value, outside)?;
            } else {
                written.push((name, raw, value));
            }
            if written.len() > MANY || self.prefixes.len() > MANY {
                return Err(DecodeError::Full);
            }
        };
        let (prefix, local) = parts(&name)?;
        let (local, uri) = (local.to_owned(), self.namespace(prefix)?);
        let mut attributes: Vec<Attribute> = Vec::new();
        for (name, raw, value) in written {
            let (prefix, local) = parts(name)?;
            let uri = if prefix.is_empty() { String::new() } else { self.namespace(prefix)? };
            if attributes.iter().any(|a| a.local == local && a.uri == uri) {
                return Err(WRONG);
            }
            attributes.push(Attribute { local: local.to_owned(), uri, raw: raw.to_owned(), value });
        }
        Ok(Tag { name, local, uri, attributes, empty, outside })
    }

    fn declare(&mut self, prefix: &str, uri: String, outside: usize) -> Read<()> {
        if self.prefixes[outside..].iter().any(|(known, _)| known == prefix) {
            return Err(WRONG);
        }
        // `xml` stands for one namespace and nothing else does; `xmlns` is no prefix.
        if prefix == "xmlns" || (prefix == "xml") != (uri == XML) {
            return Err(WRONG);
        }
        if !prefix.is_empty() && (uri.is_empty() || !prefix.starts_with(starts) || prefix.contains(':')) {
            return Err(WRONG);
        }
        if !self.uris.contains(&uri) {
            if self.uris.len() == MANY {
                return Err(DecodeError::Full);
            }
            self.uris.push(uri.clone());
        }
        self.prefixes.push((prefix.to_owned(), uri));
        Ok(())
    }

    fn namespace(&self, prefix: &str) -> Read<String> {
        match self.prefixes.iter().rev().find(|(known, _)| known == prefix) {
            Some((_, uri)) => Ok(uri.clone()),
            None if prefix.is_empty() => Ok(String::new()),
            None if prefix == "xml" => Ok(XML.to_owned()),
            None => Err(WRONG),
        }
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// What a name may begin with.
fn starts(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || !c.is_ascii()
}

/// Prefix and local name.
fn parts(name: &str) -> Read<(&str, &str)> {
    let Some((prefix, local)) = name.split_once(':') else { return Ok(("", name)) };
    if local.starts_with(starts) && !local.contains(':') { Ok((prefix, local)) } else { Err(WRONG) }
}

/// A run as it reads.
fn read(run: &str, is: Run) -> Read<String> {
    let mut out = String::new();
    let mut chars = run.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '&' if is != Run::Verbatim => {
                let (reference, _) = run[at + 1..].split_once(';').ok_or(WRONG)?;
                out.push(referred(reference)?);
                while chars.next_if(|(next, _)| *next <= at + 1 + reference.len()).is_some() {}
            }
            '\r' | '\n' | '\t' => {
                if c == '\r' {
                    chars.next_if(|(_, next)| *next == '\n');
                }
                out.push(match (is, c) {
                    (Run::Attribute, _) => ' ',
                    (_, '\t') => '\t',
                    _ => '\n',
                });
            }
            c if exists(c) => out.push(c),
            _ => return Err(WRONG),
        }
    }
    Ok(out)
}

fn referred(reference: &str) -> Read<char> {
    let number = match reference {
        "amp" => return Ok('&'),
        "lt" => return Ok('<'),
        "gt" => return Ok('>'),
        "quot" => return Ok('"'),
        "apos" => return Ok('\''),
        _ => match (reference.strip_prefix("#x"), reference.strip_prefix('#')) {
            (Some(digits), _) if digits.chars().all(|c| c.is_ascii_hexdigit()) => u32::from_str_radix(digits, 16),
            (None, Some(digits)) if digits.chars().all(|c| c.is_ascii_digit()) => digits.parse(),
            _ => return Err(WRONG),
        },
    };
    number.ok().and_then(char::from_u32).filter(|c| exists(*c)).ok_or(WRONG)
}

/// Whether XML has a character.
fn exists(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}
