//! Sessions as written.

use std::rc::Rc;

use adapter_core::bundle::FailureKind;

use super::call::{self, Call};
use super::{Keys, scalars};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::source::Span;
use crate::yaml::{Node, Scalar, Text};

/// `session` of a system.
#[derive(Debug)]
pub struct Session {
    /// The call that opens one.
    pub open: Rc<Call>,
    /// The call that closes one.
    pub close: Option<Rc<Call>>,
    /// How long one may be used, milliseconds.
    pub lasts_ms: u64,
    /// The token of the next call.
    pub next: Option<Scalar>,
}

/// How long a session is used if the mapping does not say: what careful clients do.
const DEFAULT_LASTS_MS: u64 = 60_000;
const LONGEST_MS: u64 = 86_400_000;

pub(super) fn read(report: &mut Report, system: &str, node: &Node) -> Option<Session> {
    let keys = Keys::open(report, node, "`session`", &["open", "close", "lasts", "next"])?;
    let one = |report: &mut Report, key: &str| {
        let span = keys.key_span(key)?;
        // No name of the mapping has a point: nothing can mention this one.
        let name = Text { text: format!("{system}.{key}"), span };
        let call = call::read(report, &name, keys.get(key)?)?;
        standing_alone(report, &call, key);
        Some(Rc::new(call))
    };
    let close = one(report, "close");
    let open = one(report, "open");
    if keys.get("open").is_none() {
        keys.need(report, "open");
    }
    let mut lasts_ms = DEFAULT_LASTS_MS;
    if let Some(node) = keys.get("lasts")
        && let Some(ms) = scalars::duration_ms(report, node, "lasts")
    {
        if (1_000..=LONGEST_MS).contains(&ms) {
            lasts_ms = ms;
        } else {
            let message = "`lasts` must lie between 1s and 1d.";
            report.push(Diagnostic::new(Code::ValueRange, node.span, message));
        }
    }
    let next = keys.get("next").and_then(|n| scalars::text(report, n, "next")).cloned();
    Some(Session { open: open?, close, lasts_ms, next })
}

/// Sessions are opened and closed between exchanges: nothing of a request is there.
fn standing_alone(report: &mut Report, call: &Call, key: &str) {
    let first = call.given.first().map(|g| g.span);
    let mut refuse = |at: Option<Span>, what: &str| {
        if let Some(at) = at {
            let message = format!("`{key}` of a session has no `{what}`: it stands alone, and is made once.");
            report.push(Diagnostic::new(Code::KeyConflict, at, message));
        }
    };
    refuse(call.each.as_ref().map(|s| s.span), "for");
    refuse(call.when.as_ref().map(|s| s.span), "when");
    refuse(call.cache.map(|c| c.span), "cache");
    refuse(call.if_failed, "if_failed");
    refuse(call.system.as_ref().map(|s| s.span), "system");
    refuse(call.pages.as_ref().map(|(s, _)| *s), "pages");
    refuse(first, "given");
    for rule in &call.failures {
        let message = match rule.is {
            FailureKind::Expired => "A call that opens or closes a session cannot find it expired.",
            FailureKind::Unknown => "A login that fails says nothing of the student.",
            FailureKind::Empty => "A session cannot be nothing.",
            FailureKind::Good | FailureKind::Refused | FailureKind::Busy | FailureKind::Down | FailureKind::Broken => {
                continue;
            }
        };
        report.push(Diagnostic::new(Code::KeyConflict, rule.at, message).help("It is one of busy, down, broken."));
    }
}
