//! SOAP requests: the envelope around a call's tree.

use crate::bundle::{Soap, SoapCall, SoapStyle, SoapVersion};
use crate::value::{Arena, Unwritable, Value, XSD, XSI, XmlStyle, XmlWriter};

/// Namespace of SOAP 1.1's envelope.
const SOAP11: &str = "http://schemas.xmlsoap.org/soap/envelope/";
/// Namespace of SOAP 1.2's envelope.
const SOAP12: &str = "http://www.w3.org/2003/05/soap-envelope";
/// `encodingStyle` of each version (SOAP 1.1 §5, SOAP 1.2 part 2 §3).
const ENCODING11: &str = "http://schemas.xmlsoap.org/soap/encoding/";
const ENCODING12: &str = "http://www.w3.org/2003/05/soap-encoding";

/// Writes the envelope of a call: `header`'s members as header blocks, `body`'s members inside the operation's element.
///
/// # Errors
/// [`Unwritable`] if a value cannot stand where the tree has it.
pub(super) fn envelope(
    arena: &Arena,
    soap: &Soap,
    call: &SoapCall,
    encoding: &str,
    header: Value,
    body: Value,
) -> Result<String, Unwritable> {
    let (envelope, encoding_style) = match soap.version {
        SoapVersion::Soap11 => (SOAP11, ENCODING11),
        SoapVersion::Soap12 => (SOAP12, ENCODING12),
    };
    let of = |local: &str| ["{", envelope, "}", local].concat();
    let encoded = soap.style == SoapStyle::RpcEncoded;
    let mut w = XmlWriter::default();
    w.declaration(encoding);
    // The usual prefix, made before the first element needs one: some old servers know no other.
    w.prefixed("soapenv", envelope);
    w.open(&of("Envelope"))?;
    if encoded {
        w.declare("xsd", XSD);
        w.declare("xsi", XSI);
    }
    let operations = call.namespace.as_ref().unwrap_or(&soap.namespace);
    if !operations.is_empty() {
        w.declare("ws", operations);
    }
    if !arena.is_null(header) {
        w.open(&of("Header"))?;
        // A header block must be in a namespace (SOAP 1.1 §4.2, SOAP 1.2 part 1 §5.2).
        w.members(arena, header, XmlStyle { namespace: &soap.namespace, typed: false })?;
        w.close();
    }
    w.open(&of("Body"))?;
    if operations.is_empty() {
        w.open(&call.operation)?;
    } else {
        w.open(&["{", operations, "}", &call.operation].concat())?;
    }
    if encoded {
        w.attribute(&of("encodingStyle"), encoding_style)?;
    }
    // Parameters of rpc calls are in no namespace, whatever the schema says (WS-I Basic Profile R2735).
    let qualified = soap.qualified && soap.style == SoapStyle::Document;
    let namespace = if qualified { operations.as_str() } else { "" };
    w.members(arena, body, XmlStyle { namespace, typed: encoded })?;
    Ok(w.finish())
}

/// `Content-Type` and, for SOAP 1.1, `SOAPAction`. None if the action cannot stand in a header.
pub(super) fn headers(soap: &Soap, call: &SoapCall, encoding: &str) -> Option<Vec<(String, String)>> {
    if call.action.bytes().any(|b| !(b' '..=b'~').contains(&b) || matches!(b, b'"' | b'\\')) {
        return None;
    }
    let content_type = |value: String| ("content-type".to_owned(), value);
    Some(match soap.version {
        SoapVersion::Soap11 => vec![
            content_type(["text/xml; charset=", encoding].concat()),
            ("soapaction".to_owned(), ["\"", &call.action, "\""].concat()),
        ],
        SoapVersion::Soap12 => {
            let mut value = ["application/soap+xml; charset=", encoding].concat();
            if !call.action.is_empty() {
                value.extend(["; action=\"", &call.action, "\""]);
            }
            vec![content_type(value)]
        }
    })
}
