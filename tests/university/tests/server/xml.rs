//! XML as a careful reader has it: names by namespace, text however it is written.

use quick_xml::NsReader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;

pub const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// An element.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    /// Namespace, empty for none, and local name.
    pub name: (String, String),
    /// Namespace, local name and value; no declarations.
    pub attributes: Vec<(String, String, String)>,
    pub text: String,
    pub children: Vec<Node>,
}

impl Node {
    pub fn all(&self, name: &str) -> Vec<&Node> {
        self.children.iter().filter(|child| child.name.1 == name).collect()
    }

    /// The only child of a name.
    pub fn one(&self, name: &str) -> &Node {
        let found = self.all(name);
        assert_eq!(found.len(), 1, "{name} in {}", self.name.1);
        found[0]
    }

    pub fn attribute(&self, namespace: &str, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(ns, known, _)| ns == namespace && known == name);
        found.map(|(_, _, value)| value.as_str())
    }

    /// The text of the only child of a name; nothing where it is empty.
    pub fn value(&self, name: &str) -> Option<&str> {
        Some(self.one(name).text.as_str()).filter(|text| !text.is_empty())
    }

    /// The elements of a list, whether they stand in one container or in several.
    pub fn items(&self, container: &str) -> Vec<&Node> {
        self.all(container).into_iter().flat_map(|container| &container.children).collect()
    }

    /// What it says, whatever its shape: containers of one list are one, members of a record have no order, nil is
    /// empty.
    pub fn content(&self) -> Node {
        let mut children: Vec<Node> = Vec::new();
        for child in self.children.iter().map(Node::content) {
            let list = LISTS.contains(&child.name.1.as_str());
            match children.iter_mut().find(|known| list && known.name == child.name) {
                Some(known) => known.children.extend(child.children),
                None => children.push(child),
            }
        }
        if !LISTS.contains(&self.name.1.as_str()) {
            children.sort_by(|a, b| (&a.name, &a.attributes).cmp(&(&b.name, &b.attributes)));
        }
        let attributes = self.attributes.iter().filter(|(ns, _, _)| ns != XSI).cloned().collect();
        Node { name: self.name.clone(), attributes, text: self.text.clone(), children }
    }
}

/// The containers whose elements have an order.
const LISTS: [&str; 9] =
    ["CARRIERE", "ESAMI", "ISCRIZIONI", "TITOLI", "MOBILITA", "DataSet", "CORSI", "SEDI", "LINGUE"];

/// Reads a document.
pub fn parse(text: &str) -> Node {
    let mut reader = NsReader::from_str(text);
    let mut open = vec![Node::default()];
    loop {
        let event = reader.read_event().unwrap();
        match event {
            Event::Start(start) => open.push(node(&reader, &start)),
            Event::Empty(start) => {
                let made = node(&reader, &start);
                open.last_mut().unwrap().children.push(made);
            }
            Event::End(_) => {
                let done = open.pop().unwrap();
                open.last_mut().unwrap().children.push(done);
            }
            Event::Text(text) => open.last_mut().unwrap().text.push_str(&text.xml10_content()),
            Event::CData(text) => open.last_mut().unwrap().text.push_str(&text.xml10_content()),
            Event::GeneralRef(reference) => {
                let text = match reference.resolve_char_ref().unwrap() {
                    Some(c) => c.to_string(),
                    None => resolve_predefined_entity(&reference.xml10_content()).unwrap().to_owned(),
                };
                open.last_mut().unwrap().text.push_str(&text);
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(open.len(), 1, "everything is closed");
    open.pop().unwrap().children.pop().unwrap()
}

fn node(reader: &NsReader<&[u8]>, start: &BytesStart<'_>) -> Node {
    let namespace = |resolved: ResolveResult<'_>| match resolved {
        ResolveResult::Bound(namespace) => namespace.into_inner().to_owned(),
        ResolveResult::Unbound => String::new(),
        ResolveResult::Unknown(prefix) => panic!("{prefix:?} is not declared"),
    };
    let (resolved, local) = reader.resolver().resolve_element(start.name());
    let name = (namespace(resolved), local.into_inner().to_owned());
    let attributes = start
        .attributes()
        .map(|attribute| attribute.unwrap())
        .filter(|attribute| !attribute.key.into_inner().starts_with("xmlns"))
        .map(|attribute| {
            let (resolved, local) = reader.resolver().resolve_attribute(attribute.key);
            let value = quick_xml::escape::unescape(&attribute.value).unwrap().into_owned();
            (namespace(resolved), local.into_inner().to_owned(), value)
        })
        .collect();
    Node { name, attributes, text: String::new(), children: Vec::new() }
}
