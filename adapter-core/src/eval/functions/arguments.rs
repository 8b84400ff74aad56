//! What functions take of their arguments.

use std::cmp::Ordering;

use crate::eval::error::EvalError;
use crate::eval::memory::Eval;
use crate::value::{Number, Text, Value};

/// Arguments of one application: few functions take more than four.
pub(crate) type Arguments = smallvec::SmallVec<[Value; 4]>;

pub(super) fn text(value: Value) -> Result<Text, EvalError> {
    match value {
        Value::Text(text) => Ok(text),
        _ => Err(EvalError::Type),
    }
}

/// What a list or node set has one after another; null has nothing.
pub(super) fn elements(eval: &mut Eval<'_>, list: Value) -> Result<Vec<Value>, EvalError> {
    if list.is_null() {
        return Ok(Vec::new());
    }
    let elements = eval.memory.arena.rows(list).ok_or(EvalError::Shape)?;
    eval.spend(elements.len())?;
    Ok(elements)
}

/// The elements of a list as scalars, without those that are null.
pub(super) fn scalars_of(eval: &mut Eval<'_>, list: Value) -> Result<Vec<Value>, EvalError> {
    let mut scalars = elements(eval, list)?;
    for element in &mut scalars {
        *element = eval.memory.arena.scalar(*element).ok_or(EvalError::Shape)?;
    }
    scalars.retain(|element| !element.is_null());
    Ok(scalars)
}

/// True or false of what systems write for it; null of anything else.
#[inline(never)]
pub(super) fn flag(eval: &Eval<'_>, value: Value) -> Value {
    let truth = match value {
        Value::Bool(_) => return value,
        Value::Text(text) => {
            let text = eval.memory.arena.text(text).trim();
            word(text).or_else(|| number(Number::parse_written(text, ".")?))
        }
        other => other.number().and_then(number),
    };
    truth.map_or(Value::Null, Value::Bool)
}

/// A yes or no in Italian and English, as a whole and by its first letter, in letters of any case; `L` and `lode`, of
/// honours; a tick.
#[inline(never)]
fn word(text: &str) -> Option<bool> {
    const YES: &[&str] = &["s", "y", "t", "v", "x", "l", "yes", "true", "vero", "on", "lode"];
    const NO: &[&str] = &["n", "f", "no", "false", "falso", "off"];
    let is = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(text));
    if is(YES) || is_si(text) {
        return Some(true);
    }
    is(NO).then_some(false)
}

/// `si`, also with its accent, however that is written: one character, two, or an apostrophe behind it.
fn is_si(text: &str) -> bool {
    let behind = text.strip_prefix(['s', 'S']).unwrap_or("");
    matches!(behind.trim_end_matches(['\'', '’', '`', '\u{300}', '\u{301}']), "i" | "I" | "ì" | "Ì" | "í" | "Í")
}

/// Databases without a type for it write 1 and 0, some −1 for true.
#[inline(never)]
fn number(number: Number) -> Option<bool> {
    match number.compare(Number::Int(0)) {
        Ordering::Equal => Some(false),
        Ordering::Greater => (number.compare(Number::Int(1)).is_eq()).then_some(true),
        Ordering::Less => (number.compare(Number::Int(-1)).is_eq()).then_some(true),
    }
}
