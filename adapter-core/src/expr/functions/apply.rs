//! What functions do. Their rows stand in the registry beside this file.

use super::{Function, dates, school, texts};
use crate::expr::eval::{Eval, EvalError, Evaluated};
use crate::value::date::Date;
use crate::value::{Decimal, Number, Span, Text, Value, compare, equal};

/// Applies a function to its arguments.
pub(crate) fn apply(eval: &mut Eval<'_>, function: Function, args: &[Value]) -> Evaluated {
    if !function.takes_null() && args.iter().any(|a| a.is_null()) {
        return Ok(Value::Null);
    }
    let first = args.first().copied().unwrap_or_default();
    let second = args.get(1).copied();
    match function {
        Function::Size => size(eval, first),
        Function::String => {
            if matches!(first, Value::Text(_)) {
                return Ok(first);
            }
            let mut text = String::new();
            eval.write_plain(first, &mut text)?;
            eval.make_text(&text)
        }
        Function::Int => int(eval, first),
        Function::Double => double(eval, first),
        Function::Contains => compare_texts(eval, first, second, |a, b| a.contains(b)),
        Function::StartsWith => compare_texts(eval, first, second, |a, b| a.starts_with(b)),
        Function::EndsWith => compare_texts(eval, first, second, |a, b| a.ends_with(b)),
        Function::Trim => {
            let text = text(first)?;
            let whole = eval.memory.arena.text(text);
            let start = whole.len().saturating_sub(whole.trim_start().len());
            let end = whole.trim_end().len().max(start);
            Ok(Value::Text(eval.memory.arena.slice(text, start..end)))
        }
        Function::UpperAscii => {
            let upper = eval.memory.arena.text(text(first)?).to_ascii_uppercase();
            eval.make_text(&upper)
        }
        Function::LowerAscii => {
            let lower = eval.memory.arena.text(text(first)?).to_ascii_lowercase();
            eval.make_text(&lower)
        }
        Function::Coalesce => Ok(args.iter().copied().find(|a| !a.is_null()).unwrap_or_default()),
        Function::Must => {
            if first.is_null() {
                Err(EvalError::Missing)
            } else {
                Ok(first)
            }
        }
        Function::NullIf => {
            let same = args.iter().skip(1).any(|a| equal(&eval.memory.arena, first, *a));
            Ok(if same { Value::Null } else { first })
        }
        Function::List => match first {
            Value::Null => eval.make_list(&[]),
            Value::List(_) => Ok(first),
            one => eval.make_list(&[one]),
        },
        Function::One => {
            let span = eval.iterate(first)?;
            if span.len() > 1 { Err(EvalError::Shape) } else { Ok(eval.element(span, 0)) }
        }
        Function::Distinct => distinct(eval, first),
        Function::Sum => {
            let span = eval.iterate(first)?;
            eval.spend(span.len())?;
            let mut sum = Number::Int(0);
            for value in eval.memory.arena.elements(span).iter().filter(|v| !v.is_null()) {
                sum = sum.plus(value.number().ok_or(EvalError::Type)?)?;
            }
            Ok(sum.into())
        }
        Function::Min => extreme(eval, first, std::cmp::Ordering::is_lt),
        Function::Max => extreme(eval, first, std::cmp::Ordering::is_gt),
        Function::AcademicYear => {
            let year = start_year(eval, first)?;
            match (u16::try_from(year), year.checked_add(1)) {
                (Ok(first), Some(second @ ..=9999)) => eval.make_text(&format!("{first:04}/{second:04}")),
                _ => Ok(Value::Null),
            }
        }
        Function::StartYear => match first {
            Value::Text(text) => Ok(crate::contract::is_academic_year(eval.memory.arena.text(text))
                .map_or(Value::Null, |y| Value::Int(i64::from(y)))),
            other => start_year(eval, other).map(Value::Int),
        },
        Function::Date => match first {
            Value::Date(_) => Ok(first),
            _ => Ok(Date::parse_any(eval.memory.arena.text(text(first)?)).map_or(Value::Null, Value::Date)),
        },
        Function::Num => number(eval, first, second),
        Function::Flag => Ok(flag(eval, first)),
        Function::Replace => texts::replace(eval, args),
        Function::Split => texts::split(eval, args),
        Function::Join => texts::join(eval, args),
        Function::Cut => texts::cut(eval, args),
        Function::Record => texts::record(eval, args),
        Function::Round => round(first, second),
        Function::Day => dates::day(args),
        Function::FormatDate => dates::format(eval, args),
        Function::Shift => dates::shift(eval, args),
        Function::RecentYears => dates::recent_years(eval, first),
        Function::Grade => school::grade(eval, first, second.unwrap_or_default()),
        Function::BirthPlace => school::birth_place(eval, args),
    }
}

