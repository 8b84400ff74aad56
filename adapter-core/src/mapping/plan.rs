//! Loading a bundle: digest, form and every index are checked before anything runs.

use std::fmt::Write as _;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::bundle::{Bundle, Envelope, FORMAT};
use super::table::Table;
use super::verify;
use crate::contract;
use crate::expr::TextId;
use crate::value::{NameTable, Names, Text};

/// Deepest nesting of brackets in a bundle: what its reader can recurse through at the edge.
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
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut out, b| {
        // Writing to a String cannot fail.
        let _ = write!(out, "{b:02x}");
        out
    })
}

/// Writes a bundle file: the envelope with the digest around the plan. The same bundle gives the same bytes.
///
/// # Errors
/// If the plan cannot be written as JSON.
pub fn seal(bundle: &Bundle) -> Result<Vec<u8>, LoadError> {
    #[derive(serde::Serialize)]
    struct Sealed<'a> {
        ifs_bundle: u32,
        digest: String,
        plan: &'a serde_json::value::RawValue,
    }
    let fault = |e: serde_json::Error| LoadError(e.to_string());
    let plan = serde_json::value::to_raw_value(bundle).map_err(fault)?;
    let sealed = Sealed { ifs_bundle: FORMAT, digest: sha256_hex(plan.get().as_bytes()), plan: &plan };
    serde_json::to_vec(&sealed).map_err(fault)
}

impl Plan {
    /// Reads and verifies a bundle file.
    ///
    /// # Errors
    /// Says in one sentence what does not fit.
    pub fn load(file: &[u8]) -> Result<Self, LoadError> {
        if nesting(file) > DEPTH {
            return Err(LoadError("the bundle is nested too deep".to_owned()));
        }
        let envelope: Envelope<'_> =
            serde_json::from_slice(file).map_err(|e| LoadError(format!("this is not a bundle file: {e}")))?;
        if envelope.ifs_bundle != FORMAT {
            return Err(LoadError(format!(
                "the bundle has form {}, this engine reads form {FORMAT}",
                envelope.ifs_bundle
            )));
        }
        let plan = envelope.plan.get();
        if sha256_hex(plan.as_bytes()) != envelope.digest {
            return Err(LoadError("the bundle was changed after it was made: its digest does not fit".to_owned()));
        }
        let mut reader = serde_json::Deserializer::from_str(plan);
        // The nesting has been looked at above; expressions nest deeper than serde_json's own limit.
        reader.disable_recursion_limit();
        let bundle = <Bundle as serde::Deserialize>::deserialize(&mut reader)
            .and_then(|bundle| reader.end().map(|()| bundle))
            .map_err(|e| LoadError(format!("the bundle was made by another version: {e}")))?;
        Self::new(bundle, envelope.digest)
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
        verify::table_keys(&bundle, &tables).map_err(LoadError)?;
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

/// Deepest nesting of brackets outside strings.
fn nesting(json: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0_usize, false, false);
    for b in json {
        match (in_string, escaped, b) {
            (true, true, _) => escaped = false,
            (true, false, b'\\') => escaped = true,
            (true, false, b'"') => in_string = false,
            (true, false, _) => {}
            (false, _, b'"') => in_string = true,
            (false, _, b'[' | b'{') => {
                depth = depth.saturating_add(1);
                deepest = deepest.max(depth);
            }
            (false, _, b']' | b'}') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}
