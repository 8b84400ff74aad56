//! One test: the engine, with a test file's answers in place of the systems.

use adapter_core::explain::Event;
use adapter_core::{
    CallId, CallRequest, CallResult, Clock, CursorKeys, Engine, Event as Happened, Head, Plan, Resources, Response,
    Trust, counter::Counter,
};
use mapping_compiler::Folder;
use mapping_compiler::testfile::{self, Answer, Fault, Match, TestFile};
use serde_json::Value;
use shell::InMemory;

use crate::explain;

/// Turns that the steward needs until all systems have been asked: it takes the lease, logs in, asks in the session.
const PROBING: u32 = 4;
/// From one of its turns to the next, milliseconds.
const TICK_MS: u64 = 500;
/// The request id of every test; it becomes the problem's `instance`.
pub(crate) const INSTANCE: &str = "00000000-0000-4000-8000-000000000000";

/// What running a test gave.
#[derive(Debug)]
pub struct Ran {
    /// The answer.
    pub response: Response,
    /// How many calls were made.
    pub calls: u64,
    /// What went wrong on the way: calls that no entry matches, entries that no call matched.
    pub complaints: Vec<String>,
    /// What happened in the engine.
    pub events: Vec<Event>,
    /// The calls as they went out.
    pub exchanged: Vec<Exchanged>,
}

/// A call as it went out, and what came back.
#[derive(Debug)]
pub struct Exchanged {
    /// The engine's name for it.
    pub id: CallId,
    /// Method and path.
    pub line: String,
    /// Its body.
    pub body: String,
    /// What came back, in words.
    pub result: String,
}

/// What stands for a secret in every test.
pub fn secret(name: &str) -> String {
    format!("secret-{name}")
}

/// What cursors are sealed with in tests of mappings.
const CURSOR_KEY: &str = "8f3c1a97d204be5560e7f1983c4a2bd96e10754cfa82b3d7195e0c66a1f84d2b";

/// The same, as an engine takes it.
pub(crate) fn cursor_keys() -> CursorKeys {
    CursorKeys { seals: Some(CURSOR_KEY.to_owned()), opens: None }
}

/// Runs a test against a bundle.
///
/// # Errors
/// If the test itself makes no sense: a file that is not there, a clock that is none.
pub fn run(plan: Plan, names: (&[String], Vec<String>), test: &TestFile, folder: Folder<'_>) -> Result<Ran, String> {
    let now_ms = test.now_ms().ok_or_else(|| format!("`now` is not a time: {}", test.now))?;
    let trust = match test.trust {
        testfile::Trust::None => Trust::Unset,
        testfile::Trust::Development => Trust::Development,
    };
    let deadline = plan.limits().deadline;
    let mut systems = Systems::new(test, folder)?;
    // No test needs a real secret, and none may stand in a test file.
    let resources =
        Resources { secret: &|name| Some(secret(name)), cursor_keys: cursor_keys(), ..Resources::default() };
    let mut engine = Engine::new(plan, trust, resources).map_err(|e| e.to_string())?;
    let explanation = engine.explain(names.0.to_vec(), names.1);
    let (head, body) = request(test, folder)?;
    let mut clock = Clock { now_ms, tick_ms: 0 };
    if test.probed {
        clock.tick_ms = probe(&mut engine, clock, &mut systems);
    }
    let before = systems.calls;
    let (response, _) =
        ask(&mut engine, (clock, deadline), (head, body), |call, request| systems.take(call, &request))?;
    let complaints = systems.complaints();
    let (events, exchanged) = (explanation.events(), systems.exchanged);
    Ok(Ran { response, calls: systems.calls.saturating_sub(before), complaints, events, exchanged })
}

/// Asks an engine once, over systems that answer there and then: the answer, and what was counted. The clock stands still.
pub(crate) fn ask(
    engine: &mut Engine,
    (clock, deadline): (Clock, u64),
    (head, body): (Head, Vec<u8>),
    systems: impl FnMut(CallId, CallRequest) -> CallResult,
) -> Result<(Response, Vec<(Counter, u64)>), String> {
    let mut memory = InMemory::new(engine, clock, systems);
    memory.ask(head, body);
    if memory.replies.is_empty() {
        // Nothing is under way and nothing was answered: only the deadline could end it.
        memory.clock.tick_ms = memory.clock.tick_ms.saturating_add(deadline);
        shell::drive(&mut memory, Happened::Timer);
    }
    let response = memory.replies.pop().ok_or("the engine gives no answer")?;
    Ok((response, memory.counted))
}

