//! What the filter tells a gateway's operator: metrics as Prometheus reads them, the access log, and the trace that goes
//! on to the systems. Requests of known outcome through a real Envoy with two workers, then one scrape.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use adapter_core::{Plan, contract, problem};
use serde_json::{Value, json};
use university::{Rule, Server};
use xtask::envoy::{Config, Envoy, Options};

use crate::configure::shipped;
use crate::http::{self, Answer, Failure, Request};
use crate::population::by_tax_code;
use crate::stand;
use crate::suite::Suite;

/// What the delayed answer waits for.
const DELAY: Duration = Duration::from_millis(600);
/// A bound of the buckets of the waiting time, milliseconds, that the delay is beyond.
const BELOW_DELAY: &str = "500";
/// No request of this test may need as much CPU in the engine, microseconds; a bound of the buckets.
const LITTLE: &str = "250000";
/// Longer than any timer of the shipped configuration.
const PATIENCE: Duration = Duration::from_secs(30);
/// Envoy sorts histograms every 5 s.
const FLUSH: Duration = Duration::from_secs(20);

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const STATE: &str = "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE";

/// Runs it.
pub fn run(suite: &mut Suite) {
    match all(suite) {
        Ok(verdicts) => verdicts.into_iter().for_each(|(name, wrong)| suite.tally.verdict(name, wrong)),
        Err(error) => suite.tally.fail("metrics", [error]),
    }
}

type Verdicts = Vec<(&'static str, Vec<String>)>;

fn all(suite: &mut Suite) -> Result<Verdicts, String> {
    let built = suite.built.as_ref().ok_or("the filter was not built")?;
    let setting = shipped();
    let bundle = suite.bundles.bundle(&setting)?;
    let plan = Plan::load(&bundle).map_err(|e| e.to_string())?;
    let simulator = suite.world.server(&setting.university).map_err(|e| e.to_string())?;
    let clusters = suite.world.clusters(&setting).map_err(|e| e.to_string())?;
    let person = suite.world.population(&setting.university).students()[0].tax_code().to_owned();
    let config = stand::config(&built.path, &setting, &bundle, clusters)?;
    let options = Options::named("metrics");
    let envoy = Envoy::start(Config { replaceable: true, ..config }, &options).map_err(|e| e.to_string())?;
    let mut test = Test { envoy, simulator: &simulator, person, asked: Vec::new() };
    test.simulator.set_rules(Vec::new());
    test.simulator.clear();

    let mut verdicts = vec![("metrics: a trace goes on to every call, and none is made up", test.traces()?)];
    let received = test.requests()?;
    let scraped = test.settled()?;
    verdicts.push(("metrics: answers are counted by operation, outcome and blame", test.answers(&scraped)));
    verdicts.push(("metrics: bytes add up", [received, test.bytes(&scraped)].concat()));
    verdicts.push(("metrics: calls, rules, kept answers and abandoned requests are counted", test.calls(&scraped)));
    verdicts.push(("metrics: waiting is told from mapping", test.times(&scraped)));
    verdicts.push(("metrics: every label is of a closed set, and none of a request", test.labels(&scraped, &plan)));
    verdicts.push(("access log: each line has its operation and outcome", test.access_log()?));

    let mut other = setting.clone();
    other.limits.insert("calls".to_owned(), 601);
    let bundles = [bundle, suite.bundles.bundle(&other)?];
    let plugins = [stand::plugin(&setting, &bundles[0])?, stand::plugin(&other, &bundles[1])?];
    verdicts.push(("metrics: the running bundle is told from those before it", test.bundles(&bundles, &plugins)?));
    simulator.set_rules(Vec::new());
    suite.logs.push(test.envoy.stop());
    Ok(verdicts)
}

/// One request, and what came of it.
struct Asked {
    id: String,
    sent: usize,
    /// None if the consumer left.
    answer: Option<Answer>,
    target: (&'static str, &'static str),
    outcome: &'static str,
}

struct Test<'t> {
    envoy: Envoy,
    simulator: &'t Server,
    person: String,
    asked: Vec<Asked>,
}

/// API and operation of most requests here.
const ENROLLMENTS: (&str, &str) = ("IFS02", "IFS02.1");

