//! One expression by itself: for examples and for the test against the CEL interpreter.

use std::rc::Rc;

use adapter_core::bundle::Bundle;
use adapter_core::bundle::{Expr, Slot};

use super::Check;
use super::cx::Cx;
use super::scope::{Binding, Scope};
use super::types::{Origin, Ty};
use crate::Disk;
use crate::diagnostic::Report;
use crate::model::Mapping;
use crate::source::Span;
use crate::yaml::{Scalar, plain};

/// A compiled expression and the bundle it belongs to.
#[derive(Debug)]
pub(crate) struct Single {
    pub bundle: Bundle,
    pub expr: Expr,
    pub slots: Vec<Slot>,
}

pub(crate) fn single(source: &str, variables: &[&str]) -> Result<Single, Report> {
    let mut report = Report::default();
    let file = report.sources.add("expression", source);
    let span = Span { file, start: 0, end: u32::try_from(source.len()).unwrap_or(u32::MAX) };
    let scalar: Scalar = plain(source, span);
    let mut mapping = Mapping::default();
    mapping.institute.code = "9901".to_owned();
    mapping.institute.academic_year_starts = (10, 1);
    let mut check = Check::new(&mut report, &mapping, &Disk);
    let scope = Rc::new(Scope::default());
    let mut slots = Vec::with_capacity(variables.len());
    for (index, name) in variables.iter().enumerate() {
        let slot = check.slot(name, span);
        // Each variable stands for a value of a system, from a place of its own.
        scope.bind(name, Binding::Local(slot, Ty::Dyn(vec![Origin::Block(index)])), span);
        slots.push(slot);
    }
    let (mut expr, _) = check.bare(&scalar, &Cx::new(&scope));
    check.finish_expr(&mut expr);
    check.check_nesting(&expr, span);
    let bundle = check.bundle;
    if report.has_errors() { Err(report) } else { Ok(Single { bundle, expr, slots }) }
}
