//! From tags to values.

use super::attributes::{Attribute, value_of};
use super::characters::Run;
use super::lexer::{Gathered, Lexer, Tag};
use super::namespaces::Uri;
use super::references::{Place, References};
use super::seen::Found;
use super::soap::{Root, is_of_soap};
use crate::NameId;
use crate::{Arena, DecodeError, Decoder, Keep, Names, Text, Value, sorted_places};

/// Most names of a document that the bundle does not know.
const MET: usize = 4096;
/// Up to so many members are sorted one by one.
const FEW: usize = 32;

/// A kept child or attribute of an element that is open.
#[derive(Clone, Copy, Debug)]
struct Child {
    name: NameId,
    /// Its namespace.
    uri: Uri,
    /// None of an element that is no node.
    value: Option<Value>,
}

/// A document being decoded.
pub struct Tree<'c, 'a> {
    pub decoder: &'c Decoder<'c>,
    pub arena: &'c mut Arena,
    pub lexer: Lexer<'a>,
    segment: u16,
    /// Whether the bundle names attributes or names in namespaces.
    marked: bool,
    /// Kept children of the elements that are open, innermost last.
    children: Vec<Child>,
    /// What refers to what, where that is followed.
    pub references: Option<References<'a>>,
    /// The depth at which children are looked at for being the operation's result.
    pub results_at: Option<usize>,
    /// The nodes among those found, `…Return`, then `…Result`; none where none was found.
    pub results: [Option<Vec<Value>>; 2],
    /// The name under which an element's own text is read beside its children, if the bundle reads any.
    own: Option<NameId>,
    /// A name as the bundle may write it.
    key: String,
    /// Members of the record being made, and nodes of one of them: only their room is kept from record to record.
    entries: Vec<(NameId, Value)>,
    nodes: Vec<Value>,
}

impl<'c, 'a> Tree<'c, 'a> {
    /// A decoder of a text that will be the arena's segment `segment`.
    pub fn new(decoder: &'c Decoder<'c>, arena: &'c mut Arena, text: &'a str, segment: u16, encoded: bool) -> Self {
        let references = encoded.then(|| References::new(arena));
        let (marked, own) = (arena.names().marked(), arena.names().own_text());
        Self {
            decoder,
            arena,
            lexer: Lexer::new(text),
            segment,
            marked,
            children: Vec::new(),
            references,
            results_at: None,
            results: Default::default(),
            own,
            key: String::new(),
            entries: Vec::new(),
            nodes: Vec::new(),
        }
    }

    /// One element whose start tag was read, as a child of the innermost open one.
    pub fn child(&mut self, tag: &mut Tag<'a>, depth: usize, keep: Option<Keep>) -> Result<(), DecodeError> {
        let found = match keep {
            Some(keep) => self.found(tag, keep)?,
            None => Found::default(),
        };
        let result = if self.results_at == Some(depth) { result(tag.name.local()) } else { None };
        let keep = found.keep.or(result.and(keep));
        if keep.is_none() && self.references.is_none() {
            // Nobody reads it, or can refer to what is in it.
            return self.lexer.pass(tag, depth.checked_sub(1).ok_or(DecodeError::Depth)?);
        }
        let value = self.element(tag, depth, keep)?;
        if let Some(results) = result.and_then(|at| self.results.get_mut(at)) {
            results.get_or_insert_default().extend(value);
        }
        self.keep_child(found, tag.uri, value);
        Ok(())
    }

    fn keep_child(&mut self, found: Found, uri: Uri, value: Option<Value>) {
        if let Some(name) = found.local {
            self.children.push(Child { name, uri, value });
        }
        if let Some(name) = found.spaced {
            self.children.push(Child { name, uri, value });
        }
    }

    /// The content of an element whose start tag was read. None if it is not kept, and of an element that stands for
    /// nothing, which is no node: it is nil, or has neither attributes nor children and a text that decoding tidies away.
    pub fn element(
        &mut self,
        tag: &mut Tag<'a>,
        depth: usize,
        keep: Option<Keep>,
    ) -> Result<Option<Value>, DecodeError> {
        let depth = depth.checked_sub(1).ok_or(DecodeError::Depth)?;
        if self.lexer.attributes.is_empty()
            && let Some(text) = self.lexer.leaf(tag)
        {
            return if keep.is_some() { self.text(text).map(something) } else { Ok(None) };
        }
        self.compound(tag, depth, keep)
    }

