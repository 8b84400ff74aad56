//! One member: conversion without loss, normal form, constraints.

use super::Fired;
use crate::contract::{Field, Fit, Given, How, Kind, Object, fit};
use crate::problem::Code;
use crate::value::{Arena, JsonWriter, NameId, Span, Value};

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
    // Nested members have rules of their own.
    if value.is_null() || matches!(kind, Kind::Object(_) | Kind::List(_)) {
        return Ok(value);
    }
    let fitted = fit(kind, Given::of(arena, value), How::Made);
    Ok(match (fitted, value) {
        (Ok(Fit::Same), _) => value,
        (Ok(Fit::Part(range)), Value::Text(text)) => Value::Text(arena.slice(text, range)),
        (Ok(Fit::Text(text)), _) => arena.make_text(&text).map(Value::Text).map_err(|_| Code::LimitLegacyTotal)?,
        (Ok(Fit::Number(number)), _) => number.into(),
        (Ok(Fit::Bool(is)), _) => Value::Bool(is),
        (Ok(Fit::Date(date)), _) => Value::Date(date),
        (Ok(Fit::Part(_)) | Err(_), _) => Value::Null,
    })
}

/// Writes members in the schema's order; one without value as null if `nulls`, otherwise left out.
#[inline(never)]
pub(super) fn write_members(arena: &Arena, schema: &Object, members: &[Value], nulls: bool, w: &mut JsonWriter) {
    w.object(|w| {
        for (field, value) in schema.fields.iter().zip(members) {
            if nulls || !value.is_null() {
                w.member(field.name);
                w.value(arena, *value);
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::OPERATIONS;

    /// [`write_members`] writes names as they stand.
    #[test]
    fn members_have_names_that_need_no_escape() {
        let mut seen = 0;
        for operation in OPERATIONS {
            operation.answer.object().each(&mut |object| {
                for field in object.fields {
                    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
                    assert!(field.name.bytes().all(plain), "{}", field.name);
                    seen += 1;
                }
            });
        }
        assert!(seen > 30, "{seen}");
    }

    #[test]
    fn blanks_at_the_ends_and_other_forms_go_whatever_they_are() {
        let names = crate::value::Names::new(std::sync::Arc::new(crate::value::NameTable::new(Vec::new())));
        let mut arena = Arena::new(std::sync::Arc::from(""), names);
        for (raw, settled) in [
            ("L-8", "L-8"),
            (" L-8", "L-8"),
            ("L-8\t", "L-8"),
            ("\u{a0}L-8\u{2003}", "L-8"),
            ("perche\u{301}", "perché"),
            ("\u{1f}x\u{1f}", "\u{1f}x\u{1f}"),
            ("\u{b}x\u{c}", "x"),
            ("", ""),
            (" ", ""),
        ] {
            let kind = Kind::Text { min: 0, max: 9, pattern: None };
            let text = Value::Text(arena.make_text(raw).unwrap());
            let Value::Text(text) = member(&mut arena, &kind, text).unwrap() else { panic!("{raw:?}") };
            assert_eq!(arena.text(text), settled, "{raw:?}");
        }
    }
}
