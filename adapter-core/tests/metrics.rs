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
use std::path::Path;

use adapter_core::Plan;
use adapter_core::bundle::{Bundle, SystemIndex, seal};
use adapter_core::contract::{self, Effect, Rule};
use adapter_core::counter::{Became, Counter, Ended, KeyGauge, Kind, Lookup, Session, Target, configurations};
use adapter_core::problem::{CODES, Unread};
use adapter_core::value::DecodeError;
use common::{Bench, bundle};

const STUDENT: &str = r#"{"tax_code":"RSSMRA80A01F205X"}"#;

/// What may become of a change.
const BECAME: [Became; 7] = [
    Became::Accepted,
    Became::Rejected,
    Became::Refused,
    Became::NotSent,
    Became::Repeated,
    Became::Failed,
    Became::Unknown,
];

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
        "a call to a system ends, a login too. One that closes a session is not in it, nor a login that the steward gave up, nor one whose request was over first",
    ),
    (
        "ifs_adapter_unread_total",
        "institute, system, outcome",
        "answers",
        "a call fails because its answer is not understood; `outcome` says why: `charset` (a set that is not known), `bytes` \
         (none of its set), `nul`, `compressed`, `empty`, `html`, `ended` (too early), `syntax`, `surrogate` (half a \
         character), `duplicate`, `number`, `doctype`, `entity`, `prefix`, `tag`, `envelope`, `reference`, `head` and \
         `fields` (of CSV), `part` and `transfer` (of several parts), `root` (another than is read), `members` (none of what is read), `depth`, `full`, or `rule` (a failure rule cannot be decided)",
    ),
    (
        "ifs_adapter_settled_total",
        "institute, rule",
        "values, items",
        "a rule of the contract changes or drops something of an answer",
    ),
    (
        "ifs_adapter_changes_total",
        "institute, operation, outcome",
        "changes",
        "what became of a change (IFS04, IFS05) is known, or that nobody knows it: `accepted`, `rejected` (by the mapping, not \
         sent), `refused` (by the system), `not-sent` (may be asked for again), `repeated` (not sent, as the same is on its \
         way or its outcome is not known), `failed` (the system did not take it), or `unknown`",
    ),
    (
        "ifs_adapter_sessions_total",
        "institute, system, event",
        "sessions",
        "a session is `opened` by a request, `refused` to it or `expired`; or `kept` (opened or renewed), refused \
         (`kept-refused`) or `closed` by the steward",
    ),
    (
        "ifs_adapter_probes_total",
        "institute, system, result",
        "probes",
        "the steward has asked a system whether it is there, for `GET /status`: it is (`up`), or not (`down`). A login \
         of a system that is asked by its login counts",
    ),
    (
        "ifs_adapter_key_lookups_total",
        "institute, result",
        "requests",
        "a student is asked for by key and the mapping has an index: there is one (`found`), the key is nobody's \
         (`unknown`), or neither can be said (`not-yet`, answered 503)",
    ),
    (
        "ifs_adapter_key_index_state",
        "institute",
        "0, 1 or 2",
        "every five seconds: the index is not complete (0), too old to say whose key is nobody's (1), or fresh (2)",
    ),
    ("ifs_adapter_key_index_age_seconds", "institute", "s", "the same: since the complete index was begun"),
    ("ifs_adapter_key_index_students", "institute", "students", "the same: how many the complete index has"),
    (
        "ifs_adapter_key_index_left_out",
        "institute",
        "rows",
        "the same: rows of its lists without a tax code, or with a number in its place. Those students have no key",
    ),
    ("ifs_adapter_key_index_bytes", "institute", "bytes", "the same: of the complete index and of the next one"),
    (
        "ifs_adapter_key_index_building_students",
        "institute",
        "students",
        "the same: how many the next one has so far; 0 while none is made",
    ),
    (
        "ifs_adapter_key_index_failures_total",
        "institute, outcome, blame",
        "stretches",
        "a list that the index is made of cannot be read on; it is tried again, later each time. `outcome` is the \
         problem's code",
    ),
    ("ifs_adapter_cache_hits_total", "institute, system", "calls", "a call is not made, as its answer was kept"),
    (
        "ifs_adapter_calls_waited_total",
        "institute, system",
        "calls",
        "a call waits for its turn: as many as may be are in flight (`limits.at_once`), or Envoy has no room for another",
    ),
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
        "a consumer leaves, or a timer of Envoy ends the request, before it is answered and after its body was read",
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
        "ifs_adapter_uncounted_total",
        "institute",
        "times",
        "something is not counted: the filter has defined 1,024 series, or Envoy would not have one more",
    ),
    (
        "ifs_adapter_configurations_total",
        "result",
        "configurations",
        "a VM takes a configuration (`accepted`; each worker has a VM, the main thread two) or refuses it (`refused`)",
    ),
];

