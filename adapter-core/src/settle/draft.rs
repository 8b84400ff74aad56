//! An answer while its rules are kept: the items of each list, with their members and facts by place.

use super::log::Log;
use super::write::Written;
use crate::contract::{Answer, At, Field, Kind, List, Maker, Member, Object, Order};
use crate::problem::{Code, Problem};
use crate::value::{Arena, NameId, Value};

/// Where something stands in a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    /// The list's number; [`PERSON`] is the person.
    pub level: u8,
    /// The item, by its place in the list's rows; [`ALL`] of the list as a whole.
    pub item: u32,
    /// The member, if it is about one.
    pub member: Option<Member>,
}

/// The number of the person among lists.
pub(crate) const PERSON: u8 = u8::MAX;
/// The place of no item.
pub(crate) const ALL: u32 = u32::MAX;

/// Lists that most answers have, with themselves.
const LEVELS: usize = 4;

/// What ends an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// What it is answered with.
    pub code: Code,
    /// The value that is of another shape: a member's, or an item itself.
    pub spot: Option<Spot>,
}

impl From<Code> for Fault {
    fn from(code: Code) -> Self {
        Self { code, spot: None }
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        fault.code.into()
    }
}

/// A member or fact of a list's items.
#[derive(Debug)]
pub(super) struct Slot {
    /// What it is.
    pub field: &'static Field,
    /// Its name in the exchange; none if nothing has it, or if it is not the mapping's to write.
    name: Option<NameId>,
    /// Where it stood in the record before: records of one list are made by one tree.
    entry: usize,
    /// What the mapping made of it for the item before.
    pub before: Value,
}

/// An item.
#[derive(Clone, Debug, Default)]
pub(crate) struct Item {
    /// The item of the list outside that it stands in.
    pub parent: u32,
    /// A rule has left it out.
    pub(super) dropped: bool,
    /// Its canonical bytes among those of the list; empty if it has not been written.
    pub(super) bytes: (usize, usize),
}

/// The items of a list, whatever they stand in; those of one item outside follow each other, as the mapping has them.
#[derive(Debug)]
pub(crate) struct Level {
    /// The member that the list stands under.
    pub name: &'static str,
    /// The list outside.
    pub parent: usize,
    /// The schema of its items.
    pub object: &'static Object,
    /// Most items, and their order.
    pub(super) most: usize,
    pub(super) order: Order,
    pub(super) slots: Vec<Slot>,
    /// Members and facts of all items, as many for each as there are slots. A list counts its items, or is null.
    pub(super) values: Vec<Value>,
    /// All, those that were left out too.
    pub items: Vec<Item>,
    /// Items that have been written to be compared.
    pub(super) written: Written,
    /// Items in the order in which a rule has put them, those that it left out too.
    pub(super) arranged: Vec<usize>,
    /// Items that are sent, in their order, once that is known.
    pub(super) sent: Option<Vec<usize>>,
}

/// An answer while its rules are kept.
#[derive(Debug)]
pub(crate) struct Draft<'d> {
    /// The exchange's values.
    pub arena: &'d mut Arena,
    /// Lists by number; the first is the answer itself, with one item.
    pub levels: Vec<Level>,
    /// The person, if the answer names one.
    pub person: Option<Level>,
    /// Person and answer as the mapping made them.
    pub made: (Value, Value),
    /// Where the next page is, if the answer is one of several.
    pub cursor: Option<String>,
    /// A list in which nothing is sent, by its number.
    pub(super) closed: Option<u8>,
}

/// What makes a member of an item: from its place, its members and facts.
pub(super) type Making<'m> = dyn FnMut(&Arena, usize, &[Value]) -> Option<Value> + 'm;

/// What a rule says of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is sent.
    Keep,
    /// It is sent, and the rule did this.
    Note(u8),
    /// It is left out: the rule did this, for want of a member.
    Drop(u8, Option<Member>),
}

impl Level {
    #[inline(never)]
    fn new(arena: &Arena, name: &'static str, parent: usize, list: List) -> Self {
        let object = list.items;
        let slot = |field: &'static Field| Slot {
            field,
            name: arena.names().find(field.name).filter(|_| field.made_by == Maker::Mapping),
            entry: 0,
            before: Value::Null,
        };
        Self {
            name,
            parent,
            object,
            most: list.max.unwrap_or(usize::MAX),
            order: list.order,
            slots: object.fields.iter().chain(object.facts).map(slot).collect(),
            values: Vec::new(),
            items: Vec::new(),
            written: Written::default(),
            arranged: Vec::new(),
            sent: None,
        }
    }

    /// Members and facts of an item.
    pub fn row(&self, item: usize) -> &[Value] {
        let start = item.saturating_mul(self.slots.len());
        self.values.get(start..).and_then(|rest| rest.get(..self.slots.len())).unwrap_or_default()
    }

    /// A member or fact of an item; null if it has none.
    pub fn value(&self, item: usize, member: Member) -> Value {
        value(self.row(item), member)
    }

    /// Items that no rule has left out.
    pub fn live(&self) -> impl Iterator<Item = usize> + '_ {
        self.items.iter().enumerate().filter(|(_, item)| !item.dropped).map(|(at, _)| at)
    }

    /// The item outside of an item.
    pub fn parent_of(&self, item: usize) -> u32 {
        self.items.get(item).map_or(ALL, |item| item.parent)
    }

    /// Leaves an item out.
    pub fn drop(&mut self, item: usize) {
        if let Some(item) = self.items.get_mut(item) {
            item.dropped = true;
        }
    }

    /// Puts a value in the place of an item's member.
    pub fn set(&mut self, item: usize, member: usize, value: Value) {
        let at = item.saturating_mul(self.slots.len()).saturating_add(member);
        if let Some(place) = self.values.get_mut(at) {
            *place = value;
        }
    }
}

