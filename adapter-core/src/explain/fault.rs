//! Why an expression fails: its parts are evaluated again, as they were, until one fails whose own parts do not.

use super::reason::{DEEPEST, Explainer};
use super::undecoded;
use crate::bundle::{BinaryOp, Block, Call, Embedded, Expr, Likeness, MacroKind, PathPart, Slot};
use crate::eval::error::EvalError;
use crate::eval::memory::Asks;
use crate::value::{DecodeError, NameId, Unread, Value, namespaces_of};

impl<'e> Explainer<'e> {
    /// Why a failure rule cannot be decided.
    pub fn undecided(&mut self, when: &'e Expr) -> String {
        let before = std::mem::replace(&mut self.eval.memory.asks, Asks::Rule);
        let why = self.fault(when, 0).unwrap_or_default();
        self.eval.memory.asks = before;
        why
    }

    /// Where an expression that fails does so, and why; none if it does not fail.
    pub fn fault(&mut self, expr: &'e Expr, depth: usize) -> Option<String> {
        let error = self.eval.eval(expr).err()?;
        if depth >= DEEPEST {
            return Some(self.failed(expr, error));
        }
        let deeper = depth.saturating_add(1);
        let inside = match expr {
            Expr::Let(index) => {
                let named = self.eval.plan.named(*index);
                return self.fault(&named.value, deeper).map(|why| format!("in `{}`: {why}", named.name));
            }
            Expr::With { binds, body } => self.in_binds(binds, deeper).or_else(|| self.fault(body, deeper)),
            Expr::If { when, then, otherwise } => self.fault(when, deeper).or_else(|| {
                let taken = if self.eval.condition(when).unwrap_or(false) { then } else { otherwise };
                self.fault(taken, deeper)
            }),
            Expr::Macro { list, slot, body, .. } => {
                self.fault(list, deeper).or_else(|| self.in_turns(list, *slot, &[body], deeper))
            }
            Expr::Latest { list, slot, of, per } => {
                self.fault(list, deeper).or_else(|| self.in_turns(list, *slot, &[of, per], deeper))
            }
            Expr::Block(block) => self.in_block(block, 0, deeper),
            _ => {
                let mut children = Vec::new();
                expr.children(&mut |child| children.push(child));
                children.into_iter().find_map(|child| self.fault(child, deeper))
            }
        };
        inside.or_else(|| Some(self.failed(expr, error)))
    }

    /// Says why a record is no row.
    fn no_row(&mut self, of: &'e Expr, wanted: &[NameId]) -> String {
        let value = self.value(of);
        let arena = &self.eval.memory.arena;
        let has = |name: &&NameId| matches!(value, Value::Record(record) if arena.member(record, **name).is_some());
        let lacking: Vec<String> =
            wanted.iter().filter(|name| !has(name)).map(|name| format!("`{}`", arena.names().get(*name))).collect();
        let lacks = if wanted.is_empty() {
            "the mapping reads nothing of rows by which one is known".to_owned()
        } else {
            format!("it lacks {}, which the mapping reads of rows", lacking.join(", "))
        };
        format!("{} is one record, and no row: {lacks}", self.written(of))
    }

    fn in_binds(&mut self, binds: &'e [(Slot, Expr)], depth: usize) -> Option<String> {
        for (slot, value) in binds {
            if let Some(why) = self.fault(value, depth) {
                return Some(why);
            }
            self.bound.insert(*slot, value);
            let value = self.value(value);
            self.eval.memory.bind(*slot, value);
        }
        None
    }

    fn in_turns(&mut self, list: &'e Expr, slot: Slot, bodies: &[&'e Expr], depth: usize) -> Option<String> {
        let list = self.value(list);
        for at in 0..self.eval.count(list).ok()? {
            let element = self.eval.turn(list, at);
            self.eval.memory.bind(slot, element);
            let why = bodies.iter().find_map(|body| self.fault(body, depth));
            if let Some(why) = why {
                return Some(format!("{why} (element {})", at.saturating_add(1)));
            }
        }
        None
    }

    fn in_block(&mut self, block: &'e Block, level: usize, depth: usize) -> Option<String> {
        let Some(current) = block.loops.get(level) else {
            return self
                .in_binds(&block.lets, depth)
                .or_else(|| block.filter.as_ref().and_then(|f| self.fault(f, depth)))
                .or_else(|| self.fault(&block.each, depth));
        };
        if let Some(why) = self.fault(&current.list, depth) {
            return Some(why);
        }
        let list = self.value(&current.list);
        for at in 0..self.eval.count(list).ok()? {
            let element = self.eval.turn(list, at);
            self.eval.memory.bind(current.slot, element);
            if let Some(why) = self.in_block(block, level.saturating_add(1), depth) {
                return Some(why);
            }
        }
        None
    }

    /// Why a document inside a text is not taken.
    fn embedded(
        &mut self,
        of: &Expr,
        kind: (Embedded, bool),
        roots: &[NameId],
        like: Option<&Likeness>,
    ) -> Option<String> {
        let Ok(Value::Text(text)) = self.eval.scalar_of(of) else { return None };
        let undecoded = self.eval.embedded(text, kind, roots, like).ok()?.err()?;
        let document = self.eval.memory.arena.text(text).trim_ascii();
        Some(undecoded::of_embedded(kind.0, undecoded, document))
    }

    /// Says what is wrong with an expression whose parts are not.
    fn failed(&mut self, expr: &'e Expr, error: EvalError) -> String {
        let mut operands = Vec::new();
        match expr {
            Expr::Block(_) | Expr::Macro { .. } | Expr::Latest { .. } | Expr::Record(_) | Expr::List(_) => {}
            expr => expr.children(&mut |child| operands.push(child)),
        }
        let operands: Vec<String> = operands
            .into_iter()
            .take(4)
            .filter(|operand| !matches!(operand, Expr::Text(_) | Expr::Int(_) | Expr::Bool(_) | Expr::Null))
            .map(|operand| {
                let value = self.value(operand);
                format!("{} is {}", self.written(operand), self.kind(value))
            })
            .collect();
        if let Some(mixed) = self.mixed(expr, error) {
            return mixed;
        }
        let words = words(expr, error);
        if let (EvalError::Shape, Expr::Rows { of, must, may }) = (error, expr) {
            return self.no_row(of, if must.is_empty() { may } else { must });
        }
        if let (Expr::Parse { of, format, deep, roots, like }, EvalError::Malformed(_)) = (expr, error)
            && let Some(why) = self.embedded(of, (*format, *deep), roots, like.as_deref())
        {
            return format!("{} {words}: {why}", self.written(expr));
        }
        let with = if operands.is_empty() { String::new() } else { format!("; {}", operands.join(", ")) };
        format!("{} {words}{with}", self.written(expr))
    }
}

