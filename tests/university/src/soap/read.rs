//! Reading a request's envelope, by namespaces and never by prefixes.

use quick_xml::NsReader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;
use quick_xml::name::ResolveResult;

use super::NAMESPACE;
use super::shape::from_windows;
use super::write::ENVELOPE;

/// A call of an operation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Operation {
    /// Its name.
    pub(crate) name: String,
    parts: Vec<(String, String)>,
}

impl Operation {
    /// The value of an argument; empty where it was not sent.
    pub(crate) fn part(&self, name: &str) -> &str {
        self.parts.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
    }
}

/// Why a request is no call of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// Not well-formed, with a DTD, too deep, or bytes outside the charset.
    Xml,
    /// Another kind of envelope, SOAP 1.2 among them.
    Version,
    /// An envelope without an operation of our namespace, or an operation whose parts are no texts.
    Operation,
}

const DEPTH_LIMIT: usize = 16;

/// Reads a request. A charset named in the content type comes before one declared in the document.
pub(crate) fn operation(body: &[u8], content_type: Option<&str>) -> Result<Operation, Unreadable> {
    let text = decode(body, content_type).ok_or(Unreadable::Xml)?;
    let mut reader = NsReader::from_str(text.trim_start_matches('\u{feff}'));
    let mut path: Vec<(bool, String)> = Vec::new();
    let mut found: Option<Operation> = None;
    let mut whole = false;
    loop {
        let (resolved, event) = reader.read_resolved_event().map_err(|_| Unreadable::Xml)?;
        let namespace = match resolved {
            ResolveResult::Bound(namespace) => Some(namespace.into_inner().to_owned()),
            ResolveResult::Unbound => None,
            ResolveResult::Unknown(_) => return Err(Unreadable::Xml),
        };
        // One text by now: what stands in a part, whatever it is written as.
        let piece: String = match event {
            Event::Start(ref start) | Event::Empty(ref start) => {
                if start.attributes().any(|attribute| attribute.is_err()) || whole {
                    return Err(Unreadable::Xml);
                }
                let name = start.local_name().into_inner().to_owned();
                enter(&path, namespace.as_deref(), &name, &mut found)?;
                let in_envelope = namespace.as_deref() == Some(ENVELOPE);
                if matches!(event, Event::Start(_)) {
                    path.push((in_envelope, name));
                } else {
                    whole = path.is_empty();
                }
                if path.len() > DEPTH_LIMIT {
                    return Err(Unreadable::Xml);
                }
                continue;
            }
            Event::End(_) => {
                path.pop();
                whole = path.is_empty();
                continue;
            }
            Event::Eof if whole => return found.ok_or(Unreadable::Operation),
            Event::Eof | Event::DocType(_) => return Err(Unreadable::Xml),
            Event::Text(text) => text.xml10_content().into_owned(),
            Event::CData(text) => text.xml10_content().into_owned(),
            Event::GeneralRef(reference) => match reference.resolve_char_ref().map_err(|_| Unreadable::Xml)? {
                Some(c) => c.to_string(),
                None => resolve_predefined_entity(&reference.xml10_content()).ok_or(Unreadable::Xml)?.to_owned(),
            },
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => continue,
        };
        if path.len() == PART && in_body(&path) {
            if let Some((_, value)) = found.as_mut().and_then(|operation| operation.parts.last_mut()) {
                value.push_str(&piece);
            }
        } else if path.is_empty() && !piece.trim().is_empty() {
            return Err(Unreadable::Xml);
        }
    }
}

/// Depth of a part: envelope, body, operation, part.
const PART: usize = 4;

fn in_body(path: &[(bool, String)]) -> bool {
    path.get(1).is_some_and(|(in_envelope, name)| *in_envelope && name == "Body")
}

/// Takes note of an element that begins within `path`.
fn enter(
    path: &[(bool, String)],
    namespace: Option<&str>,
    name: &str,
    found: &mut Option<Operation>,
) -> Result<(), Unreadable> {
    match (path.len(), in_body(path)) {
        (0, _) if (namespace, name) != (Some(ENVELOPE), "Envelope") => Err(Unreadable::Version),
        (2, true) if found.is_none() => {
            if namespace != Some(NAMESPACE) {
                return Err(Unreadable::Operation);
            }
            *found = Some(Operation { name: name.to_owned(), parts: Vec::new() });
            Ok(())
        }
        (2, true) => Err(Unreadable::Operation),
        (3, true) => {
            if let Some(operation) = found {
                operation.parts.push((name.to_owned(), String::new()));
            }
            Ok(())
        }
        (PART.., true) => Err(Unreadable::Operation),
        _ => Ok(()),
    }
}

