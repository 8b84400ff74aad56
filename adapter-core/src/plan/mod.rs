//! A bundle in the form that runs: every index in it was checked, texts and tables stand in one pool. Nothing of the
//! form that is written is kept.

pub(crate) mod table;
mod text_pool;
mod walks;

use std::sync::Arc;

use crate::bundle::Blank as _;
use crate::bundle::{
    Call, CallIndex, Institute, Let, LetIndex, LoadError, Pattern, PatternIndex, Recipe, Session, System, SystemIndex,
    TableIndex, TextId, unseal, verify,
};
use crate::contract::{self, OperationId};
use crate::limits::Limits;
use crate::value::{NameTable, Text, sorted};
use table::Table;
use text_pool::TextPool;
pub(crate) use walks::{KeyIndex, List, Rows, Walk};

/// A mapping ready to run.
#[derive(Debug)]
pub struct Plan {
    digest: String,
    contract: String,
    institute: Institute,
    /// Its code, in the pool.
    code: Text,
    limits: Limits,
    secrets: Vec<String>,
    pool: Arc<str>,
    texts: Vec<Text>,
    names: Arc<NameTable>,
    patterns: Vec<Pattern>,
    tables: Vec<Table>,
    slots: usize,
    systems: Vec<System>,
    calls: Vec<Call>,
    lets: Vec<Let>,
    recipes: Vec<Recipe>,
    by_key: Option<RecipeIndex>,
    key_index: Option<KeyIndex>,
    operations: Vec<(OperationId, RecipeIndex)>,
    walks: Vec<(OperationId, Walk)>,
    rows: Vec<(OperationId, Rows)>,
    changes: Vec<(OperationId, Change)>,
    apis: Vec<(u8, Vec<SystemIndex>)>,
    blank: Blank,
}

/// Place of what a plan can evaluate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RecipeIndex(pub(self) usize);

/// How an operation changes something.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    /// The call that makes the change.
    pub call: CallIndex,
    /// What is read where nobody knows whether it was made.
    pub confirm: Option<RecipeIndex>,
}

