//! What of a text can be seen and is meant: no control characters, nothing that has no width.

use std::borrow::Cow;

use super::charset::windows;
use super::scan;
use super::{is_plainly_nfc, nfc};

/// Whether a text is ASCII that can be seen, blanks included.
#[inline]
pub fn is_printable_ascii(text: &str) -> bool {
    scan::printable(text.as_bytes())
}

/// Whether a text has control characters that are no white space.
#[inline(never)]
pub fn has_control(text: &str) -> bool {
    text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
}

/// The text without what has no width and says nothing (a byte order mark inside of it, a zero width space, a word
/// joiner), and with the characters of Windows-1252 where the control characters stand that a wrong decoding has made of
/// them.
#[inline(never)]
pub fn seen(text: &str) -> Cow<'_, str> {
    let of = |c: char| match c {
        '\u{feff}' | '\u{200b}' | '\u{2060}' => None,
        '\u{80}'..='\u{9f}' => u8::try_from(u32::from(c)).ok().and_then(windows).or(Some(c)),
        other => Some(other),
    };
    if text.chars().all(|c| of(c) == Some(c)) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter_map(of).collect())
}

/// Whether a text is certainly a code as it is meant.
pub fn is_code(text: &str) -> bool {
    let bare = |byte: Option<&u8>| byte.is_none_or(|byte| *byte > b' ');
    text.is_ascii() && bare(text.as_bytes().first()) && bare(text.as_bytes().last())
}

/// A code as it is meant: [`seen`], without white space at its ends, in NFC. A blank one stays as it is.
#[inline(never)]
pub fn code(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        let trimmed = text.trim_ascii();
        return Cow::Borrowed(if trimmed.is_empty() { text } else { trimmed });
    }
    let seen = seen(text);
    let trimmed = seen.trim();
    if trimmed.is_empty() || (trimmed.len() == text.len() && is_plainly_nfc(text)) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(nfc(trimmed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_what_is_seen_of_it() {
        for (text, meant) in [
            ("A", "A"),
            ("\n  A \t", "A"),
            ("  ", "  "),
            ("", ""),
            ("\u{feff}A", "A"),
            ("A\u{200b}B\u{2060}", "AB"),
            ("\u{a0}Attività\u{a0}", "Attività"),
            ("Attivita\u{300}", "Attività"),
            ("Attività", "Attività"),
            ("dell\u{92}arte \u{96} \u{80}", "dell’arte – €"),
            ("a\u{81}b", "a\u{81}b"),
            ("\u{feff}", "\u{feff}"),
        ] {
            assert_eq!(code(text), meant, "{text:?}");
            assert!(!is_code(text) || text == meant, "{text:?}");
        }
    }

    #[test]
    fn control_characters_are_seen_through() {
        for c in (0..0x300).filter_map(char::from_u32) {
            let text = format!("aaaaaaaaaaaa{c}b");
            let ascii = (' '..='~').contains(&c);
            assert_eq!(is_printable_ascii(&text), ascii, "{c:?}");
            assert_eq!(is_printable_ascii(text.trim_end_matches('b')), ascii, "{c:?}");
            assert_eq!(has_control(&text), c.is_control() && !matches!(c, '\t' | '\n' | '\r'), "{c:?}");
        }
    }
}
