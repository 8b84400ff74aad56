//! Checking and lowering: from the mapping as written to the bundle.
//!
//! Definitions are lowered when something first needs them, so that each stands after what it uses; what nothing needs
//! is checked all the same and left out of the bundle.

mod absent;
mod answer;
mod braces;
mod by_key;
mod cache;
mod calls;
mod cx;
mod dates;
mod deep;
mod defs;
mod expr;
mod formats;
mod forms;
mod functions;
mod likeness;
mod macros;
mod members;
mod names;
mod off;
mod offered;
mod operation;
mod operators;
mod order;
mod pages;
mod present;
mod probes;
mod provided;
mod reach;
mod reads;
mod requests;
mod roots;
mod rules;
mod sample;
mod scope;
mod single;
mod systems;
mod tables;
mod text;
mod told;
mod tree;
mod types;
mod used;
mod walks;
mod writes;
mod xml;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use adapter_core::bundle::Bundle;
use adapter_core::bundle::Name;
use adapter_core::bundle::{CallIndex, LetIndex, Slot, TextId};
use adapter_core::contract;
use adapter_core::value::NameId;

use crate::Files;
use crate::cel;
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::model::Mapping;
use crate::places::Spans;
use crate::source::Span;
use crate::tables::TableData;
use crate::yaml::Text;

use adapter_core::bundle::Expr;
use defs::Def;
use formats::Documents;
use reads::Reads;
use scope::Scope;

pub(crate) use single::{Single, single};

/// The compiler's state.
pub(crate) struct Check<'a> {
    report: &'a mut Report,
    mapping: &'a Mapping,
    files: &'a dyn Files,
    bundle: Bundle,
    names: BTreeMap<String, NameId>,
    texts: BTreeMap<String, TextId>,
    tables: Vec<TableData>,
    /// Tables of the bundle, in its order.
    table_order: Vec<usize>,
    defs: Vec<Def>,
    /// Values of blocks that are being lowered, in dependency order.
    block_lets: Vec<Vec<(Slot, Expr)>>,
    /// Blocks seen so far: each is an origin of its own.
    blocks: usize,
    /// What the definitions being lowered mention that not every operation may; innermost last.
    mentions: Vec<Mentions>,
    /// The same of calls that have been lowered.
    call_mentions: BTreeMap<CallIndex, Vec<Mention>>,
    /// The same of values that have been lowered.
    let_mentions: BTreeMap<LetIndex, Vec<Mention>>,
    /// The operation that what is being lowered serves.
    operation: Option<&'static contract::Operation>,
    /// What documents values come from.
    documents: Documents,
    /// What is read of them.
    reads: Reads,
    /// Calls that open (false) or close (true) a session, with their system; by definition.
    session_calls: BTreeMap<usize, (usize, bool)>,
    /// Calls that are a system's probe, with their system; by definition.
    probe_calls: BTreeMap<usize, usize>,
    /// What is being lowered belongs to a system: it serves everybody.
    for_all: bool,
    /// Where the system's order decides, which has been said.
    ordered: BTreeSet<Span>,
    /// Systems that send the session with every call, in their headers.
    session_headers: Vec<usize>,
    /// Nodes lowered so far: definitions with arguments multiply.
    nodes: usize,
    /// Definitions being lowered, one inside the other.
    depth: usize,
    /// Calls whose answers must be kept whole, by definition.
    deep_calls: Vec<usize>,
    /// Expressions parsed so far, by their text.
    parsed: BTreeMap<String, Result<Rc<cel::Node>, Vec<cel::ParseProblem>>>,
    /// Names that were refused, which has been said.
    refused: BTreeSet<String>,
    /// Walks that operations name.
    walked: BTreeSet<String>,
    /// Definitions that nothing uses.
    unused: Vec<Text>,
    /// Systems whose answers must be kept whole.
    deep_systems: Vec<usize>,
    /// Where the parts of the bundle are written.
    spans: Spans,
}

/// Something that not every operation may depend on.
#[derive(Clone, Debug, PartialEq)]
struct Mention {
    span: Span,
    what: &'static str,
}

/// What one definition mentions.
#[derive(Debug, Default)]
struct Mentions {
    all: Vec<Mention>,
    /// It is another thing in every operation.
    operation: bool,
}

/// Most nodes of all expressions together.
const MAX_NODES: usize = 200_000;

