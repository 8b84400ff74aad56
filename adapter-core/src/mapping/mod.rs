//! The mapping as the engine runs it.

pub mod bundle;
mod plan;
mod table;
mod verify;

pub use bundle::Bundle;
pub(crate) use plan::sha256_hex;
pub use plan::{LoadError, Plan, seal};
