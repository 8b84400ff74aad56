//! What calls become: SOAP, sessions, calls used by others, documents of XML and CSV, what depends on the operation.

// Test tooling over data of its own: a panic is a failing test.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use std::path::Path;

use adapter_core::bundle::Bundle;
use adapter_core::bundle::{
    Call, Charset, Decode, Encode, FailureKind, Method, PageBy, Pages, PathPart, SoapStyle, SoapVersion,
};
use adapter_core::bundle::{Expr, Var};
use mapping_compiler::{Files, compile_with};

struct One(String);

impl Files for One {
    fn read(&self, _: &Path) -> std::io::Result<Vec<u8>> {
        Ok(self.0.clone().into_bytes())
    }
}

fn try_compile(text: &str) -> Result<Bundle, String> {
    let outcome = compile_with(Path::new("m.yaml"), &One(text.to_owned()));
    outcome.bundle.ok_or_else(|| outcome.report.human())
}

fn compile(text: &str) -> Bundle {
    try_compile(text).unwrap_or_else(|report| panic!("{report}\n{text}"))
}

/// A mapping of IFS02.1 over SOAP with these further system keys, calls and this course code.
fn soap(system: &str, calls: &str, code: &str) -> String {
    format!(
        r#"
version: 1
institute: {{ code: "04" }}
systems:
  ws:
    cluster: esse3
    base: /services/WS
    soap: {{ version: 1.1, namespace: "http://ws.example.org", style: rpc-encoded, action: "urn:{{operation}}" }}
{system}
student:
  calls:
{calls}
  unknown: size(careers) == 0
  person: {{ tax_code: "${{student.tax_code}}" }}
operations:
  IFS02.1:
    answer:
      enrollments:
        for: career in careers
        each:
          institute_code: ${{institute.code}}
          programme_type_code: MT
          degree_course_code: "${{{code}}}"
          academic_year: ${{career.year}}
          degree_course_year: ${{career.n}}
          status: active
"#
    )
}

fn call<'b>(bundle: &'b Bundle, name: &str) -> &'b Call {
    let found: Vec<&Call> = bundle.calls.iter().filter(|c| c.name == name).collect();
    let [one] = found.as_slice() else { panic!("{} calls {name}", found.len()) };
    one
}

fn name_of(bundle: &Bundle, id: u32) -> &str {
    &bundle.names[usize::try_from(id).unwrap()].text
}

fn deep(bundle: &Bundle) -> Vec<&str> {
    bundle.names.iter().filter(|n| n.deep).map(|n| n.text.as_str()).collect()
}

const SESSION: &str = r#"
    clean: { blank: none }
    charset: ISO-8859-15
    session:
      open: { soap: fn_dologin, body: { username: "${secret.user}", password: "${secret.password}", sid: "" },
              failures: [ { when: result != '1', is: down } ], take: body.sid }
      close: { soap: fn_dologout, body: { sid: "${session}" } }
      lasts: 50s
    failures:
      - { when: "result in ['-1', '1116'] && body.xml == null", is: expired }
      - { when: result != '1', is: broken }"#;

