//! What the functions of expressions do. Their rows stand in [`crate::bundle::FUNCTIONS`].

mod apply;
mod arguments;
mod counts;
mod dates;
mod requests;
mod school;
mod texts;

pub(super) use apply::apply;
pub(super) use arguments::Arguments;
