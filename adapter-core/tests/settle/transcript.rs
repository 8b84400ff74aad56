//! IFS02.3.

use adapter_core::problem::Code;

use super::common::{Bench, answer, code_of};
use super::passing;

const TRANSCRIPT: &str = "/ifs02/proof-tertiary-education-courses";
const STUDENT: &str = r#"{"tax_code":"RSSMRA80A01F205X"}"#;

pub fn transcript_of(person: &str, items: &str) -> Bench {
    let mut bench = Bench::new(passing("IFS02.3"));
    bench.ask_at(TRANSCRIPT, 1, STUDENT);
    bench.answer("all", &answer(&format!(r#"{{"person":{person},"items":{items}}}"#)));
    bench
}

/// What IFS02.3 sends for these courses of a student with a tax code.
fn transcript(items: &str) -> (String, Bench) {
    let bench = transcript_of(r#"{"tax_code":"RSSMRA80A01F205X"}"#, items);
    let body = bench.body(200);
    let frame = r#"{"personal_data":{"tax_code":"RSSMRA80A01F205X"},"proof_education_course":"#;
    let inner = body.strip_prefix(frame).and_then(|b| b.strip_suffix('}'));
    (inner.unwrap_or_else(|| panic!("another frame: {body}")).to_owned(), bench)
}

/// A learning in the window, of which only the name is known, as it is sent.
fn sent(name: &str) -> String {
    format!(
        r#"{{"attended_learning_name":{name},"start_date":null,"end_date":null,"grade_value":null,"grading_scale_min":null,"grading_scale_max":null,"ects_credits_received":null}}"#
    )
}

/// A course without values of its own, as it is sent.
fn course(learnings: &str) -> String {
    format!(
        r#"{{"programme_type_code":null,"programme_type_name":null,"degree_course_code":null,"degree_course_name":null,"degree_class_code":null,"degree_class_name":null,"institute_code":null,"institute_name":null,"learnings":[{learnings}]}}"#
    )
}

#[test]
fn ifs02_3_takes_a_tax_code_and_no_key() {
    for (body, pointer) in [
        ("{}", "/tax_code"),
        (r#"{"tax_code":null}"#, "/tax_code"),
        (r#"{"tax_code":"rssmra80a01f205x"}"#, "/tax_code"),
        (r#"{"tax_code":"RSSMRA80A01F205X","key":null}"#, ""),
        (r#"{"tax_code":"RSSMRA80A01F205X","institute_code":"1"}"#, ""),
        (r#"{"tax_code":"RSSMRA80A01F205X","person_id":"ab1234567"}"#, "/person_id"),
    ] {
        let mut bench = Bench::new(passing("IFS02.3"));
        bench.ask_at(TRANSCRIPT, 1, body);
        assert_eq!(code_of(&bench.body(400)), Code::RequestInvalid.as_str(), "{body}");
        assert_eq!(bench.pointers(), [pointer], "{body}");
    }
    let mut bench = Bench::new(passing("IFS02.3"));
    bench.ask_at(TRANSCRIPT, 1, r#"{"tax_code":"RSSMRA80A01F205X","person_id":null}"#);
    assert_eq!(bench.open(), 1);
}

#[test]
fn ifs02_3_the_upstream_example_is_written_as_it_stands() {
    let (sent, bench) = transcript(
        r#"[{"programme_type_code":"MT","programme_type_name":"Laurea Triennale (DM 270/04)","degree_course_code":"1573961",
             "degree_course_name":"Ingegneria informatica","degree_class_code":"MSLT32","degree_class_name":"Ingegneria informatica",
             "institute_code":"16","institute_name":"Milano - Politecnico","learnings":[
             {"_academic_year":2023,"attended_learning_name":"Esame 3","start_date":"2020-10-13","end_date":"2023-10-13","grade_value":"30",
              "grading_scale_min":"18","grading_scale_max":"30","ects_credits_received":6,"secret_note":"x"}]}]"#,
    );
    assert_eq!(
        sent,
        r#"[{"programme_type_code":"MT","programme_type_name":"Laurea Triennale (DM 270/04)","degree_course_code":"1573961","degree_course_name":"Ingegneria informatica","degree_class_code":"MSLT32","degree_class_name":"Ingegneria informatica","institute_code":"16","institute_name":"Milano - Politecnico","learnings":[{"attended_learning_name":"Esame 3","start_date":"2020-10-13","end_date":"2023-10-13","grade_value":"30","grading_scale_min":"18","grading_scale_max":"30","ects_credits_received":6}]}]"#
    );
    assert!(bench.counted("settled_total;rule=IFS02.3-T14.tax_code"));
}

/// Today is in 2025/2026: three academic years begin in 2023, 2024, 2025.
#[test]
fn ifs02_3_s1_learnings_of_three_academic_years_by_their_fact() {
    let (body, bench) = transcript(
        r#"[{"learnings":[{"attended_learning_name":"A","_academic_year":2022},{"attended_learning_name":"B","_academic_year":2023},
             {"attended_learning_name":"C","_academic_year":"2024/2025"},{"attended_learning_name":"D","_academic_year":"2025"},
             {"attended_learning_name":"E","_academic_year":2026},{"attended_learning_name":"F","_academic_year":null},
             {"attended_learning_name":"G"},{"attended_learning_name":"H","_academic_year":"2024/2026"},
             {"attended_learning_name":"I","_academic_year":"2022/2023"}]}]"#,
    );
    let learnings = [sent("\"B\""), sent("\"C\""), sent("\"D\"")].join(",");
    assert_eq!(body, format!("[{}]", course(&learnings)));
    assert!(!body.contains("_academic_year"), "a fact never leaves");
    assert_eq!(bench.counts("settled_total;rule=IFS02.3-S1.window"), 2);
    assert_eq!(bench.counts("settled_total;rule=IFS02.3-S1.not_begun"), 1);
    assert_eq!(bench.counts("settled_total;rule=IFS02.3-S1.no_year"), 3);
    // "2024/2026" is no academic year.
    assert_eq!(bench.counts("settled_total;rule=IFS02.3.invalid"), 1);
}

#[test]
fn ifs02_3_s1_a_course_without_a_learning_in_the_window_is_left_out_gen_7() {
    let (body, bench) = transcript(
        r#"[{"degree_course_code":"1","learnings":[{"attended_learning_name":"A","_academic_year":2010}]},
            {"degree_course_code":"2","learnings":[]},{"degree_course_code":"3","learnings":null},{"degree_course_code":"4"}]"#,
    );
    assert_eq!(body, "[]");
    assert_eq!(bench.counts("settled_total;rule=IFS02.3-S1.no_learning"), 4);
}

#[test]
fn ifs02_3_members_without_value_are_null_gen_8() {
    let (body, bench) = transcript(r#"[{"learnings":[{"_academic_year":2025,"attended_learning_name":"A"}]}]"#);
    assert_eq!(body, format!("[{}]", course(&sent("\"A\""))));
    // Nothing known of an activity but its year: nothing is sent.
    let (body, more) = transcript(r#"[{"learnings":[{"_academic_year":2025}]}]"#);
    assert_eq!(body, "[]");
    assert!(!bench.counted("settled_total;rule=IFS02.3.empty") && more.counted("settled_total;rule=IFS02.3.empty"));
}

#[test]
fn ifs02_3_f3_t_27_grades_and_scales_that_may_be_sent() {
    let one = |member: &str, value: &str| {
        let learning = format!(r#"{{"_academic_year":2025,"attended_learning_name":"A","{member}":{value}}}"#);
        let (body, bench) = transcript(&format!(r#"[{{"learnings":[{learning}]}}]"#));
        let rest = body.split(&format!("\"{member}\":")).nth(1).unwrap().to_owned();
        let value = rest.split([',', '}']).next().unwrap().to_owned();
        (value, bench.counts("settled_total;rule=IFS02.3.invalid"))
    };
    for (given, is) in [
        ("\"30\"", "30"),
        ("30", "30"),
        ("\"30L\"", "30L"),
        ("28.5", "28.5"),
        ("\"QUALIFIED\"", "QUALIFIED"),
        ("\"B\"", "B"),
    ] {
        assert_eq!(one("grade_value", given), (format!("\"{is}\""), 0), "{given}");
    }
    for given in
        ["\"28,\"", "\"30 L\"", "\"30/30\"", "\"30 e lode\"", "\"Idoneo\"", "\"30l\"", "28.555", "-1", "\"\"", "true"]
    {
        assert_eq!(one("grade_value", given), ("null".to_owned(), 1), "{given}");
    }
    for member in ["grading_scale_min", "grading_scale_max"] {
        assert_eq!(one(member, "18"), ("\"18\"".to_owned(), 0));
        assert_eq!(one(member, "\"E\""), ("\"E\"".to_owned(), 0));
        for given in ["\"30L\"", "\"QUALIFIED\"", "\"e\""] {
            assert_eq!(one(member, given), ("null".to_owned(), 1), "{member} {given}");
        }
    }
    // T-23: credits are whole and at least one.
    for (given, is, invalid) in
        [("6", "6", 0), ("6.0", "6", 0), ("\"6\"", "6", 0), ("0", "null", 1), ("4.5", "null", 1), ("1000", "null", 1)]
    {
        assert_eq!(one("ects_credits_received", given), (is.to_owned(), invalid), "{given}");
    }
    for (given, is, invalid) in
        [("\"2024-02-29\"", "\"2024-02-29\"", 0), ("\"2025-02-29\"", "null", 1), ("\"01/10/2024\"", "null", 1)]
    {
        assert_eq!(one("start_date", given), (is.to_owned(), invalid), "{given}");
    }
}

#[test]
fn ifs02_3_lists_of_both_levels_are_in_the_order_of_their_bytes_and_hold_nothing_twice() {
    let learning = |name: &str| format!(r#"{{"_academic_year":2025,"attended_learning_name":"{name}"}}"#);
    let of = |code: &str, names: &[&str]| {
        let learnings: Vec<String> = names.iter().map(|n| learning(n)).collect();
        format!(r#"{{"degree_course_code":"{code}","learnings":[{}]}}"#, learnings.join(","))
    };
    // Two careers of course 2 with other learnings are two items; the same learnings in another order are one.
    let rows = [of("2", &["B", "A", "B"]), of("2", &["C"]), of("1", &["A"]), of("2", &["A", "B"])];
    let (body, bench) = transcript(&format!("[{}]", rows.join(",")));
    let item = |code: &str, names: &[&str]| {
        let learnings: Vec<String> = names.iter().map(|n| sent(&format!("\"{n}\""))).collect();
        course(&learnings.join(","))
            .replace(r#""degree_course_code":null"#, &format!(r#""degree_course_code":"{code}""#))
    };
    assert_eq!(body, format!("[{},{},{}]", item("1", &["A"]), item("2", &["A", "B"]), item("2", &["C"])));
    assert_eq!(bench.counts("settled_total;rule=IFS02.3.duplicate"), 2);
    assert_eq!(bench.counts("settled_total;rule=IFS02.3.course_again"), 1);
    // Whatever order the rows come in, the answer is the same.
    let mut turned = rows.clone();
    turned.reverse();
    assert_eq!(transcript(&format!("[{}]", turned.join(","))).0, body);
}

#[test]
fn ifs02_3_t_24_a_list_of_either_level_may_have_256_items() {
    let learnings = |n: usize| {
        let all: Vec<String> =
            (0..n).map(|i| format!(r#"{{"_academic_year":2025,"attended_learning_name":"{i}"}}"#)).collect();
        format!(r#"[{{"learnings":[{}]}}]"#, all.join(","))
    };
    assert_eq!(transcript(&learnings(256)).0.matches("attended_learning_name").count(), 256);
    let person = r#"{"tax_code":"RSSMRA80A01F205X"}"#;
    assert_eq!(code_of(&transcript_of(person, &learnings(257)).body(500)), Code::LimitAnswerItems.as_str());
    let courses = |n: usize| {
        let all: Vec<String> = (0..n)
            .map(|i| format!(r#"{{"degree_course_code":"{i}","learnings":[{{"_academic_year":2025,"ects_credits_received":1}}]}}"#))
            .collect();
        format!("[{}]", all.join(","))
    };
    assert_eq!(transcript(&courses(256)).0.matches("degree_course_code").count(), 256);
    assert_eq!(code_of(&transcript_of(person, &courses(257)).body(500)), Code::LimitAnswerItems.as_str());
    // The window comes first: 300 activities of which 44 are old are 256.
    let many: Vec<String> = (0..300)
        .map(|i| format!(r#"{{"_academic_year":{},"attended_learning_name":"{i}"}}"#, if i < 44 { 2001 } else { 2025 }))
        .collect();
    let (body, _) = transcript(&format!(r#"[{{"learnings":[{}]}}]"#, many.join(",")));
    assert_eq!(body.matches("attended_learning_name").count(), 256);
}

#[test]
fn ifs02_3_t_13_t_14_identity_form() {
    let items = r#"[{"learnings":[{"_academic_year":2025,"attended_learning_name":"A"}]}]"#;
    let body = |person: &str| transcript_of(person, items).body(200);
    let list = format!(r#""proof_education_course":[{}]"#, course(&sent("\"A\"")));
    // With a tax code nothing else but the ANPR id.
    assert_eq!(
        body(
            r#"{"tax_code":"RSSMRA80A01F205X","person_id":"AB123456C","given_name":"Mario","birth_date":"1980-01-01"}"#
        ),
        format!(r#"{{"personal_data":{{"tax_code":"RSSMRA80A01F205X","person_id":"AB123456C"}},{list}}}"#)
    );
    // Without one all four; T-29: one apostrophe only.
    assert_eq!(
        body(
            r#"{"given_name":"Niccolò","family_name":"D’Agostino","birth_date":"1980-12-10","birth_place":"Italia,RM,Roma"}"#
        ),
        format!(
            r#"{{"personal_data":{{"given_name":"Niccolò","family_name":"D'Agostino","birth_date":"1980-12-10","birth_place":"Italia,RM,Roma"}},{list}}}"#
        )
    );
    // One of the four is missing: as far as it goes, and nothing about whoever it is.
    let bench = transcript_of(r#"{"given_name":"Anna","family_name":"Rossi 2","birth_date":"1980-12-10"}"#, items);
    assert_eq!(
        bench.body(200),
        r#"{"personal_data":{"given_name":"Anna","birth_date":"1980-12-10"},"proof_education_course":[]}"#
    );
    assert!(bench.counted("settled_total;rule=IFS02.3-T13.incomplete_identity"));
    assert!(bench.counted("settled_total;rule=IFS02.3.invalid_identity"));
}

#[test]
fn ifs02_3_an_answer_of_another_shape_is_the_mappings_fault() {
    let person = r#"{"tax_code":"RSSMRA80A01F205X"}"#;
    for items in
        [r#"[{"learnings":{"attended_learning_name":"A"}}]"#, r#"[{"learnings":[1]}]"#, r#"{"learnings":[]}"#, "1"]
    {
        assert_eq!(code_of(&transcript_of(person, items).body(500)), Code::MappingAnswer.as_str(), "{items}");
    }
    assert_eq!(code_of(&transcript_of("null", "[]").body(500)), Code::MappingAnswer.as_str());
    // T-13: of nobody nothing is looked at.
    let bench = transcript_of("{}", r#"[{"learnings":[1]}]"#);
    assert_eq!(bench.body(200), r#"{"personal_data":{},"proof_education_course":[]}"#);
}
