//! `ifs` as it is typed.

// Test tooling over data of its own: a panic is a failing test.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn ifs(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ifs")).args(arguments).output().unwrap()
}

fn pack() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../mappings/esse3-rest").display().to_string()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A folder of its own, gone with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("ifs-{name}-{}", std::process::id()));
        std::fs::create_dir_all(path.join("tests")).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn the_pack_is_well_and_its_tests_pass() {
    let checked = ifs(&["check", &pack()]);
    assert_eq!(checked.status.code(), Some(0), "{}", text(&checked.stdout));
    assert!(text(&checked.stdout).contains(": nothing is wrong\n"));
    let tested = ifs(&["test", &pack()]);
    assert_eq!(tested.status.code(), Some(0), "{}", text(&tested.stdout));
    assert!(text(&tested.stdout).ends_with(" passed, 0 failed\n"));
    let one = ifs(&["test", &pack(), "--filter", "two-pages"]);
    assert!(text(&one.stdout).ends_with("1 passed, 0 failed\n"), "{}", text(&one.stdout));
}

#[test]
fn bundles_are_the_same_bytes_and_load() {
    let folder = Folder::new("bundle");
    let (a, b) = (folder.0.join("a.json"), folder.0.join("b.json"));
    for out in [&a, &b] {
        let made = ifs(&["bundle", &pack(), "-o", &out.display().to_string()]);
        assert_eq!(made.status.code(), Some(0), "{}", text(&made.stderr));
    }
    let bytes = std::fs::read(&a).unwrap();
    assert_eq!(bytes, std::fs::read(&b).unwrap());
    let plan = adapter_core::Plan::load(&bytes).unwrap();
    assert_eq!(plan.institute().code, "9901");
}

