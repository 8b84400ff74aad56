//! Metrics of the host, defined when first used.

use adapter_core::counter::{Counter, Kind};
use adapter_core::{Plan, SortedMap};

use crate::host;

/// Most metrics one engine defines: the host never forgets one, so what is counted must be bounded whatever is asked.
/// What goes beyond is not counted.
const MOST: usize = 1_024;

/// The metrics of one engine.
#[derive(Debug, Default)]
pub struct Metrics {
    ids: SortedMap<(u32, usize), Option<u32>>,
}

impl Metrics {
    /// Adds to a counter, takes a value into a histogram, or sets a gauge; one that the host will not define is dropped.
    pub fn count(&mut self, plan: &Plan, counter: Counter, by: u64) {
        let key = counter.key();
        let id = match self.ids.get(&key) {
            Some(id) => *id,
            None if self.ids.len() >= MOST => None,
            None => {
                let id = host::metric(counter.kind(), &counter.name(plan)).ok();
                self.ids.insert(key, id);
                id
            }
        };
        if let Some(id) = id {
            let _ = match counter.kind() {
                Kind::Counter => host::count(id, by),
                Kind::Gauge | Kind::Histogram => host::record(id, by),
            };
        }
    }
}
