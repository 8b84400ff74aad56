//! A walk over systems that are there, for its counts alone: what `ifs rehearse` does.
//!
//! It is the walk of the gateway, page by page, but for two things: a student whose answer fails is marked and counted
//! whatever the mapping says of that (`if_broken`), and students are answered one after another.

use std::collections::BTreeSet;

use adapter_core::bundle::{Bundle, CallIndex, seal, sha256_hex};
use adapter_core::contract::{Effect, Operation, OperationId};
use adapter_core::counter::Counter;
use adapter_core::explain::Counts;
use adapter_core::problem::{CODES, Code};
use adapter_core::{CallRequest, CallResult, Caller, Clock, Engine, Head, Plan, Resources, Trust};
use serde_json::{Value, json};

use crate::live::path;
use crate::run::{INSTANCE, KEY, ask, cursor_keys};

/// A walk, as far as it has come.
pub struct Rehearsal {
    engine: Engine,
    operation: &'static Operation,
    incremental: bool,
    deadline: u64,
    cursor: Option<String>,
    tally: Tally,
}

/// What was counted.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Pages.
    pub pages: u64,
    /// Calls that were made, those of pages that failed too.
    pub calls: u64,
    /// Students that are listed with a fingerprint of an answer.
    pub listed: u64,
    /// Students that are listed as those who are there no more.
    pub gone: u64,
    /// What rules of the contract did, in their order.
    pub effects: Vec<(Effect, u64)>,
    /// Students without an answer, and codes that tables do not have.
    pub counts: Counts,
}

/// What became of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turned {
    /// It is there, and others follow.
    Page,
    /// It is there, and the last.
    Last,
    /// There is none; the walk is where it was.
    Failed {
        /// Why.
        code: Code,
        /// Seconds after which it may be asked for again, if that makes sense at all.
        again: Option<u64>,
    },
}

/// All calls that a walk may make; none if the mapping has no such walk.
pub fn calls(bundle: &Bundle, operation: &Operation) -> Option<BTreeSet<CallIndex>> {
    let (_, walk) = bundle.walks.iter().find(|(name, _)| name == operation.name)?;
    let recipe = bundle.operations.get(operation.does.answer_of()?.name())?;
    let lists = walk.feeds().flat_map(|feed| &feed.calls);
    let once = walk.once.iter().flat_map(|once| &once.calls);
    Some(recipe.calls.iter().chain(lists).chain(once).copied().collect())
}

impl Rehearsal {
    /// A walk from its beginning; `incremental` asks for what is new, where the operation can be asked for that.
    ///
    /// # Errors
    /// If the bundle cannot be loaded, or a secret is missing.
    pub fn new(
        bundle: &Bundle,
        operation: &'static Operation,
        incremental: bool,
        secret: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, String> {
        let mut bundle = bundle.clone();
        bundle.walks.iter_mut().for_each(|(_, walk)| walk.mark = true);
        bundle.systems.iter_mut().for_each(|system| system.parallel = 1);
        let plan = seal(&bundle).and_then(|bytes| Plan::load(&bytes)).map_err(|e| e.to_string())?;
        let deadline = plan.limits().deadline;
        let reference_key = Some(KEY.to_owned());
        let resources = Resources { secret, cursor_keys: cursor_keys(), reference_key, ..Resources::default() };
        let engine = Engine::new(plan, Trust::Development, resources).map_err(|e| e.to_string())?;
        Ok(Self { engine, operation, incremental, deadline, cursor: None, tally: Tally::default() })
    }

    /// Asks for the next page at a time; calls are made one after another. What is counted of a page that fails is
    /// forgotten, since it is asked for again.
    ///
    /// # Errors
    /// If there is no answer, or it is none of a walk.
    pub fn page(
        &mut self,
        clock: Clock,
        systems: &mut dyn FnMut(&CallRequest) -> CallResult,
    ) -> Result<Turned, String> {
        let mut body = json!({ "cursor": self.cursor });
        if let (true, Some(body)) = (self.incremental, body.as_object_mut()) {
            body.insert("sync_mode".to_owned(), json!("incremental"));
        }
        let body = body.to_string().into_bytes();
        let headers = [("content-type", "application/json".to_owned()), ("content-length", body.len().to_string())];
        let head = Head {
            method: "POST".to_owned(),
            path: path(self.operation),
            headers: headers.map(|(name, value)| (name.to_owned(), value)).to_vec(),
            instance: INSTANCE.to_owned(),
            loopback: true,
            caller: Caller::Nobody,
        };
        let census = self.engine.census();
        let mut calls = 0_u64;
        let (response, counted) = ask(&mut self.engine, (clock, self.deadline), (head, body), |_, request| {
            calls = calls.saturating_add(1);
            systems(&request)
        })?;
        self.tally.calls = self.tally.calls.saturating_add(calls);
        let answer: Value = serde_json::from_slice(&response.body).map_err(|_| "an answer is no JSON".to_owned())?;
        if response.status != 200 {
            let code = answer.get("type").and_then(Value::as_str).and_then(|kind| kind.rsplit(':').next());
            let code = CODES.iter().find(|known| Some(known.as_str()) == code).copied();
            let wait = response.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("retry-after"));
            let again = wait.and_then(|(_, seconds)| seconds.parse().ok());
            return Ok(Turned::Failed { code: code.ok_or("an answer is no problem that is known")?, again });
        }
        self.tally.add(&answer, &counted, &census.counts())?;
        self.cursor = answer.pointer("/meta/cursor").and_then(Value::as_str).map(str::to_owned);
        Ok(if self.cursor.is_some() { Turned::Page } else { Turned::Last })
    }

