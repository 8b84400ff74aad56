//! What is counted. Names carry no value of any request or answer.

/// One counter. [`Counter::name`] is stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counter {
    /// Requests answered, by operation and status class.
    Answered {
        /// Operation id, or `none` where no operation was found.
        operation: &'static str,
        /// HTTP status.
        status: u16,
    },
    /// Problems answered, by code.
    Problem(crate::problem::Code),
    /// Rules of the contract that changed or dropped data.
    Settled(&'static str),
    /// Calls ended, by outcome (`ok`, `empty`, `down`, …).
    CallEnded(&'static str),
    /// What became of sessions with systems (`opened`, `refused`, `expired` by exchanges; `kept`, `kept_refused`,
    /// `closed` by the steward).
    Session(&'static str),
    /// Calls that were not made, as their answer was kept.
    CacheHit,
    /// Answers of systems that came after their exchange was over.
    LateAnswer,
    /// Exchanges whose consumer went away.
    Abandoned,
}

impl Counter {
    /// Its name: lower-case words, `.` between levels.
    pub fn name(self) -> String {
        match self {
            Self::Answered { operation, status } => {
                format!("answered.{}.{status}", operation.to_ascii_lowercase().replace('.', "_"))
            }
            Self::Problem(code) => format!("problem.{}", code.as_str().replace('-', "_")),
            Self::Settled(rule) => format!("settled.{}", rule.to_ascii_lowercase().replace(['.', '-'], "_")),
            Self::CallEnded(outcome) => format!("call.{outcome}"),
            Self::Session(what) => format!("session.{what}"),
            Self::CacheHit => "cache_hit".to_owned(),
            Self::LateAnswer => "late_answer".to_owned(),
            Self::Abandoned => "abandoned".to_owned(),
        }
    }
}
