//! Whatever the systems answer, the consumer gets an answer that keeps its schema, or a problem.
//!
//! Each operation of each pack is asked about persons, years and courses of the simulated university. Of the answers that
//! its systems give on the way some are changed, as chance has it: members dropped, named otherwise, of another type,
//! twice; texts and numbers that mean nothing; bodies cut, statuses of failures, calls that end without an answer. The
//! same seed makes the same changes.

mod change;
mod json;
mod markup;
mod rows;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::Instant;

use adapter_core::contract::{Operation, api_name, operations};
use adapter_core::{CallRequest, CallResult, Caller, Clock, Engine, Head, Plan, Resources, Response, Trust};
use fuzz::Chance;
use serde_json::{Value, json};
use shell::InMemory;
use university::oracle::Institute;
use university::{DEFAULT_TODAY, Population, Student};

use crate::configure::of_pack;
use crate::expect::show;
use crate::http::{Answer, Request};
use crate::in_order;
use crate::population::{PACKS, post};
use crate::scenario::REQUEST_ID;
use crate::schema::Documents;
use crate::suite::Suite;
use crate::systems::{self, Systems};

/// Cases of an operation in every run of the suite.
const CASES: u64 = 150;
/// What chance begins with.
const SEED: u64 = 20_260_301;
fn shown(calls: &[Call]) -> String {
    let shown = calls.iter().map(|(name, result, _)| match result {
        CallResult::Answer { status, headers, body } => format!("\n{name}: {status} {headers:?}\n{}", show(body)),
        other => format!("\n{name}: {other:?}"),
    });
    shown.collect()
}

/// Requests of an operation that the cases take in turn.
const REQUESTS: usize = 6;
/// Calls of a request in a walk: as few as lead to more than one student.
const WALK_CALLS: u64 = 25;
/// More calls than any request makes.
const MOST_CALLS: usize = 2_000;
/// Failures that are shown.
const SHOWN: usize = 5;
/// 2026-03-01T09:00:00Z: the day of the population.
const NOW_MS: i64 = 1_772_355_600_000;
/// Between two requests: longer than a session lasts, and than a system is left alone that refused a login.
const PAUSE_MS: u64 = 3_600_000;

/// What the consumer got, where that is right.
type Got = Result<Answer, String>;

/// Changes answers of every operation of every pack, so many times each.
pub fn run(suite: &mut Suite, cases: Option<u64>) {
    for (pack, institute) in PACKS {
        match Bench::new(suite, pack) {
            Ok(mut bench) => {
                for operation in bench.operations.clone() {
                    bench.of_operation(suite, institute, operation, cases.unwrap_or(CASES));
                }
            }
            Err(error) => suite.tally.fail(&format!("broken answers, {pack}"), [error]),
        }
    }
}

/// A pack with its systems.
struct Bench {
    pack: &'static str,
    operations: Vec<&'static Operation>,
    bundle: Vec<u8>,
    /// The same with few calls: for lists of students.
    of_walks: Vec<u8>,
    /// Names of members and elements that the mapping reads.
    read: Rc<Read>,
    /// The engine of the last request, if that was of a walk, too.
    engine: Option<(bool, Engine)>,
    tick_ms: u64,
    systems: Systems,
    /// What the systems answered, by what they were asked.
    said: BTreeMap<String, CallResult>,
}

/// Names that a mapping reads.
type Read = BTreeSet<String>;

/// What is done to the answers of one request: to the call of a place, what chance makes of a seed.
type Changes = BTreeMap<usize, u64>;

/// A call, what the engine was told of it, and whether that was changed.
type Call = (String, CallResult, bool);

/// How a request went.
struct Asked {
    got: Got,
    calls: Vec<Call>,
}

