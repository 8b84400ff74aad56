//! What a configuration may be made of: the members and types that are known to be safe, and no others.
//!
//! Envoy has hundreds of filters, loggers and ways to read more configuration. Which of them can be misused changes with
//! each release, so those that the shipped files use are named here, and whatever else stands there is refused.

use serde_json::Value;

use super::{Broken, MANAGER, is};
use crate::envoy::dynamic::WASM;
use crate::envoy::template::visit;

const JWT: &str = "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication";
const LIMIT: &str = "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit";
const COMPRESSOR: &str = "type.googleapis.com/envoy.extensions.filters.http.compressor.v3.Compressor";
const HOLD: &str = "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer";
const ROUTER: &str = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router";
const INJECTOR: &str = "type.googleapis.com/envoy.extensions.filters.http.credential_injector.v3.CredentialInjector";
const UPSTREAM_CODEC: &str = "type.googleapis.com/envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec";
const HEADERS: &str =
    "type.googleapis.com/envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation";

/// Of the whole file. What is not here reads more configuration, or changes how Envoy decides.
const FILE: [&str; 6] =
    ["node", "admin", "overload_manager", "stats_config", "static_resources", "bootstrap_extensions"];

/// Of `static_resources`.
const RESOURCES: [&str; 3] = ["listeners", "clusters", "secrets"];

/// Of a listener.
const LISTENER: [&str; 7] = [
    "name",
    "stat_prefix",
    "address",
    "per_connection_buffer_limit_bytes",
    "tcp_backlog_size",
    "filter_chains",
    "default_filter_chain",
];

/// Of a connection manager; what has rules of its own is told there. Not here: `upgrade_configs`, which have filters of
/// their own, `tracing`, which sends whole URLs away, and `always_set_request_id_in_response`, which sends back what a
/// consumer sent.
const CONNECTIONS: [&str; 30] = [
    "@type",
    "stat_prefix",
    "codec_type",
    "http_protocol_options",
    "common_http_protocol_options",
    "stream_idle_timeout",
    "request_timeout",
    "request_headers_timeout",
    "drain_timeout",
    "max_request_headers_kb",
    "use_remote_address",
    "xff_num_trusted_hops",
    "internal_address_config",
    "forward_client_cert_details",
    "early_header_mutation_extensions",
    "generate_request_id",
    "preserve_external_request_id",
    "request_id_extension",
    "normalize_path",
    "merge_slashes",
    "path_with_escaped_slashes_action",
    "server_header_transformation",
    "server_name",
    "access_log",
    "access_log_options",
    "local_reply_config",
    "http_filters",
    "route_config",
    "rds",
    "scoped_routes",
];

/// Of the routes, from the outside to the inside; what has rules of its own is told there.
const ROUTES: [&str; 4] = ["name", "virtual_hosts", "typed_per_filter_config", "@type"];
const HOST: [&str; 4] = ["name", "domains", "routes", "typed_per_filter_config"];
const ROUTE: [&str; 5] = ["name", "match", "direct_response", "redirect", "typed_per_filter_config"];

/// Checks the file's outermost members, and the spelling of all.
pub(super) fn whole(tree: &Value, broken: &mut Broken) {
    members("", tree, &FILE, broken);
    if let Some(resources) = tree.get("static_resources") {
        members("/static_resources", resources, &RESOURCES, broken);
    }
    visit(tree, "", &mut |at, node| {
        // Names of a log's own may be spelled at will.
        let own = at.contains("/json_format");
        for name in node.as_object().into_iter().flat_map(|all| all.keys()).filter(|name| !own && is_camel(name)) {
            broken.tell(&format!("{at}/{name}"), "write it with underscores: Envoy takes both, these rules read one");
        }
        let typed = node.get("@type").and_then(Value::as_str);
        if typed.is_some_and(|typed| typed.ends_with(".TypedStruct")) {
            broken.tell(at, "TypedStruct hides what it configures");
        }
    });
}

/// Checks a listener's members and those of its connections.
pub(super) fn listener(at: &str, listener: &Value, broken: &mut Broken) {
    members(at, listener, &LISTENER, broken);
    let chains = listener.get("filter_chains").and_then(Value::as_array).into_iter().flatten().enumerate();
    let chains = chains.map(|(i, chain)| (format!("{at}/filter_chains/{i}"), chain));
    let default = listener.get("default_filter_chain").map(|chain| (format!("{at}/default_filter_chain"), chain));
    for (at, chain) in chains.chain(default) {
        let filters = chain.get("filters").and_then(Value::as_array).into_iter().flatten().enumerate();
        for (i, typed) in filters.map(|(i, one)| (i, one.get("typed_config").unwrap_or(&Value::Null))) {
            broken.unless(
                is(typed, "@type", MANAGER),
                &format!("{at}/filters/{i}"),
                "is no HTTP connection manager: it passes bytes on without the filter",
            );
        }
    }
}

