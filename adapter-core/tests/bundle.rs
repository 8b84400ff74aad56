//! A bundle comes back as it was written, and one that does not fit is refused with its reason.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test"
)]

mod common;

use adapter_core::Plan;
use adapter_core::bundle::{BinaryOp, Block, Embedded, Expr, Loop, MacroKind, Var};
use adapter_core::bundle::{
    Bundle, Charset, Clean, Csv, Decode, Encode, Failure, FailureKind, InstituteKind, Let, Method, PageBy, Pages,
    Paging, PathPart, Pattern, Place, Session, Soap, SoapCall, SoapStyle, SoapVersion, Step, Table,
};
use adapter_core::bundle::{
    CallIndex, FUNCTIONS, LetIndex, PatternIndex, RequestIndex, SecretIndex, Slot, SystemIndex, TableIndex, TextId,
};
use adapter_core::bundle::{LoadError, seal, unseal};
use sha2::{Digest as _, Sha256};

fn boxed(expr: Expr) -> Box<Expr> {
    Box::new(expr)
}

/// One expression of every kind.
fn every_expression() -> Vec<Expr> {
    let mut all = vec![
        Expr::Null,
        Expr::Bool(true),
        Expr::Int(-7),
        Expr::Dec { mantissa: 275, scale: 1 },
        Expr::Text(TextId(0)),
        Expr::Local(Slot(0)),
        Expr::Call(CallIndex(0)),
        Expr::Hung { call: CallIndex(2), of: boxed(Expr::Local(Slot(1))) },
        Expr::Request(RequestIndex(1)),
        Expr::Member { of: boxed(Expr::Null), name: 0 },
        Expr::Has { of: boxed(Expr::Null), name: 0 },
        Expr::Index { of: boxed(Expr::Null), at: boxed(Expr::Int(0)) },
        Expr::Not(boxed(Expr::Null)),
        Expr::Neg(boxed(Expr::Null)),
        Expr::And(boxed(Expr::Null), boxed(Expr::Bool(false))),
        Expr::Or(boxed(Expr::Null), boxed(Expr::Bool(false))),
        Expr::If { when: boxed(Expr::Null), then: boxed(Expr::Int(1)), otherwise: boxed(Expr::Int(2)) },
        Expr::List(vec![Expr::Int(1), Expr::Null]),
        Expr::Record(vec![(0, Expr::Int(1)), (1, Expr::Null)]),
        Expr::Concat(vec![Expr::Text(TextId(0)), Expr::Int(1)]),
        Expr::With { binds: vec![(Slot(0), Expr::Int(1))], body: boxed(Expr::Local(Slot(0))) },
        Expr::Table { table: TableIndex(0), keys: vec![Expr::Int(1)] },
        Expr::TableRows { table: TableIndex(0), keys: vec![Expr::Int(1)] },
        Expr::Block(Box::new(Block {
            loops: vec![Loop { slot: Slot(0), list: Expr::Null }],
            lets: vec![(Slot(1), Expr::Null)],
            filter: Some(Expr::Bool(true)),
            each: Expr::Local(Slot(0)),
        })),
        Expr::Secret(SecretIndex(0)),
        Expr::Parse { of: boxed(Expr::Null), format: Embedded::Xml, deep: true, roots: vec![0, 1], like: None },
        Expr::Parse { of: boxed(Expr::Null), format: Embedded::Json, deep: false, roots: Vec::new(), like: None },
        Expr::Rows { of: boxed(Expr::Null), must: vec![0], may: vec![1, 0] },
        Expr::Match { of: boxed(Expr::Null), pattern: PatternIndex(0), extract: true },
        Expr::Latest {
            list: boxed(Expr::Null),
            slot: Slot(0),
            of: boxed(Expr::Local(Slot(0))),
            per: boxed(Expr::Null),
        },
    ];
    let operators = [
        BinaryOp::Equal,
        BinaryOp::NotEqual,
        BinaryOp::Less,
        BinaryOp::LessEqual,
        BinaryOp::Greater,
        BinaryOp::GreaterEqual,
        BinaryOp::In,
        BinaryOp::Add,
        BinaryOp::Subtract,
        BinaryOp::Multiply,
        BinaryOp::Divide,
        BinaryOp::Remainder,
    ];
    all.extend(operators.map(|op| Expr::Binary { op, left: boxed(Expr::Null), right: boxed(Expr::Null) }));
    let macros = [
        MacroKind::Filter,
        MacroKind::Map,
        MacroKind::Exists,
        MacroKind::All,
        MacroKind::IndexBy,
        MacroKind::GroupBy,
        MacroKind::SortBy,
        MacroKind::Ordered,
    ];
    all.extend(macros.map(|kind| Expr::Macro {
        kind,
        list: boxed(Expr::Null),
        slot: Slot(0),
        body: boxed(Expr::Null),
    }));
    let vars = [
        Var::StudentTaxCode,
        Var::StudentKey,
        Var::InstituteCode,
        Var::Today,
        Var::Now,
        Var::PageStart,
        Var::PageNumber,
        Var::PageSize,
        Var::PageToken,
        Var::Session,
        Var::CallerClient,
        Var::CallerConsumer,
        Var::CallerPurpose,
        Var::CallerJti,
        Var::Reference,
        Var::FileCode,
        Var::FileStatus,
        Var::FileMessage,
        Var::AnswerStatus,
        Var::AnswerHeaders,
        Var::AnswerBody,
        Var::AnswerDecoded,
        Var::AnswerRoot,
        Var::AnswerResult,
        Var::AnswerFault,
    ];
    all.extend(vars.map(Expr::Var));
    all.extend(FUNCTIONS.iter().map(|f| Expr::Function { function: *f, args: vec![Expr::Null] }));
    all
}

