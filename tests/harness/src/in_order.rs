//! Calls in flight whose ends are handed over in the order in which the calls were asked for, so that what an engine does is
//! the same each time; Envoy hands them over as they come.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use adapter_core::{CallId, CallRequest, CallResult};

use crate::http::{Failure, Request};
use crate::systems::Systems;

/// No exchange of a scenario takes longer: what does, hangs.
const HANG: Duration = Duration::from_secs(30);

/// How often time passes while calls wait.
const PAUSE: Duration = Duration::from_millis(2);

/// The calls of an exchange, or of a turn of the steward's.
pub struct InOrder {
    systems: Arc<Systems>,
    started: Instant,
    sender: Sender<(CallId, CallResult)>,
    ended: Receiver<(CallId, CallResult)>,
    /// Calls in flight, in the order in which they were asked for.
    open: VecDeque<CallId>,
    /// What came back before its turn.
    early: BTreeMap<CallId, CallResult>,
}

impl InOrder {
    /// None yet, to these systems.
    #[must_use]
    pub fn new(systems: Arc<Systems>) -> Self {
        let (sender, ended) = channel();
        let (open, early, started) = (VecDeque::new(), BTreeMap::new(), Instant::now());
        Self { systems, started, sender, ended, open, early }
    }

    /// Whether none is in flight.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Sends one; how it ended at once, if it did.
    pub fn send(&mut self, call: CallId, request: CallRequest) -> Option<CallResult> {
        if !self.systems.knows(&request.cluster) {
            return Some(CallResult::NoCluster);
        }
        self.open.push_back(call);
        let (systems, sender) = (Arc::clone(&self.systems), self.sender.clone());
        std::thread::spawn(move || {
            // The exchange may be over; then nobody wants the result.
            let _ = sender.send((call, make(&systems, request)));
        });
        None
    }

    /// How the oldest call ended; none if time has passed instead, while others wait for their turn.
    ///
    /// # Errors
    /// If none ends.
    pub fn next(&mut self, waiting: bool) -> Result<Option<(CallId, CallResult)>, String> {
        let first = self.open.front().copied();
        loop {
            if let Some((first, result)) = first.and_then(|first| Some((first, self.early.remove(&first)?))) {
                self.open.pop_front();
                return Ok(Some((first, result)));
            }
            let left = HANG.saturating_sub(self.started.elapsed());
            match self.ended.recv_timeout(if waiting { left.min(PAUSE) } else { left }) {
                Ok((call, result)) => drop(self.early.insert(call, result)),
                Err(RecvTimeoutError::Timeout) if waiting && !left.is_zero() => return Ok(None),
                Err(_) => return Err("no call ends, and no reply is given: the request hangs".to_owned()),
            }
        }
    }
}

/// Makes a call and says how it ended, in the words of the filter's call adapter.
pub fn make(systems: &Systems, call: CallRequest) -> CallResult {
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
        Err(Failure::Unreachable) => CallResult::Unreachable,
        Err(Failure::Reset) => CallResult::Reset,
        Err(Failure::Garbage) => CallResult::Protocol,
        Err(Failure::TimedOut | Failure::LateBody) => CallResult::TimedOut,
        // More than a gateway buffers comes without headers, as a cut answer does.
        Err(Failure::Truncated | Failure::TooLarge) => CallResult::Truncated,
    }
}
