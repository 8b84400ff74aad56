//! Loading a bundle: digest, form and every index are checked before anything runs.

mod pool;
pub(crate) mod table;

use std::sync::Arc;

use crate::bundle::read::Readable as _;
use crate::bundle::{
    Bundle, Call, CallIndex, Let, LetIndex, LoadError, Pattern, PatternIndex, Session, System, SystemIndex, TableIndex,
    TextId, envelope, read, verify,
};
use crate::contract;
use crate::value::{Arena, Decoder, NameTable, Names, Text};
use pool::Pool;
use table::Table;

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
    blank: Blank,
}

/// What stands for a part that no index of a checked bundle lacks.
#[derive(Debug)]
struct Blank {
    call: Call,
    system: System,
    session: Session,
    named: Let,
    pattern: Pattern,
    table: Table,
}

impl Blank {
    fn new() -> Self {
        Self {
            call: Call::blank(),
            system: System::blank(),
            session: Session::blank(),
            named: Let::blank(),
            pattern: Pattern::blank(),
            table: Table::default(),
        }
    }
}

impl Plan {
    /// Reads and verifies a bundle file.
    ///
    /// # Errors
    /// Says in one sentence what does not fit.
    pub fn load(file: &[u8]) -> Result<Self, LoadError> {
        let (plan, digest) = envelope::open(file)?;
        let mut arena = Arena::new(Arc::from(""), Names::new(Arc::new(NameTable::new(Vec::new()))));
        let Ok(value) = Decoder::whole(envelope::DEPTH).decode(&mut arena, plan.as_bytes().to_vec()) else {
            return Err(LoadError("the bundle was made by another version: its plan cannot be decoded".to_owned()));
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
            pool: pool.share(),
            texts,
            tables,
            names: Arc::new(NameTable::new(names)),
            institute,
            blank: Blank::new(),
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

    /// A text of the mapping.
    pub(crate) fn text(&self, id: TextId) -> Text {
        self.texts.get(id.at()).copied().unwrap_or_default()
    }

    /// A call.
    pub(crate) fn call(&self, index: CallIndex) -> &Call {
        self.bundle.calls.get(index.at()).unwrap_or(&self.blank.call)
    }

    /// A system.
    pub(crate) fn system(&self, index: SystemIndex) -> &System {
        self.bundle.systems.get(index.at()).unwrap_or(&self.blank.system)
    }

    /// The session of a system that calls are made in.
    pub(crate) fn session(&self, index: SystemIndex) -> &Session {
        self.system(index).session.as_ref().unwrap_or(&self.blank.session)
    }

    /// A named value.
    pub(crate) fn named(&self, index: LetIndex) -> &Let {
        self.bundle.lets.get(index.at()).unwrap_or(&self.blank.named)
    }

    /// A regular expression.
    pub(crate) fn pattern(&self, index: PatternIndex) -> &Pattern {
        self.bundle.patterns.get(index.at()).unwrap_or(&self.blank.pattern)
    }

    pub(crate) fn institute_code(&self) -> Text {
        self.institute
    }

    /// A code table.
    pub(crate) fn table(&self, index: TableIndex) -> &Table {
        self.tables.get(index.at()).unwrap_or(&self.blank.table)
    }
}
