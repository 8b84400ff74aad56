//! Reading a request: envelope, operation, `request`, and its members, all by namespace.

use quick_xml::NsReader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;
use quick_xml::name::ResolveResult;

use super::NAMESPACE;
use super::write::Version;
use crate::soap::decode;

/// A call of an operation.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) version: Version,
    pub(super) operation: String,
    members: Vec<(String, String)>,
}

impl Request {
    /// The value of a member; empty where it was not sent.
    pub(super) fn value(&self, name: &str) -> &str {
        self.members.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
    }
}

/// Why a request is no call of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// Not well-formed, or with a DTD.
    Xml,
    /// No SOAP envelope.
    Version,
    /// No operation of our namespace.
    Operation,
}

/// Depth of a member: envelope, body, operation, `request`, member.
const MEMBER: usize = 5;
const DEPTH_LIMIT: usize = 16;

/// Reads a request.
pub(super) fn request(body: &[u8], content_type: Option<&str>) -> Result<Request, Unreadable> {
    let text = decode(body, content_type).ok_or(Unreadable::Xml)?;
    let mut reader = NsReader::from_str(text.trim_start_matches('\u{feff}'));
    // Namespace and local name of each open element.
    let mut path: Vec<(String, String)> = Vec::new();
    let (mut version, mut operation, mut members) = (None, None, Vec::<(String, String)>::new());
    loop {
        let (resolved, event) = reader.read_resolved_event().map_err(|_| Unreadable::Xml)?;
        let namespace = match resolved {
            ResolveResult::Bound(namespace) => namespace.into_inner().to_owned(),
            ResolveResult::Unbound => String::new(),
            ResolveResult::Unknown(_) => return Err(Unreadable::Xml),
        };
        let piece: String = match event {
            Event::Start(ref start) | Event::Empty(ref start) => {
                let name = start.local_name().into_inner().to_owned();
                path.push((namespace, name));
                if path.len() > DEPTH_LIMIT || start.attributes().any(|attribute| attribute.is_err()) {
                    return Err(Unreadable::Xml);
                }
                let ours = path.last().is_some_and(|(namespace, _)| namespace == NAMESPACE);
                let in_body = path.get(1).is_some_and(|(_, name)| name == "Body");
                let name = path.last().map_or("", |(_, name)| name.as_str());
                match path.len() {
                    1 => version = Some(version_of(&path).ok_or(Unreadable::Version)?),
                    3 if in_body && ours && operation.is_none() => operation = Some(name.to_owned()),
                    3 if in_body => return Err(Unreadable::Operation),
                    MEMBER if in_body && ours && path.get(3).is_some_and(|(_, name)| name == "request") => {
                        members.push((name.to_owned(), String::new()));
                    }
                    _ => {}
                }
                if matches!(event, Event::Empty(_)) {
                    path.pop();
                }
                continue;
            }
            Event::End(_) => {
                path.pop();
                continue;
            }
            Event::Eof if path.is_empty() => {
                let version = version.ok_or(Unreadable::Xml)?;
                let operation = operation.ok_or(Unreadable::Operation)?;
                return Ok(Request { version, operation, members });
            }
            Event::Eof | Event::DocType(_) => return Err(Unreadable::Xml),
            Event::Text(text) => text.xml10_content().into_owned(),
            Event::CData(text) => text.xml10_content().into_owned(),
            Event::GeneralRef(reference) => match reference.resolve_char_ref().map_err(|_| Unreadable::Xml)? {
                Some(c) => c.to_string(),
                None => resolve_predefined_entity(&reference.xml10_content()).ok_or(Unreadable::Xml)?.to_owned(),
            },
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => continue,
        };
        let ours = path.last().is_some_and(|(namespace, _)| namespace == NAMESPACE);
        match members.last_mut() {
            Some((_, value)) if path.len() == MEMBER && ours => value.push_str(&piece),
            _ if path.is_empty() && !piece.trim().is_empty() => return Err(Unreadable::Xml),
            _ => {}
        }
    }
}

fn version_of(path: &[(String, String)]) -> Option<Version> {
    let (namespace, name) = path.first()?;
    [Version::V11, Version::V12].into_iter().find(|version| namespace == version.envelope() && name == "Envelope")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(version: Version, inner: &str) -> String {
        format!("<e:Envelope xmlns:e='{}'><e:Body>{inner}</e:Body></e:Envelope>", version.envelope())
    }

    #[test]
    fn members_are_read_by_namespace() {
        for inner in [
            format!("<Op xmlns='{NAMESPACE}'><request><A>x&amp;y</A><B/></request></Op>"),
            format!("<q:Op xmlns:q='{NAMESPACE}'><q:request> <q:B></q:B><q:A>x<![CDATA[&]]>y</q:A></q:request></q:Op>"),
        ] {
            for version in [Version::V11, Version::V12] {
                let request = request(written(version, &inner).as_bytes(), None).unwrap();
                assert_eq!((request.version, request.operation.as_str()), (version, "Op"));
                assert_eq!((request.value("A"), request.value("B"), request.value("C")), ("x&y", "", ""));
            }
        }
        let unqualified = format!("<q:Op xmlns:q='{NAMESPACE}'><request><A>x</A></request></q:Op>");
        assert_eq!(request(written(Version::V12, &unqualified).as_bytes(), None).unwrap().value("A"), "");
    }

    #[test]
    fn what_is_no_call_is_refused() {
        let good = written(Version::V12, &format!("<Op xmlns='{NAMESPACE}'/>"));
        assert!(request(good.as_bytes(), None).is_ok());
        for (text, expected) in [
            (String::new(), Unreadable::Xml),
            (good.replace("</e:Envelope>", ""), Unreadable::Xml),
            (format!("<!DOCTYPE a []>{good}"), Unreadable::Xml),
            (good.replace(Version::V12.envelope(), "urn:other"), Unreadable::Version),
            (good.replace(NAMESPACE, "urn:other"), Unreadable::Operation),
            (written(Version::V11, ""), Unreadable::Operation),
        ] {
            assert_eq!(request(text.as_bytes(), None), Err(expected), "{text}");
        }
    }
}
