//! The national contract as static tables: operations, schemas, rules. One file per API.
//!
//! Upstream version 2.1.0. Rule ids (`IFS02.1-S1`, `GEN-7`, `T-35`) are explained in `docs/contract.md`.

mod bands;
mod common;
mod corrections;
pub mod declared;
mod effect;
mod fit;
mod ifs01;
mod ifs02;
mod ifs03;
mod ifs04;
mod ifs05;
mod ifs06;
mod ifs07;
mod ifs08;
mod ifs09;
mod operation;
mod owed;
mod patterns;
mod place;
mod rule;
mod schema;
mod tax_code;
mod touch;
mod words;

pub use bands::{BANDS, Band};
pub use corrections::MOST_CODE;
pub use declared::Declared;
pub use effect::Effect;
pub use fit::{Fit, Given, How, Misfit, fit};
pub use operation::{About, Answer, Does, Filters, Operation, OperationId, Picks};
pub use owed::last_owed;
pub use patterns::{Pattern, is_academic_year};
pub use place::{At, Member};
pub use rule::{Group, Kept, MEMBER, Odd, Part, QUIET, Rule, School, groups};
pub use schema::{Field, Kind, List, Maker, Object, Order, Quirk, Unlike};
pub use tax_code::is_tax_code;
pub use touch::Touch;

/// Version of the upstream OpenAPI files the tables were taken from.
pub const VERSION: &str = "2.1.0";

/// All operations of the contract, in its order: each stands at the place of its id.
pub static OPERATIONS: [&Operation; OperationId::COUNT] = [
    &ifs01::OFFER,
    &ifs01::COURSE,
    &ifs02::ENROLLMENTS,
    &ifs02::PROOFS,
    &ifs02::TRANSCRIPT,
    &ifs02::ADMISSIONS,
    &ifs02::MOBILITY,
    &ifs03::QUALIFICATIONS,
    &ifs03::PROOFS,
    &ifs03::LEVELS,
    &ifs03::SUPPLEMENTS,
    &ifs04::CHANGE,
    &ifs04::STATUS,
    &ifs04::CANCELLATION,
    &ifs04::ISSUES,
    &ifs05::CHANGE,
    &ifs05::STATUS,
    &ifs05::CANCELLATION,
    &ifs05::ISSUES,
    &ifs06::CHANGES,
    &ifs07::CHANGES,
    &ifs08::BANDS,
    &ifs09::COURSES,
];

/// Finds an operation by its name, `IFS02.1`.
pub fn operation(name: &str) -> Option<&'static Operation> {
    OPERATIONS.iter().copied().find(|o| o.name == name)
}

/// All operations, in the contract's order.
pub fn operations() -> impl Iterator<Item = &'static Operation> {
    OPERATIONS.iter().copied()
}

/// Number of the API of this name, `IFS02`.
pub fn api_named(name: &str) -> Option<u8> {
    operations().map(|o| o.id.api()).find(|api| api_name(*api) == name)
}

/// Name of an API by its number, `IFS02`; `none` for none.
pub fn api_name(api: u8) -> &'static str {
    const NAMES: [&str; 10] = ["none", "IFS01", "IFS02", "IFS03", "IFS04", "IFS05", "IFS06", "IFS07", "IFS08", "IFS09"];
    NAMES.get(usize::from(api)).copied().unwrap_or("none")
}

/// Finds an operation by its path, `/ifs02/academic-enrollments`.
pub fn route(path: &str) -> Option<&'static Operation> {
    let rest = path.strip_prefix("/ifs0")?;
    let (api, rest) = rest.split_at_checked(1)?;
    let api: u8 = api.parse().ok()?;
    operations().find(|o| o.id.api() == api && o.path == rest)
}

/// Number of the API whose `/status` this path is: `/ifs02/status` → 2.
pub fn status_route(path: &str) -> Option<u8> {
    let api = path.strip_prefix("/ifs0")?.strip_suffix("/status")?;
    match api.as_bytes() {
        [digit @ b'1'..=b'9'] => Some(digit.wrapping_sub(b'0')),
        _ => None,
    }
}
