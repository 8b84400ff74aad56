//! What node sets mean to expressions: a list where things are taken one after another, one text
//! or null everywhere else, and never the first of several.

use super::error::{EvalError, Evaluated};
use super::memory::{Asks, Eval};
use crate::bundle::{Embedded, Expr, Likeness};
use crate::value::{DecodeError, Decoder, Keep, NameId, Root, Span, Text, Undecoded, Unread, Value};

/// A name without its namespace.
pub(crate) fn local(name: &str) -> &str {
    name.rsplit_once('}').map_or(name, |(_, local)| local)
}

impl Eval<'_> {
    /// A value where one thing is expected. A node set of none is null, of one its text.
    ///
    /// # Errors
    /// [`EvalError::Shape`] for several nodes, or one with child elements; for none while a failure rule is being decided.
    pub fn scalar(&self, value: Value) -> Evaluated {
        match value {
            Value::Nodes(span) if span.is_empty() && self.memory.asks == Asks::Rule => Err(EvalError::Absent),
            _ => self.memory.arena.scalar(value).ok_or(EvalError::Shape),
        }
    }

    /// Evaluates an expression where one thing is expected.
    pub fn scalar_of(&mut self, expr: &Expr) -> Evaluated {
        let value = self.eval(expr)?;
        self.scalar(value)
    }

    /// How many turns a list or node set has.
    ///
    /// # Errors
    /// [`EvalError::Shape`] if it is neither, nor null.
    pub fn count(&self, list: Value) -> Result<usize, EvalError> {
        match list {
            Value::Null => Ok(0),
            Value::List(span) | Value::Nodes(span) => Ok(span.len()),
            _ => Err(EvalError::Shape),
        }
    }

    /// One turn of a list or node set; of a node set a node set of one.
    pub fn turn(&self, list: Value, at: usize) -> Value {
        match list {
            Value::List(span) => self.element(span, at),
            Value::Nodes(span) => span.node(at).map_or(Value::Null, Value::Nodes),
            _ => Value::Null,
        }
    }

    /// Puts turns of a list or node set together again: what was a node set stays one.
    pub fn of_turns(&mut self, list: Value, turns: &[Value]) -> Evaluated {
        if !matches!(list, Value::Nodes(_)) {
            return self.make_list(turns);
        }
        self.made(turns.len())?;
        if turns.is_empty() {
            return Ok(Value::Nodes(Span::EMPTY));
        }
        Ok(self.memory.arena.gather(turns)?)
    }

    /// The children of that name of all nodes.
    pub(super) fn children(&mut self, of: Span, name: NameId) -> Result<Option<Span>, EvalError> {
        // As many nodes are looked at, and children put together.
        self.spend(of.len())?;
        let found = self.memory.arena.children(of, name).map_err(|e| match e {
            Unread::Mixed => EvalError::Shape,
            Unread::Full => EvalError::Full,
        })?;
        if of.len() > 1 {
            self.made(found.map_or(0, Span::len))?;
        }
        Ok(found)
    }

    /// A document inside a text. It is tidied as the system's documents are in which the text stands, or whose answer is
    /// being looked at.
    pub(super) fn parse(
        &mut self,
        of: Value,
        kind: (Embedded, bool),
        roots: &[NameId],
        like: Option<&Likeness>,
    ) -> Evaluated {
        let text = match of {
            Value::Null => return Ok(Value::Null),
            Value::Text(text) => text,
            _ => return Err(EvalError::Type),
        };
        self.embedded(text, kind, roots, like)?.map_err(|undecoded| match undecoded.why {
            DecodeError::Full => EvalError::Full,
            why => EvalError::Malformed(why),
        })
    }

    /// What is read of a document inside a text, of this format, and kept whole or not: one of these roots, and like this.
    ///
    /// # Errors
    /// A spent budget.
    pub fn embedded(
        &mut self,
        text: Text,
        (format, deep): (Embedded, bool),
        roots: &[NameId],
        like: Option<&Likeness>,
    ) -> Result<Result<Value, Undecoded>, EvalError> {
        let memory = &mut *self.memory;
        let origin = memory.arena.origin(text).or(memory.provided.answer.map(|a| a.system.0)).unwrap_or(u16::MAX);
        let depth = usize::try_from(self.plan.limits().depth).unwrap_or(usize::MAX);
        let mut decoder = Decoder { origin, lenient: true, ..Decoder::whole(depth) };
        if !deep {
            decoder.keep = Keep::Named;
        }
        if let Some(system) = self.plan.systems().get(usize::from(origin)) {
            decoder.blank_to_null = system.clean.blank_to_null;
            decoder.unwrap = system.clean.unwrap;
            decoder.none = &system.clean.none;
            decoder.trim = system.clean.trim;
        }
        // A declaration stands at the very start of a document; what surrounds it in the text is not the document's.
        let document = memory.arena.text(text).trim_ascii().to_owned();
        self.spend(document.len() >> 4)?;
        let arena = &mut self.memory.arena;
        let read = match format {
            Embedded::Xml => decoder.decode_rooted(arena, document),
            Embedded::Json => decoder.decode(arena, document.into_bytes()).map(|document| (document, Root::NONE)),
        };
        Ok(read.and_then(|(document, root)| {
            let is_read = |id: &NameId| root.is(arena, arena.names().get(*id));
            if !roots.is_empty() && !roots.iter().any(is_read) {
                return Err(Undecoded::nowhere(DecodeError::Root));
            }
            let Some(like) = like else { return Ok(document) };
            arena.fit(like, document, false).map_err(|_| Undecoded::nowhere(DecodeError::Members))
        }))
    }
}