impl<'e> Explainer<'e> {
    /// What is said of a name that stands in several namespaces.
    fn mixed(&mut self, expr: &'e Expr, error: EvalError) -> Option<String> {
        let (EvalError::Shape, Expr::Member { of, name } | Expr::Has { of, name }) = (error, expr) else { return None };
        let Value::Nodes(span) = self.value(of) else { return None };
        let arena = &mut self.eval.memory.arena;
        if arena.children(span, *name).err() != Some(Unread::Mixed) {
            return None;
        }
        let local = arena.names().get(*name).to_owned();
        let mut found: Vec<String> = Vec::new();
        for uri in arena.documents().flat_map(|document| namespaces_of(document, &local)) {
            let uri = if uri.is_empty() { "none".to_owned() } else { uri };
            if !found.contains(&uri) {
                found.push(uri);
            }
        }
        Some(format!(
            "{} cannot be read, since `{local}` stands in several namespaces ({}): say which by a prefix that `namespaces` \
             of the system declares, as in {}['p:{local}']",
            self.written(expr),
            found.join(", "),
            self.written(of).replace('`', ""),
        ))
    }
}

/// An error in words.
fn words(expr: &Expr, error: EvalError) -> &'static str {
    match (error, expr) {
        (EvalError::Shape, Expr::Member { .. } | Expr::Has { .. }) => {
            "cannot be read, since what it is read of has no members"
        }
        (EvalError::Shape, Expr::Hung { .. }) => "cannot be read, since that is no element of the call's loop",
        (EvalError::Shape, Expr::Macro { kind: MacroKind::IndexBy, .. }) => "has a key that stands twice",
        (EvalError::Shape, Expr::Block(_) | Expr::Macro { .. } | Expr::Latest { .. }) => {
            "runs over something that is no list"
        }
        (EvalError::Shape, _) => "meets several where one is expected",
        (EvalError::Missing, _) => "must not be null, and is",
        (EvalError::Unsorted, _) => "has a row that is below the one before it",
        (EvalError::Type, Expr::Binary { op: BinaryOp::Equal | BinaryOp::NotEqual, .. }) => "cannot compare these",
        (EvalError::Type, _) => "does not take a value of this kind",
        (EvalError::Overflow, _) => "gives a number that is out of range",
        (EvalError::DivideByZero, _) => "divides by zero",
        (EvalError::Ambiguous, _) => "finds several rows for one key",
        (EvalError::Request, _) => "has a value that cannot be written into a request",
        (EvalError::Unread, _) => "is not known, since the answer was not understood",
        (EvalError::Absent, _) => "is not there",
        (EvalError::Malformed(DecodeError::Root | DecodeError::Members), _) => {
            "does not hold the document that is read"
        }
        (EvalError::Malformed(_), _) => "cannot decode the document",
        (EvalError::Steps, _) => "spends the budget `steps`",
        (EvalError::Items, _) => "spends the budget `items`",
        (EvalError::Full, _) => "spends the budget `legacy_total`",
    }
}

/// The part of a call that fails or lacks a value, and why; its variables must be bound.
pub(super) fn unwritten<'e>(explainer: &mut Explainer<'e>, call: &'e Call) -> Option<(String, String)> {
    if let Some(each) = &call.each
        && let Some(why) = explainer.fault(&each.list, 0)
    {
        return Some(("for".to_owned(), why));
    }
    if let Some(why) = explainer.in_binds(&call.binds, 0) {
        return Some(("with".to_owned(), why));
    }
    if let Some(why) = call.when.as_ref().and_then(|when| explainer.fault(when, 0)) {
        return Some(("when".to_owned(), why));
    }
    for piece in &call.path {
        let PathPart::Value(expr) = piece else { continue };
        if let Some(why) = explainer.fault(expr, 0) {
            return Some(("path".to_owned(), why));
        }
        if explainer.is_null(expr) {
            return Some(("path".to_owned(), explainer.null(expr, 0)));
        }
    }
    let named = call.query.iter().map(|q| ("query", q)).chain(call.headers.iter().map(|h| ("headers", h)));
    for (key, (name, expr)) in named {
        if let Some(why) = explainer.fault(expr, 0) {
            return Some((format!("{key} `{name}`"), why));
        }
    }
    let why = call.body.as_ref().and_then(|body| explainer.fault(body, 0))?;
    Some(("body".to_owned(), why))
}