#[test]
fn mistakes_are_exit_code_1_and_write_no_bundle() {
    let folder = Folder::new("mistakes");
    let file = folder.file("mapping.yaml", "version: 1\nsystems: { a: { clustr: a } }\noperations: {}\n");
    let checked = ifs(&["check", &file]);
    assert_eq!(checked.status.code(), Some(1));
    assert!(text(&checked.stdout).contains("error[key.unknown]"));
    assert!(text(&checked.stdout).contains("Did you mean `cluster`?"));
    let json: serde_json::Value = serde_json::from_slice(&ifs(&["check", "--format", "json", &file]).stdout).unwrap();
    let codes: Vec<&str> = json.as_array().unwrap().iter().map(|d| d["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["key.missing", "key.unknown", "key.missing"]);
    let out = folder.0.join("out.json");
    let made = ifs(&["bundle", &file, "-o", &out.display().to_string()]);
    assert_eq!((made.status.code(), out.exists()), (Some(1), false));
}

#[test]
fn what_cannot_run_is_exit_code_2() {
    assert_eq!(ifs(&["check", "/nowhere/mapping.yaml"]).status.code(), Some(2));
    assert_eq!(ifs(&["test", "/nowhere"]).status.code(), Some(2));
    assert_eq!(ifs(&["chek"]).status.code(), Some(2));
    assert_eq!(ifs(&["test", &pack(), "--filter", "no such test"]).status.code(), Some(2));
    let help = ifs(&["--help"]);
    assert_eq!(help.status.code(), Some(0));
    assert!(text(&help.stdout).contains("Exit codes"));
}

const TEST: &str = r#"
now: "2026-03-01T09:00:00Z"
request: { path: /ifs02/academic-enrollments, body: { tax_code: RSSMRA80A01F205X } }
legacy:
  - match: { path: /careers, query: { cf: RSSMRA80A01F205X } }
    answer: { body: [ { n: 2 } ] }
expect: { status: 200, body: { personal_data: { tax_code: RSSMRA80A01F205X }, enrollments: [ ITEM ] } }
"#;

const MAPPING: &str = r#"
version: 1
institute: { code: "04" }
systems: { sis: { cluster: sis } }
student:
  calls: { careers: { get: /careers, query: { cf: "${student.tax_code}" } } }
  unknown: size(careers) == 0
  person: { tax_code: "${student.tax_code}" }
operations:
  IFS02.1:
    answer:
      enrollments:
        for: c in careers
        each:
          institute_code: ${institute.code}
          programme_type_code: MT
          degree_course_code: "17"
          degree_class_code: null
          academic_year: 2025/2026
          degree_course_year: ${c.n}
          status: active
"#;

const ITEM: &str = r#"{ institute_code: "04", programme_type_code: MT, degree_course_code: "17", degree_class_code: null,
    academic_year: 2025/2026, degree_course_year: 2, status: active }"#;

#[test]
fn a_failing_test_says_what_differs() {
    let folder = Folder::new("failing");
    folder.file("mapping.yaml", MAPPING);
    let (pack, good) = (folder.0.display().to_string(), TEST.replace("ITEM", ITEM));
    let run = |test: &str| {
        folder.file("tests/one.yaml", test);
        let output = ifs(&["test", &pack]);
        (output.status.code(), text(&output.stdout))
    };
    let (code, out) = run(&good);
    assert_eq!(code, Some(0), "{out}");
    let (code, out) = run(&good.replace("degree_course_year: 2", "degree_course_year: 3"));
    assert_eq!(code, Some(1));
    assert!(
        out.contains("-       \"degree_course_year\": 3,") && out.contains("+       \"degree_course_year\": 2,"),
        "{out}"
    );
    let (code, out) = run(&good.replace("match: { path: /careers,", "match: { path: /caroors,"));
    assert_eq!(code, Some(1));
    assert!(out.contains("no entry of `legacy` matches the call `careers`: GET /careers?cf=RSSMRA80A01F205X"), "{out}");
    assert!(out.contains("entry 1 of `legacy` (/caroors) was not used"), "{out}");
    let (code, out) = run(&good.replace("status: 200", "status: 400, problem: request.invalid, calls: 0"));
    assert_eq!(code, Some(1));
    assert!(out.contains("status 200 instead of 400") && out.contains("1 calls were made"), "{out}");
    let (code, out) = run(&good.replace("expect:", "expectt:"));
    assert_eq!(code, Some(1));
    assert!(out.contains("expectt"), "{out}");
}

#[test]
fn faults_are_what_a_shell_would_report() {
    let folder = Folder::new("faults");
    folder.file("mapping.yaml", MAPPING);
    let pack = folder.0.display().to_string();
    for (fault, status, problem) in [
        ("reset", 503, "legacy.reset"),
        ("garbage", 500, "legacy.protocol"),
        ("hang", 503, "legacy.timeout"),
        ("truncate", 500, "legacy.truncated"),
        ("reset_mid_body", 500, "legacy.truncated"),
        ("{ huge: 34603008 }", 500, "limit.legacy-body"),
        ("html", 500, "legacy.malformed"),
    ] {
        let test = TEST.replace("body: [ { n: 2 } ]", &format!("fault: {fault}"));
        let expected = test.find("expect:").unwrap();
        let test = format!("{}expect: {{ status: {status}, problem: {problem} }}\n", &test[..expected]);
        folder.file("tests/one.yaml", &test);
        let output = ifs(&["test", &pack]);
        assert_eq!(output.status.code(), Some(0), "{fault}: {}", text(&output.stdout));
    }
}

#[test]
fn what_is_begun_with_compiles_and_its_tests_pass() {
    let folder = Folder::new("new");
    for kind in ["--rest", "--soap", "--csv"] {
        let path = folder.0.join(kind.trim_start_matches('-')).display().to_string();
        let made = ifs(&["new", &path, kind]);
        assert_eq!(made.status.code(), Some(0), "{}", text(&made.stderr));
        let checked = ifs(&["check", &path]);
        assert!(text(&checked.stdout).ends_with("nothing is wrong\n"), "{kind}: {}", text(&checked.stdout));
        let tested = ifs(&["test", &path]);
        assert_eq!(tested.status.code(), Some(0), "{kind}: {}", text(&tested.stdout));
        assert!(text(&tested.stdout).ends_with(" passed, 0 failed\n"), "{kind}: {}", text(&tested.stdout));
        // Nobody's work is overwritten.
        let again = ifs(&["new", &path]);
        assert_eq!(again.status.code(), Some(2));
        assert!(text(&again.stderr).contains("is not empty"));
    }
    assert_eq!(ifs(&["new", "/tmp/x", "--soap", "--csv"]).status.code(), Some(2));
}

#[test]
fn a_mapping_is_shown_whole_and_is_a_mapping_again() {
    let folder = Folder::new("show");
    folder.file("pack.yaml", MAPPING);
    let local = folder.file("local.yaml", "extends: pack.yaml\nsystems: { sis: { timeout: 9s } }\n");
    let shown = ifs(&["show", &local]);
    assert_eq!(shown.status.code(), Some(0), "{}", text(&shown.stderr));
    let whole = folder.file("whole.yaml", &text(&shown.stdout));
    let bundle = |file: &str, out: &str| {
        let out = folder.0.join(out);
        assert_eq!(ifs(&["bundle", file, "-o", &out.display().to_string()]).status.code(), Some(0));
        std::fs::read(out).unwrap()
    };
    assert_eq!(bundle(&local, "a.json"), bundle(&whole, "b.json"));
    let origin = text(&ifs(&["show", "--origin", &local]).stdout);
    assert!(origin.contains("local.yaml:2\n") && origin.contains("pack.yaml:4\n"), "{origin}");
    // What cannot be put together is not shown.
    let broken = folder.file("broken.yaml", "extends: nowhere.yaml\n");
    let shown = ifs(&["show", &broken]);
    assert_eq!((shown.status.code(), shown.stdout.len()), (Some(1), 0));
    assert!(text(&shown.stderr).contains("error[file.read]"));
    assert_eq!(ifs(&["show", "/nowhere.yaml"]).status.code(), Some(2));
}

#[test]
fn messages_have_four_forms_and_no_colour_in_a_pipe() {
    let folder = Folder::new("formats");
    let file = folder.file("mapping.yaml", "version: 1\nsystems: { a: { clustr: a } }\noperations: {}\n");
    let run = |arguments: &[&str]| {
        let output = ifs(&[&["check"], arguments, &[&file]].concat());
        assert_eq!(output.status.code(), Some(1));
        text(&output.stdout)
    };
    let human = run(&[]);
    assert!(human.contains("see: docs/codes/README.md#keyunknown") && !human.contains('\u{1b}'), "{human}");
    assert_eq!(run(&["--format", "human"]), human);
    let github = run(&["--format", "github"]);
    assert!(github.lines().all(|l| l.starts_with("::error file=") || l.starts_with("::warning file=")), "{github}");
    let sarif: serde_json::Value = serde_json::from_str(&run(&["--format", "sarif"])).unwrap();
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), github.lines().count());
    // Two files are one log.
    let both = ifs(&["check", "--format", "sarif", &file, &file]);
    let both: serde_json::Value = serde_json::from_slice(&both.stdout).unwrap();
    assert_eq!(both["runs"].as_array().unwrap().len(), 1);
    assert_eq!(ifs(&["check", "--format", "xml", &file]).status.code(), Some(2));
}

