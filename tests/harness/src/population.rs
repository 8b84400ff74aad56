//! Every operation of every pack for all that there is to ask: each person of the population, and people whom nobody
//! knows; each academic year there is something for, and the ones before and after; each course. Each answer is held against the
//! oracle's, byte for byte, and packs of one university must say the same in all they say, problems included.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use adapter_core::contract::Operation;
use mapping_compiler::testfile::Layer;
use serde_json::{Value, json};
use university::oracle::{self, Expected, Institute};
use university::{DEFAULT_TODAY, Population, Server};
use xtask::envoy::{Envoy, Options};

use crate::configure::of_pack;
use crate::expect::show;
use crate::http::{self, Answer, Request};
use crate::native::Native;
use crate::reach;
use crate::scenario::{REQUEST_ID, Setting};
use crate::schema::Documents;
use crate::stand;
use crate::suite::Suite;
use crate::systems::Systems;

/// Requests in flight.
const PARALLEL: usize = 16;
const PATIENCE: Duration = Duration::from_secs(30);
/// Answers that differ are shown up to this many.
const SHOWN: usize = 5;
/// Logins that a walk through the population may cost: the steward's renewals, however slow the machine is.
const LOGINS: usize = 4;
/// How long the steward may take to open the first session.
const STEWARD: Duration = Duration::from_secs(20);

/// An operation of a pack, and what its answers must be.
struct Subject {
    pack: &'static str,
    operation: &'static Operation,
    oracle: &'static oracle::Operation,
}

/// A request and what it must be answered.
struct Asked {
    request: Request,
    expected: Expected,
}

/// The packs, and whose data they serve.
pub const PACKS: [(&str, Institute); 3] = [
    ("afam-table", Institute::Conservatory),
    ("esse3-rest", Institute::University),
    ("esse3-soap", Institute::University),
];

/// Packs of one university: what the first said the others must say.
const SAME: [&str; 2] = ["esse3-rest", "esse3-soap"];

const ENROLLMENTS: &str = "/ifs02/academic-enrollments";

/// Status and body by operation and request body.
type Said = BTreeMap<(&'static str, Vec<u8>), (u16, Vec<u8>)>;

impl Subject {
    /// All that there is to ask.
    fn asked(&self, population: &Population) -> Vec<Asked> {
        let target = format!("/ifs0{}{}", self.operation.id.api(), self.operation.path);
        let questions = self.oracle.questions(population, DEFAULT_TODAY);
        let asked = questions.iter().filter_map(|question| {
            let expected = self.oracle.expected(population, question, DEFAULT_TODAY)?;
            Some(Asked { request: post(&target, &question.body()), expected })
        });
        asked.collect()
    }
}

/// The operations that a pack answers: each joins by being served and mapped. The oracle must know it.
fn subjects(suite: &mut Suite, pack: &'static str, institute: Institute) -> Result<Vec<Subject>, String> {
    // Changes, and what has become of them, are played as stories.
    let mut operations = suite.bundles.operations(&of_pack(pack))?;
    operations.retain(|operation| !matches!(operation.id.api(), 4 | 5));
    let subject = |operation: &'static Operation| {
        let known = institute.operation(operation.name);
        let oracle = known.ok_or_else(|| format!("the oracle has no {} for {pack}", operation.name))?;
        Ok(Subject { pack, operation, oracle })
    };
    operations.into_iter().map(subject).collect()
}

/// Lower-case hex SHA-256.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    adapter_core::bundle::sha256_hex(bytes)
}

/// A request with a body.
#[must_use]
pub fn post(target: &str, body: &Value) -> Request {
    Request {
        method: "POST".to_owned(),
        target: target.to_owned(),
        authority: "ifs.test".to_owned(),
        headers: vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            ("x-request-id".to_owned(), REQUEST_ID.to_owned()),
        ],
        body: body.to_string().into_bytes(),
    }
}

/// IFS02.1 by tax code.
#[must_use]
pub fn by_tax_code(tax_code: &str) -> Request {
    post(ENROLLMENTS, &json!({ "tax_code": tax_code }))
}

/// In what an answer differs from the oracle's; none if in nothing.
#[must_use]
pub fn against_oracle(population: &Population, tax_code: &str, answer: &Answer) -> Option<String> {
    difference(&oracle::ifs02_1(population, tax_code, DEFAULT_TODAY), answer)
}

