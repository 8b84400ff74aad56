//! What the host knows while a guest runs.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use time::OffsetDateTime;

use super::memory::Pairs;
use crate::http::{Answer, Failure, Request};
use crate::logs::Sink;
use crate::proofs::Proofs;
use crate::systems::Systems;

/// The root context.
pub const ROOT: u32 = 1;

/// Status codes of the ABI.
pub mod status {
    /// Done.
    pub const OK: u32 = 0;
    /// There is no such thing.
    pub const NOT_FOUND: u32 = 1;
    /// An argument does not fit.
    pub const BAD_ARGUMENT: u32 = 2;
    /// The value cannot be handed over.
    pub const SERIALIZATION_FAILURE: u32 = 3;
    /// Compare-and-set lost.
    pub const CAS_MISMATCH: u32 = 8;
    /// The host would not.
    pub const INTERNAL_FAILURE: u32 = 10;
}

/// One request in the VM.
#[derive(Debug, Default)]
pub struct Stream {
    /// Request headers with pseudo-headers.
    pub headers: Pairs,
    /// The body as buffered so far.
    pub body: Vec<u8>,
    /// The filter's local reply.
    pub reply: Option<Answer>,
}

/// An answer to a call as Envoy hands it over.
#[derive(Debug, Default)]
pub struct CallAnswer {
    /// Headers with `:status`; empty for a call that failed without any.
    pub headers: Pairs,
    /// Body.
    pub body: Vec<u8>,
}

/// A call that has ended.
#[derive(Debug)]
pub struct Ended {
    /// Its token.
    pub token: u32,
    /// How it ended.
    pub answer: CallAnswer,
}

/// A metric.
#[derive(Debug)]
pub struct Metric {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: u64,
}

/// Shared data with compare-and-set numbers.
pub type Shared = Arc<Mutex<BTreeMap<String, (Vec<u8>, u32)>>>;

/// State of one VM.
pub struct State {
    /// Plugin configuration.
    pub configuration: Vec<u8>,
    /// Where the guest's log lines go.
    pub log: Arc<Sink>,
    /// Systems behind.
    pub systems: Arc<Systems>,
    /// Requests by context id.
    pub streams: BTreeMap<u32, Stream>,
    /// Context on whose behalf host functions act.
    pub effective: u32,
    /// The answer being handed over.
    pub answer: Option<CallAnswer>,
    /// Most calls in flight (the breaker); more fail at once.
    pub breaker: usize,
    /// Calls dispatched and not yet handed over, by token: the context each belongs to, and its answer if it has ended.
    pub in_flight: BTreeMap<u32, (u32, Option<CallAnswer>)>,
    /// Metrics; the id is the place.
    pub metrics: Vec<Metric>,
    /// Shared data, of all VMs of one process.
    pub shared: Shared,
    /// Which of these VMs it is, from 1.
    pub number: u8,
    /// What the gateway proves of requests' senders.
    pub proofs: Proofs,
    /// The wall clock, if it stands still.
    pub now: Option<OffsetDateTime>,
    /// How often the root context's timer rings, if it does.
    pub tick: Option<Duration>,
    /// Variables of the environment.
    pub environment: Vec<(String, String)>,
    next_token: u32,
    sender: Sender<Ended>,
    /// Calls that have ended.
    pub ended: Receiver<Ended>,
    /// Origin of the monotonic clock.
    pub origin: Instant,
}

impl State {
    /// State before the VM has started.
    #[must_use]
    pub fn new(configuration: Vec<u8>, systems: Arc<Systems>, log: Arc<Sink>) -> Self {
        let (sender, ended) = channel();
        Self {
            configuration,
            log,
            systems,
            streams: BTreeMap::new(),
            effective: 0,
            answer: None,
            breaker: usize::MAX,
            in_flight: BTreeMap::new(),
            metrics: Vec::new(),
            shared: Shared::default(),
            number: 1,
            proofs: Proofs::default(),
            now: None,
            tick: None,
            environment: Vec::new(),
            next_token: 0,
            sender,
            ended,
            origin: Instant::now(),
        }
    }

