//! Answers in several parts (`multipart/related`, RFC 2387), as services with attachments send every answer: the part
//! that is the document, without the others.

use crate::DecodeError;
use crate::media::{self, parameter, unquoted};

/// The part that is the document.
#[derive(Debug, PartialEq, Eq)]
pub struct Part {
    /// Its `Content-Type`.
    pub content_type: Option<String>,
    /// Its bytes.
    pub body: Vec<u8>,
}

/// Whether an answer of that media type has parts of which one is the document.
pub fn has_parts(content_type: &str) -> bool {
    media::essence(content_type).eq_ignore_ascii_case("multipart/related")
}

/// The root part: the one that `start` names, else the first.
///
/// # Errors
/// [`DecodeError::Part`] if there is none, [`DecodeError::Transfer`] if it is written in base64 or as quoted-printable, and
/// [`DecodeError::Ended`] if the last boundary is missing: the answer was cut.
pub fn root(content_type: &str, body: &[u8]) -> Result<Part, DecodeError> {
    let boundary = parameter(content_type, "boundary").map(unquoted).filter(|boundary| !boundary.is_empty());
    let boundary = boundary.ok_or(DecodeError::Part)?.as_bytes();
    let start = parameter(content_type, "start").map(|start| bare(unquoted(start))).filter(|start| !start.is_empty());
    let mut root = None;
    let mut at = Delimiter::next(body, 0, boundary).ok_or(DecodeError::Part)?;
    while !at.last {
        let Some(next) = Delimiter::next(body, at.end, boundary) else { return Err(DecodeError::Ended) };
        if root.is_none() {
            let (head, content) = split(body.get(at.end..next.start.max(at.end)).unwrap_or_default())?;
            if start.is_none_or(|start| head.id.is_some_and(|id| bare(id) == start)) {
                root = Some((head, content));
            }
        }
        at = next;
    }
    let (head, content) = root.ok_or(DecodeError::Part)?;
    match head.encoding {
        None => {}
        Some(encoding) if ["7bit", "8bit", "binary"].iter().any(|plain| encoding.eq_ignore_ascii_case(plain)) => {}
        Some(_) => return Err(DecodeError::Transfer),
    }
    Ok(Part { content_type: head.content_type, body: content.to_vec() })
}

/// An identifier without the angle brackets around it.
fn bare(id: &str) -> &str {
    let id = id.trim_ascii();
    id.strip_prefix('<').and_then(|id| id.strip_suffix('>')).unwrap_or(id)
}

/// A line that parts parts.
#[derive(Clone, Copy, Debug)]
struct Delimiter {
    /// Where it begins, with the end of the line before it.
    start: usize,
    /// Where what is behind it begins.
    end: usize,
    /// It is the last.
    last: bool,
}

impl Delimiter {
    /// The first one from there on: `--` and the boundary at the start of a line, and nothing but blanks behind it.
    fn next(body: &[u8], from: usize, boundary: &[u8]) -> Option<Self> {
        let mut line = from;
        while let Some(rest) = body.get(line..).filter(|rest| !rest.is_empty()) {
            let len = rest.iter().position(|b| *b == b'\n').map_or(rest.len(), |at| at.saturating_add(1));
            let (text, _) = rest.split_at(len);
            if let Some(behind) = text.strip_prefix(b"--").and_then(|text| text.strip_prefix(boundary)) {
                let (behind, last) = match behind.strip_prefix(b"--") {
                    Some(behind) => (behind, true),
                    None => (behind, false),
                };
                // A line that is not ended is the last, or cut.
                if behind.trim_ascii().is_empty() && (last || behind.ends_with(b"\n")) {
                    let before = body.get(from..line).unwrap_or_default();
                    let before = before.strip_suffix(b"\n").unwrap_or(before);
                    let before = before.strip_suffix(b"\r").unwrap_or(before);
                    return Some(Self {
                        start: from.saturating_add(before.len()),
                        end: line.saturating_add(len),
                        last,
                    });
                }
            }
            line = line.saturating_add(len);
        }
        None
    }
}

/// What is read of a part's head.
#[derive(Debug, Default)]
struct Head<'a> {
    content_type: Option<String>,
    encoding: Option<&'a str>,
    id: Option<&'a str>,
}

