//! Fuzzing on a stable toolchain: texts that mean something are changed by chance, and the compiler and the decoders must
//! come to a good end with each of them.
//!
//! There is no coverage to be had without instrumented builds. What guides the search instead is what each case *led to*,
//! which every target tells as a number: an input with a new outcome is kept and changed further. A run is the same
//! for the same seed and number of cases.
//!
//! An input that breaks a promise is written to `tests/fuzz/corpus/TARGET/`; from then on it is part of the tests.

// Test tooling over data of its own: a panic is a failing case.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used
)]

pub mod answers;
mod chance;
mod make;
mod mutate;
mod plain;
mod run;
mod targets;
mod watch;

pub use chance::Chance;
pub use run::{Broken, Found, Told, one, run};
pub use targets::{Target, target, targets};

use std::path::{Path, PathBuf};

/// The corpus of one target: inputs that once broke a promise.
pub fn corpus(target: &Target) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name)
}
