//! The engine's evaluator against the CEL interpreter:
//!
//! * where CEL has a value for an expression, ours is equal (decimals to 9 digits), or the compiler refuses it;
//! * where CEL errs with no-such-key, out-of-range or a null operand, ours is null;
//! * every other error of CEL is an error of ours.
//!
//! The first is checked on whole expressions. The others speak of operations, and null then takes part in what stands
//! around it: so the expected value is made operation by operation, each carried out by the CEL interpreter on the
//! values its operands must have ([`oracle`]).

// Test tooling over data of its own: a panic is a failing test.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used
)]

mod generate;
mod oracle;
mod parse;
mod value;

use std::collections::BTreeMap;

use adapter_core::bundle::seal;
use adapter_core::bundle::{FORMS, FUNCTIONS};
use adapter_core::{Plan, evaluate_json};
use mapping_compiler::expression;

use generate::Generator;
use oracle::{Fail, Oracle};
use value::V;

/// The system's answer that expressions read. Whole numbers are ints on both sides.
const ANSWER: &str = r#"{"i": 7, "neg": -3, "zero": 0, "big": 9223372036854775807, "small": -9223372036854775808,
    "d": 27.5, "e": 0.125, "s": "abc", "t": "12", "u": "è però", "blank": "", "yes": true, "no": false, "nil": null,
    "ints": [3, 1, 2, 3], "decs": [1.5, 2.25], "texts": ["b", "a", "abc"], "none": [], "mixed": [1, null, 3],
    "rows": [{"k": 1, "v": "a", "w": 1.5}, {"k": 2, "v": "b"}, {"k": null, "v": "c"}, {"k": 2, "v": null}],
    "o": {"p": {"q": 5, "nil": null}, "l": [[1, 2], [3]]}}"#;

const NOW_MS: i64 = 1_772_355_600_000;

/// What ours gives: a value, an error, or nothing as the compiler refuses the expression.
enum Ours {
    Value(V),
    Error(String),
    Refused,
}

fn ours(source: &str) -> Ours {
    let compiled = match expression(source, &["r"]) {
        Ok(compiled) => compiled,
        Err(_) => return Ours::Refused,
    };
    let file = seal(&compiled.bundle).unwrap();
    let plan = Plan::load(&file).unwrap_or_else(|e| panic!("{source}: {e}"));
    match evaluate_json(&plan, &compiled.expr, &[(compiled.slots[0], ANSWER)], NOW_MS) {
        Ok(json) => Ours::Value(V::from_json(&serde_json::from_str(&json).unwrap())),
        Err(error) => Ours::Error(format!("{error:?}")),
    }
}

/// Expressions written for what chance meets too seldom.
const WRITTEN: &[&str] = &[
    "r.big + 1",
    "r.small - 1",
    "r.big * 2",
    "-r.small",
    "r.small / -1",
    "r.i / r.zero",
    "r.i % r.zero",
    "1 / 0 == 1 || true",
    "false && 1 / 0 == 1",
    "r.nope",
    "r.nope.deeper.still",
    "r.nope + 1",
    "r.nope == null",
    "r.nope < 1",
    "r.nil + 1",
    "r.nil.member",
    "r.ints[9]",
    "r.ints[-1]",
    "r.ints[0] + r.ints[1]",
    "r.rows[0].v",
    "r.rows[1].w",
    "r['i']",
    "r['nope']",
    "has(r.nil)",
    "has(r.nope)",
    "has(r.o.p.q)",
    "has(r.nope.p)",
    "r.rows.filter(x, x.k == 2).map(x, x.v)",
    "r.rows.filter(x, x.k > 1)",
    "r.rows.map(x, x.w)",
    "r.rows.exists(x, x.k == 2)",
    "r.rows.all(x, x.k > 0)",
    "r.rows.exists(x, x.k > 5)",
    "r.none.all(x, x > 0)",
    "r.none.exists(x, x > 0)",
    "r.mixed.map(x, x + 1)",
    "r.o.l.map(x, size(x))",
    "r.ints.filter(x, x in [1, 2])",
    "2 in r.ints",
    "'p' in r.o",
    "'z' in r.o",
    "r.nil in r.mixed",
    "size(r.u)",
    "size(r.rows)",
    "size('')",
    "r.d + 0.25",
    "r.d * r.e",
    "r.d / 0.5",
    "r.d - 27.5",
    "-r.d",
    "0.1 + 0.2",
    "1.0 / 3.0",
    "r.decs[0] < r.decs[1]",
    "r.d > 27",
    "r.i >= 7",
    "r.i == 7.0",
    "r.s + r.t",
    "r.s < 'abd'",
    "r.u.contains('però')",
    "r.s.startsWith('a') && r.s.endsWith('c')",
    "r.s.matches('^a.c$')",
    "r.s.matches('b')",
    "r.s.matches('^b')",
    "r.u.matches('^. p.r.$')",
    "r.nope.matches('a')",
    "r.t.matches('^[0-9]+$') ? int(r.t) : 0",
    "r.texts.filter(x, x.matches('^[ab]$'))",
    "r.i.matches('7')",
    "r.yes.matches('true')",
    "int(r.t) + 1",
    "int('12')",
    "int(2.9)",
    "int(-2.9)",
    "int('x')",
    "double('1.5')",
    "double(r.i) / 2.0",
    "string(r.i)",
    "string(r.big)",
    "string(r.yes)",
    "string(r.d)",
    "r.yes ? r.i : r.nope",
    "r.nope ? 1 : 2",
    "r.no || r.nil",
    "r.no && r.nil",
    "r.yes || r.nil",
    "!r.nil",
    "!r.no",
    "r.yes + 1",
    "r.s + 1",
    "r.s * 2",
    "r.s.nope",
    "r.ints.nope",
    "r.i.contains('a')",
    "r.s && true",
    "r.i ? 1 : 2",
    "r.ints + r.none + [9]",
    "[r.i, r.nope, 3]",
    "{'a': r.i, 'b': r.nope}",
    "{'a': {'b': 1}}.a.b",
    "[1, 2] == [1, 2]",
    "r.rows[0] == {'k': 1, 'v': 'a', 'w': 1.5}",
    "r.rows[0] == r.rows[1]",
    "r.o.p == {'q': 5, 'nil': null}",
    "r.i == 'abc'",
    "r.s == r.i",
    "r.s != r.nil",
    "r.nil == null",
    "null == null",
    "r.yes < r.no",
];

