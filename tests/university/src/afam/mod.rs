//! A conservatory that some of the population attend: its courses, its view of the people, and the small system that
//! serves them, a table over REST and a CSV export.

pub mod catalogue;
mod face;
pub mod pupils;

pub(crate) use face::{BASE, Face};
