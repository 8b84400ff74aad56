//! Names and labels of what is measured: each of a closed set, and as `docs/metrics.md` says.
//! `UPDATE_DOCS=1 cargo test -p adapter-core --test metrics` writes the tables there.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test"
)]

mod common;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use adapter_core::bundle::{Bundle, SystemIndex, seal};
use adapter_core::counter::{Counter, Ended, Kind, Session, Target, configurations};
use adapter_core::problem::CODES;
use adapter_core::{Plan, contract};
use common::{Bench, bundle};

const STUDENT: &str = r#"{"tax_code":"RSSMRA80A01F205X"}"#;

/// Family, its labels, its unit, and when it moves.
const FAMILIES: &[(&str, &str, &str, &str)] = &[
    (
        "ifs_adapter_answers_total",
        "institute, api, operation, status, outcome, blame",
        "answers",
        "a request is answered by the filter, `GET /status` and refusals too. What Envoy refuses itself is not in it",
    ),
    (
        "ifs_adapter_calls_total",
        "institute, system, outcome, blame",
        "calls",
        "a call to a system ends, a login too. One that closes a session is not in it, nor one whose request was over first",
    ),
    (
        "ifs_adapter_settled_total",
        "institute, rule",
        "values, items",
        "a rule of the contract changes or drops something of an answer",
    ),
    (
        "ifs_adapter_sessions_total",
        "institute, system, event",
        "sessions",
        "a session is `opened` by a request, `refused` to it or `expired`; or `kept` (opened or renewed), refused \
         (`kept-refused`) or `closed` by the steward",
    ),
    ("ifs_adapter_cache_hits_total", "institute, system", "calls", "a call is not made, as its answer was kept"),
    (
        "ifs_adapter_late_answers_total",
        "institute",
        "calls",
        "a request is over and a call of its is still in flight, or its answer comes later",
    ),
    (
        "ifs_adapter_abandoned_total",
        "institute, operation",
        "requests",
        "a consumer leaves, or a timer of Envoy ends the request, before it is answered",
    ),
    ("ifs_adapter_request_bytes_total", "institute, api", "bytes of bodies", "a request's body has been read"),
    ("ifs_adapter_answer_bytes_total", "institute, api", "bytes of bodies", "a request is answered by the filter"),
    (
        "ifs_adapter_call_sent_bytes_total",
        "institute, system",
        "bytes of bodies",
        "a call with a body is given to Envoy; a GET has none",
    ),
    ("ifs_adapter_call_received_bytes_total", "institute, system", "bytes of bodies", "an answer of a system is taken"),
    (
        "ifs_adapter_mapping_microseconds",
        "institute, operation",
        "µs of CPU a request",
        "a request whose body was read is answered: the time in the engine, over all its steps",
    ),
    (
        "ifs_adapter_waiting_milliseconds",
        "institute, operation",
        "ms a request",
        "the same: the time from its last byte to its answer, less the time in the engine",
    ),
    (
        "ifs_adapter_bundle_info",
        "institute, digest, contract, version",
        "1 or 0",
        "a bundle is taken (1), or another has taken its place (0)",
    ),
    (
        "ifs_adapter_configurations_total",
        "result",
        "configurations",
        "a VM takes a configuration (`accepted`; each worker has a VM, the main thread two) or refuses it (`refused`)",
    ),
];

