//! What was met in the record before at the same level: rows of a list have the same members in the same order, and
//! often the same values, so that comparing bytes does for reading them.
//!
//! What this relies on: the same bytes, read at the same level of nesting with the same decoder, give the same members
//! with the same values. Records are the exception (each has an identity of its own), and so is what holds records.

use crate::NameId;
use crate::{Keep, Value};

/// A member as it stood in the record before.
#[derive(Clone, Copy)]
pub(super) struct Member {
    /// Where its name's first quote stands. It ends where the next member begins, or behind the record's brace.
    pub at: usize,
    /// Bytes from there to its value: name, colon and blanks behind it.
    pub head: usize,
    /// Bytes from there to the one value within, if it stands for a record of one plain member that nobody reads; else
    /// none. Said of the value at `at`, and so made anew with it.
    pub wrap: usize,
    /// Its value was last another than in the record before that: reading it is cheaper than comparing it first.
    pub differs: bool,
    /// What it is kept as; none if it is passed over.
    pub found: Option<(NameId, Keep)>,
    /// Its value, if it is kept and may be given again.
    pub again: Option<Value>,
}

/// The record before. Its members follow one another without a gap.
#[derive(Default)]
pub(super) struct Row {
    members: Vec<Member>,
    /// Behind its closing brace.
    end: usize,
    /// Records read, modulo 256.
    count: u8,
}

/// Most members of a record that are remembered.
const MOST: usize = 256;

/// In every so many records, all members are compared, those too whose values differed.
const TRIED_AGAIN: u8 = 16;

impl Row {
    /// The member at a place.
    pub fn member(&mut self, nth: usize) -> Option<&mut Member> {
        self.members.get_mut(nth)
    }

    /// Where the text of the `nth` member begins and ends.
    pub fn extent(&self, nth: usize) -> Option<(usize, usize)> {
        let start = self.members.get(nth)?.at;
        Some((start, self.members.get(nth.wrapping_add(1)).map_or(self.end, |next| next.at)))
    }

    /// The `nth` member, if it is to be read and not compared.
    #[inline]
    pub fn unlike(&mut self, nth: usize) -> Option<&mut Member> {
        self.members.get_mut(nth).filter(|member| member.differs)
    }

    /// The members from the `nth` on that are to be read, not compared, and passed over.
    #[inline]
    pub fn passed(&mut self, nth: usize) -> impl Iterator<Item = &mut Member> {
        let members = self.members.get_mut(nth..).unwrap_or_default();
        members.iter_mut().take_while(|member| member.differs && member.found.is_none())
    }

    /// Where the last of its members ends, brace included.
    pub fn end(&self) -> usize {
        self.end
    }

    /// Whether it has only the members before `nth`.
    pub fn ends_at(&self, nth: usize) -> bool {
        self.members.len() == nth
    }

    /// Another member stands at the place `nth` of the record that is being read; those before it are known.
    pub fn learn(&mut self, nth: usize, member: Member) {
        if nth >= MOST {
            return;
        }
        match self.members.get_mut(nth) {
            Some(place) => *place = member,
            None => self.members.push(member),
        }
    }

    /// The record that is being read is over: it had `count` members and ended before `end`.
    pub fn close(&mut self, count: usize, end: usize) {
        // One of more members than are remembered is not known to its end.
        self.members.truncate(if count > MOST { 0 } else { count });
        self.end = end;
        self.count = self.count.wrapping_add(1);
        if self.count.is_multiple_of(TRIED_AGAIN) {
            self.members.iter_mut().for_each(|member| member.differs = false);
        }
    }
}
