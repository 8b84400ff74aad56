//! Characters of XML: what may stand where, what is escaped and how it reads.

use super::classes::{ATTRIBUTE, CDATA, TEXT};
use super::lexed::{Lexed, WRONG};
use crate::DecodeError;

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

impl Run {
    /// How many bytes stand before what needs a closer look.
    fn plain(self, run: &[u8]) -> usize {
        match self {
            Self::Text => TEXT.before(run),
            Self::Cdata => CDATA.before(run),
            Self::Attribute => ATTRIBUTE.before(run),
        }
    }

    /// Whether a run reads as it stands and needs no closer look.
    pub fn stands(self, run: &str) -> bool {
        self.plain(run.as_bytes()) == run.len()
    }
}

/// A run as it reads: references resolved, line ends as one line feed, white space of attributes as blanks. What has been
/// read is taken from the run, so that it begins with what is wrong where something is.
pub fn unescape(run: &mut &str, is: Run, out: &mut String) -> Lexed<()> {
    loop {
        let rest = *run;
        // What is looked at begins a character, so the text may be cut before it.
        let (plain, behind) = rest.split_at_checked(is.plain(rest.as_bytes())).ok_or(WRONG)?;
        out.push_str(plain);
        *run = behind;
        let mut chars = behind.chars();
        let Some(c) = chars.next() else { return Ok(()) };
        let mut rest = chars.as_str();
        match c {
            '&' => {
                let (c, behind) = referred(rest)?;
                out.push(c);
                rest = behind;
            }
            '\r' if rest.starts_with('\n') => {}
            '\r' | '\n' | '\t' if is == Run::Attribute => out.push(' '),
            '\r' => out.push('\n'),
            c if is_char(c) => out.push(c),
            _ => return Err(WRONG),
        }
        *run = rest;
    }
}

/// The character that is referred to behind `&`, and what stands behind the reference.
fn referred(text: &str) -> Lexed<(char, &str)> {
    const NAMED: [(&str, char); 5] = [("lt;", '<'), ("gt;", '>'), ("amp;", '&'), ("quot;", '"'), ("apos;", '\'')];
    for (name, c) in NAMED {
        if let Some(behind) = text.strip_prefix(name) {
            return Ok((c, behind));
        }
    }
    let (reference, behind) = text.split_once(';').ok_or(WRONG)?;
    let (digits, radix) = match reference.strip_prefix("#x") {
        Some(digits) => (digits, 16),
        None => (reference.strip_prefix('#').ok_or(DecodeError::Entity)?, 10),
    };
    let digit = |number: u32, c: char| number.checked_mul(radix)?.checked_add(c.to_digit(radix)?);
    let number = digits.chars().try_fold(0, digit).filter(|_| !digits.is_empty()).ok_or(WRONG)?;
    let c = char::from_u32(number).filter(|c| is_char(*c)).ok_or(WRONG)?;
    Ok((c, behind))
}

/// The characters that XML 1.0 has.
fn is_char(c: char) -> bool {
    !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}
