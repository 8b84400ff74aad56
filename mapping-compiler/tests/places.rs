//! Where the parts of a bundle are written.

// Test tooling over data of its own: a panic is a failing test.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

use std::path::Path;

use adapter_core::bundle::{CallIndex, LetIndex};
use mapping_compiler::places::Place;
use mapping_compiler::{Files, Outcome, compile_with};

struct One(String);

impl Files for One {
    fn read(&self, _: &Path) -> std::io::Result<Vec<u8>> {
        Ok(self.0.clone().into_bytes())
    }
}

const MAPPING: &str = r#"version: 1
institute: { code: "16" }
systems:
  sis:
    cluster: sis
    failures:
      - { when: status == 404, is: empty }
student:
  let:
    names:
      for: c in careers
      each:
        name: ${c.name}
  calls:
    careers:
      get: /careers
      query: { cf: "${student.tax_code}" }
      take: body.rows
      failures:
        - { when: status == 410, is: unknown }
    years: { for: career in careers, when: career.id != null, get: "/years/${career.id}" }
  unknown: size(careers) == 0
  person: { tax_code: "${student.tax_code}" }
operations:
  IFS02.1:
    answer:
      enrollments:
        for: [n in names, "year in careers.map(x, x.years)"]
        let: { code: n.name }
        each:
          institute_code: ${institute.code}
          programme_type_code: L2
          degree_course_code: ${code}
          degree_class_code: null
          academic_year: 2025/2026
          degree_course_year: ${year}
          status: "${size(years) > 0 ? 'active' : 'inactive'}"
"#;

fn compiled(text: String) -> Outcome {
    let outcome = compile_with(Path::new("pack/mapping.yaml"), &One(text));
    assert!(outcome.bundle.is_some(), "{}", outcome.report.human());
    outcome
}

fn line(place: &Place) -> usize {
    assert_eq!(place.file, "pack/mapping.yaml");
    place.line
}

#[test]
fn every_part_has_its_line() {
    let Outcome { bundle, places, .. } = compiled(MAPPING.to_owned());
    let bundle = bundle.unwrap();
    let call = |name: &str| {
        let at = bundle.calls.iter().position(|c| c.name == name).unwrap();
        &places.calls[&CallIndex::try_from(at).unwrap()]
    };
    let careers = call("careers");
    assert_eq!(line(&careers.name), 15);
    assert_eq!(careers.take.as_ref().map(line), Some(18));
    assert_eq!(careers.failures.iter().map(line).collect::<Vec<_>>(), [20]);
    assert_eq!(careers.when, None);
    let years = call("years");
    assert_eq!((line(&years.name), years.when.as_ref().map(|p| (line(p), p.column))), (21, Some((21, 44))));
    assert_eq!(places.systems.iter().map(|rules| rules.iter().map(line).collect()).collect::<Vec<Vec<_>>>(), [[7]]);
    let operation = &places.operations["IFS02.1"];
    assert_eq!(operation.guards.iter().map(line).collect::<Vec<_>>(), [22]);
    assert_eq!(line(&operation.person["/tax_code"]), 23);
    assert_eq!(line(&operation.answer["/enrollments"]), 28);
    assert_eq!(line(&operation.answer["/enrollments/*/degree_course_code"]), 33);
    let (name, tree) = &places.lets[&LetIndex(0)];
    assert_eq!((line(name), line(&tree[""]), line(&tree["/*/name"])), (10, 11, 13));
    // One name for every variable, in the bundle's order of slots.
    assert_eq!(places.variables.len(), usize::from(bundle.slots));
    for name in ["c", "career", "n", "year", "x", "code"] {
        assert_eq!(places.variables.iter().filter(|v| *v == name).count(), 1, "{name}: {:?}", places.variables);
    }
}

/// The bundle's bytes depend on what a mapping says, not on where: positions stay out of it.
#[test]
fn the_bundle_knows_no_lines() {
    let (here, there) = (compiled(MAPPING.to_owned()), compiled(format!("# two\n# lines\n{MAPPING}")));
    assert_eq!(here.bundle, there.bundle);
    let place = |outcome: &Outcome| line(&outcome.places.operations["IFS02.1"].answer["/enrollments"]);
    assert_eq!((place(&here), place(&there)), (28, 30));
}
