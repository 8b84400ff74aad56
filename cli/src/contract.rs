//! `ifs show IFS03.1`, `ifs show IFS03.1-R4`, `ifs show`: what the contract's tables say.

use std::fmt::Write as _;

use adapter_core::contract::{
    self, About, Answer, Does, Field, Kept, Kind, List, Maker, Object, Operation, Order, Rule, Touch, Unlike,
};

/// Widest column of names and kinds; what is longer pushes the rest away.
const NAME: usize = 44;
const KIND: usize = 34;

/// All operations that are answered, and those that are not yet.
pub(crate) fn operations() -> String {
    let mut out = String::new();
    for operation in contract::OPERATIONS {
        let about = words(operation);
        let path = format!("/{}{}", api(operation), operation.path);
        let _ = writeln!(out, "{:<8} {path:<76} {about}", operation.name);
    }
    out.push_str("\nifs show IFS03.1: an operation's request and answer. ifs show IFS03.1-R4: a rule. ifs show FOLDER: a mapping.\n");
    out
}

/// What is shown of a name: an operation, an API, or a rule. None if the contract has no such name.
pub(crate) fn named(name: &str) -> Option<String> {
    let upper = name.to_uppercase();
    if let Some(operation) = contract::operation(&upper) {
        return Some(whole(operation));
    }
    let of_api: Vec<_> =
        contract::OPERATIONS.iter().filter(|o| contract::api_name(o.id.api()) == upper).map(|o| whole(o)).collect();
    if !of_api.is_empty() {
        return Some(of_api.join("\n"));
    }
    rules(&upper)
}

/// Whether a text is meant as a name of the contract's, and no file.
pub(crate) fn is_name(text: &str) -> bool {
    let upper = text.to_uppercase();
    ["IFS0", "GEN-", "T-", "BP-"].iter().any(|start| upper.starts_with(start)) && !text.contains(['/', '\\'])
}

fn api(operation: &Operation) -> String {
    contract::api_name(operation.id.api()).to_lowercase()
}

/// What an operation does, and about whom.
fn words(operation: &Operation) -> String {
    let does = match operation.does {
        Does::Reads => "reads",
        Does::Writes => "writes",
        Does::Changes { .. } => "changes one item",
        Does::Lists { .. } => "lists students",
    };
    let about = match operation.about {
        About::Institute => "the institute".to_owned(),
        About::Student { tax_code, key: None } => format!("a student, by `{tax_code}`"),
        About::Student { tax_code, key: Some(key) } => format!("a student, by `{tax_code}` or `{key}`"),
        About::Reported { person } => format!("a person who is reported, under `{person}`"),
    };
    format!("{does}; {about}")
}

fn whole(operation: &'static Operation) -> String {
    let mut out = format!("{}  POST /{}{}\n", operation.name, api(operation), operation.path);
    let _ = writeln!(out, "{}", words(operation));
    out.push_str("\nThe request\n");
    for field in operation.request.fields {
        member(&mut out, operation, operation.request, field, 1, false);
    }
    match operation.answer {
        Answer::Record(object) => {
            out.push_str("\nThe answer\n");
            members(&mut out, operation, object, 1);
        }
        Answer::List(list) => {
            let _ = writeln!(out, "\nThe answer: a list, sent {}", order(list));
            members(&mut out, operation, list.items, 1);
        }
    }
    out.push_str("\nWhat your mapping keeps\n");
    listed(&mut out, operation, |kept| matches!(kept, Kept::ByMapping));
    out.push_str("\nWhat the engine keeps\n");
    listed(&mut out, operation, |kept| by(kept) == ENGINE);
    out.push_str("\nAnother's\n");
    listed(&mut out, operation, |kept| by(kept) != ENGINE && !matches!(kept, Kept::ByMapping));
    out
}

fn listed(out: &mut String, operation: &Operation, which: impl Fn(Kept) -> bool) {
    for rule in operation.rules().filter(|rule| which(rule.kept)) {
        let _ = writeln!(out, "  {:<14} {}", rule.code(operation), rule.says);
    }
}

fn members(out: &mut String, operation: &'static Operation, object: &'static Object, depth: usize) {
    for field in object.fields {
        member(out, operation, object, field, depth, true);
        if let Kind::Object(inner) | Kind::List(List { items: inner, .. }) = field.kind {
            members(out, operation, inner, depth.saturating_add(1));
        }
    }
    if !object.facts.is_empty() {
        let _ =
            writeln!(out, "{}facts: the mapping writes them beside the members, they are never sent", indent(depth));
    }
    for field in object.facts {
        member(out, operation, object, field, depth, true);
    }
}

