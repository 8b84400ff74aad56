//! What an operator's values may be: of each placeholder, and of each value that is shipped and yet the operator's.

use serde_json::Value;
use shell::is_key;

use crate::envoy::exceptions::is_host;

/// The longest a request may take, milliseconds; `limits.deadline` of a mapping is a minute at most.
const LONGEST_MS: u64 = 120_000;

/// What a value may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Bound {
    /// A whole number, from and to.
    Whole(u64, u64),
    /// So many times what is shipped at most, and one at least.
    Rate(f64),
    /// A duration, milliseconds from and to.
    Lasts(u64, u64),
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// Some of what is shipped, one at least.
    SomeOf,
    /// A text of letters, digits, `-`, `_` and `.`.
    Name,
}

/// Values that stand in the shipped files and are the operator's within bounds, by the end of their places. `*` is any
/// one step.
const PLACES: [(&[&str], Bound); 30] = [
    (&["node", "id"], Bound::Name),
    (&["node", "cluster"], Bound::Name),
    (&["resource_monitors", "*", "typed_config", "max_active_downstream_connections"], Bound::Whole(10, 50_000)),
    (&["resource_monitors", "*", "typed_config", "max_heap_size_bytes"], Bound::Whole(134_217_728, 68_719_476_736)),
    (&["filter_chains", "*", "transport_socket_connect_timeout"], Bound::Lasts(1_000, 30_000)),
    (&["common_tls_context", "tls_params", "tls_minimum_protocol_version"], Bound::OneOf(&["TLSv1_2", "TLSv1_3"])),
    (&["common_tls_context", "tls_params", "cipher_suites"], Bound::SomeOf),
    (&["filters", "*", "typed_config", "common_http_protocol_options", "idle_timeout"], Bound::Lasts(1_000, 300_000)),
    (
        &["filters", "*", "typed_config", "common_http_protocol_options", "max_connection_duration"],
        Bound::Lasts(10_000, 300_000),
    ),
    (&["filters", "*", "typed_config", "request_timeout"], Bound::Lasts(1_000, 60_000)),
    (&["filters", "*", "typed_config", "request_headers_timeout"], Bound::Lasts(1_000, 30_000)),
    (&["http_filters", "burst", "typed_config", "token_bucket", "max_tokens"], Bound::Rate(10.0)),
    (&["http_filters", "burst", "typed_config", "token_bucket", "tokens_per_fill"], Bound::Rate(10.0)),
    (&["http_filters", "burst", "typed_config", "descriptors", "*", "token_bucket", "max_tokens"], Bound::Rate(10.0)),
    (
        &["http_filters", "burst", "typed_config", "descriptors", "*", "token_bucket", "tokens_per_fill"],
        Bound::Rate(10.0),
    ),
    (&["http_filters", "pace", "typed_config", "token_bucket", "max_tokens"], Bound::Rate(10.0)),
    (&["http_filters", "pace", "typed_config", "token_bucket", "tokens_per_fill"], Bound::Rate(10.0)),
    (&["http_filters", "pace", "typed_config", "descriptors", "*", "token_bucket", "max_tokens"], Bound::Rate(10.0)),
    (
        &["http_filters", "pace", "typed_config", "descriptors", "*", "token_bucket", "tokens_per_fill"],
        Bound::Rate(10.0),
    ),
    // The national guide's for the largest universities.
    (&[LIMIT, "typed_config", "descriptors", "*", "token_bucket", "max_tokens"], Bound::Rate(2.5)),
    (&[LIMIT, "typed_config", "descriptors", "*", "token_bucket", "tokens_per_fill"], Bound::Rate(2.5)),
    (&["http_filters", "*", "typed_config", "max_dynamic_descriptors"], Bound::Whole(1_000, 100_000)),
    (&["providers", "*", "max_lifetime"], Bound::Lasts(60_000, 86_400_000)),
    (&["providers", "*", "clock_skew_seconds"], Bound::Whole(0, 30)),
    (&["providers", "*", "remote_jwks", "http_uri", "timeout"], Bound::Lasts(1_000, 60_000)),
    (&["providers", "*", "remote_jwks", "cache_duration"], Bound::Lasts(60_000, 300_000)),
    (&["clusters", "*", "connect_timeout"], Bound::Lasts(100, 30_000)),
    (&["clusters", "*", "dns_lookup_family"], Bound::OneOf(&["V4_PREFERRED", "V4_ONLY", "V6_ONLY", "AUTO", "ALL"])),
    (
        &[
            "clusters",
            "*",
            "typed_extension_protocol_options",
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
            "common_http_protocol_options",
            "idle_timeout",
        ],
        Bound::Lasts(500, 60_000),
    ),
    (&["clusters", "*", "outlier_detection", "base_ejection_time"], Bound::Lasts(1_000, 60_000)),
];

