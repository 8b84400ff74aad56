//! Schemas: the part of OpenAPI that the contract uses.

use super::patterns::Pattern;

/// An object; members not listed are forbidden (`additionalProperties: false` everywhere in the contract).
#[derive(Debug)]
pub struct Object {
    /// Members in declaration order, which is also the canonical order.
    pub fields: &'static [Field],
}

/// A member of an object.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// In the schema's `required`.
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
    pub fn field(&self, name: &str) -> Option<(usize, &'static Field)> {
        self.fields.iter().enumerate().find(|(_, f)| f.name == name)
    }
}
