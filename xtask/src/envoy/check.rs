//! What a configuration must have beside what Envoy itself checks.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{config, install, instance};
use crate::{Context, Error, Result};

/// The longest deadline of an exchange by default (`limits.deadline`), milliseconds.
const DEADLINE_MS: u64 = 10_000;

/// By how much an exchange's deadline must end before Envoy's timers, milliseconds.
const MARGIN_MS: u64 = 2_000;

/// The filter's greatest body limit (`limits.body`), bytes.
const BODY_CEILING: u64 = 1_048_576;

const WASM: &str = "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm";
const MANAGER: &str =
    "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";

/// Our own rules; every one that is broken is named, with the place in the file.
#[must_use]
pub fn rules(tree: &Value) -> Vec<String> {
    let mut broken = Vec::new();
    let mut managers = 0_usize;
    visit(tree, String::new(), &mut |at, node| {
        if node.get("@type").and_then(Value::as_str) == Some(MANAGER) && serves_filter(node) {
            managers = managers.saturating_add(1);
            timer(
                at,
                node.pointer("/common_http_protocol_options/max_stream_duration"),
                "max_stream_duration",
                &mut broken,
            );
            timer(at, node.get("stream_idle_timeout"), "stream_idle_timeout", &mut broken);
        }
        if node.get("@type").and_then(Value::as_str) == Some(WASM) {
            filter(at, node.get("config").unwrap_or(&Value::Null), &mut broken);
        }
    });
    if managers == 0 {
        broken.push("no HTTP connection manager has the filter".to_owned());
    }
    let listeners = tree.pointer("/static_resources/listeners").and_then(Value::as_array);
    for (i, listener) in listeners.into_iter().flatten().enumerate() {
        let limit = listener.get("per_connection_buffer_limit_bytes");
        // Envoy's default is exactly the filter's ceiling, which is one byte too few.
        if contains_filter(listener) && limit.and_then(Value::as_u64).unwrap_or(BODY_CEILING) <= BODY_CEILING {
            broken.push(format!(
                "/static_resources/listeners/{i}: per_connection_buffer_limit_bytes must be above the filter's body \
                 limit ({BODY_CEILING}), or Envoy refuses bodies before the filter can"
            ));
        }
    }
    broken
}