const LIMIT: &str = "envoy.filters.http.local_ratelimit";

/// The bound of a value that is shipped, by the names from its place to the whole.
pub(super) fn place<'a>(names: impl Iterator<Item = &'a str> + Clone) -> Option<Bound> {
    PLACES.iter().find(|(end, _)| ends(names.clone(), end)).map(|(_, bound)| *bound)
}

/// Whether a place, by the names from it to the whole, ends so.
pub(super) fn ends<'a>(mut names: impl Iterator<Item = &'a str>, end: &[&str]) -> bool {
    end.iter().rev().all(|wanted| names.next().is_some_and(|name| *wanted == "*" || name == *wanted))
}

impl Bound {
    /// Whether a value may stand where `shipped` does; else what it must be.
    pub(super) fn check(self, shipped: &Value, given: &Value) -> Result<(), String> {
        let within = |number: Option<u64>, from: u64, to: u64| number.is_some_and(|n| (from..=to).contains(&n));
        match self {
            Self::Whole(from, to) => {
                holds(within(given.as_u64(), from, to), || format!("a whole number from {from} to {to}"))
            }
            Self::Rate(times) => {
                let most = shipped.as_f64().unwrap_or(0.0) * times;
                let good = given.as_u64().filter(|n| *n > 0).and(given.as_f64()).is_some_and(|n| n <= most);
                holds(good, || format!("a whole number from 1 to {most}"))
            }
            Self::Lasts(from, to) => holds(within(given.as_str().and_then(milliseconds), from, to), || lasts(from, to)),
            Self::OneOf(all) => holds(given.as_str().is_some_and(|text| all.contains(&text)), || all.join(" or ")),
            Self::SomeOf => {
                let all = shipped.as_array().map(Vec::as_slice).unwrap_or_default();
                let some = given.as_array().filter(|some| !some.is_empty());
                holds(some.is_some_and(|some| some.iter().all(|one| all.contains(one))), || {
                    "some of what is shipped".to_owned()
                })
            }
            Self::Name => holds(given.as_str().is_some_and(is_name), || {
                "letters, digits, `-`, `_` and `.`, 64 at most".to_owned()
            }),
        }
    }
}

fn holds(good: bool, wanted: impl Fn() -> String) -> Result<(), String> {
    if good { Ok(()) } else { Err(wanted()) }
}

fn lasts(from: u64, to: u64) -> String {
    let shown = |ms: u64| if ms.is_multiple_of(1_000) { format!("{}s", ms / 1_000) } else { format!("0.{ms:03}s") };
    format!("a duration from {} to {}", shown(from), shown(to))
}

fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

