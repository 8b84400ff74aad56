//! What became of a change, by how its call ended. In doubt it may have been made: only what shows that it was not counts
//! as that.

use super::answer::{Expiry, Received, take};
use super::roots;
use super::rules::{self, Body, Ruled};
use crate::bundle::{Call, FailureKind};
use crate::eval::memory::{AnswerVars, Eval, Understood};
#[cfg(feature = "explain")]
use crate::note::Ending;
use crate::problem::{Code, Problem};
use crate::value::Value;
use crate::wire::CallResult;

/// What became of a change.
#[derive(Clone, Debug)]
pub(crate) enum Changed {
    /// It was made; this was taken from the answer.
    Accepted(Value),
    /// The system refuses it, and the mapping has these words for it.
    Refused(Value),
    /// It was not made, and may be asked for again.
    NotMade(Problem),
    /// The system did not take what it was sent, and would not the next time.
    NotTaken(Problem),
    /// Nobody knows.
    Unknown,
}

#[cfg(feature = "explain")]
impl Changed {
    /// As it is explained.
    pub fn ending(&self) -> Ending {
        match self {
            Self::Accepted(value) => Ending::Taken(*value),
            Self::Refused(words) => Ending::Rejected(*words),
            Self::NotMade(problem) | Self::NotTaken(problem) => Ending::Failed(problem.code),
            Self::Unknown => Ending::Failed(Code::LegacyOutcome),
        }
    }
}

/// What became of it, where no answer came.
pub(crate) fn at_once(result: &CallResult) -> Option<Changed> {
    Some(match result {
        CallResult::Answer { .. } => return None,
        CallResult::Unreachable => Changed::NotMade(Code::LegacyDown.into()),
        CallResult::Overflow => Changed::NotMade(Code::LimitOverflow.into()),
        CallResult::NoCluster => Changed::NotTaken(Code::MappingCluster.into()),
        CallResult::Reset
        | CallResult::Protocol
        | CallResult::TimedOut
        | CallResult::Truncated
        | CallResult::TooLarge => Changed::Unknown,
    })
}

/// What became of it, by the answer: the call's rules, then the system's, then the status.
pub(crate) fn interpret(eval: &mut Eval<'_>, call: &Call, received: &Received) -> Changed {
    let Received::Answer { vars, undecoded, retry_after, .. } = received else { return Changed::Unknown };
    let mut vars = *vars;
    // Whoever has done what it was asked may have nothing to say.
    if vars.understood == Understood::Empty && matches!(vars.status, 200..=299) && call.soap.is_none() {
        vars.understood = Understood::Whole;
    }
    if vars.understood == Understood::Whole && undecoded.is_none() && roots::is_other(eval, call, vars) {
        vars.understood = Understood::Other;
    }
    let body = match vars.understood {
        Understood::Whole if undecoded.is_none() => Body::Read,
        Understood::Other if undecoded.is_some() => Body::Read,
        Understood::Nothing | Understood::Empty => Body::Undecoded,
        Understood::Whole | Understood::Other => Body::None,
    };
    let changed = of_answer(eval, call, vars, body);
    eval.memory.provided.answer = None;
    match changed {
        Changed::NotMade(problem) => Changed::NotMade(Problem { retry_after: *retry_after, ..problem }),
        changed => changed,
    }
}

fn of_answer(eval: &mut Eval<'_>, call: &Call, vars: AnswerVars, body: Body) -> Changed {
    let not_made = |code: Code| Changed::NotMade(code.into());
    eval.memory.provided.answer = Some(vars);
    let Ok(ruled) = rules::rule(eval, call, Expiry::Foreign, body, vars) else { return Changed::Unknown };
    eval.memory.provided.answer = Some(vars);
    match ruled {
        Ruled::As(at, kind) => {
            tell!(eval.memory, eval.plan, Matched { call, rule: Some(at) });
            match kind {
                FailureKind::Refused => {
                    let rule = rules::all(eval.plan, call).nth(at);
                    let words = rule.and_then(|rule| rule.message.as_ref()).map(|words| eval.eval(words));
                    // Without words it is refused all the same.
                    return Changed::Refused(words.and_then(Result::ok).unwrap_or_default());
                }
                FailureKind::Unknown => return Changed::NotTaken(Code::RequestUnknownStudent.into()),
                FailureKind::Expired => return not_made(Code::LegacyDown),
                FailureKind::Busy => return not_made(Code::LegacyBusy),
                FailureKind::Empty => return Changed::Accepted(Value::Null),
                FailureKind::Down | FailureKind::Broken => return Changed::Unknown,
                FailureKind::Good => {}
            }
        }
        Ruled::Undecided => return Changed::Unknown,
        Ruled::Nothing => match vars.status {
            200..=299 if vars.fault.is_null() && vars.understood == Understood::Whole => {}
            401 | 403 | 407 => return not_made(Code::LegacyDenied),
            429 => return not_made(Code::LegacyBusy),
            400..=499 if vars.status != 408 => return Changed::NotTaken(Code::LegacyStatus.into()),
            _ => return Changed::Unknown,
        },
    }
    match take(eval, call, vars) {
        Ok(value) => Changed::Accepted(value),
        Err(_) => Changed::Unknown,
    }
}
