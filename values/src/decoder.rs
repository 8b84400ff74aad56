//! How documents are decoded, whatever their format.

use super::NameId;

/// Which members of a document are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Those the bundle names; under names marked deep, all.
    Named,
    /// All.
    Whole,
}

/// Why a document is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// Not of its format, or not of its character set.
    Syntax,
    /// Nested deeper than allowed.
    Depth,
    /// An object has a member twice.
    Duplicate,
    /// A number that a reader wants does not fit 18 digits.
    Number,
    /// The arena is full.
    Full,
}

/// How a document is decoded.
#[derive(Clone, Copy, Debug)]
pub struct Decoder<'c> {
    /// Which members are kept.
    pub keep: Keep,
    /// Most levels of nesting.
    pub depth: usize,
    /// Blank text becomes null.
    pub blank_to_null: bool,
    /// A record with this member alone becomes the member's value.
    pub unwrap: Option<NameId>,
    /// Texts that become null.
    pub none: &'c [String],
    /// Whose document it is: the place of the system, for documents inside its texts.
    pub origin: u16,
}

impl Decoder<'_> {
    /// Keeps everything, changes nothing.
    pub fn whole(depth: usize) -> Self {
        Self { keep: Keep::Whole, depth, blank_to_null: false, unwrap: None, none: &[], origin: u16::MAX }
    }

    /// Whether a text stands for nothing.
    pub(super) fn tidies_away(&self, text: &[u8]) -> bool {
        (self.blank_to_null && text.trim_ascii().is_empty()) || self.none.iter().any(|none| none.as_bytes() == text)
    }
}