/// What may stand in a placeholder's place, as far as it can be told of it alone; else what it must be. None of a
/// placeholder that is not known.
pub(super) fn hole(name: &str, given: &Value) -> Option<Result<(), String>> {
    let text = given.as_str();
    let is = |good: bool, wanted: &str| holds(good, || wanted.to_owned());
    let whole = |from: u64, to: u64| Bound::Whole(from, to).check(&Value::Null, given);
    let lasts = |from: u64, to: u64| Bound::Lasts(from, to).check(&Value::Null, given);
    Some(match name {
        "IFS_PORT" | "IFS_ADMIN_PORT" => whole(0, 65_535),
        "IFS_JWKS_PORT" | "IFS_LEGACY_PORT" | "IFS_LEGACY_TOKEN_PORT" => whole(1, 65_535),
        "IFS_LEGACY_CONNECTIONS" => whole(1, 1_024),
        "IFS_LEGACY_WAITING" => whole(1, 4_096),
        "IFS_ADDRESS" => is(
            text.and_then(|text| text.parse::<std::net::IpAddr>().ok()).is_some_and(|ip| !ip.is_multicast()),
            "an IP address of this machine, or 0.0.0.0 or :: for all",
        ),
        "IFS_MAX_STREAM_DURATION" | "IFS_STREAM_IDLE_TIMEOUT" => lasts(1_000, LONGEST_MS),
        "IFS_RELOAD_BACKOFF" => lasts(100, 60_000),
        "IFS_WASM" => is(
            text.is_some_and(|text| is_path(text) && text.ends_with(".wasm")),
            "the whole path of a file that ends with .wasm",
        ),
        "IFS_ACCESS_LOG" => is(text.is_some_and(is_path), WHOLE_PATH),
        name if name.ends_with("_SECRET_FILE") || ["IFS_FILTER_FILE", "IFS_LOG_BUCKET_FILE"].contains(&name) => is(
            text.is_some_and(|text| is_path(text) && !is_device(text) && is_read_as_text(text)),
            "a whole path that ends with .json, .yaml, .yml or .secret: Envoy reads a file as its end says",
        ),
        name if name.ends_with("_FILE") || name.ends_with("_FOLDER") => {
            is(text.is_some_and(|text| is_path(text) && !is_device(text)), WHOLE_PATH)
        }
        "IFS_LEGACY_HOST" | "IFS_LEGACY_TOKEN_HOST" | "IFS_JWKS_HOST" => {
            is(text.is_some_and(is_host), "a host name or an IP address")
        }
        "IFS_LEGACY_TLS_NAME" | "IFS_LEGACY_TOKEN_TLS_NAME" | "IFS_JWKS_NAME" => {
            is(text.is_some_and(is_host), "one host name, without `*`: the one that the certificate must bear")
        }
        "IFS_VOUCHER_ISSUER" => is(
            text.is_some_and(|text| is_host(text.split('/').next().unwrap_or_default()) && is_token(text, 200)),
            "PDND's issuer, which has no scheme, such as uat.interop.pagopa.it",
        ),
        "IFS_PARTNER_ISSUER" => is(text.is_some_and(|text| is_token(text, 200)), TOKEN),
        name if name.starts_with("IFS_AUDIENCE_") => is(text.is_some_and(|text| is_token(text, 512)), TOKEN),
        "IFS_JWKS_URI" => is(
            text.is_some_and(|text| text.starts_with("https://") && is_token(text, 512)),
            "an https URL: whoever can change keys on their way can sign vouchers",
        ),
        "IFS_LEGACY_TOKEN_URI" => is(
            text.is_some_and(|text| {
                (text.starts_with("https://") || text.starts_with("http://")) && is_token(text, 512)
            }),
            "the URL of the token endpoint",
        ),
        "IFS_LEGACY_TOKEN_CLIENT" => is(text.is_some_and(|text| is_token(text, 256)), TOKEN),
        "IFS_LEGACY_TOKEN_SCOPES" => is(
            given
                .as_array()
                .is_some_and(|all| all.iter().all(|one| one.as_str().is_some_and(|one| is_token(one, 256)))),
            "a list of scopes",
        ),
        "IFS_LEGACY_SECRET" | "IFS_LEGACY_TOKEN_SECRET" => {
            is(text.is_some_and(|text| is_token(text, 256)), "the name of a secret")
        }
        "IFS_LEGACY_SECRET_VALUE" => is(
            text.is_some_and(|text| !text.trim().is_empty() && !text.contains(char::is_control)),
            "one line that is not empty",
        ),
        "IFS_CLIENT_NAMES" => is(are_names(given), CLIENT_NAMES),
        "IFS_SECRET_VARIABLES" => is(
            given.as_array().is_some_and(|all| all.iter().all(|one| one.as_str().is_some_and(is_variable))),
            "a list of variables whose names begin with IFS_SECRET_: others are not the filter's business",
        ),
        // Looked at as a whole.
        "IFS_PLUGIN_CONFIGURATION" => is(text.is_some(), "JSON in a text"),
        _ => return None,
    })
}

const WHOLE_PATH: &str = "a whole path, without `..`, and of no device";
const TOKEN: &str = "a text without spaces and control characters";
const CLIENT_NAMES: &str = "a list, not empty, of { san_type: DNS or URI, matcher: { exact: NAME } } and nothing else, \
                            each name once, without `*`";

/// A text of printable ASCII characters without a space, that is no placeholder.
fn is_token(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len()) && text.chars().all(|c| c.is_ascii_graphic()) && !text.contains("${")
}

