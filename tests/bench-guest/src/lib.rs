//! What `cargo xtask bench` times without a gateway. Natively the functions are called; in the wasm engine they are
//! exported, the engine in one module and what it is compared with in another, each built as it should be.

// Measuring tooling; nothing here is shipped.
#![allow(clippy::arithmetic_side_effects, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

#[cfg(feature = "engine")]
pub mod engine;
mod input;
pub mod page;
#[cfg(feature = "parse")]
pub mod parse;
