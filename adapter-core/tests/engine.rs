//! The engine over a mapping written by hand: what is called, in what order, and which failure wins.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test"
)]

mod common;

use adapter_core::bundle::{BinaryOp, Expr, Var};
use adapter_core::bundle::{Failure, FailureKind, Pages};
use adapter_core::problem::Code;
use adapter_core::{CallResult, Trust};
use common::{Bench, answer, bundle, code_of};

const STUDENT: &str = r#"{"tax_code":"RSSMRA80A01F205X"}"#;

fn row(course: &str, year: i32, status: &str) -> String {
    format!(r#"{{"course":"{course}","year":{year},"status":"{status}","n":2}}"#)
}

#[test]
fn a_student_is_answered_from_fan_out_in_canonical_order() {
    let mut bench = Bench::new(bundle());
    bench.ask(STUDENT);
    let careers = bench.only_call("careers");
    assert_eq!(careers.path, "/api/careers?tax=RSSMRA80A01F205X&start=0&limit=3");
    bench.answer("careers", &answer(r#"[{"id":7},{"id":8}]"#));
    // Both elements' calls are in flight together; the answers come in the other order.
    assert_eq!(bench.paths("years"), ["/api/careers/7/years", "/api/careers/8/years"]);
    bench.answer_path("/api/careers/8/years", &answer(&format!("[{}]", row("B", 2024, "active"))));
    bench.answer_path(
        "/api/careers/7/years",
        &answer(&format!("[{},{}]", row("C", 2023, "wait"), row("A", 2025, "inactive"))),
    );
    let body = bench.body(200);
    assert_eq!(
        body,
        concat!(
            r#"{"personal_data":{"tax_code":"RSSMRA80A01F205X"},"enrollments":["#,
            r#"{"institute_code":"9901","programme_type_code":"MT","degree_course_code":"A","degree_class_code":null,"academic_year":"2025/2026","degree_course_year":2,"status":"inactive"},"#,
            r#"{"institute_code":"9901","programme_type_code":"MT","degree_course_code":"B","degree_class_code":null,"academic_year":"2024/2025","degree_course_year":2,"status":"active"},"#,
            r#"{"institute_code":"9901","programme_type_code":"MT","degree_course_code":"C","degree_class_code":null,"academic_year":"2023/2024","degree_course_year":2,"status":"wait"}]}"#
        )
    );
}

#[test]
fn ifs02_1_s1_the_window_and_the_latest_per_course_hold_before_drops() {
    let mut made = bundle();
    made.calls[2].pages = Pages::One;
    let mut bench = Bench::new(made);
    bench.ask(STUDENT);
    bench.answer("careers", &answer(r#"[{"id":7}]"#));
    let rows = [
        row("OLD", 2022, "active"),
        row("NEXT", 2026, "active"),
        row("A", 2023, "active"),
        row("A", 2024, "active"),
        // The last of course A cannot be valued: nothing older surfaces (IFS02.1-R4).
        row("A", 2025, "unheard-of"),
        row("B", 2024, "wait"),
        row("B", 2024, "active"),
        row("B", 2024, "wait"),
    ];
    bench.answer("years", &answer(&format!("[{}]", rows.join(","))));
    let body = bench.body(200);
    assert!(!body.contains("OLD") && !body.contains("NEXT") && !body.contains("\"A\""), "{body}");
    // Of two enrolments of one course and year the one with the lesser bytes stays.
    assert_eq!(body.matches("degree_course_code").count(), 1, "{body}");
    assert!(body.contains(r#""degree_course_code":"B","degree_class_code":null,"academic_year":"2024/2025","degree_course_year":2,"status":"active""#), "{body}");
}

#[test]
fn gen_7_unknown_is_decided_when_what_it_needs_has_answered() {
    let mut bench = Bench::new(bundle());
    bench.ask(STUDENT);
    bench.answer("careers", &answer("[]"));
    bench.only_call("people");
    bench.answer("people", &answer("[]"));
    assert_eq!(code_of(&bench.body(400)), Code::RequestUnknownStudent.as_str());

    // Known without careers: an empty list.
    let mut bench = Bench::new(bundle());
    bench.ask(STUDENT);
    bench.answer("careers", &answer("[]"));
    bench.answer("people", &answer(r#"[{"id":1}]"#));
    assert_eq!(bench.body(200), r#"{"personal_data":{"tax_code":"RSSMRA80A01F205X"},"enrollments":[]}"#);

    // The probe failed: never "unknown".
    let mut bench = Bench::new(bundle());
    bench.ask(STUDENT);
    bench.answer("careers", &answer("[]"));
    bench.answer("people", &CallResult::Unreachable);
    assert_eq!(code_of(&bench.body(503)), Code::LegacyDown.as_str());
}

#[test]
fn of_two_failures_the_same_wins_whatever_arrives_first() {
    let outcomes = [("/api/careers/7/years", CallResult::Truncated), ("/api/careers/8/years", CallResult::Unreachable)];
    for order in [[0, 1], [1, 0]] {
        let mut bench = Bench::new(bundle());
        bench.ask(STUDENT);
        bench.answer("careers", &answer(r#"[{"id":7},{"id":8}]"#));
        for at in order {
            if !bench.is_over() {
                bench.answer_path(outcomes[at].0, &outcomes[at].1);
            }
        }
        assert_eq!(code_of(&bench.body(500)), Code::LegacyTruncated.as_str(), "{order:?}");
    }
}

#[test]
fn nothing_starts_that_cannot_change_the_answer() {
    let mut made = bundle();
    made.systems[0].parallel = 1;
    let mut bench = Bench::new(made);
    bench.ask(STUDENT);
    bench.answer("careers", &answer(r#"[{"id":7},{"id":8}]"#));
    bench.answer_path("/api/careers/7/years", &CallResult::TimedOut);
    assert_eq!(code_of(&bench.body(503)), Code::LegacyTimeout.as_str());
    assert_eq!(bench.sent(), 2, "the second element's call was not made");
}

#[test]
fn fan_out_is_bounded_by_the_system() {
    let mut made = bundle();
    made.systems[0].parallel = 2;
    let mut bench = Bench::new(made);
    bench.ask(STUDENT);
    bench.answer("careers", &answer(r#"[{"id":1},{"id":2}]"#));
    assert_eq!(bench.open(), 2);
    bench.answer_path("/api/careers/1/years", &answer("[]"));
    assert_eq!(bench.open(), 1);
    bench.answer_path("/api/careers/2/years", &answer("[]"));
    bench.body(200);
}

#[test]
fn lists_are_read_to_their_short_page() {
    for (pages, calls) in [(vec![2], 1), (vec![3, 0], 2), (vec![3, 3, 1], 3)] {
        let mut bench = Bench::new(bundle());
        bench.ask(STUDENT);
        let mut id = 0;
        for (page, rows) in pages.iter().enumerate() {
            assert_eq!(
                bench.only_call("careers").path,
                format!("/api/careers?tax=RSSMRA80A01F205X&start={}&limit=3", page * 3)
            );
            let rows: Vec<String> = (0..*rows)
                .map(|_| {
                    id += 1;
                    format!(r#"{{"id":{id}}}"#)
                })
                .collect();
            bench.answer("careers", &answer(&format!("[{}]", rows.join(","))));
        }
        for career in 1..=id {
            bench.answer_path(&format!("/api/careers/{career}/years"), &answer("[]"));
        }
        bench.body(200);
        assert_eq!(bench.sent(), calls + id);
    }
}

/// A system that answers 404 behind the last page must not make the pages before it vanish.
#[test]
fn nothing_on_a_later_page_ends_the_list() {
    for (rows, expected) in [(3, 3), (0, 0)] {
        let mut made = bundle();
        let gone = Expr::Binary {
            op: BinaryOp::Equal,
            left: Box::new(Expr::Var(Var::AnswerStatus)),
            right: Box::new(Expr::Int(404)),
        };
        made.calls[0].failures.push(Failure { when: gone, is: FailureKind::Empty, message: None });
        let mut bench = Bench::new(made);
        bench.ask(STUDENT);
        if rows == 3 {
            bench.answer("careers", &answer(r#"[{"id":1},{"id":2},{"id":3}]"#));
        }
        bench.answer("careers", &CallResult::Answer { status: 404, headers: vec![], body: vec![] });
        assert_eq!(bench.paths("years").len(), expected);
        assert_eq!(bench.paths("people").len(), usize::from(rows == 0));
    }
}

#[test]
fn a_page_that_comes_twice_is_refused() {
    let mut bench = Bench::new(bundle());
    bench.ask(STUDENT);
    let page = answer(r#"[{"id":1},{"id":2},{"id":3}]"#);
    bench.answer("careers", &page);
    bench.answer("careers", &page);
    assert_eq!(code_of(&bench.body(500)), Code::LegacyPaging.as_str());
}

#[test]
fn identical_reads_are_made_once() {
    let mut bench = Bench::new(bundle());
    bench.ask(STUDENT);
    // Two careers with the same id ask for the same years.
    bench.answer("careers", &answer(r#"[{"id":7},{"id":7}]"#));
    assert_eq!(bench.paths("years"), ["/api/careers/7/years"]);
    bench.answer("years", &answer(&format!("[{}]", row("A", 2025, "active"))));
    assert_eq!(bench.body(200).matches("degree_course_code").count(), 1);
}

#[test]
fn an_unpaged_list_as_long_as_the_cut_is_refused() {
    for (rows, refused) in [(4, false), (5, true)] {
        let mut bench = Bench::new(bundle());
        bench.ask(STUDENT);
        bench.answer("careers", &answer(r#"[{"id":7}]"#));
        let list: Vec<String> = (0..rows).map(|i| row(&format!("C{i}"), 2025, "active")).collect();
        bench.answer("years", &answer(&format!("[{}]", list.join(","))));
        if refused {
            assert_eq!(code_of(&bench.body(500)), Code::LegacyCut.as_str());
        } else {
            bench.body(200);
        }
    }
}

#[test]
fn what_an_answer_is() {
    let answered = |status: u16, body: &str| CallResult::Answer {
        status,
        headers: vec![("retry-after".to_owned(), "7".to_owned())],
        body: body.into(),
    };
    for (result, status, code) in [
        (answered(200, r#"{"error":"x"}"#), 500, Code::LegacyError),
        (answered(200, "<html>"), 500, Code::LegacyMalformed),
        (answered(200, "{}"), 500, Code::LegacyShape),
        (answered(401, "{}"), 503, Code::LegacyDenied),
        (answered(403, ""), 503, Code::LegacyDenied),
        (answered(404, "[]"), 500, Code::LegacyStatus),
        (answered(302, "[]"), 500, Code::LegacyStatus),
        (answered(429, "[]"), 503, Code::LegacyBusy),
        (answered(500, "[]"), 503, Code::LegacyDown),
        (CallResult::Unreachable, 503, Code::LegacyDown),
        (CallResult::Reset, 503, Code::LegacyReset),
        (CallResult::Protocol, 500, Code::LegacyProtocol),
        (CallResult::TimedOut, 503, Code::LegacyTimeout),
        (CallResult::Overflow, 503, Code::LimitOverflow),
        (CallResult::Truncated, 500, Code::LegacyTruncated),
        (CallResult::TooLarge, 500, Code::LimitLegacyBody),
        (CallResult::NoCluster, 500, Code::MappingCluster),
    ] {
        let mut bench = Bench::new(bundle());
        bench.ask(STUDENT);
        bench.answer("careers", &result);
        assert_eq!(code_of(&bench.body(status)), code.as_str(), "{result:?}");
        let wait = bench.header("retry-after");
        match (status, &result) {
            (503, CallResult::Answer { .. }) => assert_eq!(wait.as_deref(), Some("7")),
            (503, _) => assert_eq!(wait.as_deref(), Some("30")),
            _ => assert_eq!(wait, None),
        }
    }
}

#[test]
fn every_budget_has_its_code() {
    let careers =
        |n: usize| answer(&format!("[{}]", (0..n).map(|i| format!(r#"{{"id":{i}}}"#)).collect::<Vec<_>>().join(",")));
    type Set = fn(&mut adapter_core::limits::Limits);
    let cases: [(Code, Set); 9] = [
        (Code::LimitCalls, |l| l.calls = 1),
        (Code::LimitFanOut, |l| l.fan_out = 1),
        (Code::LimitRows, |l| l.rows = 2),
        (Code::LimitPages, |l| l.pages = 1),
        (Code::LimitLegacyBody, |l| l.legacy_body = 5),
        (Code::LimitLegacyTotal, |l| l.legacy_total = 5),
        (Code::LimitSteps, |l| l.steps = 5),
        (Code::LimitItems, |l| l.items = 1),
        (Code::LimitDepth, |l| l.depth = 1),
    ];
    for (code, set) in cases {
        let mut made = bundle();
        set(&mut made.limits);
        let mut bench = Bench::new(made);
        bench.ask(STUDENT);
        if !bench.is_over() {
            bench.answer("careers", &careers(if code == Code::LimitRows || code == Code::LimitPages { 3 } else { 2 }));
        }
        while !bench.is_over() {
            bench.answer_next(&answer(&format!("[{},{}]", row("A", 2025, "active"), row("B", 2025, "active"))));
        }
        assert_eq!(code_of(&bench.body(500)), code.as_str());
    }
}

#[test]
fn an_exchange_ends_at_its_deadline() {
    let mut bench = Bench::new(bundle());
    bench.ask(STUDENT);
    assert!(bench.only_call("careers").timeout_ms <= 5_000);
    bench.tick(9_999);
    assert!(!bench.is_over());
    bench.tick(10_000);
    assert_eq!(code_of(&bench.body(503)), Code::LimitDeadline.as_str());

    // A call sent late may wait for what is left only, and its timeout is then the deadline's.
    let mut bench = Bench::new(bundle());
    bench.ask(STUDENT);
    bench.at(9_000);
    bench.answer("careers", &answer(r#"[{"id":7}]"#));
    assert_eq!(bench.only_call("years").timeout_ms, 1_000);
    bench.answer("years", &CallResult::TimedOut);
    assert_eq!(code_of(&bench.body(503)), Code::LimitDeadline.as_str());
}

#[test]
fn a_consumer_that_leaves_ends_its_exchange() {
    let mut bench = Bench::new(bundle());
    bench.ask(STUDENT);
    bench.abandon();
    bench.answer("careers", &answer(r#"[{"id":7}]"#));
    assert_eq!((bench.sent(), bench.is_over()), (1, false), "no further call, no answer");
    assert!(bench.counted("late_answers_total"));
}

#[test]
fn too_many_exchanges_are_turned_away() {
    let mut made = bundle();
    made.limits.exchanges = 1;
    let mut bench = Bench::new(made);
    bench.ask(STUDENT);
    bench.ask_as(2, STUDENT);
    assert_eq!(code_of(&bench.body(503)), Code::LimitExchanges.as_str());
}

#[test]
fn bad_requests() {
    for (body, status, code, pointers) in [
        ("", 400, Code::RequestMalformed, vec![]),
        ("{", 400, Code::RequestMalformed, vec![]),
        ("[]", 400, Code::RequestInvalid, vec![""]),
        ("{}", 400, Code::RequestInvalid, vec!["/tax_code", "/key"]),
        (r#"{"person_id":"AB1234567"}"#, 400, Code::RequestInvalid, vec!["/tax_code", "/key"]),
        (r#"{"tax_code":null}"#, 400, Code::RequestInvalid, vec!["/tax_code"]),
        (
            r#"{"tax_code":"RSSMRA80A01F205X","person_id":"ab","who":1,"institute_code":""}"#,
            400,
            Code::RequestInvalid,
            vec!["", "/person_id", "/institute_code"],
        ),
        (r#"{"RSSMRA80A01F205X":1,"tax_code":"RSSMRA80A01F205X"}"#, 400, Code::RequestInvalid, vec![""]),
        (r#"{"tax_code":"RSSMRA80A01F205X","tax_code":"RSSMRA80A01F205X"}"#, 400, Code::RequestInvalid, vec![""]),
        (r#"{"tax_code":"rssmra80a01f205x"}"#, 400, Code::RequestInvalid, vec!["/tax_code"]),
        (r#"{"key":"20aee0c2"}"#, 400, Code::RequestInvalid, vec!["/key"]),
        (
            r#"{"key":"zzaee0c28d476142f611c3f644934a80cd216c07684c78c4f42ca05172445096"}"#,
            400,
            Code::RequestUnknownStudent,
            vec![],
        ),
        (
            r#"{"key":"20aee0c28d476142f611c3f644934a80cd216c07684c78c4f42ca05172445096"}"#,
            503,
            Code::KeyUnresolved,
            vec![],
        ),
        (
            r#"{"tax_code":"RSSMRA80A01F205X","key":"20aee0c28d476142f611c3f644934a80cd216c07684c78c4f42ca05172445096"}"#,
            400,
            Code::RequestInvalid,
            vec!["/key"],
        ),
    ] {
        let mut bench = Bench::new(bundle());
        bench.ask(body);
        let answered = bench.body(status);
        assert_eq!(code_of(&answered), code.as_str(), "{body}");
        assert_eq!(bench.pointers(), pointers, "{body}");
        assert!(!answered.contains("RSSMRA"), "{answered}");
        assert_eq!(bench.sent(), 0);
    }
    // A problem does not grow with the mistake.
    let many: Vec<String> =
        (0..60).map(|i| format!(r#""{}":1"#, "a".repeat(i % 40 + 1) + &"b".repeat(i / 40))).collect();
    let mut bench = Bench::new(bundle());
    bench.ask(&format!("{{{}}}", many.join(",")));
    assert_eq!(code_of(&bench.body(400)), Code::RequestInvalid.as_str());
    assert_eq!(bench.pointers().len(), 50);
    let mut bench = Bench::new(bundle());
    bench.ask(&"[".repeat(10_000));
    assert_eq!(code_of(&bench.body(400)), Code::LimitRequestDepth.as_str());
    let mut bench = Bench::new(bundle());
    bench.ask(&format!("{STUDENT}{}", " ".repeat(70_000)));
    assert_eq!(code_of(&bench.body(413)), Code::LimitBody.as_str());
    // tax code and its own key together are one student
    let mut bench = Bench::new(bundle());
    bench.ask(
        r#"{"tax_code":"RSSMRA80A01F205X","key":"37B3BE4A8AEA05157EF0507123EAF17249051DC6BC0B2C37538F75F901B0E4F1"}"#,
    );
    bench.only_call("careers");
}

#[test]
fn heads() {
    let json = ("content-type", "application/json");
    let path = "/ifs02/academic-enrollments";
    for (method, path, headers, status) in [
        ("POST", "/ifs02/nothing", vec![json], 404),
        ("POST", "/ifs03/academic-enrollments", vec![json], 404),
        ("POST", "/academic-enrollments", vec![json], 404),
        ("GET", path, vec![], 405),
        ("DELETE", "/ifs02/status", vec![], 405),
        ("GET", "/ifs03/status", vec![], 404),
        ("GET", "/ifs02/status", vec![], 204),
        ("POST", path, vec![], 415),
        ("POST", path, vec![("content-type", "text/json")], 415),
        ("POST", path, vec![("content-type", "application/xml")], 415),
        ("POST", path, vec![("content-type", "application/json; charset=iso-8859-1")], 415),
        ("POST", path, vec![json, ("content-encoding", "gzip")], 415),
        ("POST", path, vec![json, ("content-length", "70000")], 413),
        ("POST", "/ifs02/academic-enrollments?tax_code=RSSMRA80A01F205X", vec![json], 400),
    ] {
        let bench = Bench::new(bundle());
        assert_eq!(bench.head(method, path, &headers, true), Err(status), "{method} {path} {headers:?}");
    }
    for content_type in ["application/json", "Application/JSON; charset=UTF-8", "application/json;charset=\"utf-8\""] {
        assert_eq!(Bench::new(bundle()).head("POST", path, &[("content-type", content_type)], true), Ok(65_536));
    }
    assert_eq!(Bench::new(bundle()).head("POST", path, &[json], false), Err(403), "not loopback");
    let untrusted = Bench::trusting(bundle(), Trust::Unset);
    assert_eq!(untrusted.head("POST", path, &[json], true), Err(401));
}
