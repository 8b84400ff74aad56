//! Each value is brought to its member's type without loss, and to its one form; one that cannot be counts as null.

use crate::contract::{Fit, Given, How, Kind, Member, Part, fit};
use crate::problem::Code;
use crate::settle::Log;
use crate::settle::draft::{Draft, Fault, Item, Level, PERSON, Spot, noted};
use crate::value::{Arena, Span, Value};

/// A value broke its bounds.
const INVALID: u8 = 0;

pub(super) fn keep(part: Part, draft: &mut Draft<'_>, log: &mut Log) -> Result<(), Fault> {
    let (person, answer) = draft.made;
    let whole = draft.is_list();
    match (part, &mut draft.person) {
        (Part::Person, Some(level)) => {
            let Value::Record(record) = person else { return Err(Code::MappingAnswer.into()) };
            level.items.push(Item::default());
            members(draft.arena, level, PERSON, record, log)
        }
        (Part::Person, None) => Err(Code::MappingAnswer.into()),
        (Part::Answer, _) if whole => {
            let whole = draft.levels.first_mut().ok_or(Code::MappingAnswer)?;
            whole.items.push(Item::default());
            list(draft, 1, 0, answer, log)
        }
        (Part::Answer, _) => {
            let Value::Record(record) = answer else { return Err(Code::MappingAnswer.into()) };
            item(draft, 0, Item::default(), record, log)
        }
    }
}

/// Takes an item in, with the lists inside.
fn item(draft: &mut Draft<'_>, at: usize, item: Item, record: Span, log: &mut Log) -> Result<(), Fault> {
    let number = u8::try_from(at).unwrap_or(PERSON);
    let level = draft.levels.get_mut(at).ok_or(Code::MappingAnswer)?;
    let own = level.items.len();
    level.items.push(item);
    members(draft.arena, level, number, record, log)?;
    // The lists inside come after it, each after those before it.
    for inner in at.saturating_add(1)..draft.levels.len() {
        let name = match draft.levels.get(inner) {
            Some(level) if level.parent == at => level.name,
            _ => continue,
        };
        let level = draft.levels.get(at).ok_or(Code::MappingAnswer)?;
        let (member, _) = level.object.field(name).ok_or(Code::MappingAnswer)?;
        let closed = draft.closed.is_some_and(|closed| usize::from(closed) == inner);
        let made = if closed { Value::Null } else { level.row(own).get(member).copied().unwrap_or_default() };
        list(draft, inner, own, made, log)?;
    }
    Ok(())
}

/// Takes the items of a list in, none of null.
fn list(draft: &mut Draft<'_>, at: usize, parent: usize, made: Value, log: &mut Log) -> Result<(), Fault> {
    let span = match made {
        Value::Null => return Ok(()),
        Value::List(span) => span,
        _ => return Err(Code::MappingAnswer.into()),
    };
    let parent = u32::try_from(parent).unwrap_or(u32::MAX);
    if let Some(level) = draft.levels.get_mut(at) {
        level.items.reserve(span.len());
        level.values.reserve(span.len().saturating_mul(level.slots.len()));
    }
    for place in 0..span.len() {
        let new = Item { parent, ..Item::default() };
        let Some(Value::Record(record)) = draft.arena.element(span, place) else {
            let level = draft.levels.get_mut(at).ok_or(Code::MappingAnswer)?;
            let spot = noted(u8::try_from(at).unwrap_or(PERSON), level.items.len(), None);
            level.items.push(new);
            return Err(Fault { code: Code::MappingAnswer, spot: Some(spot) });
        };
        item(draft, at, new, record, log)?;
    }
    Ok(())
}

/// Members and facts of a record, by place.
#[inline(never)]
fn members(arena: &mut Arena, level: &mut Level, number: u8, record: Span, log: &mut Log) -> Result<(), Fault> {
    let own = level.items.len().saturating_sub(1);
    let start = level.values.len();
    let entries = arena.entries(record);
    level.values.extend(level.slots.iter_mut().map(|slot| slot.raw(entries)));
    let (before, values) = level.values.split_at_mut_checked(start).unwrap_or_default();
    let before = before.get(start.saturating_sub(level.slots.len())..).unwrap_or_default();
    let mut before = before.iter();
    for (place, (slot, value)) in (0_u8..).zip(level.slots.iter_mut().zip(values)) {
        let before = before.next();
        let spot = || Spot { member: Some(Member(place)), ..noted(number, own, None) };
        // A leaf is one thing: of several nodes none is the first.
        let Some(raw) = arena.scalar(*value) else {
            return Err(Fault { code: Code::LegacyShape, spot: Some(spot()) });
        };
        *value = match before.filter(|_| same(arena, raw, slot.before)) {
            Some(known) => *known,
            None => {
                slot.before = raw;
                member(arena, &slot.field.kind, raw)?
            }
        };
        if value.is_null() && !raw.is_null() {
            log.note(INVALID, spot());
        }
    }
    Ok(())
}

