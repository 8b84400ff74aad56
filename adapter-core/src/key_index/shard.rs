//! A shard of an index: sorted entries, one behind the other, under the generation that they are of.
//!
//! An entry is eight bytes of the key, which follow the one that names the shard, and the tax code in nine.

use sha2::{Digest as _, Sha256};

use super::code::{PACKED, pack, unpack};

/// How many there are: the key's first byte names one.
pub(crate) const SHARDS: usize = 256;

/// Bytes of the key in an entry.
const PREFIX: usize = 8;

/// Bytes of an entry.
pub(crate) const ENTRY: usize = PREFIX + PACKED;

/// The form of a shard.
const FORM: u8 = 1;

/// Bytes before the entries: the form, and the generation.
const HEAD: usize = 9;

/// A key: the SHA-256 of a tax code.
pub(crate) type Key = [u8; 32];

/// A student as the index has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry([u8; ENTRY]);

impl Entry {
    /// The entry of a tax code, and its shard; none if it is no tax code.
    pub fn of(code: &str) -> Option<(u8, Self)> {
        let packed = pack(code)?;
        let key: Key = Sha256::digest(code.as_bytes()).into();
        let (shard, prefix) = parts(&key)?;
        let mut entry = [0; ENTRY];
        entry.iter_mut().zip(prefix.iter().chain(&packed)).for_each(|(to, from)| *to = *from);
        Some((shard, Self(entry)))
    }
}

fn parts(key: &Key) -> Option<(u8, &[u8; PREFIX])> {
    let (shard, rest) = key.split_first()?;
    Some((*shard, rest.first_chunk()?))
}

/// The shard of a key.
pub(crate) fn shard_of(key: &Key) -> u8 {
    key.first().copied().unwrap_or(0)
}

/// The generation of a shard, and its entries; none if it is no shard.
fn read(bytes: &[u8]) -> Option<(u64, &[[u8; ENTRY]])> {
    let ([form, generation @ ..], entries) = bytes.split_first_chunk::<HEAD>()?;
    let (entries, rest) = entries.as_chunks::<ENTRY>();
    (*form == FORM && rest.is_empty()).then_some((u64::from_le_bytes(*generation), entries))
}

/// The generation of a shard.
pub(crate) fn generation(bytes: &[u8]) -> Option<u64> {
    read(bytes).map(|(generation, _)| generation)
}

/// The tax code of a key. The whole key is compared: an entry has only some of it.
pub(crate) fn find(bytes: &[u8], key: &Key) -> Option<String> {
    let (_, prefix) = parts(key)?;
    let (_, entries) = read(bytes)?;
    let begin = |entry: &[u8; ENTRY]| entry.first_chunk::<PREFIX>().copied().unwrap_or_default();
    let first = entries.partition_point(|entry| begin(entry) < *prefix);
    let like = entries.iter().skip(first).take_while(|entry| begin(entry) == *prefix);
    like.filter_map(|entry| unpack(entry.last_chunk()?))
        .find(|code| <Key>::from(Sha256::digest(code.as_bytes())) == *key)
}

