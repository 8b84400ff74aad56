//! Slots: which changes are on their way or have an outcome that nobody knows, for all engines of a process.
//!
//! A change takes a slot just before it is dispatched. Whoever asks for the same again finds it taken, on whichever engine
//! and of whichever bundle. The slots are fixed in number and stand in groups; a reference has one group, and a group is one
//! value of the store, so that looking for the reference and taking a slot for it are one compare-and-put: of two, one wins.
//!
//! A slot that nobody gave back in its time is one whose engine is gone: what became of its change nobody knows, and that is
//! remembered as if somebody had said so.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::key::Key;
use crate::store::SharedStore;

/// Groups of slots.
pub const GROUPS: u8 = 32;

/// Slots in a group.
pub const EACH: usize = 8;

/// Bytes of a reference.
pub const REFERENCE: usize = 32;

/// How long an outcome that nobody knows is remembered, milliseconds.
pub const REMEMBERED_MS: u64 = 600_000;

/// How often another engine may get in first before a change is given up.
const TRIES: u8 = 8;

/// A version that no value has: with it, a value is put only where there is none.
const ABSENT: u32 = u32::MAX;

/// What a change is known by.
pub type Reference = [u8; REFERENCE];

/// What the same change of the same consumer is known by again: a digest with a key, so that nobody who sees it can try
/// what was asked for. None if the digest takes no such key.
///
/// Each part is preceded by its length: no two requests are the same text.
pub fn reference(key: &Key, consumer: &str, operation: &str, request: &[u8]) -> Option<Reference> {
    let mut digest = Hmac::<Sha256>::new_from_slice(&key.0).ok()?;
    for part in [consumer.as_bytes(), operation.as_bytes(), request] {
        digest.update(&u64::try_from(part.len()).ok()?.to_be_bytes());
        digest.update(part);
    }
    Some(digest.finalize().into_bytes().into())
}

/// What a slot says of its write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Flying,
    Unknown,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    reference: Reference,
    /// Until when it is held; of an outcome that is not known, since when it is not.
    until: u64,
    state: State,
}

/// Why a change may not be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The same change is on its way, at most until then.
    InFlight {
        /// A time of the engine, milliseconds.
        until: u64,
    },
    /// The same change was sent and its outcome is not known.
    Unknown,
    /// There is no room to remember it, or what stands there cannot be read.
    NoRoom,
}

/// A slot that was taken: the right to dispatch its change.
#[derive(Debug)]
#[must_use = "a slot is held until its time is up"]
pub struct Taken {
    place: String,
    reference: Reference,
    until: u64,
}

/// Takes a slot of an institute's for a change until then.
///
/// # Errors
/// Why the change may not be sent.
pub fn take(
    store: &dyn SharedStore,
    institute: &str,
    reference: Reference,
    now: u64,
    until: u64,
) -> Result<Taken, Refused> {
    let [first, ..] = reference;
    let group = first.checked_rem(GROUPS).unwrap_or(0);
    let place = format!("ifs/{institute}/changes/{group}");
    change(store, &place, now, |slots| {
        match slots.iter().find(|slot| slot.reference == reference) {
            Some(Slot { state: State::Flying, until, .. }) if *until > now => {
                return Err(Refused::InFlight { until: *until });
            }
            Some(_) => return Err(Refused::Unknown),
            None if slots.len() >= EACH => return Err(Refused::NoRoom),
            None => slots.push(Slot { reference, until, state: State::Flying }),
        }
        Ok(())
    })?;
    Ok(Taken { place, reference, until })
}

impl Taken {
    /// The outcome is known, or nothing was sent: the slot is free. If it cannot be given back now, its time frees it.
    pub fn free(self, store: &dyn SharedStore, now: u64) {
        let Self { place, reference, until } = self;
        let _ = change(store, &place, now, |slots| {
            // Whoever took it after that time has another.
            slots.retain(|slot| slot.reference != reference || slot.until != until);
            Ok(())
        });
    }

    /// The outcome is not known: that is remembered. If it cannot be noted now, it is once the slot's time is up.
    pub fn unknown(self, store: &dyn SharedStore, now: u64) {
        let Self { place, reference, until: held } = self;
        let _ = change(store, &place, now, |slots| {
            for slot in slots.iter_mut().filter(|slot| slot.reference == reference && slot.until == held) {
                *slot = Slot { reference, until: now, state: State::Unknown };
            }
            Ok(())
        });
    }
}

/// Changes the slots of a group that are held, or remembered.
fn change(
    store: &dyn SharedStore,
    place: &str,
    now: u64,
    by: impl Fn(&mut Vec<Slot>) -> Result<(), Refused>,
) -> Result<(), Refused> {
    for _ in 0..TRIES {
        let (mut slots, version) = match store.get(place) {
            Some((bytes, version)) => (read(&bytes).ok_or(Refused::NoRoom)?, version),
            None => (Vec::new(), ABSENT),
        };
        slots.retain(|slot| slot.until.saturating_add(REMEMBERED_MS) > now);
        by(&mut slots)?;
        if store.put(place, &written(&slots), Some(version)) {
            return Ok(());
        }
    }
    Err(Refused::NoRoom)
}

