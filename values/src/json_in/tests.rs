use std::sync::Arc;

use super::*;
use crate::{Keep, write_value};

fn arena(names: &[(&str, bool)]) -> Arena {
    let names = names.iter().map(|(n, d)| ((*n).to_owned(), *d)).collect();
    Arena::new(Arc::from(""), Names::new(Arc::new(NameTable::new(names))))
}

fn decode(decoder: &Decoder<'_>, names: &[(&str, bool)], text: &str) -> Result<String, DecodeError> {
    let mut arena = arena(names);
    let value = decoder.decode(&mut arena, text.as_bytes().to_vec()).map_err(|e| e.why.broad())?;
    let mut out = Vec::new();
    write_value(&arena, value, &mut out);
    Ok(String::from_utf8(out).unwrap())
}

#[test]
fn whole_documents_come_back() {
    let text = r#"{"a":[1,-2.5,null,true,"x\"\\\né"],"b":{},"c":[],"d":"è"}"#;
    assert_eq!(decode(&Decoder::whole(8), &[], text).unwrap(), text);
    assert_eq!(
        decode(&Decoder::whole(8), &[], "\u{feff} [ 1e2 , \"\\u00e8\\ud83d\\ude00\" ] ").unwrap(),
        "[100,\"è😀\"]"
    );
}

#[test]
fn only_named_members_are_kept() {
    let text = r#"[{"skip":{"a":[1,{"x":"\u0041"}]},"keep":1,"deep":{"x":2,"y":{"z":3}}}]"#;
    let decoder = Decoder { keep: Keep::Named, ..Decoder::whole(8) };
    assert_eq!(
        decode(&decoder, &[("keep", false), ("deep", true)], text).unwrap(),
        r#"[{"keep":1,"deep":{"x":2,"y":{"z":3}}}]"#
    );
}

