//! Functions on dates.

use super::arguments::text;
use crate::eval::error::{EvalError, Evaluated};
use crate::eval::memory::Eval;
use crate::value::Value;
use crate::value::date::Date;

fn date(args: &[Value]) -> Result<Date, EvalError> {
    match args.first() {
        Some(Value::Date(date)) => Ok(*date),
        _ => Err(EvalError::Type),
    }
}

/// `date(a)`, `date(a, format, …)`: what fits none of the formats is null, since it is data.
pub(super) fn read(eval: &Eval<'_>, of: Value, formats: &[Value]) -> Evaluated {
    if matches!(of, Value::Date(_)) {
        return Ok(of);
    }
    let written = eval.memory.arena.text(text(of)?);
    let mut found = None;
    if formats.is_empty() {
        found = Date::parse_any(written);
    }
    for format in formats {
        let format = eval.memory.arena.text(text(*format)?);
        found = found.or_else(|| Date::parse_by(written, format));
    }
    Ok(found.filter(|date| !date.is_no_day()).map_or(Value::Null, Value::Date))
}

/// `romeDate(instant)`, `romeDate(instant, unit)`: a number counts milliseconds or, where it is said, seconds. A text that
/// is no instant is null, since it is data; a day alone is one.
pub(super) fn rome(eval: &Eval<'_>, of: Value, unit: Option<Value>) -> Evaluated {
    let per_second = match unit {
        None => 1000,
        Some(unit) => match eval.memory.arena.text(text(unit)?) {
            "ms" => 1000,
            "s" => 1,
            _ => return Err(EvalError::Type),
        },
    };
    let found = match of {
        Value::Date(date) => Some(date),
        Value::Text(written) => Date::parse_any(eval.memory.arena.text(written)),
        other => {
            let count = other.number().ok_or(EvalError::Type)?.floor();
            count.and_then(|count| Date::of_instant(count.checked_div_euclid(per_second)?))
        }
    };
    Ok(found.filter(|date| !date.is_no_day()).map_or(Value::Null, Value::Date))
}

/// `day(y, m, d)`
pub(super) fn day(args: &[Value]) -> Evaluated {
    let &[Value::Int(year), Value::Int(month), Value::Int(day)] = args else { return Err(EvalError::Type) };
    let parts = (i32::try_from(year), u8::try_from(month), u8::try_from(day));
    let (Ok(year), Ok(month), Ok(day)) = parts else { return Ok(Value::Null) };
    Ok(Date::new(year, month, day).map_or(Value::Null, Value::Date))
}

/// `formatDate(d, form)`
pub(super) fn format(eval: &mut Eval<'_>, args: &[Value]) -> Evaluated {
    let date = date(args)?;
    let form = text(args.get(1).copied().unwrap_or_default())?;
    let mut written = String::new();
    date.write_by(eval.memory.arena.text(form), &mut written);
    eval.make_text(&written)
}

/// `shift(d, '2y')`; null where the calendar has no such date.
pub(super) fn shift(eval: &mut Eval<'_>, args: &[Value]) -> Evaluated {
    let date = date(args)?;
    let by = eval.memory.arena.text(text(args.get(1).copied().unwrap_or_default())?);
    let (count, unit) = by.split_at_checked(by.len().saturating_sub(1)).ok_or(EvalError::Type)?;
    let count: i32 = count.parse().map_err(|_| EvalError::Type)?;
    let shifted = match unit {
        "y" => count.checked_mul(12).and_then(|months| date.plus_months(months)),
        "m" => date.plus_months(count),
        "d" => date.plus_days(count),
        _ => return Err(EvalError::Type),
    };
    Ok(shifted.map_or(Value::Null, Value::Date))
}

/// The first year of an academic year as systems write it, `2023/2024`, `2023/24` or either with a hyphen; none if the
/// second year is not the next one.
pub(super) fn first_year(text: &str) -> Option<i64> {
    let (first, second) = text.trim().split_once(['/', '-'])?;
    let number = |s: &str| s.bytes().all(|b| b.is_ascii_digit()).then(|| s.parse::<i64>().ok()).flatten();
    let (year, next) = (number(first).filter(|_| first.len() == 4)?, number(second)?);
    let expected = year.checked_add(1)?;
    let follows = match second.len() {
        4 => next == expected,
        2 => next == expected.checked_rem(100)?,
        _ => false,
    };
    follows.then_some(year)
}

/// `recentYears(n)`
pub(super) fn recent_years(eval: &mut Eval<'_>, count: Value) -> Evaluated {
    let Value::Int(count @ 0..=100) = count else { return Err(EvalError::Type) };
    let Some(today) = eval.memory.provided.today else { return Ok(Value::Null) };
    let current = i64::from(today.academic_year(eval.plan.institute().academic_year_starts));
    let years: Vec<Value> = (0..count).rev().map(|back| Value::Int(current.saturating_sub(back))).collect();
    eval.make_list(&years)
}

/// `term(y, t)` (IFS02.3-F2): the first term begins with the academic year and ends with February, the second begins with
/// March and ends with the year.
pub(super) fn term(eval: &mut Eval<'_>, args: &[Value]) -> Evaluated {
    let &[year, code] = args else { return Err(EvalError::Type) };
    let Value::Int(year) = year else { return Err(EvalError::Type) };
    let code = match code {
        Value::Int(1) => "1",
        Value::Int(2) => "2",
        Value::Text(code) => eval.memory.arena.text(code).trim(),
        _ => "",
    };
    let (month, day) = eval.plan.institute().academic_year_starts;
    let begins = |year: i64| i32::try_from(year).ok().and_then(|year| Date::new(year, month, day));
    let (Some(start), Some(next)) = (begins(year), begins(year.saturating_add(1))) else { return Ok(Value::Null) };
    let march = Date::new(start.year(), 3, 1)
        .filter(|march| *march > start)
        .or_else(|| Date::new(next.year(), 3, 1).filter(|march| *march < next));
    let (from, until) = match code {
        "S1" | "1" => (Some(start), march),
        "S2" | "2" => (march, Some(next)),
        "A" => (Some(start), Some(next)),
        _ => return Ok(Value::Null),
    };
    let (Some(from), Some(last)) = (from, until.and_then(|day| day.plus_days(-1))) else { return Ok(Value::Null) };
    let names = eval.memory.arena.names_mut();
    let entries = [(names.intern("start"), Value::Date(from)), (names.intern("end"), Value::Date(last))];
    eval.made(entries.len())?;
    Ok(Value::Record(eval.memory.arena.make_record(&entries)?))
}
