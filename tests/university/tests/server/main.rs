//! The simulator over a socket.

// A test fails by panicking.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used
)]

mod afam;
mod asmx;
mod client;
mod cuts;
mod documents;
mod faults;
mod offer;
mod office;
mod rest;
mod soap;
mod stories;
mod transcripts;
mod views;
mod wire;
mod xml;
