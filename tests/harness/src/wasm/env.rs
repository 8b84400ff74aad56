//! The proxy-wasm 0.2.1 functions a filter of ours may import, with Envoy's answers.

use std::sync::PoisonError;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use wasmtime::{Caller, Error, Linker, Result};

use super::memory::{self, Pairs};
use super::state::{Metric, State, status};
use crate::http::Answer;
use crate::proofs::Property;

const MODULE: &str = "env";

const REQUEST_HEADERS: u32 = 0;
const CALL_RESPONSE_HEADERS: u32 = 6;
const REQUEST_BODY: u32 = 0;
const CALL_RESPONSE_BODY: u32 = 4;
const PLUGIN_CONFIGURATION: u32 = 7;

/// Defines them. What is missing here traps when it is called, so a filter that begins to use more is noticed.
///
/// # Errors
/// If a name is defined twice.
pub fn define(linker: &mut Linker<State>) -> Result<()> {
    general(linker)?;
    buffers_and_maps(linker)?;
    streams(linker)?;
    metrics(linker)?;
    shared_data(linker)
}

fn general(linker: &mut Linker<State>) -> Result<()> {
    linker.func_wrap(MODULE, "proxy_log", |mut caller: Caller<'_, State>, level: u32, at: u32, size: u32| {
        let text = memory::read_text(&mut caller, at, size)?;
        let name = ["trace", "debug", "info", "warn", "error", "critical"].get(level as usize).unwrap_or(&"?");
        caller.data().log.line(&format!("[{name}] {text}"));
        Ok::<u32, Error>(status::OK)
    })?;
    linker.func_wrap(MODULE, "proxy_get_log_level", |mut caller: Caller<'_, State>, to: u32| {
        memory::write_u32(&mut caller, to, 1)?; // debug: the search of the logs must see all that can be said
        Ok::<u32, Error>(status::OK)
    })?;
    linker.func_wrap(MODULE, "proxy_get_current_time_nanoseconds", |mut caller: Caller<'_, State>, to: u32| {
        let now = match caller.data().now {
            Some(now) => u64::try_from(now.unix_timestamp_nanos()).ok(),
            None => {
                SystemTime::now().duration_since(UNIX_EPOCH).ok().and_then(|now| u64::try_from(now.as_nanos()).ok())
            }
        };
        memory::write_u64(&mut caller, to, now.unwrap_or_default())?;
        Ok::<u32, Error>(status::OK)
    })?;
    linker.func_wrap(MODULE, "proxy_set_tick_period_milliseconds", |mut caller: Caller<'_, State>, ms: u32| {
        caller.data_mut().tick = (ms > 0).then(|| Duration::from_millis(u64::from(ms)));
        status::OK
    })?;
    linker.func_wrap(MODULE, "proxy_set_effective_context", |mut caller: Caller<'_, State>, id: u32| {
        let state = caller.data_mut();
        // On a dead id the old context stays, as in Envoy.
        if id == 1 || state.streams.contains_key(&id) {
            state.effective = id;
            return status::OK;
        }
        status::BAD_ARGUMENT
    })?;
    linker.func_wrap(
        MODULE,
        "proxy_get_property",
        |mut caller: Caller<'_, State>, at: u32, size: u32, data: u32, length: u32| {
            let path = memory::read_text(&mut caller, at, size)?;
            let value = match property(caller.data(), &path.split('\0').collect::<Vec<_>>()) {
                Property::Absent => return Ok(status::NOT_FOUND),
                Property::Null => return Ok(status::SERIALIZATION_FAILURE),
                Property::Bytes(value) => value,
            };
            memory::give(&mut caller, &value, data, length)?;
            Ok::<u32, Error>(status::OK)
        },
    )?;
    linker.func_wrap(MODULE, "proxy_set_property", |_: u32, _: u32, _: u32, _: u32| status::OK)?;
    linker.func_wrap(MODULE, "proxy_done", || status::OK)?;
    Ok(())
}

/// The attributes that a connection over loopback has, and what the gateway proves.
fn property(state: &State, path: &[&str]) -> Property {
    match (known(state, path), state.streams.contains_key(&state.effective)) {
        (Some(value), _) => Property::Bytes(value),
        (None, true) => state.proofs.property(path),
        (None, false) => Property::Absent,
    }
}

