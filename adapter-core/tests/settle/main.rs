//! The output rules of the contract, and what requests may be. The system gives the items as the mapping would have made
//! them, so each test shows what goes in and what may leave.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::disallowed_types,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test"
)]

#[path = "../common/mod.rs"]
mod common;
mod counts;
mod degrees;
mod junk;
mod offer;
mod proofs;
mod transcript;

use adapter_core::{SortedMap, contract};

use adapter_core::bundle::{Bundle, Name, Pages, PathPart, Recipe};
use adapter_core::bundle::{CallIndex, Expr};
use common::{Bench, answer, bundle};

/// Names of members that operations know, facts included, and the system's own.
fn names() -> Vec<&'static str> {
    fn add(object: &'static contract::Object, names: &mut Vec<&'static str>) {
        for field in object.fields.iter().chain(object.facts) {
            if !names.contains(&field.name) {
                names.push(field.name);
            }
            match field.kind {
                contract::Kind::Object(inner) => add(inner, names),
                contract::Kind::List(list) => add(list.items, names),
                _ => {}
            }
        }
    }
    let mut names = vec!["person", "items", "secret_note", "institute_code"];
    for operation in contract::operations() {
        add(operation.answer.object(), &mut names);
    }
    names
}

/// One call, whose answer has the person and the items.
fn passing(id: &str) -> Bundle {
    let names = names();
    let name = |text: &str| u32::try_from(names.iter().position(|n| *n == text).unwrap()).unwrap();
    let member = |text: &str| Expr::Member { of: Box::new(Expr::Call(CallIndex(0))), name: name(text) };
    let mut bundle = bundle();
    let mut call = bundle.calls.swap_remove(1);
    call.name = "all".to_owned();
    call.path = vec![PathPart::Text("/all".to_owned())];
    call.pages = Pages::One;
    (call.needs, call.when) = (vec![], None);
    bundle.calls = vec![call];
    bundle.systems[0].failures.clear();
    bundle.names = names.iter().map(|n| Name { text: (*n).to_owned(), deep: false }).collect();
    let operation = contract::operation(id).unwrap();
    let list = operation.answer.object().fields.iter().find(|field| field.list().is_some());
    let person = operation.answer.person().map(|_| member("person"));
    // Of some the system gives the answer whole.
    let answer = match list.filter(|_| !matches!(id, "IFS01.2" | "IFS08.1")) {
        Some(list) => Expr::Record(vec![(name(list.name), member("items"))]),
        None => member("items"),
    };
    let operation = Recipe { calls: vec![CallIndex(0)], guards: vec![], person, answer };
    bundle.operations = SortedMap::from([(id.to_owned(), operation)]);
    bundle
}

/// Somebody with a tax code.
const CODED: &str = r#"{"tax_code":"RSSMRA80A01F205X"}"#;
/// Somebody without, whole.
const UNCODED: &str = concat!(
    r#"{"given_name":"Ada","family_name":"Rossi","birth_date":"2000-01-01","#,
    r#""birth_place":"Italia,MI,Milano"}"#
);

/// What an operation about a student sends for these items, without what is null, and the bench that counted.
fn sent(id: &str, person: &str, items: &str) -> (serde_json::Value, Bench) {
    let mut bench = Bench::new(passing(id));
    let operation = contract::operation(id).unwrap();
    bench.ask_at(&format!("/ifs0{}{}", operation.id.api(), operation.path), 1, CODED);
    bench.answer("all", &answer(&format!(r#"{{"person":{person},"items":{items}}}"#)));
    (bare(serde_json::from_str(&bench.body(200)).unwrap()), bench)
}

/// A tree without members that are null.
fn bare(tree: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match tree {
        Value::Array(items) => items.into_iter().map(bare).collect(),
        Value::Object(members) => {
            Value::Object(members.into_iter().filter(|(_, v)| !v.is_null()).map(|(name, v)| (name, bare(v))).collect())
        }
        other => other,
    }
}

/// Rules of an identity by their labels' beginnings: broken values, tax code, fallback, incomplete. An incomplete one has
/// its list emptied.
fn identity(id: &str, list: &str, [broken, code, four, incomplete]: [&str; 4], item: &str) {
    let counted = |bench: &Bench, label: &str| bench.counts(&format!("settled_total;rule={label}"));
    let (tree, bench) = sent(id, r#"{"tax_code":"RSSMRA80A01F205X","person_id":"?","given_name":"Ada"}"#, "[]");
    // IFS02 asks no form of a person_id but its length.
    assert_eq!(tree, serde_json::json!({"personal_data": {"tax_code": "RSSMRA80A01F205X"}, list: []}), "{id}");
    assert_eq!((counted(&bench, broken), counted(&bench, code), counted(&bench, four)), (1, 1, 0), "{id}");
    let (tree, bench) = sent(id, UNCODED, "[]");
    let whole: serde_json::Value = serde_json::from_str(UNCODED).unwrap();
    assert_eq!(tree, serde_json::json!({"personal_data": whole, list: []}), "{id}");
    assert_eq!((counted(&bench, code), counted(&bench, four), counted(&bench, incomplete)), (0, 1, 0), "{id}");
    let (tree, bench) = sent(id, r#"{"given_name":"Ada","family_name":"Rossi"}"#, &format!("[{item}]"));
    let known = serde_json::json!({"personal_data": {"given_name": "Ada", "family_name": "Rossi"}, list: []});
    assert_eq!((tree, counted(&bench, incomplete)), (known, 1), "{id}");
    let (tree, _) = sent(id, CODED, &format!("[{item}]"));
    assert_eq!(tree[list].as_array().unwrap().len(), 1, "{id}");
}

/// How often a rule did something.
fn did(bench: &Bench, label: &str) -> u64 {
    bench.counts(&format!("settled_total;rule={label}"))
}
