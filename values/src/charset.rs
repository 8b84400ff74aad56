//! Character sets of documents, in and out: UTF-8, ISO-8859-1, ISO-8859-15 and Windows-1252.

/// Character sets of documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
#[cfg_attr(feature = "write", serde(rename_all = "snake_case"))]
pub enum Charset {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// ISO-8859-1.
    Latin1,
    /// ISO-8859-15.
    Latin9,
    /// Windows-1252.
    Windows1252,
}

/// Where ISO-8859-15 is not ISO-8859-1.
const LATIN9: [(u8, char); 8] =
    [(0xa4, '€'), (0xa6, 'Š'), (0xa8, 'š'), (0xb4, 'Ž'), (0xb8, 'ž'), (0xbc, 'Œ'), (0xbd, 'œ'), (0xbe, 'Ÿ')];

/// Where Windows-1252 is not ISO-8859-1: its bytes from 0x80 to 0x9f; five of them mean nothing, and stand for
/// themselves here.
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// Names of character sets, as `Content-Type` and XML declarations write them.
const NAMES: [(&str, Charset); 4] = [
    ("utf-8 utf8 us-ascii ascii", Charset::Utf8),
    ("iso-8859-1 iso8859-1 iso_8859-1 latin1", Charset::Latin1),
    ("iso-8859-15 iso8859-15 latin-9 latin9", Charset::Latin9),
    ("windows-1252 cp1252", Charset::Windows1252),
];

/// The character set of a name.
#[inline(never)]
fn named(name: &str) -> Option<Charset> {
    let named = |names: &str| names.split(' ').any(|n| n.eq_ignore_ascii_case(name.trim_ascii()));
    NAMES.into_iter().find(|(names, _)| named(names)).map(|(_, charset)| charset)
}

/// What a document is written in: what the mapping says of the system, else its byte order mark, else its
/// `Content-Type`, else (`xml`) its XML declaration, else UTF-8. None if it says a character set that nobody here knows.
#[inline(never)]
pub fn of_document(system: Option<Charset>, content_type: Option<&str>, xml: bool, body: &[u8]) -> Option<Charset> {
    if system.is_some() {
        return system;
    }
    if body.starts_with(b"\xef\xbb\xbf") {
        return Some(Charset::Utf8);
    }
    if let Some(name) = content_type.and_then(parameter) {
        return named(name);
    }
    match if xml { declared(body) } else { None } {
        Some(name) => named(std::str::from_utf8(name).ok()?),
        None => Some(Charset::Utf8),
    }
}

/// The `charset` parameter of a media type.
#[inline(never)]
fn parameter(content_type: &str) -> Option<&str> {
    let mut parts = content_type.split(';');
    parts.next();
    parts.find_map(|part| {
        let part = part.trim_ascii();
        let name = part.get(..8).filter(|name| name.eq_ignore_ascii_case("charset="))?;
        part.get(name.len()..).map(|value| value.trim_matches('"'))
    })
}

/// The encoding that an XML declaration names.
#[inline(never)]
fn declared(body: &[u8]) -> Option<&[u8]> {
    let declaration = body.strip_prefix(b"<?xml")?;
    let end = declaration.iter().position(|b| *b == b'>')?;
    let declaration = declaration.get(..end)?;
    let at = declaration.windows(8).position(|w| w == b"encoding")?;
    let value = declaration.get(at.saturating_add(8)..)?.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let (quote, value) = value.split_first().filter(|(quote, _)| matches!(quote, b'"' | b'\''))?;
    value.split(|b| b == quote).next()
}

/// A document's text, without its byte order mark. None if it has bytes that are not of the character set.
#[inline(never)]
pub fn decode(body: Vec<u8>, charset: Charset) -> Option<String> {
    if charset == Charset::Utf8 {
        return match body.strip_prefix(b"\xef\xbb\xbf") {
            Some(behind) => String::from_utf8(behind.to_vec()).ok(),
            None => String::from_utf8(body).ok(),
        };
    }
    if body.is_ascii() {
        return String::from_utf8(body).ok();
    }
    let mut text = String::with_capacity(body.len().saturating_add(body.len() >> 3));
    for byte in body {
        text.push(match (charset, byte) {
            (Charset::Latin9, 0xa4..=0xbe) => {
                LATIN9.iter().find(|(b, _)| *b == byte).map_or(char::from(byte), |(_, c)| *c)
            }
            (Charset::Windows1252, 0x80..=0x9f) => {
                let meant = WINDOWS.get(usize::from(byte & 0x1f)).copied()?;
                if meant == char::from(byte) {
                    return None;
                }
                meant
            }
            _ => char::from(byte),
        });
    }
    Some(text)
}

