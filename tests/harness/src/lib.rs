//! Runs scenarios on layers that must agree: the engine as a library and as a component, the real filter in a proxy-wasm host of our
//! own, and the real filter in a real Envoy. Failures are made by the simulated university on a socket.
//!
//! `cargo test -p harness --test suite` runs everything; `-- PART_OF_A_NAME` only some scenarios.

// Test tooling over data of our own: sizes of files and of messages that a test made.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::string_slice)]

pub mod broken;
pub mod component;
pub mod configure;
pub mod containment;
pub mod coverage;
pub mod differential;
pub mod embedding;
pub mod examples;
pub mod expect;
pub mod govway;
pub mod http;
pub mod in_order;
pub mod keys;
pub mod logs;
pub mod metrics;
pub mod native;
pub mod population;
pub mod printed;
pub mod probes;
pub mod proofs;
pub mod reach;
pub mod refusals;
pub mod scenario;
pub mod schema;
pub mod sessions;
pub mod stand;
pub mod stories;
pub mod suite;
pub mod systems;
pub mod tally;
pub mod trust;
pub mod walks;
pub mod wasm;
pub mod workbench;
pub mod world;
