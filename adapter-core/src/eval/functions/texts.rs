//! Functions on texts.

use super::arguments::{elements, scalars_of, text};
use crate::eval::error::{EvalError, Evaluated};
use crate::eval::memory::Eval;
use crate::value::NameId;
use crate::value::{Text, Value};

fn argument(args: &[Value], at: usize) -> Result<Text, EvalError> {
    text(args.get(at).copied().unwrap_or_default())
}

/// `s.replace(from, to)`. An empty `from` changes nothing.
pub(super) fn replace(eval: &mut Eval<'_>, args: &[Value]) -> Evaluated {
    let arena = &eval.memory.arena;
    let (whole, from, to) = (argument(args, 0)?, argument(args, 1)?, argument(args, 2)?);
    if arena.text(from).is_empty() {
        return Ok(Value::Text(whole));
    }
    let replaced = arena.text(whole).replace(arena.text(from), arena.text(to));
    eval.make_text(&replaced)
}

/// The ranges of a text's parts; an empty separator parts nothing.
fn parts(eval: &Eval<'_>, whole: Text, separator: Text) -> Vec<Value> {
    let arena = &eval.memory.arena;
    let separator = arena.text(separator);
    if separator.is_empty() {
        return vec![Value::Text(whole)];
    }
    let mut start = 0_usize;
    let mut found = Vec::new();
    for part in arena.text(whole).split(separator) {
        let end = start.saturating_add(part.len());
        found.push(Value::Text(arena.slice(whole, start..end)));
        start = end.saturating_add(separator.len());
    }
    found
}

/// `s.split(separator)`
pub(super) fn split(eval: &mut Eval<'_>, args: &[Value]) -> Evaluated {
    let found = parts(eval, argument(args, 0)?, argument(args, 1)?);
    eval.make_list(&found)
}

/// `xs.join([separator])`
pub(super) fn join(eval: &mut Eval<'_>, args: &[Value]) -> Evaluated {
    let parts = scalars_of(eval, args.first().copied().unwrap_or_default())?;
    let separator = match args.get(1) {
        Some(separator) => eval.memory.arena.text(text(*separator)?).to_owned(),
        None => String::new(),
    };
    let mut out = String::new();
    let mut any = false;
    for value in parts {
        if any {
            out.push_str(&separator);
        }
        any = true;
        eval.write_plain(value, &mut out)?;
    }
    eval.make_text(&out)
}

/// `s.cut(n)`
pub(super) fn cut(eval: &mut Eval<'_>, args: &[Value]) -> Evaluated {
    let whole = argument(args, 0)?;
    let Some(Value::Int(most)) = args.get(1) else { return Err(EvalError::Type) };
    let most = usize::try_from(*most).map_err(|_| EvalError::Type)?;
    let arena = &eval.memory.arena;
    let end = arena.text(whole).char_indices().nth(most).map_or(arena.text(whole).len(), |(at, _)| at);
    Ok(Value::Text(arena.slice(whole, 0..end)))
}

/// `record(s, separator, names)`
pub(super) fn record(eval: &mut Eval<'_>, args: &[Value]) -> Evaluated {
    let found = parts(eval, argument(args, 0)?, argument(args, 1)?);
    let names = elements(eval, args.get(2).copied().unwrap_or_default())?;
    if names.len() != found.len() {
        return Err(EvalError::Shape);
    }
    let mut entries: Vec<(NameId, Value)> = Vec::with_capacity(found.len());
    for (value, name) in found.into_iter().zip(names) {
        let name = text(eval.memory.arena.scalar(name).ok_or(EvalError::Shape)?)?;
        let name = eval.memory.arena.text(name).to_owned();
        entries.push((eval.memory.arena.names_mut().intern(&name), value));
    }
    eval.made(entries.len())?;
    Ok(Value::Record(eval.memory.arena.make_record(&entries)?))
}
