//! Values: 16-byte handles into one arena per run of an exchange.
//!
//! Text is borrowed from the legacy documents (kept as they came) or from the bundle's pool; nothing is copied that
//! was not escaped. A [`Value`] is `Copy`; what it refers to lives in its [`Arena`].

mod adopt;
mod arena;
pub mod case;
pub mod charset;
mod csv_head;
mod csv_in;
pub mod date;
mod decimal;
mod decoder;
mod fold;
mod json_in;
mod json_out;
mod letters;
mod likeness;
mod media;
pub mod multipart;
mod names;
mod nfc;
mod nfc_tables;
mod nodes;
mod order;
mod scan;
mod undecoded;
pub mod visible;
mod xml_in;
mod xml_out;

pub use arena::{Arena, Full};
pub use csv_head::{Csv, is_separator, separator as csv_separator};
pub use csv_in::Rows;
pub use decimal::{Decimal, Failure as NumberFailure, Number};
pub use decoder::{Decoder, Keep};
pub use fold::fold;
pub use json_in::raw_members;
pub use json_out::{JsonWriter, write_text, write_value};
pub use letters::is_letter;
pub use likeness::{Likeness, Misfit, Unlike};
pub use names::{NameId, NameTable, Names};
pub use nfc::{is_plainly_nfc, nfc};
pub use nodes::Unread;
pub use order::{compare, equal, sorted, sorted_places};
pub use undecoded::{DecodeError, Undecoded};
pub use xml_in::{Envelope, Root, namespaces_of};
pub use xml_out::{Style as XmlStyle, Unwritable, XSD, XSI, XmlWriter, write_document};

use date::Date;

/// One value. Equality and order are [`equal`] and [`compare`], which see the arena.
#[derive(Clone, Copy, Debug, Default)]
pub enum Value {
    /// The one "nothing".
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A decimal: `mantissa × 10^-scale`. See [`Decimal`].
    Dec {
        /// Digits after the point.
        scale: u8,
        /// Digits of the number.
        mantissa: i64,
    },
    /// A text.
    Text(Text),
    /// A calendar date.
    Date(Date),
    /// A list.
    List(Span),
    /// A record; its start is also its identity (no two records share one).
    Record(Span),
    /// A map by text key, sorted by key.
    Map(Span),
    /// A node set: what an XML path gives. Iterated it is a list of node sets of one; as a scalar it is what
    /// [`Arena::scalar`] says.
    Nodes(Span),
    /// A row of a code table.
    Row {
        /// Index of the table.
        table: u16,
        /// Index of the row.
        row: u32,
    },
}

/// A text: a range of one of the arena's segments.
#[derive(Clone, Copy, Debug, Default)]
pub struct Text {
    /// Which segment; the first is the pool that the arena was made with.
    pub segment: u16,
    /// Where it begins there, in bytes.
    pub start: u32,
    /// How many bytes it has.
    pub len: u32,
}

/// A range of the arena's elements or entries.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub(crate) start: u32,
    pub(crate) len: u32,
}

impl Span {
    /// How many elements.
    pub fn len(self) -> usize {
        self.len as usize
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.len == 0
    }

    pub(crate) fn range(self) -> std::ops::Range<usize> {
        let start = self.start as usize;
        start..start.saturating_add(self.len as usize)
    }
}

impl Value {
    /// Whether this is null.
    pub fn is_null(self) -> bool {
        matches!(self, Self::Null)
    }

    /// The number, if it is one.
    pub fn number(self) -> Option<Number> {
        match self {
            Self::Int(i) => Some(Number::Int(i)),
            Self::Dec { scale, mantissa } => Some(Number::Dec(Decimal { mantissa, scale })),
            _ => None,
        }
    }
}

impl From<Number> for Value {
    fn from(number: Number) -> Self {
        match number {
            Number::Int(i) => Self::Int(i),
            Number::Dec(Decimal { mantissa, scale }) => Self::Dec { scale, mantissa },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_sixteen_bytes() {
        assert_eq!(size_of::<Value>(), 16);
    }
}
