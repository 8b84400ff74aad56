//! Members of a record, read with the record before in view ([`super::super::rows`]).

use super::super::rows::{Member, Row};
use super::{Open, Parser, skip, wrong};
use crate::{DecodeError, Keep, NameId, Value, scan};

/// How much of two rows is compared at once, bytes. What is compared and then not taken is compared again by the rows
/// nested in it, so that this bounds what nesting can cost.
const FAR: usize = 1_024;

impl Parser<'_, '_> {
    /// The members of a record that has some, and its brace.
    pub(super) fn members(&mut self, open: &mut Open) -> Result<(), DecodeError> {
        if open.keep == Keep::Whole {
            return self.members_whole(open);
        }
        if self.rows.len() <= open.depth {
            self.rows.resize_with(open.depth.saturating_add(1), Row::default);
        }
        // Taken for the time being: what is nested in this record has rows of its own.
        let mut row = self.rows.get_mut(open.depth).map(std::mem::take).unwrap_or_default();
        self.members_like(open, &mut row)?;
        row.close(open.count, self.at);
        if let Some(place) = self.rows.get_mut(open.depth) {
            *place = row;
        }
        Ok(())
    }

    /// Members of which some are kept, read with the record before in view.
    fn members_like(&mut self, open: &mut Open, row: &mut Row) -> Result<(), DecodeError> {
        loop {
            if self.read_like(open, row)? {
                return Ok(());
            }
            // How many bytes of the next member are known to be those it has in the record before.
            let mut known = 0;
            if let Some((there, _)) = row.extent(open.count) {
                let most = there.saturating_add(FAR).min(row.end());
                let before = self.text.get(there..most).unwrap_or_default();
                let same = scan::common(self.rest(), before);
                let taken = self.repeated(open, row, there, same)?;
                if taken > 0 && row.ends_at(open.count) {
                    return Ok(());
                }
                if taken > 0 && same == before.len() {
                    continue;
                }
                // What was taken ends where the next name began in the record before. Here blanks may follow, or
                // anything: then nothing of the next member is known.
                known = same.wrapping_sub(taken);
            }
            match self.next() {
                Some(b'"') => {}
                other => return Err(wrong(other)),
            }
            self.member(open, row, known)?;
            open.count = open.count.saturating_add(1);
            if self.after(b'}')?.is_none() {
                return Ok(());
            }
        }
    }

    /// Reads members that are named as in the record before and had another value there than before that, up to one
    /// that is not of the kind. Gives whether the record ended with one. A register's rows are mostly made of them.
    fn read_like(&mut self, open: &mut Open, row: &mut Row) -> Result<bool, DecodeError> {
        loop {
            self.pass_like(open, row);
            let Some(member) = row.unlike(open.count) else { return Ok(false) };
            if !scan::alike(self.rest(), self.text.get(member.at..).unwrap_or_default(), member.head) {
                return Ok(false);
            }
            member.at = self.at;
            self.pass(member.head);
            open.count = open.count.wrapping_add(1);
            match member.found {
                None => {
                    member.wrap = skip::wrap(self.rest());
                    self.skip(open.depth)?;
                }
                Some((id, keep)) => member.again = again(self.kept(open, id, keep)?),
            }
            if self.after(b'}')?.is_none() {
                return Ok(true);
            }
        }
    }

    /// Passes over those of them that nobody reads, have a plain value (or a record of one) and the next name right
    /// behind their comma, so that it stops at the beginning of a member.
    fn pass_like(&mut self, open: &mut Open, row: &mut Row) {
        let (text, mut at, mut count) = (self.text, self.at, open.count);
        for member in row.passed(count) {
            let here = text.get(at..).unwrap_or_default();
            let head = member.head.wrapping_add(member.wrap);
            if !scan::alike(here, text.get(member.at..).unwrap_or_default(), head) {
                break;
            }
            let value = here.get(head..).unwrap_or_default();
            let Some(mut length) = skip::plain(value) else { break };
            if member.wrap > 0 {
                let Some(b'}') = value.get(length) else { break };
                length = length.wrapping_add(1);
            }
            let Some([b',', b'"']) = value.get(length..).and_then(<[u8]>::first_chunk) else { break };
            member.at = at;
            at = at.wrapping_add(head).wrapping_add(length).wrapping_add(1);
            count = count.wrapping_add(1);
        }
        self.at = at;
        open.count = count;
    }

