//! Character sets of documents, in and out: UTF-8, ISO-8859-1, ISO-8859-15 and Windows-1252.

use crate::{DecodeError, Undecoded, media};

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

/// Names of character sets, as `Content-Type`, XML declarations, Java and databases write them; only their letters and
/// digits count.
const NAMES: [(&str, Charset); 4] = [
    ("utf8 utf8mb4 unicode11utf8 al32utf8 usascii ascii ansix341968", Charset::Utf8),
    ("iso88591 iso885911987 88591 latin1 l1 isoir100 cp819 ibm819 we8iso8859p1", Charset::Latin1),
    ("iso885915 885915 latin9 latin0 l9 cp923 we8iso8859p15", Charset::Latin9),
    ("windows1252 cp1252 xcp1252 win1252 msansi we8mswin1252", Charset::Windows1252),
];

/// Names of what no ASCII is. A document that can be read as far as such a name is not written in it.
const WIDE: &str = "utf16 utf16le utf16be ucs2 iso10646ucs2 unicode utf32 utf32le utf32be ucs4 iso10646ucs4";

/// The character set of a name, as a document says it that is no UTF-16.
#[inline(never)]
fn named(name: &[u8]) -> Option<Charset> {
    let letters = || name.iter().filter(|b| b.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase);
    let is_one = |names: &str| names.split(' ').any(|n| n.bytes().eq(letters()));
    if is_one(WIDE) {
        return Some(Charset::Utf8);
    }
    NAMES.into_iter().find(|(names, _)| is_one(names)).map(|(_, charset)| charset)
}

/// What a document is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// A character set of bytes.
    In(Charset),
    /// UTF-16, the lower byte first.
    Utf16Le,
    /// UTF-16, the higher byte first.
    Utf16Be,
}

/// Who says what a document is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// Its byte order mark.
    Mark,
    /// Its noughts, which only UTF-16 has.
    Noughts,
    /// Its bytes, which can only be UTF-8.
    Bytes,
    /// The mapping.
    Mapping,
    /// `Content-Type`.
    Header,
    /// The XML declaration.
    Declaration,
    /// Nobody: what it is then.
    Nobody,
}

/// What a document is written in, and who says so; else the name of a character set that nobody here knows, and who says
/// that. It is said by a byte order mark, or by noughts that only UTF-16 has; else by what the mapping says of the system;
/// else by the document's `Content-Type`, then (`xml`) by its XML declaration. But bytes that can only be UTF-8 are, whatever
/// says that they are another.
///
/// # Errors
/// The name.
#[inline(never)]
pub fn written<'b>(
    system: Option<Charset>,
    content_type: Option<&'b str>,
    xml: bool,
    body: &'b [u8],
) -> Result<(Written, Says), (&'b [u8], Says)> {
    let utf8 = Written::In(Charset::Utf8);
    match *body {
        [0xef, 0xbb, 0xbf, ..] => return Ok((utf8, Says::Mark)),
        [0xff, 0xfe, ..] => return Ok((Written::Utf16Le, Says::Mark)),
        [0xfe, 0xff, ..] => return Ok((Written::Utf16Be, Says::Mark)),
        [1..=255, 0, ..] => return Ok((Written::Utf16Le, Says::Noughts)),
        [0, 1..=255, ..] => return Ok((Written::Utf16Be, Says::Noughts)),
        _ => {}
    }
    let (charset, says) = match (system, content_type.and_then(parameter)) {
        (Some(charset), _) => (charset, Says::Mapping),
        (None, Some(name)) => (named(name.as_bytes()).ok_or((name.as_bytes(), Says::Header))?, Says::Header),
        (None, None) => match if xml { declared(body) } else { None } {
            Some(name) => (named(name).ok_or((name, Says::Declaration))?, Says::Declaration),
            None => (Charset::Utf8, Says::Nobody),
        },
    };
    if charset != Charset::Utf8 && is_utf8(body) {
        return Ok((utf8, Says::Bytes));
    }
    Ok((Written::In(charset), says))
}

/// The `charset` parameter of a media type; none if it is empty.
fn parameter(content_type: &str) -> Option<&str> {
    let value = media::parameter(content_type, "charset")?.trim_matches([' ', '\t', '"', '\'']);
    (!value.is_empty()).then_some(value)
}

