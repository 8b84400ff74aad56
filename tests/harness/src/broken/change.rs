//! What may become of one answer.

use adapter_core::CallResult;
use fuzz::Chance;

use super::{Read, json, markup, rows};

/// Stands in some of what is written into answers: nobody but the consumer of a good answer may read it.
pub const MARK: &str = "Qzkmrkv";

/// What systems write where another value is meant.
const TEXTS: &[&str] = &[
    "",
    " ",
    "null",
    "N/A",
    "0",
    "-1",
    "007",
    "31",
    "30L",
    "30 e lode",
    "IDONEO",
    "1.5",
    "1,5",
    "255",
    "257",
    "2147483648",
    "9223372036854775808",
    "99999999999999999999999999999999",
    "1e400",
    "NaN",
    "true",
    "S",
    "N",
    "X",
    "2024",
    "2024/2025",
    "2024/2026",
    "2026-02-30",
    "0000-00-00",
    "1899-12-31",
    "9999-12-31",
    "2026-03-01T00:00:00Z",
    "31/12/2025",
    "01-GEN-25",
    "RSSMRA80A01F205X",
    "rssmra80a01f205x",
    "00000000000",
    "Italia,MI,Milano",
    "Svizzera,,",
    ",,",
    "Forli\u{300}",
    "L\u{2019}Aquila",
    "e\u{301}\u{301}\u{301}",
    "\u{1}",
    "a\u{7f}b",
    "\u{202e}abc",
    "\u{feff}",
    "😀",
    "Qzkmrkv",
    "Qzkmrkv Qzkmrkv; \"Qzkmrkv\" <Qzkmrkv> & ${Qzkmrkv}",
];

/// A text that means nothing there, now and then a long one.
pub fn text(chance: &mut Chance) -> String {
    match chance.below(14) {
        0 => [MARK, &"x".repeat(chance.below(600))].concat(),
        1 => "à".repeat(1 + chance.below(300)),
        _ => (*chance.pick(TEXTS)).to_owned(),
    }
}

/// Changes how a call ended.
pub fn change(chance: &mut Chance, read: &Read, result: &mut CallResult) {
    let kind = chance.below(20);
    let CallResult::Answer { status, headers, body } = result else { return };
    match kind {
        0 => {
            *result = match chance.below(6) {
                0 => CallResult::Unreachable,
                1 => CallResult::Reset,
                2 => CallResult::Protocol,
                3 => CallResult::TimedOut,
                4 => CallResult::Overflow,
                _ => CallResult::Truncated,
            };
        }
        1 => {
            *status = *chance.pick(&[200, 201, 204, 206, 301, 400, 401, 403, 404, 409, 422, 429, 500, 502, 503, 504]);
            if chance.once_in(2) {
                body.clear();
            }
            let wait = *chance.pick(&["7", "-1", "0", "99999999999", MARK, "Wed, 21 Oct 2026 07:28:00 GMT"]);
            headers.push(("retry-after".to_owned(), wait.to_owned()));
        }
        2 => {
            headers.retain(|(name, _)| name != "content-type");
            let kinds =
                ["text/html", "application/json", "text/xml; charset=ISO-8859-1", "text/csv; charset=utf-16", MARK];
            if chance.once_in(4) {
                return;
            }
            headers.push(("content-type".to_owned(), (*chance.pick(&kinds)).to_owned()));
        }
        3..=5 => bytes(chance, body),
        _ => {
            for _ in 0..=chance.below(3) {
                inside(chance, read, headers, body);
            }
        }
    }
}

/// One of these, mostly one that is read.
pub fn pick<'t, T>(chance: &mut Chance, all: &'t [T], is_read: impl Fn(&T) -> bool) -> &'t T {
    let read: Vec<&T> = all.iter().filter(|one| is_read(one)).collect();
    if read.is_empty() || chance.once_in(5) { chance.pick(all) } else { read[chance.below(read.len())] }
}

/// Changes a body in the terms of its format.
fn inside(chance: &mut Chance, read: &Read, headers: &[(String, String)], body: &mut Vec<u8>) {
    let kind = headers.iter().find(|(name, _)| name == "content-type").map_or("", |(_, value)| value.as_str());
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace()).copied().unwrap_or_default();
    let changed = match first {
        b'{' | b'[' => json::change(chance, read, body),
        b'<' => Some(as_text(body, |text| markup::change(chance, read, text))),
        _ if kind.contains("csv") || kind.contains("text") => Some(as_text(body, |text| rows::change(chance, text))),
        _ => None,
    };
    match changed {
        Some(changed) => *body = changed,
        None => bytes(chance, body),
    }
}

/// Changes a text in the character set that it seems to have: UTF-8, or one with a byte for each character.
fn as_text(body: &[u8], change: impl FnOnce(&str) -> String) -> Vec<u8> {
    match std::str::from_utf8(body) {
        Ok(text) => change(text).into_bytes(),
        Err(_) => {
            let text: String = body.iter().map(|byte| char::from(*byte)).collect();
            change(&text).chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect()
        }
    }
}

/// Changes bytes, whatever they mean.
fn bytes(chance: &mut Chance, body: &mut Vec<u8>) {
    let range = chance.range(body.len());
    match chance.below(6) {
        0 => body.truncate(range.start),
        1 => drop(body.drain(range)),
        2 => {
            let part = body[range.clone()].to_vec();
            body.splice(range.start..range.start, part);
        }
        3 => drop(body.splice(range, text(chance).into_bytes())),
        4 => drop(body.splice(0..0, *b"\xef\xbb\xbf")),
        _ => {
            for _ in 0..=chance.below(3) {
                let at = chance.below(body.len());
                if let Some(byte) = body.get_mut(at) {
                    *byte ^= 1 << chance.below(8);
                }
            }
        }
    }
}
