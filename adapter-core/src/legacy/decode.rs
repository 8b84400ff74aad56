//! Decoding the body of an answer, as the call says and in the character set it is written in.

use crate::bundle::{Call, Charset, Decode, SoapStyle, System};
use crate::problem::Code;
use crate::value::{Arena, DecodeError, Decoder, Envelope, Keep, Value, charset};

/// Decodes a body. `depth` is the most levels of nesting.
///
/// # Errors
/// [`Code::LegacyMalformed`] if it is not what the call says, or not in its character set; a limit's code.
pub(super) fn body(
    arena: &mut Arena,
    system: &System,
    call: &Call,
    depth: u64,
    content_type: Option<&str>,
    body: Vec<u8>,
) -> Result<Envelope, Code> {
    let clean = &system.clean;
    let declared = call.charset.or(system.charset);
    let decoder = Decoder {
        keep: if call.deep { Keep::Whole } else { Keep::Named },
        depth: usize::try_from(depth).unwrap_or(usize::MAX),
        blank_to_null: clean.blank_to_null,
        unwrap: clean.unwrap,
        none: &clean.none,
        trim: clean.trim,
        lenient: true,
        origin: call.system.0,
    };
    let xml = call.soap.is_some() || call.decode == Decode::Xml;
    let decoded = if xml || call.decode != Decode::Json {
        let text = charset::read(declared, content_type, xml, body).ok_or(Code::LegacyMalformed)?;
        if call.soap.is_some() {
            let encoded = system.soap.as_ref().is_some_and(|soap| soap.style == SoapStyle::RpcEncoded);
            return decoder.decode_soap(arena, text, encoded).map_err(code);
        }
        match call.decode {
            Decode::Csv => decoder.decode_csv(arena, text),
            Decode::Text => decoder.decode_text(arena, text),
            Decode::Xml | Decode::Json => decoder.decode_xml(arena, text),
        }
    } else {
        // JSON is UTF-8 whatever its media type says (RFC 8259 §8.1).
        match declared {
            None | Some(Charset::Utf8) => decoder.decode(arena, body),
            Some(_) => {
                let text = charset::read(declared, None, false, body).ok_or(Code::LegacyMalformed)?;
                decoder.decode(arena, text.into_bytes())
            }
        }
    };
    decoded.map(|body| Envelope { body, result: Value::Null, fault: Value::Null }).map_err(code)
}

/// The problem of a document that cannot be decoded.
fn code(error: DecodeError) -> Code {
    match error {
        DecodeError::Depth => Code::LimitDepth,
        DecodeError::Full => Code::LimitLegacyTotal,
        DecodeError::Syntax | DecodeError::Duplicate | DecodeError::Number => Code::LegacyMalformed,
    }
}
