//! Why an expression is null: its parts are evaluated again, as they were, until one says so.

use std::collections::BTreeMap;

use super::text::{self, Words};
use crate::bundle::{Expr, Function, Slot, Var};
use crate::eval::memory::{Eval, Memory};
use crate::plan::Plan;
use crate::value::Value;

/// Reasons go so deep, and no deeper.
pub(super) const DEEPEST: usize = 24;

/// Evaluates again, on a budget of its own; what it uses up or finds out on the way is forgotten.
#[derive(Debug)]
pub(super) struct Explainer<'e> {
    pub eval: Eval<'e>,
    pub(super) words: &'e Words,
    /// What variables were bound to, where that is an expression.
    pub(super) bound: BTreeMap<Slot, &'e Expr>,
    before: (u64, u64, Vec<Option<Value>>),
}

impl<'e> Explainer<'e> {
    /// An explainer; `words` are the names that are not in the bundle.
    pub fn new(plan: &'e Plan, memory: &'e mut Memory, words: &'e Words) -> Self {
        let before = (memory.steps, memory.items, memory.lets.clone());
        let limits = &plan.limits();
        (memory.steps, memory.items) = (limits.steps, limits.items);
        Self { eval: Eval { plan, memory }, words, bound: BTreeMap::new(), before }
    }

    /// Leaves the memory's budget and values as they were.
    pub fn end(self) {
        let memory = self.eval.memory;
        (memory.steps, memory.items, memory.lets) = self.before;
    }

    /// Binds variables in order, as far as they can be evaluated.
    pub fn bind(&mut self, binds: &'e [(Slot, Expr)]) {
        for (slot, value) in binds {
            self.bound.insert(*slot, value);
            let value = self.eval.eval(value).unwrap_or_default();
            self.eval.memory.bind(*slot, value);
        }
    }

    /// An expression about as it was written, between backquotes.
    pub fn written(&self, expr: &Expr) -> String {
        ["`", &text::expression(self.eval.plan, self.words, expr), "`"].concat()
    }

    /// A value as JSON, shortened.
    pub fn shown(&self, value: Value) -> String {
        text::value(self.eval.plan, &self.eval.memory.arena, value, 60)
    }

    pub(super) fn value(&mut self, expr: &Expr) -> Value {
        self.eval.eval(expr).unwrap_or_default()
    }

    pub(super) fn is_null(&mut self, expr: &Expr) -> bool {
        self.eval.eval(expr).is_ok_and(|v| self.eval.memory.arena.is_null(v))
    }

    /// What is said of an expression that is null.
    pub(super) fn null(&mut self, expr: &'e Expr, depth: usize) -> String {
        [&self.written(expr), " is null, since\n", &self.reason(expr, depth)].concat()
    }

    /// Why an expression that is null is that.
    pub fn reason(&mut self, expr: &'e Expr, depth: usize) -> String {
        if depth >= DEEPEST {
            return "…".to_owned();
        }
        let deeper = depth.saturating_add(1);
        match expr {
            Expr::Null => "that is what is written".to_owned(),
            Expr::Member { of, .. } | Expr::Index { of, .. } | Expr::Hung { of, .. } if self.is_null(of) => {
                self.null(of, deeper)
            }
            Expr::Member { of, name } => {
                let name = text::name(self.eval.plan, *name);
                self.no_member(of, &name)
            }
            Expr::Index { at, .. } if self.is_null(at) => self.null(at, deeper),
            Expr::Index { of, at } => {
                let (at, list) = (self.value(at), self.value(of));
                let written = self.written(of);
                match (at, list) {
                    (_, Value::List(span) | Value::Nodes(span)) if matches!(at, Value::Int(_)) => {
                        format!("{written} has {} elements", span.len())
                    }
                    (Value::Text(key), Value::Record(_) | Value::Nodes(_) | Value::Row { .. }) => {
                        let key = self.eval.memory.arena.text(key).to_owned();
                        self.no_member(of, &key)
                    }
                    (at, _) => format!("{written} has nothing under the key {}", self.shown(at)),
                }
            }
            Expr::Hung { call, .. } => {
                let name = &self.eval.plan.call(*call).name;
                format!("the call `{}` gave nothing for this element", name)
            }
            Expr::Call(call) => {
                let name = &self.eval.plan.call(*call).name;
                format!("the call `{}` was not made or gave nothing", name)
            }
            Expr::Local(slot) => match self.bound.get(slot).copied() {
                Some(value) => self.reason(value, deeper),
                None => "the element is null".to_owned(),
            },
            Expr::Let(index) => self.reason(&self.eval.plan.named(*index).value, deeper),
            Expr::Var(Var::StudentTaxCode | Var::StudentKey) => "there is no student".to_owned(),
            Expr::Var(Var::CallerClient | Var::CallerConsumer) => "nobody has proved who calls".to_owned(),
            Expr::Var(Var::CallerPurpose | Var::CallerJti) => {
                "the caller's token has none, or there is no token".to_owned()
            }
            Expr::Var(Var::PageToken) => "this is the first page".to_owned(),
            Expr::Var(_) => "there is none here".to_owned(),
            Expr::Request(_) => "the request does not have it".to_owned(),
            Expr::If { when, then, otherwise } => {
                let (taken, is) = match self.eval.condition(when) {
                    Ok(true) => (then, "is true"),
                    _ if self.is_null(when) => (otherwise, "is null, which counts as false"),
                    _ => (otherwise, "is false"),
                };
                match &**taken {
                    Expr::Null => format!("{} {is}, and `null` is written for that", self.written(when)),
                    taken => format!("{} {is}, and\n{}", self.written(when), self.null(taken, deeper)),
                }
            }
            Expr::Function { function: Function::Coalesce, args } => {
                let all: Vec<String> = args.iter().map(|arg| self.null(arg, deeper)).collect();
                all.join(",\nand ")
            }
            Expr::Function { function: Function::NullIf, args } => match args.split_first() {
                Some((first, _)) if !self.is_null(first) => {
                    let value = self.value(first);
                    format!("{} is {}, which `nullIf` makes null", self.written(first), self.shown(value))
                }
                Some((first, _)) => self.null(first, deeper),
                None => String::new(),
            },
            Expr::Function { function, args } => {
                // One that takes null itself gives it for what it is about, which comes first.
                let about = if function.takes_null() { args.get(..1).unwrap_or_default() } else { args };
                if let Some(null) = about.iter().find(|a| self.is_null(a)) {
                    return self.null(null, deeper);
                }
                let values: Vec<String> = args
                    .iter()
                    .map(|arg| {
                        let value = self.value(arg);
                        self.shown(value)
                    })
                    .collect();
                format!("`{}` gives null for ({})", function.signature().name, values.join(", "))
            }
            Expr::Table { table, keys } => {
                if let Some(null) = keys.iter().find(|k| self.is_null(k)) {
                    return format!("its key {}", self.null(null, deeper));
                }
                let values: Vec<String> = keys
                    .iter()
                    .map(|key| {
                        let value = self.value(key);
                        self.shown(value)
                    })
                    .collect();
                let name = self.words.tables.get(table.at()).cloned();
                let found =
                    self.eval.find_rows(*table, keys).is_ok_and(|rows| rows.is_some_and(|rows| !rows.is_empty()));
                let what = if found { "has nothing in its row" } else { "has no row" };
                format!("the table `{}` {what} for ({})", name.unwrap_or_default(), values.join(", "))
            }
            Expr::Concat(parts) => match parts.iter().find(|p| self.is_null(p)) {
                Some(part) => self.null(part, deeper),
                None => String::new(),
            },
            Expr::With { binds, body } => {
                self.bind(binds);
                self.reason(body, deeper)
            }
            Expr::And(a, b) | Expr::Or(a, b) | Expr::Binary { left: a, right: b, .. } => {
                let null = if self.is_null(a) { a } else { b };
                self.null(null, deeper)
            }
            Expr::Not(of) | Expr::Neg(of) => self.null(of, deeper),
            Expr::Parse { of, .. } | Expr::Match { of, .. } if self.is_null(of) => self.null(of, deeper),
            Expr::Match { of, .. } => {
                let value = self.value(of);
                format!("{}, which is {}, does not match", self.written(of), self.shown(value))
            }
            Expr::Macro { .. } => "its condition is null for some element, and decides for none".to_owned(),
            _ => "it gives null".to_owned(),
        }
    }

