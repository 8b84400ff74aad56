//! The draft as canonical bytes: members in the schema's order, lists in theirs, of at most so many items.

use std::cmp::Ordering;
use std::ops::Range;

use super::draft::{Draft, Fault, Level};
use crate::contract::{Kind, Maker, Order};
use crate::problem::Code;
use crate::value::{Arena, JsonWriter, Value, compare, sorted_places};

/// Bytes that a member takes, name and all, as a guess: what is written need not move while it grows.
const ROOM: usize = 36;
/// The same, whom the answer is about.
const ROOM_OF_PERSON: usize = 128;

/// Items that are written one after the other.
#[derive(Debug, Default)]
pub(super) struct Written {
    w: JsonWriter,
    /// The item before, and where each of its members stands, with its name; nowhere if it was left out.
    last: Option<usize>,
    parts: Vec<Range<usize>>,
}

impl Level {
    /// The bytes of an item that has been written.
    pub(super) fn bytes(&self, item: usize) -> &[u8] {
        let (start, end) = self.items.get(item).map(|item| item.bytes).unwrap_or_default();
        self.written.w.bytes().get(start..end).unwrap_or_default()
    }

    /// The places of facts in a row.
    fn facts(&self) -> Vec<usize> {
        (self.object.fields.len()..self.slots.len()).collect()
    }

    /// The items that are left, as rules have arranged them.
    fn standing(&self) -> Vec<usize> {
        if self.arranged.is_empty() {
            return self.live().collect();
        }
        let live = |item: &usize| self.items.get(*item).is_some_and(|item| !item.dropped);
        self.arranged.iter().copied().filter(live).collect()
    }

    /// Items that are sent of those that stand in one outside, in their order.
    fn sent_in(&self, parent: usize) -> &[usize] {
        let all = self.sent.as_deref().unwrap_or_default();
        let outside = |item: &usize| self.parent_of(*item) as usize;
        let start = all.partition_point(|item| outside(item) < parent);
        let end = all.partition_point(|item| outside(item) <= parent);
        all.get(start..end).unwrap_or_default()
    }
}

