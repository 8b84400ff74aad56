//! A gateway of a part: Envoy with one of the shipped files, the stand-in's keys, the simulated university behind it.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use adapter_core::value::date::Date;
use pdnd::{Identity, JwksServer, Signer, Standin};
use serde_json::Value;
use time::Month;
use university::{Kind as StudentKind, Population, Server};
use xtask::envoy::{Config, Envoy, Gate as Placeholders, Kind, Options, config, plugin_with};

use super::case::Case;
use crate::configure::shipped;
use crate::http::{self, Answer, Failure, Request};
use crate::scenario::Setting;
use crate::stand;
use crate::suite::Suite;
use crate::world::University;

/// What the folders of these Envoys begin with, under `target/run`.
const NAME: &str = "trust";
const PATIENCE: Duration = Duration::from_secs(20);
/// How long the access log may take; Envoy writes it every 100 ms.
const FLUSH: Duration = Duration::from_secs(5);
/// The APIs of the shipped pack.
const APIS: [u8; 9] = [1, 2, 3, 4, 5, 6, 7, 8, 9];
/// Where the filters of the first listener's requests stand.
const FILTERS: &str = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/http_filters";

/// A running gateway.
pub(super) struct Gate<'a> {
    pub(super) envoy: Envoy,
    pub(super) kind: Kind,
    pub(super) standin: &'a Standin,
    /// PDND's server, unless a part runs it itself.
    pub(super) keys: Option<JwksServer>,
    pub(super) simulator: Arc<Server>,
    pub(super) population: Arc<Population>,
    pub(super) today: time::Date,
}

/// A gateway that is not started yet.
pub(super) struct Plan<'a> {
    pub(super) config: Config,
    pub(super) trust: Value,
    pub(super) options: Options,
    kind: Kind,
    standin: &'a Standin,
    keys: Option<JwksServer>,
    pub(super) university: University,
    bundle: Vec<u8>,
}

/// A gateway of a kind, with PDND's keys from a server where vouchers are verified.
pub(super) fn plan<'a>(suite: &mut Suite, standin: &'a Standin, kind: Kind) -> Result<Plan<'a>, String> {
    let server = || JwksServer::start(standin.authority(), 0, standin.jwks(&[Signer::Current]));
    let keys = kind.verifies().then(server).transpose().map_err(|e| e.to_string())?;
    let addr = keys.as_ref().map(JwksServer::addr);
    plan_with(suite, standin, kind, keys, Placeholders::standin(standin, kind, addr))
}

/// As [`plan`], with what the file's placeholders stand for.
pub(super) fn plan_with<'a>(
    suite: &mut Suite,
    standin: &'a Standin,
    kind: Kind,
    keys: Option<JwksServer>,
    placeholders: Placeholders,
) -> Result<Plan<'a>, String> {
    // The clock of these gateways is the machine's, as a clock that stands still is for development alone.
    let university = University { today: today()?, ..University::default() };
    let setting = Setting { university: university.clone(), ..shipped() };
    let bundle = suite.bundles.bundle(&setting)?;
    let clusters = suite.world.clusters(&setting).map_err(|e| e.to_string())?;
    let module = suite.built.as_ref().ok_or("the filter was not built")?.path.clone();
    let mut config = Config::gateway(kind.file(), placeholders, module, String::new(), clusters);
    config.secrets = stand::secrets(&bundle)?;
    Ok(Plan {
        config,
        trust: kind.trust(&APIS),
        options: Options::named(NAME),
        kind,
        standin,
        keys,
        university,
        bundle,
    })
}

impl<'a> Plan<'a> {
    /// Sets a limit of the mapping.
    pub(super) fn limit(&mut self, suite: &mut Suite, name: &str, value: u64) -> Result<(), String> {
        let mut setting = Setting { university: self.university.clone(), ..shipped() };
        setting.limits.insert(name.to_owned(), value);
        self.bundle = suite.bundles.bundle(&setting)?;
        Ok(())
    }

    /// Sets a value of the shipped file, inside one of its filters.
    pub(super) fn edit(&mut self, filter: &str, at: &str, value: Value) -> Result<(), String> {
        let text = std::fs::read_to_string(&self.config.template).map_err(|e| e.to_string())?;
        let tree = config::parse(&text).map_err(|e| e.to_string())?;
        let filters = tree.pointer(FILTERS).and_then(Value::as_array).ok_or("no filters")?;
        let place = filters.iter().position(|one| one.get("name").and_then(Value::as_str) == Some(filter));
        let place = place.ok_or_else(|| format!("no filter {filter}"))?;
        self.config.edits.push((format!("{FILTERS}/{place}/typed_config{at}"), value));
        Ok(())
    }

