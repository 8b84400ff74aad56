//! `ifs plan`: what a night costs, and when that is too much.

// Test tooling over data of its own: a panic is a failing test.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

fn plan(pack: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    let pack = Path::new(env!("CARGO_MANIFEST_DIR")).join("../mappings").join(pack);
    let out = Command::new(env!("CARGO_BIN_EXE_ifs")).arg("plan").arg(pack).args(arguments).output().unwrap();
    (out.status.code(), String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap())
}

fn holds(told: &str, parts: &[&str]) {
    for part in parts {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn a_night_is_reckoned_from_the_mapping_and_the_number_of_students() {
    let (code, told, _) = plan("esse3-rest", &["--students", "30000", "--titles", "9000", "--calls", "years=1.4"]);
    assert_eq!(code, Some(0), "{told}");
    // 30,000 students on pages of 100 in a list of pages of 100; two calls for each, and 1.4 for the years.
    holds(
        &told,
        &["300 pages of 100 students (its `page`)", "301 calls and 598 again", "careers 1, people 1, years 1.4"],
    );
    holds(&told, &["  at most           103,499 calls\n", "  IFS02.1           6 calls: careers 1, "]);
    // Everybody once, on pages of 100.
    holds(&told, &["index by key\n", "301 calls, each time it is built"]);
    // A page of courses has no more of them than `page` says.
    holds(&told, &["  IFS01.1           257 calls: offer 1, full 256\n"]);
    // What was said is not assumed.
    assert!(told.contains("--calls exams=3") && !told.contains("years=3"), "{told}");
    // A list that can only be read whole is read for each page.
    let (_, told, _) = plan("afam-table", &["--students", "900"]);
    holds(&told, &["9 pages of 100 students", "1 call and 8 again: it is read whole"]);
    // What has no index costs none.
    assert!(!told.contains("index by key"), "{told}");
}

#[test]
fn a_walk_that_outlives_a_day_is_refused_and_so_is_what_is_above_a_budget() {
    let (code, told, _) = plan("esse3-soap", &["--students", "100", "--titles", "300000"]);
    assert_eq!(code, Some(1));
    holds(
        &told,
        &["too much: IFS07.1 needs 3,000 pages and a day has 1,440", "`page: 209` or more in the walk `graduates`"],
    );
    let (code, told, _) = plan("esse3-rest", &["--students", "100", "--titles", "300000"]);
    assert_eq!(code, Some(1));
    holds(&told, &["(`limits.calls` ends them)", "`limits: { calls: 16"]);
    // A slow system ends pages before they are full.
    let (code, told, _) = plan("esse3-soap", &["--students", "90000", "--titles", "1", "--latency", "900"]);
    assert_eq!(code, Some(1));
    holds(&told, &["(`limits.deadline` ends them)", "a longer `limits.deadline`"]);
    let budget = |budgets: &[&str]| {
        let budgets = budgets.iter().flat_map(|budget| ["--budget", budget]);
        plan("esse3-soap", &["--students", "1000"].into_iter().chain(budgets).collect::<Vec<_>>())
    };
    assert_eq!(budget(&["4000", "IFS06.1=2000", "ifs02.1=1"]).0, Some(0));
    let (code, told, _) = budget(&["400", "IFS06.1=200", "IFS02.1=0"]);
    assert_eq!(code, Some(1));
    holds(
        &told,
        &[
            "too much: the night costs ",
            "too much: a walk of IFS06.1 costs ",
            "too much: a request of IFS02.1 costs 1 call",
        ],
    );
}

#[test]
fn what_cannot_be_reckoned_is_said() {
    for (arguments, why) in [
        (["--calls", "yeers=2"], "the mapping has no call `yeers`; it has "),
        (["--rows", "IFS02.1=2"], "IFS02.1 walks nothing; these do: IFS06.1, IFS07.1"),
        (["--budget", "IFS05.9=2"], "the mapping does not answer IFS05.9"),
        (["--calls", "years"], "--calls years: it is a name, `=` and a number"),
    ] {
        let (code, _, told) = plan("esse3-rest", &["--students", "10", arguments[0], arguments[1]]);
        assert_eq!(code, Some(2), "{told}");
        holds(&told, &[why]);
    }
}
