//! One request: head, body, exchange, answer.

use std::rc::Rc;
use std::time::{Duration, Instant};

use adapter_core::counter::{Counter, Target, outcome};
use adapter_core::problem::{Code, Problem, is_request_id};
use adapter_core::{
    Action as Todo, Admission, CallId, CallRequest, CallResult, Event, ExchangeId, Response, SortedMap, Verdict,
};
use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::Action;

use crate::calls::Flight;
use crate::identity::HostProofs;
use crate::loaded::Loaded;
use crate::{calls, head, host};

/// Name under which the access log finds the operation's id, `status` or `none`.
const OPERATION: &str = "ifs_operation";

/// Name under which the access log finds `ok` or the problem's code.
const OUTCOME: &str = "ifs_outcome";

/// Name under which the access log finds why a caller was refused.
const REASON: &str = "ifs_reason";

/// Where a request stands.
#[derive(Debug)]
enum Stage {
    /// Nothing has been seen of it.
    New,
    /// The head is admitted; `seen` bytes of the body have arrived.
    Body { admission: Admission, seen: usize },
    /// The engine has it.
    Exchange,
    /// It was answered, or the consumer has gone.
    Over,
}

/// The context of one request.
#[derive(Debug)]
pub struct Http {
    id: ExchangeId,
    loaded: Option<Rc<Loaded>>,
    stage: Stage,
    /// Empty, or one that may stand in a log line and in the answer: short and plain, whoever chose it.
    request_id: String,
    /// Calls in flight by the host's token.
    calls: SortedMap<u32, Flight>,
    /// When the last byte of an admitted request had come.
    since: Option<Instant>,
    /// Time spent in the engine.
    mapping: Duration,
    /// When the engine was last done with an event.
    done: Option<Instant>,
    /// What the access log was told of as the operation.
    noted: Option<&'static str>,
}

/// What an event brought to count. Each counter stands here once.
#[derive(Debug, Default)]
struct Counts(Vec<(Counter, u64)>);

impl Counts {
    fn add(&mut self, counter: Counter, by: u64) {
        match self.0.iter_mut().find(|(known, _)| *known == counter) {
            Some((_, sum)) => *sum = sum.saturating_add(by),
            None => self.0.push((counter, by)),
        }
    }
}

impl Http {
    /// A request under the engine that is configured now, if one is.
    pub fn new(context_id: u32, loaded: Option<Rc<Loaded>>) -> Self {
        Self {
            id: ExchangeId(context_id),
            loaded,
            stage: Stage::New,
            request_id: String::new(),
            calls: SortedMap::default(),
            since: None,
            mapping: Duration::ZERO,
            done: None,
            noted: None,
        }
    }

    /// Lets the engine handle an event that it is given at `now`, and takes the time it needs.
    fn engine(&mut self, loaded: &Loaded, now: Instant, event: Event) -> Option<Vec<Todo>> {
        let time = loaded.at(now);
        let handled = loaded.engine(|engine| engine.handle(event, &time));
        let done = Instant::now();
        self.mapping = self.mapping.saturating_add(done.saturating_duration_since(now));
        self.done = Some(done);
        handled
    }

    /// Notes what was asked for, unless that stands in the access log already.
    fn note_operation(&mut self, operation: &'static str) {
        if self.noted.replace(operation) != Some(operation) {
            host::note(OPERATION, operation);
        }
    }

    /// Notes what the answer is for the access log, and counts what time it took.
    fn answered(&mut self, target: Target, problem: Option<Code>, counts: &mut Counts) {
        self.note_operation(target.name());
        host::note(OUTCOME, outcome(problem));
        if let (Some(since), Some(done)) = (self.since.take(), self.done) {
            let waiting = done.saturating_duration_since(since).saturating_sub(self.mapping);
            counts.add(Counter::Mapping(target), u64::try_from(self.mapping.as_micros()).unwrap_or(u64::MAX));
            counts.add(Counter::Waiting(target), u64::try_from(waiting.as_millis()).unwrap_or(u64::MAX));
        }
    }

