//! What is not known to be good is refused.

use super::*;
use crate::envoy::check::warnings;

fn manager_of(kind: Kind) -> (Value, String) {
    let good = gateway(kind);
    let jwt = format!("{}/typed_config", at(&good, "envoy.filters.http.jwt_authn"));
    (good, jwt)
}

/// With one more element at the end of a list.
fn with(good: &Value, list: &str, one: Value) -> Vec<String> {
    let mut tree = good.clone();
    tree.pointer_mut(list).unwrap().as_array_mut().unwrap().push(one);
    rules(&tree)
}

#[track_caller]
fn told(broken: &[String], what: &str) {
    assert!(broken.len() == 1 && broken[0].contains(what), "{broken:#?}");
}

fn server(routes: &Value, filters: &Value) -> Value {
    json!({ "name": "x", "address": { "socket_address": { "address": "127.0.0.1", "port_value": 1 } },
        "filter_chains": [{ "filters": [{ "name": "h", "typed_config": { "@type": crate::envoy::check::MANAGER,
            "stat_prefix": "x", "http_filters": filters,
            "route_config": { "virtual_hosts": [{ "name": "x", "domains": ["*"], "routes": [routes] }] } } }] }] })
}

#[test]
fn filters_are_the_known_ones_in_their_order() {
    let good = gateway(Kind::Edge);
    for name in ["header_to_metadata.v3.Config", "tap.v3.Tap", "lua.v3.Lua", "ext_proc.v3.ExternalProcessor"] {
        let typed = format!("type.googleapis.com/envoy.extensions.filters.http.{name}");
        let other = json!({ "name": "x", "typed_config": { "@type": typed } });
        breaks(&good, &at(&good, "envoy.filters.http.compressor"), other, name);
    }
    let filters = format!("{MANAGER}/http_filters");
    let list = good.pointer(&filters).unwrap().as_array().unwrap().clone();
    let swapped = |a: usize, b: usize| {
        let mut list = list.clone();
        list.swap(a, b);
        let mut tree = good.clone();
        set(&mut tree, &filters, list.into());
        rules(&tree)
    };
    let last = list.len() - 1;
    assert!(swapped(last, last - 1).iter().any(|one| one.contains("router must be the last")));
    // The quota behind the filter would count nothing.
    let quota = list.iter().position(|one| one["name"] == "envoy.filters.http.local_ratelimit").unwrap();
    assert!(swapped(quota, last - 1).iter().any(|one| one.contains("before the filter")));
    let upstream = "/static_resources/clusters/1/typed_extension_protocol_options/\
                    envoy.extensions.upstreams.http.v3.HttpProtocolOptions/http_filters";
    let tap = json!({ "name": "x", "typed_config": { "@type": "tap" } });
    told(&with(&good, upstream, tap), "`tap`");
}

#[test]
fn no_provider_speaks_for_another() {
    let (good, jwt) = manager_of(Kind::Edge);
    breaks_elsewhere(
        &good,
        &format!("{jwt}/providers/partner/payload_in_metadata"),
        "pdnd".into(),
        "another provider's",
    );
    breaks(&good, &format!("{jwt}/providers/pdnd/header_in_metadata"), "pdnd".into(), "header_in_metadata");
    breaks(&good, &format!("{jwt}/providers/pdnd/forward_payload_header"), "x".into(), "shipped files");
    breaks(&good, &format!("{jwt}/providers/pdnd/max_lifetime"), Value::Null, "max_lifetime");
    breaks(&good, &format!("{jwt}/providers/pdnd/max_lifetime"), "86401s".into(), "max_lifetime");
}

#[test]
fn a_voucher_opens_one_api() {
    let (good, jwt) = manager_of(Kind::Edge);
    let alone = json!({ "provider_name": "pdnd" });
    let requires = format!("{jwt}/rules/2/requires");
    breaks(&good, &requires, alone.clone(), "must name audiences");
    breaks(&good, &requires, json!({ "requires_any": { "requirements": [alone] } }), "must name audiences");
    let none = json!({ "provider_and_audiences": { "provider_name": "pdnd", "audiences": [] } });
    breaks(&good, &requires, none, "must name audiences");
    breaks(&good, &format!("{jwt}/rules/2"), Value::Null, "no rule for the prefix /ifs02/");
    breaks(&good, &format!("{jwt}/rules/2/match/headers"), json!([]), "a prefix alone");
    breaks(&good, &format!("{jwt}/requirement_map"), json!({ "open": {} }), "shipped files");
    let broken = {
        let mut tree = good.clone();
        set(
            &mut tree,
            &format!("{jwt}/rules/2"),
            json!({ "match": { "prefix": "/ifs02/" }, "requirement_name": "open" }),
        );
        rules(&tree)
    };
    assert!(broken.iter().any(|one| one.contains("requires no voucher")), "{broken:?}");
}

