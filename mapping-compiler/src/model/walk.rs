//! Walks as written: a list of the system that is answered page by page, whole units at a time.

use std::rc::Rc;

use super::call::{self, Call};
use super::{Keys, named, scalars};
use crate::diagnostic::Report;
use crate::source::Span;
use crate::yaml::{Node, Scalar, Text, Value};

/// A walk.
#[derive(Debug)]
pub struct Walk {
    /// Its name.
    pub name: Text,
    /// The call that gives its rows.
    pub call: Rc<Call>,
    /// What all rows of one unit have in common; the list is ordered by it.
    pub unit: Option<Scalar>,
    /// The student a row is about.
    pub tax_code: Option<Scalar>,
    /// Which rows count.
    pub filter: Option<Scalar>,
    /// Which row of a unit counts where the list has no order.
    pub once: Option<Scalar>,
    /// Student calls that the rows stand for.
    pub gives: Vec<Text>,
    /// The feed of students who are there no more.
    pub deleted: Option<Deleted>,
    /// Where it says that the list has no order.
    pub no_order: Option<Span>,
    /// Where it says what becomes of a student whose answer fails.
    pub if_broken: Option<Span>,
    /// Such a student is listed all the same.
    pub mark: bool,
    /// Most units of a page.
    pub page: u16,
    /// All that is written of it, as one text.
    pub written: String,
}

/// `deleted` of a walk.
#[derive(Debug)]
pub struct Deleted {
    /// Where it stands.
    pub at: Span,
    /// The call that gives its rows.
    pub call: Rc<Call>,
    /// As a walk's.
    pub unit: Option<Scalar>,
    /// As a walk's.
    pub tax_code: Option<Scalar>,
}

const WALKS: &[&str] = &["unit", "tax_code", "where", "page", "gives", "deleted", "order", "once", "if_broken"];

/// Most units of one page: the contract's lists hold no more items.
const MOST_UNITS: u64 = 256;

/// Reads walks; names of those that cannot be read go to `broken`.
pub(super) fn read_all(report: &mut Report, node: &Node, broken: &mut Vec<Text>) -> Vec<Rc<Walk>> {
    let mut walks = Vec::new();
    for (name, value) in named(report, node, "walks") {
        match read(report, name, value) {
            Some(walk) => walks.push(Rc::new(walk)),
            None => broken.push(name.clone()),
        }
    }
    walks
}

fn read(report: &mut Report, name: &Text, node: &Node) -> Option<Walk> {
    let keys = call::open_with(report, node, "a walk", WALKS)?;
    let call = call::read_lone_keys(report, name, &keys);
    let unit = keys.need(report, "unit").and_then(|n| scalars::text(report, n, "unit")).cloned();
    let page = keys.need(report, "page").and_then(|page| scalars::int(report, page, "page", 1, MOST_UNITS));
    let text = |report: &mut Report, key: &str| keys.get(key).and_then(|n| scalars::text(report, n, key)).cloned();
    let mut word = |key: &str, words: &[&str]| {
        scalars::choice(report, keys.get(key)?, key, words)?;
        keys.key_span(key)
    };
    let no_order = word("order", &["none"]);
    let if_broken = word("if_broken", &["fail", "mark"]);
    let mark = keys.get("if_broken").and_then(Node::as_scalar).is_some_and(|word| word.text == "mark");
    let mut written = String::new();
    write(node, &mut written);
    Some(Walk {
        name: name.clone(),
        unit,
        tax_code: text(report, "tax_code"),
        filter: text(report, "where"),
        once: text(report, "once"),
        gives: keys.get("gives").map(|n| gives(report, n)).unwrap_or_default(),
        deleted: keys.get("deleted").and_then(|n| deleted(report, &name.text, n, &keys)),
        no_order,
        if_broken,
        mark,
        page: page.and_then(|page| u16::try_from(page).ok()).unwrap_or(1),
        written,
        call: Rc::new(call?),
    })
}

/// What does not change whom a walk meets, and in which order.
const HARMLESS: &[&str] = &["page", "sample", "if_broken"];

/// A tree without its places, its comments and its layout.
pub(super) fn write(node: &Node, out: &mut String) {
    match &node.value {
        Value::Scalar(scalar) => out.extend(["\"", &scalar.text, "\""]),
        Value::List(items) => items.iter().for_each(|item| {
            out.push('-');
            write(item, out);
        }),
        Value::Map(entries) => {
            for entry in entries.iter().filter(|entry| !HARMLESS.contains(&entry.key.text.as_str())) {
                out.extend(["{", &entry.key.text, ":"]);
                write(&entry.value, out);
                out.push('}');
            }
        }
    }
}

fn gives(report: &mut Report, node: &Node) -> Vec<Text> {
    let mut names = Vec::new();
    for (name, value) in named(report, node, "gives") {
        if scalars::choice(report, value, &name.text, &["rows"]).is_some() {
            names.push(name.clone());
        }
    }
    names
}

fn deleted(report: &mut Report, walk: &str, node: &Node, keys: &Keys<'_>) -> Option<Deleted> {
    let at = keys.key_span("deleted")?;
    people(report, Text { text: format!("{walk}.deleted"), span: at }, node, "`deleted`")
}

/// A list of people that stands alone.
pub(super) fn people(report: &mut Report, name: Text, node: &Node, what: &str) -> Option<Deleted> {
    let at = name.span;
    let keys = call::open_with(report, node, what, &["unit", "tax_code"])?;
    let call = call::read_lone_keys(report, &name, &keys);
    let mut need = |key: &str| keys.need(report, key).and_then(|n| scalars::text(report, n, key)).cloned();
    let (unit, tax_code) = (need("unit"), need("tax_code"));
    Some(Deleted { at, call: Rc::new(call?), unit, tax_code })
}
