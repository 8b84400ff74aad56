//! States of a call: once, or once per element of its loop; page by page where it is paged.

use std::collections::VecDeque;

use crate::eval::memory::Page;
use crate::value::Value;

/// How far a call is.
#[derive(Debug)]
pub(super) enum CallState {
    /// Calls it needs have not answered.
    Waiting,
    /// Some of its invocations are not over.
    Running(Running),
    /// It has its value.
    Settled,
    /// It failed, or a call it needs did.
    Failed,
}

impl CallState {
    /// Whether something may still happen to it that changes the answer. Once an invocation has failed, only those
    /// before it can (the lowest place wins).
    pub fn is_open(&self) -> bool {
        match self {
            Self::Waiting => true,
            Self::Running(running) => running.open().next().is_some(),
            Self::Settled | Self::Failed => false,
        }
    }
}

/// A call whose invocations are being made.
#[derive(Debug)]
pub(super) struct Running {
    /// One per element; a call without a loop has one.
    pub invocations: Vec<Invocation>,
    /// Invocations whose next request is to be sent, in order.
    pub queue: VecDeque<usize>,
}

impl Running {
    /// The lowest place that has failed.
    pub fn failed_at(&self) -> Option<usize> {
        self.invocations.iter().position(|i| matches!(i.outcome, Some(Outcome::Failed)))
    }

    /// Places that are not over and can still matter.
    pub fn open(&self) -> impl Iterator<Item = usize> + '_ {
        let end = self.failed_at().unwrap_or(usize::MAX);
        self.invocations
            .iter()
            .enumerate()
            .take_while(move |(at, _)| *at < end)
            .filter(|(_, i)| i.outcome.is_none())
            .map(|(at, _)| at)
    }
}

/// One making of a call.
#[derive(Debug)]
pub(super) struct Invocation {
    /// The loop's element.
    pub element: Value,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Rows of the pages so far.
    pub rows: Vec<Value>,
    /// The page that is asked for.
    pub page: Page,
    /// How many pages have come.
    pub pages: u64,
    /// The last page's document.
    pub document: Option<u16>,
    /// Tokens of the pages so far.
    pub tokens: Vec<Value>,
    /// Which of the exchange's sessions with the system it was last sent in.
    pub session: u32,
    /// Whether this page was asked for again in another session.
    pub resent: bool,
}

impl Invocation {
    /// Nothing of it has been sent.
    pub fn new(element: Value, page: Page, outcome: Option<Outcome>) -> Self {
        Self {
            element,
            outcome,
            rows: Vec::new(),
            page,
            pages: 0,
            document: None,
            tokens: Vec::new(),
            session: 0,
            resent: false,
        }
    }
}

/// How an invocation ended.
#[derive(Clone, Copy, Debug)]
pub(super) enum Outcome {
    /// With a value.
    Value(Value),
    /// Its `when` did not hold; no request was made.
    NotMade,
    /// It failed.
    Failed,
}
