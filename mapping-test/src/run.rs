//! One test: the engine, with a test file's answers in place of the systems.

use std::collections::BTreeMap;

use adapter_core::explain::Event;
use adapter_core::{
    CallId, CallRequest, CallResult, Clock, CursorKeys, Engine, Event as Happened, Head, Plan, Resources, Response,
    Trust, counter::Counter,
};
use mapping_compiler::Folder;
use mapping_compiler::testfile::{self, Answer, Fault, Legacy, Match, Step, Story, TestFile};
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
    /// The request's body.
    pub asked: Vec<u8>,
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

/// What cursors are sealed with in tests of mappings, and changes known by.
pub(crate) const KEY: &str = "8f3c1a97d204be5560e7f1983c4a2bd96e10754cfa82b3d7195e0c66a1f84d2b";

/// The same, as an engine takes it.
pub(crate) fn cursor_keys() -> CursorKeys {
    CursorKeys { seals: Some(KEY.to_owned()), opens: None }
}

/// Runs a test against a bundle.
///
/// # Errors
/// If the test itself makes no sense: a file that is not there, a clock that is none.
pub fn run(plan: Plan, names: (&[String], Vec<String>), test: &TestFile, folder: Folder<'_>) -> Result<Ran, String> {
    let mut stage = Stage::new(plan, names, Systems::new(test, folder)?, test)?;
    if test.probed {
        stage.clock.tick_ms = probe(&mut stage.engine, stage.clock, &mut stage.systems);
    }
    let mut ran = stage.exchange(test, folder)?;
    ran.complaints.extend(stage.systems.end());
    Ok(ran)
}

/// Plays a story against a bundle, step by step, as far as `judge` lets it go on: it is given each step with what came
/// of it. Gives back what the story's own entries complain of in the end; nothing where it did not come to that.
///
/// # Errors
/// If the story makes no sense, and what `judge` says; with the number of the step, from 1.
pub fn play(
    plan: Plan,
    names: (&[String], Vec<String>),
    story: &Story,
    folder: Folder<'_>,
    mut judge: impl FnMut(&Step, Ran) -> Result<(), String>,
) -> Result<Vec<String>, (usize, String)> {
    let mut kept = BTreeMap::new();
    let mut stage: Option<Stage> = None;
    let mut plan = Some(plan);
    for at in 0..story.len() {
        let number = at.saturating_add(1);
        let wrong = |words: String| (number, words);
        let step = story.step(at, &kept).ok_or_else(|| wrong("there is no such step".to_owned()))?.map_err(wrong)?;
        let test = story.test(&step);
        let stage = match (&mut stage, plan.take()) {
            (Some(stage), _) => stage,
            (none, Some(plan)) => {
                let systems = Systems::of_story(story, folder).map_err(wrong)?;
                none.insert(Stage::new(plan, (names.0, names.1.clone()), systems, &test).map_err(wrong)?)
            }
            (None, None) => return Err(wrong("there is no engine".to_owned())),
        };
        stage.wait(step.wait_ms);
        stage.systems.begin(&test.legacy, folder).map_err(wrong)?;
        let ran = stage.exchange(&test, folder).map_err(wrong)?;
        let body = ran.response.body.clone();
        judge(&step, ran).map_err(wrong)?;
        step.keep(&body, &mut kept).map_err(wrong)?;
    }
    Ok(stage.map(|mut stage| stage.systems.end()).unwrap_or_default())
}

/// An engine, the systems it calls, and the time.
struct Stage {
    engine: Engine,
    names: (Vec<String>, Vec<String>),
    deadline: u64,
    systems: Systems,
    clock: Clock,
}

impl Stage {
    fn new(plan: Plan, names: (&[String], Vec<String>), systems: Systems, test: &TestFile) -> Result<Self, String> {
        let now_ms = test.now_ms().ok_or_else(|| format!("`now` is not a time: {}", test.now))?;
        let trust = match test.trust {
            testfile::Trust::None => Trust::Unset,
            testfile::Trust::Development => Trust::Development,
        };
        let deadline = plan.limits().time(true);
        // No test needs a real secret, and none may stand in a test file.
        let resources = Resources {
            secret: &|name| Some(secret(name)),
            cursor_keys: cursor_keys(),
            reference_key: Some(KEY.to_owned()),
            ..Resources::default()
        };
        let engine = Engine::new(plan, trust, resources).map_err(|e| e.to_string())?;
        let names = (names.0.to_vec(), names.1);
        Ok(Self { engine, names, deadline, systems, clock: Clock { now_ms, tick_ms: 0 } })
    }

    /// Lets time pass, on both clocks.
    fn wait(&mut self, ms: u64) {
        self.clock.tick_ms = self.clock.tick_ms.saturating_add(ms);
        self.clock.now_ms = self.clock.now_ms.saturating_add(i64::try_from(ms).unwrap_or(i64::MAX));
    }

