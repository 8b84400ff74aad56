//! What is remembered from one element for the next must not show.

#![allow(clippy::arithmetic_side_effects, reason = "a test")]

use std::sync::Arc;

use super::*;
use crate::{Keep, NameTable, Names, write_value};

/// Names in the order in which records have them, and whether all is kept under them.
const NAMES: &[(&str, bool)] = &[
    ("r", false),
    ("row", false),
    ("a", false),
    ("b", false),
    ("deep", true),
    ("w", false),
    ("{u1}a", false),
    ("{u2}a", false),
    ("{u2}@k", false),
    ("@k", false),
];
/// Names that nobody asks for, but which are kept where all is.
const OTHERS: &[(&str, bool)] = &[("ab", false), ("c", false), ("x", false), ("skip", false), ("@p", false)];

/// What `<r>` with these rows is read as.
fn read(keep: Keep, names: &[(&str, bool)], rows: &[&str]) -> Result<String, DecodeError> {
    let names = names.iter().map(|(n, d)| ((*n).to_owned(), *d)).collect();
    let mut arena = Arena::new(Arc::from(""), Names::new(Arc::new(NameTable::new(names))));
    let decoder = Decoder { keep, ..Decoder::whole(8) };
    let value =
        decoder.decode_xml(&mut arena, format!("<r xmlns:q='u1'>{}</r>", rows.concat())).map_err(|e| e.why.broad())?;
    let mut out = Vec::new();
    write_value(&arena, value, &mut out);
    Ok(String::from_utf8(out).unwrap())
}

const ROWS: &[&str] = &[
    "<row><a>1</a><b>2</b><c k='1'>3</c></row>",
    "<row><a>4</a><c k='1'>5</c><c k='2'/><b/></row>",
    // Names that begin as those that are expected: with more letters, as a prefix.
    "<row><ab>1</ab><b>2</b><row>3</row></row>",
    "<row><a:a xmlns:a='u2'>1</a:a><b:x xmlns:b='u1'/></row>",
    // The same tags written otherwise.
    "<row ><a >1</a ><b\n/><c  k='1'>3</c\t></row >",
    "<row><a k='1'>1</a><b k=\"1\"/><c k='1' p='2'>3</c></row>",
    // The same bytes where prefixes, and no prefix, stand for something else.
    "<row><w><a>1</a><q:a k='1'>2</q:a></w></row>",
    "<row><w xmlns='u2'><a>1</a><q:a k='1'>2</q:a></w></row>",
    "<row><w xmlns:q='u2'><a>1</a><q:a q:k='1'>2</q:a></w></row>",
    "<row><w><a>1</a><q:a q:k='1'>2</q:a></w></row>",
    "<row><w><a q:k='1'/><q:a q:k='1'/></w></row>",
    // The same names where more or less is kept.
    "<row><deep><a>1</a><x>2</x><c k='1'>3</c></deep></row>",
    "<row><skip><a>1</a><x>2</x><c k='1'>3</c></skip><x>4</x></row>",
    "<row/>",
    "<row>text<a/>text</row>",
];

#[test]
fn a_row_is_read_as_if_it_stood_alone() {
    let every: Vec<(&str, bool)> = NAMES.iter().chain(OTHERS).copied().collect();
    for (keep, names) in [(Keep::Named, NAMES), (Keep::Whole, &every), (Keep::Named, &NAMES[..6])] {
        let alone = |row: &str| {
            let read = read(keep, names, &[row]).unwrap();
            read.strip_prefix(r#"{"r":{"row":"#).and_then(|read| read.strip_suffix("}}")).unwrap().to_owned()
        };
        for first in ROWS {
            for second in ROWS {
                let expected = [alone(first), alone(second), alone(first), alone(first)].join(",");
                let expected = format!(r#"{{"r":{{"row":[{expected}]}}}}"#);
                assert_eq!(read(keep, names, &[first, second, first, first]).unwrap(), expected, "{first} {second}");
            }
        }
    }
}

#[test]
fn a_bad_row_is_refused_behind_any_other() {
    for bad in [
        "<row><a>1</a><b>2</a></row>",
        "<row><a>1</ab></row>",
        "<row><ab>1</a></row>",
        "<row><a>1</a><b>2</b><c k='1' k='1'>3</c></row>",
        "<row><a>1</a><b>2</b><c k='1'p='1'>3</c></row>",
        "<row><a:a>1</a:a></row>",
        "<row><w><a>1</a><z:a k='1'>2</z:a></w></row>",
        "<row><w><a z:k='1'/></w></row>",
        "<row><a:>1</a:></row>",
        "<row><a>]]></a></row>",
        "<row><a>\u{1}</a></row>",
        "<row><c k='1'</row>",
        "<row",
    ] {
        for before in ROWS {
            for keep in [Keep::Named, Keep::Whole] {
                let read = read(keep, NAMES, &[before, before, bad]);
                assert_eq!(read, Err(DecodeError::Syntax), "{before} {bad}");
            }
        }
    }
}

/// More names than are remembered, each met twice.
#[test]
fn any_number_of_names_is_read() {
    let row: String = (0..300).map(|n| format!("<n{n} k='{n}'>{n}</n{n}>")).collect();
    let row = format!("<row>{row}</row>");
    let read = read(Keep::Whole, &[("r", false), ("row", false), ("@k", false)], &[&row, &row]).unwrap();
    let expected: Vec<String> = (0..300).map(|n| format!("\"n{n}\":{{\"@k\":\"{n}\",\"#text\":\"{n}\"}}")).collect();
    let expected = expected.join(",");
    assert_eq!(read, format!("{{\"r\":{{\"row\":[{{{expected}}},{{{expected}}}]}}}}"));
}

/// Few members and many are put in order by different means.
#[test]
fn members_stand_in_the_order_of_their_names() {
    for many in [1, 2, 5, 31, 32, 33, 100] {
        let names: Vec<String> = (0..many).map(|n| format!("n{n}")).collect();
        let table: Vec<(&str, bool)> =
            [("r", true), ("row", true)].into_iter().chain(names.iter().map(|n| (n.as_str(), false))).collect();
        // Backwards, each twice.
        let row: String = names.iter().rev().map(|n| format!("<{n}>1</{n}><{n}>2</{n}>")).collect();
        let members: Vec<String> = names.iter().map(|n| format!("\"{n}\":[\"1\",\"2\"]")).collect();
        let read = read(Keep::Named, &table, &[&format!("<row>{row}</row>")]).unwrap();
        assert_eq!(read, format!("{{\"r\":{{\"row\":{{{}}}}}}}", members.join(",")));
    }
}