    /// What is said of a condition that does not hold.
    pub fn unmet(&mut self, when: &'e Expr) -> String {
        if self.is_null(when) {
            return ["null counts as false: ", &self.null(when, 0)].concat();
        }
        // Of several conditions that must all hold, the first that does not.
        match when {
            Expr::And(a, b) => {
                let first = if self.eval.condition(a).unwrap_or(false) { b } else { a };
                self.unmet(first)
            }
            Expr::Or(a, b) => [&self.unmet(a), ",\nand ", &self.unmet(b)].concat(),
            when => {
                let mut operands = Vec::new();
                if matches!(when, Expr::Binary { .. } | Expr::Not(_)) {
                    when.children(&mut |child| operands.push(child));
                }
                let mut said = [&self.written(when), " is false"].concat();
                for operand in operands {
                    if !matches!(operand, Expr::Text(_) | Expr::Int(_) | Expr::Bool(_) | Expr::Null | Expr::List(_)) {
                        let value = self.value(operand);
                        let is = if matches!(value, Value::Text(_)) { self.shown(value) } else { self.kind(value) };
                        said = format!("{said}; {} is {is}", self.written(operand));
                    }
                }
                said
            }
        }
    }

    fn no_member(&mut self, of: &'e Expr, name: &str) -> String {
        let (value, written) = (self.value(of), self.written(of));
        let arena = &self.eval.memory.arena;
        let record = match value {
            Value::Record(span) => Some(span),
            Value::Nodes(nodes) => match arena.elements(nodes) {
                [Value::Record(span)] => Some(*span),
                _ => None,
            },
            Value::Row { .. } => return format!("`{name}` is empty in the table's row {}", self.shown(value)),
            _ => None,
        };
        let Some(record) = record else { return format!("{written} has no `{name}`") };
        let there: Vec<&str> = arena.entries(record).iter().map(|(id, _)| arena.names().get(*id)).collect();
        if there.contains(&name) {
            return format!("{written} has `{name}`, but null, or what `clean` makes null");
        }
        let some: Vec<&str> = there.iter().take(8).copied().filter(|n| !n.is_empty()).collect();
        let more = if there.len() > some.len() { ", …" } else { "" };
        if some.is_empty() {
            return format!("{written} has no `{name}`");
        }
        format!("{written} has no `{name}`; of what the mapping reads it has {}{more}", some.join(", "))
    }

    pub(super) fn kind(&self, value: Value) -> String {
        let arena = &self.eval.memory.arena;
        match value {
            Value::List(span) => format!("a list of {}", span.len()),
            Value::Nodes(span) if arena.scalar(value).is_none() => match arena.elements(span) {
                [_] => "one element that has others inside".to_owned(),
                several => format!("{} elements of one name", several.len()),
            },
            Value::Record(_) | Value::Row { .. } => format!("the record {}", self.shown(value)),
            Value::Map(span) => format!("an index with {} keys", span.len()),
            Value::Text(_) => format!("the text {}", self.shown(value)),
            value => self.shown(value),
        }
    }
}
