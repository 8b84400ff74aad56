//! Envoy: the binary, its configuration, a running one, and the checks a configuration must pass.

mod bucket;
pub mod check;
mod cluster;
pub mod config;
pub mod declared;
pub mod dynamic;
pub mod exceptions;
mod files;
mod gate;
mod install;
mod instance;
pub mod parts;
mod template;
mod version;

pub use cluster::{Cluster, OAuth2, Tls};
pub use config::{Config, plugin_configuration, plugin_with};
pub use exceptions::Exceptions;
pub use gate::{Clients, Gate, Keys, Kind, Name, Partner, Vouchers};
pub use install::{VERSION, install};
pub use instance::{Envoy, Options};
pub use version::Version;