/// The text of a request; none where its bytes are no text of its charset.
pub(crate) fn decode(body: &[u8], content_type: Option<&str>) -> Option<String> {
    let declared = || {
        let start = String::from_utf8_lossy(body.get(..body.len().min(120))?).into_owned();
        let declaration = start.strip_prefix("<?xml")?.split("?>").next()?.to_owned();
        Some(declaration.split("encoding=").nth(1)?.trim_matches(['"', '\'', ' ']).to_owned())
    };
    let charset = content_type.and_then(|value| value.split("charset=").nth(1)).map(str::to_owned).or_else(declared);
    let charset = charset.unwrap_or_default().to_ascii_lowercase();
    if charset.trim_matches('"').starts_with("iso-8859-1") {
        return Some(body.iter().copied().map(char::from).collect());
    }
    if charset.trim_matches('"').starts_with("windows-1252") {
        return from_windows(body);
    }
    String::from_utf8(body.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(inner: &str) -> String {
        format!(
            "<?xml version='1.0'?><S:Envelope xmlns:S='{ENVELOPE}'><S:Header><x/></S:Header><S:Body>{inner}</S:Body>\
             </S:Envelope>\n"
        )
    }

    fn read(text: &str) -> Result<Operation, Unreadable> {
        operation(text.as_bytes(), None)
    }

    #[test]
    fn prefixes_and_ways_of_writing_do_not_matter() {
        let text = "a&amp;b<![CDATA[<c>]]>&#232;<!-- - -->d";
        for inner in [
            format!("<q:op xmlns:q='{NAMESPACE}'><p>{text}</p><e/></q:op>"),
            format!("\n <op xmlns='{NAMESPACE}'>\n <e></e> <p>{text}</p> </op>"),
        ] {
            let read = read(&request(&inner)).unwrap();
            assert_eq!((read.name.as_str(), read.part("p"), read.part("e")), ("op", "a&b<c>èd", ""));
            assert_eq!(read.part("none"), "");
        }
    }

    #[test]
    fn charsets() {
        let op = format!("<op xmlns='{NAMESPACE}'><p>\u{e8}</p></op>");
        let text = request(&op).replace("version='1.0'", "version='1.0' encoding='ISO-8859-1'");
        let latin: Vec<u8> = text.chars().map(|c| c as u8).collect();
        assert_eq!(operation(&latin, None).unwrap().part("p"), "è");
        let utf8 = Some("text/xml; charset=utf-8");
        assert_eq!(operation(&latin, utf8), Err(Unreadable::Xml), "the header wins");
        assert_eq!(operation(request(&op).as_bytes(), utf8).unwrap().part("p"), "è");
    }

    #[test]
    fn what_is_no_call_is_refused() {
        let op = format!("<op xmlns='{NAMESPACE}'><p>x</p></op>");
        let deep = format!("{}{}", "<a>".repeat(40), "</a>".repeat(40));
        for (text, expected) in [
            (String::new(), Unreadable::Xml),
            ("{}".to_owned(), Unreadable::Xml),
            (request(&op).replace("</S:Envelope>", ""), Unreadable::Xml),
            (request(&op) + "<more/>", Unreadable::Xml),
            (request(&op).replace("<S:Body>", "<S:Body a='1' a='1'>"), Unreadable::Xml),
            (request(&op).replace("<x/>", "<z:x/>"), Unreadable::Xml),
            (request(&op).replace("<x/>", &deep), Unreadable::Xml),
            (request(&op).replace("?>", "?><!DOCTYPE e [<!ENTITY a 'b'>]>"), Unreadable::Xml),
            (request(&op.replace(">x<", ">&a;<")), Unreadable::Xml),
            (request(&op).replace(ENVELOPE, "http://www.w3.org/2003/05/soap-envelope"), Unreadable::Version),
            ("<html/>".to_owned(), Unreadable::Version),
            (request(""), Unreadable::Operation),
            (request("<op><p>x</p></op>"), Unreadable::Operation),
            (request(&op.replace(">x<", "><q/><")), Unreadable::Operation),
            (request(&(op.clone() + &op)), Unreadable::Operation),
        ] {
            assert_eq!(read(&text), Err(expected), "{text}");
        }
    }
}
