//! What the runs of one exchange share: calls in flight, answers that several of them want, sessions, the budgets of
//! calls and bytes, the deadline. Answers are kept from the second run on; every phase there is has one.

use std::rc::Rc;

use super::turn::Turn;
use crate::bundle::SortedMap;
use crate::bundle::{CallIndex, SystemIndex};
use crate::legacy::request::Written;
use crate::outbox::Calling;
use crate::plan::Plan;
use crate::problem::{Code, Problem};
use crate::session::Opening;
use crate::trace_context::Headers;
use crate::wire::{CallId, CallResult};

/// What the runs of one exchange share.
#[derive(Debug)]
pub(crate) struct Pool {
    /// Headers of the request's trace, sent with every call.
    propagated: Headers,
    /// When the exchange must be over, on the monotonic clock.
    deadline: u64,
    /// Calls in flight.
    sent: Vec<(CallId, Sent)>,
    /// Sessions with systems.
    sessions: SortedMap<SystemIndex, SystemSession>,
    /// Answers as they came, once there is more than one run that could ask for the same.
    answers: Vec<(Asked, CallResult)>,
    /// Calls sent so far.
    sent_total: u64,
    /// Bytes of answers taken so far.
    bytes_total: u64,
    /// Runs begun so far.
    runs: u32,
}

/// A run of an exchange. An earlier one's failures come before a later one's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RunId(u32);

/// Who waits for an answer: an invocation of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiter {
    /// The run.
    pub run: RunId,
    /// The call.
    pub call: CallIndex,
    /// The invocation's place.
    pub at: usize,
}

/// What a call asks, as written: identical ones are made once.
pub(crate) type Asked = Rc<[u8]>;

/// A call in flight.
#[derive(Debug)]
struct Sent {
    purpose: Purpose,
    /// Its timeout is what was left of the deadline, not the system's.
    cut_by_deadline: bool,
}

/// What a call in flight is for.
#[derive(Debug)]
pub(crate) enum Purpose {
    /// A read, and who wants the answer; the first has sent it.
    Read(Asked, Vec<Waiter>),
    /// A session.
    Login(Opening),
    /// The change that is asked for. It is not sent later than this.
    Change(CallIndex, u64),
}

/// The session with one system as an exchange has it.
#[derive(Debug, Default)]
pub(crate) struct SystemSession {
    /// How far it is.
    pub stage: Stage,
    /// How many sessions with this system the exchange has had.
    pub number: u32,
    /// The last one that the system called expired.
    pub ended: Option<String>,
    /// It is not one that others use: a change is made in one of its own.
    pub own: bool,
}

/// How far the session with a system is.
#[derive(Debug, Default)]
pub(crate) enum Stage {
    /// None is at hand.
    #[default]
    None,
    /// A call for one is in flight.
    Opening,
    /// This one is used.
    Open(String),
    /// There is none to be had.
    Failed(Problem),
}

impl Pool {
    /// Nothing shared yet.
    pub fn new(propagated: Headers, deadline: u64) -> Self {
        Self {
            propagated,
            deadline,
            sent: Vec::new(),
            sessions: SortedMap::default(),
            answers: Vec::new(),
            sent_total: 0,
            bytes_total: 0,
            runs: 0,
        }
    }

    /// When the exchange must be over, on the monotonic clock.
    pub fn deadline(&self) -> u64 {
        self.deadline
    }

    /// Whether the deadline has not passed.
    ///
    /// # Errors
    /// [`Code::LimitDeadline`].
    pub fn in_time(&self, turn: &Turn<'_>) -> Result<(), Problem> {
        if turn.tick_ms >= self.deadline { Err(Code::LimitDeadline.into()) } else { Ok(()) }
    }

    /// Calls sent so far.
    pub fn sent(&self) -> u64 {
        self.sent_total
    }

    /// Names a run that begins.
    pub fn begin(&mut self) -> RunId {
        self.runs = self.runs.saturating_add(1);
        RunId(self.runs)
    }

    /// Whether a call is in flight.
    pub fn awaits(&self, call: CallId) -> bool {
        self.sent.iter().any(|(id, _)| *id == call)
    }

    /// Whether a call in flight is the change that is asked for.
    pub fn changes_by(&self, call: CallId) -> bool {
        self.sent.iter().any(|(id, sent)| *id == call && matches!(sent.purpose, Purpose::Change(..)))
    }

    /// Whether nothing is in flight.
    pub fn is_idle(&self) -> bool {
        self.sent.is_empty()
    }

    /// What a call in flight is for.
    #[cfg(feature = "explain")]
    pub fn purpose(&self, call: CallId) -> Option<&Purpose> {
        self.sent.iter().find(|(id, _)| *id == call).map(|(_, sent)| &sent.purpose)
    }

    /// How many requests to a system are in flight, those that wait for another's answer among them.
    pub fn in_flight_to(&self, plan: &Plan, system: SystemIndex) -> usize {
        let to = |waiter: &&Waiter| plan.call(waiter.call).system == system;
        let of = |(_, sent): &(CallId, Sent)| match &sent.purpose {
            Purpose::Read(_, waiters) => waiters.iter().filter(to).count(),
            Purpose::Login(opening) => usize::from(opening.system == system),
            Purpose::Change(call, _) => usize::from(plan.call(*call).system == system),
        };
        self.sent.iter().map(of).sum()
    }