/// Whether a value is the one of the item before, as codes and words often are.
fn same(arena: &Arena, a: Value, b: Value) -> bool {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => {
            a.len == b.len && ((a.segment, a.start) == (b.segment, b.start) || arena.text(a) == arena.text(b))
        }
        (Value::Int(a), Value::Int(b)) => a == b,
        _ => false,
    }
}

/// A value as its member wants it; null if it cannot be that.
#[inline(never)]
fn member(arena: &mut Arena, kind: &Kind, value: Value) -> Result<Value, Fault> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settle::rules::tests::{ENROLLMENTS, OFFER, TRANSCRIPT, of_institute, of_student, settled};

    #[test]
    fn what_breaks_its_bounds_counts_as_null_of_person_and_items() {
        let (sent, log) = settled(ENROLLMENTS, r#"{"tax_code":"RSSMRA80A01F205X","person_id":"1"}"#, "[]");
        assert!(sent.unwrap().starts_with(r#"{"personal_data":{"tax_code":"RSSMRA80A01F205X"},"#));
        assert_eq!(log, ["IFS02.1.invalid_identity", "IFS02.1-R1.tax_code"]);
        let (sent, log) = of_institute(OFFER, r#"[{"total_credits":0,"degree_course_code":7}]"#);
        assert_eq!(sent.unwrap(), r#"{"degree_courses":[{"degree_course_code":"7"}],"meta":{"cursor":null}}"#);
        assert_eq!(log, ["IFS01.1.invalid"]);
    }

    /// A value that was the same in the item before is judged, and noted, as it was there.
    #[test]
    fn what_repeats_is_what_it_was_before() {
        let course = |code: &str| format!(r#"{{"degree_course_code":{code},"total_credits":1}}"#);
        let codes = ["\" a\"", "\" a\"", "\"\"", "\"\"", "null", "\"\"", "\" a\""];
        let (sent, log) = of_institute(OFFER, &format!("[{}]", codes.map(course).join(",")));
        let known = r#"{"degree_course_code":"a","total_credits":1},{"total_credits":1}"#;
        assert_eq!(sent.unwrap(), format!(r#"{{"degree_courses":[{known}],"meta":{{"cursor":null}}}}"#));
        assert_eq!(log[..3], ["IFS01.1.invalid"; 3]);
        assert_eq!(log[3..], ["IFS01.1-F4.duplicate"; 5]);
    }

    #[test]
    fn what_is_no_list_of_records_ends_the_answer_where_it_stands() {
        let (sent, _) = of_student(TRANSCRIPT, r#"[{"learnings":[{},7]}]"#);
        let spot = Spot { level: 2, item: 1, member: None };
        assert_eq!(sent, Err(Fault { code: Code::MappingAnswer, spot: Some(spot) }));
        assert_eq!(of_student(TRANSCRIPT, "7").0, Err(Code::MappingAnswer.into()));
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
            ("\u{feff}L\u{200b}-8", "L-8"),
            ("dell\u{92}arte", "dell’arte"),
            ("\u{b}x\u{c}", "x"),
            ("", ""),
            (" ", ""),
        ] {
            let kind = Kind::Text { min: 0, max: 9, pattern: None };
            let text = Value::Text(arena.make_text(raw).unwrap());
            let Value::Text(text) = member(&mut arena, &kind, text).unwrap() else { panic!("{raw:?}") };
            assert_eq!(arena.text(text), settled, "{raw:?}");
        }
        for control in ["\u{1f}x\u{1f}", "x\0", "\u{7f}", "\u{81}"] {
            let kind = Kind::Text { min: 0, max: 9, pattern: None };
            let text = Value::Text(arena.make_text(control).unwrap());
            assert!(member(&mut arena, &kind, text).unwrap().is_null(), "{control:?}");
        }
    }
}
