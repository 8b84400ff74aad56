//! A list of students, walked over two gateways in turn, whose configuration is replaced meanwhile: it is the oracle's list. A
//! cursor outlives a bundle in which the walk is the same, and is refused where it is another.

use std::collections::BTreeMap;

use adapter_core::bundle::{Bundle, seal};
use serde_json::{Value, json};
use university::DEFAULT_TODAY;
use university::oracle::Institute;
use university::oracle::walks::{Filters, listed};
use xtask::envoy::{Config, Envoy};

use super::gate;
use super::swaps::replace;
use crate::configure::of_pack;
use crate::http;
use crate::population::post;
use crate::scenario::Setting;
use crate::stand::{self, MOST, PATIENCE};
use crate::suite::Suite;

const PACK: &str = "esse3-rest";
const OPERATION: &str = "IFS06.1";
const TARGET: &str = "/ifs06/student-enrollments-changes";
/// Calls of a request, so few that there are many pages; of the bundle that comes in the place of the first, some more.
const CALLS: [u64; 2] = [90, 110];
/// Behind which page each of the two gateways gets the other bundle.
const REPLACED: [usize; 2] = [3, 6];
/// Most pages: a walk that never ends is cut.
const MOST_PAGES: usize = 200;

/// Runs it.
pub(super) fn run(suite: &mut Suite) -> Result<(), String> {
    let mut setting: Setting = of_pack(PACK);
    let module = gate::shipped_module(suite)?;
    let simulator = suite.world.server(&setting.university).map_err(|e| e.to_string())?;
    simulator.set_rules(Vec::new());
    simulator.clear();
    let mut bundles: Vec<Bundle> = Vec::new();
    for calls in CALLS {
        setting.limits.insert("calls".to_owned(), calls);
        bundles.push(suite.bundles.unsealed(&setting)?);
    }
    let plugin = |bundle: &Bundle| stand::plugin(&setting, &seal(bundle).map_err(|e| e.to_string())?);
    let (first, second) = (plugin(&bundles[0])?, plugin(&bundles[1])?);
    let secrets = stand::secrets(&seal(&bundles[0]).map_err(|e| e.to_string())?)?;
    let start = || {
        let clusters = suite.world.clusters(&setting).map_err(|e| e.to_string())?;
        let mut config = Config::development(module.clone(), first.clone(), clusters);
        (config.secrets, config.replaceable) = (secrets.clone(), true);
        gate::start(config)
    };
    let gateways = [start()?, start()?];
    let population = suite.world.population(&setting.university);
    let expected = listed(Institute::University, OPERATION, &population, Filters::default(), DEFAULT_TODAY);

    let outcome = walk(&gateways, &second);
    let cursor = outcome.as_ref().ok().map(|walked| walked.cursor.clone());
    let wrong = match outcome {
        Err(why) => vec![why],
        Ok(Walked { all, pages, .. }) => {
            println!("containment: {} students on {pages} pages of two gateways, each replaced meanwhile", all.len());
            let same = Some(&all) == expected.as_ref() && pages > REPLACED[1] + 2;
            if same { Vec::new() } else { vec![format!("{} students on {pages} pages are other ones", all.len())] }
        }
    };
    let name =
        "containment: a walk over two gateways, whose bundles are replaced meanwhile, lists what the oracle does";
    suite.tally.verdict(name, wrong);

    let mut other = bundles.remove(0);
    other.walks.iter_mut().for_each(|(_, walk)| walk.digest = walk.digest.chars().rev().collect());
    let taken = replace(&gateways[0], &plugin(&other)?)?;
    let mut wrong = if taken { Vec::new() } else { vec!["the bundle is not taken".to_owned()] };
    let answer = ask(&gateways[0], cursor.flatten().as_deref())?;
    if answer.0 != 400 || !answer.1.to_string().contains("request.cursor-walk") {
        wrong.push(format!("{} {}", answer.0, answer.1));
    }
    suite.tally.verdict("containment: a cursor of a walk that has become another is refused", wrong);
    suite.logs.extend(gateways.map(Envoy::stop));
    Ok(())
}

/// What was walked.
struct Walked {
    /// Keys and fingerprints.
    all: BTreeMap<String, String>,
    pages: usize,
    /// The cursor of some page.
    cursor: Option<String>,
}

/// Walks from the first page to the last, of each gateway every other page.
fn walk(gateways: &[Envoy; 2], second: &str) -> Result<Walked, String> {
    let (mut all, mut cursor, mut update) = (BTreeMap::new(), None::<String>, None::<Value>);
    let mut kept = None;
    for number in 1..=MOST_PAGES {
        let (status, answer) = ask(&gateways[number % 2], cursor.as_deref())?;
        if status != 200 {
            return Err(format!("page {number}: {status} {answer}"));
        }
        if *update.get_or_insert_with(|| answer["data"]["last_update"].clone()) != answer["data"]["last_update"] {
            return Err(format!("page {number}: `last_update` has changed"));
        }
        for item in answer["data"]["enrollments_hash"].as_array().into_iter().flatten() {
            let text = |name: &str| item[name].as_str().unwrap_or_default().to_owned();
            if all.insert(text("key"), text("hash")).is_some() {
                return Err(format!("page {number}: a student stands twice"));
            }
        }
        if let Some(which) = REPLACED.iter().position(|page| *page == number)
            && !replace(&gateways[which], second)?
        {
            return Err("a bundle is not taken".to_owned());
        }
        cursor = answer["meta"]["cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            return Ok(Walked { all, pages: number, cursor: kept });
        }
        kept.clone_from(&cursor);
    }
    Err("the walk does not end".to_owned())
}

fn ask(gateway: &Envoy, cursor: Option<&str>) -> Result<(u16, Value), String> {
    let request = post(TARGET, &json!({ "cursor": cursor }));
    let answer = http::send(gateway.addr(), &request, PATIENCE, MOST).map_err(|e| format!("{e:?}"))?;
    let tree = serde_json::from_slice(&answer.body).map_err(|e| e.to_string())?;
    Ok((answer.status, tree))
}
