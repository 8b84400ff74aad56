//! Schemas: the part of OpenAPI that the contract uses, and what this adapter has to know besides.

use crate::patterns::Pattern;

/// An object; members not listed are forbidden (`additionalProperties: false` everywhere in the contract).
#[derive(Debug)]
pub struct Object {
    /// The schema's name upstream.
    pub name: &'static str,
    /// Members in declaration order, which is also the canonical order.
    pub fields: &'static [Field],
    /// What a rule of the contract must know and the answer has no member for; names begin with `_`. The mapping
    /// writes them beside the members, and they never leave. One that is `required` must be written, and an item for
    /// which it has no value is outside what the rule lets through.
    pub facts: &'static [Field],
    /// Whether upstream lets a whole answer of it be null. None ever is (T-08).
    pub or_null: bool,
}

/// A member of an object.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it is always there: in the schema's `required`, or needed by a rule (then [`Unlike`] says which).
    pub required: bool,
    /// Whether it may be null.
    pub nullable: bool,
    /// Whether it may say something about one person. What depends on it is kept out of caches.
    pub personal: bool,
    /// Who makes it.
    pub made_by: Maker,
    /// Where it departs from the upstream schema, and why.
    pub unlike: Option<Unlike>,
    /// What upstream writes beside that means nothing (T-37).
    pub quirk: Option<Quirk>,
}

/// What a member may hold. Lengths are in characters (T-42).
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A string.
    Text {
        /// Fewest characters.
        min: usize,
        /// Most characters; `usize::MAX` if the schema names none.
        max: usize,
        /// Pattern it must match.
        pattern: Option<Pattern>,
    },
    /// One of these strings.
    Enum(&'static [&'static str]),
    /// A whole number.
    Int {
        /// Least.
        min: i64,
        /// Greatest.
        max: i64,
    },
    /// A number, with or without digits after the point.
    Number {
        /// Least.
        min: i64,
        /// Greatest.
        max: i64,
    },
    /// True or false.
    Bool,
    /// A calendar date, `YYYY-MM-DD`.
    Date,
    /// An instant, `YYYY-MM-DDTHH:MM:SSZ`.
    DateTime,
    /// The calendar year in which an academic year begins, as a number or as the academic year (`2023/2024`). Facts only.
    Year,
    /// A page cursor: 1–512 characters, opaque; made and read by the engine alone.
    Cursor,
    /// An object.
    Object(&'static Object),
    /// A list of objects.
    List(List),
}

/// A list of objects.
#[derive(Clone, Copy, Debug)]
pub struct List {
    /// Its items.
    pub items: &'static Object,
    /// Most items; none if the schema names none (T-24).
    pub max: Option<usize>,
    /// Whether an item may be null. None is ever sent.
    pub nulls: bool,
    /// In what order they are sent.
    pub order: Order,
}

/// The order of a list: the order of the system's rows must not show where answers are compared by their bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// By the canonical bytes of its items.
    Bytes,
    /// By these members, then by bytes.
    By(&'static [&'static str]),
    /// As it was made.
    AsMade,
}

/// Who makes a member. A mapping writes only what is its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maker {
    /// The mapping's answer; in a request, the consumer.
    Mapping,
    /// The mapping's `student.person`.
    Person,
    /// The engine: pages and their cursors.
    Pages,
    /// The engine, by the rule of this id.
    Rule(&'static str),
}

/// Where a member departs from the upstream schema; the text says why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlike {
    /// It is required here alone.
    Required(&'static str),
    /// It is nullable upstream alone.
    NotNull(&'static str),
    /// It is nullable here alone.
    Null(&'static str),
    /// Fewer values are sent than upstream allows.
    Narrower(&'static str),
}

/// What upstream writes at a member without meaning anything by it. Only who prints or compares schemas needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quirk {
    /// A pattern on a date: `^\d{4}-\d{2}-\d{2}$`.
    DatePattern,
    /// The same, as `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`.
    DateDigits,
    /// A date as a text of ten characters, without `format`.
    DateLength,
    /// A pattern on a number: `^\d{1,2}$`.
    NumberPattern,
    /// A number of 64 bits.
    Wide,
    /// `null` among the words.
    NullWord,
    /// A list without further members.
    Closed,
}

impl Object {
    /// The object without members: what stands around an answer that is a list.
    pub const NONE: &'static Self = &object("", &[]);

    /// A member by its name, with its place.
    #[inline(never)]
    pub fn field(&self, name: &str) -> Option<(usize, &'static Field)> {
        self.fields.iter().enumerate().find(|(_, f)| f.name == name)
    }

    /// A fact by its name.
    pub fn fact(&self, name: &str) -> Option<&'static Field> {
        self.facts.iter().find(|f| f.name == name)
    }

    /// The same, with facts.
    pub(crate) const fn facts(mut self, facts: &'static [Field]) -> Self {
        self.facts = facts;
        self
    }

    /// The same; upstream lets a whole answer of it be null.
    pub(crate) const fn or_null(mut self) -> Self {
        self.or_null = true;
        self
    }

    /// The object and those inside, outermost first.
    pub fn each(&'static self, visit: &mut dyn FnMut(&'static Self)) {
        visit(self);
        for field in self.fields {
            if let Kind::Object(inner) | Kind::List(List { items: inner, .. }) = field.kind {
                inner.each(visit);
            }
        }
    }
}

