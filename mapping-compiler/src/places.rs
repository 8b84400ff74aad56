//! Where the parts of a bundle are written: for explanations of what happened. Not in the bundle, whose bytes depend on
//! what a mapping says and not on where.

use std::collections::BTreeMap;

use adapter_core::bundle::{CallIndex, LetIndex};

use crate::model::{self, BlockText, LetText};
use crate::source::{Sources, Span};
use crate::yaml::{Node, Value};

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file's name, as messages show it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
}

/// Leaves, blocks and members of a tree by their path: `/enrollments/*/status`.
pub type TreePlaces = BTreeMap<String, Place>;

/// Where the parts of a bundle are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// Names of variables, by slot.
    pub variables: Vec<String>,
    /// Calls.
    pub calls: BTreeMap<CallIndex, CallPlaces>,
    /// Failure rules of systems, by the system's place.
    pub systems: Vec<Vec<Place>>,
    /// Named values, with their trees.
    pub lets: BTreeMap<LetIndex, (Place, TreePlaces)>,
    /// Operations by id.
    pub operations: BTreeMap<String, OperationPlaces>,
}

/// Where the parts of a call are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallPlaces {
    /// Its name.
    pub name: Place,
    /// Its failure rules, in the bundle's order.
    pub failures: Vec<Place>,
    /// Its `when`.
    pub when: Option<Place>,
    /// Its `take`.
    pub take: Option<Place>,
}

/// Where the parts of an operation are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OperationPlaces {
    /// Its guards, in the bundle's order.
    pub guards: Vec<Place>,
    /// The person's tree.
    pub person: TreePlaces,
    /// The answer's tree.
    pub answer: TreePlaces,
}

/// The same as [`Places`], while compiling.
#[derive(Debug, Default)]
pub(crate) struct Spans {
    /// Names of variables, by slot.
    pub variables: Vec<String>,
    /// Calls.
    pub calls: BTreeMap<CallIndex, CallSpans>,
    /// Failure rules of systems.
    pub systems: Vec<Vec<Span>>,
    /// Named values.
    pub lets: BTreeMap<LetIndex, (Span, BTreeMap<String, Span>)>,
    /// Operations.
    pub operations: BTreeMap<String, OperationSpans>,
}

/// The same as [`CallPlaces`].
#[derive(Debug)]
pub(crate) struct CallSpans {
    pub name: Span,
    pub failures: Vec<Span>,
    pub when: Option<Span>,
    pub take: Option<Span>,
}

/// The same as [`OperationPlaces`].
#[derive(Debug, Default)]
pub(crate) struct OperationSpans {
    pub guards: Vec<Span>,
    pub person: BTreeMap<String, Span>,
    pub answer: BTreeMap<String, Span>,
}

impl Spans {
    /// As lines of files.
    pub fn places(self, sources: &Sources) -> Places {
        let place = |span: Span| {
            let at = sources.start(span);
            let file = sources.file(span.file).map(|f| f.name.clone()).unwrap_or_default();
            Place { file, line: at.line, column: at.column }
        };
        let all = |spans: Vec<Span>| spans.into_iter().map(place).collect::<Vec<_>>();
        let tree = |tree: BTreeMap<String, Span>| tree.into_iter().map(|(path, span)| (path, place(span))).collect();
        let call = |call: CallSpans| CallPlaces {
            name: place(call.name),
            failures: all(call.failures),
            when: call.when.map(place),
            take: call.take.map(place),
        };
        let operation = |operation: OperationSpans| OperationPlaces {
            guards: all(operation.guards),
            person: tree(operation.person),
            answer: tree(operation.answer),
        };
        Places {
            variables: self.variables,
            calls: self.calls.into_iter().map(|(index, spans)| (index, call(spans))).collect(),
            systems: self.systems.into_iter().map(all).collect(),
            lets: self.lets.into_iter().map(|(index, (at, spans))| (index, (place(at), tree(spans)))).collect(),
            operations: self.operations.into_iter().map(|(id, spans)| (id, operation(spans))).collect(),
        }
    }
}

/// The leaves, blocks and members of a tree.
pub(crate) fn of_tree(node: &Node) -> BTreeMap<String, Span> {
    let mut found = BTreeMap::new();
    tree(node, "", &mut found);
    found
}

/// The same of a named value.
pub(crate) fn of_let(value: &LetText) -> BTreeMap<String, Span> {
    let mut found = BTreeMap::new();
    match value {
        LetText::Block { block: text, .. } => block(text, "", &mut found),
        LetText::Tree { tree: node, .. } => tree(node, "", &mut found),
        _ => {}
    }
    found
}

fn block(text: &BlockText, path: &str, found: &mut BTreeMap<String, Span>) {
    found.insert(path.to_owned(), text.loops.first().map_or(text.span, |l| l.span));
    tree(&text.each, &[path, "/*"].concat(), found);
}

fn tree(node: &Node, path: &str, found: &mut BTreeMap<String, Span>) {
    found.entry(path.to_owned()).or_insert(node.span);
    match &node.value {
        Value::Map(entries) if model::is_block(node) => {
            let value = |key: &str| entries.iter().find(|e| e.key.text == key).map(|e| &e.value);
            if let Some(loops) = value("for") {
                found.insert(path.to_owned(), loops.span);
            }
            if let Some(each) = value("each") {
                tree(each, &[path, "/*"].concat(), found);
            }
        }
        Value::Map(entries) => {
            for entry in entries {
                tree(&entry.value, &[path, "/", &entry.key.text].concat(), found);
            }
        }
        _ => {}
    }
}
