//! IFS02.2, IFS02.4 and IFS02.5.

use serde_json::json;

use super::{CODED, did, identity, sent};

const ENROLMENT: &str = r#"{"_academic_year":2025,"_active":true,"degree_course_code":"A"}"#;
const ADMISSION: &str = r#"{"_admission_year":2025,"degree_course_code":"A"}"#;

#[test]
fn identities_of_proofs_t_13_t_14() {
    let labels =
        ["IFS02.2.invalid_identity", "IFS02.2-T14.tax_code", "IFS02.2-T14.fallback", "IFS02.2-T13.incomplete_identity"];
    identity("IFS02.2", "proof_enrollments", labels, ENROLMENT);
    let labels =
        ["IFS02.4.invalid_identity", "IFS02.4-T14.tax_code", "IFS02.4-T14.fallback", "IFS02.4-T13.incomplete_identity"];
    identity("IFS02.4", "proof_admissions", labels, ADMISSION);
    let labels =
        ["IFS02.5.invalid_identity", "IFS02.5-T14.tax_code", "IFS02.5-T14.fallback", "IFS02.5-T13.incomplete_identity"];
    identity("IFS02.5", "proof_mobility_periods", labels, r#"{"eqf_level":"6"}"#);
}

/// Of the README: enrolled on 1 October 2020 in a course of three years.
#[test]
fn ifs02_2_f1_f2_dates_by_convention() {
    let row = r#"{"_academic_year":2023,"_active":true,"_matriculation_year":2020,"_duration_in_months":36,"degree_course_code":"A"}"#;
    let (tree, bench) = sent("IFS02.2", CODED, &format!("[{row}]"));
    let known =
        json!([{"degree_course_code": "A", "expected_graduation_date": "2023-12-31", "enrollment_date": "2023-10-01"}]);
    assert_eq!(tree["proof_enrollments"], known);
    assert_eq!((did(&bench, "IFS02.2-F1.unknown"), did(&bench, "IFS02.2-F2.none_active")), (0, 0));
    let (tree, bench) = sent("IFS02.2", CODED, r#"[{"_academic_year":2024,"_active":false,"degree_course_code":"A"}]"#);
    assert_eq!(tree["proof_enrollments"], json!([{"degree_course_code": "A"}]));
    assert_eq!((did(&bench, "IFS02.2-F1.unknown"), did(&bench, "IFS02.2-F2.none_active")), (1, 1));
}

#[test]
fn ifs02_2_members_that_a_rule_makes_are_not_the_mappings() {
    let row = r#"[{"_academic_year":2024,"_active":false,"enrollment_date":"1999-01-01","degree_course_code":"A"}]"#;
    assert_eq!(sent("IFS02.2", CODED, row).0["proof_enrollments"], json!([{"degree_course_code": "A"}]));
}

/// Today is in 2025/2026.
#[test]
fn ifs02_2_s1_the_last_of_each_course_in_three_years() {
    let row = |year: &str, course: &str, class: &str| {
        format!(
            r#"{{"_academic_year":{year},"_active":true,"degree_course_code":{course},"degree_class_code":"{class}"}}"#
        )
    };
    let rows = [
        row("2022", "\"A\"", "1"),
        row("2026", "\"A\"", "1"),
        row("null", "\"A\"", "1"),
        row("2023", "\"B\"", "1"),
        row("2024", "\"B\"", "2"),
        row("2024", "\"B\"", "1"),
        row("2024", "\"B\"", "1"),
        row("2025", "null", "1"),
        row("2024", "null", "2"),
        r#"{"_academic_year":"2024/2025","_active":false,"_course":"c","degree_class_code":"3"}"#.to_owned(),
        r#"{"_academic_year":"2025/2026","_active":false,"_course":"c","degree_class_code":"4"}"#.to_owned(),
        r#"{"_academic_year":"2025/2027","_active":1,"degree_class_code":"5"}"#.to_owned(),
    ];
    let (tree, bench) = sent("IFS02.2", CODED, &format!("[{}]", rows.join(",")));
    let classes: Vec<_> =
        tree["proof_enrollments"].as_array().unwrap().iter().map(|item| &item["degree_class_code"]).collect();
    assert_eq!(classes, ["1", "1", "2", "4"]);
    for (label, times) in [
        ("IFS02.2-S1.window", 1),
        ("IFS02.2-S1.not_begun", 1),
        ("IFS02.2-S1.no_year", 2),
        ("IFS02.2-S1.latest", 2),
        ("IFS02.2-S1.tie", 1),
        ("IFS02.2-S1.duplicate", 1),
    ] {
        assert_eq!(did(&bench, label), times, "{label}");
    }
    // A year that is none; a truth that is none is null as well.
    assert_eq!(did(&bench, "IFS02.2.invalid"), 2);
    assert_eq!([did(&bench, "IFS02.2-S1.window"), did(&bench, "IFS02.2-S1.latest")], [1, 2]);
}

#[test]
fn ifs02_4_s1_f1_the_last_admission_of_each_course_in_three_years() {
    let row = |year: &str, course: &str, class: &str| {
        format!(r#"{{"_admission_year":{year},"degree_course_code":"{course}","degree_class_code":"{class}"}}"#)
    };
    let rows = [
        row("2022", "A", "1"),
        row("2026", "A", "1"),
        row("null", "A", "1"),
        row("2023", "B", "1"),
        row("2024", "B", "2"),
        row("2024", "B", "1"),
        row("2024", "B", "1"),
    ];
    let (tree, bench) = sent("IFS02.4", CODED, &format!("[{}]", rows.join(",")));
    let known = json!([{"degree_course_code": "B", "degree_class_code": "1",
        "start_date_of_academic_year": "2024-10-01", "end_date_of_academic_year": "2025-09-30"}]);
    assert_eq!(tree["proof_admissions"], known);
    for (label, times) in [
        ("IFS02.4-S1.window", 1),
        ("IFS02.4-S1.not_begun", 1),
        ("IFS02.4-S1.no_year", 1),
        ("IFS02.4-S1.latest", 1),
        ("IFS02.4-S1.tie", 1),
        ("IFS02.4-S1.duplicate", 1),
    ] {
        assert_eq!(did(&bench, label), times, "{label}");
    }
    let (_, bench) = sent("IFS02.4", CODED, r#"[{"_admission_year":2025,"degree_course_duration_in_months":1000}]"#);
    assert_eq!([did(&bench, "IFS02.4.invalid"), did(&bench, "IFS02.4-S1.window")], [1, 0]);
    assert_eq!(did(&bench, "IFS02.4-S1.latest") + did(&bench, "IFS02.4-S1.tie"), 0);
}

#[test]
fn ifs02_5_f1_a_kind_of_time_is_one_of_five_words() {
    for word in ["trimestrale", "semestrale", "annuale", "breve_termine", "lungo_termine"] {
        let (tree, _) = sent("IFS02.5", CODED, &format!(r#"[{{"mobility_period_type":"{word}"}}]"#));
        assert_eq!(tree["proof_mobility_periods"], json!([{"mobility_period_type": word}]));
    }
    let (tree, bench) = sent("IFS02.5", CODED, r#"[{"mobility_period_type":"Erasmus","eqf_level":"6"}]"#);
    assert_eq!(tree["proof_mobility_periods"], json!([{"eqf_level": "6"}]));
    assert_eq!(did(&bench, "IFS02.5.invalid"), 1);
}

#[test]
fn ifs02_5_times_that_stand_twice_or_end_before_they_begin() {
    let time = r#"{"mobility_start_date":"2025-02-02","mobility_end_date":"2025-02-01"}"#;
    let (tree, bench) = sent("IFS02.5", CODED, &format!("[{time},{time}]"));
    assert_eq!(tree["proof_mobility_periods"].as_array().unwrap().len(), 1);
    assert_eq!([did(&bench, "IFS02.5.duplicate"), did(&bench, "IFS02.5.ends_before")], [1, 1]);
}
