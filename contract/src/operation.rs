//! Operations, and what can be said of one.

use crate::OPERATIONS;
use crate::place::Member;
use crate::rule::Rule;
use crate::schema::{Kind, List, Object};

macro_rules! ids {
    ($($id:ident $api:literal,)+) => {
        /// An operation of the contract; its number is its place in [`OPERATIONS`].
        #[allow(missing_docs, reason = "the name says it: `Ifs02_1` is IFS02.1")]
        #[allow(non_camel_case_types, reason = "API and operation are two numbers")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum OperationId {
            $($id,)+
        }

        impl OperationId {
            /// All of them, in the contract's order.
            pub const ALL: [Self; [$(Self::$id),+].len()] = [$(Self::$id),+];
            /// How many there are.
            pub const COUNT: usize = Self::ALL.len();

            /// Number of its API, 1–9; it is served under `/ifs0n`.
            pub const fn api(self) -> u8 {
                match self {
                    $(Self::$id => $api,)+
                }
            }
        }
    };
}

ids! {
    Ifs01_1 1, Ifs01_2 1,
    Ifs02_1 2, Ifs02_2 2, Ifs02_3 2, Ifs02_4 2, Ifs02_5 2,
    Ifs03_1 3, Ifs03_2 3, Ifs03_3 3, Ifs03_4 3,
    Ifs04_1 4, Ifs04_2 4, Ifs04_3 4, Ifs04_4 4,
    Ifs05_1 5, Ifs05_2 5, Ifs05_3 5, Ifs05_4 5,
    Ifs06_1 6,
    Ifs07_1 7,
    Ifs08_1 8,
    Ifs09_1 9,
}

impl OperationId {
    /// What the contract says of it.
    pub fn operation(self) -> &'static Operation {
        // As many as there are ids; the first never stands for another, as the tables' test holds.
        let [first, ..] = OPERATIONS;
        OPERATIONS.get(self as usize).copied().unwrap_or(first)
    }

    /// `IFS02.1`.
    pub fn name(self) -> &'static str {
        self.operation().name
    }

    /// The operation of this name.
    pub fn named(name: &str) -> Option<Self> {
        crate::operation(name).map(|o| o.id)
    }
}

/// One POST operation.
#[derive(Debug)]
pub struct Operation {
    /// Which one.
    pub id: OperationId,
    /// `IFS02.1`.
    pub name: &'static str,
    /// Path after the API's, e.g. `/academic-enrollments`.
    pub path: &'static str,
    /// Whose data.
    pub about: About,
    /// What it does in the system behind.
    pub does: Does,
    /// Schema of the request's body.
    pub request: &'static Object,
    /// Schema of the 200 answer.
    pub answer: Answer,
    /// What the prose asks, by groups that several share; in the order in which it is kept.
    pub rules: &'static [&'static [Rule]],
}

/// Whose data an operation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// The institute: no student, no `person`; only what the file and the operation name.
    Institute,
    /// One student of the institute: the mapping's `student` scope holds, its `person` gives `personal_data`. Who it is
    /// these members of the request say.
    Student {
        /// The member with the tax code.
        tax_code: &'static str,
        /// The member with the key, where one may be asked for by it alone.
        key: Option<&'static str>,
    },
    /// A person whom the consumer reports, under this member; who may be unknown here, and have no tax code (IFS04.4-I2).
    Reported {
        /// The member with the person.
        person: &'static str,
    },
}

impl About {
    /// Whether it is about one person.
    pub fn one(self) -> bool {
        !matches!(self, Self::Institute)
    }
}

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// It reads.
    Reads,
    /// It changes something in the system.
    Writes,
    /// It changes one item of a list, which must be the student's own.
    Changes {
        /// The operation that answers the list.
        listed_by: OperationId,
    },
    /// It lists the institute's students, each with the fingerprint of an answer.
    Lists {
        /// The operation whose answer it is.
        answer_of: OperationId,
        /// Whom it lists, by that answer.
        picks: &'static Picks,
    },
}

/// Whom a list of students has: those of whom the answer has an item that the request's filters take.
#[derive(Debug, PartialEq, Eq)]
pub struct Picks {
    /// The number of the list in the answer.
    pub level: u8,
    /// What its filters look at, where the request has any.
    pub filters: Option<Filters>,
}

/// What the filters of a list of students look at: members and facts of the answer's items.
#[derive(Debug, PartialEq, Eq)]
pub struct Filters {
    /// When an item was made, or changed: dates of which one is enough.
    pub dates: &'static [Member],
    /// Before or after the reform; unknown counts as both.
    pub system: Member,
}

impl Does {
    /// Whether it changes something.
    pub fn writes(self) -> bool {
        matches!(self, Self::Writes | Self::Changes { .. })
    }

    /// The operation whose answer is listed, if it lists students.
    pub fn answer_of(self) -> Option<OperationId> {
        match self {
            Self::Lists { answer_of, .. } => Some(answer_of),
            Self::Reads | Self::Writes | Self::Changes { .. } => None,
        }
    }
}

/// The form of an answer.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    /// An object.
    Record(&'static Object),
    /// A list (IFS09).
    List(List),
}

impl Answer {
    /// The object it is, or that its items are.
    pub fn object(self) -> &'static Object {
        match self {
            Self::Record(object) | Self::List(List { items: object, .. }) => object,
        }
    }

    /// The schema of the person it is about, under `personal_data`.
    pub fn person(self) -> Option<&'static Object> {
        let Self::Record(object) = self else { return None };
        object.fields.iter().find_map(|field| match field.kind {
            Kind::Object(person) if field.made_by == crate::Maker::Person => Some(person),
            _ => None,
        })
    }
}

impl Operation {
    /// Whether its answer must be the same bytes however the student is asked for: fingerprints are made of it.
    pub fn is_fingerprinted(&self) -> bool {
        OPERATIONS.iter().any(|o| o.does.answer_of() == Some(self.id))
    }

    /// Whether it is asked page by page.
    pub fn is_paged(&self) -> bool {
        self.request.field("cursor").is_some()
    }

    /// Whether a student may be asked for by key alone.
    pub fn is_by_key(&self) -> bool {
        matches!(self.about, About::Student { key: Some(_), .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_id_is_the_place_of_its_operation() {
        for (at, (id, operation)) in OperationId::ALL.into_iter().zip(OPERATIONS).enumerate() {
            assert_eq!((id as usize, operation.id), (at, id));
            assert_eq!(format!("{id:?}"), operation.name.replace("IFS", "Ifs").replace('.', "_"));
            assert_eq!(operation.name.as_bytes()[4] - b'0', id.api());
            assert_eq!(OperationId::named(operation.name), Some(id));
        }
    }

    #[test]
    fn fingerprints_are_of_what_is_asked_by_key() {
        let fingerprinted: Vec<&str> = OPERATIONS.iter().filter(|o| o.is_fingerprinted()).map(|o| o.name).collect();
        let by_key: Vec<&str> = OPERATIONS.iter().filter(|o| o.is_by_key()).map(|o| o.name).collect();
        assert_eq!(
            (fingerprinted.as_slice(), by_key.as_slice()),
            (&["IFS02.1", "IFS03.1"][..], &["IFS02.1", "IFS03.1"][..])
        );
    }
}
