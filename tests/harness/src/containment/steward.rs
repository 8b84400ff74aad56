//! The steward's VM traps over the answer to its own login: another takes over.

use std::time::Duration;

use serde_json::json;
use university::Server;

use super::gate::{self, rules, wait};
use super::traps::MARKER;
use crate::configure::shipped;
use crate::http;
use crate::population::by_tax_code;
use crate::suite::Suite;

const MAPPING: &str = "tests/scenarios/mappings/session.yaml";
/// A lease of 3 s, ticks of 500 ms, a host that drops a call with its root, and a slow machine.
const TAKEOVER: Duration = Duration::from_secs(15);

/// How often the system saw this operation.
pub(super) fn seen(simulator: &Server, operation: &str) -> usize {
    let named = |body: &[u8]| body.windows(operation.len()).any(|w| w == operation.as_bytes());
    simulator.seen().iter().filter(|call| named(&call.body)).count()
}

/// Runs it.
pub(super) fn run(suite: &mut Suite) -> Result<(), String> {
    let mut setting = shipped();
    setting.mapping = xtask::paths::root().join(MAPPING);
    let module = gate::poisoned_module()?;
    let simulator = suite.world.server(&setting.university).map_err(|e| e.to_string())?;
    let config = gate::config(suite, &setting, &module)?;
    // The first two stewards, whichever they are, trap over their first login.
    let poison = json!({ "match": { "soap": "fn_dologin" }, "answer": { "status": 200, "body": MARKER, "times": 2 } });
    simulator.set_rules(rules([poison])?);
    let envoy = gate::start(config)?;
    let mut wrong = Vec::new();
    let kept = || {
        envoy.stats("ifs_adapter").is_ok_and(|stats| {
            stats.iter().any(|(name, value)| {
                name.contains("session") && name.contains("=kept") && !name.contains("refused") && *value > 0
            })
        })
    };
    if !wait(TAKEOVER * 2, kept) {
        wrong.push(format!("no session after {} logins; {:?}", seen(&simulator, "fn_dologin"), envoy.stats("session")));
    }
    let traps = envoy.log().matches("panicked at filter/src/poison.rs").count();
    if traps != 2 {
        wrong.push(format!("{traps} traps"));
    }
    let before = seen(&simulator, "fn_dologin");
    // One more should a slow machine have made two stewards for a moment.
    if !(3..=4).contains(&before) {
        wrong.push(format!("{before} logins, two that trapped and one more expected"));
    }
    let population = suite.world.population(&setting.university);
    // A worker whose VM is gone starts a new one with the first request after the backoff.
    for student in population.students().iter().take(12) {
        match http::send(envoy.addr(), &by_tax_code(student.tax_code()), Duration::from_secs(20), usize::MAX) {
            Ok(answer) if answer.status == 200 => {}
            other => wrong.push(format!("{:?}", other.map(|a| a.status))),
        }
    }
    let all = seen(&simulator, "fn_dologin");
    if all > before {
        wrong.push(format!("{} logins by requests", all - before));
    }
    suite.tally.verdict("containment: two stewards trap one after the other, the third takes over", wrong);
    simulator.set_rules(Vec::new());
    suite.logs.push(envoy.stop());
    Ok(())
}