/// What the registry says CEL has with the same meaning.
fn in_cel() -> impl Iterator<Item = &'static str> {
    let functions = FUNCTIONS.iter().map(|f| f.signature()).filter(|s| s.in_cel).map(|s| s.name);
    functions.chain(FORMS.iter().filter(|f| f.in_cel).map(|f| f.name))
}

#[test]
fn agrees_with_the_cel_interpreter() {
    for name in in_cel() {
        assert!(WRITTEN.iter().any(|source| source.contains(&format!("{name}("))), "{name} is not compared");
    }
    let answer = V::from_json(&serde_json::from_str(ANSWER).unwrap());
    let oracle = Oracle::new(&answer);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    let mut check = |source: &str, expected: Option<Result<V, Fail>>, features: &[&'static str]| {
        let mut count = |what| *counts.entry(what).or_default() += 1;
        count("expressions");
        let found = ours(source);
        if let Ours::Refused = &found {
            count("refused");
            return;
        }
        count("compared");
        for feature in features {
            count(feature);
        }
        // The whole expression, where CEL has a value for it.
        if expected != Some(Err(Fail::Skip))
            && let Ok(value) = oracle.whole(source)
            && value.is_finite()
        {
            count("CEL has a value");
            match &found {
                Ours::Value(v) if v.same(&value) => {}
                Ours::Value(v) => wrong.push(format!("{source}\n  CEL  {value:?}\n  ours {v:?}")),
                Ours::Error(e) => wrong.push(format!("{source}\n  CEL  {value:?}\n  ours fails: {e}")),
                Ours::Refused => {}
            }
        }
        match (expected, &found) {
            (Some(Ok(value)), Ours::Value(v)) if v.same(&value) => {
                count(if value == V::Null { "null" } else { "a value" });
            }
            (Some(Err(Fail::Error(_))), Ours::Error(_)) => count("an error"),
            (Some(Err(Fail::Skip)) | None, _) => count("outside what is promised"),
            (Some(Ok(value)), Ours::Value(v)) => {
                wrong.push(format!("{source}\n  expected {value:?}\n  ours     {v:?}"));
            }
            (Some(Ok(value)), Ours::Error(e)) => {
                wrong.push(format!("{source}\n  expected {value:?}\n  ours fails: {e}"));
            }
            (Some(Err(Fail::Error(why))), Ours::Value(v)) => {
                wrong.push(format!("{source}\n  expected an error ({why})\n  ours {v:?}"));
            }
            (_, Ours::Refused) => {}
        }
    };
    for source in WRITTEN {
        let parsed = oracle.parse(source);
        let mut features = Vec::new();
        let expected = parsed.map(|e| oracle.expected(&e, &mut features));
        features.sort_unstable();
        features.dedup();
        check(source, expected, &features);
    }
    let mut generator = Generator::new(0x1F5_0201);
    for _ in 0..1_200 {
        let expression = generator.expression();
        let mut features = Vec::new();
        let expected = oracle.expected(&expression, &mut features);
        features.sort_unstable();
        features.dedup();
        check(&expression.to_string(), Some(expected), &features);
    }
    for (what, n) in &counts {
        println!("{n:6} {what}");
    }
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.iter().take(40).cloned().collect::<Vec<_>>().join("\n")
    );
    assert!(counts["compared"] >= 200, "too few were compared");
    assert!(counts["outside what is promised"] * 20 < counts["compared"], "too many are not checked");
    for feature in ["null operand", "missing member", "out of range", "list", "decimal", "overflow", "an error", "null"]
    {
        assert!(counts.get(feature).is_some_and(|n| *n > 0), "no expression with: {feature}");
    }
}
