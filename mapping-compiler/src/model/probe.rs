//! Probes as written: how a system is asked whether it is there.

use std::rc::Rc;

use adapter_core::bundle::FailureKind;

use super::call::{self, Call};
use super::{Keys, scalars};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::yaml::{Node, Text};

/// `probe` of a system.
#[derive(Debug)]
pub struct Probe {
    /// Who or what asks.
    pub by: ProbeBy,
    /// From one time to the next, milliseconds.
    pub every_ms: u64,
}

/// What asks a system.
#[derive(Debug)]
pub enum ProbeBy {
    /// The login of its session, or a `get` of its `base` if it has none.
    Default,
    /// Nothing: it counts as there.
    Nothing,
    /// A call.
    Call(Rc<Call>),
}

/// What is asked where nothing is written.
const DEFAULT: Probe = Probe { by: ProbeBy::Default, every_ms: 60_000 };
const SHORTEST_MS: u64 = 1_000;
const LONGEST_MS: u64 = 3_600_000;

impl Default for Probe {
    fn default() -> Self {
        DEFAULT
    }
}

pub(super) fn read(report: &mut Report, system: &str, node: &Node, keys: &Keys<'_>) -> Probe {
    if node.as_map().is_none() {
        if node.as_scalar().is_some_and(|word| word.text == "none") {
            return Probe { by: ProbeBy::Nothing, ..DEFAULT };
        }
        let diagnostic = Diagnostic::new(Code::ValueInvalid, node.span, "`probe` is a call, or `none`.");
        report.push(diagnostic.help("For example { get: /alive }, or { every: 5m } for what is asked anyway."));
        return DEFAULT;
    }
    let Some(inside) = call::open_with(report, node, "`probe`", &["every"]) else { return DEFAULT };
    let mut probe = DEFAULT;
    if let Some(node) = inside.get("every")
        && let Some(ms) = scalars::duration_ms(report, node, "every")
    {
        if (SHORTEST_MS..=LONGEST_MS).contains(&ms) {
            probe.every_ms = ms;
        } else {
            report.push(Diagnostic::new(Code::ValueRange, node.span, "`every` must lie between 1s and 1h."));
        }
    }
    // With `every` alone it is still the default that asks.
    if node.as_map().is_some_and(|entries| entries.iter().any(|e| e.key.text != "every")) {
        let span = keys.key_span("probe").unwrap_or(node.span);
        // No name of the mapping has a point: nothing can mention this one.
        let name = Text { text: format!("{system}.probe"), span };
        if let Some(call) = call::read_lone_keys(report, &name, &inside) {
            once(report, &call);
            probe.by = ProbeBy::Call(Rc::new(call));
        }
    }
    probe
}

/// What a call that asks for nobody cannot say.
fn once(report: &mut Report, call: &Call) {
    if let Some(at) = call.system.as_ref().map(|s| s.span) {
        let message = "A probe stands at the system that it asks: it has no `system`.";
        report.push(Diagnostic::new(Code::KeyConflict, at, message));
    }
    if let Some((at, _)) = &call.pages {
        report.push(Diagnostic::new(Code::KeyConflict, *at, "A probe asks once: it has no `pages`."));
    }
    for rule in call.failures.iter().filter(|rule| rule.is == FailureKind::Unknown) {
        let message = "A probe asks for nobody, so its answer says nothing of a student.";
        let help = "It is one of good, empty, busy, down, broken; `expired` where the system has a session.";
        report.push(Diagnostic::new(Code::KeyConflict, rule.at, message).help(help));
    }
}