    /// Waits for the answer to what is asked; false if nobody has asked it.
    pub fn join(&mut self, asked: &Asked, waiter: Waiter) -> bool {
        for (_, sent) in &mut self.sent {
            if let Purpose::Read(known, waiters) = &mut sent.purpose
                && known == asked
            {
                waiters.push(waiter);
                return true;
            }
        }
        false
    }

    /// Keeps an answer for runs that will ask the same; where there is one run, nobody else can.
    pub fn keep(&mut self, asked: &Asked, result: &CallResult) {
        if self.runs > 1 {
            self.answers.push((Rc::clone(asked), result.clone()));
        }
    }

    /// The answer to what another run has asked.
    pub fn answered(&self, asked: &Asked) -> Option<CallResult> {
        self.answers.iter().find(|(known, _)| known == asked).map(|(_, result)| result.clone())
    }

    /// What is asked is to be asked again.
    pub fn forget(&mut self, asked: &Asked) {
        self.answers.retain(|(known, _)| known != asked);
    }

    /// Sends a request.
    ///
    /// # Errors
    /// [`Code::LimitCalls`].
    pub fn dispatch(
        &mut self,
        turn: &mut Turn<'_>,
        index: CallIndex,
        written: Written,
        purpose: Purpose,
    ) -> Result<CallId, Problem> {
        let (call, limits) = (turn.plan.call(index), turn.plan.limits());
        let system = turn.plan.system(call.system);
        self.sent_total = self.sent_total.saturating_add(1);
        if self.sent_total > limits.calls {
            return Err(Problem::from(Code::LimitCalls));
        }
        let left = self.deadline.saturating_sub(turn.tick_ms);
        let timeout = u64::from(system.timeout_ms);
        let id = turn.ids.next(turn.id);
        let latest = if let Purpose::Change(_, latest) = purpose { Some(latest) } else { None };
        self.sent.push((id, Sent { purpose, cut_by_deadline: left <= timeout }));
        let mut request = written.request(system, call, timeout.min(left), limits);
        request.headers.extend(self.propagated.iter().cloned());
        turn.out.calls.push(Calling { id, system: call.system, request, latest });
        Ok(id)
    }

    /// A call has ended: what it was for, and what it brought. None if it is not in flight.
    ///
    /// # Errors
    /// [`Code::LimitDeadline`] if it was the deadline that ended it, [`Code::LimitLegacyTotal`].
    pub fn arrived(
        &mut self,
        turn: &mut Turn<'_>,
        id: CallId,
        result: CallResult,
    ) -> Result<Option<(Purpose, CallResult)>, Problem> {
        let Some(at) = self.sent.iter().position(|(sent, _)| *sent == id) else { return Ok(None) };
        let (_, Sent { purpose, cut_by_deadline }) = self.sent.swap_remove(at);
        let to = match &purpose {
            Purpose::Login(opening) => opening.system,
            Purpose::Change(call, _) => turn.plan.call(*call).system,
            Purpose::Read(_, waiters) => {
                let Some(sender) = waiters.first() else { return Ok(None) };
                turn.plan.call(sender.call).system
            }
        };
        let result = turn.out.arrived(to, turn.plan.limits().legacy_body, result);
        if cut_by_deadline && matches!(result, CallResult::TimedOut) {
            return Err(Code::LimitDeadline.into());
        }
        self.weigh(turn.plan, &result)?;
        Ok(Some((purpose, result)))
    }

    /// Whether another call may be made.
    pub fn has_calls(&self, plan: &Plan) -> bool {
        self.sent_total < plan.limits().calls
    }

    /// Counts an answer's bytes, wherever it comes from.
    ///
    /// # Errors
    /// [`Code::LimitLegacyTotal`].
    pub fn weigh(&mut self, plan: &Plan, result: &CallResult) -> Result<(), Problem> {
        if let CallResult::Answer { body, .. } = result {
            self.bytes_total = self.bytes_total.saturating_add(u64::try_from(body.len()).unwrap_or(u64::MAX));
        }
        if self.bytes_total > plan.limits().legacy_total { Err(Code::LimitLegacyTotal.into()) } else { Ok(()) }
    }

    /// The session with a system, if the exchange has had anything to do with one.
    pub fn session(&self, system: SystemIndex) -> Option<&SystemSession> {
        self.sessions.get(&system)
    }

    /// Changes the session with a system.
    pub fn set_session<R>(&mut self, system: SystemIndex, change: impl FnOnce(&mut SystemSession) -> R) -> R {
        let mut session = self.sessions.remove(&system).unwrap_or_default();
        let changed = change(&mut session);
        self.sessions.insert(system, session);
        changed
    }
}

impl SystemSession {
    /// Uses a session from now on; its number.
    pub fn open(&mut self, sid: String) -> u32 {
        self.stage = Stage::Open(sid);
        self.number = self.number.saturating_add(1);
        self.number
    }
}
