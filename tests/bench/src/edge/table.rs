//! What the rounds come to.

use crate::stats::median;

/// A process of one start: its variant, and its cost in each round. Variant 0 is the file as it is shipped.
#[derive(Clone, Debug)]
pub struct Process {
    pub variant: usize,
    pub costs: Vec<f64>,
}

/// What is told of one variant.
#[derive(Debug)]
pub struct Line {
    /// Its cost in a middling round.
    pub middle: f64,
    /// Its cost over that of the file as shipped: the mean over its processes.
    pub ratio: f64,
    /// The standard error of that mean, and of the one that it is held against.
    pub error: f64,
}

/// A line for each of so many variants, from the processes of each start.
///
/// What disturbs the machine disturbs the whole of a round: each cost is held against the middle of its round, over all
/// processes, before rounds are compared. And two processes of the same file differ, for as long as they live, by a hundredth
/// or two: where their memory lies is chance. So every variant is started several times, the file as shipped several
/// times as often, and what counts is the mean over processes.
pub fn lines(variants: usize, starts: &[Vec<Process>]) -> Vec<Line> {
    let mut ratios: Vec<Vec<f64>> = vec![Vec::new(); variants];
    for start in starts {
        let held = hold(start);
        let shipped = start.iter().zip(&held).filter(|(process, _)| process.variant == 0);
        let unit = mean(&shipped.map(|(_, held)| *held).collect::<Vec<_>>());
        start.iter().zip(held).for_each(|(process, held)| ratios[process.variant].push(held / unit));
    }
    let shipped = error(&ratios[0]);
    let line = |variant: usize| {
        let own = starts.iter().flatten().filter(|process| process.variant == variant);
        let own_error = error(&ratios[variant]);
        Line {
            middle: median(own.flat_map(|process| process.costs.iter().copied())),
            ratio: mean(&ratios[variant]),
            error: if variant == 0 { shipped } else { own_error.hypot(shipped) },
        }
    };
    (0..variants).map(line).collect()
}

/// Each process's cost over the middle of its rounds.
fn hold(start: &[Process]) -> Vec<f64> {
    let rounds = start.first().map_or(0, |process| process.costs.len());
    let middles: Vec<f64> = (0..rounds).map(|round| median(start.iter().map(|process| process.costs[round]))).collect();
    let held = |process: &Process| median(process.costs.iter().zip(&middles).map(|(cost, middle)| cost / middle));
    start.iter().map(held).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The standard error of a mean.
fn error(values: &[f64]) -> f64 {
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / (values.len() as f64 - 1.0) / values.len() as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(variant: usize, costs: Vec<f64>) -> Process {
        Process { variant, costs }
    }

    #[test]
    fn rounds_on_a_busy_machine_do_not_count_for_more() {
        // Each round is disturbed by as much as the variants differ, and more.
        let busy = [1.0, 1.4, 1.1, 2.0, 1.0, 1.3, 1.7, 1.2, 1.0, 1.5];
        let of = |variant: usize, cost: f64| process(variant, busy.iter().map(|factor| cost * factor).collect());
        let start = vec![of(0, 200.0), of(1, 150.0), of(0, 200.0), of(2, 190.0)];
        let lines = lines(3, &[start.clone(), start]);
        for (line, ratio) in lines.iter().zip([1.0, 0.75, 0.95]) {
            assert!((line.ratio - ratio).abs() < 1e-9 && line.error < 1e-9, "{line:?}");
        }
        assert!((lines[0].middle - 250.0).abs() < 1e-9, "{:?}", lines[0]);
    }

    #[test]
    fn one_bad_round_of_one_process_does_not_count() {
        let bad = [vec![90.0; 8], vec![900.0]].concat();
        let start = vec![process(0, vec![100.0; 9]), process(0, vec![100.0; 9]), process(1, bad)];
        assert!((lines(2, &[start])[1].ratio - 0.9).abs() < 0.01);
    }

    #[test]
    fn what_processes_differ_by_is_told_as_the_error() {
        let start = |first: f64, second: f64| {
            vec![process(0, vec![first; 5]), process(0, vec![200.0 - first; 5]), process(1, vec![second; 5])]
        };
        let lines = lines(2, &[start(102.0, 94.0), start(99.0, 96.0)]);
        assert!((lines[1].ratio - 0.95).abs() < 0.002, "{:?}", lines[1]);
        assert!((0.01..0.02).contains(&lines[1].error), "{:?}", lines[1]);
    }
}
