//! What systems said to a request, with the values replaced: it can be kept as a test, and shown.
//!
//! Everything is replaced, but what the mapping compares with literals and with keys of its tables, and that only where the
//! answer would come about in another way without it. Whether it does is found by answering the request again, in memory,
//! over what was replaced; the recorded test expects that answer.

mod document;
mod files;
mod known;
mod replacer;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::{BuildHasher as _, RandomState};

use adapter_core::bundle::{Bundle, Decode};
use adapter_core::contract::Operation;
use adapter_core::counter::Counter;
use adapter_core::value::date::Date;
use adapter_core::value::raw_members;
use adapter_core::{CallRequest, CallResult};
use serde_json::Value;

use crate::live::{Desk, Exchange, exchange};
use crate::run::secret;
use document::{Keep, Pass};
use known::Known;
use replacer::Replacer;

pub use files::{Place, write};

/// Deepest nesting of a request.
const DEPTH: usize = 100;
/// How often all is replaced anew, until the answer comes about as it did.
const SEEDS: u64 = 6;

/// An exchange with its values replaced.
#[derive(Debug)]
pub struct Recording {
    /// The request's body.
    pub request: String,
    /// The exchange: what is replaced, answered over what is replaced.
    pub exchange: Exchange,
    /// What was kept, by the names of members.
    pub kept: BTreeMap<String, BTreeSet<String>>,
    /// How many values were replaced.
    pub replaced: usize,
    /// In what this answer came about in another way than the system's own; nothing if it did not.
    pub differs: Vec<String>,
}

/// Replaces the values of an exchange.
///
/// # Errors
/// If the request is no JSON object.
pub fn record(desk: Desk<'_>, request: &str, live: &Exchange) -> Result<Recording, String> {
    record_by(RandomState::new().hash_one(desk.now_ms), desk, request, live)
}

/// The same; what stands for a value follows from the seed.
///
/// # Errors
/// As [`record`].
pub fn record_by(seed: u64, desk: Desk<'_>, request: &str, live: &Exchange) -> Result<Recording, String> {
    let members = raw_members(request, DEPTH).map_err(|_| "the request is not one JSON object, each member once")?;
    let mut known = Known::new(desk.bundle);
    known.always.extend(members.iter().filter(|(name, _)| !personal(desk.operation, name)).filter_map(|(_, raw)| {
        let value: Value = serde_json::from_str(raw).ok()?;
        value.as_str().map(str::to_owned)
    }));
    let replay = Replay { desk, request: &members, live, known: &known };
    let wanted = way(live, &known, 0);
    let mut keeps = BTreeMap::new();
    let mut found = None;
    for seed in (0..SEEDS).map(|more| seed.wrapping_add(more)) {
        let played = replay.play(seed, &keeps, Keep::Words)?;
        let same = played.way == wanted;
        if found.is_none() || same {
            found = Some((seed, played));
        }
        if same {
            break;
        }
    }
    let Some((seed, mut best)) = found else { return Err("nothing was replaced".to_owned()) };
    // Of each member as little stays as it takes.
    let aim = best.way.clone();
    let members: Vec<String> = best.kept.keys().cloned().collect();
    let mut groups = vec![members];
    while let Some(group) = groups.pop() {
        if group.is_empty() {
            continue;
        }
        let as_it_was = keeps.clone();
        let tried: &[Keep] = if group.len() == 1 { &[Keep::Nothing, Keep::Values] } else { &[Keep::Nothing] };
        let mut less = None;
        for keep in tried {
            keeps.extend(group.iter().map(|member| (member.clone(), *keep)));
            let played = replay.play(seed, &keeps, Keep::Words)?;
            if played.way == aim {
                less = Some(played);
                break;
            }
        }
        match less {
            Some(played) => best = played,
            None => {
                keeps = as_it_was;
                let (first, second) = group.split_at(group.len().div_ceil(2));
                if group.len() > 1 {
                    groups.extend([second.to_vec(), first.to_vec()]);
                }
            }
        }
    }
    let differs = wanted.differences(&best.way);
    let Played { request, exchange, kept, replaced, .. } = best;
    Ok(Recording { request, exchange, kept, replaced, differs })
}

/// Whether a member of the operation's request may say something about one person.
fn personal(operation: &Operation, name: &str) -> bool {
    // What is not of the contract is nobody's business to keep.
    operation.request.field(name).is_none_or(|(_, field)| field.personal)
}

/// What is answered again.
#[derive(Clone, Copy)]
struct Replay<'r> {
    desk: Desk<'r>,
    request: &'r [(String, &'r str)],
    live: &'r Exchange,
    known: &'r Known,
}

/// An exchange that was answered again.
struct Played {
    request: String,
    exchange: Exchange,
    kept: BTreeMap<String, BTreeSet<String>>,
    replaced: usize,
    way: Way,
}

