//! A request is taken back: only the student's own, and what state it has is said.

use super::*;

fn outcome(response: &str, state: Value, message: &str) -> Value {
    json!({"response_code": response, "file_status": state, "file_code": "R 1", "message": message})
}

#[test]
fn ifs04_3_r1_what_is_taken_back_is_cancelled() {
    for (api, _) in APIS {
        let mut bench = Bench::new(office(true));
        ask(&mut bench, (api, 3), &taking_back("R 1"));
        assert!(bench.only_call("list").path.contains("tax=RSSMRA80A01F205X"), "the list is read first");
        bench.answer("list", &list_of(&[file("R0", "approved"), file("R 1", "acquired")]));
        assert_eq!(bench.only_call("cancel").path, "/api/files/R%201");
        bench.answer("cancel", &status(204, ""));
        assert_eq!(told(&bench), outcome("approved", json!("cancelled"), "Richiesta annullata"));
        assert_eq!((became(&bench, (api, 3), "accepted"), bench.sent()), (1, 2));
    }
}

/// T-31: somebody else's request and nobody's are the same.
#[test]
fn what_is_not_the_students_is_not_sent() {
    for (api, _) in APIS {
        for files in [vec![], vec![file("R0", "acquired")], vec![file("r 1", "acquired")]] {
            let mut bench = Bench::new(office(false));
            ask(&mut bench, (api, 3), &taking_back("R 1"));
            bench.answer("list", &list_of(&files));
            assert_eq!(told(&bench), outcome("rejected", Value::Null, "Richiesta non trovata"));
            assert_eq!((became(&bench, (api, 3), "rejected"), bench.sent()), (1, 1));
        }
        // A list that is not understood, or has the code twice, is no list that has it not.
        for listed in [
            list_of(&[file("R 1", "acquired"), file("R 1", "cancelled")]),
            list_of(&[file("R 1", "perhaps")]),
            status(500, "{}"),
            CallResult::TimedOut,
            answer("{}"),
        ] {
            let mut bench = Bench::new(office(false));
            ask(&mut bench, (api, 3), &taking_back("R 1"));
            bench.answer("list", &listed);
            assert!(bench.status() >= 500, "{listed:?}");
            assert_eq!(bench.sent(), 1);
        }
    }
}

/// A refusal is told with the state the request has then, which may be why.
#[test]
fn a_refusal_says_the_state_of_then() {
    for (api, _) in APIS {
        for state in ["cancelled", "approved", "acquired"] {
            let mut bench = Bench::new(office(false));
            ask(&mut bench, (api, 3), &taking_back("R 1"));
            bench.answer("list", &list_of(&[file("R 1", "acquired")]));
            bench.answer("cancel", &status(409, r#"{"error":"Troppo tardi"}"#));
            bench.answer("list", &list_of(&[file("R 1", state)]));
            assert_eq!(told(&bench), outcome("rejected", json!(state), "Troppo tardi"));
            assert_eq!((became(&bench, (api, 3), "refused"), bench.sent()), (1, 3));
        }
    }
}

/// Nobody knows whether it was taken back: its state says so, if it is that.
#[test]
fn the_list_says_whether_it_was_taken_back() {
    for (api, _) in APIS {
        for (after, known) in [
            (list_of(&[file("R 1", "cancelled")]), true),
            (list_of(&[file("R 1", "acquired")]), false),
            (list_of(&[]), false),
            (CallResult::Unreachable, false),
            (status(500, "{}"), false),
        ] {
            let mut bench = Bench::new(office(true));
            ask(&mut bench, (api, 3), &taking_back("R 1"));
            bench.answer("list", &list_of(&[file("R 1", "acquired")]));
            bench.answer("cancel", &CallResult::TimedOut);
            bench.answer("list", &after);
            assert_eq!((bench.open(), bench.sent()), (0, 3), "it is not sent again");
            if known {
                assert_eq!(told(&bench), outcome("approved", json!("cancelled"), "Richiesta annullata"));
            } else {
                assert_eq!(common::code_of(&bench.body(503)), "legacy.outcome-unknown", "{after:?}");
            }
            assert_eq!(became(&bench, (api, 3), if known { "accepted" } else { "unknown" }), 1);
        }
    }
}
