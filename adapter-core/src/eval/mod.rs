//! The evaluator: expressions of a bundle, over the memory of one exchange.

mod access;
mod alone;
mod asked;
mod block;
pub(crate) mod error;
mod expr;
mod functions;
mod latest;
mod macros;
pub(crate) mod memory;
pub(crate) mod nodes;
mod operators;
mod pattern;

pub use alone::evaluate_json;
pub use error::EvalError;
