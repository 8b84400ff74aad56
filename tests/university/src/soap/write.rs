//! Envelopes as Axis 1.4 writes them: rpc/encoded, the result code in a `multiRef` of its own.

use quick_xml::Writer;
use quick_xml::events::{BytesCData, BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::NAMESPACE;
use super::shape::SoapShape;
use super::tree::event;
use crate::system::Reply;

/// Namespace of SOAP 1.1 envelopes.
pub(crate) const ENVELOPE: &str = "http://schemas.xmlsoap.org/soap/envelope/";
/// Namespace of SOAP 1.1 encoding.
const ENCODING: &str = "http://schemas.xmlsoap.org/soap/encoding/";
/// Namespace of `xsi:type` and `xsi:nil`.
pub(crate) const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
const XSD: &str = "http://www.w3.org/2001/XMLSchema";

/// What an operation gives back.
pub(crate) struct Outcome {
    /// The result code.
    pub(crate) code: i32,
    /// The part that is both argument and result, with its value.
    pub(crate) inout: Option<(&'static str, String)>,
}

/// The prefixes in use.
pub(crate) struct Prefixes {
    envelope: String,
    encoding: String,
    pub(crate) xsi: String,
    xsd: String,
    operation: String,
}

impl Prefixes {
    /// Those of a shape.
    pub(crate) fn of(shape: &SoapShape) -> Self {
        let own = |envelope: &str, names: [&str; 4]| {
            let [encoding, xsi, xsd, operation] = names.map(str::to_owned);
            Self { envelope: envelope.to_owned(), encoding, xsi, xsd, operation }
        };
        match shape.prefix.as_deref() {
            None => own("soapenv", ["soapenc", "xsi", "xsd", "ns1"]),
            Some("") => own("", ["soapenc", "xsi", "xsd", "ns1"]),
            Some(p) => own(p, [&format!("{p}c"), &format!("{p}i"), &format!("{p}d"), &format!("{p}o")]),
        }
    }

    fn envelope(&self, name: &str) -> String {
        qualified(&self.envelope, name)
    }
}

fn qualified(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}:{name}") }
}

/// An envelope being written.
struct Envelope<'a> {
    writer: Writer<Vec<u8>>,
    prefixes: Prefixes,
    shape: &'a SoapShape,
}

impl<'a> Envelope<'a> {
    fn new(shape: &'a SoapShape) -> Self {
        let prefixes = Prefixes::of(shape);
        let mut own = Self { writer: Writer::new(Vec::new()), prefixes, shape };
        event(&mut own.writer, Event::Decl(BytesDecl::new("1.0", Some(shape.charset.name()), None)));
        let declared = |prefix: &str| if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") };
        let names = [declared(&own.prefixes.envelope), declared(&own.prefixes.xsd), declared(&own.prefixes.xsi)];
        let [envelope, xsd, xsi] = names.each_ref().map(String::as_str);
        own.open(&own.prefixes.envelope("Envelope"), &[(envelope, ENVELOPE), (xsd, XSD), (xsi, XSI)]);
        own.open(&own.prefixes.envelope("Body"), &[]);
        own
    }

    fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        let start = BytesStart::new(name).with_attributes(attributes.iter().copied());
        event(&mut self.writer, Event::Start(start));
    }

    fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        let start = BytesStart::new(name).with_attributes(attributes.iter().copied());
        event(&mut self.writer, Event::Empty(start));
    }

    fn close(&mut self, name: &str) {
        event(&mut self.writer, Event::End(BytesEnd::new(name)));
    }

    fn text(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        self.open(name, attributes);
        event(&mut self.writer, Event::Text(BytesText::new(text)));
        self.close(name);
    }

    /// Parts and faults have no namespace: where the envelope's is the default one, they leave it.
    fn unqualified(&self) -> Vec<(&'static str, &'static str)> {
        if self.prefixes.envelope.is_empty() { vec![("xmlns", "")] } else { Vec::new() }
    }

    fn finish(mut self, status: u16) -> Reply {
        for name in ["Body", "Envelope"] {
            let name = self.prefixes.envelope(name);
            self.close(&name);
        }
        let document = String::from_utf8(self.writer.into_inner()).unwrap_or_default();
        let charset = self.shape.charset;
        Reply { content_type: charset.content_type(), ..Reply::json(status, charset.encode(&document)) }
    }

    fn inout(&mut self, name: &str, value: &str) {
        let encoding = format!("xmlns:{}", self.prefixes.encoding);
        let kind = (format!("{}:type", self.prefixes.xsi), format!("{}:string", self.prefixes.encoding));
        let mut attributes = vec![(kind.0.as_str(), kind.1.as_str()), (encoding.as_str(), ENCODING)];
        let nil = format!("{}:nil", self.prefixes.xsi);
        if value.is_empty() {
            if self.shape.nil_for_empty {
                attributes.push((&nil, "true"));
            }
            return self.empty(name, &attributes);
        }
        if self.shape.cdata {
            self.open(name, &attributes);
            for section in BytesCData::escaped(value) {
                event(&mut self.writer, Event::CData(section));
            }
            self.close(name);
        } else {
            self.text(name, &attributes, value);
        }
    }
}

