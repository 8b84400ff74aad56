//! IFS01.2, IFS08.1 and IFS09.1: about the institute, with answers of several forms.

use adapter_core::problem::Code;
use serde_json::{Value, json};

use super::common::{Bench, answer, code_of};
use super::{bare, contract, did, passing};

/// What an operation sends when this is asked and made, without what is null.
fn sent(id: &str, request: &str, made: &str) -> (Value, Bench) {
    let (body, bench) = asked(id, request, made, 200);
    (bare(serde_json::from_str(&body).unwrap()), bench)
}

fn asked(id: &str, request: &str, made: &str, status: u16) -> (String, Bench) {
    let mut bench = Bench::new(passing(id));
    let operation = contract::operation(id).unwrap();
    bench.ask_at(&format!("/ifs0{}{}", operation.id.api(), operation.path), 1, request);
    bench.answer("all", &answer(&format!(r#"{{"items":{made}}}"#)));
    (bench.body(status), bench)
}

const COURSE: &str = r#"{"degree_course_code":"1573961"}"#;
const YEAR: &str = r#"{"academic_year":"2025/2026"}"#;

/// T-20, T-23: a group without a year of the schema is left out; credits that are none are null.
#[test]
fn ifs01_2_f1_f2_years_and_credits() {
    let teaching = r#"{"learning_name":"Fisica","learning_ssd":"FIS/01","learning_cfu":6}"#;
    let groups = [
        format!(
            r#"{{"degree_course_year":1,"learnings":[{teaching},{teaching},{{}},{{"learning_name":"Mezza","learning_cfu":4.5}}]}}"#
        ),
        format!(r#"{{"degree_course_year":0,"learnings":[{teaching}]}}"#),
        format!(r#"{{"learnings":[{teaching}]}}"#),
    ];
    let made = format!(
        r#"{{"degree_course_code":"1573961","curriculum_list":[{{"curriculum_learnings":[{}]}}]}}"#,
        groups.join(",")
    );
    let (tree, bench) = sent("IFS01.2", COURSE, &made);
    let teachings =
        json!([{"learning_ssd": "FIS/01", "learning_name": "Fisica", "learning_cfu": 6}, {"learning_name": "Mezza"}]);
    let known = json!([{"curriculum_learnings": [{"degree_course_year": 1, "learnings": teachings}]}]);
    assert_eq!(tree, json!({"degree_course_code": "1573961", "curriculum_list": known}));
    for (label, times) in
        [("IFS01.2-F1.degree_course_year", 2), ("IFS01.2.duplicate", 1), ("IFS01.2.empty", 1), ("IFS01.2.invalid", 2)]
    {
        assert_eq!(did(&bench, label), times, "{label}");
    }
}

/// GEN-8, T-19: what may not be null is left out.
#[test]
fn ifs01_2_members_without_value_are_left_out() {
    let (body, _) = asked("IFS01.2", COURSE, r#"{"course_area":null,"total_credits":1000}"#, 200);
    assert_eq!(body, r#"{}"#);
}

#[test]
fn ifs08_1_r1_a_value_that_breaks_its_bounds_is_null() {
    let made = r#"{"tot_enrollment_count":-1,"ranges":[]}"#;
    let (body, bench) = asked("IFS08.1", YEAR, made, 200);
    assert_eq!(body, r#"{"tot_enrollment_count":null,"ranges":[]}"#);
    assert_eq!(did(&bench, "IFS08.1.invalid"), 1);
    let other =
        r#"{"tot_enrollment_count":1,"ranges":[{"isee_min_value":0,"isee_max_value":15000,"enrollment_count":1}]}"#;
    assert_eq!(code_of(&asked("IFS08.1", YEAR, other, 500).0), Code::MappingAnswer.as_str());
}

/// T-44, T-45: a list, and of a course that is asked for that alone.
#[test]
fn ifs09_1_the_answer_is_a_list_of_what_is_asked_for() {
    let count = |code: &str, women: u32| {
        format!(
            r#"{{"programme_type_code":"LT","degree_course_code":"{code}","female_enrollment_count":{women},"male_enrollment_count":null}}"#
        )
    };
    let made = format!("[{},{},{},{}]", count("2", 5), count("1", 7), count("1", 8), count("1", 8));
    let (tree, bench) = sent("IFS09.1", YEAR, &made);
    let of = |code: &str, women: u32| json!({"programme_type_code": "LT", "degree_course_code": code, "female_enrollment_count": women});
    assert_eq!(tree, json!([of("1", 7), of("1", 8), of("2", 5)]));
    assert_eq!([did(&bench, "IFS09.1.duplicate"), did(&bench, "IFS09.1.code_again")], [1, 1]);
    let (tree, bench) = sent("IFS09.1", r#"{"academic_year":"2025/2026","degree_course_code":"2"}"#, &made);
    assert_eq!((tree, did(&bench, "IFS09.1-T45.another")), (json!([of("2", 5)]), 3));
    let (tree, bench) = sent("IFS09.1", YEAR, r#"[{"programme_type_code":"LT","female_enrollment_count":-1}]"#);
    assert_eq!((tree, did(&bench, "IFS09.1.invalid")), (json!([{"programme_type_code": "LT"}]), 1));
}

/// T-59: nobody is an empty list.
#[test]
fn ifs09_1_of_a_year_without_students() {
    assert_eq!(asked("IFS09.1", YEAR, "[]", 200).0, "[]");
    assert_eq!(asked("IFS09.1", YEAR, "null", 200).0, "[]");
    assert_eq!(code_of(&asked("IFS09.1", YEAR, r#"{"a":1}"#, 500).0), Code::MappingAnswer.as_str());
}

/// T-35: a year is two that follow each other; T-59: a well-formed one is never refused.
#[test]
fn years_and_codes_that_are_asked_for() {
    for (id, request, pointer) in [
        ("IFS08.1", r#"{"academic_year":"2023-2024"}"#, "/academic_year"),
        ("IFS08.1", "{}", "/academic_year"),
        ("IFS09.1", r#"{"academic_year":"2021/2029"}"#, "/academic_year"),
        ("IFS09.1", r#"{"academic_year":"2025/2026","degree_course_code":""}"#, "/degree_course_code"),
        ("IFS01.2", "{}", "/degree_course_code"),
        ("IFS01.2", r#"{"degree_course_code":"123456789012345678901"}"#, "/degree_course_code"),
    ] {
        let mut bench = Bench::new(passing(id));
        let operation = contract::operation(id).unwrap();
        bench.ask_at(&format!("/ifs0{}{}", operation.id.api(), operation.path), 1, request);
        assert_eq!(code_of(&bench.body(400)), Code::RequestInvalid.as_str(), "{id} {request}");
        assert_eq!((bench.pointers().as_slice(), bench.sent()), (&[pointer.to_owned()][..], 0), "{id} {request}");
    }
}

/// T-59: an unknown course is 400, by a word of its own.
#[test]
fn ifs01_2_t_59_an_unknown_course() {
    use adapter_core::bundle::{Expr, Guard, GuardKind};

    let mut bundle = passing("IFS01.2");
    let guard = Guard { is: GuardKind::Unknown, message: None, when: Expr::Bool(true), needs: vec![] };
    bundle.operations.get_mut("IFS01.2").unwrap().guards.push(guard);
    let mut bench = Bench::new(bundle);
    bench.ask_at("/ifs01/educational-offering-detail", 1, COURSE);
    assert_eq!(code_of(&bench.body(400)), Code::RequestUnknownCourse.as_str());
    assert_eq!(bench.sent(), 0, "what the request alone can tell costs no call");
}
