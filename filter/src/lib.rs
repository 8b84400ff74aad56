//! The engine as a proxy-wasm filter: takes what the host hands in, gives it to [`adapter_core::Engine`], carries out
//! what comes back as every [`shell`] does. It decides nothing about an answer's content.
//!
//! | what | where |
//! |---|---|
//! | one configured engine, its clock and its metrics | [`loaded`] |
//! | one request | [`request`], called by its context [`http`] |
//! | its head, for the engine | [`head`] |
//! | what the host proves of its sender | [`identity`] |
//! | what outlives requests: the steward's calls, and those that had to wait | [`root`] |
//! | what all VMs share | [`store`] |
//! | calls to the systems behind: every quirk of dispatching | [`calls`] |
//! | memory, by size class | [`memory`] |
//! | each function of the host, with its failures | [`host`] |

pub mod calls;
pub mod head;
pub mod host;
pub mod http;
pub mod identity;
pub mod loaded;
pub mod memory;
#[cfg(feature = "poison-test")]
mod poison;
pub mod request;
pub mod root;
pub mod store;

/// What the host calls first. The panic hook comes before all else.
#[cfg(target_family = "wasm")]
mod start {
    proxy_wasm::main! {{
        crate::host::report_panics();
        proxy_wasm::set_root_context(|id| Box::new(crate::root::Root::new(id)));
    }}
}
