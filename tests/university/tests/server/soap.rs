//! The SOAP face over a socket: envelopes, sessions, result codes, faults.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use serde_json::{Value, json};
use university::{DEFAULT_TODAY, Kind, Options, Population, Rule, Server, server};

use crate::client::{Got, get, open, read};
use crate::xml::{Node, parse};

pub const PATH: &str = "/services/ESSE3WS";
pub const NAMESPACE: &str = "http://ws.esse3.frk.kion.it";
const ENVELOPE: &str = "http://schemas.xmlsoap.org/soap/envelope/";

static POPULATION: LazyLock<Arc<Population>> = LazyLock::new(|| Arc::new(Population::generate(2, 40, DEFAULT_TODAY)));

fn start(options: Options) -> Server {
    Server::start(Arc::clone(&POPULATION), options).unwrap()
}

/// An envelope for an operation.
fn request(operation: &str, parts: &[(&str, &str)]) -> String {
    let parts: Vec<String> = parts
        .iter()
        .map(|(name, value)| {
            format!(r#"<{name} xsi:type="enc:string" xmlns:enc="urn:e">{}</{name}>"#, quick_xml::escape::escape(*value))
        })
        .collect();
    format!(
        r#"<soapenv:Envelope xmlns:xsi="urn:i" xmlns:soapenv="{ENVELOPE}" xmlns:ws="{NAMESPACE}"><soapenv:Header/><soapenv:Body><ws:{operation} soapenv:encodingStyle="urn:e">{}</ws:{operation}></soapenv:Body></soapenv:Envelope>"#,
        parts.join("")
    )
}

fn post(addr: SocketAddr, body: &[u8]) -> Got {
    post_with(addr, body, "content-type: text/xml; charset=utf-8\r\nsoapaction: \"\"\r\n")
}

fn post_with(addr: SocketAddr, body: &[u8], headers: &str) -> Got {
    let mut stream = open(addr, "POST", PATH, &format!("{headers}content-length: {}\r\n", body.len()));
    stream.write_all(body).unwrap();
    read(&mut stream)
}

/// The document that came back, by the charset it declares in both places.
pub fn document(got: &Got) -> String {
    let head = got.head.to_lowercase();
    if head.contains("charset=windows-1252") {
        // What of it differs from ISO-8859-1 is no letter of a name here, but for these.
        let letter = |byte: u8| match byte {
            0x8A => 'Š',
            0x9A => 'š',
            0x8E => 'Ž',
            0x9E => 'ž',
            0x80..=0x9F => panic!("byte {byte:x}"),
            byte => char::from(byte),
        };
        let text: String = got.body.iter().copied().map(letter).collect();
        assert!(text.starts_with(r#"<?xml version="1.0" encoding="windows-1252"?>"#));
        text
    } else if head.contains("charset=iso-8859-1") {
        let text: String = got.body.iter().copied().map(char::from).collect();
        assert!(text.starts_with(r#"<?xml version="1.0" encoding="ISO-8859-1"?>"#));
        text
    } else {
        assert!(head.contains("content-type: text/xml;charset=utf-8"), "{head}");
        assert!(got.text().starts_with(r#"<?xml version="1.0" encoding="utf-8"?>"#));
        got.text().to_owned()
    }
}

/// Result code and inout part of an answer, the code followed to where it stands.
pub fn outcome(got: &Got, operation: &str) -> (i32, Option<String>) {
    assert_eq!(got.status, 200);
    let envelope = parse(&document(got));
    assert_eq!(envelope.name, (ENVELOPE.to_owned(), "Envelope".to_owned()));
    let body = envelope.one("Body");
    assert_eq!(body.name.0, ENVELOPE);
    let response = &body.children[0];
    assert_eq!(response.name, (NAMESPACE.to_owned(), format!("{operation}Response")));
    let result = response.one(&format!("{operation}Return"));
    assert_eq!(result.name.0, "");
    let id = result.attribute("", "href").unwrap().strip_prefix('#').unwrap();
    let referred: Vec<&Node> = body.all("multiRef").into_iter().filter(|n| n.attribute("", "id") == Some(id)).collect();
    assert_eq!(referred.len(), 1);
    let inout: Vec<&Node> = response.children.iter().filter(|child| child.name.1 != result.name.1).collect();
    assert!(inout.len() < 2 && inout.iter().all(|part| part.name.0.is_empty()));
    (referred[0].text.parse().unwrap(), inout.first().map(|part| part.text.clone()))
}

pub fn call(addr: SocketAddr, operation: &str, parts: &[(&str, &str)]) -> (i32, Option<String>) {
    outcome(&post(addr, request(operation, parts).as_bytes()), operation)
}

pub fn login(addr: SocketAddr) -> String {
    let parts = [("username", server::DEFAULT_USER), ("password", server::DEFAULT_PASSWORD), ("sid", "")];
    let (code, sid) = call(addr, "fn_dologin", &parts);
    assert_eq!(code, 1);
    sid.unwrap()
}

pub fn retrieve(addr: SocketAddr, sid: &str, name: &str, params: &str) -> (i32, String) {
    let parts = [("sid", sid), ("retrieve", name), ("params", params), ("xml", "")];
    let (code, xml) = call(addr, "fn_retrieve_xml", &parts);
    (code, xml.unwrap())
}

fn rules(list: Value) -> Vec<Rule> {
    serde_json::from_value(list).unwrap()
}

/// A student's parameters.
fn of(kind: Kind) -> String {
    format!("COD_FISCALE={};ISO6392_COD=ita", POPULATION.first(kind).unwrap().tax_code())
}

#[test]
fn login_retrieve_logout() {
    let server = start(Options::default());
    let sid = login(server.addr());
    assert!(sid.len() == 20 && sid.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let (code, xml) = retrieve(server.addr(), &sid, "GET_CV", &of(Kind::Ordinary));
    assert_eq!(code, 1);
    assert!(xml.starts_with(r#"<?xml version="1.0" encoding="ISO-8859-1"?><CURRICULUM>"#));
    let params = format!("{};SESSIONID={sid}", of(Kind::Ordinary));
    let parts = [("retrieve", "GET_CURRICULUM"), ("params", params.as_str()), ("xml", "")];
    assert_eq!(call(server.addr(), "fn_retrieve_xml_p", &parts), (1, Some(xml)));
    assert_eq!(call(server.addr(), "fn_dologout", &[("sid", &sid)]), (1, None));
    assert_eq!(retrieve(server.addr(), &sid, "GET_CV", &of(Kind::Ordinary)), (-1, String::new()));
    assert_eq!(call(server.addr(), "fn_dologout", &[("sid", &sid)]), (-1, None));
}

/// Reference §2.1, written out once.
#[test]
fn envelopes_are_axis_ones() {
    let server = start(Options::default());
    let parts = [("retrieve", "NONE"), ("params", ""), ("xml", "")];
    let got = post(server.addr(), request("fn_retrieve_xml_p", &parts).as_bytes());
    let expected = [
        r#"<?xml version="1.0" encoding="utf-8"?>"#,
        r#"<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/""#,
        r#" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">"#,
        r#"<soapenv:Body><ns1:fn_retrieve_xml_pResponse xmlns:ns1="http://ws.esse3.frk.kion.it""#,
        r#" soapenv:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/">"#,
        r##"<fn_retrieve_xml_pReturn href="#id0"/>"##,
        r#"<xml xsi:type="soapenc:string" xmlns:soapenc="http://schemas.xmlsoap.org/soap/encoding/"/>"#,
        r#"</ns1:fn_retrieve_xml_pResponse>"#,
        r#"<multiRef id="id0" soapenc:root="0" soapenv:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/""#,
        r#" xsi:type="xsd:int" xmlns:soapenc="http://schemas.xmlsoap.org/soap/encoding/">-1</multiRef>"#,
        r#"</soapenv:Body></soapenv:Envelope>"#,
    ];
    assert_eq!(got.text(), expected.concat());
    let sid = login(server.addr());
    let params = of(Kind::Ordinary);
    let parts = [("sid", sid.as_str()), ("retrieve", "GET_CV"), ("params", &params), ("xml", "")];
    let got = post(server.addr(), request("fn_retrieve_xml", &parts).as_bytes());
    let payload = "&lt;?xml version=&quot;1.0&quot; encoding=&quot;ISO-8859-1&quot;?&gt;&lt;CURRICULUM&gt;";
    assert!(got.text().contains(payload) && !got.text().contains("<CURRICULUM"));
}

#[test]
fn requests_may_be_written_in_any_way() {
    let server = start(Options::default());
    let sid = login(server.addr());
    let params = of(Kind::Ordinary);
    let expected = retrieve(server.addr(), &sid, "GET_CV", &params);
    let plain = format!(
        "<?xml version='1.0' encoding='ISO-8859-1'?>\n<!-- è --><Envelope xmlns='{ENVELOPE}'>\n <Body>\n  <x:fn_retrieve_xml \
         xmlns:x='{NAMESPACE}' xmlns=''>\n<params><![CDATA[{params}]]></params><xml/><retrieve>GET&#95;CV</retrieve>\
         <sid>{sid}</sid></x:fn_retrieve_xml></Body></Envelope>\n"
    );
    let latin: Vec<u8> = plain.chars().map(|c| u8::try_from(c).unwrap()).collect();
    let got = post_with(server.addr(), &latin, "content-type: application/xml\r\nSOAPAction: fn_retrieve_xml\r\n");
    assert_eq!(outcome(&got, "fn_retrieve_xml"), (expected.0, Some(expected.1)));
}

#[test]
fn wrong_credentials_have_their_codes() {
    let server = start(Options::default());
    let login = |server: &Server, user: &str, password: &str| {
        call(server.addr(), "fn_dologin", &[("username", user), ("password", password), ("sid", "")])
    };
    assert_eq!(login(&server, "nobody", server::DEFAULT_PASSWORD), (1116, Some(String::new())));
    assert_eq!(login(&server, server::DEFAULT_USER, "wrong"), (1003, Some(String::new())));
    assert_eq!(login(&server, "", ""), (1116, Some(String::new())));
    let free = start(Options { user: String::new(), ..Options::default() });
    assert_eq!(login(&free, "anybody", "").0, 1);
}

#[test]
fn sessions_end() {
    let expired = |options: Options| {
        let server = start(options);
        let sid = login(server.addr());
        retrieve(server.addr(), &sid, "GET_CV", &of(Kind::Ordinary))
    };
    let ended = Options { session_lasts: Duration::ZERO, ..Options::default() };
    assert_eq!(expired(ended.clone()), (-1, String::new()));
    assert_eq!(expired(Options { session_expired_code: 1116, ..ended }), (1116, String::new()));
    let server = start(Options { session_lasts: Duration::from_millis(400), session_limit: 2, ..Options::default() });
    let [first, second, third] = [(); 3].map(|()| login(server.addr()));
    let code = |sid: &str| retrieve(server.addr(), sid, "GET_CV", &of(Kind::Ordinary)).0;
    assert_eq!([code(&first), code(&second), code(&third)], [-1, 1, 1], "one too many ends the oldest");
    std::thread::sleep(Duration::from_millis(450));
    assert_eq!([code(&second), code(&third), code(&login(server.addr()))], [-1, -1, 1]);
    assert_eq!([code(""), code("AAAAAAAAAAAAAAAAAAAA"), code("SESSIONIDGUEST")], [-1, -1, -1]);
}

#[test]
fn public_data_need_no_session() {
    let server = start(Options::default());
    let open = |retrieve: &str, params: &str| {
        call(server.addr(), "fn_retrieve_xml_p", &[("retrieve", retrieve), ("params", params)]).0
    };
    assert_eq!(open("CDS_FACOLTA", ""), 1);
    assert_eq!(open("CDS_FACOLTA", "SESSIONID=SESSIONIDGUEST"), 1);
    assert_eq!(open("CDS_FACOLTA", "SESSIONID=AAAAAAAAAAAAAAAAAAAA"), -1);
    assert_eq!(open("GET_CV", &of(Kind::Ordinary)), -1);
    assert_eq!(open("IFS_ISCRIZIONI", &of(Kind::Ordinary)), -1);
}

#[test]
fn retrieval_errors_look_like_an_expired_session() {
    let server = start(Options::default());
    let sid = login(server.addr());
    for (name, params) in [
        ("GET_NOTHING", of(Kind::Ordinary).as_str()),
        ("get_cv", of(Kind::Ordinary).as_str()),
        ("", ""),
        ("GET_CV", ""),
        ("GET_CV", "COD_FISCALE="),
        ("GET_CV", "COD_FISCALE"),
        ("GET_CV", &of(Kind::Ordinary).replace("=ita", "=fra")),
        ("IFS_ISCRIZIONI", "ISO6392_COD=ita"),
        ("CDS_FACOLTA", "aa_id=2025/2026"),
    ] {
        assert_eq!(retrieve(server.addr(), &sid, name, params), (-1, String::new()), "{name} {params}");
    }
}

fn faultcode(got: &Got) -> String {
    let envelope = parse(&document(got));
    let fault = envelope.one("Body").one("Fault");
    assert_eq!(fault.name.0, ENVELOPE);
    assert!(fault.value("faultstring").is_some() && fault.one("detail").name.0.is_empty());
    fault.one("faultcode").text.clone()
}

#[test]
fn what_is_no_call_gets_a_fault() {
    let server = start(Options::default());
    let addr = server.addr();
    let good = request("fn_dologout", &[("sid", "x")]);
    let soap12 = good.replace(ENVELOPE, "http://www.w3.org/2003/05/soap-envelope");
    for (body, expected) in [
        ("{}", "soapenv:Server.userException"),
        (&good[..good.len() - 5], "soapenv:Server.userException"),
        (&soap12, "soapenv:VersionMismatch"),
        (&request("fn_nothing", &[]), "soapenv:Client"),
        (&good.replace(NAMESPACE, "urn:other"), "soapenv:Client"),
    ] {
        let got = post(addr, body.as_bytes());
        assert_eq!((got.status, faultcode(&got).as_str()), (500, expected), "{body}");
    }
    let got = post_with(addr, good.as_bytes(), "content-type: text/xml\r\n");
    assert_eq!((got.status, faultcode(&got).as_str()), (500, "soapenv:Client.NoSOAPAction"));
    assert_eq!(get(addr, PATH).status, 405);
}

#[test]
fn rules_reach_single_operations() {
    let server = start(Options::default());
    let sid = login(server.addr());
    let ask = |name: &str| retrieve(server.addr(), &sid, name, &of(Kind::Ordinary)).0;
    server.set_rules(rules(json!([
        { "match": { "path": format!("{PATH}#fn_retrieve_xml/GET_CV") }, "answer": { "fault": { "soap_code": -1 }, "times": 1 } },
        { "match": { "path": format!("{PATH}#fn_dologin") }, "answer": { "fault": { "soap_code": 1007 } } }
    ])));
    assert_eq!([ask("IFS_CV"), ask("GET_CV"), ask("GET_CV")], [1, -1, 1]);
    assert_eq!(call(server.addr(), "fn_dologin", &[]), (1007, Some(String::new())));
    assert_eq!(call(server.addr(), "fn_dologout", &[("sid", &sid)]), (1, None));
    let seen = server.seen();
    assert!(seen.iter().all(|call| call.path == PATH && call.status == 200), "the fragment is for rules only");

    let body = request("fn_dologout", &[("sid", "x")]);
    for (answer, status) in
        [(json!({ "fault": "soap_fault" }), 500), (json!({ "fault": "soap_fault", "status": 200 }), 200)]
    {
        server.set_rules(rules(json!([{ "match": { "path": PATH }, "answer": answer }])));
        let got = post(server.addr(), body.as_bytes());
        assert_eq!((got.status, faultcode(&got).as_str()), (status, "soapenv:Server.generalException"));
    }
    server.set_rules(rules(
        json!([{ "match": { "path": PATH }, "answer": { "status": 500, "fault": { "soap_code": 1 } } }]),
    ));
    let got = post(server.addr(), body.as_bytes());
    assert!(got.status == 500 && got.text().contains(">1</multiRef>"), "a 500 with a good body");
    let lies = json!([{ "match": {}, "answer": { "headers": { "content-type": ["text/xml;charset=ISO-8859-1"] } } }]);
    server.set_rules(rules(lies));
    assert!(post(server.addr(), body.as_bytes()).text().contains(r#"encoding="utf-8""#), "two charsets in one answer");
}

#[test]
fn a_session_lost_in_the_middle_and_refused_again() {
    let server = start(Options::default());
    let mut sid = login(server.addr());
    let lost =
        json!([{ "match": { "soap": "fn_retrieve_xml/IFS_CV" }, "answer": { "fault": "session_lost", "times": 2 } }]);
    server.set_rules(rules(lost));
    let ask = |sid: &str, name: &str| retrieve(server.addr(), sid, name, &of(Kind::Ordinary)).0;
    assert_eq!([ask(&sid, "GET_CV"), ask(&sid, "IFS_CV"), ask(&sid, "GET_CV")], [1, -1, -1]);
    sid = login(server.addr());
    assert_eq!([ask(&sid, "GET_CV"), ask(&sid, "IFS_CV")], [1, -1], "refused twice");
    sid = login(server.addr());
    assert_eq!(ask(&sid, "IFS_CV"), 1);
}

#[test]
fn rules_reach_what_a_body_says() {
    let server = start(Options::default());
    let sid = login(server.addr());
    let (first, second) = (of(Kind::Ordinary), of(Kind::TwoCareers));
    let only = json!([{ "match": { "soap": "fn_retrieve_xml", "body": second }, "answer": { "fault": { "soap_code": 1007 } } }]);
    server.set_rules(rules(only));
    let ask = |params: &str| retrieve(server.addr(), &sid, "GET_CV", params).0;
    assert_eq!([ask(&first), ask(&second)], [1, 1007]);
}

fn under(fault: Value) -> Got {
    let server = start(Options::default());
    let sid = login(server.addr());
    server.set_rules(rules(json!([{ "match": { "path": PATH }, "answer": { "fault": fault } }])));
    raw(server.addr(), &sid, &of(Kind::MarkedName))
}

#[test]
fn bombs() {
    let text = |fault: Value| under(fault).text().to_owned();
    let entities = text(json!({ "xml_bomb": { "kind": "entities" } }));
    assert!(entities.contains("<!DOCTYPE WS [<!ENTITY a0 ") && entities.contains("<WS>&a9;</WS>"));
    assert_eq!(entities.matches("&a8;").count(), 10);
    let external = text(json!({ "xml_bomb": { "kind": "external" } }));
    assert!(external.contains("SYSTEM \"file:///") && external.contains("<ns1:fn_retrieve_xmlResponse"));
    let deep = text(json!({ "xml_bomb": { "kind": "depth" } }));
    assert_eq!((deep.matches("<a>").count(), deep.matches("</a>").count()), (100_000, 100_000));
    let wide = text(json!({ "xml_bomb": { "kind": "width", "size": 1234 } }));
    let body = parse(&wide);
    assert_eq!(body.one("Body").one("fn_retrieve_xmlResponse").one("WS").children.len(), 1234);
    let within = under(json!({ "xml_bomb": { "kind": "entities", "embedded": true } }));
    let (code, xml) = outcome(&within, "fn_retrieve_xml");
    assert!(code == 1 && xml.unwrap().starts_with("<!DOCTYPE WS ["));
}

#[test]
fn cut_and_wrongly_called_documents() {
    let whole = under(Value::Null);
    let cut = under(json!("cut_document"));
    assert_eq!((cut.status, &cut.body[..]), (200, &whole.body[..whole.body.len() / 2]));
    assert!(cut.head.contains(&format!("content-length: {}", cut.body.len())), "whole for HTTP");
    let lie = under(json!("wrong_charset"));
    assert!(lie.head.contains("charset=utf-8") && lie.body.starts_with(br#"<?xml version="1.0" encoding="utf-8"?>"#));
    assert!(std::str::from_utf8(&lie.body).is_err() && lie.body.len() < whole.body.len());
    let html = under(json!("html"));
    assert!(html.status == 200 && html.head.contains("text/html"));
}

/// The answer to `GET_CV` as it stands.
pub fn raw(addr: SocketAddr, sid: &str, params: &str) -> Got {
    let parts = [("sid", sid), ("retrieve", "GET_CV"), ("params", params), ("xml", "")];
    post(addr, request("fn_retrieve_xml", &parts).as_bytes())
}
