//! The language's keys in one description: which there are, where, what they hold, what they are for.
//!
//! Merging ([`crate::extends`]), showing ([`crate::show`]) and the editors' schema ([`crate::schema`]) go by it. A test
//! holds it against the keys that the model accepts.

mod mapping;

pub(crate) use mapping::TOP;

/// A map with keys of the language.
#[derive(Debug)]
pub(crate) struct Place {
    /// Its name in the schema.
    pub name: &'static str,
    /// What it is, one sentence.
    pub about: &'static str,
    /// Its keys.
    pub keys: &'static [Key],
    /// Keys of which a later file's replaces the whole map: they say what kind of thing it is.
    pub kinds: Kinds,
}

/// When a later file replaces a map instead of being merged into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kinds {
    /// Never.
    None,
    /// If it has one of these keys.
    Any(&'static [&'static str]),
    /// If it has one of these keys that the earlier does not have.
    New(&'static [&'static str]),
}

/// One key.
#[derive(Debug)]
pub(crate) struct Key {
    /// As written.
    pub name: &'static str,
    /// It must be there, whatever else is.
    pub needed: bool,
    /// What it holds.
    pub form: Form,
    /// What it is for, one sentence.
    pub about: &'static str,
}

/// What a value is made of.
#[derive(Debug)]
pub(crate) enum Form {
    /// A scalar.
    Text,
    /// A bare expression.
    Expr,
    /// A bare expression, or a list of them.
    Exprs,
    /// A text that may hold `${…}`.
    Template,
    /// A path relative to the file it stands in.
    File,
    /// Such as `5s`.
    Duration,
    /// A whole number within bounds.
    Int(u64, u64),
    /// One of these words.
    Words(&'static [&'static str]),
    /// A scalar or a list of scalars.
    Texts,
    /// A list of scalars.
    TextList,
    /// Names with scalars.
    TextMap,
    /// One loop, `name in list`, or a list of loops.
    Loops,
    /// Data: maps and lists whose leaves are texts.
    Data,
    /// A tree that may hold blocks.
    Tree,
    /// A value of `let`.
    Let,
    /// A map with keys of the language.
    In(&'static Place),
    /// Names with values of one form.
    Named(&'static Self),
    /// Rules, in order: a later file's stand before the inherited.
    Rules(&'static Place),
    /// `limits`: the keys are those of the table of limits.
    Limits,
    /// One of several: first what is no map, then the map.
    Either(&'static Self, &'static Self),
}

impl Place {
    /// A key by its name.
    pub(crate) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|k| k.name == name)
    }
}

impl Form {
    /// What a value under a key of a map of this form is.
    pub(crate) fn inside(&'static self, key: &str, is_block: bool) -> &'static Self {
        match self {
            Self::In(place) => place.key(key).map_or(&Self::Data, |k| &k.form),
            Self::Named(form) => form,
            Self::Either(_, map) => map.inside(key, is_block),
            Self::Let if key == "tree" => &Self::Data,
            Self::Let if key == "given" => &Self::Texts,
            Self::Let | Self::Tree if is_block => mapping::BLOCK.key(key).map_or(&Self::Data, |k| &k.form),
            Self::Let => &Self::Expr,
            Self::Tree => &Self::Tree,
            _ => &Self::Data,
        }
    }
}

#[cfg(test)]
mod tests;
