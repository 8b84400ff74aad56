//! Equality and order of values. Equality is total; values of different types are unequal, numbers compare by value.

use std::cmp::Ordering;

use super::{Arena, Value};

/// Whether two values are equal. Records are equal if they have the same members with equal values, in any order.
pub fn equal(arena: &Arena, a: Value, b: Value) -> bool {
    let (a, b) = (plain(arena, a), plain(arena, b));
    match (a, b) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Text(a), Value::Text(b)) => arena.text(a) == arena.text(b),
        (Value::Date(a), Value::Date(b)) => a == b,
        (Value::List(a), Value::List(b)) | (Value::Nodes(a), Value::Nodes(b)) => {
            a.len() == b.len() && arena.elements(a).iter().zip(arena.elements(b)).all(|(a, b)| equal(arena, *a, *b))
        }
        (Value::Record(a), Value::Record(b)) => {
            a.len() == b.len()
                && arena.entries(a).iter().all(|(name, v)| arena.member(b, *name).is_some_and(|w| equal(arena, *v, w)))
        }
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len()
                && arena
                    .pairs(a)
                    .iter()
                    .zip(arena.pairs(b))
                    .all(|((ka, va), (kb, vb))| arena.text(*ka) == arena.text(*kb) && equal(arena, *va, *vb))
        }
        (Value::Row { table: ta, row: ra }, Value::Row { table: tb, row: rb }) => (ta, ra) == (tb, rb),
        _ => match (a.number(), b.number()) {
            (Some(a), Some(b)) => a.compare(b).is_eq(),
            _ => false,
        },
    }
}

/// A node set of at most one text is that text.
fn plain(arena: &Arena, value: Value) -> Value {
    arena.scalar(value).unwrap_or(value)
}

/// The order of two values of one type: numbers, texts (by code point), dates, bools. None for anything else.
pub fn compare(arena: &Arena, a: Value, b: Value) -> Option<Ordering> {
    match (plain(arena, a), plain(arena, b)) {
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(&b)),
        (Value::Text(a), Value::Text(b)) => Some(arena.text(a).cmp(arena.text(b))),
        (Value::Date(a), Value::Date(b)) => Some(a.cmp(&b)),
        (a, b) => Some(a.number()?.compare(b.number()?)),
    }
}

/// The places `0..len` in order: a stable sort. One sort for all callers, since each instance of the standard library's
/// weighs ten kilobytes at the edge.
pub fn sorted_places(len: usize, order: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..len).collect();
    places.sort_by(|a, b| order(*a, *b));
    places
}

/// The same values in order, each once; by the one sort there is.
pub fn sorted<T: Ord + Copy>(all: &[T]) -> Vec<T> {
    let places = sorted_places(all.len(), &mut |a, b| all.get(a).cmp(&all.get(b)));
    let mut sorted: Vec<T> = places.into_iter().filter_map(|place| all.get(place).copied()).collect();
    sorted.dedup();
    sorted
}
