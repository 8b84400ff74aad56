//! The Ministry's real code files, where they are at hand.

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

use mapping_compiler::{Files, Outcome, compile_with};

/// A mapping in memory over the Ministry's folder.
struct Mur {
    folder: PathBuf,
    mapping: String,
}

impl Files for Mur {
    fn read(&self, path: &Path) -> std::io::Result<Vec<u8>> {
        if path == Path::new("m.yaml") {
            Ok(self.mapping.clone().into_bytes())
        } else {
            std::fs::read(self.folder.join(path))
        }
    }
}

/// Compiles with these tables; `use` is what the answer's course code is.
fn compile(tables: &str, code: &str) -> Option<Outcome> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/mur");
    if !folder.is_dir() {
        println!("skipped: the Ministry's files are not at hand");
        return None;
    }
    let mapping = format!(
        r#"
version: 1
institute: {{ code: "7195", kind: afam }}
systems: {{ sis: {{ cluster: sis }} }}
tables:
{tables}
student:
  calls: {{ careers: {{ get: /careers, query: {{ cf: "${{student.tax_code}}" }} }} }}
  unknown: size(careers) == 0
  person: {{ tax_code: "${{student.tax_code}}" }}
operations:
  IFS02.1:
    answer:
      enrollments:
        for: c in careers
        each:
          institute_code: ${{institute.code}}
          programme_type_code: A1
          degree_course_code: "{code}"
          academic_year: 2025/2026
          degree_course_year: 1
          status: active
"#
    );
    Some(compile_with(Path::new("m.yaml"), &Mur { folder, mapping }))
}

#[test]
fn keys_of_afam_courses_that_are_not_unique_are_counted() {
    let tables = "  course: { file: afam/corsi.csv, key: [DEGREE_COURSE_PARENT_CODE, VALIDITY_YEAR] }";
    let Some(outcome) = compile(tables, "${course(c.code, c.year).DEGREE_COURSE_CODE}") else { return };
    let said = outcome.report.human();
    assert!(
        said.contains("warning[table.ambiguous]: Of 20823 keys of the table `course` 1616 have several rows"),
        "{said}"
    );
    // All of them are wanted with `rows`: nothing to warn of.
    let outcome = compile(tables, "${course.rows(c.code, c.year)[0].DEGREE_COURSE_CODE}").unwrap();
    assert_eq!(outcome.report.human(), "");
    let table = &outcome.bundle.unwrap().tables[0];
    assert_eq!(table.rows.len(), 23_504);
    // Course codes are unique.
    let tables = "  course: { file: afam/corsi.csv, key: DEGREE_COURSE_CODE }";
    let outcome = compile(tables, "${course(c.code).DEGREE_COURSE_PARENT_CODE}").unwrap();
    assert_eq!(outcome.report.human(), "");
}

#[test]
fn cells_are_what_the_ministry_means() {
    let tables = "  course: { file: afam/corsi.csv, where: DEGREE_COURSE_CODE == '2320448', key: DEGREE_COURSE_CODE }\n  \
                  institute_name: { file: universita/istituti_formazione_superiore.csv, key: INSTITUTE_CODE, value: INSTITUTE_NAME }";
    let code =
        "${coalesce(course(c.code).DEGREE_COURSE_NAME, course(c.code).DEGREE_CLASS_CODE, institute_name(c.institute))}";
    let Some(outcome) = compile(tables, code) else { return };
    let bundle = outcome.bundle.unwrap_or_else(|| panic!("{}", outcome.report.human()));
    let course = bundle.tables.iter().find(|t| t.name == "course").unwrap();
    let cells: Vec<Option<&str>> = course.rows[0].iter().map(Option::as_deref).collect();
    assert!(cells.contains(&Some("strumenti a percussione -\"Non solo ritmo\"")), "{cells:?}");
    // It has no class: an empty cell is nothing.
    assert!(cells.contains(&None), "{cells:?}");
    let names = bundle.tables.iter().find(|t| t.name == "institute_name").unwrap();
    let row = names.rows.iter().find(|r| r[0].as_deref() == Some("04")).unwrap();
    assert_eq!(row[1].as_deref(), Some("Università degli studi di Cagliari"));
}

#[test]
fn every_file_of_the_ministry_is_read() {
    for (file, key) in [
        ("afam/classi.csv", "DEGREE_CLASS_CODE"),
        ("afam/istituti_formazione_superiore.csv", "INSTITUTE_CODE"),
        ("afam/tipologia_corso.csv", "PROGRAMME_TYPE_CODE"),
        ("universita/classi.csv", "DEGREE_CLASS_CODE"),
        ("universita/istituti_formazione_superiore.csv", "INSTITUTE_CODE"),
        ("universita/tipologia_corso.csv", "PROGRAMME_TYPE_CODE"),
    ] {
        let tables = format!("  t: {{ file: {file}, key: {key} }}");
        let Some(outcome) = compile(&tables, &format!("${{t(c.code).{key}}}")) else { return };
        assert_eq!(outcome.report.human(), "", "{file}");
        assert!(outcome.bundle.unwrap().tables[0].rows.len() > 3, "{file}");
    }
}