    /// The head: refused, or held until the body is here.
    fn admit(&mut self, end_of_stream: bool) {
        let Some(loaded) = self.loaded.clone() else { return self.fail("no configuration") };
        let mut head = match host::request_headers() {
            // Where trust is proved, nobody asks where the consumer connected to.
            Ok(headers) => {
                let local = || host::destination().is_some_and(|address| head::loopback(&address));
                head::read(headers, loaded.development() && local())
            }
            Err(status) => return self.fail(&format!("no headers ({status:?})")),
        };
        match loaded.engine(|engine| engine.trust().identify(&head.headers, &HostProofs)) {
            Some(caller) => head.caller = caller,
            None => return self.fail("the engine is in use"),
        }
        if is_request_id(&head.instance) {
            self.request_id.clone_from(&head.instance);
        }
        match loaded.engine(|engine| engine.head(self.id, head, &loaded.later())) {
            None => self.fail("the engine is in use"),
            Some(Verdict::Answered { actions, reason }) => {
                if let Some(reason) = reason {
                    host::note(REASON, reason);
                }
                self.stage = Stage::Exchange;
                self.carry_out(&loaded, Instant::now(), actions);
            }
            // Headers that wait for their body go on, and must meet nothing that takes them away.
            Some(Verdict::Admitted(_)) if !end_of_stream && host::leads_on() => {
                self.fail("the route leads to a cluster; it must be a direct response");
            }
            Some(Verdict::Admitted(admission)) => {
                // Should the host end it, its line in the access log says what it was.
                self.note_operation(admission.target().name());
                self.stage = Stage::Body { admission, seen: 0 };
                if end_of_stream {
                    self.body(0, true);
                }
            }
        }
    }

    /// More of the body; `size` is how much there is by now.
    fn body(&mut self, size: usize, end_of_stream: bool) {
        let Some(loaded) = self.loaded.clone() else { return };
        let Stage::Body { admission, seen } = &mut self.stage else { return };
        *seen = size;
        let over = size > admission.limit();
        if !over && !end_of_stream {
            return;
        }
        let Stage::Body { admission, .. } = std::mem::replace(&mut self.stage, Stage::Exchange) else { return };
        if over {
            return self.drive(&loaded, Instant::now(), Event::TooLarge(admission));
        }
        match host::request_body(size) {
            Ok(body) if body.len() == size => {
                let now = Instant::now();
                self.since = Some(now);
                self.drive(&loaded, now, Event::Request { admission, body });
            }
            Ok(_) => self.fail("the host gave another body than it announced"),
            Err(status) => self.fail(&format!("no body ({status:?})")),
        }
    }

    /// Lets the engine handle an event that came at `now`, and does what comes of it.
    fn drive(&mut self, loaded: &Loaded, now: Instant, event: Event) {
        let mut turn = RequestHost::new(self, loaded, now);
        shell::drive(&mut turn, event);
        loaded.count_all(&turn.counts.0);
    }

    /// Does what the engine asked for at `now`, and what comes of that.
    fn carry_out(&mut self, loaded: &Loaded, now: Instant, actions: Vec<Todo>) {
        let owner = Some(self.id);
        let mut turn = RequestHost::new(self, loaded, now);
        turn.given = None;
        shell::carry_out(&mut turn, owner, actions);
        loaded.count_all(&turn.counts.0);
    }

    /// The one place where a request is answered.
    fn reply(&mut self, response: Response) {
        if matches!(self.stage, Stage::Over) {
            return;
        }
        self.stage = Stage::Over;
        let Response { status, headers, body } = response;
        let mut all: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        if self.loaded.as_ref().is_some_and(|loaded| loaded.development()) {
            all.push(("x-ifs-trust", "development"));
        }
        if !self.request_id.is_empty() {
            all.push(("x-request-id", &self.request_id));
        }
        // A line end in a value would be the host's to write as it stands.
        all.retain(|(_, value)| !value.bytes().any(|b| b < 0x20 || b == 0x7f));
        if let Err(refusal) = host::reply(status, &all, &body) {
            // The host's timers end the request.
            host::error(&format!("request {}: answer {status} not sent ({refusal:?})", self.request_id));
        }
    }

    /// Answers what the shell itself cannot go on with.
    fn fail(&mut self, why: &str) {
        host::error(&format!("request {}: {why}", self.request_id));
        let (target, problem) = (Target::None, Code::MappingGateway);
        host::note(OUTCOME, problem.as_str());
        let answers = self.loaded.as_ref().map(|loaded| loaded.answers()).unwrap_or_default();
        let response = answers.sent(target, Problem::from(problem).response(&self.request_id));
        if let Some(loaded) = &self.loaded {
            loaded.count(Counter::Answers { target, status: response.status, problem: Some(problem) }, 1);
        }
        self.reply(response);
    }
}