/// The answer to an operation.
pub(crate) fn answer(operation: &str, outcome: &Outcome, shape: &SoapShape) -> Reply {
    let mut envelope = Envelope::new(shape);
    let response = qualified(&envelope.prefixes.operation, &format!("{operation}Response"));
    let declared = format!("xmlns:{}", envelope.prefixes.operation);
    let style = envelope.prefixes.envelope("encodingStyle");
    // An attribute of the envelope's namespace needs a prefix; without one it goes, as it may.
    let styled = style.contains(':');
    let mut attributes = envelope.unqualified();
    attributes.push((&declared, NAMESPACE));
    if styled {
        attributes.push((&style, ENCODING));
    }
    envelope.open(&response, &attributes);
    let result = format!("{operation}Return");
    let inout = |envelope: &mut Envelope<'_>| {
        if let Some((name, value)) = &outcome.inout {
            envelope.inout(name, value);
        }
    };
    if shape.reorder {
        inout(&mut envelope);
        envelope.empty(&result, &[("href", "#id0")]);
    } else {
        envelope.empty(&result, &[("href", "#id0")]);
        inout(&mut envelope);
    }
    envelope.close(&response);
    code(&mut envelope, outcome.code, styled.then_some(style.as_str()));
    envelope.finish(200)
}

/// An envelope with content that is written already in the place of the parts.
pub(crate) fn raw(operation: &str, prolog: &str, content: &str) -> Reply {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>{prolog}<soapenv:Envelope xmlns:soapenv=\"{ENVELOPE}\"><soapenv:Body>\
         <ns1:{operation}Response xmlns:ns1=\"{NAMESPACE}\"><{operation}Return>1</{operation}Return>{content}\
         </ns1:{operation}Response></soapenv:Body></soapenv:Envelope>"
    );
    Reply { content_type: "text/xml;charset=utf-8", ..Reply::json(200, body) }
}

fn code(envelope: &mut Envelope<'_>, code: i32, style: Option<&str>) {
    let encoding = envelope.prefixes.encoding.clone();
    let declared = format!("xmlns:{encoding}");
    let root = format!("{encoding}:root");
    let kind = (format!("{}:type", envelope.prefixes.xsi), format!("{}:int", envelope.prefixes.xsd));
    let mut attributes = envelope.unqualified();
    attributes.extend([("id", "id0"), (root.as_str(), "0")]);
    attributes.extend(style.map(|style| (style, ENCODING)));
    attributes.extend([(kind.0.as_str(), kind.1.as_str()), (declared.as_str(), ENCODING)]);
    envelope.text("multiRef", &attributes, &code.to_string());
}

/// A fault. `code` is the part after the envelope's prefix, e.g. `Server.userException`.
pub(crate) fn fault(code: &str, message: &str, shape: &SoapShape) -> Reply {
    let mut envelope = Envelope::new(shape);
    let name = envelope.prefixes.envelope("Fault");
    let unqualified = envelope.unqualified();
    envelope.open(&name, &[]);
    let code = envelope.prefixes.envelope(code);
    envelope.text("faultcode", &unqualified, &code);
    envelope.text("faultstring", &unqualified, message);
    envelope.open("detail", &unqualified);
    envelope.text("ns2:hostname", &[("xmlns:ns2", "http://xml.apache.org/axis/")], "esse3-ws");
    envelope.close("detail");
    envelope.close(&name);
    envelope.finish(500)
}
