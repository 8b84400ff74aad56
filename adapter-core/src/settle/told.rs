//! The log of an answer as remarks about its items, with the values looked up again. Behind the feature `explain`.

use super::draft::{Draft, Fault, PERSON, Spot};
use super::log::Log;
use crate::contract::{Effect, Field, OperationId};
use crate::note::{Broken, Did, Remark, short};
use crate::value::{JsonWriter, Value};

/// All that rules did to an answer, in order; and what ended it.
pub(crate) fn remarks(operation: OperationId, draft: &Draft<'_>, log: &Log, fault: Option<&Fault>) -> Vec<Remark> {
    let mut remarks: Vec<Remark> = log
        .decisions
        .iter()
        .map(|decision| {
            let effect = Effect::new(operation, decision.rule, decision.what, decision.spot.member);
            let field = field(draft, decision.spot);
            let broken = field
                .filter(|_| effect.breaks())
                .map(|field| Broken { value: shown(draft, decision.spot), must: field.kind.words() });
            let member = field.map(|field| field.name);
            Remark { items: way(draft, decision.spot), did: Did::Rule(effect), member, broken }
        })
        .collect();
    if let Some((fault, spot)) = fault.and_then(|fault| fault.spot.map(|spot| (fault, spot))) {
        let field = field(draft, spot);
        // A leaf that is several things, or an item that is no record.
        let (member, must) = field.map_or(("each", "a record"), |field| (field.name, "one value"));
        let broken = Some(Broken { value: shown(draft, spot), must: must.to_owned() });
        remarks.push(Remark { items: way(draft, spot), did: Did::Failed(fault.code), member: Some(member), broken });
    }
    remarks
}

/// Lists from the outermost, and the place in the mapping's list that leads to an item in each; of the whole of a list
/// none is the last.
fn way(draft: &Draft<'_>, spot: Spot) -> Vec<(&'static str, Option<usize>)> {
    let (mut way, mut level, mut item) = (Vec::new(), usize::from(spot.level), spot.item as usize);
    while let Some(of) = draft.levels.get(level).filter(|_| level > 0) {
        let parent = of.parent_of(item);
        // Items of one list follow each other as the mapping has them, those that were left out too.
        let before = of.items.get(..=item).map(|before| before.iter().rev().take_while(|item| item.parent == parent));
        way.insert(0, (of.name, before.map(|before| before.count().saturating_sub(1))));
        (level, item) = (of.parent, parent as usize);
    }
    way
}

/// The member or fact that it is about.
fn field(draft: &Draft<'_>, spot: Spot) -> Option<&'static Field> {
    let level = draft.levels.get(usize::from(spot.level)).or(draft.person.as_ref())?;
    spot.member?.of(level.object)
}

/// What the mapping made of a member, or of an item.
fn raw(draft: &Draft<'_>, spot: Spot) -> Value {
    let member = |value: Value, name: &str| match (value, draft.arena.names().find(name)) {
        (Value::Record(record), Some(name)) => draft.arena.member(record, name).unwrap_or_default(),
        _ => Value::Null,
    };
    let mut value = if spot.level == PERSON { draft.made.0 } else { draft.made.1 };
    for (name, place) in way(draft, spot) {
        // An answer that is a list has no name.
        let list = if name.is_empty() { value } else { member(value, name) };
        value = match (list, place) {
            (Value::List(list), Some(place)) => draft.arena.element(list, place).unwrap_or_default(),
            (value, _) => value,
        };
    }
    field(draft, spot).map_or(value, |field| member(value, field.name))
}

fn shown(draft: &Draft<'_>, spot: Spot) -> String {
    let mut w = JsonWriter::default();
    w.value(draft.arena, raw(draft, spot));
    short(&String::from_utf8_lossy(w.bytes()), 60)
}
