//! Sessions of an exchange (mapping-language §8.9): taken from the store, else opened once for each system; renewed once
//! for all calls that were told the same session has ended. No exchange waits for another.

use super::invocation::{CallState, Waiter};
use super::{Exchange, Purpose, Sent, Turn};
use crate::bundle::{Session, System, SystemIndex};
use crate::counter::{self, Counter};
use crate::eval::memory::{Eval, Page};
use crate::failure::Stop;
use crate::legacy::answer::Received;
use crate::legacy::request;
use crate::problem::Problem;
use crate::session::{self, Opening};
use crate::value::{Full, Value};
use crate::wire::CallResult;

/// The session with one system as an exchange has it.
#[derive(Debug)]
pub(super) struct Login {
    system: SystemIndex,
    stage: Stage,
    /// How many sessions with this system the exchange has had.
    number: u32,
    /// The last one that the system called expired.
    ended: Option<String>,
}

#[derive(Debug)]
enum Stage {
    /// None is at hand.
    None,
    /// A call for one is in flight.
    Opening,
    /// This one is used.
    Open(Value),
    /// There is none to be had.
    Failed(Problem),
}

/// What [`Exchange::session`] says.
pub(super) enum Have {
    /// A session is bound for writing a call; its number.
    Open(u32),
    /// Wait for the call that opens one.
    Opening,
}

impl Exchange {
    /// The session for the next call to a system: the one at hand, the store's, or one to be opened now.
    ///
    /// # Errors
    /// Why there is none to be had.
    pub(super) fn session(&mut self, turn: &mut Turn<'_>, index: SystemIndex) -> Result<Have, Stop> {
        let (system, session) = (turn.plan.system(index), turn.plan.session(index));
        let at = self.login(index);
        let Some(login) = self.logins.get_mut(at) else { return Ok(Have::Opening) };
        match &login.stage {
            Stage::Open(sid) => {
                self.memory.provided.session = *sid;
                return Ok(Have::Open(login.number));
            }
            Stage::Opening => return Ok(Have::Opening),
            Stage::Failed(problem) => return Err(Stop::Call(problem.clone())),
            Stage::None => {}
        }
        let mut over = None;
        // A session whose token changes with every answer cannot be shared.
        if session.next.is_none() {
            let (stored, version) = session::find(turn.store, turn.plan, system);
            over = version;
            let fresh = stored.filter(|s| s.is_fresh(turn.tick_ms, session.lasts_ms));
            if let Some(stored) = fresh.filter(|s| login.ended.as_ref() != Some(&s.sid)) {
                let number = self.open_login(at, &stored.sid)?;
                return Ok(Have::Open(number));
            }
        }
        let opening = Opening { system: index, since: turn.tick_ms, over };
        let opened = match session::paused(turn.store, turn.plan, system, turn.tick_ms) {
            Some(code) => Err(Stop::call(code)),
            None => self.send_open(turn, system, session, opening),
        };
        if let Some(login) = self.logins.get_mut(at) {
            login.stage = match &opened {
                Ok(()) => Stage::Opening,
                Err(Stop::Call(problem) | Stop::End(problem)) => Stage::Failed(problem.clone()),
            };
        }
        opened.map(|()| Have::Opening)
    }

    /// Whether a call that opens a session with a system is in flight.
    pub(super) fn is_opening(&self, system: SystemIndex) -> bool {
        self.logins.iter().any(|l| l.system == system && matches!(l.stage, Stage::Opening))
    }

    fn login(&mut self, system: SystemIndex) -> usize {
        self.logins.iter().position(|l| l.system == system).unwrap_or_else(|| {
            self.logins.push(Login { system, stage: Stage::None, number: 0, ended: None });
            self.logins.len().saturating_sub(1)
        })
    }

    /// Uses a session from now on; its number.
    fn open_login(&mut self, at: usize, sid: &str) -> Result<u32, Full> {
        let sid = Value::Text(self.memory.arena.make_text(sid)?);
        self.memory.provided.session = sid;
        let Some(login) = self.logins.get_mut(at) else { return Ok(0) };
        login.stage = Stage::Open(sid);
        login.number = login.number.saturating_add(1);
        Ok(login.number)
    }

    fn send_open(
        &mut self,
        turn: &mut Turn<'_>,
        system: &System,
        session: &Session,
        opening: Opening,
    ) -> Result<(), Stop> {
        let plan = turn.plan;
        let call = plan.call(session.open);
        self.memory.provided.session = Value::Null;
        self.memory.provided.page = Page::default();
        let mut eval = Eval { plan, memory: &mut self.memory };
        request::bind(&mut eval, call)?;
        let written = request::write(&mut eval, system, call)?;
        let sent = |cut| Sent { purpose: Purpose::Open(opening), asked: None, cut_by_deadline: cut };
        self.dispatch(turn, system, call, written, sent).map_err(Stop::End)
    }

    /// Takes in how the call that opens a session ended.
    ///
    /// # Errors
    /// What ends the exchange: a spent budget.
    pub(super) fn take_login(&mut self, turn: &mut Turn<'_>, of: &Opening, result: CallResult) -> Result<(), Problem> {
        let plan = turn.plan;
        let at = self.login(of.system);
        let mut eval = Eval { plan, memory: &mut self.memory };
        let login = session::arrived(&mut eval, turn.store, of, turn.tick_ms, result);
        explain! { self.tell_login(plan, of, &login); }
        match login {
            Ok(login) => {
                self.open_login(at, &login.sid)?;
                turn.out.counts.push((Counter::Sessions { system: of.system, event: counter::Session::Opened }, 1));
                tell!(self.memory, plan, Session { system: of.system, what: "opened" });
            }
            Err(Stop::End(problem)) => return Err(problem),
            Err(Stop::Call(problem)) => {
                if let Some(login) = self.logins.get_mut(at) {
                    login.stage = Stage::Failed(problem);
                }
                turn.out.counts.push((Counter::Sessions { system: of.system, event: counter::Session::Refused }, 1));
                tell!(self.memory, plan, Session { system: of.system, what: "refused" });
            }
        }
        self.moved = true;
        Ok(())
    }

    /// The session a call was sent in has ended: the call is queued again. The session is given up, unless another has
    /// taken its place since.
    pub(super) fn renew(&mut self, turn: &mut Turn<'_>, waiter: Waiter, system: SystemIndex) {
        let at = self.login(system);
        let Some(CallState::Running(running)) = self.state_mut(waiter.call) else { return };
        let Some(invocation) = running.invocations.get_mut(waiter.at) else { return };
        invocation.resent = true;
        let used = invocation.session;
        running.queue.push_front(waiter.at);
        self.moved = true;
        if let Some(login) = self.logins.get_mut(at)
            && login.number == used
            && let Stage::Open(Value::Text(sid)) = login.stage
        {
            login.ended = Some(self.memory.arena.text(sid).to_owned());
            login.stage = Stage::None;
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
            let text = self.memory.arena.make_text(&token)?;
            let at = self.login(system);
            if let Some(Login { stage: Stage::Open(sid), .. }) = self.logins.get_mut(at) {
                *sid = Value::Text(text);
            }
        }
        Ok(())
    }
}