#[test]
fn every_command_explains_itself() {
    let help = text(&ifs(&["--help"]).stdout);
    for command in ["new", "check", "show", "schema", "bundle", "test"] {
        assert!(help.lines().any(|l| l.trim_start().starts_with(command)), "{help}");
        let own = ifs(&[command, "--help"]);
        assert_eq!(own.status.code(), Some(0));
        assert!(text(&own.stdout).contains("Usage: ifs"), "{command}");
    }
}

/// A pack with one call, which is asked with a header.
const ASKED: &str = r#"version: 1
institute: { code: "9901" }
systems: { sis: { cluster: sis, headers: { X-Ticket: one } } }
student:
  calls: { items: { get: /items, query: { cf: "${student.tax_code}" } } }
  unknown: size(items) == 0
  person: { tax_code: "${student.tax_code}" }
operations:
  IFS02.1:
    answer:
      enrollments:
        for: e in items
        each:
          institute_code: ${institute.code}
          programme_type_code: MT
          degree_course_code: ${e.course}
          degree_class_code: null
          academic_year: 2025/2026
          degree_course_year: 1
          status: active
"#;

#[test]
fn headers_of_calls_are_matched() {
    let folder = Folder::new("headers");
    folder.file("mapping.yaml", ASKED);
    let test = |ticket: &str| {
        format!(
            "now: 2026-03-01T09:00:00Z\nrequest: {{ path: /ifs02/academic-enrollments, body: {{ tax_code: RSSMRA80A01F205X }} }}\n\
             legacy: [ {{ match: {{ headers: {{ X-TICKET: {ticket} }} }}, answer: {{ body: [] }} }} ]\nexpect: {{ status: 400 }}\n"
        )
    };
    folder.file("tests/right.yaml", &test("one"));
    folder.file("tests/wrong.yaml", &test("One"));
    let tested = text(&ifs(&["test", &folder.0.display().to_string()]).stdout);
    assert!(tested.contains("ok    right") && tested.ends_with("1 passed, 1 failed\n"), "{tested}");
    assert!(tested.contains("its header X-TICKET is One, the call's one"), "{tested}");
}

