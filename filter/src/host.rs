//! Every function of the host that the filter uses, each with its failures as values.
//!
//! The SDK's trait conveniences unwrap, so that a refusal of the host would trap; only `proxy_wasm::hostcalls` is used.
//! The host acts on the *effective context*, the one whose callback runs. [`on_behalf`] alone changes it, and changes it back.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use adapter_core::counter::Kind;
use proxy_wasm::hostcalls;
use proxy_wasm::types::{BufferType, LogLevel, MapType, MetricType};
use shell::Meters;

pub use proxy_wasm::types::Status;

/// Headers with lower-case names.
pub type Headers = Vec<(String, String)>;

/// Reports a panic by its place. Its message is left out: it may print the data that caused it.
pub fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let line = panic.location().map_or_else(
            || "panicked".to_owned(),
            |at| format!("panicked at {}:{}:{}", at.file(), at.line(), at.column()),
        );
        log(LogLevel::Critical, &line);
    }));
}

/// Whether nobody's identity is proved, which every line then says. All engines of a VM share it: what an engine that
/// was replaced still has to say may lack the word, or have it.
static DEVELOPMENT: AtomicBool = AtomicBool::new(false);

/// Has every line from now on begin with `development:`, or none.
pub fn mark_development(on: bool) {
    DEVELOPMENT.store(on, Ordering::Relaxed);
}

fn log(level: LogLevel, line: &str) {
    let mark = if DEVELOPMENT.load(Ordering::Relaxed) { "development: " } else { "" };
    let _ = hostcalls::log(level, &[mark, line].concat());
}

/// Writes an error line. Lines carry request ids, names of calls and codes, never a value.
pub fn error(line: &str) {
    log(LogLevel::Error, line);
}

/// Writes a warning.
pub fn warn(line: &str) {
    log(LogLevel::Warn, line);
}

/// Writes an information line.
pub fn info(line: &str) {
    log(LogLevel::Info, line);
}

/// Milliseconds since 1970-01-01T00:00:00Z; 0 if the host does not say.
pub fn now_ms() -> i64 {
    let since = hostcalls::get_current_time().ok().and_then(|now| now.duration_since(UNIX_EPOCH).ok());
    since.and_then(|since| i64::try_from(since.as_millis()).ok()).unwrap_or(0)
}

/// The plugin configuration.
///
/// # Errors
/// What the host says.
pub fn plugin_configuration(size: usize) -> Result<Vec<u8>, Status> {
    buffer(BufferType::PluginConfiguration, size)
}

/// The first `size` bytes of the request's body as far as it has arrived.
///
/// # Errors
/// What the host says.
pub fn request_body(size: usize) -> Result<Vec<u8>, Status> {
    buffer(BufferType::HttpRequestBody, size)
}

/// The body of the answer whose callback runs.
///
/// # Errors
/// What the host says.
pub fn call_body(size: usize) -> Result<Vec<u8>, Status> {
    buffer(BufferType::HttpCallResponseBody, size)
}

/// The request's headers, pseudo-headers among them.
///
/// # Errors
/// What the host says.
pub fn request_headers() -> Result<Headers, Status> {
    headers(MapType::HttpRequestHeaders)
}

/// The headers of the answer whose callback runs, pseudo-headers among them.
///
/// # Errors
/// What the host says.
pub fn call_headers() -> Result<Headers, Status> {
    headers(MapType::HttpCallResponseHeaders)
}

/// The address and port the consumer connected to.
pub fn destination() -> Option<String> {
    String::from_utf8(property(vec!["destination", "address"]).ok()??).ok()
}

/// Whether the request's route leads to a cluster, or the host does not say. A cluster that a route finds by other means
/// than its name in the configuration is not known yet.
pub fn leads_on() -> bool {
    !property(vec!["xds", "cluster_name"]).is_ok_and(|name| name.is_none_or(|name| name.is_empty()))
}

/// What the host knows under a path; none if there is nothing, or an empty text.
///
/// # Errors
/// What the host says, that the value cannot be handed over (null) among it.
pub fn property(path: Vec<&str>) -> Result<Option<Vec<u8>>, Status> {
    hostcalls::get_property(path)
}

