//! Several files are one mapping: what overrides what, where diagnostics point, and what `show` writes.

// Test tooling over data of its own: a panic is a failing test.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use adapter_core::Plan;
use adapter_core::bundle::seal;
use mapping_compiler::{Files, compile, compile_with, show, show_with};

/// Files in memory.
#[derive(Clone, Default)]
struct Memory(BTreeMap<PathBuf, String>);

impl Memory {
    fn with(mut self, path: &str, text: &str) -> Self {
        self.0.insert(PathBuf::from(path), text.to_owned());
        self
    }

    fn digest(&self, path: &str) -> String {
        let outcome = compile_with(Path::new(path), self);
        let bundle = outcome.bundle.unwrap_or_else(|| panic!("{path}:\n{}", outcome.report.human()));
        Plan::load(&seal(&bundle).unwrap()).unwrap().digest().to_owned()
    }

    fn codes(&self, path: &str) -> Vec<&'static str> {
        compile_with(Path::new(path), self).report.diagnostics().iter().map(|d| d.code.as_str()).collect()
    }

    fn shown(&self, path: &str, origin: bool) -> String {
        show_with(Path::new(path), origin, self).unwrap_or_else(|r| panic!("{}", r.human()))
    }
}

impl Files for Memory {
    fn read(&self, path: &Path) -> std::io::Result<Vec<u8>> {
        let found = self.0.get(path).map(|t| t.clone().into_bytes());
        found.ok_or_else(|| std::io::Error::other("there is no such file"))
    }
}

const PACK: &str = r#"
version: 1
institute: { code: "9901" }
systems:
  esse3:
    cluster: esse3
    timeout: 5s
    headers: { x-one: "1", x-two: "2" }
    failures: [ { when: status == 410, is: unknown } ]
tables:
  status_of: { values: { A: active, X: inactive }, default: none }
  class_of: { file: tables/classi.csv, key: NAME, value: CODE }
calls:
  sites: { get: /sites, query: { all: "1", kind: x } }
student:
  calls:
    careers: { get: /careers, query: { cf: "${student.tax_code}" } }
    people: { when: size(careers) == 0, get: /people, query: { cf: "${student.tax_code}" } }
  unknown: size(careers) == 0 && size(people) == 0
  person: { tax_code: "${student.tax_code}" }
operations:
  IFS02.1:
    answer:
      enrollments:
        for: c in careers
        where: c.cls != null
        each:
          institute_code: ${institute.code}
          programme_type_code: MT
          degree_course_code: ${sites[0].code}
          degree_class_code: ${class_of(c.cls)}
          academic_year: 2025/2026
          degree_course_year: 1
          status: ${status_of(c.status)}
"#;

const CSV: &str = "NAME;CODE;\nL-31;3031;\n";

fn pack() -> Memory {
    Memory::default().with("pack/mapping.yaml", PACK).with("pack/tables/classi.csv", CSV)
}

/// The local file over the pack is the pack with these texts replaced.
fn same(local: &str, replaced: &[(&str, &str)]) {
    let mut text = PACK.to_owned();
    for (old, new) in replaced {
        assert!(text.contains(old), "{old}");
        text = text.replace(old, new);
    }
    let files = pack().with("local/mapping.yaml", local).with("whole/mapping.yaml", &text);
    let files = files.with("whole/tables/classi.csv", CSV).with("tables/classi.csv", CSV);
    assert_eq!(files.digest("local"), files.digest("whole"), "{local}");
    assert_ne!(files.digest("local"), files.digest("pack"), "{local}");
}

#[test]
fn one_leaf_is_overridden() {
    same(
        "extends: ../pack\noperations: {IFS02.1: {answer: {enrollments: {each: {status: \"${status_of(c.state)}\"}}}}}\n",
        &[("status_of(c.status)", "status_of(c.state)")],
    );
}

#[test]
fn maps_merge_lists_and_scalars_replace() {
    same(
        "extends: [../pack]\nsystems: { esse3: { timeout: 9s, headers: { x-two: b, x-three: c } } }\n",
        &[("timeout: 5s", "timeout: 9s"), ("x-two: \"2\"", "x-two: b, x-three: c")],
    );
    same(
        "extends: ../pack\ntables: { status_of: { values: { S: wait } } }\ninstitute: { code: \"04\" }\n",
        &[("X: inactive", "X: inactive, S: wait"), ("9901", "04")],
    );
}

#[test]
fn failures_are_put_before_the_inherited() {
    same(
        "extends: ../pack\nsystems: { esse3: { failures: [ { when: status == 404, is: empty } ] } }\n",
        &[("failures: [ ", "failures: [ { when: status == 404, is: empty }, ")],
    );
}

