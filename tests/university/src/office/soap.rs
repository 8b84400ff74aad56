//! The office through ESSE3's SOAP face: documents within `fn_retrieve_xml_x`, and retrieves that list what was taken.

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::{Reader, events::Event};

use super::{Filed, Office, Petition, Refusal, Subject, Ticket};
use crate::soap::{Element, Params};

/// What a document of the caller's gets; nothing where it is none that the office knows.
pub(crate) fn taken(office: &Office, document: &str) -> Option<Element> {
    let node = read(document)?;
    let reference = node.text("RIF");
    let outcome = match node.name.as_str() {
        "RETTIFICA" => {
            let petition = Petition {
                subject: Subject::read(node.text("TIPO")?)?,
                course: node.text("CORSO"),
                text: node.words(&["MOTIVO", "TESTO", "NOTA", "VOCE"]),
                reference,
            };
            office.file(office.by_tax_code(node.text("CF")?), petition).map(Some)
        }
        "ANNULLA" => office.take_back(node.text("ID")?, reference).map(|()| None),
        "SEGNALAZIONE" => {
            let text = node.words(&["TESTO", "PERSONA", "ISCRIZIONE", "TITOLO"]);
            let subject = Subject::read(node.text("TIPO")?)?;
            office.report(Petition { subject, course: None, text, reference }).map(Some)
        }
        _ => return None,
    };
    let (code, id) = match outcome {
        Ok(id) => ("OK", id),
        Err(refusal) => (Refusal::code(refusal), None),
    };
    Some(Element::record("ESITO", vec![Element::text("COD", code), Element::option("ID", id)]))
}

/// A list that the office keeps; nothing where there is no such retrieve.
pub(crate) fn listed(office: &Office, retrieve: &str, params: &Params) -> Option<Element> {
    let fits = |name: &str, value: Option<&str>| params.get(name).is_none_or(|wanted| value == Some(wanted));
    match retrieve {
        "IFS_RETTIFICHE" => {
            let rows = office.filed(|filed| {
                fits("RIF", filed.reference.as_deref())
                    && fits("COD_FISCALE", Some(&filed.tax_code))
                    && fits("TIPO", Some(filed.subject.code()))
            });
            let row = |filed: &Filed| {
                Element::record(
                    "RICHIESTA",
                    vec![
                        Element::text("ID", &filed.id),
                        Element::text("TIPO", filed.subject.code()),
                        Element::text("STATO", filed.state.code()),
                        Element::option("NOTA", filed.note.as_ref()),
                        Element::option("RIF", filed.reference.as_ref()),
                    ],
                )
            };
            Some(Element::list("RICHIESTE", rows.iter().map(row).collect()))
        }
        "IFS_SEGNALAZIONI" => {
            let rows = office.tickets(|ticket| fits("RIF", ticket.reference.as_deref()));
            let row = |ticket: &Ticket| Element::record("SEGNALAZIONE", vec![Element::text("ID", &ticket.id)]);
            Some(Element::list("SEGNALAZIONI", rows.iter().map(row).collect()))
        }
        _ => None,
    }
}

/// An element of the caller's document.
#[derive(Debug, Default, PartialEq, Eq)]
struct Node {
    name: String,
    text: String,
    children: Vec<Node>,
}

impl Node {
    fn text(&self, name: &str) -> Option<&str> {
        let child = self.children.iter().find(|child| child.name == name)?;
        Some(child.text.as_str()).filter(|text| !text.is_empty())
    }

    /// All that is said in the children of these names.
    fn words(&self, names: &[&str]) -> String {
        let said = self.children.iter().filter(|child| names.contains(&child.name.as_str()));
        said.map(Self::all).filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
    }

    fn all(&self) -> String {
        let within = self.children.iter().map(Self::all).filter(|text| !text.is_empty());
        let own = Some(self.text.trim().to_owned()).filter(|text| !text.is_empty());
        own.into_iter().chain(within).collect::<Vec<_>>().join(" ")
    }
}

/// Nested no deeper than this.
const DEPTH_LIMIT: usize = 16;

/// Reads a document without a DTD; nothing where it is not well-formed.
fn read(document: &str) -> Option<Node> {
    let mut reader = Reader::from_str(document);
    // The first is above the root.
    let mut open = vec![Node::default()];
    loop {
        let piece = match reader.read_event().ok()? {
            Event::Start(start) => {
                open.push(Node { name: start.local_name().into_inner().to_owned(), ..Node::default() });
                if open.len() > DEPTH_LIMIT {
                    return None;
                }
                continue;
            }
            Event::Empty(start) => {
                let name = start.local_name().into_inner().to_owned();
                open.last_mut()?.children.push(Node { name, ..Node::default() });
                continue;
            }
            Event::End(_) => {
                let done = open.pop()?;
                open.last_mut()?.children.push(done);
                continue;
            }
            Event::Eof => break,
            Event::DocType(_) => return None,
            Event::Text(text) => text.xml10_content().into_owned(),
            Event::CData(text) => text.xml10_content().into_owned(),
            Event::GeneralRef(reference) => match reference.resolve_char_ref().ok()? {
                Some(c) => c.to_string(),
                None => resolve_predefined_entity(&reference.xml10_content())?.to_owned(),
            },
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => continue,
        };
        open.last_mut()?.text.push_str(&piece);
    }
    let [above] = open.as_mut_slice() else { return None };
    if above.children.len() == 1 { above.children.pop() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents() {
        let node = read(
            "<?xml version=\"1.0\"?><RETTIFICA><CF>A</CF><NOTA>x &#128512; &lt;y&gt;</NOTA><VOCE><CAMPO>a</CAMPO>\
                         <PROPOSTO>b</PROPOSTO></VOCE><TESTO/></RETTIFICA>",
        )
        .unwrap();
        assert_eq!((node.text("CF"), node.text("TESTO"), node.text("NOTA")), (Some("A"), None, Some("x 😀 <y>")));
        assert_eq!(node.words(&["NOTA", "VOCE"]), "x 😀 <y>\na b");
        for wrong in ["", "<a>", "<a/><b/>", "<!DOCTYPE a><a/>", "<a>&other;</a>", &"<a>".repeat(20)] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
