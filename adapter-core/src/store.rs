//! The engine's one synchronous port: bytes under names, shared by all engines of a process.
//!
//! Six kinds of things can stand there: sessions, the steward's lease, how systems answered its probes, cached answers, the
//! slots of changes, and the index from keys to students. All but the slots are hints: whatever is lost, outdated or torn
//! costs a login, a call, or an index that is made anew, never an answer. Slots that are lost forget a change; torn ones
//! refuse. Times in it are the engine's `tick_ms`.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use crate::bundle::SortedMap;

/// Bytes by name, with compare-and-put.
pub trait SharedStore: Debug {
    /// What stands under a name, with its version; none if nothing does.
    fn get(&self, key: &str) -> Option<(Vec<u8>, u32)>;

    /// Puts a value under a name. With a version only if that still stands there, or nothing does (a host may know no
    /// "create if absent"); without one, whatever stands there. False if it was not put.
    fn put(&self, key: &str, value: &[u8], version: Option<u32>) -> bool;
}

/// A store in memory; its clones share what they hold.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore(Arc<Mutex<Held>>);

#[derive(Debug, Default)]
struct Held {
    values: SortedMap<String, (Vec<u8>, u32)>,
    last: u32,
}

impl MemoryStore {
    /// Names in it, with the lengths of their values.
    pub fn sizes(&self) -> Vec<(String, usize)> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.values.iter().map(|(name, (value, _))| (name.clone(), value.len())).collect()
    }
}

impl SharedStore for MemoryStore {
    fn get(&self, key: &str) -> Option<(Vec<u8>, u32)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values.get(key).cloned()
    }

    fn put(&self, key: &str, value: &[u8], version: Option<u32>) -> bool {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let stands = held.values.get(key).map(|(_, stands)| *stands);
        if version.is_some() && stands.is_some() && version != stands {
            return false;
        }
        held.last = held.last.wrapping_add(1).max(1);
        let last = held.last;
        held.values.insert(key.to_owned(), (value.to_vec(), last));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_put_with_a_version_wins_once() {
        let store = MemoryStore::default();
        assert!(store.get("a").is_none());
        assert!(store.put("a", b"1", None));
        let (value, version) = store.get("a").unwrap();
        assert_eq!(value, b"1");
        let other = store.clone();
        assert!(other.put("a", b"2", Some(version)));
        assert!(!store.put("a", b"3", Some(version)));
        assert_eq!(store.get("a").unwrap().0, b"2");
        // As Envoy has it: with a version, and nothing there, it is put.
        assert!(store.put("b", b"1", Some(7)));
    }
}