fn difference(expected: &Expected, answer: &Answer) -> Option<String> {
    let refused = |status: u16, code: &str| {
        let told = String::from_utf8_lossy(&answer.body).contains(&format!("urn:ifs-adapter:problem:{code}\""));
        (answer.status != status || !told)
            .then(|| format!("{} {}, not {status} {code}", answer.status, show(&answer.body)))
    };
    match expected {
        Expected::Unknown => refused(400, "request.unknown-student"),
        Expected::UnknownCourse => refused(400, "request.unknown-course"),
        Expected::TooLong => refused(500, "limit.answer-items"),
        Expected::Answer(bytes) => (answer.status != 200 || answer.body != *bytes)
            .then(|| format!("{} {}\noracle: {}", answer.status, show(&answer.body), show(bytes))),
    }
}

/// Runs it on layers (natively, one request after another; through Envoy, many at a time), and prints how often each rule
/// of the contract decided something.
pub fn run(suite: &mut Suite, layers: &[Layer], packs: &[String]) {
    let population = suite.world.population(&of_pack(PACKS[0].0).university);
    let mut all = Vec::new();
    for (pack, institute) in PACKS {
        match subjects(suite, pack, institute) {
            Ok(subjects) => all.push((pack, institute, subjects)),
            Err(error) => suite.tally.fail(&format!("population, {pack}"), [error]),
        }
    }
    for institute in [Institute::University, Institute::Conservatory] {
        let of = all.iter().filter(|(_, whose, _)| *whose == institute).flat_map(|(.., subjects)| subjects);
        let named: BTreeMap<&str, &Subject> = of.map(|subject| (subject.operation.name, subject)).collect();
        for subject in named.into_values() {
            rules(suite, institute, subject, &population);
        }
    }
    let mut said = Said::new();
    for (pack, _, subjects) in &all {
        if !packs.is_empty() && !packs.iter().any(|wanted| wanted == pack) {
            continue;
        }
        for layer in layers {
            if let Err(error) = of_one_pack(suite, *layer, pack, subjects, &population, &mut said) {
                suite.tally.fail(&format!("population, {pack} ({layer:?})"), [error]);
            }
        }
    }
}

/// Prints how often each rule of an operation decided something: for the university none may never have.
fn rules(suite: &mut Suite, institute: Institute, subject: &Subject, population: &Population) {
    let operation = subject.operation.name;
    let fired = subject.oracle.fired(population, DEFAULT_TODAY);
    let whose = if institute == Institute::Conservatory { " of the conservatory" } else { "" };
    for (rule, count) in fired.entries() {
        println!("rule  {operation}{whose}: {rule}: {count}");
    }
    // The conservatory is a small one: what it has no case for, the university has.
    if institute == Institute::Conservatory {
        return;
    }
    let never = fired.never().into_iter().map(|rule| format!("{rule} never decided anything")).collect::<Vec<_>>();
    suite.tally.verdict(&format!("every rule of {operation} decides something in the population"), never);
    let unreached = reach::unreached(subject.operation.id, &fired);
    suite.tally.verdict(&format!("what rules of {operation} can do, the oracle has done"), unreached);
}

fn of_one_pack(
    suite: &mut Suite,
    layer: Layer,
    pack: &'static str,
    subjects: &[Subject],
    population: &Population,
    said: &mut Said,
) -> Result<(), String> {
    let mut setting = of_pack(pack);
    if layer == Layer::Native {
        // Nothing is kept, so that what a request asks of the system is its own.
        setting.limits.insert("cache".to_owned(), 1);
    }
    let simulator = suite.world.server(&setting.university).map_err(|e| e.to_string())?;
    simulator.set_rules(Vec::new());
    simulator.clear();
    let mut front = Front::start(suite, layer, &setting)?;
    let sessions = pack == "esse3-soap";
    if sessions && layer == Layer::Envoy {
        session_is_open(&simulator)?;
    }
    let mut logins = 0;
    for subject in subjects {
        simulator.clear();
        let asked = subject.asked(population);
        let before = Instant::now();
        let answers = front.ask_all(&asked);
        let took = before.elapsed().as_secs_f64();
        logins += logins_of(&simulator);
        println!(
            "population: {pack} {}: {} requests in {took:.1} s, {} calls to the system",
            subject.operation.name,
            asked.len(),
            simulator.calls()
        );
        let wrong = judge(subject, &asked, answers, &suite.documents, said);
        let name = format!("{} answers of {pack} {} are the oracle's ({layer:?})", asked.len(), subject.operation.name);
        suite.tally.verdict(&name, shortened(wrong));
    }
    if sessions {
        println!("population: {pack}: {logins} logins more");
        let many = if logins > LOGINS { vec![format!("{logins} logins")] } else { Vec::new() };
        suite.tally.verdict(&format!("all requests of {pack} cost {LOGINS} logins at most ({layer:?})"), many);
    }
    suite.logs.extend(front.stop());
    Ok(())
}