/// A whole path.
fn is_path(text: &str) -> bool {
    let path = std::path::Path::new(text);
    let plain = !path.components().any(|part| matches!(part, std::path::Component::ParentDir));
    path.is_absolute() && plain && !text.contains(char::is_control) && !text.contains("${")
}

/// Whether Envoy reads a file as it is read here.
fn is_read_as_text(text: &str) -> bool {
    let end = std::path::Path::new(text).extension().and_then(|end| end.to_str());
    end.is_some_and(|end| ["json", "yaml", "yml", "secret"].contains(&end))
}

/// Whether a path is none of a file.
pub(super) fn is_device(text: &str) -> bool {
    ["/dev/", "/proc/", "/sys/"].iter().any(|start| text.starts_with(start))
}

fn is_variable(text: &str) -> bool {
    let own = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    is_key(text) || text.strip_prefix("IFS_SECRET_").is_some_and(|rest| !rest.is_empty() && rest.chars().all(own))
}

/// Exact names in certificates.
fn are_names(given: &Value) -> bool {
    let Some(list) = given.as_array().filter(|list| !list.is_empty()) else { return false };
    let mut seen = std::collections::BTreeSet::new();
    list.iter().all(|one| {
        let (Some(members), Some(matcher)) = (one.as_object(), one.get("matcher").and_then(Value::as_object)) else {
            return false;
        };
        let exact = matcher.get("exact").and_then(Value::as_str).filter(|name| is_token(name, 253));
        let kind = one.get("san_type").and_then(Value::as_str);
        members.len() == 2
            && matcher.len() == 1
            && exact.is_some_and(|name| !name.contains('*') && seen.insert(name))
            && (kind == Some("URI") || (kind == Some("DNS") && exact.is_some_and(is_host)))
    })
}

/// The exact names of such a list.
pub(super) fn exact_names(given: &Value) -> Vec<&str> {
    let list = given.as_array().into_iter().flatten();
    list.filter_map(|one| one.pointer("/matcher/exact").and_then(Value::as_str)).collect()
}