    /// What was counted so far.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }
}

impl Tally {
    /// Students of the list that have a place in it: those that are left out too.
    pub fn students(&self) -> u64 {
        let left = self.left().map(|(_, times)| times).fold(0, u64::saturating_add);
        [self.listed, self.gone, left].into_iter().fold(0, u64::saturating_add)
    }

    /// Students without an answer.
    pub fn broken(&self) -> u64 {
        self.counts.broken.values().fold(0, |sum, times| sum.saturating_add(*times))
    }

    /// What became of students that have no fingerprint of an answer.
    pub fn left(&self) -> impl Iterator<Item = (Effect, u64)> {
        self.effects.iter().copied().filter(|(effect, _)| is_of_walk(*effect))
    }

    /// What rules did to the answers of those that have one, but for what always happens.
    pub fn settled(&self) -> impl Iterator<Item = (Effect, u64)> {
        self.effects.iter().copied().filter(|(effect, _)| !is_of_walk(*effect) && !effect.always())
    }

    fn add(&mut self, answer: &Value, counted: &[(Counter, u64)], counts: &Counts) -> Result<(), String> {
        let lists = answer.get("data").and_then(Value::as_object).into_iter().flatten();
        let list = lists.filter_map(|(_, value)| value.as_array()).next().ok_or("a page has no list")?;
        let nobody = sha256_hex(b"null");
        let gone = list.iter().filter(|item| item.get("hash").and_then(Value::as_str) == Some(&nobody)).count();
        let broken = counts.broken.values().fold(0_u64, |sum, times| sum.saturating_add(*times));
        let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let listed = number(list.len()).saturating_sub(number(gone)).saturating_sub(broken);
        self.listed = self.listed.saturating_add(listed);
        self.gone = self.gone.saturating_add(number(gone));
        self.pages = self.pages.saturating_add(1);
        self.counts.add(counts);
        for (counter, times) in counted {
            let Counter::Settled(effect) = counter else { continue };
            match self.effects.iter_mut().find(|(known, _)| known == effect) {
                Some((_, sum)) => *sum = sum.saturating_add(*times),
                None => self.effects.push((*effect, *times)),
            }
        }
        self.effects.sort_by_key(|(effect, _)| {
            let (part, rule) = effect.number();
            (rule, part)
        });
        Ok(())
    }
}

/// Whether it is what a walk does with a student, rather than what a rule does to an answer.
fn is_of_walk(effect: Effect) -> bool {
    let operation: OperationId = effect.operation();
    operation.operation().does.answer_of().is_some()
}
