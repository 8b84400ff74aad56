//! The operator's pages say what the code does: the table of limits is written from it, and whatever a page names
//! (commands, files, problem codes, metrics, values of configurations) is there.
//!
//! `UPDATE_DOCS=1 cargo test -p xtask --test docs` writes `docs/limits.md` anew; read what changed.

// Test code: a wrong index or a missing value is a failed test.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test"
)]

mod embedding;
mod filled;
mod filter_file;
mod gateway;
mod limits;
mod names;
mod real;
mod security;
mod tracing;
mod validate;
mod values;

use std::path::PathBuf;

use serde_json::Value;
use xtask::paths;

/// A file of the checkout.
fn file(path: &str) -> PathBuf {
    paths::root().join(path)
}

/// Its text.
fn text(path: &str) -> String {
    std::fs::read_to_string(file(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// A YAML file as a tree.
fn tree(path: &str) -> Value {
    xtask::envoy::config::parse(&text(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}