/// A member or fact among those of an item.
pub(super) fn value(row: &[Value], member: Member) -> Value {
    row.get(usize::from(member.0)).copied().unwrap_or_default()
}

/// The place of an item, as it is noted.
pub(super) fn noted(level: u8, item: usize, member: Option<Member>) -> Spot {
    Spot { level, item: u32::try_from(item).unwrap_or(ALL), member }
}

impl<'d> Draft<'d> {
    /// What a mapping made, before any rule. An answer that is a list stands in an item without members.
    pub fn new(arena: &'d mut Arena, answer: Answer, person: Value, made: Value) -> Self {
        let alone = |items| List { items, max: None, nulls: false, order: Order::AsMade };
        let mut levels = Vec::with_capacity(LEVELS);
        match answer {
            Answer::Record(object) => {
                levels.push(Level::new(arena, "", 0, alone(object)));
                nest(arena, &mut levels, 0, object);
            }
            Answer::List(list) => {
                levels.push(Level::new(arena, "", 0, alone(Object::NONE)));
                levels.push(Level::new(arena, "", 0, list));
                nest(arena, &mut levels, 1, list.items);
            }
        }
        let who = answer.person().map(|object| Level::new(arena, "personal_data", 0, alone(object)));
        Self { arena, levels, person: who, made: (person, made), cursor: None, closed: None }
    }

    /// Whether the answer is a list.
    pub fn is_list(&self) -> bool {
        self.levels.first().is_some_and(|answer| answer.object.fields.is_empty())
    }

    /// A list, with the exchange's values.
    ///
    /// # Errors
    /// [`Code::MappingAnswer`] if the answer has not as many.
    #[inline(never)]
    pub(super) fn list(&mut self, at: At) -> Result<(&mut Level, &Arena), Fault> {
        let level = self.levels.get_mut(usize::from(at.level)).ok_or(Code::MappingAnswer)?;
        Ok((level, self.arena))
    }

    /// Asks a rule of each item that is there still.
    #[inline(never)]
    pub(super) fn judge(
        &mut self,
        at: At,
        log: &mut Log,
        of: &mut dyn FnMut(&Arena, &[Value]) -> Fate,
    ) -> Result<(), Fault> {
        let (level, arena) = self.list(at)?;
        let rows = level.values.chunks_exact(level.slots.len().max(1));
        for (place, (item, row)) in level.items.iter_mut().zip(rows).enumerate() {
            if item.dropped {
                continue;
            }
            match of(arena, row) {
                Fate::Keep => {}
                Fate::Note(what) => log.note(what, noted(at.level, place, None)),
                Fate::Drop(what, member) => {
                    item.dropped = true;
                    log.note(what, noted(at.level, place, member));
                }
            }
        }
        Ok(())
    }

    /// Makes a member of each item that is there still; null where nothing is made.
    #[inline(never)]
    pub(super) fn make(&mut self, at: At, member: Member, of: &mut Making<'_>) -> Result<(), Fault> {
        let (level, arena) = self.list(at)?;
        for item in 0..level.items.len() {
            if level.items.get(item).is_some_and(|item| !item.dropped) {
                let made = of(arena, item, level.row(item)).unwrap_or_default();
                level.set(item, usize::from(member.0), made);
            }
        }
        Ok(())
    }

    /// Counts in each item of a list what is left of the lists inside; none is null, as any member without value.
    #[inline(never)]
    pub(super) fn count(&mut self, at: At) {
        let Some((before, inside)) = self.levels.split_at_mut_checked(usize::from(at.level).saturating_add(1)) else {
            return;
        };
        let Some(level) = before.last_mut() else { return };
        for inner in inside.iter().filter(|inner| inner.parent == usize::from(at.level)) {
            let Some((member, _)) = level.object.field(inner.name) else { continue };
            for item in 0..level.items.len() {
                level.set(item, member, Value::Null);
            }
            for item in inner.live() {
                let parent = inner.parent_of(item) as usize;
                let count = match level.row(parent).get(member) {
                    Some(Value::Int(count)) => *count,
                    _ => 0,
                };
                level.set(parent, member, Value::Int(count.saturating_add(1)));
            }
        }
    }
}

/// The lists in an object, each before those in its items.
fn nest(arena: &Arena, levels: &mut Vec<Level>, parent: usize, object: &'static Object) {
    for field in object.fields {
        if let Kind::List(list) = field.kind {
            let own = levels.len();
            levels.push(Level::new(arena, field.name, parent, list));
            nest(arena, levels, own, list.items);
        }
    }
}

impl Slot {
    /// The value of a member in a record that a mapping made.
    pub fn raw(&mut self, entries: &[(NameId, Value)]) -> Value {
        let Some(name) = self.name else { return Value::Null };
        match entries.get(self.entry) {
            Some((known, value)) if *known == name => *value,
            _ => {
                let at = entries.iter().position(|(known, _)| *known == name);
                self.entry = at.unwrap_or(self.entry);
                at.and_then(|at| entries.get(at)).map(|(_, value)| *value).unwrap_or_default()
            }
        }
    }
}
