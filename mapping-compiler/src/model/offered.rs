//! What of `institute` says which APIs are answered: those switched off, and the size by which they are owed.

use adapter_core::contract::{OPERATIONS, api_name};

use super::{Keys, scalars};
use crate::diagnostic::Report;
use crate::source::Span;
use crate::yaml::Node;

/// Which APIs are answered, and which must be.
#[derive(Debug, Default)]
pub struct Offered {
    /// Numbers of those that are not answered although they are mapped.
    pub off: Vec<u8>,
    /// How many students the institute has, and where that is said.
    pub students: Option<(u64, Span)>,
}

/// More than any institute has.
const MOST_STUDENTS: u64 = 10_000_000;

/// Reads and checks the keys; other keys of `institute` are not looked at.
pub(super) fn read(report: &mut Report, institute: &Node) -> Offered {
    let mut offered = Offered::default();
    if let Some(node) = institute.get("students") {
        let count = scalars::int(report, node, "students", 1, MOST_STUDENTS);
        offered.students = count.map(|count| (count, node.span));
    }
    let mut names: Vec<(u8, &str)> = OPERATIONS.iter().map(|o| (o.id.api(), api_name(o.id.api()))).collect();
    names.dedup();
    let known: Vec<&str> = names.iter().map(|(_, name)| *name).collect();
    let Some(keys) = institute.get("apis").and_then(|node| Keys::open(report, node, "`apis`", &known)) else {
        return offered;
    };
    for (api, name) in names {
        if keys.get(name).and_then(|n| scalars::choice(report, n, name, &["true", "false"])) == Some("false") {
            offered.off.push(api);
        }
    }
    offered
}
