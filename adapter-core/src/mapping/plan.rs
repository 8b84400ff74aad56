//! Loading a bundle: digest, form and every index are checked before anything runs.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::bundle::{Bundle, FORMAT};
use super::read;
use super::table::Table;
use super::verify;
use crate::contract;
use crate::expr::TextId;
#[cfg(feature = "write")]
use crate::value::Number;
use crate::value::{Arena, Decoder, NameTable, Names, Text, raw_members};

/// Deepest nesting of a bundle: what its reader can recurse through at the edge.
const DEPTH: usize = 400;

/// A bundle ready to run.
#[derive(Debug)]
pub struct Plan {
    bundle: Bundle,
    digest: String,
    pool: Arc<str>,
    texts: Vec<Text>,
    tables: Vec<Table>,
    names: Arc<NameTable>,
    institute: Text,
}

/// Why a bundle is refused: one sentence, without any value of the mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError(pub String);

impl std::fmt::Display for LoadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for LoadError {}

/// The bundle's text pool while it is made.
#[derive(Debug, Default)]
pub(crate) struct Pool(String);

impl Pool {
    #[cfg(test)]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Adds a text.
    pub fn add(&mut self, text: &str) -> Result<Text, String> {
        let too_large = || "its texts are too large".to_owned();
        let start = u32::try_from(self.0.len()).map_err(|_| too_large())?;
        let len = u32::try_from(text.len()).map_err(|_| too_large())?;
        start.checked_add(len).ok_or_else(too_large)?;
        self.0.push_str(text);
        Ok(Text { segment: 0, start, len })
    }
}

/// Lower-case hex SHA-256.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or('0');
    Sha256::digest(bytes).iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Writes a bundle file: the envelope with the digest around the plan. The same bundle gives the same bytes.
///
/// # Errors
/// If the plan cannot be written as JSON.
#[cfg(feature = "write")]
pub fn seal(bundle: &Bundle) -> Result<Vec<u8>, LoadError> {
    let plan = serde_json::to_vec(bundle).map_err(|e| LoadError(e.to_string()))?;
    let mut w = crate::value::JsonWriter::default();
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

impl Plan {
    /// Reads and verifies a bundle file.
    ///
    /// # Errors
    /// Says in one sentence what does not fit.
    pub fn load(file: &[u8]) -> Result<Self, LoadError> {
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
        let bundle = read::bundle(&arena, value)
            .map_err(|e| LoadError(format!("the bundle was made by another version: {e}")))?;
        Self::new(bundle, digest.to_owned())
    }

    fn new(mut bundle: Bundle, digest: String) -> Result<Self, LoadError> {
        if bundle.contract != contract::VERSION {
            return Err(LoadError(format!(
                "the bundle is for version {} of the contract, this engine knows {}",
                bundle.contract,
                contract::VERSION
            )));
        }
        verify::verify(&bundle).map_err(LoadError)?;
        let mut pool = Pool::default();
        let texts = bundle.texts.iter().map(|t| pool.add(t)).collect::<Result<_, _>>().map_err(LoadError)?;
        let institute = pool.add(&bundle.institute.code).map_err(LoadError)?;
        let tables = std::mem::take(&mut bundle.tables);
        let tables =
            tables.into_iter().map(|t| Table::load(t, &mut pool)).collect::<Result<Vec<_>, _>>().map_err(LoadError)?;
        let names = bundle.names.iter().map(|n| (n.text.clone(), n.deep)).collect();
        Ok(Self {
            digest,
            pool: Arc::from(pool.0),
            texts,
            tables,
            names: Arc::new(NameTable::new(names)),
            institute,
            bundle,
        })
    }

    /// The compiled mapping. Its tables have been taken out of it.
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// Lower-case hex SHA-256 of the plan's bytes.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    pub(crate) fn pool(&self) -> Arc<str> {
        Arc::clone(&self.pool)
    }

    pub(crate) fn names(&self) -> Names {
        Names::new(Arc::clone(&self.names))
    }

    pub(crate) fn text(&self, id: TextId) -> Option<Text> {
        self.texts.get(id as usize).copied()
    }

    pub(crate) fn institute_code(&self) -> Text {
        self.institute
    }

    pub(crate) fn table(&self, index: u16) -> Option<&Table> {
        self.tables.get(usize::from(index))
    }
}
