//! What node sets mean to expressions: one or forty elements are a list where things are
//! taken one after another, one text or null everywhere else, and never the first of several.

#![allow(clippy::unwrap_used, reason = "a test")]

use adapter_core::value::DecodeError;
use adapter_core::{EvalError, Plan, SortedMap, evaluate_json};

use adapter_core::bundle::seal;
use adapter_core::bundle::{BinaryOp, Block, Embedded, Expr, Loop, MacroKind};
use adapter_core::bundle::{Bundle, Institute, Name};
use adapter_core::bundle::{Function, Slot, TextId};

const NAMES: [&str; 17] = [
    "r", "a", "b", "c", "no", "nil", "empty", "k", "text", "@k", "{urn:1}a", "{urn:2}a", "row", "n", "deep", "mixed",
    "out",
];

const XML: &str = r#"<?xml version="1.0" encoding="ISO-8859-1"?>
<r xmlns:x="http://www.w3.org/2001/XMLSchema-instance" xmlns:p="urn:1" xmlns:q="urn:2" k="top">
  <row k="ita"><n>1</n><c>x</c></row>
  <row k="eng"><n>2</n><c/></row>
  <row k="ita"><n>1</n></row>
  <text k="v"> t </text>
  <nil x:nil="true"/>
  <empty/>
  <a>one</a>
  <mixed><p:a>1</p:a><q:a>2</q:a></mixed>
  <deep><row><n>7</n></row></deep>
</r>"#;

fn name(text: &str) -> u32 {
    u32::try_from(NAMES.iter().position(|n| *n == text).unwrap()).unwrap()
}

fn plan(texts: Vec<String>) -> Plan {
    let bundle = Bundle {
        contract: "2.1.0".to_owned(),
        institute: Institute { code: "1".to_owned(), academic_year_starts: (10, 1), ..Institute::default() },
        names: NAMES.iter().map(|n| Name { text: (*n).to_owned(), deep: *n == "deep" }).collect(),
        texts,
        slots: 4,
        operations: SortedMap::default(),
        ..Bundle::default()
    };
    Plan::load(&seal(&bundle).unwrap()).unwrap()
}

/// Evaluates with local 0 the document and texts 1… as given.
fn eval_with(texts: &[&str], body: Expr) -> Result<String, EvalError> {
    let texts = std::iter::once(XML).chain(texts.iter().copied()).map(str::to_owned).collect();
    let parse = Expr::Parse {
        of: Box::new(Expr::Text(TextId(0))),
        format: Embedded::Xml,
        deep: false,
        roots: Vec::new(),
        like: None,
    };
    evaluate_json(&plan(texts), &Expr::With { binds: vec![(Slot(0), parse)], body: Box::new(body) }, &[], 0)
}

fn eval(body: Expr) -> Result<String, EvalError> {
    eval_with(&[], body)
}

fn at(of: Expr, path: &str) -> Expr {
    path.split('.').fold(of, |of, part| Expr::Member { of: Box::new(of), name: name(part) })
}

/// A path below the document.
fn path(text: &str) -> Expr {
    at(Expr::Local(Slot(0)), text)
}

fn has(of: &str, member: &str) -> Expr {
    Expr::Has { of: Box::new(path(of)), name: name(member) }
}

fn binary(op: BinaryOp, left: Expr, right: Expr) -> Expr {
    Expr::Binary { op, left: Box::new(left), right: Box::new(right) }
}

fn call(function: Function, args: Vec<Expr>) -> Expr {
    Expr::Function { function, args }
}

fn over(kind: MacroKind, list: Expr, body: Expr) -> Expr {
    Expr::Macro { kind, list: Box::new(list), slot: Slot(1), body: Box::new(body) }
}

fn index(of: Expr, at: i64) -> Expr {
    Expr::Index { of: Box::new(of), at: Box::new(Expr::Int(at)) }
}

/// `concat` makes a text of a value, as a leaf `x${…}` does.
fn text(of: Expr) -> Expr {
    Expr::Concat(vec![of])
}

