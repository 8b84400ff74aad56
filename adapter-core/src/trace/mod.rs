//! What happened in an exchange, for people at a desk: `ifs test --explain`. Behind the feature `explain`, which the
//! filter never has: there is not a byte of it at the edge, where no value may be written down.
//!
//! Events are data with places in the bundle; who prints them knows where those stand in the mapping's files.

mod fault;
mod reason;
mod settled;
mod text;
mod walk;

pub(crate) use fault::unwritten;
pub(crate) use reason::Explainer;
pub(crate) use settled::Log;
pub use settled::{Member, Remark};
pub(crate) use text::Words;
pub(crate) use walk::walk;

use crate::bundle::{CallIndex, LetIndex, SystemIndex};
use crate::eval::memory::Memory;
use crate::failure::Stop;
use crate::legacy::answer::Meaning;
use crate::plan::Plan;
use crate::problem::Code;
use crate::value::Value;
use crate::wire::CallId;

/// Most events of one exchange; what comes after them is not kept.
const MOST: usize = 20_000;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A call was sent.
    Sent {
        /// Which one.
        call: CallIndex,
        /// The element's place in its loop.
        at: Option<usize>,
        /// The page, from 1; none of a call that is not paged.
        page: Option<u64>,
        /// The shell's name for it.
        id: CallId,
    },
    /// A call asks what has been asked already: it takes the same answer.
    Shared {
        /// Which one.
        call: CallIndex,
        /// The element's place in its loop.
        at: Option<usize>,
        /// The answer is a kept one (`cache`).
        kept: bool,
    },
    /// A call is not made.
    NotMade {
        /// Which one.
        call: CallIndex,
        /// The element's place in its loop.
        at: Option<usize>,
        /// Why.
        why: Unmade,
    },
    /// A call's answer was understood.
    Understood {
        /// Which one.
        call: CallIndex,
        /// The element's place in its loop.
        at: Option<usize>,
        /// The failure rule that matched.
        rule: Option<Rule>,
        /// What it was.
        end: End,
    },
    /// A call's list was refused, though its answer was good: its length, its pages, its kind.
    Refused {
        /// Which one.
        call: CallIndex,
        /// The element's place in its loop.
        at: Option<usize>,
        /// What that is.
        code: Code,
    },
    /// Something of a call has no value, so that it cannot be made.
    Unwritten {
        /// Which one.
        call: CallIndex,
        /// The element's place in its loop.
        at: Option<usize>,
        /// The key in the mapping, and the member under it.
        part: String,
        /// What the call's failure is.
        code: Code,
        /// In words.
        why: String,
    },
    /// A `take` failed.
    TakeFailed {
        /// Whose.
        call: CallIndex,
        /// In words.
        why: String,
    },
    /// Something became of the session with a system.
    Session {
        /// Its place in the bundle.
        system: SystemIndex,
        /// What became of it.
        what: &'static str,
    },
    /// A guard was decided.
    Guard {
        /// Its place among the operation's.
        at: usize,
        /// What it says; none if it cannot be decided.
        holds: Option<bool>,
        /// In words.
        why: String,
    },
    /// A named value was evaluated.
    Let {
        /// Which one.
        index: LetIndex,
        /// Its value, shortened.
        value: String,
    },
    /// A leaf of a tree has no value.
    Leaf {
        /// Where it stands.
        site: Site,
        /// It failed; otherwise it is null.
        failed: bool,
        /// In words.
        why: String,
    },
    /// A turn of a block gives nothing, since its `where` does not hold.
    Left {
        /// Where the block stands.
        site: Site,
        /// The turn, from 1.
        turn: usize,
        /// In words.
        why: String,
    },
    /// A rule of the contract changed something.
    Settled(Remark),
}

/// Why a call is not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unmade {
    /// Its `when` does not hold; in words.
    When(String),
    /// There is no session to make it in, with this failure.
    Session(Code),
    /// A call it needs failed; its place.
    Needs(CallIndex),
    /// What was known before decided the answer.
    Decided,
}

/// What an answer was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Good; what was taken, shortened.
    Taken(String),
    /// Nothing there.
    Empty,
    /// The session it was asked in has ended.
    Expired,
    /// A failure.
    Failed(Code),
}

/// A failure rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// It is the system's; otherwise the call's.
    pub of_system: bool,
    /// Its place there, the first is 0.
    pub at: usize,
}

/// What a tree belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Root {
    /// The operation's answer.
    Answer,
    /// `student.person`.
    Person,
    /// A named value.
    Let(LetIndex),
}

/// A place in a tree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Site {
    /// The tree.
    pub root: Root,
    /// The members down to it; `*` stands for what a block's `each` gives: `/enrollments/*/status`.
    pub path: String,
    /// Which item of each block on the way, the first is 0.
    pub items: Vec<usize>,
}

/// What happened so far.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    /// In order.
    pub events: Vec<Event>,
    /// Names that are not in the bundle.
    pub words: Words,
    /// The failure rule that matched last.
    pub rule: Option<Rule>,
}

impl Memory {
    /// Notes something, if anybody listens.
    pub fn note(&mut self, event: impl FnOnce(&Self) -> Event) {
        if self.trace.as_ref().is_none_or(|t| t.events.len() >= MOST) {
            return;
        }
        let event = event(self);
        if let Some(trace) = &mut self.trace {
            trace.events.push(event);
        }
    }

    /// Notes what an answer was understood as.
    pub fn note_meaning(&mut self, plan: &Plan, call: CallIndex, at: Option<usize>, meaning: &Result<Meaning, Stop>) {
        // What ends the exchange is told with its end.
        if matches!(meaning, Err(Stop::End(_))) {
            return;
        }
        let rule = self.trace.as_mut().and_then(|t| t.rule.take());
        self.note(|memory| {
            let end = match meaning {
                Ok(Meaning::Value(value)) => End::Taken(memory.shown(plan, *value, 160)),
                Ok(Meaning::Empty) => End::Empty,
                Ok(Meaning::Expired) => End::Expired,
                Err(stop) => End::Failed(stop.code()),
            };
            Event::Understood { call, at, rule, end }
        });
    }

    /// A value as JSON, of at most so many characters.
    pub fn shown(&self, plan: &Plan, value: Value, most: usize) -> String {
        text::value(plan, &self.arena, value, most)
    }
}