/// The encoding that an XML declaration names; none if it is empty.
#[inline(never)]
fn declared(body: &[u8]) -> Option<&[u8]> {
    let declaration = body.trim_ascii_start().strip_prefix(b"<?xml")?;
    let end = declaration.iter().position(|b| *b == b'>')?;
    let declaration = declaration.get(..end)?;
    let at = declaration.windows(8).position(|w| w == b"encoding")?;
    let value = declaration.get(at.saturating_add(8)..)?.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let (quote, value) = value.split_first().filter(|(quote, _)| matches!(quote, b'"' | b'\''))?;
    value.split(|b| b == quote).next().map(<[u8]>::trim_ascii).filter(|name| !name.is_empty())
}

/// The text of a document, without its byte order mark, read as [`written`] says.
///
/// # Errors
/// It is in a character set that nobody here knows, has bytes that are not of its own, or is no text.
#[inline(never)]
pub fn read(
    system: Option<Charset>,
    content_type: Option<&str>,
    xml: bool,
    body: Vec<u8>,
) -> Result<String, Undecoded> {
    let Ok((written, _)) = written(system, content_type, xml, &body) else {
        return Err(Undecoded::nowhere(DecodeError::Charset));
    };
    let text = match written {
        Written::In(charset) => decode(body, charset)?,
        Written::Utf16Le => utf16(&body, u16::from_le_bytes)?,
        Written::Utf16Be => utf16(&body, u16::from_be_bytes)?,
    };
    match text.as_bytes().iter().position(|b| *b == 0) {
        Some(at) => Err(Undecoded { why: DecodeError::Nul, at }),
        None => Ok(text),
    }
}

/// Whether bytes can only be UTF-8: they are, and what Italian and its neighbours have in it (Latin letters with marks,
/// quotes, dashes, the euro) would be letters of no language in any other set that is known here. Capitals with an
/// accent before a mark of punctuation, which may be both, do not decide it.
#[inline(never)]
fn is_utf8(body: &[u8]) -> bool {
    body.iter().any(|b| matches!(b, 0xc2..=0xc5 | 0xe2)) && std::str::from_utf8(body).is_ok()
}

