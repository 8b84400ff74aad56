//! Character sets: what was decoded is encoded to the same bytes, and UTF-8 is never read as anything else.

use adapter_core::bundle::Charset;
use adapter_core::value::charset::{decode, encode, read};

use super::{Target, outcome};

pub const TARGET: Target = Target {
    name: "charset",
    seeds,
    make: None,
    pieces: &[
        "<?xml version='1.0' encoding='ISO-8859-1'?>",
        "<?xml version=\"1.0\" encoding=\"windows-1252\"?>",
        "<?xml encoding=\"utf-8\"?>",
        "<?xml",
        "encoding",
        "=",
        "'",
        "\"",
        "?>",
        "UTF-8",
        "iso-8859-15",
        "cp1252",
        "us-ascii",
        "Big5",
        "\u{feff}",
        "è",
        "€",
        "\u{81}",
        "😀",
        "text/xml; charset=",
        "\n",
        ";",
        "charset=\"utf-8\"",
        " ",
    ],
    pairs: &[("\"", "\""), ("'", "'")],
    share: 1,
    check,
};

fn seeds() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = [
        "text/xml\n<?xml version='1.0' encoding='ISO-8859-1'?><a/>",
        "text/xml; charset=windows-1252\n<a/>",
        "\n\u{feff}<a>è</a>",
        "text/csv;charset=\"iso-8859-15\"\na;b",
    ]
    .map(|s| s.as_bytes().to_vec())
    .to_vec();
    seeds.push((0..=255).collect());
    seeds
}

/// The first line is the `Content-Type`, the rest the body.
fn check(input: &[u8]) -> u64 {
    let at = input.iter().position(|b| *b == b'\n').unwrap_or(input.len());
    let content_type = std::str::from_utf8(&input[..at]).ok();
    let body = &input[(at + 1).min(input.len())..];
    let mut kind = 0;
    for xml in [false, true] {
        for system in [None, Some(Charset::Latin9)] {
            let text = read(system, content_type, xml, body.to_vec());
            // What a set of one byte reads of UTF-8 with Italian letters is never given out.
            if let (Ok(text), Ok(utf8)) = (&text, std::str::from_utf8(body)) {
                assert!(
                    !utf8.contains('à') || utf8.strip_prefix('\u{feff}').unwrap_or(utf8) == text || text.contains('à')
                );
            }
            kind = kind << 3 | text.map_or(7, |text| u64::from(text.len() != body.len()));
        }
    }
    for charset in [Charset::Utf8, Charset::Latin1, Charset::Latin9, Charset::Windows1252] {
        let decoded = decode(body.to_vec(), charset);
        kind = kind << 1 | u64::from(decoded.is_ok());
        if let Ok(text) = decoded {
            let bare = if charset == Charset::Utf8 { body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body) } else { body };
            // What is read as Windows-1252 under another name is not written so under that.
            let foreign =
                matches!(charset, Charset::Latin1 | Charset::Latin9) && body.iter().any(|b| (0x80..0xa0).contains(b));
            let same = encode(&text, charset).as_deref() == Some(bare);
            assert!(same != foreign, "{charset:?} does not write what it read");
        }
    }
    outcome(kind, &[]) ^ kind << 20
}