/// A part's head and its content, which a blank line parts.
fn split(part: &[u8]) -> Result<(Head<'_>, &[u8]), DecodeError> {
    let mut head = Head::default();
    let mut rest = part;
    let mut folds = false;
    loop {
        let len = rest.iter().position(|b| *b == b'\n').ok_or(DecodeError::Part)?;
        let (line, behind) = rest.split_at(len);
        rest = behind.get(1..).unwrap_or_default();
        let line = std::str::from_utf8(line).map_err(|_| DecodeError::Part)?;
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.is_empty() {
            return Ok((head, rest));
        }
        if line.starts_with([' ', '\t']) {
            // A line that goes on; of those that are read only a media type is that long.
            if let (true, Some(value)) = (folds, &mut head.content_type) {
                value.push_str(line);
            }
            continue;
        }
        let (name, value) = line.split_once(':').ok_or(DecodeError::Part)?;
        let (name, value) = (name.trim_ascii(), value.trim_ascii());
        folds = name.eq_ignore_ascii_case("content-type");
        if folds {
            head.content_type = Some(value.to_owned());
        } else if name.eq_ignore_ascii_case("content-transfer-encoding") {
            head.encoding = Some(value);
        } else if name.eq_ignore_ascii_case("content-id") {
            head.id = Some(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: &str = "multipart/related; type=\"application/xop+xml\"; boundary=\"uuid:1f\"; start=\"<root@cxf>\"; \
                        start-info=\"text/xml; boundary=no\"";

    fn read(content_type: &str, body: &str) -> Result<(Option<String>, String), DecodeError> {
        root(content_type, body.as_bytes()).map(|p| (p.content_type, String::from_utf8(p.body).unwrap()))
    }

    fn part(head: &str, content: &str) -> String {
        format!("--uuid:1f\r\n{head}\r\n{content}\r\n")
    }

    #[test]
    fn the_root_part_is_found() {
        let head = "Content-Type: application/xop+xml; charset=UTF-8;\r\n type=\"text/xml\"\r\n\
                    Content-Transfer-Encoding: binary\r\nContent-ID: <root@cxf>\r\n";
        let photo = "Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\nContent-ID: <1@cxf>\r\n";
        let media = Some("application/xop+xml; charset=UTF-8; type=\"text/xml\"".to_owned());
        let is = Ok((media.clone(), "<a>\n--uuid\n</a>".to_owned()));
        let (root, photo) = (part(head, "<a>\n--uuid\n</a>"), part(photo, "AAAA\n--uuid:1f0\n"));
        for body in [
            format!("{root}--uuid:1f--\r\n"),
            format!("{root}--uuid:1f--"),
            format!("a preamble\r\n\r\n{root}--uuid:1f-- \t\r\nan epilogue\r\n--uuid:1f\r\n"),
            format!("{root}{photo}--uuid:1f--\r\n"),
            format!("\r\n{photo}{root}--uuid:1f--\r\n"),
            format!("{root}--uuid:1f--").replace("\r\n", "\n"),
            format!("{root}--uuid:1f--").replace("--uuid:1f\r", "--uuid:1f \t\r"),
        ] {
            assert_eq!(read(TYPE, &body), is, "{body}");
        }
        // Without brackets on one side, and without `start` the first.
        let body = format!("{root}{photo}--uuid:1f--");
        assert_eq!(read(&TYPE.replace("<root@cxf>", "root@cxf"), &body), is);
        let first = "Multipart/Related;boundary=uuid:1f;start=\"\"";
        assert_eq!(read(first, &body), is);
        assert!(has_parts(first) && has_parts(TYPE) && !has_parts("multipart/mixed; boundary=a") && !has_parts(""));
        // A part without a head, and one without content.
        assert_eq!(read(first, &format!("{}--uuid:1f--", part("", "<a/>"))), Ok((None, "<a/>".to_owned())));
        assert_eq!(read(first, &format!("{}--uuid:1f--", part("A: b\r\n", ""))), Ok((None, String::new())));
    }

    #[test]
    fn what_is_cut_or_written_otherwise_is_no_document() {
        let root = part("Content-ID: <root@cxf>\r\n", "<a/>");
        for (content_type, body, why) in [
            (TYPE, root.clone(), DecodeError::Ended),
            (TYPE, format!("{root}--uuid:1f"), DecodeError::Ended),
            (TYPE, format!("{root}--uuid:1f-"), DecodeError::Ended),
            (TYPE, format!("{root}{}", part("", "x")), DecodeError::Ended),
            (TYPE, format!("{}--uuid:1f--", part("Content-ID: <2@cxf>\r\n", "x")), DecodeError::Part),
            (TYPE, format!("{root}--uuid:1f--").replace("uuid:1f", "uuid:2f"), DecodeError::Part),
            (TYPE, "--uuid:1f\r\nno head\r\n--uuid:1f--".to_owned(), DecodeError::Part),
            (TYPE, "--uuid:1f\r\nA: b\r\n--uuid:1f--".to_owned(), DecodeError::Part),
            ("multipart/related; boundary=\"uuid:1f\"", "--uuid:1f--".to_owned(), DecodeError::Part),
            (TYPE, String::new(), DecodeError::Part),
            ("multipart/related", format!("{root}--uuid:1f--"), DecodeError::Part),
            ("multipart/related; boundary=", format!("{root}--uuid:1f--"), DecodeError::Part),
        ] {
            assert_eq!(read(content_type, &body), Err(why), "{body}");
        }
        for encoding in ["base64", "Quoted-Printable", "x-uuencode"] {
            let head = format!("Content-ID: <root@cxf>\r\nContent-Transfer-Encoding: {encoding}\r\n");
            assert_eq!(read(TYPE, &format!("{}--uuid:1f--", part(&head, "PGEvPg=="))), Err(DecodeError::Transfer));
        }
        for encoding in ["7bit", "8Bit", "BINARY"] {
            let head = format!("Content-ID: <root@cxf>\r\nContent-Transfer-Encoding: {encoding}\r\n");
            assert!(read(TYPE, &format!("{}--uuid:1f--", part(&head, "<a/>"))).is_ok());
        }
    }
}
