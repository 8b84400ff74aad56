//! What a case gave, and how it is printed.

use super::Turn;
use super::case::Case;
use super::subject::{AGAIN, FILTER, FLOOR, SIDECAR, Subject};
use crate::others::{NODE, PYTHON};
use crate::stats::{Ratio, least, median, quantile, sorted};

/// If the filter differs from itself by more, the run says nothing.
const DOUBT: f64 = 0.05;

/// What was measured of a case.
#[derive(Debug)]
pub struct Outcome {
    /// The case's name.
    pub name: &'static str,
    /// Bytes of the legacy system's answers.
    bytes: usize,
    /// Bytes of ours.
    pub answer: usize,
    /// Rounds between two starts of the processes.
    rounds: usize,
    /// One for each subject, in their order.
    pub subjects: Vec<Seen>,
}

/// What one subject did.
#[derive(Debug, Default)]
pub struct Seen {
    /// Its name.
    pub name: String,
    /// Microseconds of CPU a request, one for each round.
    pub cpu: Vec<f64>,
    /// The part of it that is not Envoy's.
    behind: Vec<f64>,
    /// Requests a second, one for each round.
    rates: Vec<f64>,
    /// Of all rounds, seconds.
    latencies: Vec<f64>,
}

impl Outcome {
    /// Of a case, before its first round.
    pub fn new(case: &Case, subjects: &[Subject], rounds: usize) -> Self {
        let of = |subject: &Subject| Seen { name: subject.name.clone(), ..Seen::default() };
        let subjects = subjects.iter().map(of).collect();
        Self { name: case.name, bytes: case.lists.len(), answer: 0, rounds, subjects }
    }

    /// CPU of a subject over that of another, if both were run.
    pub fn ratio(&self, subject: &str, reference: &str) -> Option<Ratio> {
        let of = |name: &str| self.subjects.iter().find(|seen| seen.name == name).map(|seen| &seen.cpu[..]);
        Some(Ratio::of(of(subject)?, of(reference)?))
    }

    /// By how much the filter differs from itself, and how that was in each set of rounds.
    fn noise(&self) -> Option<(Ratio, Vec<String>)> {
        let of = |name: &str| self.subjects.iter().find(|seen| seen.name == name).map(|seen| &seen.cpu[..]);
        let (again, first) = (of(AGAIN)?, of(FILTER)?);
        let sets = again.chunks(self.rounds).zip(first.chunks(self.rounds));
        Some((Ratio::of(again, first), sets.map(|(a, b)| format!("{:.3}", Ratio::of(a, b).median)).collect()))
    }

    /// By how much the filter differs from itself, if that is more than a measurement bears.
    pub fn doubt(&self) -> Option<f64> {
        let off = self.noise()?.0.median - 1.0;
        (off.is_nan() || off.abs() > DOUBT).then_some(off)
    }

    /// A table.
    pub fn print(&self) {
        let rounds = self.subjects.first().map_or(0, |seen| seen.cpu.len());
        println!(
            "{}: {} bytes from the legacy system, {} answered; {rounds} rounds",
            self.name, self.bytes, self.answer
        );
        let references: Vec<&str> =
            [SIDECAR, FLOOR, FILTER, NODE, PYTHON].into_iter().filter(|name| self.has(name)).collect();
        let heads = references.iter().map(|name| format!("{:>21}", format!("× {name}"))).collect::<String>();
        println!(
            "  {:<20}{:>8}{:>8}{:>8}{heads}{:>9}{:>8}{:>8}",
            "", "CPU µs", "least", "behind", "req/s", "p50 ms", "p99 ms"
        );
        for seen in &self.subjects {
            let ratio = |reference: &&str| match self.ratio(&seen.name, reference) {
                Some(ratio) if seen.name != **reference => ratio.to_string(),
                _ => "–".to_owned(),
            };
            let ratios = references.iter().map(|name| format!("{:>21}", ratio(name))).collect::<String>();
            let latencies = sorted(seen.latencies.iter().copied());
            let middle = |values: &[f64]| median(values.iter().copied());
            println!(
                "  {:<20}{:>8.0}{:>8.0}{:>8.0}{ratios}{:>9.0}{:>8.2}{:>8.2}",
                seen.name,
                middle(&seen.cpu),
                least(seen.cpu.iter().copied()),
                middle(&seen.behind),
                middle(&seen.rates),
                quantile(&latencies, 0.5) * 1e3,
                quantile(&latencies, 0.99) * 1e3,
            );
        }
        if let Some((noise, sets)) = self.noise() {
            println!("  A/A: the filter over itself is {noise}; by start of the processes {}", sets.join(", "));
        }
        println!();
    }

    fn has(&self, name: &str) -> bool {
        self.subjects.iter().any(|seen| seen.name == name)
    }
}

impl Seen {
    /// Adds a round.
    pub fn take(&mut self, turn: Turn) {
        let each = |ns: u64| ns as f64 / 1e3 / f64::from(turn.requests);
        self.cpu.push(each(turn.envoy_ns + turn.behind_ns));
        self.behind.push(each(turn.behind_ns));
        self.rates.push(f64::from(turn.requests) / turn.round.took.as_secs_f64());
        self.latencies.extend(turn.round.latencies);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(again: f64) -> Outcome {
        let seen = |name: &str, cpu| Seen { name: name.to_owned(), cpu: vec![cpu; 8], ..Seen::default() };
        let subjects = vec![seen(SIDECAR, 200.0), seen(FILTER, 300.0), seen(AGAIN, again)];
        Outcome { name: "case", bytes: 0, answer: 0, rounds: 4, subjects }
    }

    #[test]
    fn ratios_are_of_those_that_were_run() {
        let outcome = outcome(303.0);
        assert!((outcome.ratio(FILTER, SIDECAR).unwrap().median - 1.5).abs() < 1e-9);
        assert!(outcome.ratio(FILTER, FLOOR).is_none());
        let (noise, sets) = outcome.noise().unwrap();
        assert!((noise.median - 1.01).abs() < 1e-9);
        assert_eq!(sets, ["1.010", "1.010"]);
    }

    #[test]
    fn a_filter_that_differs_from_itself_is_doubted() {
        assert!(outcome(303.0).doubt().is_none());
        assert!(outcome(330.0).doubt().is_some() && outcome(270.0).doubt().is_some());
    }
}
