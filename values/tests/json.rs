//! The JSON decoder takes what serde_json takes and refuses what it refuses, on documents changed at random.

#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used, reason = "a test")]

use std::sync::Arc;

use serde::de::IgnoredAny;
use values::{Arena, DecodeError, Decoder, Keep, NameTable, Names, write_value};

const SEEDS: [&str; 6] = [
    r#"[{"a":1,"b":[null,true,false,"x\n\"é\\"],"c":{"value":"S"}},{"a":-2.50,"b":[],"c":{}}]"#,
    r#"{"deep":{"x":[{"y":"\u00e8\ud83d\ude00"}],"z":1e3},"named":"  ","other":[[[[]]]]}"#,
    r#""just text""#,
    "-0.001",
    " [ 1 , 2 ] ",
    r#"{"":"","\u0061":0,"b":{"value":null}}"#,
];

/// SplitMix64: the same changes on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % (bound as u64)).unwrap()
    }
}

fn arena() -> Arena {
    let names = vec![
        ("a".to_owned(), false),
        ("named".to_owned(), false),
        ("deep".to_owned(), true),
        ("value".to_owned(), false),
    ];
    Arena::new(Arc::from(""), Names::new(Arc::new(NameTable::new(names))))
}

#[test]
fn takes_what_serde_json_takes() {
    let mut random = Random(7);
    let bytes = b"{}[]:,\"\\ntrfalsu0123456789.eE+- \n\x00\xc3\xa8";
    let (mut taken, mut refused) = (0, 0);
    for round in 0..60_000 {
        let mut text = SEEDS[round % SEEDS.len()].as_bytes().to_vec();
        for _ in 0..=random.below(3) {
            let at = random.below(text.len() + 1);
            match random.below(4) {
                0 if at < text.len() => drop(text.remove(at)),
                1 if at < text.len() => text[at] = bytes[random.below(bytes.len())],
                2 => text.truncate(at.max(1)),
                _ => text.insert(at.min(text.len()), bytes[random.below(bytes.len())]),
            }
        }
        let theirs = serde_json::from_slice::<IgnoredAny>(&text).is_ok() && std::str::from_utf8(&text).is_ok();
        for keep in [Keep::Whole, Keep::Named] {
            let mut arena = arena();
            let ours = Decoder { keep, ..Decoder::whole(64) }.decode(&mut arena, text.clone());
            let shown = String::from_utf8_lossy(&text);
            match ours {
                Ok(value) => {
                    assert!(theirs, "{shown}");
                    let mut out = Vec::new();
                    write_value(&arena, value, &mut out);
                    assert!(serde_json::from_slice::<IgnoredAny>(&out).is_ok(), "{shown}");
                    taken += 1;
                }
                Err(error) if error.why.broad() == DecodeError::Syntax => {
                    // serde_json passes over lone surrogates where it ignores a string; they are no text.
                    assert!(!theirs || shown.contains("\\ud") || shown.contains("\\uD"), "{shown}");
                    refused += 1;
                }
                Err(_) => refused += 1,
            }
        }
    }
    assert!(taken > 5_000 && refused > 50_000, "{taken} {refused}");
}
