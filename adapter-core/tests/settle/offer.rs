//! IFS01.1.

use adapter_core::problem::Code;

use super::common::{Bench, answer, code_of};
use super::passing;

const OFFER: &str = "/ifs01/educational-offering-list";
const YEAR: &str = r#"{"academic_year":"2025/2026"}"#;

pub fn offer(items: &str) -> Bench {
    let mut bench = Bench::new(passing("IFS01.1"));
    bench.ask_at(OFFER, 1, YEAR);
    bench.answer("all", &answer(&format!(r#"{{"items":{items}}}"#)));
    bench
}

/// What IFS01.1 sends for these items, without the frame that is always the same.
fn courses(items: &str) -> (String, Bench) {
    let bench = offer(items);
    let body = bench.body(200);
    let inner = body.strip_prefix(r#"{"degree_courses":"#).and_then(|b| b.strip_suffix(r#","meta":{"cursor":null}}"#));
    (inner.unwrap_or_else(|| panic!("another frame: {body}")).to_owned(), bench)
}

#[test]
fn ifs01_1_is_written_in_declaration_order_with_meta_t_18_t_56() {
    let (sent, bench) = courses(
        r#"[{"academic_year":"2025/2026","total_credits":180,"degree_course_code":"353","degree_course_period_years":3,
             "degree_course_language":"IT","course_area":"Ingegneria industriale","course_location":"015146",
             "programme_access":"free","programme_type_code":"LT","secret_note":"x"}]"#,
    );
    assert_eq!(
        sent,
        r#"[{"programme_type_code":"LT","programme_access":"free","course_location":"015146","course_area":"Ingegneria industriale","degree_course_language":"IT","degree_course_period_years":3,"degree_course_code":"353","total_credits":180,"academic_year":"2025/2026"}]"#
    );
    assert_eq!(bench.header("content-type").as_deref(), Some("application/json"));
    // T-08: never a bare null; an offer without courses is an empty list.
    assert_eq!(courses("[]").0, "[]");
    assert_eq!(courses("null").0, "[]");
}

#[test]
fn ifs01_1_members_without_value_are_left_out_t_19() {
    let (sent, bench) = courses(
        r#"[{"programme_type_code":"LT","programme_access":null,"course_area":null,"degree_course_code":null}]"#,
    );
    assert_eq!(sent, r#"[{"programme_type_code":"LT"}]"#, "an item stays without its code: nothing there is required");
    assert!(!bench.counted("settled_total;rule=IFS01.1.invalid"));
}

#[test]
fn ifs01_1_values_that_break_their_member_count_as_null_t_21() {
    for (member, wrong) in [
        ("programme_access", r#""programmato""#),
        ("course_location", &format!("\"{}\"", "0".repeat(100))),
        ("course_area", &format!("\"{}\"", "a".repeat(100))),
        ("degree_course_language", r#""IT,EN,FR,DE,ES,PT,RO,NL""#),
        ("degree_course_period_years", "0"),
        ("degree_course_period_years", "100"),
        ("degree_course_period_years", "2.5"),
        ("degree_course_code", r#""123456789012345678901""#),
        ("total_credits", "1000"),
        ("total_credits", r#""180 CFU""#),
        ("academic_year", r#""2025-2026""#),
        ("academic_year", r#""2025/2027""#),
        ("programme_type_code", "\"\""),
        ("programme_type_code", "true"),
    ] {
        let (sent, bench) = courses(
            &format!(r#"[{{"course_area":"A","{member}":{wrong}}}]"#)
                .replace(r#""course_area":"A","course_area""#, r#""total_credits":1,"course_area""#),
        );
        let left = if member == "course_area" { r#"[{"total_credits":1}]"# } else { r#"[{"course_area":"A"}]"# };
        assert_eq!(sent, left, "{member}: {wrong}");
        assert!(bench.counted("settled_total;rule=IFS01.1.invalid"), "{member}: {wrong}");
    }
    // Without loss: a number where a text is wanted, a text where a number is, blanks at the ends, NFC.
    let (sent, _) = courses(
        r#"[{"degree_course_code":353,"total_credits":"180","degree_course_period_years":3.0,"course_area":" Universita\u0300 "}]"#,
    );
    assert_eq!(
        sent,
        r#"[{"course_area":"Università","degree_course_period_years":3,"degree_course_code":"353","total_credits":180}]"#
    );
}

#[test]
fn ifs01_1_items_are_in_the_order_of_their_bytes_and_stand_once_f4() {
    let (sent, bench) = courses(
        r#"[{"degree_course_code":"2"},{"degree_course_code":"10"},{"programme_type_code":"Z","degree_course_code":"10"},
            {"degree_course_code":"10"},{"degree_course_code":"10 "},{}]"#,
    );
    assert_eq!(
        sent,
        r#"[{"degree_course_code":"10"},{"degree_course_code":"2"},{"programme_type_code":"Z","degree_course_code":"10"}]"#
    );
    assert_eq!(bench.counts("settled_total;rule=IFS01.1-F4.duplicate"), 2);
    // Two courses of one code: remarked on, and both sent.
    assert_eq!(bench.counts("settled_total;rule=IFS01.1-F4.code_again"), 1);
    assert_eq!(bench.counts("settled_total;rule=IFS01.1.empty"), 1);
}

#[test]
fn ifs01_1_f3_a_location_that_is_no_istat_code_is_sent_and_counted() {
    let (sent, bench) = courses(r#"[{"course_location":"Milano Bovisa"},{"course_location":"015146,015211"}]"#);
    assert_eq!(sent, r#"[{"course_location":"015146,015211"},{"course_location":"Milano Bovisa"}]"#);
    assert_eq!(bench.counts("settled_total;rule=IFS01.1-F3.no_istat_code"), 1);
}

#[test]
fn ifs01_1_t_24_more_courses_than_a_page_holds_are_an_error() {
    let items = |n: usize| (0..n).map(|i| format!(r#"{{"degree_course_code":"{i}"}}"#)).collect::<Vec<_>>();
    let (sent, _) = courses(&format!("[{}]", items(256).join(",")));
    assert_eq!(sent.matches("degree_course_code").count(), 256);
    let bench = offer(&format!("[{}]", items(257).join(",")));
    assert_eq!(code_of(&bench.body(500)), Code::LimitAnswerItems.as_str());
    // Counted after duplicates fell away.
    let mut twice = items(200);
    twice.extend(items(200));
    assert_eq!(courses(&format!("[{}]", twice.join(","))).0.matches("degree_course_code").count(), 200);
}

#[test]
fn ifs01_1_an_answer_of_another_shape_is_the_mappings_fault() {
    for items in [r#"{"degree_course_code":"1"}"#, r#""x""#, "[1]", "[null]", "[[]]"] {
        assert_eq!(code_of(&offer(items).body(500)), Code::MappingAnswer.as_str(), "{items}");
    }
}

#[test]
fn ifs01_1_i1_the_academic_year_is_mandatory_t_35_t_36() {
    for body in [
        "{}",
        r#"{"academic_year":null}"#,
        r#"{"academic_year":"2025-2026"}"#,
        r#"{"academic_year":"2025/2027"}"#,
        r#"{"academic_year":2025}"#,
        r#"{"academic_year":""}"#,
    ] {
        let mut bench = Bench::new(passing("IFS01.1"));
        bench.ask_at(OFFER, 1, body);
        assert_eq!(code_of(&bench.body(400)), Code::RequestInvalid.as_str(), "{body}");
        assert_eq!(bench.pointers(), ["/academic_year"], "{body}");
        assert_eq!(bench.sent(), 0);
    }
}

#[test]
fn ifs01_1_i2_a_cursor_without_value_is_the_first_call_and_no_other_was_given() {
    for cursor in ["null", "\"\""] {
        let mut bench = Bench::new(passing("IFS01.1"));
        bench.ask_at(OFFER, 1, &format!(r#"{{"academic_year":"2025/2026","cursor":{cursor}}}"#));
        bench.answer("all", &answer(r#"{"items":[]}"#));
        assert_eq!(bench.body(200), r#"{"degree_courses":[],"meta":{"cursor":null}}"#, "{cursor}");
    }
    let long = format!("\"{}\"", "a".repeat(513));
    for cursor in [r#""abc123456abc""#, "1", "{}", "[]", "true", r#"" ""#, &long] {
        let mut bench = Bench::new(passing("IFS01.1"));
        bench.ask_at(OFFER, 1, &format!(r#"{{"academic_year":"2025/2026","cursor":{cursor}}}"#));
        assert_eq!(code_of(&bench.body(400)), Code::RequestInvalid.as_str(), "{cursor}");
        assert_eq!(bench.pointers(), ["/cursor"], "{cursor}");
    }
}

#[test]
fn ifs01_1_knows_no_student() {
    let mut bench = Bench::new(passing("IFS01.1"));
    bench.ask_at(OFFER, 1, r#"{"academic_year":"2025/2026","tax_code":"RSSMRA80A01F205X"}"#);
    assert_eq!(bench.pointers(), [""]);
}
