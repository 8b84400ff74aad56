//! Medians of rounds that were run in turn.

/// The middle of the values, or the mean of the two in the middle; not a number if there are none.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
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

/// The value that the given share of the values does not pass.
pub fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    let at = (share * last as f64).round() as usize;
    values.get(at).copied().unwrap_or(f64::NAN)
}

/// Pairs of one round each of the subject and of what it is compared with, run one after the other.
///
/// The machine is shared: what disturbs it lasts longer than a round, so that a pair is disturbed together. The ratio is
/// therefore the median over the pairs' ratios, not the ratio of two medians.
#[derive(Clone, Debug, Default)]
pub struct Pairs {
    /// The subject's and the other's cost, in the same unit.
    pub rounds: Vec<(f64, f64)>,
}

impl Pairs {
    /// The median of the pairs' ratios.
    pub fn ratio(&self) -> f64 {
        median(self.rounds.iter().map(|(subject, other)| subject / other))
    }

    /// The least and the greatest of the pairs' ratios.
    pub fn spread(&self) -> (f64, f64) {
        let ratios = || self.rounds.iter().map(|(subject, other)| subject / other);
        (least(ratios()), ratios().fold(f64::NEG_INFINITY, f64::max))
    }

    /// The subject's costs.
    pub fn subject(&self) -> impl Iterator<Item = f64> + '_ {
        self.rounds.iter().map(|(subject, _)| *subject)
    }

    /// The other's costs.
    pub fn other(&self) -> impl Iterator<Item = f64> + '_ {
        self.rounds.iter().map(|(_, other)| *other)
    }
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
        let mut values: Vec<f64> = (0..=100).rev().map(f64::from).collect();
        assert!((quantile(&mut values, 0.99) - 99.0).abs() < 1e-9);
        assert!((quantile(&mut values, 0.5) - 50.0).abs() < 1e-9);
        assert!(quantile(&mut [], 0.5).is_nan());
    }

    #[test]
    fn a_disturbance_that_hits_both_of_a_pair_does_not_show() {
        let pairs = Pairs { rounds: vec![(1.0, 2.0), (10.0, 20.0), (3.0, 6.0)] };
        assert!((pairs.ratio() - 0.5).abs() < 1e-9);
        assert_eq!(pairs.spread(), (0.5, 0.5));
    }
}