#[test]
fn a_member_called_failures_is_data() {
    let local = "extends: ../pack\ncalls: { sites: { query: null, post: /sites, body: { failures: [ a ] } } }\n";
    let more = "extends: ../local\ncalls: { sites: { body: { failures: [ b ] } } }\n";
    let files = pack().with("local/mapping.yaml", local).with("more/mapping.yaml", more);
    let shown = files.shown("more", false);
    assert!(shown.contains("      failures:\n        - b\n") && !shown.contains("- a\n"), "{shown}");
}

#[test]
fn null_takes_away() {
    same(
        "extends: ../pack\nstudent: { calls: { people: null }, unknown: size(careers) == 0 }\n",
        &[
            ("    people: { when: size(careers) == 0, get: /people, query: { cf: \"${student.tax_code}\" } }\n", ""),
            (" && size(people) == 0", ""),
        ],
    );
    // What was taken away may be given again; `if_failed: null` is a value.
    let files = pack().with("a/mapping.yaml", "extends: ../pack\ncalls: { sites: { query: null, if_failed: null } }\n");
    let files = files.with("b/mapping.yaml", "extends: ../a\ncalls: { sites: { query: { q: \"1\" } } }\n");
    let shown = files.shown("b", false);
    assert!(shown.contains("  sites:\n    get: /sites\n    if_failed: null\n    query:\n      q: \"1\"\n"), "{shown}");
}

#[test]
fn a_new_verb_a_new_loop_or_another_source_replaces_the_whole() {
    same(
        "extends: ../pack\ncalls: { sites: { get: /locations } }\n",
        &[("get: /sites, query: { all: \"1\", kind: x }", "get: /locations")],
    );
    same(
        "extends: ../pack\noperations:\n  IFS02.1:\n    answer:\n      enrollments:\n        for: c in careers\n        each: \
         { institute_code: x, programme_type_code: MT, degree_course_code: \"${sites[0].code}\", degree_class_code: \
         \"${class_of(c.cls)}\", academic_year: 2025/2026, degree_course_year: 1, status: \"${status_of(c.status)}\" }\n",
        &[("        where: c.cls != null\n", ""), ("institute_code: ${institute.code}", "institute_code: x")],
    );
    same(
        "extends: ../pack\ntables: { class_of: { values: { L-31: \"1\" } } }\n",
        &[("file: tables/classi.csv, key: NAME, value: CODE", "values: { L-31: \"1\" }")],
    );
}

#[test]
fn of_several_the_later_wins() {
    let files = pack()
        .with("a.yaml", "systems: { esse3: { timeout: 1s, parallel: 2 } }\n")
        .with("b.yaml", "systems: { esse3: { timeout: 2s } }\n")
        .with("local/mapping.yaml", "extends: [../pack, ../a.yaml, ../b.yaml]\n");
    let bundle = compile_with(Path::new("local"), &files).bundle.unwrap();
    assert_eq!((bundle.systems[0].timeout_ms, bundle.systems[0].parallel), (2_000, 2));
}

#[test]
fn paths_are_relative_to_the_file_they_stand_in() {
    let local = "extends: ../pack\ntables: { extra: { file: own.csv, key: A, value: B } }\n\
                 operations: {IFS02.1: {answer: {enrollments: {each: {programme_type_code: \"${extra(c.type)}\"}}}}}\n";
    let files = pack().with("local/mapping.yaml", local).with("local/own.csv", "A;B;\nx;MT;\n");
    let digest = files.digest("local/mapping.yaml");
    // Written out as one file, both tables are seen from the local folder.
    let shown = files.shown("local", false);
    assert!(shown.contains("file: ../pack/tables/classi.csv\n") && shown.contains("file: own.csv\n"), "{shown}");
    let again = files.with("local/shown.yaml", &shown);
    assert_eq!(again.digest("local/shown.yaml"), digest);
    // And a key of a file overridden alone stays the inherited file's.
    let files = again.with("key/mapping.yaml", "extends: ../pack\ntables: { class_of: { default: none } }\n");
    files.digest("key");
}

#[test]
fn a_file_used_twice_is_read_once_and_circles_end() {
    let mut files = pack();
    // Each level names the one below it twice: without remembering, 2⁷ readings.
    for level in 1..7 {
        let text = format!("extends: [{0}.yaml, {0}.yaml]\n", level - 1);
        files = files.with(&format!("{level}.yaml"), &text);
    }
    files = files.with("0.yaml", "extends: pack\n");
    assert_eq!(files.digest("6.yaml"), files.digest("pack"));
    let files = files.with("x.yaml", "extends: y.yaml\n").with("y.yaml", "extends: ./z/../x.yaml\n");
    assert_eq!(files.codes("x.yaml"), ["extends.cycle"]);
    let wide: String = (0..40).map(|n| format!("  - w{n}.yaml\n")).collect();
    let mut files = files.with("wide.yaml", &format!("extends:\n{wide}"));
    for n in 0..40 {
        files = files.with(&format!("w{n}.yaml"), "settings: { a: b }\n");
    }
    assert!(files.codes("wide.yaml").contains(&"extends.size"));
}

