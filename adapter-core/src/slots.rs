//! Slots: which writes are on their way or have an outcome that nobody knows, for all engines of a process.
//!
//! A write takes a slot just before it is dispatched. Whoever asks for the same again finds it taken, on whichever engine.
//! The slots are fixed in number and stand in groups; a reference has one group, and a group is one value of the store, so
//! that looking for the reference and taking a slot for it are one compare-and-put: of two, one wins.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::store::SharedStore;

/// Groups of slots.
pub const GROUPS: u8 = 32;

/// Slots in a group.
pub const EACH: usize = 8;

/// Bytes of a reference.
pub const REFERENCE: usize = 32;

/// How long an outcome that nobody knows is remembered, milliseconds.
pub const REMEMBERED_MS: u64 = 600_000;

/// How often another engine may get in first before a write is given up.
const TRIES: u8 = 8;

/// A version that no value has: with it, a value is put only where there is none.
const ABSENT: u32 = u32::MAX;

/// What a write is known by.
pub type Reference = [u8; REFERENCE];

/// What the same write of the same consumer is known by again: a digest with a key, so that nobody who sees it can try
/// what was asked for. None if the digest takes no such key.
///
/// Each part is preceded by its length: no two requests are the same text.
pub fn reference(key: &[u8; 32], consumer: &str, operation: &str, request: &[u8]) -> Option<Reference> {
    let mut digest = Hmac::<Sha256>::new_from_slice(key).ok()?;
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
    until: u64,
    state: State,
}

/// Why a write may not be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The same write is on its way, at most until then.
    InFlight {
        /// A time of the engine, milliseconds.
        until: u64,
    },
    /// The same write was sent and its outcome is not known.
    Unknown,
    /// There is no room to remember it, or what stands there cannot be read.
    NoRoom,
}

/// A slot that was taken: the right to dispatch its write.
#[derive(Debug)]
#[must_use = "a slot is held until its time is up"]
pub struct Taken {
    reference: Reference,
    until: u64,
}

/// Takes a slot for a write until then.
///
/// # Errors
/// Why the write may not be sent.
pub fn take(store: &dyn SharedStore, reference: Reference, now: u64, until: u64) -> Result<Taken, Refused> {
    change(store, &reference, now, |slots| {
        match slots.iter().find(|slot| slot.reference == reference) {
            Some(Slot { state: State::Unknown, .. }) => return Err(Refused::Unknown),
            Some(slot) => return Err(Refused::InFlight { until: slot.until }),
            None if slots.len() >= EACH => return Err(Refused::NoRoom),
            None => slots.push(Slot { reference, until, state: State::Flying }),
        }
        Ok(())
    })?;
    Ok(Taken { reference, until })
}

impl Taken {
    /// The outcome is known, or nothing was sent: the slot is free. If it cannot be given back now, its time frees it.
    pub fn free(self, store: &dyn SharedStore, now: u64) {
        let Self { reference, until } = self;
        let _ = change(store, &reference, now, |slots| {
            // Whoever took it after that time has another.
            slots.retain(|slot| slot.reference != reference || slot.until != until);
            Ok(())
        });
    }

    /// The outcome is not known: that is remembered.
    ///
    /// # Errors
    /// [`Refused::NoRoom`] if it could not be; the slot is held for the time it was taken for.
    pub fn unknown(self, store: &dyn SharedStore, now: u64) -> Result<(), Refused> {
        let Self { reference, .. } = self;
        let until = now.saturating_add(REMEMBERED_MS);
        change(store, &reference, now, |slots| {
            slots.retain(|slot| slot.reference != reference);
            if slots.len() >= EACH {
                return Err(Refused::NoRoom);
            }
            slots.push(Slot { reference, until, state: State::Unknown });
            Ok(())
        })
    }
}

/// Changes the slots of a reference's group that are still held.
fn change(
    store: &dyn SharedStore,
    reference: &Reference,
    now: u64,
    by: impl Fn(&mut Vec<Slot>) -> Result<(), Refused>,
) -> Result<(), Refused> {
    let [first, ..] = reference;
    let name = format!("writes/{}", first.checked_rem(GROUPS).unwrap_or(0));
    for _ in 0..TRIES {
        let (mut slots, version) = match store.get(&name) {
            Some((bytes, version)) => (read(&bytes).ok_or(Refused::NoRoom)?, version),
            None => (Vec::new(), ABSENT),
        };
        slots.retain(|slot| slot.until > now);
        by(&mut slots)?;
        if store.put(&name, &written(&slots), Some(version)) {
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

    #[test]
    fn a_reference_is_the_digest_of_its_parts() {
        let hex = |bytes: Reference| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let made = reference(&[0xa5; 32], "ANIS", "IFS04.1", b"{}").unwrap();
        // By `openssl dgst -sha256 -mac HMAC` over the parts and their lengths.
        assert_eq!(hex(made), "2415ec00c6d33f5a509dbe13a0a2f770a529ea83b29b2aa74b496f0296920e50");
        assert_ne!(Some(made), reference(&[0xa5; 32], "ANISI", "FS04.1", b"{}"));
    }

    #[test]
    fn the_second_of_two_is_refused_until_the_first_is_over() {
        let store = MemoryStore::default();
        let first = take(&store, known_by(1), 0, 100).unwrap();
        assert_eq!(take(&store.clone(), known_by(1), 50, 150).unwrap_err(), Refused::InFlight { until: 100 });
        let _other = take(&store, known_by(2), 50, 150).unwrap();
        first.free(&store, 60);
        let again = take(&store, known_by(1), 70, 170).unwrap();
        // Nobody gave it back: its time is up.
        let _late = take(&store, known_by(1), 170, 270).unwrap();
        again.free(&store, 180);
        assert_eq!(take(&store, known_by(1), 190, 290).unwrap_err(), Refused::InFlight { until: 270 });
    }

    #[test]
    fn an_unknown_outcome_is_remembered() {
        let store = MemoryStore::default();
        take(&store, known_by(1), 0, 100).unwrap().unknown(&store, 90).unwrap();
        assert_eq!(take(&store, known_by(1), 90 + REMEMBERED_MS - 1, u64::MAX).unwrap_err(), Refused::Unknown);
        assert!(take(&store, known_by(1), 90 + REMEMBERED_MS, u64::MAX).is_ok());
    }

    #[test]
    fn a_full_group_and_a_torn_one_refuse() {
        let store = MemoryStore::default();
        for of in 0..8 {
            let _held = take(&store, known_by(of), 0, 100).unwrap();
        }
        assert_eq!(take(&store, known_by(8), 1, 100).unwrap_err(), Refused::NoRoom);
        assert!(take(&store, known_by(8), 100, 200).is_ok());
        assert!(store.put("writes/7", b"\x00torn", None));
        assert_eq!(take(&store, known_by(9), 1, 100).unwrap_err(), Refused::NoRoom);
    }

    #[test]
    fn of_two_that_find_nothing_one_puts() {
        let store = MemoryStore::default();
        assert!(store.put("writes/7", b"", Some(ABSENT)));
        assert!(!store.put("writes/7", b"", Some(ABSENT)));
    }
}
