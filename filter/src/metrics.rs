//! Counters of the host, defined when first used.

use adapter_core::counter::Counter;
use adapter_core::sorted::SortedMap;

use crate::host;

/// Prefix of every counter's name.
const PREFIX: &str = "ifs_adapter.";

/// Most counters one VM defines: the host never forgets one, so what is counted must be bounded whatever is asked.
const MOST: usize = 512;

/// The counters of one engine.
#[derive(Debug, Default)]
pub struct Metrics {
    ids: SortedMap<Counter, Option<u32>>,
}

impl Metrics {
    /// Adds to a counter; one that the host will not define is dropped.
    pub fn count(&mut self, counter: Counter, by: u64) {
        let id = match self.ids.get(&counter) {
            Some(id) => *id,
            None if self.ids.len() >= MOST => None,
            None => {
                let id = host::counter(&format!("{PREFIX}{}", counter.name())).ok();
                self.ids.insert(counter, id);
                id
            }
        };
        if let Some(id) = id {
            let _ = host::count(id, by);
        }
    }
}
