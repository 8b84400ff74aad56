//! What holds of all tables of the contract. That they are the upstream schemas `cli/tests/openapi.rs` holds.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use contract::{Effect, Field, Kept, Kind, Maker, OPERATIONS, Object, Order, Part, QUIET, Quirk, Rule, Unlike, groups};

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
    let of = |api: &str| facts.iter().filter(|fact| fact.starts_with(api)).count();
    assert_eq!((facts.len(), of("IFS02"), of("IFS03")), (18, 10, 8));
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
    ("IFS03.2/3/4-R1, R2", &["IFS03.2-R1", "IFS03.2-R2", "IFS03.3-R1", "IFS03.3-R2", "IFS03.4-R1", "IFS03.4-R2"]),
    ("IFS03.3-S1, IFS03.4-S1", &["IFS03.3-S1", "IFS03.4-S1"]),
    ("IFS03.*-F", &["BP-1", "BP-2", "BP-3", "BP-4"]),
    // IFS05 has the lists of IFS04.
    ("IFS05-*", &["IFS04-C1", "IFS04-C2", "IFS04-C3", "IFS04-F1"]),
    ("IFS07.1-I1/I2/R1", &["IFS07.1-I1", "IFS07.1-I2", "IFS07.1-R1"]),
];

/// First cells of the tables of a part of the reference document, where that is at hand.
fn reference(from: &str, to: &str) -> Option<Vec<String>> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/reference/ifs-contract.md");
    let Ok(text) = fs::read_to_string(beside) else {
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
    let groups = groups();
    for id in &ids {
        // A row that is made for each API's own list says the same of both.
        let rows = groups.iter().filter_map(|(group, _)| group.iter().find(|rule| rule.id == id));
        let standing: BTreeSet<&str> = rows.map(|rule| rule.says).collect();
        assert_eq!(standing.len(), 1, "{id}");
    }
    for (written, _) in COMPOUND {
        assert!(cells.iter().any(|cell| cell == written), "{written}");
    }
    // Nothing is kept that nobody asks for.
    for (group, of) in groups {
        let of: Vec<&str> = of.iter().map(|operation| operation.name).collect();
        for rule in group {
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
    for (group, _) in groups() {
        answered.extend(group.iter().flat_map(|rule| rule.traps.iter().chain([&rule.id])));
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

/// Lists and members that a row names are found while the tables are compiled; here is what the compiler cannot see.
#[test]
fn rows_stand_in_an_order_in_which_they_can_be_kept() {
    for operation in OPERATIONS {
        assert!(operation.rules().any(|rule| !rule.counts.is_empty()), "{}", operation.name);
        let rules: Vec<&Rule> = operation.rules().collect();
        assert!(rules.len() < 255);
        let bounds = |part| rules.iter().position(|rule| matches!(rule.kept, Kept::Bounds(of) if of == part));
        let (person, answer) = (bounds(Part::Person), bounds(Part::Answer));
        // What lists students has no answer of its own to look at.
        assert_eq!(answer.is_none(), operation.does.answer_of().is_some(), "{}", operation.name);
        let answer = answer.unwrap_or(0);
        assert_eq!(person.is_some(), operation.answer.person().is_some(), "{}", operation.name);
        for (place, rule) in rules.iter().enumerate() {
            let Some(list) = rule.list() else { continue };
            // A list is emptied before its values are looked at, and judged after.
            let empties = matches!(rule.kept, Kept::PersonIncomplete { .. });
            assert_eq!(place < answer, empties, "{}: {}", operation.name, rule.says);
            assert!(!empties || person.is_some_and(|person| person < place));
            // What an item has inside is settled before it is: it may be judged by what is left.
            let inner =
                |other: &&Rule| other.list().is_some_and(|other| other.path.starts_with(&format!("{}/", list.path)));
            assert!(empties || !rules[place..].iter().any(inner), "{}: {}", operation.name, list.path);
        }
    }
}

/// Members that a list is ordered by are its items'.
#[test]
fn lists_are_ordered_by_what_there_is() {
    let mut seen = 0;
    each(&mut |name, object| {
        for list in object.fields.iter().filter_map(Field::list) {
            let Order::By(members) = list.order else { continue };
            assert!(members.iter().all(|member| list.items.field(member).is_some()), "{name}: {members:?}");
            seen += 1;
        }
    });
    assert_eq!(seen, 2);
}

/// What each kind can do has a label wherever it can happen, and each label stands for something that it can do.
#[test]
fn what_can_happen_has_a_label() {
    for operation in OPERATIONS {
        let rules: Vec<&Rule> = operation.rules().collect();
        for (place, rule) in rules.iter().enumerate() {
            let all = match rule.kept {
                // Without a year only where nobody has asked for it before.
                Kept::Window { year, .. } => {
                    let asked = |rule: &&Rule| matches!(rule.kept, Kept::Needs { member, .. } if member == year);
                    if rules[..place].iter().any(asked) { 2 } else { 3 }
                }
                Kept::Latest { .. } => 3,
                Kept::Drop { .. } => 2,
                Kept::Bounds(_) | Kept::PersonByTaxCode | Kept::PersonByFour | Kept::PersonIncomplete { .. } => 1,
                Kept::Needs { .. } | Kept::NotEmpty { .. } | Kept::Unique { .. } => 1,
                Kept::Alike { .. } | Kept::Remark { .. } => 1,
                Kept::YearEnd { .. } | Kept::LastActive { .. } | Kept::Reference { .. } => 1,
                Kept::AsAsked { .. } | Kept::Collapse { .. } | Kept::OfKind { .. } => 1,
                Kept::BandsTotal { .. } => 2,
                Kept::Walk if !rule.counts.is_empty() => 4,
                _ => 0,
            };
            assert_eq!(rule.counts.len(), all, "{}: {}", operation.name, rule.says);
            // Of an item without its year nothing is made, and the window leaves it out; what is no band ends the answer.
            // What a change needs of its answer ends it where that is lacking.
            let ends = matches!(rule.kept, Kept::Outcome | Kept::Whole { .. });
            let counts = !ends && !matches!(rule.kept, Kept::AcademicYear { .. } | Kept::Bands { .. });
            // A walk counts its students, and settles nothing itself.
            if matches!(rule.kept, Kept::Walk) {
                continue;
            }
            assert_eq!(rule.kept.is_settled() && counts, all > 0, "{}: {}", operation.name, rule.says);
        }
    }
    for effect in Effect::all() {
        assert!(!effect.label().ends_with(".none") && !effect.words().is_empty(), "{effect:?}");
    }
}

/// Each rule that settling keeps is tested by its label: in a test of the engine, a scenario, or beside its kind.
#[test]
fn every_effect_has_a_test_that_names_it() {
    fn read(folder: &Path, text: &mut String) {
        let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                read(&path, text);
            } else {
                text.push_str(&fs::read_to_string(&path).unwrap_or_default());
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut text = String::new();
    for folder in ["tests", "../adapter-core/tests", "../adapter-core/src/settle/rules", "../tests/scenarios"] {
        read(&root.join(folder), &mut text);
    }
    let labels: BTreeSet<String> = Effect::all().into_iter().map(Effect::label).collect();
    let untested: Vec<&String> = labels.iter().filter(|label| !text.contains(label.as_str())).collect();
    assert!(untested.is_empty(), "{untested:?}");
}