    /// Takes the members that stand here as they stood in the record before, where the first `same` bytes from `there`
    /// on are those that stand here. Gives their bytes; the last member's have the brace behind them.
    fn repeated(&mut self, open: &mut Open, row: &mut Row, there: usize, same: usize) -> Result<usize, DecodeError> {
        let mut taken = 0_usize;
        while let Some((_, end)) = row.extent(open.count) {
            let length = end.wrapping_sub(there);
            if length > same {
                break;
            }
            let Some(member) = row.member(open.count) else { break };
            if let Some((id, _)) = member.found {
                // A record is read anew.
                let Some(value) = member.again else { break };
                self.once(open, id)?;
                self.entries.push((id, value));
            }
            member.at = self.at.wrapping_add(taken);
            taken = length;
            open.count = open.count.wrapping_add(1);
        }
        self.pass(taken);
        Ok(taken)
    }

    /// Refuses a member that the record has already.
    #[inline]
    fn once(&self, open: &Open, id: NameId) -> Result<(), DecodeError> {
        if !open.as_before && self.entries.get(open.base..).is_some_and(|e| e.iter().any(|(other, _)| *other == id)) {
            return Err(DecodeError::Duplicate);
        }
        Ok(())
    }

    /// One `"name": value`; kept, or checked and passed over. Its first `known` bytes are those that the member at its
    /// place has in the record before.
    fn member(&mut self, open: &mut Open, row: &mut Row, known: usize) -> Result<(), DecodeError> {
        let at = self.at;
        let found = match row.member(open.count) {
            Some(member) if member.head <= known => {
                member.at = at;
                member.differs = true;
                let found = member.found;
                let head = member.head;
                self.pass(head);
                found
            }
            _ => {
                open.as_before = false;
                let found = self.name(open.keep)?;
                self.next();
                let head = self.at.wrapping_sub(at);
                row.learn(open.count, Member { at, head, wrap: 0, differs: false, found, again: None });
                found
            }
        };
        let Some((id, keep)) = found else {
            if let Some(member) = row.member(open.count) {
                member.wrap = skip::wrap(self.rest());
            }
            return self.skip(open.depth);
        };
        let value = self.kept(open, id, keep)?;
        if let Some(member) = row.member(open.count) {
            member.again = again(value);
        }
        Ok(())
    }

    /// The value of a member that is kept.
    #[inline]
    fn kept(&mut self, open: &mut Open, id: NameId, keep: Keep) -> Result<Value, DecodeError> {
        let first = self.next().ok_or(DecodeError::Ended)?;
        self.once(open, id)?;
        let value = self.value(first, open.depth, keep)?;
        self.entries.push((id, value));
        Ok(value)
    }

    /// Members that are all kept.
    fn members_whole(&mut self, open: &mut Open) -> Result<(), DecodeError> {
        open.as_before = false;
        loop {
            match self.next() {
                Some(b'"') => {}
                other => return Err(wrong(other)),
            }
            if let Some((id, keep)) = self.name(open.keep)? {
                self.kept(open, id, keep)?;
            }
            open.count = open.count.saturating_add(1);
            if self.after(b'}')?.is_none() {
                return Ok(());
            }
        }
    }
}

/// What a value is given again as, where it stands in the next record too: none if it is, or holds, a record.
#[inline]
fn again(value: Value) -> Option<Value> {
    (!matches!(value, Value::List(_) | Value::Record(_))).then_some(value)
}
