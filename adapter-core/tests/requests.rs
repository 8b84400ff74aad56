//! How calls are written: envelopes, bodies, character sets, what is passed to a call that others use, and pages by
//! token.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test"
)]

mod common;

use adapter_core::CallResult;
use adapter_core::bundle::{BinaryOp, Expr, SecretIndex, Slot, TextId, Var};
use adapter_core::bundle::{
    Bundle, Charset, Decode, Encode, Failure, FailureKind, Method, Name, PageBy, Pages, Paging, PathPart, Soap,
    SoapCall, SoapStyle, SoapVersion,
};
use adapter_core::problem::Code;
use common::{Bench, answer, bundle, code_of, member, name};

const STUDENT: &str = r#"{"tax_code":"RSSMRA80A01F205X"}"#;
const ESSE3: &str = "http://ws.esse3.frk.kion.it";

/// The careers call of the common mapping, with this body.
fn posting(body: Vec<(u32, Expr)>) -> Bundle {
    let mut made = bundle();
    let careers = &mut made.calls[0];
    careers.method = Method::Post;
    careers.query.clear();
    careers.pages = Pages::One;
    careers.body = Some(Expr::Record(body));
    made
}

fn soap(version: SoapVersion, style: SoapStyle, qualified: bool, action: &str) -> Bundle {
    let mut made = posting(vec![
        (name("id"), Expr::Var(Var::StudentTaxCode)),
        (name("year"), Expr::Int(2025)),
        (name("n"), Expr::Null),
        (name("course"), Expr::List(vec![Expr::Text(TextId(1)), Expr::Bool(true)])),
        (name("type"), Expr::Record(vec![(name("class"), Expr::Dec { mantissa: 275, scale: 1 })])),
    ]);
    made.texts.push("a < b & c".to_owned());
    made.systems[0].base = "/services/WS".to_owned();
    made.systems[0].soap = Some(Soap { version, namespace: ESSE3.to_owned(), style, qualified, header: None });
    made.calls[0].path.clear();
    made.calls[0].soap = Some(SoapCall { operation: "fn_ask".to_owned(), namespace: None, action: action.to_owned() });
    made.calls[0].decode = Decode::Xml;
    made
}

/// The request's body and the value of a header of it.
fn sent(made: Bundle) -> (String, Vec<(String, String)>) {
    let mut bench = Bench::new(made);
    bench.ask(STUDENT);
    let request = bench.only_call("careers");
    assert_eq!(request.method, "POST");
    (String::from_utf8(request.body.clone()).unwrap(), request.headers.clone())
}

fn header<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
}

/// The problem a mapping ends with before any call.
fn refused(made: Bundle) -> String {
    let mut bench = Bench::new(made);
    bench.ask(STUDENT);
    assert_eq!(bench.sent(), 0);
    code_of(&bench.body(500))
}

#[test]
fn soap_1_1_rpc_encoded() {
    let (body, headers) = sent(soap(SoapVersion::Soap11, SoapStyle::RpcEncoded, false, ""));
    assert_eq!(
        body,
        concat!(
            r#"<?xml version="1.0" encoding="utf-8"?>"#,
            r#"<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/""#,
            r#" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance""#,
            r#" xmlns:ws="http://ws.esse3.frk.kion.it"><soapenv:Body>"#,
            r#"<ws:fn_ask soapenv:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/">"#,
            r#"<id xsi:type="xsd:string">RSSMRA80A01F205X</id><year xsi:type="xsd:int">2025</year>"#,
            r#"<course xsi:type="xsd:string">a &lt; b &amp; c</course><course xsi:type="xsd:boolean">true</course>"#,
            r#"<type><class xsi:type="xsd:decimal">27.5</class></type>"#,
            "</ws:fn_ask></soapenv:Body></soapenv:Envelope>"
        )
    );
    assert_eq!(header(&headers, "content-type"), Some("text/xml; charset=utf-8"));
    assert_eq!(header(&headers, "soapaction"), Some("\"\""));
    assert_eq!(header(&headers, "accept"), Some("text/xml"));
}