/// Milliseconds of a protobuf duration, `15s` or `0.500s`.
pub(super) fn milliseconds(text: &str) -> Option<u64> {
    let (whole, fraction) = text.strip_suffix('s').map(|t| t.split_once('.').unwrap_or((t, "")))?;
    if !fraction.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let padded: String = fraction.chars().chain("000".chars()).take(3).collect();
    whole.parse::<u64>().ok()?.checked_mul(1_000)?.checked_add(padded.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::envoy::template::{placeholder, visit};

    #[test]
    fn every_placeholder_has_a_bound() {
        let mut trees: Vec<Value> =
            ["development.yaml", "edge.yaml", "mtls.yaml", "govway.yaml", "govway-voucher.yaml"]
                .into_iter()
                .chain(["filter.yaml"])
                .map(|file| super::super::shape::shipped(file).unwrap())
                .collect();
        for file in
            ["secrets/authorization.yaml", "secrets/certificate.yaml", "secrets/clients.yaml", "log-bucket.yaml"]
        {
            trees.push(super::super::shape::shipped_file(file).unwrap());
        }
        // Told by the shape.
        let names = ["IFS_LEGACY_CLUSTER", "IFS_LEGACY_RELAY", "IFS_LEGACY_TOKEN_CLUSTER"];
        for tree in &trees {
            visit(tree, "", &mut |at, node| {
                if let Some(name) = node.as_str().and_then(placeholder) {
                    assert!(names.contains(&name) || hole(name, &Value::Null).is_some(), "{at}: {name}");
                    assert!(names.contains(&name) || hole(name, &Value::Null).unwrap().is_err(), "{at}: {name}");
                }
            });
        }
    }

    #[test]
    fn every_bounded_value_is_shipped_within_its_bounds() {
        let mut unseen: Vec<usize> = (0..PLACES.len()).collect();
        for file in ["edge.yaml", "mtls.yaml"] {
            let tree = super::super::shape::shipped(file).unwrap();
            each(&tree, &mut Vec::new(), &mut |names, value| {
                if let Some(bound) = place(names.iter().rev().map(String::as_str)) {
                    assert_eq!(bound.check(value, value), Ok(()), "{names:?}");
                    assert_ne!(bound.check(value, &Value::Null), Ok(()), "{names:?}");
                    unseen.retain(|i| {
                        PLACES[*i].1 != bound || !ends(names.iter().rev().map(String::as_str), PLACES[*i].0)
                    });
                }
            });
        }
        assert_eq!(unseen, Vec::<usize>::new());
    }

    /// Every node with its place by names.
    fn each(node: &Value, names: &mut Vec<String>, see: &mut dyn FnMut(&[String], &Value)) {
        see(names, node);
        let inner: Vec<(String, &Value)> = match node {
            Value::Array(items) => {
                let name = |(i, one): (usize, &Value)| one["name"].as_str().map_or(i.to_string(), str::to_owned);
                items.iter().enumerate().map(|(i, one)| (name((i, one)), one)).collect()
            }
            Value::Object(members) => members.iter().map(|(name, one)| (name.clone(), one)).collect(),
            _ => Vec::new(),
        };
        for (name, one) in inner {
            names.push(name);
            each(one, names, see);
            names.pop();
        }
    }

    #[test]
    fn values_are_bounded() {
        for (name, good, bad) in [
            ("IFS_PORT", json!(8443), json!(65_536)),
            ("IFS_LEGACY_PORT", json!(443), json!(0)),
            ("IFS_LEGACY_PORT", json!(443), json!("443")),
            ("IFS_LEGACY_CONNECTIONS", json!(16), json!(0)),
            ("IFS_LEGACY_CONNECTIONS", json!(16), json!(4_294_967_295_u32)),
            ("IFS_ADDRESS", json!("0.0.0.0"), json!("everywhere")),
            ("IFS_MAX_STREAM_DURATION", json!("15s"), json!("0s")),
            ("IFS_MAX_STREAM_DURATION", json!("15.500s"), json!("86400s")),
            ("IFS_WASM", json!("/srv/f.wasm"), json!("f.wasm")),
            ("IFS_ACCESS_LOG", json!("/var/log/a.log"), json!("/var/log/../../etc/passwd")),
            ("IFS_KEY_FILE", json!("/srv/key.pem"), json!("/proc/self/environ")),
            ("IFS_LEGACY_HOST", json!("esse3.example.it"), json!("esse3.example.it/x")),
            ("IFS_LEGACY_TLS_NAME", json!("esse3.example.it"), json!("*.example.it")),
            ("IFS_VOUCHER_ISSUER", json!("interop.pagopa.it"), json!("https://interop.pagopa.it")),
            ("IFS_AUDIENCE_3", json!("https://x/ifs03"), json!("")),
            ("IFS_JWKS_URI", json!("https://x/keys"), json!("http://x/keys")),
            ("IFS_SECRET_VARIABLES", json!(["IFS_SECRET_A"]), json!(["AWS_SECRET_ACCESS_KEY"])),
            ("IFS_SECRET_VARIABLES", json!([]), json!(["IFS_SECRET_"])),
            ("IFS_LEGACY_SECRET_VALUE", json!("Basic x"), json!(" \n")),
            (
                "IFS_CLIENT_NAMES",
                json!([{ "san_type": "URI", "matcher": { "exact": "urn:x" } }]),
                json!([{ "san_type": "DNS", "matcher": { "suffix": ".it" } }]),
            ),
            (
                "IFS_CLIENT_NAMES",
                json!([{ "san_type": "DNS", "matcher": { "exact": "a.it" } }]),
                json!([{ "san_type": "DNS", "matcher": { "exact": "a.it", "ignore_case": true } }]),
            ),
            (
                "IFS_CLIENT_NAMES",
                json!([{ "san_type": "DNS", "matcher": { "exact": "a.it" } }]),
                json!([{ "san_type": "DNS", "matcher": { "exact": "*.it" } }]),
            ),
        ] {
            assert_eq!(hole(name, &good).unwrap(), Ok(()), "{name}: {good}");
            assert!(hole(name, &bad).unwrap().is_err(), "{name}: {bad}");
        }
        assert_eq!(hole("IFS_NEW", &json!(1)), None);
    }

    #[test]
    fn durations_are_read() {
        for (text, ms) in [
            ("15s", Some(15_000)),
            ("0.2s", Some(200)),
            ("1.5s", Some(1_500)),
            ("0s", Some(0)),
            ("15", None),
            ("s", None),
            ("1.x2s", None),
        ] {
            assert_eq!(milliseconds(text), ms, "{text}");
        }
    }
}
