//! What we ship keeps the rules; each rule is noticed when it, and nothing else, is broken.

mod allowed;
mod replies;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{filter::milliseconds, rules, scheme};
use crate::envoy::gate::{Clients, Gate, Keys, Kind, Name, Partner, Vouchers};
use crate::envoy::{Cluster, Config, OAuth2, Tls, declared, plugin_with};

/// A gate of files that nobody opens.
fn gate() -> Gate {
    let file = |name: &str| PathBuf::from(format!("/gate/{name}"));
    Gate {
        address: "0.0.0.0".to_owned(),
        certificate: file("server.pem"),
        key: file("server.key"),
        clients: Clients {
            authorities: file("ca.pem"),
            revoked: file("crl.pem"),
            names: vec![Name::Dns("govway.example.it".to_owned())],
        },
        vouchers: Vouchers {
            issuer: "interop.pagopa.it".to_owned(),
            audiences: (1..=9).map(|api| format!("https://ifs.example.it/ifs0{api}/v1")).collect(),
            keys: Keys::Remote {
                host: "interop.pagopa.it".to_owned(),
                port: 443,
                path: "/.well-known/jwks.json".to_owned(),
                tls: tls(),
            },
            partner: Some(Partner { issuer: "https://partner.example.it".to_owned(), keys: file("partner.json") }),
        },
    }
}

fn tls() -> Tls {
    Tls { name: "interop.pagopa.it".to_owned(), authorities: "/gate/ca.pem".into() }
}

fn clusters() -> Vec<Cluster> {
    let token = OAuth2 {
        host: "idp.example.it".to_owned(),
        port: 443,
        path: "/token".to_owned(),
        tls: Some(tls()),
        client: "ifs".to_owned(),
        secret: "s".to_owned(),
        scopes: Vec::new(),
    };
    let over_tls = Cluster { tls: Some(tls()), oauth2: Some(token), ..Cluster::new("sis", "sis.example.it", 443) };
    vec![Cluster::new("esse3", "127.0.0.1", 8001).basic("u", "p"), over_tls]
}

fn gateway(kind: Kind) -> Value {
    let plugin = plugin_with(b"{}", Some(&kind.trust(&[1, 2])), None).unwrap();
    Config::gateway(kind.file(), gate(), "/f.wasm".into(), plugin, clusters()).whole(Path::new("/run")).unwrap()
}

fn development() -> Value {
    let plugin = plugin_with(b"{}", Some(&"development".into()), None).unwrap();
    Config::development("/f.wasm".into(), plugin, clusters()).whole(Path::new("/run")).unwrap()
}

const LISTENER: &str = "/static_resources/listeners/0";
const MANAGER: &str = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config";
const TLS: &str = "/static_resources/listeners/0/filter_chains/0/transport_socket/typed_config";

/// Where the configuration of a filter stands.
fn at(tree: &Value, name: &str) -> String {
    let filters = tree.pointer(&format!("{MANAGER}/http_filters")).unwrap().as_array().unwrap();
    let index = filters.iter().position(|one| one["name"] == name).unwrap();
    format!("{MANAGER}/http_filters/{index}")
}

/// Puts a value at a JSON pointer whose last step may be new; `null` takes the member away.
fn set(tree: &mut Value, pointer: &str, value: Value) {
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    let parent = tree.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer}"));
    match parent {
        Value::Array(items) if value.is_null() => drop(items.remove(last.parse().unwrap())),
        Value::Array(items) => items[last.parse::<usize>().unwrap()] = value,
        _ if value.is_null() => drop(parent.as_object_mut().unwrap().remove(last)),
        _ => drop(parent.as_object_mut().unwrap().insert(last.to_owned(), value)),
    }
}

/// Breaks a good configuration in one place: exactly one rule must say so, and name the place.
#[track_caller]
fn breaks(good: &Value, pointer: &str, value: Value, told: &str) {
    let place = breaks_elsewhere(good, pointer, value, told);
    assert!(pointer.starts_with(&place) || place.starts_with(pointer), "{pointer}: {place}");
}

