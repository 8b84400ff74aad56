//! Answers of every form the contract has so far, from the mapping's text to the bytes that leave.

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

use adapter_core::bundle::seal;
use adapter_core::{CallResult, Caller, Clock, Engine, Head, Plan, Resources, Trust};
use mapping_compiler::{Files, compile_with};
use shell::InMemory;

const MAPPING: &str = r#"
version: 1
institute: { code: "9901", academic_year_starts: 10-01 }
systems: { sis: { cluster: sis } }
tables:
  access_of: { values: { L: free, P: limited }, default: none }
  judgement: { values: { IDO: QUALIFIED }, default: none }
calls:
  courses: { get: /courses, pages: none }
let:
  name_of: courses.indexBy(c, string(c.code))
student:
  calls:
    careers: { get: /careers, query: { cf: "${student.tax_code}" }, pages: none }
    exams: { for: career in careers, get: "/careers/${career.id}/exams", pages: none }
  unknown: size(careers) == 0
  person: { tax_code: "${student.tax_code}" }
operations:
  IFS01.1:
    let: { year: startYear(request.academic_year) }
    answer:
      degree_courses:
        for: [course in courses, site in course.sites]
        where: course.first <= year
        each:
          programme_access: ${access_of(course.access)}
          course_location: ${site.town}
          degree_course_code: ${course.code}
          total_credits: ${course.credits}
          academic_year: ${request.academic_year}
  IFS02.3:
    answer:
      proof_education_course:
        for: career in careers
        let: { course: "name_of[string(career.course)]" }
        each:
          degree_course_code: ${career.course}
          degree_course_name: ${course.name}
          institute_code: ${institute.code}
          learnings:
            for: exam in career.exams.filter(e, e.passed)
            each:
              _academic_year: ${exam.year}
              attended_learning_name: ${exam.name}
              grade_value: ${coalesce(exam.mark, judgement(exam.judgement))}
              ects_credits_received: ${exam.credits}
"#;

const COURSES: &str = r#"[{"code":7,"name":"Fisica","first":2020,"access":"L","credits":180,"sites":[{"town":"015146"},{"town":"015211"}]},
    {"code":8,"name":"Musica","first":2026,"access":"P","credits":120,"sites":[{"town":"015146"}]},
    {"code":9,"name":"Storia","first":2021,"access":"X","credits":"60","sites":[{"town":"015146"}]}]"#;

struct One;

impl Files for One {
    fn read(&self, _: &Path) -> std::io::Result<Vec<u8>> {
        Ok(MAPPING.as_bytes().to_vec())
    }
}

/// Asks the engine, answering its calls by their path.
fn ask(path: &str, body: &str, answers: &[(&str, &str)]) -> (u16, String) {
    let outcome = compile_with(Path::new("m.yaml"), &One);
    let bundle = outcome.bundle.unwrap_or_else(|| panic!("{}", outcome.report.human()));
    assert_eq!(outcome.report.human(), "");
    let plan = Plan::load(&seal(&bundle).unwrap()).unwrap();
    let mut engine = Engine::new(plan, Trust::Development, Resources::default()).unwrap();
    let head = Head {
        method: "POST".to_owned(),
        path: path.to_owned(),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        instance: "request-1".to_owned(),
        loopback: true,
        caller: Caller::Nobody,
    };
    // 2026-03-01: academic year 2025/2026.
    let clock = Clock { now_ms: 1_772_355_600_000, tick_ms: 0 };
    let mut memory = InMemory::new(&mut engine, clock, |_, request| {
        let (_, body) =
            answers.iter().find(|(path, _)| *path == request.path).unwrap_or_else(|| panic!("{}", request.path));
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        CallResult::Answer { status: 200, headers, body: body.as_bytes().to_vec() }
    });
    memory.ask(head, body.as_bytes().to_vec());
    let reply = memory.replies.pop().expect("an answer");
    assert!(memory.replies.is_empty(), "answered twice");
    (reply.status, String::from_utf8(reply.body).unwrap())
}

#[test]
fn ifs01_1_is_answered_without_a_student() {
    let (status, body) =
        ask("/ifs01/educational-offering-list", r#"{"academic_year":"2025/2026"}"#, &[("/courses", COURSES)]);
    assert_eq!(
        (status, body.as_str()),
        (
            200,
            r#"{"degree_courses":[{"course_location":"015146","degree_course_code":"9","total_credits":60,"academic_year":"2025/2026"},{"programme_access":"free","course_location":"015146","degree_course_code":"7","total_credits":180,"academic_year":"2025/2026"},{"programme_access":"free","course_location":"015211","degree_course_code":"7","total_credits":180,"academic_year":"2025/2026"}],"meta":{"cursor":null}}"#
        )
    );
}

#[test]
fn ifs02_3_is_answered_from_a_tree_in_a_tree() {
    let exams = r#"[{"name":"Analisi","year":2024,"passed":true,"mark":"30L","credits":9},
        {"name":"Inglese","year":"2025/2026","passed":true,"mark":null,"judgement":"IDO","credits":0},
        {"name":"Chimica","year":2024,"passed":false,"mark":null,"credits":6},
        {"name":"Algebra","year":2022,"passed":true,"mark":"27","credits":6}]"#;
    let old = r#"[{"name":"Latino","year":2010,"passed":true,"mark":"24","credits":6}]"#;
    let (status, body) = ask(
        "/ifs02/proof-tertiary-education-courses",
        r#"{"tax_code":"RSSMRA80A01F205X"}"#,
        &[
            ("/careers?cf=RSSMRA80A01F205X", r#"[{"id":1,"course":7},{"id":2,"course":9}]"#),
            ("/courses", COURSES),
            ("/careers/1/exams", exams),
            ("/careers/2/exams", old),
        ],
    );
    assert_eq!(
        (status, body.as_str()),
        (
            200,
            r#"{"personal_data":{"tax_code":"RSSMRA80A01F205X"},"proof_education_course":[{"programme_type_code":null,"programme_type_name":null,"degree_course_code":"7","degree_course_name":"Fisica","degree_class_code":null,"degree_class_name":null,"institute_code":"9901","institute_name":null,"learnings":[{"attended_learning_name":"Analisi","start_date":null,"end_date":null,"grade_value":"30L","grading_scale_min":null,"grading_scale_max":null,"ects_credits_received":9},{"attended_learning_name":"Inglese","start_date":null,"end_date":null,"grade_value":"QUALIFIED","grading_scale_min":null,"grading_scale_max":null,"ects_credits_received":null}]}]}"#
        )
    );
    // Unknown and known without a career are what the mapping says they are (GEN-7).
    let (status, _) = ask(
        "/ifs02/proof-tertiary-education-courses",
        r#"{"tax_code":"RSSMRA80A01F205X"}"#,
        &[("/careers?cf=RSSMRA80A01F205X", "[]"), ("/courses", COURSES)],
    );
    assert_eq!(status, 400);
}
