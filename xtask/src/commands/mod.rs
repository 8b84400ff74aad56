//! One file per command.

pub mod bench;
pub mod component;
pub mod conformance;
pub mod demo;
pub mod fuzz;
pub mod gateway;
pub mod gateway_files;
pub mod guarded;
pub mod stack;
pub mod students;
pub mod test;
pub mod up;
pub mod validate;
pub mod voucher;
pub mod wasm;