#[test]
fn the_worked_case_over_soap_is_lowered() {
    let calls = r#"
    retrieve:
      given: [name, params]
      soap: fn_retrieve_xml
      body: { sid: "${session}", retrieve: "${name}", params: "${pairs(params, ';')}", xml: "" }
      take: parseXml(body.xml)
    cv: { use: retrieve, with: { name: GET_CV, params: { COD_FISCALE: "${student.tax_code}", ISO6392_COD: ita } }, take: body.CURRICULUM }
    careers: { use: retrieve, with: { name: CAREERS, params: { CF: "${cv.COD_FISCALE}" } }, take: body.CARRIERE.CARRIERA, failures: [ { when: fault.code == 'soap:Busy', is: busy } ] }"#;
    let bundle = compile(&soap(SESSION, calls, "career.CDS.filter(d, d['@codice_lingua'] == 'ita')[0]"));
    assert_eq!(bundle.secrets, ["user", "password"]);
    let system = &bundle.systems[0];
    assert_eq!(system.charset, Some(Charset::Latin9));
    let soap = system.soap.as_ref().unwrap();
    assert_eq!((soap.version, soap.style, soap.qualified), (SoapVersion::Soap11, SoapStyle::RpcEncoded, false));
    assert_eq!(soap.namespace, "http://ws.example.org");
    assert_eq!(system.failures.iter().map(|f| f.is).collect::<Vec<_>>(), [FailureKind::Expired, FailureKind::Broken]);
    let session = system.session.as_ref().unwrap();
    assert_eq!(session.lasts_ms, 50_000);
    let open = &bundle.calls[session.open.at()];
    let close = &bundle.calls[session.close.unwrap().at()];
    assert_eq!((open.name.as_str(), close.name.as_str()), ("ws.open", "ws.close"));
    assert!(!open.session && close.session, "what opens a session cannot wait for one");
    assert_eq!(open.failures.len(), 1);

    let cv = call(&bundle, "cv");
    assert_eq!(cv.method, Method::Post);
    assert_eq!(cv.soap.as_ref().unwrap().operation, "fn_retrieve_xml");
    assert_eq!(cv.soap.as_ref().unwrap().action, "urn:fn_retrieve_xml");
    assert_eq!((cv.decode, cv.path.as_slice()), (Decode::Xml, &[] as &[PathPart]));
    assert!(cv.session);
    // The used call takes first, then the one that uses it.
    assert!(matches!(cv.take.as_slice(), [Expr::Parse { deep: false, .. }, Expr::Member { .. }]));
    let Some(Expr::Record(body)) = &cv.body else { panic!() };
    assert_eq!(
        body.iter().map(|(n, _)| name_of(&bundle, *n)).collect::<Vec<_>>(),
        ["sid", "retrieve", "params", "xml"]
    );
    assert_eq!(body[0].1, Expr::Var(Var::Session));
    let [(name, Expr::Text(_)), (params, Expr::Record(_))] = cv.binds.as_slice() else { panic!("{:?}", cv.binds) };
    assert_eq!(body[1].1, Expr::Local(*name));
    assert!(matches!(&body[2].1, Expr::Function { args, .. } if args[0] == Expr::Local(*params)));

    let careers = call(&bundle, "careers");
    assert_eq!(careers.needs.iter().map(|n| bundle.calls[n.at()].name.as_str()).collect::<Vec<_>>(), ["cv"]);
    assert_eq!(careers.failures.len(), 1);
    assert_ne!(careers.binds[0].0, cv.binds[0].0, "two uses share a variable");
    let operation = &bundle.operations.get("IFS02.1").unwrap();
    assert_eq!(operation.calls.len(), 2, "no operation makes the calls of the session");
    assert!(bundle.names.iter().any(|n| n.text == "@codice_lingua"));
    assert_eq!((deep(&bundle), bundle.calls.iter().filter(|c| c.deep).count()), (vec!["COD_FISCALE"], 0));
}

#[test]
fn names_nobody_passes_are_null_and_uses_chain() {
    let calls = r#"
    asked: { given: [op, cf, year], soap: get, body: { op: "${op}", cf: "${cf}", year: "${year}" }, take: body.row, failures: [ { when: result == '1', is: down } ] }
    by_cf: { given: [cf], use: asked, with: { op: CF, cf: "${cf}" }, when: cf != null, take: body.inner, failures: [ { when: result == '2', is: broken } ] }
    first: { soap: first, body: { cf: "${student.tax_code}" }, take: body.who }
    careers: { for: who in first, use: by_cf, with: { cf: "${who.cf}" }, when: who.open == 'S', take: body.last, failures: [ { when: result == '3', is: busy } ] }"#;
    let bundle = compile(&soap("", calls, "career.code"));
    let careers = call(&bundle, "careers");
    assert_eq!(
        careers.failures.iter().map(|f| f.is).collect::<Vec<_>>(),
        [FailureKind::Busy, FailureKind::Broken, FailureKind::Down]
    );
    let taken: Vec<&str> = careers
        .take
        .iter()
        .map(|e| if let Expr::Member { name, .. } = e { name_of(&bundle, *name) } else { panic!() })
        .collect();
    assert_eq!(taken, ["row", "inner", "last"]);
    // Both conditions hold, the caller's first.
    let Some(Expr::And(own, used)) = &careers.when else { panic!("{:?}", careers.when) };
    assert!(serde_json::to_string(own).unwrap().contains("member"));
    let [(cf, by_element), (_, Expr::Text(_)), (inner, Expr::Local(passed))] = careers.binds.as_slice() else {
        panic!("{:?}", careers.binds)
    };
    assert!(matches!(by_element, Expr::Member { of, .. } if **of == Expr::Local(careers.each.as_ref().unwrap().slot)));
    assert_eq!(passed, cf);
    assert!(serde_json::to_string(used).unwrap().contains(&format!("{{\"local\":{}}}", cf.0)));
    let Some(Expr::Record(body)) = &careers.body else { panic!() };
    assert_eq!(body[1].1, Expr::Local(*inner));
    assert_eq!(body[2].1, Expr::Null);
    assert!(bundle.calls.iter().all(|c| c.name != "by_cf" && c.name != "asked"), "only what is made is a call");
}

