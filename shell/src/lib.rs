//! What every shell around the engine does alike, whatever it runs on: the filter in a gateway, the command line in
//! memory, the harness over sockets. It knows no host: what one can do, it says by [`Host`] and [`Meters`].
//!
//! | what | where |
//! |---|---|
//! | carrying out what comes of an event | [`driver`] |
//! | an engine whose calls are answered there and then | [`memory`] |
//! | the plugin configuration, names of secrets | [`settings`] |
//! | which metrics there are, and how many at most | [`metrics`] |

pub mod driver;
pub mod memory;
pub mod metrics;
pub mod settings;

pub use driver::{Dispatched, Host, carry_out, drive};
pub use memory::InMemory;
pub use metrics::{Meters, Metrics};
pub use settings::{CURSOR_KEYS, REFERENCE_KEY, Settings, cursor_keys, is_key, keys_of, secret_variable};
