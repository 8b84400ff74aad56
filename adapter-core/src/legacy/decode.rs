//! Decoding the body of an answer, as the call says and in the character set it is written in.

use crate::bundle::{Call, Charset, Decode, SoapStyle, System};
use crate::value::{Arena, DecodeError, Decoder, Envelope, Keep, Undecoded, charset, multipart};

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
    let (content_type, body) = match content_type.filter(|content_type| multipart::has_parts(content_type)) {
        Some(parts) => {
            let part = multipart::root(parts, &body).map_err(Undecoded::nowhere)?;
            (part.content_type, part.body)
        }
        None => (content_type.map(str::to_owned), body),
    };
    let content_type = content_type.as_deref();
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
    let soap = call.soap.is_some();
    let decode = if soap && call.decode != Decode::Text { Decode::Xml } else { call.decode };
    let of = |body| Envelope { body, ..Envelope::NOTHING };
    let mut failing = None;
    let decoded = if decode != Decode::Json {
        // What SOAP answers is XML, also where it is wanted as one text.
        let xml = soap || decode == Decode::Xml;
        let text = charset::read(declared, content_type, xml, body)?;
        match (&call.csv, decode) {
            (Some(form), _) => decoder.decode_csv(arena, text, form).map(|read| {
                failing = read.failing.then_some(Undecoded::nowhere(DecodeError::Column));
                of(read.rows)
            }),
            (None, Decode::Text) => decoder.decode_text(arena, text).map(of),
            (None, _) if soap => {
                let encoded = system.soap.as_ref().is_some_and(|soap| soap.style == SoapStyle::RpcEncoded);
                decoder.decode_soap(arena, text, encoded, &call.roots)
            }
            (None, _) => {
                decoder.decode_rooted(arena, text).map(|(body, root)| Envelope { body, root, ..Envelope::NOTHING })
            }
        }
    } else {
        // JSON is UTF-8 whatever its media type says (RFC 8259 §8.1).
        match declared {
            None | Some(Charset::Utf8) => decoder.decode(arena, body).map(of),
            Some(_) => {
                let text = charset::read(declared, None, false, body)?;
                decoder.decode(arena, text.into_bytes()).map(of)
            }
        }
    };
    Ok(Decoded { envelope: decoded?, failing })
}
