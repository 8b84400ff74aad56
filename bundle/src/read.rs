//! Reading a bundle back: the mirror of what the compiler writes with serde.
//!
//! At the edge serde's derived readers would be a third of the filter (184 KB), so a bundle is decoded with the engine's
//! own JSON decoder and taken apart here. A test holds the two sides together: every kind of node goes through both.
//!
//! A part is made blank first and then filled in place through [`Readable`] as a trait object, so that finding
//! members, going into lists and naming faults is written once for all types: readers that return what they read
//! are twice as large.

use crate::SortedMap;
use crate::functions::Function;
use crate::index::{
    CallIndex, LetIndex, PatternIndex, RequestIndex, SecretIndex, Slot, SystemIndex, TableIndex, TextId,
};
use crate::limits::{LIMITS, Limits};
use crate::{Bundle, Recipe};
use values::{Arena, Value};

/// Reads a bundle from its decoded plan.
///
/// # Errors
/// One sentence on what does not fit.
pub(crate) fn bundle(arena: &Arena, plan: Value) -> Result<Bundle, String> {
    let mut bundle = Bundle::blank();
    bundle.read(Node { arena, value: plan }).map_err(|fault| fault.0)?;
    Ok(bundle)
}

/// One sentence on what does not fit. Boxed: what a hundred places hand on is then one word.
#[derive(Debug)]
pub(crate) struct Fault(String);

pub(crate) type Read = Result<(), Box<Fault>>;

#[cold]
#[inline(never)]
fn fault(words: &[&str]) -> Box<Fault> {
    Box::new(Fault(words.concat()))
}

/// A place in the decoded bundle.
#[derive(Clone, Copy)]
pub(crate) struct Node<'a> {
    arena: &'a Arena,
    value: Value,
}

/// What stands in the place of a part until it is read, and stays where it may be left out and was.
pub trait Blank {
    /// The part that says nothing.
    fn blank() -> Self;
}

/// What can be read from a bundle.
pub(crate) trait Readable {
    /// Reads it from where it stands.
    fn read(&mut self, node: Node<'_>) -> Read;

    /// Whether it may be left out.
    fn optional(&self) -> bool {
        false
    }
}

impl<'a> Node<'a> {
    fn at(self, value: Value) -> Self {
        Self { value, ..self }
    }

    #[inline(never)]
    fn elements(self) -> Result<&'a [Value], Box<Fault>> {
        match self.value {
            Value::List(span) => Ok(self.arena.elements(span)),
            _ => Err(fault(&["a list is missing"])),
        }
    }

    #[inline(never)]
    fn text(self) -> Result<&'a str, Box<Fault>> {
        match self.value {
            Value::Text(text) => Ok(self.arena.text(text)),
            _ => Err(fault(&["a text is missing"])),
        }
    }

    #[inline(never)]
    fn int(self) -> Result<i64, Box<Fault>> {
        match self.value {
            Value::Int(int) => Ok(int),
            _ => Err(fault(&["a number is missing"])),
        }
    }

    #[inline(never)]
    fn members(self) -> Members<'a> {
        match self.value {
            Value::Record(span) => Members { node: self, entries: self.arena.entries(span), taken: 0, fault: None },
            _ => Members { node: self, entries: &[], taken: 0, fault: Some(fault(&["an object is missing"])) },
        }
    }

    /// A variant: its tag, and what it holds (nothing for one without content).
    #[inline(never)]
    fn variant(self) -> Result<(&'a str, Members<'a>), Box<Fault>> {
        let (tag, content) = match self.value {
            Value::Text(text) => (self.arena.text(text), self.at(Value::Null)),
            Value::Record(span) => match self.arena.entries(span) {
                [(name, value)] => (self.arena.names().get(*name), self.at(*value)),
                _ => return Err(fault(&["a variant has not one tag"])),
            },
            _ => return Err(fault(&["a variant is missing"])),
        };
        let entries = if let Value::Record(span) = content.value { self.arena.entries(span) } else { &[] };
        Ok((tag, Members { node: content, entries, taken: 0, fault: None }))
    }

    /// Which of some words stands here.
    #[inline(never)]
    fn word(self, words: &[&str]) -> Result<usize, Box<Fault>> {
        let word = self.text()?;
        words.iter().position(|w| *w == word).ok_or_else(|| fault(&[word, " is not known"]))
    }
}

