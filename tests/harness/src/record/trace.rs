//! What one exchange leaves behind, as bytes that are the same whenever the same happens.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use adapter_core::{CallRequest, Plan};
use sha2::{Digest, Sha256};
use university::{Seen, Server};
use xtask::envoy::Envoy;

use crate::http::{Answer, Request};

/// The parts of a line, in order.
pub const PARTS: [&str; 5] = ["status", "headers", "body", "calls", "counters"];

/// Counters by name, labels in it.
pub type Counted = BTreeMap<String, u64>;

/// What the engine as a library has asked for and counted.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// The calls of the last exchange, in the order in which they were asked for.
    pub calls: Vec<String>,
    /// How many of them were open at one time.
    pub most_open: usize,
    /// How many were open when the answer was there.
    pub left_open: usize,
    /// What was counted so far.
    pub counted: Counted,
}

/// When an exchange makes the same calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certain {
    /// In whatever order answers come.
    Always,
    /// If answers are handed over in the order of their calls.
    InOrder,
    /// Not even then.
    Never,
    /// Even who answers is not.
    Status,
}

impl Certain {
    /// Before it is known how a scenario's exchange goes.
    #[must_use]
    pub fn of(scenario: &str) -> Self {
        match scenario {
            // Of calls at one time the first to arrive ends the session of all others; the second scenario finds what
            // sessions the first has left.
            "soap/session-lost-in-fan-out" | "soap/session-refused-in-fan-out" => Self::Never,
            // Of a hundred kept answers two or three fall on one place: which, follows from the bundle's digest.
            "cache/most-of-many" | "offer/first-year" | "offer/year" => Self::Never,
            // The filter or the gateway, whichever is the first to find too much.
            "request/over-gateway-buffer" => Self::Status,
            // The seconds until the next probe, and probes in between.
            probed if probed.starts_with("status/") => Self::Status,
            _ => Self::InOrder,
        }
    }
}

/// What an exchange is told apart by from those before it.
pub struct Behind<'s> {
    /// What was counted before it.
    pub counted: Counted,
    /// When its calls are the same each time.
    pub certain: Certain,
    /// The system; it has seen the exchange's calls and no others.
    pub simulator: &'s Server,
}

/// Bytes of a body that are shown in full.
const SHOWN: usize = 64 * 1024;

/// One exchange.
#[derive(Clone, Debug)]
pub struct Trace {
    status: u16,
    headers: Option<String>,
    body: Option<Vec<u8>>,
    calls: Option<Vec<String>>,
    counters: Option<Counted>,
}

impl Trace {
    /// An answer alone.
    #[must_use]
    pub fn of(answer: &Answer) -> Self {
        let kept = answer.headers.iter().filter(|(name, _)| name != "date");
        let headers = kept.fold(String::new(), |mut text, (name, value)| {
            let _ = writeln!(text, "{name}: {value}");
            text
        });
        let (headers, body) = (Some(headers), Some(answer.body.clone()));
        Self { status: answer.status, headers, body, calls: None, counters: None }
    }

    /// The status alone.
    #[must_use]
    pub fn of_status(answer: &Answer) -> Self {
        Self { status: answer.status, headers: None, body: None, calls: None, counters: None }
    }

    /// With the calls that were made. A session's identifier is a run's own, so all look the same.
    #[must_use]
    pub fn with_calls(mut self, calls: Vec<String>, sessions: &[String]) -> Self {
        let anonymous = |text: String| sessions.iter().fold(text, |text, token| text.replace(token, "<session>"));
        self.calls = Some(calls.into_iter().map(anonymous).collect());
        self
    }

    /// With what was counted between two readings.
    #[must_use]
    pub fn with_counters(mut self, before: &Counted, after: &Counted) -> Self {
        self.counters = Some(grown(before, after));
        self
    }

    /// What was counted.
    pub fn counters(&self) -> impl Iterator<Item = (&String, &u64)> {
        self.counters.iter().flatten()
    }

    /// All of it, for a person to read and for `diff`.
    #[must_use]
    pub fn text(&self) -> String {
        let (headers, body) = (self.headers.as_deref().unwrap_or_default(), self.body.as_deref().unwrap_or_default());
        let shown = &body[..body.len().min(SHOWN)];
        let mut text = format!("{}\n{headers}\n{}\n", self.status, String::from_utf8_lossy(shown));
        if shown.len() < body.len() {
            let _ = writeln!(text, "… {} bytes, {}", body.len(), digest([body]));
        }
        text.push_str(&self.calls());
        if self.counters.is_some() {
            text.push_str("\n--- counters\n");
        }
        text + &self.counted()
    }

    fn calls(&self) -> String {
        self.calls.iter().flatten().enumerate().fold(String::new(), |mut text, (number, call)| {
            let _ = writeln!(text, "\n--- call {}\n{call}", number + 1);
            text
        })
    }

    fn counted(&self) -> String {
        self.counters().fold(String::new(), |mut text, (name, by)| {
            let _ = writeln!(text, "{name} {by}");
            text
        })
    }
}

