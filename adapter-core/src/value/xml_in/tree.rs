//! From tags to values.

use super::characters::Run;
use super::lexer::{Attribute, Gathered, Lexer, Tag};
use super::references::References;
use crate::value::NameId;
use crate::value::{Arena, DecodeError, Decoder, Keep, Names, Text, Value, XSI, sorted_places};

/// Most names of a document that the bundle does not know.
const MET: usize = 4096;

/// A kept child or attribute of an element that is open.
#[derive(Clone, Copy, Debug)]
struct Child {
    name: NameId,
    /// Its namespace.
    uri: usize,
    value: Value,
}

/// What an element or attribute is kept as.
#[derive(Clone, Copy, Debug, Default)]
pub struct Found {
    /// By its local name.
    local: Option<NameId>,
    /// By its name in its namespace.
    spaced: Option<NameId>,
    /// Which of its children are kept; none: it is passed over.
    pub keep: Option<Keep>,
}

/// A document being decoded.
pub struct Tree<'c, 'a> {
    pub decoder: &'c Decoder<'c>,
    pub arena: &'c mut Arena,
    pub lexer: Lexer<'a>,
    segment: u16,
    /// Kept children of the elements that are open, innermost last.
    children: Vec<Child>,
    /// What refers to what, where that is followed.
    pub references: Option<References<'a>>,
    /// The depth at which children are looked at for being the operation's result, and those found: `…Return`, then
    /// `…Result`.
    pub results: Option<(usize, [Vec<Value>; 2])>,
    /// A name as the bundle may write it.
    key: String,
}

impl<'c, 'a> Tree<'c, 'a> {
    /// A decoder of a text that will be the arena's segment `segment`.
    pub fn new(decoder: &'c Decoder<'c>, arena: &'c mut Arena, text: &'a str, segment: u16, encoded: bool) -> Self {
        let references = encoded.then(|| References::new(arena));
        Self {
            decoder,
            arena,
            lexer: Lexer::new(text),
            segment,
            children: Vec::new(),
            references,
            results: None,
            key: String::new(),
        }
    }

    /// One element whose start tag was read, as a child of the innermost open one.
    #[inline(never)]
    pub fn child(&mut self, tag: &Tag<'a>, depth: usize, keep: Option<Keep>) -> Result<(), DecodeError> {
        let found = self.found("", tag.local, tag.uri, keep)?;
        let result = match &self.results {
            Some((at, _)) if *at == depth => result(tag.local),
            _ => None,
        };
        let keep = found.keep.or(result.and(keep));
        let value = self.element(tag, depth, keep)?;
        if let (Some((_, results)), Some(at)) = (&mut self.results, result)
            && let Some(results) = results.get_mut(at)
        {
            results.push(value);
        }
        self.keep_child(found, tag.uri, value);
        Ok(())
    }

    #[inline(never)]
    fn keep_child(&mut self, found: Found, uri: usize, value: Value) {
        for name in [found.local, found.spaced].into_iter().flatten() {
            self.children.push(Child { name, uri, value });
        }
    }

    /// The content of an element whose start tag was read; null if it is not kept.
    pub fn element(&mut self, tag: &Tag<'a>, depth: usize, keep: Option<Keep>) -> Result<Value, DecodeError> {
        let depth = depth.checked_sub(1).ok_or(DecodeError::Depth)?;
        let base = self.children.len();
        let place = match &mut self.references {
            Some(references) => references.enter(&self.lexer, depth, keep),
            None => Default::default(),
        };
        // What something else refers to is read even where nobody names it here.
        let keep = if place.target.is_some() { keep.or(Some(Keep::Named)) } else { keep };
        let nil = self.attributes(keep)?;
        let mut gathered = Gathered::Nothing;
        let mut leaf = true;
        loop {
            let wanted = if leaf && keep.is_some() { Some(&mut gathered) } else { None };
            let Some(child) = self.lexer.next_child(tag, wanted)? else { break };
            if let Gathered::Unescaped(start) = gathered {
                self.lexer.unescaped.truncate(start);
            }
            gathered = Gathered::Nothing;
            leaf = false;
            self.child(&child, depth, keep)?;
        }
        if let Some(value) = place.reference {
            // The element that refers is empty; anything else is not what it says it is.
            self.children.truncate(base);
            if !leaf || !self.lexer.gathered(gathered).is_empty() {
                return Err(DecodeError::Syntax);
            }
            if let Some(references) = &mut self.references {
                references.leave(place, value);
            }
            return Ok(value);
        }
        let value = if keep.is_none() {
            Value::Null
        } else if nil {
            self.children.truncate(base);
            Value::Null
        } else if leaf {
            let text = self.text(gathered)?;
            if self.children.len() > base {
                self.children.push(Child { name: Names::TEXT, uri: 0, value: text });
                self.record(base)?
            } else {
                text
            }
        } else {
            self.record(base)?
        };
        if let Some(references) = &mut self.references {
            references.leave(place, value);
        }
        Ok(value)
    }

