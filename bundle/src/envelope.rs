//! The bundle file: an envelope with a digest around the plan.

use std::sync::Arc;

use crate::read;
use crate::sha256_hex;
use crate::whole::Bundle;
use values::{Arena, Decoder, NameTable, Names, raw_members};
#[cfg(feature = "write")]
use values::{JsonWriter, Number};

/// Version of the bundle's form. A bundle of another form is refused.
pub const FORMAT: i64 = 2;

/// Deepest nesting of a bundle: what its reader can recurse through at the edge.
const DEPTH: usize = 400;

/// Why a bundle is refused: one sentence, without any value of the mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError(pub String);

impl std::fmt::Display for LoadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for LoadError {}

/// Writes a bundle file: the envelope with the digest around the plan. The same bundle gives the same bytes.
///
/// # Errors
/// If the plan cannot be written as JSON.
#[cfg(feature = "write")]
pub fn seal(bundle: &Bundle) -> Result<Vec<u8>, LoadError> {
    let plan = serde_json::to_vec(bundle).map_err(|e| LoadError(e.to_string()))?;
    let mut w = JsonWriter::default();
    w.object(|w| {
        w.name("ifs_bundle");
        w.number(Number::Int(FORMAT));
        w.name("digest");
        w.text(&sha256_hex(&plan));
        w.name("plan");
        w.raw(&plan);
    });
    Ok(w.into_bytes())
}

/// Reads a bundle file: the bundle as it was written, and its digest. Whether it is one that can run a plan says.
///
/// # Errors
/// Says in one sentence what does not fit.
pub fn unseal(file: &[u8]) -> Result<(Bundle, String), LoadError> {
    let fault = |what: &str| Err(LoadError(what.to_owned()));
    let Ok(file) = std::str::from_utf8(file) else { return fault("this is not a bundle file: it is not UTF-8") };
    let Ok(envelope) = raw_members(file, DEPTH) else {
        return fault("this is not a bundle file: it is not one JSON object");
    };
    let (mut form, mut digest, mut plan) = (None, None, None);
    for (name, raw) in envelope {
        match name.as_str() {
            "ifs_bundle" => form = Some(raw),
            "digest" => digest = raw.strip_prefix('"').and_then(|d| d.strip_suffix('"')),
            "plan" => plan = Some(raw),
            _ => return fault("this is not a bundle file: it has a member that bundles do not have"),
        }
    }
    let (Some(form), Some(digest), Some(plan)) = (form, digest, plan) else {
        return fault("this is not a bundle file: ifs_bundle, digest or plan is missing");
    };
    if form != FORMAT.to_string() {
        return Err(LoadError(format!("the bundle has another form than this engine reads ({FORMAT})")));
    }
    if sha256_hex(plan.as_bytes()) != digest {
        return fault("the bundle was changed after it was made: its digest does not fit");
    }
    let mut arena = Arena::new(Arc::from(""), Names::new(Arc::new(NameTable::new(Vec::new()))));
    let Ok(value) = Decoder::whole(DEPTH).decode(&mut arena, plan.as_bytes().to_vec()) else {
        return fault("the bundle was made by another version: its plan cannot be decoded");
    };
    let bundle =
        read::bundle(&arena, value).map_err(|e| LoadError(format!("the bundle was made by another version: {e}")))?;
    Ok((bundle, digest.to_owned()))
}
