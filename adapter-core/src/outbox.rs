//! What an engine asks its shell to do, and where that is gathered while an event is handled.

use crate::answers::Answers;
use crate::bundle::SystemIndex;
use crate::counter::{Counter, Ended, Target};
use crate::problem::Code;
use crate::wire::{CallId, CallRequest, CallResult, ExchangeId, Response};

/// What the shell must do.
#[derive(Debug)]
pub enum Action {
    /// Make a call and report how it ended with [`crate::Event::Ended`], also if it cannot be sent; or with
    /// [`crate::Event::NoRoom`], if it could be a little later.
    Call {
        /// Its name, which says whose it is.
        call: CallId,
        /// What to send.
        request: CallRequest,
    },
    /// Answer the consumer. The exchange is over; what its calls still bring is discarded.
    Reply {
        /// The exchange.
        id: ExchangeId,
        /// The answer.
        response: Response,
    },
    /// Note something of a request, for the gateway's own log: nothing that it or a system says.
    Note {
        /// The exchange.
        id: ExchangeId,
        /// What is noted.
        note: Note,
    },
    /// Count something.
    Count {
        /// What.
        counter: Counter,
        /// How many, ≥ 1.
        by: u64,
    },
}

/// What is noted of a request that asks for a change: before it is sent, and when its outcome is known. Whatever becomes
/// of the engine meanwhile, the log has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What the change is known by: the mapping's `ref`.
    pub reference: String,
    /// `sent`, or what became of it ([`crate::counter::Became::label`]).
    pub change: &'static str,
}

impl Action {
    /// Whose it is; none where it is nobody's, as counting is.
    pub fn owner(&self) -> Option<ExchangeId> {
        match self {
            Self::Call { call, .. } => Some(call.owner()),
            Self::Reply { id, .. } | Self::Note { id, .. } => Some(*id),
            Self::Count { .. } => None,
        }
    }
}

/// An answer as it is sent, counted as that.
pub(crate) fn answered(
    answers: Answers,
    id: ExchangeId,
    target: Target,
    problem: Option<Code>,
    made: Response,
) -> Vec<Action> {
    let response = answers.sent(target, made);
    let mut actions = bytes(Counter::AnswerBytes(target), response.body.len());
    actions.push(Action::Count { counter: Counter::Answers { target, status: response.status, problem }, by: 1 });
    actions.push(Action::Reply { id, response });
    actions
}

/// Bytes, counted if there are any.
pub(crate) fn bytes(counter: Counter, many: usize) -> Vec<Action> {
    let by = u64::try_from(many).unwrap_or(u64::MAX);
    if by == 0 { Vec::new() } else { vec![Action::Count { counter, by }] }
}

/// What an exchange asks of the engine besides its answer.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    /// Calls to make; the engine names them.
    pub calls: Vec<Calling>,
    /// What is to be counted.
    pub counts: Vec<(Counter, u64)>,
    /// What is to be noted of the request.
    pub note: Option<Note>,
}

/// A call to make.
#[derive(Debug)]
pub(crate) struct Calling {
    pub id: CallId,
    /// The system it goes to.
    pub system: SystemIndex,
    pub request: CallRequest,
    /// When it must be sent, if it is to be sent at all; none if that is as long as it may wait for its answer.
    pub latest: Option<u64>,
}

impl Calling {
    /// It is made.
    pub fn made(self) -> Action {
        Action::Call { call: self.id, request: self.request }
    }
}

impl Outbox {
    /// Counts how a call to a system ended and what it brought, and gives that as far as it may be looked at: an answer
    /// longer than `limit` is none, whatever the shell made of it.
    pub fn arrived(&mut self, system: SystemIndex, limit: u64, result: CallResult) -> CallResult {
        let result = match result {
            CallResult::Answer { body, .. } if u64::try_from(body.len()).unwrap_or(u64::MAX) > limit => {
                CallResult::TooLarge
            }
            result => result,
        };
        self.counts.push((Counter::Calls { system, ended: Ended::of(&result) }, 1));
        if let CallResult::Answer { body, .. } = &result {
            self.bytes(Counter::CallReceivedBytes(system), body.len());
        }
        result
    }

    fn bytes(&mut self, counter: Counter, many: usize) {
        if many > 0 {
            self.counts.push((counter, u64::try_from(many).unwrap_or(u64::MAX)));
        }
    }

    /// What is asked for as actions, of the calls those that `send` lets through.
    pub fn act(mut self, id: ExchangeId, actions: &mut Vec<Action>, send: impl FnMut(Calling) -> Option<Action>) {
        let made = std::mem::take(&mut self.calls);
        actions.extend(self.note.take().map(|note| Action::Note { id, note }));
        for call in &made {
            self.bytes(Counter::CallSentBytes(call.system), call.request.body.len());
        }
        actions.extend(self.counts.into_iter().map(|(counter, by)| Action::Count { counter, by }));
        actions.extend(made.into_iter().filter_map(send));
    }
}

/// Names for calls: the exchange's, and a number that one engine uses once in 2³². A late answer therefore finds its
/// exchange gone, or one of the same name that knows nothing of the call.
#[derive(Debug, Default)]
pub(crate) struct CallIds(u32);

impl CallIds {
    pub fn next(&mut self, owner: ExchangeId) -> CallId {
        self.0 = self.0.wrapping_add(1);
        CallId::new(owner, self.0)
    }
}