/// Rules, and what each does.
const RULES: &[(&str, &str)] = &[
    ("IFS01.1-F3.no_istat_code", "`course_location` is no ISTAT code: sent all the same"),
    ("IFS01.1-F4.code_again", "several courses have one `degree_course_code`: all are sent"),
    ("IFS01.1-F4.duplicate", "a course stands twice: sent once"),
    ("IFS01.1.empty", "a course without any value: dropped"),
    ("IFS01.1.invalid", "a value breaks its member's constraint: counts as null"),
    ("IFS02.1-R1.tax_code", "the student is named by the tax code: nothing is wrong"),
    ("IFS02.1-R2.fallback", "there is no tax code: names, date and place of birth are sent"),
    ("IFS02.1-R3.class_null", "`degree_class_code` has no value: sent as null"),
    ("IFS02.1-R4.academic_year", "an enrolment without `academic_year`: dropped"),
    ("IFS02.1-R4.all_dropped", "R4 has dropped every enrolment of a student"),
    ("IFS02.1-R4.degree_course_code", "an enrolment without `degree_course_code`: dropped"),
    ("IFS02.1-R4.degree_course_year", "an enrolment without `degree_course_year`: dropped"),
    ("IFS02.1-R4.institute_code", "an enrolment without `institute_code`: dropped"),
    ("IFS02.1-R4.other", "an enrolment without another member that must be there: dropped"),
    ("IFS02.1-R4.programme_type_code", "an enrolment without `programme_type_code`: dropped"),
    ("IFS02.1-R4.status", "an enrolment without `status`: dropped"),
    ("IFS02.1-R5.incomplete_identity", "names, date or place of birth are missing: nothing of the student is sent"),
    ("IFS02.1-S1.duplicate", "an enrolment stands twice: sent once"),
    ("IFS02.1-S1.latest", "a later year of the same course is sent: dropped"),
    ("IFS02.1-S1.not_begun", "an academic year that has not begun: dropped"),
    ("IFS02.1-S1.tie", "another enrolment of the same course and year is sent: dropped"),
    ("IFS02.1-S1.window", "an academic year before the last three: dropped"),
    ("IFS02.1.invalid", "a value breaks its member's constraint: counts as null"),
    ("IFS02.1.invalid_identity", "a value of the identity breaks its member's constraint: counts as null"),
    ("IFS02.3-S1.no_learning", "a course none of whose activities is sent: dropped"),
    ("IFS02.3-S1.no_year", "an activity without an academic year: dropped"),
    ("IFS02.3-S1.not_begun", "an academic year that has not begun: dropped"),
    ("IFS02.3-S1.window", "an academic year before the last three: dropped"),
    ("IFS02.3-T13.incomplete_identity", "names, date or place of birth are missing: nothing of the student is sent"),
    ("IFS02.3-T14.fallback", "there is no tax code: names, date and place of birth are sent"),
    ("IFS02.3-T14.tax_code", "the student is named by the tax code: nothing is wrong"),
    ("IFS02.3.course_again", "several courses have one `degree_course_code`: all are sent"),
    ("IFS02.3.duplicate", "an activity stands twice: sent once"),
    ("IFS02.3.empty", "an item without any value: dropped"),
    ("IFS02.3.invalid", "a value breaks its member's constraint: counts as null"),
    ("IFS02.3.invalid_identity", "a value of the identity breaks its member's constraint: counts as null"),
];

const ENDED: [Ended; 9] = [
    Ended::Ok,
    Ended::Status,
    Ended::Error,
    Ended::Unreachable,
    Ended::Timeout,
    Ended::Overflow,
    Ended::Truncated,
    Ended::TooLarge,
    Ended::NoCluster,
];

const EVENTS: [Session; 6] =
    [Session::Opened, Session::Refused, Session::Expired, Session::Kept, Session::KeptRefused, Session::Closed];

fn plan(bundle: &Bundle) -> Plan {
    Plan::load(&seal(bundle).unwrap()).unwrap()
}

/// Every series there can be, but for numbers of systems.
fn all() -> Vec<Counter> {
    let mut targets: Vec<Target> = contract::served().map(Target::from).collect();
    targets.extend([Target::None, Target::Status(2)]);
    let mut all = vec![Counter::LateAnswers, Counter::BundleInfo];
    for target in targets {
        let problems = CODES.iter().map(|code| (code.status(), Some(*code))).chain([(200, None), (204, None)]);
        all.extend(problems.map(|(status, problem)| Counter::Answers { target, status, problem }));
        all.extend([Counter::Abandoned(target), Counter::RequestBytes(target), Counter::AnswerBytes(target)]);
        all.extend([Counter::Mapping(target), Counter::Waiting(target)]);
    }
    for system in [0, 9] {
        all.extend(ENDED.map(|ended| Counter::Calls { system: SystemIndex(system), ended }));
        all.extend(EVENTS.map(|event| Counter::Sessions { system: SystemIndex(system), event }));
        all.extend([
            Counter::CacheHits(SystemIndex(system)),
            Counter::CallSentBytes(SystemIndex(system)),
            Counter::CallReceivedBytes(SystemIndex(system)),
        ]);
    }
    all.extend(RULES.iter().map(|(rule, _)| Counter::Settled(rule)));
    // Whoever adds one adds it above too.
    for counter in &all {
        match counter {
            Counter::Answers { .. }
            | Counter::Calls { .. }
            | Counter::Settled(_)
            | Counter::Sessions { .. }
            | Counter::CacheHits(_)
            | Counter::LateAnswers
            | Counter::Abandoned(_)
            | Counter::RequestBytes(_)
            | Counter::AnswerBytes(_)
            | Counter::CallSentBytes(_)
            | Counter::CallReceivedBytes(_)
            | Counter::Mapping(_)
            | Counter::Waiting(_)
            | Counter::BundleInfo => {}
        }
    }
    all
}