/// Lets the engine ask the systems whether they are there: it becomes the steward, logs in, asks. Gives the time it is then.
fn probe(engine: &mut Engine, clock: Clock, systems: &mut Systems<'_>) -> u64 {
    let mut memory = InMemory::new(engine, clock, |call, request| systems.take(call, &request));
    for _ in 0..PROBING {
        shell::drive(&mut memory, Happened::Steward);
        memory.clock.tick_ms = memory.clock.tick_ms.saturating_add(TICK_MS);
    }
    let tick_ms = memory.clock.tick_ms;
    // They are no calls of the request that is explained.
    systems.exchanged.clear();
    tick_ms
}

fn request(test: &TestFile, folder: Folder<'_>) -> Result<(Head, Vec<u8>), String> {
    let request = &test.request;
    let body = request.bytes(folder)?;
    let mut headers: Vec<(String, String)> =
        request.headers.iter().filter_map(|(name, value)| Some((name.to_ascii_lowercase(), value.clone()?))).collect();
    let written = |name: &str| request.headers.keys().any(|k| k.eq_ignore_ascii_case(name));
    if !body.is_empty() && !written("content-type") {
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
    }
    if !body.is_empty() && !written("content-length") {
        headers.push(("content-length".to_owned(), body.len().to_string()));
    }
    let head = Head {
        method: request.method.clone(),
        path: request.path.clone(),
        headers,
        instance: INSTANCE.to_owned(),
        loopback: true,
        caller: test.caller(),
    };
    Ok((head, body))
}

/// The systems of a test: its entries, and what became of them.
pub struct Systems<'t> {
    test: &'t TestFile,
    /// Bodies of entries, made beforehand.
    bodies: Vec<Vec<u8>>,
    /// How often each entry answered.
    used: Vec<u32>,
    calls: u64,
    unmatched: Vec<String>,
    exchanged: Vec<Exchanged>,
}

impl<'t> Systems<'t> {
    /// Those of a test; files of answers are relative to the folder.
    ///
    /// # Errors
    /// If an answer cannot be made in memory.
    pub fn new(test: &'t TestFile, folder: Folder<'_>) -> Result<Self, String> {
        let mut bodies = Vec::with_capacity(test.legacy.len());
        for entry in &test.legacy {
            if entry.answer.fault.is_some_and(Fault::needs_simulator) {
                return Err(
                    "this fault needs a system that speaks for itself: write the answer's `body` or `file`".to_owned()
                );
            }
            bodies.push(match (&entry.answer.body, &entry.answer.file) {
                (Some(_), Some(_)) => return Err("an answer has a `body` or a `file`, not both".to_owned()),
                (Some(Value::String(text)), None) => text.clone().into_bytes(),
                (Some(tree), None) => tree.to_string().into_bytes(),
                (None, Some(file)) => folder.read(file)?,
                (None, None) => Vec::new(),
            });
        }
        let (used, unmatched, exchanged) = (vec![0; test.legacy.len()], Vec::new(), Vec::new());
        Ok(Self { test, bodies, used, calls: 0, unmatched, exchanged })
    }

    /// Answers a call, and keeps what went out and what came back.
    fn take(&mut self, id: CallId, request: &CallRequest) -> CallResult {
        let result = self.answer(request);
        self.exchanged.push(Exchanged {
            id,
            line: format!("{} {}", request.method, request.path),
            body: String::from_utf8_lossy(&request.body).into_owned(),
            result: said(&result),
        });
        result
    }

    /// Answers a call.
    pub fn answer(&mut self, request: &CallRequest) -> CallResult {
        self.calls = self.calls.saturating_add(1);
        let entries = self.test.legacy.iter().zip(&self.bodies).zip(&mut self.used);
        let found = entries.into_iter().find(|((entry, _), used)| {
            entry.answer.times.is_none_or(|times| **used < times)
                && entry.when.matches(request.method, &request.path)
                && entry.when.matches_headers(&request.headers)
                && entry.when.matches_body(&request.body)
        });
        match found {
            Some(((entry, body), used)) => {
                *used = used.saturating_add(1);
                result(&entry.answer, body, request)
            }
            None => {
                let words = self.unmatched(request);
                self.unmatched.push(words);
                CallResult::Unreachable
            }
        }
    }