#[test]
fn nothing_is_served_without_the_filter() {
    let good = gateway(Kind::Edge);
    let listeners = "/static_resources/listeners";
    let weighted = json!({ "match": { "prefix": "/" }, "route": { "weighted_clusters": { "clusters": [] } } });
    told(&with(&good, listeners, server(&weighted, &json!([]))), "without the filter");
    let header = json!({ "match": { "prefix": "/" }, "route": { "cluster_header": "x" } });
    told(&with(&good, listeners, server(&header, &json!([]))), "without the filter");
    let answer = json!({ "match": { "prefix": "/" }, "direct_response": { "status": 200 } });
    assert_eq!(with(&good, listeners, server(&answer, &json!([]))), Vec::<String>::new());
    let lua = json!([{ "name": "x", "typed_config": { "@type": "lua" } }]);
    told(&with(&good, listeners, server(&answer, &lua)), "`lua`");
    let tcp =
        json!({ "name": "x", "filter_chains": [{ "filters": [{ "name": "t", "typed_config": { "@type": "tcp" } }] }] });
    told(&with(&good, listeners, tcp), "no HTTP connection manager");
    breaks(&good, &format!("{LISTENER}/additional_addresses"), json!([]), "shipped files");
    breaks(&good, &format!("{LISTENER}/additionalAddresses"), json!([]), "underscores");
    breaks(&good, "/dynamic_resources", json!({}), "shipped files");
    breaks(&good, "/layered_runtime", json!({}), "shipped files");
    breaks(&good, &format!("{MANAGER}/upgrade_configs"), json!([]), "shipped files");
    breaks(&good, &format!("{MANAGER}/tracing"), json!({}), "shipped files");
    breaks(&good, &format!("{MANAGER}/always_set_request_id_in_response"), true.into(), "shipped files");
    let host = format!("{MANAGER}/route_config/virtual_hosts/0");
    breaks(&good, &format!("{host}/matcher"), json!({}), "shipped files");
    breaks(&good, &format!("{host}/request_mirror_policies"), json!([]), "shipped files");
}

#[test]
fn keys_come_over_tls_and_plain_credentials_are_told() {
    let good = gateway(Kind::Edge);
    let list = good.pointer("/static_resources/clusters").unwrap().as_array().unwrap();
    let of = |name: &str| list.iter().position(|c| c["name"] == name).unwrap();
    for name in ["pdnd-keys", "sis-token-endpoint"] {
        let socket = format!("/static_resources/clusters/{}/transport_socket", of(name));
        breaks_elsewhere(&good, &socket, Value::Null, "speaks plain HTTP");
    }
    assert!(!warnings(&good).iter().any(|one| one.contains("plain HTTP")));
    let mut plain = good.clone();
    set(&mut plain, &format!("/static_resources/clusters/{}/transport_socket", of("sis")), Value::Null);
    assert_eq!(rules(&plain), Vec::<String>::new());
    assert!(warnings(&plain).iter().any(|one| one.starts_with("sis: ") && one.contains("plain HTTP")));
}

#[test]
fn limits_are_whole_and_there() {
    let good = gateway(Kind::Edge);
    for member in ["filter_enabled", "filter_enforced"] {
        let limit = format!("{}/typed_config/{member}/default_value/denominator", at(&good, "burst"));
        breaks(&good, &limit, "MILLION".into(), "100 %");
    }
    let mut tree = good.clone();
    for name in ["envoy.filters.http.local_ratelimit", "pace", "burst"] {
        let limit = at(&tree, name);
        set(&mut tree, &limit, Value::Null);
    }
    told(&rules(&tree), "no local_ratelimit");
}

