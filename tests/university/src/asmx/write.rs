//! Answers and faults of both SOAP versions. In 1.2 our namespace is the default one; in 1.1 every element of ours has
//! a prefix.

use quick_xml::Writer;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};

use super::NAMESPACE;
use crate::soap::event;
use crate::system::Reply;

/// A version of SOAP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// 1.1.
    V11,
    /// 1.2.
    V12,
}

impl Version {
    /// Namespace of its envelopes.
    pub(super) fn envelope(self) -> &'static str {
        match self {
            Self::V11 => "http://schemas.xmlsoap.org/soap/envelope/",
            Self::V12 => "http://www.w3.org/2003/05/soap-envelope",
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::V11 => "text/xml; charset=utf-8",
            Self::V12 => "application/soap+xml; charset=utf-8",
        }
    }

    /// The name of an element of ours.
    fn own(self, name: &str) -> String {
        if self == Self::V11 { format!("ns2:{name}") } else { name.to_owned() }
    }

    /// The attribute that declares our namespace.
    fn declared(self) -> &'static str {
        if self == Self::V11 { "xmlns:ns2" } else { "xmlns" }
    }
}

/// Whose fault a fault is, in the words of 1.2.
pub(super) const SENDER: &str = "Sender";
pub(super) const RECEIVER: &str = "Receiver";

/// An element of the service's namespace; its attributes have none.
pub(super) struct Element {
    name: String,
    attributes: Vec<(&'static str, String)>,
    text: String,
    children: Vec<Element>,
}

impl Element {
    /// An empty element.
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), attributes: Vec::new(), text: String::new(), children: Vec::new() }
    }

    /// The same with an attribute; without a value it is not there.
    pub(super) fn with(mut self, name: &'static str, value: Option<impl ToString>) -> Self {
        self.attributes.extend(value.map(|value| (name, value.to_string())));
        self
    }

    /// The same with a text.
    pub(super) fn text(mut self, text: &str) -> Self {
        text.clone_into(&mut self.text);
        self
    }

    /// The same with elements in it.
    pub(super) fn holding(mut self, children: Vec<Self>) -> Self {
        self.children = children;
        self
    }

    fn put(&self, writer: &mut Writer<Vec<u8>>, version: Version) {
        let name = version.own(&self.name);
        let mut start = BytesStart::new(name.as_str());
        start.extend_attributes(self.attributes.iter().map(|(name, value)| (*name, value.as_str())));
        if self.text.is_empty() && self.children.is_empty() {
            return event(writer, Event::Empty(start));
        }
        event(writer, Event::Start(start));
        if !self.text.is_empty() {
            event(writer, Event::Text(BytesText::new(&self.text)));
        }
        self.children.iter().for_each(|child| child.put(writer, version));
        event(writer, Event::End(BytesEnd::new(name.as_str())));
    }
}

/// What an operation answers.
pub(super) struct Body<'a> {
    pub(super) operation: &'a str,
    pub(super) within: Vec<Element>,
}

/// The answer to an operation: `OpResponse`, in it `OpResult`.
pub(super) fn answer(version: Version, body: &Body<'_>) -> Reply {
    let Body { operation, .. } = body;
    let mut writer = Writer::new(Vec::new());
    let name = version.own(&format!("{operation}Response"));
    event(&mut writer, Event::Start(BytesStart::new(name.as_str()).with_attributes([(version.declared(), NAMESPACE)])));
    let result = version.own(&format!("{operation}Result"));
    event(&mut writer, Event::Start(BytesStart::new(result.as_str())));
    body.within.iter().for_each(|element| element.put(&mut writer, version));
    event(&mut writer, Event::End(BytesEnd::new(result.as_str())));
    event(&mut writer, Event::End(BytesEnd::new(name.as_str())));
    raw(version, "", &String::from_utf8(writer.into_inner()).unwrap_or_default())
}

/// An envelope around content that is written already.
pub(super) fn raw(version: Version, prolog: &str, content: &str) -> Reply {
    let envelope = version.envelope();
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>{prolog}<soap:Envelope xmlns:soap=\"{envelope}\"><soap:Body>{content}\
         </soap:Body></soap:Envelope>"
    );
    Reply { content_type: version.content_type(), ..Reply::json(200, body) }
}

/// A fault. `code` is one of 1.2; 1.1 has other words. 1.2 says with the status too whose fault it is.
pub(super) fn fault(version: Version, code: &str, message: &str) -> Reply {
    let status = if version == Version::V12 && code == SENDER { 400 } else { 500 };
    let content = match version {
        Version::V11 => {
            let code = match code {
                SENDER => "Client",
                RECEIVER => "Server",
                other => other,
            };
            format!("<soap:Fault><faultcode>soap:{code}</faultcode><faultstring>{message}</faultstring></soap:Fault>")
        }
        Version::V12 => format!(
            "<soap:Fault><soap:Code><soap:Value>soap:{code}</soap:Value></soap:Code><soap:Reason>\
             <soap:Text xml:lang=\"it\">{message}</soap:Text></soap:Reason></soap:Fault>"
        ),
    };
    Reply { status, ..raw(version, "", &content) }
}
