//! What is fuzzed, and what must hold of each.

pub(crate) mod answer;
mod charset;
mod csv;
mod json;
mod json_twin;
mod mapping;
mod soap;
mod trust;
mod xml;
mod xml_twin;

use std::collections::BTreeSet;
use std::sync::Arc;

use adapter_core::value::{Arena, NameTable, Names, Value, write_value};

use crate::chance::Chance;

/// Something that must come to a good end with whatever it gets.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name on the command line, and of its folder of the corpus.
    pub name: &'static str,
    /// Inputs to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Makes an input from nothing, where changing others would not lead to enough.
    pub make: Option<fn(&mut Chance) -> Vec<u8>>,
    /// Pieces that mean something in its format.
    pub pieces: &'static [&'static str],
    /// What opens and closes.
    pub pairs: &'static [(&'static str, &'static str)],
    /// Its part of a run's time.
    pub share: u64,
    /// Tries an input, and tells the outcome as a number: inputs with new ones lead further. Panics if it does not hold.
    pub check: fn(&[u8]) -> u64,
}

/// Every target.
pub fn targets() -> &'static [Target] {
    &[
        mapping::TARGET,
        json::TARGET,
        json_twin::TARGET,
        xml::TARGET,
        xml_twin::TARGET,
        soap::TARGET,
        csv::TARGET,
        charset::TARGET,
        answer::TARGET,
        trust::TARGET,
    ]
}

/// The target of a name.
pub fn target(name: &str) -> Option<&'static Target> {
    targets().iter().find(|t| t.name == name)
}

/// Nesting allowed in documents: the default of `limits.depth`.
const DEPTH: usize = 64;

/// An arena whose names are those a mapping might read; under `deep` all is kept.
fn arena() -> Arena {
    let names = ["id", "code", "year", "row", "deep", "CARRIERA", "return"];
    let names = names.map(|name| (name.to_owned(), name == "deep")).to_vec();
    Arena::new(Arc::from(""), Names::new(Arc::new(NameTable::new(names))))
}

/// A value's canonical JSON, which must be JSON.
fn canonical(arena: &Arena, value: Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_value(arena, value, &mut bytes);
    let read = serde_json::from_slice::<serde::de::IgnoredAny>(&bytes);
    assert!(read.is_ok(), "what was decoded is not written as JSON");
    bytes
}

/// No two records are one: what is remembered of one must not be found with another.
fn apart(arena: &Arena, value: Value, records: &mut BTreeSet<u32>) {
    match value {
        Value::List(span) | Value::Nodes(span) => {
            arena.elements(span).iter().for_each(|inner| apart(arena, *inner, records));
        }
        Value::Record(span) => {
            let identity = arena.identity(value).expect("a record has an identity");
            assert!(records.insert(identity), "two records have one identity");
            arena.entries(span).iter().for_each(|(_, inner)| apart(arena, *inner, records));
        }
        _ => {}
    }
}

/// An outcome out of what it was, how large it was, and which marks follow which in it: a rough idea of the way that was
/// taken.
fn outcome(kind: u64, shape: &[u8]) -> u64 {
    let marks = shape.iter().filter(|b| !b.is_ascii_alphanumeric()).take(256).map(|b| u64::from(*b));
    let (mut before, mut met) = (0, 0_u64);
    for mark in marks {
        met |= 1 << ((mark.wrapping_mul(31) ^ before) % 12);
        before = mark;
    }
    met << 9 | u64::from(shape.len().max(1).ilog2()) << 4 | (kind & 0xf)
}