impl Test<'_> {
    fn ask(&mut self, mut request: Request, target: (&'static str, &'static str), outcome: &'static str) -> Answer {
        let id = format!("metrics-{}", self.asked.len());
        request.headers.retain(|(name, _)| name != "x-request-id");
        request.headers.push(("x-request-id".to_owned(), id.clone()));
        let patience = if outcome.is_empty() { Duration::from_millis(700) } else { PATIENCE };
        let answer = http::send(self.envoy.addr(), &request, patience, usize::MAX);
        let answer = match answer {
            Err(Failure::TimedOut) if outcome.is_empty() => None,
            answer => Some(answer.unwrap_or_else(|_| Answer { status: 0, headers: Vec::new(), body: Vec::new() })),
        };
        let given = answer.clone().unwrap_or_else(|| Answer { status: 0, headers: Vec::new(), body: Vec::new() });
        self.asked.push(Asked { id, sent: request.body.len(), answer, target, outcome });
        given
    }

    /// Two good answers, the second of which finds kept answers, from whichever worker.
    fn traces(&mut self) -> Result<Vec<String>, String> {
        let mut wrong = Vec::new();
        let mut traced = by_tax_code(&self.person);
        traced.headers.push(("traceparent".to_owned(), PARENT.to_owned()));
        traced.headers.push(("tracestate".to_owned(), STATE.to_owned()));
        self.ask(traced, ENROLLMENTS, "ok");
        let has = |name: &str, value: &str, headers: &[(String, String)]| {
            headers.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_str()).eq([value])
        };
        let calls = self.simulator.seen();
        if calls.is_empty() || !calls.iter().all(|c| has("traceparent", PARENT, &c.headers)) {
            wrong.push(format!("of {} calls some lack the traceparent", calls.len()));
        }
        if !calls.iter().all(|c| has("tracestate", STATE, &c.headers)) {
            wrong.push("some calls lack the tracestate".to_owned());
        }
        self.simulator.clear();
        let mut malformed = by_tax_code(&self.person);
        malformed.headers.push(("traceparent".to_owned(), PARENT.to_uppercase()));
        self.ask(malformed, ENROLLMENTS, "ok");
        let calls = self.simulator.seen();
        let any = |name: &str| calls.iter().any(|c| c.headers.iter().any(|(n, _)| n == name));
        if calls.is_empty() || any("traceparent") || any("tracestate") {
            wrong.push("a call has a trace that the request did not bring".to_owned());
        }
        self.simulator.clear();
        Ok(wrong)
    }

    /// One request for each outcome; says what is wrong with the bytes received.
    fn requests(&mut self) -> Result<Vec<String>, String> {
        let person = by_tax_code(&self.person);
        self.ask(Request { body: br#"{"tax_code":"x"}"#.to_vec(), ..person.clone() }, ENROLLMENTS, "request.invalid");

        // Every call is answered with two bytes.
        let before = self.scrape()?;
        self.simulator.set_rules(rule(json!({}), json!({ "status": 200, "body": [] })));
        self.ask(person.clone(), ENROLLMENTS, "request.unknown-student");
        let received = [("system", "esse3")];
        let grown = self.scrape()?.sum("call_received_bytes_total", &received)
            - before.sum("call_received_bytes_total", &received);
        let calls = self.simulator.calls();
        let mut wrong = Vec::new();
        if calls == 0 || grown != (calls * 2) as f64 {
            wrong.push(format!("{calls} calls brought 2 bytes each, and {grown} were counted"));
        }

        self.simulator.set_rules(rule(json!({}), json!({ "fault": "reset" })));
        self.ask(person.clone(), ENROLLMENTS, "legacy.reset");
        // An enrolment of long ago is outside the window, whatever else is in it.
        let old = json!([{ "aaIscrId": 1990, "staIscrCod": "A" }]);
        let years = json!({ "path": "/e3rest/api/carriere-service-v1/carriere/*/iscrizioni" });
        self.simulator.set_rules(rule(years, json!({ "status": 200, "body": old })));
        for _ in 0..2 {
            self.ask(person.clone(), ENROLLMENTS, "ok");
        }
        let careers = json!({ "query": { "codFis": self.person } });
        let delay = u64::try_from(DELAY.as_millis()).unwrap_or(u64::MAX);
        self.simulator.set_rules(rule(careers, json!({ "delay_ms": delay })));
        self.ask(person.clone(), ENROLLMENTS, "ok");
        self.simulator.set_rules(rule(json!({}), json!({ "fault": "hang" })));
        self.ask(person.clone(), ENROLLMENTS, "");
        self.simulator.set_rules(Vec::new());
        let nowhere = Request { target: "/ifs02/nowhere".to_owned(), ..person.clone() };
        self.ask(nowhere, ("none", "none"), "request.path");
        let get = |target: &str| Request {
            method: "GET".to_owned(),
            target: target.to_owned(),
            body: Vec::new(),
            ..person.clone()
        };
        self.ask(get("/ifs02/academic-enrollments"), ENROLLMENTS, "request.method");
        self.ask(get("/ifs02/status"), ("IFS02", "status"), "ok");
        self.ask(Request { body: vec![b' '; 100_000], ..person }, ENROLLMENTS, "limit.body");
        Ok(wrong)
    }

    fn scrape(&self) -> Result<Scraped, String> {
        let answer = xtask::http::get(self.envoy.admin(), "/stats/prometheus", PATIENCE).map_err(|e| e.to_string())?;
        Ok(Scraped::read(&answer.text()))
    }

    /// The requests whose bodies were read, and that were answered: what the histograms hold.
    fn timed(&self) -> usize {
        self.asked.iter().filter(|a| a.mapped() && a.answer.is_some()).count()
    }

    /// A scrape after Envoy has sorted its histograms.
    fn settled(&self) -> Result<Scraped, String> {
        let until = Instant::now() + FLUSH;
        loop {
            let scraped = self.scrape()?;
            let sorted = scraped.sum("waiting_milliseconds_count", &[]) >= self.timed() as f64
                && scraped.sum("abandoned_total", &[]) >= 1.0;
            if sorted || Instant::now() > until {
                return Ok(scraped);
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    fn answers(&self, scraped: &Scraped) -> Vec<String> {
        let mut wanted: BTreeMap<Labels, usize> = BTreeMap::new();
        let mut wrong = Vec::new();
        for asked in &self.asked {
            let Some(answer) = &asked.answer else { continue };
            let told = String::from_utf8_lossy(&answer.body).contains(asked.outcome);
            if answer.status == 0 || (asked.outcome != "ok" && !told) || (asked.outcome == "ok" && answer.status > 204)
            {
                wrong.push(format!("{}: {} and not {}", asked.id, answer.status, asked.outcome));
            }
            let blame = asked.outcome.split_once('.').map_or("none", |(family, _)| family);
            let status = answer.status.to_string();
            let (api, operation) = asked.target;
            let labels = [
                ("institute", shipped_institute()),
                ("api", api),
                ("operation", operation),
                ("status", &status),
                ("outcome", asked.outcome),
                ("blame", blame),
            ];
            *wanted.entry(labels_of(&labels)).or_default() += 1;
        }
        let counted: BTreeMap<Labels, usize> =
            scraped.family("answers_total").map(|sample| (sample.labels.clone(), sample.value as usize)).collect();
        if counted != wanted {
            wrong.push(format!("counted {counted:#?}\nand not {wanted:#?}"));
        }
        wrong
    }

    fn bytes(&self, scraped: &Scraped) -> Vec<String> {
        let sent: usize = self.asked.iter().filter(|a| a.mapped()).map(|a| a.sent).sum();
        let answered = |api: &str| -> usize {
            let of = self.asked.iter().filter(|a| a.target.0 == api);
            of.filter_map(|a| a.answer.as_ref()).map(|a| a.body.len()).sum()
        };
        let mut wrong = Vec::new();
        for (family, labels, wanted) in [
            ("request_bytes_total", ("api", "IFS02"), sent),
            ("answer_bytes_total", ("api", "IFS02"), answered("IFS02")),
            ("answer_bytes_total", ("api", "none"), answered("none")),
        ] {
            let counted = scraped.sum(family, &[labels]);
            if counted != wanted as f64 {
                wrong.push(format!("{family} {labels:?}: {counted}, and not {wanted}"));
            }
        }
        wrong
    }

    fn calls(&self, scraped: &Scraped) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut check = |what: &str, holds: bool, value: f64| {
            if !holds {
                wrong.push(format!("{what}: {value}"));
            }
        };
        let calls = |outcome: &str| scraped.sum("calls_total", &[("system", "esse3"), ("outcome", outcome)]);
        check("calls that went well", calls("ok") >= 10.0, calls("ok"));
        check("calls that were reset", calls("reset") >= 1.0, calls("reset"));
        let blamed = scraped.sum("calls_total", &[("outcome", "reset"), ("blame", "legacy")]);
        check("calls that were reset, blamed on the system", blamed == calls("reset"), blamed);
        let others = scraped.sum("calls_total", &[]) - calls("ok") - calls("reset");
        check("calls that ended otherwise", others == 0.0, others);
        // The same student twice: what the rule dropped is an even number.
        let dropped = scraped.sum("settled_total", &[("rule", "IFS02.1-S1.window")]);
        check("rows outside the window", dropped >= 2.0, dropped);
        let kept = scraped.sum("cache_hits_total", &[("system", "esse3")]);
        check("kept answers", kept >= 1.0, kept);
        let abandoned = scraped.sum("abandoned_total", &[("operation", "IFS02.1")]);
        check("abandoned requests", abandoned == 1.0, abandoned);
        wrong
    }

    fn times(&self, scraped: &Scraped) -> Vec<String> {
        let of = |family: &str, labels: &[(&str, &str)]| {
            let all: Vec<(&str, &str)> = [("operation", "IFS02.1")].iter().chain(labels).copied().collect();
            scraped.sum(family, &all)
        };
        let mut wrong = Vec::new();
        for family in ["waiting_milliseconds", "mapping_microseconds"] {
            let count = of(&format!("{family}_count"), &[]);
            if count != self.timed() as f64 {
                wrong.push(format!("{family}: {count} requests, and not {}", self.timed()));
            }
        }
        let all = of("waiting_milliseconds_count", &[]);
        let fast = of("waiting_milliseconds_bucket", &[("le", BELOW_DELAY)]);
        if fast >= all {
            wrong.push(format!("nothing waited longer than {BELOW_DELAY} ms, though a system took {DELAY:?}"));
        }
        let little = of("mapping_microseconds_bucket", &[("le", LITTLE)]);
        if little != all {
            wrong.push(format!("{} requests took more than {LITTLE} us of mapping", all - little));
        }
        wrong
    }

    fn labels(&self, scraped: &Scraped, plan: &Plan) -> Vec<String> {
        let calls = [
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
        ];
        let known = |key: &str, value: &str| match key {
            "institute" => value == plan.institute().code,
            "api" => value == "none" || contract::operations().any(|o| contract::api_name(o.id.api()) == value),
            "operation" => ["none", "status"].contains(&value) || contract::operation(value).is_some(),
            "status" => value.parse().is_ok_and(|status: u16| (200..600).contains(&status)),
            "outcome" => value == "ok" || calls.contains(&value) || problem::CODES.iter().any(|c| c.as_str() == value),
            "blame" => ["none", "request", "legacy", "mapping", "limit"].contains(&value),
            "system" => plan.systems().iter().any(|s| s.name == value),
            "rule" => value.split(['-', '.']).next().is_some_and(|api| api == "IFS02"),
            "digest" => value == plan.digest(),
            "contract" => value == plan.contract(),
            "version" => value == env!("CARGO_PKG_VERSION"),
            "result" => ["accepted", "refused"].contains(&value),
            "le" => true,
            _ => false,
        };
        let mut wrong: Vec<String> = Vec::new();
        for sample in &scraped.samples {
            if !sample.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') {
                wrong.push(format!("a label stands in a name: {}", sample.name));
            }
            let strange = sample.labels.iter().filter(|(key, value)| !known(key, value));
            wrong.extend(strange.map(|(key, value)| format!("{}: {key}={value}", sample.name)));
        }
        let ids = self.asked.iter().map(|a| a.id.as_str());
        let personal = [self.person.as_str(), &PARENT[3..35], "congo"].into_iter().chain(ids);
        wrong.extend(personal.filter(|text| scraped.text.contains(text)).map(|text| format!("{text} is in a metric")));
        wrong
    }

    fn access_log(&self) -> Result<Vec<String>, String> {
        let until = Instant::now() + Duration::from_secs(5);
        let mut lines: BTreeMap<String, Value> = BTreeMap::new();
        while lines.len() < self.asked.len() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(100));
            for line in self.envoy.access_log().lines() {
                if let Ok(line) = serde_json::from_str::<Value>(line) {
                    lines.insert(line["request_id"].as_str().unwrap_or_default().to_owned(), line);
                }
            }
        }
        let mut wrong = Vec::new();
        for asked in &self.asked {
            let Some(line) = lines.get(&asked.id) else {
                wrong.push(format!("{} has no line", asked.id));
                continue;
            };
            let outcome = if asked.outcome.is_empty() { Value::Null } else { json!(asked.outcome) };
            if line["operation"] != json!(asked.target.1) || line["outcome"] != outcome {
                wrong.push(format!(
                    "{}: {} {}, and not {:?} {outcome}",
                    asked.id, line["operation"], line["outcome"], asked.target
                ));
            }
        }
        Ok(wrong)
    }

    /// Another bundle takes over; then a configuration of the same bundle; then one that is refused.
    fn bundles(&self, bundles: &[Vec<u8>; 2], plugins: &[String; 2]) -> Result<Vec<String>, String> {
        let digest = |bundle: &[u8]| Plan::load(bundle).map(|plan| plan.digest().to_owned()).map_err(|e| e.to_string());
        let (first, second) = (digest(&bundles[0])?, digest(&bundles[1])?);
        let mut wrong = Vec::new();
        let again = plugins[1].replace("09:00:00Z", "09:00:01Z");
        let steps: [(&str, &str, [f64; 2]); 4] = [
            ("at first", "", [1.0, 0.0]),
            ("another bundle", &plugins[1], [0.0, 1.0]),
            ("the same bundle, configured anew", &again, [0.0, 1.0]),
            ("a configuration that is refused", "{}", [0.0, 1.0]),
        ];
        for (step, plugin, wanted) in steps {
            let before = self.envoy.configured().map_err(|e| e.to_string())?;
            if !plugin.is_empty() {
                self.envoy.replace_plugin(plugin).map_err(|e| e.to_string())?;
            }
            let info = |scraped: &Scraped| [&first, &second].map(|d| scraped.sum("bundle_info", &[("digest", d)]));
            let until = Instant::now() + Duration::from_secs(10);
            let mut found = [f64::NAN; 2];
            while Instant::now() < until {
                std::thread::sleep(Duration::from_millis(100));
                let done = plugin.is_empty() || self.envoy.configured().map_err(|e| e.to_string())? != before;
                // The workers follow the main thread.
                if done {
                    std::thread::sleep(Duration::from_millis(500));
                    found = info(&self.scrape()?);
                    if found == wanted {
                        break;
                    }
                }
            }
            if found != wanted {
                wrong.push(format!("{step}: {found:?}, and not {wanted:?}"));
            }
        }
        let scraped = self.scrape()?;
        for (result, least) in [("accepted", 3.0), ("refused", 1.0)] {
            let counted = scraped.sum("configurations_total", &[("result", result)]);
            if counted < least {
                wrong.push(format!("{counted} configurations were {result}"));
            }
        }
        Ok(wrong)
    }
}

