//! The gateway's own limits: read from `envoy/edge.yaml`, so that the page has the values that are shipped.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::Value;
use xtask::envoy::{Cluster, Config};

use crate::limits::link;

const MANAGER: &str = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config";

/// One limit of the gateway.
struct Own {
    /// Where it stands in the configuration: a name to look for, and a pointer (`@`: from the connection manager; `*`:
    /// from the filter `envoy.filters.http.local_ratelimit`, `!`: from the filter `burst`; `%`: from the systems'
    /// cluster; `#`: from `envoy/log-bucket.yaml`).
    name: &'static str,
    at: &'static str,
    about: &'static str,
    /// What a consumer sees.
    seen: &'static str,
    /// Envoy's counter.
    counted: &'static str,
    /// The test that hits it on a real Envoy; none where the bound is Envoy's alone.
    test: Option<&'static str>,
}

const OWN: &[Own] = &[
    Own {
        name: "per_connection_buffer_limit_bytes",
        at: "/static_resources/listeners/0/per_connection_buffer_limit_bytes",
        about: "Bytes of a request's body that Envoy holds. Above `limits.body`, so that the engine's refusal comes first.",
        seen: "413 `limit.body`",
        counted: "`http.ifs.downstream_rq_too_large`",
        test: Some("tests/scenarios/request/over-gateway-buffer.yaml"),
    },
    Own {
        name: "max_stream_duration",
        at: "@/common_http_protocol_options/max_stream_duration",
        about: "Time from a request's first byte to its answer's last. Ends what a filter that trapped has left behind; at least 2 s more than `limits.deadline`.",
        seen: "504 `gateway.timeout`, or 503 `gateway.failed`",
        counted: "`http.ifs.downstream_rq_max_duration_reached`",
        test: Some("tests/harness/src/containment/traps.rs"),
    },
    Own {
        name: "stream_idle_timeout",
        at: "@/stream_idle_timeout",
        about: "Time in which nothing moves on a request.",
        seen: "504 `gateway.timeout`, or 503 `gateway.failed`",
        counted: "`http.ifs.downstream_rq_idle_timeout`",
        test: Some("tests/harness/src/containment/traps.rs"),
    },
    Own {
        name: "request_timeout",
        at: "@/request_timeout",
        about: "Time in which a consumer must have sent its whole request.",
        seen: "408 `gateway.request-timeout`",
        counted: "`http.ifs.downstream_rq_timeout`",
        test: Some("tests/harness/src/containment/consumers.rs"),
    },
    Own {
        name: "request_headers_timeout",
        at: "@/request_headers_timeout",
        about: "Time in which it must have sent its headers.",
        seen: "408 `gateway.request-timeout`",
        counted: "`http.ifs.downstream_rq_header_timeout`",
        test: Some("tests/harness/src/containment/consumers.rs"),
    },
    Own {
        name: "idle_timeout",
        at: "@/common_http_protocol_options/idle_timeout",
        about: "Time that a connection without requests is kept.",
        seen: "the connection is closed",
        counted: "`http.ifs.downstream_cx_idle_timeout`",
        test: None,
    },
    Own {
        name: "max_connection_duration",
        at: "@/common_http_protocol_options/max_connection_duration",
        about: "Time that a connection lives. It ends 5 s later, with the answer to the request that is in flight then.",
        seen: "`Connection: close`, and the connection is closed",
        counted: "`http.ifs.downstream_cx_max_duration_reached`",
        test: Some("tests/harness/src/trust/connections.rs"),
    },
    Own {
        name: "max_requests_per_connection",
        at: "@/common_http_protocol_options/max_requests_per_connection",
        about: "Requests on one connection, whatever comes of them.",
        seen: "`Connection: close`, and the connection is closed",
        counted: "`http.ifs.downstream_cx_max_requests_reached`",
        test: Some("tests/harness/src/trust/connections.rs"),
    },
    Own {
        name: "transport_socket_connect_timeout",
        at: "/static_resources/listeners/0/filter_chains/0/transport_socket_connect_timeout",
        about: "Time that a TLS handshake may take.",
        seen: "the connection is closed",
        counted: "`listener.ADDRESS.downstream_cx_transport_socket_connect_timeout`",
        test: None,
    },
    Own {
        name: "max_active_downstream_connections",
        at: "/overload_manager/resource_monitors/0/typed_config/max_active_downstream_connections",
        about: "Connections of all consumers.",
        seen: "the connection is closed at once",
        counted: "`listener.ADDRESS.downstream_global_cx_overflow`",
        test: Some("xtask/tests/docs/real.rs"),
    },
    Own {
        name: "max_heap_size_bytes",
        at: "/overload_manager/resource_monitors/1/typed_config/max_heap_size_bytes",
        about: "Envoy's own heap, without the memory of the filter's VMs. At 95 % of it new requests are refused.",
        seen: "503 `gateway.overload`",
        counted: "`overload.envoy.overload_actions.stop_accepting_requests.active`",
        test: None,
    },
    Own {
        name: "burst",
        at: "!/descriptors/0/token_bucket",
        about: "Requests from one address, before any token is looked at.",
        seen: "429 `gateway.rate`",
        counted: "`ifs_burst.http_local_rate_limit.rate_limited`",
        test: Some("xtask/tests/docs/real.rs"),
    },
    Own {
        name: "pace",
        at: "?/descriptors/0/token_bucket",
        about: "Requests of one consumer (or partner), to all APIs together.",
        seen: "429 `gateway.rate`",
        counted: "`ifs_pace.http_local_rate_limit.rate_limited`",
        test: Some("tests/harness/src/trust/fair.rs"),
    },
    Own {
        name: "descriptors",
        at: "*/descriptors/2/token_bucket",
        about: "Requests of one consumer (or partner) to one API, here IFS02; each API has its own, and one for all consumers of PDND together, as the national guide says for fewer than 80,000 enrolments.",
        seen: "429 `gateway.rate`",
        counted: "`ifs.http_local_rate_limit.rate_limited`",
        test: Some("tests/harness/src/trust/rates.rs"),
    },
    Own {
        name: "max_dynamic_descriptors",
        at: "*/max_dynamic_descriptors",
        about: "Consumers that are counted apart. Of more, the one not seen for longest is forgotten and begins anew.",
        seen: "nothing",
        counted: "",
        test: None,
    },
    Own {
        name: "log-bucket.yaml",
        at: "#/resources/0/resource",
        about: "Lines in the access log of requests without a good token, of all of them together (`edge.yaml`, `mtls.yaml`).",
        seen: "nothing; fewer lines",
        counted: "`access_log.process_ratelimit.denied`",
        test: Some("tests/harness/src/trust/floods.rs"),
    },
    Own {
        name: "max_connections",
        at: "%/circuit_breakers/thresholds/0/max_connections",
        about: "Connections to one system, over all workers.",
        seen: "calls wait",
        counted: "`cluster.NAME.upstream_cx_overflow`",
        test: Some("tests/harness/src/containment/systems.rs"),
    },
    Own {
        name: "max_pending_requests",
        at: "%/circuit_breakers/thresholds/0/max_pending_requests",
        about: "Calls that wait in Envoy for one of them, first come, first served. Few, as further ones wait in the filter, where consumers have turns; a call that has had none when its system's `timeout` is over fails.",
        seen: "calls wait, then 503 `limit.overflow`",
        counted: "`ifs_adapter_calls_waited_total`, `ifs_adapter_calls_total{outcome=\"overflow\"}`; `cluster.NAME.upstream_rq_pending_overflow` grows with each try, many times a second while calls wait",
        test: Some("tests/harness/src/containment/systems.rs"),
    },
    Own {
        name: "connect_timeout",
        at: "%/connect_timeout",
        about: "Time to reach a system.",
        seen: "503 `legacy.down`",
        counted: "`cluster.NAME.upstream_cx_connect_timeout`",
        test: None,
    },
];