    /// Sends a test's request and waits for its answer.
    fn exchange(&mut self, test: &TestFile, folder: Folder<'_>) -> Result<Ran, String> {
        let explanation = self.engine.explain(self.names.0.clone(), self.names.1.clone());
        let (head, body) = request(test, folder)?;
        let asked = body.clone();
        let systems = &mut self.systems;
        let before = systems.calls;
        let (response, _) = ask(&mut self.engine, (self.clock, self.deadline), (head, body), |call, request| {
            systems.take(call, &request)
        })?;
        let complaints = systems.end_of_step();
        let exchanged = std::mem::take(&mut systems.exchanged);
        let calls = systems.calls.saturating_sub(before);
        Ok(Ran { response, calls, complaints, events: explanation.events(), exchanged, asked })
    }
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
fn probe(engine: &mut Engine, clock: Clock, systems: &mut Systems) -> u64 {
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

/// An entry, and what became of it.
struct Entry {
    /// How people find it.
    name: String,
    legacy: Legacy,
    /// Its body, made beforehand.
    body: Vec<u8>,
    /// How often it answered.
    used: u32,
}

/// The systems of a test: its entries, and what became of them.
pub struct Systems {
    /// Entries of the step, which come first.
    own: Vec<Entry>,
    /// Entries of the whole story.
    common: Vec<Entry>,
    calls: u64,
    unmatched: Vec<String>,
    exchanged: Vec<Exchanged>,
}

impl Systems {
    /// Those of a test; files of answers are relative to the folder.
    ///
    /// # Errors
    /// If an answer cannot be made in memory.
    pub fn new(test: &TestFile, folder: Folder<'_>) -> Result<Self, String> {
        let mut systems = Self::with(Vec::new());
        systems.begin(&test.legacy, folder)?;
        Ok(systems)
    }

    fn of_story(story: &Story, folder: Folder<'_>) -> Result<Self, String> {
        Ok(Self::with(entries(&story.legacy, "the story's `legacy`", folder)?))
    }

    fn with(common: Vec<Entry>) -> Self {
        Self { own: Vec::new(), common, calls: 0, unmatched: Vec::new(), exchanged: Vec::new() }
    }

    /// A step begins, with entries of its own.
    fn begin(&mut self, own: &[Legacy], folder: Folder<'_>) -> Result<(), String> {
        self.own = entries(own, "`legacy`", folder)?;
        Ok(())
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
        let found = self.own.iter_mut().chain(&mut self.common).find(|Entry { legacy, used, .. }| {
            legacy.answer.times.is_none_or(|times| *used < times)
                && legacy.when.matches(request.method, &request.path)
                && legacy.when.matches_headers(&request.headers)
                && legacy.when.matches_body(&request.body)
        });
        match found {
            Some(entry) => {
                entry.used = entry.used.saturating_add(1);
                result(&entry.legacy.answer, &entry.body, request)
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
        let entries = self.own.iter().chain(&self.common).map(|Entry { name, legacy, used, .. }| {
            let mut reasons = legacy.when.differences(method, target, &request.headers, &request.body);
            if legacy.answer.times.is_some_and(|times| *used >= times) {
                reasons.push(format!("it has answered its {used} calls"));
            }
            // Calls to another path are other calls.
            let path = Match { path: legacy.when.path.clone(), ..Match::default() };
            (!path.matches(method, target), name, reasons)
        });
        if let Some((_, name, reasons)) = entries.min_by_key(|(elsewhere, _, reasons)| (*elsewhere, reasons.len())) {
            let short = name.strip_suffix(" of `legacy`").unwrap_or(name);
            words.push_str(&format!("\n  nearest is {short}: {}", reasons.join("; ")));
        }
        words
    }

    /// What is wrong when a test or a step has its answer: calls that no entry matches, entries that were not used.
    fn end_of_step(&mut self) -> Vec<String> {
        let mut all = std::mem::take(&mut self.unmatched);
        all.extend(self.own.iter().filter_map(Entry::complaint));
        all
    }

    /// What is wrong with the entries of a whole story.
    fn end(&mut self) -> Vec<String> {
        self.common.iter().filter_map(Entry::complaint).collect()
    }
}

impl Entry {
    fn complaint(&self) -> Option<String> {
        let Self { name, used, .. } = self;
        let path = self.legacy.when.path.as_deref().unwrap_or("any path");
        match self.legacy.uses {
            None if *used == 0 => Some(format!("{name} ({path}) was not used")),
            Some(wanted) if *used != wanted => {
                Some(format!("{name} ({path}) answered {used} calls instead of {wanted}"))
            }
            _ => None,
        }
    }
}

/// Entries with their bodies; `list` is where they stand.
fn entries(list: &[Legacy], place: &str, folder: Folder<'_>) -> Result<Vec<Entry>, String> {
    let entry = |(at, legacy): (usize, &Legacy)| {
        if legacy.answer.fault.is_some_and(Fault::needs_simulator) {
            return Err(
                "this fault needs a system that speaks for itself: write the answer's `body` or `file`".to_owned()
            );
        }
        let body = match (&legacy.answer.body, &legacy.answer.file) {
            (Some(_), Some(_)) => return Err("an answer has a `body` or a `file`, not both".to_owned()),
            (Some(Value::String(text)), None) => text.clone().into_bytes(),
            (Some(tree), None) => tree.to_string().into_bytes(),
            (None, Some(file)) => folder.read(file)?,
            (None, None) => Vec::new(),
        };
        let name = format!("entry {} of {place}", at.saturating_add(1));
        Ok(Entry { name, legacy: legacy.clone(), body, used: 0 })
    };
    list.iter().enumerate().map(entry).collect()
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
