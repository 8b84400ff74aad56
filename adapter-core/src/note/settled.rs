//! What the contract's rules did, item by item.

use super::short;
use crate::contract::Field;
use crate::value::{Arena, JsonWriter, Value};

/// A rule held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Lists from the outermost, with the item's place in each as the mapping made it (the first is 0); the last has
    /// none if it is about the list as a whole. Empty: it is about the person.
    pub items: Vec<(&'static str, Option<usize>)>,
    /// The rule's counter (`IFS02.1-R4.status`), or a problem's code.
    pub rule: &'static str,
    /// A member whose value is not what it must be.
    pub member: Option<Member>,
}

/// A member whose value is not what it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub name: &'static str,
    /// The value as JSON, shortened.
    pub value: String,
    /// What it must be.
    pub must: String,
}

/// A list that is being settled.
#[derive(Debug)]
struct Level {
    name: &'static str,
    /// How many items have come.
    come: usize,
    /// Which one it is about, if not about all.
    at: Option<usize>,
    /// Places of the items that are sent so far.
    kept: Vec<usize>,
    /// Places of those that stand twice.
    twice: Vec<usize>,
}

/// Remarks in order; and which item is being looked at.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// In order.
    pub remarks: Vec<Remark>,
    levels: Vec<Level>,
    member: Option<Member>,
}

impl Log {
    /// A list begins.
    pub fn open(&mut self, name: &'static str) {
        self.levels.push(Level { name, come: 0, at: None, kept: Vec::new(), twice: Vec::new() });
    }

    /// Its next item.
    pub fn next(&mut self) {
        if let Some(level) = self.levels.last_mut() {
            level.at = Some(level.come);
            level.come = level.come.saturating_add(1);
        }
    }

    /// The place of the item that is being looked at.
    pub fn place(&self) -> usize {
        self.levels.last().and_then(|l| l.at).unwrap_or_default()
    }

    /// The item is sent, unless a rule about several decides otherwise.
    pub fn keep(&mut self) {
        let place = self.place();
        if let Some(level) = self.levels.last_mut() {
            level.kept.push(place);
        }
    }

    /// What follows is about the item at this place, or about the whole list.
    pub fn at(&mut self, place: Option<usize>) {
        if let Some(level) = self.levels.last_mut() {
            level.at = place;
        }
    }

    /// These of the kept ones stand twice.
    pub fn twice(&mut self, which: impl Iterator<Item = usize>) {
        if let Some(level) = self.levels.last_mut() {
            level.twice = which.filter_map(|nth| level.kept.get(nth).copied()).collect();
        }
    }

    /// What follows is about the next one that stands twice.
    pub fn next_twice(&mut self) {
        if let Some(level) = self.levels.last_mut() {
            level.at = level.twice.pop();
        }
    }

    /// The list is over.
    pub fn close(&mut self) {
        self.levels.pop();
    }

    /// The value of a member is not what it must be: the next rule is about that.
    pub fn broken(&mut self, arena: &Arena, field: &Field, value: Value) {
        self.member = Some(Member { name: field.name, value: shown(arena, value), must: field.kind.words() });
    }

    /// A member or an item has a shape that ends the answer.
    pub fn wrong(&mut self, arena: &Arena, code: &'static str, name: &'static str, value: Value, must: &str) {
        self.member = Some(Member { name, value: shown(arena, value), must: must.to_owned() });
        self.fired(code);
    }

    /// A rule held.
    pub fn fired(&mut self, rule: &'static str) {
        let items = self.levels.iter().map(|l| (l.name, l.at)).collect();
        self.remarks.push(Remark { items, rule, member: self.member.take() });
    }
}

fn shown(arena: &Arena, value: Value) -> String {
    let mut w = JsonWriter::default();
    w.value(arena, value);
    short(&String::from_utf8_lossy(w.bytes()), 60)
}
