//! Values, blocks, the student scope and operations as written.

use std::rc::Rc;

use adapter_core::contract::{self, Does};

use super::call::{Call, names, read_all, read_lone};
use super::index::{self, IndexText};
use super::{Keys, named, scalars};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::source::Span;
use crate::yaml::{Node, Scalar, Text, Value};

/// A named value.
#[derive(Debug)]
pub enum LetText {
    /// An expression.
    Expr {
        /// Its name.
        name: Text,
        /// The expression.
        is: Scalar,
    },
    /// A block.
    Block {
        /// Its name.
        name: Text,
        /// The block.
        block: BlockText,
    },
    /// An expression with arguments.
    Given {
        /// Its name.
        name: Text,
        /// Its arguments.
        given: Vec<Text>,
        /// The expression.
        is: Scalar,
    },
    /// A tree: a document in the making.
    Tree {
        /// Its name.
        name: Text,
        /// The tree.
        tree: Node,
    },
}

impl LetText {
    /// The name.
    pub fn name(&self) -> &Text {
        match self {
            Self::Expr { name, .. } | Self::Block { name, .. } | Self::Given { name, .. } | Self::Tree { name, .. } => {
                name
            }
        }
    }
}

/// `for / let / where / each`.
#[derive(Debug)]
pub struct BlockText {
    /// Where it begins.
    pub span: Span,
    /// Loops, outermost first.
    pub loops: Vec<Scalar>,
    /// Values of each turn.
    pub lets: Vec<Rc<LetText>>,
    /// Names of values that could not be read.
    pub broken: Vec<Text>,
    /// Filter.
    pub filter: Option<Scalar>,
    /// What a turn gives.
    pub each: Node,
}

/// The student scope.
#[derive(Debug)]
pub struct Student {
    /// The call that gives the tax code for a key.
    pub by_key: Option<Rc<Call>>,
    /// The index in which a student is found by key.
    pub index: Option<IndexText>,
    /// Its calls.
    pub calls: Vec<Rc<Call>>,
    /// Its values.
    pub lets: Vec<Rc<LetText>>,
    /// Names of calls and values that could not be read.
    pub broken: Vec<Text>,
    /// When the student is unknown: when one of these holds.
    pub unknown: Vec<Scalar>,
    /// The identity tree.
    pub person: Option<Node>,
}

/// One operation.
#[derive(Debug)]
pub struct OperationText {
    /// Its id.
    pub id: Text,
    /// Its calls.
    pub calls: Vec<Rc<Call>>,
    /// Its values.
    pub lets: Vec<Rc<LetText>>,
    /// Names of calls and values that could not be read.
    pub broken: Vec<Text>,
    /// The walk whose rows it answers.
    pub walk: Option<Scalar>,
    /// When the object asked for is unknown: when one of these holds.
    pub unknown: Vec<Scalar>,
    /// When the change asked for is refused without asking the system.
    pub reject: Vec<RejectText>,
    /// Where `reject` stands.
    pub reject_at: Option<Span>,
    /// The answer's tree.
    pub answer: Option<Node>,
    /// Where `answer`, `calls`, `let` or `unknown` stands, the first of them.
    pub own: Option<Text>,
}

/// A rule of `reject`.
#[derive(Debug)]
pub struct RejectText {
    /// The condition.
    pub when: Scalar,
    /// What the consumer is told.
    pub message: Scalar,
}

/// Whether a tree's node is a block rather than a record.
pub fn is_block(node: &Node) -> bool {
    node.get("each").is_some() || node.get("for").is_some()
}

/// Reads a block.
pub fn block(report: &mut Report, node: &Node) -> Option<BlockText> {
    let keys = Keys::open(report, node, "a block", &["for", "let", "where", "each"])?;
    let loops = keys.need(report, "for");
    let each = keys.need(report, "each");
    let loops = loops.map(|n| {
        let nodes = n.as_list().unwrap_or(std::slice::from_ref(n));
        let loops = nodes.iter().filter_map(|n| scalars::text(report, n, "for").cloned()).collect();
        if nodes.len() > 1 { whole(loops) } else { loops }
    });
    let mut broken = Vec::new();
    let lets = keys.get("let").map(|n| lets(report, n, &mut broken)).unwrap_or_default();
    Some(BlockText {
        span: keys.span(),
        loops: loops?,
        lets,
        broken,
        filter: keys.get("where").and_then(|n| scalars::text(report, n, "where")).cloned(),
        each: each?.clone(),
    })
}

/// Without the pieces that follow an element which YAML cut at a comma: that one is complained about, once.
fn whole(loops: Vec<Scalar>) -> Vec<Scalar> {
    let mut open = 0_isize;
    let mut kept = Vec::with_capacity(loops.len());
    for text in loops {
        let inside = open > 0;
        open = balance(&text.text).saturating_add(if inside { open } else { 0 });
        if !inside {
            kept.push(text);
        }
    }
    kept
}

/// How many brackets a piece of an expression opens and does not close; those in texts do not count.
fn balance(text: &str) -> isize {
    let (mut open, mut quote) = (0_isize, None);
    for c in text.chars() {
        match (c, quote) {
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(q)) if c == q => quote = None,
            ('(' | '[' | '{', None) => open = open.saturating_add(1),
            (')' | ']' | '}', None) => open = open.saturating_sub(1),
            _ => {}
        }
    }
    open
}