    /// Keeps attributes of the start tag read last as members. Whether they say that the element is nil.
    #[inline(never)]
    fn attributes(&mut self, keep: Option<Keep>) -> Result<bool, DecodeError> {
        let mut nil = false;
        if keep.is_none() {
            return Ok(false);
        }
        let attributes = std::mem::take(&mut self.lexer.attributes);
        for attribute in &attributes {
            let schema = self.lexer.uri(attribute.uri) == XSI;
            if schema && attribute.local == "nil" {
                nil = matches!(self.lexer.value(*attribute)?.trim_ascii(), "true" | "1");
            }
            if keep != Some(Keep::Whole) && !self.arena.names().marked() {
                continue;
            }
            // `xsi:type` and its like are about the element, not of it: only who names them gets them.
            let mut found =
                self.found("@", attribute.local, attribute.uri, if schema { Some(Keep::Named) } else { keep })?;
            if schema {
                found.local = None;
            }
            if found.local.is_some() || found.spaced.is_some() {
                let value = self.attribute(*attribute)?;
                self.keep_child(found, attribute.uri, value);
            }
        }
        self.lexer.attributes = attributes;
        Ok(nil)
    }

    #[inline(never)]
    fn attribute(&mut self, attribute: Attribute<'a>) -> Result<Value, DecodeError> {
        let mut gathered = Gathered::Nothing;
        self.lexer.gather(attribute.value, Run::Attribute, Some(&mut gathered))?;
        self.text(gathered)
    }

    /// Gathered character data as a value; null if decoding tidies it away.
    #[inline(never)]
    fn text(&mut self, gathered: Gathered) -> Result<Value, DecodeError> {
        let text = self.lexer.gathered(gathered);
        if self.decoder.tidies_away(text.as_bytes()) {
            return Ok(Value::Null);
        }
        let number = |n: usize| u32::try_from(n).map_err(|_| DecodeError::Full);
        let len = number(text.len())?;
        Ok(Value::Text(match gathered {
            Gathered::Nothing => Text { segment: self.segment, start: 0, len },
            Gathered::Standing(start, _) => Text { segment: self.segment, start: number(start)?, len },
            Gathered::Unescaped(start) => Text { segment: self.segment.saturating_add(1), start: number(start)?, len },
        }))
    }

    /// What an element (`mark` empty) or attribute (`@`) is kept as, and what of it.
    #[inline(never)]
    fn found(&mut self, mark: &str, local: &str, uri: usize, keep: Option<Keep>) -> Result<Found, DecodeError> {
        let Some(keep) = keep else { return Ok(Found::default()) };
        let names = self.arena.names();
        let marked = names.marked();
        let mut found = Found::default();
        let mut known = |name: &str| {
            names.known(name.as_bytes()).map(|(id, deep)| {
                let whole = deep || keep == Keep::Whole || found.keep == Some(Keep::Whole);
                found.keep = Some(if whole { Keep::Whole } else { Keep::Named });
                id
            })
        };
        let (mut by_local, mut spaced) = (None, None);
        if mark.is_empty() {
            by_local = known(local);
        }
        if marked && uri > 0 {
            self.key.clear();
            for part in ["{", self.lexer.uri(uri), "}", mark, local] {
                self.key.push_str(part);
            }
            spaced = known(&self.key);
        }
        if !mark.is_empty() {
            self.key.clear();
            self.key.push_str(mark);
            self.key.push_str(local);
            by_local = known(&self.key);
        }
        if by_local.is_none() && keep == Keep::Whole {
            let name = if mark.is_empty() { local } else { &self.key };
            by_local = Some(self.arena.names_mut().intern(name));
            if self.arena.names().met() > MET {
                return Err(DecodeError::Full);
            }
            found.keep = Some(Keep::Whole);
        }
        Ok(Found { local: by_local, spaced, keep: found.keep })
    }

    /// The record of the kept children from `base` on: one node set for each name.
    #[inline(never)]
    pub fn record(&mut self, base: usize) -> Result<Value, DecodeError> {
        let children = self.children.get(base..).unwrap_or_default();
        let name = |at: usize| children.get(at).map(|c| c.name);
        // The sort keeps the order of children of one name.
        let places = sorted_places(children.len(), &mut |a, b| name(a).cmp(&name(b)));
        let mut sorted = places.into_iter().filter_map(|at| children.get(at)).peekable();
        let mut entries = Vec::new();
        let mut values = Vec::new();
        while let Some(first) = sorted.next() {
            values.clear();
            values.push(first.value);
            let mut mixed = false;
            while let Some(next) = sorted.next_if(|next| next.name == first.name) {
                values.push(next.value);
                mixed |= next.uri != first.uri;
            }
            let value = if first.name == Names::TEXT {
                first.value
            } else if mixed {
                Value::Null
            } else {
                Value::Nodes(self.arena.make_list(&values).map_err(|_| DecodeError::Full)?)
            };
            entries.push((first.name, value));
        }
        self.children.truncate(base);
        self.arena.make_record(&entries).map(Value::Record).map_err(|_| DecodeError::Full)
    }
}

/// Whether a child of an operation's answer is its result: 0 for `…Return`, 1 for `…Result`.
fn result(local: &str) -> Option<usize> {
    match local {
        _ if local.ends_with("Return") || local == "return" => Some(0),
        _ if local.ends_with("Result") => Some(1),
        _ => None,
    }
}