impl Draft<'_> {
    /// Writes the answer.
    ///
    /// # Errors
    /// [`Code::LimitAnswerItems`] if a list has more items than it may have (T-24), [`Code::MappingAnswer`] if nobody
    /// has looked at its values.
    pub(super) fn write(&mut self) -> Result<Vec<u8>, Fault> {
        if self.levels.first().is_none_or(|answer| answer.items.len() != 1) {
            return Err(Code::MappingAnswer.into());
        }
        self.order_inside(0)?;
        let values: usize = self.levels.iter().map(|level| level.values.len()).sum();
        let room = values.saturating_mul(ROOM).saturating_add(ROOM_OF_PERSON);
        let mut written = Written { w: JsonWriter::with_room(room), ..Written::default() };
        if self.is_list() {
            self.inner(0, "", 0, &mut written.w);
        } else {
            self.item(0, 0, &mut written);
        }
        Ok(written.w.into_bytes())
    }

    /// Writes an item to be looked at, unless that is done.
    pub(super) fn write_item(&mut self, at: usize, item: usize) -> Result<(), Fault> {
        self.order_inside(at)?;
        self.write_one(at, item);
        Ok(())
    }

    fn write_one(&mut self, at: usize, item: usize) {
        let Some(level) = self.levels.get_mut(at) else { return };
        if level.items.get(item).is_none_or(|item| item.bytes.1 > 0) {
            return;
        }
        let mut written = std::mem::take(&mut level.written);
        let start = written.w.bytes().len();
        self.item(at, item, &mut written);
        let end = written.w.bytes().len();
        if let Some(level) = self.levels.get_mut(at) {
            level.written = written;
            if let Some(item) = level.items.get_mut(item) {
                item.bytes = (start, end);
            }
        }
    }

    /// The items that are left of a list, those in one item outside by their bytes, then by their facts.
    #[inline(never)]
    pub(super) fn by_bytes(&mut self, at: usize) -> Result<Vec<usize>, Fault> {
        self.order_inside(at)?;
        let live: Vec<usize> = self.levels.get(at).map(|level| level.live().collect()).unwrap_or_default();
        for item in &live {
            self.write_one(at, *item);
        }
        let Some(level) = self.levels.get(at) else { return Ok(Vec::new()) };
        let of = |place: usize| live.get(place).map(|item| (level.parent_of(*item), level.bytes(*item)));
        let facts = level.facts();
        let by_facts = |a: usize, b: usize| match (live.get(a), live.get(b)) {
            (Some(a), Some(b)) => by_values(self.arena, &facts, level.row(*a), level.row(*b)),
            _ => Ordering::Equal,
        };
        let order = sorted_places(live.len(), &mut |a, b| of(a).cmp(&of(b)).then_with(|| by_facts(a, b)));
        Ok(order.into_iter().filter_map(|place| live.get(place).copied()).collect())
    }

    /// Whether two items have the same facts.
    pub(super) fn same_facts(&self, at: usize, a: usize, b: usize) -> bool {
        let level = self.levels.get(at);
        level.is_some_and(|level| by_values(self.arena, &level.facts(), level.row(a), level.row(b)).is_eq())
    }

    /// Puts the lists inside the items of a list in their order.
    fn order_inside(&mut self, at: usize) -> Result<(), Fault> {
        for inner in at.saturating_add(1)..self.levels.len() {
            if self.levels.get(inner).is_some_and(|level| level.parent == at && level.sent.is_none()) {
                self.order(inner)?;
            }
        }
        Ok(())
    }

    /// Puts a list in its order.
    fn order(&mut self, at: usize) -> Result<(), Fault> {
        self.order_inside(at)?;
        let Some(level) = self.levels.get(at) else { return Ok(()) };
        let sent = match level.order {
            Order::AsMade => level.standing(),
            Order::Bytes => self.by_bytes(at)?,
            Order::By(names) => {
                let (sent, tied) = self.by_members(at, names, level.standing());
                // Only then their bytes say which is the first.
                if tied {
                    let bytes = self.by_bytes(at)?;
                    self.by_members(at, names, bytes).0
                } else {
                    sent
                }
            }
        };
        let Some(level) = self.levels.get_mut(at) else { return Ok(()) };
        let outside = |a: &usize, b: &usize| level.parent_of(*a) == level.parent_of(*b);
        let many = sent.chunk_by(outside).any(|run| run.len() > level.most);
        level.sent = Some(sent);
        if many { Err(Code::LimitAnswerItems.into()) } else { Ok(()) }
    }

    /// Items by members, those that are alike as they stood; and whether there are such.
    #[inline(never)]
    fn by_members(&self, at: usize, names: &[&str], items: Vec<usize>) -> (Vec<usize>, bool) {
        let Some(level) = self.levels.get(at).filter(|_| items.len() > 1) else { return (items, false) };
        let places: Vec<usize> = names.iter().filter_map(|name| level.object.field(name)).map(|(at, _)| at).collect();
        let of = |place: usize| items.get(place).copied().unwrap_or_default();
        let by = |a: usize, b: usize| {
            let (a, b) = (of(a), of(b));
            let outside = level.parent_of(a).cmp(&level.parent_of(b));
            outside.then_with(|| by_values(self.arena, &places, level.row(a), level.row(b)))
        };
        // A rule may have put them in this order already.
        if (1..items.len()).all(|place| by(place.saturating_sub(1), place).is_lt()) {
            return (items, false);
        }
        let order = sorted_places(items.len(), &mut |a, b| by(a, b));
        let tied = order.windows(2).any(|pair| matches!(pair, [a, b] if by(*a, *b).is_eq()));
        (order.into_iter().map(of).collect(), tied)
    }

    /// Writes an item. What it has in common with the one before is copied.
    fn item(&self, at: usize, item: usize, to: &mut Written) {
        let Some(level) = self.levels.get(at) else { return };
        let Written { w, last, parts } = to;
        let before = last.map(|item| level.row(item)).unwrap_or_default();
        let begin = parts.iter().find(|part| part.start < part.end).map(|part| part.start);
        parts.resize(level.object.fields.len(), 0..0);
        let start = w.bytes().len();
        // What is to be copied, as far as it follows each other.
        let mut run = 0..0;
        let mut values = level.row(item).iter();
        let mut before = before.iter();
        let mut end = start;
        for (slot, part) in level.slots.iter().zip(parts.iter_mut()) {
            let (value, before) = (values.next().copied().unwrap_or_default(), before.next());
            let field = slot.field;
            // A member without value is null where it may be, or must be there, else left out (GEN-8, T-19).
            if value.is_null() && !field.nullable && !field.required {
                *part = 0..0;
                continue;
            }
            // What began the item before has a brace where this one may need a comma.
            let there = part.start < part.end && (end == start || Some(part.start) != begin);
            let single = !matches!(field.kind, Kind::List(_) | Kind::Object(_));
            let again = there && single && before.is_some_and(|before| alike(value, *before));
            if there {
                if run.end != part.start {
                    w.again(run);
                    run = part.start..part.start;
                }
                // The name, with comma, quotes and colon; and the value, if it is the same.
                let name = part.start.saturating_add(field.name.len()).saturating_add(4);
                run.end = if again { part.end } else { name };
            }
            if again {
                let length = part.len();
                *part = end..end.saturating_add(length);
                end = part.end;
                continue;
            }
            w.again(std::mem::take(&mut run));
            if !there {
                w.piece(b",");
                w.member(field.name);
            }
            match field.kind {
                Kind::List(_) => self.inner(at, field.name, item, w),
                Kind::Object(_) if field.made_by == Maker::Person => self.who(w),
                // The last page's cursor is null, never "" (T-56).
                Kind::Object(_) => w.object(|w| {
                    w.member("cursor");
                    match &self.cursor {
                        Some(cursor) => w.text(cursor),
                        None => w.null(),
                    }
                }),
                _ => w.value(self.arena, value),
            }
            *part = end..w.bytes().len();
            end = part.end;
        }
        w.again(run);
        if end == start {
            w.piece(b"{");
        } else {
            w.begin(start);
        }
        w.piece(b"}");
        *last = Some(item);
    }

    /// Writes the list inside an item.
    fn inner(&self, at: usize, name: &str, item: usize, w: &mut JsonWriter) {
        let inner = self.levels.iter().enumerate().find(|(own, l)| *own > 0 && l.parent == at && l.name == name);
        w.piece(b"[");
        if let Some((own, level)) = inner {
            let mut written = Written { w: std::mem::take(w), ..Written::default() };
            for (nth, item) in level.sent_in(item).iter().enumerate() {
                if nth > 0 {
                    written.w.piece(b",");
                }
                match level.bytes(*item) {
                    [] => self.item(own, *item, &mut written),
                    bytes => written.w.piece(bytes),
                }
            }
            *w = written.w;
        }
        w.piece(b"]");
    }

    /// Writes whom it is about; what has no value is left out (T-15).
    fn who(&self, w: &mut JsonWriter) {
        w.object(|w| {
            let Some(person) = &self.person else { return };
            for (field, value) in person.object.fields.iter().zip(person.row(0)).filter(|(_, v)| !v.is_null()) {
                w.member(field.name);
                w.value(self.arena, *value);
            }
        });
    }
}