#[test]
fn namespaces_are_written_by_uri() {
    let system = "    namespaces: { stu: \"urn:students\" }";
    let calls = r#"    careers: { soap: careers, body: { "stu:cf": "${student.tax_code}", "@stu:kind": "1", plain: { "stu:list": ["a", "b"] } }, take: "body['stu:row']" }"#;
    let bundle = compile(&soap(system, calls, "career['@stu:code']"));
    let Some(Expr::Record(body)) = &call(&bundle, "careers").body else { panic!() };
    let written: Vec<&str> = body.iter().map(|(n, _)| name_of(&bundle, *n)).collect();
    assert_eq!(written, ["{urn:students}cf", "{urn:students}@kind", "plain"]);
    for name in ["{urn:students}list", "{urn:students}row", "{urn:students}@code"] {
        assert!(bundle.names.iter().any(|n| n.text == name), "{name}");
    }
}

#[test]
fn embedded_documents_are_kept_whole_only_where_their_records_matter() {
    let parse = |code: &str| {
        let calls = r#"    careers: { soap: get, body: { cf: "${student.tax_code}" }, take: parseXml(body.xml).ROW }"#;
        let bundle = compile(&soap("", calls, code));
        let take = serde_json::to_string(&call(&bundle, "careers").take).unwrap();
        (take.contains("\"deep\":true"), call(&bundle, "careers").deep, deep(&bundle).join(","))
    };
    assert_eq!(parse("career.code"), (false, false, String::new()));
    // A member of the document: its name is marked, wherever it stands.
    assert_eq!(parse("string(size(careers.map(c, c.list).distinct()))"), (false, false, "list".to_owned()));
    assert_eq!(parse("string(size(careers.distinct()))"), (false, false, "ROW".to_owned()));
    // The document itself.
    let calls = r#"    careers: { soap: get, body: { cf: "${student.tax_code}" }, take: parseXml(body.xml) }"#;
    let bundle = compile(&soap("", calls, "careers == careers ? 'A' : 'B'"));
    let careers = call(&bundle, "careers");
    assert!(matches!(careers.take.as_slice(), [Expr::Parse { deep: true, .. }]));
    assert!(!careers.deep, "the envelope around the text does not matter");
}

fn rest(top: &str, calls: &str, code: &str) -> String {
    format!(
        r#"
version: 1
institute: {{ code: "04" }}
systems: {{ sis: {{ cluster: sis }} }}
{top}
student:
  calls:
    careers: {{ get: /careers, query: {{ cf: "${{student.tax_code}}" }} }}
{calls}
  unknown: size(careers) == 0
  person: {{ tax_code: "${{student.tax_code}}" }}
operations:
  IFS02.1:
    answer:
      enrollments:
        for: career in careers
        each:
          institute_code: ${{institute.code}}
          programme_type_code: MT
          degree_course_code: "${{{code}}}"
          academic_year: ${{career.year}}
          degree_course_year: ${{career.n}}
          status: active
"#
    )
}