#[test]
fn soap_1_2_says_its_action_in_the_content_type() {
    let (body, headers) = sent(soap(SoapVersion::Soap12, SoapStyle::RpcEncoded, false, "urn:ask"));
    assert!(body.contains(r#"xmlns:soapenv="http://www.w3.org/2003/05/soap-envelope""#), "{body}");
    assert!(body.contains(r#"soapenv:encodingStyle="http://www.w3.org/2003/05/soap-encoding""#), "{body}");
    let expected = r#"application/soap+xml; charset=utf-8; action="urn:ask""#;
    assert_eq!((header(&headers, "content-type"), header(&headers, "soapaction")), (Some(expected), None));
    assert_eq!(header(&headers, "accept"), Some("application/soap+xml"));
    let (_, headers) = sent(soap(SoapVersion::Soap12, SoapStyle::Document, false, ""));
    assert_eq!(header(&headers, "content-type"), Some("application/soap+xml; charset=utf-8"));
}

#[test]
fn literal_styles_have_no_types_and_qualify_as_the_schema_says() {
    for (style, qualified, element) in [
        (SoapStyle::RpcLiteral, false, "<ws:fn_ask><id>RSS"),
        // Parts of rpc are never qualified.
        (SoapStyle::RpcLiteral, true, "<ws:fn_ask><id>RSS"),
        (SoapStyle::Document, false, "<ws:fn_ask><id>RSS"),
        (SoapStyle::Document, true, "<ws:fn_ask><ws:id>RSS"),
    ] {
        let (body, headers) = sent(soap(SoapVersion::Soap11, style, qualified, "urn:ask"));
        assert!(body.contains(element), "{body}");
        assert!(!body.contains("encodingStyle") && !body.contains("type="), "{body}");
        assert_eq!(header(&headers, "soapaction"), Some("\"urn:ask\""));
    }
}

#[test]
fn header_blocks_are_in_a_namespace() {
    let mut made = soap(SoapVersion::Soap11, SoapStyle::Document, false, "");
    made.names.push(Name { text: "{urn:sec}user".to_owned(), deep: false });
    let own = u32::try_from(made.names.len() - 1).unwrap();
    let header =
        Expr::Record(vec![(name("id"), Expr::Secret(SecretIndex(0))), (own, Expr::Int(1)), (name("n"), Expr::Null)]);
    made.secrets = vec!["token".to_owned()];
    made.systems[0].soap.as_mut().unwrap().header = Some(header);
    let (body, _) = sent(made);
    let expected = concat!(
        "<soapenv:Header><ws:id>secret-token</ws:id>",
        r#"<n1:user xmlns:n1="urn:sec">1</n1:user></soapenv:Header><soapenv:Body>"#
    );
    assert!(body.contains(expected), "{body}");
}

#[test]
fn what_an_envelope_cannot_hold_is_refused() {
    let mut control = soap(SoapVersion::Soap11, SoapStyle::Document, false, "");
    control.texts[1] = "a\u{1}b".to_owned();
    let mut list = soap(SoapVersion::Soap11, SoapStyle::Document, false, "");
    list.calls[0].body = Some(Expr::Record(vec![(name("id"), Expr::List(vec![Expr::List(vec![])]))]));
    let mut scalar = soap(SoapVersion::Soap11, SoapStyle::Document, false, "");
    scalar.calls[0].body = Some(Expr::Int(1));
    let quote = soap(SoapVersion::Soap11, SoapStyle::Document, false, "a\"b");
    let line = soap(SoapVersion::Soap12, SoapStyle::Document, false, "a\r\nb");
    for made in [control, list, scalar, quote, line] {
        assert_eq!(refused(made), Code::MappingRequest.as_str());
    }
}

#[test]
fn an_answer_without_an_envelope_cannot_be_read() {
    let mut bench = Bench::new(soap(SoapVersion::Soap11, SoapStyle::RpcEncoded, false, ""));
    bench.ask(STUDENT);
    let request = bench.only_call("careers");
    assert_eq!(request.path, "/services/WS");
    bench.answer("careers", &CallResult::Answer { status: 200, headers: vec![], body: b"no envelope".to_vec() });
    assert_eq!(code_of(&bench.body(500)), Code::LegacyMalformed.as_str());
}

#[test]
fn forms() {
    let mut made = posting(vec![
        (name("id"), Expr::Text(TextId(1))),
        (name("n"), Expr::Null),
        (name("year"), Expr::List(vec![Expr::Int(1), Expr::Null, Expr::Int(2)])),
    ]);
    made.texts.push("è vero & no=1".to_owned());
    made.calls[0].encode = Encode::Form;
    let (body, headers) = sent(made.clone());
    assert_eq!(body, "id=%C3%A8%20vero%20%26%20no%3D1&year=1&year=2");
    assert_eq!(header(&headers, "content-type"), Some("application/x-www-form-urlencoded"));
    made.systems[0].charset = Some(Charset::Latin1);
    assert_eq!(sent(made.clone()).0, "id=%E8%20vero%20%26%20no%3D1&year=1&year=2");
    // ISO-8859-1 has no euro.
    made.texts[1] = "€".to_owned();
    assert_eq!(refused(made.clone()), Code::MappingRequest.as_str());
    made.calls[0].body = Some(Expr::Record(vec![(name("id"), Expr::Record(vec![]))]));
    assert_eq!(refused(made), Code::MappingRequest.as_str());
}

#[test]
fn xml_documents_in_the_system_s_character_set() {
    let document = Expr::Record(vec![(name("id"), Expr::Text(TextId(1))), (name("n"), Expr::Null)]);
    let mut made = posting(vec![(name("type"), document)]);
    made.texts.push("è €".to_owned());
    made.calls[0].encode = Encode::Xml;
    let request = |made: &Bundle| {
        let mut bench = Bench::new(made.clone());
        bench.ask(STUDENT);
        bench.only_call("careers").clone()
    };
    let utf8 = request(&made);
    assert_eq!(utf8.body, r#"<?xml version="1.0" encoding="utf-8"?><type><id>è €</id></type>"#.as_bytes());
    made.systems[0].charset = Some(Charset::Latin1);
    let latin = request(&made);
    assert_eq!(header(&latin.headers, "content-type"), Some("application/xml; charset=iso-8859-1"));
    // The euro has no byte there and stands as a reference.
    let expected = b"<?xml version=\"1.0\" encoding=\"iso-8859-1\"?><type><id>\xe8 &#8364;</id></type>";
    assert_eq!(latin.body, expected);
    made.systems[0].charset = Some(Charset::Windows1252);
    assert!(request(&made).body.windows(3).any(|w| w == b"\xe8 \x80"));
    // A document has one root.
    made.calls[0].body = Some(Expr::Record(vec![(name("id"), Expr::Int(1)), (name("n"), Expr::Int(2))]));
    assert_eq!(refused(made), Code::MappingRequest.as_str());
}

#[test]
fn what_is_passed_to_a_call_is_bound_before_all_of_it() {
    let mut made = bundle();
    made.slots = 4;
    let given = made.calls[2].each.as_ref().map(|e| e.slot).unwrap();
    // years of each career: given the career's id, the path, the condition, the rules and `take` read it alone.
    let passed = || Expr::Local(Slot(3));
    let equals =
        |left: Expr, right: Expr| Expr::Binary { op: BinaryOp::Equal, left: Box::new(left), right: Box::new(right) };
    let years = &mut made.calls[2];
    years.binds = vec![(Slot(3), member(Expr::Local(given), "id"))];
    years.path = vec![PathPart::Text("/y/".to_owned()), PathPart::Value(passed())];
    years.when = Some(Expr::Not(Box::new(equals(passed(), Expr::Int(8)))));
    years.failures = vec![Failure { when: equals(passed(), Expr::Int(9)), is: FailureKind::Empty, message: None }];
    years.take = vec![Expr::List(vec![Expr::Record(vec![
        (name("year"), Expr::Int(2025)),
        (name("n"), passed()),
        (name("course"), passed()),
        (name("status"), Expr::Text(TextId(1))),
    ])])];
    made.texts.push("active".to_owned());
    let mut bodies = Vec::new();
    for order in [["/api/y/7", "/api/y/9", "/api/y/6"], ["/api/y/6", "/api/y/9", "/api/y/7"]] {
        let mut bench = Bench::new(made.clone());
        bench.ask(STUDENT);
        bench.answer("careers", &answer(r#"[{"id":7},{"id":8},{"id":9}]"#));
        if bench.paths("careers").len() == 1 {
            bench.answer("careers", &answer(r#"[{"id":6}]"#));
        }
        assert_eq!(bench.paths("years"), ["/api/y/7", "/api/y/9", "/api/y/6"]);
        for path in order {
            bench.answer_path(path, &answer("[]"));
        }
        bodies.push(bench.body(200));
    }
    assert_eq!(bodies[0], bodies[1]);
    assert!(bodies[0].contains(r#""degree_course_code":"7""#) && bodies[0].contains(r#""degree_course_code":"6""#));
    assert_eq!(bodies[0].matches("degree_course_code").count(), 2, "{}", bodies[0]);
}

/// Careers by token: the next one stands in `type`, rows in `id`; the token goes into the body.
fn tokens() -> Bundle {
    let mut made = posting(vec![(name("course"), Expr::Int(1))]);
    let body = || Expr::Var(Var::AnswerBody);
    made.calls[0].take = vec![member(body(), "id")];
    made.calls[0].pages = Pages::Many(Paging {
        more: None,
        by: PageBy::Token,
        size: 2,
        first: 0,
        query: vec![],
        body: vec![(name("type"), Expr::Var(Var::PageToken)), (name("n"), Expr::Var(Var::PageSize))],
        next: Some(member(body(), "type")),
        max: Some(3),
    });
    made
}

#[test]
fn pages_by_token_end_where_there_is_none() {
    let mut bench = Bench::new(tokens());
    bench.ask(STUDENT);
    for (asked, page) in [
        (r#"{"course":1,"n":2}"#, r#"{"id":[{"id":1}],"type":"B"}"#),
        // A short page is not the last, nor is an empty one.
        (r#"{"course":1,"type":"B","n":2}"#, r#"{"id":[],"type":"C"}"#),
        (r#"{"course":1,"type":"C","n":2}"#, r#"{"id":[{"id":2},{"id":3}],"type":null}"#),
    ] {
        assert_eq!(String::from_utf8_lossy(&bench.only_call("careers").body), asked);
        bench.answer("careers", &answer(page));
    }
    assert_eq!(bench.paths("years"), ["/api/careers/1/years", "/api/careers/2/years", "/api/careers/3/years"]);
}

#[test]
fn pages_by_token_do_not_go_on_for_ever() {
    // A token that came before, a page too many, and a token that is none.
    for (pages, code) in [
        (vec![r#"{"id":[{"id":1}],"type":"B"}"#, r#"{"id":[{"id":2}],"type":"B"}"#], Code::LegacyPaging),
        (
            vec![
                r#"{"id":[{"id":1}],"type":"B"}"#,
                r#"{"id":[{"id":2}],"type":"C"}"#,
                r#"{"id":[{"id":3}],"type":"B"}"#,
            ],
            Code::LegacyPaging,
        ),
        (
            vec![
                r#"{"id":[{"id":1}],"type":"B"}"#,
                r#"{"id":[{"id":2}],"type":"C"}"#,
                r#"{"id":[{"id":3}],"type":"D"}"#,
            ],
            Code::LimitPages,
        ),
    ] {
        let mut bench = Bench::new(tokens());
        bench.ask(STUDENT);
        for page in pages {
            bench.answer("careers", &answer(page));
        }
        assert_eq!(code_of(&bench.body(500)), code.as_str());
    }
}

/// Careers by number, where the answer's `type` says whether more follows; rows in `id`.
fn told() -> Bundle {
    let mut made = bundle();
    let body = || Expr::Var(Var::AnswerBody);
    let more =
        Expr::Binary { op: BinaryOp::Equal, left: Box::new(member(body(), "type")), right: Box::new(Expr::Int(1)) };
    made.calls[0].take = vec![member(body(), "id")];
    made.calls[0].pages = Pages::Many(Paging {
        more: Some(more),
        by: PageBy::Number,
        size: 2,
        first: 1,
        query: vec![("page".to_owned(), Expr::Var(Var::PageNumber))],
        body: vec![],
        next: None,
        max: Some(4),
    });
    made
}

#[test]
fn pages_that_say_whether_more_follows_may_be_short_or_empty() {
    let mut bench = Bench::new(told());
    bench.ask(STUDENT);
    for (page, body) in [
        (1, r#"{"id":[{"id":1}],"type":1}"#),
        (2, r#"{"id":[],"type":1}"#),
        (3, r#"{"id":[],"type":1}"#),
        // A full page may be the last.
        (4, r#"{"id":[{"id":2},{"id":3}],"type":0}"#),
    ] {
        assert!(bench.only_call("careers").path.ends_with(&format!("page={page}")), "{page}");
        bench.answer("careers", &answer(body));
    }
    assert_eq!(bench.paths("years").len(), 3);
    // What does not say so ends the list; what never ends is bounded.
    let mut bench = Bench::new(told());
    bench.ask(STUDENT);
    bench.answer("careers", &answer(r#"{"id":[{"id":1},{"id":2}]}"#));
    assert_eq!(bench.paths("years").len(), 2);
    let mut bench = Bench::new(told());
    bench.ask(STUDENT);
    for row in 1..=4 {
        bench.answer("careers", &answer(&format!(r#"{{"id":[{{"id":{row}}}],"type":1}}"#)));
    }
    assert_eq!(code_of(&bench.body(500)), Code::LimitPages.as_str());
}

#[test]
fn an_answer_may_be_good_whatever_its_status() {
    let rule = |is| Failure { when: Expr::Var(Var::AnswerDecoded), is, message: None };
    for (rules, status, body, code) in [
        (vec![FailureKind::Good, FailureKind::Broken], 500, "[]", None),
        (vec![FailureKind::Good], 404, "[]", None),
        (vec![FailureKind::Broken, FailureKind::Good], 200, "[]", Some(Code::LegacyError)),
        // The rule asks whether it could be read; without that nothing is taken from it.
        (vec![FailureKind::Good], 500, "<html>", Some(Code::LegacyDown)),
        (vec![], 500, "[]", Some(Code::LegacyDown)),
    ] {
        let mut made = bundle();
        made.calls[0].failures = rules.into_iter().map(rule).collect();
        let mut bench = Bench::new(made);
        bench.ask(STUDENT);
        let body = body.as_bytes().to_vec();
        bench.answer("careers", &CallResult::Answer { status, headers: vec![], body });
        match code {
            None => assert_eq!(bench.only_call("people").name, "people", "{status}"),
            Some(code) => assert_eq!(code_of(&bench.body(code.status())), code.as_str(), "{status}"),
        }
    }
    // Good for whoever says so without asking, but unreadable.
    let mut made = bundle();
    made.calls[0].failures = vec![Failure { when: Expr::Bool(true), is: FailureKind::Good, message: None }];
    let mut bench = Bench::new(made);
    bench.ask(STUDENT);
    bench.answer("careers", &answer("<html>"));
    assert_eq!(code_of(&bench.body(500)), Code::LegacyMalformed.as_str());
}
