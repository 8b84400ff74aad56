//! What the head of a CSV answer must have, and by what a record alone is known as a row: the compiler takes it from what a
//! mapping reads.

// Test tooling over data of its own: a panic is a failing test.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::path::Path;

use adapter_core::bundle::{Bundle, Expr};
use mapping_compiler::{Files, compile_with};

struct Two(String);

impl Files for Two {
    fn read(&self, path: &Path) -> std::io::Result<Vec<u8>> {
        let csv = path.extension().is_some_and(|e| e == "csv");
        Ok(if csv { b"sep=,\nA,\"B;C\"\n1,2\n".to_vec() } else { self.0.clone().into_bytes() })
    }
}

/// The bundle of a mapping with these calls, whose course code and further members of the file are these.
fn compile(system: &str, calls: &str, code: &str, more: &str) -> Bundle {
    let text = format!(
        r#"
version: 1
institute: {{ code: "9901" }}
systems: {{ s: {{ cluster: s{system} }} }}
{more}
student:
  calls:
{calls}
  unknown: "false"
  person: {{ tax_code: "${{student.tax_code}}" }}
operations:
  IFS02.1:
    answer:
      enrollments:
        for: one in [1]
        each:
          institute_code: ${{institute.code}}
          programme_type_code: MT
          degree_course_code: "${{{code}}}"
          academic_year: 2025/2026
          degree_course_year: 1
          status: active
"#
    );
    let outcome = compile_with(Path::new("m.yaml"), &Two(text));
    outcome.bundle.unwrap_or_else(|| panic!("{}", outcome.report.human()))
}

/// `must | may | failing` of a call.
fn columns(bundle: &Bundle, call: &str) -> String {
    let csv = bundle.calls.iter().find(|c| c.name == call).and_then(|c| c.csv.clone()).expect("a CSV call");
    let names = |ids: &[u32]| {
        let mut names: Vec<&str> =
            ids.iter().map(|id| bundle.names.get(usize::try_from(*id).unwrap()).unwrap().text.as_str()).collect();
        names.sort_unstable();
        names.join(" ")
    };
    format!("{} | {} | {}", names(&csv.must), names(&csv.may), names(&csv.failing))
}

fn of(call: &str, code: &str) -> String {
    columns(&compile("", &format!("    rows: {{ get: /rows, decode: csv{call} }}"), code, ""), "rows")
}

#[test]
fn what_is_read_must_be_there() {
    for code in [
        "rows[0].A + rows[1]['B']",
        "rows.filter(r, r.A == '1')[0].B",
        "list(rows).one().A + coalesce(rows[0].B, '')",
        "rows.indexBy(r, r.A)['1'].B",
        "rows.latest(r, r.A, r.B)[0].A",
        "rows.groupBy(r, r.A)[0].map(r, r.B)[0]",
        "(size(rows) > 1 ? rows : rows.filter(r, r.B != null)).map(x, x.A)[0]",
    ] {
        assert_eq!(of("", code), "A B |  | ", "{code}");
    }
    assert_eq!(of(", take: \"body.filter(r, r.A == '1')\"", "rows[0].B"), "A B |  | ");
    assert_eq!(of(", take: \"body.map(r, r.A)\"", "rows[0]"), "A |  | ");
}

#[test]
fn what_is_asked_for_may_be_missing() {
    assert_eq!(of("", "has(rows[0].A) ? rows[0].A : rows[0].B"), "B | A | ");
    assert_eq!(of("", "rows[0].A != null && has(rows[0].A) ? '1' : '2'"), " | A | ");
    // A sample does not have it either.
    assert_eq!(of(", sample: x.csv", "has(rows[0].Z) ? rows[0].Z : rows[0].A"), "A | Z | ");
}

#[test]
fn where_nothing_is_read_the_sample_says_what_may_be_there() {
    assert_eq!(of("", "size(rows) == 0 ? 'a' : 'b'"), " |  | ");
    assert_eq!(of(", sample: x.csv", "size(rows) == 0 ? 'a' : 'b'"), " | A B;C | ");
    assert_eq!(of(", sample: x.csv", "rows[0].A"), "A |  | ");
}

