//! What is left out of `envoy/edge.yaml`, or changed in it, one thing in each variant.

use std::time::{SystemTime, UNIX_EPOCH};

use pdnd::fixed;
use serde_json::{Value, json};
use xtask::{Context, Error, Result};

const MANAGER: &str = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config";
const CHAIN: &str = "/static_resources/listeners/0/filter_chains/0";
const LEGACY: &str = "${IFS_LEGACY_CLUSTER}";

/// One way to write the file.
pub struct Variant {
    /// What differs.
    pub name: &'static str,
    change: fn(&mut Value) -> Result<()>,
    /// Consumers come without TLS.
    pub plain: bool,
}

impl Variant {
    const fn plain(self) -> Self {
        Self { plain: true, ..self }
    }

    /// The file as this variant has it. One address, and one consumer, may send more requests than is shipped: all requests are
    /// of the same here.
    pub fn tree(&self, mut tree: Value) -> Result<Value> {
        let burst = filter(&mut tree, "burst")?;
        let bucket = json!({ "max_tokens": 1_000_000, "tokens_per_fill": 1_000_000, "fill_interval": "1s" });
        *at(burst, "/typed_config/descriptors/0/token_bucket")? = bucket.clone();
        *at(burst, "/typed_config/token_bucket")? = bucket.clone();
        let pace = filter(&mut tree, "pace")?;
        *at(pace, "/typed_config/descriptors/0/token_bucket")? = bucket.clone();
        *at(pace, "/typed_config/token_bucket")? = bucket;
        (self.change)(&mut tree)?;
        Ok(tree)
    }
}

/// The file as it is shipped, the same once more, and every variant.
pub const ALL: &[Variant] = &[
    is("as shipped", |_| Ok(())),
    is("the same once more", |_| Ok(())),
    // Who calls.
    is("jwt_authn: none, the claims set by the file", |tree| {
        *filter(tree, JWT)? = json!({
            "name": "claims",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.set_metadata.v3.Config",
                "metadata": [ { "metadata_namespace": JWT, "value": { "pdnd": claims() } } ],
            },
        });
        Ok(())
    }),
    is("jwt_authn: vouchers remembered", |tree| {
        let provider = at(filter(tree, JWT)?, "/typed_config/providers/pdnd")?;
        provider.as_object_mut().context("no provider")?.insert("jwt_cache_config".to_owned(), json!({}));
        Ok(())
    }),
    is("jwt_authn: no partner", |tree| {
        let config = at(filter(tree, JWT)?, "/typed_config")?;
        remove(at(config, "/providers")?, "partner")?;
        for rule in list(config, "/rules")? {
            if let Some(first) = rule.pointer("/requires/requires_any/requirements/0") {
                rule["requires"] = first.clone();
            }
        }
        Ok(())
    }),
    is("TLS: none", |tree| remove(at(tree, CHAIN)?, "transport_socket")).plain(),
    is("header mutation: none", |tree| remove(at(tree, MANAGER)?, "early_header_mutation_extensions")),
    // How often.
    is("burst: none", |tree| without(tree, "burst")),
    is("pace: none", |tree| without(tree, "pace")),
    is("quotas: none", |tree| without(tree, QUOTAS)),
    is("quotas: no totals", |tree| {
        list(filter(tree, QUOTAS)?, "/typed_config/rate_limits")?
            .retain(|limit| limit.pointer("/actions/0/header_value_match/descriptor_key") == Some(&json!("api")));
        Ok(())
    }),
    is("quotas: totals by the issuer's name", |tree| {
        for one in list(filter(tree, QUOTAS)?, "/typed_config/descriptors")? {
            if one["entries"][1]["key"] == "issuer" {
                one["entries"][1]["value"] = json!("${IFS_VOUCHER_ISSUER}");
            }
        }
        Ok(())
    }),
    is("quotas: one API's", |tree| {
        let limits = list(filter(tree, QUOTAS)?, "/typed_config/rate_limits")?;
        limits.retain(|limit| limit.pointer("/actions/0/header_value_match/descriptor_value") == Some(&json!("ifs02")));
        if limits.len() == 3 { Ok(()) } else { Err(Error::new("not three limits of IFS02")) }
    }),
    is("quotas: no X-RateLimit-*", |tree| {
        remove(at(filter(tree, QUOTAS)?, "/typed_config")?, "enable_x_ratelimit_headers")
    }),
    // Local replies.
    is("mappers: none", |tree| remove(at(tree, MANAGER)?, "local_reply_config")),
    is("mappers: gone through by every answer", |tree| {
        mappers(tree)?.retain(|mapper| !lets_out(mapper));
        Ok(())
    }),
    is("mappers: 200 alone let out first", |tree| {
        let mappers = mappers(tree)?;
        let own = mappers.iter().rposition(lets_out).filter(|own| *own > 0);
        mappers.remove(own.context("no second mapper that lets out")?);
        Ok(())
    }),
    // The access log.
    is("access log: none", |tree| remove(at(tree, MANAGER)?, "access_log")),
    is("access log: every line, without CEL", |tree| remove(at(tree, LOG)?, "filter")),
    is("access log: CEL for 429 alone", |tree| {
        let other = status("NE", 429);
        list(tree, &format!("{LOG}/filter/or_filter/filters"))?.insert(0, other);
        Ok(())
    }),
    is("access log: any id, without CEL", |tree| {
        log_members(tree)?["request_id"] = json!("%REQ(X-REQUEST-ID)%");
        Ok(())
    }),
    is("access log: no claims", |tree| {
        let members = log_members(tree)?;
        ["consumer_id", "client_id", "purpose_id", "jti", "eservice_id", "partner"]
            .into_iter()
            .try_for_each(|name| remove(members, name))
    }),
    // The rest.
    is("compressor: none", |tree| without(tree, "envoy.filters.http.compressor")),
    is("timers: none", |tree| {
        let manager = at(tree, MANAGER)?;
        for name in ["stream_idle_timeout", "request_timeout", "request_headers_timeout"] {
            *at(manager, &format!("/{name}"))? = json!("0s");
        }
        remove(at(manager, "/common_http_protocol_options")?, "max_stream_duration")
    }),
    is("overload manager: none", |tree| remove(tree, "overload_manager")),
    is("statistics: none", |tree| {
        let config = at(tree, "/stats_config")?.as_object_mut().context("no stats_config")?;
        config.insert("stats_matcher".to_owned(), json!({ "reject_all": true }));
        Ok(())
    }),
    is("outlier detection: none", |tree| remove(legacy(tree)?, "outlier_detection")),
    is("credentials: none", |tree| remove(at(legacy(tree)?, PROTOCOL)?, "http_filters")),
];