/// Whether two values are the same one; two that are only equal may be written as one, and need not.
fn alike(a: Value, b: Value) -> bool {
    match (a, b) {
        (Value::Null, Value::Null) => true,
        (Value::Text(a), Value::Text(b)) => (a.segment, a.start, a.len) == (b.segment, b.start, b.len),
        (Value::Int(a), Value::Int(b)) => a == b,
        _ => false,
    }
}

/// The order of two items by some of their members; what has no value comes last.
#[inline(never)]
fn by_values(arena: &Arena, places: &[usize], a: &[Value], b: &[Value]) -> Ordering {
    let orders = places.iter().map(|at| match (a.get(*at), b.get(*at)) {
        (Some(Value::Null) | None, Some(Value::Null) | None) => Ordering::Equal,
        (Some(Value::Null) | None, _) => Ordering::Greater,
        (_, Some(Value::Null) | None) => Ordering::Less,
        (Some(Value::Text(a)), Some(Value::Text(b))) => arena.text(*a).cmp(arena.text(*b)),
        (Some(a), Some(b)) => compare(arena, *a, *b).unwrap_or(Ordering::Equal),
    });
    orders.fold(Ordering::Equal, Ordering::then)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Kept, Member, Object, operations};
    use crate::settle::rules::tests::{OFFER, of_institute};

    /// What is copied of the item before stands under its own name, whichever members came before it.
    #[test]
    fn items_share_what_they_share_and_nothing_else() {
        let items = [
            r#"{"programme_type_code":"LT","course_area":"a","degree_course_code":"1","total_credits":180}"#,
            r#"{"course_area":"b","degree_course_code":"1","total_credits":180}"#,
            r#"{"programme_type_code":"LT","course_area":"a","degree_course_code":"2","total_credits":180}"#,
            r#"{"degree_course_code":"2","total_credits":180}"#,
            r#"{"programme_type_code":"LT","total_credits":180}"#,
            r#"{"total_credits":180}"#,
            r#"{"total_credits":181}"#,
        ];
        let mut sorted = items;
        sorted.sort_unstable();
        let known = format!(r#"{{"degree_courses":[{}],"meta":{{"cursor":null}}}}"#, sorted.join(","));
        assert_eq!(of_institute(OFFER, &format!("[{}]", items.join(","))).0.unwrap(), known);
        let turned: Vec<&str> = items.into_iter().rev().collect();
        assert_eq!(of_institute(OFFER, &format!("[{}]", turned.join(","))).0.unwrap(), known);
    }

    /// Names are written as they stand.
    #[test]
    fn members_have_names_that_need_no_escape() {
        let mut seen = 0;
        for operation in operations() {
            operation.answer.object().each(&mut |object| {
                for field in object.fields {
                    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
                    assert!(field.name.bytes().all(plain), "{}", field.name);
                    seen += 1;
                }
            });
        }
        assert!(seen > 30, "{seen}");
    }

    /// Objects inside are the person and the block of pages; there is no other to write.
    #[test]
    fn what_is_inside_is_person_pages_or_lists() {
        // What lists students is not written of a draft.
        for operation in operations().filter(|o| o.does.answer_of().is_none()) {
            operation.answer.object().each(&mut |object| {
                for field in object.fields.iter().filter(|field| matches!(field.kind, Kind::Object(_))) {
                    assert!(matches!(field.made_by, Maker::Person | Maker::Pages), "{}", field.name);
                }
            });
        }
    }

    /// A member that must be there and may not be null is asked for by a rule, or an item could be sent without it.
    #[test]
    fn what_an_item_must_have_a_rule_asks_for() {
        for operation in operations() {
            let lists = |object: &'static Object| object.fields.iter().filter_map(|f| f.list()).map(|l| l.items);
            let mut items: Vec<&'static Object> = lists(operation.answer.object()).collect();
            while let Some(object) = items.pop() {
                items.extend(lists(object));
                let musts = (0..)
                    .map(Member)
                    .zip(object.fields)
                    .filter(|(_, f)| f.required && !f.nullable && f.list().is_none());
                for (member, field) in musts {
                    let asked = operation.rules().any(|rule| match rule.kept {
                        Kept::Drop { list, but } => std::ptr::eq(list.items, object) && !but.contains(&member),
                        Kept::Whole { list, .. } => std::ptr::eq(list.items, object),
                        Kept::Needs { list, member: asked } => std::ptr::eq(list.items, object) && asked == member,
                        _ => false,
                    });
                    assert!(asked, "{}: {}", operation.name, field.name);
                }
            }
        }
    }
}
