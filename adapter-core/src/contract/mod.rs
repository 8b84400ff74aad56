//! The national contract as static tables: operations, schemas, constraints. One file per API.
//!
//! Upstream version 2.1.0. Rule ids (`IFS02.1-S1`, `GEN-7`, `T-35`) are explained in `docs/contract.md`.

mod ifs01;
mod ifs02;
mod letters;
mod patterns;
mod schema;
mod tax_code;

pub(crate) use letters::is_letter;
pub use patterns::{Pattern, is_academic_year};
pub use schema::{Field, Kind, Object};
pub use tax_code::is_tax_code;

/// Version of the upstream OpenAPI files the tables were taken from.
pub const VERSION: &str = "2.1.0";

/// One POST operation.
#[derive(Debug)]
pub struct Operation {
    /// `IFS02.1`.
    pub id: &'static str,
    /// Number of its API, 1–9; it is served under `/ifs0n`.
    pub api: u8,
    /// Path after the API's, e.g. `/academic-enrollments`.
    pub path: &'static str,
    /// Schema of the request's body.
    pub request: &'static Object,
    /// Schema of the 200 answer.
    pub answer: &'static Object,
    /// Where the mapping's expressions for it stand and what the engine adds.
    pub scope: Scope,
    /// The output rules that follow the mapping.
    pub settle: Settle,
}

/// What an operation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One student: the mapping's `student` scope holds, its `person` gives `personal_data`.
    Student,
    /// The institute: no student, no `person`; only what the file and the operation name.
    Institute,
}

/// Output rules by kind of answer; `settle` carries them out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settle {
    /// IFS02.1: identity form, window, latest per course, drops.
    Enrollments,
    /// IFS01.1: exact duplicates, lints, no cursor.
    Offer,
    /// IFS02.3: identity form, window of each learning, courses without one.
    Transcript,
}

/// Operations of the contract that the engine knows, in the contract's order.
pub const OPERATIONS: &[&Operation] = &[&ifs01::OFFER, &ifs02::ENROLLMENTS, &ifs02::TRANSCRIPT];

/// Finds an operation by its id.
pub fn operation(id: &str) -> Option<&'static Operation> {
    OPERATIONS.iter().copied().find(|o| o.id == id)
}

/// Whether a member of a request may say who somebody is. What depends on one is kept out of caches.
pub fn is_personal(member: &str) -> bool {
    matches!(member, "tax_code" | "person_id" | "key")
}

/// Finds an operation by its path, `/ifs02/academic-enrollments`.
pub fn route(path: &str) -> Option<&'static Operation> {
    let rest = path.strip_prefix("/ifs0")?;
    let (api, rest) = rest.split_at_checked(1)?;
    let api: u8 = api.parse().ok()?;
    OPERATIONS.iter().copied().find(|o| o.api == api && o.path == rest)
}

/// Number of the API whose `/status` this path is: `/ifs02/status` → 2.
pub fn status_route(path: &str) -> Option<u8> {
    let api = path.strip_prefix("/ifs0")?.strip_suffix("/status")?;
    match api.as_bytes() {
        [digit @ b'1'..=b'9'] => Some(digit.wrapping_sub(b'0')),
        _ => None,
    }
}