pub(super) fn text(value: Value) -> Result<Text, EvalError> {
    match value {
        Value::Text(text) => Ok(text),
        _ => Err(EvalError::Type),
    }
}

fn size(eval: &Eval<'_>, value: Value) -> Evaluated {
    let size = match value {
        Value::Null => 0,
        Value::Text(text) => eval.memory.arena.text(text).chars().count(),
        Value::List(span) | Value::Map(span) => span.len(),
        // Of a system's record only the members that the mapping names are here: their number says nothing.
        Value::Record(_) | Value::Row { .. } => return Err(EvalError::Shape),
        _ => return Err(EvalError::Type),
    };
    i64::try_from(size).map(Value::Int).map_err(|_| EvalError::Overflow)
}

/// CEL's `int`: decimals are cut towards zero, texts must be whole numbers.
fn int(eval: &Eval<'_>, value: Value) -> Evaluated {
    match value {
        Value::Text(text) => eval.memory.arena.text(text).parse().map(Value::Int).map_err(|_| EvalError::Type),
        other => other.number().map(|n| Value::Int(n.truncate())).ok_or(EvalError::Type),
    }
}

fn double(eval: &Eval<'_>, value: Value) -> Evaluated {
    let number = match value {
        Value::Text(text) => Number::parse(eval.memory.arena.text(text).trim_ascii()).ok_or(EvalError::Type)?,
        other => other.number().ok_or(EvalError::Type)?,
    };
    Ok(Value::from(match number {
        Number::Int(mantissa) => Number::Dec(Decimal { mantissa, scale: 0 }),
        dec @ Number::Dec(_) => dec,
    }))
}

fn compare_texts(eval: &Eval<'_>, a: Value, b: Option<Value>, test: fn(&str, &str) -> bool) -> Evaluated {
    let (a, b) = (text(a)?, text(b.unwrap_or_default())?);
    Ok(Value::Bool(test(eval.memory.arena.text(a), eval.memory.arena.text(b))))
}

fn distinct(eval: &mut Eval<'_>, list: Value) -> Evaluated {
    let span: Span = eval.iterate(list)?;
    let mut kept: Vec<Value> = Vec::new();
    for at in 0..span.len() {
        eval.spend(kept.len())?;
        let element = eval.element(span, at);
        if !kept.iter().any(|k| equal(&eval.memory.arena, *k, element)) {
            kept.push(element);
        }
    }
    eval.make_list(&kept)
}

fn extreme(eval: &mut Eval<'_>, list: Value, better: fn(std::cmp::Ordering) -> bool) -> Evaluated {
    let span = eval.iterate(list)?;
    eval.spend(span.len())?;
    let mut best = Value::Null;
    for value in eval.memory.arena.elements(span).iter().copied().filter(|v| !v.is_null()) {
        if best.is_null() || better(compare(&eval.memory.arena, value, best).ok_or(EvalError::Type)?) {
            best = value;
        }
    }
    Ok(best)
}

/// The year in which an academic year begins, of a year or a date.
fn start_year(eval: &Eval<'_>, value: Value) -> Result<i64, EvalError> {
    match value {
        Value::Int(year) => Ok(year),
        Value::Date(date) => Ok(i64::from(date.academic_year(eval.plan.bundle().institute.academic_year_starts))),
        _ => Err(EvalError::Type),
    }
}

/// A number out of a text with the decimal mark given; text that is none is null, since it is data.
fn number(eval: &Eval<'_>, value: Value, mark: Option<Value>) -> Evaluated {
    let Value::Text(written) = value else { return value.number().map(Value::from).ok_or(EvalError::Type) };
    let written = eval.memory.arena.text(written).trim_ascii();
    let mark = match mark {
        Some(mark) => eval.memory.arena.text(text(mark)?),
        None => ".",
    };
    let plain = written.strip_prefix('-').unwrap_or(written);
    let (whole, fraction) = plain.split_once(mark).unwrap_or((plain, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if mark.is_empty() || whole.is_empty() || !digits(whole) || !digits(fraction) {
        return Ok(Value::Null);
    }
    let sign = if plain.len() < written.len() { "-" } else { "" };
    Ok(Number::parse(&format!("{sign}{whole}.{fraction}")).map_or(Value::Null, Value::from))
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

fn round(value: Value, digits: Option<Value>) -> Evaluated {
    let digits = match digits.unwrap_or(Value::Int(0)) {
        Value::Int(digits) => u8::try_from(digits).map_err(|_| EvalError::Type)?,
        _ => return Err(EvalError::Type),
    };
    Ok(value.number().ok_or(EvalError::Type)?.round(digits)?.into())
}