/// A story of two steps whose system changes between them; `uses` and `second` go in as they are.
fn story(uses: &str, second: &str) -> String {
    format!(
        "now: 2026-03-01T09:00:00Z\nlegacy: [ {{ {uses} match: {{ body: never }} }}, {{ uses: 1 }} ]\nsteps:\n  \
         - about: asks\n    request: {{ path: /ifs02/academic-enrollments, body: {{ tax_code: RSSMRA80A01F205X }} }}\n    \
         legacy: [ {{ answer: {{ body: [ {{ course: C1 }} ] }} }} ]\n    expect: {{ status: 200 }}\n    \
         keep: {{ person: /personal_data/tax_code }}\n  \
         - about: asks again\n    wait_ms: 1000\n    {second}\n"
    )
}

#[test]
fn a_story_goes_on_over_one_engine() {
    let folder = Folder::new("story");
    folder.file("mapping.yaml", ASKED);
    let second = "request: { path: /ifs02/academic-enrollments, body: { tax_code: \"${person}\" } }\n    expect: { status: 503, calls: 1 }";
    folder.file(
        "tests/right.yaml",
        &story("uses: 0,", second).replace("{ uses: 1 }", "{ uses: 1, answer: { status: 503 } }"),
    );
    folder.file("tests/unused.yaml", &story("", second).replace("{ uses: 1 }", "{ uses: 2, answer: { status: 503 } }"));
    folder.file(
        "tests/wrong.yaml",
        &story("uses: 0,", &second.replace("503", "200")).replace("{ uses: 1 }", "{ answer: { status: 503 } }"),
    );
    folder.file(
        "tests/absent.yaml",
        &story("uses: 0,", second).replace("/personal_data/tax_code", "/personal_data/nothing"),
    );
    let path = folder.0.display().to_string();
    let tested = text(&ifs(&["test", &path]).stdout);
    for line in [
        "ok    right",
        "entry 1 of the story's `legacy` (any path) was not used",
        "entry 2 of the story's `legacy` (any path) answered 1 calls instead of 2",
        "step 2 of 2: status 503 instead of 200",
        "step 1 of 2: `person` cannot be kept: the answer has nothing at /personal_data/nothing",
    ] {
        assert!(tested.contains(line), "{line}:\n{tested}");
    }
    assert!(tested.ends_with("1 passed, 3 failed\n"), "{tested}");
    let told = text(&ifs(&["test", &path, "right", "--explain"]).stdout);
    assert!(told.contains("step 1: asks\n") && told.contains("step 2: asks again\n"), "{told}");
}

#[test]
fn mistakes_in_tests_are_told_with_the_mappings() {
    let folder = Folder::new("form");
    folder.file("mapping.yaml", ASKED);
    folder.file("tests/a.yaml", "now: 2026-03-01T09:00:00Z\nrequest: { pth: /x }\nexpect: { status: 200 }\n");
    let b = "now: 2026-03-01T09:00:00Z\nrequest: { path: /x }\nexpect: { status: ok, oracle: true }\n";
    let b = folder.file("tests/b.yaml", b);
    let path = folder.0.display().to_string();
    let checked = ifs(&["check", &path]);
    let said = text(&checked.stdout);
    assert_eq!(checked.status.code(), Some(1));
    for line in [
        "There is no key `pth` in `request`.",
        "Did you mean `path`?",
        "a.yaml:2:12",
        "A whole number is needed for `status`, not `ok`.",
        "b.yaml:3:19",
        "There is no key `oracle` in `expect`.",
        "3 errors",
    ] {
        assert!(said.contains(line), "{line}:\n{said}");
    }
    // The same at the test itself; the mapping alone is well.
    let tested = ifs(&["test", &path, "b"]);
    let said = text(&tested.stdout);
    assert!(said.contains("b.yaml:3:19") && said.contains("`oracle`"), "{said}");
    assert_eq!(ifs(&["check", &format!("{path}/mapping.yaml")]).status.code(), Some(0));
    let json: Vec<serde_json::Value> =
        serde_json::from_slice(&ifs(&["check", &path, "--format", "json"]).stdout).unwrap();
    assert_eq!(json.iter().filter(|d| d["labels"][0]["file"].as_str() == Some(&b)).count(), 2, "{json:?}");
}