/// Members of an object while they are taken out. The first fault is kept and told at the end, so that taking one is
/// a plain call.
struct Members<'a> {
    node: Node<'a>,
    entries: &'a [(u32, Value)],
    taken: usize,
    fault: Option<Box<Fault>>,
}

impl Members<'_> {
    /// Reads a member.
    #[inline(never)]
    fn take(&mut self, name: &str, into: &mut dyn Readable) {
        let names = self.node.arena.names();
        let read = match self.entries.iter().find(|(id, _)| names.get(*id) == name) {
            Some((_, value)) => {
                self.taken = self.taken.saturating_add(1);
                into.read(self.node.at(*value)).map_err(|inner| fault(&[name, ": ", &inner.0]))
            }
            None if into.optional() => Ok(()),
            None => Err(fault(&[name, " is missing"])),
        };
        self.note(read);
    }

    /// Reads the whole content of a variant that has no members of its own.
    #[inline(never)]
    fn all(&mut self, into: &mut dyn Readable) {
        self.taken = self.entries.len();
        let read = into.read(self.node);
        self.note(read);
    }

    fn note(&mut self, read: Read) {
        if self.fault.is_none() {
            self.fault = read.err();
        }
    }

    /// No member may be left over: it would be from another version.
    #[inline(never)]
    fn end(self) -> Read {
        match self.fault {
            Some(fault) => Err(fault),
            None if self.taken == self.entries.len() => Ok(()),
            None => Err(fault(&["a member is not known"])),
        }
    }
}

/// Objects: the members named, each read by its own type.
macro_rules! objects {
    ($($type:ty { $($field:ident = $name:literal),* $(,)? })*) => {
        $(impl Blank for $type {
            fn blank() -> Self {
                Self { $($field: Blank::blank()),* }
            }
        }

        impl Readable for $type {
            fn read(&mut self, node: Node<'_>) -> Read {
                let mut members = node.members();
                $(members.take($name, &mut self.$field);)*
                members.end()
            }
        })*
    };
}

/// Enums without content: one word each. Until it is read, one is the first.
macro_rules! words {
    ($($type:ty { $first:ident = $word:literal $(, $variant:ident = $words:literal)* $(,)? })*) => {
        $(impl Blank for $type {
            fn blank() -> Self {
                Self::$first
            }
        }

        impl Readable for $type {
            fn read(&mut self, node: Node<'_>) -> Read {
                let at = node.word(&[$word $(, $words)*])?;
                *self = [Self::$first $(, Self::$variant)*].get(at).copied().unwrap_or(Self::$first);
                Ok(())
            }
        })*
    };
}

/// Enums with content: for each variant its tag and what it holds, by place or as members.
macro_rules! variants {
    ($($type:ty, at first $blank:expr => {
        $($variant:ident $(($($part:ident),+))? $({ $($field:ident),+ })? = $tag:literal),+ $(,)?
    })*) => {
        $(impl Blank for $type {
            fn blank() -> Self {
                $blank
            }
        }

        impl Readable for $type {
            fn read(&mut self, node: Node<'_>) -> Read {
                let (tag, mut content) = node.variant()?;
                *self = match tag {
                    $($tag => {
                        $(
                            let mut parts = ($({ let $part = Blank::blank(); $part }),+);
                            content.all(&mut parts);
                            #[allow(unused_parens, reason = "one part alone is no tuple")]
                            let ($($part),+) = parts;
                        )?
                        $(
                            $(let mut $field = Blank::blank();)+
                            $(content.take(stringify!($field), &mut $field);)+
                        )?
                        Self::$variant $(($($part),+))? $({ $($field),+ })?
                    })+
                    _ => return Err(fault(&[tag, " is not known"])),
                };
                content.end()
            }
        })*
    };
}

/// Numbers that fit their type.
macro_rules! numbers {
    ($($type:ty)*) => {
        $(impl Blank for $type {
            fn blank() -> Self {
                0
            }
        }

        impl Readable for $type {
            fn read(&mut self, node: Node<'_>) -> Read {
                *self = Self::try_from(node.int()?).map_err(|_| fault(&["a number is out of range"]))?;
                Ok(())
            }
        })*
    };
}