/// The text of UTF-16, without its byte order mark.
#[inline(never)]
fn utf16(body: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, Undecoded> {
    let (units, rest) = body.as_chunks::<2>();
    let units = units.iter().map(|bytes| unit(*bytes));
    let marked = units.clone().next() == Some(0xfeff);
    let text = char::decode_utf16(units.skip(usize::from(marked))).collect::<Result<String, _>>();
    match text {
        Ok(text) if rest.is_empty() => Ok(text),
        Ok(_) => Err(Undecoded { why: DecodeError::Bytes, at: body.len().saturating_sub(1) }),
        Err(_) => {
            let all = char::decode_utf16(body.as_chunks::<2>().0.iter().map(|bytes| unit(*bytes)));
            let before: usize = all.map_while(Result::ok).map(|c| c.len_utf16().saturating_mul(2)).sum();
            Err(Undecoded { why: DecodeError::Bytes, at: before })
        }
    }
}

/// A document's text, without its byte order mark.
///
/// In all three sets of one byte the bytes from 0x80 to 0x9f are those of Windows-1252, as browsers read them: what ISO
/// has there are control characters, which nobody means.
///
/// # Errors
/// It has bytes that are not of the character set.
#[inline(never)]
pub fn decode(body: Vec<u8>, charset: Charset) -> Result<String, Undecoded> {
    let wrong = |body: &[u8], at| Undecoded::new(body, DecodeError::Bytes, at);
    if charset == Charset::Utf8 {
        let (before, body) = match body.strip_prefix(b"\xef\xbb\xbf") {
            Some(behind) => (3_usize, behind.to_vec()),
            None => (0, body),
        };
        return String::from_utf8(body)
            .map_err(|e| wrong(e.as_bytes(), before.saturating_add(e.utf8_error().valid_up_to())));
    }
    if body.is_ascii() {
        return String::from_utf8(body).map_err(|e| wrong(e.as_bytes(), 0));
    }
    let mut text = String::with_capacity(body.len().saturating_add(body.len() >> 3));
    for (at, byte) in body.iter().copied().enumerate() {
        text.push(match (charset, byte) {
            (_, 0x80..=0x9f) => windows(byte).ok_or_else(|| wrong(&body, at))?,
            (Charset::Latin9, 0xa4..=0xbe) => {
                LATIN9.iter().find(|(b, _)| *b == byte).map_or(char::from(byte), |(_, c)| *c)
            }
            _ => char::from(byte),
        });
    }
    Ok(text)
}

/// What Windows-1252 means by a byte from 0x80 to 0x9f; five of them mean nothing.
pub fn windows(byte: u8) -> Option<char> {
    WINDOWS.get(usize::from(byte & 0x1f)).copied().filter(|meant| *meant != char::from(byte))
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
        }
        Charset::Utf8 | Charset::Latin1 => {}
    }
    // Control characters would be read as something else.
    u8::try_from(u32::from(c)).ok().filter(|byte| !(0x80..=0x9f).contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(body: Vec<u8>, charset: Charset) -> Option<String> {
        super::decode(body, charset).ok()
    }

    fn read(system: Option<Charset>, content_type: Option<&str>, xml: bool, body: Vec<u8>) -> Option<String> {
        super::read(system, content_type, xml, body).ok()
    }

    const ALL: [Charset; 3] = [Charset::Latin1, Charset::Latin9, Charset::Windows1252];
    const UNDEFINED: [u8; 5] = [0x81, 0x8d, 0x8f, 0x90, 0x9d];

    /// `encoding_rs` has the WHATWG's tables, which give the five undefined bytes of Windows-1252 a meaning, read
    /// ISO-8859-1 as that, and ISO-8859-15 as it is, control characters too.
    #[test]
    fn every_byte_is_as_encoding_rs_has_it() {
        for byte in 0..=255_u8 {
            let theirs = |set: &'static encoding_rs::Encoding| set.decode_without_bom_handling(&[byte]).0.into_owned();
            let windows = (!UNDEFINED.contains(&byte)).then(|| theirs(encoding_rs::WINDOWS_1252));
            let control = (0x80..=0x9f).contains(&byte);
            let latin9 = if control { windows.clone() } else { Some(theirs(encoding_rs::ISO_8859_15)) };
            assert_eq!(decode(vec![byte], Charset::Latin1), windows, "{byte:x}");
            assert_eq!(decode(vec![byte], Charset::Windows1252), windows, "{byte:x}");
            assert_eq!(decode(vec![byte], Charset::Latin9), latin9, "{byte:x}");
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
            assert_eq!(written, if charset == Charset::Windows1252 { 251 } else { 224 });
        }
        assert_eq!(encode("Nuñez €", Charset::Utf8).unwrap(), "Nuñez €".as_bytes());
        assert_eq!(encode("a😀", Charset::Latin1), None);
    }

    #[test]
    fn utf8_is_checked_and_loses_its_mark() {
        assert_eq!(decode("\u{feff}è".into(), Charset::Utf8).unwrap(), "è");
        assert_eq!(decode(vec![0xe8], Charset::Utf8), None);
    }

    const XML: bool = true;

    fn xml(name: &str, content: &[u8]) -> Vec<u8> {
        [format!("<?xml version=\"1.0\" encoding='{name}'?><a>").as_bytes(), content, b"</a>"].concat()
    }

    /// What stands between the tags.
    fn content(system: Option<Charset>, content_type: Option<&str>, body: Vec<u8>) -> Option<String> {
        let text = read(system, content_type, XML, body)?;
        Some(text.split_once("<a>").unwrap().1.strip_suffix("</a>").unwrap().to_owned())
    }

    #[test]
    fn the_nearest_word_on_the_character_set_counts() {
        let is = |text: &str| Some(text.to_owned());
        let all = b"\xa4\xe0";
        // The mapping, whatever the document says.
        let latin9 = Some(Charset::Latin9);
        assert_eq!(content(latin9, Some("text/xml; charset=utf-8"), xml("utf-8", all)), is("€à"));
        assert_eq!(content(None, Some("text/xml; Charset=\"ISO-8859-1\""), xml("utf-8", all)), is("¤à"));
        assert_eq!(content(None, Some("text/xml"), xml("Windows-1252", b"\x80")), is("€"));
        let spaced = b"<?xml version=\"1.0\" encoding = \"iso-8859-15\" ?><a>\xa4</a>";
        assert_eq!(content(None, None, spaced.to_vec()), is("€"));
        let behind_a_line = b"\r\n<?xml version=\"1.0\" encoding=\"iso-8859-15\"?><a>\xa4</a>";
        assert_eq!(content(None, None, behind_a_line.to_vec()), is("€"));
        // Only XML declares itself.
        assert_eq!(read(None, Some("text/csv"), false, xml("Windows-1252", all)), None);
        assert_eq!(read(None, None, XML, b"<a encoding='x'/>".to_vec()), is("<a encoding='x'/>"));
        assert_eq!(content(None, Some("text/xml; charset=klingon"), xml("utf-8", b"")), None);
        assert_eq!(content(None, None, xml("Big5", b"")), None);
    }

    #[test]
    fn names_are_known_by_their_letters_and_digits() {
        let with = |name: &str| content(None, Some(&format!("text/xml;charset={name}")), b"<a>\xe8</a>".to_vec());
        for name in [
            "ISO-8859-1",
            "iso8859-1",
            "ISO8859_1",
            "8859_1",
            "iso_8859-1:1987",
            "latin1",
            "latin-1",
            "Latin_1",
            "'latin1'",
            "\"latin1\"",
            " latin1 ",
            "cp1252",
            "CP-1252",
            "windows-1252",
            "win1252",
            "iso-8859-15",
            "latin-9",
            "WE8ISO8859P1",
            "we8mswin1252",
            "latin1, text/xml",
            "latin1;x=y",
        ] {
            assert_eq!(with(name).as_deref(), Some("è"), "{name}");
        }
        let with = |name: &str| content(None, Some(&format!("text/xml; charset{name}")), "<a>è</a>".into());
        for name in ["='utf-8'", "=\"UTF8\"", " = utf_8", "=", "=\"\"", "=utf8mb4", ""] {
            assert_eq!(with(name).as_deref(), Some("è"), "{name}");
        }
        assert_eq!(with("=none"), None);
        assert_eq!(content(None, None, xml("", "è".as_bytes())).as_deref(), Some("è"));
    }

    #[test]
    fn what_cannot_be_true_is_not_believed() {
        let is = |text: &str| Some(text.to_owned());
        // UTF-16, in ASCII.
        assert_eq!(content(None, None, xml("utf-16", "è".as_bytes())), is("è"));
        assert_eq!(content(None, Some("text/xml; charset=UTF-16LE"), xml("utf-16", "è".as_bytes())), is("è"));
        assert_eq!(content(None, None, xml("utf-16", b"\xe8")), None);
        // A mark of UTF-8, and bytes that can only be that, under any other name and whatever the mapping says.
        for system in [None, Some(Charset::Latin1), Some(Charset::Windows1252)] {
            for name in ["ISO-8859-1", "UTF-8", "windows-1252"] {
                let of = |text: &str| content(system, Some("text/xml;charset=ISO-8859-1"), xml(name, text.as_bytes()));
                for text in ["Città", "dell’arte – 10 €", "Ščepán", "°"] {
                    assert_eq!(of(text), is(text));
                }
            }
            let marked = [b"\xef\xbb\xbf".as_slice(), "<a>ș</a>".as_bytes()].concat();
            assert_eq!(content(system, Some("text/xml;charset=ISO-8859-1"), marked), is("ș"));
        }
        // What may be both is what it is said to be.
        assert_eq!(content(None, Some("x;charset=cp1252"), b"<a>PERCH\xc9\xbb</a>".to_vec()), is("PERCHÉ»"));
        assert_eq!(content(None, Some("x;charset=cp1252"), b"<a>\xc3\xa8 \xe8</a>".to_vec()), is("Ã¨ è"));
    }

    #[test]
    fn utf16_is_known_by_its_mark_or_its_noughts() {
        let little = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let big = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
        let text = "a;è😀";
        for bytes in [little(text), big(text), little(&format!("\u{feff}{text}")), big(&format!("\u{feff}{text}"))] {
            for charset in [None, Some(Charset::Latin1)] {
                assert_eq!(read(charset, Some("text/csv; charset=utf-8"), false, bytes.clone()).as_deref(), Some(text));
            }
            assert_eq!(read(None, None, false, [bytes.as_slice(), b"x"].concat()), None);
        }
        assert_eq!(read(None, None, false, b"\xff\xfe\x3d\xd8".to_vec()), None);
        assert_eq!(read(None, None, false, b"\xff\xfe\0\0a\0\0\0".to_vec()), None);
        assert_eq!(read(Some(Charset::Latin1), None, false, b"abc\0d".to_vec()), None);
    }
}
