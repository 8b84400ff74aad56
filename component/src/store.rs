//! The host's store as the engine's.

use adapter_core::SharedStore;

use crate::bindings::ifs::adapter::store::Store;

/// A store that a host has lent. Whatever keeps it from doing what it is asked, is to the engine as if nothing stood there.
#[derive(Debug)]
pub struct Lent(Store);

impl Lent {
    /// Over a store.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self(store)
    }
}

impl SharedStore for Lent {
    fn get(&self, key: &str) -> Option<(Vec<u8>, u32)> {
        self.0.get(key).ok().flatten().map(|entry| (entry.value, entry.version))
    }

    fn put(&self, key: &str, value: &[u8], version: Option<u32>) -> bool {
        self.0.put(key, value, version).is_ok()
    }
}
