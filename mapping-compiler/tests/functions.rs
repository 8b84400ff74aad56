//! Every example of the registry of functions compiles and gives its value.

// Test tooling over data of its own: a panic is a failing test.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used
)]

use adapter_core::expr::evaluate_json;
use adapter_core::expr::functions::FUNCTIONS;
use adapter_core::mapping::{Plan, seal};
use mapping_compiler::expression;

#[test]
fn examples_give_their_values() {
    for function in FUNCTIONS {
        let signature = function.signature();
        let (source, value) = signature.example;
        assert!(source.contains(signature.name), "{source} does not show {}", signature.name);
        let compiled = expression(source, &[]).unwrap_or_else(|report| panic!("{source}:\n{}", report.human()));
        let plan = Plan::load(&seal(&compiled.bundle).unwrap()).unwrap();
        let found = evaluate_json(&plan, &compiled.expr, &[], 1_772_355_600_000);
        assert_eq!(found.as_deref(), Ok(value), "{source}");
    }
}

#[test]
fn null_gives_null_where_the_registry_says_so() {
    for function in FUNCTIONS {
        let signature = function.signature();
        if signature.takes_null {
            continue;
        }
        let rest = vec!["v.nothing"; signature.params.len() - 1].join(", ");
        let source = match (signature.method, rest.is_empty()) {
            (true, _) => format!("v.nothing.{}({rest})", signature.name),
            (false, true) => format!("{}(v.nothing)", signature.name),
            (false, false) => format!("{}(v.nothing, {rest})", signature.name),
        };
        let compiled = expression(&source, &["v"]).unwrap_or_else(|report| panic!("{source}:\n{}", report.human()));
        let plan = Plan::load(&seal(&compiled.bundle).unwrap()).unwrap();
        let found = evaluate_json(&plan, &compiled.expr, &[(compiled.slots[0], "{}")], 1_772_355_600_000);
        assert_eq!(found.as_deref(), Ok("null"), "{source}");
    }
}
