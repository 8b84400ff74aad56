//! The filter and the timers around it.

use serde_json::Value;

use super::listener::Place;
use super::{Broken, allowed, capabilities, contains_filter, is, is_true};
use crate::envoy::dynamic::WASM;

/// The longest deadline of an exchange by default (`limits.deadline`), milliseconds.
const DEADLINE_MS: u64 = 10_000;

/// By how much an exchange's deadline must end before Envoy's timers, milliseconds.
const MARGIN_MS: u64 = 2_000;

/// Of the filter's own; what has rules of its own is told there.
const PLUGIN: [&str; 8] = [
    "name",
    "root_id",
    "failure_policy",
    "fail_open",
    "reload_config",
    "vm_config",
    "configuration",
    "capability_restriction_config",
];

const JWT: &str = "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication";
const LIMIT: &str = "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit";

/// Checks a connection manager that has the filter.
pub(super) fn check(manager_at: &str, manager: &Value, place: &Place<'_>, broken: &mut Broken) {
    let filters = manager.get("http_filters").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut deadline = DEADLINE_MS;
    for (i, one) in filters.iter().enumerate() {
        let at = format!("{manager_at}/http_filters/{i}");
        if one.get("disabled").is_some() || one.get("is_optional").is_some() {
            broken.tell(&at, "a filter that may be missing or off (disabled, is_optional) fails open");
        }
        if one.pointer("/config_discovery/default_config").is_some() {
            broken.tell(&at, "config_discovery.default_config answers in the filter's place");
        }
        let config = one.get("typed_config").unwrap_or(&Value::Null);
        if is(config, "@type", LIMIT) {
            let all = |member: &str| {
                let value = config.pointer(&format!("/{member}/default_value")).unwrap_or(&Value::Null);
                value.get("numerator").and_then(Value::as_u64) == Some(100)
                    && value.get("denominator").is_none_or(|of| of.as_str() == Some("HUNDRED"))
            };
            broken.unless(
                all("filter_enabled") && all("filter_enforced"),
                &at,
                "filter_enabled and filter_enforced must be 100 %, or nothing is limited",
            );
        }
        if contains_filter(one) {
            let plugin = plugin(config);
            deadline = plugin
                .pointer("/bundle/plan/limits/deadline")
                .and_then(Value::as_u64)
                .map_or(deadline, |ms| deadline.max(ms));
            wasm(&at, config, broken);
            if !is(&plugin, "trust", "development") {
                let from_govway = plugin.pointer("/trust/identity").and_then(Value::as_str) == Some("govway");
                allowed::outside(manager_at, manager, from_govway, broken);
            }
            trust(&at, &plugin, filters.get(..i).unwrap_or_default(), place, broken);
        }
    }
    let least = deadline.saturating_add(MARGIN_MS);
    let options = manager.pointer("/common_http_protocol_options/max_stream_duration");
    timer(manager_at, options, "max_stream_duration", least, broken);
    timer(manager_at, manager.get("stream_idle_timeout"), "stream_idle_timeout", least, broken);
}

/// The filter's own configuration, JSON in a text.
fn plugin(config: &Value) -> Value {
    let text = config.pointer("/config/configuration/value").and_then(Value::as_str).unwrap_or_default();
    serde_json::from_str(text).unwrap_or_default()
}

fn wasm(at: &str, typed: &Value, broken: &mut Broken) {
    if !is(typed, "@type", WASM) {
        return;
    }
    let config = typed.get("config").unwrap_or(&Value::Null);
    broken.unless(
        is(config, "failure_policy", "FAIL_RELOAD") && !is_true(config, "fail_open"),
        at,
        "failure_policy must be FAIL_RELOAD, or one trap ends the filter for good or opens the gate",
    );
    broken.unless(
        config.pointer("/reload_config/backoff/base_interval").is_some(),
        at,
        "reload_config.backoff.base_interval must be stated",
    );
    let inside = format!("{at}/typed_config/config");
    allowed::members(&inside, config, &PLUGIN, broken);
    capabilities::check(&inside, config, broken);
}

/// What the filter trusts must be proved by what stands before it.
fn trust(at: &str, plugin: &Value, before: &[Value], place: &Place<'_>, broken: &mut Broken) {
    let trust = plugin.get("trust").unwrap_or(&Value::Null);
    if trust.as_str() == Some("development") {
        broken.unless(
            place.loopback,
            at,
            "trust is `development`, and the listener can be reached from other machines",
        );
    }
    if is(trust, "identity", "voucher") {
        let wanted = trust.get("metadata").and_then(Value::as_str).unwrap_or("pdnd");
        let proved = |key: &str| {
            let verifiers = before.iter().filter_map(|one| one.get("typed_config")).filter(|c| is(c, "@type", JWT));
            let providers = verifiers.filter_map(|c| c.get("providers")?.as_object()).flat_map(|p| p.values());
            providers.filter(|provider| is(provider, "payload_in_metadata", key)).count() > 0
        };
        if !proved(wanted) {
            broken.tell(at, &format!("trusts vouchers under `{wanted}`, and no jwt_authn before it writes them there"));
        }
        // One gateway in front, which proves itself by its certificate, may count in this one's place.
        let limited = before.iter().filter_map(|one| one.get("typed_config")).any(|c| is(c, "@type", LIMIT));
        broken.unless(
            limited || place.is_mutual(),
            at,
            "no local_ratelimit stands before it: whoever sends bad tokens keeps the gateway busy",
        );
    }
    if is(trust, "identity", "govway") {
        broken.unless(
            place.is_mutual(),
            at,
            "trusts GovWay's headers, and the listener does not ask for a client certificate with a name that is listed",
        );
    }
}

fn timer(at: &str, value: Option<&Value>, name: &str, least: u64, broken: &mut Broken) {
    match value.and_then(Value::as_str).map(milliseconds) {
        None => broken.tell(at, &format!("{name} is missing: a trap would leave requests hanging")),
        Some(None) => broken.tell(at, &format!("{name} is not a duration such as 15s")),
        Some(Some(0)) => broken.tell(at, &format!("{name} is 0, which means none")),
        Some(Some(ms)) if ms < least => {
            broken.tell(at, &format!("{name} must be {least} ms at least: 2 s more than an exchange's deadline"));
        }
        Some(Some(_)) => {}
    }
}

/// Milliseconds of a protobuf duration, `15s` or `0.500s`.
pub(super) fn milliseconds(text: &str) -> Option<u64> {
    let (whole, fraction) = text.strip_suffix('s').map(|t| t.split_once('.').unwrap_or((t, "")))?;
    let padded: String = fraction.chars().chain("000".chars()).take(3).collect();
    whole.parse::<u64>().ok()?.checked_mul(1_000)?.checked_add(padded.parse().ok()?)
}
