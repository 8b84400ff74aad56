//! Envoy: the binary, its configuration, a running one, and the checks a configuration must pass.

pub mod check;
pub mod config;
mod install;
mod instance;

pub use config::{Cluster, Config, plugin_configuration};
pub use install::{VERSION, install};
pub use instance::{Envoy, Options};
