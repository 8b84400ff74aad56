//! What mappings become: calls and what they need, what hangs on an element, what is kept whole.

// Test tooling over data of its own: a panic is a failing test.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used
)]

use std::path::Path;

use adapter_core::bundle::Bundle;
use adapter_core::bundle::Pages;
use adapter_core::bundle::{Expr, MacroKind};
use mapping_compiler::{Files, compile_with};

struct One(String);

impl Files for One {
    fn read(&self, _: &Path) -> std::io::Result<Vec<u8>> {
        Ok(self.0.clone().into_bytes())
    }
}

/// A mapping with these calls and values of the student, and this source of `degree_course_code`.
fn compile(calls: &str, lets: &str, code: &str) -> Bundle {
    let text = format!(
        r#"
version: 1
institute: {{ code: "04" }}
settings: {{ office: main }}
systems: {{ sis: {{ cluster: sis, pages: {{ by: number, size: 20, first: 1, cut: 30, query: {{ p: "${{page.number}}" }} }} }} }}
student:
  calls:
    careers: {{ get: /careers, query: {{ cf: "${{student.tax_code}}" }} }}
    years: {{ for: career in careers, get: "/careers/${{career.id}}/years", pages: true }}
{calls}
  let: {{ {lets} }}
  unknown: size(careers) == 0
  person: {{ tax_code: "${{student.tax_code}}" }}
operations:
  IFS02.1:
    answer:
      enrollments:
        for: [career in careers, year in career.years]
        each:
          institute_code: ${{institute.code}}
          programme_type_code: MT
          degree_course_code: "${{{code}}}"
          academic_year: ${{academicYear(year.year)}}
          degree_course_year: 1
          status: active
"#
    );
    let outcome = compile_with(Path::new("m.yaml"), &One(text.clone()));
    outcome.bundle.unwrap_or_else(|| panic!("{}\n{text}", outcome.report.human()))
}

fn names(bundle: &Bundle, deep: bool) -> Vec<&str> {
    bundle.names.iter().filter(|n| n.deep == deep).map(|n| n.text.as_str()).collect()
}

fn deep_calls(bundle: &Bundle) -> Vec<&str> {
    bundle.calls.iter().filter(|c| c.deep).map(|c| c.name.as_str()).collect()
}

/// The expression of a member of the answer's items.
fn item<'b>(bundle: &'b Bundle, member: &str) -> &'b Expr {
    let Expr::Record(root) = &bundle.operations.get("IFS02.1").unwrap().answer else { panic!() };
    let Expr::Block(block) = &root[0].1 else { panic!() };
    let Expr::Record(each) = &block.each else { panic!() };
    let name = bundle.names.iter().position(|n| n.text == member).unwrap();
    &each.iter().find(|(n, _)| usize::try_from(*n).unwrap() == name).unwrap().1
}

#[test]
fn a_call_hangs_on_the_elements_of_its_loop_wherever_they_went() {
    for code in [
        "career.years[0].code",
        "careers[0].years[0].code",
        "careers.filter(c, c.open).map(c, c.years[0].code)[0]",
        "careers.sortBy(c, c.id)[0].years[0].code",
        "careers.groupBy(c, c.kind)[0][0].years[0].code",
        "careers.indexBy(c, string(c.id))['7'].years[0].code",
        "coalesce(careers[0], careers[1]).years[0].code",
        "must(careers.one()).years[0].code",
        "first.years[0].code",
    ] {
        let bundle = compile("", "first: \"careers[0]\"", code);
        let json = serde_json::to_string(item(&bundle, "degree_course_code")).unwrap();
        assert!(json.contains("\"hung\""), "{code}: {json}");
    }
    // A call on what another looping call gave, once flat and once for one career.
    let exams = r#"    exams: { for: year in years, get: "/years/${year.id}/exams" }"#;
    for code in ["year.exams[0].code", "years[0].exams[0].code", "career.years[0].exams[0].code"] {
        let bundle = compile(exams, "", code);
        let json = serde_json::to_string(item(&bundle, "degree_course_code")).unwrap();
        assert!(json.contains("\"hung\""), "{code}: {json}");
    }
    // Another call's element has a member of that name.
    let courses = "    courses: { get: /courses }";
    let bundle = compile(courses, "", "courses[0].years");
    assert!(!serde_json::to_string(item(&bundle, "degree_course_code")).unwrap().contains("hung"));
}

#[test]
fn records_made_by_blocks_carry_what_hangs_on_them() {
    let lets = r#"titles: { for: career in careers, where: career.done, each: { career: "${career}", code: "${career.code}" } }"#;
    let calls = r#"    theses: { for: t in titles, get: "/theses/${t.code}" }"#;
    let bundle = compile(calls, lets, "titles.filter(t, t.career.years != null)[0].theses.code");
    let json = serde_json::to_string(item(&bundle, "degree_course_code")).unwrap();
    assert_eq!(json.matches("\"hung\"").count(), 2, "{json}");
    let theses = bundle.calls.iter().find(|c| c.name == "theses").unwrap();
    // Through the value `titles`.
    assert_eq!(theses.needs.iter().map(|n| bundle.calls[n.at()].name.as_str()).collect::<Vec<_>>(), ["careers"]);
}

