//! References inside SOAP bodies (rpc/encoded): `href="#id0"` to `id="id0"` in SOAP 1.1, `enc:ref` to `enc:id` in 1.2.
//!
//! While a document is read a reference is a placeholder; once everything has been read placeholders become what they
//! refer to. Nothing is copied, so what could grow without bound is what walks over the values afterwards: a circle is
//! refused, and so is a document that would be too large or too deep with its references followed.

use std::ops::Range;

use super::lexer::Lexer;
use crate::{Arena, DecodeError, Keep, Value, sorted_places};

/// Stands for a reference while a document is read: a row of no table.
const PLACEHOLDER: u16 = u16::MAX;
/// Most elements of a document with its references followed.
const ELEMENTS: usize = 1 << 18;
/// The namespace of SOAP 1.2's references.
const ENCODING: &str = "http://www.w3.org/2003/05/soap-encoding";

/// What refers to what.
#[derive(Debug)]
pub struct References<'a> {
    /// Where the document's values begin among the arena's elements.
    base: usize,
    /// Where its records' members do.
    entries: usize,
    made: Vec<Reference<'a>>,
    targets: Vec<Target<'a>>,
}

#[derive(Clone, Copy, Debug)]
struct Reference<'a> {
    id: &'a str,
    /// What is kept of the target here.
    keep: Option<Keep>,
    /// Levels that remain below it.
    depth: usize,
}

#[derive(Clone, Debug)]
struct Target<'a> {
    id: &'a str,
    value: Value,
    /// References inside it.
    inside: Range<usize>,
    /// Elements in it.
    elements: usize,
    /// Levels that remain below it.
    depth: usize,
}

/// How much a target is with its references followed.
#[derive(Clone, Copy, Debug)]
struct Extent {
    elements: usize,
    /// Levels below it, as far as references lead down.
    levels: usize,
}

/// Where an element stands.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place<'a> {
    /// The placeholder, if the element refers.
    pub reference: Option<Value>,
    /// The id under which others refer to it.
    pub target: Option<&'a str>,
    first: usize,
    /// Start tags before its own.
    before: usize,
    depth: usize,
}

impl<'a> References<'a> {
    /// None yet.
    pub fn new(arena: &Arena) -> Self {
        Self { base: arena.elements_made(), entries: arena.entries_made(), made: Vec::new(), targets: Vec::new() }
    }

