//! Operations of the national contract: what each does with the system, and the requests of those that the engine does
//! not serve yet (contract 2.1.0).

use adapter_core::contract::{self, Field, Kind, Object, Operation, Scope, Settle};

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Does {
    /// It reads.
    Reads,
    /// It changes something in the system.
    Writes,
    /// It changes one item of the list that this operation answers, which must be the student's own.
    ChangesItem(&'static str),
    /// It lists students with the fingerprint of what this operation answers.
    Lists(&'static str),
}

impl Does {
    /// Whether it changes something.
    pub(super) fn writes(self) -> bool {
        matches!(self, Self::Writes | Self::ChangesItem(_))
    }
}

/// An operation that this version does not serve.
#[derive(Debug)]
pub(super) struct Planned {
    /// As far as the contract is known here: its answer is not.
    pub contract: Operation,
    /// What it does.
    pub does: Does,
}

/// Ids of all operations of the contract (version 2.1.0).
pub(super) const ALL: &[&str] = &[
    "IFS01.1", "IFS01.2", "IFS02.1", "IFS02.2", "IFS02.3", "IFS02.4", "IFS02.5", "IFS03.1", "IFS03.2", "IFS03.3",
    "IFS03.4", "IFS04.1", "IFS04.2", "IFS04.3", "IFS04.4", "IFS05.1", "IFS05.2", "IFS05.3", "IFS05.4", "IFS06.1",
    "IFS07.1", "IFS08.1", "IFS09.1",
];

/// An operation that the engine does not serve.
pub(super) fn planned(id: &str) -> Option<&'static Planned> {
    PLANNED.iter().find(|p| p.contract.id == id)
}

/// What an operation does.
pub(super) fn does(id: &str) -> Does {
    planned(id).map_or(Does::Reads, |p| p.does)
}

/// Whether the answer must be the same bytes however the student is asked for: fingerprints are made of it.
pub(super) fn is_fingerprinted(operation: &Operation) -> bool {
    PLANNED.iter().any(|p| p.does == Does::Lists(operation.id))
}

/// Whether a member of an operation's request may say something about a person. In a request about one, everything may.
pub(super) fn is_personal(operation: Option<&Operation>, member: &str) -> bool {
    contract::is_personal(member)
        || (operation.is_some_and(|o| o.scope == Scope::Student) && member != "institute_code")
}

const fn planned_one(id: &'static str, api: u8, scope: Scope, does: Does, request: &'static Object) -> Planned {
    // What is served by nobody has no path; `settle` says nothing here.
    let contract = Operation { id, api, path: "", request, answer: &UNKNOWN, scope, settle: Settle::Offer };
    Planned { contract, does }
}

const fn text(name: &'static str) -> Field {
    of(name, Kind::Text { min: 1, max: 2048, pattern: None })
}

const fn of(name: &'static str, kind: Kind) -> Field {
    Field { name, required: false, nullable: true, kind }
}

/// An object of which nothing is known here.
static UNKNOWN: Object = Object { name: "", fields: &[], facts: &[] };

static COURSE: Object = object(&[text("degree_course_code")]);
static YEAR: Object = object(&[text("academic_year")]);
static YEAR_COURSE: Object = object(&[text("academic_year"), text("degree_course_code")]);
static PERSON: Object = object(&[text("tax_code"), text("person_id")]);
static BY_KEY: Object = object(&[text("tax_code"), text("person_id"), text("key"), text("institute_code")]);
static CHANGE: Object = object(&[
    text("tax_code"),
    text("person_id"),
    text("degree_course_code"),
    text("reason"),
    of("attributes", Kind::List { items: &ATTRIBUTE, max: 256 }),
    text("request"),
    text("note"),
]);
static ATTRIBUTE: Object = object(&[text("attribute_name"), text("current"), text("suggested")]);
static FILE: Object = object(&[text("tax_code"), text("person_id"), text("file_code")]);
static ISSUE: Object = object(&[
    text("subscriber_id"),
    text("subscriber_name"),
    text("subscriber_message"),
    text("data_request"),
    of("personal_data", Kind::Object(&UNKNOWN)),
    of("enrollments", Kind::List { items: &UNKNOWN, max: 256 }),
]);
static TITLE_ISSUE: Object = object(&[
    text("subscriber_id"),
    text("subscriber_name"),
    text("subscriber_message"),
    text("data_request"),
    of("personal_data", Kind::Object(&UNKNOWN)),
    of("qualifications", Kind::List { items: &UNKNOWN, max: 256 }),
]);
static LIST: Object = object(&[of("cursor", Kind::Cursor), text("institute_code")]);
static SYNC: Object =
    object(&[of("cursor", Kind::Cursor), text("institute_code"), text("academic_system"), text("sync_mode")]);

const fn object(fields: &'static [Field]) -> Object {
    Object { name: "", fields, facts: &[] }
}

static PLANNED: &[Planned] = &[
    planned_one("IFS01.2", 1, Scope::Institute, Does::Reads, &COURSE),
    planned_one("IFS02.2", 2, Scope::Student, Does::Reads, &PERSON),
    planned_one("IFS02.4", 2, Scope::Student, Does::Reads, &PERSON),
    planned_one("IFS02.5", 2, Scope::Student, Does::Reads, &PERSON),
    planned_one("IFS03.1", 3, Scope::Student, Does::Reads, &BY_KEY),
    planned_one("IFS03.2", 3, Scope::Student, Does::Reads, &PERSON),
    planned_one("IFS03.3", 3, Scope::Student, Does::Reads, &PERSON),
    planned_one("IFS03.4", 3, Scope::Student, Does::Reads, &PERSON),
    planned_one("IFS04.1", 4, Scope::Student, Does::Writes, &CHANGE),
    planned_one("IFS04.2", 4, Scope::Student, Does::Reads, &FILE),
    planned_one("IFS04.3", 4, Scope::Student, Does::ChangesItem("IFS04.2"), &FILE),
    planned_one("IFS04.4", 4, Scope::Student, Does::Writes, &ISSUE),
    planned_one("IFS05.1", 5, Scope::Student, Does::Writes, &CHANGE),
    planned_one("IFS05.2", 5, Scope::Student, Does::Reads, &FILE),
    planned_one("IFS05.3", 5, Scope::Student, Does::ChangesItem("IFS05.2"), &FILE),
    planned_one("IFS05.4", 5, Scope::Student, Does::Writes, &TITLE_ISSUE),
    planned_one("IFS06.1", 6, Scope::Institute, Does::Lists("IFS02.1"), &LIST),
    planned_one("IFS07.1", 7, Scope::Institute, Does::Lists("IFS03.1"), &SYNC),
    planned_one("IFS08.1", 8, Scope::Institute, Does::Reads, &YEAR),
    planned_one("IFS09.1", 9, Scope::Institute, Does::Reads, &YEAR_COURSE),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_operation_is_served_or_planned() {
        let served = contract::OPERATIONS.iter().map(|o| o.id);
        let planned = PLANNED.iter().map(|p| p.contract.id);
        let both: Vec<&str> = served.chain(planned).collect();
        let once: BTreeSet<&str> = both.iter().copied().collect();
        assert_eq!(both.len(), once.len(), "served and planned");
        assert_eq!(once, ALL.iter().copied().collect());
        assert_eq!(ALL.len(), 23);
    }

    #[test]
    fn what_is_listed_and_changed_is_answered_by_others() {
        for planned in PLANNED {
            if let Does::ChangesItem(id) | Does::Lists(id) = planned.does {
                assert!(ALL.contains(&id), "{id}");
            }
        }
        assert!(is_fingerprinted(contract::operation("IFS02.1").unwrap()));
        assert!(!is_fingerprinted(contract::operation("IFS02.3").unwrap()));
    }
}
