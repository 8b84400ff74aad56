//! Who the steward is: a lease in the store. Whoever holds it extends it at every tick, and another takes it over when it
//! is stale.
//!
//! It is a compare-and-put lease and not the consumer of a shared queue, since a host gives a queue to its last
//! registrant, which may be a root that dispatches nothing, and tells nobody that the consumer is gone. Two engines may
//! take a lease that nobody had at the same time, as a host knows no "create if absent"; so nobody acts on the tick at
//! which it took the lease, and at the next one finds only the last of them still holding it. What two do at the same
//! time all the same must do no harm.

use crate::plan::Plan;
use crate::store::SharedStore;

/// How long a lease holds after it was extended, milliseconds. A shell ticks several times in it.
const LEASE_MS: u64 = 3_000;

/// One engine's claim to the lease.
#[derive(Debug)]
pub(super) struct Lease {
    seed: u64,
}

impl Lease {
    /// A claim of an engine that `seed` tells from all others.
    pub fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// Extends the lease, or takes it if nobody holds it; true if it was held before.
    pub fn holds(&self, store: &dyn SharedStore, plan: &Plan, now: u64) -> bool {
        let key = plan.in_store("steward");
        let mut record = self.seed.to_le_bytes().to_vec();
        record.extend_from_slice(&now.saturating_add(LEASE_MS).to_le_bytes());
        let Some((bytes, version)) = store.get(&key) else {
            store.put(&key, &record, None);
            return false;
        };
        let held = bytes
            .split_first_chunk::<8>()
            .and_then(|(seed, until)| Some((u64::from_le_bytes(*seed), u64::from_le_bytes(until.try_into().ok()?))));
        match held {
            Some((seed, _)) if seed == self.seed => store.put(&key, &record, Some(version)),
            // One that ends later than any does is of another clock.
            Some((_, until)) if until > now && until <= now.saturating_add(LEASE_MS) => false,
            _ => {
                store.put(&key, &record, Some(version));
                false
            }
        }
    }
}
