//! Paging as written.

use adapter_core::bundle::PageBy;

use super::system::texts;
use super::{Keys, scalars};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::source::Span;
use crate::yaml::{Node, Scalar, Text};

/// A paging block.
#[derive(Debug)]
pub struct PageBlock {
    /// Where it stands.
    pub span: Span,
    /// What advances.
    pub by: PageBy,
    /// Rows of a full page.
    pub size: u32,
    /// First value.
    pub first: u32,
    /// Query parameters.
    pub query: Vec<(Text, Scalar)>,
    /// Members of the body.
    pub body: Vec<(Text, Scalar)>,
    /// The next page's token.
    pub next: Option<Scalar>,
    /// Whether another page follows.
    pub more: Option<Scalar>,
    /// Most pages.
    pub max: Option<u32>,
    /// Length at which the server cuts a list that is not paged.
    pub cut: Option<u32>,
}

const KNOWN: &[&str] = &["by", "size", "first", "query", "body", "next", "more", "max", "cut"];
const MOST_ROWS_OF_A_PAGE: u64 = 10_000;

pub(super) fn pages(report: &mut Report, node: &Node) -> Option<PageBlock> {
    let keys = Keys::open(report, node, "`pages`", KNOWN)?;
    let words = &["offset", "number", "token"];
    let (by, moving) = match keys.need(report, "by").and_then(|n| scalars::choice(report, n, "by", words))? {
        "offset" => (PageBy::Offset, "page.start"),
        "number" => (PageBy::Number, "page.number"),
        _ => (PageBy::Token, "page.token"),
    };
    let number = |report: &mut Report, key: &str, least: u64| {
        let node = keys.get(key)?;
        scalars::int(report, node, key, least, MOST_ROWS_OF_A_PAGE).and_then(|n| u32::try_from(n).ok())
    };
    let entries = |report: &mut Report, key: &str| keys.get(key).map(|n| texts(report, n, key)).unwrap_or_default();
    let query = entries(report, "query");
    let body = entries(report, "body");
    let mentions = |what: &str| query.iter().chain(&body).any(|(_, s)| s.text.contains(what));
    let span = node.as_map().and_then(|e| e.first()).map_or(node.span, |e| e.key.span);
    if keys.get("query").is_none() && keys.get("body").is_none() {
        let message = "A paging block needs `query` or `body`: what asks for a page.";
        let help = format!("For example query: {{ from: \"${{{moving}}}\" }}, or body: {{ from: \"${{{moving}}}\" }}");
        report.push(Diagnostic::new(Code::KeyMissing, span, message).help(help));
    } else if !mentions(moving) {
        let message = format!("Nothing in `query` or `body` uses `${{{moving}}}`: every page would be the first.");
        report.push(Diagnostic::new(Code::CallPages, span, message));
    }
    // Where the answer says whether more follows, a page's length says nothing; its size is wanted only where it is sent,
    // or where it is what an offset grows by.
    let told = by == PageBy::Token || (by == PageBy::Number && keys.get("more").is_some());
    let size = match (told, keys.get("size")) {
        (true, None) if !mentions("page.size") => 1,
        (_, None) => {
            keys.need(report, "size");
            return None;
        }
        _ => number(report, "size", 1)?,
    };
    let next = keys.get("next").and_then(|n| scalars::text(report, n, "next")).cloned();
    match (by, keys.key_span("next"), keys.key_span("first")) {
        (PageBy::Token, None, _) => {
            let message = "Paging by token needs `next`: where the answer has the next page's token.";
            report.push(Diagnostic::new(Code::KeyMissing, span, message).help("For example next: body.nextToken"));
        }
        (PageBy::Token, _, Some(at)) => {
            let message = "The first page has no token: `first` belongs to paging by offset or number.";
            report.push(Diagnostic::new(Code::KeyConflict, at, message));
        }
        (PageBy::Offset | PageBy::Number, Some(at), _) => {
            let message = "`next` belongs to paging by token; this ends at a page that is not full.";
            let help = "Write by: token; or `more`, if the answer says whether another page follows.";
            report.push(Diagnostic::new(Code::KeyConflict, at, message).help(help));
        }
        _ => {}
    }
    let more = keys.get("more").and_then(|n| scalars::text(report, n, "more")).cloned();
    if let (PageBy::Token, Some(at)) = (by, keys.key_span("more")) {
        let message = "By token the list ends where `next` is null: `more` belongs to paging by offset or number.";
        report.push(Diagnostic::new(Code::KeyConflict, at, message));
    }
    Some(PageBlock {
        span,
        by,
        size,
        first: number(report, "first", 0).unwrap_or(0),
        query,
        body,
        next,
        more,
        max: number(report, "max", 1),
        cut: number(report, "cut", 1),
    })
}
