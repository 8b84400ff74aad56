//! The evaluator: walks compiled expressions over the arena, under a step and an item budget.
//!
//! Null semantics: absent is null, reading inside null is null, `==` is total, `&&` and `||`
//! are three-valued, and an error on one side of them loses to the value that decides, as in CEL.

use super::error::{EvalError, Evaluated};
use super::functions::{self, Arguments};
use super::memory::{AnswerVars, Asks, CallValue, Eval, Memory, Understood};
use crate::bundle::{CallIndex, Expr, LetIndex, Var};
use crate::value::date::write_instant;
use crate::value::{NameId, Number, Span, Value};

impl Eval<'_> {
    /// Evaluates an expression.
    pub fn eval(&mut self, expr: &Expr) -> Evaluated {
        self.spend(1)?;
        match expr {
            Expr::Null => Ok(Value::Null),
            Expr::Bool(b) => Ok(Value::Bool(*b)),
            Expr::Int(i) => Ok(Value::Int(*i)),
            // `30.0` is written as it was in the mapping; values have one form.
            Expr::Dec { mantissa, scale } => Ok(Number::from_parts(i128::from(*mantissa), u32::from(*scale))?.into()),
            Expr::Text(id) => Ok(Value::Text(self.plan.text(*id))),
            Expr::Local(slot) => Ok(self.memory.frame.get(slot.at()).copied().unwrap_or_default()),
            Expr::Call(call) => Ok(self.call(*call).map_or(Value::Null, |c| c.value)),
            Expr::Hung { call, of } => {
                let of = self.eval(of)?;
                self.hung(*call, of)
            }
            Expr::Let(index) => self.named(*index),
            Expr::Var(var) => {
                let value = self.var(*var)?;
                self.var_asked(*var, value)
            }
            Expr::Request(member) => Ok(self.memory.provided.request.get(member.at()).copied().unwrap_or_default()),
            Expr::Member { of, name } => {
                // A member of a row that a loop stands at is what most of a mapping is made of.
                if let Expr::Local(slot) = &**of
                    && self.memory.asks == Asks::What
                    && let Some(Value::Record(record)) = self.memory.frame.get(slot.at())
                {
                    let value = self.memory.arena.member(*record, *name);
                    self.spend(1)?;
                    return Ok(value.unwrap_or_default());
                }
                let value = self.eval(of)?;
                match self.memory.asks {
                    Asks::What => self.member(value, *name),
                    Asks::Rule | Asks::Whether => self.member_asked(of, value, *name),
                }
            }
            Expr::Has { of, name } if self.memory.asks != Asks::What => self.has_asked(of, *name),
            Expr::Has { of, name } => {
                let of = self.eval(of)?;
                self.has(of, *name)
            }
            Expr::Index { of, at } => {
                let (value, at) = (self.eval(of)?, self.scalar_of(at)?);
                match self.memory.asks {
                    Asks::What => self.index(value, at),
                    Asks::Rule | Asks::Whether => self.index_asked(of, value, at),
                }
            }
            Expr::Not(of) => match self.scalar_of(of)? {
                Value::Null => Ok(Value::Null),
                Value::Bool(b) => Ok(Value::Bool(!b)),
                _ => Err(EvalError::Type),
            },
            Expr::Neg(of) => match self.scalar_of(of)? {
                Value::Null => Ok(Value::Null),
                value => Ok(value.number().ok_or(EvalError::Type)?.negate()?.into()),
            },
            Expr::And(left, right) => self.connect(left, right, false),
            Expr::Or(left, right) => self.connect(left, right, true),
            Expr::If { when, then, otherwise } => {
                if self.condition(when)? {
                    self.eval(then)
                } else {
                    self.eval(otherwise)
                }
            }
            Expr::Binary { op, left, right } => {
                let (left, right) = self.operands(*op, left, right)?;
                self.binary(*op, left, right)
            }
            Expr::List(items) => {
                let mut made = Vec::with_capacity(items.len());
                for item in items {
                    made.push(self.eval(item)?);
                }
                self.make_list(&made)
            }
            Expr::Record(entries) => {
                let base = self.memory.making.len();
                let made = self.record(entries, base);
                self.memory.making.truncate(base);
                made
            }
            Expr::Concat(parts) => self.concat(parts),
            Expr::With { binds, body } => {
                for (slot, value) in binds {
                    let value = self.eval(value)?;
                    self.memory.bind(*slot, value);
                }
                self.eval(body)
            }
            Expr::Macro { kind, list, slot, body } => self.run_macro(*kind, list, *slot, body),
            Expr::Function { function, args } => {
                let mut values = Arguments::new();
                for (at, arg) in args.iter().enumerate() {
                    values.push(self.argument(*function, at, arg)?);
                }
                functions::apply(self, *function, &values)
            }
            Expr::Table { table, keys } => self.lookup(*table, keys),
            Expr::TableRows { table, keys } => self.lookup_rows(*table, keys),
            Expr::Block(block) => self.block(block),
            Expr::Secret(secret) => Ok(self.memory.provided.secrets.get(secret.at()).copied().unwrap_or_default()),
            Expr::Match { of, pattern, extract } => {
                let of = self.eval(of)?;
                self.pattern(of, *pattern, *extract)
            }
            Expr::Latest { list, slot, of, per } => self.latest(list, *slot, of, per),
            Expr::Rows { of, must, may } => {
                let of = self.eval(of)?;
                self.rows(of, must, may)
            }
            Expr::Parse { of, format, deep, roots, like } => {
                let of = self.scalar_of(of)?;
                self.parse(of, (*format, *deep), roots, like.as_deref())
            }
        }
    }

    /// Makes a record, whose entries are gathered from `base` on.
    fn record(&mut self, entries: &[(NameId, Expr)], base: usize) -> Evaluated {
        for (name, value) in entries {
            let value = self.eval(value)?;
            self.memory.making.push((*name, value));
        }
        self.made(entries.len())?;
        let Memory { arena, making, .. } = &mut *self.memory;
        Ok(Value::Record(arena.make_record(making.get(base..).unwrap_or_default())?))
    }

    /// Evaluates a condition: null is false.
    pub fn condition(&mut self, expr: &Expr) -> Result<bool, EvalError> {
        match self.scalar_of(expr)? {
            Value::Bool(b) => Ok(b),
            Value::Null => Ok(false),
            _ => Err(EvalError::Type),
        }
    }

    /// What may be a list or one of its elements, as a list.
    fn rows(&mut self, of: Value, must: &[NameId], may: &[NameId]) -> Evaluated {
        match of {
            Value::Null => self.make_list(&[]),
            Value::List(_) | Value::Nodes(_) => Ok(of),
            Value::Record(record) => {
                let has = |name: &NameId| self.memory.arena.member(record, *name).is_some();
                let is_row = if must.is_empty() { may.iter().any(has) } else { must.iter().all(has) };
                if is_row { self.make_list(&[of]) } else { Err(EvalError::Shape) }
            }
            one => self.make_list(&[one]),
        }
    }

    /// Counts items that a list or record takes.
    pub fn made(&mut self, items: usize) -> Result<(), EvalError> {
        let items = u64::try_from(items).unwrap_or(u64::MAX);
        self.memory.items = self.memory.items.checked_sub(items).ok_or(EvalError::Items)?;
        Ok(())
    }

    /// Makes a list.
    pub fn make_list(&mut self, elements: &[Value]) -> Evaluated {
        self.made(elements.len())?;
        Ok(Value::List(self.memory.arena.make_list(elements)?))
    }

    /// Makes a text.
    pub fn make_text(&mut self, text: &str) -> Evaluated {
        // Text counts against the steps by its length, so that it cannot grow without bound.
        self.spend(text.len() >> 4)?;
        Ok(Value::Text(self.memory.arena.make_text(text)?))
    }

    pub(super) fn call(&self, call: CallIndex) -> Option<&CallValue> {
        self.memory.calls.get(call.at()).and_then(Option::as_ref)
    }

    fn named(&mut self, index: LetIndex) -> Evaluated {
        if let Some(Some(value)) = self.memory.lets.get(index.at()) {
            return Ok(*value);
        }
        let value = self.asking(Asks::What, |eval| eval.eval(&eval.plan.named(index).value))?;
        if let Some(place) = self.memory.lets.get_mut(index.at()) {
            *place = Some(value);
        }
        Ok(value)
    }

    fn var(&mut self, var: Var) -> Evaluated {
        let provided = &self.memory.provided;
        Ok(match var {
            Var::StudentTaxCode => provided.tax_code,
            Var::StudentKey => provided.key,
            Var::InstituteCode => Value::Text(self.plan.institute_code()),
            Var::Today => provided.today.map_or(Value::Null, Value::Date),
            Var::Now => {
                let mut text = String::new();
                write_instant(provided.now_ms, &mut text);
                return self.make_text(&text);
            }
            Var::PageStart => Value::Int(provided.page.start),
            Var::PageNumber => Value::Int(provided.page.number),
            Var::PageSize => Value::Int(provided.page.size),
            Var::PageToken => provided.page.token,
            Var::Session => provided.session,
            Var::CallerClient => provided.caller.client,
            Var::CallerConsumer => provided.caller.consumer,
            Var::CallerPurpose => provided.caller.purpose,
            Var::CallerJti => provided.caller.jti,
            Var::Reference => provided.reference,
            Var::FileStatus => provided.file[0],
            Var::FileCode => provided.file[1],
            Var::FileMessage => provided.file[2],
            Var::AnswerStatus => provided.answer.map_or(Value::Null, |a| Value::Int(i64::from(a.status))),
            Var::AnswerHeaders => provided.answer.map_or(Value::Null, |a| a.headers),
            Var::AnswerBody | Var::AnswerResult if provided.answer.is_some_and(|a| !a.open) => {
                return Err(EvalError::Unread);
            }
            Var::AnswerBody => provided.answer.map_or(Value::Null, |a| a.body),
            Var::AnswerDecoded => {
                let read = |a: AnswerVars| matches!(a.understood, Understood::Whole | Understood::Other);
                provided.answer.map_or(Value::Null, |a| Value::Bool(read(a)))
            }
            Var::AnswerRoot => provided.answer.map_or(Value::Null, |a| a.root.name),
            Var::AnswerResult => provided.answer.map_or(Value::Null, |a| a.result),
            Var::AnswerFault => provided.answer.map_or(Value::Null, |a| a.fault),
        })
    }

    fn concat(&mut self, parts: &[Expr]) -> Evaluated {
        let mut text = String::new();
        for part in parts {
            let value = self.scalar_of(part)?;
            if value.is_null() {
                return Ok(Value::Null);
            }
            self.write_plain(value, &mut text)?;
        }
        self.make_text(&text)
    }

    /// Writes a scalar as plain text.
    ///
    /// # Errors
    /// [`EvalError::Type`] if it is a list or a record, [`EvalError::Shape`] if it is a node set of several. Null
    /// writes nothing.
    pub fn write_plain(&self, value: Value, out: &mut String) -> Result<(), EvalError> {
        match self.scalar(value)? {
            Value::Null => {}
            Value::Bool(b) => out.push_str(if b { "true" } else { "false" }),
            Value::Text(text) => out.push_str(self.memory.arena.text(text)),
            Value::Date(date) => date.write(out),
            other => other.number().ok_or(EvalError::Type)?.write(out),
        }
        Ok(())
    }

    /// The elements of a list; null has none. A node set becomes a list of node sets of one: where its turns are taken
    /// one after another, [`Eval::count`] and [`Eval::turn`] do without.
    pub fn iterate(&mut self, list: Value) -> Result<Span, EvalError> {
        match list {
            Value::Null => Ok(Span::EMPTY),
            Value::List(span) => Ok(span),
            Value::Nodes(_) => {
                let rows = self.memory.arena.rows(list).unwrap_or_default();
                self.made(rows.len())?;
                Ok(self.memory.arena.make_list(&rows)?)
            }
            _ => Err(EvalError::Shape),
        }
    }

    /// One element of a list that is being iterated while the arena grows.
    pub fn element(&self, span: Span, at: usize) -> Value {
        self.memory.arena.element(span, at).unwrap_or_default()
    }
}