fn parts(name: &str) -> (&str, Vec<(&str, &str)>) {
    let mut parts = name.split(';');
    (parts.next().unwrap(), parts.map(|part| part.split_once('=').unwrap()).collect())
}

#[test]
fn every_label_has_a_value_of_a_closed_set() {
    let plan = plan(&bundle());
    let codes: BTreeSet<&str> = CODES.iter().map(|code| code.as_str()).collect();
    let mut families = BTreeSet::new();
    for counter in all() {
        let name = counter.name(&plan);
        let (family, labels) = parts(&name);
        families.insert(family.to_owned());
        for (key, value) in labels {
            let known = match key {
                "institute" => value == plan.institute().code,
                "api" => ["none", "IFS01", "IFS02"].contains(&value),
                "operation" => ["none", "status"].contains(&value) || contract::operation(value).is_some(),
                "status" => {
                    ["200", "204"].contains(&value) || CODES.iter().any(|code| code.status().to_string() == value)
                }
                "outcome" if family == "ifs_adapter_calls_total" => [
                    "ok",
                    "status",
                    "error",
                    "unreachable",
                    "timeout",
                    "overflow",
                    "truncated",
                    "too-large",
                    "no-cluster",
                ]
                .contains(&value),
                "outcome" => value == "ok" || codes.contains(value),
                "blame" => ["none", "request", "legacy", "mapping", "limit"].contains(&value),
                "system" => value == "none" || plan.systems().iter().any(|system| system.name == value),
                "rule" => RULES.iter().any(|(rule, _)| *rule == value),
                "event" => ["opened", "refused", "expired", "kept", "kept-refused", "closed"].contains(&value),
                "digest" => value == plan.digest(),
                "contract" => value == plan.contract(),
                "version" => value == env!("CARGO_PKG_VERSION"),
                _ => false,
            };
            assert!(known, "{name}: {key}");
        }
    }
    let documented = FAMILIES.iter().map(|(family, ..)| (*family).to_owned());
    let documented: BTreeSet<String> = documented.filter(|f| f != "ifs_adapter_configurations_total").collect();
    assert_eq!(families, documented);
}

#[test]
fn a_name_has_the_labels_that_are_documented() {
    let plan = plan(&bundle());
    let own = [configurations(true), configurations(false)];
    for name in all().into_iter().map(|counter| counter.name(&plan)).chain(own) {
        let (family, labels) = parts(&name);
        let keys = labels.iter().map(|(key, _)| *key).collect::<Vec<_>>().join(", ");
        let documented = FAMILIES.iter().find(|(known, ..)| *known == family).unwrap();
        assert_eq!(keys, documented.1, "{name}");
    }
    assert_eq!(configurations(true), "ifs_adapter_configurations_total;result=accepted");
}

#[test]
fn what_has_one_key_has_one_name() {
    let plan = plan(&bundle());
    let all = all();
    for (at, one) in all.iter().enumerate() {
        for other in &all[..at] {
            if one.key() == other.key() {
                assert_eq!(one.name(&plan), other.name(&plan));
            }
        }
    }
}

#[test]
fn a_name_of_the_bundle_cannot_end_its_label() {
    let mut bundle = bundle();
    bundle.institute.code = format!("a;b=c\n\"é{}", "x".repeat(300));
    let name = Counter::LateAnswers.name(&plan(&bundle));
    let (_, labels) = parts(&name);
    assert_eq!(labels.len(), 1, "{name}");
    assert!(labels[0].1.starts_with("a_b_c___xxx") && labels[0].1.len() == 72, "{name}");
}