fn known(state: &State, path: &[&str]) -> Option<Vec<u8>> {
    let stream = state.streams.get(&state.effective);
    let header =
        |name: &str| stream?.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone().into_bytes());
    match path {
        ["destination", "address"] => Some(b"127.0.0.1:10000".to_vec()),
        ["source", "address"] => Some(b"127.0.0.1:50000".to_vec()),
        ["plugin_name"] => Some(b"ifs".to_vec()),
        ["plugin_root_id"] => Some(Vec::new()),
        ["plugin_vm_id"] => Some(b"harness".to_vec()),
        ["request", "id"] => header("x-request-id"),
        ["request", "path"] => header(":path"),
        ["request", "method"] => header(":method"),
        _ => None,
    }
}

fn map(state: &State, kind: u32) -> Option<&Pairs> {
    match kind {
        REQUEST_HEADERS => state.streams.get(&state.effective).map(|s| &s.headers),
        CALL_RESPONSE_HEADERS => state.answer.as_ref().map(|a| &a.headers),
        _ => None,
    }
}

fn buffer(state: &State, kind: u32) -> Option<&Vec<u8>> {
    match kind {
        REQUEST_BODY => state.streams.get(&state.effective).map(|s| &s.body),
        CALL_RESPONSE_BODY => state.answer.as_ref().map(|a| &a.body),
        PLUGIN_CONFIGURATION => Some(&state.configuration),
        _ => None,
    }
}

fn buffers_and_maps(linker: &mut Linker<State>) -> Result<()> {
    linker.func_wrap(
        MODULE,
        "proxy_get_buffer_bytes",
        |mut caller: Caller<'_, State>, kind: u32, start: u32, most: u32, data: u32, length: u32| {
            let Some(bytes) = buffer(caller.data(), kind) else { return Ok(status::NOT_FOUND) };
            let start = (start as usize).min(bytes.len());
            let end = start.saturating_add(most as usize).min(bytes.len());
            let part = bytes[start..end].to_vec();
            memory::give(&mut caller, &part, data, length)?;
            Ok::<u32, Error>(status::OK)
        },
    )?;
    linker.func_wrap(
        MODULE,
        "proxy_get_header_map_pairs",
        |mut caller: Caller<'_, State>, kind: u32, data: u32, length: u32| {
            let Some(pairs) = map(caller.data(), kind) else { return Ok(status::BAD_ARGUMENT) };
            let bytes = memory::encode(pairs);
            memory::give(&mut caller, &bytes, data, length)?;
            Ok::<u32, Error>(status::OK)
        },
    )?;
    linker.func_wrap(
        MODULE,
        "proxy_get_header_map_value",
        |mut caller: Caller<'_, State>, kind: u32, at: u32, size: u32, data: u32, length: u32| {
            let name = memory::read_text(&mut caller, at, size)?.to_ascii_lowercase();
            let Some(pairs) = map(caller.data(), kind) else { return Ok(status::BAD_ARGUMENT) };
            let values: Vec<&str> = pairs.iter().filter(|(n, _)| *n == name).map(|(_, v)| v.as_str()).collect();
            if values.is_empty() {
                return Ok(status::NOT_FOUND);
            }
            let value = values.join(",").into_bytes();
            memory::give(&mut caller, &value, data, length)?;
            Ok::<u32, Error>(status::OK)
        },
    )?;
    Ok(())
}