/// What stands for a part that no index of a checked bundle lacks.
#[derive(Debug)]
struct Blank {
    call: Call,
    system: System,
    session: Session,
    recipe: Recipe,
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
            recipe: Recipe::blank(),
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
        let (bundle, digest) = unseal(file)?;
        if bundle.contract != contract::VERSION {
            return Err(LoadError(format!(
                "the bundle is for version {} of the contract, this engine knows {}",
                bundle.contract,
                contract::VERSION
            )));
        }
        verify(&bundle).map_err(LoadError)?;
        let mut pool = TextPool::default();
        let texts = bundle.texts.iter().map(|t| pool.add(t)).collect::<Result<_, _>>().map_err(LoadError)?;
        let code = pool.add(&bundle.institute.code).map_err(LoadError)?;
        let tables = bundle.tables.into_iter().map(|t| Table::load(t, &mut pool));
        let tables = tables.collect::<Result<Vec<_>, _>>().map_err(LoadError)?;
        let names = bundle.names.into_iter().map(|n| (n.text, n.deep)).collect();
        let mut recipes = Vec::new();
        let mut add = |recipe: Recipe| {
            recipes.push(recipe);
            RecipeIndex(recipes.len().saturating_sub(1))
        };
        let by_key = bundle.by_key.map(&mut add);
        let operations = bundle.operations.into_iter();
        let mut operations: Vec<_> =
            operations.filter_map(|(name, o)| Some((OperationId::named(&name)?, add(o)))).collect();
        let changes = bundle.changes.into_iter().filter_map(|(name, change)| {
            let bundle::Change { call, confirm } = change;
            Some((OperationId::named(&name)?, Change { call, confirm: confirm.map(&mut add) }))
        });
        let changes: Vec<_> = changes.collect();
        let walks = walks::load(bundle.walks, &mut recipes, &mut operations);
        let key_index = bundle.key_index.map(|written| KeyIndex::new(written, &walks, &mut recipes));
        let rows = walks::rows(bundle.rows, &mut recipes);
        let apis = apis(&operations, &recipes, by_key, (&bundle.calls, &changes));
        Ok(Self {
            digest,
            contract: bundle.contract,
            institute: bundle.institute,
            code,
            limits: bundle.limits,
            secrets: bundle.secrets,
            pool: pool.share(),
            texts,
            names: Arc::new(NameTable::new(names)),
            patterns: bundle.patterns,
            tables,
            slots: usize::from(bundle.slots),
            systems: bundle.systems,
            calls: bundle.calls,
            lets: bundle.lets,
            recipes,
            by_key,
            key_index,
            operations,
            walks,
            rows,
            changes,
            apis,
            blank: Blank::new(),
        })
    }

    /// Version of the contract it was checked against.
    pub fn contract(&self) -> &str {
        &self.contract
    }

    /// Whose data it serves.
    pub fn institute(&self) -> &Institute {
        &self.institute
    }

    /// Limits, all within their ceilings.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Names of the secrets the host must provide.
    pub fn secrets(&self) -> &[String] {
        &self.secrets
    }

    /// The systems it speaks to, by [`SystemIndex`].
    pub fn systems(&self) -> &[System] {
        &self.systems
    }

    /// Its calls, by [`CallIndex`].
    pub fn calls(&self) -> &[Call] {
        &self.calls
    }

    /// The operations it maps.
    pub fn operations(&self) -> impl ExactSizeIterator<Item = OperationId> + '_ {
        self.operations.iter().map(|(id, _)| *id)
    }

    /// The systems without which an operation of an API cannot be answered, ascending; none if nothing of it is mapped.
    pub(crate) fn needed(&self, api: u8) -> Option<&[SystemIndex]> {
        self.apis.iter().find(|(known, _)| *known == api).map(|(_, systems)| systems.as_slice())
    }

    /// The systems that some API needs, ascending.
    pub(crate) fn needed_by_any(&self) -> Vec<SystemIndex> {
        let all: Vec<SystemIndex> = self.apis.iter().flat_map(|(_, systems)| systems).copied().collect();
        sorted(&all)
    }

    /// How an operation walks a list of students, if it does.
    pub(crate) fn walk(&self, id: OperationId) -> Option<&Walk> {
        self.walks.iter().find(|(known, _)| *known == id).map(|(_, walk)| walk)
    }

    /// How an operation finds the rows that it answers page by page, if it does.
    pub(crate) fn rows(&self, id: OperationId) -> Option<&Rows> {
        self.rows.iter().find(|(known, _)| *known == id).map(|(_, rows)| rows)
    }

    /// Whether an operation is answered page by page.
    pub(crate) fn pages(&self, id: OperationId) -> bool {
        self.walk(id).is_some() || self.rows(id).is_some()
    }

    /// How an operation changes something, if it does.
    pub(crate) fn change(&self, id: OperationId) -> Option<Change> {
        self.changes.iter().find(|(known, _)| *known == id).map(|(_, change)| *change)
    }

    /// Whether anything is changed.
    pub fn changes(&self) -> bool {
        !self.changes.is_empty()
    }

    /// Whether any list is walked page by page.
    pub fn walks(&self) -> bool {
        !self.walks.is_empty() || !self.rows.is_empty()
    }

    /// The name of something of this institute and bundle in the store.
    pub(crate) fn in_store(&self, what: &str) -> String {
        ["ifs/", &self.institute.code, "/", &self.digest, "/", what].concat()
    }

    /// Member names the mapping reads or writes.
    pub fn names(&self) -> Arc<NameTable> {
        Arc::clone(&self.names)
    }

    /// Lower-case hex SHA-256 of the plan's bytes.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The texts of the mapping, for an arena to refer to.
    pub(crate) fn pool(&self) -> Arc<str> {
        Arc::clone(&self.pool)
    }

    /// How many variables a frame has.
    pub(crate) fn slots(&self) -> usize {
        self.slots
    }

    /// How many named values there are.
    pub(crate) fn lets(&self) -> usize {
        self.lets.len()
    }

    /// What an operation evaluates, if it is mapped.
    pub(crate) fn operation(&self, id: OperationId) -> Option<RecipeIndex> {
        self.operations.iter().find(|(known, _)| *known == id).map(|(_, recipe)| *recipe)
    }

    /// How the tax code of a student is found who is asked for by key.
    pub(crate) fn by_key(&self) -> Option<RecipeIndex> {
        self.by_key
    }

    /// The index in which it is found, where no call does.
    pub(crate) fn key_index(&self) -> Option<&KeyIndex> {
        self.key_index.as_ref()
    }

    /// Whether a student can be asked for by key.
    pub(crate) fn finds_by_key(&self) -> bool {
        self.by_key.is_some() || self.key_index.is_some()
    }

    /// What can be evaluated.
    pub(crate) fn recipe(&self, index: RecipeIndex) -> &Recipe {
        self.recipes.get(index.0).unwrap_or(&self.blank.recipe)
    }

    /// A text of the mapping.
    pub(crate) fn text(&self, id: TextId) -> Text {
        self.texts.get(id.at()).copied().unwrap_or_default()
    }

    /// A text as it is written.
    #[cfg(feature = "explain")]
    pub(crate) fn written(&self, id: TextId) -> &str {
        let Text { start, len, .. } = self.text(id);
        self.pool.get(start as usize..start.saturating_add(len) as usize).unwrap_or_default()
    }

    /// A call.
    pub(crate) fn call(&self, index: CallIndex) -> &Call {
        self.calls.get(index.at()).unwrap_or(&self.blank.call)
    }

    /// A system.
    pub(crate) fn system(&self, index: SystemIndex) -> &System {
        self.systems.get(index.at()).unwrap_or(&self.blank.system)
    }

    /// The session of a system that calls are made in.
    pub(crate) fn session(&self, index: SystemIndex) -> &Session {
        self.system(index).session.as_ref().unwrap_or(&self.blank.session)
    }

    /// A named value.
    pub(crate) fn named(&self, index: LetIndex) -> &Let {
        self.lets.get(index.at()).unwrap_or(&self.blank.named)
    }

    /// A regular expression.
    pub(crate) fn pattern(&self, index: PatternIndex) -> &Pattern {
        self.patterns.get(index.at()).unwrap_or(&self.blank.pattern)
    }

    /// The institute's code.
    pub(crate) fn institute_code(&self) -> Text {
        self.code
    }

    /// A code table.
    pub(crate) fn table(&self, index: TableIndex) -> &Table {
        self.tables.get(index.at()).unwrap_or(&self.blank.table)
    }
}

/// For each API that is mapped the systems it needs: those of its operations' calls, but for calls whose failure is
/// tolerated.
fn apis(
    operations: &[(OperationId, RecipeIndex)],
    recipes: &[Recipe],
    by_key: Option<RecipeIndex>,
    (calls, changes): (&[Call], &[(OperationId, Change)]),
) -> Vec<(u8, Vec<SystemIndex>)> {
    let mut apis: Vec<(u8, Vec<SystemIndex>)> = Vec::new();
    for (id, recipe) in operations {
        let of_key = by_key.filter(|_| id.operation().is_by_key());
        let made = of_key.iter().chain([recipe]).filter_map(|index| recipes.get(index.0)).flat_map(|r| &r.calls);
        let change = changes.iter().find(|(known, _)| known == id).map(|(_, change)| &change.call);
        let made = made.chain(change).filter_map(|index| calls.get(index.at())).filter(|call| !call.null_if_failed);
        let systems = made.map(|call| call.system);
        match apis.iter_mut().find(|(api, _)| *api == id.api()) {
            Some((_, known)) => known.extend(systems),
            None => apis.push((id.api(), systems.collect())),
        }
    }
    for (_, systems) in &mut apis {
        *systems = sorted(systems);
    }
    apis
}