fn written(slots: &[Slot]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for slot in slots {
        bytes.push(u8::from(slot.state == State::Unknown));
        bytes.extend_from_slice(&slot.until.to_le_bytes());
        bytes.extend_from_slice(&slot.reference);
    }
    bytes
}

fn read(mut bytes: &[u8]) -> Option<Vec<Slot>> {
    let mut slots = Vec::new();
    while let Some((state, rest)) = bytes.split_first() {
        let state = match state {
            0 => State::Flying,
            1 => State::Unknown,
            _ => return None,
        };
        let (until, rest) = rest.split_first_chunk()?;
        let (reference, rest) = rest.split_first_chunk()?;
        slots.push(Slot { reference: *reference, until: u64::from_le_bytes(*until), state });
        bytes = rest;
    }
    Some(slots)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MemoryStore;

    fn known_by(of: u8) -> Reference {
        let mut reference = [7; REFERENCE];
        reference[1] = of;
        reference
    }

    fn taken(store: &MemoryStore, of: u8, now: u64, until: u64) -> Result<Taken, Refused> {
        take(store, "9901", known_by(of), now, until)
    }

    #[test]
    fn a_reference_is_the_digest_of_its_parts() {
        let hex = |bytes: Reference| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let key = Key([0xa5; 32]);
        let made = reference(&key, "ANIS", "IFS04.1", b"{}").unwrap();
        // By `openssl dgst -sha256 -mac HMAC` over the parts and their lengths.
        assert_eq!(hex(made), "2415ec00c6d33f5a509dbe13a0a2f770a529ea83b29b2aa74b496f0296920e50");
        assert_ne!(Some(made), reference(&key, "ANISI", "FS04.1", b"{}"));
    }

    #[test]
    fn the_second_of_two_is_refused_until_the_first_is_over() {
        let store = MemoryStore::default();
        let first = taken(&store, 1, 0, 100).unwrap();
        assert_eq!(taken(&store.clone(), 1, 50, 150).unwrap_err(), Refused::InFlight { until: 100 });
        let _other = taken(&store, 2, 50, 150).unwrap();
        // Another institute's is another change.
        let _theirs = take(&store, "9902", known_by(1), 50, 150).unwrap();
        first.free(&store, 60);
        let _again = taken(&store, 1, 70, 170).unwrap();
        assert_eq!(taken(&store, 1, 169, 270).unwrap_err(), Refused::InFlight { until: 170 });
    }

    #[test]
    fn an_unknown_outcome_is_remembered() {
        let store = MemoryStore::default();
        taken(&store, 1, 0, 100).unwrap().unknown(&store, 90);
        assert_eq!(taken(&store, 1, 90 + REMEMBERED_MS - 1, u64::MAX).unwrap_err(), Refused::Unknown);
        assert!(taken(&store, 1, 90 + REMEMBERED_MS, u64::MAX).is_ok());
    }

    #[test]
    fn nobody_knows_what_became_of_a_change_whose_engine_is_gone() {
        let store = MemoryStore::default();
        let late = taken(&store, 1, 0, 100).unwrap();
        assert_eq!(taken(&store, 1, 100, 200).unwrap_err(), Refused::Unknown);
        assert_eq!(taken(&store, 1, 99 + REMEMBERED_MS, u64::MAX).unwrap_err(), Refused::Unknown);
        let again = taken(&store, 1, 100 + REMEMBERED_MS, u64::MAX).unwrap();
        // It comes back after all: the slot is another's by now.
        late.free(&store, 101 + REMEMBERED_MS);
        assert!(taken(&store, 1, 102 + REMEMBERED_MS, u64::MAX).is_err());
        again.free(&store, 103 + REMEMBERED_MS);
        assert!(taken(&store, 1, 104 + REMEMBERED_MS, u64::MAX).is_ok());
    }

    #[test]
    fn a_full_group_and_a_torn_one_refuse() {
        let store = MemoryStore::default();
        for of in 0..8 {
            let _held = taken(&store, of, 0, 100).unwrap();
        }
        assert_eq!(taken(&store, 8, 1, 100).unwrap_err(), Refused::NoRoom);
        assert!(taken(&store, 8, 100 + REMEMBERED_MS, u64::MAX).is_ok());
        assert!(store.put("ifs/9901/changes/7", b"\x00torn", None));
        assert_eq!(taken(&store, 9, 1, 100).unwrap_err(), Refused::NoRoom);
    }

    #[test]
    fn of_two_that_find_nothing_one_puts() {
        let store = MemoryStore::default();
        assert!(store.put("ifs/9901/changes/7", b"", Some(ABSENT)));
        assert!(!store.put("ifs/9901/changes/7", b"", Some(ABSENT)));
    }
}
