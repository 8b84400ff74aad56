//! What holds of all tables of the contract. That they are the upstream schemas `cli/tests/openapi.rs` holds.

#![allow(clippy::panic, reason = "a test")]

use adapter_core::contract::{Kind, Maker, OPERATIONS, Object, Quirk, Unlike};

/// Every object of the contract, with its operation.
fn each(visit: &mut dyn FnMut(&'static str, &'static Object)) {
    for operation in OPERATIONS {
        operation.request.each(&mut |object| visit(operation.name, object));
        operation.answer.object().each(&mut |object| visit(operation.name, object));
    }
}

/// A reason without what it is the reason of would stand for ever, and so would a quirk at another kind.
#[test]
fn what_departs_from_upstream_says_so() {
    each(&mut |name, object| {
        for field in object.fields {
            let departs = match field.unlike {
                Some(Unlike::Required(why)) => field.required && !why.is_empty(),
                Some(Unlike::NotNull(why)) => !field.nullable && !why.is_empty(),
                Some(Unlike::Null(why)) => field.nullable && !why.is_empty(),
                Some(Unlike::Narrower(why)) => field.quirk == Some(Quirk::DateLength) && !why.is_empty(),
                None => field.quirk != Some(Quirk::DateLength),
            };
            assert!(departs, "{name}: {}", field.name);
            let kind = match field.quirk {
                None => true,
                Some(Quirk::DatePattern | Quirk::DateDigits | Quirk::DateLength) => matches!(field.kind, Kind::Date),
                Some(Quirk::NumberPattern | Quirk::Wide) => matches!(field.kind, Kind::Int { .. }),
                Some(Quirk::NullWord) => matches!(field.kind, Kind::Enum(_)) && field.nullable,
                Some(Quirk::Closed) => field.list().is_some(),
            };
            assert!(kind, "{name}: {}", field.name);
        }
    });
}

/// Only answers are made by the engine; paging blocks are the engine's on both sides.
#[test]
fn requests_are_the_consumers() {
    for operation in OPERATIONS {
        operation.request.each(&mut |object| {
            for field in object.fields {
                let engines = matches!(field.kind, Kind::Cursor);
                assert_eq!(field.made_by, if engines { Maker::Pages } else { Maker::Mapping }, "{}", field.name);
            }
        });
    }
}

/// Facts stand beside the members, never among them, and say so by their name.
#[test]
fn facts_are_no_members() {
    let mut facts = Vec::new();
    for operation in OPERATIONS {
        operation.answer.object().each(&mut |object| {
            for field in object.fields {
                assert!(!field.name.starts_with('_') && !matches!(field.kind, Kind::Year), "{}", field.name);
            }
            for fact in object.facts {
                assert!(fact.name.starts_with('_') && object.field(fact.name).is_none(), "{}", fact.name);
                facts.push(format!("{}: {}", operation.name, fact.name));
            }
        });
        operation
            .request
            .each(&mut |object| assert!(object.facts.is_empty(), "{}: a request states none", operation.name));
    }
    let served: Vec<&str> =
        facts.iter().map(String::as_str).filter(|f| f.starts_with("IFS02.1") || f.starts_with("IFS02.3")).collect();
    assert_eq!((facts.len(), served), (16, vec!["IFS02.3: _academic_year"]));
}

/// In a request about one person everything may say something of it, but for the institute's code.
#[test]
fn what_is_asked_about_a_person_is_personal() {
    for operation in OPERATIONS {
        operation.request.each(&mut |object| {
            for field in object.fields {
                let personal =
                    operation.about.one() && !(field.name == "institute_code" && object.name == operation.request.name);
                assert_eq!(field.personal, personal, "{}: {}", operation.name, field.name);
            }
        });
    }
}
