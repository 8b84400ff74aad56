//! What is answered to a change that was made, and to one that was refused; values that cannot be told.

use super::*;

#[test]
fn ifs04_1_r1_what_is_accepted_is_acquired_and_has_a_code() {
    for (api, _) in APIS {
        let mut bench = Bench::new(office(false));
        ask(&mut bench, (api, 1), &change());
        assert_eq!(bench.only_call("create").method, "POST");
        bench.answer("create", &answer(r#"{"id":"R 1"}"#));
        let expected = json!({"response_code": "approved", "file_status": "acquired", "file_code": "R 1",
            "message": "Richiesta acquisita"});
        assert_eq!(told(&bench), expected);
        assert_eq!(became(&bench, (api, 1), "accepted"), 1);
    }
}

#[test]
fn ifs04_1_r1_what_is_refused_has_neither_state_nor_code() {
    for (api, _) in APIS {
        for (words, message) in [(r#"{"error":"Non si può"}"#, "Non si può"), ("{}", "Richiesta non accolta")] {
            let mut bench = Bench::new(office(false));
            ask(&mut bench, (api, 1), &change());
            bench.answer("create", &status(409, words));
            let expected =
                json!({"response_code": "rejected", "file_status": null, "file_code": null, "message": message});
            assert_eq!(told(&bench), expected);
            assert_eq!(became(&bench, (api, 1), "refused"), 1);
        }
    }
}

/// Words that are too long are not told; the outcome is.
#[test]
fn words_that_break_their_bounds_are_replaced() {
    let long = json!({"error": "è".repeat(257)}).to_string();
    let mut bench = Bench::new(office(false));
    ask(&mut bench, (4, 1), &change());
    bench.answer("create", &status(409, &long));
    assert_eq!(told(&bench)["message"], "Richiesta non accolta");
    // The mapping's own: `IFS04.3.invalid`, `IFS05.3.invalid`, `IFS04.4.invalid`, `IFS05.4.invalid`.
    for (api, _) in APIS {
        let mut told_too_much = office(false);
        let report = told_too_much.operations.get("IFS04.4").unwrap().answer.clone();
        told_too_much.operations.get_mut(&format!("IFS0{api}.3")).unwrap().answer = report;
        let mut bench = Bench::new(told_too_much);
        ask(&mut bench, (api, 3), &taking_back("R1"));
        bench.answer("list", &list_of(&[file("R1", "acquired")]));
        bench.answer("cancel", &answer("{}"));
        assert_eq!(told(&bench)["message"], "Richiesta annullata");
        assert_eq!(bench.counts(&format!("settled_total;rule=IFS0{api}.3.invalid")), 1);
        let mut bench = Bench::new(office(false));
        ask(&mut bench, (api, 4), &reporting(json!({"tax_code": "RSSMRA80A01F205X"})));
        bench.answer("report", &answer("{}"));
        assert_eq!(told(&bench), json!({"file_status": "acquired", "message": "Richiesta acquisita"}));
        assert_eq!(bench.counts(&format!("settled_total;rule=IFS0{api}.4.invalid")), 1);
    }
}

fn reporting(person: Value) -> Value {
    json!({"subscriber_id": "1", "subscriber_name": "a", "subscriber_message": "b", "data_request": "2026-03-01",
        "personal_data": person})
}

/// A change whose code cannot be told was made all the same: nobody is told that it was not.
#[test]
fn a_code_that_cannot_be_told_is_no_outcome() {
    for (api, _) in APIS {
        for (id, breaks) in [(json!("9".repeat(65)), 0), (json!("9".repeat(257)), 1), (json!(null), 0), (json!({}), 1)]
        {
            let mut bench = Bench::new(office(false));
            ask(&mut bench, (api, 1), &change());
            bench.answer("create", &answer(&json!({"id": id}).to_string()));
            assert_eq!(common::code_of(&bench.body(503)), "legacy.outcome-unknown", "{id}");
            assert_eq!(bench.header("retry-after"), None);
            assert_eq!(became(&bench, (api, 1), "unknown"), 1);
            // `IFS04.1.invalid`, `IFS05.1.invalid`
            assert_eq!(bench.counts(&format!("settled_total;rule=IFS0{api}.1.invalid")), breaks, "{id}");
        }
    }
    // 64 characters can be asked for again.
    let mut bench = Bench::new(office(false));
    ask(&mut bench, (4, 1), &change());
    let code = "è".repeat(64);
    bench.answer("create", &answer(&json!({"id": code}).to_string()));
    assert_eq!(told(&bench)["file_code"], json!(code));
}

#[test]
fn ifs04_2_r1_with_a_code_one_request_without_all() {
    for (api, list) in APIS {
        let all = [file("R1", "acquired"), file("R2", "approved"), file("R3", "rejected")];
        for (asked, expected, others) in [
            (None, &all[..], 0),
            (Some("R2"), &all[1..2], 2),
            // T-31: nobody's and somebody else's are no request.
            (Some("R9"), &[][..], 3),
        ] {
            let mut bench = Bench::new(office(false));
            let body = match asked {
                Some(code) => taking_back(code),
                None => json!({"tax_code": "RSSMRA80A01F205X"}),
            };
            ask(&mut bench, (api, 2), &body);
            bench.answer("list", &list_of(&all));
            assert_eq!(told(&bench)[list], Value::from(expected));
            let label = if api == 4 { "IFS04.2-R1.another" } else { "IFS05.2-IFS04.2-R1.another" };
            assert_eq!(bench.counts(&format!("settled_total;rule={label}")), others, "{label}");
        }
        // A state that is no word of the contract's ends the answer: `IFS04.2.invalid`, `IFS05.2.invalid`.
        let mut bench = Bench::new(office(false));
        ask(&mut bench, (api, 2), &json!({"tax_code": "RSSMRA80A01F205X"}));
        bench.answer("list", &list_of(&[file("R1", "perhaps")]));
        assert_eq!(common::code_of(&bench.body(500)), "legacy.missing");
        assert_eq!(bench.counts(&format!("settled_total;rule=IFS0{api}.2.invalid")), 1);
    }
}
