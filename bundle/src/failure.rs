//! How answers of a system are told apart.

use crate::expr::Expr;

/// A failure rule: when `when` is true of an answer, it is `is`. An answer that was read, and on which it cannot be
/// decided, is a failure ([`FailureKind::is_feared`]).
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
pub struct Failure {
    /// The condition; sees `status headers body decoded result fault`.
    pub when: Expr,
    /// What the answer then is.
    pub is: FailureKind,
    /// What the consumer is told of a change that is refused; sees what the condition sees.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Option::is_none"))]
    pub message: Option<Expr>,
}

/// What an answer can be besides good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
#[cfg_attr(feature = "write", serde(rename_all = "snake_case"))]
pub enum FailureKind {
    /// Good after all, whatever its status: what comes after this rule is not asked.
    Good,
    /// Nothing there: null, or an empty list for a paged call.
    Empty,
    /// The student is unknown: 400.
    Unknown,
    /// The system refused the change (writes only).
    Refused,
    /// The session has expired.
    Expired,
    /// Too busy: 503 with its `Retry-After`.
    Busy,
    /// Out of order: 503.
    Down,
    /// Nonsense: 500.
    Broken,
}

impl Failure {
    /// Its expressions.
    pub fn exprs(&self) -> impl Iterator<Item = &Expr> {
        [&self.when].into_iter().chain(&self.message)
    }

    /// The same, to change them.
    pub fn exprs_mut(&mut self) -> impl Iterator<Item = &mut Expr> {
        [&mut self.when].into_iter().chain(&mut self.message)
    }
}

impl FailureKind {
    /// Whether it is a failure whatever else is true: where a rule of such a kind cannot be decided, this is what is to be
    /// feared. The others say something of a student, a session or a change, which nobody may be told on suspicion.
    pub fn is_feared(self) -> bool {
        match self {
            Self::Busy | Self::Down | Self::Broken => true,
            Self::Good | Self::Empty | Self::Unknown | Self::Refused | Self::Expired => false,
        }
    }
}
