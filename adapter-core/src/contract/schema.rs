//! Schemas: the part of OpenAPI that the contract uses.

use super::patterns::Pattern;

/// An object; members not listed are forbidden (`additionalProperties: false` everywhere in the contract).
#[derive(Debug)]
pub struct Object {
    /// The schema's name upstream.
    pub name: &'static str,
    /// Members in declaration order, which is also the canonical order.
    pub fields: &'static [Field],
    /// What a rule of the contract must know and the answer has no member for; names begin with `_`. The mapping
    /// writes them beside the members, and they never leave. One that is `required` must be written, and an item for
    /// which it has no value is outside what the rule lets through.
    pub facts: &'static [Field],
}

/// A member of an object.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// In the schema's `required`, or needed by a rule in prose: the mapping must write it.
    pub required: bool,
    /// `nullable: true`.
    pub nullable: bool,
    /// What it holds.
    pub kind: Kind,
}

/// What a member may hold. Lengths are in characters (T-42).
#[derive(Debug)]
pub enum Kind {
    /// A string.
    Text {
        /// Fewest characters.
        min: usize,
        /// Most characters.
        max: usize,
        /// Pattern it must match.
        pattern: Option<Pattern>,
    },
    /// One of these strings.
    Enum(&'static [&'static str]),
    /// A whole number.
    Int {
        /// Least.
        min: i64,
        /// Greatest.
        max: i64,
    },
    /// A calendar date, `YYYY-MM-DD`.
    Date,
    /// The calendar year in which an academic year begins, as a number or as the academic year (`2023/2024`). Facts only.
    Year,
    /// A page cursor: 1–512 characters, opaque; made and read by the engine alone.
    Cursor,
    /// An object.
    Object(&'static Object),
    /// A list of objects.
    List {
        /// Its items.
        items: &'static Object,
        /// Most items.
        max: usize,
    },
}

impl Object {
    /// A member by its name, with its place.
    #[inline(never)]
    pub fn field(&self, name: &str) -> Option<(usize, &'static Field)> {
        self.fields.iter().enumerate().find(|(_, f)| f.name == name)
    }

    /// A fact by its name.
    pub fn fact(&self, name: &str) -> Option<&'static Field> {
        self.facts.iter().find(|f| f.name == name)
    }
}

impl Field {
    /// A string; lengths in characters.
    pub(super) const fn text(name: &'static str, min: usize, max: usize, pattern: Option<Pattern>) -> Self {
        Self::new(name, Kind::Text { min, max, pattern })
    }

    /// A member that is neither required nor nullable.
    pub(super) const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, required: false, nullable: false, kind }
    }

    /// The same, required.
    pub(super) const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The same, nullable.
    pub(super) const fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }
}
