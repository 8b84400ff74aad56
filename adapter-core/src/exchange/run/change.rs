//! The one call of a run that changes something: it is sent once, in a session of its own, and what it brings is told apart.

use super::Run;
use super::sessions::SessionState;
use crate::bundle::CallIndex;
use crate::eval::memory::{CallValue, Eval, Page};
use crate::exchange::pool::{Pool, Purpose, Stage};
use crate::exchange::turn::Turn;
use crate::failure::Stop;
use crate::legacy::answer::receive;
use crate::legacy::changed::{self, Changed};
use crate::legacy::request::{self, Written};
use crate::plan::Plan;
use crate::problem::Problem;
use crate::value::Value;

impl Run {
    /// Opens a session for the change, whatever others there are; false while that is on its way.
    ///
    /// # Errors
    /// Why there is none to be had.
    pub fn own_session(&mut self, pool: &mut Pool, turn: &mut Turn<'_>, index: CallIndex) -> Result<bool, Stop> {
        let call = turn.plan.call(index);
        if !call.session {
            self.memory.provided.session = Value::Null;
            return Ok(true);
        }
        pool.set_session(call.system, |session| {
            if !session.own {
                session.own = true;
                session.stage = Stage::None;
            }
        });
        Ok(matches!(self.session(pool, turn, call.system)?, SessionState::Open(_)))
    }

    /// The change as it is sent.
    ///
    /// # Errors
    /// What cannot be written.
    pub fn written(&mut self, plan: &Plan, index: CallIndex) -> Result<Written, Stop> {
        let call = plan.call(index);
        self.memory.provided.page = Page::default();
        let mut eval = Eval { plan, memory: &mut self.memory };
        request::bind(&mut eval, call)?;
        request::write(&mut eval, plan.system(call.system), call)
    }

    /// Sends the change, by then at the latest.
    ///
    /// # Errors
    /// [`crate::problem::Code::LimitCalls`], and then it was not sent.
    pub fn send_change(
        &mut self,
        pool: &mut Pool,
        turn: &mut Turn<'_>,
        index: CallIndex,
        written: Written,
        latest: u64,
    ) -> Result<(), Problem> {
        self.asked = self.asked.saturating_add(1);
        self.dispatch(pool, turn, index, written, Purpose::Change(index, latest))
    }

    /// What became of the change; none while it is on its way.
    pub fn changed(&mut self, turn: &mut Turn<'_>, index: CallIndex) -> Option<Changed> {
        let result = self.changed.take()?;
        let plan = turn.plan;
        let changed = match changed::at_once(&result) {
            Some(changed) => changed,
            None => {
                let received = receive(&mut self.memory, plan, index, result);
                changed::interpret(&mut Eval { plan, memory: &mut self.memory }, plan.call(index), &received)
            }
        };
        tell!(self.memory, plan, Understood { call: index, at: 0, end: Some(changed.ending()) });
        Some(changed)
    }

    /// Takes what the change gave, for the answer.
    pub fn gave(&mut self, index: CallIndex, value: Value) {
        if let Some(place) = self.memory.calls.get_mut(index.at()) {
            *place = Some(CallValue { value, hung: Vec::new() });
        }
    }
}