/// Has Envoy load a filled configuration, filter and bundle included, without serving (`--mode validate`), with these
/// variables in its environment.
///
/// # Errors
/// Envoy refuses it; its reason is in the message.
pub fn envoy(config: &Path, dir: &Path, variables: &[(String, String)]) -> Result<()> {
    let log = dir.join("validate.log");
    let out = File::create(&log).context(format!("writing {}", log.display()))?;
    let mut command = Command::new(install()?);
    command.args(["--mode", "validate", "--log-level", "warning", "--concurrency", "2", "--config-path"]).arg(config);
    command.env_clear().envs(variables.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(out);
    match command.status().context("starting Envoy")? {
        status if status.success() => Ok(()),
        status => Err(Error::new(format!("Envoy refuses it ({status}):\n{}", instance::tail(&log)))),
    }
}

/// Reads a configuration as a tree for [`rules`].
///
/// # Errors
/// It is not YAML.
pub fn read(text: &str) -> Result<Value> {
    config::parse(text)
}

fn filter(at: &str, config: &Value, broken: &mut Vec<String>) {
    if config.get("failure_policy").and_then(Value::as_str) != Some("FAIL_RELOAD") {
        broken.push(format!("{at}: failure_policy must be FAIL_RELOAD, or one trap ends the filter for good"));
    }
    if config.pointer("/reload_config/backoff/base_interval").is_none() {
        broken.push(format!("{at}: reload_config.backoff.base_interval must be stated"));
    }
    if config.get("allow_on_headers_stop_iteration").and_then(Value::as_bool) != Some(true) {
        broken.push(format!(
            "{at}: allow_on_headers_stop_iteration must be true, or a request travels on before its body is seen"
        ));
    }
}

fn timer(at: &str, value: Option<&Value>, name: &str, broken: &mut Vec<String>) {
    let least = DEADLINE_MS.saturating_add(MARGIN_MS);
    match value.and_then(Value::as_str).map(milliseconds) {
        None => broken.push(format!("{at}: {name} is missing: a trap would leave requests hanging")),
        Some(None) => broken.push(format!("{at}: {name} is not a duration such as 15s")),
        Some(Some(0)) => broken.push(format!("{at}: {name} is 0, which means none")),
        Some(Some(ms)) if ms < least => {
            broken.push(format!("{at}: {name} must be {least} ms at least: 2 s more than an exchange's deadline"));
        }
        Some(Some(_)) => {}
    }
}

/// Milliseconds of a protobuf duration, `15s` or `0.500s`.
fn milliseconds(text: &str) -> Option<u64> {
    let (whole, fraction) = text.strip_suffix('s').map(|t| t.split_once('.').unwrap_or((t, "")))?;
    let padded: String = fraction.chars().chain("000".chars()).take(3).collect();
    whole.parse::<u64>().ok()?.checked_mul(1_000)?.checked_add(padded.parse().ok()?)
}

fn serves_filter(manager: &Value) -> bool {
    manager.get("http_filters").is_some_and(contains_filter)
}

fn contains_filter(node: &Value) -> bool {
    let mut found = false;
    visit(node, String::new(), &mut |_, node| found |= node.get("@type").and_then(Value::as_str) == Some(WASM));
    found
}

fn visit(node: &Value, at: String, see: &mut dyn FnMut(&str, &Value)) {
    see(&at, node);
    match node {
        Value::Array(items) => items.iter().enumerate().for_each(|(i, item)| visit(item, format!("{at}/{i}"), see)),
        Value::Object(members) => members.iter().for_each(|(name, member)| visit(member, format!("{at}/{name}"), see)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn development() -> Value {
        let plugin = "{}".to_owned();
        config::Config::development("/f.wasm".into(), plugin, Vec::new()).fill(Path::new("/run")).unwrap()
    }

    fn set(tree: &mut Value, pointer: &str, value: Value) {
        *tree.pointer_mut(pointer).unwrap() = value;
    }

    const HCM: &str = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config";

    #[test]
    fn what_we_ship_keeps_the_rules() {
        assert_eq!(rules(&development()), Vec::<String>::new());
    }

    #[test]
    fn each_rule_is_noticed() {
        let wasm = format!("{HCM}/http_filters/0/typed_config/config");
        let cases: Vec<(String, Value, &str)> = vec![
            (format!("{HCM}/common_http_protocol_options"), Value::Null, "max_stream_duration is missing"),
            (format!("{HCM}/common_http_protocol_options/max_stream_duration"), "11.999s".into(), "12000 ms"),
            (format!("{HCM}/stream_idle_timeout"), "0s".into(), "means none"),
            (format!("{HCM}/stream_idle_timeout"), "soon".into(), "not a duration"),
            (format!("{wasm}/failure_policy"), "FAIL_OPEN".into(), "FAIL_RELOAD"),
            (format!("{wasm}/reload_config"), Value::Null, "base_interval"),
            (format!("{wasm}/allow_on_headers_stop_iteration"), false.into(), "allow_on_headers"),
            ("/static_resources/listeners/0/per_connection_buffer_limit_bytes".into(), 65536.into(), "buffer_limit"),
            (format!("{HCM}/http_filters"), Value::Null, "no HTTP connection manager"),
        ];
        for (pointer, value, told) in cases {
            let mut tree = development();
            set(&mut tree, &pointer, value);
            let broken = rules(&tree);
            assert!(broken.iter().any(|b| b.contains(told)), "{pointer}: {broken:?}");
        }
    }
}