#[test]
fn one_thing_is_one_text_or_null() {
    assert_eq!(eval(text(path("r.a"))).unwrap(), "\"one\"");
    assert_eq!(eval(text(path("r.text"))).unwrap(), "\" t \"", "attributes do not take its text away");
    assert_eq!(eval(text(path("r.@k"))).unwrap(), "\"top\"");
    assert_eq!(eval(text(path("r.no"))).unwrap(), "null");
    assert_eq!(eval(text(path("r.no.a.b"))).unwrap(), "null");
    assert_eq!(eval(text(path("r.a.b"))).unwrap(), "null", "a text has no children");
    assert_eq!(eval(text(path("r.nil"))).unwrap(), "null");
    assert_eq!(eval(text(path("r.empty"))).unwrap(), "\"\"");
    for several in ["r.row", "r.row.n", "r.row.@k", "r", "r.deep", "r.mixed.a"] {
        assert_eq!(eval(text(path(several))), Err(EvalError::Shape), "{several}");
    }
    assert_eq!(eval(text(path("r.mixed.{urn:2}a"))).unwrap(), "\"2\"");
}

#[test]
fn every_scalar_place_asks_for_one() {
    let several = || path("r.row.n");
    let one = || path("r.a");
    let places: Vec<(&str, Expr)> = vec![
        ("not", Expr::Not(Box::new(several()))),
        ("neg", Expr::Neg(Box::new(several()))),
        ("and", Expr::And(Box::new(several()), Box::new(Expr::Bool(true)))),
        ("or", Expr::Or(Box::new(Expr::Bool(false)), Box::new(several()))),
        ("if", Expr::If { when: Box::new(several()), then: Box::new(Expr::Null), otherwise: Box::new(Expr::Null) }),
        ("equal", binary(BinaryOp::Equal, several(), Expr::Text(TextId(0)))),
        ("not equal", binary(BinaryOp::NotEqual, several(), several())),
        ("less", binary(BinaryOp::Less, one(), several())),
        ("add", binary(BinaryOp::Add, several(), one())),
        ("in", binary(BinaryOp::In, several(), Expr::List(vec![Expr::Int(1)]))),
        ("upper", call(Function::UpperAscii, vec![several()])),
        ("num", call(Function::Num, vec![several()])),
        ("date", call(Function::Date, vec![several()])),
        ("flag", call(Function::Flag, vec![several()])),
        ("sort key", over(MacroKind::SortBy, path("r"), at(Expr::Local(Slot(1)), "row.n"))),
        ("group key", over(MacroKind::GroupBy, path("r"), at(Expr::Local(Slot(1)), "row.n"))),
        ("index key", over(MacroKind::IndexBy, path("r"), at(Expr::Local(Slot(1)), "row.n"))),
        ("filter", over(MacroKind::Filter, path("r"), at(Expr::Local(Slot(1)), "row.n"))),
        ("exists", over(MacroKind::Exists, path("r"), at(Expr::Local(Slot(1)), "row.n"))),
        ("sum", call(Function::Join, vec![Expr::List(vec![several()])])),
        (
            "parse",
            Expr::Parse { of: Box::new(several()), format: Embedded::Json, deep: true, roots: Vec::new(), like: None },
        ),
    ];
    for (place, expr) in places {
        assert_eq!(eval(expr), Err(EvalError::Shape), "{place}");
    }
    assert_eq!(eval(binary(BinaryOp::Add, one(), one())).unwrap(), "\"oneone\"");
    assert_eq!(eval(call(Function::UpperAscii, vec![one()])).unwrap(), "\"ONE\"");
    assert_eq!(eval(call(Function::UpperAscii, vec![path("r.no")])).unwrap(), "null");
    assert_eq!(eval(binary(BinaryOp::Less, path("r.nil"), one())).unwrap(), "null");
}

