//! Inputs made from nothing: what changing a few seeds would hardly ever come to.

pub mod elements;
pub mod rows;

use crate::chance::Chance;

/// Changes a few bytes: takes one away, doubles one, puts one of these in its place or beside it, or cuts the end off.
pub fn nibble(chance: &mut Chance, bytes: &mut Vec<u8>, with: &[u8]) {
    for _ in 0..=chance.below(2) {
        let at = chance.below(bytes.len());
        let byte = *chance.pick(with);
        match chance.below(9) {
            _ if bytes.is_empty() => bytes.push(byte),
            0..=1 => drop(bytes.remove(at)),
            2 => bytes.insert(at, bytes[at]),
            3..=5 => bytes[at] = byte,
            6..=7 => bytes.insert(at, byte),
            _ => bytes.truncate(at),
        }
    }
}
