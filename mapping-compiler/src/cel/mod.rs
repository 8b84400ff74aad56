//! Expressions: from text to a tree with places.
//!
//! The `cel` crate parses; what it gives is turned into a tree of our own, which knows the place of every part and has
//! only the forms that the mapping language keeps.

mod ast;
mod convert;
mod foreign;
mod guard;
mod parse;
mod template;

pub use ast::{BinaryOp, Kind, Node, Word};
pub(crate) use convert::decimal;
pub use parse::{ParseProblem, parse};
pub use template::{Part, Template, split};
