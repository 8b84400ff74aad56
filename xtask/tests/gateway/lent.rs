//! What Envoy lends the filter: what the list in its configuration names, and nothing else.

use serde_json::{Value, json};
use xtask::envoy::Config;
use xtask::paths;

use super::gate::simulator;
use super::{ask, bundle, cluster, config, problem, start};

const LIST: &str = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/http_filters/0/typed_config/config/capability_restriction_config/allowed_capabilities";

#[test]
fn what_is_not_listed_is_not_lent() {
    let legacy = simulator();
    let shipped = config(&bundle::one_call("esse3", 5_000), Some("development"), vec![cluster(legacy.addr())], &[]);
    let tree = shipped.fill(&paths::run_dir("gateway-test").unwrap()).unwrap();
    let mut list = tree.pointer(LIST).unwrap().clone();
    assert_eq!(list.as_object_mut().unwrap().remove("proxy_http_call"), Some(json!({})));
    let without = Config { edits: vec![(LIST.to_owned(), list)], ..shipped.clone() };
    let envoy = start(without);
    problem(&ask(envoy.addr()), 503, "limit.overflow");
    assert_eq!(legacy.calls(), 0);
    let log = envoy.log();
    assert!(log.contains("restricted proxy-wasm capability: proxy_http_call"), "{log}");

    let envoy = start(shipped);
    assert_eq!(ask(envoy.addr()).status, 200);
    let log = envoy.log();
    assert!(!log.contains("restricted"), "{log}");
}

/// Each name of the list is one that the module asks for or offers: a name that is not would be a mistake in it.
#[test]
fn what_is_listed_is_used() {
    let text = std::fs::read_to_string(paths::root().join("envoy").join("filter.yaml")).unwrap();
    let tree = xtask::envoy::config::parse(&text).unwrap();
    let list = tree.pointer("/resources/0/typed_config/config/capability_restriction_config/allowed_capabilities");
    let built = xtask::wasm::build(&[], xtask::wasm::Fetch::Never).unwrap();
    let module = std::fs::read(built.path()).unwrap();
    for name in list.and_then(Value::as_object).unwrap().keys() {
        // A name in the tables of imports and exports follows its length.
        let entry = [&[u8::try_from(name.len()).unwrap()], name.as_bytes()].concat();
        assert!(module.windows(entry.len()).any(|window| window == entry), "{name}");
    }
}