#[test]
fn bodies_and_answers_have_forms() {
    let calls = r#"
    a: { post: /a, encode: form, body: { cf: "${student.tax_code}", kinds: "${['x', 'y']}" }, decode: csv }
    b: { post: /b, encode: xml, body: { request: { "@version": "1", cf: "${student.tax_code}" } }, decode: xml }
    c: { get: /c, decode: text }"#;
    let code = "a.filter(x, x.code == '1')[0].name + b.root.row[0].name + c.cut(3)";
    let bundle = compile(&rest("", calls, code));
    let forms = |name: &str| (call(&bundle, name).encode, call(&bundle, name).decode);
    assert_eq!(forms("a"), (Encode::Form, Decode::Csv));
    assert_eq!(forms("b"), (Encode::Xml, Decode::Xml));
    assert_eq!(forms("c"), (Encode::Json, Decode::Text));
    for wrong in ["a[0].name.first", "a.map(x, x.name)[0].first", "c.first", "size(a[0].name.filter(x, x == 1))"] {
        assert!(try_compile(&rest("", calls, wrong)).is_err(), "{wrong}");
    }
}

#[test]
fn pages_by_token_and_in_the_body() {
    let calls = r#"
    a: { post: /a, body: { cf: "${student.tax_code}" }, pages: { by: token, body: { next: "${page.token}" }, next: body.next, max: 7 }, take: body.rows }
    b: { post: /b, pages: { by: offset, size: 50, body: { from: "${page.start}", count: "${page.size}" } } }"#;
    let bundle = compile(&rest("", calls, "a[0].code + b[0].code"));
    let Pages::Many(paging) = &call(&bundle, "a").pages else { panic!() };
    assert_eq!((paging.by, paging.max, paging.query.len()), (PageBy::Token, Some(7), 0));
    assert_eq!(
        paging.body.iter().map(|(n, e)| (name_of(&bundle, *n), e)).collect::<Vec<_>>(),
        [("next", &Expr::Var(Var::PageToken))]
    );
    assert!(matches!(paging.next, Some(Expr::Member { .. })));
    let Pages::Many(paging) = &call(&bundle, "b").pages else { panic!() };
    assert_eq!((paging.by, paging.size, paging.body.len(), paging.next.is_none()), (PageBy::Offset, 50, 2, true));
}

#[test]
fn settings_keep_the_type_they_are_written_in() {
    let top = r#"settings: { code: 04, n: 7, part: -0.5, on: true, no: NO, kinds: [L, 2], quoted: "7" }"#;
    let code = "[settings.code, string(settings.n), string(settings.part), settings.on ? settings.no : settings.quoted, string(size(settings.kinds))].join(',')";
    let bundle = compile(&rest(top, "", code));
    let json = serde_json::to_string(&bundle.operations.get("IFS02.1").unwrap().answer).unwrap();
    for part in [r#"{"int":7}"#, r#"{"dec":{"mantissa":-5,"scale":1}}"#, r#"{"bool":true}"#, r#"{"int":2}"#] {
        assert!(json.contains(part), "{part}: {json}");
    }
    for text in ["04", "NO", "7", "L"] {
        assert!(bundle.texts.iter().any(|t| t == text), "{text}");
    }
    assert!(try_compile(&rest(top, "", "settings.n + 'x'")).is_err());
}

#[test]
fn a_tree_is_a_value() {
    let top = r#"let: { doc: { tree: { REQ: { CF: "${institute.code}", for: one, ITEM: ["a", "b"] } } } }"#;
    let bundle = compile(&rest(
        top,
        r#"    a: { post: /a, body: { xml: "${toXml(doc)}", cf: "${student.tax_code}" } }"#,
        "a.code",
    ));
    assert!(matches!(&bundle.lets[0].value, Expr::Record(root) if root.len() == 1));
}

/// IFS01.1 and IFS02.3 share a value that mentions the request; one call does not.
const TWO: &str = r#"
version: 1
institute: { code: "04" }
systems: { sis: { cluster: sis } }
calls:
  codes: { get: /codes, cache: 1h }
  offer: { get: /offer, query: { year: "${year}", text: "${label}" }, cache: 1h }
