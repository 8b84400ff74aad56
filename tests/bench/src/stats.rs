//! Medians of rounds that were run in turn, with what they are worth.

/// The middle of the values, or the mean of the two in the middle; not a number if there are none.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let sorted = sorted(values);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

/// The least of the values.
pub fn least(values: impl IntoIterator<Item = f64>) -> f64 {
    values.into_iter().fold(f64::INFINITY, f64::min)
}

/// The value that the given share of the sorted values does not pass.
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    let at = (share * last as f64).round() as usize;
    sorted.get(at).copied().unwrap_or(f64::NAN)
}

/// The values from the least to the greatest.
pub fn sorted(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// A ratio of two costs that were measured in turn.
///
/// The machine is shared: what disturbs it lasts longer than a round, so that the costs of one round are disturbed
/// together. The ratio is therefore the median over the rounds' ratios, not the ratio of two medians.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio {
    /// The median.
    pub median: f64,
    /// Between these two lies the median of endlessly many such rounds with at least 95 % certainty, whatever their distribution
    /// (order statistics of the binomial distribution).
    pub low: f64,
    /// See `low`.
    pub high: f64,
}

impl Ratio {
    /// The ratio of the subject's costs to the reference's, round by round.
    pub fn of(subject: &[f64], reference: &[f64]) -> Self {
        let ratios = sorted(subject.iter().zip(reference).map(|(subject, reference)| subject / reference));
        let n = ratios.len() as f64;
        let from = ((n - 1.96 * n.sqrt()) / 2.0).floor().max(1.0) as usize - 1;
        let at = |at: usize| ratios.get(at).copied().unwrap_or(f64::NAN);
        Self {
            median: median(ratios.iter().copied()),
            low: at(from),
            high: at(ratios.len().saturating_sub(1).saturating_sub(from)),
        }
    }
}

impl std::fmt::Display for Ratio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.3} ({:.2}–{:.2})", self.median, self.low, self.high)
    }
}

/// In which order `count` subjects are run in a round: each begins in its turn, and every other cycle goes backwards, so
/// that none always has the same one before it.
pub fn order(round: usize, count: usize) -> impl Iterator<Item = usize> {
    let forwards = (round / count.max(1)).is_multiple_of(2);
    (0..count).map(move |step| if forwards { (round + step) % count } else { (round + count - step) % count })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert!((median([3.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!((median([4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-9);
        assert!(median([]).is_nan());
    }

    #[test]
    fn quantiles() {
        let values = sorted((0..=1_000).rev().map(f64::from));
        assert!((quantile(&values, 0.999) - 999.0).abs() < 1e-9);
        assert!((quantile(&values, 0.99) - 990.0).abs() < 1e-9);
        assert!((quantile(&values, 0.5) - 500.0).abs() < 1e-9);
        assert!(quantile(&[], 0.5).is_nan());
    }

    #[test]
    fn a_disturbance_that_hits_a_whole_round_does_not_show() {
        let ratio = Ratio::of(&[1.0, 10.0, 3.0], &[2.0, 20.0, 6.0]);
        assert_eq!((ratio.median, ratio.low, ratio.high), (0.5, 0.5, 0.5));
    }

    #[test]
    fn one_round_that_is_off_does_not_move_the_ratio() {
        let mut subject = vec![1.2; 23];
        subject.push(9.0);
        let ratio = Ratio::of(&subject, &[1.0; 24]);
        assert_eq!((ratio.median, ratio.high), (1.2, 1.2));
    }

    #[test]
    fn the_interval_is_the_one_of_order_statistics() {
        // 24 rounds: ranks 7 and 18 (from 1), 97.7 % by the binomial distribution.
        let rounds: Vec<f64> = (1..=24).map(f64::from).collect();
        let ratio = Ratio::of(&rounds, &[1.0; 24]);
        assert_eq!((ratio.low, ratio.high), (7.0, 18.0));
        // Too few rounds for 95 %: the whole span.
        let ratio = Ratio::of(&[1.0, 2.0], &[1.0; 2]);
        assert_eq!((ratio.low, ratio.high), (1.0, 2.0));
        assert!(Ratio::of(&[], &[]).median.is_nan());
    }

    #[test]
    fn every_subject_has_every_place() {
        for count in 1..6 {
            let mut places = vec![vec![0; count]; count];
            for round in 0..2 * count {
                for (place, subject) in order(round, count).enumerate() {
                    places[subject][place] += 1;
                }
            }
            assert!(places.iter().flatten().all(|times| *times == 2), "{places:?}");
        }
    }
}