impl Bench {
    fn new(suite: &mut Suite, pack: &'static str) -> Result<Self, String> {
        let mut setting = of_pack(pack);
        // Nothing is kept from one request for another.
        setting.limits.insert("cache".to_owned(), 1);
        let simulator = suite.world.server(&setting.university).map_err(|e| e.to_string())?;
        simulator.set_rules(Vec::new());
        simulator.forget_writes();
        let clusters = suite.world.clusters(&setting).map_err(|e| e.to_string())?;
        let bundle = suite.bundles.bundle(&setting)?;
        setting.limits.insert("calls".to_owned(), WALK_CALLS);
        let of_walks = suite.bundles.bundle(&setting)?;
        let read = Rc::new(suite.bundles.names(&setting)?);
        let answered = suite.bundles.answered(&setting)?;
        let operations = operations().filter(|operation| answered.contains(operation.name)).collect();
        let said = BTreeMap::new();
        Ok(Self {
            pack,
            operations,
            bundle,
            of_walks,
            read,
            engine: None,
            tick_ms: 0,
            systems: Systems::new(clusters),
            said,
        })
    }

    fn of_operation(&mut self, suite: &mut Suite, institute: Institute, operation: &'static Operation, cases: u64) {
        let population = suite.world.population(&of_pack(self.pack).university);
        let requests = requests(institute, operation, &population);
        let (began, mut outcomes, mut wrong) = (Instant::now(), BTreeMap::<String, usize>::new(), Vec::new());
        let mut whole = Vec::new();
        for request in &requests {
            let asked = self.ask(request, &Changes::new());
            match asked.got {
                Ok(answer) if answer.status == 200 => whole.push((request, answer, asked.calls.len())),
                got => {
                    let told = got.map_or_else(|why| why, |answer| show(&answer.body));
                    wrong.push(format!("{}: unchanged: {told}{}", show(&request.body), shown(&asked.calls)));
                }
            }
        }
        for case in 0..cases {
            let place = usize::try_from(case).unwrap_or_default().checked_rem(whole.len()).unwrap_or_default();
            let Some((request, unchanged, calls)) = whole.get(place) else { break };
            let mut chance = Chance::new(SEED ^ case.wrapping_mul(0x9e37_79b9));
            let changes = changes(&mut chance, *calls);
            let asked = self.ask(request, &changes);
            let verdict = asked.got.and_then(|answer| judge(&suite.documents, request, &answer).map(|()| answer));
            match verdict {
                Ok(answer) => *outcomes.entry(outcome(&answer, unchanged)).or_default() += 1,
                Err(why) => wrong.push(self.told(suite, case, request, &changes, &why)),
            }
            if wrong.len() >= SHOWN {
                break;
            }
        }
        let ms = began.elapsed().as_millis();
        println!(
            "broken: {} {}: {} requests, {cases} cases in {ms} ms: {outcomes:?}",
            self.pack,
            operation.name,
            whole.len()
        );
        // Changes that change nothing would show nothing.
        let of = |kind: &str| outcomes.iter().filter(|(name, _)| name.starts_with(kind)).map(|(_, n)| n).sum::<usize>();
        // What is said of a change is the mapping's, but for a code.
        let others = operation.does.writes() || of("200 other") > 0;
        if wrong.is_empty() && cases >= CASES && !(others && of("5") > 0) {
            wrong.push(format!("no change had an effect: {outcomes:?}"));
        }
        let name =
            format!("broken answers to {} {} lead to an answer by the schema or a problem", self.pack, operation.name);
        suite.tally.verdict(&name, wrong);
    }

    /// Asks, and says how it went.
    fn ask(&mut self, request: &Request, changes: &Changes) -> Asked {
        let calls = RefCell::new(Vec::new());
        let outcome = catch_unwind(AssertUnwindSafe(|| self.exchange(request, changes, &calls)));
        let got = outcome.unwrap_or_else(|_| Err("it panics".to_owned()));
        Asked { got, calls: calls.into_inner() }
    }

