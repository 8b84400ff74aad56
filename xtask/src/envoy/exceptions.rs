//! What an operator needs beyond what is shipped: opened by name in the values file, each with a risk of its own.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Value, json};

use super::files;
use crate::{Context, Error, Result};

/// Each exception's name, and what it costs; docs/operations.md has the same sentences.
pub const ALL: [(&str, &str); 10] = [
    (
        "balancer",
        "addresses in the log and in the limits are those that the balancer tells: whoever gets past it to this port chooses its own",
    ),
    (
        "tracing",
        "the collector learns who calls, when, from where and what came of it; paths are cut behind the API, and no body is told",
    ),
    ("stdout_log", "the access log goes to a second place, whose readers and whose size are not those of the file"),
    ("log_device", "the access log is a device and no file: its rights, its size and its rotation are somebody else's"),
    (
        "admin",
        "whoever reaches the admin interface can stop Envoy and read hosts, certificates and the bundle; it has no password",
    ),
    (
        "plain_http",
        "credentials and students' data go unencrypted to another machine: whoever sits between reads and changes them",
    ),
    ("shared_credentials", "the credentials of one system are sent to another host as well"),
    (
        "other_pdnd",
        "who is that issuer, or answers at that host, decides whose vouchers are good: the whole proof of who calls",
    ),
    (
        "unbound_trust",
        "a voucher for another producer, e-service or version with the same audience passes: only Envoy's audience is left",
    ),
    (
        "dpop_verified",
        "a stolen voucher that is bound to a key is taken, unless something in front has verified the proof",
    ),
];

/// The member `exceptions` of the values file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Exceptions {
    balancer: Option<Balancer>,
    tracing: Option<Tracing>,
    admin: Option<Admin>,
    stdout_log: bool,
    pub(super) log_device: bool,
    pub(super) plain_http: BTreeSet<String>,
    pub(super) shared_credentials: bool,
    pub(super) other_pdnd: bool,
    pub(super) unbound_trust: bool,
    pub(super) dpop_verified: bool,
}

/// Something in front that ends connections.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Balancer {
    /// How many of them write the address they see into `X-Forwarded-For`.
    #[serde(default)]
    hops: u32,
    /// It writes the address in front of each connection (PROXY protocol).
    #[serde(default)]
    proxy_protocol: bool,
}

/// A collector of OpenTelemetry (OTLP over HTTP).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tracing {
    host: String,
    port: u16,
    #[serde(default = "traces")]
    path: String,
    percent: u8,
    tls: Option<OfTls>,
}

fn traces() -> String {
    "/v1/traces".to_owned()
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfTls {
    name: String,
    authorities: PathBuf,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Admin {
    address: IpAddr,
}

/// The cluster of the collector.
pub(super) const COLLECTOR: &str = "ifs-tracing";

const MANAGER: &str = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config";

/// Most balancers behind one another.
const HOPS: u32 = 5;

impl Exceptions {
    /// Reads the member `exceptions`; paths are relative to `folder`.
    ///
    /// # Errors
    /// A member is not known, or a value is none that it can have.
    pub fn read(member: &Value, folder: &Path) -> Result<Self> {
        let mut read: Self = serde_json::from_value(member.clone()).context("exceptions")?;
        let wrong = |what: &str| Err(Error::new(format!("exceptions.{what}")));
        if let Some(balancer) = &read.balancer {
            if balancer.hops > HOPS {
                return wrong("balancer.hops: 0 to 5");
            }
            if (balancer.hops > 0) == balancer.proxy_protocol {
                return wrong(
                    "balancer: either `hops`, how many of them write X-Forwarded-For, or `proxy_protocol: true`",
                );
            }
        }
        if let Some(tracing) = &mut read.tracing {
            if tracing.port == 0 || tracing.percent > 100 || !is_host(&tracing.host) {
                return wrong("tracing: a host, a port, and a percentage from 0 to 100");
            }
            if !tracing.path.starts_with('/') || tracing.path.contains(|c: char| !c.is_ascii_graphic()) {
                return wrong("tracing.path: such as /v1/traces");
            }
            match &mut tracing.tls {
                Some(tls) if !is_host(&tls.name) => return wrong("tracing.tls.name: a host name"),
                Some(tls) => tls.authorities = folder.join(&tls.authorities),
                None if is_near(&tracing.host) => {}
                None => return wrong("tracing.tls: missing; a collector on another machine is asked over TLS"),
            }
        }
        Ok(read)
    }

    /// The names of those that change what is written.
    #[must_use]
    pub fn written(&self) -> Vec<&'static str> {
        let all = [
            (self.balancer.is_some(), "balancer"),
            (self.tracing.is_some(), "tracing"),
            (self.stdout_log, "stdout_log"),
            (self.admin.is_some(), "admin"),
        ];
        all.into_iter().filter_map(|(is, name)| is.then_some(name)).collect()
    }

    /// Opens them in a template.
    ///
    /// # Errors
    /// The template has no such place.
    pub(super) fn put(&self, tree: &mut Value) -> Result<()> {
        if let Some(balancer) = &self.balancer {
            if balancer.proxy_protocol {
                let listener = json!([{
                    "name": "envoy.filters.listener.proxy_protocol",
                    "typed_config": {
                        "@type": "type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol",
                    },
                }]);
                set(tree, "/static_resources/listeners/0", "listener_filters", listener)?;
            } else {
                set(tree, MANAGER, "xff_num_trusted_hops", Value::from(balancer.hops))?;
            }
        }
        if let Some(tracing) = &self.tracing {
            set(tree, MANAGER, "tracing", tracing.member())?;
            push(tree, "/static_resources/clusters", tracing.cluster())?;
        }
        if self.stdout_log {
            let list = format!("{MANAGER}/access_log");
            let mut log = tree.pointer(&format!("{list}/0")).context("no access log")?.clone();
            set(&mut log, "", "name", Value::from("envoy.access_loggers.stdout"))?;
            let typed = "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog";
            set(&mut log, "/typed_config", "@type", Value::from(typed))?;
            if let Some(config) = log.get_mut("typed_config").and_then(Value::as_object_mut) {
                config.remove("path");
            }
            push(tree, &list, log)?;
        }
        if let Some(admin) = &self.admin {
            let address = Value::from(admin.address.to_string());
            set(tree, "/admin/address/socket_address", "address", address)?;
        }
        Ok(())
    }
}

impl Tracing {
    fn member(&self) -> Value {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let uri = format!("{scheme}://{}:{}{}", self.host, self.port, self.path);
        json!({
            // A consumer does not choose what is traced.
            "client_sampling": { "value": 0 },
            "random_sampling": { "value": self.percent },
            // `/ifs02/`.
            "max_path_tag_length": 7,
            "provider": {
                "name": "envoy.tracers.opentelemetry",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig",
                    "service_name": "ifs-adapter",
                    "http_service": { "http_uri": { "uri": uri, "cluster": COLLECTOR, "timeout": "1s" } },
                },
            },
        })
    }

    fn cluster(&self) -> Value {
        let address = json!({ "socket_address": { "address": self.host, "port_value": self.port } });
        let mut cluster = json!({
            "name": COLLECTOR,
            "type": "STRICT_DNS",
            "dns_lookup_family": "V4_PREFERRED",
            "connect_timeout": "2s",
            "load_assignment": {
                "cluster_name": COLLECTOR,
                "endpoints": [{ "lb_endpoints": [{ "endpoint": { "address": address } }] }],
            },
            "circuit_breakers": { "thresholds": [{ "max_connections": 4, "max_pending_requests": 64, "max_retries": 0 }] },
        });
        if let (Some(tls), Some(members)) = (&self.tls, cluster.as_object_mut()) {
            let socket = json!({
                "name": "envoy.transport_sockets.tls",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
                    "sni": tls.name,
                    "common_tls_context": {
                        "tls_params": { "tls_minimum_protocol_version": "TLSv1_2" },
                        "validation_context": {
                            "trusted_ca": { "filename": files::text(&tls.authorities) },
                            "match_typed_subject_alt_names": [{ "san_type": "DNS", "matcher": { "exact": tls.name } }],
                        },
                    },
                },
            });
            members.insert("transport_socket".to_owned(), socket);
        }
        cluster
    }
}