/// A pattern with every kind of instruction.
fn pattern() -> Pattern {
    let places = [Place::Start, Place::End, Place::LineStart, Place::LineEnd, Place::WordEdge, Place::NoWordEdge];
    let mut code = vec![Step::Save(0), Step::Chars(vec![(0x30, 0x39), (0x41, 0x41)]), Step::Split(1, 3), Step::Jump(4)];
    code.extend(places.map(Step::At));
    code.extend([Step::Save(1), Step::Match]);
    Pattern { code }
}

/// A bundle with every kind of everything.
fn full() -> Bundle {
    let mut bundle = common::bundle();
    bundle.secrets.push("esse3_user".to_owned());
    bundle.patterns.push(pattern());
    for (charset, version, style) in [
        (Charset::Utf8, SoapVersion::Soap11, SoapStyle::RpcEncoded),
        (Charset::Latin1, SoapVersion::Soap12, SoapStyle::RpcLiteral),
        (Charset::Latin9, SoapVersion::Soap12, SoapStyle::Document),
        (Charset::Windows1252, SoapVersion::Soap11, SoapStyle::Document),
    ] {
        let mut system = bundle.systems[0].clone();
        system.charset = Some(charset);
        let namespace = "urn:x".to_owned();
        let header = Some(Expr::Record(vec![(0, Expr::Secret(SecretIndex(0)))]));
        system.soap = Some(Soap { version, namespace, style, qualified: true, header });
        system.session =
            Some(Session { open: CallIndex(0), close: Some(CallIndex(1)), lasts_ms: 60_000, next: Some(Expr::Null) });
        bundle.systems.push(system);
    }
    bundle.institute.kind = InstituteKind::Afam;
    bundle.by_key = bundle.operations.get("IFS02.1").cloned();
    bundle.names[0].deep = true;
    bundle.tables.push(Table {
        name: "t".to_owned(),
        keys: 1,
        columns: vec![0],
        single: true,
        rows: vec![vec![Some("a".to_owned()), None], vec![Some("b".to_owned()), Some("é\"\\".to_owned())]],
        default: Some("d".to_owned()),
    });
    bundle.lets.push(Let { name: "first".to_owned(), value: Expr::List(every_expression()) });
    bundle.lets.push(Let { name: "second".to_owned(), value: Expr::Let(LetIndex(0)) });
    let kinds = [
        FailureKind::Good,
        FailureKind::Empty,
        FailureKind::Unknown,
        FailureKind::Refused,
        FailureKind::Expired,
        FailureKind::Busy,
        FailureKind::Down,
        FailureKind::Broken,
    ];
    bundle.systems[0].failures.extend(kinds.map(|is| Failure { when: Expr::Null, is, message: Some(Expr::Null) }));
    bundle.systems[0].clean = Clean { blank_to_null: true, unwrap: Some(0), none: vec!["null".to_owned()], trim: true };
    bundle.systems[0].headers.push(("x-a".to_owned(), Expr::Text(TextId(0))));
    let methods = [Method::Get, Method::Post, Method::Put, Method::Delete];
    let pages = [
        Pages::One,
        Pages::Unstated { cut: None },
        Pages::Unstated { cut: Some(1) },
        Pages::Many(Paging {
            more: None,
            body: vec![(0, Expr::Var(Var::PageToken))],
            next: Some(Expr::Null),
            by: PageBy::Token,
            size: 1,
            first: 1,
            query: vec![("p".to_owned(), Expr::Var(Var::PageNumber))],
            max: Some(3),
        }),
    ];
    let written = [Encode::Json, Encode::Xml, Encode::Form, Encode::Json];
    let read = [Decode::Json, Decode::Xml, Decode::Csv, Decode::Text];
    for (((method, pages), encode), decode) in methods.into_iter().zip(pages).zip(written).zip(read) {
        let mut call = bundle.calls[2].clone();
        call.system = SystemIndex(1);
        call.encode = encode;
        call.decode = decode;
        call.csv = (decode == Decode::Csv).then(|| Csv {
            separator: Some(b'|'),
            must: vec![0],
            may: vec![1],
            failing: vec![0],
        });
        call.soap = Some(SoapCall { operation: "fn_x".to_owned(), namespace: None, action: "a".to_owned() });
        call.binds = vec![(Slot(0), Expr::Int(1))];
        call.session = true;
        call.charset = Some(Charset::Latin9);
        call.cache_ms = Some(3_600_000);
        call.method = method;
        call.pages = pages;
        call.body = Some(Expr::Record(vec![(0, Expr::Int(1))]));
        call.take = vec![Expr::Var(Var::AnswerBody), Expr::Var(Var::AnswerResult)];
        call.path.push(PathPart::Text("/x".to_owned()));
        call.headers.push(("x-b".to_owned(), Expr::Null));
        call.deep = true;
        call.null_if_failed = true;
        bundle.calls.push(call);
    }
    bundle
}

