//! What each ratio should be, past what a run fails, and how a run stands to it.

use crate::call::outcome::Outcome;
use crate::call::subject::{FILTER, FLOOR, SIDECAR};
use crate::others::{NODE, PYTHON};

/// What a ratio should be at most, and past what the run fails.
#[derive(Clone, Copy, Debug)]
pub struct Aim {
    /// At most this is wanted.
    pub aim: f64,
    /// Past this a run fails; aims without a limit are only said.
    pub limit: Option<f64>,
}

/// How a ratio stands to its aim.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Of what.
    name: String,
    ratio: f64,
    aim: Aim,
}

impl Verdict {
    /// Of a ratio.
    pub fn new(name: impl Into<String>, ratio: f64, aim: Aim) -> Self {
        Self { name: name.into(), ratio, aim }
    }

    /// Whether the ratio has passed its limit. Not a number counts as past.
    pub fn past(&self) -> bool {
        self.aim.limit.is_some_and(|limit| self.ratio.is_nan() || self.ratio > limit)
    }

    /// "reached", or by how much it is missed.
    fn stands(&self) -> String {
        let missed = self.ratio - self.aim.aim;
        match self.ratio {
            ratio if ratio <= self.aim.aim => "reached".to_owned(),
            _ if self.past() => format!("missed by {missed:.3}, and PAST ITS LIMIT"),
            _ => format!("missed by {missed:.3}"),
        }
    }

    /// A line.
    pub fn print(&self) {
        let limit = self.aim.limit.map(|limit| format!(", limit {limit:.2}")).unwrap_or_default();
        println!("{:<58}{:>7.3}   aim {:.2}{limit}: {}", self.name, self.ratio, self.aim.aim, self.stands());
    }
}

/// Aims of a case by its name: against the sidecar, and against the hand-written filter.
fn of_call(case: &str) -> (Aim, Aim) {
    let repeating = !case.contains("do not repeat");
    let aim = |aim, limit| Aim { aim, limit };
    let sidecar = match case {
        _ if case.starts_with("3 × 16 KB") => aim(1.2, Some(1.35)),
        _ if case.starts_with("1 × 134 KB") && repeating => aim(0.9, Some(1.05)),
        _ if case.starts_with("1 × 134 KB") => aim(1.0, Some(1.05)),
        _ => aim(1.0, None),
    };
    (sidecar, aim(1.05, None))
}

/// Aims of a case by its name against services in other languages: Node's, and Python's.
fn of_others(case: &str) -> (Aim, Aim) {
    let node = if case.starts_with("3 × 16 KB") { 0.7 } else { 0.35 };
    (Aim { aim: node, limit: None }, Aim { aim: 0.2, limit: None })
}

/// How the calls of a run stand to their aims: against the sidecar and the hand-written filter, or against services in
/// other languages.
pub fn of_calls(outcomes: &[Outcome], others: bool) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for outcome in outcomes {
        let ((sidecar, floor), (node, python)) = (of_call(outcome.name), of_others(outcome.name));
        let aims = if others { [(NODE, node), (PYTHON, python)] } else { [(SIDECAR, sidecar), (FLOOR, floor)] };
        for (reference, aim) in aims {
            if let Some(ratio) = outcome.ratio(FILTER, reference) {
                verdicts.push(Verdict::new(format!("{}, × {reference}", outcome.name), ratio.median, aim));
            }
        }
    }
    verdicts
}

#[cfg(test)]
mod tests {
    use super::*;

    const AIM: Aim = Aim { aim: 0.7, limit: Some(1.0) };

    #[test]
    fn a_ratio_past_its_limit_fails() {
        for (ratio, past) in [(0.6, false), (0.9, false), (1.0, false), (1.001, true), (f64::NAN, true)] {
            assert_eq!(Verdict::new("r", ratio, AIM).past(), past, "{ratio}");
        }
        assert!(!Verdict::new("r", 9.0, Aim { limit: None, ..AIM }).past());
    }

    #[test]
    fn what_is_missed_is_said() {
        assert_eq!(Verdict::new("r", 0.7, AIM).stands(), "reached");
        assert_eq!(Verdict::new("r", 0.85, AIM).stands(), "missed by 0.150");
        assert!(Verdict::new("r", 1.2, AIM).stands().contains("PAST"));
        assert!(Verdict::new("r", f64::NAN, AIM).stands().contains("PAST"));
    }

    #[test]
    fn each_case_has_its_aims() {
        assert!(matches!(of_call("3 × 16 KB").0, Aim { aim: 1.2, limit: Some(1.35) }));
        assert!(matches!(of_others("3 × 16 KB").0, Aim { aim: 0.7, limit: None }));
        assert!(matches!(of_others("1 × 134 KB").0, Aim { aim: 0.35, limit: None }));
        assert!(matches!(of_call("3 × 16 KB, rows do not repeat").0, Aim { aim: 1.2, .. }));
        assert!(matches!(of_call("1 × 134 KB").0, Aim { aim: 0.9, limit: Some(1.05) }));
        assert!(matches!(of_call("1 × 134 KB, rows do not repeat").0, Aim { aim: 1.0, limit: Some(1.05) }));
    }
}
