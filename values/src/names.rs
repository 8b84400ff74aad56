//! Member names as numbers: the bundle's names first, then names met in values that are kept whole.

use std::sync::Arc;

/// A member name: its place in the bundle's names, or behind them.
pub type NameId = u32;

/// The bundle's names, shared by all exchanges, with a hash index made once.
#[derive(Debug)]
pub struct NameTable {
    names: Vec<(String, bool)>,
    /// Open addressing; a power of two at least twice as long as `names`; `NONE` is free.
    index: Vec<NameId>,
    /// Whether one is an attribute's or has a namespace.
    marked: bool,
    /// The one that is an element's own text.
    own: Option<NameId>,
}

/// Names known to one exchange.
#[derive(Clone, Debug)]
pub struct Names {
    table: Arc<NameTable>,
    /// Names met in values kept whole.
    met: Vec<String>,
}

impl NameTable {
    /// Indexes names; `true` marks those under which everything is kept.
    pub fn new(names: Vec<(String, bool)>) -> Self {
        let size = names.len().saturating_mul(2).max(8).next_power_of_two();
        let mut table = Self { names: Vec::new(), index: vec![Names::NONE; size], marked: false, own: None };
        for (name, deep) in names {
            if let (Ok(id), Err(Some(free))) = (NameId::try_from(table.names.len()), table.probe(name.as_bytes()))
                && let Some(place) = table.index.get_mut(free)
            {
                *place = id;
            }
            table.marked |= matches!(name.as_bytes().first(), Some(b'@' | b'{'));
            table.names.push((name, deep));
        }
        table.own = table.probe(Names::TEXT_NAME.as_bytes()).ok();
        table
    }

    /// The name's id, or the place where it would stand.
    fn probe(&self, name: &[u8]) -> Result<NameId, Option<usize>> {
        let mask = self.index.len().wrapping_sub(1);
        let mut at = hash(name) & mask;
        for _ in 0..self.index.len() {
            match self.index.get(at) {
                Some(&Names::NONE) => return Err(Some(at)),
                Some(&id) if self.names.get(id as usize).is_some_and(|(n, _)| n.as_bytes() == name) => return Ok(id),
                _ => at = at.wrapping_add(1) & mask,
            }
        }
        Err(None)
    }
}

/// Length and three bytes, mixed: enough to tell a mapping's names from most others, and cheap on the hot path. A name
/// that is taken for another is compared in full.
fn hash(name: &[u8]) -> usize {
    let len = name.len();
    let byte = |at: usize| u32::from(name.get(at).copied().unwrap_or(0));
    let sample = byte(0) | byte(len >> 1) << 8 | byte(len.wrapping_sub(1)) << 16;
    let mixed = (sample ^ (len as u32) << 24).wrapping_mul(0x9e37_79b1);
    (mixed >> 12) as usize
}

impl Names {
    /// No name.
    pub const NONE: NameId = NameId::MAX;
    /// An XML element's own text, where it stands in a record.
    pub const TEXT: NameId = NameId::MAX - 1;
    /// [`Self::TEXT`] as written.
    pub const TEXT_NAME: &str = "#text";

    /// Names of one exchange over a bundle's.
    pub fn new(table: Arc<NameTable>) -> Self {
        Self { table, met: Vec::new() }
    }

    /// The id of a name the bundle knows, and whether what stands under it is kept whole.
    pub fn known(&self, name: &[u8]) -> Option<(NameId, bool)> {
        let id = self.table.probe(name).ok()?;
        self.table.names.get(id as usize).map(|(_, deep)| (id, *deep))
    }

    /// Whether the bundle names attributes or names in namespaces.
    pub fn marked(&self) -> bool {
        self.table.marked
    }

    /// The id of `#text`, if the bundle names it.
    pub fn own_text(&self) -> Option<NameId> {
        self.table.own
    }

    /// How many names were met that the bundle does not know.
    pub fn met(&self) -> usize {
        self.met.len()
    }

    /// The id of any name, the bundle's or met before.
    pub fn find(&self, name: &str) -> Option<NameId> {
        self.known(name.as_bytes()).map(|(id, _)| id).or_else(|| {
            let at = self.met.iter().position(|m| m == name)?;
            NameId::try_from(self.table.names.len().saturating_add(at)).ok()
        })
    }

    /// The id of any name; an unknown one is taken in.
    pub fn intern(&mut self, name: &str) -> NameId {
        if let Some(id) = self.find(name) {
            return id;
        }
        let id = NameId::try_from(self.table.names.len().saturating_add(self.met.len())).unwrap_or(Self::NONE);
        self.met.push(name.to_owned());
        id
    }

    /// A name by its id; empty if there is none.
    pub fn get(&self, id: NameId) -> &str {
        if id == Self::TEXT {
            return Self::TEXT_NAME;
        }
        let at = id as usize;
        match at.checked_sub(self.table.names.len()) {
            None => self.table.names.get(at).map_or("", |(n, _)| n),
            Some(at) => self.met.get(at).map_or("", String::as_str),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_again() {
        let all: Vec<(String, bool)> = (0..500).map(|i| (format!("member{i}Name"), i % 7 == 0)).collect();
        let mut names = Names::new(Arc::new(NameTable::new(all.clone())));
        for (i, (name, deep)) in all.iter().enumerate() {
            assert_eq!(names.known(name.as_bytes()), Some((i as NameId, *deep)));
            assert_eq!(names.get(i as NameId), name);
        }
        assert_eq!(names.known(b"other"), None);
        let met = names.intern("other");
        assert_eq!((names.intern("other"), names.get(met)), (met, "other"));
    }
}
