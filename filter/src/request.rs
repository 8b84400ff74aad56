//! One request: head, body, exchange, answer. The root context finds it too, as it acts for requests whose calls wait.

use std::rc::Rc;
use std::time::{Duration, Instant};

use adapter_core::counter::{Counter, Target, outcome};
use adapter_core::problem::{Code, Problem, is_request_id};
use adapter_core::{
    Action as Todo, Admission, CallId, CallRequest, CallResult, Event, ExchangeId, Note, Response, SortedMap, Verdict,
};
use shell::Dispatched;

use crate::calls::Flight;
use crate::identity::HostProofs;
use crate::loaded::Loaded;
use crate::{calls, head, host};

/// Name under which the access log finds the operation's id, `status` or `none`.
const OPERATION: &str = "ifs_operation";

/// Name under which the access log finds `ok` or the problem's code.
const OUTCOME: &str = "ifs_outcome";

/// Name under which the access log finds what a change is known by.
const REFERENCE: &str = "ifs_ref";

/// Name under which the access log finds what became of a change: `sent` while nobody knows.
const CHANGE: &str = "ifs_change";

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

/// One request.
#[derive(Debug)]
pub struct Request {
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

impl Request {
    /// A request under the engine that is configured now, if one is.
    pub fn new(id: ExchangeId, loaded: Option<Rc<Loaded>>) -> Self {
        Self {
            id,
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
        self.spent(now);
        handled
    }

    /// The engine has worked for it since then.
    pub fn spent(&mut self, since: Instant) {
        let done = Instant::now();
        self.mapping = self.mapping.saturating_add(done.saturating_duration_since(since));
        self.done = Some(done);
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

    /// What is noted of a change. It is the effective context.
    pub fn note(&self, note: &Note) {
        host::note(REFERENCE, &note.reference);
        host::note(CHANGE, note.change);
    }

    /// It is answered by what the root context has brought about. It is the effective context.
    pub fn answer(&mut self, loaded: &Loaded, (target, problem): (Target, Option<Code>), response: Response) {
        let mut counts = Counts::default();
        self.answered(target, problem, &mut counts);
        loaded.count_all(&counts.0);
        self.reply(response);
    }

    /// The head: refused, or held until the body is here.
    pub fn admit(&mut self, end_of_stream: bool) {
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
    pub fn body(&mut self, size: usize, end_of_stream: bool) {
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
        if loaded.is_call_waiting() {
            loaded.pace(true, false);
        }
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
    request: &'t mut Request,
    loaded: &'t Loaded,
    /// When the event came, until the engine was given it.
    given: Option<Instant>,
    /// The same.
    now: Instant,
    counts: Counts,
}

impl<'t> RequestHost<'t> {
    fn new(request: &'t mut Request, loaded: &'t Loaded, now: Instant) -> Self {
        Self { request, loaded, given: Some(now), now, counts: Counts::default() }
    }
}

impl shell::Host for RequestHost<'_> {
    fn handle(&mut self, event: Event) -> Vec<Todo> {
        let now = self.given.take().unwrap_or_else(Instant::now);
        match self.request.engine(self.loaded, now, event) {
            Some(todo) => todo,
            None => {
                self.request.fail("the engine is in use");
                Vec::new()
            }
        }
    }

    fn dispatch(&mut self, call: CallId, request: CallRequest) -> Dispatched {
        match calls::send(call, &request, self.loaded.tick_ms(self.now)) {
            Ok((token, flight)) => {
                self.request.calls.insert(token, flight);
                Dispatched::Sent
            }
            Err(CallResult::Overflow) => Dispatched::NoRoom(request),
            Err(result) => Dispatched::Ended(result),
        }
    }

    fn reply(&mut self, _: ExchangeId, response: Response) {
        self.request.reply(response);
    }

    fn note(&mut self, _: ExchangeId, note: Note) {
        self.request.note(&note);
    }

    fn count(&mut self, counter: Counter, by: u64) {
        self.counts.add(counter, by);
        if let Counter::Answers { target, problem, .. } = counter {
            self.request.answered(target, problem, &mut self.counts);
        }
    }

    /// Another request's context would have to be made effective for it.
    fn astray(&mut self, _: &Todo) {
        host::error("an action for another request was dropped");
    }
}

impl Request {
    /// A call that it made has ended.
    pub fn ended(&mut self, token: u32, headers: usize, body: usize) {
        let (Some(loaded), Some(flight)) = (self.loaded.clone(), self.calls.remove(&token)) else { return };
        let result = calls::receive(flight, headers, body, || loaded.tick_ms(Instant::now()));
        #[cfg(feature = "poison-test")]
        crate::poison::answer(&result);
        self.drive(&loaded, Instant::now(), Event::Ended { call: flight.call, result });
    }

    /// It is over, answered or left by the consumer. Its calls go on, but nobody hears of those that it made itself.
    pub fn over(&mut self) {
        if let (Stage::Exchange, Some(loaded)) = (&self.stage, self.loaded.clone()) {
            self.stage = Stage::Over;
            let now = Instant::now();
            let time = loaded.at(now);
            if let Some(todo) = loaded.engine(|engine| engine.handle(Event::Abandoned(self.id), &time)) {
                self.carry_out(&loaded, now, todo);
            }
        }
        let Some(loaded) = &self.loaded else { return };
        // The host gives what these still bring to nobody.
        if let left @ 1.. = self.calls.len() {
            loaded.count(Counter::LateAnswers, u64::try_from(left).unwrap_or(u64::MAX));
        }
        loaded.forget(self.id);
    }

    /// Whether its body is still to come.
    pub fn awaits_body(&self) -> bool {
        matches!(self.stage, Stage::Body { .. })
    }

    /// There are no more bytes of the body than have been seen.
    pub fn trailers(&mut self) {
        if let Stage::Body { seen, .. } = &self.stage {
            let seen = *seen;
            self.body(seen, true);
        }
    }
}
