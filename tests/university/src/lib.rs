//! A synthetic university, made from a seed and a size, seen from three sides that share nothing but the neutral
//! [`Population`]:
//!
//! * [`Server`] plays its legacy system, ESSE3's REST and SOAP faces with all their awkwardness, and the small system of a
//!   conservatory that some of the same people attend ([`afam`]), and a SOAP service of another make, with [`Rule`]s
//!   laid over them for failures;
//! * [`tables`] writes the Ministry's code sets that a mapping pack joins with;
//! * [`oracle`] says what the IFS answers must be, byte by byte.
//!
//! The crate must not depend on the engine or on the mapping compiler: an oracle that shares code with what it judges
//! proves nothing.

// Test tooling over bounded synthetic data: indices and years come from this crate's own constants.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]

pub mod afam;
mod answer;
mod asmx;
mod careers;
pub mod catalogue;
pub mod classes;
pub mod exams;
mod hidden;
mod http;
pub mod isee;
pub mod kinds;
pub mod mobility;
pub mod names;
pub mod office;
pub mod oracle;
pub mod plans;
pub mod population;
pub mod proxy;
mod rest;
mod rng;
pub mod rules;
pub mod server;
mod soap;
mod system;
pub mod tables;
pub mod tax_code;

pub use kinds::Kind;
pub use population::{Population, Student};
pub use proxy::{Cut, Proxy};
pub use rules::{Answer, Bomb, BombKind, Fault, Match, Rule};
pub use server::{Options, Seen, Server};
pub use soap::{Charset, SoapShape};
pub use time::Date;

/// The institute's code in the Ministry's tables; no real institute has it.
pub const INSTITUTE_CODE: &str = "9901";

/// The conservatory's code in the Ministry's tables; no real institute has it.
pub const CONSERVATORY_CODE: &str = catalogue::OTHER_INSTITUTE;

/// The least number of persons that the university shows in a band of ISEE.
pub const ISEE_LEAST: u64 = 3;

/// The seed used where none is given.
pub const DEFAULT_SEED: u64 = 7;

/// The number of students made where none is given: all kinds are among them.
pub const DEFAULT_STUDENTS: usize = population::FIRST_RARE + Kind::RARE.len();

/// The day used where none is given: 2026-03-01, in the academic year 2025/2026.
pub const DEFAULT_TODAY: Date = match Date::from_calendar_date(2026, time::Month::March, 1) {
    Ok(day) => day,
    Err(_) => Date::MIN,
};

/// The academic year (by the year it starts in) that a day belongs to: it starts on 1 October.
#[must_use]
pub fn academic_year_of(day: Date) -> u16 {
    let year = u16::try_from(day.year()).unwrap_or(0);
    if u8::from(day.month()) >= 10 { year } else { year.saturating_sub(1) }
}
