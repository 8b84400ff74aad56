//! Lists of any depth: each element becomes the canonical bytes of its item, and the list is put in their order.

use super::Fired;
use super::check::{members, names};
use crate::contract::{Answer, Field, Object};
use crate::problem::Code;
use crate::value::NameId;
use crate::value::{Arena, JsonWriter, Span, Text, Value, sorted_places};

/// An operation's own rules.
#[derive(Clone, Copy)]
pub(super) struct Rules<'r> {
    /// The counter of values that break their member's constraint.
    pub invalid: &'static str,
    /// The counter of items without any value, which are not sent.
    pub empty: &'static str,
    /// The counter of items that stand twice, of which one is sent.
    pub duplicate: &'static str,
    /// The member that should tell items apart, and the counter of those it does not: they are sent all the same.
    pub key: &'static str,
    /// See `key`.
    pub again: &'static str,
    /// Whether an item may be sent. Counts what its rules drop, and what they only remark on.
    pub admits: &'r dyn Fn(&Item<'_>, &mut Fired) -> bool,
}

/// An item before it is written.
#[derive(Debug)]
pub(super) struct Item<'i> {
    /// Where its values are.
    pub arena: &'i Arena,
    /// Its schema.
    pub schema: &'static Object,
    /// Its members by place; a list that has items counts them, one that has none is null.
    members: &'i [Value],
    /// Its facts by place.
    facts: &'i [Value],
}

impl Item<'_> {
    /// A member that has a value.
    #[inline(never)]
    pub fn member(&self, name: &str) -> Option<Value> {
        let (at, _) = self.schema.field(name)?;
        self.members.get(at).copied().filter(|v| !v.is_null())
    }

    /// A member that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.member(name) {
            Some(Value::Text(text)) => Some(self.arena.text(text)),
            _ => None,
        }
    }

    /// A fact that is a number.
    pub fn fact(&self, name: &str) -> Option<i64> {
        let at = self.schema.facts.iter().position(|f| f.name == name)?;
        match self.facts.get(at) {
            Some(Value::Int(n)) => Some(*n),
            _ => None,
        }
    }
}

/// A list and its member's bounds.
#[derive(Clone, Copy, Debug)]
pub(super) struct List {
    /// The member it stands under.
    pub name: &'static str,
    /// Schema of its items.
    pub items: &'static Object,
    /// Most items.
    pub max: usize,
}

impl List {
    /// The list that an answer has as one of its members.
    #[inline(never)]
    pub fn of(answer: Answer, member: &str) -> Result<Self, Code> {
        answer.object().field(member).and_then(|(_, field)| Self::at(field)).ok_or(Code::MappingAnswer)
    }

    fn at(field: &'static Field) -> Option<Self> {
        let list = field.list()?;
        Some(Self { name: field.name, items: list.items, max: list.max.unwrap_or(usize::MAX) })
    }
}

/// The value of an answer's list as the mapping made it.
#[inline(never)]
pub(super) fn made(arena: &Arena, answer: Value, member: &str) -> Result<Value, Code> {
    let Value::Record(span) = answer else { return Err(Code::MappingAnswer) };
    Ok(arena.names().find(member).and_then(|name| arena.member(span, name)).unwrap_or_default())
}

/// The elements of a list; none of null.
#[inline(never)]
pub(super) fn elements(arena: &Arena, value: Value) -> Result<Vec<Value>, Code> {
    match value {
        Value::Null => Ok(Vec::new()),
        Value::List(span) => Ok(arena.elements(span).to_vec()),
        _ => Err(Code::MappingAnswer),
    }
}

/// What is at hand while lists are settled.
pub(super) struct Settler<'s> {
    /// The exchange's values.
    pub arena: &'s mut Arena,
    /// What is counted.
    pub fired: &'s mut Fired,
    /// The operation's own rules.
    pub rules: Rules<'s>,
}