fn streams(linker: &mut Linker<State>) -> Result<()> {
    linker.func_wrap(
        MODULE,
        "proxy_send_local_response",
        |mut caller: Caller<'_, State>,
         code: u32,
         _details: u32,
         _details_size: u32,
         body: u32,
         body_size: u32,
         headers: u32,
         headers_size: u32,
         _grpc: i32| {
            let body = memory::read(&mut caller, body, body_size)?;
            let headers = memory::read(&mut caller, headers, headers_size)?;
            let Some(headers) = memory::decode(&headers) else { return Ok(status::BAD_ARGUMENT) };
            let state = caller.data_mut();
            let effective = state.effective;
            let Some(stream) = state.streams.get_mut(&effective) else { return Ok(status::BAD_ARGUMENT) };
            if stream.reply.is_none() {
                let headers = headers.into_iter().map(|(n, v)| (n.to_ascii_lowercase(), v)).collect();
                stream.reply = Some(Answer { status: u16::try_from(code).unwrap_or(0), headers, body });
            }
            Ok::<u32, Error>(status::OK)
        },
    )?;
    linker.func_wrap(
        MODULE,
        "proxy_http_call",
        |mut caller: Caller<'_, State>,
         cluster: u32,
         cluster_size: u32,
         headers: u32,
         headers_size: u32,
         body: u32,
         body_size: u32,
         _trailers: u32,
         _trailers_size: u32,
         timeout_ms: u32,
         to_token: u32| {
            let cluster = memory::read_text(&mut caller, cluster, cluster_size)?;
            let headers = memory::read(&mut caller, headers, headers_size)?;
            let body = memory::read(&mut caller, body, body_size)?;
            let Some(headers) = memory::decode(&headers) else { return Ok(status::BAD_ARGUMENT) };
            match caller.data_mut().dispatch(cluster, &headers, body, timeout_ms) {
                Ok(token) => {
                    memory::write_u32(&mut caller, to_token, token)?;
                    Ok::<u32, Error>(status::OK)
                }
                Err(code) => Ok(code),
            }
        },
    )?;
    linker.func_wrap(MODULE, "proxy_continue_stream", |_: u32| status::OK)?;
    linker.func_wrap(MODULE, "proxy_close_stream", |_: u32| status::OK)?;
    Ok(())
}

fn metrics(linker: &mut Linker<State>) -> Result<()> {
    linker.func_wrap(
        MODULE,
        "proxy_define_metric",
        |mut caller: Caller<'_, State>, _kind: u32, at: u32, size: u32, to: u32| {
            let name = memory::read_text(&mut caller, at, size)?;
            let metrics = &mut caller.data_mut().metrics;
            let id = metrics.iter().position(|m| m.name == name).unwrap_or_else(|| {
                metrics.push(Metric { name, value: 0 });
                metrics.len() - 1
            });
            memory::write_u32(&mut caller, to, u32::try_from(id).unwrap_or(u32::MAX))?;
            Ok::<u32, Error>(status::OK)
        },
    )?;
    linker.func_wrap(
        MODULE,
        "proxy_increment_metric",
        |mut caller: Caller<'_, State>, id: u32, by: i64| match caller.data_mut().metrics.get_mut(id as usize) {
            Some(metric) => {
                metric.value = metric.value.saturating_add_signed(by);
                status::OK
            }
            None => status::BAD_ARGUMENT,
        },
    )?;
    linker.func_wrap(
        MODULE,
        "proxy_record_metric",
        |mut caller: Caller<'_, State>, id: u32, value: u64| match caller.data_mut().metrics.get_mut(id as usize) {
            Some(metric) => {
                metric.value = value;
                status::OK
            }
            None => status::BAD_ARGUMENT,
        },
    )?;
    Ok(())
}

fn shared_data(linker: &mut Linker<State>) -> Result<()> {
    linker.func_wrap(
        MODULE,
        "proxy_get_shared_data",
        |mut caller: Caller<'_, State>, key: u32, key_size: u32, data: u32, length: u32, cas: u32| {
            let key = memory::read_text(&mut caller, key, key_size)?;
            let found = caller.data().shared.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
            let Some((value, number)) = found else { return Ok(status::NOT_FOUND) };
            memory::give(&mut caller, &value, data, length)?;
            memory::write_u32(&mut caller, cas, number)?;
            Ok::<u32, Error>(status::OK)
        },
    )?;
    linker.func_wrap(
        MODULE,
        "proxy_set_shared_data",
        |mut caller: Caller<'_, State>, key: u32, key_size: u32, value: u32, value_size: u32, cas: u32| {
            let key = memory::read_text(&mut caller, key, key_size)?;
            let value = memory::read(&mut caller, value, value_size)?;
            let mut shared = caller.data().shared.lock().unwrap_or_else(PoisonError::into_inner);
            let held = shared.get(&key).map_or(0, |(_, number)| *number);
            if cas != 0 && held != 0 && cas != held {
                return Ok(status::CAS_MISMATCH);
            }
            shared.insert(key, (value, held + 1));
            Ok::<u32, Error>(status::OK)
        },
    )?;
    Ok(())
}
