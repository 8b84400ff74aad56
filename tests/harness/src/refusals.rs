//! Configurations that a filter must refuse, saying why: in our own host, and one of them in a real Envoy.

use std::path::Path;
use std::sync::Arc;

use shell::{CURSOR_KEYS, REFERENCE_KEY};
use xtask::envoy::{Config, Envoy, Options, plugin_configuration};

use crate::configure::{NOW, of_pack, shipped};
use crate::logs::Sink;
use crate::suite::Suite;
use crate::systems::{Systems, secret};
use crate::wasm::Shared;

const REFUSED: &str = "configuration refused: ";

/// Runs the cases.
pub fn run(suite: &mut Suite, logs: &Path) {
    let cases = match cases(suite) {
        Ok(cases) => cases,
        Err(error) => return suite.tally.fail("refused configurations", [error]),
    };
    for (number, (what, plugin)) in cases.iter().enumerate() {
        let file = logs.join(format!("refused-{number}.log"));
        let wrong = in_our_host(suite, plugin, &file).err().into_iter().collect();
        suite.tally.verdict(&format!("refused by the filter: {what}"), wrong);
    }
    // A bundle without its secrets, and a damaged one.
    for (what, plugin) in cases.iter().rev().take(2) {
        let wrong = in_envoy(suite, plugin).err().into_iter().collect();
        suite.tally.verdict(&format!("refused, and Envoy does not start: {what}"), wrong);
    }
}

fn cases(suite: &mut Suite) -> Result<Vec<(&'static str, String)>, String> {
    let good = suite.bundles.bundle(&shipped())?;
    let soap = suite.bundles.bundle(&of_pack("esse3-soap"))?;
    let with = |bundle: &[u8], trust, now| plugin_configuration(bundle, trust, now).map_err(|e| e.to_string());
    let text = String::from_utf8(good.clone()).map_err(|e| e.to_string())?;
    // One letter of the plan, far from the envelope: only the digest can tell.
    let damaged = text.replacen("careers", "careerz", 1);
    let newer = text.replacen("\"ifs_bundle\":2", "\"ifs_bundle\":3", 1);
    if damaged == text || newer == text {
        return Err("the bundle has nothing to damage".to_owned());
    }
    Ok(vec![
        ("nothing", String::new()),
        ("what is not JSON", "bundle: {}".to_owned()),
        ("no bundle", "{\"trust\":\"development\"}".to_owned()),
        ("an unknown member", "{\"bundle\":{},\"debug\":true}".to_owned()),
        ("an unknown trust", with(&good, Some("everybody"), None)?),
        ("a fixed clock without trust: development", with(&good, None, Some(NOW))?),
        ("a clock that is no time", with(&good, Some("development"), Some("yesterday"))?),
        ("a bundle of another form", with(newer.as_bytes(), Some("development"), Some(NOW))?),
        ("a bundle whose secrets the host does not give", with(&soap, Some("development"), Some(NOW))?),
        ("a damaged bundle", with(damaged.as_bytes(), Some("development"), Some(NOW))?),
    ])
}

fn in_our_host(suite: &Suite, plugin: &str, file: &Path) -> Result<(), String> {
    let built = suite.built.as_ref().ok_or("the filter was not built")?;
    let log = Arc::new(Sink::create(file).map_err(|e| e.to_string())?);
    // What it would need else, so that each is refused for its own reason.
    let keys = [CURSOR_KEYS[0], REFERENCE_KEY].map(|key| Some((key.to_owned(), secret(key)?)));
    let lent = (keys.into_iter().flatten().collect(), Shared::default());
    let systems = Arc::new(Systems::default());
    if built.filter.start_one_of(1, plugin.as_bytes().to_vec(), systems, log, lent).is_ok() {
        return Err("the filter took it".to_owned());
    }
    let said = std::fs::read_to_string(file).map_err(|e| e.to_string())?;
    let told = said.lines().any(|line| line.split_once(REFUSED).is_some_and(|(_, reason)| reason.len() > 10));
    if told { Ok(()) } else { Err(format!("the filter does not say why: {said}")) }
}

fn in_envoy(suite: &Suite, plugin: &str) -> Result<(), String> {
    let built = suite.built.as_ref().ok_or("the filter was not built")?;
    let clusters = suite.world.clusters(&shipped()).map_err(|e| e.to_string())?;
    let config = Config::development(built.path.clone(), plugin.to_owned(), clusters);
    match Envoy::start(config, &Options::named("refused")) {
        Ok(_) => Err("Envoy started".to_owned()),
        Err(error) if error.to_string().contains(REFUSED) => Ok(()),
        Err(error) => Err(format!("the reason is not told: {error}")),
    }
}