impl<'a> Check<'a> {
    fn new(report: &'a mut Report, mapping: &'a Mapping, files: &'a dyn Files) -> Self {
        let bundle = Bundle {
            contract: contract::VERSION.to_owned(),
            institute: mapping.institute.clone(),
            limits: mapping.limits.clone(),
            ..Bundle::default()
        };
        Self {
            report,
            mapping,
            files,
            bundle,
            names: BTreeMap::new(),
            texts: BTreeMap::new(),
            tables: Vec::new(),
            table_order: Vec::new(),
            defs: Vec::new(),
            block_lets: Vec::new(),
            blocks: 0,
            mentions: Vec::new(),
            call_mentions: BTreeMap::new(),
            let_mentions: BTreeMap::new(),
            operation: None,
            documents: Documents::default(),
            reads: Reads::default(),
            session_calls: BTreeMap::new(),
            probe_calls: BTreeMap::new(),
            for_all: false,
            ordered: BTreeSet::new(),
            session_headers: Vec::new(),
            nodes: 0,
            depth: 0,
            deep_calls: Vec::new(),
            deep_systems: Vec::new(),
            parsed: BTreeMap::new(),
            refused: BTreeSet::new(),
            walked: BTreeSet::new(),
            unused: Vec::new(),
            spans: Spans::default(),
        }
    }

    fn error(&mut self, code: Code, span: Span, message: impl Into<String>) {
        self.report.push(Diagnostic::new(code, span, message));
    }

    fn name(&mut self, text: &str) -> NameId {
        if let Some(id) = self.names.get(text) {
            return *id;
        }
        let id = NameId::try_from(self.bundle.names.len()).unwrap_or(NameId::MAX);
        self.bundle.names.push(Name { text: text.to_owned(), deep: false });
        self.names.insert(text.to_owned(), id);
        id
    }

    fn text(&mut self, text: &str) -> Expr {
        if let Some(id) = self.texts.get(text) {
            return Expr::Text(*id);
        }
        let id = TextId::try_from(self.bundle.texts.len()).unwrap_or(TextId::MAX);
        self.bundle.texts.push(text.to_owned());
        self.texts.insert(text.to_owned(), id);
        Expr::Text(id)
    }

    /// A variable of its own for each place that binds one.
    fn slot(&mut self, name: &str, span: Span) -> Slot {
        let slot = self.bundle.slots;
        self.spans.variables.truncate(usize::from(slot));
        self.spans.variables.push(name.to_owned());
        match slot.checked_add(1) {
            Some(next) => self.bundle.slots = next,
            None => self.error(Code::ExprSize, span, "The mapping binds more variables than a bundle can hold."),
        }
        Slot(slot)
    }
}

/// Checks a mapping and gives its bundle, and where its parts are written; whether that may be used the report says.
pub(crate) fn compile(report: &mut Report, mapping: &Mapping, files: &dyn Files) -> (Bundle, Spans) {
    let mut check = Check::new(report, mapping, files);
    let file = Rc::new(Scope::default());
    check.read_tables(&file);
    check.check_prefixes();
    check.declare_in(&file, &mapping.calls, &mapping.lets, &mapping.broken);
    check.lower_systems(&file);
    let student = Scope::inside(&file);
    if let Some(scope) = &mapping.student {
        check.declare_in(&student, &scope.calls, &scope.lets, &scope.broken);
    }
    check.check_walk_names(&file);
    check.writes_in_place();
    for text in &mapping.operations {
        if let Some(contract) = contract::operation(&text.id.text).filter(|o| check.is_answered(o)) {
            check.operation(text, contract, &file, &student);
        }
    }
    // What else is written is checked all the same, and stays out of the bundle.
    let by_key = contract::operations().any(|o| o.is_by_key() && check.bundle.operations.contains_key(o.name));
    if by_key {
        check.bundle.by_key = check.by_key(&file);
        check.bundle.key_index = check.key_index(&file);
    }
    check.share();
    check.probes(&file);
    let kept = check.keep();
    if !by_key {
        check.by_key(&file);
    }
    check.off(&file, &student);
    check.owed();
    check.unused_walks(&file, &student);
    check.check_unused();
    check.restore(kept);
    check.finish_calls();
    check.finish_columns();
    check.finish_likeness();
    check.finish_roots();
    check.finish_tables();
    check.report_unused();
    (check.bundle, check.spans)
}
