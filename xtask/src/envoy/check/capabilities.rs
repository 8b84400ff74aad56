//! What the filter may ask of Envoy: what it uses, as `envoy/filter.yaml` lists it, and nothing else.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Broken;
use crate::envoy::template;

/// The filter as it is shipped.
const SHIPPED: &str = include_str!("../../../../envoy/filter.yaml");

const LIST: &str = "/capability_restriction_config/allowed_capabilities";

/// Checks the list in a filter's configuration at `at`.
pub(super) fn check(at: &str, config: &Value, broken: &mut Broken) {
    let at = format!("{at}{LIST}");
    let shipped = template::parse(SHIPPED).unwrap_or_default();
    let wanted = names(shipped.pointer(&format!("/resources/0/typed_config/config{LIST}")));
    let given = names(config.pointer(LIST));
    if given.is_empty() {
        broken.tell(&at, "must list what the filter uses, as envoy/filter.yaml does: without it everything is allowed");
        return;
    }
    for name in given.difference(&wanted) {
        broken.tell(&format!("{at}/{name}"), "is nothing that the filter uses");
    }
    for name in wanted.difference(&given) {
        broken.tell(&at, &format!("lacks {name}, which the filter uses"));
    }
}

fn names(list: Option<&Value>) -> BTreeSet<&str> {
    list.and_then(Value::as_object).into_iter().flat_map(|all| all.keys()).map(String::as_str).collect()
}
