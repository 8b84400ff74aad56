//! The project's own commands (`cargo xtask …`) and what they are made of: installing and running Envoy, filling the
//! gateway configurations, building the filter. The test harness uses the same pieces, so that what the tests prove is
//! what the commands start.

// Development tooling: counts, ports and ends of logs, nothing a consumer can influence.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::string_slice)]

pub mod component;
pub mod envoy;
pub mod error;
pub mod http;
pub mod mapping;
pub mod paths;
pub mod process;
pub mod wasm;

pub use error::{Context, Error, Result};
