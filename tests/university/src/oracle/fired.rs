//! How often each rule of an operation decided something.

use std::fmt;

/// Decisions of one operation's rules, counted over a population.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fired {
    names: &'static [&'static str],
    pub(super) counts: Vec<u64>,
}

/// A decision of one operation: its place among the names.
pub(super) trait Step: Copy {
    /// What each is called, its rule's id first.
    const NAMES: &'static [&'static str];

    /// Its place in [`Step::NAMES`].
    fn place(self) -> usize;
}

/// An enumeration of decisions, each with its name.
macro_rules! steps {
    ($(#[$about:meta])* $name:ident { $($step:ident: $text:literal,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum $name { $($step,)* }

        impl $crate::oracle::fired::Step for $name {
            const NAMES: &'static [&'static str] = &[$($text,)*];

            fn place(self) -> usize {
                self as usize
            }
        }
    };
}

pub(super) use steps;

impl Fired {
    /// Nothing has fired yet.
    pub(super) fn of<S: Step>() -> Self {
        Self::named(S::NAMES)
    }

    /// Nothing of these has fired yet.
    pub(super) fn named(names: &'static [&'static str]) -> Self {
        Self { names, counts: vec![0; names.len()] }
    }

    pub(super) fn add<S: Step>(&mut self, step: S) {
        self.counts[step.place()] += 1;
    }

    /// Counts a decision where it was one; gives back whether it was.
    pub(super) fn when<S: Step>(&mut self, step: S, decided: bool) -> bool {
        if decided {
            self.add(step);
        }
        decided
    }

    /// Name of each rule, its id in the contract document first, and how often it fired.
    pub fn entries(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        self.names.iter().copied().zip(self.counts.iter().copied())
    }

    /// The rules that never fired: none may, or the population does not test them.
    #[must_use]
    pub fn never(&self) -> Vec<&'static str> {
        self.entries().filter(|(_, count)| *count == 0).map(|(name, _)| name).collect()
    }
}

impl fmt::Display for Fired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.entries().try_for_each(|(name, count)| writeln!(f, "{count:>7}  {name}"))
    }
}
