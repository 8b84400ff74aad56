//! The search of the logs, held against logs that do have what it looks for: an Envoy told to log all it knows of tokens,
//! and a key written into a file. A search that finds nothing there proves nothing elsewhere.

use pdnd::{Defect, Identity, Standin};
use xtask::envoy::Kind;

use super::case::{Case, Told};
use super::edge::voucher;
use super::gate;
use crate::suite::Suite;

pub(super) fn run(suite: &mut Suite, standin: &Standin) -> Result<(), String> {
    let mut plan = gate::plan(suite, standin, Kind::Edge)?;
    plan.options.component_log_level = "jwt:debug".to_owned();
    let gate = plan.start(suite)?;
    let token = voucher(&gate, Defect::None)?;
    gate.judge(suite, "talkative", &[Case::new("a good voucher", &gate, Told::Oracle)?.bearer(&token)]);
    // This folder is not among those that must be clean.
    let dir = gate.envoy.stop();
    let key = std::fs::read_to_string(standin.authority().key(Identity::Server)).map_err(|e| e.to_string())?;
    let line = key.lines().nth(1).unwrap_or_default();
    std::fs::write(dir.join("planted.log"), format!("nothing\nkey {line}\n")).map_err(|e| e.to_string())?;
    let (hits, _) = suite.forbidden.search(&dir).map_err(|e| e.to_string())?;
    std::fs::remove_dir_all(&dir).map_err(|e| e.to_string())?;
    let found = |file: &str, length: usize| {
        hits.iter().any(|hit| hit.file.file_name().is_some_and(|name| name == file) && hit.length == length)
    };
    let mut wrong = Vec::new();
    if !found("envoy.log", token.len()) {
        wrong.push("the voucher in Envoy's log was not found".to_owned());
    }
    if !found("planted.log", line.len()) {
        wrong.push("the key in a file was not found".to_owned());
    }
    suite.tally.verdict("trust: the search finds a voucher that Envoy logs and a planted key", wrong);
    Ok(())
}