#[test]
fn origins_name_file_and_line() {
    let local = "extends: ../pack\nsystems:\n  esse3:\n    timeout: 9s\n";
    let files = pack().with("local/mapping.yaml", local);
    let shown = files.shown("local", true);
    assert!(shown.contains("    timeout: 9s  # local/mapping.yaml:4\n"), "{shown}");
    assert!(shown.contains("    cluster: esse3  # pack/mapping.yaml:6\n"), "{shown}");
    assert_eq!(
        files.with("local/shown.yaml", &shown).digest("local/shown.yaml"),
        pack().with("local/mapping.yaml", local).digest("local")
    );
}

#[test]
fn what_is_shown_is_the_same_mapping() {
    let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../mappings");
    let mut seen = 0;
    for entry in std::fs::read_dir(packs).unwrap() {
        let pack = entry.unwrap().path();
        // What packs share is no mapping by itself, and has no tests.
        if !pack.join("tests").is_dir() {
            continue;
        }
        let outcome = compile(&pack);
        let Some(bundle) = outcome.bundle else { panic!("{}", outcome.report.human()) };
        for origin in [false, true] {
            let shown = show(&pack, origin).unwrap_or_else(|r| panic!("{}", r.human()));
            let file = pack.join("shown.yaml");
            let again = compile_with(&file, &Instead { file: file.clone(), text: shown.clone() });
            let Some(again) = again.bundle else { panic!("{}\n{shown}", again.report.human()) };
            assert_eq!(seal(&bundle).unwrap(), seal(&again).unwrap(), "{}", pack.display());
        }
        seen += 1;
    }
    assert!(seen > 0);
}

/// The disk, with one file that is not on it.
struct Instead {
    file: PathBuf,
    text: String,
}

impl Files for Instead {
    fn read(&self, path: &Path) -> std::io::Result<Vec<u8>> {
        let same = std::path::absolute(path)? == std::path::absolute(&self.file)? || path.ends_with("shown.yaml");
        if same { Ok(self.text.clone().into_bytes()) } else { std::fs::read(path) }
    }
}

#[test]
fn scalars_survive_being_shown() {
    let odd = r##"
settings:
  a: "two\nlines\tand \"quotes\" \\ \u2028 \u0085"
  b: 'single ''quoted'''
  c: >-
    folded
    text: with colon # and hash
  d: |
    literal
  e: "none"
  f: plain text, with [brackets] and 'quotes'
  g: "null"
  h: "- dash"
  "@key": " leading"
  "": x
  i: ""
  j: "#no comment"
  k: a
    b
"##;
    let whole = format!("extends: pack\n{odd}");
    let files = pack().with("odd.yaml", &whole);
    let shown = files.shown("odd.yaml", false);
    let twice = Memory::default().with("odd.yaml", &shown).shown("odd.yaml", false);
    assert_eq!(shown, twice);
    let (a, b) = (files.digest("odd.yaml"), files.with("shown.yaml", &shown).digest("shown.yaml"));
    assert_eq!(a, b);
}

#[test]
fn a_byte_order_mark_is_nothing() {
    let files = pack().with("bom/mapping.yaml", &format!("\u{feff}{PACK}")).with("bom/tables/classi.csv", CSV);
    assert_eq!(files.digest("bom"), files.digest("pack"));
}

#[test]
fn many_files_that_each_override_much_end_soon() {
    // 31 files over one of 20,000 settings: nothing is gone through more often than there are files.
    let many: String = (0..20_000).map(|n| format!("  s{n}: \"{n}\"\n")).collect();
    let mut files = pack().with("0.yaml", &format!("extends: pack\nsettings:\n{many}"));
    let names: Vec<String> = (0..30).map(|n| format!("x{n}.yaml")).collect();
    for name in &names {
        files = files.with(name, "settings: { s19999: b, s0: c }\n");
    }
    let files = files.with("all.yaml", &format!("extends: [0.yaml, {}]\n", names[..28].join(", ")));
    let began = std::time::Instant::now();
    assert!(files.shown("all.yaml", true).contains("  s19999: b  # x27.yaml:1\n"));
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
    // Two large files over each other, too.
    let files = files.with("1.yaml", &format!("extends: 0.yaml\nsettings:\n{many}"));
    let began = std::time::Instant::now();
    assert!(files.shown("1.yaml", false).contains("  s19999: \"19999\"\n"));
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}
