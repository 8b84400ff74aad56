//! Where a rule looks: a list of an answer, and a member or fact of its items. Both are found while this is compiled, so
//! that a row that names what is not there is an error of the compiler and no rule that never holds.

use crate::schema::{Field, Kind, Object};

/// A list of an answer.
#[derive(Clone, Copy, Debug)]
pub struct At {
    /// Its number: lists in the schema's order, each before those in its items. 0 is the answer itself.
    pub level: u8,
    /// The members on its way, `proof_education_course/learnings`.
    pub path: &'static str,
    /// Its items.
    pub items: &'static Object,
}

/// A member or a fact of the items of a list: its place, facts after members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member(pub u8);

impl At {
    /// The first list of an operation's answer.
    pub fn first_of(operation: &crate::Operation) -> Option<Self> {
        let list = |field: &&'static Field| matches!(field.kind, Kind::List(_));
        let field = operation.answer.object().fields.iter().find(list)?;
        field.list().map(|list| Self { level: 1, path: field.name, items: list.items })
    }

    /// A member or a fact of its items.
    pub(crate) const fn member(self, name: &str) -> Member {
        member(self.items, name)
    }
}

/// A member or a fact of an object.
#[allow(clippy::panic, reason = "only while it is compiled: rows are statics")]
pub(crate) const fn member(object: &'static Object, name: &str) -> Member {
    let (mut fields, mut facts, mut place) = (object.fields, object.facts, 0_u8);
    loop {
        let field = match fields {
            [] => match facts {
                [] => panic!("no such member"),
                [fact, rest @ ..] => {
                    facts = rest;
                    fact
                }
            },
            [field, rest @ ..] => {
                fields = rest;
                field
            }
        };
        if same(field.name, name) {
            return Member(place);
        }
        place = place.saturating_add(1);
    }
}

impl Member {
    /// The member or fact that it is of an object.
    pub fn of(self, object: &'static Object) -> Option<&'static Field> {
        object.fields.iter().chain(object.facts).nth(usize::from(self.0))
    }
}

/// The list that an answer itself is.
pub(crate) const fn root(items: &'static Object) -> At {
    At { level: 1, path: "", items }
}

/// The list of an answer that stands at the end of these members.
#[allow(clippy::panic, reason = "only while it is compiled: rows are statics")]
pub(crate) const fn at(answer: &'static Object, path: &'static str) -> At {
    match find(answer, path.as_bytes(), 0) {
        Some((level, items)) => At { level, path, items },
        None => panic!("no such list"),
    }
}

const fn find(object: &'static Object, path: &[u8], before: u8) -> Option<(u8, &'static Object)> {
    let (mut fields, mut level) = (object.fields, before);
    while let [field, rest @ ..] = fields {
        if let Kind::List(list) = field.kind {
            level = level.saturating_add(1);
            match after(path, field.name.as_bytes()) {
                Some([]) => return Some((level, list.items)),
                Some([b'/', path @ ..]) => return find(list.items, path, level),
                _ => level = level.saturating_add(lists(list.items)),
            }
        }
        fields = rest;
    }
    None
}

/// How many lists there are in an object, those in their items too.
const fn lists(object: &'static Object) -> u8 {
    let (mut fields, mut count) = (object.fields, 0_u8);
    while let [field, rest @ ..] = fields {
        if let Kind::List(list) = field.kind {
            count = count.saturating_add(1).saturating_add(lists(list.items));
        }
        fields = rest;
    }
    count
}

/// What follows a beginning.
const fn after<'t>(mut text: &'t [u8], mut beginning: &[u8]) -> Option<&'t [u8]> {
    while let [first, rest @ ..] = beginning {
        match text {
            [byte, tail @ ..] if *byte == *first => text = tail,
            _ => return None,
        }
        beginning = rest;
    }
    Some(text)
}

const fn same(a: &str, b: &str) -> bool {
    matches!(after(a.as_bytes(), b.as_bytes()), Some([]))
}
