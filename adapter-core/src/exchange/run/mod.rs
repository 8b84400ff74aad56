//! One evaluation for one subject: the calls of one recipe, until nothing that could change what comes of them is open.
//!
//! The order of calls is not written in a mapping. A call starts when the calls it mentions have answered; the rest run
//! side by side. What wins when several things go wrong does not depend on what arrived first:
//!
//! 1. a guard (`unknown`) in written order, as soon as what it needs has answered;
//! 2. failures of calls, by the call's name in byte order, then by the element's place in its loop;
//! 3. failures of the mapping while the answer is made.
//!
//! So a failing run still waits for what could outrank the failure ([`Run::matters`]), and starts nothing else. Only a
//! spent budget (calls, bytes, steps, items) or the deadline ends an exchange at once.

mod answers;
mod calls;
mod change;
mod guards;
mod invocation;
mod pages;
mod sessions;
#[cfg(feature = "explain")]
mod tell;
#[cfg(test)]
mod tests;

pub(crate) use answers::arrived;
pub(crate) use pages::first;

use super::admit::Subject;
use super::pool::{Asked, Pool, RunId};
use super::turn::Turn;
use crate::bundle::{self, CallIndex};
use crate::eval::memory::{Memory, Page};
use crate::legacy::answer::Received;
use crate::plan::{Plan, RecipeIndex};
use crate::problem::{Code, Problem};
use crate::value::Value;
use crate::wire::CallResult;
use invocation::CallState;

/// One evaluation for one subject.
#[derive(Debug)]
pub(crate) struct Run {
    id: RunId,
    /// What it evaluates.
    recipe: RecipeIndex,
    /// What it has read and made, the subject among it.
    pub memory: Memory,
    /// States of its calls.
    states: Vec<(CallIndex, CallState)>,
    /// Answers to what it has asked, decoded in its memory; what is asked alike takes the same.
    received: Vec<(Asked, Received)>,
    /// The failure that wins so far.
    failure: Option<(Rank, Problem)>,
    /// Whether a call has started or ended since this was last cleared.
    moved: bool,
    /// The list of which it takes one page.
    paged: Option<Paged>,
    /// What it has asked, whether or not a call was made for it.
    asked: u64,
    /// How the change ended that it was sent for, once it has.
    changed: Option<CallResult>,
}

/// A page of a call's list, where a run takes no more of it.
#[derive(Debug)]
pub(crate) struct Paged {
    call: CallIndex,
    at: Page,
    /// The page behind it, if there is one.
    pub then: Option<Page>,
    /// The document that it stands in.
    pub document: Option<u16>,
    /// The system said that there is nothing.
    pub empty: bool,
}

/// Order among failures of calls: the least wins.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    run: RunId,
    /// The call's name.
    call: String,
    /// The element's place in the call's loop.
    at: usize,
}

/// How far a run is.
#[derive(Debug)]
pub(crate) enum Progress {
    /// It waits for calls.
    Waiting,
    /// All its calls have what they give.
    Done,
    /// A guard or a failed call has decided what it comes to.
    Failed(Problem),
    /// A guard says that the change is rejected, and with what words.
    Rejected(Value),
}

impl Run {
    /// A run about a subject, of which nothing has been asked.
    pub fn new(id: RunId, plan: &Plan, recipe: RecipeIndex, mut memory: Memory, subject: &Subject) -> Self {
        let mut text = |text: &str| memory.arena.make_text(text).map_or(Value::Null, Value::Text);
        let (tax_code, key) = match subject {
            Subject::Institute => (Value::Null, Value::Null),
            Subject::Key(key) => (Value::Null, text(key)),
            Subject::Student { tax_code, key } => (text(tax_code), text(key)),
        };
        memory.provided.tax_code = tax_code;
        memory.provided.key = key;
        let mut run = Self {
            id,
            recipe,
            memory,
            states: Vec::new(),
            received: Vec::new(),
            failure: None,
            moved: false,
            paged: None,
            asked: 0,
            changed: None,
        };
        run.follow(plan, recipe);
        run
    }

