//! What a consumer is told of a change.

use super::Asked;
use crate::contract::{At, Operation};
use crate::eval::memory::{Eval, Memory};
use crate::exchange::phase::make;
use crate::exchange::turn::Turn;
use crate::problem::{Code, Problem};
use crate::settle::{self, Draft, Outcome, Setting};
use crate::value::Value;

/// A request that the student's list has not, whoever's it is.
pub(super) const UNKNOWN: &str = "Richiesta non trovata";
/// A change that was rejected, where nobody has other words for it.
pub(super) const REJECTED: &str = "Richiesta non accolta";
/// A change that was made, likewise.
const ACCEPTED: &str = "Richiesta acquisita";
/// A request that was taken back, likewise.
const CANCELLED: &str = "Richiesta annullata";

/// The state of a request that is taken, and of one that is taken back.
const STATES: [&str; 2] = ["acquired", "cancelled"];

impl Asked {
    /// The item of the student's list that is to be taken back: its state, code and message. The list has been read.
    ///
    /// # Errors
    /// What is wrong with the list; [`Code::LegacyShape`] if several items have the code.
    pub(super) fn file(&mut self, turn: &mut Turn<'_>) -> Result<Option<[Value; 3]>, Problem> {
        let listed = self.listed_by().ok_or(Code::MappingValue)?;
        let mut found: Vec<[Value; 3]> = Vec::new();
        make(&mut self.run, listed, None, turn, |draft| {
            let list = At::first_of(listed).and_then(|at| draft.levels.get(usize::from(at.level)));
            for item in list.into_iter().flat_map(|level| level.live().map(|item| level.row(item))) {
                if let [status, code, message, ..] = item {
                    found.push([*status, *code, *message]);
                }
            }
        })?;
        match found.as_slice() {
            [] => Ok(None),
            [file] => Ok(Some(*file)),
            _ => Err(Code::LegacyShape.into()),
        }
    }

    /// Whether this is the state of a request that is taken back.
    pub(super) fn is_cancelled(&self, status: Value) -> bool {
        matches!(status, Value::Text(text) if self.run.memory.arena.text(text) == STATES[1])
    }

    /// The change is rejected, in these words, or else in those.
    pub(super) fn rejected(
        &mut self,
        turn: &mut Turn<'_>,
        message: Value,
        words: &'static str,
    ) -> Result<Vec<u8>, Problem> {
        let provided = &self.run.memory.provided;
        let [listed, ..] = provided.file;
        // A report has a state of its own, which is that of nothing.
        let (status, code) = match self.listed_by() {
            Some(_) => (listed, self.asked_for()),
            None if self.reports() => (self.text("rejected")?, Value::Null),
            None => (Value::Null, Value::Null),
        };
        let made = self.run.memory.arena.make_record(&[])?;
        let outcome = Outcome { approved: false, status, code, message, words };
        self.told(turn, Value::Record(made), outcome).map(|(body, _)| body)
    }

    /// The change was made, and the system gave this; none if nobody could say so: what it gave lacks the code of the request,
    /// or is not what the mapping reads.
    pub(super) fn accepted(&mut self, turn: &mut Turn<'_>, value: Value) -> Option<Vec<u8>> {
        self.run.gave(self.change.call, value);
        let recipe = turn.plan.recipe(self.recipe);
        let mut eval = Eval { plan: turn.plan, memory: &mut self.run.memory };
        let made = eval.eval(&recipe.answer).ok()?;
        tell!(self.run.memory, turn.plan, Made(recipe));
        let back = self.listed_by().is_some();
        let (state, words) = if back { (STATES[1], CANCELLED) } else { (STATES[0], ACCEPTED) };
        let status = self.text(state).ok()?;
        let code = if back { self.asked_for() } else { Value::Null };
        let outcome = Outcome { approved: true, status, code, message: Value::Null, words };
        let (body, has_code) = self.told(turn, made, outcome).ok()?;
        (has_code || self.reports()).then_some(body)
    }

    /// What `confirm` has found, if that is a change that was made.
    pub(super) fn confirmed(&mut self, turn: &mut Turn<'_>) -> Option<Vec<u8>> {
        let confirm = turn.plan.recipe(self.change.confirm?);
        let mut eval = Eval { plan: turn.plan, memory: &mut self.run.memory };
        let found = eval.eval(&confirm.answer).ok()?;
        if self.run.memory.arena.is_null(found) { None } else { self.accepted(turn, found) }
    }

    /// The code of the request that is to be taken back, as it was asked for.
    fn asked_for(&self) -> Value {
        let place = self.operation.request.field("file_code").map(|(place, _)| place);
        place.and_then(|place| self.run.memory.provided.request.get(place)).copied().unwrap_or_default()
    }

    /// Whether it is a report, of which no code is told.
    fn reports(&self) -> bool {
        self.operation.answer.object().field("file_code").is_none()
    }

    fn text(&mut self, text: &str) -> Result<Value, Problem> {
        Ok(Value::Text(self.run.memory.arena.make_text(text)?))
    }

    /// The answer, and whether it has the request's code.
    fn told(&mut self, turn: &mut Turn<'_>, made: Value, outcome: Outcome) -> Result<(Vec<u8>, bool), Problem> {
        let operation: &Operation = self.operation;
        let mut log = settle::Log::default();
        let memory = &mut self.run.memory;
        let Memory { arena, provided, .. } = memory;
        let setting = Setting { outcome: Some(outcome), ..Setting::of(turn.plan, provided) };
        let mut draft = Draft::new(arena, operation.answer, Value::Null, made);
        let settled = settle::settle(&mut draft, operation, setting, &mut log);
        let code = operation.answer.object().field("file_code").map(|(place, _)| place);
        let code = code.zip(draft.levels.first()).and_then(|(place, answer)| answer.row(0).get(place).copied());
        explain! {
            for remark in settle::remarks(operation.id, &draft, &log, settled.as_ref().err()) {
                tell!(memory, turn.plan, Settled(remark));
            }
        }
        let counts = log.counts(operation.id);
        turn.out.counts.extend(counts.into_iter().map(|(effect, by)| (crate::counter::Counter::Settled(effect), by)));
        Ok((settled?, code.is_some_and(|code| !code.is_null())))
    }
}