let:
  year: startYear(request.academic_year)
  label: codes[0].label
operations:
  IFS01.1:
    answer:
      degree_courses:
        for: c in offer
        each:
          programme_type_code: ${c.type}
          programme_access: free
          course_area: ${c.area}
          course_location: ${c.town}
          degree_course_language: IT
          degree_course_period_years: ${c.years}
          degree_course_code: ${c.code}
          total_credits: ${c.credits}
          academic_year: ${request.academic_year}
"#;

#[test]
fn what_mentions_the_request_is_lowered_for_each_operation() {
    let bundle = compile(TWO);
    // Neither `year` nor the request of IFS01.1 says who somebody is: its answer may be kept.
    assert_eq!(call(&bundle, "offer").cache_ms, Some(3_600_000));
    assert!(bundle.lets.iter().any(|l| l.name == "year"));
    let operation = &bundle.operations.get("IFS01.1").unwrap();
    assert!(operation.person.is_none() && operation.calls.len() == 2);
    // The same value in an operation whose request has no such member is a mistake there.
    let student = r#"student:
  calls:
    careers: { get: /careers, query: { cf: "${student.tax_code}", year: "${year}" } }
  unknown: size(careers) == 0
  person: { tax_code: "${student.tax_code}" }
operations:
  IFS02.3:
    unknown: careers[0].closed == 1
    answer:
      proof_education_course: []
"#;
    let text = TWO.replace("operations:\n", student);
    let report = try_compile(&text).unwrap_err();
    assert!(report.contains("The request of IFS02.3 has no member `academic_year`."), "{report}");
}

#[test]
fn operations_share_what_does_not_mention_the_request() {
    let text = r#"
version: 1
institute: { code: "04" }
systems: { sis: { cluster: sis } }
calls:
  codes: { get: /codes }
let:
  label: codes[0].label
  who: coalesce(request.tax_code, label)
student:
  calls:
    careers: { get: /careers, query: { cf: "${student.tax_code}", label: "${label}" } }
    more: { get: /more, query: { who: "${who}" } }
  unknown: size(careers) == 0
  person: { tax_code: "${student.tax_code}" }
operations:
  IFS02.3:
    unknown: more.a == 'x'
    answer: { proof_education_course: [] }
  IFS02.1:
    answer:
      enrollments:
        for: career in careers
        each:
          institute_code: ${institute.code}
          programme_type_code: MT
          degree_course_code: "${career.code}"
          academic_year: ${career.year}
          degree_course_year: ${career.n}
          status: active
"#;
    let bundle = compile(text);
    assert_eq!(bundle.calls.iter().filter(|c| c.name == "careers").count(), 1);
    assert_eq!(bundle.lets.iter().filter(|l| l.name == "label").count(), 1);
    // IFS02.1 does not reach what depends on the request; if it did, that would be refused.
    let report = try_compile(&text.replace("${career.code}", "${more.code}")).unwrap_err();
    assert!(report.contains("IFS02.1 cannot depend on `request`."), "{report}");
    let report =
        try_compile(&text.replace("person: { tax_code: \"${student.tax_code}\" }", "person: { tax_code: \"${who}\" }"))
            .unwrap_err();
    assert!(report.contains("IFS02.1 cannot depend on `request`."), "{report}");
}

