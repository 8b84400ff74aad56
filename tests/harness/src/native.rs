//! The native layer: the engine as a library, its calls made over real sockets.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use adapter_core::{
    Action, CallId, CallRequest, CallResult, Caller, Clock, Engine, ExchangeId, Head, Host, Plan, Response, Trust,
};

use crate::http::{Answer, Failure, Request};
use crate::proofs::Proofs;
use crate::record::trace::{self, Kept};
use crate::systems::{self, Systems};

/// No exchange of a scenario takes longer: what does, hangs.
const HANG: Duration = Duration::from_secs(30);

/// An engine with the systems it calls.
pub struct Native {
    engine: Engine,
    systems: Arc<Systems>,
    now_ms: i64,
    proofs: Proofs,
    /// In place of what the proofs say.
    caller: Caller,
    /// For the record.
    kept: Kept,
    /// Origin of the engine's ticks: what it shares among requests is dated by them.
    origin: Instant,
    next: u32,
}

impl Native {
    /// Loads a bundle.
    ///
    /// # Errors
    /// If the bundle does not fit.
    pub fn new(bundle: &[u8], trust: Trust, now_ms: i64, systems: Arc<Systems>) -> Result<Self, String> {
        let plan = Plan::load(bundle).map_err(|e| e.to_string())?;
        let host = Host { secret: &systems::secret, ..Host::default() };
        let engine = Engine::new(plan, trust, host).map_err(|e| e.to_string())?;
        let (proofs, caller) = (Proofs::default(), Caller::Nobody);
        let (kept, origin) = (Kept::default(), Instant::now());
        Ok(Self { engine, systems, now_ms, proofs, caller, kept, origin, next: 0 })
    }

    /// What the gateway proves of the senders of further requests; in development, who they are.
    pub fn prove(&mut self, proofs: &Proofs, caller: Caller) {
        (self.proofs, self.caller) = (proofs.clone(), caller);
    }

    /// What is kept for the record.
    #[must_use]
    pub fn kept(&self) -> &Kept {
        &self.kept
    }

    /// Sends one request through the engine and waits for the reply. Answers to calls are handed over in the order in
    /// which the calls were asked for, so that what the engine does is the same each time; Envoy hands them over as they
    /// come.
    ///
    /// # Errors
    /// If the engine gives no reply.
    pub fn exchange(&mut self, request: &Request) -> Result<Answer, String> {
        let mut headers: Vec<(String, String)> =
            request.headers.iter().map(|(n, v)| (n.to_ascii_lowercase(), v.clone())).collect();
        headers.extend(request.content_length().map(|length| ("content-length".to_owned(), length.to_string())));
        let instance = headers.iter().find(|(n, _)| n == "x-request-id").map(|(_, v)| v.clone()).unwrap_or_default();
        let caller = match &self.caller {
            Caller::Nobody => self.engine.trust().identify(&headers, &self.proofs),
            known => known.clone(),
        };
        let (method, path) = (request.method.clone(), request.target.clone());
        let head = Head { method, path, headers, instance, loopback: true, caller };
        self.next += 1;
        self.run(ExchangeId(self.next), head, request.body.clone())
    }

    fn run(&mut self, id: ExchangeId, head: Head, body: Vec<u8>) -> Result<Answer, String> {
        let started = Instant::now();
        let origin = self.origin;
        let tick = || u64::try_from(origin.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (sender, ended) = channel::<(CallId, CallResult)>();
        let clock = Clock { now_ms: self.now_ms, tick_ms: tick() };
        let mut actions = VecDeque::from(self.engine.accept(id, head, body, clock));
        let (mut open, mut early, mut reply) = (VecDeque::new(), BTreeMap::new(), None);
        self.kept.calls.clear();
        self.kept.most_open = 0;
        loop {
            while let Some(action) = actions.pop_front() {
                match action {
                    Action::Call { call, request, .. } => {
                        self.kept.calls.push(trace::asked(&request, self.engine.plan()));
                        if !self.systems.knows(&request.cluster) {
                            actions.extend(self.engine.on_response(call, CallResult::NoCluster, tick()));
                            continue;
                        }
                        open.push_back(call);
                        self.kept.most_open = self.kept.most_open.max(open.len());
                        let (systems, sender) = (Arc::clone(&self.systems), sender.clone());
                        std::thread::spawn(move || {
                            // The exchange may be over; then nobody wants the result.
                            let _ = sender.send((call, make(&systems, request)));
                        });
                    }
                    Action::Reply { id: whose, response } if whose == id => {
                        self.kept.left_open = open.len();
                        reply = Some(answer(response));
                    }
                    Action::Reply { .. } => return Err("a reply to a request that nobody sent".to_owned()),
                    Action::Count { counter, by } => {
                        *self.kept.counted.entry(counter.name(self.engine.plan())).or_default() += by;
                    }
                }
            }
            if let Some(reply) = reply {
                return Ok(reply);
            }
            let first = open.pop_front().ok_or("no call is in flight and no reply was given")?;
            let result = loop {
                if let Some(result) = early.remove(&first) {
                    break result;
                }
                let (call, result) = ended
                    .recv_timeout(HANG.saturating_sub(started.elapsed()))
                    .map_err(|_| "a call does not end: the request hangs".to_owned())?;
                early.insert(call, result);
            };
            actions.extend(self.engine.on_response(first, result, tick()));
        }
    }
}

/// Makes a call and says how it ended, in the words of the filter's call adapter.
fn make(systems: &Systems, call: CallRequest) -> CallResult {
    let request = Request {
        method: call.method.to_owned(),
        target: call.path,
        authority: call.authority,
        headers: call.headers,
        body: call.body,
    };
    match systems.call(&call.cluster, request, Duration::from_millis(call.timeout_ms.max(1))) {
        Ok(answer) if answer.body.len() > call.body_limit => CallResult::TooLarge,
        Ok(answer) => CallResult::Answer { status: answer.status, headers: answer.headers, body: answer.body },
        Err(Failure::Unreachable | Failure::Garbage) => CallResult::Unreachable,
        Err(Failure::TimedOut | Failure::LateBody) => CallResult::TimedOut,
        // More than a gateway buffers comes without headers, as a cut answer does.
        Err(Failure::Truncated | Failure::TooLarge) => CallResult::Truncated,
    }
}

fn answer(response: Response) -> Answer {
    let headers = response.headers.into_iter().map(|(n, v)| (n.to_owned(), v)).collect();
    Answer { status: response.status, headers, body: response.body }
}
