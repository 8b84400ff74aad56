//! The engine of ifs-adapter: answers IFS requests from a compiled mapping.
//!
//! Sans-IO: no host, no socket, no clock of its own. Data flows one way:
//! admit → plan → call → decode → map → settle → seal.

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

pub mod bundle;
pub mod contract;
pub mod counter;
mod digest;
mod engine;
pub mod eval;
mod exchange;
#[cfg(feature = "explain")]
pub mod explain;
mod failure;
pub mod identity;
mod legacy;
pub mod limits;
#[cfg(feature = "explain")]
mod note;
pub mod outbox;
mod plan;
pub mod problem;
mod session;
mod settle;
pub mod sorted;
mod steward;
pub mod store;
mod trace_context;
pub mod value;
pub mod wire;

pub use engine::{Engine, Host};
pub use identity::Trust;
pub use outbox::{Action, HeadVerdict};
pub use plan::Plan;
pub use wire::{CallId, CallRequest, CallResult, Caller, Clock, ExchangeId, Head, Identity, Response, STEWARD};