    /// Dispatches a call as Envoy does: a cluster it does not know and a full breaker fail at once, anything else ends
    /// with a callback.
    ///
    /// # Errors
    /// The ABI's status code of a call that is not sent.
    pub fn dispatch(
        &mut self,
        cluster: String,
        headers: &[(String, String)],
        body: Vec<u8>,
        timeout_ms: u32,
    ) -> Result<u32, u32> {
        let find = |wanted: &str| headers.iter().find(|(n, _)| n == wanted).map(|(_, v)| v.clone());
        let (Some(method), Some(target), Some(authority)) = (find(":method"), find(":path"), find(":authority")) else {
            return Err(status::BAD_ARGUMENT);
        };
        if !self.systems.knows(&cluster) {
            return Err(status::BAD_ARGUMENT);
        }
        if self.in_flight.len() >= self.breaker {
            return Err(status::INTERNAL_FAILURE);
        }
        self.next_token += 1;
        let (token, context) = (self.next_token, self.effective);
        let headers = headers.iter().filter(|(n, _)| !n.starts_with(':')).cloned().collect();
        let request = Request { method, target, authority, headers, body };
        // Envoy takes 0 for "no timeout"; nothing of ours may wait longer than a test does.
        let timeout =
            if timeout_ms == 0 { Duration::from_secs(60) } else { Duration::from_millis(u64::from(timeout_ms)) };
        let (systems, sender) = (Arc::clone(&self.systems), self.sender.clone());
        self.in_flight.insert(token, (context, None));
        std::thread::spawn(move || {
            let answer = shape(systems.call(&cluster, request, timeout));
            // The VM may be gone; then nobody wants the answer.
            let _ = sender.send(Ended { token, answer });
        });
        Ok(token)
    }

    /// The first call that is waited for, if it has ended: answers are handed over in the order in which calls were
    /// dispatched, so that what the filter does is the same each time. Those of a request that is over are dropped, as
    /// Envoy does.
    pub fn first_ended(&mut self) -> Option<(u32, u32, CallAnswer)> {
        let streams = &self.streams;
        let waits = |context: u32| context == ROOT || streams.contains_key(&context);
        self.in_flight.retain(|_, (context, answer)| answer.is_none() || waits(*context));
        let (token, (context, answer)) = self.in_flight.iter_mut().find(|(_, (context, _))| waits(*context))?;
        let (token, context, answer) = (*token, *context, answer.take()?);
        self.in_flight.remove(&token);
        Some((token, context, answer))
    }
}

/// What Envoy says where no head came.
fn before_headers(reason: &str) -> String {
    format!("upstream connect error or disconnect/reset before headers. reset reason: {reason}")
}

/// An outcome in the shape in which Envoy reports it: its own local replies lack `x-envoy-upstream-service-time`, and
/// what fails after the head comes without any header.
fn shape(outcome: Result<Answer, Failure>) -> CallAnswer {
    let own = |status: u16, text: &str| CallAnswer {
        headers: vec![
            (":status".to_owned(), status.to_string()),
            ("content-length".to_owned(), text.len().to_string()),
            ("content-type".to_owned(), "text/plain".to_owned()),
        ],
        body: text.as_bytes().to_vec(),
    };
    match outcome {
        Ok(answer) => {
            let mut headers = vec![(":status".to_owned(), answer.status.to_string())];
            headers.extend(answer.headers.into_iter().filter(|(n, _)| n != "connection" && n != "transfer-encoding"));
            headers.push(("x-envoy-upstream-service-time".to_owned(), "1".to_owned()));
            CallAnswer { headers, body: answer.body }
        }
        Err(Failure::Unreachable) => own(503, &before_headers("remote connection failure")),
        Err(Failure::Reset) => own(503, &before_headers("connection termination")),
        Err(Failure::Garbage) => own(502, &before_headers("protocol error")),
        Err(Failure::TimedOut) => own(504, "upstream request timeout"),
        Err(Failure::Truncated | Failure::LateBody | Failure::TooLarge) => CallAnswer::default(),
    }
}
