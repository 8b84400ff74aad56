//! The legal shapes in which the same SOAP answer may come.

use serde::Deserialize;

/// Which of them a server uses. All of them say the same; the default is what Axis 1.4 writes.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SoapShape {
    /// Prefix of the envelope's namespace in place of `soapenv`; the other prefixes follow from it. An empty one makes
    /// that namespace the default one.
    pub prefix: Option<String>,
    /// The document within the answer stands in CDATA sections instead of being escaped.
    pub cdata: bool,
    /// Empty elements say `xsi:nil="true"`.
    pub nil_for_empty: bool,
    /// Charset of the answer. The document within always declares ISO-8859-1, whatever carries it.
    pub charset: Charset,
    /// The members of a record, and the parts of an answer, come in the opposite order. Lists keep theirs.
    pub reorder: bool,
    /// Each element of a list stands in a container of its own: `<A><B/></A><A><B/></A>` for `<A><B/><B/></A>`.
    pub one_for_many: bool,
}

/// A charset of answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum Charset {
    /// UTF-8.
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    /// ISO-8859-1; other characters become references.
    #[serde(rename = "iso-8859-1")]
    Latin1,
    /// Windows-1252; other characters become references.
    #[serde(rename = "windows-1252")]
    Windows1252,
}

impl Charset {
    /// Its name in an XML declaration.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Latin1 => "ISO-8859-1",
            Self::Windows1252 => "windows-1252",
        }
    }

    /// The media type of a document in it.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Utf8 => "text/xml;charset=utf-8",
            Self::Latin1 => "text/xml;charset=ISO-8859-1",
            Self::Windows1252 => "text/xml;charset=windows-1252",
        }
    }

    /// The bytes of an XML document.
    pub(crate) fn encode(self, document: &str) -> Vec<u8> {
        match self {
            Self::Utf8 => document.as_bytes().to_vec(),
            Self::Latin1 => one_byte(document, |c| u8::try_from(c).ok()),
            Self::Windows1252 => one_byte(document, windows),
        }
    }
}

const OPEN: &str = "<![CDATA[";
const CLOSE: &str = "]]>";

/// The characters of 0x80 to 0x9F in Windows-1252; a blank where there is none.
const WINDOWS: &str = "€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ";

/// A character's byte in Windows-1252.
fn windows(c: char) -> Option<u8> {
    let special = || WINDOWS.chars().zip(0x80_u8..).find(|(known, _)| *known == c && c != ' ').map(|(_, byte)| byte);
    u8::try_from(c).ok().filter(|byte| !(0x80..0xA0).contains(byte)).or_else(special)
}

/// Bytes of Windows-1252 as text; none where a byte is no character.
pub(super) fn from_windows(bytes: &[u8]) -> Option<String> {
    let special = |byte: u8| WINDOWS.chars().nth(usize::from(byte - 0x80)).filter(|c| *c != ' ');
    bytes
        .iter()
        .map(|byte| if (0x80..0xA0).contains(byte) { special(*byte) } else { Some(char::from(*byte)) })
        .collect()
}

/// A reference says nothing inside a CDATA section: the section ends before it and goes on after it.
fn one_byte(document: &str, byte: fn(char) -> Option<u8>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(document.len());
    let mut inside = false;
    for (at, c) in document.char_indices() {
        let rest = document.get(at..).unwrap_or("");
        // Outside of a section `<` is markup, and inside of one the first `]]>` ends it.
        inside = (inside || rest.starts_with(OPEN)) && !rest.starts_with(CLOSE);
        match byte(c) {
            Some(byte) => bytes.push(byte),
            None if inside => bytes.extend(format!("{CLOSE}&#{};{OPEN}", u32::from(c)).into_bytes()),
            None => bytes.extend(format!("&#{};", u32::from(c)).into_bytes()),
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_latin_1_lacks_becomes_a_reference() {
        let plain = Charset::Latin1.encode("<a b=\"è\">ř</a>");
        assert_eq!(plain, b"<a b=\"\xe8\">&#345;</a>");
        let section = Charset::Latin1.encode("<![CDATA[<x>èř</x>]]>ř");
        assert_eq!(section, b"<![CDATA[<x>\xe8]]>&#345;<![CDATA[</x>]]>&#345;");
        let windows = Charset::Windows1252.encode("è€Žřœ");
        assert_eq!(windows, b"\xe8\x80\x8e&#345;\x9c");
        assert_eq!(from_windows(b"\xe8\x80\x8e&#345;\x9c").as_deref(), Some("è€Ž&#345;œ"));
        assert_eq!(from_windows(b"\x81"), None);
        assert_eq!(WINDOWS.chars().count(), 32);
        assert_eq!(Charset::Utf8.encode("è"), "è".as_bytes());
    }
}