impl Asked {
    /// Whether the engine took its body.
    fn mapped(&self) -> bool {
        self.target == ENROLLMENTS && !["request.method", "limit.body"].contains(&self.outcome)
    }
}

/// The institute of the shipped pack.
fn shipped_institute() -> &'static str {
    "9901"
}

fn rule(when: Value, answer: Value) -> Vec<Rule> {
    serde_json::from_value(json!([{ "match": when, "answer": answer }])).unwrap_or_default()
}

type Labels = BTreeMap<String, String>;

fn labels_of(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// The filter's part of a scrape.
struct Scraped {
    text: String,
    samples: Vec<Sample>,
}

struct Sample {
    name: String,
    labels: Labels,
    value: f64,
}

const PREFIX: &str = "ifs_adapter_";

impl Scraped {
    fn read(text: &str) -> Self {
        let samples = text.lines().filter(|line| line.contains(PREFIX) && !line.starts_with('#'));
        Self { text: text.to_owned(), samples: samples.filter_map(Sample::read).collect() }
    }

    fn family<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Sample> {
        self.samples.iter().filter(move |sample| sample.name.strip_prefix(PREFIX) == Some(name))
    }

    /// The sum of a family's samples that have these labels.
    fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let has = |sample: &&Sample| labels.iter().all(|(k, v)| sample.labels.get(*k).is_some_and(|held| held == v));
        self.family(name).filter(has).map(|sample| sample.value).sum()
    }
}

impl Sample {
    /// `name{key="value",…} 1`; none of our values has a quote or a comma in it.
    fn read(line: &str) -> Option<Self> {
        let (name, rest) = line.split_once('{')?;
        let (labels, value) = rest.rsplit_once("} ")?;
        let pair = |part: &str| {
            let (key, value) = part.split_once('=')?;
            Some((key.to_owned(), value.trim_matches('"').to_owned()))
        };
        Some(Self {
            name: name.to_owned(),
            labels: labels.split(',').filter_map(pair).collect(),
            value: value.trim().parse().ok()?,
        })
    }
}