#[test]
fn what_was_written_is_read() {
    let bundle = full();
    let sealed = seal(&bundle).unwrap();
    assert_eq!(seal(&bundle).unwrap(), sealed, "the same bundle gives the same bytes");
    assert!(Plan::load(&sealed).is_ok());
    assert_eq!(unseal(&sealed).unwrap().0, bundle);
}

fn refusal(file: &[u8]) -> String {
    let LoadError(why) = Plan::load(file).expect_err("it must be refused");
    why
}

/// The envelope with a right digest around any plan.
fn envelope(plan: &str) -> Vec<u8> {
    let digest: String = Sha256::digest(plan.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
    format!(r#"{{"ifs_bundle":2,"digest":"{digest}","plan":{plan}}}"#).into_bytes()
}

#[test]
fn what_is_no_bundle_is_refused() {
    let sealed = String::from_utf8(seal(&common::bundle()).unwrap()).unwrap();
    for (file, why) in [
        (String::new(), "not one JSON object"),
        ("[]".to_owned(), "not one JSON object"),
        ("{}".to_owned(), "is missing"),
        (sealed.replace("\"ifs_bundle\":2", "\"ifs_bundle\":3"), "another form"),
        (sealed.replace("\"ifs_bundle\":2", "\"more\":1,\"ifs_bundle\":2"), "bundles do not have"),
        (sealed.replace("9901", "9902"), "digest does not fit"),
        (sealed.chars().take(sealed.len() - 20).collect(), "not one JSON object"),
        (format!("{{\"a\":{}1{}}}", "[".repeat(5_000), "]".repeat(5_000)), "not one JSON object"),
    ] {
        assert!(refusal(file.as_bytes()).contains(why), "{}", refusal(file.as_bytes()));
    }
    assert!(refusal(b"\xff").contains("UTF-8"));
    assert!(refusal(&envelope("{}")).contains("contract is missing"));
    assert!(refusal(&envelope("7")).contains("an object is missing"));
}

#[test]
fn what_would_not_run_is_refused() {
    type Break = fn(&mut Bundle);
    let cases: [(&str, Break); 26] = [
        ("version", |b| b.contract = "1.0".to_owned()),
        ("academic year", |b| b.institute.academic_year_starts = (2, 30)),
        ("limit depth", |b| b.limits.depth = 1_000),
        ("limit steps", |b| b.limits.steps = 0),
        ("name stands twice", |b| b.names[1].text = b.names[0].text.clone()),
        ("does not come before", |b| b.calls[0].needs = vec![CallIndex(2)]),
        ("does not come before", |b| b.calls[1].needs = vec![CallIndex(1)]),
        ("system is out of range", |b| b.calls[0].system = SystemIndex(3)),
        ("x-envoy-max-retries", |b| b.calls[0].headers.push(("x-envoy-max-retries".to_owned(), Expr::Int(3)))),
        ("may not be set", |b| b.systems[0].headers.push(("Host".to_owned(), Expr::Null))),
        ("setting out of range", |b| b.systems[0].base = "/api/".to_owned()),
        ("let is out of order", |b| b.lets.push(Let { name: "l".to_owned(), value: Expr::Let(LetIndex(0)) })),
        ("variable is out of range", |b| b.slots = 2),
        ("name is out of range", |b| {
            b.operations.get_mut("IFS02.1").unwrap().answer = Expr::Record(vec![(99, Expr::Null)])
        }),
        ("text is out of range", |b| b.operations.get_mut("IFS02.1").unwrap().answer = Expr::Text(TextId(99))),
        ("call it needs is missing", |b| b.operations.get_mut("IFS02.1").unwrap().calls = vec![CallIndex(2)]),
        ("no operation IFS99.1", |b| {
            let operation = b.operations.get("IFS02.1").unwrap().clone();
            b.operations.insert("IFS99.1".to_owned(), operation);
        }),
        ("secret is out of range", |b| b.calls[0].headers.push(("x-s".to_owned(), Expr::Secret(SecretIndex(0))))),
        ("pattern is out of range", |b| {
            b.calls[0].when = Some(Expr::Match { of: boxed(Expr::Null), pattern: PatternIndex(0), extract: false });
        }),
        ("points outside itself", |b| b.patterns.push(Pattern { code: vec![Step::Jump(1)] })),
        ("points outside itself", |b| b.patterns.push(Pattern { code: vec![Step::Save(0)] })),
        ("pattern is empty", |b| b.patterns.push(Pattern { code: vec![] })),
        ("has no session", |b| b.calls[0].session = true),
        ("does not speak SOAP", |b| {
            b.calls[0].soap = Some(SoapCall { operation: "o".to_owned(), namespace: None, action: String::new() });
        }),
        ("session has no length", |b| {
            b.systems[0].session = Some(Session { open: CallIndex(0), close: None, lasts_ms: 0, next: None });
        }),
        ("wrong number of keys", |b| {
            b.operations.get_mut("IFS02.1").unwrap().answer = Expr::Table { table: TableIndex(0), keys: vec![] }
        }),
    ];
    for (why, break_it) in cases {
        let mut bundle = common::bundle();
        break_it(&mut bundle);
        let refused = refusal(&seal(&bundle).unwrap());
        assert!(refused.contains(why), "{why}: {refused}");
    }
    for rows in [
        vec![vec![Some("b".to_owned()), None], vec![Some("a".to_owned()), None]],
        vec![vec![None, None]],
        vec![vec![Some("a".to_owned())]],
    ] {
        let mut bundle = full();
        bundle.tables[0].rows = rows;
        assert!(refusal(&seal(&bundle).unwrap()).contains("table t"));
    }
}