/// As [`breaks`], where what is wrong is what another place makes of it; gives that place.
#[track_caller]
fn breaks_elsewhere(good: &Value, pointer: &str, value: Value, told: &str) -> String {
    let mut tree = good.clone();
    set(&mut tree, pointer, value);
    let broken = rules(&tree);
    assert_eq!(broken.len(), 1, "{pointer}: {broken:#?}");
    assert!(broken[0].contains(told), "{pointer}: {broken:#?}");
    broken[0].split_once(": ").unwrap().0.to_owned()
}

#[test]
fn what_we_ship_keeps_the_rules() {
    assert_eq!(rules(&development()), Vec::<String>::new());
    for kind in Kind::ALL {
        assert_eq!(rules(&gateway(kind)), Vec::<String>::new(), "{kind:?}");
    }
    let mut without_partner = gate();
    without_partner.vouchers.partner = None;
    without_partner.vouchers.keys = Keys::File("/gate/jwks.json".into());
    let plugin = plugin_with(b"{}", Some(&Kind::Edge.trust(&[1])), None).unwrap();
    let config = Config::gateway("edge.yaml", without_partner, "/f.wasm".into(), plugin, clusters());
    let tree = config.whole(Path::new("/run")).unwrap();
    assert_eq!(rules(&tree), Vec::<String>::new());
    let text = tree.pointer(MANAGER).unwrap().to_string();
    assert!(!text.contains("PARTNER") && !text.contains("remote_jwks") && text.contains("local_jwks"));
}

#[test]
fn the_timers_outlast_the_deadline() {
    let good = gateway(Kind::Edge);
    let options = format!("{MANAGER}/common_http_protocol_options/max_stream_duration");
    breaks(&good, &options, Value::Null, "max_stream_duration is missing");
    breaks(&good, &options, "11.999s".into(), "12000 ms");
    let idle = format!("{MANAGER}/stream_idle_timeout");
    breaks(&good, &idle, Value::Null, "stream_idle_timeout is missing");
    breaks(&good, &idle, "0s".into(), "means none");
    breaks(&good, &idle, "soon".into(), "not a duration");
    // A bundle whose own deadline is longer wants longer timers.
    let plugin = r#"{"trust":"development","bundle":{"plan":{"limits":{"deadline":14000}}}}"#;
    let tree = Config::development("/f.wasm".into(), plugin.to_owned(), clusters()).whole(Path::new("/run")).unwrap();
    let broken = rules(&tree);
    assert!(broken.len() == 2 && broken.iter().all(|one| one.contains("16000 ms")), "{broken:?}");
}

