//! Types of expressions, and where a system's values come from.

use std::rc::Rc;

/// A type. Null fits every one.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Ty {
    /// Something was wrong and has been reported; nothing more is said about it.
    Unknown,
    /// Null and nothing else.
    Null,
    /// True or false.
    Bool,
    /// A whole number.
    Int,
    /// A whole number or a decimal.
    Number,
    /// Text.
    Text,
    /// A date.
    Date,
    /// A value of a system, whatever it is; with the places it may come from.
    Dyn(Vec<Origin>),
    /// A list.
    List(Box<Ty>),
    /// A record of the mapping's own; with the blocks it may come from.
    Record(Rc<Vec<(String, Ty)>>, Vec<Origin>),
    /// A row of one of these tables.
    Row(Vec<usize>),
    /// What `indexBy` gives.
    Index(Box<Ty>),
}

/// Where a value comes from: which members of which call's answer lead to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// All that a call gave.
    Call(usize),
    /// What a call with a loop gave for one element.
    Hung(usize),
    /// An answer looked at in a call's `failures` or `take`.
    CallBody(usize),
    /// `result` or `fault.detail` of a SOAP answer looked at there.
    CallResult(usize),
    /// An answer looked at in a system's `failures` or `next`.
    SystemBody(usize),
    /// `result` or `fault.detail` of a SOAP answer looked at there.
    SystemResult(usize),
    /// A document inside a text, by its place among those.
    Parsed(usize),
    /// A turn of a block.
    Block(usize),
    /// An element of a list.
    Element(Rc<Origin>),
    /// A member of a record.
    Member(Rc<Origin>, Rc<str>),
    /// Any of a record's members, whose names only the data knows.
    Value(Rc<Origin>),
}

impl Origin {
    /// An element of this list. What a looping call gave, all together, has the elements of what it gave each time.
    pub(super) fn element(&self) -> Self {
        match self {
            Self::Hung(call) => Self::Element(Rc::new(Self::Call(*call))),
            other => Self::Element(Rc::new(other.clone())),
        }
    }

    /// As an element: one record for one loop element is an element of the call's results.
    pub(super) fn as_element(&self) -> Self {
        match self {
            Self::Hung(_) => self.element(),
            other => other.clone(),
        }
    }
}

impl Ty {
    /// A value of a system of which nothing is known.
    pub(super) const fn any() -> Self {
        Self::Dyn(Vec::new())
    }

    /// How people call it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Unknown | Self::Dyn(_) => "a value",
            Self::Null => "null",
            Self::Bool => "true or false",
            Self::Int => "a whole number",
            Self::Number => "a number",
            Self::Text => "a text",
            Self::Date => "a date",
            Self::List(_) => "a list",
            Self::Record(..) => "a record",
            Self::Row(_) => "a table's row",
            Self::Index(_) => "an index",
        }
    }

    /// Where records of this type come from.
    pub(super) fn origins(&self) -> &[Origin] {
        match self {
            Self::Dyn(origins) | Self::Record(_, origins) => origins,
            _ => &[],
        }
    }

    /// The type of its elements; none if it cannot be iterated.
    pub(super) fn element(&self) -> Option<Self> {
        match self {
            Self::Unknown => Some(Self::Unknown),
            Self::Null => Some(Self::Null),
            Self::List(element) => Some((**element).clone()),
            Self::Dyn(origins) => Some(Self::Dyn(origins.iter().map(Origin::element).collect())),
            _ => None,
        }
    }

    /// One type for values that may be of either.
    pub(super) fn join(self, other: Self) -> Self {
        match (self, other) {
            (a, b) if a == b => a,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Null, b) => b,
            (a, Self::Null) => a,
            (Self::Int | Self::Number, Self::Int | Self::Number) => Self::Number,
            (Self::List(a), Self::List(b)) => Self::List(Box::new(a.join(*b))),
            (Self::Index(a), Self::Index(b)) => Self::Index(Box::new(a.join(*b))),
            (Self::Row(mut a), Self::Row(b)) => {
                a.extend(b);
                a.sort_unstable();
                a.dedup();
                Self::Row(a)
            }
            (Self::Dyn(mut a), Self::Dyn(b)) => {
                a.extend(b);
                a.sort_unstable();
                a.dedup();
                Self::Dyn(a)
            }
            (Self::Record(a, mut x), Self::Record(b, y)) if a == b => {
                x.extend(y);
                Self::Record(a, x)
            }
            (Self::Dyn(a), _) | (_, Self::Dyn(a)) => Self::Dyn(a),
            _ => Self::any(),
        }
    }

    /// What it can be compared with; none if that is only known from the data.
    pub(super) fn class(&self) -> Option<&'static str> {
        Some(match self {
            Self::Unknown | Self::Null | Self::Dyn(_) => return None,
            Self::Bool => "true or false",
            Self::Int | Self::Number => "a number",
            Self::Text => "a text",
            Self::Date => "a date",
            Self::List(_) => "a list",
            Self::Record(..) | Self::Index(_) => "a record",
            Self::Row(_) => "a table's row",
        })
    }

    /// Whether a value of it can be written as text.
    pub(super) fn is_scalar(&self) -> bool {
        !matches!(self, Self::List(_) | Self::Record(..) | Self::Row(_) | Self::Index(_))
    }
}
