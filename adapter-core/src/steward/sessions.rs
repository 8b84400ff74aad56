//! The job of keeping a session warm: it opens the one nobody has and renews the one that will
//! end. Were two stewards at work, the second session would be refused by the store and closed.
//!
//! Where the login is also what asks a system whether it is there, there is one in each of the probe's periods. If nobody
//! can share the session, it is closed at once.

use super::{LOST_MS, StewardTurn};
use crate::bundle::{CallIndex, Probe, System, SystemIndex};
use crate::counter::{self, Counter};
use crate::eval::memory::Eval;
use crate::plan::Plan;
use crate::probe;
use crate::session::{self, Login, Opening};
use crate::value::Value;
use crate::wire::{CallId, CallResult};

/// The care for the session with one system.
#[derive(Debug)]
pub(super) struct SessionJob {
    system: SystemIndex,
    /// The login in flight.
    login: Option<LoginCall>,
    /// A session that another has taken the place of, and when nobody can be using it any more.
    replaced: Option<(String, u64)>,
    /// Logins that failed one after another.
    failed: u32,
    /// No login before.
    not_before: u64,
}

#[derive(Debug)]
struct LoginCall {
    call: CallId,
    opening: Opening,
    /// When it is given up.
    lost: u64,
    /// The session that is to be replaced.
    old: Option<String>,
}

/// The probe of a system that is asked by its login.
fn login_asks(system: &System) -> Option<&Probe> {
    system.probe.as_ref().filter(|probe| probe.call.is_none() && system.session.is_some())
}