#[test]
fn absent_nil_empty_and_blank_stay_apart() {
    let null = |of: &str| eval(binary(BinaryOp::Equal, path(of), Expr::Null)).unwrap();
    let blank = |of: &str| eval_with(&[""], binary(BinaryOp::Equal, path(of), Expr::Text(TextId(1)))).unwrap();
    for (member, there, is_null, is_empty) in [
        ("no", "false", "true", "false"),
        ("nil", "true", "true", "false"),
        ("empty", "true", "false", "true"),
        ("text", "true", "false", "false"),
    ] {
        let of = format!("r.{member}");
        assert_eq!(
            (eval(has("r", member)).unwrap().as_str(), null(&of).as_str(), blank(&of).as_str()),
            (there, is_null, is_empty),
            "{member}"
        );
    }
    assert_eq!(eval(has("r.no", "a")).unwrap(), "false");
    assert_eq!(eval(has("r.row", "c")).unwrap(), "true");
    // Whether there is anything can be asked of any element, and of several.
    assert_eq!((null("r").as_str(), null("r.row").as_str(), null("r.row.n").as_str()), ("false", "false", "false"));
    let coalesce = call(Function::Coalesce, vec![path("r.no"), path("r.nil"), path("r.a")]);
    assert_eq!(eval(text(coalesce)).unwrap(), "\"one\"");
    assert_eq!(eval(call(Function::Must, vec![path("r.nil")])), Err(EvalError::Missing));
    let null_if =
        |value| eval_with(&["one"], call(Function::NullIf, vec![path(value), Expr::Text(TextId(1))])).unwrap();
    assert_eq!((null_if("r.a").as_str(), null_if("r.empty").as_str()), ("null", "\"\""));
}

