//! Decoding the body of an answer, as the call says and in the character set it is written in.

use crate::bundle::{Call, Charset, Decode, SoapStyle, System};
use crate::value::{Arena, DecodeError, Decoder, Envelope, Keep, Undecoded, Value, charset};

/// What a body holds, as far as the mapping can say.
pub(super) struct Decoded {
    /// What it holds.
    pub envelope: Envelope,
    /// Why only rules for failures may look at it, if so.
    pub failing: Option<Undecoded>,
}

/// Decodes a body. `depth` is the most levels of nesting.
///
/// # Errors
/// It is not what the call says, or not in its character set; a table without a column that is read; or it is over a
/// limit.
pub(super) fn body(
    arena: &mut Arena,
    system: &System,
    call: &Call,
    depth: u64,
    content_type: Option<&str>,
    body: Vec<u8>,
) -> Result<Decoded, Undecoded> {
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
    let mut failing = None;
    let decoded = if xml || call.decode != Decode::Json {
        let text = charset::read(declared, content_type, xml, body)?;
        if call.soap.is_some() {
            let encoded = system.soap.as_ref().is_some_and(|soap| soap.style == SoapStyle::RpcEncoded);
            let envelope = decoder.decode_soap(arena, text, encoded)?;
            return Ok(Decoded { envelope, failing });
        }
        match (&call.csv, call.decode) {
            (Some(form), _) => decoder.decode_csv(arena, text, form).map(|read| {
                failing = read.failing.then_some(Undecoded::nowhere(DecodeError::Column));
                read.rows
            }),
            (None, Decode::Text) => decoder.decode_text(arena, text),
            (None, _) => decoder.decode_xml(arena, text),
        }
    } else {
        // JSON is UTF-8 whatever its media type says (RFC 8259 §8.1).
        match declared {
            None | Some(Charset::Utf8) => decoder.decode(arena, body),
            Some(_) => {
                let text = charset::read(declared, None, false, body)?;
                decoder.decode(arena, text.into_bytes())
            }
        }
    };
    let body = decoded?;
    Ok(Decoded { envelope: Envelope { body, result: Value::Null, fault: Value::Null }, failing })
}
