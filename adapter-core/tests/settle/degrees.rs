//! IFS03.1 to IFS03.4.

use serde_json::json;

use super::{CODED, did, identity, sent};

const DEGREE: &str = concat!(
    r#"{"institute_code":"9901","qualification_name":"Fisica","programme_type_code":"LT","degree_course_code":"1","#,
    r#""academic_qualification_date":"2001-07-01","qualification_grade_value":"110L","#,
    r#""qualification_grading_scale_minimum_grade":66,"qualification_grading_scale_maximum_grade":110}"#
);

#[test]
fn identities_of_degrees_ifs03_r1_r2_r3_t_13() {
    let labels =
        ["IFS03.1.invalid_identity", "IFS03.1-R1.tax_code", "IFS03.1-R2.fallback", "IFS03.1-R3.incomplete_identity"];
    identity("IFS03.1", "qualifications", labels, DEGREE);
    let labels =
        ["IFS03.2.invalid_identity", "IFS03.2-R1.tax_code", "IFS03.2-R2.fallback", "IFS03.2-T13.incomplete_identity"];
    identity("IFS03.2", "proof_qualifications", labels, r#"{"qualification_name":"Fisica"}"#);
    let labels =
        ["IFS03.3.invalid_identity", "IFS03.3-R1.tax_code", "IFS03.3-R2.fallback", "IFS03.3-T13.incomplete_identity"];
    identity("IFS03.3", "proof_qualifications_level", labels, r#"{"qualification_name":"Fisica"}"#);
    let labels =
        ["IFS03.4.invalid_identity", "IFS03.4-R1.tax_code", "IFS03.4-R2.fallback", "IFS03.4-T13.incomplete_identity"];
    identity("IFS03.4", "proof_qualifications_diploma_supplement", labels, r#"{"eqf_level":"6"}"#);
}

/// R5 with T-10 and T-11: class, scale and mark may be missing, and nothing else.
#[test]
fn ifs03_1_r4_r5_what_a_degree_may_lack() {
    let (tree, _) = sent("IFS03.1", CODED, &format!("[{DEGREE}]"));
    assert_eq!(tree["qualifications"], json!([serde_json::from_str::<serde_json::Value>(DEGREE).unwrap()]));
    let without = |member: &str| {
        let mut degree: serde_json::Value = serde_json::from_str(DEGREE).unwrap();
        degree.as_object_mut().unwrap().remove(member).unwrap();
        sent("IFS03.1", CODED, &json!([degree]).to_string())
    };
    for label in [
        "IFS03.1-R5.institute_code",
        "IFS03.1-R5.qualification_name",
        "IFS03.1-R5.programme_type_code",
        "IFS03.1-R5.degree_course_code",
        "IFS03.1-R5.academic_qualification_date",
    ] {
        let (tree, bench) = without(label.split_once('.').unwrap().1.split_once('.').unwrap().1);
        assert_eq!(tree["qualifications"], json!([]), "{label}");
        assert_eq!([did(&bench, label), did(&bench, "IFS03.1-R5.all_dropped")], [1, 1]);
    }
    for member in ["qualification_grade_value", "qualification_grading_scale_minimum_grade"] {
        let (tree, bench) = without(member);
        assert_eq!(tree["qualifications"].as_array().unwrap().len(), 1, "{member}");
        assert_eq!(did(&bench, "IFS03.1-T10.grade_null"), u64::from(member.ends_with("value")));
    }
    let (_, bench) = sent("IFS03.1", CODED, &format!("[{DEGREE}]"));
    assert_eq!(did(&bench, "IFS03.1-R4.class_null"), 1);
}

/// T-28: a lettered final mark cannot be said in IFS03.1.
#[test]
fn ifs03_1_f1_marks() {
    for (mark, is) in [
        ("\"110L\"", json!("110L")),
        ("105.5", json!("105.5")),
        ("\"QUALIFIED\"", json!("QUALIFIED")),
        ("\"A\"", json!(null)),
        ("\"110/110\"", json!(null)),
    ] {
        let (tree, bench) = sent("IFS03.1", CODED, &format!("[{}]", DEGREE.replace("\"110L\"", mark)));
        assert_eq!(tree["qualifications"][0]["qualification_grade_value"], is, "{mark}");
        assert_eq!(did(&bench, "IFS03.1.invalid"), u64::from(is.is_null()), "{mark}");
    }
}

#[test]
fn ifs03_1_order_is_by_date_course_and_type() {
    let degree = |date: &str, course: &str, kind: &str| {
        let degree = DEGREE
            .replace("2001-07-01", date)
            .replace(r#""degree_course_code":"1""#, &format!(r#""degree_course_code":"{course}""#));
        degree.replace("\"LT\"", &format!("\"{kind}\""))
    };
    let rows = [
        degree("2003-07-01", "1", "A"),
        degree("2001-07-01", "2", "A"),
        degree("2001-07-01", "1", "B"),
        degree("2001-07-01", "1", "A"),
    ];
    let (tree, _) = sent("IFS03.1", CODED, &format!("[{}]", rows.join(",")));
    let order: Vec<String> = tree["qualifications"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| {
            let of = |name: &str| item[name].as_str().unwrap().to_owned();
            [of("academic_qualification_date"), of("degree_course_code"), of("programme_type_code")].join(" ")
        })
        .collect();
    assert_eq!(order, ["2001-07-01 1 A", "2001-07-01 1 B", "2001-07-01 2 A", "2003-07-01 1 A"]);
}

#[test]
fn ifs03_1_s3_joint_degrees_and_what_stands_twice() {
    let with = |fact: &str| DEGREE.replacen('{', &format!("{{{fact},"), 1);
    let rows = [
        with(r#""_reference_institute":"0101""#),
        with(r#""_reference_institute":"9901""#),
        with(r#""_reference_institute":"9901""#),
    ];
    let (tree, bench) = sent("IFS03.1", CODED, &format!("[{}]", rows.join(",")));
    assert_eq!(tree["qualifications"].as_array().unwrap().len(), 1);
    assert_eq!([did(&bench, "IFS03.1-S3.another"), did(&bench, "IFS03.1.duplicate")], [1, 1]);
    // Two that differ in what rules know of them are two.
    let rows = [with(r#""_rectified_on":"2020-01-01""#), with(r#""_rectified_on":"2021-01-01""#)];
    let (tree, bench) = sent("IFS03.1", CODED, &format!("[{}]", rows.join(",")));
    assert_eq!((tree["qualifications"].as_array().unwrap().len(), did(&bench, "IFS03.1.duplicate")), (2, 0));
}

#[test]
fn ifs03_2_proofs() {
    let row = r#"{"qualification_name":"Fisica","qualification_grade_value":"A"}"#;
    let (tree, bench) = sent("IFS03.2", CODED, &format!("[{row},{row}]"));
    let known = json!([{"qualification_name": "Fisica", "qualification_grade_value": "A"}]);
    assert_eq!(tree["proof_qualifications"], known);
    assert_eq!(did(&bench, "IFS03.2.duplicate"), 1);
    let (_, bench) = sent("IFS03.2", CODED, r#"[{"qualification_grading_scale_minimum_grade":10000}]"#);
    assert_eq!(did(&bench, "IFS03.2.invalid"), 1);
}

/// T-23: both members of a teaching are needed, and credits are whole.
#[test]
fn ifs03_3_levels_and_their_teachings() {
    let rows = [
        r#"{"_id":1,"learning_name":"Laboratorio","ects_credits":6}"#,
        r#"{"_id":2,"learning_name":"Laboratorio","ects_credits":6}"#,
        r#"{"_id":2,"learning_name":"Laboratorio","ects_credits":6}"#,
        r#"{"_id":3,"learning_name":"Canto","ects_credits":4.5}"#,
        r#"{"_id":4,"learning_name":"Coro","ects_credits":0}"#,
        r#"{"_id":5,"ects_credits":6}"#,
    ];
    let level = format!(
        r#"{{"qualification_name":"Fisica","degree_course_duration_in_months":3,"ects_learnings":[{}]}}"#,
        rows.join(",")
    );
    let joint = r#"{"qualification_name":"Joint","_reference_institute":"0101"}"#;
    let (tree, bench) = sent("IFS03.3", CODED, &format!("[{level},{level},{joint}]"));
    let teaching = json!({"learning_name": "Laboratorio", "ects_credits": 6});
    let known = json!([{"qualification_name": "Fisica", "degree_course_duration_in_months": 3, "ects_learnings": [teaching, teaching]}]);
    assert_eq!(tree["proof_qualifications_level"], known);
    // The same twice: the level stands twice.
    for (label, times) in [
        ("IFS03.3-T23.ects_credits", 4),
        ("IFS03.3-T23.learning_name", 2),
        ("IFS03.3.duplicate", 2),
        ("IFS03.3.invalid", 4),
        ("IFS03.3.another", 1),
        ("IFS03.3.degree_twice", 1),
        ("IFS03.3-F2.few_months", 1),
    ] {
        assert_eq!(did(&bench, label), times, "{label}");
    }
}

/// IFS03.3-F1.
#[test]
fn ifs03_3_f1_a_relation_is_null_unless_it_is_said() {
    let (tree, _) = sent(
        "IFS03.3",
        CODED,
        r#"[{"qualification_name":"A"},{"qualification_name":"B","has_parent_relation":false}]"#,
    );
    let levels = tree["proof_qualifications_level"].as_array().unwrap();
    let relations: Vec<_> = levels.iter().map(|level| level.get("has_parent_relation")).collect();
    assert_eq!(relations, [None, Some(&json!(false))]);
}

/// T-21: a text too long is null, nothing is cut; T-28: letters in the marks of teachings, none in the final one.
#[test]
fn ifs03_4_supplements() {
    let text = "x".repeat(33);
    let row = format!(
        r#"{{"access_to_regulated_profession":"{text}","qualification_grade_value":"A","eqf_level":"6","attended_learnings":[
        {{"_id":1,"learning_grade_value":"A"}},{{"_id":2,"learning_grade_value":"A"}},{{"_id":2,"learning_grade_value":"A"}},{{"_id":3}}]}}"#
    );
    let joint = r#"{"eqf_level":"7","_reference_institute":"0101"}"#;
    let (tree, bench) = sent("IFS03.4", CODED, &format!("[{row},{row},{joint}]"));
    let mark = json!({"learning_grade_value": "A"});
    let known = json!([{"eqf_level": "6", "attended_learnings": [mark, mark]}]);
    assert_eq!(tree["proof_qualifications_diploma_supplement"], known);
    for (label, times) in [
        ("IFS03.4.invalid", 4),
        ("IFS03.4.empty", 2),
        ("IFS03.4.duplicate", 2),
        ("IFS03.4.another", 1),
        ("IFS03.4.degree_twice", 1),
    ] {
        assert_eq!(did(&bench, label), times, "{label}");
    }
}

/// T-24: no list is longer than the schema lets it be; those of IFS03.3 and IFS03.4 have no bound of their own.
#[test]
fn ifs03_lists_at_their_limit() {
    use adapter_core::problem::Code;

    use super::common::{Bench, answer, code_of};
    use super::{contract, passing};

    for (id, of) in [("IFS03.1", DEGREE), ("IFS03.2", r#"{"qualification_name":"Fisica"}"#)] {
        let operation = contract::operation(id).unwrap();
        for (count, status) in [(256, 200), (257, 500)] {
            let items: Vec<String> = (0..count).map(|n| of.replace("\"Fisica\"", &format!("\"Fisica {n}\""))).collect();
            let mut bench = Bench::new(passing(id));
            bench.ask_at(&format!("/ifs03{}", operation.path), 1, CODED);
            bench.answer("all", &answer(&format!(r#"{{"person":{CODED},"items":[{}]}}"#, items.join(","))));
            let body = bench.body(status);
            assert!(status == 200 || code_of(&body) == Code::LimitAnswerItems.as_str(), "{id}");
        }
    }
}
