//! `jwt_authn`: no way past it, and nothing left to its defaults that are too kind.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Broken, allowed, is, is_true};
use crate::envoy::template::visit;

const JWT: &str = "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication";

/// The most by which a clock may be wrong, seconds; Envoy's own default is 60.
const SKEW_S: u64 = 30;

/// The longest life of a voucher, milliseconds: PDND gives them for a day at most.
const LIFETIME_MS: u64 = 86_400_000;

/// Of `jwt_authn`, a provider, a rule and a requirement; what has a rule of its own here is told there.
const MEMBERS: [&str; 6] =
    ["@type", "strip_failure_response", "providers", "rules", "bypass_cors_preflight", "filter_state_rules"];
const PROVIDER: [&str; 14] = [
    "issuer",
    "audiences",
    "require_expiration",
    "max_lifetime",
    "clock_skew_seconds",
    "forward",
    "from_headers",
    "header_in_metadata",
    "from_params",
    "from_cookies",
    "payload_in_metadata",
    "jwt_cache_config",
    "remote_jwks",
    "local_jwks",
];
const RULE: [&str; 2] = ["match", "requires"];

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
    allowed::members(at, config, &MEMBERS, broken);
    one_each(at, config, broken);
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
        } else {
            narrow(&at, rule, broken);
        }
        allowed::members(&at, rule, &RULE, broken);
    }
    everywhere(at, config, rules, broken);
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

/// What one provider has verified must not look as if another had.
fn one_each(at: &str, config: &Value, broken: &mut Broken) {
    let mut seen = BTreeSet::new();
    for (name, provider) in config.get("providers").and_then(Value::as_object).into_iter().flatten() {
        let Some(key) = provider.get("payload_in_metadata").and_then(Value::as_str) else { continue };
        // Partners may share a key: each has an issuer of its own, and PDND's claims are not read there.
        let own = !is(provider, "payload_in_metadata", "partner");
        broken.unless(
            seen.insert(key) || !own,
            &format!("{at}/providers/{name}"),
            &format!("payload_in_metadata `{key}` is another provider's: its tokens would be taken for that one's"),
        );
    }
}

/// A rule that asks for a voucher: for a prefix and nothing else, and for the audiences of what is there.
fn narrow(at: &str, rule: &Value, broken: &mut Broken) {
    let wanted = rule.get("match").and_then(Value::as_object);
    let prefix = wanted.and_then(|wanted| wanted.get("prefix")?.as_str());
    if prefix == Some("/") || wanted.is_some_and(|wanted| wanted.contains_key("connect_matcher")) {
        return;
    }
    broken.unless(
        prefix.is_some() && wanted.is_some_and(|wanted| wanted.len() == 1),
        &format!("{at}/match"),
        "must be a prefix alone: what it leaves out falls to the last rule, which takes the vouchers of every API",
    );
    broken.unless(
        audiences(rule).is_some_and(|each| each.iter().all(|list| !list.is_empty())),
        &format!("{at}/requires"),
        "must name audiences (provider_and_audiences): a voucher for one API would open another",
    );
}

/// The audiences that each requirement of a rule names; none if one names none.
fn audiences(rule: &Value) -> Option<Vec<&Vec<Value>>> {
    let requires = rule.get("requires")?;
    let mut found = Vec::new();
    gather(requires, &mut found).then_some(found)
}

fn gather<'a>(requires: &'a Value, found: &mut Vec<&'a Vec<Value>>) -> bool {
    if let Some(list) = requires.pointer("/provider_and_audiences/audiences").and_then(Value::as_array) {
        found.push(list);
        return true;
    }
    let inner = ["requires_any", "requires_all"].into_iter().find_map(|name| requires.get(name));
    let inner = inner.and_then(|list| list.get("requirements")?.as_array()).filter(|list| !list.is_empty());
    // What lets everybody pass is told elsewhere.
    let open = requires.get("allow_missing").is_some() || requires.get("allow_missing_or_failed").is_some();
    open || inner.is_some_and(|list| list.iter().all(|one| gather(one, found)))
}

/// Where the last rule takes vouchers of more than one API, each API has a rule of its own before it.
fn everywhere(at: &str, config: &Value, rules: &[Value], broken: &mut Broken) {
    let providers = config.get("providers").and_then(Value::as_object).into_iter().flatten();
    let several = providers.filter_map(|(_, one)| one.get("audiences")?.as_array()).any(|list| list.len() > 1);
    let prefixes: Vec<&str> =
        rules.iter().filter_map(|rule| rule.pointer("/match/prefix").and_then(Value::as_str)).collect();
    for api in (1..=9).map(|n| format!("/ifs0{n}/")).filter(|api| several && !prefixes.contains(&api.as_str())) {
        broken
            .tell(&format!("{at}/rules"), &format!("no rule for the prefix {api}: a voucher for another API opens it"));
    }
    // The first rule that matches decides.
    let early = prefixes.iter().position(|prefix| *prefix == "/").is_some_and(|i| i.saturating_add(1) < prefixes.len());
    broken.unless(!early, &format!("{at}/rules"), "a rule for the prefix / stands before others: those never apply");
}

/// A rule without a requirement, or with one that is empty somewhere: that one is met by everybody.
fn requires_nothing(rule: &Value) -> bool {
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
    allowed::members(at, provider, &PROVIDER, broken);
    let life = provider.get("max_lifetime").and_then(Value::as_str).and_then(super::filter::milliseconds);
    broken.unless(
        life.is_some_and(|ms| (1..=LIFETIME_MS).contains(&ms)),
        at,
        "max_lifetime must be stated, 86400s at most: a token without an end in sight cannot be taken back",
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
    broken.unless(
        is_true(provider, "forward"),
        at,
        "forward must be true: Envoy takes the word Bearer anywhere in the header, and the filter sees whether it is the scheme",
    );
    let header = provider.get("header_in_metadata").and_then(Value::as_str);
    broken.unless(
        header.is_some_and(|key| key.ends_with("_header")),
        at,
        "header_in_metadata must be payload_in_metadata with `_header` behind it: the filter looks there for `crit`",
    );
    for elsewhere in ["from_params", "from_cookies"] {
        broken.unless(
            provider.get(elsewhere).is_none(),
            at,
            &format!("{elsewhere}: a token belongs in the header alone, URLs and cookies are logged and kept"),
        );
    }
    broken.unless(
        provider.get("jwt_cache_config").is_none(),
        at,
        "jwt_cache_config: a voucher that is remembered stays good when the key that signed it is withdrawn",
    );
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
