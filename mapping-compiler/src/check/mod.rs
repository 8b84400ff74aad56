//! Checking and lowering: from the mapping as written to the bundle.
//!
//! Definitions are lowered when something first needs them, so that each stands after what it uses; what nothing needs
//! is checked all the same and left out of the bundle.

mod answer;
mod calls;
mod cx;
mod deep;
mod defs;
mod expr;
mod functions;
mod macros;
mod members;
mod names;
mod operation;
mod operations;
mod operators;
mod reach;
mod scope;
mod single;
mod systems;
mod tables;
mod text;
mod tree;
mod types;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use adapter_core::contract;
use adapter_core::expr::{NameId, Slot, TextId};
use adapter_core::mapping::Bundle;
use adapter_core::mapping::bundle::Name;

use crate::Files;
use crate::cel;
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::model::Mapping;
use crate::source::Span;
use crate::tables::TableData;
use crate::yaml::Text;

use adapter_core::expr::Expr;
use defs::Def;
use scope::Scope;

pub(crate) use single::{Single, single};

/// The compiler's state.
pub(crate) struct Check<'a> {
    report: &'a mut Report,
    mapping: &'a Mapping,
    files: &'a dyn Files,
    folder: PathBuf,
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
    /// What the definitions being lowered mention that a student's description must not; innermost last.
    mentions: Vec<Vec<Mention>>,
    /// Nodes lowered so far: definitions with arguments multiply.
    nodes: usize,
    /// Definitions being lowered, one inside the other.
    depth: usize,
    /// Calls whose answers must be kept whole, by definition.
    deep_calls: Vec<usize>,
    /// Expressions parsed so far, by their text.
    parsed: BTreeMap<String, Result<Rc<cel::Node>, Vec<cel::ParseProblem>>>,
    /// Definitions that nothing uses.
    unused: Vec<Text>,
    /// Systems whose answers must be kept whole.
    deep_systems: Vec<usize>,
}

/// Something that a student's description must not depend on.
#[derive(Clone, Debug, PartialEq)]
struct Mention {
    span: Span,
    what: &'static str,
}

/// Most nodes of all expressions together.
const MAX_NODES: usize = 200_000;

impl<'a> Check<'a> {
    fn new(report: &'a mut Report, mapping: &'a Mapping, files: &'a dyn Files, folder: &Path) -> Self {
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
            folder: folder.to_owned(),
            bundle,
            names: BTreeMap::new(),
            texts: BTreeMap::new(),
            tables: Vec::new(),
            table_order: Vec::new(),
            defs: Vec::new(),
            block_lets: Vec::new(),
            blocks: 0,
            mentions: Vec::new(),
            nodes: 0,
            depth: 0,
            deep_calls: Vec::new(),
            deep_systems: Vec::new(),
            parsed: BTreeMap::new(),
            unused: Vec::new(),
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
    fn slot(&mut self, span: Span) -> Slot {
        let slot = self.bundle.slots;
        match slot.checked_add(1) {
            Some(next) => self.bundle.slots = next,
            None => self.error(Code::ExprSize, span, "The mapping binds more variables than a bundle can hold."),
        }
        slot
    }
}

/// Checks a mapping and gives its bundle; whether that may be used the report says.
pub(crate) fn compile(report: &mut Report, mapping: &Mapping, files: &dyn Files, folder: &Path) -> Bundle {
    let mut check = Check::new(report, mapping, files, folder);
    let file = Rc::new(Scope::default());
    check.read_tables(&file);
    check.declare_in(&file, None, &mapping.calls, &mapping.lets, &mapping.broken);
    check.lower_systems(&file);
    let student = Scope::inside(&file);
    if let Some(scope) = &mapping.student {
        check.declare_in(&student, None, &scope.calls, &scope.lets, &scope.broken);
    }
    for operation in &mapping.operations {
        check.operation(operation, &student);
    }
    check.check_unused();
    check.finish_calls();
    check.finish_tables();
    check.report_unused();
    check.bundle
}
