//! What walks and `by_key` become, and that what is not served leaves no trace in the bundle.

// Test tooling over data of its own: a panic is a failing test.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use std::path::Path;

use adapter_core::bundle::PathPart;
use adapter_core::bundle::{Bundle, seal};
use adapter_core::bundle::{Expr, MacroKind};
use mapping_compiler::{Files, compile_with};

/// A walk of courses, a lookup by key, and operations that are not served.
const ALL: &str = include_str!("seeds/writes.yaml");

struct One(String);

impl Files for One {
    fn read(&self, _: &Path) -> std::io::Result<Vec<u8>> {
        Ok(self.0.clone().into_bytes())
    }
}

fn compile(text: &str) -> Bundle {
    let outcome = compile_with(Path::new("m.yaml"), &One(text.to_owned()));
    outcome.bundle.unwrap_or_else(|| panic!("{}\n{text}", outcome.report.human()))
}

/// The mapping without the operations that write.
fn served() -> String {
    let (before, rest) = ALL.split_once("\n  IFS04.1:").unwrap();
    format!("{before}\n  IFS06.1:{}", rest.split_once("\n  IFS06.1:").unwrap().1)
}

#[test]
fn a_walk_is_a_call_whose_rows_are_ordered_and_then_filtered() {
    let bundle = compile(ALL);
    let offer = bundle.lets.iter().find(|l| l.name == "offer").expect("the walk's rows");
    let Expr::Macro { kind: MacroKind::Filter, list, slot, .. } = &offer.value else { panic!("{offer:?}") };
    let Expr::Macro { kind: MacroKind::Ordered, list, slot: row, body } = list.as_ref() else { panic!("{offer:?}") };
    assert_eq!(slot, row);
    let Expr::Member { of, name } = body.as_ref() else { panic!("{body:?}") };
    assert_eq!((of.as_ref(), bundle.names[*name as usize].text.as_str()), (&Expr::Local(*row), "id"));
    let Expr::Call(call) = list.as_ref() else { panic!("{list:?}") };
    let calls = &bundle.operations.get("IFS01.1").unwrap().calls;
    assert_eq!(bundle.calls[call.at()].name, "offer");
    assert!(calls.contains(call));
    // The call that runs over the rows waits for the one that gives them.
    let full = bundle.calls.iter().find(|c| c.name == "full").unwrap();
    assert_eq!(full.needs, [*call]);
}

#[test]
fn a_walk_without_order_is_not_ordered() {
    let ordered = "unit: row.id, where: row.open, page: 40";
    let text = ALL.replace(ordered, "unit: row.id, order: none, once: row.first == 1, page: 40");
    assert_ne!(text, ALL);
    let bundle = compile(&text);
    let offer = bundle.lets.iter().find(|l| l.name == "offer").unwrap();
    let Expr::Macro { kind: MacroKind::Filter, list, .. } = &offer.value else { panic!("{offer:?}") };
    assert!(matches!(list.as_ref(), Expr::Call(_)), "{list:?}");
}

#[test]
fn a_lookup_by_key_is_an_operation_of_its_own() {
    let bundle = compile(ALL);
    let by_key = bundle.by_key.as_ref().expect("IFS02.1 is asked by key");
    let [call] = by_key.calls.as_slice() else { panic!("{by_key:?}") };
    assert_eq!(by_key.answer, Expr::Call(*call));
    let call = &bundle.calls[call.at()];
    assert!(matches!(call.path.as_slice(), [PathPart::Text(_), PathPart::Value(Expr::Var(_))]), "{:?}", call.path);
    // No operation waits for it.
    assert!(bundle.calls.iter().all(|c| c.needs.iter().all(|n| bundle.calls[n.at()].name != call.name)));
    let without = ALL.replace("  by_key: { get: \"/keys/${student.key}\", take: body.taxCode }\n", "");
    assert_ne!(without, ALL);
    assert_eq!(compile(&without).by_key, None);
}

#[test]
fn what_is_not_served_leaves_no_trace() {
    let (all, served) = (compile(ALL), compile(&served()));
    let ids: Vec<&str> = all.operations.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["IFS01.1", "IFS02.1", "IFS03.1"]);
    assert_eq!(seal(&all).unwrap(), seal(&served).unwrap());
}

#[test]
fn a_mapping_of_nothing_that_is_served_says_so_and_nothing_else() {
    let (before, rest) = ALL.split_once("operations:").unwrap();
    let planned = rest.split_once("\n  IFS04.2:").unwrap().1;
    let text = format!("{before}operations:\n  IFS04.2:{}", planned.split("\n  IFS06.1:").next().unwrap());
    let outcome = compile_with(Path::new("m.yaml"), &One(text));
    assert!(!outcome.report.has_errors(), "{}", outcome.report.human());
    assert_eq!(outcome.report.human().matches("operation.unserved").count(), 1);
    assert!(outcome.bundle.unwrap().operations.iter().next().is_none());
}
