//! `ifs try` over a system that is there: what is answered, what is printed, what is kept.

// Test tooling over data of its own: a panic is a failing test.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used
)]

mod desk;

use std::net::TcpListener;
use std::path::Path;

use desk::{Folder, System, ifs, text};

const MAPPING: &str = r#"
version: 1
institute: { code: "9901" }
systems:
  sis: { cluster: sis, base: /ws, headers: { x-app: "${secret.app}" }, failures: [ { when: status == 503, is: busy } ] }
tables:
  status_of: { values: { A: active, C: inactive }, default: none }
  course: { values: { INF: "1500001", FIS: "1500002" }, default: none }
student:
  calls:
    people: { get: /people, query: { cf: "${student.tax_code}" }, pages: none }
    years: { for: p in people, get: "/people/${p.id}/years", pages: none }
  unknown: size(people) == 0
  person: { tax_code: "${student.tax_code}" }
operations:
  IFS02.1:
    answer:
      enrollments:
        for: [p in people, y in p.years]
        each:
          institute_code: ${institute.code}
          programme_type_code: LT
          degree_course_code: ${course(y.course)}
          degree_class_code: null
          academic_year: ${academicYear(y.year)}
          degree_course_year: ${y.courseYear}
          status: ${status_of(y.state)}
"#;

const CODE: &str = "RSSMRA80A01F205X";

fn system() -> System {
    // The window of the contract is of years, and the clock is the machine's.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let year = 1970 + now / 31_556_952 - 1;
    System::new(vec![
        (
            "/ws/people?cf=RSSMRA80A01F205X",
            200,
            "application/json",
            format!(
                r#"[{{"id": 730123, "cf": "{CODE}", "cognome": "Rossi", "nome": "Mària", "nato": "01/01/1980", "note": "Abita in via Garibaldi 77, tel. 3331234567"}}]"#
            ),
        ),
        (
            "/ws/people/730123/years",
            200,
            "application/json",
            format!(
                r#"[{{"person": 730123, "year": {year}, "courseYear": 2, "course": "INF", "state": "A", "matricola": "VR455678"}},
                    {{"person": 730123, "year": {year}, "courseYear": 1, "course": "FIS", "state": "C", "matricola": "VR455678"}}]"#
            ),
        ),
    ])
}

/// What names somebody in what the system says.
const PERSONAL: &[&str] =
    &[CODE, "730123", "Rossi", "Mària", "1980-01", "/1980", "Garibaldi", "3331234567", "VR455678", "Abita"];