const ENDED: [Ended; 11] = [
    Ended::Ok,
    Ended::Status,
    Ended::Error,
    Ended::Unreachable,
    Ended::Reset,
    Ended::Protocol,
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
    let mut targets: Vec<Target> = contract::operations().map(Target::from).collect();
    targets.extend([Target::None, Target::Status(2)]);
    let mut all = vec![Counter::LateAnswers, Counter::BundleInfo, Counter::Uncounted];
    for target in targets {
        let problems = CODES.iter().map(|code| (code.status(), Some(*code))).chain([(200, None), (204, None)]);
        all.extend(problems.map(|(status, problem)| Counter::Answers { target, status, problem }));
        all.extend([Counter::Abandoned(target), Counter::RequestBytes(target), Counter::AnswerBytes(target)]);
        all.extend([Counter::Mapping(target), Counter::Waiting(target)]);
    }
    for system in [0, 9] {
        all.extend(ENDED.map(|ended| Counter::Calls { system: SystemIndex(system), ended }));
        let documents = DecodeError::ALL.map(Unread::Document);
        let unread = documents.into_iter().chain([Unread::Rule]);
        all.extend(unread.map(|why| Counter::Unread { system: SystemIndex(system), why }));
        all.extend(EVENTS.map(|event| Counter::Sessions { system: SystemIndex(system), event }));
        all.extend([
            Counter::Probes { system: SystemIndex(system), up: true },
            Counter::Probes { system: SystemIndex(system), up: false },
            Counter::CacheHits(SystemIndex(system)),
            Counter::CallsWaited(SystemIndex(system)),
            Counter::CallSentBytes(SystemIndex(system)),
            Counter::CallReceivedBytes(SystemIndex(system)),
        ]);
    }
    let changing = contract::OPERATIONS.iter().filter(|operation| operation.does.writes());
    let changes = changing.flat_map(|o| BECAME.map(|became| Counter::Changes { target: Target::from(*o), became }));
    all.extend(changes);
    all.extend([Lookup::Found, Lookup::Unknown, Lookup::NotYet].map(Counter::KeyLookups));
    all.extend(KeyGauge::ALL.map(Counter::KeyIndex));
    all.extend(CODES.iter().map(|code| Counter::KeyIndexFailures(*code)));
    all.extend(Effect::all().into_iter().map(Counter::Settled));
    // Whoever adds one adds it above too.
    for counter in &all {
        match counter {
            Counter::Answers { .. }
            | Counter::Calls { .. }
            | Counter::Settled(_)
            | Counter::Sessions { .. }
            | Counter::Unread { .. }
            | Counter::Probes { .. }
            | Counter::KeyLookups(_)
            | Counter::KeyIndex(_)
            | Counter::KeyIndexFailures(_)
            | Counter::CacheHits(_)
            | Counter::CallsWaited(_)
            | Counter::Changes { .. }
            | Counter::LateAnswers
            | Counter::Abandoned(_)
            | Counter::RequestBytes(_)
            | Counter::AnswerBytes(_)
            | Counter::CallSentBytes(_)
            | Counter::CallReceivedBytes(_)
            | Counter::Mapping(_)
            | Counter::Waiting(_)
            | Counter::BundleInfo
            | Counter::Uncounted => {}
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
                "api" => value == "none" || contract::api_named(value).is_some(),
                "operation" => ["none", "status"].contains(&value) || contract::operation(value).is_some(),
                "status" => {
                    ["200", "204"].contains(&value) || CODES.iter().any(|code| code.status().to_string() == value)
                }
                "outcome" if family == "ifs_adapter_changes_total" => {
                    BECAME.iter().any(|became| became.label() == value)
                }
                "outcome" if family == "ifs_adapter_calls_total" => [
                    "ok",
                    "status",
                    "error",
                    "unreachable",
                    "reset",
                    "protocol",
                    "timeout",
                    "overflow",
                    "truncated",
                    "too-large",
                    "no-cluster",
                ]
                .contains(&value),
                "outcome" if family == "ifs_adapter_unread_total" => {
                    value == "rule" || DecodeError::ALL.iter().any(|why| why.label() == value)
                }
                "outcome" => value == "ok" || codes.contains(value),
                "blame" => ["none", "request", "legacy", "mapping", "limit"].contains(&value),
                "system" => value == "none" || plan.systems().iter().any(|system| system.name == value),
                "rule" => Effect::all().into_iter().any(|effect| effect.label() == value),
                "event" => ["opened", "refused", "expired", "kept", "kept-refused", "closed"].contains(&value),
                "result" if family == "ifs_adapter_key_lookups_total" => {
                    ["found", "unknown", "not-yet"].contains(&value)
                }
                "result" => ["up", "down"].contains(&value),
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
            _ if family.starts_with("ifs_adapter_key_index_") => Kind::Gauge,
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

#[test]
fn the_page_says_what_the_code_says() {
    let mut families = String::from("\n| family | labels | unit | moves when |\n|---|---|---|---|\n");
    for (name, labels, unit, moves) in FAMILIES {
        writeln!(families, "| `{name}` | {labels} | {unit} | {moves} |").unwrap();
    }
    let mut rules = String::from("\n| rule | of | what it did |\n|---|---|---|\n");
    let all = Effect::all().into_iter().map(|effect| {
        let list = effect.rule().and_then(Rule::list).map_or("", |list| list.path);
        (effect.label(), list, effect.words())
    });
    let mut all: Vec<(String, &str, String)> = all.collect();
    all.sort();
    // Several rows may keep one rule.
    all.dedup();
    for (label, list, words) in all {
        let of = if list.is_empty() { String::new() } else { format!("`{list}`") };
        writeln!(rules, "| `{label}` | {of} | {words} |").unwrap();
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
