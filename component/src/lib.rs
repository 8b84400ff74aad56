//! The engine as a WebAssembly component: what `wit/` describes, over [`adapter_core::Engine`]. It decides nothing: it
//! hands in what the host says, hands out what the engine does, and refuses what no host may do.
//!
//! | what | where |
//! |---|---|
//! | an engine with what it is owed | [`engine`] |
//! | which requests and calls are in flight, so that a host's mistakes are told from late answers | [`book`] |
//! | the same things in the words of both sides | [`convert`] |
//! | what a host has proved of a sender | [`sender`] |
//! | the store that the host lends | [`store`] |
//! | with the feature `workbench`: the compiler, and running tests | `authoring` |

#[cfg(feature = "workbench")]
pub mod authoring;
mod bindings;
pub mod book;
pub mod convert;
pub mod engine;
pub mod sender;
pub mod store;