numbers! { u8 u16 u32 u64 i64 }

/// Places: numbers by another name.
macro_rules! indices {
    ($($type:ident)*) => {
        $(impl Blank for $type {
            fn blank() -> Self {
                Self(0)
            }
        }

        impl Readable for $type {
            fn read(&mut self, node: Node<'_>) -> Read {
                self.0.read(node)
            }
        })*
    };
}

indices! { TextId Slot CallIndex LetIndex TableIndex SystemIndex PatternIndex SecretIndex RequestIndex }

impl Blank for String {
    fn blank() -> Self {
        Self::new()
    }
}

impl Readable for String {
    fn read(&mut self, node: Node<'_>) -> Read {
        node.text()?.clone_into(self);
        Ok(())
    }
}

impl Blank for bool {
    fn blank() -> Self {
        false
    }
}

impl Readable for bool {
    fn read(&mut self, node: Node<'_>) -> Read {
        match node.value {
            Value::Bool(b) => *self = b,
            _ => return Err(fault(&["true or false is missing"])),
        }
        Ok(())
    }

    fn optional(&self) -> bool {
        true
    }
}

impl<T> Blank for Option<T> {
    fn blank() -> Self {
        None
    }
}

impl<T: Readable + Blank> Readable for Option<T> {
    fn read(&mut self, node: Node<'_>) -> Read {
        if node.value.is_null() { Ok(()) } else { self.insert(T::blank()).read(node) }
    }

    fn optional(&self) -> bool {
        true
    }
}

impl<T: Blank> Blank for Box<T> {
    fn blank() -> Self {
        Self::new(T::blank())
    }
}

impl<T: Readable> Readable for Box<T> {
    fn read(&mut self, node: Node<'_>) -> Read {
        T::read(self, node)
    }
}

impl<T> Blank for Vec<T> {
    fn blank() -> Self {
        Self::new()
    }
}

impl<T: Readable + Blank> Readable for Vec<T> {
    fn read(&mut self, node: Node<'_>) -> Read {
        let elements = node.elements()?;
        self.reserve_exact(elements.len());
        self.resize_with(elements.len(), T::blank);
        self.iter_mut().zip(elements).try_for_each(|(part, element)| part.read(node.at(*element)))
    }

    fn optional(&self) -> bool {
        true
    }
}

impl<A: Blank, B: Blank> Blank for (A, B) {
    fn blank() -> Self {
        (A::blank(), B::blank())
    }
}

impl<A: Readable, B: Readable> Readable for (A, B) {
    fn read(&mut self, node: Node<'_>) -> Read {
        pair(node, &mut self.0, &mut self.1)
    }
}

#[inline(never)]
fn pair(node: Node<'_>, first: &mut dyn Readable, second: &mut dyn Readable) -> Read {
    match node.elements()? {
        [a, b] => first.read(node.at(*a)).and_then(|()| second.read(node.at(*b))),
        _ => Err(fault(&["a pair is missing"])),
    }
}

impl Blank for SortedMap<String, Recipe> {
    fn blank() -> Self {
        Self::default()
    }
}

impl Readable for SortedMap<String, Recipe> {
    fn read(&mut self, node: Node<'_>) -> Read {
        let mut members = node.members();
        for (name, _) in members.entries {
            let name = node.arena.names().get(*name);
            let mut operation = Recipe::blank();
            members.take(name, &mut operation);
            self.insert(name.to_owned(), operation);
        }
        members.end()
    }
}

impl Blank for Limits {
    fn blank() -> Self {
        Self::default()
    }
}

impl Readable for Limits {
    fn read(&mut self, node: Node<'_>) -> Read {
        let mut members = node.members();
        for limit in LIMITS {
            let mut value = 0;
            members.take(limit.name, &mut value);
            self.set(limit.name, value);
        }
        members.end()
    }
}

impl Blank for Function {
    fn blank() -> Self {
        Self::Size
    }
}

impl Readable for Function {
    fn read(&mut self, node: Node<'_>) -> Read {
        let name = node.text()?;
        *self = Self::named(name).ok_or_else(|| fault(&["function ", name, " is not known"]))?;
        Ok(())
    }
}

mod form;