/// Waits for the steward's first login, which comes soon after the start. A request that is earlier opens a session of
/// its own: none waits for another.
fn session_is_open(simulator: &Server) -> Result<(), String> {
    let until = Instant::now() + STEWARD;
    while logins_of(simulator) == 0 {
        if Instant::now() > until {
            return Err("the steward opened no session".to_owned());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    // Its answer is on the way.
    std::thread::sleep(Duration::from_millis(200));
    Ok(())
}

fn logins_of(simulator: &Server) -> usize {
    let login = |body: &[u8]| body.windows(10).any(|window| window == b"fn_dologin");
    simulator.seen().iter().filter(|call| login(&call.body)).count()
}

fn judge(
    subject: &Subject,
    asked: &[Asked],
    answers: Vec<Result<Answer, String>>,
    documents: &Documents,
    said: &mut Said,
) -> Vec<String> {
    let mut wrong = Vec::new();
    for (asked, answer) in asked.iter().zip(answers) {
        let request = String::from_utf8_lossy(&asked.request.body);
        match answer {
            Ok(answer) => {
                wrong.extend(difference(&asked.expected, &answer).map(|text| format!("{request}\n{text}")));
                let by_schema = documents.answer(&asked.request, &answer);
                wrong.extend(by_schema.into_iter().map(|text| format!("{request}\n{text}")));
                if SAME.contains(&subject.pack) {
                    let this = (answer.status, answer.body);
                    let first = said
                        .entry((subject.operation.name, asked.request.body.clone()))
                        .or_insert_with(|| this.clone());
                    if *first != this {
                        wrong.push(format!("{request}: {} said {} {}", SAME[0], first.0, show(&first.1)));
                    }
                }
            }
            Err(failure) => wrong.push(format!("{request}: no whole answer: {failure}")),
        }
    }
    wrong
}

fn shortened(mut wrong: Vec<String>) -> Vec<String> {
    let count = wrong.len();
    if count > SHOWN {
        wrong.truncate(SHOWN);
        wrong.push(format!("… and {} more", count - SHOWN));
    }
    wrong
}

/// What answers.
enum Front {
    Native(Box<Native>),
    Envoy(Box<Envoy>),
}

impl Front {
    fn start(suite: &mut Suite, layer: Layer, setting: &Setting) -> Result<Self, String> {
        let bundle = suite.bundles.bundle(setting)?;
        let mut clusters = suite.world.clusters(setting).map_err(|e| e.to_string())?;
        if layer == Layer::Native {
            let now_ms =
                i64::try_from(setting.moment()?.unix_timestamp_nanos() / 1_000_000).map_err(|e| e.to_string())?;
            let plugin = stand::plugin(setting, &bundle)?;
            let native = Native::new(plugin.as_bytes(), now_ms, Arc::new(Systems::new(clusters)))?;
            return Ok(Self::Native(Box::new(native)));
        }
        let built = suite.built.as_ref().ok_or("the filter was not built")?;
        // One connection for both workers: calls must wait for it, however many there are, and none may be refused.
        clusters.iter_mut().for_each(|cluster| cluster.connections = 1);
        let config = stand::config(&built.path, setting, &bundle, clusters)?;
        let envoy = Envoy::start(config, &Options::named("population")).map_err(|e| e.to_string())?;
        Ok(Self::Envoy(Box::new(envoy)))
    }

    fn ask_all(&mut self, asked: &[Asked]) -> Vec<Result<Answer, String>> {
        match self {
            Self::Native(native) => asked.iter().map(|asked| native.exchange(&asked.request)).collect(),
            Self::Envoy(envoy) => {
                let (next, answers) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
                std::thread::scope(|scope| {
                    for _ in 0..PARALLEL {
                        scope.spawn(|| {
                            loop {
                                let place = next.fetch_add(1, Ordering::Relaxed);
                                let Some(asked) = asked.get(place) else { break };
                                let answer = http::send(envoy.addr(), &asked.request, PATIENCE, usize::MAX);
                                if let Ok(mut answers) = answers.lock() {
                                    answers.insert(place, answer.map_err(|failure| format!("{failure:?}")));
                                }
                            }
                        });
                    }
                });
                answers.into_inner().unwrap_or_default().into_values().collect()
            }
        }
    }

    fn stop(self) -> Option<PathBuf> {
        match self {
            Self::Native(_) => None,
            Self::Envoy(envoy) => Some(envoy.stop()),
        }
    }
}
