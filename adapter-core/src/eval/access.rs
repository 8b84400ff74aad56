//! Reading inside values: members, elements, rows of code tables, what hangs on an element.

use std::ops::Range;

use super::error::{EvalError, Evaluated};
use super::memory::{Eval, KeyRoom};
use crate::bundle::{CallIndex, Expr, TableIndex};
use crate::plan::table::Key;
use crate::value::visible::{code, is_code};
use crate::value::{NameId, Span, Text, Value};

impl Eval<'_> {
    pub(super) fn hung(&self, call: CallIndex, of: Value) -> Evaluated {
        if self.memory.arena.is_null(of) {
            return Ok(Value::Null);
        }
        match (self.memory.arena.identity(of), of) {
            (Some(identity), _) => Ok(self
                .call(call)
                .and_then(|c| c.hung.iter().find(|(id, _)| *id == identity))
                .map_or(Value::Null, |(_, v)| *v)),
            // An element without children is no place to hang anything on, but no other shape either.
            (None, Value::Nodes(span)) if span.len() == 1 => Ok(Value::Null),
            _ => Err(EvalError::Shape),
        }
    }

    pub(super) fn member(&mut self, of: Value, name: NameId) -> Evaluated {
        if let Value::Nodes(span) = of {
            return Ok(Value::Nodes(self.children(span, name)?.unwrap_or(Span::EMPTY)));
        }
        let arena = &self.memory.arena;
        match of {
            Value::Null => Ok(Value::Null),
            Value::Record(span) => Ok(arena.member(span, name).unwrap_or_default()),
            Value::Map(span) => Ok(arena.lookup(span, arena.names().get(name)).unwrap_or_default()),
            Value::Row { table, row } => {
                let cell = self.plan.table(TableIndex(table)).column(row as usize, name);
                Ok(cell.map_or(Value::Null, Value::Text))
            }
            Value::Date(date) => match arena.names().get(name) {
                "year" => Ok(Value::Int(i64::from(date.year()))),
                "month" => Ok(Value::Int(i64::from(date.month()))),
                "day" => Ok(Value::Int(i64::from(date.day()))),
                _ => Err(EvalError::Type),
            },
            _ => Err(EvalError::Shape),
        }
    }

    pub(super) fn has(&mut self, of: Value, name: NameId) -> Evaluated {
        if let Value::Nodes(span) = of {
            return Ok(Value::Bool(self.children(span, name)?.is_some()));
        }
        let arena = &self.memory.arena;
        match of {
            Value::Null => Ok(Value::Bool(false)),
            Value::Record(span) => Ok(Value::Bool(arena.member(span, name).is_some())),
            Value::Map(span) => Ok(Value::Bool(arena.lookup(span, arena.names().get(name)).is_some())),
            Value::Row { table, .. } => Ok(Value::Bool(self.plan.table(TableIndex(table)).columns.contains(&name))),
            _ => Err(EvalError::Shape),
        }
    }

    pub(super) fn index(&mut self, of: Value, at: Value) -> Evaluated {
        let arena = &self.memory.arena;
        match (of, at) {
            (Value::Null, _)
            | (Value::List(_) | Value::Nodes(_) | Value::Map(_) | Value::Record(_) | Value::Row { .. }, Value::Null) => {
                Ok(Value::Null)
            }
            (Value::List(span), Value::Int(at)) => {
                Ok(usize::try_from(at).ok().and_then(|at| arena.element(span, at)).unwrap_or_default())
            }
            (Value::Nodes(span), Value::Int(at)) => {
                Ok(usize::try_from(at).ok().and_then(|at| span.node(at)).map_or(Value::Null, Value::Nodes))
            }
            (Value::Map(span), Value::Text(key)) => Ok(arena.lookup(span, arena.text(key)).unwrap_or_default()),
            (Value::Record(_) | Value::Nodes(_) | Value::Row { .. }, Value::Text(key)) => {
                match arena.names().find(arena.text(key)) {
                    Some(name) => self.member(of, name),
                    None => Ok(Value::Null),
                }
            }
            _ => Err(EvalError::Type),
        }
    }

    pub(super) fn lookup(&mut self, table: TableIndex, keys: &[Expr]) -> Evaluated {
        // A missing key is no code that the table does not know: of null its default says nothing.
        let Some(found) = self.find_rows(table, keys)? else { return Ok(Value::Null) };
        let loaded = self.plan.table(table);
        if found.is_empty() {
            let default = loaded.default.map_or(Value::Null, Value::Text);
            self.missed(table);
            return Ok(default);
        }
        if found.len() > 1 {
            return Err(EvalError::Ambiguous);
        }
        Ok(row_value(table, loaded.single.then(|| loaded.cell(found.start, 0)), found.start))
    }

    pub(super) fn lookup_rows(&mut self, table: TableIndex, keys: &[Expr]) -> Evaluated {
        let found = self.find_rows(table, keys)?;
        if found.as_ref().is_some_and(Range::is_empty) {
            self.missed(table);
        }
        let rows = found.unwrap_or(0..0);
        let loaded = self.plan.table(table);
        let rows: Vec<Value> =
            rows.map(|row| row_value(table, loaded.single.then(|| loaded.cell(row, 0)), row)).collect();
        self.make_list(&rows)
    }

    /// Tells that the key which was written last is none of the table's.
    #[cfg_attr(not(feature = "explain"), expect(unused_variables, clippy::unused_self, reason = "nobody listens"))]
    fn missed(&mut self, table: TableIndex) {
        explain! {
            let key = self.memory.key.text.clone();
            tell!(self.memory, self.plan, Missed { table, key: &key });
        }
    }

    /// The rows that match; none where a key is null.
    pub(crate) fn find_rows(&mut self, table: TableIndex, keys: &[Expr]) -> Result<Option<Range<usize>>, EvalError> {
        // Taken for the time being: a key may look up another table.
        let KeyRoom { mut text, mut ends } = std::mem::take(&mut self.memory.key);
        text.clear();
        ends.clear();
        let whole = self.write_key(keys, &mut text, &mut ends);
        let rows = (whole == Ok(true)).then(|| {
            let table = self.plan.table(table);
            let find = |text: &str, ends: &[usize]| table.find(Key { text, ends }, |t| self.memory.arena.text(t));
            let found = find(&text, &ends);
            if !found.is_empty() || (Key { text: &text, ends: &ends }).cells().all(is_code) {
                return found;
            }
            let (text, ends) = as_meant(&text, &ends);
            find(&text, &ends)
        });
        self.memory.key = KeyRoom { text, ends };
        whole.map(|_| rows)
    }

    /// Writes a key's cells; false if one is null.
    fn write_key(&mut self, keys: &[Expr], text: &mut String, ends: &mut Vec<usize>) -> Result<bool, EvalError> {
        let mut whole = true;
        for key in keys {
            let value = self.scalar_of(key)?;
            whole &= !value.is_null();
            self.write_plain(value, text)?;
            ends.push(text.len());
        }
        Ok(whole)
    }
}

/// A key whose cells are codes as they are meant.
#[cold]
fn as_meant(text: &str, ends: &[usize]) -> (String, Vec<usize>) {
    let (mut meant, mut places) = (String::new(), Vec::new());
    for cell in (Key { text, ends }).cells() {
        meant.push_str(&code(cell));
        places.push(meant.len());
    }
    (meant, places)
}

/// A found row: its one cell, or itself.
fn row_value(table: TableIndex, cell: Option<Option<Text>>, row: usize) -> Value {
    match cell {
        Some(cell) => cell.map_or(Value::Null, Value::Text),
        None => Value::Row { table: table.0, row: u32::try_from(row).unwrap_or(u32::MAX) },
    }
}
