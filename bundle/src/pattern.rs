//! Compiled regular expressions.

/// A regular expression as instructions of a Pike machine: it matches in time linear in the text.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
pub struct Pattern {
    /// Its instructions; the first is where it starts.
    pub code: Vec<Step>,
}

/// One instruction of a [`Pattern`]. Targets are places in its code.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
#[cfg_attr(feature = "write", serde(rename_all = "snake_case"))]
pub enum Step {
    /// One character in one of these ranges (both ends included), then the next instruction.
    Chars(Vec<(u32, u32)>),
    /// Either of two, the first preferred.
    Split(u32, u32),
    /// Another place.
    Jump(u32),
    /// Notes the place in the text: 0 and 1 around the whole match, 2 and 3 around the first group.
    Save(u8),
    /// Goes on only at such a place in the text.
    At(Place),
    /// The text matches.
    Match,
}

/// Places in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
#[cfg_attr(feature = "write", serde(rename_all = "snake_case"))]
pub enum Place {
    /// The text's start.
    Start,
    /// The text's end.
    End,
    /// A line's start.
    LineStart,
    /// A line's end.
    LineEnd,
    /// Between an ASCII word character and another.
    WordEdge,
    /// Anywhere else.
    NoWordEdge,
}