/// The worked case of IFS01.1, in one page: rows exploded by site and code, a call on each, cached.
#[test]
fn the_offer_is_exploded_over_a_table() {
    let text = r#"
version: 1
institute: { code: "04" }
systems:
  esse3: { cluster: esse3, clean: { unwrap: value }, pages: { by: offset, size: 100, query: { start: "${page.start}", limit: "${page.size}" } } }
tables:
  mur_rows: { file: corsi.csv, where: INSTITUTE_CODE == institute.code, key: [DEGREE_COURSE_PARENT_CODE, VALIDITY_YEAR, COURSE_LOCATION] }
  language: { values: { ita: IT, eng: EN } }
  access_of: { values: { L: free, P: limited, T: limited }, default: none }
calls:
  courses: { given: [year], get: /corsi, query: { attivoInAa: "${year}", order: +cdsId }, pages: true, cache: 1h }
operations:
  IFS01.1:
    calls:
      offer: { use: courses, with: { year: "${year}" } }
      full: { for: course in offer, get: "/corsiFull/${course.cdsId}", cache: 1h }
    let: { year: startYear(request.academic_year) }
    answer:
      degree_courses:
        for:
          - course in offer
          - site in course.full.sediCorso
          - m in mur_rows.rows(course.codicione, year, site.codStatMiur)
        each:
          programme_type_code: ${m.PROGRAMME_TYPE_CODE}
          programme_access: ${access_of(course.tipoAccesso)}
          course_location: ${m.COURSE_LOCATION}
          course_area: ${m.DEGREE_CLASS_CODE.cut(99)}
          degree_course_language: ${course.full.lingue.map(l, language(l.cod)).distinct().join(',')}
          degree_course_period_years: ${course.durata}
          degree_course_code: ${m.DEGREE_COURSE_CODE}
          total_credits: ${course.full.valoreMin}
          academic_year: ${request.academic_year}
"#;
    struct WithTable(String);
    impl Files for WithTable {
        fn read(&self, path: &Path) -> std::io::Result<Vec<u8>> {
            if path.extension().is_some_and(|e| e == "csv") {
                let head = "INSTITUTE_CODE;DEGREE_COURSE_PARENT_CODE;VALIDITY_YEAR;COURSE_LOCATION;DEGREE_CLASS_CODE;PROGRAMME_TYPE_CODE;DEGREE_COURSE_CODE";
                let rows = "04;1;2025;A944;L-8;L;c1\n04;1;2025;A944;L-9;L;c2\n05;1;2025;A944;L-9;L;c3";
                return Ok(format!("{head}\n{rows}\n").into_bytes());
            }
            Ok(self.0.clone().into_bytes())
        }
    }
    let outcome = compile_with(Path::new("m.yaml"), &WithTable(text.to_owned()));
    let bundle = outcome.bundle.unwrap_or_else(|| panic!("{}", outcome.report.human()));
    let offer = call(&bundle, "offer");
    assert_eq!(offer.cache_ms, Some(3_600_000), "what the used call keeps");
    assert!(matches!(offer.pages, Pages::Many(_)));
    assert_eq!(offer.binds.len(), 1);
    let full = call(&bundle, "full");
    assert_eq!((full.needs.len(), full.cache_ms), (1, Some(3_600_000)));
    assert_eq!(bundle.tables.iter().find(|t| t.name == "mur_rows").unwrap().rows.len(), 2);
    assert!(serde_json::to_string(&bundle.operations.get("IFS01.1").unwrap().answer).unwrap().contains("table_rows"));
}

#[test]
fn all_of_it_stands_together() {
    let bundle = compile(include_str!("seeds/soap.yaml"));
    // The session's password stands in the envelope's header, and in no call.
    let header = serde_json::to_string(&bundle.systems[0].soap.as_ref().unwrap().header).unwrap();
    assert!(header.contains("\"secret\""));
    assert_eq!(bundle.secrets, ["password", "user", "token"]);
    assert!(
        bundle.names.iter().any(|n| n.text == "#text")
            && bundle.names.iter().any(|n| n.text == "{urn:security}Password")
    );
    let years = call(&bundle, "years");
    assert!(years.session && years.each.is_some() && !call(&bundle, "towns").session);
    assert_eq!(call(&bundle, "towns").cache_ms, Some(86_400_000));
}

/// Every `parseXml` in what a bundle's lets, calls and answers hold, with the names of the roots that it takes.
fn parsed(bundle: &Bundle, name: &str) -> Vec<Vec<String>> {
    fn visit(bundle: &Bundle, expr: &Expr, out: &mut Vec<Vec<String>>) {
        if let Expr::Parse { roots, .. } = expr {
            out.push(roots.iter().map(|id| name_of(bundle, *id).to_owned()).collect());
        }
        expr.children(&mut |child| visit(bundle, child, out));
    }
    let mut out = Vec::new();
    call(bundle, name).take.iter().for_each(|take| visit(bundle, take, &mut out));
    out
}