/// Reads values; names of those that cannot be read go to `broken`.
pub(super) fn lets(report: &mut Report, node: &Node, broken: &mut Vec<Text>) -> Vec<Rc<LetText>> {
    let mut lets = Vec::new();
    let mut open = 0_isize;
    for (name, value) in named(report, node, "let") {
        // What YAML cut off at a comma; the value that it was cut from is complained about.
        let piece = open > 0 && value.as_scalar().is_some_and(Scalar::is_absent);
        let text = if piece { Some(name.text.as_str()) } else { value.as_scalar().map(|s| s.text.as_str()) };
        open = balance(text.unwrap_or_default()).saturating_add(if piece { open } else { 0 });
        if piece {
            continue;
        }
        match one_let(report, name, value) {
            Some(value) => lets.push(Rc::new(value)),
            None => broken.push(name.clone()),
        }
    }
    lets
}

fn one_let(report: &mut Report, name: &Text, node: &Node) -> Option<LetText> {
    let name = name.clone();
    if let Value::Map(_) = &node.value {
        if is_block(node) {
            return block(report, node).map(|block| LetText::Block { name, block });
        }
        let keys = Keys::open(report, node, "a `let`", &["given", "is", "tree"])?;
        if let Some(tree) = keys.get("tree") {
            for key in ["given", "is"] {
                if let Some(span) = keys.key_span(key) {
                    let message = format!("A `let` with a `tree` has no `{key}`.");
                    report.push(Diagnostic::new(Code::KeyConflict, span, message));
                }
            }
            return Some(LetText::Tree { name, tree: tree.clone() });
        }
        let given = keys.need(report, "given").map(|n| names(report, n, "given"));
        let is = keys.need(report, "is").and_then(|n| scalars::text(report, n, "is"));
        return Some(LetText::Given { name, given: given?, is: is?.clone() });
    }
    if node.as_list().is_some() {
        let message = "A `let` is an expression, a block, `{ given: […], is: … }` or `{ tree: … }`.";
        let help = "A list is written as an expression: \"[a, b]\".";
        report.push(Diagnostic::new(Code::ValueKind, node.span, message).help(help));
        return None;
    }
    let is = scalars::text(report, node, &name.text)?.clone();
    Some(LetText::Expr { name, is })
}

pub(super) fn student(report: &mut Report, node: &Node) -> Option<Student> {
    let keys = Keys::open(report, node, "`student`", &["by_key", "index", "calls", "let", "unknown", "person"])?;
    let mut broken = Vec::new();
    let calls = keys.get("calls").map(|n| read_all(report, n, &mut broken)).unwrap_or_default();
    let lets = keys.get("let").map(|n| lets(report, n, &mut broken)).unwrap_or_default();
    // No name of the mapping has a point: nothing can mention this one.
    let name = keys.key_span("by_key").map(|span| Text { text: "student.by_key".to_owned(), span });
    let by_key = keys.get("by_key").zip(name);
    let index = keys.get("index").zip(keys.key_span("index"));
    Some(Student {
        index: index.and_then(|(node, span)| index::read(report, node, span)),
        by_key: by_key.and_then(|(n, name)| read_lone(report, &name, n, "`by_key`")).map(Rc::new),
        calls,
        lets,
        broken,
        unknown: keys.need(report, "unknown").map(|n| conditions(report, n, "unknown")).unwrap_or_default(),
        person: keys.need(report, "person").cloned(),
    })
}

/// One condition, or several in a list.
fn conditions(report: &mut Report, node: &Node, what: &str) -> Vec<Scalar> {
    match node.as_list() {
        Some(list) => list.iter().filter_map(|node| scalars::text(report, node, what)).cloned().collect(),
        None => scalars::text(report, node, what).cloned().into_iter().collect(),
    }
}

pub(super) fn operation(report: &mut Report, id: &Text, node: &Node) -> Option<OperationText> {
    let known = &["walk", "calls", "let", "unknown", "reject", "answer"];
    let keys = Keys::open(report, node, "an operation", known)?;
    let mut broken = Vec::new();
    let calls = keys.get("calls").map(|n| read_all(report, n, &mut broken)).unwrap_or_default();
    let lets = keys.get("let").map(|n| lets(report, n, &mut broken)).unwrap_or_default();
    Some(OperationText {
        id: id.clone(),
        calls,
        lets,
        broken,
        walk: keys.get("walk").and_then(|n| scalars::text(report, n, "walk")).cloned(),
        unknown: keys.get("unknown").map(|n| conditions(report, n, "unknown")).unwrap_or_default(),
        reject: keys.get("reject").map(|n| rejects(report, n)).unwrap_or_default(),
        reject_at: keys.key_span("reject"),
        // What an operation that lists students answers is the contract's.
        answer: if keys.get("walk").is_some() || lists(&id.text) {
            keys.get("answer")
        } else {
            keys.need(report, "answer")
        }
        .cloned(),
        own: ["answer", "calls", "let", "unknown"]
            .into_iter()
            .find_map(|key| Some(Text { text: key.to_owned(), span: keys.key_span(key)? })),
    })
}

fn lists(id: &str) -> bool {
    contract::operation(id).is_some_and(|o| matches!(o.does, Does::Lists { .. }))
}

fn rejects(report: &mut Report, node: &Node) -> Vec<RejectText> {
    let Some(list) = node.as_list() else {
        let message = format!("`reject` is a list of rules, not {}.", node.kind());
        let help = "For example [ { when: request.reason == null, message: Manca il motivo } ].";
        report.push(Diagnostic::new(Code::ValueKind, node.span, message).help(help));
        return Vec::new();
    };
    let mut rules = Vec::with_capacity(list.len());
    for node in list {
        let Some(keys) = Keys::open(report, node, "a rule of `reject`", &["when", "message"]) else { continue };
        let when = keys.need(report, "when").and_then(|n| scalars::text(report, n, "when")).cloned();
        let message = keys.need(report, "message").and_then(|n| scalars::text(report, n, "message")).cloned();
        rules.extend(when.zip(message).map(|(when, message)| RejectText { when, message }));
    }
    rules
}
