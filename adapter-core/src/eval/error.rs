//! How an expression fails.

use crate::value::{DecodeError, Full, NumberFailure, Value};

/// Why an expression has no value. Carries no data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EvalError {
    /// A member of a scalar, an iterated scalar, several where one is expected: the answer has another shape.
    Shape,
    /// `must` met null, or a row of a walk has no unit.
    Missing,
    /// A row of a walk whose unit is below that of the row before.
    Unsorted,
    /// Operands of types the operation does not take, or a text that is no number.
    Type,
    /// A number out of range.
    Overflow,
    /// Division by zero.
    DivideByZero,
    /// A table has several rows for one key.
    Ambiguous,
    /// A value that cannot be written where a request wants it.
    Request,
    /// What an answer says is asked of one that was not understood.
    Unread,
    /// A document inside a text that cannot be decoded.
    Malformed(DecodeError),
    /// A member of an answer is not there that a failure rule looks at.
    Absent,
    /// The step budget is spent.
    Steps,
    /// The item budget is spent.
    Items,
    /// The arena is full.
    Full,
}

impl From<Full> for EvalError {
    fn from(_: Full) -> Self {
        Self::Full
    }
}

impl From<NumberFailure> for EvalError {
    fn from(failure: NumberFailure) -> Self {
        match failure {
            NumberFailure::Overflow => Self::Overflow,
            NumberFailure::DivideByZero => Self::DivideByZero,
        }
    }
}

/// An expression's value.
pub type Evaluated = Result<Value, EvalError>;
