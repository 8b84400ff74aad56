//! What holds of all tables of the contract. That they are the upstream schemas `cli/tests/openapi.rs` holds.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test")]

use adapter_core::contract::{Kept, Kind, Maker, OPERATIONS, Object, QUIET, Quirk, Rule, Unlike};

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

/// How the reference writes several rules as one, and which they are.
const COMPOUND: &[(&str, &[&str])] = &[
    ("IFS03.2/3/4-R1, R2", &["IFS03.2-R1", "IFS03.2-R2"]),
    ("IFS03.3-S1, IFS03.4-S1", &["IFS03.3-S1", "IFS03.4-S1"]),
    ("IFS03.*-F", &["BP-1", "BP-2", "BP-3", "BP-4"]),
    // IFS05 has the lists of IFS04.
    ("IFS05-*", &["IFS04-C1", "IFS04-C2", "IFS04-C3", "IFS04-F1"]),
    ("IFS07.1-I1/I2/R1", &["IFS07.1-I1", "IFS07.1-I2", "IFS07.1-R1"]),
];

/// The lists of rules, each once, with the operations that have it.
fn lists() -> Vec<(&'static [Rule], Vec<&'static str>)> {
    let mut lists: Vec<(&'static [Rule], Vec<&'static str>)> = Vec::new();
    for operation in OPERATIONS {
        for list in operation.rules {
            // Where a list lies in memory says nothing: it may lie in several places.
            let same = |known: &[Rule]| known.iter().map(|r| (r.id, r.says)).eq(list.iter().map(|r| (r.id, r.says)));
            match lists.iter_mut().find(|(known, _)| same(known)) {
                Some((_, of)) => of.push(operation.name),
                None => lists.push((list, vec![operation.name])),
            }
        }
    }
    lists
}

/// First cells of the tables of a part of the reference document, where that is at hand.
fn reference(from: &str, to: &str) -> Option<Vec<String>> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/reference/ifs-contract.md");
    let Ok(text) = std::fs::read_to_string(beside) else {
        println!("skipped: the reference of the contract is not at hand");
        return None;
    };
    let part = text.split_once(from).unwrap().1.split_once(to).unwrap().0;
    let cells = part.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" |").map(|(cell, _)| cell.trim()));
    Some(
        cells
            .filter(|cell| cell.contains('-') && cell.starts_with(|c: char| c.is_ascii_uppercase()))
            .map(str::to_owned)
            .collect(),
    )
}

#[test]
fn each_rule_of_the_reference_stands_in_one_list() {
    let Some(cells) = reference("\n## 2. Prose rules", "\n### 2.7 ") else { return };
    let mut ids: Vec<String> = Vec::new();
    for cell in &cells {
        match COMPOUND.iter().find(|(written, _)| written == cell) {
            // Those that are other rules over again count where they are written.
            Some((_, all)) => ids.extend(all.iter().map(|id| (*id).to_owned()).filter(|id| !cells.contains(id))),
            None => ids.push(cell.clone()),
        }
    }
    assert!(ids.len() > 95 && cells.iter().all(|c| c.len() < 25), "{cells:?}");
    let lists = lists();
    for id in &ids {
        let standing = lists.iter().filter(|(list, _)| list.iter().any(|rule| rule.id == id)).count();
        assert_eq!(standing, 1, "{id}");
    }
    for (written, _) in COMPOUND {
        assert!(cells.iter().any(|cell| cell == written), "{written}");
    }
    // Nothing is kept that nobody asks for.
    for (list, of) in lists {
        for rule in list {
            let known = ids.iter().any(|id| id == rule.id) || rule.id.starts_with("T-") || of == [rule.id];
            assert!(known, "{}: {}", of.join(", "), rule.id);
        }
    }
}

#[test]
fn each_trap_is_answered_or_said_to_ask_nothing() {
    let Some(cells) = reference("\n## 4. Inconsistencies and traps", "\n## 5. ") else { return };
    assert_eq!(cells.len(), 61, "{cells:?}");
    let mut answered: Vec<&str> = Vec::new();
    for (list, _) in lists() {
        answered.extend(list.iter().flat_map(|rule| rule.traps.iter().chain([&rule.id])));
    }
    for trap in &cells {
        let (answered, quiet) = (answered.contains(&trap.as_str()), QUIET.iter().any(|(id, _)| id == trap));
        assert!(answered != quiet, "{trap}: answered {answered}, quiet {quiet}");
    }
    let traps = answered.iter().filter(|id| id.starts_with("T-")).chain(QUIET.iter().map(|(id, _)| id));
    for trap in traps {
        assert!(cells.iter().any(|cell| cell == trap), "{trap}");
    }
}

/// Lists and members that a rule names are the answer's: one misspelt would never be kept.
#[test]
fn rules_name_what_there_is() {
    for operation in OPERATIONS {
        let object = |list: &str| {
            list.split('/').fold(operation.answer.object(), |object, name| {
                let (_, field) = object.field(name).unwrap_or_else(|| panic!("{}: {name}", operation.name));
                field.list().unwrap_or_else(|| panic!("{}: {name} is no list", operation.name)).items
            })
        };
        let has = |object: &Object, name: &str| object.field(name).is_some() || object.fact(name).is_some();
        for rule in operation.rules() {
            let (list, members): (&str, Vec<&str>) = match rule.kept {
                Kept::PersonIncomplete { list } => (list, vec![]),
                Kept::Window { list, year, .. } => (list, vec![year]),
                Kept::Latest { list, of, per } => (list, vec![of, per]),
                Kept::Drop { list, but } => (list, but.to_vec()),
                Kept::Needs { list, member } | Kept::Remark { list, member } => (list, vec![member]),
                Kept::Unique { list, key } => (list, vec![key]),
                _ => continue,
            };
            for member in members {
                assert!(has(object(list), member), "{}: {list}/{member}", rule.id);
            }
        }
        // What is served keeps its rules; what is not counts nothing.
        let waits = operation.rules().any(|rule| rule.kept == Kept::WithOperation);
        let counts = operation.rules().any(|rule| !rule.counts.is_empty());
        assert_eq!((operation.served, operation.served), (!waits, counts), "{}", operation.name);
    }
}
