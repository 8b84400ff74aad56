//! The engine of ifs-adapter: answers IFS requests from a compiled mapping.
//!
//! Sans-IO: no host, no socket, no clock of its own. Data flows one way:
//! admit → plan → call → decode → map → settle → seal.
//!
//! # What it is used by
//!
//! A **shell** loads a [`Plan`], makes an [`Engine`] for a [`Trust`] with the [`Resources`] that it lends, has heads judged,
//! hands in [`Event`]s, and carries out [`Action`]s. All of that stands here at the root; besides it a shell needs [`identity`] (what
//! proves a caller), [`counter`] and [`problem`] (what is counted and answered, by name) and, where it explains,
//! `explain`. A shell that keeps maps keeps them as [`SortedMap`]s: no hashing, no code for it.
//!
//! The **compiler** and the **simulator** need what lies below: [`bundle`] (the form of a mapping), [`contract`],
//! [`limits`] and [`value`]; tests of expressions need [`evaluate_json`].
//!
//! # Layers
//!
//! From the ground up; a module uses what stands above it in this list and nothing beside or below it. A test
//! (`tests/layers.rs`) has this list as a table and reads every path.
//!
//! | | |
//! |---|---|
//! | `value` | values, and how they are read and written: the crate `values` |
//! | `contract` | what the Ministry says: the crate `contract` |
//! | `bundle` `limits` | a checked mapping as data, read and verified, and the numbers it stays within: the crate `bundle` |
//! | `trace_context` `wire` | what crosses the border |
//! | `problem` `store` | what goes wrong, by name; what engines share |
//! | `identity` `key` | who calls; keys that a host gives |
//! | `plan` | a bundle that is loaded; every index in it leads somewhere |
//! | `key_index` | from keys to students, as it stands in the store |
//! | `counter` `note` | what is counted; what is told while an exchange is explained |
//! | `eval` `outbox` | expressions over the memory of an exchange; what a shell is asked to do |
//! | `failure` `settle` | what ends a call or an exchange; the contract's rules about an answer |
//! | `legacy` `door` | requests to the systems behind, and what their answers mean; events, and what a head is let in for |
//! | `session` `turns` `slots` | sessions as they stand in the store; whose request and whose call there is room for; which writes are on their way |
//! | `peers` | how many engines share the systems |
//! | `exchange` | one request: `pool` (what its runs share), `run` (one evaluation for one subject), `phase` |
//! | `steward` | jobs between requests, under one lease; of `exchange` it knows how a list is read |
//! | `engine` | events in, actions out |
//! | `explain` | what happened, in words, for a person at a desk |

/// What is done for an explanation: nothing at all without the feature `explain`.
macro_rules! explain {
    ($($code:tt)*) => {
        #[cfg(feature = "explain")]
        {
            $($code)*
        }
    };
}

/// Tells whoever listens to an exchange; nothing at all without the feature `explain`.
macro_rules! tell {
    ($memory:expr, $plan:expr, $fact:ident $($content:tt)*) => {
        #[cfg(feature = "explain")]
        {
            $memory.tell($plan, crate::note::Fact::$fact $($content)*);
        }
    };
}

mod answers;
pub mod counter;
mod cursor;
mod door;
mod engine;
mod eval;
mod exchange;
#[cfg(feature = "explain")]
pub mod explain;
mod failure;
pub mod identity;
mod key;
mod key_index;
mod legacy;
#[cfg(feature = "explain")]
mod note;
mod outbox;
mod peers;
mod plan;
mod probe;
pub mod problem;
mod session;
mod settle;
mod slots;
mod steward;
mod store;
mod trace_context;
mod turns;
mod wire;

pub use answers::Answers;
pub use bundle::{LoadError, SortedMap, limits};
pub use cursor::CursorKeys;
#[cfg(feature = "explain")]
pub use cursor::{Described, Held, Shown, Unopened, describe};
pub use door::{Admission, Event, Verdict};
pub use engine::{Engine, Resources};
pub use eval::{EvalError, evaluate_json};
pub use identity::Trust;
pub use outbox::{Action, Note};
pub use plan::Plan;
pub use store::{MemoryStore, SharedStore};
pub use values as value;
pub use wire::{CallId, CallRequest, CallResult, Caller, Clock, ExchangeId, Head, Identity, Response, STEWARD, Time};
pub use {bundle, contract};
