//! Answers in XML, SOAP, CSV and several character sets, through the whole engine: the same data gives the same bytes.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test"
)]

mod common;

use std::sync::Arc;

use adapter_core::CallResult;
use adapter_core::bundle::{BinaryOp, Csv, Embedded, Expr, Var};
use adapter_core::bundle::{
    Bundle, Charset, Decode, Failure, FailureKind, Name, Soap, SoapCall, SoapStyle, SoapVersion,
};
use adapter_core::bundle::{Function, TextId};
use adapter_core::limits::LIMITS;
use adapter_core::problem::Code;
use adapter_core::value::{Arena, Decoder, NameTable, Names};
use common::{Bench, answer, bundle, code_of, member};

const STUDENT: &str = r#"{"tax_code":"RSSMRA80A01F205X"}"#;

/// The common mapping, reading years as numbers out of whatever they are.
fn numeric() -> Bundle {
    let mut made = bundle();
    let Expr::Record(entries) = &mut made.operations.get_mut("IFS02.1").unwrap().answer else { panic!() };
    let Expr::Block(block) = &mut entries[0].1 else { panic!() };
    let Expr::Record(each) = &mut block.each else { panic!() };
    for (_, value) in each {
        if let Expr::Function { function: Function::AcademicYear, args } = value {
            let year = args.remove(0);
            args.push(Expr::Function { function: Function::Num, args: vec![year] });
        }
    }
    made
}

/// The same over XML: rows are `rows/row`, also of `years`.
fn xml() -> Bundle {
    let mut made = numeric();
    let names = u32::try_from(made.names.len()).unwrap();
    for text in ["rows", "row"] {
        made.names.push(Name { text: text.to_owned(), deep: false });
    }
    for call in &mut made.calls {
        call.decode = Decode::Xml;
        let rows = Expr::Member { of: Box::new(Expr::Var(Var::AnswerBody)), name: names };
        call.take = vec![Expr::Member { of: Box::new(rows), name: names + 1 }];
    }
    made
}

/// The same over SOAP: what `xml` reads stands as a text in the member `course` of what the operation returns.
fn soap() -> Bundle {
    let mut made = xml();
    made.systems[0].soap = Some(Soap {
        version: SoapVersion::Soap11,
        namespace: "urn:x".to_owned(),
        style: SoapStyle::RpcEncoded,
        qualified: false,
        header: None,
    });
    // Whatever is there of `error`, this system says it by its result.
    made.systems[0].failures = vec![Failure {
        when: Expr::Binary {
            op: BinaryOp::NotEqual,
            left: Box::new(Expr::Var(Var::AnswerResult)),
            right: Box::new(Expr::Text(TextId(1))),
        },
        is: FailureKind::Broken,
        message: None,
    }];
    made.texts.push("1".to_owned());
    for call in &mut made.calls {
        call.soap = Some(SoapCall { operation: "ask".to_owned(), namespace: None, action: String::new() });
        let of = Box::new(member(Expr::Var(Var::AnswerBody), "course"));
        call.take.insert(0, Expr::Parse { of, format: Embedded::Xml, deep: false, roots: Vec::new(), like: None });
    }
    made
}

fn typed(content_type: &str, body: &[u8]) -> CallResult {
    CallResult::Answer {
        status: 200,
        headers: vec![("content-type".to_owned(), content_type.to_owned())],
        body: body.to_vec(),
    }
}

const ENVELOPE: &str = "http://schemas.xmlsoap.org/soap/envelope/";

fn envelope(result: &str, document: &str) -> CallResult {
    let escaped = document.replace('&', "&amp;").replace('<', "&lt;");
    let body = format!(
        "<s:Envelope xmlns:s=\"{ENVELOPE}\"><s:Body><o:askResponse xmlns:o=\"urn:x\"><askReturn href=\"#id0\"/>\
         <course>{escaped}</course></o:askResponse><multiRef id=\"id0\">{result}</multiRef></s:Body></s:Envelope>"
    );
    typed("text/xml; charset=utf-8", body.as_bytes())
}

const CAREERS_XML: &str = "<rows><row><id>7</id></row><row><id>8</id></row></rows>";
const YEARS_XML: [&str; 2] = [
    "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><rows><row><course>Forlì</course><year>2025</year><n>1</n><status>active</status></row>\
     <row><course>A&amp;B</course><year>2024</year><n>2</n><class/><status>wait</status></row></rows>",
    "<rows><row><course>C</course><year>2025</year><n>3</n><status>active</status></row></rows>",
];

/// The answer of a bundle whose careers and years are answered so.
fn answered(made: Bundle, careers: &CallResult, years: [CallResult; 2]) -> String {
    let mut bench = Bench::new(made);
    bench.ask(STUDENT);
    bench.answer("careers", careers);
    bench.answer_next(&years[0]);
    if !bench.is_over() {
        bench.answer_next(&years[1]);
    }
    bench.body(bench.status())
}