/// Checks a connection manager's members, which filters it has, and in which order.
pub(super) fn filters(at: &str, manager: &Value, broken: &mut Broken) {
    members(at, manager, &CONNECTIONS, broken);
    let list = manager.get("http_filters").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let types: Vec<&str> = list.iter().map(type_of).collect();
    for (i, (typed, one)) in types.iter().zip(list).enumerate() {
        let at = format!("{at}/http_filters/{i}");
        if ![JWT, LIMIT, COMPRESSOR, WASM, HOLD, ROUTER].contains(typed) {
            broken.tell(&at, &format!("`{}` is no filter of the shipped files", short(typed)));
        }
        if *typed == ROUTER {
            let config = one.get("typed_config").unwrap_or(&Value::Null);
            members(&format!("{at}/typed_config"), config, &["@type", "suppress_envoy_headers"], broken);
        }
    }
    let place = |wanted: &str| types.iter().position(|typed| *typed == wanted);
    let Some(ifs) = place(WASM) else { return };
    let at = format!("{at}/http_filters");
    broken.unless(types.last() == Some(&ROUTER), &at, "the router must be the last filter");
    broken.unless(types.iter().filter(|typed| **typed == WASM).count() == 1, &at, "the filter must be there once");
    broken.unless(
        types.get(ifs.saturating_add(1)) == Some(&HOLD),
        &at,
        "envoy.filters.http.buffer must stand right behind the filter: it holds the headers, which would get to the \
         routes before the body is seen",
    );
    for (i, typed) in types.iter().enumerate().skip(ifs) {
        broken.unless(
            ![JWT, LIMIT].contains(typed),
            &format!("{at}/{i}"),
            "must stand before the filter, which answers by itself",
        );
    }
}

/// Checks the filters of a cluster, which see the credentials.
pub(super) fn upstream(at: &str, cluster: &Value, broken: &mut Broken) {
    visit(cluster, at, &mut |at, node| {
        for (i, one) in node.get("http_filters").and_then(Value::as_array).into_iter().flatten().enumerate() {
            let typed = type_of(one);
            broken.unless(
                [INJECTOR, UPSTREAM_CODEC].contains(&typed),
                &format!("{at}/http_filters/{i}"),
                &format!("`{}` is no filter of the shipped files", short(typed)),
            );
        }
    });
}

/// Checks the members of routes: mirrors, matchers and headers of their own are none of ours.
pub(super) fn routes(at: &str, config: &Value, broken: &mut Broken) {
    members(at, config, &ROUTES, broken);
    for (i, host) in config.get("virtual_hosts").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let at = format!("{at}/virtual_hosts/{i}");
        members(&at, host, &HOST, broken);
        for (i, route) in host.get("routes").and_then(Value::as_array).into_iter().flatten().enumerate() {
            // What else it does instead of answering is told with the clusters.
            if route.get("direct_response").is_some() {
                members(&format!("{at}/routes/{i}"), route, &ROUTE, broken);
            }
        }
    }
}

/// Checks what a consumer could say of itself in headers, on a gateway that others reach.
pub(super) fn outside(at: &str, manager: &Value, from_govway: bool, broken: &mut Broken) {
    broken.unless(
        manager.get("use_remote_address").and_then(Value::as_bool) == Some(true),
        at,
        "use_remote_address must be true, or a consumer chooses its own address and its own limits",
    );
    let hops = manager.get("xff_num_trusted_hops");
    broken.unless(
        hops.is_none_or(|hops| hops.as_u64() == Some(0)),
        at,
        "xff_num_trusted_hops must be 0, or a consumer chooses its own address and its own limits",
    );
    let underscores = manager.pointer("/common_http_protocol_options/headers_with_underscores_action");
    broken.unless(
        underscores.and_then(Value::as_str).is_some_and(|action| ["DROP_HEADER", "REJECT_REQUEST"].contains(&action)),
        at,
        "headers_with_underscores_action must be DROP_HEADER: `govway_token_jti` is no way to write another header",
    );
    let mut removed: Vec<&str> = Vec::new();
    let extensions = manager.get("early_header_mutation_extensions").and_then(Value::as_array);
    for (i, one) in extensions.into_iter().flatten().enumerate() {
        let at = format!("{at}/early_header_mutation_extensions/{i}");
        broken.unless(type_of(one) == HEADERS, &at, "must be a HeaderMutation");
        let list = one.pointer("/typed_config/mutations").and_then(Value::as_array);
        for (i, mutation) in list.into_iter().flatten().enumerate() {
            let whole = mutation.get("remove").and_then(Value::as_str);
            let matcher = mutation.pointer("/remove_on_match/key_matcher");
            let prefix = matcher.filter(|m| m.get("ignore_case").and_then(Value::as_bool) == Some(true));
            let prefix = prefix.and_then(|matcher| matcher.get("prefix")?.as_str());
            match whole.or(prefix) {
                Some(name) => removed.push(name),
                None => broken.tell(&format!("{at}/typed_config/mutations/{i}"), "must take headers away"),
            }
        }
    }
    let wanted = ["x-ifs-", "x-envoy-", "x-forwarded-client-cert", "x-request-id", "govway-"];
    for header in wanted.into_iter().filter(|header| !(from_govway && *header == "govway-")) {
        broken.unless(
            removed.contains(&header),
            &format!("{at}/early_header_mutation_extensions"),
            &format!("{header} must be taken away from requests: a consumer would be taken for somebody else"),
        );
    }
}

/// Tells every member of an object that is not allowed.
pub(super) fn members(at: &str, node: &Value, allowed: &[&str], broken: &mut Broken) {
    for name in node.as_object().into_iter().flat_map(|all| all.keys()) {
        if !allowed.contains(&name.as_str()) && !is_camel(name) {
            broken.tell(&format!("{at}/{name}"), "is nothing that the shipped files use, and may open a way around");
        }
    }
}

fn type_of(filter: &Value) -> &str {
    filter.pointer("/typed_config/@type").and_then(Value::as_str).unwrap_or_default()
}

fn short(typed: &str) -> &str {
    typed.strip_prefix("type.googleapis.com/").unwrap_or(typed)
}

/// `lowerCamelCase`, the other way in which protobuf's JSON spells a member.
fn is_camel(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.contains(|c: char| c.is_ascii_uppercase())
        && name.chars().all(|c| c.is_ascii_alphanumeric())
}