#[test]
fn the_contract_is_shown_by_operation_and_by_rule() {
    let shown = |arguments: &[&str]| {
        let out = ifs(&[&["show"], arguments].concat());
        assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
        text(&out.stdout)
    };
    let all = shown(&[]);
    for operation in adapter_core::contract::OPERATIONS {
        assert!(all.contains(&format!("{:<8} /", operation.name)), "{}", operation.name);
        // Each member of request, answer and facts has a line, and each rule.
        let whole = shown(&[operation.name]);
        let mut names: Vec<&str> = operation.request.fields.iter().map(|f| f.name).collect();
        operation.answer.object().each(&mut |object| {
            names.extend(object.fields.iter().chain(object.facts).map(|f| f.name));
        });
        for name in names {
            assert!(whole.lines().any(|line| line.split_whitespace().next() == Some(name)), "{name}: {whole}");
        }
        for rule in operation.rules() {
            assert!(whole.contains(rule.says), "{}", rule.id);
            assert!(shown(&[&rule.code(operation)]).contains(rule.says), "{}", rule.code(operation));
        }
    }
    let degrees = shown(&["ifs03.1"]);
    let line = |name: &str| {
        let line = degrees.lines().rfind(|l| l.split_whitespace().next() == Some(name)).unwrap();
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(line("degree_course_code"), "degree_course_code a text of 1 to 20 characters required");
    assert_eq!(line("degree_class_code"), "degree_class_code a text of 1 to 20 characters optional, or null");
    assert_eq!(line("_rectified_on"), "_rectified_on a date, YYYY-MM-DD optional");
    assert!(shown(&["IFS03.1-R4"]).starts_with("IFS03.1-R4  every member is mandatory but the class"));
    let unknown = ifs(&["show", "IFS03.1-R99"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("no rule IFS03.1-R99"));
}

/// Every operation that reads has a mapping to begin with, which is well, and whose test answers items.
#[test]
fn any_operation_begins_with_a_mapping_that_is_well() {
    let folder = Folder::new("new-operations");
    let reads =
        || adapter_core::contract::operations().filter(|o| matches!(o.does, adapter_core::contract::Does::Reads));
    let well = |home: &str, many: usize| {
        let checked = ifs(&["check", home]);
        assert_eq!(text(&checked.stdout), format!("{home}: nothing is wrong\n"));
        let tested = ifs(&["test", home]);
        assert!(text(&tested.stdout).ends_with(&format!("{many} passed, 0 failed\n")), "{}", text(&tested.stdout));
    };
    for operation in reads() {
        let home = folder.0.join(operation.name).display().to_string();
        let made = ifs(&["new", &home, "--operation", &operation.name.to_lowercase()]);
        assert_eq!(made.status.code(), Some(0), "{}", text(&made.stderr));
        well(&home, 1);
        let name = operation.name.to_lowercase().replace('.', "-");
        let test = std::fs::read_to_string(format!("{home}/tests/{name}.yaml")).unwrap();
        let mut lists = 0;
        for field in operation.answer.object().fields.iter().filter(|f| f.list().is_some()) {
            lists += 1;
            assert!(test.contains(&format!("{}:\n      - ", field.name)), "{}: {test}", operation.name);
        }
        assert!(lists > 0 || test.contains("body:\n    - "), "{test}");
    }
    let home = folder.0.join("all").display().to_string();
    assert_eq!(ifs(&["new", &home, "--all"]).status.code(), Some(0));
    well(&home, reads().count());
    let home = folder.0.join("none").display().to_string();
    let made = ifs(&["new", &home, "--operation", "IFS10.1"]);
    assert_eq!(made.status.code(), Some(2));
    assert!(text(&made.stderr).contains("`ifs show` lists the operations"));
}