/// The line of some exchanges: a value for each part, none where no exchange has it.
#[must_use]
pub fn line(traces: &[Trace]) -> Vec<(String, String)> {
    let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
    traces.iter().for_each(|trace| *statuses.entry(trace.status).or_default() += 1);
    let status = match traces {
        [one] => one.status.to_string(),
        _ => statuses.iter().map(|(status, count)| format!("{status}*{count}")).collect::<Vec<_>>().join(","),
    };
    let headers = all(traces, |trace| trace.headers.as_ref().map(|headers| headers.as_bytes().to_vec()));
    let body = all(traces, |trace| trace.body.clone());
    let calls = all(traces, |trace| trace.calls.is_some().then(|| trace.calls().into_bytes()));
    let made = traces.iter().filter_map(|trace| trace.calls.as_ref()).map(Vec::len).sum::<usize>();
    let counters = all(traces, |trace| trace.counters.is_some().then(|| trace.counted().into_bytes()));
    let series = traces.iter().map(|trace| trace.counters().count()).sum::<usize>();
    let values = [
        Some(status),
        headers.map(digest),
        body.map(digest),
        calls.map(|calls| format!("{made}:{}", digest(calls))),
        counters.map(|counters| format!("{series}:{}", digest(counters))),
    ];
    let named = PARTS.into_iter().zip(values);
    named.filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// A part of each trace; none if one lacks it.
fn all(traces: &[Trace], part: impl Fn(&Trace) -> Option<Vec<u8>>) -> Option<Vec<Vec<u8>>> {
    traces.iter().map(part).collect()
}

/// Eight digits for some texts, and for where one ends and the next begins.
fn digest<T: AsRef<[u8]>>(parts: impl IntoIterator<Item = T>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_ref().len().to_le_bytes());
        hash.update(part.as_ref());
    }
    hash.finalize()[..4].iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What was counted between two readings.
#[must_use]
pub fn grown(before: &Counted, after: &Counted) -> Counted {
    let by = |name: &String, value: &u64| value.saturating_sub(before.get(name).copied().unwrap_or(0));
    let all = after.iter().map(|(name, value)| (name.clone(), by(name, value)));
    all.filter(|(_, by)| *by > 0).collect()
}

/// Without what depends on which calls were made, where that is chance.
#[must_use]
pub fn certain(mut counted: Counted) -> Counted {
    let families = ["call", "sessions_total", "cache_hits_total", "late_answers_total"];
    let of_calls = |name: &str| families.iter().any(|f| name.trim_start_matches("ifs_adapter_").starts_with(f));
    counted.retain(|name, _| !of_calls(name));
    counted
}

/// A call as the engine asks for it. A timeout that is no system's is what was left until the deadline: a number by chance.
#[must_use]
pub fn asked(request: &CallRequest, plan: &Plan) -> String {
    let CallRequest { name, cluster, authority, method, path, headers, body, timeout_ms, body_limit } = request;
    let timeout = match plan.systems().iter().any(|system| u64::from(system.timeout_ms) == *timeout_ms) {
        true => timeout_ms.to_string(),
        false => "cut".to_owned(),
    };
    let first = format!("{name} {cluster} timeout {timeout} limit {body_limit}\n{method} {path}\nhost: {authority}");
    call(&first, headers, body)
}

/// A call as the filter dispatches it.
#[must_use]
pub fn sent(cluster: &str, request: &Request) -> String {
    let Request { method, target, authority, headers, body } = request;
    call(&format!("{cluster}\n{method} {target}\nhost: {authority}"), headers, body)
}

/// Calls as a system saw them. Which of several calls at one time arrives first is chance, so they are sorted.
#[must_use]
pub fn seen(calls: &[Seen]) -> Vec<String> {
    let text = |seen: &Seen| call(&format!("{} {}", seen.method, seen.target), &seen.headers, &seen.body);
    let mut texts: Vec<String> = calls.iter().map(text).collect();
    texts.sort();
    texts
}

fn call(first: &str, headers: &[(String, String)], body: &[u8]) -> String {
    let mut text = format!("{first}\n");
    for (name, value) in headers {
        let _ = writeln!(text, "{name}: {value}");
    }
    let body = std::str::from_utf8(body).map_or_else(|_| body.escape_ascii().to_string(), str::to_owned);
    let _ = write!(text, "\n{body}");
    text
}

/// What a filter in Envoy has counted so far.
///
/// # Errors
/// If Envoy does not say.
pub fn counted_by(envoy: &Envoy) -> Result<Counted, String> {
    let path = "/stats?usedonly&filter=ifs_adapter_";
    let answer = xtask::http::get(envoy.admin(), path, Duration::from_secs(5)).map_err(|e| e.to_string())?;
    let line = |line: &str| {
        let (name, value) = line.split_once(": ")?;
        Some((name[name.find("ifs_adapter_")?..].to_owned(), value.trim().parse().ok()?))
    };
    Ok(answer.text().lines().filter_map(line).collect())
}
