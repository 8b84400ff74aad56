//! What a change is known by: a digest of who asks for it, and for what. Blanks, the order of members and how a text is
//! escaped make no other change.

use crate::contract::Operation;
use crate::eval::memory::Memory;
use crate::key::Key;
use crate::slots::{self, Reference};
use crate::value::{Arena, Value, sorted_places, write_value};

/// The reference of the request in an exchange's memory; none without a key.
pub(super) fn of(key: Option<&Key>, operation: &Operation, memory: &Memory) -> Option<Reference> {
    let arena = &memory.arena;
    let consumer = match memory.provided.caller.consumer {
        Value::Text(text) => arena.text(text),
        _ => "",
    };
    let mut canonical = Vec::new();
    for value in &memory.provided.request {
        write(arena, *value, &mut canonical);
    }
    slots::reference(key?, consumer, operation.name, &canonical)
}

/// As the mapping has it: 64 hex digits.
pub(super) fn text(reference: &Reference) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or('0');
    reference.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Each value begins with its kind and its length, so that no two are the same bytes.
fn write(arena: &Arena, value: Value, out: &mut Vec<u8>) {
    let begin = |kind: u8, len: usize, out: &mut Vec<u8>| {
        out.push(kind);
        out.extend(u64::try_from(len).unwrap_or(u64::MAX).to_be_bytes());
    };
    match value {
        Value::Text(text) => {
            let text = arena.text(text);
            begin(1, text.len(), out);
            out.extend(text.bytes());
        }
        Value::List(span) => {
            let elements = arena.elements(span);
            begin(2, elements.len(), out);
            elements.iter().for_each(|element| write(arena, *element, out));
        }
        Value::Record(span) => {
            let entries = arena.entries(span);
            let name = |at: usize| entries.get(at).map(|(name, _)| arena.names().get(*name));
            // A member that is null and one that is missing are the same, as they are in a mapping.
            let order = sorted_places(entries.len(), &mut |a, b| name(a).cmp(&name(b)));
            let given: Vec<_> = order.into_iter().filter_map(|at| entries.get(at)).filter(|e| !e.1.is_null()).collect();
            begin(3, given.len(), out);
            for (name, value) in given {
                let name = arena.names().get(*name);
                begin(1, name.len(), out);
                out.extend(name.bytes());
                write(arena, *value, out);
            }
        }
        Value::Null => begin(0, 0, out),
        other => {
            let mut text = Vec::new();
            write_value(arena, other, &mut text);
            begin(4, text.len(), out);
            out.extend(text);
        }
    }
}
