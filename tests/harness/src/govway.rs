//! What GovWay would do with the answers, were it in front with its validation of answers on: one whose pair of status
//! and media type the interface of the API does not declare, it answers itself with 502.
//!
//! Its rule is kept here from its documentation, and the interface from the Ministry's files, so that nothing of the
//! engine's own tables is asked.

use std::collections::{BTreeMap, BTreeSet};

use adapter_core::contract::{OPERATIONS, api_name};
use mapping_compiler::openapi::{self, Published};
use mapping_compiler::testfile::Layer;
use serde_json::Value;
use xtask::envoy::config;

use crate::http::{Answer, Request};
use crate::scenario::{Scenario, Setting};
use crate::stand::Stand;
use crate::suite::Suite;
use crate::tally::Tally;

/// A status, and the media type of a body; none without a body.
type Pair = (u16, Option<String>);

/// The part of the page that lists what would be refused.
const PAGE: &str = include_str!("../../../envoy/govway.md");

/// Under which title of the page the list stands.
const TITLE: &str = "### What it would refuse";

/// The interfaces of the APIs as GovWay was given them: what each resource declares, by method and path.
struct Interfaces(BTreeMap<(String, String), BTreeSet<Pair>>);

impl Interfaces {
    /// The Ministry's files.
    fn ministry() -> Self {
        let json = || Some("application/json".to_owned());
        let mut all = BTreeMap::new();
        for operation in OPERATIONS {
            let api = api_name(operation.id.api()).to_ascii_lowercase();
            let path = format!("/{api}{}", operation.path);
            all.insert(("POST".to_owned(), path), BTreeSet::from([(200, json()), (400, None), (500, None)]));
            all.insert(
                ("GET".to_owned(), format!("/{api}/status")),
                BTreeSet::from([(204, None), (400, None), (500, None)]),
            );
        }
        Self(all)
    }

    /// What `ifs openapi` prints.
    fn ours() -> Result<Self, String> {
        let mut all = BTreeMap::new();
        for api in 1..=9 {
            let document = openapi::document(api, &Published::default());
            let tree = config::parse(&document).map_err(|e| format!("ifs openapi {}: {e}", api_name(api)))?;
            let members = |node: &Value| node.as_object().cloned().unwrap_or_default();
            for (path, item) in members(tree.get("paths").unwrap_or(&Value::Null)) {
                for (method, operation) in members(&item) {
                    let mut pairs = BTreeSet::new();
                    for (status, response) in members(operation.get("responses").unwrap_or(&Value::Null)) {
                        let status: u16 = status.parse().map_err(|_| format!("{path}: status {status}"))?;
                        match response.get("content").map(members) {
                            None => drop(pairs.insert((status, None))),
                            Some(kinds) => pairs.extend(kinds.keys().map(|kind| (status, Some(kind.clone())))),
                        }
                    }
                    let path = format!("/{}{path}", api_name(api).to_ascii_lowercase());
                    all.insert((method.to_ascii_uppercase(), path), pairs);
                }
            }
        }
        Ok(Self(all))
    }

    /// The pair for which GovWay would refuse an answer. What is no resource never comes through it.
    fn refused(&self, request: &Request, answer: &Answer) -> Option<Pair> {
        let path = request.target.split('?').next().unwrap_or_default();
        let declared = self.0.get(&(request.method.clone(), path.to_owned()))?;
        let kind = answer.header("content-type").filter(|_| !answer.body.is_empty());
        let essence = |kind: &str| kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let pair = (answer.status, kind.map(essence));
        (!declared.contains(&pair)).then_some(pair)
    }
}

/// What has been seen of the answers, each with one request that brought it.
pub struct Seen {
    ministry: Interfaces,
    ours: Result<Interfaces, String>,
    /// Refused of those that a gateway sends by default.
    by_default: BTreeMap<Pair, String>,
    /// Refused of those, had GovWay the interface that `ifs openapi` prints.
    by_ours: BTreeMap<Pair, String>,
    /// Refused of those that are sent where declared ones alone are wanted.
    of_declared: BTreeMap<Pair, String>,
    /// What is wrong with answers of the latter kind.
    wrong: Vec<String>,
    looked_at: usize,
}

impl Default for Seen {
    fn default() -> Self {
        Self {
            ministry: Interfaces::ministry(),
            ours: Interfaces::ours(),
            by_default: BTreeMap::new(),
            by_ours: BTreeMap::new(),
            of_declared: BTreeMap::new(),
            wrong: Vec::new(),
            looked_at: 0,
        }
    }
}

