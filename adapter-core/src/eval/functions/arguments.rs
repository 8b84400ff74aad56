//! What functions take of their arguments.

use crate::eval::error::EvalError;
use crate::eval::memory::Eval;
use crate::value::{Text, Value};

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
pub(super) fn flag(eval: &Eval<'_>, value: Value) -> Value {
    match value {
        Value::Bool(_) => value,
        Value::Int(1) => Value::Bool(true),
        Value::Int(0) => Value::Bool(false),
        Value::Text(text) => match eval.memory.arena.text(text).trim_ascii() {
            "1" | "S" | "SI" | "Y" | "true" | "L" => Value::Bool(true),
            "0" | "N" | "NO" | "false" => Value::Bool(false),
            _ => Value::Null,
        },
        _ => Value::Null,
    }
}
