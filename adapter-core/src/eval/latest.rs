//! `xs.latest(x, of, per)`: of all that share one thing, the newest.

use std::cmp::Ordering;

use super::error::{EvalError, Evaluated};
use super::memory::Eval;
use crate::bundle::{Expr, Slot};
use crate::value::{Value, compare, sorted_places, write_value};

/// One element, with what it goes by.
struct Turn {
    element: Value,
    of: Value,
    /// `per` as canonical bytes; none if it is null.
    per: Option<Vec<u8>>,
    /// The element as canonical bytes, which settle what `of` leaves open: so the system's order decides nothing.
    bytes: Vec<u8>,
}

impl Eval<'_> {
    /// Of the elements with equal `per` the one with the greatest `of`; those without `per` all stay. What stays keeps
    /// its order of first appearance, the group's where there is one.
    pub(super) fn latest(&mut self, list: &Expr, slot: Slot, of: &Expr, per: &Expr) -> Evaluated {
        let list = self.eval(list)?;
        let count = self.count(list)?;
        let mut turns = Vec::with_capacity(count);
        for at in 0..count {
            let element = self.turn(list, at);
            self.memory.bind(slot, element);
            let (of, per) = (self.eval(of)?, self.eval(per)?);
            let of = self.memory.arena.scalar(of).ok_or(EvalError::Shape)?;
            let per = if self.memory.arena.is_null(per) { None } else { Some(self.canonical(per)?) };
            // Without `per` there is nothing to settle.
            let bytes = if per.is_some() { self.canonical(element)? } else { Vec::new() };
            turns.push(Turn { element, of, per, bytes });
        }
        let arena = &self.memory.arena;
        let mut comparable = true;
        // The best of each group first; the sort is stable, so of equals the first that appeared.
        let places = sorted_places(turns.len(), &mut |a, b| {
            let (Some(a), Some(b)) = (turns.get(a), turns.get(b)) else { return Ordering::Equal };
            a.per.cmp(&b.per).then_with(|| {
                let newer = match (a.of, b.of) {
                    _ if a.per.is_none() => Ordering::Equal,
                    (Value::Null, Value::Null) => Ordering::Equal,
                    (Value::Null, _) => Ordering::Greater,
                    (_, Value::Null) => Ordering::Less,
                    (of, other) => compare(arena, other, of).unwrap_or_else(|| {
                        comparable = false;
                        Ordering::Equal
                    }),
                };
                newer.then_with(|| a.bytes.cmp(&b.bytes))
            })
        });
        if !comparable {
            return Err(EvalError::Type);
        }
        // The place at which each group first appears, and what it keeps.
        let mut kept: Vec<(usize, Value)> = Vec::new();
        let mut group: Option<&Vec<u8>> = None;
        for place in places {
            let Some(turn) = turns.get(place) else { continue };
            match (kept.last_mut(), &turn.per) {
                (Some((first, _)), Some(per)) if group == Some(per) => *first = (*first).min(place),
                _ => kept.push((place, turn.element)),
            }
            group = turn.per.as_ref();
        }
        let order = sorted_places(kept.len(), &mut |a, b| {
            let first = |at: usize| kept.get(at).map(|(first, _)| *first);
            first(a).cmp(&first(b))
        });
        let kept: Vec<Value> = order.into_iter().filter_map(|at| kept.get(at)).map(|(_, element)| *element).collect();
        self.of_turns(list, &kept)
    }

    /// A value's canonical bytes; they are paid for by their length.
    fn canonical(&mut self, value: Value) -> Result<Vec<u8>, EvalError> {
        let mut bytes = Vec::new();
        write_value(&self.memory.arena, value, &mut bytes);
        self.spend(bytes.len() >> 4)?;
        Ok(bytes)
    }
}
