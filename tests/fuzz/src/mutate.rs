//! Changing an input: bytes, but mostly pieces that mean something in its format.

use crate::chance::Chance;
use crate::targets::Target;

/// Largest input that is made, bytes.
pub const MOST: usize = 256 * 1024;

/// Numbers at the edges of something.
const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "1",
    "-1",
    "00",
    "255",
    "256",
    "65535",
    "65536",
    "2147483648",
    "4294967296",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "99999999999999999999999",
    "1e400",
    "1e-400",
    "0.1",
    "NaN",
];

/// An input made of another, and now and then of two.
pub fn mutate(chance: &mut Chance, target: &Target, input: &[u8], other: &[u8]) -> Vec<u8> {
    let mut bytes = input.to_vec();
    let times = 1 + chance.below(4);
    for _ in 0..times {
        change(chance, target, &mut bytes, other);
        bytes.truncate(MOST);
    }
    bytes
}

fn change(chance: &mut Chance, target: &Target, bytes: &mut Vec<u8>, other: &[u8]) {
    let range = chance.range(bytes.len());
    let at = range.start;
    match chance.below(14) {
        // Something is gone.
        0 => drop(bytes.drain(range)),
        1 => bytes.truncate(at),
        // A piece stands somewhere, or instead of something.
        2..=4 => insert(bytes, at, chance.pick(target.pieces).as_bytes()),
        5 => {
            let piece = chance.pick(target.pieces).as_bytes().to_vec();
            bytes.splice(range, piece);
        }
        // A part stands twice, or many times.
        6 => {
            let part = bytes[range].to_vec();
            let to = chance.below(bytes.len() + 1);
            insert(bytes, to, &part);
        }
        7 => {
            let part = bytes[range].to_vec();
            let times = if chance.once_in(20) { 20_000 } else { 1 + chance.below(100) };
            let times = times.min(MOST / part.len().max(1));
            insert(bytes, at, &part.repeat(times));
        }
        // Something opens and closes around a part, once or as deep as it goes.
        8 if !target.pairs.is_empty() => {
            let (open, close) = chance.pick(target.pairs);
            let times = if chance.once_in(6) { 1 + chance.below(3_000) } else { 1 };
            insert(bytes, range.end, close.repeat(times).as_bytes());
            insert(bytes, at, open.repeat(times).as_bytes());
        }
        // Two parts change places.
        9 => {
            let part: Vec<u8> = bytes.drain(range).collect();
            let to = chance.below(bytes.len() + 1);
            insert(bytes, to, &part);
        }
        // A part of another input.
        10 => {
            let part = other[chance.range(other.len())].to_vec();
            bytes.splice(range, part);
        }
        // Another number.
        11 => {
            let digits = |b: &u8| b.is_ascii_digit();
            if let Some(start) = bytes[at..].iter().position(digits).map(|n| n + at) {
                let end = bytes[start..].iter().position(|b| !digits(b)).map_or(bytes.len(), |n| n + start);
                bytes.splice(start..end, chance.pick(NUMBERS).bytes());
            }
        }
        // Bytes that are no text.
        _ => {
            for _ in 0..=chance.below(4) {
                let at = chance.below(bytes.len());
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = if chance.once_in(2) { *byte ^ (1 << chance.below(8)) } else { chance.bits() as u8 };
                }
            }
        }
    }
}

fn insert(bytes: &mut Vec<u8>, at: usize, part: &[u8]) {
    bytes.splice(at..at, part.iter().copied());
}
