//! `ifs rehearse` over a system that is there: what is counted, what is printed, how it ends.

// Test tooling over data of its own: a panic is a failing test.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

mod desk;

use desk::{Folder, System, ifs, text};

const MAPPING: &str = r#"
version: 1
institute: { code: "9901" }
systems:
  sis:
    cluster: sis
    base: /ws
    pages: { by: offset, size: 4, query: { from: "${page.start}" } }
tables:
  status_of: { values: { A: active } }
  course: { values: { INF: "1500001", FIS: "1500002" }, default: none }
student:
  calls:
    people: { get: /people, query: { cf: "${student.tax_code}" }, pages: none }
    years: { for: p in people, get: "/people/${p.id}/years", pages: none }
  unknown: size(people) == 0
  person: { tax_code: "${student.tax_code}" }
walks:
  all: { get: /list, pages: true, unit: row.id, tax_code: row.cf, page: 3 }
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
  IFS06.1: { walk: all }
"#;

/// Seven rows: one is well; one has a course and a state that no table has, so that nothing is left of it; of one all years
/// are long ago; one has no tax code; one has no row of its own; of one the answer is no list; the last has no years.
const CODES: [&str; 6] = [
    "RSSMRA80A01F205X",
    "BNCLCU85B02H501Y",
    "VRDGPP75C03L219Z",
    "NREPLA90D04A662W",
    "GLLFNC88E05D612V",
    "BLUSRA92H06G273T",
];

