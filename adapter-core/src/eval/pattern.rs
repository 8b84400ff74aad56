//! Regular expressions: a Pike machine over what the compiler made of a pattern.
//!
//! All ways through the pattern are followed side by side, in the order of preference, so the time is at most linear in
//! the text times the pattern; there is nothing to go back to. Of several matches it finds the one a backtracking
//! matcher finds: the leftmost, and among those the preferred.

use super::error::{EvalError, Evaluated};
use super::memory::Eval;
use crate::bundle::{Pattern, PatternIndex, Place, Step};
use crate::value::{Text, Value};

/// Instructions that one evaluation step pays for.
const STEPS: u64 = 8;

/// Places noted on the way: the match's start and end, the first group's.
type Saved = [usize; 4];

const NOWHERE: usize = usize::MAX;

impl Eval<'_> {
    /// `text.matches(re)`, `text.extract(re)`; of null null.
    pub(super) fn pattern(&mut self, of: Value, pattern: PatternIndex, extract: bool) -> Evaluated {
        let whole: Text = match self.scalar(of)? {
            Value::Null => return Ok(Value::Null),
            Value::Text(text) => text,
            _ => return Err(EvalError::Type),
        };
        let pattern = self.plan.pattern(pattern);
        let mut most = self.memory.steps.saturating_mul(STEPS);
        let granted = most;
        let found = search(pattern, self.memory.arena.text(whole), !extract, &mut most);
        let used = granted.saturating_sub(most).div_ceil(STEPS);
        self.memory.steps = self.memory.steps.checked_sub(used).ok_or(EvalError::Steps)?;
        let found = found?;
        if !extract {
            return Ok(Value::Bool(found.is_some()));
        }
        let Some([start, end, first, last]) = found else { return Ok(Value::Null) };
        let grouped = pattern.code.contains(&Step::Save(2));
        let (start, end) = if grouped { (first, last) } else { (start, end) };
        // A group on a way not taken: `(a)|b` in "b".
        if start == NOWHERE || end == NOWHERE {
            return Ok(Value::Null);
        }
        Ok(Value::Text(self.memory.arena.slice(whole, start..end)))
    }
}

/// Looks for a pattern anywhere in a text. With `any` the first match met will do, wherever it ends.
///
/// # Errors
/// [`EvalError::Steps`] when `most` instructions have been carried out.
fn search(pattern: &Pattern, text: &str, any: bool, most: &mut u64) -> Result<Option<Saved>, EvalError> {
    let mut machine =
        Machine { code: &pattern.code, most, seen: vec![NOWHERE; pattern.code.len()], waiting: Vec::new() };
    let mut threads: Vec<(usize, Saved)> = Vec::new();
    let mut next: Vec<(usize, Saved)> = Vec::new();
    let mut found = None;
    let mut before = None;
    let mut rest = text.chars();
    loop {
        let at = text.len().saturating_sub(rest.as_str().len());
        let char = rest.next();
        // A match may begin here, but one that began earlier is preferred.
        if found.is_none() {
            let place = Between { at, before, after: char };
            machine.follow(0, [NOWHERE; 4], place, &mut threads)?;
        }
        if threads.is_empty() && found.is_some() {
            return Ok(found);
        }
        let after = Between {
            at: text.len().saturating_sub(rest.as_str().len()),
            before: char,
            after: rest.as_str().chars().next(),
        };
        for (pc, saved) in threads.drain(..) {
            machine.pay()?;
            match machine.code.get(pc) {
                Some(Step::Match) => {
                    found = Some(saved);
                    if any {
                        return Ok(found);
                    }
                    // What follows is less preferred.
                    break;
                }
                Some(Step::Chars(ranges)) if char.is_some_and(|c| holds(ranges, c)) => {
                    machine.follow(pc.saturating_add(1), saved, after, &mut next)?;
                }
                _ => {}
            }
        }
        if char.is_none() {
            return Ok(found);
        }
        before = char;
        std::mem::swap(&mut threads, &mut next);
    }
}