#[test]
fn what_the_bundle_calls_is_there() {
    let with = |bundle: &str| {
        let plugin = format!(r#"{{"trust":"development","bundle":{bundle}}}"#);
        rules(&Config::development("/f.wasm".into(), plugin, clusters()).whole(Path::new("/run")).unwrap())
    };
    assert_eq!(with(r#"{"plan":{"systems":[{"cluster":"sis"},{"cluster":"esse3"}]}}"#), Vec::<String>::new());
    let broken = with(r#"{"plan":{"systems":[{"cluster":"esse3"},{"cluster":"other"},{"cluster":"other"}]}}"#);
    assert!(broken.len() == 1 && broken[0].contains("`other`"), "{broken:?}");
}

#[test]
fn a_scheme_is_asked_for_and_no_value_is_told() {
    for good in ["Basic dTpw", "Bearer x", " Digest username=\"u\""] {
        assert_eq!(scheme("esse3", good), None, "{good}");
    }
    for bad in ["dTpw", "", "Basic ", "Bearer\n"] {
        let said = scheme("esse3", bad).unwrap();
        assert!(said.starts_with("esse3: ") && !said.contains("dTpw"), "{said}");
    }
}

#[test]
fn the_filter_fails_closed() {
    for good in [development(), gateway(Kind::GovWay)] {
        let ifs = at(&good, "ifs");
        let config = format!("{ifs}/typed_config/config");
        breaks(&good, &format!("{config}/failure_policy"), "FAIL_OPEN".into(), "FAIL_RELOAD");
        breaks(&good, &format!("{config}/failure_policy"), Value::Null, "FAIL_RELOAD");
        breaks(&good, &format!("{config}/fail_open"), true.into(), "FAIL_RELOAD");
        breaks(&good, &format!("{config}/reload_config"), Value::Null, "base_interval");
        breaks(&good, &format!("{config}/allow_on_headers_stop_iteration"), true.into(), "shipped files");
        breaks(&good, &format!("{ifs}/disabled"), true.into(), "fails open");
        breaks(&good, &format!("{ifs}/is_optional"), true.into(), "fails open");
        breaks(&good, &format!("{ifs}/config_discovery"), json!({ "default_config": {} }), "default_config");
        breaks(&good, &format!("{LISTENER}/per_connection_buffer_limit_bytes"), 1_048_576.into(), "buffer_limit");
        breaks(&good, &format!("{LISTENER}/per_connection_buffer_limit_bytes"), Value::Null, "buffer_limit");
    }
}

#[test]
fn there_is_no_way_around_the_filter() {
    let good = gateway(Kind::Edge);
    let hosts = format!("{MANAGER}/route_config/virtual_hosts/0");
    let through = json!({ "match": { "prefix": "/x/" }, "route": { "cluster": "esse3" } });
    breaks(&good, &format!("{hosts}/routes/0"), through.clone(), "direct_response");
    let off = json!({ "ifs": { "disabled": true } });
    breaks(&good, &format!("{hosts}/typed_per_filter_config"), off, "disables");
    breaks(&good, &format!("{MANAGER}/rds"), json!({ "route_config_name": "x" }), "routes must stand in the file");
    let mut second = good.pointer(LISTENER).unwrap().clone();
    *second.pointer_mut("/filter_chains/0/filters/0/typed_config/http_filters").unwrap() = json!([]);
    *second.pointer_mut("/filter_chains/0/filters/0/typed_config/route_config/virtual_hosts/0/routes/0").unwrap() =
        through;
    let mut tree = good.clone();
    tree.pointer_mut("/static_resources/listeners").unwrap().as_array_mut().unwrap().push(second);
    let broken = rules(&tree);
    assert!(broken.len() == 1 && broken[0].contains("without the filter"), "{broken:?}");
    let mut tree = development();
    set(&mut tree, &format!("{MANAGER}/http_filters"), json!([]));
    assert!(rules(&tree).iter().any(|one| one.contains("no HTTP connection manager has the filter")));
}

#[test]
fn headers_that_go_on_are_held() {
    const TOLD: &str = "must stand right behind the filter";
    for good in [development()].into_iter().chain(Kind::ALL.map(gateway)) {
        let filters = format!("{MANAGER}/http_filters");
        let hold = at(&good, "envoy.filters.http.buffer");
        breaks_elsewhere(&good, &hold, Value::Null, TOLD);
        breaks(&good, &format!("{hold}/disabled"), true.into(), "fails open");
        breaks(&good, &format!("{hold}/is_optional"), true.into(), "fails open");
        let off = json!({ "envoy.filters.http.buffer": { "disabled": true } });
        for place in ["virtual_hosts/0", "virtual_hosts/0/routes/0"] {
            let per_filter = format!("{MANAGER}/route_config/{place}/typed_per_filter_config");
            breaks(&good, &per_filter, off.clone(), "disables");
        }
        // Before the filter it would hold headers for nothing.
        let mut list = good.pointer(&filters).unwrap().as_array().unwrap().clone();
        let last = list.len() - 1;
        list.swap(last - 2, last - 1);
        breaks_elsewhere(&good, &filters, list.into(), TOLD);
    }
}

#[test]
fn no_rule_by_path_is_deceived() {
    let good = gateway(Kind::Edge);
    breaks(&good, &format!("{MANAGER}/normalize_path"), false.into(), "normalize_path");
    breaks(&good, &format!("{MANAGER}/merge_slashes"), Value::Null, "merge_slashes");
    let slashes = format!("{MANAGER}/path_with_escaped_slashes_action");
    breaks(&good, &slashes, "UNESCAPE_AND_FORWARD".into(), "%2f");
    breaks(&good, &format!("{MANAGER}/forward_client_cert_details"), "SANITIZE_SET".into(), "x-forwarded-client-cert");
}

#[test]
fn vouchers_are_verified_and_nothing_passes_without() {
    let good = gateway(Kind::Edge);
    let jwt = format!("{}/typed_config", at(&good, "envoy.filters.http.jwt_authn"));
    let last = good.pointer(&format!("{jwt}/rules")).unwrap().as_array().unwrap().len() - 1;
    let pdnd = format!("{jwt}/providers/pdnd");
    breaks(&good, &format!("{pdnd}/issuer"), Value::Null, "issuer");
    breaks(&good, &format!("{pdnd}/audiences"), json!([]), "audiences");
    breaks(&good, &format!("{pdnd}/require_expiration"), Value::Null, "require_expiration");
    breaks(&good, &format!("{pdnd}/clock_skew_seconds"), 60.into(), "clock_skew");
    breaks(&good, &format!("{pdnd}/clock_skew_seconds"), Value::Null, "clock_skew");
    breaks(&good, &format!("{pdnd}/from_headers"), Value::Null, "from_headers");
    breaks(&good, &format!("{pdnd}/forward"), Value::Null, "forward must be true");
    breaks(&good, &format!("{pdnd}/header_in_metadata"), "pdnd".into(), "header_in_metadata");
    breaks(&good, &format!("{pdnd}/from_params"), json!(["access_token"]), "from_params");
    breaks(&good, &format!("{pdnd}/from_cookies"), json!(["token"]), "from_cookies");
    breaks(&good, &format!("{pdnd}/jwt_cache_config"), json!({}), "key that signed it is withdrawn");
    breaks(&good, &format!("{pdnd}/remote_jwks/http_uri/uri"), "http://interop.pagopa.it/".into(), "https");
    breaks(&good, &format!("{jwt}/providers/partner/payload_in_metadata"), Value::Null, "payload_in_metadata");
    breaks(&good, &format!("{jwt}/bypass_cors_preflight"), true.into(), "bypass_cors");
    breaks(&good, &format!("{jwt}/filter_state_rules"), json!({}), "filter_state_rules");
    breaks(&good, &format!("{jwt}/rules/{last}"), Value::Null, "last rule");
    breaks(&good, &format!("{jwt}/rules/{last}/match"), json!({ "prefix": "/", "headers": [] }), "last rule");
    for open in ["allow_missing", "allow_missing_or_failed"] {
        breaks(&good, &format!("{jwt}/rules/{last}/requires"), json!({ open: {} }), open);
        let any = json!({ "requires_any": { "requirements": [
            { "provider_and_audiences": { "provider_name": "pdnd", "audiences": ["https://ifs.example.it/ifs01/v1"] } },
            { open: {} },
        ] } });
        breaks(&good, &format!("{jwt}/rules/1/requires"), any, open);
    }
    breaks(&good, &format!("{jwt}/rules/2/requires"), Value::Null, "requires no voucher");
    let any = json!({ "requires_any": { "requirements": [{ "provider_name": "pdnd" }, {}] } });
    breaks(&good, &format!("{jwt}/rules/2/requires"), any, "requires no voucher");
    breaks(&good, &format!("{jwt}/rules/0/match/headers"), Value::Null, "GET …/status");
    for wide in ["/ifs0[1-9]/.*", ".*/status", "/ifs02/(a|b)/status"] {
        breaks(&good, &format!("{jwt}/rules/0/match/safe_regex/regex"), wide.into(), "GET …/status");
    }
    // What the filter trusts must be what is verified.
    let config = at(&good, "ifs");
    let value = format!("{config}/typed_config/config/configuration/value");
    let other = json!({ "trust": { "identity": "voucher", "metadata": "else" }, "bundle": {} }).to_string();
    breaks(&good, &value, other.into(), "no jwt_authn before it");
}

#[test]
fn nobody_is_believed_without_a_proof() {
    let value = |good: &Value| format!("{}/typed_config/config/configuration/value", at(good, "ifs"));
    let good = gateway(Kind::Edge);
    let development = json!({ "trust": "development", "bundle": {} }).to_string();
    breaks(&good, &value(&good), development.into(), "can be reached from other machines");
    breaks(&good, &value(&good), json!({ "trust": Kind::GovWay.trust(&[1]) }).to_string().into(), "GovWay's headers");
    let good = gateway(Kind::GovWay);
    breaks_elsewhere(&good, &format!("{TLS}/require_client_certificate"), Value::Null, "GovWay's headers");
    let names =
        "common_tls_context/combined_validation_context/default_validation_context/match_typed_subject_alt_names";
    breaks_elsewhere(&good, &format!("{TLS}/{names}"), json!([]), "GovWay's headers");
}

#[test]
fn connections_are_safe() {
    let good = gateway(Kind::Mtls);
    let chain = format!("{LISTENER}/filter_chains/0");
    breaks(&good, &format!("{chain}/transport_socket"), Value::Null, "has no TLS");
    let least = format!("{TLS}/common_tls_context/tls_params/tls_minimum_protocol_version");
    breaks(&good, &least, "TLSv1_1".into(), "TLSv1_2");
    breaks(&good, &least, Value::Null, "TLSv1_2");
    let combined = format!("{TLS}/common_tls_context/combined_validation_context");
    breaks(&good, &combined, Value::Null, "takes every certificate");
    let accept = format!("{combined}/default_validation_context/trust_chain_verification");
    breaks(&good, &accept, "ACCEPT_UNTRUSTED".into(), "takes every certificate");
    breaks(&good, "/admin/address/socket_address/address", "0.0.0.0".into(), "loopback");
}

#[test]
fn limits_limit_and_logs_keep_quiet() {
    let good = gateway(Kind::Edge);
    let limit = format!("{}/typed_config", at(&good, "envoy.filters.http.local_ratelimit"));
    breaks(&good, &format!("{limit}/filter_enforced"), Value::Null, "100 %");
    let log = format!("{MANAGER}/access_log/0/typed_config/log_format/json_format");
    breaks(&good, &format!("{log}/token"), "%REQ(authorization)%".into(), "do not belong in a log");
    breaks(&good, &format!("{log}/path"), "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%".into(), "do not belong in a log");
    breaks(&good, &format!("{MANAGER}/http_filters/0/failure_mode_allow"), true.into(), "failure_mode_allow");
}

#[test]
fn systems_prove_themselves() {
    let good = gateway(Kind::Edge);
    let list = good.pointer("/static_resources/clusters").unwrap().as_array().unwrap();
    let of =
        |name: &str| format!("/static_resources/clusters/{}", list.iter().position(|c| c["name"] == name).unwrap());
    for name in ["sis", "sis-token-endpoint", "pdnd-keys"] {
        let context = format!("{}/transport_socket/typed_config/common_tls_context/validation_context", of(name));
        breaks(&good, &format!("{context}/trusted_ca"), Value::Null, "trusted_ca");
        breaks(&good, &format!("{context}/match_typed_subject_alt_names"), Value::Null, "subject_alt_names");
    }
    breaks(&good, &format!("{}/circuit_breakers", of("esse3")), Value::Null, "what the system can bear");
    let injector =
        "typed_extension_protocol_options/envoy.extensions.upstreams.http.v3.HttpProtocolOptions/http_filters/0";
    let open = format!("{}/{injector}/typed_config/allow_request_without_credential", of("esse3"));
    breaks(&good, &open, true.into(), "without the system's credentials");
}

#[test]
fn durations_are_read_as_protobuf_writes_them() {
    for (text, ms) in [("15s", Some(15_000)), ("0.500s", Some(500)), ("1.5s", Some(1_500)), ("15", None), ("s", None)] {
        assert_eq!(milliseconds(text), ms, "{text}");
    }
}