#[test]
fn answers_have_the_roots_that_are_read_of_them() {
    let calls = r#"
    taken: { get: /a, decode: xml, take: body.students.student, failures: [ { when: body.errore != null, is: broken } ] }
    used: { get: /b, decode: xml }
    looped: { for: s in taken, get: "/c/${s.id}", decode: xml }
    either: { get: /d, decode: xml, take: "coalesce(body.a.x, body['s:b'].x)" }
    written: { get: /e, decode: xml, root: [one, 's:two'], take: body.one }
    whole: { get: /f, decode: xml }
    json: { get: /g }
    text: { get: /h, decode: text }"#;
    let code = "coalesce(taken[0].looped.detail.x, used.rows.row[0].code, either, written, json.rows[0].code, text, \
                nullIf(string(size(whole)), '1'))";
    let bundle = compile(&rest("", calls, code).replace("cluster: sis", "cluster: sis, namespaces: { s: 'urn:s' }"));
    let roots = |name: &str| call(&bundle, name).roots.clone();
    assert_eq!(roots("taken"), ["students"]);
    assert_eq!(roots("used"), ["rows"]);
    assert_eq!(roots("looped"), ["detail"]);
    assert_eq!(roots("either"), ["a", "{urn:s}b"]);
    assert_eq!(roots("written"), ["one", "{urn:s}two"]);
    for other in ["whole", "json", "text"] {
        assert!(roots(other).is_empty(), "{other}");
    }
    assert!(try_compile(&rest("", "a: { get: /a, root: x }", "a.b")).is_err());
    for root in ["s:x", "a:b:c", "s:", "1"] {
        assert!(try_compile(&rest("", &format!("a: {{ get: /a, decode: xml, root: '{root}' }}"), "a.x")).is_err());
    }
}

#[test]
fn documents_inside_texts_have_the_roots_that_are_read_of_them() {
    let calls = r#"
    a: { get: /a, decode: xml, take: parseXml(body.r.x).one.code }
    b: { get: /b, decode: xml, take: parseXml(body.r.x) }
    c: { get: /c, decode: xml, take: parseXml(body.r.x), failures: [ { when: parseXml(body.r.x).ko != null, is: broken } ] }"#;
    let bundle = compile(&rest("", calls, "coalesce(a, b.two.code, c.three.code, c.four.code)"));
    assert_eq!(parsed(&bundle, "a"), [["one"]]);
    assert_eq!(parsed(&bundle, "b"), [["two"]]);
    assert_eq!(parsed(&bundle, "c"), [["three", "four"]]);
    let Expr::Binary { left, .. } = &call(&bundle, "c").failures[0].when else { panic!() };
    let Expr::Member { of, .. } = &**left else { panic!() };
    assert!(matches!(&**of, Expr::Parse { roots, .. } if roots.is_empty()));
}

#[test]
fn operations_answer_with_an_element_of_their_name() {
    let calls = r#"
    careers: { soap: getCareers, root: careers, take: body.c }
    a: { soap: getA }
    b: { soap: getB, root: outB, namespace: "urn:b", action: "{namespace}/{operation}" }
    c: { use: a, take: body.x }
    d: { soap: getD, decode: text }"#;
    let text = soap("", calls, "coalesce(a.x, b.x, c, d)");
    let outcome = compile_with(Path::new("m.yaml"), &One(text));
    let bundle = outcome.bundle.unwrap_or_else(|| panic!("{}", outcome.report.human()));
    let roots = |name: &str| call(&bundle, name).roots.clone();
    assert_eq!((roots("a"), roots("b"), roots("c")), (vec!["getAResponse".into()], vec!["outB".into()], roots("a")));
    assert!(roots("d").is_empty());
    let assumed = "`getA` is answered with `getAResponse`; `sample` or `root` at the call says what is so";
    assert_eq!(outcome.report.assumed, [assumed]);
    let b = call(&bundle, "b").soap.as_ref().unwrap();
    assert_eq!((b.namespace.as_deref(), b.action.as_str()), (Some("urn:b"), "urn:b/getB"));
}