/// A place in the text, and the characters around it.
#[derive(Clone, Copy)]
struct Between {
    at: usize,
    before: Option<char>,
    after: Option<char>,
}

struct Machine<'a> {
    code: &'a [Step],
    most: &'a mut u64,
    /// Where in the text each instruction was last reached: the first, preferred way to it counts.
    seen: Vec<usize>,
    waiting: Vec<(usize, Saved)>,
}

impl Machine<'_> {
    fn pay(&mut self) -> Result<(), EvalError> {
        *self.most = self.most.checked_sub(1).ok_or(EvalError::Steps)?;
        Ok(())
    }

    /// Goes on from an instruction as far as no character is needed; the ways that need one become threads.
    fn follow(
        &mut self,
        from: usize,
        saved: Saved,
        place: Between,
        threads: &mut Vec<(usize, Saved)>,
    ) -> Result<(), EvalError> {
        self.waiting.push((from, saved));
        while let Some((pc, mut saved)) = self.waiting.pop() {
            self.pay()?;
            let Some(seen) = self.seen.get_mut(pc).filter(|seen| **seen != place.at) else { continue };
            *seen = place.at;
            let next = pc.saturating_add(1);
            match self.code.get(pc) {
                Some(Step::Jump(to)) => self.waiting.push((*to as usize, saved)),
                Some(Step::Split(first, second)) => {
                    self.waiting.push((*second as usize, saved));
                    self.waiting.push((*first as usize, saved));
                }
                Some(Step::Save(slot)) => {
                    if let Some(slot) = saved.get_mut(usize::from(*slot)) {
                        *slot = place.at;
                    }
                    self.waiting.push((next, saved));
                }
                Some(Step::At(wanted)) if !place.is(*wanted) => {}
                Some(Step::At(_)) => self.waiting.push((next, saved)),
                Some(Step::Chars(_) | Step::Match) => threads.push((pc, saved)),
                None => {}
            }
        }
        Ok(())
    }
}

impl Between {
    fn is(self, wanted: Place) -> bool {
        let word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
        match wanted {
            Place::Start => self.before.is_none(),
            Place::End => self.after.is_none(),
            Place::LineStart => self.before.is_none_or(|c| c == '\n'),
            Place::LineEnd => self.after.is_none_or(|c| c == '\n'),
            Place::WordEdge => word(self.before) != word(self.after),
            Place::NoWordEdge => word(self.before) == word(self.after),
        }
    }
}

/// Whether a character is in one of these ranges, which stand in order.
fn holds(ranges: &[(u32, u32)], c: char) -> bool {
    let c = u32::from(c);
    let at = ranges.partition_point(|(_, last)| *last < c);
    ranges.get(at).is_some_and(|(first, _)| *first <= c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(code: Vec<Step>, text: &str, most: u64) -> Result<Option<Saved>, EvalError> {
        let mut most = most;
        search(&Pattern { code }, text, false, &mut most)
    }

    /// A bundle is data: one that was not made by the compiler must do no harm.
    #[test]
    fn rings_end() {
        assert_eq!(found(vec![Step::Jump(0)], "abc", 1_000), Ok(None));
        assert_eq!(found(vec![Step::Split(1, 0), Step::Split(0, 1)], "abc", 1_000), Ok(None));
        assert_eq!(found(vec![Step::Jump(9)], "abc", 1_000), Ok(None));
    }

    #[test]
    fn every_instruction_is_paid_for() {
        let code = || vec![Step::Chars(vec![(97, 97)]), Step::Jump(0)];
        assert_eq!(found(code(), &"a".repeat(100), 1_000), Ok(None));
        assert_eq!(found(code(), &"a".repeat(1_000), 1_000), Err(EvalError::Steps));
    }

    #[test]
    fn ranges_are_looked_up_in_order() {
        let ranges = [(48, 57), (65, 90), (0xe8, 0xe8)];
        for (c, inside) in
            [('/', false), ('0', true), ('9', true), (':', false), ('Z', true), ('è', true), ('é', false)]
        {
            assert_eq!(holds(&ranges, c), inside, "{c}");
        }
        assert!(!holds(&[], 'a'));
    }
}
