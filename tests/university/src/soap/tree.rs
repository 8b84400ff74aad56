//! Documents as trees, and writing them in a shape.

use quick_xml::Writer;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};

use super::shape::SoapShape;
use super::write::XSI;

/// An element.
pub(crate) struct Element {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    content: Content,
}

enum Content {
    /// Text; an empty one stands for an absent value.
    Text(String),
    /// Elements of different meaning, whose order says nothing.
    Record(Vec<Element>),
    /// Elements of one name, in their order.
    List(Vec<Element>),
}

impl Element {
    /// An element with a text.
    pub(crate) fn text(name: &'static str, text: impl ToString) -> Self {
        Self { name, attributes: Vec::new(), content: Content::Text(text.to_string()) }
    }

    /// An element with a value that may be absent.
    pub(crate) fn option(name: &'static str, value: Option<impl ToString>) -> Self {
        Self::text(name, value.map(|value| value.to_string()).unwrap_or_default())
    }

    /// An element with members.
    pub(crate) fn record(name: &'static str, members: Vec<Self>) -> Self {
        Self { name, attributes: Vec::new(), content: Content::Record(members) }
    }

    /// A container of elements of one name.
    pub(crate) fn list(name: &'static str, items: Vec<Self>) -> Self {
        Self { name, attributes: Vec::new(), content: Content::List(items) }
    }

    /// The same with an attribute.
    pub(crate) fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.attributes.push((name, value.to_string()));
        self
    }

    /// A document as legacy code writes it: it declares ISO-8859-1 whatever it will be carried in.
    pub(crate) fn document(&self, shape: &SoapShape) -> String {
        let mut writer = Writer::new(Vec::new());
        let nil = shape.nil_for_empty.then(|| format!("{}:nil", super::write::Prefixes::of(shape).xsi));
        let declaration = nil.as_ref().map(|name| (format!("xmlns:{}", name.trim_end_matches(":nil")), XSI));
        self.put(&mut writer, shape, nil.as_deref(), declaration.as_ref());
        let written = String::from_utf8(writer.into_inner()).unwrap_or_default();
        format!("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>{written}")
    }

    fn put(
        &self,
        writer: &mut Writer<Vec<u8>>,
        shape: &SoapShape,
        nil: Option<&str>,
        declaration: Option<&(String, &str)>,
    ) {
        let mut start = BytesStart::new(self.name);
        if let Some((name, value)) = declaration {
            start.push_attribute((name.as_str(), *value));
        }
        start.extend_attributes(self.attributes.iter().map(|(name, value)| (*name, value.as_str())));
        let (text, children): (&str, Vec<&Self>) = match &self.content {
            Content::Text(text) => (text, Vec::new()),
            Content::Record(members) if shape.reorder => ("", members.iter().rev().collect()),
            Content::Record(children) | Content::List(children) => ("", children.iter().collect()),
        };
        if text.is_empty() && children.is_empty() {
            if let Some(nil) = nil {
                start.push_attribute((nil, "true"));
            }
            return event(writer, Event::Empty(start));
        }
        let containers: Vec<&[&Self]> = match self.content {
            Content::List(_) if shape.one_for_many => children.chunks(1).collect(),
            _ => vec![&children],
        };
        for children in containers {
            event(writer, Event::Start(start.borrow()));
            if !text.is_empty() {
                event(writer, Event::Text(BytesText::new(text)));
            }
            for child in children {
                child.put(writer, shape, nil, None);
            }
            event(writer, Event::End(BytesEnd::new(self.name)));
        }
    }
}

/// Writes an event. Writing to memory cannot fail.
pub(crate) fn event(writer: &mut Writer<Vec<u8>>, event: Event<'_>) {
    let _ = writer.write_event(event);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Element {
        let items = ["a", ""].map(|text| Element::text("ITEM", text)).into();
        let name = Element::text("NAME", "D'Alò & <b>").with("k", "\"");
        Element::record("ROOT", vec![name, Element::list("ITEMS", items), Element::list("NONE", Vec::new())])
    }

    fn written(shape: &SoapShape) -> String {
        tree().document(shape).split_once("?>").unwrap().1.to_owned()
    }

    #[test]
    fn shapes() {
        let name = r#"<NAME k="&quot;">D&apos;Alò &amp; &lt;b&gt;</NAME>"#;
        let shape = SoapShape::default();
        let items = "<ITEMS><ITEM>a</ITEM><ITEM/></ITEMS>";
        assert_eq!(written(&shape), format!("<ROOT>{name}{items}<NONE/></ROOT>"));
        let reorder = SoapShape { reorder: true, ..shape.clone() };
        assert_eq!(written(&reorder), format!("<ROOT><NONE/>{items}{name}</ROOT>"));
        let apart = SoapShape { one_for_many: true, ..shape.clone() };
        let items = "<ITEMS><ITEM>a</ITEM></ITEMS><ITEMS><ITEM/></ITEMS>";
        assert_eq!(written(&apart), format!("<ROOT>{name}{items}<NONE/></ROOT>"));
        let nil = SoapShape { nil_for_empty: true, prefix: Some("x".into()), ..shape };
        let items = r#"<ITEMS><ITEM>a</ITEM><ITEM xi:nil="true"/></ITEMS><NONE xi:nil="true"/>"#;
        assert_eq!(written(&nil), format!(r#"<ROOT xmlns:xi="{XSI}">{name}{items}</ROOT>"#));
    }
}
