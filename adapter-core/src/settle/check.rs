//! One member: conversion without loss, normal form, constraints.

use super::Fired;
use crate::contract::{Field, Kind, Object, Pattern, is_academic_year};
use crate::expr::NameId;
use crate::problem::Code;
use crate::value::date::Date;
use crate::value::{Arena, JsonWriter, Number, Span, Value, is_plainly_nfc, nfc};

/// The names of members (or facts) in an exchange, by place.
#[inline(never)]
pub(super) fn names(arena: &Arena, fields: &[Field]) -> Vec<Option<NameId>> {
    fields.iter().map(|f| arena.names().find(f.name)).collect()
}

/// Members (or facts) of a record by their place, each null or valid.
#[inline(never)]
pub(super) fn members(
    arena: &mut Arena,
    fields: &[Field],
    names: &[Option<NameId>],
    record: Span,
    invalid: &'static str,
    fired: &mut Fired,
    out: &mut Vec<Value>,
) -> Result<(), Code> {
    for (field, name) in fields.iter().zip(names) {
        let raw = name.and_then(|n| arena.member(record, n)).unwrap_or_default();
        // A leaf is one thing: of several nodes none is the first.
        let Some(raw) = arena.scalar(raw) else {
            explain! { fired.log.wrong(arena, Code::LegacyShape.as_str(), field.name, raw, "one value"); }
            return Err(Code::LegacyShape);
        };
        let value = member(arena, &field.kind, raw)?;
        if value.is_null() && !raw.is_null() {
            explain! { fired.log.broken(arena, field, raw); }
            fired.fire(invalid);
        }
        out.push(value);
    }
    Ok(())
}

/// A value as its member wants it; null if it cannot be that.
fn member(arena: &mut Arena, kind: &Kind, value: Value) -> Result<Value, Code> {
    Ok(match kind {
        Kind::Text { min, max, pattern } => {
            let mut value = as_text(arena, value)?;
            if *pattern == Some(Pattern::NameAscii) {
                value = straight(arena, value)?;
            }
            let Value::Text(text) = value else { return Ok(Value::Null) };
            let text = arena.text(text);
            let length = if text.is_ascii() { text.len() } else { text.chars().count() };
            let valid = length >= *min && length <= *max && pattern.is_none_or(|p| p.matches(text));
            if valid { value } else { Value::Null }
        }
        Kind::Enum(allowed) => match value {
            Value::Text(text) if allowed.contains(&arena.text(text)) => value,
            _ => Value::Null,
        },
        Kind::Int { min, max } => {
            as_int(arena, value).filter(|i| (*min..=*max).contains(i)).map_or(Value::Null, Value::Int)
        }
        Kind::Date => match value {
            Value::Date(_) => value,
            Value::Text(text) => Date::parse_iso(arena.text(text)).map_or(Value::Null, Value::Date),
            _ => Value::Null,
        },
        Kind::Year => year(arena, value).map_or(Value::Null, Value::Int),
        Kind::Number { min, max } => match value.number() {
            Some(n) if n.compare(Number::Int(*min)).is_ge() && n.compare(Number::Int(*max)).is_le() => value,
            _ => Value::Null,
        },
        Kind::Bool => match value {
            Value::Bool(_) => value,
            _ => Value::Null,
        },
        // The engine's own, never the mapping's.
        Kind::Cursor | Kind::DateTime => Value::Null,
        // Nested members have rules of their own.
        Kind::Object(_) | Kind::List(_) => value,
    })
}

/// The year in which an academic year begins.
fn year(arena: &Arena, value: Value) -> Option<i64> {
    let written = match value {
        Value::Text(text) => is_academic_year(arena.text(text)).map(i64::from),
        _ => None,
    };
    written.or_else(|| as_int(arena, value))
}

/// A whole number, of a number without fraction or a text that is written as one would write it.
fn as_int(arena: &Arena, value: Value) -> Option<i64> {
    match value {
        Value::Int(i) => Some(i),
        Value::Dec { scale: 0, mantissa } => Some(mantissa),
        Value::Text(text) => {
            let text = arena.text(text);
            let int: i64 = text.parse().ok()?;
            (int.to_string() == text).then_some(int)
        }
        _ => None,
    }
}

/// A name with the one apostrophe that names of IFS02 may have (T-29).
fn straight(arena: &mut Arena, value: Value) -> Result<Value, Code> {
    match value {
        Value::Text(text) if arena.text(text).contains('’') => {
            let straight = arena.text(text).replace('’', "'");
            arena.make_text(&straight).map(Value::Text).map_err(|_| Code::LimitLegacyTotal)
        }
        _ => Ok(value),
    }
}

/// A text in NFC without blanks at its ends (contract §3.4); numbers and dates in their one written form.
fn as_text(arena: &mut Arena, value: Value) -> Result<Value, Code> {
    let mut written = String::new();
    match value {
        Value::Text(text) => {
            let whole = arena.text(text);
            let trimmed = whole.trim();
            if is_plainly_nfc(trimmed) {
                if trimmed.len() == whole.len() {
                    return Ok(value);
                }
                let start = whole.len().saturating_sub(whole.trim_start().len());
                let end = start.saturating_add(trimmed.len());
                return Ok(Value::Text(arena.slice(text, start..end)));
            }
            written.push_str(&nfc(trimmed));
        }
        Value::Int(i) => Number::Int(i).write(&mut written),
        Value::Date(date) => date.write(&mut written),
        Value::Dec { .. } => match value.number() {
            Some(number) => number.write(&mut written),
            None => return Ok(Value::Null),
        },
        _ => return Ok(Value::Null),
    }
    arena.make_text(&written).map(Value::Text).map_err(|_| Code::LimitLegacyTotal)
}

/// Writes members in the schema's order; one without value as null if `nulls`, otherwise left out.
#[inline(never)]
pub(super) fn write_members(arena: &Arena, schema: &Object, members: &[Value], nulls: bool, w: &mut JsonWriter) {
    w.object(|w| {
        for (field, value) in schema.fields.iter().zip(members) {
            if nulls || !value.is_null() {
                w.name(field.name);
                w.value(arena, *value);
            }
        }
    });
}
