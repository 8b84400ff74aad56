//! `jwt_authn`: no way past it, and nothing left to its defaults that are too kind.

use serde_json::Value;

use super::{Broken, is, is_true};
use crate::envoy::template::visit;

const JWT: &str = "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication";

/// The most by which a clock may be wrong, seconds; Envoy's own default is 60.
const SKEW_S: u64 = 30;

/// Checks every `jwt_authn` of a connection manager.
pub(super) fn check(at: &str, manager: &Value, broken: &mut Broken) {
    let filters = manager.get("http_filters").and_then(Value::as_array).into_iter().flatten().enumerate();
    for (i, config) in filters.filter_map(|(i, one)| Some((i, one.get("typed_config")?))) {
        if is(config, "@type", JWT) {
            verifier(&format!("{at}/http_filters/{i}/typed_config"), config, broken);
        }
    }
}

fn verifier(at: &str, config: &Value, broken: &mut Broken) {
    for (name, provider) in config.get("providers").and_then(Value::as_object).into_iter().flatten() {
        check_provider(&format!("{at}/providers/{name}"), provider, broken);
    }
    visit(config, at, &mut |at, node| {
        for open in ["allow_missing", "allow_missing_or_failed", "extract_only_without_validation"] {
            if node.get(open).is_some() {
                broken.tell(at, &format!("{open} lets requests without a good voucher pass"));
            }
        }
    });
    broken.unless(
        !is_true(config, "bypass_cors_preflight"),
        at,
        "bypass_cors_preflight lets requests without a voucher pass",
    );
    broken.unless(
        config.get("filter_state_rules").is_none(),
        at,
        "filter_state_rules choose requirements by what other filters say; use rules by path alone",
    );
    let rules = config.get("rules").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for (i, rule) in rules.iter().enumerate() {
        let at = format!("{at}/rules/{i}");
        if requires_nothing(rule) {
            broken.unless(
                is_status(rule.get("match").unwrap_or(&Value::Null)),
                &at,
                "requires no voucher, and is not for exactly GET …/status",
            );
        }
    }
    let catches_all = rules.last().is_some_and(|rule| {
        let all = rule.get("match").and_then(Value::as_object);
        all.is_some_and(|m| m.len() == 1 && m.get("prefix").and_then(Value::as_str) == Some("/"))
            && !requires_nothing(rule)
    });
    broken.unless(
        catches_all,
        &format!("{at}/rules"),
        "the last rule must be for the prefix / alone and require a provider: what no rule matches passes unchecked",
    );
}

/// A rule without a requirement, or with one that is empty somewhere: that one is met by everybody.
fn requires_nothing(rule: &Value) -> bool {
    if rule.get("requirement_name").is_some() {
        return false;
    }
    let Some(requires) = rule.get("requires").and_then(Value::as_object).filter(|r| !r.is_empty()) else { return true };
    let inner = ["requires_any", "requires_all"].into_iter().filter_map(|name| requires.get(name));
    let mut inner = inner.filter_map(|list| list.get("requirements")?.as_array()).flatten();
    inner.any(|one| one.as_object().is_none_or(serde_json::Map::is_empty))
}

/// Whether a match is for `GET …/status` and nothing else.
fn is_status(wanted: &Value) -> bool {
    let headers = wanted.get("headers").and_then(Value::as_array).into_iter().flatten();
    let get = headers.into_iter().any(|header| {
        is(header, "name", ":method")
            && header.pointer("/string_match/exact").and_then(Value::as_str) == Some("GET")
            && !is_true(header, "invert_match")
            && !is_true(header, "treat_missing_header_as_empty")
    });
    let exact = wanted.get("path").and_then(Value::as_str);
    let regex = wanted.pointer("/safe_regex/regex").and_then(Value::as_str);
    // Of a regular expression only the one form whose wildcard is a digit is known to be narrow.
    let narrow = regex.is_some_and(|regex| {
        regex.strip_suffix("/status").is_some_and(|rest| !rest.contains(['.', '*', '+', '|', '(', '\\', '^', '?']))
    });
    get && (exact.is_some_and(|path| path.ends_with("/status")) || narrow)
}

fn check_provider(at: &str, provider: &Value, broken: &mut Broken) {
    broken.unless(is_text(provider, "issuer"), at, "issuer is missing: the tokens of every issuer with that key pass");
    let audiences = provider.get("audiences").and_then(Value::as_array);
    broken.unless(
        audiences.is_some_and(|list| !list.is_empty()),
        at,
        "audiences are missing: a voucher for anybody's service would pass",
    );
    broken.unless(
        is_true(provider, "require_expiration"),
        at,
        "require_expiration must be true: a token without `exp` would never end",
    );
    let skew = provider.get("clock_skew_seconds").and_then(Value::as_u64);
    broken.unless(
        skew.is_some_and(|seconds| seconds <= SKEW_S),
        at,
        &format!("clock_skew_seconds must be stated, {SKEW_S} at most; the default is a minute"),
    );
    broken.unless(
        provider.get("from_headers").and_then(Value::as_array).is_some_and(|list| !list.is_empty()),
        at,
        "from_headers must be stated: otherwise a token in the URL is taken too",
    );
    for elsewhere in ["from_params", "from_cookies"] {
        broken.unless(
            provider.get(elsewhere).is_none(),
            at,
            &format!("{elsewhere}: a token belongs in the header alone, URLs and cookies are logged and kept"),
        );
    }
    broken.unless(
        is_text(provider, "payload_in_metadata"),
        at,
        "payload_in_metadata is missing: the filter finds no claims",
    );
    let uri = provider.pointer("/remote_jwks/http_uri/uri").and_then(Value::as_str);
    broken.unless(
        uri.is_none_or(|uri| uri.starts_with("https://")),
        at,
        "remote_jwks must come over https: whoever can change it on its way can sign vouchers",
    );
}

fn is_text(node: &Value, member: &str) -> bool {
    node.get(member).and_then(Value::as_str).is_some_and(|text| !text.is_empty())
}
