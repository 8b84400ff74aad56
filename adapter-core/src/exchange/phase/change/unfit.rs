//! Which members of a request hold what the system's call cannot carry: a character that its charset lacks, a separator of
//! `pairs`. The call is written again with other texts in their places; what then can be written tells the member.

use crate::bundle::CallIndex;
use crate::contract::Operation;
use crate::exchange::run::Run;
use crate::failure::Stop;
use crate::plan::Plan;
use crate::problem::{Code, Problem, Violation};
use crate::value::{Arena, Full, Value};

/// Most members that are told.
const MOST: usize = 50;

/// What stands in the place of a text.
const PLAIN: &str = "x";

/// What a request is told whose change cannot be written: which members are the cause, or that none is.
pub(super) fn told(run: &mut Run, plan: &Plan, operation: &Operation, index: CallIndex, problem: Problem) -> Problem {
    if problem.code != Code::MappingRequest {
        return problem;
    }
    let asked = run.memory.provided.request.clone();
    let found = culprits(run, plan, operation, index, &asked);
    run.memory.provided.request = asked;
    match found {
        Ok(violations) if !violations.is_empty() => Problem::invalid(violations),
        _ => problem,
    }
}

fn culprits(
    run: &mut Run,
    plan: &Plan,
    operation: &Operation,
    index: CallIndex,
    asked: &[Value],
) -> Result<Vec<Violation>, Full> {
    let plain = asked.iter().map(|value| plain(&mut run.memory.arena, *value)).collect::<Result<Vec<_>, _>>()?;
    let mut found = Vec::new();
    if !can(run, plan, index, plain.clone()) {
        return Ok(found);
    }
    for (place, field) in operation.request.fields.iter().enumerate() {
        let (Some(given), Some(other)) = (asked.get(place), plain.get(place)) else { continue };
        let mut try_with = |run: &mut Run, value: Value| {
            let mut members = plain.clone();
            if let Some(member) = members.get_mut(place) {
                *member = value;
            }
            can(run, plan, index, members)
        };
        search(run, &mut try_with, (*given, *other), ["/", field.name].concat(), &mut found)?;
    }
    Ok(found)
}

/// Looks for the texts in a value that cannot be written.
fn search(
    run: &mut Run,
    try_with: &mut dyn FnMut(&mut Run, Value) -> bool,
    (given, plain): (Value, Value),
    pointer: String,
    found: &mut Vec<Violation>,
) -> Result<(), Full> {
    if found.len() >= MOST || try_with(run, given) {
        return Ok(());
    }
    match (given, plain) {
        (Value::Text(_), _) => {
            found.push(Violation { pointer, detail: "has characters that the student system cannot take" });
        }
        (Value::List(given), Value::List(plain)) => {
            let given = run.memory.arena.elements(given).to_vec();
            let plain = run.memory.arena.elements(plain).to_vec();
            for (at, one) in given.iter().enumerate() {
                let mut inner = |run: &mut Run, value: Value| {
                    let mut all = plain.clone();
                    if let Some(place) = all.get_mut(at) {
                        *place = value;
                    }
                    run.memory.arena.make_list(&all).is_ok_and(|list| try_with(run, Value::List(list)))
                };
                let other = plain.get(at).copied().unwrap_or_default();
                search(run, &mut inner, (*one, other), format!("{pointer}/{at}"), found)?;
            }
        }
        (Value::Record(given), Value::Record(plain)) => {
            let given = run.memory.arena.entries(given).to_vec();
            let plain = run.memory.arena.entries(plain).to_vec();
            for (at, (name, one)) in given.iter().enumerate() {
                let mut inner = |run: &mut Run, value: Value| {
                    let mut all = plain.clone();
                    if let Some((_, place)) = all.get_mut(at) {
                        *place = value;
                    }
                    run.memory.arena.make_record(&all).is_ok_and(|record| try_with(run, Value::Record(record)))
                };
                let other = plain.get(at).map_or(Value::Null, |(_, value)| *value);
                let pointer = [&pointer, "/", run.memory.arena.names().get(*name)].concat();
                search(run, &mut inner, (*one, other), pointer, found)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// The same value with other texts.
fn plain(arena: &mut Arena, value: Value) -> Result<Value, Full> {
    Ok(match value {
        Value::Text(_) => Value::Text(arena.make_text(PLAIN)?),
        Value::List(span) => {
            let elements = arena.elements(span).to_vec();
            let elements = elements.into_iter().map(|one| plain(arena, one)).collect::<Result<Vec<_>, _>>()?;
            Value::List(arena.make_list(&elements)?)
        }
        Value::Record(span) => {
            let entries = arena.entries(span).to_vec();
            let entries = entries.into_iter().map(|(name, one)| Ok((name, plain(arena, one)?)));
            let entries = entries.collect::<Result<Vec<_>, _>>()?;
            Value::Record(arena.make_record(&entries)?)
        }
        other => other,
    })
}

/// Whether the change can be written with these members.
fn can(run: &mut Run, plan: &Plan, index: CallIndex, members: Vec<Value>) -> bool {
    run.memory.provided.request = members;
    run.memory.lets.fill_with(Default::default);
    match run.written(plan, index) {
        Ok(_) => true,
        Err(Stop::Call(problem)) => problem.code != Code::MappingRequest,
        // Nothing more can be tried.
        Err(Stop::End(_)) => true,
    }
}