    /// What is said of a call that no entry matches: the call, and why the entry that comes nearest does not.
    fn unmatched(&self, request: &CallRequest) -> String {
        let (name, method, target) = (&request.name, request.method, &request.path);
        let mut words = format!("no entry of `legacy` matches the call `{name}`: {method} {target}");
        if !request.body.is_empty() {
            words.push_str(&format!("\n  its body: {}", explain::shortened(&String::from_utf8_lossy(&request.body))));
        }
        let entries = self.test.legacy.iter().zip(&self.used).enumerate().map(|(at, (entry, used))| {
            let mut reasons = entry.when.differences(method, target, &request.headers, &request.body);
            if entry.answer.times.is_some_and(|times| *used >= times) {
                reasons.push(format!("it has answered its {used} calls"));
            }
            // Calls to another path are other calls.
            let path = Match { path: entry.when.path.clone(), ..Match::default() };
            (!path.matches(method, target), at, reasons)
        });
        if let Some((_, at, reasons)) = entries.min_by_key(|(elsewhere, _, reasons)| (*elsewhere, reasons.len())) {
            words.push_str(&format!("\n  nearest is entry {}: {}", at.saturating_add(1), reasons.join("; ")));
        }
        words
    }

    fn unused(&self) -> Vec<String> {
        let entries = self.test.legacy.iter().zip(&self.used).enumerate();
        entries
            .filter(|(_, (_, used))| **used == 0)
            .map(|(index, (entry, _))| {
                let path = entry.when.path.as_deref().unwrap_or("any path");
                format!("entry {} of `legacy` ({path}) was not used", index.saturating_add(1))
            })
            .collect()
    }

    fn complaints(&self) -> Vec<String> {
        let mut all = self.unmatched.clone();
        all.extend(self.unused());
        all
    }
}

/// What came back of a call, in words.
pub(crate) fn said(result: &CallResult) -> String {
    match result {
        CallResult::Answer { status, body, .. } => format!("answered: {status}, {} bytes", body.len()),
        CallResult::Unreachable => "not sent: unreachable".to_owned(),
        CallResult::Reset => "no answer: the connection broke off".to_owned(),
        CallResult::Protocol => "the answer breaks HTTP, and the host refused it".to_owned(),
        CallResult::TimedOut => "no answer in time".to_owned(),
        CallResult::Overflow => "not sent: the host has too many calls in flight".to_owned(),
        CallResult::Truncated => "the answer was cut short".to_owned(),
        CallResult::TooLarge => "the answer is larger than `legacy_body` allows".to_owned(),
        CallResult::NoCluster => "not sent: the host knows no such cluster".to_owned(),
    }
}

/// What a shell would report of an answer.
fn result(answer: &Answer, body: &[u8], request: &CallRequest) -> CallResult {
    let mut body = body.to_vec();
    let mut status = answer.status.unwrap_or(200);
    let mut media = testfile::media_type(&body);
    match answer.fault {
        Some(Fault::Reset) => return CallResult::Reset,
        Some(Fault::Garbage) => return CallResult::Protocol,
        Some(Fault::Hang) => return CallResult::TimedOut,
        Some(Fault::ResetMidBody | Fault::Truncate) => return CallResult::Truncated,
        Some(Fault::Huge(bytes)) => {
            if bytes > request.body_limit {
                return CallResult::TooLarge;
            }
            let zeros = bytes.saturating_sub(3).checked_div(2).unwrap_or(0);
            body = format!("[{}0]", "0,".repeat(zeros)).into_bytes();
        }
        Some(Fault::Html) => {
            body = b"<!DOCTYPE html><html><body>Accesso</body></html>".to_vec();
            media = "text/html";
        }
        Some(Fault::WrongContentType) => media = "text/plain",
        Some(Fault::ErrorIn200) => {
            status = 200;
            let error = serde_json::json!({
                "statusCode": 200, "retCode": -1, "retErrMsg": "Parametri non corretti",
                "errDetails": [{ "errorType": "stackTrace", "value": "SocketTimeoutException" }],
            });
            body = error.to_string().into_bytes();
        }
        Some(fault @ (Fault::SoapFault | Fault::CutDocument | Fault::WrongCharset)) => {
            let spoken =
                request.headers.iter().find(|(name, _)| name == "content-type").map_or("", |(_, v)| v.as_str());
            body = fault.body(&body, spoken).unwrap_or(body);
            media = testfile::media_type(&body);
            if fault == Fault::SoapFault {
                status = answer.status.unwrap_or(500);
            }
        }
        // The last three were refused when the test was read.
        Some(Fault::Trickle | Fault::SoapCode(_) | Fault::SessionLost | Fault::XmlBomb(_)) | None => {}
    }
    if body.len() > request.body_limit {
        return CallResult::TooLarge;
    }
    let mut headers: Vec<(String, String)> = answer
        .headers
        .iter()
        .flat_map(|(name, lines)| lines.each().iter().map(|line| (name.to_ascii_lowercase(), line.clone())))
        .collect();
    if !headers.iter().any(|(name, _)| name == "content-type") {
        headers.push(("content-type".to_owned(), media.to_owned()));
    }
    CallResult::Answer { status, headers, body }
}
