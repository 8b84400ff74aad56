//! A bundle and a password are replaced while Envoy runs.

use std::time::{Duration, Instant};

use xtask::envoy::{Cluster, Config, plugin_configuration};

use super::{ask, body, bundle, closed, cluster, config, problem, rule, server, start};

/// Waits until `done`, for 10 s at most.
#[track_caller]
pub(crate) fn until(what: &str, mut done: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(10);
    while !done() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_bundle_is_replaced_without_a_restart() {
    let server = server();
    server.set_rules(rule(body("[{}]")));
    let clusters = vec![cluster(server.addr())];
    let before = config(&bundle::one_call("nowhere", 5_000), Some("development"), clusters, &[]);
    let envoy = start(Config { replaceable: true, ..before });
    problem(&ask(envoy.addr()), 500, "mapping.cluster");
    assert_eq!(envoy.configured().unwrap(), (1, 0), "{:?}", envoy.stats("extension_config_discovery").unwrap());

    let now = Some("2026-03-01T09:00:00Z");
    let after = plugin_configuration(&bundle::one_call("esse3", 5_000), Some("development"), now).unwrap();
    envoy.replace_plugin(&after).unwrap();
    until("the new bundle answers", || ask(envoy.addr()).status == 200);
    assert_eq!(envoy.configured().unwrap(), (2, 0));

    // One that the filter refuses is not taken.
    envoy.replace_plugin("{}").unwrap();
    until("the bad one is refused", || envoy.configured().unwrap().1 == 1);
    assert_eq!(ask(envoy.addr()).status, 200);
    assert!(envoy.log().contains("has no `bundle`"));
}

#[test]
fn a_password_is_replaced_without_a_restart() {
    let server = server();
    server.set_rules(rule(body("[{}]")));
    let configured = config(
        &bundle::one_call("esse3", 5_000),
        Some("development"),
        vec![Cluster::new("esse3", "127.0.0.1", server.addr().port()).basic("u", "old")],
        &[],
    );
    let envoy = start(configured);
    let sent = || {
        ask(envoy.addr());
        let seen = server.seen();
        let headers = seen.last().unwrap().headers.clone();
        headers.into_iter().find(|(name, _)| name == "authorization").map(|(_, value)| value)
    };
    assert_eq!(sent().as_deref(), Some("Basic dTpvbGQ="));
    let changed = Cluster::new("esse3", "127.0.0.1", closed().port()).basic("u", "new");
    envoy.replace_credentials(&changed).unwrap();
    until("the new password is sent", || sent().as_deref() == Some("Basic dTpuZXc="));
    let dump = xtask::http::get(envoy.admin(), "/config_dump?include_eds", Duration::from_secs(5)).unwrap();
    assert!(!dump.text().contains("Basic d"), "Envoy shows no secret");
}
