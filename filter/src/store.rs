//! The host's shared data as the engine's store.

use adapter_core::SharedStore;

use crate::host;

/// Shared data of all VMs of one `vm_id`. Nothing is kept here.
#[derive(Debug)]
pub struct HostStore;

impl SharedStore for HostStore {
    fn get(&self, key: &str) -> Option<(Vec<u8>, u32)> {
        host::shared(key)
    }

    fn put(&self, key: &str, value: &[u8], version: Option<u32>) -> bool {
        host::share(key, value, version).is_ok()
    }
}