#[test]
fn only_compared_and_passed_on_records_are_kept_whole() {
    let bundle = compile("", "", "year.code");
    assert_eq!((names(&bundle, true), deep_calls(&bundle)), (vec![], vec![]));
    // Against a written value no record can be equal.
    let bundle = compile("", "", "year.code == 'A' && year.n != null ? year.code : null");
    assert_eq!((names(&bundle, true), deep_calls(&bundle)), (vec![], vec![]));
    let bundle = compile("", "", "year.code == career.code ? 'A' : 'B'");
    assert_eq!((names(&bundle, true), deep_calls(&bundle)), (vec!["code"], vec![]));
    let bundle = compile("", "", "year == career ? 'A' : 'B'");
    assert_eq!((names(&bundle, true), deep_calls(&bundle)), (vec![], vec!["careers", "years"]));
    let bundle = compile("", "", "string(size(career.rows.distinct()))");
    assert_eq!((names(&bundle, true), deep_calls(&bundle)), (vec!["rows"], vec![]));
    let bundle = compile("", "", "year.o in career.list ? 'A' : 'B'");
    assert_eq!((names(&bundle, true), deep_calls(&bundle)), (vec!["o", "list"], vec![]));
    // A member whose name only the data knows, and a key looked for in what may be a record.
    let bundle = compile("", "", "year[year.which]");
    assert_eq!((names(&bundle, true), deep_calls(&bundle)), (vec![], vec!["years"]));
    let bundle = compile("", "", "'x' in career.tags ? 'A' : 'B'");
    assert_eq!((names(&bundle, true), deep_calls(&bundle)), (vec!["tags"], vec![]));
    let bundle = compile("", "", "entries(career.terms).map(t, t.key)[0]");
    assert_eq!((names(&bundle, true), deep_calls(&bundle)), (vec!["terms"], vec![]));
    // The records behind `value` are kept with what holds them, though only one member is read of each.
    let search = r#"    found: { get: /search, query: { who: "${student.tax_code}" } }"#;
    let bundle = compile(search, "", "entries(found).map(f, f.value.code)[0]");
    assert_eq!((names(&bundle, true), deep_calls(&bundle)), (vec![], vec!["found"]));
    let bundle = compile("", "", "entries(entries(career.terms)[0].value.parts).map(p, p.value.code)[0]");
    assert_eq!((names(&bundle, true), deep_calls(&bundle)), (vec!["terms", "parts"], vec![]));
    let bundle = compile("", "", "career.rows[0].code");
    assert_eq!((names(&bundle, true), deep_calls(&bundle)), (vec![], vec![]));
    let bundle = compile("", "", "career.rows.groupBy(r, r.kind)[0][0].code");
    assert_eq!(names(&bundle, true), vec!["kind"]);
    let search = r#"    found: { post: /search, body: { who: "${student.tax_code}", all: "${careers[0].tags}" } }"#;
    let bundle = compile(search, "", "found.code");
    assert_eq!(names(&bundle, true), vec!["tags"]);
}

#[test]
fn calls_say_how_they_page() {
    let calls = "    one: { get: /a, pages: none }\n    plain: { get: /b }";
    let bundle = compile(calls, "", "one.x == 'a' ? plain.x : null");
    let pages = |name: &str| &bundle.calls.iter().find(|c| c.name == name).unwrap().pages;
    assert_eq!(pages("one"), &Pages::One);
    assert_eq!(pages("plain"), &Pages::Unstated { cut: Some(30) });
    let Pages::Many(paging) = pages("years") else { panic!() };
    assert_eq!((paging.size, paging.first), (20, 1));
}

#[test]
fn values_with_arguments_are_put_in_with_variables_of_their_own() {
    let lets = "second: { given: [xs], is: \"xs.map(x, x)[1]\" }";
    let bundle = compile("", lets, "coalesce(second(year.a), second(second(year.b)))");
    let json = serde_json::to_string(item(&bundle, "degree_course_code")).unwrap();
    assert_eq!(json.matches("\"with\"").count(), 3);
    let mut slots = Vec::new();
    fn collect(expr: &Expr, slots: &mut Vec<u16>) {
        match expr {
            Expr::With { binds, body } => {
                for (slot, value) in binds {
                    slots.push(slot.0);
                    collect(value, slots);
                }
                collect(body, slots);
            }
            Expr::Macro { kind: MacroKind::Map, slot, body, list } => {
                slots.push(slot.0);
                collect(list, slots);
                collect(body, slots);
            }
            Expr::Index { of, .. } => collect(of, slots),
            Expr::Function { args, .. } => args.iter().for_each(|a| collect(a, slots)),
            _ => {}
        }
    }
    collect(item(&bundle, "degree_course_code"), &mut slots);
    assert_eq!(slots.len(), 6);
    slots.sort_unstable();
    slots.dedup();
    assert_eq!(slots.len(), 6, "a variable is bound twice");
}

#[test]
fn what_nothing_uses_stays_out() {
    let bundle = compile("    extra: { get: /extra }", "also: extra.x + 1", "year.code");
    assert!(bundle.calls.iter().all(|c| c.name != "extra") && bundle.lets.is_empty());
    assert!(!bundle.texts.iter().any(|t| t == "/extra"));
}

#[test]
fn leaves_keep_their_type_or_become_text() {
    let bundle = compile("", "", "year.code");
    assert_eq!(item(&bundle, "degree_course_year"), &Expr::Int(1));
    assert!(matches!(item(&bundle, "degree_course_code"), Expr::Member { .. }));
    let bundle = compile("", "", "year.a}-${settings.office");
    let Expr::Concat(parts) = item(&bundle, "degree_course_code") else { panic!() };
    assert_eq!(parts.len(), 3);
}