fn said() -> Vec<(&'static str, u16, &'static str, String)> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let year = 1970 + now / 31_556_952 - 1;
    let json = "application/json";
    let row = |id: u32, code: &str| format!(r#"{{"id": {id}, "cf": "{code}", "cognome": "Rossi"}}"#);
    let years = |year: u64, course: &str, state: &str| {
        format!(
            r#"[{{"year": {year}, "courseYear": 2, "course": "{course}", "state": "{state}", "matricola": "VR455678"}}]"#
        )
    };
    let person = |id: u32| format!(r#"[{{"id": {id}}}]"#);
    let list = |rows: &[(u32, &str)]| {
        format!("[{}]", rows.iter().map(|(id, code)| row(*id, code)).collect::<Vec<_>>().join(","))
    };
    let first = [(730_121, CODES[0]), (730_122, CODES[1]), (730_123, CODES[2]), (730_124, "")];
    let second = [(730_125, CODES[3]), (730_126, CODES[4]), (730_127, CODES[5])];
    vec![
        ("/ws/list?from=0", 200, json, list(&first)),
        ("/ws/list?from=4", 200, json, list(&second)),
        ("/ws/people?cf=RSSMRA80A01F205X", 200, json, person(730_121)),
        ("/ws/people?cf=BNCLCU85B02H501Y", 200, json, person(730_122)),
        ("/ws/people?cf=VRDGPP75C03L219Z", 200, json, person(730_123)),
        ("/ws/people?cf=NREPLA90D04A662W", 200, json, "[]".to_owned()),
        ("/ws/people?cf=GLLFNC88E05D612V", 200, json, person(730_126)),
        ("/ws/people?cf=BLUSRA92H06G273T", 200, json, person(730_127)),
        ("/ws/people/730121/years", 200, json, years(year, "INF", "A")),
        ("/ws/people/730122/years", 200, json, years(year, "MAT", "Q")),
        ("/ws/people/730123/years", 200, json, years(1999, "FIS", "A")),
        ("/ws/people/730126/years", 200, json, r#"{"Rossi": "VR455678"}"#.to_owned()),
        ("/ws/people/730127/years", 200, json, "[]".to_owned()),
    ]
}

/// What names somebody in what the system says, or is a code of its own.
const PERSONAL: &[&str] = &["73012", "Rossi", "VR455678", "MAT", "`Q`"];

fn nobody(shown: &str) {
    for personal in CODES.iter().chain(PERSONAL) {
        assert!(!shown.contains(personal), "{personal}: {shown}");
    }
    // Neither keys nor fingerprints.
    let hex = |part: &str| part.len() >= 32 && part.chars().all(|c| c.is_ascii_hexdigit());
    assert!(!shown.split(|c: char| !c.is_ascii_alphanumeric()).any(hex), "{shown}");
}

#[test]
fn a_walk_is_counted_and_nobody_is_printed() {
    let (system, folder) = (System::new(said()), Folder::new("rehearse"));
    let mapping = folder.file("mapping.yaml", MAPPING);
    let url = system.url();
    let out = ifs(&["rehearse", &mapping, "--system", &url, "--pace", "500"], &[]);
    let shown = text(&out.stdout) + &text(&out.stderr);
    assert_eq!(out.status.code(), Some(1), "{shown}");
    for there in [
        "IFS06.1: 7 students on 2 pages, 1",
        "        1  are listed with a fingerprint\n",
        "        1  IFS06.1-R2.no_tax_code: there is no valid tax code, and so no key: left out\n",
        "        1  IFS06.1-R2.unknown: ",
        "        3  IFS06.1-R2.empty: the answer has no item: left out\n",
        "        1  IFS06.1-R2.broken: ",
        "        1  of these with `legacy.shape`: ",
        "        1  times IFS02.1-S1.window: ",
        "        1  times the table `course` lacks a code: 1 different code\n",
        "        1  times the table `status_of` lacks a code: 1 different code\n",
    ] {
        assert!(shown.contains(there), "{there}: {shown}");
    }
    nobody(&shown);
    let out = ifs(&["rehearse", &mapping, "--system", &url, "--pace", "500", "--show-codes", "--pages", "1"], &[]);
    let shown = text(&out.stdout);
    assert_eq!(out.status.code(), Some(0), "{shown}");
    for there in ["IFS06.1: 3 students on 1 page, ", "times `MAT`", "it was ended there, as `--pages` says"] {
        assert!(shown.contains(there), "{there}: {shown}");
    }
}

#[test]
fn a_system_that_fails_ends_the_walk_with_what_was_counted() {
    let mut answers = said();
    answers[1] = ("/ws/list?from=4", 503, "text/plain", "730125 Rossi".to_owned());
    let (system, folder) = (System::new(answers), Folder::new("rehearse-down"));
    let mapping = folder.file("mapping.yaml", MAPPING);
    let out = ifs(&["rehearse", &mapping, "--system", &system.url(), "--pace", "500", "--tries", "1"], &[]);
    let shown = text(&out.stdout) + &text(&out.stderr);
    assert_eq!(out.status.code(), Some(1), "{shown}");
    for there in [
        "IFS06.1: 3 students on 1 page, ",
        "given up: page 2 failed with `legacy.down`: The student system cannot be reached",
    ] {
        assert!(shown.contains(there), "{there}: {shown}");
    }
    nobody(&shown);
    let system = System::new(vec![("/ws/list", 401, "text/plain", "no".to_owned())]);
    let out = ifs(&["rehearse", &mapping, "--system", &system.url(), "--tries", "1"], &[]);
    let shown = text(&out.stdout);
    assert!(shown.contains("`sis` refuses the calls") && shown.contains("IFS_BASIC_SIS"), "{shown}");
}

#[test]
fn what_cannot_be_walked_is_said_before_anything_is_sent() {
    let folder = Folder::new("rehearse-not");
    let mapping = folder.file("mapping.yaml", MAPPING);
    let none = folder.file("none.yaml", MAPPING.split("walks:").next().unwrap());
    let url = "sis=http://127.0.0.1:9";
    for (arguments, why) in [
        (vec![mapping.as_str()], "IFS06.1 needs --system sis=URL"),
        (vec![&mapping, "--system", url, "--only", "IFS07.1"], "walks nothing for IFS07.1"),
        (vec![&mapping, "--system", url, "--incremental"], "only IFS07.1 is asked for what is new"),
        (vec![&mapping, "--system", url, "--pace", "fast"], "--pace fast: "),
        (vec![&none, "--system", url], ""),
    ] {
        let out = ifs(&[vec!["rehearse"], arguments.clone()].concat(), &[]);
        assert!(
            out.status.code() != Some(0) && text(&out.stderr).contains(why),
            "{arguments:?}: {}",
            text(&out.stderr)
        );
    }
    // `ifs try` would print keys.
    let request = folder.file("request.json", "{}");
    let out = ifs(&["try", "IFS06.1", &mapping, "--request", &request, "--system", url], &[]);
    assert!(text(&out.stderr).contains("`ifs rehearse` walks it"), "{}", text(&out.stderr));
}
