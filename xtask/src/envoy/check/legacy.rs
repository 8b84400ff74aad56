//! Where Envoy calls out.

use serde_json::Value;

use super::{Broken, allowed, is};
use crate::envoy::template::{mentions, visit};

const UPSTREAM_TLS: &str = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext";

/// Checks every cluster.
pub(super) fn check(tree: &Value, broken: &mut Broken) {
    encrypted(tree, broken);
    let clusters = tree.pointer("/static_resources/clusters").and_then(Value::as_array).into_iter().flatten();
    for (i, cluster) in clusters.enumerate() {
        let at = format!("/static_resources/clusters/{i}");
        allowed::upstream(&at, cluster, broken);
        visit(cluster, &at, &mut |at, node| {
            if is(node, "@type", UPSTREAM_TLS) {
                let context = node.get("common_tls_context").unwrap_or(&Value::Null);
                broken.unless(
                    mentions_member(context, "trusted_ca")
                        || mentions_member(context, "validation_context_sds_secret_config"),
                    at,
                    "trusted_ca is missing: Envoy would believe whoever answers",
                );
                broken.unless(
                    mentions_member(context, "match_typed_subject_alt_names"),
                    at,
                    "match_typed_subject_alt_names is missing: any name of a trusted authority would do",
                );
            }
            if node.get("allow_request_without_credential") == Some(&Value::Bool(true)) {
                broken.tell(at, "allow_request_without_credential sends calls without the system's credentials");
            }
        });
        if mentions(cluster, "envoy.filters.http.credential_injector") {
            let thresholds = cluster.pointer("/circuit_breakers/thresholds").and_then(Value::as_array);
            let bounded = thresholds.is_some_and(|all| {
                all.iter().any(|one| one.get("max_connections").is_some() && one.get("max_pending_requests").is_some())
            });
            broken.unless(
                bounded,
                &at,
                "circuit_breakers must state max_connections and max_pending_requests: what the system can bear",
            );
        }
    }
}

/// Where something says `https://` and names a cluster, that cluster must speak TLS: Envoy does not look at the scheme.
fn encrypted(tree: &Value, broken: &mut Broken) {
    let clusters = tree.pointer("/static_resources/clusters").and_then(Value::as_array).map(Vec::as_slice);
    visit(tree, "", &mut |at, node| {
        let https = node.get("uri").and_then(Value::as_str).is_some_and(|uri| uri.starts_with("https://"));
        let Some(name) = node.get("cluster").and_then(Value::as_str).filter(|_| https) else { return };
        let cluster = clusters.unwrap_or_default().iter().find(|one| is(one, "name", name));
        broken.unless(
            cluster.is_some_and(is_encrypted),
            at,
            &format!(
                "the URI is https, and the cluster `{name}` speaks plain HTTP: whoever sits between can change what comes"
            ),
        );
    });
}

/// Whether every connection to a cluster is TLS.
pub(super) fn is_encrypted(cluster: &Value) -> bool {
    cluster.pointer("/transport_socket/typed_config").is_some_and(|typed| is(typed, "@type", UPSTREAM_TLS))
        && cluster.get("transport_socket_matches").is_none()
}

fn mentions_member(node: &Value, name: &str) -> bool {
    let mut found = false;
    visit(node, "", &mut |_, node| found |= node.get(name).is_some());
    found
}
