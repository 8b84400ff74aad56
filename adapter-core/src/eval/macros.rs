//! Macros over lists: their body is evaluated once per element.

use std::cmp::Ordering;

use super::error::{EvalError, Evaluated};
use super::memory::Eval;
use crate::bundle::{Expr, MacroKind, Slot};
use crate::value::{Text, Value, compare, sorted_places, write_value};

impl Eval<'_> {
    pub(super) fn run_macro(&mut self, kind: MacroKind, list: &Expr, slot: Slot, body: &Expr) -> Evaluated {
        let list = self.eval(list)?;
        match kind {
            MacroKind::Exists => return self.quantify(list, slot, body, true),
            MacroKind::All => return self.quantify(list, slot, body, false),
            _ => {}
        }
        let count = self.count(list)?;
        let mut turns = Vec::with_capacity(count);
        for at in 0..count {
            let element = self.turn(list, at);
            self.memory.bind(slot, element);
            let value = self.eval(body)?;
            // What others do with the body's value is up to them; here it is a condition or a key.
            turns.push((element, if kind == MacroKind::Map { value } else { self.scalar(value)? }));
        }
        match kind {
            MacroKind::Filter => {
                let mut kept = Vec::new();
                for (element, holds) in turns {
                    match holds {
                        Value::Bool(true) => kept.push(element),
                        Value::Bool(false) | Value::Null => {}
                        _ => return Err(EvalError::Type),
                    }
                }
                self.of_turns(list, &kept)
            }
            MacroKind::IndexBy => self.index_by(&turns),
            MacroKind::GroupBy => self.group_by(list, &turns),
            MacroKind::SortBy => self.sort_by(list, &turns),
            MacroKind::Ordered => self.ordered(list, &turns),
            _ => {
                let values: Vec<Value> = turns.into_iter().map(|(_, value)| value).collect();
                self.make_list(&values)
            }
        }
    }

    /// `exists` (decided by true) and `all` (decided by false): errors and nulls lose to what decides.
    fn quantify(&mut self, list: Value, slot: Slot, body: &Expr, decides: bool) -> Evaluated {
        let mut undecided = Ok(Value::Bool(!decides));
        for at in 0..self.count(list)? {
            let element = self.turn(list, at);
            self.memory.bind(slot, element);
            match self.scalar_of(body) {
                Ok(Value::Bool(b)) if b == decides => return Ok(Value::Bool(decides)),
                Ok(Value::Bool(_)) => {}
                Ok(Value::Null) => {
                    if undecided.is_ok() {
                        undecided = Ok(Value::Null);
                    }
                }
                Ok(_) => undecided = undecided.and(Err(EvalError::Type)),
                Err(e @ (EvalError::Steps | EvalError::Items | EvalError::Full)) => return Err(e),
                Err(e) => undecided = undecided.and(Err(e)),
            }
        }
        undecided
    }

    fn index_by(&mut self, turns: &[(Value, Value)]) -> Evaluated {
        self.made(turns.len())?;
        let mut pairs: Vec<(Text, Value)> = Vec::with_capacity(turns.len());
        for (element, key) in turns {
            let key = match *key {
                Value::Null => continue,
                Value::Text(text) => text,
                key => {
                    let mut text = String::new();
                    self.write_plain(key, &mut text)?;
                    self.memory.arena.make_text(&text)?
                }
            };
            pairs.push((key, *element));
        }
        let arena = &self.memory.arena;
        let key = |at: usize| pairs.get(at).map_or("", |(key, _)| arena.text(*key));
        let places = sorted_places(pairs.len(), &mut |a, b| key(a).cmp(key(b)));
        let pairs: Vec<(Text, Value)> = places.into_iter().filter_map(|at| pairs.get(at).copied()).collect();
        let repeated = pairs.windows(2).any(|w| match w {
            [(a, _), (b, _)] => arena.text(*a) == arena.text(*b),
            _ => false,
        });
        if repeated {
            return Err(EvalError::Shape);
        }
        Ok(Value::Map(self.memory.arena.make_map(&pairs)?))
    }

    fn group_by(&mut self, list: Value, turns: &[(Value, Value)]) -> Evaluated {
        let keys: Vec<Vec<u8>> = turns
            .iter()
            .map(|(_, key)| {
                let mut bytes = Vec::new();
                write_value(&self.memory.arena, *key, &mut bytes);
                bytes
            })
            .collect();
        // Sorted by key, elements of a group stand together, in their order; the groups then go by their first element.
        let places = sorted_places(turns.len(), &mut |a, b| keys.get(a).cmp(&keys.get(b)));
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for place in places {
            match groups.last_mut() {
                Some(group) if group.first().and_then(|first| keys.get(*first)) == keys.get(place) => group.push(place),
                _ => groups.push(vec![place]),
            }
        }
        let order = sorted_places(groups.len(), &mut |a, b| {
            let first = |at: usize| groups.get(at).and_then(|g| g.first());
            first(a).cmp(&first(b))
        });
        let mut lists = Vec::with_capacity(groups.len());
        for group in order.into_iter().filter_map(|at| groups.get(at)) {
            let elements: Vec<Value> =
                group.iter().filter_map(|at| turns.get(*at)).map(|(element, _)| *element).collect();
            lists.push(self.of_turns(list, &elements)?);
        }
        self.make_list(&lists)
    }

    /// A list whose order the mapping relies on: values of different kinds have none.
    fn ordered(&self, list: Value, turns: &[(Value, Value)]) -> Evaluated {
        let mut last = None;
        for (_, unit) in turns {
            if unit.is_null() {
                return Err(EvalError::Missing);
            }
            // The first is compared with itself: what has no order is no unit.
            if compare(&self.memory.arena, last.unwrap_or(*unit), *unit).is_none_or(Ordering::is_gt) {
                return Err(EvalError::Unsorted);
            }
            last = Some(*unit);
        }
        Ok(list)
    }

    fn sort_by(&mut self, list: Value, turns: &[(Value, Value)]) -> Evaluated {
        let arena = &self.memory.arena;
        let key = |at: usize| turns.get(at).map_or(Value::Null, |(_, key)| *key);
        let mut comparable = true;
        let places = sorted_places(turns.len(), &mut |a, b| match (key(a), key(b)) {
            (Value::Null, Value::Null) => Ordering::Equal,
            (Value::Null, _) => Ordering::Greater,
            (_, Value::Null) => Ordering::Less,
            (a, b) => compare(arena, a, b).unwrap_or_else(|| {
                comparable = false;
                Ordering::Equal
            }),
        });
        if !comparable {
            return Err(EvalError::Type);
        }
        let sorted: Vec<Value> =
            places.into_iter().filter_map(|at| turns.get(at)).map(|(element, _)| *element).collect();
        self.of_turns(list, &sorted)
    }
}