impl Seen {
    /// Looks at an answer; `declared` says whether declared ones alone are wanted.
    pub fn note(&mut self, name: &str, declared: bool, request: &Request, answer: &Answer) {
        self.looked_at = self.looked_at.saturating_add(1);
        if let Some(pair) = self.ministry.refused(request, answer) {
            let kept = if declared { &mut self.of_declared } else { &mut self.by_default };
            kept.entry(pair).or_insert_with(|| name.to_owned());
        }
        if let (Ok(ours), false) = (&self.ours, declared)
            && let Some(pair) = ours.refused(request, answer)
        {
            self.by_ours.entry(pair).or_insert_with(|| name.to_owned());
        }
    }

    /// The verdicts; with `all` each pair that the page says the filter answers must have been seen.
    pub fn close(self, all: bool, tally: &mut Tally) {
        println!("{} answers looked at as GovWay would", self.looked_at);
        let documented = documented();
        let mut wrong: Vec<String> = self.ours.err().into_iter().collect();
        let unknown = self.by_default.iter().filter(|(pair, _)| !documented.contains_key(pair));
        wrong.extend(unknown.map(|(pair, name)| format!("{pair:?} ({name}) is not on the page")));
        let missing =
            documented.iter().filter(|(pair, filters)| all && **filters && !self.by_default.contains_key(pair));
        wrong.extend(missing.map(|(pair, _)| format!("{pair:?} is on the page, and no answer of the filter's has it")));
        tally.verdict("GovWay's validation refuses what envoy/govway.md lists", wrong);
        let told = |seen: BTreeMap<Pair, String>| seen.into_iter().map(|(pair, name)| format!("{pair:?} ({name})"));
        tally.verdict("GovWay's validation takes what `ifs openapi` prints", told(self.by_ours).collect());
        let wrong: Vec<String> = told(self.of_declared).chain(self.wrong).collect();
        tally.verdict("GovWay's validation refuses no declared answer", wrong);
    }
}

/// The pairs on the page, and whether the filter answers them (Envoy does the others).
fn documented() -> BTreeMap<Pair, bool> {
    let part = PAGE.split(TITLE).nth(1).and_then(|rest| rest.split("\n#").next()).unwrap_or_default();
    let rows = part.lines().filter_map(|line| {
        let mut cells = line.trim_matches('|').split('|').map(str::trim);
        let (status, kind, who) = (cells.next()?.parse().ok()?, cells.next()?.trim_matches('`'), cells.next()?);
        Some(((status, Some(kind.to_owned())), who.contains("the filter")))
    });
    rows.collect()
}

/// Asks every scenario of a setting once more, of an engine that sends declared answers alone: what was answered well
/// must be the same, and each failure one of the two that are declared.
pub fn declared_too(suite: &mut Suite, setting: &Setting, scenarios: &[Scenario], bundle: Vec<u8>) {
    let setting = Setting { declared: true, ..setting.clone() };
    let Ok(simulator) = suite.world.server(&setting.university) else { return };
    let logs = std::path::Path::new("");
    let mut stand = Stand::new(&setting, bundle, &suite.world, (None, None), logs);
    for scenario in scenarios.iter().filter(|scenario| scenario.layers.contains(&Layer::Native)) {
        let name = &scenario.name;
        scenario.begin(&simulator);
        let answer = stand.start(Layer::Native).and_then(|()| {
            stand.prove(&scenario.proofs, &scenario.file.caller());
            if setting.probed {
                stand.probe(Layer::Native)?;
            }
            for _ in 0..scenario.file.earlier {
                let _ = stand.exchange(Layer::Native, &scenario.request);
            }
            stand.exchange(Layer::Native, &scenario.request)
        });
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                suite.answers.wrong.push(format!("{name}: {error}"));
                continue;
            }
        };
        let expected = match scenario.file.expect.status {
            good @ ..400 => good,
            400..500 => 400,
            _ => 500,
        };
        let bare = answer.body.is_empty() && answer.header("content-type").is_none();
        if answer.status != expected || (expected >= 400 && !bare) {
            suite.answers.wrong.push(format!("{name}: {} {:?}", answer.status, answer.header("content-type")));
        }
        let by_schema = suite.documents.answer(&scenario.request, &answer);
        suite.answers.wrong.extend(by_schema.into_iter().map(|wrong| format!("{name}: {wrong}")));
        suite.answers.note(name, true, &scenario.request, &answer);
    }
    simulator.set_rules(Vec::new());
}
