//! More requests than a VM may have in flight (`limits.exchanges`): each is answered, or told to come back.

use serde_json::json;

use super::gate::{self, rules};
use super::load;
use crate::configure::shipped;
use crate::suite::Suite;

/// Two VMs with one exchange each, so most of these are refused.
const REQUESTS: usize = 12;

/// Runs it.
pub(super) fn run(suite: &mut Suite) -> Result<(), String> {
    let mut setting = shipped();
    setting.limits.insert("exchanges".to_owned(), 1);
    let module = gate::shipped_module(suite)?;
    let gate = gate::open(suite, &setting, &module, |_| {})?;
    gate.simulator.set_rules(rules([json!({ "answer": { "delay_ms": 400 } })])?);
    let ends = load::together(gate.envoy.addr(), &gate.people(REQUESTS));
    let mut wrong: Vec<String> = ends.iter().filter_map(|e| e.unless(&[(503, "limit.exchanges")])).collect();
    let answered = ends.iter().filter(|e| e.is_right()).count();
    println!("containment: of {REQUESTS} requests {answered} answered, the rest refused");
    if answered == 0 || answered == REQUESTS {
        wrong.push(format!("{answered} answered"));
    }
    let name = format!("of {REQUESTS} requests at one time, those over limits.exchanges get 503 and the rest answers");
    suite.tally.verdict(&format!("containment: {name}"), wrong);
    gate.close(suite);
    Ok(())
}
