//! "Why is this field null?": what `ifs test --explain` says.

// Test tooling over data of its own: a panic is a failing test.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used
)]

use std::path::PathBuf;
use std::process::Command;

/// A pack of its own, gone with the test.
struct Pack(PathBuf);

impl Pack {
    fn new(name: &str, mapping: &str, test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("ifs-explain-{name}-{}", std::process::id()));
        std::fs::create_dir_all(path.join("tests")).unwrap();
        std::fs::write(path.join("mapping.yaml"), mapping).unwrap();
        std::fs::write(path.join("tests/a.yaml"), test).unwrap();
        Self(path)
    }

    /// What `ifs test` prints, and how it ends.
    fn test(&self, more: &[&str]) -> (String, Option<i32>) {
        let done = Command::new(env!("CARGO_BIN_EXE_ifs")).arg("test").arg(&self.0).args(more).output().unwrap();
        let errors = String::from_utf8(done.stderr).unwrap();
        assert!(errors.is_empty(), "{errors}");
        (String::from_utf8(done.stdout).unwrap(), done.status.code())
    }
}

impl Drop for Pack {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The lines that are written of a line and those that stand deeper below it.
fn below(text: &str, begins: &str) -> String {
    let depth = |line: &str| line.len() - line.trim_start().len();
    let mut lines = text.lines().skip_while(|l| !l.trim_start().starts_with(begins));
    let first = lines.next().unwrap_or_else(|| panic!("no line begins with `{begins}`:\n{text}"));
    let rest = lines.take_while(|l| depth(l) > depth(first));
    [first].into_iter().chain(rest).map(str::trim).collect::<Vec<_>>().join("\n")
}

const MAPPING: &str = r#"version: 1
institute: { code: "16", kind: university }
systems:
  s:
    cluster: s
    failures:
      - { when: body.error != null, is: broken }
tables:
  status_of: { values: { A: active, X: inactive }, default: none }
let:
  course_of: courses.indexBy(c, c.id)
calls:
  courses: { get: /courses, pages: none }
student:
  calls:
    rows: { get: /rows, query: { cf: "${student.tax_code}", k: "${secret.door}" }, pages: none }
    more: { when: size(rows) == 0, get: /more, pages: none }
  unknown: size(rows) == 0 && size(more) == 0
  person: { tax_code: "${student.tax_code}" }
operations:
  IFS02.1:
    answer:
      enrollments:
        for: r in rows
        let: { course: "course_of[string(r.course)]" }
        where: r.kind != 'draft'
        each:
          institute_code: ${institute.code}
          programme_type_code: ${r.inner.kind}
          degree_course_code: ${course.code}
          degree_class_code: ${r.class}
          academic_year: ${academicYear(r.year)}
          degree_course_year: ${num(r.grade, ',')}
          status: ${status_of(r.state)}
"#;

const GOOD: &str = r#"id: 1, course: C1, kind: std, inner: { kind: L2 }, class: L-1, year: 2025, grade: "1", state: A"#;

fn test(rows: &[&str], expect: &str) -> String {
    let rows: Vec<String> = rows.iter().map(|row| format!("          - {{ {row} }}\n")).collect();
    format!(
        r#"now: 2026-03-01T09:00:00Z
request: {{ path: /ifs02/academic-enrollments, body: {{ tax_code: RSSMRA80A01F205X }} }}
legacy:
  - match: {{ path: /rows }}
    answer:
      body:
{}  - match: {{ path: /courses }}
    answer: {{ body: [ {{ id: C1, code: "0700" }}, {{ id: C2, code: "0701" }} ] }}
expect: {expect}
"#,
        rows.concat()
    )
}

/// A row like the good one but for some members.
fn row(changes: &[(&str, &str)]) -> String {
    let mut members: Vec<(String, String)> = GOOD
        .split(", ")
        .map(|m| m.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    for (name, value) in changes {
        members.retain(|(n, _)| n != name);
        if !value.is_empty() {
            members.push(((*name).to_owned(), (*value).to_owned()));
        }
    }
    members.iter().map(|(n, v)| format!("{n}: {v}")).collect::<Vec<_>>().join(", ")
}

#[test]
fn each_cause_of_null_is_named() {
    let rows = [
        row(&[]),
        row(&[("state", "Q"), ("course", "C2")]),
        row(&[("inner", "")]),
        row(&[("course", "C9")]),
        row(&[("grade", "first")]),
        row(&[("class", "\"\""), ("course", "C2"), ("year", "2024")]),
        row(&[("kind", "draft")]),
    ];
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let (said, code) = Pack::new("causes", MAPPING, &test(&rows, "{ status: 200 }")).test(&["--explain"]);
    assert_eq!(code, Some(0), "{said}");

    // A code that the table does not know.
    assert_eq!(
        below(&said, "/enrollments/*/status (mapping.yaml:34)"),
        "/enrollments/*/status (mapping.yaml:34) [item 2]\nthe table `status_of` has no row for (\"Q\")"
    );
    // A member that the answer lacks.
    assert_eq!(
        below(&said, "/enrollments/*/programme_type_code (mapping.yaml:29)"),
        "/enrollments/*/programme_type_code (mapping.yaml:29) [item 3]\n`r.inner` is null, since\n\
         `r` has no `inner`; of what the mapping reads it has class, course, grade, id, kind, state, year"
    );
    // A key that the index does not have.
    assert_eq!(
        below(&said, "/enrollments/*/degree_course_code (mapping.yaml:30)"),
        "/enrollments/*/degree_course_code (mapping.yaml:30) [item 4]\n`course` is null, since\n\
         `course_of` has nothing under the key \"C9\""
    );
    // A text that is no number.
    assert_eq!(
        below(&said, "/enrollments/*/degree_course_year (mapping.yaml:33)"),
        "/enrollments/*/degree_course_year (mapping.yaml:33) [item 5]\n`num` gives null for (\"first\", \",\")"
    );
    // A value that breaks what the contract says of its member: no expression is null there.
    assert!(
        said.contains("enrollments item 6: IFS02.1: `degree_class_code` is \"\", and must be a text of 1 to 20 characters: it counts as null\n"),
        "{said}"
    );
    // An item that the mapping itself leaves out.
    assert_eq!(
        below(&said, "/enrollments (mapping.yaml:24): no item"),
        "/enrollments (mapping.yaml:24): no item [turn 7]\n`r.kind != 'draft'` is false; `r.kind` is \"draft\""
    );
    // What fell out, by which rule, and where to look.
    for (item, member, line) in [
        (2, "status", 34),
        (3, "programme_type_code", 29),
        (4, "degree_course_code", 30),
        (5, "degree_course_year", 33),
    ] {
        let expected = format!(
            "enrollments item {item}: IFS02.1-R4: `{member}` has no value: dropped; see /enrollments/*/{member} (mapping.yaml:{line})\n"
        );
        // A later enrolment of the same course stands for these two, whatever they lack.
        let instead = format!("enrollments item {item}: IFS02.1-S1:");
        assert!(said.contains(&expected) || said.contains(&instead), "{expected}{said}");
    }
    assert!(said.contains("enrollments item 4: IFS02.1-R4: `degree_course_code` has no value: dropped;"), "{said}");
    // The call that was not made, and the guard.
    assert_eq!(
        below(&said, "more (mapping.yaml:17)"),
        "more (mapping.yaml:17)\nnot made: its `when` (mapping.yaml:17) does not hold: `size(rows) == 0` is false; `size(rows)` is 7"
    );
    assert_eq!(
        below(&said, "unknown (mapping.yaml:18)"),
        "unknown (mapping.yaml:18): `size(rows) == 0` is false; `size(rows)` is 7"
    );
}

#[test]
fn a_secret_is_shown_by_its_name() {
    let (said, code) = Pack::new("secret", MAPPING, &test(&[GOOD], "{ status: 200 }")).test(&["--explain"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("GET /rows?cf=RSSMRA80A01F205X&k=secret.door\n"), "{said}");
    // Also where no entry matches the call.
    let test = test(&[GOOD], "{ status: 200 }").replace("path: /rows", "path: /lines");
    let (said, code) = Pack::new("secret-unmatched", MAPPING, &test).test(&[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("no entry of `legacy` matches the call `rows`: GET /rows?cf=RSSMRA80A01F205X&k=secret.door\n")
    );
    assert!(said.contains("nearest is entry 1: its path is /lines\n"), "{said}");
    assert!(!said.contains("secret-door"), "{said}");
}

#[test]
fn what_fails_is_named() {
    let failing = |changes: &[(&str, &str)]| {
        let test = test(&[GOOD, &row(changes)], "{ status: 200 }");
        let (said, code) = Pack::new(&format!("fails-{}", changes[0].0), MAPPING, &test).test(&[]);
        assert_eq!(code, Some(1), "{said}");
        said
    };
    // `legacy.shape`: a text where a record was expected.
    let said = failing(&[("inner", "L2")]);
    assert!(said.contains("status 500 instead of 200"), "{said}");
    assert_eq!(
        below(&said, "/enrollments/*/programme_type_code (mapping.yaml:29) fails"),
        "/enrollments/*/programme_type_code (mapping.yaml:29) fails [item 2]\n\
         `r.inner.kind` cannot be read, since what it is read of has no members; `r.inner` is the text \"L2\""
    );
    // `mapping.value`: a function that does not take this.
    let said = failing(&[("year", "[2025]")]);
    assert!(
        below(&said, "/enrollments/*/academic_year (mapping.yaml:32) fails").contains("`r.year` is a list of 1"),
        "{said}"
    );
    // A list that is indexed, though two elements have the same key: it fails before any leaf.
    let test = test(&[GOOD], "{ status: 200 }").replace("id: C2", "id: C1");
    let (said, code) = Pack::new("fails-index", MAPPING, &test).test(&[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("in `course_of`: `courses.indexBy(c, c.id)` has a key that stands twice"), "{said}");
}

#[test]
fn a_failing_test_explains_the_members_that_differ() {
    let rows = [row(&[("class", "")]), row(&[("state", "Q"), ("course", "C2")])];
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let expect = r#"{ status: 200, body: { personal_data: { tax_code: RSSMRA80A01F205X }, enrollments: [ { institute_code: "16", programme_type_code: L2, degree_course_code: "0700", degree_class_code: L-1, academic_year: 2025/2026, degree_course_year: 1, status: active } ] } }"#;
    let (said, code) = Pack::new("differs", MAPPING, &test(&rows, expect)).test(&[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        below(&said, "/enrollments/*/degree_class_code (mapping.yaml:31)").contains("`r` has no `class`"),
        "{said}"
    );
    // Nothing of `status` differs; that it let an item fall is said all the same.
    assert!(!said.contains("the table `status_of` has no row"), "{said}");
    assert!(said.contains("enrollments item 2: IFS02.1-R4: `status` has no value: dropped;"), "{said}");
}

#[test]
fn failures_name_their_rule() {
    let error = test(&[GOOD], "{ status: 500 }")
        .replace("answer:\n      body:\n", "answer:\n      body: { error: x }\n      #");
    let error: String = error
        .lines()
        .filter(|l| !l.trim_start().starts_with(['#', '-']) || !l.contains("course: C1"))
        .collect::<Vec<_>>()
        .join("\n");
    let (said, _) = Pack::new("rule", MAPPING, &error).test(&["--explain"]);
    assert!(said.contains("failed: `legacy.error`, by the system's failure rule 1 (mapping.yaml:7)"), "{said}");
    assert!(said.contains("not made: it needs `rows`, which failed"), "{said}");
    let down = test(&[GOOD], "{ status: 503 }").replace("path: /rows }", "path: /rows }\n    # down");
    let down = down.replacen("    answer:\n", "    answer:\n      status: 502\n", 1);
    let (said, code) = Pack::new("default", MAPPING, &down).test(&["--explain"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("failed: `legacy.down` (no failure rule matches)"), "{said}");
}

#[test]
fn errors_of_the_mapping_are_shown_once() {
    let pack = Pack::new(
        "errors",
        &MAPPING.replace("status_of(r.state)", "status_off(r.state)"),
        &test(&[GOOD], "{ status: 200 }"),
    );
    std::fs::copy(pack.0.join("tests/a.yaml"), pack.0.join("tests/b.yaml")).unwrap();
    let (said, code) = pack.test(&[]);
    assert_eq!(code, Some(1));
    assert_eq!(said.matches("status_off").count(), said.lines().filter(|l| l.contains("status_off")).count());
    assert_eq!(said.matches("error[").count(), 1, "{said}");
    assert!(
        said.contains("FAIL  b\n    the mapping does not compile; its errors are shown at the first test\n"),
        "{said}"
    );
}

#[test]
fn a_call_over_soap_that_no_entry_matches_shows_its_body() {
    let mapping = r#"version: 1
institute: { code: "16", kind: university }
systems:
  s:
    cluster: s
    base: /ws
    soap: { version: 1.1, namespace: "urn:x", style: document, action: "" }
student:
  calls:
    cv: { soap: getCv, body: { name: CV, cf: "${student.tax_code}" } }
  unknown: cv == null
  person: { tax_code: "${student.tax_code}" }
operations:
  IFS02.1:
    answer:
      enrollments:
        for: e in cv.E
        each:
          institute_code: ${institute.code}
          programme_type_code: ${e.T}
          degree_course_code: ${e.C}
          degree_class_code: ${e.L}
          academic_year: ${e.Y}
          degree_course_year: ${num(e.N)}
          status: wait
"#;
    let test = |entry: &str| {
        format!(
            "now: 2026-03-01T09:00:00Z\nrequest: {{ path: /ifs02/academic-enrollments, body: {{ tax_code: RSSMRA80A01F205X }} }}\nlegacy:\n  - match: {{ path: /other }}\n    answer: {{ body: x }}\n  - match: {entry}\n    answer: {{ fault: soap_fault }}\nexpect: {{ status: 500 }}\n"
        )
    };
    let (said, _) = Pack::new("soap", mapping, &test("{ soap: getPerson }")).test(&[]);
    assert!(said.contains("no entry of `legacy` matches the call `cv`: POST /ws\n"), "{said}");
    assert!(said.contains("<cf>RSSMRA80A01F205X</cf>") || said.contains(":cf>RSSMRA80A01F205X</"), "{said}");
    assert!(said.contains("nearest is entry 2: its `soap` is getPerson, the call's operation getCv\n"), "{said}");
    // Prefixes are the engine's own affair.
    let (said, _) = Pack::new("soap-body", mapping, &test("{ body: \"<q:name>CV</q:name>\" }")).test(&[]);
    assert!(!said.contains("no entry of `legacy` matches"), "{said}");
}

/// A mapping of one call with what a test wants of it, and what `ifs test` says where the call is answered so.
fn one_call(name: &str, call: &str, leaf: &str, answer: &str) -> String {
    let mapping = format!(
        r#"version: 1
institute: {{ code: "16", kind: university }}
systems:
  s: {{ cluster: s, pages: {{ by: number, size: 2, query: {{ p: "${{page.number}}" }} }} }}
student:
  calls:
    who: {{ get: /who, pages: none }}
    rows:
      {call}
  unknown: who == null
  person: {{ tax_code: "${{student.tax_code}}" }}
operations:
  IFS02.1:
    answer:
      enrollments:
        for: r in list(rows)
        each:
          institute_code: ${{institute.code}}
          programme_type_code: L2
          degree_course_code: "{leaf}"
          degree_class_code: null
          academic_year: 2025/2026
          degree_course_year: 1
          status: active
"#
    );
    let test = format!(
        "now: 2026-03-01T09:00:00Z\nrequest: {{ path: /ifs02/academic-enrollments, body: {{ tax_code: RSSMRA80A01F205X }} }}\n\
         legacy:\n  - match: {{ path: /who }}\n    answer: {{ body: {{ id: null, name: x }} }}\n  - match: {{ path: \"/rows*\" }}\n    answer: {answer}\n\
         expect: {{ status: 200 }}\n"
    );
    let (said, _) = Pack::new(name, &mapping, &test).test(&["a", "--explain"]);
    said
}

#[test]
fn a_call_that_cannot_be_made_names_what_it_lacks() {
    let said = one_call("incomplete", r#"{ get: "/rows/${who.id}", pages: none }"#, "${r.c}", "{ body: [] }");
    assert_eq!(
        below(&said, "cannot be made"),
        "cannot be made: its path: `who.id` is null, since\n`who` has `id`, but null, or what `clean` makes null: `mapping.incomplete`"
    );
}

#[test]
fn a_take_that_fails_is_named() {
    let said = one_call("take", "{ get: /rows, pages: none, take: body.a.b }", "${r.c}", "{ body: { a: x } }");
    assert!(
        said.contains("`take` (mapping.yaml:9) fails: `body.a.b` cannot be read, since what it is read of has no members; `body.a` is the text \"x\""),
        "{said}"
    );
    assert!(said.contains("failed: `legacy.shape` (no failure rule matches)"), "{said}");
}

#[test]
fn pages_are_counted_and_lists_refused() {
    let call = "{ get: /rows, pages: true }";
    let said = one_call("pages", call, "${r.c}", "{ body: [ { c: \"1\" }, { c: \"2\" } ], times: 1 }");
    assert!(said.contains("page 1: GET /rows?p=") && said.contains("page 2: GET /rows?p="), "{said}");
    let said = one_call("refused", call, "${r.c}", "{ body: { c: \"1\" } }");
    assert!(said.contains("taken: {\"c\":\"1\"}") && said.contains("refused: `legacy.shape`: "), "{said}");
}

#[test]
fn several_elements_where_one_is_wanted_are_named() {
    let call = "{ get: /rows, pages: none, decode: xml, take: body.R.E }";
    let answer = "{ body: \"<R><E><c>1</c><c>2</c></E></R>\" }";
    let said = one_call("nodes", call, "${r.c}", answer);
    assert!(
        said.contains("enrollments item 1: `degree_course_code` is [\"1\",\"2\"], and must be one value: the answer fails with `legacy.shape`"),
        "{said}"
    );
    let said = one_call("nodes-text", call, "C-${r.c}", answer);
    assert_eq!(
        below(&said, "/enrollments/*/degree_course_code (mapping.yaml:20) fails"),
        "/enrollments/*/degree_course_code (mapping.yaml:20) fails [item 1]\n\
         `C-${r.c}` meets several where one is expected; `r.c` is 2 elements of one name"
    );
}

/// What is said of the call where a system answers with these bytes.
fn said_of(name: &str, mapping: &str, content_type: &str, bytes: &[u8]) -> String {
    let pack = Pack::new(name, mapping, &test(&[GOOD], "{ status: 500 }"));
    std::fs::write(pack.0.join("answer.bin"), bytes).unwrap();
    let test = format!(
        "now: \"2026-03-01T09:00:00Z\"\nrequest: {{ path: /ifs02/academic-enrollments, body: {{ tax_code: RSSMRA80A01F205X }} }}\n\
         legacy:\n  - match: {{ path: /rows }}\n    answer: {{ file: ../answer.bin, headers: {{ content-type: \"{content_type}\" }} }}\n\
         expect: {{ status: 500 }}\n"
    );
    std::fs::write(pack.0.join("tests/a.yaml"), test).unwrap();
    pack.test(&["--explain"]).0
}

#[test]
fn a_body_that_cannot_be_read_says_why_and_where() {
    let texts = MAPPING.replace("academicYear(r.year)", "academicYear(int(r.year))").replace("r.inner.kind", "r.kind");
    let xml = texts.replace("get: /rows", "get: /rows, decode: xml, take: body.r.e");
    let csv = texts.replace("get: /rows", "get: /rows, decode: csv");
    for (mapping, content_type, bytes, words) in [
        (
            MAPPING,
            "text/html",
            "\n<!DOCTYPE html><html><body>Accesso</body></html>".as_bytes(),
            "it starts with `<!DOCTYPE`: a page of HTML where JSON was wanted; read as UTF-8, as JSON is",
        ),
        (MAPPING, "application/json", b"", "there is nothing in it where JSON was wanted"),
        (
            MAPPING,
            "application/json",
            b"[\n  {\"course\": \"ciao \\ud83d\"}]",
            "a text has half of a character at byte 21 (line 2, column 20, in `[0].course`): `\\ud83d\"}]`",
        ),
        (MAPPING, "application/json", b"{\"name\": \"citt\xe0\"}", "byte 14 is 0xE0, which is not UTF-8"),
        (
            xml.as_str(),
            "text/xml; charset=klingon",
            b"<r/>",
            "`Content-Type` names the character set `klingon`, which is not known here",
        ),
        (
            xml.as_str(),
            "text/xml; charset=ISO-8859-1",
            b"<r>\n<e>\xe8 &agrave;</e></r>",
            "it has an entity that is none of XML's five at byte 9 (line 2, column 6, in `r/e`): `&agrave;</e></r>`; \
             read as ISO-8859-1, as its `Content-Type` says",
        ),
        (
            csv.as_str(),
            "text/csv",
            b"a;b\n1;2\n3\n",
            "a line has more or fewer fields than the line of names at byte 8 (line 3",
        ),
    ] {
        let said = said_of("unread", mapping, content_type, bytes);
        assert!(said.contains(&format!("its body cannot be read: {words}")), "{words}:\n{said}");
    }
}

#[test]
fn a_rule_that_cannot_be_decided_says_what_it_met() {
    let rule = |when: &str| {
        MAPPING.replace("{ when: body.error != null, is: broken }", &format!("{{ when: \"{when}\", is: empty }}"))
    };
    for (when, words) in [
        ("body.code > 0", "`body.code > 0` does not take a value of this kind; `body.code` is the text \"12\""),
        ("body.code == 12", "`body.code == 12` cannot compare these; `body.code` is the text \"12\""),
        ("body.error.no > 0", "`body.error` is not there"),
        ("size(body.left) == 0", "`body.left` is not there"),
        ("body.told.exists(m, m.no == 17)", "`m.no` is not there; `m` is the record {} (element 2)"),
    ] {
        let said = said_of(
            "undecided",
            &rule(when),
            "application/json",
            br#"{"code": "12", "told": [{"no": 1}, {"number": 17}], "rows": []}"#,
        );
        let line = format!("the system's failure rule 1 (mapping.yaml:7) cannot be decided: {words}");
        assert!(said.contains(&line), "{when}:\n{said}");
        assert!(said.contains("failed: `legacy.rule`"), "{when}:\n{said}");
    }
}

/// A guard of a change that rejects is no guard by which a student is unknown.
#[test]
fn a_change_that_is_rejected_says_by_which_guard() {
    let mapping = r#"version: 1
institute: { code: "16" }
systems: { s: { cluster: s } }
student:
  calls: { rows: { get: /rows, query: { cf: "${student.tax_code}" }, pages: none } }
  unknown: size(rows) == 0
  person: { tax_code: "${student.tax_code}" }
operations:
  IFS04.1:
    reject: [ { when: request.note == null, message: Manca la nota } ]
    calls: { create: { write: true, post: /requests, take: body.id } }
    answer: { file_code: "${create}", message: Fatto }
"#;
    let test = r#"now: "2026-03-01T09:00:00Z"
request: { path: /ifs04/academic-enrollment-change-request, body: { tax_code: RSSMRA80A01F205X } }
legacy: [ { match: { path: /rows }, answer: { body: [ { id: 1 } ] } } ]
expect: { status: 200, calls: 1, body: { response_code: rejected, file_status: null, file_code: null, message: Manca la nota } }
"#;
    let (said, code) = Pack::new("rejected", mapping, test).test(&["--explain"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("  unknown (mapping.yaml:6): `size(rows) == 0` is false"), "{said}");
    let told = below(&said, "reject (mapping.yaml:10)");
    assert!(
        told.contains("`request.note == null`") && told.contains("the change is rejected, and nothing is sent"),
        "{said}"
    );
}