/// What an exception costs.
#[must_use]
pub fn risk(name: &str) -> &'static str {
    ALL.iter().find(|(known, _)| *known == name).map_or("", |(_, risk)| risk)
}

/// A host name, or an address.
pub(super) fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        !label.is_empty() && label.len() <= 63 && label.chars().all(plain) && !label.starts_with('-')
    };
    text.parse::<IpAddr>().is_ok() || (text.len() <= 253 && text.trim_end_matches('.').split('.').all(label))
}

/// Whether a host is this machine.
pub(super) fn is_near(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

fn set(tree: &mut Value, at: &str, member: &str, value: Value) -> Result<()> {
    let members = tree.pointer_mut(at).and_then(Value::as_object_mut).context(format!("nothing at {at}"))?;
    members.insert(member.to_owned(), value);
    Ok(())
}

fn push(tree: &mut Value, at: &str, value: Value) -> Result<()> {
    tree.pointer_mut(at).and_then(Value::as_array_mut).context(format!("no list at {at}"))?.push(value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_exception_is_not_is_refused() {
        for (member, told) in [
            (json!({ "everything": true }), "unknown field"),
            (json!({ "balancer": { "hops": 6 } }), "0 to 5"),
            (json!({ "balancer": {} }), "either"),
            (json!({ "balancer": { "hops": 1, "proxy_protocol": true } }), "either"),
            (json!({ "balancer": { "hops": 1, "trusted": [] } }), "unknown field"),
            (json!({ "tracing": { "host": "otel.example.it", "port": 4318, "percent": 1 } }), "over TLS"),
            (json!({ "tracing": { "host": "127.0.0.1", "port": 4318, "percent": 101 } }), "from 0 to 100"),
            (json!({ "tracing": { "host": "127.0.0.1/x", "port": 4318, "percent": 1 } }), "a host"),
            (json!({ "admin": { "address": "everywhere" } }), "exceptions"),
            (json!({ "stdout_log": "yes" }), "exceptions"),
        ] {
            let said = Exceptions::read(&member, Path::new("/srv")).unwrap_err().to_string();
            assert!(said.contains(told), "{member}: {said}");
        }
    }

    #[test]
    fn each_has_a_name_and_a_risk() {
        let all = json!({
            "balancer": { "hops": 1 }, "admin": { "address": "10.0.0.1" }, "stdout_log": true,
            "tracing": { "host": "localhost", "port": 1, "percent": 0 },
        });
        for name in Exceptions::read(&all, Path::new("/srv")).unwrap().written() {
            assert!(!risk(name).is_empty(), "{name}");
        }
    }

    #[test]
    fn hosts_are_names_or_addresses() {
        for good in ["a", "a-b.example.it", "127.0.0.1", "::1", "esse3.example.it."] {
            assert!(is_host(good), "{good}");
        }
        for bad in ["", "a b", "a/b", "u@a", "a:1", "*.example.it", "-a", "a..b", "${IFS_PORT}"] {
            assert!(!is_host(bad), "{bad}");
        }
        assert!(is_near("LOCALHOST") && is_near("127.0.0.2") && is_near("::1") && !is_near("10.0.0.1"));
    }
}