/// What the same data gives over JSON.
fn expected() -> String {
    let years = [
        r#"[{"course":"Forlì","year":2025,"n":1,"status":"active"},{"course":"A&B","year":2024,"n":2,"status":"wait"}]"#,
        r#"[{"course":"C","year":2025,"n":3,"status":"active"}]"#,
    ];
    let body = answered(numeric(), &answer(r#"[{"id":7},{"id":8}]"#), years.map(answer));
    assert_eq!(body.matches("degree_course_code").count(), 3, "{body}");
    body
}

fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
}

#[test]
fn xml_gives_the_same_bytes_as_json() {
    let years = YEARS_XML.map(|text| typed("text/xml", &latin1(text)));
    assert_eq!(answered(xml(), &typed("application/xml", CAREERS_XML.as_bytes()), years), expected());
}

#[test]
fn soap_with_documents_inside_texts_gives_the_same_bytes_as_json() {
    // The inner declaration is wrong by now, and ignored.
    let years = YEARS_XML.map(|text| envelope("1", text));
    assert_eq!(answered(soap(), &envelope("1", CAREERS_XML), years), expected());
}

#[test]
fn csv_gives_the_same_bytes_as_json() {
    let mut made = numeric();
    for call in &mut made.calls {
        call.decode = Decode::Csv;
        call.csv = Some(Csv::default());
    }
    let years = [
        "course;year;n;other;status;\r\nForlì;2025;1;x;active;\r\nA&B;2024;2;;wait;\r\n",
        "\u{feff}status,course,year,n\n\"active\",C,2025,3\n",
    ];
    let careers = typed("text/csv", b"id\n7\n8\n");
    assert_eq!(
        answered(made, &careers, years.map(|text| typed("text/csv; charset=utf-8", text.as_bytes()))),
        expected()
    );
}

#[test]
fn a_document_is_read_in_its_character_set_or_not_at_all() {
    let careers = typed("text/xml", CAREERS_XML.as_bytes());
    let second = || typed("text/xml", YEARS_XML[1].as_bytes());
    let with = |charset: Option<Charset>, first: CallResult| {
        let mut made = xml();
        made.systems[0].charset = charset;
        answered(made, &careers, [first, second()])
    };
    let body = YEARS_XML[0].replace("ISO-8859-1", "UTF-8");
    // What the mapping says goes before what the document says.
    assert_eq!(with(Some(Charset::Windows1252), typed("text/xml; charset=utf-8", &latin1(&body))), expected());
    assert_eq!(with(None, typed("text/xml; charset=iso-8859-1", &latin1(&body))), expected());
    // A document that lies.
    let lies = [
        typed("text/xml; charset=utf-8", &latin1(&body)),
        typed("text/xml", &latin1(&body)),
        typed("text/xml; charset=klingon", body.as_bytes()),
        typed("text/xml", &[0xff, 0xfe, b'<', 0]),
    ];
    // A lie that cannot be believed.
    assert_eq!(with(None, typed("text/xml; charset=utf-16", body.as_bytes())), expected());
    assert_eq!(with(Some(Charset::Windows1252), typed("text/xml; charset=iso-8859-1", body.as_bytes())), expected());
    for lie in lies {
        assert_eq!(code_of(&with(None, lie)), Code::LegacyMalformed.as_str());
    }
    // JSON is UTF-8 unless the mapping says otherwise.
    let json = r#"[{"course":"Forlì","year":2025,"n":1,"status":"active"},{"course":"A&B","year":2024,"n":2,"status":"wait"}]"#;
    let last = || answer(r#"[{"course":"C","year":2025,"n":3,"status":"active"}]"#);
    let careers = answer(r#"[{"id":7},{"id":8}]"#);
    let mut made = numeric();
    let first = || typed("application/json; charset=iso-8859-1", &latin1(json));
    assert_eq!(code_of(&answered(made.clone(), &careers, [first(), last()])), Code::LegacyMalformed.as_str());
    made.systems[0].charset = Some(Charset::Latin9);
    assert_eq!(answered(made, &careers, [first(), last()]), expected());
}

#[test]
fn what_cannot_be_decoded_is_malformed() {
    let code = |made: Bundle, result: CallResult| {
        let mut bench = Bench::new(made);
        bench.ask(STUDENT);
        bench.answer("careers", &result);
        (bench.status(), code_of(&bench.body(bench.status())))
    };
    // Without its rule, which says "broken" of an answer without a result.
    let plain = || {
        let mut made = soap();
        made.systems[0].failures.clear();
        made
    };
    let malformed = (500, Code::LegacyMalformed.as_str().to_owned());
    let text = |text: &str| typed("text/xml", text.as_bytes());
    for bad in
        ["", "<rows>", "<html><br></html>", "{}", "<!DOCTYPE rows><rows/>", "<!DOCTYPE r [<!ENTITY a 'b'>]><r>&a;</r>"]
    {
        assert_eq!(code(xml(), text(bad)), malformed, "{bad}");
        assert_eq!(code(plain(), text(bad)), malformed, "{bad}");
        assert_eq!(code(soap(), envelope("1", bad)), malformed, "{bad}");
    }
    assert_eq!(code(plain(), text("<rows/>")), malformed, "no envelope");
    let deep = "<a>".repeat(1000);
    assert_eq!(code(xml(), text(&deep)), (500, Code::LimitDepth.as_str().to_owned()));
    assert_eq!(code(soap(), envelope("1", &deep)), (500, Code::LimitDepth.as_str().to_owned()));
}

#[test]
fn a_fault_is_never_a_system_that_is_down() {
    let fault = format!(
        "<s:Envelope xmlns:s=\"{ENVELOPE}\"><s:Body><s:Fault><faultcode>s:Client</faultcode><faultstring>no</faultstring>\
         </s:Fault></s:Body></s:Envelope>"
    );
    let mut made = soap();
    made.systems[0].failures.clear();
    for status in [200, 500, 503] {
        let mut bench = Bench::new(made.clone());
        bench.ask(STUDENT);
        let headers = vec![("content-type".to_owned(), "text/xml".to_owned())];
        bench.answer("careers", &CallResult::Answer { status, headers, body: fault.clone().into_bytes() });
        assert_eq!(code_of(&bench.body(500)), Code::LegacyError.as_str(), "{status}");
    }
    // A rule may say better.
    let code = u32::try_from(made.names.len()).unwrap();
    made.names.push(Name { text: "code".to_owned(), deep: false });
    made.texts.push("Client".to_owned());
    made.systems[0].failures = vec![Failure {
        when: Expr::Binary {
            op: BinaryOp::Equal,
            left: Box::new(Expr::Member { of: Box::new(Expr::Var(Var::AnswerFault)), name: code }),
            right: Box::new(Expr::Text(TextId(2))),
        },
        is: FailureKind::Unknown,
        message: None,
    }];
    let mut bench = Bench::new(made);
    bench.ask(STUDENT);
    let headers = vec![("content-type".to_owned(), "text/xml".to_owned())];
    bench.answer("careers", &CallResult::Answer { status: 500, headers, body: fault.into_bytes() });
    assert_eq!(code_of(&bench.body(400)), Code::RequestUnknownStudent.as_str());
}

#[test]
fn several_nodes_in_a_place_for_one_are_never_the_first() {
    let careers = |text: &str| typed("text/xml", text.as_bytes());
    // In a request.
    let mut bench = Bench::new(xml());
    bench.ask(STUDENT);
    bench.answer("careers", &careers("<rows><row><id>7</id><id>8</id></row></rows>"));
    assert_eq!(bench.status(), 500);
    assert_eq!(bench.sent(), 1);
    // In the answer.
    let twice = YEARS_XML[1].replace("<course>C</course>", "<course>C</course><course>D</course>");
    let years = [typed("text/xml", twice.as_bytes()), typed("text/xml", YEARS_XML[1].as_bytes())];
    assert_eq!(code_of(&answered(xml(), &careers(CAREERS_XML), years)), Code::LegacyShape.as_str());
}

#[test]
fn one_row_or_none_is_a_list_too() {
    let years = || [typed("text/xml", YEARS_XML[1].as_bytes()), typed("text/xml", b"<rows/>")];
    let one = answered(xml(), &typed("text/xml", CAREERS_XML.as_bytes()), years());
    assert_eq!(one.matches("degree_course_code").count(), 1, "{one}");
    let mut bench = Bench::new(xml());
    bench.ask(STUDENT);
    bench.answer("careers", &typed("text/xml", b"<rows/>"));
    bench.answer("people", &typed("text/xml", b"<rows><row><id>1</id></row></rows>"));
    assert_eq!(bench.body(200), r#"{"personal_data":{"tax_code":"RSSMRA80A01F205X"},"enrollments":[]}"#);
}

#[test]
fn documents_inside_texts_are_tidied_as_their_system_says() {
    let mut made = soap();
    made.systems[0].clean.none = vec!["NN".to_owned()];
    let document = YEARS_XML[1].replace("<course>C</course>", "<course>NN</course>");
    let mut bench = Bench::new(made);
    bench.ask(STUDENT);
    bench.answer("careers", &envelope("1", "<rows><row><id>7</id></row></rows>"));
    bench.answer("years", &envelope("1", &document));
    assert!(!bench.body(200).contains("NN"));
}

/// The deepest document that the ceiling of `depth` allows, in a thread with as much stack as the filter has.
#[test]
fn the_ceiling_of_depth_fits_the_stack() {
    let ceiling = LIMITS.iter().find(|limit| limit.name == "depth").unwrap().ceiling as usize;
    let read = move || {
        let mut arena = Arena::new(Arc::from(""), Names::new(Arc::new(NameTable::new(Vec::new()))));
        let text = ["<a>".repeat(ceiling), "</a>".repeat(ceiling)].concat();
        Decoder::whole(ceiling).decode_xml(&mut arena, text).is_ok()
    };
    assert!(std::thread::Builder::new().stack_size(1 << 20).spawn(read).unwrap().join().unwrap());
}