    /// The content of an element that has attributes, or more than text.
    #[inline(never)]
    fn compound(&mut self, tag: &mut Tag<'a>, depth: usize, keep: Option<Keep>) -> Result<Option<Value>, DecodeError> {
        let mut place = Place::default();
        if let Some(references) = &mut self.references
            && !self.lexer.attributes.is_empty()
        {
            place = references.enter(&self.lexer, depth, keep);
        }
        // What something else refers to is read even where nobody names it here.
        let keep = if place.target.is_some() { keep.or(Some(Keep::Named)) } else { keep };
        let base = self.children.len();
        let nil = match keep {
            Some(keep) if !self.lexer.attributes.is_empty() => self.attributes(keep)?,
            _ => false,
        };
        let (text, leaf) = match self.lexer.leaf(tag) {
            Some(text) => (text, true),
            None => self.content(tag, depth, keep)?,
        };
        let is_target = place.target.is_some();
        let value = if let Some(value) = place.reference {
            self.children.truncate(base);
            // The element that refers is empty; anything else is not what it says it is.
            if !leaf || (keep.is_some() && !matches!(text, Gathered::Nothing)) {
                return Err(DecodeError::Reference);
            }
            Some(value)
        } else if keep.is_none() {
            None
        } else if nil {
            self.children.truncate(base);
            None
        } else if leaf {
            let text = self.text(text)?;
            if text.is_null() && !self.says_something(place.target) {
                self.children.truncate(base);
                None
            } else if self.children.len() > base {
                self.children.push(Child { name: Names::TEXT, uri: 0, value: Some(text) });
                Some(self.record(base)?)
            } else {
                Some(text)
            }
        } else {
            Some(self.record(base)?)
        };
        if let (Some(references), true) = (&mut self.references, is_target) {
            references.leave(place, self.lexer.tags, value.unwrap_or_default());
        }
        Ok(value)
    }

    /// The children of an element up to its end, and its text, if it is kept; and whether there was nothing but text.
    fn content(
        &mut self,
        tag: &mut Tag<'a>,
        depth: usize,
        keep: Option<Keep>,
    ) -> Result<(Gathered, bool), DecodeError> {
        let mut gathered = Gathered::Nothing;
        let mut leaf = true;
        // Text beside children, which hardly any mapping reads.
        let own = self.own.filter(|_| keep.is_some());
        let mut beside = String::new();
        loop {
            let wanted = if (leaf || own.is_some()) && keep.is_some() { Some(&mut gathered) } else { None };
            let child = self.lexer.next_child(tag, wanted)?;
            if child.is_none() && leaf {
                return Ok((gathered, leaf));
            }
            if own.is_some() {
                beside.push_str(self.lexer.gathered(gathered));
            }
            if let Gathered::Unescaped(start) = gathered {
                self.lexer.unescaped.truncate(start);
            }
            gathered = Gathered::Nothing;
            leaf = false;
            match (child, own) {
                (Some(mut child), _) => self.child(&mut child, depth, keep)?,
                (None, Some(name)) => {
                    self.keep_beside(name, &beside)?;
                    return Ok((gathered, leaf));
                }
                (None, None) => return Ok((gathered, leaf)),
            }
        }
    }

