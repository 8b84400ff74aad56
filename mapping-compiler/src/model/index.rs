//! `index` of `student` as written: students who are asked for by key are found in an index of those who are listed.

use super::walk::{self, Deleted};
use super::{Keys, scalars};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::source::Span;
use crate::yaml::{Node, Text};

/// An index from keys to students.
#[derive(Debug)]
pub struct IndexText {
    /// Where it is written.
    pub span: Span,
    /// Most calls a second that the making of it costs.
    pub pace: u16,
    /// How long after it was begun whoever is not in it is nobody, milliseconds.
    pub fresh_ms: u64,
    /// The list of everybody that it is made of, and all that is written of it.
    pub everybody: Option<(Deleted, String)>,
}

/// Calls a second where nothing is written, and how many may be.
const PACE: u16 = 2;
const FASTEST: u64 = 100;
/// How long it is fresh where nothing is written, and how long it may be.
const FRESH_MS: u64 = 21_600_000;
const SHORTEST_MS: u64 = 60_000;
const LONGEST_MS: u64 = 86_400_000;

pub(super) fn read(report: &mut Report, node: &Node, span: Span) -> Option<IndexText> {
    // What is extended may have one.
    if node.as_scalar().is_some_and(|word| word.text == "none") {
        return None;
    }
    let keys = Keys::open(report, node, "`index`", &["pace", "fresh", "everybody"])?;
    let mut index = IndexText { span, pace: PACE, fresh_ms: FRESH_MS, everybody: None };
    if let Some(pace) = keys.get("pace").and_then(|node| scalars::int(report, node, "pace", 1, FASTEST)) {
        index.pace = u16::try_from(pace).unwrap_or(PACE);
    }
    if let Some(node) = keys.get("fresh")
        && let Some(ms) = scalars::duration_ms(report, node, "fresh")
    {
        if (SHORTEST_MS..=LONGEST_MS).contains(&ms) {
            index.fresh_ms = ms;
        } else {
            report.push(Diagnostic::new(Code::ValueRange, node.span, "`fresh` must lie between 1m and 1d."));
        }
    }
    if let Some((node, span)) = keys.get("everybody").zip(keys.key_span("everybody")) {
        let mut written = String::new();
        walk::write(node, &mut written);
        let name = Text { text: "student.index".to_owned(), span };
        index.everybody = walk::people(report, name, node, "`everybody`").map(|list| (list, written));
    }
    Some(index)
}
