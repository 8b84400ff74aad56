//! Why a document is not taken, and where that shows: in each format, at the byte that a person would point at.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::sync::Arc;

use values::charset::{self, Charset};
use values::{Arena, DecodeError, Decoder, NameTable, Names, Undecoded};

fn arena() -> Arena {
    Arena::new(Arc::from(""), Names::new(Arc::new(NameTable::new(Vec::new()))))
}

type Read = fn(&Decoder<'_>, &mut Arena, &str) -> Option<Undecoded>;

const JSON: Read = |decoder, arena, text| decoder.decode(arena, text.into()).err();
const XML: Read = |decoder, arena, text| decoder.decode_xml(arena, text.to_owned()).err();
const SOAP: Read = |decoder, arena, text| decoder.decode_soap(arena, text.to_owned(), true, &[]).err();
const CSV: Read = |decoder, arena, text| decoder.decode_csv(arena, text.to_owned(), &values::Csv::default()).err();

/// `¦` stands before what is wrong.
fn check(read: Read, why: DecodeError, marked: &str) {
    let at = marked.find('¦').unwrap();
    let text = marked.replacen('¦', "", 1);
    assert_eq!(read(&Decoder::whole(8), &mut arena(), &text), Some(Undecoded { why, at }), "{marked}");
    // What nobody reads is held to the same, and said of the same place.
    let named = Decoder { keep: values::Keep::Named, ..Decoder::whole(8) };
    assert_eq!(read(&named, &mut arena(), &text), Some(Undecoded { why, at }), "{marked}");
}

#[test]
fn json() {
    use DecodeError as E;
    for (why, marked) in [
        (E::Empty, "¦"),
        (E::Empty, "¦ \r\n"),
        (E::Html, "\n¦<!doctype html><html>"),
        (E::Html, "¦<HTML><body>Accesso</body>"),
        (E::Syntax, "¦Errore"),
        (E::Syntax, "{\"a\":1,¦}"),
        (E::Syntax, "{\"a\" ¦1}"),
        (E::Syntax, "{¦'a':1}"),
        (E::Syntax, "[1¦;2]"),
        (E::Syntax, "[¦NaN]"),
        (E::Syntax, "[¦.5]"),
        (E::Syntax, "[1] ¦[2]"),
        (E::Syntax, "{\"a\":\"x¦\ny\"}"),
        (E::Syntax, "[\"a¦\\x\"]"),
        (E::Ended, "{\"a\":[1,2¦"),
        (E::Ended, "{\"a\":\"città¦"),
        (E::Ended, "{\"a\"¦"),
        (E::Surrogate, "[\"è ¦\\ud83d\"]"),
        (E::Surrogate, "[\"¦\\ud83d\\u0041\"]"),
        (E::Syntax, "\u{feff}[1 ¦2]"),
    ] {
        check(JSON, why, marked);
    }
    let of = |text: &str| JSON(&Decoder::whole(8), &mut arena(), text).unwrap();
    assert_eq!(of("{\"id\":12345678901234567890123}"), Undecoded { why: E::Number, at: 6 });
    assert_eq!(of("[[[[[[[[[1]]]]]]]]]").why, E::Depth);
    assert_eq!(of("{\"a\":1,\"a\":2}").why, E::Duplicate);
    let latin = Decoder::whole(8).decode(&mut arena(), b"{\"a\":\"citt\xe0\"}".to_vec()).unwrap_err();
    assert_eq!(latin, Undecoded { why: E::Bytes, at: 10 });
}

#[test]
fn xml() {
    use DecodeError as E;
    for (why, marked) in [
        (E::Empty, "¦ \n"),
        (E::Html, "¦<!DOCTYPE html><html><br></html>"),
        (E::Doctype, "<?xml version='1.0'?>\n¦<!DOCTYPE a SYSTEM 'x'><a/>"),
        (E::Syntax, "¦{\"a\":1}"),
        (E::Ended, "<a><b>1</b>¦"),
        (E::Ended, "<a><!--¦ x - </a>"),
        (E::Tag, "<a><b>1</¦c></a>"),
        (E::Prefix, "<a><x:b¦>1</x:b></a>"),
        (E::Entity, "<a>Citt¦&agrave;</a>"),
        (E::Entity, "<a>\n<b c='¦&nbsp;'/></a>"),
        (E::Syntax, "<a>¦&#0;</a>"),
        (E::Syntax, "<a>x¦\u{1}</a>"),
        (E::Syntax, "<a b=¦1/>"),
        (E::Syntax, "<a/>¦<b/>"),
    ] {
        check(XML, why, marked);
    }
    check(SOAP, E::Envelope, "<a xmlns='u'>¦<b/></a>");
    let body = |inner: &str| {
        format!("<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body>{inner}</e:Body></e:Envelope>")
    };
    check(SOAP, E::Tag, &body("<a>1</¦b>"));
    let lost = SOAP(&Decoder::whole(8), &mut arena(), &body("<r><a href='#x'/></r>")).unwrap();
    assert_eq!(lost.why, E::Reference);
}

#[test]
fn csv() {
    use DecodeError as E;
    for (why, marked) in [
        (E::Empty, "¦"),
        (E::Html, "¦<html>;a\n<body>"),
        (E::Duplicate, "¦a;b;a\n1;2;3\n"),
        (E::Head, "¦a;;b\n1;2;3\n"),
        (E::Fields, "a;b\n1;2\n¦3\n"),
        (E::Fields, "a;b\n¦1;2;3\n"),
        (E::Ended, "a;b\n1;¦\"x\n"),
        (E::Syntax, "a;b\n1;\"x\"¦y\n"),
    ] {
        check(CSV, why, marked);
    }
}

#[test]
fn character_sets() {
    let of = |system, header, body: &[u8]| charset::read(system, header, true, body.to_vec()).unwrap_err();
    let is = |why, at| Undecoded { why, at };
    assert_eq!(of(None, Some("text/xml; charset=klingon"), b"<a/>"), is(DecodeError::Charset, 0));
    assert_eq!(of(None, None, b"<a>\xe8</a>"), is(DecodeError::Bytes, 3));
    assert_eq!(of(None, None, b"\xef\xbb\xbf<a>\xe8</a>"), is(DecodeError::Bytes, 6));
    assert_eq!(of(Some(Charset::Latin1), None, b"<a>\xe8\x81</a>"), is(DecodeError::Bytes, 4));
    assert_eq!(of(None, None, b"<\0a\0>"), is(DecodeError::Bytes, 4));
    assert_eq!(of(None, None, b"\xff\xfea\0\x3d\xd8x\0"), is(DecodeError::Bytes, 4));
    assert_eq!(of(None, None, b"<a>\0</a>"), is(DecodeError::Nul, 3));
}
