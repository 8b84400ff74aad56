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

/// Values from the contract (IFS02.3-F3, BP-1 to BP-4) and from what systems write.
#[test]
fn edges() {
    for (source, value) in [
        ("grade(30)", "\"30\""),
        ("grade(30.0, 0)", "\"30\""),
        ("grade(28.5)", "\"28.5\""),
        ("grade(28.555)", "null"),
        ("grade(28.5, 1)", "null"),
        ("grade(110, 'S')", "\"110L\""),
        ("grade('30 e lode')", "\"30L\""),
        ("grade('30 e lode con menzione')", "\"30L\""),
        ("grade('30L')", "\"30L\""),
        ("grade('30/30')", "\"30\""),
        ("grade('30/30 e lode')", "null"),
        ("grade('27.5')", "\"27.5\""),
        ("grade('IDO')", "null"),
        ("grade('')", "null"),
        ("grade('.5')", "null"),
        ("grade(-3)", "null"),
        ("grade(null, 1)", "null"),
        ("birthPlace('ITALIA', 'bo', 'Bologna')", "\"Italia,BO,Bologna\""),
        ("birthPlace('Italia', 'RE', 'REGGIO NELL\\'EMILIA')", "\"Italia,RE,Reggio Nell'Emilia\""),
        ("birthPlace('ITALIA', null, 'Milano')", "\"Italia,,Milano\""),
        ("birthPlace('SVIZZERA', null, null)", "\"Svizzera,,\""),
        ("birthPlace(null, 'MI', 'Milano')", "null"),
        ("birthPlace('Italia', 'MI', 'Milano, Bovisa')", "null"),
        ("'a;b;'.split(';')", "[\"a\",\"b\",\"\"]"),
        ("'ab'.split('')", "[\"ab\"]"),
        ("'ab'.replace('', 'x')", "\"ab\""),
        ("[1, 'è', null, day(2026, 3, 1)].join('-')", "\"1-è-2026-03-01\""),
        ("['a', 'b'].join()", "\"ab\""),
        ("'abc'.cut(9)", "\"abc\""),
        ("'abc'.cut(0)", "\"\""),
        ("day(2025, 2, 29)", "null"),
        ("day(2025, 13, 1)", "null"),
        ("shift(day(2024, 1, 31), '1m')", "\"2024-02-29\""),
        ("shift(day(2024, 3, 1), '-1d')", "\"2024-02-29\""),
        ("formatDate(day(987, 3, 1), 'yyyyMMdd')", "\"09870301\""),
        ("round(2.5)", "3"),
        ("round(-2.5)", "-3"),
        ("round(7, 2)", "7"),
        ("recentYears(0)", "[]"),
    ] {
        assert_eq!(value_of(source).as_deref(), Ok(value), "{source}");
    }
    for source in ["record('a#b', '#', ['one'])", "shift(day(2024, 1, 1), '1w')", "recentYears(-1)", "'a'.cut(-1)"] {
        assert!(value_of(source).is_err(), "{source}");
    }
}

fn value_of(source: &str) -> Result<String, adapter_core::expr::EvalError> {
    let compiled = expression(source, &[]).unwrap_or_else(|report| panic!("{source}:\n{}", report.human()));
    let plan = Plan::load(&seal(&compiled.bundle).unwrap()).unwrap();
    evaluate_json(&plan, &compiled.expr, &[], 1_772_355_600_000)
}