/// Answers the request. The host sends it after the running callback has returned.
///
/// The SDK traps if the host refuses; the host refuses a request that is gone, for which no callback runs.
pub fn reply(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Result<(), Status> {
    hostcalls::send_http_response(u32::from(status), headers.to_vec(), Some(body))
}

/// Does something for a request from the callback of the root context. Nothing is done for one that is gone: the host would
/// go on to act for whoever is effective.
pub fn on_behalf(request: u32, root: u32, act: impl FnOnce()) {
    if hostcalls::set_effective_context(request).is_ok() {
        act();
        if hostcalls::set_effective_context(root).is_err() {
            error("the root context is gone");
        }
    }
}

/// Sends a call. Gives the token its callback will bring.
///
/// # Errors
/// [`Status::BadArgument`]: no such cluster. [`Status::InternalFailure`]: circuit breaker full, or no healthy host.
pub fn dispatch(cluster: &str, headers: &[(&str, &str)], body: &[u8], timeout_ms: u64) -> Result<u32, Status> {
    let body = if body.is_empty() { None } else { Some(body) };
    hostcalls::dispatch_http_call(cluster, headers.to_vec(), body, Vec::new(), Duration::from_millis(timeout_ms))
}

/// Asks to be called from time to time, in the root context.
///
/// # Errors
/// What the host says.
pub fn tick_every(ms: u64) -> Result<(), Status> {
    hostcalls::set_tick_period(Duration::from_millis(ms))
}

/// What stands in shared data under a key, with its version.
pub fn shared(key: &str) -> Option<(Vec<u8>, u32)> {
    match hostcalls::get_shared_data(key) {
        Ok((value, Some(version))) => Some((value.unwrap_or_default(), version)),
        _ => None,
    }
}

/// Puts a value into shared data; with a version only if that still stands there.
///
/// # Errors
/// What the host says, that another version stands there among it.
pub fn share(key: &str, value: &[u8], version: Option<u32>) -> Result<(), Status> {
    hostcalls::set_shared_data(key, Some(value), version)
}

/// The host's metrics. One that it does not know any more is its own affair.
#[derive(Debug)]
pub struct HostMeters;

impl Meters for HostMeters {
    fn define(&mut self, kind: Kind, name: &str) -> Option<u32> {
        let kind = match kind {
            Kind::Counter => MetricType::Counter,
            Kind::Gauge => MetricType::Gauge,
            Kind::Histogram => MetricType::Histogram,
        };
        hostcalls::define_metric(kind, name).ok()
    }

    fn add(&mut self, id: u32, by: u64) {
        let _ = hostcalls::increment_metric(id, i64::try_from(by).unwrap_or(i64::MAX));
    }

    fn record(&mut self, id: u32, value: u64) {
        let _ = hostcalls::record_metric(id, value);
    }
}

/// Adds one to a counter that is rarely moved.
pub fn increment(name: &str) {
    if let Some(id) = HostMeters.define(Kind::Counter, name) {
        HostMeters.add(id, 1);
    }
}

/// Notes something of the request whose callback runs, for the access log: `%FILTER_STATE(wasm.NAME:PLAIN)%`.
///
/// The SDK traps if the host refuses; the host refuses a request that is gone, for which no callback runs.
pub fn note(name: &str, value: &str) {
    let _ = hostcalls::set_property(vec![name], Some(value.as_bytes()));
}

fn buffer(kind: BufferType, size: usize) -> Result<Vec<u8>, Status> {
    if size == 0 {
        return Ok(Vec::new());
    }
    hostcalls::get_buffer(kind, 0, size).map(Option::unwrap_or_default)
}

/// Values that are not UTF-8 are made so: a header nobody reads must not fail a request.
fn headers(kind: MapType) -> Result<Headers, Status> {
    let text =
        |value: Vec<u8>| String::from_utf8(value).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into());
    Ok(hostcalls::get_map_bytes(kind)?.into_iter().map(|(name, value)| (name, text(value))).collect())
}
