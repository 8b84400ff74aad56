//! How systems answered when they were last asked whether they are there, as it stands in the store: what `GET /status`
//! says, without asking anybody.
//!
//! A record is 17 bytes: the tick from which the system may be asked again, little-endian; how the last answer was; the
//! tick at which that came.

use crate::bundle::{Probe, System, SystemIndex};
use crate::plan::Plan;
use crate::problem::{Code, Problem};
use crate::store::SharedStore;

/// What stands in the store of a system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Record {
    /// Nobody asks it before.
    next: u64,
    /// How the last probe ended.
    last: Last,
    /// When.
    at: u64,
}

/// How a probe ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    /// It has been asked and has not answered yet.
    Never = 0,
    /// As a system does that is there.
    Up = 1,
    /// Otherwise, or not at all.
    Down = 2,
}

impl Record {
    fn read(bytes: &[u8]) -> Option<Self> {
        let (next, rest) = bytes.split_first_chunk::<8>()?;
        let (last, at) = rest.split_first()?;
        let last = [Last::Never, Last::Up, Last::Down].into_iter().find(|l| *l as u8 == *last)?;
        Some(Self { next: u64::from_le_bytes(*next), last, at: u64::from_le_bytes(at.try_into().ok()?) })
    }

    fn bytes(self) -> Vec<u8> {
        let mut bytes = self.next.to_le_bytes().to_vec();
        bytes.push(self.last as u8);
        bytes.extend_from_slice(&self.at.to_le_bytes());
        bytes
    }
}

fn name(plan: &Plan, system: &System) -> String {
    plan.in_store(&["probe/", &system.name].concat())
}

/// What stands there, with the version to put over it. The clocks of a process's engines may differ a little; a record
/// that is later than that, by a period, is of another clock.
fn find(store: &dyn SharedStore, plan: &Plan, system: &System, every: u64, now: u64) -> (Option<Record>, Option<u32>) {
    let Some((bytes, version)) = store.get(&name(plan, system)) else { return (None, None) };
    let latest = now.saturating_add(every);
    let fits = |r: &Record| r.at <= latest && r.next <= latest.saturating_add(every);
    (Record::read(&bytes).filter(fits), Some(version))
}

/// Whether a system may be asked now.
pub(crate) fn is_due(store: &dyn SharedStore, plan: &Plan, system: &System, probe: &Probe, now: u64) -> bool {
    find(store, plan, system, probe.every_ms, now).0.is_none_or(|record| record.next <= now)
}

/// Takes it on to ask a system now; false if it is not to be asked yet, or another has taken it on.
pub(crate) fn claim(store: &dyn SharedStore, plan: &Plan, system: &System, probe: &Probe, now: u64) -> bool {
    let (record, version) = find(store, plan, system, probe.every_ms, now);
    let (last, at) = record.map_or((Last::Never, now), |record| (record.last, record.at));
    let claimed = Record { next: now.saturating_add(probe.every_ms), last, at };
    record.is_none_or(|record| record.next <= now) && store.put(&name(plan, system), &claimed.bytes(), version)
}

/// Notes how a system answered that was asked at `since`.
pub(crate) fn note(
    store: &dyn SharedStore,
    plan: &Plan,
    system: &System,
    probe: &Probe,
    (since, now): (u64, u64),
    up: bool,
) {
    let last = if up { Last::Up } else { Last::Down };
    let record = Record { next: since.saturating_add(probe.every_ms), last, at: now };
    store.put(&name(plan, system), &record.bytes(), None);
}

/// Whether all of these systems are there, as far as they were asked. `since` is when this engine was made: for one
/// period from then on, who has not been asked is believed to be there.
///
/// # Errors
/// What is answered if one is not, with the seconds until it will have been asked again.
pub(crate) fn all_there(
    store: &dyn SharedStore,
    plan: &Plan,
    systems: &[SystemIndex],
    since: u64,
    now: u64,
) -> Result<(), Problem> {
    let found = systems.iter().filter_map(|system| {
        let system = plan.system(*system);
        missing(store, plan, system, system.probe.as_ref()?, since, now)
    });
    // That nobody asks is the gateway's own fault: it counts only where no system is known to be away.
    match found.min_by_key(|(code, wait)| (*code, std::cmp::Reverse(*wait))) {
        None => Ok(()),
        Some((code, wait)) => {
            let seconds = u32::try_from(wait.div_ceil(1_000).max(1)).unwrap_or(u32::MAX);
            Err(Problem { retry_after: Some(seconds), ..Problem::from(code) })
        }
    }
}

/// Why a system does not count as there, and milliseconds until it is asked again; none if it does.
fn missing(
    store: &dyn SharedStore,
    plan: &Plan,
    system: &System,
    probe: &Probe,
    since: u64,
    now: u64,
) -> Option<(Code, u64)> {
    let every = probe.every_ms;
    let new = now < since.saturating_add(every);
    let (record, _) = find(store, plan, system, every, now);
    // A record that nobody has touched for so long is of an engine that is gone.
    let Some(record) = record.filter(|record| now < record.next.saturating_add(every)) else {
        return (!new).then_some((Code::MappingUnprobed, every));
    };
    let there = match record.last {
        Last::Up => now < record.at.saturating_add(every.saturating_mul(2)),
        Last::Down => false,
        Last::Never => new,
    };
    (!there).then_some((Code::LegacyUnavailable, record.next.saturating_sub(now)))
}