#[test]
fn what_only_rules_read_is_of_failing_answers() {
    let own = ", failures: [ { when: \"body[0].E == '1' || has(body[0].F) || body[0].A == ''\", is: broken } ]";
    assert_eq!(of(own, "rows[0].A"), "A |  | E F");
    let system = ", failures: [ { when: \"body[0].E == '1' || body.A.G == ''\", is: broken } ]";
    let calls = "    rows: { get: /rows, decode: csv }\n    other: { get: /other }";
    assert_eq!(columns(&compile(system, calls, "rows[0].A + other.B", ""), "rows"), "A |  | E G");
}

#[test]
fn each_call_has_its_own() {
    let calls = "    rows: { use: made, with: { k: 1 }, take: \"body.filter(r, r.T == 'x')\" }\n    \
                 other: { use: made, with: { k: 2 } }\n    \
                 per: { for: r in rows, get: \"/per/${r.ID}\", decode: csv }\n  \
                 let: { unused: \"other[0].U\" }";
    let file = "calls: { made: { given: [k], get: /made, query: { k: \"${k}\" }, decode: csv, separator: \"\\\\t\" } }";
    let bundle = compile("", calls, "rows[0].A + other[0].B + rows[0].per[0].C + per[0].D", file);
    assert_eq!(columns(&bundle, "rows"), "A ID T |  | ");
    assert_eq!(columns(&bundle, "other"), "B |  | ");
    assert_eq!(columns(&bundle, "per"), "C D |  | ");
    let separators: Vec<Option<u8>> =
        bundle.calls.iter().map(|c| c.csv.as_ref().and_then(|csv| csv.separator)).collect();
    assert_eq!(separators.iter().filter(|s| **s == Some(b'\t')).count(), 2);
}

/// `must | may` of each `list(…)` that a mapping's calls and values have.
fn marks(call: &str, code: &str, system: &str) -> Vec<String> {
    let bundle = compile(system, &format!("    rows: {{ get: /rows{call} }}"), code, "");
    let mut found = Vec::new();
    let name = |id: &u32| bundle.names.get(usize::try_from(*id).unwrap()).unwrap().text.as_str();
    let mut look = |expr: &Expr| {
        each(expr, &mut |expr| {
            if let Expr::Rows { must, may, .. } = expr {
                let names = |ids: &[u32]| ids.iter().map(name).collect::<Vec<_>>().join(" ");
                found.push(format!("{} | {}", names(must), names(may)));
            }
        })
    };
    bundle.calls.iter().flat_map(|c| c.take.iter().chain(c.failures.iter().map(|f| &f.when))).for_each(&mut look);
    bundle.operations.iter().for_each(|(_, o)| look(&o.answer));
    found
}

fn each(expr: &Expr, f: &mut dyn FnMut(&Expr)) {
    f(expr);
    expr.children(&mut |child| each(child, f));
}

#[test]
fn a_record_alone_is_known_as_a_row_by_what_is_read_of_rows() {
    let listed = ", take: list(body)";
    assert_eq!(marks(listed, "rows[0].A + rows.map(r, r.B)[0]", ""), ["A B | "]);
    assert_eq!(marks(listed, "rows[0].A + coalesce(rows[0].B, has(rows[0].C) ? rows[0].C : '')", ""), ["A | B C"]);
    assert_eq!(marks(listed, "size(rows) == 0 ? 'a' : 'b'", ""), [" | "]);
    assert_eq!(marks(", take: list(body.data)", "rows[0].A + (rows[0].B == null ? 'x' : 'y')", ""), ["A B | "]);
    // Inside of rows.
    assert_eq!(marks("", "list(list(rows)[0].inner)[0].A", ""), [" | A", "inner | "]);
    assert_eq!(marks(", take: list(body)", "list(rows[0].inner).map(i, i.A + i.B)[0]", ""), ["inner | ", " | A B"]);
    // Rules read other answers.
    let own = ", take: list(body), failures: [ { when: \"body.E == '1' || list(body)[0].F == 'x'\", is: broken } ]";
    assert_eq!(marks(own, "rows[0].A", ""), ["A | ", "A | F"]);
    // Each call has its own.
    let two = ", take: list(body) }\n    other: { get: /other, take: list(body)";
    assert_eq!(marks(two, "rows[0].A + other[0].B", ""), ["A | ", "B | "]);
    // What the mapping makes, and XML.
    assert_eq!(marks("", "list({'a': rows[0].A})[0].a", ""), [""; 0]);
    assert_eq!(marks(", decode: xml, take: list(body.r.row)", "rows[0].A", ""), [""; 0]);
}
