//! Functions on dates.

use super::apply::text;
use crate::expr::eval::{Eval, EvalError, Evaluated};
use crate::value::Value;
use crate::value::date::Date;

fn date(args: &[Value]) -> Result<Date, EvalError> {
    match args.first() {
        Some(Value::Date(date)) => Ok(*date),
        _ => Err(EvalError::Type),
    }
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
    let written = eval
        .memory
        .arena
        .text(form)
        .replace("yyyy", &format!("{:04}", date.year()))
        .replace("MM", &format!("{:02}", date.month()))
        .replace("dd", &format!("{:02}", date.day()));
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

/// `recentYears(n)`
pub(super) fn recent_years(eval: &mut Eval<'_>, count: Value) -> Evaluated {
    let Value::Int(count @ 0..=100) = count else { return Err(EvalError::Type) };
    let Some(today) = eval.memory.provided.today else { return Ok(Value::Null) };
    let current = i64::from(today.academic_year(eval.plan.bundle().institute.academic_year_starts));
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
    let (month, day) = eval.plan.bundle().institute.academic_year_starts;
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
