//! Sessions of an exchange: taken from the store, else opened once for each system; renewed once
//! for all calls that were told the same session has ended. No exchange waits for another.
//!
//! The exchange's runs share them; a run binds one while it writes a call.

use super::Run;
use super::invocation::CallState;
use crate::bundle::{Session, SystemIndex};
use crate::counter::{self, Counter};
use crate::eval::memory::{Eval, Page};
use crate::exchange::pool::{Pool, Purpose, Stage, Waiter};
use crate::exchange::turn::Turn;
use crate::failure::Stop;
use crate::legacy::answer::Received;
use crate::legacy::request;
use crate::problem::Problem;
use crate::session::{self, Opening};
use crate::value::{Full, Value};
use crate::wire::CallResult;

/// What [`Run::session`] says.
pub(super) enum SessionState {
    /// A session is bound for writing a call; its number.
    Open(u32),
    /// Wait for the call that opens one.
    Opening,
}

impl Run {
    /// The session for the next call to a system: the one at hand, the store's, or one to be opened now.
    ///
    /// # Errors
    /// Why there is none to be had.
    pub(super) fn session(
        &mut self,
        pool: &mut Pool,
        turn: &mut Turn<'_>,
        index: SystemIndex,
    ) -> Result<SessionState, Stop> {
        let (system, session) = (turn.plan.system(index), turn.plan.session(index));
        let known = pool.session(index);
        match known.map(|known| &known.stage) {
            Some(Stage::Open(sid)) => {
                self.bind_session(sid)?;
                return Ok(SessionState::Open(known.map_or(0, |known| known.number)));
            }
            Some(Stage::Opening) => return Ok(SessionState::Opening),
            Some(Stage::Failed(problem)) => return Err(Stop::Call(problem.clone())),
            Some(Stage::None) | None => {}
        }
        let mut over = None;
        // A session whose token changes with every answer cannot be shared.
        if session.next.is_none() && !known.is_some_and(|known| known.own) {
            let (stored, version) = session::find(turn.store, turn.plan, system);
            over = version;
            let fresh = stored.filter(|s| s.is_fresh(turn.tick_ms, session.lasts_ms));
            let ended = known.and_then(|known| known.ended.as_ref());
            if let Some(stored) = fresh.filter(|s| ended != Some(&s.sid)) {
                self.bind_session(&stored.sid)?;
                return Ok(SessionState::Open(pool.set_session(index, |known| known.open(stored.sid))));
            }
        }
        let opening = Opening { system: index, since: turn.tick_ms, over };
        let opened = match session::paused(turn.store, turn.plan, system, turn.tick_ms) {
            Some(code) => Err(Stop::call(code)),
            None => self.send_login(pool, turn, session, opening),
        };
        let stage = match &opened {
            Ok(()) => Stage::Opening,
            Err(Stop::Call(problem) | Stop::End(problem)) => Stage::Failed(problem.clone()),
        };
        pool.set_session(index, |known| known.stage = stage);
        opened.map(|()| SessionState::Opening)
    }

    fn bind_session(&mut self, sid: &str) -> Result<(), Full> {
        self.memory.provided.session = Value::Text(self.memory.arena.make_text(sid)?);
        Ok(())
    }

    fn send_login(
        &mut self,
        pool: &mut Pool,
        turn: &mut Turn<'_>,
        session: &Session,
        opening: Opening,
    ) -> Result<(), Stop> {
        let plan = turn.plan;
        let call = plan.call(session.open);
        self.memory.provided.session = Value::Null;
        self.memory.provided.page = Page::default();
        let mut eval = Eval { plan, memory: &mut self.memory };
        request::bind(&mut eval, call)?;
        let written = request::write(&mut eval, plan.system(call.system), call)?;
        self.dispatch(pool, turn, session.open, written, Purpose::Login(opening)).map_err(Stop::End)
    }

    /// Takes in how the call that opens a session ended.
    ///
    /// # Errors
    /// What ends the exchange: a spent budget.
    pub(super) fn take_login(
        &mut self,
        pool: &mut Pool,
        turn: &mut Turn<'_>,
        of: &Opening,
        result: CallResult,
    ) -> Result<(), Problem> {
        let mut eval = Eval { plan: turn.plan, memory: &mut self.memory };
        let login = session::arrived(&mut eval, turn.store, of, turn.tick_ms, result);
        explain! { self.tell_login(turn.plan, of, &login); }
        let system = of.system;
        match login {
            Ok(login) => {
                pool.set_session(system, |known| known.open(login.sid));
                turn.out.counts.push((Counter::Sessions { system, event: counter::Session::Opened }, 1));
                tell!(self.memory, turn.plan, Session { system, what: "opened" });
            }
            Err(Stop::End(problem)) => return Err(problem),
            Err(Stop::Call(problem)) => {
                if let Some(why) = problem.unread {
                    turn.out.counts.push((Counter::Unread { system, why }, 1));
                }
                pool.set_session(system, |known| known.stage = Stage::Failed(problem));
                turn.out.counts.push((Counter::Sessions { system, event: counter::Session::Refused }, 1));
                tell!(self.memory, turn.plan, Session { system, what: "refused" });
            }
        }
        Ok(())
    }

    /// The session a call was sent in has ended: the call is queued again. The session is given up, unless another has
    /// taken its place since.
    pub(super) fn renew(&mut self, pool: &mut Pool, turn: &mut Turn<'_>, waiter: Waiter, system: SystemIndex) {
        let Some(CallState::Running(running)) = self.state_mut(waiter.call) else { return };
        let Some(invocation) = running.invocations.get_mut(waiter.at) else { return };
        invocation.resent = true;
        let used = invocation.session;
        running.queue.push_front(waiter.at);
        self.moved = true;
        let given_up = pool.set_session(system, |known| match &mut known.stage {
            Stage::Open(sid) if known.number == used => {
                known.ended = Some(std::mem::take(sid));
                known.stage = Stage::None;
                true
            }
            _ => false,
        });
        if given_up {
            turn.out.counts.push((Counter::Sessions { system, event: counter::Session::Expired }, 1));
            tell!(self.memory, turn.plan, Session { system, what: "expired" });
        }
    }

    /// Takes the token of the next call from an answer; without one the last stays.
    ///
    /// # Errors
    /// What ends the exchange: a spent budget.
    pub(super) fn next_token(
        &mut self,
        pool: &mut Pool,
        turn: &Turn<'_>,
        system: SystemIndex,
        received: &Received,
    ) -> Result<(), Problem> {
        let (Some(next), Received::Answer { vars, .. }) = (&turn.plan.session(system).next, received) else {
            return Ok(());
        };
        self.memory.provided.answer = Some(*vars);
        let mut eval = Eval { plan: turn.plan, memory: &mut self.memory };
        let mut token = String::new();
        let taken = eval.eval(next).and_then(|value| eval.write_plain(value, &mut token));
        self.memory.provided.answer = None;
        if let Err(Stop::End(problem)) = taken.map_err(Stop::from) {
            return Err(problem);
        }
        if !token.is_empty() {
            pool.set_session(system, |known| {
                if let Stage::Open(sid) = &mut known.stage {
                    *sid = token;
                }
            });
        }
        Ok(())
    }
}