    /// A run for one page of a call's list.
    pub fn page(id: RunId, plan: &Plan, recipe: RecipeIndex, memory: Memory, (call, at): (CallIndex, Page)) -> Self {
        let paged = Some(Paged { call, at, then: None, document: None, empty: false });
        Self { paged, ..Self::new(id, plan, recipe, memory, &Subject::Institute) }
    }

    /// Which one it is.
    pub fn id(&self) -> RunId {
        self.id
    }

    /// What it has asked, whether or not a call was made for it.
    pub fn asked(&self) -> u64 {
        self.asked
    }

    /// The page it takes.
    pub fn paged(&self) -> Option<&Paged> {
        self.paged.as_ref()
    }

    /// Goes on with a recipe. What has been asked for another stands, and is not asked again.
    pub fn follow(&mut self, plan: &Plan, recipe: RecipeIndex) {
        self.recipe = recipe;
        for call in &plan.recipe(recipe).calls {
            if self.state(*call).is_none() {
                // What it stands on may have the call's value.
                let known = self.memory.calls.get(call.at()).is_some_and(Option::is_some);
                self.states.push((*call, if known { CallState::Settled } else { CallState::Waiting }));
            }
        }
    }

    /// Goes on with a recipe, and asks for all of it anew: what was read before may have changed since.
    pub fn again(&mut self, plan: &Plan, recipe: RecipeIndex) {
        self.received.clear();
        self.states.clear();
        self.memory.calls.fill_with(Default::default);
        self.memory.lets.fill_with(Default::default);
        self.failure = None;
        self.follow(plan, recipe);
    }

    /// Goes on with a recipe whose own calls are made, whatever has been asked before.
    pub fn confirm(&mut self, plan: &Plan, recipe: RecipeIndex) {
        self.received.clear();
        self.failure = None;
        self.follow(plan, recipe);
    }

    /// What it evaluates.
    pub fn recipe<'p>(&self, plan: &'p Plan) -> &'p bundle::Recipe {
        plan.recipe(self.recipe)
    }

    /// Starts what can start, decides what can be decided.
    ///
    /// # Errors
    /// What ends the exchange: a spent budget, or a guard that cannot be decided.
    pub fn advance(&mut self, pool: &mut Pool, turn: &mut Turn<'_>) -> Result<Progress, Problem> {
        let plan = turn.plan;
        loop {
            self.moved = false;
            self.start_calls(plan)?;
            match self.guards(plan)? {
                guards::Guarded::Refuse(code) => return Ok(Progress::Failed(code.into())),
                guards::Guarded::Reject(words) => return Ok(Progress::Rejected(words)),
                guards::Guarded::Open | guards::Guarded::Pass => {}
            }
            let matters = self.matters(plan);
            self.send(pool, turn, &matters)?;
            // What ended without a request may let other calls start.
            if self.moved {
                continue;
            }
            if matters.iter().any(|c| self.state(*c).is_some_and(CallState::is_open)) {
                // With nothing in flight nothing would ever wake the exchange.
                return if pool.is_idle() { Err(Code::MappingValue.into()) } else { Ok(Progress::Waiting) };
            }
            return Ok(match self.failure.take() {
                Some((_, problem)) => Progress::Failed(problem),
                None => Progress::Done,
            });
        }
    }

    /// It is over: what was not asked any more is told, where that is explained.
    #[cfg_attr(not(feature = "explain"), expect(unused_variables, unused_mut, reason = "nobody listens"))]
    pub fn end(mut self, plan: &Plan) {
        explain! { self.tell_end(plan); }
    }

    fn state(&self, index: CallIndex) -> Option<&CallState> {
        self.states.iter().find(|(i, _)| *i == index).map(|(_, state)| state)
    }

    fn state_mut(&mut self, index: CallIndex) -> Option<&mut CallState> {
        self.states.iter_mut().find(|(i, _)| *i == index).map(|(_, state)| state)
    }

    fn set_state(&mut self, index: CallIndex, state: CallState) {
        if let Some(place) = self.state_mut(index) {
            *place = state;
        }
        self.moved = true;
    }
}