impl Replay<'_> {
    fn play(self, seed: u64, keeps: &BTreeMap<String, Keep>, otherwise: Keep) -> Result<Played, String> {
        let today = Date::in_rome(self.desk.now_ms);
        let today = (today.year(), u32::from(today.month()), u32::from(today.day()));
        let known = self.known;
        let replacer = Replacer::new(seed, today, known.reserved());
        let mut pass = Pass { replacer, known, keeps, otherwise, kept: BTreeMap::new(), replaced: 0 };
        let request = self.request(&mut pass);
        // The calls of each name are made in the same order again, whatever stands in them.
        let mut answers: BTreeMap<&str, VecDeque<CallResult>> = BTreeMap::new();
        for (call, result) in &self.live.calls {
            let result = replaced(&mut pass, self.desk.bundle, call, result);
            answers.entry(call.name.as_str()).or_default().push_back(result);
        }
        let mut astray = 0_usize;
        let exchange = exchange(self.desk, request.as_bytes(), &|name| Some(secret(name)), &mut |call| match answers
            .get_mut(call.name.as_str())
            .and_then(VecDeque::pop_front)
        {
            Some(result) => result,
            None => {
                astray = astray.saturating_add(1);
                CallResult::Unreachable
            }
        })?;
        let way = way(&exchange, known, astray);
        Ok(Played { request, exchange, kept: pass.kept, replaced: pass.replaced, way })
    }

    fn request(self, pass: &mut Pass<'_>) -> String {
        let members = self.request.iter().map(|(name, raw)| {
            let value = if personal(self.desk.operation, name) { pass.document(raw, None) } else { (*raw).to_owned() };
            format!("{}: {value}", Value::from(name.as_str()))
        });
        format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
    }
}

/// What a system said, with the values replaced. Of the headers stays the type, and what the mapping may read.
fn replaced(pass: &mut Pass<'_>, bundle: &Bundle, call: &CallRequest, result: &CallResult) -> CallResult {
    let CallResult::Answer { status, headers, body } = result else { return result.clone() };
    let named = bundle.calls.iter().find(|c| c.name == call.name);
    let csv = named.filter(|c| c.decode == Decode::Csv).map(|c| c.csv.as_ref().and_then(|csv| csv.separator));
    let body = match std::str::from_utf8(body) {
        Ok(text) => pass.document(text, csv).into_bytes(),
        // Of one byte a letter, whichever charset it is: each byte stands for a letter, and letters become such again.
        Err(_) => {
            let text: String = body.iter().map(|byte| char::from(*byte)).collect();
            pass.document(&text, csv).chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
        }
    };
    let headers = headers.iter().filter_map(|(name, value)| match name.as_str() {
        "content-type" => Some((name.clone(), value.clone())),
        "set-cookie" => Some((name.clone(), pass.document(value, None))),
        other if bundle.texts.iter().any(|text| text.eq_ignore_ascii_case(other)) => {
            Some((name.clone(), pass.document(value, None)))
        }
        _ => None,
    });
    CallResult::Answer { status: *status, headers: headers.collect(), body }
}

/// How an answer came about, without the values of anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Way {
    status: u16,
    problem: Option<String>,
    shape: String,
    calls: BTreeMap<String, usize>,
    rules: Vec<String>,
    astray: usize,
}

fn way(exchange: &Exchange, known: &Known, astray: usize) -> Way {
    let body: Value = serde_json::from_slice(&exchange.response.body).unwrap_or_default();
    let problem = body.get("type").and_then(Value::as_str).filter(|_| exchange.response.status != 200);
    let mut calls = BTreeMap::new();
    for (call, _) in &exchange.calls {
        let many: &mut usize = calls.entry(call.name.clone()).or_default();
        *many = many.saturating_add(1);
    }
    let mut rules: Vec<String> = exchange
        .counted
        .iter()
        .filter_map(|(counter, by)| match counter {
            Counter::Settled(effect) => Some(format!("{} {by}", effect.label())),
            _ => None,
        })
        .collect();
    rules.sort();
    let shape = if exchange.response.status == 200 { shape(&body, known) } else { String::new() };
    Way { status: exchange.response.status, problem: problem.map(str::to_owned), shape, calls, rules, astray }
}

impl Way {
    /// In what another differs, in words.
    fn differences(&self, other: &Self) -> Vec<String> {
        let mut found = Vec::new();
        if (self.status, &self.problem) != (other.status, &other.problem) {
            let shown = |way: &Self| match &way.problem {
                Some(problem) => format!("{} {}", way.status, problem.trim_start_matches("urn:ifs-adapter:problem:")),
                None => way.status.to_string(),
            };
            found.push(format!("it is {} instead of {}", shown(other), shown(self)));
        } else if self.shape != other.shape {
            found.push("it has other items, members without a value, or codes".to_owned());
        }
        if self.calls != other.calls || other.astray > 0 {
            found.push("other calls are made".to_owned());
        }
        if self.rules != other.rules {
            let label = |way: &Self| way.rules.iter().cloned().collect::<BTreeSet<_>>();
            let (mine, others) = (label(self), label(other));
            let only: Vec<&str> = mine.symmetric_difference(&others).map(String::as_str).collect();
            found.push(format!("rules of the contract act otherwise: {}", only.join(", ")));
        }
        found
    }
}

/// A tree without its values; codes that the mapping gives stay. Lists are sent in an order of their values.
fn shape(value: &Value, known: &Known) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(_) => "0".to_owned(),
        Value::String(text) if known.gives(text) => format!("{text:?}"),
        Value::String(_) => "text".to_owned(),
        Value::Array(items) => {
            let mut shapes: Vec<String> = items.iter().map(|item| shape(item, known)).collect();
            shapes.sort();
            format!("[{}]", shapes.join(","))
        }
        Value::Object(members) => {
            let shapes: Vec<String> = members.iter().map(|(name, v)| format!("{name}:{}", shape(v, known))).collect();
            format!("{{{}}}", shapes.join(","))
        }
    }
}