/// A member in a line, and what the rules do with it below. Of a request nothing more is said.
fn member(
    out: &mut String,
    operation: &'static Operation,
    object: &'static Object,
    field: &'static Field,
    depth: usize,
    answered: bool,
) {
    let fact = field.name.starts_with('_');
    let mut said = vec![match (field.required, answered && fact) {
        (true, true) => "must be written",
        (true, false) => "required",
        (false, _) => "optional",
    }];
    // Of facts null is no value like any other.
    if field.nullable && !fact {
        said.push("or null");
    }
    if field.personal {
        said.push("personal");
    }
    let name = format!("{}{}", indent(depth), field.name);
    let kind = match field.kind {
        Kind::Object(_) => "a record".to_owned(),
        _ => kind(field),
    };
    let _ = writeln!(out, "{name:<NAME$} {kind:<KIND$} {}", said.join(", "));
    let below = indent(depth.saturating_add(2));
    if let Kind::Text { pattern: Some(pattern), .. } = field.kind {
        let _ = writeln!(out, "{below}{}", pattern.words());
    }
    if let Some(list) = field.list().filter(|_| answered) {
        let _ = writeln!(out, "{below}sent {}", order(list));
    }
    if !answered {
        return;
    }
    match field.made_by {
        Maker::Mapping => {}
        Maker::Person => {
            let _ = writeln!(out, "{below}from the mapping's `student.person`");
        }
        Maker::Pages => {
            let _ = writeln!(out, "{below}the engine's: nothing of the mapping");
        }
        Maker::Rule(id) => {
            let _ = writeln!(out, "{below}made by {id}: nothing of the mapping");
        }
    }
    if let Some(Unlike::Required(why) | Unlike::NotNull(why) | Unlike::Null(why) | Unlike::Narrower(why)) = field.unlike
    {
        let _ = writeln!(out, "{below}unlike the Ministry's file: {why}");
    }
    for rule in operation.rules() {
        for touch in touching(rule, object, field) {
            // What is left out for want of a member is said by the member alone.
            let says = if touch == Touch::Needs { String::new() } else { format!(": {}", rule.says) };
            let _ = writeln!(out, "{below}{} {}{says}", rule.code(operation), verb(touch));
        }
    }
}

fn kind(field: &Field) -> String {
    match field.kind {
        Kind::Text { max: usize::MAX, .. } => "a text".to_owned(),
        Kind::Text { min, max, .. } if min == max => format!("a text of {min} characters"),
        Kind::Text { min, max, .. } => format!("a text of {min} to {max} characters"),
        Kind::Date => "a date, YYYY-MM-DD".to_owned(),
        ref other => other.words(),
    }
}

fn order(list: List) -> String {
    match list.order {
        Order::Bytes => "in an order of its own".to_owned(),
        Order::By(members) => format!("in the order of {}", members.join(", ")),
        Order::AsMade => "in the mapping's order".to_owned(),
    }
}

/// What a rule does with a member of an object.
fn touching(rule: &Rule, object: &'static Object, field: &Field) -> Vec<Touch> {
    // Objects are statics: the list's items are the object or they are not.
    let Some(list) = rule.list().filter(|list| std::ptr::eq(list.items, object)) else { return Vec::new() };
    let mine = rule.touches().into_iter().filter(|(m, _)| m.of(list.items).is_some_and(|f| f.name == field.name));
    mine.map(|(_, touch)| touch).collect()
}

fn verb(touch: Touch) -> &'static str {
    match touch {
        Touch::Makes => "makes it",
        Touch::Reads => "looks at it",
        Touch::Needs => "leaves the item out if it is null or missing",
        Touch::Empties => "may make it null",
    }
}

const ENGINE: &str = "the engine";

/// Who keeps a rule.
fn by(kept: Kept) -> &'static str {
    match kept {
        Kept::ByMapping => "your mapping",
        Kept::ByGateway => "the gateway in front",
        Kept::ByPublisher => "whoever publishes the e-service",
        _ => ENGINE,
    }
}

/// A rule by its id, of every operation that has it.
fn rules(name: &str) -> Option<String> {
    let mut out = String::new();
    // A rule that many operations share is said once.
    let mut said: Vec<(&str, &str)> = Vec::new();
    for operation in contract::OPERATIONS {
        for rule in operation.rules() {
            let mine = rule.id == name || rule.code(operation) == name;
            if !mine || said.contains(&(rule.id, rule.says)) {
                continue;
            }
            said.push((rule.id, rule.says));
            one(&mut out, operation, rule);
        }
    }
    (!out.is_empty()).then_some(out)
}

fn one(out: &mut String, operation: &'static Operation, rule: &'static Rule) {
    let same = |r: &Rule| r.id == rule.id && r.says == rule.says;
    let of: Vec<&str> = contract::OPERATIONS.iter().filter(|o| o.rules().any(same)).map(|o| o.name).collect();
    let of = if of.len() == contract::OPERATIONS.len() { "every operation".to_owned() } else { of.join(", ") };
    let _ = writeln!(out, "{}  {}\n  of {of}; kept by {}", rule.code(operation), rule.says, by(rule.kept));
    if let Some(list) = rule.list() {
        let path = if list.path.is_empty() { "the answer's list" } else { list.path };
        for (member, touch) in rule.touches() {
            if let Some(field) = member.of(list.items) {
                let _ = writeln!(out, "  {path}: `{}`: {}", field.name, verb(touch));
            }
        }
    }
    if !rule.traps.is_empty() {
        let _ = writeln!(out, "  see also {} (docs/contract.md)", rule.traps.join(", "));
    }
    out.push('\n');
}

fn indent(depth: usize) -> String {
    "  ".repeat(depth)
}
