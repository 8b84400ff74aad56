//! What functions do. Their rows stand in the registry beside this file.

use super::arguments::{Arguments, elements, flag, scalars_of, text};
use super::{counts, dates, requests, school, texts};
use crate::bundle::Function;
use crate::eval::error::{EvalError, Evaluated};
use crate::eval::memory::Eval;
use crate::value::{Decimal, Number, Value, compare, equal, fold};

/// Applies a function to its arguments.
pub(crate) fn apply(eval: &mut Eval<'_>, function: Function, args: &[Value]) -> Evaluated {
    let arena = &eval.memory.arena;
    if !function.takes_null() && args.iter().any(|a| arena.is_null(*a)) {
        return Ok(Value::Null);
    }
    // A node set stands for the list that it is, or for the one text in it.
    let mut taken = Arguments::new();
    for (at, arg) in args.iter().enumerate() {
        taken.push(if function.takes_whole(at) { *arg } else { arena.scalar(*arg).ok_or(EvalError::Shape)? });
    }
    let args = taken.as_slice();
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
        Function::Fold => {
            let folded = fold(eval.memory.arena.text(text(first)?));
            eval.make_text(&folded)
        }
        Function::Coalesce => {
            let arena = &eval.memory.arena;
            Ok(args.iter().copied().find(|a| !arena.is_null(*a)).unwrap_or_default())
        }
        Function::Must => {
            if eval.memory.arena.is_null(first) {
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
            Value::List(_) | Value::Nodes(_) => Ok(first),
            one => eval.make_list(&[one]),
        },
        Function::One => {
            let elements = elements(eval, first)?;
            if elements.len() > 1 { Err(EvalError::Shape) } else { Ok(elements.first().copied().unwrap_or_default()) }
        }
        Function::Distinct => distinct(eval, first),
        Function::Sum => {
            let mut sum = Number::Int(0);
            for value in scalars_of(eval, first)? {
                sum = sum.plus(value.number().ok_or(EvalError::Type)?)?;
            }
            Ok(sum.into())
        }
        Function::Min => extreme(eval, first, std::cmp::Ordering::is_lt),
        Function::Max => extreme(eval, first, std::cmp::Ordering::is_gt),
        Function::AcademicYear => {
            let year = start_year(eval, first)?;
            match year {
                // The contract writes two years of four digits; what is less was no year.
                1000..=9998 => {
                    let mut text = String::with_capacity(9);
                    Number::Int(year).write(&mut text);
                    text.push('/');
                    Number::Int(year.saturating_add(1)).write(&mut text);
                    eval.make_text(&text)
                }
                _ => Ok(Value::Null),
            }
        }
        Function::StartYear => match first {
            Value::Text(text) => Ok(dates::first_year(eval.memory.arena.text(text)).map_or(Value::Null, Value::Int)),
            other => start_year(eval, other).map(Value::Int),
        },
        Function::Date => dates::read(eval, first, args.get(1..).unwrap_or_default()),
        Function::RomeDate => dates::rome(eval, first, second),
        Function::Entries => entries(eval, first),
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
        Function::Term => dates::term(eval, args),
        Function::IseeBands => counts::isee_bands(eval, first, second),
        Function::Pairs => requests::pairs(eval, first, second.unwrap_or_default()),
        Function::ToXml => requests::to_xml(eval, first),
        Function::Grade => school::grade(eval, first, second.unwrap_or_default()),
        Function::BirthPlace => school::birth_place(eval, args),
    }
}

/// `entries(record)`: its members, one after another.
fn entries(eval: &mut Eval<'_>, of: Value) -> Evaluated {
    let members: Vec<(Value, Value)> = match of {
        Value::Record(span) => {
            let entries = eval.memory.arena.entries(span).to_vec();
            let mut members = Vec::with_capacity(entries.len());
            for (name, value) in entries {
                let name = eval.memory.arena.names().get(name).to_owned();
                members.push((eval.make_text(&name)?, value));
            }
            members
        }
        Value::Map(span) => eval.memory.arena.pairs(span).iter().map(|(key, v)| (Value::Text(*key), *v)).collect(),
        _ => return Err(EvalError::Shape),
    };
    let names = eval.memory.arena.names_mut();
    let (key_name, value_name) = (names.intern("key"), names.intern("value"));
    let mut rows = Vec::with_capacity(members.len());
    for (key, value) in members {
        eval.made(2)?;
        rows.push(Value::Record(eval.memory.arena.make_record(&[(key_name, key), (value_name, value)])?));
    }
    eval.make_list(&rows)
}

fn size(eval: &Eval<'_>, value: Value) -> Evaluated {
    let size = match value {
        Value::Null => 0,
        Value::Text(text) => eval.memory.arena.text(text).chars().count(),
        Value::List(span) | Value::Nodes(span) | Value::Map(span) => span.len(),
        // Of a system's record only the members that the mapping names are here: their number says nothing.
        Value::Record(_) | Value::Row { .. } => return Err(EvalError::Shape),
        _ => return Err(EvalError::Type),
    };
    i64::try_from(size).map(Value::Int).map_err(|_| EvalError::Overflow)
}

/// CEL's `int`: decimals are cut towards zero, texts must be whole numbers.
fn int(eval: &Eval<'_>, value: Value) -> Evaluated {
    match value {
        Value::Text(text) => eval.memory.arena.text(text).trim().parse().map(Value::Int).map_err(|_| EvalError::Type),
        other => other.number().map(|n| Value::Int(n.truncate())).ok_or(EvalError::Type),
    }
}

fn double(eval: &Eval<'_>, value: Value) -> Evaluated {
    let number = match value {
        Value::Text(text) => Number::parse_written(eval.memory.arena.text(text).trim(), ".").ok_or(EvalError::Type)?,
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
    let mut kept: Vec<Value> = Vec::new();
    for element in elements(eval, list)? {
        eval.spend(kept.len())?;
        if !kept.iter().any(|k| equal(&eval.memory.arena, *k, element)) {
            kept.push(element);
        }
    }
    eval.of_turns(list, &kept)
}

fn extreme(eval: &mut Eval<'_>, list: Value, better: fn(std::cmp::Ordering) -> bool) -> Evaluated {
    let mut best = Value::Null;
    for value in scalars_of(eval, list)? {
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
        Value::Date(date) => Ok(i64::from(date.academic_year(eval.plan.institute().academic_year_starts))),
        _ => Err(EvalError::Type),
    }
}

/// A number out of a text with the decimal mark given; text that is none is null, since it is data.
fn number(eval: &Eval<'_>, value: Value, mark: Option<Value>) -> Evaluated {
    let Value::Text(written) = value else { return value.number().map(Value::from).ok_or(EvalError::Type) };
    let mark = match mark {
        Some(mark) => eval.memory.arena.text(text(mark)?),
        None => ".",
    };
    let read = Number::parse_written(eval.memory.arena.text(written).trim(), mark);
    Ok(read.map_or(Value::Null, Value::from))
}

fn round(value: Value, digits: Option<Value>) -> Evaluated {
    let digits = match digits.unwrap_or(Value::Int(0)) {
        Value::Int(digits) => u8::try_from(digits).map_err(|_| EvalError::Type)?,
        _ => return Err(EvalError::Type),
    };
    Ok(value.number().ok_or(EvalError::Type)?.round(digits)?.into())
}
