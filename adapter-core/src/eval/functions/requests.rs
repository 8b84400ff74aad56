//! Functions that write structure into a text, for requests.

use super::arguments::text;
use crate::eval::error::{EvalError, Evaluated};
use crate::eval::memory::Eval;
use crate::value::{Text, Value, write_document};

/// `pairs(map, separator)`. What it cannot write it refuses: a separator inside a value would be another pair.
pub(super) fn pairs(eval: &mut Eval<'_>, map: Value, separator: Value) -> Evaluated {
    let arena = &eval.memory.arena;
    let separator = arena.text(text(separator)?);
    let name_of = |name: Text| arena.text(name);
    let members: Vec<(&str, Value)> = match map {
        // An element as a record of its children.
        Value::Nodes(span) => match arena.elements(span) {
            [Value::Record(span)] => {
                arena.entries(*span).iter().map(|(name, v)| (arena.names().get(*name), *v)).collect()
            }
            _ => return Err(EvalError::Shape),
        },
        Value::Record(span) => arena.entries(span).iter().map(|(name, v)| (arena.names().get(*name), *v)).collect(),
        Value::Map(span) => arena.pairs(span).iter().map(|(name, v)| (name_of(*name), *v)).collect(),
        _ => return Err(EvalError::Type),
    };
    let plain = |text: &str| !text.contains(separator) && !text.contains(|c: char| c == '=' || c.is_control());
    if separator.is_empty() || separator.contains('=') {
        return Err(EvalError::Request);
    }
    let mut out = String::new();
    let mut written = String::new();
    for (name, value) in members {
        let value = arena.scalar(value).ok_or(EvalError::Shape)?;
        if value.is_null() {
            continue;
        }
        written.clear();
        eval.write_plain(value, &mut written)?;
        if name.is_empty() || !plain(name) || !plain(&written) {
            return Err(EvalError::Request);
        }
        if !out.is_empty() {
            out.push_str(separator);
        }
        out.push_str(name);
        out.push('=');
        out.push_str(&written);
    }
    eval.make_text(&out)
}

/// `toXml(tree)`
pub(super) fn to_xml(eval: &mut Eval<'_>, tree: Value) -> Evaluated {
    let mut out = String::new();
    write_document(&eval.memory.arena, tree, &mut out).map_err(|_| EvalError::Request)?;
    eval.make_text(&out)
}
