//! The mapping as the engine runs it.

pub mod bundle;
mod plan;
mod read;
pub(crate) mod table;
mod verify;

pub use bundle::Bundle;
#[cfg(feature = "write")]
pub use plan::seal;
pub(crate) use plan::sha256_hex;
pub use plan::{LoadError, Plan};
