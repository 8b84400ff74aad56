//! YAML as mappings use it: maps, lists and scalars with positions, nothing else.
//!
//! Scalars are text until the place where they stand gives them a type: YAML's own ideas about `NO`, `010` or
//! `2024-01-01` never apply.

mod load;
mod node;
mod read;
mod to_json;

pub use load::load;
pub use node::plain;
pub use node::{Entry, Node, Scalar, Text, Value};
pub use read::read;
pub use to_json::to_json;