#[test]
fn raw_members_stand_as_written() {
    let text = r#" {"a": [1, {"b":"}"}] ,"c":"x\u0041" } "#;
    let members: Vec<(String, &str)> = raw_members(text, 8).unwrap();
    assert_eq!(members, [("a".to_owned(), r#"[1, {"b":"}"}]"#), ("c".to_owned(), r#""x\u0041""#)]);
    assert_eq!(raw_members("{}", 8).unwrap(), []);
    for bad in ["", "[]", "{\"a\":1}x", "{\"a\"}", "{\"a\":1,}", "{"] {
        assert_eq!(raw_members(bad, 8).map_err(DecodeError::broad), Err(DecodeError::Syntax), "{bad}");
    }
    assert_eq!(raw_members("{\"a\":1,\"a\":2}", 8), Err(DecodeError::Duplicate));
    assert_eq!(raw_members("{\"a\":[[[]]]}", 2), Err(DecodeError::Depth));
}

/// Rows whose members change place, vanish, repeat or are written otherwise are read as any others.
#[test]
fn a_row_need_not_be_like_the_last() {
    let decoder = Decoder { keep: Keep::Named, ..Decoder::whole(8) };
    let names = [("a", false), ("b", false), ("deep", true)];
    let text = r#"[{"a":1,"x":2,"b":3},{"a":4,"x":5,"b":6},{"b":7,"a":8},{"x" : 9, "a" :10},{},{"a":11,"\u0062":12,"x":{"a":0}},
        {"a":{"b":13,"x":1},"deep":{"y":{"a":1}},"b":14},{"a":{"b":15},"deep":{"z":2}}]"#;
    assert_eq!(
        decode(&decoder, &names, text).unwrap(),
        r#"[{"a":1,"b":3},{"a":4,"b":6},{"b":7,"a":8},{"a":10},{},{"a":11,"b":12},{"a":{"b":13},"deep":{"y":{"a":1}},"b":14},{"a":{"b":15},"deep":{"z":2}}]"#
    );
    assert_eq!(decode(&decoder, &names, r#"[{"a":1,"b":2},{"a":1,"a":2}]"#), Err(DecodeError::Duplicate));
    assert_eq!(decode(&decoder, &names, r#"[{"a":1,"x":2},{"a":1,"x":}]"#), Err(DecodeError::Syntax));
    assert_eq!(decode(&decoder, &names, r#"[{"a":1,"x":2},{"a":1"x":2}]"#), Err(DecodeError::Syntax));
}

/// Whatever stood in the rows before, a row reads as if it stood alone.
#[test]
fn a_row_reads_as_if_it_stood_alone() {
    let decoder = Decoder { keep: Keep::Named, ..Decoder::whole(8) };
    let names = [("a", false), ("b", false)];
    let passed = [
        "1",
        "-1.5",
        "null",
        r#""s""#,
        r#""longer than a word""#,
        r#""s\n""#,
        r#"{"v":1}"#,
        r#"{"v":"t"}"#,
        r#"{"v":null}"#,
        r#"{"v":1,"w":2}"#,
        r#"{ "v":1}"#,
        "[1]",
    ];
    let mut rows: Vec<String> = passed.iter().map(|x| format!(r#"{{"a":{x},"x":{x},"y":2,"b":{x}}}"#)).collect();
    rows.push(r#"{"x":null,"v":3,"b":4}"#.to_owned());
    rows.push(r#"{"a":1,"x":7 ,"y":{"v":8}}"#.to_owned());
    let alone: Vec<String> = rows.iter().map(|row| decode(&decoder, &names, row).unwrap()).collect();
    let places = 0..rows.len();
    for i in places.clone() {
        for (j, k, l) in places.clone().flat_map(|j| places.clone().map(move |k| (j, k, (i + 2 * j + k) % 14))) {
            let list = |of: &[String]| format!("[{},{},{},{},{}]", of[i], of[j], of[k], of[l], of[i]);
            assert_eq!(decode(&decoder, &names, &list(&rows)).unwrap(), list(&alone), "{}", list(&rows));
        }
    }
}

#[test]
fn cleaning() {
    let none = ["null".to_owned()];
    let decoder = Decoder { blank_to_null: true, unwrap: Some(0), none: &none, ..Decoder::whole(8) };
    let text = r#"{"a":{"value":"S"},"b":" ","c":"null","d":{"value":1,"x":2},"e":{"value":""}}"#;
    assert_eq!(
        decode(&decoder, &[("value", false)], text).unwrap(),
        r#"{"a":"S","b":null,"c":null,"d":{"value":1,"x":2},"e":null}"#
    );
}

#[test]
fn bad_documents_are_refused_also_where_skipped() {
    let named = Decoder { keep: Keep::Named, ..Decoder::whole(4) };
    for bad in [
        "",
        "[1",
        "{\"a\":}",
        "[1,]",
        "{\"a\" 1}",
        "tru",
        "[1] 2",
        "\"\\x\"",
        "\"\\ud800\"",
        "01",
        "-",
        "1.",
        "[\"\n\"]",
        "{1:2}",
        "<html>",
        "{\"a\":\"\\u12\"}",
    ] {
        assert_eq!(decode(&Decoder::whole(4), &[], bad), Err(DecodeError::Syntax), "{bad}");
        let skipped = format!("{{\"skipped\":{bad}}}");
        assert_eq!(decode(&named, &[], &skipped), Err(DecodeError::Syntax), "{skipped}");
    }
    assert_eq!(decode(&Decoder::whole(2), &[], "[[[]]]"), Err(DecodeError::Depth));
    assert_eq!(decode(&named, &[], "{\"s\":[[[[]]]]}"), Err(DecodeError::Depth));
    assert_eq!(decode(&Decoder::whole(2), &[], "{\"a\":1,\"a\":2}"), Err(DecodeError::Duplicate));
    assert_eq!(decode(&Decoder::whole(2), &[], "123456789012345678901"), Err(DecodeError::Number));
    assert_eq!(decode(&named, &[], "{\"s\":123456789012345678901}").unwrap(), "{}");
    let mut arena = arena(&[]);
    let bytes = Decoder::whole(2).decode(&mut arena, vec![b'"', 0xff, b'"']);
    assert_eq!(bytes.unwrap_err(), Undecoded { why: DecodeError::Bytes, at: 1 });
}

#[test]
fn a_system_may_write_more_than_is_kept() {
    let decoder = Decoder { lenient: true, ..Decoder::whole(4) };
    let read = |text: &str| decode(&decoder, &[], text).unwrap();
    assert_eq!(read("27.333333333333333333333333333333333333"), "27.33333333333333333");
    assert_eq!(read("[-0.00000000000000000049,1.9999999999999999999,5e-400]"), "[0,2,0]");
    // A whole number of too many digits is what is written: as a code it is right, as a number it is none.
    assert_eq!(
        read("[12345678901234567890,-9223372036854775809.5,1e30]"),
        r#"["12345678901234567890","-9223372036854775809.5","1e30"]"#
    );
    assert_eq!(read("\u{feff} [12345678901234567890]"), r#"["12345678901234567890"]"#);
    assert_eq!(read("[9223372036854775807,0.000000000000000001]"), "[9223372036854775807,0.000000000000000001]");
}

#[test]
fn half_a_character_matters_where_it_is_read() {
    let named = Decoder { keep: Keep::Named, lenient: true, ..Decoder::whole(4) };
    let rows = r#"[{"a":"1","note":"ciao \ud83d"},{"a":"2","note":["\udc00x",{"\ud83d":"\ud83d\ude00"}]}]"#;
    assert_eq!(decode(&named, &[("a", false)], rows).unwrap(), r#"[{"a":"1"},{"a":"2"}]"#);
    assert_eq!(decode(&named, &[("note", false)], rows), Err(DecodeError::Syntax));
    for bad in [r#"{"note":"\ud8"}"#, r#"{"note":"\u12g4"}"#, r#"{"note":"\x"}"#, r#"{"note":"\"#] {
        assert_eq!(decode(&named, &[("a", false)], bad), Err(DecodeError::Syntax), "{bad}");
    }
    let strict = Decoder { lenient: false, ..named };
    assert_eq!(decode(&strict, &[("a", false)], rows), Err(DecodeError::Syntax));
}

#[test]
fn texts_are_trimmed_where_a_system_says_so() {
    let none = ["NN".to_owned()];
    let decoder = Decoder { trim: true, blank_to_null: true, none: &none, ..Decoder::whole(4) };
    let text = r#"{"a":" A   ","b":"\tB\n","c":"  NN ","d":"\u00a0","e":"è ","f":" x y "}"#;
    let expected = r#"{"a":"A","b":"B","c":null,"d":null,"e":"è","f":"x y"}"#;
    assert_eq!(decode(&decoder, &[], text).unwrap(), expected);
}

#[test]
fn a_blank_may_be_of_another_kind() {
    let decoder = Decoder { blank_to_null: true, ..Decoder::whole(4) };
    let text = "[\"\u{a0}\",\" \u{a0} \",\"\\u000b\",\"\u{a0}x\",\"\u{e8}\"]";
    assert_eq!(decode(&decoder, &[], text).unwrap(), "[null,null,null,\"\u{a0}x\",\"\u{e8}\"]");
}