const JWT: &str = "envoy.filters.http.jwt_authn";
const QUOTAS: &str = "envoy.filters.http.local_ratelimit";
const LOG: &str = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/access_log/0";
const PROTOCOL: &str = "/typed_extension_protocol_options/envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

const fn is(name: &'static str, change: fn(&mut Value) -> Result<()>) -> Variant {
    Variant { name, change, plain: false }
}

/// What a voucher of the stand-in says.
fn claims() -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    json!({
        "exp": now.saturating_add(3_600), "iss": fixed::ISSUER, "client_id": fixed::CLIENT, "sub": fixed::CLIENT, "consumerId": fixed::CONSUMER,
        "purposeId": fixed::PURPOSE, "jti": fixed::PURPOSE, "producerId": fixed::PRODUCER,
        "eserviceId": fixed::eservice(2), "descriptorId": fixed::descriptor(2),
    })
}

fn status(op: &str, value: u16) -> Value {
    json!({ "status_code_filter": { "comparison":
        { "op": op, "value": { "default_value": value, "runtime_key": "ifs.bench" } } } })
}

/// Whether a mapper does nothing but let out what it takes.
fn lets_out(mapper: &Value) -> bool {
    mapper.as_object().is_some_and(|members| members.len() == 1)
}

fn at<'a>(tree: &'a mut Value, pointer: &str) -> Result<&'a mut Value> {
    tree.pointer_mut(pointer).context(format!("nothing at {pointer}"))
}

fn list<'a>(tree: &'a mut Value, pointer: &str) -> Result<&'a mut Vec<Value>> {
    at(tree, pointer)?.as_array_mut().context(format!("no list at {pointer}"))
}

fn remove(tree: &mut Value, name: &str) -> Result<()> {
    tree.as_object_mut().and_then(|members| members.remove(name)).map(drop).context(format!("no {name}"))
}

fn filters(tree: &mut Value) -> Result<&mut Vec<Value>> {
    list(tree, &format!("{MANAGER}/http_filters"))
}

fn filter<'a>(tree: &'a mut Value, name: &str) -> Result<&'a mut Value> {
    filters(tree)?.iter_mut().find(|one| one["name"] == name).context(format!("no filter {name}"))
}

fn without(tree: &mut Value, name: &str) -> Result<()> {
    filter(tree, name)?;
    filters(tree)?.retain(|one| one["name"] != name);
    Ok(())
}

fn mappers(tree: &mut Value) -> Result<&mut Vec<Value>> {
    list(tree, &format!("{MANAGER}/local_reply_config/mappers"))
}

fn log_members(tree: &mut Value) -> Result<&mut Value> {
    at(tree, &format!("{LOG}/typed_config/log_format/json_format"))
}

fn legacy(tree: &mut Value) -> Result<&mut Value> {
    let clusters = list(tree, "/static_resources/clusters")?;
    clusters.iter_mut().find(|one| one["name"] == LEGACY).context("no cluster of a system")
}
