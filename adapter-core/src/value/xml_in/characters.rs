//! Characters of XML: what may stand where, what is escaped and how it reads.

use crate::value::DecodeError;

const WRONG: DecodeError = DecodeError::Syntax;

/// What a run of characters is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    /// Character data.
    Text,
    /// What is not escaped: a CDATA section, a comment, a processing instruction.
    Cdata,
    /// An attribute's value.
    Attribute,
}

/// What bytes may be, one bit each, so that a run is looked through once whatever ends it.
#[derive(Clone, Copy, Debug)]
pub struct Class(u8);

impl Class {
    /// Ends a name without prefix.
    pub const NAME_END: Self = Self(1);
    /// A name may begin with it.
    pub const START: Self = Self(1 << 1);
    pub const BLANK: Self = Self(1 << 2);
    /// Needs a closer look in character data, in what is not escaped, in an attribute's value.
    const TEXT: Self = Self(1 << 3);
    const CDATA: Self = Self(1 << 4);
    const ATTRIBUTE: Self = Self(1 << 5);
    /// `<`, or what may end a CDATA section: neither stands in character data.
    const TEXT_MARK: Self = Self(1 << 6);
    /// `<` or a quote: ends an attribute's value, unless it is the other quote.
    const VALUE_MARK: Self = Self(1 << 7);
    /// What character data ends before, or needs a closer look for.
    pub const TEXT_END: Self = Self(Self::TEXT.0 | Self::TEXT_MARK.0);
    /// The same of an attribute's value.
    pub const VALUE_END: Self = Self(Self::ATTRIBUTE.0 | Self::VALUE_MARK.0);

    /// Whether a byte is any of this.
    pub fn has(self, byte: u8) -> bool {
        CLASSES.get(usize::from(byte)).is_some_and(|class| class & self.0 != 0)
    }

    /// How many bytes stand before the first one that is any of this.
    pub fn before(self, bytes: &[u8]) -> usize {
        bytes.iter().position(|byte| self.has(*byte)).unwrap_or(bytes.len())
    }
}

/// The classes of every byte.
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0_u8;
    loop {
        // Of what is not ASCII every character passes in names: no mark-up is made of it.
        let start = byte.is_ascii_alphabetic() || byte == b'_' || !byte.is_ascii();
        let name = start || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
        let blank = matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
        // U+FFFE and U+FFFF begin with 0xef.
        let look = matches!(byte, 0..=0x1f | 0xef) && !matches!(byte, b'\t' | b'\n');
        let mut class = 0;
        if !name {
            class |= Class::NAME_END.0;
        }
        if start {
            class |= Class::START.0;
        }
        if blank {
            class |= Class::BLANK.0;
        }
        if look {
            class |= Class::CDATA.0;
        }
        if look || byte == b'&' {
            class |= Class::TEXT.0;
        }
        if look || matches!(byte, b'&' | b'\t' | b'\n') {
            class |= Class::ATTRIBUTE.0;
        }
        if matches!(byte, b'<' | b']') {
            class |= Class::TEXT_MARK.0;
        }
        if matches!(byte, b'<' | b'"' | b'\'') {
            class |= Class::VALUE_MARK.0;
        }
        #[allow(clippy::indexing_slicing, reason = "as many classes as bytes, and at compile time")]
        {
            classes[byte as usize] = class;
        }
        match byte.checked_add(1) {
            Some(next) => byte = next,
            None => break classes,
        }
    }
};

impl Run {
    /// What needs a closer look in it.
    fn look(self) -> Class {
        match self {
            Self::Text => Class::TEXT,
            Self::Cdata => Class::CDATA,
            Self::Attribute => Class::ATTRIBUTE,
        }
    }

    /// Whether a run reads as it stands and needs no closer look.
    pub fn stands(self, run: &str) -> bool {
        self.look().before(run.as_bytes()) == run.len()
    }
}

/// Where a mark of ASCII begins. Marks are short and their first byte is rare: looking for it is quick, and much less
/// code than a searcher for any text.
pub fn find(text: &[u8], mark: &[u8]) -> Option<usize> {
    let first = mark.first()?;
    let mut from = 0_usize;
    loop {
        let rest = text.get(from..)?;
        let at = from.saturating_add(rest.iter().position(|b| b == first)?);
        if text.get(at..)?.starts_with(mark) {
            return Some(at);
        }
        from = at.saturating_add(1);
    }
}

/// Whether two names are the same: the last word overlaps the one before it, so that no byte is looked at alone but in
/// the shortest names.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    match a.len() {
        0..4 => a.iter().zip(b).all(|(a, b)| a == b),
        4..8 => a.first_chunk::<4>() == b.first_chunk() && a.last_chunk::<4>() == b.last_chunk(),
        _ => {
            let mut words = a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0);
            words.all(|(a, b)| a == b) && a.last_chunk::<8>() == b.last_chunk()
        }
    }
}

/// A run as it reads: references resolved, line ends as one line feed, white space of attributes as blanks.
pub fn unescape(run: &str, is: Run, out: &mut String) -> Result<(), DecodeError> {
    let look = is.look();
    let mut rest = run;
    loop {
        // What is looked at begins a character, so the text may be cut before it.
        let (plain, behind) = rest.split_at_checked(look.before(rest.as_bytes())).ok_or(WRONG)?;
        out.push_str(plain);
        let mut chars = behind.chars();
        let Some(c) = chars.next() else { return Ok(()) };
        rest = chars.as_str();
        match c {
            '&' => {
                let (reference, behind) = rest.split_once(';').ok_or(WRONG)?;
                out.push(referred(reference)?);
                rest = behind;
            }
            '\r' if rest.starts_with('\n') => {}
            '\r' | '\n' | '\t' if is == Run::Attribute => out.push(' '),
            '\r' => out.push('\n'),
            c if is_char(c) => out.push(c),
            _ => return Err(WRONG),
        }
    }
}

/// What stands between `&` and `;`.
fn referred(reference: &str) -> Result<char, DecodeError> {
    let (digits, radix) = match reference {
        "lt" => return Ok('<'),
        "gt" => return Ok('>'),
        "amp" => return Ok('&'),
        "apos" => return Ok('\''),
        "quot" => return Ok('"'),
        _ => match reference.strip_prefix("#x") {
            Some(digits) => (digits, 16),
            None => (reference.strip_prefix('#').ok_or(WRONG)?, 10),
        },
    };
    let digit = |number: u32, c: char| number.checked_mul(radix)?.checked_add(c.to_digit(radix)?);
    let number = digits.chars().try_fold(0, digit).filter(|_| !digits.is_empty()).ok_or(WRONG)?;
    char::from_u32(number).filter(|c| is_char(*c)).ok_or(WRONG)
}

/// The characters that XML 1.0 has.
fn is_char(c: char) -> bool {
    !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}
