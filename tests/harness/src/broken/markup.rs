//! Changes of an XML document, and of one that is written into another as a text.

use std::ops::Range;

use fuzz::Chance;

use super::Read;
use super::change::{pick, text};

/// How tags are written.
#[derive(Clone, Copy)]
struct Level {
    open: &'static str,
    close: &'static str,
}

const PLAIN: Level = Level { open: "<", close: ">" };
const INSIDE: Level = Level { open: "&lt;", close: "&gt;" };

/// An element.
struct Element {
    /// Where its name stands in its first tag.
    name: Range<usize>,
    /// Between its tags.
    inner: Range<usize>,
    whole: Range<usize>,
    leaf: bool,
}

/// The document with one change.
pub fn change(chance: &mut Chance, read: &Read, document: &str) -> String {
    let level = if document.contains(INSIDE.open) && !chance.once_in(4) { INSIDE } else { PLAIN };
    let elements = elements(document, level);
    let leaves: Vec<&Element> = elements.iter().filter(|element| element.leaf).collect();
    if elements.is_empty() || leaves.is_empty() {
        return document.replacen('<', "", 1);
    }
    let local = |element: &Element| document[element.name.clone()].rsplit(':').next().unwrap_or_default();
    let element = pick(chance, &elements, |element| read.contains(local(element)));
    let leaf = *pick(chance, &leaves, |element| read.contains(local(element)));
    let other = *chance.pick(&leaves);
    let put = |range: &Range<usize>, new: &str| [&document[..range.start], new, &document[range.end..]].concat();
    let whole = &document[element.whole.clone()];
    let name = &document[element.name.clone()];
    match chance.below(11) {
        // Another text, or another's.
        0..=3 => put(&leaf.inner, &written(&text(chance), level)),
        4 => put(&leaf.inner, &document[other.inner.clone()]),
        5 => put(&element.whole, ""),
        6 => put(&element.whole, &whole.repeat(2 + chance.below(3))),
        7 => put(&element.inner, ""),
        // Said to be nil.
        8 => {
            let nil = " xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" i:nil=\"true\"";
            let nil = if level.open == PLAIN.open { nil.to_owned() } else { nil.replace('"', "&quot;") };
            put(&(element.name.end..element.name.end), &nil)
        }
        // Another name, and with it the end tag that no longer fits or does.
        9 => {
            let new = if chance.once_in(2) { name.to_lowercase() } else { format!("{name}X") };
            put(&element.whole, &whole.replace(name, &new))
        }
        _ => {
            let Level { open, close } = level;
            put(&element.whole, &format!("{open}row{close}{whole}{open}/row{close}"))
        }
    }
}

/// As a text stands in a document; now and then as it must not.
fn written(text: &str, level: Level) -> String {
    let once = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    if level.open == PLAIN.open { once } else { once.replace('&', "&amp;") }
}

/// The elements of a document, by their tags alone.
fn elements(document: &str, level: Level) -> Vec<Element> {
    let mut found = Vec::new();
    // Name, where the tag begins, and where what is in it begins.
    let mut open: Vec<(Range<usize>, usize, usize)> = Vec::new();
    let mut at = 0;
    while let Some(start) = document[at..].find(level.open).map(|n| n + at) {
        let inside = start + level.open.len();
        let Some(end) = document[inside..].find(level.close).map(|n| n + inside) else { break };
        at = end + level.close.len();
        let tag = &document[inside..end];
        if let Some(name) = tag.strip_prefix('/') {
            let Some(place) = open.iter().rposition(|(n, ..)| document[n.clone()] == *name.trim()) else { continue };
            let (name, whole, inner) = open.swap_remove(place);
            open.truncate(place);
            let leaf = !document[inner..start].contains(level.open);
            found.push(Element { name, inner: inner..start, whole: whole..at, leaf });
        } else if !tag.starts_with(['?', '!']) && !tag.ends_with('/') {
            let length = tag.find(char::is_whitespace).unwrap_or(tag.len());
            open.push((inside..inside + length, start, at));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_found_on_both_levels() {
        let document = "<?xml version='1.0'?><a x='1'><b>1</b><c/><d>&lt;e&gt;2&lt;/e&gt;</d></a>";
        let names = |level| {
            let name = |element: &Element| document[element.name.clone()].to_owned();
            elements(document, level).iter().map(name).collect::<Vec<_>>()
        };
        assert_eq!(names(PLAIN), ["b", "d", "a"]);
        assert_eq!(names(INSIDE), ["e"]);
        let all: std::collections::BTreeSet<_> =
            (0..100).map(|seed| change(&mut Chance::new(seed), &Read::new(), document)).collect();
        assert!(all.len() > 30, "{}", all.len());
    }
}