    /// Looks at the attributes of the element whose start tag was read last.
    pub fn enter(&mut self, lexer: &Lexer<'a>, depth: usize, keep: Option<Keep>) -> Place<'a> {
        let mut place =
            Place { first: self.made.len(), before: lexer.tags.saturating_sub(1), depth, ..Place::default() };
        for attribute in &lexer.attributes {
            let encoding = || lexer.namespaces.uri(attribute.uri) == ENCODING;
            match attribute.name.local() {
                b"id" if attribute.uri == 0 || encoding() => place.target = Some(attribute.value),
                b"href" if attribute.uri == 0 => {
                    place.reference = attribute.value.strip_prefix('#').and_then(|id| self.refer(id, depth, keep));
                }
                b"ref" if encoding() => place.reference = self.refer(attribute.value, depth, keep),
                _ => {}
            }
        }
        place
    }

    fn refer(&mut self, id: &'a str, depth: usize, keep: Option<Keep>) -> Option<Value> {
        let row = u32::try_from(self.made.len()).ok()?;
        self.made.push(Reference { id, keep, depth });
        Some(Value::Row { table: PLACEHOLDER, row })
    }

    /// Notes what an element was that others may refer to; so many start tags were read by its end.
    pub fn leave(&mut self, place: Place<'a>, tags: usize, value: Value) {
        if let Some(id) = place.target {
            let inside = place.first..self.made.len();
            let elements = tags.saturating_sub(place.before);
            self.targets.push(Target { id, value, inside, elements, depth: place.depth });
        }
    }

    /// What must be kept of an element that others refer to, as far as the references met so far say.
    pub fn wanted(&self) -> Keep {
        if self.made.iter().any(|r| r.keep == Some(Keep::Whole)) { Keep::Whole } else { Keep::Named }
    }

    /// How many references were met.
    pub fn met(&self) -> usize {
        self.made.len()
    }

    /// Puts what is referred to in the place of every placeholder, also in `values`. `roots` are the references in
    /// what is read first, `elements` how many elements there are, `depth` the most levels.
    #[inline(never)]
    pub fn resolve(
        &mut self,
        arena: &mut Arena,
        mut elements: usize,
        depth: usize,
        roots: &Range<usize>,
        values: &mut [&mut Value],
    ) -> Result<(), DecodeError> {
        if self.made.is_empty() {
            return Ok(());
        }
        let id = |at: usize| self.targets.get(at).map(|t| t.id);
        let order = sorted_places(self.targets.len(), &mut |a, b| id(a).cmp(&id(b)));
        self.targets = order.into_iter().filter_map(|at| self.targets.get(at).cloned()).collect();
        let mut extents: Vec<Option<Extent>> = vec![None; self.targets.len()];
        let mut resolved = Vec::with_capacity(self.made.len());
        for (place, reference) in self.made.iter().enumerate() {
            // A reference that nobody reads may lead anywhere.
            if reference.keep.is_none() {
                resolved.push(Value::Null);
                continue;
            }
            let (at, target) = self.target(reference.id)?;
            let extent = self.extent(at, depth, depth, &mut extents)?;
            if roots.contains(&place) {
                elements = elements.saturating_add(extent.elements);
            }
            let mut value = target.value;
            // A target may itself refer; circles were refused above.
            while let Some(next) = self.placeholder(value) {
                value = self.target(next.id)?.1.value;
            }
            resolved.push(value);
        }
        if elements > ELEMENTS {
            return Err(DecodeError::Full);
        }
        let replace = |value: &mut Value| {
            if let Value::Row { table: PLACEHOLDER, row } = *value {
                *value = resolved.get(row as usize).copied().unwrap_or_default();
            }
        };
        arena.elements_since(self.base).iter_mut().for_each(replace);
        values.iter_mut().for_each(|value| replace(value));
        if resolved.iter().any(|value| value.is_null()) {
            arena.drop_nothing(self.entries);
        }
        Ok(())
    }

    fn placeholder(&self, value: Value) -> Option<&Reference<'a>> {
        match value {
            Value::Row { table: PLACEHOLDER, row } => self.made.get(row as usize),
            _ => None,
        }
    }

    /// The one element with an id; targets are sorted by it.
    #[inline(never)]
    fn target(&self, id: &str) -> Result<(usize, &Target<'a>), DecodeError> {
        let at = self.targets.partition_point(|t| t.id < id);
        let twice = self.targets.get(at.saturating_add(1)).is_some_and(|t| t.id == id);
        match self.targets.get(at) {
            Some(target) if target.id == id && !twice => Ok((at, target)),
            _ => Err(DecodeError::Reference),
        }
    }

    /// How much a target is with its references followed. `left` is how many more may be followed one after another:
    /// a circle ends there too. `depth` is the most levels.
    #[inline(never)]
    fn extent(
        &self,
        at: usize,
        left: usize,
        depth: usize,
        extents: &mut [Option<Extent>],
    ) -> Result<Extent, DecodeError> {
        if let Some(Some(extent)) = extents.get(at) {
            return Ok(*extent);
        }
        let Some(target) = self.targets.get(at) else { return Err(DecodeError::Reference) };
        let mut extent = Extent { elements: target.elements, levels: 0 };
        let inside = self.made.iter().enumerate().take(target.inside.end).skip(target.inside.start);
        for (place, reference) in inside {
            // What nobody reads may lead anywhere, but not where it is all that the target is: that is followed.
            let own = matches!(target.value, Value::Row { table: PLACEHOLDER, row } if row as usize == place);
            if reference.keep.is_none() && !own {
                continue;
            }
            let left = left.checked_sub(1).ok_or(DecodeError::Depth)?;
            let (at, _) = self.target(reference.id)?;
            let inner = self.extent(at, left, depth, extents)?;
            let levels = target.depth.saturating_sub(reference.depth).saturating_add(1).saturating_add(inner.levels);
            extent.elements = extent.elements.saturating_add(inner.elements);
            extent.levels = extent.levels.max(levels);
        }
        if extent.levels > depth {
            return Err(DecodeError::Depth);
        }
        if let Some(place) = extents.get_mut(at) {
            *place = Some(extent);
        }
        Ok(extent)
    }
}
