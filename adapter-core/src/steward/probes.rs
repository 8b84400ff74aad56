//! The job of asking a system whether it is there, once a period, for all engines over the store: `GET /status` answers by
//! what is noted here. A system whose login asks is the sessions' job.

use super::{LOST_MS, StewardTurn};
use crate::bundle::{CallIndex, Probe, SystemIndex};
use crate::counter::Counter;
use crate::eval::memory::Eval;
use crate::failure::Stop;
use crate::legacy::answer::{Expiry, Meaning, interpret, receive};
use crate::plan::Plan;
use crate::probe;
use crate::problem::{Code, Problem};
use crate::session;
use crate::value::Value;
use crate::wire::{CallId, CallResult};

/// The care for what is known of one system.
#[derive(Debug)]
pub(super) struct ProbeJob {
    system: SystemIndex,
    call: CallIndex,
    /// The call in flight.
    asked: Option<Asked>,
}

#[derive(Debug)]
struct Asked {
    call: CallId,
    since: u64,
    /// When it is given up.
    lost: u64,
    /// The session it was sent in.
    sid: Option<String>,
}

/// What an answer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Up,
    Down,
    /// The session is over, which says neither.
    Expired,
}

impl ProbeJob {
    /// One for each system that an operation needs and a call asks.
    pub fn all(plan: &Plan) -> impl Iterator<Item = Self> + '_ {
        plan.needed_by_any().into_iter().filter_map(|system| {
            let call = plan.system(system).probe.as_ref()?.call?;
            Some(Self { system, call, asked: None })
        })
    }

    /// Whether it waits for this call.
    pub fn awaits(&self, call: CallId) -> bool {
        self.asked.as_ref().is_some_and(|asked| asked.call == call)
    }

    pub fn tick(&mut self, turn: &mut StewardTurn<'_>) {
        let now = turn.clock.tick_ms;
        let system = turn.plan.system(self.system);
        let Some(probe) = &system.probe else { return };
        if let Some(asked) = self.asked.take_if(|asked| now >= asked.lost) {
            self.note(turn, probe, asked.since, false);
        }
        if self.asked.is_some() || !probe::is_due(turn.store, turn.plan, system, probe, now) {
            return;
        }
        let sid = if turn.plan.call(self.call).session {
            let lasts = turn.plan.session(self.system).lasts_ms;
            let (stored, _) = session::find(turn.store, turn.plan, system);
            // Without a session there is a login in flight, or one that failed, which was noted.
            let Some(stored) = stored.filter(|stored| stored.is_fresh(now, lasts)) else { return };
            Some(stored.sid)
        } else {
            None
        };
        if !probe::claim(turn.store, turn.plan, system, probe, now) {
            return;
        }
        match self.send(turn, sid.as_deref()) {
            Some(call) => {
                let lost = now.saturating_add(u64::from(system.timeout_ms)).saturating_add(LOST_MS);
                self.asked = Some(Asked { call, since: now, lost, sid });
            }
            None => self.note(turn, probe, now, false),
        }
    }

    fn send(&self, turn: &mut StewardTurn<'_>, sid: Option<&str>) -> Option<CallId> {
        let mut memory = turn.memory()?;
        if let Some(sid) = sid {
            memory.provided.session = Value::Text(memory.arena.make_text(sid).ok()?);
        }
        turn.send(memory, self.call)
    }

    /// The call has ended.
    pub fn on_response(&mut self, turn: &mut StewardTurn<'_>, result: CallResult) {
        let Some(asked) = self.asked.take() else { return };
        let system = turn.plan.system(self.system);
        let Some(probe) = &system.probe else { return };
        let result = turn.out.arrived(self.system, turn.plan.limits().legacy_body, result);
        match (self.said(turn, result), &asked.sid) {
            // The next one will be asked in a new session; until then what was known stands.
            (Said::Expired, Some(sid)) => session::forget(turn.store, turn.plan, system, sid),
            (said, _) => self.note(turn, probe, asked.since, said == Said::Up),
        }
    }

    fn said(&self, turn: &StewardTurn<'_>, result: CallResult) -> Said {
        let Some(mut memory) = turn.memory() else { return Said::Down };
        let call = turn.plan.call(self.call);
        let received = receive(&mut memory, turn.plan, self.call, result);
        let mut eval = Eval { plan: turn.plan, memory: &mut memory };
        let expiry = if call.session { Expiry::Renew } else { Expiry::Foreign };
        match interpret(&mut eval, call, expiry, &received) {
            // One that does not know what it is asked for is there.
            Ok(Meaning::Value(_) | Meaning::Empty)
            | Err(Stop::Call(Problem { code: Code::RequestUnknownStudent, .. })) => Said::Up,
            Ok(Meaning::Expired) => Said::Expired,
            Err(_) => Said::Down,
        }
    }

    fn note(&self, turn: &mut StewardTurn<'_>, probe: &Probe, since: u64, up: bool) {
        let when = (since, turn.clock.tick_ms);
        probe::note(turn.store, turn.plan, turn.plan.system(self.system), probe, when, up);
        turn.out.counts.push((Counter::Probes { system: self.system, up }, 1));
    }
}