    /// Keeps what an element says beside its children: all of it in one, without the white space at its ends.
    #[inline(never)]
    fn keep_beside(&mut self, name: NameId, text: &str) -> Result<(), DecodeError> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(());
        }
        let start = self.lexer.unescaped.len();
        self.lexer.unescaped.push_str(text);
        let value = something(self.part(Gathered::Unescaped(start), 0, text.len())?);
        self.children.push(Child { name, uri: 0, value });
        Ok(())
    }

    /// Whether the start tag read last has attributes that say something of their own, not how its content is written, nor
    /// by which id others refer to it.
    #[inline(never)]
    fn says_something(&self, id: Option<&str>) -> bool {
        let namespaces = &self.lexer.namespaces;
        self.lexer.attributes.iter().any(|attribute| {
            let is_id = id == Some(attribute.value) && attribute.name.local() == b"id";
            !is_id && attribute.uri != namespaces.schema && !is_of_soap(namespaces.uri(attribute.uri))
        })
    }

    /// Keeps attributes of the start tag read last as members. Whether they say that the element is nil.
    fn attributes(&mut self, keep: Keep) -> Result<bool, DecodeError> {
        let mut nil = false;
        let attributes = std::mem::take(&mut self.lexer.attributes);
        for attribute in &attributes {
            let schema = attribute.uri == self.lexer.namespaces.schema;
            if schema && attribute.name.local() == b"nil" {
                nil = matches!(value_of(attribute.value)?.trim_ascii(), "true" | "1");
            }
            if keep == Keep::Whole || self.marked {
                // `xsi:type` and its like are about the element, not of it: only who names them gets them.
                let mut found = self.found_attribute(attribute, if schema { Keep::Named } else { keep })?;
                if schema {
                    found.local = None;
                }
                if found.local.is_some() || found.spaced.is_some() {
                    let value = self.attribute(*attribute)?;
                    self.keep_child(found, attribute.uri, Some(value));
                }
            }
        }
        self.lexer.attributes = attributes;
        Ok(nil)
    }

    fn attribute(&mut self, attribute: Attribute<'a>) -> Result<Value, DecodeError> {
        let mut gathered = Gathered::Nothing;
        self.lexer.gather(attribute.value, Run::Attribute, Some(&mut gathered))?;
        let whole = self.lexer.gathered(gathered);
        let text = if self.decoder.trim { whole.trim() } else { whole };
        let (before, len) = ((text.as_ptr() as usize).wrapping_sub(whole.as_ptr() as usize), text.len());
        self.part(gathered, before, len)
    }

    /// The text of an element as a value, without what surrounds it ([`Decoder::inner`]).
    fn text(&self, gathered: Gathered) -> Result<Value, DecodeError> {
        let whole = self.lexer.gathered(gathered);
        let text = self.decoder.inner(whole);
        let (before, len) = ((text.as_ptr() as usize).wrapping_sub(whole.as_ptr() as usize), text.len());
        self.part(gathered, before, len)
    }

    /// So many bytes of gathered character data as a value, behind so many; null if decoding tidies it away.
    fn part(&self, gathered: Gathered, before: usize, len: usize) -> Result<Value, DecodeError> {
        let end = before.saturating_add(len);
        let text = self.lexer.gathered(gathered).get(before..end).unwrap_or("");
        if self.decoder.tidies_away(text.as_bytes()) {
            return Ok(Value::Null);
        }
        let number = |n: usize| u32::try_from(n).map_err(|_| DecodeError::Full);
        let (segment, start) = match gathered {
            Gathered::Nothing => (self.segment, 0),
            Gathered::Standing(start, _) => (self.segment, start),
            Gathered::Unescaped(start) => (self.segment.saturating_add(1), start),
        };
        Ok(Value::Text(Text { segment, start: number(start.saturating_add(before))?, len: number(len)? }))
    }

    /// What an element is called: its local name as it stands in the document, and its namespace.
    pub fn root_of(&mut self, tag: &Tag<'_>) -> Result<Root, DecodeError> {
        let local = std::str::from_utf8(tag.name.local()).map_err(|_| DecodeError::Syntax)?;
        let number = |n: usize| u32::try_from(n).map_err(|_| DecodeError::Full);
        let start = number(self.lexer.cursor.offset(local))?;
        let name = Value::Text(Text { segment: self.segment, start, len: number(local.len())? });
        let uri = self.lexer.namespaces.uri(tag.uri);
        let space = match uri {
            "" => Value::Null,
            uri => Value::Text(self.arena.make_text(uri).map_err(|_| DecodeError::Full)?),
        };
        Ok(Root { name, space })
    }

    /// What an element is kept as, and what of it.
    fn found(&mut self, tag: &Tag<'a>, keep: Keep) -> Result<Found, DecodeError> {
        if let Some(found) = self.lexer.seen.found(tag.number, tag.uri, keep) {
            return Ok(found);
        }
        let found = self.look_up(tag, keep)?;
        self.lexer.seen.remember(tag.number, tag.uri, keep, found);
        Ok(found)
    }

    #[inline(never)]
    fn look_up(&mut self, tag: &Tag<'a>, keep: Keep) -> Result<Found, DecodeError> {
        let local = self.arena.names().known(tag.name.local());
        let spaced = if self.marked { self.spaced(b"", tag.name.local(), tag.uri)? } else { None };
        if local.is_none() && keep == Keep::Whole {
            self.key.clear();
            self.add_to_key(tag.name.local())?;
        }
        self.kept(local, spaced, keep)
    }

    /// What an attribute is kept as.
    fn found_attribute(&mut self, attribute: &Attribute<'a>, keep: Keep) -> Result<Found, DecodeError> {
        let spaced = if self.marked { self.spaced(b"@", attribute.name.local(), attribute.uri)? } else { None };
        self.key.clear();
        self.key.push('@');
        self.add_to_key(attribute.name.local())?;
        let local = self.arena.names().known(self.key.as_bytes());
        self.kept(local, spaced, keep)
    }

    /// What the bundle knows of a name in its namespace.
    fn spaced(&mut self, mark: &[u8], local: &[u8], uri: Uri) -> Result<Option<(NameId, bool)>, DecodeError> {
        if uri == 0 {
            return Ok(None);
        }
        self.key.clear();
        self.key.push('{');
        self.key.push_str(self.lexer.namespaces.uri(uri));
        self.key.push('}');
        self.add_to_key(mark)?;
        self.add_to_key(local)?;
        Ok(self.arena.names().known(self.key.as_bytes()))
    }

    fn add_to_key(&mut self, part: &[u8]) -> Result<(), DecodeError> {
        self.key.push_str(std::str::from_utf8(part).map_err(|_| DecodeError::Syntax)?);
        Ok(())
    }

    /// What is kept under a name that the bundle knows, or that stands in `key` and is taken in where all is kept.
    fn kept(
        &mut self,
        local: Option<(NameId, bool)>,
        spaced: Option<(NameId, bool)>,
        keep: Keep,
    ) -> Result<Found, DecodeError> {
        let local = match local {
            None if keep == Keep::Whole => {
                let id = self.arena.names_mut().intern(&self.key);
                if self.arena.names().met() > MET {
                    return Err(DecodeError::Full);
                }
                Some((id, false))
            }
            known => known,
        };
        let deep = matches!(local, Some((_, true))) || matches!(spaced, Some((_, true)));
        let below = if deep || keep == Keep::Whole { Keep::Whole } else { Keep::Named };
        Ok(Found {
            local: local.map(|(id, _)| id),
            spaced: spaced.map(|(id, _)| id),
            keep: local.or(spaced).map(|_| below),
        })
    }

    /// The record of the kept children from `base` on: one node set for each name.
    pub fn record(&mut self, base: usize) -> Result<Value, DecodeError> {
        let children = self.children.get_mut(base..).unwrap_or_default();
        sort(children);
        self.entries.clear();
        for of in children.chunk_by(|a, b| a.name == b.name) {
            let Some(first) = of.first() else { continue };
            let value = if first.name == Names::TEXT {
                first.value.unwrap_or_default()
            } else if of.iter().any(|child| child.uri != first.uri) {
                Value::Null
            } else {
                self.nodes.clear();
                self.nodes.extend(of.iter().filter_map(|child| child.value));
                Value::Nodes(self.arena.make_list(&self.nodes).map_err(|_| DecodeError::Full)?)
            };
            self.entries.push((first.name, value));
        }
        self.children.truncate(base);
        self.arena.make_record(&self.entries).map(Value::Record).map_err(|_| DecodeError::Full)
    }
}