/// A shard of a generation with further entries, which ascend, and how many of them it had not; none if it had all. What
/// stands there of another generation is left.
pub(crate) fn merged(bytes: &[u8], generation: u64, more: &[Entry]) -> Option<(Vec<u8>, usize)> {
    let had = read(bytes).filter(|(other, _)| *other == generation).map(|(_, entries)| entries);
    let entries = had.unwrap_or_default();
    let new: Vec<&[u8; ENTRY]> =
        more.iter().map(|entry| &entry.0).filter(|entry| entries.binary_search(entry).is_err()).collect();
    if new.is_empty() && had.is_some() {
        return None;
    }
    let all = entries.len().saturating_add(new.len());
    let mut out = Vec::with_capacity(all.saturating_mul(ENTRY).saturating_add(HEAD));
    out.push(FORM);
    out.extend_from_slice(&generation.to_le_bytes());
    let mut old = entries.iter().peekable();
    for entry in &new {
        while let Some(before) = old.next_if(|old| old < entry) {
            out.extend_from_slice(before);
        }
        out.extend_from_slice(*entry);
    }
    old.for_each(|entry| out.extend_from_slice(entry));
    Some((out, new.len()))
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test")]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn key(code: &str) -> Key {
        Sha256::digest(code.as_bytes()).into()
    }

    /// A tax code of a number: surnames, days and places differ.
    fn code(number: usize) -> String {
        let letter = |at: usize| char::from(b"BCDFGHJKLM"[number / 10_usize.pow(u32::try_from(at).unwrap()) % 10]);
        let (day, place) = (1 + number % 28, 100 + number % 899);
        format!("{}{}{}{}{}A80A{day:02}F{place}X", letter(0), letter(1), letter(2), letter(3), letter(4))
    }

    fn sorted(codes: &[String]) -> Vec<Entry> {
        let entries: BTreeSet<Entry> = codes.iter().map(|code| Entry::of(code).unwrap().1).collect();
        entries.into_iter().collect()
    }

    #[test]
    fn what_is_put_in_is_found_however_it_came() {
        let codes: Vec<String> = (0..2_000).map(code).collect();
        let mut seed = 7_usize;
        let mut bytes = Vec::new();
        let mut known: BTreeSet<&String> = BTreeSet::new();
        while known.len() < codes.len() {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let (first, many) = ((seed >> 33) % codes.len(), 1 + (seed >> 50) % 97);
            let some: Vec<String> = codes.iter().cycle().skip(first).take(many).cloned().collect();
            let before = known.len();
            known.extend(codes.iter().cycle().skip(first).take(many));
            let new = known.len() - before;
            match merged(&bytes, 5, &sorted(&some)) {
                Some((more, counted)) => {
                    assert_eq!(counted, new);
                    bytes = more;
                }
                None => assert_eq!(new, 0),
            }
            assert_eq!(bytes.len(), HEAD + known.len() * ENTRY);
            let entries = read(&bytes).unwrap().1;
            assert!(entries.is_sorted());
            for code in codes.iter().step_by(13) {
                assert_eq!(find(&bytes, &key(code)).as_ref(), Some(code).filter(|code| known.contains(code)));
            }
        }
        for code in &codes {
            assert_eq!(find(&bytes, &key(code)).as_ref(), Some(code));
        }
    }

    #[test]
    fn the_whole_key_is_compared() {
        let (code, other_code) = (code(1), code(2));
        let (bytes, _) = merged(&[], 1, &sorted(std::slice::from_ref(&code))).unwrap();
        let mut other = key(&code);
        other[31] ^= 1;
        assert_eq!(find(&bytes, &other), None);
        // Two that begin alike are told apart by the rest.
        let mut twin = Entry::of(&other_code).unwrap().1;
        let one = Entry::of(&code).unwrap().1;
        twin.0[..PREFIX].copy_from_slice(&one.0[..PREFIX]);
        let mut both = vec![one, twin];
        both.sort_unstable();
        let (bytes, _) = merged(&[], 1, &both).unwrap();
        assert_eq!(find(&bytes, &key(&code)), Some(code));
    }

    #[test]
    fn another_generation_begins_anew() {
        let (first, second) = (sorted(&[code(1)]), sorted(&[code(2)]));
        let (bytes, _) = merged(&[], 1, &first).unwrap();
        let (bytes, new) = merged(&bytes, 2, &second).unwrap();
        assert_eq!((generation(&bytes), new), (Some(2), 1));
        assert_eq!((find(&bytes, &key(&code(1))), find(&bytes, &key(&code(2)))), (None, Some(code(2))));
        // One without entries is of its generation, too.
        assert_eq!(merged(&bytes, 3, &[]).map(|(bytes, _)| (generation(&bytes), bytes.len())), Some((Some(3), HEAD)));
        assert_eq!(merged(&bytes, 2, &[]), None);
    }

    #[test]
    fn what_is_no_shard_has_nobody() {
        let (bytes, _) = merged(&[], 1, &sorted(&[code(1)])).unwrap();
        for torn in [&bytes[..bytes.len() - 1], &bytes[..HEAD - 1], &[][..], b"nonsense nonsense nonsense"] {
            assert_eq!((find(torn, &key(&code(1))), generation(torn)), (None, None));
        }
        assert_eq!(find(&bytes[..HEAD], &key(&code(1))), None);
    }
}
