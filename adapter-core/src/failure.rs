//! Why something cannot go on: either it ends the exchange, or it is one call's failure, ranked against others.
//!
//! Which of the two is said by the place that fails. A fan-out over its limit fails its call, a spent budget of calls
//! ends the exchange, and no code of a problem tells them apart.

use crate::eval::error::EvalError;
use crate::problem::{Code, Problem, Unread};
use crate::value::{DecodeError, Full};

/// Why a call cannot go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Nor can its exchange: a budget is spent, or the deadline has passed.
    End(Problem),
    /// It has failed, and others may go on.
    Call(Problem),
}

impl Stop {
    /// The exchange is over.
    pub fn end(code: Code) -> Self {
        Self::End(Problem::from(code))
    }

    /// The call's answer was not understood.
    pub fn unread(unread: Unread) -> Self {
        Self::Call(Problem::unread(unread))
    }

    /// What it is answered with.
    pub fn problem(&self) -> &Problem {
        match self {
            Self::End(problem) | Self::Call(problem) => problem,
        }
    }

    /// The call has failed.
    pub fn call(code: Code) -> Self {
        Self::Call(Problem::from(code))
    }
}

/// A failure of one of a call's own expressions. Without steps, items or room nothing else could be evaluated either:
/// the exchange ends, whoever spent the last.
impl From<EvalError> for Stop {
    fn from(error: EvalError) -> Self {
        match error {
            EvalError::Steps | EvalError::Items | EvalError::Full => Self::end(code(error)),
            EvalError::Malformed(why) => Self::unread(Unread::Document(why)),
            _ => Self::call(code(error)),
        }
    }
}

impl From<Full> for Stop {
    fn from(_: Full) -> Self {
        Self::end(Code::LimitLegacyTotal)
    }
}

/// A failure of an expression that is the exchange's own: of a guard, the answer, a person.
impl From<EvalError> for Problem {
    fn from(error: EvalError) -> Self {
        Self::from(code(error))
    }
}

impl From<Full> for Problem {
    fn from(_: Full) -> Self {
        Self::from(Code::LimitLegacyTotal)
    }
}

/// What an expression's failure is answered with.
fn code(error: EvalError) -> Code {
    match error {
        EvalError::Shape | EvalError::Absent => Code::LegacyShape,
        EvalError::Missing => Code::LegacyMissing,
        EvalError::Unsorted => Code::LegacyUnsorted,
        EvalError::Type | EvalError::Overflow | EvalError::DivideByZero => Code::MappingValue,
        EvalError::Malformed(DecodeError::Depth) => Code::LimitDepth,
        EvalError::Malformed(DecodeError::Root | DecodeError::Members) => Code::LegacyShape,
        EvalError::Malformed(_) | EvalError::Unread => Code::LegacyMalformed,
        EvalError::Ambiguous => Code::MappingAmbiguous,
        EvalError::Request => Code::MappingRequest,
        EvalError::Steps => Code::LimitSteps,
        EvalError::Items => Code::LimitItems,
        EvalError::Full => Code::LimitLegacyTotal,
    }
}