/// A text, or none if decoding has tidied it away.
fn something(text: Value) -> Option<Value> {
    (!text.is_null()).then_some(text)
}

/// Sorts children by name; those of one name keep their order.
fn sort(children: &mut [Child]) {
    if children.len() > FEW {
        if children.is_sorted_by_key(|child| child.name) {
            return;
        }
        let name = |at: usize| children.get(at).map(|child| child.name);
        let places = sorted_places(children.len(), &mut |a, b| name(a).cmp(&name(b)));
        let sorted: Vec<Child> = places.into_iter().filter_map(|at| children.get(at).copied()).collect();
        children.iter_mut().zip(sorted).for_each(|(place, child)| *place = child);
        return;
    }
    // Most elements have few children that are kept, for which this is quicker and makes nothing.
    for len in 1..=children.len() {
        let Some((last, sorted)) = children.get_mut(..len).and_then(<[Child]>::split_last_mut) else { continue };
        let place = sorted.iter().rposition(|child| child.name <= last.name).map_or(0, |at| at.saturating_add(1));
        children.get_mut(place..len).unwrap_or_default().rotate_right(1);
    }
}

/// Whether a child of an operation's answer is its result: 0 for `…Return`, 1 for `…Result`.
fn result(local: &[u8]) -> Option<usize> {
    match local {
        _ if local.ends_with(b"Return") || local == b"return" => Some(0),
        _ if local.ends_with(b"Result") => Some(1),
        _ => None,
    }
}
