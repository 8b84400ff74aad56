//! Macros over lists: their body is evaluated once per element.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::eval::{Eval, EvalError, Evaluated};
use super::{Expr, MacroKind, Slot};
use crate::value::{Text, Value, compare, write_value};

impl Eval<'_> {
    pub(super) fn run_macro(&mut self, kind: MacroKind, list: &Expr, slot: Slot, body: &Expr) -> Evaluated {
        let list = self.eval(list)?;
        let span = self.iterate(list)?;
        match kind {
            MacroKind::Exists => return self.quantify(span, slot, body, true),
            MacroKind::All => return self.quantify(span, slot, body, false),
            _ => {}
        }
        let mut turns = Vec::with_capacity(span.len());
        for at in 0..span.len() {
            let element = self.element(span, at);
            self.memory.bind(slot, element);
            turns.push((element, self.eval(body)?));
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
                self.make_list(&kept)
            }
            MacroKind::IndexBy => self.index_by(&turns),
            MacroKind::GroupBy => self.group_by(&turns),
            MacroKind::SortBy => self.sort_by(turns),
            _ => {
                let values: Vec<Value> = turns.into_iter().map(|(_, value)| value).collect();
                self.make_list(&values)
            }
        }
    }

    /// `exists` (decided by true) and `all` (decided by false): errors and nulls lose to what decides.
    fn quantify(&mut self, span: crate::value::Span, slot: Slot, body: &Expr, decides: bool) -> Evaluated {
        let mut undecided = Ok(Value::Bool(!decides));
        for at in 0..span.len() {
            let element = self.element(span, at);
            self.memory.bind(slot, element);
            match self.eval(body) {
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
        pairs.sort_by(|(a, _), (b, _)| arena.text(*a).cmp(arena.text(*b)));
        let repeated = pairs.windows(2).any(|w| match w {
            [(a, _), (b, _)] => arena.text(*a) == arena.text(*b),
            _ => false,
        });
        if repeated {
            return Err(EvalError::Shape);
        }
        Ok(Value::Map(self.memory.arena.make_map(&pairs)?))
    }

    fn group_by(&mut self, turns: &[(Value, Value)]) -> Evaluated {
        let mut places: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
        let mut groups: Vec<Vec<Value>> = Vec::new();
        for (element, key) in turns {
            let mut bytes = Vec::new();
            write_value(&self.memory.arena, *key, &mut bytes);
            let place = *places.entry(bytes).or_insert(groups.len());
            match groups.get_mut(place) {
                Some(group) => group.push(*element),
                None => groups.push(vec![*element]),
            }
        }
        let mut lists = Vec::with_capacity(groups.len());
        for group in groups {
            lists.push(self.make_list(&group)?);
        }
        self.make_list(&lists)
    }

    fn sort_by(&mut self, mut turns: Vec<(Value, Value)>) -> Evaluated {
        let arena = &self.memory.arena;
        let mut comparable = true;
        turns.sort_by(|(_, a), (_, b)| match (a.is_null(), b.is_null()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => compare(arena, *a, *b).unwrap_or_else(|| {
                comparable = false;
                Ordering::Equal
            }),
        });
        if !comparable {
            return Err(EvalError::Type);
        }
        let sorted: Vec<Value> = turns.into_iter().map(|(element, _)| element).collect();
        self.make_list(&sorted)
    }
}
