//! What walks and `by_key` become.

// Test tooling over data of its own: a panic is a failing test.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use std::path::Path;

use adapter_core::bundle::Bundle;
use adapter_core::bundle::PathPart;
use adapter_core::bundle::{Expr, MacroKind};
use mapping_compiler::{Files, compile_with};

/// A walk of courses, a lookup by key, and operations that change something.
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
