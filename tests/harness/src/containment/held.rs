//! Headers that go on before the body is here: they get no further than the filter behind, and without that one no
//! further than a route that answers by itself.

use serde_json::{Value, json};
use xtask::envoy::Config;

use super::gate::{self, Gate, MANAGER};
use super::load;
use crate::configure::shipped;
use crate::suite::Suite;

/// Holds the headers.
const HOLD: &str = "envoy.filters.http.buffer";

/// Whatever gets past the filter is answered by the route.
const BY_THE_ROUTE: (u16, &str) = (503, "gateway.unavailable");
/// The filter itself refuses.
const BY_THE_FILTER: (u16, &str) = (500, "mapping.gateway");

/// Gateways that somebody has changed.
pub(super) fn run(suite: &mut Suite) -> Result<(), String> {
    let module = gate::shipped_module(suite)?;
    for (what, held, route, told) in [
        ("without what holds the headers: the route answers", false, None, BY_THE_ROUTE),
        ("without it, and with a route to a system: the filter refuses", false, Some("esse3"), BY_THE_FILTER),
        ("with it, and with a route to a system: the filter refuses", true, Some("esse3"), BY_THE_FILTER),
    ] {
        let mut done = Ok(());
        let gate = gate::open(suite, &shipped(), &module, |config| done = changed(config, held, route));
        let gate = done.and(gate)?;
        let wrong = nothing_goes_on(&gate, told);
        suite.tally.verdict(&format!("containment: {what}, and nothing is let through"), wrong);
        gate.close(suite);
    }
    Ok(())
}

/// A template without the filter that holds headers, or with every path led to a cluster.
fn changed(config: &mut Config, held: bool, route: Option<&str>) -> Result<(), String> {
    gate::derived(config, |tree| {
        let manager = tree.pointer_mut(MANAGER)?;
        let filters = manager.get_mut("http_filters")?.as_array_mut()?;
        let is_hold = |filter: &Value| filter.get("name").and_then(Value::as_str) == Some(HOLD);
        filters.iter().position(is_hold)?;
        filters.retain(|filter| held || !is_hold(filter));
        if let Some(cluster) = route {
            *manager.pointer_mut("/route_config/virtual_hosts/0/routes")? =
                json!([{ "match": { "prefix": "/" }, "route": { "cluster": cluster } }]);
        }
        Some(())
    })
}

/// What is wrong with the answers, each of which must be this problem, and with what the system has seen.
fn nothing_goes_on(gate: &Gate, (status, code): (u16, &str)) -> Vec<String> {
    let asked = gate.people(6);
    let ends = load::together(gate.envoy.addr(), &asked);
    let mut wrong: Vec<String> = ends.iter().filter_map(|end| end.unless_problem(status, code)).collect();
    let seen = gate.simulator.calls();
    if seen > 0 {
        wrong.push(format!("{seen} requests were let through"));
    }
    match gate.envoy.stat("cluster.esse3.upstream_rq_total") {
        Ok(0) => {}
        other => wrong.push(format!("requests to the system's cluster: {other:?}")),
    }
    wrong
}
