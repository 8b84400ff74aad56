//! What an engine tells of an exchange that is explained: facts with places in the bundle, without words. Behind the
//! feature `explain`, which the filter never has. Whoever listens makes words of them ([`crate::explain`]).

mod settled;

pub use settled::{Broken, Did, Remark};

use crate::bundle::{Call, CallIndex, Expr, Guard, Recipe, SystemIndex, TableIndex};
use crate::contract;
use crate::problem::Code;
use crate::value::{Misfit, Root, Undecoded, Value};
use crate::wire::CallId;

/// One thing that happened. `at` is an element's place in the loop of its call; 0 for a call without loop.
#[derive(Debug)]
pub(crate) enum Fact<'f> {
    /// A request was admitted.
    Begun(&'static contract::Operation),
    /// A call was sent, under a name of the engine's; its page from 1, if it is paged.
    Sent { call: CallIndex, at: usize, page: Option<u64>, id: CallId },
    /// A call asks what has been asked already, or what is kept (`cache`).
    Shared { call: CallIndex, at: usize, kept: bool },
    /// A call's `when` does not hold; its variables are bound.
    Unmet { call: CallIndex, at: usize },
    /// There is no session to make a call in, with this failure.
    NoSession { call: CallIndex, at: usize, code: Code },
    /// A call it needs has failed.
    Needs { call: CallIndex, failed: CallIndex },
    /// What was known before decided the answer: the call was not made, for no element or not for this one.
    Decided { call: CallIndex, at: Option<usize> },
    /// Something of a call has no value, so that it cannot be made for an element, or for none.
    Unwritten { call: CallIndex, at: Option<usize>, code: Code },
    /// Which failure rule matched, counted over the call's and then the system's.
    Matched { call: &'f Call, rule: Option<usize> },
    /// A failure rule, counted likewise, cannot be decided; the answer's variables are bound.
    Undecided { call: &'f Call, rule: usize, when: &'f Expr },
    /// A body was not taken: why, and the answer as it came.
    Undecoded { call: CallIndex, undecoded: Undecoded, headers: &'f [(String, String)], body: &'f [u8] },
    /// A `take` failed; the answer's variables are bound.
    TakeFailed { call: &'f Call, take: &'f Expr },
    /// An answer was read, and is none that the call reads; its root's name, if it has one.
    Other { call: &'f Call, root: Root },
    /// An answer was read, and is not like what the call reads.
    Misfit { call: &'f Call, misfit: Misfit<'f> },
    /// A call's answer was understood; none if that ends the exchange.
    Understood { call: CallIndex, at: usize, end: Option<Ending> },
    /// A call's list was refused, though its answer was good: its length, its pages, its kind.
    Refused { call: CallIndex, at: usize, code: Code },
    /// Something became of the session with a system.
    Session { system: SystemIndex, what: &'static str },
    /// A guard was decided; none if it cannot be.
    Guard { recipe: &'f Recipe, guard: &'f Guard, holds: Option<bool> },
    /// The answer was made, or could not be.
    Made(&'f Recipe),
    /// A rule of the contract changed something.
    Settled(Remark),
    /// A table has no row for a key; its cells one behind the other.
    Missed { table: TableIndex, key: &'f str },
    /// A student of a walk is listed without an answer, for this.
    Broken(Code),
}

/// What an answer was.
#[derive(Clone, Debug)]
pub(crate) enum Ending {
    /// Good; what was taken.
    Taken(Value),
    /// Good; the session that was taken.
    Opened(String),
    /// Nothing there.
    Empty,
    /// The change was refused, with these words.
    Rejected(Value),
    /// The session it was asked in has ended.
    Expired,
    /// A failure.
    Failed(Code),
}

/// A text of at most so many characters.
pub(crate) fn short(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => [text.get(..end).unwrap_or_default(), "…"].concat(),
        None => text.to_owned(),
    }
}