#[test]
fn it_answers_from_the_system_and_keeps_what_that_said_without_anybody_in_it() {
    let (system, folder) = (system(), Folder::new("try"));
    let mapping = folder.file("mapping.yaml", MAPPING);
    let request = folder.file("request.json", &format!(r#"{{"tax_code": "{CODE}"}}"#));
    let home = folder.0.display().to_string();
    let secrets = [("IFS_SECRET_APP", "sesame-4711"), ("IFS_BASIC_SIS", "user:word")];
    let out = ifs(
        &[
            "try",
            "ifs02.1",
            &home,
            "--request",
            &request,
            "--system",
            &system.url(),
            "--record",
            &home,
            "--name",
            "kept",
        ],
        &secrets,
    );
    let shown = text(&out.stdout);
    assert_eq!(out.status.code(), Some(0), "{shown}{}", text(&out.stderr));
    // The answer, with as many items, and the codes of the mapping.
    for there in [
        "answer: 200",
        "\"degree_course_code\": \"1500001\"",
        "\"status\": \"inactive\"",
        "2 calls in ",
        "GET /ws/people?cf=",
    ] {
        assert!(shown.contains(there), "{there}: {shown}");
    }
    assert!(!shown.contains("another way"), "{shown}");
    // The gateway's part of the call, and the filter's.
    let heads = system.heads.lock().unwrap().clone();
    assert_eq!(heads.len(), 2);
    for head in &heads {
        let head = head.to_lowercase();
        assert!(head.contains("authorization: basic dxnlcjp3b3jk"), "{head}");
        assert!(
            head.contains("x-app: sesame-4711") && head.contains(&format!("host: 127.0.0.1:{}", system.port)),
            "{head}"
        );
    }
    // Nothing of anybody is printed or kept.
    let kept = folder.texts(&["request.json"]);
    for personal in PERSONAL.iter().chain(&["sesame"]) {
        assert!(!shown.contains(personal), "{personal}: {shown}");
        assert!(!kept.contains(personal), "{personal}: {kept}");
    }
    assert!(kept.contains("\"course\": \"INF\"") && kept.contains("\"state\": \"C\""), "{kept}");
    // The test passes, and the file is the only one of its name.
    let tested = ifs(&["test", &home], &[]);
    assert_eq!(tested.status.code(), Some(0), "{}", text(&tested.stdout));
    assert!(text(&tested.stdout).contains("1 passed, 0 failed"));
    let again = ifs(
        &[
            "try",
            "IFS02.1",
            &mapping,
            "--request",
            &request,
            "--system",
            &system.url(),
            "--record",
            &home,
            "--name",
            "kept",
        ],
        &secrets,
    );
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("is there already"), "{}", text(&again.stderr));
}

#[test]
fn values_are_printed_where_that_is_asked_for_but_no_secret() {
    let (system, folder) = (system(), Folder::new("try-values"));
    let mapping = folder.file("mapping.yaml", &MAPPING.replace("query: { cf:", "query: { app: \"${secret.app}\", cf:"));
    let request = folder.file("request.json", &format!(r#"{{"tax_code": "{CODE}"}}"#));
    let out = ifs(
        &["try", "IFS02.1", &mapping, "--request", &request, "--system", &system.url(), "--show-values"],
        &[("IFS_SECRET_APP", "sesame-4711")],
    );
    let shown = text(&out.stdout);
    // The query begins otherwise, so the system knows nothing of it.
    assert!(shown.contains(CODE) && shown.contains("app=secret.app") && !shown.contains("sesame"), "{shown}");
}

#[test]
fn a_system_that_refuses_is_told_where_credentials_stand() {
    let system = System::new(vec![("/ws/people", 401, "text/plain", "no".to_owned())]);
    let folder = Folder::new("try-refused");
    let mapping = folder.file("mapping.yaml", MAPPING);
    let request = folder.file("request.json", r#"{"tax_code": "RSSMRA80A01F205X"}"#);
    let out = ifs(
        &["try", "IFS02.1", &mapping, "--request", &request, "--system", &system.url()],
        &[("IFS_SECRET_APP", "x")],
    );
    assert_eq!(out.status.code(), Some(1));
    assert!(text(&out.stdout).contains("stands in IFS_BASIC_SIS or IFS_HEADER_SIS"), "{}", text(&out.stdout));
}

#[test]
fn what_cannot_be_tried_is_said_before_anything_is_sent() {
    let folder = Folder::new("try-not");
    let mapping = folder.file("mapping.yaml", MAPPING);
    let request = folder.file("request.json", r#"{"tax_code": "RSSMRA80A01F205X"}"#);
    let secret = [("IFS_SECRET_APP", "x")];
    let said = |arguments: &[&str], variables: &[(&str, &str)]| {
        let out = ifs(&[&["try"], arguments, &["--request", request.as_str()]].concat(), variables);
        assert_eq!(out.status.code(), Some(2), "{arguments:?}");
        text(&out.stderr)
    };
    let url = "sis=http://127.0.0.1:9";
    assert!(said(&["IFS99.1", &mapping, "--system", url], &secret).contains("not served"));
    assert!(said(&["IFS03.1", &mapping, "--system", url], &secret).contains("does not map IFS03.1"));
    assert!(said(&["IFS02.1", &mapping], &secret).contains("needs --system sis=URL"));
    assert!(said(&["IFS02.1", &mapping, "--system", "sos=http://x"], &secret).contains("it has sis"));
    assert!(said(&["IFS02.1", &mapping, "--system", "sis=http://u:p@x"], &secret).contains("IFS_BASIC_"));
    assert!(said(&["IFS02.1", &mapping, "--system", "sis=http://x/ws"], &secret).contains("`base`"));
    assert!(said(&["IFS02.1", &mapping, "--system", url], &[]).contains("IFS_SECRET_APP"));
}

#[test]
fn a_system_that_is_not_there_is_a_problem_and_nothing_is_kept() {
    let folder = Folder::new("try-gone");
    let mapping = folder.file("mapping.yaml", MAPPING);
    let request = folder.file("request.json", r#"{"tax_code": "RSSMRA80A01F205X"}"#);
    // A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("sis=http://127.0.0.1:{port}");
    let kept = folder.0.join("kept").display().to_string();
    let out = ifs(
        &["try", "IFS02.1", &mapping, "--request", &request, "--system", &url, "--record", &kept],
        &[("IFS_SECRET_APP", "x")],
    );
    assert_eq!(out.status.code(), Some(1));
    assert!(text(&out.stdout).contains("not sent: unreachable"), "{}", text(&out.stdout));
    assert!(text(&out.stderr).contains("nothing is recorded"), "{}", text(&out.stderr));
    assert!(!Path::new(&kept).exists());
}
