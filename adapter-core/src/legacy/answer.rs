//! Reading an answer: decoding, and telling what it is.

use std::borrow::Cow;

use super::decode::{self, Decoded};
use super::roots;
use super::rules::{self, Body, Ruled};
use crate::bundle::{Call, CallIndex, Decode, Expr, FailureKind, Function, Pages, Var};
use crate::eval::error::EvalError;
use crate::eval::memory::{AnswerVars, Eval, Memory, Understood};
use crate::failure::Stop;
#[cfg(feature = "explain")]
use crate::note::Fact;
use crate::plan::Plan;
use crate::problem::{Code, Problem, Unread};
use crate::value::{Arena, DecodeError, Envelope, NameId, Undecoded, Value};
use crate::wire::CallResult;

/// Added on the way by what undoes a compression, with its name.
const INFLATED: &str = "x-ifs-inflated";

/// An answer as it came over, decoded as far as it can be. What it means depends on the call.
#[derive(Clone, Debug)]
pub(crate) enum Received {
    /// The system answered.
    Answer {
        vars: AnswerVars,
        /// Why the body is that of no good answer, whatever its rules say: mostly that it could not be decoded.
        undecoded: Option<Undecoded>,
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

/// What a rule `expired` means for the answer at hand.
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

/// Decodes what a call brought, wherever it comes from: a system, what is kept, an exchange or the steward that asked.
pub(crate) fn receive(memory: &mut Memory, plan: &Plan, index: CallIndex, result: CallResult) -> Received {
    let call = plan.call(index);
    let arena = &mut memory.arena;
    let (status, headers, body) = match result {
        CallResult::Answer { status, headers, body } => (status, headers, body),
        CallResult::Unreachable => return Received::Failed(Code::LegacyDown),
        CallResult::Reset => return Received::Failed(Code::LegacyReset),
        CallResult::Protocol => return Received::Failed(Code::LegacyProtocol),
        CallResult::TimedOut => return Received::Failed(Code::LegacyTimeout),
        CallResult::Overflow => return Received::Failed(Code::LimitOverflow),
        CallResult::Truncated => return Received::Failed(Code::LegacyTruncated),
        CallResult::TooLarge => return Received::Failed(Code::LimitLegacyBody),
        CallResult::NoCluster => return Received::Failed(Code::MappingCluster),
    };
    let retry_after = headers.iter().find(|(n, _)| n == "retry-after").and_then(|(_, v)| v.trim().parse().ok());
    let Ok(headers_record) = headers_value(arena, &headers) else { return Received::Failed(Code::LimitLegacyTotal) };
    #[cfg(feature = "explain")]
    let came = memory.listener.is_some().then(|| body.clone());
    // Of one text nothing is wanted but the text.
    let empty = call.decode != Decode::Text && body.trim_ascii().is_empty();
    let (decoded, document) = if empty && matches!(status, 204 | 205) && call.soap.is_none() {
        (Ok(Decoded { envelope: Envelope::NOTHING, failing: None }), None)
    } else if empty {
        (Err(Undecoded::nowhere(DecodeError::Empty)), None)
    } else if is_compressed(&headers, call) {
        (Err(Undecoded::nowhere(DecodeError::Compressed)), None)
    } else {
        let document = arena.next_document();
        let content_type = headers.iter().find(|(n, _)| n == "content-type").map(|(_, v)| v.as_str());
        let decoded = decode::body(arena, plan.system(call.system), call, plan.limits().depth, content_type, body);
        (decoded, document)
    };
    let (Envelope { body, result, fault, root }, understood, undecoded) = match decoded {
        Ok(Decoded { envelope, failing: None }) => (envelope, Understood::Whole, None),
        Ok(Decoded { envelope, failing }) => (envelope, Understood::Other, failing),
        Err(why) if empty => (Envelope::NOTHING, Understood::Empty, Some(why)),
        Err(why) => (Envelope::NOTHING, Understood::Nothing, Some(why)),
    };
    explain! {
        if let (Some(undecoded), Some(body)) = (undecoded, came) {
            memory.tell(plan, Fact::Undecoded { call: index, undecoded, headers: &headers, body: &body });
        }
    }
    let headers = headers_record;
    let vars = AnswerVars { system: call.system, status, headers, body, understood, root, open: true, result, fault };
    Received::Answer { vars, undecoded, retry_after, document }
}

/// What was read of an answer, without what is no row, if it is like what the mapping reads. Where a rule calls the answer
/// good it may lack all of it; a login that gives nothing is told apart elsewhere: then it `is_told` what it is.
fn like_read(eval: &mut Eval<'_>, call: &Call, vars: AnswerVars, is_told: bool) -> Result<AnswerVars, Stop> {
    let counted = matches!(call.pages, Pages::Many(_) | Pages::Unstated { cut: Some(_) });
    let mut fitting = vars;
    for (like, value) in [(&call.like, &mut fitting.body), (&call.returns, &mut fitting.result)] {
        let Some(like) = like else { continue };
        let fits = eval.memory.arena.fit(like, *value, counted);
        explain! {
            if let (Err(misfit), false) = (fits, is_told) {
                eval.memory.tell(eval.plan, Fact::Misfit { call, misfit });
            }
        }
        match fits {
            Ok(fits) => *value = fits,
            Err(_) if is_told => {}
            Err(_) => return Err(Stop::unread(Unread::Document(DecodeError::Members))),
        }
    }
    Ok(fitting)
}

/// Whether an answer has not the form that a path of `take` goes down: a record without the member, a text where elements
/// are. What is null on the way, and of XML an element without children of that name, says that there is nothing.
fn lacks(eval: &mut Eval<'_>, take: &Expr, vars: AnswerVars) -> bool {
    // A result that is there and nil is an empty node set: null is the want of one.
    (vars.result.is_null() && is_of_result(take)) || down(eval, take, vars).is_err()
}

/// Whether a path, or the list of it, begins at what a SOAP operation returns.
fn is_of_result(take: &Expr) -> bool {
    match take {
        Expr::Var(Var::AnswerResult) => true,
        Expr::Member { of, .. } | Expr::Rows { of, .. } => is_of_result(of),
        Expr::Function { function: Function::List, args } => args.first().is_some_and(is_of_result),
        _ => false,
    }
}

/// What a path leads to; none if it is no path or ends in nothing, an error if the answer lacks a part of it.
fn down(eval: &mut Eval<'_>, take: &Expr, vars: AnswerVars) -> Result<Option<Value>, EvalError> {
    let (of, name) = match take {
        Expr::Var(Var::AnswerBody) => return Ok(Some(vars.body)),
        Expr::Var(Var::AnswerResult) => return Ok(Some(vars.result)),
        Expr::Rows { of, .. } => return down(eval, of, vars),
        Expr::Member { of, name } => (of, *name),
        _ => return Ok(None),
    };
    let Some(value) = down(eval, of, vars)? else { return Ok(None) };
    let arena = &mut eval.memory.arena;
    match value {
        Value::Record(record) => arena.member(record, name).map(Some).ok_or(EvalError::Shape),
        Value::Nodes(nodes) => {
            let is_word = |node: &Value| matches!(node, Value::Text(text) if !arena.text(*text).trim().is_empty());
            let is_element = !arena.names().get(name).contains(['@', '#']);
            if is_element && arena.elements(nodes).iter().any(is_word) {
                return Err(EvalError::Shape);
            }
            Ok(arena.children(nodes, name).ok().flatten().map(Value::Nodes))
        }
        // What else is wrong is found where it is read.
        _ => Ok(None),
    }
}

/// Whether a body is compressed, or was where its end matters: what undoes gzip on the way does not look at the checksum, so
/// that half a table would be a table. A document of JSON or XML is closed or it is none.
fn is_compressed(headers: &[(String, String)], call: &Call) -> bool {
    let has_no_end = matches!(call.decode, Decode::Csv | Decode::Text);
    headers.iter().any(|(name, value)| match name.as_str() {
        "content-encoding" => !value.eq_ignore_ascii_case("identity"),
        INFLATED => has_no_end && !matches!(value.as_str(), "" | "-" | "identity"),
        _ => false,
    })
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
    let (mut vars, undecoded, retry_after, document) = match received {
        Received::Failed(code) => return Err(Stop::call(*code)),
        Received::Answer { vars, undecoded, retry_after, document } => (*vars, *undecoded, retry_after, document),
    };
    if vars.understood == Understood::Whole && roots::is_other(eval, call, vars) {
        vars.understood = Understood::Other;
    }
    let body = match (vars.understood, document) {
        (Understood::Whole, Some(_)) => Body::Read,
        // What rules look at is there, though it is nothing that a good answer has.
        (Understood::Other, _) if undecoded.is_some() => Body::Read,
        (Understood::Nothing | Understood::Empty, _) => Body::Undecoded,
        (_, _) => Body::None,
    };
    eval.memory.provided.answer = Some(vars);
    let meaning = meaning(eval, call, expiry, vars, (body, undecoded));
    eval.memory.provided.answer = None;
    meaning.map_err(|stop| match stop {
        Stop::Call(problem) => Stop::Call(Problem { retry_after: *retry_after, ..problem }),
        end @ Stop::End(_) => end,
    })
}

/// What an answer means: by what rules have to look at, and why it is no good one in any case, if so.
fn meaning(
    eval: &mut Eval<'_>,
    call: &Call,
    expiry: Expiry,
    vars: AnswerVars,
    (body, undecoded): (Body, Option<Undecoded>),
) -> Result<Meaning, Stop> {
    let failed = |code: Code| Err(Stop::call(code));
    let ruled = rules::rule(eval, call, expiry, body, vars)?;
    eval.memory.provided.answer = Some(vars);
    let matching = if let Ruled::As(at, kind) = ruled { Some((at, kind)) } else { None };
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
    if let Ruled::Undecided = ruled {
        return Err(Stop::unread(Unread::Rule));
    }
    // What a rule has named is good if the rule says so, but rows that lack columns have nothing to take.
    let is_given = undecoded.is_none() || vars.understood == Understood::Empty;
    let rule = matching.and_then(|(at, _)| rules::all(eval.plan, call).nth(at));
    let is_good = is_given && rule.is_some_and(|rule| roots::names(eval, call, &rule.when, vars));
    if vars.understood != Understood::Whole && !is_good {
        if undecoded.is_none() {
            tell!(eval.memory, eval.plan, Other { call, root: vars.root });
        }
        let why = undecoded.map_or(DecodeError::Root, |undecoded| undecoded.why);
        return Err(Stop::unread(Unread::Document(why)));
    }
    let is_told = kind.is_some() || expiry == Expiry::Login;
    taken(eval, call, vars, is_told).map(Meaning::Value)
}

/// What a call takes from an answer that is good.
///
/// # Errors
/// What is not there, or the expression's own failure.
pub(super) fn take(eval: &mut Eval<'_>, call: &Call, vars: AnswerVars) -> Result<Value, Stop> {
    taken(eval, call, vars, true)
}

/// The same; unless `is_told`, the answer must have the form that its paths go down. Where a rule calls the answer good it may
/// lack what is taken; a login that gives nothing is told apart elsewhere.
fn taken(eval: &mut Eval<'_>, call: &Call, vars: AnswerVars, is_told: bool) -> Result<Value, Stop> {
    let vars = like_read(eval, call, vars, is_told)?;
    let mut taken = vars.body;
    for take in &call.take {
        if !is_told && lacks(eval, take, AnswerVars { body: taken, ..vars }) {
            tell!(eval.memory, eval.plan, TakeFailed { call, take });
            return Err(EvalError::Shape.into());
        }
        eval.memory.provided.answer = Some(AnswerVars { body: taken, ..vars });
        taken = match eval.eval(take) {
            Ok(value) => value,
            Err(error) => {
                tell!(eval.memory, eval.plan, TakeFailed { call, take });
                return Err(error.into());
            }
        };
    }
    Ok(taken)
}
