//! What a condition has found to be there: behind `e.course != null &&` the value `e.course` is no null.

use std::rc::Rc;

use adapter_core::bundle::BinaryOp;

use super::cx::Cx;
use crate::cel::{Kind, Node};

impl Cx {
    /// The surroundings of what is looked at only where a condition holds, or only where it does not.
    pub(super) fn given_that(&self, condition: &Node, holds: bool) -> Self {
        let mut present = self.present.to_vec();
        tested(condition, holds, &mut present);
        Self { present: Rc::from(present), ..self.clone() }
    }

    /// Whether a value is known to be there.
    pub(super) fn has(&self, node: &Node) -> bool {
        path(node).is_some_and(|path| self.present.contains(&path))
    }
}

/// The values that are there where a condition holds, or where it does not.
fn tested(condition: &Node, holds: bool, present: &mut Vec<String>) {
    match &condition.kind {
        Kind::And(a, b) if holds => [a, b].into_iter().for_each(|part| tested(part, holds, present)),
        Kind::Or(a, b) if !holds => [a, b].into_iter().for_each(|part| tested(part, holds, present)),
        Kind::Not(inner) => tested(inner, !holds, present),
        Kind::Binary(op, a, b) if *op == (if holds { BinaryOp::NotEqual } else { BinaryOp::Equal }) => {
            let value = match (&a.kind, &b.kind) {
                (Kind::Null, _) => b,
                (_, Kind::Null) => a,
                _ => return,
            };
            present.extend(path(value));
        }
        _ => {}
    }
}

/// A chain of members as one text: `e.course`.
fn path(node: &Node) -> Option<String> {
    match &node.kind {
        Kind::Name(name) => Some(name.clone()),
        Kind::Member { of, name } => Some(format!("{}.{}", path(of)?, name.text)),
        Kind::Index { of, at } => match &at.kind {
            Kind::Text(name) => Some(format!("{}.{name}", path(of)?)),
            _ => None,
        },
        _ => None,
    }
}
