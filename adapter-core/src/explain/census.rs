//! What is counted over all students of a walk, for people at a desk: what no metric says.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::bundle::TableIndex;
use crate::eval::memory::{Listener, Memory};
use crate::note::Fact;
use crate::plan::Plan;
use crate::problem::Code;

/// Most different keys of one table that are told apart; what comes behind them is counted together.
const MOST: usize = 1_000;

/// What was counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Students without an answer, by what became of it.
    pub broken: BTreeMap<Code, u64>,
    /// How often a table was asked for keys that it does not have. They are the system's values.
    pub missed: BTreeMap<TableIndex, Missed>,
}

/// Keys that a table does not have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Missed {
    /// How often it was asked for one.
    pub times: u64,
    /// The keys, as many as are told apart.
    pub keys: BTreeMap<String, u64>,
    /// There were others.
    pub more: bool,
}

impl Missed {
    fn add(&mut self, key: &str, times: u64) {
        self.times = self.times.saturating_add(times);
        if let Some(known) = self.keys.get_mut(key) {
            *known = known.saturating_add(times);
        } else if self.keys.len() < MOST {
            self.keys.insert(key.to_owned(), times);
        } else {
            self.more = true;
        }
    }
}

impl Counts {
    /// Adds what was counted elsewhere.
    pub fn add(&mut self, other: &Self) {
        for (code, times) in &other.broken {
            let sum = self.broken.entry(*code).or_default();
            *sum = sum.saturating_add(*times);
        }
        for (table, missed) in &other.missed {
            let sum = self.missed.entry(*table).or_default();
            missed.keys.iter().for_each(|(key, times)| sum.add(key, *times));
            // Those that were not told apart.
            let apart = missed.keys.values().fold(0, |all: u64, times| all.saturating_add(*times));
            sum.times = sum.times.saturating_add(missed.times.saturating_sub(apart));
            sum.more |= missed.more;
        }
    }
}

/// Counts, while a walk goes on.
#[derive(Clone, Debug, Default)]
pub struct Census(Rc<RefCell<Counts>>);

impl Census {
    /// What was counted.
    pub fn counts(self) -> Counts {
        self.0.take()
    }

    /// Who listens for it.
    pub(super) fn listener(&self) -> Box<dyn Listener> {
        Box::new(Counter(Rc::clone(&self.0)))
    }
}

/// Who counts, over all runs of an exchange.
#[derive(Debug)]
struct Counter(Rc<RefCell<Counts>>);

impl Listener for Counter {
    fn told(&mut self, _: &Plan, _: &mut Memory, fact: Fact<'_>) {
        let mut counts = self.0.borrow_mut();
        match fact {
            Fact::Broken(code) => {
                let times = counts.broken.entry(code).or_default();
                *times = times.saturating_add(1);
            }
            Fact::Missed { table, key } => counts.missed.entry(table).or_default().add(key, 1),
            _ => {}
        }
    }

    fn of_copy(&self) -> Option<Box<dyn Listener>> {
        Some(Box::new(Self(Rc::clone(&self.0))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_apart_up_to_a_bound_and_counted_beyond_it() {
        let mut counts = Counts::default();
        let table = TableIndex::try_from(0).unwrap();
        for at in 0..=MOST {
            counts.missed.entry(table).or_default().add(&at.to_string(), 2);
        }
        let missed = &counts.missed[&table];
        assert_eq!((missed.keys.len(), missed.times, missed.more), (MOST, 2_002, true));
        let mut all = Counts::default();
        all.add(&counts);
        all.add(&counts);
        let missed = &all.missed[&table];
        assert_eq!((missed.keys.len(), missed.times, missed.more), (MOST, 4_004, true));
    }
}
