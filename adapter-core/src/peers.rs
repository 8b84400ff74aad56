//! How many engines of one process share the systems. A host gives each worker an engine of its own and tells none of the
//! others; so each says in the store that it is there, from time to time, and counts who does.

use crate::plan::Plan;
use crate::store::SharedStore;

/// How long one counts after it was last heard of, milliseconds. A shell ticks several times in it.
const THERE_MS: u64 = 2_500;

/// How often the others are counted, milliseconds.
const LOOK_MS: u64 = 500;

/// Most that are counted; more workers than that no machine has.
const MOST: usize = 256;

/// One engine among others.
#[derive(Debug)]
pub(crate) struct Peers {
    seed: u64,
    many: u64,
    looked: Option<u64>,
}

impl Peers {
    /// An engine that `seed` tells from all others.
    pub fn new(seed: u64) -> Self {
        Self { seed, many: 0, looked: None }
    }

    /// How many serve requests, as far as is known. A host has one more for its main thread, which serves none.
    pub fn serving(&mut self, store: &dyn SharedStore, plan: &Plan, tick_ms: u64) -> u64 {
        if self.looked.is_none_or(|looked| tick_ms.saturating_sub(looked) >= LOOK_MS) {
            self.looked = Some(tick_ms);
            let (bytes, _) = store.get(&plan.in_store("engines")).unwrap_or_default();
            self.many = u64::try_from(there(&bytes, tick_ms).count()).unwrap_or(u64::MAX);
        }
        self.many.saturating_sub(1).max(1)
    }

    /// Says that this one is there. Where another says so at the same time, the next tick will do.
    pub fn tell(&self, store: &dyn SharedStore, plan: &Plan, tick_ms: u64) {
        let key = plan.in_store("engines");
        let (bytes, version) = store.get(&key).map_or((Vec::new(), None), |(bytes, version)| (bytes, Some(version)));
        let others = there(&bytes, tick_ms).filter(|(seed, _)| *seed != self.seed).take(MOST);
        let all = others.chain([(self.seed, tick_ms)]);
        let record: Vec<u8> = all.flat_map(|(seed, tick)| [seed.to_le_bytes(), tick.to_le_bytes()].concat()).collect();
        store.put(&key, &record, version);
    }
}

/// The engines of a record that are there. One that was heard of later than now is of another clock.
fn there(record: &[u8], tick_ms: u64) -> impl Iterator<Item = (u64, u64)> {
    let entries = record.chunks_exact(16).filter_map(|entry| {
        let (seed, tick) = entry.split_first_chunk::<8>()?;
        Some((u64::from_le_bytes(*seed), u64::from_le_bytes(tick.try_into().ok()?)))
    });
    entries.filter(move |(_, tick)| tick_ms.saturating_sub(*tick) < THERE_MS && tick.saturating_sub(tick_ms) < THERE_MS)
}
