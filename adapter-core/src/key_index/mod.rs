//! From a key to a student, for systems that can neither be asked by key nor make one: an index of all whom the lists of
//! IFS06 and IFS07 name, in the store.
//!
//! It stands in [shards](shard), in two sets. One has the generation that is complete, the other the one before it, until
//! the next is made there; what leads from either to a student counts, as the whole key is compared. That a key is nobody's
//! is said only where the complete generation was begun not long ago and the shard is of it: whoever is not found
//! otherwise may have come meanwhile. Then the next generation is wanted, which is noted once for each.
//!
//! Names are the institute's alone, since a store forgets none; what they stand for says which lists it is of.

mod code;
mod record;
mod shard;

pub(crate) use record::{Build, Complete, Record};
pub(crate) use shard::{ENTRY, Entry, Key, SHARDS};

use crate::plan::{KeyIndex, Plan};
use crate::problem::{Code, Problem};
use crate::store::SharedStore;
use crate::value::sorted;

/// Most students of a generation. No institute has as many; a list that never ends has more.
pub(crate) const MOST: u32 = 2_000_000;

/// How often a shard is tried to be put, where others put theirs at the same time.
const TRIES: usize = 4;

/// Seconds until a generation will be complete, where none has been yet.
const SOON: u64 = 60;

/// A key as a request has it: 64 hex digits.
pub(crate) fn key(text: &str) -> Option<Key> {
    let mut key = Key::default();
    let digits = text.len() == 64 && text.is_ascii();
    for (byte, pair) in key.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        for digit in pair {
            let digit = u8::try_from(char::from(*digit).to_digit(16)?).ok()?;
            *byte = byte.wrapping_shl(4) | digit;
        }
    }
    digits.then_some(key)
}

/// The student of a key.
///
/// # Errors
/// [`Code::RequestUnknownStudent`] if it is nobody's, [`Code::KeyUnresolved`] if that cannot be said yet.
pub(crate) fn look_up(
    store: &dyn SharedStore,
    plan: &Plan,
    index: &KeyIndex,
    asked: &str,
    now: u64,
) -> Result<String, Problem> {
    let key = key(asked).ok_or(Code::RequestUnknownStudent)?;
    // The record first: what is complete by it is in its set until the next but one is made.
    let record = find(store, plan, index).map(|(record, _)| record).unwrap_or_default();
    let place = shard::shard_of(&key);
    let shards = [record.set, record.other()].map(|set| store.get(&name(plan, set, place)));
    if let Some(code) = shards.iter().flatten().find_map(|(bytes, _)| shard::find(bytes, &key)) {
        return Ok(code);
    }
    let [own, _] = shards;
    let Some(complete) = record.complete else { return Err(not_yet(&record, now)) };
    let whole = own.is_some_and(|(bytes, _)| shard::generation(&bytes) == Some(complete.generation));
    if whole && is_fresh(&complete, index, now) {
        return Err(Code::RequestUnknownStudent.into());
    }
    want(store, plan, complete.generation);
    Err(not_yet(&record, now))
}

/// Whether somebody who is not in a generation is nobody. One of later than now is of another clock.
pub(crate) fn is_fresh(complete: &Complete, index: &KeyIndex, now: u64) -> bool {
    now.checked_sub(complete.generation).is_some_and(|age| age < index.fresh_ms)
}

fn not_yet(record: &Record, now: u64) -> Problem {
    let lasts = record.complete.map(|complete| complete.ended.saturating_sub(complete.generation));
    let begun = record.build.as_ref().map_or(0, |build| now.saturating_sub(build.generation));
    let left = lasts.map_or(SOON, |lasts| lasts.saturating_sub(begun).div_ceil(1_000));
    let paused = record.until.saturating_sub(now).div_ceil(1_000);
    let seconds = u32::try_from(left.max(paused).max(5)).unwrap_or(u32::MAX);
    Problem { retry_after: Some(seconds), ..Problem::from(Code::KeyUnresolved) }
}

/// What is known of the index, with the version to put over it.
pub(crate) fn find(store: &dyn SharedStore, plan: &Plan, index: &KeyIndex) -> Option<(Record, u32)> {
    let (bytes, version) = store.get(&head(plan))?;
    Some((Record::read(&bytes, index.definition).unwrap_or_else(|| Record::new(index.definition)), version))
}

/// Notes what is known of the index; false if another has noted something meanwhile, or it is too long to be kept.
pub(crate) fn note(store: &dyn SharedStore, plan: &Plan, record: &Record, over: Option<u32>) -> bool {
    record.bytes().is_ok_and(|bytes| store.put(&head(plan), &bytes, over))
}

/// Whether somebody was asked for whom a generation has not.
pub(crate) fn is_wanted(store: &dyn SharedStore, plan: &Plan, generation: u64) -> bool {
    store.get(&wanted(plan)).is_some_and(|(bytes, _)| bytes == generation.to_le_bytes())
}

fn want(store: &dyn SharedStore, plan: &Plan, generation: u64) {
    if !is_wanted(store, plan, generation) {
        store.put(&wanted(plan), &generation.to_le_bytes(), None);
    }
}

/// Adds entries to a generation in a set; how many of them it had not, or none if they could not all be put.
pub(crate) fn add(
    store: &dyn SharedStore,
    plan: &Plan,
    (set, generation): (u8, u64),
    entries: &[(u8, Entry)],
) -> Option<usize> {
    let entries = sorted(entries);
    let mut added: usize = 0;
    for some in entries.chunk_by(|(a, _), (b, _)| a == b) {
        let (place, _) = some.first()?;
        let more: Vec<Entry> = some.iter().map(|(_, entry)| *entry).collect();
        added = added.saturating_add(put(store, plan, (set, *place), generation, &more)?);
    }
    Some(added)
}

/// Adds to a shard.
fn put(store: &dyn SharedStore, plan: &Plan, (set, place): (u8, u8), generation: u64, more: &[Entry]) -> Option<usize> {
    let name = name(plan, set, place);
    for _ in 0..TRIES {
        let (bytes, version) = store.get(&name).map_or((Vec::new(), None), |(bytes, version)| (bytes, Some(version)));
        let Some((bytes, new)) = shard::merged(&bytes, generation, more) else { return Some(0) };
        if store.put(&name, &bytes, version) {
            return Some(new);
        }
    }
    None
}

/// Has every shard of a set be of a generation, those too in which it has nobody; false if that was not possible.
pub(crate) fn close(store: &dyn SharedStore, plan: &Plan, (set, generation): (u8, u64)) -> bool {
    (0..SHARDS)
        .all(|place| u8::try_from(place).is_ok_and(|place| put(store, plan, (set, place), generation, &[]).is_some()))
}

fn head(plan: &Plan) -> String {
    named(plan, "")
}

fn wanted(plan: &Plan) -> String {
    named(plan, "/wanted")
}

fn name(plan: &Plan, set: u8, place: u8) -> String {
    named(plan, &["/", &set.to_string(), "/", &place.to_string()].concat())
}

/// Named by the institute alone.
fn named(plan: &Plan, what: &str) -> String {
    ["ifs/", &plan.institute().code, "/keys", what].concat()
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test")]
mod tests;