/// An event of a request's, and what comes of it.
struct RequestHost<'t> {
    http: &'t mut Http,
    loaded: &'t Loaded,
    /// When the event came, until the engine was given it.
    given: Option<Instant>,
    /// The same.
    now: Instant,
    counts: Counts,
}

impl<'t> RequestHost<'t> {
    fn new(http: &'t mut Http, loaded: &'t Loaded, now: Instant) -> Self {
        Self { http, loaded, given: Some(now), now, counts: Counts::default() }
    }
}

impl shell::Host for RequestHost<'_> {
    fn handle(&mut self, event: Event) -> Vec<Todo> {
        let now = self.given.take().unwrap_or_else(Instant::now);
        match self.http.engine(self.loaded, now, event) {
            Some(todo) => todo,
            None => {
                self.http.fail("the engine is in use");
                Vec::new()
            }
        }
    }

    fn dispatch(&mut self, call: CallId, request: CallRequest) -> Option<CallResult> {
        match calls::send(call, &request, self.loaded.tick_ms(self.now)) {
            Ok((token, flight)) => {
                self.http.calls.insert(token, flight);
                None
            }
            Err(result) => Some(result),
        }
    }

    fn reply(&mut self, _: ExchangeId, response: Response) {
        self.http.reply(response);
    }

    fn count(&mut self, counter: Counter, by: u64) {
        self.counts.add(counter, by);
        if let Counter::Answers { target, problem, .. } = counter {
            self.http.answered(target, problem, &mut self.counts);
        }
    }

    /// Another request's context would have to be made effective for it.
    fn astray(&mut self, _: &Todo) {
        host::error("an action for another request was dropped");
    }
}

impl Context for Http {
    fn on_http_call_response(&mut self, token: u32, headers: usize, body: usize, _trailers: usize) {
        let (Some(loaded), Some(flight)) = (self.loaded.clone(), self.calls.remove(&token)) else { return };
        let result = calls::receive(flight, headers, body, || loaded.tick_ms(Instant::now()));
        #[cfg(feature = "poison-test")]
        crate::poison::answer(&result);
        self.drive(&loaded, Instant::now(), Event::Ended { call: flight.call, result });
    }

    /// The request is over, answered or left by the consumer. Its calls go on, but nobody hears of them.
    fn on_done(&mut self) -> bool {
        if let (Stage::Exchange, Some(loaded)) = (&self.stage, self.loaded.clone()) {
            self.stage = Stage::Over;
            let now = Instant::now();
            let time = loaded.at(now);
            if let Some(todo) = loaded.engine(|engine| engine.handle(Event::Abandoned(self.id), &time)) {
                self.carry_out(&loaded, now, todo);
            }
        }
        // The host gives what these still bring to nobody.
        if let (Some(loaded), left @ 1..) = (&self.loaded, self.calls.len()) {
            loaded.count(Counter::LateAnswers, u64::try_from(left).unwrap_or(u64::MAX));
        }
        true
    }
}

/// The filter answers each request; one that nobody answers is ended by the host's timers.
///
/// A host that is told to pause over the headers holds the body back with them, and there would be nothing to decide
/// on. So the headers of an admitted request go on, as far as the filter behind, which holds them until it has the
/// body; and it never has any of that, as all of the body is paused here. Where there is no such filter the headers meet
/// a route, which must answer by itself.
impl HttpContext for Http {
    fn on_http_request_headers(&mut self, _count: usize, end_of_stream: bool) -> Action {
        #[cfg(feature = "poison-test")]
        crate::poison::request();
        self.admit(end_of_stream);
        if matches!(self.stage, Stage::Body { .. }) { Action::Continue } else { Action::Pause }
    }

    fn on_http_request_body(&mut self, size: usize, end_of_stream: bool) -> Action {
        self.body(size, end_of_stream);
        Action::Pause
    }

    fn on_http_request_trailers(&mut self, _count: usize) -> Action {
        if let Stage::Body { seen, .. } = &self.stage {
            let seen = *seen;
            self.body(seen, true);
        }
        Action::Pause
    }
}
