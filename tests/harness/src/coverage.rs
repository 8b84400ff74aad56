//! What the scenarios reach: every problem the engine knows and every limit must be met by one of them on a real Envoy.

use std::collections::BTreeSet;

use adapter_core::limits::LIMITS;
use adapter_core::problem::CODES;
use mapping_compiler::testfile::Layer;

use crate::scenario::Scenario;
use crate::tally::Tally;

/// Problems that no scenario can make, and why.
const NOT_HERE: [(&str, &str); 8] = [
    ("request.forbidden", "needs a proved identity: the native and wasm layers have it, and Envoy with a real voucher"),
    ("mapping.answer", "the compiler proves that a mapping makes a list of records"),
    ("mapping.unprobed", "the host's timers always go: `adapter-core/tests/probes.rs`"),
    ("mapping.gateway", "the host refuses what it always gives: no input leads there"),
    ("request.in-flight", "needs the same change twice at one time: `adapter-core/tests/changes`, `stories`"),
    (
        "limit.changes",
        "needs hundreds of changes at one time: `adapter-core/tests/changes`, `adapter-core/src/slots.rs`",
    ),
    ("limit.exchanges", "needs several requests at one time: `busy`"),
    ("limit.consumer", "needs a proved identity and several requests at one time: `fair`"),
];

/// Checks the whole set of scenarios.
pub fn check<'a>(scenarios: impl Iterator<Item = &'a Scenario>, tally: &mut Tally) {
    let (mut codes, mut limits, mut rules) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for scenario in scenarios {
        if !scenario.layers.contains(&Layer::Envoy) {
            continue;
        }
        rules.extend(scenario.file.ids.iter().cloned());
        // The one limit that refuses nothing: what does not fit is not kept, and `calls` tells.
        limits.extend(scenario.setting.limits.keys().filter(|name| *name == "cache").cloned());
        if let Some(code) = &scenario.file.expect.problem {
            codes.insert(code.clone());
            if code.starts_with("limit.") {
                limits.extend(scenario.setting.limits.keys().cloned());
            }
        }
    }
    println!("rules of the contract named by scenarios: {}", rules.into_iter().collect::<Vec<_>>().join(" "));
    let excused = |code: &str| NOT_HERE.iter().any(|(known, _)| *known == code);
    let missing = CODES.iter().map(|code| code.as_str()).filter(|code| !codes.contains(*code) && !excused(code));
    tally.verdict("every problem is met by a scenario on Envoy", missing.collect());
    let excused = |name: &str| ["exchanges", "consumer"].contains(&name);
    let missing = LIMITS.iter().map(|limit| limit.name).filter(|name| !limits.contains(*name) && !excused(name));
    tally.verdict("every limit is met by a scenario on Envoy", missing.collect());
}