/// An object without facts.
pub(crate) const fn object(name: &'static str, fields: &'static [Field]) -> Object {
    Object { name, fields, facts: &[], or_null: false }
}

/// A list that is sent by bytes.
pub(crate) const fn items(items: &'static Object) -> List {
    List { items, max: None, nulls: false, order: Order::Bytes }
}

impl List {
    /// The same, of at most so many items.
    pub(crate) const fn most(mut self, max: usize) -> Self {
        self.max = Some(max);
        self
    }

    /// The same, where an item may be null.
    pub(crate) const fn or_null(mut self) -> Self {
        self.nulls = true;
        self
    }

    /// The same, in this order.
    pub(crate) const fn in_order(mut self, order: Order) -> Self {
        self.order = order;
        self
    }
}

/// A string; lengths in characters.
pub(crate) const fn text(name: &'static str, min: usize, max: usize) -> Field {
    Field::new(name, Kind::Text { min, max, pattern: None })
}

/// A string of any length in a form.
pub(crate) const fn form(name: &'static str, pattern: Pattern) -> Field {
    text(name, 0, usize::MAX).pattern(pattern)
}

/// One of a few strings.
pub(crate) const fn word(name: &'static str, words: &'static [&'static str]) -> Field {
    Field::new(name, Kind::Enum(words))
}

/// A whole number.
pub(crate) const fn int(name: &'static str, min: i64, max: i64) -> Field {
    Field::new(name, Kind::Int { min, max })
}

/// A number.
pub(crate) const fn number(name: &'static str, min: i64, max: i64) -> Field {
    Field::new(name, Kind::Number { min, max })
}

/// True or false.
pub(crate) const fn truth(name: &'static str) -> Field {
    Field::new(name, Kind::Bool)
}

/// A date.
pub(crate) const fn date(name: &'static str) -> Field {
    Field::new(name, Kind::Date)
}

/// An academic year, of a fact.
pub(crate) const fn year(name: &'static str) -> Field {
    Field::new(name, Kind::Year)
}

/// The cursor of a page.
pub(crate) const CURSOR: Field = Field::new("cursor", Kind::Cursor).nullable().made_by(Maker::Pages);

/// An object inside.
pub(crate) const fn record(name: &'static str, object: &'static Object) -> Field {
    Field::new(name, Kind::Object(object))
}

/// A list inside.
pub(crate) const fn list(name: &'static str, list: List) -> Field {
    Field::new(name, Kind::List(list))
}

impl Field {
    pub(crate) const fn new(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            kind,
            required: false,
            nullable: false,
            personal: false,
            made_by: Maker::Mapping,
            unlike: None,
            quirk: None,
        }
    }

    pub(crate) const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Required here, though not upstream.
    pub(crate) const fn required_by(mut self, why: &'static str) -> Self {
        self.required = true;
        self.unlike = Some(Unlike::Required(why));
        self
    }

    pub(crate) const fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    /// Not nullable here, though upstream.
    pub(crate) const fn never_null(mut self, why: &'static str) -> Self {
        self.nullable = false;
        self.unlike = Some(Unlike::NotNull(why));
        self
    }

    /// Nullable here, though not upstream.
    pub(crate) const fn null_too(mut self, why: &'static str) -> Self {
        self.nullable = true;
        self.unlike = Some(Unlike::Null(why));
        self
    }

    /// Held to more than upstream asks.
    pub(crate) const fn narrower(mut self, why: &'static str) -> Self {
        self.unlike = Some(Unlike::Narrower(why));
        self
    }

    pub(crate) const fn pattern(mut self, pattern: Pattern) -> Self {
        if let Kind::Text { min, max, .. } = self.kind {
            self.kind = Kind::Text { min, max, pattern: Some(pattern) };
        }
        self
    }

    pub(crate) const fn personal(mut self) -> Self {
        self.personal = true;
        self
    }

    pub(crate) const fn made_by(mut self, maker: Maker) -> Self {
        self.made_by = maker;
        self
    }

    pub(crate) const fn quirk(mut self, quirk: Quirk) -> Self {
        self.quirk = Some(quirk);
        self
    }

    /// The list it holds, if it holds one.
    pub fn list(&self) -> Option<List> {
        match self.kind {
            Kind::List(list) => Some(list),
            _ => None,
        }
    }

    /// Whether it is required upstream.
    pub fn required_upstream(&self) -> bool {
        self.required && !matches!(self.unlike, Some(Unlike::Required(_)))
    }

    /// Whether it is nullable upstream.
    pub fn nullable_upstream(&self) -> bool {
        match self.unlike {
            Some(Unlike::NotNull(_)) => true,
            Some(Unlike::Null(_)) => false,
            _ => self.nullable,
        }
    }
}