#[test]
fn names_are_exact_and_headers_go() {
    let good = gateway(Kind::Mtls);
    let names = format!(
        "{TLS}/common_tls_context/combined_validation_context/default_validation_context/match_typed_subject_alt_names"
    );
    for matcher in [json!({ "safe_regex": { "regex": ".*" } }), json!({ "contains": "." }), json!({ "suffix": ".it" })]
    {
        breaks(&good, &format!("{names}/0/matcher"), matcher, "exact name");
    }
    breaks(&good, &format!("{MANAGER}/use_remote_address"), false.into(), "use_remote_address");
    breaks(&good, &format!("{MANAGER}/xff_num_trusted_hops"), 1.into(), "xff_num_trusted_hops");
    let options = format!("{MANAGER}/common_http_protocol_options/headers_with_underscores_action");
    breaks(&good, &options, Value::Null, "underscores_action");
    let mutations = format!("{MANAGER}/early_header_mutation_extensions/0/typed_config/mutations");
    let count = good.pointer(&mutations).unwrap().as_array().unwrap().len();
    assert_eq!(count, 5);
    for i in 0..count {
        breaks_elsewhere(&good, &format!("{mutations}/{i}"), Value::Null, "must be taken away");
    }
    told(&with(&good, &mutations, json!({ "append": {} })), "must take headers away");
}

#[test]
fn logs_say_what_is_known_to_be_harmless() {
    let good = gateway(Kind::Edge);
    let log = format!("{MANAGER}/access_log/0/typed_config");
    for bad in [
        "%REQ(X?AUTHORIZATION)%",
        "%CEL(request.headers['authorization'])%",
        "%CEL(request.path)%",
        "%REQ(COOKIE)%",
        "%DYNAMIC_METADATA(envoy.filters.http.jwt_authn)%",
    ] {
        breaks(&good, &format!("{log}/log_format/json_format/x"), bad.into(), "do not belong in a log");
    }
    breaks(&good, &format!("{log}/log_format"), Value::Null, "log_format must be stated");
    let mappers = format!("{MANAGER}/local_reply_config/mappers");
    let last = good.pointer(&mappers).unwrap().as_array().unwrap().len() - 1;
    let body = format!("{mappers}/{last}/body_format_override/json_format/detail");
    breaks(&good, &body, "%REQ(AUTHORIZATION)%".into(), "do not belong in a log");
}

#[test]
fn the_filter_may_do_what_it_uses_and_no_more() {
    for good in [development(), gateway(Kind::Edge)] {
        let restriction = format!("{}/typed_config/config/capability_restriction_config", at(&good, "ifs"));
        let list = format!("{restriction}/allowed_capabilities");
        for open in [Value::Null, json!({}), json!({ "allowed_capabilities": {} })] {
            breaks(&good, &restriction, open, "everything is allowed");
        }
        breaks(&good, &format!("{list}/proxy_call_foreign_function"), json!({}), "nothing that the filter uses");
        breaks(&good, &format!("{list}/proxy_http_call"), Value::Null, "lacks proxy_http_call");
    }
}

#[test]
fn a_listener_inside_envoy_undoes_gzip_and_nothing_else() {
    let plugin = plugin_with(b"{}", Some(&Kind::Edge.trust(&[1])), None).unwrap();
    let zipped = Cluster { gzip: true, ..Cluster::new("esse3", "127.0.0.1", 8001).basic("u", "p") };
    let config = Config::gateway("edge.yaml", gate(), "/f.wasm".into(), plugin, vec![zipped]);
    let good = config.whole(Path::new("/run")).unwrap();
    assert_eq!(rules(&good), Vec::<String>::new());
    const RELAY: &str = "/static_resources/listeners/1";
    let manager = format!("{RELAY}/filter_chains/0/filters/0/typed_config");
    for (place, value) in [
        (format!("{RELAY}/per_connection_buffer_limit_bytes"), json!(1)),
        (format!("{manager}/http_filters/0"), Value::Null),
        (format!("{manager}/http_filters/0"), json!({ "name": "x", "typed_config": { "@type": "lua" } })),
        (format!("{manager}/route_config/virtual_hosts/0/request_mirror_policies"), json!([])),
        (format!("{manager}/route_config/virtual_hosts/0/routes/0/route/timeout"), "1s".into()),
        (format!("{manager}/route_config/response_headers_to_remove"), Value::Null),
    ] {
        breaks(&good, &place, value, "envoy/parts/gzip-listener.yaml");
    }
    breaks(&good, "/bootstrap_extensions/0/name", "other".into(), "gzip-extension");
    // At an address it is a way around.
    let address = json!({ "socket_address": { "address": "127.0.0.1", "port_value": 1 } });
    let mut tree = good.clone();
    set(&mut tree, &format!("{RELAY}/internal_listener"), Value::Null);
    set(&mut tree, &format!("{RELAY}/address"), address);
    assert!(rules(&tree).iter().any(|one| one.contains("without the filter")));
}
