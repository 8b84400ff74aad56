//! Why a document is not taken, and where that shows.
//!
//! Readers say only why, by [`DecodeError`], and stand still where they met it; the place is taken from there when they
//! are done ([`Undecoded`]). So what goes well pays for neither.

/// Why a document is not taken. The list is closed: it labels what is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DecodeError {
    /// It is in a character set that nobody here knows.
    Charset,
    /// It has bytes that are not of its character set.
    Bytes,
    /// It has characters of no text: U+0000.
    Nul,
    /// It is compressed.
    Compressed,
    /// There is nothing in it.
    Empty,
    /// It is a page of HTML, and something else was wanted.
    Html,
    /// It ends where more is wanted.
    Ended,
    /// It is not of its format.
    Syntax,
    /// A text that is read has half of a character.
    Surrogate,
    /// An object has a member twice.
    Duplicate,
    /// A number that a reader wants does not fit 18 digits.
    Number,
    /// XML with a document type.
    Doctype,
    /// XML with an entity that is none of the five.
    Entity,
    /// XML with a prefix that stands for no namespace.
    Prefix,
    /// XML whose tags do not match.
    Tag,
    /// XML, but no SOAP envelope.
    Envelope,
    /// SOAP with a reference that leads nowhere, in a circle, or to two.
    Reference,
    /// CSV whose line of names cannot be one.
    Head,
    /// CSV whose line of names lacks a column that is read.
    Column,
    /// CSV with a line of more or fewer fields than the line of names has.
    Fields,
    /// Several parts, none of which is the document.
    Part,
    /// A part in a transfer encoding that is not read.
    Transfer,
    /// XML with another root than is read, SOAP with another element in its body.
    Root,
    /// A document that has none of what is read of it, or lacks what must be there.
    Members,
    /// Nested deeper than allowed.
    Depth,
    /// The arena is full.
    Full,
}

impl DecodeError {
    /// All of them.
    pub const ALL: [Self; 26] = [
        Self::Charset,
        Self::Bytes,
        Self::Nul,
        Self::Compressed,
        Self::Empty,
        Self::Html,
        Self::Ended,
        Self::Syntax,
        Self::Surrogate,
        Self::Duplicate,
        Self::Number,
        Self::Doctype,
        Self::Entity,
        Self::Prefix,
        Self::Tag,
        Self::Envelope,
        Self::Reference,
        Self::Head,
        Self::Column,
        Self::Fields,
        Self::Part,
        Self::Transfer,
        Self::Root,
        Self::Members,
        Self::Depth,
        Self::Full,
    ];

    /// One word for it, for those who count.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Charset => "charset",
            Self::Bytes => "bytes",
            Self::Nul => "nul",
            Self::Compressed => "compressed",
            Self::Empty => "empty",
            Self::Html => "html",
            Self::Ended => "ended",
            Self::Syntax => "syntax",
            Self::Surrogate => "surrogate",
            Self::Duplicate => "duplicate",
            Self::Number => "number",
            Self::Doctype => "doctype",
            Self::Entity => "entity",
            Self::Prefix => "prefix",
            Self::Tag => "tag",
            Self::Envelope => "envelope",
            Self::Reference => "reference",
            Self::Head => "head",
            Self::Column => "column",
            Self::Fields => "fields",
            Self::Part => "part",
            Self::Transfer => "transfer",
            Self::Root => "root",
            Self::Members => "members",
            Self::Depth => "depth",
            Self::Full => "full",
        }
    }

    /// What it is of: nothing but these five where several readers are compared, as each words the rest in its own way.
    pub const fn broad(self) -> Self {
        match self {
            Self::Depth | Self::Full | Self::Duplicate | Self::Number | Self::Column => self,
            _ => Self::Syntax,
        }
    }

    /// Whether what the document is says more than this does: anything can stand in a page of HTML.
    fn is_of_form(self) -> bool {
        !matches!(self, Self::Depth | Self::Full | Self::Number | Self::Compressed | Self::Charset)
    }
}

/// A document that is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undecoded {
    /// Why.
    pub why: DecodeError,
    /// Where that shows: bytes of the text before it; of a document that has bytes which are none of its character set,
    /// bytes of that.
    pub at: usize,
}

impl Undecoded {
    /// A document of which a reader said why, and where it stood.
    #[cold]
    pub(crate) fn new(document: &[u8], why: DecodeError, at: usize) -> Self {
        let inner = document.strip_prefix(b"\xef\xbb\xbf").unwrap_or(document).trim_ascii_start();
        let start = document.len().saturating_sub(inner.len());
        match why {
            why if !why.is_of_form() => Self { why, at },
            _ if inner.is_empty() => Self { why: DecodeError::Empty, at: 0 },
            _ if is_html(inner) => Self { why: DecodeError::Html, at: start },
            why => Self { why, at: at.min(document.len()) },
        }
    }

    /// What cannot be told to stand anywhere.
    pub const fn nowhere(why: DecodeError) -> Self {
        Self { why, at: 0 }
    }
}

/// Whether a document begins like a page of HTML.
fn is_html(inner: &[u8]) -> bool {
    [b"<!doctype html".as_slice(), b"<html"]
        .iter()
        .any(|mark| inner.get(..mark.len()).is_some_and(|start| start.eq_ignore_ascii_case(mark)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_label_is_one_of_its_own() {
        let mut labels: Vec<&str> = DecodeError::ALL.iter().map(|why| why.label()).collect();
        labels.sort_unstable();
        labels.dedup();
        assert_eq!(labels.len(), DecodeError::ALL.len());
    }

    #[test]
    fn what_a_document_is_says_more_than_where_reading_it_ended() {
        let of = |document: &str| Undecoded::new(document.as_bytes(), DecodeError::Syntax, 7);
        let is = |why, at| Undecoded { why, at };
        assert_eq!(of(" \r\n"), is(DecodeError::Empty, 0));
        assert_eq!(of("\n <!DOCTYPE HTML><html>"), is(DecodeError::Html, 2));
        assert_eq!(of("\u{feff}<html lang=\"it\">"), is(DecodeError::Html, 3));
        assert_eq!(of("[1,2,3,x]"), is(DecodeError::Syntax, 7));
        assert_eq!(of("[1"), is(DecodeError::Syntax, 2));
        assert_eq!(Undecoded::new(b"", DecodeError::Depth, 0), is(DecodeError::Depth, 0));
    }
}
