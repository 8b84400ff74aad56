//! Runs the tests of a pack against the engine in memory, and says what happened in them: what `ifs test` prints.
//!
//! | what | where |
//! |---|---|
//! | a pack's tests, each with its verdict | [`pack`] |
//! | one test: the engine, with a test file's answers in place of the systems | [`run`] |
//! | what came beside what was expected | [`compare`] |
//! | what happened, in words | [`explain`] |
//! | a request that is answered over systems that are there | [`live`] |
//! | how many calls a night costs such systems, told beforehand | [`night`] |
//! | a walk over systems that are there, for its counts alone | [`rehearsal`] |
//! | a tree as a test file has it | [`yaml`] |
//! | what such systems said, kept as a test with its values replaced | [`record`] |

pub mod compare;
mod diff;
pub mod explain;
pub mod live;
pub mod night;
pub mod pack;
pub mod record;
pub mod rehearsal;
pub mod run;
pub mod yaml;
