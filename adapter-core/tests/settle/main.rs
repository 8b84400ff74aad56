//! IFS01.1 and IFS02.3: the output rules of the contract, and what their requests may be. The system gives the items as
//! the mapping would have made them, so each test shows what goes in and what may leave.

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
mod junk;
mod offer;
mod transcript;

use adapter_core::{SortedMap, contract};

use adapter_core::bundle::{Bundle, Name, Pages, PathPart, Recipe};
use adapter_core::bundle::{CallIndex, Expr};
use common::bundle;

/// Names of members that the two operations know, facts included, and the system's own.
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
    for id in ["IFS01.1", "IFS02.3"] {
        add(contract::operation(id).unwrap().answer.object(), &mut names);
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
    let (list, person) = match id {
        "IFS01.1" => ("degree_courses", None),
        _ => ("proof_education_course", Some(member("person"))),
    };
    let answer = Expr::Record(vec![(name(list), member("items"))]);
    let operation = Recipe { calls: vec![CallIndex(0)], guards: vec![], person, answer };
    bundle.operations = SortedMap::from([(id.to_owned(), operation)]);
    bundle
}
