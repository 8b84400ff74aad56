//! Unicode Normalization Form C (UAX #15), which canonical texts are in (contract §3.4).
//!
//! The tables are ours, made from the `unicode-normalization` crate by a test and held against it by the same test: the
//! crate itself carries the compatibility forms too and weighs 118 KB at the edge, a quarter of the filter.

use super::nfc_tables::{CLASS_SPANS, CLASSES, COMPOSED, DECOMPOSED, DECOMPOSED_ENDS, DECOMPOSED_TEXT, PLANES};
use super::order::sorted_places;

const HANGUL: u32 = 0xac00;
const HANGUL_LAST: u32 = 0xd7a3;
const LEAD: u32 = 0x1100;
const VOWEL: u32 = 0x1161;
/// One before the first trailing consonant: no trail is 0.
const TRAIL: u32 = 0x11a7;
const LEADS: u32 = 19;
const VOWELS: u32 = 21;
const TRAILS: u32 = 28;

/// Whether a text is certainly in NFC: no character before U+0300 takes part in composition.
pub fn is_plainly_nfc(text: &str) -> bool {
    // The first byte of U+0300 and all after it is 0xCC or more.
    text.bytes().all(|b| b < 0xcc)
}

/// The text in NFC.
pub fn nfc(text: &str) -> String {
    let mut parts: Vec<(char, u8)> = Vec::with_capacity(text.len());
    for c in text.chars() {
        decompose(c, &mut |part| parts.push((part, class(part))));
    }
    reorder(&mut parts);
    compose(&parts)
}

/// The text without what combines with a character before it, accents among that.
pub(super) fn decomposed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        decompose(c, &mut |part| out.extend((class(part) == 0).then_some(part)));
    }
    out
}

/// Canonical combining class.
fn class(c: char) -> u8 {
    let c = u32::from(c);
    if c < 0x300 {
        return 0;
    }
    let after = CLASSES.partition_point(|run| run >> 8 <= c);
    let run = after.checked_sub(1).and_then(|at| CLASSES.get(at).zip(CLASS_SPANS.get(at)));
    run.filter(|(run, span)| c.wrapping_sub(*run >> 8) <= u32::from(**span)).map_or(0, |(run, _)| run.to_le_bytes()[0])
}

fn decompose(c: char, push: &mut dyn FnMut(char)) {
    let code = u32::from(c);
    if (HANGUL..=HANGUL_LAST).contains(&code) {
        let syllable = code.wrapping_sub(HANGUL);
        let (rest, trail) = (syllable / TRAILS, syllable % TRAILS);
        for part in [LEAD.wrapping_add(rest / VOWELS), VOWEL.wrapping_add(rest % VOWELS), TRAIL.wrapping_add(trail)] {
            char::from_u32(part).filter(|_| part != TRAIL).into_iter().for_each(&mut *push);
        }
        return;
    }
    match full(c) {
        Some(text) => text.chars().for_each(push),
        None => push(c),
    }
}

/// The full decomposition of a character, if it has one; Hangul is computed elsewhere.
fn full(c: char) -> Option<&'static str> {
    let code = u32::from(c);
    let plane = (code >> 16) as usize;
    let (start, end) = (*PLANES.get(plane)?, *PLANES.get(plane.saturating_add(1))?);
    let [a, b, ..] = code.to_le_bytes();
    let at = DECOMPOSED.get(start..end)?.binary_search(&u16::from_le_bytes([a, b])).ok()?;
    Some(decomposition(start.saturating_add(at)))
}

/// The decomposition of the character at a place in [`DECOMPOSED`].
fn decomposition(at: usize) -> &'static str {
    let end = |at: usize| DECOMPOSED_ENDS.get(at).map_or(0, |end| usize::from(*end));
    DECOMPOSED_TEXT.get(at.checked_sub(1).map_or(0, end)..end(at)).unwrap_or("")
}

/// Brings marks that follow each other into the order of their classes.
fn reorder(parts: &mut [(char, u8)]) {
    for run in parts.split_mut(|(_, class)| *class == 0) {
        if run.is_sorted_by_key(|(_, class)| *class) {
            continue;
        }
        let before = run.to_vec();
        let class = |at: usize| before.get(at).map(|(_, class)| *class);
        let places = sorted_places(before.len(), &mut |a, b| class(a).cmp(&class(b)));
        for (place, from) in run.iter_mut().zip(places) {
            *place = before.get(from).copied().unwrap_or(*place);
        }
    }
}

/// Joins each starter with the marks behind it that are not blocked from it.
fn compose(parts: &[(char, u8)]) -> String {
    let mut out: Vec<char> = Vec::with_capacity(parts.len());
    let mut starter: Option<usize> = None;
    let mut last_class = 0;
    for (c, class) in parts.iter().copied() {
        let joined = starter
            .filter(|at| last_class < class || (last_class == 0 && at.checked_add(1) == Some(out.len())))
            .and_then(|at| {
                let first = out.get(at).copied()?;
                Some((at, pair(first, c)?))
            });
        if let Some((at, composite)) = joined {
            if let Some(place) = out.get_mut(at) {
                *place = composite;
            }
            continue;
        }
        if class == 0 {
            starter = Some(out.len());
        }
        last_class = class;
        out.push(c);
    }
    out.into_iter().collect()
}

/// The composite of two characters.
fn pair(first: char, second: char) -> Option<char> {
    let (a, b) = (u32::from(first), u32::from(second));
    let (lead, vowel) = (a.wrapping_sub(LEAD), b.wrapping_sub(VOWEL));
    if lead < LEADS && vowel < VOWELS {
        return char::from_u32(HANGUL.wrapping_add(lead.wrapping_mul(VOWELS).wrapping_add(vowel).wrapping_mul(TRAILS)));
    }
    let (syllable, trail) = (a.wrapping_sub(HANGUL), b.wrapping_sub(TRAIL));
    if (HANGUL..=HANGUL_LAST).contains(&a) && syllable % TRAILS == 0 && (1..TRAILS).contains(&trail) {
        return char::from_u32(a.wrapping_add(trail));
    }
    // No two composites have one decomposition, and the order of characters is that of their bytes.
    let mut written = [0; 4];
    let parts = full(first).unwrap_or_else(|| first.encode_utf8(&mut written));
    let found = COMPOSED
        .binary_search_by(|place| decomposition(usize::from(*place)).chars().cmp(parts.chars().chain([second])));
    let place = usize::from(*COMPOSED.get(found.ok()?)?);
    let plane = PLANES.partition_point(|start| *start <= place).checked_sub(1)?;
    char::from_u32(u32::try_from(plane).ok()? << 16 | u32::from(*DECOMPOSED.get(place)?))
}
