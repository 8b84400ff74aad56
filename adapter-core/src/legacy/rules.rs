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

/// The first rule that holds. Where one before it cannot be decided, it must say a failure in any case, or the same as that
/// one. If none does, the first that cannot be decided and fears a failure is taken to hold.
pub(super) fn rule(eval: &mut Eval<'_>, call: &Call, expiry: Expiry, body: Body) -> Result<Ruled, Stop> {
    let rules = call.failures.iter().chain(&eval.plan.system(call.system).failures);
    let (mut expired, mut open) = (None, Open::default());
    for (at, rule) in rules.enumerate() {
        if rule.is == FailureKind::Expired && expiry == Expiry::Login {
            continue;
        }
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
        Err(error) => match Stop::from(error) {
            end @ Stop::End(_) => Err(end),
            Stop::Call(_) => Ok((!is_read).then_some(false)),
        },
    }
}
