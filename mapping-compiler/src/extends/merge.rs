//! Two trees made one: the later file's over the earlier's.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Code, Diagnostic, Report};
use crate::language::{Form, Kinds};
use crate::source::Span;
use crate::suggest;
use crate::yaml::{Entry, Node, Scalar, Value};

/// The later node over the earlier one. Each node of the result keeps the place it comes from.
pub(super) fn merge(report: &mut Report, earlier: Node, later: Node, form: &'static Form) -> Node {
    if let Form::Rules(_) = form {
        return rules(earlier, later);
    }
    match (earlier.value, later.value) {
        (Value::Map(base), Value::Map(over)) if !replaces(form, &base, &over) => {
            let is_block = has(&base, "for") || has(&base, "each");
            let span = earlier.span;
            Node { span, value: Value::Map(maps(report, base, over, form, is_block)) }
        }
        (_, value) => Node { span: later.span, value },
    }
}

/// The earlier entries in their order, then what the later file adds.
fn maps(report: &mut Report, base: Vec<Entry>, over: Vec<Entry>, form: &'static Form, is_block: bool) -> Vec<Entry> {
    let names: BTreeMap<String, usize> = base.iter().enumerate().map(|(at, e)| (e.key.text.clone(), at)).collect();
    let mut base: Vec<Option<Entry>> = base.into_iter().map(Some).collect();
    for entry in over {
        let inside = form.inside(&entry.key.text, is_block);
        let found = names.get(&entry.key.text).and_then(|at| base.get_mut(*at));
        match (found, removes(&entry.value, inside)) {
            (Some(place), true) => *place = None,
            (Some(place), false) => {
                *place = Some(match place.take() {
                    Some(old) => {
                        let key = if old.value.as_map().is_some() { old.key } else { entry.key };
                        Entry { key, value: merge(report, old.value, entry.value, inside) }
                    }
                    None => entry,
                });
            }
            (None, true) if matches!(form, Form::Named(_) | Form::In(_) | Form::Either(..)) => {
                let message = format!("`null` takes away what is inherited; no `{}` is.", entry.key.text);
                let near = suggest::help(&entry.key.text, names.keys().map(String::as_str));
                report.push(Diagnostic::new(Code::ExtendsNothing, entry.key.span, message).maybe_help(near));
            }
            (None, _) => base.push(Some(entry)),
        }
    }
    base.into_iter().flatten().collect()
}

/// Whether a value takes an inherited key away.
fn removes(node: &Node, form: &Form) -> bool {
    let null = |s: &Scalar| s.plain && s.text == "null";
    // `if_failed: null` is that key's only value.
    let is_value = matches!(form, Form::Words(words) if words.contains(&"null"));
    !is_value && node.as_scalar().is_some_and(null)
}

/// Whether the later map stands instead of the earlier one.
fn replaces(form: &Form, base: &[Entry], over: &[Entry]) -> bool {
    let new = |key: &&str| has(over, key) && !has(base, key);
    match form {
        Form::In(place) => match place.kinds {
            Kinds::None => false,
            Kinds::Any(keys) => keys.iter().any(|k| has(over, k) && !is_null(over, k)),
            Kinds::New(keys) => keys.iter().any(new),
        },
        Form::Either(_, map) => replaces(map, base, over),
        Form::Let => has(over, "for") || ["is", "tree"].iter().any(new),
        Form::Tree => has(over, "for"),
        _ => false,
    }
}

fn has(entries: &[Entry], key: &str) -> bool {
    entries.iter().any(|e| e.key.text == key)
}

fn is_null(entries: &[Entry], key: &str) -> bool {
    let value = entries.iter().find(|e| e.key.text == key).map(|e| &e.value);
    value.and_then(Node::as_scalar).is_some_and(|s| s.plain && s.text == "null")
}

/// The later rules, then the earlier ones: the first that holds decides. A rule that comes by two ways is one.
fn rules(earlier: Node, later: Node) -> Node {
    match (earlier.value, later.value) {
        (Value::List(inherited), Value::List(mut own)) => {
            let seen: BTreeSet<Span> = own.iter().map(|rule| rule.span).collect();
            own.extend(inherited.into_iter().filter(|rule| !seen.contains(&rule.span)));
            Node { span: later.span, value: Value::List(own) }
        }
        (_, value) => Node { span: later.span, value },
    }
}
