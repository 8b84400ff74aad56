//! The head of a CSV document: where its fields are parted, and the columns it must have.

use super::NameId;

/// What is known of a call's CSV answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
pub struct Csv {
    /// What stands between fields; none: it is found in the head.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Option::is_none"))]
    pub separator: Option<u8>,
    /// Columns that are read: the head of a good answer has all of them.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Vec::is_empty"))]
    pub must: Vec<NameId>,
    /// Columns that are read where they are there. Where there is nothing else, the head of a good answer has one of
    /// them.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Vec::is_empty"))]
    pub may: Vec<NameId>,
    /// Columns that only rules for failures read: a head with one of them is a failing answer's.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Vec::is_empty"))]
    pub failing: Vec<NameId>,
}

impl Csv {
    /// Whether a head lacks what the head of a good answer has.
    pub(super) fn lacks(&self, has: impl Fn(NameId) -> bool) -> bool {
        if self.must.is_empty() {
            !self.may.is_empty() && !self.may.iter().any(|name| has(*name))
        } else {
            !self.must.iter().all(|name| has(*name))
        }
    }

    /// Whether a head is one of a failing answer.
    pub(super) fn is_failing(&self, has: impl Fn(NameId) -> bool) -> bool {
        self.failing.iter().any(|name| has(*name))
    }

    /// Whether a head has any column of good answers.
    pub(super) fn knows(&self, has: impl Fn(NameId) -> bool) -> bool {
        self.must.iter().chain(&self.may).any(|name| has(*name))
    }
}

/// Whether a byte may stand between fields: neither a letter, a digit, a quote, nor the end of a line.
pub fn is_separator(byte: u8) -> bool {
    byte.is_ascii() && !byte.is_ascii_alphanumeric() && !matches!(byte, b'"' | b'\r' | b'\n' | 0)
}

/// What stands between the fields of a document, and where its head begins: as a first line `sep=;` says, which Excel
/// writes; else as is stated; else `;`, a tab or `,`, the first of these that stands in the head outside of quotes.
pub fn separator(document: &str, stated: Option<u8>) -> (u8, usize) {
    let said = said(document);
    said.unwrap_or_else(|| (stated.or_else(|| found(document)).unwrap_or(b';'), 0))
}

/// What a first line `sep=;` says, with or without quotes around it, and where the line behind it begins.
fn said(document: &str) -> Option<(u8, usize)> {
    let end = document.find(['\r', '\n']).unwrap_or(document.len());
    let line = document.get(..end)?.trim_end_matches(' ');
    let line = line.strip_prefix('"').and_then(|line| line.strip_suffix('"')).unwrap_or(line);
    let (word, said) = line.split_at_checked(4)?;
    let separator = match said.as_bytes() {
        [byte] if is_separator(*byte) && word.eq_ignore_ascii_case("sep=") => *byte,
        _ => return None,
    };
    let ends = if document.get(end..)?.starts_with("\r\n") { 2 } else { 1 };
    Some((separator, end.saturating_add(ends).min(document.len())))
}

/// What separators stand in the head outside of quotes.
fn found(document: &str) -> Option<u8> {
    const KNOWN: [u8; 3] = [b';', b'\t', b','];
    let mut seen = [false; KNOWN.len()];
    let (mut quoted, mut begins) = (false, true);
    for byte in document.bytes() {
        let place = KNOWN.iter().position(|known| *known == byte);
        match byte {
            b'"' if quoted || begins => quoted = !quoted,
            _ if quoted => {}
            b'\r' | b'\n' => break,
            _ => {
                if let Some(seen) = place.and_then(|place| seen.get_mut(place)) {
                    *seen = true;
                }
            }
        }
        // A quote opens a field; and of two inside one, the second opens it again.
        begins = place.is_some() || byte == b'"';
    }
    KNOWN.into_iter().zip(seen).find(|(_, seen)| *seen).map(|(byte, _)| byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_separator_is_found_in_the_head_outside_of_quotes() {
        for (document, is) in [
            ("a;b,c\n", ';'),
            ("a,b\n1;2\n", ','),
            ("a\tb,c\n", '\t'),
            ("a,\"b; c\"\n", ','),
            ("\"a; \"\"b\"\"; c\",d\n", ','),
            ("\"a\n;\",d\n", ','),
            ("a 5\", b;c\n", ';'),
            ("a;\"b, c\"", ';'),
            ("a", ';'),
            ("", ';'),
        ] {
            assert_eq!(separator(document, None), (is as u8, 0), "{document}");
            assert_eq!(separator(document, Some(b'|')), (b'|', 0), "{document}");
        }
    }

    #[test]
    fn a_first_line_says_the_separator() {
        for (document, says, head) in [
            ("sep=,\na;b", b',', "a;b"),
            ("SEP=|\r\na;b", b'|', "a;b"),
            ("\"sep=;\"\ra,b", b';', "a,b"),
            ("sep=\t\na,b", b'\t', "a,b"),
            ("sep=; \na,b", b';', "a,b"),
            ("sep=;", b';', ""),
        ] {
            let (separator, at) = separator(document, Some(b'#'));
            assert_eq!((separator, document.get(at..)), (says, Some(head)), "{document}");
        }
        for document in ["sep=\na,b", "sep=x\na,b", "sep=;;\na,b", "sèp=,\na", "separator,b", "sep=\"\na"] {
            assert_eq!(separator(document, Some(b'#')), (b'#', 0), "{document}");
        }
    }
}