#[test]
fn kinds_are_told_by_the_name() {
    for counter in all() {
        let name = counter.name(&plan(&bundle()));
        let family = parts(&name).0;
        let kind = match family.rsplit('_').next().unwrap() {
            "total" => Kind::Counter,
            "info" => Kind::Gauge,
            _ => Kind::Histogram,
        };
        assert_eq!(counter.kind(), kind, "{family}");
    }
}

#[test]
fn bytes_are_those_of_the_bodies() {
    let mut bench = Bench::new(bundle());
    bench.ask("{}");
    assert_eq!(bench.counts("request_bytes_total;api=IFS02"), 2);
    assert_eq!(bench.counts("answer_bytes_total;api=IFS02"), u64::try_from(bench.body(400).len()).unwrap());
    let answers = "answers_total;api=IFS02;operation=IFS02.1;status=400;outcome=request.invalid;blame=request";
    assert_eq!(bench.counts(answers), 1);

    let mut bench = Bench::new(bundle());
    bench.ask(STUDENT);
    let calls = bench.sent();
    assert!(calls > 0);
    bench.answer_next(&common::answer("[]"));
    assert_eq!(bench.counts("call_received_bytes_total"), 2);
    assert_eq!(bench.counts("calls_total;outcome=ok;blame=none"), 1);
    assert!(!bench.counted("call_sent_bytes_total"), "a GET has no body");
    if !bench.is_over() {
        bench.abandon();
        assert_eq!(bench.counts("abandoned_total;operation=IFS02.1"), 1);
    }
}

/// The ids of rules that stand in the engine's text.
fn rules_of(folder: &Path, found: &mut BTreeSet<String>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            rules_of(&path, found);
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let words = text.split('"').filter(|word| word.starts_with("IFS0") && word.len() > 7);
        let rules = words.filter(|word| word.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)));
        found.extend(rules.map(str::to_owned));
    }
}

#[test]
fn every_rule_is_documented() {
    let mut found = BTreeSet::new();
    rules_of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/settle"), &mut found);
    let documented: BTreeSet<String> = RULES.iter().map(|(rule, _)| (*rule).to_owned()).collect();
    assert_eq!(found, documented);
    // And in the contract's tables, each at its rule.
    let mut labels: Vec<String> =
        contract::OPERATIONS.iter().flat_map(|o| o.rules().flat_map(|rule| rule.labels(o))).collect();
    labels.sort();
    assert_eq!(labels, documented.into_iter().collect::<Vec<_>>());
}

#[test]
fn the_page_says_what_the_code_says() {
    let mut families = String::from("\n| family | labels | unit | moves when |\n|---|---|---|---|\n");
    for (name, labels, unit, moves) in FAMILIES {
        writeln!(families, "| `{name}` | {labels} | {unit} | {moves} |").unwrap();
    }
    let mut rules = String::from("\n| rule | what it did |\n|---|---|\n");
    for (rule, did) in RULES {
        writeln!(rules, "| `{rule}` | {did} |").unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/metrics.md");
    let stands = std::fs::read_to_string(&path).unwrap();
    let mut wanted = stands.clone();
    for (name, table) in [("families", &families), ("rules", &rules)] {
        let (begin, end) = (format!("<!-- {name} -->\n"), format!("\n<!-- /{name} -->"));
        let (before, rest) = wanted.split_once(&begin).unwrap_or_else(|| panic!("docs/metrics.md lacks {begin}"));
        let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("docs/metrics.md lacks {end}"));
        wanted = [before, &begin, table, &end, after].concat();
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &wanted).unwrap();
        return;
    }
    assert!(
        stands == wanted,
        "docs/metrics.md is not what the code says; run UPDATE_DOCS=1 cargo test -p adapter-core --test metrics"
    );
}

/// Names of metrics and labels that a text of queries mentions.
fn mentioned(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_lowercase() && c != '_');
    words.filter(|word| word.starts_with("ifs_adapter_")).map(str::to_owned).collect()
}

#[test]
fn queries_ask_for_what_there_is() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for file in ["docs/metrics.md", "envoy/dashboard.json"] {
        let words = mentioned(&std::fs::read_to_string(root.join(file)).unwrap());
        assert!(words.len() > 8, "{file}: {words:?}");
        for word in words {
            let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| word.strip_suffix(end)).unwrap_or(&word);
            assert!(FAMILIES.iter().any(|(known, ..)| *known == family), "{file}: {word}");
        }
    }
}
