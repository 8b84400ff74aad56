//! Tags met before. Rows of a list have the same elements in the same order, so behind a tag mostly stands what stood
//! behind it the last time: one comparison then does for reading a name, and for finding out what it is kept as.
//!
//! What is remembered is a guess and no more: it counts only where the document has these very bytes, and what was found
//! of a name only for the same namespace and the same way of keeping.

use super::attributes::Attribute;
use super::classes::same;
use super::cursor::Name;
use super::lexer::Tag;
use super::namespaces::Uri;
use crate::Keep;
use crate::NameId;

/// Most tags that are remembered; others are read like the first.
const MOST: usize = 128;
/// Twice as many, and a power of two.
const PLACES: usize = 256;

/// A tag's number.
pub type Number = u8;

/// What an element or attribute is kept as.
#[derive(Clone, Copy, Debug, Default)]
pub struct Found {
    /// By its local name.
    pub local: Option<NameId>,
    /// By its name in its namespace.
    pub spaced: Option<NameId>,
    /// Which of its children are kept; none: it is passed over.
    pub keep: Option<Keep>,
}

/// How a start tag went on behind its name.
#[derive(Clone, Debug)]
pub struct Rest<'a> {
    /// As written, up to its `>`.
    written: &'a [u8],
    /// What was in sight.
    sight: usize,
    pub uri: Uri,
    pub empty: bool,
    pub attributes: Vec<Attribute<'a>>,
}

/// Where a tag stands: behind the start tag of its parent, or behind the element before it.
#[derive(Clone, Copy, Debug)]
pub enum Behind {
    Start(Number),
    Sibling(Number),
}

/// The tags of a document.
#[derive(Debug)]
pub struct Seen<'a> {
    tags: Vec<Met<'a>>,
    /// By a hash of the name, and from there on the next one that is free.
    places: [Number; PLACES],
}

#[derive(Debug)]
struct Met<'a> {
    name: Name<'a>,
    /// What was found of it in this namespace, where this was kept.
    found: Option<(Uri, Keep, Found)>,
    /// How it went on the last time.
    rest: Option<Rest<'a>>,
    /// What stood behind its start tag and behind its end the last time.
    first: Number,
    next: Number,
}

impl<'a> Seen<'a> {
    /// No tag's number.
    pub const NONE: Number = Number::MAX;

    /// None yet.
    pub fn new() -> Self {
        Self { tags: Vec::new(), places: [Self::NONE; PLACES] }
    }

    /// The tag to be expected at a place.
    pub fn expected(&self, behind: Behind) -> Option<(Number, &Name<'a>)> {
        let number = match behind {
            Behind::Start(of) => self.met(of)?.first,
            Behind::Sibling(of) => self.met(of)?.next,
        };
        self.met(number).map(|met| (number, &met.name))
    }

    /// Another one stood there: its number, if it is remembered.
    #[inline(never)]
    pub fn learn(&mut self, behind: Behind, name: Name<'a>) -> Number {
        let number = self.number(name).unwrap_or(Self::NONE);
        match behind {
            Behind::Start(of) => self.met_mut(of).into_iter().for_each(|met| met.first = number),
            Behind::Sibling(of) => self.met_mut(of).into_iter().for_each(|met| met.next = number),
        }
        number
    }

    /// How a tag goes on, if it does as the last time: prefixes stand for the same, and the rest begins with the same
    /// bytes, of which the last one ended the tag.
    pub fn rest(&self, number: Number, sight: usize, rest: &[u8]) -> Option<(&Rest<'a>, usize)> {
        let last = self.met(number)?.rest.as_ref()?;
        let there = rest.get(..last.written.len())?;
        if last.sight == sight && same(there, last.written) { Some((last, there.len())) } else { None }
    }

    /// How a tag went on that declares no prefix: only then stands it for the same wherever the same is in sight.
    pub fn goes_on(&mut self, tag: &Tag<'a>, written: &'a [u8], sight: usize, with: &[Attribute<'a>]) {
        let Some(met) = self.met_mut(tag.number) else { return };
        let mut attributes = met.rest.take().map(|rest| rest.attributes).unwrap_or_default();
        attributes.clear();
        attributes.extend_from_slice(with);
        met.rest = Some(Rest { written, sight, uri: tag.uri, empty: tag.empty, attributes });
    }

    /// What was found of a tag in a namespace.
    pub fn found(&self, number: Number, uri: Uri, keep: Keep) -> Option<Found> {
        match self.met(number)?.found {
            Some((at, of, found)) if at == uri && of == keep => Some(found),
            _ => None,
        }
    }

    /// What was found of it.
    pub fn remember(&mut self, number: Number, uri: Uri, keep: Keep, found: Found) {
        if let Some(met) = self.met_mut(number) {
            met.found = Some((uri, keep, found));
        }
    }

    fn met(&self, number: Number) -> Option<&Met<'a>> {
        self.tags.get(usize::from(number))
    }

    fn met_mut(&mut self, number: Number) -> Option<&mut Met<'a>> {
        self.tags.get_mut(usize::from(number))
    }

    /// The number of the tag of a name, a new one if need be.
    fn number(&mut self, name: Name<'a>) -> Option<Number> {
        // FNV-1a.
        let hash = name.whole.iter().fold(0x811c_9dc5_u32, |h, b| (h ^ u32::from(*b)).wrapping_mul(0x0100_0193));
        let mut place = hash as usize;
        loop {
            place = place.wrapping_add(1) & (PLACES - 1);
            let taken = self.places.get_mut(place)?;
            match self.tags.get(usize::from(*taken)) {
                Some(met) if met.name.whole == name.whole => return Some(*taken),
                Some(_) => {}
                None if self.tags.len() < MOST => {
                    *taken = Number::try_from(self.tags.len()).ok()?;
                    self.tags.push(Met { name, found: None, rest: None, first: Self::NONE, next: Self::NONE });
                    return Some(*taken);
                }
                None => return None,
            }
        }
    }
}
