//! What happened in an exchange, for people at a desk.

use crate::bundle::{CallIndex, LetIndex, SystemIndex};
use crate::note::Remark;
use crate::problem::Code;
use crate::wire::CallId;

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
    /// The body of a call's answer was not taken.
    Undecoded {
        /// Whose.
        call: CallIndex,
        /// In words.
        why: String,
    },
    /// A failure rule cannot be decided on a call's answer.
    Undecided {
        /// Whose.
        call: CallIndex,
        /// Which one.
        rule: Rule,
        /// It counts as holding.
        holds: bool,
        /// In words.
        why: String,
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
    /// An answer is another thing than the call reads.
    Other {
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
    /// The change was refused; the words of the mapping.
    Rejected(String),
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
