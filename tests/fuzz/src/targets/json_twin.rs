//! JSON, held against a decoder of the tests' own: the same values in the same bytes, or the same error.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use adapter_core::value::{Arena, DecodeError, Decoder, Keep, NameTable, Names, Value, raw_members};

use super::{DEPTH, Target, apart, canonical, json, outcome};
use crate::make::rows;
use crate::plain::{self, Plain, Rules};

pub const TARGET: Target = Target {
    name: "json-twin",
    seeds,
    make: Some(rows::make),
    pieces: json::TARGET.pieces,
    pairs: &[("[", "]"), ("{\"value\":", "}"), ("{\"deep\":", "}"), ("{\"x\":", "}"), ("\"", "\"")],
    share: 4,
    check,
};

/// Names that are read, and whether all is kept under them. Two of them the engine's hash does not tell apart.
const NAMES: &[(&str, bool)] = &[
    ("id", false),
    ("code", false),
    ("value", false),
    ("deep", true),
    ("year", false),
    ("row", false),
    ("staIscrCod", false),
    ("staXscrCod", false),
    ("città", false),
    ("content", false),
    ("m3", false),
    ("aNameThatIsLongerThanSixteenBytes", false),
];

static TABLE: LazyLock<Arc<NameTable>> =
    LazyLock::new(|| Arc::new(NameTable::new(NAMES.iter().map(|(name, deep)| ((*name).to_owned(), *deep)).collect())));

pub static NONE: LazyLock<[String; 2]> = LazyLock::new(|| ["NN".to_owned(), "null".to_owned()]);

/// How each document is decoded, one after the other into one arena.
fn ways() -> [Decoder<'static>; 7] {
    let whole = Decoder::whole(DEPTH);
    let value = Some(2);
    let none = NONE.as_slice();
    [
        Decoder { keep: Keep::Named, ..whole },
        whole,
        Decoder { keep: Keep::Named, blank_to_null: true, unwrap: value, none, ..whole },
        Decoder { blank_to_null: true, unwrap: value, none, depth: 4, ..whole },
        Decoder { keep: Keep::Named, depth: 3, ..whole },
        Decoder { keep: Keep::Named, lenient: true, trim: true, unwrap: value, none, ..whole },
        Decoder { lenient: true, ..whole },
    ]
}

fn seeds() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = [
        r#"[{"id":7,"x":"aaaaaaaaaaaa","code":"L-31"},{"id":8,"x":"aaaaaaaaaaaa","code":"L-31"},{"id":8,"x":"aaaaaaaaaaaa" ,"code":"L-32"}]"#,
        r#"[{"deep":{"a":1,"b":[{"c":2}]},"note":{"a":1}},{"deep":{"a":1,"b":[{"c":2}]},"note":{"a":1}}]"#,
        r#"[{"id":{"value":"S"},"code":{"value":null}},{"id":{"value":"S"},"code":{"value":null,"x":1}}]"#,
        r#"[{"id":123456789012345678,"x":1234567890123456789012},{"id":1234567890123456789012,"x":1}]"#,
        r#"[{"id":1,"id":2}]"#,
        r#"[{"x":1,"x":2},{"x":1,"x":2}]"#,
    ]
    .map(|s| s.as_bytes().to_vec())
    .to_vec();
    seeds.extend((json::TARGET.seeds)());
    seeds
}

fn check(input: &[u8]) -> u64 {
    let mut arena = Arena::new(Arc::from(""), Names::new(Arc::clone(&TABLE)));
    let mut taken: Vec<(Value, Plain)> = Vec::new();
    let mut kind = 0;
    for decoder in ways() {
        let ours = decoder.decode(&mut arena, input.to_vec()).map_err(|error| error.why.broad());
        let theirs = plain::json::decode(&Rules::of(&decoder, NAMES), input);
        match (ours, theirs) {
            (Ok(value), Ok(tree)) => taken.push((value, tree)),
            (Err(ours), Err(theirs)) => {
                assert!(ours == theirs, "refused as {ours:?}, and is {theirs:?}: {decoder:?}");
                kind = (kind << 3) | (1 + ours as u64);
            }
            (Ok(_), Err(theirs)) => panic!("taken, and is {theirs:?}: {decoder:?}"),
            (Err(ours), Ok(_)) => panic!("refused as {ours:?}, and is sound: {decoder:?}"),
        }
    }
    // Only now, so that what was decoded later cannot have changed what was decoded before.
    let mut shape = Vec::new();
    let mut records = BTreeSet::new();
    for (value, tree) in &taken {
        let ours = canonical(&arena, *value);
        plain::same(&ours, tree);
        apart(&arena, *value, &mut records);
        shape = if shape.is_empty() { ours } else { shape };
    }
    if let Ok(text) = std::str::from_utf8(input) {
        for depth in [DEPTH, 2] {
            let (ours, theirs) =
                (raw_members(text, depth).map_err(DecodeError::broad), plain::json::raw_members(text, depth));
            assert!(ours == theirs, "members are read as {ours:?}, and are {theirs:?}");
        }
    }
    outcome(kind, if shape.is_empty() { input } else { &shape }) ^ (kind << 24)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::chance::Chance;

    #[test]
    fn what_is_made_is_often_sound_and_meets_every_error() {
        let mut chance = Chance::new(3);
        let mut ends: BTreeMap<String, usize> = BTreeMap::new();
        for _ in 0..2_000 {
            let made = rows::make(&mut chance);
            for decoder in ways() {
                let end = plain::json::decode(&Rules::of(&decoder, NAMES), &made).map(drop);
                *ends.entry(format!("{end:?}")).or_default() += 1;
            }
        }
        let share = |end: &str| ends.get(end).copied().unwrap_or(0);
        assert!(share("Ok(())") > 4_000, "{ends:?}");
        for error in ["Syntax", "Depth", "Duplicate", "Number"] {
            assert!(share(&format!("Err({error})")) > 200, "{ends:?}");
        }
    }
}
