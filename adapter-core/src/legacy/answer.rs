//! Reading an answer: decoding, and telling what it is (mapping-language §8.10).

use super::request::eval_code;
use crate::engine::CallResult;
use crate::expr::eval::{AnswerVars, Eval, EvalError};
use crate::mapping::bundle::{Call, Failure, FailureKind, System};
use crate::problem::{Code, Problem};
use crate::value::{Arena, Decoder, JsonError, Keep, Value};

/// An answer as it came over, decoded as far as it can be. What it means depends on the call.
#[derive(Clone, Debug)]
pub(crate) enum Received {
    /// The system answered.
    Answer {
        vars: AnswerVars,
        /// Why the body could not be decoded.
        undecoded: Option<Code>,
        /// Its `Retry-After`, seconds.
        retry_after: Option<u32>,
        /// The arena's document that holds the body.
        document: Option<u16>,
    },
    /// It did not, or not whole.
    Failed(Code),
}

/// What an answer is.
#[derive(Clone, Debug)]
pub(crate) enum Meaning {
    /// Good; this was taken from it.
    Value(Value),
    /// Nothing there.
    Empty,
    /// It failed.
    Failed(Problem),
}

/// Decodes what a call brought.
pub(crate) fn receive(arena: &mut Arena, system: &System, call: &Call, depth: u64, result: CallResult) -> Received {
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
        (Ok(Value::Null), None)
    } else if headers.iter().any(|(n, v)| n == "content-encoding" && !v.eq_ignore_ascii_case("identity")) {
        (Err(Code::LegacyMalformed), None)
    } else {
        let clean = &system.clean;
        let decoder = Decoder {
            keep: if call.deep { Keep::Whole } else { Keep::Named },
            depth: usize::try_from(depth).unwrap_or(usize::MAX),
            blank_to_null: clean.blank_to_null,
            unwrap: clean.unwrap,
            none: &clean.none,
        };
        let document = arena.next_document();
        let decoded = decoder.decode(arena, body).map_err(|e| match e {
            JsonError::Depth => Code::LimitDepth,
            JsonError::Full => Code::LimitLegacyTotal,
            JsonError::Syntax | JsonError::Duplicate | JsonError::Number => Code::LegacyMalformed,
        });
        (decoded, document)
    };
    let vars =
        AnswerVars { status, headers: headers_record, body: decoded.unwrap_or_default(), decoded: decoded.is_ok() };
    Received::Answer { vars, undecoded: decoded.err(), retry_after, document }
}

fn headers_value(arena: &mut Arena, headers: &[(String, String)]) -> Result<Value, crate::value::Full> {
    let mut entries = Vec::new();
    for (name, value) in headers {
        // Only headers the mapping names are kept.
        if let Some((id, _)) = arena.names().known(name.as_bytes()) {
            let text = arena.make_text(value)?;
            entries.push((id, Value::Text(text)));
        }
    }
    Ok(Value::Record(arena.make_record(&entries)?))
}

/// Tells what an answer is to this call: the call's rules, then the system's, then the defaults; then takes from it.
///
/// # Errors
/// Only a spent budget.
pub(crate) fn understand(
    eval: &mut Eval<'_>,
    system: &System,
    call: &Call,
    received: &Received,
) -> Result<Meaning, Code> {
    let (vars, undecoded, retry_after) = match received {
        Received::Failed(code) => return Ok(Meaning::Failed(Problem::from(*code))),
        Received::Answer { vars, undecoded, retry_after, .. } => (*vars, *undecoded, *retry_after),
    };
    eval.memory.provided.answer = Some(vars);
    let meaning = meaning(eval, system, call, vars, undecoded);
    eval.memory.provided.answer = None;
    meaning.map(|meaning| match meaning {
        Meaning::Failed(problem) => Meaning::Failed(Problem { retry_after, ..problem }),
        other => other,
    })
}

fn meaning(
    eval: &mut Eval<'_>,
    system: &System,
    call: &Call,
    vars: AnswerVars,
    undecoded: Option<Code>,
) -> Result<Meaning, Code> {
    let failed = |code: Code| Ok(Meaning::Failed(Problem::from(code)));
    if let Some(kind) = matching_rule(eval, call.failures.iter().chain(&system.failures))? {
        return match kind {
            FailureKind::Empty => Ok(Meaning::Empty),
            FailureKind::Unknown => failed(Code::RequestUnknownStudent),
            FailureKind::Busy => failed(Code::LegacyBusy),
            // Sessions come with a later form of bundle; until then an expired one is a system that cannot be used.
            FailureKind::Down | FailureKind::Expired => failed(Code::LegacyDown),
            FailureKind::Refused | FailureKind::Broken => failed(Code::LegacyError),
        };
    }
    match vars.status {
        200..=299 => {}
        401 | 403 | 407 => return failed(Code::LegacyDenied),
        429 => return failed(Code::LegacyBusy),
        408 | 500..=599 => return failed(Code::LegacyDown),
        _ => return failed(Code::LegacyStatus),
    }
    if let Some(code) = undecoded {
        return failed(code);
    }
    let Some(take) = &call.take else { return Ok(Meaning::Value(vars.body)) };
    match eval.eval(take) {
        Ok(value) => Ok(Meaning::Value(value)),
        Err(error) => budget(error).map_or_else(|| failed(eval_code(error)), Err),
    }
}

/// The first rule that holds. One that cannot be evaluated on this answer does not.
fn matching_rule<'r>(
    eval: &mut Eval<'_>,
    rules: impl Iterator<Item = &'r Failure>,
) -> Result<Option<FailureKind>, Code> {
    for rule in rules {
        match eval.condition(&rule.when) {
            Ok(true) => return Ok(Some(rule.is)),
            Ok(false) => {}
            Err(error) => {
                if let Some(code) = budget(error) {
                    return Err(code);
                }
            }
        }
    }
    Ok(None)
}

/// The problem of a spent budget, which ends the exchange; none for an error of the value at hand.
pub(crate) fn budget(error: EvalError) -> Option<Code> {
    matches!(error, EvalError::Steps | EvalError::Items | EvalError::Full).then(|| eval_code(error))
}
