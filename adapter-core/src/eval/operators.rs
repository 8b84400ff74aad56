//! Operators: three-valued logic, equality, order, arithmetic, membership.

use std::cmp::Ordering;

use super::error::{EvalError, Evaluated};
use super::memory::{Asks, Eval};
use crate::bundle::{BinaryOp, Expr};
use crate::value::{Value, compare, equal};

impl Eval<'_> {
    /// `&&` (decided by false) and `||` (decided by true).
    pub(super) fn connect(&mut self, left: &Expr, right: &Expr, decides: bool) -> Evaluated {
        let as_bool = |value: Evaluated| match value {
            Ok(Value::Bool(b)) => Ok(Some(b)),
            Ok(Value::Null) => Ok(None),
            Ok(_) => Err(EvalError::Type),
            Err(e) => Err(e),
        };
        let left = as_bool(self.scalar_of(left));
        match left {
            Ok(Some(b)) if b == decides => return Ok(Value::Bool(decides)),
            // A spent budget is not an error of one side: the exchange is over.
            Err(e @ (EvalError::Steps | EvalError::Items | EvalError::Full)) => return Err(e),
            _ => {}
        }
        match (left, as_bool(self.scalar_of(right))) {
            (_, Ok(Some(b))) if b == decides => Ok(Value::Bool(decides)),
            (Err(e), _) | (_, Err(e)) => Err(e),
            (Ok(None), _) | (_, Ok(None)) => Ok(Value::Null),
            _ => Ok(Value::Bool(!decides)),
        }
    }

    pub(super) fn binary(&mut self, op: BinaryOp, left: Value, right: Value) -> Evaluated {
        let arena = &self.memory.arena;
        // Whether there is anything at all can be asked of every node set; any other question only of one thing.
        let asks = |value: Value| matches!(value, Value::Null) && matches!(op, BinaryOp::Equal | BinaryOp::NotEqual);
        if asks(left) || asks(right) {
            return Ok(Value::Bool((arena.is_null(left) && arena.is_null(right)) == (op == BinaryOp::Equal)));
        }
        if op == BinaryOp::In {
            let left = self.scalar(left)?;
            return self.contained(left, right);
        }
        let (left, right) = match (op, left, right) {
            // Lists may be joined, also with node sets.
            (BinaryOp::Add, Value::List(_), Value::List(_) | Value::Nodes(_))
            | (BinaryOp::Add, Value::Nodes(_), Value::List(_)) => {
                return self.add(left, right);
            }
            _ => (self.scalar(left)?, self.scalar(right)?),
        };
        if self.memory.asks == Asks::Rule && !self.are_of_a_kind(left, right) {
            return Err(EvalError::Type);
        }
        let arena = &self.memory.arena;
        match op {
            BinaryOp::Equal => return Ok(Value::Bool(equal(arena, left, right))),
            BinaryOp::NotEqual => return Ok(Value::Bool(!equal(arena, left, right))),
            _ => {}
        }
        if left.is_null() || right.is_null() {
            return Ok(Value::Null);
        }
        let ordered = |test: fn(Ordering) -> bool| {
            compare(arena, left, right).map(|o| Value::Bool(test(o))).ok_or(EvalError::Type)
        };
        match op {
            BinaryOp::Less => ordered(Ordering::is_lt),
            BinaryOp::LessEqual => ordered(Ordering::is_le),
            BinaryOp::Greater => ordered(Ordering::is_gt),
            BinaryOp::GreaterEqual => ordered(Ordering::is_ge),
            BinaryOp::Add => self.add(left, right),
            BinaryOp::Remainder => match (left, right) {
                (Value::Int(_), Value::Int(0)) => Err(EvalError::DivideByZero),
                (Value::Int(a), Value::Int(b)) => a.checked_rem(b).map(Value::Int).ok_or(EvalError::Overflow),
                _ => Err(EvalError::Type),
            },
            _ => {
                let (a, b) = left.number().zip(right.number()).ok_or(EvalError::Type)?;
                let result = match op {
                    BinaryOp::Subtract => a.subtract(b),
                    BinaryOp::Multiply => a.multiply(b),
                    _ => a.divide(b),
                };
                Ok(result?.into())
            }
        }
    }

    pub(super) fn add(&mut self, left: Value, right: Value) -> Evaluated {
        match (left, right) {
            (Value::Text(a), Value::Text(b)) => {
                let joined = [self.memory.arena.text(a), self.memory.arena.text(b)].concat();
                self.make_text(&joined)
            }
            (Value::List(_) | Value::Nodes(_), Value::List(_) | Value::Nodes(_)) => {
                let rows = |value| self.memory.arena.rows(value).unwrap_or_default();
                let joined = [rows(left), rows(right)].concat();
                self.make_list(&joined)
            }
            _ => {
                let (a, b) = left.number().zip(right.number()).ok_or(EvalError::Type)?;
                Ok(a.plus(b)?.into())
            }
        }
    }

    pub(super) fn contained(&mut self, element: Value, of: Value) -> Evaluated {
        let arena = &self.memory.arena;
        match of {
            Value::Null => Ok(Value::Bool(false)),
            Value::List(span) | Value::Nodes(span) => {
                let found = arena.elements(span).iter().any(|e| equal(arena, *e, element));
                let rule = self.memory.asks == Asks::Rule;
                if rule && !found && !arena.elements(span).iter().all(|e| self.are_of_a_kind(*e, element)) {
                    return Err(EvalError::Type);
                }
                self.spend(span.len())?;
                Ok(Value::Bool(found))
            }
            Value::Map(_) | Value::Record(_) => match element {
                Value::Text(key) => {
                    let key = arena.text(key);
                    Ok(Value::Bool(match of {
                        Value::Map(span) => arena.lookup(span, key).is_some(),
                        Value::Record(span) => arena.names().find(key).is_some_and(|n| arena.member(span, n).is_some()),
                        _ => false,
                    }))
                }
                _ => Ok(Value::Bool(false)),
            },
            _ => Err(EvalError::Type),
        }
    }
}
