//! Telling by the failure rules of a mapping what an answer is.

use super::answer::Expiry;
use super::roots;
use crate::bundle::{Call, Failure, FailureKind};
use crate::eval::error::EvalError;
use crate::eval::memory::{AnswerVars, Asks, Eval};
use crate::failure::Stop;
use crate::plan::Plan;

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

/// The rules that are asked about an answer to a call, in their order.
pub(super) fn all<'p>(plan: &'p Plan, call: &'p Call) -> impl Iterator<Item = &'p Failure> {
    call.failures.iter().chain(&plan.system(call.system).failures)
}

/// The first rule that holds. Where one before it cannot be decided, it must say a failure in any case, or the same as that
/// one. If none does, the first that cannot be decided and fears a failure is taken to hold.
///
/// An answer that was not understood says nothing of anybody. To a rule that would make something of it, what it holds is
/// open to be read only if the rule names what came; to one that says how it failed it is as it is.
pub(super) fn rule(
    eval: &mut Eval<'_>,
    call: &Call,
    expiry: Expiry,
    body: Body,
    vars: AnswerVars,
) -> Result<Ruled, Stop> {
    let rules = all(eval.plan, call);
    let (mut expired, mut open) = (None, Open::default());
    for (at, rule) in rules.enumerate() {
        if rule.is == FailureKind::Expired && expiry == Expiry::Login {
            continue;
        }
        let fails = rule.is.is_feared() || rule.is == FailureKind::Expired;
        let is_told = fails || roots::names(eval, call, &rule.when, vars);
        eval.memory.provided.answer = Some(AnswerVars { open: is_told, ..vars });
        match decided(eval, rule, body)? {
            Some(false) => continue,
            Some(true) => {}
            None => {
                tell!(eval.memory, eval.plan, Undecided { call, rule: at, when: &rule.when });
                open.add(at, rule.is);
                continue;
            }
        }
        match rule.is {
            FailureKind::Expired if expiry == Expiry::Final => {
                expired = expired.or(Some(Ruled::As(at, FailureKind::Down)));
            }
            // A system that is out of order must not tell anybody that a student does not exist, nor have said anything good.
            FailureKind::Empty | FailureKind::Unknown | FailureKind::Good if expired.is_some() => {}
            // Whoever asks again in another session has told nobody anything.
            kind if kind.is_feared() || kind == FailureKind::Expired || open.lets(kind) => {
                return Ok(Ruled::As(at, kind));
            }
            _ => {}
        }
    }
    Ok(expired.unwrap_or_else(|| open.end()))
}

/// The rules that cannot be decided.
#[derive(Clone, Copy, Debug, Default)]
struct Open {
    /// There are some.
    any: bool,
    /// What all of them say, if that is the same.
    alike: Option<FailureKind>,
    /// The first that fears a failure.
    feared: Option<(usize, FailureKind)>,
}

impl Open {
    fn add(&mut self, at: usize, kind: FailureKind) {
        self.alike = Some(kind).filter(|kind| !self.any || self.alike == Some(*kind));
        self.feared = self.feared.or(Some((at, kind)).filter(|_| kind.is_feared()));
        self.any = true;
    }

    /// Whether a rule behind them that says this can be believed.
    fn lets(self, kind: FailureKind) -> bool {
        !self.any || self.alike == Some(kind)
    }

    fn end(self) -> Ruled {
        match self.feared {
            Some((at, kind)) => Ruled::As(at, kind),
            None if self.any => Ruled::Undecided,
            None => Ruled::Nothing,
        }
    }
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
        // It asks for what is not its own to see.
        Err(EvalError::Unread) => Ok(Some(false)),
        Err(error) => match Stop::from(error) {
            end @ Stop::End(_) => Err(end),
            Stop::Call(_) => Ok((!is_read).then_some(false)),
        },
    }
}