/// A text in a character set; none if that lacks one of its characters.
#[inline(never)]
pub fn encode(text: &str, charset: Charset) -> Option<Vec<u8>> {
    if charset == Charset::Utf8 || text.is_ascii() {
        return Some(text.as_bytes().to_vec());
    }
    text.chars().map(|c| byte(c, charset)).collect()
}

fn byte(c: char, charset: Charset) -> Option<u8> {
    match charset {
        Charset::Latin9 => match LATIN9.iter().find(|(_, latin9)| *latin9 == c) {
            Some((byte, _)) => return Some(*byte),
            None if LATIN9.iter().any(|(byte, _)| char::from(*byte) == c) => return None,
            None => {}
        },
        Charset::Windows1252 => {
            if let Some(at) = WINDOWS.iter().position(|meant| *meant == c) {
                let byte = u8::try_from(at).ok()? | 0x80;
                return (char::from(byte) != c).then_some(byte);
            }
            if ('\u{80}'..='\u{9f}').contains(&c) {
                return None;
            }
        }
        Charset::Utf8 | Charset::Latin1 => {}
    }
    u8::try_from(u32::from(c)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Charset; 3] = [Charset::Latin1, Charset::Latin9, Charset::Windows1252];
    const UNDEFINED: [u8; 5] = [0x81, 0x8d, 0x8f, 0x90, 0x9d];

    /// `encoding_rs` has the WHATWG's tables, which give the five undefined bytes of Windows-1252 a meaning.
    #[test]
    fn every_byte_is_as_encoding_rs_has_it() {
        for byte in 0..=255_u8 {
            assert_eq!(decode(vec![byte], Charset::Latin1).unwrap(), encoding_rs::mem::decode_latin1(&[byte]));
            let theirs = encoding_rs::ISO_8859_15.decode_without_bom_handling(&[byte]).0.into_owned();
            assert_eq!(decode(vec![byte], Charset::Latin9).unwrap(), theirs);
            let theirs = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&[byte]).0.into_owned();
            let ours = decode(vec![byte], Charset::Windows1252);
            assert_eq!(ours, if UNDEFINED.contains(&byte) { None } else { Some(theirs) }, "{byte:x}");
        }
    }

    #[test]
    fn out_is_the_inverse_of_in_and_nothing_else_is_written() {
        for charset in ALL {
            let mut written = 0;
            for c in (0..0x3000_u32).filter_map(char::from_u32) {
                let Some(bytes) = encode(&c.to_string(), charset) else { continue };
                assert_eq!(bytes.len(), 1);
                assert_eq!(decode(bytes, charset).unwrap(), c.to_string());
                written += 1;
            }
            assert_eq!(written, if charset == Charset::Windows1252 { 251 } else { 256 });
        }
        assert_eq!(encode("Nuñez €", Charset::Utf8).unwrap(), "Nuñez €".as_bytes());
        assert_eq!(encode("a😀", Charset::Latin1), None);
    }

    #[test]
    fn utf8_is_checked_and_loses_its_mark() {
        assert_eq!(decode("\u{feff}è".into(), Charset::Utf8).unwrap(), "è");
        assert_eq!(decode(vec![0xe8], Charset::Utf8), None);
    }

    #[test]
    fn the_nearest_word_on_the_character_set_counts() {
        let xml = |name: &str| format!("<?xml version=\"1.0\" encoding='{name}'?><a/>").into_bytes();
        let of = of_document;
        // The mapping, whatever the document says.
        assert_eq!(
            of(Some(Charset::Latin9), Some("text/xml; charset=utf-8"), true, &xml("utf-8")),
            Some(Charset::Latin9)
        );
        assert_eq!(of(None, Some("text/xml;charset=iso-8859-1"), true, b"\xef\xbb\xbf<a/>"), Some(Charset::Utf8));
        assert_eq!(of(None, Some("text/xml; Charset=\"ISO-8859-1\""), true, &xml("utf-8")), Some(Charset::Latin1));
        assert_eq!(of(None, Some("text/xml"), true, &xml("Windows-1252")), Some(Charset::Windows1252));
        assert_eq!(
            of(None, None, true, b"<?xml version=\"1.0\" encoding = \"iso-8859-15\" ?><a/>"),
            Some(Charset::Latin9)
        );
        // Only XML declares itself.
        assert_eq!(of(None, Some("text/csv"), false, &xml("Windows-1252")), Some(Charset::Utf8));
        assert_eq!(of(None, None, true, b"<a encoding='x'/>"), Some(Charset::Utf8));
        assert_eq!(of(None, Some("text/xml; charset=utf-16"), true, b"<a/>"), None);
        assert_eq!(of(None, None, true, &xml("Big5")), None);
    }
}
