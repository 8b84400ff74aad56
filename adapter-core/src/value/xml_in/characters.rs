//! Characters of XML: what may stand where, what is escaped and how it reads.

use crate::value::DecodeError;

const WRONG: DecodeError = DecodeError::Syntax;

/// What a run of characters is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    /// Character data.
    Text,
    /// A CDATA section.
    Cdata,
    /// An attribute's value.
    Attribute,
}

/// Where a mark of ASCII begins. Marks are short and their first byte is rare: looking for it is quick, and much less
/// code than a searcher for any text.
#[inline(never)]
pub fn find(text: &str, mark: &str) -> Option<usize> {
    let (text, mark) = (text.as_bytes(), mark.as_bytes());
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

/// Prefix and local name.
#[inline(never)]
pub fn parted(name: &str) -> Result<(&str, &str), DecodeError> {
    let Some(at) = find(name, ":") else { return Ok(("", name)) };
    let local = name.get(at.saturating_add(1)..).unwrap_or("");
    let proper = local.bytes().next().is_some_and(is_start) && find(local, ":").is_none();
    if proper { Ok((name.get(..at).unwrap_or(""), local)) } else { Err(WRONG) }
}

pub fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// What a name may begin with. Of what is not ASCII everything passes: no mark-up is made of it.
pub fn is_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || !byte.is_ascii()
}

/// Whether a run reads as it stands and needs no closer look.
#[inline(never)]
pub fn stands(run: &str, is: Run) -> bool {
    !run.bytes().any(|b| match b {
        b'&' => is != Run::Cdata,
        b'\t' | b'\n' => is == Run::Attribute,
        // U+FFFE and U+FFFF begin so.
        0..=0x1f | 0xef => true,
        _ => false,
    })
}

/// A run as it reads: references resolved, line ends as one line feed, white space of attributes as blanks.
#[inline(never)]
pub fn unescape(run: &str, is: Run, out: &mut String) -> Result<(), DecodeError> {
    let mut rest = run.chars();
    while let Some(c) = rest.next() {
        match c {
            '&' if is != Run::Cdata => {
                let behind = rest.as_str();
                let end = find(behind, ";").ok_or(WRONG)?;
                out.push(referred(behind.get(..end).unwrap_or(""))?);
                rest = behind.get(end.saturating_add(1)..).unwrap_or("").chars();
            }
            '\r' if rest.as_str().starts_with('\n') => {}
            '\r' | '\n' | '\t' if is == Run::Attribute => out.push(' '),
            '\r' => out.push('\n'),
            c if is_char(c) => out.push(c),
            _ => return Err(WRONG),
        }
    }
    Ok(())
}

/// What stands between `&` and `;`.
#[inline(never)]
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