impl SessionJob {
    /// One for each system whose session is shared and used, or whose login an operation's status needs.
    pub fn all(plan: &Plan) -> impl Iterator<Item = Self> + '_ {
        let used = |at: usize| plan.calls().iter().any(|c| c.session && c.system.at() == at);
        let needed = plan.needed_by_any();
        let shared = plan.systems().iter().enumerate().filter(move |(at, system)| {
            // A session whose token changes with every answer cannot be shared.
            let shared = used(*at) && system.session.as_ref().is_some_and(|s| s.next.is_none());
            shared || (needed.iter().any(|n| n.at() == *at) && login_asks(system).is_some())
        });
        shared.filter_map(|(at, _)| SystemIndex::try_from(at).ok()).map(|system| Self {
            system,
            login: None,
            replaced: None,
            failed: 0,
            not_before: 0,
        })
    }

    /// Whether it waits for this call. One that closes a session is not waited for, nor one that was given up.
    pub fn awaits(&self, call: CallId) -> bool {
        self.login.as_ref().is_some_and(|login| login.call == call)
    }

    pub fn tick(&mut self, turn: &mut StewardTurn<'_>) {
        let now = turn.clock.tick_ms;
        let (system, session) = (turn.plan.system(self.system), turn.plan.session(self.system));
        if let Some((old, _)) = self.replaced.take_if(|(_, at)| now >= *at) {
            self.close(turn, &old);
        }
        if let Some(login) = self.login.take_if(|login| now >= login.lost) {
            session::note_probe(turn.store, turn.plan, system, (login.opening.since, now), false);
            self.count_probe(turn, false);
            self.wait(turn);
        }
        let (stored, over) = session::find(turn.store, turn.plan, system);
        let asks = login_asks(system);
        let renewed = (session.lasts_ms / 4).saturating_mul(3).min(asks.map_or(u64::MAX, |probe| probe.every_ms));
        let keeps = match asks {
            Some(probe) if session.next.is_some() => !probe::is_due(turn.store, turn.plan, system, probe, now),
            _ => stored.as_ref().is_some_and(|s| s.is_fresh(now, renewed)),
        };
        let paused = session::paused(turn.store, turn.plan, system, now).is_some();
        if keeps || self.login.is_some() {
            return;
        }
        if now < self.not_before || paused {
            // While nobody logs in, what the last login said stands.
            if let Some(probe) = asks.filter(|probe| probe::is_due(turn.store, turn.plan, system, probe, now)) {
                probe::note(turn.store, turn.plan, system, probe, (now, now), false);
            }
            return;
        }
        // One that has ended by itself needs no closing.
        let old = stored.filter(|s| s.is_fresh(now, session.lasts_ms)).map(|s| s.sid);
        match turn.memory().and_then(|memory| turn.send(memory, session.open)) {
            Some(call) => {
                let lost = now.saturating_add(u64::from(system.timeout_ms)).saturating_add(LOST_MS);
                let opening = Opening { system: self.system, since: now, over };
                self.login = Some(LoginCall { call, opening, lost, old });
            }
            None => {
                session::note_probe(turn.store, turn.plan, system, (now, now), false);
                self.refused(turn);
            }
        }
    }

    /// The login has ended.
    pub fn on_response(&mut self, turn: &mut StewardTurn<'_>, result: CallResult) {
        let Some(login) = self.login.take() else { return };
        let now = turn.clock.tick_ms;
        let result = turn.out.arrived(self.system, turn.plan.limits().legacy_body, result);
        let Some(mut memory) = turn.memory() else { return self.refused(turn) };
        let mut eval = Eval { plan: turn.plan, memory: &mut memory };
        let arrived = session::arrived(&mut eval, turn.store, &login.opening, now, result);
        let Login { sid, stored } = match arrived {
            Ok(login) => login,
            Err(stop) => {
                if let Some(why) = stop.problem().unread {
                    turn.out.counts.push((Counter::Unread { system: self.system, why }, 1));
                }
                return self.refused(turn);
            }
        };
        self.failed = 0;
        self.count_probe(turn, true);
        if !stored {
            // An exchange has offered one meanwhile; this one is nobody's.
            return self.close(turn, &sid);
        }
        turn.out.counts.push((Counter::Sessions { system: self.system, event: counter::Session::Kept }, 1));
        if let Some(old) = login.old.filter(|old| *old != sid) {
            // Exchanges that took the old one may use it until their deadline.
            let earlier =
                self.replaced.replace((old, now.saturating_add(turn.plan.limits().time(turn.plan.changes()))));
            if let Some((earlier, _)) = earlier {
                self.close(turn, &earlier);
            }
        }
    }

    /// Closes a session. How that ends changes nothing: a session that stays open ends by itself.
    fn close(&self, turn: &mut StewardTurn<'_>, sid: &str) {
        if let Some(close) = turn.plan.session(self.system).close
            && Self::send_close(turn, close, sid).is_some()
        {
            let system = turn.plan.call(close).system;
            turn.out.counts.push((Counter::Sessions { system, event: counter::Session::Closed }, 1));
        }
    }

    fn send_close(turn: &mut StewardTurn<'_>, close: CallIndex, sid: &str) -> Option<CallId> {
        let mut memory = turn.memory()?;
        memory.provided.session = Value::Text(memory.arena.make_text(sid).ok()?);
        turn.send(memory, close)
    }

    fn count_probe(&self, turn: &mut StewardTurn<'_>, up: bool) {
        if login_asks(turn.plan.system(self.system)).is_some() {
            turn.out.counts.push((Counter::Probes { system: self.system, up }, 1));
        }
    }

    fn refused(&mut self, turn: &mut StewardTurn<'_>) {
        self.count_probe(turn, false);
        turn.out.counts.push((Counter::Sessions { system: self.system, event: counter::Session::KeptRefused }, 1));
        self.wait(turn);
    }

    /// A login failed: the steward's next one waits, longer each time, and a period at least where it is a probe.
    fn wait(&mut self, turn: &StewardTurn<'_>) {
        let every = login_asks(turn.plan.system(self.system)).map_or(0, |probe| probe.every_ms);
        self.not_before = turn.clock.tick_ms.saturating_add(session::pause_ms(self.failed).max(every));
        self.failed = self.failed.saturating_add(1);
    }
}
