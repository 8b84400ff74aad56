//! Reading an answer: decoding, and telling what it is (mapping-language §8.10).

use std::borrow::Cow;

use super::decode::{self, Decoded};
use crate::bundle::{Call, CallIndex, Failure, FailureKind};
use crate::eval::memory::{AnswerVars, Eval};
use crate::failure::Stop;
use crate::plan::Plan;
use crate::problem::{Code, Problem};
use crate::value::{Arena, Envelope, NameId, Value};
use crate::wire::CallResult;

/// An answer as it came over, decoded as far as it can be. What it means depends on the call.
#[derive(Clone, Debug)]
pub(crate) enum Received {
    /// The system answered.
    Answer {
        vars: AnswerVars,
        /// Why the body is that of no good answer, whatever its rules say: mostly that it could not be decoded.
        undecoded: Option<Code>,
        /// Its `Retry-After`, seconds.
        retry_after: Option<u32>,
        /// The arena's document that holds the body.
        document: Option<u16>,
    },
    /// It did not, or not whole.
    Failed(Code),
}

/// What an answer is that is no failure.
#[derive(Clone, Debug)]
pub(crate) enum Meaning {
    /// Good; this was taken from it.
    Value(Value),
    /// Nothing there.
    Empty,
    /// The session it was asked in has ended.
    Expired,
}

/// What a rule `expired` means for the answer at hand (mapping-language §8.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expiry {
    /// No session was used: a system that wants one cannot be used.
    Foreign,
    /// The session is to be renewed and the call sent again.
    Renew,
    /// It was sent again already: the rules behind decide, though never that there is nothing or nobody.
    Final,
    /// A session is opened or closed: rules for expired ones do not apply.
    Login,
}

/// An answer without a body.
const NOTHING: Envelope = Envelope { body: Value::Null, result: Value::Null, fault: Value::Null };

/// Decodes what a call brought, wherever it comes from: a system, what is kept, an exchange or the steward that asked.
pub(crate) fn receive(arena: &mut Arena, plan: &Plan, index: CallIndex, result: CallResult) -> Received {
    let call = plan.call(index);
    let (status, headers, body) = match result {
        CallResult::Answer { status, headers, body } => (status, headers, body),
        CallResult::Unreachable => return Received::Failed(Code::LegacyDown),
        CallResult::TimedOut => return Received::Failed(Code::LegacyTimeout),
        CallResult::Overflow => return Received::Failed(Code::LimitOverflow),
        CallResult::Truncated => return Received::Failed(Code::LegacyTruncated),
        CallResult::TooLarge => return Received::Failed(Code::LimitLegacyBody),
        CallResult::NoCluster => return Received::Failed(Code::MappingCluster),
    };
    let retry_after = headers.iter().find(|(n, _)| n == "retry-after").and_then(|(_, v)| v.trim().parse().ok());
    let Ok(headers_record) = headers_value(arena, &headers) else { return Received::Failed(Code::LimitLegacyTotal) };
    let (decoded, document) = if body.is_empty() && matches!(status, 204 | 205) {
        (Ok(Decoded { envelope: NOTHING, failing: None }), None)
    } else if headers.iter().any(|(n, v)| n == "content-encoding" && !v.eq_ignore_ascii_case("identity")) {
        (Err(Code::LegacyMalformed), None)
    } else {
        let document = arena.next_document();
        let content_type = headers.iter().find(|(n, _)| n == "content-type").map(|(_, v)| v.as_str());
        let decoded = decode::body(arena, plan.system(call.system), call, plan.limits().depth, content_type, body);
        (decoded, document)
    };
    let is_read = decoded.is_ok();
    let (Envelope { body, result, fault }, undecoded) = match decoded {
        Ok(Decoded { envelope, failing }) => (envelope, failing),
        Err(code) => (NOTHING, Some(code)),
    };
    let vars =
        AnswerVars { system: call.system, status, headers: headers_record, body, decoded: is_read, result, fault };
    Received::Answer { vars, undecoded, retry_after, document }
}

/// The headers that the mapping names. Several lines of one name are one text, as HTTP reads them: with a comma between
/// them; cookies, which have commas of their own, with a semicolon, which they have not.
fn headers_value(arena: &mut Arena, headers: &[(String, String)]) -> Result<Value, crate::value::Full> {
    let mut entries: Vec<(NameId, Value)> = Vec::new();
    for (at, (name, value)) in headers.iter().enumerate() {
        let Some((id, _)) = arena.names().known(name.as_bytes()) else { continue };
        if entries.iter().any(|(known, _)| *known == id) {
            continue;
        }
        let mut all = Cow::Borrowed(value);
        for (_, line) in headers.iter().skip(at.saturating_add(1)).filter(|(other, _)| other == name) {
            let all = all.to_mut();
            all.push_str(if name == "set-cookie" { "; " } else { ", " });
            all.push_str(line);
        }
        let text = arena.make_text(&all)?;
        entries.push((id, Value::Text(text)));
    }
    Ok(Value::Record(arena.make_record(&entries)?))
}