    /// An engine for a request.
    fn engine(&mut self, walks: bool) -> Result<Engine, String> {
        if let Some((of_walks, engine)) = self.engine.take()
            && of_walks == walks
        {
            return Ok(engine);
        }
        let plan = Plan::load(if walks { &self.of_walks } else { &self.bundle }).map_err(|e| e.to_string())?;
        let resources = Resources {
            secret: &systems::secret,
            cursor_keys: systems::cursor_keys(),
            reference_key: Some(systems::KEY.to_owned()),
            ..Resources::default()
        };
        Engine::new(plan, Trust::Development, resources).map_err(|e| e.to_string())
    }

    fn exchange(&mut self, request: &Request, changes: &Changes, calls: &RefCell<Vec<Call>>) -> Got {
        let walks = request.target.starts_with("/ifs06/") || request.target.starts_with("/ifs07/");
        let mut engine = self.engine(walks)?;
        let read = Rc::clone(&self.read);
        self.tick_ms += PAUSE_MS;
        let clock = Clock { now_ms: NOW_MS, tick_ms: self.tick_ms };
        let head = Head {
            method: request.method.clone(),
            path: request.target.clone(),
            headers: request.headers.clone(),
            instance: REQUEST_ID.to_owned(),
            loopback: true,
            caller: Caller::Nobody,
        };
        let mut memory = InMemory::new(&mut engine, clock, |_, call| {
            let place = calls.borrow().len();
            assert!(place < MOST_CALLS, "it calls and calls");
            let (name, limit) = (format!("{} {} {}", call.name, call.method, call.path), call.body_limit);
            let mut result = self.system(call);
            if let Some(seed) = changes.get(&place) {
                change::change(&mut Chance::new(*seed), &read, &mut result);
                if matches!(&result, CallResult::Answer { body, .. } if body.len() > limit) {
                    result = CallResult::TooLarge;
                }
            }
            calls.borrow_mut().push((name, result.clone(), changes.contains_key(&place)));
            result
        });
        memory.ask(head, request.body.clone());
        let mut replies = std::mem::take(&mut memory.replies);
        let Response { status, headers, body } = replies.pop().ok_or("it gives no answer")?;
        if !replies.is_empty() {
            return Err("it answers more than once".to_owned());
        }
        let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        self.engine = Some((walks, engine));
        Ok(Answer { status, headers, body })
    }

    /// What a system answers; it is asked once.
    fn system(&mut self, call: CallRequest) -> CallResult {
        let key = format!("{} {} {} {:?} {:?}", call.cluster, call.method, call.path, call.headers, call.body);
        self.said.entry(key).or_insert_with(|| in_order::make(&self.systems, call)).clone()
    }

    /// A case that does not hold, with the one change that is enough for it, if one is.
    fn told(&mut self, suite: &Suite, case: u64, request: &Request, changes: &Changes, why: &str) -> String {
        let mut least = (changes.clone(), why.to_owned());
        for (place, seed) in changes {
            let one = Changes::from([(*place, *seed)]);
            let asked = self.ask(request, &one);
            let verdict = asked.got.and_then(|answer| judge(&suite.documents, request, &answer));
            if let Err(why) = verdict {
                least = (one, why);
                break;
            }
        }
        let asked = self.ask(request, &least.0);
        let changed: Vec<Call> = asked.calls.into_iter().filter(|(.., changed)| *changed).collect();
        format!("case {case}: {}: {}{}", show(&request.body), least.1, shown(&changed))
    }
}

