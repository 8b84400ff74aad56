//! Telling by the failure rules of a mapping what an answer is (mapping-language §8.10).

use super::answer::Expiry;
use crate::bundle::{Call, Failure, FailureKind};
use crate::eval::error::EvalError;
use crate::eval::memory::{Asks, Eval};
use crate::failure::Stop;

/// What a rule on the body of an answer has to look at.
#[derive(Clone, Copy, Debug)]
pub(super) enum Body {
    /// What the call is for, or should be.
    Read,
    /// A document that could not be decoded.
    Undecoded,
    /// None, or a SOAP fault in its place.
    None,
}

/// What the failure rules make of an answer.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ruled {
    /// None holds.
    Nothing,
    /// The one at this place decides, and says this.
    As(usize, FailureKind),
    /// One that may hold cannot be decided, and what another says might be false.
    Undecided,
}

/// The first rule that holds. One that cannot be decided on this answer holds, if what it says is a failure in any case;
/// otherwise rules behind it may still say what failure it is, or the same as it, but nothing else.
pub(super) fn rule(eval: &mut Eval<'_>, call: &Call, expiry: Expiry, body: Body) -> Result<Ruled, Stop> {
    let rules = call.failures.iter().chain(&eval.plan.system(call.system).failures);
    let mut expired = None;
    // What the rules say that cannot be decided; none inside where they say different things.
    let mut open: Option<Option<FailureKind>> = None;
    for (at, rule) in rules.enumerate() {
        if rule.is == FailureKind::Expired && expiry == Expiry::Login {
            continue;
        }
        let holds = match decided(eval, rule, body)? {
            Some(holds) => holds,
            None => {
                tell!(eval.memory, eval.plan, Undecided { call, rule: at, when: &rule.when });
                if !rule.is.is_feared() {
                    open = Some(Some(rule.is).filter(|kind| open.is_none_or(|before| before == Some(*kind))));
                }
                rule.is.is_feared()
            }
        };
        let closed = open.is_none_or(|open| open == Some(rule.is));
        match rule.is {
            _ if !holds => {}
            FailureKind::Expired if expiry == Expiry::Final => {
                expired = expired.or(Some(Ruled::As(at, FailureKind::Down)));
            }
            // A system that is out of order must not tell anybody that a student does not exist, nor have said anything good.
            FailureKind::Empty | FailureKind::Unknown | FailureKind::Good if expired.is_some() => {}
            // Whoever asks again in another session has told nobody anything.
            kind if kind.is_feared() || kind == FailureKind::Expired || closed => return Ok(Ruled::As(at, kind)),
            _ => {}
        }
    }
    Ok(expired.unwrap_or(if open.is_some() { Ruled::Undecided } else { Ruled::Nothing }))
}

/// Whether a rule holds; none if that cannot be decided on an answer that was read. One that looks at a body where there
/// is none does not hold, but what is not there is not what a good answer would have: a failure may be told by that.
fn decided(eval: &mut Eval<'_>, rule: &Failure, body: Body) -> Result<Option<bool>, Stop> {
    let mut held = eval.asking(Asks::Rule, |eval| eval.condition(&rule.when));
    let is_read = matches!(body, Body::Read);
    if !is_read && rule.is.is_feared() && held == Err(EvalError::Absent) {
        held = eval.condition(&rule.when);
    }
    match held {
        Ok(holds) => Ok(Some(holds)),
        Err(error) => match Stop::from(error) {
            end @ Stop::End(_) => Err(end),
            Stop::Call(_) => Ok((!is_read).then_some(false)),
        },
    }
}