/// Tells what an answer is to this call: the call's rules, then the system's, then the defaults; then takes from it.
///
/// # Errors
/// What it is a failure of.
pub(crate) fn interpret(
    eval: &mut Eval<'_>,
    call: &Call,
    expiry: Expiry,
    received: &Received,
) -> Result<Meaning, Stop> {
    let (vars, undecoded, retry_after) = match received {
        Received::Failed(code) => return Err(Stop::call(*code)),
        Received::Answer { vars, undecoded, retry_after, .. } => (*vars, *undecoded, *retry_after),
    };
    eval.memory.provided.answer = Some(vars);
    let meaning = meaning(eval, call, expiry, vars, undecoded);
    eval.memory.provided.answer = None;
    meaning.map_err(|stop| match stop {
        Stop::Call(problem) => Stop::Call(Problem { retry_after, ..problem }),
        end @ Stop::End(_) => end,
    })
}

fn meaning(
    eval: &mut Eval<'_>,
    call: &Call,
    expiry: Expiry,
    vars: AnswerVars,
    undecoded: Option<Code>,
) -> Result<Meaning, Stop> {
    let failed = |code: Code| Err(Stop::call(code));
    let system = eval.plan.system(call.system);
    let matching = matching_rule(eval, call.failures.iter().chain(&system.failures), expiry)?;
    tell!(eval.memory, eval.plan, Matched { call, rule: matching.map(|(at, _)| at) });
    let kind = matching.map(|(_, kind)| kind);
    if let Some(kind) = kind.filter(|kind| *kind != FailureKind::Good) {
        return match kind {
            FailureKind::Empty => Ok(Meaning::Empty),
            FailureKind::Unknown => failed(Code::RequestUnknownStudent),
            FailureKind::Busy => failed(Code::LegacyBusy),
            FailureKind::Expired if expiry == Expiry::Renew => Ok(Meaning::Expired),
            FailureKind::Down | FailureKind::Expired => failed(Code::LegacyDown),
            FailureKind::Refused | FailureKind::Broken | FailureKind::Good => failed(Code::LegacyError),
        };
    }
    // SOAP 1.1 sends every fault with 500, so its status says nothing about whether the system is there.
    if kind.is_none() && !vars.fault.is_null() {
        return failed(Code::LegacyError);
    }
    match vars.status {
        _ if kind.is_some() => {}
        200..=299 => {}
        401 | 403 | 407 => return failed(Code::LegacyDenied),
        429 => return failed(Code::LegacyBusy),
        408 | 500..=599 => return failed(Code::LegacyDown),
        _ => return failed(Code::LegacyStatus),
    }
    if let Some(code) = undecoded {
        return failed(code);
    }
    let mut taken = vars.body;
    for take in &call.take {
        eval.memory.provided.answer = Some(AnswerVars { body: taken, ..vars });
        taken = match eval.eval(take) {
            Ok(value) => value,
            Err(error) => {
                tell!(eval.memory, eval.plan, TakeFailed { call, take });
                return Err(error.into());
            }
        };
    }
    Ok(Meaning::Value(taken))
}

/// The first rule that holds. One that cannot be evaluated on this answer does not.
fn matching_rule<'r>(
    eval: &mut Eval<'_>,
    rules: impl Iterator<Item = &'r Failure>,
    expiry: Expiry,
) -> Result<Option<(usize, FailureKind)>, Stop> {
    let mut expired = None;
    for (at, rule) in rules.enumerate() {
        if rule.is == FailureKind::Expired && expiry == Expiry::Login {
            continue;
        }
        let holds = match eval.condition(&rule.when) {
            Ok(holds) => holds,
            Err(error) => match Stop::from(error) {
                end @ Stop::End(_) => return Err(end),
                Stop::Call(_) => false,
            },
        };
        match rule.is {
            _ if !holds => {}
            FailureKind::Expired if expiry == Expiry::Final => expired = expired.or(Some((at, FailureKind::Down))),
            // A system that is out of order must not tell anybody that a student does not exist, nor have said anything good.
            FailureKind::Empty | FailureKind::Unknown | FailureKind::Good if expired.is_some() => {}
            kind => return Ok(Some((at, kind))),
        }
    }
    Ok(expired)
}
