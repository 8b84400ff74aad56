//! Listeners: TLS, the connection manager with the filter, and the ways around it.

use serde_json::Value;

use super::{Broken, MANAGER, allowed, contains_filter, filter, is, is_loopback, is_true, logs, replies, vouchers};
use crate::envoy::template::{mentions, visit};

/// The filter's greatest body limit (`limits.body`), bytes.
const BODY_CEILING: u64 = 1_048_576;

const DOWNSTREAM_TLS: &str = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext";

/// Checks one listener; gives how many of its connection managers have the filter.
pub(super) fn check(at: &str, listener: &Value, broken: &mut Broken) -> usize {
    allowed::listener(at, listener, broken);
    logs::check(at, listener, broken);
    let loopback = listener.get("address").is_some_and(is_loopback);
    let has_filter = contains_filter(listener);
    let limit = listener.get("per_connection_buffer_limit_bytes").and_then(Value::as_u64).unwrap_or(BODY_CEILING);
    if has_filter && limit <= BODY_CEILING {
        // Envoy's default is exactly the filter's ceiling, which is one byte too few.
        broken.tell(
            at,
            &format!(
                "per_connection_buffer_limit_bytes must be above the filter's body limit ({BODY_CEILING}), or Envoy \
                 refuses bodies before the filter can"
            ),
        );
    }
    let chains = listener.get("filter_chains").and_then(Value::as_array).into_iter().flatten().enumerate();
    let default = listener.get("default_filter_chain").map(|chain| (format!("{at}/default_filter_chain"), chain));
    let mut serving = 0_usize;
    for (at, chain) in chains.map(|(i, chain)| (format!("{at}/filter_chains/{i}"), chain)).chain(default) {
        let mut managers = Vec::new();
        visit(chain, &at, &mut |at, node| {
            if is(node, "@type", MANAGER) {
                managers.push((at.to_owned(), node));
            }
        });
        let tls = chain.pointer("/transport_socket/typed_config").filter(|tls| is(tls, "@type", DOWNSTREAM_TLS));
        if contains_filter(chain) {
            broken.unless(loopback || tls.is_some(), &at, "has no TLS, and can be reached from other machines");
        }
        if let Some(tls) = tls {
            check_tls(&format!("{at}/transport_socket/typed_config"), tls, broken);
        }
        for (at, manager) in managers {
            allowed::filters(&at, manager, broken);
            allowed::routes(&format!("{at}/route_config"), manager.get("route_config").unwrap_or(&Value::Null), broken);
            dynamic_routes(&at, manager, broken);
            if contains_filter(manager) {
                serving = serving.saturating_add(1);
                check_manager(&at, manager, &Place { loopback, tls }, broken);
            } else {
                around(&at, manager, broken);
            }
        }
    }
    serving
}

/// Where a connection manager stands.
pub(super) struct Place<'a> {
    /// Only this machine reaches it.
    pub(super) loopback: bool,
    /// Its TLS.
    pub(super) tls: Option<&'a Value>,
}

impl Place<'_> {
    /// Whether only certificates of a trusted authority with a name that is listed get a connection.
    pub(super) fn is_mutual(&self) -> bool {
        let Some(tls) = self.tls else { return false };
        let names = |at: &str| tls.pointer(at).and_then(Value::as_array).is_some_and(|names| !names.is_empty());
        is_true(tls, "require_client_certificate")
            && (names(
                "/common_tls_context/combined_validation_context/default_validation_context/match_typed_subject_alt_names",
            ) || names("/common_tls_context/validation_context/match_typed_subject_alt_names"))
    }
}

fn check_tls(at: &str, tls: &Value, broken: &mut Broken) {
    let least = tls.pointer("/common_tls_context/tls_params/tls_minimum_protocol_version").and_then(Value::as_str);
    broken.unless(
        matches!(least, Some("TLSv1_2" | "TLSv1_3")),
        at,
        "tls_minimum_protocol_version must be TLSv1_2 or TLSv1_3 (ID_AUTH_CHANNEL_01)",
    );
    let context = tls.get("common_tls_context").unwrap_or(&Value::Null);
    if is_true(tls, "require_client_certificate") {
        let combined = context.pointer("/combined_validation_context/validation_context_sds_secret_config").is_some();
        let trusted =
            ["/validation_context/trusted_ca", "/combined_validation_context/default_validation_context/trusted_ca"];
        broken.unless(
            combined
                || context.get("validation_context_sds_secret_config").is_some()
                || trusted.iter().any(|at| context.pointer(at).is_some()),
            at,
            "require_client_certificate without an authority that is trusted takes every certificate",
        );
    }
    if mentions(context, "ACCEPT_UNTRUSTED") {
        broken.tell(at, "trust_chain_verification ACCEPT_UNTRUSTED takes every certificate");
    }
}

fn check_manager(at: &str, manager: &Value, place: &Place<'_>, broken: &mut Broken) {
    broken.unless(
        is_true(manager, "normalize_path"),
        at,
        "normalize_path must be true: rules by path would look at another path than the filter",
    );
    broken.unless(
        is_true(manager, "merge_slashes"),
        at,
        "merge_slashes must be true: rules by path would look at another path than the filter",
    );
    broken.unless(
        is(manager, "path_with_escaped_slashes_action", "REJECT_REQUEST"),
        at,
        "path_with_escaped_slashes_action must be REJECT_REQUEST: `%2f` would hide a path from the rules",
    );
    let forwards = manager.get("forward_client_cert_details").and_then(Value::as_str);
    broken.unless(
        matches!(forwards, None | Some("SANITIZE")),
        at,
        "forward_client_cert_details must be SANITIZE: x-forwarded-client-cert proves nothing",
    );
    routes(at, manager, broken);
    filter::check(at, manager, place, broken);
    replies::check(at, manager, broken);
    vouchers::check(at, manager, broken);
}

/// The filter answers every request. A route to a cluster would pass on what it does not see.
fn routes(at: &str, manager: &Value, broken: &mut Broken) {
    let config = manager.get("route_config").unwrap_or(&Value::Null);
    visit(config, &format!("{at}/route_config"), &mut |at, node| {
        if node.get("match").is_some() && node.get("direct_response").is_none() {
            broken
                .tell(at, "must be a direct_response: a route to a cluster passes on what the filter does not answer");
        }
        if let Some(per_filter) = node.get("typed_per_filter_config") {
            broken.tell(
                &format!("{at}/typed_per_filter_config"),
                &format!("changes or disables filters for some routes: {}", names(per_filter)),
            );
        }
    });
}

fn names(node: &Value) -> String {
    node.as_object().map(|members| members.keys().cloned().collect::<Vec<_>>().join(", ")).unwrap_or_default()
}

/// Routes that somebody else sends cannot be looked at.
fn dynamic_routes(at: &str, manager: &Value, broken: &mut Broken) {
    if manager.get("rds").is_some() || manager.get("scoped_routes").is_some() {
        broken.tell(at, "routes must stand in the file: who sends others could lead requests past the filter");
    }
}

/// A connection manager without the filter must not reach a system: Envoy would add its credentials. Nor anything else
/// that listens on this machine alone, such as `admin`.
fn around(at: &str, manager: &Value, broken: &mut Broken) {
    let config = manager.get("route_config").unwrap_or(&Value::Null);
    visit(config, &format!("{at}/route_config"), &mut |at, node| {
        if node.get("match").is_some() && node.get("direct_response").is_none() && node.get("redirect").is_none() {
            broken.tell(at, "leads to a cluster without the filter");
        }
    });
}
