//! What rules did, without a value.

use super::draft::Spot;
use crate::contract::{Effect, OperationId};

/// A rule did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decision {
    /// The rule's place in the operation's order.
    pub rule: u8,
    /// What it did, by its place among what the rule may do.
    pub what: u8,
    /// To whom or what.
    pub spot: Spot,
}

/// What rules did to one answer, in order.
#[derive(Debug, Default)]
pub(crate) struct Log {
    rule: u8,
    /// In order.
    pub decisions: Vec<Decision>,
}

impl Log {
    /// What follows is the doing of the rule at this place.
    pub fn begin(&mut self, rule: u8) {
        self.rule = rule;
    }

    /// The rule did something.
    // Called from many places and seldom: inlined, it would weigh more than all of them.
    #[inline(never)]
    pub fn note(&mut self, what: u8, spot: Spot) {
        self.decisions.push(Decision { rule: self.rule, what, spot });
    }

    /// How often each effect was had.
    pub fn counts(&self, operation: OperationId) -> Vec<(Effect, u64)> {
        let mut counts: Vec<(Effect, u64)> = Vec::new();
        // What follows each other is mostly alike.
        let alike = |a: &Decision, b: &Decision| (a.rule, a.what, a.spot.member) == (b.rule, b.what, b.spot.member);
        for run in self.decisions.chunk_by(alike) {
            let Some(first) = run.first() else { continue };
            let effect = Effect::new(operation, first.rule, first.what, first.spot.member);
            let times = u64::try_from(run.len()).unwrap_or(u64::MAX);
            match counts.iter_mut().find(|(known, _)| *known == effect) {
                Some((_, count)) => *count = count.saturating_add(times),
                None => counts.push((effect, times)),
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_is_small() {
        assert!(size_of::<Decision>() <= 12);
    }

    #[test]
    fn counters_are_the_sums_of_the_log() {
        let id = OperationId::Ifs02_1;
        let place = |of: &str| {
            let mut all = id.operation().rules();
            u8::try_from(all.position(|r| r.counts.first() == Some(&of)).unwrap()).unwrap()
        };
        let mut log = Log::default();
        for (of, what, member) in [("window", 0, None), ("window", 1, None), ("latest", 0, None), ("window", 0, None)] {
            log.begin(place(of));
            log.note(what, Spot { level: 1, item: 0, member });
        }
        let counts: Vec<(String, u64)> = log.counts(id).into_iter().map(|(e, by)| (e.label(), by)).collect();
        let known = [("IFS02.1-S1.window", 2), ("IFS02.1-S1.not_begun", 1), ("IFS02.1-S1.latest", 1)];
        assert_eq!(counts, known.map(|(label, by)| (label.to_owned(), by)));
        let sum: u64 = counts.iter().map(|(_, by)| by).sum();
        assert_eq!(sum, log.decisions.len() as u64);
    }
}
