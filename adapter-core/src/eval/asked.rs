//! What an answer must have for a failure rule to be decided on it.
//!
//! Elsewhere what is not there is null. A rule tells a good answer from a bad one, and an answer that lacks what the rule
//! looks at is neither: so here a member of the body that is not there has no value, unless the rule asks whether it is
//! there. A member that is there and null says that there is nothing, as everywhere.

use super::error::{EvalError, Evaluated};
use super::memory::{Asks, Eval};
use crate::bundle::{BinaryOp, Expr, Function, Var};
use crate::value::{NameId, Value};

impl Eval<'_> {
    /// Evaluates in another way of asking.
    pub fn asking<T>(&mut self, asks: Asks, evaluate: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.memory.asks, asks);
        let value = evaluate(self);
        self.memory.asks = before;
        value
    }

    /// An operand or argument of which only is asked whether it is there, as far as a rule is being decided.
    pub(super) fn whether(&mut self, expr: &Expr) -> Evaluated {
        match self.memory.asks {
            Asks::Rule => self.asking(Asks::Whether, |eval| eval.eval(expr)),
            Asks::What | Asks::Whether => self.eval(expr),
        }
    }

    /// Both operands. Of what stands against a written `null` only is asked whether it is there.
    pub(super) fn operands(&mut self, op: BinaryOp, left: &Expr, right: &Expr) -> Result<(Value, Value), EvalError> {
        let null = matches!(op, BinaryOp::Equal | BinaryOp::NotEqual)
            && (matches!(left, Expr::Null) || matches!(right, Expr::Null));
        if null { Ok((self.whether(left)?, self.whether(right)?)) } else { Ok((self.eval(left)?, self.eval(right)?)) }
    }

    /// A function's argument; of several the one at this place.
    pub(super) fn argument(&mut self, function: Function, at: usize, expr: &Expr) -> Evaluated {
        if function == Function::Coalesce {
            return self.whether(expr);
        }
        let value = self.eval(expr)?;
        // A function of null is null, and has not missed anything.
        if self.memory.asks == Asks::Rule && !function.takes_whole(at) { self.scalar(value) } else { Ok(value) }
    }

    /// A member, while a rule is being decided.
    #[cold]
    pub(super) fn member_asked(&mut self, of: &Expr, value: Value, name: NameId) -> Evaluated {
        if self.memory.asks == Asks::Whether && !has_members(value) {
            return Ok(Value::Null);
        }
        let member = self.member(value, name)?;
        // Of nodes, none is what an empty list is: they are missed where one is wanted.
        if !member.is_null() || self.memory.asks == Asks::Whether || !is_of_body(of) {
            return Ok(member);
        }
        match value {
            Value::Null => self.nothing(of),
            _ => match self.has(value, name)? {
                Value::Bool(true) => Ok(member),
                _ => Err(EvalError::Absent),
            },
        }
    }

    /// An element or member by a key, while a rule is being decided.
    #[cold]
    pub(super) fn index_asked(&mut self, of: &Expr, value: Value, at: Value) -> Evaluated {
        if self.memory.asks == Asks::Whether && !has_members(value) && !matches!(value, Value::List(_)) {
            return Ok(Value::Null);
        }
        let found = self.index(value, at)?;
        if !found.is_null() || self.memory.asks == Asks::Whether || !is_of_body(of) {
            return Ok(found);
        }
        let arena = &self.memory.arena;
        let there = match (value, at) {
            (Value::Null, _) => return self.nothing(of),
            (Value::List(span), Value::Int(at)) => usize::try_from(at).is_ok_and(|at| at < span.len()),
            (Value::Record(span), Value::Text(key)) => {
                arena.names().find(arena.text(key)).is_some_and(|name| arena.member(span, name).is_some())
            }
            _ => false,
        };
        if there { Ok(found) } else { Err(EvalError::Absent) }
    }

    /// Whether there is a member, while a rule is being decided: what has none has not this one either.
    #[cold]
    pub(super) fn has_asked(&mut self, of: &Expr, name: NameId) -> Evaluated {
        let value = self.whether(of)?;
        if has_members(value) { self.has(value, name) } else { Ok(Value::Bool(false)) }
    }

    /// What is read of a null: null, if that stands in the answer; the body or the result may not be there at all.
    fn nothing(&self, of: &Expr) -> Evaluated {
        if matches!(of, Expr::Var(_)) { Err(EvalError::Absent) } else { Ok(Value::Null) }
    }

    /// The result of a call, while a rule is being decided.
    pub(super) fn var_asked(&self, var: Var, value: Value) -> Evaluated {
        let missing = value.is_null() && var == Var::AnswerResult && self.memory.asks == Asks::Rule;
        if missing { Err(EvalError::Absent) } else { Ok(value) }
    }

    /// Whether `==` and `!=` can tell these two apart by what they are, and not only by being of other kinds.
    pub(super) fn are_of_a_kind(&self, left: Value, right: Value) -> bool {
        let numbers = left.number().is_some() && right.number().is_some();
        let either_null = left.is_null() || right.is_null();
        numbers || either_null || std::mem::discriminant(&left) == std::mem::discriminant(&right)
    }
}

/// What members can be asked of.
fn has_members(value: Value) -> bool {
    matches!(
        value,
        Value::Null | Value::Record(_) | Value::Map(_) | Value::Nodes(_) | Value::Row { .. } | Value::Date(_)
    )
}

/// Whether what is read is of the body of an answer. What a rule binds it has out of the body too.
fn is_of_body(mut expr: &Expr) -> bool {
    loop {
        expr = match expr {
            Expr::Var(var) => return matches!(var, Var::AnswerBody | Var::AnswerResult),
            Expr::Local(_) => return true,
            Expr::Member { of, .. } | Expr::Index { of, .. } | Expr::Parse { of, .. } => of,
            _ => return false,
        };
    }
}
