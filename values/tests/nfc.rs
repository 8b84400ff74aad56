//! NFC agrees with the `unicode-normalization` crate, from which its tables are made:
//! `UPDATE_TABLES=1 cargo test -p values --test nfc`.

#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used, reason = "a test")]

use std::fmt::Write as _;
use std::path::Path;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::{canonical_combining_class, compose, decompose_canonical};
use values::{is_plainly_nfc, nfc};

fn rows(out: &mut String, items: impl Iterator<Item = String>, per_line: usize) {
    let items: Vec<String> = items.collect();
    for line in items.chunks(per_line) {
        writeln!(out, "    {},", line.join(", ")).unwrap();
    }
    out.push_str("];\n");
}

/// The source of `src/nfc_tables.rs`.
fn tables() -> String {
    let (major, minor, _) = unicode_normalization::UNICODE_VERSION;
    let mut out = format!(
        "//! Tables for NFC: Unicode {major}.{minor}, pinned, since they belong to the version of the canonical form.\n//! Made by \
         `tests/nfc.rs`.\n"
    );
    let hangul = |c: char| ('\u{ac00}'..='\u{d7a3}').contains(&c);
    let mut decomposed: Vec<(char, String)> = Vec::new();
    for c in ('\u{80}'..=char::MAX).filter(|c| !hangul(*c)) {
        let mut text = String::new();
        decompose_canonical(c, |part| text.push(part));
        if text != c.to_string() {
            decomposed.push((c, text));
        }
    }
    out.push_str("\n/// Characters with a canonical decomposition, ascending; the lower half of each.\n#[rustfmt::skip]\npub const DECOMPOSED: &[u16] = &[\n");
    rows(&mut out, decomposed.iter().map(|(c, _)| format!("0x{:x}", u32::from(*c) & 0xffff)), 14);
    let planes = [0, 1, 2, 3].map(|plane| decomposed.partition_point(|(c, _)| u32::from(*c) >> 16 < plane));
    assert_eq!(planes[3], decomposed.len());
    writeln!(
        out,
        "\n/// Where each upper half begins in [`DECOMPOSED`]: 0, 1, 2; and the end.\npub const PLANES: [usize; 4] = {planes:?};"
    )
    .unwrap();
    out.push_str("\n/// Where the full decomposition of each ends in [`DECOMPOSED_TEXT`], bytes.\n#[rustfmt::skip]\npub const DECOMPOSED_ENDS: &[u16] = &[\n");
    let mut end = 0;
    let ends: Vec<String> = decomposed
        .iter()
        .map(|(_, text)| {
            end += text.len();
            u16::try_from(end).unwrap().to_string()
        })
        .collect();
    rows(&mut out, ends.into_iter(), 18);
    out.push_str(
        "\n/// The decompositions, one after another.\n#[rustfmt::skip]\npub const DECOMPOSED_TEXT: &str = concat!(\n",
    );
    for line in decomposed.chunks(12) {
        let text: String = line
            .iter()
            .flat_map(|(_, t)| t.chars())
            .map(|c| if c.is_ascii_alphanumeric() { c.to_string() } else { c.escape_unicode().to_string() })
            .collect();
        writeln!(out, "    \"{text}\",").unwrap();
    }
    out.push_str(");\n\n/// Places in [`DECOMPOSED`] of what two characters are composed to, by their full decompositions, ascending. Hangul is\n/// computed.\n#[rustfmt::skip]\npub const COMPOSED: &[u16] = &[\n");
    // The last step of a full decomposition is the composite's pair, if they compose again.
    let mut composed: Vec<(&str, usize)> = Vec::new();
    for (place, (c, text)) in decomposed.iter().enumerate() {
        let last = text.chars().last().unwrap();
        let first: String = text.chars().take(text.chars().count() - 1).nfc().collect();
        let mut first = first.chars();
        if let (Some(a), None) = (first.next(), first.next())
            && compose(a, last) == Some(*c)
        {
            // The pair's own full decomposition is the composite's, so that this finds it.
            let again: String = a.nfd().chain([last]).collect();
            assert_eq!(again, *text);
            composed.push((text, place));
        }
    }
    composed.sort_unstable();
    assert!(composed.windows(2).all(|pair| pair[0].0 != pair[1].0), "a decomposition stands twice");
    rows(&mut out, composed.iter().map(|(_, place)| place.to_string()), 20);
    out.push_str("\n/// Canonical combining classes other than 0, by ranges: the first character of each times 256, plus its class.\n#[rustfmt::skip]\npub const CLASSES: &[u32] = &[\n");
    let mut classes: Vec<(u32, u32, u8)> = Vec::new();
    for c in '\0'..=char::MAX {
        let class = canonical_combining_class(c);
        match classes.last_mut() {
            Some((_, last, known)) if *known == class && *last + 1 == u32::from(c) => *last += 1,
            _ if class != 0 => classes.push((c.into(), c.into(), class)),
            _ => {}
        }
    }
    rows(&mut out, classes.iter().map(|(first, _, class)| format!("0x{:x}", first << 8 | u32::from(*class))), 12);
    out.push_str(
        "\n/// How many characters more each of them has.\n#[rustfmt::skip]\npub const CLASS_SPANS: &[u8] = &[\n",
    );
    rows(&mut out, classes.iter().map(|(first, last, _)| u8::try_from(last - first).unwrap().to_string()), 24);
    out
}

#[test]
fn the_tables_are_unicodes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/nfc_tables.rs");
    let made = tables();
    if std::env::var_os("UPDATE_TABLES").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    assert!(std::fs::read_to_string(&path).unwrap() == made, "run UPDATE_TABLES=1 cargo test -p values --test nfc");
}

#[test]
fn every_character_and_pair_agrees() {
    for c in '\0'..=char::MAX {
        let text = c.to_string();
        let expected: String = text.nfc().collect();
        assert_eq!(nfc(&text), expected, "U+{:04X}", u32::from(c));
        assert!(!is_plainly_nfc(&text) || text == expected, "U+{:04X}", u32::from(c));
    }
}

#[test]
fn texts_agree() {
    let alphabet: Vec<char> = "aeouAENnD'. -àèìòùÀéçßøåÅ\u{300}\u{301}\u{302}\u{308}\u{30a}\u{323}\u{327}\u{328}\u{31b}\u{345}\u{3b1}\u{1f80}\u{1100}\u{1161}\u{11a8}\u{ac00}\u{ac01}\u{958}\u{93c}\u{2126}\u{212b}\u{fb1d}\u{1d15e}\u{9c7}\u{9be}\u{1e9b}\u{fb2c}\u{f900}"
        .chars()
        .collect();
    let mut state = 7_u64;
    let mut next = |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % bound
    };
    let mut changed = 0;
    for _ in 0..200_000 {
        let text: String = (0..=next(7)).map(|_| alphabet[next(alphabet.len())]).collect();
        let expected: String = text.nfc().collect();
        assert_eq!(nfc(&text), expected, "{}", text.escape_unicode());
        changed += u32::from(expected != text);
    }
    assert!(changed > 20_000, "{changed}");
}
