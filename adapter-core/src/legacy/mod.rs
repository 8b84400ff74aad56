//! Calls to the legacy systems: how they are written, and what their answers mean.

pub(crate) mod answer;
pub(crate) mod changed;
mod decode;
mod encode;
pub(crate) mod request;
mod roots;
mod rules;
mod soap_out;