/// Requests of an operation that are answered well: those with the longest answers, and others.
fn requests(institute: Institute, operation: &Operation, population: &Population) -> Vec<Request> {
    let target = format!("/{}{}", api_name(operation.id.api()).to_ascii_lowercase(), operation.path);
    if matches!(operation.id.api(), 4 | 5) {
        return corrections(operation, population).iter().map(|body| post(&target, body)).collect();
    }
    let Some(oracle) = institute.operation(operation.name) else {
        // A list of students.
        let filters: &[Value] = match operation.name {
            "IFS07.1" => &[json!({}), json!({ "sync_mode": "incremental" }), json!({ "academic_system": "old" })],
            _ => &[json!({})],
        };
        return filters.iter().map(|body| post(&target, body)).collect();
    };
    let questions = oracle.questions(population, DEFAULT_TODAY);
    let mut known: Vec<(usize, Request)> = questions
        .iter()
        .filter_map(|question| match oracle.expected(population, question, DEFAULT_TODAY)? {
            university::oracle::Expected::Answer(bytes) => Some((bytes.len(), post(&target, &question.body()))),
            _ => None,
        })
        .collect();
    known.sort_by_key(|(length, _)| std::cmp::Reverse(*length));
    let step = known.len().div_ceil(REQUESTS).max(1);
    let longest = known.iter().take(REQUESTS / 2);
    let spread = known.iter().step_by(step).skip(1).take(REQUESTS / 2);
    longest.chain(spread).map(|(_, request)| request.clone()).collect()
}

/// Requests of IFS04 and IFS05: what the first of them asks for the third takes back.
fn corrections(operation: &Operation, population: &Population) -> Vec<Value> {
    let kind = if operation.id.api() == 4 { "ISCR" } else { "TIT" };
    let of = |student: &Student| {
        let (code, number) = (student.tax_code(), student.person_id);
        match operation.name.rsplit('.').next() {
            Some("1") => json!({ "tax_code": code, "note": "Il corso è un altro" }),
            Some("2") => json!({ "tax_code": code }),
            Some("3") => json!({ "tax_code": code, "file_code": format!("{kind}-{number}-1") }),
            _ => json!({
                "subscriber_id": "1", "subscriber_name": "Comune", "subscriber_message": "Un altro corso",
                "data_request": "2026-03-01", "personal_data": { "tax_code": code },
            }),
        }
    };
    population.students().iter().take(REQUESTS).map(of).collect()
}

/// One call's answer is changed, or those of a few.
fn changes(chance: &mut Chance, calls: usize) -> Changes {
    let many = if chance.once_in(4) { 2 + chance.below(3) } else { 1 };
    let place = |chance: &mut Chance| {
        // Logins come first, and everything else behind them.
        let first = usize::from(calls > 1 && !chance.once_in(8));
        first + chance.below(calls - first)
    };
    (0..many).map(|_| (place(chance), chance.bits())).collect()
}

fn judge(documents: &Documents, request: &Request, answer: &Answer) -> Result<(), String> {
    let told = |why: String| Err(format!("{} {}: {why}", answer.status, show(&answer.body)));
    if !matches!(answer.status, 200 | 400 | 500 | 503) {
        return told("no status of such an answer".to_owned());
    }
    if let Some(wrong) = documents.answer(request, answer).pop() {
        return told(wrong);
    }
    let text = String::from_utf8_lossy(&answer.body).to_lowercase();
    let leaks = |text: &str| text.contains(&change::MARK.to_lowercase());
    if answer.status != 200 && leaks(&text) || answer.headers.iter().any(|(_, value)| leaks(&value.to_lowercase())) {
        return told("what a system answered stands in a failure or a header".to_owned());
    }
    if let Some(wait) = answer.header("retry-after")
        && !wait.parse::<u32>().is_ok_and(|seconds| seconds <= 86_400)
    {
        return told(format!("retry-after {wait}"));
    }
    Ok(())
}

/// A kind of answer, for the counts.
fn outcome(answer: &Answer, unchanged: &Answer) -> String {
    if answer.status == 200 {
        return if answer.body == unchanged.body { "200 same" } else { "200 other" }.to_owned();
    }
    let problem: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let code = problem["type"].as_str().and_then(|kind| kind.rsplit(':').next()).unwrap_or_default();
    format!("{} {code}", answer.status)
}