/// The second half of the page on limits.
pub(crate) fn table() -> String {
    let (tree, bucket) = (crate::tree("envoy/edge.yaml"), crate::tree("envoy/log-bucket.yaml"));
    let mut out = String::from(
        "\n## The gateway's\n\nAs `envoy/edge.yaml` has them. They are changed in the configuration; `cargo xtask validate` says \
         which may be, and [how far](operations.md#what-is-yours-to-change). What Envoy counts stands under `/stats` of its admin interface. A bound without a test here is Envoy's \
         own to keep.\n\n\
         | limit | value | what it bounds | what is seen | counted in | test |\n|---|---|---|---|---|---|\n",
    );
    for own in OWN {
        let stated = own.at.strip_prefix('#').map_or_else(|| at(&tree, own.at), |rest| under(&bucket, rest));
        let value = shown(stated, own.name);
        let test = own.test.map(link).unwrap_or_default();
        writeln!(out, "| `{}` | {value} | {} | {} | {} | {test} |", own.name, own.about, own.seen, own.counted)
            .unwrap();
    }
    out
}

fn under<'t>(root: &'t Value, pointer: &str) -> &'t Value {
    root.pointer(pointer).unwrap_or_else(|| panic!("{pointer} is not there"))
}

fn at<'t>(tree: &'t Value, path: &str) -> &'t Value {
    let named = |list: &'t Value, name: &str| -> &'t Value {
        list.as_array().unwrap().iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("no {name}"))
    };
    let manager = under(tree, MANAGER);
    match path.split_at(1) {
        ("@", rest) => under(manager, rest),
        ("*", rest) => {
            under(&named(&manager["http_filters"], "envoy.filters.http.local_ratelimit")["typed_config"], rest)
        }
        ("?", rest) => under(&named(&manager["http_filters"], "pace")["typed_config"], rest),
        ("!", rest) => under(&named(&manager["http_filters"], "burst")["typed_config"], rest),
        ("%", rest) => under(named(&tree["static_resources"]["clusters"], "${IFS_LEGACY_CLUSTER}"), rest),
        _ => under(tree, path),
    }
}

/// A value as a reader wants it; a placeholder as what `cargo xtask` puts there.
fn shown(value: &Value, name: &str) -> String {
    let config = Config::development(PathBuf::new(), String::new(), Vec::new());
    let cluster = Cluster::new("", "", 0);
    match value {
        Value::String(text) => match text.as_str() {
            "${IFS_MAX_STREAM_DURATION}" => format!("{} s", config.max_stream_duration.as_secs()),
            "${IFS_STREAM_IDLE_TIMEOUT}" => format!("{} s", config.stream_idle_timeout.as_secs()),
            "${IFS_LEGACY_CONNECTIONS}" => cluster.connections.to_string(),
            "${IFS_LEGACY_WAITING}" => cluster.waiting.to_string(),
            text => match text.strip_suffix('s').filter(|number| number.parse::<f64>().is_ok()) {
                Some(seconds) => format!("{seconds} s"),
                None => panic!("{name}: {text}"),
            },
        },
        Value::Number(number) => number.to_string(),
        Value::Object(bucket) => {
            let seconds = bucket["fill_interval"].as_str().unwrap().trim_end_matches('s');
            let per = match seconds {
                "1" => "second".to_owned(),
                "86400" => "day".to_owned(),
                other => format!("{other} s"),
            };
            format!("{} a {per}, {} at once", bucket["tokens_per_fill"], bucket["max_tokens"])
        }
        other => panic!("{name}: {other}"),
    }
}