    /// Starts it with two workers.
    pub(super) fn start(mut self, suite: &mut Suite) -> Result<Gate<'a>, String> {
        self.config.plugin = plugin_with(&self.bundle, Some(&self.trust), None).map_err(|e| e.to_string())?;
        let simulator = suite.world.server(&self.university).map_err(|e| e.to_string())?;
        simulator.set_rules(Vec::new());
        simulator.clear();
        Ok(Gate {
            envoy: Envoy::start(self.config, &self.options).map_err(|e| e.to_string())?,
            kind: self.kind,
            standin: self.standin,
            keys: self.keys,
            simulator,
            population: suite.world.population(&self.university),
            today: self.university.today,
        })
    }
}

impl Gate<'_> {
    /// Sends a request as the client with this certificate.
    pub(super) fn send(&self, identity: Option<Identity>, request: &Request) -> Result<Answer, Failure> {
        http::send_tls(self.envoy.addr(), (self.standin.authority(), identity), request, PATIENCE, usize::MAX)
    }

    /// The tax code of an ordinary student.
    pub(super) fn student(&self) -> &str {
        self.population.first(StudentKind::Ordinary).map_or("", |student| student.tax_code())
    }

    /// Runs cases and gives a verdict for each; their tokens are remembered as what no log may hold.
    pub(super) fn judge(&self, suite: &mut Suite, part: &str, cases: &[Case]) {
        let mut found = Vec::new();
        for case in cases {
            case.tokens.iter().for_each(|token| suite.forbidden.token(token));
            suite.forbidden.tax_code(self.student());
            let before = self.simulator.calls();
            let answer = self.send(case.identity, &case.request);
            if let Ok(answer) = &answer {
                suite.answers.note(&case.name, false, &case.request, answer);
            }
            found.push((answer, self.simulator.calls() - before));
        }
        let ids: Vec<_> = found.iter().map(|(answer, _)| id(answer)).collect();
        let lines = self.lines(cases, &ids);
        for (at, (case, (answer, calls))) in cases.iter().zip(found).enumerate() {
            let line = lines.get(at).and_then(Option::as_ref);
            let wrong = case.wrong(self, answer, calls, line);
            suite.tally.verdict(&format!("trust: {part}: {}", case.name), wrong);
        }
    }

    /// The line of the access log of each case that has one.
    fn lines(&self, cases: &[Case], ids: &[Option<String>]) -> Vec<Option<Value>> {
        let until = std::time::Instant::now() + FLUSH;
        loop {
            let log = self.envoy.access_log();
            let all: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
            let is = |line: &&Value, id: &str| line.get("request_id").and_then(Value::as_str) == Some(id);
            // What was refused before Envoy gave an id has an answer and a line with none.
            let mut nameless = all.iter().filter(|line| is(line, ""));
            let of = |(case, id): (&Case, &Option<String>)| match id.as_deref() {
                None => case.is_logged().then(|| nameless.next().cloned()).flatten(),
                Some(id) => all.iter().find(|line| is(line, id)).cloned(),
            };
            let found: Vec<_> = cases.iter().zip(ids).map(of).collect();
            let whole = cases.iter().zip(&found).all(|(case, line)| line.is_some() || !case.is_logged());
            if whole || std::time::Instant::now() > until {
                return found;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Stops it; its logs are searched at the suite's end.
    pub(super) fn close(self, suite: &mut Suite) {
        suite.logs.push(self.envoy.stop());
    }
}

/// The id that Envoy gave to a request.
fn id(answer: &Result<Answer, Failure>) -> Option<String> {
    answer.as_ref().ok()?.header("x-request-id").map(str::to_owned)
}

/// The day in Rome, which the filter reckons with.
fn today() -> Result<time::Date, String> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|e| e.to_string())?;
    let day = Date::in_rome(i64::try_from(since.as_millis()).map_err(|e| e.to_string())?);
    let month = Month::try_from(day.month()).map_err(|e| e.to_string())?;
    time::Date::from_calendar_date(day.year(), month, day.day()).map_err(|e| e.to_string())
}