impl Settler<'_> {
    /// Writes a list in canonical form and says how many items it has.
    ///
    /// # Errors
    /// [`Code::MappingAnswer`] if it is no list of records, [`Code::LimitAnswerItems`] if it has too many items.
    pub fn list(&mut self, list: List, value: Value, w: &mut JsonWriter) -> Result<usize, Code> {
        let elements = elements(self.arena, value)?;
        let places = (names(self.arena, list.items.fields), names(self.arena, list.items.facts));
        // Items side by side, each with where it ends.
        let mut written: Vec<u8> = Vec::new();
        let mut ends: Vec<usize> = Vec::new();
        let mut keys: Vec<Option<Text>> = Vec::new();
        explain! { self.fired.log.open(list.name); }
        for element in elements {
            explain! { self.fired.log.next(); }
            let Value::Record(record) = element else {
                explain! { self.fired.log.wrong(self.arena, Code::MappingAnswer.as_str(), "each", element, "a record"); }
                return Err(Code::MappingAnswer);
            };
            if let Some(key) = self.item(list.items, &places, record, &mut written)? {
                explain! { self.fired.log.keep(); }
                ends.push(written.len());
                keys.push(key);
            }
        }
        let bytes = |at: usize| {
            let start = at.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or_default();
            ends.get(at).and_then(|end| written.get(start..*end)).unwrap_or_default()
        };
        let mut order = sorted_places(ends.len(), &mut |a, b| bytes(a).cmp(bytes(b)));
        let before = order.len();
        explain! {
            let (same, log) = (|a: usize, b: usize| bytes(a) == bytes(b), &mut self.fired.log);
            log.twice(order.windows(2).filter_map(|w| w.first().zip(w.last()).filter(|(a, b)| same(**a, **b))).map(|(_, b)| *b));
        }
        order.dedup_by(|a, b| bytes(*a) == bytes(*b));
        for _ in order.len()..before {
            explain! { self.fired.log.next_twice(); }
            self.fired.fire(self.rules.duplicate);
        }
        if order.len() > list.max {
            return Err(Code::LimitAnswerItems);
        }
        let key = |at: &usize| keys.get(*at).copied().flatten().map(|key| self.arena.text(key));
        let again = (1..order.len()).filter(|at| {
            let (before, rest) = order.split_at_checked(*at).unwrap_or_default();
            let own = rest.first().and_then(key);
            own.is_some() && before.iter().any(|other| key(other) == own)
        });
        let again = again.count();
        explain! { self.fired.log.at(None); }
        for _ in 0..again {
            self.fired.fire(self.rules.again);
        }
        explain! { self.fired.log.close(); }
        w.array(|w| order.iter().for_each(|at| w.raw(bytes(*at))));
        Ok(order.len())
    }

    /// Writes an item after those before it and gives its key, if it has one; none if it is not sent.
    #[inline(never)]
    fn item(
        &mut self,
        schema: &'static Object,
        (members_at, facts_at): &(Vec<Option<NameId>>, Vec<Option<NameId>>),
        record: Span,
        written: &mut Vec<u8>,
    ) -> Result<Option<Option<Text>>, Code> {
        let (mut values, mut facts) = (Vec::with_capacity(schema.fields.len()), Vec::new());
        members(self.arena, schema.fields, members_at, record, self.rules.invalid, self.fired, &mut values)?;
        members(self.arena, schema.facts, facts_at, record, self.rules.invalid, self.fired, &mut facts)?;
        let mut lists = Vec::new();
        for (field, value) in schema.fields.iter().zip(&mut values) {
            if let Some(list) = List::at(field) {
                let mut w = JsonWriter::default();
                let count = self.list(list, *value, &mut w)?;
                *value = if count == 0 { Value::Null } else { Value::Int(i64::try_from(count).unwrap_or(i64::MAX)) };
                lists.push(w.into_bytes());
            }
        }
        let item = Item { arena: self.arena, schema, members: &values, facts: &facts };
        if !(self.rules.admits)(&item, self.fired) {
            return Ok(None);
        }
        if values.iter().all(|v| v.is_null()) {
            self.fired.fire(self.rules.empty);
            return Ok(None);
        }
        let key = match item.member(self.rules.key) {
            Some(Value::Text(key)) => Some(key),
            _ => None,
        };
        let mut w = JsonWriter::default();
        let mut lists = lists.iter();
        w.object(|w| {
            for (field, value) in schema.fields.iter().zip(&values) {
                if field.list().is_some() {
                    w.name(field.name);
                    w.raw(lists.next().map(Vec::as_slice).unwrap_or_default());
                } else if field.nullable || !value.is_null() {
                    w.name(field.name);
                    w.value(self.arena, *value);
                }
            }
        });
        written.extend_from_slice(w.bytes());
        Ok(Some(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Kind, OperationId, served};

    /// Items are never dropped here for want of a scalar, and hold no object: no list settled here asks for either.
    #[test]
    fn no_item_needs_what_is_not_done() {
        fn look(items: &Object, seen: &mut usize) {
            *seen += 1;
            for field in items.fields {
                match field.kind {
                    Kind::List(list) => look(list.items, seen),
                    Kind::Object(_) => panic!("{} is an object", field.name),
                    _ => assert!(!field.required, "{} is required", field.name),
                }
            }
        }
        let mut seen = 0;
        for operation in served().filter(|o| o.id != OperationId::Ifs02_1) {
            for field in operation.answer.object().fields {
                if let Some(list) = List::at(field) {
                    look(list.items, &mut seen);
                }
            }
        }
        assert_eq!(seen, 3);
    }
}