#[test]
fn iterated_they_are_lists_that_stay_node_sets() {
    let size = |of| eval(call(Function::Size, vec![of])).unwrap();
    assert_eq!(size(path("r.row")), "3");
    assert_eq!(size(path("r.deep.row")), "1");
    assert_eq!(size(path("r.no")), "0");
    let numbers = |of: Expr| eval(over(MacroKind::Map, of, text(at(Expr::Local(Slot(1)), "n")))).unwrap();
    assert_eq!(numbers(path("r.row")), r#"["1","2","1"]"#);
    assert_eq!(numbers(path("r.deep.row")), r#"["7"]"#);
    assert_eq!(numbers(path("r.no")), "[]");
    // A text has no children: nothing is iterated, and nothing is read of it.
    assert_eq!(numbers(path("r.a")), "[null]");
    let italian = || {
        let is = Expr::Binary {
            op: BinaryOp::Equal,
            left: Box::new(at(Expr::Local(Slot(1)), "@k")),
            right: Box::new(Expr::Text(TextId(1))),
        };
        over(MacroKind::Filter, path("r.row"), is)
    };
    let eval = |expr| eval_with(&["ita"], expr);
    // What was filtered is read through like what was not.
    assert_eq!(eval(text(at(index(italian(), 0), "c"))).unwrap(), "\"x\"");
    assert_eq!(eval(text(at(italian(), "c"))).unwrap(), "\"x\"");
    assert_eq!(eval(text(at(italian(), "n"))), Err(EvalError::Shape));
    assert_eq!(eval(text(index(italian(), 7))).unwrap(), "null");
    assert_eq!(eval(text(at(index(path("r.row"), 1), "n"))).unwrap(), "\"2\"");
    let none = over(MacroKind::Filter, path("r.row"), Expr::Bool(false));
    assert_eq!(eval(text(at(none, "n"))).unwrap(), "null");
    let sorted = over(MacroKind::SortBy, path("r.row"), at(Expr::Local(Slot(1)), "@k"));
    assert_eq!(eval(text(at(index(sorted, 0), "n"))).unwrap(), "\"2\"");
    let groups = || over(MacroKind::GroupBy, path("r.row"), at(Expr::Local(Slot(1)), "n"));
    assert_eq!(eval(call(Function::Size, vec![groups()])).unwrap(), "2");
    assert_eq!(eval(text(at(index(groups(), 0), "c"))).unwrap(), "\"x\"");
    let distinct = call(Function::Distinct, vec![path("r.row.n")]);
    assert_eq!(eval(call(Function::Join, vec![distinct])).unwrap(), "\"12\"");
    assert_eq!(eval(call(Function::Max, vec![path("r.row.n")])).unwrap(), "\"2\"");
    assert_eq!(eval(text(call(Function::One, vec![path("r.a")]))).unwrap(), "\"one\"");
    assert_eq!(eval(call(Function::One, vec![path("r.row")])), Err(EvalError::Shape));
    assert_eq!(eval(binary(BinaryOp::In, Expr::Text(TextId(1)), path("r.row.@k"))).unwrap(), "true");
    assert_eq!(eval(binary(BinaryOp::In, Expr::Text(TextId(1)), path("r.row.n"))).unwrap(), "false");
    assert_eq!(eval(over(MacroKind::Map, path("r.row"), Expr::Int(1))).unwrap(), "[1,1,1]");
}

#[test]
fn blocks_run_over_them() {
    let block = |loops: Vec<Loop>, each: Expr| Expr::Block(Box::new(Block { loops, lets: vec![], filter: None, each }));
    let loops =
        vec![Loop { slot: Slot(1), list: path("r.row") }, Loop { slot: Slot(2), list: at(Expr::Local(Slot(1)), "c") }];
    let each = Expr::Record(vec![
        (name("out"), text(at(Expr::Local(Slot(1)), "@k"))),
        (name("c"), text(Expr::Local(Slot(2)))),
    ]);
    assert_eq!(eval(block(loops, each)).unwrap(), r#"[{"out":"ita","c":"x"},{"out":"eng","c":""}]"#);
}

#[test]
fn latest_keeps_nodes() {
    let latest = || Expr::Latest {
        list: Box::new(path("r.row")),
        slot: Slot(1),
        of: Box::new(at(Expr::Local(Slot(1)), "n")),
        per: Box::new(at(Expr::Local(Slot(1)), "@k")),
    };
    assert_eq!(eval(call(Function::Join, vec![at(latest(), "@k")])).unwrap(), "\"itaeng\"");
    // Of the two of `ita` the one without `c` has the lesser canonical bytes: `@` stands before `c`.
    assert_eq!(eval(call(Function::Size, vec![at(latest(), "c")])).unwrap(), "1");
}

#[test]
fn documents_inside_texts() {
    let parse = |format, deep, document: &str| {
        let parse = Expr::Parse { of: Box::new(Expr::Text(TextId(1))), format, deep, roots: Vec::new(), like: None };
        eval_with(&[document], parse)
    };
    assert_eq!(parse(Embedded::Json, false, r#" {"a":1,"x":2} "#).unwrap(), r#"{"a":1}"#);
    assert_eq!(parse(Embedded::Json, true, r#"{"a":1,"x":{"y":2}}"#).unwrap(), r#"{"a":1,"x":{"y":2}}"#);
    assert_eq!(
        parse(Embedded::Xml, true, "\n<?xml version='1.0' encoding='UTF-16'?><x><y>1</y></x>\n").unwrap(),
        r#"{"x":{"y":"1"}}"#
    );
    assert_eq!(parse(Embedded::Xml, false, "<r><deep><z>1</z></deep><z/></r>").unwrap(), r#"{"r":{"deep":{"z":"1"}}}"#);
    for (format, bad, why) in [
        (Embedded::Json, "{", DecodeError::Ended),
        (Embedded::Json, "", DecodeError::Empty),
        (Embedded::Xml, "<a>", DecodeError::Ended),
        (Embedded::Xml, "", DecodeError::Empty),
        (Embedded::Xml, "a", DecodeError::Syntax),
    ] {
        assert_eq!(parse(format, true, bad), Err(EvalError::Malformed(why)), "{bad}");
    }
    let deep = |open: &str, close: &str| [open.repeat(100), close.repeat(100)].concat();
    assert_eq!(parse(Embedded::Json, true, &deep("[", "]")), Err(EvalError::Malformed(DecodeError::Depth)));
    assert_eq!(parse(Embedded::Xml, false, &deep("<a>", "</a>")), Err(EvalError::Malformed(DecodeError::Depth)));
    let of = |of: Expr| {
        eval(Expr::Parse { of: Box::new(of), format: Embedded::Xml, deep: false, roots: Vec::new(), like: None })
    };
    assert_eq!(of(Expr::Null).unwrap(), "null");
    assert_eq!(of(path("r.no")).unwrap(), "null");
    assert_eq!(of(Expr::Int(1)), Err(EvalError::Type));
}
