//! Kept answers: fresh ones stand for a call that asks for the same.
//!
//! They share a number of places. Which place an answer takes follows from what was asked, so that a place can be read
//! without a directory; a directory of sizes bounds them all together. Two exchanges at once may fetch the same, and
//! one may lose to the other what it would have kept: nobody waits.

use crate::plan::Plan;
use crate::store::SharedStore;
use crate::wire::CallResult;

/// How many answers can be kept. Many more than are: two that fall into one place throw each other out.
const PLACES: usize = 4096;

/// Bytes in front of the headers: what was asked (32), when it was answered (8), until when it is fresh (8), status
/// (2), length of the headers (4).
const HEAD: usize = 54;

/// What was asked: digest over the bundle and the request as written.
pub(super) type Key = [u8; 32];

/// A status with its headers and body.
pub(super) type Answer = (u16, Vec<(String, String)>, Vec<u8>);

/// The most bytes that one kept answer may have.
pub(super) fn part(plan: &Plan) -> usize {
    usize::try_from(plan.limits().cache / 16).unwrap_or(usize::MAX)
}

/// The kept answer to what is asked, if it is fresh.
pub(super) fn find(store: &dyn SharedStore, plan: &Plan, asked: &Key, now: u64) -> Option<CallResult> {
    let (bytes, _) = store.get(&name(plan, place(asked)))?;
    let (status, headers, body) = read(&bytes, asked, now)?;
    Some(CallResult::Answer { status, headers, body })
}

fn read(bytes: &[u8], asked: &Key, now: u64) -> Option<Answer> {
    let (key, rest) = bytes.split_first_chunk::<32>()?;
    let (at, rest) = rest.split_first_chunk::<8>()?;
    let (until, rest) = rest.split_first_chunk::<8>()?;
    let (status, rest) = rest.split_first_chunk::<2>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    // One from the future is of another clock.
    let fresh = u64::from_le_bytes(*at) <= now && now < u64::from_le_bytes(*until);
    if key != asked || !fresh {
        return None;
    }
    let (headers, body) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
    let lines = std::str::from_utf8(headers).ok()?.lines();
    let headers = lines.filter_map(|l| l.split_once(':')).map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
    Some((u16::from_le_bytes(*status), headers, body.to_vec()))
}

/// Keeps an answer for `ms`; one that is too large, or that loses a race, is not kept.
pub(super) fn keep(store: &dyn SharedStore, plan: &Plan, asked: &Key, now: u64, ms: u64, answer: &Answer) {
    let (status, headers, body) = answer;
    let mut lines = String::new();
    for (name, value) in headers {
        if !value.contains(['\r', '\n']) {
            lines.extend([name, ":", value, "\n"]);
        }
    }
    let size = HEAD.saturating_add(lines.len()).saturating_add(body.len());
    let (Ok(length), true) = (u32::try_from(lines.len()), size <= part(plan)) else { return };
    let place = place(asked);
    if !reserve(store, plan, place, size) {
        return;
    }
    let mut record = Vec::with_capacity(size);
    record.extend_from_slice(asked);
    record.extend_from_slice(&now.to_le_bytes());
    record.extend_from_slice(&now.saturating_add(ms).to_le_bytes());
    record.extend_from_slice(&status.to_le_bytes());
    record.extend_from_slice(&length.to_le_bytes());
    record.extend_from_slice(lines.as_bytes());
    record.extend_from_slice(body);
    store.put(&name(plan, place), &record, None);
}

/// Makes room: notes the new size of a place in the directory, and empties the places behind it until all fit.
fn reserve(store: &dyn SharedStore, plan: &Plan, place: usize, size: usize) -> bool {
    let directory = name(plan, PLACES);
    let (mut sizes, version) = match store.get(&directory) {
        Some((bytes, version)) => {
            let sizes = bytes.chunks_exact(4).map(|c| c.try_into().map_or(0, u32::from_le_bytes));
            (sizes.collect::<Vec<u32>>(), Some(version))
        }
        None => (Vec::new(), None),
    };
    sizes.resize(PLACES, 0);
    let Ok(size) = u32::try_from(size) else { return false };
    let mut total: u64 = sizes.iter().map(|s| u64::from(*s)).sum();
    let mut set = |at: usize, to: u32| {
        if let Some(held) = sizes.get_mut(at) {
            total = total.saturating_sub(u64::from(*held)).saturating_add(u64::from(to));
            *held = to;
        }
        total
    };
    let limit = plan.limits().cache;
    let mut total = set(place, size);
    let mut emptied = Vec::new();
    for step in 1..PLACES {
        if total <= limit {
            break;
        }
        let behind = place.wrapping_add(step) % PLACES;
        emptied.push(behind);
        total = set(behind, 0);
    }
    let bytes: Vec<u8> = sizes.iter().flat_map(|s| s.to_le_bytes()).collect();
    if !store.put(&directory, &bytes, version) {
        return false;
    }
    for at in emptied {
        let name = name(plan, at);
        // An empty value in a place nobody used would only make its name stand.
        if store.get(&name).is_some() {
            store.put(&name, &[], None);
        }
    }
    true
}

fn place(asked: &Key) -> usize {
    let [a, b, ..] = *asked;
    usize::from(u16::from_le_bytes([a, b])) % PLACES
}

/// Named by the institute alone: what was asked tells bundles apart, and names in a store stand for ever.
fn name(plan: &Plan, place: usize) -> String {
    ["ifs/", &plan.institute().code, "/cache/", &place.to_string()].concat()
}
