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
    /// Texts lose the white space at their ends.
    pub trim: bool,
    /// A system's document, not a consumer's: decimals of more digits than are kept are rounded, whole numbers of more are
    /// texts, and half a character in what nobody reads is passed over.
    pub lenient: bool,
    /// Whose document it is: the place of the system, for documents inside its texts.
    pub origin: u16,
}

impl Decoder<'_> {
    /// Keeps everything, changes nothing, and is as strict as the formats are.
    pub fn whole(depth: usize) -> Self {
        Self {
            keep: Keep::Whole,
            depth,
            blank_to_null: false,
            unwrap: None,
            none: &[],
            trim: false,
            lenient: false,
            origin: u16::MAX,
        }
    }

    /// A text of an XML document without what surrounds it: all white space where texts are trimmed; else that around one
    /// line which stands on a line of its own, as pretty-printers put it.
    pub(super) fn inner<'t>(&self, text: &'t str) -> &'t str {
        let blank = |b: Option<&u8>| b.is_some_and(|b| *b <= b' ');
        if self.trim {
            text.trim()
        } else if blank(text.as_bytes().first()) || blank(text.as_bytes().last()) {
            line_alone(text)
        } else {
            text
        }
    }

    /// Whether a text stands for nothing.
    pub(super) fn tidies_away(&self, text: &[u8]) -> bool {
        (self.blank_to_null && is_blank(text)) || self.none.iter().any(|none| none.as_bytes() == text)
    }
}

/// Whether a text is white space alone, also of a kind that ASCII does not have, such as the blank that does not break.
#[inline]
fn is_blank(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    match text.first() {
        None => true,
        Some(0x0b | 0x80..) => std::str::from_utf8(text).is_ok_and(|text| text.chars().all(char::is_whitespace)),
        Some(_) => false,
    }
}

/// The one line of a text, without its indentation, if another line ends before it or behind it; else the text.
#[cold]
fn line_alone(text: &str) -> &str {
    let line = text.trim_matches([' ', '\t', '\n', '\r']);
    let is_alone = !line.is_empty() && !line.contains('\n') && text.contains('\n');
    if is_alone { line } else { text }
}
